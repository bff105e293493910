//! How the reply to a trap did: compared with the strong replies, and with what the trap is about.
//!
//! The weights are set by hand, since there are no labelled replies; so where words do not tell it
//! says [`Verdict::Partly`] with a low confidence. It never says "fell" for want of words: only for a
//! false statement, or for the opposite of the strong reply.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::core::bank::{Lack, Question, Trap, When};
use crate::core::grading::lexical::lines::{Lines, Role};
use crate::core::grading::lexical::space::Space;
use crate::core::grading::text::{Text, Token, TokenKind, Words};
use crate::core::grading::{Assessment, Finding, Kind, ReplyAssessment, Verdict};

/// From this probability on a reply held.
const HELD_FROM: f32 = 0.5;
/// From this probability on it fell; higher, because accusing wrongly is worse than missing.
const FELL_FROM: f32 = 0.65;
/// Confidence of "partly" where nothing speaks for or against.
const UNTOLD: f32 = 0.35;
/// From this share of a strong reply on, part of it is there.
const MET_FROM: f32 = 0.35;
/// A word of the follow-up itself counts this much when it comes back in the reply.
const ASKED_WEIGHT: f32 = 0.25;
/// Weight added to what a strong reply asks for, so that one shared word of a short one is not all.
const RECALL_SHRINK: f32 = 1.0;
/// Values and code weigh more than words: they are what was asked for.
const VALUE_WEIGHT: f32 = 1.5;
/// A reply to a general trap has to be at least this long to count as one.
const GENERAL_WORDS_MIN: usize = 12;

/// What is read off a reply.
struct Signs {
    /// How much of the best matching strong reply is there, 0 to 1.
    recall: f32,
    /// How much of what the reply says is in the strong replies, 0 to 1.
    precision: f32,
    /// How much it speaks to this follow-up rather than to the question's others, about 0 to 1.
    line: f32,
    /// The probability that it states the point that the trap is for.
    point: f32,
    /// The probability that it voices the belief that the trap is for, or another one.
    belief: f32,
    /// Yes where the strong reply says no, or True where it says False.
    opposite: bool,
    /// Another value than all strong replies, or *different* where they say *same*.
    differs: bool,
    /// The same yes or no as the strong reply.
    agrees: bool,
}

/// Assesses a reply. `read` is the reply read as an answer to the question.
pub(crate) fn assess(
    question: &Question,
    words: &Words,
    trap: &Trap,
    reply: &str,
    read: Assessment,
) -> ReplyAssessment {
    let (verdict, confidence) = match read.kind {
        Kind::Blank | Kind::Gibberish | Kind::Instructions => (Verdict::Open, 0.9),
        Kind::Answer | Kind::Keywords | Kind::OffTopic | Kind::Echo => {
            let is_own = question.traps.iter().any(|own| own.id == trap.id);
            if is_own {
                own_trap(&signs(question, words, trap, reply, &read))
            } else {
                general_trap(trap, words, reply, &read)
            }
        }
    };
    ReplyAssessment { verdict, confidence, assessment: read }
}

fn own_trap(signs: &Signs) -> (Verdict, f32) {
    let agreement = f32::from(u8::from(signs.agrees));
    let opposite = f32::from(u8::from(signs.opposite));
    let differs = f32::from(u8::from(signs.differs));
    let held = sigmoid(
        -2.2 + 4.0 * signs.recall
            + 1.5 * signs.precision
            + 3.0 * signs.line
            + 1.5 * signs.point
            + 0.9 * agreement
            - 2.5 * opposite
            - 2.0 * differs
            - 2.0 * signs.belief,
    );
    let fell = sigmoid(-2.4 + 4.8 * signs.belief + 2.6 * opposite + 1.4 * differs - 2.0 * signs.recall);
    if fell >= FELL_FROM && fell > held {
        (Verdict::Fell, fell)
    } else if held >= HELD_FROM {
        (Verdict::Held, held)
    } else {
        // Part of it is there only if something of it was met.
        let met = signs.recall.max(signs.point).max(signs.line);
        (Verdict::Partly, if met >= MET_FROM { 0.6 } else { UNTOLD })
    }
}

/// The `good` of a general trap describes a strong reply and is none, so the words do not tell: only
/// a case or a reason where that was asked for, and a misconception voiced.
fn general_trap(trap: &Trap, words: &Words, reply: &str, read: &Assessment) -> (Verdict, f32) {
    let belief = surest(&read.misconceptions);
    let long = Text::new(reply, words).words().count() >= GENERAL_WORDS_MIN;
    let given = match &trap.when {
        When::Lacks(Lack::Example) => read.example,
        When::Lacks(Lack::Reason) => read.reason,
        When::Solid | When::Believes(_) | When::Missing(_) => 0.0,
    };
    if belief >= FELL_FROM {
        (Verdict::Fell, belief)
    } else if long && given >= HELD_FROM {
        (Verdict::Held, given.min(0.7))
    } else {
        (Verdict::Partly, UNTOLD)
    }
}

fn signs(question: &Question, words: &Words, trap: &Trap, reply: &str, read: &Assessment) -> Signs {
    let asked: BTreeSet<Arc<str>> =
        Text::new(&trap.ask, words).tokens.into_iter().map(|token| token.stem).collect();
    let text = Text::new(reply, words);
    let strong: Vec<Text> =
        std::iter::once(&trap.good).chain(&trap.also).map(|good| Text::new(good, words)).collect();
    let weights = rarity(&strong, &asked);
    let said: BTreeSet<&str> = text.tokens.iter().map(|token| token.stem.as_ref()).collect();
    let recall = strong.iter().map(|good| recall(good, &said, &weights)).fold(0.0, f32::max);
    let all: BTreeSet<&str> =
        strong.iter().flat_map(|good| &good.tokens).map(|token| token.stem.as_ref()).collect();
    let own: Vec<&Token> =
        text.words().filter(|token| is_telling(token) && !asked.contains(&token.stem)).collect();
    let known = own.iter().filter(|token| all.contains(token.stem.as_ref())).count() as f32;
    let (good_stance, stance) = (strong.first().and_then(stance), stance(&text));
    let (point, own_belief) = match &trap.when {
        When::Missing(id) => (confidence(&read.points, id.as_str()), 0.0),
        When::Believes(id) => (0.0, confidence(&read.misconceptions, id.as_str())),
        When::Lacks(_) | When::Solid => (0.0, 0.0),
    };
    Signs {
        recall,
        precision: known / (own.len() as f32 + 2.0),
        line: line(question, words, trap, &text),
        point,
        belief: own_belief.max(surest(&read.misconceptions)),
        opposite: matches!((good_stance, stance), (Some(a), Some(b)) if a != b) && !question.traps.is_empty(),
        differs: has_other_value(&strong, &text, &asked) || has_antonym(&strong, &opening(&text)),
        agrees: good_stance.is_some() && good_stance == stance,
    }
}

/// How much a reply speaks for the strong replies to this trap, against those to the question's other
/// traps and against its misconceptions.
fn line(question: &Question, words: &Words, trap: &Trap, reply: &Text) -> f32 {
    let (mut texts, mut roles) = (Vec::new(), Vec::new());
    let mut add = |statement: usize, text: &str| {
        texts.push(Text::new(text, words));
        roles.push(Role { statement, says: true });
    };
    for text in std::iter::once(&trap.good).chain(&trap.also) {
        add(0, text);
    }
    for other in question.traps.iter().filter(|other| other.id != trap.id) {
        std::iter::once(&other.good).chain(&other.also).for_each(|text| add(1, text));
    }
    for wrong in &question.misconceptions {
        std::iter::once(&wrong.belief).chain(&wrong.also).for_each(|text| add(2, text));
    }
    let (space, vectors) = Space::new(&texts);
    let lines = Lines::fit(&vectors, &roles, 3, space.len());
    let score = |tokens: &[Token]| lines.score(&space.vector(tokens))[0];
    let clauses = reply.clauses.iter().map(|clause| score(&reply.tokens[clause.tokens.clone()]));
    clauses.fold(score(&reply.tokens), f32::max)
}

/// How much each word of the strong replies tells: the share of them that have it, more for values,
/// less for words of the follow-up itself.
fn rarity(strong: &[Text], asked: &BTreeSet<Arc<str>>) -> BTreeMap<Arc<str>, f32> {
    let mut weights = BTreeMap::new();
    for good in strong {
        let stems: BTreeMap<&Arc<str>, &Token> =
            good.tokens.iter().filter(|token| is_telling(token)).map(|token| (&token.stem, token)).collect();
        for (stem, token) in stems {
            let value = token.in_code || is_number(&token.word) || is_value(&token.word);
            let weight = if value { VALUE_WEIGHT } else { 1.0 };
            let share = if asked.contains(stem) { ASKED_WEIGHT } else { 1.0 };
            *weights.entry(stem.clone()).or_insert(0.0) += weight * share / strong.len() as f32;
        }
    }
    // What one author chose to say once still tells something.
    weights.values_mut().for_each(|weight| *weight += 0.2);
    weights
}

fn recall(good: &Text, said: &BTreeSet<&str>, weights: &BTreeMap<Arc<str>, f32>) -> f32 {
    let stems: BTreeSet<&str> = good.tokens.iter().map(|token| token.stem.as_ref()).collect();
    let (mut met, mut all) = (0.0, RECALL_SHRINK * 0.3);
    for stem in stems {
        let weight = weights.get(stem).copied().unwrap_or_default();
        all += weight;
        met += if said.contains(stem) { weight } else { 0.0 };
    }
    met / all
}

/// Whether the reply gives values and every one is another than those of the strong replies. Values
/// of the follow-up itself do not count.
fn has_other_value(strong: &[Text], reply: &Text, asked: &BTreeSet<Arc<str>>) -> bool {
    let values = |text: &Text| -> BTreeSet<Arc<str>> {
        text.words()
            .filter(|token| is_number(&token.word) || is_value(&token.word))
            .map(|token| token.stem.clone())
            .filter(|stem| !asked.contains(stem))
            .collect()
    };
    let right: BTreeSet<Arc<str>> = strong.iter().flat_map(values).collect();
    let given = values(reply);
    !right.is_empty() && !given.is_empty() && given.is_disjoint(&right)
}

/// Whether the reply has a word whose opposite the strong replies have, and not itself.
fn has_antonym(strong: &[Text], said: &BTreeSet<&str>) -> bool {
    let right: BTreeSet<&str> =
        strong.iter().flat_map(|good| &good.tokens).map(|token| token.stem.as_ref()).collect();
    let against = |yes: &str, no: &str| {
        said.contains(no) && right.contains(yes) && !right.contains(no) && !said.contains(yes)
    };
    ANTONYMS.iter().any(|&(a, b)| against(a, b) || against(b, a))
}

/// The stems of the first clause, where the reply itself stands.
fn opening(text: &Text) -> BTreeSet<&str> {
    let tokens = text.clauses.first().map_or(0..0, |clause| clause.tokens.clone());
    text.tokens[tokens].iter().map(|token| token.stem.as_ref()).collect()
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// Stems that exclude each other in a short reply.
const ANTONYMS: &[(&str, &str)] = &[
    ("same", "differ"),
    ("always", "never"),
    ("faster", "slower"),
    ("mutabl", "immut"),
    ("everyon", "nobodi"),
    ("everybodi", "nobodi"),
    ("linear", "quadrat"),
    ("immedi", "later"),
    ("everyth", "noth"),
];

fn is_telling(token: &Token) -> bool {
    match token.kind {
        TokenKind::Content | TokenKind::Code => true,
        TokenKind::Negation => token.word == "nothing" || token.word == "none" || token.word == "neither",
        TokenKind::Function | TokenKind::Part => false,
    }
}

fn is_value(word: &str) -> bool {
    matches!(word, "true" | "false" | "none")
}

/// Yes or no, where a text begins with it.
fn stance(text: &Text) -> Option<bool> {
    let first = text.words().find(|token| {
        !matches!(token.word.as_str(), "well" | "um" | "uh" | "hmm" | "i" | "think" | "so" | "oh")
    })?;
    match first.word.as_str() {
        "yes" | "yeah" | "yep" | "true" | "sure" | "correct" | "right" => Some(true),
        "no" | "nope" | "false" | "never" | "neither" | "nah" => Some(false),
        _ => None,
    }
}

fn confidence(findings: &[Finding], id: &str) -> f32 {
    findings.iter().find(|finding| finding.id.as_str() == id).map_or(0.0, |finding| finding.confidence)
}

fn surest(findings: &[Finding]) -> f32 {
    findings.iter().map(|finding| finding.confidence).fold(0.0, f32::max)
}

fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}
