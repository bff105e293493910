//! stub
use crate::core::bank::Trap;
use crate::core::grading::{PreparedQuestion, ReplyAssessment, Verdict};
pub(crate) fn assess(question: &super::LexicalQuestion, _trap: &Trap, reply: &str) -> ReplyAssessment {
    ReplyAssessment { verdict: Verdict::Partly, confidence: 0.3, assessment: question.answer(reply) }
}
