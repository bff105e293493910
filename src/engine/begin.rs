//! How an interview begins, or goes on where it was.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::Engine;
use super::intake::{By, CONFLICTS_MAX, delivery, restore, to_json, written};
use crate::chat::{Delivery, Outcome, Person, Place, Refusal, Request, Taken};
use crate::core::bank::Question;
use crate::core::card::{Button, Card, CardKind};
use crate::core::choose::{self, Filter};
use crate::core::interview::{Input, Interview, InterviewId, Item, Mode, Plan, SCREEN_MAX, Seq, TRAPS_MAX};
use crate::core::quota::Measure;
use crate::core::say;
use crate::entropy;
use crate::store::{
    Begin, Change, Committed, Post, PostStatus, Save, Sort, StoreError, StoredInterview, Written,
};

/// Whose interview begins where.
pub(super) struct For<'a> {
    pub(super) person: &'a Person,
    pub(super) place: &'a Place,
    /// Where it was asked for.
    pub(super) origin: &'a Place,
}

/// Tracks that are named to somebody who asked for one that is not there, and topics of each; beyond it nobody
/// reads on.
const NAMED_MAX: usize = 20;

impl Engine {
    /// Begins an interview, or goes on with the one that is open if it is what was asked for. One that is not
    /// ends in the same transaction. The same key again is answered by what the first one led to.
    pub(super) async fn begin(
        &self,
        key: String,
        at: Timestamp,
        person: &Person,
        place: &Place,
        request: Request,
    ) -> Result<Result<Taken, Refusal>, StoreError> {
        if let Some(led_to) = self.store.journal(&key).await? {
            return self.begun_before(led_to).await.map(Ok);
        }
        if let Err(refusal) = self.count(Measure::Begins, person, Some(place)) {
            return Ok(Err(refusal));
        }
        for _ in 0..CONFLICTS_MAX {
            let mut instead_of = None;
            if let Some(stored) = self.store.open_interview(place, person).await? {
                match restore(&stored) {
                    Some(interview) if fits(&interview, &request, self.settings.traps) => {
                        let by = By::Person { person, on: None };
                        let taken = self.take(stored.id, key, Input::Returned, at, &by).await?;
                        return match taken {
                            Ok(taken) if !taken.over => {
                                self.where_it_stands(stored.id, taken.outcome).await.map(Ok)
                            }
                            Ok(_) | Err(_) => Ok(taken),
                        };
                    }
                    Some(interview) => instead_of = self.stopped(&stored, interview, at).await,
                    None => self.store.set_aside(stored.id, to_json(&say::set_aside())).await?,
                }
            }
            if instead_of.is_none() && self.settings.shared {
                let open = self.store.count_open(person, place).await?;
                if let Err(excess) = open.check() {
                    return Ok(Err(Refusal::TooMuch(excess)));
                }
            }
            let whose = For { person, place, origin: place };
            let Some(begin) = self.plan(&request, &whose, at).await? else {
                return Ok(Err(Refusal::NothingFits(self.what_there_is(&request.filter))));
            };
            let last = last_post(&begin.written);
            let change = Change { key: key.clone(), at, save: instead_of, begin: Some(begin), handled: None };
            match self.commit(change).await? {
                Committed::Done(Some(interview)) => {
                    let outcome = Outcome::Done;
                    return Ok(Ok(Taken {
                        outcome,
                        interview,
                        last,
                        over: false,
                        shown: Vec::new(),
                        post: None,
                    }));
                }
                Committed::Duplicate(led_to) => return self.begun_before(led_to).await.map(Ok),
                // The open one took another input in the meantime.
                Committed::Done(None) | Committed::Conflict => {}
            }
        }
        Ok(Err(Refusal::Failed))
    }

    /// The same again with other questions: what was asked for is in the plan.
    pub(super) async fn plan_next(
        &self,
        stored: &StoredInterview,
        interview: &Interview,
        at: Timestamp,
    ) -> Result<Option<Begin>, StoreError> {
        let plan = interview.plan();
        let request = Request {
            // Who goes on after a round does so alone.
            mode: if plan.mode == Mode::Round { Mode::Drill } else { plan.mode },
            filter: Filter { question: None, ..plan.filter.clone() },
            count: 1,
            traps: Some(plan.traps),
            seed: Some(plan.seed.wrapping_add(1)),
        };
        let whose = For { person: &stored.person, place: &stored.place, origin: &stored.origin };
        self.plan(&request, &whose, at).await
    }

    async fn stopped(&self, stored: &StoredInterview, interview: Interview, at: Timestamp) -> Option<Save> {
        let (interview, step) = self.apply(interview, Input::Pressed(Button::Stop), at).await?;
        Some(Save {
            id: stored.id,
            version: stored.version,
            person: stored.person.clone(),
            sent: None,
            written: written(&interview, &step),
        })
    }

    /// What a beginning led to that the platform delivers again.
    async fn begun_before(&self, led_to: Option<InterviewId>) -> Result<Taken, StoreError> {
        let interview = led_to.unwrap_or(InterviewId(0));
        let stored = self.store.interview(interview).await?;
        if stored.is_some_and(|stored| stored.open) {
            return self.where_it_stands(interview, Outcome::Duplicate).await;
        }
        let outcome = Outcome::Duplicate;
        Ok(Taken { outcome, interview, last: Seq(0), over: true, shown: Vec::new(), post: None })
    }

    pub(super) async fn where_it_stands(
        &self,
        interview: InterviewId,
        outcome: Outcome,
    ) -> Result<Taken, StoreError> {
        let posts = self.store.posts_of(interview).await?;
        let on_its_way = |post: &&Post| matches!(post.status, PostStatus::Queued | PostStatus::Sending);
        let last = posts.iter().filter(on_its_way).map(|post| post.seq).max().unwrap_or_default();
        let receipts: Vec<(Seq, String)> =
            posts.iter().filter_map(|post| Some((post.seq, post.receipt.clone()?))).collect();
        let cards: Vec<Delivery> = posts
            .iter()
            .filter(|post| post.status != PostStatus::Failed)
            .filter_map(|post| delivery(post, receipts.clone(), None))
            .collect();
        let asked = cards.iter().rposition(|delivery| delivery.card.kind == CardKind::Ask);
        // What the clock remarks, or a text that was too long, changes nothing about where one stands.
        let offers = |card: &Card| card.invites_reply() && !card.buttons.is_empty();
        let turn = cards.iter().rposition(|delivery| offers(&delivery.card)).unwrap_or(0);
        let is_shown = |place: usize, card: &Card| (place >= turn && offers(card)) || Some(place) == asked;
        let shown =
            cards.into_iter().enumerate().filter(|(place, delivery)| is_shown(*place, &delivery.card));
        let shown = shown.map(|(_, delivery)| delivery).collect();
        Ok(Taken { outcome, interview, last, over: false, shown, post: None })
    }

    /// Draws the questions and writes the plan; `None` if no question fits.
    async fn plan(
        &self,
        request: &Request,
        whose: &For<'_>,
        at: Timestamp,
    ) -> Result<Option<Begin>, StoreError> {
        let seen = self.store.seen(whose.person).await?;
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
            filter: request.filter.clone(),
            items: items.collect(),
            general: self.bank.general.clone(),
            traps: request.traps.unwrap_or(self.settings.traps).clamp(1, TRAPS_MAX),
            seed,
            abandon_after: self.settings.abandon_after,
        });
        let mut interview = Interview::new(plan.clone(), at);
        let step = interview.apply(Input::Start, at, &*self.desk);
        Ok(Some(Begin {
            place: whose.place.clone(),
            origin: whose.origin.clone(),
            person: whose.person.clone(),
            sort: Sort::Interview,
            round: None,
            daily: None,
            holder: whose.person.clone(),
            plan: to_json(&*plan),
            questions: drawn.questions.iter().map(|question| question.id.clone()).collect(),
            put_back: drawn.put_back,
            written: written(&interview, &step),
        }))
    }

    /// What somebody can ask for instead, for a filter that nothing fits.
    pub(super) fn what_there_is(&self, filter: &Filter) -> String {
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
        let tracks = topics.iter().take(NAMED_MAX).map(|(track, topics)| {
            let names: Vec<&str> = topics.keys().copied().take(NAMED_MAX).collect();
            let more = if topics.len() > names.len() { "; …" } else { "" };
            format!("{track} ({}{more})", names.join("; "))
        });
        let more = if topics.len() > NAMED_MAX { ", …" } else { "" };
        format!("there are the tracks: {}{more}", tracks.collect::<Vec<_>>().join(", "))
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

pub(super) fn last_post(written: &Written) -> Seq {
    written.posts.iter().map(|post| post.seq).max().unwrap_or_default()
}
