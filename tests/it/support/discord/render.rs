//! A message as a person sees it, as short plain text for snapshots.
//!
//! ```text
//! riposte in #general > drill of ana, only ana sees it:
//! The words, with @ana and #general by name.
//! | # Title of an embed
//! | Its description.
//! | Field: value
//! [Answer] [Skip (off)] [Help ↗]
//! {Which one?: first / second}
//! + export.json, 123 bytes
//! ```

use std::fmt::Write as _;

use serde_json::Value;

use super::state::{Id, World};

/// The whole message; `edited` says that it was there before.
pub(crate) fn message(world: &World, id: Id, edited: bool) -> String {
    let message = &world.messages[&id];
    let mut text = format!("{} {}", world.name_of(message.author), place(world, message.channel));
    if let Some(who) = message.only_for {
        let _infallible = write!(text, ", only {} sees it", world.name_of(who));
    }
    if let Some(quoted) = message.reply_to.filter(|_| message.kind == 19 && message.interaction.is_none()) {
        let quoted = world.messages.get(&quoted);
        let whom = quoted.map_or("nobody".to_owned(), |quoted| world.name_of(quoted.author));
        let _infallible = write!(text, ", to {whom}");
    }
    if edited {
        text.push_str(", edited");
    }
    if message.pinned {
        text.push_str(", pinned");
    }
    text.push(':');
    if message.kind == 18 {
        let _infallible = write!(text, " started the thread {}", message.content);
        return text;
    }
    if message.kind == 6 {
        text.push_str(" pinned a message");
        return text;
    }
    let mut lines = Vec::new();
    if !message.content.is_empty() {
        lines.extend(named(world, &message.content).lines().map(str::to_owned));
    }
    for embed in &message.embeds {
        lines.extend(embed_lines(embed).iter().map(|line| format!("| {}", named(world, line))));
    }
    lines.extend(message.components.iter().map(component));
    for file in &message.attachments {
        let alt = file.description.as_ref().map_or(String::new(), |alt| format!(" ({alt})"));
        let hidden = if file.name.starts_with("SPOILER_") { ", hidden" } else { "" };
        lines.push(format!("+ {}{alt}{hidden}, {} bytes", file.name, file.bytes.len()));
    }
    format!("{text}\n{}", lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n"))
}

/// Where something is: `in #general > thread`, or `to ana`.
pub(crate) fn place(world: &World, channel: Id) -> String {
    let Some(channel) = world.channels.get(&channel) else { return "nowhere".to_owned() };
    if let Some(recipient) = channel.recipient {
        return format!("to {}", world.name_of(recipient));
    }
    match channel.parent.and_then(|parent| world.channels.get(&parent)) {
        Some(parent) => format!("in #{} > {}", parent.name, channel.name),
        None => format!("in #{}", channel.name),
    }
}

/// A form, as it opens on somebody's screen.
pub(crate) fn form(form: &Value) -> String {
    let mut lines = vec![format!("form “{}”", form["title"].as_str().unwrap_or_default())];
    for (label, input) in inputs(form) {
        let mark = if input["required"] == Value::Bool(false) { "" } else { " *" };
        let mut line = format!("{label}{mark}");
        for key in ["placeholder", "value"] {
            if let Some(text) = input[key].as_str().filter(|text| !text.is_empty()) {
                let _infallible = write!(line, " | {key}: {text}");
            }
        }
        lines.push(line);
    }
    lines.join("\n")
}

/// The inputs of a form with their labels, whether they stand in rows or in labels.
pub(crate) fn inputs(form: &Value) -> Vec<(String, &Value)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for part in form["components"].as_array().into_iter().flatten() {
        if part["component"].is_object() {
            found.push((text(&part["label"]), &part["component"]));
        }
        for input in part["components"].as_array().into_iter().flatten() {
            found.push((text(&input["label"]), input));
        }
    }
    found
}

/// The label of a button, as it is read.
pub(crate) fn label(button: &Value) -> String {
    let words = button["label"].as_str().unwrap_or_default();
    let emoji = button["emoji"]["name"].as_str().unwrap_or_default();
    format!("{emoji} {words}").trim().to_owned()
}

fn embed_lines(embed: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines = Vec::new();
    if embed["author"]["name"].is_string() {
        lines.push(format!("({})", text(&embed["author"]["name"])));
    }
    if embed["title"].is_string() {
        lines.push(format!("# {}", text(&embed["title"])));
    }
    lines.extend(text(&embed["description"]).lines().map(str::to_owned));
    for field in embed["fields"].as_array().into_iter().flatten() {
        let value = text(&field["value"]);
        lines.extend(format!("{}: {value}", text(&field["name"])).lines().map(str::to_owned));
    }
    for image in ["image", "thumbnail"] {
        if embed[image]["url"].is_string() {
            lines.push(format!("<{image} {}>", text(&embed[image]["url"])));
        }
    }
    if embed["footer"]["text"].is_string() {
        lines.push(format!("({})", text(&embed["footer"]["text"])));
    }
    lines
}

fn component(component: &Value) -> String {
    let parts = component["components"].as_array().into_iter().flatten();
    let drawn = parts.map(|part| match part["type"].as_u64() {
        Some(2) => {
            let off = if part["disabled"] == Value::Bool(true) { " (off)" } else { "" };
            let link = if part["url"].is_string() { " ↗" } else { "" };
            format!("[{}{off}{link}]", label(part))
        }
        _ => {
            let options = part["options"].as_array().into_iter().flatten();
            let options: Vec<_> =
                options.map(|option| option["label"].as_str().unwrap_or_default()).collect();
            format!("{{{}: {}}}", part["placeholder"].as_str().unwrap_or("choose"), options.join(" / "))
        }
    });
    drawn.collect::<Vec<_>>().join(" ")
}

/// The text with people, channels and commands by name instead of by number.
fn named(world: &World, text: &str) -> String {
    let mut done = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        done.push_str(&rest[..start]);
        rest = &rest[start..];
        let Some(end) = rest.find('>') else { break };
        match name(world, &rest[1..end]) {
            Some(name) => {
                done.push_str(&name);
                rest = &rest[end + 1..];
            }
            None => {
                done.push('<');
                rest = &rest[1..];
            }
        }
    }
    done + rest
}

fn name(world: &World, inside: &str) -> Option<String> {
    if let Some(id) = inside.strip_prefix("@&").and_then(Id::parse) {
        let mut roles = world.guilds.values().flat_map(|guild| &guild.roles);
        return roles.find(|role| role.id == id).map(|role| format!("@{}", role.name));
    }
    if let Some(id) = inside.strip_prefix("@!").or_else(|| inside.strip_prefix('@')).and_then(Id::parse) {
        return world.users.get(&id).map(|user| format!("@{}", user.name));
    }
    if let Some(id) = inside.strip_prefix('#').and_then(Id::parse) {
        return world.channels.get(&id).map(|channel| format!("#{}", channel.name));
    }
    let (command, id) = inside.strip_prefix('/')?.rsplit_once(':')?;
    Id::parse(id).map(|_| format!("/{command}"))
}
