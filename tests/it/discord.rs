//! Whole conversations on Discord: the bot on one side, people on the other.

mod dailies;
mod front;
mod odds;
mod rounds;
mod steps;

use std::time::Duration;

use jiff::SignedDuration;
use riposte::chat::discord::StartError;
use riposte::clock;

use crate::support::bot::{Bot, MESSAGE_CONTENT};
use crate::support::discord::Discord;
use crate::support::discord::driver::person::Person;
use crate::support::discord::driver::place::Place;
use crate::support::discord::faults::Fault;
use crate::support::discord::faults::routes::THREAD_FROM_MESSAGE;
use crate::support::discord::permissions::{CREATE_PUBLIC_THREADS, SEND_MESSAGES_IN_THREADS};

const ANSWER: &str = "its the same thing, just other brackets. [believes only-syntax]";
const REPLY: &str = "dict keys, a list is not hashable [held]";

/// Begins a drill in direct messages and reads the question.
async fn drill_directly(who: &Person) {
    who.slash("drill", []).in_dm().await;
    both(who, "Here it comes", "What is the difference").await;
}

/// Begins a drill in a channel and reads the question; the thread.
async fn drill_in(who: &Person, channel: &Place) -> Place {
    who.slash("drill", []).in_channel(channel).await;
    who.reads_up_to("What is the difference").await;
    channel.thread().await
}

/// Reads up to two messages that come in either order.
async fn both(who: &Person, one: &str, other: &str) {
    let read = who.reads_up_to(one).await;
    if !read.contains(other) {
        who.reads_up_to(other).await;
    }
}

/// Answers by the form.
async fn fills(who: &Person, text: &str) {
    who.press("Answer").await;
    who.fill([("Your answer, as you would say it", text)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_in_direct_messages() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let mut bot = Bot::start(&discord, false).await;
    drill_directly(&ana).await;
    ana.tells_bot(ANSWER);
    ana.sees("What breaks first").await;
    discord.advance(SignedDuration::from_secs(40));
    ana.tells_bot(REPLY);
    ana.sees("Model answer").await;
    insta::assert_snapshot!(ana.dm().as_seen_by(&ana));
    ana.press("Stop").await;
    ana.sees("Stopped here").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_in_a_thread_by_form_is_for_one_person_alone() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    discord.grant(0);
    let mut bot = Bot::start(&discord, false).await;
    let thread = drill_in(&ana, &general).await;
    fills(&ana, ANSWER).await;
    ana.sees("What breaks first").await;
    fills(&ana, REPLY).await;
    ana.sees("Model answer").await;
    insta::assert_snapshot!("thread_by_form_as_ana_sees_it", thread.as_seen_by(&ana));
    insta::assert_snapshot!("thread_by_form_as_ben_sees_it", thread.as_seen_by(&ben));
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f60_drill_in_a_thread_by_messages_hides_the_model_answer() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    discord.grant(MESSAGE_CONTENT);
    let mut bot = Bot::start(&discord, true).await;
    let thread = drill_in(&ana, &general).await;
    ana.says(&thread, ANSWER);
    ana.sees("What breaks first").await;
    ana.says(&thread, REPLY);
    ana.sees("Model answer").await;
    insta::assert_snapshot!(thread.as_seen_by(&ana));
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f57_message_that_may_not_be_read_gets_one_hint() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    discord.grant(0);
    let mut bot = Bot::start(&discord, false).await;
    let thread = drill_in(&ana, &general).await;
    ana.says(&thread, "the same thing");
    ana.sees("Press Answer under the question").await;
    ana.says(&thread, "hello?");
    ana.says(&thread, &format!("@riposte {ANSWER}"));
    ana.sees("What breaks first").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f52_buttons_from_before_a_restart_still_work() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let mut bot = Bot::start(&discord, false).await;
    drill_directly(&ana).await;
    let question = ana.last();
    bot.stop().await;
    discord.advance(SignedDuration::from_mins(5));
    bot.start_again(&discord).await;
    discord.connected().await;
    ana.press_on(question, "Skip").await;
    ana.sees("Model answer").await;
    ana.press_on(question, "Skip").await;
    ana.sees("earlier message").await;
    ana.press("Stop").await;
    ana.sees("Stopped here").await;
    ana.press_on(question, "Skip").await;
    ana.sees("over").await;
    assert_eq!(discord.registrations(), 1, "the commands were registered once");
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn s9_forged_and_foreign_presses_change_nothing() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    let mut bot = Bot::start(&discord, false).await;
    drill_in(&ana, &general).await;
    let question = ana.last();
    for forged in ["r1:1:1:win", "r9:1:1:stop", "x"] {
        ben.forge(question, forged).await;
        ben.sees("cannot tell what that button is for").await;
    }
    ben.press_on(question, "Stop").await;
    ben.sees("somebody else's").await;
    ben.press_on(question, "Answer").await;
    ben.sees("somebody else's").await;
    ben.forge(question, "r1:zz:1:stop").await;
    ben.sees("over").await;
    fills(&ana, ANSWER).await;
    ana.sees("What breaks first").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f29_answer_that_got_lost_posts_nothing_twice() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let mut bot = Bot::start(&discord, false).await;
    discord.on("POST /channels/{channel_id}/messages").meets(Fault::LoseAnswer);
    drill_directly(&ana).await;
    discord.on("POST /channels/{channel_id}/messages").meets(Fault::ErrorAfter(502));
    ana.tells_bot(ANSWER);
    ana.sees("What breaks first").await;
    ana.tells_bot(REPLY);
    ana.sees("Model answer").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f27_message_from_while_it_was_away_is_answered_once() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let mut bot = Bot::start(&discord, false).await;
    drill_directly(&ana).await;
    bot.stop().await;
    ana.tells_bot(ANSWER);
    bot.start_again(&discord).await;
    ana.sees("What breaks first").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f28_two_people_at_once_each_have_their_own_drill() {
    let discord = Discord::start().await;
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    let mut bot = Bot::start(&discord, false).await;
    drill_directly(&ana).await;
    drill_directly(&ben).await;
    ana.tells_bot(ANSWER);
    ben.tells_bot(ANSWER);
    ana.sees("What breaks first").await;
    ben.sees("What breaks first").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f33_closed_direct_messages_say_what_to_do() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let mut bot = Bot::start(&discord, false).await;
    ana.opens_dms(false);
    general.deny(CREATE_PUBLIC_THREADS);
    discord.expect_error(50_013);
    discord.expect_error(50_007);
    ana.slash("drill", []).in_channel(&general).await;
    both(&ana, "is being drilled", "allow messages from this server").await;
    general.allow(CREATE_PUBLIC_THREADS);
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_threads_the_drill_moves_to_direct_messages() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let mut bot = Bot::start(&discord, false).await;
    general.deny(CREATE_PUBLIC_THREADS);
    discord.expect_error(50_013);
    ana.slash("drill", []).in_channel(&general).await;
    ana.reads_up_to("in your direct messages").await;
    ana.tells_bot(ANSWER);
    ana.reads_up_to("What breaks first").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_can_be_no_threads_the_drill_moves_to_direct_messages() {
    let discord = Discord::start().await;
    let stage = discord.guild("Study group").channel("chat of a voice channel");
    let ana = discord.user("ana");
    let mut bot = Bot::start(&discord, false).await;
    let refused = Fault::Refuse { status: 400, code: 50_024 };
    // The name that it was to have is not the reason.
    discord.on(THREAD_FROM_MESSAGE).times(2).meets(refused);
    ana.slash("drill", []).in_channel(&stage).await;
    ana.reads_up_to("in your direct messages").await;
    ana.tells_bot(ANSWER);
    ana.reads_up_to("What breaks first").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f05_permission_that_was_lost_pauses_and_goes_on() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    discord.grant(MESSAGE_CONTENT);
    let mut bot = Bot::start(&discord, true).await;
    let thread = drill_in(&ana, &general).await;
    general.deny(SEND_MESSAGES_IN_THREADS);
    discord.expect_error(50_013);
    discord.expect_error(50_013);
    ana.says(&thread, ANSWER);
    ana.sees("I may not post where your question is").await;
    general.allow(SEND_MESSAGES_IN_THREADS);
    ana.says(&thread, "hello?");
    ana.reads_up_to("What breaks first").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f04_kick_closes_the_drill_and_an_outage_does_not() {
    let discord = Discord::start().await;
    let server = discord.guild("Study group");
    let general = server.channel("general");
    let ana = discord.user("ana");
    let mut bot = Bot::start(&discord, false).await;
    drill_in(&ana, &general).await;
    server.outage();
    server.recover();
    fills(&ana, ANSWER).await;
    ana.sees("What breaks first").await;
    let question = ana.last();
    server.kick_bot();
    server.invite_bot();
    drill_in(&ana, &general).await;
    ana.press_on(question, "Skip").await;
    ana.sees("over").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn intent_that_is_not_granted_ends_with_a_sentence() {
    let mut discord = Discord::start().await;
    discord.grant(0);
    let mut bot = Bot::not_connected();
    bot.start_again(&discord).await;
    let ending = bot.ending().await;
    assert!(matches!(ending, StartError::IntentRefused) && ending.is_final(), "{ending}");
    discord.expect_unanswered(0);
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn s11_forgetting_and_exporting() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let mut bot = Bot::start(&discord, false).await;
    drill_directly(&ana).await;
    ana.slash("export", []).in_dm().await;
    ana.reads_up_to("as one JSON file").await;
    ana.slash("forget-me", []).in_dm().await;
    ana.reads_up_to("deleted").await;
    ana.tells_bot(ANSWER);
    ana.sees("No drill is open here").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn follow_up_on_a_message_of_ones_own() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    let mut bot = Bot::start(&discord, false).await;
    let said = ana.says(&general, "a tuple cannot change and a list can change. [believes only-syntax]");
    ben.uses("Ask me the follow-up", said).await;
    ben.sees("your own messages only").await;
    ana.uses("Ask me the follow-up", said).await;
    ana.reads_up_to("What breaks first").await;
    // Again, it is no reply to the follow-up from before.
    ana.uses("Ask me the follow-up", said).await;
    ana.reads_up_to("Stopped here").await;
    ana.reads_up_to("What breaks first").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn follow_up_in_the_thread_of_a_drill_leaves_the_drill_its_ears() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    discord.grant(MESSAGE_CONTENT);
    let mut bot = Bot::start(&discord, true).await;
    let thread = drill_in(&ana, &general).await;
    let said = ana.says(&thread, "a tuple cannot change and a list can change. [believes only-syntax]");
    ana.sees("What breaks first").await;
    ana.uses("Ask me the follow-up", said).await;
    ana.reads_up_to("What breaks first").await;
    ana.says(&thread, REPLY);
    ana.sees("Model answer").await;
    assert!(
        thread.as_seen_by(&discord.user("ben")).contains("Model answer"),
        "the drill in the thread heard it"
    );
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn help_setup_and_suggestions() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let mut bot = Bot::start(&discord, false).await;
    assert_eq!(ana.completes("drill", "topic", "tup", &general).await, ["Lists and tuples"]);
    ana.slash("help", []).in_channel(&general).await;
    insta::assert_snapshot!("help", ana.reads().await);
    ana.slash("setup", []).in_channel(&general).await;
    ana.sees("whether I can write to you here").await;
    insta::assert_snapshot!("setup", ana.reads().await);
    general.deny(CREATE_PUBLIC_THREADS);
    ana.opens_dms(false);
    discord.expect_error(50_007);
    ana.slash("setup", []).in_channel(&general).await;
    insta::assert_snapshot!("setup_with_a_permission_missing", ana.reads().await);
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f34_locked_thread_is_told_and_goes_on_when_it_is_opened() {
    let mut discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let mut bot = Bot::start(&discord, false).await;
    let thread = drill_in(&ana, &general).await;
    ana.press("Skip").await;
    ana.sees("Model answer").await;
    thread.lock();
    for code in [50_083, 160_005, 50_083] {
        discord.expect_error(code);
    }
    discord.expect_unanswered(1);
    ana.press_and_leave("Next question");
    ana.sees("locked").await;
    thread.reopen();
    ana.press("Next question").await;
    ana.reads_up_to("What is the difference").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f32_few_connections_left_are_not_spent() {
    let discord = Discord::start().await;
    discord.gateway(|gateway| gateway.identifies_left = 49);
    let refused = Bot::refused(&discord).await;
    assert!(matches!(refused, StartError::BudgetSpent { remaining: 49, total: 1_000, .. }), "{refused}");
    assert!(refused.is_final());
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn reply_sent_while_the_connection_was_gone_is_answered() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let mut bot = Bot::start(&discord, false).await;
    drill_directly(&ana).await;
    discord.gateway(|gateway| gateway.close_all(Some(4_000)));
    ana.tells_bot(ANSWER);
    ana.sees("What breaks first").await;
    discord.gateway(|gateway| {
        gateway.forget_sessions();
        gateway.close_all(Some(4_000));
    });
    ana.tells_bot(REPLY);
    ana.sees("Model answer").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_are_waited_out() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let mut bot = Bot::start(&discord, false).await;
    drill_directly(&ana).await;
    discord
        .on("POST /channels/{channel_id}/messages")
        .meets(Fault::TooMany { retry_after_ms: 100, global: false });
    ana.tells_bot(ANSWER);
    discord.requested("POST /channels/{channel_id}/messages", 2).await;
    while discord.requests("POST /channels/{channel_id}/messages").len() < 3 {
        discord.advance(SignedDuration::from_millis(500));
        clock::pause(Duration::from_millis(10)).await;
    }
    ana.reads_up_to("What breaks first").await;
    bot.stop().await;
    discord.finish();
}
