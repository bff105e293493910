//! The program itself on the fake Slack, from outside: nothing of it runs in this process.

use std::path::Path;

use riposte::clock::{Clock, SystemClock};

use crate::support::slack::Slack;

const ASKS: &str = "What is the difference";
const SAME: &str = "its basically the same thing, just different brackets";
const REPLACED: &str = "I replace every tuple by a list";
const KEYS: &str = "Dict keys would break, because a list is not hashable: TypeError.";
const BETTER: &str = "A list can be changed in place and a tuple cannot. That is why a tuple of hashable things can be a \
                      dict key and a list never can, for example `{(52.5, 13.4): \"Berlin\"}`.";
const REVEAL: &str = "Model answer";

/// The program, serving Slack; it ends with this.
struct Program {
    home: tempfile::TempDir,
    child: tokio::process::Child,
}

impl Program {
    /// Starts the one that was built with the tests, or the one that `RIPOSTE_PROGRAM` names, with one question; on
    /// a Discord that is not there too.
    #[expect(clippy::disallowed_methods, reason = "a release build is played by hand")]
    async fn start(slack: &Slack) -> Self {
        let home = tempfile::tempdir().unwrap();
        let bank = home.path().join("bank/python");
        std::fs::create_dir_all(&bank).unwrap();
        std::fs::write(bank.join("pairs.toml"), one_question("list-vs-tuple")).unwrap();
        let log = std::fs::File::create(home.path().join("log")).unwrap();
        let program = std::env::var("RIPOSTE_PROGRAM");
        let child = tokio::process::Command::new(program.as_deref().unwrap_or(env!("CARGO_BIN_EXE_riposte")))
            .args(["run", "--db"])
            .arg(home.path().join("riposte.db"))
            .arg("--bank")
            .arg(home.path().join("bank"))
            .env("HOME", home.path())
            .env_remove("XDG_CONFIG_HOME")
            .env("RIPOSTE_LOG", "trace")
            .env("RIPOSTE_SLACK_APP_TOKEN", "xapp-canary")
            .env("RIPOSTE_SLACK_BOT_TOKEN", "xoxb-canary-0")
            .env("RIPOSTE_SLACK_API", slack.url())
            .env("RIPOSTE_DISCORD_TOKEN", "discord-canary")
            .env("RIPOSTE_DISCORD_API", "http://127.0.0.1:9")
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        slack.connected(1).await;
        Self { home, child }
    }

    /// Ends it; what it logged at its most talkative.
    async fn end(mut self) -> String {
        self.child.kill().await.unwrap();
        std::fs::read_to_string(self.home.path().join("log")).unwrap()
    }
}

/// The shipped track with one question alone.
fn one_question(wanted: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("bank/python");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let questions =
        files.filter(|path| path.extension().is_some_and(|kind| kind == "toml")).flat_map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            text.split("[[questions]]\n").skip(1).map(str::to_owned).collect::<Vec<_>>()
        });
    let is_wanted = |question: &String| question.starts_with(&format!("id = \"{wanted}\""));
    let question = questions.into_iter().find(is_wanted).expect("the bank has it");
    format!("topic = \"Pairs\"\n\n[[questions]]\n{question}")
}

/// Without what depends on the time of day.
fn timeless(view: &str) -> String {
    let lines = view.lines().map(|line| match line.trim_start() {
        asked if asked.starts_with("(Asked <!date^") => "(Asked …)".to_owned(),
        time if time.starts_with("(Time: ") => "(Time: …)".to_owned(),
        closes if closes.starts_with("(Revealed together <!date^") => "(Revealed together …)".to_owned(),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Drills in direct messages, in a channel by the form, and at home, as a person sees them; and no token or word of
/// theirs in a log.
#[tokio::test(flavor = "multi_thread")]
async fn whole_drills_with_the_program() {
    let slack = Slack::start().await;
    slack.advance(SystemClock.now().duration_since(slack.shared.clock.now()));
    let (general, ana, ben) = (slack.channel("general"), slack.user("ana"), slack.user("ben"));
    let program = Program::start(&slack).await;

    ana.commands(&ana.dm(), "drill python").await;
    ana.sees(ASKS).await;
    ana.tells(SAME);
    ana.sees(REPLACED).await;
    ana.tells(KEYS);
    ana.sees(REVEAL).await;
    ana.presses("Once more").await;
    ana.sees_times("Aim for 60 seconds", 2).await;
    ana.tells(BETTER);
    ana.sees_times("[Skip]", 4).await;
    ana.presses("Skip").await;
    ana.sees_times(REVEAL, 2).await;
    ana.presses("Stop").await;
    ana.sees("Stopped here").await;
    insta::assert_snapshot!("program_in_direct_messages", timeless(&ana.view_of(&ana.dm())));

    ana.commands(&general, "drill").await;
    ben.sees(ASKS).await;
    ana.presses("Answer").await;
    let traps = ana.count(REPLACED);
    assert_eq!(ana.fills_in(SAME).await, None);
    ana.sees_times(REPLACED, traps + 1).await;
    ana.presses("Answer").await;
    assert_eq!(ana.fills_in(KEYS).await, None);
    ana.sees_times(REVEAL, 3).await;
    assert_eq!(ben.count(REVEAL), 0);
    ana.presses("Show all").await;
    ben.sees(REVEAL).await;
    ana.sees("for everybody to read").await;
    insta::assert_snapshot!("program_in_a_channel_as_ana_sees_it", timeless(&ana.view_of(&general)));
    insta::assert_snapshot!("program_in_a_channel_as_ben_sees_it", timeless(&ben.view_of(&general)));

    let cem = slack.user("cem");
    ana.commands_and_keeps(&general, "round 30").await;
    let post = cem.sees("Nobody has answered yet").await;
    for who in [&ana, &ben, &cem] {
        let traps = who.count(REPLACED);
        who.presses_on(&post, "Answer").await;
        assert_eq!(who.fills_in(SAME).await, None);
        who.sees_times(REPLACED, traps + 1).await;
        who.presses("Answer").await;
        assert_eq!(who.fills_in(KEYS).await, None);
        who.sees("Your answer is in").await;
    }
    assert_eq!(cem.count(REVEAL), 1, "the one that Ana has shown");
    ana.presses("Close now").await;
    cem.presses("Show me the model answer").await;
    cem.sees_times(REVEAL, 2).await;
    cem.presses("How did I do?").await;
    cem.sees("[Not what I meant]").await;
    insta::assert_snapshot!("program_in_a_round_as_cem_sees_it", timeless(&cem.view_of(&general)));

    ana.opens_home();
    let home = ana.home_shows("So far").await;
    insta::assert_snapshot!("program_at_home", timeless(&home));
    ana.presses_at_home("Export my data").await;
    ana.sees("as one JSON file").await;
    ana.presses_at_home("Delete my data").await;
    ana.home_shows("Nothing answered yet").await;

    slack.acknowledged().await;
    let log = program.end().await;
    assert!(log.contains("Discord cannot be reached"), "the other platform is complained about:\n{log}");
    for secret in ["canary", "different brackets", "would break"] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "a log holds {secret}");
    }
    slack.finish();
}
