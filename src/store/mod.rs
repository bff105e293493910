//! All SQL, and no decisions: rows in, rows out.
//!
//! Reads go through a small pool. Every write goes through one writer, which commits in groups
//! ([`writer`]); a write is on disk when its call returns. One process owns a database file.

mod lock;
mod rows;
mod writer;

pub use rows::{Begin, Change, Committed, Post, PostStatus, Save, Seen, StoredInterview, Written};

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use crate::core::bank::{QuestionId, TrapId};
use crate::core::interview::{InterviewId, Seq};
use crate::core::whereabouts::{Person, Place};
use lock::FileLock;
use writer::Writer;

/// Connections that read at the same time. More than a few only wait for the same disk.
const READERS: u32 = 4;
/// How long a statement waits for a lock: longer than any backup or checkpoint of a database of our size.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// Posts read at once by the courier; what is left is read in the next turn.
const POSTS_MAX: i64 = 200;
/// Interviews read at once by the alarm; what is left is read in the next turn.
const DUE_MAX: i64 = 200;

/// What can go wrong with a database. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has it open.
    #[error("{0} is in use by another riposte; close that one, or choose another file with --db")]
    Locked(PathBuf),
    /// It was written by a later version.
    #[error("{0} was written by a newer riposte; install that version, or choose another file with --db")]
    Newer(PathBuf),
    /// The file system refused.
    #[error("cannot use {0}: {1}")]
    Io(PathBuf, #[source] std::io::Error),
    /// SQLite refused.
    #[error("the database refused: {0}")]
    Sql(#[from] sqlx::Error),
    /// The tables could not be brought up to date.
    #[error("cannot bring {0} up to date: {1}")]
    Migration(PathBuf, #[source] MigrateError),
    /// The writer is gone, so the process is ending.
    #[error("the database is closed")]
    Closed,
}

/// The database of one process.
#[derive(Clone, Debug)]
pub struct Store {
    reads: SqlitePool,
    writer: Writer,
}

impl Store {
    /// Opens a database file, made and brought up to date as needed, private to its owner.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let io = |error| StoreError::Io(path.to_owned(), error);
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            lock::private_folder(folder).map_err(io)?;
        }
        lock::private_file(path).map_err(io)?;
        let lock = FileLock::acquire(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("secure_delete", "on");
        let reads = SqlitePoolOptions::new().max_connections(READERS).connect_lazy_with(options.clone());
        let mut connection = sqlx::ConnectOptions::connect(&options).await?;
        sqlx::migrate!().run(&mut connection).await.map_err(|error| migration_error(path, error))?;
        Ok(Self { reads, writer: Writer::start(connection, lock) })
    }

    /// Waits until everything is written and the file is closed. Calls after it fail.
    pub async fn close(self) {
        self.reads.close().await;
        self.writer.close().await;
    }

    /// Writes what one input led to; all of it or nothing.
    pub async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        self.writer.commit(change).await
    }

    /// Marks a post as being sent. False if it is not waiting.
    pub async fn mark_sending(&self, interview: InterviewId, seq: Seq) -> Result<bool, StoreError> {
        self.writer.mark_sending(interview, seq).await
    }

    /// Puts a post back, not to be sent before `not_before`.
    pub async fn mark_queued(
        &self,
        interview: InterviewId,
        seq: Seq,
        not_before: Timestamp,
    ) -> Result<(), StoreError> {
        self.writer.mark_queued(interview, seq, not_before).await
    }

    /// Gives a post up, and with it the interview that it belongs to.
    pub async fn give_up(&self, interview: InterviewId, seq: Seq) -> Result<(), StoreError> {
        self.writer.give_up(interview, seq).await
    }

    /// Counts an input that could not be applied; returns the failures in a row.
    pub async fn count_failure(&self, interview: InterviewId) -> Result<u32, StoreError> {
        self.writer.count_failure(interview).await
    }

    /// Ends an interview that cannot be continued, with one last card.
    pub async fn set_aside(&self, interview: InterviewId, card: String) -> Result<(), StoreError> {
        self.writer.set_aside(interview, card).await
    }

    /// Forgets the keys of inputs older than `before`, which no platform delivers again.
    pub async fn prune_journal(&self, before: Timestamp) -> Result<(), StoreError> {
        self.writer.prune_journal(before).await
    }

    /// An interview as stored.
    pub async fn interview(&self, id: InterviewId) -> Result<Option<StoredInterview>, StoreError> {
        let row = sqlx::query_as(
            "SELECT id, place, person, plan, state, version, open, active_at FROM interviews WHERE id = ?",
        )
        .bind(id.0)
        .fetch_optional(&self.reads)
        .await?;
        Ok(row)
    }

    /// The open interview of a person in a place; the latest, should there be several.
    pub async fn open_interview(
        &self,
        place: &Place,
        person: &Person,
    ) -> Result<Option<StoredInterview>, StoreError> {
        let row = sqlx::query_as(
            "SELECT id, place, person, plan, state, version, open, active_at FROM interviews \
             WHERE place = ? AND person = ? AND open = 1 ORDER BY id DESC LIMIT 1",
        )
        .bind(&place.0)
        .bind(&person.0)
        .fetch_optional(&self.reads)
        .await?;
        Ok(row)
    }

    /// All open interviews.
    pub async fn open_interviews(&self) -> Result<Vec<InterviewId>, StoreError> {
        let ids: Vec<i64> = sqlx::query_scalar("SELECT id FROM interviews WHERE open = 1 ORDER BY id")
            .fetch_all(&self.reads)
            .await?;
        Ok(ids.into_iter().map(InterviewId).collect())
    }

    /// The open interviews whose deadline has come, the most overdue first.
    pub async fn due(&self, now: Timestamp) -> Result<Vec<InterviewId>, StoreError> {
        let ids: Vec<i64> = sqlx::query_scalar(
            "SELECT id FROM interviews WHERE open = 1 AND wake_at <= ? ORDER BY wake_at LIMIT ?",
        )
        .bind(now.as_millisecond())
        .bind(DUE_MAX)
        .fetch_all(&self.reads)
        .await?;
        Ok(ids.into_iter().map(InterviewId).collect())
    }

    /// The nearest time at which something is due: a deadline, or a post that waits.
    pub async fn next_wake(&self) -> Result<Option<Timestamp>, StoreError> {
        let wake: Option<i64> = sqlx::query_scalar(
            "SELECT min(at) FROM (SELECT min(wake_at) AS at FROM interviews WHERE open = 1 \
             UNION ALL SELECT min(not_before) FROM outbox WHERE status = 'queued' AND not_before > 0)",
        )
        .fetch_one(&self.reads)
        .await?;
        Ok(wake.map(rows::timestamp))
    }

    /// The posts that may be sent now: queued heads of their interviews.
    pub async fn heads(&self, now: Timestamp) -> Result<Vec<Post>, StoreError> {
        let posts = sqlx::query_as(
            "SELECT outbox.interview, outbox.seq, outbox.card, outbox.status, outbox.attempts, interviews.place, interviews.person \
             FROM outbox JOIN interviews ON interviews.id = outbox.interview \
             WHERE outbox.status = 'queued' AND outbox.not_before <= ? AND NOT EXISTS (\
                 SELECT 1 FROM outbox AS before WHERE before.interview = outbox.interview \
                 AND before.seq < outbox.seq AND before.status IN ('queued', 'sending')) \
             ORDER BY outbox.interview, outbox.seq LIMIT ?",
        )
        .bind(now.as_millisecond())
        .bind(POSTS_MAX)
        .fetch_all(&self.reads)
        .await?;
        Ok(posts)
    }

    /// The posts whose outcome is unknown.
    pub async fn sending(&self) -> Result<Vec<Post>, StoreError> {
        let posts = sqlx::query_as(
            "SELECT outbox.interview, outbox.seq, outbox.card, outbox.status, outbox.attempts, interviews.place, interviews.person \
             FROM outbox JOIN interviews ON interviews.id = outbox.interview \
             WHERE outbox.status = 'sending' ORDER BY outbox.interview, outbox.seq",
        )
        .fetch_all(&self.reads)
        .await?;
        Ok(posts)
    }

    /// All posts of the interviews in a place, in order; those of finished ones until they are sent.
    pub async fn posts_in(&self, place: &Place) -> Result<Vec<Post>, StoreError> {
        let posts = sqlx::query_as(
            "SELECT outbox.interview, outbox.seq, outbox.card, outbox.status, outbox.attempts, interviews.place, interviews.person \
             FROM outbox JOIN interviews ON interviews.id = outbox.interview \
             WHERE interviews.place = ? ORDER BY outbox.interview, outbox.seq",
        )
        .bind(&place.0)
        .fetch_all(&self.reads)
        .await?;
        Ok(posts)
    }

    /// What is out of a holder's bag.
    pub async fn seen(&self, holder: &Person) -> Result<Seen, StoreError> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT question, trap FROM seen WHERE holder = ? ORDER BY at, question, trap")
                .bind(&holder.0)
                .fetch_all(&self.reads)
                .await?;
        let mut seen = Seen { questions: BTreeSet::new(), last: None, traps: Vec::new() };
        for (question, trap) in rows {
            let question = QuestionId(question);
            if trap.is_empty() {
                seen.questions.insert(question.clone());
                seen.last = Some(question);
            } else {
                seen.traps.push((question, TrapId(trap)));
            }
        }
        Ok(seen)
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library may add ways to fail, all of which are alike to us"
)]
fn migration_error(path: &Path, error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(_, _) => {
            StoreError::Newer(path.to_owned())
        }
        other => StoreError::Migration(path.to_owned(), other),
    }
}
