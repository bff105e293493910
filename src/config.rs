//! The configuration: a file, and the few things that the environment says.
//!
//! Every key has a default; `config.example.toml` names them all. The only reader of the environment.

use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::core::interview::TRAPS_MAX;
use crate::core::reading::{self, Problem};
use crate::secret::Secret;

/// Hours after which an interview without any input ends: at the most a month.
const ABANDON_HOURS_MAX: u32 = 24 * 31;

/// Everything that an owner can set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Drills.
    pub drill: Drill,
    /// Questions.
    pub bank: BankConfig,
    /// Data.
    pub store: StoreConfig,
    /// The bot on Discord.
    pub discord: DiscordConfig,
    /// The bot on Slack.
    pub slack: SlackConfig,
}

/// Drills.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Drill {
    /// Follow-ups a question, 1 to 3.
    pub traps: u8,
    /// Hours without any input after which a drill ends, 1 to 744.
    pub abandon_after_hours: u32,
}

/// Questions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct BankConfig {
    /// A folder that adds or replaces tracks; none if empty.
    pub dir: PathBuf,
}

/// Data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// The database file; in the platform's data folder if empty.
    pub path: PathBuf,
}

/// The bot on Discord.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DiscordConfig {
    /// The bot's token; better in `RIPOSTE_DISCORD_TOKEN`, or in a file named in `RIPOSTE_DISCORD_TOKEN_FILE`.
    pub token: Secret,
    /// Whether plain messages in a drill's thread are read; the intent has to be granted.
    pub message_content: bool,
    /// Where Discord is, for tests; empty for Discord itself.
    pub api: String,
}

/// The bot on Slack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct SlackConfig {
    /// The app's token; better in `RIPOSTE_SLACK_APP_TOKEN`, or in a file named in `RIPOSTE_SLACK_APP_TOKEN_FILE`.
    pub app_token: Secret,
    /// The bot's token, or several, one a workspace, with a space between them; better in
    /// `RIPOSTE_SLACK_BOT_TOKEN`, or in a file named in `RIPOSTE_SLACK_BOT_TOKEN_FILE`.
    pub bot_token: Secret,
    /// Where Slack's Web API is, for tests; empty for Slack itself.
    pub api: String,
}

impl Default for Drill {
    fn default() -> Self {
        Self { traps: 1, abandon_after_hours: 24 }
    }
}

impl BankConfig {
    /// The folder, if one is named.
    pub fn folder(&self) -> Option<&Path> {
        (!self.dir.as_os_str().is_empty()).then_some(self.dir.as_path())
    }
}

impl Drill {
    /// How long an interview waits for input.
    pub fn abandon_after(&self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.abandon_after_hours))
    }
}

/// Reads a configuration. Every problem at once, each with its place and cure.
pub fn parse(path: &str, bytes: &[u8]) -> Result<Config, Vec<Problem>> {
    let mut problems = Vec::new();
    let Some(text) = reading::utf8(path, bytes, &mut problems) else { return Err(problems) };
    let mut parsed = reading::parse::<Config>(path, text);
    let Some((config, root)) = parsed.value else { return Err(parsed.notes.problems) };
    let mut range = |key: &str, value: u32, max: u32| {
        if !(1..=max).contains(&value) {
            let drill = root.get_ref().get("drill");
            let at = drill.and_then(|drill| drill.get_ref().get(key)).map_or(0, |value| value.span().start);
            parsed.notes.error(at, format!("`{key}` is {value}; choose 1 to {max}"));
        }
    };
    range("traps", config.drill.traps.into(), TRAPS_MAX.into());
    range("abandon_after_hours", config.drill.abandon_after_hours, ABANDON_HOURS_MAX);
    let mut problems = parsed.notes.problems;
    problems.sort_by_key(|problem| (problem.line, problem.column));
    if problems.is_empty() { Ok(config) } else { Err(problems) }
}

/// The platform's places for this program's files; `None` on a machine without a home.
pub fn folders() -> Option<directories::ProjectDirs> {
    directories::ProjectDirs::from("", "", "riposte")
}

/// The configuration file that is read where none is named.
pub fn default_path() -> Option<PathBuf> {
    folders().map(|folders| folders.config_dir().join("config.toml"))
}

/// The database where none is named.
pub fn default_database() -> Option<PathBuf> {
    folders().map(|folders| folders.data_dir().join("riposte.db"))
}

/// What is logged, from `RIPOSTE_LOG`, such as `info` or `riposte=debug`; warnings where it is not set.
#[expect(clippy::disallowed_methods, reason = "this is the one home of the environment")]
pub fn log_filter() -> String {
    std::env::var("RIPOSTE_LOG").unwrap_or_else(|_| "warn".to_owned())
}

/// The token of the bot on Discord; see [`token`]. `None` if there is none.
pub fn discord_token(config: &Config, file: Option<&Path>) -> Result<Option<Secret>, String> {
    token("RIPOSTE_DISCORD_TOKEN", &config.discord.token, file)
}

/// Where Discord is: from `RIPOSTE_DISCORD_API` or the configuration; `None` for Discord itself.
pub fn discord_api(config: &Config) -> Option<String> {
    address("RIPOSTE_DISCORD_API", &config.discord.api)
}

/// The token of the app on Slack, which opens the socket; see [`token`]. `None` if there is none.
pub fn slack_app_token(config: &Config, file: Option<&Path>) -> Result<Option<Secret>, String> {
    token("RIPOSTE_SLACK_APP_TOKEN", &config.slack.app_token, file)
}

/// The tokens of the bot on Slack, one a workspace, with white space between them; see [`token`].
pub fn slack_bot_tokens(config: &Config, file: Option<&Path>) -> Result<Vec<Secret>, String> {
    let tokens = token("RIPOSTE_SLACK_BOT_TOKEN", &config.slack.bot_token, file)?.unwrap_or_default();
    Ok(tokens.reveal().split_whitespace().map(Secret::new).collect())
}

/// Where Slack is: from `RIPOSTE_SLACK_API` or the configuration; `None` for Slack itself.
pub fn slack_api(config: &Config) -> Option<String> {
    address("RIPOSTE_SLACK_API", &config.slack.api)
}

/// A token: from the variable of this name, from the file named in the variable with `_FILE` behind it, or from
/// the configuration, in this order. Files that others can read are refused.
fn token(name: &str, configured: &Secret, file: Option<&Path>) -> Result<Option<Secret>, String> {
    if let Some(token) = variable(name) {
        return Ok(Some(Secret::new(&token)));
    }
    let naming = format!("{name}_FILE");
    if let Some(path) = variable(&naming) {
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {naming} {path}: {error}"))?;
        is_private(Path::new(&path))?;
        return Ok(Some(Secret::new(&text)).filter(|token| !token.is_empty()));
    }
    if configured.is_empty() {
        return Ok(None);
    }
    file.map_or(Ok(()), is_private)?;
    Ok(Some(Secret::new(configured.reveal())))
}

/// An address: from the variable of this name or from the configuration.
fn address(name: &str, configured: &str) -> Option<String> {
    let named = variable(name).unwrap_or_else(|| configured.to_owned());
    (!named.is_empty()).then_some(named)
}

/// What the environment says under a name; an empty value says nothing.
#[expect(clippy::disallowed_methods, reason = "this is the one home of the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

fn is_private(path: &Path) -> Result<(), String> {
    if is_open_to_others(path) {
        let path = path.display();
        return Err(format!("{path} holds a token and can be read by others; run `chmod 600 {path}`"));
    }
    Ok(())
}

fn is_open_to_others(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// The file to read: the one named, else the default one if it is there.
pub fn file_to_read(named: Option<&Path>) -> Option<PathBuf> {
    named.map(Path::to_owned).or_else(|| default_path().filter(|path| path.exists()))
}
