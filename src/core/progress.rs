//! What came of somebody's drills so far, in five numbers. Pure.

use crate::core::grading::Verdict;
use crate::core::interview::{Record, Standing};

/// Sums over every question that was answered to its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Questions.
    pub questions: usize,
    /// Points said.
    pub said: usize,
    /// Points that there were.
    pub points: usize,
    /// Follow-ups that were answered well.
    pub held: usize,
    /// Follow-ups that were asked.
    pub traps: usize,
}

impl Progress {
    /// Adds them up.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut sum = Self::default();
        for record in records {
            let Record::Answered { points, traps, .. } = record else { continue };
            sum.questions += 1;
            sum.points += points.len();
            sum.said += points.iter().filter(|(_, standing)| *standing == Standing::Said).count();
            sum.traps += traps.len();
            sum.held += traps.iter().filter(|(_, verdict)| *verdict == Some(Verdict::Held)).count();
        }
        sum
    }
}
