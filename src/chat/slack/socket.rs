//! The connection: events come in here, and it is watched.
//!
//! The library opens and renews the sockets; what comes over them is read here and not by the library, which
//! acknowledges what it cannot read and passes no marks of its own on. So nothing is lost that some later Slack
//! says in other words, and an event is acknowledged when it is on disk.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use slack_morphism::clients_manager::{SlackSocketModeClientsManager, SlackSocketModeClientsManagerFactory};
use slack_morphism::listener::SlackClientEventsListenerEnvironment;
use slack_morphism::{
    SlackClientSocketModeConfig, SlackSocketModeClientListener, SlackSocketModeWssClientId,
};
use tokio::sync::mpsc;

use super::intake::{self, Envelope, Happened};
use super::talk::NotTaken;
use super::{Slack, StartError};
use crate::chat::Front;

/// Sockets of a process. Each takes one event after the other, so these are as many people as can be waited for at
/// the same time; Slack allows ten for an app, which leaves room for another copy that takes over.
const SOCKETS: u32 = 4;
/// Slack waits three seconds for an acknowledgement. What is not on disk by then is not acknowledged.
const TAKEN_WITHIN: Duration = Duration::from_millis(2_500);
/// Messages come again if they were not acknowledged, so that nobody else has to wait long for one of them.
const WROTE_WITHIN: Duration = Duration::from_secs(1);
/// Where there are too many sockets, another one is tried after this long: each try costs the others.
const CROWDED_FOR: SignedDuration = SignedDuration::from_mins(2);
/// Between two looks at the connection.
const WATCH_EVERY: SignedDuration = SignedDuration::from_secs(60);

type Sockets = dyn SlackSocketModeClientsManager + Send + Sync;

impl Slack {
    /// Keeps the connection until `until` is over, or until it ends for good.
    pub async fn run(self: Arc<Self>, until: impl Future<Output = ()>) -> Result<(), StartError> {
        let environment = SlackClientEventsListenerEnvironment::new(self.client.clone());
        let sockets = self.client.http_api.connector.new_clients_manager(Arc::new(environment));
        let (stop, mut stopped) = mpsc::channel(1);
        let listener = Arc::new(Listener {
            slack: self.clone(),
            sockets: Arc::downgrade(&sockets),
            state: Mutex::default(),
            myself: OnceLock::new(),
            stop,
        });
        // Set once, right here.
        let _ = listener.myself.set(Arc::downgrade(&listener));
        let config = SlackClientSocketModeConfig {
            max_connections_count: SOCKETS,
            ..SlackClientSocketModeConfig::new()
        };
        let registered = sockets.register_new_token(&config, self.app_token.clone(), listener.clone()).await;
        registered.map_err(|_| StartError::BadAppToken)?;
        sockets.start().await;
        let ended = tokio::select! {
            Some(error) = stopped.recv() => Err(error),
            () = listener.watch() => Ok(()),
            () = until => Ok(()),
        };
        sockets.shutdown().await;
        ended
    }
}

/// Hears what comes over the sockets.
struct Listener {
    slack: Arc<Slack>,
    sockets: Weak<Sockets>,
    state: Mutex<State>,
    myself: OnceLock<Weak<Listener>>,
    stop: mpsc::Sender<StartError>,
}

/// How the sockets are.
#[derive(Debug, Default)]
struct State {
    /// Those that Slack has greeted.
    open: BTreeSet<String>,
    /// Whether one ever was.
    was_open: bool,
    /// Until when no other one is tried.
    crowded_until: Option<Timestamp>,
}

#[async_trait]
impl SlackSocketModeClientListener for Listener {
    async fn on_message(&self, id: &SlackSocketModeWssClientId, body: String) -> Option<String> {
        match intake::envelope(&body, |team| self.slack.me(team)) {
            Some(Envelope::Hello) => {
                self.greeted(id);
                None
            }
            Some(Envelope::Disconnect(reason)) => {
                self.parted(id, &reason);
                None
            }
            Some(Envelope::Work { id, happened }) => {
                let Some(happened) = happened else { return acknowledged(&id, None) };
                let comes_again = matches!(*happened, Happened::Wrote(_));
                let within = if comes_again { WROTE_WITHIN } else { TAKEN_WITHIN };
                match tokio::time::timeout(within, self.slack.take(*happened)).await {
                    Ok(Ok(payload)) => acknowledged(&id, payload),
                    Ok(Err(NotTaken)) | Err(_) => {
                        tracing::warn!(comes_again, "an event could not be taken in time");
                        None
                    }
                }
            }
            None => {
                tracing::warn!(bytes = body.len(), "something of Slack could not be read");
                None
            }
        }
    }

    async fn on_error(&self, _: Box<dyn std::error::Error + Send + Sync + 'static>) {
        // What it says may hold somebody's words.
        tracing::warn!("a socket to Slack failed");
    }

    async fn on_disconnect(&self, id: &SlackSocketModeWssClientId) {
        self.gone(id);
        self.renew(id.clone()).await;
    }
}

impl Listener {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn greeted(&self, id: &SlackSocketModeWssClientId) {
        let back = {
            let mut state = self.state();
            let back = state.was_open && state.open.is_empty();
            state.open.insert(id.to_string());
            self.slack.listens.store(true, Ordering::Relaxed);
            state.was_open = true;
            state.crowded_until = None;
            back
        };
        if !back {
            return tracing::info!("connected to Slack");
        }
        // For a while nobody listened, and Slack gives up after three tries.
        tracing::info!("connected to Slack again");
        let slack = self.slack.clone();
        self.slack.beside(async move {
            if slack.inbox.catch_up(slack.name()).await.is_err() {
                tracing::warn!("what was missed could not be read");
            }
        });
    }

    fn gone(&self, id: &SlackSocketModeWssClientId) {
        let mut state = self.state();
        state.open.remove(&id.to_string());
        self.slack.listens.store(!state.open.is_empty(), Ordering::Relaxed);
    }

    fn parted(&self, id: &SlackSocketModeWssClientId, reason: &str) {
        self.gone(id);
        match reason {
            "link_disabled" => {
                // Who stops already needs no second reason.
                let _ = self.stop.try_send(StartError::NoSocketMode);
                return;
            }
            "too_many_websockets" => {
                self.state().crowded_until = Some(self.slack.clock.after(CROWDED_FOR));
                tracing::error!("the app has too many sockets; stop another copy of the bot");
            }
            _ => tracing::debug!(reason, "a socket to Slack is renewed"),
        }
        // Not here, where the library waits for the answer to this message.
        let (Some(listener), id) = (self.myself.get().and_then(Weak::upgrade), id.clone()) else { return };
        self.slack.beside(async move { listener.renew(id).await });
    }

    /// Another socket in place of this one; if it was replaced before, nothing.
    async fn renew(&self, id: SlackSocketModeWssClientId) {
        let until = self.state().crowded_until;
        if let Some(until) = until {
            self.slack.clock.sleep_until(until).await;
        }
        if let Some(sockets) = self.sockets.upgrade() {
            sockets.restart_client(&id).await;
        }
    }

    /// Says why there is no connection for as long as there is none.
    async fn watch(&self) {
        loop {
            self.slack.clock.sleep_for(WATCH_EVERY).await;
            let (down, crowded) = {
                let state = self.state();
                let now = self.slack.clock.now();
                (state.open.is_empty(), state.crowded_until.is_some_and(|until| until > now))
            };
            if !down || crowded {
                continue;
            }
            match self.slack.check_socket().await {
                Ok(()) => tracing::error!("there is no connection to Slack"),
                Err(error) if error.is_final() => {
                    let _ = self.stop.try_send(error);
                }
                Err(error) => tracing::error!(%error, "there is no connection to Slack"),
            }
        }
    }
}

fn acknowledged(id: &str, payload: Option<serde_json::Value>) -> Option<String> {
    let frame = match payload {
        Some(payload) => json!({"envelope_id": id, "payload": payload}),
        None => json!({"envelope_id": id}),
    };
    Some(frame.to_string())
}
