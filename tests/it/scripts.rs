//! The same script on every front end gives the same interview: equal journals, apart from ids and times.
//!
//! The terminal is the program itself in a pipe; Discord and Slack are the fakes. All of them have the grader of the
//! program and one question of the shipped bank.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use riposte::core::bank::Bank;
use riposte::core::card::Button;
use riposte::core::grading::Grader;
use riposte::core::say;
use riposte::store::Store;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::ChildStdout;

use crate::support::bot::Bot as DiscordBot;
use crate::support::discord::Discord;
use crate::support::grader;
use crate::support::slack::Slack;
use crate::support::slack::bot::Bot as SlackBot;

const QUESTION: &str = "list-vs-tuple";
const ASKS: &str = "What is the difference";
const SAME: &str = "its basically the same thing, just different brackets";
const KEYS: &str = "Dict keys would break, because a list is not hashable: TypeError.";
const REPLACED: &str = "I replace every tuple by a list";
const REVEAL: &str = "Model answer";

/// What somebody does, and what the card after it holds.
enum Step {
    Says(&'static str, &'static str),
    Presses(Button, &'static str),
    /// Sets right the first of the statements.
    Corrects(&'static str),
}

use Step::{Corrects, Presses, Says};

/// The table.
fn scripts() -> [(&'static str, Vec<Step>); 4] {
    let recover = "Three small steps";
    [
        ("misconception", vec![Says(SAME, REPLACED), Says(KEYS, REVEAL)]),
        ("blank", vec![Presses(Button::Blank, recover), Says(SAME, REPLACED), Presses(Button::Skip, REVEAL)]),
        (
            "once more",
            vec![Presses(Button::Skip, REVEAL), Presses(Button::OnceMore, ASKS), Says(SAME, REPLACED)],
        ),
        (
            "correction",
            vec![
                Says(SAME, REPLACED),
                Says(KEYS, REVEAL),
                Presses(Button::NotWhatIMeant, "Which of these did I get wrong?"),
                Corrects("by your own word"),
            ],
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn same_script_gives_the_same_interview_everywhere() {
    for (name, script) in scripts() {
        let terminal = on_terminal(&script).await;
        assert!(terminal["cards"].as_array().unwrap().len() > script.len(), "{name}: {terminal:#}");
        for (front, journal) in [
            ("Discord", on_discord(&script).await),
            ("Slack", on_slack(&script, Where::Direct).await),
            ("a channel of Slack", on_slack(&script, Where::Channel).await),
        ] {
            assert_eq!(journal, terminal, "{name} on {front}");
        }
    }
}

/// What one person says in a round, and how they did.
#[tokio::test(flavor = "multi_thread")]
async fn same_round_is_the_same_on_discord_and_slack() {
    let on_slack = round_on_slack().await;
    assert!(on_slack["cards"].as_array().unwrap().len() > 2, "{on_slack:#}");
    assert_eq!(round_on_discord().await, on_slack);
}

const MINE: &str = "What you said";
const NOTED: &str = "Your answer is in";

async fn round_on_discord() -> Value {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let (ada, bob) = (discord.user("ada"), discord.user("bob"));
    let mut bot = DiscordBot::start_with(&discord, false, one_question(), program).await;
    ada.slash("round", []).in_channel(&general).await;
    bob.reads_up_to("Nobody has answered yet").await;
    let post = bob.last();
    for (text, after) in [(SAME, REPLACED), (KEYS, NOTED)] {
        if text == SAME {
            bob.press_on(post, say::ANSWER).await;
        } else {
            bob.press(say::ANSWER).await;
        }
        bob.fill([(say::YOUR_ANSWER, text)]).await;
        bob.reads_up_to(after).await;
    }
    ada.reads_up_to("Your round is on").await;
    ada.press("Close now").await;
    bob.reads_up_to(REVEAL).await;
    bob.press(say::label(&Button::HowDidIDo)).await;
    bob.reads_up_to(MINE).await;
    for who in [&ada, &bob] {
        while discord.has_unread(who) {
            who.reads().await;
        }
    }
    let database = bot.database();
    bot.stop().await;
    discord.finish();
    journal(&database, &format!("discord:{}", bob.id)).await
}

async fn round_on_slack() -> Value {
    let slack = Slack::start().await;
    let (general, ada, bob) = (slack.channel("general"), slack.user("ada"), slack.user("bob"));
    let mut bot = SlackBot::start_graded(&slack, one_question(), program).await;
    ada.commands_and_keeps(&general, "round").await;
    bob.sees("Nobody has answered yet").await;
    for (text, after) in [(SAME, REPLACED), (KEYS, NOTED)] {
        bob.presses(say::ANSWER).await;
        assert_eq!(bob.fills_in(text).await, None);
        bob.sees(after).await;
    }
    ada.presses("Close now").await;
    bob.presses(say::label(&Button::HowDidIDo)).await;
    bob.sees(MINE).await;
    slack.acknowledged().await;
    let team = slack.shared.with(|world| world.teams[0].id.clone());
    let database = bot.database();
    bot.stop().await;
    slack.finish();
    journal(&database, &format!("slack:{team}:{}", bob.id)).await
}

/// What is kept of somebody's interview, without ids, times and chance.
async fn journal(database: &Path, person: &str) -> Value {
    let store = Store::open(database).await.unwrap();
    let everything = store.everything(&person.into()).await.unwrap();
    store.close().await;
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let (stored, posts) = everything.interviews.last().expect("an interview is open");
    let mut state = read(&stored.state);
    for key in ["clock_at", "answered_at"] {
        state["exchange"][key] = Value::Null;
    }
    state["active_at"] = Value::Null;
    if state["exchange"]["before"].is_object() {
        state["exchange"]["before"]["seconds"] = Value::Null;
    }
    let cards: Vec<Value> = posts.iter().map(|post| without_time(read(&post.card))).collect();
    let records = everything.records.iter().map(|(_, record)| {
        let mut record = read(record);
        record["seconds"] = Value::Null;
        record
    });
    json!({"state": state, "cards": cards, "records": records.collect::<Vec<_>>()})
}

/// A card without how long it took.
fn without_time(mut card: Value) -> Value {
    let blocks = card["blocks"].as_array_mut().unwrap();
    blocks.retain(|block| !block["text"].as_str().unwrap_or_default().starts_with("Time: "));
    card
}

/// The shipped bank with one question.
fn one_question() -> Arc<Bank> {
    let mut bank = grader::shipped().bank.clone();
    bank.questions.retain(|question| question.id.as_str() == QUESTION);
    Arc::new(bank)
}

fn program() -> Box<dyn Grader> {
    Box::new(grader::of(&one_question()))
}

async fn on_terminal(script: &[Step]) -> Value {
    let home = tempfile::tempdir().unwrap();
    let database = home.path().join("riposte.db");
    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_riposte"))
        .args(["drill", "--question", QUESTION, "--db"])
        .arg(&database)
        .env("HOME", home.path())
        .env_remove("XDG_CONFIG_HOME")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    read_up_to(&mut stdout, ASKS).await;
    for step in script {
        // An empty line sends an answer; a command needs none.
        let (input, after) = match step {
            Says(text, after) => (format!("{text}\n"), after),
            Presses(Button::Blank, after) => ("/blank".to_owned(), after),
            Presses(Button::Skip, after) => ("/skip".to_owned(), after),
            Presses(Button::OnceMore, after) => ("/again".to_owned(), after),
            Presses(_, after) => ("/wrong".to_owned(), after),
            Corrects(after) => ("/wrong 1".to_owned(), after),
        };
        stdin.write_all(format!("{input}\n").as_bytes()).await.unwrap();
        read_up_to(&mut stdout, after).await;
    }
    // The end of its input would end the interview.
    child.kill().await.unwrap();
    journal(&database, "terminal:me").await
}

/// Reads until a text is there, however its lines are broken.
async fn read_up_to(stdout: &mut ChildStdout, text: &str) {
    let mut read = String::new();
    let reading = async {
        while !read.split_whitespace().collect::<Vec<_>>().join(" ").contains(text) {
            let mut piece = [0; 4_096];
            let length = stdout.read(&mut piece).await.unwrap();
            assert!(length > 0, "it ended");
            read.push_str(&String::from_utf8_lossy(&piece[..length]));
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(30), reading).await;
    assert!(in_time.is_ok(), "waited in vain for “{text}”:\n{read}");
}

async fn on_discord(script: &[Step]) -> Value {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let mut bot = DiscordBot::start_with(&discord, false, one_question(), program).await;
    ana.slash("drill", []).in_dm().await;
    ana.reads_up_to(ASKS).await;
    for step in script {
        let after = match step {
            Says(text, after) => {
                ana.tells_bot(text);
                after
            }
            Presses(button, after) => {
                ana.press(say::label(button)).await;
                after
            }
            Corrects(after) => {
                ana.press("1").await;
                after
            }
        };
        ana.sees(after).await;
    }
    let database = bot.database();
    bot.stop().await;
    discord.finish();
    journal(&database, &format!("discord:{}", ana.id)).await
}

#[derive(Clone, Copy, PartialEq)]
enum Where {
    Direct,
    Channel,
}

async fn on_slack(script: &[Step], place: Where) -> Value {
    let slack = Slack::start().await;
    let (general, ana) = (slack.channel("general"), slack.user("ana"));
    let mut bot = SlackBot::start_graded(&slack, one_question(), program).await;
    let at = if place == Where::Channel { general } else { ana.dm() };
    ana.commands(&at, "drill").await;
    ana.sees(ASKS).await;
    for step in script {
        let (Says(_, after) | Presses(_, after) | Corrects(after)) = step;
        let before = ana.count(after);
        match step {
            Says(text, _) if place == Where::Direct => {
                ana.tells(text);
            }
            Says(text, _) => {
                ana.presses("Answer").await;
                assert_eq!(ana.fills_in(text).await, None);
            }
            Presses(button, _) => ana.presses(say::label(button)).await,
            Corrects(_) => ana.presses("1").await,
        }
        ana.sees_times(after, before + 1).await;
    }
    slack.acknowledged().await;
    let team = slack.shared.with(|world| world.teams[0].id.clone());
    let database = bot.database();
    bot.stop().await;
    slack.finish();
    journal(&database, &format!("slack:{team}:{}", ana.id)).await
}
