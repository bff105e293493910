//! The second door: sockets, once their request came in over the first.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use hyper::upgrade::Upgraded;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::Shared;
use super::world::World;

/// How soon an event comes again that was not acknowledged, in real time; Slack takes three seconds for the first.
const RETRY_EVERY: Duration = Duration::from_millis(300);

/// To the task that owns a socket.
pub(crate) enum Order {
    Say(Value),
    /// Gone without a goodbye.
    Cut,
}

/// Agrees to a socket and attends to it in a task of its own.
pub(super) fn upgrade(shared: Arc<Shared>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let accept = derive_accept_key(request.headers()[SEC_WEBSOCKET_KEY].as_bytes());
    tokio::spawn(async move {
        if let Ok(stream) = hyper::upgrade::on(request).await {
            let socket = WebSocketStream::from_raw_socket(TokioIo::new(stream), Role::Server, None).await;
            attend(&shared, socket).await;
        }
    });
    Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(CONNECTION, "upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_ACCEPT, accept)
        .body(Full::default())
        .unwrap()
}

async fn attend(shared: &Shared, socket: WebSocketStream<TokioIo<Upgraded>>) {
    let (orders, mut ordered) = unbounded_channel();
    let (mut out, mut heard) = socket.split();
    let greeted = shared.with(|world| {
        if world.sockets.len() >= world.sockets_max {
            return Err(
                json!({"type": "disconnect", "reason": "too_many_websockets", "debug_info": {"host": "h"}}),
            );
        }
        world.sockets_ever += 1;
        Ok(world.sockets_ever)
    });
    let number = match greeted {
        Ok(number) => number,
        Err(refusal) => {
            let _ = out.send(Message::Text(refusal.to_string())).await;
            let _ = out.close().await;
            return;
        }
    };
    let hello = json!({
        "type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"},
        "debug_info": {"host": "h", "approximate_connection_time": 18_060},
    });
    if out.send(Message::Text(hello.to_string())).await.is_err() {
        return;
    }
    shared.with(|world| {
        world.sockets.insert(number, orders);
        for envelope in std::mem::take(&mut world.waiting) {
            world.push(envelope);
        }
    });
    let mut told: Vec<String> = Vec::new();
    let mut retry = tokio::time::interval(RETRY_EVERY);
    loop {
        tokio::select! {
            _ = retry.tick() => {
                let again = shared.with(|world| {
                    let due = told.iter().filter_map(|id| world.unacknowledged.get(id));
                    let events = due.filter(|envelope| envelope["type"] == "events_api");
                    events.cloned().map(retried).collect::<Vec<_>>()
                });
                for envelope in again {
                    // A socket that is gone is noticed below.
                    let _ = out.send(Message::Text(envelope.to_string())).await;
                }
            }
            order = ordered.recv() => match order {
                Some(Order::Say(envelope)) => {
                    told.extend(envelope["envelope_id"].as_str().map(str::to_owned));
                    if out.send(Message::Text(envelope.to_string())).await.is_err() {
                        break;
                    }
                }
                Some(Order::Cut) | None => break,
            },
            message = heard.next() => match message {
                Some(Ok(Message::Text(text))) => shared.with(|world| hear(world, &text)),
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            },
        }
    }
    shared.with(|world| {
        world.sockets.remove(&number);
        while let Ok(Order::Say(envelope)) = ordered.try_recv() {
            told.extend(envelope["envelope_id"].as_str().map(str::to_owned));
        }
        // What was not acknowledged goes to another one, or to the next.
        for id in told {
            if let Some(envelope) = world.unacknowledged.get(&id).cloned() {
                world.push(retried(envelope));
            }
        }
    });
}

/// An envelope, delivered once more.
pub(super) fn retried(mut envelope: Value) -> Value {
    envelope["retry_attempt"] = json!(1);
    envelope["retry_reason"] = json!("timeout");
    envelope
}

/// An acknowledgement.
fn hear(world: &mut World, text: &str) {
    let frame: Value = serde_json::from_str(text).unwrap_or_default();
    let Some(id) = frame["envelope_id"].as_str() else {
        return world.wrong(format!("not an acknowledgement: {text}"));
    };
    world.unacknowledged.remove(id);
    let payload = frame["payload"].clone();
    if payload.get("blocks").is_some() || payload.get("text").is_some() {
        super::rules::check_reply(world, &payload);
        world.payloads.push(payload.clone());
    }
    world.answers.insert(id.to_owned(), payload);
}

impl World {
    /// Asks for each socket to be made anew, as Slack does every few hours.
    pub(crate) fn refresh(&mut self) {
        let goodbye =
            json!({"type": "disconnect", "reason": "refresh_requested", "debug_info": {"host": "h"}});
        for socket in self.sockets.values() {
            let _ = socket.send(Order::Say(goodbye.clone()));
        }
    }

    /// Cuts every socket.
    pub(crate) fn cut(&mut self) {
        for socket in std::mem::take(&mut self.sockets).into_values() {
            let _ = socket.send(Order::Cut);
        }
    }

    /// Switches Socket Mode off.
    pub(crate) fn disable(&mut self) {
        let goodbye = json!({"type": "disconnect", "reason": "link_disabled", "debug_info": {"host": "h"}});
        for socket in self.sockets.values() {
            let _ = socket.send(Order::Say(goodbye.clone()));
        }
    }
}
