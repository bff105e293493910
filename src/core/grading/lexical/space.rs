//! The words of one question as numbers: vocabulary, weights, and sparse vectors of stretches of text.
//!
//! Exists so that a clause is compared with every phrasing of a question in one pass. It never knows
//! what a phrasing is for.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::core::grading::text::{Table, Text, Token, TokenKind};

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
}

impl Vector {
    /// The sum of the weights of the known words.
    pub(crate) fn mass(&self) -> f32 {
        self.words.iter().map(|entry| entry.weight).sum()
    }
}

/// The words and pairs of a stretch of text by their ids; `None` for what the question does not know.
#[derive(Clone, Debug, Default)]
pub(crate) struct Coded {
    words: Vec<(Option<u32>, TokenKind, bool)>,
    pairs: Vec<(u32, bool)>,
}

/// The vocabulary of one question.
#[derive(Clone, Debug, Default)]
pub(crate) struct Space {
    words: Table<Arc<str>, u32>,
    pairs: Table<(u32, u32), u32>,
    weights: Vec<f32>,
    unknown_weight: f32,
}

impl Space {
    /// The vocabulary of these phrasings, and their vectors. The more phrasings have a word, the less
    /// it weighs.
    pub(crate) fn new(phrasings: &[Text]) -> (Self, Vec<Vector>) {
        let mut space = Self::default();
        let mut counts: Vec<u32> = Vec::new();
        let mut coded = Vec::with_capacity(phrasings.len());
        let mut seen: Vec<u32> = Vec::new();
        for phrasing in phrasings {
            let code = space.learn(&phrasing.tokens, &mut counts);
            seen.clear();
            seen.extend(code.words.iter().filter_map(|word| word.0));
            seen.extend(code.pairs.iter().map(|pair| pair.0));
            seen.sort_unstable();
            seen.dedup();
            for &id in &seen {
                counts[id as usize] += 1;
            }
            coded.push(code);
        }
        let total = phrasings.len().max(1) as f32;
        space.weights = counts.iter().map(|&count| (1.0 + total / count as f32).ln()).collect();
        space.unknown_weight = (1.0 + total).ln() * UNKNOWN_WEIGHT;
        let vectors = coded.iter().map(|code| space.weigh(code, 0)).collect();
        (space, vectors)
    }

    /// How many words and pairs there are.
    pub(crate) fn len(&self) -> usize {
        self.weights.len()
    }

    /// Whether some phrasing has the word.
    pub(crate) fn knows(&self, stem: &str) -> bool {
        self.words.contains_key(stem)
    }

    /// The vector of some tokens.
    pub(crate) fn vector(&self, tokens: &[Token]) -> Vector {
        let mut unknown = BTreeSet::new();
        let mut code = Coded::default();
        for token in tokens {
            let id = self.words.get(&token.stem).copied();
            if id.is_none() && token.kind == TokenKind::Content {
                unknown.insert(token.stem.as_ref());
            }
            code.words.push((id, token.kind, token.negated));
        }
        let find = |a: u32, b: u32| self.pairs.get(&(a, b)).copied();
        code.pairs = pairs(&code.words, find);
        self.weigh(&code, unknown.len())
    }

    /// Takes up the words and pairs of a phrasing.
    fn learn(&mut self, tokens: &[Token], counts: &mut Vec<u32>) -> Coded {
        let mut words = Vec::with_capacity(tokens.len());
        for token in tokens {
            let id = match self.words.get(&token.stem) {
                Some(&id) => id,
                None => {
                    let id = counts.len() as u32;
                    self.words.insert(token.stem.clone(), id);
                    counts.push(0);
                    id
                }
            };
            words.push((Some(id), token.kind, token.negated));
        }
        let known = &mut self.pairs;
        let pairs = pairs(&words, |a, b| {
            let id = *known.entry((a, b)).or_insert(counts.len() as u32);
            if id as usize == counts.len() {
                counts.push(0);
            }
            Some(id)
        });
        Coded { words, pairs }
    }

    fn weigh(&self, code: &Coded, unknown: usize) -> Vector {
        let entry =
            |id: u32, share: f32, negated| Entry { id, weight: self.weights[id as usize] * share, negated };
        let mut words: Vec<Entry> = (code.words.iter())
            .filter_map(|&(id, kind, negated)| Some(entry(id?, share(kind), negated)))
            .collect();
        let mut pairs: Vec<Entry> =
            code.pairs.iter().map(|&(id, negated)| entry(id, PAIR_WEIGHT, negated)).collect();
        unique(&mut words);
        unique(&mut pairs);
        let squares: f32 = words.iter().map(|entry| entry.weight * entry.weight).sum();
        let strange = unknown as f32 * self.unknown_weight * self.unknown_weight;
        Vector { words, pairs, norm: (squares + strange).sqrt().max(0.1) }
    }
}

fn share(kind: TokenKind) -> f32 {
    match kind {
        TokenKind::Content | TokenKind::Code => 1.0,
        TokenKind::Function => FUNCTION_WEIGHT,
        TokenKind::Negation | TokenKind::Part => PART_WEIGHT,
    }
}

/// Sorted by id, each once.
fn unique(entries: &mut Vec<Entry>) {
    entries.sort_unstable_by_key(|entry| (entry.id, entry.negated));
    entries.dedup_by_key(|entry| entry.id);
}

/// Every two neighbouring words, and every two that only words of the grammar stand between, as far as
/// `id` knows them. Parts of identifiers are left out.
fn pairs(
    words: &[(Option<u32>, TokenKind, bool)],
    mut id: impl FnMut(u32, u32) -> Option<u32>,
) -> Vec<(u32, bool)> {
    let mut found = Vec::with_capacity(words.len() * 2);
    let mut last: Option<&(Option<u32>, TokenKind, bool)> = None;
    let mut last_heavy = None;
    for word in words.iter().filter(|word| word.1 != TokenKind::Part) {
        let heavy = word.1 != TokenKind::Function;
        let far = last_heavy.filter(|_| heavy && last.is_some_and(|last| last.1 == TokenKind::Function));
        for before in last.into_iter().chain(far) {
            if let (Some(a), Some(b)) = (before.0, word.0) {
                found.extend(id(a, b).map(|id| (id, before.2)));
            }
        }
        last = Some(word);
        if heavy {
            last_heavy = Some(word);
        }
    }
    found
}
