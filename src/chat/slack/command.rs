//! What stands after `/riposte` → what it asks for. Pure.

use std::collections::BTreeSet;

use crate::core::bank::{Bank, Level};
use crate::core::choose::Filter;
use crate::core::interview::{SCREEN_MAX, TRAPS_MAX};

/// The words that may stand first.
const WORDS: [&str; 6] = ["drill", "screen", "help", "setup", "forget-me", "export"];
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

/// The names of the tracks, in small letters.
pub(super) fn tracks(bank: &Bank) -> BTreeSet<String> {
    bank.questions.iter().map(|question| question.track.to_lowercase()).collect()
}

/// Reads a command. Nothing at all asks for a drill, as the program itself does.
pub(super) fn read(text: &str, tracks: &BTreeSet<String>) -> Asked {
    let text: String = text.chars().take(CHARS_MAX).collect();
    let mut words = text.split_whitespace();
    let Some(first) = words.next() else { return read_drill(words, tracks) };
    match first.to_lowercase().as_str() {
        "drill" => read_drill(words, tracks),
        "screen" => read_screen(words),
        "help" => Asked::Help,
        "setup" => Asked::Setup,
        "forget-me" => Asked::ForgetMe,
        "export" => Asked::Export,
        other => {
            let likeness = WORDS.iter().map(|word| (strsim::jaro_winkler(other, word), *word));
            let best = likeness.max_by(|a, b| a.0.total_cmp(&b.0));
            let near = best.filter(|(likeness, _)| *likeness >= LIKE).map(|(_, word)| word);
            Asked::Unknown { word: first.to_owned(), near }
        }
    }
}

/// A track, a level, a number of follow-ups and `dm` are known by themselves; what else is said is a topic.
fn read_drill<'a>(words: impl Iterator<Item = &'a str>, tracks: &BTreeSet<String>) -> Asked {
    let mut filter = Filter::default();
    let (mut traps, mut direct) = (None, false);
    let mut topic: Vec<&str> = Vec::new();
    for word in words {
        let small = word.to_lowercase();
        if let Some(level) = Level::named(word) {
            filter.level = Some(level);
        } else if tracks.contains(&small) {
            filter.track = Some(small);
        } else if small == "dm" {
            direct = true;
        } else if let Ok(number) = word.parse::<u8>() {
            traps = Some(number.clamp(1, TRAPS_MAX));
        } else {
            topic.push(word);
        }
    }
    filter.topic = (!topic.is_empty()).then(|| topic.join(" "));
    Asked::Drill { filter, traps, direct }
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
    }
}
