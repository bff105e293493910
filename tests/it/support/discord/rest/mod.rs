//! The first door: REST, version 10.
//!
//! One request after the other is taken apart, meets the fault plan and the rate limits, is held against
//! the contract, and is done by the handler of its route while the world stands still.

mod channels;
mod commands;
mod guilds;
mod interactions;
mod messages;
mod multipart;
pub(crate) mod routes;
mod socket;
mod threads;
mod webhooks;

use std::collections::BTreeMap;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};

use super::faults::Fault;
use super::limits::Standing;
use super::record::Logged;
use super::state::{Id, World};
use super::{Shared, contract};

pub(crate) use channels::PINS_MAX;

const API: &str = "/api/v10";

/// A refusal in Discord's words.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fail {
    pub(crate) status: u16,
    pub(crate) code: u64,
    pub(crate) message: String,
    pub(crate) errors: Option<Value>,
}

impl Fail {
    pub(crate) fn new(status: u16, code: u64, message: &str) -> Self {
        Self { status, code, message: message.to_owned(), errors: None }
    }

    fn json(&self) -> Value {
        let mut json = json!({"message": self.message, "code": self.code});
        if let Some(errors) = &self.errors {
            json["errors"] = errors.clone();
        }
        json
    }
}

/// A file that came with a request.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    /// `n` of `files[n]`.
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) bytes: Vec<u8>,
}

/// A success.
pub(crate) enum Reply {
    Json(Value),
    Empty,
}

type Answer = Result<Reply, Fail>;

/// A request, taken apart.
struct Call {
    method: String,
    /// Without the version.
    path: String,
    query: BTreeMap<String, String>,
    body: Option<Value>,
    files: Vec<Upload>,
    token: Option<String>,
    /// The ids in the path, in order.
    args: Vec<String>,
    gateway_url: String,
    /// Its body could not be read.
    broken: bool,
}

impl Call {
    /// The id at this place of the path; one that is none fits nothing.
    fn id(&self, place: usize) -> Id {
        Id::parse(&self.args[place]).unwrap_or(Id(0))
    }

    fn body(&self) -> &Value {
        self.body.as_ref().unwrap_or(&Value::Null)
    }
}

/// The connection is to be cut.
#[derive(Debug, thiserror::Error)]
#[error("cut by plan")]
struct Cut;

/// Serves one connection to its end.
pub(crate) async fn serve(shared: Arc<Shared>, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
    let service = service_fn(move |request| {
        let shared = shared.clone();
        async move {
            if request.headers().contains_key(hyper::header::SEC_WEBSOCKET_KEY) {
                return Ok(socket::upgrade(shared, request));
            }
            answer(shared, request).await
        }
    });
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A connection that ends badly is one that the plan or the bot has cut.
    let _ended = connection.with_upgrades().await;
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Cut> {
    let mut call = take_apart(&shared, request).await.ok_or(Cut)?;
    let route = routes::find(&call.method, &call.path);
    let template = route.as_ref().map_or_else(|| call.path.clone(), |(route, _)| route.template.to_owned());
    let name = format!("{} {template}", call.method);
    if let Some((_, args)) = &route {
        call.args.clone_from(args);
    }
    let fault = shared.with(|world| world.faults.next(&name));
    if let Some(fault) = &fault
        && let Some(early) = before(&shared, fault).await
    {
        let (status, body) = early?;
        log(&shared, &call, &template, status, &body, true);
        return Ok(respond(status, &body, None, None));
    }
    let exempt = template.starts_with("/interactions") || template.starts_with("/webhooks");
    let main_id = call.args.first().cloned().unwrap_or_default();
    let standing = shared.with(|world| world.limits.count(&name, &main_id, exempt));
    if let Some(global) = standing.as_ref().and_then(|standing| standing.over) {
        let seconds = standing.as_ref().map_or(0.0, |standing| whole_ms(standing.reset_after.as_secs_f64()));
        let body = too_many(seconds, global);
        log(&shared, &call, &template, 429, &body, true);
        return Ok(respond(429, &body, standing.as_ref(), Some((seconds, global))));
    }
    let wrong = contract::faults(&call.method, &template, call.body.as_ref());
    // What is there to see is on record in the same moment.
    let (status, body) = shared.with(|world| {
        let (status, body) = match process(world, &call, route.map(|(route, _)| route)) {
            Ok(Reply::Json(json)) => (200, json),
            Ok(Reply::Empty) => (204, Value::Null),
            Err(fail) => (fail.status, fail.json()),
        };
        if status < 300 {
            wrong.into_iter().for_each(|sentence| world.record.violation(sentence));
        }
        let logged = match fault {
            Some(Fault::LoseAnswer) => logged(&call, &template, 0, &body, true),
            Some(Fault::ErrorAfter(error)) => logged(&call, &template, error, &Value::Null, true),
            _ => logged(&call, &template, status, &body, false),
        };
        world.record.requests.push(logged);
        (status, body)
    });
    match fault {
        Some(Fault::LoseAnswer) => Err(Cut),
        Some(Fault::ErrorAfter(error)) => {
            Ok(respond(error, &json!({"message": "lost", "code": 0}), None, None))
        }
        _ => Ok(respond(status, &body, standing.as_ref(), None)),
    }
}

/// What a fault does before the request is done; an answer if it is not to be done at all.
async fn before(shared: &Shared, fault: &Fault) -> Option<Result<(u16, Value), Cut>> {
    match fault {
        Fault::LoseAnswer | Fault::ErrorAfter(_) => None,
        Fault::LoseRequest => Some(Err(Cut)),
        Fault::ErrorBefore(status) => Some(Ok((*status, json!({"message": "planned", "code": 0})))),
        Fault::TooMany { retry_after_ms, global } => {
            let seconds = std::time::Duration::from_millis(*retry_after_ms).as_secs_f64();
            Some(Ok((429, too_many(seconds, *global))))
        }
        Fault::Refuse { status, code } => Some(Ok((*status, json!({"message": "planned", "code": code})))),
        Fault::Slow(by) => {
            shared.clock.advance(*by);
            None
        }
        Fault::Hold => {
            let ticket = shared.with(|world| {
                world.faults.holding += 1;
                world.faults.released
            });
            shared
                .until("the test to let a request go", |world| (world.faults.released > ticket).then_some(()))
                .await;
            shared.with(|world| world.faults.holding -= 1);
            None
        }
    }
}

fn process(world: &mut World, call: &Call, route: Option<&routes::Route>) -> Answer {
    let Some(route) = route else {
        world.record.violation(format!("{} {} is not simulated", call.method, call.path));
        return Err(Fail::new(404, 0, "404: Not Found"));
    };
    if route.needs_token && call.token.as_deref() != Some(world.app.token.as_str()) {
        return Err(Fail::new(401, 0, "401: Unauthorized"));
    }
    if call.broken {
        return Err(Fail::new(400, 50109, "The request body contains invalid JSON."));
    }
    (route.handler)(world, call)
}

async fn take_apart(shared: &Shared, request: Request<Incoming>) -> Option<Call> {
    let (head, body) = request.into_parts();
    let bytes = body.collect().await.ok()?.to_bytes();
    let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut call = Call {
        method: head.method.to_string(),
        path: head.uri.path().strip_prefix(API).unwrap_or(head.uri.path()).to_owned(),
        query: query(head.uri.query().unwrap_or_default()),
        body: None,
        files: Vec::new(),
        token: header(AUTHORIZATION).strip_prefix("Bot ").map(str::to_owned),
        args: Vec::new(),
        gateway_url: format!("ws://{}", shared.address),
        broken: false,
    };
    let content_type = header(CONTENT_TYPE);
    if let Some(boundary) = multipart::boundary(content_type) {
        let (payload, files) = multipart::read(&bytes, &boundary);
        call.files = files;
        call.read_json(payload.as_deref().unwrap_or(b"{}"));
    } else if !bytes.is_empty() {
        call.read_json(&bytes);
    }
    Some(call)
}

impl Call {
    fn read_json(&mut self, bytes: &[u8]) {
        match serde_json::from_slice(bytes) {
            Ok(json) => self.body = Some(json),
            Err(_) => self.broken = true,
        }
    }
}

/// `a=1&b=2`; nothing that a bot sends here is escaped.
fn query(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn too_many(seconds: f64, global: bool) -> Value {
    json!({"message": "You are being rate limited.", "retry_after": seconds, "global": global})
}

/// Seconds with three digits, rounded up, so that nobody who waits as told comes too early.
fn whole_ms(seconds: f64) -> f64 {
    (seconds * 1_000.0).ceil() / 1_000.0
}

fn respond(
    status: u16,
    body: &Value,
    standing: Option<&Standing>,
    limited: Option<(f64, bool)>,
) -> Response<Full<Bytes>> {
    let mut response = Response::builder().status(StatusCode::from_u16(status).unwrap());
    if let Some(standing) = standing {
        let after = whole_ms(standing.reset_after.as_secs_f64());
        // The absolute time is of real time, which nobody here may read; bots go by the relative one.
        response = response
            .header("X-RateLimit-Limit", standing.limit)
            .header("X-RateLimit-Remaining", standing.remaining)
            .header("X-RateLimit-Reset", format!("{after:.3}"))
            .header("X-RateLimit-Reset-After", format!("{after:.3}"))
            .header("X-RateLimit-Bucket", standing.bucket.replace([' ', '/', '{', '}'], "-"));
    }
    let planned =
        (status == 429).then(|| (body["retry_after"].as_f64().unwrap_or(0.0), body["global"] == true));
    if let Some((seconds, global)) = limited.or(planned) {
        response = response
            .header("Retry-After", format!("{seconds:.3}"))
            .header("X-RateLimit-Reset-After", format!("{seconds:.3}"))
            .header("X-RateLimit-Scope", if global { "global" } else { "user" });
        if global {
            response = response.header("X-RateLimit-Global", "true");
        }
    }
    if status == 204 {
        return response.body(Full::default()).unwrap();
    }
    let bytes = Bytes::from(serde_json::to_vec(body).unwrap());
    response.header(CONTENT_TYPE, "application/json").body(Full::new(bytes)).unwrap()
}

fn log(shared: &Shared, call: &Call, template: &str, status: u16, body: &Value, by_plan: bool) {
    let logged = logged(call, template, status, body, by_plan);
    shared.with(|world| world.record.requests.push(logged));
}

fn logged(call: &Call, template: &str, status: u16, body: &Value, by_plan: bool) -> Logged {
    let failed = status >= 400;
    let error = if failed { body.to_string() } else { String::new() };
    Logged {
        method: call.method.clone(),
        route: format!("{} {template}", call.method),
        path: call.path.clone(),
        body: call.body.clone(),
        status,
        code: if failed { body["code"].as_u64().unwrap_or(0) } else { 0 },
        error,
        by_plan,
    }
}
