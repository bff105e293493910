//! Question-and-answer lists (CSV, TSV) → a topic in the bank's own format.
//!
//! Reads what Anki, Quizlet and Kotoba export as text: question, answer, and an optional comment.

use std::collections::BTreeSet;

use super::{Entry, Model, QuestionId, Topic, check, speech};

/// Rows read from one list at the most; a topic of this size is already more than anybody can edit.
pub const ROWS_MAX: usize = 20_000;

/// A row that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    /// The 1-based line of the list.
    pub line: u64,
    /// What is wrong; what to do.
    pub message: String,
}

/// What separates the columns of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// `.csv`
    Comma,
    /// `.tsv`, and `.txt` as Anki and Quizlet write it
    Tab,
}

/// Reads a list. Every row that can be used becomes a question; every other one is reported.
pub fn read(list: &[u8], separator: Separator, topic: &str) -> (Topic, Vec<RowProblem>) {
    let list = list.strip_prefix(b"\xef\xbb\xbf").unwrap_or(list);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .delimiter(match separator {
            Separator::Comma => b',',
            Separator::Tab => b'\t',
        })
        .from_reader(list);
    let mut questions = Vec::new();
    let mut problems = Vec::new();
    let mut taken = BTreeSet::new();
    for (index, record) in reader.byte_records().enumerate() {
        if index == ROWS_MAX {
            problems.push(RowProblem {
                line: index as u64 + 1,
                message: format!("only the first {ROWS_MAX} rows are read; split the list"),
            });
            break;
        }
        let (line, row) = match record {
            Ok(record) => {
                (record.position().map_or(0, csv::Position::line), entry(&record, index == 0, &taken))
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                (line, Row::Bad(format!("{error}; check the quotation marks of this row")))
            }
        };
        match row {
            Row::Question(entry) => {
                taken.insert(entry.id.clone());
                questions.push(*entry);
            }
            Row::Heading => {}
            Row::Bad(message) => problems.push(RowProblem { line, message }),
        }
    }
    (Topic { topic: topic.to_owned(), questions }, problems)
}

enum Row {
    Question(Box<Entry>),
    /// The first row of some exports: the names of the columns.
    Heading,
    Bad(String),
}

fn entry(record: &csv::ByteRecord, first: bool, taken: &BTreeSet<QuestionId>) -> Row {
    let mut columns = Vec::new();
    for field in record {
        match std::str::from_utf8(field) {
            Ok(text) => columns.push(plain(text)),
            Err(_) => return Row::Bad("this row is not UTF-8; save the list as UTF-8".to_owned()),
        }
    }
    let column = |index: usize| columns.get(index).map_or("", String::as_str);
    let (ask, answer, comment) = (column(0), column(1), column(2));
    if first && matches!(ask.to_lowercase().as_str(), "question" | "front" | "term" | "ask") {
        return Row::Heading;
    }
    if ask.is_empty() || answer.is_empty() {
        return Row::Bad(
            "this row needs a question and an answer; fill both columns or remove it".to_owned(),
        );
    }
    for (what, text, chars_max) in
        [("question", ask, check::ASK_CHARS_MAX), ("answer", answer, check::MODEL_PART_CHARS_MAX)]
    {
        let length = text.chars().count();
        if length > chars_max {
            return Row::Bad(format!(
                "the {what} has {length} characters, at most {chars_max} fit; shorten it"
            ));
        }
    }
    let mut sentences = speech::sentences(answer).into_iter();
    let claim = sentences.next().unwrap_or_else(|| answer.to_owned());
    let rest: Vec<String> = sentences.collect();
    let model = if answer.contains("```") {
        Model { claim: answer.to_owned(), explanation: comment.to_owned(), example: String::new() }
    } else {
        let explanation = [rest.join(" "), comment.to_owned()].join(" ").trim().to_owned();
        Model { claim, explanation, example: String::new() }
    };
    Row::Question(Box::new(Entry {
        id: fresh_id(ask, taken),
        level: None,
        ask: ask.to_owned(),
        model,
        points: Vec::new(),
        misconceptions: Vec::new(),
        traps: Vec::new(),
        samples: Vec::new(),
    }))
}

/// A field without the mark-up that exports carry: line breaks and the few entities of HTML.
fn plain(field: &str) -> String {
    let mut text = field.to_owned();
    for (from, to) in [
        ("<br>", "\n"),
        ("<br/>", "\n"),
        ("<br />", "\n"),
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ] {
        text = text.replace(from, to);
    }
    text.trim().to_owned()
}

/// A kebab-case id from the first words of the question, made unique by a number.
fn fresh_id(ask: &str, taken: &BTreeSet<QuestionId>) -> QuestionId {
    let mut slug = String::new();
    for word in
        ask.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
    {
        let longer = slug.len() + word.len() + 1;
        if longer > check::ID_CHARS_MAX - 6 {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(&word.to_ascii_lowercase());
    }
    if slug.is_empty() {
        slug.push_str("question");
    }
    (1..)
        .map(|number| QuestionId(if number == 1 { slug.clone() } else { format!("{slug}-{number}") }))
        .find(|id| !taken.contains(id))
        .expect("the numbers do not end")
}
