//! A Discord of one's own: REST and gateway over loopback, with state, strict as the real one, and people
//! who write and press.
//!
//! It knows nothing of the program under test but what comes over the wire, and its only clock is the one
//! that the test moves. `driver` is for tests; `state` is what exists; `rest` and `gateway` are the two doors;
//! `rules` says what Discord refuses; `faults` breaks things by plan; `contract` holds every request against
//! Discord's own description where that is at hand; `render` shows what a person would see.
//!
//! ```text
//! let discord = Discord::start().await;
//! let general = discord.guild("Study group").channel("general");
//! let ana = discord.user("ana");
//! // the bot is started on discord.url() with discord.token()
//! ana.slash("drill", [("track", "python")]).in_channel(&general).await;
//! ana.sees("What does `pass` do").await;
//! ana.press("Answer").await;
//! ana.fill([("Your answer", "nothing")]).await;
//! insta::assert_snapshot!(ana.reads().await, @"…");
//! discord.finish();
//! ```

pub(crate) mod contract;
pub(crate) mod driver;
pub(crate) mod faults;
pub(crate) mod gateway;
pub(crate) mod limits;
pub(crate) mod permissions;
pub(crate) mod record;
pub(crate) mod render;
pub(crate) mod rest;
pub(crate) mod rules;
pub(crate) mod state;
pub(crate) mod tls;
pub(crate) mod wire;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use riposte::clock::Clock;
use tokio::sync::watch;

use super::channel::StoppedClock;
pub(crate) use driver::Discord;
use state::World;

/// How long a test waits for the bot before it fails; real time, generous for a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The world and those who wait for it to change.
pub(crate) struct Shared {
    pub(crate) clock: Arc<StoppedClock>,
    world: Mutex<World>,
    changes: watch::Sender<u64>,
    /// Where it listens, `127.0.0.1:port`.
    pub(crate) address: String,
}

impl Shared {
    pub(crate) fn new(clock: Arc<StoppedClock>, address: String) -> Self {
        let world = World::new(clock.now());
        Self { clock, world: Mutex::new(world), changes: watch::Sender::new(0), address }
    }

    /// Does something to the world, at the present time of the clock, and wakes whoever waits.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        let done = act(&mut self.lock());
        self.changes.send_modify(|change| *change += 1);
        done
    }

    /// Waits until `look` finds something; fails with `what` and the last words of the log otherwise.
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
            Err(_) => panic!("waited in vain for {what}\n{}", self.lock().record.tail()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap();
        world.now = self.clock.now();
        world
    }
}
