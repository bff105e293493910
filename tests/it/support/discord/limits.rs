//! Rate limits as Discord announces them: a bucket for each route and main id, and one for all together.
//!
//! A bot waits in real time, so the windows are real time too, only much shorter than Discord's.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

/// Posts in one channel in a window.
const POSTS: u32 = 5;
/// Other requests of one kind in a window.
const OTHERS: u32 = 50;
/// All requests in a window, apart from those of interactions.
const GLOBAL: u32 = 50;

#[derive(Default)]
pub(crate) struct Limits {
    /// The length of a window; no limits without one.
    pub(crate) window: Option<Duration>,
    buckets: BTreeMap<String, Bucket>,
    /// Requests that came too early.
    pub(crate) exceeded: u32,
}

struct Bucket {
    since: Instant,
    used: u32,
}

/// What the headers of an answer say.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) bucket: String,
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    pub(crate) reset_after: Duration,
    /// Over the limit, and whether over that of everything.
    pub(crate) over: Option<bool>,
}

impl Limits {
    /// Counts a request; `None` without limits. `exempt` ones count for no limit of everything.
    pub(crate) fn count(&mut self, route: &str, main_id: &str, exempt: bool) -> Option<Standing> {
        let window = self.window?;
        let now = Instant::now();
        if !exempt {
            let all = self.use_one("all", GLOBAL, window, now);
            if all.over.is_some() {
                self.exceeded += 1;
                return Some(Standing { over: Some(true), ..all });
            }
        }
        let limit = if route == "POST /channels/{channel_id}/messages" { POSTS } else { OTHERS };
        let standing = self.use_one(&format!("{route} {main_id}"), limit, window, now);
        self.exceeded += u32::from(standing.over.is_some());
        Some(standing)
    }

    fn use_one(&mut self, bucket: &str, limit: u32, window: Duration, now: Instant) -> Standing {
        let state = self.buckets.entry(bucket.to_owned()).or_insert(Bucket { since: now, used: 0 });
        if now.duration_since(state.since) >= window {
            *state = Bucket { since: now, used: 0 };
        }
        let over = (state.used >= limit).then_some(false);
        state.used = (state.used + 1).min(limit);
        Standing {
            bucket: bucket.to_owned(),
            limit,
            remaining: limit - state.used,
            reset_after: window.saturating_sub(now.duration_since(state.since)),
            over,
        }
    }
}
