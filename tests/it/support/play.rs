//! Plays an interview on the real engine and store, and gives the whole conversation.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;
use riposte::chat::{Did, Incoming, Refusal, Request, Taken, What};
use riposte::clock::Clock;
use riposte::core::bank::load::{self, Source};
use riposte::core::bank::{Bank, QuestionId};
use riposte::core::card::Button;
use riposte::core::choose::Filter;
use riposte::core::grading::desk::Desk;
use riposte::core::interview::{InterviewId, Mode};
use riposte::core::reading::Severity;
use riposte::engine::{Engine, Settings};
use riposte::store::Store;
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::sync::oneshot;

use super::channel::{Channel, StoppedClock};
use super::grader::Labelled;

/// A group of one: a channel, a person and the bot.
pub(crate) struct Play {
    folder: tempfile::TempDir,
    pub(crate) clock: Arc<StoppedClock>,
    pub(crate) channel: Arc<Channel>,
    pub(crate) bank: Arc<Bank>,
    running: Option<(Engine, Store)>,
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

impl Play {
    pub(crate) async fn new() -> Self {
        let clock = Arc::new(StoppedClock::new());
        let mut play = Self {
            folder: tempfile::tempdir().unwrap(),
            channel: Arc::new(Channel::new(clock.clone())),
            clock,
            bank: small_bank(),
            running: None,
            interview: InterviewId(0),
            keys: 0,
        };
        play.start().await;
        play
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("riposte.db")
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.running.as_ref().unwrap().0
    }

    async fn start(&mut self) {
        let store = Store::open(&self.database()).await.unwrap();
        let engine = Engine::new(
            store.clone(),
            self.bank.clone(),
            Desk::new(Box::new(Labelled)),
            self.clock.clone(),
            self.channel.clone(),
            Settings { traps: 1, abandon_after: SignedDuration::from_hours(24) },
        );
        engine.start().await.unwrap();
        self.running = Some((engine, store));
    }

    /// Stops the bot, lets `away` pass, and starts it again.
    pub(crate) async fn restart_after(&mut self, away: SignedDuration) {
        let (engine, store) = self.running.take().unwrap();
        drop(engine);
        store.close().await;
        self.channel.note(&format!("@ restart after {away:#}"));
        self.clock.advance(away);
        self.start().await;
    }

    /// Makes the state of every interview unreadable, as a bug or a disk could.
    pub(crate) async fn spoil_state(&mut self) {
        let options = SqliteConnectOptions::new().filename(self.database());
        let mut connection = options.connect().await.unwrap();
        sqlx::query("UPDATE interviews SET state = '{}'").execute(&mut connection).await.unwrap();
    }

    pub(crate) async fn begin(&mut self, mode: Mode, count: u8, traps: u8, question: Option<&str>) -> Taken {
        self.request(Request {
            mode,
            filter: Filter { question: question.map(QuestionId::from), ..Filter::default() },
            count,
            traps: Some(traps),
            seed: Some(1),
        })
        .await
        .unwrap()
    }

    pub(crate) async fn request(&mut self, request: Request) -> Result<Taken, Refusal> {
        let taken = self.send(What::Begin(request)).await?;
        self.interview = taken.interview;
        Ok(taken)
    }

    /// A drill on the first question with one follow-up.
    pub(crate) async fn drill(&mut self) {
        self.begin(Mode::Drill, 1, 1, Some("list-vs-tuple")).await;
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
        self.keys += 1;
        let key = format!("key-{}", self.keys);
        self.send_as(key, what).await
    }

    pub(crate) async fn send_as(&mut self, key: String, what: What) -> Result<Taken, Refusal> {
        let (done, taken) = oneshot::channel();
        let at = self.clock.now();
        let did = Did { key, at, person: "somebody".into(), place: "channel".into(), what, done };
        self.engine().take_incoming(Incoming::Did(did)).await;
        let taken = taken.await.unwrap();
        self.engine().turn().await.unwrap();
        taken
    }
}
