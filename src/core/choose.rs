//! Which question comes next: a shuffle bag over what fits the filter.
//!
//! Uniform, and without repeats until everything that fits was seen. The bag is the set of what was
//! seen, so it survives restarts and edits of the bank.

use std::collections::BTreeSet;
use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde::{Deserialize, Serialize};

use crate::core::bank::{Bank, Level, Question, QuestionId};

/// What somebody wants to be asked about. An empty filter fits everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// A subject, in any case.
    pub track: Option<String>,
    /// Part of the name of a chapter, in any case.
    pub topic: Option<String>,
    /// Exactly this level.
    pub level: Option<Level>,
    /// Exactly this question.
    pub question: Option<QuestionId>,
}

impl Filter {
    /// Whether a question fits.
    pub fn fits(&self, question: &Question) -> bool {
        let track = self.track.as_ref().is_none_or(|track| question.track.eq_ignore_ascii_case(track));
        let topic = self
            .topic
            .as_ref()
            .is_none_or(|topic| question.topic.to_lowercase().contains(&topic.to_lowercase()));
        let level = self.level.is_none_or(|level| question.level == Some(level));
        let id = self.question.as_ref().is_none_or(|id| question.id == *id);
        track && topic && level && id
    }
}

/// What was drawn from the bag.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The questions, all different.
    pub questions: Vec<Arc<Question>>,
    /// What is to be put back into the bag first, because it was empty.
    pub put_back: Vec<QuestionId>,
}

/// Draws `count` different questions, fewer if no more fit. `seen` is what is out of the bag; `last`,
/// the question asked most recently, is not the first one drawn after the bag was filled anew, unless
/// nothing else fits.
pub fn draw(
    bank: &Bank,
    filter: &Filter,
    seen: &BTreeSet<QuestionId>,
    last: Option<&QuestionId>,
    count: usize,
    seed: u64,
) -> Drawn {
    let fitting: Vec<&Arc<Question>> =
        bank.questions.iter().filter(|question| filter.fits(question)).collect();
    let mut rng = StdRng::seed_from_u64(seed);
    let mut bag: Vec<&Arc<Question>> =
        fitting.iter().copied().filter(|question| !seen.contains(&question.id)).collect();
    let mut drawn: Vec<Arc<Question>> = Vec::new();
    let mut put_back = Vec::new();
    while drawn.len() < count.min(fitting.len()) {
        if bag.is_empty() {
            let rest: Vec<_> = fitting
                .iter()
                .copied()
                .filter(|question| !drawn.iter().any(|d| d.id == question.id))
                .collect();
            put_back.extend(rest.iter().map(|question| question.id.clone()));
            let fresh: Vec<_> = rest.iter().copied().filter(|question| Some(&question.id) != last).collect();
            bag = if fresh.is_empty() { rest } else { fresh };
        }
        let choice = (*bag.choose(&mut rng).expect("the bag was filled above")).clone();
        bag.retain(|question| question.id != choice.id);
        drawn.push(choice);
    }
    Drawn { questions: drawn, put_back }
}
