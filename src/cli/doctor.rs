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
    findings.push(match database(options.db.as_deref(), config) {
        Ok(path) => match Store::open(&path).await {
            Ok(store) => {
                store.close().await;
                Finding::good(format!("database: {}", path.display()))
            }
            Err(StoreError::Locked(path)) => {
                Finding::good(format!("database: {}, in use by a running bot", path.display()))
            }
            Err(error) => Finding::bad(format!("database: {error}")),
        },
        Err(error) => Finding::bad(format!("database: {error}")),
    });
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
