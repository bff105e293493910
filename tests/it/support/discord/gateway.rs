//! The gateway: sessions, dispatches, and what can go wrong between them and the bot.
//!
//! A session outlives its socket: events go on being numbered and kept, and a RESUME gets what was missed.

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::state::{Id, World};
use super::wire;

pub(crate) const GUILDS: u64 = 1;
pub(crate) const GUILD_MEMBERS: u64 = 1 << 1;
pub(crate) const GUILD_PRESENCES: u64 = 1 << 8;
pub(crate) const GUILD_MESSAGES: u64 = 1 << 9;
pub(crate) const DIRECT_MESSAGES: u64 = 1 << 12;
pub(crate) const MESSAGE_CONTENT: u64 = 1 << 15;
pub(crate) const PRIVILEGED: u64 = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT;
/// Every bit that names an intent.
const ALL_INTENTS: u64 = ((1 << 17) - 1) | (1 << 20) | (1 << 21) | (1 << 24) | (1 << 25);

/// Identifies a day before Discord resets the token.
const IDENTIFIES_A_DAY: u32 = 1_000;
/// Longer than any test, so that a heartbeat is only seen where a test shortens it.
const HEARTBEAT_MS: u64 = 41_250;

/// Something to tell the bot.
#[derive(Clone)]
pub(crate) struct Event {
    name: &'static str,
    /// A session has to have asked for one of these; for all if 0.
    pub(crate) needs: u64,
    guild: Option<Id>,
    data: Value,
    /// For sessions without the message-content intent, where that differs.
    censored: Option<Value>,
}

impl Event {
    pub(crate) fn of_guild(name: &'static str, guild: Id, data: Value) -> Self {
        Self { name, needs: GUILDS, guild: Some(guild), data, censored: None }
    }

    pub(crate) fn of_message(
        name: &'static str,
        guild: Option<Id>,
        data: Value,
        censored: Option<Value>,
    ) -> Self {
        let needs = if guild.is_some() { GUILD_MESSAGES } else { DIRECT_MESSAGES };
        Self { name, needs, guild, data, censored }
    }

    /// Comes whatever was asked for, once.
    pub(crate) fn interaction(guild: Option<Id>, data: Value) -> Self {
        Self { name: "INTERACTION_CREATE", needs: 0, guild, data, censored: None }
    }
}

/// To the task that owns a socket.
pub(crate) enum Order {
    Say(Value),
    Close(u16),
    /// Gone without a goodbye.
    Cut,
}

struct Session {
    id: String,
    intents: u64,
    shard: (u64, u64),
    sequence: u64,
    /// Every dispatch with its number, in order.
    sent: Vec<(u64, Value)>,
    /// The socket that it has at present, by number.
    socket: Option<u64>,
    resumable: bool,
}

struct Socket {
    number: u64,
    out: UnboundedSender<Order>,
}

pub(crate) struct Gateway {
    sessions: Vec<Session>,
    sockets: Vec<Socket>,
    sockets_ever: u64,
    pub(crate) identifies: u32,
    pub(crate) resumes: u32,
    pub(crate) heartbeats: u32,
    pub(crate) identifies_left: u32,
    pub(crate) heartbeat_interval_ms: u64,
    pub(crate) acknowledges: bool,
    /// How often each dispatch is sent.
    pub(crate) copies: u32,
    /// Dispatches kept back until the test lets them go.
    held: Option<Vec<Event>>,
    /// The next HELLO is followed by this close code.
    pub(crate) refuses_with: Option<u16>,
    /// Requests from the bot that make no sense.
    pub(crate) nonsense: Vec<String>,
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            sessions: Vec::new(),
            sockets: Vec::new(),
            sockets_ever: 0,
            identifies: 0,
            resumes: 0,
            heartbeats: 0,
            identifies_left: IDENTIFIES_A_DAY,
            heartbeat_interval_ms: HEARTBEAT_MS,
            acknowledges: true,
            copies: 1,
            held: None,
            refuses_with: None,
            nonsense: Vec::new(),
        }
    }
}

impl Gateway {
    /// How many bots are connected and identified.
    pub(crate) fn connected(&self) -> usize {
        self.sessions.iter().filter(|session| session.socket.is_some()).count()
    }

    pub(crate) fn tell(&mut self, event: Event) {
        if let Some(held) = &mut self.held {
            held.push(event);
            return;
        }
        for session in 0..self.sessions.len() {
            if self.sessions[session].wants(&event) {
                let data = self.sessions[session].view(&event);
                self.dispatch(session, event.name, data, self.copies);
            }
        }
    }

    /// Keeps every dispatch back from here on.
    pub(crate) fn hold(&mut self) {
        self.held.get_or_insert_default();
    }

    /// Sends what was kept back, the last first if `reversed`.
    pub(crate) fn release(&mut self, reversed: bool) {
        let mut events = self.held.take().unwrap_or_default();
        if reversed {
            events.reverse();
        }
        for event in events {
            self.tell(event);
        }
    }

    /// Closes every socket. The sessions can be resumed after 1000-odd codes other than fatal ones.
    pub(crate) fn close_all(&mut self, code: Option<u16>) {
        for socket in self.sockets.drain(..) {
            let order = code.map_or(Order::Cut, Order::Close);
            let _gone = socket.out.send(order);
        }
        let fatal = code.is_some_and(|code| matches!(code, 1000 | 1001 | 4004 | 4010..=4014));
        for session in &mut self.sessions {
            session.socket = None;
            session.resumable &= !fatal;
        }
    }

    /// Asks every bot to connect again and resume.
    pub(crate) fn ask_to_reconnect(&mut self) {
        self.say_to_all(&json!({"op": 7, "d": null, "s": null, "t": null}));
    }

    /// Tells every bot that its session is over.
    pub(crate) fn invalidate(&mut self, resumable: bool) {
        for session in &mut self.sessions {
            session.resumable &= resumable;
            if !resumable {
                session.socket = None;
            }
        }
        self.say_to_all(&json!({"op": 9, "d": resumable, "s": null, "t": null}));
    }

    /// Sends a dispatch as it stands to every session, whatever it says.
    pub(crate) fn tell_raw(&mut self, name: &str, data: &Value) {
        for session in 0..self.sessions.len() {
            self.dispatch(session, name, data.clone(), 1);
        }
    }

    /// Sends everything again that was ever sent, the last first if `reversed`.
    pub(crate) fn repeat(&mut self, reversed: bool) {
        for session in &self.sessions {
            let mut packets: Vec<&Value> = session.sent.iter().map(|(_, packet)| packet).collect();
            if reversed {
                packets.reverse();
            }
            let socket = self.sockets.iter().find(|socket| Some(socket.number) == session.socket);
            for (packet, socket) in packets.into_iter().filter_map(|packet| Some((packet, socket?))) {
                let _gone = socket.out.send(Order::Say(packet.clone()));
            }
        }
    }

    /// Forgets what no RESUME will find: every session without a socket.
    pub(crate) fn forget_sessions(&mut self) {
        self.sessions.retain(|session| session.socket.is_some());
    }

    fn say_to_all(&mut self, packet: &Value) {
        for socket in &self.sockets {
            let _gone = socket.out.send(Order::Say(packet.clone()));
        }
    }

    fn dispatch(&mut self, session: usize, name: &str, data: Value, copies: u32) {
        let session = &mut self.sessions[session];
        session.sequence += 1;
        let packet = json!({"op": 0, "t": name, "s": session.sequence, "d": data});
        session.sent.push((session.sequence, packet.clone()));
        let socket = self.sockets.iter().find(|socket| Some(socket.number) == session.socket);
        for _ in 0..copies {
            if let Some(socket) = socket {
                let _gone = socket.out.send(Order::Say(packet.clone()));
            }
        }
    }

    /// A new socket; says HELLO. Returns its number.
    pub(crate) fn open(&mut self, out: UnboundedSender<Order>) -> u64 {
        self.sockets_ever += 1;
        let interval = self.heartbeat_interval_ms;
        let hello = json!({"op": 10, "d": {"heartbeat_interval": interval}, "s": null, "t": null});
        let _gone = out.send(Order::Say(hello));
        if let Some(code) = self.refuses_with.take() {
            let _gone = out.send(Order::Close(code));
        } else {
            self.sockets.push(Socket { number: self.sockets_ever, out });
        }
        self.sockets_ever
    }

    /// The other side is gone, with this close code if it said goodbye.
    pub(crate) fn closed(&mut self, number: u64, code: Option<u16>) {
        self.sockets.retain(|socket| socket.number != number);
        for session in self.sessions.iter_mut().filter(|session| session.socket == Some(number)) {
            session.socket = None;
            // A bot that closes with 1000 or 1001 ends its session.
            session.resumable &= !matches!(code, Some(1000 | 1001));
        }
    }

    fn say(&self, number: u64, order: Order) {
        if let Some(socket) = self.sockets.iter().find(|socket| socket.number == number) {
            let _gone = socket.out.send(order);
        }
    }

    fn refuse(&mut self, number: u64, code: u16) {
        self.say(number, Order::Close(code));
        self.closed(number, Some(1000));
    }

    fn has_session(&self, number: u64) -> bool {
        self.sessions.iter().any(|session| session.socket == Some(number))
    }
}

impl Session {
    fn wants(&self, event: &Event) -> bool {
        let (index, count) = self.shard;
        let shard_of = event.guild.map_or(0, |guild| (guild.0 >> 22) % count);
        shard_of == index && (event.needs == 0 || self.intents & event.needs != 0)
    }

    fn view(&self, event: &Event) -> Value {
        match &event.censored {
            Some(censored) if self.intents & MESSAGE_CONTENT == 0 => censored.clone(),
            _ => event.data.clone(),
        }
    }
}

/// What a bot said on the socket of this number.
pub(crate) fn hear(world: &mut World, number: u64, packet: &Value) {
    let Some(op) = packet["op"].as_u64() else { return world.gateway.refuse(number, 4002) };
    match op {
        1 => {
            world.gateway.heartbeats += 1;
            if world.gateway.acknowledges {
                let ack = json!({"op": 11, "d": null, "s": null, "t": null});
                world.gateway.say(number, Order::Say(ack));
            }
        }
        2 => identify(world, number, &packet["d"]),
        6 => resume(world, number, &packet["d"]),
        // Presence, voice and member requests: nothing that a drill needs, and no harm.
        3 | 4 | 8 if world.gateway.has_session(number) => {}
        3 | 4 | 8 => world.gateway.refuse(number, 4003),
        _ => {
            world.gateway.nonsense.push(packet.to_string());
            world.gateway.refuse(number, 4001);
        }
    }
}

fn identify(world: &mut World, number: u64, data: &Value) {
    world.gateway.identifies += 1;
    world.gateway.identifies_left = world.gateway.identifies_left.saturating_sub(1);
    if world.gateway.has_session(number) {
        return world.gateway.refuse(number, 4005);
    }
    let (Some(intents), true) = (data["intents"].as_u64(), data["properties"].is_object()) else {
        return world.gateway.refuse(number, 4002);
    };
    let shard = |place: usize| data["shard"][place].as_u64();
    let shard = (shard(0).unwrap_or(0), shard(1).unwrap_or(1));
    let refusal = if token(data) != world.app.token {
        Some(4004)
    } else if shard.0 >= shard.1 {
        Some(4010)
    } else if intents & !ALL_INTENTS != 0 {
        Some(4013)
    } else if intents & PRIVILEGED & !world.app.granted != 0 {
        Some(4014)
    } else {
        None
    };
    if let Some(code) = refusal {
        return world.gateway.refuse(number, code);
    }
    let id = format!("session-{}", world.gateway.identifies);
    let session = Session {
        id: id.clone(),
        intents,
        shard,
        sequence: 0,
        sent: Vec::new(),
        socket: Some(number),
        resumable: true,
    };
    world.gateway.sessions.push(session);
    greet(world, &id, shard, number);
}

fn greet(world: &mut World, id: &str, shard: (u64, u64), number: u64) {
    let mine = |guild: &Id| (guild.0 >> 22) % shard.1 == shard.0;
    let bot = world.bot();
    let guilds = world.guilds.values().filter(|guild| guild.members.contains(&bot));
    let guilds: Vec<Id> = guilds.map(|guild| guild.id).filter(mine).collect();
    let unavailable = |guild: &Id| json!({"id": guild.to_string(), "unavailable": true});
    let ready = json!({
        "v": 10, "user": wire::current_user(world), "session_id": id, "shard": [shard.0, shard.1],
        "guilds": guilds.iter().map(unavailable).collect::<Vec<_>>(), "resume_gateway_url": "ws://127.0.0.1:9",
        "application": {"id": world.app.id.to_string(), "flags": 0}, "private_channels": [],
        "relationships": [], "user_settings": {}, "session_type": "normal", "_trace": [],
    });
    let place = world.gateway.sessions.iter().position(|session| session.socket == Some(number)).unwrap();
    world.gateway.dispatch(place, "READY", ready, 1);
    for guild in guilds.into_iter().filter(|guild| world.guilds[guild].available) {
        if world.gateway.sessions[place].intents & GUILDS != 0 {
            let data = wire::guild_create(world, guild);
            world.gateway.dispatch(place, "GUILD_CREATE", data, 1);
        }
    }
}

fn resume(world: &mut World, number: u64, data: &Value) {
    world.gateway.resumes += 1;
    if token(data) != world.app.token {
        return world.gateway.refuse(number, 4004);
    }
    let found = world.gateway.sessions.iter().position(|session| data["session_id"] == session.id.as_str());
    let Some(place) = found.filter(|place| world.gateway.sessions[*place].resumable) else {
        let packet = json!({"op": 9, "d": false, "s": null, "t": null});
        return world.gateway.say(number, Order::Say(packet));
    };
    let Some(seen) = data["seq"].as_u64().filter(|seq| *seq <= world.gateway.sessions[place].sequence) else {
        return world.gateway.refuse(number, 4007);
    };
    let session = &mut world.gateway.sessions[place];
    session.socket = Some(number);
    let missed: Vec<Value> =
        session.sent.iter().filter(|(s, _)| *s > seen).map(|(_, packet)| packet.clone()).collect();
    for packet in missed {
        world.gateway.say(number, Order::Say(packet));
    }
    world.gateway.dispatch(place, "RESUMED", json!({"_trace": []}), 1);
}

/// The token, with or without the word that REST wants before it.
fn token(data: &Value) -> &str {
    let token = data["token"].as_str().unwrap_or_default();
    token.strip_prefix("Bot ").unwrap_or(token)
}
