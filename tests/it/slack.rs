//! Whole conversations in Slack: the bot on one side, people on the other.

mod dailies;
mod delivery;
mod played;
mod rounds;

use jiff::SignedDuration;
use riposte::chat::slack::StartError;
use serde_json::json;

use crate::support::slack::Slack;
use crate::support::slack::bot::{self, Bot};
use crate::support::slack::person::Person;
use crate::support::slack::world::{Fault, World};

const ANSWER: &str = "its the same thing, just other brackets [believes only-syntax]";
const REPLY: &str = "dict keys, a list is not hashable [held]";
const QUESTION: &str = "What is the difference";
const TRAP: &str = "What breaks first";
/// How many the bot opens.
const SOCKETS: usize = 4;
const REVEAL: &str = "Model answer";

/// Begins a drill in direct messages and reads the question.
async fn drill_directly(who: &Person) {
    let dm = who.dm();
    assert_eq!(who.commands(&dm, "drill").await, "The question is in your direct messages.");
    who.sees(QUESTION).await;
}

/// Begins a drill in a channel and reads the question; the time of its message, which is its thread.
async fn drill_in(who: &Person, channel: &str) -> String {
    let answer = who.commands(channel, "drill").await;
    assert!(answer.contains("in this channel"), "{answer}");
    who.sees(QUESTION).await.ts
}

/// Answers by the form.
async fn answers(who: &Person, text: &str) {
    who.presses("Answer").await;
    assert_eq!(who.fills_in(text).await, None);
}

/// The clock goes on, by so much at a time, until something is there.
async fn passes<T>(slack: &Slack, step: SignedDuration, mut look: impl FnMut(&mut World) -> Option<T>) -> T {
    loop {
        let looking = slack.shared.until("something", &mut look);
        if let Ok(found) = tokio::time::timeout(std::time::Duration::from_millis(50), looking).await {
            return found;
        }
        slack.advance(step);
    }
}

/// The clock goes on until something is seen.
async fn in_time(slack: &Slack, who: &Person, text: &str) {
    while who.count(text) == 0 {
        slack.advance(SignedDuration::from_secs(5));
        tokio::time::timeout(std::time::Duration::from_millis(50), who.sees(text)).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_in_direct_messages() {
    let slack = Slack::start().await;
    let ana = slack.user("ana");
    let mut bot = Bot::start(&slack).await;
    drill_directly(&ana).await;
    slack.advance(SignedDuration::from_secs(40));
    ana.tells(ANSWER);
    ana.sees(TRAP).await;
    ana.tells(REPLY);
    ana.sees(REVEAL).await;
    insta::assert_snapshot!(ana.view_of(&ana.dm()));
    ana.presses("Stop").await;
    ana.sees("Stopped here").await;
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f60_drill_in_a_channel_by_form_is_for_one_person_alone_until_they_show_it() {
    let slack = Slack::start().await;
    let general = slack.channel("general");
    let (ana, ben) = (slack.user("ana"), slack.user("ben"));
    let mut bot = Bot::start(&slack).await;
    drill_in(&ana, &general).await;
    ana.presses("Answer").await;
    assert!(ana.form().await.contains(QUESTION), "the question stands above the field");
    ana.fills_in(ANSWER).await;
    ana.sees(TRAP).await;
    answers(&ana, REPLY).await;
    ana.sees(REVEAL).await;
    insta::assert_snapshot!("channel_by_form_as_ana_sees_it", ana.view_of(&general));
    insta::assert_snapshot!("channel_by_form_as_ben_sees_it", ben.view_of(&general));
    ana.presses("Show all").await;
    ben.sees(REVEAL).await;
    ana.presses("Show all").await;
    ana.sees_times("for everybody to read", 2).await;
    assert_eq!(ben.count(REVEAL), 1, "it is shown once");
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_in_a_thread_by_messages_keeps_the_model_answer_private() {
    let slack = Slack::start().await;
    let general = slack.channel("general");
    let (ana, ben) = (slack.user("ana"), slack.user("ben"));
    let mut bot = Bot::start(&slack).await;
    let thread = drill_in(&ana, &general).await;
    ben.says(&general, Some(&thread), "it is the same thing");
    ben.says(&general, None, "hello?");
    ana.says(&general, Some(&thread), ANSWER);
    ana.sees(TRAP).await;
    ben.sees(TRAP).await;
    ana.says(&general, Some(&thread), REPLY);
    ana.sees(REVEAL).await;
    assert_eq!(ben.count(REVEAL), 0, "Slack cannot hide it until it is tapped");
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn home_shows_what_is_open_and_takes_an_answer() {
    let slack = Slack::start().await;
    let ana = slack.user("ana");
    let mut bot = Bot::start(&slack).await;
    ana.opens_home();
    insta::assert_snapshot!("home_at_first", ana.home_shows("No question is open").await);
    ana.presses_at_home("Drill me").await;
    ana.home_shows(QUESTION).await;
    ana.presses_at_home("Answer").await;
    ana.fills_in(ANSWER).await;
    ana.sees(TRAP).await;
    ana.opens_home();
    ana.home_shows(TRAP).await;
    ana.tells(REPLY);
    ana.sees(REVEAL).await;
    ana.opens_home();
    insta::assert_snapshot!("home_after_a_drill", ana.home_shows("1 question answered").await);
    ana.presses_at_home("Delete my data").await;
    ana.sees("deleted").await;
    ana.home_shows("Nothing answered yet").await;
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn shortcuts_drill_and_follow_up() {
    let slack = Slack::start().await;
    let general = slack.channel("general");
    let (ana, ben) = (slack.user("ana"), slack.user("ben"));
    let mut bot = Bot::start(&slack).await;
    ben.uses_shortcut().await;
    ben.sees(QUESTION).await;
    let ts = ana.says(&general, None, "a tuple cannot change and a list can change [believes only-syntax]");
    ben.uses_shortcut_on(&general, &ts).await;
    ben.sees("your own messages only").await;
    ana.uses_shortcut_on(&general, &ts).await;
    ana.sees(TRAP).await;
    // Again, it is no reply to the follow-up from before.
    ana.uses_shortcut_on(&general, &ts).await;
    ana.sees_times(TRAP, 2).await;
    let odd = ana.says(&general, None, "tuple");
    ana.uses_shortcut_on(&general, &odd).await;
    ana.sees("Which question did that message answer?").await;
    ana.chooses(QUESTION).await;
    ana.sees("in your direct messages").await;
    let none = ana.says(&general, None, "zzz");
    ana.uses_shortcut_on(&general, &none).await;
    ana.sees("I have no question that this answers").await;
    // Two lists at once: each keeps the message that it is about.
    let first = ana.says(&general, None, "tuple");
    ana.uses_shortcut_on(&general, &first).await;
    ana.sees_times("Which question did that message answer?", 2).await;
    let second = ana.says(&general, None, "list");
    ana.uses_shortcut_on(&general, &second).await;
    ana.sees_times("Which question did that message answer?", 3).await;
    ana.chooses_in(1, QUESTION).await;
    ana.sees_times("in your direct messages", 3).await;
    ana.chooses(QUESTION).await;
    ana.sees_times("in your direct messages", 4).await;
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn shortcut_answers_in_a_thread_of_a_channel_without_the_app() {
    let slack = Slack::start().await;
    let far = slack.channel_without_bot("far");
    let ana = slack.user("ana");
    let mut bot = Bot::start(&slack).await;
    let parent = ana.says(&far, None, "tuple");
    let reply = ana.says(&far, Some(&parent), "tuple");
    for ts in [parent, reply] {
        ana.uses_shortcut_on(&far, &ts).await;
        ana.sees("Which question did that message answer?").await;
        ana.chooses(QUESTION).await;
        ana.sees("in your direct messages").await;
        ana.commands(&ana.dm(), "forget-me").await;
        slack.shared.with(|world| world.messages.retain(|message| !message.is_bot));
    }
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn help_setup_and_slips() {
    let slack = Slack::start().await;
    let (general, far) = (slack.channel("general"), slack.channel_without_bot("far"));
    let ana = slack.user("ana");
    let mut bot = Bot::start(&slack).await;
    insta::assert_snapshot!("help", ana.commands(&general, "help").await);
    assert!(ana.commands(&general, "dril").await.contains("Did you mean /riposte drill?"));
    let nothing = ana.commands(&general, "drill cobol").await;
    assert!(nothing.contains("there are the tracks"), "{nothing}");
    ana.commands(&general, "setup").await;
    ana.sees("✓ I am in this channel").await;
    ana.commands(&far, "setup").await;
    ana.sees("✗ I am not in this channel").await;
    slack.shared.with(|world| world.lacks_scope.insert("missing_scope:channels:history"));
    ana.commands(&general, "setup").await;
    ana.sees("✗ I lack the scope channels:history").await;
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_app_is_no_member_the_drill_moves_to_direct_messages() {
    let slack = Slack::start().await;
    let far = slack.channel_without_bot("far");
    let ana = slack.user("ana");
    let mut bot = Bot::start(&slack).await;
    ana.commands(&far, "drill").await;
    let question = ana.sees(QUESTION).await;
    assert!(crate::support::slack::person::rendered(&question).contains("I cannot post in that channel"));
    ana.tells(ANSWER);
    ana.sees(TRAP).await;
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_that_was_asked_for_again_goes_on() {
    let slack = Slack::start().await;
    let ana = slack.user("ana");
    let mut bot = Bot::start(&slack).await;
    drill_directly(&ana).await;
    let answer = ana.commands(&ana.dm(), "drill").await;
    assert!(answer.contains("goes on where it was"), "{answer}");
    ana.sees_times(QUESTION, 2).await;
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

/// What only one person sees is gone when they start Slack anew.
#[tokio::test(flavor = "multi_thread")]
async fn answer_on_the_question_leads_to_where_the_drill_stands() {
    let slack = Slack::start().await;
    let general = slack.channel("general");
    let ana = slack.user("ana");
    let mut bot = Bot::start(&slack).await;
    drill_in(&ana, &general).await;
    let question = ana.sees(QUESTION).await;
    answers(&ana, ANSWER).await;
    ana.sees(TRAP).await;
    ana.presses_on(&question, "Answer").await;
    ana.sees_times(TRAP, 2).await;
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn s9_forged_and_foreign_presses_change_nothing() {
    let slack = Slack::start().await;
    let general = slack.channel("general");
    let (ana, ben) = (slack.user("ana"), slack.user("ben"));
    let mut bot = Bot::start(&slack).await;
    drill_in(&ana, &general).await;
    let question = ben.sees(QUESTION).await;
    ben.presses_on(&question, "Skip").await;
    ben.sees("somebody else's question").await;
    ben.presses_on(&question, "Answer").await;
    ben.forges(&general, "r1:zzz:1:stop").await;
    ben.forges(&general, "r2:1:1:stop").await;
    ben.sees("I cannot tell what that button is for").await;
    answers(&ana, ANSWER).await;
    ana.sees(TRAP).await;
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn s11_forgetting_and_exporting() {
    let slack = Slack::start().await;
    let ana = slack.user("ana");
    let mut bot = Bot::start(&slack).await;
    drill_directly(&ana).await;
    ana.commands(&ana.dm(), "export").await;
    ana.sees("as one JSON file").await;
    let file = slack.shared.with(|world| String::from_utf8(world.files[0].1.clone()).unwrap());
    assert!(file.contains("list-vs-tuple") && file.contains(&format!(":{}", ana.id)), "{file}");
    ana.commands(&ana.dm(), "forget-me").await;
    ana.sees("deleted").await;
    ana.tells(ANSWER);
    ana.sees("No drill is open here").await;
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f52_buttons_from_before_a_restart_still_work() {
    let slack = Slack::start().await;
    let ana = slack.user("ana");
    let mut bot = Bot::start(&slack).await;
    drill_directly(&ana).await;
    let question = ana.sees(QUESTION).await;
    bot.stop().await;
    slack.advance(SignedDuration::from_mins(5));
    bot.start_again(&slack).await;
    ana.presses_on(&question, "Skip").await;
    ana.sees(REVEAL).await;
    ana.presses_on(&question, "Skip").await;
    ana.sees("earlier message").await;
    ana.presses("Stop").await;
    ana.sees("Stopped here").await;
    ana.presses_on(&question, "Skip").await;
    ana.sees("That one is over").await;
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f41_quoted_mentions_stay_text() {
    let slack = Slack::start().await;
    let general = slack.channel("general");
    let ana = slack.user("ana");
    let mut bot = Bot::start(&slack).await;
    let thread = drill_in(&ana, &general).await;
    // The fake holds every text that it would read as mark-up against the bot.
    let words = "<!channel> <@U000001> <http://x|y> *same thing* & `brackets`";
    ana.says(&general, Some(&thread), &format!("{words} [believes only-syntax]"));
    let trap = ana.sees(TRAP).await;
    assert!(
        serde_json::to_string(&trap.blocks).unwrap().contains("<!channel> <@U000001>"),
        "as it was written"
    );
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f42_event_that_was_acknowledged_and_comes_again_counts_once() {
    comes_again(true).await;
}

/// What is the same event is told by what it is about, and not by the marks of a retry.
#[tokio::test(flavor = "multi_thread")]
async fn f45_event_that_comes_again_without_a_mark_counts_once() {
    comes_again(false).await;
}

/// An answer is delivered three times, the second and third time after it was acknowledged.
async fn comes_again(marked: bool) {
    let slack = Slack::start().await;
    let ana = slack.user("ana");
    let mut bot = Bot::start(&slack).await;
    drill_directly(&ana).await;
    ana.tells(ANSWER);
    ana.sees(TRAP).await;
    for _ in 0..2 {
        slack.acknowledged().await;
        slack.shared.with(|world| world.deliver_again(marked));
    }
    slack.acknowledged().await;
    ana.tells(REPLY);
    ana.sees(REVEAL).await;
    assert_eq!(ana.count(TRAP), 2, "the follow-up, and its place in the model answer");
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f43_event_whose_first_delivery_got_lost_is_taken_from_its_retry() {
    let slack = Slack::start().await;
    let ana = slack.user("ana");
    let mut bot = Bot::start(&slack).await;
    drill_directly(&ana).await;
    slack.acknowledged().await;
    slack.shared.with(|world| world.cut());
    ana.tells(ANSWER);
    slack.shared.with(|world| world.redeliver());
    ana.sees(TRAP).await;
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f44_message_delivered_eleven_times_as_other_events_counts_once() {
    let slack = Slack::start().await;
    let ana = slack.user("ana");
    let mut bot = Bot::start(&slack).await;
    drill_directly(&ana).await;
    ana.says_repeatedly(&ana.dm(), ANSWER, 11);
    ana.sees(TRAP).await;
    slack.acknowledged().await;
    assert_eq!(ana.count(TRAP), 1);
    assert_eq!(ana.count(REVEAL), 0);
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f46_edit_counts_if_the_words_changed_and_the_model_answer_is_not_out() {
    let slack = Slack::start().await;
    let ana = slack.user("ana");
    let mut bot = Bot::start(&slack).await;
    drill_directly(&ana).await;
    let dm = ana.dm();
    let ts = ana.tells(ANSWER);
    ana.sees(TRAP).await;
    for _ in 0..50 {
        ana.edits(&dm, &ts, ANSWER);
    }
    slack.acknowledged().await;
    assert_eq!(ana.count(TRAP), 1, "a link that is unfolded changes no words");
    ana.edits(&dm, &ts, "a list can change, a tuple cannot [says mutability]");
    slack.acknowledged().await;
    ana.tells(REPLY);
    let reveal = ana.sees(REVEAL).await;
    let shown = crate::support::slack::person::rendered(&reveal);
    assert!(shown.contains("a list can change, a tuple cannot"), "{shown}");
    assert!(!shown.contains("look again"), "what was taken back is not held against her: {shown}");
    let posts = slack.calls_of("chat.postMessage");
    ana.edits(&dm, &ts, "too late [says hashable]");
    slack.acknowledged().await;
    assert_eq!(slack.calls_of("chat.postMessage"), posts);
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f47_messages_of_bots_are_not_answered() {
    let slack = Slack::start().await;
    let ana = slack.user("ana");
    let mut bot = Bot::start(&slack).await;
    drill_directly(&ana).await;
    let posts = slack.calls_of("chat.postMessage");
    // The fake tells the bot of its own posts too; once more without what marks them.
    slack.shared.with(|world| {
        let own = world.messages.iter().find(|message| message.is_bot).unwrap().clone();
        let team = world.teams[0].id.clone();
        for changes in
            [json!({}), json!({"bot_id": null}), json!({"user": "U999999", "subtype": "bot_message"})]
        {
            let event = world.message_event(&own, changes);
            world.event(&team, event);
        }
    });
    slack.acknowledged().await;
    assert_eq!(slack.calls_of("chat.postMessage"), posts);
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f48_too_many_sockets_are_waited_out() {
    let slack = Slack::start().await;
    let ana = slack.user("ana");
    let mut bot = Bot::start(&slack).await;
    slack.connected(SOCKETS).await;
    let before = slack.calls_of("apps.connections.open");
    slack.shared.with(|world| {
        world.sockets_max = 0;
        world.cut();
    });
    slack.called("apps.connections.open", before + 1).await;
    tokio::time::timeout(std::time::Duration::from_millis(500), slack.called("nothing", 1))
        .await
        .unwrap_err();
    let tried = slack.calls_of("apps.connections.open") - before;
    assert!(tried <= SOCKETS, "each socket is tried once, not {tried} times");
    assert!(!bot.is_up(), "and says that it hears nobody");
    slack.shared.with(|world| world.sockets_max = 10);
    while slack.shared.with(|world| world.sockets.is_empty()) {
        slack.advance(SignedDuration::from_secs(30));
        tokio::time::timeout(std::time::Duration::from_millis(50), slack.connected(1)).await.ok();
    }
    drill_directly(&ana).await;
    assert!(bot.is_up());
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_are_renewed_and_nothing_is_lost() {
    let slack = Slack::start().await;
    let ana = slack.user("ana");
    let mut bot = Bot::start(&slack).await;
    drill_directly(&ana).await;
    slack.acknowledged().await;
    let before = slack.shared.with(|world| world.sockets_ever);
    slack.shared.with(|world| world.refresh());
    slack.shared.until("another socket", |world| (world.sockets_ever > before).then_some(())).await;
    ana.tells(ANSWER);
    ana.sees(TRAP).await;
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f27_message_from_while_it_was_away_is_answered_once() {
    let slack = Slack::start().await;
    let ana = slack.user("ana");
    let mut bot = Bot::start(&slack).await;
    drill_directly(&ana).await;
    slack.acknowledged().await;
    bot.stop().await;
    ana.says_unheard(&ana.dm(), ANSWER);
    bot.start_again(&slack).await;
    ana.sees(TRAP).await;
    bot.stop().await;
    bot.start_again(&slack).await;
    slack.connected(1).await;
    ana.tells(REPLY);
    ana.sees(REVEAL).await;
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_goes_on_once_a_refused_token_is_good_again() {
    let slack = Slack::start().await;
    let ana = slack.user("ana");
    let mut bot = Bot::start(&slack).await;
    drill_directly(&ana).await;
    slack.shared.with(|world| world.teams[0].is_revoked = true);
    ana.tells(ANSWER);
    slack.acknowledged().await;
    for _ in 0..100 {
        slack.advance(SignedDuration::from_mins(1));
        tokio::time::timeout(std::time::Duration::from_millis(5), ana.sees(TRAP)).await.unwrap_err();
    }
    slack.shared.with(|world| world.teams[0].is_revoked = false);
    while ana.count(TRAP) == 0 {
        slack.advance(SignedDuration::from_mins(30));
        tokio::time::timeout(std::time::Duration::from_millis(50), ana.sees(TRAP)).await.ok();
    }
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_workspace_has_its_own_people_and_its_own_token() {
    let slack = Slack::start().await;
    slack.other_workspace();
    let (ana, zoe) = (slack.user("ana"), slack.user_of(1, "zoe"));
    let mut bot = Bot::start(&slack).await;
    drill_directly(&ana).await;
    drill_directly(&zoe).await;
    zoe.tells(ANSWER);
    zoe.sees(TRAP).await;
    assert_eq!(ana.count(TRAP), 0);
    slack.shared.with(|world| {
        let team = world.teams[1].id.clone();
        world.event(&team, json!({"type": "app_uninstalled"}))
    });
    slack.acknowledged().await;
    ana.tells(ANSWER);
    ana.sees(TRAP).await;
    zoe.tells(REPLY);
    zoe.sees("No drill is open here").await;
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn workspace_whose_token_is_refused_is_nothing_to_the_others() {
    let slack = Slack::start().await;
    slack.other_workspace();
    slack.shared.with(|world| world.teams[0].is_revoked = true);
    let (ana, zoe) = (slack.user("ana"), slack.user_of(1, "zoe"));
    let general = slack.channel("general");
    let mut bot = Bot::start(&slack).await;
    drill_directly(&zoe).await;
    for place in [general, ana.dm()] {
        let answer = ana.commands(&place, "drill").await;
        assert!(answer.contains("my token for it is missing or refused"), "{answer}");
    }
    slack.acknowledged().await;
    bot.stop().await;
    slack.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_owner_has_to_mend_is_said() {
    let slack = Slack::start().await;
    let refused = bot::refused(&slack, "xapp-canary", "xoxb-wrong").await;
    assert!(matches!(refused, StartError::BadBotToken) && refused.is_final(), "{refused}");
    let refused = bot::refused(&slack, "xapp-wrong", "xoxb-canary-0").await;
    assert!(matches!(refused, StartError::BadAppToken) && refused.is_final(), "{refused}");
    slack.on("auth.test", Fault::TooMany(9));
    let refused = bot::refused(&slack, "xapp-canary", "xoxb-canary-0").await;
    assert!(!refused.is_final(), "{refused}");
    let mut bot = Bot::start(&slack).await;
    slack.shared.with(|world| world.disable());
    let ending = bot.ending().await;
    assert!(matches!(ending, StartError::NoSocketMode) && ending.is_final(), "{ending}");
    slack.finish();
}

/// What the manifest names is what the program reads, and it asks for no more.
#[test]
fn manifest_fits_the_program() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("slack-manifest.yaml");
    let manifest = std::fs::read_to_string(path).unwrap();
    for needed in
        ["callback_id: drill_me", "callback_id: follow_up", "command: /riposte", "socket_mode_enabled: true"]
    {
        assert!(manifest.contains(needed), "{needed}");
    }
    let scopes = manifest.split("bot:").nth(1).unwrap().split("settings:").next().unwrap();
    let scopes: Vec<&str> = scopes.lines().filter_map(|line| line.trim().strip_prefix("- ")).collect();
    let scopes: Vec<&str> = scopes.iter().map(|line| line.split(" #").next().unwrap()).collect();
    let needed = [
        "commands",
        "chat:write",
        "im:write",
        "im:history",
        "channels:history",
        "groups:history",
        "files:write",
        "pins:write",
        "users:read",
    ];
    assert_eq!(scopes, needed);
    let events = manifest.split("bot_events:").nth(1).unwrap();
    let events = events.lines().skip(1).map_while(|line| line.trim().strip_prefix("- "));
    let events: Vec<&str> = events.collect();
    let heard = [
        "app_home_opened",
        "app_uninstalled",
        "message.channels",
        "message.groups",
        "message.im",
        "tokens_revoked",
    ];
    assert_eq!(events, heard);
}
