//! The author's own tests: is each sample understood as it is labelled?

use std::fmt;

use super::eval::{self, LabelKind, Labelled, Prediction};
use super::policy::{self, History};
use super::{Assessment, Finding, Grader, SAID_FROM};
use crate::core::bank::{Bank, Lack, Question, QuestionId, Sample, StatementId, TrapId, When};

/// What became of the samples of a bank.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// Samples in all.
    pub samples: usize,
    /// Those that do not hold, in the order of the bank.
    pub failures: Vec<Failure>,
}

/// A sample that does not hold: the follow-up would not fit what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The question.
    pub question: QuestionId,
    /// Its place among the question's samples, from 1 on.
    pub number: usize,
    /// How it begins.
    pub answer: String,
    /// What was fired.
    pub fired: TrapId,
    /// What should have been.
    pub wanted: TrapId,
    /// Statements that were understood otherwise than labelled.
    pub misread: Vec<Misread>,
}

/// A statement that was understood otherwise than it is labelled.
#[derive(Clone, Debug, PartialEq)]
pub struct Misread {
    /// The point or misconception.
    pub id: StatementId,
    /// Whether it is labelled as said.
    pub labelled: bool,
    /// The probability that it was said, as it was understood.
    pub confidence: f32,
    /// The words of the sample that come nearest to it.
    pub nearest: Option<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} sample {}: “{}”", self.question, self.number, self.answer)?;
        write!(f, "\n  fires `{}` where `{}` fits", self.fired, self.wanted)?;
        for Misread { id, labelled, confidence, nearest } in &self.misread {
            let (understood, list) = if *labelled {
                ("is labelled as said, understood as not", "also")
            } else {
                ("is understood as said, labelled as not", "unlike")
            };
            write!(f, "\n  `{id}` {understood} ({confidence:.2})")?;
            if let Some(words) = nearest {
                write!(f, "; nearest: “{words}”. A phrasing of that kind in its `{list}` would help")?;
            }
        }
        Ok(())
    }
}

/// Runs every sample of a bank. One holds if the follow-up fired is one that its labels allow.
pub fn run(bank: &Bank, grader: &dyn Grader) -> Results {
    let mut results = Results::default();
    for question in &bank.questions {
        if question.samples.is_empty() {
            continue;
        }
        let prepared = grader.prepare(question);
        for (place, sample) in question.samples.iter().enumerate() {
            results.samples += 1;
            let assessment = prepared.answer(&sample.answer);
            let next = policy::next_move(question, &bank.general, &assessment, &History::default());
            let prediction = Prediction::new("", &sample.answer, &assessment, &next);
            let labelled = labelled(question, bank, sample);
            if !eval::allowed_traps(question, &bank.general, &labelled).contains(&prediction.trap) {
                results.failures.push(failure(question, place, sample, &assessment, &prediction));
            }
        }
    }
    results
}

/// A sample as a labelled answer. What it lacks follows from the trap that its author chose.
fn labelled(question: &Question, bank: &Bank, sample: &Sample) -> Labelled {
    let traps = question.traps.iter().chain(&bank.general.traps);
    let when = traps.into_iter().find(|trap| trap.id == sample.trap).map(|trap| &trap.when);
    let kind = match sample.trap.as_str() {
        eval::RECOVER => LabelKind::Blank,
        eval::REASK => LabelKind::OffTopic,
        _ => LabelKind::Answer,
    };
    Labelled {
        id: String::new(),
        question: question.id.clone(),
        kind,
        answer: sample.answer.clone(),
        says: sample.says.clone(),
        believes: sample.believes.clone(),
        example: when != Some(&When::Lacks(Lack::Example)),
        reason: when != Some(&When::Lacks(Lack::Reason)),
    }
}

fn failure(
    question: &Question,
    place: usize,
    sample: &Sample,
    assessment: &Assessment,
    prediction: &Prediction,
) -> Failure {
    let labels: Vec<&StatementId> = sample.says.iter().chain(&sample.believes).collect();
    let misread = |finding: &Finding| {
        let labelled = labels.contains(&&finding.id);
        let nearest = finding.evidence.clone().and_then(|range| sample.answer.get(range)).map(one_line);
        (labelled != (finding.confidence >= SAID_FROM)).then(|| Misread {
            id: finding.id.clone(),
            labelled,
            confidence: finding.confidence,
            nearest,
        })
    };
    Failure {
        question: question.id.clone(),
        number: place + 1,
        answer: sample.answer.split_whitespace().take(12).collect::<Vec<_>>().join(" "),
        fired: prediction.trap.clone(),
        wanted: sample.trap.clone(),
        misread: assessment.points.iter().chain(&assessment.misconceptions).filter_map(misread).collect(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
