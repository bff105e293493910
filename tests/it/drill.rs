//! Whole conversations, through the real engine and store.

use jiff::SignedDuration;
use riposte::core::card::{Button, CardKind};
use riposte::core::interview::Mode;

use crate::support::play::Play;

const SOLID: &str = "a list changes, a tuple never, so it can be a key, like a point. [says mutability hashable record; example; reason]";

#[tokio::test]
async fn solid_answer() {
    let mut play = Play::new().await;
    play.drill().await;
    play.wait(41).await;
    play.say(SOLID).await;
    play.say("yes it changes, then it raises [held; reason]").await;
    insta::assert_snapshot!(play.channel.transcript());
}

#[tokio::test]
async fn trap_for_a_missing_key_point() {
    let mut play = Play::new().await;
    play.drill().await;
    play.say("lists can change, for example xs.append. [says mutability; example; reason]").await;
    play.say("only the tuple. [says hashable; held]").await;
    insta::assert_snapshot!(play.channel.transcript());
}

#[tokio::test]
async fn trap_for_a_missing_example() {
    let mut play = Play::new().await;
    play.drill().await;
    play.say("lists change, tuples are hashable because they do not. [says mutability hashable; reason]")
        .await;
    play.say("well it depends [partly]").await;
    insta::assert_snapshot!(play.channel.transcript());
}

#[tokio::test]
async fn trap_for_a_missing_reason() {
    let mut play = Play::new().await;
    play.drill().await;
    play.say("lists change, tuples are keys, (1, 2). [says mutability hashable record; example]").await;
    play.say("no idea [blank]").await;
    insta::assert_snapshot!(play.channel.transcript());
}

#[tokio::test]
async fn misconception_voiced() {
    let mut play = Play::new().await;
    play.drill().await;
    play.say("they are the same apart from the brackets. [believes only-syntax]").await;
    play.say("nothing would break. [believes only-syntax; fell]").await;
    insta::assert_snapshot!(play.channel.transcript());
}

#[tokio::test]
async fn blank_and_back() {
    let mut play = Play::new().await;
    play.drill().await;
    play.wait(30).await;
    play.press(Button::Blank).await;
    play.wait(20).await;
    play.say(SOLID).await;
    play.say("it changes [held]").await;
    insta::assert_snapshot!(play.channel.transcript());
}

#[tokio::test]
async fn blank_twice_gets_the_answer_without_a_score() {
    let mut play = Play::new().await;
    play.drill().await;
    play.say("I have no idea [blank]").await;
    play.say("still none [blank]").await;
    insta::assert_snapshot!(play.channel.transcript());
}

#[tokio::test]
async fn gibberish_is_asked_again_twice_and_then_revealed() {
    let mut play = Play::new().await;
    play.drill().await;
    play.say("sdlkfj sldkfj [gibberish]").await;
    play.say("list tuple mutable hashable [keywords]").await;
    play.say("what is the difference between a list and a tuple [echo]").await;
    insta::assert_snapshot!(play.channel.transcript());
}

#[tokio::test]
async fn stalled_answer_still_counts() {
    let mut play = Play::new().await;
    play.drill().await;
    play.wait(61).await;
    play.wait(30).await;
    play.wait(600).await;
    play.say(SOLID).await;
    play.say("it changes [held]").await;
    insta::assert_snapshot!(play.channel.transcript());
}

#[tokio::test]
async fn once_more_shows_before_and_after() {
    let mut play = Play::new().await;
    play.drill().await;
    play.wait(70).await;
    play.say("lists can change. [says mutability; reason]").await;
    play.say("no idea [blank]").await;
    play.press(Button::OnceMore).await;
    play.wait(35).await;
    play.say(SOLID).await;
    play.say("it changes [held]").await;
    insta::assert_snapshot!(play.channel.transcript());
}

#[tokio::test]
async fn not_what_i_meant() {
    let mut play = Play::new().await;
    play.drill().await;
    play.say("same thing really, they hold items. [believes only-syntax; unsure mutability]").await;
    play.say("keys break. [says hashable; held]").await;
    play.press(Button::NotWhatIMeant).await;
    play.press(Button::Correct("mutability".into())).await;
    play.press(Button::NotWhatIMeant).await;
    play.press(Button::Correct("only-syntax".into())).await;
    insta::assert_snapshot!(play.channel.transcript());
}

#[tokio::test]
async fn three_traps_and_none_twice() {
    let mut play = Play::new().await;
    play.begin(Mode::Drill, 1, 3, Some("list-vs-tuple")).await;
    play.say("they are the same apart from the brackets. [believes only-syntax]").await;
    play.say("dict keys would break. [says hashable; held]").await;
    play.say("the list changes and the tuple raises. [says mutability; held; example; reason]").await;
    play.say("yes [held]").await;
    insta::assert_snapshot!(play.channel.transcript());
}

#[tokio::test]
async fn resume_after_a_gap() {
    let mut play = Play::new().await;
    play.drill().await;
    play.restart_after(SignedDuration::from_hours(3)).await;
    play.wait(20).await;
    play.say("they differ in the brackets. [believes only-syntax]").await;
    play.restart_after(SignedDuration::from_secs(30)).await;
    play.say("keys break [held]").await;
    insta::assert_snapshot!(play.channel.transcript());
}

#[tokio::test]
async fn screen_of_two_with_scorecard() {
    let mut play = Play::new().await;
    play.begin(Mode::Screen, 2, 1, None).await;
    play.wait(50).await;
    play.say("lists change. [says mutability sentence-1; example; reason]").await;
    play.say("no idea [blank]").await;
    play.wait(95).await;
    play.say("it names the object. [says sentence-1 mutability hashable; example; reason]").await;
    play.say("in a cache [held]").await;
    insta::assert_snapshot!(play.channel.transcript());
}

#[tokio::test]
async fn next_question_goes_through_the_bag_before_any_comes_again() {
    let mut play = Play::new().await;
    play.begin(Mode::Drill, 1, 1, None).await;
    let mut asked = Vec::new();
    for _ in 0..6 {
        play.press(Button::Skip).await;
        let posted = play.channel.posted();
        let ask = posted.iter().rev().find(|delivery| delivery.card.kind == CardKind::Ask);
        asked.push(format!("{:?}", ask.unwrap().card.blocks[1]));
        play.press(Button::Next).await;
    }
    for pair in asked.chunks(2) {
        assert_ne!(pair[0], pair[1], "the bag of two holds both");
    }
    for pair in asked.windows(2) {
        assert_ne!(pair[0], pair[1], "the last question does not come first out of a bag filled anew");
    }
}

#[tokio::test]
async fn abandoned_drill_ends_by_itself() {
    let mut play = Play::new().await;
    play.drill().await;
    play.wait(61).await;
    play.wait(25 * 3600).await;
    let late = play.say("hello? [says mutability]").await;
    assert!(late.over);
    insta::assert_snapshot!(play.channel.transcript());
}

#[tokio::test]
async fn too_long_answer_gets_a_sentence_and_the_drill_goes_on() {
    let mut play = Play::new().await;
    play.drill().await;
    play.send_long(4_001).await;
    let last = play.channel.posted().pop().unwrap();
    assert!(format!("{:?}", last.card).contains("longer than 4000 characters"), "{last:?}");
    play.say(SOLID).await;
    let last = play.channel.posted().pop().unwrap();
    assert_eq!(last.card.kind, CardKind::Trap);
}

/// F2: an interview that cannot be restored must not become a restart loop.
#[tokio::test]
async fn f02_poison_interview_is_set_aside_with_one_sentence() {
    let mut play = Play::new().await;
    play.drill().await;
    play.spoil_state().await;
    play.restart_after(SignedDuration::from_secs(5)).await;
    let said = play.said("hello? [says mutability]");
    for number in 0..5 {
        // What cannot be taken is refused, until the interview is set aside; then it is stale.
        let _ = play.send_as(format!("message-{number}"), said.clone()).await;
    }
    let farewells =
        play.channel.posted().into_iter().filter(|delivery| delivery.card.kind == CardKind::Farewell);
    assert_eq!(farewells.count(), 1);
    play.drill().await;
    assert_eq!(play.channel.posted().last().unwrap().card.kind, CardKind::Ask, "another one can be begun");
}

/// Somebody who comes back after days gets a new question, not only the news that the old one is closed.
#[tokio::test]
async fn drill_abandoned_while_the_bot_was_away_is_closed_before_anything_else() {
    let mut play = Play::new().await;
    play.drill().await;
    play.restart_after(SignedDuration::from_hours(50)).await;
    play.drill().await;
    let kinds: Vec<CardKind> = play.channel.posted().iter().map(|delivery| delivery.card.kind).collect();
    assert_eq!(kinds, [CardKind::Ask, CardKind::Farewell, CardKind::Ask]);
}

#[tokio::test]
async fn button_pressed_over_and_over_comes_to_an_end() {
    let mut play = Play::new().await;
    play.drill().await;
    let mut over = false;
    for _ in 0..600 {
        over = over || play.press(Button::Next).await.over;
    }
    assert!(over);
    assert_eq!(play.channel.posted().last().unwrap().card.kind, CardKind::Farewell);
    assert!(play.channel.posted().len() <= 501);
}

/// F28: the gateway delivered each message twice.
#[tokio::test]
async fn f28_replayed_events_are_handled_once() {
    let mut play = Play::new().await;
    play.drill().await;
    let said = play.said(SOLID);
    for _ in 0..5 {
        play.send_as("message-1".to_owned(), said.clone()).await.unwrap();
    }
    assert_eq!(play.channel.posted().len(), 2, "the question and one follow-up");
}

/// F12: an old timer fires into the next game.
#[tokio::test]
async fn f12_stale_buttons_and_timers_change_nothing() {
    let mut play = Play::new().await;
    play.drill().await;
    play.say(SOLID).await;
    let before = play.channel.posted().len();
    play.press(Button::OnceMore).await;
    play.press(Button::Next).await;
    play.wait(100).await;
    let since: Vec<CardKind> =
        play.channel.posted()[before..].iter().map(|delivery| delivery.card.kind).collect();
    assert_eq!(since, [CardKind::Note, CardKind::Note], "a sentence each, no mark, no second question");
}

/// F6: the answer time ran out before the question was visible.
#[tokio::test]
async fn f06_clock_starts_when_the_question_is_shown() {
    let mut play = Play::new().await;
    play.drill().await;
    play.wait(40).await;
    play.say(SOLID).await;
    play.say("yes [held]").await;
    assert!(play.channel.transcript().contains("Time: 40 s"), "{}", play.channel.transcript());
}
