//! Question-and-answer lists (CSV, TSV) → a topic in the bank's own format.
//!
//! Reads what Anki, Quizlet and Kotoba export as text: question, answer, and an optional comment. Whatever it
//! writes can be loaded: a row that would break a promise of the bank is reported and left out.

mod markup;

use std::collections::BTreeMap;

use super::{Entry, Model, QuestionId, Topic, check, speech};

/// Rows read from one list at the most; a topic of this size is already more than anybody can edit.
pub const ROWS_MAX: usize = 20_000;
/// Rows reported one by one at the most: a list of another format would otherwise fill the screen.
pub const PROBLEMS_MAX: usize = 200;
/// Quotation marks left open that are mended at the most; each costs reading the rest of the list again.
const OPEN_QUOTES_MAX: usize = 20;

/// A row that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    /// The 1-based line of the list.
    pub line: u64,
    /// What is wrong; what to do.
    pub message: String,
}

/// What separates the columns of a list, where the list itself does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// `.csv`
    Comma,
    /// `.tsv`, and `.txt` as Anki and Quizlet write it
    Tab,
}

/// Reads a list. Every row that can be used becomes a question; every other one is reported.
pub fn read(list: &[u8], separator: Separator, topic: &str) -> (Topic, Vec<RowProblem>) {
    let mut reading = Reading::default();
    if list.starts_with(b"\xff\xfe") || list.starts_with(b"\xfe\xff") {
        reading.report(1, "this list is UTF-16; save it as UTF-8".to_owned());
    } else {
        let list = list.strip_prefix(b"\xef\xbb\xbf").unwrap_or(list);
        let header = Header::read(list, separator);
        reading.header = header;
        reading.rows(list);
    }
    if reading.unreported > 0 {
        let message = format!("{} more rows cannot be used; mend those above first", reading.unreported);
        let line = reading.problems.last().map_or(1, |problem| problem.line);
        reading.problems.push(RowProblem { line, message });
    }
    let name: String = topic.trim().chars().take(check::TOPIC_CHARS_MAX).collect();
    let topic = if name.is_empty() { "Imported".to_owned() } else { name };
    (Topic { topic, questions: reading.questions }, reading.problems)
}

/// What a list says about itself in the lines before its rows, as Anki writes them.
#[derive(Debug, Default)]
struct Header {
    /// Where the rows begin, in bytes, and after how many lines.
    rows_at: usize,
    lines: u64,
    separator: u8,
    html: bool,
    /// Columns that hold something else than question, answer and comment, from 0 on.
    other: Vec<usize>,
}

impl Header {
    fn read(list: &[u8], separator: Separator) -> Self {
        let mut header = Self::default();
        let mut said = None;
        while let Some((key, value)) = list.get(header.rows_at..).and_then(header_line) {
            let column = value.parse().ok().and_then(|number: usize| number.checked_sub(1));
            match (key, column) {
                ("separator", _) => said = named_separator(value),
                ("html", _) => header.html = value == "true",
                (key, Some(column)) if key.ends_with(" column") => header.other.push(column),
                (_, _) => {}
            }
            let rest = &list[header.rows_at..];
            let line = rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |newline| newline + 1);
            header.rows_at += line;
            header.lines += 1;
        }
        header.separator = said.unwrap_or_else(|| found_separator(&list[header.rows_at..], separator));
        header
    }
}

/// A line such as `#separator:tab`. A question may begin with `#` as well, so that only known keys count.
fn header_line(rest: &[u8]) -> Option<(&str, &str)> {
    let line = rest.split(|&byte| byte == b'\n').next()?;
    let (key, value) = std::str::from_utf8(line.strip_prefix(b"#")?).ok()?.split_once(':')?;
    let known = ["separator", "html", "tags", "columns", "notetype", "deck", "guid", "if matches"];
    let known = known.contains(&key) || key.ends_with(" column");
    known.then(|| (key, value.trim_end_matches('\r')))
}

fn named_separator(name: &str) -> Option<u8> {
    Some(match (name.to_ascii_lowercase().as_str(), name.as_bytes()) {
        ("tab", _) | (_, b"\\t") => b'\t',
        ("comma", _) => b',',
        ("semicolon", _) => b';',
        ("colon", _) => b':',
        ("pipe", _) => b'|',
        ("space", _) => b' ',
        (_, &[byte]) if byte.is_ascii() => byte,
        (_, _) => return None,
    })
}

/// What the file's name promises, or what the first line has instead, such as Excel's semicolons.
fn found_separator(rows: &[u8], promised: Separator) -> u8 {
    let promised = match promised {
        Separator::Comma => b',',
        Separator::Tab => b'\t',
    };
    let first = rows.split(|&byte| byte == b'\n').find(|line| !line.trim_ascii().is_empty());
    let has = |separator: &u8| first.is_some_and(|line| line.contains(separator));
    [promised, b'\t', b';', b','].into_iter().find(has).unwrap_or(promised)
}

/// A list that is being read.
#[derive(Debug, Default)]
struct Reading {
    header: Header,
    questions: Vec<Entry>,
    problems: Vec<RowProblem>,
    unreported: usize,
    /// The line of each question, by its words.
    asked: BTreeMap<String, u64>,
    ids: Ids,
}

impl Reading {
    fn rows(&mut self, list: &[u8]) {
        let mut place = Place { at: self.header.rows_at, line: self.header.lines + 1 };
        let mut rows = 0;
        for _ in 0..OPEN_QUOTES_MAX {
            let Some(after_open_quote) = self.rows_from(list, place, &mut rows) else { return };
            place = after_open_quote;
        }
        let message = "there are too many rows with quotation marks left open; mend those above first";
        self.report(place.line, message.to_owned());
    }

    /// Reads rows from a place on; if one never closes its quotation mark, gives the place of the next line.
    fn rows_from(&mut self, list: &[u8], mut place: Place, rows: &mut usize) -> Option<Place> {
        let start = place.at;
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.header.separator)
            .from_reader(&list[start..]);
        let mut record = csv::ByteRecord::new();
        while let Ok(true) = reader.read_byte_record(&mut record) {
            let begin = start + record.position().map_or(0, csv::Position::byte) as usize;
            let end = start + reader.position().byte() as usize;
            // A record's place is before the empty lines that it is preceded by.
            let empty = list[begin..end].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            place = place.moved(list, begin + empty);
            if *rows == ROWS_MAX {
                self.report(place.line, format!("only the first {ROWS_MAX} rows are read; split the list"));
                return None;
            }
            let raw = &list[place.at..end];
            let quotes = Quotes::of(raw, self.header.separator);
            let one_line = !raw.trim_ascii_end().contains(&b'\n');
            if quotes == Quotes::Open && !one_line {
                let message = "a quotation mark in this row is never closed; close it, or write it twice \
                               in a quoted column";
                self.report(place.line, message.to_owned());
                let next = raw.iter().position(|&byte| byte == b'\n').map_or(end, |at| place.at + at + 1);
                return Some(place.moved(list, next));
            }
            if quotes == Quotes::Open {
                record = unquoted(raw, self.header.separator);
            }
            self.row(&record, place.line, *rows == 0);
            *rows += 1;
        }
        None
    }

    fn row(&mut self, record: &csv::ByteRecord, line: u64, first: bool) {
        match columns(record, &self.header).and_then(|columns| question(&columns, first)) {
            Ok(None) => {}
            Ok(Some((ask, model))) => {
                let words = ask.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
                if let Some(other) = self.asked.get(&words) {
                    let message = format!("this question is in line {other} too; remove one of the two");
                    return self.report(line, message);
                }
                self.asked.insert(words, line);
                let id = self.ids.fresh(&ask);
                self.questions.push(untrapped(id, ask, model));
            }
            Err(message) => self.report(line, message),
        }
    }

    fn report(&mut self, line: u64, message: String) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(RowProblem { line, message });
        } else {
            self.unreported += 1;
        }
    }
}

/// A place in a list, in bytes and lines.
#[derive(Clone, Copy, Debug)]
struct Place {
    at: usize,
    /// From 1 on.
    line: u64,
}

impl Place {
    fn moved(self, list: &[u8], at: usize) -> Self {
        let lines = list[self.at..at].iter().filter(|&&byte| byte == b'\n').count();
        Self { at, line: self.line + lines as u64 }
    }
}

/// Whether the quotation marks of a row enclose whole columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quotes {
    /// They do, or none begins a column.
    Closed,
    /// One that begins a column has no partner at its end: it belongs to the text, as in `"is" or "=="?`, or
    /// its partner was forgotten, so that the row swallowed the lines after it.
    Open,
}

impl Quotes {
    fn of(row: &[u8], separator: u8) -> Self {
        let mut rest = row.trim_ascii_end();
        loop {
            let quoted = rest.strip_prefix(b"\"");
            if let Some(quoted) = quoted {
                let Some(end) = closing_quote(quoted) else { return Self::Open };
                rest = &quoted[end + 1..];
                if rest.first().is_some_and(|&next| next != separator) {
                    return Self::Open;
                }
            }
            match rest.iter().position(|&byte| byte == separator) {
                Some(end) => rest = &rest[end + 1..],
                None => return Self::Closed,
            }
        }
    }
}

/// The first quotation mark that is not written twice.
fn closing_quote(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += text.get(at..)?.iter().position(|&byte| byte == b'"')?;
        if text.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

/// A row whose quotation marks are part of the text.
fn unquoted(row: &[u8], separator: u8) -> csv::ByteRecord {
    let row = row.trim_ascii_end();
    csv::ByteRecord::from(row.split(|&byte| byte == separator).collect::<Vec<_>>())
}

/// Question, answer and comment of a row as plain text; why not, if it cannot be read.
fn columns(record: &csv::ByteRecord, header: &Header) -> Result<Vec<String>, String> {
    let wanted = record.iter().enumerate().filter(|(place, _)| !header.other.contains(place));
    wanted
        .map(|(_, field)| match std::str::from_utf8(field) {
            Ok(text) => Ok(markup::plain(text, header.html)),
            Err(_) => Err("this row is not UTF-8; save the list as UTF-8".to_owned()),
        })
        .collect()
}

/// What is asked and the model answer; nothing for the names of the columns, which some exports begin with.
fn question(columns: &[String], first: bool) -> Result<Option<(String, Model)>, String> {
    let column = |index: usize| columns.get(index).map_or("", String::as_str);
    let (ask, answer, comment) = (column(0), column(1), column(2));
    if first && matches!(ask.to_lowercase().as_str(), "question" | "front" | "term" | "ask") {
        return Ok(None);
    }
    let missing = match (ask, answer) {
        ("", "") => Some("question and no answer; fill both columns"),
        ("", _) => Some("question; fill the first column"),
        (_, "") => Some("answer; fill the second column"),
        (_, _) => None,
    };
    if let Some(missing) = missing {
        return Err(format!("this row has no {missing} or remove the row"));
    }
    for (what, text) in [("question", ask), ("answer", answer), ("comment", comment)] {
        if check::leaves_fence_open(text) {
            return Err(format!("the {what} opens a code fence that is never closed; add a line with ```"));
        }
    }
    let model = model(answer, comment);
    let answer_chars_max = check::MODEL_PART_CHARS_MAX;
    for (what, text, chars_max) in [
        ("question", ask, check::ASK_CHARS_MAX),
        ("answer", answer, answer_chars_max),
        ("answer with its comment", &model.explanation, answer_chars_max),
    ] {
        let length = text.chars().count();
        if length > chars_max {
            let open = if text.contains('\n') { ", or close a quotation mark left open" } else { "" };
            return Err(format!(
                "the {what} has {length} characters, at most {chars_max} fit; shorten it{open}"
            ));
        }
    }
    Ok(Some((ask.to_owned(), model)))
}

/// The first sentence of an answer is the claim. One with code in it stays as it is.
fn model(answer: &str, comment: &str) -> Model {
    if answer.contains("```") {
        return Model { claim: answer.to_owned(), explanation: comment.to_owned(), example: String::new() };
    }
    let mut sentences = speech::sentences(answer).into_iter();
    let claim = sentences.next().unwrap_or_else(|| answer.to_owned());
    let rest: Vec<String> = sentences.collect();
    // A comment may hold a code block, whose fences have to stay at the beginning of a line.
    let explanation = [rest.join(" "), comment.to_owned()].join("\n").trim().to_owned();
    Model { claim, explanation, example: String::new() }
}

fn untrapped(id: QuestionId, ask: String, model: Model) -> Entry {
    Entry {
        id,
        level: None,
        ask,
        model,
        points: Vec::new(),
        misconceptions: Vec::new(),
        traps: Vec::new(),
        samples: Vec::new(),
    }
}

/// Gives out ids, each once.
#[derive(Debug, Default)]
struct Ids(BTreeMap<String, u32>);

impl Ids {
    /// A kebab-case id from the first words of the question, made unique by a number.
    fn fresh(&mut self, ask: &str) -> QuestionId {
        let slug = slug(ask);
        let mut number = self.0.get(&slug).map_or(1, |last| last + 1);
        loop {
            let id = if number == 1 { slug.clone() } else { format!("{slug}-{number}") };
            self.0.insert(slug.clone(), number);
            if number == 1 || !self.0.contains_key(&id) {
                self.0.entry(id.clone()).or_insert(1);
                return QuestionId(id);
            }
            number += 1;
        }
    }
}

fn slug(ask: &str) -> String {
    let mut slug = String::new();
    for word in
        ask.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
    {
        // Leaves room for a hyphen and a number of as many digits as there are rows.
        if slug.len() + word.len() + 1 > check::ID_CHARS_MAX - 6 {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(&word.to_ascii_lowercase());
    }
    if slug.is_empty() { "question".to_owned() } else { slug }
}
