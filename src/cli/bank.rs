//! `riposte bank`: for people who write questions.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{FAILED, OK, complain, grader, sources, tell};
use crate::core::bank::import::{self, Separator};
use crate::core::bank::{General, Topic, load};
use crate::core::grading::samples;
use crate::core::reading::Severity;

/// The largest list that is read, in bytes.
const LIST_BYTES_MAX: u64 = 64 << 20;

#[derive(Debug, Subcommand)]
pub(super) enum BankCommand {
    /// Report every problem of every file, with place and cure.
    Check {
        /// A folder with questions; the shipped bank if none is named.
        dir: Option<PathBuf>,
    },
    /// Run the samples: is each answer understood as its author labelled it?
    Test {
        /// A folder with questions; the shipped bank if none is named.
        dir: Option<PathBuf>,
    },
    /// Turn a list of questions and answers into the bank's format, on standard output.
    Import {
        /// A .csv file, or a .tsv or .txt file with tabs: question, answer, comment.
        list: PathBuf,
        /// The name of the topic; the file's name if none is given.
        #[arg(long)]
        topic: Option<String>,
    },
    /// Print the JSON Schema of the bank's files.
    Schema {
        /// Of `general.toml` instead of a topic.
        #[arg(long)]
        general: bool,
    },
}

pub(super) fn run(command: BankCommand, bank: Option<&Path>) -> Result<u8, String> {
    match command {
        BankCommand::Check { dir } => check(dir.as_deref().or(bank)),
        BankCommand::Test { dir } => test(dir.as_deref().or(bank)),
        BankCommand::Import { list, topic } => import(&list, topic),
        BankCommand::Schema { general } => {
            tell(schema(general));
            Ok(OK)
        }
    }
}

/// The JSON Schema of a topic's file, or of `general.toml`.
pub(super) fn schema(general: bool) -> String {
    let schema = if general { schemars::schema_for!(General) } else { schemars::schema_for!(Topic) };
    serde_json::to_string_pretty(&schema).expect("a schema is plain data, which always serialises")
}

fn check(folder: Option<&Path>) -> Result<u8, String> {
    let sources = sources(folder)?;
    let (bank, problems) = load::load(&sources);
    // The shipped bank is read along with a folder, as ids are unique in both, but not counted.
    let own: Vec<_> = sources
        .iter()
        .filter(|source| folder.is_none_or(|folder| Path::new(&source.path).starts_with(folder)))
        .collect();
    let questions =
        bank.questions.iter().filter(|question| own.iter().any(|source| source.track == question.track));
    for problem in &problems {
        tell(problem);
    }
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    let warnings = problems.len() - errors;
    tell(format!(
        "{} in {}: {}, {}",
        counted(questions.count(), "question"),
        counted(own.len(), "file"),
        counted(errors, "error"),
        counted(warnings, "warning")
    ));
    Ok(if errors == 0 { OK } else { FAILED })
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn test(folder: Option<&Path>) -> Result<u8, String> {
    let bank = super::read_bank(folder)?;
    let (grader, _) = grader::open(&bank)?;
    let results = samples::run(&bank, &grader);
    for failure in &results.failures {
        tell(failure);
    }
    let held = results.samples - results.failures.len();
    let share = if results.samples == 0 { 100.0 } else { 100.0 * held as f64 / results.samples as f64 };
    tell(format!("{held} of {} samples hold ({share:.1} %)", results.samples));
    Ok(if results.failures.is_empty() { OK } else { FAILED })
}

fn import(list: &Path, topic: Option<String>) -> Result<u8, String> {
    let shown = list.display();
    let separator =
        match list.extension().map(|extension| extension.to_string_lossy().to_lowercase()).as_deref() {
            Some("csv") => Separator::Comma,
            Some("tsv" | "txt") => Separator::Tab,
            Some(_) | None => {
                return Err(format!("{shown}: only .csv, .tsv and .txt lists can be read; rename it"));
            }
        };
    let size = std::fs::metadata(list).map_err(|error| format!("cannot read {shown}: {error}"))?.len();
    if size > LIST_BYTES_MAX {
        return Err(format!("{shown} has {size} bytes, at most {LIST_BYTES_MAX} are read; split it"));
    }
    let bytes = std::fs::read(list).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let name = topic.or_else(|| list.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    let (topic, problems) = import::read(&bytes, separator, &name.unwrap_or_else(|| "Imported".to_owned()));
    for problem in &problems {
        complain(format!("{shown}:{}: {}", problem.line, problem.message));
    }
    if topic.questions.is_empty() {
        return Err(format!("{shown}: there is no question in this list"));
    }
    tell(toml::to_string_pretty(&topic).map_err(|error| format!("cannot write the topic: {error}"))?);
    complain(format!("{} questions; save them as bank/<track>/<topic>.toml", topic.questions.len()));
    Ok(if problems.is_empty() { OK } else { FAILED })
}

#[cfg(test)]
mod tests {
    /// Editors read the committed schemas, so they have to be those of the types.
    #[test]
    fn committed_schemas_are_those_of_the_types() {
        for (general, committed) in [
            (false, include_str!("../../bank/schema.json")),
            (true, include_str!("../../bank/general.schema.json")),
        ] {
            assert_eq!(super::schema(general), committed.trim_end(), "write it with `riposte bank schema`");
        }
    }
}
