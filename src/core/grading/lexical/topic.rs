//! Which question of the bank an answer is about.
//!
//! Exists to notice an answer to something else. It counts words of subjects alone and knows nothing
//! of statements.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::core::bank::{Bank, Question, QuestionId, Statement};
use crate::core::grading::lexical::cues;
use crate::core::grading::text::{Table, Text, Token, TokenKind, Words};

/// How many numbers are measured about the topic.
pub(crate) const TOPIC_FEATURES: usize = 9;

/// The words of every question of the bank.
#[derive(Clone, Debug, Default)]
pub(crate) struct Topics {
    /// By stem: the questions that have it, by their places, ascending.
    places: Table<Arc<str>, Vec<u32>>,
    ids: Vec<QuestionId>,
}

/// The words of one question.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    id: QuestionId,
    stems: BTreeSet<Arc<str>>,
}

impl Topics {
    /// Collects the words of the bank.
    pub(crate) fn new(bank: &Bank, words: &Words) -> Self {
        let mut topics = Self::default();
        for (place, question) in bank.questions.iter().enumerate() {
            topics.ids.push(question.id.clone());
            for stem in said(question, words).chain(stems(&model(question), words)) {
                let places = topics.places.entry(stem).or_default();
                if places.last() != Some(&(place as u32)) {
                    places.push(place as u32);
                }
            }
        }
        topics
    }

    /// What speaks for the answer being about this topic: shares of the weight of its words.
    pub(crate) fn measure(
        &self,
        topic: &Topic,
        raw: &str,
        text: &Text,
        best_line: f32,
        whole_line: f32,
    ) -> [f32; TOPIC_FEATURES] {
        let words: BTreeSet<&str> = text
            .tokens
            .iter()
            .filter(|token| token.kind == TokenKind::Content)
            .map(|token| token.stem.as_ref())
            .collect();
        let total = self.ids.len().max(1) as f32;
        let (mut own, mut all, mut unknown) = (0.0, 0.0_f32, 0.0_f32);
        let mut others = vec![0.0_f32; self.ids.len()];
        for &word in &words {
            let places = self.places.get(word);
            let here = topic.stems.contains(word);
            let known = places.is_some() || here;
            let weight = (1.0 + total / places.map_or(1, Vec::len) as f32).ln();
            if !known {
                unknown += weight;
                continue;
            }
            all += weight;
            if here {
                own += weight;
            }
            for &place in places.into_iter().flatten() {
                others[place as usize] += weight;
            }
        }
        let best_other = (others.iter().zip(&self.ids))
            .filter(|(_, id)| **id != topic.id)
            .map(|(share, _)| *share)
            .fold(0.0, f32::max);
        let sum = all.max(0.1);
        [
            own / sum,
            (best_other - own) / sum,
            own / (all + unknown).max(0.1),
            (1.0 + own).ln(),
            best_line,
            whole_line,
            (1.0 + words.len() as f32).ln(),
            cues::small_talk(&text.tokens).min(4.0),
            raw.matches('?').count().min(4) as f32,
        ]
    }
}

impl Topic {
    /// The words of one question; `said` are the stems of its phrasings.
    pub(crate) fn new(question: &Question, said: &BTreeSet<Arc<str>>, words: &Words) -> Self {
        let stems = stems(&model(question), words).chain(said.iter().cloned()).collect();
        Self { id: question.id.clone(), stems }
    }
}

fn model(question: &Question) -> [&str; 4] {
    [&question.ask, &question.model.claim, &question.model.explanation, &question.model.example]
}

fn said<'a>(question: &'a Question, words: &'a Words) -> impl Iterator<Item = Arc<str>> + 'a {
    question.statements().flat_map(Statement::says).flat_map(move |text| stems(&[text], words))
}

fn stems(texts: &[&str], words: &Words) -> impl Iterator<Item = Arc<str>> + use<> {
    let tokens: Vec<Token> = texts.iter().flat_map(|text| Text::new(text, words).tokens).collect();
    tokens.into_iter().filter(|token| token.kind == TokenKind::Content).map(|token| token.stem)
}
