//! When a daily is due: local dates, their instants, and what is to be done about them.
//!
//! A schedule has at most one post a local date of its zone, and the date is the post's name for ever. So
//! the store keeps two things: the last date that was handled, and a unique key (schedule, date) for each.
//! Both are written in the transaction that does what [`Schedule::due`] said, whether the key was free or
//! not; what was said is done only if it was. Then no restart, no step of the clock and no second process
//! can post a date twice, and a date that was handled while the clock was wrong stops nothing later.

mod typed;
mod zone;

pub use typed::{NoSuchTime, NoSuchWeekday, Weekdays, time};
pub use zone::{NoSuchZone, ZONES_MAX, Zone, zones_like};

use std::iter::successors;

use jiff::civil::{Date, Time};
use jiff::tz::AmbiguousOffset;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A post may be this late; then its date is missed. People plan their day by a daily: two hours later
/// they still meet it, at another time of the day it is a surprise.
pub const LATE_MAX: SignedDuration = SignedDuration::from_hours(2);

/// Any fortnight and a day has a post, even where the one weekday of a schedule was skipped by its zone.
const SEARCH_DAYS_MAX: usize = 15;

/// When a daily comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// The time on the clocks of the zone.
    pub time: Time,
    /// The zone.
    pub zone: Zone,
    /// The weekdays in that zone.
    pub weekdays: Weekdays,
}

/// One post of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Post {
    /// Its local date, which names it.
    pub date: Date,
    /// When it is due.
    pub at: Timestamp,
}

/// What is to be done about a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing before that instant.
    Wait {
        /// The next post's.
        until: Timestamp,
    },
    /// The question of this date is to be posted.
    Post(Post),
    /// The posts from one date to another came too late to be made up for: one note to the admins.
    Missed {
        /// The first date missed.
        first: Date,
        /// The last one, perhaps the same.
        last: Date,
    },
}

impl Due {
    /// The date that is handled once this is done: half of the unique key.
    pub fn handles(&self) -> Option<Date> {
        match self {
            Due::Wait { .. } => None,
            Due::Post(post) => Some(post.date),
            Due::Missed { last, .. } => Some(*last),
        }
    }
}

impl Schedule {
    /// The post of a local date. `None` on other weekdays, and for a date that the zone left out
    /// altogether, as Samoa did with 30 December 2011: nobody lived it.
    ///
    /// It is due at the first instant at which the clocks of the zone show the time or a later one. So a
    /// time that is skipped moves to the end of the gap, and one that is repeated is the first of the two.
    pub fn post(&self, date: Date) -> Option<Post> {
        if !self.weekdays.contains(date.weekday()) {
            return None;
        }
        let local = date.to_datetime(self.time);
        let at = match self.zone.tz().to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok()?,
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(local).ok()?,
            AmbiguousOffset::Gap { before, after } => {
                let inside = after.to_timestamp(local).ok()?;
                let mut transitions = self.zone.tz().following(inside);
                let jump = transitions.find(|transition| transition.offset() == after)?.timestamp();
                let (start, end) = (before.to_datetime(jump), after.to_datetime(jump));
                if start <= date.to_datetime(Time::midnight()) && end.date() > date {
                    return None;
                }
                jump
            }
        };
        Some(Post { date, at })
    }

    /// The posts after `now` of dates after `handled`, in order; endless, as far as the calendar goes.
    pub fn upcoming(&self, handled: Date, now: Timestamp) -> impl Iterator<Item = Post> {
        // A gap over midnight moves a post into the next date, so yesterday's may be to come.
        let from = self.zone.date(now).yesterday().unwrap_or(Date::MIN);
        let from = handled.tomorrow().map_or(Date::MAX, |after| after.max(from));
        self.posts_from(from).filter(move |post| post.date > handled && post.at > now)
    }

    /// What is to be done at `now`, if `handled` is the last date that was posted, noted as missed, or
    /// skipped. Ask again after each answer but [`Due::Wait`].
    pub fn due(&self, handled: Date, now: Timestamp) -> Due {
        let tomorrow = self.zone.date(now).tomorrow().unwrap_or(Date::MAX);
        let last = self.posts_back_from(tomorrow).find(|post| post.at <= now);
        let in_time = last.filter(|post| now.duration_since(post.at) <= LATE_MAX);
        // Skipping handles the next post and none beyond. If more is handled, the clock was set back from
        // a time that never came: only the keys know what was really posted.
        let next = self.upcoming(Date::MIN, now).next();
        if next.is_some_and(|next| handled > next.date) {
            return in_time.map_or_else(|| wait(next), Due::Post);
        }
        let too_late = match in_time.map(|post| post.date.yesterday()) {
            Some(before) => self.posts_back_from(before.unwrap_or(Date::MIN)).next(),
            None => last,
        };
        if let Some(missed) = too_late.filter(|post| post.date > handled) {
            let after = handled.tomorrow().unwrap_or(Date::MAX);
            let first = self.posts_from(after).next().map_or(missed.date, |post| post.date);
            return Due::Missed { first, last: missed.date };
        }
        match in_time.filter(|post| post.date > handled) {
            Some(post) => Due::Post(post),
            None => wait(self.upcoming(handled, now).next()),
        }
    }

    /// What counts as handled when a schedule is saved, edited or resumed at `now`: nothing before is
    /// made up for, and what was `handled` already stays so.
    pub fn handled_from(&self, now: Timestamp, handled: Option<Date>) -> Date {
        let next = self.upcoming(Date::MIN, now).next().map_or(Date::MAX, |post| post.date);
        let before = next.yesterday().unwrap_or(Date::MIN);
        handled.map_or(before, |handled| handled.max(before))
    }

    fn posts_from(&self, date: Date) -> impl Iterator<Item = Post> {
        successors(Some(date), |date| date.tomorrow().ok()).filter_map(|date| self.post(date))
    }

    fn posts_back_from(&self, date: Date) -> impl Iterator<Item = Post> {
        let dates = successors(Some(date), |date| date.yesterday().ok());
        dates.take(SEARCH_DAYS_MAX).filter_map(|date| self.post(date))
    }
}

/// Past the end of the calendar there is nothing to wait for.
fn wait(next: Option<Post>) -> Due {
    Due::Wait { until: next.map_or(Timestamp::MAX, |post| post.at) }
}
