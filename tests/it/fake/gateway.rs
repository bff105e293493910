//! Sessions: what one has to say to get in, what comes, and what comes again.

use serde_json::{Value, json};

use super::client::{Bot, INTENTS, MODEST};
use crate::support::discord::Discord;
use crate::support::discord::gateway::{MESSAGE_CONTENT, PRIVILEGED};
use crate::support::discord::permissions;

#[tokio::test]
async fn wrong_tokens_and_intents_are_fatal() {
    let discord = Discord::start().await;
    let bot = Bot::of(&discord);
    discord.grant(PRIVILEGED & !MESSAGE_CONTENT);
    for (token, intents, code) in
        [("nobody", MODEST, 4004), (bot.token.as_str(), INTENTS, 4014), (bot.token.as_str(), 1 << 40, 4013)]
    {
        let mut socket = bot.open().await;
        socket.identify(token, intents).await;
        assert_eq!(socket.closed().await, code);
    }
    let mut socket = bot.open().await;
    socket.send(json!({"op": 2, "d": {"token": bot.token}})).await;
    assert_eq!(socket.closed().await, 4002);
    let mut socket = bot.open().await;
    socket.send(json!({"op": 3, "d": {}})).await;
    assert_eq!(socket.closed().await, 4003);
    let mut socket = bot.connect(MODEST).await;
    socket.identify(&bot.token, MODEST).await;
    assert_eq!(socket.closed().await, 4005);
    assert_eq!(discord.gateway(|gateway| (gateway.identifies, gateway.identifies_left)), (6, 994));
    discord.gateway(|gateway| gateway.refuses_with = Some(4014));
    assert_eq!(bot.open().await.closed().await, 4014);
    discord.finish();
}

#[tokio::test]
async fn content_is_kept_back_without_the_intent() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let bot = Bot::of(&discord);
    discord.grant(0);
    let mut socket = bot.connect(MODEST).await;
    socket.dispatch("GUILD_CREATE").await;
    discord.connected().await;
    let asked = bot.post(&general, json!({"content": "why?"})).await.body;
    assert_eq!(socket.dispatch("MESSAGE_CREATE").await["content"], "why?", "its own");
    let question = ana.last();
    assert_eq!(asked["id"], question.id.to_string());
    ana.sees("why?").await;
    let secret = ana.says(&general, "secret");
    assert_eq!(socket.dispatch("MESSAGE_CREATE").await["content"], "");
    let read = bot.get(&format!("/channels/{}/messages/{}", general.id, secret.id)).await.body;
    assert_eq!(read["content"], "", "over REST too");
    ana.says(&general, "hello @riposte");
    assert_eq!(socket.dispatch("MESSAGE_CREATE").await["content"], format!("hello <@{}>", bot.id));
    ana.replies(question, "because");
    let reply = socket.dispatch("MESSAGE_CREATE").await;
    assert_eq!((&reply["content"], &reply["type"]), (&json!("because"), &json!(19)));
    assert_eq!(reply["referenced_message"]["content"], "why?");
    ana.replies_quietly(question, "because");
    assert_eq!(socket.dispatch("MESSAGE_CREATE").await["content"], "");
    ana.tells_bot("in private");
    let direct = socket.dispatch("MESSAGE_CREATE").await;
    assert_eq!((&direct["content"], direct.get("guild_id")), (&json!("in private"), None));
    ana.edits(secret, "changed");
    assert_eq!(socket.dispatch("MESSAGE_UPDATE").await["content"], "");
    ana.deletes(secret);
    assert_eq!(socket.dispatch("MESSAGE_DELETE").await["id"], secret.id.to_string());
    discord.finish();
}

#[tokio::test]
async fn other_bots_and_webhooks_are_marked() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let other = discord.other_bot("other");
    let bot = Bot::of(&discord);
    let mut socket = bot.connect(INTENTS).await;
    other.says(&general, "beep");
    assert_eq!(socket.dispatch("MESSAGE_CREATE").await["author"]["bot"], true);
    general.webhook_says("news");
    assert!(socket.dispatch("MESSAGE_CREATE").await["webhook_id"].is_string());
    discord.finish();
}

#[tokio::test]
async fn servers_channels_and_threads_are_told_of() {
    let discord = Discord::start().await;
    let guild = discord.guild("Study group");
    let bot = Bot::of(&discord);
    let mut socket = bot.connect(INTENTS | 1 << 1).await;
    assert_eq!(socket.dispatch("GUILD_CREATE").await["name"], "Study group");
    let ana = discord.user("ana");
    assert_eq!(socket.dispatch("GUILD_MEMBER_ADD").await["user"]["username"], "ana");
    let general = guild.channel("general");
    assert_eq!(socket.dispatch("CHANNEL_CREATE").await["name"], "general");
    general.deny(permissions::SEND_MESSAGES);
    let overwrites = &socket.dispatch("CHANNEL_UPDATE").await["permission_overwrites"];
    assert_eq!(overwrites[0]["deny"], permissions::SEND_MESSAGES.to_string());
    bot.send("POST", &format!("/channels/{}/threads", general.id), json!({"name": "t", "type": 12})).await;
    assert_eq!(socket.dispatch("THREAD_CREATE").await["name"], "t");
    let thread = general.thread().await;
    thread.archive();
    assert_eq!(socket.dispatch("THREAD_UPDATE").await["thread_metadata"]["archived"], true);
    thread.remove();
    socket.dispatch("THREAD_DELETE").await;
    general.remove();
    socket.dispatch("CHANNEL_DELETE").await;
    guild.outage();
    assert_eq!(socket.dispatch("GUILD_DELETE").await["unavailable"], true);
    discord.expect_error(10004);
    assert_eq!(bot.get(&format!("/guilds/{}", guild.id)).await.code(), 10004);
    guild.recover();
    socket.dispatch("GUILD_CREATE").await;
    guild.kick_bot();
    assert_eq!(socket.dispatch("GUILD_DELETE").await.get("unavailable"), None);
    discord.expect_error(50001);
    assert_eq!(bot.get(&format!("/guilds/{}", guild.id)).await.code(), 50001);
    guild.invite_bot();
    assert_eq!(socket.dispatch("GUILD_CREATE").await["members"].as_array().unwrap().len(), 3);
    ana.tells_bot("still here");
    discord.finish();
}

#[tokio::test]
async fn resume_replays_what_was_missed() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let bot = Bot::of(&discord);
    let mut socket = bot.connect(INTENTS).await;
    ana.tells_bot("one");
    socket.dispatch("MESSAGE_CREATE").await;
    let seen = socket.seen;
    discord.gateway(|gateway| gateway.close_all(Some(4000)));
    assert_eq!(socket.closed().await, 4000);
    ana.tells_bot("two");
    ana.tells_bot("three");
    let mut socket = bot.open().await;
    socket.resume(&bot.token, "session-1", seen).await;
    assert_eq!(socket.next().await["d"]["content"], "two");
    assert_eq!(socket.next().await["d"]["content"], "three");
    assert_eq!(socket.next().await["t"], "RESUMED");
    ana.tells_bot("four");
    assert_eq!(socket.next().await["d"]["content"], "four");
    assert_eq!(discord.gateway(|gateway| (gateway.identifies, gateway.resumes)), (1, 1));
    discord.finish();
}

#[tokio::test]
async fn sessions_end() {
    let discord = Discord::start().await;
    let bot = Bot::of(&discord);
    let mut socket = bot.connect(INTENTS).await;
    discord.gateway(|gateway| gateway.ask_to_reconnect());
    assert_eq!(socket.next().await["op"], 7);
    discord.gateway(|gateway| gateway.invalidate(false));
    let packet = socket.next().await;
    assert_eq!((&packet["op"], &packet["d"]), (&json!(9), &json!(false)));
    let seen = socket.seen;
    drop(socket);
    let mut socket = bot.open().await;
    socket.resume(&bot.token, "session-1", seen).await;
    assert_eq!(socket.next().await["op"], 9, "it is over");
    socket.identify(&bot.token, INTENTS).await;
    socket.dispatch("READY").await;
    discord.gateway(|gateway| gateway.close_all(None));
    assert_eq!(socket.closed().await, 0);
    discord.until_gateway("nobody to be there", |gateway| gateway.connected() == 0).await;
    discord.gateway(|gateway| gateway.forget_sessions());
    let mut socket = bot.open().await;
    socket.resume(&bot.token, "session-2", 1).await;
    assert_eq!(socket.next().await["op"], 9, "nobody knows it");
    let mut socket = bot.connect(INTENTS).await;
    let mut second = bot.open().await;
    second.resume(&bot.token, "session-3", 99).await;
    assert_eq!(second.closed().await, 4007, "it has not sent so many");
    let mut second = bot.open().await;
    second.resume("nobody", "session-3", 1).await;
    assert_eq!(second.closed().await, 4004);
    discord.gateway(|gateway| gateway.invalidate(true));
    assert_eq!(socket.next().await["d"], true);
    discord.finish();
}

#[tokio::test]
async fn duplicates_and_disorder() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let bot = Bot::of(&discord);
    let mut socket = bot.connect(INTENTS).await;
    discord.gateway(|gateway| gateway.copies = 2);
    ana.tells_bot("twice");
    let (first, second) = (socket.next().await, socket.next().await);
    assert_eq!(first, second);
    discord.gateway(|gateway| gateway.copies = 1);
    let mut order = Vec::new();
    for reversed in [true, false] {
        discord.gateway(|gateway| gateway.hold());
        ana.tells_bot("a");
        ana.tells_bot("b");
        discord.gateway(|gateway| gateway.release(reversed));
        order.push(socket.next().await["d"]["content"].clone());
        order.push(socket.next().await["d"]["content"].clone());
    }
    assert_eq!(order, ["b", "a", "a", "b"]);
    discord.gateway(|gateway| gateway.tell_raw("FROM_THE_FUTURE", &json!({"what": 1})));
    assert_eq!(socket.dispatch("FROM_THE_FUTURE").await, json!({"what": 1}));
    discord.finish();
}

#[tokio::test]
async fn heartbeats_are_acknowledged_unless_told_not_to() {
    let discord = Discord::start().await;
    discord.gateway(|gateway| gateway.heartbeat_interval_ms = 60_000);
    let bot = Bot::of(&discord);
    let mut socket = bot.connect(INTENTS).await;
    socket.send(json!({"op": 1, "d": null})).await;
    assert_eq!(socket.next().await["op"], 11);
    discord.gateway(|gateway| gateway.acknowledges = false);
    socket.send(json!({"op": 1, "d": 1})).await;
    discord.until_gateway("two heartbeats", |gateway| gateway.heartbeats == 2).await;
    let ana = discord.user("ana");
    ana.tells_bot("hello");
    assert_eq!(socket.next().await["t"], "MESSAGE_CREATE", "and no acknowledgement before it");
    socket.send(Value::Null).await;
    assert_eq!(socket.closed().await, 4002);
    discord.finish();
}
