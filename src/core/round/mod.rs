//! The round's state machine: one question for everybody in a channel, answered privately, revealed
//! together.
//!
//! Everybody has an interview of their own, where trap and reply stay private. The round knows it by its id,
//! and of what was said in it only what was understood. Like the interview it is total, has no clock, and
//! arms no timer: [`Round::deadline`] says what is due. An input that comes again changes nothing.

mod flow;
mod reveal;

pub use reveal::{ANONYMOUS_FROM, Answer, Reveal};

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::core::bank::Question;
use crate::core::calendar::LATE_MAX;
use crate::core::interview::{InterviewId, Seq};
use crate::core::whereabouts::Person;

/// How long a round is open where nobody said: a study group's break.
pub const OPEN_DEFAULT: SignedDuration = SignedDuration::from_mins(10);
/// A round is open for this long at the least: one answer's time.
pub const OPEN_MIN: SignedDuration = SignedDuration::from_mins(1);
/// A round is open for this long at the most, extensions included: until the same weekday.
pub const OPEN_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The count on the post is brought up to date this often at the most. Platforms slow down a bot that edits
/// more often, and 200 people answering at once would make it edit 200 times.
pub const COUNT_EVERY: SignedDuration = SignedDuration::from_secs(10);
/// A post that is visible within this time keeps the closing time that it says.
pub const POST_SOON: SignedDuration = SignedDuration::from_secs(10);
/// People in a round at the most: the state is one row, written with every input, of about 200 KB then.
pub const PEOPLE_MAX: usize = 1_000;
/// A round is kept this long after its close, so that everybody can look at their own answer; the words of all
/// of them go with it.
pub const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// Answers shown in a round's thread at the most: nobody reads more, and a thread is not to be flooded.
pub const SHOWN_MAX: usize = 20;

/// Everything about a round that is settled when it begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The question as it was then: its own copy, which no edit of the bank changes.
    pub question: Arc<Question>,
    /// Its content hash.
    pub hash: String,
    /// Whoever started it; nobody started a daily.
    pub host: Option<Person>,
    /// How long it is open, [`OPEN_MIN`] to [`OPEN_MAX`].
    pub open_for: SignedDuration,
    /// The platform's id of the role that the post mentions.
    pub role: Option<String>,
    /// Whether the post is pinned.
    pub pin: bool,
}

/// Everything that can happen to a round. Closed on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The post is where people can see it, at the platform's own time.
    Posted,
    /// The platform refused the post for good.
    Refused,
    /// Somebody pressed something that is there for everybody.
    Pressed {
        /// Who.
        person: Person,
        /// What.
        button: Button,
    },
    /// The interview that [`Effect::Begin`] asked for has begun, in the same transaction.
    Joined {
        /// Whose it is.
        person: Person,
        /// Later interviews have greater ids.
        interview: InterviewId,
    },
    /// An interview of the round has an answer, or understands more of it.
    Answered {
        /// Whose it is.
        person: Person,
        /// Counts the inputs of that interview, from 1 on; an older one than was heard before is stale.
        revision: u64,
        /// What was understood.
        answer: Answer,
    },
    /// Somebody pressed something that is the host's.
    Controlled {
        /// Who.
        by: Person,
        /// Whether the platform says, at this very press, that they may manage the place.
        manages: bool,
        /// What.
        control: Control,
    },
    /// Time passed.
    Tick,
}

/// What everybody can press.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Button {
    /// Answer, go on answering, or answer anew.
    Answer,
    /// Take back the answer that was given in this interview.
    Leave(InterviewId),
    /// After the reveal: show my answer to everybody, with my name.
    Show,
    /// After the reveal: answer the same question again, for oneself.
    OnceMore,
}

/// What the host can press.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// Close and reveal.
    Close,
    /// Keep it open until then. An instant and no length, so that a second press of the same button adds
    /// nothing.
    Extend {
        /// The closing time wanted.
        until: Timestamp,
    },
    /// Call it off, while nobody has answered.
    Cancel,
}

/// What is to be done, as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "effect")]
pub enum Effect {
    /// Post the question where everybody sees it.
    Post(Notice),
    /// Bring that post up to date.
    Edit(Notice),
    /// Post the reveal in the round's thread.
    Reveal(Reveal),
    /// Begin an interview with this person, and apply [`Input::Joined`] in the same transaction.
    Begin {
        /// Who.
        person: Person,
    },
    /// Show this person where their interview stands.
    Resume {
        /// Who.
        person: Person,
        /// Their interview.
        interview: InterviewId,
    },
    /// Post this person's answer in the thread, with their name.
    Show {
        /// Who.
        person: Person,
        /// The interview that holds it.
        interview: InterviewId,
    },
    /// Begin a drill on the same question with this person; the round does not hear of it.
    OnceMore {
        /// Who.
        person: Person,
    },
    /// Tell one person something, so that nobody else sees it.
    Tell {
        /// Who.
        person: Person,
        /// What.
        note: Note,
    },
}

/// What the public post says beside the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Where the round stands.
    pub phase: Phase,
    /// How many have answered.
    pub answered: usize,
    /// When it closes.
    pub closes_at: Timestamp,
}

/// A private word; `say` has the sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// The round is over.
    Over,
    /// The answer came after the close and does not count.
    TooLate,
    /// There is no room for one more person.
    Full,
    /// The answer was taken back.
    Left,
    /// That comes after the reveal.
    NotYet,
    /// There is no answer of theirs to show.
    NothingToShow,
    /// As many answers as fit are shown.
    ShownEnough,
    /// That is the host's to press.
    NotHost,
    /// The closing time was moved.
    Extended,
    /// It cannot be open for longer.
    OpenEnough,
    /// Somebody has answered, so it cannot be called off.
    SomebodyAnswered,
}

/// Where a round stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// People answer.
    Open,
    /// Closed, and the reveal is on its way.
    Revealed,
    /// Called off: nobody had answered, or the post never appeared.
    Cancelled,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// The count on the post is old.
    Count,
    /// The time is over.
    Close,
}

/// The form that a state was stored in; one of another form is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Version;

/// How far somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Their interview has no answer; one from an earlier interview counts until it has.
    Answering,
    /// Their interview has an answer, and it counts.
    Answered,
    /// They took it back.
    Left,
    /// Their interview had its answer after the close.
    Late,
}

/// Somebody in the round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// Their latest interview.
    pub interview: InterviewId,
    /// What was heard of it last; 0 if nothing was.
    pub revision: u64,
    /// How far they are in it.
    pub stage: Stage,
    /// What counts.
    pub answer: Option<Answer>,
    /// Whether they chose to show it.
    pub shown: bool,
}

/// What changes while a round runs. Stored after every input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Its form.
    pub version: Version,
    /// Where it stands.
    pub phase: Phase,
    /// When it was started; once the post is visible, that time.
    pub opened_at: Timestamp,
    /// When it closes.
    pub closes_at: Timestamp,
    /// Whether the post is visible.
    pub posted: bool,
    /// What the post says.
    pub said: Notice,
    /// Since when it says so.
    pub said_at: Timestamp,
    /// When it was closed or called off.
    #[serde(default)]
    pub closed_at: Option<Timestamp>,
    /// The seq of the last card.
    #[serde(default)]
    pub seq: Seq,
    /// Everybody who pressed *Answer*.
    pub people: BTreeMap<Person, Participant>,
}

/// One question for everybody in a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    plan: Arc<Plan>,
    state: State,
}

/// How a start is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Started {
    /// A round is open, and this is to be done.
    Opened(Round, Vec<Effect>),
    /// One is open in the channel already: a link to its post.
    Linked(InterviewId),
}

/// Starts a round in a channel, unless its `latest` one is open.
pub fn start(latest: Option<(InterviewId, &Round)>, plan: Arc<Plan>, now: Timestamp) -> Started {
    if let Some((id, _)) = latest.filter(|(_, round)| !round.is_over()) {
        return Started::Linked(id);
    }
    let open_for = plan.open_for.clamp(OPEN_MIN, OPEN_MAX);
    let closes_at = later(now, open_for);
    let said = Notice { phase: Phase::Open, answered: 0, closes_at };
    let state = State {
        version: Version,
        phase: Phase::Open,
        opened_at: now,
        closes_at,
        posted: false,
        said,
        said_at: now,
        closed_at: None,
        seq: Seq(0),
        people: BTreeMap::new(),
    };
    Started::Opened(Round { plan, state }, vec![Effect::Post(said)])
}

impl Round {
    /// A round as it was stored.
    pub fn restore(plan: Arc<Plan>, state: State) -> Self {
        Self { plan, state }
    }

    /// What was settled at the beginning.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// What is to be stored.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whether answers count no more. What comes after the reveal can still be pressed.
    pub fn is_over(&self) -> bool {
        self.state.phase != Phase::Open
    }

    /// How many have answered.
    pub fn answered(&self) -> usize {
        self.answers().count()
    }

    /// Until when it is kept: for a while after the reveal, and not at all once it is called off.
    pub fn kept_until(&self) -> Option<Timestamp> {
        match self.state.phase {
            Phase::Open => None,
            Phase::Revealed => self.state.closed_at.map(|at| later(at, KEPT)),
            // The post may still turn out to be there; then it has to say so.
            Phase::Cancelled if !self.state.posted => self.state.closed_at.map(|at| later(at, KEPT)),
            Phase::Cancelled => self.state.closed_at,
        }
    }

    /// Whether it was called off before its post was out, so that nothing of it is to be shown.
    pub fn is_unseen(&self) -> bool {
        self.state.phase == Phase::Cancelled && !self.state.posted
    }

    /// Takes somebody out of it, with whatever they said. Their name is nowhere in it afterwards.
    pub fn forget(&mut self, person: &Person) {
        self.state.people.remove(person);
    }

    /// The seq of its next card.
    pub fn next_seq(&mut self) -> Seq {
        self.state.seq = Seq(self.state.seq.0 + 1);
        self.state.seq
    }

    /// What is due next and when; derived from the state, never stored.
    pub fn deadline(&self) -> Option<(Timestamp, Due)> {
        if self.is_over() {
            return None;
        }
        let close = (self.closing(), Due::Close);
        let old = self.state.posted && self.notice() != self.state.said;
        let count = old.then(|| (later(self.state.said_at, COUNT_EVERY), Due::Count));
        Some(count.filter(|count| count.0 < close.0).unwrap_or(close))
    }

    /// Applies one input. Total: never panics and never fails.
    ///
    /// The time closes a round, not the tick: an input that comes after the closing time finds it closed.
    pub fn apply(&mut self, input: Input, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        if !self.is_over() && self.closing() <= now {
            self.time_is_over(now, &mut effects);
        }
        match input {
            Input::Posted => self.posted(now, &mut effects),
            Input::Refused => self.refused(now),
            Input::Pressed { person, button } => self.pressed(person, button, &mut effects),
            Input::Joined { person, interview } => self.joined(person, interview, &mut effects),
            Input::Answered { person, revision, answer } => {
                self.answer(person, revision, answer, &mut effects);
            }
            Input::Controlled { by, manages, control } => {
                let note = self.controlled(&by, manages, control, now, &mut effects);
                effects.extend(note.map(|note| Effect::Tell { person: by, note }));
            }
            Input::Tick => {}
        }
        self.bring_up_to_date(now, &mut effects);
        effects
    }

    fn answers(&self) -> impl Iterator<Item = &Answer> {
        self.state.people.values().filter_map(|participant| participant.answer.as_ref())
    }

    fn notice(&self) -> Notice {
        Notice { phase: self.state.phase, answered: self.answered(), closes_at: self.state.closes_at }
    }

    /// When the round closes by itself. The clock starts at the post; one that does not appear is waited
    /// for as long as a daily may be late.
    pub fn closing(&self) -> Timestamp {
        match self.state.posted {
            true => self.state.closes_at,
            false => self.state.closes_at.max(later(self.state.opened_at, LATE_MAX)),
        }
    }
}

impl TryFrom<u32> for Version {
    type Error = String;

    fn try_from(number: u32) -> Result<Self, String> {
        match number {
            1 => Ok(Self),
            other => Err(format!("a round of version {other}; this program knows version 1")),
        }
    }
}

impl From<Version> for u32 {
    fn from(Version: Version) -> u32 {
        1
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}
