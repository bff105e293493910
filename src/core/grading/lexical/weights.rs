//! The weights of the lexical grader.
//!
//! Five logistic regressions, fitted by `training/lexical.py` on the 560 labelled answers of
//! `train.jsonl` (L2, C = 0.3, on standardised features; the standardisation is folded in, so these
//! apply to the raw numbers). For `TOPIC` each of those answers was also put to two other questions.
//! Written by that script: never edited by hand.

use crate::core::grading::lexical::cues::{EXAMPLE_FEATURES, REASON_FEATURES};
use crate::core::grading::lexical::features::FEATURES;
use crate::core::grading::lexical::topic::TOPIC_FEATURES;

/// A statement with at least this many phrasings is judged by the weights fitted on thirteen.
const RICH_FROM: usize = 8;
/// One with at least this many is judged by the weights fitted on four; with fewer, on one.
const FEW_FROM: usize = 2;

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

/// The same regression for statements with many phrasings, a few, and one: similarities to thin
/// statements sit on another scale.
pub(crate) struct ByDepth<const N: usize> {
    rich: Logit<N>,
    few: Logit<N>,
    bare: Logit<N>,
}

impl<const N: usize> ByDepth<N> {
    /// The one for this many phrasings of a statement.
    pub(crate) fn with(&self, phrasings: usize) -> &Logit<N> {
        if phrasings >= RICH_FROM {
            &self.rich
        } else if phrasings >= FEW_FROM {
            &self.few
        } else {
            &self.bare
        }
    }
}

/// A point is said.
pub(crate) const POINTS: ByDepth<FEATURES> = ByDepth {
    rich: Logit {
        bias: -9.1826,
        weights: [
            -1.0730, 1.8158, -0.6086, -0.5386, -3.6265, 13.8300, 0.0322, 10.0370, 0.6562, -0.3492, 0.4323,
            -0.9486, 1.9161, 2.5596, -0.4904, -0.5366, 0.3555, -0.0028, 0.2958, 0.0404, 1.2164, -0.4821,
            2.2161, 4.7470, -0.1843, -0.1008,
        ],
    },
    few: Logit {
        bias: -8.5961,
        weights: [
            -0.1828, 2.0824, 5.5225, -3.2905, -0.9079, 4.1467, 0.2318, 9.5265, -0.3721, 0.9001, 1.3039,
            -0.2430, 1.3989, 2.9181, -0.1083, -0.2506, 0.2339, -0.1801, 0.0111, 0.0144, 1.2582, -0.3227,
            0.7667, 5.8129, -1.5874, 0.4616,
        ],
    },
    bare: Logit {
        bias: -9.2577,
        weights: [
            -0.6015, 0.9265, 0.9265, -1.8484, 1.0725, 5.1253, -4.4305, 11.3674, 1.0124, 0.9479, 0.0000,
            0.1624, 0.1624, 2.0638, -0.2683, -0.1900, 0.3467, -0.6617, -0.3009, -0.0196, 1.6625, 1.2290,
            -4.0312, 5.6708, 0.3328, -0.4298,
        ],
    },
};

/// A misconception is voiced as one's own view.
pub(crate) const MISCONCEPTIONS: ByDepth<FEATURES> = ByDepth {
    rich: Logit {
        bias: -5.6599,
        weights: [
            2.3183, 2.3643, -2.1886, -0.7511, 0.6278, 1.3356, 9.1975, 22.9284, -1.8769, 1.1170, -1.8084,
            -2.5959, -1.0147, 3.8168, 0.0149, -0.3523, 0.1983, -0.9929, -1.5057, -2.1496, -0.0304, -0.5502,
            0.6896, 5.1578, -4.0103, 1.3783,
        ],
    },
    few: Logit {
        bias: -2.1626,
        weights: [
            1.9376, -0.8945, -7.0542, -1.7495, -5.9422, 10.6433, 1.8793, 23.5355, -3.0182, 1.7649, 0.2752,
            -2.2177, 1.0941, 5.2367, -0.2139, -0.3327, 0.0701, -1.6517, -0.9861, -1.2607, -0.3612, -0.6464,
            4.9195, 0.7609, -0.1957, 1.2135,
        ],
    },
    bare: Logit {
        bias: -1.0111,
        weights: [
            -1.7617, 0.9024, 0.9024, 1.8582, -2.8799, 13.1858, -0.5961, 20.8900, 0.3503, 0.3741, 0.0000,
            -0.6820, -0.6820, 2.3497, -0.0778, -0.3277, -0.2141, -0.6745, -0.6946, -1.9584, -0.4094, -0.8108,
            4.7105, -0.2525, -1.7395, -1.3031,
        ],
    },
};

/// The answer gives a concrete case.
pub(crate) const EXAMPLE: ByDepth<EXAMPLE_FEATURES> = ByDepth {
    rich: Logit {
        bias: -7.6382,
        weights: [
            11.5721, 1.2928, 0.5429, 0.9416, 0.6652, 0.1313, 0.3256, 0.6474, 0.3703, 0.4787, 1.0752, 0.1904,
            0.3160, 1.2912,
        ],
    },
    few: Logit {
        bias: -7.5627,
        weights: [
            15.8397, 1.3080, 0.6647, 0.9442, 0.6552, 0.1528, 0.3323, 0.7685, 0.4731, 0.4819, 1.0203, 0.2784,
            0.4002, 1.1864,
        ],
    },
    bare: Logit {
        bias: -7.8325,
        weights: [
            12.9262, 1.3408, 0.5711, 1.0605, 0.7000, 0.1227, 0.4469, 0.7851, 0.4422, 0.4689, 1.2273, 0.2777,
            0.4786, 1.3209,
        ],
    },
};

/// The answer says why.
pub(crate) const REASON: ByDepth<REASON_FEATURES> = ByDepth {
    rich: Logit {
        bias: -7.5758,
        weights: [
            3.2349, -0.0361, 2.4442, 0.9945, 1.5628, 2.0603, 0.1989, 1.5409, -0.1010, 1.5717, -0.1566,
            0.2080, 0.1803, 0.0627, -0.2436, 1.5846,
        ],
    },
    few: Logit {
        bias: -7.6137,
        weights: [
            1.7063, 5.7585, 2.4243, 1.0421, 1.4773, 2.0000, 0.1933, 1.4909, -0.0871, 1.5755, -0.1956, 0.2031,
            0.1941, 0.0470, -0.2098, 1.5698,
        ],
    },
    bare: Logit {
        bias: -7.9337,
        weights: [
            4.2955, 6.8272, 2.4208, 1.0579, 1.5332, 1.9661, 0.2018, 1.5644, -0.0839, 1.5899, -0.1936, 0.1941,
            0.2064, 0.0081, -0.2047, 1.6299,
        ],
    },
};

/// The answer is about something else.
pub(crate) const TOPIC: ByDepth<TOPIC_FEATURES> = ByDepth {
    rich: Logit {
        bias: 1.2492,
        weights: [-3.1110, 7.0078, 1.4220, -1.0046, -10.6964, -11.1424, 1.8526, 0.2422, 0.2716],
    },
    few: Logit {
        bias: 0.0769,
        weights: [-4.8345, 7.5420, 0.7453, -1.0859, -10.3538, -14.4993, 2.0257, 0.5920, -0.1212],
    },
    bare: Logit {
        bias: -2.3569,
        weights: [-5.4252, 7.2752, 2.4246, -1.0216, -16.6806, -6.6616, 2.2317, 1.0201, -0.3420],
    },
};
