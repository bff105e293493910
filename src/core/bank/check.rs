//! What makes a well-formed bank a good one: every promise between its parts, checked with places.
//!
//! An error means that a drill could go wrong; a warning, that the author may want to know.

use std::collections::BTreeMap;

use super::load::Source;
use super::{Entry, General, Lack, Part, QuestionId, StatementId, Topic, TrapId, When, speech};
use crate::core::reading::{Node, Notes, Parsed, places};

/// Key points of a question at the most: more cannot be probed in one drill.
pub const KEY_POINTS_MAX: usize = 3;
/// Spoken seconds of a model answer at the most; longer ones get a warning. The target is 60.
pub const MODEL_SECONDS_MAX: u64 = 90;
/// Characters of a question or of a trap's question: with a quotation and a reason before it, it has to
/// fit into one Discord message of 2,000.
pub const ASK_CHARS_MAX: usize = 1_000;
/// Characters of a part of the model answer: three of them, with headings, fit into one Discord embed
/// of 4,096 and each into one Slack section of 3,000.
pub const MODEL_PART_CHARS_MAX: usize = 1_300;
/// Characters of an idea, a belief, a correction or a strong reply: a Discord embed field holds 1,024.
pub const SENTENCE_CHARS_MAX: usize = 600;
/// Characters of an identifier: Discord's `custom_id` of 100 also carries version, interview and seq.
pub const ID_CHARS_MAX: usize = 48;
/// Characters of a topic: a Discord embed title holds 256, a Slack header 150.
pub const TOPIC_CHARS_MAX: usize = 100;
/// Characters of a sample: as many as of an answer that is assessed.
pub const SAMPLE_CHARS_MAX: usize = 4_000;
/// Entries of one list of phrasings at the most: each is compared with each clause of an answer.
pub const PHRASINGS_MAX: usize = 64;
/// Labels for samples that deserve no trap.
pub const MOVES: [&str; 2] = ["@recover", "@reask"];

/// Checks the file of the general traps.
pub(super) fn general(general: &General, root: &Node<'_>, notes: &mut Notes<'_>) {
    let at = places(root, "traps");
    unique(notes, "trap", general.traps.iter().map(|trap| trap.id.as_str()).zip(at.iter().copied()));
    for (trap, &at) in general.traps.iter().zip(&at) {
        trap_texts(notes, at, trap);
        if matches!(trap.when, When::Believes(_) | When::Missing(_)) {
            notes.error(
                at,
                format!("trap `{}` is general, so it cannot name a point or a misconception; use `solid` or `lacks`", trap.id),
            );
        }
    }
    for (what, when) in [
        ("`solid` trap", When::Solid),
        ("trap for a missing example", When::Lacks(Lack::Example)),
        ("trap for a missing reason", When::Lacks(Lack::Reason)),
    ] {
        if !general.traps.iter().any(|trap| trap.when == when) {
            notes.error(0, format!("there is no general {what}; add one"));
        }
    }
}

/// Checks all topics, each alone and all together.
pub(super) fn topics(files: &mut [(&Source, Parsed<'_, Topic>)], general: &General) {
    let mut first: BTreeMap<QuestionId, String> = BTreeMap::new();
    for (source, parsed) in files.iter_mut() {
        let Some((topic, root)) = &parsed.value else { continue };
        let notes = &mut parsed.notes;
        text(notes, 0, "the topic", &topic.topic, TOPIC_CHARS_MAX);
        if topic.questions.is_empty() {
            notes.warning(0, "there is no question in this file; add `[[questions]]`");
        }
        let elements = root.get_ref().get("questions").and_then(|list| list.get_ref().as_array());
        let Some(elements) = elements else { continue };
        for (entry, node) in topic.questions.iter().zip(elements.iter()) {
            let at = node.span().start;
            question(notes, entry, node, general);
            if let Some(path) = first.get(&entry.id) {
                notes.error(at, format!("question `{}` is also in {path}; rename one of them", entry.id));
            } else {
                first.insert(entry.id.clone(), source.path.clone());
            }
        }
    }
}

/// Everything that is wrong with one question.
fn question(notes: &mut Notes<'_>, entry: &Entry, node: &Node<'_>, general: &General) {
    let at = node.span().start;
    let name = format!("question `{}`", entry.id);
    identifier(notes, at, "question", entry.id.as_str());
    text(notes, at, &format!("`ask` of {name}"), &entry.ask, ASK_CHARS_MAX);
    model(notes, entry, node);
    points(notes, entry, node);
    misconceptions(notes, entry, node);
    traps(notes, entry, node);
    samples(notes, entry, node, general);
}

fn model(notes: &mut Notes<'_>, entry: &Entry, node: &Node<'_>) {
    let at = places(node, "model").first().copied().unwrap_or(node.span().start);
    let name = format!("the model answer of question `{}`", entry.id);
    let model = &entry.model;
    text(notes, at, &format!("`claim` in {name}"), &model.claim, MODEL_PART_CHARS_MAX);
    for (field, part) in [("explanation", &model.explanation), ("example", &model.example)] {
        if !part.is_empty() {
            text(notes, at, &format!("`{field}` in {name}"), part, MODEL_PART_CHARS_MAX);
        }
    }
    let seconds: u64 = [&model.claim, &model.explanation, &model.example]
        .map(|part| speech::spoken_seconds(part))
        .iter()
        .sum();
    if seconds > MODEL_SECONDS_MAX {
        notes.warning(
            at,
            format!("{name} takes {seconds} s to say, more than {MODEL_SECONDS_MAX}; shorten it towards 60"),
        );
    }
}

fn points(notes: &mut Notes<'_>, entry: &Entry, node: &Node<'_>) {
    let at = places(node, "points");
    let question_at = node.span().start;
    for (point, &at) in entry.points.iter().zip(&at) {
        let name = format!("point `{}`", point.id);
        identifier(notes, at, "point", point.id.as_str());
        text(notes, at, &format!("`idea` of {name}"), &point.idea, SENTENCE_CHARS_MAX);
        phrasings(notes, at, &name, "also", &point.also);
        phrasings(notes, at, &name, "unlike", &point.unlike);
    }
    if entry.points.is_empty() {
        return;
    }
    for (part, field) in
        [(Part::Claim, "claim"), (Part::Explanation, "explanation"), (Part::Example, "example")]
    {
        if !entry.points.iter().any(|point| point.part == part) {
            notes.error(
                question_at,
                format!(
                    "question `{}` has no point for the {field}; add one with `part = \"{field}\"`",
                    entry.id
                ),
            );
        }
    }
    let keys: Vec<usize> =
        entry.points.iter().zip(&at).filter(|(point, _)| point.key).map(|(_, &at)| at).collect();
    if let Some(&extra) = keys.get(KEY_POINTS_MAX) {
        notes.error(
            extra,
            format!(
                "question `{}` has {} key points, at most {KEY_POINTS_MAX} are allowed; make one a bonus",
                entry.id,
                keys.len()
            ),
        );
    }
    if keys.is_empty() {
        notes.warning(
            question_at,
            format!("question `{}` has no key point; mark 2 or 3 with `key = true`", entry.id),
        );
    }
}

fn misconceptions(notes: &mut Notes<'_>, entry: &Entry, node: &Node<'_>) {
    let at = places(node, "misconceptions");
    for (misconception, &at) in entry.misconceptions.iter().zip(&at) {
        let name = format!("misconception `{}`", misconception.id);
        identifier(notes, at, "misconception", misconception.id.as_str());
        text(notes, at, &format!("`belief` of {name}"), &misconception.belief, SENTENCE_CHARS_MAX);
        phrasings(notes, at, &name, "also", &misconception.also);
        phrasings(notes, at, &name, "unlike", &misconception.unlike);
        if misconception.correction.trim().is_empty() {
            notes.warning(at, format!("{name} has no `correction`; add one sentence that says what is true"));
        } else {
            text(
                notes,
                at,
                &format!("`correction` of {name}"),
                &misconception.correction,
                SENTENCE_CHARS_MAX,
            );
        }
    }
    let statements = entry.points.iter().map(|point| point.id.as_str()).zip(places(node, "points"));
    let beliefs = entry.misconceptions.iter().map(|misconception| misconception.id.as_str()).zip(at);
    unique(notes, "point or misconception", statements.chain(beliefs));
}

fn traps(notes: &mut Notes<'_>, entry: &Entry, node: &Node<'_>) {
    let question_at = node.span().start;
    if entry.traps.is_empty() {
        notes.warning(
            question_at,
            format!(
                "question `{}` is untrapped, so it gets the general traps; add `[[questions.traps]]`",
                entry.id
            ),
        );
        return;
    }
    let at = places(node, "traps");
    unique(notes, "trap", entry.traps.iter().map(|trap| trap.id.as_str()).zip(at.iter().copied()));
    for (trap, &at) in entry.traps.iter().zip(&at) {
        trap_texts(notes, at, trap);
        let (kind, id, known) = match &trap.when {
            When::Believes(id) => ("misconception", id, entry.misconceptions.iter().any(|m| m.id == *id)),
            When::Missing(id) => ("point", id, entry.points.iter().any(|point| point.id == *id)),
            When::Lacks(_) | When::Solid => continue,
        };
        if !known {
            let hint =
                nearest(id, entry).map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
            notes.error(
                at,
                format!("trap `{}` is for {kind} `{id}`, which question `{}` does not have; name one of its {kind}s{hint}", trap.id, entry.id),
            );
        }
    }
    covered(notes, entry, node);
}

/// Every misconception and key point needs its trap, and there must be one for solid answers.
fn covered(notes: &mut Notes<'_>, entry: &Entry, node: &Node<'_>) {
    let has = |when: &When| entry.traps.iter().any(|trap| trap.when == *when);
    for (misconception, at) in entry.misconceptions.iter().zip(places(node, "misconceptions")) {
        if !notes.is_broken(at) && !has(&When::Believes(misconception.id.clone())) {
            let id = &misconception.id;
            notes.error(
                at,
                format!("misconception `{id}` has no trap; add one with `when = {{ believes = \"{id}\" }}`"),
            );
        }
    }
    for (point, at) in entry.points.iter().zip(places(node, "points")) {
        if point.key && !notes.is_broken(at) && !has(&When::Missing(point.id.clone())) {
            let id = &point.id;
            notes.error(
                at,
                format!("key point `{id}` has no trap; add one with `when = {{ missing = \"{id}\" }}`"),
            );
        }
    }
    if !has(&When::Solid) {
        notes.error(
            node.span().start,
            format!(
                "question `{}` has no trap for a solid answer; add one with `when = \"solid\"`",
                entry.id
            ),
        );
    }
}

fn samples(notes: &mut Notes<'_>, entry: &Entry, node: &Node<'_>, general: &General) {
    if entry.samples.is_empty() {
        notes.warning(
            node.span().start,
            format!("question `{}` has no samples; add `[[questions.samples]]` to test it", entry.id),
        );
    }
    for (sample, at) in entry.samples.iter().zip(places(node, "samples")) {
        if sample.answer.chars().count() > SAMPLE_CHARS_MAX {
            notes.error(at, format!("the sample is longer than {SAMPLE_CHARS_MAX} characters; shorten it"));
        }
        for id in &sample.says {
            if !entry.points.iter().any(|point| point.id == *id) {
                notes.error(
                    at,
                    format!(
                        "the sample says `{id}`, which is no point of question `{}`; correct the label",
                        entry.id
                    ),
                );
            }
        }
        for id in &sample.believes {
            if !entry.misconceptions.iter().any(|misconception| misconception.id == *id) {
                notes.error(
                    at,
                    format!("the sample believes `{id}`, which is no misconception of question `{}`; correct the label", entry.id),
                );
            }
        }
        if !trap_exists(&sample.trap, entry, general) {
            notes.error(
                at,
                format!("the sample's trap `{}` does not exist; name a trap of the question, a general one, `@recover` or `@reask`", sample.trap),
            );
        }
    }
}

fn trap_exists(id: &TrapId, entry: &Entry, general: &General) -> bool {
    MOVES.contains(&id.as_str()) || entry.traps.iter().chain(&general.traps).any(|trap| trap.id == *id)
}

fn trap_texts(notes: &mut Notes<'_>, at: usize, trap: &super::Trap) {
    let name = format!("trap `{}`", trap.id);
    identifier(notes, at, "trap", trap.id.as_str());
    text(notes, at, &format!("`ask` of {name}"), &trap.ask, ASK_CHARS_MAX);
    if trap.good.trim().is_empty() {
        notes.warning(
            at,
            format!("{name} has no `good`; add a strong reply, so that replies can be assessed"),
        );
    } else {
        text(notes, at, &format!("`good` of {name}"), &trap.good, SENTENCE_CHARS_MAX);
    }
    phrasings(notes, at, &name, "also", &trap.also);
}

/// An identifier is kebab-case and short. A missing one was reported already.
fn identifier(notes: &mut Notes<'_>, at: usize, kind: &str, id: &str) {
    if notes.is_broken(at) {
        return;
    }
    let kebab = !id.is_empty()
        && id.split('-').all(|word| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        });
    if !kebab {
        notes.error(
            at,
            format!("the id `{id}` of this {kind} is not kebab-case; use lower-case words joined by hyphens"),
        );
    } else if id.len() > ID_CHARS_MAX {
        notes.error(
            at,
            format!("the id `{id}` of this {kind} is longer than {ID_CHARS_MAX} characters; shorten it"),
        );
    }
}

/// A text is not empty, fits the platforms, and closes every code fence that it opens.
fn text(notes: &mut Notes<'_>, at: usize, name: &str, text: &str, chars_max: usize) {
    let length = text.chars().count();
    if text.trim().is_empty() {
        if !notes.is_broken(at) {
            notes.error(at, format!("{name} is empty; add one sentence"));
        }
    } else if length > chars_max {
        notes.error(
            at,
            format!("{name} has {length} characters, at most {chars_max} fit on every platform; shorten it"),
        );
    }
    let fences = text.lines().filter(|line| line.trim_start().starts_with("```")).count();
    if fences % 2 == 1 {
        notes.error(at, format!("{name} opens a code fence that is never closed; add a line with ```"));
    }
}

fn phrasings(notes: &mut Notes<'_>, at: usize, name: &str, field: &str, list: &[String]) {
    if list.len() > PHRASINGS_MAX {
        notes.error(
            at,
            format!(
                "`{field}` of {name} has {} entries, at most {PHRASINGS_MAX} are read; remove some",
                list.len()
            ),
        );
    }
    for phrasing in list {
        text(notes, at, &format!("an entry of `{field}` of {name}"), phrasing, SENTENCE_CHARS_MAX);
    }
}

fn unique<'a>(notes: &mut Notes<'_>, kind: &str, ids: impl Iterator<Item = (&'a str, usize)>) {
    let mut seen = std::collections::BTreeSet::new();
    for (id, at) in ids {
        if !id.is_empty() && !seen.insert(id) {
            notes.error(at, format!("the id `{id}` is used twice for a {kind}; rename one of them"));
        }
    }
}

fn nearest<'a>(id: &StatementId, entry: &'a Entry) -> Option<&'a str> {
    let points = entry.points.iter().map(|point| point.id.as_str());
    let beliefs = entry.misconceptions.iter().map(|misconception| misconception.id.as_str());
    points
        .chain(beliefs)
        .map(|known| (strsim::jaro_winkler(id.as_str(), known), known))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}
