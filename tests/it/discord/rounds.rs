//! Rounds on Discord: one question for everybody in a channel, answered privately, revealed together.

use futures_util::future::join_all;
use jiff::SignedDuration;

use super::{ANSWER, REPLY, fills};
use crate::support::bot::Bot;
use crate::support::discord::Discord;
use crate::support::discord::driver::person::Person;
use crate::support::discord::driver::place::{Place, Post};
use crate::support::discord::faults::routes::{EDIT_MESSAGE, POST_MESSAGE};

const SOLID: &str = "a list changes, a tuple never, so it can be a key \
                     [says mutability hashable record; example; reason]";
const FIELD: &str = "Your answer, as you would say it";

/// Begins a round and reads its post; the post.
async fn opens(host: &Person, channel: &Place) -> Post {
    host.slash("round", []).in_channel(channel).await;
    host.sees("Your round is on").await;
    host.sees("Nobody has answered yet").await;
    channel.thread().await;
    host.last()
}

/// Answers the question of a round by the form under its post.
async fn answers(who: &Person, post: Post, text: &str) {
    who.press_on(post, "Answer").await;
    who.fill([(FIELD, text)]).await;
}

/// Reads whatever is left.
async fn read_all(discord: &Discord, people: &[Person]) {
    for who in people {
        while discord.has_unread(who) {
            who.reads().await;
        }
    }
}

/// Closes the round of somebody.
async fn closes(host: &Person) {
    host.press("Close now").await;
    host.reads_up_to("Model answer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn round_of_three_people_is_answered_privately_and_revealed_together() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let [ada, bob, cem, eve] = ["ada", "bob", "cem", "eve"].map(|name| discord.user(name));
    let mut bot = Bot::start(&discord, false).await;
    let post = opens(&ada, &general).await;
    // What everybody does comes to them alone.
    answers(&bob, post, ANSWER).await;
    bob.sees("What breaks first").await;
    fills(&bob, REPLY).await;
    bob.sees("Your answer is in").await;
    cem.press_on(post, "I'm blank").await;
    cem.sees("Three small steps").await;
    fills(&cem, SOLID).await;
    cem.sees("one step further").await;
    discord.advance(SignedDuration::from_secs(10));
    eve.sees("2 have answered").await;
    // An answer may be changed, and taken back, until the close.
    answers(&bob, post, SOLID).await;
    bob.sees("one step further").await;
    answers(&ada, post, ANSWER).await;
    ada.sees("What breaks first").await;
    ada.press("Take it back").await;
    ada.sees("Your answer is taken back").await;
    // A stranger can neither begin another one nor end this one.
    eve.slash("round", []).in_channel(&general).await;
    let second = eve.reads().await;
    assert!(second.contains("A round is open in this channel already"), "{second}");
    assert!(second.contains("[Go to the round ↗]"), "{second}");
    for control in ["Close now", "Keep it open 10 minutes more"] {
        eve.forge(post, &ada.custom_id(control)).await;
        eve.sees("That is for whoever started the round").await;
    }
    eve.forge(post, "r1:1:1:back").await;
    eve.sees("earlier message").await;
    ada.press("Keep it open 10 minutes more").await;
    ada.sees("stays open for longer").await;
    discord.advance(SignedDuration::from_secs(10));
    eve.sees("2 have answered").await;
    closes(&ada).await;
    let thread = general.thread().await;
    bob.press("How did I do?").await;
    let mine = bob.reads().await;
    assert!(mine.contains("What you said") && mine.contains("only bob sees it"), "{mine}");
    bob.press("How did I do?").await;
    bob.sees("What you said").await;
    bob.press("Show my answer").await;
    eve.sees("@bob shows what they answered").await;
    eve.press("Show my answer").await;
    eve.sees("no answer of yours").await;
    eve.press("Once more").await;
    eve.sees("What is the difference").await;
    // Who has the post on the screen as it was before the close.
    cem.forge(post, "r1:1:1:join").await;
    cem.fill([(FIELD, ANSWER)]).await;
    cem.sees("This round is over").await;
    insta::assert_snapshot!("round_in_the_channel", general.as_seen_by(&discord.user("dan")));
    insta::assert_snapshot!("round_in_the_thread", thread.as_seen_by(&discord.user("fay")));
    insta::assert_snapshot!("round_as_bob_sees_it", general.as_seen_by(&bob));
    insta::assert_snapshot!("round_thread_as_bob_sees_it", thread.as_seen_by(&bob));
    insta::assert_snapshot!("round_as_cem_sees_it", general.as_seen_by(&cem));
    insta::assert_snapshot!("round_as_ada_sees_it", general.as_seen_by(&ada));
    insta::assert_snapshot!("round_thread_as_eve_sees_it", thread.as_seen_by(&eve));
    bot.stop().await;
    let public = discord.requests(POST_MESSAGE).len();
    assert_eq!(public, 3, "the question, the result and one answer that was shown");
    discord.finish();
}

/// F7: everybody counts once, however often they answer, and none of it floods the channel.
#[tokio::test(flavor = "multi_thread")]
async fn f07_many_people_who_answer_twice_count_once_and_flood_nothing() {
    const PEOPLE: usize = 40;
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ada = discord.user("ada");
    let people: Vec<Person> = (0..PEOPLE).map(|number| discord.user(&format!("person-{number}"))).collect();
    let mut bot = Bot::start(&discord, false).await;
    let post = opens(&ada, &general).await;
    for text in [ANSWER, SOLID] {
        join_all(people.iter().map(async |who| {
            answers(who, post, text).await;
            who.reads().await;
        }))
        .await;
    }
    discord.advance(SignedDuration::from_secs(10));
    ada.reads_up_to(&format!("{PEOPLE} have answered")).await;
    ada.press("Close now").await;
    let result = ada.reads_up_to("How many said each point").await;
    assert!(result.contains(&format!("1. {PEOPLE} of {PEOPLE}")), "{result}");
    bot.stop().await;
    assert_eq!(discord.requests(POST_MESSAGE).len(), 2, "the question and the result");
    assert!(discord.requests(EDIT_MESSAGE).len() <= 4);
    discord.finish();
}

/// F8: whoever closes it, and however many do, there is one reveal.
#[tokio::test(flavor = "multi_thread")]
async fn f08_two_who_close_it_in_the_same_moment_get_one_reveal() {
    let discord = Discord::start().await;
    let server = discord.guild("Study group");
    let general = server.channel("general");
    let (ada, ben) = (discord.user("ada"), discord.user("ben"));
    server.lets_manage(&ben);
    let mut bot = Bot::start(&discord, false).await;
    let post = opens(&ada, &general).await;
    answers(&ben, post, ANSWER).await;
    ben.sees("What breaks first").await;
    let close = ada.custom_id("Close now");
    discord.gateway(|gateway| gateway.hold());
    let presses = [ada.forge_and_leave(post, &close), ben.forge_and_leave(post, &close)];
    discord.gateway(|gateway| gateway.release(false));
    ada.answered(presses[0]).await;
    ben.answered(presses[1]).await;
    ada.reads_up_to("How many said each point").await;
    bot.stop().await;
    let public = discord.requests(POST_MESSAGE).len();
    assert_eq!(public, 2, "the question and the result");
    read_all(&discord, &[ada, ben]).await;
    discord.finish();
}

/// F11: one open round a channel, whoever asks in the same moment.
#[tokio::test(flavor = "multi_thread")]
async fn f11_many_rounds_asked_for_at_once_are_one_and_links_to_it() {
    const PEOPLE: usize = 20;
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let people: Vec<Person> = (0..PEOPLE).map(|number| discord.user(&format!("person-{number}"))).collect();
    let mut bot = Bot::start(&discord, false).await;
    join_all(people.iter().map(|who| who.slash("round", []).in_channel(&general))).await;
    general.thread().await;
    let seen = join_all(people.iter().map(async |who| general.as_seen_by(who))).await;
    let hosts = seen.iter().filter(|seen| seen.contains("Your round is on")).count();
    let others = seen.iter().filter(|seen| seen.contains("A round is open in this channel already")).count();
    assert_eq!((hosts, others), (1, PEOPLE - 1));
    bot.stop().await;
    assert_eq!(discord.requests(POST_MESSAGE).len(), 1);
    read_all(&discord, &people).await;
    discord.finish();
}

/// The answer to the post gets lost, the process dies before the thread: one post, one thread, one result.
#[tokio::test(flavor = "multi_thread")]
async fn f18_round_goes_on_where_it_was_after_a_crash() {
    use crate::support::discord::faults::Fault;
    use crate::support::discord::faults::routes::THREAD_FROM_MESSAGE;
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let (ada, bob) = (discord.user("ada"), discord.user("bob"));
    let mut bot = Bot::start(&discord, false).await;
    discord.on(POST_MESSAGE).meets(Fault::LoseAnswer);
    discord.on(THREAD_FROM_MESSAGE).meets(Fault::Hold);
    ada.slash("round", []).in_channel(&general).await;
    ada.sees("Your round is on").await;
    ada.sees("Nobody has answered yet").await;
    let post = ada.last();
    discord.held(1).await;
    bot.stop().await;
    discord.release();
    bot.start_again(&discord).await;
    discord.connected().await;
    general.thread().await;
    answers(&bob, post, ANSWER).await;
    bob.sees("What breaks first").await;
    discord.advance(SignedDuration::from_mins(10));
    bob.reads_up_to("How many said each point").await;
    let (seen, thread) = (general.as_seen_by(&bob), general.thread().await.as_seen_by(&bob));
    assert_eq!(seen.matches("Lists and tuples · junior").count(), 1, "{seen}");
    assert_eq!(thread.matches("### Model answer").count(), 1, "{thread}");
    bot.stop().await;
    discord.finish();
}
