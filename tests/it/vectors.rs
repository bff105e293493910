//! The cache of vectors: nothing is computed twice, and whatever is wrong with the file costs only time.

use std::fs;
use std::path::Path;

use riposte::core::grading::Grader;
use riposte::core::grading::encoder::{Embed, Vector};
use riposte::core::grading::trained::TrainedGrader;
use riposte::library;
use riposte::vectors::Vectors;

use crate::support::grader::{model, shipped};

const TEXTS: [&str; 2] = ["A list can be changed.", "A tuple cannot."];
/// A file without any vector: the mark and the checksum of the model.
const EMPTY_BYTES: u64 = 40;

fn embed(cache: &Path) -> Vec<Vector> {
    Vectors::open(model(), &[], Some(cache)).embed(&TEXTS)
}

#[test]
fn vectors_are_computed_once_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("new/vectors");
    let fresh = embed(&cache);
    let bytes = fs::metadata(&cache).unwrap().len();
    assert!(bytes > EMPTY_BYTES);
    assert_eq!(embed(&cache), fresh);
    assert_eq!(fs::metadata(&cache).unwrap().len(), bytes, "nothing was added");
}

#[test]
fn a_torn_or_foreign_file_is_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("vectors");
    let fresh = embed(&cache);
    let whole = fs::read(&cache).unwrap();
    let mut flipped = whole.clone();
    flipped[EMPTY_BYTES as usize + 20] ^= 1;
    let mut foreign = whole.clone();
    foreign[10] ^= 1;
    for damaged in [&whole[..whole.len() - 5], &whole[..17], &flipped, &foreign, b"something else"] {
        fs::write(&cache, damaged).unwrap();
        assert_eq!(embed(&cache), fresh);
        assert_eq!(fs::read(&cache).unwrap().len(), whole.len());
    }
}

#[test]
fn without_a_place_to_write_everything_works() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    assert_eq!(embed(&folder.path().join("file/vectors")).len(), TEXTS.len());
}

#[test]
fn a_second_process_reads_and_does_not_write() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("vectors");
    let first = Vectors::open(model(), &[], Some(&cache));
    assert_eq!(embed(&cache), first.embed(&TEXTS));
    drop(first);
    let bytes = fs::metadata(&cache).unwrap().len();
    embed(&cache);
    assert_eq!(fs::metadata(&cache).unwrap().len(), bytes, "each vector stands there once");
}

/// Otherwise the first question of a newcomer would keep them waiting.
#[test]
fn the_shipped_vectors_are_those_of_the_shipped_bank() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("vectors");
    let vectors = Vectors::open(model(), library::bank_vectors(), Some(&cache));
    let bank = &shipped().bank;
    let grader = TrainedGrader::new(bank, model(), std::sync::Arc::new(vectors));
    bank.questions.iter().for_each(|question| drop(grader.prepare(question)));
    let added = fs::metadata(&cache).unwrap().len() - EMPTY_BYTES;
    assert_eq!(added, 0, "write model/bank.vectors anew: cargo run --release --example bank_vectors");
}
