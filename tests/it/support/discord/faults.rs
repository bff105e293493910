//! What goes wrong, by plan: the next so many requests of a kind meet this, in the order of the plan.

use std::collections::VecDeque;

use jiff::SignedDuration;

/// What a request meets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fault {
    /// It is done, and the connection is cut before the answer.
    LoseAnswer,
    /// The connection is cut and nothing is done.
    LoseRequest,
    /// Nothing is done, and the answer is this server error.
    ErrorBefore(u16),
    /// It is done, and the answer is this server error.
    ErrorAfter(u16),
    /// Nothing is done: too many requests, worth another try after so many milliseconds of real time.
    TooMany { retry_after_ms: u64, global: bool },
    /// Nothing is done: Discord refuses with this status and code.
    Refuse { status: u16, code: u64 },
    /// The clock moves on by this much before it is done.
    Slow(SignedDuration),
    /// It waits until the test lets it go.
    Hold,
}

/// Faults for requests of one kind.
#[derive(Clone, Debug)]
struct Planned {
    /// `POST /channels/{channel_id}/messages`
    route: String,
    /// Requests of the kind that go through first.
    after: u32,
    times: u32,
    fault: Fault,
}

#[derive(Default)]
pub(crate) struct Plan {
    planned: VecDeque<Planned>,
    /// Raised by one when the held ones may go.
    pub(crate) released: u64,
    /// How many are waiting to be let go.
    pub(crate) holding: u32,
}

impl Plan {
    pub(crate) fn add(&mut self, route: &str, after: u32, times: u32, fault: Fault) {
        self.planned.push_back(Planned { route: route.to_owned(), after, times, fault });
    }

    /// What a request of this kind meets; counts it.
    pub(crate) fn next(&mut self, route: &str) -> Option<Fault> {
        let mut met = None;
        for planned in self.planned.iter_mut().filter(|planned| planned.route == route) {
            if planned.after > 0 {
                planned.after -= 1;
            } else if planned.times > 0 {
                planned.times -= 1;
                met = Some(planned.fault.clone());
                break;
            }
        }
        self.planned.retain(|planned| planned.times > 0);
        met
    }

    /// Faults that nothing has met yet, as sentences.
    pub(crate) fn unmet(&self) -> Vec<String> {
        let unmet = self.planned.iter();
        unmet
            .map(|planned| format!("{:?} for {} × {}", planned.fault, planned.route, planned.times))
            .collect()
    }
}

/// Names of the requests that a drill makes, for the plan and the record.
pub(crate) mod routes {
    pub(crate) const POST_MESSAGE: &str = "POST /channels/{channel_id}/messages";
    pub(crate) const EDIT_MESSAGE: &str = "PATCH /channels/{channel_id}/messages/{message_id}";
    pub(crate) const LIST_MESSAGES: &str = "GET /channels/{channel_id}/messages";
    pub(crate) const TYPING: &str = "POST /channels/{channel_id}/typing";
    pub(crate) const OPEN_DM: &str = "POST /users/@me/channels";
    pub(crate) const THREAD_FROM_MESSAGE: &str = "POST /channels/{channel_id}/messages/{message_id}/threads";
    pub(crate) const PIN: &str = "PUT /channels/{channel_id}/pins/{message_id}";
    pub(crate) const THREAD: &str = "POST /channels/{channel_id}/threads";
    pub(crate) const RESPOND: &str = "POST /interactions/{interaction_id}/{interaction_token}/callback";
    pub(crate) const FOLLOW_UP: &str = "POST /webhooks/{webhook_id}/{webhook_token}";
    pub(crate) const EDIT_ORIGINAL: &str = "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original";
    pub(crate) const REGISTER: &str = "PUT /applications/{application_id}/commands";
    pub(crate) const GATEWAY: &str = "GET /gateway";
}
