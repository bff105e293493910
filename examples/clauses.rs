//! Cuts texts into clauses exactly as the grader does, for `training/`.
//!
//! `clauses TEXTS.jsonl`: a JSON string a line; prints a list of byte ranges a line.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a tool for development: it may stop at bad input"
)]

#[expect(dead_code, reason = "the whole module is included for its clauses alone")]
#[path = "../src/core/grading/text.rs"]
mod text;

fn main() {
    let path = std::env::args().nth(1).unwrap();
    let words = text::Words::default();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let answer: String = serde_json::from_str(line).unwrap();
        let clauses = text::Text::new(&answer, &words).clauses;
        let ranges: Vec<[usize; 2]> =
            clauses.iter().map(|clause| [clause.range.start, clause.range.end]).collect();
        println!("{}", serde_json::json!(ranges));
    }
}
