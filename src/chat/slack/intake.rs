//! Event → what it means. Pure.
//!
//! What bots and Riposte itself write means nothing, and neither does anything that is not addressed to it:
//! messages of others in a drill's thread, messages in channels outside of one. Slack may deliver one message up
//! to eleven times, each time as another event, so a message is known by its workspace, channel and time; marks
//! of retries are not looked at, since a first delivery may be the one that got lost.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use slack_morphism::SlackResponseUrl;

use super::place::{self, Place, is_id};
use super::text;
use super::wire::{FIELD, IN_CHANNEL};
use crate::chat;

/// Something that came over the socket.
#[derive(Debug)]
pub(super) enum Envelope {
    /// The connection stands.
    Hello,
    /// The connection is to be made anew.
    Disconnect(String),
    /// Something happened, and is to be acknowledged by this id.
    Work {
        /// The id.
        id: String,
        /// What happened; `None` for what means nothing here.
        happened: Option<Box<Happened>>,
    },
}

/// Something that happened.
#[derive(Debug)]
pub(super) enum Happened {
    /// Somebody wrote or changed something.
    Wrote(Wrote),
    /// Somebody opened the app's home.
    OpenedHome(Asker),
    /// The workspace threw the app out.
    Uninstalled {
        /// Which.
        team: String,
    },
    /// Somebody gave a command.
    Commanded(Asker, String),
    /// Somebody pressed a button, or chose from a list.
    Pressed {
        /// Who.
        asker: Asker,
        /// What stands behind it.
        action: String,
        /// What was chosen.
        chosen: Option<String>,
    },
    /// Somebody sent a form.
    Filled {
        /// Who.
        asker: Asker,
        /// What stands behind it.
        form: String,
        /// Their words.
        text: String,
    },
    /// Somebody wants to be drilled, wherever they are.
    DrillMe(Asker),
    /// Somebody wants a follow-up on a message.
    FollowUp {
        /// Who.
        asker: Asker,
        /// Who wrote it.
        author: Option<String>,
        /// Its words.
        words: String,
    },
}

/// Who did something that can be answered, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asker {
    /// The workspace.
    pub(super) team: String,
    /// Who.
    pub(super) user: String,
    /// In which channel, where it was in one.
    pub(super) channel: Option<String>,
    /// In which thread, if they look at one: not where it is seen from the channel as well.
    pub(super) thread: Option<String>,
    /// What they did: names it for ever, and opens forms for three seconds.
    pub(super) trigger: String,
    /// Takes answers for half an hour.
    pub(super) response_url: Option<SlackResponseUrl>,
}

/// A message that somebody wrote or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrote {
    /// The workspace.
    pub(super) team: String,
    /// Where.
    pub(super) channel: String,
    /// Who.
    pub(super) user: String,
    /// Which message.
    pub(super) ts: String,
    /// In which thread.
    pub(super) thread: Option<String>,
    /// Whether in direct messages with the app.
    pub(super) direct: bool,
    /// Whether that thread may hang from a message of ours, as far as Slack says.
    pub(super) below_ours: bool,
    /// The words; empty for a picture alone.
    pub(super) text: String,
    /// For a change, the words before and the time of the change.
    pub(super) edited: Option<(String, String)>,
}

impl Asker {
    /// Who, as the engine keeps them.
    pub(super) fn person(&self) -> chat::Person {
        place::person(&self.team, &self.user)
    }

    /// Their direct messages.
    pub(super) fn direct(&self) -> Place {
        Place::Direct { team: self.team.clone(), user: self.user.clone() }
    }

    /// Where a drill begun here takes place.
    pub(super) fn place(&self) -> Place {
        match &self.channel {
            Some(channel) if !is_direct(channel) => {
                let (team, channel) = (self.team.clone(), channel.clone());
                Place::Starting { team, channel, trigger: self.trigger.clone() }
            }
            Some(_) | None => self.direct(),
        }
    }

    /// What they did, for the journal.
    pub(super) fn key(&self) -> String {
        format!("slack:{}:trigger:{}", self.team, self.trigger)
    }
}

impl Wrote {
    /// Who, as the engine keeps them.
    pub(super) fn person(&self) -> chat::Person {
        place::person(&self.team, &self.user)
    }

    /// Where; `None` for a channel outside of a thread.
    pub(super) fn place(&self) -> Option<Place> {
        let (team, user) = (self.team.clone(), self.user.clone());
        if self.direct {
            return Some(Place::Direct { team, user });
        }
        let thread = self.thread.clone()?;
        Some(Place::Thread { team, channel: self.channel.clone(), thread })
    }

    /// The message or its change, for the journal: the same however often and by whatever event it is delivered.
    pub(super) fn key(&self) -> String {
        let Self { team, channel, ts, .. } = self;
        match &self.edited {
            Some((_, at)) => format!("slack:{team}:edit:{channel}:{ts}:{at}"),
            None => format!("slack:{team}:message:{channel}:{ts}"),
        }
    }

    /// When; for a change, when it was changed.
    pub(super) fn at(&self) -> Option<Timestamp> {
        place::time(self.edited.as_ref().map_or(&self.ts, |(_, at)| at))
    }

    /// What it means to the engine.
    pub(super) fn what(&self) -> chat::What {
        let text = self.text.clone();
        match &self.edited {
            Some((before, _)) => chat::What::Edited { before: before.clone(), after: text },
            None => chat::What::Said { to: None, text },
        }
    }
}

/// Whether a channel is a conversation of two, by Slack's way of naming.
fn is_direct(channel: &str) -> bool {
    channel.starts_with('D')
}

/// Reads what came over the socket; `None` if it is nothing that can be acknowledged. `me` gives the app's own
/// user in a workspace.
pub(super) fn envelope(body: &str, me: impl Fn(&str) -> Option<String>) -> Option<Envelope> {
    #[derive(Deserialize)]
    struct Wire {
        #[serde(rename = "type")]
        kind: String,
        envelope_id: Option<String>,
        reason: Option<String>,
        #[serde(default)]
        payload: Value,
    }
    let wire: Wire = serde_json::from_str(body).ok()?;
    match (wire.kind.as_str(), wire.envelope_id) {
        ("hello", _) => Some(Envelope::Hello),
        ("disconnect", _) => Some(Envelope::Disconnect(wire.reason.unwrap_or_default())),
        (kind, Some(id)) => {
            let happened = match kind {
                "events_api" => event(&wire.payload, me),
                "slash_commands" => command(wire.payload),
                "interactive" => interaction(wire.payload),
                _ => None,
            };
            Some(Envelope::Work { id, happened: happened.map(Box::new) })
        }
        (_, None) => None,
    }
}

/// An event of a workspace.
fn event(payload: &Value, me: impl Fn(&str) -> Option<String>) -> Option<Happened> {
    let team = text_in(payload, "team_id")?;
    let event = &payload["event"];
    match event["type"].as_str()? {
        "message" => message(event, &team, &me(&team)?).map(Happened::Wrote),
        "app_home_opened" if event["tab"] == "home" => {
            let asker = Asker {
                user: text_in(event, "user")?,
                team,
                channel: None,
                thread: None,
                trigger: String::new(),
                response_url: None,
            };
            Some(Happened::OpenedHome(asker))
        }
        "app_uninstalled" | "tokens_revoked" => Some(Happened::Uninstalled { team }),
        _ => None,
    }
}

/// Reads a message, of an event or of a history; `None` if it is not for us, as far as it shows by itself.
pub(super) fn message(event: &Value, team: &str, me: &str) -> Option<Wrote> {
    let channel = text_in(event, "channel")?;
    let direct = event["channel_type"] == "im" || is_direct(&channel);
    let (inner, before) = match event["subtype"].as_str() {
        None | Some("file_share" | "thread_broadcast" | "me_message") => (event, None),
        Some("message_changed") => (&event["message"], Some(&event["previous_message"])),
        Some(_) => return None,
    };
    let user = text_in(inner, "user")?;
    if inner["bot_id"].is_string() || event["bot_id"].is_string() || user == me {
        return None;
    }
    let words = |of: &Value| text::heard(of["text"].as_str().unwrap_or_default());
    let text = words(inner);
    let edited = match before {
        // A link that was unfolded or a reply in the thread changes a message too, but not its words.
        Some(before) if words(before) == text => return None,
        Some(before) => Some((words(before), text_in(&inner["edited"], "ts")?)),
        None => None,
    };
    let (ts, thread) = (text_in(inner, "ts")?, text_in(inner, "thread_ts"));
    let below_ours = thread.is_some() && inner["parent_user_id"].as_str().is_none_or(|parent| parent == me);
    Some(Wrote { team: team.to_owned(), channel, user, ts, thread, direct, below_ours, text, edited })
}

fn command(payload: Value) -> Option<Happened> {
    // What is written in a conversation of several people is not heard: that would take two more scopes.
    let is_group = payload["channel_name"].as_str().is_some_and(|name| name.starts_with("mpdm-"));
    let asker = Asker {
        team: text_in(&payload, "team_id")?,
        user: text_in(&payload, "user_id")?,
        channel: Some(text_in(&payload, "channel_id")?).filter(|_| !is_group),
        thread: None,
        trigger: text_in(&payload, "trigger_id")?,
        response_url: url_in(&payload),
    };
    Some(Happened::Commanded(asker, payload["text"].as_str().unwrap_or_default().to_owned()))
}

fn interaction(payload: Value) -> Option<Happened> {
    let container = &payload["container"];
    let thread = text_in(container, "thread_ts").or_else(|| text_in(&payload["message"], "thread_ts"));
    let asker = Asker {
        team: text_in(&payload["team"], "id").or_else(|| text_in(&payload["user"], "team_id"))?,
        user: text_in(&payload["user"], "id")?,
        channel: text_in(&payload["channel"], "id").or_else(|| text_in(container, "channel_id")),
        thread: thread.filter(|thread| {
            container["message_ts"] != thread.as_str() && payload["message"]["ts"] != thread.as_str()
        }),
        trigger: text_in(&payload, "trigger_id")?,
        response_url: url_in(&payload),
    };
    match (payload["type"].as_str()?, payload["callback_id"].as_str()) {
        ("block_actions", _) => {
            let pressed = payload["actions"].get(0)?;
            let asker =
                if pressed["block_id"] == IN_CHANNEL { Asker { thread: None, ..asker } } else { asker };
            let chosen = pressed["selected_option"]["value"].as_str().map(str::to_owned);
            Some(Happened::Pressed { asker, action: pressed["action_id"].as_str()?.to_owned(), chosen })
        }
        ("view_submission", _) => {
            let view = &payload["view"];
            let text = view["state"]["values"][FIELD][FIELD]["value"].as_str().unwrap_or_default();
            let form = view["callback_id"].as_str()?.to_owned();
            Some(Happened::Filled { asker, form, text: text.trim().to_owned() })
        }
        ("shortcut", Some(DRILL_ME)) => Some(Happened::DrillMe(asker)),
        ("message_action", Some(FOLLOW_UP)) => {
            let message = &payload["message"];
            let is_bot = message["bot_id"].is_string();
            let author = text_in(message, "user").filter(|_| !is_bot);
            let words = text::heard(message["text"].as_str().unwrap_or_default());
            Some(Happened::FollowUp { asker, author, words })
        }
        _ => None,
    }
}

/// What the global shortcut is called in the manifest.
pub(super) const DRILL_ME: &str = "drill_me";
/// What the message shortcut is called in the manifest.
pub(super) const FOLLOW_UP: &str = "follow_up";

/// An id.
fn text_in(value: &Value, key: &str) -> Option<String> {
    value[key].as_str().filter(|text| is_id(text)).map(str::to_owned)
}

fn url_in(payload: &Value) -> Option<SlackResponseUrl> {
    serde_json::from_value(payload["response_url"].clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn wrote(changes: Value) -> Option<Wrote> {
        let mut event = json!({
            "type": "message", "channel": "D1", "channel_type": "im", "user": "U1", "text": "because",
            "ts": "1767603600.000100", "team": "T1", "event_ts": "1767603600.000100",
        });
        for (key, value) in changes.as_object().unwrap() {
            event[key] = value.clone();
        }
        let payload = json!({"team_id": "T1", "event": event, "event_id": "Ev1"});
        match super::event(&payload, |_| Some("UBOT".to_owned())) {
            Some(Happened::Wrote(wrote)) => Some(wrote),
            _ => None,
        }
    }

    #[test]
    fn direct_messages_are_heard() {
        let heard = wrote(json!({})).unwrap();
        assert_eq!(heard.place().unwrap().to_string(), "slack:dm-T1-U1");
        assert_eq!(heard.key(), "slack:T1:message:D1:1767603600.000100");
        assert_eq!(heard.at().unwrap().to_string(), "2026-01-05T09:00:00.0001Z");
    }

    #[test]
    fn drill_that_is_asked_for_in_a_group_conversation_takes_place_directly() {
        let place = |name: &str| {
            let payload = json!({"team_id": "T1", "user_id": "U1", "channel_id": "C1", "channel_name": name,
                "trigger_id": "7", "text": "drill"});
            match command(payload) {
                Some(Happened::Commanded(asker, _)) => asker.place().to_string(),
                _ => String::new(),
            }
        };
        assert_eq!(place("mpdm-ana--ben--cleo-1"), "slack:dm-T1-U1");
        assert_eq!(place("general"), "slack:T1:C1:new:7");
    }

    #[test]
    fn thread_is_below_ours_unless_slack_says_otherwise() {
        let below = |changes| wrote(changes).unwrap().below_ours;
        assert!(below(json!({"thread_ts": "1.0", "parent_user_id": "UBOT"})));
        assert!(below(json!({"thread_ts": "1.0"})));
        assert!(!below(json!({"thread_ts": "1.0", "parent_user_id": "U2"})));
        assert!(!below(json!({})), "in no thread");
    }

    #[test]
    fn f47_bots_and_oneself_are_not_heard() {
        assert_eq!(wrote(json!({"bot_id": "B1"})), None);
        assert_eq!(wrote(json!({"user": "UBOT"})), None, "even without a bot_id");
        assert_eq!(wrote(json!({"subtype": "bot_message"})), None);
        assert_eq!(wrote(json!({"subtype": "channel_join"})), None);
    }

    #[test]
    fn f46_only_a_change_of_words_is_a_change() {
        let inner = |text: &str| json!({"user": "U1", "text": text, "ts": "1767603600.000100", "edited": {"ts": "1767603660.000000"}});
        let changed = |before: Value, after: Value| {
            wrote(json!({"subtype": "message_changed", "message": after, "previous_message": before}))
        };
        assert_eq!(changed(inner("same"), inner("same")), None, "a link was unfolded");
        let edited = changed(inner("a &lt; b"), inner("a &gt; b")).unwrap();
        let what = chat::What::Edited { before: "a < b".to_owned(), after: "a > b".to_owned() };
        assert_eq!(edited.what(), what);
        let mut own = inner("b");
        own["bot_id"] = json!("B1");
        assert_eq!(changed(inner("a"), own), None, "of a message of ours");
    }

    #[test]
    fn f44_message_is_known_by_where_and_when_it_stands() {
        let payload = |id: &str| {
            json!({"team_id": "T1", "event_id": id, "event": {"type": "message", "channel": "D1", "user": "U1",
                "text": "x", "ts": "1.000000"}})
        };
        let key = |id: &str| match event(&payload(id), |_| Some("UBOT".to_owned())) {
            Some(Happened::Wrote(wrote)) => wrote.key(),
            _ => String::new(),
        };
        assert_eq!(key("Ev1"), key("Ev2"));
    }

    #[test]
    fn s9_ids_that_are_none_mean_nothing() {
        assert_eq!(wrote(json!({"channel": "D1:dm:U2"})), None);
        assert_eq!(wrote(json!({"user": ""})), None);
        assert_eq!(wrote(json!({"ts": 17})), None);
    }

    #[test]
    fn what_nobody_knows_is_acknowledged_and_means_nothing() {
        let me = |_: &str| None;
        let odd = r#"{"type": "news", "envelope_id": "e1", "payload": {"x": 1}}"#;
        assert!(matches!(envelope(odd, me), Some(Envelope::Work { happened: None, .. })));
        assert!(matches!(envelope(r#"{"type": "hello"}"#, me), Some(Envelope::Hello)));
        assert!(envelope("not json", me).is_none());
    }

    #[test]
    fn forms_and_shortcuts_are_read() {
        let who = json!({"team": {"id": "T1"}, "user": {"id": "U1"}, "trigger_id": "1.2.x"});
        let with = |more: Value| {
            let mut payload = who.clone();
            payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            interaction(payload)
        };
        let view =
            json!({"callback_id": "r1:1:1:answer", "state": {"values": {FIELD: {FIELD: {"value": " so "}}}}});
        let filled = with(json!({"type": "view_submission", "view": view}));
        assert!(matches!(filled, Some(Happened::Filled { text, .. }) if text == "so"));
        let shortcut = with(json!({"type": "shortcut", "callback_id": DRILL_ME}));
        assert!(matches!(shortcut, Some(Happened::DrillMe(_))));
        let message = json!({"user": "U1", "text": "a &amp; b", "ts": "1.0"});
        let action = json!({"type": "message_action", "callback_id": FOLLOW_UP, "message": message});
        assert!(matches!(with(action), Some(Happened::FollowUp { words, .. }) if words == "a & b"));
    }
}
