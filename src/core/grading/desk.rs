//! A grader with the prepared forms of the questions it met, so that nothing is computed twice.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Assessment, Grader, PreparedQuestion, ReplyAssessment};
use crate::core::bank::Trap;
use crate::core::interview::{Item, Read};

/// Prepared questions kept at the most, about 100 KB each. Beyond it all are dropped and prepared anew as
/// they come; a bank of this size is rare, and what is lost is a millisecond a question.
const PREPARED_MAX: usize = 2_000;

/// Reads answers. Remembering what was prepared changes no result, so this is still pure.
pub struct Desk {
    grader: Box<dyn Grader>,
    prepared: Mutex<BTreeMap<String, Arc<dyn PreparedQuestion>>>,
}

impl Desk {
    /// A desk with nothing on it.
    pub fn new(grader: Box<dyn Grader>) -> Self {
        Self { grader, prepared: Mutex::default() }
    }

    /// The prepared form of a question, by its content hash.
    pub fn prepared(&self, item: &Item) -> Arc<dyn PreparedQuestion> {
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = prepared.get(&item.hash) {
            return found.clone();
        }
        if prepared.len() >= PREPARED_MAX {
            prepared.clear();
        }
        let fresh = self.grader.prepare(&item.question);
        prepared.insert(item.hash.clone(), fresh.clone());
        fresh
    }
}

impl Read for Desk {
    fn answer(&self, item: &Item, text: &str) -> Assessment {
        self.prepared(item).answer(text)
    }

    fn reply(&self, item: &Item, trap: &Trap, text: &str) -> ReplyAssessment {
        self.prepared(item).reply(trap, text)
    }
}
