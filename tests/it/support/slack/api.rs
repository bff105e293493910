//! The first door: the Web API. Strict about fields, rights and limits.

use std::collections::BTreeMap;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::rules::{check_message, check_reply, check_view, each};
use super::world::{Fault, Form, Message, World};
use super::{Shared, socket};

/// How long after something was done a form can be opened.
const TRIGGER_GOOD_FOR: SignedDuration = SignedDuration::from_secs(3);

/// The connection is to be cut.
#[derive(Debug, thiserror::Error)]
#[error("cut by plan")]
struct Cut;

type Answer = Result<Value, &'static str>;

/// Serves one connection to its end.
pub(super) async fn serve(shared: Arc<Shared>, stream: TcpStream) {
    let service = service_fn(move |request| {
        let shared = shared.clone();
        async move {
            if request.headers().contains_key(hyper::header::SEC_WEBSOCKET_KEY) {
                return Ok(socket::upgrade(shared, request));
            }
            answer(&shared, request).await
        }
    });
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A connection that ends badly is one that the plan or the bot has cut.
    let _ended = connection.with_upgrades().await;
}

async fn answer(shared: &Shared, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Cut> {
    let (head, body) = request.into_parts();
    let bytes = body.collect().await.map_err(|_| Cut)?.to_bytes();
    let path = head.uri.path().to_owned();
    let token = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = token.strip_prefix("Bearer ").unwrap_or_default().to_owned();
    if let Some(trigger) = path.strip_prefix("/respond/") {
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        return Ok(shared.with(|world| respond(world, trigger, &body)));
    }
    if let Some(id) = path.strip_prefix("/upload/") {
        shared.with(|world| world.pending_files.insert(id.to_owned(), bytes.to_vec()));
        return Ok(text("OK"));
    }
    let method = path.strip_prefix("/api/").unwrap_or_default().to_owned();
    let query = head.uri.query().unwrap_or_default();
    let body = if bytes.is_empty() {
        json!(query_of(query))
    } else {
        serde_json::from_slice(&bytes).unwrap_or_default()
    };
    let fault = shared.with(|world| {
        let place = world.faults.iter().position(|(of, _)| *of == method)?;
        let fault = world.faults.remove(place).1;
        if matches!(fault, Fault::Error(_) | Fault::TooMany(_)) {
            world.calls.push((method.clone(), body.clone()));
        }
        Some(fault)
    });
    let body_of = |answer: Answer| match answer {
        Ok(mut answer) => {
            answer["ok"] = json!(true);
            answer
        }
        Err(error) => match error.strip_prefix("missing_scope:") {
            Some(needed) => json!({"ok": false, "error": "missing_scope", "needed": needed}),
            None => json!({"ok": false, "error": error}),
        },
    };
    let call = |world: &mut World| {
        world.calls.push((method.clone(), body.clone()));
        call(world, &method, &token, &body)
    };
    match fault {
        None | Some(Fault::Pass) => Ok(json_answer(200, &body_of(shared.with(call)))),
        Some(Fault::Error(error)) => Ok(json_answer(200, &body_of(Err(error)))),
        Some(Fault::TooMany(seconds)) => {
            let mut answer = json_answer(429, &body_of(Err("ratelimited")));
            answer.headers_mut().insert(RETRY_AFTER, seconds.into());
            Ok(answer)
        }
        Some(Fault::LoseAnswer) => {
            let _ = shared.with(call);
            Err(Cut)
        }
        Some(Fault::ErrorAfter) => {
            let _ = shared.with(call);
            Ok(json_answer(503, &json!({})))
        }
    }
}

fn query_of(query: &str) -> BTreeMap<String, String> {
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let Some((first, after)) = rest.split_first() {
            let hex =
                after.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
            match (first, hex) {
                (b'%', Some(byte)) => {
                    bytes.push(byte);
                    rest = &after[2..];
                }
                _ => {
                    bytes.push(*first);
                    rest = after;
                }
            }
        }
        String::from_utf8(bytes).unwrap()
    };
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (decoded(key), decoded(value))).collect()
}

fn json_answer(status: u16, body: &Value) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::from(body.to_string()));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer.headers_mut().insert(CONTENT_TYPE, "application/json; charset=utf-8".parse().unwrap());
    answer
}

fn text(body: &'static str) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::from(body));
    answer.headers_mut().insert(CONTENT_TYPE, "text/plain".parse().unwrap());
    answer
}

/// An answer to something that somebody did, which only they see.
fn respond(world: &mut World, trigger: &str, body: &Value) -> Response<Full<Bytes>> {
    check_reply(world, body);
    world.payloads.push(body.clone());
    let Some((user, channel)) = world.triggers.get(trigger).map(|of| (of.user.clone(), of.channel.clone()))
    else {
        world.wrong(format!("an answer to nothing: {body}"));
        return text("no");
    };
    let channel = channel.unwrap_or_else(|| world.direct(&user));
    let message = message(world, &channel, body, Some(user));
    world.post(message);
    text("ok")
}

fn message(world: &mut World, channel: &str, body: &Value, only_for: Option<String>) -> Message {
    let team = world.channels.get(channel).map_or(0, |channel| channel.team);
    Message {
        channel: channel.to_owned(),
        ts: world.ts(),
        user: world.teams[team].me.clone(),
        is_bot: true,
        text: body["text"].as_str().unwrap_or_default().to_owned(),
        blocks: body["blocks"].clone(),
        metadata: body.get("metadata").cloned(),
        thread: body["thread_ts"].as_str().map(str::to_owned),
        in_channel_too: body["reply_broadcast"] == true,
        only_for,
        settled_at: world.now + world.history_delay,
    }
}

/// Whether only these fields are there.
fn only(body: &Value, known: &[&str]) -> Result<(), &'static str> {
    let object = body.as_object().ok_or("invalid_arguments")?;
    if object.keys().all(|key| known.contains(&key.as_str())) { Ok(()) } else { Err("invalid_arguments") }
}

fn call(world: &mut World, method: &str, token: &str, body: &Value) -> Answer {
    if method == "apps.connections.open" {
        if token != world.app_token {
            return Err("invalid_auth");
        }
        return Ok(json!({"url": format!("ws://{}/socket?ticket=canary", world.address)}));
    }
    let team = world.teams.iter().position(|team| team.token == token).ok_or("invalid_auth")?;
    if world.teams[team].is_revoked {
        return Err("account_inactive");
    }
    let answer = match scope(world, method, body).filter(|scope| world.lacks_scope.contains(scope)) {
        Some(lacking) => Err(lacking),
        None => in_team(world, method, team, body),
    };
    if answer == Err("invalid_arguments") {
        world.wrong(format!("{method}: invalid arguments {body}"));
    }
    answer
}

/// The scope that a call takes, as it is said when it is missing.
fn scope(world: &World, method: &str, body: &Value) -> Option<&'static str> {
    let channel = body["channel"].as_str().and_then(|channel| world.channels.get(channel));
    match method {
        "chat.postMessage" | "chat.postEphemeral" | "chat.update" => Some("missing_scope:chat:write"),
        "pins.add" => Some("missing_scope:pins:write"),
        "users.info" => Some("missing_scope:users:read"),
        "conversations.open" => Some("missing_scope:im:write"),
        "conversations.history" | "conversations.replies" => match channel?.direct_with {
            Some(_) => Some("missing_scope:im:history"),
            None => Some("missing_scope:channels:history"),
        },
        "files.getUploadURLExternal" | "files.completeUploadExternal" => Some("missing_scope:files:write"),
        _ => None,
    }
}

fn in_team(world: &mut World, method: &str, team: usize, body: &Value) -> Answer {
    let (team_id, me) = (world.teams[team].id.clone(), world.teams[team].me.clone());
    match method {
        "auth.test" => Ok(json!({
            "url": "https://t.slack.com/", "team": format!("Team {team}"), "user": "riposte", "team_id": team_id,
            "user_id": me, "bot_id": "B1", "is_enterprise_install": false,
        })),
        "conversations.open" => {
            only(body, &["users"])?;
            let user = body["users"].as_str().filter(|user| world.users.contains_key(*user));
            let user = user.ok_or("user_not_found")?.to_owned();
            if world.users[&user].team != team {
                return Err("user_not_found");
            }
            Ok(json!({"channel": {"id": world.direct(&user)}}))
        }
        "chat.postMessage" => {
            let known = [
                "channel",
                "thread_ts",
                "reply_broadcast",
                "text",
                "blocks",
                "metadata",
                "unfurl_links",
                "unfurl_media",
            ];
            only(body, &known)?;
            let channel = channel(world, team, body)?;
            if let Some(thread) = body["thread_ts"].as_str() {
                let is_there = |message: &Message| message.channel == channel && message.ts == thread;
                world.messages.iter().find(|message| is_there(message)).ok_or("thread_not_found")?;
            } else if body["reply_broadcast"] == true {
                return Err("invalid_arguments");
            }
            check_message(world, method, body)?;
            check_pictures(world, body)?;
            world.payloads.push(body.clone());
            each(&body["blocks"], &mut |node| {
                if node["type"] == "usergroup" {
                    world.pings.push(node["usergroup_id"].as_str().unwrap_or_default().to_owned());
                }
            });
            let message = message(world, &channel, body, None);
            let event = world.message_event(&message, json!({}));
            world.post(message.clone());
            // The bot hears itself, as in Slack.
            world.event(&team_id, event);
            Ok(json!({"channel": channel, "ts": message.ts, "message": {"text": message.text, "user": me}}))
        }
        "chat.postEphemeral" => {
            only(body, &["channel", "user", "thread_ts", "text", "blocks"])?;
            let channel = channel(world, team, body)?;
            check_message(world, method, body)?;
            world.payloads.push(body.clone());
            let user = body["user"].as_str().ok_or("invalid_arguments")?.to_owned();
            let message = message(world, &channel, body, Some(user));
            // In a thread that nobody has written in, Slack shows it to nobody and says nothing of it.
            let is_shown = message.thread.as_ref().is_none_or(|thread| world.is_active(thread));
            if is_shown {
                world.post(message.clone());
            }
            Ok(json!({"message_ts": message.ts}))
        }
        "conversations.history" | "conversations.replies" => history(world, method, team, body),
        "chat.update" => {
            only(body, &["channel", "ts", "text", "blocks", "metadata"])?;
            let channel = channel(world, team, body)?;
            check_message(world, method, body)?;
            check_pictures(world, body)?;
            let ts = own_message(world, &channel, &me, &body["ts"], "cant_update_message")?;
            world.payloads.push(body.clone());
            let message = world.messages.iter_mut().find(|message| message.ts == ts).unwrap();
            message.text = body["text"].as_str().unwrap_or_default().to_owned();
            message.blocks = body["blocks"].clone();
            if let Some(metadata) = body.get("metadata") {
                message.metadata = Some(metadata.clone());
            }
            Ok(json!({"channel": channel, "ts": ts, "text": body["text"]}))
        }
        "pins.add" => {
            only(body, &["channel", "timestamp"])?;
            let channel = channel(world, team, body)?;
            let ts = own_message(world, &channel, &me, &body["timestamp"], "message_not_found")?;
            if world.pins.insert(ts) { Ok(json!({})) } else { Err("already_pinned") }
        }
        "users.info" => {
            only(body, &["user"])?;
            let id = body["user"].as_str().ok_or("invalid_arguments")?;
            let user = world.users.get(id).filter(|user| user.team == team).ok_or("user_not_found")?;
            Ok(json!({"user": {
                "id": id, "team_id": team_id, "name": user.name, "tz": user.zone, "is_admin": user.is_admin,
                "is_owner": false, "is_primary_owner": false, "is_bot": false,
            }}))
        }
        "views.open" => {
            only(body, &["trigger_id", "view"])?;
            let trigger = body["trigger_id"].as_str().unwrap_or_default();
            let now = world.now;
            let trigger = world.triggers.get_mut(trigger).ok_or("invalid_trigger_id")?;
            if trigger.used {
                return Err("exchanged_trigger_id");
            }
            if now.duration_since(trigger.at) > TRIGGER_GOOD_FOR {
                return Err("expired_trigger_id");
            }
            trigger.used = true;
            let user = trigger.user.clone();
            check_view(world, &body["view"])?;
            world.payloads.push(json!({"view": body["view"]}));
            let form = Form { id: world.id("V"), view: body["view"].clone() };
            world.forms.insert(user, form.clone());
            Ok(json!({"view": {"id": form.id}}))
        }
        "views.publish" => {
            only(body, &["user_id", "view"])?;
            check_view(world, &body["view"])?;
            world.payloads.push(json!({"view": body["view"]}));
            let user = body["user_id"].as_str().ok_or("invalid_arguments")?;
            world.homes.insert(user.to_owned(), body["view"].clone());
            Ok(json!({"view": {"id": "V1"}}))
        }
        "files.getUploadURLExternal" => {
            only(body, &["filename", "length"])?;
            let id = world.id("F");
            Ok(json!({"upload_url": format!("http://{}/upload/{id}", world.address), "file_id": id}))
        }
        "files.completeUploadExternal" => {
            only(body, &["files", "channel_id", "initial_comment"])?;
            let id = body["files"][0]["id"].as_str().unwrap_or_default();
            let bytes = world.pending_files.remove(id).ok_or("file_not_found")?;
            let Some(channel) = body["channel_id"].as_str().map(str::to_owned) else {
                // It stands nowhere, and whoever sent it can show it.
                world.pictures.insert(id.to_owned(), bytes);
                return Ok(json!({"files": [{"id": id}]}));
            };
            world.files.push((channel.clone(), bytes));
            let shared = json!({"text": body["initial_comment"]});
            let message = message(world, &channel, &shared, None);
            world.post(message);
            Ok(json!({"files": [{"id": id}]}))
        }
        _ => Err("unknown_method"),
    }
}

/// Whether every picture is one that was sent before and can be looked at.
fn check_pictures(world: &World, body: &Value) -> Result<(), &'static str> {
    let mut all_there = true;
    each(&body["blocks"], &mut |node| {
        if node["type"] == "image" {
            let file = world.pictures.get(node["slack_file"]["id"].as_str().unwrap_or_default());
            all_there &= file.is_some_and(|bytes| bytes.starts_with(b"\x89PNG"));
        }
    });
    if all_there { Ok(()) } else { Err("invalid_blocks") }
}

/// The time of a message that stands in a channel and is the bot's own; another one's is answered by `otherwise`.
fn own_message(
    world: &World,
    channel: &str,
    me: &str,
    ts: &Value,
    otherwise: &'static str,
) -> Result<String, &'static str> {
    let ts = ts.as_str().ok_or("invalid_arguments")?;
    let is_it =
        |message: &&Message| message.channel == channel && message.ts == ts && message.only_for.is_none();
    let message = world.messages.iter().find(is_it).ok_or("message_not_found")?;
    if message.user == me { Ok(ts.to_owned()) } else { Err(otherwise) }
}

/// The channel that is meant, if the bot may act there.
fn channel(world: &World, team: usize, body: &Value) -> Result<String, &'static str> {
    let id = body["channel"].as_str().ok_or("invalid_arguments")?;
    let channel = world.channels.get(id).filter(|channel| channel.team == team).ok_or("channel_not_found")?;
    if !channel.bot_is_member {
        return Err("not_in_channel");
    }
    if channel.is_archived {
        return Err("is_archived");
    }
    Ok(id.to_owned())
}

fn history(world: &mut World, method: &str, team: usize, body: &Value) -> Answer {
    only(body, &["channel", "ts", "oldest", "cursor", "limit", "include_all_metadata"])?;
    let channel = channel(world, team, body)?;
    let thread = body["ts"].as_str();
    if (method == "conversations.replies") != thread.is_some() {
        return Err("invalid_arguments");
    }
    let after = body["oldest"].as_str().unwrap_or("0");
    let limit: usize =
        body["limit"].as_str().and_then(|limit| limit.parse().ok()).ok_or("invalid_arguments")?;
    let is_there = |message: &&Message| {
        let in_thread = match thread {
            Some(thread) => message.thread.as_deref() == Some(thread) || message.ts == thread,
            None => message.thread.is_none() || message.in_channel_too,
        };
        message.channel == channel
            && message.only_for.is_none()
            && message.settled_at <= world.now
            && in_thread
            && message.ts.as_str() > after
    };
    let all: Vec<&Message> = world.messages.iter().filter(is_there).collect();
    // Without a beginning, the newest come first; with one, those closest to it.
    let start: usize = body["cursor"].as_str().map_or(Ok(0), str::parse).map_err(|_| "invalid_cursor")?;
    let page: Vec<&Message> = if body["oldest"].is_string() || thread.is_some() {
        all.iter().skip(start).take(limit).copied().collect()
    } else {
        all.iter().rev().skip(start).take(limit).copied().collect()
    };
    let more = start + page.len() < all.len();
    let next = if more { (start + page.len()).to_string() } else { String::new() };
    let found = page.into_iter().map(|message| {
        let mut shown = json!({
            "type": "message", "user": message.user, "text": message.text, "ts": message.ts,
            "blocks": message.blocks, "team": "T",
        });
        if message.is_bot {
            shown["bot_id"] = json!("B1");
        }
        if let (Some(metadata), Some("true")) = (&message.metadata, body["include_all_metadata"].as_str()) {
            shown["metadata"] = metadata.clone();
        }
        if let Some(thread) = &message.thread {
            shown["thread_ts"] = json!(thread);
        }
        shown
    });
    let found: Vec<Value> = found.collect();
    Ok(json!({"messages": found, "has_more": more, "response_metadata": {"next_cursor": next}}))
}
