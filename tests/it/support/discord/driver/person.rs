//! A person: what they write, change and read.

use std::sync::Arc;

use crate::support::discord::state::{Id, Kind, Message, World};
use crate::support::discord::{Shared, render};

use super::place::{Place, Post, is_visible, sees_place};

#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) shared: Arc<Shared>,
    pub(crate) id: Id,
}

impl Person {
    /// Their DM with the bot.
    pub(crate) fn dm(&self) -> Place {
        let id = self.shared.with(|world| world.dm_with(self.id));
        Place { shared: self.shared.clone(), id }
    }

    /// Whether the bot may write to them.
    pub(crate) fn opens_dms(&self, open: bool) {
        self.shared.with(|world| world.users.get_mut(&self.id).unwrap().dms_open = open);
    }

    /// Writes a message; `@riposte` in it is a mention.
    pub(crate) fn says(&self, place: &Place, text: &str) -> Post {
        self.shared.with(|world| self.write(world, place.id, text, None, false))
    }

    /// Writes in the DM with the bot.
    pub(crate) fn tells_bot(&self, text: &str) -> Post {
        let dm = self.dm();
        self.says(&dm, text)
    }

    /// Replies to a message, which pings its author.
    pub(crate) fn replies(&self, to: Post, text: &str) -> Post {
        self.shared.with(|world| self.write(world, to.channel, text, Some(to.id), true))
    }

    /// Replies with the ping switched off.
    pub(crate) fn replies_quietly(&self, to: Post, text: &str) -> Post {
        self.shared.with(|world| self.write(world, to.channel, text, Some(to.id), false))
    }

    fn write(&self, world: &mut World, place: Id, text: &str, reply_to: Option<Id>, ping: bool) -> Post {
        assert!(sees_place(world, place, self.id), "{} cannot write here", world.name_of(self.id));
        if world.channels[&place].kind == Kind::Dm {
            assert_eq!(world.channels[&place].recipient, Some(self.id), "this is somebody else's DM");
        }
        let mut content = text.to_owned();
        let mut message = Message::plain(world.new_id(), place, self.id, "");
        for user in world.users.values() {
            let mention = format!("<@{}>", user.id);
            content = content.replace(&format!("@{}", user.name), &mention);
            if content.contains(&mention) {
                message.mentions.insert(user.id);
            }
        }
        message.content = content;
        message.reply_to = reply_to;
        message.kind = if reply_to.is_some() { 19 } else { 0 };
        if let Some(quoted) = reply_to.filter(|_| ping).and_then(|quoted| world.messages.get(&quoted)) {
            message.mentions.insert(quoted.author);
        }
        if let Some(thread) = world.channels.get_mut(&place).and_then(|channel| channel.thread.as_mut()) {
            assert!(!thread.locked, "the thread is locked");
            thread.members.insert(self.id);
        }
        world.wake(place);
        Post { id: world.post(message), channel: place }
    }

    pub(crate) fn edits(&self, post: Post, text: &str) {
        self.shared.with(|world| {
            let now = world.now;
            let message = world.messages.get_mut(&post.id).unwrap();
            assert_eq!(message.author, self.id, "one edits only one's own");
            text.clone_into(&mut message.content);
            message.edited = Some(now);
            world.changed(post.id);
        });
    }

    pub(crate) fn deletes(&self, post: Post) {
        self.shared.with(|world| world.remove_message(post.id));
    }

    /// Waits for the next message that nobody has read yet and they can see; as text.
    pub(crate) async fn reads(&self) -> String {
        self.reads_where("a message", |_| true).await
    }

    /// The same, of one place; what is unread elsewhere stays so.
    pub(crate) async fn reads_in(&self, place: &Place) -> String {
        self.reads_where("a message in this place", |channel| channel == place.id).await
    }

    /// Reads the next message, which has to contain this.
    pub(crate) async fn sees(&self, text: &str) {
        let read = self.reads_where(&format!("“{text}”"), |_| true).await;
        assert!(read.contains(text), "“{text}” was to be read, but it says:\n{read}");
    }

    /// Reads one message after the other up to one that contains this; all of them.
    pub(crate) async fn reads_up_to(&self, text: &str) -> String {
        let mut all = Vec::new();
        loop {
            let read = self.reads_where(&format!("“{text}”"), |_| true).await;
            let found = read.contains(text);
            all.push(read);
            if found {
                return all.join("\n\n");
            }
        }
    }

    async fn reads_where(&self, what: &str, wanted: impl Fn(Id) -> bool) -> String {
        let name = self.shared.with(|world| world.name_of(self.id));
        let look = |world: &mut World| {
            let place = self.unread(world, &wanted)?;
            let shown = &mut world.record.shown[place];
            shown.read = true;
            Some(shown.text.clone())
        };
        self.shared.until(&format!("{what} that {name} can read"), look).await
    }

    /// The first message that nobody has read yet and they can see.
    pub(super) fn unread(&self, world: &World, wanted: impl Fn(Id) -> bool) -> Option<usize> {
        world.record.shown.iter().position(|shown| {
            !shown.read
                && wanted(shown.channel)
                && shown.only_for.is_none_or(|only| only == self.id)
                && sees_place(world, shown.channel, self.id)
        })
    }

    /// The newest message of the bot that they can see.
    pub(crate) fn last(&self) -> Post {
        self.shared.with(|world| {
            let mut messages = world.messages.values().rev();
            let last = messages.find(|message| {
                message.author == world.app.id && !message.thinking && is_visible(world, message, self.id)
            });
            let last = last.expect("the bot has written something");
            Post { id: last.id, channel: last.channel }
        })
    }

    /// The form that is open on their screen, as text.
    pub(crate) fn form(&self) -> String {
        self.shared.with(|world| {
            let form = &world.users[&self.id].form;
            render::form(&form.as_ref().expect("a form is open").1)
        })
    }
}
