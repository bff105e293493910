//! The bank: every question with its points, misconceptions, traps and model answer.
//!
//! The types of this file are the public format (`bank/schema.json` is generated from them). They
//! hold what an author wrote and never what anybody answered.

pub mod check;
pub mod import;
pub mod load;
pub mod speech;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Makes a newtype for one kind of identifier, so that they cannot be confused.
macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

identifier!(
    /// Names a question; kebab-case, unique in the bank, fixed for ever.
    QuestionId
);
identifier!(
    /// Names a point or a misconception; unique within its question.
    StatementId
);
identifier!(
    /// Names a trap; unique within its question, or among the general traps.
    TrapId
);

/// How much experience a question is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// First job.
    Junior,
    /// A few years in.
    Mid,
    /// Many years in.
    Senior,
}

impl Level {
    /// The level of this name, in capitals or not.
    pub fn named(name: &str) -> Option<Self> {
        match name.to_lowercase().as_str() {
            "junior" => Some(Level::Junior),
            "mid" => Some(Level::Mid),
            "senior" => Some(Level::Senior),
            _ => None,
        }
    }
}

/// The part of the model answer that a point belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// What is so.
    Claim,
    /// Why it is so.
    Explanation,
    /// One concrete case.
    Example,
}

/// The model answer, about 60 spoken seconds together.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The first sentence is already the answer.
    pub claim: String,
    /// Why, in plain English.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub explanation: String,
    /// One concrete case; code in a fenced block.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub example: String,
}

/// One idea that a complete answer contains.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Unique in the question.
    pub id: StatementId,
    /// Where it belongs in the model answer.
    pub part: Part,
    /// Without a key point the answer is incomplete; at most three a question.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub key: bool,
    /// The idea in one sentence.
    pub idea: String,
    /// Other ways to say it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// What sounds alike and does not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unlike: Vec<String>,
}

/// One false belief that candidates really voice.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Misconception {
    /// Unique in the question, among points and misconceptions.
    pub id: StatementId,
    /// The belief in one sentence.
    pub belief: String,
    /// Other ways to voice it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// What sounds alike and is no misconception: the truth beside it, a denial, a quotation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unlike: Vec<String>,
    /// What is true instead, in one sentence; shown at the reveal.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub correction: String,
}

/// What points and misconceptions have in common: something that can be said in many ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement<'a> {
    /// Unique in the question.
    pub id: &'a StatementId,
    /// The part of the model answer for a point; `None` for a misconception.
    pub part: Option<Part>,
    /// It in one sentence.
    pub sentence: &'a str,
    /// Other ways to say it.
    pub also: &'a [String],
    /// What sounds alike and does not count.
    pub unlike: &'a [String],
}

impl<'a> Statement<'a> {
    /// Every way to say it, the sentence first.
    pub fn says(self) -> impl Iterator<Item = &'a str> {
        std::iter::once(self.sentence).chain(self.also.iter().map(String::as_str))
    }

    /// Every way to say it, then everything that only sounds alike.
    pub fn texts(self) -> impl Iterator<Item = &'a str> {
        self.says().chain(self.unlike.iter().map(String::as_str))
    }
}

/// What an answer can lack apart from points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Lack {
    /// No concrete case was given.
    Example,
    /// It was said what, not why.
    Reason,
}

/// What a trap is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// The answer is complete.
    Solid,
    /// This misconception was voiced.
    Believes(StatementId),
    /// This key point is missing.
    Missing(StatementId),
    /// No example, or no reason.
    Lacks(Lack),
}

/// An authored follow-up question.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trap {
    /// Unique in the question.
    pub id: TrapId,
    /// What it is for.
    pub when: When,
    /// What is asked.
    pub ask: String,
    /// A strong reply.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub good: String,
    /// Other strong replies, used to assess the reply.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

/// An answer with its true labels: the author's own test.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// What a candidate might say.
    pub answer: String,
    /// Every point that it really states.
    #[serde(default)]
    pub says: Vec<StatementId>,
    /// Every misconception that it voices as its own view.
    #[serde(default)]
    pub believes: Vec<StatementId>,
    /// The trap that should be fired, `@recover` or `@reask`.
    pub trap: TrapId,
}

/// One file of the bank: a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// The chapter, as shown to people.
    pub topic: String,
    /// Its questions.
    #[serde(default)]
    pub questions: Vec<Entry>,
}

/// A question as it stands in a file. Only `id`, `ask` and `model` are required.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// kebab-case, unique in the bank, fixed for ever.
    pub id: QuestionId,
    /// For whom it is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// What is asked.
    pub ask: String,
    /// The model answer.
    pub model: Model,
    /// 4 to 6 points, each one idea.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<Point>,
    /// 2 to 4 misconceptions, each one belief.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub misconceptions: Vec<Misconception>,
    /// 4 to 7 traps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traps: Vec<Trap>,
    /// At least 4 answers with their true labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<Sample>,
}

/// One interview question, complete: it needs nothing else of the bank but the general traps.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Question {
    /// Fixed for ever.
    pub id: QuestionId,
    /// The subject: the name of the folder.
    pub track: String,
    /// The chapter, as shown to people.
    pub topic: String,
    /// For whom it is meant; `None` where the author did not say.
    pub level: Option<Level>,
    /// What is asked.
    pub ask: String,
    /// The model answer.
    pub model: Model,
    /// The ideas of a complete answer; drafted from the model answer where the author gave none.
    pub points: Vec<Point>,
    /// The false beliefs known for this question.
    pub misconceptions: Vec<Misconception>,
    /// The follow-ups.
    pub traps: Vec<Trap>,
    /// The author's own tests.
    pub samples: Vec<Sample>,
}

impl Question {
    /// A point by its id.
    pub fn point(&self, id: &StatementId) -> Option<&Point> {
        self.points.iter().find(|point| point.id == *id)
    }

    /// A misconception by its id.
    pub fn misconception(&self, id: &StatementId) -> Option<&Misconception> {
        self.misconceptions.iter().find(|misconception| misconception.id == *id)
    }

    /// Everything that an answer can state: points, then misconceptions, each in the order of the file.
    pub fn statements(&self) -> impl Iterator<Item = Statement<'_>> {
        let points = self.points.iter().map(|point| Statement {
            id: &point.id,
            part: Some(point.part),
            sentence: &point.idea,
            also: &point.also,
            unlike: &point.unlike,
        });
        let misconceptions = self.misconceptions.iter().map(|misconception| Statement {
            id: &misconception.id,
            part: None,
            sentence: &misconception.belief,
            also: &misconception.also,
            unlike: &misconception.unlike,
        });
        points.chain(misconceptions)
    }

    /// The SHA-256 of everything in the question, in hexadecimal: equal hashes, equal questions.
    pub fn content_hash(&self) -> String {
        let canonical = serde_json::to_vec(self).expect("a question is plain data, which always serialises");
        Sha256::digest(canonical).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// What fits any question: follow-ups, and the scaffold for a candidate who goes blank.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct General {
    /// Follow-ups for `solid` answers and for those that lack an example or a reason.
    pub traps: Vec<Trap>,
    /// The recovery scaffold.
    pub recovery: Recovery,
}

/// Three small steps out of a blank, in this order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recovery {
    /// Say the question back.
    pub restate: String,
    /// The core in one sentence.
    pub core: String,
    /// One example.
    pub example: String,
}

/// All questions, in a fixed order, and what fits any of them.
#[derive(Clone, Debug)]
pub struct Bank {
    /// Sorted by track, then in the order of the files.
    pub questions: Vec<Arc<Question>>,
    /// The general traps and the recovery scaffold.
    pub general: Arc<General>,
    index: BTreeMap<QuestionId, usize>,
}

impl Bank {
    /// A bank of these questions; of two with one id the first is found.
    pub fn new(questions: Vec<Question>, general: General) -> Self {
        let questions: Vec<_> = questions.into_iter().map(Arc::new).collect();
        let mut index = BTreeMap::new();
        for (place, question) in questions.iter().enumerate() {
            index.entry(question.id.clone()).or_insert(place);
        }
        Self { questions, general: Arc::new(general), index }
    }

    /// A question by its id.
    pub fn question(&self, id: &QuestionId) -> Option<&Arc<Question>> {
        self.index.get(id).map(|&place| &self.questions[place])
    }
}
