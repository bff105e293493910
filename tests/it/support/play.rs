//! Plays an interview on the real engine and store, and gives the whole conversation.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;
use riposte::chat::{Did, Expected, Inbox, Incoming, Refusal, Reply, Request, Taken, What};
use riposte::clock::Clock;
use riposte::core::bank::load::{self, Source};
use riposte::core::bank::{Bank, QuestionId};
use riposte::core::card::Button;
use riposte::core::choose::Filter;
use riposte::core::grading::Grader;
use riposte::core::grading::desk::Desk;
use riposte::core::interview::{InterviewId, Mode};
use riposte::core::reading::Severity;
use riposte::engine::{Engine, Settings};
use riposte::store::{Store, StoreError};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::channel::{Channel, StoppedClock};
use super::grader::Labelled;

/// Whom the conversations of one are with, and where.
pub(crate) const SOMEBODY: &str = "channel:somebody";
pub(crate) const HERE: &str = "channel";

/// A group of one: a channel, a person and the bot. Others can join in, and so can another platform.
pub(crate) struct Play {
    folder: tempfile::TempDir,
    pub(crate) clock: Arc<StoppedClock>,
    pub(crate) channel: Arc<Channel>,
    /// Another platform, and its place with the engine.
    pub(crate) other: Arc<Channel>,
    pub(crate) expected: Arc<Expected>,
    pub(crate) bank: Arc<Bank>,
    grader: fn() -> Box<dyn Grader>,
    shared: bool,
    running: Option<(Arc<Engine>, Store)>,
    pub(crate) interview: InterviewId,
    keys: u32,
}

/// The bank of the fixture `bank`: two questions, small enough to read in a transcript.
pub(crate) fn small_bank() -> Arc<Bank> {
    let file = |name: &str, track: &str| Source {
        path: name.to_owned(),
        track: track.to_owned(),
        bytes: std::fs::read(super::fixtures().join("bank").join(name)).unwrap(),
    };
    let (bank, problems) = load::load(&[file("general.toml", ""), file("lists.toml", "small")]);
    let errors: Vec<_> = problems.iter().filter(|problem| problem.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:?}");
    Arc::new(bank)
}

/// What somebody asks for.
pub(crate) fn request(mode: Mode, count: u8, traps: u8, question: Option<&str>) -> Request {
    Request {
        mode,
        filter: Filter { question: question.map(QuestionId::from), ..Filter::default() },
        count,
        traps: Some(traps),
        seed: Some(1),
    }
}

/// A drill on the first question with one follow-up.
pub(crate) fn a_drill() -> What {
    What::Begin(request(Mode::Drill, 1, 1, Some("list-vs-tuple")))
}

impl Play {
    pub(crate) async fn new() -> Self {
        let mut play = Self::not_started();
        play.start().await;
        play
    }

    /// One that many people share, so that quotas hold.
    pub(crate) async fn shared() -> Self {
        let mut play = Self { shared: true, ..Self::not_started() };
        play.start().await;
        play
    }

    /// One with a grader of the test's own.
    pub(crate) async fn graded_by(grader: fn() -> Box<dyn Grader>) -> Self {
        let mut play = Self { grader, ..Self::not_started() };
        play.start().await;
        play
    }

    /// A bot that is still to be started, so that something can be put into its database.
    pub(crate) fn not_started() -> Self {
        let clock = Arc::new(StoppedClock::new());
        let other = Arc::new(Channel::new("other", clock.clone()));
        let expected = Arc::new(Expected::new("other"));
        expected.arrived(other.clone());
        Self {
            folder: tempfile::tempdir().unwrap(),
            channel: Arc::new(Channel::new("channel", clock.clone())),
            other,
            expected,
            clock,
            bank: small_bank(),
            grader: || Box::new(Labelled),
            shared: false,
            running: None,
            interview: InterviewId(0),
            keys: 0,
        }
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("riposte.db")
    }

    pub(crate) fn engine(&self) -> &Arc<Engine> {
        &self.running.as_ref().unwrap().0
    }

    pub(crate) fn store(&self) -> &Store {
        &self.running.as_ref().unwrap().1
    }

    pub(crate) async fn start(&mut self) {
        self.open().await;
        self.engine().start().await.unwrap();
        self.engine().turn().await.unwrap();
    }

    /// A bot that has done nothing yet, to be [run](Self::run).
    pub(crate) async fn open(&mut self) {
        let store = Store::open(&self.database()).await.unwrap();
        let engine = self.engine_on(store.clone());
        self.running = Some((Arc::new(engine), store));
    }

    fn engine_on(&self, store: Store) -> Engine {
        Engine::new(
            store,
            self.bank.clone(),
            Desk::new((self.grader)()),
            self.clock.clone(),
            vec![self.channel.clone(), self.expected.clone()],
            Settings { traps: 1, abandon_after: SignedDuration::from_hours(24), shared: self.shared },
        )
    }

    /// Another engine on the same database, as a start is, without the time that opening the file takes.
    pub(crate) async fn start_anew(&mut self) {
        let (engine, store) = self.running.take().unwrap();
        drop(engine);
        self.running = Some((Arc::new(self.engine_on(store.clone())), store));
        self.engine().start().await.unwrap();
        self.engine().turn().await.unwrap();
    }

    /// Stops the bot as a crash would, which keeps nothing but what is on disk.
    pub(crate) async fn stop(&mut self) {
        let (engine, store) = self.running.take().unwrap();
        drop(engine);
        store.close().await;
    }

    /// Stops the bot, lets `away` pass, and starts it again.
    pub(crate) async fn restart_after(&mut self, away: SignedDuration) {
        self.engine().stop().await.unwrap();
        self.stop().await;
        self.channel.note(&format!("@ restart after {away:#}"));
        self.clock.advance(away);
        self.start().await;
    }

    /// Writes to the database behind the bot's back; it must be stopped.
    pub(crate) async fn write(&self, sql: &'static str) {
        let options = SqliteConnectOptions::new().filename(self.database());
        let mut connection = options.connect().await.unwrap();
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }

    /// Makes the state of every interview unreadable, as a bug or a disk could.
    pub(crate) async fn spoil_state(&mut self) {
        let options = SqliteConnectOptions::new().filename(self.database());
        let mut connection = options.connect().await.unwrap();
        sqlx::query("UPDATE interviews SET state = '{}'").execute(&mut connection).await.unwrap();
    }

    pub(crate) async fn begin(&mut self, mode: Mode, count: u8, traps: u8, question: Option<&str>) -> Taken {
        self.request(request(mode, count, traps, question)).await.unwrap()
    }

    pub(crate) async fn request(&mut self, request: Request) -> Result<Taken, Refusal> {
        let taken = self.send(What::Begin(request)).await?;
        self.interview = taken.interview;
        Ok(taken)
    }

    /// A drill on the first question with one follow-up.
    pub(crate) async fn drill(&mut self) {
        let taken = self.send(a_drill()).await.unwrap();
        self.interview = taken.interview;
    }

    pub(crate) async fn say(&mut self, text: &str) -> Taken {
        self.channel.note(&format!("> {text}"));
        self.go_on(self.said(text)).await
    }

    /// Says something of this many characters.
    pub(crate) async fn send_long(&mut self, chars: usize) -> Taken {
        self.go_on(self.said(&"x".repeat(chars))).await
    }

    pub(crate) async fn press(&mut self, button: Button) -> Taken {
        self.channel.note(&format!("> [{}]", riposte::core::say::label(&button)));
        self.go_on(What::Pressed { to: Some(self.interview), on: None, button }).await
    }

    pub(crate) async fn wait(&mut self, seconds: i64) {
        self.channel.note(&format!("@ +{seconds}s"));
        self.clock.advance(SignedDuration::from_secs(seconds));
        self.engine().turn().await.unwrap();
    }

    /// What saying this in the interview at hand is.
    pub(crate) fn said(&self, text: &str) -> What {
        What::Said { to: Some(self.interview), text: text.to_owned() }
    }

    async fn go_on(&mut self, what: What) -> Taken {
        let taken = self.send(what).await.unwrap();
        self.interview = taken.interview;
        taken
    }

    async fn send(&mut self, what: What) -> Result<Taken, Refusal> {
        self.by(SOMEBODY, HERE, what).await
    }

    /// Somebody in particular does something somewhere in particular.
    pub(crate) async fn by(&mut self, person: &str, place: &str, what: What) -> Result<Taken, Refusal> {
        self.keys += 1;
        let key = format!("key-{}", self.keys);
        self.delivered(key, person, place, what).await
    }

    pub(crate) async fn send_as(&mut self, key: String, what: What) -> Result<Taken, Refusal> {
        self.delivered(key, SOMEBODY, HERE, what).await
    }

    /// A platform delivers an event under a key of its own.
    pub(crate) async fn delivered(
        &mut self,
        key: String,
        person: &str,
        place: &str,
        what: What,
    ) -> Result<Taken, Refusal> {
        let taken = self.only_taken(key, person, place, what).await;
        self.engine().turn().await.unwrap();
        taken
    }

    /// The same, with nothing delivered yet.
    pub(crate) async fn only_taken(
        &self,
        key: String,
        person: &str,
        place: &str,
        what: What,
    ) -> Result<Taken, Refusal> {
        let (done, taken) = oneshot::channel();
        let at = self.clock.now();
        let (person, place) = (person.into(), place.into());
        let did = Did { key, at, person, place, what, done };
        self.engine().take_incoming(Incoming::Did(did)).await;
        taken.await.unwrap()
    }

    /// Anything that happens, and what is delivered because of it.
    pub(crate) async fn incoming<T>(
        &mut self,
        incoming: impl FnOnce(Reply<T>) -> Incoming,
    ) -> Result<T, Refusal> {
        let (done, answer) = oneshot::channel();
        self.engine().take_incoming(incoming(done)).await;
        let answer = answer.await.unwrap();
        self.engine().turn().await.unwrap();
        answer
    }

    /// The whole engine, running by itself until the inbox is dropped.
    pub(crate) fn run(&self) -> (Inbox, JoinHandle<Result<(), StoreError>>) {
        // Room for all, so that whoever sends first is first.
        let (sender, inbox) = mpsc::channel(1_000);
        let engine = self.engine().clone();
        (Inbox(sender), tokio::spawn(async move { engine.run(inbox).await }))
    }
}
