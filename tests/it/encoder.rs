//! The encoder against the same network in Python: `tests/fixtures/tiny_encoder.json` has what
//! `training/encoder.py` makes of a tiny random model.

use std::ops::Range;

use riposte::core::grading::encoder::{Embed, Encoder, ModelError, Vector};
use serde::Deserialize;

/// Of a component: two steps of rounding it to a whole number are what parity can be held to.
const TOLERANCE: f32 = 4e-3;

/// Of a stance, which is not rounded.
const STANCE_TOLERANCE: f32 = 1e-3;

#[derive(Deserialize)]
struct Expected {
    texts: Vec<Short>,
    answers: Vec<Answer>,
}

#[derive(Deserialize)]
struct Short {
    text: String,
    vector: Vec<f32>,
}

#[derive(Deserialize)]
struct Answer {
    text: String,
    clauses: Vec<Range2>,
    windows: Vec<ExpectedWindow>,
}

type Range2 = [usize; 2];

#[derive(Deserialize)]
struct ExpectedWindow {
    clause: usize,
    single: bool,
    range: Range2,
    vector: Vec<f32>,
    stance: f32,
}

const MODEL: &[u8] = include_bytes!("../fixtures/tiny_encoder.safetensors");

fn encoder() -> Encoder {
    Encoder::load(MODEL).unwrap()
}

fn expected() -> Expected {
    serde_json::from_str(include_str!("../fixtures/tiny_encoder.json")).unwrap()
}

fn ranges(ranges: &[Range2]) -> Vec<Range<usize>> {
    ranges.iter().map(|&[start, end]| start..end).collect()
}

#[track_caller]
fn assert_near(found: &Vector, expected: &[f32], what: &str) {
    let far = found.components().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert_eq!(found.whole().len(), expected.len());
    assert!(far < TOLERANCE, "{what:?}: off by {far}");
}

#[test]
fn short_texts_have_the_vectors_of_python() {
    let expected = expected().texts;
    let texts: Vec<&str> = expected.iter().map(|short| short.text.as_str()).collect();
    for (short, found) in expected.iter().zip(encoder().embed(&texts)) {
        assert_near(&found, &short.vector, &short.text);
    }
}

#[test]
fn an_answer_has_the_windows_of_python() {
    let encoder = encoder();
    for answer in expected().answers {
        let found = encoder.read(&answer.text, &ranges(&answer.clauses));
        assert_eq!(found.len(), answer.windows.len());
        for (found, expected) in found.iter().zip(&answer.windows) {
            let what = format!("{} {} of {}", expected.clause, expected.single, answer.text);
            assert_eq!((found.clause, found.single), (expected.clause, expected.single));
            assert_eq!(found.range, expected.range[0]..expected.range[1]);
            assert_near(&found.vector, &expected.vector, &what);
            assert!(
                (found.probes[0] - expected.stance).abs() < STANCE_TOLERANCE,
                "{what}: {}",
                found.probes[0]
            );
        }
    }
}

#[test]
fn a_text_has_the_same_vector_in_any_company() {
    let encoder = encoder();
    let expected = expected().texts;
    let texts: Vec<&str> = expected.iter().map(|short| short.text.as_str()).collect();
    let together = encoder.embed(&texts);
    for (text, vector) in texts.iter().zip(&together) {
        assert_eq!(encoder.embed(&[text]), std::slice::from_ref(vector), "{text:?}");
        assert_eq!(encoder.embed(&[text, text, "a list"])[1], *vector, "{text:?}");
    }
}

#[test]
fn nothing_to_read_gives_nothing() {
    assert!(encoder().embed(&[]).is_empty());
    assert!(encoder().read("an answer", &[]).is_empty());
}

#[test]
fn clauses_that_are_not_in_the_text_are_read_as_empty() {
    let (odd, reversed) = (1..3, Range { start: 9, end: 4 });
    let found = encoder().read("日本", &[odd, reversed, 100..200]);
    assert_eq!(found.len(), 5);
    assert_eq!(found[0].vector, found[2].vector);
}

#[test]
fn a_broken_model_is_refused_wherever_it_breaks() {
    for length in (0..MODEL.len()).step_by(997) {
        assert!(Encoder::load(&MODEL[..length]).is_err(), "cut at {length}");
    }
}

#[test]
fn a_model_with_a_tensor_of_another_shape_is_refused_by_its_name() {
    let text = String::from_utf8_lossy(&MODEL[8..]);
    let header = &text[..text.find("}}").unwrap()];
    let at = 8 + header.find("embeddings.positions").unwrap();
    let mut model = MODEL.to_vec();
    model[at..at + 10].copy_from_slice(b"embeddingz");
    let Err(ModelError::Tensor { name, .. }) = Encoder::load(&model) else { panic!("it is refused") };
    assert_eq!(name, "embeddings.positions");
}
