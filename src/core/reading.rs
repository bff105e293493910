//! TOML → `(value, problems)`: reads a file to its end, whatever is wrong in it, so that its author sees all
//! problems at once, each with place and cure.
//!
//! The types are the only description of a format. A file is deserialised into them; when that fails, the
//! key at fault is reported and mended in the parsed table, and the file is deserialised again, until it
//! passes. What was mended is never used: a file with an error is refused as a whole. Nothing is reported
//! that only follows from what was mended.

mod mend;
mod syntax;

use std::fmt;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

/// Problems of one severity reported for one file at the most: a file of another format would otherwise
/// fill the screen.
const FILE_PROBLEMS_MAX: usize = 200;
/// Times that a file is mended and deserialised again at the most: a mistake in each of its keys takes one.
const MENDED_MAX: usize = 2 * FILE_PROBLEMS_MAX;

/// The place of a value that stands in for one that was reported. No text is as long.
const STAND_IN: usize = usize::MAX;

/// What is said of a file of another format.
pub(crate) const NOT_TOML: &str = "this file is not TOML, no line says `key = value`; write it in TOML";

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
    /// Where each line starts.
    lines: Vec<usize>,
    pub(crate) problems: Vec<Problem>,
    errors: usize,
    warnings: usize,
}

impl<'s> Notes<'s> {
    fn new(path: &'s str, text: &'s str) -> Self {
        Self { path, text, lines: line_starts(text), problems: Vec::new(), errors: 0, warnings: 0 }
    }

    /// Reports an error at a byte offset. What stands in for something reported is never at fault.
    pub(crate) fn error(&mut self, at: usize, message: impl Into<String>) {
        self.push(at, Severity::Error, message.into());
    }

    pub(crate) fn warning(&mut self, at: usize, message: impl Into<String>) {
        self.push(at, Severity::Warning, message.into());
    }

    /// The 1-based line of a byte offset.
    pub(crate) fn line(&self, at: usize) -> usize {
        position(self.text, &self.lines, at).0
    }

    fn push(&mut self, at: usize, severity: Severity, message: String) {
        if at == STAND_IN {
            return;
        }
        let (count, name) = match severity {
            Severity::Error => (&mut self.errors, "errors"),
            Severity::Warning => (&mut self.warnings, "warnings"),
        };
        *count += 1;
        let message = match *count {
            ..=FILE_PROBLEMS_MAX => message,
            // One past the limit: says so once.
            count if count == FILE_PROBLEMS_MAX + 1 => {
                format!("there are more {name} than the {FILE_PROBLEMS_MAX} shown; mend those first")
            }
            _ => return,
        };
        let (line, column) = position(self.text, &self.lines, at);
        self.problems.push(Problem { path: self.path.to_owned(), line, column, severity, message });
    }
}

/// The text of a file; a file that is no UTF-8 is a problem to report like any other.
pub fn utf8<'s>(path: &str, bytes: &'s [u8], problems: &mut Vec<Problem>) -> Option<&'s str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let (line, column) = position(&valid, &line_starts(&valid), valid.len());
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

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(newline, _)| newline + 1)).collect()
}

/// 1-based line and column, in characters, of a byte offset.
fn position(text: &str, lines: &[usize], at: usize) -> (usize, usize) {
    let at = at.min(text.len());
    let line = lines.partition_point(|&start| start <= at);
    let start = lines[line - 1];
    (line, String::from_utf8_lossy(&text.as_bytes()[start..at]).chars().count() + 1)
}

/// Reads a text whose path is shown in problems.
pub fn parse<'s, T: DeserializeOwned>(path: &'s str, text: &'s str) -> Parsed<'s, T> {
    let mut notes = Notes::new(path, text);
    if syntax::is_too_deep(&mut notes) {
        return Parsed { value: None, notes };
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    if syntax::report(&errors, &mut notes) {
        return Parsed { value: None, notes };
    }
    let mut root = Spanned::new(table.span(), DeValue::Table(table.into_inner()));
    let mut last = String::new();
    for _ in 0..MENDED_MAX {
        let error = match T::deserialize(ValueDeserializer::from(root.clone())) {
            Ok(value) => return Parsed { value: Some((value, root)), notes },
            Err(error) => error,
        };
        // Past the limit nothing would be shown any more.
        let goes_on = notes.errors <= FILE_PROBLEMS_MAX && mend::mend(&mut root, &error, &mut notes);
        if !goes_on {
            last = error.message().to_owned();
            break;
        }
    }
    if notes.errors == 0 {
        notes.error(0, format!("this file cannot be read: {last}; compare it with an example"));
    }
    Parsed { value: None, notes }
}

/// Where the value of a table's key starts, or the table where it has no such key.
pub(crate) fn place(node: &Node<'_>, key: &str) -> usize {
    node.get_ref().get(key).unwrap_or(node).span().start
}

/// The elements of the list under a table's key.
pub(crate) fn elements<'n, 's>(node: &'n Node<'s>, key: &str) -> &'n [Node<'s>] {
    node.get_ref().get(key).and_then(|value| value.get_ref().as_array()).map_or(&[], |list| list.as_ref())
}

/// Whether the value of a table's key stands in for one that was reported.
pub(crate) fn is_mended(node: &Node<'_>, key: &str) -> bool {
    node.get_ref().get(key).is_some_and(|value| value.span().start == STAND_IN)
}
