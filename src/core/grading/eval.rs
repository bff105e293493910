//! The arithmetic of the evaluation: labelled answers against predictions.
//!
//! Pure. The figures are those of the reference scorer, to the third digit; it never decides what an
//! answer says, and it never stops at the first bad line of a file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::core::bank::{General, Lack, Question, QuestionId, StatementId, Trap, TrapId, When};
use crate::core::grading::policy::Move;
use crate::core::grading::quotation;
use crate::core::grading::{Assessment, Finding, SAID_FROM};

/// Stands for the recovery scaffold where a trap is named.
pub const RECOVER: &str = "@recover";
/// Stands for asking again where a trap is named.
pub const REASK: &str = "@reask";
/// Stands for "no trap is left" where a trap is named.
pub const REVEAL: &str = "@reveal";

/// The sort of text in labelled answers, which know four of [`super::Kind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelKind {
    /// An attempt to answer.
    Answer,
    /// Nothing to say yet.
    Blank,
    /// About something else, no language, the question said back, or addressed to the program.
    OffTopic,
    /// A list of words.
    Keywords,
}

impl LabelKind {
    /// As it is written in the files.
    pub fn as_str(self) -> &'static str {
        match self {
            LabelKind::Answer => "answer",
            LabelKind::Blank => "blank",
            LabelKind::OffTopic => "off_topic",
            LabelKind::Keywords => "keywords",
        }
    }
}

/// An answer with its true labels. Other keys, such as notes on where it comes from, are passed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labelled {
    /// Unique in the file.
    pub id: String,
    /// The question it answers.
    pub question: QuestionId,
    /// What sort of text it is.
    pub kind: LabelKind,
    /// What was written.
    pub answer: String,
    /// Every point that it really states.
    pub says: Vec<StatementId>,
    /// Every misconception that it voices as its own view.
    pub believes: Vec<StatementId>,
    /// Whether it gives a concrete case.
    pub example: bool,
    /// Whether it says why.
    pub reason: bool,
}

/// A line of a file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong and how to cure it.
    pub message: String,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// What was understood of one labelled answer, as a line of a predictions file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    /// The id of the labelled answer.
    pub id: String,
    /// The kind as labelled answers name it.
    pub kind: String,
    /// The confidence of every point.
    pub says: BTreeMap<StatementId, f32>,
    /// The confidence of every misconception.
    pub believes: BTreeMap<StatementId, f32>,
    /// Whether it gives a concrete case.
    pub example: bool,
    /// Whether it says why.
    pub reason: bool,
    /// The trap fired, [`RECOVER`], [`REASK`] or [`REVEAL`].
    pub trap: TrapId,
    /// The words that are quoted for a statement, for those understood as said: their first byte in the answer
    /// and the one after their last.
    #[serde(default)]
    pub evidence: BTreeMap<StatementId, (usize, usize)>,
}

impl Prediction {
    /// The prediction for the labelled answer of this id.
    pub fn new(id: &str, answer: &str, assessment: &Assessment, next: &Move) -> Self {
        let confidences = |findings: &[Finding]| -> BTreeMap<StatementId, f32> {
            findings.iter().map(|finding| (finding.id.clone(), finding.confidence)).collect()
        };
        let said = assessment.points.iter().chain(&assessment.misconceptions);
        let shown = said.filter(|finding| finding.confidence >= SAID_FROM).filter_map(|finding| {
            let words = quotation::around(answer, finding.evidence.as_ref()?);
            Some((finding.id.clone(), (words.start, words.end)))
        });
        let trap = match next {
            Move::Recover => RECOVER.into(),
            Move::Reask => REASK.into(),
            Move::Reveal => REVEAL.into(),
            Move::Ask(choice) => choice.trap.id.clone(),
        };
        Self {
            id: id.to_owned(),
            kind: assessment.kind.label().to_owned(),
            says: confidences(&assessment.points),
            believes: confidences(&assessment.misconceptions),
            example: assessment.example >= SAID_FROM,
            reason: assessment.reason >= SAID_FROM,
            trap,
            evidence: shown.collect(),
        }
    }
}

/// Precision, recall and F1, each 0 to 1; 0 where nothing is to be divided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Ratio {
    /// The share of the predicted that is true.
    pub precision: f64,
    /// The share of the true that was predicted.
    pub recall: f64,
    /// Their harmonic mean.
    pub f1: f64,
}

/// The figures over some answers. Accuracies are 0 to 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// How many answers.
    pub answers: usize,
    /// Points said.
    pub points: Ratio,
    /// Misconceptions voiced.
    pub misconceptions: Ratio,
    /// The right kind.
    pub kind_accuracy: f64,
    /// Right about the example.
    pub example_accuracy: f64,
    /// Right about the reason.
    pub reason_accuracy: f64,
    /// The trap fired is one that the policy allows for the true labels.
    pub trap_accuracy: f64,
    /// Wrong traps by the true kind of the answer.
    pub wrong_traps_by_kind: BTreeMap<String, usize>,
}

/// Reads labelled answers, one JSON object a line; empty lines are skipped. All bad lines are reported.
pub fn parse_labelled(text: &str) -> (Vec<Labelled>, Vec<BadLine>) {
    let (mut found, mut bad) = (Vec::new(), Vec::new());
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (line, content) in (1..).zip(text.lines()).filter(|(_, content)| !content.trim().is_empty()) {
        match serde_json::from_str::<Labelled>(content) {
            Ok(labelled) => match seen.get(&labelled.id) {
                Some(first) => bad.push(BadLine {
                    line,
                    message: format!(
                        "id `{}` was used in line {first} already; give every answer its own",
                        labelled.id
                    ),
                }),
                None => {
                    seen.insert(labelled.id.clone(), line);
                    found.push(labelled);
                }
            },
            Err(error) => bad.push(BadLine { line, message: cure(&error) }),
        }
    }
    (found, bad)
}

/// What is wrong with labels that name what the question does not have.
pub fn check_labels(question: &Question, labelled: &Labelled) -> Vec<String> {
    let points = (labelled.says.iter())
        .filter(|id| question.point(id).is_none())
        .map(|id| format!("`{id}` in `says` is no point of `{}`; use one of its point ids", question.id));
    let beliefs = (labelled.believes.iter()).filter(|id| question.misconception(id).is_none()).map(|id| {
        format!(
            "`{id}` in `believes` is no misconception of `{}`; use one of its misconception ids",
            question.id
        )
    });
    points.chain(beliefs).collect()
}

/// The traps that the policy allows for these true labels.
pub fn allowed_traps(question: &Question, general: &General, labelled: &Labelled) -> BTreeSet<TrapId> {
    match labelled.kind {
        LabelKind::Blank => return BTreeSet::from([RECOVER.into()]),
        LabelKind::OffTopic | LabelKind::Keywords => return BTreeSet::from([REASK.into()]),
        LabelKind::Answer => {}
    }
    let own = |wanted: &dyn Fn(&When) -> bool| ids(&question.traps, wanted);
    let voiced = own(&|when| matches!(when, When::Believes(id) if labelled.believes.contains(id)));
    if !voiced.is_empty() {
        return voiced;
    }
    let is_gap =
        |id: &StatementId| question.point(id).is_some_and(|point| point.key) && !labelled.says.contains(id);
    let missing = own(&|when| matches!(when, When::Missing(id) if is_gap(id)));
    if !missing.is_empty() {
        return missing;
    }
    let mut found = BTreeSet::new();
    for (has, lack) in [(labelled.example, Lack::Example), (labelled.reason, Lack::Reason)] {
        if !has {
            let wanted = |when: &When| *when == When::Lacks(lack);
            let special = own(&wanted);
            found.extend(if special.is_empty() { ids(&general.traps, &wanted) } else { special });
        }
    }
    if found.is_empty() {
        let solid = |when: &When| *when == When::Solid;
        found.extend(own(&solid));
        found.extend(ids(&general.traps, &solid));
    }
    found
}

/// The figures over labelled answers, each with its question and its prediction.
pub fn report<'a>(
    general: &General,
    answers: impl IntoIterator<Item = (&'a Question, &'a Labelled, &'a Prediction)>,
) -> Report {
    let mut tally = Tally::default();
    for (question, labelled, prediction) in answers {
        tally.add(question, general, labelled, prediction);
    }
    tally.report()
}

/// The same figures for every question alone.
pub fn report_by_question<'a>(
    general: &General,
    answers: impl IntoIterator<Item = (&'a Question, &'a Labelled, &'a Prediction)>,
) -> BTreeMap<QuestionId, Report> {
    let mut tallies: BTreeMap<QuestionId, Tally> = BTreeMap::new();
    for (question, labelled, prediction) in answers {
        tallies.entry(question.id.clone()).or_default().add(question, general, labelled, prediction);
    }
    tallies.into_iter().map(|(id, tally)| (id, tally.report())).collect()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "answers         {}", self.answers)?;
        for (name, ratio) in [("points", self.points), ("misconceptions", self.misconceptions)] {
            let Ratio { precision, recall, f1 } = ratio;
            writeln!(f, "{name:15} precision {precision:.3}  recall {recall:.3}  F1 {f1:.3}")?;
        }
        for (name, accuracy) in [
            ("kind", self.kind_accuracy),
            ("example", self.example_accuracy),
            ("reason", self.reason_accuracy),
            ("trap", self.trap_accuracy),
        ] {
            writeln!(f, "{name:15} accuracy {accuracy:.3}")?;
        }
        for (kind, count) in &self.wrong_traps_by_kind {
            writeln!(f, "wrong traps     {kind}: {count}")?;
        }
        Ok(())
    }
}

/// True and false positives, and what was missed.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    hits: usize,
    false_alarms: usize,
    missed: usize,
}

impl Counts {
    fn add(&mut self, truth: &[StatementId], predicted: &BTreeMap<StatementId, f32>) {
        let truth: BTreeSet<&StatementId> = truth.iter().collect();
        let said: BTreeSet<&StatementId> =
            predicted.iter().filter(|(_, confidence)| **confidence >= SAID_FROM).map(|(id, _)| id).collect();
        let hits = truth.intersection(&said).count();
        self.hits += hits;
        self.false_alarms += said.len() - hits;
        self.missed += truth.len() - hits;
    }

    fn ratio(self) -> Ratio {
        let Self { hits, false_alarms, missed } = self;
        Ratio {
            precision: share(hits, hits + false_alarms),
            recall: share(hits, hits + missed),
            f1: share(2 * hits, 2 * hits + false_alarms + missed),
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Tally {
    answers: usize,
    points: Counts,
    misconceptions: Counts,
    kind: usize,
    example: usize,
    reason: usize,
    trap: usize,
    wrong_traps_by_kind: BTreeMap<String, usize>,
}

impl Tally {
    fn add(&mut self, question: &Question, general: &General, labelled: &Labelled, prediction: &Prediction) {
        self.answers += 1;
        self.points.add(&labelled.says, &prediction.says);
        self.misconceptions.add(&labelled.believes, &prediction.believes);
        self.kind += usize::from(labelled.kind.as_str() == prediction.kind);
        self.example += usize::from(labelled.example == prediction.example);
        self.reason += usize::from(labelled.reason == prediction.reason);
        if allowed_traps(question, general, labelled).contains(&prediction.trap) {
            self.trap += 1;
        } else {
            *self.wrong_traps_by_kind.entry(labelled.kind.as_str().to_owned()).or_default() += 1;
        }
    }

    fn report(&self) -> Report {
        Report {
            answers: self.answers,
            points: self.points.ratio(),
            misconceptions: self.misconceptions.ratio(),
            kind_accuracy: share(self.kind, self.answers),
            example_accuracy: share(self.example, self.answers),
            reason_accuracy: share(self.reason, self.answers),
            trap_accuracy: share(self.trap, self.answers),
            wrong_traps_by_kind: self.wrong_traps_by_kind.clone(),
        }
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn ids(traps: &[Trap], wanted: &dyn Fn(&When) -> bool) -> BTreeSet<TrapId> {
    traps.iter().filter(|trap| wanted(&trap.when)).map(|trap| trap.id.clone()).collect()
}

/// The message of the parser, with what to do about it.
fn cure(error: &serde_json::Error) -> String {
    let place = error.column();
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    let cure = if message.starts_with("unknown field") {
        "remove it or correct its name"
    } else if message.starts_with("missing field") {
        "add it"
    } else if message.starts_with("unknown variant") {
        "use one of those listed"
    } else {
        "write one complete JSON object a line"
    };
    format!("column {place}: {message}; {cure}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::grading::fixture;

    const ANSWERS: &str = include_str!("../../../tests/fixtures/eval_answers.jsonl");
    const PREDICTIONS: &str = include_str!("../../../tests/fixtures/eval_predictions.jsonl");

    /// The expected figures were printed by the reference scorer (`score.py --json`) for these two
    /// files; some predictions were spoilt on purpose, so that every figure has errors to count.
    #[test]
    fn figures_agree_with_the_reference_scorer() {
        let bank = fixture::bank();
        let (labelled, bad) = parse_labelled(ANSWERS);
        assert_eq!(bad, []);
        let predictions: Vec<Prediction> = PREDICTIONS
            .lines()
            .map(|line| serde_json::from_str(line).expect("the fixture is well formed"))
            .collect();
        let rows = || {
            labelled.iter().zip(&predictions).map(|(labelled, prediction)| {
                assert_eq!(labelled.id, prediction.id);
                (bank.question(&labelled.question).expect("in the bank").as_ref(), labelled, prediction)
            })
        };
        insta::assert_snapshot!(report(&bank.general, rows()), @r"
        answers         60
        points          precision 0.691  recall 0.686  F1 0.688
        misconceptions  precision 0.375  recall 0.667  F1 0.480
        kind            accuracy 0.933
        example         accuracy 0.767
        reason          accuracy 0.950
        trap            accuracy 0.617
        wrong traps     answer: 22
        wrong traps     off_topic: 1
        ");
        let by_question = report_by_question(&bank.general, rows());
        assert_eq!(by_question.values().map(|report| report.answers).sum::<usize>(), labelled.len());
    }

    #[test]
    fn every_bad_line_is_reported_with_its_number_and_cure() {
        let good = r#"{"id":"a","question":"gil","kind":"answer","answer":"x","says":[],"believes":[],"example":false,"reason":true}"#;
        let odd =
            good.replace(r#""id":"a""#, r#""id":"b""#).replace(r#""kind":"answer""#, r#""kind":"essay""#);
        let text = format!("{good}\n\n{{\n{odd}\n{{\"id\":\"c\"}}\n{good}\n");
        let (found, bad) = parse_labelled(&text);
        assert_eq!(found.len(), 1);
        let lines: Vec<String> = bad.iter().map(BadLine::to_string).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        line 3: column 1: EOF while parsing an object; write one complete JSON object a line
        line 4: column 41: unknown variant `essay`, expected one of `answer`, `blank`, `off_topic`, `keywords`; use one of those listed
        line 5: column 10: missing field `question`; add it
        line 6: id `a` was used in line 1 already; give every answer its own
        ");
    }

    #[test]
    fn labels_that_name_nothing_are_reported() {
        let bank = fixture::bank();
        let (labelled, _) = parse_labelled(ANSWERS);
        let mut labelled = labelled.first().expect("the fixture has answers").clone();
        labelled.says.push("no-such-point".into());
        labelled.believes.push("no-such-belief".into());
        let question = bank.question(&labelled.question).expect("in the bank");
        assert_eq!(check_labels(question, &labelled).len(), 2);
    }
}
