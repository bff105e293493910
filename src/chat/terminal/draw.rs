//! Card → text for a terminal. Pure.
//!
//! Colours are the terminal's own sixteen, so they follow a light or a dark theme, and each verdict has a
//! sign and a word beside its colour. Nothing that a person wrote reaches the terminal as a control code.

use anstyle::{AnsiColor, Style};

use crate::core::card::{Block, Card, CardKind, Mark};
use crate::core::say;

/// Columns of running text at the most: longer lines are hard to read.
const WIDTH_MAX: usize = 88;
/// Columns at the least, so that a tiny window still gets words.
const WIDTH_MIN: usize = 20;

/// Columns that mean: do not wrap.
pub(super) const UNWRAPPED: usize = usize::MAX;

/// How to draw.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// Columns of the window.
    pub(super) columns: usize,
    /// Whether to use colours.
    pub(super) colour: bool,
}

const HEADING: Style = Style::new().bold();
const SMALL: Style = Style::new().dimmed();
const QUOTE: Style = Style::new().italic();

/// A card as lines, with a blank line before it.
pub(super) fn card(card: &Card, look: Look) -> String {
    let mut out = String::from("\n");
    let mut number = 0;
    let mut after_item = false;
    for block in &card.blocks {
        let is_item = matches!(block, Block::Item { .. });
        let is_heading = matches!(block, Block::Heading { .. });
        if out.len() > 1 && (is_heading || (after_item && !is_item)) {
            out.push('\n');
        }
        if is_item && card.kind == CardKind::Dispute {
            number += 1;
            out.push_str(&format!("{number:>2} "));
        }
        push_block(&mut out, block, look);
        after_item = is_item;
    }
    out
}

/// A line of the program's own, such as a hint.
pub(super) fn hint(text: &str, look: Look) -> String {
    let mut out = String::new();
    push_wrapped(&mut out, text, "", look, SMALL);
    out
}

/// What the candidate wrote, where the terminal did not show it while they typed.
pub(super) fn echo(text: &str, look: Look) -> String {
    let mut out = String::from("\n");
    for line in text.lines() {
        push_wrapped(&mut out, &format!("> {}", printable(line)), "  ", look, Style::new());
    }
    out
}

fn push_block(out: &mut String, block: &Block, look: Look) {
    match block {
        Block::Heading { text } => push_wrapped(out, &printable(text), "", look, HEADING),
        Block::Text { text } => push_text(out, text, look),
        Block::Small { text } => push_wrapped(out, &printable(text), "", look, SMALL),
        Block::Quote { lead, words } => {
            let line = format!("{} “{}”.", printable(lead), printable(words));
            push_wrapped(out, &line, "", look, Style::new());
        }
        Block::When { lead, at } => {
            push_wrapped(out, &printable(&say::when_text(lead, *at)), "", look, SMALL);
        }
        Block::Where { lead, place } => {
            push_wrapped(out, &printable(&format!("{lead} {}", place.0)), "", look, SMALL);
        }
        Block::Bars { bars } => push_text(out, &say::bars_text(bars), look),
        Block::Ping { .. } => {}
        Block::Item { mark, text, quote } => {
            let (sign, word) = say::mark(*mark);
            let verdict = format!("{sign} {word}");
            out.push_str(&format!("  {}", painted(&format!("{verdict:<14}"), mark_style(*mark), look)));
            let body = wrapped(&printable(text), look, 16);
            out.push_str(&body.join(&format!("\n{:16}", "")));
            out.push('\n');
            if let Some(quote) = quote {
                for line in wrapped(&format!("“{}”", printable(quote)), look, 16) {
                    out.push_str(&format!("{:16}{}\n", "", painted(&line, QUOTE, look)));
                }
            }
        }
    }
}

/// Authored text: paragraphs are wrapped, fenced code is indented and left as it is.
fn push_text(out: &mut String, text: &str, look: Look) {
    let mut fenced = false;
    for line in text.trim_end().lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            out.push_str(&format!("    {}\n", printable(line)));
        } else {
            push_wrapped(out, &printable(line), "", look, Style::new());
        }
    }
}

fn push_wrapped(out: &mut String, text: &str, indent: &str, look: Look, style: Style) {
    for (place, line) in wrapped(text, look, indent.len()).into_iter().enumerate() {
        let indent = if place == 0 { "" } else { indent };
        out.push_str(&format!("{indent}{}\n", painted(&line, style, look)));
    }
}

fn wrapped(text: &str, look: Look, indent: usize) -> Vec<String> {
    let columns = if look.columns == UNWRAPPED { UNWRAPPED } else { look.columns.min(WIDTH_MAX) };
    let width = columns.saturating_sub(indent).max(WIDTH_MIN);
    textwrap::wrap(text, width).into_iter().map(std::borrow::Cow::into_owned).collect()
}

fn painted(text: &str, style: Style, look: Look) -> String {
    if look.colour && style != Style::new() { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

fn mark_style(mark: Mark) -> Style {
    let colour = match mark {
        Mark::Said | Mark::Held => AnsiColor::Green,
        Mark::Unsure | Mark::Partly => AnsiColor::Yellow,
        Mark::Missing | Mark::Believed | Mark::Fell => AnsiColor::Red,
        Mark::Open => AnsiColor::Blue,
    };
    colour.on_default()
}

/// Text without control characters and without the marks that turn its direction, which could make a
/// terminal show something else than what is there.
fn printable(text: &str) -> String {
    let turns = |character: char| matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .map(|character| if character == '\t' { ' ' } else { character })
        .filter(|&character| !character.is_control() && !turns(character))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_cannot_control_the_terminal() {
        let shown = card(
            &Card::new(CardKind::Trap).quote("You wrote", "\u{1b}[2Jgone\u{7}\u{202e}txt.exe"),
            Look { columns: 80, colour: true },
        );
        assert_eq!(shown, "\nYou wrote “[2Jgonetxt.exe”.\n");
    }

    #[test]
    fn code_is_neither_wrapped_nor_joined() {
        let text = "See this:\n```python\nx = 1  # a comment that is longer than the window\n```\nDone.";
        let shown = card(&Card::new(CardKind::Note).text(text), Look { columns: 24, colour: false });
        assert_eq!(shown, "\nSee this:\n    x = 1  # a comment that is longer than the window\nDone.\n");
    }
}
