//! Messages of channels, threads and DMs.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::Value;

use super::channels::{archived, demand, demand_active, seen, unknown_message};
use super::{Answer, Call, Fail, Reply, Upload};
use crate::support::discord::permissions::{self, Permissions};
use crate::support::discord::rules::messages::{self as rules, Way};
use crate::support::discord::rules::{Part, Problems};
use crate::support::discord::state::{Attachment, Id, Message, World};
use crate::support::discord::{render, wire};

/// How long a nonce finds the message that it was sent with.
const NONCE_LASTS: SignedDuration = SignedDuration::from_mins(3);
/// Messages of a page that says nothing else.
const PAGE: usize = 50;

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let (channel, body) = (call.id(0), call.body());
    let may = seen(world, channel)?;
    rules::check(Way::Create, body, &call.files)?;
    allow_sending(world, channel, may, body, &call.files)?;
    let reply_to = reply_to(world, channel, may, body)?;
    let nonce = body.get("nonce").filter(|nonce| !nonce.is_null()).cloned();
    if body["enforce_nonce"] == true
        && let Some(first) = nonce.as_ref().and_then(|nonce| sent_before(world, nonce))
    {
        let mut json = wire::message(world, first);
        json["nonce"] = nonce.unwrap_or_default();
        return Ok(Reply::Json(json));
    }
    world.wake(channel);
    let mut message = Message::plain(world.new_id(), channel, world.bot(), "");
    message.kind = if reply_to.is_some() { 19 } else { 0 };
    message.reply_to = reply_to;
    message.nonce.clone_from(&nonce);
    fill(world, &mut message, body, &call.files);
    watch_mentions(world, call, &mut message);
    let id = world.post(message);
    let mut json = wire::message(world, id);
    if let Some(nonce) = nonce {
        json["nonce"] = nonce;
    }
    Ok(Reply::Json(json))
}

/// Whether the bot may send this here.
fn allow_sending(
    world: &World,
    channel: Id,
    may: Permissions,
    body: &Value,
    files: &[Upload],
) -> Result<(), Fail> {
    let place = &world.channels[&channel];
    if let Some(recipient) = place.recipient {
        if !world.users[&recipient].dms_open {
            return Err(Fail::new(403, 50007, "Cannot send messages to this user"));
        }
        return Ok(());
    }
    let has = |key: &str| body[key].as_array().is_some_and(|list| !list.is_empty());
    let send = match &place.thread {
        Some(thread) if thread.locked && !may.has(permissions::MANAGE_THREADS) => {
            return Err(Fail::new(403, 160005, "Thread is locked"));
        }
        Some(_) => permissions::SEND_MESSAGES_IN_THREADS,
        None => permissions::SEND_MESSAGES,
    };
    demand(may, send)?;
    if has("embeds") {
        demand(may, permissions::EMBED_LINKS)?;
    }
    if !files.is_empty() {
        demand(may, permissions::ATTACH_FILES)?;
    }
    Ok(())
}

fn reply_to(world: &World, channel: Id, may: Permissions, body: &Value) -> Result<Option<Id>, Fail> {
    let reference = &body["message_reference"];
    if reference.is_null() {
        return Ok(None);
    }
    if !may.has(permissions::READ_MESSAGE_HISTORY) {
        let message = "Cannot reply without permission to read message history";
        return Err(Fail::new(403, 160002, message));
    }
    let quoted = Id::of(&reference["message_id"]).and_then(|id| world.messages.get(&id));
    match quoted.filter(|quoted| quoted.channel == channel && quoted.only_for.is_none()) {
        Some(quoted) => Ok(Some(quoted.id)),
        None if reference["fail_if_not_exists"] == false => Ok(None),
        None => {
            let mut problems = Problems::default();
            problems.add("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message");
            Err(problems.finish().unwrap_err())
        }
    }
}

/// The message that the bot sent with this nonce in the last minutes.
fn sent_before(world: &World, nonce: &Value) -> Option<Id> {
    let mut own = world.messages.values().rev().filter(|message| message.author == world.bot());
    let fits = |message: &&Message| {
        message.nonce.as_ref() == Some(nonce) && world.now.duration_since(message.id.at()) < NONCE_LASTS
    };
    own.find(fits).map(|message| message.id)
}

/// Takes over what a body says; what it does not name stays.
pub(super) fn fill(world: &mut World, message: &mut Message, body: &Value, files: &[Upload]) {
    if let Some(content) = body.get("content") {
        // Discord cuts white space at both ends.
        content.as_str().unwrap_or_default().trim().clone_into(&mut message.content);
    }
    if let Some(embeds) = body.get("embeds") {
        message.embeds = embeds.as_array().cloned().unwrap_or_default().into_iter().map(as_embed).collect();
    }
    if let Some(components) = body.get("components") {
        message.components = components.as_array().cloned().unwrap_or_default();
        message.components.iter_mut().for_each(drop_nulls);
    }
    if let Some(flags) = body["flags"].as_u64() {
        message.flags = flags & !wire::EPHEMERAL;
    }
    let described = body["attachments"].as_array();
    if let Some(kept) = described {
        message.attachments.retain(|file| kept.iter().any(|kept| Id::of(&kept["id"]) == Some(file.id)));
    }
    for file in files {
        let mut descriptions = described.into_iter().flatten();
        let given = descriptions.find(|given| number(&given["id"]) == Some(file.number));
        message.attachments.push(Attachment {
            id: world.new_id(),
            name: file.name.clone(),
            description: given.and_then(|given| given["description"].as_str()).map(str::to_owned),
            content_type: file.content_type.trim().to_owned(),
            bytes: file.bytes.clone(),
        });
    }
}

fn number(id: &Value) -> Option<u64> {
    id.as_u64().or_else(|| id.as_str()?.parse().ok())
}

fn as_embed(mut embed: Value) -> Value {
    drop_nulls(&mut embed);
    embed["type"] = Value::from("rich");
    embed
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.retain(|_, field| !field.is_null());
            object.values_mut().for_each(drop_nulls);
        }
        Value::Array(list) => list.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Works out whom a message pings, and holds against the bot what it should have ruled out.
pub(super) fn watch_mentions(world: &mut World, call: &Call, message: &mut Message) {
    let body = if call.path.starts_with("/interactions") { &call.body()["data"] } else { call.body() };
    let allowed = &body["allowed_mentions"];
    if allowed["parse"].as_array().is_none_or(|parse| !parse.is_empty()) {
        let sentence =
            format!("{} {}: allowed_mentions with an empty parse is missing (S1)", call.method, call.path);
        world.record.violation(sentence);
    }
    let may = |kind: &str, id: Option<Id>| {
        let listed =
            |list: &Value| list.as_array().is_some_and(|ids| ids.iter().any(|given| Id::of(given) == id));
        allowed.is_null()
            || allowed["parse"].as_array().is_some_and(|parse| parse.iter().any(|given| given == kind))
            || (id.is_some() && listed(&allowed[kind]))
    };
    let mut pinged = BTreeSet::new();
    let place = render::place(world, message.channel);
    let guild = world.channels[&message.channel].guild.map(|guild| &world.guilds[&guild]);
    let mut pings = Vec::new();
    let was_there = world.record.shown.iter().any(|shown| shown.message == message.id);
    let before = std::mem::take(&mut message.mention_roles);
    for piece in message.content.split('<').skip(1).filter_map(|piece| piece.split_once('>')) {
        let inside = piece.0;
        if let Some(role) = inside.strip_prefix("@&").and_then(Id::parse) {
            let known = guild.and_then(|guild| guild.roles.iter().find(|known| known.id == role));
            if let Some(known) = known.filter(|known| known.mentionable && may("roles", Some(role))) {
                message.mention_roles.insert(role);
                // An edit calls nobody.
                if !was_there {
                    pings.push(format!("role {} {place}", known.name));
                }
            }
        } else if let Some(id) = inside.strip_prefix('@').and_then(|id| Id::parse(id.trim_start_matches('!')))
            && world.users.contains_key(&id)
            && may("users", Some(id))
        {
            pinged.insert(id);
        }
    }
    let everyone = ["@everyone", "@here"].iter().any(|word| message.content.contains(word));
    message.mentions_everyone = everyone && may("everyone", None);
    let quoted = message.reply_to.filter(|_| message.interaction.is_none());
    let author = quoted.and_then(|id| world.messages.get(&id)).map(|quoted| quoted.author);
    // A reply pings unless told not to.
    if allowed.is_null() || allowed["replied_user"] == true {
        pinged.extend(author.filter(|author| *author != world.bot()));
    }
    world.record.pings.append(&mut pings);
    // Who was mentioned is worked out anew where the text is.
    if body.get("content").is_none() {
        message.mention_roles = before;
    }
    for id in &pinged {
        let sentence = format!("{} {place}", world.name_of(*id));
        world.record.pings.push(sentence);
    }
    if message.mentions_everyone {
        world.record.pings.push(format!("everyone {place}"));
    }
    message.mentions = pinged;
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let channel = call.id(0);
    let may = seen(world, channel)?;
    let mut problems = Problems::default();
    let known = ["limit", "before", "after", "around"];
    for key in call.query.keys().filter(|key| !known.contains(&key.as_str())) {
        problems.add(key, "UNKNOWN_FIELD", "This parameter is not in Discord's documents.");
    }
    let number = |key: &str| call.query.get(key).map(|text| text.parse::<u64>().unwrap_or(u64::MAX));
    let limit = number("limit").unwrap_or(PAGE as u64);
    if !(1..=100).contains(&limit) {
        problems.add("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.");
    }
    if known[1..].iter().filter(|key| call.query.contains_key(**key)).count() > 1 {
        problems.add("before", "MUTUALLY_EXCLUSIVE", "Only one of before, after and around.");
    }
    problems.finish()?;
    if !may.has(permissions::READ_MESSAGE_HISTORY) {
        return Ok(Reply::Json(Value::Array(Vec::new())));
    }
    let limit = usize::try_from(limit).unwrap();
    let here = |message: &&Message| message.channel == channel && message.only_for.is_none();
    let ids: Vec<Id> = world.messages.values().filter(here).map(|message| message.id).collect();
    let mut page: Vec<Id> = match (number("before"), number("after"), number("around")) {
        (Some(before), _, _) => last(ids.into_iter().filter(|id| id.0 < before).collect(), limit),
        (_, Some(after), _) => ids.into_iter().filter(|id| id.0 > after).take(limit).collect(),
        (_, _, Some(around)) => {
            let (older, newer): (Vec<Id>, Vec<Id>) = ids.into_iter().partition(|id| id.0 < around);
            let newer: Vec<Id> = newer.into_iter().take(limit.div_ceil(2)).collect();
            let mut page = last(older, limit - newer.len());
            page.extend(newer);
            page
        }
        (None, None, None) => last(ids, limit),
    };
    page.reverse();
    Ok(Reply::Json(page.into_iter().map(|id| wire::message_for_bot(world, id)).collect()))
}

fn last(mut ids: Vec<Id>, count: usize) -> Vec<Id> {
    ids.split_off(ids.len().saturating_sub(count))
}

/// A message that the bot finds in this channel.
fn found(world: &World, call: &Call) -> Result<Id, Fail> {
    let (channel, id) = (call.id(0), call.id(1));
    let message = world.messages.get(&id);
    let message = message.filter(|message| message.channel == channel && message.only_for.is_none());
    message.map(|message| message.id).ok_or_else(unknown_message)
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let may = seen(world, call.id(0))?;
    demand(may, permissions::READ_MESSAGE_HISTORY)?;
    let id = found(world, call)?;
    Ok(Reply::Json(wire::message_for_bot(world, id)))
}

pub(super) fn edit(world: &mut World, call: &Call) -> Answer {
    seen(world, call.id(0))?;
    let id = found(world, call)?;
    if world.messages[&id].author != world.bot() {
        return Err(Fail::new(403, 50005, "Cannot edit a message authored by another user"));
    }
    demand_active(world, call.id(0))?;
    rewrite(world, call, id, Way::Edit, call.body())
}

/// Changes a message of the bot.
pub(super) fn rewrite(world: &mut World, call: &Call, id: Id, way: Way, body: &Value) -> Answer {
    rules::check(way, body, &call.files)?;
    let mut message = world.messages.remove(&id).ok_or_else(unknown_message)?;
    let before = (message.content.clone(), message.embeds.clone(), message.components.clone());
    fill(world, &mut message, body, &call.files);
    let nothing_left = message.content.is_empty()
        && message.embeds.is_empty()
        && message.components.is_empty()
        && message.attachments.is_empty();
    if nothing_left {
        (message.content, message.embeds, message.components) = before;
        world.messages.insert(id, message);
        return Err(Fail::new(400, 50006, "Cannot send an empty message"));
    }
    if message.thinking {
        message.thinking = false;
    } else {
        message.edited = Some(world.now);
    }
    watch_mentions(world, call, &mut message);
    world.messages.insert(id, message);
    world.changed(id);
    Ok(Reply::Json(wire::message(world, id)))
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let may = seen(world, call.id(0))?;
    let id = found(world, call)?;
    let own = world.messages[&id].author == world.bot();
    if !own {
        world.record.violation(format!("{} deletes what the bot did not write (F54)", call.path));
        if world.channels[&call.id(0)].guild.is_none() {
            return Err(Fail::new(403, 50003, "Cannot execute action on a DM channel"));
        }
        demand(may, permissions::MANAGE_MESSAGES)?;
    }
    if demand_active(world, call.id(0)).is_err() {
        return Err(archived());
    }
    take_away(world, id);
    Ok(Reply::Empty)
}

/// The bot deletes one of its messages; people see that it is gone.
pub(super) fn take_away(world: &mut World, id: Id) {
    let message = &world.messages[&id];
    if message.author == world.bot() && !message.thinking {
        let (channel, only_for) = (message.channel, message.only_for);
        let text = format!("{} {}, deleted", world.name_of(message.author), render::place(world, channel));
        world.record.show(id, channel, only_for, text);
    }
    world.remove_message(id);
}

/// Whether a body is an object with no field but these; for the small requests.
pub(super) fn only(body: &Value, keys: &[&str]) -> Result<(), Fail> {
    let mut problems = Problems::default();
    Part::root(body).only(keys, &mut problems);
    problems.finish()
}
