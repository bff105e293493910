//! The commands: what Discord shows of them, and what is suggested while somebody types. Pure.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::core::bank::Bank;
use crate::core::interview::{SCREEN_MAX, TRAPS_MAX};
use crate::core::say::{self, Phrase};

/// Suggestions at the most; Discord's limit.
const SUGGESTIONS_MAX: usize = 25;
/// Characters of a suggestion at the most; Discord's limit.
const SUGGESTION_CHARS_MAX: usize = 100;
/// Servers, direct messages with the bot, and other conversations.
const EVERYWHERE: [u8; 3] = [0, 1, 2];
/// Added to a server, or by a person to themselves.
const INSTALLS: [u8; 2] = [0, 1];

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Drill,
    Screen,
    Setup,
    Help,
    ForgetMe,
    Export,
    FollowUp,
}

impl Name {
    const ALL: [Name; 7] =
        [Name::Drill, Name::Screen, Name::Setup, Name::Help, Name::ForgetMe, Name::Export, Name::FollowUp];

    fn phrase(self) -> Phrase {
        match self {
            Name::Drill => say::command::DRILL,
            Name::Screen => say::command::SCREEN,
            Name::Setup => say::command::SETUP,
            Name::Help => say::command::HELP,
            Name::ForgetMe => say::command::FORGET_ME,
            Name::Export => say::command::EXPORT,
            Name::FollowUp => say::command::FOLLOW_UP,
        }
    }

    /// The command of this name.
    pub(super) fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|command| command.phrase().text == name)
    }
}

/// What Discord is to know of all commands.
pub(super) fn all() -> Value {
    let suggested = |name: Phrase, about: Phrase| {
        let mut option = described(name, about);
        option.insert("type".to_owned(), json!(3));
        option.insert("autocomplete".to_owned(), json!(true));
        Value::Object(option)
    };
    let number = |name: Phrase, about: Phrase, max: u8| {
        let mut option = described(name, about);
        option.insert("type".to_owned(), json!(4));
        option.insert("min_value".to_owned(), json!(1));
        option.insert("max_value".to_owned(), json!(max));
        Value::Object(option)
    };
    let place = || {
        let mut option = described(say::command::WHERE, say::command::WHERE_ABOUT);
        option.insert("type".to_owned(), json!(3));
        let choices = [(say::command::HERE, "here"), (say::command::DIRECT, "dm")];
        let choices = choices.map(|(name, value)| json!({"name": name.text, "value": value}));
        option.insert("choices".to_owned(), json!(choices));
        Value::Object(option)
    };
    use say::command as c;
    let drill = vec![
        suggested(c::TRACK, c::TRACK_ABOUT),
        suggested(c::TOPIC, c::TOPIC_ABOUT),
        suggested(c::LEVEL, c::LEVEL_ABOUT),
        number(c::TRAPS, c::TRAPS_ABOUT, TRAPS_MAX),
        place(),
    ];
    json!([
        slash(c::DRILL, c::DRILL_ABOUT, drill),
        slash(c::SCREEN, c::SCREEN_ABOUT, vec![number(c::COUNT, c::COUNT_ABOUT, SCREEN_MAX)]),
        slash(c::SETUP, c::SETUP_ABOUT, Vec::new()),
        slash(c::HELP, c::HELP_ABOUT, Vec::new()),
        slash(c::FORGET_ME, c::FORGET_ME_ABOUT, Vec::new()),
        slash(c::EXPORT, c::EXPORT_ABOUT, Vec::new()),
        on_message(c::FOLLOW_UP),
    ])
}

/// Whether what is registered is what should be: everything that we say of a command stands there, and no
/// other command does. What Discord adds by itself does not count.
pub(super) fn are_registered(wanted: &Value, registered: &Value) -> bool {
    let (Some(wanted), Some(registered)) = (wanted.as_array(), registered.as_array()) else { return false };
    let stands = |command: &Value| {
        let same = |other: &&Value| other["name"] == command["name"] && other["type"] == command["type"];
        registered.iter().find(same).is_some_and(|other| holds(other, command))
    };
    wanted.len() == registered.len() && wanted.iter().all(stands)
}

fn holds(registered: &Value, wanted: &Value) -> bool {
    match (registered, wanted) {
        (Value::Object(registered), Value::Object(wanted)) => wanted.iter().all(|(key, value)| {
            registered.get(key).map_or(is_nothing(value), |registered| holds(registered, value))
        }),
        (Value::Array(registered), Value::Array(wanted)) => {
            registered.len() == wanted.len() && registered.iter().zip(wanted).all(|(a, b)| holds(a, b))
        }
        (Value::Number(registered), Value::Number(wanted)) => registered.as_f64() == wanted.as_f64(),
        (registered, wanted) => registered == wanted || (is_nothing(registered) && is_nothing(wanted)),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(values) => values.is_empty(),
        Value::Bool(true) | Value::Number(_) | Value::String(_) => false,
    }
}

/// What can be typed into the options of commands.
#[derive(Clone, Debug, Default)]
pub(super) struct Choices {
    tracks: BTreeSet<String>,
    /// (track, topic)
    topics: BTreeSet<(String, String)>,
}

impl Choices {
    /// What a bank has.
    pub(super) fn of(bank: &Bank) -> Self {
        let questions = || bank.questions.iter();
        Self {
            tracks: questions().map(|question| question.track.clone()).collect(),
            topics: questions().map(|question| (question.track.clone(), question.topic.clone())).collect(),
        }
    }

    /// Suggestions for what was typed into an option; topics of the track alone, where one was typed.
    pub(super) fn suggest(&self, option: &str, typed: &str, track: Option<&str>) -> Vec<String> {
        let of_track = |name: &str| track.is_none_or(|track| track.eq_ignore_ascii_case(name));
        let all: Vec<&str> = match option {
            "track" => self.tracks.iter().map(String::as_str).collect(),
            "topic" => {
                let topics = self.topics.iter().filter(|(track, _)| of_track(track));
                topics.map(|(_, topic)| topic.as_str()).collect()
            }
            "level" => vec!["junior", "mid", "senior"],
            _ => Vec::new(),
        };
        let typed = typed.to_lowercase();
        let fitting = all.into_iter().filter(|name| name.to_lowercase().contains(&typed));
        let short = fitting.map(|name| name.chars().take(SUGGESTION_CHARS_MAX).collect());
        short.take(SUGGESTIONS_MAX).collect()
    }
}

fn slash(name: Phrase, about: Phrase, options: Vec<Value>) -> Value {
    let mut command = described(name, about);
    command.insert("type".to_owned(), json!(1));
    command.insert("options".to_owned(), json!(options));
    everywhere(command)
}

fn on_message(name: Phrase) -> Value {
    let mut command = Map::new();
    phrase(&mut command, "name", name);
    command.insert("type".to_owned(), json!(3));
    everywhere(command)
}

fn everywhere(mut command: Map<String, Value>) -> Value {
    command.insert("contexts".to_owned(), json!(EVERYWHERE));
    command.insert("integration_types".to_owned(), json!(INSTALLS));
    Value::Object(command)
}

fn described(name: Phrase, about: Phrase) -> Map<String, Value> {
    let mut described = Map::new();
    phrase(&mut described, "name", name);
    phrase(&mut described, "description", about);
    described
}

/// A phrase under its key, with its translations where there are any.
fn phrase(into: &mut Map<String, Value>, key: &str, phrase: Phrase) {
    into.insert(key.to_owned(), json!(phrase.text));
    if !phrase.elsewhere.is_empty() {
        let translations = phrase.elsewhere.iter().map(|(locale, text)| ((*locale).to_owned(), json!(text)));
        into.insert(format!("{key}_localizations"), Value::Object(translations.collect()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_keep_the_limits_of_discord() {
        let all = all();
        let commands = all.as_array().unwrap();
        assert!(commands.len() <= 100);
        for command in commands {
            let name = command["name"].as_str().unwrap();
            assert!((1..=32).contains(&name.chars().count()), "{name}");
            assert!(Name::read(name).is_some());
            for described in command["options"].as_array().into_iter().flatten().chain([command]) {
                let about = described["description"].as_str().unwrap_or("x").chars().count();
                assert!((1..=100).contains(&about), "{described}");
            }
        }
    }

    #[test]
    fn what_stands_there_is_not_registered_again() {
        let wanted = all();
        let mut registered = wanted.clone();
        for command in registered.as_array_mut().unwrap() {
            command["id"] = json!("1");
            command["version"] = json!("2");
            command["nsfw"] = json!(false);
            command["name_localizations"] = Value::Null;
        }
        assert!(are_registered(&wanted, &registered));
        registered[0]["description"] = json!("Something else");
        assert!(!are_registered(&wanted, &registered));
        assert!(!are_registered(&wanted, &json!([])));
    }

    #[test]
    fn phrases_bring_their_translations() {
        let mut command = Map::new();
        let name = Phrase { text: "drill", elsewhere: &[("de", "übung"), ("fr", "entretien")] };
        phrase(&mut command, "name", name);
        assert_eq!(command["name_localizations"], json!({"de": "übung", "fr": "entretien"}));
    }

    #[test]
    fn topics_are_those_of_the_track() {
        let pair = |track: &str, topic: &str| (track.to_owned(), topic.to_owned());
        let choices = Choices {
            tracks: ["python", "sql"].map(str::to_owned).into(),
            topics: [pair("python", "Classes"), pair("sql", "Joins"), pair("python", "Closures")].into(),
        };
        assert_eq!(choices.suggest("topic", "CL", Some("Python")), ["Classes", "Closures"]);
        assert_eq!(choices.suggest("topic", "", None), ["Classes", "Closures", "Joins"]);
        assert_eq!(choices.suggest("track", "s", None), ["sql"]);
        assert_eq!(choices.suggest("nothing", "", None), Vec::<String>::new());
    }
}
