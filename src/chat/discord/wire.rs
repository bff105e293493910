//! What goes over the wire to Discord, as types. Every message that Riposte sends is made here, so that
//! none of them can mention anybody, but for the one role that a daily is for.

use serde::Serialize;
use serenity::model::id::{MessageId, RoleId};

use super::text;

/// Characters of an embed's description at the most; Discord's limit.
pub(super) const DESCRIPTION_MAX: usize = 4_096;
/// Buttons in a row, and rows in a message, at the most; Discord's limits.
pub(super) const ROW_MAX: usize = 5;
/// Characters of a form's title at the most; Discord's limit.
const MODAL_TITLE_MAX: usize = 45;
/// Characters that fit into a form's field; Discord's limit, and ours for an answer.
const INPUT_MAX: usize = 4_000;
/// UTF-16 units of what stands outside a frame at the most; Discord's limit.
const CONTENT_MAX: usize = 2_000;
/// The flag of a message that only one person sees.
const EPHEMERAL: u64 = 1 << 6;

/// A message, as Discord takes it. Made by [`Message::new`] alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Message {
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    embeds: Vec<Embed>,
    components: Vec<Row>,
    allowed_mentions: Mentions,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Described>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_reference: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flags: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enforce_nonce: Option<bool>,
}

/// Mentions nobody, or one role by its id. It has no other value, so a message cannot be made that does: no
/// text is ever looked through for mentions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
struct Mentions {
    parse: [(); 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<[RoleId; 1]>,
}

/// The message that another one replies to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Reference {
    message_id: MessageId,
    fail_if_not_exists: bool,
}

/// What is said of the one file that is sent with a message.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Described {
    id: u8,
    filename: &'static str,
    description: String,
}

/// The framed part of a message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Embed {
    /// Markdown.
    pub(super) description: String,
    /// Of the frame's edge.
    pub(super) color: u32,
    /// Says which card this is. Without a title, no client shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
}

/// A row of buttons or of one field.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    #[serde(rename = "type")]
    kind: u8,
    components: Vec<Component>,
}

/// Something to press or to fill in.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Component {
    /// A button.
    Button {
        /// Always 2.
        #[serde(rename = "type")]
        kind: u8,
        /// How it looks.
        style: u8,
        /// What stands on it.
        label: String,
        /// What it means.
        #[serde(skip_serializing_if = "Option::is_none")]
        custom_id: Option<String>,
        /// Where it leads.
        #[serde(skip_serializing_if = "Option::is_none")]
        url: Option<String>,
    },
    /// A list to choose one from.
    Select {
        /// Always 3.
        #[serde(rename = "type")]
        kind: u8,
        /// What it means.
        custom_id: String,
        /// What stands in it before a choice.
        placeholder: String,
        /// The choices.
        options: Vec<Choice>,
    },
    /// A field for a longer text.
    Input {
        /// Always 4.
        #[serde(rename = "type")]
        kind: u8,
        /// Always 2: several lines.
        style: u8,
        /// Its name in the form.
        custom_id: &'static str,
        /// What stands above it.
        label: String,
        /// Characters at the most.
        max_length: usize,
        /// Whether it must be filled in.
        required: bool,
    },
}

/// One choice of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Choice {
    /// What is shown.
    #[serde(rename = "label")]
    pub(super) label: String,
    /// What is meant.
    pub(super) value: String,
}

/// How a button looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// The next thing to do.
    Primary,
    /// Everything else.
    Secondary,
}

impl Message {
    /// The one constructor: an empty message that can mention nobody.
    pub(super) fn new() -> Self {
        Self {
            content: Some(String::new()),
            embeds: Vec::new(),
            components: Vec::new(),
            allowed_mentions: Mentions::default(),
            attachments: Vec::new(),
            message_reference: None,
            flags: None,
            nonce: None,
            enforce_nonce: None,
        }
    }

    /// A message of one sentence.
    pub(super) fn sentence(text: impl Into<String>) -> Self {
        Self { content: Some(text::beginning(&text.into(), CONTENT_MAX)), ..Self::new() }
    }

    /// With a sentence above its frame.
    pub(super) fn under(mut self, sentence: String) -> Self {
        self.content = Some(text::beginning(&sentence, CONTENT_MAX));
        self
    }

    /// That mentions a role, and says nothing else outside its frame.
    pub(super) fn for_role(mut self, role: RoleId) -> Self {
        self.content = Some(format!("<@&{role}>"));
        self.allowed_mentions.roles = Some([role]);
        self
    }

    /// As a reply to a message; without one if that was deleted. It notifies nobody.
    pub(super) fn replying_to(mut self, message_id: MessageId) -> Self {
        self.message_reference = Some(Reference { message_id, fail_if_not_exists: false });
        self
    }

    /// With the description of the file that is sent with it, for those who do not see it.
    pub(super) fn describing(mut self, filename: &'static str, description: String) -> Self {
        self.attachments = vec![Described { id: 0, filename, description }];
        self
    }

    /// Without the file that was to be sent with it.
    pub(super) fn without_file(&self) -> Self {
        Self { attachments: Vec::new(), ..self.clone() }
    }

    /// With a framed part added.
    pub(super) fn embed(mut self, embed: Embed) -> Self {
        self.embeds.push(embed);
        self
    }

    /// With these buttons, in rows.
    pub(super) fn buttons(mut self, buttons: Vec<Component>) -> Self {
        let rows = buttons.chunks(ROW_MAX).take(ROW_MAX);
        self.components.extend(rows.map(|row| Row { kind: 1, components: row.to_vec() }));
        self
    }

    /// Visible to one person only; for answers to interactions.
    pub(super) fn private(mut self) -> Self {
        self.flags = Some(EPHEMERAL);
        self
    }

    /// With a key by which Discord refuses a second message like it for some minutes.
    pub(super) fn nonce(mut self, nonce: String) -> Self {
        self.nonce = Some(nonce);
        self.enforce_nonce = Some(true);
        self
    }

    /// As the body of an edit, which takes neither flags nor a nonce, and mentions nobody.
    pub(super) fn as_edit(&self) -> Self {
        let allowed_mentions = Mentions::default();
        Self { flags: None, nonce: None, enforce_nonce: None, allowed_mentions, ..self.clone() }
    }

    /// As the body of an edit of the frame alone. What stands outside it stays, and with it who was mentioned.
    pub(super) fn as_edit_of_frame(&self) -> Self {
        Self { content: None, ..self.as_edit() }
    }
}

impl Component {
    /// A button that gives `custom_id` back.
    pub(super) fn button(look: Look, label: impl Into<String>, custom_id: String) -> Self {
        let style = match look {
            Look::Primary => 1,
            Look::Secondary => 2,
        };
        Self::Button { kind: 2, style, label: label.into(), custom_id: Some(custom_id), url: None }
    }

    /// A button that opens a page.
    pub(super) fn link(label: impl Into<String>, url: String) -> Self {
        Self::Button { kind: 2, style: 5, label: label.into(), custom_id: None, url: Some(url) }
    }

    /// A list to choose one from.
    pub(super) fn select(custom_id: String, placeholder: &str, options: Vec<Choice>) -> Self {
        Self::Select { kind: 3, custom_id, placeholder: placeholder.to_owned(), options }
    }
}

/// An answer to an interaction, as Discord takes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Response {
    #[serde(rename = "type")]
    kind: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<ResponseData>,
}

/// What an answer holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum ResponseData {
    Message(Message),
    Flags { flags: u64 },
    Choices { choices: Vec<Suggestion> },
    Modal { custom_id: String, title: String, components: Vec<Row> },
}

/// A suggestion while somebody types.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Suggestion {
    /// What is shown.
    pub(super) name: String,
    /// What is meant.
    pub(super) value: String,
}

impl From<String> for Suggestion {
    fn from(value: String) -> Self {
        Self { name: value.clone(), value }
    }
}

impl Response {
    /// A message.
    pub(super) fn message(message: Message) -> Self {
        Self { kind: 4, data: Some(ResponseData::Message(message)) }
    }

    /// "Thinking"; the message follows by an edit.
    pub(super) fn defer(private: bool) -> Self {
        Self { kind: 5, data: private.then_some(ResponseData::Flags { flags: EPHEMERAL }) }
    }

    /// Nothing to see; what follows is another message.
    pub(super) fn acknowledge() -> Self {
        Self { kind: 6, data: None }
    }

    /// Suggestions.
    pub(super) fn suggestions(choices: Vec<Suggestion>) -> Self {
        Self { kind: 8, data: Some(ResponseData::Choices { choices }) }
    }

    /// A form with one field.
    pub(super) fn form(custom_id: String, title: &str, label: &str) -> Self {
        let field = Component::Input {
            kind: 4,
            style: 2,
            custom_id: FIELD,
            label: label.chars().take(MODAL_TITLE_MAX).collect(),
            max_length: INPUT_MAX,
            required: true,
        };
        let title = title.chars().take(MODAL_TITLE_MAX).collect();
        let components = vec![Row { kind: 1, components: vec![field] }];
        Self { kind: 9, data: Some(ResponseData::Modal { custom_id, title, components }) }
    }
}

/// The name of a form's field.
pub(super) const FIELD: &str = "text";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s1_no_message_can_mention_anybody() {
        let sent = serde_json::to_value(Message::sentence("@everyone <@1>").private()).unwrap();
        assert_eq!(sent["allowed_mentions"], serde_json::json!({"parse": []}));
        assert_eq!(sent["flags"], 64);
        let edited = serde_json::to_value(Message::sentence("x").nonce("n".into()).as_edit()).unwrap();
        assert_eq!(edited["allowed_mentions"], serde_json::json!({"parse": []}));
        assert_eq!(edited.get("nonce"), None);
    }

    #[test]
    fn s1_message_to_a_role_mentions_that_role_once_and_nothing_else() {
        let text = "@everyone <@1> <@&2>".to_owned();
        let embed = Embed { description: text.clone(), color: 0, url: None };
        let message = Message::sentence(text).embed(embed).for_role(RoleId::new(7));
        let sent = serde_json::to_value(&message).unwrap();
        assert_eq!(sent["allowed_mentions"], serde_json::json!({"parse": [], "roles": ["7"]}));
        assert_eq!(sent["content"], "<@&7>");
        let edited = serde_json::to_value(message.as_edit_of_frame()).unwrap();
        assert_eq!(edited["allowed_mentions"], serde_json::json!({"parse": []}));
        assert_eq!(edited.get("content"), None);
    }
}
