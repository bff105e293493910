//! Finds what is missing: permissions here, intents, direct messages.

use serenity::model::Permissions;
use serenity::model::application::ApplicationFlags;
use serenity::model::id::{ChannelId, GuildId, RoleId};

use super::intake::{Asker, Spot};
use super::talk::Meanwhile;
use super::trouble::{self, Trouble};
use super::wire::{Component, Message, Response};
use super::{Discord, StartError, start_error};
use crate::chat::Finding;
use crate::core::say;

/// What the bot needs where drills and rounds are. To pin a daily it needs one more, which the library does not
/// know; without it a daily goes on unpinned.
const NEEDED: [(Permissions, &str); 7] = [
    (Permissions::VIEW_CHANNEL, "View Channel"),
    (Permissions::SEND_MESSAGES, "Send Messages"),
    (Permissions::CREATE_PUBLIC_THREADS, "Create Public Threads"),
    (Permissions::SEND_MESSAGES_IN_THREADS, "Send Messages in Threads"),
    (Permissions::EMBED_LINKS, "Embed Links"),
    (Permissions::ATTACH_FILES, "Attach Files"),
    (Permissions::READ_MESSAGE_HISTORY, "Read Message History"),
];
/// Servers that the shell looks at, at the most; a page of Discord's.
const SERVERS_MAX: u64 = 200;
/// What it needs to mention a role that not everybody may mention. Without it the name stands there and nobody is
/// notified.
const MENTION: &str = "Mention @everyone, @here and All Roles";

impl Discord {
    /// What the shell can find out: the application, its intents, and what it may do on its servers.
    pub async fn inspect(&self) -> Result<Vec<Finding>, StartError> {
        let mut findings = vec![self.look_at_intent().await.map_err(|error| start_error(&error))?];
        let servers = self.http.get_guilds(None, Some(SERVERS_MAX)).await;
        let servers = servers.map_err(|error| start_error(&error))?;
        findings.push(Finding::good(say::setup::servers(servers.len())));
        for server in &servers {
            let lacking: Vec<&str> = not_in(server.permissions).collect();
            if !lacking.is_empty() {
                findings.push(Finding::bad(say::setup::lacking_on(&server.name, &lacking.join(", "))));
            }
        }
        findings.push(Finding::good(say::setup::invite(&self.invite())));
        Ok(findings)
    }

    async fn look_at_intent(&self) -> serenity::Result<Finding> {
        let application = self.http.get_current_application_info().await?;
        let content =
            ApplicationFlags::GATEWAY_MESSAGE_CONTENT | ApplicationFlags::GATEWAY_MESSAGE_CONTENT_LIMITED;
        Ok(self.intent(application.flags.is_some_and(|flags| flags.intersects(content))))
    }

    /// Answers `/setup`.
    pub(super) async fn set_up(&self, asker: &Asker, permissions: Option<Permissions>) {
        self.first(asker, &Response::defer(true)).await;
        let mut findings = match asker.spot {
            Spot::Channel(_) | Spot::Thread(..) => missing(permissions.unwrap_or_default()),
            Spot::Direct => vec![Finding::good(say::setup::DIRECT)],
            Spot::Foreign => vec![Finding::bad(say::setup::FOREIGN)],
        };
        match self.look_at_intent().await {
            Ok(intent) => findings.push(intent),
            Err(error) => tracing::warn!(%error, "the application could not be inspected"),
        }
        if asker.spot != Spot::Direct {
            // Their direct messages can be opened though nothing may be written there, so something is written.
            let open = match self.direct_channel(asker.user).await {
                Ok(channel) => self.send(channel, &Message::sentence(say::setup::DIRECT_TRIED)).await.is_ok(),
                Err(_) => false,
            };
            let text = if open { say::setup::DIRECT_OPEN } else { say::DIRECT_CLOSED };
            findings.push(Finding { good: open, text: text.to_owned() });
        }
        let lines: Vec<String> = findings.iter().map(Finding::line).collect();
        let all_good = findings.iter().all(|finding| finding.good);
        let link = (!all_good).then(|| Component::link(say::setup::INVITE_AGAIN, self.invite()));
        let message = Message::sentence(lines.join(
            "
",
        ))
        .buttons(link.into_iter().collect());
        self.finish(asker, Some(Meanwhile::PRIVATE), &message).await;
    }

    /// Which of them it lacks in a channel, and to mention a role there; none if that cannot be told.
    pub(super) async fn lacking(
        &self,
        guild: GuildId,
        channel: ChannelId,
        role: Option<RoleId>,
    ) -> Vec<String> {
        let permissions = async {
            let Some(there) = self.http.get_channel(channel).await?.guild() else { return Ok(None) };
            let server = self.http.get_guild(guild).await?;
            let member = self.http.get_member(guild, self.me).await?;
            let wanted = role.and_then(|role| server.roles.get(&role));
            let is_locked = wanted.is_some_and(|role| !role.mentionable);
            Ok(Some((server.user_permissions_in(&there, &member), is_locked)))
        };
        let (permissions, is_locked) = match permissions.await {
            Ok(Some(known)) => known,
            Ok(None) => return Vec::new(),
            // A channel that the bot does not see.
            Err(error) if matches!(trouble::of(&error), Trouble::Blocked(_)) => (Permissions::empty(), false),
            Err(_) => return Vec::new(),
        };
        let all = permissions.intersects(Permissions::ADMINISTRATOR | Permissions::MENTION_EVERYONE);
        let mention = (is_locked && !all).then_some(MENTION);
        not_in(permissions).chain(mention).map(str::to_owned).collect()
    }

    fn intent(&self, granted: bool) -> Finding {
        let wanted = self.options.message_content;
        let text = match (wanted, granted) {
            (true, true) => say::setup::CONTENT_ON,
            (true, false) => say::setup::CONTENT_REFUSED,
            (false, _) => say::setup::CONTENT_OFF,
        };
        Finding { good: !wanted || granted, text: text.to_owned() }
    }

    /// The address that adds the bot with the permissions that it needs.
    pub fn invite(&self) -> String {
        let permissions = NEEDED.iter().fold(Permissions::empty(), |all, (one, _)| all | *one);
        format!(
            "https://discord.com/oauth2/authorize?client_id={}&scope=bot+applications.commands&permissions={}",
            self.application,
            permissions.bits()
        )
    }
}

fn not_in(permissions: Permissions) -> impl Iterator<Item = &'static str> {
    let all = permissions.contains(Permissions::ADMINISTRATOR);
    let lacking = NEEDED.iter().filter(move |(one, _)| !all && !permissions.contains(*one));
    lacking.map(|(_, name)| *name)
}

fn missing(permissions: Permissions) -> Vec<Finding> {
    let lacking: Vec<&str> = not_in(permissions).collect();
    let finding = if lacking.is_empty() {
        Finding::good(say::setup::PERMITTED)
    } else {
        Finding::bad(say::setup::lacking(&lacking.join(", ")))
    };
    vec![finding]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let all = NEEDED.iter().fold(Permissions::empty(), |all, (one, _)| all | *one);
        assert!(missing(all)[0].good);
        assert!(missing(Permissions::ADMINISTRATOR)[0].good);
        let found = missing(all - Permissions::EMBED_LINKS - Permissions::CREATE_PUBLIC_THREADS);
        assert!(found[0].text.contains("Create Public Threads, Embed Links"), "{found:?}");
    }
}
