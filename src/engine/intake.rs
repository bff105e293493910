//! One input, one transaction: load → apply → write everything or nothing.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jiff::Timestamp;

use super::Engine;
use crate::chat::{Delivery, Did, Incoming, Outcome, Person, Place, Refusal, Request, Taken, What};
use crate::core::bank::Question;
use crate::core::card::{Button, Card, CardKind};
use crate::core::choose::{self, Filter};
use crate::core::interview::{
    Input, Interview, InterviewId, Item, Plan, Record, SCREEN_MAX, Seq, State, Step, TRAPS_MAX,
};
use crate::core::say;
use crate::entropy;
use crate::store::{Begin, Change, Committed, Post, PostStatus, Save, StoreError, StoredInterview, Written};

/// An input that met another one on its way to the disk is applied anew, this often at the most: each time
/// somebody else's input got through, so this is a bound on bad luck.
const CONFLICTS_MAX: u32 = 20;
/// After this many inputs in a row that could not be applied, an interview is set aside.
const FAILURES_MAX: u32 = 3;

impl Engine {
    /// Takes what a person did and tells their front end once it is on disk.
    pub async fn take_incoming(&self, incoming: Incoming) {
        match incoming {
            Incoming::Did(Did { key, at, person, place, what, done }) => {
                let result = self.take_deed(key, at, person, place, what).await.unwrap_or_else(|error| {
                    tracing::error!(%error, "an input could not be taken");
                    Err(Refusal::Failed)
                });
                self.bell.notify_one();
                // A front end that has given up waiting has lost nothing: the input is on disk.
                let _ = done.send(result);
            }
            Incoming::Gone { done, .. } | Incoming::Forget { done, .. } => {
                drop(done.send(Err(Refusal::Failed)));
            }
            Incoming::Export { done, .. } => drop(done.send(Err(Refusal::Failed))),
        }
    }

    async fn take_deed(
        &self,
        key: String,
        at: Timestamp,
        person: Person,
        place: Place,
        what: What,
    ) -> Result<Result<Taken, Refusal>, StoreError> {
        let (to, input) = match what {
            What::Begin(request) => return self.begin_or_resume(key, request, person, place, at).await,
            What::Said { to, text } => (to, Input::Said { text }),
            What::Pressed { to, button, .. } => (to, Input::Pressed(button)),
        };
        let open = self.store.open_interview(&place, &person).await?.map(|stored| stored.id);
        let Some(id) = to.or(open) else { return Ok(Err(Refusal::NothingOpen)) };
        Ok(self.take(id, key, input, at, None).await?.ok_or(Refusal::Failed))
    }

    /// Applies one input to one interview; `None` if that cannot be done. `sent` is the post that the input
    /// reports as shown.
    pub(super) async fn take(
        &self,
        id: InterviewId,
        key: String,
        input: Input,
        at: Timestamp,
        sent: Option<(Seq, Option<String>)>,
    ) -> Result<Option<Taken>, StoreError> {
        let gone =
            Taken { outcome: Outcome::Over, interview: id, last: Seq(0), over: true, shown: Vec::new() };
        for _ in 0..CONFLICTS_MAX {
            let Some(stored) = self.store.interview(id).await? else { return Ok(Some(gone)) };
            if !stored.open {
                self.note_sent(stored, key, at, sent).await?;
                return Ok(Some(gone));
            }
            let applied = restore(&stored).and_then(|interview| self.apply(interview, &input, at));
            let Some((interview, step)) = applied else {
                self.count_failure(id).await?;
                return Ok(None);
            };
            let begin = if step.next { self.plan_next(&stored, &interview, at).await? } else { None };
            let last = begin.as_ref().map_or(interview.state().seq, |begin| last_post(&begin.written));
            let save = Save {
                id,
                version: stored.version,
                person: stored.person.clone(),
                sent: sent.clone(),
                written: written(&interview, &step),
            };
            let change = Change { key: key.clone(), at, save: Some(save), begin };
            match self.store.commit(change).await? {
                Committed::Done(next) => {
                    let over = interview.is_over() && next.is_none();
                    let interview = next.unwrap_or(id);
                    let outcome = Outcome::Done;
                    return Ok(Some(Taken { outcome, interview, last, over, shown: Vec::new() }));
                }
                Committed::Duplicate => {
                    let outcome = Outcome::Duplicate;
                    return Ok(Some(Taken { outcome, over: interview.is_over(), ..gone }));
                }
                Committed::Conflict => {}
            }
        }
        tracing::error!(interview = id.0, "an input met {CONFLICTS_MAX} others on its way and was dropped");
        Ok(None)
    }

    /// Nothing can happen to an interview that is over but that its last cards arrive.
    async fn note_sent(
        &self,
        stored: StoredInterview,
        key: String,
        at: Timestamp,
        sent: Option<(Seq, Option<String>)>,
    ) -> Result<(), StoreError> {
        if sent.is_none() {
            return Ok(());
        }
        let written = Written {
            state: stored.state,
            open: false,
            wake_at: None,
            posts: Vec::new(),
            records: Vec::new(),
            traps: Vec::new(),
        };
        let save = Save { id: stored.id, version: stored.version, person: stored.person, sent, written };
        self.store.commit(Change { key, at, save: Some(save), begin: None }).await.map(drop)
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

    /// The core is total, and this is the net below it: a bug there costs one input, not the process.
    fn apply(&self, mut interview: Interview, input: &Input, at: Timestamp) -> Option<(Interview, Step)> {
        let applied = catch_unwind(AssertUnwindSafe(|| {
            let step = interview.apply(input.clone(), at, &self.desk);
            (interview, step)
        }));
        applied.ok()
    }

    async fn count_failure(&self, id: InterviewId) -> Result<(), StoreError> {
        let failures = self.store.count_failure(id).await?;
        tracing::error!(interview = id.0, failures, "an interview could not take an input");
        if failures >= FAILURES_MAX {
            self.store.set_aside(id, to_json(&say::set_aside())).await?;
        }
        Ok(())
    }

    /// Begins an interview, or goes on with the one that is open if it is what was asked for.
    async fn begin_or_resume(
        &self,
        key: String,
        request: Request,
        person: Person,
        place: Place,
        at: Timestamp,
    ) -> Result<Result<Taken, Refusal>, StoreError> {
        if let Some(stored) = self.store.open_interview(&place, &person).await? {
            match restore(&stored) {
                Some(interview) if fits(&interview, &request, self.settings.traps) => {
                    self.take(stored.id, format!("returned:{key}"), Input::Returned, at, None).await?;
                    return self.resumed(stored.id, &stored.place).await.map(Ok);
                }
                Some(_) => {
                    let stop = Input::Pressed(Button::Stop);
                    self.take(stored.id, format!("{key}:instead"), stop, at, None).await?;
                }
                None => self.store.set_aside(stored.id, to_json(&say::set_aside())).await?,
            }
        }
        let Some(begin) = self.plan(request.clone(), person, place, at).await? else {
            return Ok(Err(Refusal::NothingFits(self.what_there_is(&request.filter))));
        };
        let last = last_post(&begin.written);
        let change = Change { key, at, save: None, begin: Some(begin) };
        match self.store.commit(change).await? {
            Committed::Done(Some(id)) => {
                let outcome = Outcome::Done;
                Ok(Ok(Taken { outcome, interview: id, last, over: false, shown: Vec::new() }))
            }
            Committed::Done(None) | Committed::Duplicate | Committed::Conflict => Ok(Err(Refusal::Failed)),
        }
    }

    async fn resumed(&self, id: InterviewId, place: &Place) -> Result<Taken, StoreError> {
        let posts: Vec<Post> =
            self.store.posts_in(place).await?.into_iter().filter(|post| post.interview == id).collect();
        let last = posts.iter().map(|post| post.seq).max().unwrap_or_default();
        let sent = posts.into_iter().filter(|post| post.status == PostStatus::Sent);
        let sent: Vec<Delivery> = sent.filter_map(|post| delivery(&post)).collect();
        let asked = sent.iter().rposition(|delivery| delivery.card.kind == CardKind::Ask);
        let turn = sent.iter().rposition(|delivery| delivery.card.invites_reply()).unwrap_or(0);
        let is_shown = |place: usize| place >= turn || Some(place) == asked;
        let shown = sent
            .into_iter()
            .enumerate()
            .filter(|(place, _)| is_shown(*place))
            .map(|(_, card)| card)
            .collect();
        Ok(Taken { outcome: Outcome::Done, interview: id, last, over: false, shown })
    }

    /// The same again with other questions: what was asked for is in the plan.
    async fn plan_next(
        &self,
        stored: &StoredInterview,
        interview: &Interview,
        at: Timestamp,
    ) -> Result<Option<Begin>, StoreError> {
        let plan = interview.plan();
        let request = Request {
            mode: plan.mode,
            filter: Filter { question: None, ..plan.filter.clone() },
            count: 1,
            traps: Some(plan.traps),
            seed: Some(plan.seed.wrapping_add(1)),
        };
        self.plan(request, stored.person.clone(), stored.place.clone(), at).await
    }

    /// Draws the questions and writes the plan; `None` if no question fits.
    async fn plan(
        &self,
        request: Request,
        person: Person,
        place: Place,
        at: Timestamp,
    ) -> Result<Option<Begin>, StoreError> {
        let seen = self.store.seen(&person).await?;
        let seed = request.seed.unwrap_or_else(entropy::seed);
        let count = usize::from(request.count.clamp(1, SCREEN_MAX));
        let drawn =
            choose::draw(&self.bank, &request.filter, &seen.questions, seen.last.as_ref(), count, seed);
        if drawn.questions.is_empty() {
            return Ok(None);
        }
        let solid_traps = |question: &Question| {
            let used = seen.traps.iter().filter(|(id, _)| *id == question.id);
            used.map(|(_, trap)| trap.clone()).collect()
        };
        let items = drawn.questions.iter().map(|question| Item {
            seen_solid: solid_traps(question),
            hash: question.content_hash(),
            question: question.clone(),
        });
        let plan = Arc::new(Plan {
            mode: request.mode,
            filter: request.filter,
            items: items.collect(),
            general: self.bank.general.clone(),
            traps: request.traps.unwrap_or(self.settings.traps).clamp(1, TRAPS_MAX),
            seed,
            abandon_after: self.settings.abandon_after,
        });
        let mut interview = Interview::new(plan.clone(), at);
        let step = interview.apply(Input::Start, at, &self.desk);
        Ok(Some(Begin {
            place,
            person,
            plan: to_json(&*plan),
            questions: drawn.questions.iter().map(|question| question.id.clone()).collect(),
            put_back: drawn.put_back,
            written: written(&interview, &step),
        }))
    }

    /// What somebody can ask for instead, for a filter that nothing fits.
    fn what_there_is(&self, filter: &Filter) -> String {
        if let Some(id) = &filter.question {
            let near = self
                .bank
                .questions
                .iter()
                .map(|question| (strsim::jaro_winkler(id.as_str(), question.id.as_str()), &question.id))
                .max_by(|a, b| a.0.total_cmp(&b.0));
            return near.map_or_else(String::new, |(_, near)| format!("did you mean the question `{near}`?"));
        }
        let mut topics: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for question in &self.bank.questions {
            *topics.entry(&question.track).or_default().entry(&question.topic).or_default() += 1;
        }
        let tracks = topics.iter().map(|(track, topics)| {
            let names: Vec<&str> = topics.keys().copied().collect();
            format!("{track} ({})", names.join("; "))
        });
        format!("there are the tracks: {}", tracks.collect::<Vec<_>>().join(", "))
    }
}

/// Whether an open interview is what was asked for.
fn fits(interview: &Interview, request: &Request, default_traps: u8) -> bool {
    let plan = interview.plan();
    let traps = request.traps.unwrap_or(default_traps);
    let same = plan.mode == request.mode && plan.filter == request.filter && plan.traps == traps;
    let seeded = request.seed.is_none_or(|seed| seed == plan.seed);
    request.is_plain() || (same && seeded)
}

fn restore(stored: &StoredInterview) -> Option<Interview> {
    let plan: Plan = serde_json::from_str(&stored.plan).ok()?;
    let state: State = serde_json::from_str(&stored.state).ok()?;
    Interview::restore(Arc::new(plan), state)
}

/// A post as its front end gets it; `None` if its card cannot be read, which only a later version causes.
pub(super) fn delivery(post: &Post) -> Option<Delivery> {
    let card: Card = serde_json::from_str(&post.card).ok()?;
    Some(Delivery {
        interview: post.interview,
        seq: post.seq,
        place: post.place.clone(),
        person: post.person.clone(),
        card,
        earlier: Vec::new(),
        tried_at: None,
    })
}

fn last_post(written: &Written) -> Seq {
    written.posts.iter().map(|(seq, _)| *seq).max().unwrap_or_default()
}

fn written(interview: &Interview, step: &Step) -> Written {
    let traps = step.records.iter().filter_map(|record| match record {
        Record::SolidTrap { question, trap } => Some((question.clone(), trap.clone())),
        Record::Answered { .. } | Record::Corrected { .. } => None,
    });
    let records = step.records.iter().filter(|record| !matches!(record, Record::SolidTrap { .. }));
    Written {
        state: to_json(interview.state()),
        open: !interview.is_over(),
        wake_at: interview.deadline().map(|(at, _)| at),
        posts: step.cards.iter().map(|outgoing| (outgoing.seq, to_json(&outgoing.card))).collect(),
        records: records.map(to_json).collect(),
        traps: traps.collect(),
    }
}

fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("our own types are plain data, which always serialises")
}
