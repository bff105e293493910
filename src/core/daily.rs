//! A daily: a round that comes by a schedule. What is settled about one, and how wishes become that.

use jiff::SignedDuration;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::core::calendar::{self, NoSuchTime, NoSuchWeekday, NoSuchZone, Schedule, Weekdays, Zone};
use crate::core::choose::Filter;
use crate::core::round::OPEN_MAX;

/// Dailies of a server at the most: two each working day for everybody's taste, and an end to a list.
pub const DAILIES_MAX: usize = 20;
/// Hours until the reveal where nobody said: whoever looks in once a day meets it.
pub const HOURS_DEFAULT: u32 = 20;
/// Fewer unseen questions than this are worth a word: a week's.
pub const UNSEEN_FEW: usize = 7;
/// Instants shown of what comes next.
pub const NEXT_SHOWN: usize = 3;
/// Characters of a role's id at the most: far more than any platform's have.
const ROLE_CHARS_MAX: usize = 40;

/// Names a daily, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DailyId(pub i64);

/// What is settled about a daily.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Daily {
    /// When it comes.
    pub schedule: Schedule,
    /// Which questions fit.
    pub filter: Filter,
    /// How long its round is open.
    pub open_for: SignedDuration,
    /// The platform's id of the role that is mentioned with it; nobody is where there is none.
    pub role: Option<String>,
    /// Whether its post is pinned.
    pub pin: bool,
}

/// What somebody wants of a daily, as they typed it. What is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// The time of the day, such as `9:30`.
    pub time: Option<String>,
    /// The IANA name of the zone.
    pub zone: Option<String>,
    /// The weekdays, such as `mon-fri`.
    pub weekdays: Option<String>,
    /// Which questions fit.
    pub filter: Option<Filter>,
    /// Hours until the reveal.
    pub hours: Option<u32>,
    /// The role to mention, by the platform's id; an empty one for nobody.
    pub role: Option<String>,
    /// Whether to pin the post.
    pub pin: Option<bool>,
}

/// Why a wish cannot be settled; its text says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    /// The time.
    #[error(transparent)]
    Time(#[from] NoSuchTime),
    /// The zone.
    #[error(transparent)]
    Zone(#[from] NoSuchZone),
    /// The weekdays.
    #[error(transparent)]
    Weekdays(#[from] NoSuchWeekday),
    /// Something is missing without which there is no daily.
    #[error("a daily needs a time and a time zone, for instance 9:30 and Europe/Berlin")]
    Incomplete,
    /// The hours.
    #[error("{0} hours until the reveal are too many or too few; choose 1 to {max}", max = OPEN_MAX.as_hours())]
    Hours(u32),
    /// The role.
    #[error("that is no role of this server; choose one from the list")]
    Role,
}

/// What went wrong with a daily last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "trouble")]
pub enum Trouble {
    /// The posts from one date to another, perhaps the same, were missed.
    Missed {
        /// The first.
        first: Date,
        /// The last.
        last: Date,
    },
    /// The post of a date could not be shown where it belongs.
    Refused {
        /// Which.
        date: Date,
    },
    /// Another round was open in the channel for as long as the post of a date may be late.
    Busy {
        /// Which.
        date: Date,
    },
    /// No question fits.
    NothingFits {
        /// For which date.
        date: Date,
    },
}

impl Wish {
    /// Settles it; what it leaves open is as in `before`, or as is usual.
    pub fn settle(&self, before: Option<&Daily>) -> Result<Daily, Unclear> {
        let time = self.time.as_deref().map(calendar::time).transpose()?;
        let zone = self.zone.as_deref().map(Zone::named).transpose()?;
        let weekdays = self.weekdays.as_deref().map(str::parse).transpose()?;
        if let Some(hours) =
            self.hours.filter(|hours| !(1..=OPEN_MAX.as_hours()).contains(&i64::from(*hours)))
        {
            return Err(Unclear::Hours(hours));
        }
        let is_id = |role: &str| {
            role.len() <= ROLE_CHARS_MAX && role.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        if self.role.as_deref().is_some_and(|role| !is_id(role)) {
            return Err(Unclear::Role);
        }
        let schedule = before.map(|before| &before.schedule);
        Ok(Daily {
            schedule: Schedule {
                time: time.or(schedule.map(|schedule| schedule.time)).ok_or(Unclear::Incomplete)?,
                zone: zone
                    .or_else(|| schedule.map(|schedule| schedule.zone.clone()))
                    .ok_or(Unclear::Incomplete)?,
                weekdays: weekdays.or(schedule.map(|schedule| schedule.weekdays)).unwrap_or(Weekdays::DAILY),
            },
            filter: self
                .filter
                .clone()
                .unwrap_or_else(|| before.map(|before| before.filter.clone()).unwrap_or_default()),
            open_for: match self.hours {
                Some(hours) => SignedDuration::from_hours(i64::from(hours)),
                None => before
                    .map_or(SignedDuration::from_hours(i64::from(HOURS_DEFAULT)), |before| before.open_for),
            },
            role: match &self.role {
                Some(role) => Some(role.clone()).filter(|role| !role.is_empty()),
                None => before.and_then(|before| before.role.clone()),
            },
            pin: self.pin.unwrap_or_else(|| before.is_some_and(|before| before.pin)),
        })
    }
}
