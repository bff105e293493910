//! The grader of the program: the shipped model, with the vectors that were computed before.

use std::sync::Arc;

use crate::config;
use crate::core::bank::Bank;
use crate::core::grading::trained::{Model, TrainedGrader};
use crate::library;
use crate::vectors::Vectors;

/// The file of vectors in the platform's cache folder.
const CACHE_FILE: &str = "vectors";

/// A grader for the questions of this bank, and its vectors.
pub(super) fn open(bank: &Bank) -> Result<(TrainedGrader, Arc<Vectors>), String> {
    let model = Model::load(library::model()).map_err(|error| format!("{error}; install riposte anew"))?;
    if model.encoder().checksum().to_string() != library::MODEL_SHA256 {
        return Err("the model in this program is not the one it was built for; build it anew".to_owned());
    }
    let model = Arc::new(model);
    let cache = config::folders().map(|folders| folders.cache_dir().join(CACHE_FILE));
    let vectors = Arc::new(Vectors::open(model.clone(), library::bank_vectors(), cache.as_deref()));
    Ok((TrainedGrader::new(bank, model, vectors.clone()), vectors))
}

/// Computes in the background what is not known of a bank yet. It ends with the program at the latest.
pub(super) fn warm(bank: Arc<Bank>, vectors: Arc<Vectors>) {
    std::thread::spawn(move || vectors.warm(&bank));
}
