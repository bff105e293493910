//! The connection: events come in here, and it is watched.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use serenity::all::{ConnectionStage, ShardManager};
use serenity::client::{ClientBuilder, Context, EventHandler, RawEventHandler};
use serenity::gateway::GatewayError;
use serenity::model::application::Interaction;
use serenity::model::channel::{GuildChannel, Message, PartialGuildChannel};
use serenity::model::event::Event;
use serenity::model::gateway::Ready;
use serenity::model::guild::UnavailableGuild;
use tokio::sync::mpsc;

use super::{Discord, StartError, commands, intake, place, start_error};
use crate::chat::{self, Front};

/// Between two looks at the connections.
const WATCH_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// A connection that is down in so many looks in a row is begun anew: longer than the library needs itself.
const LOOKS_DOWN_MAX: u32 = 3;
/// Between two warnings about events that could not be read, in events.
const UNKNOWN_WARN_EVERY: u64 = 100;
/// Registering commands is tried this often; they stay as they were otherwise.
const REGISTER_TRIES: u32 = 3;
const REGISTER_AGAIN_AFTER: Duration = Duration::from_secs(10);

impl Discord {
    /// Keeps the connection until `until` is over, or until it ends for good.
    pub async fn run(self: Arc<Self>, until: impl Future<Output = ()>) -> Result<(), StartError> {
        let (stop, mut stopped) = mpsc::channel(1);
        let handler = Arc::new(Handler {
            discord: self.clone(),
            was_ready: AtomicBool::new(false),
            unknown: AtomicU64::new(0),
            stop,
        });
        let http = self.options.http();
        http.set_application_id(self.application);
        let client = ClientBuilder::new_with_http(http, self.options.intents())
            .event_handler_arc(handler.clone())
            .raw_event_handler(Counting(handler));
        let mut client = client.await.map_err(|error| start_error(&error))?;
        let shards = client.shard_manager.clone();
        let ended = tokio::select! {
            ended = client.start_autosharded() => ended.map_err(|error| ending(&error)),
            Some(error) = stopped.recv() => Err(error),
            () = self.watch(&shards) => Ok(()),
            () = until => Ok(()),
        };
        shards.shutdown_all().await;
        ended
    }

    /// A shard whose resumption failed without a word would stay silent for ever.
    async fn watch(&self, shards: &ShardManager) {
        let mut looks_down = std::collections::BTreeMap::new();
        loop {
            let next = self.clock.now().saturating_add(WATCH_EVERY);
            self.clock.sleep_until(next.unwrap_or(jiff::Timestamp::MAX)).await;
            let mut down = Vec::new();
            for (id, runner) in shards.runners.lock().await.iter() {
                let looks: &mut u32 = looks_down.entry(id.0).or_default();
                *looks = if runner.stage == ConnectionStage::Connected { 0 } else { *looks + 1 };
                if *looks >= LOOKS_DOWN_MAX {
                    *looks = 0;
                    down.push(*id);
                }
            }
            for id in down {
                tracing::warn!(shard = id.0, "a connection stayed down and is begun anew");
                shards.restart(id).await;
            }
        }
    }

    /// Registers the commands if they are not as they should be.
    async fn register_commands(&self) {
        for _ in 0..REGISTER_TRIES {
            match self.try_register().await {
                Ok(()) => return,
                Err(error) => tracing::warn!(%error, "the commands could not be registered"),
            }
            let next = self.clock.now().saturating_add(REGISTER_AGAIN_AFTER);
            self.clock.sleep_until(next.unwrap_or(jiff::Timestamp::MAX)).await;
        }
    }

    async fn try_register(&self) -> Result<(), serenity::Error> {
        let wanted = commands::all();
        let registered = self.http.get_global_commands_with_localizations().await?;
        if !commands::are_registered(&wanted, &serde_json::to_value(registered)?) {
            self.http.create_global_commands(&wanted).await?;
            tracing::info!("the commands were registered");
        }
        Ok(())
    }

    async fn place_gone(&self, place: String) {
        if self.inbox.gone(chat::Place(place)).await.is_err() {
            tracing::warn!("a place is gone, and its drills could not be closed");
        }
    }
}

struct Handler {
    discord: Arc<Discord>,
    was_ready: AtomicBool,
    unknown: AtomicU64,
    stop: mpsc::Sender<StartError>,
}

impl Handler {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the library may learn of others, which mean nothing here"
    )]
    async fn interaction(&self, interaction: Interaction) {
        match interaction {
            Interaction::Command(event) => self.discord.on_command(&event).await,
            Interaction::Autocomplete(event) => self.discord.on_autocomplete(&event).await,
            Interaction::Component(event) => self.discord.on_component(&event).await,
            Interaction::Modal(event) => self.discord.on_form(&event).await,
            _ => {}
        }
    }
}

#[serenity::async_trait]
impl EventHandler for Handler {
    async fn ready(&self, _: Context, _: Ready) {
        if !self.was_ready.swap(true, Ordering::Relaxed) {
            tracing::info!("connected to Discord");
            self.discord.register_commands().await;
            return;
        }
        // A session that could not be resumed: what was sent meanwhile is lost to it.
        if let Err(error) = self.discord.check_budget().await
            && error.is_final()
        {
            // Who stops already needs no second reason.
            let _ = self.stop.try_send(error);
            return;
        }
        if self.discord.inbox.catch_up(self.discord.name()).await.is_err() {
            tracing::warn!("what was missed could not be read");
        }
    }

    async fn message(&self, _: Context, message: Message) {
        self.discord.on_message(&message).await;
    }

    async fn interaction_create(&self, _: Context, interaction: Interaction) {
        self.interaction(interaction).await;
    }

    async fn guild_delete(&self, _: Context, guild: UnavailableGuild, _: Option<serenity::all::Guild>) {
        // An outage is no farewell.
        if !guild.unavailable {
            self.discord.place_gone(place::of_guild(guild.id)).await;
        }
    }

    async fn channel_delete(&self, _: Context, channel: GuildChannel, _: Option<Vec<Message>>) {
        self.discord.place_gone(place::of_channel(channel.guild_id, channel.id)).await;
    }

    async fn thread_delete(&self, _: Context, thread: PartialGuildChannel, _: Option<GuildChannel>) {
        let place =
            place::Place::Thread { guild: thread.guild_id, parent: thread.parent_id, thread: thread.id };
        self.discord.place_gone(place.to_string()).await;
    }
}

/// Counts the events that the library cannot read: an interaction among them would vanish without a trace.
struct Counting(Arc<Handler>);

#[serenity::async_trait]
impl RawEventHandler for Counting {
    async fn raw_event(&self, _: Context, event: Event) {
        let Event::Unknown(unknown) = event else { return };
        if unknown.kind == "INTERACTION_CREATE"
            && let Some(interaction) = intake::rescued(unknown.value)
        {
            return self.0.interaction(interaction).await;
        }
        let before = self.0.unknown.fetch_add(1, Ordering::Relaxed);
        if before.is_multiple_of(UNKNOWN_WARN_EVERY) {
            tracing::warn!(kind = unknown.kind, before, "an event of Discord could not be read");
        }
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library has many errors, most of which are alike to us"
)]
fn ending(error: &serenity::Error) -> StartError {
    match error {
        serenity::Error::Gateway(GatewayError::InvalidAuthentication) => StartError::BadToken,
        serenity::Error::Gateway(GatewayError::DisallowedGatewayIntents) => StartError::IntentRefused,
        serenity::Error::Http(_) => start_error(error),
        other => StartError::Ended(other.to_string()),
    }
}
