//! Rounds: how one is asked for, and what everybody in a channel sees of it.
//!
//! What somebody says in a round takes place [aside](Place::Aside), which `post` delivers, so that two hundred people
//! cost a channel nothing, and nobody reads a word of another one. A thread stands under every message of Slack's, so
//! none is made; the result is an answer in it that the channel sees as well.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::Value;

use super::Slack;
use super::draw::{self, Audience};
use super::intake::Asker;
use super::memory::Picture;
use super::place::{self, Place};
use super::talk::NotTaken;
use super::trouble::Trouble;
use super::wire::{Block, Message, Spot};
use crate::chat::{Delivery, Receipt, RoundRequest, Taken, What};
use crate::core::card::{CardKind, Way};
use crate::core::chart::{self, Bars};
use crate::core::choose::Filter;
use crate::core::interview::Seq;
use crate::core::say;

/// The name of a picture.
const PICTURE: &str = "points.png";
/// Slack takes a moment to look at a picture that it was sent, and refuses to show it until then.
const PICTURE_AGAIN_AFTER: Duration = Duration::from_secs(3);
/// After so many refusals the counts are shown as text alone.
const PICTURE_REFUSED_MAX: u32 = 3;

impl Slack {
    /// Begins a round, or shows the one that is open.
    pub(super) async fn begin_round(
        self: &Arc<Self>,
        asker: &Asker,
        filter: Filter,
        minutes: Option<u32>,
    ) -> Result<Option<Value>, NotTaken> {
        if !self.serves(asker) {
            return Ok(Self::at_once(Message::sentence(say::slack::NO_TOKEN)));
        }
        let Place::Starting { team, channel, .. } = asker.place() else {
            return Ok(Self::at_once(Message::sentence(say::slack::CHANNELS_ONLY)));
        };
        self.memory().acted(asker.person(), channel.clone(), None);
        let manages = self.manages(asker).await;
        let open_for = minutes.map(|minutes| SignedDuration::from_mins(minutes.into()));
        let request = RoundRequest { filter, open_for, manages, seed: None };
        let at = Place::Channel { team, channel };
        let message = match self.send(asker, asker.key(), at, What::Round(request)).await? {
            Ok(taken) => self.controls(&taken, &asker.team),
            Err(refusal) => Message::sentence(&refusal.sentence()),
        };
        Ok(Self::at_once(message))
    }

    /// What whoever asked for a round sees alone: what became of it, how to steer it if it is theirs, and the way
    /// to it if it was there before.
    fn controls(&self, taken: &Taken, team: &str) -> Message {
        let host = taken.shown.last().and_then(|host| {
            let now = self.clock.now();
            draw::card(&host.card, host.interview, host.seq, Audience::Aside, now).pop()
        });
        let message = match (taken.outcome.sentence(), host) {
            (Some(sentence), Some(host)) => host.below(draw::sentence(sentence)),
            (Some(sentence), None) => Message::sentence(sentence),
            (None, Some(host)) => host,
            (None, None) => Message::sentence(say::HERE_IT_COMES),
        };
        let post = taken.post.as_deref().and_then(place::of_receipt);
        let link = post.and_then(|(channel, ts)| self.link_to(team, channel, ts));
        message.with(link.map(|url| draw::link(say::TO_THE_ROUND, url)))
    }

    /// Does what a card of a round wants in its channel.
    pub(super) async fn put_in_channel(
        &self,
        delivery: &Delivery,
        team: &str,
        channel: &str,
        said: &mut bool,
    ) -> Result<Receipt, Trouble> {
        let post = delivery.about.as_deref().and_then(place::of_receipt);
        match (delivery.card.way, post) {
            (Way::Post, _) => {
                let at = Place::Channel { team: team.to_owned(), channel: channel.to_owned() };
                self.post(delivery, &at, Audience::Everyone, None, said).await
            }
            (Way::Under(_), _) => self.post_under(delivery, team, channel, said).await,
            (Way::Edit(seq), Some((channel, ts))) => {
                self.bring_up_to_date(delivery, seq, [team, channel, ts]).await
            }
            // It stands there by itself.
            (Way::Thread(_), Some((channel, ts))) => Ok(self.done_to(channel, ts)),
            (Way::Pin(_), Some((channel, ts))) => {
                self.pin(team, channel, ts).await.map(|()| self.done_to(channel, ts))
            }
            (Way::Edit(_) | Way::Thread(_) | Way::Pin(_), None) => {
                Err(Trouble::Refused("the message that it is about is not known".to_owned()))
            }
        }
    }

    /// Posts in the thread of a round; the result is seen from the channel as well. Where the post is gone, in the
    /// channel.
    async fn post_under(
        &self,
        delivery: &Delivery,
        team: &str,
        channel: &str,
        said: &mut bool,
    ) -> Result<Receipt, Trouble> {
        let Delivery { card, interview, seq, person, .. } = delivery;
        let mut messages = draw::card(card, *interview, *seq, Audience::Everyone, self.clock.now());
        if let (CardKind::Shown, Some(user), Some(first)) =
            (card.kind, place::user(person), messages.first_mut())
        {
            *first = first.clone().below(draw::answered_by(user));
        }
        let in_channel_too = card.kind == CardKind::Result;
        let spot = Spot { in_channel_too, ..Spot::new(channel, thread(delivery)) };
        let Some(bars) = draw::bars(card) else {
            return self.post_in_thread(delivery, team, spot, messages, said).await;
        };
        let Some(picture) = self.picture_of(delivery, team, bars).await else {
            return self.post_in_thread(delivery, team, spot, messages, said).await;
        };
        let mut with_picture = messages.clone();
        if let Some(first) = with_picture.first_mut() {
            *first = first.clone().below(Block::image(picture.file.clone(), say::bars_alt(bars)));
        }
        match self.post_in_thread(delivery, team, spot.clone(), with_picture, said).await {
            Err(Trouble::Refused(_)) if !*said => {
                let refused = picture.refused + 1;
                self.memory().sent_picture(*interview, *seq, Picture { refused, ..picture });
                if refused < PICTURE_REFUSED_MAX {
                    return Err(Trouble::Later(PICTURE_AGAIN_AFTER));
                }
                self.post_in_thread(delivery, team, spot, messages, said).await
            }
            posted => {
                if posted.is_ok() {
                    self.memory().done_with_picture(*interview, *seq);
                }
                posted
            }
        }
    }

    async fn post_in_thread(
        &self,
        delivery: &Delivery,
        team: &str,
        spot: Spot,
        messages: Vec<Message>,
        said: &mut bool,
    ) -> Result<Receipt, Trouble> {
        let at = Place::Channel { team: team.to_owned(), channel: spot.channel.clone() };
        let in_thread = self.post_messages(delivery, &at, spot.clone(), messages.clone(), said).await;
        let Err(Trouble::Blocked(_)) = in_thread else { return in_thread };
        let spot = Spot::new(&spot.channel, None);
        self.post_messages(delivery, &at, spot, messages, said).await
    }

    /// The picture of the counts, as a file in Slack; `None` if it cannot be shown, since the text says the same.
    async fn picture_of(&self, delivery: &Delivery, team: &str, bars: &Bars) -> Option<Picture> {
        let (interview, seq) = (delivery.interview, delivery.seq);
        if let Some(picture) = self.memory().picture(interview, seq) {
            return Some(picture).filter(|picture| picture.refused < PICTURE_REFUSED_MAX);
        }
        match self.upload_picture(team, PICTURE, &chart::png(bars)).await {
            Ok(file) => {
                let picture = Picture { file, refused: 0 };
                self.memory().sent_picture(interview, seq, picture.clone());
                Some(picture)
            }
            Err(trouble) => {
                tracing::warn!(?trouble, "a picture could not be sent, so its counts stand as text alone");
                None
            }
        }
    }

    /// Brings the post of a round up to date. It stays the card that it was, with what hangs on it.
    async fn bring_up_to_date(
        &self,
        delivery: &Delivery,
        seq: Seq,
        [team, channel, ts]: [&str; 3],
    ) -> Result<Receipt, Trouble> {
        let now = self.clock.now();
        let messages = draw::card(&delivery.card, delivery.interview, seq, Audience::Everyone, now);
        let last = messages.last().ok_or_else(|| Trouble::Refused("a card without a message".to_owned()))?;
        self.amend(team, channel, ts, last).await.map(|()| self.done_to(channel, ts))
    }

    /// Something was done just now to a message.
    fn done_to(&self, channel: &str, ts: &str) -> Receipt {
        Receipt { id: Some(place::receipt(channel, ts)), at: self.clock.now(), moved: None }
    }
}

/// Whether it is done to a message that stands there, and may be done twice.
pub(super) fn is_step(way: Way) -> bool {
    match way {
        Way::Edit(_) | Way::Thread(_) | Way::Pin(_) => true,
        Way::Post | Way::Under(_) => false,
    }
}

/// The thread that a card belongs in: that of the post which it is about.
pub(super) fn thread(delivery: &Delivery) -> Option<&str> {
    match delivery.card.way {
        Way::Under(_) => delivery.about.as_deref().and_then(place::of_receipt).map(|(_, ts)| ts),
        Way::Post | Way::Edit(_) | Way::Thread(_) | Way::Pin(_) => None,
    }
}
