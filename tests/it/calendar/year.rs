//! A year of a daily: two processes, restarts at random instants, a clock that is set forth and back.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use riposte::core::calendar::{Due, Schedule};

use super::{at, daily, on};

/// What the store keeps, and what people saw of it.
struct Store {
    handled: Date,
    keys: BTreeSet<Date>,
    posts: BTreeMap<Date, Vec<Timestamp>>,
    noted: Vec<(Date, Date)>,
}

impl Store {
    /// One transaction: the key decides whether anything is done, and the date is handled either way.
    fn commit(&mut self, due: Due, now: Timestamp) {
        let Some(date) = due.handles() else { return };
        self.handled = date;
        if !self.keys.insert(date) {
            return;
        }
        match due {
            Due::Post(post) => self.posts.entry(post.date).or_default().push(now),
            Due::Missed { first, last } => self.noted.push((first, last)),
            Due::Wait { .. } => {}
        }
    }

    fn is_noted(&self, date: Date) -> bool {
        self.noted.iter().any(|(first, last)| (*first..=*last).contains(&date))
    }
}

/// How hard the year is.
struct Weather {
    /// The clock is wrong by this much at the most.
    wrong_minutes_max: i64,
    /// Nothing runs for this long at the most.
    outage_minutes_max: i64,
    /// The last day on which anything goes wrong.
    calm_from: Date,
}

/// Lives through 2026. The true time goes on steadily; what the processes see of it is wrong by what the
/// clock is wrong by. Each of the two reads the store, and decides and commits at its leisure, perhaps when
/// the other has done so already.
fn live(schedule: &Schedule, weather: &Weather, seed: u64) -> Store {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut time = at("2026-01-01T00:00:00Z");
    let mut wrong = SignedDuration::ZERO;
    let handled = schedule.handled_from(time, None);
    let mut store = Store { handled, keys: BTreeSet::new(), posts: BTreeMap::new(), noted: Vec::new() };
    let mut decided: [Option<Due>; 2] = [None, None];
    while time < at("2027-01-01T00:00:00Z") {
        let calm = schedule.zone.date(time) >= weather.calm_from;
        time += SignedDuration::from_secs(rng.random_range(1..=900));
        if calm {
            wrong = SignedDuration::ZERO;
        } else if rng.random_ratio(1, 100) {
            let minutes = weather.wrong_minutes_max;
            wrong = SignedDuration::from_mins(rng.random_range(-minutes..=minutes));
        } else if rng.random_ratio(1, 200) {
            time += SignedDuration::from_mins(rng.random_range(0..=weather.outage_minutes_max));
            decided = [None, None];
        }
        let now = time + wrong;
        for decided in &mut decided {
            if rng.random_ratio(1, 50) {
                *decided = None; // restarted
            }
            match decided.take() {
                Some(due) => store.commit(due, time),
                None => *decided = Some(schedule.due(store.handled, now)),
            }
        }
    }
    store
}

fn schedules() -> [Schedule; 4] {
    [
        daily("Europe/Berlin", "02:30"),
        daily("Africa/Cairo", "00:00"),
        daily("Australia/Lord_Howe", "23:50"),
        on("mon-fri", "America/New_York", "09:00"),
    ]
}

/// The dates of the year that a schedule has posts for.
fn dates(schedule: &Schedule, from: Date) -> Vec<Date> {
    let posts = schedule.upcoming(from.yesterday().unwrap(), at("2026-01-01T12:00:00Z"));
    posts.map(|post| post.date).take_while(|day| *day <= date(2026, 12, 29)).collect()
}

#[test]
fn f14_f15_f16_f17_f19_year_of_restarts_and_small_steps_has_one_post_a_date() {
    let weather = Weather { wrong_minutes_max: 15, outage_minutes_max: 45, calm_from: date(2027, 1, 1) };
    for schedule in schedules() {
        for seed in 0..3 {
            let store = live(&schedule, &weather, seed);
            for day in dates(&schedule, date(2026, 1, 2)) {
                let posts = store.posts.get(&day).map_or(&[][..], Vec::as_slice);
                let due = schedule.post(day).unwrap().at;
                let [posted] = posts else { panic!("{day} has {posts:?}: {schedule:?}, seed {seed}") };
                let late = posted.duration_since(due).as_mins();
                assert!((-15..=120).contains(&late), "{day} was {late} minutes late, seed {seed}");
            }
            assert_eq!(store.noted, [], "seed {seed}");
        }
    }
}

#[test]
fn f25_f26_year_of_outages_and_wild_steps_posts_no_date_twice_and_forgets_none() {
    let days = 24 * 60;
    let weather =
        Weather { wrong_minutes_max: 9 * days, outage_minutes_max: 4 * days, calm_from: date(2026, 11, 1) };
    for schedule in schedules() {
        for seed in 0..3 {
            let store = live(&schedule, &weather, seed);
            for (day, posts) in &store.posts {
                assert_eq!(posts.len(), 1, "{day}, seed {seed}");
            }
            for day in dates(&schedule, date(2026, 1, 2)) {
                let posted = store.posts.contains_key(&day);
                assert!(posted || store.is_noted(day), "{day} was forgotten: {schedule:?}, seed {seed}");
            }
            // Once the clock is right for as long as it was wrong, every date is posted on its day.
            for day in dates(&schedule, date(2026, 11, 12)) {
                let late = store.posts[&day][0].duration_since(schedule.post(day).unwrap().at);
                assert!((0..=45).contains(&late.as_mins()), "{day}, seed {seed}");
            }
        }
    }
}
