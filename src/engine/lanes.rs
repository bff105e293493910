//! Inputs side by side: one lane a person, in which one comes after the other, as they came.
//!
//! An interview has one owner, so what is in order for its person is in order for it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::Ordering;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;

use super::{Engine, locked};
use crate::chat::{Did, Incoming, Person, Place, Refusal};
use crate::core::quota::Measure;

/// People whose inputs are taken at the same time. More than the writer commits in one group: who comes
/// later rides with the next.
pub(super) const LANES_MAX: usize = 64;
/// Inputs that wait for another one of the same person, of all people. Beyond it the front ends wait, which
/// their platforms notice.
const WAITING_MAX: usize = 1_000;

impl Engine {
    /// Takes everything that comes until every sender is gone.
    pub(super) async fn take_all(&self, mut inbox: mpsc::Receiver<Incoming>) {
        let mut lanes: BTreeMap<String, VecDeque<Incoming>> = BTreeMap::new();
        let mut running = FuturesUnordered::new();
        let mut waiting = 0;
        let mut open = true;
        loop {
            self.inputs_waiting.store(waiting, Ordering::Relaxed);
            tokio::select! {
                Some(lane) = running.next() => {
                    match lanes.get_mut(&lane).and_then(VecDeque::pop_front) {
                        Some(next) => {
                            waiting -= 1;
                            running.push(self.take_in(lane, next));
                        }
                        None => drop(lanes.remove(&lane)),
                    }
                }
                incoming = inbox.recv(), if open && waiting < WAITING_MAX && running.len() < LANES_MAX => {
                    let Some(incoming) = incoming else {
                        open = false;
                        continue;
                    };
                    let Some(incoming) = self.admit(incoming) else { continue };
                    let lane = lane_of(&incoming);
                    match lanes.get_mut(&lane) {
                        Some(queue) => {
                            waiting += 1;
                            queue.push_back(incoming);
                        }
                        None => {
                            lanes.insert(lane.clone(), VecDeque::new());
                            running.push(self.take_in(lane, incoming));
                        }
                    }
                }
                else => return,
            }
        }
    }

    /// Takes one thing that happened, and tells its front end once it is on disk.
    pub async fn take_incoming(&self, incoming: Incoming) {
        if let Some(incoming) = self.admit(incoming) {
            self.take_admitted(incoming).await;
        }
    }

    async fn take_in(&self, lane: String, incoming: Incoming) -> String {
        self.take_admitted(incoming).await;
        lane
    }

    /// Lets one through, or refuses it because there were too many; before it takes any room or time.
    fn admit(&self, incoming: Incoming) -> Option<Incoming> {
        let counted = match &incoming {
            Incoming::Did(did) => self.count(Measure::Inputs, &did.person, Some(&did.place)),
            Incoming::Forget { person, .. } | Incoming::Export { person, .. } => {
                self.count(Measure::Inputs, person, None)
            }
            Incoming::Look { person, .. } | Incoming::Overview { person, .. } => {
                self.count(Measure::Inputs, person, None)
            }
            Incoming::Gone { .. } | Incoming::CatchUp { .. } => Ok(()),
        };
        let Err(refusal) = counted else { return Some(incoming) };
        // Whoever has stopped listening has given up already.
        match incoming {
            Incoming::Did(Did { done, .. }) => drop(done.send(Err(refusal))),
            Incoming::Gone { done, .. } | Incoming::Forget { done, .. } => drop(done.send(Err(refusal))),
            Incoming::CatchUp { done, .. } => drop(done.send(Err(refusal))),
            Incoming::Look { done, .. } => drop(done.send(Err(refusal))),
            Incoming::Overview { done, .. } => drop(done.send(Err(refusal))),
            Incoming::Export { done, .. } => drop(done.send(Err(refusal))),
        }
        None
    }

    pub(super) fn count(
        &self,
        measure: Measure,
        person: &Person,
        place: Option<&Place>,
    ) -> Result<(), Refusal> {
        if !self.settings.shared {
            return Ok(());
        }
        locked(&self.tally).count(measure, person, place, self.clock.now()).map_err(Refusal::TooMuch)
    }
}

fn lane_of(incoming: &Incoming) -> String {
    match incoming {
        Incoming::Did(Did { person, .. })
        | Incoming::Forget { person, .. }
        | Incoming::Look { person, .. }
        | Incoming::Overview { person, .. }
        | Incoming::Export { person, .. } => person.0.clone(),
        Incoming::CatchUp { front, .. } => (*front).to_owned(),
        Incoming::Gone { place, .. } => place.0.clone(),
    }
}
