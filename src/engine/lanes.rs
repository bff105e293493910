//! Inputs side by side: one lane a person, in which one comes after the other, as they came.
//!
//! An interview has one owner, so what is in order for its person is in order for it. Who is behind is caught
//! up with in their lane, before anything else of theirs.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::Ordering;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;

use super::behind::Rest;
use super::{Engine, locked};
use crate::chat::{AboutDaily, DailyWanted, Did, Incoming, Person, Place, Refusal, What};
use crate::core::interview::InterviewId;
use crate::core::quota::Measure;

/// People whose inputs are taken at the same time, beside those who are caught up with. More than the writer
/// commits in one group: who comes later rides with the next.
pub(super) const LANES_MAX: usize = 64;
/// Inputs that wait for another one of the same person, of all people. Beyond it the front ends wait, which
/// their platforms notice.
const WAITING_MAX: usize = 1_000;

impl Engine {
    /// Takes everything that comes until every sender is gone.
    pub(super) async fn take_all(&self, mut inbox: mpsc::Receiver<Incoming>) {
        let mut lanes: BTreeMap<Person, VecDeque<Incoming>> = BTreeMap::new();
        let mut running = FuturesUnordered::new();
        let mut waiting = 0;
        let mut open = true;
        // What concerns many people is taken before whatever came after it.
        let mut held = false;
        loop {
            self.inputs_waiting.store(waiting, Ordering::Relaxed);
            self.inputs_coming.store(inbox.len(), Ordering::Relaxed);
            while open && let Some(person) = self.next_behind(|person| !lanes.contains_key(person)) {
                lanes.insert(person.clone(), VecDeque::new());
                running.push(self.take_next(Some(person), None));
            }
            let busy = running.len().saturating_sub(self.catching_up());
            let room = !held && waiting < WAITING_MAX && busy < LANES_MAX;
            tokio::select! {
                Some(lane) = running.next() => {
                    let Some(person) = lane else {
                        held = false;
                        continue;
                    };
                    match lanes.get_mut(&person).and_then(VecDeque::pop_front) {
                        Some(next) => {
                            waiting -= 1;
                            running.push(self.take_next(Some(person), Some(next)));
                        }
                        None => drop(lanes.remove(&person)),
                    }
                }
                incoming = inbox.recv(), if open && room => {
                    let Some(incoming) = incoming else {
                        open = false;
                        continue;
                    };
                    let Some(incoming) = self.admit(incoming) else { continue };
                    let Some(person) = person_of(&incoming).cloned() else {
                        held = true;
                        running.push(self.take_next(None, Some(incoming)));
                        continue;
                    };
                    match lanes.get_mut(&person) {
                        Some(queue) => {
                            waiting += 1;
                            queue.push_back(incoming);
                        }
                        None => {
                            lanes.insert(person.clone(), VecDeque::new());
                            running.push(self.take_next(Some(person), Some(incoming)));
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
            self.take_next(person_of(&incoming).cloned(), Some(incoming)).await;
        }
    }

    /// What comes next in a lane; before it whatever was missed, if anything was. Returns whose lane it is.
    pub(super) fn take_next(
        &self,
        person: Option<Person>,
        incoming: Option<Incoming>,
    ) -> impl Future<Output = Option<Person>> {
        let rests = person.as_ref().and_then(|person| self.take_behind(person));
        self.take_in(person, rests, incoming)
    }

    async fn take_in(
        &self,
        person: Option<Person>,
        rests: Option<Vec<Rest>>,
        incoming: Option<Incoming>,
    ) -> Option<Person> {
        if let (Some(person), Some(rests)) = (&person, rests) {
            self.catch_up(person, rests).await;
        }
        if let Some(incoming) = incoming {
            self.take_admitted(incoming).await;
        }
        person
    }

    /// Lets one through, or refuses it because there were too many; before it takes any room or time.
    fn admit(&self, incoming: Incoming) -> Option<Incoming> {
        let counted = match &incoming {
            Incoming::Did(did) => {
                // A round is for as many as come, so its channel's limit is not for them.
                let in_round = named(&did.what).is_some_and(|id| self.is_in_round(id));
                self.count(Measure::Inputs, &did.person, Some(&did.place).filter(|_| !in_round))
            }
            Incoming::Forget { person, .. } | Incoming::Export { person, .. } => {
                self.count(Measure::Inputs, person, None)
            }
            Incoming::Look { person, .. } | Incoming::Overview { person, .. } => {
                self.count(Measure::Inputs, person, None)
            }
            // Asked for at each letter that somebody types.
            Incoming::Daily(AboutDaily { wanted: DailyWanted::Choose, .. }) => Ok(()),
            Incoming::Daily(about) => self.count(Measure::Inputs, &about.person, Some(&about.place)),
            Incoming::Gone { .. } | Incoming::CatchUp { .. } => Ok(()),
        };
        let Err(refusal) = counted else { return Some(incoming) };
        // Whoever has stopped listening has given up already.
        match incoming {
            Incoming::Did(Did { done, .. }) => drop(done.send(Err(refusal))),
            Incoming::Gone { done, .. } | Incoming::Forget { done, .. } => drop(done.send(Err(refusal))),
            Incoming::CatchUp { done, .. } => drop(done.send(Err(refusal))),
            Incoming::Daily(about) => drop(about.done.send(Err(refusal))),
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

    pub(super) fn uncount(&self, measure: Measure, person: &Person, place: &Place) {
        locked(&self.tally).uncount(measure, person, place);
    }
}

/// The interview or round that is named.
fn named(what: &What) -> Option<InterviewId> {
    match what {
        What::Said { to, .. } | What::Pressed { to, .. } => *to,
        What::Controlled { round, .. } => Some(*round),
        What::Begin(_) | What::Round(_) | What::Edited { .. } => None,
    }
}

/// Whose lane something belongs to; `None` for what concerns many people.
fn person_of(incoming: &Incoming) -> Option<&Person> {
    match incoming {
        Incoming::Did(Did { person, .. })
        | Incoming::Forget { person, .. }
        | Incoming::Look { person, .. }
        | Incoming::Overview { person, .. }
        | Incoming::Daily(AboutDaily { person, .. })
        | Incoming::Export { person, .. } => Some(person),
        Incoming::CatchUp { .. } | Incoming::Gone { .. } => None,
    }
}
