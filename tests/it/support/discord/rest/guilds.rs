//! Servers and people, as far as a permission check needs them.

use serde_json::json;

use super::channels::missing_access;
use super::{Answer, Call, Fail, Reply};
use crate::support::discord::permissions;
use crate::support::discord::state::{Channel, Id, World};
use crate::support::discord::wire;

/// A server that the bot is in and that is up.
fn seen(world: &World, id: Id) -> Result<Id, Fail> {
    let guild = world.guilds.get(&id).filter(|guild| guild.available);
    let guild = guild.ok_or_else(|| Fail::new(404, 10004, "Unknown Guild"))?;
    if guild.members.contains(&world.bot()) { Ok(id) } else { Err(missing_access()) }
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let id = seen(world, call.id(0))?;
    Ok(Reply::Json(wire::guild(world, id)))
}

pub(super) fn own(world: &mut World, _: &Call) -> Answer {
    let own = world.guilds.values().filter(|guild| guild.members.contains(&world.app.id));
    let own = own.map(|guild| {
        let may = guild.roles[..2].iter().fold(0, |may, role| may | role.permissions);
        json!({
            "id": guild.id.to_string(), "name": guild.name, "icon": null, "banner": null, "owner": false,
            "permissions": may.to_string(), "features": [],
        })
    });
    Ok(Reply::Json(own.collect()))
}

pub(super) fn user(world: &mut World, call: &Call) -> Answer {
    if !world.users.contains_key(&call.id(0)) {
        return Err(Fail::new(404, 10013, "Unknown User"));
    }
    Ok(Reply::Json(wire::user(world, call.id(0))))
}

pub(super) fn roles(world: &mut World, call: &Call) -> Answer {
    let id = seen(world, call.id(0))?;
    Ok(Reply::Json(wire::roles(world, id)))
}

pub(super) fn channels(world: &mut World, call: &Call) -> Answer {
    let id = seen(world, call.id(0))?;
    Ok(Reply::Json(visible(world, id, |channel| channel.thread.is_none())))
}

pub(super) fn active_threads(world: &mut World, call: &Call) -> Answer {
    let id = seen(world, call.id(0))?;
    let threads =
        visible(world, id, |channel| channel.thread.as_ref().is_some_and(|thread| !thread.archived));
    Ok(Reply::Json(json!({"threads": threads, "members": []})))
}

fn visible(world: &World, guild: Id, wanted: impl Fn(&Channel) -> bool) -> serde_json::Value {
    let found = world.channels.values().filter(|channel| channel.guild == Some(guild) && wanted(channel));
    found
        .filter(|channel| permissions::of(world, world.bot(), channel.id).has(permissions::VIEW_CHANNEL))
        .map(|channel| wire::channel(world, channel.id))
        .collect()
}

pub(super) fn member(world: &mut World, call: &Call) -> Answer {
    let (id, who) = (seen(world, call.id(0))?, call.id(1));
    if !world.guilds[&id].members.contains(&who) {
        return Err(Fail::new(404, 10007, "Unknown Member"));
    }
    Ok(Reply::Json(wire::member(world, id, who)))
}
