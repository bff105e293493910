//! Everything that makes an interaction: commands, buttons, menus, forms, autocompletion.
//!
//! Each of these waits for the bot's first response, as the person's screen does, unless the name says
//! otherwise.

use serde_json::{Value, json};

use crate::support::discord::gateway::Event;
use crate::support::discord::state::{Id, Interaction, Message, Response, World};
use crate::support::discord::{permissions, render, wire};

use super::person::Person;
use super::place::{Place, Post, is_visible};

const COMMAND: u8 = 2;
const COMPONENT: u8 = 3;
const AUTOCOMPLETE: u8 = 4;
const FORM: u8 = 5;

/// A slash command on its way: say where.
pub(crate) struct Slash<'a> {
    person: &'a Person,
    name: String,
    options: Vec<(String, String)>,
}

impl Slash<'_> {
    /// Sends it in a channel or thread.
    pub(crate) async fn in_channel(self, place: &Place) {
        let id = self.send(place);
        self.person.answered(id).await;
    }

    /// Sends it in the DM with the bot.
    pub(crate) async fn in_dm(self) {
        let dm = self.person.dm();
        self.in_channel(&dm).await;
    }

    /// Sends it and does not wait for an answer.
    pub(crate) fn send(&self, place: &Place) -> Id {
        let Self { person, name, options } = self;
        person.shared.with(|world| {
            let (command, within) = person.chat_command(world, place.id, name);
            let described = within.as_ref().unwrap_or(&command);
            let given: Vec<_> = options.iter().map(|(key, value)| option(described, key, value)).collect();
            for wanted in described["options"].as_array().into_iter().flatten() {
                let is_given = given.iter().any(|given| given["name"] == wanted["name"]);
                assert!(is_given || wanted["required"] != true, "/{name} wants {}", wanted["name"]);
            }
            let data = typed(world, &command, within.as_ref(), given);
            let label = options
                .iter()
                .fold(format!("/{name}"), |label, (key, value)| format!("{label} {key}:{value}"));
            person.interact(world, COMMAND, place.id, None, data, label)
        })
    }
}

impl Person {
    /// `/name` with options; every value is written as one types it. `daily add` is a command within a command;
    /// roles and channels are written as their ids.
    pub(crate) fn slash<const N: usize>(&self, name: &str, options: [(&str, &str); N]) -> Slash<'_> {
        let options = options.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Slash { person: self, name: name.to_owned(), options }
    }

    /// A registered command that they see, and the one within it that the name goes on with.
    fn chat_command(&self, world: &World, place: Id, name: &str) -> (Value, Option<Value>) {
        let (name, within) = name.split_once(' ').map_or((name, None), |(name, within)| (name, Some(within)));
        let command = command(world, place, name, 1);
        let wanted = command["default_member_permissions"].as_str().map_or(0, |bits| bits.parse().unwrap());
        let may = permissions::of(world, self.id, place);
        let shown = world.shown_to_all.contains(name);
        assert!(may.has(wanted) || shown, "/{name} is not shown to {}", world.name_of(self.id));
        let is_within = |option: &&Value| option["type"] == 1;
        let mut options = command["options"].as_array().into_iter().flatten().filter(is_within);
        let Some(within) = within else {
            assert!(options.next().is_none(), "/{name} is no command without another one");
            return (command, None);
        };
        let found = options.find(|option| option["name"] == within).cloned();
        assert!(found.is_some(), "/{name} has no command {within}");
        (command, found)
    }

    /// Uses a message command on a message.
    pub(crate) async fn uses(&self, name: &str, on: Post) {
        let id = self.shared.with(|world| {
            let command = command(world, on.channel, name, 3);
            let message = wire::message(world, on.id);
            let target = on.id.to_string();
            let data = json!({
                "id": command["id"], "name": name, "type": 3, "target_id": target,
                "resolved": {"messages": {target: message}},
            });
            self.interact(world, COMMAND, on.channel, None, data, format!("“{name}”"))
        });
        self.answered(id).await;
    }

    /// What is offered for an option while they type in it, as they read it.
    pub(crate) async fn completes(&self, name: &str, key: &str, typed: &str, place: &Place) -> Vec<String> {
        self.offers(name, key, typed, place).await.into_iter().map(|(name, _)| name).collect()
    }

    /// The same, each with what it stands for.
    pub(crate) async fn offers(
        &self,
        name: &str,
        key: &str,
        typed: &str,
        place: &Place,
    ) -> Vec<(String, String)> {
        let id = self.shared.with(|world| {
            let (command, within) = self.chat_command(world, place.id, name);
            let described = within.as_ref().unwrap_or(&command);
            let mut focused = option(described, key, typed);
            focused["focused"] = json!(true);
            let wanted =
                described["options"].as_array().into_iter().flatten().find(|option| option["name"] == key);
            assert!(wanted.is_some_and(|option| option["autocomplete"] == true), "{key} offers nothing");
            let data = self::typed(world, &command, within.as_ref(), vec![focused]);
            self.interact(world, AUTOCOMPLETE, place.id, None, data, format!("/{name} {key}:{typed}…"))
        });
        match self.answered(id).await {
            Response::Choices(choices) => {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                choices.iter().map(|choice| (text(&choice["name"]), text(&choice["value"]))).collect()
            }
            other @ (Response::Message | Response::Update | Response::Form(_)) => panic!("{other:?}"),
        }
    }

    /// Presses the newest button with this label that they can see.
    pub(crate) async fn press(&self, label: &str) {
        let id = self.press_and_leave(label);
        self.answered(id).await;
    }

    /// Presses it and does not wait for an answer.
    pub(crate) fn press_and_leave(&self, label: &str) -> Id {
        self.shared.with(|world| {
            let (message, custom_id) = self.find_button(world, None, label);
            self.press_in(world, message, &custom_id, label)
        })
    }

    /// Presses a button of this message.
    pub(crate) async fn press_on(&self, post: Post, label: &str) {
        let id = self.shared.with(|world| {
            let (message, custom_id) = self.find_button(world, Some(post.id), label);
            self.press_in(world, message, &custom_id, label)
        });
        self.answered(id).await;
    }

    /// Sends a press that no button of the message needs to have: an old or a forged one.
    pub(crate) async fn forge(&self, post: Post, custom_id: &str) {
        let id = self.shared.with(|world| self.press_in(world, post.id, custom_id, custom_id));
        self.answered(id).await;
    }

    /// Sends a press and does not wait for an answer.
    pub(crate) fn forge_and_leave(&self, post: Post, custom_id: &str) -> Id {
        self.shared.with(|world| self.press_in(world, post.id, custom_id, custom_id))
    }

    /// The id behind a button, to forge it later.
    pub(crate) fn custom_id(&self, label: &str) -> String {
        self.shared.with(|world| self.find_button(world, None, label).1)
    }

    /// Chooses an option of the newest menu that has it.
    pub(crate) async fn choose(&self, option: &str) {
        self.choose_among(None, option).await;
    }

    /// Chooses from a list on a message.
    pub(crate) async fn chooses_on(&self, post: Post, option: &str) {
        self.choose_among(Some(post.id), option).await;
    }

    async fn choose_among(&self, post: Option<Id>, option: &str) {
        let id = self.shared.with(|world| {
            let menus = components(world, post, self.id, 3);
            let found = menus.iter().find_map(|(message, menu)| {
                let options = menu["options"].as_array().into_iter().flatten();
                let value = options
                    .filter(|given| given["label"] == option)
                    .map(|given| given["value"].clone())
                    .next()?;
                Some((*message, menu["custom_id"].clone(), value))
            });
            let Some((message, custom_id, value)) = found else { panic!("nowhere to choose “{option}”") };
            let data = json!({"custom_id": custom_id, "component_type": 3, "values": [value], "id": 1});
            let channel = world.messages[&message].channel;
            self.interact(world, COMPONENT, channel, Some(message), data, format!("{{{option}}}"))
        });
        self.answered(id).await;
    }

    /// Fills in the open form by label and sends it.
    pub(crate) async fn fill<const N: usize>(&self, fields: [(&str, &str); N]) {
        let id = self.fill_and_leave(fields);
        self.answered(id).await;
    }

    /// Sends the open form and does not wait for an answer.
    pub(crate) fn fill_and_leave<const N: usize>(&self, fields: [(&str, &str); N]) -> Id {
        self.shared.with(|world| {
            let open = world.users.get_mut(&self.id).unwrap().form.take();
            let (origin, form) = open.expect("a form is open");
            let data = filled(&form, &fields);
            let (channel, source) = {
                let origin = &world.interactions[&origin];
                (origin.channel, origin.source)
            };
            let label = format!("form “{}”", form["title"].as_str().unwrap_or_default());
            self.interact(world, FORM, channel, source, data, label)
        })
    }

    /// Closes the open form without sending it.
    pub(crate) fn dismisses_form(&self) {
        self.shared.with(|world| world.users.get_mut(&self.id).unwrap().form = None);
    }

    /// The button with this label, on this message or on the newest that has it.
    fn find_button(&self, world: &World, on: Option<Id>, label: &str) -> (Id, String) {
        let buttons = components(world, on, self.id, 2);
        let usable = buttons
            .iter()
            .filter(|(_, button)| button["disabled"] != true && button["custom_id"].is_string());
        let fits = |button: &Value| render::label(button) == label || button["label"] == label;
        let found = usable.clone().find(|(_, button)| fits(button));
        let Some((message, button)) = found else {
            let there: Vec<_> = usable.map(|(_, button)| render::label(button)).collect();
            panic!("no button “{label}” to press; there are {there:?}")
        };
        (*message, button["custom_id"].as_str().unwrap().to_owned())
    }

    fn press_in(&self, world: &mut World, message: Id, custom_id: &str, label: &str) -> Id {
        let channel = world.messages[&message].channel;
        let data = json!({"custom_id": custom_id, "component_type": 2, "id": 1});
        self.interact(world, COMPONENT, channel, Some(message), data, format!("[{label}]"))
    }

    fn interact(
        &self,
        world: &mut World,
        kind: u8,
        channel: Id,
        source: Option<Id>,
        data: Value,
        label: String,
    ) -> Id {
        let id = world.new_id();
        let interaction = Interaction {
            id,
            token: format!("token-of-{id}"),
            kind,
            user: self.id,
            channel,
            source,
            label,
            data,
            response: None,
            original: None,
            followups: 0,
        };
        let event = wire::interaction(world, &interaction);
        world.interactions.insert(id, interaction);
        let guild = world.channels[&channel].guild;
        world.tell(Event::interaction(guild, event));
        id
    }

    /// Waits for the first response.
    pub(crate) async fn answered(&self, id: Id) -> Response {
        let label = self.shared.with(|world| world.interactions[&id].label.clone());
        let look = |world: &mut World| world.interactions[&id].response.clone();
        self.shared.until(&format!("the answer to {label}"), look).await
    }
}

/// The registered command that one can use here.
fn command(world: &World, place: Id, name: &str, kind: u64) -> Value {
    let guild = world.channels[&place].guild;
    let of_guild = guild.and_then(|guild| world.commands.get(&Some(guild)));
    let all = of_guild.into_iter().chain(world.commands.get(&None)).flatten();
    let found = all.clone().find(|command| command["name"] == name && command["type"] == kind);
    let Some(command) = found else {
        let there: Vec<_> = all.map(|command| command["name"].clone()).collect();
        panic!("no command {name} is registered; there are {there:?}")
    };
    let with_bot = world.has_bot(place);
    let context = match guild {
        Some(_) => 0,
        None if with_bot => 1,
        None => 2,
    };
    let contexts = command["contexts"].as_array();
    assert!(
        contexts.is_none_or(|contexts| contexts.contains(&json!(context))),
        "/{name} is not for this place"
    );
    let for_users = command["integration_types"].as_array().is_some_and(|types| types.contains(&json!(1)));
    assert!(with_bot || for_users, "/{name} cannot be used where the bot is no member");
    command.clone()
}

/// A command as the client sends it, with the roles and channels that are named in it.
fn typed(world: &World, command: &Value, within: Option<&Value>, given: Vec<Value>) -> Value {
    let ids = |kind: u64| given.iter().filter(move |option| option["type"] == kind);
    let mut resolved = json!({});
    for id in ids(8).filter_map(|option| Id::of(&option["value"])) {
        let guild = world.guilds.values().find(|guild| guild.roles.iter().any(|role| role.id == id));
        let guild = guild.unwrap_or_else(|| panic!("there is no role {id}"));
        let roles = wire::roles(world, guild.id);
        let role = roles.as_array().unwrap().iter().find(|role| role["id"] == id.to_string()).unwrap();
        resolved["roles"][id.to_string()] = role.clone();
    }
    for id in ids(7).filter_map(|option| Id::of(&option["value"])) {
        let mut channel = wire::channel(world, id);
        channel["permissions"] = json!("0");
        resolved["channels"][id.to_string()] = channel;
    }
    let options = match within {
        Some(within) => json!([{"type": 1, "name": within["name"], "options": given}]),
        None => json!(given),
    };
    json!({"id": command["id"], "name": command["name"], "type": 1, "options": options, "resolved": resolved})
}

/// An option as the client sends it.
fn option(command: &Value, key: &str, value: &str) -> Value {
    let mut options = command["options"].as_array().into_iter().flatten();
    let wanted = options.find(|option| option["name"] == key);
    let Some(wanted) = wanted else { panic!("{} has no option {key}", command["name"]) };
    let kind = wanted["type"].as_u64().unwrap_or(0);
    let typed = match kind {
        4 => json!(value.parse::<i64>().unwrap()),
        5 => json!(value.parse::<bool>().unwrap()),
        10 => json!(value.parse::<f64>().unwrap()),
        _ => json!(value),
    };
    let choices = wanted["choices"].as_array().filter(|choices| !choices.is_empty());
    if let Some(choices) = choices {
        let choice = choices.iter().find(|choice| choice["value"] == typed || choice["name"] == value);
        let Some(choice) = choice else { panic!("{value} is not among the choices of {key}") };
        return json!({"name": key, "type": kind, "value": choice["value"]});
    }
    let number = typed.as_f64().unwrap_or(0.0);
    let too_low = wanted["min_value"].as_f64().is_some_and(|low| number < low);
    let too_high = wanted["max_value"].as_f64().is_some_and(|high| number > high);
    assert!(!too_low && !too_high, "{value} is out of the range of {key}");
    json!({"name": key, "type": kind, "value": typed})
}

/// Parts of this type under the messages that somebody can see, the newest message first.
fn components(world: &World, on: Option<Id>, who: Id, kind: u64) -> Vec<(Id, Value)> {
    let wanted = |message: &&Message| on.is_none_or(|on| on == message.id) && is_visible(world, message, who);
    let mut found = Vec::new();
    for message in world.messages.values().rev().filter(wanted) {
        for row in &message.components {
            for part in row["components"].as_array().into_iter().flatten().filter(|part| part["type"] == kind)
            {
                found.push((message.id, part.clone()));
            }
        }
    }
    found
}

/// The form with these words in it, as the client sends it; checks what the client checks.
fn filled(form: &Value, fields: &[(&str, &str)]) -> Value {
    let inputs = render::inputs(form);
    for (label, _) in fields {
        let there: Vec<_> = inputs.iter().map(|(label, _)| label).collect();
        assert!(inputs.iter().any(|(given, _)| given == label), "no field “{label}”; there are {there:?}");
    }
    let value = |label: &str, input: &Value| {
        let given = fields.iter().find(|(wanted, _)| *wanted == label).map(|(_, text)| (*text).to_owned());
        let text = given.unwrap_or_else(|| input["value"].as_str().unwrap_or_default().to_owned());
        let chars = text.chars().count() as u64;
        assert!(chars > 0 || input["required"] == false, "“{label}” has to be filled in");
        assert!(input["max_length"].as_u64().is_none_or(|high| chars <= high), "“{label}” is too long");
        let low = input["min_length"].as_u64().unwrap_or(0);
        assert!(chars == 0 || chars >= low, "“{label}” is too short");
        json!({"type": 4, "custom_id": input["custom_id"], "value": text})
    };
    let parts = form["components"].as_array().into_iter().flatten().map(|part| {
        if part["component"].is_object() {
            let label = part["label"].as_str().unwrap_or_default();
            return json!({"type": 18, "component": value(label, &part["component"])});
        }
        let inputs = part["components"].as_array().into_iter().flatten();
        let inputs = inputs.map(|input| value(input["label"].as_str().unwrap_or_default(), input));
        json!({"type": 1, "components": inputs.collect::<Vec<_>>()})
    });
    json!({"custom_id": form["custom_id"], "components": parts.collect::<Vec<_>>()})
}
