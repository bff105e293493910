//! What it refuses, in Discord's words and at Discord's place.

use serde_json::{Value, json};

use super::client::{Bot, messages};
use crate::support::discord::Discord;
use crate::support::discord::driver::place::Place;

/// The places of the errors of a refused form body, with their codes.
fn places(errors: &Value, at: &str, found: &mut Vec<String>) {
    for (key, value) in errors.as_object().into_iter().flatten() {
        if key == "_errors" {
            let codes = value.as_array().into_iter().flatten().filter_map(|error| error["code"].as_str());
            found.extend(codes.map(|code| format!("{at} {code}").trim().to_owned()));
        } else {
            let deeper = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
            places(value, &deeper, found);
        }
    }
}

async fn refused(discord: &Discord, bot: &Bot, place: &Place, body: Value, wanted: &str) {
    discord.expect_error(50035);
    let got = bot.post(place, body.clone()).await;
    assert_eq!((got.status, got.code()), (400, 50035), "{body} → {:?}", got.body);
    let mut found = Vec::new();
    places(&got.body["errors"], "", &mut found);
    assert!(found.iter().any(|place| place == wanted), "{body}\nwanted {wanted}, got {found:?}");
}

async fn start() -> (Discord, Bot, Place) {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let bot = Bot::of(&discord);
    (discord, bot, general)
}

fn long(chars: usize) -> String {
    "x".repeat(chars)
}

fn button(custom_id: &str) -> Value {
    json!({"type": 2, "style": 1, "label": "Press", "custom_id": custom_id})
}

fn row(parts: Value) -> Value {
    json!({"components": [{"type": 1, "components": parts}], "content": "x"})
}

#[tokio::test]
async fn content_and_fields_of_messages() {
    let (discord, bot, general) = start().await;
    let cases = [
        (json!({"content": long(2_001)}), "content BASE_TYPE_MAX_LENGTH"),
        (json!({"content": 7}), "content BASE_TYPE_CONVERT"),
        (json!({"content": "x", "colour": 1}), "colour UNKNOWN_FIELD"),
        (json!({"content": "x", "nonce": long(26)}), "nonce NONCE_TYPE_TOO_LONG"),
        (json!({"content": "x", "flags": 64}), "flags BASE_TYPE_CHOICES"),
        (json!({"content": "x", "tts": "yes"}), "tts BOOLEAN_TYPE_CONVERT"),
        (json!({"content": "x", "poll": {}}), "poll NOT_SIMULATED"),
        (json!({"content": "x", "attachments": [{"id": 0}]}), "attachments.0 ATTACHMENT_NOT_FOUND"),
        (json!({"content": "x", "message_reference": {}}), "message_reference.message_id BASE_TYPE_REQUIRED"),
        (
            json!({"content": "x", "message_reference": {"message_id": "1"}}),
            "message_reference REPLIES_UNKNOWN_MESSAGE",
        ),
        (
            json!({"content": "x", "allowed_mentions": {"parse": ["all"]}}),
            "allowed_mentions.parse.0 BASE_TYPE_CHOICES",
        ),
        (
            json!({"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}),
            "allowed_mentions.users MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        ),
    ];
    for (body, wanted) in cases {
        refused(&discord, &bot, &general, body, wanted).await;
    }
    discord.expect_error(50006);
    assert_eq!(bot.post(&general, json!({"content": " \n "})).await.code(), 50006);
    discord.expect_error(50109);
    assert_eq!(bot.send_raw("POST", &messages(general.id), "{content: x").await.code(), 50109);
    assert_eq!(bot.post(&general, json!({"content": long(2_000)})).await.status, 200);
    discord.owner().sees(&long(2_000)).await;
    discord.finish();
}

#[tokio::test]
async fn embeds() {
    let (discord, bot, general) = start().await;
    let field = json!({"name": "n", "value": "v"});
    let cases = [
        (json!({"title": long(257)}), "embeds.0.title BASE_TYPE_MAX_LENGTH"),
        (json!({"description": long(4_097)}), "embeds.0.description BASE_TYPE_MAX_LENGTH"),
        (json!({"title": "t", "colour": 1}), "embeds.0.colour UNKNOWN_FIELD"),
        (json!({"title": "t", "color": 0x100_0000}), "embeds.0.color BASE_TYPE_CHOICES"),
        (json!({"title": "t", "url": "discord.com"}), "embeds.0.url URL_TYPE_INVALID_URL"),
        (json!({"title": "t", "timestamp": "now"}), "embeds.0.timestamp DATE_TIME_TYPE_PARSE"),
        (json!({"footer": {"text": long(2_049)}}), "embeds.0.footer.text BASE_TYPE_MAX_LENGTH"),
        (json!({"author": {"name": long(257)}}), "embeds.0.author.name BASE_TYPE_MAX_LENGTH"),
        (json!({"fields": vec![field.clone(); 26]}), "embeds.0.fields BASE_TYPE_BAD_LENGTH"),
        (json!({"fields": [{"name": "", "value": "v"}]}), "embeds.0.fields.0.name BASE_TYPE_REQUIRED"),
        (
            json!({"fields": [{"name": "n", "value": long(1_025)}]}),
            "embeds.0.fields.0.value BASE_TYPE_MAX_LENGTH",
        ),
        (json!({"color": 1}), "embeds.0.description BASE_TYPE_REQUIRED"),
    ];
    for (embed, wanted) in cases {
        refused(&discord, &bot, &general, json!({"embeds": [embed]}), wanted).await;
    }
    let eleven = vec![json!({"title": "t"}); 11];
    refused(&discord, &bot, &general, json!({"embeds": eleven}), "embeds BASE_TYPE_BAD_LENGTH").await;
    let two = json!({"embeds": [{"description": long(3_000)}, {"description": long(3_001)}]});
    refused(&discord, &bot, &general, two, "embeds MAX_EMBED_SIZE_EXCEEDED").await;
    let two = json!({"embeds": [{"description": long(3_000)}, {"description": long(3_000)}]});
    assert_eq!(bot.post(&general, two).await.status, 200);
    discord.owner().reads().await;
    discord.finish();
}

#[tokio::test]
async fn buttons_and_menus() {
    let (discord, bot, general) = start().await;
    let option = json!({"label": "l", "value": "v"});
    let part = "components.0.components.0";
    let cases = [
        (row(json!([button("")])), format!("{part}.custom_id BASE_TYPE_REQUIRED")),
        (row(json!([button(&long(101))])), format!("{part}.custom_id BASE_TYPE_MAX_LENGTH")),
        (
            row(json!([button("a"), button("a")])),
            "components.0.components.1.custom_id COMPONENT_CUSTOM_ID_DUPLICATED".to_owned(),
        ),
        (row(json!([{"type": 2, "style": 1, "label": "x"}])), format!("{part}.custom_id BASE_TYPE_REQUIRED")),
        (
            row(json!([{"type": 2, "style": 1, "custom_id": "a"}])),
            format!("{part} BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED"),
        ),
        (
            row(json!([{"type": 2, "style": 5, "label": "x"}])),
            format!("{part} BUTTON_COMPONENT_URL_REQUIRED"),
        ),
        (
            row(json!([{"type": 2, "style": 5, "label": "x", "url": "https://a.b", "custom_id": "a"}])),
            format!("{part} BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE"),
        ),
        (
            row(json!([{"type": 2, "style": 9, "label": "x", "custom_id": "a"}])),
            format!("{part}.style BASE_TYPE_CHOICES"),
        ),
        (
            row(json!([{"type": 2, "style": 1, "label": long(81), "custom_id": "a"}])),
            format!("{part}.label BASE_TYPE_MAX_LENGTH"),
        ),
        (
            row((0..6).map(|n| button(&n.to_string())).collect()),
            "components.0.components BASE_TYPE_BAD_LENGTH".to_owned(),
        ),
        (
            row(json!([{"type": 3, "custom_id": "a", "options": []}])),
            format!("{part}.options BASE_TYPE_REQUIRED"),
        ),
        (
            row(json!([{"type": 3, "custom_id": "a", "options": [option, option]}])),
            "components.0.components.0.options.1.value SELECT_COMPONENT_OPTION_VALUE_DUPLICATED".to_owned(),
        ),
        (
            row(json!([{"type": 3, "custom_id": "a", "options": [option]}, button("b")])),
            "components.0 COMPONENT_LAYOUT_WIDTH_EXCEEDED".to_owned(),
        ),
        (row(json!([{"type": 4, "custom_id": "a"}])), format!("{part}.type UNION_TYPE_CHOICES")),
        (
            json!({"content": "x", "components": [button("a")]}),
            "components.0.type UNION_TYPE_CHOICES".to_owned(),
        ),
    ];
    for (body, wanted) in cases {
        refused(&discord, &bot, &general, body, &wanted).await;
    }
    let six: Vec<Value> =
        (0..6).map(|n| json!({"type": 1, "components": [button(&n.to_string())]})).collect();
    let body = json!({"content": "x", "components": six});
    refused(&discord, &bot, &general, body, "components BASE_TYPE_BAD_LENGTH").await;
    assert_eq!(bot.post(&general, row(json!([button(&long(100))]))).await.status, 200);
    discord.owner().reads().await;
    discord.finish();
}

#[tokio::test]
async fn commands() {
    let (discord, bot, _) = start().await;
    let path = format!("/applications/{}/commands", bot.id);
    let text = |name: &str| json!({"type": 3, "name": name, "description": "d"});
    let with = |options: Value| json!([{"name": "drill", "description": "d", "options": options}]);
    let mut required = text("b");
    required["required"] = json!(true);
    let mut both = text("a");
    both["autocomplete"] = json!(true);
    both["choices"] = json!([{"name": "n", "value": "v"}]);
    let long_choices: Value =
        (0..25).map(|n| json!({"name": long(100), "value": format!("{n}{}", long(98))})).collect();
    let mut longs: Vec<Value> = ["a", "b"].into_iter().map(text).collect();
    longs.iter_mut().for_each(|option| option["choices"] = long_choices.clone());
    let cases = [
        (json!([{"name": "Drill", "description": "d"}]), "0.name APPLICATION_COMMAND_INVALID_NAME"),
        (json!([{"name": "a b", "description": "d"}]), "0.name APPLICATION_COMMAND_INVALID_NAME"),
        (json!([{"name": long(33), "description": "d"}]), "0.name BASE_TYPE_MAX_LENGTH"),
        (json!([{"name": "drill"}]), "0.description BASE_TYPE_REQUIRED"),
        (json!([{"name": "drill", "description": long(101)}]), "0.description BASE_TYPE_MAX_LENGTH"),
        (json!([{"name": "drill", "description": "d", "hidden": true}]), "0.hidden UNKNOWN_FIELD"),
        (json!([{"name": "drill", "description": "d", "contexts": [3]}]), "0.contexts.0 BASE_TYPE_CHOICES"),
        (
            json!([{"name": "drill", "description": "d", "name_localizations": {"xx": "y"}}]),
            "0.name_localizations.xx UNKNOWN_FIELD",
        ),
        (
            json!([{"name": "Ask", "type": 3, "description": "d"}]),
            "0.description APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_CANNOT_SET",
        ),
        (
            json!([{"name": "drill", "description": "d"}, {"name": "drill", "description": "e"}]),
            "1 APPLICATION_COMMANDS_DUPLICATE_NAME",
        ),
        (with(json!([text("a"), required])), "0.options.1 APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"),
        (with(json!([text("a"), text("a")])), "0.options.1.name APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATED"),
        (with(json!([both])), "0.options.0 APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE"),
        (with((0..26).map(|n| text(&format!("o{n}"))).collect()), "0.options BASE_TYPE_BAD_LENGTH"),
        (with(json!(longs)), "0 APPLICATION_COMMAND_TOO_LARGE"),
    ];
    for (body, wanted) in cases {
        discord.expect_error(50035);
        let got = bot.send("PUT", &path, body.clone()).await;
        let mut found = Vec::new();
        places(&got.body["errors"], "", &mut found);
        assert!(found.iter().any(|place| place == wanted), "{body}\nwanted {wanted}, got {found:?}");
    }
    let many: Value = (0..101).map(|n| json!({"name": format!("c{n}"), "description": "d"})).collect();
    discord.expect_error(30032);
    assert_eq!(bot.send("PUT", &path, many).await.code(), 30032);
    discord.finish();
}

#[tokio::test]
async fn sends_that_could_ping_are_held_against_the_bot() {
    let (discord, bot, general) = start().await;
    let ana = discord.user("ana");
    let post = ana.says(&general, "hello");
    let path = messages(general.id);
    bot.send("POST", &path, json!({"content": format!("<@{}> @everyone", ana.id)})).await;
    let reply = json!({"content": "you", "message_reference": {"message_id": post.id.to_string()}});
    bot.send("POST", &path, reply).await;
    let only_ana = json!({"parse": [], "users": [ana.id.to_string()]});
    bot.send("POST", &path, json!({"content": format!("<@{}>", ana.id), "allowed_mentions": only_ana})).await;
    bot.post(&general, json!({"content": format!("<@{}> @everyone", ana.id)})).await;
    let pings = discord.pings();
    assert_eq!(pings, ["ana in #general", "everyone in #general", "ana in #general", "ana in #general"]);
    let violations = discord.violations();
    assert_eq!(violations.iter().filter(|sentence| sentence.contains("S1")).count(), 2, "{violations:?}");
    for _ in 0..4 {
        ana.reads().await;
    }
    discord.finish();
}

#[tokio::test]
async fn contract_catches_what_the_rules_do_not() {
    use crate::support::discord::contract;
    if !contract::is_here() {
        return;
    }
    let route = "/channels/{channel_id}/messages";
    assert_eq!(contract::faults("POST", route, Some(&json!({"content": "x"}))), [""; 0]);
    let null = json!({"content": "x", "message_reference": {"message_id": "1", "fail_if_not_exists": null}});
    assert_eq!(contract::faults("POST", route, Some(&null)), [""; 0]);
    assert_ne!(contract::faults("POST", route, Some(&json!({"content": ["x"]}))), [""; 0]);
    assert_ne!(contract::faults("POST", route, None), [""; 0]);
    assert_ne!(contract::faults("POST", "/channels/{channel_id}/nonsense", None), [""; 0]);
}
