//! What goes into the store and comes out of it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::core::bank::{QuestionId, TrapId};
use crate::core::interview::{InterviewId, Seq};
use crate::core::whereabouts::{Person, Place};

/// An interview as stored. Plan and state are JSON; what they mean is not the store's business.
#[derive(Clone, Debug)]
pub struct StoredInterview {
    /// Which one.
    pub id: InterviewId,
    /// Where its cards go.
    pub place: Place,
    /// Where it was asked for.
    pub origin: Place,
    /// Whose it is.
    pub person: Person,
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
    /// Cards to send, as JSON.
    pub posts: Vec<(Seq, String)>,
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
            person: Person(row.try_get("person")?),
        })
    }
}
