//! What the front end keeps in memory, all of it dispensable: a restart forgets it and only makes things a
//! little less convenient. Pure; time comes in.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serenity::model::id::{ChannelId, InteractionId, MessageId, UserId};

use super::intake::Asker;
use super::place::Place;
use crate::chat::hints::{Hint, Hints};
use crate::core::interview::{InterviewId, Seq};

/// An interaction can be answered for fifteen minutes; half a minute less, so that an answer on its way
/// arrives in time.
const TOKEN_KEPT: SignedDuration = SignedDuration::from_secs(15 * 60 - 30);
/// People in channels kept at the most, about 300 bytes each; beyond it the ones that are out of time go,
/// and if that is not enough, all of them, who then press *Show me* once.
const REACHES_MAX: usize = 20_000;
/// Drills known at the most, about 100 bytes each: more than one bot can have open threads. Beyond it those in
/// the oldest channels are forgotten.
const DRILLS_MAX: usize = 100_000;
/// Commands whose answer a thread is to hang from, at the most; each is needed for some seconds.
const STARTERS_MAX: usize = 1_000;
/// Messages kept at the most whose question is being asked for, up to 4,000 characters each.
const WORDS_MAX: usize = 1_000;
/// Cards at the most that one person alone has perhaps seen; the oldest are forgotten, which were long ago.
const DOUBTFUL_MAX: usize = 10_000;
/// Events remembered as taken, by their ids; the oldest are forgotten. Discord sends one twice within minutes.
const TAKEN_MAX: usize = 20_000;

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
    taken: BTreeSet<u64>,
    /// How much somebody is doing in a channel of which it is not known yet what becomes; as many as the engine
    /// has inputs waiting.
    underway: BTreeMap<(UserId, ChannelId), u32>,
    reaches: BTreeMap<(UserId, ChannelId), (Timestamp, Option<String>)>,
    drills: BTreeMap<(ChannelId, UserId), Place>,
    starters: BTreeMap<InteractionId, Starter>,
    hints: Hints<(ChannelId, Hint)>,
    words: BTreeMap<(UserId, InteractionId), String>,
    doubtful: BTreeSet<(InterviewId, Seq)>,
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
    /// Whether an event was not taken before; from here on it was.
    pub(super) fn take_once(&mut self, id: u64) -> bool {
        while self.taken.len() >= TAKEN_MAX {
            self.taken.pop_first();
        }
        self.taken.insert(id)
    }

    /// Somebody does something.
    pub(super) fn begin_deed(&mut self, user: UserId, channel: ChannelId) {
        *self.underway.entry((user, channel)).or_default() += 1;
    }

    /// It is known what became of it.
    pub(super) fn end_deed(&mut self, user: UserId, channel: ChannelId) {
        let Some(deeds) = self.underway.get_mut(&(user, channel)) else { return };
        *deeds = deeds.saturating_sub(1);
        if *deeds == 0 {
            self.underway.remove(&(user, channel));
        }
    }

    /// Whether somebody is doing something in a channel of which it is not known yet what becomes.
    pub(super) fn is_underway(&self, user: UserId, channel: ChannelId) -> bool {
        self.underway.contains_key(&(user, channel))
    }

    /// Somebody pressed or sent something that was answered and can be answered further.
    pub(super) fn acted(&mut self, asker: &Asker, now: Timestamp) {
        self.make_room(now);
        for channel in asker.channels() {
            self.reaches.insert((asker.user, channel), (now, Some(asker.token.clone())));
        }
    }

    /// Somebody wrote in the open, for their drill. That it is heard of late changes nothing about what they did
    /// since.
    pub(super) fn wrote(&mut self, user: UserId, channel: ChannelId, at: Timestamp) {
        self.make_room(at);
        let last = self.reaches.get(&(user, channel));
        if last.is_none_or(|(last, _)| *last <= at) {
            self.reaches.insert((user, channel), (at, None));
        }
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

    /// What somebody did last anywhere, if it can still be answered.
    pub(super) fn any_token(&self, user: UserId, now: Timestamp) -> Option<String> {
        let theirs = self.reaches.range((user, ChannelId::new(1))..).take_while(|((of, _), _)| *of == user);
        let fresh = theirs.filter_map(|(_, (at, token))| Some((at, token.as_ref()?)));
        let fresh = fresh.filter(|(at, _)| now.duration_since(**at) < TOKEN_KEPT);
        fresh.max_by_key(|(at, _)| **at).map(|(_, token)| token.clone())
    }

    /// An answer to somebody's last deed is not taken any more.
    pub(super) fn expired(&mut self, user: UserId, channel: ChannelId) {
        self.reaches.remove(&(user, channel));
    }

    /// Perhaps a card, or a part of it, was shown to its owner alone.
    pub(super) fn doubt(&mut self, interview: InterviewId, seq: Seq) {
        while self.doubtful.len() >= DOUBTFUL_MAX {
            self.doubtful.pop_first();
        }
        self.doubtful.insert((interview, seq));
    }

    /// Whether it perhaps was.
    pub(super) fn is_doubtful(&self, interview: InterviewId, seq: Seq) -> bool {
        self.doubtful.contains(&(interview, seq))
    }

    /// A drill takes place there. One whose person is heard there is not forgotten for one that is answered for
    /// them alone.
    pub(super) fn opened(&mut self, user: UserId, place: Place) {
        let hears = self.drill(user, place.channel()).is_some_and(|known| known.hears_messages());
        if hears && !place.hears_messages() {
            return;
        }
        self.drills.insert((place.channel(), user), place);
        while self.drills.len() > DRILLS_MAX {
            self.drills.pop_first();
        }
    }

    /// It is over.
    pub(super) fn closed(&mut self, user: UserId, place: Place) {
        if self.drill(user, place.channel()) == Some(place) {
            self.drills.remove(&(place.channel(), user));
        }
    }

    /// A place is gone, and every drill in it.
    pub(super) fn gone(&mut self, place: &str) {
        self.drills.retain(|_, drill| !drill.is_in(place));
    }

    /// Where somebody's drill in a channel takes place, if there is one. One that ended without a farewell is
    /// still here, until its person writes there.
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
    pub(super) fn hint_due(&mut self, channel: ChannelId, hint: Hint, now: Timestamp) -> bool {
        self.hints.is_due((channel, hint), now)
    }

    /// Keeps somebody's words until they say which question these answer, on the list that came of `asked`.
    pub(super) fn remember_words(&mut self, user: UserId, asked: InteractionId, words: String) {
        while self.words.len() >= WORDS_MAX {
            self.words.pop_first();
        }
        self.words.insert((user, asked), words);
    }

    /// Gives them back, once.
    pub(super) fn take_words(&mut self, user: UserId, asked: InteractionId) -> Option<String> {
        self.words.remove(&(user, asked))
    }

    /// Forgets a person.
    pub(super) fn forget(&mut self, user: UserId) {
        self.reaches.retain(|(of, _), _| *of != user);
        self.drills.retain(|(_, of), _| *of != user);
        self.words.retain(|(of, _), _| *of != user);
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
            manages: false,
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
        memory.wrote(user, channel, at(59));
        assert_eq!(memory.reach(user, channel, at(61)), Reach::Alone("token-2".to_owned()), "told late");
        memory.wrote(user, channel, at(100));
        assert_eq!(memory.reach(user, channel, at(10_000)), Reach::Open);
    }

    #[test]
    fn who_acts_in_a_thread_is_reached_aside_in_its_channel() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let (guild, parent) = (serenity::model::id::GuildId::new(7), ChannelId::new(8));
        let mut memory = Memory::default();
        memory.acted(&Asker { spot: Spot::Thread(guild, parent), ..asker(1) }, at(0));
        for channel in [ChannelId::new(2), parent] {
            assert_eq!(memory.reach(UserId::new(1), channel, at(1)), Reach::Alone("token-1".to_owned()));
        }
    }

    #[test]
    fn one_hint_of_a_sort_at_a_time() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let (here, there) = (ChannelId::new(1), ChannelId::new(2));
        let mut memory = Memory::default();
        assert!(memory.hint_due(here, Hint::NoDrill, at(0)));
        assert!(!memory.hint_due(here, Hint::NoDrill, at(60)));
        assert!(memory.hint_due(here, Hint::TooMuch, at(60)));
        assert!(memory.hint_due(there, Hint::NoDrill, at(60)));
        assert!(memory.hint_due(here, Hint::NoDrill, at(600)));
    }

    #[test]
    fn f51_what_is_over_is_forgotten() {
        let (guild, user) = (serenity::model::id::GuildId::new(7), UserId::new(1));
        let thread =
            |thread| Place::Thread { guild, parent: ChannelId::new(8), thread: ChannelId::new(thread) };
        let mut memory = Memory::default();
        memory.opened(user, thread(9));
        memory.gone("discord:7:80");
        memory.gone("discord:7:8:90");
        assert!(memory.drill(user, ChannelId::new(9)).is_some());
        memory.gone("discord:7");
        assert_eq!(memory.drill(user, ChannelId::new(9)), None);
        for id in 1..=DRILLS_MAX as u64 + 1 {
            memory.opened(user, thread(id));
        }
        assert_eq!(memory.drill(user, ChannelId::new(1)), None, "the oldest one made room");
        assert!(memory.drill(user, ChannelId::new(DRILLS_MAX as u64 + 1)).is_some());
        memory.begin_deed(user, ChannelId::new(2));
        memory.begin_deed(user, ChannelId::new(2));
        memory.end_deed(user, ChannelId::new(2));
        assert!(memory.is_underway(user, ChannelId::new(2)));
        memory.end_deed(user, ChannelId::new(2));
        assert!(memory.underway.is_empty());
    }

    #[test]
    fn the_newest_deed_anywhere_can_be_answered() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut memory = Memory::default();
        memory.acted(&Asker { channel: ChannelId::new(5), ..asker(2) }, at(60));
        memory.acted(&asker(1), at(0));
        memory.acted(&Asker { user: UserId::new(3), ..asker(4) }, at(90));
        assert_eq!(memory.any_token(UserId::new(1), at(100)).as_deref(), Some("token-2"));
        assert_eq!(memory.any_token(UserId::new(1), at(10_000)), None);
        assert_eq!(memory.any_token(UserId::new(2), at(100)), None);
    }
}
