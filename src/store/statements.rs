//! What the writer does to the tables: each function is one write, whole or not at all.

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::Executor;
use sqlx::sqlite::SqliteConnection;

use super::{
    Begin, Change, Committed, Delay, Handled, NewPost, Save, SaveDaily, Sort, Written, dailies, rows,
};
use crate::core::card::Way;
use crate::core::daily::DailyId;
use crate::core::interview::{InterviewId, Seq};
use crate::core::whereabouts::{Person, Place};

/// A write that is no input.
#[derive(Debug)]
pub(super) enum Write {
    MarkSending(InterviewId, Seq, Timestamp),
    Tried(InterviewId, Seq, Timestamp),
    PutOff(InterviewId, Seq, Timestamp, Delay),
    LookAgain(Timestamp),
    Unblock(Person),
    GiveUp(InterviewId, Seq),
    LeaveOut(InterviewId, Seq),
    Sent(InterviewId, Seq, Option<String>),
    Remove(InterviewId),
    RemoveEarlier(InterviewId, Person, InterviewId),
    Rewrite(Box<Rewritten>),
    SaveDaily(String, Timestamp, Box<SaveDaily>),
    RemoveDaily(DailyId),
    DailyTrouble(DailyId, Option<String>),
    WakeDaily(DailyId, Timestamp),
    Wake(InterviewId, Timestamp),
    PruneDates(Date),
    CountFailure(InterviewId),
    SetAside(InterviewId, String),
    CloseWithin(Place),
    PruneJournal(Timestamp),
    Alive(Timestamp, String),
}

/// A round of which somebody was forgotten.
#[derive(Debug)]
pub(super) struct Rewritten {
    pub(super) id: InterviewId,
    pub(super) version: i64,
    pub(super) plan: String,
    pub(super) state: String,
    pub(super) wake_at: Option<Timestamp>,
}

/// Does one write and says how many rows it met, or what it counted.
pub(super) async fn write(connection: &mut SqliteConnection, write: &Write) -> Result<u64, sqlx::Error> {
    match write {
        Write::MarkSending(id, seq, now) => mark_sending(connection, *id, *seq, *now).await,
        Write::Tried(id, seq, now) => {
            let tried = sqlx::query("UPDATE outbox SET tried_at = ? WHERE interview = ? AND seq = ?");
            let tried = tried.bind(now.as_millisecond()).bind(id.0).bind(seq.0);
            Ok(tried.execute(connection).await?.rows_affected())
        }
        Write::PutOff(id, seq, until, delay) => put_off(connection, *id, *seq, *until, *delay).await,
        Write::LookAgain(soon) => {
            let again = "UPDATE outbox SET not_before = iif(status = 'sending', 0, min(not_before, ?)) \
                         WHERE status = 'sending' OR (status = 'queued' AND blocked = 0)";
            let again = sqlx::query(again).bind(soon.as_millisecond());
            Ok(again.execute(connection).await?.rows_affected())
        }
        Write::Unblock(person) => unblock(connection, person).await,
        Write::GiveUp(id, seq) => give_up(connection, *id, *seq).await,
        Write::LeaveOut(id, seq) => leave_out(connection, *id, *seq).await,
        Write::Sent(id, seq, receipt) => sent(connection, *id, *seq, receipt.as_deref()).await,
        Write::Remove(id) => {
            let remove = sqlx::query("DELETE FROM interviews WHERE id = ?").bind(id.0);
            Ok(remove.execute(connection).await?.rows_affected())
        }
        Write::RemoveEarlier(round, person, part) => {
            let remove = sqlx::query("DELETE FROM interviews WHERE round = ? AND person = ? AND id < ?");
            let remove = remove.bind(round.0).bind(&person.0).bind(part.0);
            Ok(remove.execute(connection).await?.rows_affected())
        }
        Write::Rewrite(rewritten) => rewrite(connection, rewritten).await,
        Write::SaveDaily(key, at, save) => dailies::save(connection, key, *at, save).await,
        Write::RemoveDaily(id) => {
            let remove = sqlx::query("DELETE FROM dailies WHERE id = ?").bind(id.0);
            Ok(remove.execute(connection).await?.rows_affected())
        }
        Write::DailyTrouble(id, trouble) => {
            let note = sqlx::query("UPDATE dailies SET trouble = ? WHERE id = ?").bind(trouble).bind(id.0);
            Ok(note.execute(connection).await?.rows_affected())
        }
        Write::WakeDaily(id, at) => {
            let wake = sqlx::query("UPDATE dailies SET wake_at = ? WHERE id = ? AND paused = 0");
            let wake = wake.bind(at.as_millisecond()).bind(id.0);
            Ok(wake.execute(connection).await?.rows_affected())
        }
        Write::Wake(id, at) => {
            let wake = sqlx::query("UPDATE interviews SET wake_at = ? WHERE id = ? AND open = 1");
            let wake = wake.bind(at.as_millisecond()).bind(id.0);
            Ok(wake.execute(connection).await?.rows_affected())
        }
        Write::PruneDates(before) => {
            let prune = sqlx::query("DELETE FROM daily_dates WHERE date < ?").bind(before.to_string());
            Ok(prune.execute(connection).await?.rows_affected())
        }
        Write::CountFailure(id) => {
            let count = "UPDATE interviews SET failures = failures + 1 WHERE id = ? RETURNING failures";
            let failures: Option<i64> =
                sqlx::query_scalar(count).bind(id.0).fetch_optional(connection).await?;
            Ok(failures.and_then(|failures| u64::try_from(failures).ok()).unwrap_or(0))
        }
        Write::SetAside(id, card) => set_aside(connection, *id, card).await,
        Write::CloseWithin(place) => close_within(connection, place).await,
        Write::PruneJournal(before) => {
            let prune = sqlx::query("DELETE FROM journal WHERE at < ?").bind(before.as_millisecond());
            Ok(prune.execute(connection).await?.rows_affected())
        }
        Write::Alive(now, health) => {
            let alive = "INSERT INTO process (id, alive_at, health) VALUES (1, ?, ?) \
                         ON CONFLICT DO UPDATE SET alive_at = excluded.alive_at, health = excluded.health";
            let alive = sqlx::query(alive).bind(now.as_millisecond()).bind(health);
            Ok(alive.execute(connection).await?.rows_affected())
        }
    }
}

/// Writes what one input led to.
pub(super) async fn commit(
    connection: &mut SqliteConnection,
    change: &Change,
) -> Result<Committed, sqlx::Error> {
    let at = change.at.as_millisecond();
    let led_to = change.save.as_ref().map(|save| save.id.0);
    let journal =
        sqlx::query("INSERT INTO journal (key, at, interview) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
    let journal = journal.bind(&change.key).bind(at).bind(led_to).execute(&mut *connection).await?;
    if journal.rows_affected() == 0 {
        let first: Option<i64> = sqlx::query_scalar("SELECT interview FROM journal WHERE key = ?")
            .bind(&change.key)
            .fetch_one(connection)
            .await?;
        return Ok(Committed::Duplicate(first.map(InterviewId)));
    }
    if let Some(save) = &change.save
        && !update(connection, save, at).await?
    {
        return Ok(Committed::Conflict);
    }
    if let Some(handled) = &change.handled
        && !handle(connection, handled).await?
    {
        return Ok(Committed::Done(None));
    }
    let Some(begin) = &change.begin else { return Ok(Committed::Done(None)) };
    let Some(id) = insert(connection, begin, at).await? else { return Ok(Committed::Conflict) };
    let led_to = sqlx::query("UPDATE journal SET interview = ? WHERE key = ?");
    led_to.bind(id.0).bind(&change.key).execute(connection).await?;
    Ok(Committed::Done(Some(id)))
}

/// Removes every row of a person; their keys too, should a front end have put their name into one. Returns how
/// many rows there were.
pub(super) async fn forget(connection: &mut SqliteConnection, person: &Person) -> Result<u64, sqlx::Error> {
    // The platform's own id of a person is what stands behind the front end's name.
    let id = person.0.split_once(':').map_or(person.0.as_str(), |(_, id)| id);
    let mut rows = 0;
    for delete in [
        "DELETE FROM interviews WHERE person = ?1 AND sort = 'interview'",
        "UPDATE interviews SET person = '' WHERE person = ?1",
        "DELETE FROM outbox WHERE person = ?1",
        "UPDATE dailies SET creator = '' WHERE creator = ?1",
        "DELETE FROM records WHERE person = ?1",
        "DELETE FROM seen WHERE holder = ?1",
        "DELETE FROM journal WHERE instr(key, ?1) OR instr(':' || key || ':', ':' || ?2 || ':')",
    ] {
        rows += sqlx::query(delete).bind(&person.0).bind(id).execute(&mut *connection).await?.rows_affected();
    }
    Ok(rows)
}

async fn mark_sending(
    connection: &mut SqliteConnection,
    id: InterviewId,
    seq: Seq,
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    let marked = sqlx::query(
        "UPDATE outbox SET status = 'sending', attempts = attempts + 1, tried_at = ?, looks = 0, not_before = 0 \
         WHERE interview = ? AND seq = ? AND status = 'queued'",
    );
    let marked = marked.bind(now.as_millisecond()).bind(id.0).bind(seq.0);
    Ok(marked.execute(connection).await?.rows_affected())
}

async fn put_off(
    connection: &mut SqliteConnection,
    id: InterviewId,
    seq: Seq,
    until: Timestamp,
    delay: Delay,
) -> Result<u64, sqlx::Error> {
    let put_off = sqlx::query(match delay {
        Delay::Asked => {
            "UPDATE outbox SET not_before = ?, status = 'queued' \
             WHERE interview = ? AND seq = ? AND status = 'sending'"
        }
        Delay::Blocked => {
            "UPDATE outbox SET not_before = ?, status = 'queued', blocked = blocked + 1 \
             WHERE interview = ? AND seq = ? AND status = 'sending'"
        }
        Delay::Unclear => {
            "UPDATE outbox SET not_before = ?, looks = looks + 1 \
             WHERE interview = ? AND seq = ? AND status = 'sending'"
        }
    });
    let put_off = put_off.bind(until.as_millisecond()).bind(id.0).bind(seq.0);
    Ok(put_off.execute(connection).await?.rows_affected())
}

/// The tries are counted from here on again; that the person was told stays known.
async fn unblock(connection: &mut SqliteConnection, person: &Person) -> Result<u64, sqlx::Error> {
    let unblock = sqlx::query(
        "UPDATE outbox SET not_before = 0, blocked = 1 WHERE blocked > 0 AND status = 'queued' \
         AND interview IN (SELECT id FROM interviews WHERE person = ?)",
    );
    Ok(unblock.bind(&person.0).execute(connection).await?.rows_affected())
}

async fn update(connection: &mut SqliteConnection, save: &Save, at: i64) -> Result<bool, sqlx::Error> {
    let written = &save.written;
    let updated = sqlx::query(
        "UPDATE interviews SET state = ?, version = version + 1, open = ?, \
         holds = CASE WHEN ? THEN holds END, wake_at = ?, failures = 0, \
         active_at = max(active_at, ?) WHERE id = ? AND version = ? AND open = 1",
    )
    .bind(&written.state)
    .bind(written.open)
    .bind(written.holds)
    .bind(written.wake_at.map(Timestamp::as_millisecond))
    .bind(at)
    .bind(save.id.0)
    .bind(save.version)
    .execute(&mut *connection)
    .await?;
    // A post of an interview that is over may still arrive; anything else came too late.
    let in_time = updated.rows_affected() == 1;
    if !in_time && (save.sent.is_none() || is_open(connection, save.id).await?) {
        return Ok(false);
    }
    mark_sent(connection, save).await?;
    if in_time && written.drops_queued {
        let drop =
            sqlx::query("UPDATE outbox SET status = 'failed' WHERE interview = ? AND status = 'queued'");
        drop.bind(save.id.0).execute(&mut *connection).await?;
    }
    if in_time {
        follow_up(connection, save.id, &save.person, written, at).await?;
    }
    forget_if_over(connection, save.id).await?;
    Ok(true)
}

async fn mark_sent(connection: &mut SqliteConnection, save: &Save) -> Result<(), sqlx::Error> {
    let Some(sent) = &save.sent else { return Ok(()) };
    sqlx::query(
        "UPDATE outbox SET status = 'sent', receipt = ?, blocked = 0 WHERE interview = ? AND seq = ?",
    )
    .bind(&sent.receipt)
    .bind(save.id.0)
    .bind(sent.seq.0)
    .execute(&mut *connection)
    .await?;
    let Some(place) = &sent.moved else { return Ok(()) };
    let moved = sqlx::query("UPDATE interviews SET place = ? WHERE id = ?");
    moved.bind(&place.0).bind(save.id.0).execute(connection).await.map(drop)
}

async fn is_open(connection: &mut SqliteConnection, id: InterviewId) -> Result<bool, sqlx::Error> {
    let open: Option<bool> = sqlx::query_scalar("SELECT open FROM interviews WHERE id = ?")
        .bind(id.0)
        .fetch_optional(connection)
        .await?;
    Ok(open == Some(true))
}

/// An interview that is over is forgotten, words and all, once its last card is out. One that is a part in a
/// round is kept with it, since its person may still want to see or to show it.
async fn forget_if_over(connection: &mut SqliteConnection, id: InterviewId) -> Result<u64, sqlx::Error> {
    let forget = sqlx::query(
        "DELETE FROM interviews WHERE id = ?1 AND open = 0 AND round IS NULL AND NOT EXISTS (\
         SELECT 1 FROM outbox WHERE interview = ?1 AND status IN ('queued', 'sending'))",
    );
    Ok(forget.bind(id.0).execute(connection).await?.rows_affected())
}

async fn insert(
    connection: &mut SqliteConnection,
    begin: &Begin,
    at: i64,
) -> Result<Option<InterviewId>, sqlx::Error> {
    let written = &begin.written;
    // A channel has room for one open round.
    let id: Option<i64> = sqlx::query_scalar(
        "INSERT INTO interviews (sort, round, daily, holds, place, origin, person, plan, state, version, open, \
         wake_at, active_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(match begin.sort {
        Sort::Interview => "interview",
        Sort::Round => "round",
    })
    .bind(begin.round.map(|round| round.0))
    .bind(begin.daily.map(|daily| daily.0))
    .bind(written.holds.then_some(&begin.place.0))
    .bind(&begin.place.0)
    .bind(&begin.origin.0)
    .bind(&begin.person.0)
    .bind(&begin.plan)
    .bind(&written.state)
    .bind(written.open)
    .bind(written.wake_at.map(Timestamp::as_millisecond))
    .bind(at)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(id) = id else { return Ok(None) };
    for question in &begin.put_back {
        let back = sqlx::query("DELETE FROM seen WHERE holder = ? AND question = ? AND trap = ''");
        back.bind(&begin.holder.0).bind(question.as_str()).execute(&mut *connection).await?;
    }
    for question in &begin.questions {
        remember(connection, &begin.holder, question.as_str(), "", at).await?;
    }
    follow_up(connection, InterviewId(id), &begin.person, written, at).await?;
    Ok(Some(InterviewId(id)))
}

async fn follow_up(
    connection: &mut SqliteConnection,
    id: InterviewId,
    person: &Person,
    written: &Written,
    at: i64,
) -> Result<(), sqlx::Error> {
    for post in &written.posts {
        queue(connection, id, post, at).await?;
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

async fn queue(
    connection: &mut SqliteConnection,
    id: InterviewId,
    post: &NewPost,
    at: i64,
) -> Result<(), sqlx::Error> {
    let way = rows::way(post.way);
    if matches!(post.way, Way::Edit(_)) {
        // What an older edit would have said is old.
        let old = "DELETE FROM outbox WHERE interview = ? AND way = ? AND status = 'queued'";
        sqlx::query(old).bind(id.0).bind(way).execute(&mut *connection).await?;
    }
    let queue = sqlx::query(
        "INSERT INTO outbox (interview, seq, card, way, person, status, queued_at) \
         VALUES (?, ?, ?, ?, ?, 'queued', ?)",
    );
    let queue = queue.bind(id.0).bind(post.seq.0).bind(&post.card).bind(way);
    let person = post.person.as_ref().map(|person| &person.0);
    queue.bind(person).bind(at).execute(connection).await.map(drop)
}

/// Whether the date was still to be handled. Either way the daily knows of it from here on; but for one that
/// was paused in the meantime, which has no dates.
async fn handle(connection: &mut SqliteConnection, handled: &Handled) -> Result<bool, sqlx::Error> {
    let date = handled.date.to_string();
    let key = sqlx::query(
        "INSERT INTO daily_dates (daily, date) SELECT id, ?2 FROM dailies WHERE id = ?1 AND paused = 0 \
                           ON CONFLICT DO NOTHING",
    );
    let key = key.bind(handled.daily.0).bind(&date).execute(&mut *connection).await?;
    let daily = sqlx::query(
        "UPDATE dailies SET handled = ?2, wake_at = ?3, trouble = ?4 WHERE id = ?1 AND paused = 0",
    );
    let daily = daily.bind(handled.daily.0).bind(&date);
    let daily = daily.bind(handled.wake_at.map(Timestamp::as_millisecond)).bind(&handled.trouble);
    daily.execute(connection).await?;
    Ok(key.rows_affected() == 1)
}

/// A step without which the rest goes on.
async fn leave_out(connection: &mut SqliteConnection, id: InterviewId, seq: Seq) -> Result<u64, sqlx::Error> {
    let left = sqlx::query("UPDATE outbox SET status = 'failed' WHERE interview = ? AND seq = ?");
    left.bind(id.0).bind(seq.0).execute(&mut *connection).await?;
    forget_if_over(connection, id).await
}

/// A card that nothing hangs on but that it is out. An edit leaves no row: the next one says it all.
async fn sent(
    connection: &mut SqliteConnection,
    id: InterviewId,
    seq: Seq,
    receipt: Option<&str>,
) -> Result<u64, sqlx::Error> {
    let sent = sqlx::query(
        "UPDATE outbox SET status = 'sent', receipt = ?, blocked = 0 WHERE interview = ? AND seq = ?",
    );
    sent.bind(receipt).bind(id.0).bind(seq.0).execute(&mut *connection).await?;
    let edit = sqlx::query("DELETE FROM outbox WHERE interview = ? AND seq = ? AND way = 'edit'");
    edit.bind(id.0).bind(seq.0).execute(&mut *connection).await?;
    forget_if_over(connection, id).await
}

async fn rewrite(connection: &mut SqliteConnection, one: &Rewritten) -> Result<u64, sqlx::Error> {
    let rewrite = sqlx::query(
        "UPDATE interviews SET plan = ?, state = ?, wake_at = ?, version = version + 1 \
         WHERE id = ? AND version = ?",
    );
    let rewrite = rewrite.bind(&one.plan).bind(&one.state);
    let rewrite = rewrite.bind(one.wake_at.map(Timestamp::as_millisecond)).bind(one.id.0).bind(one.version);
    Ok(rewrite.execute(connection).await?.rows_affected())
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
async fn give_up(connection: &mut SqliteConnection, id: InterviewId, seq: Seq) -> Result<u64, sqlx::Error> {
    close(connection, id).await?;
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
) -> Result<u64, sqlx::Error> {
    close(connection, id).await?;
    let farewell = sqlx::query(
        "INSERT INTO outbox (interview, seq, card, status, queued_at) \
         SELECT ?1, coalesce((SELECT max(seq) FROM outbox WHERE interview = ?1), 0) + 1, ?2, 'queued', active_at \
         FROM interviews WHERE id = ?1",
    );
    Ok(farewell.bind(id.0).bind(card).execute(connection).await?.rows_affected())
}

async fn close(connection: &mut SqliteConnection, id: InterviewId) -> Result<(), sqlx::Error> {
    let close = sqlx::query("UPDATE interviews SET open = 0, wake_at = NULL, holds = NULL WHERE id = ?");
    close.bind(id.0).execute(connection).await.map(drop)
}

/// There is nowhere to say anything about these interviews, so nothing of them is kept.
async fn close_within(connection: &mut SqliteConnection, place: &Place) -> Result<u64, sqlx::Error> {
    let within = sqlx::query(
        "DELETE FROM interviews WHERE place = ?1 OR substr(place, 1, length(?1) + 1) = ?1 || ':' \
         OR substr(person, 1, length(?1) + 1) = ?1 || ':'",
    );
    Ok(within.bind(&place.0).execute(connection).await?.rows_affected())
}

/// One write in a savepoint of its own, so that one that fails takes no other down.
pub(super) async fn savepoint(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    connection.execute("SAVEPOINT one").await.map(drop)
}

/// Keeps or undoes what was written since the savepoint.
pub(super) async fn release(connection: &mut SqliteConnection, keep: bool) -> Result<(), sqlx::Error> {
    if !keep {
        connection.execute("ROLLBACK TO one").await?;
    }
    connection.execute("RELEASE one").await.map(drop)
}
