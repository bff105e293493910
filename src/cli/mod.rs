//! The command line: options, wiring, and what the shell sees. It decides nothing about interviews.

mod bank;
mod doctor;
mod eval;
mod grader;
mod run;
mod talk;

use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use tracing::Level;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{self, Config};
use crate::core::bank::load::{self, Source};
use crate::core::bank::{self as questions, Bank, QuestionId};
use crate::core::choose::Filter;
use crate::core::interview::{Mode, SCREEN_MAX, TRAPS_MAX};
use crate::core::reading::{Problem, Severity};
use crate::library;

/// It worked.
const OK: u8 = 0;
/// Something that the reader of the message can mend.
const FAILED: u8 = 1;
/// Something that has to be mended before another start: what a service manager should not restart on.
const MISCONFIGURED: u8 = 78;

/// A mock interviewer: it asks a question, then the follow-up that your answer deserves.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, subcommand_precedence_over_arg = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    drill: Drill,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// One question after the other; what `riposte` alone does.
    Drill(Drill),
    /// Several questions in a row, with a scorecard at the end.
    Screen(Screen),
    /// The bot on Discord and Slack, until it is stopped.
    Run(run::Run),
    /// Check everything that `run` needs, and say what is missing.
    Doctor(run::Run),
    /// Check, test, import and describe questions.
    #[command(subcommand)]
    Bank(bank::BankCommand),
    /// Measure how well answers with known labels are understood.
    Eval(eval::Eval),
}

#[derive(Args, Debug)]
struct Drill {
    #[command(flatten)]
    choice: Choice,
    /// Exactly this question, by its id.
    #[arg(long, value_name = "ID")]
    question: Option<String>,
}

#[derive(Args, Debug)]
struct Screen {
    /// How many questions.
    #[arg(default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=i64::from(SCREEN_MAX)))]
    count: u8,
    #[command(flatten)]
    choice: Choice,
}

#[derive(Args, Debug)]
struct Choice {
    /// Only questions of this track, such as `python`.
    #[arg(long)]
    track: Option<String>,
    /// Only topics whose name holds this text, such as `copying`.
    #[arg(long)]
    topic: Option<String>,
    /// Only questions of this level.
    #[arg(long, value_enum)]
    level: Option<LevelName>,
    /// Follow-ups a question.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=i64::from(TRAPS_MAX)))]
    traps: Option<u8>,
    /// Make every choice repeatable.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// One JSON object a line instead of text.
    #[arg(long)]
    json: bool,
    /// The database file.
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct Common {
    /// A folder whose tracks are added to the shipped bank, or replace those of the same name.
    #[arg(long, global = true, value_name = "DIR")]
    bank: Option<PathBuf>,
    /// The configuration file.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum LevelName {
    Junior,
    Mid,
    Senior,
}

/// What a session is about.
struct Talk {
    mode: Mode,
    count: u8,
    question: Option<String>,
    choice: Choice,
}

impl Talk {
    fn filter(&self) -> Filter {
        Filter {
            track: self.choice.track.clone(),
            topic: self.choice.topic.clone(),
            level: self.choice.level.map(|level| match level {
                LevelName::Junior => questions::Level::Junior,
                LevelName::Mid => questions::Level::Mid,
                LevelName::Senior => questions::Level::Senior,
            }),
            question: self.question.clone().map(QuestionId),
        }
    }
}

/// Runs the program; returns its exit code.
pub fn run(cli: Cli) -> u8 {
    start_log();
    let file = config::file_to_read(cli.common.config.as_deref());
    let result = read_config(cli.common.config.as_deref()).and_then(|mut config| {
        if let Some(folder) = cli.common.bank {
            config.bank.dir = folder;
        }
        let folder = config.bank.folder();
        match cli.command {
            Some(Command::Bank(command)) => bank::run(command, folder),
            Some(Command::Eval(options)) => eval::run(&options, folder),
            Some(Command::Run(options)) => run::run(&options, &config, file.as_deref()),
            Some(Command::Doctor(options)) => doctor::run(&options, &config, file.as_deref()),
            Some(Command::Drill(drill)) => talk::run(drill.into(), &config),
            Some(Command::Screen(screen)) => talk::run(screen.into(), &config),
            None => talk::run(cli.drill.into(), &config),
        }
    });
    result.unwrap_or_else(|message| {
        complain(message);
        FAILED
    })
}

impl From<Drill> for Talk {
    fn from(drill: Drill) -> Self {
        Self { mode: Mode::Drill, count: 1, question: drill.question, choice: drill.choice }
    }
}

impl From<Screen> for Talk {
    fn from(screen: Screen) -> Self {
        Self { mode: Mode::Screen, count: screen.count, question: None, choice: screen.choice }
    }
}

/// Libraries that would write tokens or people's words into the log, and the most that they may say: nothing, where
/// even their errors do.
const CHATTY: [(&str, Option<Level>); 7] = [
    ("serenity", Some(Level::WARN)),
    ("tungstenite", Some(Level::WARN)),
    ("tokio_tungstenite", Some(Level::WARN)),
    ("reqwest", Some(Level::WARN)),
    ("hyper_util", Some(Level::INFO)),
    ("rustls", Some(Level::INFO)),
    ("slack_morphism", None),
];

/// The log goes to standard error, so that standard output stays the conversation.
fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_new(config::log_filter())
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let quiet = filter_fn(|metadata| {
        let chatty = CHATTY.iter().find(|(name, _)| metadata.target().split("::").next() == Some(name));
        chatty.is_none_or(|(_, most)| most.is_some_and(|most| *metadata.level() <= most))
    });
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).compact();
    tracing_subscriber::registry().with(lines.with_filter(filter.and(quiet))).init();
}

/// The configuration, with every problem at once.
fn read_config(named: Option<&Path>) -> Result<Config, String> {
    let Some(path) = config::file_to_read(named) else { return Ok(Config::default()) };
    let bytes = std::fs::read(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    config::parse(&path.to_string_lossy(), &bytes).map_err(|problems| listed(&problems))
}

/// The files of a bank: the shipped ones, and those of a folder.
fn sources(folder: Option<&Path>) -> Result<Vec<Source>, String> {
    match folder {
        None => Ok(library::shipped()),
        Some(folder) => {
            let added = library::folder(folder)
                .map_err(|error| format!("cannot read the bank in {}: {error}", folder.display()))?;
            if added.is_empty() {
                return Err(format!(
                    "there is no .toml file in {}; a bank has <track>/<topic>.toml",
                    folder.display()
                ));
            }
            Ok(library::shipped_with(added))
        }
    }
}

/// A bank that is fit for use, or every error in it.
fn read_bank(folder: Option<&Path>) -> Result<Bank, String> {
    let (bank, mut problems) = load::load(&sources(folder)?);
    problems.retain(|problem| problem.severity == Severity::Error);
    if problems.is_empty() { Ok(bank) } else { Err(listed(&problems)) }
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

/// Writes a line to standard output. A reader that is gone wants no more of it.
fn tell(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Writes a line to standard error.
fn complain(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
