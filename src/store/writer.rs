//! The one writer. Jobs that wait are committed together, each in a savepoint of its own, so that one
//! flush of the disk serves them all and one that fails takes no other down.

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Executor};
use tokio::sync::{mpsc, oneshot};

use super::lock::FileLock;
use super::statements::{self, Write};
use super::{Change, Committed, StoreError};
use crate::core::whereabouts::Person;

/// Jobs that may wait. A full queue makes the callers wait, which is what should happen.
const QUEUE_MAX: usize = 1_000;
/// Jobs committed together at the most; beyond this a flush costs little beside the rows.
const GROUP_MAX: usize = 50;

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What comes in over the channel.
enum Message {
    Commit(Box<Change>, Reply<Committed>),
    Write(Write, Reply<u64>),
    /// Remove a person from the files. It is done between two groups, since it rewrites the file; once for all
    /// who ask for it at the same time.
    Forget(Person, Reply<()>),
    /// Write what came before, close the file, and drop the sender.
    Close(oneshot::Sender<()>),
}

/// What a job came to, held back until the group is on disk.
enum Outcome {
    Commit(Reply<Committed>, Result<Committed, sqlx::Error>),
    Write(Reply<u64>, Result<u64, sqlx::Error>),
}

/// What is left to do when a group is on disk.
#[derive(Default)]
struct After {
    forget: Vec<(Person, Reply<()>)>,
    close: Option<oneshot::Sender<()>>,
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
        self.ask(|reply| Message::Commit(Box::new(change), reply)).await
    }

    pub(super) async fn write(&self, write: Write) -> Result<u64, StoreError> {
        self.ask(|reply| Message::Write(write, reply)).await
    }

    pub(super) async fn forget(&self, person: Person) -> Result<(), StoreError> {
        self.ask(|reply| Message::Forget(person, reply)).await
    }

    pub(super) async fn close(&self) {
        let (closed, done) = oneshot::channel();
        if self.jobs.send(Message::Close(closed)).await.is_ok() {
            // An error means that the task is gone, which is what was asked for.
            let _ = done.await;
        }
    }

    async fn ask<T>(&self, message: impl FnOnce(Reply<T>) -> Message) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(message(reply)).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

async fn run(mut connection: SqliteConnection, mut queue: mpsc::Receiver<Message>, lock: FileLock) {
    let mut group = Vec::with_capacity(GROUP_MAX);
    let mut after = After::default();
    // After a crash it is not known whether a file was being written anew.
    let mut unfinished = true;
    while after.close.is_none() && queue.recv_many(&mut group, GROUP_MAX).await > 0 {
        for outcome in write_group(&mut connection, &mut group, &mut after).await {
            outcome.reply();
        }
        if !after.forget.is_empty() {
            let (people, replies): (Vec<_>, Vec<_>) = after.forget.drain(..).unzip();
            let forgotten = forget(&mut connection, &people, &mut unfinished).await;
            for reply in replies {
                // Whoever has stopped listening loses nothing: it is done.
                let _ = reply.send(match &forgotten {
                    Err(StoreError::Sql(error)) => Err(StoreError::Sql(again(error))),
                    Err(_) => Err(StoreError::Busy),
                    Ok(()) => Ok(()),
                });
            }
        }
    }
    // The log is folded into the database, so that nothing of what was deleted stays in it.
    let closed = connection.close().await;
    drop(lock);
    drop(after);
    if let Err(error) = closed {
        tracing::warn!(%error, "the database did not close cleanly; it is repaired at the next start");
    }
}

async fn write_group(
    connection: &mut SqliteConnection,
    group: &mut Vec<Message>,
    after: &mut After,
) -> Vec<Outcome> {
    let begun = connection.execute("BEGIN IMMEDIATE").await.map(drop);
    let mut outcomes = Vec::with_capacity(group.len());
    for message in group.drain(..) {
        match message {
            Message::Commit(change, reply) => {
                let result = match &begun {
                    Ok(()) => commit(connection, &change).await,
                    Err(error) => Err(again(error)),
                };
                outcomes.push(Outcome::Commit(reply, result));
            }
            Message::Write(job, reply) => {
                let result = match &begun {
                    Ok(()) => write(connection, &job).await,
                    Err(error) => Err(again(error)),
                };
                outcomes.push(Outcome::Write(reply, result));
            }
            Message::Forget(person, reply) => after.forget.push((person, reply)),
            Message::Close(closed) => after.close = Some(closed),
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

async fn commit(connection: &mut SqliteConnection, change: &Change) -> Result<Committed, sqlx::Error> {
    statements::savepoint(connection).await?;
    let result = statements::commit(connection, change).await;
    statements::release(connection, matches!(result, Ok(Committed::Done(_)))).await?;
    result
}

async fn write(connection: &mut SqliteConnection, job: &Write) -> Result<u64, sqlx::Error> {
    statements::savepoint(connection).await?;
    let result = statements::write(connection, job).await;
    statements::release(connection, result.is_ok()).await?;
    result
}

/// Deletes the rows, and then everything that deleted rows leave behind: pages that SQLite has moved cells out
/// of (so the file is written anew) and the log (so it is folded in and cut to nothing). Where nothing was kept,
/// nothing is left behind, unless an earlier try ended half-way.
async fn forget(
    connection: &mut SqliteConnection,
    people: &[Person],
    unfinished: &mut bool,
) -> Result<(), StoreError> {
    let mut transaction = connection.begin().await?;
    for person in people {
        *unfinished |= statements::forget(&mut transaction, person).await? > 0;
    }
    transaction.commit().await?;
    if !*unfinished {
        return Ok(());
    }
    connection.execute("VACUUM").await?;
    // Waits for readers, as long as any other statement does.
    let busy: i64 = sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(connection).await?;
    *unfinished = busy != 0;
    if busy == 0 { Ok(()) } else { Err(StoreError::Busy) }
}

impl Outcome {
    fn fail(&mut self, error: &sqlx::Error) {
        match self {
            Outcome::Commit(_, result) => *result = Err(again(error)),
            Outcome::Write(_, result) => *result = Err(again(error)),
        }
    }

    /// Tells the caller. One that has stopped listening loses nothing: its job is on disk.
    fn reply(self) {
        match self {
            Outcome::Commit(reply, result) => drop(reply.send(result.map_err(StoreError::Sql))),
            Outcome::Write(reply, result) => drop(reply.send(result.map_err(StoreError::Sql))),
        }
    }
}

/// One failure of a group is told to each of its callers.
fn again(error: &sqlx::Error) -> sqlx::Error {
    sqlx::Error::Protocol(error.to_string())
}
