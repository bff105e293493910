//! The front ends, and the port between them and the engine.
//!
//! A front end translates and does I/O, nothing else: it gets an [`Inbox`] and is called to deliver cards.
//! It never imports the store, the engine or another front end.

pub mod discord;
mod hints;
mod press;
pub mod slack;
pub mod terminal;
mod text;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, oneshot};

use crate::core::card::{Button, Card};
use crate::core::choose::Filter;
use crate::core::daily::{DailyId, Unclear, Wish};
use crate::core::interview::{InterviewId, Mode, Seq};
use crate::core::progress::Progress;
use crate::core::quota::Excess;
use crate::core::round::{Control, Note};
use crate::core::say;
pub use crate::core::whereabouts::{Obstacle, Person, Place};

/// Something for the engine.
#[derive(Debug)]
pub enum Incoming {
    /// A person did something.
    Did(Did),
    /// A place is gone, with every place and everybody in it: all their open interviews are closed, without a
    /// word.
    Gone {
        /// The place, or what its names begin with, such as `discord:41771983423143937` for a server.
        place: Place,
        /// Told once that is on disk.
        done: Reply<()>,
    },
    /// A person wants everything about them removed.
    Forget {
        /// Who.
        person: Person,
        /// Told once nothing of it can be found in the files.
        done: Reply<()>,
    },
    /// A person wants to see a card again, or to answer it.
    Look {
        /// Of which interview.
        interview: InterviewId,
        /// Which card.
        on: Seq,
        /// Who.
        person: Person,
        /// Gets the card, and whether it still can be answered.
        done: Reply<Look>,
    },
    /// A front end may have missed what people did, and is asked for it with [`Front::missed`].
    CatchUp {
        /// Its name.
        front: &'static str,
        /// Told once nothing that its people do from here on can get ahead of what was missed.
        done: Reply<()>,
    },
    /// A person wants to know what they have going.
    Overview {
        /// Who.
        person: Person,
        /// Gets it.
        done: Reply<Overview>,
    },
    /// A person wants to see or change the dailies of a server.
    Daily(AboutDaily),
    /// A person wants to have everything about them.
    Export {
        /// Who.
        person: Person,
        /// Gets it as one JSON document.
        done: Reply<String>,
    },
}

/// Where an answer goes.
pub type Reply<T> = oneshot::Sender<Result<T, Refusal>>;

/// Something that a person did.
#[derive(Debug)]
pub struct Did {
    /// Names it on its platform: the same event delivered twice has the same key. It holds neither words nor
    /// the name of the person.
    pub key: String,
    /// The platform's own time of it.
    pub at: Timestamp,
    /// Who did it.
    pub person: Person,
    /// Where.
    pub place: Place,
    /// What they did.
    pub what: What,
    /// Told once it is on disk, which is when the platform may be told too.
    pub done: Reply<Taken>,
}

/// What somebody wants of the dailies of a server.
#[derive(Debug)]
pub struct AboutDaily {
    /// As in [`Did`].
    pub key: String,
    /// As in [`Did`].
    pub at: Timestamp,
    /// Who.
    pub person: Person,
    /// The channel where it was asked for; the dailies are those of its server.
    pub place: Place,
    /// Whether the platform says, at this very call, that they may manage the server. Nothing is done without.
    pub manages: bool,
    /// What they want.
    pub wanted: DailyWanted,
    /// Told once it is on disk.
    pub done: Reply<Dailies>,
}

/// What somebody wants of the dailies of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DailyWanted {
    /// One more, in this channel.
    Add {
        /// The channel that it is posted in.
        channel: Place,
        /// What is wanted; it needs a time and a zone.
        wish: Wish,
    },
    /// To see them all.
    List,
    /// To choose one of them: what they are called, and nothing that takes looking up.
    Choose,
    /// Another channel, or other details.
    Edit {
        /// Which.
        daily: DailyId,
        /// The channel; `None` for the same.
        channel: Option<Place>,
        /// What is to change.
        wish: Wish,
    },
    /// No posts until it is resumed.
    Pause(DailyId),
    /// Posts again; those that were due meanwhile are not made up for.
    Resume(DailyId),
    /// To leave out the next post.
    Skip(DailyId),
    /// To have it no more. A round of it that is open goes on.
    Remove(DailyId),
}

/// The dailies of a server, for whoever asked alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Dailies {
    /// What was done, when it comes next, and what there is to know.
    pub card: Card,
    /// All of them, in short, to choose from.
    pub all: Vec<(DailyId, String)>,
}

/// A card, looked at again.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// The card.
    pub card: Delivery,
    /// [`Outcome::Done`] if it can be answered, else why not.
    pub outcome: Outcome,
}

/// What a person has going, and what came of it so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overview {
    /// The card at which each open interview stands.
    pub open: Vec<Delivery>,
    /// What came of those before.
    pub progress: Progress,
}

/// An open interview, for a front end that looks for what it missed there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Where.
    pub place: Place,
    /// Whose.
    pub person: Person,
    /// The platform's id of its first message: what is older has nothing to do with it. What was heard since
    /// is known by its key. `None` if no message is known to be out.
    pub since: Option<String>,
    /// When it was last heard of its person.
    pub active_at: Timestamp,
}

/// Something that a person did, perhaps while nobody listened.
#[derive(Clone, Debug, PartialEq)]
pub struct Missed {
    /// As in [`Did`].
    pub key: String,
    /// As in [`Did`].
    pub at: Timestamp,
    /// As in [`Did`].
    pub person: Person,
    /// As in [`Did`].
    pub place: Place,
    /// As in [`Did`].
    pub what: What,
}

/// What a person did.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// They want an interview.
    Begin(Request),
    /// They want a round in this channel.
    Round(RoundRequest),
    /// They wrote something.
    Said {
        /// In which interview; `None` for the one that they have open in this place. A round is answered by this
        /// too: the place is then where its cards reach the person alone.
        to: Option<InterviewId>,
        /// Their words.
        text: String,
    },
    /// They changed something that they had written.
    Edited {
        /// Their words before.
        before: String,
        /// Their words after.
        after: String,
    },
    /// They pressed something.
    Pressed {
        /// In which interview; `None` for the one that they have open in this place.
        to: Option<InterviewId>,
        /// On which card; `None` if it was typed, and so meant for where the interview stands.
        on: Option<Seq>,
        /// What.
        button: Button,
    },
    /// They pressed something that is the host's, [`Button::Host`].
    Controlled {
        /// In which round.
        round: InterviewId,
        /// Whether the platform says, at this very press, that they may manage the place.
        manages: bool,
        /// What.
        control: Control,
    },
}

/// The round that somebody wants.
#[derive(Clone, Debug, PartialEq)]
pub struct RoundRequest {
    /// Which questions fit.
    pub filter: Filter,
    /// How long it is open; `None` for the default. Brought within the limits of a round.
    pub open_for: Option<SignedDuration>,
    /// Whether the platform says, at this very call, that they may manage the place.
    pub manages: bool,
    /// Makes the choice repeatable; `None` for chance.
    pub seed: Option<u64>,
}

/// The interview that somebody wants.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What sort.
    pub mode: Mode,
    /// Which questions fit.
    pub filter: Filter,
    /// How many questions.
    pub count: u8,
    /// Follow-ups a question; `None` for the default.
    pub traps: Option<u8>,
    /// Makes the choice repeatable; `None` for chance.
    pub seed: Option<u64>,
}

impl Request {
    /// Whether nothing particular was asked for, so that any open drill will do.
    pub fn is_plain(&self) -> bool {
        self.mode == Mode::Drill
            && self.filter == Filter::default()
            && self.traps.is_none()
            && self.seed.is_none()
    }
}

/// What became of something that a person did.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Whether it counted.
    pub outcome: Outcome,
    /// The interview that the person is in from here on.
    pub interview: InterviewId,
    /// The last card that is on its way because of it, or was before; 0 if there is none.
    pub last: Seq,
    /// Whether that interview is over.
    pub over: bool,
    /// For an interview that goes on where it was: the question, and everything from the card on that last
    /// invited a reply. What is on its way is among it. For a round: the host's card, for whoever may use it.
    /// All of it is for the person alone.
    pub shown: Vec<Delivery>,
    /// For [`Outcome::RoundOpen`]: the platform's id of the post of that round, in the channel where another
    /// one was asked for.
    pub post: Option<String>,
}

/// Whether something that a person did counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did.
    Done,
    /// It had counted before: the platform delivered it again. Nothing is to be said.
    Duplicate,
    /// It was pressed on a card that the interview has left behind, so nothing changed.
    Stale,
    /// The interview was over already, so nothing changed.
    Over,
    /// A round is open in the channel, so none was begun.
    RoundOpen,
    /// It was about a round, and this is to be said.
    Told(Note),
}

impl Outcome {
    /// What to say to the person alone, if anything.
    pub fn sentence(self) -> Option<&'static str> {
        match self {
            Outcome::Done | Outcome::Duplicate => None,
            Outcome::Stale => Some(say::STALE),
            Outcome::Over => Some(say::OVER),
            Outcome::RoundOpen => Some(say::ROUND_OPEN),
            Outcome::Told(note) => Some(say::round_note(note)),
        }
    }
}

/// Why something could not be taken. Its text is the sentence for the person, and for nobody else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No question fits the filter.
    #[error("no question fits that; {0}")]
    NothingFits(String),
    /// The interview is somebody else's.
    #[error("{}", say::NOT_YOURS)]
    NotYours,
    /// They have no interview open in this place. To a text that may have been meant for somebody else, a
    /// front end says nothing.
    #[error("{}", say::NOTHING_OPEN)]
    NothingOpen,
    /// The dailies are for those who may manage the server.
    #[error("{}", say::NOT_MANAGER)]
    NotManager,
    /// There is no such daily on this server.
    #[error("{}", say::NO_SUCH_DAILY)]
    NoSuchDaily,
    /// As many dailies as a server may have.
    #[error("{}", say::enough_dailies())]
    EnoughDailies,
    /// A daily was asked for in a way that cannot be understood.
    #[error("{0}")]
    Unclear(#[from] Unclear),
    /// Too much at once.
    #[error("{}", say::too_much(.0))]
    TooMuch(Excess),
    /// The store or the engine failed; it was logged there.
    #[error("it could not be saved, so it does not count; try again")]
    Failed,
}

impl Refusal {
    /// What it says to the person.
    pub fn sentence(&self) -> String {
        match self {
            Refusal::Failed => say::NOT_SAVED.to_owned(),
            Refusal::NothingFits(_)
            | Refusal::NotYours
            | Refusal::NothingOpen
            | Refusal::NotManager
            | Refusal::NoSuchDaily
            | Refusal::EnoughDailies
            | Refusal::Unclear(_)
            | Refusal::TooMuch(_) => self.to_string(),
        }
    }

    /// The same about a card that was there: if nothing is open, it is over.
    pub fn of_card(&self) -> String {
        if *self == Refusal::NothingOpen { say::OVER.to_owned() } else { self.sentence() }
    }
}

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether all is well with it.
    pub good: bool,
    /// What was found, and what to do.
    pub text: String,
}

impl Finding {
    /// All is well.
    pub fn good(text: impl Into<String>) -> Self {
        Self { good: true, text: text.into() }
    }

    /// Something is missing.
    pub fn bad(text: impl Into<String>) -> Self {
        Self { good: false, text: text.into() }
    }

    /// As a line, with a sign before it.
    pub fn line(&self) -> String {
        format!("{} {}", if self.good { "✓" } else { "✗" }, self.text)
    }
}

/// Sends what happens to the engine.
#[derive(Clone, Debug)]
pub struct Inbox(pub mpsc::Sender<Incoming>);

impl Inbox {
    /// Sends what a person did and waits until it is on disk.
    pub async fn send(
        &self,
        key: String,
        at: Timestamp,
        person: Person,
        place: Place,
        what: What,
    ) -> Result<Taken, Refusal> {
        self.ask(|done| Incoming::Did(Did { key, at, person, place, what, done })).await
    }

    /// Says that a place is gone, and waits until the interviews there are closed.
    pub async fn gone(&self, place: Place) -> Result<(), Refusal> {
        self.ask(|done| Incoming::Gone { place, done }).await
    }

    /// Has everything about a person removed.
    pub async fn forget(&self, person: Person) -> Result<(), Refusal> {
        self.ask(|done| Incoming::Forget { person, done }).await
    }

    /// A card again, for the one whom it is for.
    pub async fn look(&self, interview: InterviewId, on: Seq, person: Person) -> Result<Look, Refusal> {
        self.ask(|done| Incoming::Look { interview, on, person, done }).await
    }

    /// Has a front end asked for what it missed.
    pub async fn catch_up(&self, front: &'static str) -> Result<(), Refusal> {
        self.ask(|done| Incoming::CatchUp { front, done }).await
    }

    /// What a person has going.
    pub async fn overview(&self, person: Person) -> Result<Overview, Refusal> {
        self.ask(|done| Incoming::Overview { person, done }).await
    }

    /// Sees or changes the dailies of a server.
    pub async fn daily(
        &self,
        key: String,
        at: Timestamp,
        person: Person,
        place: Place,
        manages: bool,
        wanted: DailyWanted,
    ) -> Result<Dailies, Refusal> {
        let about = |done| AboutDaily { key, at, person, place, manages, wanted, done };
        self.ask(|done| Incoming::Daily(about(done))).await
    }

    /// Everything about a person, as one JSON document.
    pub async fn export(&self, person: Person) -> Result<String, Refusal> {
        self.ask(|done| Incoming::Export { person, done }).await
    }

    async fn ask<T>(&self, incoming: impl FnOnce(Reply<T>) -> Incoming) -> Result<T, Refusal> {
        let (done, answer) = oneshot::channel();
        self.0.send(incoming(done)).await.map_err(|_| Refusal::Failed)?;
        answer.await.map_err(|_| Refusal::Failed)?
    }
}

/// A card to deliver.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Of which interview.
    pub interview: InterviewId,
    /// Its place there; with the interview, the key of the message.
    pub seq: Seq,
    /// Where it goes.
    pub place: Place,
    /// Whom it is for; of a daily nobody in particular, which is an empty name.
    pub person: Person,
    /// What it says.
    pub card: Card,
    /// The platform's id of the message that [`Card::way`] is about.
    pub about: Option<String>,
    /// The platform's id of the thread under that message, if one was made.
    pub thread: Option<String>,
    /// The messages of this interview that are out, oldest first, by the platform's ids.
    pub earlier: Vec<(Seq, String)>,
    /// When it was last handed to the platform, by our own time; `None` for the first time.
    pub tried_at: Option<Timestamp>,
}

/// A delivered card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The platform's id of the message, where it has one.
    pub id: Option<String>,
    /// When it was where the candidate can see it, by the platform's own time.
    pub at: Timestamp,
    /// Where the interview goes on, if not where it was: the thread, say, that was made for it.
    pub moved: Option<Place>,
}

/// Why a card was not delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryError {
    /// Certainly not delivered; worth another try after this long.
    Later(Duration),
    /// Perhaps delivered.
    Unknown,
    /// Certainly not delivered, until somebody acts. The interview waits for that.
    Blocked(Obstacle),
    /// Certainly not delivered: the place is gone for good. The interview ends.
    Gone,
    /// Certainly not delivered, and never will be. The interview ends.
    Refused(String),
}

/// What looking for a card of unknown outcome found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// It is there.
    Found(Receipt),
    /// It is certainly not there.
    Absent,
    /// It cannot be told at the moment.
    Unclear,
}

/// Deliveries on their way at the same time, where a front end does not say: a platform that takes fifty
/// requests a second and a fifth of a second for each is kept busy, and none is flooded.
const AT_ONCE_MAX: usize = 10;

/// A front end, as the engine sees it. It is asked for several interviews at the same time, and for one
/// interview one thing after the other. None of its calls may take for ever.
#[async_trait::async_trait]
pub trait Front: Send + Sync {
    /// What the names of its places begin with, such as `discord`.
    fn name(&self) -> &'static str;
    /// For how many interviews it is asked for at the same time, at the most.
    fn at_once(&self) -> usize {
        AT_ONCE_MAX
    }
    /// Whether what people do there is heard at the moment, as far as it knows.
    fn is_up(&self) -> bool {
        true
    }
    /// Whether it can be asked for anything. As long as it cannot, its cards wait, and no try is counted.
    fn is_here(&self) -> bool {
        true
    }
    /// Shows a card.
    async fn deliver(&self, delivery: &Delivery) -> Result<Receipt, DeliveryError>;
    /// Looks for a card that may have been shown before a crash.
    async fn find(&self, delivery: &Delivery) -> Sighting;
    /// Tells a person something that is no card, as privately as can be; if it fails, it fails.
    async fn tell(&self, person: &Person, place: &Place, sentence: &str);
    /// What people did in these open interviews since their first message, as far as it can be read; what
    /// was heard before may be among it. A place that keeps nothing has nothing to tell.
    async fn missed(&self, _open: &[Open]) -> Vec<Missed> {
        Vec::new()
    }
    /// What a round would lack in this channel, by the platform's names of permissions; nothing if it cannot be
    /// told.
    async fn lacks(&self, _channel: &Place) -> Vec<String> {
        Vec::new()
    }
}

/// How long a card waits whose platform left in the moment in which it was handed over.
const EXPECTED_AFTER: Duration = Duration::from_secs(30);

/// A front end that may come later, or go and come back: while it is away, its cards wait.
pub struct Expected {
    name: &'static str,
    front: RwLock<Option<Arc<dyn Front>>>,
}

impl Expected {
    /// One that is not there yet. `name` is the front end's.
    pub fn new(name: &'static str) -> Self {
        Self { name, front: RwLock::default() }
    }

    /// It is there, from here on.
    pub fn arrived(&self, front: Arc<dyn Front>) {
        *self.front.write().unwrap_or_else(PoisonError::into_inner) = Some(front);
    }

    /// It is gone, until it arrives again.
    pub fn left(&self) {
        *self.front.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn front(&self) -> Option<Arc<dyn Front>> {
        self.front.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait::async_trait]
impl Front for Expected {
    fn name(&self) -> &'static str {
        self.name
    }

    fn at_once(&self) -> usize {
        self.front().map_or(AT_ONCE_MAX, |front| front.at_once())
    }

    fn is_up(&self) -> bool {
        self.front().is_some_and(|front| front.is_up())
    }

    fn is_here(&self) -> bool {
        self.front().is_some()
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<Receipt, DeliveryError> {
        match self.front() {
            Some(front) => front.deliver(delivery).await,
            None => Err(DeliveryError::Later(EXPECTED_AFTER)),
        }
    }

    async fn find(&self, delivery: &Delivery) -> Sighting {
        match self.front() {
            Some(front) => front.find(delivery).await,
            None => Sighting::Unclear,
        }
    }

    async fn tell(&self, person: &Person, place: &Place, sentence: &str) {
        if let Some(front) = self.front() {
            front.tell(person, place, sentence).await;
        }
    }

    async fn missed(&self, open: &[Open]) -> Vec<Missed> {
        match self.front() {
            Some(front) => front.missed(open).await,
            None => Vec::new(),
        }
    }

    async fn lacks(&self, channel: &Place) -> Vec<String> {
        match self.front() {
            Some(front) => front.lacks(channel).await,
            None => Vec::new(),
        }
    }
}
