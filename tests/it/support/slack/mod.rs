//! A Slack of one's own: Web API and Socket Mode over loopback, with state, strict as the real one, and people who
//! write, press and fill in.
//!
//! It knows nothing of the program under test but what comes over the wire, and its only clock is the one that the
//! test moves. `world` is what exists; `api` and `socket` are the two doors; `rules` says what Slack refuses;
//! `person` is who does and sees things; `bot` starts the program. Whatever the program sends with blocks is
//! written below `target/tmp/slack-payloads`, for a check by Slack's own models.
//!
//! ```text
//! let slack = Slack::start().await;
//! let general = slack.channel("general");
//! let ana = slack.user("ana");
//! let mut bot = Bot::start(&slack).await;
//! ana.commands(&general, "drill").await;
//! ana.sees("What is the difference").await;
//! ana.presses("Answer").await;
//! ana.fills_in("nothing").await;
//! bot.stop().await;
//! slack.finish();
//! ```

pub(crate) mod api;
pub(crate) mod bot;
pub(crate) mod person;
pub(crate) mod rules;
pub(crate) mod socket;
pub(crate) mod world;

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::SignedDuration;
use riposte::clock::Clock;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::channel::StoppedClock;
use person::Person;
use world::{Fault, World};

/// How long a test waits for the bot before it fails; real time, generous for a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The world and those who wait for it to change.
pub(crate) struct Shared {
    pub(crate) clock: Arc<StoppedClock>,
    world: Mutex<World>,
    changes: watch::Sender<u64>,
}

impl Shared {
    /// Does something to the world, at the present time of the clock, and wakes whoever waits.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        let done = act(&mut self.lock());
        self.changes.send_modify(|change| *change += 1);
        done
    }

    /// Waits until `look` finds something; fails with `what` and the last calls otherwise.
    pub(crate) async fn until<T>(&self, what: &str, mut look: impl FnMut(&mut World) -> Option<T>) -> T {
        let mut changes = self.changes.subscribe();
        let waiting = async {
            loop {
                changes.borrow_and_update();
                let found = look(&mut self.lock());
                if let Some(found) = found {
                    return found;
                }
                changes.changed().await.unwrap();
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(found) => found,
            Err(_) => panic!("waited in vain for {what}\n{}", self.lock().tail()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap();
        world.now = self.clock.now();
        world
    }
}

/// A running fake. Ends with [`Slack::finish`], which says what was not as it should be.
pub(crate) struct Slack {
    pub(crate) shared: Arc<Shared>,
    address: String,
    door: JoinHandle<()>,
    finished: bool,
}

impl Slack {
    /// Starts one with a clock of its own.
    pub(crate) async fn start() -> Self {
        Self::start_at(Arc::new(StoppedClock::new())).await
    }

    /// Starts one that goes by this clock.
    pub(crate) async fn start_at(clock: Arc<StoppedClock>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let world = Mutex::new(World::new(clock.now(), &address));
        let shared = Arc::new(Shared { clock, world, changes: watch::Sender::new(0) });
        let door = tokio::spawn({
            let shared = shared.clone();
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(api::serve(shared.clone(), stream));
                }
            }
        });
        Self { shared, address, door, finished: false }
    }

    /// Where the Web API is.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/api", self.address)
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        self.shared.clock.advance(by);
        self.shared.with(|_| ());
    }

    /// A public channel of the first workspace, with the bot in it.
    pub(crate) fn channel(&self, name: &str) -> String {
        self.shared.with(|world| world.add_channel(name, true))
    }

    /// One without it.
    pub(crate) fn channel_without_bot(&self, name: &str) -> String {
        self.shared.with(|world| world.add_channel(name, false))
    }

    /// Somebody of the first workspace.
    pub(crate) fn user(&self, name: &str) -> Person {
        self.user_of(0, name)
    }

    /// Somebody of a workspace, by its number.
    pub(crate) fn user_of(&self, team: usize, name: &str) -> Person {
        let id = self.shared.with(|world| world.add_user(team, name));
        Person { shared: self.shared.clone(), id }
    }

    /// Another workspace that has the app; its token.
    pub(crate) fn other_workspace(&self) -> String {
        self.shared.with(World::add_team)
    }

    /// The next call of this method meets a fault.
    pub(crate) fn on(&self, method: &str, fault: Fault) {
        self.shared.with(|world| world.faults.push((method.to_owned(), fault)));
    }

    /// Waits until a method was called this often.
    pub(crate) async fn called(&self, method: &str, times: usize) {
        let what = format!("{times} calls of {method}");
        self.shared.until(&what, |world| (world.calls_of(method) >= times).then_some(())).await;
    }

    pub(crate) fn calls_of(&self, method: &str) -> usize {
        self.shared.with(|world| world.calls_of(method))
    }

    /// Waits until this many sockets are open.
    pub(crate) async fn connected(&self, sockets: usize) {
        self.shared.until("a socket", |world| (world.sockets.len() >= sockets).then_some(())).await;
    }

    /// Waits until everything that was delivered is acknowledged.
    pub(crate) async fn acknowledged(&self) {
        self.shared.until("acknowledgements", |world| world.unacknowledged.is_empty().then_some(())).await;
    }

    /// Stops, and fails if something was sent that Slack would refuse or left unacknowledged.
    pub(crate) fn finish(mut self) {
        self.finished = true;
        self.door.abort();
        let world = self.shared.lock();
        collect(&world.payloads, &self.address);
        assert!(world.wrongs.is_empty(), "{}\n{}", world.wrongs.join("\n"), world.tail());
        assert!(world.unacknowledged.is_empty(), "not acknowledged: {:?}", world.unacknowledged.values());
        assert!(world.faults.is_empty(), "faults that nothing met: {:?}", world.faults);
    }
}

impl Drop for Slack {
    fn drop(&mut self) {
        assert!(self.finished || std::thread::panicking(), "a test ends with `finish`");
    }
}

/// Keeps every payload with blocks, one a line.
fn collect(payloads: &[Value], address: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("slack-payloads");
    std::fs::create_dir_all(&folder).unwrap();
    let name = format!("{}-{}.jsonl", std::process::id(), address.replace(':', "-"));
    let mut file = std::fs::File::create(folder.join(name)).unwrap();
    for payload in payloads {
        writeln!(file, "{payload}").unwrap();
    }
}
