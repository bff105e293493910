//! The bank: what is shipped is clean, what is broken is reported, and lists can be imported.

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod broken;
mod folders;
mod fuzz;
mod import;
mod shipped;

use std::path::Path;
use std::process::Command;

use riposte::core::bank::Bank;
use riposte::core::bank::load::{self, Source};
use riposte::core::reading::{Problem, Severity};

/// Runs the program in the repository's root; gives its exit code, standard output and standard error.
fn riposte(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_riposte"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().lines().map(portable).collect::<String>();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A line whose path, if it begins with one, is the same on every system.
fn portable(line: &str) -> String {
    match line.split_once(": ") {
        Some((path, told)) => {
            format!("{}: {told}\n", path.replace(std::path::MAIN_SEPARATOR, "/"))
        }
        None => format!("{line}\n"),
    }
}

/// A file of a bank.
fn source(path: &str, bytes: impl Into<Vec<u8>>) -> Source {
    let track = Path::new(path).parent().and_then(Path::file_name);
    let track = track.map_or(String::new(), |name| name.to_string_lossy().into_owned());
    Source { path: path.to_owned(), track, bytes: bytes.into() }
}

/// Loads one topic; gives the bank and every problem as it is printed.
fn topic(text: &str) -> (Bank, Vec<String>) {
    let (bank, problems) = load::load(&[source("track/topic.toml", text)]);
    (bank, problems.iter().map(ToString::to_string).collect())
}

fn errors(problems: &[Problem]) -> Vec<&Problem> {
    problems.iter().filter(|problem| problem.severity == Severity::Error).collect()
}
