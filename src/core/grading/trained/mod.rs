//! The trained grader: what an answer means, by a small network and by its words.
//!
//! The encoder reads the answer; clauses, and pairs of them, are compared with the phrasings of each
//! statement; these numbers and those of the lexical reader go into heads, which give probabilities.
//! Pure, and never learning while it runs: the model is a constant.

mod features;
mod heads;
mod model;
#[cfg(test)]
mod parity;

use std::ops::Range;
use std::sync::Arc;

use self::features::{Answer, Measured, Prepared};
use self::heads::Heads;
pub use self::model::{Model, ModelError};
use crate::core::bank::{Bank, Part, Question, StatementId, Trap};
use crate::core::grading::encoder::Embed;
use crate::core::grading::lexical::{self, Lexical, LexicalQuestion, Seen};
use crate::core::grading::{Assessment, Finding, Grader, Kind, PreparedQuestion, ReplyAssessment};

/// Features of a point or misconception.
const POINT: usize = lexical::STATEMENT_FEATURES + features::STATEMENT;
/// Features of the points by part: the best, the second best and the sum of each.
const PARTS: usize = 9;
/// Features of the example.
const EXAMPLE: usize = lexical::EXAMPLE_FEATURES + features::PROBE + PARTS;
/// Features of the reason, but for the directions of what is stated and of the whole answer.
const REASON: usize = lexical::REASON_FEATURES + features::PROBE + PARTS;
/// Features of the kind, but for the direction of the whole answer.
const KIND: usize =
    GUARDS.len() + lexical::TOPIC_FEATURES + lexical::FORM_FEATURES + features::ANSWER + features::KIND;
/// What the guards can say, in the order of the features.
const GUARDS: [Kind; 7] = [
    Kind::Answer,
    Kind::Blank,
    Kind::OffTopic,
    Kind::Keywords,
    Kind::Gibberish,
    Kind::Instructions,
    Kind::Echo,
];

/// A text that states something of the question as surely as this is about it.
const STATED_FROM: f32 = 0.9;

/// The probes of a window: its stance is the first.
const EXAMPLE_PROBE: usize = 1;
const REASON_PROBE: usize = 2;

/// Understands answers by what was learned from others.
pub struct TrainedGrader {
    model: Arc<Model>,
    embed: Arc<dyn Embed>,
    lexical: Lexical,
}

impl TrainedGrader {
    /// A grader for the questions of a bank. `embed` gives the vectors of the bank's texts: the model's own
    /// encoder, or something that remembers what the encoder gave.
    pub fn new(bank: &Bank, model: Arc<Model>, embed: Arc<dyn Embed>) -> Self {
        Self { model, embed, lexical: Lexical::new(bank) }
    }
}

impl Grader for TrainedGrader {
    fn prepare(&self, question: &Question) -> Arc<dyn PreparedQuestion> {
        let vectors = Prepared::new(question, self.embed.as_ref());
        Arc::new(TrainedQuestion {
            model: self.model.clone(),
            heads: self.model.heads(question, vectors.depth()),
            lexical: self.lexical.question(question),
            vectors,
            question: question.clone(),
        })
    }
}

struct TrainedQuestion {
    model: Arc<Model>,
    heads: Arc<Heads>,
    question: Question,
    lexical: LexicalQuestion,
    vectors: Prepared,
}

impl TrainedQuestion {
    /// What is understood of a text. A reply speaks to a trap, so it may leave the question's subject and be a
    /// mere list.
    fn assess(&self, text: &str, seen: &Seen, is_reply: bool) -> Assessment {
        if seen.clauses.is_empty() {
            return self.nothing(seen.kind);
        }
        let windows = self.model.encoder.read(text, &seen.clauses);
        let answer = Answer {
            windows: &windows,
            single: seen.clauses.len(),
            cues: seen.clauses.iter().map(|clause| self.model.cues(&text[clause.clone()])).collect(),
        };
        let measured = features::measure(&self.vectors, &self.model.scorer(), &answer);
        let rows: Vec<Vec<f32>> = seen
            .statements
            .iter()
            .zip(&measured.statements)
            .map(|(lexical, (encoder, _))| [&lexical[..], encoder].concat())
            .collect();
        let (points, misconceptions) = self.findings(&rows, &measured, &seen.clauses);
        let surest =
            points.iter().chain(&misconceptions).map(|finding| finding.confidence).fold(0.0, f32::max);
        let kind = self.kind(seen, &measured, surest);
        let may_stray = is_reply && matches!(kind, Kind::Keywords | Kind::Echo | Kind::OffTopic);
        if kind != Kind::Answer && !may_stray {
            return self.nothing(kind);
        }
        let parts = self.said_by_part(&points);
        let stated = self.vectors.stated(points.iter().map(|finding| finding.confidence));
        let directions = [stated, measured.whole].concat();
        let gives = |head: &heads::Head, lexical: &[f32], probe, directions: &[f32]| {
            let probed = features::measure_probe(&windows, probe);
            head.probability(&[lexical, &probed, &parts, directions].concat())
        };
        let example = gives(&self.heads.example, &seen.example, EXAMPLE_PROBE, &[]);
        let reason = gives(&self.heads.reason, &seen.reason, REASON_PROBE, &directions);
        Assessment { kind: Kind::Answer, points, misconceptions, example, reason }
    }

    /// Points first, then misconceptions.
    fn findings(
        &self,
        rows: &[Vec<f32>],
        measured: &Measured,
        clauses: &[Range<usize>],
    ) -> (Vec<Finding>, Vec<Finding>) {
        let points = self.question.points.len();
        let finding = |(place, id): (usize, &StatementId)| {
            let head = if place < points { &self.heads.points } else { &self.heads.misconceptions };
            let confidence = head.probability(&rows[place]);
            let (_, clause) = measured.statements[place];
            Finding { id: id.clone(), confidence, evidence: Some(clauses[clause].clone()) }
        };
        let mut findings: Vec<Finding> = self.ids().enumerate().map(finding).collect();
        let misconceptions = findings.split_off(points);
        (findings, misconceptions)
    }

    /// How surely points of each part were said: the best, the second best and the sum.
    fn said_by_part(&self, points: &[Finding]) -> [f32; PARTS] {
        let mut found = [0.0; PARTS];
        for (place, part) in [Part::Claim, Part::Explanation, Part::Example].into_iter().enumerate() {
            let own = points.iter().zip(&self.question.points).filter(|(_, point)| point.part == part);
            let mut own: Vec<f32> = own.map(|(finding, _)| finding.confidence).collect();
            own.sort_by(|a, b| b.total_cmp(a));
            let at = |place: usize| own.get(place).copied().unwrap_or_default();
            found[3 * place..3 * place + 3].copy_from_slice(&[at(0), at(1), own.iter().sum()]);
        }
        found
    }

    /// An assessment in which nothing was said.
    fn nothing(&self, kind: Kind) -> Assessment {
        let finding = |id: &StatementId| Finding { id: id.clone(), confidence: 0.0, evidence: None };
        let mut findings: Vec<Finding> = self.ids().map(finding).collect();
        let misconceptions = findings.split_off(self.question.points.len());
        Assessment { kind, points: findings, misconceptions, example: 0.0, reason: 0.0 }
    }

    fn ids(&self) -> impl Iterator<Item = &StatementId> {
        self.question.statements().map(|statement| statement.id)
    }

    /// What sort of text it is: the head decides, the guards name more finely what is off topic, and a text that
    /// surely states something of the question is not about something else.
    fn kind(&self, seen: &Seen, measured: &Measured, surest: f32) -> Kind {
        match (self.heads.kind.kind(&kind_row(seen, measured)), seen.kind) {
            (Kind::OffTopic, named @ (Kind::Gibberish | Kind::Instructions | Kind::Echo)) => named,
            (Kind::OffTopic, Kind::Answer) if surest >= STATED_FROM => Kind::Answer,
            (kind, _) => kind,
        }
    }
}

impl PreparedQuestion for TrainedQuestion {
    fn answer(&self, answer: &str) -> Assessment {
        let text = lexical::beginning(answer);
        self.assess(text, &self.lexical.see(text), false)
    }

    fn reply(&self, trap: &Trap, reply: &str) -> ReplyAssessment {
        let text = lexical::beginning(reply);
        let read = self.assess(text, &self.lexical.see(text), true);
        self.lexical.reply(&self.question, trap, text, read)
    }
}

/// What the head of the kind sees.
fn kind_row(seen: &Seen, measured: &Measured) -> Vec<f32> {
    let guard = GUARDS.map(|kind| f32::from(u8::from(seen.kind == kind)));
    [&guard[..], &seen.topic, &seen.form, &measured.answer, &measured.kind, &measured.whole].concat()
}
