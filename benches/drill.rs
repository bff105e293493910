//! What a drill costs: loading the model, preparing the bank, choosing a question, assessing an answer, and the way from the
//! start of the program to the first question. Figures are for reading; nothing is asserted.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;

use divan::Bencher;
use riposte::core::bank::{Bank, QuestionId, Statement, load};
use riposte::core::choose::{Filter, draw};
use riposte::core::grading::Grader;
use riposte::core::grading::encoder::Embed;
use riposte::core::grading::trained::{Model, TrainedGrader};
use riposte::library;
use riposte::vectors::Vectors;

const ANSWER: &str = "Well, a list is something you can change after you made it, you can append to it or \
    replace an item, and a tuple stays as it is. Why does it matter, hmm, if I have coordinates, say latitude \
    and longitude, I take a tuple because nobody should add a third number to it, and it also tells the \
    reader that this is one fixed record. And because a tuple never changes it can be hashed, so I can use \
    it as the key of a dictionary, which does not work with a list, there you get a TypeError. I think a \
    tuple is also slightly smaller in memory than a list is.";

fn main() {
    divan::main();
}

fn shipped() -> Bank {
    load::load(&library::shipped()).0
}

/// The grader of the program, with the vectors of the shipped bank at hand.
fn grader(bank: &Bank) -> TrainedGrader {
    let model = Arc::new(model());
    let vectors = Vectors::open(model.clone(), library::bank_vectors(), None);
    TrainedGrader::new(bank, model, Arc::new(vectors))
}

fn model() -> Model {
    Model::load(library::model()).expect("the shipped model is whole")
}

/// The shipped bank over and over, with other ids, up to this many questions.
fn large(questions: usize) -> Bank {
    let shipped = shipped();
    let general = (*shipped.general).clone();
    let copies = (0..questions).map(|number| {
        let mut question = (*shipped.questions[number % shipped.questions.len()]).clone();
        question.id = QuestionId(format!("{}-{number}", question.id));
        question
    });
    Bank::new(copies.collect(), general)
}

#[divan::bench]
fn read_and_check_the_shipped_bank() -> Bank {
    shipped()
}

#[divan::bench(sample_count = 20)]
fn load_the_model(bencher: Bencher) {
    bencher.bench(model);
}

/// What a bank costs whose vectors are not known yet: a well-described question has about 170 texts.
#[divan::bench(sample_count = 10)]
fn embed_100_phrasings(bencher: Bencher) {
    let (model, bank) = (model(), shipped());
    let texts: Vec<&str> = bank
        .questions
        .iter()
        .flat_map(|question| question.statements())
        .flat_map(Statement::says)
        .take(100)
        .collect();
    bencher.bench(|| model.embed(divan::black_box(&texts)));
}

#[divan::bench(sample_count = 20)]
fn prepare_all_28_questions(bencher: Bencher) {
    let bank = shipped();
    let grader = grader(&bank);
    bencher.bench(|| bank.questions.iter().map(|question| grader.prepare(question)).collect::<Vec<_>>());
}

#[divan::bench(args = [28, 10_000], sample_count = 20)]
fn make_the_grader(bencher: Bencher, questions: usize) {
    let bank = large(questions);
    bencher.bench(|| grader(&bank));
}

#[divan::bench(args = [28, 10_000])]
fn assess_an_answer_of_100_words(bencher: Bencher, questions: usize) {
    let bank = large(questions);
    let grader = grader(&bank);
    let question = bank.questions.iter().find(|question| question.id.as_str().starts_with("list-vs-tuple"));
    let prepared = grader.prepare(question.expect("the shipped bank has it"));
    bencher.bench(|| prepared.answer(divan::black_box(ANSWER)));
}

/// Ten times the text takes ten times as long.
#[divan::bench(args = [400, 4_000])]
fn assess_a_text_of_characters(bencher: Bencher, characters: usize) {
    let bank = shipped();
    let grader = grader(&bank);
    let prepared = grader.prepare(bank.question(&"list-vs-tuple".into()).expect("the shipped bank has it"));
    let text: String = ANSWER.chars().cycle().take(characters).collect();
    bencher.bench(|| prepared.answer(divan::black_box(&text)));
}

#[divan::bench(args = [28, 10_000])]
fn choose_a_question(bencher: Bencher, questions: usize) {
    let bank = large(questions);
    let seen: BTreeSet<QuestionId> =
        bank.questions.iter().step_by(2).map(|question| question.id.clone()).collect();
    bencher.bench(|| draw(&bank, &Filter::default(), &seen, None, 1, divan::black_box(7)));
}

/// The whole program, from its start to the first line of the first question, on a fresh database.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn start_to_first_question(bencher: Bencher) {
    bencher.with_inputs(|| tempfile::tempdir().expect("a temporary folder can be made")).bench_refs(
        |folder| {
            let mut child = Command::new(env!("CARGO_BIN_EXE_riposte"))
                .args(["drill", "--seed", "1", "--json", "--db"])
                .arg(folder.path().join("riposte.db"))
                .env("HOME", folder.path())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("the program starts");
            let mut line = String::new();
            let output = child.stdout.take().expect("its output is a pipe");
            BufReader::new(output).read_line(&mut line).expect("it asks a question");
            child.kill().expect("it is running");
            child.wait().expect("it ends");
            line
        },
    );
}
