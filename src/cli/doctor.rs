//! `riposte doctor`: everything that `run` needs, checked one by one.

use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use super::run::{NO_TOKEN, Run, Shared, platforms};
use super::talk::database;
use super::{FAILED, OK, grader, read_bank, tell};
use crate::chat::{Finding, Inbox};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::core::bank::Bank;
use crate::core::grading::{Grader, Kind};
use crate::engine::{ALIVE_EVERY, Health};
use crate::store::{Store, StoreError};

/// A clock that is before this is certainly wrong: the program is younger.
const EARLIEST: &str = "2025-01-01T00:00:00Z";

/// A bot that missed this many signs of life hangs: a busy disk delays one.
const SIGNS_MISSED: i32 = 3;

pub(super) fn run(options: &Run, config: &Config, file: Option<&Path>) -> Result<u8, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?;
    let findings = runtime.block_on(findings(options, config, file));
    for finding in &findings {
        tell(finding.line());
    }
    Ok(if findings.iter().all(|finding| finding.good) { OK } else { FAILED })
}

async fn findings(options: &Run, config: &Config, file: Option<&Path>) -> Vec<Finding> {
    let read = file.map_or("the defaults".to_owned(), |file| file.display().to_string());
    let mut findings = vec![Finding::good(format!("configuration: {read}")), clock(), zones()];
    let bank = match read_bank(config.bank.folder()) {
        Ok(bank) => bank,
        Err(problems) => {
            findings.push(Finding::bad(format!("bank: {problems}")));
            return findings;
        }
    };
    findings.push(Finding::good(format!("bank: {} questions", bank.questions.len())));
    match database(options.db.as_deref(), config) {
        Ok(path) => match Store::open(&path).await {
            Ok(store) => {
                store.close().await;
                findings.push(Finding::good(format!("database: {}", path.display())));
            }
            Err(StoreError::Locked(path)) => {
                findings
                    .push(Finding::good(format!("database: {}, in use by a running bot", path.display())));
                findings.push(running(&path, SystemClock.now()).await);
            }
            Err(error) => findings.push(Finding::bad(format!("database: {error}"))),
        },
        Err(error) => findings.push(Finding::bad(format!("database: {error}"))),
    }
    findings.push(understanding(&bank));
    findings.extend(reached(config, file, bank).await);
    findings
}

fn clock() -> Finding {
    let now = SystemClock.now();
    let earliest: Timestamp = EARLIEST.parse().unwrap_or(Timestamp::UNIX_EPOCH);
    if now < earliest {
        return Finding::bad(format!("clock: {now} is in the past; set the time of this machine"));
    }
    Finding::good(format!("clock: {}", now.round(jiff::Unit::Second).unwrap_or(now)))
}

/// A zone with daylight saving shows whether the data is there.
fn zones() -> Finding {
    let summer: Timestamp = "2026-07-01T00:00:00Z".parse().unwrap_or(Timestamp::UNIX_EPOCH);
    let offset = jiff::tz::TimeZone::get("Europe/Berlin").map(|zone| zone.to_offset(summer));
    match offset {
        Ok(offset) if offset.duration_since(jiff::tz::Offset::UTC) == SignedDuration::from_hours(2) => {
            Finding::good("time zones: the data is there")
        }
        Ok(_) | Err(_) => Finding::bad("time zones: the data is missing; install tzdata"),
    }
}

/// How the bot that has the database open said that it is.
async fn running(database: &Path, now: Timestamp) -> Finding {
    let (at, health) = match Store::pulse_of(database).await {
        Ok(Some(pulse)) => pulse,
        Ok(None) => return Finding::bad("running bot: it never said that it is alive; look into its log"),
        Err(error) => return Finding::bad(format!("running bot: {error}")),
    };
    if now.duration_since(at) > ALIVE_EVERY * SIGNS_MISSED {
        return Finding::bad(format!(
            "running bot: no sign of life since {at}; look into its log and start it again"
        ));
    }
    let Some(Health { down, posts, blocked, .. }) =
        health.and_then(|health| serde_json::from_str(&health).ok())
    else {
        return Finding::good("running bot: it is alive");
    };
    let waits = format!("messages on their way: {posts}, of them waiting for somebody to act: {blocked}");
    match down.as_slice() {
        [] => Finding::good(format!("running bot: alive and connected; {waits}")),
        down => Finding::bad(format!(
            "running bot: not connected to {}, its log says why; {waits}",
            down.join(", ")
        )),
    }
}

/// The model answer to a question has to be taken for an answer.
fn understanding(bank: &Bank) -> Finding {
    let grader = match grader::open(bank) {
        Ok((grader, _)) => grader,
        Err(error) => return Finding::bad(format!("grader: {error}")),
    };
    let Some(question) = bank.questions.first() else { return Finding::good("grader: it is there") };
    let model = &question.model;
    let answer = format!("{} {}", model.claim, model.explanation);
    if grader.prepare(question).answer(&answer).kind == Kind::Answer {
        Finding::good("grader: it understands a model answer")
    } else {
        Finding::bad("grader: it takes a model answer for none; install riposte anew")
    }
}

/// Every platform by itself: one that fails says nothing about the others.
async fn reached(config: &Config, file: Option<&Path>, bank: Bank) -> Vec<Finding> {
    let platforms = platforms(config, file);
    if platforms.is_empty() {
        return vec![Finding::bad(NO_TOKEN)];
    }
    let (sender, _inbox) = mpsc::channel(1);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let shared = Shared { inbox: Inbox(sender), clock, bank: Arc::new(bank) };
    let mut findings = Vec::new();
    for platform in platforms {
        let connected = match platform {
            Ok(platform) => platform.connect(&shared).await,
            Err(failure) => Err(failure),
        };
        let found = match connected {
            Ok(connected) => connected.inspect().await,
            Err(failure) => Err(failure),
        };
        findings.extend(found.unwrap_or_else(|failure| vec![failure.finding()]));
    }
    findings
}
