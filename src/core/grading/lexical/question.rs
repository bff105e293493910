//! A question made ready: its statements, their phrasings as vectors, and the lines through them.
//!
//! Everything here is computed once from the question alone; it never sees an answer.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::core::bank::{Part, Question, StatementId};
use crate::core::grading::lexical::lines::{Lines, Role};
use crate::core::grading::lexical::space::Space;
use crate::core::grading::text::{Text, Token, TokenKind, Words};

/// A point or a misconception.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// Its name.
    pub(crate) id: StatementId,
    /// The part of the model answer for a point; `None` for a misconception.
    pub(crate) part: Option<Part>,
    /// Its phrasings, by their places.
    pub(crate) says: Vec<usize>,
    /// Its near misses, by their places.
    pub(crate) unlike: Vec<usize>,
}

/// How alike a stretch of an answer is to each phrasing and what it speaks for.
#[derive(Clone, Debug)]
pub(crate) struct Match {
    /// The cosine with each phrasing, 0 to 1.
    pub(crate) alike: Vec<f32>,
    /// The same with words of opposite polarity against it, -1 to 1.
    pub(crate) signed: Vec<f32>,
    /// The share of each phrasing's weight that it has, 0 to 1.
    pub(crate) recall: Vec<f32>,
    /// One score a statement, see [`Lines::score`].
    pub(crate) lines: Vec<f32>,
}

/// A place where a phrasing has a word.
#[derive(Clone, Copy, Debug)]
struct Posting {
    phrasing: u32,
    weight: f32,
    negated: bool,
}

/// A question ready for answers.
#[derive(Clone, Debug)]
pub(crate) struct Ready {
    /// Points first, then misconceptions, each in the question's order.
    pub(crate) statements: Vec<Statement>,
    /// What each phrasing is for.
    pub(crate) roles: Vec<Role>,
    /// The vocabulary.
    pub(crate) space: Space,
    /// The question itself.
    pub(crate) ask: Text,
    /// Whether each phrasing has an odd number of negations.
    pub(crate) odd: Vec<bool>,
    /// The stems of everything that can be said.
    pub(crate) stems: BTreeSet<Arc<str>>,
    norms: Vec<f32>,
    masses: Vec<f32>,
    postings: Vec<Vec<Posting>>,
    lines: Lines,
}

impl Ready {
    /// Makes a question ready.
    pub(crate) fn new(question: &Question, words: &Words) -> Self {
        let mut texts = Vec::new();
        let mut roles = Vec::new();
        let mut statements = Vec::new();
        for (place, statement) in question.statements().enumerate() {
            let mut add = |text: &str, says: bool| {
                texts.push(Text::new(text, words));
                roles.push(Role { statement: place, says });
                texts.len() - 1
            };
            statements.push(Statement {
                id: statement.id.clone(),
                part: statement.part,
                says: statement.says().map(|text| add(text, true)).collect(),
                unlike: statement.unlike.iter().map(|text| add(text, false)).collect(),
            });
        }
        let (space, vectors) = Space::new(&texts);
        let lines = Lines::fit(&vectors, &roles, statements.len(), space.len());
        let mut postings = vec![Vec::new(); space.len()];
        for (place, vector) in vectors.iter().enumerate() {
            for entry in &vector.words {
                let posting =
                    Posting { phrasing: place as u32, weight: entry.weight, negated: entry.negated };
                postings[entry.id as usize].push(posting);
            }
        }
        let said = texts.iter().zip(&roles).filter(|(_, role)| role.says).flat_map(|(text, _)| &text.tokens);
        let stems =
            said.filter(|token| token.kind == TokenKind::Content).map(|token| token.stem.clone()).collect();
        Self {
            stems,
            statements,
            roles,
            ask: Text::new(&question.ask, words),
            odd: texts.iter().map(|text| is_odd(&text.tokens)).collect(),
            norms: vectors.iter().map(|vector| vector.norm).collect(),
            masses: vectors.iter().map(|vector| vector.mass().max(0.1)).collect(),
            space,
            postings,
            lines,
        }
    }

    /// Compares a stretch of text with everything.
    pub(crate) fn compare(&self, tokens: &[Token]) -> Match {
        let vector = self.space.vector(tokens);
        let count = self.roles.len();
        let (mut alike, mut signed, mut recall) = (vec![0.0; count], vec![0.0; count], vec![0.0; count]);
        for entry in &vector.words {
            for posting in &self.postings[entry.id as usize] {
                let place = posting.phrasing as usize;
                let product = entry.weight * posting.weight;
                alike[place] += product;
                signed[place] += if entry.negated == posting.negated { product } else { -product };
                recall[place] += posting.weight;
            }
        }
        for place in 0..count {
            let norms = vector.norm * self.norms[place];
            alike[place] /= norms;
            signed[place] /= norms;
            recall[place] /= self.masses[place];
        }
        Match { alike, signed, recall, lines: self.lines.score(&vector) }
    }
}

/// Whether a stretch of text has an odd number of negations.
pub(crate) fn is_odd(tokens: &[Token]) -> bool {
    tokens.iter().filter(|token| token.kind == TokenKind::Negation).count() % 2 == 1
}
