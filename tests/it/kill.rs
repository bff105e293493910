//! `kill -9` after every durable step of a drill: nothing is lost, and nothing is shown twice.
//!
//! The real program runs on a database whose write lock the test holds. Letting it go for one commit at a
//! time stops the program after each durable step; there it is killed and started again. No code of the
//! program knows of this.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use riposte::store::Store;
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Executor};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// What the candidate does, one entry a turn: an answer, a reply, corrections, a second attempt, the end.
const SCRIPT: [&str; 8] = [
    "A list can be changed after it was made, for example with append, and a tuple cannot.",
    "A tuple, since it tells the reader that the pair is fixed.",
    "/wrong",
    "/wrong 1",
    "/again",
    "/blank",
    "They are the same thing, only the brackets differ.",
    "/stop",
];

/// The entries that are on disk. The first input of each run is its beginning.
const ACCEPTED: &str =
    "SELECT count(*) FROM journal WHERE key LIKE 'terminal:%' AND key NOT LIKE 'terminal:%:1'";

/// The program wins the race for the lock now and then; this often in a row it never does.
const TRIES_MAX: u32 = 50;

/// Looks at a program that goes on after a kill, at least 2 ms each: more than any machine needs, and an end
/// to a test whose program hangs.
const LOOKS_MAX: u32 = 30_000;
/// How long the test waits for a lock where it does not race for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A drill of the script, with the program, its database and what it showed so far.
struct Scene {
    folder: tempfile::TempDir,
    shown: Vec<Value>,
}

/// The program, running.
struct Running {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Scene {
    async fn new() -> Self {
        let scene = Self { folder: tempfile::tempdir().unwrap(), shown: Vec::new() };
        Store::open(&scene.database()).await.unwrap().close().await;
        scene
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("riposte.db")
    }

    fn start(&self) -> Running {
        let mut child = Command::new(env!("CARGO_BIN_EXE_riposte"))
            .args(["drill", "--json", "--seed", "1", "--question", "list-vs-tuple", "--db"])
            .arg(self.database())
            .env("HOME", self.folder.path())
            .env_remove("XDG_CONFIG_HOME")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Running { child, input, output }
    }

    /// Kills the program and keeps everything that it still managed to show.
    async fn kill(&mut self, mut running: Running) {
        running.child.kill().await.unwrap();
        while let Ok(Some(line)) = running.output.next_line().await {
            self.keep(&line);
        }
    }

    fn keep(&mut self, line: &str) {
        self.shown.push(serde_json::from_str(line).unwrap());
    }

    /// Lets the program run to the end of the script, answering whenever it waits.
    async fn finish(&mut self, mut running: Running) {
        let mut database = Database::open(&self.database()).await;
        let mut sent = None;
        for look in 0.. {
            assert!(look < LOOKS_MAX, "the program waits for something else than input: {:?}", self.shown);
            let state = database.state().await;
            if state.over || running.child.try_wait().unwrap().is_some() {
                break;
            }
            if state.is_waiting() && sent != Some(state.accepted) {
                running.send(SCRIPT[state.accepted]).await;
                sent = Some(state.accepted);
            }
            // A look at the program's output is also what gives it time.
            if let Ok(Ok(Some(line))) =
                tokio::time::timeout(Duration::from_millis(2), running.output.next_line()).await
            {
                self.keep(&line);
            }
        }
        drop(running.input);
        while let Ok(Some(line)) = running.output.next_line().await {
            self.keep(&line);
        }
        running.child.wait().await.unwrap();
    }
}

impl Running {
    async fn send(&mut self, entry: &str) {
        // A program that has just ended takes nothing any more, which the caller sees next.
        let _ = self.input.write_all(format!("{entry}\n\n").as_bytes()).await;
    }
}

/// The test's own view of the database.
struct Database {
    connection: SqliteConnection,
}

/// How far the drill is, as it stands on disk.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    /// Entries of the script that are on disk.
    accepted: usize,
    /// The first interview's cards that are still there, with their status.
    cards: Vec<(u32, String)>,
    /// Whether the drill began.
    begun: bool,
    /// Whether the first interview is over and done.
    over: bool,
}

impl State {
    fn is_waiting(&self) -> bool {
        self.begun
            && !self.over
            && self.accepted < SCRIPT.len()
            && self.cards.iter().all(|(_, status)| status == "sent")
    }

    /// Durable steps so far: each entry is one, and each card is marked twice on its way.
    fn steps(&self) -> usize {
        let marks = self.cards.iter().map(|(_, status)| match status.as_str() {
            "sent" => 2,
            "sending" => 1,
            _ => 0,
        });
        usize::from(self.begun) + self.accepted + marks.sum::<usize>()
    }

    fn sending(&self) -> Option<u32> {
        self.cards.iter().find(|(_, status)| status == "sending").map(|(seq, _)| *seq)
    }
}

impl Database {
    async fn open(path: &Path) -> Self {
        let options = SqliteConnectOptions::new().filename(path).busy_timeout(PATIENCE);
        Self { connection: options.connect().await.unwrap() }
    }

    /// Takes the write lock. Asks for it over and over, since SQLite's own waiting would sleep in between.
    async fn hold(&mut self) {
        self.connection.execute("PRAGMA busy_timeout = 0").await.unwrap();
        while self.connection.execute("BEGIN IMMEDIATE").await.is_err() {}
        let patience = format!("PRAGMA busy_timeout = {}", PATIENCE.as_millis());
        self.connection.execute(sqlx::AssertSqlSafe(patience)).await.unwrap();
    }

    async fn let_go(&mut self) {
        self.connection.execute("ROLLBACK").await.unwrap();
    }

    async fn version(&mut self) -> i64 {
        sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut self.connection).await.unwrap()
    }

    /// Lets the program commit once and takes the lock again; false if it ended instead.
    async fn let_one_commit(&mut self, running: &mut Running) -> bool {
        let before = self.version().await;
        self.let_go().await;
        while self.version().await == before {
            if running.child.try_wait().unwrap().is_some() {
                return false;
            }
        }
        self.hold().await;
        true
    }

    async fn state(&mut self) -> State {
        let accepted: i64 = sqlx::query_scalar(ACCEPTED).fetch_one(&mut self.connection).await.unwrap();
        let begun: i64 = sqlx::query_scalar("SELECT count(*) FROM journal WHERE key LIKE 'terminal:%:1'")
            .fetch_one(&mut self.connection)
            .await
            .unwrap();
        let cards = sqlx::query_as("SELECT seq, status FROM outbox WHERE interview = 1 ORDER BY seq")
            .fetch_all(&mut self.connection)
            .await
            .unwrap();
        let there: i64 = sqlx::query_scalar("SELECT count(*) FROM interviews WHERE id = 1")
            .fetch_one(&mut self.connection)
            .await
            .unwrap();
        let begun = begun > 0;
        let accepted = usize::try_from(accepted).unwrap();
        State { accepted, cards, begun, over: begun && there == 0 }
    }
}

/// Plays the script with the lock in hand until `steps` durable steps are on disk. The program is sometimes
/// faster than the lock, so it may be further then; `None` if it came to its end. The lock comes along: as
/// long as it is there, the program stands still.
async fn play_until(scene: &mut Scene, steps: usize) -> Option<(Running, State, Database)> {
    let mut database = Database::open(&scene.database()).await;
    database.hold().await;
    let mut running = scene.start();
    let mut sent = None;
    loop {
        let state = database.state().await;
        if state.over {
            return None;
        }
        if state.steps() >= steps {
            return Some((running, state, database));
        }
        if state.is_waiting() && sent != Some(state.accepted) {
            running.send(SCRIPT[state.accepted]).await;
            sent = Some(state.accepted);
        }
        if !database.let_one_commit(&mut running).await {
            return None;
        }
    }
}

/// A scene that stands at exactly this step, with the program that brought it there.
async fn stopped_at(steps: usize) -> (Scene, Running, State, Database) {
    for _ in 0..TRIES_MAX {
        let mut scene = Scene::new().await;
        if let Some((running, state, lock)) = play_until(&mut scene, steps).await
            && state.steps() == steps
        {
            return (scene, running, state, lock);
        }
    }
    panic!("the program was faster than the lock {TRIES_MAX} times at step {steps}");
}

/// The whole conversation: each card once, by its place.
fn conversation(shown: &[Value]) -> BTreeMap<u64, String> {
    let cards = shown.iter().filter(|event| event["interview"] == 1 && !event["seq"].is_null());
    cards
        .map(|event| (event["seq"].as_u64().unwrap(), without_times(event["text"].as_str().unwrap())))
        .collect()
}

/// How long an answer took differs from run to run.
fn without_times(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("Time: ") && !line.starts_with("Before: "));
    lines.collect::<Vec<_>>().join("\n")
}

/// What is wrong with what was shown, compared with the unbroken conversation.
fn faults(unbroken: &BTreeMap<u64, String>, shown: &[Value]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut first_time = BTreeSet::new();
    for event in shown.iter().filter(|event| event["interview"] == 1 && event["again"] == false) {
        if !first_time.insert(event["seq"].as_u64()) {
            faults.push(format!("card {} was shown twice", event["seq"]));
        }
    }
    let conversation = conversation(shown);
    for (seq, text) in unbroken {
        match conversation.get(seq) {
            None => faults.push(format!("card {seq} was never shown")),
            Some(other) if other != text => faults.push(format!("card {seq} differs: {other}")),
            Some(_) => {}
        }
    }
    if conversation.len() > unbroken.len() {
        faults.push(format!("{} cards instead of {}", conversation.len(), unbroken.len()));
    }
    faults
}

async fn unbroken() -> BTreeMap<u64, String> {
    let mut scene = Scene::new().await;
    let running = scene.start();
    scene.finish(running).await;
    let conversation = conversation(&scene.shown);
    assert_eq!(conversation.len(), SCRIPT.len() + 1, "each entry leads to one card");
    assert_eq!(faults(&conversation, &scene.shown), Vec::<String>::new());
    conversation
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_each_durable_step_the_drill_goes_on_where_it_was() {
    let unbroken = unbroken().await;
    // Three durable steps a card: accepted, on its way, shown. With the very last one the drill is forgotten.
    for steps in 1..3 * unbroken.len() {
        let (mut scene, running, state, lock) = stopped_at(steps).await;
        scene.kill(running).await;
        drop(lock);
        let again = scene.start();
        scene.finish(again).await;
        let found = faults(&unbroken, &scene.shown);
        assert!(found.is_empty(), "killed after step {steps} ({state:?}): {found:#?}");
    }
}

/// The control: a courier that sends again what may have been sent is caught by the same comparison.
#[tokio::test(flavor = "multi_thread")]
async fn resending_blindly_would_be_noticed() {
    let unbroken = unbroken().await;
    let (mut scene, mut running, state, mut lock) = stopped_at(2).await;
    assert_eq!(state.sending(), Some(1), "the second step marks the question as on its way");
    let line = running.output.next_line().await.unwrap().expect("the card is shown before that is on disk");
    scene.keep(&line);
    scene.kill(running).await;
    lock.let_go().await;
    lock.connection.execute("UPDATE outbox SET status = 'queued'").await.unwrap();
    drop(lock);
    let again = scene.start();
    scene.finish(again).await;
    assert_eq!(faults(&unbroken, &scene.shown), ["card 1 was shown twice"]);
}
