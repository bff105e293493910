//! Who and where: the two names that everything on a platform hangs on.

use serde::{Deserialize, Serialize};

/// Somebody on a platform, such as `discord:80351110224678912` or `terminal:me`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Person(pub String);

/// Somewhere on a platform, from the widest part to the narrowest: `terminal`; `discord:4177198:1271215:99` (front
/// end, server, channel, thread); `discord:dm-1551016` (a conversation, which belongs to no server). Quotas go by
/// these parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Place(pub String);

/// What keeps a card from its place until somebody acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Posting there is not allowed.
    NoPermission,
    /// The person takes no private messages.
    PrivateMessagesClosed,
    /// The thread is locked, and only a moderator can open it.
    ThreadLocked,
    /// Only what the person does can be answered there, and that not for ever.
    OnlyAnswers,
}

impl Place {
    /// The front end that shows things there: the first part.
    pub fn front(&self) -> &str {
        self.before_colon(1).unwrap_or(&self.0)
    }

    /// The server that it belongs to: the first two parts, where there are more.
    pub fn server(&self) -> Option<&str> {
        self.before_colon(2)
    }

    /// The channel that it is, or is in: the first three parts, or all of a place that has no more.
    pub fn channel(&self) -> &str {
        self.before_colon(3).unwrap_or(&self.0)
    }

    /// This many parts, where there are more.
    fn before_colon(&self, parts: usize) -> Option<&str> {
        let (end, _) = self.0.match_indices(':').nth(parts.checked_sub(1)?)?;
        self.0.get(..end)
    }
}

impl From<&str> for Person {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl From<&str> for Place {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn parts_of_a_place() {
        let check = |place: &str, front: &str, server: Option<&str>, channel: &str| {
            let place = Place::from(place);
            assert_eq!((place.front(), place.server(), place.channel()), (front, server, channel));
        };
        check("terminal", "terminal", None, "terminal");
        check("discord:dm-7", "discord", None, "discord:dm-7");
        check("discord:1:2", "discord", Some("discord:1"), "discord:1:2");
        check("discord:1:2:new:3", "discord", Some("discord:1"), "discord:1:2");
        check("slack:T1:C2:1700000000.1", "slack", Some("slack:T1"), "slack:T1:C2");
    }
}
