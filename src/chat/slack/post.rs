//! Puts cards where they belong, and finds out what became of them.
//!
//! In a channel, what comes after the question is for its person alone, unless they write in its thread; what
//! gives the answer away is for them alone even then, since Slack cannot hide text until it is tapped. What one
//! person sees alone cannot be looked for, so it is not repeated: a public note with a button takes its place, or,
//! for their part in a round, their direct messages.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::draw::{self, Audience};
use super::intake::{self, Wrote};
use super::place::{self, Place};
use super::trouble::Trouble;
use super::wire::{Block, EVENT_TYPE, Message, Spot};
use super::{Slack, round};
use crate::chat::press;
use crate::chat::{self, Delivery, DeliveryError, Front, Missed, Open, Person, Receipt, Sighting};
use crate::core::card::{self, CardKind};
use crate::core::say;

/// A history may be behind by seconds: until this long after a message may have been posted, not to find it
/// there means nothing.
pub(super) const SETTLED_AFTER: SignedDuration = SignedDuration::from_secs(10);
/// A first card is looked for from so long before it was last tried: longer than clocks differ and than parts of
/// one card lie apart.
const TRIED_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// Our messages of a card, by their place in it: channel and time.
type Found = BTreeMap<usize, (String, String)>;

#[async_trait::async_trait]
impl Front for Slack {
    fn name(&self) -> &'static str {
        place::PREFIX
    }

    fn is_up(&self) -> bool {
        self.listens.load(Ordering::Relaxed)
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<Receipt, DeliveryError> {
        let Some(at) = Place::parse(&delivery.place) else {
            return Err(DeliveryError::Refused(format!("{} is no place in Slack", delivery.place.0)));
        };
        // Who is quick may write in the thread of a question before it is known where that stands.
        if at.hears_messages() {
            self.memory().opened(delivery.place.clone(), delivery.person.clone());
        }
        // A try that ended before anything was sent is none.
        let is_new = self.memory().take_unsent(delivery.interview, delivery.seq);
        let tried_at = delivery.tried_at.filter(|_| !is_new);
        let delivery = &Delivery { tried_at, ..delivery.clone() };
        let mut said = false;
        match self.put(delivery, &at, &mut said).await {
            Ok(receipt) => {
                self.note_where(delivery, &receipt);
                Ok(receipt)
            }
            Err(trouble) => {
                if !said && delivery.tried_at.is_none() && trouble != Trouble::Unknown {
                    self.memory().sent_nothing(delivery.interview, delivery.seq);
                }
                // The next try has to see what stands there already.
                let trouble = if let Trouble::Later(after) = trouble
                    && said
                {
                    Trouble::Later(after.max(SETTLED_AFTER.unsigned_abs()))
                } else {
                    trouble
                };
                if !matches!(trouble, Trouble::Later(_) | Trouble::Unknown) {
                    self.memory().closed(&delivery.place, &delivery.person);
                }
                Err(trouble.into())
            }
        }
    }

    async fn find(&self, delivery: &Delivery) -> Sighting {
        let Some(at) = Place::parse(&delivery.place) else { return Sighting::Absent };
        if round::is_step(delivery.card.way) {
            return Sighting::Absent;
        }
        let age = delivery.tried_at.map(|tried_at| self.clock.now().duration_since(tried_at));
        let found = match self.own(delivery, &at).await {
            // Asked for in a channel that cannot be read, it went to direct messages.
            Err(Trouble::Blocked(_)) if matches!(at, Place::Starting { .. }) => {
                let direct = direct_of(&at, &delivery.person);
                self.own(delivery, &direct).await.map(|found| (direct, found))
            }
            found => found.map(|found| (at.clone(), found)),
        };
        match found {
            Ok((there, found)) => match last_of(&found, draw::parts(&delivery.card, there.audience())) {
                Some((channel, ts)) => {
                    let thread = found.get(&0).and_then(|(channel, ts)| found_thread(&there, channel, ts));
                    let moved = if there == at { thread } else { Some(there) };
                    let receipt = self.receipt(channel, ts, moved);
                    self.note_where(delivery, &receipt);
                    Sighting::Found(receipt)
                }
                None if age.is_some_and(|age| age < SETTLED_AFTER) => Sighting::Unclear,
                None => Sighting::Absent,
            },
            // Where nothing can be read, nothing could be posted either.
            Err(Trouble::Blocked(_)) => Sighting::Absent,
            Err(_) => Sighting::Unclear,
        }
    }

    async fn tell(&self, person: &Person, place: &chat::Place, sentence: &str) {
        let (Some(at), Some(user)) = (Place::parse(place), place::user(person)) else { return };
        let message = Message::sentence(sentence);
        let message = match at {
            Place::Direct { .. } => message,
            Place::Starting { .. } | Place::Thread { .. } | Place::Channel { .. } | Place::Aside { .. } => {
                message.below(draw::about(place))
            }
        };
        if let Err(trouble) = self.say_directly(at.team(), user, &message).await {
            tracing::debug!(?trouble, "somebody could not be told that their drill waits");
        }
    }

    async fn lacks(&self, channel: &chat::Place, _role: Option<&str>) -> Vec<String> {
        let Some(Place::Channel { team, channel }) = Place::parse(channel) else { return Vec::new() };
        match self.read_page(&team, &channel, None, None, None).await {
            Err(Trouble::Blocked(_)) => vec![say::slack::MEMBERSHIP.to_owned()],
            Err(Trouble::NoScope(scope)) => vec![scope],
            Ok(_) | Err(_) => Vec::new(),
        }
    }

    async fn missed(&self, open: &[Open]) -> Vec<Missed> {
        let mut missed = Vec::new();
        // What is written there from here on is heard, whatever comes of reading what was written before.
        let heard = |open: &&Open| Place::parse(&open.place).is_some_and(|at| at.hears_messages());
        for open in open.iter().filter(heard) {
            self.memory().opened(open.place.clone(), open.person.clone());
        }
        for open in open {
            let Some(at) = Place::parse(&open.place) else { continue };
            let mut found = self.missed_in(open, &at).await;
            if let Err(Trouble::Later(after)) = found {
                self.pause(after).await;
                found = self.missed_in(open, &at).await;
            }
            match found {
                Ok(found) => missed.extend(found),
                Err(trouble) => tracing::warn!(?trouble, "what was missed in a drill could not be read"),
            }
        }
        missed.sort_by_key(|missed| missed.at);
        missed
    }
}

impl Slack {
    fn receipt(&self, channel: &str, ts: &str, moved: Option<Place>) -> Receipt {
        Receipt {
            id: Some(place::receipt(channel, ts)),
            at: place::time(ts).unwrap_or_else(|| self.clock.now()),
            moved: moved.map(|place| place.name()),
        }
    }

    /// Waits for as long as Slack says; whoever asked gives up before, if it is too long.
    async fn pause(&self, after: Duration) {
        let after = SignedDuration::try_from(after).unwrap_or(SignedDuration::MAX);
        self.clock.sleep_for(after).await;
    }

    /// Notes where a drill goes on, or that it is over.
    fn note_where(&self, delivery: &Delivery, receipt: &Receipt) {
        let there = receipt.moved.as_ref().unwrap_or(&delivery.place);
        let is_over = delivery.card.kind == CardKind::Farewell;
        let is_heard = Place::parse(there).is_some_and(|at| at.hears_messages());
        let mut memory = self.memory();
        if delivery.card.kind == CardKind::Ask {
            memory.began(delivery.interview);
        }
        if !is_over && is_heard {
            memory.opened(there.clone(), delivery.person.clone());
        }
        if is_over {
            memory.over(delivery.interview);
        }
        if is_over || *there != delivery.place {
            memory.closed(&delivery.place, &delivery.person);
        }
    }

    /// Whether a card is for everybody in its thread: if its person looks there, and it may be read by others.
    fn is_for_all(&self, delivery: &Delivery, channel: &str, thread: &str) -> bool {
        let memory = self.memory();
        let in_the_open = memory.is_in_the_open(&delivery.place, &delivery.person)
            && !memory.came_of_a_form(delivery.interview, delivery.seq);
        // Words that it quotes may be older than what led to it.
        let quotes = delivery.card.blocks.iter().any(|block| matches!(block, card::Block::Quote { .. }));
        let may_quote = !quotes || memory.is_all_in_the_open(delivery.interview);
        let readable =
            !delivery.card.is_personal() || (in_the_open && !delivery.card.gives_away() && may_quote);
        readable && memory.looks_at(&delivery.person, channel, thread)
    }

    /// Puts a card where it belongs. `said` tells whether anything of it was sent, should the rest fail.
    async fn put(&self, delivery: &Delivery, at: &Place, said: &mut bool) -> Result<Receipt, Trouble> {
        if let Place::Channel { team, channel } = at {
            return self.put_in_channel(delivery, team, channel, said).await;
        }
        let user = place::user(&delivery.person);
        let user = user.ok_or_else(|| Trouble::Refused("a card for nobody".to_owned()))?;
        match at {
            Place::Channel { .. } | Place::Direct { .. } => {
                self.post(delivery, at, Audience::Direct, None, said).await
            }
            Place::Starting { team, .. } => self.start(delivery, at, team, user, said).await,
            Place::Thread { team, channel, thread } => {
                if self.is_for_all(delivery, channel, thread) {
                    self.post(delivery, at, Audience::Everyone, None, said).await
                } else {
                    self.show_alone(delivery, at, [team, channel, thread], user, said).await
                }
            }
            Place::Aside { team, channel } => self.show_aside(delivery, [team, channel], user, said).await,
        }
    }

    /// Posts a card's messages in order, the first one below `above`. On another try, what stands there already
    /// is left alone.
    pub(super) async fn post(
        &self,
        delivery: &Delivery,
        at: &Place,
        audience: Audience,
        above: Option<Block>,
        said: &mut bool,
    ) -> Result<Receipt, Trouble> {
        let mut messages =
            draw::card(&delivery.card, delivery.interview, delivery.seq, audience, self.clock.now());
        if let (Some(above), Some(first)) = (above, messages.first_mut()) {
            *first = first.clone().below(above);
        }
        let spot = self.spot(at).await?;
        self.post_messages(delivery, at, spot, messages, said).await
    }

    /// The same with messages that are drawn already.
    pub(super) async fn post_messages(
        &self,
        delivery: &Delivery,
        at: &Place,
        mut spot: Spot,
        messages: Vec<Message>,
        said: &mut bool,
    ) -> Result<Receipt, Trouble> {
        let there = if delivery.tried_at.is_some() { self.own(delivery, at).await? } else { BTreeMap::new() };
        let mut last = None;
        for (part, message) in messages.into_iter().enumerate() {
            let is_first = part == 0 && matches!(at, Place::Starting { .. });
            let (channel, ts) = match there.get(&part) {
                Some(found) => found.clone(),
                None => {
                    self.count_post(delivery)?;
                    let stands = self.say(at.team(), &spot, &message).await?;
                    *said = true;
                    stands
                }
            };
            if is_first {
                spot = Spot::new(&channel, Some(&ts));
            }
            last = Some((channel, ts));
        }
        let (channel, ts) = last.ok_or_else(|| Trouble::Refused("a card without a message".to_owned()))?;
        let thread = spot.thread.filter(|_| matches!(at, Place::Starting { .. }));
        let moved =
            thread.map(|thread| Place::Thread { team: at.team().to_owned(), channel: spot.channel, thread });
        Ok(self.receipt(&channel, &ts, moved))
    }

    /// Posts a question in a channel, for its thread to hang from; where that is not allowed, in direct messages.
    async fn start(
        &self,
        delivery: &Delivery,
        at: &Place,
        team: &str,
        user: &str,
        said: &mut bool,
    ) -> Result<Receipt, Trouble> {
        let above = Some(draw::whose(user));
        let posted = self.post(delivery, at, Audience::Everyone, above, said).await;
        let Err(Trouble::Blocked(_)) = posted else { return posted };
        let direct = Place::Direct { team: team.to_owned(), user: user.to_owned() };
        self.memory().opened(direct.name(), delivery.person.clone());
        let posted = self.post(delivery, &direct, Audience::Direct, Some(draw::moved()), said).await?;
        Ok(Receipt { moved: Some(direct.name()), ..posted })
    }

    /// Shows a card to its person alone; if it was tried before, a note that says where it is.
    async fn show_alone(
        &self,
        delivery: &Delivery,
        at: &Place,
        [team, channel, thread]: [&str; 3],
        user: &str,
        said: &mut bool,
    ) -> Result<Receipt, Trouble> {
        let Delivery { card, interview, seq, .. } = delivery;
        if delivery.tried_at.is_some() {
            let found = self.own(delivery, at).await?;
            if let Some((channel, ts)) = last_of(&found, draw::parts(card, Audience::Alone)) {
                return Ok(self.receipt(channel, ts, None));
            }
            let note = draw::private_note(*interview, *seq, user);
            self.count_post(delivery)?;
            let (channel, ts) = self.say(team, &Spot::new(channel, Some(thread)), &note).await?;
            return Ok(self.receipt(&channel, &ts, None));
        }
        // Slack shows nothing of this kind in a thread in which nobody has written yet.
        let seen_in = Some(thread).filter(|thread| self.memory().looks_at(&delivery.person, channel, thread));
        let messages = draw::card(card, *interview, *seq, Audience::Alone, self.clock.now());
        self.show_each(delivery, [team, channel], seen_in, user, messages, said).await
    }

    /// Shows a card of a round to its person alone, where they look; if it was tried before, in their direct
    /// messages, where it can be looked for and which no channel is flooded by.
    async fn show_aside(
        &self,
        delivery: &Delivery,
        [team, channel]: [&str; 2],
        user: &str,
        said: &mut bool,
    ) -> Result<Receipt, Trouble> {
        if delivery.tried_at.is_some() {
            let at = Place::Direct { team: team.to_owned(), user: user.to_owned() };
            return self.post(delivery, &at, Audience::Aside, None, said).await;
        }
        let Delivery { card, interview, seq, person, .. } = delivery;
        let seen_in = self.memory().sees(person, channel);
        let messages = draw::card(card, *interview, *seq, Audience::Aside, self.clock.now());
        self.show_each(delivery, [team, channel], seen_in.as_deref(), user, messages, said).await
    }

    /// Shows messages to one person alone.
    async fn show_each(
        &self,
        delivery: &Delivery,
        [team, channel]: [&str; 2],
        seen_in: Option<&str>,
        user: &str,
        messages: Vec<Message>,
        said: &mut bool,
    ) -> Result<Receipt, Trouble> {
        let mut last = None;
        for message in messages {
            self.count_post(delivery)?;
            last = Some(self.say_alone(team, channel, seen_in, user, &message).await?);
            *said = true;
        }
        let ts = last.ok_or_else(|| Trouble::Refused("a card without a message".to_owned()))?;
        Ok(self.receipt(channel, &ts, None))
    }

    fn count_post(&self, delivery: &Delivery) -> Result<(), Trouble> {
        // In a round, a channel has as many people as come, each of whom sees their own cards alone.
        let place = match Place::parse(&delivery.place) {
            Some(Place::Aside { .. }) => chat::Place(format!("{}:{}", delivery.place.0, delivery.person.0)),
            Some(_) | None => delivery.place.clone(),
        };
        self.memory().count_post(&place, self.clock.now()).map_err(|wait| {
            let interview = delivery.interview.0;
            tracing::warn!(interview, "there were too many posts in one place, so the next one waits");
            Trouble::Later(wait)
        })
    }

    async fn spot(&self, at: &Place) -> Result<Spot, Trouble> {
        Ok(match at {
            Place::Direct { team, user } => Spot::new(&self.direct_channel(team, user).await?, None),
            Place::Starting { channel, .. }
            | Place::Channel { channel, .. }
            | Place::Aside { channel, .. } => Spot::new(channel, None),
            Place::Thread { channel, thread, .. } => Spot::new(channel, Some(thread)),
        })
    }

    /// Where a card is looked for.
    async fn spot_of(&self, delivery: &Delivery, at: &Place) -> Result<Spot, Trouble> {
        match (at, round::thread(delivery)) {
            (Place::Channel { channel, .. }, Some(thread)) => Ok(Spot::new(channel, Some(thread))),
            (Place::Aside { .. }, _) => self.spot(&direct_of(at, &delivery.person)).await,
            (_, _) => self.spot(at).await,
        }
    }

    /// Says something in somebody's direct messages.
    pub(super) async fn say_directly(
        &self,
        team: &str,
        user: &str,
        message: &Message,
    ) -> Result<(), Trouble> {
        let channel = self.direct_channel(team, user).await?;
        self.say(team, &Spot::new(&channel, None), message).await.map(drop)
    }

    /// Our own messages of a card.
    async fn own(&self, delivery: &Delivery, at: &Place) -> Result<Found, Trouble> {
        let Spot { channel, thread, .. } = self.spot_of(delivery, at).await?;
        let before = delivery.earlier.iter().rev().filter_map(|(_, receipt)| place::of_receipt(receipt));
        let after = before.filter(|(of, _)| *of == channel).map(|(_, ts)| ts.to_owned()).next();
        let tried = || Some(ts_of(delivery.tried_at?.saturating_sub(TRIED_WITHIN).ok()?));
        let after = after.or_else(tried);
        let messages = match self.read(at.team(), &channel, thread.as_deref(), after.as_deref()).await {
            // The post of the round is gone, and its thread with it.
            Err(Trouble::Blocked(_)) if matches!(at, Place::Channel { .. }) && thread.is_some() => {
                self.read(at.team(), &channel, None, after.as_deref()).await?
            }
            read => read?,
        };
        let mut found = self.cards_among(&messages, delivery, at.team(), &channel);
        let first = found.get(&0).map(|(_, ts)| ts.clone());
        if let (Place::Starting { .. }, Some(thread)) = (at, first) {
            let replies = self.read(at.team(), &channel, Some(&thread), None).await?;
            found.extend(self.cards_among(&replies, delivery, at.team(), &channel));
        }
        Ok(found)
    }

    fn cards_among(&self, messages: &[Value], delivery: &Delivery, team: &str, channel: &str) -> Found {
        let me = self.me(team);
        let ours = messages.iter().filter(|message| message["user"].as_str() == me.as_deref());
        let keyed = ours.filter_map(|message| Some((key_of(message)?, message["ts"].as_str()?)));
        let keyed: Vec<(&str, &str)> = keyed.collect();
        let parts = (0..=draw::NOTE).filter_map(|part| {
            let key = press::nonce(delivery.interview, delivery.seq, part);
            let (_, ts) = keyed.iter().find(|(found, _)| *found == key)?;
            Some((part, (channel.to_owned(), (*ts).to_owned())))
        });
        parts.collect()
    }

    /// Whether a message with this key stands in a thread.
    pub(super) async fn stands(
        &self,
        team: &str,
        channel: &str,
        thread: &str,
        key: &str,
    ) -> Result<bool, Trouble> {
        let messages = self.read(team, channel, Some(thread), None).await?;
        Ok(messages.iter().any(|message| key_of(message) == Some(key)))
    }

    /// What somebody wrote in a drill while nobody listened.
    async fn missed_in(&self, open: &Open, at: &Place) -> Result<Vec<Missed>, Trouble> {
        let since = open.since.as_deref().and_then(place::of_receipt);
        let spot = match (at, since) {
            // The conversation is known by the message that stands there.
            (Place::Direct { .. }, Some((channel, _))) => Spot::new(channel, None),
            (Place::Direct { .. } | Place::Thread { .. }, _) => self.spot(at).await?,
            // Nothing stands there that could be answered by writing.
            (Place::Starting { .. } | Place::Channel { .. } | Place::Aside { .. }, _) => {
                return Ok(Vec::new());
            }
        };
        let after = since.map_or_else(|| ts_of(open.active_at), |(_, ts)| ts.to_owned());
        let messages = self.read(at.team(), &spot.channel, spot.thread.as_deref(), Some(&after)).await?;
        let me = self.me(at.team()).unwrap_or_default();
        let missed = messages.into_iter().filter_map(|mut message| {
            let stands_in = Value::String(spot.channel.clone());
            message.as_object_mut()?.insert("channel".to_owned(), stands_in);
            let wrote: Wrote = intake::message(&message, at.team(), &me)?;
            let counts = wrote.person() == open.person && !wrote.text.is_empty();
            counts.then(|| Missed {
                key: wrote.key(),
                at: wrote.at().unwrap_or(open.active_at),
                person: wrote.person(),
                place: open.place.clone(),
                what: wrote.what(),
            })
        });
        Ok(missed.collect())
    }
}

/// The last message of a card of so many parts, or the note in its place. A card stands when all its parts do:
/// the buttons are on the last one.
fn last_of(found: &Found, parts: usize) -> Option<&(String, String)> {
    let whole = (0..parts).all(|part| found.contains_key(&part));
    found.get(&draw::NOTE).or_else(|| found.get(&parts.checked_sub(1)?).filter(|_| whole))
}

/// The key of a card's message.
fn key_of(message: &Value) -> Option<&str> {
    let metadata = &message["metadata"];
    metadata["event_payload"]["key"].as_str().filter(|_| metadata["event_type"] == EVENT_TYPE)
}

fn direct_of(at: &Place, person: &Person) -> Place {
    let user = place::user(person).unwrap_or_default().to_owned();
    Place::Direct { team: at.team().to_owned(), user }
}

/// The thread that a question which was being posted hangs above.
fn found_thread(at: &Place, channel: &str, ts: &str) -> Option<Place> {
    let Place::Starting { team, .. } = at else { return None };
    Some(Place::Thread { team: team.clone(), channel: channel.to_owned(), thread: ts.to_owned() })
}

/// A time as Slack writes it.
fn ts_of(at: Timestamp) -> String {
    let microseconds = at.as_microsecond();
    format!("{}.{:06}", microseconds / 1_000_000, microseconds % 1_000_000)
}
