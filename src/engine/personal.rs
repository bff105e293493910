//! What is kept about a person: all of it handed over, or all of it removed; and the end of a place.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::Engine;
use super::round::restored;
use crate::chat::{Person, Place};
use crate::core::round::Participant;
use crate::store::{Post, PostStatus, StoreError, StoredInterview};

/// Everything that is stored about a person.
#[derive(Serialize)]
struct Export {
    /// Who.
    person: Person,
    /// Rounds that they began and that are kept; what they said in rounds is among the interviews.
    rounds: Vec<ExportedRound>,
    /// What rounds that are kept know of them.
    took_part: Vec<ExportedPart>,
    /// Dailies that they made.
    dailies: Vec<ExportedDaily>,
    /// Interviews that are not over, or whose last cards are not out.
    interviews: Vec<ExportedInterview>,
    /// What came of earlier ones; without any words.
    results: Vec<ExportedResult>,
    /// Questions that were asked and follow-ups that were used, so that they do not come again.
    seen: Vec<ExportedSeen>,
}

#[derive(Serialize)]
struct ExportedInterview {
    interview: i64,
    /// The round that it is a part in.
    round: Option<i64>,
    place: Place,
    /// Where it was asked for.
    origin: Place,
    open: bool,
    active_at: Timestamp,
    /// What was settled when it began, with its questions.
    plan: Value,
    /// Where it stands, with what was said.
    state: Value,
    cards: Vec<ExportedCard>,
}

#[derive(Serialize)]
struct ExportedRound {
    round: i64,
    place: Place,
    active_at: Timestamp,
}

#[derive(Serialize)]
struct ExportedPart {
    round: i64,
    participant: Participant,
}

#[derive(Serialize)]
struct ExportedDaily {
    daily: i64,
    channel: Place,
    paused: bool,
    settings: Value,
}

#[derive(Serialize)]
struct ExportedCard {
    seq: u32,
    status: &'static str,
    /// The platform's id of the message.
    message: Option<String>,
    card: Value,
}

#[derive(Serialize)]
struct ExportedResult {
    at: Timestamp,
    result: Value,
}

#[derive(Serialize)]
struct ExportedSeen {
    question: String,
    /// The follow-up; `null` for the question itself.
    trap: Option<String>,
    at: Timestamp,
}

impl Engine {
    /// Everything about a person, as one JSON document.
    pub(super) async fn export(&self, person: Person) -> Result<String, StoreError> {
        let everything = self.store.everything(&person).await?;
        let mut took_part = Vec::new();
        let mut open = BTreeSet::new();
        for stored in self.store.rounds().await? {
            let Some(round) = restored(&stored) else { continue };
            if let Some(participant) = round.state().people.get(&person) {
                took_part.push(ExportedPart { round: stored.id.0, participant: participant.clone() });
            }
            if !round.is_over() {
                open.insert(stored.id.0);
            }
        }
        let export =
            Export {
                person,
                rounds: everything
                    .hosted
                    .into_iter()
                    .map(|(round, place, active_at)| ExportedRound { round: round.0, place, active_at })
                    .collect(),
                took_part,
                dailies: everything
                    .dailies
                    .into_iter()
                    .map(|daily| ExportedDaily {
                        daily: daily.id.0,
                        channel: daily.channel,
                        paused: daily.paused,
                        settings: json(&daily.daily),
                    })
                    .collect(),
                interviews: everything
                    .interviews
                    .into_iter()
                    .map(exported)
                    .map(|one| {
                        if one.round.is_some_and(|round| open.contains(&round)) {
                            unspoiled(one)
                        } else {
                            one
                        }
                    })
                    .collect(),
                results: everything
                    .records
                    .into_iter()
                    .map(|(at, record)| ExportedResult { at, result: json(&record) })
                    .collect(),
                seen: everything
                    .seen
                    .into_iter()
                    .map(|(question, trap, at)| ExportedSeen {
                        question,
                        trap: (!trap.is_empty()).then_some(trap),
                        at,
                    })
                    .collect(),
            };
        Ok(serde_json::to_string_pretty(&export)
            .expect("our own types are plain data, which always serialises"))
    }

    /// Removes everything about a person. A card on its way finds its interview gone, which is no error.
    pub(super) async fn forget(&self, person: &Person) -> Result<(), StoreError> {
        let _one_by_one = self.rounds.lock().await;
        self.forget_in_rounds(person).await?;
        self.store.forget(person).await
    }

    /// Closes everything in a place that is gone.
    pub(super) async fn leave(&self, place: &Place) -> Result<(), StoreError> {
        let closed = self.store.close_within(place).await?;
        tracing::info!(closed, "a place is gone, and its interviews with it");
        Ok(())
    }
}

fn exported((stored, posts): (StoredInterview, Vec<Post>)) -> ExportedInterview {
    ExportedInterview {
        interview: stored.id.0,
        round: stored.round.map(|round| round.0),
        place: stored.place,
        origin: stored.origin,
        open: stored.open,
        active_at: stored.active_at,
        plan: json(&stored.plan),
        state: json(&stored.state),
        cards: posts
            .into_iter()
            .map(|post| ExportedCard {
                seq: post.seq.0,
                status: match post.status {
                    PostStatus::Queued => "queued",
                    PostStatus::Sending => "sending",
                    PostStatus::Sent => "sent",
                    PostStatus::Failed => "failed",
                },
                message: post.receipt,
                card: json(&post.card),
            })
            .collect(),
    }
}

/// A part in a round that is open, without what everybody gets to see together: of its question and its
/// follow-ups only what was asked.
fn unspoiled(mut part: ExportedInterview) -> ExportedInterview {
    let asked = |value: &Value| serde_json::json!({ "id": value["id"], "ask": value["ask"] });
    part.plan = asked(&part.plan["items"][0]["question"]);
    let traps = part.state.pointer_mut("/exchange/asked").and_then(Value::as_array_mut);
    for trap in traps.into_iter().flatten().filter_map(|one| one.get_mut("trap")) {
        *trap = asked(trap);
    }
    part
}

/// What cannot be read is handed over as it is.
fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}
