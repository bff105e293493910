//! The bot on the fake Discord: the real engine, store and front end, in this process.

use std::sync::Arc;

use jiff::SignedDuration;
use riposte::chat::Inbox;
use riposte::chat::discord::{Discord as Front, Options, StartError};
use riposte::core::bank::Bank;
use riposte::core::grading::Grader;
use riposte::core::grading::desk::Desk;
use riposte::engine::{Engine, Settings};
use riposte::secret::Secret;
use riposte::store::Store;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::discord::Discord;
use super::grader::Labelled;
use super::play::small_bank;

/// The privileged intent that a bot may have.
pub(crate) const MESSAGE_CONTENT: u64 = 1 << 15;

/// A bot with its data; it can be stopped and started again.
pub(crate) struct Bot {
    folder: tempfile::TempDir,
    message_content: bool,
    bank: Arc<Bank>,
    grader: fn() -> Box<dyn Grader>,
    running: Option<Running>,
}

struct Running {
    store: Store,
    engine: JoinHandle<()>,
    gateway: JoinHandle<Result<(), StartError>>,
    stop: oneshot::Sender<()>,
}

impl Bot {
    /// Starts one that reads plain messages in threads or does not, and waits until it is connected.
    pub(crate) async fn start(discord: &Discord, message_content: bool) -> Self {
        Self::start_with(discord, message_content, one_question(), || Box::new(Labelled)).await
    }

    /// Starts one with these questions and this grader.
    pub(crate) async fn start_with(
        discord: &Discord,
        message_content: bool,
        bank: Arc<Bank>,
        grader: fn() -> Box<dyn Grader>,
    ) -> Self {
        let mut bot = Self { message_content, bank, grader, ..Self::not_connected() };
        bot.start_again(discord).await;
        discord.connected().await;
        discord.commands().await;
        bot
    }

    /// One that wants to read plain messages and was never started.
    pub(crate) fn not_connected() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            message_content: true,
            bank: one_question(),
            grader: || Box::new(Labelled),
            running: None,
        }
    }

    pub(crate) fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("riposte.db")
    }

    /// Starts it on the data that it left.
    pub(crate) async fn start_again(&mut self, discord: &Discord) {
        let store = Store::open(&self.database()).await.unwrap();
        let (sender, inbox) = mpsc::channel(64);
        let clock = discord.shared.clock.clone();
        let bank = self.bank.clone();
        let options = options(discord, self.message_content);
        let front = Front::connect(options, Inbox(sender), clock.clone(), &bank).await.unwrap();
        let settings = Settings { traps: 1, abandon_after: SignedDuration::from_hours(24), shared: true };
        let desk = Desk::new((self.grader)());
        let engine = Engine::new(store.clone(), bank, desk, clock, vec![front.clone()], settings);
        let engine = tokio::spawn(async move { engine.run(inbox).await.unwrap() });
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            let _ = stopped.await;
        };
        let gateway = tokio::spawn(front.run(stopped));
        self.running = Some(Running { store, engine, gateway, stop });
    }

    /// Why one may not even try to connect.
    pub(crate) async fn refused(discord: &Discord) -> StartError {
        let (sender, _inbox) = mpsc::channel(1);
        let clock = discord.shared.clock.clone();
        let bank = one_question();
        Front::connect(options(discord, false), Inbox(sender), clock, &bank).await.err().unwrap()
    }

    /// Stops it as a crash would, which keeps nothing but what is on disk.
    pub(crate) async fn stop(&mut self) {
        let Running { store, engine, gateway, stop } = self.running.take().unwrap();
        engine.abort();
        stop.send(()).unwrap();
        gateway.await.unwrap().unwrap();
        let _ = engine.await;
        store.close().await;
    }

    /// Why it ended by itself.
    pub(crate) async fn ending(&mut self) -> StartError {
        let running = self.running.take().unwrap();
        let ended = running.gateway.await.unwrap().unwrap_err();
        running.engine.abort();
        ended
    }
}

fn options(discord: &Discord, message_content: bool) -> Options {
    Options { token: Secret::new(&discord.token()), api: Some(discord.url()), message_content }
}

/// The small bank with its first question alone, so that every drill is the same.
fn one_question() -> Arc<Bank> {
    let mut bank = small_bank();
    let only = Arc::get_mut(&mut bank).unwrap();
    only.questions.retain(|question| question.id.as_str() == "list-vs-tuple");
    assert_eq!(only.questions.len(), 1);
    bank
}
