//! What a whole test looks like: a small bot of a few lines, and people who talk to it.

use serde_json::{Value, json};

use super::client::{Bot, INTENTS, Socket};
use crate::support::discord::Discord;

/// Answers `/echo`, repeats what people write in DMs, and ends when told `stop`.
async fn echo(bot: Bot, mut socket: Socket) {
    let quiet = json!({"parse": []});
    loop {
        let packet = socket.next().await;
        let data = &packet["d"];
        if packet["t"] == "INTERACTION_CREATE" {
            let words = data["data"]["options"][0]["value"].as_str().unwrap_or("nothing");
            let content = format!("||{words}|| <@{}>", data["member"]["user"]["id"].as_str().unwrap());
            let embeds = json!([{
                "title": "Echo", "description": "of one", "fields": [{"name": "Words", "value": "1"}],
                "footer": {"text": "that is all"},
            }]);
            let answer =
                json!({"content": content, "flags": 64, "embeds": embeds, "allowed_mentions": quiet});
            assert_eq!(bot.respond(data, json!({"type": 4, "data": answer})).await.status, 204);
        } else if packet["t"] == "MESSAGE_CREATE" && data["author"]["bot"] == false {
            let words = data["content"].as_str().unwrap();
            if words == "stop" {
                return;
            }
            let reference = json!({"message_id": data["id"]});
            let body = json!({"content": words, "message_reference": reference, "allowed_mentions": quiet});
            let path = format!("/channels/{}/messages", data["channel_id"].as_str().unwrap());
            assert_eq!(bot.send("POST", &path, body).await.status, 200);
        }
    }
}

#[tokio::test]
async fn reads_like_one() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let bot = Bot::of(&discord);
    let commands: Value = json!([{
        "name": "echo", "description": "Say it again",
        "options": [{"type": 3, "name": "words", "description": "What to say", "required": true}],
    }]);
    bot.send("PUT", &format!("/applications/{}/commands", bot.id), commands).await;
    let socket = bot.connect(INTENTS).await;
    let running = tokio::spawn(echo(bot, socket));

    ana.slash("echo", [("words", "hello")]).in_channel(&general).await;
    insta::assert_snapshot!(ana.reads().await, @r"
    riposte in #general, only ana sees it:
    ||hello|| @ana
    | # Echo
    | of one
    | Words: 1
    | (that is all)
    ");
    ana.tells_bot("and now in private");
    insta::assert_snapshot!(ana.reads_in(&ana.dm()).await, @r"
    riposte to ana, to ana:
    and now in private
    ");
    ana.tells_bot("stop");
    running.await.unwrap();
    discord.finish();
}
