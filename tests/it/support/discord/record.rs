//! What happened: every request, what the people were shown, and what a well-behaved bot would not have done.

use serde_json::Value;

use super::state::Id;

/// Requests shown when a test waits in vain.
const TAIL: usize = 12;

/// One request of the bot.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    pub(crate) method: String,
    /// With the names of the ids in braces, as in Discord's documents.
    pub(crate) route: String,
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    /// 0 if the connection was cut.
    pub(crate) status: u16,
    /// Discord's error code, 0 if none.
    pub(crate) code: u64,
    pub(crate) error: String,
    /// The fault plan answered, not the world.
    pub(crate) by_plan: bool,
}

/// Something that appeared on a screen.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) message: Id,
    pub(crate) channel: Id,
    pub(crate) only_for: Option<Id>,
    pub(crate) text: String,
    pub(crate) read: bool,
}

#[derive(Default)]
pub(crate) struct Record {
    pub(crate) requests: Vec<Logged>,
    pub(crate) shown: Vec<Shown>,
    /// Sentences about what must not happen.
    pub(crate) violations: Vec<String>,
    /// Everyone whom a message of the bot pinged.
    pub(crate) pings: Vec<String>,
    /// Error codes that the test said would come.
    pub(crate) expected: Vec<u64>,
    /// Channels in which the bot showed that it is writing, in order.
    pub(crate) typing: Vec<Id>,
    /// Times that commands were registered.
    pub(crate) registrations: u32,
}

impl Record {
    pub(crate) fn violation(&mut self, sentence: String) {
        self.violations.push(sentence);
    }

    /// Keeps what appeared, unless the same message looks as it did when last shown.
    pub(crate) fn show(&mut self, message: Id, channel: Id, only_for: Option<Id>, text: String) {
        let last = self.shown.iter().rev().find(|shown| shown.message == message);
        let bare = |text: &str| text.replacen(", edited", "", 1);
        if last.is_some_and(|last| bare(&last.text) == bare(&text)) {
            return;
        }
        self.shown.push(Shown { message, channel, only_for, text, read: false });
    }

    /// Requests that Discord refused although nobody planned or expected it.
    pub(crate) fn surprises(&self) -> Vec<String> {
        let mut expected = self.expected.clone();
        let refused = self.requests.iter().filter(|request| !request.by_plan && request.status >= 400);
        refused
            .filter(|request| match expected.iter().position(|code| *code == request.code) {
                Some(place) => {
                    expected.remove(place);
                    false
                }
                None => true,
            })
            .map(line)
            .collect()
    }

    /// Expected errors that never came.
    pub(crate) fn missed(&self) -> Vec<u64> {
        let mut missed = self.expected.clone();
        for request in self.requests.iter().filter(|request| request.status >= 400) {
            if let Some(place) = missed.iter().position(|code| *code == request.code) {
                missed.remove(place);
            }
        }
        missed
    }

    /// The last requests and everything unread, for the message of a failing test.
    pub(crate) fn tail(&self) -> String {
        let from = self.requests.len().saturating_sub(TAIL);
        let mut lines: Vec<_> = self.requests[from..].iter().map(line).collect();
        lines.extend(self.unread().map(|shown| format!("unread: {}", shown.text)));
        lines.extend(self.violations.iter().map(|sentence| format!("violation: {sentence}")));
        lines.join("\n")
    }

    pub(crate) fn unread(&self) -> impl Iterator<Item = &Shown> {
        self.shown.iter().filter(|shown| !shown.read)
    }
}

fn line(request: &Logged) -> String {
    let Logged { method, path, status, error, .. } = request;
    let body = request.body.as_ref().map_or(String::new(), |body| format!(" {body}"));
    format!("{method} {path} -> {status} {error}{body}")
}
