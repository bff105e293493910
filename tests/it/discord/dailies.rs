//! Dailies on Discord: set up by those who manage the server, posted by the calendar.

use jiff::SignedDuration;

use super::fills;
use crate::support::bot::Bot;
use crate::support::discord::Discord;
use crate::support::discord::driver::person::Person;
use crate::support::discord::driver::place::Place;
use crate::support::discord::faults::Fault;
use crate::support::discord::faults::routes::{PIN, POST_MESSAGE, THREAD_FROM_MESSAGE};
use crate::support::discord::permissions::{ATTACH_FILES, PIN_MESSAGES};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Does something about the only daily of the server, chosen from the list; what is answered.
async fn about(who: &Person, command: &str, channel: &Place) -> String {
    let offered = who.offers(command, "daily", "", channel).await;
    let [(_, id)] = &offered[..] else { panic!("{offered:?}") };
    who.slash(command, [("daily", id.as_str())]).in_channel(channel).await;
    who.reads().await
}

#[tokio::test(flavor = "multi_thread")]
async fn f18_daily_is_posted_once_with_thread_and_pin_whatever_fails() {
    let discord = Discord::start().await;
    let server = discord.guild("Study group");
    let general = server.channel("general");
    let role = server.role("python").to_string();
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    server.lets_manage(&ana);
    let mut bot = Bot::start(&discord, false).await;
    let options =
        [("time", "9:30"), ("zone", "UTC"), ("hours", "8"), ("role", role.as_str()), ("pin", "true")];
    ana.slash("daily add", options).in_channel(&general).await;
    insta::assert_snapshot!("daily_was_saved", ana.reads().await);
    // The answer to the post is lost, the thread is half-way, and nobody may pin.
    discord.on(POST_MESSAGE).meets(Fault::LoseAnswer);
    discord.on(THREAD_FROM_MESSAGE).meets(Fault::LoseAnswer);
    discord.expect_error(50_013);
    discord.advance(HOUR / 2);
    ben.sees("Nobody has answered yet").await;
    assert_eq!(discord.pings(), ["role python in #general"]);
    ana.sees("could not pin the question").await;
    fills(&ben, "only the brackets differ [believes only-syntax]").await;
    ben.sees("What breaks first").await;
    discord.advance(HOUR * 8);
    ben.reads_up_to("How many said each point").await;
    insta::assert_snapshot!("daily_in_the_channel", general.as_seen_by(&discord.user("cem")));
    assert_eq!(
        discord.requests(POST_MESSAGE).len(),
        3,
        "the question, the result, and a word to whoever made it"
    );
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn daily_is_pinned_skipped_paused_and_removed() {
    let discord = Discord::start().await;
    let server = discord.guild("Study group");
    let general = server.channel("general");
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    server.lets_manage(&ana);
    general.allow(PIN_MESSAGES);
    let mut bot = Bot::start(&discord, false).await;
    let options = [("time", "9:30"), ("zone", "UTC"), ("days", "mon-fri"), ("pin", "true")];
    ana.slash("daily add", options).in_channel(&general).await;
    ana.sees("Saved").await;
    discord.advance(HOUR / 2);
    ben.sees("Nobody has answered yet").await;
    ben.sees("pinned a message").await;
    let skipped = about(&ana, "daily skip", &general).await;
    assert!(skipped.contains("The next one is left out"), "{skipped}");
    let paused = about(&ana, "daily pause", &general).await;
    assert!(paused.contains("Paused"), "{paused}");
    ana.slash("daily list", []).in_channel(&general).await;
    insta::assert_snapshot!("paused_daily_in_the_list", ana.reads().await);
    let resumed = about(&ana, "daily resume", &general).await;
    assert!(resumed.contains("Resumed"), "{resumed}");
    let removed = about(&ana, "daily remove", &general).await;
    assert!(removed.contains("Removed"), "{removed}");
    ana.slash("daily list", []).in_channel(&general).await;
    ana.sees("No daily is set up").await;
    insta::assert_snapshot!("pinned_daily_in_the_channel", general.as_seen_by(&ben));
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn daily_with_a_full_list_of_pins_goes_on() {
    let discord = Discord::start().await;
    let server = discord.guild("Study group");
    let general = server.channel("general");
    let ana = discord.user("ana");
    server.lets_manage(&ana);
    general.allow(PIN_MESSAGES);
    let mut bot = Bot::start(&discord, false).await;
    let options = [("time", "9:30"), ("zone", "UTC"), ("hours", "1"), ("pin", "true")];
    ana.slash("daily add", options).in_channel(&general).await;
    ana.sees("Saved").await;
    discord.on(PIN).meets(Fault::Refuse { status: 400, code: 30_003 });
    discord.advance(HOUR / 2);
    ana.sees("Nobody has answered yet").await;
    ana.sees("could not pin the question").await;
    assert_eq!(discord.requests(PIN).len(), 1, "it is not tried for ever");
    discord.advance(HOUR);
    ana.reads_up_to("Nobody answered this time").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn s8_daily_of_somebody_who_may_not_manage_is_refused_although_the_command_is_shown() {
    let discord = Discord::start().await;
    let server = discord.guild("Study group");
    let general = server.channel("general");
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    server.lets_manage(&ana);
    server.shows_to_all("daily");
    general.deny(ATTACH_FILES);
    let mut bot = Bot::start(&discord, false).await;
    let options = [("time", "9:30"), ("zone", "Europe/Berlin")];
    ben.slash("daily add", options).in_channel(&general).await;
    ben.sees("Dailies are for those who may manage this server").await;
    ana.slash("daily add", options).in_channel(&general).await;
    let saved = ana.reads().await;
    assert!(saved.contains("For this I need these permissions there: Attach Files."), "{saved}");
    assert!(ben.offers("daily remove", "daily", "", &general).await.is_empty());
    ben.slash("daily remove", [("daily", "1")]).in_channel(&general).await;
    ben.sees("Dailies are for those who may manage this server").await;
    ana.slash("daily remove", [("daily", "any")]).in_channel(&general).await;
    ana.sees("There is no such daily").await;
    ana.slash("daily edit", [("daily", "1"), ("time", "25:00")]).in_channel(&general).await;
    ana.sees("is no time of the day").await;
    bot.stop().await;
    discord.finish();
}
