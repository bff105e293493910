//! Words → Discord's Markdown, and long texts → pieces that fit. Pure.
//!
//! Authored text keeps its code and nothing else; people's words keep nothing: whatever they hold, they are
//! shown as they were written and cannot end their quotation.

use unicode_segmentation::UnicodeSegmentation;

use crate::chat::text as shared;
pub(super) use crate::chat::text::length;
use crate::chat::text::{is_shown, next_code};

/// UTF-16 units of one piece of a source line at the most. Marked up it is at most four times as long, which
/// still fits into a message.
const PIECE_MAX: usize = 900;
/// An invisible character that keeps two others apart.
pub(super) const APART: char = '\u{200b}';

/// The beginning of a text, of so many UTF-16 units at the most, cut between graphemes.
pub(super) fn beginning(text: &str, max: usize) -> String {
    let mut used = 0;
    let fitting = text.graphemes(true).take_while(|grapheme| {
        used += length(grapheme);
        used <= max
    });
    fitting.collect()
}

/// Plain text: nothing in it is mark-up.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars().map(|character| if character == '\t' { ' ' } else { character }) {
        match character {
            '`' => out.extend(['\\', '`', APART]),
            '\\' | '*' | '_' | '~' | '|' | '<' | '>' | '[' | ']' | '#' => out.extend(['\\', character]),
            '@' => out.extend(['@', APART]),
            ':' => out.extend([':', APART]),
            '-' if out.is_empty() => out.extend(['\\', '-']),
            character if is_shown(character) => out.push(character),
            _ => {}
        }
    }
    out
}

/// One line of authored text: `code` between backticks stays code, everything else is plain.
pub(super) fn authored(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, code, after)) = next_code(rest) {
        out.push_str(&authored_plain(before, out.is_empty()));
        out.push('`');
        out.push_str(&code_text(code));
        out.push('`');
        rest = after;
    }
    out.push_str(&authored_plain(rest, out.is_empty()));
    out
}

/// Plain text of ours: mentions and addresses do not occur in it, so that it may keep its colons.
fn authored_plain(text: &str, starts_line: bool) -> String {
    let text = plain(text).replace(&format!(":{APART}"), ":");
    match text.strip_prefix("\\-") {
        Some(rest) if !starts_line => format!("-{rest}"),
        Some(_) | None => text,
    }
}

/// Code within backticks or a fence, where a backslash escapes nothing: backticks and the bars that would end
/// a spoiler are kept apart by an invisible character.
pub(super) fn code_text(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    for character in code.chars().filter(|&character| is_shown(character) || character == '\t') {
        out.push(character);
        if matches!(character, '`' | '|') {
            out.push(APART);
        }
    }
    out
}

/// A source line in pieces that fit into a message when marked up.
pub(super) fn pieces(line: &str) -> Vec<String> {
    shared::pieces(line, PIECE_MAX)
}

/// Pages of marked-up lines. A page that is full ends its fence and its spoiler, and the next one opens
/// them again.
#[derive(Debug)]
pub(super) struct Pages {
    max: usize,
    full: Vec<String>,
    page: String,
    fence: Option<String>,
    spoiler: bool,
}

const SPOILER: &str = "||";
const FENCE: &str = "```";
/// Room for the end of a fence, of a spoiler, and the line breaks between.
const ENDINGS: usize = 8;

impl Pages {
    /// No page yet; each has `max` UTF-16 units at the most.
    pub(super) fn new(max: usize) -> Self {
        Self { max, full: Vec::new(), page: String::new(), fence: None, spoiler: false }
    }

    /// Adds a line, on the next page if this one is full.
    pub(super) fn line(&mut self, line: &str) {
        if length(&self.page) + length(line) + 1 + ENDINGS > self.max {
            self.turn();
        }
        self.break_line();
        self.page.push_str(line);
    }

    /// Adds an empty line where something stands above.
    pub(super) fn gap(&mut self) {
        while !self.page.is_empty() && !self.page.ends_with("\n\n") {
            self.page.push('\n');
        }
    }

    /// Begins a part that is hidden until it is tapped.
    pub(super) fn hide(&mut self) {
        self.break_line();
        self.page.push_str(SPOILER);
        self.spoiler = true;
    }

    /// Ends it.
    pub(super) fn unhide(&mut self) {
        if std::mem::take(&mut self.spoiler) {
            self.page.push_str(SPOILER);
        }
    }

    /// Begins a block of code in a language. In a part that is hidden its lines stand one by one, since not
    /// every client hides a block.
    pub(super) fn open_fence(&mut self, language: &str) {
        let language: String = language.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
        if !self.spoiler {
            self.line(&format!("{FENCE}{language}"));
        }
        self.fence = Some(language);
    }

    /// Adds a line of code to the block.
    pub(super) fn code_line(&mut self, code: &str) {
        if !self.spoiler {
            return self.line(&code_text(code));
        }
        match code_text(&code.replace('`', "")) {
            code if code.trim().is_empty() => self.gap(),
            code => self.line(&format!("`{code}`")),
        }
    }

    /// Ends it.
    pub(super) fn close_fence(&mut self) {
        if self.fence.take().is_some() && !self.spoiler {
            self.page.push('\n');
            self.page.push_str(FENCE);
        }
    }

    /// Whether a block of code is open.
    pub(super) fn is_fenced(&self) -> bool {
        self.fence.is_some()
    }

    /// All pages; at least one, `last` of them at the most, the rest is left out with a sign of it.
    pub(super) fn finish(mut self, pages_max: usize) -> Vec<String> {
        self.close_fence();
        self.unhide();
        self.full.push(self.page);
        if self.full.len() > pages_max {
            self.full.truncate(pages_max);
            if let Some(last) = self.full.last_mut() {
                last.push_str("\n…");
            }
        }
        self.full.into_iter().map(|page| page.trim().to_owned()).collect()
    }

    fn break_line(&mut self) {
        let begins_hidden = self.spoiler && self.page.ends_with(SPOILER);
        if !self.page.is_empty() && !self.page.ends_with('\n') && !begins_hidden {
            self.page.push('\n');
        }
    }

    fn turn(&mut self) {
        if self.page.is_empty() {
            return;
        }
        let fence = self.fence.clone();
        let spoiler = self.spoiler;
        self.close_fence();
        // What hides nothing yet begins on the next page.
        if spoiler && self.page.ends_with(SPOILER) {
            self.page.truncate(self.page.len() - SPOILER.len());
            self.spoiler = false;
        }
        self.unhide();
        let page = std::mem::take(&mut self.page);
        if !page.trim().is_empty() {
            self.full.push(page);
        }
        if spoiler {
            self.hide();
        }
        if let Some(language) = fence {
            if !spoiler {
                self.break_line();
                self.page.push_str(&format!("{FENCE}{language}"));
            }
            self.fence = Some(language);
        }
    }
}
