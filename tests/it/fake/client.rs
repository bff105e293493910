//! A bot without a library: plain requests and a plain socket.

use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::support::discord::Discord;
use crate::support::discord::driver::place::Place;
use crate::support::discord::{PATIENCE, state::Id};

/// Every intent that a drill may ask for: guilds, messages, DMs and message content.
pub(super) const INTENTS: u64 = 1 | 1 << 9 | 1 << 12 | 1 << 15;
/// Those without message content.
pub(super) const MODEST: u64 = 1 | 1 << 9 | 1 << 12;

pub(super) struct Bot {
    http: reqwest::Client,
    url: String,
    pub(super) token: String,
    pub(super) id: u64,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) body: Value,
}

impl Got {
    pub(super) fn code(&self) -> u64 {
        self.body["code"].as_u64().unwrap_or(0)
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Bot {
    pub(super) fn of(discord: &Discord) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { http, url: discord.url(), token: discord.token(), id: discord.application_id() }
    }

    /// Sends a request; an error if the connection was cut.
    pub(super) async fn try_send(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Result<Got, reqwest::Error> {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("{}/api/v10{path}", self.url));
        request = request.header("Authorization", format!("Bot {}", self.token));
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body.to_string());
        }
        got(request.send().await?).await
    }

    pub(super) async fn send(&self, method: &str, path: &str, body: Value) -> Got {
        self.try_send(method, path, Some(body)).await.unwrap()
    }

    /// Sends a body as it is, whatever it is.
    pub(super) async fn send_raw(&self, method: &str, path: &str, body: &str) -> Got {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, format!("{}/api/v10{path}", self.url));
        let request = request.header("Authorization", format!("Bot {}", self.token));
        got(request.body(body.to_owned()).send().await.unwrap()).await.unwrap()
    }

    pub(super) async fn get(&self, path: &str) -> Got {
        self.try_send("GET", path, None).await.unwrap()
    }

    /// Posts a message that pings nobody; what `body` names comes on top.
    pub(super) async fn post(&self, place: &Place, body: Value) -> Got {
        self.send("POST", &messages(place.id), quiet(body)).await
    }

    /// Posts a message with a file.
    pub(super) async fn post_file(&self, place: &Place, payload: Value, name: &str, bytes: &str) -> Got {
        let part = reqwest::multipart::Part::text(bytes.to_owned()).file_name(name.to_owned());
        let form = reqwest::multipart::Form::new()
            .text("payload_json", quiet(payload).to_string())
            .part("files[0]", part.mime_str("text/plain").unwrap());
        let request = self.http.post(format!("{}/api/v10{}", self.url, messages(place.id)));
        let request = request.header("Authorization", format!("Bot {}", self.token)).multipart(form);
        got(request.send().await.unwrap()).await.unwrap()
    }

    /// Gives the first response to an interaction event.
    pub(super) async fn respond(&self, event: &Value, body: Value) -> Got {
        let (id, token) = (event["id"].as_str().unwrap(), event["token"].as_str().unwrap());
        self.send("POST", &format!("/interactions/{id}/{token}/callback"), body).await
    }

    /// The path of the follow-ups of an interaction.
    pub(super) fn follow_ups(&self, event: &Value) -> String {
        format!("/webhooks/{}/{}", self.id, event["token"].as_str().unwrap())
    }

    /// Connects and identifies, and reads up to READY and the servers.
    pub(super) async fn connect(&self, intents: u64) -> Socket {
        let mut socket = self.open().await;
        socket.identify(&self.token, intents).await;
        assert_eq!(socket.next().await["t"], "READY");
        socket
    }

    /// Connects and reads HELLO.
    pub(super) async fn open(&self) -> Socket {
        let gateway = self.get("/gateway").await.body["url"].as_str().unwrap().to_owned();
        let (stream, _) =
            tokio_tungstenite::connect_async(format!("{gateway}/?v=10&encoding=json")).await.unwrap();
        let mut socket = Socket { stream, seen: 0 };
        assert_eq!(socket.next().await["op"], 10);
        socket
    }
}

/// The path of the messages of a channel.
pub(super) fn messages(channel: Id) -> String {
    format!("/channels/{channel}/messages")
}

/// A body that pings nobody.
pub(super) fn quiet(mut body: Value) -> Value {
    if body.get("allowed_mentions").is_none() {
        body["allowed_mentions"] = json!({"parse": []});
    }
    body
}

async fn got(response: reqwest::Response) -> Result<Got, reqwest::Error> {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await?;
    Ok(Got { status, headers, body: serde_json::from_slice(&bytes).unwrap_or_default() })
}

pub(super) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The last number of a dispatch.
    pub(super) seen: u64,
}

impl Socket {
    pub(super) async fn send(&mut self, packet: Value) {
        self.stream.send(Message::Text(packet.to_string())).await.unwrap();
    }

    pub(super) async fn identify(&mut self, token: &str, intents: u64) {
        let properties = json!({"os": "linux", "browser": "test", "device": "test"});
        self.send(json!({"op": 2, "d": {"token": token, "intents": intents, "properties": properties}}))
            .await;
    }

    pub(super) async fn resume(&mut self, token: &str, session: &str, seen: u64) {
        self.send(json!({"op": 6, "d": {"token": token, "session_id": session, "seq": seen}})).await;
    }

    /// The next packet.
    pub(super) async fn next(&mut self) -> Value {
        match self.frame().await {
            Some(Message::Text(text)) => {
                let packet: Value = serde_json::from_str(&text).unwrap();
                self.seen = packet["s"].as_u64().unwrap_or(self.seen);
                packet
            }
            other => panic!("a packet was to come, not {other:?}"),
        }
    }

    /// The data of the next dispatch of this name; others are passed over.
    pub(super) async fn dispatch(&mut self, name: &str) -> Value {
        loop {
            let packet = self.next().await;
            if packet["t"] == name {
                return packet["d"].clone();
            }
        }
    }

    /// The code that the socket is closed with; 0 if it is cut.
    pub(super) async fn closed(&mut self) -> u16 {
        loop {
            match self.frame().await {
                Some(Message::Close(frame)) => return frame.map_or(0, |frame| frame.code.into()),
                Some(_) => {}
                None => return 0,
            }
        }
    }

    async fn frame(&mut self) -> Option<Message> {
        let frame = tokio::time::timeout(PATIENCE, self.stream.next()).await.unwrap();
        frame.and_then(Result::ok)
    }
}
