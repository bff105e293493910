//! One input, one transaction: load → apply → write everything or nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jiff::Timestamp;

use super::Engine;
use super::begin::last_post;
use super::round::InRound;
use crate::chat::{Delivery, Did, Incoming, Missed, Outcome, Person, Place, Refusal, Taken, What};
use crate::core::card::{Button, Card};
use crate::core::grading::desk::Desk;
use crate::core::interview::{Input, Interview, InterviewId, Plan, Record, Seq, State, Step};
use crate::core::quota::Measure;
use crate::core::say;
use crate::store::{
    Change, Committed, NewPost, Post, PostStatus, Save, Sent, Sort, StoreError, StoredInterview, Written,
};

/// An input that met another one on its way to the disk is applied anew, this often at the most: each time
/// somebody else's input got through, so this is a bound on bad luck.
pub(super) const CONFLICTS_MAX: u32 = 20;
/// After this many inputs in a row that could not be applied, an interview is set aside.
const FAILURES_MAX: u64 = 3;

/// Where an input comes from, which decides what has to hold before it counts.
pub(super) enum By<'a> {
    /// Time.
    Clock,
    /// The courier, with the post that arrived.
    Courier(Sent),
    /// A person, who may have pressed a button on a card.
    Person { person: &'a Person, on: Option<Seq> },
}

impl Engine {
    /// Takes one thing that happened, and tells its front end once it is on disk.
    pub(super) async fn take_admitted(&self, incoming: Incoming) {
        match incoming {
            Incoming::Did(Did { key, at, person, place, what, done }) => {
                let deed = Missed { key, at, person: person.clone(), place: place.clone(), what };
                let taken = self.take_deed(deed).await;
                if taken.as_ref().is_ok_and(|taken| taken.outcome == Outcome::Duplicate) {
                    self.uncount(Measure::Inputs, &person, &place);
                }
                // A front end that has given up waiting has lost nothing: what counts is on disk.
                let _ = done.send(taken);
            }
            Incoming::Gone { place, done } => drop(done.send(self.leave(&place).await.map_err(failed))),
            Incoming::Forget { person, done } => {
                drop(done.send(self.forget(&person).await.map_err(failed)));
            }
            Incoming::Look { interview, on, person, done } => {
                let looked = self.look(interview, on, &person).await;
                drop(done.send(looked.unwrap_or_else(|error| Err(failed(error)))));
            }
            Incoming::CatchUp { front, done } => {
                let caught_up = async {
                    self.look_again().await?;
                    self.fall_behind(Some(front), None).await
                };
                drop(done.send(caught_up.await.map_err(failed)));
                self.ring();
            }
            Incoming::Overview { person, done } => {
                drop(done.send(self.overview(&person).await.map_err(failed)));
            }
            Incoming::Daily(about) => self.take_daily(about).await,
            Incoming::Export { person, done } => drop(done.send(self.export(person).await.map_err(failed))),
        }
    }

    /// Takes something that a person did, now or while nobody listened.
    pub(super) async fn take_deed(&self, deed: Missed) -> Result<Taken, Refusal> {
        let Missed { key, at, person, place, what } = deed;
        let taken = async {
            let taken = match what {
                What::Begin(request) => self.begin(key, at, &person, &place, request).await?,
                What::Edited { before, after } => {
                    let by = By::Person { person: &person, on: None };
                    self.take_in_open(None, &place, key, Input::Edited { before, after }, at, &by).await?
                }
                What::Round(request) => self.begin_round(key, at, &person, &place, request).await?,
                What::Controlled { round, manages, control } => {
                    self.control(InRound { round, key, at, person: &person, place: &place }, manages, control)
                        .await?
                }
                What::Said { to, text } => match self.round_of(to).await? {
                    Some(round) => {
                        let deed = InRound { round, key, at, person: &person, place: &place };
                        self.say_in_round(deed, Input::Said { text }).await?
                    }
                    None => {
                        let by = By::Person { person: &person, on: None };
                        self.take_in_open(to, &place, key, Input::Said { text }, at, &by).await?
                    }
                },
                What::Pressed { to, on, button } => match self.round_of(to).await? {
                    Some(round) => {
                        let deed = InRound { round, key, at, person: &person, place: &place };
                        self.press_in_round(deed, button).await?
                    }
                    None => {
                        let by = By::Person { person: &person, on };
                        self.press(to, &place, key, button, at, &by).await?
                    }
                },
            };
            // Whoever does something is there, so what waits for them to act is worth another try.
            if self.store.is_blocked(&person).await? {
                self.store.unblock(&person).await?;
                self.ring();
            }
            Ok(taken)
        };
        taken.await.unwrap_or_else(|error| Err(failed(error)))
    }

    /// What an input names, if that is a round.
    async fn round_of(&self, to: Option<InterviewId>) -> Result<Option<InterviewId>, StoreError> {
        let Some(id) = to.filter(|id| self.is_in_round(*id)) else { return Ok(None) };
        let stored = self.store.interview(id).await?;
        Ok(stored.filter(|stored| stored.sort == Sort::Round).map(|stored| stored.id))
    }

    /// Takes a press on a card of one's own. What is taken back is the round's to hear.
    async fn press(
        &self,
        to: Option<InterviewId>,
        place: &Place,
        key: String,
        button: Button,
        at: Timestamp,
        by: &By<'_>,
    ) -> Result<Result<Taken, Refusal>, StoreError> {
        if let (Some(part), Button::TakeBack, By::Person { person, on }) = (to, &button, by)
            && let Some(stored) = self.store.interview(part).await?
            && let Some(round) = stored.round
        {
            if by.is_foreign(&stored) {
                return Ok(Err(Refusal::NotYours));
            }
            return self.take_back(InRound { round, key, at, person, place }, part, *on).await;
        }
        self.take_in_open(to, place, key, Input::Pressed(button), at, by).await
    }

    /// Takes a person's input in the interview that it names, or in the one that they have open in the place.
    async fn take_in_open(
        &self,
        to: Option<InterviewId>,
        place: &Place,
        key: String,
        input: Input,
        at: Timestamp,
        by: &By<'_>,
    ) -> Result<Result<Taken, Refusal>, StoreError> {
        let id = match (to, by) {
            (None, By::Person { person, .. }) => {
                self.store.open_interview(place, person).await?.map(|stored| stored.id)
            }
            (to, By::Person { .. } | By::Clock | By::Courier(_)) => to,
        };
        match id {
            Some(id) => self.take(id, key, input, at, by).await,
            // The text that ended an interview may be delivered again.
            None => match self.store.journal(&key).await? {
                Some(_) => Ok(Ok(self.too_late(InterviewId(0), &key).await?)),
                None => Ok(Err(Refusal::NothingOpen)),
            },
        }
    }

    /// Applies one input to one interview.
    pub(super) async fn take(
        &self,
        id: InterviewId,
        key: String,
        input: Input,
        at: Timestamp,
        by: &By<'_>,
    ) -> Result<Result<Taken, Refusal>, StoreError> {
        for _ in 0..CONFLICTS_MAX {
            let Some(stored) = self.store.interview(id).await? else {
                return self.too_late(id, &key).await.map(Ok);
            };
            if by.is_foreign(&stored) {
                return Ok(Err(Refusal::NotYours));
            }
            if !stored.open {
                self.note_sent(stored, key.clone(), at, by).await?;
                return self.too_late(id, &key).await.map(Ok);
            }
            if let (By::Person { on: Some(card), .. }, Input::Pressed(button)) = (by, &input)
                && !self.still_counts(id, *card, button).await?
            {
                let again = self.store.journal(&key).await?.is_some();
                let outcome = if again { Outcome::Duplicate } else { Outcome::Stale };
                return Ok(Ok(unmoved(id, outcome)));
            }
            if stored.sort == Sort::Round {
                return Ok(Ok(unmoved(id, Outcome::Stale)));
            }
            let part_of = stored.round.filter(|_| matches!(by, By::Person { .. }));
            let _under_way = part_of.map(|round| self.under_way(round, at));
            let applied = match restore(&stored) {
                Some(interview) => self.apply(interview, input.clone(), at).await,
                None => None,
            };
            let applied = match (applied, part_of) {
                (Some((interview, step)), Some(round)) if self.is_closed(round, at).await? => {
                    after_close(interview, step, at, &self.desk)
                }
                (applied, _) => applied,
            };
            let Some((interview, step)) = applied else {
                self.count_failure(id).await?;
                return Ok(Err(Refusal::Failed));
            };
            let begin = if step.next { self.plan_next(&stored, &interview, at).await? } else { None };
            let last = begin.as_ref().map_or(interview.state().seq, |begin| last_post(&begin.written));
            let save = Save {
                id,
                version: stored.version,
                person: stored.person,
                sent: by.sent(),
                written: written(&interview, &step),
            };
            let change = Change { key: key.clone(), at, save: Some(save), begin, handled: None };
            match self.commit(change).await? {
                Committed::Done(next) => {
                    let outcome = if is_left_behind(&input, &step) { Outcome::Stale } else { Outcome::Done };
                    let note = match part_of {
                        Some(round) => self.hear_part(round, id, at).await?,
                        None => None,
                    };
                    let outcome = note.map_or(outcome, Outcome::Told);
                    let over = interview.is_over() && next.is_none();
                    let interview = next.unwrap_or(id);
                    return Ok(Ok(Taken { outcome, interview, last, over, shown: Vec::new(), post: None }));
                }
                Committed::Duplicate(led_to) => {
                    return Ok(Ok(unmoved(led_to.unwrap_or(id), Outcome::Duplicate)));
                }
                Committed::Conflict => {}
            }
        }
        tracing::error!(interview = id.0, "an input met {CONFLICTS_MAX} others on its way and was dropped");
        Ok(Err(Refusal::Failed))
    }

    /// What came for an interview that is over: delivered again, or too late.
    async fn too_late(&self, id: InterviewId, key: &str) -> Result<Taken, StoreError> {
        Ok(match self.store.journal(key).await? {
            Some(led_to) => {
                let interview = led_to.unwrap_or(id);
                let over = !self.store.interview(interview).await?.is_some_and(|stored| stored.open);
                Taken { over, ..unmoved(interview, Outcome::Duplicate) }
            }
            None => Taken { over: true, ..unmoved(id, Outcome::Over) },
        })
    }

    /// Nothing can happen to an interview that is over but that its last cards arrive.
    async fn note_sent(
        &self,
        stored: StoredInterview,
        key: String,
        at: Timestamp,
        by: &By<'_>,
    ) -> Result<(), StoreError> {
        let Some(sent) = by.sent() else { return Ok(()) };
        let written = Written {
            state: stored.state,
            open: false,
            wake_at: None,
            posts: Vec::new(),
            records: Vec::new(),
            traps: Vec::new(),
            holds: false,
            drops_queued: false,
        };
        let save =
            Save { id: stored.id, version: stored.version, person: stored.person, sent: Some(sent), written };
        self.commit(Change { key, at, save: Some(save), begin: None, handled: None }).await.map(drop)
    }

    /// Whether a button on a card still counts. A card is left behind once a later one offers the same button
    /// or opens another turn; so the second half of a double click changes nothing.
    pub(super) async fn still_counts(
        &self,
        id: InterviewId,
        on: Seq,
        button: &Button,
    ) -> Result<bool, StoreError> {
        for post in self.store.posts_of(id).await?.iter().rev() {
            let card: Option<Card> = serde_json::from_str(&post.card).ok();
            let Some(card) = card.filter(|_| post.status != PostStatus::Failed) else { continue };
            let offered = card.buttons.contains(button);
            if post.seq == on {
                return Ok(offered);
            }
            if offered || card.opens_a_turn() {
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// An interview as stored, with its version; `None` if it is gone or cannot be read.
    pub(super) async fn load(&self, id: InterviewId) -> Result<Option<(i64, Interview)>, StoreError> {
        let Some(stored) = self.store.interview(id).await? else { return Ok(None) };
        match restore(&stored) {
            Some(interview) => Ok(Some((stored.version, interview))),
            None => {
                self.count_failure(id).await?;
                Ok(None)
            }
        }
    }

    /// Applies an input; `None` if the core panicked. Reading a text takes a processor for a while, so that
    /// happens where it keeps nothing else waiting.
    pub(super) async fn apply(
        &self,
        interview: Interview,
        input: Input,
        at: Timestamp,
    ) -> Option<(Interview, Step)> {
        if !matches!(input, Input::Said { .. } | Input::Edited { .. }) {
            return applied(interview, input, at, &self.desk);
        }
        let _seat = self.readings.acquire().await.ok()?;
        let desk = self.desk.clone();
        tokio::task::spawn_blocking(move || applied(interview, input, at, &desk)).await.ok().flatten()
    }

    pub(super) async fn count_failure(&self, id: InterviewId) -> Result<(), StoreError> {
        let failures = self.store.count_failure(id).await?;
        tracing::error!(interview = id.0, failures, "an interview could not take an input");
        if failures >= FAILURES_MAX {
            self.store.set_aside(id, to_json(&say::set_aside())).await?;
            self.ring();
        }
        Ok(())
    }
}

impl By<'_> {
    /// Whose an interview is, is checked here and nowhere else.
    fn is_foreign(&self, stored: &StoredInterview) -> bool {
        match self {
            By::Person { person, .. } => stored.person != **person,
            By::Clock | By::Courier(_) => false,
        }
    }

    fn sent(&self) -> Option<Sent> {
        match self {
            By::Courier(sent) => Some(sent.clone()),
            By::Clock | By::Person { .. } => None,
        }
    }
}

/// The core is total, and this is the net below it: a bug there costs one input, not the process.
fn applied(mut interview: Interview, input: Input, at: Timestamp, desk: &Desk) -> Option<(Interview, Step)> {
    let applied = catch_unwind(AssertUnwindSafe(|| {
        let step = interview.apply(input, at, desk);
        (interview, step)
    }));
    applied.ok()
}

/// What is said after the close of a round leads to the own reveal, whatever else it would have led to.
fn after_close(interview: Interview, step: Step, at: Timestamp, desk: &Desk) -> Option<(Interview, Step)> {
    let (interview, closed) = applied(interview, Input::Closed, at, desk)?;
    let records = step.records.iter().chain(&closed.records).cloned().collect();
    let cards = if closed.cards.is_empty() { step.cards } else { closed.cards };
    Some((interview, Step { cards, records, next: step.next }))
}

/// Whether something was pressed that led to nothing at all.
fn is_left_behind(input: &Input, step: &Step) -> bool {
    matches!(input, Input::Pressed(_)) && *step == Step::default()
}

pub(super) fn unmoved(interview: InterviewId, outcome: Outcome) -> Taken {
    Taken { outcome, interview, last: Seq(0), over: false, shown: Vec::new(), post: None }
}

pub(super) fn failed(error: StoreError) -> Refusal {
    tracing::error!(%error, "something could not be taken");
    Refusal::Failed
}

pub(super) fn restore(stored: &StoredInterview) -> Option<Interview> {
    let plan: Plan = serde_json::from_str(&stored.plan).ok()?;
    let state: State = serde_json::from_str(&stored.state).ok()?;
    Interview::restore(Arc::new(plan), state)
}

/// A post as its front end gets it; `None` if its card cannot be read, which only a later version causes.
pub(super) fn delivery(post: &Post, earlier: Vec<(Seq, String)>, thread: Option<String>) -> Option<Delivery> {
    let card: Card = serde_json::from_str(&post.card).ok()?;
    let about = card.way.about().and_then(|seq| earlier.iter().find(|(one, _)| *one == seq));
    Some(Delivery {
        interview: post.interview,
        seq: post.seq,
        place: post.place.clone(),
        person: post.person.clone(),
        about: about.map(|(_, receipt)| receipt.clone()),
        thread,
        card,
        earlier,
        tried_at: post.tried_at,
    })
}

pub(super) fn written(interview: &Interview, step: &Step) -> Written {
    let traps = step.records.iter().filter_map(|record| match record {
        Record::SolidTrap { question, trap } => Some((question.clone(), trap.clone())),
        Record::Answered { .. } | Record::Corrected { .. } => None,
    });
    let records = step.records.iter().filter(|record| !matches!(record, Record::SolidTrap { .. }));
    Written {
        state: to_json(interview.state()),
        open: !interview.is_over(),
        wake_at: interview.deadline().map(|(at, _)| at),
        holds: false,
        drops_queued: false,
        posts: step
            .cards
            .iter()
            .map(|outgoing| NewPost {
                seq: outgoing.seq,
                card: to_json(&outgoing.card),
                way: outgoing.card.way,
                person: None,
            })
            .collect(),
        records: records.map(to_json).collect(),
        traps: traps.collect(),
    }
}

pub(super) fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("our own types are plain data, which always serialises")
}
