//! Card → messages. Pure.
//!
//! Each verdict has a sign and a word beside it, so that colour is never the only one. Text goes into blocks
//! whose looks are data: nothing that anybody wrote is read as mark-up.

use jiff::Timestamp;

use super::place;
use super::wire::{Block, Element, Inline, Message, ROW_MAX, Rich, TEXT_MAX, Text};
use crate::chat::Place;
use crate::chat::press::{self, Action, Press};
use crate::chat::text::{is_shown, length, pieces};
use crate::core::card::{self, Button, Card, CardKind};
use crate::core::chart::Bars;
use crate::core::interview::{InterviewId, Seq};
use crate::core::round::Control;
use crate::core::say;

/// Messages of a card at the most: more than the longest question of a checked bank needs.
pub(super) const PAGES_MAX: usize = 4;
/// The note in place of a private card, among the parts of the card.
pub(super) const NOTE: usize = PAGES_MAX;
/// Characters of a message at the most: what is read without scrolling twice, and below the length at which
/// Slack refuses a message, which it tells nobody.
const PAGE_MAX: usize = 8_000;
/// Blocks of a message at the most: Slack's limit less the buttons, the time, whose question it is, and a sign that
/// something is left out.
const PAGE_BLOCKS_MAX: usize = super::wire::BLOCKS_MAX - 4;
/// Characters of the line that stands for a message in notifications.
const NOTICE_MAX: usize = 150;
/// Where a person's name stands in a sentence.
const PERSON: &str = "{person}";
/// In place of words that hold nothing to show, and of what is left out.
const NOTHING: &str = "…";

/// Who can read a message, and how it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// One person, who answers by writing.
    Direct,
    /// One person in a channel, who answers by a form.
    Alone,
    /// The same where no thread belongs to them: in a round.
    Aside,
    /// Everybody in a channel.
    Everyone,
}

/// What a line with an instant takes of a message's room, whatever the reader's clocks make of it.
const TIME_ROOM: usize = 100;

/// A card as messages, in order; the last one has the buttons.
pub(super) fn card(
    card: &Card,
    interview: InterviewId,
    seq: Seq,
    audience: Audience,
    now: Timestamp,
) -> Vec<Message> {
    let card = &seen_by(card, audience);
    let mut pages = pages(card);
    if let Some(last) = pages.last_mut() {
        if card.kind == CardKind::Ask {
            last.push(Block::Context { elements: vec![Text::time(now, say::asked)] });
        }
        last.extend(buttons(card, interview, seq, audience));
    }
    let messages = pages
        .into_iter()
        .enumerate()
        .map(|(part, blocks)| Message::new(&notice(card), blocks).keyed(press::nonce(interview, seq, part)));
    messages.collect()
}

/// How many messages a card is, for these readers.
pub(super) fn parts(card: &Card, audience: Audience) -> usize {
    pages(&seen_by(card, audience)).len()
}

/// A card without its buttons, to stand above a field. Of a round, the question alone: how many have answered was
/// so when it was posted.
pub(super) fn above_field(card: &Card) -> Vec<Block> {
    let mut card = card.clone();
    if card.kind == CardKind::Round {
        card.blocks.retain(|block| matches!(block, card::Block::Text { .. }));
    }
    pages(&card).into_iter().next().unwrap_or_default()
}

/// What of a card these readers see. Slack cannot hide a text until it is tapped, so the model answer of a round is
/// left to a button, which shows it to whoever presses it alone.
fn seen_by(card: &Card, audience: Audience) -> Card {
    if card.kind != CardKind::Result {
        return card.clone();
    }
    let is_heading = |block: &card::Block| matches!(block, card::Block::Heading { .. });
    let is_text = |block: &card::Block| matches!(block, card::Block::Text { .. });
    let heading = card.blocks.iter().take_while(|block| is_heading(block)).count().min(1);
    let texts = card.blocks.iter().skip(heading).take_while(|block| is_text(block)).count();
    let (model, counts) = card.blocks.split_at(heading + texts);
    match audience {
        Audience::Everyone => Card { blocks: counts.to_vec(), ..card.clone() },
        Audience::Direct | Audience::Alone | Audience::Aside => {
            Card { blocks: model.to_vec(), buttons: Vec::new(), ..card.clone() }
        }
    }
}

/// The counts of a card.
pub(super) fn bars(card: &Card) -> Option<&Bars> {
    card.blocks.iter().find_map(|block| {
        let card::Block::Bars { bars } = block else { return None };
        Some(bars)
    })
}

/// The note in a thread that something is there for one person alone.
pub(super) fn private_note(interview: InterviewId, seq: Seq, user: &str) -> Message {
    let text = naming(&say::something_for(PERSON), user);
    let show = Press { interview, seq, action: Action::Show };
    let button = show.to_id().map(|id| Element::button(say::SHOW_ME, id, true));
    Message::new(say::SHOW_ME, vec![text])
        .with(rows(button.into_iter().collect()))
        .keyed(press::nonce(interview, seq, NOTE))
}

/// Whose question it is, to stand above it in a channel.
pub(super) fn whose(user: &str) -> Block {
    naming(&say::slack::question_for(PERSON), user)
}

/// That a question is not where it was asked for, to stand above it.
pub(super) fn moved() -> Block {
    Block::Context { elements: vec![Text::plain(say::slack::MOVED_TO_DIRECT)] }
}

/// Whose card it is that everybody may read, to stand above it.
pub(super) fn shown_by(user: &str) -> Block {
    naming(&say::slack::shown_by(PERSON), user)
}

/// Whose answer in a round it is, to stand above it.
pub(super) fn answered_by(user: &str) -> Block {
    naming(&say::shown_by(PERSON), user)
}

/// The way to a message.
pub(super) fn link(label: &str, url: String) -> Block {
    let elements = vec![Inline::Link { url, text: label.to_owned() }];
    Block::RichText { elements: vec![Rich::Section { elements }] }
}

/// A sentence of ours.
pub(super) fn sentence(text: &str) -> Block {
    Block::RichText { elements: vec![Rich::Section { elements: Inline::authored(text) }] }
}

/// A sentence with somebody's name in it.
fn naming(sentence: &str, user: &str) -> Block {
    let (before, after) = sentence.split_once(PERSON).unwrap_or((sentence, " "));
    let user_id = user.to_owned();
    let stretches = [Inline::plain(before), Inline::User { user_id }, Inline::plain(after)];
    let is_something = |stretch: &Inline| *stretch != Inline::plain("");
    let elements = stretches.into_iter().filter(is_something).collect();
    Block::RichText { elements: vec![Rich::Section { elements }] }
}

/// Buttons in rows.
pub(super) fn rows(buttons: Vec<Element>) -> Vec<Block> {
    let rows = buttons.chunks(ROW_MAX).map(|row| Block::actions(row.to_vec()));
    rows.collect()
}

/// The first line of ours, which stands for the card in notifications.
fn notice(card: &Card) -> String {
    let line = card.blocks.iter().find_map(|block| {
        let (card::Block::Heading { text } | card::Block::Text { text }) = block else { return None };
        text.lines().next()
    });
    let small = card.blocks.iter().find_map(|block| {
        let card::Block::Small { text } = block else { return None };
        text.lines().next()
    });
    line.or(small).unwrap_or(say::slack::home::TITLE).chars().take(NOTICE_MAX).collect()
}

/// The blocks of each message.
fn pages(card: &Card) -> Vec<Vec<Block>> {
    let mut pages = Pages::default();
    let mut number = 0;
    let mut after_item = false;
    for block in &card.blocks {
        let is_item = matches!(block, card::Block::Item { .. });
        if std::mem::replace(&mut after_item, is_item) && !is_item {
            pages.gap();
        }
        match block {
            card::Block::Heading { text } => {
                pages.gap();
                each_line(text, |line| pages.paragraph(vec![Inline::bold(line)]));
            }
            card::Block::Small { text } => each_line(text, |line| pages.small(line)),
            card::Block::Text { text } => push_text(&mut pages, text),
            card::Block::Quote { lead, words } => {
                pages.paragraph(Inline::authored(&format!("{lead}:")));
                each_line(words, |line| {
                    let size = length(&line);
                    pages.add(Rich::Quote { elements: vec![Inline::plain(line)] }, size);
                });
            }
            card::Block::Item { mark, text, quote } => {
                number += 1;
                let numbered = (card.kind == CardKind::Dispute).then_some(number);
                push_item(&mut pages, *mark, text, quote.as_deref(), numbered);
            }
            card::Block::When { lead, at } => {
                pages.small_block(Text::time(*at, |at| format!("{lead} {at}").trim_start().to_owned()));
            }
            card::Block::Where { lead, place } => {
                pages.paragraph(whereabouts(lead, place));
            }
            card::Block::Bars { bars } => {
                each_line(&say::bars_text(bars), |line| pages.paragraph(vec![Inline::plain(line)]));
            }
            card::Block::Ping { role } => {
                // What is no id would have the whole message refused.
                if place::is_id(role) {
                    pages.paragraph(vec![Inline::Usergroup { usergroup_id: role.clone() }]);
                }
            }
        }
    }
    pages.finish()
}

/// Where it is, by the channel's name.
fn whereabouts(lead: &str, place: &Place) -> Vec<Inline> {
    // Front end, workspace, channel.
    let channel = place.0.split(':').nth(2).map(|id| Inline::Channel { channel_id: id.to_owned() });
    let channel = channel.unwrap_or_else(|| Inline::plain(&place.0));
    vec![Inline::plain(format!("{lead} ")), channel]
}

/// Where something is that is spoken of elsewhere.
pub(super) fn about(place: &Place) -> Block {
    Block::RichText { elements: vec![Rich::Section { elements: whereabouts(say::slack::ABOUT, place) }] }
}

/// Authored text: paragraphs, and fenced code as it stands.
fn push_text(pages: &mut Pages, text: &str) {
    let mut code: Option<Vec<String>> = None;
    for line in text.trim_end().lines() {
        let is_fence = line.trim_start().starts_with("```");
        code = match (code, is_fence) {
            (None, true) => Some(Vec::new()),
            (None, false) => {
                if !line.trim().is_empty() {
                    each_line(line, |piece| pages.paragraph(Inline::authored(&piece)));
                }
                None
            }
            (Some(lines), true) => {
                pages.code(&lines);
                None
            }
            (Some(mut lines), false) => {
                lines.extend(pieces(line, TEXT_MAX));
                Some(lines)
            }
        };
    }
    if let Some(lines) = code {
        pages.code(&lines);
    }
}

fn push_item(pages: &mut Pages, mark: card::Mark, text: &str, quote: Option<&str>, number: Option<usize>) {
    let (sign, word) = say::mark(mark);
    let number = number.map_or(String::new(), |number| format!("{number}. "));
    let mut lead = vec![Inline::plain(format!("{number}{sign} ")), Inline::bold(word), Inline::plain(" · ")];
    each_line(text, |line| {
        let mut stretches = std::mem::take(&mut lead);
        stretches.extend(Inline::authored(&line));
        pages.paragraph(stretches);
    });
    if let Some(words) = quote {
        each_line(words, |line| pages.paragraph(vec![Inline::italic(format!("“{line}”"))]));
    }
}

/// Lines in pieces that fit, without what would turn or hide the text after it. One at least.
fn each_line(text: &str, mut then: impl FnMut(String)) {
    let text = text.trim_end();
    let lines = if text.is_empty() { vec![NOTHING] } else { text.lines().collect() };
    for line in lines {
        let shown: String =
            line.chars().map(|c| if c == '\t' { ' ' } else { c }).filter(|&c| is_shown(c)).collect();
        for piece in pieces(&shown, TEXT_MAX) {
            then(if piece.trim().is_empty() { " ".to_owned() } else { piece });
        }
    }
}

fn buttons(card: &Card, interview: InterviewId, seq: Seq, audience: Audience) -> Vec<Block> {
    let button = |label: &str, primary, action| {
        let id = Press { interview, seq, action }.to_id()?;
        Some(Element::button(label, id, primary))
    };
    let by_form = audience != Audience::Direct && card.buttons.contains(&Button::Skip);
    let answer = by_form.then(|| button(say::ANSWER, true, Action::Answer)).flatten();
    let holds_back = card.kind == CardKind::Result && audience == Audience::Everyone;
    let model = holds_back.then(|| button(say::slack::MODEL_ANSWER, false, Action::Show)).flatten();
    let shown_all =
        audience == Audience::Alone && matches!(card.kind, CardKind::Reveal | CardKind::Scorecard);
    let show_all = shown_all.then(|| button(say::slack::SHOW_ALL, false, Action::ShowAll)).flatten();
    let mut number = 0;
    let others = card.buttons.iter().filter_map(|pressed| {
        if let Button::Correct(_) = pressed {
            number += 1;
        }
        let is_next = matches!(pressed, Button::Next | Button::Answer);
        button(&label(card, pressed, number), is_next, Action::Press(pressed.clone()))
    });
    let rows = rows(answer.into_iter().chain(model).chain(others).chain(show_all).collect());
    // Rows of their own would have the same name; the few buttons of a result are one.
    if holds_back { rows.into_iter().map(Block::in_channel).collect() } else { rows }
}

/// What stands on a button; statements are known by their number.
fn label(card: &Card, button: &Button, number: usize) -> String {
    match button {
        Button::Correct(_) => number.to_string(),
        Button::Host(Control::Extend { until }) => match closes_at(card) {
            Some(closes_at) => say::extend_label(closes_at, *until),
            None => say::label(button).to_owned(),
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
        | Button::Host(Control::Close | Control::Cancel) => say::label(button).to_owned(),
    }
}

/// When the round of a host's card closes.
fn closes_at(card: &Card) -> Option<Timestamp> {
    card.blocks.iter().find_map(|block| {
        let card::Block::When { at, .. } = block else { return None };
        Some(*at)
    })
}

/// Blocks of messages, filled one after the other.
#[derive(Debug, Default)]
struct Pages {
    full: Vec<Vec<Block>>,
    page: Vec<Block>,
    /// Characters in it.
    used: usize,
    /// Characters in its last block.
    in_block: usize,
    /// Whether what follows is another block.
    is_apart: bool,
}

impl Pages {
    fn paragraph(&mut self, elements: Vec<Inline>) {
        let size = elements.iter().map(length_of).sum();
        self.add(Rich::Section { elements }, size);
    }

    /// Code in as many blocks as it needs, so that no line is cut where it need not be.
    fn code(&mut self, lines: &[String]) {
        let mut block = String::new();
        for line in lines {
            if !block.is_empty() && length(&block) + length(line) + 1 > TEXT_MAX {
                self.preformatted(std::mem::take(&mut block));
            }
            if !block.is_empty() {
                block.push('\n');
            }
            block.push_str(line);
        }
        if !block.is_empty() {
            self.preformatted(block);
        }
    }

    fn preformatted(&mut self, text: String) {
        let size = length(&text);
        self.add(Rich::Preformatted { elements: vec![Inline::plain(text)] }, size);
    }

    /// Keeps what follows apart: Slack leaves room between blocks and none within one.
    fn gap(&mut self) {
        self.is_apart = true;
    }

    /// Adds a paragraph of so many characters.
    fn add(&mut self, paragraph: Rich, size: usize) {
        self.make_room(size);
        let joins = self.in_block + size <= TEXT_MAX && !std::mem::take(&mut self.is_apart);
        match self.page.last_mut() {
            Some(Block::RichText { elements }) if joins => elements.push(paragraph),
            Some(_) | None => {
                self.page.push(Block::RichText { elements: vec![paragraph] });
                self.in_block = 0;
            }
        }
        self.in_block += size;
        self.used += size;
    }

    fn small(&mut self, line: String) {
        let size = length(&line);
        self.make_room(size);
        self.page.push(Block::Context { elements: vec![Text::plain(line)] });
        self.used += size;
    }

    /// A small line with an instant in it.
    fn small_block(&mut self, line: Text) {
        self.make_room(TIME_ROOM);
        self.page.push(Block::Context { elements: vec![line] });
        self.used += TIME_ROOM;
    }

    fn make_room(&mut self, size: usize) {
        let full = self.used + size > PAGE_MAX || self.page.len() >= PAGE_BLOCKS_MAX;
        if full && !self.page.is_empty() {
            self.full.push(std::mem::take(&mut self.page));
            self.used = 0;
        }
    }

    /// All of them; at least one, [`PAGES_MAX`] at the most, the rest is left out with a sign of it.
    fn finish(mut self) -> Vec<Vec<Block>> {
        if !self.page.is_empty() || self.full.is_empty() {
            self.full.push(self.page);
        }
        if self.full.len() > PAGES_MAX {
            self.full.truncate(PAGES_MAX);
            if let Some(last) = self.full.last_mut() {
                last.push(Block::Context { elements: vec![Text::plain(NOTHING)] });
            }
        }
        self.full
    }
}

fn length_of(stretch: &Inline) -> usize {
    match stretch {
        Inline::Text { text, .. } => length(text),
        Inline::User { user_id: id }
        | Inline::Usergroup { usergroup_id: id }
        | Inline::Channel { channel_id: id } => length(id),
        Inline::Link { text, .. } => length(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::slack::wire::BLOCKS_MAX;
    use crate::core::bank::StatementId;
    use crate::core::card::Mark;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn drawn(of: &Card, audience: Audience) -> Vec<Value> {
        let now = "2026-01-05T09:00:00Z".parse().unwrap();
        let messages = card(of, InterviewId(12), Seq(3), audience, now);
        messages.iter().map(|message| serde_json::to_value(message).unwrap()).collect()
    }

    /// Every text below a node that is shown, with the type of what holds it.
    fn texts(node: &Value, found: &mut Vec<(String, String)>) {
        match node {
            Value::Object(object) => {
                if let (Some(kind), Some(text)) = (node["type"].as_str(), node["text"].as_str()) {
                    found.push((kind.to_owned(), text.to_owned()));
                }
                object.values().for_each(|value| texts(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn shown(of: &Value) -> Vec<(String, String)> {
        let mut found = Vec::new();
        texts(&of["blocks"], &mut found);
        found
    }

    fn labels(of: &Value) -> Vec<String> {
        let actions = of["blocks"].as_array().unwrap().iter().filter(|block| block["type"] == "actions");
        let buttons = actions.flat_map(|row| row["elements"].as_array().unwrap().clone());
        buttons.map(|button| button["text"]["text"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn reveal_keeps_code_and_shows_each_verdict_by_sign_and_word() {
        let reveal = Card::new(CardKind::Reveal)
            .heading("Model answer")
            .text("Nothing:\n```python\nif x:\n    pass\n```\nIt fills `a_b`.")
            .item(Mark::Said, "It does nothing.", Some("it does *nothing*".to_owned()))
            .buttons([Button::OnceMore, Button::Next]);
        let sent = &drawn(&reveal, Audience::Alone)[0];
        let section = |elements: Value| json!({"type": "rich_text_section", "elements": elements});
        let text = |text: &str| json!({"type": "text", "text": text});
        let styled = |text: &str, style: &str| json!({"type": "text", "text": text, "style": {style: true}});
        let code = json!({"type": "rich_text_preformatted", "elements": [text("if x:\n    pass")]});
        let expected = json!([
            section(json!([styled("Model answer", "bold")])),
            section(json!([text("Nothing:")])),
            code,
            section(json!([text("It fills "), styled("a_b", "code"), text(".")])),
            section(json!([text("✓ "), styled("said", "bold"), text(" · "), text("It does nothing.")])),
            section(json!([styled("“it does *nothing*”", "italic")])),
        ]);
        assert_eq!(sent["blocks"][0]["elements"], expected);
    }

    #[test]
    fn how_it_is_answered_depends_on_who_reads_along() {
        let ask = Card::new(CardKind::Ask).text("Why?").buttons([Button::Blank, Button::Skip, Button::Stop]);
        assert_eq!(labels(&drawn(&ask, Audience::Everyone)[0]), ["Answer", "I'm blank", "Skip", "Stop"]);
        assert_eq!(labels(&drawn(&ask, Audience::Direct)[0]), ["I'm blank", "Skip", "Stop"]);
        let reveal = Card::new(CardKind::Reveal).text("So.").buttons([Button::Next]);
        assert_eq!(labels(&drawn(&reveal, Audience::Alone)[0]), ["Next question", "Show all"]);
        assert_eq!(labels(&drawn(&reveal, Audience::Everyone)[0]), ["Next question"]);
        assert_eq!(labels(&drawn(&reveal, Audience::Direct)[0]), ["Next question"]);
    }

    #[test]
    fn f59_times_are_shown_in_the_zone_of_the_reader() {
        let sent = drawn(&Card::new(CardKind::Ask).text("Why?"), Audience::Everyone);
        let (kind, text) = shown(&sent[0]).pop().unwrap();
        assert_eq!(kind, "mrkdwn");
        assert!(text.starts_with("Asked <!date^1767603600^"), "{text}");
    }

    #[test]
    fn f60_model_answer_of_a_round_is_shown_to_whoever_asks_for_it_alone() {
        let bars = Bars { of: 3, bars: vec![("It fills a block.".to_owned(), 2)] };
        let mut result =
            Card::new(CardKind::Result).heading("Model answer").text("Nothing.").text("Since it is.");
        result = result.heading("How many said each point");
        result.blocks.push(card::Block::Bars { bars });
        let result = result.buttons([Button::HowDidIDo, Button::ShowAnswer, Button::OnceMore]);
        let texts = |audience| {
            let sent = drawn(&result, audience);
            let all = shown(&sent[0]).into_iter().filter(|(kind, _)| kind == "text").map(|(_, text)| text);
            (all.collect::<Vec<_>>(), labels(&sent[0]), sent[0]["text"].clone())
        };
        let (everybody, buttons, notice) = texts(Audience::Everyone);
        assert_eq!(everybody, ["How many said each point", "1. 2 of 3: It fills a block."]);
        assert_eq!(buttons, [say::slack::MODEL_ANSWER, "How did I do?", "Show my answer", "Once more"]);
        assert_eq!(notice, "How many said each point");
        let (alone, buttons, _) = texts(Audience::Aside);
        assert_eq!(alone, ["Model answer", "Nothing.", "Since it is."]);
        assert!(buttons.is_empty());
    }

    #[test]
    fn host_reads_how_much_longer_a_button_keeps_the_round_open() {
        let card = say::round_host(&"slack:T1:C1".into(), "2026-01-05T09:10:00Z".parse().unwrap(), 0);
        let longer = ["Keep it open 10 minutes more", "Keep it open 1 hour more"];
        assert_eq!(
            labels(&drawn(&card, Audience::Aside)[0]),
            ["Close now", longer[0], longer[1], "Call it off"]
        );
    }

    #[test]
    fn s1_only_the_one_group_of_a_card_is_mentioned() {
        let groups = |role: &str| {
            let mut card = Card::new(CardKind::Round).text("<!subteam^S1> <!here> @channel");
            card.blocks.push(card::Block::Ping { role: role.to_owned() });
            let sent = drawn(&card, Audience::Everyone)[0].to_string();
            sent.matches("usergroup_id").count()
        };
        assert_eq!([groups("S9"), groups(""), groups("<!here>"), groups("S9>")], [1, 0, 0, 0]);
    }

    #[test]
    fn f41_quoted_mentions_stay_text() {
        let words = "<!channel> <!here> <@U1> <http://x|y> *bold* `code` :smile:";
        let of = Card::new(CardKind::Trap).quote("You wrote", words).text("And then?").item(
            Mark::Said,
            "x",
            Some(words.to_owned()),
        );
        let sent = &drawn(&of, Audience::Everyone)[0];
        let quoted: Vec<_> = shown(sent).into_iter().filter(|(_, text)| text.contains("channel")).collect();
        assert_eq!(quoted.len(), 2);
        assert!(quoted.iter().all(|(kind, _)| kind == "text"), "rich text is never read as mark-up");
        assert_eq!(quoted[0].1, words);
        assert_eq!(sent["text"], "And then?", "no notification holds anybody's words");
    }

    #[test]
    fn note_names_its_person_and_holds_nothing_else() {
        let note = serde_json::to_value(private_note(InterviewId(12), Seq(3), "U7")).unwrap();
        let named = json!({"type": "user", "user_id": "U7"});
        assert_eq!(note["blocks"][0]["elements"][0]["elements"][1], named);
        assert_eq!(labels(&note), ["Show me"]);
    }

    #[test]
    fn statements_to_dispute_are_numbered_like_their_buttons() {
        let mut dispute = Card::new(CardKind::Dispute).text("Which of these did I get wrong?");
        for id in ["a", "b", "c"] {
            dispute =
                dispute.item(Mark::Said, id, None).buttons([Button::Correct(StatementId(id.to_owned()))]);
        }
        let sent = &drawn(&dispute, Audience::Alone)[0];
        assert_eq!(labels(sent), ["1", "2", "3"]);
        assert!(shown(sent).iter().any(|(_, text)| text == "3. ✓ "), "{sent}");
    }

    proptest! {
        #[test]
        fn f36_whatever_is_said_fits(
            words in "\\PC{0,40}|[`|*_~a\\n\u{200d}\u{202e}👨‍👩‍👧é<>&]{0,300}|(👨‍👩‍👧|e\u{301}){1000,1300}",
            text in "([a-z `|\\n]{0,30}(```py\\n?)?){0,200}",
        ) {
            let of = Card::new(CardKind::Reveal)
                .quote("You wrote", words.clone())
                .text(text)
                .item(Mark::Said, "x", Some(words));
            let messages = drawn(&of, Audience::Alone);
            prop_assert!((1..=PAGES_MAX).contains(&messages.len()));
            for message in messages {
                prop_assert!(message["blocks"].as_array().unwrap().len() <= BLOCKS_MAX);
                for (_, text) in shown(&message) {
                    prop_assert!(!text.is_empty());
                    prop_assert!(length(&text) <= TEXT_MAX + 8, "{}", length(&text));
                    let is_turned = text.contains('\u{202e}');
                    prop_assert!(!is_turned);
                }
            }
        }
    }
}
