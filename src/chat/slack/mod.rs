//! Slack over Socket Mode: translates its events and draws cards, and leaves the rest to the engine.
//!
//! The pure halves are `intake` (event → meaning), `command` (what stands after `/riposte`), `text` (Slack's
//! text → words), `draw` and `home` (card → blocks), `place` (what names hold), `trouble` (error → what it
//! means) and `memory`. `post` delivers, `talk`, `round`, `daily` and `follow_up` answer people, `socket` keeps the
//! connection, `setup` finds what is missing. Every call to Slack goes through this file.
//!
//! A callback commits and returns, which acknowledges the event; whatever is said because of it is said by a
//! task of its own or by the courier.

mod command;
mod daily;
mod draw;
mod follow_up;
mod home;
mod intake;
mod memory;
mod place;
mod post;
mod round;
mod setup;
mod socket;
mod talk;
mod text;
mod trouble;
mod wire;

pub use place::PREFIX;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper_rustls::HttpsConnectorBuilder;
use serde::Serialize;
use serde_json::{Value, json};
use slack_morphism::hyper_tokio::{SlackClientHyperConnector, SlackHyperClient};
use slack_morphism::{SlackApiToken, SlackApiTokenValue, SlackClient, SlackResponseUrl};
use tokio::sync::Semaphore;

use crate::chat::Inbox;
use crate::clock::Clock;
use crate::core::bank::Bank;
use crate::core::recall::Recall;
use crate::secret::Secret;
use memory::Memory;
use trouble::Trouble;
use wire::{Message, Reply, Spot, View};

/// A call takes this long at the most: longer than Slack ever needs, and an end to a connection that died.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Messages of a page: what Slack recommends at the most.
const READ_MAX: usize = 100;
/// Pages read at the most: an hour of a busy channel. What is behind them is not known.
const READS_MAX: usize = 5;
/// Things said beside the cards at the same time at the most; who presses beyond it presses again.
const TASKS_MAX: usize = 256;

/// What an owner can set.
#[derive(Clone, Debug)]
pub struct Options {
    /// The token of the app, `xapp-…`, which opens the socket.
    pub app_token: Secret,
    /// The token of the bot in each workspace, `xoxb-…`.
    pub bot_tokens: Vec<Secret>,
    /// Where Slack's Web API is, if not at slack.com: for tests.
    pub api: Option<String>,
}

/// Why there is no connection to Slack. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No answer, or an odd one.
    #[error("Slack cannot be reached: {0}; check the network and https://slack-status.com")]
    Unreachable(String),
    /// The bot's token.
    #[error("Slack refuses a bot token; copy it anew from OAuth & Permissions at https://api.slack.com/apps")]
    BadBotToken,
    /// The app's token.
    #[error(
        "Slack refuses the app token; make one with the scope connections:write under Basic Information, App-Level \
         Tokens, at https://api.slack.com/apps"
    )]
    BadAppToken,
    /// Events do not come over a socket.
    #[error("Socket Mode is off; switch it on under Socket Mode at https://api.slack.com/apps")]
    NoSocketMode,
}

impl StartError {
    /// Whether starting again, without somebody changing something, only does harm.
    pub fn is_final(&self) -> bool {
        match self {
            Self::BadBotToken | Self::BadAppToken | Self::NoSocketMode => true,
            Self::Unreachable(_) => false,
        }
    }
}

/// A workspace that has the app.
struct Workspace {
    name: String,
    token: SlackApiToken,
    /// The app's own user there.
    me: String,
    /// Where people see it, ending with a slash; empty if Slack did not say.
    url: String,
}

/// Slack, as the engine and the socket see it.
pub struct Slack {
    client: Arc<SlackHyperClient>,
    app_token: SlackApiToken,
    workspaces: BTreeMap<String, Workspace>,
    /// Bot tokens that Slack refuses.
    refused: usize,
    inbox: Inbox,
    clock: Arc<dyn Clock>,
    tracks: BTreeSet<String>,
    recall: Recall,
    memory: Mutex<Memory>,
    tasks: Arc<Semaphore>,
    /// Whether a socket is open.
    listens: AtomicBool,
}

impl Slack {
    /// Finds out whether Slack is there and takes the tokens. No socket is opened yet.
    pub async fn connect(
        options: Options,
        inbox: Inbox,
        clock: Arc<dyn Clock>,
        bank: &Bank,
    ) -> Result<Arc<Self>, StartError> {
        let mut slack = Self {
            client: Arc::new(client(options.api.as_deref())?),
            app_token: token(&options.app_token),
            workspaces: BTreeMap::new(),
            refused: 0,
            inbox,
            clock,
            tracks: command::tracks(bank),
            recall: Recall::of(bank),
            memory: Mutex::default(),
            tasks: Arc::new(Semaphore::new(TASKS_MAX)),
            listens: AtomicBool::new(false),
        };
        for bot_token in &options.bot_tokens {
            let token = token(bot_token);
            let told = match slack.get(&token, "auth.test", &[]).await {
                Ok(told) => told,
                Err(trouble) => {
                    let error = start_error(trouble, StartError::BadBotToken);
                    if !matches!(error, StartError::BadBotToken) {
                        return Err(error);
                    }
                    // One workspace that threw the app out is nothing to the others.
                    slack.refused += 1;
                    continue;
                }
            };
            let (Some(team), Some(me)) = (told["team_id"].as_str(), told["user_id"].as_str()) else {
                return Err(StartError::Unreachable("it did not say who we are".to_owned()));
            };
            let name = told["team"].as_str().unwrap_or(team).to_owned();
            let url = told["url"].as_str().unwrap_or_default().to_owned();
            slack.workspaces.insert(team.to_owned(), Workspace { name, token, me: me.to_owned(), url });
        }
        if slack.workspaces.is_empty() {
            return Err(StartError::BadBotToken);
        }
        if slack.refused > 0 {
            tracing::error!(
                tokens = slack.refused,
                "Slack refuses bot tokens; the other workspaces are served"
            );
        }
        slack.check_socket().await?;
        Ok(Arc::new(slack))
    }

    /// Whether a socket could be opened.
    async fn check_socket(&self) -> Result<(), StartError> {
        match self.call(&self.app_token, "apps.connections.open", &json!({})).await {
            Ok(_) => Ok(()),
            Err(Trouble::Refused(reason)) if reason.ends_with("socket_mode_not_enabled") => {
                Err(StartError::NoSocketMode)
            }
            Err(trouble) => Err(start_error(trouble, StartError::BadAppToken)),
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The app's own user in a workspace.
    fn me(&self, team: &str) -> Option<String> {
        self.workspaces.get(team).map(|workspace| workspace.me.clone())
    }

    /// Says something beside what the engine says, without keeping anybody waiting.
    fn beside(&self, work: impl Future<Output = ()> + Send + 'static) {
        let Ok(seat) = self.tasks.clone().try_acquire_owned() else {
            return tracing::warn!("too much is being said at once, so something was left out");
        };
        tokio::spawn(async move {
            work.await;
            drop(seat);
        });
    }

    /// Posts a message for everybody in a place; its channel and time.
    async fn say(&self, team: &str, spot: &Spot, message: &Message) -> Result<(String, String), Trouble> {
        let answer = self.call_in(team, "chat.postMessage", &message.public(spot)).await?;
        let told = |key: &str| answer[key].as_str().map(str::to_owned);
        told("channel").zip(told("ts")).ok_or(Trouble::Unknown)
    }

    /// Has a message of ours say something else.
    async fn amend(&self, team: &str, channel: &str, ts: &str, message: &Message) -> Result<(), Trouble> {
        self.call_in(team, "chat.update", &message.instead_of(channel, ts)).await.map(drop)
    }

    /// Pins a message to its channel.
    async fn pin(&self, team: &str, channel: &str, ts: &str) -> Result<(), Trouble> {
        match self.call_in(team, "pins.add", &json!({"channel": channel, "timestamp": ts})).await {
            Err(Trouble::Refused(reason)) if reason.ends_with("already_pinned") => Ok(()),
            pinned => pinned.map(drop),
        }
    }

    /// What Slack says about somebody.
    async fn about(&self, team: &str, user: &str) -> Result<Value, Trouble> {
        let mut answer = self.get(self.token_of(team)?, "users.info", &[("user", user)]).await?;
        Ok(answer["user"].take())
    }

    /// The address of a message; `None` if it is not known where the workspace is.
    fn link_to(&self, team: &str, channel: &str, ts: &str) -> Option<String> {
        let url = &self.workspaces.get(team)?.url;
        (!url.is_empty()).then(|| format!("{url}archives/{channel}/p{}", ts.replace('.', "")))
    }

    /// Shows a message to one person alone; its time.
    async fn say_alone(
        &self,
        team: &str,
        channel: &str,
        thread: Option<&str>,
        user: &str,
        message: &Message,
    ) -> Result<String, Trouble> {
        let message = message.private(channel, thread, user);
        let answer = self.call_in(team, "chat.postEphemeral", &message).await?;
        answer["message_ts"].as_str().map(str::to_owned).ok_or(Trouble::Unknown)
    }

    /// Answers something that a person did, for them alone.
    async fn answer(&self, team: &str, url: &SlackResponseUrl, reply: &Reply) -> Result<(), Trouble> {
        // The address is what lets us in, so that it works in a workspace without a token too.
        let session = self.client.open_session(self.token_of(team).unwrap_or(&self.app_token));
        #[expect(clippy::disallowed_methods, reason = "one of the calls to Slack")]
        let answer = session.http_session_api.http_post_uri::<_, Value>(url.0.clone(), reply, None);
        in_time(answer).await.map(drop)
    }

    /// Opens a form.
    async fn open_form(&self, team: &str, trigger: &str, view: &View) -> Result<(), Trouble> {
        self.call_in(team, "views.open", &json!({"trigger_id": trigger, "view": view})).await.map(drop)
    }

    /// Shows somebody's page of the app.
    async fn publish(&self, team: &str, user: &str, view: &View) -> Result<(), Trouble> {
        self.call_in(team, "views.publish", &json!({"user_id": user, "view": view})).await.map(drop)
    }

    /// The conversation between a person and the app.
    async fn direct_channel(&self, team: &str, user: &str) -> Result<String, Trouble> {
        let person = place::person(team, user);
        if let Some(channel) = self.memory().direct(&person) {
            return Ok(channel);
        }
        let answer = self.call_in(team, "conversations.open", &json!({"users": user})).await?;
        let channel = answer["channel"]["id"].as_str().ok_or(Trouble::Unknown)?.to_owned();
        self.memory().found_direct(person, channel.clone());
        Ok(channel)
    }

    /// Messages of a channel or a thread, oldest first: all of them, or those after one.
    async fn read(
        &self,
        team: &str,
        channel: &str,
        thread: Option<&str>,
        after: Option<&str>,
    ) -> Result<Vec<Value>, Trouble> {
        let mut messages = Vec::new();
        let mut cursor = None;
        for _ in 0..READS_MAX {
            let page = self.read_page(team, channel, thread, after, cursor.as_deref()).await?;
            messages.extend(page.0);
            cursor = page.1;
            if cursor.is_none() {
                messages.sort_by(|a, b| a["ts"].as_str().cmp(&b["ts"].as_str()));
                return Ok(messages);
            }
        }
        Err(Trouble::Unknown)
    }

    /// A page of them, and what leads to the next one.
    async fn read_page(
        &self,
        team: &str,
        channel: &str,
        thread: Option<&str>,
        after: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<(Vec<Value>, Option<String>), Trouble> {
        let limit = READ_MAX.to_string();
        let mut params = vec![("channel", channel), ("include_all_metadata", "true"), ("limit", &limit)];
        params.extend(thread.map(|ts| ("ts", ts)));
        params.extend(after.map(|ts| ("oldest", ts)));
        params.extend(cursor.map(|cursor| ("cursor", cursor)));
        let method = if thread.is_some() { "conversations.replies" } else { "conversations.history" };
        let mut answer = self.get(self.token_of(team)?, method, &params).await?;
        let Value::Array(messages) = answer["messages"].take() else { return Err(Trouble::Unknown) };
        let next = answer["response_metadata"]["next_cursor"].as_str().filter(|next| !next.is_empty());
        Ok((messages, next.map(str::to_owned)))
    }

    /// Sends a file to a conversation.
    async fn upload(
        &self,
        team: &str,
        channel: &str,
        name: &str,
        file: &[u8],
        comment: &str,
    ) -> Result<(), Trouble> {
        let id = self.send_file(team, name, "application/json", file).await?;
        let done =
            json!({"files": [{"id": id, "title": name}], "channel_id": channel, "initial_comment": comment});
        self.call_in(team, "files.completeUploadExternal", &done).await.map(drop)
    }

    /// Sends a picture that stands nowhere yet; its id, for a block.
    async fn upload_picture(&self, team: &str, name: &str, png: &[u8]) -> Result<String, Trouble> {
        let id = self.send_file(team, name, "image/png", png).await?;
        let done = json!({"files": [{"id": id, "title": name}]});
        self.call_in(team, "files.completeUploadExternal", &done).await.map(|_| id)
    }

    /// Sends the bytes of a file, of which Slack is still to be told what they are for; its id.
    async fn send_file(&self, team: &str, name: &str, kind: &str, file: &[u8]) -> Result<String, Trouble> {
        let token = self.token_of(team)?;
        let length = file.len().to_string();
        let params = [("filename", name), ("length", length.as_str())];
        let at = self.get(token, "files.getUploadURLExternal", &params).await?;
        let (Ok(url), Some(id)) =
            (serde_json::from_value::<SlackResponseUrl>(at["upload_url"].clone()), at["file_id"].as_str())
        else {
            return Err(Trouble::Unknown);
        };
        let session = self.client.open_session(token);
        #[expect(clippy::disallowed_methods, reason = "one of the calls to Slack")]
        let sent = session.http_session_api.http_post_uri_binary::<Value>(url.0, kind.to_owned(), file, None);
        in_time(sent).await?;
        Ok(id.to_owned())
    }

    fn token_of(&self, team: &str) -> Result<&SlackApiToken, Trouble> {
        self.workspaces.get(team).map(|workspace| &workspace.token).ok_or(Trouble::NoToken)
    }

    async fn call_in(
        &self,
        team: &str,
        method: &str,
        body: &(impl Serialize + Send + Sync),
    ) -> Result<Value, Trouble> {
        self.call(self.token_of(team)?, method, body).await
    }

    /// Calls Slack and gives the answer as it came: a message of which more cannot be read stands in its channel
    /// all the same.
    async fn call(
        &self,
        token: &SlackApiToken,
        method: &str,
        body: &(impl Serialize + Send + Sync),
    ) -> Result<Value, Trouble> {
        let session = self.client.open_session(token);
        #[expect(clippy::disallowed_methods, reason = "one of the calls to Slack")]
        let answer = session.http_session_api.http_post::<_, Value>(method, body, None);
        in_time(answer).await
    }

    /// Asks Slack for something.
    async fn get(
        &self,
        token: &SlackApiToken,
        method: &str,
        params: &[(&str, &str)],
    ) -> Result<Value, Trouble> {
        let session = self.client.open_session(token);
        let params: Vec<(&str, Option<&str>)> =
            params.iter().map(|(key, value)| (*key, Some(*value))).collect();
        in_time(session.http_session_api.http_get::<Value, _, _>(method, &params, None)).await
    }
}

async fn in_time<T>(
    call: impl Future<Output = Result<T, slack_morphism::errors::SlackClientError>>,
) -> Result<T, Trouble> {
    match tokio::time::timeout(CALL_TIMEOUT, call).await {
        Ok(answer) => answer.map_err(|error| trouble::of(&error)),
        Err(_) => Err(Trouble::Unknown),
    }
}

/// The library's own connector takes `https` alone; tests talk to a loopback without it.
fn client(api: Option<&str>) -> Result<SlackHyperClient, StartError> {
    let roots = HttpsConnectorBuilder::new().with_native_roots();
    let roots =
        roots.map_err(|error| StartError::Unreachable(format!("no certificates are installed: {error}")))?;
    let connector = match api {
        Some(_) => roots.https_or_http().enable_all_versions().build(),
        None => roots.https_only().enable_all_versions().build(),
    };
    let connector = SlackClientHyperConnector::with_connector(connector);
    Ok(SlackClient::new(match api {
        Some(api) => connector.with_slack_api_url(api),
        None => connector,
    }))
}

fn token(secret: &Secret) -> SlackApiToken {
    SlackApiToken::new(SlackApiTokenValue(secret.reveal().to_owned()))
}

/// What a failure of a first call means: a refusal is about the token.
fn start_error(trouble: Trouble, refused: StartError) -> StartError {
    match trouble {
        Trouble::NoToken | Trouble::NoScope(_) | Trouble::Blocked(_) | Trouble::Expired => refused,
        Trouble::Later(after) => {
            StartError::Unreachable(format!("it wants to be left alone for {} s", after.as_secs()))
        }
        Trouble::Unknown => StartError::Unreachable("there was no answer".to_owned()),
        Trouble::Refused(reason) => StartError::Unreachable(reason),
    }
}
