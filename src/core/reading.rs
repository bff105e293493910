//! TOML → `(value, problems)`: reads a file to its end, whatever is wrong in it, so that its author sees all
//! problems at once, each with place and cure.
//!
//! The types are the only description of a format. A file is deserialised into them; when that fails, the
//! key at fault is reported and mended in the parsed table, and the file is deserialised again, until it
//! passes. What was mended is never used: a file with an error is refused as a whole.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, ValueDeserializer};

/// Problems reported for one file at the most: a file of another format would otherwise fill the screen.
const FILE_PROBLEMS_MAX: usize = 200;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The bank cannot be used.
    Error,
    /// The bank works; the author may want to know.
    Warning,
}

/// Something wrong in a file, with its place and its cure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The path as given in [`Source`].
    pub path: String,
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
    /// Whether the bank can be used all the same.
    pub severity: Severity,
    /// What is wrong; what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "",
            Severity::Warning => "warning: ",
        };
        write!(f, "{}:{}:{}: {severity}{}", self.path, self.line, self.column, self.message)
    }
}

/// A parsed value that knows its place.
pub(crate) type Node<'s> = Spanned<DeValue<'s>>;

/// A file that was read: its value with the places in it, and the problems so far.
pub struct Parsed<'s, T> {
    pub(crate) value: Option<(T, Node<'s>)>,
    pub(crate) notes: Notes<'s>,
}

/// Collects the problems of one file.
pub struct Notes<'s> {
    path: &'s str,
    text: &'s str,
    pub(crate) problems: Vec<Problem>,
    /// Keys that were reported and mended, each with the start of its table: nothing that follows from
    /// them is reported again.
    mended: Vec<(usize, String)>,
}

impl<'s> Notes<'s> {
    fn new(path: &'s str, text: &'s str) -> Self {
        Self { path, text, problems: Vec::new(), mended: Vec::new() }
    }

    pub(crate) fn error(&mut self, at: usize, message: impl Into<String>) {
        self.push(at, Severity::Error, message.into());
    }

    pub(crate) fn warning(&mut self, at: usize, message: impl Into<String>) {
        self.push(at, Severity::Warning, message.into());
    }

    /// Whether an error was already reported for the table that starts at `at`.
    pub(crate) fn is_broken(&self, at: usize) -> bool {
        self.mended.iter().any(|(start, _)| *start == at)
    }

    fn push(&mut self, at: usize, severity: Severity, message: String) {
        let (line, column) = position(self.text, at);
        self.problems.push(Problem { path: self.path.to_owned(), line, column, severity, message });
    }
}

/// The text of a file; a file that is no UTF-8 is a problem to report like any other.
pub fn utf8<'s>(path: &str, bytes: &'s [u8], problems: &mut Vec<Problem>) -> Option<&'s str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let (line, column) = position(&valid, valid.len());
            let message = "this is not UTF-8; save the file as UTF-8".to_owned();
            problems.push(Problem {
                path: path.to_owned(),
                line,
                column,
                severity: Severity::Error,
                message,
            });
            None
        }
    }
}

/// 1-based line and column, in characters, of a byte offset.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..at.min(text.len())];
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    (line, String::from_utf8_lossy(&before[start..]).chars().count() + 1)
}

/// Reads a text whose path is shown in problems.
pub fn parse<'s, T: DeserializeOwned>(path: &'s str, text: &'s str) -> Parsed<'s, T> {
    let mut notes = Notes::new(path, text);
    let (table, syntax) = DeTable::parse_recoverable(notes.text);
    for error in &syntax {
        let at = error.span().map_or(0, |span| span.start);
        notes.error(at, format!("{}; mend the TOML here", error.message()));
    }
    if !syntax.is_empty() {
        return Parsed { value: None, notes };
    }
    let mut root = Spanned::new(table.span(), DeValue::Table(table.into_inner()));
    for _ in 0..FILE_PROBLEMS_MAX {
        let error = match T::deserialize(ValueDeserializer::from(root.clone())) {
            Ok(value) => return Parsed { value: Some((value, root)), notes },
            Err(error) => error,
        };
        let span = error.span().unwrap_or_else(|| root.span());
        let path = locate(&root, &span).unwrap_or_default();
        if !mend(&mut root, &path, &error, &mut notes) {
            break;
        }
    }
    Parsed { value: None, notes }
}

/// Reports one error and mends the value so that the next one can be found; false if it cannot be mended.
fn mend(root: &mut Node<'_>, path: &[Step], error: &toml::de::Error, notes: &mut Notes<'_>) -> bool {
    let name = describe(root, path);
    let missing = error.message().strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
    if let Some(field) = missing {
        let table = node_mut(root, path);
        let (start, end) = (table.span().start, table.span().end);
        if !notes.mended.contains(&(start, field.to_owned())) {
            notes.error(start, format!("{name} has no `{field}`; {}", cure(field)));
            notes.mended.push((start, field.to_owned()));
        }
        let DeValue::Table(table) = table.get_mut() else { return false };
        let previous = table.insert(
            Spanned::new(start..end, Cow::Owned(field.to_owned())),
            Spanned::new(start..end, stand_in(field)),
        );
        return previous.is_none();
    }
    let at = error.span().map_or(0, |span| span.start);
    notes.error(at, format!("{name}: {}", reworded(error.message())));
    let Some((last, owner)) = path.split_last() else { return false };
    let owner = node_mut(root, owner);
    let start = owner.span().start;
    match (owner.get_mut(), last) {
        (DeValue::Table(table), Step::Key(key)) => {
            notes.mended.push((start, key.clone()));
            table.remove(key.as_str()).is_some()
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

/// A value of the right type for a required key that is missing.
fn stand_in(field: &str) -> DeValue<'static> {
    match field {
        "model" => DeValue::Table(DeTable::new()),
        "part" => DeValue::String(Cow::Borrowed("claim")),
        "when" => DeValue::String(Cow::Borrowed("solid")),
        "traps" => DeValue::Array(DeArray::new()),
        "recovery" => DeValue::Table(DeTable::new()),
        _ => DeValue::String(Cow::Borrowed("")),
    }
}

/// One step from a value to a value inside it.
enum Step {
    Key(String),
    Index(usize),
}

/// The way to the innermost value that an error's place belongs to.
fn locate(node: &Node<'_>, span: &Range<usize>) -> Option<Vec<Step>> {
    let inside = |child: &Node<'_>, step: Step| {
        let mut path = locate(child, span)?;
        path.insert(0, step);
        Some(path)
    };
    let deeper = match node.get_ref() {
        DeValue::Table(table) => table.iter().find_map(|(key, value)| {
            let step = Step::Key(key.get_ref().to_string());
            if key.span() == *span { Some(vec![step]) } else { inside(value, step) }
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
    deeper.or_else(|| (node.span() == *span).then(Vec::new))
}

fn node_mut<'a, 's>(mut node: &'a mut Node<'s>, path: &[Step]) -> &'a mut Node<'s> {
    for step in path {
        node = match (node.get_mut(), step) {
            (DeValue::Table(table), Step::Key(key)) => table.get_mut(key.as_str()),
            (DeValue::Array(array), Step::Index(index)) => array.get_mut(*index),
            _ => None,
        }
        .expect("the path was found in this very value");
    }
    node
}

/// Names the innermost thing on the way that has a name, for people to find it.
fn describe(root: &Node<'_>, path: &[Step]) -> String {
    let mut name = "the file".to_owned();
    let mut node = root;
    let mut kind = "";
    for step in path {
        let next = match step {
            Step::Key(key) => node.get_ref().get(key.as_str()),
            Step::Index(index) => node.get_ref().get(*index),
        };
        let Some(next) = next else { break };
        if let Step::Key(key) = step {
            kind = noun(key);
        }
        if let Some(table) = next.get_ref().as_table() {
            let id = table.get("id").and_then(|id| id.get_ref().as_str());
            name = match id {
                Some(id) => format!("{kind} `{id}`"),
                None if kind == "model" => format!("the model answer of {name}"),
                None => format!("a {kind}"),
            };
        }
        node = next;
    }
    name
}

/// What an element under a key is called.
fn noun(key: &str) -> &str {
    match key {
        "questions" => "question",
        "points" => "point",
        "misconceptions" => "misconception",
        "traps" => "trap",
        "samples" => "sample",
        other => other,
    }
}

/// What to do about a missing key.
fn cure(field: &str) -> &'static str {
    match field {
        "id" => "give it a name in kebab-case that will never change",
        "part" => "say `claim`, `explanation` or `example`",
        "when" => "say what it is for, for instance `when = \"solid\"`",
        "model" => "add `[questions.model]` with a `claim`",
        "trap" => "name the trap that this answer deserves",
        "topic" => "add a first line such as `topic = \"Lists and tuples\"`",
        _ => "add one sentence",
    }
}

/// The parser's message, with the likely spelling of a mistyped key or value as the cure.
fn reworded(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let (Some(given), known) = (quoted.next(), quoted) else { return message.to_owned() };
    if !message.starts_with("unknown") {
        return message.to_owned();
    }
    let nearest = known
        .map(|name| (strsim::jaro_winkler(given, name), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((_, name)) => format!("{message}; did you mean `{name}`?"),
        None => format!("{message}; remove it or use one of those"),
    }
}

/// Where the values of a table's key start, one by one for an array; for the semantic checks.
pub(crate) fn places(node: &Node<'_>, key: &str) -> Vec<usize> {
    match node.get_ref().get(key) {
        Some(value) => match value.get_ref() {
            DeValue::Array(array) => array.iter().map(|element| element.span().start).collect(),
            DeValue::Table(_)
            | DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => vec![value.span().start],
        },
        None => Vec::new(),
    }
}
