//! The weights of the lexical grader.
//!
//! Five logistic regressions, fitted by `training/lexical.py` on the 560 labelled answers of
//! `train.jsonl` (L2, C = 0.3, on standardised features; the standardisation is folded in, so these
//! apply to the raw numbers). For `TOPIC` each of those answers was also put to two other questions.
//! Written by that script: do not edit by hand.

use crate::core::grading::lexical::cues::{EXAMPLE_FEATURES, REASON_FEATURES};
use crate::core::grading::lexical::features::FEATURES;
use crate::core::grading::lexical::topic::TOPIC_FEATURES;

/// A logistic regression.
pub(crate) struct Logit<const N: usize> {
    bias: f32,
    weights: [f32; N],
}

impl<const N: usize> Logit<N> {
    /// The probability, 0 to 1.
    pub(crate) fn probability(&self, features: &[f32; N]) -> f32 {
        let sum: f32 = self.weights.iter().zip(features).map(|(weight, feature)| weight * feature).sum();
        1.0 / (1.0 + (-(self.bias + sum)).exp())
    }
}

/// A point is said.
pub(crate) const POINTS: Logit<FEATURES> = Logit {
    bias: -8.8502,
    weights: [
        -1.5454, 2.5464, 0.5202, -0.7232, -3.9890, 13.4990, -0.2827, 10.4547, 1.3178, -1.0674, 0.4732,
        -0.6359, 2.2203, 1.7114, -0.3444, -0.5393, 0.1796, 0.1645, 0.2728, 0.0391, 1.1029, -0.7723, 1.4106,
        5.9757, 0.7138, -0.3022,
    ],
};

/// A misconception is voiced as the candidate's own view.
pub(crate) const MISCONCEPTIONS: Logit<FEATURES> = Logit {
    bias: -5.6365,
    weights: [
        3.3765, 2.3684, -2.6496, -0.1859, 0.3139, 2.5346, 11.1582, 20.4939, -1.8632, 1.0608, -1.4398,
        -3.5250, -0.7340, 4.0586, 0.2029, -0.1289, 0.0412, -1.1923, -1.8394, -1.2809, -0.2015, -2.3893,
        2.1132, 2.9731, -3.5254, 1.4051,
    ],
};

/// The answer gives a concrete case.
pub(crate) const EXAMPLE: Logit<EXAMPLE_FEATURES> = Logit {
    bias: -7.7600,
    weights: [
        11.4200, 1.2815, 0.5432, 0.9364, 0.6770, 0.1286, 0.3208, 0.6436, 0.4102, 0.4736, 1.1122, 0.1881,
        0.3062, 1.2882,
    ],
};

/// The answer says why.
pub(crate) const REASON: Logit<REASON_FEATURES> = Logit {
    bias: -7.5446,
    weights: [
        3.7531, -0.2931, 2.4603, 1.0052, 1.5827, 2.0629, 0.1941, 1.5574, -0.0837, 1.5885, -0.1507, 0.2049,
        0.1849, 0.0676, -0.2542, 1.5564,
    ],
};

/// The answer is about something else.
pub(crate) const TOPIC: Logit<TOPIC_FEATURES> = Logit {
    bias: 0.9100,
    weights: [-3.1769, 7.2390, 1.5996, -1.0192, -10.6187, -10.1891, 1.8547, 0.2460, 0.2729],
};
