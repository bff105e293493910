//! Rounds in Slack: one question for everybody in a channel, answered privately, revealed together.

use futures_util::future::join_all;
use jiff::SignedDuration;

use super::{ANSWER, REPLY, REVEAL, TRAP, in_time, passes};
use crate::support::slack::Slack;
use crate::support::slack::bot::Bot;
use crate::support::slack::person::{Person, action_id, rendered};
use crate::support::slack::world::{Fault, Message};

/// Ten seconds after the post, whose time has fractions of a second, the count may be brought up to date.
const COUNTED: SignedDuration = SignedDuration::from_secs(11);
const SOLID: &str = "a list changes, a tuple never, so it can be a key \
                     [says mutability hashable record; example; reason]";
const FURTHER: &str = "one step further";
const NOTED: &str = "Your answer is in";
const COUNTS: &str = "How many said each point";
const MODEL: &str = "Show me the model answer";

/// Begins a round; the controls of its host, and its post.
async fn opens(host: &Person, channel: &str) -> (Message, Message) {
    let controls = host.commands_and_keeps(channel, "round").await;
    assert!(rendered(&controls).contains("Your round is on"), "{}", rendered(&controls));
    (controls, host.sees("Nobody has answered yet").await)
}

/// Answers the question of a round by the form under its post.
async fn answers(who: &Person, post: &Message, text: &str) {
    who.presses_on(post, "Answer").await;
    assert_eq!(who.fills_in(text).await, None);
}

/// What everybody in a channel sees of it, apart from what is for them alone.
fn public(slack: &Slack, channel: &str) -> String {
    slack.user("stranger").view_of(channel)
}

#[tokio::test(flavor = "multi_thread")]
async fn round_of_a_few_people_is_answered_privately_and_revealed_together() {
    let slack = Slack::start().await;
    let general = slack.channel("general");
    let [ada, bob, cem, dan, eve] = ["ada", "bob", "cem", "dan", "eve"].map(|name| slack.user(name));
    let mut bot = Bot::start(&slack).await;
    let (_, post) = opens(&ada, &general).await;
    // What everybody does comes to them alone.
    bob.presses_on(&post, "Answer").await;
    let form = bob.form().await;
    assert!(form.contains("What is the difference") && !form.contains("Nobody has answered"), "{form}");
    assert_eq!(bob.fills_in(ANSWER).await, None);
    bob.sees(TRAP).await;
    bob.presses("Answer").await;
    assert_eq!(bob.fills_in(REPLY).await, None);
    bob.sees(NOTED).await;
    cem.presses_on(&post, "I'm blank").await;
    cem.sees("Three small steps").await;
    cem.presses("Answer").await;
    assert_eq!(cem.fills_in(SOLID).await, None);
    cem.sees(FURTHER).await;
    slack.advance(COUNTED);
    eve.sees("2 have answered").await;
    // An answer may be changed, and taken back, until the close.
    answers(&bob, &post, SOLID).await;
    bob.sees(FURTHER).await;
    answers(&ada, &post, ANSWER).await;
    ada.sees(TRAP).await;
    ada.presses("Take it back").await;
    ada.sees("Your answer is taken back").await;
    slack.advance(COUNTED);
    eve.sees("2 have answered").await;
    for who in [&ada, &dan] {
        answers(who, &post, ANSWER).await;
    }
    ada.sees_times(TRAP, 2).await;
    dan.sees(TRAP).await;
    slack.advance(COUNTED);
    eve.sees("4 have answered").await;
    for who in [&cem, &eve] {
        assert_eq!(who.count("the same thing, just other"), 0, "nobody else's answer");
        assert_eq!(who.count(REVEAL), 0, "not before the close");
    }
    assert_eq!((eve.count(TRAP), eve.count(FURTHER), eve.count(NOTED)), (0, 0, 0));
    ada.presses("Close now").await;
    let result = eve.sees(COUNTS).await;
    assert_eq!((result.thread.as_deref(), result.in_channel_too), (Some(post.ts.as_str()), true));
    assert_eq!(eve.count(REVEAL), 0, "Slack cannot hide it until it is tapped");
    // What is behind the buttons is for whoever presses them alone.
    eve.presses_on(&result, MODEL).await;
    let model = eve.sees(REVEAL).await;
    assert_eq!((model.thread, model.only_for.as_deref()), (None, Some(eve.id.as_str())));
    bob.presses_on(&result, "How did I do?").await;
    bob.sees("What you said").await;
    bob.presses_on(&result, "How did I do?").await;
    bob.sees_times("What you said", 2).await;
    bob.presses_on(&result, "Show my answer").await;
    eve.sees("shows what they answered").await;
    eve.presses_on(&result, "Show my answer").await;
    eve.sees("no answer of yours").await;
    eve.presses_on(&result, "Once more").await;
    eve.sees("[Skip]").await;
    // Who has the post on the screen as it was before the close.
    cem.presses_on(&post, "Answer").await;
    cem.sees("This round is over").await;
    insta::assert_snapshot!("round_as_everybody_sees_it", public(&slack, &general));
    insta::assert_snapshot!("round_as_bob_sees_it", bob.view_of(&general));
    insta::assert_snapshot!("round_as_cem_sees_it", cem.view_of(&general));
    insta::assert_snapshot!("round_as_ada_sees_it", ada.view_of(&general));
    insta::assert_snapshot!("round_as_eve_sees_it", eve.view_of(&general));
    slack.acknowledged().await;
    bot.stop().await;
    assert_eq!(
        slack.calls_of("chat.postMessage"),
        3,
        "the question, the result and an answer that was shown"
    );
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn host_steers_the_round_and_a_second_start_gets_a_link() {
    let slack = Slack::start().await;
    let (general, random) = (slack.channel("general"), slack.channel("random"));
    let [ada, ben, eve] = ["ada", "ben", "eve"].map(|name| slack.user(name));
    let mut bot = Bot::start(&slack).await;
    let controls = ada.commands_and_keeps(&general, "round 30").await;
    insta::assert_snapshot!("controls_of_the_host", rendered(&controls));
    let post = ada.sees("Nobody has answered yet").await;
    // The same command shows the controls again, with the way to the round; others get the way alone.
    let again = ada.commands(&general, "round").await;
    assert!(again.contains("A round is open") && again.contains("[Close now]"), "{again}");
    insta::assert_snapshot!("second_start", eve.commands(&general, "round").await);
    // An admin of the workspace may steer it too, as Slack says at that very call.
    ben.is_admin(true);
    assert!(ben.commands(&general, "round").await.contains("[Close now]"));
    ben.is_admin(false);
    assert!(!ben.commands(&general, "round").await.contains("[Close now]"));
    for who in [&ben, &eve] {
        who.forges(&general, &action_id(&controls, "Close now")).await;
        who.sees("That is for whoever started the round, or who manages this workspace").await;
    }
    ada.presses_on(&controls, "Keep it open 1 hour more").await;
    ada.sees("stays open for longer").await;
    slack.advance(SignedDuration::from_mins(35));
    answers(&eve, &post, SOLID).await;
    eve.sees(FURTHER).await;
    ada.presses_on(&controls, "Call it off").await;
    ada.sees("Somebody has answered, so I keep the round").await;
    slack.advance(SignedDuration::from_mins(55));
    ben.sees("the model answer is out").await;
    // Another one may be called off as long as nobody has answered.
    let (controls, _) = opens(&ada, &general).await;
    ben.is_admin(true);
    ben.forges(&general, &action_id(&controls, "Call it off")).await;
    eve.sees("It was called off").await;
    // Rounds are for channels.
    let direct = ada.commands(&ada.dm(), "round").await;
    assert!(direct.contains("That needs a channel"), "{direct}");
    let nothing = ada.commands(&random, "round cobol").await;
    assert!(nothing.contains("there are the tracks"), "{nothing}");
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

/// F66: everybody counts once, however often they answer, and none of it floods the channel.
#[tokio::test(flavor = "multi_thread")]
async fn f66_many_people_who_answer_twice_count_once_and_flood_nothing() {
    const PEOPLE: usize = 40;
    let slack = Slack::start().await;
    let general = slack.channel("general");
    let ada = slack.user("ada");
    let people: Vec<Person> = (0..PEOPLE).map(|number| slack.user(&format!("person-{number}"))).collect();
    let mut bot = Bot::start(&slack).await;
    let (_, post) = opens(&ada, &general).await;
    for (text, then) in [(ANSWER, TRAP), (SOLID, FURTHER)] {
        join_all(people.iter().map(async |who| {
            answers(who, &post, text).await;
            who.sees(then).await;
        }))
        .await;
    }
    slack.advance(COUNTED);
    ada.sees(&format!("{PEOPLE} have answered")).await;
    ada.presses("Close now").await;
    let result = rendered(&ada.sees(COUNTS).await);
    assert!(result.contains(&format!("1. {PEOPLE} of {PEOPLE}")), "{result}");
    slack.acknowledged().await;
    bot.stop().await;
    assert_eq!(slack.calls_of("chat.postMessage"), 2, "the question and the result");
    assert!(slack.calls_of("chat.update") <= 4, "{}", slack.calls_of("chat.update"));
    slack.finish();
}

/// The answer to the post gets lost, and the one to the result; the process dies in between.
#[tokio::test(flavor = "multi_thread")]
async fn f29_round_whose_answers_get_lost_posts_nothing_twice() {
    let slack = Slack::start().await;
    let general = slack.channel("general");
    let [ada, bob] = ["ada", "bob"].map(|name| slack.user(name));
    let mut bot = Bot::start(&slack).await;
    slack.shared.with(|world| world.history_delay = SignedDuration::from_secs(7));
    slack.on("chat.postMessage", Fault::LoseAnswer);
    ada.commands(&general, "round").await;
    let post = ada.sees("Nobody has answered yet").await;
    slack.acknowledged().await;
    bot.stop().await;
    slack.advance(SignedDuration::from_secs(20));
    bot.start_again(&slack).await;
    slack.connected(1).await;
    answers(&bob, &post, ANSWER).await;
    bob.sees(TRAP).await;
    in_time(&slack, &ada, "1 has answered").await;
    slack.on("chat.postMessage", Fault::ErrorAfter);
    slack.on("chat.update", Fault::ErrorAfter);
    slack.advance(SignedDuration::from_mins(11));
    ada.sees(MODEL).await;
    slack.shared.until("both faults", |world| world.faults.is_empty().then_some(())).await;
    for _ in 0..12 {
        slack.advance(SignedDuration::from_secs(5));
        tokio::time::timeout(std::time::Duration::from_millis(20), ada.sees("never")).await.unwrap_err();
    }
    assert_eq!((ada.count("What is the difference"), ada.count(MODEL)), (1, 1));
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

/// What only one person sees cannot be looked for: in doubt it goes where it can be.
#[tokio::test(flavor = "multi_thread")]
async fn f29_private_card_of_a_round_that_got_lost_comes_directly_and_disturbs_nobody() {
    let slack = Slack::start().await;
    let general = slack.channel("general");
    let [ada, bob, eve] = ["ada", "bob", "eve"].map(|name| slack.user(name));
    let mut bot = Bot::start(&slack).await;
    let (_, post) = opens(&ada, &general).await;
    slack.on("chat.postEphemeral", Fault::Error("internal_error"));
    answers(&bob, &post, ANSWER).await;
    in_time(&slack, &bob, TRAP).await;
    assert_eq!(bob.sees(TRAP).await.channel, bob.dm());
    let seen = eve.view_of(&general);
    bob.presses("Answer").await;
    assert_eq!(bob.fills_in(REPLY).await, None);
    bob.sees(NOTED).await;
    assert_eq!(eve.view_of(&general), seen);
    // At home, what is open shows that an answer is in.
    bob.opens_home();
    bob.home_shows("You have answered in a round").await;
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

/// Slack takes a moment to look at a picture, and may never be done with it.
#[tokio::test(flavor = "multi_thread")]
async fn counts_are_shown_as_a_picture_if_slack_takes_it_and_as_text_in_any_case() {
    let slack = Slack::start().await;
    let mut bot = Bot::start(&slack).await;
    let people = ["ada", "bob", "cem"].map(|name| slack.user(name));
    let picture = "[picture: How many said each point.";
    let refused = Fault::Error("invalid_blocks");
    for (faults, has_picture) in [
        (vec![], true),
        (vec![refused.clone()], true),
        (vec![refused.clone(), refused.clone(), refused], false),
    ] {
        let channel = slack.channel("another");
        let controls = people[0].commands(&channel, "round").await;
        assert!(controls.contains("Your round is on"), "{controls}");
        let is_post = |message: &&Message| message.channel == channel && message.is_bot;
        let post = slack.shared.until("the post", |world| world.messages.iter().find(is_post).cloned()).await;
        for who in &people {
            answers(who, &post, SOLID).await;
        }
        let seen = slack.calls_of("chat.postMessage");
        for fault in &faults {
            slack.on("chat.postMessage", fault.clone());
        }
        slack.advance(SignedDuration::from_mins(11));
        let is_result = |message: &&Message| message.channel == channel && rendered(message).contains(COUNTS);
        let result = passes(&slack, SignedDuration::from_secs(1), |world| {
            world.messages.iter().find(is_result).map(rendered)
        })
        .await;
        assert_eq!(result.contains(picture), has_picture, "{result}");
        assert!(result.contains("1. 3 of 3"), "{result}");
        assert_eq!(slack.calls_of("chat.postMessage") - seen, faults.len() + 1);
    }
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

/// A round where the app is no member is told of, and leaves nothing behind.
#[tokio::test(flavor = "multi_thread")]
async fn f05_round_in_a_channel_without_the_app_says_what_is_missing() {
    let slack = Slack::start().await;
    let far = slack.channel_without_bot("far");
    let ada = slack.user("ada");
    let mut bot = Bot::start(&slack).await;
    ada.commands(&far, "round").await;
    ada.sees("I may not post where your question is").await;
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}
