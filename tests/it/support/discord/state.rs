//! What exists: the application, people, servers, channels, messages, interactions and commands.
//!
//! Plain data with the few changes that more than one door makes. Every change that a connected bot would
//! hear of is told to the gateway right here, in the same breath.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::faults::Plan;
use super::gateway::{self, Event, Gateway};
use super::limits::Limits;
use super::permissions;
use super::record::Record;
use super::wire;

/// The first millisecond of Discord's snowflakes.
const EPOCH_MS: i64 = 1_420_070_400_000;

/// A snowflake: its upper bits are the time, by the fake's clock, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id(pub(crate) u64);

impl Id {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }

    /// The id in a field of a JSON object, which Discord writes as a string.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        value.as_str().and_then(Self::parse)
    }

    pub(crate) fn at(self) -> Timestamp {
        let ms = i64::try_from(self.0 >> 22).unwrap() + EPOCH_MS;
        Timestamp::from_millisecond(ms).unwrap()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

/// The application under test and its bot.
pub(crate) struct App {
    pub(crate) id: Id,
    pub(crate) token: String,
    pub(crate) owner: Id,
    /// Privileged intents that are switched on in the developer portal.
    pub(crate) granted: u64,
}

pub(crate) struct User {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) bot: bool,
    /// Whether the bot may write to them.
    pub(crate) dms_open: bool,
    /// The form that is open on their screen: the interaction it came from, and the form.
    pub(crate) form: Option<(Id, Value)>,
}

pub(crate) struct Role {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) permissions: u64,
    /// Whether anybody may mention it.
    pub(crate) mentionable: bool,
}

pub(crate) struct Guild {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) members: BTreeSet<Id>,
    /// Those who may manage it, beside the owner.
    pub(crate) managers: BTreeSet<Id>,
    /// The first is everyone's, with the id of the server; the second is the bot's.
    pub(crate) roles: Vec<Role>,
    /// Not during an outage.
    pub(crate) available: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Dm,
    GroupDm,
    PublicThread,
    PrivateThread,
}

impl Kind {
    /// The number that Discord gives it.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Text => 0,
            Self::Dm => 1,
            Self::GroupDm => 3,
            Self::PublicThread => 11,
            Self::PrivateThread => 12,
        }
    }
}

/// Permissions of one member or role in one channel.
pub(crate) struct Overwrite {
    pub(crate) whose: Id,
    pub(crate) is_member: bool,
    pub(crate) allow: u64,
    pub(crate) deny: u64,
}

pub(crate) struct Thread {
    pub(crate) owner: Id,
    pub(crate) archived: bool,
    pub(crate) locked: bool,
    pub(crate) auto_archive_min: u64,
    pub(crate) members: BTreeSet<Id>,
}

pub(crate) struct Channel {
    pub(crate) id: Id,
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) guild: Option<Id>,
    pub(crate) parent: Option<Id>,
    /// The other side of a DM; in a group, which the bot is never in, whoever brings it along.
    pub(crate) recipient: Option<Id>,
    pub(crate) overwrites: Vec<Overwrite>,
    pub(crate) thread: Option<Thread>,
}

pub(crate) struct Attachment {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) content_type: String,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) struct Message {
    pub(crate) id: Id,
    pub(crate) channel: Id,
    pub(crate) author: Id,
    /// 0 plain, 6 something was pinned, 18 thread created, 19 reply, 20 slash command, 23 context menu command.
    pub(crate) kind: u8,
    pub(crate) content: String,
    pub(crate) embeds: Vec<Value>,
    pub(crate) components: Vec<Value>,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) flags: u64,
    pub(crate) nonce: Option<Value>,
    pub(crate) reply_to: Option<Id>,
    /// People whom it pinged.
    pub(crate) mentions: BTreeSet<Id>,
    pub(crate) mention_roles: BTreeSet<Id>,
    pub(crate) mentions_everyone: bool,
    pub(crate) edited: Option<Timestamp>,
    pub(crate) pinned: bool,
    /// Who alone sees it.
    pub(crate) only_for: Option<Id>,
    /// The interaction that it answers.
    pub(crate) interaction: Option<Id>,
    /// Still "is thinking…".
    pub(crate) thinking: bool,
    /// Written by somebody's webhook.
    pub(crate) webhook: Option<Id>,
}

impl Message {
    pub(crate) fn plain(id: Id, channel: Id, author: Id, content: &str) -> Self {
        Self {
            id,
            channel,
            author,
            kind: 0,
            content: content.to_owned(),
            embeds: Vec::new(),
            components: Vec::new(),
            attachments: Vec::new(),
            flags: 0,
            nonce: None,
            reply_to: None,
            mentions: BTreeSet::new(),
            mention_roles: BTreeSet::new(),
            mentions_everyone: false,
            edited: None,
            pinned: false,
            only_for: None,
            interaction: None,
            thinking: false,
            webhook: None,
        }
    }
}

/// The first response to an interaction.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Response {
    /// A message, or one that will follow.
    Message,
    /// An edit of the message that was pressed on, or one that may follow.
    Update,
    Choices(Vec<Value>),
    Form(Value),
}

pub(crate) struct Interaction {
    pub(crate) id: Id,
    pub(crate) token: String,
    /// 2 command, 3 component, 4 autocomplete, 5 form.
    pub(crate) kind: u8,
    pub(crate) user: Id,
    pub(crate) channel: Id,
    /// The message whose component was used.
    pub(crate) source: Option<Id>,
    /// How the test names it.
    pub(crate) label: String,
    /// What the bot got.
    pub(crate) data: Value,
    pub(crate) response: Option<Response>,
    pub(crate) original: Option<Id>,
    pub(crate) followups: u32,
}

pub(crate) struct World {
    pub(crate) now: Timestamp,
    last_id: u64,
    pub(crate) app: App,
    pub(crate) users: BTreeMap<Id, User>,
    pub(crate) guilds: BTreeMap<Id, Guild>,
    pub(crate) channels: BTreeMap<Id, Channel>,
    pub(crate) messages: BTreeMap<Id, Message>,
    pub(crate) interactions: BTreeMap<Id, Interaction>,
    /// Global ones under `None`, those of a server under its id.
    pub(crate) commands: BTreeMap<Option<Id>, Vec<Value>>,
    /// Commands that servers show to everybody, whatever they ask for by default.
    pub(crate) shown_to_all: BTreeSet<String>,
    pub(crate) gateway: Gateway,
    pub(crate) faults: Plan,
    pub(crate) limits: Limits,
    pub(crate) record: Record,
}

impl World {
    /// A world with the application, its bot and its owner, and nobody else.
    pub(crate) fn new(now: Timestamp) -> Self {
        let none = Id(0);
        let mut world = Self {
            now,
            last_id: 0,
            app: App { id: none, token: String::new(), owner: none, granted: gateway::PRIVILEGED },
            users: BTreeMap::new(),
            guilds: BTreeMap::new(),
            channels: BTreeMap::new(),
            messages: BTreeMap::new(),
            interactions: BTreeMap::new(),
            commands: BTreeMap::new(),
            shown_to_all: BTreeSet::new(),
            gateway: Gateway::default(),
            faults: Plan::default(),
            limits: Limits::default(),
            record: Record::default(),
        };
        world.app.owner = world.add_user("owner", false);
        world.app.id = world.add_user("riposte", true);
        // Shaped like a real one: the bot's id, then two parts that nobody can guess.
        world.app.token = format!("{}.fake.not-a-secret-but-never-to-be-logged", world.app.id);
        world
    }

    /// The next id at the present time; ids of one millisecond count up.
    pub(crate) fn new_id(&mut self) -> Id {
        let ms = u64::try_from(self.now.as_millisecond() - EPOCH_MS).unwrap();
        self.last_id = (ms << 22).max(self.last_id + 1);
        Id(self.last_id)
    }

    pub(crate) fn bot(&self) -> Id {
        self.app.id
    }

    pub(crate) fn add_user(&mut self, name: &str, bot: bool) -> Id {
        let id = self.new_id();
        self.users.insert(id, User { id, name: name.to_owned(), bot, dms_open: true, form: None });
        id
    }

    /// A server with the owner in it, and the bot if `with_bot`.
    pub(crate) fn add_guild(&mut self, name: &str, with_bot: bool) -> Id {
        let id = self.new_id();
        let everyone = Role {
            id,
            name: "@everyone".to_owned(),
            permissions: permissions::EVERYONE_BY_DEFAULT,
            mentionable: false,
        };
        let role = Role { id: self.new_id(), name: "riposte".to_owned(), permissions: 0, mentionable: false };
        let guild = Guild {
            id,
            name: name.to_owned(),
            members: BTreeSet::from([self.app.owner]),
            managers: BTreeSet::new(),
            roles: vec![everyone, role],
            available: true,
        };
        self.guilds.insert(id, guild);
        if with_bot {
            self.join(id, self.bot());
        }
        id
    }

    /// Makes somebody a member; the bot hears of the whole server.
    pub(crate) fn join(&mut self, guild: Id, who: Id) {
        self.guilds.get_mut(&guild).unwrap().members.insert(who);
        if who == self.bot() {
            let data = wire::guild_create(self, guild);
            self.tell(Event::of_guild("GUILD_CREATE", guild, data));
        } else if self.hears_of(guild) {
            let mut data = wire::member(self, guild, who);
            data["guild_id"] = json!(guild.to_string());
            let mut event = Event::of_guild("GUILD_MEMBER_ADD", guild, data);
            event.needs = gateway::GUILD_MEMBERS;
            self.tell(event);
        }
    }

    /// The server disappears from the bot: for an outage, or because it was kicked.
    pub(crate) fn lose_guild(&mut self, guild: Id, outage: bool) {
        if outage {
            self.guilds.get_mut(&guild).unwrap().available = false;
        } else {
            let bot = self.bot();
            self.guilds.get_mut(&guild).unwrap().members.remove(&bot);
        }
        let data = if outage {
            json!({"id": guild.to_string(), "unavailable": true})
        } else {
            json!({"id": guild.to_string()})
        };
        self.tell(Event::of_guild("GUILD_DELETE", guild, data));
    }

    /// The end of an outage.
    pub(crate) fn restore_guild(&mut self, guild: Id) {
        self.guilds.get_mut(&guild).unwrap().available = true;
        let data = wire::guild_create(self, guild);
        self.tell(Event::of_guild("GUILD_CREATE", guild, data));
    }

    pub(crate) fn add_channel(&mut self, guild: Id, name: &str) -> Id {
        let id = self.new_id();
        self.channels.insert(
            id,
            Channel {
                id,
                kind: Kind::Text,
                name: name.to_owned(),
                guild: Some(guild),
                parent: None,
                recipient: None,
                overwrites: Vec::new(),
                thread: None,
            },
        );
        self.tell_of_channel("CHANNEL_CREATE", id);
        id
    }

    /// The DM of somebody with the bot, opened if it was not.
    pub(crate) fn dm_with(&mut self, who: Id) -> Id {
        let mut channels = self.channels.values();
        let open = channels.find(|channel| channel.recipient == Some(who) && channel.kind == Kind::Dm);
        match open {
            Some(open) => open.id,
            None => self.add_conversation(who, Kind::Dm),
        }
    }

    /// A conversation that belongs to no server.
    pub(crate) fn add_conversation(&mut self, who: Id, kind: Kind) -> Id {
        let id = self.new_id();
        self.channels.insert(
            id,
            Channel {
                id,
                kind,
                name: String::new(),
                guild: None,
                parent: None,
                recipient: Some(who),
                overwrites: Vec::new(),
                thread: None,
            },
        );
        id
    }

    /// Whether the bot is where a channel is. Where it is not, people bring it along.
    pub(crate) fn has_bot(&self, channel: Id) -> bool {
        let channel = &self.channels[&channel];
        let member = |guild: Id| self.guilds[&guild].members.contains(&self.app.id);
        channel.guild.map_or(channel.kind != Kind::GroupDm, member)
    }

    /// A thread under `parent`; `id` is that of the message it is made from, if any.
    pub(crate) fn add_thread(&mut self, parent: Id, id: Option<Id>, name: &str, kind: Kind, owner: Id) -> Id {
        let id = id.unwrap_or_else(|| self.new_id());
        let guild = self.channels[&parent].guild;
        let members = BTreeSet::from([owner]);
        self.channels.insert(
            id,
            Channel {
                id,
                kind,
                name: name.to_owned(),
                guild,
                parent: Some(parent),
                recipient: None,
                overwrites: Vec::new(),
                thread: Some(Thread {
                    owner,
                    archived: false,
                    locked: false,
                    auto_archive_min: 1440,
                    members,
                }),
            },
        );
        self.tell_of_channel("THREAD_CREATE", id);
        id
    }

    /// Writing in an archived thread wakes it.
    pub(crate) fn wake(&mut self, channel: Id) {
        let thread = self.channels.get_mut(&channel).and_then(|channel| channel.thread.as_mut());
        if let Some(thread) = thread.filter(|thread| thread.archived) {
            thread.archived = false;
            self.tell_of_channel("THREAD_UPDATE", channel);
        }
    }

    pub(crate) fn remove_channel(&mut self, id: Id) {
        let name = if self.channels[&id].thread.is_some() { "THREAD_DELETE" } else { "CHANNEL_DELETE" };
        self.tell_of_channel(name, id);
        self.channels.remove(&id);
        let threads: Vec<Id> = self
            .channels
            .values()
            .filter(|thread| thread.parent == Some(id))
            .map(|thread| thread.id)
            .collect();
        for thread in threads {
            self.channels.remove(&thread);
        }
    }

    /// Tells the bot of a channel or thread as it is, if it may see it.
    pub(crate) fn tell_of_channel(&mut self, name: &'static str, id: Id) {
        let Some(guild) = self.channels[&id].guild else { return };
        if self.hears_of(guild) {
            let data = wire::channel(self, id);
            self.tell(Event::of_guild(name, guild, data));
        }
    }

    /// Stores a message, shows it to the people and tells the bot.
    pub(crate) fn post(&mut self, message: Message) -> Id {
        let id = message.id;
        self.messages.insert(id, message);
        self.show(id, false);
        self.tell_of_message("MESSAGE_CREATE", id);
        id
    }

    /// A message was changed: shows and tells. One that was not shown before, for it was thinking, is new.
    pub(crate) fn changed(&mut self, id: Id) {
        let shown_before = self.record.shown.iter().any(|shown| shown.message == id);
        self.show(id, shown_before);
        self.tell_of_message("MESSAGE_UPDATE", id);
    }

    /// Takes a message away, and tells.
    pub(crate) fn remove_message(&mut self, id: Id) {
        let Some(message) = self.messages.remove(&id) else { return };
        let Some(channel) = self.channels.get(&message.channel) else { return };
        let mut data = json!({"id": id.to_string(), "channel_id": message.channel.to_string()});
        let guild = channel.guild;
        if let Some(guild) = guild {
            data["guild_id"] = json!(guild.to_string());
        }
        if message.only_for.is_none() {
            self.tell(Event::of_message("MESSAGE_DELETE", guild, data, None));
        }
    }

    fn show(&mut self, id: Id, edited: bool) {
        let message = &self.messages[&id];
        if message.author != self.bot() || message.thinking {
            return;
        }
        let (channel, only_for) = (message.channel, message.only_for);
        let text = super::render::message(self, id, edited);
        self.record.show(id, channel, only_for, text);
    }

    fn tell_of_message(&mut self, name: &'static str, id: Id) {
        let message = &self.messages[&id];
        let guild = self.channels[&message.channel].guild;
        let kept_from_bot = message.only_for.is_some() || guild.is_some_and(|guild| !self.hears_of(guild));
        if kept_from_bot || !permissions::of(self, self.bot(), message.channel).has(permissions::VIEW_CHANNEL)
        {
            return;
        }
        let full = wire::message_event(self, id);
        let censored = (!wire::is_open_to_bot(self, id)).then(|| wire::without_content(full.clone()));
        self.tell(Event::of_message(name, guild, full, censored));
    }

    /// Whether the bot is in the server and the server is up.
    pub(crate) fn hears_of(&self, guild: Id) -> bool {
        let guild = &self.guilds[&guild];
        guild.available && guild.members.contains(&self.app.id)
    }

    /// Gives an event to every session of the bot that asked for its kind.
    pub(crate) fn tell(&mut self, event: Event) {
        self.gateway.tell(event);
    }

    /// The name of a user, or their id if there is none.
    pub(crate) fn name_of(&self, user: Id) -> String {
        self.users.get(&user).map_or_else(|| user.to_string(), |user| user.name.clone())
    }
}
