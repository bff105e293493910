//! Commands: names, descriptions, options, choices.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Part, Problems};
use crate::support::discord::rest::Fail;

const CHAT_COMMANDS_MAX: usize = 100;
/// Of user and of message commands each.
const MENU_COMMANDS_MAX: usize = 15;
/// Names, descriptions and values of one command together, the longest translation of each.
const COMMAND_CHARS_MAX: usize = 8_000;

const COMMAND: [&str; 13] = [
    "id",
    "type",
    "name",
    "name_localizations",
    "description",
    "description_localizations",
    "options",
    "default_member_permissions",
    "dm_permission",
    "nsfw",
    "integration_types",
    "contexts",
    "handler",
];
const OPTION: [&str; 14] = [
    "type",
    "name",
    "name_localizations",
    "description",
    "description_localizations",
    "required",
    "choices",
    "options",
    "channel_types",
    "min_value",
    "max_value",
    "min_length",
    "max_length",
    "autocomplete",
];
const LOCALES: [&str; 34] = [
    "id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl", "no", "pl",
    "pt-BR", "ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th", "zh-CN", "ja",
    "zh-TW", "ko", "ar", "he",
];

/// Refuses a whole set of commands that Discord refuses.
pub(crate) fn check(commands: &Value) -> Result<(), Fail> {
    let mut problems = Problems::default();
    let Some(list) = commands.as_array() else {
        problems.add("", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
        return problems.finish();
    };
    let mut names = BTreeSet::new();
    let mut counts = [0_usize; 4];
    for (place, value) in list.iter().enumerate() {
        let part = Part { at: place.to_string(), value };
        let kind = part.number("type", 1..=3, &mut problems).unwrap_or(1);
        counts[usize::try_from(kind).unwrap()] += 1;
        command(&part, kind, &mut problems);
        if !names.insert((kind, value["name"].as_str().unwrap_or_default())) {
            let message = "Application command names must be unique";
            problems.add(&part.at, "APPLICATION_COMMANDS_DUPLICATE_NAME", message);
        }
    }
    problems.finish()?;
    if counts[1] > CHAT_COMMANDS_MAX || counts[2] > MENU_COMMANDS_MAX || counts[3] > MENU_COMMANDS_MAX {
        return Err(Fail::new(400, 30032, "Maximum number of application commands reached (100)."));
    }
    Ok(())
}

fn command(part: &Part<'_>, kind: u64, problems: &mut Problems) {
    part.only(&COMMAND, problems);
    let is_chat = kind == 1;
    let mut chars = name(part, is_chat, problems);
    if is_chat {
        chars += description(part, problems);
    } else if part.text("description", 0..=100, problems).is_some_and(|text| !text.is_empty()) {
        let message = "Context menu commands cannot have description";
        problems.add(
            &part.place("description"),
            "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_CANNOT_SET",
            message,
        );
    }
    part.boolean("nsfw", problems);
    for context in part.list("contexts", 1..=3, problems) {
        if context.value.as_u64().is_none_or(|context| context > 2) {
            problems.add(&context.at, "BASE_TYPE_CHOICES", "Value must be one of {0, 1, 2}.");
        }
    }
    for kind in part.list("integration_types", 1..=2, problems) {
        if kind.value.as_u64().is_none_or(|kind| kind > 1) {
            problems.add(&kind.at, "BASE_TYPE_CHOICES", "Value must be one of {0, 1}.");
        }
    }
    if !is_chat && part.value["options"].as_array().is_some_and(|options| !options.is_empty()) {
        problems.add(&part.place("options"), "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS", "None allowed.");
    }
    chars += options(part, problems);
    if chars > COMMAND_CHARS_MAX {
        let message = format!("Command exceeds maximum size ({COMMAND_CHARS_MAX})");
        problems.add(&part.at, "APPLICATION_COMMAND_TOO_LARGE", message);
    }
}

/// Checks the options of a command or subcommand; the characters that count.
fn options(part: &Part<'_>, problems: &mut Problems) -> usize {
    let mut chars = 0;
    let mut names = BTreeSet::new();
    let mut optional_before = false;
    for option in part.list("options", 0..=25, problems) {
        option.only(&OPTION, problems);
        let kind = option.number("type", 1..=11, problems);
        if kind.is_none() {
            problems.add(&option.place("type"), "BASE_TYPE_REQUIRED", "This field is required");
        }
        chars += name(&option, true, problems) + description(&option, problems);
        if !names.insert(option.value["name"].as_str().unwrap_or_default()) {
            let message = "Option names must be unique";
            problems.add(&option.place("name"), "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATED", message);
        }
        let required = option.boolean("required", problems) == Some(true);
        if required && optional_before {
            let message = "Required options must be placed before non-required options";
            problems.add(&option.at, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message);
        }
        optional_before |= !required && !matches!(kind, Some(1 | 2));
        chars += choices(&option, kind, problems);
        if matches!(kind, Some(1 | 2)) {
            chars += options(&option, problems);
        }
    }
    chars
}

fn choices(option: &Part<'_>, kind: Option<u64>, problems: &mut Problems) -> usize {
    let choices = option.list("choices", 0..=25, problems);
    let completes = option.boolean("autocomplete", problems) == Some(true);
    if completes && !choices.is_empty() {
        let message = "Cannot have choices and autocomplete";
        problems.add(&option.at, "APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE", message);
    }
    if (completes || !choices.is_empty()) && !matches!(kind, Some(3 | 4 | 10)) {
        problems.add(&option.at, "APPLICATION_COMMAND_OPTIONS_TYPE", "Only texts and numbers have choices.");
    }
    let mut chars = 0;
    let mut values = BTreeSet::new();
    for choice in &choices {
        choice.only(&["name", "name_localizations", "value"], problems);
        let name = choice.required_text("name", 1..=100, problems);
        localized(choice, "name_localizations", 100, problems);
        if kind == Some(3) {
            choice.required_text("value", 1..=100, problems);
        } else if !choice.value["value"].is_number() {
            problems.add(&choice.place("value"), "BASE_TYPE_CONVERT", "Not a number.");
        }
        if !values.insert(choice.value["value"].to_string()) {
            problems.add(
                &choice.place("value"),
                "APPLICATION_COMMAND_OPTIONS_CHOICES_DUPLICATE",
                "Each once.",
            );
        }
        let value = choice.value["value"].as_str().unwrap_or_default();
        chars += name.unwrap_or_default().chars().count() + value.chars().count();
    }
    chars
}

/// Refuses choices for autocompletion that Discord refuses.
pub(crate) fn check_completion(data: &Value) -> Result<(), Fail> {
    let mut problems = Problems::default();
    let part = Part { at: "data".to_owned(), value: data };
    part.only(&["choices"], &mut problems);
    for choice in part.list("choices", 0..=25, &mut problems) {
        choice.only(&["name", "name_localizations", "value"], &mut problems);
        choice.required_text("name", 1..=100, &mut problems);
        if !choice.value["value"].is_number() {
            choice.required_text("value", 1..=100, &mut problems);
        }
    }
    problems.finish()
}

/// Checks a name and its translations; the characters that count.
fn name(part: &Part<'_>, strict: bool, problems: &mut Problems) -> usize {
    let Some(name) = part.required_text("name", 1..=32, problems) else { return 0 };
    let fits = |name: &str| !strict || (name.chars().all(is_name_char) && name.to_lowercase() == name);
    if !fits(name) {
        let message = "Command name is invalid";
        problems.add(&part.place("name"), "APPLICATION_COMMAND_INVALID_NAME", message);
    }
    let translations = localized(part, "name_localizations", 32, problems);
    for (locale, text) in &translations {
        if !fits(text) {
            let at = format!("{}.{locale}", part.place("name_localizations"));
            problems.add(&at, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
        }
    }
    longest(name, &translations)
}

fn description(part: &Part<'_>, problems: &mut Problems) -> usize {
    let Some(text) = part.required_text("description", 1..=100, problems) else { return 0 };
    longest(text, &localized(part, "description_localizations", 100, problems))
}

fn is_name_char(char: char) -> bool {
    char.is_alphanumeric() || char == '-' || char == '_' || char == '\''
}

fn longest(text: &str, translations: &[(&str, &str)]) -> usize {
    let lengths = translations.iter().map(|(_, text)| text.chars().count());
    lengths.chain([text.chars().count()]).max().unwrap_or(0)
}

fn localized<'a>(
    part: &Part<'a>,
    key: &str,
    chars_max: usize,
    problems: &mut Problems,
) -> Vec<(&'a str, &'a str)> {
    let Some(field) = part.get(key) else { return Vec::new() };
    let Some(object) = field.only(&LOCALES, problems) else { return Vec::new() };
    let mut found = Vec::new();
    for locale in object.keys() {
        if let Some(text) = field.text(locale, 1..=chars_max, problems) {
            found.push((locale.as_str(), text));
        }
    }
    found
}
