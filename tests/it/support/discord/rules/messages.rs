//! Messages: content, embeds, mentions, files.

use std::collections::BTreeSet;

use serde_json::Value;

use super::components;
use super::{Part, Problems};
use crate::support::discord::rest::{Fail, Upload};

pub(crate) const CONTENT_CHARS_MAX: usize = 2_000;
const EMBEDS_MAX: usize = 10;
/// In all embeds of a message together.
const EMBED_CHARS_MAX: usize = 6_000;
const FILES_MAX: usize = 10;
const NONCE_CHARS_MAX: usize = 25;

/// Where a message is sent or changed; the fields differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Create,
    Edit,
    /// As the first response to an interaction.
    Respond,
    FollowUp,
    /// Through the token of an interaction.
    EditResponse,
}

impl Way {
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Create => &[
                "content",
                "nonce",
                "enforce_nonce",
                "tts",
                "embeds",
                "allowed_mentions",
                "message_reference",
                "components",
                "sticker_ids",
                "attachments",
                "flags",
                "poll",
            ],
            Self::Edit | Self::EditResponse => {
                &["content", "embeds", "flags", "allowed_mentions", "components", "attachments"]
            }
            Self::Respond | Self::FollowUp => &[
                "content",
                "tts",
                "embeds",
                "allowed_mentions",
                "components",
                "attachments",
                "flags",
                "poll",
            ],
        }
    }

    /// SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS and, to interactions, EPHEMERAL.
    fn flags(self) -> u64 {
        match self {
            Self::Create => 1 << 2 | 1 << 12,
            Self::Edit => 1 << 2,
            // Whether a message is private was said when it came; to say it again changes nothing.
            Self::EditResponse => 1 << 2 | 1 << 6,
            Self::Respond | Self::FollowUp => 1 << 2 | 1 << 12 | 1 << 6,
        }
    }

    fn is_edit(self) -> bool {
        matches!(self, Self::Edit | Self::EditResponse)
    }
}

/// Refuses a message that Discord refuses whatever the place.
pub(crate) fn check(way: Way, body: &Value, files: &[Upload]) -> Result<(), Fail> {
    let mut problems = Problems::default();
    let part = Part::root(body);
    part.only(way.keys(), &mut problems);
    part.text("content", 0..=CONTENT_CHARS_MAX, &mut problems);
    part.boolean("tts", &mut problems);
    part.boolean("enforce_nonce", &mut problems);
    nonce(&part, &mut problems);
    for gap in ["poll", "sticker_ids"] {
        if part.get(gap).is_some_and(|field| field.value.as_array().is_none_or(|list| !list.is_empty())) {
            problems.add(gap, "NOT_SIMULATED", "This fake does not know it.");
        }
    }
    if let Some(flags) = part.get("flags")
        && flags.value.as_u64().is_none_or(|bits| bits & !way.flags() != 0)
    {
        problems.add("flags", "BASE_TYPE_CHOICES", "Flags that cannot be set here.");
    }
    embeds(&part, &mut problems);
    components::check_message(&part, &mut problems);
    allowed_mentions(&part, &mut problems);
    if let Some(reference) = part.get("message_reference") {
        let keys = ["type", "message_id", "channel_id", "guild_id", "fail_if_not_exists"];
        reference.only(&keys, &mut problems);
        reference.required_text("message_id", 1..=20, &mut problems);
    }
    attachments(&part, files, way, &mut problems);
    problems.finish()?;
    if !way.is_edit() && is_empty(body, files) {
        return Err(Fail::new(400, 50006, "Cannot send an empty message"));
    }
    Ok(())
}

/// Nothing that anybody could see.
pub(crate) fn is_empty(body: &Value, files: &[Upload]) -> bool {
    let blank = body["content"].as_str().is_none_or(|text| text.trim().is_empty());
    let none = |key: &str| body[key].as_array().is_none_or(Vec::is_empty);
    blank && none("embeds") && none("components") && files.is_empty()
}

fn nonce(part: &Part<'_>, problems: &mut Problems) {
    let Some(nonce) = part.get("nonce") else { return };
    let fits = match nonce.value {
        Value::String(text) => text.chars().count() <= NONCE_CHARS_MAX,
        Value::Number(number) => number.is_i64() || number.is_u64(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    };
    if !fits {
        problems.add(&nonce.at, "NONCE_TYPE_TOO_LONG", "Must be 25 or fewer in length.");
    }
}

fn embeds(part: &Part<'_>, problems: &mut Problems) {
    let mut chars = 0;
    for embed in part.list("embeds", 0..=EMBEDS_MAX, problems) {
        chars += embed_chars(&embed, problems);
    }
    if chars > EMBED_CHARS_MAX {
        let message = format!("Embed size exceeds maximum size of {EMBED_CHARS_MAX}");
        problems.add("embeds", "MAX_EMBED_SIZE_EXCEEDED", message);
    }
}

/// Checks one embed; its characters that count.
fn embed_chars(embed: &Part<'_>, problems: &mut Problems) -> usize {
    let keys = [
        "title",
        "type",
        "description",
        "url",
        "timestamp",
        "color",
        "footer",
        "image",
        "thumbnail",
        "video",
        "provider",
        "author",
        "fields",
    ];
    embed.only(&keys, problems);
    let length = |text: Option<&str>| text.map_or(0, |text| text.trim().chars().count());
    let mut chars = length(embed.text("title", 0..=256, problems));
    chars += length(embed.text("description", 0..=4_096, problems));
    embed.number("color", 0..=0xFF_FFFF, problems);
    url(embed, "url", problems);
    if let Some(time) = embed.text("timestamp", 1..=64, problems)
        && time.parse::<jiff::Timestamp>().is_err()
    {
        problems.add(&embed.place("timestamp"), "DATE_TIME_TYPE_PARSE", "Could not parse it.");
    }
    if let Some(footer) = embed.get("footer") {
        footer.only(&["text", "icon_url", "proxy_icon_url"], problems);
        chars += length(footer.required_text("text", 1..=2_048, problems));
    }
    if let Some(author) = embed.get("author") {
        author.only(&["name", "url", "icon_url", "proxy_icon_url"], problems);
        chars += length(author.required_text("name", 1..=256, problems));
    }
    for image in ["image", "thumbnail"].into_iter().filter_map(|key| embed.get(key)) {
        image.only(&["url", "proxy_url", "height", "width", "description"], problems);
        url(&image, "url", problems);
    }
    for field in embed.list("fields", 0..=25, problems) {
        field.only(&["name", "value", "inline"], problems);
        chars += length(field.required_text("name", 1..=256, problems));
        chars += length(field.required_text("value", 1..=1_024, problems));
        field.boolean("inline", problems);
    }
    let shows = ["title", "description", "fields", "image", "thumbnail", "author", "footer"];
    if !shows.iter().any(|key| embed.get(key).is_some()) {
        problems.add(&embed.place("description"), "BASE_TYPE_REQUIRED", "This field is required");
    }
    chars
}

pub(super) fn url(part: &Part<'_>, key: &str, problems: &mut Problems) {
    let Some(url) = part.text(key, 1..=2_048, problems) else { return };
    if !["http://", "https://", "attachment://", "discord://"].iter().any(|scheme| url.starts_with(scheme)) {
        problems.add(&part.place(key), "URL_TYPE_INVALID_URL", "Not a well formed URL.");
    }
}

fn allowed_mentions(part: &Part<'_>, problems: &mut Problems) {
    let Some(allowed) = part.get("allowed_mentions") else { return };
    allowed.only(&["parse", "users", "roles", "replied_user"], problems);
    allowed.boolean("replied_user", problems);
    let parse = allowed.list("parse", 0..=3, problems);
    for kind in &parse {
        if !kind.value.as_str().is_some_and(|kind| ["users", "roles", "everyone"].contains(&kind)) {
            problems.add(
                &kind.at,
                "BASE_TYPE_CHOICES",
                "Value must be one of ('users', 'roles', 'everyone').",
            );
        }
    }
    for key in ["users", "roles"] {
        let ids = allowed.list(key, 0..=100, problems);
        if !ids.is_empty() && parse.iter().any(|kind| kind.value == key) {
            let message = format!("parse:[\"{key}\"] and {key}: [ids...] are mutually exclusive.");
            problems.add(&allowed.place(key), "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message);
        }
    }
}

fn attachments(part: &Part<'_>, files: &[Upload], way: Way, problems: &mut Problems) {
    let mut described = BTreeSet::new();
    for given in part.list("attachments", 0..=FILES_MAX, problems) {
        given.only(&["id", "filename", "description", "title", "is_spoiler"], problems);
        given.text("description", 0..=1_024, problems);
        given.text("filename", 1..=1_024, problems);
        let id = match given.value.get("id") {
            Some(Value::String(id)) => id.parse().ok(),
            Some(Value::Number(id)) => id.as_u64(),
            _ => None,
        };
        // An edit also names the files that are to stay.
        match id {
            Some(id) if files.iter().any(|file| file.number == id) || way.is_edit() => {
                if !described.insert(id) {
                    problems.add(&given.at, "ATTACHMENT_ID_DUPLICATED", "Each file once.");
                }
            }
            _ => problems.add(&given.at, "ATTACHMENT_NOT_FOUND", "No file of this id was sent."),
        }
    }
    if files.len() > FILES_MAX {
        problems.add("files", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.");
    }
}
