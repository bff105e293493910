//! Puts cards where they belong, and finds out what became of them.
//!
//! In a thread, what is about one person's answer is for that person alone, unless they write in the open.
//! Answers to interactions cannot be looked for and have no key that keeps a second one away, so one of
//! unknown outcome is not repeated: a note with a button takes its place.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::SignedDuration;
use serenity::model::channel::{GuildChannel, Message as Posted};
use serenity::model::id::{ChannelId, GuildId, InteractionId, MessageId, RoleId, UserId};

use super::draw::{self, Audience};
use super::intake::{self, Read};
use super::memory::Reach;
use super::place::{self, Place};
use super::text;
use super::trouble::{self, Trouble};
use super::wire::Message;
use super::{Discord, READ_MAX, round};
use crate::chat::{
    self, Delivery, DeliveryError, Front, Missed, Obstacle, Open, Person, Receipt, Sighting, What,
};
use crate::core::card::CardKind;
use crate::core::say;

/// Pages of messages read at the most, when looking for our own or for what was missed.
const READS_MAX: usize = 5;
/// How long a card waits until what its person is doing is answered: longer than Discord allows that to take.
const SETTLE_WAIT: Duration = Duration::from_secs(5);
/// After so many quiet minutes Discord folds a thread away: a day.
const ARCHIVE_MINUTES: u16 = 1_440;
/// Until what was missed is read again that could not be read, within what the engine waits for it.
const READ_AGAIN_AFTER: [SignedDuration; 3] =
    [SignedDuration::from_secs(1), SignedDuration::from_secs(3), SignedDuration::from_secs(8)];
/// Characters of a thread's name at the most; Discord's limit.
const THREAD_NAME_MAX: usize = 100;

#[async_trait::async_trait]
impl Front for Discord {
    fn name(&self) -> &'static str {
        place::PREFIX
    }

    fn is_up(&self) -> bool {
        self.listens.load(Ordering::Relaxed)
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<Receipt, DeliveryError> {
        let nowhere = || DeliveryError::Refused(format!("{} is no place on Discord", delivery.place.0));
        let at = Place::parse(&delivery.place.0).ok_or_else(nowhere)?;
        let user = match (at, place::user(&delivery.person.0)) {
            (Place::Channel { channel, .. }, _) => return self.deliver_in_channel(delivery, channel).await,
            (_, user) => user.ok_or_else(nowhere)?,
        };
        self.settle(user, at.channel()).await;
        let receipt = match at {
            Place::Direct(channel) => self.post(delivery, channel, Audience::Direct).await,
            Place::Starting { guild, parent, command } => {
                self.start(delivery, guild, parent, command, user).await
            }
            Place::Thread { thread, .. } => self.post_in_thread(delivery, thread, user).await,
            Place::Channel { channel, .. } => return self.deliver_in_channel(delivery, channel).await,
            Place::Aside { parent, .. } => self.answer_alone(delivery, parent, user).await,
            Place::Alone(channel) => self.answer_alone(delivery, channel, user).await,
        };
        let receipt = receipt.map_err(failure)?;
        let there = receipt.moved.as_ref().and_then(|moved| Place::parse(&moved.0)).unwrap_or(at);
        let mut memory = self.memory();
        if delivery.card.kind == CardKind::Farewell {
            memory.closed(user, there);
        } else {
            memory.opened(user, there);
        }
        Ok(receipt)
    }

    async fn find(&self, delivery: &Delivery) -> Sighting {
        let found = match (Place::parse(&delivery.place.0), place::user(&delivery.person.0)) {
            (Some(Place::Channel { channel, .. }), _) => self.look_in_channel(delivery, channel).await,
            (None, _) | (_, None) => Ok(None),
            (Some(Place::Direct(channel)), _) => self.look(delivery, channel, Audience::Direct).await,
            (Some(Place::Thread { thread, .. }), _) => self.look(delivery, thread, Audience::Everyone).await,
            // What only one person sees cannot be looked for, and is not repeated either.
            (Some(Place::Alone(_) | Place::Aside { .. }), _) => Ok(None),
            (Some(Place::Starting { guild, parent, command }), Some(user)) => {
                self.look_where_it_moved(delivery, guild, parent, command, user).await
            }
        };
        match found {
            Ok(Some(receipt)) => Sighting::Found(receipt),
            Ok(None) => Sighting::Absent,
            // A place that cannot be read holds nothing that we could find, and the nonce keeps a second
            // message away for some minutes.
            Err(Trouble::Blocked(_)) => Sighting::Absent,
            Err(_) => Sighting::Unclear,
        }
    }

    async fn tell(&self, person: &Person, place: &chat::Place, sentence: &str) {
        let (Some(at), Some(user)) = (Place::parse(&place.0), place::user(&person.0)) else { return };
        let reach = self.memory().reach(user, at.channel(), self.clock.now());
        if let Reach::Alone(token) = reach
            && self.follow_up(&token, &Message::sentence(sentence).private()).await.is_ok()
        {
            return;
        }
        // Elsewhere it has to say what it is about.
        let message = Message::sentence(match at.is_in_server() {
            true => say::about(&format!("<#{}>", at.channel()), sentence),
            false => sentence.to_owned(),
        });
        let told = match self.direct_channel(user).await {
            Ok(channel) => self.send(channel, &message).await.map(drop),
            Err(trouble) => Err(trouble),
        };
        let Err(trouble) = told else { return };
        let elsewhere = self.memory().any_token(user, self.clock.now());
        let told = match elsewhere {
            Some(token) => self.follow_up(&token, &message.private()).await.map(drop),
            None => Err(trouble),
        };
        if let Err(trouble) = told {
            tracing::debug!(?trouble, "somebody could not be told that their drill waits");
        }
    }

    async fn lacks(&self, channel: &chat::Place, role: Option<&str>) -> Vec<String> {
        match Place::parse(&channel.0) {
            Some(Place::Channel { guild, channel }) => {
                self.lacking(guild, channel, role.and_then(place::id).map(RoleId::new)).await
            }
            Some(
                Place::Direct(_)
                | Place::Starting { .. }
                | Place::Thread { .. }
                | Place::Aside { .. }
                | Place::Alone(_),
            )
            | None => Vec::new(),
        }
    }

    async fn missed(&self, open: &[Open]) -> Vec<Missed> {
        let mut missed = Vec::new();
        for drill in open {
            let (Some(at), Some(user)) = (Place::parse(&drill.place.0), place::user(&drill.person.0)) else {
                continue;
            };
            self.memory().opened(user, at);
            let since = drill.since.as_deref().and_then(|id| id.parse().ok()).filter(|&id| id > 0);
            let since = since.unwrap_or_else(|| intake::first_id(drill.active_at));
            let (Place::Direct(channel) | Place::Thread { thread: channel, .. }) = at else { continue };
            match self.read_after(channel, MessageId::new(since)).await {
                Ok(messages) => {
                    missed.extend(messages.iter().filter_map(|read| self.missed_in(&read.message, user, at)))
                }
                Err(trouble) => tracing::warn!(?trouble, "what was missed in a drill could not be read"),
            }
        }
        missed.sort_by_key(|missed| missed.at);
        missed
    }
}

impl Discord {
    pub(super) fn receipt(&self, id: MessageId) -> Receipt {
        Receipt { id: Some(id.to_string()), at: self.fresh(id.get()), moved: None }
    }

    /// Waits until it is known what became of what somebody is doing in a channel. What comes of it then stands
    /// below the answer to it, and can be said by that.
    pub(super) async fn settle(&self, user: UserId, channel: ChannelId) {
        let settled = async {
            loop {
                let change = self.settled.notified();
                if !self.memory().is_underway(user, channel) {
                    return;
                }
                change.await;
            }
        };
        // What takes longer will not be answered by Discord's own limit.
        let _ = tokio::time::timeout(SETTLE_WAIT, settled).await;
    }

    /// What a message means that came while nobody listened.
    fn missed_in(&self, message: &Posted, user: UserId, at: Place) -> Option<Missed> {
        if message.author.id != user {
            return None;
        }
        let intake::Heard::Said(text) = intake::message(message, self.me, true)? else { return None };
        if let Place::Thread { thread, .. } = at {
            self.memory().wrote(user, thread, self.past(message.id.get()));
        }
        Some(Missed {
            key: intake::message_key(message.id),
            at: self.past(message.id.get()),
            person: Person(place::person(user)),
            place: name(at),
            what: What::Said { to: None, text },
        })
    }

    /// Posts a card.
    pub(super) async fn post(
        &self,
        delivery: &Delivery,
        channel: ChannelId,
        audience: Audience,
    ) -> Result<Receipt, Trouble> {
        let now = self.clock.now();
        let messages = draw::card(&delivery.card, delivery.interview, delivery.seq, audience, now);
        self.post_messages(delivery, channel, &messages, None).await
    }

    /// Posts a card's messages in order, the last one with its picture. On another try, what stands there already
    /// is left alone.
    pub(super) async fn post_messages(
        &self,
        delivery: &Delivery,
        channel: ChannelId,
        messages: &[Message],
        picture: Option<&[u8]>,
    ) -> Result<Receipt, Trouble> {
        let there = if messages.len() > 1 && delivery.tried_at.is_some() {
            self.own_cards(channel, delivery).await?
        } else {
            BTreeMap::new()
        };
        let mut last = None;
        for (part, message) in messages.iter().enumerate() {
            let picture = picture.filter(|_| part + 1 == messages.len());
            last = Some(match (there.get(&part), picture) {
                (Some(id), _) => *id,
                (None, None) => self.send(channel, message).await?,
                (None, Some(picture)) => match self.send_with(channel, message, round::file(picture)).await {
                    // Perhaps it is only the file that is not allowed, and the text says the same.
                    Err(Trouble::Blocked(Obstacle::NoPermission)) => {
                        self.send(channel, &message.without_file()).await?
                    }
                    sent => sent?,
                },
            });
        }
        last.map(|id| self.receipt(id)).ok_or_else(|| Trouble::Refused("a card without a message".to_owned()))
    }

    async fn post_in_thread(
        &self,
        delivery: &Delivery,
        thread: ChannelId,
        user: UserId,
    ) -> Result<Receipt, Trouble> {
        if !delivery.card.is_personal() {
            return self.post(delivery, thread, Audience::Everyone).await;
        }
        let reach = self.memory().reach(user, thread, self.clock.now());
        match reach {
            Reach::Open => return self.post(delivery, thread, Audience::Everyone).await,
            Reach::Alone(token) if !self.is_doubtful(delivery) => match self.answer(delivery, &token).await {
                Err(Trouble::Expired) => self.memory().expired(user, thread),
                // A message wakes a thread that is only folded away; an answer does not.
                Err(Trouble::Blocked(Obstacle::ThreadLocked)) => {}
                told => return told,
            },
            Reach::Alone(_) | Reach::Nothing => {}
        }
        self.send(thread, &note(delivery, user)).await.map(|id| self.receipt(id))
    }

    fn is_doubtful(&self, delivery: &Delivery) -> bool {
        self.memory().is_doubtful(delivery.interview, delivery.seq)
    }

    async fn answer_alone(
        &self,
        delivery: &Delivery,
        channel: ChannelId,
        user: UserId,
    ) -> Result<Receipt, Trouble> {
        let reach = self.memory().reach(user, channel, self.clock.now());
        let Reach::Alone(token) = reach else {
            return Err(Trouble::Blocked(Obstacle::OnlyAnswers));
        };
        let told = if self.is_doubtful(delivery) {
            let note = note(delivery, user).as_edit().private();
            self.follow_up(&token, &note).await.map(|id| self.receipt(id))
        } else {
            self.answer(delivery, &token).await
        };
        if told == Err(Trouble::Expired) {
            self.memory().expired(user, channel);
            return Err(Trouble::Blocked(Obstacle::OnlyAnswers));
        }
        told
    }

    /// Shows a card to one person alone, as an answer to what they did last.
    async fn answer(&self, delivery: &Delivery, token: &str) -> Result<Receipt, Trouble> {
        let now = self.clock.now();
        let messages = draw::card(&delivery.card, delivery.interview, delivery.seq, Audience::Alone, now);
        let mut last = None;
        for message in messages {
            match self.follow_up(token, &message.as_edit().private()).await {
                Ok(id) => last = Some(id),
                Err(trouble) => {
                    if last.is_some() || trouble == Trouble::Unknown {
                        self.memory().doubt(delivery.interview, delivery.seq);
                    }
                    return Err(trouble);
                }
            }
        }
        last.map(|id| self.receipt(id)).ok_or_else(|| Trouble::Refused("a card without a message".to_owned()))
    }

    /// Makes the thread of a drill and posts the first card there; where that is not allowed, in direct
    /// messages.
    async fn start(
        &self,
        delivery: &Delivery,
        guild: GuildId,
        parent: ChannelId,
        command: InteractionId,
        user: UserId,
    ) -> Result<Receipt, Trouble> {
        let posted = match self.make_thread(delivery, parent, command, user).await {
            Ok(thread) => {
                let there = Place::Thread { guild, parent, thread };
                self.memory().opened(user, there);
                let moved = Some(name(there));
                let posted = self.post(delivery, thread, Audience::Everyone).await;
                posted.map(|receipt| Receipt { moved, ..receipt })
            }
            Err(trouble) => Err(trouble),
        };
        // Not allowed, or, as in the chat of a voice channel, not possible.
        let Err(Trouble::Blocked(_) | Trouble::Refused(_)) = posted else { return posted };
        let channel = self.direct_channel(user).await?;
        self.memory().opened(user, Place::Direct(channel));
        let posted = self.post(delivery, channel, Audience::Direct).await?;
        let reach = self.memory().reach(user, parent, self.clock.now());
        if let Reach::Alone(token) = reach {
            // Only a help to find it; the question is there either way.
            let _ = self.follow_up(&token, &Message::sentence(say::IN_DIRECT).private()).await;
        }
        Ok(Receipt { moved: Some(name(Place::Direct(channel))), ..posted })
    }

    async fn make_thread(
        &self,
        delivery: &Delivery,
        parent: ChannelId,
        command: InteractionId,
        user: UserId,
    ) -> Result<ChannelId, Trouble> {
        let message = match self.starter(delivery, parent, command).await? {
            Some(message) => message,
            None => {
                let opening = draw::opening(delivery.interview, delivery.seq, &format!("<@{user}>"));
                self.send(parent, &opening).await?
            }
        };
        let starter = self.memory().starter(command);
        let title = starter.map(|starter| say::thread_name(&starter.name));
        self.thread_named(parent, message, title.as_deref(), say::THREAD_NAME).await
    }

    /// A thread under a message, with this name or, where there is none or Discord refuses it, another one.
    pub(super) async fn thread_named(
        &self,
        parent: ChannelId,
        message: MessageId,
        title: Option<&str>,
        otherwise: &str,
    ) -> Result<ChannelId, Trouble> {
        if let Some(title) = title {
            match self.thread_from(parent, message, &text::beginning(title, THREAD_NAME_MAX)).await {
                // Discord forbids names that it does not list.
                Err(Trouble::Refused(_)) => {}
                made => return made,
            }
        }
        self.thread_from(parent, message, otherwise).await
    }

    async fn thread_from(
        &self,
        parent: ChannelId,
        message: MessageId,
        title: &str,
    ) -> Result<ChannelId, Trouble> {
        let body = serde_json::json!({"name": title, "auto_archive_duration": ARCHIVE_MINUTES});
        match self.http.create_thread_from_message(parent, message, &body, None).await {
            Ok(GuildChannel { id, .. }) => Ok(id),
            Err(error) => match trouble::of(&error) {
                // A thread has the id of the message that it hangs from.
                Trouble::Already => Ok(ChannelId::new(message.get())),
                // Perhaps it was made: look, and leave the rest to the next try.
                Trouble::Unknown => match self.thread_of(message).await? {
                    Some(thread) => Ok(thread),
                    None => Err(Trouble::Later(Duration::from_secs(2))),
                },
                trouble @ (Trouble::Later(_)
                | Trouble::Blocked(_)
                | Trouble::Expired
                | Trouble::Refused(_)) => Err(trouble),
            },
        }
    }

    /// A card in a channel, if all of it stands there, or the note that took its place.
    pub(super) async fn look(
        &self,
        delivery: &Delivery,
        channel: ChannelId,
        audience: Audience,
    ) -> Result<Option<Receipt>, Trouble> {
        let there = self.own_cards(channel, delivery).await?;
        let now = self.clock.now();
        let parts = draw::card(&delivery.card, delivery.interview, delivery.seq, audience, now).len();
        let whole = (0..parts).all(|part| there.contains_key(&part));
        let last = there.get(&draw::NOTE).or(there.get(&(parts - 1)).filter(|_| whole));
        Ok(last.map(|id| Receipt { id: Some(id.to_string()), at: self.past(id.get()), moved: None }))
    }

    /// The first card of a drill: in the thread that was made for it, or in direct messages.
    async fn look_where_it_moved(
        &self,
        delivery: &Delivery,
        guild: GuildId,
        parent: ChannelId,
        command: InteractionId,
        user: UserId,
    ) -> Result<Option<Receipt>, Trouble> {
        let thread = match self.starter(delivery, parent, command).await? {
            Some(message) => self.thread_of(message).await?,
            None => None,
        };
        if let Some(thread) = thread
            && let Some(receipt) = self.look(delivery, thread, Audience::Everyone).await?
        {
            return Ok(Some(Receipt {
                moved: Some(name(Place::Thread { guild, parent, thread })),
                ..receipt
            }));
        }
        let channel = self.direct_channel(user).await?;
        let receipt = self.look(delivery, channel, Audience::Direct).await?;
        Ok(receipt.map(|receipt| Receipt { moved: Some(name(Place::Direct(channel))), ..receipt }))
    }

    async fn thread_of(&self, message: MessageId) -> Result<Option<ChannelId>, Trouble> {
        let id = ChannelId::new(message.get());
        let looked = self.http.get_channel(id).await.map_err(|error| trouble::of(&error));
        match looked {
            Ok(_) => Ok(Some(id)),
            Err(Trouble::Blocked(_)) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// What a drill's thread hangs from, the answer to its command or the opening in its place: from memory, else
    /// from the channel.
    async fn starter(
        &self,
        delivery: &Delivery,
        parent: ChannelId,
        command: InteractionId,
    ) -> Result<Option<MessageId>, Trouble> {
        let given = self.memory().starter(command).and_then(|starter| starter.message);
        if given.is_some() {
            return Ok(given);
        }
        let messages = match self.read_after(parent, MessageId::new(command.get())).await {
            Ok(messages) => messages,
            Err(Trouble::Blocked(_)) => return Ok(None),
            Err(trouble) => return Err(trouble),
        };
        let opening = draw::mark(delivery.interview, delivery.seq, draw::OPENING);
        let begins = |read: &&Read| {
            let ours = read.message.author.id == self.me;
            ours && (read.answers == Some(command) || is_marked(&read.message, &opening))
        };
        Ok(messages.iter().find(begins).map(|read| read.message.id))
    }

    /// Our own messages of a card in a channel, by their numbers.
    async fn own_cards(
        &self,
        channel: ChannelId,
        delivery: &Delivery,
    ) -> Result<BTreeMap<usize, MessageId>, Trouble> {
        let before = delivery.earlier.iter().rev().find_map(|(_, id)| place::id(id));
        let messages = match before {
            Some(before) => self.read_after(channel, MessageId::new(before)).await?,
            None => self.read(channel, None).await?,
        };
        let mut found = BTreeMap::new();
        let messages = messages.iter().map(|read| &read.message);
        for message in messages.filter(|message| message.author.id == self.me) {
            let is_part =
                |part: &usize| is_marked(message, &draw::mark(delivery.interview, delivery.seq, *part));
            found.extend((0..=draw::NOTE).find(is_part).map(|part| (part, message.id)));
        }
        Ok(found)
    }

    /// The messages after one, oldest first.
    async fn read_after(&self, channel: ChannelId, after: MessageId) -> Result<Vec<Read>, Trouble> {
        let mut messages: Vec<Read> = Vec::new();
        for _ in 0..READS_MAX {
            let after = messages.last().map_or(after, |read| read.message.id);
            let page = self.read_with_patience(channel, after).await?;
            let full = page.len() >= READ_MAX;
            messages.extend(page);
            if !full {
                break;
            }
        }
        Ok(messages)
    }

    /// What is missed here may be lost, so a Discord that is ill for a moment is asked again.
    async fn read_with_patience(&self, channel: ChannelId, after: MessageId) -> Result<Vec<Read>, Trouble> {
        for wait in READ_AGAIN_AFTER {
            match self.read(channel, Some(after)).await {
                Err(Trouble::Unknown | Trouble::Later(_)) => {
                    self.clock.sleep_for(wait).await;
                }
                read => return read,
            }
        }
        self.read(channel, Some(after)).await
    }

    /// Somebody's direct messages.
    pub(super) async fn direct_channel(&self, user: UserId) -> Result<ChannelId, Trouble> {
        let body = serde_json::json!({"recipient_id": user.to_string()});
        let channel = self.http.create_private_channel(&body).await;
        channel.map(|channel| channel.id).map_err(|error| trouble::of(&error))
    }
}

/// The note that a card is there for its owner alone.
fn note(delivery: &Delivery, user: UserId) -> Message {
    draw::private_note(delivery.interview, delivery.seq, &format!("<@{user}>"))
}

fn is_marked(message: &Posted, mark: &str) -> bool {
    message.embeds.iter().any(|embed| embed.url.as_deref() == Some(mark))
}

/// A place, as the engine keeps it.
pub(super) fn name(place: Place) -> chat::Place {
    chat::Place(place.to_string())
}

pub(super) fn failure(trouble: Trouble) -> DeliveryError {
    match trouble {
        Trouble::Later(after) => DeliveryError::Later(after),
        Trouble::Unknown => DeliveryError::Unknown,
        Trouble::Blocked(obstacle) => DeliveryError::Blocked(obstacle),
        Trouble::Expired => DeliveryError::Blocked(Obstacle::OnlyAnswers),
        Trouble::Already => DeliveryError::Unknown,
        Trouble::Refused(reason) => DeliveryError::Refused(reason),
    }
}
