//! Event → what it means. Pure.
//!
//! What bots, webhooks and Riposte itself write means nothing, and neither does anything that is not
//! addressed to it: messages of others in a drill's thread, messages in channels without a drill.

use jiff::Timestamp;
use serde_json::Value;
use serenity::model::Permissions;
use serenity::model::application::{
    ActionRowComponent, AuthorizingIntegrationOwner, AuthorizingIntegrationOwners, CommandDataOption,
    CommandDataOptionValue, CommandInteraction, ComponentInteraction, ComponentInteractionDataKind,
    Interaction, InteractionContext, ModalInteraction, ResolvedTarget,
};
use serenity::model::channel::{ChannelType, Message, MessageType, PartialChannel};
use serenity::model::guild::Member;
use serenity::model::id::{ChannelId, GuildId, InteractionId, MessageId, UserId};
use serenity::model::user::User;

use super::commands::Name;
use super::daily;
use super::place::Place;
use super::wire::FIELD;
use crate::chat::DailyWanted;
use crate::core::bank::Level;
use crate::core::choose::Filter;
use crate::core::interview::{SCREEN_MAX, TRAPS_MAX};

/// The beginning of Discord's time, in milliseconds since 1970.
const EPOCH_MS: i64 = 1_420_070_400_000;
/// Characters of a text option that are read; no track or topic is longer.
const OPTION_CHARS_MAX: usize = 100;

/// The time within an id of Discord's.
pub(super) fn time(id: u64) -> Timestamp {
    let milliseconds = i64::try_from(id >> 22).unwrap_or(0) + EPOCH_MS;
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}

/// The first id that Discord could have given at a time.
pub(super) fn first_id(at: Timestamp) -> u64 {
    let milliseconds = u64::try_from(at.as_millisecond() - EPOCH_MS).unwrap_or(0);
    (milliseconds << 22).max(1)
}

/// The key of a message.
pub(super) fn message_key(id: MessageId) -> String {
    format!("discord:message:{id}")
}

/// The key of an interaction.
pub(super) fn interaction_key(id: InteractionId) -> String {
    format!("discord:interaction:{id}")
}

/// A message as a channel has it, and the command that it answers.
#[derive(Debug)]
pub(super) struct Read {
    /// The message.
    pub(super) message: Message,
    /// The interaction behind it.
    pub(super) answers: Option<InteractionId>,
}

/// Reads a message of a channel; `None` for one that the library cannot read. What it says about the
/// interaction behind it is read apart, since that differs most from what the library expects.
pub(super) fn read(mut value: Value) -> Option<Read> {
    let metadata = value.as_object_mut()?.remove("interaction_metadata");
    let answers = metadata.and_then(|metadata| serde_json::from_value(metadata["id"].clone()).ok());
    let message = serde_json::from_value(value).ok()?;
    Some(Read { message, answers })
}

/// Reads an event that the library could not, because of the message that it came from, if it is an interaction.
pub(super) fn rescued(kind: &str, mut value: Value) -> Option<Interaction> {
    if kind != "INTERACTION_CREATE" {
        return None;
    }
    value.get_mut("message")?.as_object_mut()?.remove("interaction_metadata");
    serde_json::from_value(value).ok()
}

/// What somebody wrote, if it is meant for us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Words.
    Said(String),
    /// A message whose text we may not read.
    Unreadable,
    /// A message that has no text: a picture, a sticker.
    NoText,
}

/// Reads a message; `None` if it is not for us. `drills` says whether its author has a drill in its channel.
pub(super) fn message(message: &Message, me: UserId, drills: bool) -> Option<Heard> {
    let written = matches!(message.kind, MessageType::Regular | MessageType::InlineReply);
    if message.author.bot || message.webhook_id.is_some() || message.author.id == me || !written {
        return None;
    }
    let named = message.mentions.iter().any(|user| user.id == me);
    let replied = message.referenced_message.as_ref().is_some_and(|to| to.author.id == me);
    if message.guild_id.is_some() && !drills && !named && !replied {
        return None;
    }
    let text = without_name(&message.content, me);
    if !text.is_empty() {
        return Some(Heard::Said(text));
    }
    let has_other = !message.attachments.is_empty() || !message.sticker_items.is_empty();
    // A bare mention says that somebody wants something; without the intent, the text of others is empty.
    let readable = message.guild_id.is_none() || named;
    Some(if readable || has_other { Heard::NoText } else { Heard::Unreadable })
}

/// The text without the bot's name at its beginning or end, which only addressed it.
fn without_name(text: &str, me: UserId) -> String {
    let mut text = text.trim();
    for name in [format!("<@{me}>"), format!("<@!{me}>")] {
        text = text.strip_prefix(name.as_str()).unwrap_or(text).trim();
        text = text.strip_suffix(name.as_str()).unwrap_or(text).trim();
    }
    text.to_owned()
}

/// Where an interaction came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// Direct messages with the bot.
    Direct,
    /// A channel of a server that the bot is a member of.
    Channel(GuildId),
    /// A thread there, and the channel that it belongs to.
    Thread(GuildId, ChannelId),
    /// Anywhere else: the person brought the bot along.
    Foreign,
}

/// Who did something by an interaction, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asker {
    /// Who.
    pub(super) user: UserId,
    /// What they are called.
    pub(super) name: String,
    /// Which interaction.
    pub(super) id: InteractionId,
    /// What it is answered with, for fifteen minutes.
    pub(super) token: String,
    /// Where.
    pub(super) channel: ChannelId,
    /// What sort of place that is.
    pub(super) spot: Spot,
    /// Whether Discord says, with this very interaction, that they may manage the server. What a command shows
    /// to whom by default says nothing: a server may show it to anybody.
    pub(super) manages: bool,
}

impl Asker {
    /// Who gave a command.
    pub(super) fn of_command(event: &CommandInteraction) -> Self {
        let owners = &event.authorizing_integration_owners;
        let spot = spot(event.guild_id, event.channel.as_ref(), event.context, owners);
        let asker = Self::new(&event.user, event.id, &event.token, event.channel_id, spot);
        Self { manages: manages(event.member.as_deref()), ..asker }
    }

    /// Who pressed a button.
    pub(super) fn of_component(event: &ComponentInteraction) -> Self {
        let owners = &event.authorizing_integration_owners;
        let spot = spot(event.guild_id, event.channel.as_ref(), event.context, owners);
        let asker = Self::new(&event.user, event.id, &event.token, event.channel_id, spot);
        Self { manages: manages(event.member.as_ref()), ..asker }
    }

    /// Who sent a form. It says not who brought the bot along; its interview knows where it takes place.
    pub(super) fn of_form(event: &ModalInteraction) -> Self {
        let owners = AuthorizingIntegrationOwners::default();
        let spot = spot(event.guild_id, event.channel.as_ref(), None, &owners);
        Self::new(&event.user, event.id, &event.token, event.channel_id, spot)
    }

    fn new(user: &User, id: InteractionId, token: &str, channel: ChannelId, spot: Spot) -> Self {
        let name = user.display_name().to_owned();
        Self { user: user.id, name, id, token: token.to_owned(), channel, spot, manages: false }
    }

    /// The server and the channel that they are in, perhaps in a thread of it; `None` where the bot is no member.
    pub(super) fn channel_of_server(&self) -> Option<(GuildId, ChannelId)> {
        match self.spot {
            Spot::Channel(guild) => Some((guild, self.channel)),
            Spot::Thread(guild, parent) => Some((guild, parent)),
            Spot::Direct | Spot::Foreign => None,
        }
    }

    /// The channels where what comes of it may be said: the one that they are in and, of a thread, the one that
    /// it belongs to.
    pub(super) fn channels(&self) -> impl Iterator<Item = ChannelId> + use<> {
        let parent = match self.spot {
            Spot::Thread(_, parent) => Some(parent),
            Spot::Direct | Spot::Channel(_) | Spot::Foreign => None,
        };
        [self.channel].into_iter().chain(parent)
    }

    /// Where a drill begun by this interaction takes place.
    pub(super) fn place(&self) -> Place {
        match self.spot {
            Spot::Direct => Place::Direct(self.channel),
            Spot::Channel(guild) => Place::Starting { guild, parent: self.channel, command: self.id },
            Spot::Thread(guild, parent) => Place::Thread { guild, parent, thread: self.channel },
            Spot::Foreign => Place::Alone(self.channel),
        }
    }
}

fn manages(member: Option<&Member>) -> bool {
    let permissions = member.and_then(|member| member.permissions).unwrap_or_default();
    permissions.intersects(Permissions::MANAGE_GUILD | Permissions::ADMINISTRATOR)
}

fn spot(
    guild: Option<GuildId>,
    channel: Option<&PartialChannel>,
    context: Option<InteractionContext>,
    owners: &AuthorizingIntegrationOwners,
) -> Spot {
    let Some(guild) = guild else {
        return match context {
            Some(InteractionContext::PrivateChannel) => Spot::Foreign,
            Some(_) | None => Spot::Direct,
        };
    };
    let member =
        |owner: &AuthorizingIntegrationOwner| matches!(owner, AuthorizingIntegrationOwner::GuildInstall(_));
    if !owners.0.is_empty() && !owners.0.iter().any(member) {
        return Spot::Foreign;
    }
    let thread = channel.filter(|channel| {
        matches!(
            channel.kind,
            ChannelType::PublicThread | ChannelType::PrivateThread | ChannelType::NewsThread
        )
    });
    match thread.and_then(|thread| thread.parent_id) {
        Some(parent) => Spot::Thread(guild, parent),
        None => Spot::Channel(guild),
    }
}

/// What a command asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A drill.
    Drill {
        /// Which questions.
        filter: Filter,
        /// Follow-ups a question.
        traps: Option<u8>,
        /// In direct messages, wherever it was asked for.
        direct: bool,
    },
    /// A screen of so many questions.
    Screen(u8),
    /// A round in this channel.
    Round {
        /// Which questions.
        filter: Filter,
        /// How long it is open.
        minutes: Option<u32>,
    },
    /// Something of the dailies of the server.
    Daily(DailyWanted),
    /// Something that there is only in servers with the bot.
    Elsewhere,
    /// What is missing here.
    Setup,
    /// What the bot does.
    Help,
    /// Everything about them removed.
    ForgetMe,
    /// Everything about them as a file.
    Export,
    /// A follow-up on a message.
    FollowUp {
        /// Who wrote it.
        author: UserId,
        /// Its text.
        text: String,
    },
}

/// Reads a command; `None` for one that this program did not register.
pub(super) fn command(event: &CommandInteraction, asker: &Asker) -> Option<Asked> {
    let given = Given(&event.data.options);
    let small = |name: &str| given.number(name).and_then(|number| u8::try_from(number).ok());
    let asked = match Name::read(&event.data.name)? {
        Name::Drill => Asked::Drill {
            filter: given.filter().unwrap_or_default(),
            traps: small("traps").map(|traps| traps.clamp(1, TRAPS_MAX)),
            direct: given.typed("where").is_some_and(|place| place == "dm"),
        },
        Name::Screen => Asked::Screen(small("count").unwrap_or(5).clamp(1, SCREEN_MAX)),
        Name::Round => {
            Asked::Round { filter: given.filter().unwrap_or_default(), minutes: given.number("minutes") }
        }
        Name::Daily => match asker.channel_of_server() {
            Some((guild, channel)) => Asked::Daily(daily::wanted(given, guild, channel)?),
            None => Asked::Elsewhere,
        },
        Name::Setup => Asked::Setup,
        Name::Help => Asked::Help,
        Name::ForgetMe => Asked::ForgetMe,
        Name::Export => Asked::Export,
        Name::FollowUp => {
            let ResolvedTarget::Message(message) = event.data.target()? else { return None };
            Asked::FollowUp { author: message.author.id, text: message.content.trim().to_owned() }
        }
    };
    Some(asked)
}

/// What was chosen and typed with a command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given<'a>(pub(super) &'a [CommandDataOption]);

impl<'a> Given<'a> {
    /// The command within the command, and what was given with it; without one, all that was given.
    pub(super) fn within(self) -> (&'a str, Self) {
        match self.0 {
            [CommandDataOption { name, value: CommandDataOptionValue::SubCommand(options), .. }] => {
                (name, Self(options))
            }
            _ => ("", self),
        }
    }

    /// An option.
    pub(super) fn value(self, name: &str) -> Option<&'a CommandDataOptionValue> {
        self.0.iter().find(|option| option.name == name).map(|option| &option.value)
    }

    /// A text that is not empty.
    pub(super) fn typed(self, name: &str) -> Option<String> {
        let text = self.value(name)?.as_str()?.trim();
        (!text.is_empty()).then(|| text.chars().take(OPTION_CHARS_MAX).collect())
    }

    /// A number.
    pub(super) fn number(self, name: &str) -> Option<u32> {
        u32::try_from(self.value(name)?.as_i64()?).ok()
    }

    /// Which questions fit; `None` if nothing was said about that.
    pub(super) fn filter(self) -> Option<Filter> {
        let level = self.typed("level").and_then(|name| Level::named(&name));
        let filter = Filter { track: self.typed("track"), topic: self.typed("topic"), level, question: None };
        (filter != Filter::default()).then_some(filter)
    }
}

/// The text of a form.
pub(super) fn form_text(event: &ModalInteraction) -> String {
    let fields = event.data.components.iter().flat_map(|row| &row.components);
    let text = fields.filter_map(|field| {
        let ActionRowComponent::InputText(input) = field else { return None };
        input.value.clone().filter(|_| input.custom_id == FIELD)
    });
    text.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// What was chosen from a list.
pub(super) fn chosen(event: &ComponentInteraction) -> Option<&str> {
    let ComponentInteractionDataKind::StringSelect { values } = &event.data.kind else { return None };
    values.first().map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ME: u64 = 99;

    fn user(id: u64, bot: bool) -> Value {
        json!({"id": id.to_string(), "username": "ana", "discriminator": "0", "avatar": null, "bot": bot})
    }

    fn heard(changes: Value, drills: bool) -> Option<Heard> {
        let mut event = json!({
            "id": "1", "channel_id": "2", "author": user(3, false), "content": "because", "type": 0,
            "timestamp": "2026-01-05T09:00:00Z", "edited_timestamp": null, "tts": false, "pinned": false,
            "mention_everyone": false, "mentions": [], "mention_roles": [], "attachments": [], "embeds": [],
        });
        for (key, value) in changes.as_object().unwrap() {
            event[key] = value.clone();
        }
        message(&serde_json::from_value(event).unwrap(), UserId::new(ME), drills)
    }

    fn said(text: &str) -> Option<Heard> {
        Some(Heard::Said(text.to_owned()))
    }

    #[test]
    fn direct_messages_are_heard() {
        assert_eq!(heard(json!({}), false), said("because"));
        assert_eq!(heard(json!({"content": " "}), false), Some(Heard::NoText));
    }

    #[test]
    fn f47_bots_webhooks_and_oneself_are_not_heard() {
        assert_eq!(heard(json!({"author": user(3, true)}), true), None);
        assert_eq!(heard(json!({"author": user(ME, false)}), true), None);
        assert_eq!(heard(json!({"webhook_id": "7"}), true), None);
        assert_eq!(heard(json!({"type": 6}), true), None, "somebody pinned something");
    }

    #[test]
    fn in_a_server_only_what_is_meant_for_us_is_heard() {
        assert_eq!(heard(json!({"guild_id": "5"}), false), None);
        assert_eq!(heard(json!({"guild_id": "5"}), true), said("because"));
        let named = json!({"guild_id": "5", "content": "<@99> because", "mentions": [user(ME, true)]});
        assert_eq!(heard(named, false), said("because"));
    }

    #[test]
    fn f57_text_that_may_not_be_read_is_told_from_no_text() {
        assert_eq!(heard(json!({"guild_id": "5", "content": ""}), true), Some(Heard::Unreadable));
        let named = json!({"guild_id": "5", "content": "<@99>", "mentions": [user(ME, true)]});
        assert_eq!(heard(named, false), Some(Heard::NoText));
    }

    #[test]
    fn ids_hold_the_time() {
        let at = time(175_928_847_299_117_063);
        assert_eq!(at.to_string(), "2016-04-30T11:18:25.796Z");
        assert_eq!(time(first_id(at)), at);
    }
}
