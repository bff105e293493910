//! Whole conversations in odd places, and with a Discord that misbehaves.

use std::time::Duration;

use jiff::SignedDuration;
use riposte::chat::discord::StartError;
use riposte::clock;

use super::{ANSWER, REPLY, both, drill_directly, drill_in, fills};
use crate::support::bot::{Bot, MESSAGE_CONTENT};
use crate::support::discord::Discord;
use crate::support::discord::driver::place::Place;
use crate::support::discord::faults::Fault;
use crate::support::discord::faults::routes::{FOLLOW_UP, POST_MESSAGE};

const ASKS_FOR_BUDGET: &str = "GET /gateway/bot";

/// A whole drill where the bot may only answer; nobody but its person reads a word of it.
async fn drill_alone(discord: &Discord, place: &Place) {
    let ana = discord.user("ana");
    let mut bot = Bot::start(discord, false).await;
    ana.slash("drill", []).in_channel(place).await;
    both(&ana, "Here it comes", "What is the difference").await;
    fills(&ana, ANSWER).await;
    ana.sees("What breaks first").await;
    fills(&ana, REPLY).await;
    ana.sees("Model answer").await;
    ana.press("Stop").await;
    ana.sees("Stopped here").await;
    let seen = place.as_seen_by(&ana);
    assert_eq!(seen.matches("only ana sees it").count(), 5, "{seen}");
    assert_eq!(discord.requests(POST_MESSAGE).len(), 0);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_in_a_server_without_the_bot() {
    let discord = Discord::start().await;
    let elsewhere = discord.guild_without_bot("Elsewhere").channel("general");
    drill_alone(&discord, &elsewhere).await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_in_a_group_conversation() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let group = discord.group(&ana);
    let mut bot = Bot::start(&discord, false).await;
    ana.slash("drill", []).in_channel(&group).await;
    both(&ana, "Here it comes", "What is the difference").await;
    fills(&ana, ANSWER).await;
    ana.sees("only ana sees it").await;
    ana.press("Skip").await;
    ana.sees("Model answer").await;
    assert_eq!(discord.requests(POST_MESSAGE).len(), 0);
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn screen_through_to_the_scorecard() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let mut bot = Bot::start(&discord, false).await;
    ana.slash("screen", [("count", "2")]).in_dm().await;
    both(&ana, "Here it comes", "Question 1 of 1").await;
    ana.tells_bot(ANSWER);
    ana.sees("What breaks first").await;
    ana.tells_bot(REPLY);
    let end = ana.reads_up_to("That was the screen").await;
    assert!(end.contains("Scorecard") && end.contains("Model answer"), "{end}");
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn show_me_shows_what_perhaps_got_lost() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    let mut bot = Bot::start(&discord, false).await;
    drill_in(&ana, &general).await;
    discord.on(FOLLOW_UP).meets(Fault::LoseRequest);
    fills(&ana, ANSWER).await;
    ana.sees("The next step for @ana").await;
    ben.press("Show me").await;
    ben.sees("somebody else's").await;
    ana.press("Show me").await;
    ana.sees("What breaks first").await;
    fills(&ana, REPLY).await;
    ana.sees("Model answer").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn thread_or_channel_that_was_deleted_closes_its_drills() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let mut bot = Bot::start(&discord, false).await;
    let thread = drill_in(&ana, &general).await;
    bot.has_open(1).await;
    thread.remove();
    bot.has_open(0).await;
    drill_in(&ana, &general).await;
    bot.has_open(1).await;
    general.remove();
    bot.has_open(0).await;
    drill_directly(&ana).await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f34_archived_thread_is_woken_by_the_next_card() {
    let mut discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let mut bot = Bot::start(&discord, false).await;
    let thread = drill_in(&ana, &general).await;
    thread.archive();
    discord.expect_error(50_083);
    discord.expect_unanswered(1);
    ana.press_and_leave("Skip");
    ana.sees("The next step for @ana").await;
    assert!(!thread.is_archived());
    ana.press("Show me").await;
    ana.sees("Model answer").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f57_refused_tokens_and_intents_end_it_at_once() {
    for code in [4004, 4014] {
        let discord = Discord::start().await;
        discord.gateway(|gateway| gateway.refuses_with = Some(code));
        let mut bot = Bot::not_connected();
        bot.start_again(&discord).await;
        let ending = bot.ending().await;
        match code {
            4004 => assert!(matches!(ending, StartError::BadToken), "{ending}"),
            _ => assert!(matches!(ending, StartError::IntentRefused), "{ending}"),
        }
        assert!(ending.is_final());
        assert!(discord.gateway(|gateway| gateway.identifies) <= 1, "it does not try again");
        discord.finish();
    }
}

/// Lets the time pass until the bot wants a connection anew and asks how many there may be.
async fn long_silence(discord: &Discord, asked_before: usize) {
    while discord.requests(ASKS_FOR_BUDGET).len() <= asked_before {
        discord.advance(SignedDuration::from_secs(61));
        clock::pause(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f63_connection_that_died_without_a_word_is_begun_anew() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let mut bot = Bot::start(&discord, false).await;
    let asked_before = discord.requests(ASKS_FOR_BUDGET).len();
    long_silence(&discord, asked_before).await;
    discord
        .until_gateway("another connection", |gateway| gateway.identifies == 2 && gateway.connected() > 0)
        .await;
    drill_directly(&ana).await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f32_watchdog_spends_no_connection_where_few_are_left() {
    let discord = Discord::start().await;
    let mut bot = Bot::start(&discord, false).await;
    let asked_before = discord.requests(ASKS_FOR_BUDGET).len();
    discord.gateway(|gateway| gateway.identifies_left = 49);
    long_silence(&discord, asked_before).await;
    let ending = bot.ending().await;
    assert!(matches!(ending, StartError::BudgetSpent { remaining: 49, .. }), "{ending}");
    assert_eq!(discord.gateway(|gateway| gateway.identifies), 1);
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn rate_limits_are_kept_by_the_library() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let mut bot = Bot::start_with_limiter(&discord).await;
    discord.limit_rates(Duration::from_millis(300));
    drill_directly(&ana).await;
    discord.on(POST_MESSAGE).meets(Fault::TooMany { retry_after_ms: 100, global: false });
    for _ in 0..3 {
        ana.press("Skip").await;
        ana.sees("Model answer").await;
        ana.press("Next question").await;
        ana.reads_up_to("What is the difference").await;
    }
    assert_eq!(discord.exceeded(), 0, "it waits by itself");
    bot.stop().await;
    discord.finish();
}

/// A drill in direct messages and one in a thread, with every event as often; what is seen of them.
async fn two_drills(copies: u32, repeats: bool) -> String {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    discord.grant(MESSAGE_CONTENT);
    let mut bot = Bot::start(&discord, true).await;
    discord.gateway(|gateway| gateway.copies = copies);
    let repeat = |reversed| {
        if repeats {
            discord.gateway(|gateway| gateway.repeat(reversed));
        }
    };
    drill_directly(&ana).await;
    let thread = drill_in(&ben, &general).await;
    repeat(true);
    ana.tells_bot(ANSWER);
    ana.sees("What breaks first").await;
    fills(&ben, ANSWER).await;
    ben.sees("What breaks first").await;
    repeat(false);
    ana.tells_bot(REPLY);
    ana.sees("Model answer").await;
    let revealed = ana.last();
    ben.says(&thread, REPLY);
    ben.sees("Model answer").await;
    repeat(true);
    ana.press_on(revealed, "Stop").await;
    ana.sees("Stopped here").await;
    ben.press("Stop").await;
    ben.sees("Stopped here").await;
    bot.stop().await;
    let seen = format!("{}\n\n{}", ana.dm().as_seen_by(&ana), thread.as_seen_by(&ben));
    discord.finish();
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn f28_replayed_events_change_nothing() {
    let once = two_drills(1, false).await;
    assert_eq!(two_drills(2, false).await, once);
    assert_eq!(two_drills(5, true).await, once);
}

#[tokio::test(flavor = "multi_thread")]
async fn f28_events_in_another_order_reach_the_same_people() {
    let discord = Discord::start().await;
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    let mut bot = Bot::start(&discord, false).await;
    drill_directly(&ana).await;
    drill_directly(&ben).await;
    discord.gateway(|gateway| gateway.hold());
    ana.tells_bot(ANSWER);
    ben.tells_bot(ANSWER);
    discord.gateway(|gateway| gateway.release(true));
    ana.sees("What breaks first").await;
    ben.sees("What breaks first").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn follow_up_asks_which_question_a_message_answers() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let mut bot = Bot::start(&discord, false).await;
    let said = ana.says(&general, "a tuple is fixed. [believes only-syntax]");
    ana.uses("Ask me the follow-up", said).await;
    ana.sees("Which question did that message answer?").await;
    let first = ana.last();
    let other = ana.says(&general, "a tuple is a tuple. [says mutability]");
    ana.uses("Ask me the follow-up", other).await;
    ana.sees("Which question did that message answer?").await;
    // The list of the first message is about that message.
    let list = "What is the difference between a list and a tuple?";
    ana.chooses_on(first, list).await;
    ana.reads_up_to("What breaks first").await;
    ana.chooses_on(first, list).await;
    ana.sees("no longer have the message that this list was for").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f53_answer_counts_as_it_was_sent() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let mut bot = Bot::start(&discord, false).await;
    drill_directly(&ana).await;
    let answer = ana.tells_bot(ANSWER);
    ana.sees("What breaks first").await;
    ana.edits(answer, "something else");
    ana.tells_bot(REPLY);
    let reveal = ana.reads().await;
    assert!(reveal.contains("Model answer") && !reveal.contains("something else"), "{reveal}");
    ana.deletes(answer);
    ana.press("Stop").await;
    ana.sees("Stopped here").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f33_drill_for_closed_direct_messages_says_where_it_was_asked_for() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let mut bot = Bot::start(&discord, false).await;
    ana.opens_dms(false);
    discord.expect_error(50_007);
    discord.expect_error(50_007);
    ana.slash("drill", [("where", "dm")]).in_channel(&general).await;
    ana.sees("in your direct messages").await;
    ana.sees("allow messages from this server").await;
    bot.stop().await;
    discord.finish();
}

/// Whatever else a test looks at, it fails if the bot logged an error that the test did not name.
#[tokio::test(flavor = "multi_thread")]
async fn f35_card_that_is_refused_ends_its_drill_and_is_logged_as_our_fault() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let mut bot = Bot::start(&discord, false).await;
    drill_directly(&ana).await;
    discord.on(POST_MESSAGE).meets(Fault::Refuse { status: 400, code: 50_035 });
    ana.tells_bot(ANSWER);
    bot.has_open(0).await;
    bot.logged("a card could not be delivered");
    bot.stop().await;
    discord.finish();
}
