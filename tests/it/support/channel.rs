//! A channel that remembers what was posted in it, and a clock that only moves when told to.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use riposte::chat::{Delivery, DeliveryError, Front, Missed, Open, Person, Place, Receipt, Sighting};
use riposte::clock::Clock;
use riposte::core::card::{Block, Card, Way};
use riposte::core::say;
use tokio::sync::watch;

/// Time as the test says.
pub(crate) struct StoppedClock(watch::Sender<Timestamp>);

impl StoppedClock {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new("2026-01-05T09:00:00Z".parse().unwrap()))
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        self.0.send_modify(|now| *now += by);
    }
}

#[async_trait::async_trait]
impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    async fn sleep_until(&self, at: Timestamp) {
        self.0.subscribe().wait_for(|now| *now >= at).await.unwrap();
    }
}

/// Whether a card comes in such a way.
pub(crate) type WayTest = fn(Way) -> bool;

/// A platform with all its places: everything posted, in order, and the transcript of it.
pub(crate) struct Channel {
    name: &'static str,
    clock: Arc<StoppedClock>,
    posted: watch::Sender<Vec<Delivery>>,
    transcript: Mutex<String>,
    /// Cards arrive, but the channel does not say so: the answer is lost on the way.
    pub(crate) loses_answers: AtomicBool,
    /// It cannot be told what arrived.
    pub(crate) is_blind: AtomicBool,
    /// What happens to cards for these places instead of arriving.
    pub(crate) faults: Mutex<BTreeMap<Place, DeliveryError>>,
    /// What happens to cards that come this way instead of arriving.
    pub(crate) way_faults: Mutex<Vec<(WayTest, DeliveryError)>>,
    /// What a round would lack.
    pub(crate) lacking: Mutex<Vec<String>>,
    /// Places whose cards wait until the place is taken out again.
    pub(crate) stuck: watch::Sender<Vec<Place>>,
    /// Where the next card moves its interview.
    pub(crate) moves_to: Mutex<Option<Place>>,
    /// Every card that it was asked to deliver, arrived or not.
    pub(crate) tried: Mutex<Vec<Delivery>>,
    /// What is asked for a card of unknown outcome: found if posted, as a platform would say.
    pub(crate) looked: Mutex<Vec<Delivery>>,
    /// What people wrote, whether anybody listened or not.
    pub(crate) kept: Mutex<Vec<Missed>>,
    /// Places that take for ever to be read until they are taken out again.
    pub(crate) unread: watch::Sender<Vec<Place>>,
    /// What it was asked to tell.
    pub(crate) told: Mutex<Vec<(Person, String)>>,
}

impl Channel {
    pub(crate) fn new(name: &'static str, clock: Arc<StoppedClock>) -> Self {
        Self {
            name,
            clock,
            posted: watch::Sender::default(),
            transcript: Mutex::default(),
            loses_answers: AtomicBool::new(false),
            is_blind: AtomicBool::new(false),
            faults: Mutex::default(),
            way_faults: Mutex::default(),
            stuck: watch::Sender::default(),
            moves_to: Mutex::default(),
            tried: Mutex::default(),
            looked: Mutex::default(),
            kept: Mutex::default(),
            unread: watch::Sender::default(),
            told: Mutex::default(),
            lacking: Mutex::default(),
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
        self.posted.borrow().clone()
    }

    /// What was posted in a place.
    pub(crate) fn posted_in(&self, place: &str) -> Vec<Delivery> {
        self.posted().into_iter().filter(|delivery| delivery.place == Place::from(place)).collect()
    }

    /// How many such cards were posted.
    pub(crate) fn count(&self, is_such: impl Fn(&Delivery) -> bool) -> usize {
        self.posted.borrow().iter().filter(|delivery| is_such(delivery)).count()
    }

    /// Waits until this many cards are there.
    pub(crate) async fn until_posted(&self, count: usize) {
        self.posted.subscribe().wait_for(|posted| posted.len() >= count).await.unwrap();
    }

    /// Makes cards for a place fail from here on, or arrive again.
    pub(crate) fn fail(&self, place: &str, fault: Option<DeliveryError>) {
        let mut faults = self.faults.lock().unwrap();
        match fault {
            Some(fault) => faults.insert(place.into(), fault),
            None => faults.remove(&Place::from(place)),
        };
    }

    pub(crate) fn tries(&self) -> usize {
        self.tried.lock().unwrap().len()
    }

    pub(crate) fn told(&self) -> Vec<(Person, String)> {
        self.told.lock().unwrap().clone()
    }

    fn receipt(&self, delivery: &Delivery) -> Receipt {
        let id = format!("m{}-{}", delivery.interview.0, delivery.seq.0);
        let moved = self.moves_to.lock().unwrap().take();
        Receipt { id: Some(id), at: self.clock.now(), moved }
    }
}

#[async_trait::async_trait]
impl Front for Channel {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<Receipt, DeliveryError> {
        self.tried.lock().unwrap().push(delivery.clone());
        self.stuck.subscribe().wait_for(|stuck| !stuck.contains(&delivery.place)).await.unwrap();
        if let Some(fault) = self.faults.lock().unwrap().get(&delivery.place) {
            return Err(fault.clone());
        }
        let way = delivery.card.way;
        if let Some((_, fault)) = self.way_faults.lock().unwrap().iter().find(|(comes, _)| comes(way)) {
            return Err(fault.clone());
        }
        if let Some(line) = led_in(delivery) {
            self.note(&line);
        }
        self.note(&rendered(&delivery.card));
        self.posted.send_modify(|posted| posted.push(delivery.clone()));
        if self.loses_answers.load(Ordering::Relaxed) {
            return Err(DeliveryError::Unknown);
        }
        Ok(self.receipt(delivery))
    }

    async fn find(&self, delivery: &Delivery) -> Sighting {
        self.looked.lock().unwrap().push(delivery.clone());
        if self.is_blind.load(Ordering::Relaxed) {
            return Sighting::Unclear;
        }
        let key = (delivery.interview, delivery.seq);
        if self.posted().iter().any(|posted| (posted.interview, posted.seq) == key) {
            Sighting::Found(self.receipt(delivery))
        } else {
            Sighting::Absent
        }
    }

    async fn missed(&self, open: &[Open]) -> Vec<Missed> {
        let is_here = |place: &Place| open.iter().any(|open| open.place == *place);
        self.unread.subscribe().wait_for(|unread| !unread.iter().any(is_here)).await.unwrap();
        let kept = self.kept.lock().unwrap();
        let here = kept
            .iter()
            .filter(|kept| open.iter().any(|open| open.place == kept.place && open.person == kept.person));
        here.cloned().collect()
    }

    async fn lacks(&self, _channel: &Place, _role: Option<&str>) -> Vec<String> {
        self.lacking.lock().unwrap().clone()
    }

    async fn tell(&self, person: &Person, place: &Place, sentence: &str) {
        self.stuck.subscribe().wait_for(|stuck| !stuck.contains(place)).await.unwrap();
        self.told.lock().unwrap().push((person.clone(), sentence.to_owned()));
    }
}

/// What a transcript says before a card that is no ordinary message.
fn led_in(delivery: &Delivery) -> Option<String> {
    let about = delivery.about.as_deref().unwrap_or("nothing");
    match delivery.card.way {
        Way::Post => None,
        Way::Edit(_) => Some(format!("< in place of {about}:")),
        Way::Thread(_) => Some(format!("< a thread under {about}:")),
        Way::Pin(_) => Some(format!("< {about} is pinned")),
        Way::Under(_) => {
            let place = delivery.thread.as_deref().map_or("in the channel", |_| "in the thread");
            Some(format!("< under {about}, {place}, for \"{}\":", delivery.person.0))
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
            Block::When { lead, at } => lines.push(format!("< ({})", say::when_text(lead, *at))),
            Block::Where { lead, place } => lines.push(format!("< ({lead} {})", place.0)),
            Block::Bars { bars } => {
                lines.extend(say::bars_text(bars).lines().map(|line| format!("<   {line}")));
            }
            Block::Ping { role } => lines.push(format!("< @{role}")),
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
