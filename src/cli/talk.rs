//! `riposte drill` and `riposte screen`: the terminal on the engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::mpsc;

use super::{OK, Talk, complain, grader, read_bank};
use crate::chat::terminal::{self, Style};
use crate::chat::{Inbox, Request};
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config};
use crate::core::grading::desk::Desk;
use crate::core::say;
use crate::engine::{Engine, Settings};
use crate::entropy;
use crate::store::Store;

/// Inputs that may wait for the engine; a terminal has one at a time.
const INBOX_MAX: usize = 16;
/// What the shell expects of a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;
/// What the shell expects of a program that SIGTERM ended.
const TERMINATED: u8 = 143;

pub(super) fn run(talk: Talk, config: &Config) -> Result<u8, String> {
    let bank = Arc::new(read_bank(config.bank.folder())?);
    let database = database(talk.choice.db.as_deref(), config)?;
    let _guard = ScreenGuard::new();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?;
    let code = runtime.block_on(converse(talk, config, bank, database));
    // A thread that waits for the keyboard must not keep the program.
    runtime.shutdown_background();
    code
}

async fn converse(
    talk: Talk,
    config: &Config,
    bank: Arc<crate::core::bank::Bank>,
    database: PathBuf,
) -> Result<u8, String> {
    let store = Store::open(&database).await.map_err(|error| error.to_string())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (sender, inbox) = mpsc::channel(INBOX_MAX);
    let style = Style::fitting(talk.choice.json);
    let (front, session) = terminal::open(Inbox(sender), clock.clone(), style, entropy::seed());
    let settings = Settings {
        traps: config.drill.traps,
        abandon_after: config.drill.abandon_after(),
        // Whoever sits there has it for themselves.
        shared: false,
    };
    let (grader, vectors) = grader::open(&bank)?;
    grader::warm(bank.clone(), vectors);
    let desk = Desk::new(Box::new(grader));
    let engine = Engine::new(store.clone(), bank, desk, clock, vec![Arc::new(front)], settings);
    let request = Request {
        mode: talk.mode,
        filter: talk.filter(),
        count: talk.count,
        traps: talk.choice.traps,
        seed: talk.choice.seed,
    };
    // The session ends first and drops its inbox, which lets the engine finish what is on its way and end.
    let both = async { tokio::join!(session.talk(request), engine.run(inbox)) };
    let code = tokio::select! {
        (ended, stopped) = both => match (ended, stopped) {
            (_, Err(error)) => Err(error.to_string()),
            (Err(refusal), Ok(())) => Err(refusal.to_string()),
            (Ok(_), Ok(())) => Ok(OK),
        },
        code = interrupted() => {
            complain(format!("\n{}", say::KEPT));
            Ok(code)
        }
    };
    if let Err(error) = engine.stop().await {
        tracing::warn!(%error, "it is not known until when the program was there");
    }
    drop(engine);
    store.close().await;
    code
}

/// Waits for a request to stop. Nothing has to be saved then: everything accepted is on disk.
pub(super) async fn interrupted() -> u8 {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            return tokio::select! {
                _ = terminate.recv() => TERMINATED,
                _ = tokio::signal::ctrl_c() => INTERRUPTED,
            };
        }
    }
    // Without a handler the system's own way of stopping stays in force, so there is nothing to wait for.
    match tokio::signal::ctrl_c().await {
        Ok(()) => INTERRUPTED,
        Err(_) => std::future::pending().await,
    }
}

/// The database: the one named, else the configured one, else the one in the platform's folder.
pub(super) fn database(named_file: Option<&Path>, config: &Config) -> Result<PathBuf, String> {
    named_file
        .map(Path::to_owned)
        .or_else(|| named(&config.store.path))
        .or_else(config::default_database)
        .ok_or_else(|| "there is no home folder to keep data in; name a file with --db".to_owned())
}

fn named(path: &Path) -> Option<PathBuf> {
    (!path.as_os_str().is_empty()).then(|| path.to_owned())
}

/// Gives the screen back as it was, however the program ends: line editing changes its settings.
struct ScreenGuard {
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

impl ScreenGuard {
    fn new() -> Self {
        #[cfg(unix)]
        {
            let before = rustix::termios::tcgetattr(std::io::stdin()).ok();
            if let Some(before) = before.clone() {
                let hook = std::panic::take_hook();
                std::panic::set_hook(Box::new(move |info| {
                    restore(&before);
                    hook(info);
                }));
            }
            Self { before }
        }
        #[cfg(not(unix))]
        Self {}
    }
}

impl Drop for ScreenGuard {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(before) = &self.before {
            restore(before);
        }
    }
}

#[cfg(unix)]
fn restore(before: &rustix::termios::Termios) {
    // A screen that is gone needs no restoring.
    let _ = rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Now, before);
}
