//! What follows the first response, through the token of the interaction: fifteen minutes long.

use jiff::SignedDuration;
use serde_json::Value;

use super::channels::{demand_active, unknown_message};
use super::interactions::reply;
use super::messages::{fill, rewrite, take_away, watch_mentions};
use super::{Answer, Call, Fail, Reply};
use crate::support::discord::rules;
use crate::support::discord::rules::messages::Way;
use crate::support::discord::state::{Id, World};
use crate::support::discord::wire;

const TOKEN_LASTS: SignedDuration = SignedDuration::from_mins(15);
/// Where the bot is installed by the user only.
const FOLLOW_UPS_MAX: u32 = 5;

/// The interaction of the token in the path.
fn interaction(world: &World, call: &Call) -> Result<Id, Fail> {
    let unknown = || Fail::new(404, 10015, "Unknown Webhook");
    let known = world.interactions.values().find(|known| known.token == call.args[1]);
    let known = known.filter(|_| call.id(0) == world.app.id).ok_or_else(unknown)?;
    if known.response.is_none() {
        return Err(unknown());
    }
    if world.now.duration_since(known.id.at()) > TOKEN_LASTS {
        return Err(Fail::new(401, 50027, "Invalid Webhook Token"));
    }
    Ok(known.id)
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let id = interaction(world, call)?;
    let body = call.body();
    rules::messages::check(Way::FollowUp, body, &call.files)?;
    demand_active(world, world.interactions[&id].channel)?;
    let original = world.interactions[&id].original;
    // The first follow-up of a deferred response takes its place.
    if let Some(thinking) =
        original.filter(|original| world.messages.get(original).is_some_and(|it| it.thinking))
    {
        let mut body = body.clone();
        if let Some(body) = body.as_object_mut() {
            body.retain(|key, _| key != "flags" && key != "tts");
        }
        return rewrite(world, call, thinking, Way::EditResponse, &body);
    }
    let channel = world.interactions[&id].channel;
    if !world.has_bot(channel) && world.interactions[&id].followups >= FOLLOW_UPS_MAX {
        let sentence = "This interaction has reached the maximum number of follow up messages";
        return Err(Fail::new(400, 40094, sentence));
    }
    let new = world.new_id();
    let interaction = &world.interactions[&id];
    let mut message = reply(interaction, new, world.bot());
    message.kind = if original.is_some() { 19 } else { 0 };
    message.reply_to = original;
    let private = body["flags"].as_u64().unwrap_or(0) & wire::EPHEMERAL != 0;
    message.only_for = private.then_some(interaction.user);
    world.interactions.get_mut(&id).unwrap().followups += 1;
    fill(world, &mut message, body, &call.files);
    watch_mentions(world, call, &mut message);
    let id = world.post(message);
    Ok(Reply::Json(wire::message(world, id)))
}

/// The message that the path names, if it answers this interaction.
fn message(world: &World, call: &Call) -> Result<Id, Fail> {
    let interaction = interaction(world, call)?;
    let message = world.messages.get(&call.id(2));
    let message = message.filter(|message| message.interaction == Some(interaction));
    message.map(|message| message.id).ok_or_else(unknown_message)
}

fn original(world: &World, call: &Call) -> Result<Id, Fail> {
    let interaction = interaction(world, call)?;
    let original = world.interactions[&interaction].original;
    original.filter(|original| world.messages.contains_key(original)).ok_or_else(unknown_message)
}

pub(super) fn get_original(world: &mut World, call: &Call) -> Answer {
    let id = original(world, call)?;
    Ok(Reply::Json(wire::message(world, id)))
}

pub(super) fn edit_original(world: &mut World, call: &Call) -> Answer {
    let id = original(world, call)?;
    change(world, call, id, call.body())
}

pub(super) fn delete_original(world: &mut World, call: &Call) -> Answer {
    let id = original(world, call)?;
    take_away(world, id);
    Ok(Reply::Empty)
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let id = message(world, call)?;
    Ok(Reply::Json(wire::message(world, id)))
}

pub(super) fn edit(world: &mut World, call: &Call) -> Answer {
    let id = message(world, call)?;
    change(world, call, id, call.body())
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let id = message(world, call)?;
    take_away(world, id);
    Ok(Reply::Empty)
}

fn change(world: &mut World, call: &Call, id: Id, body: &Value) -> Answer {
    demand_active(world, world.messages[&id].channel)?;
    rewrite(world, call, id, Way::EditResponse, body)
}
