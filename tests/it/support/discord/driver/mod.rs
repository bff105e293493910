//! What a test says: who writes and presses what, what breaks, and what they see.

pub(crate) mod acts;
pub(crate) mod person;
pub(crate) mod place;

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::faults::Fault;
use super::gateway::Gateway;
use super::record::Logged;
use super::state::{Id, Kind, World};
use super::tls::{self, Tls};
use super::{Shared, rest};
use crate::support::channel::StoppedClock;
use person::Person;
use place::{Place, Server};

/// A running fake. Ends with [`Discord::finish`], which says what was not as it should be.
pub(crate) struct Discord {
    pub(crate) shared: Arc<Shared>,
    door: JoinHandle<()>,
    finished: bool,
    unanswered: usize,
}

impl Discord {
    /// Starts one with a clock of its own.
    pub(crate) async fn start() -> Self {
        Self::start_with(Arc::new(StoppedClock::new())).await
    }

    /// Starts one that goes by this clock.
    pub(crate) async fn start_with(clock: Arc<StoppedClock>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared::new(clock, address));
        let door = tokio::spawn({
            let shared = shared.clone();
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(rest::serve(shared.clone(), stream));
                }
            }
        });
        Self { shared, door, finished: false, unanswered: 0 }
    }

    /// For `HttpBuilder::proxy`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.shared.address)
    }

    /// Opens the door that looks like `https://discord.com`, for serenity with its rate limiter on.
    pub(crate) async fn open_tls(&self) -> Tls {
        tls::open(self.shared.clone()).await
    }

    pub(crate) fn token(&self) -> String {
        self.shared.with(|world| world.app.token.clone())
    }

    pub(crate) fn application_id(&self) -> u64 {
        self.shared.with(|world| world.app.id.0)
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        self.shared.clock.advance(by);
    }

    // People and servers.

    /// A server with the bot in it.
    pub(crate) fn guild(&self, name: &str) -> Server {
        let id = self.shared.with(|world| world.add_guild(name, true));
        Server { shared: self.shared.clone(), id }
    }

    /// A server without it, where people may use it who installed it for themselves.
    pub(crate) fn guild_without_bot(&self, name: &str) -> Server {
        let id = self.shared.with(|world| world.add_guild(name, false));
        Server { shared: self.shared.clone(), id }
    }

    /// A conversation of several people, where somebody may use the bot that they installed for themselves.
    pub(crate) fn group(&self, who: &Person) -> Place {
        let id = self.shared.with(|world| world.add_conversation(who.id, Kind::GroupDm));
        Place { shared: self.shared.clone(), id }
    }

    /// Somebody who is in every server that there is so far.
    pub(crate) fn user(&self, name: &str) -> Person {
        let id = self.shared.with(|world| {
            let id = world.add_user(name, false);
            let guilds: Vec<Id> = world.guilds.keys().copied().collect();
            guilds.into_iter().for_each(|guild| world.join(guild, id));
            id
        });
        Person { shared: self.shared.clone(), id }
    }

    /// Another bot, in every server that there is so far.
    pub(crate) fn other_bot(&self, name: &str) -> Person {
        let person = self.user(name);
        self.shared.with(|world| world.users.get_mut(&person.id).unwrap().bot = true);
        person
    }

    /// Whoever made the application and the servers.
    pub(crate) fn owner(&self) -> Person {
        let id = self.shared.with(|world| world.app.owner);
        Person { shared: self.shared.clone(), id }
    }

    /// Which privileged intents are switched on in the developer portal; all at first.
    pub(crate) fn grant(&self, intents: u64) {
        self.shared.with(|world| world.app.granted = intents);
    }

    // What breaks.

    /// The next requests of this kind, see [`super::faults::routes`].
    pub(crate) fn on(&self, route: &str) -> Breaking<'_> {
        assert!(rest::routes::is_known(route), "there is no request {route}");
        Breaking { discord: self, route: route.to_owned(), after: 0, times: 1 }
    }

    /// Waits until so many requests are held.
    pub(crate) async fn held(&self, count: u32) {
        let look = |world: &mut World| (world.faults.holding >= count).then_some(());
        self.shared.until(&format!("{count} held requests"), look).await;
    }

    /// Lets every held request go.
    pub(crate) fn release(&self) {
        self.shared.with(|world| world.faults.released += 1);
    }

    /// Rate limits from here on, with windows of this much real time.
    pub(crate) fn limit_rates(&self, window: Duration) {
        self.shared.with(|world| world.limits.window = Some(window));
    }

    /// Requests that came too early for the rate limits.
    pub(crate) fn exceeded(&self) -> u32 {
        self.shared.with(|world| world.limits.exceeded)
    }

    /// Does something to the gateway, or asks it.
    pub(crate) fn gateway<T>(&self, act: impl FnOnce(&mut Gateway) -> T) -> T {
        self.shared.with(|world| act(&mut world.gateway))
    }

    /// Waits until the bot is connected and has identified itself or resumed.
    pub(crate) async fn connected(&self) {
        self.shared.until("the bot to connect", |world| (world.gateway.connected() > 0).then_some(())).await;
    }

    /// Waits for something about the gateway.
    pub(crate) async fn until_gateway(&self, what: &str, look: impl Fn(&Gateway) -> bool) {
        self.shared.until(what, |world| look(&world.gateway).then_some(())).await;
    }

    // What happened.

    /// Says that Discord will refuse something with this code, once.
    pub(crate) fn expect_error(&self, code: u64) {
        self.shared.with(|world| world.record.expected.push(code));
    }

    /// Says that so many interactions will stay without an answer.
    pub(crate) fn expect_unanswered(&mut self, count: usize) {
        self.unanswered += count;
    }

    /// Every request of this kind so far.
    pub(crate) fn requests(&self, route: &str) -> Vec<Logged> {
        assert!(rest::routes::is_known(route), "there is no request {route}");
        self.shared.with(|world| {
            let requests = world.record.requests.iter();
            requests.filter(|request| request.route == route).cloned().collect()
        })
    }

    /// Waits for so many requests of this kind, whatever came of them.
    pub(crate) async fn requested(&self, route: &str, count: usize) {
        assert!(rest::routes::is_known(route), "there is no request {route}");
        let what = format!("{count} of {route}");
        let look = |world: &mut World| {
            let requests = world.record.requests.iter().filter(|request| request.route == route);
            (requests.count() >= count).then_some(())
        };
        self.shared.until(&what, look).await;
    }

    /// Waits until global commands are registered; their names.
    pub(crate) async fn commands(&self) -> Vec<String> {
        let names = |commands: &Vec<Value>| {
            commands.iter().map(|command| command["name"].as_str().unwrap_or_default().to_owned()).collect()
        };
        self.shared.until("commands to be registered", |world| world.commands.get(&None).map(names)).await
    }

    /// How often commands were registered.
    pub(crate) fn registrations(&self) -> u32 {
        self.shared.with(|world| world.record.registrations)
    }

    /// Everybody whom the bot pinged.
    pub(crate) fn pings(&self) -> Vec<String> {
        self.shared.with(|world| std::mem::take(&mut world.record.pings))
    }

    /// Whether somebody can read something that nobody has read yet.
    pub(crate) fn has_unread(&self, who: &Person) -> bool {
        self.shared.with(|world| who.unread(world, |_| true).is_some())
    }

    /// What the bot should not have done; taken, so that the end does not hold it against it.
    pub(crate) fn violations(&self) -> Vec<String> {
        self.shared.with(|world| std::mem::take(&mut world.record.violations))
    }

    /// The end of a test, once the bot was stopped: nothing unread, unanswered, refused or wrong.
    pub(crate) fn finish(mut self) {
        self.finished = true;
        let faults = self.shared.with(|world| faults(world, self.unanswered));
        assert!(faults.is_empty(), "the conversation is over, but:\n{}", faults.join("\n"));
    }
}

impl Drop for Discord {
    fn drop(&mut self) {
        self.door.abort();
        assert!(self.finished || std::thread::panicking(), "end the test with `discord.finish()`");
    }
}

fn faults(world: &mut World, unanswered: usize) -> Vec<String> {
    let record = &world.record;
    let mut faults: Vec<String> =
        record.unread().map(|shown| format!("nobody read: {}", shown.text)).collect();
    faults.extend(record.surprises().into_iter().map(|line| format!("refused: {line}")));
    faults.extend(record.missed().into_iter().map(|code| format!("expected error {code} never came")));
    faults.extend(record.violations.iter().map(|sentence| format!("violation: {sentence}")));
    faults.extend(record.pings.iter().map(|whom| format!("pinged: {whom}")));
    faults.extend(world.faults.unmet().into_iter().map(|plan| format!("planned and never met: {plan}")));
    faults.extend(world.gateway.nonsense.iter().map(|packet| format!("nonsense over the gateway: {packet}")));
    let open = world.interactions.values().filter(|interaction| interaction.response.is_none());
    let open: Vec<_> = open.map(|interaction| format!("never answered: {}", interaction.label)).collect();
    if open.len() != unanswered {
        faults.push(format!("{unanswered} unanswered interactions were expected, {} are", open.len()));
        faults.extend(open);
    }
    let thinking = world.messages.values().filter(|message| message.thinking);
    faults.extend(thinking.map(|message| {
        let interaction = message.interaction.and_then(|id| world.interactions.get(&id));
        let label = interaction.map_or("?", |interaction| &interaction.label);
        format!("still thinking: the answer to {label}")
    }));
    faults
}

/// Faults in the making: `discord.on(POST_MESSAGE).times(2).meets(Fault::LoseAnswer)`.
pub(crate) struct Breaking<'a> {
    discord: &'a Discord,
    route: String,
    after: u32,
    times: u32,
}

impl Breaking<'_> {
    /// So many go through first.
    pub(crate) fn after(self, after: u32) -> Self {
        Self { after, ..self }
    }

    /// So many meet it; one at first.
    pub(crate) fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    pub(crate) fn meets(self, fault: Fault) {
        let Self { discord, route, after, times } = self;
        discord.shared.with(|world| world.faults.add(&route, after, times, fault));
    }
}
