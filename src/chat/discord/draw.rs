//! Card → messages. Pure.
//!
//! One framed message, readable on a phone; several where the text is long. Each verdict has a sign and a
//! word beside it, so that colour is never the only one. Where others can read, whatever gives an answer
//! away is hidden until it is tapped.

use jiff::Timestamp;
use serenity::model::id::RoleId;

use super::place::{self, Place};
use super::text::{self, Pages};
use super::wire::{Component, DESCRIPTION_MAX, Embed, Look, Message};
use crate::chat::press::{self, Action, Press};
use crate::core::card::{Block, Button, Card, CardKind};
use crate::core::interview::{InterviewId, Seq};
use crate::core::round::Control;
use crate::core::say;

/// Characters of one message: below Discord's limit, with room for a closing sign.
const PAGE_MAX: usize = DESCRIPTION_MAX - 96;
/// Messages of a card at the most: more than the longest question of a checked bank needs.
pub(super) const PAGES_MAX: usize = 4;
/// Among the numbers of a card's messages, that of the note which takes their place in the open.
pub(super) const NOTE: usize = PAGES_MAX;
/// And that of the opening which its thread hangs from where the answer to the command is missing.
pub(super) const OPENING: usize = PAGES_MAX + 1;
/// What marks our messages: no client shows it, and nobody else has a reason to write it.
const MARK: &str = "https://riposte.invalid/";

/// Who can read a message, and how it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// One person, who answers by writing.
    Direct,
    /// One person, who answers by a form.
    Alone,
    /// Everybody in a channel.
    Everyone,
}

/// A card as messages, in order; the last one has the buttons.
pub(super) fn card(
    card: &Card,
    interview: InterviewId,
    seq: Seq,
    audience: Audience,
    now: Timestamp,
) -> Vec<Message> {
    let pages = pages(card, audience, now);
    let last = pages.len() - 1;
    let role = role(card);
    let messages = pages.into_iter().enumerate().map(|(part, description)| {
        let embed = Embed { description, color: colour(card.kind), url: Some(mark(interview, seq, part)) };
        let message = Message::new().embed(embed).nonce(press::nonce(interview, seq, part));
        let message = match role {
            Some(role) if part == 0 => message.for_role(role),
            Some(_) | None => message,
        };
        if part == last { message.buttons(buttons(card, interview, seq, audience)) } else { message }
    });
    messages.collect()
}

/// The role that a card is for.
fn role(card: &Card) -> Option<RoleId> {
    card.blocks.iter().find_map(|block| {
        let Block::Ping { role } = block else { return None };
        place::id(role).map(RoleId::new)
    })
}

/// The note that something is there for one person alone.
pub(super) fn private_note(interview: InterviewId, seq: Seq, person: &str) -> Message {
    let show = Press { interview, seq, action: Action::Show };
    let button = show.to_id().map(|id| Component::button(Look::Primary, say::SHOW_ME, id));
    beside(interview, seq, NOTE, say::something_for(person)).buttons(button.into_iter().collect())
}

/// What a drill's thread hangs from where the answer to the command is missing.
pub(super) fn opening(interview: InterviewId, seq: Seq, person: &str) -> Message {
    beside(interview, seq, OPENING, say::drill_in_thread(person))
}

/// A message that belongs to a card without being a part of it.
fn beside(interview: InterviewId, seq: Seq, number: usize, description: String) -> Message {
    let url = Some(mark(interview, seq, number));
    let embed = Embed { description, color: colour(CardKind::Note), url };
    Message::new().embed(embed).nonce(press::nonce(interview, seq, number))
}

/// What marks a message as this part of a card.
pub(super) fn mark(interview: InterviewId, seq: Seq, part: usize) -> String {
    format!("{MARK}{}", press::nonce(interview, seq, part))
}

fn pages(card: &Card, audience: Audience, now: Timestamp) -> Vec<String> {
    let mut pages = Pages::new(PAGE_MAX);
    let hides = audience == Audience::Everyone && card.gives_away();
    let mut number = 0;
    let mut after_item = false;
    for (place, block) in card.blocks.iter().enumerate() {
        let is_item = matches!(block, Block::Item { .. });
        let is_heading = matches!(block, Block::Heading { .. });
        if place > 0 && (is_heading || (after_item && !is_item)) {
            pages.gap();
        }
        // What somebody replied to says as much as the reply.
        let aside = matches!(block, Block::Small { .. }) && card.kind != CardKind::Shown;
        // A quotation is hidden line by line: a spoiler over several lines would not show it as one.
        let is_quote = matches!(block, Block::Quote { .. });
        let hidden = hides && !is_heading && !aside && !is_quote;
        if hidden {
            pages.hide();
        }
        if is_item {
            number += 1;
        }
        let numbered = (card.kind == CardKind::Dispute).then_some(number);
        push(&mut pages, block, numbered, hides);
        pages.close_fence();
        pages.unhide();
        after_item = is_item;
    }
    if card.kind == CardKind::Ask {
        pages.line(&small(&say::asked(&format!("<t:{}:R>", now.as_second()))));
    }
    pages.finish(PAGES_MAX)
}

fn push(pages: &mut Pages, block: &Block, number: Option<usize>, hides: bool) {
    match block {
        Block::Heading { text } => each_line(pages, text, |line| format!("### {}", text::plain(line))),
        Block::Small { text } => each_line(pages, text, |line| small(&text::authored(line))),
        Block::Text { text } => push_text(pages, text),
        Block::Quote { lead, words } => {
            pages.line(&format!("{}:", text::authored(lead)));
            each_line(pages, words, |line| match text::plain(line) {
                // A bar at its end would be taken for a half of the sign that ends the spoiler.
                line if hides && line.ends_with('|') => format!("> ||{line}{}||", text::APART),
                line if hides && !line.is_empty() => format!("> ||{line}||"),
                line => format!("> {line}"),
            });
            pages.gap();
        }
        Block::When { lead, at } => {
            let at = at.as_second();
            let lead = text::authored(lead);
            pages.line(&small(&format!("{lead} <t:{at}:F> (<t:{at}:R>)")));
        }
        Block::Where { lead, place } => {
            let channel = Place::parse(&place.0).map(|place| format!("<#{}>", place.channel()));
            let lead = text::authored(lead);
            pages.line(&small(&format!("{lead} {}", channel.unwrap_or_else(|| text::plain(&place.0)))));
        }
        Block::Bars { bars } => push_text(pages, &say::bars_text(bars)),
        // The mention stands outside the frame, where it reaches those who have the role.
        Block::Ping { .. } => {}
        Block::Item { mark, text, quote } => {
            let (sign, word) = say::mark(*mark);
            let number = number.map_or(String::new(), |number| format!("{number}. "));
            let mut lead = format!("{number}{} **{word}** · ", text::plain(sign));
            each_line(pages, text, |line| format!("{}{}", std::mem::take(&mut lead), text::authored(line)));
            if let Some(words) = quote {
                each_line(pages, words, |line| small(&format!("“{}”", text::plain(line))));
            }
        }
    }
}

/// A line that stands back behind the others. In italics, since a frame shows no smaller letters everywhere.
fn small(line: &str) -> String {
    format!("*{}*", line.trim())
}

/// Authored text: paragraphs, and fenced code as it stands.
fn push_text(pages: &mut Pages, text: &str) {
    for line in text.trim_end().lines() {
        match line.trim_start().strip_prefix("```") {
            Some(_) if pages.is_fenced() => pages.close_fence(),
            Some(language) => pages.open_fence(language.trim()),
            None if pages.is_fenced() => {
                text::pieces(line).iter().for_each(|piece| pages.code_line(piece));
            }
            None => text::pieces(line).iter().for_each(|piece| pages.line(&text::authored(piece))),
        }
    }
}

fn each_line(pages: &mut Pages, text: &str, mut drawn: impl FnMut(&str) -> String) {
    for line in text.trim_end().lines() {
        for piece in text::pieces(line) {
            pages.line(&drawn(&piece));
        }
    }
}

fn buttons(card: &Card, interview: InterviewId, seq: Seq, audience: Audience) -> Vec<Component> {
    let button = |look, label: String, action| {
        let id = Press { interview, seq, action }.to_id()?;
        Some(Component::button(look, label, id))
    };
    let by_form = audience != Audience::Direct && card.buttons.contains(&Button::Skip);
    let answer = by_form.then(|| button(Look::Primary, say::ANSWER.to_owned(), Action::Answer)).flatten();
    let mut number = 0;
    let others = card.buttons.iter().filter_map(|pressed| {
        let is_next = matches!(pressed, Button::Next | Button::Answer);
        let look = if is_next { Look::Primary } else { Look::Secondary };
        let label = match pressed {
            Button::Correct(_) => {
                number += 1;
                number.to_string()
            }
            Button::Host(Control::Extend { until }) => match closes_at(card) {
                Some(closes_at) => say::extend_label(closes_at, *until),
                None => say::label(pressed).to_owned(),
            },
            Button::Blank
            | Button::Skip
            | Button::OnceMore
            | Button::NotWhatIMeant
            | Button::Next
            | Button::Stop
            | Button::Answer
            | Button::TakeBack
            | Button::HowDidIDo
            | Button::ShowAnswer
            | Button::Host(Control::Close | Control::Cancel) => say::label(pressed).to_owned(),
        };
        button(look, label, Action::Press(pressed.clone()))
    });
    answer.into_iter().chain(others).collect()
}

/// When the round of a host's card closes.
fn closes_at(card: &Card) -> Option<Timestamp> {
    card.blocks.iter().find_map(|block| {
        let Block::When { at, .. } = block else { return None };
        Some(*at)
    })
}

/// Of the frame's edge: a help for the eye, never the only sign.
fn colour(kind: CardKind) -> u32 {
    match kind {
        CardKind::Ask | CardKind::Round => 0x4f_6b_ed,
        CardKind::Trap => 0xe0_8a_1e,
        CardKind::Reveal | CardKind::Scorecard | CardKind::Result => 0x3b_a5_5d,
        CardKind::Recover | CardKind::Reask | CardKind::Dispute => 0x8a_63_d2,
        CardKind::Mark
        | CardKind::Note
        | CardKind::Farewell
        | CardKind::Shown
        | CardKind::Noted
        | CardKind::Host
        | CardKind::Dailies
        | CardKind::Step => 0x80_84_8e,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::bank::StatementId;
    use crate::core::card::Mark;
    use proptest::prelude::*;

    fn drawn(of: &Card, audience: Audience) -> Vec<serde_json::Value> {
        let now = "2026-01-05T09:00:00Z".parse().unwrap();
        let messages = card(of, InterviewId(12), Seq(3), audience, now);
        messages.iter().map(|message| serde_json::to_value(message).unwrap()).collect()
    }

    fn description(of: &Card, audience: Audience) -> String {
        drawn(of, audience)[0]["embeds"][0]["description"].as_str().unwrap().to_owned()
    }

    fn reveal() -> Card {
        Card::new(CardKind::Reveal)
            .heading("Model answer")
            .small("What does `pass` do?")
            .text("Nothing:\n```python\nif x | y:\n    pass\n```\nIt fills a_b.")
            .heading("What you said")
            .item(Mark::Said, "It does nothing.", Some("it does || nothing".to_owned()))
            .item(Mark::Missing, "A block needs a statement.", None)
            .buttons([Button::OnceMore, Button::Next])
    }

    #[test]
    fn reveal_for_one_person_alone_is_open() {
        let expected = [
            "### Model answer",
            "*What does `pass` do?*",
            "Nothing:",
            "```python",
            "if x |\u{200b} y:",
            "    pass",
            "```",
            "It fills a\\_b.",
            "",
            "### What you said",
            "✓ **said** · It does nothing.",
            "*“it does \\|\\| nothing”*",
            "✗ **missing** · A block needs a statement.",
        ];
        assert_eq!(description(&reveal(), Audience::Direct), expected.join("\n"));
    }

    #[test]
    fn f60_reveal_in_a_channel_is_hidden_until_it_is_tapped() {
        let expected = [
            "### Model answer",
            "*What does `pass` do?*",
            "||Nothing:",
            "`if x |\u{200b} y:`",
            "`    pass`",
            "It fills a\\_b.||",
            "",
            "### What you said",
            "||✓ **said** · It does nothing.",
            "*“it does \\|\\| nothing”*||",
            "||✗ **missing** · A block needs a statement.||",
        ];
        assert_eq!(description(&reveal(), Audience::Everyone), expected.join("\n"));
    }

    #[test]
    fn f59_times_are_shown_in_the_zone_of_the_reader() {
        let ask = Card::new(CardKind::Ask).text("Why?").buttons([Button::Blank, Button::Skip, Button::Stop]);
        assert_eq!(description(&ask, Audience::Everyone), "Why?\n*Asked <t:1767603600:R>.*");
        let labels = |audience| {
            let row = drawn(&ask, audience)[0]["components"][0]["components"].clone();
            let labels = row.as_array().unwrap().iter().map(|b| b["label"].as_str().unwrap().to_owned());
            labels.collect::<Vec<_>>().join(" · ")
        };
        assert_eq!(labels(Audience::Everyone), "Answer · I'm blank · Skip · Stop");
        assert_eq!(labels(Audience::Direct), "I'm blank · Skip · Stop");
    }

    #[test]
    fn host_reads_how_much_longer_a_button_keeps_the_round_open() {
        let card = say::round_host(&"discord:1:2".into(), "2026-01-05T09:10:00Z".parse().unwrap(), 0);
        let sent = &drawn(&card, Audience::Alone)[0];
        let row = sent["components"][0]["components"].as_array().unwrap();
        let labels: Vec<_> = row.iter().map(|button| button["label"].as_str().unwrap()).collect();
        let longer = ["Keep it open 10 minutes more", "Keep it open 1 hour more"];
        assert_eq!(labels, ["Close now", longer[0], longer[1], "Call it off"]);
        assert!(
            description(&card, Audience::Alone).ends_with("*It closes <t:1767604200:F> (<t:1767604200:R>)*")
        );
    }

    #[test]
    fn f60_answer_that_is_shown_is_hidden_with_all_that_it_answers() {
        let shown = Card::new(CardKind::Shown).quote("Their answer", "it ||does||").small("And `pass`?");
        let text = description(&shown.quote("Their reply", "nothing\n\nat all"), Audience::Everyone);
        let expected = [
            "Their answer:",
            "> ||it \\|\\|does\\|\\|\u{200b}||",
            "",
            "||*And `pass`?*||",
            "Their reply:",
            "> ||nothing||",
            "> ",
            "> ||at all||",
        ];
        assert_eq!(text, expected.join("\n"));
    }

    #[test]
    fn f40_quoted_text_cannot_leave_its_quotation() {
        let words = "```\n@everyone <@1> **bold** ||no||\n# big\n`a` [x](https://x.y) \u{202e}gnp";
        let trap = Card::new(CardKind::Trap).quote("You wrote", words).text("And then?");
        let expected = [
            "You wrote:",
            "> \\`~\\`~\\`~",
            "> @~everyone \\<@~1\\> \\*\\*bold\\*\\* \\|\\|no\\|\\|",
            "> \\# big",
            "> \\`~a\\`~ \\[x\\](https:~//x.y) gnp",
            "",
            "And then?",
        ];
        let expected = expected.join("\n").replace('~', "\u{200b}");
        assert_eq!(description(&trap, Audience::Everyone), expected);
    }

    #[test]
    fn statements_to_dispute_are_numbered_like_their_buttons() {
        let mut dispute = Card::new(CardKind::Dispute).text("Which of these did I get wrong?");
        for id in ["a", "b", "c", "d", "e", "f"] {
            let statement = Button::Correct(StatementId(id.to_owned()));
            dispute = dispute.item(Mark::Said, id, None).buttons([statement]);
        }
        let sent = &drawn(&dispute, Audience::Alone)[0];
        assert_eq!(sent["components"].as_array().unwrap().len(), 2, "five buttons a row");
        assert_eq!(sent["components"][1]["components"][0]["label"], "6");
        assert!(description(&dispute, Audience::Alone).contains("6. ✓ **said** · f"));
    }

    /// Fences and spoilers that are opened are closed.
    fn is_balanced(page: &str) -> bool {
        let outside: String = page.split("```").step_by(2).collect();
        let even = |count: usize| count.is_multiple_of(2);
        even(page.matches("```").count())
            && even(outside.replace("\\\\", "").replace("\\|", "").matches("||").count())
    }

    proptest! {
        #[test]
        fn f36_whatever_is_said_fits(
            words in "\\PC{0,40}|[`|*_~a\\n\u{200d}👨‍👩‍👧é]{0,300}|(👨‍👩‍👧|e\u{301}){1000,1300}",
            text in "([a-z `|\\n]{0,30}(```py\\n)?){0,200}",
            everyone: bool,
        ) {
            let kind = CardKind::Reveal;
            let of = Card::new(kind).quote("You wrote", words.clone()).text(text).item(Mark::Said, "x", Some(words));
            let audience = if everyone { Audience::Everyone } else { Audience::Direct };
            let messages = drawn(&of, audience);
            prop_assert!((1..=PAGES_MAX).contains(&messages.len()));
            for message in messages {
                let page = message["embeds"][0]["description"].as_str().unwrap();
                prop_assert!(!page.is_empty());
                prop_assert!(text::length(page) <= DESCRIPTION_MAX, "{}", text::length(page));
                prop_assert!(is_balanced(page), "{page}");
            }
        }
    }

    #[test]
    fn graphemes_are_never_cut() {
        let family = "👨‍👩‍👧";
        assert_eq!(text::beginning(&family.repeat(20), 100), family.repeat(12));
        assert_eq!(text::beginning("Drill with Ana", 100), "Drill with Ana");
        for piece in text::pieces(&family.repeat(900)) {
            assert_eq!(piece.replace(family, ""), "");
        }
    }
}
