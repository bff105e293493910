//! Times and weekdays as people write them.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Time, Weekday};
use serde::{Deserialize, Serialize};

/// Characters of a wrong text that its error repeats: enough to recognise it.
const SHOWN_CHARS_MAX: usize = 40;

const NAMES: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Weekdays of a schedule, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Weekdays([bool; 7]);

/// A text that is no time of the day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no time of the day; write hours and minutes, for instance 09:30 or 9:30 pm", shown(.typed))]
pub struct NoSuchTime {
    /// What was written.
    pub typed: String,
}

/// A text that names no weekdays.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` names no weekday; write for instance mon-fri, or mon, wed, sat, or daily", shown(.typed))]
pub struct NoSuchWeekday {
    /// The word that is wrong.
    pub typed: String,
}

/// Reads a time: `9`, `9:30`, `09.30`, `21:30`, `9 pm`, `9:30pm`.
pub fn time(text: &str) -> Result<Time, NoSuchTime> {
    read_time(text).ok_or_else(|| NoSuchTime { typed: text.to_owned() })
}

fn read_time(text: &str) -> Option<Time> {
    let text = text.trim().to_lowercase();
    let (clock, half) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
        (Some(clock), _) => (clock.trim_end(), Some(0)),
        (None, Some(clock)) => (clock.trim_end(), Some(12)),
        (None, None) => (text.as_str(), None),
    };
    let (hour, minute) = match clock.split_once([':', '.']) {
        Some((hour, minute)) if minute.len() == 2 => (number(hour)?, number(minute)?),
        Some(_) => return None,
        None => (number(clock)?, 0),
    };
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None => hour,
    };
    Time::new(hour, minute, 0, 0).ok()
}

/// One or two digits, and nothing else.
fn number(digits: &str) -> Option<i8> {
    let plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

impl Weekdays {
    /// All seven.
    pub const DAILY: Self = Self([true; 7]);

    /// Whether a weekday is one of them.
    pub fn contains(self, day: Weekday) -> bool {
        self.0[place(day)]
    }
}

impl FromStr for Weekdays {
    type Err = NoSuchWeekday;

    /// Reads `daily`, `weekdays`, `weekends`, names of three letters or more, and ranges (`fri-mon`), with
    /// commas or spaces between them.
    fn from_str(text: &str) -> Result<Self, NoSuchWeekday> {
        let mut days = [false; 7];
        let separated = text.to_lowercase().replace(['–', '—'], "-").replace(" - ", "-");
        for word in separated.split([',', ' ']).filter(|word| !word.is_empty()) {
            let wrong = || NoSuchWeekday { typed: word.to_owned() };
            let (first, last) = match (word, word.split_once('-')) {
                ("daily", _) => (0, 6),
                ("weekdays", _) => (0, 4),
                ("weekends", _) => (5, 6),
                (_, Some((first, last))) => (named(first).ok_or_else(wrong)?, named(last).ok_or_else(wrong)?),
                (day, None) => {
                    let day = named(day).ok_or_else(wrong)?;
                    (day, day)
                }
            };
            // A range may run over the end of the week.
            for step in 0..=(last + 7 - first) % 7 {
                days[(first + step) % 7] = true;
            }
        }
        match days {
            [false, false, false, false, false, false, false] => {
                Err(NoSuchWeekday { typed: text.to_owned() })
            }
            days => Ok(Self(days)),
        }
    }
}

impl fmt::Display for Weekdays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = NAMES.iter().zip(self.0).filter(|(_, on)| *on).map(|(name, _)| &name[..3]);
        f.write_str(&days.collect::<Vec<_>>().join(", "))
    }
}

impl TryFrom<String> for Weekdays {
    type Error = NoSuchWeekday;

    fn try_from(text: String) -> Result<Self, NoSuchWeekday> {
        text.parse()
    }
}

impl From<Weekdays> for String {
    fn from(days: Weekdays) -> String {
        days.to_string()
    }
}

fn named(text: &str) -> Option<usize> {
    NAMES.iter().position(|name| text.len() >= 3 && name.starts_with(text))
}

fn place(day: Weekday) -> usize {
    usize::from(day.to_monday_zero_offset().unsigned_abs())
}

/// A text for an error: on one line and not too long.
pub(super) fn shown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
