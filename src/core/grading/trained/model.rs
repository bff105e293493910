//! The model file: the encoder, and beside it what turns its vectors into probabilities.

use std::collections::BTreeMap;
use std::sync::Arc;

use safetensors::SafeTensors;
use serde::Deserialize;

use crate::core::bank::Question;
use crate::core::grading::encoder::{Embed, Encoder, Vector};
use crate::core::grading::trained::heads::{Head, Heads};
use crate::core::grading::trained::{EXAMPLE, KIND, POINT, REASON};

/// A question with at least this many phrasings a statement, its sentence included, has many: halfway
/// between the 4 and the 8 (and more) that the heads were fitted with.
const MANY_FROM: f32 = 6.0;
/// With at least this many it has some: halfway between 1 and 4.
const SOME_FROM: f32 = 2.5;

/// Why a model file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The network in it cannot be used.
    #[error(transparent)]
    Network(#[from] crate::core::grading::encoder::ModelError),
    /// It is no safetensors file.
    #[error("the model file cannot be read: {0}")]
    Format(#[from] safetensors::SafeTensorError),
    /// Its description is missing or of another version.
    #[error("the model's description cannot be read: {0}")]
    Description(String),
}

/// Everything that was learned.
#[derive(Debug)]
pub struct Model {
    /// Reads texts.
    pub(super) encoder: Encoder,
    rest: Description,
}

/// What stands beside the tensors, as `training/export.py` writes it.
#[derive(Debug, Deserialize)]
struct Description {
    /// The questions that the encoder was tuned on, with the ids of their statements.
    known: BTreeMap<String, Vec<String>>,
    /// Words of denial, quotation or change of mind; from loading on, with a space on both sides.
    cues: Vec<String>,
    /// How the encoder weighs what it sees in a window.
    score: [f32; 5],
    /// The temperature that it was tuned with.
    temperature: f32,
    heads: ByDepth,
}

/// The heads for questions that the encoder knows, and for others by how well they are described: the
/// scores of statements that it was not tuned on lie on another scale.
#[derive(Debug, Deserialize)]
struct ByDepth {
    known: Arc<Heads>,
    new: Arc<Heads>,
    thin: Arc<Heads>,
    bare: Arc<Heads>,
}

impl Model {
    /// Takes up a model file.
    pub fn load(file: &[u8]) -> Result<Self, ModelError> {
        let wrong = |error: String| ModelError::Description(error);
        let (_, metadata) = SafeTensors::read_metadata(file)?;
        let text = metadata.metadata().as_ref().and_then(|entries| entries.get("heads"));
        let text = text.ok_or_else(|| wrong("it has none".to_owned()))?;
        let encoder = Encoder::load(file)?;
        let mut rest: Description = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        for cue in &mut rest.cues {
            *cue = format!(" {cue} ");
        }
        for heads in [&rest.heads.known, &rest.heads.new, &rest.heads.thin, &rest.heads.bare] {
            let fits = |head: &Head, features| head.is_whole() && head.features() == features;
            let all = fits(&heads.points, POINT)
                && fits(&heads.misconceptions, POINT)
                && fits(&heads.example, EXAMPLE)
                && fits(&heads.reason, REASON + 2 * encoder.width())
                && heads.kind.takes(KIND + encoder.width());
            if !all {
                return Err(wrong("its heads are of another version".to_owned()));
            }
        }
        Ok(Self { encoder, rest })
    }

    /// The encoder in it.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// The heads for a question with so many phrasings a statement.
    pub(super) fn heads(&self, question: &Question, phrasings: f32) -> Arc<Heads> {
        let heads = &self.rest.heads;
        let fitting = if self.knows(question) {
            &heads.known
        } else if phrasings >= MANY_FROM {
            &heads.new
        } else if phrasings >= SOME_FROM {
            &heads.thin
        } else {
            &heads.bare
        };
        fitting.clone()
    }

    /// Whether the encoder was tuned on this very question, whatever its wording is today.
    fn knows(&self, question: &Question) -> bool {
        let mut ids: Vec<&str> = question.statements().map(|statement| statement.id.as_str()).collect();
        ids.sort_unstable();
        self.rest.known.get(question.id.as_str()).is_some_and(|known| *known == ids)
    }

    /// How a window counts for a statement.
    pub(super) fn scorer(&self) -> Scorer {
        let [scale, bias, against, stance, point_bias] = self.rest.score;
        Scorer { scale, bias, against, stance, point_bias, temperature: self.rest.temperature }
    }

    /// How many cues of denial, quotation or change of mind a clause has.
    pub(super) fn cues(&self, clause: &str) -> f32 {
        let spoken = format!(" {} ", words(clause).join(" "));
        let count: usize = self.rest.cues.iter().map(|cue| spoken.matches(cue.as_str()).count()).sum();
        count as f32
    }
}

impl Embed for Model {
    fn embed(&self, texts: &[&str]) -> Vec<Vector> {
        self.encoder.embed(texts)
    }
}

/// The logit with which the encoder was tuned to tell whether a window makes a statement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scorer {
    scale: f32,
    bias: f32,
    against: f32,
    stance: f32,
    point_bias: f32,
    temperature: f32,
}

impl Scorer {
    /// From the cosines with the statement's phrasings and near misses, and the window's stance.
    pub(super) fn score(&self, point: bool, says: &[f32], near: &[f32], stance: f32) -> f32 {
        let said = self.soft(says);
        let mut score = self.scale * said + if point { self.point_bias } else { self.bias };
        if !near.is_empty() {
            score -= self.against * softplus(self.soft(near) - said);
        }
        if point { score } else { score + self.stance * stance }
    }

    /// How near a window is to a set of texts: like the nearest, but every one counts a little.
    fn soft(&self, cosines: &[f32]) -> f32 {
        let scaled = cosines.iter().map(|cosine| cosine / self.temperature);
        let most = scaled.clone().fold(f32::NEG_INFINITY, f32::max);
        most + (scaled.map(|value| (value - most).exp()).sum::<f32>() / cosines.len() as f32).ln()
    }
}

fn softplus(value: f32) -> f32 {
    value.max(0.0) + (-value.abs()).exp().ln_1p()
}

/// The words of a text in lower case, with their apostrophes.
fn words(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace('’', "'");
    let is_inside = |c: char| c.is_alphanumeric() || c == '\'';
    let pieces = text.split(|c| !is_inside(c)).map(|piece| piece.trim_matches('\''));
    pieces.flat_map(|piece| piece.split("''")).filter(|piece| !piece.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_keep_their_apostrophes_and_lose_everything_else() {
        assert_eq!(words("It isn’t 'so', `__init__`…"), ["it", "isn't", "so", "init"]);
    }
}
