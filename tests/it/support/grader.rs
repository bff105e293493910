//! The grader of the program, for tests of grading, and one for tests of everything else, where the answer
//! carries its own labels:
//!
//! `lists can change [says mutability; believes only-syntax; example; reason]`. What stands before the
//! bracket is the evidence. `[blank]`, `[gibberish]` and the like set the kind; `[held]` and `[fell]` the
//! verdict on a reply; `[unsure mutability]` a confidence of 0.5.

use std::sync::{Arc, LazyLock};

use riposte::core::bank::{Bank, Question, StatementId, Trap, load};
use riposte::core::grading::trained::{Model, TrainedGrader};
use riposte::core::grading::{Assessment, Finding, Grader, Kind, PreparedQuestion, ReplyAssessment, Verdict};
use riposte::library;
use riposte::vectors::Vectors;

static MODEL: LazyLock<Arc<Model>> = LazyLock::new(|| Arc::new(Model::load(library::model()).unwrap()));
static VECTORS: LazyLock<Arc<Vectors>> =
    LazyLock::new(|| Arc::new(Vectors::open(MODEL.clone(), library::bank_vectors(), None)));
static SHIPPED: LazyLock<Shipped> = LazyLock::new(|| {
    let bank = load::load(&library::shipped()).0;
    Shipped { grader: of(&bank), bank }
});

/// The shipped bank with the grader of the program.
pub(crate) struct Shipped {
    pub(crate) bank: Bank,
    pub(crate) grader: TrainedGrader,
}

pub(crate) fn shipped() -> &'static Shipped {
    &SHIPPED
}

/// The shipped model.
pub(crate) fn model() -> Arc<Model> {
    MODEL.clone()
}

/// The grader of the program for another bank.
pub(crate) fn of(bank: &Bank) -> TrainedGrader {
    TrainedGrader::new(bank, MODEL.clone(), VECTORS.clone())
}

pub(crate) struct Labelled;

struct Prepared(Question);

impl Grader for Labelled {
    fn prepare(&self, question: &Question) -> Arc<dyn PreparedQuestion> {
        Arc::new(Prepared(question.clone()))
    }
}

impl PreparedQuestion for Prepared {
    fn answer(&self, answer: &str) -> Assessment {
        let (words, labels) = labels(answer);
        let finding = |id: &StatementId| {
            let sure = labels.iter().any(|(label, ids)| *label != "unsure" && ids.contains(&id.as_str()));
            let unsure = labels.iter().any(|(label, ids)| *label == "unsure" && ids.contains(&id.as_str()));
            let confidence = if sure { 0.95 } else { 0.02 };
            Finding {
                id: id.clone(),
                confidence: if unsure { 0.5 } else { confidence },
                evidence: (sure || unsure).then_some(0..words),
            }
        };
        let has = |name: &str| labels.iter().any(|(label, _)| *label == name);
        let kinds = [
            ("blank", Kind::Blank),
            ("gibberish", Kind::Gibberish),
            ("keywords", Kind::Keywords),
            ("off-topic", Kind::OffTopic),
            ("instructions", Kind::Instructions),
            ("echo", Kind::Echo),
        ];
        let kind = kinds.into_iter().find(|(name, _)| has(name)).map_or(Kind::Answer, |(_, kind)| kind);
        Assessment {
            kind,
            points: self.0.points.iter().map(|point| finding(&point.id)).collect(),
            misconceptions: self.0.misconceptions.iter().map(|belief| finding(&belief.id)).collect(),
            example: if has("example") { 0.95 } else { 0.05 },
            reason: if has("reason") { 0.95 } else { 0.05 },
        }
    }

    fn reply(&self, _trap: &Trap, reply: &str) -> ReplyAssessment {
        let assessment = self.answer(reply);
        let (_, labels) = labels(reply);
        let has = |name: &str| labels.iter().any(|(label, _)| *label == name);
        let verdict = match (assessment.kind, has("held"), has("fell")) {
            (Kind::Blank, _, _) => Verdict::Open,
            (_, true, _) => Verdict::Held,
            (_, _, true) => Verdict::Fell,
            _ => Verdict::Partly,
        };
        ReplyAssessment { verdict, confidence: 0.9, assessment }
    }
}

/// The length of the words before the bracket, and each label with its ids.
fn labels(answer: &str) -> (usize, Vec<(&str, Vec<&str>)>) {
    let Some((words, bracket)) = answer.split_once('[') else { return (answer.len(), Vec::new()) };
    let labels = bracket.trim_end_matches(']').split(';').map(|label| {
        let mut words = label.split_whitespace();
        (words.next().unwrap_or_default(), words.collect())
    });
    (words.trim_end().len(), labels.collect())
}
