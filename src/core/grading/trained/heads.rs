//! From features to probabilities: logistic regressions, some with one hidden layer.
//!
//! Only arithmetic: what the numbers are is fitted by `training/heads.py` and stands in the model file.

use serde::Deserialize;

use crate::core::grading::Kind;

/// One head: `logit = weights · hidden((x - mean) / scale) + bias`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Head {
    mean: Vec<f32>,
    scale: Vec<f32>,
    weights: Vec<f32>,
    bias: f32,
    hidden: Option<Layer>,
}

/// A hidden layer of rectified sums.
#[derive(Clone, Debug, Deserialize)]
struct Layer {
    weights: Vec<Vec<f32>>,
    bias: Vec<f32>,
}

/// The head that tells what sort of text an answer is: a logit each of answer, blank, keywords, off topic.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct KindHead {
    mean: Vec<f32>,
    scale: Vec<f32>,
    weights: Vec<Vec<f32>>,
    bias: Vec<f32>,
}

/// The kinds that the head tells apart, in the order of its rows.
const KINDS: [Kind; 4] = [Kind::Answer, Kind::Blank, Kind::Keywords, Kind::OffTopic];

/// All heads for one sort of question.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Heads {
    pub(super) points: Head,
    pub(super) misconceptions: Head,
    pub(super) example: Head,
    pub(super) reason: Head,
    pub(super) kind: KindHead,
}

impl Head {
    /// How many features it takes.
    pub(super) fn features(&self) -> usize {
        self.mean.len()
    }

    /// Whether all its parts have the sizes that its features ask for.
    pub(super) fn is_whole(&self) -> bool {
        let features = self.features();
        let inner = match &self.hidden {
            None => features,
            Some(layer) if layer.weights.iter().all(|row| row.len() == features) => layer.bias.len(),
            Some(_) => return false,
        };
        let rows = self.hidden.as_ref().map_or(inner, |layer| layer.weights.len());
        self.scale.len() == features && self.weights.len() == inner && rows == inner
    }

    /// The probability of these features, 0 to 1.
    pub(super) fn probability(&self, features: &[f32]) -> f32 {
        1.0 / (1.0 + (-self.logit(features)).exp())
    }

    fn logit(&self, features: &[f32]) -> f32 {
        debug_assert_eq!(features.len(), self.features(), "the model was checked when it was loaded");
        let even = standardised(features, &self.mean, &self.scale);
        let inner = match &self.hidden {
            None => even,
            Some(layer) => {
                let rows = layer.weights.iter().zip(&layer.bias);
                rows.map(|(weights, bias)| (dot(weights, &even) + bias).max(0.0)).collect()
            }
        };
        dot(&self.weights, &inner) + self.bias
    }
}

impl KindHead {
    /// Whether it takes this many features and all its parts have the sizes that they ask for.
    pub(super) fn takes(&self, features: usize) -> bool {
        let rows = self.weights.len() == KINDS.len() && self.bias.len() == KINDS.len();
        let columns = self.weights.iter().chain([&self.mean, &self.scale]);
        rows && columns.into_iter().all(|row| row.len() == features)
    }

    /// The likeliest kind.
    pub(super) fn kind(&self, features: &[f32]) -> Kind {
        let even = standardised(features, &self.mean, &self.scale);
        let logits = self.weights.iter().zip(&self.bias).map(|(row, bias)| dot(row, &even) + bias);
        let likeliest = KINDS.into_iter().zip(logits).max_by(|a, b| a.1.total_cmp(&b.1));
        likeliest.map_or(Kind::Answer, |(kind, _)| kind)
    }
}

fn standardised(features: &[f32], mean: &[f32], scale: &[f32]) -> Vec<f32> {
    features.iter().zip(mean.iter().zip(scale)).map(|(value, (mean, scale))| (value - mean) / scale).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
