//! What happens when somebody writes, presses, fills in or commands: the meaning comes from `intake`, the effect
//! from the engine. A callback waits for the engine to commit and for nothing else.

use std::sync::Arc;

use serde_json::{Value, json};

use super::command::{self, Asked, SCREEN_DEFAULT};
use super::draw::{self, Audience};
use super::intake::{Asker, Happened, Wrote};
use super::place::{self, Place};
use super::post::SETTLED_AFTER;
use super::trouble::Trouble;
use super::wire::{FIELD, Message, Spot, View};
use super::{Slack, follow_up, home};
use crate::chat::hints::Hint;
use crate::chat::press::{self, Action, Press};
use crate::chat::{Delivery, Look, Outcome, Person, Refusal, Request, Taken, What};
use crate::core::card::Button;
use crate::core::choose::Filter;
use crate::core::interview::{InterviewId, Mode, Seq};
use crate::core::say;

/// Part of a key, for a card that was shown to everybody after its person had seen it.
const ALL: &str = "all";

/// It is not on disk, so Slack has to deliver it again.
#[derive(Debug)]
pub(super) struct NotTaken;

impl Slack {
    /// Takes something that happened. What comes back goes with the acknowledgement.
    pub(super) async fn take(self: &Arc<Self>, happened: Happened) -> Result<Option<Value>, NotTaken> {
        if let Happened::DrillMe(asker) | Happened::FollowUp { asker, .. } = &happened
            && !self.serves(asker)
        {
            self.reply(asker, say::slack::NO_TOKEN.to_owned());
            return Ok(None);
        }
        match happened {
            Happened::Wrote(wrote) => return self.on_wrote(&wrote).await.map(|()| None),
            Happened::Uninstalled { team } => {
                self.inbox.gone(place::of_team(&team)).await.map_err(|_| NotTaken)?;
            }
            Happened::Commanded(asker, text) => return self.on_command(&asker, &text).await,
            Happened::Pressed { asker, action, chosen } => self.on_pressed(asker, &action, chosen).await?,
            Happened::Filled { asker, form, text } => return self.on_filled(&asker, &form, text).await,
            Happened::DrillMe(asker) => {
                let began = self.begin(&asker, asker.direct(), drill(Filter::default(), None)).await?;
                if let Err(refusal) = began {
                    self.tell_directly(&asker, refusal.sentence());
                }
            }
            Happened::OpenedHome(asker) => self.show_home(asker),
            Happened::FollowUp { asker, author, words } => {
                self.on_follow_up(asker, author, words).await?;
            }
        }
        Ok(None)
    }

    async fn on_wrote(self: &Arc<Self>, wrote: &Wrote) -> Result<(), NotTaken> {
        let Some(at) = wrote.place() else { return Ok(()) };
        let (place, person) = (at.name(), wrote.person());
        if !wrote.direct && !self.is_addressed(wrote, &at, &person).await? {
            return Ok(());
        }
        if wrote.text.is_empty() {
            self.hint(wrote, at, Hint::NoText, say::NO_TEXT.to_owned());
            return Ok(());
        }
        if !wrote.direct {
            let mut memory = self.memory();
            memory.acted(person.clone(), wrote.channel.clone(), wrote.thread.clone());
            if wrote.edited.is_none() {
                memory.wrote(place.clone(), person.clone());
            }
        }
        let sent = wrote.at().unwrap_or_else(|| self.clock.now());
        let is_starting = self.is_starting(wrote, &at, &person);
        match self.inbox.send(wrote.key(), sent, person.clone(), place.clone(), wrote.what()).await {
            Ok(_) => {}
            Err(Refusal::Failed) => return Err(NotTaken),
            // Who is quick writes before it is noted where the question stands. Slack delivers it again, and by
            // then it is, or there is no drill.
            Err(Refusal::NothingOpen) if wrote.edited.is_none() && is_starting => return Err(NotTaken),
            Err(Refusal::NothingOpen) if wrote.edited.is_none() && self.memory().drills(&place, &person) => {
                self.memory().closed(&place, &person);
                return Err(NotTaken);
            }
            // Whoever mends an old message wants nothing of us.
            Err(Refusal::NothingOpen) if wrote.edited.is_some() || !wrote.direct => {}
            Err(Refusal::NothingOpen) => {
                self.hint(wrote, at, Hint::NoDrill, say::slack::NO_DRILL_HERE.to_owned());
            }
            Err(refusal) => self.hint(wrote, at, Hint::TooMuch, refusal.sentence()),
        }
        Ok(())
    }

    /// Whether somebody has a drill whose question is just being posted, perhaps above what they wrote.
    fn is_starting(&self, wrote: &Wrote, at: &Place, person: &Person) -> bool {
        let openings = place::openings(at).filter(|_| wrote.below_ours);
        openings.is_some_and(|openings| self.memory().drills_within(&openings, person))
    }

    /// Whether what was written in a thread is said in a drill. Memory may not know it after a start: then who
    /// wrote below a message of ours is looked up.
    async fn is_addressed(&self, wrote: &Wrote, at: &Place, person: &Person) -> Result<bool, NotTaken> {
        if self.memory().drills(&at.name(), person) || self.is_starting(wrote, at, person) {
            return Ok(true);
        }
        if !wrote.below_ours {
            return Ok(false);
        }
        match self.inbox.overview(person.clone()).await {
            Ok(overview) => {
                // A question whose place is still to be noted is perhaps the one above: Slack delivers it again.
                let starts = place::openings(at).map(|openings| format!("{}:", openings.0));
                let starts =
                    |card: &Delivery| starts.as_ref().is_some_and(|starts| card.place.0.starts_with(starts));
                match overview.open.iter().any(|card| card.place == at.name()) {
                    false if overview.open.iter().any(starts) => Err(NotTaken),
                    is_there => Ok(is_there),
                }
            }
            // Too much: what they wrote is refused with a sentence, if it is meant for us.
            Err(Refusal::TooMuch(_)) => Ok(true),
            // Slack delivers it again.
            Err(_) => Err(NotTaken),
        }
    }

    /// Whether anything can be posted where somebody is.
    pub(super) fn serves(&self, asker: &Asker) -> bool {
        self.workspaces.contains_key(&asker.team)
    }

    /// Says one sentence about what somebody wrote, seldom enough not to be a nuisance.
    fn hint(self: &Arc<Self>, wrote: &Wrote, at: Place, hint: Hint, sentence: String) {
        if !self.memory().hint_due(at.name(), hint, self.clock.now()) {
            return;
        }
        let (slack, wrote) = (self.clone(), wrote.clone());
        self.beside(async move {
            let message = Message::sentence(&sentence);
            let Wrote { team, channel, user, thread, .. } = &wrote;
            let said = match at {
                Place::Direct { .. } => slack.say(team, &Spot::new(channel, None), &message).await.map(drop),
                Place::Starting { .. }
                | Place::Thread { .. }
                | Place::Channel { .. }
                | Place::Aside { .. } => {
                    slack.say_alone(team, channel, thread.as_deref(), user, &message).await.map(drop)
                }
            };
            if let Err(trouble) = said {
                tracing::debug!(?trouble, "a hint could not be given");
            }
        });
    }

    async fn on_command(self: &Arc<Self>, asker: &Asker, text: &str) -> Result<Option<Value>, NotTaken> {
        let sentence = match command::read(text, &self.tracks) {
            Asked::Help => say::slack::HELP.to_owned(),
            Asked::Unknown { word, near } => say::slack::no_such_command(&word, near),
            Asked::Drill { filter, traps, direct } => {
                self.on_begin(asker, direct, drill(filter, traps)).await?
            }
            Asked::Screen { count, direct } => self.on_begin(asker, direct, screen(count)).await?,
            Asked::Round { filter, minutes } => return self.begin_round(asker, filter, minutes).await,
            Asked::Daily(asked) => return self.on_daily(asker, asked).await,
            Asked::ForgetMe => {
                self.forget(asker.clone());
                return Ok(None);
            }
            Asked::Export => {
                self.export(asker);
                say::slack::EXPORT_COMES.to_owned()
            }
            Asked::Setup => {
                let (slack, asker) = (self.clone(), asker.clone());
                self.beside(async move { slack.set_up(&asker).await });
                return Ok(None);
            }
        };
        Ok(Self::at_once(Message::sentence(&sentence)))
    }

    /// The answer to a command, which goes with the acknowledgement.
    pub(super) fn at_once(message: Message) -> Option<Value> {
        // Our own types are plain data, which always serialises.
        serde_json::to_value(message.reply()).ok()
    }

    /// Begins an interview by a command; the sentence that answers it.
    async fn on_begin(
        self: &Arc<Self>,
        asker: &Asker,
        direct: bool,
        request: Request,
    ) -> Result<String, NotTaken> {
        if !self.serves(asker) {
            return Ok(say::slack::NO_TOKEN.to_owned());
        }
        let at = if direct { asker.direct() } else { asker.place() };
        if let Place::Starting { channel, .. } = &at {
            self.memory().acted(asker.person(), channel.clone(), None);
        }
        let in_channel = matches!(at, Place::Starting { .. });
        let sentence = match self.begin(asker, at, request).await? {
            Ok(taken) if !taken.shown.is_empty() => say::slack::GOES_ON_IN_DIRECT,
            Ok(_) if in_channel => say::slack::IN_CHANNEL,
            Ok(_) => say::IN_DIRECT,
            Err(refusal) => return Ok(refusal.sentence()),
        };
        Ok(sentence.to_owned())
    }

    /// Begins an interview, or shows where the one stands that goes on.
    pub(super) async fn begin(
        self: &Arc<Self>,
        asker: &Asker,
        at: Place,
        request: Request,
    ) -> Result<Result<Taken, Refusal>, NotTaken> {
        let began = self.send(asker, asker.key(), at, What::Begin(request)).await?;
        if let Ok(Taken { shown, outcome: Outcome::Done, .. }) = &began
            && let Some(card) = shown.last().cloned()
        {
            let (slack, asker) = (self.clone(), asker.clone());
            self.beside(async move { slack.show_directly(&asker, &card).await });
        }
        Ok(began)
    }

    /// Sends to the engine what somebody did by a button, a form or a command, which have no time of Slack's.
    pub(super) async fn send(
        &self,
        asker: &Asker,
        key: String,
        at: Place,
        what: What,
    ) -> Result<Result<Taken, Refusal>, NotTaken> {
        match self.inbox.send(key, self.clock.now(), asker.person(), at.name(), what).await {
            Err(Refusal::Failed) => Err(NotTaken),
            taken => Ok(taken),
        }
    }

    async fn on_pressed(
        self: &Arc<Self>,
        asker: Asker,
        action: &str,
        chosen: Option<String>,
    ) -> Result<(), NotTaken> {
        if let Some(wanted) = home::read(action) {
            return self.on_home(asker, wanted).await;
        }
        if let Some(list) = follow_up::list(action) {
            return self.on_choice(asker, list, chosen).await;
        }
        let Some(Press { interview, seq, action }) = Press::from_id(action) else {
            self.reply(&asker, say::slack::UNKNOWN_BUTTON.to_owned());
            return Ok(());
        };
        if let Some(channel) = asker.channel.clone() {
            self.memory().acted(asker.person(), channel, asker.thread.clone());
        }
        let slack = self.clone();
        match action {
            // Whether a round takes one more answer, it says itself.
            Action::Answer | Action::Press(Button::Answer) => {
                let form = Press { interview, seq, action };
                self.beside(async move { slack.open_answer(&asker, &form).await });
            }
            Action::Show => self.beside(async move { slack.show(&asker, interview, seq).await }),
            Action::ShowAll => self.beside(async move { slack.show_all(&asker, interview, seq).await }),
            Action::Press(button) => {
                let what = if let Button::Host(control) = button {
                    What::Controlled { round: interview, manages: self.manages(&asker).await, control }
                } else {
                    What::Pressed { to: Some(interview), on: Some(seq), button }
                };
                let taken = self.send(&asker, asker.key(), asker.here(), what).await?;
                if let Ok(Taken { shown, last: Seq(0), .. }) = &taken
                    && let Some(card) = shown.last().cloned()
                {
                    // Nothing of it is on its way, so what was there before is shown again.
                    self.beside(async move { slack.show_card(&asker, &card).await });
                } else if let Some(sentence) = what_became(taken) {
                    self.reply(&asker, sentence);
                }
            }
        }
        Ok(())
    }

    /// Opens the form for an answer, with what it answers above the field.
    async fn open_answer(&self, asker: &Asker, press: &Press) {
        let interview = press.interview;
        let look = match self.inbox.look(interview, press.seq, asker.person()).await {
            Ok(look) => look,
            Err(refusal) => return self.reply_now(asker, &refusal.of_card()).await,
        };
        match look.outcome.sentence() {
            None => {
                let id = press.to_id().unwrap_or_default();
                let above = draw::above_field(&look.card.card);
                let buttons = [say::slack::SEND, say::slack::CANCEL];
                let form = View::form(id, say::FORM_TITLE, above, say::YOUR_ANSWER, buttons);
                if let Err(trouble) = self.open_form(&asker.team, &asker.trigger, &form).await {
                    tracing::debug!(?trouble, "a form could not be opened");
                    self.reply_now(asker, say::slack::NO_FORM).await;
                }
            }
            // What only one person sees is gone when they start Slack anew; the question is not.
            Some(sentence) => match self.where_it_stands(asker, interview).await {
                Some(card) => self.show_card(asker, &card).await,
                None => self.reply_now(asker, sentence).await,
            },
        }
    }

    /// The card at which an open interview of theirs stands.
    async fn where_it_stands(&self, asker: &Asker, interview: InterviewId) -> Option<Delivery> {
        let overview = self.inbox.overview(asker.person()).await.ok()?;
        overview.open.into_iter().find(|card| card.interview == interview)
    }

    async fn on_filled(
        self: &Arc<Self>,
        asker: &Asker,
        form: &str,
        text: String,
    ) -> Result<Option<Value>, NotTaken> {
        let Some(Press { interview, seq, action }) = Press::from_id(form) else {
            return Ok(field_error(say::slack::UNKNOWN_BUTTON));
        };
        if text.is_empty() {
            return Ok(field_error(say::NO_TEXT));
        }
        let card = match self.inbox.look(interview, seq, asker.person()).await {
            // The same form again: what it said has counted.
            Ok(Look { outcome: Outcome::Done | Outcome::Duplicate, card }) => card,
            Ok(Look { outcome, .. }) => {
                return Ok(outcome.sentence().and_then(field_error));
            }
            Err(Refusal::Failed) => return Err(NotTaken),
            Err(refusal) => return Ok(field_error(&refusal.of_card())),
        };
        let at = Place::parse(&card.place).unwrap_or_else(|| asker.direct());
        if let (Action::Press(Button::Answer), Place::Channel { team, channel }) = (&action, &at) {
            let aside = Place::Aside { team: team.clone(), channel: channel.clone() };
            let said = What::Said { to: Some(interview), text };
            let taken = self.send(asker, asker.key(), aside, said).await?;
            return Ok(what_became(taken).as_deref().and_then(field_error));
        }
        self.memory().filled_in(&card.place, &asker.person(), interview);
        let said = What::Said { to: Some(interview), text };
        let taken = self.send(asker, asker.key(), at, said).await?;
        let last = match &taken {
            Ok(taken) if taken.interview == interview => Some(taken.last),
            // What comes of it in this one is not told.
            Ok(_) => None,
            Err(_) => Some(seq),
        };
        if let Some(last) = last {
            self.memory().led_to(interview, last);
        }
        Ok(what_became(taken).as_deref().and_then(field_error))
    }

    /// Shows a card once more, to its person alone.
    async fn show(&self, asker: &Asker, interview: InterviewId, seq: Seq) {
        match self.inbox.look(interview, seq, asker.person()).await {
            Ok(look) => self.show_card(asker, &look.card).await,
            Err(refusal) => self.reply_now(asker, &refusal.of_card()).await,
        }
    }

    /// Where they are, if that is its channel, else in their direct messages.
    async fn show_card(&self, asker: &Asker, card: &Delivery) {
        let place = Place::parse(&card.place);
        let (of, audience) = match &place {
            Some(Place::Thread { channel, .. }) => (Some(channel), Audience::Alone),
            Some(Place::Channel { channel, .. } | Place::Aside { channel, .. }) => {
                (Some(channel), Audience::Aside)
            }
            Some(Place::Direct { .. } | Place::Starting { .. }) | None => (None, Audience::Direct),
        };
        let Some(here) = asker.channel.as_ref().filter(|here| Some(*here) == of) else {
            return self.show_directly(asker, card).await;
        };
        let now = self.clock.now();
        for message in draw::card(&card.card, card.interview, card.seq, audience, now) {
            let thread = asker.thread.as_deref();
            let shown = self.say_alone(&asker.team, here, thread, &asker.user, &message).await;
            if let Err(trouble) = shown {
                return tracing::debug!(?trouble, "a card could not be shown again");
            }
        }
    }

    async fn show_directly(&self, asker: &Asker, card: &Delivery) {
        let now = self.clock.now();
        // What is said in a round is not answered by writing, wherever it is shown.
        let audience = match Place::parse(&card.place) {
            Some(Place::Channel { .. } | Place::Aside { .. }) => Audience::Aside,
            Some(Place::Direct { .. } | Place::Starting { .. } | Place::Thread { .. }) | None => {
                Audience::Direct
            }
        };
        for message in draw::card(&card.card, card.interview, card.seq, audience, now) {
            let shown = self.say_directly(&asker.team, &asker.user, &message.without_key()).await;
            if let Err(trouble) = shown {
                return tracing::debug!(?trouble, "a card could not be shown again");
            }
        }
    }

    /// Shows a card to everybody in its thread, once.
    async fn show_all(&self, asker: &Asker, interview: InterviewId, seq: Seq) {
        let card = match self.inbox.look(interview, seq, asker.person()).await {
            Ok(look) => look.card,
            Err(refusal) => return self.reply_now(asker, &refusal.of_card()).await,
        };
        let Some(Place::Thread { team, channel, thread }) = Place::parse(&card.place) else {
            return self.reply_now(asker, say::slack::UNKNOWN_BUTTON).await;
        };
        // Who presses twice means it once.
        if !self.memory().show_once(interview, seq) {
            return self.reply_now(asker, say::slack::SHOWN_ALL).await;
        }
        let shown = async {
            let open = crate::core::card::Card { buttons: Vec::new(), ..card.card };
            let messages = draw::card(&open, interview, seq, Audience::Everyone, self.clock.now());
            for (part, message) in messages.into_iter().enumerate() {
                let key = format!("{}-{ALL}", press::nonce(interview, seq, part));
                let message = if part == 0 { message.below(draw::shown_by(&asker.user)) } else { message };
                if !self.stands(&team, &channel, &thread, &key).await? {
                    self.say(&team, &Spot::new(&channel, Some(&thread)), &message.keyed(key)).await?;
                }
            }
            Ok::<_, Trouble>(())
        };
        match shown.await {
            Ok(()) => self.reply_now(asker, say::slack::SHOWN_ALL).await,
            Err(trouble) => {
                tracing::warn!(?trouble, "a card could not be shown to everybody");
                self.reply_now(asker, say::NOT_SAVED).await;
                // What was sent perhaps can be looked for once the history has it.
                if trouble == Trouble::Unknown {
                    self.clock.sleep_for(SETTLED_AFTER).await;
                }
                self.memory().not_shown(interview, seq);
            }
        }
    }

    /// Removes everything about somebody and says so. That may take longer than Slack waits.
    pub(super) fn forget(self: &Arc<Self>, asker: Asker) {
        let slack = self.clone();
        self.beside(async move {
            let person = asker.person();
            let sentence = match slack.inbox.forget(person.clone()).await {
                Ok(()) => {
                    slack.memory().forget(&person);
                    say::FORGOTTEN.to_owned()
                }
                Err(refusal) => refusal.sentence(),
            };
            slack.reply_now(&asker, &sentence).await;
            slack.show_home(asker);
        });
    }

    /// Sends somebody everything about them.
    pub(super) fn export(self: &Arc<Self>, asker: &Asker) {
        let (slack, asker) = (self.clone(), asker.clone());
        self.beside(async move {
            let document = match slack.inbox.export(asker.person()).await {
                Ok(document) => document,
                Err(refusal) => return slack.reply_now(&asker, &refusal.sentence()).await,
            };
            let sent = async {
                let channel = slack.direct_channel(&asker.team, &asker.user).await?;
                let file = document.as_bytes();
                slack.upload(&asker.team, &channel, "riposte.json", file, say::EXPORTED).await
            };
            if let Err(trouble) = sent.await {
                tracing::warn!(?trouble, "an export could not be sent");
                slack.reply_now(&asker, say::slack::EXPORT_FAILED).await;
            }
        });
    }

    /// Answers something that somebody did by a sentence for them alone, without keeping the callback.
    pub(super) fn reply(self: &Arc<Self>, asker: &Asker, sentence: String) {
        let (slack, asker) = (self.clone(), asker.clone());
        self.beside(async move { slack.reply_now(&asker, &sentence).await });
    }

    pub(super) async fn reply_now(&self, asker: &Asker, sentence: &str) {
        self.reply_with(asker, Message::sentence(sentence)).await;
    }

    /// The same with more than a sentence. In a thread it stands there. What cannot be answered where it was
    /// done is answered by the address that came with it, which takes no membership, else in direct messages.
    pub(super) async fn reply_with(&self, asker: &Asker, message: Message) {
        let mut said = match (&asker.thread, &asker.channel) {
            (Some(thread), Some(channel)) => {
                let said = self.say_alone(&asker.team, channel, Some(thread), &asker.user, &message).await;
                said.map(drop)
            }
            (Some(_) | None, _) => Err(Trouble::Expired),
        };
        let is_unsaid =
            |said: &Result<(), Trouble>| said.as_ref().is_err_and(|trouble| *trouble != Trouble::Unknown);
        if let Some(url) = asker.response_url.as_ref().filter(|_| is_unsaid(&said)) {
            said = self.answer(&asker.team, url, &message.clone().reply_beside()).await;
        }
        if is_unsaid(&said) {
            said = self.say_directly(&asker.team, &asker.user, &message).await;
        }
        if let Err(trouble) = said {
            tracing::debug!(?trouble, "somebody could not be answered");
        }
    }

    pub(super) fn tell_directly(self: &Arc<Self>, asker: &Asker, sentence: String) {
        let (slack, asker) = (self.clone(), asker.clone());
        self.beside(async move {
            let message = Message::sentence(&sentence);
            if let Err(trouble) = slack.say_directly(&asker.team, &asker.user, &message).await {
                tracing::debug!(?trouble, "somebody could not be answered");
            }
        });
    }
}

impl Asker {
    /// Where they can be answered alone: for what belongs to an interview that knows its own place, or to a round.
    fn here(&self) -> Place {
        match self.place() {
            Place::Starting { team, channel, .. } => Place::Aside { team, channel },
            place @ (Place::Direct { .. }
            | Place::Thread { .. }
            | Place::Channel { .. }
            | Place::Aside { .. }) => place,
        }
    }
}

/// A drill, as it is asked for.
pub(super) fn drill(filter: Filter, traps: Option<u8>) -> Request {
    Request { mode: Mode::Drill, filter, count: 1, traps, seed: None }
}

fn screen(count: u8) -> Request {
    Request { mode: Mode::Screen, filter: Filter::default(), count, traps: None, seed: None }
}

/// A screen of the usual length.
pub(super) fn usual_screen() -> Request {
    screen(SCREEN_DEFAULT)
}

/// What somebody hears of what they did, if anything.
fn what_became(taken: Result<Taken, Refusal>) -> Option<String> {
    match taken {
        Ok(taken) => taken.outcome.sentence().map(str::to_owned),
        Err(refusal) => Some(refusal.of_card()),
    }
}

/// A sentence below the field of a form, which stays open.
fn field_error(sentence: &str) -> Option<Value> {
    Some(json!({"response_action": "errors", "errors": {FIELD: sentence}}))
}
