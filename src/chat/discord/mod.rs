//! Discord: translates its events and draws cards, and leaves the rest to the engine.
//!
//! The pure halves are `intake` (event → meaning), `draw` and `text` (card → messages), `place`
//! (what is written into ids), `trouble` (error → what it means) and `commands`. `post` delivers, `talk`
//! answers interactions and messages, `round` and `daily` do both for what is everybody's, `gateway` keeps the
//! connection, `setup` finds what is missing. Every call that says something goes through this file.

mod commands;
mod daily;
mod draw;
mod gateway;
mod intake;
mod memory;
mod mine;
mod place;
mod post;
mod round;
mod setup;
mod talk;
mod text;
mod trouble;
mod wire;

pub use place::PREFIX;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serenity::builder::CreateAttachment;
use serenity::http::{Http, HttpBuilder, LightMethod, Multipart, MultipartUpload, Request, Route};
use serenity::model::gateway::GatewayIntents;
use serenity::model::id::{ApplicationId, ChannelId, InteractionId, MessageId, UserId};
use tokio::sync::Notify;

use crate::chat::Inbox;
use crate::clock::Clock;
use crate::core::bank::Bank;
use crate::core::recall::Recall;
use crate::secret::Secret;
use commands::Choices;
use intake::Read;
use memory::Memory;
use trouble::Trouble;
use wire::{Message, Response};

/// A call takes this long at the most: longer than Discord ever needs, and an end to a connection that died.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Messages read at once; Discord's limit.
const READ_MAX: usize = 100;
/// A difference between our clock and Discord's below this may be a delay: no session resumes after as long.
const SKEW_MIN: SignedDuration = SignedDuration::from_hours(6);
/// Below this share of a day's identifications, in percent, none is spent: when they run out, Discord takes
/// the token away.
const BUDGET_PERCENT_MIN: u64 = 5;

/// What an owner can set.
#[derive(Clone, Debug)]
pub struct Options {
    /// The bot's token.
    pub token: Secret,
    /// Where Discord is, if not at discord.com: for tests. The library's own rate limiter is off then.
    pub api: Option<String>,
    /// Whether plain messages in threads are read; the intent has to be granted.
    pub message_content: bool,
    /// What calls Discord, made from [`calls`].
    pub calls: reqwest::Client,
}

/// What calls Discord, still to be built.
pub fn calls() -> reqwest::ClientBuilder {
    reqwest::Client::builder().timeout(CALL_TIMEOUT)
}

/// Why there is no connection to Discord. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No answer, or an odd one.
    #[error("Discord cannot be reached: {0}; check the network and https://discordstatus.com")]
    Unreachable(String),
    /// 401, or close code 4004.
    #[error(
        "Discord refuses the token; copy it anew from Bot, Reset Token, at https://discord.com/developers/applications"
    )]
    BadToken,
    /// Close code 4014.
    #[error(
        "the message-content intent is not granted; switch it on under Bot, Privileged Gateway Intents, at \
         https://discord.com/developers/applications, or set `message_content = false` under [discord]"
    )]
    IntentRefused,
    /// Too many identifications.
    #[error(
        "only {remaining} of {total} connections of this day are left, and without any Discord takes the token \
         away; find out why there were so many, and start again in {minutes} minutes"
    )]
    BudgetSpent {
        /// Connections left.
        remaining: u64,
        /// Connections a day.
        total: u64,
        /// Until there are all of them again.
        minutes: u64,
    },
    /// The connection ended for another reason.
    #[error("the connection to Discord ended: {0}")]
    Ended(String),
}

impl StartError {
    /// Whether starting again, without somebody changing something, only does harm.
    pub fn is_final(&self) -> bool {
        match self {
            Self::BadToken | Self::IntentRefused | Self::BudgetSpent { .. } => true,
            Self::Unreachable(_) | Self::Ended(_) => false,
        }
    }
}

/// Discord, as the engine and the gateway see it.
pub struct Discord {
    http: Http,
    inbox: Inbox,
    clock: Arc<dyn Clock>,
    choices: Choices,
    recall: Recall,
    options: Options,
    me: UserId,
    application: ApplicationId,
    memory: Mutex<Memory>,
    /// Whether all connections were there when it was looked last.
    listens: AtomicBool,
    /// Our clock minus Discord's, where that is more than a delay could explain.
    skew: OnceLock<SignedDuration>,
    /// Connections that Discord wants for as many servers.
    shards: u32,
    /// Rung when it is known what became of something that somebody did.
    settled: Notify,
}

impl Discord {
    /// Finds out whether Discord is there and takes the token. No connection is made yet.
    pub async fn connect(
        options: Options,
        inbox: Inbox,
        clock: Arc<dyn Clock>,
        bank: &Bank,
    ) -> Result<Arc<Self>, StartError> {
        let http = options.http();
        // The library goes on with the real gateway if this fails, whatever address was named.
        http.get_gateway().await.map_err(|error| start_error(&error))?;
        let me = http.get_current_user().await.map_err(|error| start_error(&error))?;
        let application = http.get_current_application_info().await.map_err(|error| start_error(&error))?;
        http.set_application_id(application.id);
        let mut discord = Self {
            http,
            inbox,
            clock,
            choices: Choices::of(bank),
            recall: Recall::of(bank),
            options,
            me: me.id,
            application: application.id,
            memory: Mutex::default(),
            listens: AtomicBool::new(false),
            skew: OnceLock::new(),
            shards: 1,
            settled: Notify::new(),
        };
        discord.shards = discord.check_budget().await?;
        Ok(Arc::new(discord))
    }

    /// Refuses to identify where few identifications are left; otherwise says how many connections Discord
    /// wants.
    async fn check_budget(&self) -> Result<u32, StartError> {
        let gateway = self.http.get_bot_gateway().await.map_err(|error| start_error(&error))?;
        let limit = gateway.session_start_limit;
        if limit.remaining * 100 < limit.total * BUDGET_PERCENT_MIN {
            let minutes = limit.reset_after / 60_000 + 1;
            return Err(StartError::BudgetSpent { remaining: limit.remaining, total: limit.total, minutes });
        }
        Ok(gateway.shards.max(1))
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When something was done that was heard of at once, by Discord's time. Where our clock is far off, moved
    /// by the difference: deadlines are kept by our clock, and would otherwise all be over or never come.
    fn fresh(&self, id: u64) -> Timestamp {
        let at = intake::time(id);
        self.skew.get_or_init(|| {
            let skew = self.clock.now().duration_since(at);
            if skew.abs() < SKEW_MIN { SignedDuration::ZERO } else { skew }
        });
        self.past(id)
    }

    /// When something was done some time ago.
    fn past(&self, id: u64) -> Timestamp {
        let skew = self.skew.get().copied().unwrap_or_default();
        intake::time(id).saturating_add(skew).unwrap_or(Timestamp::MAX)
    }

    /// Posts a message in a channel.
    async fn send(&self, channel: ChannelId, message: &Message) -> Result<MessageId, Trouble> {
        self.say(LightMethod::Post, Route::ChannelMessages { channel_id: channel }, message).await
    }

    /// Posts a message with a file.
    async fn send_with(
        &self,
        channel: ChannelId,
        message: &Message,
        file: CreateAttachment,
    ) -> Result<MessageId, Trouble> {
        let body = serde_json::to_string(message).map_err(|error| Trouble::Refused(error.to_string()))?;
        let upload = MultipartUpload::Attachments(vec![file]);
        let multipart = Multipart { upload, fields: Vec::new(), payload_json: Some(body) };
        let route = Route::ChannelMessages { channel_id: channel };
        id_in(&self.ask(Request::new(route, LightMethod::Post).multipart(Some(multipart))).await?)
    }

    /// Changes the frame and the buttons of a message of ours.
    async fn edit(&self, channel: ChannelId, id: MessageId, message: &Message) -> Result<MessageId, Trouble> {
        let route = Route::ChannelMessage { channel_id: channel, message_id: id };
        self.say(LightMethod::Patch, route, &message.as_edit_of_frame()).await
    }

    /// Says something more about an interaction that was answered.
    async fn follow_up(&self, token: &str, message: &Message) -> Result<MessageId, Trouble> {
        let route = Route::WebhookFollowupMessages { application_id: self.application, token };
        self.say(LightMethod::Post, route, message).await
    }

    /// The same, with a file.
    async fn follow_up_with(
        &self,
        token: &str,
        message: &Message,
        file: CreateAttachment,
    ) -> Result<(), Trouble> {
        #[expect(clippy::disallowed_methods, reason = "one of the calls that say something")]
        let sent = self.http.create_followup_message(token, message, vec![file]).await;
        match sent {
            // It stands there, whatever else the library expects of the answer.
            Ok(_) | Err(serenity::Error::Json(_)) => Ok(()),
            Err(error) => Err(trouble::of(&error)),
        }
    }

    /// The first answer to an interaction.
    async fn respond(&self, id: InteractionId, token: &str, response: &Response) -> Result<(), Trouble> {
        let route = Route::InteractionResponse { interaction_id: id, token };
        self.call(LightMethod::Post, route, Some(response)).await.map(drop)
    }

    /// Changes the first answer to an interaction.
    async fn amend(&self, token: &str, message: &Message) -> Result<MessageId, Trouble> {
        let route = Route::WebhookOriginalInteractionResponse { application_id: self.application, token };
        self.say(LightMethod::Patch, route, &message.as_edit()).await
    }

    /// The message that the first answer to an interaction is.
    async fn answer_to(&self, token: &str) -> Result<MessageId, Trouble> {
        let route = Route::WebhookOriginalInteractionResponse { application_id: self.application, token };
        let answer = self.call(LightMethod::Get, route, None::<&()>).await?;
        id_in(&answer)
    }

    async fn say(
        &self,
        method: LightMethod,
        route: Route<'_>,
        message: &Message,
    ) -> Result<MessageId, Trouble> {
        let answer = self.call(method, route, Some(message)).await?;
        id_in(&answer)
    }

    /// Calls Discord and gives the answer as it came. Of a message only the id is read: one that the library
    /// cannot read in full stands in its channel all the same.
    async fn call(
        &self,
        method: LightMethod,
        route: Route<'_>,
        body: Option<&(impl serde::Serialize + Sync)>,
    ) -> Result<Vec<u8>, Trouble> {
        let body = body.map(serde_json::to_vec).transpose();
        let body = body.map_err(|error| Trouble::Refused(error.to_string()))?;
        self.ask(Request::new(route, method).body(body)).await
    }

    async fn ask(&self, request: Request<'_>) -> Result<Vec<u8>, Trouble> {
        #[expect(clippy::disallowed_methods, reason = "one of the calls that say something")]
        let answer = self.http.request(request).await.map_err(|error| trouble::of(&error))?;
        answer.bytes().await.map(Into::into).map_err(|_| Trouble::Unknown)
    }

    /// Messages of a channel: those after one, oldest of them first, or the newest.
    async fn read(&self, channel: ChannelId, after: Option<MessageId>) -> Result<Vec<Read>, Trouble> {
        let mut params = vec![("limit", READ_MAX.to_string())];
        params.extend(after.map(|after| ("after", after.to_string())));
        let route = Route::ChannelMessages { channel_id: channel };
        let answer = self.ask(Request::new(route, LightMethod::Get).params(Some(params))).await?;
        let values: Vec<serde_json::Value> = serde_json::from_slice(&answer).map_err(|_| Trouble::Unknown)?;
        let mut messages: Vec<Read> = values.into_iter().filter_map(intake::read).collect();
        messages.sort_by_key(|read| read.message.id);
        Ok(messages)
    }
}

fn id_in(answer: &[u8]) -> Result<MessageId, Trouble> {
    #[derive(serde::Deserialize)]
    struct Sent {
        id: MessageId,
    }
    serde_json::from_slice(answer).map(|sent: Sent| sent.id).map_err(|_| Trouble::Unknown)
}

impl Options {
    fn http(&self) -> Http {
        let builder = HttpBuilder::new(self.token.reveal()).client(self.calls.clone());
        match &self.api {
            // The library ignores the address while its rate limiter is on.
            Some(api) => builder.proxy(api).ratelimiter_disabled(true).build(),
            None => builder.build(),
        }
    }

    fn intents(&self) -> GatewayIntents {
        let always =
            GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES | GatewayIntents::DIRECT_MESSAGES;
        if self.message_content { always | GatewayIntents::MESSAGE_CONTENT } else { always }
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library has many errors, most of which are alike to us"
)]
fn start_error(error: &serenity::Error) -> StartError {
    use serenity::http::HttpError;
    match error {
        serenity::Error::Http(HttpError::UnsuccessfulRequest(answer))
            if answer.status_code.as_u16() == 401 =>
        {
            StartError::BadToken
        }
        serenity::Error::Http(HttpError::UnsuccessfulRequest(answer)) => {
            StartError::Unreachable(format!("it answered {}", answer.status_code))
        }
        _ => StartError::Unreachable("there was no answer".to_owned()),
    }
}
