//! Where in Slack an interview takes place, as the one word that the engine keeps. Pure.
//!
//! Every name holds its workspace, so that nothing of one can be taken for another's. Channels and people are named
//! within theirs, so that all of it can be closed when it throws the app out; direct messages stand for themselves,
//! as quotas go by the parts of a name.

use std::fmt;

use jiff::Timestamp;

use super::draw::Audience;
use crate::chat;

/// What every place and person of this front end begins with.
pub const PREFIX: &str = "slack";
/// What the direct messages with a person begin with.
const DIRECT: &str = "dm-";
/// What stands before the trigger of a question that is still to be posted.
const NEW: &str = "new";
/// The last part of the name of an [aside](Place::Aside). Threads are named by numbers.
const ASIDE: &str = "aside";
/// Characters of an id at the most; Slack's have eleven, those of triggers up to about seventy.
const ID_MAX: usize = 120;

/// Where an interview takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the direct messages between a person and the app.
    Direct {
        /// The workspace.
        team: String,
        /// The person, by whom the conversation is found.
        user: String,
    },
    /// In the thread of a question that is still to be posted.
    Starting {
        /// The workspace.
        team: String,
        /// Where it was asked for.
        channel: String,
        /// What asked for it.
        trigger: String,
    },
    /// In the thread of a question.
    Thread {
        /// The workspace.
        team: String,
        /// The channel.
        channel: String,
        /// The question, by the time of its message.
        thread: String,
    },
    /// A channel, where everybody reads: a round is there.
    Channel {
        /// The workspace.
        team: String,
        /// The channel.
        channel: String,
    },
    /// In a channel, but for one person alone: their part in a round.
    Aside {
        /// The workspace.
        team: String,
        /// The channel.
        channel: String,
    },
}

impl Place {
    /// Reads a place; `None` for one of another front end.
    pub(super) fn parse(place: &chat::Place) -> Option<Self> {
        let parts: Vec<&str> = place.0.split(':').collect();
        if !parts.iter().skip(1).all(|part| is_id(part)) {
            return None;
        }
        let owned = str::to_owned;
        let place = match parts[..] {
            [PREFIX, conversation] => {
                let (team, user) = conversation.strip_prefix(DIRECT)?.split_once('-')?;
                if !is_id(team) || !is_id(user) {
                    return None;
                }
                Self::Direct { team: owned(team), user: owned(user) }
            }
            [PREFIX, team, channel] => Self::Channel { team: owned(team), channel: owned(channel) },
            [PREFIX, team, channel, ASIDE] => Self::Aside { team: owned(team), channel: owned(channel) },
            [PREFIX, team, channel, NEW, trigger] => {
                Self::Starting { team: owned(team), channel: owned(channel), trigger: owned(trigger) }
            }
            [PREFIX, team, channel, thread] => {
                Self::Thread { team: owned(team), channel: owned(channel), thread: owned(thread) }
            }
            _ => return None,
        };
        Some(place)
    }

    /// The workspace that it is in.
    pub(super) fn team(&self) -> &str {
        match self {
            Self::Direct { team, .. }
            | Self::Starting { team, .. }
            | Self::Thread { team, .. }
            | Self::Channel { team, .. }
            | Self::Aside { team, .. } => team,
        }
    }

    /// Whether what its person writes there is meant for the interview. Where it is answered for them alone,
    /// they talk with others.
    pub(super) fn hears_messages(&self) -> bool {
        match self {
            Self::Direct { .. } | Self::Starting { .. } | Self::Thread { .. } => true,
            Self::Channel { .. } | Self::Aside { .. } => false,
        }
    }

    /// Who can read what stands there.
    pub(super) fn audience(&self) -> Audience {
        match self {
            Self::Direct { .. } => Audience::Direct,
            Self::Starting { .. } | Self::Channel { .. } => Audience::Everyone,
            Self::Thread { .. } => Audience::Alone,
            Self::Aside { .. } => Audience::Aside,
        }
    }

    /// As the engine keeps it.
    pub(super) fn name(&self) -> chat::Place {
        chat::Place(self.to_string())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct { team, user } => write!(out, "{PREFIX}:{DIRECT}{team}-{user}"),
            Self::Starting { team, channel, trigger } => {
                write!(out, "{PREFIX}:{team}:{channel}:{NEW}:{trigger}")
            }
            Self::Thread { team, channel, thread } => write!(out, "{PREFIX}:{team}:{channel}:{thread}"),
            Self::Channel { team, channel } => write!(out, "{PREFIX}:{team}:{channel}"),
            Self::Aside { team, channel } => write!(out, "{PREFIX}:{team}:{channel}:{ASIDE}"),
        }
    }
}

/// A workspace, as the place that its channels and its people are in.
pub(super) fn of_team(team: &str) -> chat::Place {
    chat::Place(format!("{PREFIX}:{team}"))
}

/// The questions that are just being posted in the channel of a thread, as the place that they are in.
pub(super) fn openings(at: &Place) -> Option<chat::Place> {
    let Place::Thread { team, channel, .. } = at else { return None };
    Some(chat::Place(format!("{PREFIX}:{team}:{channel}:{NEW}")))
}

/// A person, as the engine keeps them.
pub(super) fn person(team: &str, user: &str) -> chat::Person {
    chat::Person(format!("{PREFIX}:{team}:{user}"))
}

/// The user behind a person; `None` for one of another front end.
pub(super) fn user(person: &chat::Person) -> Option<&str> {
    match person.0.split(':').collect::<Vec<_>>()[..] {
        [PREFIX, team, user] if is_id(team) && is_id(user) => Some(user),
        _ => None,
    }
}

/// A message of a channel, as the engine keeps it.
pub(super) fn receipt(channel: &str, ts: &str) -> String {
    format!("{channel}:{ts}")
}

/// The channel and the time of such a message.
pub(super) fn of_receipt(receipt: &str) -> Option<(&str, &str)> {
    receipt.split_once(':')
}

/// When a message was posted; its `ts` is the time in seconds. `None` if that is no time.
pub(super) fn time(ts: &str) -> Option<Timestamp> {
    let (seconds, fraction) = ts.split_once('.').unwrap_or((ts, "0"));
    let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let microseconds = seconds.parse::<i64>().ok()?.checked_mul(1_000_000)?;
    Timestamp::from_microsecond(microseconds.checked_add(digits.parse().ok()?)?).ok()
}

/// Whether a text can be an id. Anything can come over the wire, and a colon would move it into another place.
pub(super) fn is_id(text: &str) -> bool {
    let fits = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_');
    (1..=ID_MAX).contains(&text.len()) && text.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_read_back() {
        let id = str::to_owned;
        for place in [
            Place::Direct { team: id("T1"), user: id("U1") },
            Place::Starting { team: id("T1"), channel: id("C1"), trigger: id("1.2.ab") },
            Place::Thread { team: id("T1"), channel: id("C1"), thread: id("1767603600.000100") },
            Place::Channel { team: id("T1"), channel: id("C1") },
            Place::Aside { team: id("T1"), channel: id("C1") },
        ] {
            assert_eq!(Place::parse(&place.name()), Some(place.clone()));
            assert_eq!(place.team(), "T1");
        }
    }

    #[test]
    fn s10_quotas_go_by_workspace_and_channel_and_by_person_in_direct_messages() {
        let check = |place: &str, server: Option<&str>, channel: &str| {
            let place = Place::parse(&place.into()).unwrap().name();
            assert_eq!((place.server(), place.channel()), (server, channel));
        };
        check("slack:T1:C1:1767603600.000100", Some("slack:T1"), "slack:T1:C1");
        check("slack:T1:C1:new:1.2.ab", Some("slack:T1"), "slack:T1:C1");
        check("slack:T1:C1", Some("slack:T1"), "slack:T1:C1");
        check("slack:T1:C1:aside", Some("slack:T1"), "slack:T1:C1");
        check("slack:dm-T1-U1", None, "slack:dm-T1-U1");
    }

    #[test]
    fn places_of_others_are_none() {
        for text in [
            "",
            "terminal",
            "slack",
            "slack:T1",
            "slack:dm-T1",
            "slack:dm-T1-",
            "slack:T1:",
            "slack:T1:C1:",
            "discord:1:2:3",
        ] {
            assert_eq!(Place::parse(&text.into()), None, "{text}");
        }
        assert_eq!(user(&"terminal:me".into()), None);
        assert_eq!(user(&person("T1", "U1")), Some("U1"));
    }

    #[test]
    fn messages_hold_their_time() {
        assert_eq!(time("1767603600.000100").unwrap().to_string(), "2026-01-05T09:00:00.0001Z");
        assert_eq!(time("1767603600").unwrap().to_string(), "2026-01-05T09:00:00Z");
        assert_eq!(time("soon"), None);
    }
}
