//! What a round adds up to. Counts and no names: nobody learns here who said what.

use serde::{Deserialize, Serialize};

use crate::core::bank::{Question, StatementId};
use crate::core::interview::{Exchange, InterviewId, Standing, StatementView};

/// Counts are shown from this many answers on: of two, each could tell what the other one said.
pub const ANONYMOUS_FROM: usize = 3;

/// What was understood of somebody's answer, their reply to the trap included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The interview that it was given in, which holds the words.
    pub interview: InterviewId,
    /// The points said, in the question's order.
    pub said: Vec<StatementId>,
    /// The misconceptions voiced.
    pub believed: Vec<StatementId>,
}

/// What everybody gets to see together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reveal {
    /// How many answered.
    pub answered: usize,
    /// How many said each point, in the question's order; none below [`ANONYMOUS_FROM`] answers.
    pub points: Vec<(StatementId, usize)>,
    /// The misconception that most people voiced, and how many they are; the first of several in the
    /// question's order. One that a single person voiced, or everybody, would be a person's and not the room's.
    pub misconception: Option<(StatementId, usize)>,
}

impl Answer {
    /// What an interview about the question has understood so far; `None` before there is an answer.
    pub fn of(interview: InterviewId, question: &Question, exchange: &Exchange) -> Option<Self> {
        exchange.answer()?;
        let said = |views: Vec<StatementView>| {
            views.into_iter().filter(|view| view.standing == Standing::Said).map(|view| view.id).collect()
        };
        let (points, believed) = (exchange.points(question), exchange.believed(question));
        Some(Self { interview, said: said(points), believed: said(believed) })
    }
}

impl Reveal {
    pub(super) fn of<'a>(question: &Question, answers: impl Iterator<Item = &'a Answer>) -> Self {
        let answers: Vec<_> = answers.collect();
        let said = |id| answers.iter().filter(|answer| answer.said.contains(id)).count();
        let believed = |id| answers.iter().filter(|answer| answer.believed.contains(id)).count();
        let is_anonymous = answers.len() >= ANONYMOUS_FROM;
        let points = question.points.iter().filter(|_| is_anonymous);
        let points = points.map(|point| (point.id.clone(), said(&point.id))).collect();
        let mut misconception = None;
        for belief in question.misconceptions.iter().filter(|_| is_anonymous) {
            let count = believed(&belief.id);
            let is_of_some = (2..answers.len()).contains(&count);
            if is_of_some && count > misconception.as_ref().map_or(0, |(_, most)| *most) {
                misconception = Some((belief.id.clone(), count));
            }
        }
        Self { answered: answers.len(), points, misconception }
    }
}
