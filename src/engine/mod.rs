//! The engine: one input, one transaction; then what it leads to is delivered.
//!
//! It decides nothing about interviews (the core does) and knows no platform (the front ends do). What it
//! guards is that every input counts once and every card is posted once, whenever the process dies.

mod courier;
mod intake;
mod look;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, mpsc, watch};

use crate::chat::{Front, Incoming};
use crate::clock::Clock;
use crate::core::bank::Bank;
use crate::core::grading::desk::Desk;
use crate::core::interview::{Input, Interview};
use crate::store::{Store, StoreError};

/// Keys of inputs are remembered this long. Platforms deliver again within minutes; catching up after an
/// outage looks back a few days.
const JOURNAL_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How often old keys are forgotten, as long as anything happens at all.
const PRUNE_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// What an owner can set about drills.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Follow-ups a question, where nobody asked for another number.
    pub traps: u8,
    /// Without any input for this long, an interview ends.
    pub abandon_after: SignedDuration,
}

/// Everything that the engine works with.
pub struct Engine {
    pub(crate) store: Store,
    pub(crate) bank: Arc<Bank>,
    pub(crate) desk: Desk,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) front: Arc<dyn Front>,
    pub(crate) fronts: Vec<Arc<dyn Front>>,
    pub(crate) settings: Settings,
    /// Rung whenever there may be something to deliver or another deadline.
    pub(crate) bell: Notify,
}

impl Engine {
    /// An engine that does nothing yet.
    pub fn new(
        store: Store,
        bank: Arc<Bank>,
        desk: Desk,
        clock: Arc<dyn Clock>,
        front: Arc<dyn Front>,
        settings: Settings,
    ) -> Self {
        Self { store, bank, desk, clock, fronts: vec![front.clone()], front, settings, bell: Notify::new() }
    }

    /// Takes inputs, delivers cards and keeps deadlines until every sender of inputs is gone.
    pub async fn run(&self, mut inbox: mpsc::Receiver<Incoming>) -> Result<(), StoreError> {
        self.start().await?;
        let (closing, closed) = watch::channel(false);
        let intake = async {
            while let Some(incoming) = inbox.recv().await {
                self.take_incoming(incoming).await;
            }
            // Whoever listens is the other half of this very function.
            let _ = closing.send(true);
        };
        let turns = self.turn_until(closed);
        tokio::pin!(turns);
        tokio::select! {
            result = &mut turns => result,
            () = intake => turns.await,
        }
    }

    /// Settles what a crash left open, takes what people did meanwhile, tells open interviews of an absence, and keeps the deadlines that came
    /// meanwhile, in this order.
    pub async fn start(&self) -> Result<(), StoreError> {
        self.settle_unknown().await?;
        self.catch_up(None).await?;
        self.resume_all().await?;
        self.turn().await
    }

    /// Does everything that can be done now: delivers what waits and applies what is due.
    pub async fn turn(&self) -> Result<(), StoreError> {
        self.deliver_all().await?;
        self.tick_due().await?;
        self.deliver_all().await
    }

    /// The state is read anew whenever the bell rings or a deadline comes, so that a missed ring only delays.
    /// A delivery on its way is finished before this ends.
    async fn turn_until(&self, mut closed: watch::Receiver<bool>) -> Result<(), StoreError> {
        let mut prune_at = Timestamp::UNIX_EPOCH;
        loop {
            let now = self.clock.now();
            if now >= prune_at {
                self.store.prune_journal(now.saturating_sub(JOURNAL_KEPT).unwrap_or(now)).await?;
                prune_at = now.saturating_add(PRUNE_EVERY).unwrap_or(Timestamp::MAX);
            }
            self.turn().await?;
            if *closed.borrow() {
                return Ok(());
            }
            let wake = self.store.next_wake().await?;
            let nap = async {
                match wake {
                    Some(at) => self.clock.sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.bell.notified() => {}
                () = nap => {}
                _ = closed.changed() => {}
            }
        }
    }

    async fn tick_due(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        for id in self.store.due(now).await? {
            let Some((version, interview)) = self.load(id).await? else { continue };
            let Some((deadline, due)) = interview.deadline() else { continue };
            let key = format!("tick:{}:{}:{due:?}:{version}", id.0, deadline.as_millisecond());
            self.take(id, key, Input::Tick, now, None).await?;
        }
        Ok(())
    }

    /// After downtime, each open interview hears of it before its deadlines are kept.
    async fn resume_all(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        for id in self.store.open_interviews().await? {
            let Some(stored) = self.store.interview(id).await? else { continue };
            let away = now - stored.active_at;
            let Some((version, interview)) = self.load(id).await? else { continue };
            if interview.is_over()
                || away < crate::core::interview::AWAY_FROM
                || self.is_abandoned(&interview, now)
            {
                continue;
            }
            let key = format!("resumed:{}:{version}", id.0);
            self.take(id, key, Input::Resumed { away }, now, None).await?;
        }
        Ok(())
    }

    fn is_abandoned(&self, interview: &Interview, now: Timestamp) -> bool {
        let last = interview.state().active_at;
        last.saturating_add(interview.plan().abandon_after).is_ok_and(|deadline| deadline <= now)
    }
}
