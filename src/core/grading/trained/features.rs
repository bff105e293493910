//! What is measured of one answer about each statement of its question, by vectors.
//!
//! The heads were fitted on exactly these numbers, which `training/features.py` computes too; a change here
//! asks for a new model. The committed fixture holds both sides to the same numbers.

use crate::core::bank::{self, Question};
use crate::core::grading::encoder::{Embed, Vector, Window};
use crate::core::grading::trained::model::Scorer;

/// How many numbers are measured about a statement.
pub(super) const STATEMENT: usize = 39;
/// How many numbers are measured about an answer as a whole.
pub(super) const ANSWER: usize = 6;
/// How many numbers tell an attempt to answer from anything else, beside the direction of the whole.
pub(super) const KIND: usize = 6;
/// How many numbers are read off one probe.
pub(super) const PROBE: usize = 3;

/// How sharply the share of a statement prefers the nearest phrasing.
const SHARPNESS: f32 = 12.0;
/// How much nearer than this a near miss has to be before it speaks against a window.
const MISS_FREE: f32 = 0.1;
/// A score where there is no second clause: as low as a clause about something else has.
const NO_SECOND_SCORE: f32 = -9.0;
/// A probe where there is no window.
const NO_PROBE: f32 = -5.0;

/// The vectors of one statement.
pub(super) struct Statement {
    point: bool,
    /// The sentence first, then the other ways to say it; at least one.
    says: Vec<Vector>,
    near: Vec<Vector>,
    /// The direction of its phrasings' mean.
    direction: Vec<f32>,
}

/// The vectors of one question.
pub(super) struct Prepared {
    /// Points, then misconceptions, in the question's order.
    pub(super) statements: Vec<Statement>,
    ask: Vector,
    claim: Vector,
}

impl Prepared {
    /// Everything about the question that is embedded.
    pub(super) fn new(question: &Question, embed: &dyn Embed) -> Self {
        let listed: Vec<bank::Statement> = question.statements().collect();
        let whole = [question.ask.as_str(), question.model.claim.as_str()];
        let texts: Vec<&str> =
            whole.into_iter().chain(listed.iter().flat_map(|statement| statement.texts())).collect();
        let mut vectors = embed.embed(&texts).into_iter();
        let mut take = |count: usize| vectors.by_ref().take(count).collect::<Vec<_>>();
        let whole = take(2);
        let statements = listed
            .iter()
            .map(|statement| {
                let says = take(1 + statement.also.len());
                Statement {
                    point: statement.part.is_some(),
                    direction: mean_direction(&says),
                    says,
                    near: take(statement.unlike.len()),
                }
            })
            .collect();
        Self { statements, ask: whole[0].clone(), claim: whole[1].clone() }
    }

    /// How many phrasings a statement has on average, its sentence included.
    pub(super) fn depth(&self) -> f32 {
        let says: usize = self.statements.iter().map(|statement| statement.says.len()).sum();
        says as f32 / self.statements.len().max(1) as f32
    }

    /// The directions of the points, each as long as it is sure that the point was said: some statements are
    /// reasons and some are none, whoever makes them. `confidences` are those of the points, in their order.
    pub(super) fn stated(&self, confidences: impl Iterator<Item = f32>) -> Vec<f32> {
        let mut sum = vec![0.0; self.ask.whole().len()];
        for (statement, confidence) in self.statements.iter().zip(confidences) {
            sum.iter_mut().zip(&statement.direction).for_each(|(sum, number)| *sum += confidence * number);
        }
        sum
    }
}

/// An answer as the encoder read it: clauses, then pairs of neighbours.
pub(super) struct Answer<'a> {
    pub(super) windows: &'a [Window],
    /// How many of the windows are single clauses.
    pub(super) single: usize,
    /// The cues of denial or quotation in each clause.
    pub(super) cues: Vec<f32>,
}

/// One statement, seen from every window.
struct View {
    alike: Vec<f32>,
    top3: Vec<f32>,
    mean: Vec<f32>,
    idea: Vec<f32>,
    miss: Vec<f32>,
    score: Vec<f32>,
    /// The sum of the weights of its phrasings.
    weight: Vec<f32>,
    /// The sum of the weights of all its texts.
    all_weight: Vec<f32>,
    whole: f32,
    /// The sum of all its texts' cosines with the whole answer, and how many they are.
    whole_all: (f32, usize),
}

/// Everything that is measured of one answer.
pub(super) struct Measured {
    /// In the order of the statements, each with the clause that comes nearest.
    pub(super) statements: Vec<([f32; STATEMENT], usize)>,
    /// About the answer as a whole.
    pub(super) answer: [f32; ANSWER],
    /// What tells an attempt to answer from anything else.
    pub(super) kind: [f32; KIND],
    /// The direction of the whole answer.
    pub(super) whole: Vec<f32>,
}

/// Measures an answer. It has at least one clause.
pub(super) fn measure(prepared: &Prepared, scorer: &Scorer, answer: &Answer) -> Measured {
    let whole = mean_direction(answer.windows[..answer.single].iter().map(|window| &window.vector));
    let views: Vec<View> =
        prepared.statements.iter().map(|statement| view(statement, scorer, answer, &whole)).collect();
    let best_of: Vec<usize> = views.iter().map(|view| place_of_best(&view.top3)).collect();
    let statements = (0..views.len())
        .map(|at| {
            let clause = place_of_best(&views[at].score[..answer.single]);
            (statement_row(&views, at, &best_of, answer), clause)
        })
        .collect();
    let kind = kind_row(&views, answer);
    Measured { statements, answer: answer_row(prepared, &views, answer.single, &whole), kind, whole }
}

/// The numbers read off a probe: the best, the second best, and all together.
pub(super) fn measure_probe(windows: &[Window], probe: usize) -> [f32; PROBE] {
    let logits: Vec<f32> = windows.iter().map(|window| window.probes[probe]).collect();
    if logits.is_empty() {
        return [NO_PROBE; PROBE];
    }
    [best(&logits), second(&logits).unwrap_or(NO_PROBE), together(&logits)]
}

fn view(statement: &Statement, scorer: &Scorer, answer: &Answer, whole: &[f32]) -> View {
    let mut view = View {
        alike: Vec::new(),
        top3: Vec::new(),
        mean: Vec::new(),
        idea: Vec::new(),
        miss: Vec::new(),
        score: Vec::new(),
        weight: Vec::new(),
        all_weight: Vec::new(),
        whole: 0.0,
        whole_all: (0.0, statement.says.len() + statement.near.len()),
    };
    for window in answer.windows {
        let says: Vec<f32> = statement.says.iter().map(|text| window.vector.dot(text)).collect();
        let near: Vec<f32> = statement.near.iter().map(|text| window.vector.dot(text)).collect();
        view.alike.push(best(&says));
        view.top3.push(top3(&says));
        view.mean.push(mean(&says));
        view.idea.push(says[0]);
        view.miss.push(near.iter().copied().fold(-1.0, f32::max));
        view.score.push(scorer.score(statement.point, &says, &near, window.probes[0]));
        let weight = |values: &[f32]| values.iter().map(|cosine| (SHARPNESS * cosine).exp()).sum::<f32>();
        let own = weight(&says);
        view.weight.push(own);
        view.all_weight.push(own + weight(&near));
    }
    let with_whole = |texts: &[Vector]| -> f32 {
        texts.iter().map(|text| text.components().zip(whole).map(|(a, b)| a * b).sum::<f32>()).sum()
    };
    let says = with_whole(&statement.says);
    view.whole = says / statement.says.len() as f32;
    view.whole_all.0 = says + with_whole(&statement.near);
    view
}

/// In the order of `STATEMENT` in `training/features.py`.
fn statement_row(views: &[View], at: usize, best_of: &[usize], answer: &Answer) -> [f32; STATEMENT] {
    let (view, single) = (&views[at], answer.single);
    let other: Vec<f32> = (0..answer.windows.len())
        .map(|window| {
            let others = views.iter().enumerate().filter(|(place, _)| *place != at);
            others.map(|(_, view)| view.alike[window]).fold(-1.0, f32::max)
        })
        .collect();
    let own = best_of[at];
    let clause = place_of_best(&view.top3[..single]);
    let margin = |window: usize| view.alike[window] - view.miss[window];
    let lead = |window: usize| view.alike[window] - other[window];
    let stance = |window: usize| answer.windows[window].probes[0];
    let signed = |window: usize| {
        view.alike[window] - (view.miss[window] - MISS_FREE).max(0.0) - (-lead(window)).max(0.0)
    };
    let previous = clause.checked_sub(1);
    let next = Some(clause + 1).filter(|&next| next < single);
    let around = |value: &dyn Fn(usize) -> f32, place: Option<usize>| place.map_or(0.0, value);
    let top = |window: usize| view.top3[window];
    let cue = |clause: usize| answer.cues[clause];
    // The best clause read together with the one before and the one after it.
    let before = previous.map_or(clause, |previous| single + previous);
    let after = next.map_or(clause, |_| single + clause);
    let all_weight: f32 = views.iter().map(|view| view.all_weight[own]).sum();
    let rank = views.iter().filter(|rival| rival.top3[own] > view.top3[own]).count();
    let rivals = best_of.iter().filter(|&&place| place == own).count();
    [
        best(&view.alike[..single]),
        best(&view.alike),
        best(&view.top3),
        best(&view.mean),
        best(&view.idea),
        best(&view.miss),
        margin(own),
        lead(own),
        (0..answer.windows.len()).map(signed).fold(f32::NEG_INFINITY, f32::max),
        margin(clause),
        lead(clause),
        second(&view.top3[..single]).unwrap_or(0.0),
        around(&top, previous),
        around(&top, next),
        around(&margin, previous),
        around(&margin, next),
        cue(clause),
        around(&cue, previous),
        around(&cue, next),
        view.whole,
        rank as f32,
        view.weight[own] / all_weight,
        rivals as f32,
        (1.0 + single as f32).ln(),
        view.top3[before],
        view.top3[after],
        margin(before),
        margin(after),
        lead(before),
        lead(after),
        best(&view.score),
        best(&view.score[..single]),
        together(&view.score),
        second(&view.score[..single]).unwrap_or(NO_SECOND_SCORE),
        stance(own),
        stance(clause),
        stance(before),
        stance(after),
        (0..single).map(stance).fold(f32::INFINITY, f32::min),
    ]
}

/// In the order of `KIND` in `training/features.py`.
fn kind_row(views: &[View], answer: &Answer) -> [f32; KIND] {
    let scores: Vec<f32> = views.iter().map(|view| best(&view.score)).collect();
    let probe =
        |place: usize| answer.windows.iter().map(|w| w.probes[place]).fold(f32::NEG_INFINITY, f32::max);
    let top = if scores.is_empty() { NO_SECOND_SCORE } else { best(&scores) };
    [
        (1.0 + answer.single as f32).ln(),
        top,
        second(&scores).unwrap_or(NO_SECOND_SCORE),
        mean(&scores),
        probe(1),
        probe(2),
    ]
}

/// In the order of `ANSWER` in `training/features.py`.
fn answer_row(prepared: &Prepared, views: &[View], single: usize, whole: &[f32]) -> [f32; ANSWER] {
    let with = |text: &Vector| text.components().zip(whole).map(|(a, b)| a * b).sum::<f32>();
    let nearest: Vec<f32> =
        (0..single).map(|window| views.iter().map(|view| view.alike[window]).fold(-1.0, f32::max)).collect();
    let met: Vec<f32> = views.iter().map(|view| best(&view.alike[..single])).collect();
    let (sum, count) =
        views.iter().fold((0.0, 0), |(sum, count), view| (sum + view.whole_all.0, count + view.whole_all.1));
    [
        with(&prepared.ask),
        with(&prepared.claim),
        best(&nearest),
        mean(&met),
        second(&nearest).unwrap_or(0.0),
        sum / count.max(1) as f32,
    ]
}

/// The direction of the mean of these vectors.
fn mean_direction<'a>(vectors: impl IntoIterator<Item = &'a Vector>) -> Vec<f32> {
    let mut sum: Vec<f32> = Vec::new();
    for vector in vectors {
        sum.resize(sum.len().max(vector.whole().len()), 0.0);
        sum.iter_mut().zip(vector.components()).for_each(|(sum, number)| *sum += number);
    }
    let length = sum.iter().map(|number| number * number).sum::<f32>().sqrt().max(1e-9);
    sum.iter_mut().for_each(|number| *number /= length);
    sum
}

/// One logit of an answer from those of its windows: like the greatest, but every one counts a little.
fn together(logits: &[f32]) -> f32 {
    const SHARP: f32 = 2.0;
    let most = best(logits);
    most + logits.iter().map(|logit| (SHARP * (logit - most)).exp()).sum::<f32>().ln() / SHARP
}

fn best(values: &[f32]) -> f32 {
    values.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}

fn second(values: &[f32]) -> Option<f32> {
    let place = place_of_best(values);
    let others = values.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, &value)| value);
    others.reduce(f32::max)
}

/// The first of the greatest.
fn place_of_best(values: &[f32]) -> usize {
    let mut place = 0;
    for (at, value) in values.iter().enumerate() {
        if *value > values[place] {
            place = at;
        }
    }
    place
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}

/// The mean of the three greatest, or of all if they are fewer.
fn top3(values: &[f32]) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    sorted.truncate(3);
    mean(&sorted)
}
