//! Time zones by their IANA names. Their rules are in the program, so that they are the same on every
//! machine.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use super::typed::shown;

/// Names that a list to choose from has at the most: what Discord shows under an option.
pub const ZONES_MAX: usize = 25;
/// Names that an error suggests at the most.
const NEAR_MAX: usize = 3;
/// Characters of a name at the most; what is longer is like none. The longest name has 32.
const NAME_CHARS_MAX: usize = 60;
/// Two names are near from this similarity on (0 to 1): one or two slips of the finger.
const NEAR_FROM: f64 = 0.75;

/// What is offered before anything is typed: the zones of many people, from west to east.
const COMMON: [&str; 16] = [
    "UTC",
    "America/Los_Angeles",
    "America/Chicago",
    "America/New_York",
    "America/Sao_Paulo",
    "Europe/London",
    "Africa/Lagos",
    "Europe/Berlin",
    "Africa/Cairo",
    "Europe/Istanbul",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
];

/// Areas whose names are kept for old programs.
const OLD_AREAS: [&str; 5] = ["Brazil", "Canada", "Chile", "Mexico", "US"];
/// What is never offered: `Etc/GMT+2` means two hours *west* of Greenwich, and hardly anybody who types
/// `GMT+2` does.
const NEVER: &str = "Etc/";

/// A time zone of the IANA database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(TimeZone);

/// A name that no time zone has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no time zone; {}", shown(.typed), advice(.near))]
pub struct NoSuchZone {
    /// What was written.
    pub typed: String,
    /// Names that may be meant, the likeliest first.
    pub near: Vec<String>,
}

impl Zone {
    /// The zone of this name, in any case.
    pub fn named(name: &str) -> Result<Self, NoSuchZone> {
        match TimeZoneDatabase::bundled().get(name.trim()) {
            Ok(zone) if !zone.is_unknown() => Ok(Self(zone)),
            Ok(_) | Err(_) => {
                Err(NoSuchZone { typed: name.to_owned(), near: zones_like(name.trim(), NEAR_MAX) })
            }
        }
    }

    /// Its IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The local date at an instant.
    pub fn date(&self, at: Timestamp) -> Date {
        self.0.to_datetime(at).date()
    }

    pub(super) fn tz(&self) -> &TimeZone {
        &self.0
    }
}

impl TryFrom<String> for Zone {
    type Error = NoSuchZone;

    fn try_from(name: String) -> Result<Self, NoSuchZone> {
        Self::named(&name)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> String {
        zone.name().to_owned()
    }
}

/// Names of zones that may be meant by what was typed so far, the likeliest first and `max` at the most.
pub fn zones_like(typed: &str, max: usize) -> Vec<String> {
    if typed.chars().nth(NAME_CHARS_MAX).is_some() {
        return Vec::new();
    }
    let typed = folded(typed);
    if typed.is_empty() {
        return COMMON.iter().take(max).map(|&name| name.to_owned()).collect();
    }
    let names = TimeZoneDatabase::bundled();
    let names = names.available().map(|name| name.as_str().to_owned());
    let mut found: Vec<_> = names.filter_map(|name| Some((likeness(&typed, &name)?, name))).collect();
    found.sort();
    // Names that hold what was typed leave no room for ones that only resemble it.
    let holding = found.iter().any(|((kind, ..), _)| *kind < RESEMBLES);
    let found = found.into_iter().filter(|((kind, ..), _)| !holding || *kind < RESEMBLES);
    found.take(max).map(|(_, name)| name).collect()
}

/// The kind of likeness that is a guess.
const RESEMBLES: u8 = 4;

/// How like a name is to what was typed, smaller first: the kind of likeness, whether it is an old name,
/// whether few people live there, and how far apart they are in thousandths.
fn likeness(typed: &str, name: &str) -> Option<(u8, bool, bool, u32)> {
    if name.starts_with(NEVER) {
        return None;
    }
    let lower = folded(name);
    let (area, city) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let old = name != "UTC" && (area.is_empty() || OLD_AREAS.iter().any(|old| name.starts_with(old)));
    let rare = !COMMON.contains(&name);
    let kind = if lower == typed {
        0
    } else if city.starts_with(typed) {
        1
    } else if lower.starts_with(typed) {
        2
    } else if lower.contains(typed) {
        3
    } else {
        let similar = strsim::normalized_damerau_levenshtein(typed, &lower)
            .max(strsim::normalized_damerau_levenshtein(typed, city));
        let apart = ((1.0 - similar) * 1e3) as u32;
        return (similar >= NEAR_FROM && !old).then_some((RESEMBLES, old, rare, apart));
    };
    Some((kind, old, rare, 0))
}

/// As people type it: any case, and spaces for underscores.
fn folded(name: &str) -> String {
    name.trim().to_lowercase().replace(' ', "_")
}

fn advice(near: &[String]) -> String {
    match near {
        [] => "write an area and a city, for instance Europe/Berlin".to_owned(),
        near => format!("did you mean {}?", near.join(", ")),
    }
}
