//! What goes over the wire to Slack, as types. Every message that Riposte sends is made here, so that people's
//! words can only stand in text that Slack does not read as mark-up.

use serde::Serialize;

use crate::core::say;

/// Blocks of a message at the most; Slack's limit.
pub(super) const BLOCKS_MAX: usize = 50;
/// Characters of a text in a block at the most; Slack's limit for the strictest kind that is used here.
pub(super) const TEXT_MAX: usize = 2_000;
/// Buttons in a row at the most; Slack's limit.
pub(super) const ROW_MAX: usize = 25;
/// Characters on a button at the most; Slack's limit.
const BUTTON_MAX: usize = 75;
/// Characters of the title of a form, and of its buttons, at the most; Slack's limit.
const TITLE_MAX: usize = 24;
/// Characters that fit into a field; Slack's limit. A longer answer is written as a message.
const INPUT_MAX: usize = 3_000;
/// The block of a form that holds the field, and the field.
pub(super) const FIELD: &str = "answer";
/// The block of buttons whose message is seen from the channel, though it stands in a thread. A press on them does
/// not say from where.
pub(super) const IN_CHANNEL: &str = "in_channel";
/// What says that a message is a card.
pub(super) const EVENT_TYPE: &str = "riposte_card";

/// A message, as Slack takes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Message {
    /// Shown where blocks cannot be, as in a notification. Never anybody's words.
    text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blocks: Vec<Block>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata>,
}

/// What only the app sees of a message, and gets back with the history.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Metadata {
    event_type: &'static str,
    event_payload: Payload,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Payload {
    key: String,
}

/// Where a message stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// The channel.
    pub(super) channel: String,
    /// The thread in it.
    pub(super) thread: Option<String>,
    /// Whether what stands in the thread is seen from the channel as well.
    pub(super) in_channel_too: bool,
}

/// A message with its place, for `chat.postMessage`.
#[derive(Debug, Serialize)]
pub(super) struct Public<'a> {
    channel: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_ts: Option<&'a str>,
    #[serde(skip_serializing_if = "is_false")]
    reply_broadcast: bool,
    unfurl_links: bool,
    unfurl_media: bool,
    #[serde(flatten)]
    message: &'a Message,
}

/// What a message says from here on, for `chat.update`.
#[derive(Debug, Serialize)]
pub(super) struct Update<'a> {
    channel: &'a str,
    ts: &'a str,
    #[serde(flatten)]
    message: &'a Message,
}

/// A message for one person alone, for `chat.postEphemeral`.
#[derive(Debug, Serialize)]
pub(super) struct Private<'a> {
    channel: &'a str,
    user: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_ts: Option<&'a str>,
    #[serde(flatten)]
    message: Message,
}

/// A message for one person alone, as the answer to something that they did.
#[derive(Debug, Serialize)]
pub(super) struct Reply {
    response_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    replace_original: Option<bool>,
    #[serde(flatten)]
    message: Message,
}

/// A piece of a message or a page.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Block {
    /// Text with its looks as data, so that nothing in it is mark-up.
    RichText { elements: Vec<Rich> },
    /// Smaller lines.
    Context { elements: Vec<Text> },
    /// Buttons.
    Actions {
        /// What stands there.
        elements: Vec<Element>,
        /// [`IN_CHANNEL`], or Slack's own.
        #[serde(skip_serializing_if = "Option::is_none")]
        block_id: Option<&'static str>,
    },
    /// A heading of a page.
    Header { text: Text },
    /// A line across.
    Divider,
    /// A picture that was sent before.
    Image { alt_text: String, slack_file: SlackFile },
    /// A field of a form.
    Input { block_id: &'static str, label: Text, element: Box<Element> },
}

/// A file by its id.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct SlackFile {
    id: String,
}

/// A paragraph.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type")]
pub(super) enum Rich {
    /// Of text.
    #[serde(rename = "rich_text_section")]
    Section { elements: Vec<Inline> },
    /// Of code.
    #[serde(rename = "rich_text_preformatted")]
    Preformatted { elements: Vec<Inline> },
    /// Of somebody's words.
    #[serde(rename = "rich_text_quote")]
    Quote { elements: Vec<Inline> },
}

/// A stretch of text that looks the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Inline {
    /// Text.
    Text {
        /// As it is.
        text: String,
        /// How it looks.
        #[serde(skip_serializing_if = "Option::is_none")]
        style: Option<Style>,
    },
    /// Somebody's name, which notifies them only in a channel that they follow.
    User {
        /// Who.
        user_id: String,
    },
    /// A channel's name.
    Channel {
        /// Which.
        channel_id: String,
    },
    /// A user group, which notifies those in it.
    Usergroup {
        /// Which.
        usergroup_id: String,
    },
    /// A way to somewhere else in Slack.
    Link {
        /// Where.
        url: String,
        /// What stands there instead.
        text: String,
    },
}

/// How a stretch of text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Style {
    #[serde(skip_serializing_if = "is_false")]
    bold: bool,
    #[serde(skip_serializing_if = "is_false")]
    italic: bool,
    #[serde(skip_serializing_if = "is_false")]
    code: bool,
}

/// A text object.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Text {
    /// As it is.
    PlainText {
        /// The text.
        text: String,
        /// Whether `:smile:` becomes a picture.
        emoji: bool,
    },
    /// Slack's own mark-up. Made by [`Text::time`] alone.
    Mrkdwn {
        /// The text.
        text: String,
        /// Whether nothing in it becomes a link by itself.
        verbatim: bool,
    },
}

/// Something to press or to fill in.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Element {
    /// A button.
    Button {
        text: Text,
        action_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        style: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        confirm: Option<Confirm>,
    },
    /// A list to choose one from.
    StaticSelect { action_id: String, placeholder: Text, options: Vec<Choice> },
    /// A field for a longer text.
    PlainTextInput { action_id: &'static str, multiline: bool, max_length: usize },
}

/// A question before a button does what it says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Confirm {
    title: Text,
    text: Text,
    confirm: Text,
    deny: Text,
    style: &'static str,
}

/// One choice of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Choice {
    text: Text,
    value: String,
}

/// A page of its own: a form, or the app's home.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum View {
    /// A form.
    Modal { title: Text, submit: Text, close: Text, callback_id: String, blocks: Vec<Block> },
    /// The app's home.
    Home { blocks: Vec<Block> },
}

fn is_false(value: &bool) -> bool {
    !*value
}

impl Message {
    /// A message of blocks. `text` stands for it in notifications; it is ours, never anybody's words.
    pub(super) fn new(text: &str, blocks: Vec<Block>) -> Self {
        Self { text: escaped(text), blocks, metadata: None }
    }

    /// A message of one sentence, in which `code` is code.
    pub(super) fn sentence(text: &str) -> Self {
        let text = &say::slack::adapted(text);
        let lines = text.lines().map(|line| Rich::Section { elements: Inline::authored(line) });
        Self::new(
            text.lines().next().unwrap_or_default(),
            vec![Block::RichText { elements: lines.collect() }],
        )
    }

    /// With more blocks below.
    pub(super) fn with(mut self, blocks: impl IntoIterator<Item = Block>) -> Self {
        self.blocks.extend(blocks);
        self
    }

    /// With a block above the others.
    pub(super) fn below(mut self, block: Block) -> Self {
        self.blocks.insert(0, block);
        self
    }

    /// Without a key: what is shown once more is not what is looked for.
    pub(super) fn without_key(self) -> Self {
        Self { metadata: None, ..self }
    }

    /// With a key by which it is found again.
    pub(super) fn keyed(mut self, key: String) -> Self {
        self.metadata = Some(Metadata { event_type: EVENT_TYPE, event_payload: Payload { key } });
        self
    }

    /// For everybody in a place.
    pub(super) fn public<'a>(&'a self, spot: &'a Spot) -> Public<'a> {
        Public {
            channel: &spot.channel,
            thread_ts: spot.thread.as_deref(),
            reply_broadcast: spot.thread.is_some() && spot.in_channel_too,
            unfurl_links: false,
            unfurl_media: false,
            message: self,
        }
    }

    /// In place of what a message of ours says.
    pub(super) fn instead_of<'a>(&'a self, channel: &'a str, ts: &'a str) -> Update<'a> {
        Update { channel, ts, message: self }
    }

    /// For one person alone, who cannot be asked for it later.
    pub(super) fn private<'a>(
        &self,
        channel: &'a str,
        thread: Option<&'a str>,
        user: &'a str,
    ) -> Private<'a> {
        Private { channel, user, thread_ts: thread, message: self.clone().without_key() }
    }

    /// As the answer to a command.
    pub(super) fn reply(self) -> Reply {
        Reply { response_type: "ephemeral", replace_original: None, message: self.without_key() }
    }

    /// As the answer to a button, which leaves the message with the button as it is.
    pub(super) fn reply_beside(self) -> Reply {
        Reply { replace_original: Some(false), ..self.reply() }
    }
}

impl Spot {
    /// A channel, or a thread in it.
    pub(super) fn new(channel: &str, thread: Option<&str>) -> Self {
        Self { channel: channel.to_owned(), thread: thread.map(str::to_owned), in_channel_too: false }
    }
}

impl Block {
    /// Buttons and lists.
    pub(super) fn actions(elements: Vec<Element>) -> Self {
        Self::Actions { elements, block_id: None }
    }

    /// Those of a message that stands in a thread and is seen from the channel as well.
    pub(super) fn in_channel(self) -> Self {
        match self {
            Self::Actions { elements, .. } => Self::Actions { elements, block_id: Some(IN_CHANNEL) },
            other @ (Self::RichText { .. }
            | Self::Context { .. }
            | Self::Header { .. }
            | Self::Divider
            | Self::Image { .. }
            | Self::Input { .. }) => other,
        }
    }

    /// A picture that was sent before, and what it shows in words.
    pub(super) fn image(id: String, alt_text: String) -> Self {
        Self::Image { alt_text, slack_file: SlackFile { id } }
    }
}

impl Inline {
    /// Text as it is.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), style: None }
    }

    /// Bold.
    pub(super) fn bold(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), style: Some(Style { bold: true, italic: false, code: false }) }
    }

    /// Leaning.
    pub(super) fn italic(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), style: Some(Style { bold: false, italic: true, code: false }) }
    }

    fn code(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), style: Some(Style { bold: false, italic: false, code: true }) }
    }

    /// A line of authored text: `code` between backticks is code. One stretch at least, and none is empty.
    pub(super) fn authored(line: &str) -> Vec<Self> {
        let mut stretches = Vec::new();
        let mut rest = line;
        while let Some((before, code, after)) = crate::chat::text::next_code(rest) {
            if !before.is_empty() {
                stretches.push(Self::plain(before));
            }
            stretches.push(Self::code(code));
            rest = after;
        }
        if !rest.is_empty() || stretches.is_empty() {
            stretches.push(Self::plain(if rest.is_empty() { " " } else { rest }));
        }
        stretches
    }
}

impl Text {
    /// Text as it is.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self::PlainText { text: text.into(), emoji: false }
    }

    /// A sentence of ours about a time, which every reader sees in their own zone.
    pub(super) fn time(at: jiff::Timestamp, sentence: impl FnOnce(&str) -> String) -> Self {
        let fallback = at.round(jiff::Unit::Second).unwrap_or(at);
        let date = format!("<!date^{}^{{date_short_pretty}} {{time}}|{fallback}>", at.as_second());
        Self::Mrkdwn { text: sentence(&date), verbatim: true }
    }

    fn short(text: &str, max: usize) -> Self {
        Self::plain(text.chars().take(max).collect::<String>())
    }
}

impl Element {
    /// A button.
    pub(super) fn button(label: &str, action_id: impl Into<String>, primary: bool) -> Self {
        let style = primary.then_some("primary");
        Self::Button {
            text: Text::short(label, BUTTON_MAX),
            action_id: action_id.into(),
            style,
            confirm: None,
        }
    }

    /// A button that asks before it does what it says.
    pub(super) fn sure(label: &str, action_id: &str, question: &str, yes: &str, no: &str) -> Self {
        let confirm = Confirm {
            title: Text::short(label, TITLE_MAX),
            text: Text::plain(question),
            confirm: Text::short(yes, TITLE_MAX),
            deny: Text::short(no, TITLE_MAX),
            style: "danger",
        };
        Self::Button {
            text: Text::short(label, BUTTON_MAX),
            action_id: action_id.to_owned(),
            style: Some("danger"),
            confirm: Some(confirm),
        }
    }
}

impl Choice {
    /// One choice: what is shown, and what is meant.
    pub(super) fn new(label: &str, value: &str) -> Self {
        Self { text: Text::short(label, BUTTON_MAX), value: value.to_owned() }
    }
}

impl View {
    /// A form with one field below `blocks`; `callback_id` comes back with what was written.
    pub(super) fn form(
        callback_id: String,
        title: &str,
        mut blocks: Vec<Block>,
        label: &str,
        [send, cancel]: [&str; 2],
    ) -> Self {
        blocks.push(Block::Input {
            block_id: FIELD,
            label: Text::plain(label),
            element: Box::new(Element::PlainTextInput {
                action_id: FIELD,
                multiline: true,
                max_length: INPUT_MAX,
            }),
        });
        Self::Modal {
            title: Text::short(title, TITLE_MAX),
            submit: Text::short(send, TITLE_MAX),
            close: Text::short(cancel, TITLE_MAX),
            callback_id,
            blocks,
        }
    }
}

/// What Slack wants escaped, and nothing else, once.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s4_only_what_slack_asks_for_is_escaped_and_once() {
        for (text, expected) in [
            ("<!channel>", "&lt;!channel&gt;"),
            ("<@U1> & <http://x|y>", "&lt;@U1&gt; &amp; &lt;http://x|y&gt;"),
            ("&lt;", "&amp;lt;"),
            ("a_b*c`d`", "a_b*c`d`"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }

    #[test]
    fn nothing_is_unfurled_and_no_private_message_has_a_key() {
        let message = Message::sentence("see `x`").keyed("1-2-0".to_owned());
        let sent = serde_json::to_value(message.public(&Spot::new("C1", None))).unwrap();
        assert_eq!(sent["unfurl_links"], false);
        assert_eq!(sent["unfurl_media"], false);
        assert_eq!(sent["metadata"]["event_payload"]["key"], "1-2-0");
        let sent = serde_json::to_value(message.private("C1", Some("1.2"), "U1")).unwrap();
        assert_eq!(sent.get("metadata"), None);
        assert_eq!(sent.get("unfurl_links"), None);
    }

    #[test]
    fn times_are_shown_in_the_zone_of_the_reader() {
        let time = Text::time("2026-01-05T09:00:00Z".parse().unwrap(), |when| format!("Asked {when}."));
        let expected = "Asked <!date^1767603600^{date_short_pretty} {time}|2026-01-05T09:00:00Z>.";
        assert_eq!(time, Text::Mrkdwn { text: expected.to_owned(), verbatim: true });
    }
}
