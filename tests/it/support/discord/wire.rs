//! What exists, in the JSON of Discord's version 10.

use serde_json::{Value, json};

use super::permissions;
use super::state::{Channel, Id, Interaction, Message, World};

/// A hint on every message that only one person sees.
pub(crate) const EPHEMERAL: u64 = 1 << 6;
const LOADING: u64 = 1 << 7;
const HAS_THREAD: u64 = 1 << 5;

pub(crate) fn user(world: &World, id: Id) -> Value {
    let (name, bot) = world.users.get(&id).map_or(("somebody", false), |user| (&user.name, user.bot));
    json!({
        "id": id.to_string(), "username": name, "discriminator": "0", "global_name": null, "avatar": null,
        "bot": bot, "system": false, "public_flags": 0, "flags": 0, "primary_guild": null,
        "accent_color": null, "banner": null, "avatar_decoration_data": null, "collectibles": null,
    })
}

/// The bot, as it sees itself.
pub(crate) fn current_user(world: &World) -> Value {
    let mut own = user(world, world.bot());
    own["mfa_enabled"] = json!(false);
    own["verified"] = json!(true);
    own["locale"] = json!("en-US");
    own["email"] = Value::Null;
    own
}

pub(crate) fn application(world: &World) -> Value {
    // GATEWAY_MESSAGE_CONTENT_LIMITED, of an application in fewer than a hundred servers.
    let content = super::gateway::MESSAGE_CONTENT;
    let flags = if world.app.granted & content != 0 { 1 << 19 } else { 0 };
    json!({
        "id": world.app.id.to_string(), "name": "riposte", "icon": null, "description": "",
        "bot_public": true, "bot_require_code_grant": false, "verify_key": "00", "flags": flags,
        "owner": user(world, world.app.owner), "team": null, "summary": "", "type": null,
        "integration_types_config": {"0": {}, "1": {}}, "bot": user(world, world.bot()),
    })
}

/// A member without the user, as in messages.
pub(crate) fn partial_member(world: &World, guild: Id, who: Id) -> Value {
    let roles: Vec<_> = if who == world.bot() {
        world.guilds[&guild].roles[1..2].iter().map(|role| role.id.to_string()).collect()
    } else {
        Vec::new()
    };
    json!({
        "nick": null, "avatar": null, "banner": null, "roles": roles, "joined_at": guild.at().to_string(),
        "premium_since": null, "deaf": false, "mute": false, "flags": 0, "pending": false,
        "communication_disabled_until": null,
    })
}

pub(crate) fn member(world: &World, guild: Id, who: Id) -> Value {
    let mut member = partial_member(world, guild, who);
    member["user"] = user(world, who);
    member
}

pub(crate) fn roles(world: &World, guild: Id) -> Value {
    let roles = world.guilds[&guild].roles.iter().enumerate();
    let roles: Vec<_> = roles
        .map(|(position, role)| {
            let mut json = json!({
                "id": role.id.to_string(), "name": role.name, "color": 0, "hoist": false, "icon": null,
                "colors": {"primary_color": 0, "secondary_color": null, "tertiary_color": null},
                "unicode_emoji": null, "position": position, "permissions": role.permissions.to_string(),
                "managed": position == 1, "mentionable": role.mentionable, "flags": 0,
            });
            if position == 1 {
                json["tags"] = json!({"bot_id": world.bot().to_string()});
            }
            json
        })
        .collect();
    json!(roles)
}

pub(crate) fn guild(world: &World, id: Id) -> Value {
    let guild = &world.guilds[&id];
    json!({
        "id": id.to_string(), "name": guild.name, "icon": null, "icon_hash": null, "splash": null,
        "discovery_splash": null, "owner_id": world.app.owner.to_string(), "afk_channel_id": null,
        "afk_timeout": 300, "widget_enabled": false, "widget_channel_id": null, "verification_level": 0,
        "default_message_notifications": 1, "explicit_content_filter": 0, "roles": roles(world, id),
        "emojis": [], "features": [], "mfa_level": 0, "application_id": null, "system_channel_id": null,
        "system_channel_flags": 0, "rules_channel_id": null, "max_presences": null, "max_members": 500_000,
        "vanity_url_code": null, "description": null, "banner": null, "premium_tier": 0,
        "premium_subscription_count": 0, "preferred_locale": "en-US", "public_updates_channel_id": null,
        "max_video_channel_users": 25, "max_stage_video_channel_users": 50, "nsfw_level": 0, "nsfw": false,
        "stickers": [], "premium_progress_bar_enabled": false, "safety_alerts_channel_id": null,
        "incidents_data": null, "region": "deprecated", "home_header": null,
    })
}

/// What the bot gets of a server that it is in or has joined.
pub(crate) fn guild_create(world: &World, id: Id) -> Value {
    let mut data = guild(world, id);
    let members: Vec<_> = world.guilds[&id].members.iter().map(|who| member(world, id, *who)).collect();
    let visible = |channel: &&Channel| {
        channel.guild == Some(id)
            && permissions::of(world, world.bot(), channel.id).has(permissions::VIEW_CHANNEL)
    };
    let of_kind = |threads: bool| -> Vec<Value> {
        let found = world.channels.values().filter(visible);
        found
            .filter(|place| match &place.thread {
                Some(thread) => threads && !thread.archived,
                None => !threads,
            })
            .map(|place| channel(world, place.id))
            .collect()
    };
    data["joined_at"] = json!(id.at().to_string());
    data["large"] = json!(false);
    data["unavailable"] = json!(false);
    data["member_count"] = json!(members.len());
    data["members"] = json!(members);
    data["channels"] = json!(of_kind(false));
    data["threads"] = json!(of_kind(true));
    for empty in
        ["voice_states", "presences", "stage_instances", "guild_scheduled_events", "soundboard_sounds"]
    {
        data[empty] = json!([]);
    }
    data
}

pub(crate) fn channel(world: &World, id: Id) -> Value {
    let channel = &world.channels[&id];
    let last =
        world.messages.values().rev().find(|message| message.channel == id && message.only_for.is_none());
    let mut json = json!({
        "id": id.to_string(), "type": channel.kind.number(), "flags": 0,
        "last_message_id": last.map(|message| message.id.to_string()),
    });
    if let Some(recipient) = channel.recipient {
        json["recipients"] = json!([user(world, recipient)]);
        return json;
    }
    let count = world.messages.values().filter(|message| message.channel == id).count();
    json["guild_id"] = json!(channel.guild.map(|guild| guild.to_string()));
    json["name"] = json!(channel.name);
    json["parent_id"] = json!(channel.parent.map(|parent| parent.to_string()));
    json["last_pin_timestamp"] = Value::Null;
    json["rate_limit_per_user"] = json!(0);
    if let Some(thread) = &channel.thread {
        json["owner_id"] = json!(thread.owner.to_string());
        json["message_count"] = json!(count);
        json["total_message_sent"] = json!(count);
        json["member_count"] = json!(thread.members.len());
        json["thread_metadata"] = json!({
            "archived": thread.archived, "locked": thread.locked, "invitable": true,
            "auto_archive_duration": thread.auto_archive_min, "archive_timestamp": id.at().to_string(),
            "create_timestamp": id.at().to_string(),
        });
        if thread.members.contains(&world.bot()) {
            json["member"] = thread_member(world, id, world.bot());
        }
        return json;
    }
    let overwrites = channel.overwrites.iter().map(|over| {
        json!({
            "id": over.whose.to_string(), "type": u8::from(over.is_member),
            "allow": over.allow.to_string(), "deny": over.deny.to_string(),
        })
    });
    json["position"] = json!(0);
    json["topic"] = Value::Null;
    json["nsfw"] = json!(false);
    json["permission_overwrites"] = json!(overwrites.collect::<Vec<_>>());
    json
}

pub(crate) fn thread_member(_world: &World, thread: Id, who: Id) -> Value {
    json!({
        "id": thread.to_string(), "user_id": who.to_string(), "join_timestamp": thread.at().to_string(),
        "flags": 0, "muted": false, "mute_config": null,
    })
}

/// A message as REST returns it, nothing kept back.
pub(crate) fn message(world: &World, id: Id) -> Value {
    let message = &world.messages[&id];
    let mentions: Vec<_> = message.mentions.iter().map(|who| user(world, *who)).collect();
    let mut json = json!({
        "id": id.to_string(), "channel_id": message.channel.to_string(), "author": user(world, message.author),
        "content": message.content, "timestamp": id.at().to_string(), "tts": false,
        "edited_timestamp": message.edited.map(|at| at.to_string()),
        "mention_everyone": message.mentions_everyone, "mentions": mentions,
        "mention_roles": message.mention_roles.iter().map(Id::to_string).collect::<Vec<_>>(),
        "attachments": message.attachments.iter().map(attachment).collect::<Vec<_>>(),
        "embeds": message.embeds, "components": message.components, "pinned": message.pinned,
        "type": message.kind, "flags": flags(world, message),
    });
    if let Some(reply_to) = message.reply_to {
        let guild = world.channels[&message.channel].guild;
        json["message_reference"] = json!({
            "type": 0, "message_id": reply_to.to_string(), "channel_id": message.channel.to_string(),
            "guild_id": guild.map(|guild| guild.to_string()),
        });
        let quoted = world.messages.get(&reply_to).filter(|quoted| quoted.reply_to.is_none());
        json["referenced_message"] = quoted.map_or(Value::Null, |quoted| self::message(world, quoted.id));
    }
    if let Some(interaction) = message.interaction.and_then(|id| world.interactions.get(&id)) {
        json["application_id"] = json!(world.app.id.to_string());
        json["webhook_id"] = json!(world.app.id.to_string());
        json["interaction_metadata"] = json!({
            "id": interaction.id.to_string(), "type": interaction.kind,
            "user": user(world, interaction.user), "authorizing_integration_owners": {},
            "original_response_message_id": interaction.original.map(|id| id.to_string()),
        });
    }
    if let Some(webhook) = message.webhook {
        json["webhook_id"] = json!(webhook.to_string());
    }
    if world.channels.contains_key(&id) {
        json["thread"] = channel(world, id);
    }
    json
}

fn flags(world: &World, message: &Message) -> u64 {
    let only = if message.only_for.is_some() { EPHEMERAL } else { 0 };
    let thinking = if message.thinking { LOADING } else { 0 };
    let thread = if world.channels.contains_key(&message.id) { HAS_THREAD } else { 0 };
    message.flags | only | thinking | thread
}

fn attachment(file: &super::state::Attachment) -> Value {
    let url = format!("https://cdn.discordapp.com/attachments/0/{}/{}", file.id, file.name);
    json!({
        "id": file.id.to_string(), "filename": file.name, "size": file.bytes.len(), "url": url,
        "proxy_url": url, "content_type": file.content_type, "description": file.description,
    })
}

/// A message as REST returns it to the bot: without what it may not read.
pub(crate) fn message_for_bot(world: &World, id: Id) -> Value {
    let json = message(world, id);
    let granted = world.app.granted & super::gateway::MESSAGE_CONTENT != 0;
    if granted || is_open_to_bot(world, id) { json } else { without_content(json) }
}

/// A message as an event; the nonce is only ever there and in the answer to the post.
pub(crate) fn message_event(world: &World, id: Id) -> Value {
    let mut json = message(world, id);
    let message = &world.messages[&id];
    if let Some(guild) = world.channels[&message.channel].guild {
        json["guild_id"] = json!(guild.to_string());
        if message.webhook.is_none() && world.guilds[&guild].members.contains(&message.author) {
            json["member"] = partial_member(world, guild, message.author);
        }
    }
    if let Some(nonce) = &message.nonce {
        json["nonce"] = nonce.clone();
    }
    json
}

/// Whether the bot reads a message without the privileged intent.
pub(crate) fn is_open_to_bot(world: &World, id: Id) -> bool {
    let message = &world.messages[&id];
    let own = message.author == world.bot();
    let in_dm = world.channels[&message.channel].guild.is_none();
    own || in_dm || message.mentions.contains(&world.bot())
}

pub(crate) fn without_content(mut message: Value) -> Value {
    message["content"] = json!("");
    for list in ["embeds", "attachments", "components"] {
        message[list] = json!([]);
    }
    if message.get("referenced_message").is_some_and(Value::is_object) {
        message["referenced_message"] = without_content(message["referenced_message"].take());
    }
    message
}

/// The event of an interaction.
pub(crate) fn interaction(world: &World, interaction: &Interaction) -> Value {
    let place = &world.channels[&interaction.channel];
    let with_bot = world.has_bot(interaction.channel);
    // An installation is the server's, or the user's where the bot is no member.
    let installed_by = match place.guild {
        Some(guild) if with_bot => json!({"0": guild.to_string()}),
        None if with_bot => json!({"0": "0"}),
        Some(_) | None => json!({"1": interaction.user.to_string()}),
    };
    let context = match place.guild {
        Some(_) => 0,
        None if with_bot => 1,
        None => 2,
    };
    let may = permissions::of(world, world.bot(), interaction.channel);
    let mut json = json!({
        "id": interaction.id.to_string(), "application_id": world.app.id.to_string(),
        "type": interaction.kind, "token": interaction.token, "version": 1,
        "channel_id": interaction.channel.to_string(), "channel": channel(world, interaction.channel),
        "data": interaction.data, "locale": "en-US", "entitlements": [],
        "app_permissions": may.0.to_string(), "authorizing_integration_owners": installed_by,
        "context": context, "attachment_size_limit": 10_485_760,
    });
    let theirs = permissions::of(world, interaction.user, interaction.channel).0.to_string();
    json["channel"]["permissions"] = json!(theirs);
    if let Some(guild) = place.guild {
        json["guild_id"] = json!(guild.to_string());
        json["guild_locale"] = json!("en-US");
        json["guild"] = json!({"id": guild.to_string(), "locale": "en-US", "features": []});
        json["member"] = member(world, guild, interaction.user);
        json["member"]["permissions"] = json!(theirs);
    } else {
        json["user"] = user(world, interaction.user);
    }
    if let Some(source) = interaction.source.filter(|source| world.messages.contains_key(source)) {
        json["message"] = message(world, source);
    }
    json
}
