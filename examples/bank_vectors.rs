//! Writes `model/bank.vectors`, the vectors of the shipped bank, with the model in `model/`.
//!
//! To be run after a change of the model or of many phrasings. Nothing breaks without: what is missing there
//! is computed when a question is first asked.
#![expect(clippy::unwrap_used, reason = "a tool for development: it may stop at bad input")]

use riposte::core::bank::load;
use riposte::core::grading::trained::Model;
use riposte::{library, vectors};

fn main() {
    let model = Model::load(library::model()).unwrap();
    let bank = load::load(&library::shipped()).0;
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("model/bank.vectors");
    std::fs::write(path, vectors::of_bank(&model, &bank)).unwrap();
}
