//! Buttons, menus and forms.

use std::collections::BTreeSet;

use serde_json::Value;

use super::messages::url;
use super::{Part, Problems};
use crate::support::discord::rest::Fail;

const ROWS_MAX: usize = 5;
const CUSTOM_ID_CHARS_MAX: usize = 100;

/// The rows under a message.
pub(crate) fn check_message(message: &Part<'_>, problems: &mut Problems) {
    let mut ids = BTreeSet::new();
    for row in message.list("components", 0..=ROWS_MAX, problems) {
        if row.value["type"].as_u64() != Some(1) {
            let message = "Value must be one of {1}; this fake knows no other layout.";
            problems.add(&row.place("type"), "UNION_TYPE_CHOICES", message);
            continue;
        }
        row.only(&["type", "id", "components"], problems);
        let parts = row.list("components", 1..=5, problems);
        let menus = parts.iter().filter(|part| part.value["type"].as_u64() != Some(2)).count();
        if parts.is_empty() {
            problems.add(&row.place("components"), "BASE_TYPE_REQUIRED", "This field is required");
        }
        if menus > 0 && parts.len() > 1 {
            let message = "The specified component exceeds the maximum width";
            problems.add(&row.at, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", message);
        }
        for part in &parts {
            match part.value["type"].as_u64() {
                Some(2) => button(part, &mut ids, problems),
                Some(3) => menu(part, &mut ids, problems),
                Some(5..=8) => custom_id(part, &mut ids, problems),
                _ => problems.add(&part.place("type"), "UNION_TYPE_CHOICES", "Not allowed in a row."),
            }
        }
    }
}

fn custom_id<'a>(part: &Part<'a>, ids: &mut BTreeSet<&'a str>, problems: &mut Problems) {
    if let Some(id) = part.required_text("custom_id", 1..=CUSTOM_ID_CHARS_MAX, problems)
        && !ids.insert(id)
    {
        let message = "Component custom id cannot be duplicated";
        problems.add(&part.place("custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", message);
    }
}

fn button<'a>(button: &Part<'a>, ids: &mut BTreeSet<&'a str>, problems: &mut Problems) {
    let keys = ["type", "id", "style", "label", "emoji", "custom_id", "url", "disabled", "sku_id"];
    button.only(&keys, problems);
    button.boolean("disabled", problems);
    let label = button.text("label", 0..=80, problems);
    if label.is_none_or(str::is_empty) && button.get("emoji").is_none() {
        let message = "A button needs a label or an emoji.";
        problems.add(&button.at, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", message);
    }
    if let Some(emoji) = button.get("emoji") {
        emoji.only(&["id", "name", "animated"], problems);
    }
    if button.get("style").is_none() {
        problems.add(&button.place("style"), "BASE_TYPE_REQUIRED", "This field is required");
    }
    let is_link = button.number("style", 1..=5, problems) == Some(5);
    if is_link {
        if button.get("url").is_none() {
            let message = "A url is required";
            problems.add(&button.at, "BUTTON_COMPONENT_URL_REQUIRED", message);
        }
        url(button, "url", problems);
        if button.get("custom_id").is_some() {
            let message = "A custom id and url cannot both be specified";
            problems.add(&button.at, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", message);
        }
        return;
    }
    if button.get("url").is_some() {
        problems.add(&button.at, "BUTTON_COMPONENT_INVALID_STYLE_URL", "Only links have a url.");
    }
    custom_id(button, ids, problems);
}

fn menu<'a>(menu: &Part<'a>, ids: &mut BTreeSet<&'a str>, problems: &mut Problems) {
    let keys = [
        "type",
        "id",
        "custom_id",
        "options",
        "placeholder",
        "min_values",
        "max_values",
        "disabled",
        "required",
    ];
    menu.only(&keys, problems);
    menu.text("placeholder", 0..=150, problems);
    menu.boolean("disabled", problems);
    custom_id(menu, ids, problems);
    let options = menu.list("options", 1..=25, problems);
    if options.is_empty() {
        problems.add(&menu.place("options"), "BASE_TYPE_REQUIRED", "This field is required");
    }
    let low = menu.number("min_values", 0..=25, problems).unwrap_or(1);
    let high = menu.number("max_values", 1..=25, problems).unwrap_or(1);
    if low > high || high > options.len().max(1) as u64 {
        problems.add(&menu.place("max_values"), "BASE_TYPE_BAD_RANGE", "More than there is to choose from.");
    }
    let mut values = BTreeSet::new();
    for option in &options {
        option.only(&["label", "value", "description", "emoji", "default"], problems);
        option.required_text("label", 1..=100, problems);
        option.text("description", 0..=100, problems);
        let value = option.required_text("value", 1..=100, problems);
        if value.is_some_and(|value| !values.insert(value)) {
            let message = "The specified option value is already used";
            problems.add(&option.place("value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message);
        }
    }
}

/// Refuses a form that Discord refuses.
pub(crate) fn check_form(form: &Value) -> Result<(), Fail> {
    let mut problems = Problems::default();
    let form = Part { at: "data".to_owned(), value: form };
    form.only(&["custom_id", "title", "components"], &mut problems);
    form.required_text("custom_id", 1..=CUSTOM_ID_CHARS_MAX, &mut problems);
    form.required_text("title", 1..=45, &mut problems);
    let parts = form.list("components", 1..=5, &mut problems);
    if parts.is_empty() {
        problems.add("data.components", "BASE_TYPE_REQUIRED", "This field is required");
    }
    let mut ids = BTreeSet::new();
    for part in parts {
        match part.value["type"].as_u64() {
            Some(1) => {
                part.only(&["type", "id", "components"], &mut problems);
                for input in part.list("components", 1..=1, &mut problems) {
                    input.required_text("label", 1..=45, &mut problems);
                    text_input(&input, &mut ids, &mut problems);
                }
            }
            Some(18) => {
                part.only(&["type", "id", "label", "description", "component"], &mut problems);
                part.required_text("label", 1..=45, &mut problems);
                part.text("description", 1..=100, &mut problems);
                match part.get("component") {
                    Some(input) => text_input(&input, &mut ids, &mut problems),
                    None => problems.add(&part.at, "BASE_TYPE_REQUIRED", "A label is for an input."),
                }
            }
            _ => problems.add(&part.place("type"), "UNION_TYPE_CHOICES", "Not allowed in a form."),
        }
    }
    problems.finish()
}

fn text_input<'a>(input: &Part<'a>, ids: &mut BTreeSet<&'a str>, problems: &mut Problems) {
    if input.value["type"].as_u64() != Some(4) {
        let message = "Value must be one of {4}; this fake knows no other input.";
        problems.add(&input.place("type"), "UNION_TYPE_CHOICES", message);
        return;
    }
    let keys = [
        "type",
        "id",
        "custom_id",
        "style",
        "label",
        "min_length",
        "max_length",
        "required",
        "value",
        "placeholder",
    ];
    input.only(&keys, problems);
    custom_id(input, ids, problems);
    if input.get("style").is_none() {
        problems.add(&input.place("style"), "BASE_TYPE_REQUIRED", "This field is required");
    }
    input.number("style", 1..=2, problems);
    input.boolean("required", problems);
    input.text("placeholder", 0..=100, problems);
    let value = input.text("value", 0..=4_000, problems);
    let low = input.number("min_length", 0..=4_000, problems).unwrap_or(0);
    let high = input.number("max_length", 1..=4_000, problems).unwrap_or(4_000);
    if low > high {
        problems.add(&input.place("min_length"), "BASE_TYPE_BAD_RANGE", "More than max_length.");
    }
    let chars = value.map_or(0, |value| value.chars().count() as u64);
    if chars > high || (chars > 0 && chars < low) {
        problems.add(&input.place("value"), "BASE_TYPE_BAD_LENGTH", "Outside min_length and max_length.");
    }
}
