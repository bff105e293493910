//! The front ends, and the port between them and the engine.
//!
//! A front end translates and does I/O, nothing else: it gets a sender of [`Incoming`] and is called to
//! deliver cards. It never imports the store, the engine or another front end.

pub mod terminal;

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::core::card::Card;
use crate::core::choose::Filter;
use crate::core::interview::{Input, InterviewId, Mode, Seq};

/// Something that a person did, on its way to the engine.
#[derive(Debug)]
pub struct Incoming {
    /// Names it on its platform: the same event delivered twice has the same key.
    pub key: String,
    /// The platform's own time of it.
    pub at: Timestamp,
    /// What they did.
    pub what: What,
    /// Told once it is on disk, which is when the platform may be told too.
    pub done: oneshot::Sender<Result<Taken, Refusal>>,
}

/// What a person did.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// They want an interview.
    Begin(Request),
    /// They said or pressed something in one.
    To(InterviewId, Input),
}

/// The interview that somebody wants.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Where its cards go.
    pub place: String,
    /// Who wants it.
    pub person: String,
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

/// What became of an [`Incoming`].
#[derive(Clone, Debug)]
pub struct Taken {
    /// The interview that the person is in from here on.
    pub interview: InterviewId,
    /// Cards that are on their way because of it.
    pub cards: usize,
    /// Whether that interview is over.
    pub over: bool,
    /// For an interview that goes on where it was: what was shown last, from the card that invited a reply.
    pub shown: Vec<Delivery>,
}

/// Why an [`Incoming`] could not be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No question fits the filter.
    #[error("no question fits that; {0}")]
    NothingFits(String),
    /// The store or the engine failed; it was logged there.
    #[error("it could not be saved, so it does not count; try again")]
    Failed,
}

/// Sends what people did to the engine.
#[derive(Clone, Debug)]
pub struct Inbox(pub mpsc::Sender<Incoming>);

impl Inbox {
    /// Sends one event and waits until it is on disk.
    pub async fn send(&self, key: String, at: Timestamp, what: What) -> Result<Taken, Refusal> {
        let (done, taken) = oneshot::channel();
        self.0.send(Incoming { key, at, what, done }).await.map_err(|_| Refusal::Failed)?;
        taken.await.map_err(|_| Refusal::Failed)?
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
    pub place: String,
    /// What it says.
    pub card: Card,
}

/// A delivered card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The platform's id of the message, where it has one.
    pub id: Option<String>,
    /// When it was where the candidate can see it, by the platform's own time.
    pub at: Timestamp,
}

/// Why a card was not delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryError {
    /// Certainly not delivered; worth another try after this long.
    Later(Duration),
    /// Perhaps delivered.
    Unknown,
    /// Certainly not delivered, and never will be.
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

/// A front end, as the engine sees it.
#[async_trait::async_trait]
pub trait Front: Send + Sync {
    /// Shows a card.
    async fn deliver(&self, delivery: &Delivery) -> Result<Receipt, DeliveryError>;
    /// Looks for a card that may have been shown before a crash.
    async fn find(&self, delivery: &Delivery) -> Sighting;
}
