//! `riposte doctor`: everything that `run` needs, checked one by one.

use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use super::run::{NO_TOKEN, Run, discord_options};
use super::talk::database;
use super::{FAILED, OK, grader, read_bank, tell};
use crate::chat::Inbox;
use crate::chat::discord::{Discord, Finding};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::core::bank::Bank;
use crate::core::grading::{Grader, Kind};
use crate::store::{Store, StoreError};

/// A clock that is before this is certainly wrong: the program is younger.
const EARLIEST: &str = "2025-01-01T00:00:00Z";

pub(super) fn run(options: &Run, config: &Config, file: Option<&Path>) -> Result<u8, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?;
    let findings = runtime.block_on(findings(options, config, file));
    for finding in &findings {
        tell(format!("{} {}", if finding.good { "✓" } else { "✗" }, finding.text));
    }
    Ok(if findings.iter().all(|finding| finding.good) { OK } else { FAILED })
}

async fn findings(options: &Run, config: &Config, file: Option<&Path>) -> Vec<Finding> {
    let read = file.map_or("the defaults".to_owned(), |file| file.display().to_string());
    let mut findings = vec![good(format!("configuration: {read}")), clock(), zones()];
    let bank = match read_bank(config.bank.folder()) {
        Ok(bank) => bank,
        Err(problems) => {
            findings.push(bad(format!("bank: {problems}")));
            return findings;
        }
    };
    findings.push(good(format!("bank: {} questions", bank.questions.len())));
    findings.push(match database(options.db.as_deref(), config) {
        Ok(path) => match Store::open(&path).await {
            Ok(store) => {
                store.close().await;
                good(format!("database: {}", path.display()))
            }
            Err(StoreError::Locked(path)) => {
                good(format!("database: {}, in use by a running bot", path.display()))
            }
            Err(error) => bad(format!("database: {error}")),
        },
        Err(error) => bad(format!("database: {error}")),
    });
    findings.push(understanding(&bank));
    findings.extend(discord(config, file, &bank).await);
    findings
}

fn clock() -> Finding {
    let now = SystemClock.now();
    let earliest: Timestamp = EARLIEST.parse().unwrap_or(Timestamp::UNIX_EPOCH);
    if now < earliest {
        return bad(format!("clock: {now} is in the past; set the time of this machine"));
    }
    good(format!("clock: {}", now.round(jiff::Unit::Second).unwrap_or(now)))
}

/// A zone with daylight saving shows whether the data is there.
fn zones() -> Finding {
    let summer: Timestamp = "2026-07-01T00:00:00Z".parse().unwrap_or(Timestamp::UNIX_EPOCH);
    let offset = jiff::tz::TimeZone::get("Europe/Berlin").map(|zone| zone.to_offset(summer));
    match offset {
        Ok(offset) if offset.duration_since(jiff::tz::Offset::UTC) == SignedDuration::from_hours(2) => {
            good("time zones: the data is there".to_owned())
        }
        Ok(_) | Err(_) => bad("time zones: the data is missing; install tzdata".to_owned()),
    }
}

/// The model answer to a question has to be taken for an answer.
fn understanding(bank: &Bank) -> Finding {
    let grader = match grader::open(bank) {
        Ok((grader, _)) => grader,
        Err(error) => return bad(format!("grader: {error}")),
    };
    let Some(question) = bank.questions.first() else { return good("grader: it is there".to_owned()) };
    let model = &question.model;
    let answer = format!("{} {}", model.claim, model.explanation);
    if grader.prepare(question).answer(&answer).kind == Kind::Answer {
        good("grader: it understands a model answer".to_owned())
    } else {
        bad("grader: it takes a model answer for none; install riposte anew".to_owned())
    }
}

async fn discord(config: &Config, file: Option<&Path>, bank: &Bank) -> Vec<Finding> {
    let options = match discord_options(config, file) {
        Ok(Some(options)) => options,
        Ok(None) => return vec![bad(format!("Discord: {NO_TOKEN}"))],
        Err(error) => return vec![bad(format!("Discord: {error}"))],
    };
    let (sender, _inbox) = mpsc::channel(1);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let found = match Discord::connect(options, Inbox(sender), clock, bank).await {
        Ok(discord) => discord.inspect().await,
        Err(error) => Err(error),
    };
    match found {
        Ok(mut found) => {
            found.insert(0, good("Discord: the token is good".to_owned()));
            found
        }
        Err(error) => vec![bad(format!("Discord: {error}"))],
    }
}

fn good(text: String) -> Finding {
    Finding { good: true, text }
}

fn bad(text: String) -> Finding {
    Finding { good: false, text }
}
