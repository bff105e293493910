//! What the encoder costs: short texts as a bank has them, and an answer of 100 words in its context.
//! Figures are for reading; nothing is asserted. `RIPOSTE_MODEL` names a model file; without one, the
//! tiny model of the tests shows that the benchmark runs, and its figures mean nothing.

use std::ops::Range;

use divan::Bencher;
use riposte::core::bank::load;
use riposte::core::grading::encoder::{Embed, Encoder};
use riposte::library;

const ANSWER: &str = "Well, a list is something you can change after you made it, you can append to it or \
    replace an item, and a tuple stays as it is. Why does it matter, hmm, if I have coordinates, say latitude \
    and longitude, I take a tuple because nobody should add a third number to it, and it also tells the \
    reader that this is one fixed record. And because a tuple never changes it can be hashed, so I can use \
    it as the key of a dictionary, which does not work with a list, there you get a TypeError. I think a \
    tuple is also slightly smaller in memory than a list is.";

fn main() {
    divan::main();
}

#[expect(clippy::disallowed_methods, reason = "a benchmark has no configuration")]
fn model() -> Vec<u8> {
    match std::env::var_os("RIPOSTE_MODEL") {
        Some(path) => std::fs::read(path).expect("the model can be read"),
        None => include_bytes!("../tests/fixtures/tiny_encoder.safetensors").to_vec(),
    }
}

fn encoder() -> Encoder {
    Encoder::load(&model()).expect("the model is well formed")
}

#[divan::bench(sample_count = 20)]
fn load_the_model(bencher: Bencher) {
    let model = model();
    bencher.bench(|| Encoder::load(divan::black_box(&model)));
}

#[divan::bench(sample_count = 20)]
fn embed_100_short_texts(bencher: Bencher) {
    let encoder = encoder();
    let bank = load::load(&library::shipped()).0;
    let points = bank.questions.iter().flat_map(|question| &question.points);
    let texts: Vec<&str> = points.flat_map(|point| &point.also).map(String::as_str).take(100).collect();
    bencher.bench(|| encoder.embed(divan::black_box(&texts)));
}

#[divan::bench(sample_count = 50)]
fn read_an_answer_of_100_words(bencher: Bencher) {
    let encoder = encoder();
    let clauses = between_commas(ANSWER);
    bencher.bench(|| encoder.read(divan::black_box(ANSWER), &clauses));
}

/// What stands between commas and full stops, 15 clauses of the answer.
fn between_commas(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    let pieces = text.split_inclusive([',', '.']).map(|piece| {
        let begin = start + piece.len() - piece.trim_start().len();
        start += piece.len();
        begin..start - 1
    });
    pieces.collect()
}
