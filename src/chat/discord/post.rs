//! Puts cards where they belong, and finds out what became of them.
//!
//! In a thread, what is about one person's answer is for that person alone, unless they write in the open.
//! Answers to interactions cannot be looked for and have no key that keeps a second one away, so one of
//! unknown outcome is not repeated: a public note with a button takes its place.

use std::collections::BTreeMap;
use std::time::Duration;

use serenity::model::channel::{GuildChannel, Message as Posted};
use serenity::model::id::{ChannelId, GuildId, InteractionId, MessageId, UserId};

use super::draw::{self, Audience};
use super::intake::{self, Read};
use super::memory::{Reach, Starter};
use super::place::{self, Place};
use super::trouble::{self, Trouble};
use super::wire::Message;
use super::{Discord, READ_MAX};
use crate::chat::{
    self, Delivery, DeliveryError, Front, Missed, Obstacle, Open, Person, Receipt, Sighting, What,
};
use crate::core::card::CardKind;
use crate::core::say;

/// Pages of messages read at the most, when looking for our own or for what was missed.
const READS_MAX: usize = 5;
/// How long a command's answer is waited for before its thread is made: longer than Discord allows it to take.
const STARTER_WAIT: Duration = Duration::from_secs(5);
/// After so many quiet minutes Discord folds a thread away: a day.
const ARCHIVE_MINUTES: u16 = 1_440;
/// Characters of a thread's name at the most; Discord's limit.
const THREAD_NAME_MAX: usize = 100;

#[async_trait::async_trait]
impl Front for Discord {
    fn name(&self) -> &'static str {
        place::PREFIX
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<Receipt, DeliveryError> {
        let (Some(at), Some(user)) = (Place::parse(&delivery.place.0), place::user(&delivery.person.0))
        else {
            return Err(DeliveryError::Refused(format!("{} is no place on Discord", delivery.place.0)));
        };
        let receipt = match at {
            Place::Direct(channel) => self.post(delivery, channel, Audience::Direct).await,
            Place::Starting { guild, parent, command } => {
                self.start(delivery, guild, parent, command, user).await
            }
            Place::Thread { thread, .. } => self.post_in_thread(delivery, thread, user).await,
            Place::Alone(channel) => self.answer_alone(delivery, channel, user).await,
        };
        let receipt = receipt.map_err(failure)?;
        let there = receipt.moved.as_ref().and_then(|moved| Place::parse(&moved.0)).unwrap_or(at);
        let mut memory = self.memory();
        if delivery.card.kind == CardKind::Farewell {
            memory.closed(user, there.channel());
        } else {
            memory.opened(user, there);
        }
        Ok(receipt)
    }

    async fn find(&self, delivery: &Delivery) -> Sighting {
        let Some(at) = Place::parse(&delivery.place.0) else { return Sighting::Absent };
        let (channel, moved) = match at {
            Place::Direct(channel) => (channel, None),
            Place::Thread { thread, .. } => (thread, None),
            // What only one person sees cannot be looked for.
            Place::Alone(_) => return Sighting::Absent,
            Place::Starting { guild, parent, command } => match self.find_thread(parent, command).await {
                Ok(Some(thread)) => (thread, Some(name(Place::Thread { guild, parent, thread }))),
                Ok(None) => return Sighting::Absent,
                Err(_) => return Sighting::Unclear,
            },
        };
        match self.own_cards(channel, delivery).await {
            Ok(found) => match found.into_iter().next_back() {
                Some((_, id)) => {
                    Sighting::Found(Receipt { id: Some(id.to_string()), at: self.past(id.get()), moved })
                }
                None => Sighting::Absent,
            },
            // A place that cannot be read holds nothing that we could find, and the nonce keeps a second
            // message away for some minutes.
            Err(Trouble::Blocked(_)) => Sighting::Absent,
            Err(_) => Sighting::Unclear,
        }
    }

    async fn tell(&self, person: &Person, place: &chat::Place, sentence: &str) {
        let (Some(at), Some(user)) = (Place::parse(&place.0), place::user(&person.0)) else { return };
        let message = Message::sentence(sentence);
        let reach = self.memory().reach(user, at.channel(), self.clock.now());
        if let Reach::Alone(token) = reach
            && self.follow_up(&token, &message.clone().private()).await.is_ok()
        {
            return;
        }
        let told = match self.direct_channel(user).await {
            Ok(channel) => self.send(channel, &message).await.map(drop),
            Err(trouble) => Err(trouble),
        };
        if let Err(trouble) = told {
            tracing::debug!(?trouble, "somebody could not be told that their drill waits");
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
    fn receipt(&self, id: MessageId) -> Receipt {
        Receipt { id: Some(id.to_string()), at: self.fresh(id.get()), moved: None }
    }

    /// What a message means that came while nobody listened.
    fn missed_in(&self, message: &Posted, user: UserId, at: Place) -> Option<Missed> {
        if message.author.id != user {
            return None;
        }
        let intake::Heard::Said(text) = intake::message(message, self.me, true)? else { return None };
        if let Place::Thread { thread, .. } = at {
            self.memory().wrote(user, thread, self.clock.now());
        }
        Some(Missed {
            key: intake::message_key(message.id),
            at: self.past(message.id.get()),
            person: Person(place::person(user)),
            place: name(at),
            what: What::Said { to: None, text },
        })
    }

    /// Posts a card's messages in order. On another try, what stands there already is left alone.
    async fn post(
        &self,
        delivery: &Delivery,
        channel: ChannelId,
        audience: Audience,
    ) -> Result<Receipt, Trouble> {
        let now = self.clock.now();
        let messages = draw::card(&delivery.card, delivery.interview, delivery.seq, audience, now);
        let there = if messages.len() > 1 && delivery.tried_at.is_some() {
            self.own_cards(channel, delivery).await?
        } else {
            BTreeMap::new()
        };
        let mut last = None;
        for (part, message) in messages.iter().enumerate() {
            last = Some(match there.get(&part) {
                Some(id) => *id,
                None => self.send(channel, message).await?,
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
            Reach::Alone(token) => {
                let first = self.memory().try_alone(delivery.interview, delivery.seq);
                if first {
                    match self.answer(delivery, &token).await {
                        Err(Trouble::Expired) => self.memory().expired(user, thread),
                        told => return told,
                    }
                }
            }
            Reach::Nothing => {}
        }
        let note = draw::private_note(delivery.interview, delivery.seq, &format!("<@{user}>"));
        self.send(thread, &note).await.map(|id| self.receipt(id))
    }

    async fn answer_alone(
        &self,
        delivery: &Delivery,
        channel: ChannelId,
        user: UserId,
    ) -> Result<Receipt, Trouble> {
        let reach = self.memory().reach(user, channel, self.clock.now());
        let Reach::Alone(token) = reach else {
            return Err(Trouble::Blocked(Obstacle::NoPermission));
        };
        match self.answer(delivery, &token).await {
            Err(Trouble::Expired) => {
                self.memory().expired(user, channel);
                Err(Trouble::Blocked(Obstacle::NoPermission))
            }
            told => told,
        }
    }

    /// Shows a card to one person alone, as an answer to what they did last.
    async fn answer(&self, delivery: &Delivery, token: &str) -> Result<Receipt, Trouble> {
        let now = self.clock.now();
        let messages = draw::card(&delivery.card, delivery.interview, delivery.seq, Audience::Alone, now);
        let mut last = None;
        for message in messages {
            last = Some(self.follow_up(token, &message.as_edit().private()).await?);
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
        let posted = match self.make_thread(parent, command, user).await {
            Ok(thread) => {
                let there = Place::Thread { guild, parent, thread };
                self.memory().opened(user, there);
                let moved = Some(name(there));
                let posted = self.post(delivery, thread, Audience::Everyone).await;
                posted.map(|receipt| Receipt { moved, ..receipt })
            }
            Err(trouble) => Err(trouble),
        };
        let Err(Trouble::Blocked(_)) = posted else { return posted };
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
        parent: ChannelId,
        command: InteractionId,
        user: UserId,
    ) -> Result<ChannelId, Trouble> {
        let message = match self.starter(parent, command).await? {
            Some(message) => message,
            None => {
                self.send(parent, &Message::sentence(say::drill_in_thread(&format!("<@{user}>")))).await?
            }
        };
        let starter = self.memory().starter(command);
        let who = starter.map_or_else(String::new, |starter| starter.name);
        let title: String = say::thread_name(&who).chars().take(THREAD_NAME_MAX).collect();
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

    /// The thread that was made for a command, if there is one.
    async fn find_thread(
        &self,
        parent: ChannelId,
        command: InteractionId,
    ) -> Result<Option<ChannelId>, Trouble> {
        match self.starter(parent, command).await? {
            Some(message) => self.thread_of(message).await,
            None => Ok(None),
        }
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

    /// The answer to a command: from memory, where it is waited for if it is just being given, else from the
    /// channel.
    async fn starter(&self, parent: ChannelId, command: InteractionId) -> Result<Option<MessageId>, Trouble> {
        let waiting = async {
            loop {
                let given = self.starter_given.notified();
                let starter = self.memory().starter(command);
                match starter {
                    Some(Starter { message: Some(message), .. }) => return Some(message),
                    Some(Starter { message: None, .. }) => given.await,
                    None => return None,
                }
            }
        };
        if let Ok(Some(message)) = tokio::time::timeout(STARTER_WAIT, waiting).await {
            return Ok(Some(message));
        }
        let messages = match self.read_after(parent, MessageId::new(command.get())).await {
            Ok(messages) => messages,
            Err(Trouble::Blocked(_)) => return Ok(None),
            Err(trouble) => return Err(trouble),
        };
        let answers = |read: &&Read| read.message.author.id == self.me && read.answers == Some(command);
        Ok(messages.iter().find(answers).map(|read| read.message.id))
    }

    /// Our own messages of a card in a channel, by their place in it.
    async fn own_cards(
        &self,
        channel: ChannelId,
        delivery: &Delivery,
    ) -> Result<BTreeMap<usize, MessageId>, Trouble> {
        let before = delivery.earlier.iter().rev().find_map(|(_, id)| id.parse().ok().filter(|&id| id > 0));
        let messages = match before {
            Some(before) => self.read_after(channel, MessageId::new(before)).await?,
            None => self.read(channel, None).await?,
        };
        let mut found = BTreeMap::new();
        let messages = messages.iter().map(|read| &read.message);
        for message in messages.filter(|message| message.author.id == self.me) {
            for part in 0..draw::PAGES_MAX {
                let mark = draw::mark(delivery.interview, delivery.seq, part);
                if message.embeds.iter().any(|embed| embed.url.as_deref() == Some(mark.as_str())) {
                    found.insert(part, message.id);
                }
            }
        }
        Ok(found)
    }

    /// The messages after one, oldest first.
    async fn read_after(&self, channel: ChannelId, after: MessageId) -> Result<Vec<Read>, Trouble> {
        let mut messages: Vec<Read> = Vec::new();
        for _ in 0..READS_MAX {
            let after = messages.last().map_or(after, |read| read.message.id);
            let page = self.read(channel, Some(after)).await?;
            let full = page.len() >= READ_MAX;
            messages.extend(page);
            if !full {
                break;
            }
        }
        Ok(messages)
    }

    /// Somebody's direct messages.
    pub(super) async fn direct_channel(&self, user: UserId) -> Result<ChannelId, Trouble> {
        let body = serde_json::json!({"recipient_id": user.to_string()});
        let channel = self.http.create_private_channel(&body).await;
        channel.map(|channel| channel.id).map_err(|error| trouble::of(&error))
    }
}

/// A place, as the engine keeps it.
pub(super) fn name(place: Place) -> chat::Place {
    chat::Place(place.to_string())
}

fn failure(trouble: Trouble) -> DeliveryError {
    match trouble {
        Trouble::Later(after) => DeliveryError::Later(after),
        Trouble::Unknown => DeliveryError::Unknown,
        Trouble::Blocked(obstacle) => DeliveryError::Blocked(obstacle),
        Trouble::Expired => DeliveryError::Blocked(Obstacle::NoPermission),
        Trouble::Already => DeliveryError::Unknown,
        Trouble::Refused(reason) => DeliveryError::Refused(reason),
    }
}
