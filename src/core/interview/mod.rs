//! The drill's state machine: every input, every state, every effect as data.
//!
//! `Interview` knows nothing of platforms, storage or real time. It is total: no input panics or fails,
//! and a stale one is answered by nothing or by one sentence. Timers are questions: nothing is armed or
//! cancelled, [`Interview::deadline`] says what is due and a late, early or doubled tick does no harm.

mod exchange;
mod flow;

pub use exchange::{Asked, Attempt, Correction, Exchange, Standing, StatementView, To, Utterance};
pub(crate) use flow::{is_on_target, is_stalled};

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::core::bank::{General, Question, QuestionId, StatementId, Trap, TrapId};
use crate::core::card::{Button, Card};
use crate::core::choose::Filter;
use crate::core::grading::{Assessment, ReplyAssessment, Verdict};

/// An answer should take this long, spoken.
pub const TARGET_SECONDS: i64 = 60;
/// From here on an answer counts as stalled.
pub const STALL_SECONDS: i64 = 90;
/// Characters of an answer that are assessed; a longer one is refused with a sentence. 4,000 is also the
/// most that a Discord form can hold.
pub const ANSWER_CHARS_MAX: usize = 4_000;
/// How often in a row an answer that is none is asked for again.
pub const REASKS_MAX: u8 = 2;
/// Follow-ups a question at the most.
pub const TRAPS_MAX: u8 = 3;
/// Questions of a screen at the most: more than an hour of talk.
pub const SCREEN_MAX: u8 = 20;
/// Attempts at one question at the most, so that a state cannot grow without end.
pub const ATTEMPTS_MAX: u32 = 20;
/// Cards of an interview at the most: far more than a screen of twenty questions needs, and an end to a
/// button that is pressed over and over.
pub const CARDS_MAX: u32 = 500;
/// A remark of the clock that is later than this is left out: it would only be noise.
pub const MARK_LATE_MAX: SignedDuration = SignedDuration::from_secs(15);
/// A gap shorter than this is no absence: a restart in the middle of a drill goes unnoticed.
pub const AWAY_FROM: SignedDuration = SignedDuration::from_mins(10);

/// Names an interview, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InterviewId(pub i64);

/// The place of a card in its interview, from 1 on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u32);

/// What sort of interview it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// One question with its reveal.
    Drill,
    /// Several questions in a row, reveals at the end, and a scorecard.
    Screen,
    /// One person's part in a round: the question is public, and the reveal waits for everybody's.
    Round,
}

/// A question of an interview: its own copy, which no edit of the bank changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The question as it was when the interview began.
    pub question: Arc<Question>,
    /// Its content hash.
    pub hash: String,
    /// Traps for solid answers that this person met before.
    pub seen_solid: Vec<TrapId>,
}

/// Everything about an interview that is settled when it begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What sort of interview it is.
    pub mode: Mode,
    /// What was asked for; the next question is drawn from it too.
    pub filter: Filter,
    /// The questions, at least one.
    pub items: Vec<Item>,
    /// What fits any question.
    pub general: Arc<General>,
    /// Follow-ups a question, 1 to [`TRAPS_MAX`].
    pub traps: u8,
    /// Drawn outside; turns the general traps.
    pub seed: u64,
    /// Without any input for this long, the interview ends.
    pub abandon_after: SignedDuration,
}

/// Everything that can happen to an interview. Closed on purpose.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// It begins.
    Start,
    /// A card is where the candidate can see it, at the platform's own time.
    Posted {
        /// Which card.
        seq: Seq,
    },
    /// The candidate wrote something.
    Said {
        /// Their words.
        text: String,
    },
    /// The candidate changed something that they had written.
    Edited {
        /// Their words before.
        before: String,
        /// Their words after.
        after: String,
    },
    /// The candidate pressed something.
    Pressed(Button),
    /// Time passed.
    Tick,
    /// The round that it belongs to is closed, and its person wants to see how they did.
    Closed,
    /// The candidate left and is back.
    Returned,
    /// The bot is back after an absence.
    Resumed {
        /// How long nothing could be heard.
        away: SignedDuration,
    },
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// The 60 seconds are over.
    Target,
    /// The 90 seconds are over.
    Stall,
    /// Nothing was heard for too long.
    Abandon,
}

/// A card on its way to the candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// Its place in the interview.
    pub seq: Seq,
    /// What it says.
    pub card: Card,
}

/// A fact to keep after the interview: no words of the candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "record")]
pub enum Record {
    /// A question was answered to its end.
    Answered {
        /// The question.
        question: QuestionId,
        /// Its content then.
        hash: String,
        /// How long the answer took; `None` if the question was skipped.
        seconds: Option<i64>,
        /// Points with their standing.
        points: Vec<(StatementId, Standing)>,
        /// Misconceptions voiced.
        believed: Vec<StatementId>,
        /// Follow-ups with their verdict.
        traps: Vec<(TrapId, Option<Verdict>)>,
    },
    /// The candidate corrected the assessment of a statement; for the author of the bank.
    Corrected {
        /// The question.
        question: QuestionId,
        /// Its content then.
        hash: String,
        /// The point or misconception.
        statement: StatementId,
        /// What was understood, as a probability.
        understood: f32,
        /// Whether the candidate says that they said it.
        meant: bool,
    },
    /// A trap for solid answers was used with this person.
    SolidTrap {
        /// The question.
        question: QuestionId,
        /// The trap.
        trap: TrapId,
    },
}

/// What an input leads to: effects, as data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// What is to be shown, in order.
    pub cards: Vec<Outgoing>,
    /// What is to be kept.
    pub records: Vec<Record>,
    /// Whether the candidate wants another interview with the same plan and other questions.
    pub next: bool,
}

/// Reads one text with one question in mind. Pure, like the grader behind it.
pub trait Read {
    /// Reads an answer.
    fn answer(&self, item: &Item, text: &str) -> Assessment;
    /// Reads a reply to a trap.
    fn reply(&self, item: &Item, trap: &Trap, text: &str) -> ReplyAssessment;
}

/// Where an interview stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The question is out, the answer is not in.
    Answering,
    /// A follow-up is out.
    Trapped,
    /// In a round: all is said, and the reveal comes with everybody's.
    Waiting,
    /// The reveal is out; the candidate chooses what comes next.
    Revealed,
    /// Over. Nothing happens any more.
    Over,
}

/// What changes while an interview runs. Stored after every input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Where it stands.
    pub phase: Phase,
    /// The place of the question in the plan.
    pub item: usize,
    /// The question at hand.
    pub exchange: Exchange,
    /// The questions before it, in a screen; in a round the answer that counted, once there is another one.
    pub done: Vec<Exchange>,
    /// The seq of the last card.
    pub seq: Seq,
    /// When the candidate was last heard, or last shown something.
    pub active_at: Timestamp,
}

/// One candidate's interview.
#[derive(Clone, Debug, PartialEq)]
pub struct Interview {
    plan: Arc<Plan>,
    state: State,
}

impl Interview {
    /// An interview that has not begun; apply [`Input::Start`] to begin it.
    ///
    /// The plan must hold at least one question.
    pub fn new(plan: Arc<Plan>, now: Timestamp) -> Self {
        let state = State {
            phase: Phase::Answering,
            item: 0,
            exchange: Exchange::default(),
            done: Vec::new(),
            seq: Seq(0),
            active_at: now,
        };
        Self { plan, state }
    }

    /// An interview as it was stored; `None` if plan and state do not belong together.
    pub fn restore(plan: Arc<Plan>, state: State) -> Option<Self> {
        (state.item < plan.items.len()).then_some(Self { plan, state })
    }

    /// What was settled at the beginning.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// What is to be stored.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whether nothing can happen any more.
    pub fn is_over(&self) -> bool {
        self.state.phase == Phase::Over
    }

    /// What is due next and when; derived from the state, never stored.
    pub fn deadline(&self) -> Option<(Timestamp, Due)> {
        if self.is_over() {
            return None;
        }
        let abandon = (self.state.active_at.saturating_add(self.plan.abandon_after).ok()?, Due::Abandon);
        let mark = self.state.exchange.next_mark().filter(|_| self.state.phase == Phase::Answering);
        Some(mark.map_or(abandon, |mark| if mark.0 < abandon.0 { mark } else { abandon }))
    }

    /// Applies one input. Total: never panics and never fails.
    pub fn apply(&mut self, input: Input, now: Timestamp, read: &dyn Read) -> Step {
        if self.is_over() {
            return Step::default();
        }
        let mut step = Step::default();
        if self.state.seq.0 >= CARDS_MAX {
            self.conclude(crate::core::say::enough_cards(), &mut step);
            return step;
        }
        match input {
            Input::Start => self.start(now, &mut step),
            Input::Posted { seq } => self.posted(seq, now),
            Input::Said { text } => self.said(text, now, read, &mut step),
            Input::Edited { before, after } => self.edited(&before, after, now, read),
            Input::Pressed(button) => self.pressed(button, now, &mut step),
            Input::Tick => self.tick(now, &mut step),
            Input::Closed => self.closed(now, &mut step),
            Input::Returned => self.returned(now),
            Input::Resumed { away } => self.resumed(away, &mut step),
        }
        step
    }
}
