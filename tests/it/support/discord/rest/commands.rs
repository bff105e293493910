//! Registering commands. What stays the same keeps its id and version.

use serde_json::{Value, json};

use super::{Answer, Call, Fail, Reply};
use crate::support::discord::rules;
use crate::support::discord::state::{Id, World};

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    registered(world, call, None)
}

pub(super) fn list_of_guild(world: &mut World, call: &Call) -> Answer {
    registered(world, call, Some(call.id(1)))
}

pub(super) fn overwrite(world: &mut World, call: &Call) -> Answer {
    replace(world, call, None)
}

pub(super) fn overwrite_of_guild(world: &mut World, call: &Call) -> Answer {
    replace(world, call, Some(call.id(1)))
}

fn registered(world: &World, call: &Call, guild: Option<Id>) -> Answer {
    demand_own(world, call, guild)?;
    Ok(Reply::Json(json!(world.commands.get(&guild).cloned().unwrap_or_default())))
}

fn demand_own(world: &World, call: &Call, guild: Option<Id>) -> Result<(), Fail> {
    if call.id(0) != world.app.id {
        return Err(Fail::new(
            403,
            20012,
            "You are not authorized to perform this action on this application",
        ));
    }
    match guild {
        Some(guild) if !world.guilds.contains_key(&guild) => Err(Fail::new(403, 50001, "Missing Access")),
        Some(_) | None => Ok(()),
    }
}

fn replace(world: &mut World, call: &Call, guild: Option<Id>) -> Answer {
    demand_own(world, call, guild)?;
    rules::commands::check(call.body())?;
    let before = world.commands.remove(&guild).unwrap_or_default();
    let wanted = call.body().as_array().cloned().unwrap_or_default();
    let after: Vec<Value> = wanted.iter().map(|command| stored(world, command, guild, &before)).collect();
    world.record.registrations += 1;
    world.commands.insert(guild, after.clone());
    Ok(Reply::Json(json!(after)))
}

fn stored(world: &mut World, command: &Value, guild: Option<Id>, before: &[Value]) -> Value {
    let kind = command["type"].as_u64().unwrap_or(1);
    let mut stored = json!({
        "application_id": world.app.id.to_string(), "type": kind, "nsfw": false, "description": "",
        "default_member_permissions": null, "dm_permission": true, "contexts": null,
        "integration_types": [0], "name_localizations": null, "description_localizations": null,
    });
    if let Some(guild) = guild {
        stored["guild_id"] = json!(guild.to_string());
    }
    for (key, value) in command.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        stored[key] = value.clone();
    }
    let same_name = before.iter().find(|old| old["name"] == command["name"] && old["type"] == kind);
    let id = same_name.map_or_else(|| json!(world.new_id().to_string()), |old| old["id"].clone());
    stored["id"] = id;
    let version = same_name.map_or(Value::Null, |old| old["version"].clone());
    stored["version"] = version;
    if same_name != Some(&stored) {
        stored["version"] = json!(world.new_id().to_string());
    }
    stored
}
