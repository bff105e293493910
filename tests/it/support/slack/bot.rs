//! The bot on the fake Slack: the real engine, store and front end, in this process.

use std::sync::Arc;

use jiff::SignedDuration;
use riposte::chat::slack::{Options, Slack as Front, StartError};
use riposte::chat::{Front as _, Inbox};
use riposte::core::bank::Bank;
use riposte::core::grading::Grader;
use riposte::core::grading::desk::Desk;
use riposte::engine::{Engine, Settings};
use riposte::secret::Secret;
use riposte::store::Store;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tracing::instrument::WithSubscriber;

use super::Slack;
use crate::support::errors::Errors;
use crate::support::grader::Labelled;
use crate::support::play::small_bank;

/// A bot with its data; it can be stopped and started again.
pub(crate) struct Bot {
    folder: tempfile::TempDir,
    bank: Arc<Bank>,
    grader: fn() -> Box<dyn Grader>,
    running: Option<Running>,
    /// What it logged as errors: a test fails if there are any.
    errors: Errors,
}

struct Running {
    store: Store,
    front: Arc<Front>,
    engine: JoinHandle<()>,
    socket: JoinHandle<Result<(), StartError>>,
    stop: oneshot::Sender<()>,
}

impl Bot {
    /// Starts one with a single question, and waits until it is connected.
    pub(crate) async fn start(slack: &Slack) -> Self {
        let mut bank = small_bank();
        let only = Arc::get_mut(&mut bank).unwrap();
        only.questions.retain(|question| question.id.as_str() == "list-vs-tuple");
        Self::start_graded(slack, bank, || Box::new(Labelled)).await
    }

    /// Starts one with these questions and this grader.
    pub(crate) async fn start_graded(
        slack: &Slack,
        bank: Arc<Bank>,
        grader: fn() -> Box<dyn Grader>,
    ) -> Self {
        let mut bot = Self {
            folder: tempfile::tempdir().unwrap(),
            bank,
            grader,
            running: None,
            errors: Errors::default(),
        };
        bot.start_again(slack).await;
        slack.connected(1).await;
        bot
    }

    /// Starts it on the data that it left.
    pub(crate) async fn start_again(&mut self, slack: &Slack) {
        let store = Store::open(&self.database()).await.unwrap();
        let (sender, inbox) = mpsc::channel(64);
        let clock = slack.shared.clock.clone();
        let front = Front::connect(options(slack), Inbox(sender), clock.clone(), &self.bank).await.unwrap();
        let settings = Settings { traps: 1, abandon_after: SignedDuration::from_hours(24), shared: true };
        let desk = Desk::new((self.grader)());
        let engine =
            Engine::new(store.clone(), self.bank.clone(), desk, clock, vec![front.clone()], settings);
        let running = async move { engine.run(inbox).await.unwrap() };
        let engine = tokio::spawn(running.with_subscriber(self.errors.subscriber()));
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            let _ = stopped.await;
        };
        let socket = tokio::spawn(front.clone().run(stopped));
        self.running = Some(Running { store, front, engine, socket, stop });
    }

    /// Whether it hears people, as far as it knows.
    pub(crate) fn is_up(&self) -> bool {
        self.running.as_ref().unwrap().front.is_up()
    }

    pub(crate) fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("riposte.db")
    }

    /// Stops it as a crash would, which keeps nothing but what is on disk.
    pub(crate) async fn stop(&mut self) {
        let Running { store, engine, socket, stop, .. } = self.running.take().unwrap();
        engine.abort();
        stop.send(()).unwrap();
        socket.await.unwrap().unwrap();
        let _ = engine.await;
        store.close().await;
        self.errors.none();
    }

    /// Why it ended by itself.
    pub(crate) async fn ending(&mut self) -> StartError {
        let running = self.running.take().unwrap();
        let ended = running.socket.await.unwrap().unwrap_err();
        running.engine.abort();
        ended
    }
}

/// Why one may not even try to connect.
pub(crate) async fn refused(slack: &Slack, app_token: &str, bot_token: &str) -> StartError {
    let (sender, _inbox) = mpsc::channel(1);
    let bot_tokens = vec![Secret::new(bot_token)];
    let options = Options { app_token: Secret::new(app_token), bot_tokens, api: Some(slack.url()) };
    let clock = slack.shared.clock.clone();
    Front::connect(options, Inbox(sender), clock, &small_bank()).await.err().unwrap()
}

fn options(slack: &Slack) -> Options {
    let (app_token, bot_tokens) = slack.shared.with(|world| {
        let tokens = world.teams.iter().map(|team| Secret::new(&team.token)).collect();
        (Secret::new(&world.app_token), tokens)
    });
    Options { app_token, bot_tokens, api: Some(slack.url()) }
}
