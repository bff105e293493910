//! Dailies in Slack: set up by those who look after the workspace, posted by the calendar.

use jiff::SignedDuration;

use super::{ANSWER, TRAP, passes};
use crate::support::slack::Slack;
use crate::support::slack::bot::Bot;
use crate::support::slack::person::{Person, rendered};
use crate::support::slack::world::{Fault, Message};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const SECONDS: SignedDuration = SignedDuration::from_secs(5);
const OPEN: &str = "Nobody has answered yet";

/// The questions that stand in a channel.
fn posts(slack: &Slack, channel: &str) -> Vec<Message> {
    slack.shared.with(|world| {
        let there = world.messages.iter().filter(|message| message.channel == channel && message.is_bot);
        there.filter(|message| message.thread.is_none() && message.only_for.is_none()).cloned().collect()
    })
}

/// Waits until so many questions stand in a channel.
async fn stand(slack: &Slack, channel: &str, count: usize) -> Message {
    let is_post = |message: &&Message| {
        message.channel == channel && message.is_bot && message.thread.is_none() && message.only_for.is_none()
    };
    slack
        .shared
        .until("a daily", |world| {
            let there: Vec<&Message> = world.messages.iter().filter(is_post).collect();
            (there.len() == count).then(|| there[count - 1].clone())
        })
        .await
}

fn admin(slack: &Slack) -> Person {
    let ana = slack.user("ana");
    ana.is_admin(true);
    ana
}

#[tokio::test(flavor = "multi_thread")]
async fn f25_daily_over_three_days_with_an_outage_is_one_post_a_day_and_no_burst() {
    let slack = Slack::start().await;
    let general = slack.channel("general");
    let (ana, ben) = (admin(&slack), slack.user("ben"));
    let mut bot = Bot::start(&slack).await;
    let saved = ana.commands(&general, "daily add 9:30 UTC 8h <!subteam^S0PYTHON|@python> pin").await;
    insta::assert_snapshot!("daily_was_saved", saved);
    // The first day: the answer to the post is lost.
    slack.on("chat.postMessage", Fault::LoseAnswer);
    slack.advance(HOUR / 2);
    let first = stand(&slack, &general, 1).await;
    in_time_pinned(&slack, &first).await;
    ben.presses_on(&first, "Answer").await;
    assert_eq!(ben.fills_in(ANSWER).await, None);
    ben.sees(TRAP).await;
    slack.advance(HOUR * 8);
    ben.sees("Show me the model answer").await;
    slack.acknowledged().await;
    // It is away on the second day, and late on the third.
    bot.stop().await;
    slack.advance(HOUR * 38);
    bot.start_again(&slack).await;
    slack.connected(1).await;
    ana.sees("The daily of 2026-01-06 was missed").await;
    assert_eq!(posts(&slack, &general).len(), 1, "nothing is made up for");
    bot.stop().await;
    slack.advance(HOUR * 5 / 2);
    bot.start_again(&slack).await;
    slack.connected(1).await;
    let third = stand(&slack, &general, 2).await;
    in_time_pinned(&slack, &third).await;
    assert_eq!(slack.shared.with(|world| world.pings.clone()), ["S0PYTHON", "S0PYTHON"]);
    slack.acknowledged().await;
    bot.stop().await;
    assert_eq!(posts(&slack, &general).len(), 2);
    // When it closes goes by when its post was found.
    let seen = ben.view_of(&general);
    let seen: Vec<&str> = seen.lines().filter(|line| !line.starts_with("(Revealed together")).collect();
    insta::assert_snapshot!("daily_in_the_channel", seen.join("\n"));
    slack.finish();
}

/// The clock goes on until a message is pinned.
async fn in_time_pinned(slack: &Slack, message: &Message) {
    passes(slack, SECONDS, |world| world.pins.contains(&message.ts).then_some(())).await;
}

/// The pin is done and its answer lost; then nobody may pin; then the scope is missing.
#[tokio::test(flavor = "multi_thread")]
async fn f18_pin_that_fails_half_way_stops_nothing() {
    let slack = Slack::start().await;
    let ana = admin(&slack);
    let mut bot = Bot::start(&slack).await;
    let lost = slack.channel("lost");
    ana.commands(&lost, "daily add 9:30 UTC 1h pin").await;
    slack.on("pins.add", Fault::LoseAnswer);
    slack.advance(HOUR / 2);
    let post = stand(&slack, &lost, 1).await;
    slack.called("pins.add", 1).await;
    passes(&slack, SECONDS, |world| (world.calls_of("pins.add") >= 2).then_some(())).await;
    assert!(slack.shared.with(|world| world.pins.contains(&post.ts)));
    slack.advance(HOUR);
    ana.sees("Nobody answered this time").await;
    assert_eq!(ana.count("could not pin"), 0, "one that is pinned already counts as pinned");
    let calls = slack.calls_of("pins.add");
    let full = slack.channel("full");
    ana.commands(&full, "daily add 12:00 UTC 1h pin").await;
    slack.on("pins.add", Fault::Error("too_many_pins"));
    slack.advance(HOUR);
    slack.advance(HOUR / 2);
    stand(&slack, &full, 1).await;
    ana.sees("I could not pin the question").await;
    assert_eq!(slack.calls_of("pins.add"), calls + 1, "it is not tried for ever");
    slack.advance(HOUR);
    ana.sees_times("Nobody answered this time", 2).await;
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn daily_is_listed_edited_skipped_paused_and_removed_by_its_number() {
    let slack = Slack::start().await;
    let (general, random) = (slack.channel("general"), slack.channel("random"));
    let ana = admin(&slack);
    let mut bot = Bot::start(&slack).await;
    let says = async |text: &str, expected: &str| {
        let said = ana.commands(&general, text).await;
        assert!(said.contains(expected), "{text}: {said}");
        said
    };
    says("daily", "No daily is set up in this workspace. Add one with /riposte daily add").await;
    says("daily pause", "There is no such daily in this workspace").await;
    says("daily add", "a daily needs a time").await;
    says("daily add 25:00", "is no time of the day").await;
    says("daily add 9:30 @python", "I can only mention a user group").await;
    says("daily add 9:30 #general", "I do not know that channel").await;
    says("daily add 9:30 cobol", "there are the tracks").await;
    // The zone is one's own, unless another one is named.
    says("daily add 9:30 mon-fri", "09:30 Europe/Berlin · mon, tue, wed, thu, fri").await;
    says("daily skip", "The next one is left out").await;
    let other = format!("daily add 8 pm UTC small <#{random}|random>");
    says(&other, "20:00 UTC").await;
    says("daily pause", "Which one?").await;
    says("daily pause 1", "Paused").await;
    insta::assert_snapshot!("dailies_in_the_list", says("daily list", "It is paused").await);
    says("daily resume 1", "Resumed").await;
    says("daily edit 2 21:15 8h", "21:15 UTC").await;
    says("daily remove 1", "Removed").await;
    says("daily edit 10:00", "10:00 UTC").await;
    slack.advance(HOUR);
    let post = stand(&slack, &random, 1).await;
    assert!(rendered(&post).contains(OPEN));
    slack.acknowledged().await;
    bot.stop().await;
    assert!(posts(&slack, &general).is_empty());
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn s8_dailies_are_for_those_whom_slack_calls_admins_at_that_very_call() {
    let slack = Slack::start().await;
    let (general, far) = (slack.channel("general"), slack.channel_without_bot("far"));
    let (ana, ben) = (admin(&slack), slack.user("ben"));
    let mut bot = Bot::start(&slack).await;
    for command in ["daily add 9:30", "daily list", "daily remove 1", "daily edit 1 9:00", "daily skip"] {
        let said = ben.commands(&general, command).await;
        assert!(said.contains("Dailies are for those who may manage this workspace"), "{command}: {said}");
    }
    let missing = ana.commands(&far, "daily add 9:30").await;
    assert!(missing.contains("to be a member (/invite @riposte)"), "{missing}");
    ana.is_admin(false);
    let said = ana.commands(&general, "daily list").await;
    assert!(said.contains("Dailies are for those who may manage this workspace"), "{said}");
    ana.is_admin(true);
    slack.on("users.info", Fault::Error("internal_error"));
    let said = ana.commands(&general, "daily list").await;
    assert!(said.contains("Slack did not tell me"), "{said}");
    slack.shared.with(|world| world.lacks_scope.insert("missing_scope:users:read"));
    let said = ana.commands(&general, "daily list").await;
    assert!(said.contains("I lack the scope users:read"), "{said}");
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

/// A daily for a channel that cannot be posted in is told of once, and is there on the next day.
#[tokio::test(flavor = "multi_thread")]
async fn f05_daily_whose_channel_is_closed_to_it_is_told_of_and_comes_again() {
    let slack = Slack::start().await;
    let general = slack.channel("general");
    let ana = admin(&slack);
    let mut bot = Bot::start(&slack).await;
    ana.commands(&general, "daily add 9:30 UTC 1h").await;
    slack.shared.with(|world| world.channels.get_mut(&general).unwrap().is_archived = true);
    slack.advance(HOUR / 2);
    ana.sees("I could not post the daily of").await;
    slack.advance(HOUR * 3);
    slack.shared.with(|world| world.channels.get_mut(&general).unwrap().is_archived = false);
    passes(&slack, HOUR / 2, |world| {
        let mut there = world.messages.iter().filter(|message| message.channel == general);
        there.find(|message| rendered(message).contains(OPEN)).map(drop)
    })
    .await;
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}
