//! The calendar of the daily: which instant a local date means, and what is due when.

mod year;
mod zones;

use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZoneDatabase;
use jiff::{SignedDuration, Timestamp};
use riposte::core::calendar::{self, Due, LATE_MAX, Schedule, Weekdays, ZONES_MAX, Zone, zones_like};

fn daily(zone: &str, time: &str) -> Schedule {
    on("daily", zone, time)
}

fn on(weekdays: &str, zone: &str, time: &str) -> Schedule {
    Schedule {
        time: calendar::time(time).unwrap(),
        zone: Zone::named(zone).unwrap(),
        weekdays: weekdays.parse().unwrap(),
    }
}

fn at(instant: &str) -> Timestamp {
    instant.parse().unwrap()
}

/// What the clocks of the zone show when the post of a date is due.
fn shown(schedule: &Schedule, date: Date) -> String {
    let Some(post) = schedule.post(date) else { return "none".to_owned() };
    let zone = TimeZoneDatabase::bundled().get(schedule.zone.name()).unwrap();
    let local = zone.to_datetime(post.at);
    format!("{} {} ({})", local.date(), local.time().strftime("%H:%M"), zone.to_offset(post.at))
}

#[test]
fn f21_f23_f24_local_times_become_the_instants_that_people_expect() {
    let examples = "
        Europe/Berlin         09:00  2026-03-29  2026-03-29 09:00 (+02)
        Europe/Berlin         02:30  2026-03-29  2026-03-29 03:00 (+02)
        Europe/Berlin         02:30  2026-10-25  2026-10-25 02:30 (+02)
        America/New_York      02:00  2026-03-08  2026-03-08 03:00 (-04)
        America/New_York      01:30  2026-11-01  2026-11-01 01:30 (-04)
        Australia/Lord_Howe   02:10  2026-10-04  2026-10-04 02:30 (+11)
        Australia/Lord_Howe   01:45  2026-04-05  2026-04-05 01:45 (+11)
        Africa/Cairo          00:00  2026-04-24  2026-04-24 01:00 (+03)
        Africa/Cairo          23:30  2026-10-29  2026-10-29 23:30 (+03)
        Asia/Beirut           00:30  2026-03-29  2026-03-29 01:00 (+03)
        America/Asuncion      00:15  2024-10-06  2024-10-06 01:00 (-03)
        America/Asuncion      23:15  2024-03-23  2024-03-23 23:15 (-03)
        America/Scoresbysund  23:30  2025-03-29  2025-03-30 00:00 (-01)
        America/Scoresbysund  23:30  2025-03-30  2025-03-30 23:30 (-01)
        Africa/Casablanca     02:30  2026-02-15  2026-02-15 02:30 (+01)
        Africa/Casablanca     02:30  2026-03-22  2026-03-22 03:00 (+01)
        Pacific/Apia          09:00  2011-12-29  2011-12-29 09:00 (-10)
        Pacific/Apia          09:00  2011-12-30  none
        Pacific/Apia          09:00  2011-12-31  2011-12-31 09:00 (+14)
        Pacific/Kwajalein     00:00  1993-08-21  none
        Asia/Kolkata          09:00  2026-03-29  2026-03-29 09:00 (+05:30)
    ";
    for example in examples.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = example.split_whitespace();
        let mut word = || words.next().unwrap();
        let (zone, time, date) = (word(), word(), word());
        let found = shown(&daily(zone, time), date.parse().unwrap());
        let expected = words.collect::<Vec<_>>().join(" ");
        assert_eq!(found, expected, "{zone} {time} {date}");
    }
}

#[test]
fn saving_shows_the_next_three_posts() {
    let schedule = on("mon, thu", "Europe/Berlin", "9:00");
    let now = at("2026-10-22T12:00:00+02:00"); // a Thursday, after nine
    let handled = schedule.handled_from(now, None);
    let next: Vec<_> = schedule.upcoming(handled, now).take(3).map(|post| post.at).collect();
    let expected =
        ["2026-10-26T09:00:00+01:00", "2026-10-29T09:00:00+01:00", "2026-11-02T09:00:00+01:00"].map(at);
    assert_eq!(next, expected);
}

#[test]
fn f25_f26_late_post_is_made_up_for_two_hours_and_then_noted_once() {
    let schedule = daily("Europe/Berlin", "09:00");
    let handled = date(2026, 6, 1);
    let due = schedule.post(date(2026, 6, 2)).unwrap();
    let next = schedule.post(date(2026, 6, 3)).unwrap();
    let second = SignedDuration::from_secs(1);
    assert_eq!(schedule.due(handled, due.at - second), Due::Wait { until: due.at });
    assert_eq!(schedule.due(handled, due.at), Due::Post(due));
    assert_eq!(schedule.due(handled, due.at + LATE_MAX), Due::Post(due));
    let missed = Due::Missed { first: due.date, last: due.date };
    assert_eq!(schedule.due(handled, due.at + LATE_MAX + second), missed);
    assert_eq!(schedule.due(due.date, due.at + LATE_MAX + second), Due::Wait { until: next.at });
}

#[test]
fn f26_outage_of_a_month_leads_to_one_note_and_one_post() {
    let schedule = on("mon-fri", "Asia/Tokyo", "18:00");
    let mut handled = date(2026, 5, 29);
    let now = at("2026-06-30T19:00:00+09:00");
    let mut said = Vec::new();
    while let Some(date) = schedule.due(handled, now).handles() {
        said.push(schedule.due(handled, now));
        handled = date;
    }
    let missed = Due::Missed { first: date(2026, 6, 1), last: date(2026, 6, 29) };
    assert_eq!(said, [missed, Due::Post(schedule.post(date(2026, 6, 30)).unwrap())]);
}

#[test]
fn saving_editing_and_resuming_make_up_for_nothing() {
    let morning = daily("Europe/Berlin", "09:00");
    let evening = daily("Europe/Berlin", "18:00");
    let noon = at("2026-06-02T12:00:00+02:00");
    let (yesterday, today, tomorrow) = (date(2026, 6, 1), date(2026, 6, 2), date(2026, 6, 3));
    assert_eq!(morning.handled_from(noon, None), today);
    assert_eq!(morning.handled_from(noon, Some(date(2026, 3, 1))), today);
    assert_eq!(evening.handled_from(noon, None), yesterday);
    // Moved to the evening after the morning's post: once a date stays once a date.
    let handled = evening.handled_from(noon, Some(today));
    assert_eq!(evening.upcoming(handled, noon).next().unwrap().date, tomorrow);
}

#[test]
fn skipping_is_handling_the_next_post_without_posting_it() {
    let schedule = on("mon", "America/New_York", "12:00");
    let now = at("2026-06-02T12:00:00-04:00");
    let mut next = schedule.upcoming(schedule.handled_from(now, None), now);
    let (skipped, after) = (next.next().unwrap(), next.next().unwrap());
    for now in [now, skipped.at, skipped.at + LATE_MAX, after.at - SignedDuration::from_secs(1)] {
        assert_eq!(schedule.due(skipped.date, now), Due::Wait { until: after.at });
    }
    assert_eq!(schedule.due(skipped.date, after.at), Due::Post(after));
}

#[test]
fn clock_that_was_a_year_ahead_stops_no_daily() {
    let schedule = daily("Europe/Berlin", "09:00");
    let handled_while_wrong = date(2027, 6, 2);
    let tomorrow = schedule.post(date(2026, 6, 3)).unwrap();
    let now = at("2026-06-02T12:00:00+02:00");
    assert_eq!(schedule.due(handled_while_wrong, now), Due::Wait { until: tomorrow.at });
    assert_eq!(schedule.due(handled_while_wrong, tomorrow.at), Due::Post(tomorrow));
}

#[test]
fn the_ends_of_the_calendar_are_no_trap() {
    let schedule = daily("Pacific/Kiritimati", "00:00");
    for now in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
        for handled in [Date::MIN, date(1970, 1, 1), Date::MAX] {
            schedule.due(handled, now);
            schedule.handled_from(now, Some(handled));
            assert!(schedule.upcoming(handled, now).take(3).count() <= 3);
        }
    }
}

#[test]
fn schedule_survives_being_stored() {
    let schedule = on("mon-wed, sun", "america/new_york", "9:30 pm");
    let stored = serde_json::to_string(&schedule).unwrap();
    insta::assert_snapshot!(stored, @r#"{"time":"21:30:00","zone":"America/New_York","weekdays":"mon, tue, wed, sun"}"#);
    assert_eq!(serde_json::from_str::<Schedule>(&stored).unwrap(), schedule);
    assert!(serde_json::from_str::<Schedule>(&stored.replace("New_York", "Atlantis")).is_err());
}

#[test]
fn times_are_read_as_people_write_them() {
    let good = [
        ("9", "09:00:00"),
        ("09:05", "09:05:00"),
        ("9.30", "09:30:00"),
        (" 21:30 ", "21:30:00"),
        ("9pm", "21:00:00"),
        ("9:30 PM", "21:30:00"),
        ("12 am", "00:00:00"),
        ("12:15pm", "12:15:00"),
        ("0:00", "00:00:00"),
    ];
    for (text, expected) in good {
        assert_eq!(calendar::time(text).map(|time| time.to_string()).as_deref(), Ok(expected), "{text}");
    }
    for text in ["", "24:00", "9:60", "9:5", "13 pm", "0 am", "-1", "9:30:15", "noon", "٩:٣٠", "9:3é"] {
        assert!(calendar::time(text).is_err(), "{text}");
    }
    insta::assert_snapshot!(
        calendar::time("25:00").unwrap_err(),
        @"`25:00` is no time of the day; write hours and minutes, for instance 09:30 or 9:30 pm"
    );
}

#[test]
fn weekdays_are_read_as_people_write_them() {
    let good = [
        ("daily", "mon, tue, wed, thu, fri, sat, sun"),
        ("Weekdays", "mon, tue, wed, thu, fri"),
        ("mon-fri", "mon, tue, wed, thu, fri"),
        ("Mon – Fri, sunday", "mon, tue, wed, thu, fri, sun"),
        ("sat-mon", "mon, sat, sun"),
        ("thurs tue", "tue, thu"),
        ("wed,weekends", "wed, sat, sun"),
    ];
    for (text, expected) in good {
        assert_eq!(text.parse::<Weekdays>().map(|days| days.to_string()).as_deref(), Ok(expected), "{text}");
    }
    for text in ["", ",", "mo", "never", "mon-", "mon-xyz", "freitag"] {
        assert!(text.parse::<Weekdays>().is_err(), "{text}");
    }
    insta::assert_snapshot!(
        "mon, freitag".parse::<Weekdays>().unwrap_err(),
        @"`freitag` names no weekday; write for instance mon-fri, or mon, wed, sat, or daily"
    );
    assert!(Weekdays::DAILY.contains(Weekday::Sunday));
}

#[test]
fn wrong_zone_is_told_which_ones_are_near() {
    let told = ["Europe/Berln", "berlin", "new york", "kalkutta", "GMT+2", "Atlantis", "Etc/Unknown", ""];
    let told = told.map(|name| Zone::named(name).unwrap_err().to_string()).join("\n");
    insta::assert_snapshot!(told);
    assert!(Zone::named(&"x".repeat(10_000)).unwrap_err().to_string().len() < 200);
}

#[test]
fn zones_are_completed_while_typing() {
    for (typed, first) in [
        ("ber", "Europe/Berlin"),
        ("Europe/a", "Europe/Amsterdam"),
        ("new y", "America/New_York"),
        ("UTC", "UTC"),
        ("york", "America/New_York"),
        ("lord", "Australia/Lord_Howe"),
        ("", "UTC"),
    ] {
        let found = zones_like(typed, ZONES_MAX);
        assert_eq!(found.first().map(String::as_str), Some(first), "{typed}: {found:?}");
        assert!(found.len() <= ZONES_MAX && found.iter().all(|name| Zone::named(name).is_ok()), "{typed}");
        assert!(!found.iter().any(|name| name.starts_with("Etc/")), "{typed}");
    }
}
