//! Threads and who is in them.

use serde_json::{Value, json};

use super::channels::{auto_archive, demand, demand_active, missing_access, seen, unknown_message};
use super::{Answer, Call, Fail, Reply};
use crate::support::discord::gateway::Event;
use crate::support::discord::permissions;
use crate::support::discord::rules::{Part, Problems};
use crate::support::discord::state::{Id, Kind, Message, World};
use crate::support::discord::wire;

const NAME_CHARS_MAX: usize = 100;

pub(super) fn from_message(world: &mut World, call: &Call) -> Answer {
    let (parent, message) = (call.id(0), call.id(1));
    let may = seen(world, parent)?;
    let minutes = checked(call.body(), &["name", "auto_archive_duration", "rate_limit_per_user"])?;
    demand_text_channel(world, parent)?;
    demand(may, permissions::CREATE_PUBLIC_THREADS)?;
    let here = world.messages.get(&message).filter(|message| message.channel == parent);
    if here.is_none_or(|message| message.only_for.is_some()) {
        return Err(unknown_message());
    }
    if world.channels.contains_key(&message) {
        let sentence = "A thread has already been created for this message";
        return Err(Fail::new(400, 160004, sentence));
    }
    Ok(make(world, call, Some(message), Kind::PublicThread, minutes))
}

pub(super) fn without_message(world: &mut World, call: &Call) -> Answer {
    let parent = call.id(0);
    let may = seen(world, parent)?;
    let keys = ["name", "auto_archive_duration", "rate_limit_per_user", "type", "invitable"];
    let minutes = checked(call.body(), &keys)?;
    demand_text_channel(world, parent)?;
    let kind = match call.body()["type"].as_u64() {
        Some(11) => Kind::PublicThread,
        // Private is what one gets who does not ask.
        Some(12) | None => Kind::PrivateThread,
        Some(_) => return Err(Fail::new(400, 50024, "Cannot execute action on this channel type")),
    };
    let create = if kind == Kind::PublicThread {
        permissions::CREATE_PUBLIC_THREADS
    } else {
        permissions::CREATE_PRIVATE_THREADS
    };
    demand(may, create)?;
    let reply = make(world, call, None, kind, minutes);
    if kind == Kind::PublicThread {
        let name = call.body()["name"].as_str().unwrap_or_default();
        let mut note = Message::plain(world.new_id(), parent, world.bot(), name);
        note.kind = 18;
        world.post(note);
    }
    Ok(reply)
}

fn make(world: &mut World, call: &Call, id: Option<Id>, kind: Kind, minutes: Option<u64>) -> Reply {
    let name = call.body()["name"].as_str().unwrap_or_default();
    let thread = world.add_thread(call.id(0), id, name, kind, world.bot());
    if let Some(minutes) = minutes {
        world.channels.get_mut(&thread).unwrap().thread.as_mut().unwrap().auto_archive_min = minutes;
    }
    Reply::Json(wire::channel(world, thread))
}

fn checked(body: &Value, keys: &[&str]) -> Result<Option<u64>, Fail> {
    let mut problems = Problems::default();
    let part = Part::root(body);
    part.only(keys, &mut problems);
    part.required_text("name", 1..=NAME_CHARS_MAX, &mut problems);
    part.number("rate_limit_per_user", 0..=21_600, &mut problems);
    part.boolean("invitable", &mut problems);
    let minutes = auto_archive(&part, &mut problems);
    problems.finish()?;
    Ok(minutes)
}

fn demand_text_channel(world: &World, parent: Id) -> Result<(), Fail> {
    match world.channels[&parent].kind {
        Kind::Text => Ok(()),
        Kind::Dm | Kind::GroupDm | Kind::PublicThread | Kind::PrivateThread => {
            Err(Fail::new(400, 50024, "Cannot execute action on this channel type"))
        }
    }
}

/// A thread that the bot sees.
fn thread(world: &World, call: &Call) -> Result<Id, Fail> {
    seen(world, call.id(0))?;
    match world.channels[&call.id(0)].thread {
        Some(_) => Ok(call.id(0)),
        None => Err(Fail::new(400, 50024, "Cannot execute action on this channel type")),
    }
}

pub(super) fn members(world: &mut World, call: &Call) -> Answer {
    let id = thread(world, call)?;
    let members = &world.channels[&id].thread.as_ref().unwrap().members;
    Ok(Reply::Json(members.iter().map(|who| wire::thread_member(world, id, *who)).collect()))
}

pub(super) fn member(world: &mut World, call: &Call) -> Answer {
    let (id, who) = (thread(world, call)?, call.id(1));
    if !world.channels[&id].thread.as_ref().unwrap().members.contains(&who) {
        return Err(Fail::new(404, 10007, "Unknown Member"));
    }
    Ok(Reply::Json(wire::thread_member(world, id, who)))
}

pub(super) fn join(world: &mut World, call: &Call) -> Answer {
    let bot = world.bot();
    set_member(world, call, bot, true)
}

pub(super) fn leave(world: &mut World, call: &Call) -> Answer {
    let bot = world.bot();
    set_member(world, call, bot, false)
}

pub(super) fn add_member(world: &mut World, call: &Call) -> Answer {
    let who = call.id(1);
    let id = thread(world, call)?;
    if !world.users.contains_key(&who) {
        return Err(Fail::new(404, 10013, "Unknown User"));
    }
    if !permissions::of(world, who, id).has(permissions::VIEW_CHANNEL) {
        return Err(missing_access());
    }
    set_member(world, call, who, true)
}

fn set_member(world: &mut World, call: &Call, who: Id, inside: bool) -> Answer {
    let id = thread(world, call)?;
    demand_active(world, id)?;
    let channel = world.channels.get_mut(&id).unwrap();
    let guild = channel.guild.unwrap();
    let members = &mut channel.thread.as_mut().unwrap().members;
    let changed = if inside { members.insert(who) } else { members.remove(&who) };
    let count = members.len();
    if changed {
        let added = if inside { vec![wire::thread_member(world, id, who)] } else { Vec::new() };
        let removed = if inside { Vec::new() } else { vec![who.to_string()] };
        let data = json!({
            "id": id.to_string(), "guild_id": guild.to_string(), "member_count": count,
            "added_members": added, "removed_member_ids": removed,
        });
        world.tell(Event::of_guild("THREAD_MEMBERS_UPDATE", guild, data));
    }
    Ok(Reply::Empty)
}
