//! `riposte eval`: how well are answers with known labels understood?

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::{OK, grader, read_bank, tell};
use crate::clock::Stopwatch;
use crate::core::bank::{Bank, Question};
use crate::core::grading::eval::{self, Labelled, Prediction};
use crate::core::grading::policy::{self, History};
use crate::core::grading::{Grader, PreparedQuestion};

#[derive(Args, Debug)]
pub(super) struct Eval {
    /// Files with one labelled answer a line (JSON Lines).
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The figures as one JSON object.
    #[arg(long)]
    json: bool,
    /// The figures of every question as well.
    #[arg(long)]
    by_question: bool,
    /// Write what was understood of each answer to this file, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    predictions: Option<PathBuf>,
}

/// Time per answer, in milliseconds.
struct Times {
    median: f64,
    p99: f64,
}

pub(super) fn run(options: &Eval, bank: Option<&Path>) -> Result<u8, String> {
    let bank = read_bank(bank)?;
    let answers = read(&options.files, &bank)?;
    let (grader, _) = grader::open(&bank)?;
    let (predictions, times) = predict(&bank, &grader, &answers);
    let all =
        || answers.iter().zip(&predictions).map(|((question, labelled), made)| (&**question, labelled, made));
    if let Some(path) = &options.predictions {
        write(path, &predictions)?;
    }
    let report = eval::report(&bank.general, all());
    let by_question =
        if options.by_question { eval::report_by_question(&bank.general, all()) } else { BTreeMap::new() };
    if options.json {
        let mut object =
            json!({ "all": report, "milliseconds": { "median": times.median, "p99": times.p99 } });
        if options.by_question {
            object["by_question"] = json!(by_question);
        }
        tell(object);
        return Ok(OK);
    }
    for (id, report) in &by_question {
        tell(format!("{id}\n{report}"));
    }
    tell(report);
    tell(format!("time            median {:.2} ms  p99 {:.2} ms an answer", times.median, times.p99));
    Ok(OK)
}

/// All labelled answers with their questions, or every problem of all files.
fn read(files: &[PathBuf], bank: &Bank) -> Result<Vec<(Arc<Question>, Labelled)>, String> {
    let (mut answers, mut problems) = (Vec::new(), Vec::new());
    for path in files {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
        let (labelled, bad) = eval::parse_labelled(&text);
        problems.extend(bad.iter().map(|bad| format!("{shown}:{}: {}", bad.line, bad.message)));
        for labelled in labelled {
            match bank.question(&labelled.question) {
                None => problems.push(format!(
                    "{shown}: answer `{}` is to the question `{}`, which the bank does not have; name its bank with --bank",
                    labelled.id, labelled.question
                )),
                Some(question) => {
                    let wrong = eval::check_labels(question, &labelled);
                    problems.extend(wrong.iter().map(|wrong| format!("{shown}: answer `{}`: {wrong}", labelled.id)));
                    answers.push((question.clone(), labelled));
                }
            }
        }
    }
    if answers.is_empty() && problems.is_empty() {
        problems.push("there is no answer in these files".to_owned());
    }
    if problems.is_empty() { Ok(answers) } else { Err(problems.join("\n")) }
}

fn predict(
    bank: &Bank,
    grader: &dyn Grader,
    answers: &[(Arc<Question>, Labelled)],
) -> (Vec<Prediction>, Times) {
    let mut prepared: BTreeMap<&str, Arc<dyn PreparedQuestion>> = BTreeMap::new();
    let mut milliseconds = Vec::with_capacity(answers.len());
    let mut predictions = Vec::with_capacity(answers.len());
    for (question, labelled) in answers {
        let ready = prepared.entry(question.id.as_str()).or_insert_with(|| grader.prepare(question));
        let watch = Stopwatch::start();
        let assessment = ready.answer(&labelled.answer);
        milliseconds.push(watch.milliseconds());
        let next = policy::next_move(question, &bank.general, &assessment, &History::default());
        predictions.push(Prediction::new(&labelled.id, &labelled.answer, &assessment, &next));
    }
    milliseconds.sort_by(f64::total_cmp);
    let at = |share: f64| milliseconds[((milliseconds.len() - 1) as f64 * share).round() as usize];
    let times = Times { median: at(0.5), p99: at(0.99) };
    (predictions, times)
}

fn write(path: &Path, predictions: &[Prediction]) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("cannot write {}: {error}", path.display());
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).map_err(failed)?);
    for prediction in predictions {
        let line =
            serde_json::to_string(prediction).expect("a prediction is plain data, which always serialises");
        writeln!(file, "{line}").map_err(failed)?;
    }
    file.flush().map_err(failed)
}
