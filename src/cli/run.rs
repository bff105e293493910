//! `riposte run`: the bot on Discord, until it is stopped.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use tokio::sync::mpsc;

use super::talk::{database, interrupted};
use super::{FAILED, MISCONFIGURED, OK, complain, grader, read_bank};
use crate::chat::Inbox;
use crate::chat::discord::{self, Discord, Options, StartError};
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config};
use crate::core::bank::Bank;
use crate::core::grading::desk::Desk;
use crate::engine::{Engine, Settings};
use crate::store::Store;

/// Inputs that may wait for the engine: a minute of a busy server. Beyond it Discord's own queue waits.
const INBOX_MAX: usize = 1_024;

#[derive(Args, Debug)]
pub(super) struct Run {
    /// The database file.
    #[arg(long, value_name = "FILE")]
    pub(super) db: Option<PathBuf>,
}

pub(super) fn run(options: &Run, config: &Config, file: Option<&Path>) -> Result<u8, String> {
    let bank = Arc::new(read_bank(config.bank.folder())?);
    let database = database(options.db.as_deref(), config)?;
    let Some(discord) = discord_options(config, file)? else {
        complain(NO_TOKEN);
        return Ok(MISCONFIGURED);
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?;
    runtime.block_on(serve(config, bank, &database, discord))
}

/// What somebody without a token reads.
pub(super) const NO_TOKEN: &str = "there is no token for Discord; set RIPOSTE_DISCORD_TOKEN, or name a file with it \
in RIPOSTE_DISCORD_TOKEN_FILE (README, Add it to your server)";

/// How to reach Discord; `None` without a token.
pub(super) fn discord_options(config: &Config, file: Option<&Path>) -> Result<Option<Options>, String> {
    let token = config::discord_token(config, file)?;
    let calls = discord::calls().build().map_err(|error| format!("cannot start: {error}"))?;
    Ok(token.map(|token| Options {
        token,
        api: config::discord_api(config),
        message_content: config.discord.message_content,
        calls,
    }))
}

/// Bank, configuration, grader and database were fit for use before Discord hears of us.
async fn serve(config: &Config, bank: Arc<Bank>, database: &Path, options: Options) -> Result<u8, String> {
    let (grader, vectors) = grader::open(&bank)?;
    grader::warm(bank.clone(), vectors);
    let desk = Desk::new(Box::new(grader));
    let store = Store::open(database).await.map_err(|error| error.to_string())?;
    tracing::info!(database = %database.display(), "the database is open");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (sender, inbox) = mpsc::channel(INBOX_MAX);
    let discord = match Discord::connect(options, Inbox(sender), clock.clone(), &bank).await {
        Ok(discord) => discord,
        Err(error) => return Ok(ended(&error)),
    };
    let settings =
        Settings { traps: config.drill.traps, abandon_after: config.drill.abandon_after(), shared: true };
    let engine = Engine::new(store.clone(), bank, desk, clock, vec![discord.clone()], settings);
    let stopped = async {
        interrupted().await;
    };
    let code = tokio::select! {
        ended_by = discord.run(stopped) => match ended_by {
            Ok(()) => OK,
            Err(error) => ended(&error),
        },
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

/// Says why it ended, and with which code.
fn ended(error: &StartError) -> u8 {
    complain(error);
    if error.is_final() { MISCONFIGURED } else { FAILED }
}
