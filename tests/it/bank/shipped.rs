//! The shipped bank: clean, complete, and understood as its authors labelled it.

use std::collections::BTreeSet;

use riposte::core::bank::speech::spoken_seconds;
use riposte::core::bank::{Bank, Question, load};
use riposte::core::grading::samples;
use riposte::library;

use super::riposte;

/// Samples of the shipped bank that are understood as labelled, in percent. Only ever raised.
const HELD_PERCENT_MIN: f64 = 95.0;

/// `question kind id` of everything in track `python` that labelled answers may refer to.
const PYTHON_IDS: &str = include_str!("../../fixtures/python-ids.txt");

fn bank() -> Bank {
    let (bank, problems) = load::load(&library::shipped());
    assert!(problems.is_empty(), "{problems:?}");
    bank
}

/// What every question has to fulfil: gives the names of those that do not.
fn check(promise: impl Fn(&Question) -> bool) {
    let bank = bank();
    let broken: Vec<_> =
        bank.questions.iter().filter(|question| !promise(question)).map(|question| &question.id).collect();
    assert!(broken.is_empty(), "{broken:?}");
}

fn ids(bank: &Bank) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for question in bank.questions.iter().filter(|question| question.track == "python") {
        let id = &question.id;
        ids.insert(format!("{id} question {id}"));
        ids.extend(question.points.iter().map(|point| format!("{id} point {}", point.id)));
        ids.extend(question.misconceptions.iter().map(|belief| format!("{id} misconception {}", belief.id)));
        ids.extend(question.traps.iter().map(|trap| format!("{id} trap {}", trap.id)));
    }
    ids
}

#[test]
fn shipped_bank_has_28_questions_and_no_problem() {
    let (code, report, complaints) = riposte(&["bank", "check"]);
    assert_eq!(report, "28 questions in 9 files: 0 errors, 0 warnings\n");
    assert_eq!((code, complaints.as_str()), (0, ""));
}

#[test]
fn ids_are_fixed_for_ever() {
    let known = ids(&bank());
    let gone: Vec<_> = PYTHON_IDS.lines().filter(|id| !known.contains(*id)).collect();
    assert!(gone.is_empty(), "labelled answers refer to these: {gone:#?}");
    let committed: BTreeSet<_> = PYTHON_IDS.lines().map(str::to_owned).collect();
    let fresh: Vec<_> = known.difference(&committed).collect();
    assert!(fresh.is_empty(), "add these to tests/fixtures/python-ids.txt: {fresh:#?}");
}

#[test]
fn every_question_has_four_samples_and_one_of_them_voices_a_misconception() {
    check(|question| question.samples.len() >= 4);
    check(|question| question.samples.iter().any(|sample| !sample.believes.is_empty()));
}

#[test]
fn every_misconception_is_corrected() {
    check(|question| question.misconceptions.iter().all(|belief| !belief.correction.is_empty()));
}

#[test]
fn every_trap_has_strong_replies_to_compare_with() {
    check(|question| question.traps.iter().all(|trap| !trap.good.is_empty() && !trap.also.is_empty()));
    assert!(bank().general.traps.iter().all(|trap| !trap.good.is_empty() && !trap.also.is_empty()));
}

#[test]
fn model_answers_take_about_a_minute() {
    check(|question| {
        let model = &question.model;
        let seconds: u64 =
            [&model.claim, &model.explanation, &model.example].map(|part| spoken_seconds(part)).iter().sum();
        (45..=75).contains(&seconds)
    });
}

#[test]
fn samples_are_understood_as_labelled() {
    let bank = bank();
    let results = samples::run(&bank, &crate::support::grader::of(&bank));
    let held = 100.0 * (results.samples - results.failures.len()) as f64 / results.samples as f64;
    assert!(held >= HELD_PERCENT_MIN, "{held:.1} % of {} hold, run `riposte bank test`", results.samples);
}

#[test]
fn answers_find_their_question() {
    let (bank, _) = load::load(&library::shipped());
    let recall = riposte::core::recall::Recall::of(&bank);
    let mut found = 0;
    for question in &bank.questions {
        let answer = format!("{} {}", question.model.claim, question.model.explanation);
        let best = recall.candidates(&answer, 3);
        found += usize::from(best.first().is_some_and(|best| best.id == question.id));
    }
    assert!(found * 10 >= bank.questions.len() * 9, "{found} of {}", bank.questions.len());
    assert!(recall.candidates("hello there everybody", 3).iter().all(|candidate| !candidate.sure));
    assert_eq!(recall.candidates("", 3), Vec::new());
}
