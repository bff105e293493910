//! The engine: one input, one transaction; then what it leads to is delivered.
//!
//! It decides nothing about interviews (the core does) and knows no platform (the front ends do). What it
//! guards is that every input counts once and every card is posted once, whenever the process dies, and that
//! nobody waits for somebody else: inputs run side by side over people, deliveries over interviews.

mod alarm;
mod begin;
mod behind;
mod closing;
mod courier;
mod daily;
mod intake;
mod lanes;
mod look;
mod personal;
mod round;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, mpsc, watch};

use crate::chat::{Front, Incoming, Person, Place};
use crate::clock::Clock;
use crate::core::bank::Bank;
use crate::core::grading::desk::Desk;
use crate::core::interview::InterviewId;
use crate::core::quota::Tally;
use crate::store::{Change, Committed, Store, StoreError};
pub use alarm::ALIVE_EVERY;
use alarm::Pulse;
use behind::Behind;

/// Texts that are assessed at the same time at the most. Each takes a processor for 50 to 100 ms; more of
/// them than a small machine has processors would only make all of them late.
const READINGS_MAX: usize = 4;

/// What an owner can set about drills.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Follow-ups a question, where nobody asked for another number.
    pub traps: u8,
    /// Without any input for this long, an interview ends.
    pub abandon_after: SignedDuration,
    /// Whether people share it, so that quotas hold.
    pub shared: bool,
}

/// How the engine is. It writes that down with each sign of life, for `riposte doctor`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// When it last looked at what is due. It does so at least once a minute.
    pub turned_at: Option<Timestamp>,
    /// Inputs that wait for another one of the same person.
    pub inputs: usize,
    /// Posts on their way.
    pub posts: usize,
    /// Since when the oldest of them has waited.
    pub oldest: Option<Timestamp>,
    /// Posts that wait for somebody to act.
    pub blocked: usize,
    /// The front ends that are not connected.
    pub down: Vec<String>,
}

/// Everything that the engine works with.
pub struct Engine {
    store: Store,
    bank: Arc<Bank>,
    desk: Arc<Desk>,
    clock: Arc<dyn Clock>,
    fronts: Vec<Arc<dyn Front>>,
    settings: Settings,
    /// Rung whenever there may be something to deliver or another deadline.
    bell: watch::Sender<()>,
    readings: Semaphore,
    tally: Mutex<Tally>,
    pulse: Mutex<Pulse>,
    behind: Mutex<Behind>,
    inputs_waiting: AtomicUsize,
    /// Inputs that no lane has taken yet.
    inputs_coming: AtomicUsize,
    /// Many people meet in one round: they take turns rather than meet on the way to the disk.
    rounds: tokio::sync::Mutex<()>,
    /// When what is being read in rounds came, round by round.
    under_way: Mutex<BTreeMap<InterviewId, Vec<Timestamp>>>,
    /// What is to be said to people by the way: to whom, about which place, and what.
    words: Mutex<VecDeque<(Person, Place, String)>>,
    /// What is a round, or a part in one.
    in_rounds: Mutex<BTreeSet<InterviewId>>,
}

impl Engine {
    /// An engine that does nothing yet. Cards go to the front end whose name their place begins with; those of
    /// one that is not here wait.
    pub fn new(
        store: Store,
        bank: Arc<Bank>,
        desk: Desk,
        clock: Arc<dyn Clock>,
        fronts: Vec<Arc<dyn Front>>,
        settings: Settings,
    ) -> Self {
        Self {
            store,
            bank,
            desk: Arc::new(desk),
            clock,
            fronts,
            settings,
            bell: watch::Sender::new(()),
            readings: Semaphore::new(READINGS_MAX),
            tally: Mutex::default(),
            pulse: Mutex::default(),
            behind: Mutex::default(),
            inputs_waiting: AtomicUsize::new(0),
            inputs_coming: AtomicUsize::new(0),
            rounds: tokio::sync::Mutex::default(),
            under_way: Mutex::default(),
            words: Mutex::default(),
            in_rounds: Mutex::default(),
        }
    }

    /// Takes inputs, delivers cards and keeps deadlines until every sender of inputs is gone. What is on its way
    /// then is finished first.
    pub async fn run(&self, inbox: mpsc::Receiver<Incoming>) -> Result<(), StoreError> {
        self.start().await?;
        let closed = AtomicBool::new(false);
        let is_closed = || closed.load(Ordering::Acquire);
        let intake = async {
            self.take_all(inbox).await;
            closed.store(true, Ordering::Release);
            self.ring();
            Ok(())
        };
        let couriers = try_join_all(self.fronts.iter().map(|front| self.serve(&**front, is_closed)));
        tokio::try_join!(intake, couriers, self.keep_time(is_closed))?;
        self.stop().await
    }

    /// Takes up what was left: rounds hear what they did not, posts of unknown outcome are due, and everybody with an open interview is to be
    /// caught up with. It waits for no platform.
    pub async fn start(&self) -> Result<(), StoreError> {
        self.look_again().await?;
        self.hear_all().await?;
        self.fall_behind(None, self.absence().await?).await
    }

    /// Notes that the process was alive until now. Without it, as after a crash, that is known to a minute.
    pub async fn stop(&self) -> Result<(), StoreError> {
        self.mark_alive(self.clock.now()).await
    }

    /// Does everything that can be done now: catches up, delivers what waits and applies what is due.
    pub async fn turn(&self) -> Result<(), StoreError> {
        while let Some(person) = self.next_behind(|_| true) {
            self.take_next(Some(person), None).await;
        }
        self.deliver_due().await?;
        self.tick_due().await?;
        self.beat().await?;
        self.deliver_due().await
    }

    /// How it is.
    pub async fn health(&self) -> Result<Health, StoreError> {
        let waiting = self.store.waiting().await?;
        Ok(Health {
            turned_at: locked(&self.pulse).turned_at,
            inputs: self.inputs_waiting.load(Ordering::Relaxed),
            posts: waiting.posts,
            oldest: waiting.oldest,
            blocked: waiting.blocked,
            down: self.down(),
        })
    }

    fn down(&self) -> Vec<String> {
        let down = self.fronts.iter().filter(|front| !front.is_up());
        down.map(|front| front.name().to_owned()).collect()
    }

    async fn deliver_due(&self) -> Result<(), StoreError> {
        try_join_all(self.fronts.iter().map(|front| self.serve(&**front, || true))).await.map(drop)
    }

    /// Cards for a front end, and what is to be said there by the way, which no card waits for.
    async fn serve(&self, front: &dyn Front, closing: impl Fn() -> bool + Copy) -> Result<(), StoreError> {
        tokio::try_join!(self.carry(front, closing), self.say_all(front, closing)).map(drop)
    }

    async fn say_all(&self, front: &dyn Front, closing: impl Fn() -> bool) -> Result<(), StoreError> {
        let mut bell = self.bell.subscribe();
        loop {
            bell.mark_unchanged();
            let last = closing();
            while let Some((person, place, sentence)) = self.next_words(front) {
                front.tell(&person, &place, &sentence).await;
            }
            if last {
                return Ok(());
            }
            // The bell is the engine's own, so it is there.
            let _ = bell.changed().await;
        }
    }

    fn next_words(&self, front: &dyn Front) -> Option<(Person, Place, String)> {
        let mut words = locked(&self.words);
        let next = words.iter().position(|(_, place, _)| place.front() == front.name())?;
        words.remove(next)
    }

    async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        let committed = self.store.commit(change).await;
        self.ring();
        committed
    }

    /// A ring that nobody hears only delays: what waits is read anew whenever anything happens.
    fn ring(&self) {
        self.bell.send_replace(());
    }
}

/// What a mutex guards here is whole after every statement, so a panic elsewhere has not spoiled it.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
