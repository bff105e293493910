//! Deadlines, and what the process knows of its own life.

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use super::behind::Rest;
use super::intake::{By, to_json};
use super::lanes::LANES_MAX;
use super::{Engine, locked};
use crate::core::interview::{AWAY_FROM, Input, Interview, InterviewId};
use crate::store::{Sort, StoreError};

/// Keys of inputs are remembered this long. Platforms deliver again within minutes; catching up after an
/// outage looks back a few days.
const JOURNAL_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How often old keys are forgotten.
const PRUNE_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// How long deadlines wait after a start for what people did before them: as long as a remark of the clock may
/// be late.
const CATCH_UP_FOR: SignedDuration = SignedDuration::from_mins(1);
/// How often the process writes that it is alive: one small commit, and a tenth of the shortest absence.
pub const ALIVE_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// When things that are done now and then were done last.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    pub(super) turned_at: Option<Timestamp>,
    alive_at: Option<Timestamp>,
    down: Vec<String>,
    pruned_at: Option<Timestamp>,
}

impl Engine {
    /// Keeps deadlines until `closing`. The state is read anew whenever the bell rings or a deadline comes.
    pub(super) async fn keep_time(&self, closing: impl Fn() -> bool) -> Result<(), StoreError> {
        let mut bell = self.bell.subscribe();
        let limit = self.clock.after(CATCH_UP_FOR);
        loop {
            bell.mark_unchanged();
            if !self.is_behind() || self.clock.now() >= limit {
                break;
            }
            if closing() {
                return Ok(());
            }
            tokio::select! {
                _ = bell.changed() => {}
                () = self.clock.sleep_until(limit) => {}
            }
        }
        loop {
            bell.mark_unchanged();
            let last = closing();
            self.tick_due().await?;
            self.beat().await?;
            if last {
                return Ok(());
            }
            let beat = self.clock.after(ALIVE_EVERY);
            let wake = self.store.next_deadline().await?.map_or(beat, |deadline| deadline.min(beat));
            tokio::select! {
                // The bell is the engine's own, so it is there.
                _ = bell.changed() => {}
                () = self.clock.sleep_until(wake) => {}
            }
        }
    }

    /// Applies what is due.
    pub(super) async fn tick_due(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let went_back = self.went_back(now);
        locked(&self.pulse).turned_at = Some(now);
        self.each(self.store.due(now).await?, |id| self.tick(id, now)).await?;
        self.keep_dailies(now, went_back).await
    }

    /// Writes once in a while that the process is alive, and forgets old keys.
    pub(super) async fn beat(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let is_due =
            |last: Option<Timestamp>, every| last.is_none_or(|last| now.duration_since(last) >= every);
        let (alive, prune) = {
            let pulse = locked(&self.pulse);
            let alive = is_due(pulse.alive_at, ALIVE_EVERY) || pulse.down != self.down();
            (alive, is_due(pulse.pruned_at, PRUNE_EVERY))
        };
        if alive {
            self.mark_alive(now).await?;
        }
        if prune {
            self.store.prune_journal(now.saturating_sub(JOURNAL_KEPT).unwrap_or(now)).await?;
            self.prune_dates(now).await?;
            locked(&self.pulse).pruned_at = Some(now);
        }
        Ok(())
    }

    /// Writes that the process is alive, and how it is.
    pub(super) async fn mark_alive(&self, now: Timestamp) -> Result<(), StoreError> {
        let health = self.health().await?;
        self.store.mark_alive(now, to_json(&health)).await?;
        let mut pulse = locked(&self.pulse);
        (pulse.alive_at, pulse.down) = (Some(now), health.down);
        Ok(())
    }

    /// How long the process was away, if that is worth a word. An absence is the process's: a drill that rests
    /// while its candidate thinks is none.
    pub(super) async fn absence(&self) -> Result<Option<SignedDuration>, StoreError> {
        let alive_at = self.store.alive_at().await?;
        let away = alive_at.map(|alive_at| self.clock.now().duration_since(alive_at));
        Ok(away.filter(|away| *away >= AWAY_FROM))
    }

    pub(super) async fn tick(&self, id: InterviewId, now: Timestamp) -> Result<(), StoreError> {
        let stored = self.store.interview(id).await?;
        if stored.is_some_and(|stored| stored.sort == Sort::Round) {
            return self.tick_round(id, now).await;
        }
        let Some((version, interview)) = self.load(id).await? else { return Ok(()) };
        let Some((deadline, due)) = interview.deadline().filter(|(deadline, _)| *deadline <= now) else {
            return Ok(());
        };
        let key = format!("tick:{}:{}:{due:?}:{version}", id.0, deadline.as_millisecond());
        self.take(id, key, Input::Tick, now, &By::Clock).await.map(drop)
    }

    /// Tells of an absence, if nothing happened since.
    pub(super) async fn resume(&self, rest: Rest, now: Timestamp) -> Result<(), StoreError> {
        let Rest { interview: id, version, away } = rest;
        let Some((current, interview)) = self.load(id).await? else { return Ok(()) };
        if current != version || is_abandoned(&interview, now) {
            return Ok(());
        }
        let key = format!("resumed:{}:{version}", id.0);
        self.take(id, key, Input::Resumed { away }, now, &By::Clock).await.map(drop)
    }

    async fn each<F>(&self, ids: Vec<InterviewId>, act: impl Fn(InterviewId) -> F) -> Result<(), StoreError>
    where
        F: Future<Output = Result<(), StoreError>>,
    {
        stream::iter(ids.into_iter().map(act)).map(Ok).try_for_each_concurrent(LANES_MAX, |act| act).await
    }
}

fn is_abandoned(interview: &Interview, now: Timestamp) -> bool {
    let last = interview.state().active_at;
    last.saturating_add(interview.plan().abandon_after).is_ok_and(|deadline| deadline <= now)
}
