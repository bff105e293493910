//! What happens when somebody writes, presses or commands: the meaning comes from `intake`, the effect from
//! the engine, and here it is answered within Discord's three seconds.

use std::time::Duration;

use jiff::Timestamp;
use serenity::builder::CreateAttachment;
use serenity::model::application::{CommandInteraction, ComponentInteraction, ModalInteraction};
use serenity::model::channel::Message as Posted;
use serenity::model::id::ChannelId;

use super::Discord;
use super::draw::{self, Audience};
use super::intake::{self, Asked, Asker, Heard, Spot};
use super::mine;
use super::place::{self, Place};
use super::post::name;
use super::trouble::Trouble;
use super::wire::{Message, Response};
use crate::chat::press::{Action, Press};
use crate::chat::{Look, Person, Refusal, Request, Taken, What};
use crate::clock;
use crate::core::choose::Filter;
use crate::core::interview::Mode;
use crate::core::say;

/// An interaction is answered at once if this is enough, else it is put off: Discord waits three seconds.
const AT_ONCE: Duration = Duration::from_millis(1_500);
/// How often and how long apart it is looked for a drill that is being opened: two seconds in all, a hundred
/// times what noting it takes.
const OPENING_LOOKS: u32 = 10;
const OPENING_WAIT: Duration = Duration::from_millis(200);
/// Bytes of a file at the most: what Discord takes everywhere.
const FILE_BYTES_MAX: usize = 8 << 20;

impl Discord {
    /// Somebody wrote something.
    pub(super) async fn on_message(&self, message: &Posted) {
        let (user, channel) = (message.author.id, message.channel_id);
        let drill = self.memory().drill(user, channel);
        let Some(heard) = intake::message(message, self.me, drill.is_some()) else { return };
        let at = match (drill, message.guild_id) {
            (Some(at), _) => at,
            (None, None) => Place::Direct(channel),
            (None, Some(guild)) => Place::Thread { guild, parent: channel, thread: channel },
        };
        let text = match heard {
            Heard::Said(text) => text,
            Heard::NoText => return self.hint(channel, say::NO_TEXT).await,
            Heard::Unreadable if drill.is_some() => return self.hint(channel, say::UNREADABLE).await,
            Heard::Unreadable => return,
        };
        self.memory().wrote(user, channel, self.clock.now());
        let key = intake::message_key(message.id);
        let sent = self.fresh(message.id.get());
        let said = What::Said { to: None, text };
        let taken = self.take_said(key, sent, Person(place::person(user)), at, said);
        let typing = async {
            // A courtesy; nothing depends on it.
            let _ = self.http.broadcast_typing(channel).await;
        };
        let (taken, ()) = tokio::join!(taken, typing);
        match taken {
            Ok(_) => {}
            Err(Refusal::NothingOpen) => self.hint(channel, say::NO_DRILL_HERE).await,
            Err(refusal) => self.hint(channel, &refusal.sentence()).await,
        }
    }

    /// Where a drill is being opened, who is quick may write before it is noted that it takes place there.
    async fn take_said(
        &self,
        key: String,
        sent: Timestamp,
        person: Person,
        at: Place,
        said: What,
    ) -> Result<Taken, Refusal> {
        let user = place::user(&person.0);
        for _ in 0..OPENING_LOOKS {
            let taken = self.inbox.send(key.clone(), sent, person.clone(), name(at), said.clone()).await;
            let opening = user.is_some_and(|user| self.memory().drill(user, at.channel()).is_some());
            let nothing_open = matches!(taken, Err(Refusal::NothingOpen));
            if !nothing_open || !opening {
                return taken;
            }
            clock::pause(OPENING_WAIT).await;
        }
        Err(Refusal::NothingOpen)
    }

    /// Says one sentence in a channel, seldom enough not to be a nuisance.
    async fn hint(&self, channel: ChannelId, sentence: &str) {
        if !self.memory().hint_due(channel, self.clock.now()) {
            return;
        }
        if let Err(trouble) = self.send(channel, &Message::sentence(sentence)).await {
            tracing::debug!(?trouble, "a hint could not be given");
        }
    }

    /// Somebody gave a command.
    pub(super) async fn on_command(&self, event: &CommandInteraction) {
        let asker = Asker::of_command(event);
        self.memory().acted(&asker, self.clock.now());
        match intake::command(event) {
            None => self.reply(&asker, say::UNKNOWN_BUTTON).await,
            Some(Asked::Help) => self.reply(&asker, say::HELP).await,
            Some(Asked::Drill { filter, traps, direct }) => {
                let request = Request { mode: Mode::Drill, filter, count: 1, traps, seed: None };
                self.begin(&asker, request, direct).await;
            }
            Some(Asked::Screen(count)) => {
                let filter = Filter::default();
                let request = Request { mode: Mode::Screen, filter, count, traps: None, seed: None };
                self.begin(&asker, request, false).await;
            }
            Some(Asked::ForgetMe) => self.forget(&asker).await,
            Some(Asked::Export) => self.export(&asker).await,
            Some(Asked::Setup) => self.set_up(&asker, event.app_permissions).await,
            Some(Asked::FollowUp { author, text }) => self.follow_up_on(&asker, author, text).await,
        }
    }

    /// Somebody types an option.
    pub(super) async fn on_autocomplete(&self, event: &CommandInteraction) {
        let Some(typing) = event.data.autocomplete() else { return };
        let options = event.data.options.iter();
        let track = options.filter(|option| option.name == "track").find_map(|option| option.value.as_str());
        let suggestions = self.choices.suggest(typing.name, typing.value, track);
        self.answer_now(&Asker::of_command(event), &Response::suggestions(suggestions)).await;
    }

    /// Somebody pressed a button.
    pub(super) async fn on_component(&self, event: &ComponentInteraction) {
        let asker = Asker::of_component(event);
        if event.data.custom_id == mine::LIST {
            return self.on_choice(&asker, intake::chosen(event)).await;
        }
        let press = Press::from_id(&event.data.custom_id);
        let Some(Press { interview, seq, action }) = press else {
            return self.reply(&asker, say::UNKNOWN_BUTTON).await;
        };
        match action {
            Action::Answer => match self.inbox.look(interview, seq, asker.person()).await {
                Ok(Look { outcome, .. }) if outcome.sentence().is_none() => {
                    let form =
                        Response::form(event.data.custom_id.clone(), say::FORM_TITLE, say::YOUR_ANSWER);
                    self.answer_now(&asker, &form).await;
                }
                Ok(Look { outcome, .. }) => self.reply(&asker, outcome.sentence().unwrap_or_default()).await,
                Err(refusal) => self.reply(&asker, &refusal.of_card()).await,
            },
            Action::Show => {
                self.memory().acted(&asker, self.clock.now());
                self.show(&asker, self.inbox.look(interview, seq, asker.person()).await).await;
            }
            // No card of ours on Discord offers it: there, what others may want to see is behind a spoiler.
            Action::ShowAll => self.reply(&asker, say::UNKNOWN_BUTTON).await,
            Action::Press(button) => {
                self.answer_now(&asker, &Response::acknowledge()).await;
                self.memory().acted(&asker, self.clock.now());
                let what = What::Pressed { to: Some(interview), on: Some(seq), button };
                let taken = self.take(&asker, asker.here(), what).await;
                self.say_what_became(&asker, taken).await;
            }
        }
    }

    /// Somebody sent a form.
    pub(super) async fn on_form(&self, event: &ModalInteraction) {
        let asker = Asker::of_form(event);
        let Some(Press { interview, seq, .. }) = Press::from_id(&event.data.custom_id) else {
            return self.reply(&asker, say::UNKNOWN_BUTTON).await;
        };
        self.answer_now(&asker, &Response::acknowledge()).await;
        let text = intake::form_text(event);
        let looked = self.inbox.look(interview, seq, asker.person()).await;
        let stale = match looked {
            Ok(look) => look.outcome.sentence().map(str::to_owned),
            Err(refusal) => Some(refusal.of_card()),
        };
        let problem = if text.is_empty() { Some(say::NO_TEXT.to_owned()) } else { stale };
        if let Some(problem) = problem {
            return self.add(&asker, &Message::sentence(problem)).await;
        }
        self.memory().acted(&asker, self.clock.now());
        let taken = self.take(&asker, asker.here(), What::Said { to: Some(interview), text }).await;
        self.say_what_became(&asker, taken).await;
    }

    /// Begins an interview where it was asked for, or in direct messages.
    async fn begin(&self, asker: &Asker, request: Request, direct: bool) {
        let mode = request.mode;
        if direct && asker.spot != Spot::Direct {
            return self.begin_in_direct(asker, request).await;
        }
        let at = asker.place();
        let in_thread = matches!(at, Place::Starting { .. });
        if in_thread {
            self.memory().starting(asker);
        } else {
            // What follows is an answer to this one, so it has to stand first.
            self.answer_now(asker, &Response::defer(true)).await;
        }
        let began = self.take(asker, at, What::Begin(request));
        tokio::pin!(began);
        let (began, deferred) = match tokio::time::timeout(AT_ONCE, &mut began).await {
            Ok(began) => (began, !in_thread),
            Err(_) => {
                if in_thread {
                    self.answer_now(asker, &Response::defer(false)).await;
                }
                (began.await, true)
            }
        };
        let message = match &began {
            Ok(_) if in_thread => Message::sentence(match mode {
                Mode::Drill => say::drill_in_thread(&asker.mention()),
                Mode::Screen => say::screen_in_thread(&asker.mention()),
            }),
            Ok(taken) if !taken.shown.is_empty() => return self.resume(asker, taken).await,
            Ok(_) => Message::sentence(say::HERE_IT_COMES).private(),
            Err(refusal) => Message::sentence(refusal.sentence()).private(),
        };
        let answered = if deferred {
            self.amend(&asker.token, &message).await.map(Some)
        } else {
            let answered = self.respond(asker.id, &asker.token, &Response::message(message)).await;
            answered.map(|()| None)
        };
        match answered {
            Ok(message) if in_thread && began.is_ok() => self.note_starter(asker, message).await,
            Ok(_) => {}
            Err(trouble) => tracing::warn!(?trouble, "a command could not be answered"),
        }
    }

    /// Finds the message that answers a command, for its thread to hang from.
    async fn note_starter(&self, asker: &Asker, message: Option<serenity::model::id::MessageId>) {
        let message = match message {
            Some(message) => Some(message),
            None => self.answer_to(&asker.token).await.ok(),
        };
        if let Some(message) = message {
            self.memory().started(asker.id, message);
        }
        self.starter_given.notify_waiters();
    }

    async fn begin_in_direct(&self, asker: &Asker, request: Request) {
        self.answer_now(asker, &Response::defer(true)).await;
        let sentence = match self.direct_channel(asker.user).await {
            Ok(channel) => match self.take(asker, Place::Direct(channel), What::Begin(request)).await {
                Ok(_) => say::IN_DIRECT.to_owned(),
                Err(refusal) => refusal.sentence(),
            },
            Err(Trouble::Blocked(_)) => say::DIRECT_CLOSED.to_owned(),
            Err(_) => say::NOT_SAVED.to_owned(),
        };
        self.amend_or_log(asker, &Message::sentence(sentence)).await;
    }

    /// Shows where an interview stands that goes on.
    async fn resume(&self, asker: &Asker, taken: &Taken) {
        self.amend_or_log(asker, &Message::sentence(say::GOES_ON)).await;
        if let Some(card) = taken.shown.last() {
            let now = self.clock.now();
            for message in draw::card(&card.card, card.interview, card.seq, asker.audience(), now) {
                self.add(asker, &message.as_edit()).await;
            }
        }
    }

    /// Shows a card to its owner alone.
    async fn show(&self, asker: &Asker, looked: Result<Look, Refusal>) {
        let look = match looked {
            Ok(look) => look,
            Err(refusal) => return self.reply(asker, &refusal.of_card()).await,
        };
        let now = self.clock.now();
        let card = &look.card;
        let messages = draw::card(&card.card, card.interview, card.seq, Audience::Alone, now);
        for (place, message) in messages.iter().enumerate() {
            let message = message.as_edit().private();
            if place == 0 {
                self.answer_now(asker, &Response::message(message)).await;
            } else {
                self.add(asker, &message).await;
            }
        }
    }

    async fn forget(&self, asker: &Asker) {
        self.answer_now(asker, &Response::defer(true)).await;
        let sentence = match self.inbox.forget(asker.person()).await {
            Ok(()) => {
                self.memory().forget(asker.user);
                say::FORGOTTEN.to_owned()
            }
            Err(refusal) => refusal.sentence(),
        };
        self.amend_or_log(asker, &Message::sentence(sentence)).await;
    }

    async fn export(&self, asker: &Asker) {
        self.answer_now(asker, &Response::defer(true)).await;
        let sentence = match self.inbox.export(asker.person()).await {
            Ok(document) if document.len() <= FILE_BYTES_MAX => {
                let file = CreateAttachment::bytes(document.into_bytes(), "riposte.json");
                let message = Message::sentence(say::EXPORTED).private();
                match self.follow_up_with(&asker.token, &message, file).await {
                    Ok(()) => return,
                    Err(trouble) => {
                        tracing::warn!(?trouble, "an export could not be sent");
                        say::NOT_SAVED.to_owned()
                    }
                }
            }
            Ok(_) => say::EXPORT_TOO_LARGE.to_owned(),
            Err(refusal) => refusal.sentence(),
        };
        self.amend_or_log(asker, &Message::sentence(sentence)).await;
    }

    async fn take(&self, asker: &Asker, at: Place, what: What) -> Result<Taken, Refusal> {
        let key = intake::interaction_key(asker.id);
        self.inbox.send(key, self.fresh(asker.id.get()), asker.person(), name(at), what).await
    }

    async fn say_what_became(&self, asker: &Asker, taken: Result<Taken, Refusal>) {
        let sentence = match taken {
            Ok(taken) => taken.outcome.sentence().map(str::to_owned),
            Err(refusal) => Some(refusal.sentence()),
        };
        if let Some(sentence) = sentence {
            self.add(asker, &Message::sentence(sentence)).await;
        }
    }

    /// Answers an interaction by one sentence for that person alone.
    pub(super) async fn reply(&self, asker: &Asker, sentence: &str) {
        self.answer_now(asker, &Response::message(Message::sentence(sentence).private())).await;
    }

    pub(super) async fn answer_now(&self, asker: &Asker, response: &Response) {
        if let Err(trouble) = self.respond(asker.id, &asker.token, response).await {
            tracing::debug!(?trouble, "an interaction could not be answered");
        }
    }

    /// Says something more to that person alone.
    pub(super) async fn add(&self, asker: &Asker, message: &Message) {
        if let Err(trouble) = self.follow_up(&asker.token, &message.clone().private()).await {
            tracing::debug!(?trouble, "an interaction could not be answered further");
        }
    }

    pub(super) async fn amend_or_log(&self, asker: &Asker, message: &Message) {
        if let Err(trouble) = self.amend(&asker.token, message).await {
            tracing::warn!(?trouble, "a command could not be answered");
        }
    }
}

impl Asker {
    /// Who, as the engine keeps them.
    pub(super) fn person(&self) -> Person {
        Person(place::person(self.user))
    }

    /// How Discord shows their name; it notifies nobody.
    fn mention(&self) -> String {
        format!("<@{}>", self.user)
    }

    /// The place that they are in, for what belongs to an interview that knows its own.
    fn here(&self) -> Place {
        match self.place() {
            Place::Starting { guild, parent, .. } => Place::Thread { guild, parent, thread: parent },
            place @ (Place::Direct(_) | Place::Thread { .. } | Place::Alone(_)) => place,
        }
    }

    fn audience(&self) -> Audience {
        match self.spot {
            Spot::Direct => Audience::Direct,
            Spot::Channel(_) | Spot::Thread(..) | Spot::Foreign => Audience::Alone,
        }
    }
}
