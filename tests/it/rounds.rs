//! Rounds on the engine: what a channel and its people get to see, whatever is pressed, lost, killed or
//! forgotten.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex};

use jiff::SignedDuration;
use riposte::chat::{
    Delivery, DeliveryError, Incoming, Obstacle, Outcome, Refusal, RoundRequest, Taken, What,
};
use riposte::core::bank::{Question, QuestionId, Trap};
use riposte::core::card::{Block, Button, Card, CardKind, Way};
use riposte::core::choose::Filter;
use riposte::core::grading::{Assessment, Grader, PreparedQuestion, ReplyAssessment};
use riposte::core::interview::{InterviewId, Seq};
use riposte::core::quota::{Measure, Scope, max};
use riposte::core::round::{ANONYMOUS_FROM, Control, Note, OPEN_MAX, State};
use riposte::core::say;

use crate::support::grader::Labelled;
use crate::support::play::Play;

const CHANNEL: &str = "channel:7:1";
const ADA: &str = "channel:ada";
const SOLID: &str =
    "a list changes, a tuple never, so it can be a key [says mutability hashable record; example; reason]";
const VAGUE: &str = "only the brackets differ [believes only-syntax]";
const REPLY: &str = "then they cannot be keys [held; says hashable]";
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const ROUND: InterviewId = InterviewId(1);

fn a_round(manages: bool) -> What {
    let filter = Filter { question: Some(QuestionId::from("list-vs-tuple")), ..Filter::default() };
    What::Round(RoundRequest { filter, open_for: Some(MINUTE * 10), manages, seed: Some(1) })
}

fn said(to: InterviewId, text: &str) -> What {
    What::Said { to: Some(to), text: text.to_owned() }
}

fn pressed(to: InterviewId, on: u32, button: Button) -> What {
    What::Pressed { to: Some(to), on: Some(Seq(on)), button }
}

fn control(manages: bool, control: Control) -> What {
    What::Controlled { round: ROUND, manages, control }
}

/// Where cards reach one person alone.
fn alone(name: &str) -> String {
    format!("{name}-alone")
}

/// A bot with a round in the channel, begun by Ada.
async fn opened() -> Play {
    let mut play = Play::new().await;
    let taken = play.by(ADA, CHANNEL, a_round(false)).await.unwrap();
    assert_eq!((taken.outcome, taken.interview), (Outcome::Done, ROUND));
    play
}

/// Somebody does something in the round.
async fn does(play: &mut Play, name: &str, what: What) -> Taken {
    let shown = match &what {
        What::Said { text, .. } => text.clone(),
        What::Pressed { button, .. } => format!("[{}]", say::label(button)),
        What::Begin(_) | What::Round(_) | What::Edited { .. } | What::Controlled { .. } => {
            format!("{what:?}")
        }
    };
    play.channel.note(&format!("> {name}: {shown}"));
    play.by(name, &alone(name), what).await.unwrap()
}

/// Answers and replies, which ends somebody's part.
async fn takes_part(play: &mut Play, name: &str, text: &str) -> InterviewId {
    let part = does(play, name, said(ROUND, text)).await.interview;
    assert_ne!(part, ROUND);
    does(play, name, said(part, REPLY)).await;
    part
}

fn in_channel(play: &Play, way: fn(Way) -> bool) -> Vec<Delivery> {
    play.channel.posted_in(CHANNEL).into_iter().filter(|delivery| way(delivery.card.way)).collect()
}

fn is_edit(way: Way) -> bool {
    matches!(way, Way::Edit(_))
}

fn is_under(way: Way) -> bool {
    matches!(way, Way::Under(_))
}

fn kinds(posted: &[Delivery]) -> Vec<CardKind> {
    posted.iter().map(|delivery| delivery.card.kind).collect()
}

fn says(card: &Card, words: &str) -> bool {
    serde_json::to_string(card).unwrap().contains(words)
}

/// How many said each point, and how many answered, of what counts. Bars show the same, if there are any.
async fn counts(play: &Play) -> (Vec<usize>, usize) {
    let result = in_channel(play, is_under).into_iter().find(|under| under.card.kind == CardKind::Result);
    let bars = result.expect("the round was revealed").card.blocks.into_iter().find_map(|block| {
        let Block::Bars { bars } = block else { return None };
        Some((bars.bars.iter().map(|(_, count)| *count).collect::<Vec<_>>(), bars.of))
    });
    let stored = play.store().interview(ROUND).await.unwrap().unwrap();
    let state: State = serde_json::from_str(&stored.state).unwrap();
    let answers: Vec<_> = state.people.values().filter_map(|found| found.answer.clone()).collect();
    let question = play.bank.question(&QuestionId::from("list-vs-tuple")).unwrap();
    let said = |id| answers.iter().filter(|answer| answer.said.contains(id)).count();
    let counts = (question.points.iter().map(|point| said(&point.id)).collect(), answers.len());
    assert_eq!(bars, (answers.len() >= ANONYMOUS_FROM).then(|| counts.clone()));
    counts
}

#[tokio::test]
async fn round_of_three_people_is_answered_privately_and_revealed_together() {
    let mut play = opened().await;
    let bob = does(&mut play, "channel:bob", said(ROUND, VAGUE)).await;
    assert_eq!((bob.outcome, bob.last), (Outcome::Done, Seq(1)));
    does(&mut play, "channel:bob", said(bob.interview, REPLY)).await;
    let cem = does(&mut play, "channel:cem", pressed(ROUND, 1, Button::Blank)).await.interview;
    does(&mut play, "channel:cem", said(cem, SOLID)).await;
    does(&mut play, "channel:dora", said(ROUND, VAGUE)).await;
    play.wait(10).await;
    let changed = does(&mut play, "channel:bob", said(ROUND, SOLID)).await.interview;
    assert_ne!(changed, bob.interview);
    does(&mut play, "channel:bob", said(changed, REPLY)).await;
    let early = does(&mut play, "channel:bob", pressed(ROUND, 1, Button::HowDidIDo)).await;
    assert_eq!(early.outcome, Outcome::Told(Note::NotYet));
    play.wait(600).await;
    let mine = does(&mut play, "channel:bob", pressed(ROUND, 7, Button::HowDidIDo)).await;
    assert_eq!(mine.interview, changed);
    assert_eq!(mine.shown.last().map(|shown| shown.card.kind), Some(CardKind::Reveal));
    let again = does(&mut play, "channel:bob", pressed(ROUND, 7, Button::HowDidIDo)).await;
    assert_eq!(again.shown.last().map(|shown| shown.card.kind), Some(CardKind::Reveal), "to see it again");
    does(&mut play, "channel:bob", pressed(ROUND, 7, Button::ShowAnswer)).await;
    let twice = does(&mut play, "channel:bob", pressed(ROUND, 7, Button::ShowAnswer)).await;
    assert_eq!(twice.outcome, Outcome::Stale);
    let stranger = does(&mut play, "channel:eve", pressed(ROUND, 7, Button::ShowAnswer)).await;
    assert_eq!(stranger.outcome, Outcome::Told(Note::NothingToShow));
    does(&mut play, "channel:eve", pressed(ROUND, 7, Button::OnceMore)).await;
    assert_eq!(kinds(&play.channel.posted_in(&alone("channel:eve"))), [CardKind::Ask]);
    assert_eq!(counts(&play).await, (vec![2, 2, 2], 3));
    insta::assert_snapshot!(play.channel.transcript());
}

/// F11: several rounds could be started in one channel.
#[tokio::test]
async fn f11_second_start_gets_a_link_and_who_may_gets_the_controls() {
    let mut play = opened().await;
    for (person, manages, controls) in
        [("channel:bob", false, 0), ("channel:mod", true, 1), (ADA, false, 1), (ADA, false, 1)]
    {
        let taken = play.by(person, CHANNEL, a_round(manages)).await.unwrap();
        assert_eq!((taken.outcome, taken.interview), (Outcome::RoundOpen, ROUND));
        assert_eq!(taken.post.as_deref(), Some("m1-1"), "the link is made of the platform's id");
        assert_eq!(kinds(&taken.shown), vec![CardKind::Host; controls], "{person}");
    }
    assert_eq!(in_channel(&play, |way| way == Way::Post).len(), 1);
    let thread = play.by(ADA, "channel:7:1:99", a_round(false)).await.unwrap();
    assert_eq!(thread.outcome, Outcome::RoundOpen, "a thread is its channel's");
    let elsewhere = play.by(ADA, "channel:7:2", a_round(false)).await.unwrap();
    assert_eq!(elsewhere.outcome, Outcome::Done);
    play.wait(600).await;
    let next = play.by("channel:bob", CHANNEL, a_round(false)).await.unwrap();
    assert_eq!(next.outcome, Outcome::Done, "once it is closed, there is room");
}

#[tokio::test]
async fn f11_fifty_starts_at_once_are_one_round() {
    let play = Play::new().await;
    let play_here = &play;
    let starts = (0..50).map(|number| async move {
        let person = format!("channel:{number}");
        play_here.only_taken(format!("start-{number}"), &person, CHANNEL, a_round(false)).await
    });
    let taken = futures_util::future::join_all(starts).await;
    let done = |outcome| taken.iter().filter(|taken| taken.as_ref().unwrap().outcome == outcome).count();
    assert_eq!((done(Outcome::Done), done(Outcome::RoundOpen)), (1, 49));
    play.engine().turn().await.unwrap();
    assert_eq!(in_channel(&play, |way| way == Way::Post).len(), 1);
}

#[tokio::test]
async fn only_host_and_managers_control_a_round() {
    let mut play = opened().await;
    let until = play.channel.posted_in(CHANNEL)[0].card.blocks.iter().find_map(|block| {
        let Block::When { at, .. } = block else { return None };
        Some(*at)
    });
    let extend = Control::Extend { until: until.unwrap() + MINUTE * 10 };
    let mut wants = async |person: &str, manages, wanted| {
        play.by(person, CHANNEL, control(manages, wanted)).await.unwrap().outcome
    };
    for wanted in [Control::Close, Control::Cancel, extend] {
        assert_eq!(wants("channel:bob", false, wanted).await, Outcome::Told(Note::NotHost));
    }
    assert_eq!(wants(ADA, false, extend).await, Outcome::Told(Note::Extended));
    assert_eq!(wants(ADA, false, extend).await, Outcome::Stale, "the same button again adds nothing");
    let endless = Control::Extend { until: until.unwrap() + OPEN_MAX };
    assert_eq!(wants(ADA, false, endless).await, Outcome::Told(Note::OpenEnough));
    play.wait(610).await;
    assert_eq!(in_channel(&play, is_under), [], "it is open for ten minutes more");
    takes_part(&mut play, "channel:bob", SOLID).await;
    let mut wants = async |person: &str, manages, wanted| {
        play.by(person, CHANNEL, control(manages, wanted)).await.unwrap().outcome
    };
    assert_eq!(wants(ADA, false, Control::Cancel).await, Outcome::Told(Note::SomebodyAnswered));
    assert_eq!(wants("channel:mod", true, Control::Close).await, Outcome::Done);
    assert_eq!(wants("channel:mod", true, Control::Close).await, Outcome::Told(Note::Over));
    assert_eq!(counts(&play).await, (vec![1, 1, 1], 1));
}

#[tokio::test]
async fn round_that_was_called_off_says_so_and_makes_room() {
    let mut play = opened().await;
    play.by(ADA, CHANNEL, control(false, Control::Cancel)).await.unwrap();
    let edits = in_channel(&play, is_edit);
    assert!(says(&edits[0].card, "called off") && edits[0].card.buttons.is_empty(), "{edits:?}");
    let late = does(&mut play, "channel:bob", said(ROUND, SOLID)).await;
    assert_eq!((late.outcome, late.over), (Outcome::Over, true));
    let next = play.by(ADA, CHANNEL, a_round(false)).await.unwrap();
    assert_eq!(next.outcome, Outcome::Done);
    assert_eq!(in_channel(&play, is_under), []);
}

/// F66, F68: two hundred people made a bot post two hundred times.
#[tokio::test]
async fn f66_five_hundred_people_are_one_post_and_a_handful_of_edits() {
    let mut play = Play::shared().await;
    play.by(ADA, CHANNEL, a_round(false)).await.unwrap();
    for number in 0..500 {
        let name = format!("channel:{number}");
        let key = format!("answer-{number}");
        let taken = play.only_taken(key, &name, &alone(&name), said(ROUND, SOLID)).await;
        assert_eq!(taken.unwrap().outcome, Outcome::Done, "no limit of the channel is for them");
        if number % 50 == 49 {
            play.wait(6).await;
        }
    }
    play.wait(10).await;
    let edits = in_channel(&play, is_edit);
    assert!((4..=7).contains(&edits.len()), "{} edits in 70 seconds", edits.len());
    assert!(says(&edits.last().unwrap().card, "500 have answered"));
    assert!(edits.iter().all(|edit| edit.about.as_deref() == Some("m1-1")));
    let public = play.channel.posted_in(CHANNEL).len() - edits.len();
    assert_eq!(public, 2, "the question and its thread");
    play.wait(600).await;
    assert_eq!(counts(&play).await, (vec![500, 500, 500], 500));
    let size = play.store().interview(ROUND).await.unwrap().unwrap().state.len();
    assert!(size < 200_000, "{size} bytes for 500 people");
}

#[tokio::test]
async fn s10_rounds_count_as_beginnings_of_their_person() {
    let mut play = Play::shared().await;
    let mut refused = Vec::new();
    for number in 0..=max(Scope::Person, Measure::Begins) {
        let channel = format!("channel:7:{number}");
        let taken = play.only_taken(format!("start-{number}"), ADA, &channel, a_round(true)).await;
        refused.extend(taken.err());
        play.clock.advance(SignedDuration::from_secs(10));
    }
    let [Refusal::TooMuch(excess)] = refused[..] else { panic!("{refused:?}") };
    assert_eq!((excess.scope, excess.measure), (Scope::Person, Measure::Begins));
    play.by("channel:bob", "channel:7:99", a_round(false)).await.expect("nobody else pays for it");
}

/// F53: an answer may be changed, and taken back, until the close and not after it.
#[tokio::test]
async fn f53_answer_is_changed_and_taken_back_until_the_close() {
    let mut play = opened().await;
    takes_part(&mut play, "channel:bob", SOLID).await;
    let second = does(&mut play, "channel:bob", said(ROUND, VAGUE)).await.interview;
    does(&mut play, "channel:bob", said(second, "no idea [blank]")).await;
    let posted = play.channel.posted_in(&alone("channel:bob"));
    let expected = [CardKind::Trap, CardKind::Noted, CardKind::Trap, CardKind::Noted];
    assert_eq!(kinds(&posted), expected);
    assert_eq!(play.store().parts(ROUND).await.unwrap().len(), 1, "the words of the first one are gone");
    let cem = takes_part(&mut play, "channel:cem", SOLID).await;
    let foreign = play.by("channel:bob", CHANNEL, pressed(cem, 2, Button::TakeBack)).await;
    assert_eq!(foreign.unwrap_err(), Refusal::NotYours);
    let left = does(&mut play, "channel:cem", pressed(cem, 2, Button::TakeBack)).await;
    assert_eq!((left.outcome, left.over), (Outcome::Told(Note::Left), true));
    play.wait(600).await;
    assert_eq!(counts(&play).await, (vec![0, 0, 0], 1));
    let late = does(&mut play, "channel:bob", pressed(second, 2, Button::TakeBack)).await;
    assert_eq!(late.outcome, Outcome::Told(Note::Over));
    let late = does(&mut play, "channel:bob", said(ROUND, SOLID)).await;
    assert_eq!(late.outcome, Outcome::Told(Note::Over));
}

/// F12: an answer in the last second counts, by the platform's time, and one after it does not.
#[tokio::test]
async fn f12_reply_after_the_close_changes_no_count() {
    let mut play = opened().await;
    let bob = does(&mut play, "channel:bob", said(ROUND, "a list changes [says mutability]")).await.interview;
    let dora = does(&mut play, "channel:dora", said(ROUND, "xyzzy [gibberish]")).await.interview;
    play.clock.advance(MINUTE * 10);
    let late = does(&mut play, "channel:dora", said(dora, SOLID)).await;
    assert_eq!(late.outcome, Outcome::Told(Note::TooLate));
    does(&mut play, "channel:bob", said(bob, "and it hashes [held; says hashable]")).await;
    let own = kinds(&play.channel.posted_in(&alone("channel:bob")));
    assert_eq!(own, [CardKind::Trap, CardKind::Reveal], "nothing is to come any more, so it comes now");
    let own = kinds(&play.channel.posted_in(&alone("channel:dora")));
    assert_eq!(own.last(), Some(&CardKind::Reveal));
    assert_eq!(counts(&play).await, (vec![1, 0, 0], 1));
}

/// Whoever had nothing to say was invited to answer until the close, and may.
#[tokio::test]
async fn who_went_blank_can_still_answer_until_the_close() {
    let mut play = opened().await;
    let bob = does(&mut play, "channel:bob", said(ROUND, "no idea [blank]")).await.interview;
    does(&mut play, "channel:bob", said(ROUND, "still none [blank]")).await;
    does(&mut play, "channel:bob", pressed(ROUND, 1, Button::Blank)).await;
    let again = does(&mut play, "channel:bob", said(ROUND, SOLID)).await;
    assert_eq!((again.outcome, again.interview), (Outcome::Done, bob));
    does(&mut play, "channel:bob", said(bob, REPLY)).await;
    let expected = [CardKind::Recover, CardKind::Noted, CardKind::Noted, CardKind::Trap, CardKind::Noted];
    assert_eq!(kinds(&play.channel.posted_in(&alone("channel:bob"))), expected);
    play.wait(600).await;
    assert_eq!(counts(&play).await, (vec![1, 1, 1], 1));
}

/// A grader that takes as long as the test likes.
struct Slow;

struct SlowlyRead(Arc<dyn PreparedQuestion>);

/// Whether a text is being read, and whether it may be finished.
static READING: (Mutex<(bool, bool)>, Condvar) = (Mutex::new((false, false)), Condvar::new());

impl Grader for Slow {
    fn prepare(&self, question: &Question) -> Arc<dyn PreparedQuestion> {
        Arc::new(SlowlyRead(Labelled.prepare(question)))
    }
}

impl PreparedQuestion for SlowlyRead {
    fn answer(&self, answer: &str) -> Assessment {
        let mut reading = READING.0.lock().unwrap();
        reading.0 = true;
        drop(READING.1.wait_while(reading, |reading| !reading.1).unwrap());
        self.0.answer(answer)
    }

    fn reply(&self, trap: &Trap, reply: &str) -> ReplyAssessment {
        self.0.reply(trap, reply)
    }
}

/// F12: an answer that came in time and is still being read at the close counts, if that does not take for ever.
#[tokio::test]
async fn f12_close_waits_for_what_came_before_it_and_not_for_ever() {
    for (seconds, outcome, answered) in [(14, Outcome::Done, 1), (15, Outcome::Told(Note::TooLate), 0)] {
        *READING.0.lock().unwrap() = (false, false);
        let mut play = Play::graded_by(|| Box::new(Slow)).await;
        play.by(ADA, CHANNEL, a_round(false)).await.unwrap();
        play.clock.advance(MINUTE * 9);
        let here = &play;
        let bob = alone("channel:bob");
        let answers = here.only_taken("answer".to_owned(), "channel:bob", &bob, said(ROUND, SOLID));
        let closes = async {
            while !READING.0.lock().unwrap().0 {
                tokio::task::yield_now().await;
            }
            here.clock.advance(MINUTE);
            here.engine().turn().await.unwrap();
            assert_eq!(in_channel(here, is_under), [], "it waits");
            here.clock.advance(SignedDuration::from_secs(seconds));
            here.engine().turn().await.unwrap();
            READING.0.lock().unwrap().1 = true;
            READING.1.notify_all();
        };
        let (taken, ()) = tokio::join!(answers, closes);
        assert_eq!(taken.unwrap().outcome, outcome);
        play.wait(1).await;
        assert_eq!(counts(&play).await.1, answered);
        let own = does(&mut play, "channel:bob", pressed(ROUND, 4, Button::HowDidIDo)).await;
        assert!(kinds(&own.shown).contains(&CardKind::Reveal), "late or not, it is theirs to see: {own:?}");
    }
}

/// F5: a reveal that may not be posted is kept for longer than the round would be.
#[tokio::test]
async fn f05_reveal_comes_once_it_may_be_posted_again() {
    for (hours, expected) in [(25, 1), (90, 0)] {
        let mut play = opened().await;
        takes_part(&mut play, "channel:bob", SOLID).await;
        let blocked = DeliveryError::Blocked(Obstacle::NoPermission);
        play.channel.way_faults.lock().unwrap().push((is_under, blocked));
        for _ in 0..hours {
            play.wait(3600).await;
        }
        play.channel.way_faults.lock().unwrap().clear();
        for _ in 0..20 {
            play.wait(3600).await;
        }
        assert_eq!(in_channel(&play, is_under).len(), expected, "{hours}");
        assert!(play.store().interview(ROUND).await.unwrap().is_none());
        assert_eq!(play.store().next_deadline().await.unwrap(), None);
    }
}

/// F10: what somebody else says goes nowhere.
#[tokio::test]
async fn f10_nobody_answers_for_somebody_else() {
    let mut play = opened().await;
    let bob = does(&mut play, "channel:bob", said(ROUND, VAGUE)).await.interview;
    for what in [said(bob, SOLID), pressed(bob, 1, Button::Blank)] {
        assert_eq!(play.by("channel:eve", CHANNEL, what).await.unwrap_err(), Refusal::NotYours);
    }
    let typed = What::Said { to: None, text: SOLID.to_owned() };
    let typed = play.by("channel:eve", CHANNEL, typed).await.unwrap_err();
    assert_eq!(typed, Refusal::NothingOpen, "what people talk about in the channel is no answer");
    for forged in [Button::Skip, Button::Next, Button::Stop, Button::TakeBack] {
        assert_eq!(does(&mut play, "channel:eve", pressed(ROUND, 1, forged)).await.outcome, Outcome::Stale);
    }
}

/// A front end looks before it shows a form, so that nobody writes in vain.
#[tokio::test]
async fn form_is_shown_to_whoever_can_still_answer() {
    let mut play = opened().await;
    let bob = does(&mut play, "channel:bob", said(ROUND, VAGUE)).await.interview;
    let look = async |play: &mut Play, interview, on, person: &str| {
        let person = person.into();
        play.incoming(|done| Incoming::Look { interview, on: Seq(on), person, done }).await
    };
    let public = look(&mut play, ROUND, 1, "channel:eve").await.unwrap();
    assert_eq!((public.outcome, public.card.card.kind), (Outcome::Done, CardKind::Round));
    let own = look(&mut play, bob, 1, "channel:bob").await.unwrap();
    assert_eq!((own.outcome, own.card.card.kind), (Outcome::Done, CardKind::Trap));
    assert_eq!(look(&mut play, bob, 1, "channel:eve").await.unwrap_err(), Refusal::NotYours);
    play.wait(600).await;
    let closed = look(&mut play, ROUND, 1, "channel:eve").await.unwrap();
    assert_eq!(closed.outcome, Outcome::Told(Note::Over));
}

/// F28: the platform delivers everything twice.
#[tokio::test]
async fn f28_what_is_delivered_again_counts_once() {
    let mut play = Play::new().await;
    let alone = alone("channel:bob");
    for _ in 0..3 {
        play.delivered("start".to_owned(), ADA, CHANNEL, a_round(false)).await.unwrap();
        play.delivered("answer".to_owned(), "channel:bob", &alone, said(ROUND, SOLID)).await.unwrap();
        let part = InterviewId(2);
        play.delivered("reply".to_owned(), "channel:bob", &alone, said(part, REPLY)).await.unwrap();
    }
    assert_eq!(kinds(&play.channel.posted_in(&alone)), [CardKind::Trap, CardKind::Noted]);
    let close = control(false, Control::Close);
    play.delivered("close".to_owned(), ADA, CHANNEL, close.clone()).await.unwrap();
    play.delivered("close".to_owned(), ADA, CHANNEL, close).await.unwrap();
    assert_eq!(in_channel(&play, is_under).len(), 1);
    assert_eq!(counts(&play).await, (vec![1, 1, 1], 1));
}

/// F1: killed between the transaction of an answer and the one in which its round hears of it. What is undone
/// here is exactly what was not on disk then.
#[tokio::test]
async fn f01_answer_that_its_round_did_not_hear_before_the_kill_is_heard_after_it() {
    let mut play = opened().await;
    takes_part(&mut play, "channel:ann", SOLID).await;
    for (name, text) in [("channel:bob", VAGUE), ("channel:cem", SOLID), ("channel:bob", SOLID)] {
        play.engine().stop().await.unwrap();
        play.stop().await;
        play.write("CREATE TABLE before AS SELECT * FROM interviews WHERE sort = 'round'").await;
        play.start().await;
        let key = format!("{name}-{text}");
        play.only_taken(key.clone(), name, &alone(name), said(ROUND, text)).await.unwrap();
        play.stop().await;
        play.write(
            "UPDATE interviews SET (state, version, wake_at) = (SELECT state, version, wake_at FROM before) \
             WHERE sort = 'round'",
        )
        .await;
        play.write("DELETE FROM journal WHERE key LIKE 'heard:%'").await;
        play.write("DROP TABLE before").await;
        play.start().await;
        let again = play.delivered(key, name, &alone(name), said(ROUND, text)).await.unwrap();
        assert_eq!(
            again.outcome,
            Outcome::Duplicate,
            "the platform delivers again what was not acknowledged"
        );
    }
    play.wait(600).await;
    assert_eq!(counts(&play).await, (vec![3, 3, 3], 3));
    assert_eq!(in_channel(&play, |way| way == Way::Post).len(), 1);
}

#[tokio::test]
async fn restarts_at_every_step_change_nothing() {
    let mut play = opened().await;
    for name in ["channel:ann", "channel:bob"] {
        play.restart_after(SignedDuration::from_secs(1)).await;
        let part = does(&mut play, name, said(ROUND, SOLID)).await.interview;
        play.restart_after(SignedDuration::from_secs(1)).await;
        does(&mut play, name, said(part, REPLY)).await;
    }
    play.restart_after(MINUTE * 20).await;
    assert_eq!(counts(&play).await, (vec![2, 2, 2], 2), "it closed while nobody was there");
    play.restart_after(MINUTE).await;
    let mine = does(&mut play, "channel:bob", pressed(ROUND, 4, Button::HowDidIDo)).await;
    assert_eq!(mine.shown.last().map(|shown| shown.card.kind), Some(CardKind::Reveal));
    assert_eq!(in_channel(&play, is_under).len(), 1);
    assert!(!play.channel.transcript().contains("Welcome back"));
}

/// F3: whatever was said is gone a day after the close.
#[tokio::test]
async fn f03_round_and_all_words_in_it_are_gone_a_day_after_the_close() {
    let mut play = opened().await;
    takes_part(&mut play, "channel:bob", SOLID).await;
    play.wait(600).await;
    play.wait(24 * 3600 - 1).await;
    assert_eq!(play.store().parts(ROUND).await.unwrap().len(), 1);
    play.wait(1).await;
    assert!(play.store().interview(ROUND).await.unwrap().is_none());
    assert!(play.store().interview(InterviewId(2)).await.unwrap().is_none());
    let late = does(&mut play, "channel:bob", pressed(ROUND, 4, Button::HowDidIDo)).await;
    assert_eq!(late.outcome, Outcome::Over);
    assert_eq!(play.store().next_deadline().await.unwrap(), None);
}

/// F29: the post arrived, and the platform's answer got lost.
#[tokio::test]
async fn f29_lost_post_is_found_and_its_clock_starts_late() {
    let mut play = Play::new().await;
    play.channel.loses_answers.store(true, Ordering::Relaxed);
    play.channel.is_blind.store(true, Ordering::Relaxed);
    play.by(ADA, CHANNEL, a_round(false)).await.unwrap();
    play.wait(300).await;
    play.channel.loses_answers.store(false, Ordering::Relaxed);
    play.channel.is_blind.store(false, Ordering::Relaxed);
    play.wait(600).await;
    assert_eq!(in_channel(&play, |way| way == Way::Post).len(), 1, "it was found, not posted again");
    takes_part(&mut play, "channel:bob", SOLID).await;
    assert_eq!(in_channel(&play, is_under), [], "nobody loses time to a slow platform");
    play.wait(600).await;
    assert_eq!(counts(&play).await, (vec![1, 1, 1], 1));
}

/// F5: nobody may post in the channel.
#[tokio::test]
async fn f05_round_whose_post_never_appears_is_called_off_and_is_not_shown_later() {
    let mut play = Play::new().await;
    play.channel.fail(CHANNEL, Some(DeliveryError::Blocked(Obstacle::NoPermission)));
    play.by(ADA, CHANNEL, a_round(false)).await.unwrap();
    assert_eq!(play.channel.told(), [(ADA.into(), say::blocked(Obstacle::NoPermission).to_owned())]);
    for _ in 0..13 {
        play.wait(600).await;
    }
    play.channel.fail(CHANNEL, None);
    for _ in 0..60 {
        play.wait(600).await;
    }
    assert_eq!(play.channel.posted_in(CHANNEL), []);
    assert_eq!(play.by(ADA, CHANNEL, a_round(false)).await.unwrap().outcome, Outcome::Done);
}

/// What a platform's own filters refuse is one person's words, and nobody else loses the round for it.
#[tokio::test]
async fn answer_that_may_not_be_shown_is_told_to_its_person_alone() {
    let mut play = opened().await;
    takes_part(&mut play, "channel:bob", SOLID).await;
    takes_part(&mut play, "channel:cem", SOLID).await;
    play.wait(600).await;
    let refused = DeliveryError::Refused("filtered".to_owned());
    play.channel.way_faults.lock().unwrap().push((is_under, refused));
    does(&mut play, "channel:bob", pressed(ROUND, 4, Button::ShowAnswer)).await;
    assert_eq!(
        play.channel.told(),
        [("channel:bob".into(), say::step_failed(Way::Under(Seq(1))).to_owned())]
    );
    play.channel.way_faults.lock().unwrap().clear();
    does(&mut play, "channel:cem", pressed(ROUND, 4, Button::ShowAnswer)).await;
    let shown = in_channel(&play, is_under);
    assert_eq!(kinds(&shown), [CardKind::Result, CardKind::Shown]);
    assert_eq!(shown[1].person.0, "channel:cem");
}

/// What is said once more, after the reveal, is for its person alone.
#[tokio::test]
async fn answer_that_counted_is_shown_whatever_its_person_did_since() {
    let mut play = opened().await;
    let bob = takes_part(&mut play, "channel:bob", SOLID).await;
    let cem = takes_part(&mut play, "channel:cem", SOLID).await;
    play.wait(600).await;
    does(&mut play, "channel:bob", pressed(ROUND, 4, Button::HowDidIDo)).await;
    let more = What::Pressed { to: Some(bob), on: None, button: Button::OnceMore };
    does(&mut play, "channel:bob", more).await;
    does(&mut play, "channel:bob", pressed(ROUND, 4, Button::ShowAnswer)).await;
    does(&mut play, "channel:cem", pressed(ROUND, 4, Button::HowDidIDo)).await;
    let stop = What::Pressed { to: Some(cem), on: None, button: Button::Stop };
    does(&mut play, "channel:cem", stop).await;
    does(&mut play, "channel:cem", pressed(ROUND, 4, Button::ShowAnswer)).await;
    let shown = in_channel(&play, is_under);
    assert_eq!(kinds(&shown), [CardKind::Result, CardKind::Shown, CardKind::Shown]);
    assert!(shown[1..].iter().all(|shown| says(&shown.card, "so it can be a key")), "{shown:?}");
    let again = does(&mut play, "channel:cem", pressed(ROUND, 4, Button::HowDidIDo)).await;
    assert!(kinds(&again.shown).contains(&CardKind::Reveal), "{again:?}");
}

/// The answer before counts until there is another one; so that is the one to take back.
#[tokio::test]
async fn f53_answer_that_still_counts_is_taken_back_with_its_words() {
    let mut play = opened().await;
    let first = takes_part(&mut play, "channel:bob", SOLID).await;
    takes_part(&mut play, "channel:cem", VAGUE).await;
    does(&mut play, "channel:bob", said(ROUND, "xyzzy [gibberish]")).await;
    let left = does(&mut play, "channel:bob", pressed(first, 2, Button::TakeBack)).await;
    assert_eq!(left.outcome, Outcome::Told(Note::Left));
    assert!(play.store().interview(first).await.unwrap().is_none());
    let again = does(&mut play, "channel:bob", pressed(first, 2, Button::TakeBack)).await;
    assert!(again.over && again.outcome == Outcome::Over, "{again:?}");
    play.wait(600).await;
    assert_eq!(counts(&play).await, (vec![0, 1, 0], 1));
}

/// A platform that is ill takes edits and forgets them: it is not asked again and again.
#[tokio::test]
async fn edit_of_unknown_outcome_is_tried_ever_more_rarely() {
    let mut play = opened().await;
    play.channel.way_faults.lock().unwrap().push((is_edit, DeliveryError::Unknown));
    takes_part(&mut play, "channel:bob", SOLID).await;
    let before = play.channel.tries();
    play.wait(10).await;
    assert_eq!(play.channel.tries() - before, 2, "once more at once, and then it waits");
    play.wait(300).await;
    assert!(play.channel.tries() - before <= 4);
    play.wait(300).await;
    assert_eq!(counts(&play).await, (vec![1, 1, 1], 1), "nothing waits for it");
}

#[tokio::test]
async fn round_whose_post_is_refused_is_over_and_its_host_is_told() {
    let mut play = Play::new().await;
    play.channel.fail(CHANNEL, Some(DeliveryError::Refused("no".to_owned())));
    play.by(ADA, CHANNEL, a_round(false)).await.unwrap();
    assert_eq!(play.channel.told(), [(ADA.into(), say::ROUND_LOST.to_owned())]);
    play.channel.fail(CHANNEL, None);
    assert_eq!(play.by(ADA, CHANNEL, a_round(false)).await.unwrap().outcome, Outcome::Done);
    assert_eq!(in_channel(&play, |way| way == Way::Post).len(), 1);
}

/// F18: a thread that cannot be made holds nothing up, and is told once.
#[tokio::test]
async fn f18_thread_that_fails_is_told_and_the_reveal_comes_in_the_channel() {
    for fault in [
        DeliveryError::Refused("no".to_owned()),
        DeliveryError::Blocked(Obstacle::NoPermission),
        DeliveryError::Gone,
    ] {
        let mut play = Play::new().await;
        let is_thread: fn(Way) -> bool = |way| matches!(way, Way::Thread(_));
        play.channel.way_faults.lock().unwrap().push((is_thread, fault));
        play.by(ADA, CHANNEL, a_round(false)).await.unwrap();
        takes_part(&mut play, "channel:bob", SOLID).await;
        play.wait(600).await;
        assert_eq!(play.channel.told(), [(ADA.into(), say::step_failed(Way::Thread(Seq(1))).to_owned())]);
        let [result] = &in_channel(&play, is_under)[..] else { panic!("{:?}", play.channel.transcript()) };
        assert_eq!((result.thread.clone(), result.about.as_deref()), (None, Some("m1-1")));
    }
}

/// F18: a platform that is slow to make threads gets time, and then the reveal is more important.
#[tokio::test]
async fn f18_thread_is_tried_again_by_itself() {
    let mut play = Play::new().await;
    let is_thread: fn(Way) -> bool = |way| matches!(way, Way::Thread(_));
    let later = DeliveryError::Later(std::time::Duration::from_secs(5));
    play.channel.way_faults.lock().unwrap().push((is_thread, later));
    play.by(ADA, CHANNEL, a_round(false)).await.unwrap();
    takes_part(&mut play, "channel:bob", SOLID).await;
    play.wait(10).await;
    assert_eq!(in_channel(&play, is_edit).len(), 1, "the count does not wait for it");
    play.channel.way_faults.lock().unwrap().clear();
    play.wait(5).await;
    assert_eq!(in_channel(&play, is_thread).len(), 1);
    play.wait(600).await;
    assert_eq!(in_channel(&play, is_under)[0].thread.as_deref(), Some("m1-2"));
    assert_eq!(play.channel.told(), []);
}

/// F4: kicked in the middle of a round.
#[tokio::test]
async fn f04_kick_ends_the_round_with_all_parts_in_it() {
    let mut play = opened().await;
    let bob = does(&mut play, "channel:bob", said(ROUND, VAGUE)).await.interview;
    play.incoming(|done| Incoming::Gone { place: "channel:7".into(), done }).await.unwrap();
    assert!(play.store().interview(bob).await.unwrap().is_none());
    assert_eq!(does(&mut play, "channel:bob", said(bob, REPLY)).await.outcome, Outcome::Over);
    assert_eq!(play.by(ADA, CHANNEL, a_round(false)).await.unwrap().outcome, Outcome::Done);
}

/// S11: whoever is forgotten is in no round, and the round goes on.
#[tokio::test]
async fn s11_forgotten_host_and_participant_leave_the_round_to_the_others() {
    let mut play = opened().await;
    for name in ["channel:bob", "channel:cem", ADA] {
        takes_part(&mut play, name, SOLID).await;
    }
    let export = play.incoming(|done| Incoming::Export { person: ADA.into(), done }).await.unwrap();
    let export: serde_json::Value = serde_json::from_str(&export).unwrap();
    assert_eq!(export["rounds"][0]["place"], CHANNEL);
    assert_eq!(export["interviews"][0]["round"], 1);
    assert!(!export.to_string().contains("channel:bob"), "others are in it and not in her export");
    assert_eq!(export["took_part"][0]["participant"]["stage"], "answered");
    assert!(export["interviews"][0]["plan"]["ask"].as_str().unwrap().contains("tuple"));
    for spoiler in ["A list can change and a tuple cannot.", "Yes, and then the assignment fails."] {
        assert!(!export.to_string().contains(spoiler), "the reveal is everybody's, at the close: {spoiler}");
    }
    for person in ["channel:bob", ADA] {
        play.incoming(|done| Incoming::Forget { person: person.into(), done }).await.unwrap();
    }
    let files = std::fs::read_dir(play.database().parent().unwrap()).unwrap();
    for file in files {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for name in ["channel:bob", ADA] {
            assert!(!bytes.windows(name.len()).any(|window| window == name.as_bytes()), "{name}");
        }
    }
    let stranger = play.by(ADA, CHANNEL, control(false, Control::Close)).await.unwrap();
    assert_eq!(stranger.outcome, Outcome::Told(Note::NotHost));
    play.wait(600).await;
    assert_eq!(counts(&play).await, (vec![1, 1, 1], 1));
}
