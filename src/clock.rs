//! The only reader of real time.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Real time, or a test's.
#[async_trait::async_trait]
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
    /// Returns at `at` or later; at once if that is past.
    async fn sleep_until(&self, at: Timestamp);
    /// The time after that long from now.
    fn after(&self, by: SignedDuration) -> Timestamp {
        self.now().saturating_add(by).unwrap_or(Timestamp::MAX)
    }
    /// Returns after that long or later.
    async fn sleep_for(&self, by: SignedDuration) {
        self.sleep_until(self.after(by)).await;
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

/// Sleeping longer than this in one go would miss a step of the machine's clock by as much.
const NAP_MAX: Duration = Duration::from_secs(60);

#[async_trait::async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one home of the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one home of the clock")]
    async fn sleep_until(&self, at: Timestamp) {
        while let Ok(left) = Duration::try_from(at - self.now()) {
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(NAP_MAX)).await;
        }
    }
}

/// Waits in real time, for another task that is about to finish something.
#[expect(clippy::disallowed_methods, reason = "this is the one home of the clock")]
pub async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// Measures how long something takes, for figures that people read; nothing is decided by it.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts measuring.
    #[expect(clippy::disallowed_methods, reason = "this is the one home of the clock")]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// Milliseconds since the start.
    pub fn milliseconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64() * 1e3
    }
}
