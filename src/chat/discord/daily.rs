//! `/daily`: what is wanted of the dailies of a server, and the answer to it, for whoever asked alone.
//!
//! Whether somebody may manage the server is read from every call; to whom the command is shown is a setting of
//! the server.

use serenity::model::application::CommandDataOptionValue;
use serenity::model::id::{ChannelId, GuildId};

use super::Discord;
use super::commands::SUGGESTIONS_MAX;
use super::draw::{self, Audience};
use super::intake::{self, Asker, Given};
use super::place::Place;
use super::post::name;
use super::talk::{AT_ONCE, Meanwhile};
use super::text;
use super::wire::{Message, Suggestion};
use crate::chat::{self, Dailies, DailyWanted, Refusal};
use crate::core::daily::{DailyId, Wish};
use crate::core::interview::{InterviewId, Seq};
use crate::core::say;

/// UTF-16 units of a suggestion at the most; Discord's limit.
const SUGGESTION_MAX: usize = 100;
/// What is no role's id: everybody cannot be mentioned as a role.
const EVERYBODY: &str = "@everyone";

/// Reads a command within `/daily`; `None` for one that this program did not register.
pub(super) fn wanted(given: Given<'_>, guild: GuildId, here: ChannelId) -> Option<DailyWanted> {
    let (what, given) = given.within();
    // Whatever is not chosen from the list of dailies is the id of none.
    let daily = DailyId(given.typed("daily").and_then(|id| id.parse().ok()).unwrap_or_default());
    let at = |channel: ChannelId| name(Place::Channel { guild, channel });
    let channel = given.value("channel").and_then(|value| value.as_channel_id()).map(at);
    let wanted = match what {
        "add" => DailyWanted::Add { channel: channel.unwrap_or(at(here)), wish: wish(given, guild) },
        "list" => DailyWanted::List,
        "edit" => DailyWanted::Edit { daily, channel, wish: wish(given, guild) },
        "pause" => DailyWanted::Pause(daily),
        "resume" => DailyWanted::Resume(daily),
        "skip" => DailyWanted::Skip(daily),
        "remove" => DailyWanted::Remove(daily),
        _ => return None,
    };
    Some(wanted)
}

fn wish(given: Given<'_>, guild: GuildId) -> Wish {
    let flag = |name: &str| given.value(name).and_then(CommandDataOptionValue::as_bool);
    let role = given
        .value("role")
        .and_then(|value| value.as_role_id())
        .map(|role| if role.get() == guild.get() { EVERYBODY.to_owned() } else { role.to_string() });
    let nobody = flag("quiet").filter(|quiet| *quiet).map(|_| String::new());
    Wish {
        time: given.typed("time"),
        zone: given.typed("zone"),
        weekdays: given.typed("days"),
        filter: given.filter(),
        hours: given.number("hours"),
        role: role.or(nobody),
        pin: flag("pin"),
    }
}

impl Discord {
    /// Somebody wants something of the dailies.
    pub(super) async fn on_daily(&self, asker: &Asker, wanted: DailyWanted) {
        let Some(here) = here(asker) else { return self.reply(asker, say::SERVERS_ONLY).await };
        let (done, so_far) = self.in_time(asker, Meanwhile::PRIVATE, self.dailies(asker, here, wanted)).await;
        let messages = match done {
            Ok(Dailies { card, .. }) => {
                draw::card(&card, InterviewId(0), Seq(0), Audience::Alone, self.clock.now())
            }
            Err(refusal) => vec![Message::sentence(refusal.sentence())],
        };
        self.answer_with(asker, so_far, &messages).await;
    }

    /// The dailies that are like what somebody types, to choose one.
    pub(super) async fn dailies_like(&self, asker: &Asker, typed: &str) -> Vec<Suggestion> {
        let Some(here) = here(asker) else { return Vec::new() };
        let all = tokio::time::timeout(AT_ONCE, self.dailies(asker, here, DailyWanted::Choose)).await;
        // To those who may not manage the server, nothing is suggested.
        let Ok(Ok(Dailies { all, .. })) = all else { return Vec::new() };
        let typed = typed.to_lowercase();
        let fitting = all.into_iter().filter(|(_, line)| line.to_lowercase().contains(&typed));
        let suggestions = fitting.map(|(id, line)| Suggestion {
            name: text::beginning(&line, SUGGESTION_MAX),
            value: id.0.to_string(),
        });
        suggestions.take(SUGGESTIONS_MAX).collect()
    }

    async fn dailies(
        &self,
        asker: &Asker,
        here: chat::Place,
        wanted: DailyWanted,
    ) -> Result<Dailies, Refusal> {
        let (key, at) = (intake::interaction_key(asker.id), self.fresh(asker.id.get()));
        self.inbox.daily(key, at, asker.person(), here, asker.manages, wanted).await
    }
}

fn here(asker: &Asker) -> Option<chat::Place> {
    let (guild, channel) = asker.channel_of_server()?;
    Some(name(Place::Channel { guild, channel }))
}
