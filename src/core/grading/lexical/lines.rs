//! One straight line a statement: a ridge regression over the phrasings of a question.
//!
//! Exists because word overlap sees the topic and not the statement: the regression learns which
//! words of *this* question set a statement apart from its near misses and from the others. It is
//! exact and needs no random start, so equal banks give equal lines.

use crate::core::grading::lexical::space::Vector;

/// Stiffness of the regression, on a kernel with ones in its diagonal.
/// Chosen on the training answers, cross-validated by question.
const RIDGE: f32 = 1.5;
/// What the regression aims at for a near miss; other statements' phrasings are at 0, its own at 1.
const NEAR_MISS_TARGET: f32 = -0.2;
/// A question with more phrasings is learnt from its first ones: solving takes the cube of this.
pub(crate) const PHRASINGS_MAX: usize = 400;
/// How much a word counts twice when it is negated in the same way.
const POLARITY: f32 = 0.5;

/// What one phrasing is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Role {
    /// The statement, by its place in the question.
    pub(crate) statement: usize,
    /// A way to say it, or a near miss.
    pub(crate) says: bool,
}

/// For every word and pair, what it speaks for: one number a statement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    statements: usize,
    /// `[word][statement]`: plain, then by polarity.
    plain: Vec<f32>,
    signed: Vec<f32>,
}

impl Lines {
    /// Fits the lines. `vectors` and `roles` go together.
    pub(crate) fn fit(vectors: &[Vector], roles: &[Role], statements: usize, words: usize) -> Self {
        let count = vectors.len().min(PHRASINGS_MAX);
        let mut kernel = similarities(&vectors[..count], words);
        for row in 0..count {
            kernel[row * count + row] += RIDGE;
        }
        cholesky(&mut kernel, count);
        let mut lines =
            Self { statements, plain: vec![0.0; words * statements], signed: vec![0.0; words * statements] };
        for statement in 0..statements {
            let targets: Vec<f32> = roles[..count].iter().map(|role| target(role, statement)).collect();
            let shares = solve(&kernel, count, targets);
            for (vector, share) in vectors.iter().zip(shares) {
                lines.add(vector, statement, share);
            }
        }
        lines
    }

    /// How much a stretch of text speaks for each statement: about 1 for a phrasing, 0 for anything
    /// else, below 0 for a near miss.
    pub(crate) fn score(&self, vector: &Vector) -> Vec<f32> {
        let mut scores = vec![0.0; self.statements];
        let length = length(vector);
        for entry in vector.words.iter().chain(&vector.pairs) {
            let at = entry.id as usize * self.statements;
            let weight = entry.weight / length;
            let sign = if entry.negated { -POLARITY } else { POLARITY };
            for (statement, score) in scores.iter_mut().enumerate() {
                *score += weight * (self.plain[at + statement] + sign * self.signed[at + statement]);
            }
        }
        scores
    }

    fn add(&mut self, vector: &Vector, statement: usize, share: f32) {
        let length = length(vector);
        for entry in vector.words.iter().chain(&vector.pairs) {
            let at = entry.id as usize * self.statements + statement;
            let weight = share * entry.weight / length;
            self.plain[at] += weight;
            self.signed[at] += if entry.negated { -POLARITY * weight } else { POLARITY * weight };
        }
    }
}

fn target(role: &Role, statement: usize) -> f32 {
    match (role.statement == statement, role.says) {
        (true, true) => 1.0,
        (true, false) => NEAR_MISS_TARGET,
        (false, true | false) => 0.0,
    }
}

/// The length of words and pairs together, unknown words included.
fn length(vector: &Vector) -> f32 {
    let pairs: f32 = vector.pairs.iter().map(|entry| entry.weight * entry.weight).sum();
    ((vector.norm * vector.norm + pairs) * (1.0 + POLARITY * POLARITY)).sqrt()
}

/// How alike every two vectors are, 1 with themselves: the lower triangle of a square matrix.
fn similarities(vectors: &[Vector], words: usize) -> Vec<f32> {
    let count = vectors.len();
    let mut kernel = vec![0.0_f32; count * count];
    // By word: where it occurs so far, plain and signed.
    let mut places: Vec<Vec<(u32, f32, f32)>> = vec![Vec::new(); words];
    for (row, vector) in vectors.iter().enumerate() {
        let length = length(vector);
        let line = &mut kernel[row * count..row * count + row + 1];
        for entry in vector.words.iter().chain(&vector.pairs) {
            let plain = entry.weight / length;
            let signed = if entry.negated { -POLARITY * plain } else { POLARITY * plain };
            let before = &mut places[entry.id as usize];
            for &(column, other, other_signed) in before.iter() {
                line[column as usize] += plain * other + signed * other_signed;
            }
            before.push((row as u32, plain, signed));
        }
        line[row] = 1.0;
    }
    kernel
}

/// The lower triangle of a positive definite matrix becomes its Cholesky factor.
fn cholesky(matrix: &mut [f32], size: usize) {
    for row in 0..size {
        for column in 0..=row {
            let (upper, lower) =
                (&matrix[column * size..column * size + column], &matrix[row * size..row * size + column]);
            let sum = dot(upper, lower);
            let rest = matrix[row * size + column] - sum;
            matrix[row * size + column] = if row == column {
                // The ridge keeps this above zero; the bound is against rounding alone.
                rest.max(1e-6).sqrt()
            } else {
                rest / matrix[column * size + column]
            };
        }
    }
}

/// A dot product in eight sums, which the compiler may keep in one register.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    let mut sums = [0.0_f32; LANES];
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// Solves with a Cholesky factor, forwards and then backwards.
fn solve(factor: &[f32], size: usize, mut values: Vec<f32>) -> Vec<f32> {
    for row in 0..size {
        let sum = dot(&factor[row * size..row * size + row], &values[..row]);
        values[row] = (values[row] - sum) / factor[row * size + row];
    }
    for row in (0..size).rev() {
        values[row] /= factor[row * size + row];
        let value = values[row];
        for (column, rest) in values[..row].iter_mut().enumerate() {
            *rest -= factor[row * size + column] * value;
        }
    }
    values
}
