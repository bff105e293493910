//! Dailies on the engine: one post a schedule and local date, whatever restarts, clocks and platforms do; and
//! what those who look after them are told.

mod year;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use riposte::chat::{
    AboutDaily, Dailies, DailyWanted, Delivery, DeliveryError, Incoming, Obstacle, Outcome, Refusal,
    RoundRequest, What,
};
use riposte::clock::Clock;
use riposte::core::card::{Block, CardKind, Way};
use riposte::core::choose::Filter;
use riposte::core::daily::{DAILIES_MAX, DailyId, Trouble, Unclear, Wish};
use riposte::core::interview::Seq;
use riposte::core::quota::{Measure, Scope, max};
use riposte::core::say;
use riposte::store::{Change, Handled};

use crate::support::play::Play;

const CHANNEL: &str = "channel:7:1";
const MOD: &str = "channel:mod";
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Half past nine in Berlin, where it is an hour later than in UTC in winter; open for two hours.
fn a_wish() -> Wish {
    Wish {
        time: Some("9:30".to_owned()),
        zone: Some("Europe/Berlin".to_owned()),
        hours: Some(2),
        ..Wish::default()
    }
}

fn add(channel: &str, wish: Wish) -> DailyWanted {
    DailyWanted::Add { channel: channel.into(), wish }
}

async fn wants(play: &mut Play, key: &str, manages: bool, wanted: DailyWanted) -> Result<Dailies, Refusal> {
    let at = play.clock.now();
    let (key, person, place) = (key.to_owned(), MOD.into(), CHANNEL.into());
    play.incoming(|done| Incoming::Daily(AboutDaily { key, at, person, place, manages, wanted, done })).await
}

/// A bot with one daily, at nine in the morning of 5 January, UTC: half an hour too late for that day.
async fn with_a_daily(wish: Wish) -> Play {
    let mut play = Play::new().await;
    wants(&mut play, "add", true, add(CHANNEL, wish)).await.unwrap();
    play
}

fn is_post(delivery: &Delivery) -> bool {
    delivery.card.way == Way::Post && delivery.card.kind == CardKind::Round
}

/// How many questions were posted in the channel.
fn posts(play: &Play) -> usize {
    play.channel.count(is_post)
}

fn results(play: &Play) -> usize {
    play.channel.count(|delivery| delivery.card.kind == CardKind::Result)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn shown(dailies: &Dailies) -> String {
    let lines = dailies.card.blocks.iter().map(|block| match block {
        Block::When { lead, at } => say::when_text(lead, *at),
        Block::Where { lead, place } => format!("{lead} {}", place.0),
        Block::Heading { text } | Block::Text { text } | Block::Small { text } => text.clone(),
        Block::Quote { .. } | Block::Item { .. } | Block::Bars { .. } | Block::Ping { .. } => String::new(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Lets time pass up to an instant, with a look every ten minutes.
async fn until(play: &mut Play, instant: &str) {
    let (instant, step) = (at(instant), SignedDuration::from_mins(10));
    while play.clock.now() < instant {
        let next = (play.clock.now() + step).min(instant);
        play.clock.advance(next.duration_since(play.clock.now()));
        play.engine().turn().await.unwrap();
    }
}

#[tokio::test]
async fn daily_is_saved_listed_edited_paused_skipped_and_removed() {
    let mut play = Play::new().await;
    *play.channel.lacking.lock().unwrap() = vec!["Pin Messages".to_owned()];
    let mut said = String::new();
    let mut note = |dailies: Dailies| {
        said.push_str(&format!("{}\n-- {:?}\n\n", shown(&dailies), dailies.all));
    };
    let id = DailyId(1);
    note(wants(&mut play, "list-0", true, DailyWanted::List).await.unwrap());
    note(wants(&mut play, "add", true, add(CHANNEL, a_wish())).await.unwrap());
    let wish =
        Wish { time: Some("8 pm".to_owned()), weekdays: Some("mon-fri".to_owned()), ..Wish::default() };
    let edit = DailyWanted::Edit { daily: id, channel: Some("channel:7:2".into()), wish };
    note(wants(&mut play, "edit", true, edit).await.unwrap());
    note(wants(&mut play, "skip", true, DailyWanted::Skip(id)).await.unwrap());
    note(wants(&mut play, "pause", true, DailyWanted::Pause(id)).await.unwrap());
    note(wants(&mut play, "list-1", true, DailyWanted::List).await.unwrap());
    note(wants(&mut play, "resume", true, DailyWanted::Resume(id)).await.unwrap());
    note(wants(&mut play, "remove", true, DailyWanted::Remove(id)).await.unwrap());
    insta::assert_snapshot!(said);
}

/// S8: what the platform says at this very call counts, and nothing else.
#[tokio::test]
async fn s08_dailies_are_for_those_who_manage_their_server() {
    let mut play = with_a_daily(a_wish()).await;
    let id = DailyId(1);
    for wanted in [
        add(CHANNEL, a_wish()),
        DailyWanted::List,
        DailyWanted::Edit { daily: id, channel: None, wish: Wish::default() },
        DailyWanted::Pause(id),
        DailyWanted::Resume(id),
        DailyWanted::Skip(id),
        DailyWanted::Remove(id),
    ] {
        let refused = wants(&mut play, &format!("{wanted:?}"), false, wanted).await;
        assert_eq!(refused.unwrap_err(), Refusal::NotManager);
    }
    let (at, person) = (play.clock.now(), MOD.into());
    let elsewhere = play
        .incoming(|done| {
            let (key, place) = ("elsewhere".to_owned(), "channel:8:1".into());
            let wanted = DailyWanted::Remove(id);
            Incoming::Daily(AboutDaily { key, at, person, place, manages: true, wanted, done })
        })
        .await;
    assert_eq!(elsewhere.unwrap_err(), Refusal::NoSuchDaily, "who manages one server manages no other");
    let foreign = wants(&mut play, "foreign", true, add("channel:8:1", a_wish())).await;
    assert_eq!(foreign.unwrap_err(), Refusal::NotManager);
    assert_eq!(wants(&mut play, "list", true, DailyWanted::List).await.unwrap().all.len(), 1);
}

#[tokio::test]
async fn wishes_that_are_unclear_or_too_many_say_what_to_do() {
    let mut play = Play::new().await;
    let no_zone = Wish { zone: None, ..a_wish() };
    let typo = Wish { zone: Some("Europe/Berln".to_owned()), ..a_wish() };
    let long = Wish { hours: Some(200), ..a_wish() };
    let everybody = Wish { role: Some("@everyone".to_owned()), ..a_wish() };
    let mut refused = Vec::new();
    for (key, wish) in [no_zone, typo, long, everybody].into_iter().enumerate() {
        refused.push(wants(&mut play, &key.to_string(), true, add(CHANNEL, wish)).await.unwrap_err());
    }
    assert_eq!(refused[0], Refusal::Unclear(Unclear::Incomplete));
    assert!(refused[1].to_string().contains("Europe/Berlin"), "{}", refused[1]);
    assert_eq!(refused[2], Refusal::Unclear(Unclear::Hours(200)));
    assert_eq!(refused[3], Refusal::Unclear(Unclear::Role));
    let filter = Filter { track: Some("cobol".to_owned()), ..Filter::default() };
    let nothing = Wish { filter: Some(filter), ..a_wish() };
    let nothing = wants(&mut play, "nothing", true, add(CHANNEL, nothing)).await.unwrap_err();
    assert!(matches!(nothing, Refusal::NothingFits(_)), "{nothing:?}");
    for number in 0..DAILIES_MAX {
        wants(&mut play, &format!("add-{number}"), true, add(CHANNEL, a_wish())).await.unwrap();
    }
    let full = wants(&mut play, "one-more", true, add(CHANNEL, a_wish())).await;
    assert_eq!(full.unwrap_err(), Refusal::EnoughDailies);
    let again = wants(&mut play, "add-0", true, add(CHANNEL, a_wish())).await.unwrap();
    assert_eq!(again.all.len(), DAILIES_MAX, "what is delivered again is one daily");
}

/// F20, F25, F26: three days, with an outage over the second post.
#[tokio::test]
async fn f25_three_days_with_an_outage_are_two_posts_and_one_note() {
    let mut play = with_a_daily(Wish { role: Some("4242".to_owned()), pin: Some(true), ..a_wish() }).await;
    until(&mut play, "2026-01-06T08:20:00Z").await;
    assert_eq!(posts(&play), 0, "nothing is made up for that was due before it was saved");
    until(&mut play, "2026-01-06T08:30:00Z").await;
    let first: Vec<Delivery> = play.channel.posted_in(CHANNEL);
    let ways: Vec<Way> = first.iter().map(|delivery| delivery.card.way).collect();
    assert_eq!(ways, [Way::Post, Way::Thread(Seq(1)), Way::Pin(Seq(1))]);
    assert_eq!(first[0].card.blocks[0], Block::Ping { role: "4242".to_owned() });
    assert_eq!(first[0].person.0, "", "it is for nobody in particular");
    until(&mut play, "2026-01-06T11:00:00Z").await;
    assert_eq!((posts(&play), results(&play)), (1, 1));
    // Away from before the post of the 7th until three hours after it.
    play.restart_after(HOUR * 24 + SignedDuration::from_mins(31)).await;
    assert_eq!(posts(&play), 1, "too late for a daily");
    let date = "2026-01-07".parse().unwrap();
    let missed = say::daily_trouble(&Trouble::Missed { first: date, last: date });
    assert_eq!(play.channel.told(), [(MOD.into(), missed.clone())]);
    let list = wants(&mut play, "list", true, DailyWanted::List).await.unwrap();
    let names = wants(&mut play, "names", true, DailyWanted::Choose).await.unwrap();
    assert_eq!(
        (names.all, names.card.blocks),
        (list.all.clone(), Vec::new()),
        "choosing one looks nothing up"
    );
    assert!(shown(&list).contains(&missed), "{}", shown(&list));
    play.restart_after(HOUR).await;
    until(&mut play, "2026-01-08T08:40:00Z").await;
    assert_eq!((posts(&play), play.channel.told().len()), (2, 1));
    let list = wants(&mut play, "list-again", true, DailyWanted::List).await.unwrap();
    assert!(!shown(&list).contains("missed"), "F56: once something went right, it is forgotten");
}

/// F25: an outage that ends within two hours after the post was due.
#[tokio::test]
async fn f25_post_is_made_up_for_within_two_hours() {
    for (minutes, expected) in [(119, 1), (121, 0)] {
        let mut play = with_a_daily(a_wish()).await;
        play.restart_after(HOUR * 23 + SignedDuration::from_mins(30 + minutes)).await;
        assert_eq!((posts(&play), play.channel.told().len()), (expected, 1 - expected), "{minutes}");
    }
}

/// F26: after thirty days nothing comes in a row.
#[tokio::test]
async fn f26_thirty_days_away_are_one_note_and_no_burst() {
    let mut play = with_a_daily(a_wish()).await;
    play.restart_after(HOUR * 24 * 30).await;
    assert_eq!((posts(&play), play.channel.told().len()), (1, 1), "today's is half an hour late");
    let (first, last): (Date, Date) = ("2026-01-06".parse().unwrap(), "2026-02-03".parse().unwrap());
    assert_eq!(play.channel.told()[0].1, say::daily_trouble(&Trouble::Missed { first, last }));
}

/// F14: a thousand restarts within a day.
#[tokio::test]
async fn f14_a_thousand_starts_in_a_day_are_one_post() {
    let mut play = with_a_daily(a_wish()).await;
    until(&mut play, "2026-01-06T08:29:00Z").await;
    for _ in 0..1_000 {
        play.clock.advance(SignedDuration::from_secs(80));
        play.start_anew().await;
    }
    assert_eq!(posts(&play), 1);
}

/// F19, F31: two processes that share the tables, at the very moment.
#[tokio::test]
async fn f19_two_engines_post_a_date_once() {
    let mut play = with_a_daily(a_wish()).await;
    until(&mut play, "2026-01-06T08:29:00Z").await;
    let first = play.engine().clone();
    play.start_anew().await;
    play.clock.advance(SignedDuration::from_mins(1));
    let (one, other) = tokio::join!(first.turn(), play.engine().turn());
    one.unwrap();
    other.unwrap();
    let question = play.store().round_in(&CHANNEL.into()).await.unwrap().unwrap();
    let rounds = play.store().rounds().await.unwrap();
    assert_eq!(rounds.iter().map(|round| round.id).collect::<Vec<_>>(), [question.id]);
}

/// F20: the question of a date is on disk before it is sent, and a restart sends that one.
#[tokio::test]
async fn f20_question_of_the_day_is_chosen_once() {
    let mut play = with_a_daily(a_wish()).await;
    let later = DeliveryError::Later(std::time::Duration::from_secs(60));
    play.channel.fail(CHANNEL, Some(later));
    until(&mut play, "2026-01-06T08:31:00Z").await;
    let chosen = play.store().round_in(&CHANNEL.into()).await.unwrap().unwrap().plan;
    play.restart_after(SignedDuration::from_mins(2)).await;
    play.channel.fail(CHANNEL, None);
    play.wait(600).await;
    assert_eq!(posts(&play), 1);
    assert_eq!(play.store().round_in(&CHANNEL.into()).await.unwrap().unwrap().plan, chosen);
    let seen = play.store().seen(&CHANNEL.into()).await.unwrap().questions;
    assert_eq!(seen.len(), 1, "it is out of the channel's bag");
}

/// F13: no question comes again before all were asked, in one bag for dailies and rounds.
#[tokio::test]
async fn f13_channel_has_one_bag_for_rounds_and_dailies() {
    let mut play = with_a_daily(a_wish()).await;
    let filter = Filter::default();
    let request = RoundRequest { filter, open_for: None, manages: false, seed: None };
    play.by("channel:ada", CHANNEL, What::Round(request)).await.unwrap();
    until(&mut play, "2026-01-06T08:30:00Z").await;
    let asked: Vec<Delivery> = play.channel.posted().into_iter().filter(is_post).collect();
    let question = |delivery: &Delivery| {
        delivery.card.blocks.iter().find(|block| matches!(block, Block::Text { .. })).cloned()
    };
    assert_eq!(asked.len(), 2);
    assert_ne!(question(&asked[0]), question(&asked[1]));
}

#[tokio::test]
async fn daily_waits_for_an_open_round_and_not_for_ever() {
    for (minutes, expected) in [(40, (2, 0)), (200, (1, 1))] {
        let mut play = with_a_daily(a_wish()).await;
        until(&mut play, "2026-01-06T08:20:00Z").await;
        let open_for = Some(SignedDuration::from_mins(minutes));
        let request = RoundRequest { filter: Filter::default(), open_for, manages: false, seed: None };
        let begun = play.by("channel:ada", CHANNEL, What::Round(request)).await.unwrap();
        assert_eq!(begun.outcome, Outcome::Done);
        until(&mut play, "2026-01-06T08:50:00Z").await;
        assert_eq!(posts(&play), 1);
        until(&mut play, "2026-01-06T12:00:00Z").await;
        assert_eq!((posts(&play), play.channel.told().len()), expected, "{minutes}");
        let busy = say::daily_trouble(&Trouble::Busy { date: "2026-01-06".parse().unwrap() });
        assert!(play.channel.told().iter().all(|(who, said)| who.0 == MOD && *said == busy));
    }
}

/// F18: post, thread, pin and reveal are steps of their own.
#[tokio::test]
async fn f18_pin_that_fails_half_way_holds_nothing_up() {
    let is_pin: fn(Way) -> bool = |way| matches!(way, Way::Pin(_));
    for (fault, told) in [
        (DeliveryError::Refused("no".to_owned()), 1),
        (DeliveryError::Blocked(Obstacle::NoPermission), 1),
        (DeliveryError::Later(std::time::Duration::from_secs(3600)), 0),
        (DeliveryError::Unknown, 1),
    ] {
        let mut play = with_a_daily(Wish { pin: Some(true), ..a_wish() }).await;
        play.channel.way_faults.lock().unwrap().push((is_pin, fault.clone()));
        until(&mut play, "2026-01-06T10:35:00Z").await;
        assert_eq!((posts(&play), results(&play)), (1, 1), "{fault:?}");
        let [result] = &play
            .channel
            .posted_in(CHANNEL)
            .into_iter()
            .filter(|one| one.card.kind == CardKind::Result)
            .collect::<Vec<_>>()[..]
        else {
            panic!()
        };
        assert!(result.thread.is_some(), "the thread is there, whatever became of the pin");
        let tells = play.channel.told();
        assert_eq!(tells.len(), told, "{fault:?}");
        assert!(tells.iter().all(|(who, said)| who.0 == MOD && said == say::step_failed(Way::Pin(Seq(1)))));
        play.restart_after(HOUR).await;
        until(&mut play, "2026-01-07T08:30:00Z").await;
        assert_eq!(posts(&play), 2, "the next one comes as planned");
    }
}

/// F18: killed between any two of the steps.
#[tokio::test]
async fn f18_restart_between_the_steps_leaves_one_of_each() {
    let mut play = with_a_daily(Wish { pin: Some(true), ..a_wish() }).await;
    let is_thread: fn(Way) -> bool = |way| matches!(way, Way::Thread(_));
    let is_pin: fn(Way) -> bool = |way| matches!(way, Way::Pin(_));
    let later = || DeliveryError::Later(std::time::Duration::from_secs(1));
    for waits in [is_thread, is_pin] {
        play.channel.way_faults.lock().unwrap().push((waits, later()));
    }
    until(&mut play, "2026-01-06T08:30:00Z").await;
    for _ in 0..2 {
        play.restart_after(SignedDuration::from_secs(2)).await;
        play.channel.way_faults.lock().unwrap().remove(0);
        play.restart_after(SignedDuration::from_secs(2)).await;
    }
    let ways: Vec<Way> = play.channel.posted_in(CHANNEL).iter().map(|delivery| delivery.card.way).collect();
    assert_eq!(ways, [Way::Post, Way::Thread(Seq(1)), Way::Pin(Seq(1))]);
}

/// F55: a channel that an outage hides is no reason to delete anything.
#[tokio::test]
async fn f55_channel_that_is_gone_keeps_its_daily_and_tells_once() {
    let mut play = with_a_daily(a_wish()).await;
    play.channel.fail(CHANNEL, Some(DeliveryError::Gone));
    until(&mut play, "2026-01-09T12:00:00Z").await;
    let date = "2026-01-06".parse().unwrap();
    let refused = say::daily_trouble(&Trouble::Refused { date });
    assert_eq!(play.channel.told(), [(MOD.into(), refused)], "four days, and one note");
    assert_eq!(play.channel.tries(), 4, "one try a day");
    play.channel.fail(CHANNEL, None);
    until(&mut play, "2026-01-10T12:00:00Z").await;
    assert_eq!((posts(&play), results(&play)), (1, 1));
    assert!(play.store().daily(DailyId(1)).await.unwrap().unwrap().trouble.is_none());
}

/// F5: the right to post comes back within the two hours.
#[tokio::test]
async fn f05_daily_that_may_not_be_posted_is_tried_again_and_then_missed() {
    for (back_after, expected) in [(20, 1), (180, 0)] {
        let mut play = with_a_daily(a_wish()).await;
        play.channel.fail(CHANNEL, Some(DeliveryError::Blocked(Obstacle::NoPermission)));
        until(&mut play, "2026-01-06T08:30:00Z").await;
        let refused = say::daily_trouble(&Trouble::Refused { date: "2026-01-06".parse().unwrap() });
        assert_eq!(play.channel.told(), [(MOD.into(), refused)]);
        play.clock.advance(SignedDuration::from_mins(back_after));
        play.engine().turn().await.unwrap();
        play.channel.fail(CHANNEL, None);
        until(&mut play, "2026-01-06T23:00:00Z").await;
        assert_eq!(posts(&play), expected, "{back_after}");
        until(&mut play, "2026-01-07T08:30:00Z").await;
        assert_eq!(posts(&play), expected + 1, "the next one comes as planned");
    }
}

#[tokio::test]
async fn f05_channel_that_forbids_its_daily_for_days_is_one_note() {
    let mut play = with_a_daily(a_wish()).await;
    play.channel.fail(CHANNEL, Some(DeliveryError::Blocked(Obstacle::NoPermission)));
    until(&mut play, "2026-01-09T12:00:00Z").await;
    let refused = say::daily_trouble(&Trouble::Refused { date: "2026-01-06".parse().unwrap() });
    assert_eq!(play.channel.told(), [(MOD.into(), refused)]);
}

#[tokio::test]
async fn paused_and_skipped_dates_do_not_come_and_are_no_trouble() {
    let mut play = with_a_daily(a_wish()).await;
    let id = DailyId(1);
    wants(&mut play, "skip", true, DailyWanted::Skip(id)).await.unwrap();
    wants(&mut play, "skip", true, DailyWanted::Skip(id)).await.unwrap();
    until(&mut play, "2026-01-06T23:00:00Z").await;
    assert_eq!(posts(&play), 0);
    until(&mut play, "2026-01-07T23:00:00Z").await;
    assert_eq!(posts(&play), 1, "the second skip was the first one delivered again");
    wants(&mut play, "pause", true, DailyWanted::Pause(id)).await.unwrap();
    until(&mut play, "2026-01-09T23:00:00Z").await;
    wants(&mut play, "resume", true, DailyWanted::Resume(id)).await.unwrap();
    until(&mut play, "2026-01-10T23:00:00Z").await;
    assert_eq!((posts(&play), play.channel.told()), (2, Vec::new()));
    wants(&mut play, "remove", true, DailyWanted::Remove(id)).await.unwrap();
    until(&mut play, "2026-01-11T23:00:00Z").await;
    assert_eq!(posts(&play), 2);
}

/// What was left out stays so over a start, which looks at all dailies.
#[tokio::test]
async fn dates_that_were_skipped_in_a_row_do_not_come_after_a_restart() {
    let mut play = with_a_daily(a_wish()).await;
    until(&mut play, "2026-01-06T08:40:00Z").await;
    assert_eq!(posts(&play), 1);
    for key in ["skip-1", "skip-2", "skip-3"] {
        wants(&mut play, key, true, DailyWanted::Skip(DailyId(1))).await.unwrap();
    }
    play.restart_after(SignedDuration::from_mins(10)).await;
    until(&mut play, "2026-01-10T08:20:00Z").await;
    assert_eq!((posts(&play), play.channel.told()), (1, Vec::new()));
    until(&mut play, "2026-01-10T08:30:00Z").await;
    assert_eq!(posts(&play), 2);
}

/// The pause came between the look at what is due and the post.
#[tokio::test]
async fn daily_that_is_paused_at_its_very_time_does_not_come_and_keeps_nobody_awake() {
    let mut play = with_a_daily(a_wish()).await;
    wants(&mut play, "pause", true, DailyWanted::Pause(DailyId(1))).await.unwrap();
    let before = play.store().daily(DailyId(1)).await.unwrap().unwrap();
    let now = play.clock.now();
    let handled =
        Handled { daily: DailyId(1), date: "2026-01-06".parse().unwrap(), wake_at: Some(now), trouble: None };
    let key = "looked-before".to_owned();
    let change = Change { key, at: now, save: None, begin: None, handled: Some(handled) };
    play.store().commit(change).await.unwrap();
    let after = play.store().daily(DailyId(1)).await.unwrap().unwrap();
    assert_eq!((after.handled, after.wake_at), (before.handled, None));
    assert_eq!(play.store().next_deadline().await.unwrap(), None);
}

/// Whoever made a daily is told of what went wrong; a platform that is slow at that keeps no round open.
#[tokio::test]
async fn f25_word_that_nobody_takes_holds_no_deadline_up() {
    let mut play = with_a_daily(a_wish()).await;
    let request =
        RoundRequest { filter: Filter::default(), open_for: Some(HOUR * 30), manages: false, seed: None };
    play.by("channel:ada", "channel:7:2", What::Round(request)).await.unwrap();
    play.channel.stuck.send_replace(vec![CHANNEL.into()]);
    let (inbox, running) = play.run();
    play.clock.advance(HOUR * 27);
    let handled = || async { play.store().daily(DailyId(1)).await.unwrap().unwrap().trouble };
    while handled().await.is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(results(&play), 0);
    play.clock.advance(HOUR * 3);
    while results(&play) == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(play.channel.told(), []);
    play.channel.stuck.send_replace(Vec::new());
    drop(inbox);
    running.await.unwrap().unwrap();
    assert_eq!(play.channel.told().len(), 1);
}

#[tokio::test]
async fn daily_that_is_moved_to_a_later_hour_comes_that_day_unless_it_came_already() {
    let mut play = with_a_daily(a_wish()).await;
    let later = |time: &str| {
        let wish = Wish { time: Some(time.to_owned()), ..Wish::default() };
        DailyWanted::Edit { daily: DailyId(1), channel: None, wish }
    };
    wants(&mut play, "first", true, later("20:00")).await.unwrap();
    until(&mut play, "2026-01-05T19:00:00Z").await;
    assert_eq!(posts(&play), 1, "half past nine was past when it was saved");
    wants(&mut play, "second", true, later("22:00")).await.unwrap();
    until(&mut play, "2026-01-06T20:50:00Z").await;
    assert_eq!(posts(&play), 1);
    wants(&mut play, "skip", true, DailyWanted::Skip(DailyId(1))).await.unwrap();
    wants(&mut play, "third", true, later("23:00")).await.unwrap();
    until(&mut play, "2026-01-07T21:50:00Z").await;
    assert_eq!(posts(&play), 1, "what was left out stays so");
    until(&mut play, "2026-01-07T22:00:00Z").await;
    assert_eq!(posts(&play), 2);
}

/// S11: a daily is its server's; whoever made it can be forgotten.
#[tokio::test]
async fn s11_daily_stays_when_its_creator_is_forgotten() {
    let mut play = with_a_daily(a_wish()).await;
    let export = play.incoming(|done| Incoming::Export { person: MOD.into(), done }).await.unwrap();
    let export: serde_json::Value = serde_json::from_str(&export).unwrap();
    assert_eq!(export["dailies"][0]["settings"]["schedule"]["zone"], "Europe/Berlin");
    play.incoming(|done| Incoming::Forget { person: MOD.into(), done }).await.unwrap();
    let export = play.incoming(|done| Incoming::Export { person: MOD.into(), done }).await.unwrap();
    let export: serde_json::Value = serde_json::from_str(&export).unwrap();
    assert_eq!(export["dailies"].as_array().unwrap().len(), 0);
    play.restart_after(HOUR * 24 * 2).await;
    until(&mut play, "2026-01-08T08:30:00Z").await;
    assert_eq!((posts(&play), play.channel.told()), (2, Vec::new()), "nobody is told, and it goes on");
}

/// S10: choosing one asks for all of them at each letter, and whoever types slowly still gets to send the command.
#[tokio::test]
async fn s10_letters_typed_to_choose_a_daily_are_no_inputs() {
    let mut play = Play::shared().await;
    for letter in 0..=max(Scope::Person, Measure::Inputs) {
        wants(&mut play, &format!("letter {letter}"), true, DailyWanted::Choose).await.unwrap();
    }
    wants(&mut play, "list", true, DailyWanted::List).await.unwrap();
}
