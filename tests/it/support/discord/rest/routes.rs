//! Which request goes where. The names are those of Discord's documents, so that faults, the record and
//! the contract speak of the same thing.

use serde_json::json;

use super::{Answer, Call, Reply, channels, commands, guilds, interactions, messages, threads, webhooks};
use crate::support::discord::state::World;
use crate::support::discord::wire;

/// A kind of request.
pub(super) struct Route {
    method: &'static str,
    pub(super) template: &'static str,
    pub(super) needs_token: bool,
    pub(super) handler: fn(&mut World, &Call) -> Answer,
}

const fn route(
    method: &'static str,
    template: &'static str,
    handler: fn(&mut World, &Call) -> Answer,
) -> Route {
    Route { method, template, needs_token: true, handler }
}

/// Whoever knows the token in the path may.
const fn open(
    method: &'static str,
    template: &'static str,
    handler: fn(&mut World, &Call) -> Answer,
) -> Route {
    Route { method, template, needs_token: false, handler }
}

const CALLBACK: &str = "/interactions/{interaction_id}/{interaction_token}/callback";
const FOLLOW_UPS: &str = "/webhooks/{webhook_id}/{webhook_token}";
const ORIGINAL: &str = "/webhooks/{webhook_id}/{webhook_token}/messages/@original";
const FOLLOW_UP: &str = "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}";
const MESSAGES: &str = "/channels/{channel_id}/messages";
const MESSAGE: &str = "/channels/{channel_id}/messages/{message_id}";
const COMMANDS: &str = "/applications/{application_id}/commands";
const GUILD_COMMANDS: &str = "/applications/{application_id}/guilds/{guild_id}/commands";
const PIN: &str = "/channels/{channel_id}/messages/pins/{message_id}";
const OLD_PIN: &str = "/channels/{channel_id}/pins/{message_id}";
const OWN_THREAD_MEMBER: &str = "/channels/{channel_id}/thread-members/@me";
const THREAD_MEMBER: &str = "/channels/{channel_id}/thread-members/{user_id}";

/// A literal stands before the pattern that would also fit.
static ROUTES: [Route; 47] = [
    open("GET", "/gateway", gateway),
    route("GET", "/gateway/bot", gateway_bot),
    route("GET", "/users/@me", |world, _| Ok(Reply::Json(wire::current_user(world)))),
    route("GET", "/applications/@me", |world, _| Ok(Reply::Json(wire::application(world)))),
    route("GET", "/oauth2/applications/@me", |world, _| Ok(Reply::Json(wire::application(world)))),
    route("POST", "/users/@me/channels", channels::open_dm),
    route("GET", "/users/@me/guilds", guilds::own),
    route("GET", "/users/{user_id}", guilds::user),
    route("GET", "/channels/{channel_id}", channels::get),
    route("PATCH", "/channels/{channel_id}", channels::change),
    route("DELETE", "/channels/{channel_id}", channels::delete),
    route("POST", "/channels/{channel_id}/typing", channels::typing),
    route("GET", MESSAGES, messages::list),
    route("POST", MESSAGES, messages::create),
    route("GET", "/channels/{channel_id}/messages/pins", channels::pins),
    route("PUT", PIN, channels::pin),
    route("DELETE", PIN, channels::unpin),
    route("GET", "/channels/{channel_id}/pins", channels::old_pins),
    route("PUT", OLD_PIN, channels::pin),
    route("DELETE", OLD_PIN, channels::unpin),
    route("GET", MESSAGE, messages::get),
    route("PATCH", MESSAGE, messages::edit),
    route("DELETE", MESSAGE, messages::delete),
    route("POST", "/channels/{channel_id}/messages/{message_id}/threads", threads::from_message),
    route("POST", "/channels/{channel_id}/threads", threads::without_message),
    route("GET", "/channels/{channel_id}/thread-members", threads::members),
    route("PUT", OWN_THREAD_MEMBER, threads::join),
    route("DELETE", OWN_THREAD_MEMBER, threads::leave),
    route("GET", THREAD_MEMBER, threads::member),
    route("PUT", THREAD_MEMBER, threads::add_member),
    route("GET", "/guilds/{guild_id}", guilds::get),
    route("GET", "/guilds/{guild_id}/roles", guilds::roles),
    route("GET", "/guilds/{guild_id}/channels", guilds::channels),
    route("GET", "/guilds/{guild_id}/threads/active", guilds::active_threads),
    route("GET", "/guilds/{guild_id}/members/{user_id}", guilds::member),
    route("GET", COMMANDS, commands::list),
    route("PUT", COMMANDS, commands::overwrite),
    route("GET", GUILD_COMMANDS, commands::list_of_guild),
    route("PUT", GUILD_COMMANDS, commands::overwrite_of_guild),
    open("POST", CALLBACK, interactions::respond),
    open("POST", FOLLOW_UPS, webhooks::create),
    open("GET", ORIGINAL, webhooks::get_original),
    open("PATCH", ORIGINAL, webhooks::edit_original),
    open("DELETE", ORIGINAL, webhooks::delete_original),
    open("GET", FOLLOW_UP, webhooks::get),
    open("PATCH", FOLLOW_UP, webhooks::edit),
    open("DELETE", FOLLOW_UP, webhooks::delete),
];

/// The route of a request and the ids in its path.
pub(super) fn find(method: &str, path: &str) -> Option<(&'static Route, Vec<String>)> {
    let fitting = ROUTES.iter().filter(|route| route.method == method);
    fitting.filter_map(|route| arguments(route.template, path).map(|args| (route, args))).next()
}

/// Whether there is such a route, for a fault plan that would otherwise never be met.
pub(crate) fn is_known(name: &str) -> bool {
    ROUTES.iter().any(|route| format!("{} {}", route.method, route.template) == name)
}

fn arguments(template: &str, path: &str) -> Option<Vec<String>> {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    let mut found = Vec::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(found),
            (Some(name), Some(value)) if name.starts_with('{') && !value.is_empty() => {
                found.push(value.to_owned())
            }
            (Some(name), Some(value)) if name == value => {}
            _ => return None,
        }
    }
}

fn gateway(_: &mut World, call: &Call) -> Answer {
    Ok(Reply::Json(json!({"url": call.gateway_url})))
}

fn gateway_bot(world: &mut World, call: &Call) -> Answer {
    Ok(Reply::Json(json!({
        "url": call.gateway_url, "shards": 1,
        "session_start_limit": {
            "total": 1000, "remaining": world.gateway.identifies_left, "reset_after": 86_400_000,
            "max_concurrency": 1,
        },
    })))
}
