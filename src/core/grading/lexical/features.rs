//! What is measured of one answer about one statement.
//!
//! The heads were fitted on exactly these numbers; a change here asks for a new model.

use std::ops::Range;

use crate::core::grading::lexical::cues;
use crate::core::grading::lexical::question::{Match, Ready, Statement, is_odd};
use crate::core::grading::text::Text;

/// How many numbers are measured about a statement.
pub(crate) const FEATURES: usize = 26;

/// How sharply [`share`] prefers the nearest phrasing.
const SHARPNESS: f32 = 12.0;
/// A cosine at which chance ends: the weight of "none of the phrasings" in [`share`].
const CHANCE: f32 = 0.25;

/// One clause, or two neighbouring ones, compared with the question.
pub(crate) struct Stretch {
    /// Its tokens in the answer.
    pub(crate) tokens: Range<usize>,
    /// Its first clause.
    pub(crate) clause: usize,
    /// Whether it is a single clause.
    pub(crate) single: bool,
    /// How it compares.
    pub(crate) matched: Match,
}

/// An answer compared with its question.
pub(crate) struct Compared {
    /// Clauses and pairs of neighbouring clauses.
    pub(crate) stretches: Vec<Stretch>,
    /// The answer as a whole.
    pub(crate) whole: Match,
    /// How many cues of denial or quotation each clause has.
    denials: Vec<f32>,
}

/// Compares an answer with its question, clause by clause.
pub(crate) fn compare(ready: &Ready, text: &Text) -> Compared {
    let mut stretches = Vec::with_capacity(text.clauses.len() * 2);
    for (index, clause) in text.clauses.iter().enumerate() {
        let next = text.clauses.get(index + 1);
        let pair = next.map(|next| (clause.tokens.start..next.tokens.end, false));
        for (tokens, single) in [Some((clause.tokens.clone(), true)), pair].into_iter().flatten() {
            let matched = ready.compare(&text.tokens[tokens.clone()]);
            stretches.push(Stretch { tokens, clause: index, single, matched });
        }
    }
    let denials =
        text.clauses.iter().map(|clause| cues::denial(&text.tokens[clause.tokens.clone()])).collect();
    Compared { stretches, whole: ready.compare(&text.tokens), denials }
}

/// Measures an answer about the statement at this place.
pub(crate) fn measure(ready: &Ready, text: &Text, compared: &Compared, place: usize) -> [f32; FEATURES] {
    let statement = &ready.statements[place];
    let views: Vec<View> =
        compared.stretches.iter().map(|stretch| view(ready, stretch, statement, place)).collect();
    let singles =
        || compared.stretches.iter().zip(&views).filter(|(stretch, _)| stretch.single).map(|(_, view)| view);
    let Some(best) = (0..views.len()).max_by(|&a, &b| views[a].total().total_cmp(&views[b].total())) else {
        return [0.0; FEATURES];
    };
    let best_single = (0..views.len())
        .filter(|&at| compared.stretches[at].single)
        .max_by(|&a, &b| views[a].total().total_cmp(&views[b].total()))
        .unwrap_or(best);
    let top = &views[best];
    let stretch = &compared.stretches[best];
    let tokens = &text.tokens[stretch.tokens.clone()];
    let mut line_order: Vec<f32> = singles().map(|view| view.line).collect();
    line_order.sort_by(|a, b| b.total_cmp(a));
    let whole = &compared.whole;
    let single = &views[best_single];
    let cue =
        |clause: Option<usize>| clause.and_then(|at| compared.denials.get(at)).copied().unwrap_or_default();
    let clause = compared.stretches[best_single].clause;
    [
        maximum(singles().map(|view| view.alike)),
        maximum(views.iter().map(|view| view.alike)),
        maximum(views.iter().map(|view| view.near_top)),
        maximum(singles().map(|view| view.signed)),
        maximum(singles().map(|view| view.line)),
        maximum(views.iter().map(|view| view.line)),
        line_order.get(1).copied().unwrap_or_default(),
        whole.lines[place],
        top.alike - top.miss,
        top.alike - top.other,
        maximum(views.iter().map(|view| view.miss)),
        maximum(statement.says.iter().map(|&at| whole.recall[at])),
        mean_top(statement.says.iter().map(|&at| whole.recall[at]), 3),
        maximum(views.iter().map(|view| view.recall)),
        top.polarity,
        f32::from(u8::from(is_odd(tokens) != ready.odd[top.nearest])),
        single.polarity,
        cue(Some(clause)),
        cue(clause.checked_sub(1)),
        cue(Some(clause + 1)),
        (1.0 + text.words().count() as f32).ln(),
        maximum(views.iter().map(|view| view.share)),
        single.line_margin,
        top.line_margin,
        single.share,
        single.alike - single.miss,
    ]
}

/// One stretch as one statement sees it.
struct View {
    alike: f32,
    near_top: f32,
    signed: f32,
    recall: f32,
    line: f32,
    line_margin: f32,
    miss: f32,
    other: f32,
    share: f32,
    polarity: f32,
    nearest: usize,
}

impl View {
    fn total(&self) -> f32 {
        self.line + self.near_top
    }
}

fn view(ready: &Ready, stretch: &Stretch, statement: &Statement, place: usize) -> View {
    let Match { alike, signed, recall, lines } = &stretch.matched;
    let nearest =
        statement.says.iter().copied().max_by(|&a, &b| alike[a].total_cmp(&alike[b])).unwrap_or_default();
    let others = || ready.roles.iter().enumerate().filter(|(_, role)| role.statement != place && role.says);
    let line_other = maximum(lines.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, line)| *line));
    View {
        alike: alike[nearest],
        near_top: mean_top(statement.says.iter().map(|&at| alike[at]), 3),
        signed: maximum(statement.says.iter().map(|&at| signed[at])),
        recall: maximum(statement.says.iter().map(|&at| recall[at])),
        line: lines[place],
        line_margin: lines[place] - line_other,
        miss: maximum(statement.unlike.iter().map(|&at| alike[at])),
        other: maximum(others().map(|(at, _)| alike[at])),
        share: share(alike, statement),
        polarity: if alike[nearest] > 0.0 { signed[nearest] / alike[nearest] } else { 0.0 },
        nearest,
    }
}

/// How much of what the stretch is like is this statement, 0 to 1.
fn share(alike: &[f32], statement: &Statement) -> f32 {
    let weight = |cosine: f32| (SHARPNESS * cosine).exp();
    let all: f32 = alike.iter().map(|&cosine| weight(cosine)).sum();
    let own: f32 = statement.says.iter().map(|&at| weight(alike[at])).sum();
    own / (all + alike.len() as f32 * weight(CHANCE))
}

fn maximum(values: impl Iterator<Item = f32>) -> f32 {
    values.fold(f32::NEG_INFINITY, f32::max).max(-1.0)
}

fn mean_top(values: impl Iterator<Item = f32>, count: usize) -> f32 {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(|a, b| b.total_cmp(a));
    values.truncate(count);
    if values.is_empty() { 0.0 } else { values.iter().sum::<f32>() / values.len() as f32 }
}
