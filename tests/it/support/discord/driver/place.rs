//! Servers, channels, threads, DMs, and what a test does to them.

use std::sync::Arc;

use crate::support::discord::state::{Id, Message, Overwrite, Role, World};
use crate::support::discord::{Shared, permissions, render};

use super::person::Person;

/// A server.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) shared: Arc<Shared>,
    pub(crate) id: Id,
}

impl Server {
    /// Makes a text channel.
    pub(crate) fn channel(&self, name: &str) -> Place {
        let id = self.shared.with(|world| world.add_channel(self.id, name));
        Place { shared: self.shared.clone(), id }
    }

    /// Somebody may manage it from here on.
    pub(crate) fn lets_manage(&self, who: &Person) {
        self.shared.with(|world| world.guilds.get_mut(&self.id).unwrap().managers.insert(who.id));
    }

    /// Makes a role that anybody may mention; its id.
    pub(crate) fn role(&self, name: &str) -> Id {
        self.shared.with(|world| {
            let id = world.new_id();
            let role = Role { id, name: name.to_owned(), permissions: 0, mentionable: true };
            world.guilds.get_mut(&self.id).unwrap().roles.push(role);
            id
        })
    }

    /// Takes permissions from everybody, in every channel.
    pub(crate) fn takes_away(&self, permissions: u64) {
        self.shared.with(|world| {
            let everyone = &mut world.guilds.get_mut(&self.id).unwrap().roles[0];
            everyone.permissions &= !permissions;
        });
    }

    /// Lets nobody mention a role without a permission.
    pub(crate) fn closes_role(&self, id: Id) {
        self.shared.with(|world| {
            let roles = &mut world.guilds.get_mut(&self.id).unwrap().roles;
            roles.iter_mut().find(|role| role.id == id).unwrap().mentionable = false;
        });
    }

    /// Shows a command to everybody, whatever it asks for by default.
    pub(crate) fn shows_to_all(&self, command: &str) {
        self.shared.with(|world| world.shown_to_all.insert(command.to_owned()));
    }

    /// Somebody comes in.
    pub(crate) fn join(&self, who: &Person) {
        self.shared.with(|world| world.join(self.id, who.id));
    }

    /// The bot is thrown out.
    pub(crate) fn kick_bot(&self) {
        self.shared.with(|world| world.lose_guild(self.id, false));
    }

    /// The bot is invited, again or for the first time.
    pub(crate) fn invite_bot(&self) {
        self.shared.with(|world| {
            let bot = world.bot();
            world.join(self.id, bot);
        });
    }

    /// An outage of Discord: the server is there and cannot be reached.
    pub(crate) fn outage(&self) {
        self.shared.with(|world| world.lose_guild(self.id, true));
    }

    /// The end of the outage.
    pub(crate) fn recover(&self) {
        self.shared.with(|world| world.restore_guild(self.id));
    }
}

/// A channel, thread or DM.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) shared: Arc<Shared>,
    pub(crate) id: Id,
}

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Post {
    pub(crate) id: Id,
    pub(crate) channel: Id,
}

impl Place {
    /// Waits for the newest thread of this channel.
    pub(crate) async fn thread(&self) -> Self {
        let look = |world: &mut World| {
            let mut channels = world.channels.values().rev();
            channels.find(|channel| channel.parent == Some(self.id)).map(|channel| channel.id)
        };
        let id = self.shared.until("a thread", look).await;
        Self { shared: self.shared.clone(), id }
    }

    /// Takes permissions from the bot here.
    pub(crate) fn deny(&self, permissions: u64) {
        self.overwrite(0, permissions);
    }

    /// Gives permissions to the bot here, also back.
    pub(crate) fn allow(&self, permissions: u64) {
        self.overwrite(permissions, 0);
    }

    fn overwrite(&self, allow: u64, deny: u64) {
        self.shared.with(|world| {
            let bot = world.bot();
            let channel = world.channels.get_mut(&self.id).unwrap();
            let place = channel.overwrites.iter().position(|over| over.whose == bot);
            let place = place.unwrap_or_else(|| {
                channel.overwrites.push(Overwrite { whose: bot, is_member: true, allow: 0, deny: 0 });
                channel.overwrites.len() - 1
            });
            let over = &mut channel.overwrites[place];
            over.allow = (over.allow & !deny) | allow;
            over.deny = (over.deny & !allow) | deny;
            world.tell_of_channel("CHANNEL_UPDATE", self.id);
        });
    }

    pub(crate) fn archive(&self) {
        self.set(true, false);
    }

    /// Archived and locked: only who manages threads can write.
    pub(crate) fn lock(&self) {
        self.set(true, true);
    }

    pub(crate) fn reopen(&self) {
        self.set(false, false);
    }

    fn set(&self, archived: bool, locked: bool) {
        self.shared.with(|world| {
            let thread = world.channels.get_mut(&self.id).unwrap().thread.as_mut();
            let thread = thread.expect("only threads are archived");
            (thread.archived, thread.locked) = (archived, locked);
            world.tell_of_channel("THREAD_UPDATE", self.id);
        });
    }

    pub(crate) fn is_archived(&self) -> bool {
        self.shared
            .with(|world| world.channels[&self.id].thread.as_ref().is_some_and(|thread| thread.archived))
    }

    /// Somebody deletes it.
    pub(crate) fn remove(&self) {
        self.shared.with(|world| world.remove_channel(self.id));
    }

    /// A message of somebody's webhook.
    pub(crate) fn webhook_says(&self, text: &str) -> Post {
        self.shared.with(|world| {
            let hook = world.new_id();
            let mut message = Message::plain(world.new_id(), self.id, hook, text);
            message.webhook = Some(hook);
            Post { id: world.post(message), channel: self.id }
        })
    }

    /// How often the bot showed that it is writing here.
    pub(crate) fn typed(&self) -> usize {
        self.shared.with(|world| world.record.typing.iter().filter(|place| **place == self.id).count())
    }

    /// Everything that one person sees here at present, from the top.
    pub(crate) fn as_seen_by(&self, who: &Person) -> String {
        self.shared
            .with(|world| {
                let visible = world.messages.values().filter(|message| {
                    message.channel == self.id && is_visible(world, message, who.id) && !message.thinking
                });
                visible
                    .map(|message| render::message(world, message.id, message.edited.is_some()))
                    .collect::<Vec<_>>()
            })
            .join("\n\n")
    }
}

/// Whether somebody can see a message.
pub(super) fn is_visible(world: &World, message: &Message, who: Id) -> bool {
    message.only_for.is_none_or(|only| only == who) && sees_place(world, message.channel, who)
}

/// Whether somebody can see a channel.
pub(super) fn sees_place(world: &World, channel: Id, who: Id) -> bool {
    let in_thread = world.channels.get(&channel).is_none_or(|place| match &place.thread {
        Some(thread) if place.kind == crate::support::discord::state::Kind::PrivateThread => {
            thread.members.contains(&who)
        }
        Some(_) | None => true,
    });
    in_thread && permissions::of(world, who, channel).has(permissions::VIEW_CHANNEL)
}
