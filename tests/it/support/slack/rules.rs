//! What Slack refuses in a payload, and what we hold against ourselves beyond that.

use std::collections::BTreeSet;

use serde_json::Value;

use super::world::World;

/// Holds a payload against the rules; what Slack would answer.
pub(crate) fn check_message(world: &mut World, method: &str, body: &Value) -> Result<(), &'static str> {
    let blocks = body["blocks"].as_array().cloned().unwrap_or_default();
    if blocks.is_empty() && body["text"].as_str().unwrap_or_default().is_empty() {
        return Err("no_text");
    }
    if blocks.len() > 50 {
        return Err("invalid_blocks");
    }
    if body["text"].as_str().unwrap_or_default().chars().count() > 40_000 {
        return Err("msg_too_long");
    }
    for problem in problems(&blocks) {
        world.wrong(format!("{method}: {problem} in {body}"));
    }
    if let Some(live) = live_markup(body) {
        world.wrong(format!("{method}: {live:?} would be read as mark-up in {body}"));
    }
    let quiet =
        method != "chat.postMessage" || (body["unfurl_links"] == false && body["unfurl_media"] == false);
    if !quiet {
        world.wrong(format!("{method}: links would be unfolded in {body}"));
    }
    if let Some(metadata) = body.get("metadata")
        && (!metadata["event_type"].is_string() || !metadata["event_payload"].is_object())
    {
        return Err("invalid_metadata_format");
    }
    Ok(())
}

/// The answer to a command or a button.
pub(crate) fn check_reply(world: &mut World, body: &Value) {
    let known = ["response_type", "replace_original", "text", "blocks"];
    for key in body.as_object().into_iter().flatten().map(|(key, _)| key) {
        if !known.contains(&key.as_str()) {
            world.wrong(format!("a reply with {key}: {body}"));
        }
    }
    if body["response_type"] != "ephemeral" {
        world.wrong(format!("a reply for everybody: {body}"));
    }
    if let Err(error) = check_message(world, "a reply", body) {
        world.wrong(format!("a reply: {error} in {body}"));
    }
}

/// Holds a page or form against the rules.
pub(crate) fn check_view(world: &mut World, view: &Value) -> Result<(), &'static str> {
    let blocks = view["blocks"].as_array().cloned().unwrap_or_default();
    let length = |value: &Value| value["text"].as_str().unwrap_or_default().chars().count();
    let known: &[&str] = match view["type"].as_str() {
        Some("modal") => &["type", "title", "submit", "close", "callback_id", "blocks"],
        Some("home") => &["type", "blocks"],
        _ => return Err("invalid_arguments"),
    };
    let unknown = view.as_object().unwrap().keys().find(|key| !known.contains(&key.as_str()));
    if unknown.is_some() || blocks.is_empty() || blocks.len() > 100 {
        return Err("invalid_arguments");
    }
    let titles = ["title", "submit", "close"].map(|title| length(&view[title]));
    let callback = view["callback_id"].as_str().unwrap_or_default().len();
    if titles.into_iter().any(|length| length > 24) || callback > 255 {
        return Err("invalid_arguments");
    }
    for problem in problems(&blocks) {
        world.wrong(format!("a view: {problem} in {view}"));
    }
    if let Some(live) = live_markup(view) {
        world.wrong(format!("a view: {live:?} would be read as mark-up"));
    }
    Ok(())
}

/// Texts that Slack reads as mark-up, and what in them it would act on, but for a time.
fn live_markup(body: &Value) -> Option<String> {
    let mut read = vec![body["text"].as_str().unwrap_or_default().to_owned()];
    each(body, &mut |node| {
        if node["type"] == "mrkdwn" {
            read.push(node["text"].as_str().unwrap_or_default().to_owned());
        }
    });
    read.into_iter().find(|text| text.replace("<!date^", "").contains('<'))
}

fn problems(blocks: &[Value]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut actions = BTreeSet::new();
    let mut names = BTreeSet::new();
    for block in blocks {
        if let Some(name) = block["block_id"].as_str()
            && !names.insert(name)
        {
            problems.push(format!("two blocks named `{name}`"));
        }
        let elements = block["elements"].as_array().cloned().unwrap_or_default();
        let most = match block["type"].as_str().unwrap_or_default() {
            "rich_text" | "divider" | "header" | "input" | "image" => usize::MAX,
            "context" => 10,
            "actions" => 25,
            other => {
                problems.push(format!("an unknown block `{other}`"));
                0
            }
        };
        if elements.len() > most {
            problems.push(format!("{} elements", elements.len()));
        }
        if matches!(block["type"].as_str(), Some("context" | "actions" | "rich_text")) && elements.is_empty()
        {
            problems.push("no elements".to_owned());
        }
        each(block, &mut |node| problems.extend(problem(node, &mut actions)));
    }
    problems
}

fn problem(node: &Value, actions: &mut BTreeSet<String>) -> Option<String> {
    let kind = node["type"].as_str()?;
    let length = |value: &Value| value.as_str().unwrap_or_default().chars().count();
    let (known, text): (&[&str], usize) = match kind {
        "rich_text" | "context" | "actions" => (&["type", "elements", "block_id"], 0),
        "rich_text_section" | "rich_text_preformatted" | "rich_text_quote" => (&["type", "elements"], 0),
        "text" => (&["type", "text", "style"], 4_000),
        "user" => (&["type", "user_id"], 0),
        "usergroup" => (&["type", "usergroup_id"], 0),
        "channel" => (&["type", "channel_id"], 0),
        "link" => (&["type", "url", "text"], 0),
        "image" => (&["type", "alt_text", "slack_file"], 0),
        "plain_text" => (&["type", "text", "emoji"], 3_000),
        "mrkdwn" => (&["type", "text", "verbatim"], 3_000),
        "header" => (&["type", "text"], 0),
        "divider" => (&["type"], 0),
        "input" => (&["type", "block_id", "label", "element"], 0),
        "button" => (&["type", "text", "action_id", "style", "confirm"], 0),
        "static_select" => (&["type", "action_id", "placeholder", "options"], 0),
        "plain_text_input" => (&["type", "action_id", "multiline", "max_length"], 0),
        other => return Some(format!("an unknown `{other}`")),
    };
    if let Some(key) = node.as_object()?.keys().find(|key| !known.contains(&key.as_str())) {
        return Some(format!("`{key}` on {kind}"));
    }
    if text > 0 && !(1..=text).contains(&length(&node["text"])) {
        return Some(format!("{} characters in {kind}", length(&node["text"])));
    }
    if matches!(kind, "button" | "static_select" | "plain_text_input") {
        let id = node["action_id"].as_str().unwrap_or_default();
        if !(1..=255).contains(&id.len()) || !actions.insert(id.to_owned()) {
            return Some(format!("`{id}` as an action_id"));
        }
    }
    match kind {
        "button" if !(1..=75).contains(&length(&node["text"]["text"])) => {
            Some("a label of odd length".to_owned())
        }
        "image" if !(1..=2_000).contains(&length(&node["alt_text"])) => {
            Some("a picture without words, or with too many".to_owned())
        }
        "usergroup" if length(&node["usergroup_id"]) == 0 => Some("a group without a name".to_owned()),
        "header" if length(&node["text"]["text"]) > 150 => Some("a long header".to_owned()),
        "rich_text_section" | "rich_text_preformatted" | "rich_text_quote"
            if node["elements"].as_array().is_none_or(Vec::is_empty) =>
        {
            Some(format!("an empty {kind}"))
        }
        "static_select" if !(1..=100).contains(&node["options"].as_array()?.len()) => {
            Some("too many options".to_owned())
        }
        _ => None,
    }
}

/// Every object below a node.
pub(crate) fn each(node: &Value, act: &mut impl FnMut(&Value)) {
    match node {
        Value::Object(object) => {
            act(node);
            // The style of text is no element.
            object.iter().filter(|(key, _)| *key != "style").for_each(|(_, value)| each(value, act));
        }
        Value::Array(values) => values.iter().for_each(|value| each(value, act)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
