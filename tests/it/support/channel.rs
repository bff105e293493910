//! A channel that remembers what was posted in it, and a clock that only moves when told to.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::{SignedDuration, Timestamp};
use riposte::chat::{Delivery, DeliveryError, Front, Person, Place, Receipt, Sighting};
use riposte::clock::Clock;
use riposte::core::card::{Block, Card};
use riposte::core::say;

/// Time as the test says.
pub(crate) struct StoppedClock(Mutex<Timestamp>);

impl StoppedClock {
    pub(crate) fn new() -> Self {
        Self(Mutex::new("2026-01-05T09:00:00Z".parse().unwrap()))
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now += by;
    }
}

#[async_trait::async_trait]
impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep_until(&self, at: Timestamp) {
        let mut now = self.0.lock().unwrap();
        *now = (*now).max(at);
    }
}

/// A channel: everything posted, in order, and the transcript of it.
pub(crate) struct Channel {
    clock: std::sync::Arc<StoppedClock>,
    posted: Mutex<Vec<Delivery>>,
    transcript: Mutex<String>,
    /// Cards arrive, but the channel does not say so: the answer is lost on the way.
    pub(crate) loses_answers: AtomicBool,
    /// What is asked for a card of unknown outcome: found if posted, as a platform would say.
    pub(crate) looked: Mutex<Vec<Delivery>>,
}

impl Channel {
    pub(crate) fn new(clock: std::sync::Arc<StoppedClock>) -> Self {
        Self {
            clock,
            posted: Mutex::default(),
            transcript: Mutex::default(),
            loses_answers: AtomicBool::new(false),
            looked: Mutex::default(),
        }
    }

    pub(crate) fn note(&self, line: &str) {
        let mut transcript = self.transcript.lock().unwrap();
        transcript.push_str(line);
        transcript.push('\n');
    }

    pub(crate) fn transcript(&self) -> String {
        self.transcript.lock().unwrap().clone()
    }

    pub(crate) fn posted(&self) -> Vec<Delivery> {
        self.posted.lock().unwrap().clone()
    }

    fn receipt(&self, delivery: &Delivery) -> Receipt {
        let id = format!("m{}-{}", delivery.interview.0, delivery.seq.0);
        Receipt { id: Some(id), at: self.clock.now(), moved: None }
    }
}

#[async_trait::async_trait]
impl Front for Channel {
    fn name(&self) -> &'static str {
        "channel"
    }

    async fn tell(&self, _person: &Person, _place: &Place, _sentence: &str) {}

    async fn deliver(&self, delivery: &Delivery) -> Result<Receipt, DeliveryError> {
        self.posted.lock().unwrap().push(delivery.clone());
        self.note(&rendered(&delivery.card));
        if self.loses_answers.load(Ordering::Relaxed) {
            return Err(DeliveryError::Unknown);
        }
        Ok(self.receipt(delivery))
    }

    async fn find(&self, delivery: &Delivery) -> Sighting {
        self.looked.lock().unwrap().push(delivery.clone());
        if self.posted.lock().unwrap().iter().any(|posted| posted == delivery) {
            Sighting::Found(self.receipt(delivery))
        } else {
            Sighting::Absent
        }
    }
}

/// A card as transcript lines.
fn rendered(card: &Card) -> String {
    let mut lines = Vec::new();
    for block in &card.blocks {
        match block {
            Block::Heading { text } => lines.push(format!("< # {text}")),
            Block::Text { text } => lines.extend(text.lines().map(|line| format!("< {line}"))),
            Block::Small { text } => lines.push(format!("< ({text})")),
            Block::Quote { lead, words } => lines.push(format!("< {lead} “{words}”.")),
            Block::Item { mark, text, quote } => {
                let (sign, word) = say::mark(*mark);
                let quote = quote.as_ref().map_or(String::new(), |quote| format!(" “{quote}”"));
                lines.push(format!("< {sign} {word}: {text}{quote}"));
            }
        }
    }
    if !card.buttons.is_empty() {
        let labels: Vec<_> = card.buttons.iter().map(say::label).collect();
        lines.push(format!("< [{}]", labels.join("] [")));
    }
    lines.join("\n")
}
