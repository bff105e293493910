//! A year of a daily on the engine: starts at random instants, a clock that is set forth and back, outages.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use riposte::clock::Clock;
use riposte::core::calendar::{Schedule, Weekdays, Zone};
use riposte::core::daily::DailyId;

use super::{a_wish, is_post, with_a_daily};
use crate::support::play::Play;

/// The first and the last day, and from when on nothing goes wrong.
const FIRST: Date = date(2026, 1, 6);
const LAST: Date = date(2027, 1, 5);
const CALM_FROM: Date = date(2026, 12, 20);
/// The clock is wrong by this much at the most.
const WRONG_MINUTES_MAX: i64 = 90;
/// Nothing runs for this long at the most.
const OUTAGE_MINUTES_MAX: i64 = 360;

/// What came of it: each date with the true times at which its question was posted.
struct Year {
    posts: BTreeMap<Date, Vec<Timestamp>>,
    noted: BTreeSet<Date>,
}

/// What the clock shows becomes what it should, wrong by that.
fn set(play: &Play, time: Timestamp, wrong: SignedDuration) {
    play.clock.advance((time + wrong).duration_since(play.clock.now()));
}

async fn live(schedule: &Schedule, seed: u64) -> Year {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut play = with_a_daily(a_wish()).await;
    let mut posts: BTreeMap<Date, Vec<Timestamp>> = BTreeMap::new();
    let (mut seen, mut wrong) = (0, SignedDuration::ZERO);
    let mut back_at = Timestamp::MIN;
    let mut day = FIRST;
    while day <= LAST {
        let due = schedule.post(day).unwrap().at;
        let around = |minutes: i64| due + SignedDuration::from_mins(minutes);
        let mut instants: Vec<Timestamp> = (0..3).map(|_| around(rng.random_range(-360..900))).collect();
        instants.extend([due, around(121)]);
        instants.sort();
        for time in instants {
            let calm = day >= CALM_FROM;
            match rng.random_range(0..24) {
                _ if calm => wrong = SignedDuration::ZERO,
                0..3 => {
                    let minutes = rng.random_range(-WRONG_MINUTES_MAX..=WRONG_MINUTES_MAX);
                    wrong = SignedDuration::from_mins(minutes);
                }
                3 => back_at = time + SignedDuration::from_mins(rng.random_range(0..OUTAGE_MINUTES_MAX)),
                _ => {}
            }
            if time < back_at && !calm {
                continue;
            }
            set(&play, time, wrong);
            match rng.random_range(0..4) {
                0 => play.start_anew().await,
                _ => play.engine().turn().await.unwrap(),
            }
            let posted = play.channel.count(is_post);
            assert!(posted - seen <= 1, "never a burst: {time}");
            if posted > seen {
                let daily = play.store().daily(DailyId(1)).await.unwrap().unwrap();
                posts.entry(daily.handled).or_default().push(time);
            }
            seen = posted;
        }
        day = day.tomorrow().unwrap();
    }
    Year { posts, noted: noted(&play) }
}

/// The dates that were told to be missed, from one to another.
fn noted(play: &Play) -> BTreeSet<Date> {
    let mut noted = BTreeSet::new();
    for (_, sentence) in play.channel.told() {
        let dates: Vec<Date> = sentence.split([' ', ':']).filter_map(|word| word.parse().ok()).collect();
        let [first, .., last] = dates[..] else {
            noted.extend(dates);
            continue;
        };
        let days = std::iter::successors(Some(first), |day| day.tomorrow().ok());
        noted.extend(days.take_while(|day| *day <= last));
    }
    noted
}

/// F14, F15, F17, F21, F22, F25.
#[tokio::test]
async fn f14_f17_f21_a_year_of_restarts_outages_and_wrong_clocks_has_one_post_a_date() {
    let zone = Zone::named("Europe/Berlin").unwrap();
    let time = jiff::civil::time(9, 30, 0, 0);
    let schedule = Schedule { time, zone, weekdays: Weekdays::DAILY };
    let Year { posts, noted } = live(&schedule, 1).await;
    let mut day = FIRST;
    while day <= LAST {
        let times = posts.get(&day).map_or(&[][..], Vec::as_slice);
        assert!(times.len() <= 1, "{day} was posted at {times:?}");
        assert!(!times.is_empty() || noted.contains(&day), "{day} was neither posted nor told to be missed");
        if day >= CALM_FROM {
            assert_eq!(times, [schedule.post(day).unwrap().at], "to the minute, all year round");
        }
        day = day.tomorrow().unwrap();
    }
    assert!(posts.len() > 250, "{} dates were posted", posts.len());
    assert!(posts.keys().all(|day| (FIRST..=LAST).contains(day)));
    assert!(!noted.is_empty(), "the weather was bad enough for something to be missed");
}
