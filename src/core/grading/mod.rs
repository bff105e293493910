//! Grading: what one answer says. Pure: `(Question, answer) → Assessment`, and from that the trap.
//!
//! The policy and the interview know this file's types and the [`Grader`] trait; how an answer is
//! understood is the business of the modules below alone.

pub mod desk;
pub mod encoder;
pub mod eval;
pub mod lexical;
pub mod policy;
pub mod quotation;
pub mod samples;
mod text;
pub mod trained;

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::core::bank::{Question, StatementId, Trap};

/// At or above this confidence a statement counts as said or believed. 0.5 because confidences are
/// probabilities, and because labelled answers are scored at 0.5.
pub const SAID_FROM: f32 = 0.5;

/// What sort of text an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An attempt to answer the question, good or bad.
    Answer,
    /// Nothing to say yet: empty, "I don't know", a request to skip or for help.
    Blank,
    /// About something else.
    OffTopic,
    /// A list of words instead of a statement.
    Keywords,
    /// No language: random letters, one character over and over, emoji alone.
    Gibberish,
    /// Addressed to the interviewer as a program, to steer it.
    Instructions,
    /// The question said back.
    Echo,
}

impl Kind {
    /// The kind in labelled answers, which know four: gibberish, instructions and an echo are
    /// `off_topic` there.
    pub fn label(self) -> &'static str {
        match self {
            Kind::Answer => "answer",
            Kind::Blank => "blank",
            Kind::Keywords => "keywords",
            Kind::OffTopic | Kind::Gibberish | Kind::Instructions | Kind::Echo => "off_topic",
        }
    }
}

/// What an answer says about one point or misconception.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The point or the misconception.
    pub id: StatementId,
    /// The probability that it was said (a point) or voiced as one's own view (a misconception), 0 to 1.
    pub confidence: f32,
    /// The clause that shows it, or comes nearest where it was not said: bytes of the answer, on character
    /// boundaries. `None` where there is no clause.
    pub evidence: Option<Range<usize>>,
}

/// What was understood of one answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// What sort of text it is. Unless it is [`Kind::Answer`], the rest is all zero.
    pub kind: Kind,
    /// One finding a point, in the question's order.
    pub points: Vec<Finding>,
    /// One finding a misconception, in the question's order.
    pub misconceptions: Vec<Finding>,
    /// The probability that it gives a concrete case.
    pub example: f32,
    /// The probability that it says why.
    pub reason: f32,
}

/// How the reply to a trap did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It answers the trap.
    Held,
    /// Part of it is there, or it could not be told.
    Partly,
    /// It walked into the trap: it states what is false.
    Fell,
    /// There was no reply to assess (blank).
    Open,
}

/// What was understood of a reply to a trap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplyAssessment {
    /// How it did.
    pub verdict: Verdict,
    /// The probability of that verdict, 0 to 1.
    pub confidence: f32,
    /// The reply read as an answer to the question: points and misconceptions that it adds.
    pub assessment: Assessment,
}

/// Understands answers. Pure: equal arguments give equal results, in whatever order they come.
pub trait Grader: Send + Sync {
    /// Everything that can be computed from the question alone, once.
    fn prepare(&self, question: &Question) -> Arc<dyn PreparedQuestion>;
}

/// A question, ready to have answers to it assessed.
pub trait PreparedQuestion: Send + Sync {
    /// Assesses an answer to the question. Never panics; time is linear in the length of `answer`.
    fn answer(&self, answer: &str) -> Assessment;
    /// Assesses a reply to one of the question's traps (or a general one).
    fn reply(&self, trap: &Trap, reply: &str) -> ReplyAssessment;
}

#[cfg(test)]
mod fixture {
    //! Three questions of the shipped bank, frozen, so that wording may change there.

    use crate::core::bank::{Bank, General, Question};

    #[derive(serde::Deserialize)]
    struct File {
        questions: Vec<Question>,
        general: General,
    }

    pub(super) fn bank() -> Bank {
        let text = include_str!("../../../tests/fixtures/grading_bank.json");
        let File { questions, general } = serde_json::from_str(text).expect("the fixture is well formed");
        Bank::new(questions, general)
    }
}
