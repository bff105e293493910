//! What the front end keeps in memory, all of it dispensable: a restart forgets it and only makes things a
//! little less convenient. Pure; time comes in.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serenity::model::id::{ChannelId, InteractionId, MessageId, UserId};

use super::intake::Asker;
use super::place::Place;
use crate::chat::hints::Hints;
use crate::core::interview::{InterviewId, Seq};

/// An interaction can be answered for fifteen minutes; half a minute less, so that an answer on its way
/// arrives in time.
const TOKEN_KEPT: SignedDuration = SignedDuration::from_secs(15 * 60 - 30);
/// People in channels kept at the most, about 300 bytes each; beyond it the ones that are out of time go,
/// and if that is not enough, all of them, who then press *Show me* once.
const REACHES_MAX: usize = 20_000;
/// Drills known at the most, about 100 bytes each: more than one bot can have open threads.
const DRILLS_MAX: usize = 100_000;
/// Commands whose answer a thread is to hang from, at the most; each is needed for some seconds.
const STARTERS_MAX: usize = 1_000;
/// Messages kept at the most whose question is being asked for, up to 4,000 characters each.
const WORDS_MAX: usize = 1_000;
/// Cards remembered as shown to one person alone, at the most; the oldest are forgotten, which were long ago.
const TRIED_MAX: usize = 10_000;

/// How a person can be reached in a channel that others read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// They write in the open, so that everybody may read what comes back.
    Open,
    /// For them alone, by answering what they did last.
    Alone(String),
    /// Not at the moment.
    Nothing,
}

/// Everything that is remembered.
#[derive(Debug, Default)]
pub(super) struct Memory {
    reaches: BTreeMap<(UserId, ChannelId), (Timestamp, Option<String>)>,
    drills: BTreeMap<(ChannelId, UserId), Place>,
    starters: BTreeMap<InteractionId, Starter>,
    hints: Hints<ChannelId>,
    words: BTreeMap<UserId, String>,
    tried: BTreeSet<(InterviewId, Seq)>,
}

/// The answer to a command, which a thread is to hang from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Starter {
    /// What the person is called.
    pub(super) name: String,
    /// The message, once it stands there.
    pub(super) message: Option<MessageId>,
}

impl Memory {
    /// Somebody pressed or sent something that can be answered.
    pub(super) fn acted(&mut self, asker: &Asker, now: Timestamp) {
        self.make_room(now);
        self.reaches.insert((asker.user, asker.channel), (now, Some(asker.token.clone())));
    }

    /// Somebody wrote in the open.
    pub(super) fn wrote(&mut self, user: UserId, channel: ChannelId, now: Timestamp) {
        self.make_room(now);
        self.reaches.insert((user, channel), (now, None));
    }

    /// How somebody can be reached in a channel.
    pub(super) fn reach(&self, user: UserId, channel: ChannelId, now: Timestamp) -> Reach {
        match self.reaches.get(&(user, channel)) {
            None => Reach::Nothing,
            Some((_, None)) => Reach::Open,
            Some((at, Some(token))) if now.duration_since(*at) < TOKEN_KEPT => Reach::Alone(token.clone()),
            Some((_, Some(_))) => Reach::Nothing,
        }
    }

    /// An answer to somebody's last deed is not taken any more.
    pub(super) fn expired(&mut self, user: UserId, channel: ChannelId) {
        self.reaches.remove(&(user, channel));
    }

    /// Whether a card has not been shown to its owner alone before; from here on it has.
    pub(super) fn try_alone(&mut self, interview: InterviewId, seq: Seq) -> bool {
        while self.tried.len() >= TRIED_MAX {
            self.tried.pop_first();
        }
        self.tried.insert((interview, seq))
    }

    /// A drill takes place there.
    pub(super) fn opened(&mut self, user: UserId, place: Place) {
        if self.drills.len() < DRILLS_MAX {
            self.drills.insert((place.channel(), user), place);
        }
    }

    /// It is over.
    pub(super) fn closed(&mut self, user: UserId, channel: ChannelId) {
        self.drills.remove(&(channel, user));
    }

    /// Where somebody's drill in a channel takes place, if there is one.
    pub(super) fn drill(&self, user: UserId, channel: ChannelId) -> Option<Place> {
        self.drills.get(&(channel, user)).copied()
    }

    /// A command was given whose answer a thread will hang from.
    pub(super) fn starting(&mut self, asker: &Asker) {
        while self.starters.len() >= STARTERS_MAX {
            self.starters.pop_first();
        }
        self.starters.insert(asker.id, Starter { name: asker.name.clone(), message: None });
    }

    /// Its answer stands there.
    pub(super) fn started(&mut self, command: InteractionId, message: MessageId) {
        if let Some(starter) = self.starters.get_mut(&command) {
            starter.message = Some(message);
        }
    }

    /// The answer that a thread is to hang from.
    pub(super) fn starter(&self, command: InteractionId) -> Option<Starter> {
        self.starters.get(&command).cloned()
    }

    /// Whether a hint is due in a channel; if so, it counts as given.
    pub(super) fn hint_due(&mut self, channel: ChannelId, now: Timestamp) -> bool {
        self.hints.is_due(channel, now)
    }

    /// Keeps somebody's words until they say which question these answer.
    pub(super) fn remember_words(&mut self, user: UserId, words: String) {
        while self.words.len() >= WORDS_MAX {
            self.words.pop_first();
        }
        self.words.insert(user, words);
    }

    /// Gives them back, once.
    pub(super) fn take_words(&mut self, user: UserId) -> Option<String> {
        self.words.remove(&user)
    }

    /// Forgets a person.
    pub(super) fn forget(&mut self, user: UserId) {
        self.reaches.retain(|(of, _), _| *of != user);
        self.drills.retain(|(_, of), _| *of != user);
        self.words.remove(&user);
    }

    fn make_room(&mut self, now: Timestamp) {
        if self.reaches.len() < REACHES_MAX {
            return;
        }
        self.reaches.retain(|_, (at, _)| now.duration_since(*at) < TOKEN_KEPT);
        if self.reaches.len() >= REACHES_MAX {
            self.reaches.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::discord::intake::Spot;

    fn asker(id: u64) -> Asker {
        Asker {
            user: UserId::new(1),
            name: "Ana".to_owned(),
            id: InteractionId::new(id),
            token: format!("token-{id}"),
            channel: ChannelId::new(2),
            spot: Spot::Direct,
        }
    }

    #[test]
    fn what_somebody_did_last_says_how_they_are_reached() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut memory = Memory::default();
        let (user, channel) = (UserId::new(1), ChannelId::new(2));
        assert_eq!(memory.reach(user, channel, at(0)), Reach::Nothing);
        memory.acted(&asker(1), at(0));
        memory.acted(&asker(2), at(60));
        assert_eq!(memory.reach(user, channel, at(61)), Reach::Alone("token-2".to_owned()));
        assert_eq!(memory.reach(user, ChannelId::new(3), at(61)), Reach::Nothing);
        assert_eq!(memory.reach(user, channel, at(60 + 15 * 60)), Reach::Nothing);
        memory.wrote(user, channel, at(100));
        assert_eq!(memory.reach(user, channel, at(10_000)), Reach::Open);
    }
}
