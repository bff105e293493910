//! Channels: looking, DMs, changing and archiving threads, typing, pins.

use serde_json::{Value, json};

use super::{Answer, Call, Fail, Reply};
use crate::support::discord::permissions::{self, Permissions};
use crate::support::discord::rules::{Part, Problems};
use crate::support::discord::state::{Id, Kind, Message, World};
use crate::support::discord::wire;

/// Pinned messages of a channel.
pub(crate) const PINS_MAX: usize = 250;

pub(super) fn unknown_channel() -> Fail {
    Fail::new(404, 10003, "Unknown Channel")
}

pub(super) fn unknown_message() -> Fail {
    Fail::new(404, 10008, "Unknown Message")
}

pub(super) fn missing_access() -> Fail {
    Fail::new(403, 50001, "Missing Access")
}

pub(super) fn missing_permissions() -> Fail {
    Fail::new(403, 50013, "Missing Permissions")
}

pub(super) fn archived() -> Fail {
    Fail::new(400, 50083, "Thread is archived")
}

/// The permissions of the bot in a channel that it sees.
pub(super) fn seen(world: &World, id: Id) -> Result<Permissions, Fail> {
    let channel = world.channels.get(&id).ok_or_else(unknown_channel)?;
    // During an outage Discord knows nothing of what is in there.
    if channel.guild.is_some_and(|guild| !world.guilds[&guild].available) {
        return Err(unknown_channel());
    }
    let may = permissions::of(world, world.bot(), id);
    let in_thread = channel.kind != Kind::PrivateThread
        || may.has(permissions::MANAGE_THREADS)
        || channel.thread.as_ref().is_some_and(|thread| thread.members.contains(&world.bot()));
    if may.has(permissions::VIEW_CHANNEL) && in_thread { Ok(may) } else { Err(missing_access()) }
}

/// Refuses unless the bot has all of these.
pub(super) fn demand(may: Permissions, all_of: u64) -> Result<(), Fail> {
    if may.has(all_of) { Ok(()) } else { Err(missing_permissions()) }
}

/// Refuses to change anything in an archived thread.
pub(super) fn demand_active(world: &World, channel: Id) -> Result<(), Fail> {
    let thread = world.channels.get(&channel).and_then(|channel| channel.thread.as_ref());
    if thread.is_some_and(|thread| thread.archived) { Err(archived()) } else { Ok(()) }
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    seen(world, call.id(0))?;
    Ok(Reply::Json(wire::channel(world, call.id(0))))
}

pub(super) fn open_dm(world: &mut World, call: &Call) -> Answer {
    let mut problems = Problems::default();
    let part = Part::root(call.body());
    part.only(&["recipient_id"], &mut problems);
    problems.finish()?;
    let Some(recipient) = Id::of(&call.body()["recipient_id"]) else {
        return Err(Fail::new(400, 50033, "Invalid Recipient(s)"));
    };
    match world.users.get(&recipient) {
        Some(user) if !user.bot => {
            let dm = world.dm_with(recipient);
            Ok(Reply::Json(wire::channel(world, dm)))
        }
        Some(_) => Err(Fail::new(400, 50007, "Cannot send messages to this user")),
        None => Err(Fail::new(400, 50033, "Invalid Recipient(s)")),
    }
}

/// Changes of a thread; a drill bot changes nothing else.
pub(super) fn change(world: &mut World, call: &Call) -> Answer {
    let id = call.id(0);
    let may = seen(world, id)?;
    let bot = world.bot();
    let body = call.body();
    let mut problems = Problems::default();
    let part = Part::root(body);
    let keys =
        ["name", "archived", "locked", "invitable", "auto_archive_duration", "rate_limit_per_user", "flags"];
    part.only(&keys, &mut problems);
    part.text("name", 1..=100, &mut problems);
    let archive = part.boolean("archived", &mut problems);
    let lock = part.boolean("locked", &mut problems);
    let minutes = auto_archive(&part, &mut problems);
    problems.finish()?;
    let Some(thread) = &world.channels[&id].thread else {
        return Err(missing_permissions());
    };
    let manages = may.has(permissions::MANAGE_THREADS);
    if thread.locked && !manages {
        return Err(Fail::new(403, 160005, "Thread is locked"));
    }
    if thread.archived && archive != Some(false) {
        return Err(archived());
    }
    // Whoever may write in an unlocked thread may wake it; its owner may do everything but lock it.
    let wakes = archive == Some(false) && may.has(permissions::SEND_MESSAGES_IN_THREADS);
    let only_wakes = wakes && body.as_object().is_some_and(|fields| fields.len() == 1);
    let own = thread.owner == bot && lock.is_none();
    if !manages && !own && !only_wakes {
        return Err(missing_permissions());
    }
    let channel = world.channels.get_mut(&id).unwrap();
    if let Some(name) = body["name"].as_str() {
        name.clone_into(&mut channel.name);
    }
    let thread = channel.thread.as_mut().unwrap();
    thread.archived = archive.unwrap_or(thread.archived);
    thread.locked = lock.unwrap_or(thread.locked);
    thread.auto_archive_min = minutes.unwrap_or(thread.auto_archive_min);
    world.tell_of_channel("THREAD_UPDATE", id);
    Ok(Reply::Json(wire::channel(world, id)))
}

/// Minutes of silence before a thread is archived: one of four.
pub(super) fn auto_archive(part: &Part<'_>, problems: &mut Problems) -> Option<u64> {
    let minutes = part.get("auto_archive_duration")?;
    let fits = minutes.value.as_u64().filter(|minutes| [60, 1440, 4320, 10080].contains(minutes));
    if fits.is_none() {
        problems.add(&minutes.at, "BASE_TYPE_CHOICES", "Value must be one of (60, 1440, 4320, 10080).");
    }
    fits
}

/// Refused, and held against the bot: it is to leave alone what it did not make.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    seen(world, call.id(0))?;
    world.record.violation(format!("the bot tried to delete channel {}", call.path));
    Err(missing_permissions())
}

pub(super) fn typing(world: &mut World, call: &Call) -> Answer {
    let id = call.id(0);
    let may = seen(world, id)?;
    let in_thread = world.channels[&id].thread.is_some();
    let send = if in_thread { permissions::SEND_MESSAGES_IN_THREADS } else { permissions::SEND_MESSAGES };
    demand(may, send)?;
    demand_active(world, id)?;
    world.record.typing.push(id);
    Ok(Reply::Empty)
}

pub(super) fn pins(world: &mut World, call: &Call) -> Answer {
    let items: Vec<_> = pinned(world, call)?.into_iter().map(|message| json!({"message": message})).collect();
    Ok(Reply::Json(json!({"items": items, "has_more": false})))
}

pub(super) fn old_pins(world: &mut World, call: &Call) -> Answer {
    Ok(Reply::Json(json!(pinned(world, call)?)))
}

fn pinned(world: &World, call: &Call) -> Result<Vec<Value>, Fail> {
    let channel = call.id(0);
    seen(world, channel)?;
    let pinned = world.messages.values().rev().filter(|message| message.channel == channel && message.pinned);
    Ok(pinned.map(|message| wire::message_for_bot(world, message.id)).collect())
}

pub(super) fn pin(world: &mut World, call: &Call) -> Answer {
    set_pinned(world, call, true)
}

pub(super) fn unpin(world: &mut World, call: &Call) -> Answer {
    set_pinned(world, call, false)
}

fn set_pinned(world: &mut World, call: &Call, pinned: bool) -> Answer {
    let (channel, id) = (call.id(0), call.id(1));
    let may = seen(world, channel)?;
    if world.channels[&channel].guild.is_some() {
        demand(may, permissions::PIN_MESSAGES)?;
    }
    demand_active(world, channel)?;
    let others =
        world.messages.values().filter(|other| other.channel == channel && other.pinned && other.id != id);
    if pinned && others.count() >= PINS_MAX {
        return Err(Fail::new(400, 30003, "Maximum number of pins for the channel reached"));
    }
    let message = world.messages.get_mut(&id);
    let message = message.filter(|message| message.channel == channel && message.only_for.is_none());
    let message = message.ok_or_else(unknown_message)?;
    let is_new = pinned && !message.pinned;
    message.pinned = pinned;
    if is_new {
        let mut note = Message::plain(world.new_id(), channel, world.bot(), "");
        note.kind = 6;
        note.reply_to = Some(id);
        world.post(note);
    }
    Ok(Reply::Empty)
}
