//! What is no TOML: one problem for each mistake, at its place, in words for people who write questions.
//!
//! One mistake leads a parser to find more that are none. So the first is reported, its statement taken out,
//! and the text parsed again, until nothing is wrong any more.

use std::borrow::Cow;

use toml::de::{DeTable, Error};

use super::Notes;
use super::mend::noun;

/// Mistakes reported for one file at the most; each costs reading it once more.
const MISTAKES_MAX: usize = 25;

/// Inline tables inside each other at the most. The parser limits them and the dots in their keys, but not
/// both together, and what is as deep as that exhausts the stack.
const BRACES_MAX: usize = 16;

/// Reports tables inside each other that no format has and no parser should be given.
pub(super) fn is_too_deep(notes: &mut Notes<'_>) -> bool {
    let mut open = 0_usize;
    let mut start = 0;
    for line in notes.text.split_inclusive('\n') {
        if line.trim_start().starts_with('[') {
            open = 0;
        }
        let mut quoted = false;
        for (place, character) in line.char_indices() {
            match character {
                '"' => quoted = !quoted,
                '{' if !quoted => open += 1,
                '}' if !quoted => open = open.saturating_sub(1),
                _ => {}
            }
            if open > BRACES_MAX {
                let told = format!("more than {BRACES_MAX} tables stand inside each other; write them flat");
                notes.error(start + place, told);
                return true;
            }
        }
        start += line.len();
    }
    false
}

/// Reports what is no TOML, and whether anything but a doubled key was found: if not, what the parser made of
/// the text can be used.
pub(super) fn report(errors: &[Error], notes: &mut Notes<'_>) -> bool {
    if errors.is_empty() {
        return false;
    }
    if !notes.text.lines().any(opens_statement) {
        let at = notes.text.len() - notes.text.trim_start().len();
        notes.error(at, super::NOT_TOML);
        return true;
    }
    if errors.iter().all(|error| error.message() == "duplicate key") {
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            notes.error(at, wording(error, notes.text));
        }
        return false;
    }
    one_by_one(notes);
    true
}

fn one_by_one(notes: &mut Notes<'_>) {
    let original = notes.text;
    let mut lines: Vec<Cow<'_, str>> = original.split('\n').map(Cow::Borrowed).collect();
    let mut mended = vec![false; lines.len()];
    for _ in 0..MISTAKES_MAX {
        let text = lines.join("\n");
        let (_, errors) = DeTable::parse_recoverable(&text);
        let first = errors.iter().min_by_key(|error| error.span().map_or(0, |span| span.start));
        let Some(error) = first else { return };
        let at = error.span().map_or(0, |span| span.start).min(text.len());
        let line = text[..at].matches('\n').count();
        let column = at - text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let (message, from, to, column) = match unclosed(error, &lines, line, column) {
            Some(opened) => (opened.message, opened.line, opened.end, opened.column),
            None => (wording(error, &text), line, line + 1, column),
        };
        if mended[from] {
            return;
        }
        notes.error(notes.lines[from] + column, message);
        for line in from..to.max(from + 1) {
            mended[line] = true;
            // A heading gives way to another one: what follows it belongs to no table that is known.
            let blank = if lines[line].trim_start().starts_with('[') && from == line {
                format!("[mended-{line}]")
            } else {
                String::new()
            };
            lines[line] = Cow::Owned(blank);
        }
    }
    notes.error(original.len(), "there may be more mistakes in this file; mend those above first");
}

/// Something that is opened on one line and never closed.
struct Unclosed {
    message: String,
    line: usize,
    column: usize,
    /// The line after the last one that belongs to it.
    end: usize,
}

/// An error that comes from something opened on an earlier line. Places are bytes from 0 on.
fn unclosed(error: &Error, lines: &[Cow<'_, str>], line: usize, column: usize) -> Option<Unclosed> {
    if error.message().starts_with("invalid multi-line") {
        // Nothing closes it before the end of the file, so that the last mark is the one that opens it.
        let mark = if error.message().contains("literal") { "'''" } else { "\"\"\"" };
        let (line, column) = lines
            .iter()
            .enumerate()
            .rev()
            .find_map(|(number, line)| line.rfind(mark).map(|column| (number, column)))?;
        let message = format!("this text is never closed; end it with `{mark}`");
        return Some(Unclosed { message, line, column, end: lines.len() });
    }
    let of_a_list = ["missing comma", "unexpected", "unclosed array", "unclosed inline"]
        .iter()
        .any(|start| error.message().starts_with(start));
    // In an open list a key and a heading are taken for texts without quotation marks.
    let of_a_list = of_a_list
        || error.message().starts_with("string values")
            && opens_statement(&lines[line])
            && lines[line].find('=').is_none_or(|equals| column < equals);
    let opened_here = lines[line].get(..column).is_some_and(|before| opening(before).is_some());
    if !of_a_list || opened_here {
        return None;
    }
    // From the key that opens it to the first line that can only be a statement of its own.
    let start = (0..line)
        .rev()
        .find(|&number| opens_statement(&lines[number]) && !lines[number].trim_start().starts_with('['))?;
    let column = opening(&lines[start])?;
    let end = (start + 1..lines.len()).find(|&number| opens_statement(&lines[number])).unwrap_or(lines.len());
    if line < end && !error.message().starts_with("unclosed") {
        return None;
    }
    let (what, close) = if lines[start][column..].starts_with('[') { ("list", ']') } else { ("table", '}') };
    let message = format!("this {what} is never closed; end it with `{close}`");
    Some(Unclosed { message, line: start, column, end })
}

/// Where the last bracket opens that is not closed on this line, outside quotation marks; for a key's value.
fn opening(line: &str) -> Option<usize> {
    let value = line.find('=')?;
    let mut open = Vec::new();
    let mut quoted = false;
    for (place, character) in line.char_indices().skip_while(|(place, _)| *place <= value) {
        match character {
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => open.push(place),
            ']' | '}' if !quoted => drop(open.pop()),
            _ => {}
        }
    }
    open.pop()
}

/// Whether a line begins with a bare key and `=`, or with a heading.
fn opens_statement(line: &str) -> bool {
    let line = line.trim_start();
    if let Some(heading) = line.strip_prefix('[') {
        let name = heading.strip_prefix('[').unwrap_or(heading);
        return name.starts_with(|first: char| first.is_ascii_alphabetic());
    }
    let is_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    line.split_once('=').is_some_and(|(key, _)| !key.trim().is_empty() && key.trim().chars().all(is_key))
}

/// A parser's finding as what is wrong and what to do.
fn wording(error: &Error, text: &str) -> String {
    let found = error.span().and_then(|span| text.get(span)).unwrap_or_default();
    let told = match error.message() {
        "duplicate key" => {
            let at = error.span().map_or(0, |span| span.start);
            let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
            let line = text[line..].lines().next().unwrap_or_default().trim();
            let cure = match line.strip_prefix('[').and_then(|heading| heading.split(']').next()) {
                Some(heading) if heading.rsplit('.').next().and_then(noun).is_some() => {
                    format!("remove one, or begin each of several with `[[{heading}]]`")
                }
                Some(_) | None => "remove one of the two".to_owned(),
            };
            return format!("`{}` stands here for the second time; {cure}", found.trim());
        }
        _ if found.starts_with(['“', '”', '„', '‘', '’']) => {
            "these are typographic quotation marks; write straight ones: `\"…\"`"
        }
        message if message.starts_with("invalid basic string") => "this text is not closed; end it with `\"`",
        message if message.starts_with("invalid literal string") => {
            "this text is not closed; end it with `'`"
        }
        message if message.starts_with("key with no value") => {
            "this key has no `=`; write `key = value`, and texts in quotation marks"
        }
        message if message.starts_with("string values must be quoted") => {
            "a text needs quotation marks; write `\"…\"` around it"
        }
        message if message.starts_with("unclosed table") => "this heading is not closed; end it with `]`",
        message if message.starts_with("unclosed array table") => {
            "this heading is not closed; end it with `]]`"
        }
        message if message.starts_with("unexpected key or value") => {
            "the value ended before this; inside a text write `\\\"` for a quotation mark"
        }
        message if message.starts_with("missing comma") => "a comma is missing before this; add `,`",
        message if message.starts_with("missing escaped value") => {
            "`\\` begins an escape that is not known; write `\\\\` for a backslash"
        }
        other => return format!("{other}; correct the TOML here"),
    };
    told.to_owned()
}
