//! The forward pass of BERT over several sequences at once.
//!
//! Numbers stand by feature: a row is one feature of all tokens, the tokens of one sequence side by side.
//! That way linear layers are one matrix product over all tokens without padding, attention is a product
//! of blocks, and everything else goes along rows, which the compiler turns into vector instructions.
//! Products are single-threaded, and a token's numbers do not depend on the other sequences.

use std::ops::Range;

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, Axis, Slice};

use super::functions::{exp, gelu};
use super::weights::{HEAD_WIDTH, Layer, Linear, Norm, Weights};
use super::wordpiece::Piece;

/// What BERT adds to a variance before it divides by its root.
const NORM_EPSILON: f32 = 1e-12;

/// What the last layer made of the tokens of several sequences.
#[derive(Debug)]
pub(super) struct Hidden {
    numbers: Vec<f32>,
    tokens: usize,
    /// The tokens of each sequence among all.
    sequences: Vec<Range<usize>>,
}

impl Hidden {
    /// The sum over some tokens of a sequence.
    pub(super) fn sum(&self, sequence: usize, tokens: Range<usize>) -> Vec<f32> {
        let start = self.sequences[sequence].start;
        let range = start + tokens.start..start + tokens.end;
        self.numbers.chunks_exact(self.tokens).map(|row| row[range.clone()].iter().sum()).collect()
    }
}

/// Reads sequences of tokens, none of them empty or longer than there are positions.
pub(super) fn forward(weights: &Weights, sequences: &[&[Piece]]) -> Hidden {
    let mut ranges = Vec::with_capacity(sequences.len());
    let mut tokens = 0;
    for sequence in sequences {
        ranges.push(tokens..tokens + sequence.len());
        tokens += sequence.len();
    }
    let mut x = vec![0.0; weights.width * tokens];
    let places = sequences.iter().flat_map(|sequence| sequence.iter().enumerate());
    for (token, (position, &piece)) in places.enumerate() {
        for (row, number) in x.chunks_exact_mut(tokens).zip(weights.embedding(piece, position)) {
            row[token] = number;
        }
    }
    normalise(&mut x, tokens, &weights.norm);
    for layer in &weights.layers {
        x = pass(layer, x, tokens, &ranges);
    }
    Hidden { numbers: x, tokens, sequences: ranges }
}

/// One layer.
fn pass(layer: &Layer, mut x: Vec<f32>, tokens: usize, sequences: &[Range<usize>]) -> Vec<f32> {
    let attended = attend(&apply(&layer.attention, &x, tokens), tokens, sequences);
    add(&layer.output, &attended, &mut x, tokens);
    normalise(&mut x, tokens, &layer.norm1);
    let mut inner = apply(&layer.up, &x, tokens);
    inner.iter_mut().for_each(|number| *number = gelu(*number));
    add(&layer.down, &inner, &mut x, tokens);
    normalise(&mut x, tokens, &layer.norm2);
    x
}

/// A linear layer.
fn apply(linear: &Linear, x: &[f32], tokens: usize) -> Vec<f32> {
    let mut y = vec![0.0; linear.bias.len() * tokens];
    add(linear, x, &mut y, tokens);
    y
}

/// Adds a linear layer of `x` to `y`.
fn add(linear: &Linear, x: &[f32], y: &mut [f32], tokens: usize) {
    for (row, bias) in y.chunks_exact_mut(tokens).zip(&linear.bias) {
        row.iter_mut().for_each(|number| *number += bias);
    }
    let (rows, columns) = (linear.bias.len(), x.len() / tokens);
    general_mat_mul(
        1.0,
        &matrix(&linear.weight, columns, rows).t(),
        &matrix(x, columns, tokens),
        1.0,
        &mut matrix_mut(y, rows, tokens),
    );
}

/// Attention: the values of a sequence's tokens, mixed anew for each of its tokens. `mixed` has query,
/// key and value one below the other.
fn attend(mixed: &[f32], tokens: usize, sequences: &[Range<usize>]) -> Vec<f32> {
    let width = mixed.len() / tokens / 3;
    let all = matrix(mixed, 3 * width, tokens);
    let mut found = vec![0.0; width * tokens];
    let longest = sequences.iter().map(Range::len).max().unwrap_or(0);
    let mut scores = vec![0.0; longest * longest];
    for sequence in sequences {
        let length = sequence.len();
        let scores = &mut scores[..length * length];
        for head in (0..width).step_by(HEAD_WIDTH) {
            let block = |row| {
                let rows = all.slice_axis_move(Axis(0), Slice::from(row + head..row + head + HEAD_WIDTH));
                rows.slice_axis_move(Axis(1), Slice::from(sequence.clone()))
            };
            let (query, key, value) = (block(0), block(width), block(2 * width));
            // A row is a key, a column a query, so that the weights of a query are summed along rows.
            general_mat_mul(1.0, &key.t(), &query, 0.0, &mut matrix_mut(scores, length, length));
            let factors = exponentials(scores, length);
            let rows = &mut found[head * tokens..][..HEAD_WIDTH * tokens];
            let mut sums = matrix_mut(rows, HEAD_WIDTH, tokens);
            let mut sums = sums.slice_axis_mut(Axis(1), Slice::from(sequence.clone()));
            general_mat_mul(1.0, &value, &matrix(scores, length, length), 0.0, &mut sums);
            for row in rows.chunks_exact_mut(tokens) {
                row[sequence.clone()].iter_mut().zip(&factors).for_each(|(sum, factor)| *sum *= factor);
            }
        }
    }
    found
}

fn matrix(numbers: &[f32], rows: usize, columns: usize) -> ArrayView2<'_, f32> {
    ArrayView2::from_shape((rows, columns), numbers).expect("the numbers are rows times columns")
}

fn matrix_mut(numbers: &mut [f32], rows: usize, columns: usize) -> ArrayViewMut2<'_, f32> {
    ArrayViewMut2::from_shape((rows, columns), numbers).expect("the numbers are rows times columns")
}

/// Replaces scores by their exponentials, less the largest of a column; returns what a column has to be
/// multiplied by to sum to 1.
fn exponentials(scores: &mut [f32], columns: usize) -> Vec<f32> {
    let mut largest = vec![f32::NEG_INFINITY; columns];
    for row in scores.chunks_exact(columns) {
        largest.iter_mut().zip(row).for_each(|(largest, &score)| {
            *largest = if score > *largest { score } else { *largest };
        });
    }
    let mut sums = vec![0.0; columns];
    for row in scores.chunks_exact_mut(columns) {
        for ((score, largest), sum) in row.iter_mut().zip(&largest).zip(&mut sums) {
            *score = exp(*score - largest);
            *sum += *score;
        }
    }
    sums.iter_mut().for_each(|sum| *sum = 1.0 / *sum);
    sums
}

/// Brings each token's numbers to mean 0 and variance 1, then scales and moves them by feature.
fn normalise(x: &mut [f32], tokens: usize, norm: &Norm) {
    let count = norm.weight.len() as f32;
    let mut means = vec![0.0; tokens];
    for row in x.chunks_exact(tokens) {
        means.iter_mut().zip(row).for_each(|(mean, number)| *mean += number / count);
    }
    let mut factors = vec![0.0; tokens];
    for row in x.chunks_exact_mut(tokens) {
        for ((number, mean), variance) in row.iter_mut().zip(&means).zip(&mut factors) {
            *number -= mean;
            *variance += *number * *number / count;
        }
    }
    factors.iter_mut().for_each(|factor| *factor = 1.0 / (*factor + NORM_EPSILON).sqrt());
    for ((row, weight), bias) in x.chunks_exact_mut(tokens).zip(&norm.weight).zip(&norm.bias) {
        for (number, factor) in row.iter_mut().zip(&factors) {
            *number = *number * factor * weight + bias;
        }
    }
}
