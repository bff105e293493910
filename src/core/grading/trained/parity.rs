//! Holds this side to the numbers of the Python side, which wrote them into the fixture when it made the
//! model: a model and a program that disagree would understand answers in a way that nobody measured.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;

use super::features::{self, Answer, Prepared};
use super::{EXAMPLE_PROBE, Model, REASON_PROBE, TrainedGrader, kind_row};
use crate::core::bank::{Bank, General, Question};
use crate::core::grading::encoder::Embed;
use crate::core::grading::lexical::{self, Lexical};
use crate::core::grading::{Finding, Grader};

/// How far the two sides may be apart: in a component, a probe or a confidence, and in a feature by its size.
/// Python computes in another order, and a component close to the middle of two whole steps may be rounded
/// either way.
const APART_MAX: f64 = 1e-3;

static MODEL: &[u8] = include_bytes!("../../../../model/riposte-1.safetensors");
#[derive(Deserialize)]
struct Fixture {
    questions: Vec<Question>,
    general: General,
    texts: Vec<Text>,
    answers: Vec<Case>,
}

#[derive(Deserialize)]
struct Text {
    text: String,
    first: Vec<f64>,
}

#[derive(Deserialize)]
struct Case {
    question: String,
    answer: String,
    clauses: Vec<[usize; 2]>,
    windows: Vec<Window>,
    features: Features,
    confidences: Confidences,
}

#[derive(Deserialize)]
struct Window {
    first: Vec<f64>,
    probes: Vec<f64>,
}

#[derive(Deserialize)]
struct Features {
    points: BTreeMap<String, Vec<f64>>,
    misconceptions: BTreeMap<String, Vec<f64>>,
    example: Vec<f64>,
    reason: Vec<f64>,
    kind: Vec<f64>,
}

#[derive(Deserialize)]
struct Confidences {
    kind: String,
    says: BTreeMap<String, f64>,
    believes: BTreeMap<String, f64>,
    example: f64,
    reason: f64,
}

fn fixture() -> Fixture {
    serde_json::from_str(include_str!("../../../../tests/fixtures/encoder.json")).expect("it is well formed")
}

fn model() -> Arc<Model> {
    Arc::new(Model::load(MODEL).expect("the shipped model is whole"))
}

/// A bank of the fixture's own: the shipped one gains phrasings.
fn bank() -> Bank {
    let Fixture { questions, general, .. } = fixture();
    Bank::new(questions, general)
}

#[track_caller]
fn check(what: &str, found: impl IntoIterator<Item = f32>, expected: &[f64], apart_max: f64) {
    let found: Vec<f32> = found.into_iter().collect();
    assert_eq!(found.len(), expected.len(), "{what}");
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        let apart = (f64::from(*found) - expected).abs();
        assert!(apart <= apart_max * expected.abs().max(1.0), "{what} {place}: {found}, expected {expected}");
    }
}

#[test]
fn texts_have_the_vectors_that_python_gives_them() {
    let model = model();
    for Text { text, first, .. } in fixture().texts {
        let vector = model.encoder().embed(&[&text]).remove(0);
        check(&text, vector.components().take(first.len()), &first, APART_MAX);
    }
}

#[test]
fn answers_have_the_windows_and_features_that_python_gives_them() {
    let (model, bank) = (model(), bank());
    let lexical = Lexical::new(&bank);
    for case in fixture().answers {
        let question = bank.question(&case.question.as_str().into()).expect("it is shipped");
        let seen = lexical.question(question).see(lexical::beginning(&case.answer));
        let clauses: Vec<Range<usize>> = case.clauses.iter().map(|[start, end]| *start..*end).collect();
        assert_eq!(seen.clauses, clauses, "{}", case.answer);
        let windows = model.encoder().read(&case.answer, &seen.clauses);
        assert_eq!(windows.len(), case.windows.len(), "{}", case.answer);
        let directions = model.encoder().directions(&case.answer, &seen.clauses);
        for ((window, direction), expected) in windows.iter().zip(directions).zip(&case.windows) {
            check("window", direction.into_iter().take(expected.first.len()), &expected.first, APART_MAX);
            check("probes", window.probes, &expected.probes, 5.0 * APART_MAX);
        }
        let cues = clauses.iter().map(|clause| model.cues(&case.answer[clause.clone()])).collect();
        let answer = Answer { windows: &windows, single: clauses.len(), cues };
        let vectors = Prepared::new(question, model.encoder());
        let measured = features::measure(&vectors, &model.scorer(), &answer);
        let ids = question.statements().map(|statement| statement.id);
        for (id, (lexical, (encoder, _))) in ids.zip(seen.statements.iter().zip(&measured.statements)) {
            let expected =
                case.features.points.get(id.as_str()).or(case.features.misconceptions.get(id.as_str()));
            let expected = expected.expect("every statement was measured");
            // The scores are cosines over a temperature of 0.07, so they are apart by as much more.
            check(id.as_str(), [&lexical[..], encoder].concat(), expected, 10.0 * APART_MAX);
        }
        check("kind", kind_row(&seen, &measured), &case.features.kind, 10.0 * APART_MAX);
        let example = features::measure_probe(&windows, EXAMPLE_PROBE);
        check("example", [&seen.example[..], &example].concat(), &case.features.example, 5.0 * APART_MAX);
        let reason = features::measure_probe(&windows, REASON_PROBE);
        check("reason", [&seen.reason[..], &reason].concat(), &case.features.reason, 5.0 * APART_MAX);
    }
}

#[test]
fn answers_have_the_confidences_that_python_gives_them() {
    let (model, bank) = (model(), bank());
    let grader = TrainedGrader::new(&bank, model.clone(), model);
    for case in fixture().answers {
        let question = bank.question(&case.question.as_str().into()).expect("it is shipped");
        let read = grader.prepare(question).answer(&case.answer);
        assert_eq!(read.kind.label(), case.confidences.kind, "{}", case.answer);
        let of = |findings: &[Finding], expected: &BTreeMap<String, f64>| {
            for finding in findings {
                let expected = expected[finding.id.as_str()];
                check(finding.id.as_str(), [finding.confidence], &[expected], 5.0 * APART_MAX);
            }
        };
        if case.confidences.kind == "answer" {
            of(&read.points, &case.confidences.says);
            of(&read.misconceptions, &case.confidences.believes);
            check("example", [read.example], &[case.confidences.example], 5.0 * APART_MAX);
            check("reason", [read.reason], &[case.confidences.reason], 5.0 * APART_MAX);
        }
    }
}
