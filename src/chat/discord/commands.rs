//! The commands: what Discord shows of them, and what is suggested while somebody types. Pure.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::core::bank::Bank;
use crate::core::calendar;
use crate::core::interview::{SCREEN_MAX, TRAPS_MAX};
use crate::core::round::OPEN_MAX;
use crate::core::say::{self, Phrase, command as c};

/// Suggestions at the most; Discord's limit.
pub(super) const SUGGESTIONS_MAX: usize = 25;
/// Characters of a suggestion at the most; Discord's limit.
const SUGGESTION_CHARS_MAX: usize = 100;
/// Servers, direct messages with the bot, and other conversations.
const EVERYWHERE: [u8; 3] = [0, 1, 2];
/// Added to a server, or by a person to themselves.
const INSTALLS: [u8; 2] = [0, 1];
/// Servers alone, and there only where the bot is a member.
const SERVERS: [u8; 1] = [0];
/// Who may manage the server sees a command that is for them, unless the server decides otherwise.
const MANAGE_GUILD: &str = "32";
/// Channels where a daily can be posted: those of text, and announcements.
const POSTABLE: [u8; 2] = [0, 5];

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Drill,
    Screen,
    Round,
    Daily,
    Setup,
    Help,
    ForgetMe,
    Export,
    FollowUp,
}

impl Name {
    const ALL: [Name; 9] = [
        Name::Drill,
        Name::Screen,
        Name::Round,
        Name::Daily,
        Name::Setup,
        Name::Help,
        Name::ForgetMe,
        Name::Export,
        Name::FollowUp,
    ];

    fn phrase(self) -> Phrase {
        match self {
            Name::Drill => say::command::DRILL,
            Name::Screen => say::command::SCREEN,
            Name::Round => say::command::ROUND,
            Name::Daily => say::command::DAILY,
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
    let traps = number(c::TRAPS, c::TRAPS_ABOUT, TRAPS_MAX.into());
    let drill = which_questions().into_iter().chain([traps, place()]).collect();
    let minutes = number(c::MINUTES, c::MINUTES_ABOUT, OPEN_MAX.as_mins());
    let round = which_questions().into_iter().chain([minutes]).collect();
    json!([
        everywhere(slash(c::DRILL, c::DRILL_ABOUT, drill)),
        everywhere(slash(
            c::SCREEN,
            c::SCREEN_ABOUT,
            vec![number(c::COUNT, c::COUNT_ABOUT, SCREEN_MAX.into())]
        )),
        in_servers(slash(c::ROUND, c::ROUND_ABOUT, round)),
        for_managers(in_servers(slash(c::DAILY, c::DAILY_ABOUT, about_dailies()))),
        everywhere(slash(c::SETUP, c::SETUP_ABOUT, Vec::new())),
        everywhere(slash(c::HELP, c::HELP_ABOUT, Vec::new())),
        everywhere(slash(c::FORGET_ME, c::FORGET_ME_ABOUT, Vec::new())),
        everywhere(slash(c::EXPORT, c::EXPORT_ABOUT, Vec::new())),
        everywhere(on_message(c::FOLLOW_UP)),
    ])
}

/// The commands within `/daily`.
fn about_dailies() -> Vec<Value> {
    let which = || required(suggested(c::WHICH, c::WHICH_ABOUT));
    let time = || text(c::TIME, c::TIME_ABOUT);
    let zone = || suggested(c::ZONE, c::ZONE_ABOUT);
    let rest = || {
        let mut channel = option(7, c::CHANNEL, c::CHANNEL_ABOUT);
        channel.insert("channel_types".to_owned(), json!(POSTABLE));
        let about = [
            text(c::DAYS, c::DAYS_ABOUT),
            number(c::HOURS, c::HOURS_ABOUT, OPEN_MAX.as_hours()),
            Value::Object(option(8, c::ROLE, c::ROLE_ABOUT)),
            Value::Object(option(5, c::PIN, c::PIN_ABOUT)),
            Value::Object(channel),
        ];
        which_questions().into_iter().chain(about)
    };
    let add = [required(time()), required(zone())].into_iter().chain(rest()).collect();
    let quiet = Value::Object(option(5, c::QUIET, c::QUIET_ABOUT));
    let edit = [which(), time(), zone()].into_iter().chain(rest()).chain([quiet]).collect();
    vec![
        within(c::ADD, c::ADD_ABOUT, add),
        within(c::LIST, c::LIST_ABOUT, Vec::new()),
        within(c::EDIT, c::EDIT_ABOUT, edit),
        within(c::PAUSE, c::PAUSE_ABOUT, vec![which()]),
        within(c::RESUME, c::RESUME_ABOUT, vec![which()]),
        within(c::SKIP, c::SKIP_ABOUT, vec![which()]),
        within(c::REMOVE, c::REMOVE_ABOUT, vec![which()]),
    ]
}

fn which_questions() -> [Value; 3] {
    [
        suggested(c::TRACK, c::TRACK_ABOUT),
        suggested(c::TOPIC, c::TOPIC_ABOUT),
        suggested(c::LEVEL, c::LEVEL_ABOUT),
    ]
}

fn place() -> Value {
    let mut option = option(3, c::WHERE, c::WHERE_ABOUT);
    let choices = [(c::HERE, "here"), (c::DIRECT, "dm")];
    let choices = choices.map(|(name, value)| {
        let mut choice = Map::new();
        phrase(&mut choice, "name", name);
        choice.insert("value".to_owned(), json!(value));
        choice
    });
    option.insert("choices".to_owned(), json!(choices));
    Value::Object(option)
}

fn text(name: Phrase, about: Phrase) -> Value {
    Value::Object(option(3, name, about))
}

fn suggested(name: Phrase, about: Phrase) -> Value {
    let mut option = option(3, name, about);
    option.insert("autocomplete".to_owned(), json!(true));
    Value::Object(option)
}

fn number(name: Phrase, about: Phrase, max: i64) -> Value {
    let mut option = option(4, name, about);
    option.insert("min_value".to_owned(), json!(1));
    option.insert("max_value".to_owned(), json!(max));
    Value::Object(option)
}

/// A command within another one, which has the number that a command has.
fn within(name: Phrase, about: Phrase, options: Vec<Value>) -> Value {
    Value::Object(slash(name, about, options))
}

fn required(mut option: Value) -> Value {
    option["required"] = json!(true);
    option
}

fn option(kind: u8, name: Phrase, about: Phrase) -> Map<String, Value> {
    let mut option = described(name, about);
    option.insert("type".to_owned(), json!(kind));
    option
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
            "zone" => return calendar::zones_like(typed, SUGGESTIONS_MAX),
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

fn slash(name: Phrase, about: Phrase, options: Vec<Value>) -> Map<String, Value> {
    let mut command = option(1, name, about);
    command.insert("options".to_owned(), json!(options));
    command
}

fn on_message(name: Phrase) -> Map<String, Value> {
    let mut command = Map::new();
    phrase(&mut command, "name", name);
    command.insert("type".to_owned(), json!(3));
    command
}

fn everywhere(mut command: Map<String, Value>) -> Value {
    command.insert("contexts".to_owned(), json!(EVERYWHERE));
    command.insert("integration_types".to_owned(), json!(INSTALLS));
    Value::Object(command)
}

fn in_servers(mut command: Map<String, Value>) -> Value {
    command.insert("contexts".to_owned(), json!(SERVERS));
    command.insert("integration_types".to_owned(), json!(SERVERS));
    Value::Object(command)
}

fn for_managers(mut command: Value) -> Value {
    command["default_member_permissions"] = json!(MANAGE_GUILD);
    command
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
            let options = |of: &Value| of["options"].as_array().cloned().unwrap_or_default();
            let inner = options(command).iter().flat_map(options).collect::<Vec<_>>();
            for described in options(command).iter().chain(&inner).chain([command]) {
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
