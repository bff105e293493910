//! What the front end keeps in memory, all of it dispensable: a restart forgets it and only makes things a
//! little less convenient. Pure; time comes in.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::chat::hints::{Hint, Hints};
use crate::chat::{Person, Place};
use crate::core::interview::{InterviewId, Seq};

/// Drills known at the most, about 100 bytes each: more than one app can have open threads.
const DRILLS_MAX: usize = 100_000;
/// Conversations known at the most, about 100 bytes each; one that is forgotten is asked for again.
const DIRECTS_MAX: usize = 100_000;
/// Messages kept at the most whose question is being asked for, up to 4,000 characters each.
const WORDS_MAX: usize = 1_000;
/// Posts in one place within [`POSTS_WITHIN`]: more than the longest screen shows at its end. Beyond it something
/// answers to itself, and waiting costs nobody anything.
const POSTS_MAX: usize = 30;
/// The time within which they are counted.
const POSTS_WITHIN: SignedDuration = SignedDuration::from_mins(1);
/// Places whose posts are counted at the most; beyond it, those that were quiet are forgotten, and if that is
/// not enough, all of them, which lets everybody through for a moment.
const BREAKERS_MAX: usize = 10_000;

/// Cards that something is remembered of at the most; the oldest are forgotten. A press on a button of one that was
/// shown to everybody looks into the thread then; of one that was put off a note is posted.
const CARDS_MAX: usize = 10_000;

/// Everything that is remembered.
#[derive(Debug, Default)]
pub(super) struct Memory {
    drills: BTreeSet<(Place, Person)>,
    in_the_open: BTreeSet<(Place, Person)>,
    looks_at: BTreeMap<(Person, String), String>,
    directs: BTreeMap<Person, String>,
    alone: BTreeMap<InterviewId, Seq>,
    begun: BTreeSet<InterviewId>,
    unsent: BTreeSet<(InterviewId, Seq)>,
    words: BTreeMap<(Person, String), String>,
    hints: Hints<(Place, Hint)>,
    posts: BTreeMap<Place, VecDeque<Timestamp>>,
    shown: BTreeSet<(InterviewId, Seq)>,
    pictures: BTreeMap<(InterviewId, Seq), Picture>,
}

/// A picture that a card is to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    /// The file that it is in Slack.
    pub(super) file: String,
    /// How often Slack refused to show it.
    pub(super) refused: u32,
}

impl Memory {
    /// A drill takes place there.
    pub(super) fn opened(&mut self, place: Place, person: Person) {
        if self.drills.len() < DRILLS_MAX {
            self.drills.insert((place, person));
        }
    }

    /// It is over.
    pub(super) fn closed(&mut self, place: &Place, person: &Person) {
        let drill = (place.clone(), person.clone());
        self.drills.remove(&drill);
        self.in_the_open.remove(&drill);
    }

    /// Whether somebody has a drill there.
    pub(super) fn drills(&self, place: &Place, person: &Person) -> bool {
        self.drills.contains(&(place.clone(), person.clone()))
    }

    /// Whether somebody has a drill within a place.
    pub(super) fn drills_within(&self, place: &Place, person: &Person) -> bool {
        let beginning = format!("{}:", place.0);
        let first = (Place(beginning.clone()), Person(String::new()));
        let within = self.drills.range(first..).take_while(|(drill, _)| drill.0.starts_with(&beginning));
        within.into_iter().any(|(_, of)| of == person)
    }

    /// Somebody did something in a channel: in a thread of it, or where all of it is seen.
    pub(super) fn acted(&mut self, person: Person, channel: String, thread: Option<String>) {
        match thread {
            None => drop(self.looks_at.remove(&(person, channel))),
            Some(thread) if self.looks_at.len() < DRILLS_MAX => {
                self.looks_at.insert((person, channel), thread);
            }
            Some(_) => {}
        }
    }

    /// Whether somebody looks at a thread of a channel, as far as it is known.
    pub(super) fn looks_at(&self, person: &Person, channel: &str, thread: &str) -> bool {
        let seen = self.looks_at.get(&(person.clone(), channel.to_owned()));
        seen.is_some_and(|seen| seen == thread)
    }

    /// The thread of a channel that somebody looks at, if it is not all of the channel.
    pub(super) fn sees(&self, person: &Person, channel: &str) -> Option<String> {
        self.looks_at.get(&(person.clone(), channel.to_owned())).cloned()
    }

    /// Somebody wrote in the open, so that others may read what comes back.
    pub(super) fn wrote(&mut self, place: Place, person: Person) {
        if self.in_the_open.len() < DRILLS_MAX {
            self.in_the_open.insert((place, person));
        }
    }

    /// Somebody answers by a form, which only they see. What comes of it is for them alone, whatever they write
    /// in the open before it is out.
    pub(super) fn filled_in(&mut self, place: &Place, person: &Person, interview: InterviewId) {
        self.in_the_open.remove(&(place.clone(), person.clone()));
        self.led_to(interview, Seq(u32::MAX));
    }

    /// This is the last card that came of it.
    pub(super) fn led_to(&mut self, interview: InterviewId, last: Seq) {
        while self.alone.len() >= DRILLS_MAX {
            self.alone.pop_first();
        }
        self.alone.insert(interview, last);
    }

    /// Whether a card came of a form, or of something before.
    pub(super) fn came_of_a_form(&self, interview: InterviewId, seq: Seq) -> bool {
        self.alone.get(&interview).is_some_and(|last| seq <= *last)
    }

    /// The interview began here and now, so that all that is said in it is known.
    pub(super) fn began(&mut self, interview: InterviewId) {
        while self.begun.len() >= DRILLS_MAX {
            self.begun.pop_first();
        }
        self.begun.insert(interview);
    }

    /// Whether all that was said in an interview is known to have been said in the open.
    pub(super) fn is_all_in_the_open(&self, interview: InterviewId) -> bool {
        self.begun.contains(&interview) && !self.alone.contains_key(&interview)
    }

    /// The interview is over.
    pub(super) fn over(&mut self, interview: InterviewId) {
        self.alone.remove(&interview);
        self.begun.remove(&interview);
    }

    /// A card was put off, and nothing of it was ever sent.
    pub(super) fn sent_nothing(&mut self, interview: InterviewId, seq: Seq) {
        while self.unsent.len() >= CARDS_MAX {
            self.unsent.pop_first();
        }
        self.unsent.insert((interview, seq));
    }

    /// Whether that is so; from here on it is not known any more.
    pub(super) fn take_unsent(&mut self, interview: InterviewId, seq: Seq) -> bool {
        self.unsent.remove(&(interview, seq))
    }

    /// Whether the last that somebody said there was in the open.
    pub(super) fn is_in_the_open(&self, place: &Place, person: &Person) -> bool {
        self.in_the_open.contains(&(place.clone(), person.clone()))
    }

    /// Somebody's direct messages, if they were looked for before.
    pub(super) fn direct(&self, person: &Person) -> Option<String> {
        self.directs.get(person).cloned()
    }

    /// They are there.
    pub(super) fn found_direct(&mut self, person: Person, channel: String) {
        if self.directs.len() >= DIRECTS_MAX {
            self.directs.clear();
        }
        self.directs.insert(person, channel);
    }

    /// Keeps somebody's words until they say which question these answer, by what asked them that.
    pub(super) fn remember_words(&mut self, person: Person, list: String, words: String) {
        while self.words.len() >= WORDS_MAX {
            self.words.pop_first();
        }
        self.words.insert((person, list), words);
    }

    /// Gives them back, once.
    pub(super) fn take_words(&mut self, person: Person, list: String) -> Option<String> {
        self.words.remove(&(person, list))
    }

    /// Whether a hint is due in a place; if so, it counts as given.
    pub(super) fn hint_due(&mut self, place: Place, hint: Hint, now: Timestamp) -> bool {
        self.hints.is_due((place, hint), now)
    }

    /// Whether a card was not shown to everybody before; from here on it was.
    pub(super) fn show_once(&mut self, interview: InterviewId, seq: Seq) -> bool {
        while self.shown.len() >= CARDS_MAX {
            self.shown.pop_first();
        }
        self.shown.insert((interview, seq))
    }

    /// It was not, after all.
    pub(super) fn not_shown(&mut self, interview: InterviewId, seq: Seq) {
        self.shown.remove(&(interview, seq));
    }

    /// The picture of a card, if it was sent before.
    pub(super) fn picture(&self, interview: InterviewId, seq: Seq) -> Option<Picture> {
        self.pictures.get(&(interview, seq)).cloned()
    }

    /// It is that one.
    pub(super) fn sent_picture(&mut self, interview: InterviewId, seq: Seq, picture: Picture) {
        while self.pictures.len() >= CARDS_MAX {
            self.pictures.pop_first();
        }
        self.pictures.insert((interview, seq), picture);
    }

    /// The card is out.
    pub(super) fn done_with_picture(&mut self, interview: InterviewId, seq: Seq) {
        self.pictures.remove(&(interview, seq));
    }

    /// The circuit breaker: counts a post in a place, or says how long to wait because there were too many.
    pub(super) fn count_post(&mut self, place: &Place, now: Timestamp) -> Result<(), Duration> {
        let is_recent = |at: &Timestamp| now.duration_since(*at) < POSTS_WITHIN;
        if self.posts.len() >= BREAKERS_MAX {
            self.posts.retain(|_, times| times.back().is_some_and(is_recent));
        }
        if self.posts.len() >= BREAKERS_MAX {
            self.posts.clear();
        }
        let times = self.posts.entry(place.clone()).or_default();
        while times.front().is_some_and(|at| !is_recent(at)) {
            times.pop_front();
        }
        match times.front() {
            Some(oldest) if times.len() >= POSTS_MAX => {
                let wait = POSTS_WITHIN - now.duration_since(*oldest);
                Err(wait.try_into().unwrap_or_default())
            }
            Some(_) | None => {
                times.push_back(now);
                Ok(())
            }
        }
    }

    /// Forgets a person.
    pub(super) fn forget(&mut self, person: &Person) {
        self.drills.retain(|(_, of)| of != person);
        self.in_the_open.retain(|(_, of)| of != person);
        self.looks_at.retain(|(of, _), _| of != person);
        self.directs.remove(person);
        self.words.retain(|(of, _), _| of != person);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f47_circuit_breaks_where_a_place_gets_too_many_posts() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut memory = Memory::default();
        let (here, there) = (Place::from("slack:T1:C1:1"), Place::from("slack:T1:C1:2"));
        for second in 0..30 {
            memory.count_post(&here, at(second)).unwrap();
        }
        assert_eq!(memory.count_post(&here, at(30)), Err(Duration::from_secs(30)));
        memory.count_post(&there, at(30)).expect("other places go on");
        memory.count_post(&here, at(60)).expect("the first one is a minute old");
        memory.count_post(&here, at(60)).unwrap_err();
    }

    #[test]
    fn what_somebody_did_last_says_who_may_read_along() {
        let mut memory = Memory::default();
        let (place, person) = (Place::from("slack:T1:C1:1"), Person::from("slack:T1:U1"));
        memory.wrote(place.clone(), person.clone());
        assert!(memory.is_in_the_open(&place, &person));
        let drill = InterviewId(1);
        memory.filled_in(&place, &person, drill);
        assert!(!memory.is_in_the_open(&place, &person));
        memory.wrote(place.clone(), person.clone());
        assert!(memory.came_of_a_form(drill, Seq(7)), "as long as it is not known what comes of it");
        memory.led_to(drill, Seq(3));
        assert!(memory.came_of_a_form(drill, Seq(3)) && !memory.came_of_a_form(drill, Seq(4)));
        memory.over(drill);
        assert!(!memory.came_of_a_form(drill, Seq(3)));
    }

    #[test]
    fn where_somebody_looks_is_where_they_acted_last() {
        let mut memory = Memory::default();
        let (ana, channel) = (Person::from("slack:T1:U1"), "C1".to_owned());
        memory.acted(ana.clone(), channel.clone(), Some("1".to_owned()));
        assert!(memory.looks_at(&ana, "C1", "1"));
        assert!(!memory.looks_at(&ana, "C1", "2") && !memory.looks_at(&ana, "C2", "1"));
        memory.acted(ana.clone(), channel, None);
        assert!(!memory.looks_at(&ana, "C1", "1"));
    }

    #[test]
    fn words_are_quoted_for_all_only_where_all_were_said_in_the_open() {
        let mut memory = Memory::default();
        let drill = InterviewId(7);
        assert!(!memory.is_all_in_the_open(drill), "it began before the last start");
        memory.began(drill);
        assert!(memory.is_all_in_the_open(drill));
        memory.filled_in(&"slack:T1:C1:2.0".into(), &"slack:T1:U1".into(), drill);
        memory.led_to(drill, Seq(2));
        memory.wrote("slack:T1:C1:2.0".into(), "slack:T1:U1".into());
        assert!(!memory.is_all_in_the_open(drill), "what came of the form may be quoted later");
    }

    #[test]
    fn drills_of_a_channel_are_those_of_its_threads() {
        let mut memory = Memory::default();
        let (ana, ben) = (Person::from("slack:T1:U1"), Person::from("slack:T1:U2"));
        memory.opened("slack:T1:C1:new:7".into(), ana.clone());
        memory.opened("slack:T1:C10:1.1".into(), ben.clone());
        assert!(memory.drills_within(&"slack:T1:C1:new".into(), &ana));
        assert!(!memory.drills_within(&"slack:T1:C1:new".into(), &ben));
        assert!(!memory.drills_within(&"slack:T1:C1".into(), &ben), "another channel");
    }
}
