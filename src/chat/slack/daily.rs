//! `/riposte daily`: what is wanted of the dailies of a workspace, and the answer to it, for whoever asked alone.
//!
//! Whether somebody looks after the workspace, as one of its owners or admins, Slack is asked at every call.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::oneshot;

use super::Slack;
use super::command::{DailyAsked, Deed, Options};
use super::draw::{self, Audience};
use super::intake::Asker;
use super::place::{Place, is_id};
use super::talk::NotTaken;
use super::trouble::Trouble;
use super::wire::Message;
use crate::chat::{self, Dailies, DailyWanted, Refusal};
use crate::core::card::{Block, Card};
use crate::core::daily::{DailyId, Unclear, Wish};
use crate::core::interview::{InterviewId, Seq};
use crate::core::say;

/// A command is answered with its acknowledgement if this is enough, else later: Slack waits three seconds.
const AT_ONCE: Duration = Duration::from_millis(1_500);
/// So long it is waited for what Slack says about somebody, before what they did is taken without it.
const STANDING_WITHIN: Duration = Duration::from_millis(1_200);

/// What Slack says about somebody at this moment.
struct Standing {
    /// Whether they look after the workspace.
    manages: bool,
    /// The zone that they live in.
    zone: Option<String>,
}

impl Slack {
    /// Somebody wants something of the dailies.
    pub(super) async fn on_daily(
        self: &Arc<Self>,
        asker: &Asker,
        asked: DailyAsked,
    ) -> Result<Option<Value>, NotTaken> {
        if !self.serves(asker) {
            return Ok(Self::at_once(Message::sentence(say::slack::NO_TOKEN)));
        }
        let (slack, whose) = (self.clone(), asker.clone());
        let (done, answer) = oneshot::channel();
        self.beside(async move {
            let is_list = asked == DailyAsked::List;
            let messages = match slack.daily(&whose, asked).await {
                Ok(dailies) => slack.drawn(dailies, is_list),
                Err(sentence) => vec![Message::sentence(&sentence)],
            };
            // Nobody waits for it any more where it took too long.
            let late = done.send(messages).err().unwrap_or_default();
            slack.reply_with_all(&whose, late).await;
        });
        match tokio::time::timeout(AT_ONCE, answer).await {
            Ok(Ok(mut messages)) => match messages.len() {
                1 => Ok(messages.pop().and_then(Self::at_once)),
                _ => {
                    let (slack, asker) = (self.clone(), asker.clone());
                    self.beside(async move { slack.reply_with_all(&asker, messages).await });
                    Ok(None)
                }
            },
            Ok(Err(_)) => Err(NotTaken),
            Err(_) => Ok(None),
        }
    }

    async fn reply_with_all(&self, asker: &Asker, messages: Vec<Message>) {
        for message in messages {
            self.reply_with(asker, message).await;
        }
    }

    /// Does it; the sentence says why it was not done.
    async fn daily(&self, asker: &Asker, asked: DailyAsked) -> Result<Dailies, String> {
        let standing = self.standing(asker).await.map_err(|trouble| match trouble {
            Trouble::NoScope(scope) => say::slack::setup::lacking(&scope),
            Trouble::Later(_)
            | Trouble::Unknown
            | Trouble::Blocked(_)
            | Trouble::Expired
            | Trouble::NoToken
            | Trouble::Refused(_) => say::slack::RIGHTS_UNCLEAR.to_owned(),
        })?;
        let wanted = match asked {
            DailyAsked::List => DailyWanted::List,
            DailyAsked::Add(Options { channel, wish }) => {
                let zone = wish.zone.or(standing.zone);
                let channel = channel.or_else(|| asker.channel_of_workspace());
                let channel = channel.ok_or_else(|| say::slack::CHANNELS_ONLY.to_owned())?;
                DailyWanted::Add { channel: at(asker, &channel)?, wish: Wish { zone, ..wish } }
            }
            DailyAsked::One { daily, deed } => {
                let daily = match daily {
                    Some(daily) => daily,
                    None => self.only_daily(asker, standing.manages).await?,
                };
                match deed {
                    Deed::Edit(options) => {
                        let Options { channel, wish } = *options;
                        let channel = channel.map(|channel| at(asker, &channel)).transpose()?;
                        DailyWanted::Edit { daily, channel, wish }
                    }
                    Deed::Pause => DailyWanted::Pause(daily),
                    Deed::Resume => DailyWanted::Resume(daily),
                    Deed::Skip => DailyWanted::Skip(daily),
                    Deed::Remove => DailyWanted::Remove(daily),
                }
            }
        };
        self.dailies(asker, asker.key(), standing.manages, wanted).await
    }

    /// The daily that is meant where none is named.
    async fn only_daily(&self, asker: &Asker, manages: bool) -> Result<DailyId, String> {
        let key = format!("{}:choose", asker.key());
        let Dailies { all, .. } = self.dailies(asker, key, manages, DailyWanted::Choose).await?;
        match all.as_slice() {
            [(daily, _)] => Ok(*daily),
            [] => Err(say::NO_SUCH_DAILY.to_owned()),
            several => {
                let lines = several.iter().map(|(daily, line)| say::slack::numbered(daily.0, line));
                Err([say::slack::WHICH_DAILY.to_owned()]
                    .into_iter()
                    .chain(lines)
                    .collect::<Vec<_>>()
                    .join("\n"))
            }
        }
    }

    async fn dailies(
        &self,
        asker: &Asker,
        key: String,
        manages: bool,
        wanted: DailyWanted,
    ) -> Result<Dailies, String> {
        // They are those of the workspace, wherever it is asked.
        let channel = asker.channel.clone().unwrap_or_else(|| asker.user.clone());
        let here = Place::Channel { team: asker.team.clone(), channel }.name();
        let done = self.inbox.daily(key, self.clock.now(), asker.person(), here, manages, wanted).await;
        done.map_err(|refusal| {
            if refusal == Refusal::Unclear(Unclear::Role) {
                say::slack::NO_SUCH_GROUP.to_owned()
            } else {
                refusal.sentence()
            }
        })
    }

    fn drawn(&self, dailies: Dailies, is_list: bool) -> Vec<Message> {
        let Dailies { mut card, all } = dailies;
        if is_list {
            number(&mut card, &all);
        }
        for block in &mut card.blocks {
            if let Block::Text { text } | Block::Small { text } = block {
                *text = say::slack::adapted(text).into_owned();
            }
        }
        draw::card(&card, InterviewId(0), Seq(0), Audience::Aside, self.clock.now())
    }

    /// Whether somebody looks after the workspace; not, where Slack does not say so in time.
    pub(super) async fn manages(&self, asker: &Asker) -> bool {
        self.standing(asker).await.is_ok_and(|standing| standing.manages)
    }

    async fn standing(&self, asker: &Asker) -> Result<Standing, Trouble> {
        let told = tokio::time::timeout(STANDING_WITHIN, self.about(&asker.team, &asker.user));
        let user = told.await.map_err(|_| Trouble::Unknown)??;
        Ok(standing(&user, &asker.team))
    }
}

impl Asker {
    /// The channel that they are in, if others are there too.
    fn channel_of_workspace(&self) -> Option<String> {
        match self.place() {
            Place::Starting { channel, .. } => Some(channel),
            Place::Direct { .. } | Place::Thread { .. } | Place::Channel { .. } | Place::Aside { .. } => None,
        }
    }
}

/// Reads what Slack says about somebody. An admin of another workspace, who is here as a guest, is none of this one.
fn standing(user: &Value, team: &str) -> Standing {
    let teams = user["enterprise_user"]["teams"].as_array().into_iter().flatten();
    let is_ours = teams.chain([&user["team_id"]]).any(|of| of == team);
    let manages = ["is_admin", "is_owner", "is_primary_owner"].iter().any(|right| user[right] == true);
    Standing { manages: is_ours && manages, zone: user["tz"].as_str().map(str::to_owned) }
}

/// A channel of the workspace, as the engine keeps it.
fn at(asker: &Asker, channel: &str) -> Result<chat::Place, String> {
    if !is_id(channel) {
        return Err(say::slack::NO_SUCH_CHANNEL.to_owned());
    }
    Ok(Place::Channel { team: asker.team.clone(), channel: channel.to_owned() }.name())
}

/// Puts the number of each daily before its line in the list.
fn number(card: &mut Card, all: &[(DailyId, String)]) {
    let mut all = all.iter().peekable();
    for block in &mut card.blocks {
        if let Block::Heading { text } = block
            && let Some((daily, line)) = all.next_if(|(_, line)| line == text)
        {
            *text = say::slack::numbered(daily.0, line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn s8_only_admins_and_owners_of_this_very_workspace_look_after_it() {
        let manages = |user: Value| standing(&user, "T1").manages;
        assert!(manages(json!({"team_id": "T1", "is_admin": true})));
        assert!(manages(json!({"team_id": "T1", "is_admin": false, "is_owner": true})));
        assert!(manages(json!({"team_id": "T2", "enterprise_user": {"teams": ["T1"]}, "is_admin": true})));
        assert!(!manages(json!({"team_id": "T1", "is_admin": false})));
        assert!(
            !manages(json!({"team_id": "T2", "is_admin": true, "is_owner": true})),
            "a guest from elsewhere"
        );
        assert!(!manages(json!({"is_admin": "yes"})));
        assert!(!manages(Value::Null));
    }
}
