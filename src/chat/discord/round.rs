//! Rounds: how one is asked for, and what everybody in a channel sees of it.
//!
//! What somebody says in a round takes place [aside](Place::Aside), which `post` delivers: answers to interactions,
//! so that two hundred people cost a channel nothing, and nobody reads a word of another one.

use jiff::SignedDuration;
use serenity::builder::CreateAttachment;
use serenity::http::{LightMethod, Request, Route};
use serenity::model::id::{ChannelId, GuildId, MessageId};

use super::Discord;
use super::draw::{self, Audience};
use super::intake::Asker;
use super::place::{self, Place};
use super::post::failure;
use super::talk::Meanwhile;
use super::trouble::Trouble;
use super::wire::{Component, Message};
use crate::chat::{Delivery, DeliveryError, Receipt, RoundRequest, Taken, What};
use crate::core::card::{Block, Card, CardKind, Way};
use crate::core::chart::{self, Bars};
use crate::core::choose::Filter;
use crate::core::interview::Seq;
use crate::core::say;

/// The name of a picture. Discord hides a file whose name begins so until it is tapped; a picture within the frame
/// it would show to everybody, and without its description.
const PICTURE: &str = "SPOILER_points.png";

impl Discord {
    /// Begins a round, or shows the one that is open.
    pub(super) async fn begin_round(&self, asker: &Asker, filter: Filter, minutes: Option<u32>) {
        let Some((guild, channel)) = asker.channel_of_server() else {
            return self.reply(asker, say::SERVERS_ONLY).await;
        };
        let open_for = minutes.map(|minutes| SignedDuration::from_mins(minutes.into()));
        let request = RoundRequest { filter, open_for, manages: asker.manages, seed: None };
        let deed = self.take(asker, Place::Channel { guild, channel }, What::Round(request));
        let (begun, so_far) = self.in_time(asker, Meanwhile::PRIVATE, deed).await;
        let message = match begun {
            Ok(taken) => self.controls(&taken, guild, channel),
            Err(refusal) => Message::sentence(refusal.sentence()),
        };
        self.finish(asker, so_far, &message.private()).await;
    }

    /// What whoever asked for a round sees alone: what became of it, how to steer it if it is theirs, and the way
    /// to it if it was there before.
    fn controls(&self, taken: &Taken, guild: GuildId, channel: ChannelId) -> Message {
        let host = taken.shown.last().and_then(|host| {
            let now = self.clock.now();
            draw::card(&host.card, host.interview, host.seq, Audience::Alone, now).pop()
        });
        let message = match (taken.outcome.sentence(), host) {
            (Some(sentence), Some(host)) => host.as_edit().under(sentence.to_owned()),
            (Some(sentence), None) => Message::sentence(sentence),
            (None, Some(host)) => host.as_edit(),
            (None, None) => Message::sentence(say::HERE_IT_COMES),
        };
        let link = taken.post.as_ref().map(|post| {
            let address = format!("https://discord.com/channels/{guild}/{channel}/{post}");
            Component::link(say::TO_THE_ROUND, address)
        });
        message.buttons(link.into_iter().collect())
    }

    /// Does what a card of a round wants in its channel.
    pub(super) async fn deliver_in_channel(
        &self,
        delivery: &Delivery,
        channel: ChannelId,
    ) -> Result<Receipt, DeliveryError> {
        // A daily is there for nobody in particular.
        if let Some(user) = place::user(&delivery.person.0) {
            self.settle(user, channel).await;
        }
        let way = delivery.card.way;
        let done = match (way, about(delivery)) {
            (Way::Post, _) => self.post(delivery, channel, Audience::Everyone).await,
            (Way::Under(_), about) => self.post_under(delivery, channel, about).await,
            (Way::Edit(seq), Some(post)) => self.bring_up_to_date(delivery, channel, post, seq).await,
            (Way::Thread(_), Some(post)) => self.open_thread(&delivery.card, channel, post).await,
            (Way::Pin(_), Some(post)) => self.pin(channel, post).await,
            (Way::Edit(_) | Way::Thread(_) | Way::Pin(_), None) => {
                Err(Trouble::Refused("the message that it is about is not known".to_owned()))
            }
        };
        done.map_err(|trouble| {
            if let Trouble::Blocked(obstacle) = trouble
                && is_step(way)
            {
                // All else goes on without it, so nobody waits for somebody to allow it.
                return DeliveryError::Refused(format!("it may not be done: {obstacle:?}"));
            }
            failure(trouble)
        })
    }

    /// What became of a card of a round, if that can be seen. What may be done twice is done again.
    pub(super) async fn look_in_channel(
        &self,
        delivery: &Delivery,
        channel: ChannelId,
    ) -> Result<Option<Receipt>, Trouble> {
        match delivery.card.way {
            Way::Post => self.look(delivery, channel, Audience::Everyone).await,
            Way::Under(_) => {
                let in_thread = match thread(delivery) {
                    Some(thread) => self.look(delivery, thread, Audience::Everyone).await,
                    None => Ok(None),
                };
                match in_thread {
                    Ok(None) | Err(Trouble::Blocked(_)) => {
                        self.look(delivery, channel, Audience::Everyone).await
                    }
                    found => found,
                }
            }
            Way::Edit(_) | Way::Thread(_) | Way::Pin(_) => Ok(None),
        }
    }

    /// Posts in the thread of a round. Where there is none, or no way into it, as a reply to its post.
    async fn post_under(
        &self,
        delivery: &Delivery,
        channel: ChannelId,
        about: Option<MessageId>,
    ) -> Result<Receipt, Trouble> {
        let now = self.clock.now();
        let mut messages =
            draw::card(&delivery.card, delivery.interview, delivery.seq, Audience::Everyone, now);
        if let (CardKind::Shown, Some(user), Some(first)) =
            (delivery.card.kind, place::user(&delivery.person.0), messages.first_mut())
        {
            *first = first.clone().under(say::shown_by(&format!("<@{user}>")));
        }
        let bars = bars(&delivery.card);
        if let (Some(bars), Some(last)) = (bars, messages.last_mut()) {
            *last = last.clone().describing(PICTURE, say::bars_alt(bars));
        }
        let picture = bars.map(chart::png);
        if let Some(thread) = thread(delivery) {
            match self.post_messages(delivery, thread, &messages, picture.as_deref()).await {
                Err(Trouble::Blocked(_)) => {}
                posted => return posted,
            }
        }
        if let (Some(about), Some(first)) = (about, messages.first_mut()) {
            *first = first.clone().replying_to(about);
        }
        self.post_messages(delivery, channel, &messages, picture.as_deref()).await
    }

    /// Brings the post of a round up to date. It stays the card that it was, with what hangs on it.
    async fn bring_up_to_date(
        &self,
        delivery: &Delivery,
        channel: ChannelId,
        post: MessageId,
        seq: Seq,
    ) -> Result<Receipt, Trouble> {
        let now = self.clock.now();
        let messages = draw::card(&delivery.card, delivery.interview, seq, Audience::Everyone, now);
        let last = messages.last().ok_or_else(|| Trouble::Refused("a card without a message".to_owned()))?;
        self.edit(channel, post, last).await.map(|id| self.done(id))
    }

    async fn open_thread(
        &self,
        card: &Card,
        channel: ChannelId,
        post: MessageId,
    ) -> Result<Receipt, Trouble> {
        let title = card.blocks.iter().find_map(|block| {
            let Block::Heading { text } = block else { return None };
            Some(text.as_str())
        });
        let thread = self.thread_named(channel, post, title, say::ROUND_THREAD).await?;
        Ok(self.done(MessageId::new(thread.get())))
    }

    async fn pin(&self, channel: ChannelId, post: MessageId) -> Result<Receipt, Trouble> {
        let route = Route::ChannelPin { channel_id: channel, message_id: post };
        self.ask(Request::new(route, LightMethod::Put)).await.map(|_| self.done(post))
    }

    /// Something was done just now to what has this id.
    fn done(&self, id: MessageId) -> Receipt {
        Receipt { id: Some(id.to_string()), at: self.clock.now(), moved: None }
    }
}

/// Whether it is done to a message that stands there.
fn is_step(way: Way) -> bool {
    match way {
        Way::Edit(_) | Way::Thread(_) | Way::Pin(_) => true,
        Way::Post | Way::Under(_) => false,
    }
}

/// The message that a card is about.
fn about(delivery: &Delivery) -> Option<MessageId> {
    place::id(delivery.about.as_deref()?).map(MessageId::new)
}

/// The thread under that message.
fn thread(delivery: &Delivery) -> Option<ChannelId> {
    place::id(delivery.thread.as_deref()?).map(ChannelId::new)
}

/// The counts of a card.
fn bars(card: &Card) -> Option<&Bars> {
    card.blocks.iter().find_map(|block| {
        let Block::Bars { bars } = block else { return None };
        Some(bars)
    })
}

/// The picture, as a file.
pub(super) fn file(picture: &[u8]) -> CreateAttachment {
    CreateAttachment::bytes(picture, PICTURE)
}
