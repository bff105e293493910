//! The words of one question as numbers: vocabulary, weights, and sparse vectors of stretches of text.
//!
//! Exists so that a clause is compared with every phrasing of a question in one pass. It never knows
//! what a phrasing is for.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::grading::text::{Text, Token, TokenKind};

/// A word of the grammar weighs this part of what its rarity would give it. High, because *only*,
/// *before* or *itself* often carry the statement (training answers, cross-validated by question).
const FUNCTION_WEIGHT: f32 = 0.7;
/// So does the part of an identifier, since the whole was counted.
const PART_WEIGHT: f32 = 0.5;
/// A pair of neighbouring words weighs this part of the sum of its two words.
const PAIR_WEIGHT: f32 = 0.5;
/// A word that no phrasing of the question has weighs this part of the rarest known one.
const UNKNOWN_WEIGHT: f32 = 0.3;

/// What a stretch of text weighs in one direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Entry {
    /// The word or pair.
    pub(crate) id: u32,
    /// Its weight, above 0.
    pub(crate) weight: f32,
    /// Whether it was negated there.
    pub(crate) negated: bool,
}

/// A stretch of text as a sparse vector.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vector {
    /// Known words, sorted by id, each once.
    pub(crate) words: Vec<Entry>,
    /// Known pairs of neighbouring words, sorted by id, each once.
    pub(crate) pairs: Vec<Entry>,
    /// The length over known and unknown words; at least a little above 0.
    pub(crate) norm: f32,
    /// The weight of the words that the question does not know.
    pub(crate) unknown: f32,
}

impl Vector {
    /// The sum of the weights of the known words.
    pub(crate) fn mass(&self) -> f32 {
        self.words.iter().map(|entry| entry.weight).sum()
    }
}

/// The vocabulary of one question.
#[derive(Clone, Debug, Default)]
pub(crate) struct Space {
    ids: BTreeMap<String, u32>,
    weights: Vec<f32>,
    unknown_weight: f32,
}

impl Space {
    /// The vocabulary of these phrasings; the more of them have a word, the less it weighs.
    pub(crate) fn new(phrasings: &[Text]) -> Self {
        let mut space = Self::default();
        let mut counts: Vec<u32> = Vec::new();
        for phrasing in phrasings {
            let mut seen = BTreeSet::new();
            for token in &phrasing.tokens {
                seen.insert(space.intern(&token.stem, &mut counts));
            }
            for pair in pairs(&phrasing.tokens) {
                seen.insert(space.intern(&pair.0, &mut counts));
            }
            for id in seen {
                counts[id as usize] += 1;
            }
        }
        let total = phrasings.len().max(1) as f32;
        space.weights = counts.iter().map(|&count| (1.0 + total / count as f32).ln()).collect();
        space.unknown_weight = (1.0 + total).ln() * UNKNOWN_WEIGHT;
        space
    }

    /// How many words and pairs there are.
    pub(crate) fn len(&self) -> usize {
        self.weights.len()
    }

    /// Whether some phrasing has the word.
    pub(crate) fn knows(&self, stem: &str) -> bool {
        self.ids.contains_key(stem)
    }

    /// The vector of some tokens.
    pub(crate) fn vector(&self, tokens: &[Token]) -> Vector {
        let mut unknown = BTreeSet::new();
        let mut words = Vec::with_capacity(tokens.len());
        for token in tokens {
            match self.ids.get(&token.stem) {
                Some(&id) => words.push(Entry {
                    id,
                    weight: self.weights[id as usize] * share(token.kind),
                    negated: token.negated,
                }),
                None => {
                    if token.kind == TokenKind::Content {
                        unknown.insert(token.stem.as_str());
                    }
                }
            }
        }
        let mut joined: Vec<Entry> = pairs(tokens)
            .filter_map(|(pair, negated)| {
                let &id = self.ids.get(&pair)?;
                Some(Entry { id, weight: self.weights[id as usize] * PAIR_WEIGHT, negated })
            })
            .collect();
        unique(&mut words);
        unique(&mut joined);
        let unknown = unknown.len() as f32 * self.unknown_weight;
        let squares: f32 = words.iter().map(|entry| entry.weight * entry.weight).sum();
        let norm = (squares + unknown * self.unknown_weight).sqrt().max(0.1);
        Vector { words, pairs: joined, norm, unknown }
    }

    fn intern(&mut self, stem: &str, counts: &mut Vec<u32>) -> u32 {
        if let Some(&id) = self.ids.get(stem) {
            return id;
        }
        let id = counts.len() as u32;
        self.ids.insert(stem.to_owned(), id);
        counts.push(0);
        id
    }
}

fn share(kind: TokenKind) -> f32 {
    match kind {
        TokenKind::Content | TokenKind::Code => 1.0,
        TokenKind::Function => FUNCTION_WEIGHT,
        TokenKind::Negation | TokenKind::Part => PART_WEIGHT,
    }
}

fn unique(entries: &mut Vec<Entry>) {
    entries.sort_by(|a, b| a.id.cmp(&b.id).then(a.negated.cmp(&b.negated)));
    entries.dedup_by_key(|entry| entry.id);
}

/// Every two neighbouring words, and every two that only words of the grammar stand between. Parts of
/// identifiers are left out.
fn pairs(tokens: &[Token]) -> impl Iterator<Item = (String, bool)> {
    let mut last: Option<&Token> = None;
    let mut last_heavy: Option<&Token> = None;
    let mut found = Vec::with_capacity(tokens.len() * 2);
    for token in tokens.iter().filter(|token| token.kind != TokenKind::Part) {
        let heavy = token.kind != TokenKind::Function;
        if let Some(before) = last {
            found.push((format!("{} {}", before.stem, token.stem), before.negated));
            let apart = heavy && before.kind == TokenKind::Function;
            if let Some(before) = last_heavy.filter(|_| apart) {
                found.push((format!("{} {}", before.stem, token.stem), before.negated));
            }
        }
        last = Some(token);
        if heavy {
            last_heavy = Some(token);
        }
    }
    found.into_iter()
}
