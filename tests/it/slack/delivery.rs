//! Cards that arrive late, in part, or nobody knows whether.

use std::sync::Arc;

use jiff::SignedDuration;
use riposte::core::bank::Bank;

use super::{ANSWER, QUESTION, REVEAL, TRAP, answers, drill_directly, drill_in, in_time};
use crate::support::grader::Labelled;
use crate::support::play::small_bank;
use crate::support::slack::Slack;
use crate::support::slack::bot::Bot;
use crate::support::slack::world::Fault;

const LONG_END: &str = "That was all of the question.";

/// A bank with one question, which takes two messages.
fn long_question() -> Arc<Bank> {
    let mut bank = small_bank();
    let only = Arc::get_mut(&mut bank).unwrap();
    only.questions.retain(|question| question.id.as_str() == "list-vs-tuple");
    let lines = (0..200)
        .map(|line| format!("Line {line} says what a line of a long question says, and then some more."));
    let ask = &mut Arc::get_mut(&mut only.questions[0]).unwrap().ask;
    *ask = format!("{ask}\n{}\n{LONG_END}", lines.collect::<Vec<_>>().join("\n"));
    bank
}

#[tokio::test(flavor = "multi_thread")]
async fn f29_answer_that_got_lost_posts_nothing_twice() {
    let slack = Slack::start().await;
    let ana = slack.user("ana");
    let mut bot = Bot::start(&slack).await;
    slack.shared.with(|world| world.history_delay = SignedDuration::from_secs(7));
    slack.on("chat.postMessage", Fault::LoseAnswer);
    ana.commands(&ana.dm(), "drill").await;
    ana.sees(QUESTION).await;
    ana.tells(ANSWER);
    in_time(&slack, &ana, TRAP).await;
    assert_eq!(ana.count(QUESTION), 1);
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f29_question_that_perhaps_got_lost_is_found_with_its_thread() {
    let slack = Slack::start().await;
    let (general, ana) = (slack.channel("general"), slack.user("ana"));
    let mut bot = Bot::start(&slack).await;
    slack.on("chat.postMessage", Fault::ErrorAfter);
    ana.commands(&general, "drill").await;
    let thread = ana.sees(QUESTION).await.ts;
    ana.says(&general, Some(&thread), ANSWER);
    while ana.count(TRAP) == 0 {
        slack.advance(SignedDuration::from_secs(5));
        slack.shared.with(|world| world.redeliver());
        tokio::time::timeout(std::time::Duration::from_millis(50), ana.sees(TRAP)).await.ok();
    }
    assert_eq!(ana.count(QUESTION), 1);
    assert_eq!(ana.sees(TRAP).await.thread, Some(thread));
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f29_question_that_perhaps_got_lost_is_found_in_a_busy_channel() {
    let slack = Slack::start().await;
    let (general, ana, ben) = (slack.channel("general"), slack.user("ana"), slack.user("ben"));
    for number in 0..250 {
        ben.says_unheard(&general, &format!("{number} of other things before"));
    }
    let mut bot = Bot::start(&slack).await;
    slack.advance(SignedDuration::from_hours(2));
    slack.on("chat.postMessage", Fault::LoseAnswer);
    ana.commands(&general, "drill").await;
    ana.sees(QUESTION).await;
    for number in 0..250 {
        ben.says_unheard(&general, &format!("{number} of other things after"));
    }
    answers(&ana, ANSWER).await;
    in_time(&slack, &ana, TRAP).await;
    assert_eq!(ana.count(QUESTION), 1);
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f29_card_of_several_messages_that_broke_off_is_completed() {
    let slack = Slack::start().await;
    let (general, ana, ben) = (slack.channel("general"), slack.user("ana"), slack.user("ben"));
    let mut bot = Bot::start_graded(&slack, long_question(), || Box::new(Labelled)).await;
    slack.shared.with(|world| world.history_delay = SignedDuration::from_secs(7));
    for (who, place) in [(&ana, ana.dm()), (&ben, general)] {
        slack.on("chat.postMessage", Fault::Pass);
        slack.on("chat.postMessage", Fault::Error("internal_error"));
        who.commands(&place, "drill").await;
        in_time(&slack, who, LONG_END).await;
        assert_eq!((who.count(QUESTION), who.count(LONG_END)), (1, 1));
        let (begins, ends) = (who.sees(QUESTION).await, who.sees(LONG_END).await);
        let thread = (place != who.dm()).then_some(begins.ts);
        assert_eq!(ends.thread, thread, "in a channel, the rest stands in the thread of the question");
        who.presses("Skip").await;
        who.sees(REVEAL).await;
        // The model answer stands under the long question, in several messages; this is its last one.
        who.sees("[Once more]").await;
    }
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

/// What only one person sees cannot be looked for.
#[tokio::test(flavor = "multi_thread")]
async fn f29_private_answer_that_got_lost_becomes_a_note_with_a_button() {
    let slack = Slack::start().await;
    let (general, ana) = (slack.channel("general"), slack.user("ana"));
    let mut bot = Bot::start(&slack).await;
    drill_in(&ana, &general).await;
    slack.on("chat.postEphemeral", Fault::Error("internal_error"));
    answers(&ana, ANSWER).await;
    in_time(&slack, &ana, "The next step for").await;
    ana.presses("Show me").await;
    ana.sees(TRAP).await;
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_are_waited_out_for_as_long_as_slack_says() {
    let slack = Slack::start().await;
    let ana = slack.user("ana");
    let mut bot = Bot::start(&slack).await;
    drill_directly(&ana).await;
    slack.on("chat.postMessage", Fault::TooMany(20));
    let calls = slack.calls_of("chat.postMessage");
    ana.tells(ANSWER);
    slack.shared.until("the refusal", |world| world.faults.is_empty().then_some(())).await;
    slack.acknowledged().await;
    slack.advance(SignedDuration::from_secs(10));
    assert_eq!(slack.calls_of("chat.postMessage"), calls + 1, "not before the time");
    in_time(&slack, &ana, TRAP).await;
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

/// It is certain that nobody has seen it, so it can be shown as it is.
#[tokio::test(flavor = "multi_thread")]
async fn private_card_that_was_put_off_stays_a_private_card() {
    let slack = Slack::start().await;
    let (general, ana, ben) = (slack.channel("general"), slack.user("ana"), slack.user("ben"));
    let mut bot = Bot::start(&slack).await;
    drill_in(&ana, &general).await;
    slack.on("chat.postEphemeral", Fault::TooMany(20));
    let posts = slack.calls_of("chat.postMessage");
    answers(&ana, ANSWER).await;
    in_time(&slack, &ana, TRAP).await;
    assert_eq!((slack.calls_of("chat.postMessage"), ben.count(TRAP)), (posts, 0));
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f60_what_comes_of_a_form_stays_private_whatever_is_written_meanwhile() {
    let slack = Slack::start().await;
    let (general, ana, ben) = (slack.channel("general"), slack.user("ana"), slack.user("ben"));
    let mut bot = Bot::start(&slack).await;
    let thread = drill_in(&ana, &general).await;
    // Somebody writes there first, so that private messages are seen in the thread.
    ben.says(&general, Some(&thread), "good luck");
    slack.on("chat.postEphemeral", Fault::TooMany(20));
    answers(&ana, ANSWER).await;
    slack.shared.until("the refusal", |world| world.faults.is_empty().then_some(())).await;
    ana.says(&general, Some(&thread), "is it still there? [held]");
    slack.acknowledged().await;
    in_time(&slack, &ana, TRAP).await;
    assert_eq!(ben.count(TRAP), 0, "it quotes what she wrote for nobody else");
    bot.stop().await;
    slack.finish();
}

/// A second try that looks too early would not see the first part.
#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_in_the_middle_of_a_card_post_nothing_twice() {
    let slack = Slack::start().await;
    let ana = slack.user("ana");
    let mut bot = Bot::start_graded(&slack, long_question(), || Box::new(Labelled)).await;
    slack.shared.with(|world| world.history_delay = SignedDuration::from_secs(7));
    slack.on("chat.postMessage", Fault::Pass);
    slack.on("chat.postMessage", Fault::TooMany(1));
    ana.commands(&ana.dm(), "drill").await;
    slack.shared.until("the refusal", |world| world.faults.is_empty().then_some(())).await;
    while ana.count(LONG_END) == 0 {
        slack.advance(SignedDuration::from_secs(1));
        tokio::time::timeout(std::time::Duration::from_millis(50), ana.sees(LONG_END)).await.ok();
    }
    assert_eq!(ana.count(QUESTION), 1);
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}
