//! Says a thing seldom enough not to be a nuisance. Pure; time comes in.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

/// Between two hints in the same place.
const HINT_EVERY: SignedDuration = SignedDuration::from_mins(10);
/// Places with a recent hint at the most; beyond it, hints may come a little earlier.
const HINTS_MAX: usize = 10_000;

/// What a hint is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hint {
    /// No drill is open there.
    NoDrill,
    /// A message had no text.
    NoText,
    /// A message may not be read.
    Unreadable,
    /// There was more than is allowed.
    TooMuch,
}

/// When a hint was given, by place and what it is about.
#[derive(Debug)]
pub(super) struct Hints<Place>(BTreeMap<Place, Timestamp>);

impl<Place> Default for Hints<Place> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<Place: Ord> Hints<Place> {
    /// Whether one is due in a place; if so, it counts as given.
    pub(super) fn is_due(&mut self, place: Place, now: Timestamp) -> bool {
        if self.0.get(&place).is_some_and(|at| now.duration_since(*at) < HINT_EVERY) {
            return false;
        }
        if self.0.len() >= HINTS_MAX {
            self.0.clear();
        }
        self.0.insert(place, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_hint_at_a_time() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut hints = Hints::default();
        assert!(hints.is_due(1, at(0)));
        assert!(!hints.is_due(1, at(60)));
        assert!(hints.is_due(2, at(60)));
        assert!(hints.is_due(1, at(600)));
    }
}
