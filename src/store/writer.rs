//! The one writer. Jobs that wait are committed together, each in a savepoint of its own, so that one
//! flush of the disk serves them all and one that fails takes no other down.

use jiff::Timestamp;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Executor};
use tokio::sync::{mpsc, oneshot};

use super::lock::FileLock;
use super::{Begin, Change, Committed, Save, StoreError, Written};
use crate::core::interview::{InterviewId, Seq};
use crate::core::whereabouts::Person;

/// Jobs that may wait. A full queue makes the callers wait, which is what should happen.
const QUEUE_MAX: usize = 1_000;
/// Jobs committed together at the most; beyond this a flush costs little beside the rows.
const GROUP_MAX: usize = 50;

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

enum Job {
    Commit(Box<Change>, Reply<Committed>),
    MarkSending(InterviewId, Seq, Reply<bool>),
    MarkQueued(InterviewId, Seq, Timestamp, Reply<()>),
    GiveUp(InterviewId, Seq, Reply<()>),
    CountFailure(InterviewId, Reply<u32>),
    SetAside(InterviewId, String, Reply<()>),
    PruneJournal(Timestamp, Reply<()>),
}

/// What comes in over the channel.
enum Message {
    Write(Job),
    /// Write what came before, close the file, and drop the sender.
    Close(oneshot::Sender<()>),
}

/// What a job came to, held back until the group is on disk.
enum Outcome {
    Commit(Reply<Committed>, Result<Committed, sqlx::Error>),
    MarkSending(Reply<bool>, Result<bool, sqlx::Error>),
    CountFailure(Reply<u32>, Result<u32, sqlx::Error>),
    Done(Reply<()>, Result<(), sqlx::Error>),
}

/// A handle on the writer's task. The task ends, and the file lock with it, when the last handle is gone or
/// one of them closes it.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Message>,
}

impl Writer {
    pub(super) fn start(connection: SqliteConnection, lock: FileLock) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE_MAX);
        tokio::spawn(run(connection, queue, lock));
        Self { jobs }
    }

    pub(super) async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        self.ask(|reply| Job::Commit(Box::new(change), reply)).await
    }

    pub(super) async fn mark_sending(&self, interview: InterviewId, seq: Seq) -> Result<bool, StoreError> {
        self.ask(|reply| Job::MarkSending(interview, seq, reply)).await
    }

    pub(super) async fn mark_queued(
        &self,
        id: InterviewId,
        seq: Seq,
        not_before: Timestamp,
    ) -> Result<(), StoreError> {
        self.ask(|reply| Job::MarkQueued(id, seq, not_before, reply)).await
    }

    pub(super) async fn give_up(&self, interview: InterviewId, seq: Seq) -> Result<(), StoreError> {
        self.ask(|reply| Job::GiveUp(interview, seq, reply)).await
    }

    pub(super) async fn count_failure(&self, interview: InterviewId) -> Result<u32, StoreError> {
        self.ask(|reply| Job::CountFailure(interview, reply)).await
    }

    pub(super) async fn set_aside(&self, interview: InterviewId, card: String) -> Result<(), StoreError> {
        self.ask(|reply| Job::SetAside(interview, card, reply)).await
    }

    pub(super) async fn prune_journal(&self, before: Timestamp) -> Result<(), StoreError> {
        self.ask(|reply| Job::PruneJournal(before, reply)).await
    }

    pub(super) async fn close(&self) {
        let (closed, done) = oneshot::channel();
        if self.jobs.send(Message::Close(closed)).await.is_ok() {
            // An error means that the task is gone, which is what was asked for.
            let _ = done.await;
        }
    }

    async fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Message::Write(job(reply))).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

async fn run(mut connection: SqliteConnection, mut queue: mpsc::Receiver<Message>, lock: FileLock) {
    let mut group = Vec::with_capacity(GROUP_MAX);
    let mut closing = None;
    while closing.is_none() && queue.recv_many(&mut group, GROUP_MAX).await > 0 {
        let outcomes = write_group(&mut connection, &mut group, &mut closing).await;
        for outcome in outcomes {
            outcome.reply();
        }
    }
    // The log is folded into the database, so that nothing of what was deleted stays in it.
    let closed = connection.close().await;
    drop(lock);
    drop(closing);
    if let Err(error) = closed {
        tracing::warn!(%error, "the database did not close cleanly; it is repaired at the next start");
    }
}

async fn write_group(
    connection: &mut SqliteConnection,
    group: &mut Vec<Message>,
    closing: &mut Option<oneshot::Sender<()>>,
) -> Vec<Outcome> {
    let begun = connection.execute("BEGIN IMMEDIATE").await.map(drop);
    let mut outcomes = Vec::with_capacity(group.len());
    for message in group.drain(..) {
        match (message, &begun) {
            (Message::Close(closed), _) => *closing = Some(closed),
            (Message::Write(job), Ok(())) => outcomes.push(write(connection, job).await),
            (Message::Write(job), Err(error)) => outcomes.push(job.failed(again(error))),
        }
    }
    if begun.is_ok()
        && let Err(error) = connection.execute("COMMIT").await
    {
        // Nothing of the group is on disk. Where SQLite has rolled back by itself, this fails harmlessly.
        let _ = connection.execute("ROLLBACK").await;
        for outcome in &mut outcomes {
            outcome.fail(&error);
        }
    }
    outcomes
}

async fn write(connection: &mut SqliteConnection, job: Job) -> Outcome {
    match job {
        Job::Commit(change, reply) => Outcome::Commit(reply, in_savepoint(connection, &change).await),
        Job::MarkSending(interview, seq, reply) => {
            let result = sqlx::query(
                "UPDATE outbox SET status = 'sending', attempts = attempts + 1 \
                 WHERE interview = ? AND seq = ? AND status = 'queued'",
            );
            let result = result.bind(interview.0).bind(seq.0).execute(connection).await;
            Outcome::MarkSending(reply, result.map(|done| done.rows_affected() == 1))
        }
        Job::MarkQueued(interview, seq, not_before, reply) => {
            let result = sqlx::query(
                "UPDATE outbox SET status = 'queued', not_before = ? \
                 WHERE interview = ? AND seq = ? AND status = 'sending'",
            );
            let result = result.bind(not_before.as_millisecond()).bind(interview.0).bind(seq.0);
            Outcome::Done(reply, result.execute(connection).await.map(drop))
        }
        Job::GiveUp(interview, seq, reply) => Outcome::Done(reply, give_up(connection, interview, seq).await),
        Job::CountFailure(interview, reply) => {
            let result = sqlx::query_scalar(
                "UPDATE interviews SET failures = failures + 1 WHERE id = ? RETURNING failures",
            );
            Outcome::CountFailure(reply, result.bind(interview.0).fetch_one(connection).await)
        }
        Job::SetAside(interview, card, reply) => {
            Outcome::Done(reply, set_aside(connection, interview, &card).await)
        }
        Job::PruneJournal(before, reply) => {
            let result = sqlx::query("DELETE FROM journal WHERE at < ?").bind(before.as_millisecond());
            Outcome::Done(reply, result.execute(connection).await.map(drop))
        }
    }
}

async fn in_savepoint(connection: &mut SqliteConnection, change: &Change) -> Result<Committed, sqlx::Error> {
    connection.execute("SAVEPOINT change").await?;
    let result = commit(connection, change).await;
    if !matches!(result, Ok(Committed::Done(_))) {
        connection.execute("ROLLBACK TO change").await?;
    }
    connection.execute("RELEASE change").await?;
    result
}

async fn commit(connection: &mut SqliteConnection, change: &Change) -> Result<Committed, sqlx::Error> {
    let at = change.at.as_millisecond();
    let journal = sqlx::query("INSERT INTO journal (key, at) VALUES (?, ?) ON CONFLICT DO NOTHING");
    let journal = journal.bind(&change.key).bind(at).execute(&mut *connection).await?;
    if journal.rows_affected() == 0 {
        return Ok(Committed::Duplicate);
    }
    if let Some(save) = &change.save
        && !update(connection, save, at).await?
    {
        return Ok(Committed::Conflict);
    }
    match &change.begin {
        Some(begin) => Ok(Committed::Done(Some(insert(connection, begin, at).await?))),
        None => Ok(Committed::Done(None)),
    }
}

async fn update(connection: &mut SqliteConnection, save: &Save, at: i64) -> Result<bool, sqlx::Error> {
    let written = &save.written;
    let updated = sqlx::query(
        "UPDATE interviews SET state = ?, version = version + 1, open = ?, wake_at = ?, failures = 0, \
         active_at = max(active_at, ?) WHERE id = ? AND version = ? AND open = 1",
    )
    .bind(&written.state)
    .bind(written.open)
    .bind(written.wake_at.map(Timestamp::as_millisecond))
    .bind(at)
    .bind(save.id.0)
    .bind(save.version)
    .execute(&mut *connection)
    .await?;
    if let Some((seq, receipt)) = &save.sent {
        let sent =
            sqlx::query("UPDATE outbox SET status = 'sent', receipt = ? WHERE interview = ? AND seq = ?");
        sent.bind(receipt).bind(save.id.0).bind(seq.0).execute(&mut *connection).await?;
    }
    // A post of an interview that is over may still arrive; anything else came too late.
    let in_time = updated.rows_affected() == 1;
    if in_time {
        follow_up(connection, save.id, &save.person, written, at).await?;
    } else if save.sent.is_none() || is_open(connection, save.id).await? {
        return Ok(false);
    }
    forget_if_over(connection, save.id).await?;
    Ok(true)
}

async fn is_open(connection: &mut SqliteConnection, id: InterviewId) -> Result<bool, sqlx::Error> {
    let open: Option<bool> = sqlx::query_scalar("SELECT open FROM interviews WHERE id = ?")
        .bind(id.0)
        .fetch_optional(connection)
        .await?;
    Ok(open == Some(true))
}

/// An interview that is over is forgotten, words and all, once its last card is out.
async fn forget_if_over(connection: &mut SqliteConnection, id: InterviewId) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM interviews WHERE id = ?1 AND open = 0 AND NOT EXISTS (\
         SELECT 1 FROM outbox WHERE interview = ?1 AND status IN ('queued', 'sending'))",
    )
    .bind(id.0)
    .execute(connection)
    .await
    .map(drop)
}

async fn insert(
    connection: &mut SqliteConnection,
    begin: &Begin,
    at: i64,
) -> Result<InterviewId, sqlx::Error> {
    let written = &begin.written;
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO interviews (place, person, plan, state, version, open, wake_at, active_at) \
         VALUES (?, ?, ?, ?, 1, ?, ?, ?) RETURNING id",
    )
    .bind(&begin.place.0)
    .bind(&begin.person.0)
    .bind(&begin.plan)
    .bind(&written.state)
    .bind(written.open)
    .bind(written.wake_at.map(Timestamp::as_millisecond))
    .bind(at)
    .fetch_one(&mut *connection)
    .await?;
    for question in &begin.put_back {
        let back = sqlx::query("DELETE FROM seen WHERE holder = ? AND question = ? AND trap = ''");
        back.bind(&begin.person.0).bind(question.as_str()).execute(&mut *connection).await?;
    }
    for question in &begin.questions {
        remember(connection, &begin.person, question.as_str(), "", at).await?;
    }
    follow_up(connection, InterviewId(id), &begin.person, written, at).await?;
    Ok(InterviewId(id))
}

async fn follow_up(
    connection: &mut SqliteConnection,
    id: InterviewId,
    person: &Person,
    written: &Written,
    at: i64,
) -> Result<(), sqlx::Error> {
    for (seq, card) in &written.posts {
        let post =
            sqlx::query("INSERT INTO outbox (interview, seq, card, status) VALUES (?, ?, ?, 'queued')");
        post.bind(id.0).bind(seq.0).bind(card).execute(&mut *connection).await?;
    }
    for record in &written.records {
        let row = sqlx::query("INSERT INTO records (person, at, record) VALUES (?, ?, ?)");
        row.bind(&person.0).bind(at).bind(record).execute(&mut *connection).await?;
    }
    for (question, trap) in &written.traps {
        remember(connection, person, question.as_str(), trap.as_str(), at).await?;
    }
    Ok(())
}

async fn remember(
    connection: &mut SqliteConnection,
    holder: &Person,
    question: &str,
    trap: &str,
    at: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO seen (holder, question, trap, at) VALUES (?, ?, ?, ?) \
         ON CONFLICT DO UPDATE SET at = excluded.at",
    )
    .bind(&holder.0)
    .bind(question)
    .bind(trap)
    .bind(at)
    .execute(connection)
    .await
    .map(drop)
}

/// Nothing after a card that cannot be delivered makes sense, so its interview ends with it.
async fn give_up(connection: &mut SqliteConnection, id: InterviewId, seq: Seq) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE interviews SET open = 0, wake_at = NULL WHERE id = ?")
        .bind(id.0)
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE outbox SET status = 'failed' WHERE interview = ? AND seq >= ?")
        .bind(id.0)
        .bind(seq.0)
        .execute(&mut *connection)
        .await?;
    forget_if_over(connection, id).await
}

async fn set_aside(
    connection: &mut SqliteConnection,
    id: InterviewId,
    card: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE interviews SET open = 0, wake_at = NULL WHERE id = ?")
        .bind(id.0)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "INSERT INTO outbox (interview, seq, card, status) \
         SELECT ?1, coalesce(max(seq), 0) + 1, ?2, 'queued' FROM outbox WHERE interview = ?1",
    )
    .bind(id.0)
    .bind(card)
    .execute(connection)
    .await
    .map(drop)
}

impl Job {
    fn failed(self, error: sqlx::Error) -> Outcome {
        match self {
            Job::Commit(_, reply) => Outcome::Commit(reply, Err(error)),
            Job::MarkSending(_, _, reply) => Outcome::MarkSending(reply, Err(error)),
            Job::CountFailure(_, reply) => Outcome::CountFailure(reply, Err(error)),
            Job::MarkQueued(_, _, _, reply)
            | Job::GiveUp(_, _, reply)
            | Job::SetAside(_, _, reply)
            | Job::PruneJournal(_, reply) => Outcome::Done(reply, Err(error)),
        }
    }
}

impl Outcome {
    fn fail(&mut self, error: &sqlx::Error) {
        match self {
            Outcome::Commit(_, result) => *result = Err(again(error)),
            Outcome::MarkSending(_, result) => *result = Err(again(error)),
            Outcome::CountFailure(_, result) => *result = Err(again(error)),
            Outcome::Done(_, result) => *result = Err(again(error)),
        }
    }

    /// Tells the caller. One that has stopped listening loses nothing: its job is on disk.
    fn reply(self) {
        match self {
            Outcome::Commit(reply, result) => drop(reply.send(result.map_err(StoreError::Sql))),
            Outcome::MarkSending(reply, result) => drop(reply.send(result.map_err(StoreError::Sql))),
            Outcome::CountFailure(reply, result) => drop(reply.send(result.map_err(StoreError::Sql))),
            Outcome::Done(reply, result) => drop(reply.send(result.map_err(StoreError::Sql))),
        }
    }
}

/// One failure of a group is told to each of its callers.
fn again(error: &sqlx::Error) -> sqlx::Error {
    sqlx::Error::Protocol(error.to_string())
}
