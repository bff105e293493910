//! Catching up: what a person did while nobody listened comes before anything else of theirs, and nobody else
//! waits for it.
//!
//! Whoever has a drill open is *behind* after a start, or after a session that got lost. They are caught up
//! with in their own lane: as soon as they do anything, else in their turn.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::{Engine, locked};
use crate::chat::{Front, Missed, Open, Person};
use crate::core::interview::InterviewId;
use crate::store::StoreError;

/// People who are caught up with at the same time without having done anything since: a platform takes fifty
/// requests a second, and most of them are wanted for cards.
const AT_ONCE_MAX: usize = 4;
/// How long somebody waits at the most for what they missed to be read; a page of it takes a fifth of a second.
const READ_FOR: SignedDuration = SignedDuration::from_secs(20);

/// Who is to be caught up with.
#[derive(Debug, Default)]
pub(super) struct Behind {
    waiting: BTreeMap<Person, Vec<Rest>>,
    running: usize,
}

/// An interview in which it was the candidate's move when the process ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest {
    pub(super) interview: InterviewId,
    /// Another version means that something happened since, so that there is nothing to greet for.
    pub(super) version: i64,
    /// How long the process was away.
    pub(super) away: SignedDuration,
}

impl Engine {
    /// Notes everybody who has an interview open, on one front end or on all of them. With an absence, they are
    /// told of it once they are caught up with.
    pub(super) async fn fall_behind(
        &self,
        front: Option<&str>,
        away: Option<SignedDuration>,
    ) -> Result<(), StoreError> {
        let open = self.store.open_interviews(front).await?;
        let mut behind = locked(&self.behind);
        for open in open {
            let rests = behind.waiting.entry(open.person).or_default();
            let rest = away.filter(|_| open.rests);
            rests.extend(rest.map(|away| Rest { interview: open.id, version: open.version, away }));
        }
        Ok(())
    }

    /// Whether anybody is still to be caught up with.
    pub(super) fn is_behind(&self) -> bool {
        let behind = locked(&self.behind);
        behind.running > 0 || !behind.waiting.is_empty()
    }

    /// How many people are being caught up with.
    pub(super) fn catching_up(&self) -> usize {
        locked(&self.behind).running
    }

    /// Whether this person has to be caught up with; if so, whoever asks has to do it.
    pub(super) fn take_behind(&self, person: &Person) -> Option<Vec<Rest>> {
        let mut behind = locked(&self.behind);
        let rests = behind.waiting.remove(person)?;
        behind.running += 1;
        Some(rests)
    }

    /// The next one to catch up with, unless enough of them are on it.
    pub(super) fn next_behind(&self, is_free: impl Fn(&Person) -> bool) -> Option<Person> {
        let behind = locked(&self.behind);
        let next = behind.waiting.keys().find(|person| is_free(person));
        next.filter(|_| behind.running < AT_ONCE_MAX).cloned()
    }

    /// Catches up with somebody: takes what they did, tells them of an absence, and keeps their deadlines.
    pub(super) async fn catch_up(&self, person: &Person, rests: Vec<Rest>) {
        if let Err(error) = self.try_catch_up(person, rests).await {
            tracing::error!(%error, "what somebody did meanwhile could not be taken");
        }
        locked(&self.behind).running -= 1;
        self.ring();
    }

    async fn try_catch_up(&self, person: &Person, rests: Vec<Rest>) -> Result<(), StoreError> {
        let open = self.store.open_of(person).await?;
        for front in &self.fronts {
            let here = open.iter().filter(|open| open.place.front() == front.name());
            let here: Vec<Open> = here
                .map(|open| Open {
                    place: open.place.clone(),
                    person: person.clone(),
                    since: open.first_receipt.clone(),
                    active_at: open.active_at,
                })
                .collect();
            for missed in self.missed(&**front, &here).await {
                // Most of it was heard. What was not counts against no quota: it came when it came.
                if self.store.journal(&missed.key).await?.is_none() {
                    // Nobody waits for an answer.
                    let _ = self.take_deed(missed).await;
                }
            }
        }
        let now = self.clock.now();
        for rest in rests {
            self.resume(rest, now).await?;
        }
        for open in open {
            self.tick(open.id, now).await?;
        }
        Ok(())
    }

    async fn missed(&self, front: &dyn Front, open: &[Open]) -> Vec<Missed> {
        if open.is_empty() {
            return Vec::new();
        }
        tokio::select! {
            missed = front.missed(open) => missed,
            () = self.clock.sleep_for(READ_FOR) => {
                tracing::warn!(front = front.name(), "what somebody did meanwhile took too long to read");
                Vec::new()
            }
        }
    }
}
