//! The same script on every front end gives the same interview: equal journals, apart from ids and times.
//!
//! The terminal is the program itself in a pipe; Discord and Slack are the fakes. All of them have the grader of the
//! program and one question of the shipped bank.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use riposte::core::bank::Bank;
use riposte::core::card::Button;
use riposte::core::grading::Grader;
use riposte::core::say;
use riposte::store::Store;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

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
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = String::new();
    for step in script {
        // An empty line sends an answer; a command needs none.
        input.push_str(match step {
            Says(text, _) => text,
            Presses(Button::Blank, _) => "/blank",
            Presses(Button::Skip, _) => "/skip",
            Presses(Button::OnceMore, _) => "/again",
            Presses(_, _) => "/wrong",
            Corrects(_) => "/wrong 1",
        });
        input.push_str(if matches!(step, Says(..)) { "\n\n" } else { "\n" });
    }
    let mut stdin = child.stdin.take().unwrap();
    // Without the last empty line, which would ask for the next question.
    stdin.write_all(input.trim_end().as_bytes()).await.unwrap();
    stdin.write_all(b"\n").await.unwrap();
    drop(stdin);
    assert!(child.wait().await.unwrap().success());
    journal(&database, "terminal:me").await
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
        let after = match step {
            Says(text, after) if place == Where::Direct => {
                ana.tells(text);
                after
            }
            Says(text, after) => {
                ana.presses("Answer").await;
                assert_eq!(ana.fills_in(text).await, None);
                after
            }
            Presses(button, after) => {
                ana.presses(say::label(button)).await;
                after
            }
            Corrects(after) => {
                ana.presses("1").await;
                after
            }
        };
        ana.sees(after).await;
    }
    slack.acknowledged().await;
    let team = slack.shared.with(|world| world.teams[0].id.clone());
    let database = bot.database();
    bot.stop().await;
    slack.finish();
    journal(&database, &format!("slack:{team}:{}", ana.id)).await
}
