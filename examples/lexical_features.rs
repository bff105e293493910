//! Dumps what the words of labelled answers show, one JSON line an answer.
//!
//! `lexical_features BANK.json ANSWERS.jsonl`: the bank as JSON `{"questions": […], "general": …}`.
//! `training/data.py` calls this; the heads are fitted on it.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a tool for development: it may stop at bad input"
)]

use riposte::core::bank::{Bank, General, Question};
use riposte::core::grading::lexical::Lexical;
use serde_json::{Value, from_str, from_value, json};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let read = |place: usize| std::fs::read_to_string(&args[place]).unwrap();
    let bank: Value = from_str(&read(1)).unwrap();
    let questions: Vec<Question> = from_value(bank["questions"].clone()).unwrap();
    let general: General = from_value(bank["general"].clone()).unwrap();
    let bank = Bank::new(questions, general);
    let lexical = Lexical::new(&bank);
    let mut answers: Vec<Value> = read(2).lines().map(|line| from_str(line).unwrap()).collect();
    answers.sort_by_key(|answer| answer["question"].to_string());
    for answer in answers {
        let id = answer["question"].as_str().unwrap();
        let question = bank.question(&id.into()).unwrap();
        let features = lexical.features(question, answer["answer"].as_str().unwrap());
        println!("{}", json!({"id": answer["id"], "question": id, "features": features}));
    }
}
