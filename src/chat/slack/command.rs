//! What stands after `/riposte` → what it asks for. Pure.

use std::collections::BTreeSet;

use super::text;
use crate::core::bank::{Bank, Level};
use crate::core::calendar::Weekdays;
use crate::core::choose::Filter;
use crate::core::daily::{DailyId, Wish};
use crate::core::interview::{SCREEN_MAX, TRAPS_MAX};

/// The words that may stand first.
const WORDS: [&str; 8] = ["drill", "screen", "round", "daily", "help", "setup", "forget-me", "export"];
/// Those that may stand after `daily`.
const OF_DAILIES: [&str; 7] =
    ["daily add", "daily list", "daily edit", "daily pause", "daily resume", "daily skip", "daily remove"];
/// Zones without a slash in their name.
const PLAIN_ZONES: [&str; 2] = ["utc", "gmt"];
/// Questions of a screen where nobody asked for another number.
pub(super) const SCREEN_DEFAULT: u8 = 5;
/// Characters that are read; nothing that makes sense is longer.
const CHARS_MAX: usize = 300;
/// From this likeness on, a word is offered instead of another one.
const LIKE: f64 = 0.75;

/// What a command asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A drill.
    Drill {
        /// Which questions.
        filter: Filter,
        /// Follow-ups a question.
        traps: Option<u8>,
        /// In direct messages, wherever it was asked for.
        direct: bool,
    },
    /// A screen.
    Screen {
        /// Questions.
        count: u8,
        /// In direct messages, wherever it was asked for.
        direct: bool,
    },
    /// A round in this channel.
    Round {
        /// Which questions.
        filter: Filter,
        /// How long it is open.
        minutes: Option<u32>,
    },
    /// Something of the dailies of the workspace.
    Daily(DailyAsked),
    /// What the bot does.
    Help,
    /// What is missing here.
    Setup,
    /// Everything about them removed.
    ForgetMe,
    /// Everything about them as a file.
    Export,
    /// Something that there is not.
    Unknown {
        /// The word.
        word: String,
        /// The one that it is most like.
        near: Option<&'static str>,
    },
}

/// What is asked of the dailies of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DailyAsked {
    /// One more.
    Add(Options),
    /// To see them all.
    List,
    /// Something about one of them.
    One {
        /// Which; `None` for the only one that there is.
        daily: Option<DailyId>,
        /// What.
        deed: Deed,
    },
}

/// What is to be done about a daily.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// Other details.
    Edit(Box<Options>),
    /// No posts until it is resumed.
    Pause,
    /// Posts again.
    Resume,
    /// The next post left out.
    Skip,
    /// To have it no more.
    Remove,
}

/// The details of a daily, as somebody typed them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// The channel by its id, if Slack put that in the place of a name, else as it was typed.
    pub(super) channel: Option<String>,
    /// Everything else. A user group is named as a channel is.
    pub(super) wish: Wish,
}

/// The names of the tracks, in small letters.
pub(super) fn tracks(bank: &Bank) -> BTreeSet<String> {
    bank.questions.iter().map(|question| question.track.to_lowercase()).collect()
}

/// Reads a command. Nothing at all asks for a drill, as the program itself does.
pub(super) fn read(text: &str, tracks: &BTreeSet<String>) -> Asked {
    let text: String = text.chars().take(CHARS_MAX).collect::<String>().replace(" - ", "-");
    let mut words = text.split_whitespace();
    let Some(first) = words.next() else { return read_drill(words, tracks) };
    match first.to_lowercase().as_str() {
        "drill" => read_drill(words, tracks),
        "screen" => read_screen(words),
        "round" => read_round(words, tracks),
        "daily" => read_daily(words, tracks),
        "help" => Asked::Help,
        "setup" => Asked::Setup,
        "forget-me" => Asked::ForgetMe,
        "export" => Asked::Export,
        other => unknown(first, other, &WORDS),
    }
}

/// A word that means nothing, with the one that it is most like. `small` is how it is compared.
fn unknown(word: &str, small: &str, words: &[&'static str]) -> Asked {
    let likeness = words.iter().map(|word| (strsim::jaro_winkler(small, word), *word));
    let best = likeness.max_by(|a, b| a.0.total_cmp(&b.0));
    let near = best.filter(|(likeness, _)| *likeness >= LIKE).map(|(_, word)| word);
    Asked::Unknown { word: word.to_owned(), near }
}

/// Which questions, word by word: a track and a level are known by themselves; what else is said is a topic.
struct Which<'a> {
    tracks: &'a BTreeSet<String>,
    filter: Filter,
    topic: Vec<&'a str>,
}

impl<'a> Which<'a> {
    fn new(tracks: &'a BTreeSet<String>) -> Self {
        Self { tracks, filter: Filter::default(), topic: Vec::new() }
    }

    /// Takes a track or a level; false for another word.
    fn takes(&mut self, word: &str) -> bool {
        let small = word.to_lowercase();
        if let Some(level) = Level::named(word) {
            self.filter.level = Some(level);
        } else if self.tracks.contains(&small) {
            self.filter.track = Some(small);
        } else {
            return false;
        }
        true
    }

    fn filter(self) -> Filter {
        let topic = (!self.topic.is_empty()).then(|| text::heard(&self.topic.join(" ")));
        Filter { topic, ..self.filter }
    }
}

/// A track, a level, a number of follow-ups and `dm` are known by themselves; what else is said is a topic.
fn read_drill<'a>(words: impl Iterator<Item = &'a str>, tracks: &'a BTreeSet<String>) -> Asked {
    let mut which = Which::new(tracks);
    let (mut traps, mut direct) = (None, false);
    for word in words {
        if which.takes(word) {
            continue;
        }
        if word.eq_ignore_ascii_case("dm") {
            direct = true;
        } else if let Ok(number) = word.parse::<u8>() {
            traps = Some(number.clamp(1, TRAPS_MAX));
        } else {
            which.topic.push(word);
        }
    }
    Asked::Drill { filter: which.filter(), traps, direct }
}

/// A number is the minutes that it is open.
fn read_round<'a>(words: impl Iterator<Item = &'a str>, tracks: &'a BTreeSet<String>) -> Asked {
    let mut which = Which::new(tracks);
    let mut minutes = None;
    let mut words = words.peekable();
    while let Some(word) = words.next() {
        if which.takes(word) {
            continue;
        }
        if let Some(number) = counted(word, &mut words, &["m", "min", "minute", "minutes"]) {
            minutes = Some(number);
        } else if let Ok(number) = word.parse() {
            minutes = Some(number);
        } else {
            which.topic.push(word);
        }
    }
    Asked::Round { filter: which.filter(), minutes }
}

/// A number with one of these units, as one word or as two.
fn counted<'a>(
    word: &str,
    words: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>,
    units: &[&str],
) -> Option<u32> {
    let is_unit = |unit: &str| units.iter().any(|known| unit.eq_ignore_ascii_case(known));
    let (number, unit) = word.split_at(word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len()));
    let number = number.parse().ok()?;
    if unit.is_empty() {
        words.next_if(|next| is_unit(next))?;
        return Some(number);
    }
    is_unit(unit).then_some(number)
}

fn read_daily<'a>(mut words: impl Iterator<Item = &'a str>, tracks: &'a BTreeSet<String>) -> Asked {
    let Some(what) = words.next() else { return Asked::Daily(DailyAsked::List) };
    let mut words = words.peekable();
    let small = what.to_lowercase();
    let asked = match small.as_str() {
        "list" => DailyAsked::List,
        "add" => DailyAsked::Add(read_options(words, tracks)),
        "edit" => {
            let daily = numbered(&mut words);
            DailyAsked::One { daily, deed: Deed::Edit(Box::new(read_options(words, tracks))) }
        }
        "pause" => DailyAsked::One { daily: numbered(&mut words), deed: Deed::Pause },
        "resume" => DailyAsked::One { daily: numbered(&mut words), deed: Deed::Resume },
        "skip" => DailyAsked::One { daily: numbered(&mut words), deed: Deed::Skip },
        "remove" => DailyAsked::One { daily: numbered(&mut words), deed: Deed::Remove },
        other => return unknown(&format!("daily {what}"), &format!("daily {other}"), &OF_DAILIES),
    };
    Asked::Daily(asked)
}

/// The number of a daily, where one stands next.
fn numbered<'a>(words: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>) -> Option<DailyId> {
    let number = words.peek()?.parse().ok()?;
    words.next();
    Some(DailyId(number))
}

/// The details of a daily are known by themselves too: `9:30 Europe/Berlin mon-fri python junior 8h pin`.
fn read_options<'a>(
    words: std::iter::Peekable<impl Iterator<Item = &'a str>>,
    tracks: &'a BTreeSet<String>,
) -> Options {
    let mut which = Which::new(tracks);
    let mut options = Options::default();
    let mut days: Vec<&str> = Vec::new();
    let mut words = words;
    while let Some(word) = words.next() {
        let small = word.to_lowercase();
        let wish = &mut options.wish;
        if which.takes(word) {
            continue;
        }
        if let Some(hours) = counted(word, &mut words, &["h", "hour", "hours"]) {
            wish.hours = Some(hours);
        } else if word.starts_with(|first: char| first.is_ascii_digit()) {
            // What is no time is said by whoever reads it.
            let half = words.next_if(|next| matches!(next.to_lowercase().as_str(), "am" | "pm"));
            wish.time = Some(half.map_or(word.to_owned(), |half| format!("{word} {half}")));
        } else if word.contains('/') || PLAIN_ZONES.contains(&small.as_str()) {
            wish.zone = Some(word.to_owned());
        } else if word.parse::<Weekdays>().is_ok() {
            days.push(word);
        } else if let Some(group) = group(word) {
            wish.role = Some(group.to_owned());
        } else if let Some(channel) = channel(word) {
            options.channel = Some(channel.to_owned());
        } else {
            match small.as_str() {
                "pin" => wish.pin = Some(true),
                "unpin" => wish.pin = Some(false),
                "quiet" => wish.role = Some(String::new()),
                _ => which.topic.push(word),
            }
        }
    }
    options.wish.weekdays = (!days.is_empty()).then(|| days.join(" "));
    options.wish.filter = Some(which.filter()).filter(|filter| *filter != Filter::default());
    options
}

/// The id of a user group; of a name that Slack did not replace by one, the name, which is none.
fn group(word: &str) -> Option<&str> {
    match word.strip_prefix("<!subteam^").and_then(|rest| rest.strip_suffix('>')) {
        Some(group) => Some(group.split('|').next().unwrap_or(group)),
        None => ["@", "<@", "<!"].iter().any(|sign| word.starts_with(sign)).then_some(word),
    }
}

/// The id of a channel, in the same way.
fn channel(word: &str) -> Option<&str> {
    match word.strip_prefix("<#").and_then(|rest| rest.strip_suffix('>')) {
        Some(channel) => Some(channel.split('|').next().unwrap_or(channel)),
        None => word.starts_with('#').then_some(word),
    }
}

fn read_screen<'a>(words: impl Iterator<Item = &'a str>) -> Asked {
    let (mut count, mut direct) = (SCREEN_DEFAULT, false);
    for word in words {
        if let Ok(number) = word.parse::<u8>() {
            count = number.clamp(1, SCREEN_MAX);
        }
        direct = direct || word.eq_ignore_ascii_case("dm");
    }
    Asked::Screen { count, direct }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Asked {
        read(text, &["python".to_owned()].into())
    }

    #[test]
    fn options_are_known_by_themselves() {
        let filter = Filter {
            track: Some("python".to_owned()),
            topic: Some("Lists and tuples".to_owned()),
            level: Some(Level::Junior),
            question: None,
        };
        let expected = Asked::Drill { filter, traps: Some(2), direct: true };
        assert_eq!(asked("drill Python JUNIOR 2 Lists and tuples dm"), expected);
        let plain = Asked::Drill { filter: Filter::default(), traps: None, direct: false };
        assert_eq!(asked(""), plain);
        assert_eq!(asked("  Drill "), plain);
        assert_eq!(asked("screen"), Asked::Screen { count: 5, direct: false });
        assert_eq!(asked("screen 200 dm"), Asked::Screen { count: SCREEN_MAX, direct: true });
        assert_eq!(asked("forget-me"), Asked::ForgetMe);
    }

    #[test]
    fn slip_gets_the_word_that_was_meant() {
        let unknown = |word: &str, near| Asked::Unknown { word: word.to_owned(), near };
        assert_eq!(asked("dril"), unknown("dril", Some("drill")));
        assert_eq!(asked("forgetme"), unknown("forgetme", Some("forget-me")));
        assert_eq!(asked("xyz"), unknown("xyz", None));
        assert_eq!(asked("daily puase 2"), unknown("daily puase", Some("daily pause")));
    }

    #[test]
    fn number_of_a_round_is_its_minutes() {
        let filter = Filter {
            track: Some("python".to_owned()),
            topic: Some("Lists & tuples".to_owned()),
            level: Some(Level::Mid),
            question: None,
        };
        for text in
            ["round 30 python mid Lists &amp; tuples", "round Lists &amp; tuples python MID 30 minutes"]
        {
            assert_eq!(asked(text), Asked::Round { filter: filter.clone(), minutes: Some(30) });
        }
        let plain = |minutes| Asked::Round { filter: Filter::default(), minutes };
        assert_eq!(asked("round"), plain(None));
        assert_eq!(asked("round 5min"), plain(Some(5)));
    }

    #[test]
    fn details_of_a_daily_are_known_by_themselves() {
        let options = |text: &str| {
            if let Asked::Daily(DailyAsked::Add(options)) = asked(text) {
                options
            } else if let Asked::Daily(DailyAsked::One { deed: Deed::Edit(options), .. }) = asked(text) {
                *options
            } else {
                panic!("{text} is about no daily")
            }
        };
        let everything = Options {
            channel: Some("C7".to_owned()),
            wish: Wish {
                time: Some("9:30".to_owned()),
                zone: Some("Europe/Berlin".to_owned()),
                weekdays: Some("mon-fri sun".to_owned()),
                filter: Some(Filter { track: Some("python".to_owned()), ..Filter::default() }),
                hours: Some(8),
                role: Some("S9".to_owned()),
                pin: Some(true),
            },
        };
        let text = "9:30 Europe/Berlin mon - fri sun python 8h <!subteam^S9|@py> <#C7|general> pin";
        assert_eq!(options(&format!("daily add {text}")), everything);
        assert_eq!(options(&format!("daily edit 2 {text}")), everything);
        let time = |text: &str| options(text).wish.time.unwrap();
        assert_eq!(time("daily add 9:30 pm"), "9:30 pm");
        assert_eq!(time("daily add 9 utc 2 hours"), "9");
        assert_eq!(time("daily add 25:00"), "25:00");
        let quiet = options("daily edit quiet unpin").wish;
        assert_eq!((quiet.role.as_deref(), quiet.pin, quiet.filter), (Some(""), Some(false), None));
        assert_eq!(options("daily add @here").wish.role.as_deref(), Some("@here"));
        assert_eq!(options("daily add <!here>").wish.role.as_deref(), Some("<!here>"));
    }

    #[test]
    fn daily_is_named_by_its_number_or_is_the_only_one() {
        let pause = |daily: Option<i64>| {
            Asked::Daily(DailyAsked::One { daily: daily.map(DailyId), deed: Deed::Pause })
        };
        assert_eq!(asked("daily pause"), pause(None));
        assert_eq!(asked("Daily PAUSE 12"), pause(Some(12)));
        assert_eq!(asked("daily"), Asked::Daily(DailyAsked::List));
    }
}
