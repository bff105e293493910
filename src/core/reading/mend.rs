//! Reports what the types refuse and mends it in the parsed table, so that the next mistake can be found.
//!
//! A likely misspelling becomes what was meant; anything else gives way to a stand-in of the right type,
//! which is known by its place and never reported.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::{Node, Notes, STAND_IN};

/// Values inside values looked into at the most: no format is as deep.
const DEPTH_MAX: usize = 12;
/// How like a known name a mistyped one has to be, from 0 to 1, to be taken for it.
const ALIKE_FROM: f64 = 0.8;

/// One step from a value to a value inside it.
enum Step {
    Key(String),
    Index(usize),
}

/// The way to the value, or to the key, that an error is about.
struct Way {
    steps: Vec<Step>,
    to_key: bool,
}

/// Reports one error and mends the value so that the next one can be found; false if it cannot be mended.
pub(super) fn mend(root: &mut Node<'_>, error: &toml::de::Error, notes: &mut Notes<'_>) -> bool {
    let span = error.span().unwrap_or_else(|| root.span());
    let way = locate(root, &span, 0).unwrap_or(Way { steps: Vec::new(), to_key: false });
    let message = error.message();
    let mut quoted = message.split('`').skip(1).step_by(2);
    let given = quoted.next().unwrap_or_default();
    let known: Vec<&str> = quoted.collect();
    if message.starts_with("missing field") {
        missing(root, &way.steps, given, notes)
    } else if way.steps.is_empty() {
        notes.error(span.start, format!("the file: {message}"));
        false
    } else if message.starts_with("unknown field") {
        unknown_key(root, &way.steps, span.start, (given, &known), notes)
    } else if message.starts_with("unknown variant") {
        unknown_value(root, &way, span, (given, &known), notes)
    } else {
        wrong_type(root, way.steps, message, notes)
    }
}

fn missing(root: &mut Node<'_>, steps: &[Step], field: &str, notes: &mut Notes<'_>) -> bool {
    let name = describe(root, steps);
    let node = node_mut(root, steps);
    let start = node.span().start;
    let DeValue::Table(table) = node.get_mut() else { return false };
    notes.error(start, format!("{name} has no `{field}`; {}", cure_of_missing(field)));
    let value = stand_in(field).unwrap_or(DeValue::String(Cow::Borrowed("")));
    table.insert(placeless(Cow::Owned(field.to_owned())), placeless(value)).is_none()
}

/// A key that is not known gets the name that was probably meant, so that its value is read as well.
fn unknown_key(
    root: &mut Node<'_>,
    steps: &[Step],
    at: usize,
    (given, known): (&str, &[&str]),
    notes: &mut Notes<'_>,
) -> bool {
    let owner = owner(steps);
    let name = describe(root, owner);
    let DeValue::Table(table) = node_mut(root, owner).get_mut() else { return false };
    let free = known.iter().copied().filter(|known| !table.contains_key(*known));
    let meant = nearest(given, free);
    let cure = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("remove it, or use one of {}", listed(known, "and")),
    };
    notes.error(at, format!("{name} has an unknown key `{given}`; {cure}"));
    rename(table, given, meant)
}

/// A word that is not among the known ones gives way to the one that was probably meant.
fn unknown_value(
    root: &mut Node<'_>,
    way: &Way,
    span: Range<usize>,
    (given, known): (&str, &[&str]),
    notes: &mut Notes<'_>,
) -> bool {
    let meant = nearest(given, known.iter().copied());
    let steps = &way.steps;
    // An unknown key where a word is expected, as in `when = { mising = "…" }`, is about that word's key.
    let subject = if way.to_key { &steps[..steps.len() - 1] } else { steps };
    let (field, name) = (field(subject), describe(root, owner(subject)));
    let cure = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => cure_of_value(field).map_or_else(|| format!("use {}", listed(known, "or")), str::to_owned),
    };
    notes.error(span.start, format!("`{field}` of {name} cannot be `{given}`; {cure}"));
    let Some(meant) = meant else {
        let end = steps.iter().position(is_when).unwrap_or(steps.len() - 1);
        return replace(root, &steps[..=end]);
    };
    if way.to_key {
        let DeValue::Table(table) = node_mut(root, owner(steps)).get_mut() else { return false };
        return rename(table, given, Some(meant));
    }
    *node_mut(root, steps).get_mut() = DeValue::String(Cow::Owned(meant.to_owned()));
    true
}

fn wrong_type(root: &mut Node<'_>, mut steps: Vec<Step>, message: &str, notes: &mut Notes<'_>) -> bool {
    let node = node_mut(root, &steps);
    let (at, kind) = (node.span().start, kind(node.get_ref()));
    // A part of `when` makes no sense without the rest, nor a list of tables with an element of another kind.
    if let Some(when) = steps.iter().position(is_when) {
        steps.truncate(when + 1);
    } else if matches!(steps.last(), Some(Step::Index(_))) && noun(field(&steps)).is_some() {
        steps.pop();
    }
    let (field, name) = (field(&steps), describe(root, owner(&steps)));
    let subject = match steps.last() {
        Some(Step::Index(_)) => format!("an entry of `{field}` of {name}"),
        Some(Step::Key(_)) | None => format!("`{field}` of {name}"),
    };
    let told = match (field, cure_of_type(&steps)) {
        ("when", Some(cure)) => format!("{subject} is not complete or says too much; {cure}"),
        (_, Some(cure)) => format!("{subject} cannot be {kind}; {cure}"),
        (_, None) => format!("{subject}: {message}"),
    };
    notes.error(at, told);
    replace(root, &steps)
}

/// Gives a key another name, or removes it where none is known; false if there was no such key.
fn rename(table: &mut DeTable<'_>, from: &str, to: Option<&str>) -> bool {
    let Some((key, value)) = table.remove_entry(from) else { return false };
    if let Some(to) = to {
        table.insert(Spanned::new(key.span(), Cow::Owned(to.to_owned())), value);
    }
    true
}

/// Puts a stand-in in place of a value. Where none is known, or where it was no use, the value is removed.
fn replace(root: &mut Node<'_>, steps: &[Step]) -> bool {
    let Some((last, owner)) = steps.split_last() else { return false };
    match (node_mut(root, owner).get_mut(), last) {
        (DeValue::Table(table), Step::Key(key)) => {
            let Some(value) = table.get_mut(key.as_str()) else { return false };
            match stand_in(key) {
                Some(other) if value.span().start != STAND_IN => *value = placeless(other),
                Some(_) | None => drop(table.remove(key.as_str())),
            }
            true
        }
        (DeValue::Array(array), Step::Index(index)) => {
            let mut rest = DeArray::new();
            for (place, element) in array.iter().enumerate() {
                if place != *index {
                    rest.push(element.clone());
                }
            }
            *array = rest;
            true
        }
        _ => false,
    }
}

/// A value of the right type for a key.
fn stand_in(field: &str) -> Option<DeValue<'static>> {
    let text = |text| DeValue::String(Cow::Borrowed(text));
    let table = |fields: &[&'static str]| {
        let mut table = DeTable::new();
        for &field in fields {
            table.insert(placeless(Cow::Borrowed(field)), placeless(text("")));
        }
        DeValue::Table(table)
    };
    Some(match field {
        "questions" | "points" | "misconceptions" | "traps" | "samples" | "also" | "unlike" | "says"
        | "believes" => DeValue::Array(DeArray::new()),
        "model" => table(&["claim"]),
        "recovery" => table(&["restate", "core", "example"]),
        "key" => DeValue::Boolean(false),
        "level" => text("junior"),
        "part" => text("claim"),
        "when" => text("solid"),
        "topic" | "id" | "ask" | "claim" | "explanation" | "example" | "idea" | "belief" | "correction"
        | "good" | "answer" | "trap" | "restate" | "core" => text(""),
        _ => return None,
    })
}

fn placeless<T>(value: T) -> Spanned<T> {
    Spanned::new(STAND_IN..STAND_IN, value)
}

/// The way to the innermost value or key that an error's place belongs to.
fn locate(node: &Node<'_>, span: &Range<usize>, depth: usize) -> Option<Way> {
    if depth == DEPTH_MAX {
        return None;
    }
    let inside = |child: &Node<'_>, step: Step| {
        let mut way = locate(child, span, depth + 1)?;
        way.steps.insert(0, step);
        Some(way)
    };
    let deeper = match node.get_ref() {
        DeValue::Table(table) => table.iter().find_map(|(key, value)| {
            let step = Step::Key(key.get_ref().to_string());
            // The place of a table that was never opened itself is its key's: `a.b = 1` opens `a`.
            if key.span() == *span && value.span() != *span {
                Some(Way { steps: vec![step], to_key: true })
            } else {
                inside(value, step)
            }
        }),
        DeValue::Array(array) => {
            array.iter().enumerate().find_map(|(index, value)| inside(value, Step::Index(index)))
        }
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => None,
    };
    deeper.or_else(|| (node.span() == *span).then(|| Way { steps: Vec::new(), to_key: false }))
}

fn node_mut<'a, 's>(mut node: &'a mut Node<'s>, steps: &[Step]) -> &'a mut Node<'s> {
    for step in steps {
        node = match (node.get_mut(), step) {
            (DeValue::Table(table), Step::Key(key)) => table.get_mut(key.as_str()),
            (DeValue::Array(array), Step::Index(index)) => array.get_mut(*index),
            _ => None,
        }
        .expect("the way was found in this very value");
    }
    node
}

/// The last key on a way.
fn field(steps: &[Step]) -> &str {
    keys(steps).last().copied().unwrap_or_default()
}

/// The way to the table that the last key stands in.
fn owner(steps: &[Step]) -> &[Step] {
    let key = steps.iter().rposition(|step| matches!(step, Step::Key(_)));
    &steps[..key.unwrap_or(0)]
}

fn keys(steps: &[Step]) -> Vec<&str> {
    let mut keys = Vec::new();
    for step in steps {
        if let Step::Key(key) = step {
            keys.push(key.as_str());
        }
    }
    keys
}

fn is_when(step: &Step) -> bool {
    matches!(step, Step::Key(key) if key == "when")
}

/// Names the innermost thing on the way that has a name, for people to find it.
fn describe(root: &Node<'_>, steps: &[Step]) -> String {
    let mut name = "the file".to_owned();
    let mut node = root;
    let mut element = None;
    for step in steps {
        let next = match step {
            Step::Key(key) => node.get_ref().get(key.as_str()),
            Step::Index(index) => node.get_ref().get(*index),
        };
        let Some(next) = next else { break };
        if let Step::Key(key) = step {
            element = noun(key);
        }
        if let Some(table) = next.get_ref().as_table() {
            let id = table.get("id").and_then(|id| id.get_ref().as_str()).filter(|id| !id.is_empty());
            match (step, element, id) {
                (_, Some(kind), Some(id)) => name = format!("{kind} `{id}`"),
                (_, Some(kind), None) => name = format!("this {kind}"),
                (Step::Key(key), None, _) if key == "model" => name = format!("the model answer of {name}"),
                (Step::Key(key), None, _) if key == "recovery" => name = "the recovery scaffold".to_owned(),
                (Step::Key(key), None, _) if key != "when" => name = format!("`[{key}]`"),
                (Step::Key(_) | Step::Index(_), None, _) => {}
            }
        }
        node = next;
    }
    name
}

/// What an element of a list of tables is called.
pub(super) fn noun(key: &str) -> Option<&'static str> {
    Some(match key {
        "questions" => "question",
        "points" => "point",
        "misconceptions" => "misconception",
        "traps" => "trap",
        "samples" => "sample",
        _ => return None,
    })
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "`true` or `false`",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// What to do about a missing key.
fn cure_of_missing(field: &str) -> &'static str {
    match field {
        "id" => "give it a name in kebab-case that will never change",
        "ask" => "add the question that is asked",
        "model" => "add `[questions.model]` with a `claim`",
        "trap" => "name the trap that this answer deserves",
        "topic" => "add a first line such as `topic = \"Lists and tuples\"`",
        "traps" => "add `[[traps]]`",
        "recovery" => "add `[recovery]` with `restate`, `core` and `example`",
        other => cure_of_value(other).unwrap_or("add one sentence"),
    }
}

/// What can stand under a key that takes certain words.
fn cure_of_value(field: &str) -> Option<&'static str> {
    Some(match field {
        "level" => "write `\"junior\"`, `\"mid\"` or `\"senior\"`, or leave it out",
        "part" => "write `\"claim\"`, `\"explanation\"` or `\"example\"`",
        "when" => {
            "write one of `\"solid\"`, `{ missing = \"…\" }`, `{ believes = \"…\" }` and \
             `{ lacks = \"example\" }`"
        }
        "lacks" => "write `\"example\"` or `\"reason\"`",
        _ => return None,
    })
}

/// What to do about a value of the wrong type; `None` for keys of other formats.
fn cure_of_type(steps: &[Step]) -> Option<String> {
    let keys = keys(steps);
    let field = field(steps);
    if let Some(cure) = cure_of_value(field) {
        return Some(cure.to_owned());
    }
    Some(match (stand_in(field)?, steps.last()) {
        (DeValue::String(_), _) | (DeValue::Array(_), Some(Step::Index(_))) => {
            "write one text in quotation marks".to_owned()
        }
        (DeValue::Boolean(_), _) => "write `true` or `false` without quotation marks".to_owned(),
        (DeValue::Table(_), _) => format!("write its keys under `[{}]`", keys.join(".")),
        (DeValue::Array(_), _) => match noun(field) {
            Some(noun) => format!("begin each {noun} with `[[{}]]`, in two brackets", keys.join(".")),
            None => format!("write a list, such as `{field} = [\"…\", \"…\"]`"),
        },
        (DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_), _) => return None,
    })
}

/// The known name most like a mistyped one. A longer name that starts alike is taken as well.
fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    let likeness = |name: &str| {
        strsim::jaro_winkler(&given, name).max(strsim::normalized_damerau_levenshtein(&given, name) + 0.2)
    };
    known
        .map(|name| (likeness(name), name))
        .filter(|(likeness, _)| *likeness > ALIKE_FROM)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// `a`, `b` and `c`.
fn listed(names: &[&str], and: &str) -> String {
    let mut quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.pop() {
        Some(last) if quoted.is_empty() => last,
        Some(last) => format!("{} {and} {last}", quoted.join(", ")),
        None => "the keys of an example".to_owned(),
    }
}
