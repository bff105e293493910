//! What came before a round closes counts, also if it is still being read then: the close waits for it.

use std::sync::atomic::Ordering;

use jiff::{SignedDuration, Timestamp};

use super::round::{closes, later};
use super::{Engine, locked};
use crate::core::interview::InterviewId;
use crate::core::round::Input;
use crate::store::StoreError;

/// How long a close waits at the most: as long as many people at once take.
const CLOSE_WAITS: SignedDuration = SignedDuration::from_secs(15);
/// How often a close that time brings looks whether it still has to wait.
pub(super) const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(1);

/// Something that is being read in a round, until it is dropped.
pub(super) struct UnderWay<'a> {
    engine: &'a Engine,
    round: InterviewId,
    at: Timestamp,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut under_way = locked(&self.engine.under_way);
        let times = under_way.entry(self.round).or_default();
        if let Some(place) = times.iter().position(|at| *at == self.at) {
            times.swap_remove(place);
        }
        if times.is_empty() {
            under_way.remove(&self.round);
        }
        drop(under_way);
        self.engine.ring();
    }
}

impl Engine {
    /// Notes that something is being read in a round, by the platform's time of it.
    pub(super) fn under_way(&self, round: InterviewId, at: Timestamp) -> UnderWay<'_> {
        locked(&self.under_way).entry(round).or_default().push(at);
        UnderWay { engine: self, round, at }
    }

    /// Whether a close at `deadline` has to wait for what came before it.
    pub(super) fn waits_to_close(&self, round: InterviewId, deadline: Timestamp) -> bool {
        // What no lane has taken yet may be an answer too.
        let coming = self.inputs_coming.load(Ordering::Relaxed) > 0;
        let came_before = |times: &Vec<Timestamp>| times.iter().any(|at| *at < deadline);
        let reading = || locked(&self.under_way).get(&round).is_some_and(came_before);
        self.clock.now() < later(deadline, CLOSE_WAITS) && (coming || reading())
    }

    /// Waits with what closes a round as long as it has to.
    pub(super) async fn wait_to_close(
        &self,
        id: InterviewId,
        at: Timestamp,
        inputs: &[Input],
    ) -> Result<(), StoreError> {
        // As a rule nothing is, and then the round need not be read for it.
        if !self.waits_to_close(id, at) {
            return Ok(());
        }
        let Some((_, round)) = self.load_round(id).await? else { return Ok(()) };
        if !closes(&round, inputs, at) {
            return Ok(());
        }
        let deadline = round.closing().min(at);
        let mut bell = self.bell.subscribe();
        while self.waits_to_close(id, deadline) {
            tokio::select! {
                // The bell is the engine's own, so it is there.
                _ = bell.changed() => {}
                () = self.clock.sleep_for(LOOK_EVERY) => {}
            }
        }
        Ok(())
    }
}
