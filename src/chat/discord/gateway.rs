//! The connection: events come in here, in the order in which Discord sent them, and it is watched.
//!
//! The library gives each event to a task of its own, and those of a runtime with several threads overtake each
//! other. So the connection lives on one thread, whose tasks begin in the order in which they were made, and
//! each of them only hands its event over.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use jiff::SignedDuration;
use serenity::all::{ConnectionStage, ShardId, ShardManager};
use serenity::client::{ClientBuilder, Context, RawEventHandler};
use serenity::gateway::GatewayError;
use serenity::model::application::Interaction;
use serenity::model::event::Event;
use tokio::sync::{mpsc, oneshot};

use super::{Discord, StartError, commands, intake, place, start_error};
use crate::chat::{self, Front};

/// Events that may wait to be taken; beyond it the connection waits. Each is taken at once, so these are few.
const EVENTS_MAX: usize = 1_000;
/// Between two looks at the connections: more than between two signs of life, which come every 41 seconds.
const WATCH_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// A connection without a sign of life in so many looks in a row is begun anew: longer than the library needs
/// itself.
const LOOKS_MAX: u32 = 3;
/// Connections that are begun between two looks: Discord wants five seconds between two of them.
const BEGUN_BETWEEN_LOOKS: u32 = 12;
/// Saying goodbye to Discord takes this long at the most.
const GOODBYE_MAX: Duration = Duration::from_secs(10);
/// Between two warnings about events that could not be read, in events.
const UNKNOWN_WARN_EVERY: u64 = 100;
/// Registering commands is tried this often; they stay as they were otherwise.
const REGISTER_TRIES: u32 = 3;
const REGISTER_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(10);

impl Discord {
    /// Keeps the connection until `until` is over, or until it ends for good.
    pub async fn run(self: Arc<Self>, until: impl Future<Output = ()>) -> Result<(), StartError> {
        let Connection { shards, events, mut ended, open } = Connection::open(&self).await?;
        let (stop, mut stopped) = mpsc::channel(1);
        let listener = Arc::new(Listener {
            discord: self.clone(),
            greeted: Mutex::default(),
            unknown: AtomicU64::new(0),
            stop,
        });
        tokio::select! {
            ended = &mut ended => return ended.unwrap_or_else(|_| Err(broken())),
            Some(error) = stopped.recv() => return Err(error),
            error = self.watch(&shards) => return Err(error),
            () = listener.take_all(events) => {}
            () = until => {}
        }
        drop(open);
        // It says goodbye to Discord; whether that arrived changes nothing.
        let _ = tokio::time::timeout(GOODBYE_MAX, ended).await;
        Ok(())
    }

    /// Begins connections anew that died without a word, until too few identifications are left for that.
    async fn watch(&self, shards: &ShardManager) -> StartError {
        let mut watch = Watch::of(self.shards);
        loop {
            self.clock.sleep_for(WATCH_EVERY).await;
            let signs = {
                let runners = shards.runners.lock().await;
                let sign = |id| runners.get(&ShardId(id)).map(|runner| (runner.stage, runner.latency));
                (0..self.shards).map(|id| (id, sign(id))).collect::<Vec<_>>()
            };
            let is_there = |sign: &Sign| matches!(sign, Some((ConnectionStage::Connected, _)));
            self.listens.store(signs.iter().all(|(_, sign)| is_there(sign)), Ordering::Relaxed);
            for (id, sign) in signs {
                if !watch.is_dead(id, sign) {
                    continue;
                }
                match self.check_budget().await {
                    Err(error) if error.is_final() => return error,
                    // At the next look, perhaps.
                    Err(_) => continue,
                    Ok(_) => {}
                }
                tracing::warn!(shard = id, "a connection gave no sign of life and is begun anew");
                shards.restart(ShardId(id)).await;
                watch.forget(id);
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
            self.clock.sleep_for(REGISTER_AGAIN_AFTER).await;
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
        self.memory().gone(&place);
        if self.inbox.gone(chat::Place(place)).await.is_err() {
            tracing::warn!("a place is gone, and its drills could not be closed");
        }
    }
}

/// The connection, on its own thread.
struct Connection {
    shards: Arc<ShardManager>,
    events: mpsc::Receiver<Event>,
    ended: oneshot::Receiver<Result<(), StartError>>,
    /// Dropped, it ends the connection.
    open: oneshot::Sender<()>,
}

impl Connection {
    async fn open(discord: &Discord) -> Result<Self, StartError> {
        let (handing_over, events) = mpsc::channel(EVENTS_MAX);
        let (tell_shards, told_shards) = oneshot::channel();
        let (tell_end, ended) = oneshot::channel();
        let (open, closed) = oneshot::channel::<()>();
        let (options, application, count) = (discord.options.clone(), discord.application, discord.shards);
        let connected = async move {
            let http = options.http();
            http.set_application_id(application);
            let client = ClientBuilder::new_with_http(http, options.intents());
            let client = client.raw_event_handler(HandOver(handing_over)).await;
            let mut client = client.map_err(|error| start_error(&error))?;
            let shards = client.shard_manager.clone();
            // Whoever opened this is gone before it began: `closed` says so below.
            let _ = tell_shards.send(shards.clone());
            tokio::select! {
                ended = client.start_shards(count) => ended.map_err(|error| ending(&error)),
                _ = closed => {
                    shards.shutdown_all().await;
                    Ok(())
                }
            }
        };
        let thread = std::thread::Builder::new().name("discord".to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let ended = runtime.map_err(|error| StartError::Ended(error.to_string()));
            // Nobody may wait for it any more.
            let _ = tell_end.send(ended.and_then(|runtime| runtime.block_on(connected)));
        });
        thread.map_err(|error| StartError::Ended(error.to_string()))?;
        match told_shards.await {
            Ok(shards) => Ok(Self { shards, events, ended, open }),
            Err(_) => Err(ended.await.unwrap_or_else(|_| Err(broken())).err().unwrap_or_else(broken)),
        }
    }
}

/// Hands events over, as they come.
struct HandOver(mpsc::Sender<Event>);

#[serenity::async_trait]
impl RawEventHandler for HandOver {
    async fn raw_event(&self, _: Context, event: Event) {
        // At the end nobody takes them any more.
        let _ = self.0.send(event).await;
    }
}

/// What the library knows of a connection, if it has it: heartbeats change how long their answer took.
type Sign = Option<(ConnectionStage, Option<Duration>)>;

/// Sees which connections are dead.
struct Watch {
    /// Looks in a row without a sign of life.
    patience: u32,
    /// The last sign of each, and how many looks ago there was one of life.
    seen: BTreeMap<u32, (Sign, u32)>,
}

impl Watch {
    fn of(shards: u32) -> Self {
        Self { patience: LOOKS_MAX + shards / BEGUN_BETWEEN_LOOKS, seen: BTreeMap::new() }
    }

    /// Takes what a look has shown; says whether the connection is dead.
    fn is_dead(&mut self, shard: u32, sign: Sign) -> bool {
        let (last, looks) = self.seen.get(&shard).copied().unwrap_or_default();
        let lives = matches!(sign, Some((ConnectionStage::Connected, _))) && sign != last;
        let looks = if lives { 0 } else { looks + 1 };
        self.seen.insert(shard, (sign, looks));
        looks >= self.patience
    }

    /// It was begun anew.
    fn forget(&mut self, shard: u32) {
        self.seen.remove(&shard);
    }
}

/// Takes the events.
struct Listener {
    discord: Arc<Discord>,
    /// Connections that were made before: another greeting means that something was missed.
    greeted: Mutex<BTreeSet<u32>>,
    /// Events that could not be read.
    unknown: AtomicU64,
    stop: mpsc::Sender<StartError>,
}

impl Listener {
    /// Takes one event after the other as far as that needs no waiting, which is until the engine has what it
    /// means; what is left of it goes on beside the next.
    async fn take_all(self: Arc<Self>, mut events: mpsc::Receiver<Event>) {
        while let Some(event) = events.recv().await {
            let listener = self.clone();
            let mut taking: Pin<Box<dyn Future<Output = ()> + Send>> =
                Box::pin(async move { listener.take(event).await });
            let begun = std::future::poll_fn(|context| Poll::Ready(taking.as_mut().poll(context)));
            if tokio::task::unconstrained(begun).await.is_pending() {
                tokio::spawn(taking);
            }
        }
        // The connection ended; it says itself why.
        std::future::pending().await
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "Discord has many events, most of which mean nothing here"
    )]
    async fn take(&self, event: Event) {
        let discord = &self.discord;
        match event {
            Event::Ready(event) => self.on_ready(event.ready.shard.map_or(0, |shard| shard.id.0)).await,
            Event::Resumed(_) => discord.listens.store(true, Ordering::Relaxed),
            Event::MessageCreate(event) if self.is_new(event.message.id.get()) => {
                discord.on_message(&event.message).await;
            }
            Event::InteractionCreate(event) => self.on_interaction(event.interaction).await,
            // An outage is no farewell.
            Event::GuildDelete(event) if !event.guild.unavailable => {
                discord.place_gone(place::of_guild(event.guild.id)).await;
            }
            Event::ChannelDelete(event) => {
                let channel = event.channel;
                discord.place_gone(place::of_channel(channel.guild_id, channel.id)).await;
            }
            Event::ThreadDelete(event) => {
                let (guild, parent, thread) =
                    (event.thread.guild_id, event.thread.parent_id, event.thread.id);
                discord.place_gone(place::Place::Thread { guild, parent, thread }.to_string()).await;
            }
            Event::Unknown(event) => match intake::rescued(&event.kind, event.value) {
                Some(interaction) => self.on_interaction(interaction).await,
                None => self.count_unknown(&event.kind),
            },
            _ => {}
        }
    }

    /// Discord may send an event twice.
    fn is_new(&self, id: u64) -> bool {
        self.discord.memory().take_once(id)
    }

    async fn on_ready(&self, shard: u32) {
        self.discord.listens.store(true, Ordering::Relaxed);
        let before = {
            let mut greeted = self.greeted.lock().unwrap_or_else(PoisonError::into_inner);
            let before = greeted.len();
            if greeted.insert(shard) { Some(before) } else { None }
        };
        match before {
            Some(0) => {
                tracing::info!("connected to Discord");
                self.discord.register_commands().await;
            }
            Some(_) => {}
            // A session that could not be resumed.
            None => {
                if let Err(error) = self.discord.check_budget().await
                    && error.is_final()
                {
                    // Who stops already needs no second reason.
                    let _ = self.stop.try_send(error);
                    return;
                }
            }
        }
        // What was sent before this session is lost to it, at a start too: the engine listened earlier.
        if self.discord.inbox.catch_up(self.discord.name()).await.is_err() {
            tracing::warn!("what was missed could not be read");
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the library may learn of others, which mean nothing here"
    )]
    async fn on_interaction(&self, interaction: Interaction) {
        if !self.is_new(interaction.id().get()) {
            return;
        }
        match interaction {
            Interaction::Command(event) => self.discord.on_command(&event).await,
            Interaction::Autocomplete(event) => self.discord.on_autocomplete(&event).await,
            Interaction::Component(event) => self.discord.on_component(&event).await,
            Interaction::Modal(event) => self.discord.on_form(&event).await,
            _ => {}
        }
    }

    /// An interaction among them would vanish without a trace.
    fn count_unknown(&self, kind: &str) {
        let before = self.unknown.fetch_add(1, Ordering::Relaxed);
        if before.is_multiple_of(UNKNOWN_WARN_EVERY) {
            tracing::warn!(kind, before, "an event of Discord could not be read");
        }
    }
}

fn broken() -> StartError {
    StartError::Ended("its thread broke".to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    const CONNECTED: ConnectionStage = ConnectionStage::Connected;

    fn after(milliseconds: u64) -> Option<Duration> {
        Some(Duration::from_millis(milliseconds))
    }

    #[test]
    fn f63_dead_connections_are_seen() {
        for (what, signs, dead) in [
            (
                "answers",
                [Some((CONNECTED, after(1))), Some((CONNECTED, after(2))), Some((CONNECTED, after(1)))],
                false,
            ),
            ("fell silent", [Some((CONNECTED, after(1))); 3], false),
            ("is down", [Some((ConnectionStage::Resuming, None)); 3], true),
            ("is gone", [None; 3], true),
            ("comes back", [None, None, Some((CONNECTED, None))], false),
        ] {
            let mut watch = Watch::of(1);
            let seen = signs.map(|sign| watch.is_dead(0, sign));
            assert_eq!(seen, [false, false, dead], "{what}");
            let more = watch.is_dead(0, signs[2]);
            assert_eq!(more, dead || what == "fell silent", "{what}");
        }
        let mut many = Watch::of(36);
        assert!(!(0..5).any(|_| many.is_dead(35, None)), "the last of many begins after three minutes");
    }

    #[test]
    fn tasks_of_one_thread_begin_in_the_order_in_which_they_were_made() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (sender, mut receiver) = mpsc::channel(5_000);
        runtime.block_on(async {
            tokio::spawn(async move {
                for number in 0..5_000 {
                    let sender = sender.clone();
                    tokio::spawn(async move { sender.send(number).await.unwrap() });
                    if number % 100 == 0 {
                        tokio::task::yield_now().await;
                    }
                }
            });
            for number in 0..5_000 {
                assert_eq!(receiver.recv().await, Some(number));
            }
        });
    }
}
