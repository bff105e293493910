//! One question of an interview: what was said to it, what was asked back, and what that adds up to.

use std::ops::Range;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Due, STALL_SECONDS, Seq, TARGET_SECONDS};
use crate::core::bank::{Question, StatementId, Trap, TrapId};
use crate::core::grading::policy::{self, Why};
use crate::core::grading::{Assessment, Finding, Kind, Verdict, quotation};

/// What an utterance answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum To {
    /// The question.
    Question,
    /// The follow-up at this place.
    Trap(usize),
}

/// Something that the candidate said and that counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Utterance {
    /// What it answers.
    pub to: To,
    /// Their words.
    pub text: String,
    /// What was understood.
    pub assessment: Assessment,
}

/// A follow-up that was asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// The trap as it was asked.
    pub trap: Trap,
    /// Why.
    pub why: Why,
    /// How the reply did; `None` until there is one.
    pub verdict: Option<Verdict>,
    /// The probability of that verdict.
    pub confidence: f32,
}

/// The candidate's own word on a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The point or misconception.
    pub statement: StatementId,
    /// Whether they say that they said it.
    pub meant: bool,
}

/// How a statement stands after everything that was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Said, with the words that show it.
    Said,
    /// May have been said.
    Unsure,
    /// Not said.
    Missing,
}

/// A statement of the question with everything that is known about it.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementView {
    /// The point or misconception.
    pub id: StatementId,
    /// How it stands.
    pub standing: Standing,
    /// The probability behind that.
    pub confidence: f32,
    /// The candidate's words that show it.
    pub quote: Option<String>,
    /// Whether the candidate set it right themselves.
    pub corrected: bool,
}

/// An attempt in short, to compare the next one with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Points said.
    pub said: usize,
    /// Points in all.
    pub points: usize,
    /// How long the answer took.
    pub seconds: Option<i64>,
    /// Follow-ups that were answered.
    pub held: usize,
    /// Follow-ups asked.
    pub traps: usize,
}

/// One attempt at one question.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// The card that starts the clock: the question, or the way out of a blank.
    pub clock_seq: Seq,
    /// When that card was where the candidate could see it.
    pub clock_at: Option<Timestamp>,
    /// The last mark of the clock that was called out.
    pub called: Option<Due>,
    /// What counts of what was said.
    pub utterances: Vec<Utterance>,
    /// The follow-ups.
    pub asked: Vec<Asked>,
    /// Follow-ups of earlier attempts, never asked again in this interview.
    pub asked_before: Vec<TrapId>,
    /// Answers in a row that were none.
    pub reasks: u8,
    /// Whether the way out of a blank was shown.
    pub recovered: bool,
    /// When the answer was given.
    pub answered_at: Option<Timestamp>,
    /// The candidate's own words on statements.
    pub corrections: Vec<Correction>,
    /// Statements that were set right since the list of them was last shown: the same press again is no news.
    #[serde(default)]
    pub settled: Vec<StatementId>,
    /// The attempt before this one.
    pub before: Option<Attempt>,
    /// Which attempt this is, from 1 on; 0 before the question was asked.
    pub attempt: u32,
}

impl Exchange {
    /// The next remark of the clock.
    pub(super) fn next_mark(&self) -> Option<(Timestamp, Due)> {
        let started = self.clock_at?;
        let (seconds, due) = match self.called {
            None => (TARGET_SECONDS, Due::Target),
            Some(Due::Target) => (STALL_SECONDS, Due::Stall),
            Some(Due::Stall | Due::Abandon) => return None,
        };
        Some((started.saturating_add(SignedDuration::from_secs(seconds)).ok()?, due))
    }

    /// How long the answer took, by the platform's own times.
    pub fn seconds(&self) -> Option<i64> {
        Some((self.answered_at? - self.clock_at?).as_secs().max(0))
    }

    /// The answer in the candidate's own words, if there was one.
    pub fn answer(&self) -> Option<&Utterance> {
        self.utterances.iter().find(|utterance| utterance.to == To::Question)
    }

    /// Everything that was said, as one assessment: a statement counts where it was said best.
    pub fn understood(&self) -> Option<Assessment> {
        let (first, later) = self.utterances.split_first()?;
        let mut all = first.assessment.clone();
        for utterance in later.iter().filter(|utterance| utterance.assessment.kind == Kind::Answer) {
            let more = &utterance.assessment;
            merge(&mut all.points, &more.points);
            merge(&mut all.misconceptions, &more.misconceptions);
            all.example = all.example.max(more.example);
            all.reason = all.reason.max(more.reason);
            all.kind = Kind::Answer;
        }
        Some(all)
    }

    /// Every point of the question, as it stands.
    pub fn points(&self, question: &Question) -> Vec<StatementView> {
        let ids = question.points.iter().map(|point| &point.id);
        ids.map(|id| self.view(id, |assessment| &assessment.points)).collect()
    }

    /// The misconceptions of the question that were voiced.
    pub fn believed(&self, question: &Question) -> Vec<StatementView> {
        let ids = question.misconceptions.iter().map(|misconception| &misconception.id);
        ids.map(|id| self.view(id, |assessment| &assessment.misconceptions))
            .filter(|view| view.standing == Standing::Said || view.corrected || self.was_tested(&view.id))
            .collect()
    }

    /// Whether a follow-up was asked because of this misconception.
    fn was_tested(&self, id: &StatementId) -> bool {
        self.asked.iter().any(|asked| matches!(&asked.why, Why::Believes { id: tested, .. } if tested == id))
    }

    /// This attempt in short.
    pub fn attempt(&self, question: &Question) -> Attempt {
        let points = self.points(question);
        Attempt {
            said: points.iter().filter(|view| view.standing == Standing::Said).count(),
            points: points.len(),
            seconds: self.seconds(),
            held: self.asked.iter().filter(|asked| asked.verdict == Some(Verdict::Held)).count(),
            traps: self.asked.len(),
        }
    }

    fn view(&self, id: &StatementId, findings: impl Fn(&Assessment) -> &Vec<Finding>) -> StatementView {
        let best = self
            .utterances
            .iter()
            .filter_map(|utterance| {
                let finding = findings(&utterance.assessment).iter().find(|finding| finding.id == *id)?;
                Some((finding, utterance))
            })
            .max_by(|a, b| a.0.confidence.total_cmp(&b.0.confidence));
        let confidence = best.map_or(0.0, |(finding, _)| finding.confidence);
        let standing = match policy::verdict(confidence) {
            policy::Said::Said => Standing::Said,
            policy::Said::Unsure => Standing::Unsure,
            policy::Said::Missing => Standing::Missing,
        };
        let quote = best
            .filter(|_| standing != Standing::Missing)
            .and_then(|(finding, utterance)| words(&utterance.text, finding.evidence.as_ref()));
        let corrected = self.corrections.iter().rev().find(|correction| correction.statement == *id);
        match corrected {
            Some(correction) => StatementView {
                id: id.clone(),
                standing: if correction.meant { Standing::Said } else { Standing::Missing },
                confidence,
                quote: quote.filter(|_| correction.meant),
                corrected: true,
            },
            None => StatementView { id: id.clone(), standing, confidence, quote, corrected: false },
        }
    }
}

/// What is quoted of a text for what was found at a range of it, on one line.
pub(super) fn words(text: &str, found: Option<&Range<usize>>) -> Option<String> {
    let words = text.get(quotation::around(text, found?))?;
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    (!words.is_empty()).then_some(words)
}

fn merge(all: &mut [Finding], more: &[Finding]) {
    for (one, other) in all.iter_mut().zip(more) {
        if other.confidence > one.confidence {
            // The evidence is a range of another utterance; `StatementView` finds it there.
            *one = Finding { evidence: None, ..other.clone() };
        }
    }
}
