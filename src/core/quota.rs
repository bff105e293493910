//! How much is enough: open interviews, beginnings and inputs, for one person, one channel and one server.
//!
//! Only counting: the time and the counts come in, a refusal comes out. What was counted is kept in memory;
//! a restart begins anew, which errs on the side of letting people practise.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::core::whereabouts::{Person, Place};

/// Names counted at the same time at the most, about 100 bytes each and 8 more an event. Beyond it all are
/// forgotten, which lets everybody through for a moment and keeps the memory.
const NAMES_MAX: usize = 100_000;

/// Whom a limit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// One person, wherever they are.
    Person,
    /// One channel with its threads, or one conversation.
    Channel,
    /// One server with all its channels.
    Server,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Interviews that are open at the same time.
    Open,
    /// Interviews begun within an hour.
    Begins,
    /// Inputs within a minute.
    Inputs,
}

/// The most of a measure that a scope may have.
pub fn max(scope: Scope, measure: Measure) -> usize {
    match (measure, scope) {
        // A person has one head; the others are drills forgotten in other channels.
        (Measure::Open, Scope::Person) => 5,
        // Discord shows about a thousand threads a server; nobody finds a drill among more than this.
        (Measure::Open, Scope::Channel) => 100,
        (Measure::Open, Scope::Server) => 500,
        // One every two minutes, for an hour, is skipping and not drilling.
        (Measure::Begins, Scope::Person) => 30,
        // Each begins with one or two posts; a server is allowed fifty requests a second for all it does.
        (Measure::Begins, Scope::Channel) => 300,
        (Measure::Begins, Scope::Server) => 1_000,
        // One every two seconds is faster than anybody reads the replies.
        (Measure::Inputs, Scope::Person) => 30,
        // Two for each of its hundred drills: nobody answers, reads and presses faster for long.
        (Measure::Inputs, Scope::Channel) => 200,
        // Assessing takes 50 to 100 ms: this is one processor at the most, and more than a lecture hall writes.
        (Measure::Inputs, Scope::Server) => 600,
    }
}

/// The time within which a measure is counted; `None` for what is open.
fn window(measure: Measure) -> Option<SignedDuration> {
    match measure {
        Measure::Open => None,
        Measure::Begins => Some(SignedDuration::from_hours(1)),
        Measure::Inputs => Some(SignedDuration::from_mins(1)),
    }
}

/// More than is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excess {
    /// Whose limit was met.
    pub scope: Scope,
    /// What there was too much of.
    pub measure: Measure,
    /// How long until there is room again; `None` if that takes an interview that ends.
    pub wait: Option<SignedDuration>,
}

/// How many interviews are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// Of the person.
    pub person: usize,
    /// In the channel.
    pub channel: usize,
    /// In the server; 0 where there is none.
    pub server: usize,
}

impl Open {
    /// Whether one more may be begun.
    pub fn check(self) -> Result<(), Excess> {
        let counts =
            [(Scope::Person, self.person), (Scope::Channel, self.channel), (Scope::Server, self.server)];
        let full = counts.into_iter().find(|(scope, count)| *count >= max(*scope, Measure::Open));
        match full {
            Some((scope, _)) => Err(Excess { scope, measure: Measure::Open, wait: None }),
            None => Ok(()),
        }
    }
}

/// What was begun and put in lately, by whom and where.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    times: BTreeMap<(Measure, Scope, String), VecDeque<Timestamp>>,
}

impl Tally {
    /// Counts one more at `now`, unless it is too many; what is too many is not counted. `place` is where it
    /// happens, if that is anywhere in particular.
    pub fn count(
        &mut self,
        measure: Measure,
        person: &Person,
        place: Option<&Place>,
        now: Timestamp,
    ) -> Result<(), Excess> {
        let Some(window) = window(measure) else { return Ok(()) };
        let names = names(person, place);
        let names = names.map(|(scope, name)| name.map(|name| (measure, scope, name.to_owned())));
        for key in names.iter().flatten() {
            let Some(times) = self.times.get_mut(key) else { continue };
            while times.front().is_some_and(|time| now.duration_since(*time) >= window) {
                times.pop_front();
            }
            if let Some(oldest) = times.front()
                && times.len() >= max(key.1, measure)
            {
                let wait = window - now.duration_since(*oldest);
                return Err(Excess { scope: key.1, measure, wait: Some(wait) });
            }
        }
        self.make_room(now);
        for key in names.into_iter().flatten() {
            self.times.entry(key).or_default().push_back(now);
        }
        Ok(())
    }

    /// Takes the last one back: it turned out to be none.
    pub fn uncount(&mut self, measure: Measure, person: &Person, place: &Place) {
        for (scope, name) in names(person, Some(place)) {
            if let Some(times) = name.and_then(|name| self.times.get_mut(&(measure, scope, name.to_owned())))
            {
                times.pop_back();
            }
        }
    }

    fn make_room(&mut self, now: Timestamp) {
        if self.times.len() < NAMES_MAX {
            return;
        }
        self.times.retain(|(measure, _, _), times| {
            let newest = times.back().map(|time| now.duration_since(*time));
            newest.zip(window(*measure)).is_some_and(|(age, window)| age < window)
        });
        if self.times.len() >= NAMES_MAX {
            self.times.clear();
        }
    }
}

/// Whose limits something counts for.
fn names<'a>(person: &'a Person, place: Option<&'a Place>) -> [(Scope, Option<&'a str>); 3] {
    [
        (Scope::Person, Some(person.0.as_str())),
        (Scope::Channel, place.map(Place::channel)),
        (Scope::Server, place.and_then(Place::server)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn somewhere(number: usize) -> Place {
        Place(format!("chat:server:{number}"))
    }

    #[test]
    fn person_waits_until_the_oldest_input_is_a_minute_old() {
        let mut tally = Tally::default();
        let person = Person::from("chat:somebody");
        for second in 0..30 {
            tally.count(Measure::Inputs, &person, Some(&somewhere(0)), at(second)).unwrap();
        }
        let excess = tally.count(Measure::Inputs, &person, Some(&somewhere(1)), at(30)).unwrap_err();
        let wait = Some(SignedDuration::from_secs(30));
        assert_eq!(excess, Excess { scope: Scope::Person, measure: Measure::Inputs, wait });
        let other = Person::from("chat:other");
        tally.count(Measure::Inputs, &other, Some(&somewhere(0)), at(30)).expect("others are let through");
        tally
            .count(Measure::Begins, &person, Some(&somewhere(0)), at(30))
            .expect("a begin is counted by itself");
        tally
            .count(Measure::Inputs, &person, Some(&somewhere(0)), at(60))
            .expect("the oldest has left the window");
        tally.count(Measure::Inputs, &person, Some(&somewhere(0)), at(60)).unwrap_err();
    }

    #[test]
    fn crowd_meets_the_limits_of_its_channel_and_then_of_its_server() {
        let mut tally = Tally::default();
        let mut refused = Vec::new();
        for number in 0..700 {
            let person = Person(format!("chat:{number}"));
            let place = somewhere(number / 201);
            if let Err(excess) = tally.count(Measure::Inputs, &person, Some(&place), at(0)) {
                refused.push(excess.scope);
            }
        }
        assert_eq!(refused.first(), Some(&Scope::Channel));
        assert_eq!(refused.last(), Some(&Scope::Server));
        assert_eq!(700 - refused.len(), max(Scope::Server, Measure::Inputs));
    }

    #[test]
    fn threads_count_for_their_channel_and_conversations_for_no_server() {
        let most = |place: fn(usize) -> String| {
            let mut tally = Tally::default();
            let let_through = (0..1_000).filter(|number| {
                let person = Person(format!("chat:{number}"));
                tally.count(Measure::Inputs, &person, Some(&Place(place(*number))), at(0)).is_ok()
            });
            let_through.count()
        };
        let channel = max(Scope::Channel, Measure::Inputs);
        assert_eq!(most(|number| format!("chat:server:channel:{number}")), channel);
        assert_eq!(most(|number| format!("chat:server:channel:new:{number}")), channel);
        assert_eq!(most(|number| format!("chat:dm-{number}")), 1_000);
    }

    #[test]
    fn what_is_taken_back_leaves_room() {
        let mut tally = Tally::default();
        let person = Person::from("chat:somebody");
        for _ in 0..100 {
            tally.count(Measure::Inputs, &person, Some(&somewhere(0)), at(0)).unwrap();
            tally.uncount(Measure::Inputs, &person, &somewhere(0));
        }
    }

    #[test]
    fn open_interviews_are_limited_for_each_scope() {
        let check = |person, channel, server| Open { person, channel, server }.check().err().map(|e| e.scope);
        assert_eq!(check(0, 0, 0), None);
        assert_eq!(check(5, 0, 0), Some(Scope::Person));
        assert_eq!(check(0, 100, 0), Some(Scope::Channel));
        assert_eq!(check(0, 0, 500), Some(Scope::Server));
    }

    #[test]
    fn names_that_were_quiet_are_forgotten() {
        let mut tally = Tally::default();
        for number in 0..NAMES_MAX {
            let person = Person(format!("chat:{number}"));
            let place = Place(format!("chat:{number}"));
            let _ = tally.count(Measure::Inputs, &person, Some(&place), at(i64::try_from(number).unwrap()));
        }
        assert!(tally.times.len() < NAMES_MAX);
    }
}
