//! What chat platforms do to an engine: many people at once, answers that get lost, places that close, move
//! or vanish, events that come twice, and buttons that should not have been pressed.

use std::sync::atomic::Ordering;
use std::sync::{LazyLock, Mutex, mpsc};
use std::time::Duration;

use jiff::SignedDuration;
use riposte::chat::{DeliveryError, Front, Incoming, Missed, Obstacle, Outcome, Person, Refusal, What};
use riposte::core::bank::{Question, Trap};
use riposte::core::card::{Button, CardKind};
use riposte::core::grading::{Assessment, Grader, PreparedQuestion, ReplyAssessment};
use riposte::core::interview::{InterviewId, Mode, Seq};
use riposte::core::quota::{Measure, Scope, max};
use riposte::core::say;

use crate::support::grader::Labelled;
use crate::support::play::{HERE, Play, SOMEBODY, a_drill, request};

const SOLID: &str =
    "a list changes, a tuple never, so it can be a key. [says mutability hashable record; example; reason]";
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

fn said(to: InterviewId, text: &str) -> What {
    What::Said { to: Some(to), text: text.to_owned() }
}

fn pressed(to: InterviewId, on: u32, button: Button) -> What {
    What::Pressed { to: Some(to), on: Some(Seq(on)), button }
}

fn kinds(posted: &[riposte::chat::Delivery]) -> Vec<CardKind> {
    posted.iter().map(|delivery| delivery.card.kind).collect()
}

#[tokio::test]
async fn two_hundred_people_are_taken_side_by_side_and_each_in_order() {
    let play = Play::new().await;
    let (inbox, running) = play.run();
    let mut people = tokio::task::JoinSet::new();
    for number in 0..200 {
        let inbox = inbox.clone();
        people.spawn(async move {
            let person = Person(format!("channel:{number}"));
            let place = format!("channel:server:{number}");
            let place = || place.as_str().into();
            let at = "2026-01-05T09:00:00Z".parse().unwrap();
            let key = |step: &str| format!("{number}-{step}");
            // Nobody waits for an answer: what a person does is in order by itself.
            let begin = inbox.send(key("begin"), at, person.clone(), place(), a_drill());
            let answer = What::Said { to: None, text: SOLID.to_owned() };
            let answer = inbox.send(key("answer"), at, person.clone(), place(), answer);
            let skip = What::Pressed { to: None, on: None, button: Button::Skip };
            let skip = inbox.send(key("skip"), at, person.clone(), place(), skip);
            let (begun, answered, skipped) = tokio::join!(begin, answer, skip);
            let taken = [begun.unwrap(), answered.unwrap(), skipped.unwrap()];
            assert!(taken.iter().all(|taken| taken.interview == taken.interview && !taken.over));
            assert_eq!(taken.map(|taken| taken.last.0), [1, 2, 3]);
        });
    }
    while let Some(done) = people.join_next().await {
        done.unwrap();
    }
    drop(inbox);
    running.await.unwrap().unwrap();
    for number in 0..200 {
        let posted = play.channel.posted_in(&format!("channel:server:{number}"));
        assert_eq!(kinds(&posted), [CardKind::Ask, CardKind::Trap, CardKind::Reveal]);
    }
}

/// A grader that takes as long as the test wants.
struct Slow;
struct SlowQuestion(std::sync::Arc<dyn PreparedQuestion>);
static LET_GO: LazyLock<(mpsc::SyncSender<()>, Mutex<mpsc::Receiver<()>>)> = LazyLock::new(|| {
    let (sender, receiver) = mpsc::sync_channel(1);
    (sender, Mutex::new(receiver))
});

impl Grader for Slow {
    fn prepare(&self, question: &Question) -> std::sync::Arc<dyn PreparedQuestion> {
        std::sync::Arc::new(SlowQuestion(Labelled.prepare(question)))
    }
}

impl PreparedQuestion for SlowQuestion {
    fn answer(&self, answer: &str) -> Assessment {
        LET_GO
            .1
            .lock()
            .unwrap()
            .recv_timeout(Duration::from_secs(60))
            .expect("somebody else is taken meanwhile");
        self.0.answer(answer)
    }

    fn reply(&self, trap: &Trap, reply: &str) -> ReplyAssessment {
        self.0.reply(trap, reply)
    }
}

/// On one thread, so that whatever blocks would block everything.
#[tokio::test]
async fn assessing_an_answer_keeps_nobody_else_waiting() {
    let mut play = Play::graded_by(|| Box::new(Slow)).await;
    play.drill().await;
    let (inbox, running) = play.run();
    let at = "2026-01-05T09:00:00Z".parse().unwrap();
    let slow = inbox.send("slow".into(), at, SOMEBODY.into(), HERE.into(), said(play.interview, SOLID));
    let others = async {
        inbox.send("quick".into(), at, "channel:else".into(), "channel:2".into(), a_drill()).await.unwrap();
        play.channel.until_posted(2).await;
        LET_GO.0.send(()).unwrap();
    };
    let (slow, ()) = tokio::join!(slow, others);
    assert_eq!(slow.unwrap().outcome, Outcome::Done);
    drop(inbox);
    running.await.unwrap().unwrap();
    assert_eq!(kinds(&play.channel.posted()), [CardKind::Ask, CardKind::Ask, CardKind::Trap]);
}

#[tokio::test]
async fn card_that_hangs_delays_neither_other_interviews_nor_other_platforms() {
    let play = Play::new().await;
    play.channel.stuck.send_replace(vec!["channel:1".into()]);
    let (inbox, running) = play.run();
    let at = "2026-01-05T09:00:00Z".parse().unwrap();
    for (number, place) in ["channel:1", "channel:2", "other:1"].into_iter().enumerate() {
        let person = Person(format!("somebody:{number}"));
        inbox.send(format!("{number}"), at, person, place.into(), a_drill()).await.unwrap();
    }
    play.channel.until_posted(1).await;
    play.other.until_posted(1).await;
    assert_eq!(play.channel.posted_in("channel:1"), []);
    assert_eq!(play.other.posted_in("other:1").len(), 1, "a card goes to the platform that its place names");
    play.channel.stuck.send_replace(Vec::new());
    play.channel.until_posted(2).await;
    drop(inbox);
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn card_for_a_platform_that_is_not_here_waits_and_disturbs_nobody() {
    let mut play = Play::new().await;
    play.by("nowhere:somebody", "nowhere:1", a_drill()).await.unwrap();
    play.drill().await;
    assert_eq!(play.channel.posted().len(), 1);
    play.wait(60).await;
    let health = play.engine().health().await.unwrap();
    assert_eq!((health.posts, health.blocked), (1, 0));
    assert_eq!(health.oldest, Some("2026-01-05T09:00:00Z".parse().unwrap()));
    assert_eq!(health.turned_at, Some("2026-01-05T09:01:00Z".parse().unwrap()));
}

#[tokio::test]
async fn platform_that_left_is_down_and_its_cards_wait_until_it_is_back() {
    let mut play = Play::new().await;
    play.expected.left();
    play.by("other:somebody", "other:1", a_drill()).await.unwrap();
    play.drill().await;
    assert_eq!(play.engine().health().await.unwrap().down, ["other"]);
    assert_eq!((play.channel.posted().len(), play.other.posted().len()), (1, 0), "the first one goes on");
    play.expected.arrived(play.other.clone());
    assert!(play.engine().health().await.unwrap().down.is_empty());
    play.wait(30).await;
    assert_eq!(play.other.posted().len(), 1);
}

/// Many times as long as a card is tried for that the platform puts off.
#[tokio::test]
async fn platform_that_is_away_for_hours_ends_no_drill() {
    let mut play = Play::new().await;
    play.expected.left();
    play.by("other:somebody", "other:1", a_drill()).await.unwrap();
    for _ in 0..200 {
        play.wait(60).await;
    }
    assert!(play.other.posted().is_empty());
    play.expected.arrived(play.other.clone());
    play.wait(30).await;
    assert_eq!(kinds(&play.other.posted()), [CardKind::Ask]);
    play.other.lacking.lock().unwrap().push("Attach Files".to_owned());
    assert_eq!(play.expected.lacks(&"other:1".into(), None).await, ["Attach Files"]);
}

/// What the clock remarks, or a text that is too long, is no place to stand at.
#[tokio::test]
async fn drill_stands_at_its_question_after_the_clock_spoke() {
    let mut play = Play::new().await;
    play.drill().await;
    play.wait(61).await;
    play.send_long(5_000).await;
    assert_eq!(kinds(&play.channel.posted()), [CardKind::Ask, CardKind::Mark, CardKind::Note]);
    let overview = play.incoming(|done| Incoming::Overview { person: SOMEBODY.into(), done }).await.unwrap();
    assert_eq!(kinds(&overview.open), [CardKind::Ask]);
    let again = play.by(SOMEBODY, HERE, a_drill()).await.unwrap();
    assert_eq!(kinds(&again.shown), [CardKind::Ask]);
}

/// Where the bot may only answer, a drill that was left ends without a word.
#[tokio::test]
async fn farewell_that_could_only_be_an_answer_is_said_to_nobody() {
    let mut play = Play::new().await;
    play.drill().await;
    play.channel.fail(HERE, Some(DeliveryError::Blocked(Obstacle::OnlyAnswers)));
    play.wait(25 * 3600).await;
    play.wait(3600).await;
    assert_eq!(play.channel.told(), []);
    assert_eq!(play.engine().health().await.unwrap().posts, 0);
    assert!(play.store().interview(play.interview).await.unwrap().is_none());
}

/// F35: a network that is gone for hours ends no drill, and costs few tries.
#[tokio::test]
async fn f35_platform_that_cannot_be_reached_for_hours_ends_no_drill() {
    let mut play = Play::new().await;
    play.channel.fail(HERE, Some(DeliveryError::Later(Duration::from_secs(5))));
    play.drill().await;
    for _ in 0..12 * 60 {
        play.wait(60).await;
    }
    assert_eq!(play.channel.posted(), []);
    play.channel.fail(HERE, None);
    play.incoming(|done| Incoming::CatchUp { front: "channel", done }).await.unwrap();
    play.wait(10).await;
    assert_eq!(kinds(&play.channel.posted()), [CardKind::Ask], "soon when it is back");
}

/// F29: the platform did what was asked, and the answer got lost.
#[tokio::test]
async fn f29_card_of_unknown_outcome_is_looked_for_with_patience_and_holds_nobody_up() {
    let mut play = Play::new().await;
    play.channel.loses_answers.store(true, Ordering::Relaxed);
    play.channel.is_blind.store(true, Ordering::Relaxed);
    play.drill().await;
    let looks = |play: &Play| play.channel.looked.lock().unwrap().len();
    assert_eq!(looks(&play), 1);
    play.channel.loses_answers.store(false, Ordering::Relaxed);
    play.by("channel:else", "channel:2", a_drill()).await.unwrap();
    assert_eq!(play.channel.posted_in("channel:2").len(), 1, "another interview goes on");
    for (seconds, expected) in [(4, 1), (1, 2), (9, 2), (1, 3)] {
        play.wait(seconds).await;
        assert_eq!(looks(&play), expected, "the second wait is twice the first");
    }
    play.restart_after(SignedDuration::from_secs(1)).await;
    assert_eq!(looks(&play), 4, "a start looks at once");
    play.channel.is_blind.store(false, Ordering::Relaxed);
    play.wait(3600).await;
    assert_eq!(play.channel.posted_in(HERE).len(), 1, "it was found, not posted again");
    play.say(SOLID).await;
    assert_eq!(kinds(&play.channel.posted_in(HERE)), [CardKind::Ask, CardKind::Trap]);
}

/// F3: a game that is in progress for ever.
#[tokio::test]
async fn f03_drill_whose_cards_never_arrive_comes_to_an_end() {
    let mut play = Play::new().await;
    play.channel.fail("channel:1", Some(DeliveryError::Blocked(Obstacle::NoPermission)));
    play.channel.fail("channel:2", Some(DeliveryError::Later(Duration::from_secs(600))));
    play.channel.fail("channel:3", Some(DeliveryError::Unknown));
    play.channel.is_blind.store(true, Ordering::Relaxed);
    for number in 1..=3 {
        play.by(&format!("channel:{number}"), &format!("channel:{number}"), a_drill()).await.unwrap();
    }
    let mut waits = 0;
    while play.engine().health().await.unwrap().posts > 0 {
        waits += 1;
        assert!(waits < 600, "{:?}", play.engine().health().await);
        play.wait(600).await;
    }
    for number in 1..=3 {
        let open = play.store().count_open(&Person(format!("channel:{number}")), &HERE.into()).await.unwrap();
        assert_eq!(open.person, 0);
    }
}

#[tokio::test]
async fn restart_greets_after_an_absence_of_the_process_only() {
    let mut play = Play::new().await;
    play.drill().await;
    // The candidate thinks for half an hour; the process is there all the time.
    for _ in 0..30 {
        play.wait(60).await;
    }
    play.restart_after(SignedDuration::from_secs(20)).await;
    let greeted = |play: &Play| play.channel.transcript().contains("Welcome back");
    assert!(!greeted(&play), "{}", play.channel.transcript());
    play.restart_after(11 * MINUTE).await;
    assert!(greeted(&play), "{}", play.channel.transcript());
}

#[tokio::test]
async fn after_a_crash_the_absence_is_known_to_a_minute() {
    let mut play = Play::new().await;
    play.drill().await;
    play.wait(90).await;
    play.stop().await;
    play.clock.advance(9 * MINUTE);
    play.start().await;
    assert!(!play.channel.transcript().contains("Welcome back"));
    play.stop().await;
    play.clock.advance(11 * MINUTE);
    play.start().await;
    assert!(play.channel.transcript().contains("Welcome back after 11 minutes"));
}

#[tokio::test]
async fn f28_beginning_that_is_delivered_again_answers_what_the_first_did() {
    let mut play = Play::new().await;
    let first = play.send_as("begin".to_owned(), a_drill()).await.unwrap();
    play.interview = first.interview;
    play.say(SOLID).await;
    let other = What::Begin(request(Mode::Drill, 1, 1, Some("id-of-a-list")));
    // Another beginning ends it; the first one, delivered once more, must not end that.
    let second = play.send_as("another".to_owned(), other).await.unwrap();
    assert_ne!(second.interview, first.interview);
    let again = play.send_as("begin".to_owned(), a_drill()).await.unwrap();
    assert_eq!((again.outcome, again.interview, again.over), (Outcome::Duplicate, first.interview, true));
    let again = play.send_as("another".to_owned(), a_drill()).await.unwrap();
    assert_eq!((again.outcome, again.interview, again.over), (Outcome::Duplicate, second.interview, false));
    let expected = [CardKind::Ask, CardKind::Trap, CardKind::Farewell, CardKind::Ask];
    assert_eq!(kinds(&play.channel.posted()), expected);
    play.interview = second.interview;
    assert!(!play.say("no idea [blank]").await.over, "the second one goes on");
}

#[tokio::test]
async fn wish_that_nothing_fits_ends_no_running_drill() {
    let mut play = Play::new().await;
    play.drill().await;
    let nothing = What::Begin(request(Mode::Drill, 1, 1, Some("there-is-no-such-question")));
    let refusal = play.by(SOMEBODY, HERE, nothing).await.unwrap_err();
    assert!(matches!(refusal, Refusal::NothingFits(_)), "{refusal:?}");
    assert!(!play.say(SOLID).await.over);
}

#[tokio::test]
async fn drill_goes_on_in_the_thread_that_was_made_for_it() {
    let mut play = Play::new().await;
    *play.channel.moves_to.lock().unwrap() = Some("channel:thread".into());
    play.drill().await;
    play.say(SOLID).await;
    play.restart_after(MINUTE).await;
    play.press(Button::Skip).await;
    play.press(Button::Next).await;
    assert_eq!(kinds(&play.channel.posted_in(HERE)), [CardKind::Ask]);
    let thread = play.channel.posted_in("channel:thread");
    assert_eq!(kinds(&thread), [CardKind::Trap, CardKind::Reveal, CardKind::Ask]);
    assert_eq!(thread[1].person, SOMEBODY.into());
    let earlier = vec![(Seq(1), "m1-1".to_owned()), (Seq(2), "m1-2".to_owned())];
    assert_eq!(thread[1].earlier, earlier, "what is out already can be told by the platform's own ids");
    let asked =
        What::Begin(riposte::chat::Request { seed: None, traps: None, ..request(Mode::Drill, 1, 1, None) });
    let again = play.by(SOMEBODY, HERE, asked).await.unwrap();
    assert_eq!(again.interview, play.interview, "whoever asks where they asked first is in the same drill");
    let typed = What::Said { to: None, text: SOLID.to_owned() };
    assert_eq!(play.by(SOMEBODY, "channel:thread", typed).await.unwrap().interview, play.interview);
}

/// F5: the right to post was taken away in the middle of a game.
#[tokio::test]
async fn f05_drill_without_permission_pauses_and_goes_on_with_its_person() {
    let mut play = Play::new().await;
    play.drill().await;
    play.channel.fail(HERE, Some(DeliveryError::Blocked(Obstacle::NoPermission)));
    play.say(SOLID).await;
    assert_eq!(play.channel.told(), [(SOMEBODY.into(), say::blocked(Obstacle::NoPermission).to_owned())]);
    let tries = play.channel.tries();
    for _ in 0..20 {
        play.wait(60).await;
    }
    assert_eq!(play.channel.tries(), tries, "no storm of retries");
    play.by("channel:else", "channel:2", a_drill()).await.unwrap();
    assert_eq!(play.channel.tries(), tries + 1, "somebody else changes nothing about it");
    play.press(Button::Blank).await;
    assert_eq!(play.channel.told().len(), 1, "they are told once");
    assert_eq!(play.engine().health().await.unwrap().blocked, 1);
    play.channel.fail(HERE, None);
    play.say("it changes, then it raises [held]").await;
    let expected = [CardKind::Ask, CardKind::Trap, CardKind::Reveal];
    assert_eq!(kinds(&play.channel.posted_in(HERE))[..3], expected, "nothing is lost");
    assert_eq!(play.engine().health().await.unwrap().blocked, 0);
}

/// F34: a thread that only a moderator can open again.
#[tokio::test]
async fn f34_locked_thread_is_tried_again_after_a_long_while() {
    let mut play = Play::new().await;
    play.drill().await;
    play.channel.fail(HERE, Some(DeliveryError::Blocked(Obstacle::ThreadLocked)));
    play.say(SOLID).await;
    play.channel.fail(HERE, None);
    play.wait(29 * 60).await;
    assert_eq!(play.channel.posted().len(), 1);
    play.wait(60).await;
    assert_eq!(kinds(&play.channel.posted()), [CardKind::Ask, CardKind::Trap]);
}

/// F4: kicked and added again in the middle of a game.
#[tokio::test]
async fn f04_kicked_from_a_server_its_drills_are_closed_and_no_others() {
    let mut play = Play::new().await;
    for (number, place) in ["channel:7:1", "channel:7:2", "channel:77:1"].into_iter().enumerate() {
        play.by(&format!("channel:{number}"), place, a_drill()).await.unwrap();
    }
    for _ in 0..2 {
        play.incoming(|done| Incoming::Gone { place: "channel:7".into(), done }).await.unwrap();
    }
    let late = play.by("channel:0", "channel:7:1", said(InterviewId(1), SOLID)).await.unwrap();
    assert_eq!((late.outcome, late.over), (Outcome::Over, true));
    let other = play.by("channel:2", "channel:77:1", said(InterviewId(3), SOLID)).await.unwrap();
    assert_eq!(other.outcome, Outcome::Done, "a server whose name begins alike");
    let begun = play.by("channel:0", "channel:7:1", a_drill()).await.unwrap();
    assert_eq!((begun.outcome, begun.last), (Outcome::Done, Seq(1)), "added again, it starts clean");
}

#[tokio::test]
async fn place_that_is_gone_ends_its_drill_without_a_word() {
    let mut play = Play::new().await;
    play.drill().await;
    play.channel.fail(HERE, Some(DeliveryError::Gone));
    play.say(SOLID).await;
    assert_eq!(play.say(SOLID).await.outcome, Outcome::Over);
    assert_eq!(play.channel.told(), []);
    assert_eq!(play.engine().health().await.unwrap().posts, 0);
}

/// F10: anybody's reply was taken for the asked person's.
#[tokio::test]
async fn f10_another_person_cannot_answer() {
    let mut play = Play::new().await;
    play.drill().await;
    for what in [said(play.interview, SOLID), pressed(play.interview, 1, Button::Skip)] {
        let refusal = play.by("channel:else", HERE, what).await.unwrap_err();
        assert_eq!(refusal, Refusal::NotYours);
        assert_eq!(refusal.to_string(), say::NOT_YOURS);
    }
    let typed = What::Said { to: None, text: SOLID.to_owned() };
    assert_eq!(play.by("channel:else", HERE, typed).await.unwrap_err(), Refusal::NothingOpen);
    assert_eq!(play.channel.posted().len(), 1);
}

/// F52: buttons outlive everything, and some people press them all.
#[tokio::test]
async fn f52_stale_buttons_change_nothing_and_are_answered() {
    let mut play = Play::new().await;
    play.drill().await;
    play.say(SOLID).await;
    let press = |on, button| pressed(InterviewId(1), on, button);
    let stale = play.by(SOMEBODY, HERE, press(1, Button::Skip)).await.unwrap();
    assert_eq!((stale.outcome, stale.outcome.sentence()), (Outcome::Stale, Some(say::STALE)));
    assert_eq!(play.channel.posted().len(), 2);
    // A double click: the second one comes when the card has been left behind.
    play.send_as("click".to_owned(), press(2, Button::Skip)).await.unwrap();
    let second = play.by(SOMEBODY, HERE, press(2, Button::Skip)).await.unwrap();
    assert_eq!(second.outcome, Outcome::Stale);
    // The first one, delivered again, is no news.
    let again = play.send_as("click".to_owned(), press(2, Button::Skip)).await.unwrap();
    assert_eq!((again.outcome, again.outcome.sentence()), (Outcome::Duplicate, None));
    play.restart_after(MINUTE).await;
    let once_more = play.by(SOMEBODY, HERE, press(3, Button::OnceMore)).await.unwrap();
    assert_eq!(once_more.outcome, Outcome::Done, "the newest card is as good as ever after a restart");
    play.by(SOMEBODY, HERE, press(4, Button::Stop)).await.unwrap();
    let over = play.by(SOMEBODY, HERE, press(4, Button::Skip)).await.unwrap();
    assert_eq!((over.outcome, over.outcome.sentence()), (Outcome::Over, Some(say::OVER)));
    let expected = [CardKind::Ask, CardKind::Trap, CardKind::Reveal, CardKind::Ask, CardKind::Farewell];
    assert_eq!(kinds(&play.channel.posted()), expected);
}

/// A correction says how it was meant, so a press that is doubled says nothing more.
#[tokio::test]
async fn f52_correction_that_is_pressed_twice_counts_once() {
    let mut play = Play::new().await;
    play.drill().await;
    play.say(SOLID).await;
    play.press(Button::Skip).await;
    for (list, expected) in [(4, "✗"), (6, "✓")] {
        play.press(Button::NotWhatIMeant).await;
        let press = || pressed(play.interview, list, Button::Correct("mutability".into()));
        let (first, second) = (press(), press());
        assert_eq!(play.by(SOMEBODY, HERE, first).await.unwrap().outcome, Outcome::Done);
        assert_eq!(play.by(SOMEBODY, HERE, second).await.unwrap().outcome, Outcome::Stale);
        let transcript = play.channel.transcript();
        let (_, noted) = transcript.rsplit_once("Noted, by your own word:").unwrap();
        assert!(noted.trim_start_matches(['\n', '<', ' ']).starts_with(expected), "{transcript}");
    }
}

/// S9: what stands on a button can be forged.
#[tokio::test]
async fn s09_forged_button_is_stale() {
    let mut play = Play::new().await;
    play.drill().await;
    for (on, button) in [
        (1, Button::Next),
        (1, Button::Correct("mutability".into())),
        (0, Button::Skip),
        (9, Button::Stop),
        (u32::MAX, Button::Blank),
    ] {
        let taken = play.by(SOMEBODY, HERE, pressed(play.interview, on, button)).await.unwrap();
        assert_eq!(taken.outcome, Outcome::Stale);
    }
    let nowhere = play.by(SOMEBODY, HERE, pressed(InterviewId(99), 1, Button::Skip)).await.unwrap();
    assert_eq!(nowhere.outcome, Outcome::Over);
    assert_eq!(play.channel.posted().len(), 1);
}

/// S10: one person, ten thousand starts.
#[tokio::test]
async fn s10_ten_thousand_beginnings_are_met_with_a_sentence() {
    let mut play = Play::shared().await;
    let mut begun = 0;
    let mut sentences = std::collections::BTreeSet::new();
    for number in 0..10_000 {
        let place = format!("channel:server:{}", number % 500);
        match play.only_taken(format!("start-{number}"), SOMEBODY, &place, a_drill()).await {
            Ok(_) => begun += 1,
            Err(refusal) => drop(sentences.insert(refusal.to_string())),
        }
        if number % 20 == 19 {
            play.clock.advance(MINUTE);
        }
    }
    assert!(begun < 50, "five are begun, and one of them is gone on with now and then: {begun}");
    let open = play.store().count_open(&SOMEBODY.into(), &HERE.into()).await.unwrap();
    assert_eq!(open.person, 5);
    assert!(sentences.iter().any(|said| said.contains("Finish or stop one")), "{sentences:?}");
    assert!(sentences.iter().any(|said| said.contains("Try again in")), "{sentences:?}");
    play.clock.advance(60 * MINUTE);
    let other = play.by("channel:else", "channel:server:0", a_drill()).await;
    assert!(other.is_ok(), "nobody else pays for it");
}

#[tokio::test]
async fn s10_flood_of_messages_is_refused_before_it_takes_room() {
    let mut play = Play::shared().await;
    play.drill().await;
    let mut refused = 0;
    for number in 0..100 {
        let flood = said(play.interview, &format!("{number} [gibberish]"));
        if let Err(Refusal::TooMuch(excess)) = play.by(SOMEBODY, HERE, flood).await {
            refused += 1;
            assert_eq!(excess.wait, Some(MINUTE));
        }
    }
    assert_eq!(refused, 100 - 29, "thirty a minute, and one was the beginning");
}

/// S10: every drill of a server has a thread of its own, and a channel is full all the same.
#[tokio::test]
async fn s10_channel_is_full_though_each_drill_has_a_thread() {
    let mut play = Play::shared().await;
    let mut refused = Vec::new();
    for number in 0..=max(Scope::Channel, Measure::Open) {
        let person = format!("channel:{number}");
        let place = format!("channel:server:7:new:{number}");
        let begun = play.only_taken(format!("start-{number}"), &person, &place, a_drill()).await;
        refused.extend(begun.err());
    }
    let [Refusal::TooMuch(excess)] = refused[..] else { panic!("{refused:?}") };
    assert_eq!((excess.scope, excess.measure), (Scope::Channel, Measure::Open));
    play.by("channel:else", "channel:server:8:new:1", a_drill()).await.expect("another channel has room");
    play.by("channel:else", "channel:dm-9", a_drill()).await.expect("and so has a conversation");
}

/// A message that the platform keeps.
fn kept(key: &str, text: &str) -> Missed {
    Missed {
        key: key.to_owned(),
        at: "2026-01-05T09:00:30Z".parse().unwrap(),
        person: SOMEBODY.into(),
        place: HERE.into(),
        what: What::Said { to: None, text: text.to_owned() },
    }
}

/// F27: with a platform that tells all that was written since the first card.
#[tokio::test]
async fn f27_what_was_heard_before_leaves_room_for_what_was_missed() {
    let mut play = Play::shared().await;
    play.drill().await;
    play.press(Button::Skip).await;
    let heard: Vec<Missed> = (0..40).map(|number| kept(&format!("heard-{number}"), "and so on")).collect();
    for (number, missed) in heard.iter().enumerate() {
        play.send_as(missed.key.clone(), missed.what.clone()).await.unwrap();
        if number % 20 == 19 {
            play.clock.advance(MINUTE);
        }
    }
    play.press(Button::OnceMore).await;
    play.clock.advance(MINUTE);
    let notes = play.channel.posted().len();
    *play.channel.kept.lock().unwrap() = heard;
    play.channel.kept.lock().unwrap().push(kept("missed", SOLID));
    play.restart_after(SignedDuration::from_secs(30)).await;
    assert_eq!(kinds(&play.channel.posted()[notes..]), [CardKind::Trap], "what was missed counts, once");
    for _ in 0..30 {
        let live = play.by(SOMEBODY, HERE, said(play.interview, "no idea [gibberish]")).await;
        live.expect("and leaves room for whatever comes");
    }
}

#[tokio::test]
async fn f28_event_that_is_delivered_again_counts_against_no_quota() {
    let mut play = Play::shared().await;
    play.drill().await;
    for _ in 0..100 {
        play.send_as("answer".to_owned(), said(play.interview, SOLID)).await.unwrap();
    }
    assert_eq!(kinds(&play.channel.posted()), [CardKind::Ask, CardKind::Trap]);
}

/// F27: catching up while people are there already.
#[tokio::test]
async fn f27_only_who_missed_something_waits_for_it_and_it_comes_first() {
    let mut play = Play::new().await;
    play.drill().await;
    play.stop().await;
    play.channel.kept.lock().unwrap().push(kept("missed", SOLID));
    play.channel.unread.send_replace(vec![HERE.into()]);
    play.open().await;
    let (inbox, running) = play.run();
    let at = "2026-01-05T09:01:00Z".parse().unwrap();
    let what = pressed(play.interview, 2, Button::Skip);
    let live = inbox.send("live".into(), at, SOMEBODY.into(), HERE.into(), what);
    let others = async {
        inbox.send("else".into(), at, "channel:else".into(), "channel:2".into(), a_drill()).await.unwrap();
        play.channel.until_posted(2).await;
        assert_eq!(play.channel.posted_in(HERE).len(), 1);
        play.channel.unread.send_replace(Vec::new());
    };
    let (live, ()) = tokio::join!(live, others);
    assert_eq!(live.unwrap().outcome, Outcome::Done, "the card that was pressed is there by then");
    drop(inbox);
    running.await.unwrap().unwrap();
    assert_eq!(kinds(&play.channel.posted_in(HERE)), [CardKind::Ask, CardKind::Trap, CardKind::Reveal]);
}

#[tokio::test]
async fn f27_session_that_got_lost_is_caught_up_with_before_anything_newer() {
    let mut play = Play::new().await;
    play.drill().await;
    play.stop().await;
    play.open().await;
    let (inbox, running) = play.run();
    play.channel.kept.lock().unwrap().push(kept("missed", SOLID));
    let at = "2026-01-05T09:01:00Z".parse().unwrap();
    let what = pressed(play.interview, 2, Button::Skip);
    let lost = inbox.catch_up("channel");
    let live = inbox.send("live".into(), at, SOMEBODY.into(), HERE.into(), what);
    let (lost, live) = tokio::join!(lost, live);
    lost.unwrap();
    assert_eq!(live.unwrap().outcome, Outcome::Done);
    drop(inbox);
    running.await.unwrap().unwrap();
    assert_eq!(kinds(&play.channel.posted_in(HERE)), [CardKind::Ask, CardKind::Trap, CardKind::Reveal]);
}

#[tokio::test]
async fn f27_what_takes_too_long_to_read_is_not_waited_for() {
    let mut play = Play::new().await;
    play.drill().await;
    play.stop().await;
    play.channel.unread.send_replace(vec![HERE.into()]);
    play.open().await;
    let (inbox, running) = play.run();
    let at = "2026-01-05T09:01:00Z".parse().unwrap();
    let live = inbox.send("live".into(), at, SOMEBODY.into(), HERE.into(), said(play.interview, SOLID));
    let others = async {
        inbox.send("else".into(), at, "channel:else".into(), "channel:2".into(), a_drill()).await.unwrap();
        play.clock.advance(SignedDuration::from_secs(20));
    };
    let (live, ()) = tokio::join!(live, others);
    assert_eq!(live.unwrap().outcome, Outcome::Done);
    drop(inbox);
    running.await.unwrap().unwrap();
}

/// F12: deadlines come after what people did before them.
#[tokio::test]
async fn f12_answer_that_was_missed_keeps_its_drill_from_being_abandoned() {
    let mut play = Play::new().await;
    play.drill().await;
    play.stop().await;
    play.clock.advance(25 * 60 * MINUTE);
    let at = "2026-01-06T09:00:00Z".parse().unwrap();
    play.channel.kept.lock().unwrap().push(Missed { at, ..kept("missed", SOLID) });
    play.open().await;
    let (inbox, running) = play.run();
    play.channel.until_posted(2).await;
    drop(inbox);
    running.await.unwrap().unwrap();
    assert_eq!(kinds(&play.channel.posted()), [CardKind::Ask, CardKind::Trap]);
}
