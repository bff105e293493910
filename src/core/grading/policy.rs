//! Which trap: the policy, from an assessment to the next move.
//!
//! Pure and total. It never asks a trap twice in a drill, never accuses of a misconception that is more
//! probably not held, and it counts nothing: how often an answer may be
//! asked for again is the interview's business.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::core::bank::{General, Lack, Question, StatementId, Trap, TrapId, When};
use crate::core::grading::{Assessment, Finding, Kind, SAID_FROM};

/// Below this confidence a statement is shown as missing, from it on as unsure.
pub const MISSING_BELOW: f32 = 0.4;
/// From this confidence on a statement is shown as said: of those points, at most 3 % were not, measured on
/// answers that nothing was fitted on (`training/REPORT.md`).
pub const SURE_FROM: f32 = 0.9;

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
/// The policy has lines: a misconception voiced, a key point missing, no example or no reason, solid; the
/// first that applies decides. Whether one applies is known only with a probability, so each trap is the
/// right one with the probability that its own line applies and none before it does, and the likeliest is
/// asked; of equals the earlier line. A sure finding thus decides at once, and a doubtful one gives way to
/// whatever is right more probably. Nobody is asked about a belief that they more probably do not hold.
pub fn next_move(question: &Question, general: &General, assessment: &Assessment, history: &History) -> Move {
    match assessment.kind {
        Kind::Blank => return Move::Recover,
        Kind::Gibberish | Kind::OffTopic | Kind::Keywords | Kind::Instructions | Kind::Echo => {
            return Move::Reask;
        }
        Kind::Answer => {}
    }
    let desk = Desk { question, general, history };
    let lines = [
        desk.voiced(&assessment.misconceptions),
        desk.gaps(&assessment.points),
        desk.lacking(assessment),
        desk.solid().map(|choice| (1.0, choice)).into_iter().collect(),
    ];
    let mut likeliest: Option<(f32, Choice)> = None;
    // The probability that no line before this one applies.
    let mut reached = 1.0;
    for line in lines {
        let mut passed = reached;
        for (applies, choice) in line {
            passed *= 1.0 - applies;
            let is_belief = matches!(choice.why, Why::Believes { .. });
            let right = if is_belief && applies < SAID_FROM { 0.0 } else { reached * applies };
            if right > likeliest.as_ref().map_or(0.0, |(best, _)| *best) {
                likeliest = Some((right, choice));
            }
        }
        reached = passed;
    }
    likeliest.map_or(Move::Reveal, |(_, choice)| Move::Ask(choice))
}

/// What the policy chooses from.
struct Desk<'a> {
    question: &'a Question,
    general: &'a General,
    history: &'a History,
}

impl Desk<'_> {
    /// The misconceptions that still have a trap, each with the probability that it was voiced.
    fn voiced(&self, findings: &[Finding]) -> Vec<(f32, Choice)> {
        let choice = |finding: &Finding| {
            let trap = self.own(&When::Believes(finding.id.clone()))?;
            let why = Why::Believes { id: finding.id.clone(), evidence: finding.evidence.clone() };
            Some((finding.confidence, Choice { trap, why }))
        };
        findings.iter().filter_map(choice).collect()
    }

    /// The key points that still have a trap, each with the probability that it is missing.
    fn gaps(&self, findings: &[Finding]) -> Vec<(f32, Choice)> {
        let is_key = |finding: &&Finding| self.question.point(&finding.id).is_some_and(|point| point.key);
        let choice = |finding: &Finding| {
            let trap = self.own(&When::Missing(finding.id.clone()))?;
            Some((1.0 - finding.confidence, Choice { trap, why: Why::Missing(finding.id.clone()) }))
        };
        findings.iter().filter(is_key).filter_map(choice).collect()
    }

    /// The traps for want of an example and of a reason, the question's own or else general ones, each
    /// with the probability that it lacks.
    fn lacking(&self, assessment: &Assessment) -> Vec<(f32, Choice)> {
        let choice = |(lack, given): (Lack, f32)| {
            let when = When::Lacks(lack);
            let trap = self.own(&when).or_else(|| self.any_general(&when, false))?;
            Some((1.0 - given, Choice { trap, why: Why::Lacks(lack) }))
        };
        let lacks = [(Lack::Example, assessment.example), (Lack::Reason, assessment.reason)];
        lacks.into_iter().filter_map(choice).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::grading::fixture;

    /// An assessment of `list-vs-tuple`: every point said and nothing believed but for these.
    fn assessed(confidences: &[(&str, f32)], example: f32, reason: f32) -> Assessment {
        let bank = fixture::bank();
        let question = bank.question(&"list-vs-tuple".into()).expect("in the bank");
        let find = |id: &StatementId, otherwise: f32| Finding {
            id: id.clone(),
            confidence: confidences
                .iter()
                .find(|(name, _)| *name == id.as_str())
                .map_or(otherwise, |pair| pair.1),
            evidence: None,
        };
        Assessment {
            kind: Kind::Answer,
            points: question.points.iter().map(|point| find(&point.id, 0.95)).collect(),
            misconceptions: question.misconceptions.iter().map(|wrong| find(&wrong.id, 0.05)).collect(),
            example,
            reason,
        }
    }

    #[track_caller]
    fn check(assessment: &Assessment, history: &History, expected: &str) {
        let bank = fixture::bank();
        let question = bank.question(&"list-vs-tuple".into()).expect("in the bank");
        let got = match next_move(question, &bank.general, assessment, history) {
            Move::Recover => "recover".to_owned(),
            Move::Reask => "re-ask".to_owned(),
            Move::Reveal => "reveal".to_owned(),
            Move::Ask(choice) => match choice.why {
                Why::Believes { id, .. } => format!("{} because of {id}", choice.trap.id),
                Why::Missing(id) => format!("{} for want of {id}", choice.trap.id),
                Why::Lacks(Lack::Example) => format!("{} for want of an example", choice.trap.id),
                Why::Lacks(Lack::Reason) => format!("{} for want of a reason", choice.trap.id),
                Why::Solid => format!("{} as all is there", choice.trap.id),
            },
        };
        assert_eq!(got, expected);
    }

    #[test]
    fn blank_recovers_and_what_is_no_answer_is_asked_again() {
        let solid = assessed(&[], 0.9, 0.9);
        check(&Assessment { kind: Kind::Blank, ..solid.clone() }, &History::default(), "recover");
        for kind in [Kind::Gibberish, Kind::OffTopic, Kind::Keywords, Kind::Instructions, Kind::Echo] {
            check(&Assessment { kind, ..solid.clone() }, &History::default(), "re-ask");
        }
    }

    #[test]
    fn the_surest_misconception_comes_before_a_missing_key_point() {
        let both = [("tuple-deeply-frozen", 0.7), ("parentheses-make-it", 0.9), ("mutability", 0.1)];
        check(&assessed(&both, 0.9, 0.9), &History::default(), "one-element because of parentheses-make-it");
        let asked = History { asked: vec!["one-element".into()], ..History::default() };
        check(&assessed(&both, 0.9, 0.9), &asked, "list-inside-tuple because of tuple-deeply-frozen");
    }

    #[test]
    fn a_doubtful_finding_gives_way_to_what_is_right_more_probably() {
        let check = |confidences: &[(&str, f32)], expected: &str| {
            check(&assessed(confidences, 0.9, 0.9), &History::default(), expected);
        };
        check(&[("parentheses-make-it", 0.6)], "one-element because of parentheses-make-it");
        check(&[("parentheses-make-it", 0.45), ("mutability", 0.1)], "assign-an-item for want of mutability");
        check(&[("parentheses-make-it", 0.45), ("mutability", 0.8)], "plus-equals as all is there");
        check(&[("mutability", 0.45)], "assign-an-item for want of mutability");
        check(&[("mutability", 0.45), ("hashable", 0.3)], "dict-key for want of hashable");
    }

    #[test]
    fn nobody_is_asked_about_a_belief_that_they_more_probably_do_not_hold() {
        let doubts =
            [("parentheses-make-it", 0.45), ("mutability", 0.6), ("hashable", 0.6), ("signals-intent", 0.6)];
        let bank = fixture::bank();
        let question = bank.question(&"list-vs-tuple".into()).expect("in the bank");
        let next = next_move(question, &bank.general, &assessed(&doubts, 0.5, 0.5), &History::default());
        let Move::Ask(choice) = next else { panic!("{next:?}") };
        assert!(!matches!(choice.why, Why::Believes { .. }), "{choice:?}");
    }

    #[test]
    fn an_example_is_asked_for_before_a_reason_and_solid_comes_last() {
        let pick = |pick| History { pick, ..History::default() };
        check(&assessed(&[], 0.1, 0.1), &pick(0), "teammate-example-a for want of an example");
        check(&assessed(&[], 0.1, 0.1), &pick(6), "concrete-case-a for want of an example");
        check(&assessed(&[], 0.9, 0.1), &pick(1), "production-reason-b for want of a reason");
        check(&assessed(&[], 0.9, 0.9), &pick(0), "plus-equals as all is there");
        let seen = History { seen_solid: vec!["plus-equals".into()], ..History::default() };
        check(&assessed(&[], 0.9, 0.9), &seen, "production-solid-a as all is there");
    }

    #[test]
    fn no_trap_is_asked_twice_and_then_it_reveals() {
        let bank = fixture::bank();
        let question = bank.question(&"list-vs-tuple".into()).expect("in the bank");
        let assessment = assessed(&[("mutability", 0.1), ("parentheses-make-it", 0.9)], 0.2, 0.2);
        let mut history = History { pick: 3, ..History::default() };
        while let Move::Ask(choice) = next_move(question, &bank.general, &assessment, &history) {
            assert!(!history.asked.contains(&choice.trap.id), "{} was asked already", choice.trap.id);
            history.asked.push(choice.trap.id);
        }
        assert_eq!(next_move(question, &bank.general, &assessment, &history), Move::Reveal);
    }

    #[test]
    fn what_is_not_sure_is_shown_as_unsure() {
        assert_eq!(
            [0.0, 0.39, 0.4, 0.89, 0.9, 1.0].map(verdict),
            [Said::Missing, Said::Missing, Said::Unsure, Said::Unsure, Said::Said, Said::Said,]
        );
    }
}
