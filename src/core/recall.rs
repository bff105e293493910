//! Which question a text may be an answer to.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::bank::{Bank, Question, QuestionId};

/// How far the best question has to be ahead of the next one to be taken without asking.
const AHEAD: f64 = 1.5;
/// Words that a text has to share with it at the least.
const SHARED_MIN: usize = 3;

/// What all questions of a bank talk about.
#[derive(Clone, Debug, Default)]
pub struct Recall {
    entries: Vec<Entry>,
    /// In how many questions a word occurs.
    spread: BTreeMap<String, usize>,
}

#[derive(Clone, Debug)]
struct Entry {
    id: QuestionId,
    ask: String,
    words: BTreeSet<String>,
}

/// A question that a text may answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Which one.
    pub id: QuestionId,
    /// What it asks.
    pub ask: String,
    /// Whether it is far ahead of all others.
    pub sure: bool,
}

impl Recall {
    /// Reads what the questions of a bank talk about.
    pub fn of(bank: &Bank) -> Self {
        let mut recall = Self::default();
        for question in &bank.questions {
            let words = talked_about(question);
            for word in &words {
                *recall.spread.entry(word.clone()).or_default() += 1;
            }
            let (id, ask) = (question.id.clone(), question.ask.clone());
            recall.entries.push(Entry { id, ask, words });
        }
        recall
    }

    /// The likeliest questions, the best one first, `max` at the most. Rare words count more than common ones.
    pub fn candidates(&self, text: &str, max: usize) -> Vec<Candidate> {
        let said = words(text);
        let mut scored: Vec<(f64, usize, &Entry)> = self
            .entries
            .iter()
            .map(|entry| {
                let shared = || said.intersection(&entry.words);
                let score = shared().map(|word| self.rarity(word)).sum();
                (score, shared().count(), entry)
            })
            .filter(|(score, _, _)| *score > 0.0)
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.2.id.cmp(&b.2.id)));
        let second = scored.get(1).map_or(0.0, |(score, _, _)| *score);
        let best = scored.iter().take(max).enumerate();
        let candidates = best.map(|(place, (score, shared, entry))| Candidate {
            id: entry.id.clone(),
            ask: entry.ask.clone(),
            sure: place == 0 && *shared >= SHARED_MIN && *score >= second * AHEAD,
        });
        candidates.collect()
    }

    fn rarity(&self, word: &str) -> f64 {
        let spread = self.spread.get(word).copied().unwrap_or(0);
        ((self.entries.len() as f64 + 1.0) / (spread as f64 + 1.0)).ln_1p()
    }
}

fn talked_about(question: &Question) -> BTreeSet<String> {
    let model = &question.model;
    let mut all = words(&question.ask);
    for text in [&model.claim, &model.explanation, &model.example] {
        all.extend(words(text));
    }
    for point in &question.points {
        all.extend(words(&point.idea));
    }
    all
}

fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|character: char| !character.is_alphanumeric() && character != '_');
    words.filter(|word| word.chars().count() > 2).map(str::to_lowercase).collect()
}
