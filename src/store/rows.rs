//! What goes into the store and comes out of it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::core::bank::{QuestionId, TrapId};
use crate::core::card::Way;
use crate::core::daily::DailyId;
use crate::core::interview::{InterviewId, Seq};
use crate::core::whereabouts::{Person, Place};

/// What a row of interviews is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// One person's.
    Interview,
    /// A round, which many people have a part in.
    Round,
}

/// An interview as stored, or a round. Plan and state are JSON; what they mean is not the store's business.
#[derive(Clone, Debug)]
pub struct StoredInterview {
    /// Which one.
    pub id: InterviewId,
    /// Where its cards go.
    pub place: Place,
    /// Where it was asked for.
    pub origin: Place,
    /// Whose it is; a round's host, or nobody.
    pub person: Person,
    /// What it is.
    pub sort: Sort,
    /// The round that it is a part in.
    pub round: Option<InterviewId>,
    /// The daily that the round is of.
    pub daily: Option<DailyId>,
    /// Written once.
    pub plan: String,
    /// Written with every input.
    pub state: String,
    /// How many inputs it took.
    pub version: i64,
    /// Whether anything can still happen to it.
    pub open: bool,
    /// When the last input came.
    pub active_at: Timestamp,
}

/// An open interview in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenInterview {
    /// Which one.
    pub id: InterviewId,
    /// Whose it is.
    pub person: Person,
    /// How many inputs it took.
    pub version: i64,
    /// Whether nothing is on its way, so that it is the candidate's move.
    pub rests: bool,
}

/// An open interview of somebody, and where it is to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenOf {
    /// Which one.
    pub id: InterviewId,
    /// Where its cards go.
    pub place: Place,
    /// When the last input came.
    pub active_at: Timestamp,
    /// The platform's id of the first message that is out.
    pub first_receipt: Option<String>,
}

/// How far a post is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostStatus {
    /// Waiting.
    Queued,
    /// Handed to the platform; the outcome is unknown.
    Sending,
    /// Where the candidate can see it.
    Sent,
    /// Refused by the platform for good.
    Failed,
}

/// A card on its way.
#[derive(Clone, Debug)]
pub struct Post {
    /// Of which interview.
    pub interview: InterviewId,
    /// Its place there.
    pub seq: Seq,
    /// JSON.
    pub card: String,
    /// How far it is.
    pub status: PostStatus,
    /// How often it was handed to the platform.
    pub attempts: u32,
    /// When that was the last time.
    pub tried_at: Option<Timestamp>,
    /// How often in vain it was looked for since then.
    pub looks: u32,
    /// How often in a row only a person could have helped.
    pub blocked: u32,
    /// The platform's id of the message.
    pub receipt: Option<String>,
    /// Where it goes.
    pub place: Place,
    /// Whom it is for.
    pub person: Person,
    /// What it belongs to.
    pub sort: Sort,
    /// The daily that it is of.
    pub daily: Option<DailyId>,
}

/// A card to send.
#[derive(Clone, Debug)]
pub struct NewPost {
    /// Its place in its interview.
    pub seq: Seq,
    /// JSON.
    pub card: String,
    /// How it comes, which decides what waits for what.
    pub way: Way,
    /// Whose it is, if not the interview's.
    pub person: Option<Person>,
}

/// What one input changes. Written as one transaction.
#[derive(Clone, Debug)]
pub struct Change {
    /// The input's key; a second change with the same key does nothing.
    pub key: String,
    /// When the input came.
    pub at: Timestamp,
    /// The interview that took the input.
    pub save: Option<Save>,
    /// The interview that it began.
    pub begin: Option<Begin>,
    /// The date of a daily that it handles. Once a date was handled, nothing begins for it.
    pub handled: Option<Handled>,
}

/// A daily after a date was handled.
#[derive(Clone, Debug)]
pub struct Handled {
    /// Which.
    pub daily: DailyId,
    /// The date, which is handled once and for all.
    pub date: Date,
    /// When it is to be looked at next.
    pub wake_at: Option<Timestamp>,
    /// What went wrong, as JSON.
    pub trouble: Option<String>,
}

/// A daily as stored.
#[derive(Clone, Debug)]
pub struct StoredDaily {
    /// Which.
    pub id: DailyId,
    /// Where it is posted.
    pub channel: Place,
    /// Who is told what goes wrong.
    pub creator: Person,
    /// JSON.
    pub daily: String,
    /// Whether it rests.
    pub paused: bool,
    /// The last date that was handled.
    pub handled: Date,
    /// When it is to be looked at next.
    pub wake_at: Option<Timestamp>,
    /// JSON: what went wrong last.
    pub trouble: Option<String>,
}

/// What became of a daily that was to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavedDaily {
    /// It is stored.
    Saved(DailyId),
    /// Its key was there already.
    Before,
    /// There are as many as a server may have, or it is gone.
    Full,
}

/// A daily as it is to be stored.
#[derive(Clone, Debug)]
pub struct SaveDaily {
    /// Which; `None` for one more.
    pub id: Option<DailyId>,
    /// Whose dailies it belongs to.
    pub server: Place,
    /// Where it is posted.
    pub channel: Place,
    /// Who is told what goes wrong.
    pub creator: Person,
    /// JSON.
    pub daily: String,
    /// Whether it rests.
    pub paused: bool,
    /// The last date that counts as handled.
    pub handled: Date,
    /// The date that is left out with this.
    pub skipped: Option<Date>,
    /// When it is to be looked at next.
    pub wake_at: Option<Timestamp>,
}

/// A running interview after an input.
#[derive(Clone, Debug)]
pub struct Save {
    /// Which one.
    pub id: InterviewId,
    /// The version that the input was applied to.
    pub version: i64,
    /// Whose it is.
    pub person: Person,
    /// A post that is where the candidate can see it.
    pub sent: Option<Sent>,
    /// What is new.
    pub written: Written,
}

/// A post that is where the candidate can see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Which one.
    pub seq: Seq,
    /// The platform's id of the message.
    pub receipt: Option<String>,
    /// Where the interview goes on, if not where it was.
    pub moved: Option<Place>,
}

/// An interview that begins.
#[derive(Clone, Debug)]
pub struct Begin {
    /// Where its cards go.
    pub place: Place,
    /// Where it was asked for.
    pub origin: Place,
    /// Whose it is.
    pub person: Person,
    /// What it is.
    pub sort: Sort,
    /// The round that it is a part in.
    pub round: Option<InterviewId>,
    /// The daily that the round is of.
    pub daily: Option<DailyId>,
    /// Whose bag the questions are out of.
    pub holder: Person,
    /// JSON.
    pub plan: String,
    /// The questions that are out of the bag with it.
    pub questions: Vec<QuestionId>,
    /// The questions that go back into the bag before.
    pub put_back: Vec<QuestionId>,
    /// What is new.
    pub written: Written,
}

/// What every input writes.
#[derive(Clone, Debug)]
pub struct Written {
    /// JSON.
    pub state: String,
    /// Whether anything can still happen.
    pub open: bool,
    /// The next deadline.
    pub wake_at: Option<Timestamp>,
    /// Whether it keeps its channel from having another round.
    pub holds: bool,
    /// Whether what was not sent yet is not to be sent.
    pub drops_queued: bool,
    /// Cards to send.
    pub posts: Vec<NewPost>,
    /// Facts to keep, as JSON.
    pub records: Vec<String>,
    /// Traps for solid answers that were used.
    pub traps: Vec<(QuestionId, TrapId)>,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// It is on disk. The interview that began with it, if one did.
    Done(Option<InterviewId>),
    /// Its key was there already. The interview that the first one led to, which may be gone.
    Duplicate(Option<InterviewId>),
    /// The interview took another input in the meantime; apply the input anew.
    Conflict,
}

/// Why a post that was handed to the platform waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// It did not arrive, and the platform asked for time.
    Asked,
    /// It did not arrive, and will not until somebody acts.
    Blocked,
    /// What became of it is unknown.
    Unclear,
}

/// What is on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Posts.
    pub posts: usize,
    /// Since when the oldest has waited.
    pub oldest: Option<Timestamp>,
    /// Posts that wait for somebody to act.
    pub blocked: usize,
}

/// Every row about a person, as stored.
#[derive(Clone, Debug)]
pub struct Everything {
    /// Rounds that they began: where and when they were last active.
    pub hosted: Vec<(InterviewId, Place, Timestamp)>,
    /// Dailies that they made.
    pub dailies: Vec<StoredDaily>,
    /// Their interviews, each with its posts.
    pub interviews: Vec<(StoredInterview, Vec<Post>)>,
    /// Facts, as JSON, with their times.
    pub records: Vec<(Timestamp, String)>,
    /// What is out of their bag: question, trap (empty for the question itself), and since when.
    pub seen: Vec<(String, String, Timestamp)>,
}

/// What is out of a shuffle bag.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Questions.
    pub questions: BTreeSet<QuestionId>,
    /// The one that came out last.
    pub last: Option<QuestionId>,
    /// Traps for solid answers.
    pub traps: Vec<(QuestionId, TrapId)>,
}

/// A stored time. Out of range only if somebody edited the file by hand; then it is long past.
pub(super) fn timestamp(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

impl<'r> sqlx::FromRow<'r, SqliteRow> for StoredInterview {
    fn from_row(row: &'r SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: InterviewId(row.try_get("id")?),
            place: Place(row.try_get("place")?),
            origin: Place(row.try_get("origin")?),
            person: Person(row.try_get("person")?),
            sort: sort(row)?,
            round: row.try_get::<Option<i64>, _>("round")?.map(InterviewId),
            daily: row.try_get::<Option<i64>, _>("daily")?.map(DailyId),
            plan: row.try_get("plan")?,
            state: row.try_get("state")?,
            version: row.try_get("version")?,
            open: row.try_get("open")?,
            active_at: timestamp(row.try_get("active_at")?),
        })
    }
}

impl<'r> sqlx::FromRow<'r, SqliteRow> for Post {
    fn from_row(row: &'r SqliteRow) -> Result<Self, sqlx::Error> {
        let status = match row.try_get("status")? {
            "queued" => PostStatus::Queued,
            "sending" => PostStatus::Sending,
            "sent" => PostStatus::Sent,
            _ => PostStatus::Failed,
        };
        Ok(Self {
            interview: InterviewId(row.try_get("interview")?),
            seq: Seq(row.try_get("seq")?),
            card: row.try_get("card")?,
            status,
            attempts: row.try_get("attempts")?,
            tried_at: row.try_get::<Option<i64>, _>("tried_at")?.map(timestamp),
            looks: row.try_get("looks")?,
            blocked: row.try_get("blocked")?,
            receipt: row.try_get("receipt")?,
            place: Place(row.try_get("place")?),
            person: Person(row.try_get("whose")?),
            sort: sort(row)?,
            daily: row.try_get::<Option<i64>, _>("daily")?.map(DailyId),
        })
    }
}

impl<'r> sqlx::FromRow<'r, SqliteRow> for StoredDaily {
    fn from_row(row: &'r SqliteRow) -> Result<Self, sqlx::Error> {
        let handled: String = row.try_get("handled")?;
        Ok(Self {
            id: DailyId(row.try_get("id")?),
            channel: Place(row.try_get("channel")?),
            creator: Person(row.try_get("creator")?),
            daily: row.try_get("daily")?,
            paused: row.try_get("paused")?,
            handled: handled.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            wake_at: row.try_get::<Option<i64>, _>("wake_at")?.map(timestamp),
            trouble: row.try_get("trouble")?,
        })
    }
}

fn sort(row: &SqliteRow) -> Result<Sort, sqlx::Error> {
    Ok(match row.try_get("sort")? {
        "round" => Sort::Round,
        _ => Sort::Interview,
    })
}

/// How a way is stored: without the card that it is about, which the card itself knows.
pub(super) fn way(way: Way) -> &'static str {
    match way {
        Way::Post => "post",
        Way::Edit(_) => "edit",
        Way::Thread(_) => "thread",
        Way::Pin(_) => "pin",
        Way::Under(_) => "under",
    }
}
