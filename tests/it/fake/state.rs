//! What is there, who may do what with it, and what the end of a test says.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::client::{Bot, INTENTS, messages, quiet};
use crate::support::discord::Discord;
use crate::support::discord::permissions;
use crate::support::discord::rest::PINS_MAX;

#[tokio::test]
async fn who_it_is_and_where() {
    let discord = Discord::start().await;
    let guild = discord.guild("Study group");
    let general = guild.channel("general");
    let ana = discord.user("ana");
    let bot = Bot::of(&discord);
    assert_eq!(bot.get("/users/@me").await.body["username"], "riposte");
    for path in ["/applications/@me", "/oauth2/applications/@me"] {
        let application = bot.get(path).await.body;
        assert_eq!(application["id"], bot.id.to_string());
        assert_eq!(application["flags"], 1 << 19, "message content is granted");
    }
    let limits = bot.get("/gateway/bot").await.body;
    assert_eq!(limits["session_start_limit"]["remaining"], 1_000);
    assert_eq!(bot.get(&format!("/channels/{}", general.id)).await.body["name"], "general");
    assert_eq!(bot.get(&format!("/guilds/{}", guild.id)).await.body["name"], "Study group");
    assert_eq!(bot.get("/users/@me/guilds").await.body.as_array().unwrap().len(), 1);
    assert_eq!(bot.get(&format!("/guilds/{}/roles", guild.id)).await.body[0]["name"], "@everyone");
    assert_eq!(bot.get(&format!("/guilds/{}/channels", guild.id)).await.body[0]["name"], "general");
    let member = bot.get(&format!("/guilds/{}/members/{}", guild.id, ana.id)).await.body;
    assert_eq!(member["user"]["username"], "ana");
    assert_eq!(bot.get(&format!("/users/{}", ana.id)).await.body["username"], "ana");
    discord.finish();
}

#[tokio::test]
async fn strangers_and_nonsense_are_refused() {
    let discord = Discord::start().await;
    let guild = discord.guild("Study group");
    let general = guild.channel("general");
    let bot = Bot::of(&discord);
    for (path, code) in [
        ("/channels/1".to_owned(), 10003),
        ("/guilds/1".to_owned(), 10004),
        ("/users/1".to_owned(), 10013),
        (format!("/guilds/{}/members/1", guild.id), 10007),
        (format!("{}/1", messages(general.id)), 10008),
        ("/applications/1/commands".to_owned(), 20012),
        ("/nonsense".to_owned(), 0),
    ] {
        discord.expect_error(code);
        assert_eq!(bot.get(&path).await.code(), code, "{path}");
    }
    assert_eq!(discord.violations(), ["GET /nonsense is not simulated"]);
    let mut stranger = Bot::of(&discord);
    stranger.token = "nobody".to_owned();
    discord.expect_error(0);
    assert_eq!(stranger.get("/users/@me").await.status, 401);
    discord.finish();
}

#[tokio::test]
async fn missing_permissions_are_told_apart() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let bot = Bot::of(&discord);
    let embed = json!({"embeds": [{"title": "t"}]});
    let threads = format!("/channels/{}/threads", general.id);
    general.deny(permissions::EMBED_LINKS | permissions::ATTACH_FILES | permissions::CREATE_PUBLIC_THREADS);
    for _ in 0..3 {
        discord.expect_error(50013);
    }
    assert_eq!(bot.post(&general, embed.clone()).await.code(), 50013);
    assert_eq!(bot.post_file(&general, json!({"content": "x"}), "a.txt", "a").await.code(), 50013);
    assert_eq!(bot.send("POST", &threads, json!({"name": "t", "type": 11})).await.code(), 50013);
    general.deny(permissions::SEND_MESSAGES);
    discord.expect_error(50013);
    assert_eq!(bot.post(&general, json!({"content": "x"})).await.code(), 50013);
    general.deny(permissions::VIEW_CHANNEL);
    discord.expect_error(50001);
    assert_eq!(bot.post(&general, json!({"content": "x"})).await.code(), 50001);
    general.allow(u64::MAX >> 1);
    assert_eq!(bot.post(&general, embed).await.status, 200);
    discord.owner().reads().await;
    discord.finish();
}

#[tokio::test]
async fn closed_dm_is_refused() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let bot = Bot::of(&discord);
    let open = json!({"recipient_id": ana.id.to_string()});
    let dm = bot.send("POST", "/users/@me/channels", open).await.body;
    assert_eq!(dm["id"], ana.dm().id.to_string());
    assert_eq!(bot.post(&ana.dm(), json!({"content": "hello"})).await.status, 200);
    ana.sees("hello").await;
    ana.opens_dms(false);
    discord.expect_error(50007);
    assert_eq!(bot.post(&ana.dm(), json!({"content": "hello"})).await.code(), 50007);
    discord.expect_error(50033);
    let nobody = json!({"recipient_id": "1"});
    assert_eq!(bot.send("POST", "/users/@me/channels", nobody).await.code(), 50033);
    discord.finish();
}

#[tokio::test]
async fn messages_are_listed_changed_and_deleted() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let bot = Bot::of(&discord);
    let path = messages(general.id);
    let hers = ana.says(&general, "one");
    let mut ids = vec![hers.id.to_string()];
    for text in ["two", "three", "four"] {
        let body = bot.post(&general, json!({"content": text})).await.body;
        ids.push(body["id"].as_str().unwrap().to_owned());
        ana.sees(text).await;
    }
    let listed = async |query: &str| -> Vec<String> {
        let page = bot.get(&format!("{path}{query}")).await.body;
        let content = |message: &Value| message["content"].as_str().unwrap().to_owned();
        page.as_array().unwrap().iter().map(content).collect()
    };
    assert_eq!(listed("").await, ["four", "three", "two", "one"]);
    assert_eq!(listed("?limit=2").await, ["four", "three"]);
    assert_eq!(listed(&format!("?after={}&limit=2", ids[0])).await, ["three", "two"]);
    assert_eq!(listed(&format!("?before={}", ids[2])).await, ["two", "one"]);
    assert_eq!(listed(&format!("?around={}&limit=3", ids[2])).await, ["four", "three", "two"]);
    discord.expect_error(50035);
    assert_eq!(bot.get(&format!("{path}?limit=101")).await.code(), 50035);
    let edited = bot.send("PATCH", &format!("{path}/{}", ids[3]), quiet(json!({"content": "five"}))).await;
    assert_eq!(edited.body["content"], "five");
    ana.sees("riposte in #general, edited:\nfive").await;
    discord.expect_error(50005);
    let not_own = bot.send("PATCH", &format!("{path}/{}", ids[0]), quiet(json!({"content": "x"}))).await;
    assert_eq!(not_own.code(), 50005);
    discord.expect_error(50006);
    let emptied = bot.send("PATCH", &format!("{path}/{}", ids[3]), quiet(json!({"content": ""}))).await;
    assert_eq!(emptied.code(), 50006);
    assert_eq!(bot.try_send("DELETE", &format!("{path}/{}", ids[3]), None).await.unwrap().status, 204);
    ana.sees("riposte in #general, deleted").await;
    assert_eq!(general.as_seen_by(&ana).matches("in #general").count(), 3);
    discord.expect_error(50013);
    let not_own = bot.try_send("DELETE", &format!("{path}/{}", ids[0]), None).await.unwrap();
    assert_eq!(not_own.code(), 50013);
    assert_eq!(discord.violations().len(), 1, "it is not the bot's to delete (F54)");
    let typing = bot.try_send("POST", &format!("/channels/{}/typing", general.id), None).await.unwrap();
    assert_eq!((typing.status, general.typed()), (204, 1));
    discord.finish();
}

#[tokio::test]
async fn files_come_with_their_descriptions() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let bot = Bot::of(&discord);
    let payload = json!({"content": "all of it", "attachments": [{"id": 0, "description": "your data"}]});
    let got = bot.post_file(&general, payload, "export.json", "{\"a\": 1}").await;
    assert_eq!(got.body["attachments"][0]["filename"], "export.json");
    insta::assert_snapshot!(ana.reads().await, @r"
    riposte in #general:
    all of it
    + export.json (your data), 8 bytes
    ");
    discord.finish();
}

#[tokio::test]
async fn nonce_finds_the_first_message_for_three_minutes() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let bot = Bot::of(&discord);
    let body = json!({"content": "once", "nonce": "i7-3", "enforce_nonce": true});
    let first = bot.post(&general, body.clone()).await.body;
    let again = bot.post(&general, body.clone()).await.body;
    assert_eq!((&first["id"], &first["nonce"]), (&again["id"], &again["nonce"]));
    let found = bot.get(&format!("{}/{}", messages(general.id), first["id"].as_str().unwrap())).await.body;
    assert_eq!(found.get("nonce"), None, "only the answer to the post and the event tell it");
    discord.advance(SignedDuration::from_secs(181));
    let late = bot.post(&general, body).await.body;
    assert_ne!(first["id"], late["id"]);
    let unforced = json!({"content": "twice", "nonce": "i7-4"});
    let first = bot.post(&general, unforced.clone()).await.body;
    assert_ne!(first["id"], bot.post(&general, unforced).await.body["id"]);
    for _ in 0..4 {
        discord.owner().reads().await;
    }
    discord.finish();
}

#[tokio::test]
async fn threads_are_made_once_archived_woken_and_locked() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let bot = Bot::of(&discord);
    let hers = ana.says(&general, "drill me");
    let path = format!("{}/{}/threads", messages(general.id), hers.id);
    let body = json!({"name": "drill of ana", "auto_archive_duration": 1440});
    assert_eq!(bot.send("POST", &path, body.clone()).await.body["id"], hers.id.to_string());
    discord.expect_error(160004);
    assert_eq!(bot.send("POST", &path, body).await.code(), 160004);
    let thread = general.thread().await;
    assert_eq!(thread.id, hers.id);
    for body in [
        json!({"name": ""}),
        json!({"name": "x".repeat(101)}),
        json!({"name": "x", "auto_archive_duration": 5}),
    ] {
        discord.expect_error(50035);
        assert_eq!(bot.send("POST", &format!("/channels/{}/threads", general.id), body).await.code(), 50035);
    }
    discord.expect_error(50024);
    let nested = bot.send("POST", &format!("/channels/{}/threads", thread.id), json!({"name": "x"})).await;
    assert_eq!(nested.code(), 50024);
    let members = format!("/channels/{}/thread-members", thread.id);
    let added = bot.try_send("PUT", &format!("{members}/{}", ana.id), None).await.unwrap();
    assert_eq!(added.status, 204);
    assert_eq!(bot.get(&members).await.body.as_array().unwrap().len(), 2);

    let first = bot.post(&thread, json!({"content": "a question"})).await.body;
    ana.sees("riposte in #general > drill of ana").await;
    thread.archive();
    let edit = format!("{}/{}", messages(thread.id), first["id"].as_str().unwrap());
    discord.expect_error(50083);
    assert_eq!(bot.send("PATCH", &edit, quiet(json!({"content": "x"}))).await.code(), 50083);
    assert_eq!(bot.post(&thread, json!({"content": "awake"})).await.status, 200);
    assert!(!thread.is_archived(), "sending wakes it");
    ana.sees("awake").await;
    thread.lock();
    discord.expect_error(160005);
    assert_eq!(bot.post(&thread, json!({"content": "x"})).await.code(), 160005);
    thread.reopen();
    let change = format!("/channels/{}", thread.id);
    assert_eq!(bot.send("PATCH", &change, json!({"archived": true})).await.status, 200);
    assert!(thread.is_archived());
    discord.expect_error(50083);
    assert_eq!(bot.send("PATCH", &change, json!({"name": "other"})).await.code(), 50083);
    assert_eq!(bot.send("PATCH", &change, json!({"archived": false})).await.status, 200);
    discord.expect_error(50013);
    assert_eq!(bot.send("PATCH", &change, json!({"locked": true})).await.code(), 50013);
    thread.remove();
    discord.expect_error(10003);
    assert_eq!(bot.post(&thread, json!({"content": "x"})).await.code(), 10003);
    discord.finish();
}

#[tokio::test]
async fn private_threads_and_those_without_a_message() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let bot = Bot::of(&discord);
    let path = format!("/channels/{}/threads", general.id);
    let open = bot.send("POST", &path, json!({"name": "open", "type": 11})).await;
    assert_eq!(open.body["type"], 11);
    ana.sees("riposte in #general: started the thread open").await;
    let closed = bot.send("POST", &path, json!({"name": "closed"})).await;
    assert_eq!(closed.body["type"], 12, "private is what one gets who does not ask");
    let thread = general.thread().await;
    bot.post(&thread, json!({"content": "only for members"})).await;
    discord.expect_error(10007);
    let member = format!("/channels/{}/thread-members/{}", thread.id, ana.id);
    assert_eq!(bot.get(&member).await.code(), 10007);
    bot.try_send("PUT", &member, None).await.unwrap();
    ana.sees("only for members").await;
    let own = format!("/channels/{}/thread-members/@me", thread.id);
    assert_eq!(bot.try_send("DELETE", &own, None).await.unwrap().status, 204);
    discord.expect_error(50001);
    assert_eq!(bot.post(&thread, json!({"content": "x"})).await.code(), 50001);
    discord.finish();
}

#[tokio::test]
async fn commands_keep_their_ids() {
    let discord = Discord::start().await;
    let guild = discord.guild("Study group");
    let bot = Bot::of(&discord);
    let path = format!("/applications/{}/commands", bot.id);
    let drill = json!({"name": "drill", "description": "d"});
    let first = bot.send("PUT", &path, json!([drill])).await.body;
    let same = bot.send("PUT", &path, json!([drill, {"name": "Ask", "type": 3}])).await.body;
    assert_eq!((&first[0]["id"], &first[0]["version"]), (&same[0]["id"], &same[0]["version"]));
    assert_eq!(bot.get(&path).await.body, same);
    let other = bot.send("PUT", &path, json!([{"name": "drill", "description": "e"}])).await.body;
    assert_eq!(first[0]["id"], other[0]["id"]);
    assert_ne!(first[0]["version"], other[0]["version"]);
    assert_eq!((discord.commands().await, discord.registrations()), (vec!["drill".to_owned()], 3));
    let path = format!("/applications/{}/guilds/{}/commands", bot.id, guild.id);
    assert_eq!(bot.send("PUT", &path, json!([drill])).await.body[0]["guild_id"], guild.id.to_string());
    assert_eq!(bot.get(&path).await.body.as_array().unwrap().len(), 1);
    discord.finish();
}

#[tokio::test]
async fn pins_are_set_and_listed() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let bot = Bot::of(&discord);
    let post = ana.tells_bot("remember this");
    for path in [format!("{}/pins", messages(post.channel)), format!("/channels/{}/pins", post.channel)] {
        let pin = format!("{path}/{}", post.id);
        assert_eq!(bot.try_send("PUT", &pin, None).await.unwrap().status, 204);
        ana.sees("pinned a message").await;
        assert_eq!(bot.try_send("PUT", &pin, None).await.unwrap().status, 204, "and nobody is told again");
        assert!(bot.get(&path).await.body.to_string().contains("remember this"));
        assert_eq!(bot.try_send("DELETE", &pin, None).await.unwrap().status, 204);
        assert!(!bot.get(&path).await.body.to_string().contains("remember this"));
    }
    for _ in 0..PINS_MAX {
        let other = ana.tells_bot("another one").id;
        ana.shared.with(|world| world.messages.get_mut(&other).unwrap().pinned = true);
    }
    discord.expect_error(30_003);
    let pin = format!("/channels/{}/pins/{}", post.channel, post.id);
    assert_eq!(bot.try_send("PUT", &pin, None).await.unwrap().code(), 30_003);
    discord.finish();
}

#[tokio::test]
async fn role_is_pinged_where_it_is_named_and_allowed_and_by_no_edit() {
    let discord = Discord::start().await;
    let server = discord.guild("Study group");
    let general = server.channel("general");
    let (role, ana) = (server.role("python"), discord.user("ana"));
    let bot = Bot::of(&discord);
    let allowed = json!({"parse": [], "roles": [role.to_string()]});
    for (content, allowed, pings) in [
        (format!("<@&{role}>"), allowed.clone(), 1),
        (format!("<@&{role}>"), json!({"parse": []}), 0),
        ("python".to_owned(), allowed.clone(), 0),
    ] {
        let body = json!({"content": content, "allowed_mentions": allowed});
        let sent = bot.post(&general, body.clone()).await.body;
        assert_eq!(discord.pings().len(), pings, "{body}");
        assert_eq!(sent["mention_roles"].as_array().unwrap().len(), pings);
        let path = format!("{}/{}", messages(general.id), sent["id"].as_str().unwrap());
        let frame = json!({"embeds": [{"description": "x"}], "allowed_mentions": {"parse": []}});
        let edited = bot.send("PATCH", &path, frame).await.body;
        assert_eq!(edited["mention_roles"], sent["mention_roles"], "the text stayed");
        let edited = bot.send("PATCH", &path, body).await.body;
        assert_eq!(edited["mention_roles"], sent["mention_roles"]);
        assert_eq!(discord.pings().len(), 0);
        ana.reads().await;
        ana.reads().await;
    }
    discord.finish();
}

#[tokio::test]
async fn ids_are_times_of_the_fakes_clock() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    discord.advance(SignedDuration::from_mins(5));
    let post = ana.tells_bot("hello");
    assert_eq!(post.id.at(), "2026-01-05T09:05:00Z".parse().unwrap());
    discord.finish();
}

#[tokio::test]
async fn end_of_a_test_says_everything_that_is_wrong() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let bot = Bot::of(&discord);
    let mut socket = bot.connect(INTENTS).await;
    bot.send("POST", &messages(general.id), json!({"content": "@everyone"})).await;
    bot.get("/channels/1").await;
    discord.expect_error(50001);
    bot.send(
        "PUT",
        &format!("/applications/{}/commands", bot.id),
        json!([{"name": "a", "description": "d"}]),
    )
    .await;
    let ana = discord.user("ana");
    discord.guild("Other").join(&ana);
    ana.slash("a", []).send(&ana.dm());
    socket.dispatch("INTERACTION_CREATE").await;
    let end = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| discord.finish())).unwrap_err();
    let end = end.downcast::<String>().unwrap().replace(&general.id.to_string(), "GENERAL");
    insta::assert_snapshot!(end, @r#"
    the conversation is over, but:
    nobody read: riposte in #general:
    @everyone
    refused: GET /channels/1 -> 404 {"code":10003,"message":"Unknown Channel"}
    expected error 50001 never came
    violation: POST /channels/GENERAL/messages: allowed_mentions with an empty parse is missing (S1)
    pinged: everyone in #general
    0 unanswered interactions were expected, 1 are
    never answered: /a
    "#);
}
