//! The program: parse, run, and the only place with an exit code.

use std::process::ExitCode;

use clap::Parser;
use riposte::cli::{self, Cli};

fn main() -> ExitCode {
    ExitCode::from(cli::run(Cli::parse()))
}
