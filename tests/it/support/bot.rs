//! The bot on the fake Discord: the real engine, store and front end, in this process.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use riposte::chat::discord::{Discord as Front, Options, StartError, calls};
use riposte::chat::{Front as _, Inbox, Incoming};
use riposte::clock;
use riposte::core::bank::Bank;
use riposte::core::grading::Grader;
use riposte::core::grading::desk::Desk;
use riposte::engine::{Engine, Settings};
use riposte::secret::Secret;
use riposte::store::Store;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tracing::instrument::WithSubscriber;

use super::discord::tls::Tls;
use super::discord::{Discord, PATIENCE};
use super::errors::Errors;
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
    /// The door that looks like the real one, for the library's own rate limiter.
    tls: Option<Tls>,
    running: Option<Running>,
    /// What it logged as errors: a test that does not expect any fails.
    errors: Errors,
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

    /// Starts one that believes that this is the real Discord, so that the library keeps the rate limits.
    pub(crate) async fn start_with_limiter(discord: &Discord) -> Self {
        let tls = Some(discord.open_tls().await);
        let mut bot = Self { message_content: false, tls, ..Self::not_connected() };
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
            tls: None,
            running: None,
            errors: Errors::default(),
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
        let options = options(discord, self.message_content, self.tls.as_ref());
        let front = Front::connect(options, Inbox(sender), clock.clone(), &bank).await.unwrap();
        let settings = Settings { traps: 1, abandon_after: SignedDuration::from_hours(24), shared: true };
        let desk = Desk::new((self.grader)());
        let engine = Engine::new(store.clone(), bank, desk, clock, vec![front.clone()], settings);
        let running = async move { engine.run(inbox).await.unwrap() };
        let engine = tokio::spawn(running.with_subscriber(self.errors.subscriber()));
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            let _ = stopped.await;
        };
        let gateway = tokio::spawn(front.run(stopped).with_subscriber(self.errors.subscriber()));
        self.running = Some(Running { store, engine, gateway, stop });
    }

    /// Why one may not even try to connect.
    pub(crate) async fn refused(discord: &Discord) -> StartError {
        let (sender, _inbox) = mpsc::channel(1);
        let clock = discord.shared.clock.clone();
        let bank = one_question();
        Front::connect(options(discord, false, None), Inbox(sender), clock, &bank).await.err().unwrap()
    }

    /// Waits until so many drills are open, and all of what was said in them is known to have arrived.
    pub(crate) async fn has_open(&self, count: usize) {
        let store = &self.running.as_ref().unwrap().store;
        let waiting = async {
            loop {
                let open = store.open_interviews(None).await.unwrap();
                if open.len() == count && open.iter().all(|open| open.rests) {
                    break;
                }
                clock::pause(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.unwrap();
    }

    /// Stops it as a crash would, which keeps nothing but what is on disk.
    pub(crate) async fn stop(&mut self) {
        let Running { store, engine, gateway, stop } = self.running.take().unwrap();
        engine.abort();
        stop.send(()).unwrap();
        gateway.await.unwrap().unwrap();
        let _ = engine.await;
        store.close().await;
        self.errors.none();
    }

    /// What it logged as errors until here is what the test wanted, and says this.
    pub(crate) fn logged(&self, words: &str) {
        let errors = self.errors.take();
        assert!(errors.contains(words), "{errors}");
    }

    /// Why it ended by itself.
    pub(crate) async fn ending(&mut self) -> StartError {
        let running = self.running.take().unwrap();
        let ended = running.gateway.await.unwrap().unwrap_err();
        running.engine.abort();
        ended
    }
}

/// The front end alone: the test takes what it hears, and hands it what it shows.
pub(crate) struct Alone {
    pub(crate) front: Arc<Front>,
    pub(crate) inbox: mpsc::Receiver<Incoming>,
    gateway: JoinHandle<Result<(), StartError>>,
    stop: oneshot::Sender<()>,
}

impl Alone {
    /// Starts one that reads plain messages in threads, and waits until it is connected.
    pub(crate) async fn start(discord: &Discord) -> Self {
        let (sender, mut inbox) = mpsc::channel(64);
        let clock = discord.shared.clock.clone();
        let options = options(discord, true, None);
        let front = Front::connect(options, Inbox(sender), clock, &one_question()).await.unwrap();
        assert!(!front.is_up());
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            let _ = stopped.await;
        };
        let gateway = tokio::spawn(front.clone().run(stopped));
        discord.connected().await;
        discord.commands().await;
        let Some(Incoming::CatchUp { done, .. }) = inbox.recv().await else {
            panic!("nobody is caught up with")
        };
        done.send(Ok(())).unwrap();
        assert!(front.is_up());
        Self { front, inbox, gateway, stop }
    }

    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.gateway.await.unwrap().unwrap();
    }
}

fn options(discord: &Discord, message_content: bool, tls: Option<&Tls>) -> Options {
    let token = Secret::new(&discord.token());
    let Some(tls) = tls else {
        let calls = calls().build().unwrap();
        return Options { token, api: Some(discord.url()), message_content, calls };
    };
    let authority = reqwest::Certificate::from_der(&tls.authority).unwrap();
    let calls = calls().no_proxy().resolve("discord.com", tls.address).add_root_certificate(authority);
    Options { token, api: None, message_content, calls: calls.build().unwrap() }
}

/// The small bank with its first question alone, so that every drill is the same.
fn one_question() -> Arc<Bank> {
    let mut bank = small_bank();
    let only = Arc::get_mut(&mut bank).unwrap();
    only.questions.retain(|question| question.id.as_str() == "list-vs-tuple");
    assert_eq!(only.questions.len(), 1);
    bank
}
