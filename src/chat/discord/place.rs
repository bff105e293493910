//! Where on Discord an interview takes place, as the one word that the engine keeps. Pure.
//!
//! A server's places begin with the server, a channel's with server and channel, so that whoever is thrown
//! out can close them all by that beginning.

use std::fmt;

use serenity::model::id::{ChannelId, GuildId, InteractionId, UserId};

/// What every place and person of this front end begins with.
pub const PREFIX: &str = "discord";

/// Where an interview takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// In a person's direct messages.
    Direct(ChannelId),
    /// In a thread that is still to be made, of the answer to a command.
    Starting {
        /// The server.
        guild: GuildId,
        /// Where the command was given.
        parent: ChannelId,
        /// The command.
        command: InteractionId,
    },
    /// In a thread of a server.
    Thread {
        /// The server.
        guild: GuildId,
        /// The channel that it belongs to.
        parent: ChannelId,
        /// The thread.
        thread: ChannelId,
    },
    /// A channel of a server, where everybody reads: a round is there.
    Channel {
        /// The server.
        guild: GuildId,
        /// The channel.
        channel: ChannelId,
    },
    /// In a channel of a server, or in a thread of it, but for one person alone: their part in a round.
    Aside {
        /// The server.
        guild: GuildId,
        /// The channel.
        parent: ChannelId,
    },
    /// Where the bot may only answer what is asked of it: a server or a group that it is no member of.
    Alone(ChannelId),
}

/// The last part of the name of an [aside](Place::Aside).
const ASIDE: &str = "aside";

impl Place {
    /// Reads a place; `None` for one of another front end.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let place = match parts[..] {
            [PREFIX, conversation] => match conversation.split_once('-')? {
                ("dm", channel) => Self::Direct(ChannelId::new(id(channel)?)),
                ("alone", channel) => Self::Alone(ChannelId::new(id(channel)?)),
                _ => return None,
            },
            [PREFIX, guild, parent, "new", command] => Self::Starting {
                guild: GuildId::new(id(guild)?),
                parent: ChannelId::new(id(parent)?),
                command: InteractionId::new(id(command)?),
            },
            [PREFIX, guild, channel] => {
                Self::Channel { guild: GuildId::new(id(guild)?), channel: ChannelId::new(id(channel)?) }
            }
            [PREFIX, guild, parent, ASIDE] => {
                Self::Aside { guild: GuildId::new(id(guild)?), parent: ChannelId::new(id(parent)?) }
            }
            [PREFIX, guild, parent, thread] => Self::Thread {
                guild: GuildId::new(id(guild)?),
                parent: ChannelId::new(id(parent)?),
                thread: ChannelId::new(id(thread)?),
            },
            _ => return None,
        };
        Some(place)
    }

    /// Whether what its person writes there is meant for the interview. Where it is answered for them alone,
    /// they talk with others.
    pub(super) fn hears_messages(&self) -> bool {
        match self {
            Self::Direct(_) | Self::Thread { .. } => true,
            // Until its thread is there, the channel is everybody's.
            Self::Starting { .. } | Self::Channel { .. } | Self::Aside { .. } | Self::Alone(_) => false,
        }
    }

    /// Whether it is a place, or within it.
    pub(super) fn is_in(&self, place: &str) -> bool {
        self.to_string().strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    }

    /// Whether it belongs to a server, whose channels have names.
    pub(super) fn is_in_server(&self) -> bool {
        match self {
            Self::Starting { .. } | Self::Thread { .. } | Self::Channel { .. } | Self::Aside { .. } => true,
            Self::Direct(_) | Self::Alone(_) => false,
        }
    }

    /// The channel that its messages stand in.
    pub(super) fn channel(&self) -> ChannelId {
        match self {
            Self::Direct(channel) | Self::Alone(channel) | Self::Channel { channel, .. } => *channel,
            Self::Starting { parent, .. } | Self::Aside { parent, .. } => *parent,
            Self::Thread { thread, .. } => *thread,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct(channel) => write!(out, "{PREFIX}:dm-{channel}"),
            Self::Alone(channel) => write!(out, "{PREFIX}:alone-{channel}"),
            Self::Starting { guild, parent, command } => {
                write!(out, "{PREFIX}:{guild}:{parent}:new:{command}")
            }
            Self::Thread { guild, parent, thread } => write!(out, "{PREFIX}:{guild}:{parent}:{thread}"),
            Self::Channel { guild, channel } => write!(out, "{PREFIX}:{guild}:{channel}"),
            Self::Aside { guild, parent } => write!(out, "{PREFIX}:{guild}:{parent}:{ASIDE}"),
        }
    }
}

/// The server, as the place that all its places are in.
pub(super) fn of_guild(guild: GuildId) -> String {
    format!("{PREFIX}:{guild}")
}

/// A channel of a server, as the place that its threads are in.
pub(super) fn of_channel(guild: GuildId, channel: ChannelId) -> String {
    format!("{PREFIX}:{guild}:{channel}")
}

/// A person, as the engine keeps them.
pub(super) fn person(user: UserId) -> String {
    format!("{PREFIX}:{user}")
}

/// The user behind a person; `None` for one of another front end.
pub(super) fn user(person: &str) -> Option<UserId> {
    let number = person.strip_prefix(PREFIX)?.strip_prefix(':')?;
    Some(UserId::new(id(number)?))
}

/// Discord's ids are never 0, and serenity panics on it.
pub(super) fn id(text: &str) -> Option<u64> {
    text.parse().ok().filter(|&id| id != 0 && id != u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_read_back() {
        let (guild, parent) = (GuildId::new(7), ChannelId::new(8));
        for place in [
            Place::Direct(ChannelId::new(5)),
            Place::Alone(ChannelId::new(6)),
            Place::Starting { guild, parent, command: InteractionId::new(9) },
            Place::Thread { guild, parent, thread: ChannelId::new(9) },
            Place::Channel { guild, channel: parent },
            Place::Aside { guild, parent },
        ] {
            assert_eq!(Place::parse(&place.to_string()), Some(place));
        }
        let thread = Place::Thread { guild, parent, thread: ChannelId::new(9) };
        assert!(thread.is_in(&of_guild(guild)) && thread.is_in(&of_channel(guild, parent)));
        assert!(!thread.is_in(&of_channel(guild, ChannelId::new(80))) && !thread.is_in("discord:70"));
        assert!(Place::Aside { guild, parent }.is_in(&of_channel(guild, parent)));
        assert_eq!(of_channel(guild, parent), Place::Channel { guild, channel: parent }.to_string());
    }

    #[test]
    fn quotas_find_the_server_and_the_channel_of_a_place() {
        let (guild, parent) = (GuildId::new(7), ChannelId::new(8));
        let check = |place: Place, server: Option<String>, channel: String| {
            let kept = crate::chat::Place(place.to_string());
            assert_eq!((kept.server(), kept.channel()), (server.as_deref(), channel.as_str()));
        };
        for place in [Place::Direct(ChannelId::new(5)), Place::Alone(ChannelId::new(6))] {
            check(place, None, place.to_string());
        }
        for place in [
            Place::Starting { guild, parent, command: InteractionId::new(9) },
            Place::Thread { guild, parent, thread: ChannelId::new(9) },
            Place::Channel { guild, channel: parent },
            Place::Aside { guild, parent },
        ] {
            check(place, Some(of_guild(guild)), of_channel(guild, parent));
        }
    }

    #[test]
    fn places_of_others_are_none() {
        for text in [
            "",
            "terminal",
            "discord",
            "discord:dm-",
            "discord:dm-0",
            "discord:dm-x",
            "slack:T1:C1:1",
            "discord:1:0",
            "discord:1:x",
        ] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
        assert_eq!(user("terminal:me"), None);
        assert_eq!(user(&person(UserId::new(3))), Some(UserId::new(3)));
    }
}
