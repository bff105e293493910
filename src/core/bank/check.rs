//! What makes a well-formed bank a good one: every promise between its parts, checked with places.
//!
//! An error means that a drill could go wrong; a warning, that the author may want to know. What only follows
//! from something that was mended in reading is not reported.

use std::collections::{BTreeMap, BTreeSet};

use super::load::Source;
use super::{Entry, General, Lack, Part, QuestionId, Sample, StatementId, Topic, Trap, TrapId, When, speech};
use crate::core::reading::{Node, Notes, Parsed, elements, is_mended, place};

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
/// Points, misconceptions, traps or samples of a question at the most; each is compared with the others.
pub const ENTRIES_MAX: usize = 64;
/// Labels for samples that deserve no trap.
pub const MOVES: [&str; 2] = ["@recover", "@reask"];

/// The general traps that samples may name, and whether that is all of them: a file that was not read whole
/// may hold more.
#[derive(Debug, Default)]
pub(super) struct GeneralTraps {
    pub(super) ids: BTreeSet<TrapId>,
    pub(super) incomplete: bool,
}

impl GeneralTraps {
    pub(super) fn add(&mut self, general: Option<(&General, &Node<'_>)>) {
        let Some((general, root)) = general else {
            self.incomplete = true;
            return;
        };
        self.ids.extend(general.traps.iter().map(|trap| trap.id.clone()));
        self.incomplete |= is_unsure(root, "traps", "id");
    }
}

/// Checks the file of the general traps.
pub(super) fn general(general: &General, root: &Node<'_>, notes: &mut Notes<'_>) {
    let nodes = elements(root, "traps");
    unique(notes, "trap", general.traps.iter().map(|trap| trap.id.as_str()).zip(nodes));
    for (trap, node) in general.traps.iter().zip(nodes) {
        trap_texts(notes, node, trap);
        if matches!(trap.when, When::Believes(_) | When::Missing(_)) {
            let told = "is general, so it cannot be for a point or a misconception; use `solid` or `lacks`";
            notes.error(place(node, "when"), format!("{} {told}", named("trap", trap.id.as_str())));
        }
    }
    if let Some(node) = root.get_ref().get("recovery") {
        let recovery = &general.recovery;
        for (field, value) in
            [("restate", &recovery.restate), ("core", &recovery.core), ("example", &recovery.example)]
        {
            text(notes, node, field, "the recovery scaffold", value, ASK_CHARS_MAX);
        }
    }
    let specific = |trap: &Trap| matches!(trap.when, When::Believes(_) | When::Missing(_));
    if is_unsure(root, "traps", "when") || general.traps.iter().any(specific) {
        return;
    }
    for (what, when, written) in [
        ("`solid` trap", When::Solid, "\"solid\""),
        ("trap for a missing example", When::Lacks(Lack::Example), "{ lacks = \"example\" }"),
        ("trap for a missing reason", When::Lacks(Lack::Reason), "{ lacks = \"reason\" }"),
    ] {
        if !general.traps.iter().any(|trap| trap.when == when) {
            notes.error(0, format!("there is no general {what}; add one with `when = {written}`"));
        }
    }
}

/// Checks all topics, each alone and all together.
pub(super) fn topics(files: &mut [(&Source, Parsed<'_, Topic>)], general: &GeneralTraps) {
    let mut first: BTreeMap<QuestionId, String> = BTreeMap::new();
    for (source, parsed) in files.iter_mut() {
        let Some((topic, root)) = &parsed.value else { continue };
        let notes = &mut parsed.notes;
        text(notes, root, "topic", "the file", &topic.topic, TOPIC_CHARS_MAX);
        if topic.questions.is_empty() && !is_mended(root, "questions") {
            notes.warning(0, "there is no question in this file; add `[[questions]]`");
        }
        for (entry, node) in topic.questions.iter().zip(elements(root, "questions")) {
            question(notes, entry, node, general);
            let at = place(node, "id");
            if entry.id.as_str().is_empty() {
                continue;
            }
            match first.get(&entry.id) {
                Some(other) => {
                    let told = "is already the id of the question in";
                    notes.error(at, format!("`{}` {told} {other}; rename this one", entry.id));
                }
                None => {
                    let known = format!("{}:{}", source.path, notes.line(at));
                    first.insert(entry.id.clone(), known);
                }
            }
        }
    }
}

/// Everything that is wrong with one question.
fn question(notes: &mut Notes<'_>, entry: &Entry, node: &Node<'_>, general: &GeneralTraps) {
    let name = named("question", entry.id.as_str());
    identifier(notes, node, "question", entry.id.as_str());
    text(notes, node, "ask", &name, &entry.ask, ASK_CHARS_MAX);
    model(notes, entry, node);
    let mut too_many = false;
    for (list, count) in [
        ("points", entry.points.len()),
        ("misconceptions", entry.misconceptions.len()),
        ("traps", entry.traps.len()),
        ("samples", entry.samples.len()),
    ] {
        if count > ENTRIES_MAX {
            too_many = true;
            let told = format!("{name} has {count} {list}, at most {ENTRIES_MAX} are read; remove some");
            notes.error(place(node, list), told);
        }
    }
    if too_many {
        return;
    }
    points(notes, entry, node);
    misconceptions(notes, entry, node);
    traps(notes, entry, node);
    samples(notes, entry, node, general);
}

fn model(notes: &mut Notes<'_>, entry: &Entry, node: &Node<'_>) {
    let Some(node) = node.get_ref().get("model") else { return };
    let name = format!("the model answer of {}", named("question", entry.id.as_str()));
    let model = &entry.model;
    text(notes, node, "claim", &name, &model.claim, MODEL_PART_CHARS_MAX);
    for (field, part) in [("explanation", &model.explanation), ("example", &model.example)] {
        if !part.is_empty() {
            text(notes, node, field, &name, part, MODEL_PART_CHARS_MAX);
        }
    }
    let seconds: u64 = [&model.claim, &model.explanation, &model.example]
        .map(|part| speech::spoken_seconds(part))
        .iter()
        .sum();
    if seconds > MODEL_SECONDS_MAX {
        let told = format!("{name} takes {seconds} s to say, more than {MODEL_SECONDS_MAX}");
        notes.warning(node.span().start, format!("{told}; shorten it towards 60"));
    }
}

fn points(notes: &mut Notes<'_>, entry: &Entry, node: &Node<'_>) {
    let nodes = elements(node, "points");
    for (point, node) in entry.points.iter().zip(nodes) {
        let name = named("point", point.id.as_str());
        identifier(notes, node, "point", point.id.as_str());
        text(notes, node, "idea", &name, &point.idea, SENTENCE_CHARS_MAX);
        phrasings(notes, node, "also", &name, &point.also);
        phrasings(notes, node, "unlike", &name, &point.unlike);
    }
    if entry.points.is_empty() {
        return;
    }
    let name = named("question", entry.id.as_str());
    if !is_unsure(node, "points", "part") {
        for (part, field) in
            [(Part::Claim, "claim"), (Part::Explanation, "explanation"), (Part::Example, "example")]
        {
            if !entry.points.iter().any(|point| point.part == part) {
                let cure = format!("add one with `part = \"{field}\"`");
                notes.error(node.span().start, format!("{name} has no point for the {field}; {cure}"));
            }
        }
    }
    let keys: Vec<&Node<'_>> =
        entry.points.iter().zip(nodes).filter(|(point, _)| point.key).map(|(_, node)| node).collect();
    if let Some(extra) = keys.get(KEY_POINTS_MAX) {
        let told = format!("{name} has {} key points, at most {KEY_POINTS_MAX} are allowed", keys.len());
        notes.error(place(extra, "key"), format!("{told}; remove `key` from the least important"));
    }
    if keys.is_empty() && !is_unsure(node, "points", "key") {
        notes.warning(node.span().start, format!("{name} has no key point; mark 2 or 3 with `key = true`"));
    }
}

fn misconceptions(notes: &mut Notes<'_>, entry: &Entry, node: &Node<'_>) {
    let nodes = elements(node, "misconceptions");
    for (misconception, node) in entry.misconceptions.iter().zip(nodes) {
        let name = named("misconception", misconception.id.as_str());
        identifier(notes, node, "misconception", misconception.id.as_str());
        text(notes, node, "belief", &name, &misconception.belief, SENTENCE_CHARS_MAX);
        phrasings(notes, node, "also", &name, &misconception.also);
        phrasings(notes, node, "unlike", &name, &misconception.unlike);
        if misconception.correction.trim().is_empty() {
            let told = format!("{name} has no `correction`; add one sentence that says what is true");
            notes.warning(place(node, "correction"), told);
        } else {
            text(notes, node, "correction", &name, &misconception.correction, SENTENCE_CHARS_MAX);
        }
    }
    let statements = entry.points.iter().map(|point| point.id.as_str()).zip(elements(node, "points"));
    let beliefs = entry.misconceptions.iter().map(|misconception| misconception.id.as_str()).zip(nodes);
    unique(notes, "point or misconception", statements.chain(beliefs));
}

fn traps(notes: &mut Notes<'_>, entry: &Entry, node: &Node<'_>) {
    if entry.traps.is_empty() {
        if !is_mended(node, "traps") {
            let name = named("question", entry.id.as_str());
            let told = "is untrapped, so it gets the general traps; add `[[questions.traps]]`";
            notes.warning(node.span().start, format!("{name} {told}"));
        }
        return;
    }
    let nodes = elements(node, "traps");
    unique(notes, "trap", entry.traps.iter().map(|trap| trap.id.as_str()).zip(nodes));
    let mut meant = BTreeSet::new();
    for (trap, trap_node) in entry.traps.iter().zip(nodes) {
        trap_texts(notes, trap_node, trap);
        let Some(when) = trap_node.get_ref().get("when") else { continue };
        let (kind, key, id, wrong) = match &trap.when {
            When::Believes(id) => ("misconception", "believes", id, wrong_belief(entry, node, id)),
            When::Missing(id) => ("point", "missing", id, wrong_point(entry, node, id)),
            When::Lacks(_) | When::Solid => continue,
        };
        if let Some(Wrong { why, instead }) = wrong {
            let told = format!("{} is for {kind} `{id}`, {why}", named("trap", trap.id.as_str()));
            notes.error(place(when, key), told);
            meant.extend(instead);
        }
    }
    if !is_unsure(node, "traps", "when") {
        covered(notes, entry, node, &meant);
    }
}

/// Every misconception and key point needs its trap, and there must be one for solid answers. What a trap
/// meant that names nothing has been told.
fn covered(notes: &mut Notes<'_>, entry: &Entry, node: &Node<'_>, meant: &BTreeSet<String>) {
    let has = |when: &When| entry.traps.iter().any(|trap| trap.when == *when);
    let told = |id: &StatementId| id.as_str().is_empty() || meant.contains(id.as_str());
    for (misconception, node) in entry.misconceptions.iter().zip(elements(node, "misconceptions")) {
        let id = &misconception.id;
        if !told(id) && !has(&When::Believes(id.clone())) {
            let cure = format!("add one with `when = {{ believes = \"{id}\" }}`");
            notes.error(node.span().start, format!("misconception `{id}` has no trap; {cure}"));
        }
    }
    for (point, node) in entry.points.iter().zip(elements(node, "points")) {
        let id = &point.id;
        if point.key && !told(id) && !has(&When::Missing(id.clone())) {
            let cure = format!("add one with `when = {{ missing = \"{id}\" }}`");
            notes.error(node.span().start, format!("key point `{id}` has no trap; {cure}"));
        }
    }
    if !has(&When::Solid) {
        let name = named("question", entry.id.as_str());
        let told = "has no trap for a solid answer; add one with `when = \"solid\"`";
        notes.error(node.span().start, format!("{name} {told}"));
    }
}

fn samples(notes: &mut Notes<'_>, entry: &Entry, node: &Node<'_>, general: &GeneralTraps) {
    // An untrapped question has nothing yet that samples could test; it was reported as untrapped.
    if entry.samples.is_empty() && !entry.traps.is_empty() && !is_mended(node, "samples") {
        let name = named("question", entry.id.as_str());
        let told = "has no samples; add `[[questions.samples]]` to test it";
        notes.warning(node.span().start, format!("{name} {told}"));
    }
    for (sample, sample_node) in entry.samples.iter().zip(elements(node, "samples")) {
        let length = sample.answer.chars().count();
        if length > SAMPLE_CHARS_MAX {
            let told =
                format!("this sample has {length} characters, at most {SAMPLE_CHARS_MAX} are understood");
            notes.error(place(sample_node, "answer"), format!("{told}; shorten it"));
        } else if length == 0 {
            let told = "the `answer` of this sample is empty; write what a candidate might say";
            notes.error(place(sample_node, "answer"), told);
        }
        for (id, at) in sample.says.iter().zip(elements(sample_node, "says")) {
            if let Some(Wrong { why, .. }) = wrong_point(entry, node, id) {
                notes.error(at.span().start, format!("this sample says point `{id}`, {why}"));
            }
        }
        for (id, at) in sample.believes.iter().zip(elements(sample_node, "believes")) {
            if let Some(Wrong { why, .. }) = wrong_belief(entry, node, id) {
                notes.error(at.span().start, format!("this sample believes misconception `{id}`, {why}"));
            }
        }
        if let Some(why) = wrong_trap(entry, node, general, sample) {
            notes.error(place(sample_node, "trap"), why);
        }
    }
}

/// Why an id is wrong, with the cure, and what was probably meant by it.
struct Wrong {
    why: String,
    instead: Option<String>,
}

/// `None` if an id names a point, or if not all points could be read.
fn wrong_point(entry: &Entry, node: &Node<'_>, id: &StatementId) -> Option<Wrong> {
    if entry.points.iter().any(|point| point.id == *id) || is_unsure(node, "points", "id") {
        return None;
    }
    if entry.misconceptions.iter().any(|misconception| misconception.id == *id) {
        let why = "which is a misconception; use `believes`".to_owned();
        return Some(Wrong { why, instead: Some(id.0.clone()) });
    }
    let ids = entry.points.iter().map(|point| point.id.as_str());
    Some(unknown(id.as_str(), "point", entry, ids))
}

/// `None` if an id names a misconception, or if not all misconceptions could be read.
fn wrong_belief(entry: &Entry, node: &Node<'_>, id: &StatementId) -> Option<Wrong> {
    if entry.misconceptions.iter().any(|misconception| misconception.id == *id)
        || is_unsure(node, "misconceptions", "id")
    {
        return None;
    }
    if entry.points.iter().any(|point| point.id == *id) {
        let why = "which is a point; use `missing` in a trap and `says` in a sample".to_owned();
        return Some(Wrong { why, instead: Some(id.0.clone()) });
    }
    let ids = entry.misconceptions.iter().map(|misconception| misconception.id.as_str());
    Some(unknown(id.as_str(), "misconception", entry, ids))
}

/// Why a sample's trap names none, with the cure; `None` if it does, or if not all traps could be read.
fn wrong_trap(entry: &Entry, node: &Node<'_>, general: &GeneralTraps, sample: &Sample) -> Option<String> {
    let id = sample.trap.as_str();
    let own = entry.traps.iter().map(|trap| trap.id.as_str());
    let mut known = own.chain(general.ids.iter().map(TrapId::as_str)).chain(MOVES);
    if known.clone().any(|known| known == id) || general.incomplete || is_unsure(node, "traps", "id") {
        return None;
    }
    let cure = nearest(id, &mut known).map_or_else(
        || "name one of the question, a general one, `@recover` or `@reask`".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    Some(match id {
        "" => format!("`trap` of this sample is empty; {cure}"),
        id => format!("the trap of this sample, `{id}`, does not exist; {cure}"),
    })
}

/// That a question does not have what an id names.
fn unknown<'a>(id: &str, kind: &str, entry: &Entry, mut known: impl Iterator<Item = &'a str>) -> Wrong {
    let near = nearest(id, &mut known);
    let cure =
        near.map_or_else(|| format!("name one of its {kind}s"), |near| format!("did you mean `{near}`?"));
    let why = format!("which {} does not have; {cure}", named("question", entry.id.as_str()));
    Wrong { why, instead: near.map(str::to_owned) }
}

fn trap_texts(notes: &mut Notes<'_>, node: &Node<'_>, trap: &Trap) {
    let name = named("trap", trap.id.as_str());
    identifier(notes, node, "trap", trap.id.as_str());
    text(notes, node, "ask", &name, &trap.ask, ASK_CHARS_MAX);
    if trap.good.trim().is_empty() {
        let told = format!("{name} has no `good`; add a strong reply, so that replies can be assessed");
        notes.warning(place(node, "good"), told);
    } else {
        text(notes, node, "good", &name, &trap.good, SENTENCE_CHARS_MAX);
    }
    phrasings(notes, node, "also", &name, &trap.also);
}

/// An identifier is kebab-case and short.
fn identifier(notes: &mut Notes<'_>, node: &Node<'_>, kind: &str, id: &str) {
    let at = place(node, "id");
    let kebab = kebab(id);
    if id.is_empty() {
        notes.error(at, format!("the id of this {kind} is empty; give it a name that will never change"));
    } else if id != kebab {
        let cure = match kebab.as_str() {
            "" => "use lower-case words joined by hyphens".to_owned(),
            kebab => format!("write `{kebab}`"),
        };
        notes.error(at, format!("the id `{id}` of this {kind} is not kebab-case; {cure}"));
    } else if id.len() > ID_CHARS_MAX {
        let told = format!("the id of this {kind} has {} characters, at most {ID_CHARS_MAX} fit", id.len());
        notes.error(at, format!("{told}; shorten it"));
    }
}

/// Lower-case words of letters and digits, joined by hyphens.
fn kebab(id: &str) -> String {
    let words =
        id.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

/// A text is not empty, and fits.
fn text(notes: &mut Notes<'_>, node: &Node<'_>, field: &str, owner: &str, text: &str, chars_max: usize) {
    let (at, name) = (place(node, field), format!("`{field}` of {owner}"));
    if text.trim().is_empty() {
        notes.error(at, format!("{name} is empty; fill it in"));
    } else {
        fits(notes, at, &name, text, chars_max);
    }
}

/// A text fits the platforms and closes every code fence that it opens.
fn fits(notes: &mut Notes<'_>, at: usize, name: &str, text: &str, chars_max: usize) {
    let length = text.chars().count();
    if length > chars_max {
        let told = format!("{name} has {length} characters, at most {chars_max} fit on every platform");
        notes.error(at, format!("{told}; shorten it"));
    }
    if leaves_fence_open(text) {
        notes.error(at, format!("{name} opens a code fence that is never closed; add a line with ```"));
    }
}

/// Whether a text opens a code fence that it does not close.
pub(super) fn leaves_fence_open(text: &str) -> bool {
    text.lines().filter(|line| line.trim_start().starts_with("```")).count() % 2 == 1
}

fn phrasings(notes: &mut Notes<'_>, node: &Node<'_>, field: &str, owner: &str, list: &[String]) {
    if list.len() > PHRASINGS_MAX {
        let told =
            format!("`{field}` of {owner} has {} entries, at most {PHRASINGS_MAX} are read", list.len());
        notes.error(place(node, field), format!("{told}; remove some"));
    }
    let name = format!("an entry of `{field}` of {owner}");
    for (phrasing, node) in list.iter().zip(elements(node, field)) {
        let at = node.span().start;
        if phrasing.trim().is_empty() {
            notes.error(at, format!("{name} is empty; fill it in or remove it"));
        } else {
            fits(notes, at, &name, phrasing, SENTENCE_CHARS_MAX);
        }
    }
}

fn unique<'a, 'n, 's: 'n>(
    notes: &mut Notes<'_>,
    kind: &str,
    ids: impl Iterator<Item = (&'a str, &'n Node<'s>)>,
) {
    let mut first = BTreeMap::new();
    for (id, node) in ids.filter(|(id, _)| !id.is_empty()) {
        let at = place(node, "id");
        match first.get(id) {
            Some(line) => {
                let told = format!("`{id}` is already the id of a {kind}, in line {line}; rename this one");
                notes.error(at, told);
            }
            None => drop(first.insert(id, notes.line(at))),
        }
    }
}

/// Whether a list, or one key in its elements, was mended, so that nothing follows from what it lacks.
fn is_unsure(node: &Node<'_>, list: &str, key: &str) -> bool {
    is_mended(node, list) || elements(node, list).iter().any(|element| is_mended(element, key))
}

/// How something is called in a message.
fn named(kind: &str, id: &str) -> String {
    if id.is_empty() { format!("this {kind}") } else { format!("{kind} `{id}`") }
}

fn nearest<'a>(id: &str, known: &mut dyn Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|known| (strsim::jaro_winkler(id, known), known))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}
