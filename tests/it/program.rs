//! The program as its users run it: arguments and standard input in, text and an exit code out.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use riposte::clock::{Clock, SystemClock};
use riposte::engine::Health;
use serde_json::Value;

/// Runs the program in an empty home.
fn riposte(home: &Path, arguments: &[&str], input: &[u8]) -> Output {
    riposte_with(home, &[], arguments, input)
}

/// The same, with an environment.
fn riposte_with(home: &Path, environment: &[(&str, &str)], arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_riposte"))
        .args(arguments)
        .current_dir(home)
        .env("HOME", home)
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_DATA_HOME")
        .env_remove("RIPOSTE_LOG")
        .env_remove("RIPOSTE_DISCORD_TOKEN")
        .env_remove("RIPOSTE_DISCORD_TOKEN_FILE")
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // A program that does not read to the end closes the pipe; what it printed tells the rest.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_owned()).unwrap()
}

/// The conversation without how long it took.
fn conversation(home: &Path, arguments: &[&str], input: &str) -> String {
    let output = riposte(home, arguments, input.as_bytes());
    assert_eq!(text(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
    let shown = text(&output.stdout);
    let lines =
        shown.lines().map(|line| if line.starts_with("Time: ") { "Time: …" } else { line.trim_end() });
    lines.collect::<Vec<_>>().join("\n")
}

const DRILL: [&str; 5] = ["drill", "--question", "list-vs-tuple", "--seed", "1"];

#[test]
fn drill_in_a_pipe_gives_the_whole_conversation() {
    let home = tempfile::tempdir().unwrap();
    let input = "A list can be changed after it is made, a tuple can't. So I use a tuple for data that \
                 should stay fixed, like an RGB colour, and because it is hashable it works as a dict key.\n\n\
                 yes, the list inside grows first and then the assignment to the tuple raises TypeError\n";
    insta::assert_snapshot!(conversation(home.path(), &DRILL, input));
}

#[test]
fn voiced_misconception_is_quoted_and_tested() {
    let home = tempfile::tempdir().unwrap();
    let input = "There is no real difference between them, it is just round brackets instead of square ones.\n\n\
                 no, that goes on working, they are interchangeable\n";
    insta::assert_snapshot!(conversation(home.path(), &DRILL, input));
}

#[test]
fn denied_misconception_is_not_held_against_anybody() {
    let home = tempfile::tempdir().unwrap();
    let input = "It is a myth that it does not matter which one is used. You can change a list in place, and a \
                 tuple you cannot.\n\nthe tuple, since it can be hashed\n";
    insta::assert_snapshot!(conversation(home.path(), &DRILL, input));
}

#[test]
fn quoted_misconception_is_not_held_against_anybody() {
    let home = tempfile::tempdir().unwrap();
    let input = "Some people say they are the same apart from the brackets. A list can be changed, a tuple cannot, \
                 so I take a tuple for a record that has to stay as it is.\n\nonly the tuple\n";
    insta::assert_snapshot!(conversation(home.path(), &DRILL, input));
}

#[test]
fn json_gives_one_object_an_event() {
    let home = tempfile::tempdir().unwrap();
    let arguments = ["drill", "--question", "mutability", "--seed", "1", "--json"];
    let output = riposte(home.path(), &arguments, b"/blank\n/skip\n/stop\n");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let events: Vec<Value> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is an object"))
        .collect();
    let names: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["ask", "said", "recover", "said", "reveal", "said", "farewell"]);
}

#[test]
fn left_drill_goes_on_at_the_next_start() {
    let home = tempfile::tempdir().unwrap();
    let first = conversation(home.path(), &DRILL, "lists are mutable and tuples are not\n");
    assert!(first.ends_with("Your drill is kept. Start riposte again to go on."), "{first}");
    let second = conversation(home.path(), &[], "a tuple, it says the pair is fixed\n");
    assert!(second.contains("Where we left off:"), "{second}");
    assert!(second.contains("Model answer"), "{second}");
}

#[test]
fn asking_for_something_else_ends_the_open_drill() {
    let home = tempfile::tempdir().unwrap();
    conversation(home.path(), &DRILL, "lists are mutable and tuples are not\n");
    let second = conversation(home.path(), &["drill", "--question", "gil", "--seed", "1"], "/skip\n");
    assert!(second.contains("Stopped here"), "{second}");
    assert!(second.contains("GIL"), "{second}");
}

#[test]
fn left_screen_goes_on_at_the_next_start() {
    let home = tempfile::tempdir().unwrap();
    conversation(home.path(), &["screen", "2", "--seed", "1"], "/skip\n");
    let second = conversation(home.path(), &[], "/skip\n");
    assert!(second.contains("Scorecard"), "{second}");
}

/// No words of a candidate outlive their drill.
#[test]
fn nothing_of_a_finished_drill_stays_but_records() {
    let home = tempfile::tempdir().unwrap();
    let arguments = ["--db", "riposte.db", "--question", "mutability", "--seed", "1"];
    let words = "A mutable object such as a zebracorn can be changed in place.";
    conversation(home.path(), &arguments, &format!("{words}\n\nno idea\n\n/stop\n"));
    let mut database = std::fs::read(home.path().join("riposte.db")).unwrap();
    database.extend(std::fs::read(home.path().join("riposte.db-wal")).unwrap_or_default());
    assert!(!String::from_utf8_lossy(&database).contains("zebracorn"));
    let again = conversation(home.path(), &arguments, "/stop\n");
    assert_eq!(again.matches("Stopped here").count(), 1, "{again}");
}

#[test]
fn word_that_meets_nothing_is_not_praised() {
    for reply in ["foo", "fine", "ok sure"] {
        let home = tempfile::tempdir().unwrap();
        let input = format!(
            "A list can be changed after it is made, a tuple cannot, for example x.append(1).\n\n{reply}\n"
        );
        let shown = conversation(home.path(), &DRILL, &input);
        assert!(!shown.contains("Part of it is there") && !shown.contains("✓ held"), "{reply}: {shown}");
    }
}

#[test]
fn screen_ends_with_a_scorecard() {
    let home = tempfile::tempdir().unwrap();
    let input = "/skip\n/skip\nno idea\n\nno idea\n\n";
    let shown = conversation(home.path(), &["screen", "3", "--seed", "1"], input);
    assert!(shown.contains("Question 3 of 3"), "{shown}");
    assert!(shown.contains("Scorecard"), "{shown}");
}

#[test]
fn strange_input_is_survived() {
    let mut flood = vec![b'x'; 10 << 20];
    flood.extend_from_slice(b"\n\n/stop\n");
    for input in [
        &b"\x00\x01\x1b[2J\x7f\n\n/stop\n"[..],
        b"\xff\xfe\xfd caf\xe9\n\n/stop\n",
        b"\n\n\n\n",
        "🙂🙂🙂🙂🙂\n\n/stop\n".as_bytes(),
        "a\u{301}\u{301}\u{301}\u{301} \u{202e}olleh\n\n/stop\n".as_bytes(),
        &flood,
    ] {
        let home = tempfile::tempdir().unwrap();
        let output = riposte(home.path(), &DRILL, input);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(text(&output.stderr), "");
        assert!(!text(&output.stdout).contains('\u{1b}'), "no control code comes back");
    }
}

#[test]
fn too_long_answer_gets_a_sentence() {
    let home = tempfile::tempdir().unwrap();
    let input = format!("{}\n\n/stop\n", "word ".repeat(1_000));
    let shown = conversation(home.path(), &DRILL, &input);
    assert!(shown.contains("longer than 4000 characters"), "{shown}");
}

#[test]
fn unknown_question_names_the_nearest() {
    let home = tempfile::tempdir().unwrap();
    let output = riposte(home.path(), &["drill", "--question", "list-vs-tupel"], b"");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stderr), "no question fits that; did you mean the question `list-vs-tuple`?\n");
}

#[test]
fn wrong_configuration_reports_every_problem_and_starts_nothing() {
    let home = tempfile::tempdir().unwrap();
    let config = "[drill]\ntraps = 9\nabandon_after_hours = 0\ntarps = 1\n\n[bnak]\n";
    std::fs::write(home.path().join("config.toml"), config).unwrap();
    let output = riposte(home.path(), &["--config", "config.toml", "--db", "riposte.db"], b"");
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(text(&output.stderr));
    assert!(!home.path().join("riposte.db").exists());
}

#[test]
fn locked_database_is_one_sentence() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("riposte.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _store = runtime.block_on(riposte::store::Store::open(&path)).unwrap();
    let output = riposte(home.path(), &["--db", "riposte.db"], b"");
    assert_eq!(output.status.code(), Some(1));
    let message =
        "riposte.db is in use by another riposte; close that one, or choose another file with --db\n";
    assert_eq!(text(&output.stderr), message);
}

/// An empty variable says nothing, so that the file counts; and that one is not private.
#[cfg(unix)]
#[test]
fn doctor_checks_the_grader_a_database_in_use_and_the_file_of_the_token() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(riposte::store::Store::open(&home.path().join("riposte.db"))).unwrap();
    let health = Health { posts: 3, blocked: 1, down: vec!["slack".to_owned()], ..Health::default() };
    let alive = store.mark_alive(SystemClock.now(), serde_json::to_string(&health).unwrap());
    runtime.block_on(alive).unwrap();
    std::fs::write(home.path().join("token"), "canary").unwrap();
    std::fs::set_permissions(home.path().join("token"), PermissionsExt::from_mode(0o644)).unwrap();
    let environment = [
        ("RIPOSTE_DISCORD_TOKEN", ""),
        ("RIPOSTE_DISCORD_TOKEN_FILE", "token"),
        ("RIPOSTE_SLACK_APP_TOKEN", "xapp-canary"),
    ];
    let output = riposte_with(home.path(), &environment, &["doctor", "--db", "riposte.db"], b"");
    let shown = text(&output.stdout);
    for line in [
        "✓ database: riposte.db, in use by a running bot",
        "✗ running bot: not connected to slack, its log says why; messages on their way: 3, of them waiting for \
         somebody to act: 1",
        "✓ grader: it understands a model answer",
        "✗ Discord: token holds a token and can be read by others; run `chmod 600 token`",
        "✗ Slack: two tokens are needed, RIPOSTE_SLACK_APP_TOKEN (xapp-…) and RIPOSTE_SLACK_BOT_TOKEN (xoxb-…), and \
         one is missing (README, Add it to Slack)",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{shown}");
    }
    assert_eq!(output.status.code(), Some(1));
    let ago = SystemClock.now() - jiff::SignedDuration::from_mins(4);
    runtime.block_on(store.mark_alive(ago, String::new())).unwrap();
    let output = riposte_with(home.path(), &environment, &["doctor", "--db", "riposte.db"], b"");
    let shown = text(&output.stdout);
    assert!(shown.contains("✗ running bot: no sign of life since"), "{shown}");
}
