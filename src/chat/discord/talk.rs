//! What happens when somebody writes, presses or commands: the meaning comes from `intake`, the effect from
//! the engine, and here it is answered within Discord's three seconds, as a rule when it is on disk. What comes
//! of it waits for that answer.

use std::time::Duration;

use jiff::Timestamp;
use serenity::builder::CreateAttachment;
use serenity::model::application::{CommandInteraction, ComponentInteraction, ModalInteraction};
use serenity::model::channel::Message as Posted;
use serenity::model::id::{ChannelId, UserId};

use super::Discord;
use super::draw::{self, Audience};
use super::intake::{self, Asked, Asker, Given, Heard, Spot};
use super::mine;
use super::place::{self, Place};
use super::post::name;
use super::text;
use super::trouble::Trouble;
use super::wire::{Message, Response, Suggestion};
use crate::chat::hints::Hint;
use crate::chat::press::{Action, Press};
use crate::chat::{Delivery, Look, Person, Refusal, Request, Taken, What};
use crate::clock;
use crate::core::card::Button;
use crate::core::choose::Filter;
use crate::core::interview::{InterviewId, Mode, Seq};
use crate::core::say;

/// An interaction is answered at once if this is enough, else it is put off: Discord waits three seconds.
pub(super) const AT_ONCE: Duration = Duration::from_millis(1_500);
/// How often and how long apart it is looked for a drill that is being opened: two seconds in all, a hundred
/// times what noting it takes.
const OPENING_LOOKS: u32 = 10;
const OPENING_WAIT: Duration = Duration::from_millis(200);
/// Bytes of a file at the most: what Discord takes everywhere.
const FILE_BYTES_MAX: usize = 8 << 20;

/// What an interaction is answered with while it takes longer than Discord waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meanwhile {
    /// "Thinking", in the place of the answer.
    Thinking { private: bool },
    /// Nothing to see; the answer is a message of its own.
    Silence,
}

impl Meanwhile {
    /// "Thinking", for that person alone.
    pub(super) const PRIVATE: Self = Self::Thinking { private: true };

    fn response(self) -> Response {
        match self {
            Self::Thinking { private } => Response::defer(private),
            Self::Silence => Response::acknowledge(),
        }
    }
}

/// Something that a person is doing, until it is known what became of it and they were answered.
struct Underway<'a> {
    discord: &'a Discord,
    user: UserId,
    channels: Vec<ChannelId>,
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        for channel in &self.channels {
            self.discord.memory().end_deed(self.user, *channel);
        }
        self.discord.settled.notify_waiters();
    }
}

impl Discord {
    fn underway(&self, user: UserId, channels: impl IntoIterator<Item = ChannelId>) -> Underway<'_> {
        let channels: Vec<ChannelId> = channels.into_iter().collect();
        for channel in &channels {
            self.memory().begin_deed(user, *channel);
        }
        Underway { discord: self, user, channels }
    }

    /// Somebody wrote something.
    pub(super) async fn on_message(&self, message: &Posted) {
        let (user, channel) = (message.author.id, message.channel_id);
        let drill = self.memory().drill(user, channel);
        let listens = drill.is_some_and(|at| at.hears_messages());
        let Some(heard) = intake::message(message, self.me, listens) else { return };
        let at = match (drill, message.guild_id) {
            (Some(at), _) => at,
            (None, None) => Place::Direct(channel),
            (None, Some(guild)) => Place::Thread { guild, parent: channel, thread: channel },
        };
        let text = match heard {
            Heard::Said(text) => text,
            Heard::NoText => return self.hint(channel, Hint::NoText, say::NO_TEXT).await,
            Heard::Unreadable if listens => {
                return self.hint(channel, Hint::Unreadable, say::UNREADABLE).await;
            }
            Heard::Unreadable => return,
        };
        let key = intake::message_key(message.id);
        let sent = self.fresh(message.id.get());
        let taking = async {
            let _underway = self.underway(user, [channel]);
            let taken = self.take_said(key, sent, user, at, What::Said { to: None, text }).await;
            match &taken {
                Ok(_) if at.hears_messages() => self.memory().wrote(user, channel, self.clock.now()),
                Err(Refusal::NothingOpen) => self.memory().closed(user, at),
                Ok(_) | Err(_) => {}
            }
            taken
        };
        let typing = async {
            // A courtesy; nothing depends on it.
            let _ = self.http.broadcast_typing(channel).await;
        };
        let (taken, ()) = tokio::join!(taking, typing);
        match taken {
            Ok(_) => {}
            Err(Refusal::NothingOpen) => self.hint(channel, Hint::NoDrill, say::NO_DRILL_HERE).await,
            Err(refusal @ Refusal::TooMuch(_)) => {
                self.hint(channel, Hint::TooMuch, &refusal.sentence()).await;
            }
            // Whoever wrote that believes that it counts.
            Err(
                refusal @ (Refusal::Failed
                | Refusal::NotYours
                | Refusal::NothingFits(_)
                | Refusal::NotManager
                | Refusal::NoSuchDaily
                | Refusal::EnoughDailies
                | Refusal::Unclear(_)),
            ) => {
                self.remark(channel, &refusal.sentence()).await;
            }
        }
    }

    /// Where a drill is being opened, who is quick may write before it is noted that it takes place there.
    async fn take_said(
        &self,
        key: String,
        sent: Timestamp,
        user: UserId,
        at: Place,
        said: What,
    ) -> Result<Taken, Refusal> {
        let person = Person(place::person(user));
        for _ in 0..OPENING_LOOKS {
            let taken = self.inbox.send(key.clone(), sent, person.clone(), name(at), said.clone()).await;
            let opening = self.memory().drill(user, at.channel()).is_some();
            let nothing_open = matches!(taken, Err(Refusal::NothingOpen));
            if !nothing_open || !opening {
                return taken;
            }
            clock::pause(OPENING_WAIT).await;
        }
        Err(Refusal::NothingOpen)
    }

    /// Says one sentence in a channel, seldom enough not to be a nuisance.
    async fn hint(&self, channel: ChannelId, hint: Hint, sentence: &str) {
        let due = self.memory().hint_due(channel, hint, self.clock.now());
        if due {
            self.remark(channel, sentence).await;
        }
    }

    async fn remark(&self, channel: ChannelId, sentence: &str) {
        if let Err(trouble) = self.send(channel, &Message::sentence(sentence)).await {
            tracing::debug!(?trouble, "a hint could not be given");
        }
    }

    /// Somebody gave a command.
    pub(super) async fn on_command(&self, event: &CommandInteraction) {
        let asker = Asker::of_command(event);
        let _underway = self.underway(asker.user, asker.channels());
        match intake::command(event, &asker) {
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
            Some(Asked::Round { filter, minutes }) => self.begin_round(&asker, filter, minutes).await,
            Some(Asked::Daily(wanted)) => self.on_daily(&asker, wanted).await,
            Some(Asked::Elsewhere) => self.reply(&asker, say::SERVERS_ONLY).await,
            Some(Asked::ForgetMe) => self.forget(&asker).await,
            Some(Asked::Export) => self.export(&asker).await,
            Some(Asked::Setup) => self.set_up(&asker, event.app_permissions).await,
            Some(Asked::FollowUp { author, text }) => self.follow_up_on(&asker, author, text).await,
        }
    }

    /// Somebody types an option.
    pub(super) async fn on_autocomplete(&self, event: &CommandInteraction) {
        let Some(typing) = event.data.autocomplete() else { return };
        let asker = Asker::of_command(event);
        let (_, given) = Given(&event.data.options).within();
        let suggestions = match typing.name {
            "daily" => self.dailies_like(&asker, typing.value).await,
            option => {
                let suggested = self.choices.suggest(option, typing.value, given.typed("track").as_deref());
                suggested.into_iter().map(Suggestion::from).collect()
            }
        };
        self.open(&asker, &Response::suggestions(suggestions)).await;
    }

    /// Somebody pressed a button.
    pub(super) async fn on_component(&self, event: &ComponentInteraction) {
        let asker = Asker::of_component(event);
        let _underway = self.underway(asker.user, asker.channels());
        if let Some(list) = mine::list(&event.data.custom_id) {
            return self.on_choice(&asker, list, intake::chosen(event)).await;
        }
        let press = Press::from_id(&event.data.custom_id);
        let Some(Press { interview, seq, action }) = press else {
            return self.reply(&asker, say::UNKNOWN_BUTTON).await;
        };
        match action {
            Action::Answer => self.open_form(&asker, interview, seq, &event.data.custom_id).await,
            Action::Show => self.show(&asker, interview, seq).await,
            // No card of ours on Discord offers it: there, what others may want to see is behind a spoiler.
            Action::ShowAll => self.reply(&asker, say::UNKNOWN_BUTTON).await,
            // Whether a round takes one more answer, it says itself.
            Action::Press(Button::Answer) => self.hand_form(&asker, &event.data.custom_id).await,
            Action::Press(button) => {
                let what = if let Button::Host(control) = button {
                    What::Controlled { round: interview, manages: asker.manages, control }
                } else {
                    What::Pressed { to: Some(interview), on: Some(seq), button }
                };
                let deed = async {
                    let taken = self.take(&asker, asker.here(), what).await;
                    taken.map_err(|refusal| refusal.sentence())
                };
                self.do_in_time(&asker, None, deed).await;
            }
        }
    }

    /// Somebody sent a form.
    pub(super) async fn on_form(&self, event: &ModalInteraction) {
        let asker = Asker::of_form(event);
        let _underway = self.underway(asker.user, asker.channels());
        let Some(Press { interview, seq, action }) = Press::from_id(&event.data.custom_id) else {
            return self.reply(&asker, say::UNKNOWN_BUTTON).await;
        };
        let in_round = action == Action::Press(Button::Answer);
        let text = intake::form_text(event);
        if text.is_empty() {
            return self.reply(&asker, say::NO_TEXT).await;
        }
        let words = text.clone();
        let deed = async {
            if !in_round {
                let look = self.inbox.look(interview, seq, asker.person()).await;
                let look = look.map_err(|refusal| refusal.of_card())?;
                if let Some(sentence) = look.outcome.sentence() {
                    return Err(sentence.to_owned());
                }
            }
            let taken = self.take(&asker, asker.here(), What::Said { to: Some(interview), text }).await;
            taken.map_err(|refusal| refusal.sentence())
        };
        self.do_in_time(&asker, Some(&words), deed).await;
    }

    /// Does something and answers what came of it: nothing to see, or why it did not count, with the words that
    /// were written for nothing.
    async fn do_in_time(
        &self,
        asker: &Asker,
        words: Option<&str>,
        deed: impl Future<Output = Result<Taken, String>>,
    ) {
        let (done, so_far) = self.in_time(asker, Meanwhile::Silence, deed).await;
        if let Ok(taken) = &done
            && let Some(card) = taken.shown.last()
            && taken.last == Seq(0)
        {
            // Nothing of it is on its way, so what was there before is shown again.
            return self.show_again(asker, so_far, card).await;
        }
        let problem = match done {
            Ok(taken) if !taken.shown.is_empty() => None,
            Ok(taken) => taken.outcome.sentence().map(str::to_owned),
            Err(sentence) => Some(sentence),
        };
        if let Some(sentence) = problem {
            let back = words.map(|words| say::words_back(&text::plain(words))).unwrap_or_default();
            self.finish(asker, so_far, &Message::sentence(sentence + &back).private()).await;
        } else if so_far.is_none() {
            self.first(asker, &Response::acknowledge()).await;
        }
    }

    async fn show_again(&self, asker: &Asker, so_far: Option<Meanwhile>, card: &Delivery) {
        let now = self.clock.now();
        let messages = draw::card(&card.card, card.interview, card.seq, asker.audience(), now);
        self.answer_with(asker, so_far, &messages).await;
    }

    /// Waits for what becomes of something, so that it is on disk before Discord is told. If that takes longer
    /// than Discord waits, it gets its first answer meanwhile.
    pub(super) async fn in_time<T>(
        &self,
        asker: &Asker,
        meanwhile: Meanwhile,
        deed: impl Future<Output = T>,
    ) -> (T, Option<Meanwhile>) {
        tokio::pin!(deed);
        if let Ok(done) = tokio::time::timeout(AT_ONCE, &mut deed).await {
            return (done, None);
        }
        self.first(asker, &meanwhile.response()).await;
        (deed.await, Some(meanwhile))
    }

    /// Opens the form for an answer, if that still can be given.
    async fn open_form(&self, asker: &Asker, interview: InterviewId, seq: Seq, custom_id: &str) {
        let look = self.inbox.look(interview, seq, asker.person());
        // A form cannot follow another answer, so there is none where this takes too long.
        let Ok(looked) = tokio::time::timeout(AT_ONCE, look).await else {
            return self.reply(asker, say::SLOW).await;
        };
        match looked.map(|look| look.outcome.sentence()) {
            Ok(None) => self.hand_form(asker, custom_id).await,
            Ok(Some(sentence)) => self.reply(asker, sentence).await,
            Err(refusal) => self.reply(asker, &refusal.of_card()).await,
        }
    }

    async fn hand_form(&self, asker: &Asker, custom_id: &str) {
        let form = Response::form(custom_id.to_owned(), say::FORM_TITLE, say::YOUR_ANSWER);
        self.open(asker, &form).await;
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
        }
        let meanwhile = Meanwhile::Thinking { private: !in_thread };
        let deed = self.take(asker, at, What::Begin(request));
        let (began, so_far) = self.in_time(asker, meanwhile, deed).await;
        let message = match &began {
            Ok(_) if in_thread => Message::sentence(match mode {
                Mode::Drill | Mode::Round => say::drill_in_thread(&asker.mention()),
                Mode::Screen => say::screen_in_thread(&asker.mention()),
            }),
            Ok(taken) if !taken.shown.is_empty() => return self.resume(asker, so_far, taken).await,
            Ok(_) => Message::sentence(say::HERE_IT_COMES).private(),
            Err(refusal) => Message::sentence(refusal.sentence()).private(),
        };
        let answered = self.finish(asker, so_far, &message).await;
        // The thread of a drill hangs from this message.
        if answered
            && in_thread
            && began.is_ok()
            && let Ok(message) = self.answer_to(&asker.token).await
        {
            self.memory().started(asker.id, message);
        }
    }

    async fn begin_in_direct(&self, asker: &Asker, request: Request) {
        let deed = async {
            let channel = match self.direct_channel(asker.user).await {
                Ok(channel) => channel,
                Err(Trouble::Blocked(_)) => return (None, say::DIRECT_CLOSED.to_owned()),
                Err(_) => return (None, say::NOT_SAVED.to_owned()),
            };
            // If nothing can be written there, that is said after this was answered.
            let underway = self.underway(asker.user, [channel]);
            let sentence = match self.take(asker, Place::Direct(channel), What::Begin(request)).await {
                Ok(_) => say::IN_DIRECT.to_owned(),
                Err(refusal) => refusal.sentence(),
            };
            (Some(underway), sentence)
        };
        let ((_underway, sentence), so_far) = self.in_time(asker, Meanwhile::PRIVATE, deed).await;
        self.finish(asker, so_far, &Message::sentence(sentence).private()).await;
    }

    /// Shows where an interview stands that goes on.
    async fn resume(&self, asker: &Asker, so_far: Option<Meanwhile>, taken: &Taken) {
        self.finish(asker, so_far, &Message::sentence(say::GOES_ON).private()).await;
        if let Some(card) = taken.shown.last() {
            let now = self.clock.now();
            for message in draw::card(&card.card, card.interview, card.seq, asker.audience(), now) {
                self.add(asker, &message.as_edit()).await;
            }
        }
    }

    /// Shows a card to its owner alone.
    async fn show(&self, asker: &Asker, interview: InterviewId, seq: Seq) {
        let look = self.inbox.look(interview, seq, asker.person());
        let (looked, so_far) = self.in_time(asker, Meanwhile::PRIVATE, look).await;
        let messages = match looked {
            Ok(Look { card, .. }) => {
                let now = self.clock.now();
                draw::card(&card.card, card.interview, card.seq, Audience::Alone, now)
            }
            Err(refusal) => vec![Message::sentence(refusal.of_card())],
        };
        self.answer_with(asker, so_far, &messages).await;
    }

    /// Answers an interaction by several messages for that person alone.
    pub(super) async fn answer_with(&self, asker: &Asker, so_far: Option<Meanwhile>, messages: &[Message]) {
        for (place, message) in messages.iter().enumerate() {
            let message = message.as_edit().private();
            if place == 0 {
                self.finish(asker, so_far, &message).await;
            } else {
                self.add(asker, &message).await;
            }
        }
    }

    async fn forget(&self, asker: &Asker) {
        let forgotten = self.inbox.forget(asker.person());
        let (forgotten, so_far) = self.in_time(asker, Meanwhile::PRIVATE, forgotten).await;
        let forgets = forgotten.is_ok();
        let sentence = match forgotten {
            Ok(()) => say::FORGOTTEN.to_owned(),
            Err(refusal) => refusal.sentence(),
        };
        self.finish(asker, so_far, &Message::sentence(sentence).private()).await;
        if forgets {
            self.memory().forget(asker.user);
        }
    }

    async fn export(&self, asker: &Asker) {
        // A file can only follow.
        self.first(asker, &Response::defer(true)).await;
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
        self.finish(asker, Some(Meanwhile::PRIVATE), &Message::sentence(sentence)).await;
    }

    pub(super) async fn take(&self, asker: &Asker, at: Place, what: What) -> Result<Taken, Refusal> {
        let key = intake::interaction_key(asker.id);
        self.inbox.send(key, self.fresh(asker.id.get()), asker.person(), name(at), what).await
    }

    /// Answers an interaction by one sentence for that person alone.
    pub(super) async fn reply(&self, asker: &Asker, sentence: &str) {
        self.first(asker, &Response::message(Message::sentence(sentence).private())).await;
    }

    /// Answers an interaction by what nothing can follow: a form, suggestions. Says whether that arrived.
    async fn open(&self, asker: &Asker, response: &Response) -> bool {
        let answered = self.respond(asker.id, &asker.token, response).await;
        if let Err(trouble) = &answered {
            tracing::warn!(?trouble, "an interaction could not be answered");
        }
        answered.is_ok()
    }

    /// Answers an interaction; from here on, more can be said to its person alone. Says whether it arrived.
    pub(super) async fn first(&self, asker: &Asker, response: &Response) -> bool {
        let now = self.clock.now();
        let answered = self.open(asker, response).await;
        if answered {
            self.memory().acted(asker, now);
        }
        answered
    }

    /// Answers an interaction that was answered as far as that. Says whether it arrived.
    pub(super) async fn finish(&self, asker: &Asker, so_far: Option<Meanwhile>, message: &Message) -> bool {
        let answered = match so_far {
            None => return self.first(asker, &Response::message(message.clone())).await,
            Some(Meanwhile::Thinking { .. }) => self.amend(&asker.token, message).await,
            Some(Meanwhile::Silence) => self.follow_up(&asker.token, &message.clone().private()).await,
        };
        if let Err(trouble) = &answered {
            tracing::warn!(?trouble, "an interaction could not be answered further");
        }
        answered.is_ok()
    }

    /// Says something more to that person alone.
    async fn add(&self, asker: &Asker, message: &Message) {
        self.finish(asker, Some(Meanwhile::Silence), message).await;
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

    /// Where they can be answered alone: for what belongs to an interview that knows its own place, or to a round.
    fn here(&self) -> Place {
        match self.spot {
            Spot::Direct => Place::Direct(self.channel),
            Spot::Channel(guild) => Place::Aside { guild, parent: self.channel },
            Spot::Thread(guild, parent) => Place::Aside { guild, parent },
            Spot::Foreign => Place::Alone(self.channel),
        }
    }

    fn audience(&self) -> Audience {
        match self.spot {
            Spot::Direct => Audience::Direct,
            Spot::Channel(_) | Spot::Thread(..) | Spot::Foreign => Audience::Alone,
        }
    }
}
