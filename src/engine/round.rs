//! Rounds: how one begins, how people take part, and how it ends.
//!
//! A round is a row beside the interviews of the people in it, its *parts*. What somebody says is first their
//! part's, in a transaction of its own, and then heard by the round. Hearing can be repeated: whatever was not
//! heard, because the process died in between, is heard at the next start, and at the close in any case.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::begin::last_post;
use super::closing::LOOK_EVERY;
use super::intake::{By, CONFLICTS_MAX, restore, to_json, unmoved, written};
use super::{Engine, locked};
use crate::chat::{Delivery, Outcome, Person, Place, Refusal, Request, RoundRequest, Taken};
use crate::core::bank::{Question, QuestionId};
use crate::core::card::{Button, Card, Way};
use crate::core::choose::{self, Filter};
use crate::core::interview::{Input as Saying, Interview, InterviewId, Item, Mode, Plan as PartPlan, Seq};
use crate::core::quota::Measure;
use crate::core::round::{
    self, Answer, Button as Press, Control, Effect, Input, KEPT, Note, OPEN_DEFAULT, OPEN_MAX, Plan, Round,
    Started, State,
};
use crate::core::say;
use crate::entropy;
use crate::store::{
    Begin, Change, Committed, Handled, NewPost, Save, Sent, Sort, StoreError, StoredInterview, Written,
};

/// The card that a round is: everything else hangs on it.
pub(super) const POST: Seq = Seq(1);
/// A reveal that may not be posted is waited for this long beyond the day: it is tried for about two.
const REVEAL_WAITS: SignedDuration = SignedDuration::from_hours(48);
/// How often it is looked whether it is out.
const REVEAL_LOOKED_AT_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// A part never ends by itself while its round is kept.
const PART_KEPT: SignedDuration = SignedDuration::from_hours(OPEN_MAX.as_hours() + 4 * KEPT.as_hours());

/// Somebody does something in a round.
pub(super) struct InRound<'a> {
    pub(super) round: InterviewId,
    pub(super) key: String,
    pub(super) at: Timestamp,
    pub(super) person: &'a Person,
    /// Where cards reach them alone.
    pub(super) place: &'a Place,
}

/// A round that is to begin.
pub(super) struct Opening {
    pub(super) key: String,
    pub(super) at: Timestamp,
    pub(super) channel: Place,
    pub(super) filter: Filter,
    pub(super) seed: u64,
    pub(super) host: Option<Person>,
    pub(super) open_for: SignedDuration,
    pub(super) role: Option<String>,
    pub(super) pin: bool,
    /// The date of a daily that it handles.
    pub(super) handled: Option<Handled>,
}

/// What became of it.
pub(super) enum Opened {
    /// It is open.
    Open(InterviewId),
    /// It was begun before, or its date was handled before.
    Before(Option<InterviewId>),
    /// Another one is open in the channel.
    Taken(StoredInterview),
    /// No question fits.
    NothingFits,
}

/// What an input led to, beside what is on disk.
struct Heard {
    round: Round,
    effects: Vec<Effect>,
    /// Whether it had been heard before.
    again: bool,
}

impl Engine {
    /// Begins a round in a channel, or says which one is open there.
    pub(super) async fn begin_round(
        &self,
        key: String,
        at: Timestamp,
        person: &Person,
        place: &Place,
        request: RoundRequest,
    ) -> Result<Result<Taken, Refusal>, StoreError> {
        let manages = request.manages;
        if let Some(led_to) = self.store.journal(&key).await? {
            return self.controls(led_to, Outcome::Duplicate, person, manages).await.map(Ok);
        }
        let channel = Place(place.channel().to_owned());
        if let Some(open) = self.store.round_in(&channel).await? {
            return self.controls(Some(open.id), Outcome::RoundOpen, person, manages).await.map(Ok);
        }
        if let Err(refusal) = self.count(Measure::Begins, person, Some(place)) {
            return Ok(Err(refusal));
        }
        let opening = Opening {
            key,
            at,
            channel,
            filter: request.filter.clone(),
            seed: request.seed.unwrap_or_else(entropy::seed),
            host: Some(person.clone()),
            open_for: request.open_for.unwrap_or(OPEN_DEFAULT),
            role: None,
            pin: false,
            handled: None,
        };
        let (round, outcome) = match self.open_round(opening).await? {
            Opened::Open(round) => (Some(round), Outcome::Done),
            Opened::Before(round) => (round, Outcome::Duplicate),
            Opened::Taken(open) => (Some(open.id), Outcome::RoundOpen),
            Opened::NothingFits => {
                return Ok(Err(Refusal::NothingFits(self.what_there_is(&request.filter))));
            }
        };
        self.controls(round, outcome, person, manages).await.map(Ok)
    }

    /// Opens a round, in one transaction with the date that it handles.
    pub(super) async fn open_round(&self, opening: Opening) -> Result<Opened, StoreError> {
        let _one_by_one = self.rounds.lock().await;
        for _ in 0..CONFLICTS_MAX {
            let latest = self.store.round_in(&opening.channel).await?;
            let open = latest.as_ref().and_then(|stored| Some((stored.id, restored(stored)?)));
            let Some(plan) = self.plan_round(&opening).await? else { return Ok(Opened::NothingFits) };
            let (plan, put_back) = plan;
            let latest_round = open.as_ref().map(|(id, round)| (*id, round));
            let (mut round, effects) = match (round::start(latest_round, plan.clone(), opening.at), latest) {
                (Started::Opened(round, effects), None) => (round, effects),
                (Started::Opened(..) | Started::Linked(_), Some(open)) => return Ok(Opened::Taken(open)),
                (Started::Linked(_), None) => unreachable!("only an open round is linked"),
            };
            let posts = self.posts(&mut round, &effects).await?;
            let begin = Begin {
                place: opening.channel.clone(),
                origin: opening.channel.clone(),
                person: opening.host.clone().unwrap_or(Person(String::new())),
                sort: Sort::Round,
                round: None,
                daily: opening.handled.as_ref().map(|handled| handled.daily),
                holder: bag(&opening.channel),
                questions: vec![plan.question.id.clone()],
                put_back,
                plan: to_json(&*plan),
                written: round_written(&round, posts, opening.at),
            };
            let (key, at, handled) = (opening.key.clone(), opening.at, opening.handled.clone());
            match self.commit(Change { key, at, save: None, begin: Some(begin), handled }).await? {
                Committed::Done(Some(round)) => {
                    locked(&self.in_rounds).insert(round);
                    return Ok(Opened::Open(round));
                }
                Committed::Done(None) => return Ok(Opened::Before(None)),
                Committed::Duplicate(led_to) => return Ok(Opened::Before(led_to)),
                Committed::Conflict => {}
            }
        }
        Ok(Opened::Before(None))
    }

    async fn plan_round(
        &self,
        opening: &Opening,
    ) -> Result<Option<(Arc<Plan>, Vec<QuestionId>)>, StoreError> {
        let seen = self.store.seen(&bag(&opening.channel)).await?;
        let last = seen.last.as_ref();
        let drawn = choose::draw(&self.bank, &opening.filter, &seen.questions, last, 1, opening.seed);
        let Some(question) = drawn.questions.into_iter().next() else { return Ok(None) };
        let plan = Plan {
            hash: question.content_hash(),
            question,
            host: opening.host.clone(),
            open_for: opening.open_for,
            role: opening.role.clone(),
            pin: opening.pin,
        };
        Ok(Some((Arc::new(plan), drawn.put_back)))
    }

    /// How a start is answered: with the host's card for whoever may use it, and where the post is.
    async fn controls(
        &self,
        id: Option<InterviewId>,
        outcome: Outcome,
        person: &Person,
        manages: bool,
    ) -> Result<Taken, StoreError> {
        let id = id.unwrap_or(InterviewId(0));
        let Some((stored, round)) = self.load_round(id).await? else {
            return Ok(Taken { over: true, ..unmoved(id, outcome) });
        };
        let earlier = self.store.receipts(id).await?;
        let post = earlier.iter().find(|(seq, _)| *seq == POST).map(|(_, receipt)| receipt.clone());
        let controls = !round.is_over() && (manages || round.plan().host.as_ref() == Some(person));
        let host = controls.then(|| Delivery {
            interview: id,
            seq: POST,
            place: stored.place.clone(),
            person: person.clone(),
            card: say::round_host(&stored.place, round.state().closes_at, round.answered()),
            about: post.clone(),
            thread: None,
            earlier,
            tried_at: None,
        });
        let shown = host.into_iter().collect();
        Ok(Taken { last: POST, over: round.is_over(), shown, post, ..unmoved(id, outcome) })
    }

    /// Takes what the host of a round wants.
    pub(super) async fn control(
        &self,
        deed: InRound<'_>,
        manages: bool,
        control: Control,
    ) -> Result<Result<Taken, Refusal>, StoreError> {
        let input = Input::Controlled { by: deed.person.clone(), manages, control };
        Ok(Ok(match self.hear(deed.round, &deed.key, deed.at, vec![input]).await? {
            Some(heard) => told(deed.round, &heard, deed.person),
            None => Taken { over: true, ..unmoved(deed.round, Outcome::Over) },
        }))
    }

    /// Whether somebody can answer, before they are shown a form for it.
    pub(super) async fn entrance(&self, id: InterviewId, person: &Person) -> Result<Outcome, StoreError> {
        let Some((_, mut round)) = self.load_round(id).await? else { return Ok(Outcome::Over) };
        let press = Input::Pressed { person: person.clone(), button: Press::Answer };
        let effects = round.apply(press, self.clock.now());
        Ok(note_for(person, &effects).map_or(Outcome::Done, Outcome::Told))
    }

    /// Takes what somebody says in a round: it begins their part in it, or goes on there.
    pub(super) async fn say_in_round(
        &self,
        deed: InRound<'_>,
        saying: Saying,
    ) -> Result<Result<Taken, Refusal>, StoreError> {
        if let Some(led_to) = self.store.journal(&deed.key).await? {
            return Ok(Ok(unmoved(led_to.unwrap_or(deed.round), Outcome::Duplicate)));
        }
        let _under_way = self.under_way(deed.round, deed.at);
        let Some((_, mut round)) = self.load_round(deed.round).await? else {
            return Ok(Ok(Taken { over: true, ..unmoved(deed.round, Outcome::Over) }));
        };
        let person = deed.person.clone();
        let effects = round.apply(Input::Pressed { person, button: Press::Answer }, deed.at);
        for effect in effects {
            match effect {
                Effect::Resume { interview, .. } if self.store.interview(interview).await?.is_some() => {
                    let by = By::Person { person: deed.person, on: None };
                    return self.take(interview, deed.key, saying, deed.at, &by).await;
                }
                Effect::Begin { .. } | Effect::Resume { .. } => {
                    return self.begin_part(deed, &round, saying).await;
                }
                Effect::Tell { note, .. } => {
                    return Ok(Ok(Taken {
                        over: round.is_over(),
                        ..unmoved(deed.round, Outcome::Told(note))
                    }));
                }
                Effect::Post(_)
                | Effect::Edit(_)
                | Effect::Reveal(_)
                | Effect::Show { .. }
                | Effect::OnceMore { .. } => {}
            }
        }
        Ok(Ok(unmoved(deed.round, Outcome::Stale)))
    }

    async fn begin_part(
        &self,
        deed: InRound<'_>,
        round: &Round,
        saying: Saying,
    ) -> Result<Result<Taken, Refusal>, StoreError> {
        let question = round.plan().question.clone();
        let plan = Arc::new(PartPlan {
            mode: Mode::Round,
            filter: of_question(&question),
            items: vec![Item { question, hash: round.plan().hash.clone(), seen_solid: Vec::new() }],
            general: self.bank.general.clone(),
            traps: self.settings.traps,
            seed: entropy::seed(),
            abandon_after: PART_KEPT,
        });
        let mut part = Interview::new(plan.clone(), deed.at);
        part.apply(Saying::Start, deed.at, &*self.desk);
        let Some((part, step)) = self.apply(part, saying, deed.at).await else {
            return Ok(Err(Refusal::Failed));
        };
        let begin = Begin {
            place: deed.place.clone(),
            origin: deed.place.clone(),
            person: deed.person.clone(),
            sort: Sort::Interview,
            round: Some(deed.round),
            daily: None,
            holder: deed.person.clone(),
            questions: vec![round.plan().question.id.clone()],
            put_back: Vec::new(),
            plan: to_json(&*plan),
            written: written(&part, &step),
        };
        let last = last_post(&begin.written);
        let change = Change { key: deed.key, at: deed.at, save: None, begin: Some(begin), handled: None };
        let id = match self.commit(change).await? {
            Committed::Done(Some(id)) => id,
            Committed::Duplicate(led_to) => {
                return Ok(Ok(unmoved(led_to.unwrap_or(deed.round), Outcome::Duplicate)));
            }
            Committed::Done(None) | Committed::Conflict => return Ok(Err(Refusal::Failed)),
        };
        locked(&self.in_rounds).insert(id);
        let note = self.hear_part(deed.round, id, deed.at).await?;
        let outcome = note.map_or(Outcome::Done, Outcome::Told);
        Ok(Ok(Taken { last, ..unmoved(id, outcome) }))
    }

    /// Has a round hear what was understood in a part of it, and returns what its person is to be told.
    pub(super) async fn hear_part(
        &self,
        round: InterviewId,
        part: InterviewId,
        at: Timestamp,
    ) -> Result<Option<Note>, StoreError> {
        let Some(stored) = self.store.interview(part).await? else { return Ok(None) };
        let Some((_, before)) = self.load_round(round).await? else { return Ok(None) };
        let inputs = unheard(&before, &stored);
        if inputs.is_empty() {
            return Ok(None);
        }
        let key = format!("heard:{}:{}", part.0, stored.version);
        let Some(heard) = self.hear(round, &key, at, inputs).await? else { return Ok(None) };
        let people = |round: &Round| round.state().people.get(&stored.person).cloned();
        let counts = people(&heard.round)
            .is_some_and(|participant| participant.answer.is_some_and(|answer| answer.interview == part));
        let had_another = people(&before).is_some_and(|participant| participant.interview != part);
        if counts && had_another {
            self.store.remove_earlier(round, &stored.person, part).await?;
        }
        Ok(note_for(&stored.person, &heard.effects))
    }

    /// Takes an answer back: the round hears of it first, so that no answer counts that is gone.
    pub(super) async fn take_back(
        &self,
        deed: InRound<'_>,
        part: InterviewId,
        on: Option<Seq>,
    ) -> Result<Result<Taken, Refusal>, StoreError> {
        if let Some(card) = on
            && !self.still_counts(part, card, &Button::TakeBack).await?
        {
            return Ok(Ok(unmoved(part, Outcome::Stale)));
        }
        let left = Input::Pressed { person: deed.person.clone(), button: Press::Leave(part) };
        let Some(heard) = self.hear(deed.round, &format!("{}:left", deed.key), deed.at, vec![left]).await?
        else {
            return Ok(Ok(Taken { over: true, ..unmoved(part, Outcome::Over) }));
        };
        let taken = told(part, &heard, deed.person);
        if !heard.again && taken.outcome != Outcome::Told(Note::Left) {
            return Ok(Ok(taken));
        }
        let by = By::Person { person: deed.person, on: None };
        let gone = self.take(part, deed.key, Saying::Pressed(Button::TakeBack), deed.at, &by).await?;
        // Its words go with it, and do not wait for the round.
        self.store.remove(part).await?;
        Ok(gone.map(|_| Taken { over: true, outcome: Outcome::Told(Note::Left), ..taken }))
    }

    /// Takes what is pressed on the cards that a round shows everybody.
    pub(super) async fn press_in_round(
        &self,
        deed: InRound<'_>,
        button: Button,
    ) -> Result<Result<Taken, Refusal>, StoreError> {
        match button {
            Button::Answer => self.say_in_round(deed, Saying::Start).await,
            Button::Blank => self.say_in_round(deed, Saying::Pressed(Button::Blank)).await,
            Button::HowDidIDo => self.how_did_i_do(deed).await,
            Button::OnceMore => self.once_more(deed).await,
            Button::ShowAnswer => {
                let input = Input::Pressed { person: deed.person.clone(), button: Press::Show };
                Ok(Ok(match self.hear(deed.round, &deed.key, deed.at, vec![input]).await? {
                    Some(heard) => told(deed.round, &heard, deed.person),
                    None => Taken { over: true, ..unmoved(deed.round, Outcome::Over) },
                }))
            }
            Button::Skip
            | Button::NotWhatIMeant
            | Button::Correct(_)
            | Button::Next
            | Button::Stop
            | Button::TakeBack
            | Button::Host(_) => Ok(Ok(unmoved(deed.round, Outcome::Stale))),
        }
    }

    async fn how_did_i_do(&self, deed: InRound<'_>) -> Result<Result<Taken, Refusal>, StoreError> {
        let Some((_, round)) = self.load_round(deed.round).await? else {
            return Ok(Ok(Taken { over: true, ..unmoved(deed.round, Outcome::Over) }));
        };
        let tell = |note| Ok(Ok(unmoved(deed.round, Outcome::Told(note))));
        if !round.is_over() {
            return tell(Note::NotYet);
        }
        let Some(participant) = round.state().people.get(deed.person) else {
            return tell(Note::NothingToShow);
        };
        let part = participant.answer.as_ref().map_or(participant.interview, |answer| answer.interview);
        if self.store.interview(part).await?.is_none() {
            return tell(Note::NothingToShow);
        }
        let by = By::Person { person: deed.person, on: None };
        match self.take(part, deed.key, Saying::Closed, deed.at, &by).await? {
            Ok(taken) => self.where_it_stands(part, taken.outcome).await.map(Ok),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// A drill on the same question, which the round does not hear of.
    async fn once_more(&self, deed: InRound<'_>) -> Result<Result<Taken, Refusal>, StoreError> {
        let Some((_, round)) = self.load_round(deed.round).await? else {
            return Ok(Ok(Taken { over: true, ..unmoved(deed.round, Outcome::Over) }));
        };
        if !round.is_over() {
            return Ok(Ok(unmoved(deed.round, Outcome::Told(Note::NotYet))));
        }
        let request = Request {
            mode: Mode::Drill,
            filter: of_question(&round.plan().question),
            count: 1,
            traps: None,
            seed: None,
        };
        self.begin(deed.key, deed.at, deed.person, deed.place, request).await
    }

    /// Keeps a deadline of a round, or removes one that was kept long enough.
    pub(super) async fn tick_round(&self, id: InterviewId, now: Timestamp) -> Result<(), StoreError> {
        let Some((stored, round)) = self.load_round(id).await? else { return Ok(()) };
        if let Some(until) = round.kept_until().filter(|until| *until <= now) {
            if now < later(until, REVEAL_WAITS) && self.store.has_reveal_waiting(id).await? {
                return self.store.wake(id, later(now, REVEAL_LOOKED_AT_EVERY)).await;
            }
            self.store.remove(id).await?;
            return self.know_rounds().await;
        }
        let Some((deadline, due)) = round.deadline().filter(|(deadline, _)| *deadline <= now) else {
            return Ok(());
        };
        if due == round::Due::Close && self.waits_to_close(id, deadline) {
            return self.store.wake(id, later(now, LOOK_EVERY)).await;
        }
        let key = format!("tick:{}:{}:{due:?}:{}", id.0, deadline.as_millisecond(), stored.version);
        let heard = self.hear(id, &key, now, vec![Input::Tick]).await?;
        match stored.daily.filter(|_| heard.is_some_and(|heard| heard.round.is_unseen())) {
            Some(daily) => self.daily_unseen(daily).await,
            None => Ok(()),
        }
    }

    /// The post of a round is out; its clock starts.
    pub(super) async fn round_posted(
        &self,
        id: InterviewId,
        at: Timestamp,
        sent: Sent,
    ) -> Result<(), StoreError> {
        let key = format!("posted:{}-{}", id.0, sent.seq.0);
        let _one_by_one = self.rounds.lock().await;
        let (seq, receipt) = (sent.seq, sent.receipt.clone());
        match self.hear_now(id, &key, at, vec![Input::Posted], Some(sent)).await? {
            Some(_) => Ok(()),
            None => self.store.mark_sent(id, seq, receipt).await,
        }
    }

    /// Hears whatever was said in open rounds and not heard, as after a crash.
    pub(super) async fn hear_all(&self) -> Result<(), StoreError> {
        self.know_rounds().await?;
        for stored in self.store.rounds().await? {
            let key = format!("heard:{}:{}", stored.id.0, stored.version);
            self.hear(stored.id, &key, stored.active_at, Vec::new()).await?;
        }
        Ok(())
    }

    /// Notes what is in rounds: its channels' limits are not for the many people there.
    async fn know_rounds(&self) -> Result<(), StoreError> {
        let ids: BTreeSet<InterviewId> = self.store.ids_in_rounds().await?.into_iter().collect();
        *locked(&self.in_rounds) = ids;
        Ok(())
    }

    /// Whether it is a round, or a part in one.
    pub(super) fn is_in_round(&self, id: InterviewId) -> bool {
        locked(&self.in_rounds).contains(&id)
    }

    async fn hear(
        &self,
        id: InterviewId,
        key: &str,
        at: Timestamp,
        inputs: Vec<Input>,
    ) -> Result<Option<Heard>, StoreError> {
        self.wait_to_close(id, at, &inputs).await?;
        let _one_by_one = self.rounds.lock().await;
        self.hear_now(id, key, at, inputs, None).await
    }

    /// Applies inputs in one transaction; `None` if the round is gone. Only for
    /// whoever has the lock, since many people meet in one row.
    async fn hear_now(
        &self,
        id: InterviewId,
        key: &str,
        at: Timestamp,
        inputs: Vec<Input>,
        sent: Option<Sent>,
    ) -> Result<Option<Heard>, StoreError> {
        for _ in 0..CONFLICTS_MAX {
            let Some((stored, mut round)) = self.load_round(id).await? else { return Ok(None) };
            let before = round.clone();
            let mut effects = Vec::new();
            if closes(&round, &inputs, at) {
                let mut parts = self.store.parts(id).await?;
                parts.sort_by_key(|part| part.active_at);
                for part in parts {
                    let then = part.active_at;
                    unheard(&round, &part)
                        .into_iter()
                        .for_each(|input| effects.extend(round.apply(input, then)));
                }
            }
            inputs.iter().for_each(|input| effects.extend(round.apply(input.clone(), at)));
            if round == before && sent.is_none() {
                return Ok(Some(Heard { round, effects, again: false }));
            }
            let posts = self.posts(&mut round, &effects).await?;
            let save = Save {
                id,
                version: stored.version,
                person: stored.person,
                sent: sent.clone(),
                written: round_written(&round, posts, at),
            };
            let change = Change { key: key.to_owned(), at, save: Some(save), begin: None, handled: None };
            match self.commit(change).await? {
                Committed::Done(_) => return Ok(Some(Heard { round, effects, again: false })),
                Committed::Duplicate(_) => {
                    return Ok(Some(Heard { round: before, effects: Vec::new(), again: true }));
                }
                Committed::Conflict => {}
            }
        }
        tracing::error!(round = id.0, "an input of a round met {CONFLICTS_MAX} others and was dropped");
        Ok(None)
    }

    /// A round as stored; `None` if it is gone, is none, or cannot be read.
    pub(super) async fn load_round(
        &self,
        id: InterviewId,
    ) -> Result<Option<(StoredInterview, Round)>, StoreError> {
        let stored = self.store.interview(id).await?.filter(|stored| stored.sort == Sort::Round);
        let Some(stored) = stored.filter(|stored| stored.open) else { return Ok(None) };
        match restored(&stored) {
            Some(round) => Ok(Some((stored, round))),
            None => {
                self.count_failure(id).await?;
                Ok(None)
            }
        }
    }

    /// Whether a round is over at an instant; what is gone is.
    pub(super) async fn is_closed(&self, id: InterviewId, at: Timestamp) -> Result<bool, StoreError> {
        let Some((_, mut round)) = self.load_round(id).await? else { return Ok(true) };
        round.apply(Input::Tick, at);
        Ok(round.is_over())
    }

    /// The cards that effects lead to, each with its seq.
    async fn posts(&self, round: &mut Round, effects: &[Effect]) -> Result<Vec<NewPost>, StoreError> {
        let plan = round.plan().clone();
        let question = &*plan.question;
        let mut posts = Vec::new();
        for effect in effects {
            let (cards, person) = match effect {
                Effect::Post(notice) => {
                    let post = say::round(question, notice, plan.role.as_deref());
                    let pin = plan.pin.then(|| say::round_pin(POST));
                    let cards = [post, say::round_thread(question, POST)].into_iter().chain(pin).collect();
                    (cards, None)
                }
                Effect::Edit(notice) => {
                    let card = say::round(question, notice, plan.role.as_deref());
                    (vec![card.by(Way::Edit(POST))], None)
                }
                Effect::Reveal(reveal) => (vec![say::round_result(question, reveal, POST)], None),
                Effect::Show { person, interview } => {
                    (self.shown(*interview).await?.into_iter().collect(), Some(person.clone()))
                }
                Effect::Begin { .. }
                | Effect::Resume { .. }
                | Effect::OnceMore { .. }
                | Effect::Tell { .. } => (Vec::new(), None),
            };
            posts.extend(cards.into_iter().map(|card| NewPost {
                seq: round.next_seq(),
                way: card.way,
                card: to_json(&card),
                person: person.clone(),
            }));
        }
        Ok(posts)
    }

    async fn shown(&self, part: InterviewId) -> Result<Option<Card>, StoreError> {
        let stored = self.store.interview(part).await?;
        let Some(part) = stored.and_then(|stored| restore(&stored)) else { return Ok(None) };
        // What was said once more, after the reveal, is nobody else's.
        let counted = part.state().done.first().unwrap_or(&part.state().exchange);
        let card = say::shown_answer(counted, POST);
        Ok(Some(card).filter(|card| !card.blocks.is_empty()))
    }

    /// Takes a person out of every round. Rounds that they began go on without a host.
    pub(super) async fn forget_in_rounds(&self, person: &Person) -> Result<(), StoreError> {
        let now = self.clock.now();
        for stored in self.store.rounds().await? {
            let Some(round) = restored(&stored) else { continue };
            let is_host = round.plan().host.as_ref() == Some(person);
            if !is_host && !round.state().people.contains_key(person) {
                continue;
            }
            let host = round.plan().host.clone().filter(|_| !is_host);
            let plan = Arc::new(Plan { host, ..(**round.plan()).clone() });
            let mut round = Round::restore(plan, round.state().clone());
            round.forget(person);
            let wake_at = round_written(&round, Vec::new(), now).wake_at;
            let (plan, state) = (to_json(&**round.plan()), to_json(round.state()));
            self.store.rewrite_round(stored.id, stored.version, plan, state, wake_at).await?;
        }
        Ok(())
    }
}

/// Whose bag a channel's questions are out of.
pub(super) fn bag(channel: &Place) -> Person {
    Person(channel.0.clone())
}

fn of_question(question: &Question) -> Filter {
    Filter { question: Some(question.id.clone()), ..Filter::default() }
}

pub(super) fn restored(stored: &StoredInterview) -> Option<Round> {
    let plan: Plan = serde_json::from_str(&stored.plan).ok()?;
    let state: State = serde_json::from_str(&stored.state).ok()?;
    Some(Round::restore(Arc::new(plan), state))
}

/// Whether these inputs may close a round, or there is nothing else to be heard: then everybody is heard
/// before.
pub(super) fn closes(round: &Round, inputs: &[Input], at: Timestamp) -> bool {
    let by_host = |input: &Input| matches!(input, Input::Controlled { control: Control::Close, .. });
    !round.is_over() && (round.closing() <= at || inputs.is_empty() || inputs.iter().any(by_host))
}

/// What a round has not heard of a part in it. Hearing it again would change nothing.
fn unheard(round: &Round, part: &StoredInterview) -> Vec<Input> {
    let known = round.state().people.get(&part.person);
    if known.is_some_and(|known| known.interview > part.id) {
        return Vec::new();
    }
    let person = part.person.clone();
    let is_known = known.is_some_and(|known| known.interview == part.id);
    let mut inputs = Vec::new();
    if !is_known {
        inputs.push(Input::Joined { person: person.clone(), interview: part.id });
    }
    let revision = u64::try_from(part.version).unwrap_or(0);
    let is_heard = is_known && known.is_some_and(|known| known.revision >= revision);
    let answer = restore(part)
        .filter(|_| !is_heard)
        .and_then(|interview| Answer::of(part.id, &round.plan().question, &interview.state().exchange));
    inputs.extend(answer.map(|answer| Input::Answered { person, revision, answer }));
    inputs
}

/// How an input is answered that leads to nothing of the person's own but perhaps a note.
fn told(id: InterviewId, heard: &Heard, person: &Person) -> Taken {
    let outcome = match note_for(person, &heard.effects) {
        _ if heard.again => Outcome::Duplicate,
        Some(note) => Outcome::Told(note),
        None if heard.effects.is_empty() => Outcome::Stale,
        None => Outcome::Done,
    };
    Taken { over: heard.round.is_over(), ..unmoved(id, outcome) }
}

fn note_for(person: &Person, effects: &[Effect]) -> Option<Note> {
    effects.iter().find_map(|effect| {
        let Effect::Tell { person: whom, note } = effect else { return None };
        (whom == person).then_some(*note)
    })
}

pub(super) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn round_written(round: &Round, posts: Vec<NewPost>, at: Timestamp) -> Written {
    let deadline = round.deadline().map(|(deadline, _)| deadline);
    Written {
        state: to_json(round.state()),
        open: round.kept_until().is_none_or(|until| until > at),
        wake_at: deadline.or(round.kept_until()),
        holds: !round.is_over(),
        drops_queued: round.is_unseen(),
        posts,
        records: Vec::new(),
        traps: Vec::new(),
    }
}
