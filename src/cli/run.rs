//! `riposte run`: the bot on every platform that the configuration names, until it is stopped.
//!
//! The platforms share the engine and nothing else. One that fails is complained about and tried again, while the
//! others go on; the program ends when none is left.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use futures_util::future::join_all;
use jiff::SignedDuration;
use tokio::sync::{mpsc, watch};

use super::talk::{database, interrupted};
use super::{FAILED, MISCONFIGURED, OK, complain, grader, read_bank};
use crate::chat::discord::{self, Discord};
use crate::chat::slack::{self, Slack};
use crate::chat::{Expected, Finding, Front, Inbox};
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config};
use crate::core::bank::Bank;
use crate::core::grading::desk::Desk;
use crate::engine::{Engine, Settings};
use crate::store::Store;

/// Inputs that may wait for the engine: a minute of a busy server. Beyond it the platforms' own queues wait.
const INBOX_MAX: usize = 1_024;
/// For so long a start waits for a platform at the most; one that comes later comes by itself.
const START_WITHIN: Duration = Duration::from_secs(10);
/// Until a platform that could not be reached is tried again.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(60);

#[derive(Args, Debug)]
pub(super) struct Run {
    /// The database file.
    #[arg(long, value_name = "FILE")]
    pub(super) db: Option<PathBuf>,
}

/// What somebody without a token reads.
pub(super) const NO_TOKEN: &str = "there is no token; for Discord set RIPOSTE_DISCORD_TOKEN, or name a file with it in \
RIPOSTE_DISCORD_TOKEN_FILE; for Slack the same with RIPOSTE_SLACK_APP_TOKEN and RIPOSTE_SLACK_BOT_TOKEN (README, \
Add it to your server, Add it to Slack)";
/// What somebody with half of the tokens reads.
const HALF_A_SLACK: &str = "two tokens are needed, RIPOSTE_SLACK_APP_TOKEN (xapp-…) and RIPOSTE_SLACK_BOT_TOKEN \
(xoxb-…), and one is missing (README, Add it to Slack)";

/// A platform that the configuration names, and how to reach it.
pub(super) enum Platform {
    Discord(discord::Options),
    Slack(slack::Options),
}

/// One that took the tokens.
pub(super) enum Connected {
    Discord(Arc<Discord>),
    Slack(Arc<Slack>),
}

/// Why a platform is not served.
pub(super) struct Failure {
    text: String,
    /// Whether only somebody can mend it.
    is_final: bool,
}

/// What every platform works with.
pub(super) struct Shared {
    pub(super) inbox: Inbox,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) bank: Arc<Bank>,
}

pub(super) fn run(options: &Run, config: &Config, file: Option<&Path>) -> Result<u8, String> {
    let bank = Arc::new(read_bank(config.bank.folder())?);
    let database = database(options.db.as_deref(), config)?;
    let named = platforms(config, file);
    if named.is_empty() {
        complain(NO_TOKEN);
    }
    let mut platforms = Vec::new();
    for platform in named {
        match platform {
            Ok(platform) => platforms.push(platform),
            Err(failure) => complain(&failure.text),
        }
    }
    if platforms.is_empty() {
        return Ok(MISCONFIGURED);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?;
    runtime.block_on(serve(config, bank, &database, platforms))
}

/// The platforms that the configuration names, each by itself: what is wrong with one is nothing to the others.
pub(super) fn platforms(config: &Config, file: Option<&Path>) -> Vec<Result<Platform, Failure>> {
    let failed = |front: &str, error: String| Failure { text: format!("{front}: {error}"), is_final: true };
    let discord = discord_options(config, file);
    let discord =
        discord.map(|options| options.map(Platform::Discord)).map_err(|error| failed("Discord", error));
    let slack = slack_options(config, file);
    let slack = slack.map(|options| options.map(Platform::Slack)).map_err(|error| failed("Slack", error));
    [discord, slack].into_iter().filter_map(Result::transpose).collect()
}

/// How to reach Discord; `None` without a token.
fn discord_options(config: &Config, file: Option<&Path>) -> Result<Option<discord::Options>, String> {
    let Some(token) = config::discord_token(config, file)? else { return Ok(None) };
    let (api, message_content) = (config::discord_api(config), config.discord.message_content);
    let calls = discord::calls().build().map_err(|error| format!("cannot start: {error}"))?;
    Ok(Some(discord::Options { token, api, message_content, calls }))
}

/// How to reach Slack; `None` without a token.
fn slack_options(config: &Config, file: Option<&Path>) -> Result<Option<slack::Options>, String> {
    let bot_tokens = config::slack_bot_tokens(config, file)?;
    match (config::slack_app_token(config, file)?, bot_tokens.is_empty()) {
        (Some(app_token), false) => {
            Ok(Some(slack::Options { app_token, bot_tokens, api: config::slack_api(config) }))
        }
        (None, true) => Ok(None),
        (Some(_), true) | (None, false) => Err(HALF_A_SLACK.to_owned()),
    }
}

/// Bank, configuration, grader and database were fit for use before a platform hears of us.
async fn serve(
    config: &Config,
    bank: Arc<Bank>,
    database: &Path,
    platforms: Vec<Platform>,
) -> Result<u8, String> {
    let (grader, vectors) = grader::open(&bank)?;
    grader::warm(bank.clone(), vectors);
    let desk = Desk::new(Box::new(grader));
    let store = Store::open(database).await.map_err(|error| error.to_string())?;
    tracing::info!(database = %database.display(), "the database is open");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (sender, inbox) = mpsc::channel(INBOX_MAX);
    let shared = Shared { inbox: Inbox(sender), clock: clock.clone(), bank: bank.clone() };
    // Before the engine keeps any deadline, so that what people did meanwhile comes first.
    let connected = join_all(platforms.iter().map(|platform| platform.connect_soon(&shared))).await;
    let expected: Vec<Arc<Expected>> =
        platforms.iter().map(|platform| Arc::new(Expected::new(platform.name()))).collect();
    for (expected, connected) in expected.iter().zip(&connected) {
        if let Ok(connected) = connected {
            expected.arrived(connected.front());
        }
    }
    let settings =
        Settings { traps: config.drill.traps, abandon_after: config.drill.abandon_after(), shared: true };
    let fronts = expected.iter().map(|front| front.clone() as Arc<dyn Front>).collect();
    let engine = Engine::new(store.clone(), bank, desk, clock, fronts, settings);
    let (stop, stopped) = watch::channel(false);
    let kept = platforms.iter().zip(&expected).zip(connected);
    let kept = kept.map(|((platform, front), first)| platform.keep(first, front, &shared, stopped.clone()));
    let all = join_all(kept);
    tokio::pin!(all);
    let code = tokio::select! {
        codes = &mut all => codes.into_iter().max().unwrap_or(OK),
        _ = interrupted() => {
            // Who has ended already needs no word.
            let _ = stop.send(true);
            (&mut all).await.into_iter().max().unwrap_or(OK)
        }
        stopped = engine.run(inbox) => {
            if let Err(error) = stopped {
                complain(error);
            }
            FAILED
        }
    };
    // Not to have been alive a little longer than was noted is all that may be lost.
    let _ = engine.stop().await;
    drop(engine);
    store.close().await;
    Ok(code)
}

impl Platform {
    /// What its places begin with.
    fn name(&self) -> &'static str {
        match self {
            Self::Discord(_) => discord::PREFIX,
            Self::Slack(_) => slack::PREFIX,
        }
    }

    /// The same within [`START_WITHIN`].
    async fn connect_soon(&self, shared: &Shared) -> Result<Connected, Failure> {
        let connected = tokio::time::timeout(START_WITHIN, self.connect(shared)).await;
        connected.unwrap_or_else(|_| {
            let text = format!("{}: there was no answer; it is tried again", self.name());
            Err(Failure { text, is_final: false })
        })
    }

    /// Finds out whether it is there and takes the tokens.
    pub(super) async fn connect(&self, shared: &Shared) -> Result<Connected, Failure> {
        let Shared { inbox, clock, bank } = shared;
        let (inbox, clock) = (inbox.clone(), clock.clone());
        Ok(match self {
            Self::Discord(options) => {
                Connected::Discord(Discord::connect(options.clone(), inbox, clock, bank).await?)
            }
            Self::Slack(options) => {
                Connected::Slack(Slack::connect(options.clone(), inbox, clock, bank).await?)
            }
        })
    }

    /// Serves it until `stopped`, or until only somebody can mend it; gives the exit code.
    async fn keep(
        &self,
        first: Result<Connected, Failure>,
        front: &Expected,
        shared: &Shared,
        stopped: watch::Receiver<bool>,
    ) -> u8 {
        let mut tried = first;
        loop {
            let ended = match tried {
                Ok(connected) => connected.run(told(stopped.clone())).await,
                Err(failure) => Err(failure),
            };
            front.left();
            let Err(failure) = ended else { return OK };
            complain(&failure.text);
            if failure.is_final {
                return MISCONFIGURED;
            }
            tokio::select! {
                () = shared.clock.sleep_for(AGAIN_AFTER) => {}
                () = told(stopped.clone()) => return OK,
            }
            tried = self.connect(shared).await;
            if let Ok(connected) = &tried {
                front.arrived(connected.front());
                if shared.inbox.catch_up(self.name()).await.is_err() {
                    tracing::warn!(platform = self.name(), "what was missed could not be read");
                }
            }
        }
    }
}

impl Connected {
    fn front(&self) -> Arc<dyn Front> {
        match self {
            Self::Discord(discord) => discord.clone(),
            Self::Slack(slack) => slack.clone(),
        }
    }

    async fn run(self, until: impl Future<Output = ()>) -> Result<(), Failure> {
        match self {
            Self::Discord(discord) => discord.run(until).await?,
            Self::Slack(slack) => slack.run(until).await?,
        }
        Ok(())
    }

    /// What can be found out about it from a shell.
    pub(super) async fn inspect(&self) -> Result<Vec<Finding>, Failure> {
        Ok(match self {
            Self::Discord(discord) => {
                let mut found = discord.inspect().await?;
                found.insert(0, Finding::good("Discord: the token is good"));
                found
            }
            Self::Slack(slack) => slack.inspect().await?,
        })
    }
}

impl Failure {
    /// As doctor shows it.
    pub(super) fn finding(self) -> Finding {
        Finding::bad(self.text)
    }
}

impl From<discord::StartError> for Failure {
    fn from(error: discord::StartError) -> Self {
        Self { text: format!("Discord: {error}"), is_final: error.is_final() }
    }
}

impl From<slack::StartError> for Failure {
    fn from(error: slack::StartError) -> Self {
        Self { text: format!("Slack: {error}"), is_final: error.is_final() }
    }
}

/// Returns when the program is to end.
async fn told(mut stopped: watch::Receiver<bool>) {
    // Whoever could say so is gone, which says it too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
