//! All SQL, and no decisions: rows in, rows out.
//!
//! Reads go through a small pool. Every write goes through one writer, which commits in groups
//! ([`writer`]); a write is on disk when its call returns. One process owns a database file.

mod dailies;
mod lock;
mod rounds;
mod rows;
mod statements;
mod writer;

pub use rows::{
    Begin, Change, Committed, Delay, Everything, Handled, NewPost, OpenInterview, OpenOf, Post, PostStatus,
    Save, SaveDaily, SavedDaily, Seen, Sent, Sort, StoredDaily, StoredInterview, Waiting, Written,
};

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
use crate::core::quota::Open;
use crate::core::whereabouts::{Person, Place};
use lock::FileLock;
use statements::Write;
use writer::Writer;

/// Connections that read at the same time. More than a few only wait for the same disk.
const READERS: u32 = 4;
/// How long a statement waits for a lock: longer than any backup or checkpoint of a database of our size.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// Posts read at once by the courier; what is left is read in the next turn.
const POSTS_MAX: i64 = 200;
/// Interviews read at once by the alarm; what is left is read in the next turn.
const DUE_MAX: i64 = 200;

/// A post with everything that is needed to deliver it.
const POST: &str = "SELECT outbox.*, interviews.place, interviews.sort, interviews.daily, \
                    coalesce(outbox.person, interviews.person) AS whose FROM outbox \
                    JOIN interviews ON interviews.id = outbox.interview";
/// Whether a post waits for one `before` it: messages for all messages before them, what is done under a
/// message for its thread too, and nothing for what may fail.
const WAITED_FOR: &str = "(before.way IN ('post', 'under') OR before.way = outbox.way \
                          OR (before.way = 'thread' AND outbox.way = 'under'))";
/// The places of one front end.
const OF_FRONT: &str = "(interviews.place = ?1 OR substr(interviews.place, 1, length(?1) + 1) = ?1 || ':')";

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
    /// Somebody else reads the file without end.
    #[error("the database is being read, so what was deleted is not yet out of its log")]
    Busy,
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
    pub async fn mark_sending(
        &self,
        interview: InterviewId,
        seq: Seq,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.writer.write(Write::MarkSending(interview, seq, now)).await? == 1)
    }

    /// Notes that a try to send a post went on until now.
    pub async fn mark_tried(
        &self,
        interview: InterviewId,
        seq: Seq,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.writer.write(Write::Tried(interview, seq, now)).await.map(drop)
    }

    /// Puts a post that was being sent off until `until`.
    pub async fn put_off(
        &self,
        interview: InterviewId,
        seq: Seq,
        until: Timestamp,
        delay: Delay,
    ) -> Result<(), StoreError> {
        self.writer.write(Write::PutOff(interview, seq, until, delay)).await.map(drop)
    }

    /// What kept posts may be over: makes every post of unknown outcome due, and by `soon` those that were put off,
    /// but for those that wait for somebody to act.
    pub async fn look_again(&self, soon: Timestamp) -> Result<(), StoreError> {
        self.writer.write(Write::LookAgain(soon)).await.map(drop)
    }

    /// Makes the posts due that wait for somebody to act, for this person.
    pub async fn unblock(&self, person: &Person) -> Result<(), StoreError> {
        self.writer.write(Write::Unblock(person.clone())).await.map(drop)
    }

    /// Gives a post up, and with it the interview that it belongs to.
    pub async fn give_up(&self, interview: InterviewId, seq: Seq) -> Result<(), StoreError> {
        self.writer.write(Write::GiveUp(interview, seq)).await.map(drop)
    }

    /// Counts an input that could not be applied; returns the failures in a row.
    pub async fn count_failure(&self, interview: InterviewId) -> Result<u64, StoreError> {
        self.writer.write(Write::CountFailure(interview)).await
    }

    /// Ends an interview that cannot be continued, with one last card.
    pub async fn set_aside(&self, interview: InterviewId, card: String) -> Result<(), StoreError> {
        self.writer.write(Write::SetAside(interview, card)).await.map(drop)
    }

    /// Removes the interviews of a place, of every place in it, and of everybody who is named within it; returns how
    /// many there were.
    pub async fn close_within(&self, place: &Place) -> Result<u64, StoreError> {
        self.writer.write(Write::CloseWithin(place.clone())).await
    }

    /// Forgets the keys of inputs older than `before`, which no platform delivers again.
    pub async fn prune_journal(&self, before: Timestamp) -> Result<(), StoreError> {
        self.writer.write(Write::PruneJournal(before)).await.map(drop)
    }

    /// Writes that the process is alive, and how it is.
    pub async fn mark_alive(&self, now: Timestamp, health: String) -> Result<(), StoreError> {
        self.writer.write(Write::Alive(now, health)).await.map(drop)
    }

    /// When the process that has a database open was alive last, and how it was then if it said so. It is read
    /// beside that process.
    pub async fn pulse_of(path: &Path) -> Result<Option<(Timestamp, Option<String>)>, StoreError> {
        let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY_TIMEOUT);
        let mut connection = sqlx::ConnectOptions::connect(&options).await?;
        let pulse: Option<(i64, Option<String>)> =
            sqlx::query_as("SELECT alive_at, health FROM process").fetch_optional(&mut connection).await?;
        Ok(pulse.map(|(at, health)| (rows::timestamp(at), health)))
    }

    /// Removes everything of a person, so that it cannot be found in the files either.
    pub async fn forget(&self, person: &Person) -> Result<(), StoreError> {
        self.writer.forget(person.clone()).await
    }

    /// When the process was alive for the last time that is known.
    pub async fn alive_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let at: Option<i64> =
            sqlx::query_scalar("SELECT alive_at FROM process").fetch_optional(&self.reads).await?;
        Ok(at.map(rows::timestamp))
    }

    /// Whether an input with this key was taken, and the interview that it led to, which may be gone.
    pub async fn journal(&self, key: &str) -> Result<Option<Option<InterviewId>>, StoreError> {
        let row: Option<Option<i64>> = sqlx::query_scalar("SELECT interview FROM journal WHERE key = ?")
            .bind(key)
            .fetch_optional(&self.reads)
            .await?;
        Ok(row.map(|interview| interview.map(InterviewId)))
    }

    /// An interview as stored.
    pub async fn interview(&self, id: InterviewId) -> Result<Option<StoredInterview>, StoreError> {
        let row = sqlx::query_as("SELECT * FROM interviews WHERE id = ?").bind(id.0);
        Ok(row.fetch_optional(&self.reads).await?)
    }

    /// The open interview of a person in a place, or asked for there; the latest, should there be several.
    pub async fn open_interview(
        &self,
        place: &Place,
        person: &Person,
    ) -> Result<Option<StoredInterview>, StoreError> {
        let row = sqlx::query_as(
            "SELECT * FROM interviews WHERE person = ?2 AND open = 1 AND (place = ?1 OR origin = ?1) \
             AND sort = 'interview' AND round IS NULL ORDER BY id DESC LIMIT 1",
        );
        Ok(row.bind(&place.0).bind(&person.0).fetch_optional(&self.reads).await?)
    }

    /// How many interviews are open: of this person, in the channel of this place, and in its server.
    pub async fn count_open(&self, person: &Person, place: &Place) -> Result<Open, StoreError> {
        let (person, channel, server): (i64, i64, i64) = sqlx::query_as(
            "WITH drills AS (SELECT person, place FROM interviews \
              WHERE open = 1 AND sort = 'interview' AND round IS NULL) \
             SELECT (SELECT count(*) FROM drills WHERE person = ?1), \
             (SELECT count(*) FROM drills WHERE place = ?2 OR place >= ?2 || ':' AND place < ?2 || ';'), \
             (SELECT count(*) FROM drills WHERE place >= ?3 || ':' AND place < ?3 || ';')",
        )
        .bind(&person.0)
        .bind(place.channel())
        .bind(place.server())
        .fetch_one(&self.reads)
        .await?;
        let count = |count: i64| usize::try_from(count).unwrap_or(0);
        Ok(Open { person: count(person), channel: count(channel), server: count(server) })
    }

    /// The open interviews of one front end, or all of them.
    pub async fn open_interviews(&self, front: Option<&str>) -> Result<Vec<OpenInterview>, StoreError> {
        let sql = format!(
            "SELECT id, person, version, NOT EXISTS (SELECT 1 FROM outbox \
             WHERE outbox.interview = interviews.id AND status IN ('queued', 'sending')) \
             FROM interviews WHERE open = 1 AND sort = 'interview' AND (?1 IS NULL OR {OF_FRONT}) ORDER BY id"
        );
        let rows = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(front);
        let rows: Vec<(i64, String, i64, bool)> = rows.fetch_all(&self.reads).await?;
        let open = rows.into_iter().map(|(id, person, version, rests)| OpenInterview {
            id: InterviewId(id),
            person: Person(person),
            version,
            rests,
        });
        Ok(open.collect())
    }

    /// The open interviews of a person, and where they are to be found.
    pub async fn open_of(&self, person: &Person) -> Result<Vec<OpenOf>, StoreError> {
        let rows: Vec<(i64, String, i64, Option<String>)> = sqlx::query_as(
            "SELECT id, place, active_at, (SELECT receipt FROM outbox \
             WHERE outbox.interview = interviews.id AND receipt IS NOT NULL ORDER BY seq LIMIT 1) \
             FROM interviews WHERE open = 1 AND sort = 'interview' AND person = ? ORDER BY id",
        )
        .bind(&person.0)
        .fetch_all(&self.reads)
        .await?;
        let open = rows.into_iter().map(|(id, place, active_at, first_receipt)| OpenOf {
            id: InterviewId(id),
            place: Place(place),
            active_at: rows::timestamp(active_at),
            first_receipt,
        });
        Ok(open.collect())
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

    /// The nearest deadline of an interview or a daily.
    pub async fn next_deadline(&self) -> Result<Option<Timestamp>, StoreError> {
        let next = "SELECT min(at) FROM (SELECT min(wake_at) AS at FROM interviews WHERE open = 1 \
                    UNION ALL SELECT min(wake_at) FROM dailies WHERE paused = 0)";
        let at: Option<i64> = sqlx::query_scalar(next).fetch_one(&self.reads).await?;
        Ok(at.map(rows::timestamp))
    }

    /// The posts of a front end that may be sent, or looked for, now: heads of their interviews.
    pub async fn due_posts(&self, front: &str, now: Timestamp) -> Result<Vec<Post>, StoreError> {
        let sql = format!(
            "{POST} WHERE {OF_FRONT} AND outbox.status IN ('queued', 'sending') AND outbox.not_before <= ?2 \
             AND NOT EXISTS (SELECT 1 FROM outbox AS before WHERE before.interview = outbox.interview \
                 AND before.seq < outbox.seq AND before.status IN ('queued', 'sending') AND {WAITED_FOR}) \
             ORDER BY outbox.queued_at, outbox.interview LIMIT ?3"
        );
        let posts = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(front).bind(now.as_millisecond());
        Ok(posts.bind(POSTS_MAX).fetch_all(&self.reads).await?)
    }

    /// When the next post of a front end is due that is not due `now`.
    pub async fn next_post(&self, front: &str, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let sql = format!(
            "SELECT min(outbox.not_before) FROM outbox JOIN interviews ON interviews.id = outbox.interview \
             WHERE {OF_FRONT} AND outbox.status IN ('queued', 'sending') AND outbox.not_before > ?2"
        );
        let at = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(front).bind(now.as_millisecond());
        let at: Option<i64> = at.fetch_one(&self.reads).await?;
        Ok(at.map(rows::timestamp))
    }

    /// All posts of an interview, in order.
    pub async fn posts_of(&self, interview: InterviewId) -> Result<Vec<Post>, StoreError> {
        let sql = format!("{POST} WHERE outbox.interview = ? ORDER BY outbox.seq");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(interview.0).fetch_all(&self.reads).await?)
    }

    /// The messages of an interview that are out, in order, by the platform's ids.
    pub async fn receipts(&self, interview: InterviewId) -> Result<Vec<(Seq, String)>, StoreError> {
        let rows: Vec<(u32, String)> = sqlx::query_as(
            "SELECT seq, receipt FROM outbox WHERE interview = ? AND receipt IS NOT NULL \
             AND way IN ('post', 'under') ORDER BY seq",
        )
        .bind(interview.0)
        .fetch_all(&self.reads)
        .await?;
        Ok(rows.into_iter().map(|(seq, receipt)| (Seq(seq), receipt)).collect())
    }

    /// Whether a post for this person waits for somebody to act.
    pub async fn is_blocked(&self, person: &Person) -> Result<bool, StoreError> {
        let blocked: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM outbox JOIN interviews ON interviews.id = outbox.interview \
             WHERE outbox.blocked > 0 AND outbox.status = 'queued' AND interviews.person = ?)",
        )
        .bind(&person.0)
        .fetch_one(&self.reads)
        .await?;
        Ok(blocked)
    }

    /// What is on its way.
    pub async fn waiting(&self) -> Result<Waiting, StoreError> {
        let (posts, oldest, blocked): (i64, Option<i64>, i64) = sqlx::query_as(
            "SELECT count(*), min(queued_at), count(CASE WHEN blocked > 0 THEN 1 END) FROM outbox \
             WHERE status IN ('queued', 'sending')",
        )
        .fetch_one(&self.reads)
        .await?;
        let count = |count: i64| usize::try_from(count).unwrap_or(0);
        Ok(Waiting { posts: count(posts), oldest: oldest.map(rows::timestamp), blocked: count(blocked) })
    }

    /// Every row about a person.
    pub async fn everything(&self, person: &Person) -> Result<Everything, StoreError> {
        let stored: Vec<StoredInterview> =
            sqlx::query_as("SELECT * FROM interviews WHERE person = ? AND sort = 'interview' ORDER BY id")
                .bind(&person.0)
                .fetch_all(&self.reads)
                .await?;
        let mut interviews = Vec::with_capacity(stored.len());
        for interview in stored {
            let posts = self.posts_of(interview.id).await?;
            interviews.push((interview, posts));
        }
        let records: Vec<(i64, String)> =
            sqlx::query_as("SELECT at, record FROM records WHERE person = ? ORDER BY at, id")
                .bind(&person.0)
                .fetch_all(&self.reads)
                .await?;
        let seen: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT question, trap, at FROM seen WHERE holder = ? ORDER BY at, question, trap",
        )
        .bind(&person.0)
        .fetch_all(&self.reads)
        .await?;
        Ok(Everything {
            hosted: self.hosted(person).await?,
            dailies: self.dailies_by(person).await?,
            interviews,
            records: records.into_iter().map(|(at, record)| (rows::timestamp(at), record)).collect(),
            seen: seen
                .into_iter()
                .map(|(question, trap, at)| (question, trap, rows::timestamp(at)))
                .collect(),
        })
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
