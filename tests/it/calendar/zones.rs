//! Every zone, every transition from 2024 to 2036, the times of the day around it: one post a local date,
//! at the instant that a plain search finds.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Span, Timestamp};
use riposte::core::calendar::{Due, Schedule, Weekdays, Zone};

use super::at;

/// All offsets and transitions of these years are multiples of it.
const STEP_SECONDS: i64 = 15 * 60;

/// What the clocks of a zone show in the days around a transition: for each step the latest time that they
/// have shown so far, and the dates that they have shown at all.
struct Clocks {
    start: Timestamp,
    latest: Vec<DateTime>,
    dates: BTreeSet<Date>,
}

impl Clocks {
    fn around(zone: &TimeZone, transition: Timestamp) -> Self {
        let start = transition - SignedDuration::from_hours(4 * 24);
        let mut latest: Vec<DateTime> = Vec::new();
        let mut dates = BTreeSet::new();
        for step in 0..8 * 24 * 3600 / STEP_SECONDS {
            let local = zone.to_datetime(start + SignedDuration::from_secs(step * STEP_SECONDS));
            dates.insert(local.date());
            latest.push(latest.last().map_or(local, |latest| local.max(*latest)));
        }
        Self { start, latest, dates }
    }

    /// The first instant at which they show this or later.
    fn first(&self, local: DateTime) -> Timestamp {
        let steps = self.latest.partition_point(|latest| *latest < local);
        self.start + SignedDuration::from_secs(steps as i64 * STEP_SECONDS)
    }
}

/// Times of the day up to two hours before and after what the clocks show on both sides of a transition.
fn times_around(zone: &TimeZone, transition: Timestamp) -> BTreeSet<Time> {
    let before = zone.to_offset(transition - SignedDuration::from_secs(1)).to_datetime(transition);
    let after = zone.to_datetime(transition);
    let steps = (-8..=8).flat_map(|step| {
        let away = Span::new().seconds(step * STEP_SECONDS);
        [before, after].map(|local| local.checked_add(away).unwrap().time())
    });
    steps.collect()
}

/// Lives through the days around a transition as the engine does, waking exactly when it was told to.
fn posts(schedule: &Schedule, mut handled: Date, mut now: Timestamp, until: Date) -> Vec<(Date, Timestamp)> {
    let mut posts = Vec::new();
    while handled < until {
        let due = schedule.due(handled, now);
        match due {
            Due::Wait { until } => {
                assert!(until > now, "{schedule:?} at {now}");
                now = until;
            }
            Due::Post(post) => posts.push((post.date, now)),
            Due::Missed { .. } => panic!("{schedule:?} missed something at {now}: {due:?}"),
        }
        handled = due.handles().unwrap_or(handled);
    }
    posts
}

fn check(zone: &TimeZone, name: &str, transition: Timestamp) -> usize {
    let clocks = Clocks::around(zone, transition);
    let middle = zone.to_datetime(transition).date();
    let days = |count| middle.checked_add(Span::new().days(count)).unwrap();
    let times = times_around(zone, transition);
    for &time in &times {
        let schedule = Schedule { time, zone: Zone::named(name).unwrap(), weekdays: Weekdays::DAILY };
        let dates = days(-1).series(Span::new().days(1)).take_while(|date| *date <= days(2));
        let expected: Vec<_> = dates
            .filter(|date| clocks.dates.contains(date))
            .map(|date| (date, clocks.first(date.to_datetime(time))))
            .collect();
        let start = clocks.first(days(-1).to_datetime(time)) - SignedDuration::from_hours(6);
        assert_eq!(posts(&schedule, days(-2), start, days(2)), expected, "{name} {time} around {transition}");
    }
    times.len()
}

#[test]
fn f21_every_zone_and_transition_has_each_local_date_once() {
    let names = TimeZoneDatabase::bundled();
    let (mut zones, mut transitions, mut schedules) = (0, 0, 0);
    for name in names.available() {
        let zone = names.get(name.as_str()).unwrap();
        zones += 1;
        for transition in zone.following(at("2024-01-01T00:00:00Z")) {
            if transition.timestamp() >= at("2037-01-01T00:00:00Z") {
                break;
            }
            transitions += 1;
            schedules += check(&zone, name.as_str(), transition.timestamp());
        }
    }
    // The database grows and shrinks with the laws of countries, but never to a tenth.
    assert!(zones > 500 && transitions > 3_000 && schedules > 60_000, "{zones} {transitions} {schedules}");
}

/// Zones that once left out or repeated a whole date. Their offsets before were local solar time, so the
/// search goes by the times that fit.
#[test]
fn dates_that_were_left_out_or_lived_twice_have_no_post_or_one() {
    for (name, transition) in [
        ("Pacific/Apia", "2011-12-30T10:00:00Z"),
        ("Pacific/Fakaofo", "2011-12-30T11:00:00Z"),
        ("Pacific/Kwajalein", "1993-08-21T12:00:00Z"),
        ("Pacific/Kwajalein", "1969-09-30T13:00:00Z"),
        ("Pacific/Kiritimati", "1994-12-31T10:00:00Z"),
    ] {
        let zone = TimeZoneDatabase::bundled().get(name).unwrap();
        let before = at(transition) - SignedDuration::from_secs(1);
        assert_eq!(zone.following(before).next().unwrap().timestamp(), at(transition), "{name}");
        check(&zone, name, at(transition));
    }
}
