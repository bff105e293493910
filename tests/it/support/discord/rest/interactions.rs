//! The first response to an interaction: within three seconds, once.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::channels::archived;
use super::messages::{fill, only, rewrite, watch_mentions};
use super::{Answer, Call, Fail, Reply};
use crate::support::discord::rules;
use crate::support::discord::rules::messages::Way;
use crate::support::discord::state::{Id, Interaction, Message, Response, World};
use crate::support::discord::wire;

const FIRST_RESPONSE_WITHIN: SignedDuration = SignedDuration::from_secs(3);

const COMMAND: u8 = 2;
const COMPONENT: u8 = 3;
const AUTOCOMPLETE: u8 = 4;
const FORM: u8 = 5;

pub(super) fn respond(world: &mut World, call: &Call) -> Answer {
    let unknown = || Fail::new(404, 10062, "Unknown interaction");
    let id = call.id(0);
    let interaction = world.interactions.get(&id).filter(|known| known.token == call.args[1]);
    let interaction = interaction.ok_or_else(unknown)?;
    if interaction.response.is_some() {
        return Err(Fail::new(400, 40060, "Interaction has already been acknowledged."));
    }
    if world.now.duration_since(id.at()) > FIRST_RESPONSE_WITHIN {
        return Err(unknown());
    }
    only(call.body(), &["type", "data"])?;
    let thread = world.channels.get(&interaction.channel).and_then(|channel| channel.thread.as_ref());
    if thread.is_some_and(|thread| thread.archived) && interaction.kind != AUTOCOMPLETE {
        return Err(archived());
    }
    let kind = call.body()["type"].as_u64().unwrap_or(0);
    let data = call.body()["data"].clone();
    let from_message = interaction.source.is_some();
    let response = match (kind, interaction.kind) {
        (4 | 5, COMMAND | COMPONENT | FORM) => message(world, call, id, &data, kind == 5)?,
        (6 | 7, COMPONENT | FORM) if from_message => update(world, call, id, &data, kind == 6)?,
        (8, AUTOCOMPLETE) => {
            rules::commands::check_completion(&data)?;
            Response::Choices(data["choices"].as_array().cloned().unwrap_or_default())
        }
        (9, COMMAND | COMPONENT) => {
            rules::components::check_form(&data)?;
            let user = world.interactions[&id].user;
            world.users.get_mut(&user).unwrap().form = Some((id, data.clone()));
            Response::Form(data)
        }
        _ => return Err(wrong_type()),
    };
    world.interactions.get_mut(&id).unwrap().response = Some(response);
    if call.query.get("with_response").is_none_or(|wanted| wanted != "true") {
        return Ok(Reply::Empty);
    }
    let original = world.interactions[&id].original;
    Ok(Reply::Json(json!({
        "interaction": {"id": id.to_string(), "type": world.interactions[&id].kind},
        "resource": original.map(|original| json!({"type": kind, "message": wire::message(world, original)})),
    })))
}

fn wrong_type() -> Fail {
    let mut problems = rules::Problems::default();
    problems.add("type", "BASE_TYPE_CHOICES", "This interaction cannot be answered so.");
    problems.finish().unwrap_err()
}

/// A message, or the place of one that will follow.
fn message(world: &mut World, call: &Call, id: Id, data: &Value, deferred: bool) -> Result<Response, Fail> {
    let private = data["flags"].as_u64().unwrap_or(0) & wire::EPHEMERAL != 0;
    if deferred {
        if !data.is_null() {
            only(data, &["flags"])?;
        }
    } else {
        rules::messages::check(Way::Respond, data, &call.files)?;
    }
    let new = world.new_id();
    let interaction = &world.interactions[&id];
    let mut message = reply(interaction, new, world.bot());
    message.only_for = private.then_some(interaction.user);
    message.thinking = deferred;
    world.interactions.get_mut(&id).unwrap().original = Some(new);
    if !deferred {
        fill(world, &mut message, data, &call.files);
        watch_mentions(world, call, &mut message);
    }
    world.post(message);
    Ok(Response::Message)
}

/// An empty message that answers an interaction.
pub(super) fn reply(interaction: &Interaction, id: Id, bot: Id) -> Message {
    let mut message = Message::plain(id, interaction.channel, bot, "");
    message.interaction = Some(interaction.id);
    let is_menu_command = interaction.data["target_id"].is_string();
    message.kind = match interaction.kind {
        COMMAND if is_menu_command => 23,
        COMMAND => 20,
        _ if interaction.source.is_some() => 19,
        _ => 0,
    };
    message.reply_to = interaction.source;
    message
}

/// A change of the message that was pressed on, or the promise of one.
fn update(world: &mut World, call: &Call, id: Id, data: &Value, deferred: bool) -> Result<Response, Fail> {
    let source = world.interactions[&id].source.unwrap();
    if !deferred && !data.is_null() {
        rewrite(world, call, source, Way::EditResponse, data)?;
    }
    world.interactions.get_mut(&id).unwrap().original = Some(source);
    Ok(Response::Update)
}
