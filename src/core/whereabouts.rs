//! Who and where: the two names that everything on a platform hangs on.

use serde::{Deserialize, Serialize};

/// Somebody on a platform, such as `discord:80351110224678912` or `terminal:me`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Person(pub String);

/// Somewhere on a platform, from the widest part to the narrowest: `terminal`; `discord:4177198:1271215` (front
/// end, server, channel); `discord:dm-1551016` (a conversation of two, which belongs to no server).
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
        self.0.split(':').next().unwrap_or_default()
    }

    /// The server that it belongs to: the first two parts, where there are more.
    pub fn server(&self) -> Option<&str> {
        let (second, _) = self.0.match_indices(':').nth(1)?;
        self.0.get(..second)
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
        let check = |place: &str, front: &str, server: Option<&str>| {
            let place = Place::from(place);
            assert_eq!((place.front(), place.server()), (front, server));
        };
        check("terminal", "terminal", None);
        check("discord:dm-7", "discord", None);
        check("discord:1:2", "discord", Some("discord:1"));
        check("slack:T1:C2:1700000000.1", "slack", Some("slack:T1"));
    }
}
