//! The second door: the socket of the gateway, once its request came in over the first.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use hyper::upgrade::Upgraded;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc::unbounded_channel;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

use crate::support::discord::Shared;
use crate::support::discord::gateway::{self, Order};

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
    let number = shared.with(|world| world.gateway.open(orders));
    let (mut out, mut heard) = socket.split();
    loop {
        tokio::select! {
            order = ordered.recv() => match order {
                Some(Order::Say(packet)) => {
                    if out.send(Message::Text(packet.to_string())).await.is_err() {
                        return shared.with(|world| world.gateway.closed(number, None));
                    }
                }
                Some(Order::Close(code)) => {
                    let frame = CloseFrame { code: code.into(), reason: "".into() };
                    let _gone = out.send(Message::Close(Some(frame))).await;
                    // Until the other side has said goodbye too, so that it surely got the code.
                    while let Some(Ok(_)) = heard.next().await {}
                    return shared.with(|world| world.gateway.closed(number, None));
                }
                Some(Order::Cut) | None => {
                    return shared.with(|world| world.gateway.closed(number, None));
                }
            },
            message = heard.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let packet = serde_json::from_str(&text).unwrap_or_default();
                    shared.with(|world| gateway::hear(world, number, &packet));
                }
                Some(Ok(Message::Close(frame))) => {
                    let code = frame.map(|frame| u16::from(frame.code));
                    return shared.with(|world| world.gateway.closed(number, code));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => {
                    return shared.with(|world| world.gateway.closed(number, None));
                }
            },
        }
    }
}
