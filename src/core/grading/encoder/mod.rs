//! The sentence encoder: what a text means, as a vector; near ones mean nearly the same.
//!
//! A small BERT ([`network`]) with its own word pieces ([`wordpiece`]). Short texts are read alone
//! ([`Embed::embed`]); an answer is read in its context, and every clause and every pair of neighbours
//! gets a vector from there ([`Encoder::read`]). Pure: the model comes in as bytes.

mod functions;
mod network;
mod segments;
mod vector;
mod weights;
mod wordpiece;

use std::fmt;
use std::ops::Range;

use sha2::{Digest, Sha256};

use self::network::{Hidden, forward};
use self::segments::{Segment, segments};
use self::weights::{Linear, Weights};
use self::wordpiece::Piece;

pub use self::vector::Vector;
pub use self::weights::ModelError;

/// What is read off a window beside its vector.
pub const PROBES: usize = 3;

/// Pieces of a text that is read alone, or of a clause; what follows is not read. Twice as many as the
/// longest phrasing has, and so that two clauses fit into one segment.
const CLAUSE_PIECES_MAX: usize = 62;

/// Pieces of what stands between two clauses: a comma and *because*, not a paragraph.
const GAP_PIECES_MAX: usize = 8;

/// Pieces of a segment: the network has 128 positions, and two of them are taken by `[CLS]` and `[SEP]`.
const SEGMENT_PIECES_MAX: usize = 126;

/// Tokens that go through the network together: enough that the weights are fetched from memory rarely,
/// few enough that the numbers of a layer stay in a processor's cache (256 tokens have 1.5 MB of them).
const BATCH_TOKENS_MAX: usize = 256;

/// Turns short texts into vectors. Equal texts, equal vectors, in whatever company they come.
pub trait Embed: Send + Sync {
    /// One vector a text, in the order of the texts. Of a long text only the beginning is read.
    fn embed(&self, texts: &[&str]) -> Vec<Vector>;
}

/// The SHA-256 of a model file: vectors of different models cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum(pub [u8; 32]);

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A clause of an answer, or two neighbouring ones together, as it is understood in its context.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// The clause, or the first of the two: its place among the clauses.
    pub clause: usize,
    /// One clause, not two.
    pub single: bool,
    /// Its bytes in the answer; of two clauses, with what stands between them.
    pub range: Range<usize>,
    /// What it means.
    pub vector: Vector,
    /// Read off beside the vector, as logits: whether it speaks for itself (rather than deny, quote or
    /// correct), whether it gives an example, whether it gives a reason.
    pub probes: [f32; PROBES],
}

/// A model, ready for use. About 50 MB for a model of 14 MB.
#[derive(Debug)]
pub struct Encoder {
    weights: Weights,
    checksum: Checksum,
}

impl Encoder {
    /// Takes up a model file, of the format that `training/README.md` describes.
    pub fn load(model: &[u8]) -> Result<Self, ModelError> {
        Ok(Self { weights: Weights::load(model)?, checksum: Checksum(Sha256::digest(model).into()) })
    }

    /// Which model this is.
    pub fn checksum(&self) -> Checksum {
        self.checksum
    }

    /// How many components its vectors have.
    pub fn width(&self) -> usize {
        self.weights.width
    }

    /// Reads an answer: a window for each clause, in order, then one for each pair of neighbours, in order.
    ///
    /// `clauses` are bytes of `text`, one after the other. A range that is not in it, or cuts a character,
    /// is read as an empty clause. Time is linear in the length of the clauses and of what is between them.
    pub fn read(&self, text: &str, clauses: &[Range<usize>]) -> Vec<Window> {
        let singles = clauses.iter().enumerate().map(|(clause, range)| (clause, true, range.clone()));
        let pairs = clauses.iter().zip(clauses.iter().skip(1)).enumerate();
        let pairs = pairs.map(|(clause, (a, b))| (clause, false, a.start..b.end));
        let windows = singles.chain(pairs).zip(self.means(text, clauses));
        let window = |((clause, single, range), mean): ((usize, bool, Range<usize>), Mean)| Window {
            clause,
            single,
            range,
            vector: Vector::new(&mean.sum),
            probes: self.probes(&mean),
        };
        windows.map(window).collect()
    }

    /// The means of the windows of [`Encoder::read`].
    fn means(&self, text: &str, clauses: &[Range<usize>]) -> Vec<Mean> {
        let read = Reading::new(&self.weights, text, clauses);
        let pairs = (1..clauses.len()).map(|second| read.pair(second - 1));
        (0..clauses.len()).map(|clause| read.clause(clause)).chain(pairs).collect()
    }

    /// The directions of the windows of [`Encoder::read`], before they are rounded.
    #[cfg(test)]
    pub(crate) fn directions(&self, text: &str, clauses: &[Range<usize>]) -> Vec<Vec<f32>> {
        let direction = |mean: Mean| {
            let length = mean.sum.iter().map(|number| number * number).sum::<f32>().sqrt();
            mean.sum.iter().map(|number| number / length).collect()
        };
        self.means(text, clauses).into_iter().map(direction).collect()
    }

    fn probes(&self, mean: &Mean) -> [f32; PROBES] {
        let Linear { weight, bias } = &self.weights.probes;
        std::array::from_fn(|probe| {
            let inputs = weight.chunks_exact(PROBES).zip(&mean.sum);
            let sum: f32 = inputs.map(|(weights, number)| weights[probe] * number).sum();
            sum / mean.tokens as f32 + bias[probe]
        })
    }
}

impl Embed for Encoder {
    fn embed(&self, texts: &[&str]) -> Vec<Vector> {
        let tokeniser = &self.weights.tokeniser;
        let tokens: Vec<Vec<Piece>> = texts
            .iter()
            .map(|text| {
                let mut tokens = tokeniser.pieces(text, CLAUSE_PIECES_MAX);
                tokens.insert(0, tokeniser.cls);
                tokens.push(tokeniser.sep);
                tokens
            })
            .collect();
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&place| tokens[place].len());
        let sorted: Vec<&[Piece]> = order.iter().map(|&place| tokens[place].as_slice()).collect();
        let mut found: Vec<(usize, Vector)> = Vec::with_capacity(texts.len());
        for batch in batches(&sorted) {
            let hidden = forward(&self.weights, batch);
            for (sequence, tokens) in batch.iter().enumerate() {
                let mean = Mean::new(&hidden, sequence, tokens.len(), 1..tokens.len() - 1);
                found.push((order[found.len()], Vector::new(&mean.sum)));
            }
        }
        found.sort_by_key(|(place, _)| *place);
        found.into_iter().map(|(_, vector)| vector).collect()
    }
}

/// A mean of tokens: their sum, and how many they are.
#[derive(Clone, Debug)]
struct Mean {
    sum: Vec<f32>,
    tokens: usize,
}

impl Mean {
    /// The mean over some tokens of a sequence of `length`; if they are none, over those that stand for
    /// the whole, `[CLS]` and `[SEP]`.
    fn new(hidden: &Hidden, sequence: usize, length: usize, tokens: Range<usize>) -> Self {
        if !tokens.is_empty() {
            return Self { tokens: tokens.len(), sum: hidden.sum(sequence, tokens) };
        }
        let first = Self { sum: hidden.sum(sequence, 0..1), tokens: 1 };
        first.with(&Self { sum: hidden.sum(sequence, length - 1..length), tokens: 1 })
    }

    fn with(mut self, other: &Self) -> Self {
        self.sum.iter_mut().zip(&other.sum).for_each(|(sum, number)| *sum += number);
        self.tokens += other.tokens;
        self
    }
}

/// An answer that has gone through the network.
struct Reading {
    segments: Vec<Segment>,
    /// Where each segment is: its batch, and its place there.
    batches: Vec<Hidden>,
    places: Vec<(usize, usize)>,
}

impl Reading {
    fn new(weights: &Weights, text: &str, clauses: &[Range<usize>]) -> Self {
        let segments = segments(&weights.tokeniser, text, clauses);
        let tokens: Vec<&[Piece]> = segments.iter().map(|segment| segment.tokens.as_slice()).collect();
        let (mut read, mut places) = (Vec::new(), Vec::new());
        for batch in batches(&tokens) {
            places.extend((0..batch.len()).map(|sequence| (read.len(), sequence)));
            read.push(forward(weights, batch));
        }
        Self { segments, batches: read, places }
    }

    /// A clause in the first segment in which it stands.
    fn clause(&self, clause: usize) -> Mean {
        self.mean(|segment| segment.clause(clause)).expect("every clause is in a segment")
    }

    /// Two clauses in the first segment that has both, else each where it stands.
    fn pair(&self, clause: usize) -> Mean {
        let both = self.mean(|segment| segment.pair(clause));
        both.unwrap_or_else(|| self.clause(clause).with(&self.clause(clause + 1)))
    }

    fn mean(&self, find: impl Fn(&Segment) -> Option<Range<usize>>) -> Option<Mean> {
        let found = self.segments.iter().zip(&self.places).find_map(|(segment, place)| {
            let tokens = find(segment)?;
            Some((segment.tokens.len(), place, tokens))
        });
        let (length, &(batch, sequence), tokens) = found?;
        Some(Mean::new(&self.batches[batch], sequence, length, tokens))
    }
}

/// Sequences in runs of at most [`BATCH_TOKENS_MAX`] tokens, in their order.
fn batches<'a, 'b>(mut sequences: &'a [&'b [Piece]]) -> impl Iterator<Item = &'a [&'b [Piece]]> {
    std::iter::from_fn(move || {
        let mut tokens = 0;
        let fits = |sequence: &&&[Piece]| {
            tokens += sequence.len();
            tokens <= BATCH_TOKENS_MAX
        };
        let count = sequences.iter().take_while(fits).count();
        let (batch, rest) = sequences.split_at(count);
        sequences = rest;
        (count > 0).then_some(batch)
    })
}
