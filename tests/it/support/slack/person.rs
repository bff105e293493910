//! Somebody who writes, presses, fills in, and sees.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Shared;
use super::rules::each;
use super::world::{Message, World};

/// Somebody.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) shared: Arc<Shared>,
    pub(crate) id: String,
}

impl Person {
    /// Their direct messages with the app.
    pub(crate) fn dm(&self) -> String {
        self.shared.with(|world| world.direct(&self.id))
    }

    /// Gives a command in a channel and waits for the answer that only they see.
    pub(crate) async fn commands(&self, channel: &str, text: &str) -> String {
        shown_in(&self.answer_to_command(channel, text).await)
    }

    /// The same where something on the answer is to be pressed.
    pub(crate) async fn commands_and_keeps(&self, channel: &str, text: &str) -> Message {
        let answer = self.answer_to_command(channel, text).await;
        self.shared.with(|world| {
            let me = world.team_of(&self.id).me.clone();
            let message = Message {
                user: me,
                is_bot: true,
                text: answer["text"].as_str().unwrap_or_default().to_owned(),
                blocks: answer["blocks"].clone(),
                only_for: Some(self.id.clone()),
                ..self.written(world, channel, None, "")
            };
            world.post(message.clone());
            message
        })
    }

    async fn answer_to_command(&self, channel: &str, text: &str) -> Value {
        let envelope = self.shared.with(|world| {
            let trigger = world.trigger(&self.id, Some(channel.to_owned()));
            let payload = json!({
                "team_id": world.team_of(&self.id).id, "team_domain": "t", "channel_id": channel,
                "channel_name": "general", "user_id": self.id, "user_name": "somebody", "command": "/riposte",
                "text": text, "api_app_id": "A1", "trigger_id": trigger, "token": "legacy",
                "response_url": format!("http://{}/respond/{trigger}", world.address),
            });
            world.tell("slash_commands", payload)
        });
        self.answer_to(&envelope).await
    }

    /// Writes a message; its time.
    pub(crate) fn says(&self, channel: &str, thread: Option<&str>, text: &str) -> String {
        self.shared.with(|world| {
            let message = self.written(world, channel, thread, text);
            let event = world.message_event(&message, json!({}));
            let team = world.team_of(&self.id).id.clone();
            let ts = message.ts.clone();
            world.post(message);
            world.event(&team, event);
            ts
        })
    }

    /// Writes to the app.
    pub(crate) fn tells(&self, text: &str) -> String {
        let dm = self.dm();
        self.says(&dm, None, text)
    }

    /// Writes a message of which no event tells: it got lost on the way.
    pub(crate) fn says_unheard(&self, channel: &str, text: &str) {
        self.shared.with(|world| {
            let message = self.written(world, channel, None, text);
            world.post(message);
        });
    }

    /// Writes a message that is told of so often, each time by another event.
    pub(crate) fn says_repeatedly(&self, channel: &str, text: &str, times: usize) {
        self.shared.with(|world| {
            let message = self.written(world, channel, None, text);
            let event = world.message_event(&message, json!({}));
            let team = world.team_of(&self.id).id.clone();
            world.post(message);
            for _ in 0..times {
                world.event(&team, event.clone());
            }
        });
    }

    /// Changes a message; or something changes about it without a change of words.
    pub(crate) fn edits(&self, channel: &str, ts: &str, text: &str) {
        self.shared.with(|world| {
            let edited_at = world.ts();
            let message = world.messages.iter_mut().find(|message| message.ts == ts).unwrap();
            let inner = |text: &str| json!({"type": "message", "user": self.id, "text": text, "ts": ts});
            let before = inner(&message.text);
            let mut after = inner(text);
            after["edited"] = json!({"user": self.id, "ts": edited_at});
            message.text = text.to_owned();
            let event = json!({
                "type": "message", "subtype": "message_changed", "hidden": true, "channel": channel,
                "message": after, "previous_message": before, "ts": edited_at, "event_ts": edited_at,
            });
            let team = world.team_of(&self.id).id.clone();
            world.event(&team, event);
        });
    }

    fn written(&self, world: &mut World, channel: &str, thread: Option<&str>, text: &str) -> Message {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        Message {
            channel: channel.to_owned(),
            ts: world.ts(),
            user: self.id.clone(),
            is_bot: false,
            text: escaped,
            blocks: Value::Null,
            metadata: None,
            thread: thread.map(str::to_owned),
            in_channel_too: false,
            only_for: None,
            settled_at: world.now,
        }
    }

    /// Waits until something that they can see holds this text; the message.
    pub(crate) async fn sees(&self, text: &str) -> Message {
        self.shared.until(&format!("“{text}”"), |world| self.find(world, text)).await
    }

    /// Waits until so many messages that they can see hold this text.
    pub(crate) async fn sees_times(&self, text: &str, times: usize) {
        let look = |world: &mut World| (self.count_in(world, text) >= times).then_some(());
        self.shared.until(&format!("“{text}” {times} times"), look).await;
    }

    /// The last message for them that holds a text, if there is one.
    fn find(&self, world: &World, text: &str) -> Option<Message> {
        let mut seen = world.messages.iter().filter(|message| message.is_bot && self.can_see(world, message));
        seen.rfind(|message| rendered(message).contains(text)).cloned()
    }

    pub(crate) fn can_see(&self, world: &World, message: &Message) -> bool {
        let channel = &world.channels[&message.channel];
        let theirs = channel.direct_with.as_ref().is_none_or(|user| *user == self.id);
        let team = channel.team == world.users[&self.id].team;
        team && theirs && message.only_for.as_ref().is_none_or(|user| *user == self.id)
    }

    /// How many messages of the bot they can see hold this text.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.shared.with(|world| self.count_in(world, text))
    }

    fn count_in(&self, world: &World, text: &str) -> usize {
        let seen = world.messages.iter().filter(|message| message.is_bot && self.can_see(world, message));
        seen.filter(|message| rendered(message).contains(text)).count()
    }

    /// Presses a button of this label on the last message that has one.
    pub(crate) async fn presses(&self, label: &str) {
        let what = format!("a button “{label}”");
        let message = self
            .shared
            .until(&what, |world| {
                let mut seen = world.messages.iter().filter(|message| self.can_see(world, message));
                seen.rfind(|message| action_of(&message.blocks, label).is_some()).cloned()
            })
            .await;
        self.presses_on(&message, label).await;
    }

    /// Presses a button on a message.
    pub(crate) async fn presses_on(&self, message: &Message, label: &str) {
        let action = action_of(&message.blocks, label).unwrap();
        let (channel, ts) = (message.channel.clone(), message.ts.clone());
        let mut container = json!({
            "type": "message", "message_ts": ts, "channel_id": channel,
            "is_ephemeral": message.only_for.is_some(),
        });
        if let Some(thread) = &message.thread {
            container["thread_ts"] = json!(thread);
        }
        self.acts(action, Some(channel), container).await;
    }

    /// Sends whatever stands behind a button, forged or not.
    pub(crate) async fn forges(&self, channel: &str, action_id: &str) {
        let container = json!({"type": "message", "message_ts": "1.0", "channel_id": channel});
        self.acts(
            json!({"action_id": action_id, "block_id": "b1", "type": "button"}),
            Some(channel.to_owned()),
            container,
        )
        .await;
    }

    async fn acts(&self, action: Value, channel: Option<String>, container: Value) {
        let envelope = self.shared.with(|world| {
            let trigger = world.trigger(&self.id, channel.clone());
            let mut payload = json!({
                "type": "block_actions", "team": {"id": world.team_of(&self.id).id, "domain": "t"},
                "user": {"id": self.id, "username": "somebody"}, "api_app_id": "A1", "token": "legacy",
                "container": container, "trigger_id": trigger, "actions": [action],
            });
            if let Some(channel) = channel {
                payload["channel"] = json!({"id": channel, "name": "general"});
                payload["response_url"] = json!(format!("http://{}/respond/{trigger}", world.address));
            }
            world.tell("interactive", payload)
        });
        self.answer_to(&envelope).await;
    }

    /// Chooses from the list that was shown last.
    pub(crate) async fn chooses(&self, text: &str) {
        self.chooses_in(0, text).await;
    }

    /// Chooses from a list before the last one, by how many came after it.
    pub(crate) async fn chooses_in(&self, later: usize, text: &str) {
        let (action, channel) = self
            .shared
            .until("a list", |world| {
                let seen = world.messages.iter().filter(|message| self.can_see(world, message));
                seen.filter_map(|message| Some((option_of(&message.blocks, text)?, message.channel.clone())))
                    .nth_back(later)
            })
            .await;
        let container = json!({"type": "message", "message_ts": "1.0", "channel_id": channel});
        self.acts(action, Some(channel), container).await;
    }

    /// Waits for a form and sends it with this text. What stands below the field then, if the form stays open.
    pub(crate) async fn fills_in(&self, text: &str) -> Option<String> {
        let form = self.shared.until("a form", |world| world.forms.get(&self.id).cloned()).await;
        let envelope = self.shared.with(|world| {
            let trigger = world.trigger(&self.id, None);
            let mut view = form.view.clone();
            view["id"] = json!(form.id);
            view["state"] =
                json!({"values": {"answer": {"answer": {"type": "plain_text_input", "value": text}}}});
            let payload = json!({
                "type": "view_submission", "team": {"id": world.team_of(&self.id).id}, "trigger_id": trigger,
                "user": {"id": self.id}, "api_app_id": "A1", "view": view, "response_urls": [],
            });
            world.tell("interactive", payload)
        });
        let answer = self.answer_to(&envelope).await;
        let error = answer["errors"]["answer"].as_str().map(str::to_owned);
        if error.is_none() {
            self.shared.with(|world| world.forms.remove(&self.id));
        }
        error
    }

    /// What stands in the form above the field.
    pub(crate) async fn form(&self) -> String {
        let form = self.shared.until("a form", |world| world.forms.get(&self.id).cloned()).await;
        shown_in(&form.view)
    }

    /// Uses the global shortcut.
    pub(crate) async fn uses_shortcut(&self) {
        let envelope = self.shared.with(|world| {
            let trigger = world.trigger(&self.id, None);
            let payload = json!({
                "type": "shortcut", "callback_id": "drill_me", "team": {"id": world.team_of(&self.id).id},
                "user": {"id": self.id}, "trigger_id": trigger, "action_ts": "1.0", "token": "legacy",
            });
            world.tell("interactive", payload)
        });
        self.answer_to(&envelope).await;
    }

    /// Uses the message shortcut.
    pub(crate) async fn uses_shortcut_on(&self, channel: &str, ts: &str) {
        let envelope = self.shared.with(|world| {
            let trigger = world.trigger(&self.id, Some(channel.to_owned()));
            let of = world.messages.iter().find(|message| message.ts == ts).unwrap();
            let has_replies = world.messages.iter().any(|message| message.thread.as_deref() == Some(ts));
            let mut message = json!({"type": "message", "user": of.user, "ts": ts, "text": of.text});
            if let Some(thread) = of.thread.as_deref().or(has_replies.then_some(ts)) {
                message["thread_ts"] = json!(thread);
            }
            let payload = json!({
                "type": "message_action", "callback_id": "follow_up", "team": {"id": world.team_of(&self.id).id},
                "user": {"id": self.id}, "channel": {"id": channel}, "message": message, "trigger_id": trigger,
                "message_ts": ts, "response_url": format!("http://{}/respond/{trigger}", world.address),
            });
            world.tell("interactive", payload)
        });
        self.answer_to(&envelope).await;
    }

    /// Opens the app's home.
    pub(crate) fn opens_home(&self) {
        self.shared.with(|world| {
            let channel = world.direct(&self.id);
            let event = json!({
                "type": "app_home_opened", "user": self.id, "channel": channel, "tab": "home", "event_ts": "1.0",
            });
            let team = world.team_of(&self.id).id.clone();
            world.event(&team, event);
        });
    }

    /// Waits until their home holds this text; all of it.
    pub(crate) async fn home_shows(&self, text: &str) -> String {
        let what = format!("“{text}” at home");
        let look = |world: &mut World| {
            let shown = shown_in(world.homes.get(&self.id)?);
            shown.contains(text).then_some(shown)
        };
        self.shared.until(&what, look).await
    }

    /// Presses a button of their home.
    pub(crate) async fn presses_at_home(&self, label: &str) {
        let look = |world: &mut World| action_of(&world.homes.get(&self.id)?["blocks"], label);
        let action = self.shared.until(label, look).await;
        self.acts(action, None, json!({"type": "view", "view_id": "V1"})).await;
    }

    async fn answer_to(&self, envelope: &str) -> Value {
        self.shared.until("an acknowledgement", |world| world.answers.remove(envelope)).await
    }

    /// Whether what they do now is that of an admin of the workspace.
    pub(crate) fn is_admin(&self, is_admin: bool) {
        self.shared.with(|world| world.users.get_mut(&self.id).unwrap().is_admin = is_admin);
    }

    /// Everything that they can see of a place, as text.
    pub(crate) fn view_of(&self, channel: &str) -> String {
        self.shared.with(|world| {
            let seen = world
                .messages
                .iter()
                .filter(|message| message.channel == channel && self.can_see(world, message));
            let lines = seen.map(|message| {
                let who = match (&message.only_for, message.is_bot) {
                    (Some(_), _) => "riposte, for you alone",
                    (None, true) => "riposte",
                    (None, false) => world.users[&message.user].name.as_str(),
                };
                let indent = if message.thread.is_some() { "    " } else { "" };
                let pin = if world.pins.contains(&message.ts) { ", pinned" } else { "" };
                let also = if message.in_channel_too { ", and in the channel" } else { "" };
                let text =
                    rendered(message).lines().map(|line| format!("{indent}{line}\n")).collect::<String>();
                format!("{indent}— {who}{also}{pin}\n{text}")
            });
            lines.collect()
        })
    }
}

/// The action behind a button of this label. A block that was sent without a name has one of Slack's.
fn action_of(blocks: &Value, label: &str) -> Option<Value> {
    let mut found = None;
    for block in blocks.as_array().into_iter().flatten() {
        let block_id = block["block_id"].as_str().unwrap_or("b1");
        each(block, &mut |node| {
            if node["type"] == "button" && node["text"]["text"] == label {
                let action = &node["action_id"];
                found = Some(json!({
                    "type": "button", "action_id": action, "block_id": block_id, "action_ts": "1.0",
                }));
            }
        });
    }
    found
}

/// What stands behind a button of a message.
pub(crate) fn action_id(message: &Message, label: &str) -> String {
    action_of(&message.blocks, label).unwrap()["action_id"].as_str().unwrap().to_owned()
}

fn option_of(blocks: &Value, text: &str) -> Option<Value> {
    let mut found = None;
    each(blocks, &mut |node| {
        if node["type"] == "static_select" {
            let options = node["options"].as_array().unwrap();
            let fits = |option: &&Value| option["text"]["text"].as_str().unwrap().contains(text);
            found = options.iter().find(fits).map(|option| {
                json!({"type": "static_select", "action_id": node["action_id"], "selected_option": option})
            });
        }
    });
    found
}

/// A message, as text.
pub(crate) fn rendered(message: &Message) -> String {
    let body = json!({"blocks": message.blocks, "text": message.text});
    shown_in(&body)
}

/// What a person sees of blocks, one line a paragraph; without blocks, the text.
pub(crate) fn shown_in(body: &Value) -> String {
    let Some(blocks) = body["blocks"].as_array() else {
        return body["text"].as_str().unwrap_or_default().to_owned();
    };
    let mut lines = Vec::new();
    for block in blocks {
        let elements = block["elements"].as_array().cloned().unwrap_or_default();
        let text = |node: &Value| node["text"].as_str().unwrap_or_default().to_owned();
        match block["type"].as_str().unwrap_or_default() {
            "rich_text" => lines.extend(elements.iter().map(paragraph)),
            "context" => lines.extend(elements.iter().map(|element| format!("({})", text(element)))),
            "actions" => {
                let labels = elements.iter().map(|element| match element["type"].as_str() {
                    Some("static_select") => format!("[{} ▾]", text(&element["placeholder"])),
                    _ => format!("[{}]", text(&element["text"])),
                });
                lines.push(labels.collect::<Vec<_>>().join(" "));
            }
            "header" => lines.push(format!("# {}", text(&block["text"]))),
            "divider" => lines.push("---".to_owned()),
            "image" => lines.push(format!("[picture: {}]", block["alt_text"].as_str().unwrap_or_default())),
            "input" => lines.push(format!("{}: ____", text(&block["label"]))),
            other => lines.push(format!("?{other}")),
        }
    }
    lines.join("\n")
}

fn paragraph(rich: &Value) -> String {
    let stretches = rich["elements"].as_array().cloned().unwrap_or_default();
    let shown = stretches.iter().map(|stretch| {
        let text = stretch["text"].as_str().unwrap_or_default();
        match (stretch["type"].as_str(), &stretch["style"]) {
            (Some("user"), _) => format!("@{}", stretch["user_id"].as_str().unwrap_or_default()),
            (Some("channel"), _) => format!("#{}", stretch["channel_id"].as_str().unwrap_or_default()),
            (Some("usergroup"), _) => format!("@{}", stretch["usergroup_id"].as_str().unwrap_or_default()),
            (Some("link"), _) => format!("<{text}>"),
            (_, style) if style["code"] == true => format!("`{text}`"),
            (_, style) if style["bold"] == true => format!("*{text}*"),
            (_, style) if style["italic"] == true => format!("_{text}_"),
            _ => text.to_owned(),
        }
    });
    let shown: String = shown.collect();
    match rich["type"].as_str() {
        Some("rich_text_quote") => format!("> {shown}"),
        Some("rich_text_preformatted") => format!("```\n{shown}\n```"),
        _ => shown,
    }
}
