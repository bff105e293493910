//! The model file: safetensors with whole numbers and one scale a row, multiplied out once. Everything
//! about the size of the network follows from the shapes of its tensors.

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::wordpiece::{Piece, Tokeniser};
use super::{PROBES, SEGMENT_PIECES_MAX};

/// The width of an attention head, the same in all networks of this family.
pub(super) const HEAD_WIDTH: usize = 32;

/// Layers at the most; the networks of this family have 3 to 12.
const LAYERS_MAX: usize = 24;

/// Why a file cannot be used as a model.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// It is no safetensors file.
    #[error("the model is no safetensors file: {0}")]
    Format(#[from] safetensors::SafeTensorError),
    /// A tensor is not as it has to be.
    #[error("the tensor `{name}` of the model is {found}, expected {expected}")]
    Tensor {
        /// Its name.
        name: String,
        /// What it is.
        found: String,
        /// What it has to be.
        expected: String,
    },
    /// The vocabulary cannot be used.
    #[error("the vocabulary of the model {0}")]
    Vocabulary(String),
}

/// For each input in order its weights for all outputs, which is how products read them, and what is added
/// to each output.
#[derive(Debug)]
pub(super) struct Linear {
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Linear {
    /// From the weights of each output one after the other.
    fn new(by_output: &[f32], bias: Vec<f32>) -> Self {
        let inputs = by_output.len() / bias.len();
        let weight = (0..inputs).flat_map(|input| by_output.iter().skip(input).step_by(inputs)).copied();
        Self { weight: weight.collect(), bias }
    }
}

/// What scales a normalised vector, and what is added to it.
#[derive(Debug)]
pub(super) struct Norm {
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

/// One layer.
#[derive(Debug)]
pub(super) struct Layer {
    /// Query, key and value one after the other; the query is scaled for the attention already.
    pub(super) attention: Linear,
    pub(super) output: Linear,
    pub(super) norm1: Norm,
    pub(super) up: Linear,
    pub(super) down: Linear,
    pub(super) norm2: Norm,
}

/// All of the network, ready for use, and the tokeniser that goes with it.
#[derive(Debug)]
pub(super) struct Weights {
    pub(super) width: usize,
    words: Vec<i8>,
    words_scale: Vec<f32>,
    positions: Vec<f32>,
    pub(super) norm: Norm,
    pub(super) layers: Vec<Layer>,
    /// One output a probe.
    pub(super) probes: Linear,
    pub(super) tokeniser: Tokeniser,
}

impl Weights {
    /// Reads a model file.
    pub(super) fn load(bytes: &[u8]) -> Result<Self, ModelError> {
        let file = File(SafeTensors::deserialize(bytes)?);
        let tokeniser = file.tokeniser()?;
        let (words, width) = file.whole("embeddings.words", None)?;
        let count = words.len() / width;
        if count != tokeniser.len() {
            let fault = format!("has {} pieces, but there are embeddings for {count}", tokeniser.len());
            return Err(ModelError::Vocabulary(fault));
        }
        if !width.is_multiple_of(HEAD_WIDTH) {
            return Err(fault("embeddings.words", width, "a multiple of 32 wide"));
        }
        let layers = (0..LAYERS_MAX).take_while(|layer| file.has(&format!("layers.{layer}.query.weight")));
        Ok(Self {
            width,
            words_scale: file.floats("embeddings.words.scale", &[count])?,
            words: words.iter().map(|&byte| byte.cast_signed()).collect(),
            positions: file.floats("embeddings.positions", &[SEGMENT_PIECES_MAX + 2, width])?,
            norm: file.norm("embeddings.norm", width)?,
            layers: layers.map(|layer| file.layer(layer, width)).collect::<Result<_, _>>()?,
            probes: file.probes(width)?,
            tokeniser,
        })
    }

    /// The numbers of a piece at a position of its segment.
    pub(super) fn embedding(&self, Piece(piece): Piece, position: usize) -> impl Iterator<Item = f32> {
        let piece = piece as usize;
        let scale = self.words_scale[piece];
        let words = &self.words[piece * self.width..][..self.width];
        let positions = &self.positions[position * self.width..][..self.width];
        words.iter().zip(positions).map(move |(&word, position)| f32::from(word) * scale + position)
    }
}

/// A model file, asked for tensors of a certain kind and shape.
struct File<'a>(SafeTensors<'a>);

impl<'a> File<'a> {
    fn has(&self, name: &str) -> bool {
        self.0.tensor(name).is_ok()
    }

    fn tensor(&self, name: &str, dtype: Dtype) -> Result<TensorView<'a>, ModelError> {
        let tensor = self.0.tensor(name).map_err(|_| fault(name, "absent", dtype))?;
        if tensor.dtype() == dtype { Ok(tensor) } else { Err(fault(name, tensor.dtype(), dtype)) }
    }

    fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let tensor = self.tensor(name, Dtype::F32)?;
        if tensor.shape() != shape {
            return Err(fault(name, format!("{:?}", tensor.shape()), format!("{shape:?}")));
        }
        let (numbers, _) = tensor.data().as_chunks();
        Ok(numbers.iter().map(|number| f32::from_le_bytes(*number)).collect())
    }

    /// A matrix of whole numbers, and its columns.
    fn whole(&self, name: &str, columns: Option<usize>) -> Result<(&'a [u8], usize), ModelError> {
        let tensor = self.tensor(name, Dtype::I8)?;
        match tensor.shape() {
            &[rows, found] if rows > 0 && found > 0 && columns.is_none_or(|columns| columns == found) => {
                Ok((tensor.data(), found))
            }
            shape => {
                let expected = columns.map_or("a matrix".to_owned(), |columns| format!("[_, {columns}]"));
                Err(fault(name, format!("{shape:?}"), expected))
            }
        }
    }

    /// The weights of each output one after the other, and what is added to each.
    fn by_output(&self, name: &str, columns: usize) -> Result<(Vec<f32>, Vec<f32>), ModelError> {
        let (whole, _) = self.whole(&format!("{name}.weight"), Some(columns))?;
        let rows = whole.len() / columns;
        let scale = self.floats(&format!("{name}.scale"), &[rows])?;
        let mut weight = Vec::with_capacity(whole.len());
        for (row, scale) in whole.chunks_exact(columns).zip(scale) {
            weight.extend(row.iter().map(|&byte| f32::from(byte.cast_signed()) * scale));
        }
        Ok((weight, self.floats(&format!("{name}.bias"), &[rows])?))
    }

    fn norm(&self, name: &str, width: usize) -> Result<Norm, ModelError> {
        let floats = |end| self.floats(&format!("{name}.{end}"), &[width]);
        Ok(Norm { weight: floats("weight")?, bias: floats("bias")? })
    }

    fn layer(&self, layer: usize, width: usize) -> Result<Layer, ModelError> {
        let name = |part: &str| format!("layers.{layer}.{part}");
        let square = |part| {
            let (weight, bias) = self.by_output(&name(part), width)?;
            let rows = bias.len();
            if rows == width {
                Ok((weight, bias))
            } else {
                Err(fault(&name(part), rows, format!("{width} rows")))
            }
        };
        let (mut mixed, mut mixed_bias) = square("query")?;
        for number in mixed.iter_mut().chain(&mut mixed_bias) {
            *number /= (HEAD_WIDTH as f32).sqrt();
        }
        for part in ["key", "value"] {
            let (weight, bias) = square(part)?;
            mixed.extend(weight);
            mixed_bias.extend(bias);
        }
        let (output, output_bias) = square("output")?;
        let (up, up_bias) = self.by_output(&name("up"), width)?;
        let (down, down_bias) = self.by_output(&name("down"), up_bias.len())?;
        if down_bias.len() != width {
            return Err(fault(&name("down"), down_bias.len(), format!("{width} rows")));
        }
        Ok(Layer {
            attention: Linear::new(&mixed, mixed_bias),
            output: Linear::new(&output, output_bias),
            norm1: self.norm(&name("norm1"), width)?,
            up: Linear::new(&up, up_bias),
            down: Linear::new(&down, down_bias),
            norm2: self.norm(&name("norm2"), width)?,
        })
    }

    fn probes(&self, width: usize) -> Result<Linear, ModelError> {
        let weight = self.floats("probes.weight", &[PROBES, width])?;
        Ok(Linear::new(&weight, self.floats("probes.bias", &[PROBES])?))
    }

    fn tokeniser(&self) -> Result<Tokeniser, ModelError> {
        let text = self.tensor("vocabulary", Dtype::U8)?.data();
        let text =
            std::str::from_utf8(text).map_err(|_| ModelError::Vocabulary("is not UTF-8".to_owned()))?;
        Tokeniser::new(text.split('\n')).map_err(|lacking| ModelError::Vocabulary(format!("lacks {lacking}")))
    }
}

fn fault(
    name: &str,
    found: impl ToString + std::fmt::Debug,
    expected: impl ToString + std::fmt::Debug,
) -> ModelError {
    ModelError::Tensor { name: name.to_owned(), found: found.to_string(), expected: expected.to_string() }
}
