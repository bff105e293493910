//! Which trap: the policy, from an assessment to the next move.
//!
//! Pure and total. It never asks a trap twice in a drill, never accuses of a misconception that it is
//! unsure about while something surer can be asked, and it counts nothing: how often an answer may be
//! asked for again is the interview's business.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::core::bank::{General, Lack, Question, StatementId, Trap, TrapId, When};
use crate::core::grading::{Assessment, Finding, Kind, SAID_FROM};

/// Below this confidence a statement counts as not said. Between it and [`SURE_FROM`] the assessment
/// is unsure, in a band around [`SAID_FROM`].
pub const MISSING_BELOW: f32 = 0.4;
/// From this confidence on a statement counts as said without a doubt.
pub const SURE_FROM: f32 = 0.6;

/// What a confidence amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Said {
    /// It was said.
    Said,
    /// It cannot be told; shown as unsure at the reveal.
    Unsure,
    /// It was not said.
    Missing,
}

/// What a confidence (a probability, 0 to 1) amounts to.
pub fn verdict(confidence: f32) -> Said {
    if confidence >= SURE_FROM {
        Said::Said
    } else if confidence >= MISSING_BELOW {
        Said::Unsure
    } else {
        Said::Missing
    }
}

/// What was asked before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The traps of this drill: none is asked again.
    pub asked: Vec<TrapId>,
    /// The `solid` traps that this person had in earlier drills: others come first.
    pub seen_solid: Vec<TrapId>,
    /// Where to begin among general traps that fit equally well; any number.
    pub pick: u64,
}

/// Why a trap was chosen: what the sentence before it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// This misconception was voiced, with these bytes of the answer.
    Believes {
        /// The misconception.
        id: StatementId,
        /// The candidate's own words.
        evidence: Option<Range<usize>>,
    },
    /// This key point is missing.
    Missing(StatementId),
    /// The answer lacks an example or a reason.
    Lacks(Lack),
    /// Nothing is missing.
    Solid,
}

/// A trap, and why it is this one.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What is asked.
    pub trap: Trap,
    /// Why.
    pub why: Why,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Move {
    /// Blank: show the recovery scaffold; the next message is the answer.
    Recover,
    /// No answer to the question: ask for one in a sentence.
    Reask,
    /// Ask this trap.
    Ask(Choice),
    /// No trap is left that fits: reveal.
    Reveal,
}

/// The next move after this answer (or after everything said so far).
///
/// The first line of the policy that applies decides. A misconception or a missing key point decides
/// at once where the assessment is sure of it. Where it is unsure, nearer to yes than to no, the trap
/// waits: a later line decides if it rests on something sure, since its trap is a fair question
/// whether or not the doubt was justified. For a doubtful misconception that is a key point surely
/// missing; for a doubtful gap there is nothing later that would be right either way, because an
/// answer with a gap is not solid. If no later line is sure, the doubtful one decides after all.
pub fn next_move(question: &Question, general: &General, assessment: &Assessment, history: &History) -> Move {
    match assessment.kind {
        Kind::Blank => return Move::Recover,
        Kind::Gibberish | Kind::OffTopic | Kind::Keywords | Kind::Instructions | Kind::Echo => {
            return Move::Reask;
        }
        Kind::Answer => {}
    }
    let desk = Desk { question, general, history };
    let voiced = desk.voiced(&assessment.misconceptions);
    let gaps = desk.gaps(&assessment.points);
    let sure = |found: &Option<(f32, Choice)>| {
        found.as_ref().is_some_and(|(confidence, _)| *confidence >= SURE_FROM)
    };
    let first = if sure(&gaps) && !sure(&voiced) { gaps.or(voiced) } else { voiced.or(gaps) };
    if let Some((_, choice)) = first {
        return Move::Ask(choice);
    }
    let choice = (assessment.example < SAID_FROM)
        .then(|| desk.lacking(Lack::Example))
        .flatten()
        .or_else(|| (assessment.reason < SAID_FROM).then(|| desk.lacking(Lack::Reason)).flatten())
        .or_else(|| desk.solid());
    choice.map_or(Move::Reveal, Move::Ask)
}

/// What the policy chooses from.
struct Desk<'a> {
    question: &'a Question,
    general: &'a General,
    history: &'a History,
}

impl Desk<'_> {
    /// The surest misconception voiced that still has a trap.
    fn voiced(&self, findings: &[Finding]) -> Option<(f32, Choice)> {
        let mut voiced: Vec<&Finding> =
            findings.iter().filter(|finding| finding.confidence >= SAID_FROM).collect();
        voiced.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        voiced.into_iter().find_map(|finding| {
            let trap = self.own(&When::Believes(finding.id.clone()))?;
            let why = Why::Believes { id: finding.id.clone(), evidence: finding.evidence.clone() };
            Some((finding.confidence, Choice { trap, why }))
        })
    }

    /// The surest gap among the key points that still has a trap, with the confidence that it is one.
    fn gaps(&self, findings: &[Finding]) -> Option<(f32, Choice)> {
        let is_key = |finding: &&Finding| self.question.point(&finding.id).is_some_and(|point| point.key);
        let mut gaps: Vec<&Finding> =
            findings.iter().filter(is_key).filter(|finding| finding.confidence < SAID_FROM).collect();
        // The sort is stable: of equal gaps the first in the file comes first.
        gaps.sort_by(|a, b| a.confidence.total_cmp(&b.confidence));
        gaps.into_iter().find_map(|finding| {
            let trap = self.own(&When::Missing(finding.id.clone()))?;
            Some((1.0 - finding.confidence, Choice { trap, why: Why::Missing(finding.id.clone()) }))
        })
    }

    /// The question's trap for what is lacking, else a general one.
    fn lacking(&self, lack: Lack) -> Option<Choice> {
        let when = When::Lacks(lack);
        let trap = self.own(&when).or_else(|| self.any_general(&when, false))?;
        Some(Choice { trap, why: Why::Lacks(lack) })
    }

    /// A solid trap not yet used with this person, the question's own first; then used ones.
    fn solid(&self) -> Option<Choice> {
        let when = When::Solid;
        let unused =
            self.question.traps.iter().find(|trap| self.is_open(trap, &when) && !self.is_seen(trap)).cloned();
        let trap = unused
            .or_else(|| self.any_general(&when, true))
            .or_else(|| self.own(&when))
            .or_else(|| self.any_general(&when, false))?;
        Some(Choice { trap, why: Why::Solid })
    }

    /// The first of the question's traps for this that was not asked in the drill.
    fn own(&self, when: &When) -> Option<Trap> {
        self.question.traps.iter().find(|trap| self.is_open(trap, when)).cloned()
    }

    /// A general trap for this that was not asked in the drill (nor, if `fresh`, to this person).
    fn any_general(&self, when: &When, fresh: bool) -> Option<Trap> {
        let fitting: Vec<&Trap> = (self.general.traps.iter())
            .filter(|trap| self.is_open(trap, when) && !(fresh && self.is_seen(trap)))
            .collect();
        let count = u64::try_from(fitting.len()).ok().filter(|&count| count > 0)?;
        let place = usize::try_from(self.history.pick % count).ok()?;
        fitting.get(place).map(|&trap| trap.clone())
    }

    fn is_open(&self, trap: &Trap, when: &When) -> bool {
        trap.when == *when && !self.history.asked.contains(&trap.id)
    }

    fn is_seen(&self, trap: &Trap) -> bool {
        self.history.seen_solid.contains(&trap.id)
    }
}
