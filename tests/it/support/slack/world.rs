//! What exists.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::socket::{Order, retried};

/// What goes wrong with a call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fault {
    /// Nothing: it is done.
    Pass,
    /// It is done, and the connection cut before the answer.
    LoseAnswer,
    /// It is done, and answered by a 503.
    ErrorAfter,
    /// It is not done: this error.
    Error(&'static str),
    /// It is not done: 429 with so many seconds to wait.
    TooMany(u64),
}

pub(crate) struct User {
    pub(crate) team: usize,
    pub(crate) name: String,
    pub(crate) is_admin: bool,
    pub(crate) zone: &'static str,
}

pub(crate) struct Channel {
    pub(crate) team: usize,
    /// The person, for direct messages.
    pub(crate) direct_with: Option<String>,
    pub(crate) bot_is_member: bool,
    pub(crate) is_archived: bool,
}

/// A message, in the order in which they came to be.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) channel: String,
    pub(crate) ts: String,
    pub(crate) user: String,
    pub(crate) is_bot: bool,
    pub(crate) text: String,
    pub(crate) blocks: Value,
    pub(crate) metadata: Option<Value>,
    pub(crate) thread: Option<String>,
    /// It stands in its thread and in the channel.
    pub(crate) in_channel_too: bool,
    /// Nobody else sees it.
    pub(crate) only_for: Option<String>,
    /// When a history has it.
    pub(crate) settled_at: Timestamp,
}

/// Something that can be answered.
pub(crate) struct Trigger {
    pub(crate) user: String,
    pub(crate) at: Timestamp,
    pub(crate) used: bool,
    pub(crate) channel: Option<String>,
}

/// A form that somebody has open.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) id: String,
    pub(crate) view: Value,
}

pub(crate) struct Team {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) me: String,
    /// Whether it threw the app out, so that its token is refused.
    pub(crate) is_revoked: bool,
}

pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) address: String,
    pub(crate) app_token: String,
    pub(crate) teams: Vec<Team>,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) channels: BTreeMap<String, Channel>,
    pub(crate) messages: Vec<Message>,
    pub(crate) triggers: BTreeMap<String, Trigger>,
    pub(crate) forms: BTreeMap<String, Form>,
    pub(crate) homes: BTreeMap<String, Value>,
    pub(crate) files: Vec<(String, Vec<u8>)>,
    pub(crate) pending_files: BTreeMap<String, Vec<u8>>,
    /// Pictures that blocks can show, by their id.
    pub(crate) pictures: BTreeMap<String, Vec<u8>>,
    /// Messages that are pinned, by their time.
    pub(crate) pins: BTreeSet<String>,
    /// User groups that were mentioned, one entry a mention.
    pub(crate) pings: Vec<String>,
    /// Open sockets by their number.
    pub(crate) sockets: BTreeMap<u64, UnboundedSender<Order>>,
    pub(crate) sockets_ever: u64,
    pub(crate) sockets_max: usize,
    /// Envelopes on their way, by id.
    pub(crate) unacknowledged: BTreeMap<String, Value>,
    /// The last event that was told of.
    last_event: Value,
    /// Envelopes that no socket took yet.
    pub(crate) waiting: VecDeque<Value>,
    /// What came with acknowledgements, by envelope.
    pub(crate) answers: BTreeMap<String, Value>,
    /// How long a history is behind.
    pub(crate) history_delay: SignedDuration,
    pub(crate) faults: Vec<(String, Fault)>,
    pub(crate) calls: Vec<(String, Value)>,
    pub(crate) payloads: Vec<Value>,
    /// What Slack would not have taken.
    pub(crate) wrongs: Vec<String>,
    /// Scopes that are missing, as `missing_scope:` and their name.
    pub(crate) lacks_scope: BTreeSet<&'static str>,
    ids: u64,
}

impl World {
    pub(crate) fn new(now: Timestamp, address: &str) -> Self {
        let mut world = Self {
            now,
            address: address.to_owned(),
            app_token: "xapp-canary".to_owned(),
            teams: Vec::new(),
            users: BTreeMap::new(),
            channels: BTreeMap::new(),
            messages: Vec::new(),
            triggers: BTreeMap::new(),
            forms: BTreeMap::new(),
            homes: BTreeMap::new(),
            files: Vec::new(),
            pending_files: BTreeMap::new(),
            pictures: BTreeMap::new(),
            pins: BTreeSet::new(),
            pings: Vec::new(),
            sockets: BTreeMap::new(),
            sockets_ever: 0,
            sockets_max: 10,
            unacknowledged: BTreeMap::new(),
            last_event: Value::Null,
            waiting: VecDeque::new(),
            answers: BTreeMap::new(),
            history_delay: SignedDuration::ZERO,
            faults: Vec::new(),
            calls: Vec::new(),
            payloads: Vec::new(),
            wrongs: Vec::new(),
            lacks_scope: BTreeSet::new(),
            ids: 0,
        };
        world.add_team();
        world
    }

    pub(crate) fn id(&mut self, kind: &str) -> String {
        self.ids += 1;
        format!("{kind}{:06}", self.ids)
    }

    /// The next message's time, unlike every other.
    pub(crate) fn ts(&mut self) -> String {
        self.ids += 1;
        let seconds = self.now.as_second();
        format!("{seconds}.{:06}", self.ids)
    }

    pub(crate) fn add_team(&mut self) -> String {
        let number = self.teams.len();
        let token = format!("xoxb-canary-{number}");
        let (id, me) = (self.id("T"), self.id("UBOT"));
        self.teams.push(Team { id, token: token.clone(), me, is_revoked: false });
        token
    }

    pub(crate) fn add_user(&mut self, team: usize, name: &str) -> String {
        let id = self.id("U");
        self.users
            .insert(id.clone(), User { team, name: name.to_owned(), is_admin: false, zone: "Europe/Berlin" });
        id
    }

    pub(crate) fn add_channel(&mut self, _name: &str, bot_is_member: bool) -> String {
        let id = self.id("C");
        let channel = Channel { team: 0, direct_with: None, bot_is_member, is_archived: false };
        self.channels.insert(id.clone(), channel);
        id
    }

    /// The conversation between somebody and the app.
    pub(crate) fn direct(&mut self, user: &str) -> String {
        let found = self.channels.iter().find(|(_, channel)| channel.direct_with.as_deref() == Some(user));
        if let Some((id, _)) = found {
            return id.clone();
        }
        let id = self.id("D");
        let team = self.users[user].team;
        let channel =
            Channel { team, direct_with: Some(user.to_owned()), bot_is_member: true, is_archived: false };
        self.channels.insert(id.clone(), channel);
        id
    }

    pub(crate) fn team_of(&self, user: &str) -> &Team {
        &self.teams[self.users[user].team]
    }

    pub(crate) fn wrong(&mut self, what: impl Into<String>) {
        self.wrongs.push(what.into());
    }

    pub(crate) fn calls_of(&self, method: &str) -> usize {
        self.calls.iter().filter(|(called, _)| called == method).count()
    }

    pub(crate) fn tail(&self) -> String {
        let calls = self.calls.iter().rev().take(12).rev();
        let calls: Vec<String> = calls.map(|(method, body)| format!("{method} {body}")).collect();
        format!("{}\n{}", self.wrongs.join("\n"), calls.join("\n"))
    }

    /// Sends an envelope by a socket, or keeps it until there is one; its id.
    pub(crate) fn tell(&mut self, kind: &str, payload: Value) -> String {
        let id = self.id("envelope-");
        let accepts = kind != "events_api";
        let envelope = json!({
            "type": kind, "envelope_id": id, "payload": payload, "accepts_response_payload": accepts,
        });
        self.unacknowledged.insert(id.clone(), envelope.clone());
        if kind == "events_api" {
            self.last_event = envelope.clone();
        }
        self.push(envelope);
        id
    }

    /// Delivers the last event once more, whatever became of it: the same event by its id, marked as a retry or
    /// not.
    pub(crate) fn deliver_again(&mut self, marked: bool) {
        let mut envelope = self.last_event.clone();
        let id = self.id("envelope-");
        envelope["envelope_id"] = json!(id);
        let envelope = if marked { retried(envelope) } else { envelope };
        self.unacknowledged.insert(id, envelope.clone());
        self.push(envelope);
    }

    /// Sends whatever is not acknowledged once more, as Slack does after a while, marked as a retry.
    pub(crate) fn redeliver(&mut self) {
        self.waiting.clear();
        for envelope in self.unacknowledged.values().cloned().collect::<Vec<_>>() {
            self.push(retried(envelope));
        }
    }

    pub(crate) fn push(&mut self, envelope: Value) {
        // Each event goes to one of the sockets.
        let turn = usize::try_from(self.ids).unwrap() % self.sockets.len().max(1);
        match self.sockets.values().nth(turn) {
            Some(socket) if socket.send(Order::Say(envelope.clone())).is_ok() => {}
            _ => self.waiting.push_back(envelope),
        }
    }

    pub(crate) fn event(&mut self, team: &str, event: Value) -> String {
        let event_id = self.id("Ev");
        let payload = json!({
            "team_id": team, "api_app_id": "A1", "event": event, "event_id": event_id,
            "event_time": self.now.as_second(), "type": "event_callback", "is_ext_shared_channel": false,
        });
        self.tell("events_api", payload)
    }

    /// A message in a place; the event that tells of it.
    pub(crate) fn post(&mut self, message: Message) {
        self.messages.push(message);
    }

    /// Whether anybody has written in a thread.
    pub(crate) fn is_active(&self, thread: &str) -> bool {
        let mut replies = self.messages.iter().filter(|message| message.thread.as_deref() == Some(thread));
        replies.any(|message| message.only_for.is_none())
    }

    pub(crate) fn message_event(&self, message: &Message, changes: Value) -> Value {
        let direct = self.channels[&message.channel].direct_with.is_some();
        let mut event = json!({
            "type": "message", "channel": message.channel, "user": message.user, "text": message.text,
            "ts": message.ts, "event_ts": message.ts, "channel_type": if direct { "im" } else { "channel" },
        });
        if let Some(thread) = &message.thread {
            event["thread_ts"] = json!(thread);
            let parent = self.messages.iter().find(|message| message.ts == *thread);
            event["parent_user_id"] = json!(parent.map(|parent| parent.user.clone()));
        }
        if message.is_bot {
            event["bot_id"] = json!("B1");
        }
        for (key, value) in changes.as_object().into_iter().flatten() {
            event[key] = value.clone();
        }
        event
    }

    /// What somebody does that can be answered.
    pub(crate) fn trigger(&mut self, user: &str, channel: Option<String>) -> String {
        let id = self.id("1.2.trigger");
        let trigger = Trigger { user: user.to_owned(), at: self.now, used: false, channel };
        self.triggers.insert(id.clone(), trigger);
        id
    }
}
