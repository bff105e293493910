//! Interactions: three seconds, once, and what may follow for a quarter of an hour.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::client::{Bot, INTENTS, Socket};
use crate::support::discord::Discord;
use crate::support::discord::driver::person::Person;
use crate::support::discord::driver::place::Place;

struct Scene {
    discord: Discord,
    bot: Bot,
    socket: Socket,
    general: Place,
    ana: Person,
}

async fn start() -> Scene {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let bot = Bot::of(&discord);
    let socket = bot.connect(INTENTS).await;
    let track = json!({"type": 3, "name": "track", "description": "d", "autocomplete": true});
    let commands = json!([
        {"name": "drill", "description": "d", "options": [track], "integration_types": [0, 1], "contexts": [0, 1]},
        {"name": "Ask me the follow-up", "type": 3},
    ]);
    let path = format!("/applications/{}/commands", bot.id);
    assert_eq!(bot.send("PUT", &path, commands).await.status, 200);
    Scene { discord, bot, socket, general, ana }
}

impl Scene {
    /// Ana uses `/drill` in the channel; the event that the bot gets.
    async fn drill(&mut self) -> Value {
        self.ana.slash("drill", [("track", "python")]).send(&self.general);
        self.socket.dispatch("INTERACTION_CREATE").await
    }

    /// Ana presses a button; the event that the bot gets.
    async fn press(&mut self, label: &str) -> Value {
        self.ana.press_and_leave(label);
        self.socket.dispatch("INTERACTION_CREATE").await
    }
}

fn message(content: &str) -> Value {
    json!({"type": 4, "data": {"content": content, "allowed_mentions": {"parse": []}}})
}

#[tokio::test]
async fn first_response_is_the_only_one() {
    let mut scene = start().await;
    let event = scene.drill().await;
    assert_eq!(event["data"]["options"][0], json!({"name": "track", "type": 3, "value": "python"}));
    assert_eq!(event["member"]["user"]["username"], "ana");
    assert_eq!(scene.bot.respond(&event, message("first")).await.status, 204);
    scene.discord.expect_error(40060);
    assert_eq!(scene.bot.respond(&event, message("second")).await.code(), 40060);
    scene.ana.sees("first").await;
    let mut forged = event.clone();
    forged["token"] = json!("forged");
    scene.discord.expect_error(10062);
    assert_eq!(scene.bot.respond(&forged, message("x")).await.code(), 10062);
    scene.discord.finish();
}

#[tokio::test]
async fn response_after_three_seconds_is_none() {
    let mut scene = start().await;
    let event = scene.drill().await;
    scene.discord.advance(SignedDuration::from_millis(3_001));
    scene.discord.expect_error(10062);
    assert_eq!(scene.bot.respond(&event, message("late")).await.code(), 10062);
    scene.discord.expect_unanswered(1);
    scene.discord.finish();
}

#[tokio::test]
async fn token_lasts_a_quarter_of_an_hour() {
    let mut scene = start().await;
    let event = scene.drill().await;
    let follow_ups = scene.bot.follow_ups(&event);
    let body = json!({"content": "more", "allowed_mentions": {"parse": []}});
    scene.discord.expect_error(10015);
    assert_eq!(
        scene.bot.send("POST", &follow_ups, body.clone()).await.code(),
        10015,
        "nothing to follow yet"
    );
    scene.bot.respond(&event, message("first")).await;
    scene.discord.advance(SignedDuration::from_mins(15));
    let more = scene.bot.send("POST", &follow_ups, body.clone()).await;
    assert_eq!(more.status, 200);
    scene.discord.advance(SignedDuration::from_secs(1));
    scene.discord.expect_error(50027);
    assert_eq!(scene.bot.send("POST", &follow_ups, body).await.code(), 50027);
    scene.ana.sees("first").await;
    scene.ana.sees("more").await;
    scene.discord.finish();
}

#[tokio::test]
async fn deferred_answer_is_filled_in_and_stays_private() {
    let mut scene = start().await;
    let event = scene.drill().await;
    assert_eq!(scene.bot.respond(&event, json!({"type": 5, "data": {"flags": 64}})).await.status, 204);
    let original = format!("{}/messages/@original", scene.bot.follow_ups(&event));
    assert_eq!(scene.bot.get(&original).await.body["flags"], 64 | 128, "private and thinking");
    let body = json!({"content": "done", "allowed_mentions": {"parse": []}});
    assert_eq!(scene.bot.send("PATCH", &original, body).await.status, 200);
    insta::assert_snapshot!(scene.ana.reads().await, @r"
    riposte in #general, only ana sees it:
    done
    ");
    assert_eq!(scene.general.as_seen_by(&scene.discord.owner()), "", "nobody else does");
    let listed = scene.bot.get(&format!("/channels/{}/messages", scene.general.id)).await.body;
    assert_eq!(listed, json!([]), "nor does a bot find it in the channel");

    let event = scene.drill().await;
    scene.bot.respond(&event, json!({"type": 5})).await;
    let body = json!({"content": "in its place", "flags": 64, "allowed_mentions": {"parse": []}});
    let filled = scene.bot.send("POST", &scene.bot.follow_ups(&event), body).await.body;
    assert_eq!(filled["flags"], 0, "whether it is private was said when it was put off");
    scene.ana.sees("riposte in #general:\nin its place").await;
    let path = format!("{}/messages/@original", scene.bot.follow_ups(&event));
    assert_eq!(scene.bot.try_send("DELETE", &path, None).await.unwrap().status, 204);
    scene.ana.sees("riposte in #general, deleted").await;
    scene.discord.finish();
}

#[tokio::test]
async fn follow_ups_are_read_changed_and_deleted() {
    let mut scene = start().await;
    let event = scene.drill().await;
    scene.bot.respond(&event, message("first")).await;
    let path = scene.bot.follow_ups(&event);
    let body = json!({"content": "more", "flags": 64, "allowed_mentions": {"parse": []}});
    let more = scene.bot.send("POST", &path, body).await.body;
    let more = format!("{path}/messages/{}", more["id"].as_str().unwrap());
    assert_eq!(scene.bot.get(&more).await.body["content"], "more");
    let body = json!({"content": "less", "allowed_mentions": {"parse": []}});
    assert_eq!(scene.bot.send("PATCH", &more, body).await.status, 200);
    assert_eq!(scene.bot.try_send("DELETE", &more, None).await.unwrap().status, 204);
    scene.discord.expect_error(10008);
    assert_eq!(scene.bot.get(&more).await.code(), 10008);
    insta::assert_snapshot!(scene.ana.reads_up_to("deleted").await, @r"
    riposte in #general:
    first

    riposte in #general, only ana sees it:
    more

    riposte in #general, only ana sees it, edited:
    less

    riposte in #general, deleted
    ");
    scene.discord.finish();
}

#[tokio::test]
async fn button_opens_a_form_and_the_form_changes_the_message() {
    let mut scene = start().await;
    let event = scene.drill().await;
    let rows = json!([{"type": 1, "components": [
        {"type": 2, "style": 1, "label": "Answer", "custom_id": "1:answer"},
        {"type": 2, "style": 2, "label": "Skip", "custom_id": "1:skip", "disabled": true},
    ]}]);
    let mut body = message("Why?");
    body["data"]["components"] = rows;
    scene.bot.respond(&event, body).await;
    scene.ana.sees("[Answer] [Skip (off)]").await;
    assert_eq!(scene.ana.custom_id("Answer"), "1:answer");
    let event = scene.press("Answer").await;
    assert_eq!(event["data"]["custom_id"], "1:answer");
    let input = json!({
        "type": 4, "custom_id": "words", "label": "Your answer", "style": 2, "placeholder": "in your words",
    });
    let form = json!({
        "custom_id": "1:form", "title": "Why?", "components": [{"type": 1, "components": [input]}],
    });
    scene.discord.expect_error(50035);
    let nameless = json!({"type": 9, "data": {"custom_id": "f", "title": "", "components": []}});
    assert_eq!(scene.bot.respond(&event, nameless).await.code(), 50035);
    assert_eq!(scene.bot.respond(&event, json!({"type": 9, "data": form})).await.status, 204);
    insta::assert_snapshot!(scene.ana.form(), @r"
    form “Why?”
    Your answer * | placeholder: in your words
    ");
    let (event, ()) = tokio::join!(
        async {
            let event = scene.socket.dispatch("INTERACTION_CREATE").await;
            scene.discord.expect_error(50035);
            let again = scene.bot.respond(&event, json!({"type": 9, "data": form})).await;
            assert_eq!(again.code(), 50035, "no form after a form");
            let update = json!({"content": "Thanks.", "components": [], "allowed_mentions": {"parse": []}});
            assert_eq!(scene.bot.respond(&event, json!({"type": 7, "data": update})).await.status, 204);
            event
        },
        scene.ana.fill([("Your answer", "because")])
    );
    assert_eq!(event["data"]["components"][0]["components"][0]["value"], "because");
    insta::assert_snapshot!(scene.ana.reads().await, @r"
    riposte in #general, edited:
    Thanks.
    ");
    scene.ana.dismisses_form();
    scene.discord.finish();
}

#[tokio::test]
async fn autocompletion_and_message_command() {
    let mut scene = start().await;
    let (offered, ()) = tokio::join!(scene.ana.completes("drill", "track", "py", &scene.general), async {
        let event = scene.socket.dispatch("INTERACTION_CREATE").await;
        assert_eq!((&event["type"], &event["data"]["options"][0]["focused"]), (&json!(4), &json!(true)));
        scene.discord.expect_error(50035);
        assert_eq!(scene.bot.respond(&event, message("x")).await.code(), 50035);
        let choices = json!({"choices": [{"name": "Python", "value": "python"}]});
        scene.bot.respond(&event, json!({"type": 8, "data": choices})).await;
    });
    assert_eq!(offered, ["Python"]);
    scene.discord.grant(0);
    let hers = scene.ana.says(&scene.general, "my answer");
    let ((), ()) = tokio::join!(scene.ana.uses("Ask me the follow-up", hers), async {
        let event = scene.socket.dispatch("INTERACTION_CREATE").await;
        let target = event["data"]["target_id"].as_str().unwrap();
        assert_eq!(event["data"]["resolved"]["messages"][target]["content"], "my answer");
        let path =
            format!("/interactions/{}/{}", event["id"].as_str().unwrap(), event["token"].as_str().unwrap());
        let path = format!("{path}/callback?with_response=true");
        let got = scene.bot.send("POST", &path, message("And if not?")).await;
        assert_eq!(got.body["resource"]["message"]["content"], "And if not?");
    });
    scene.ana.sees("And if not?").await;
    scene.discord.finish();
}

#[tokio::test]
async fn menus_forged_presses_and_late_ones() {
    let mut scene = start().await;
    let options = json!([{"label": "First", "value": "1"}, {"label": "Second", "value": "2"}]);
    let menu = json!({"type": 3, "custom_id": "m", "options": options, "placeholder": "Which one?"});
    scene
        .bot
        .post(&scene.general, json!({"content": "x", "components": [{"type": 1, "components": [menu]}]}))
        .await;
    scene.ana.sees("{Which one?: First / Second}").await;
    let acknowledge = json!({"type": 6});
    let ((), ()) = tokio::join!(scene.ana.choose("Second"), async {
        let event = scene.socket.dispatch("INTERACTION_CREATE").await;
        assert_eq!(event["data"]["values"], json!(["2"]));
        scene.bot.respond(&event, acknowledge.clone()).await;
    });
    let button = json!({"type": 2, "style": 1, "label": "Go", "custom_id": "go", "emoji": {"name": "▶"}});
    scene.bot.post(&scene.ana.dm(), json!({"components": [{"type": 1, "components": [button]}]})).await;
    scene.ana.sees("riposte to ana:\n[▶ Go]").await;
    let post = scene.ana.last();
    let ((), ()) = tokio::join!(scene.ana.press_on(post, "Go"), async {
        let event = scene.socket.dispatch("INTERACTION_CREATE").await;
        assert_eq!(event["user"]["username"], "ana", "there are no members in a DM");
        scene.bot.respond(&event, acknowledge.clone()).await;
    });
    let ((), ()) = tokio::join!(scene.ana.slash("drill", []).in_dm(), async {
        let event = scene.socket.dispatch("INTERACTION_CREATE").await;
        scene.bot.respond(&event, message("drilled")).await;
    });
    scene.ana.sees("drilled").await;
    let ((), ()) = tokio::join!(scene.ana.forge(post, "never there"), async {
        let event = scene.socket.dispatch("INTERACTION_CREATE").await;
        assert_eq!(event["data"]["custom_id"], "never there");
        scene.bot.respond(&event, acknowledge).await;
    });
    scene.discord.finish();
}

#[tokio::test]
async fn archived_thread_takes_no_response() {
    let mut scene = start().await;
    let path = format!("/channels/{}/threads", scene.general.id);
    scene.bot.send("POST", &path, json!({"name": "t", "type": 12})).await;
    let thread = scene.general.thread().await;
    scene
        .bot
        .send("PUT", &format!("/channels/{}/thread-members/{}", thread.id, scene.ana.id), json!({}))
        .await;
    scene.ana.slash("drill", []).send(&thread);
    let event = scene.socket.dispatch("INTERACTION_CREATE").await;
    thread.archive();
    scene.discord.expect_error(50083);
    assert_eq!(scene.bot.respond(&event, message("x")).await.code(), 50083);
    scene.discord.expect_unanswered(1);
    scene.discord.finish();
}

#[tokio::test]
async fn where_the_bot_is_no_member_five_follow_ups_are_allowed() {
    let mut scene = start().await;
    let elsewhere = scene.discord.guild_without_bot("Elsewhere");
    elsewhere.join(&scene.ana);
    let lounge = elsewhere.channel("lounge");
    scene.ana.slash("drill", []).send(&lounge);
    let event = scene.socket.dispatch("INTERACTION_CREATE").await;
    assert_eq!(event["authorizing_integration_owners"], json!({"1": scene.ana.id.to_string()}));
    scene.discord.expect_error(50001);
    assert_eq!(scene.bot.post(&lounge, json!({"content": "x"})).await.code(), 50001);
    scene.bot.respond(&event, message("0")).await;
    let path = scene.bot.follow_ups(&event);
    for number in 1..=5 {
        let body = json!({"content": number.to_string(), "allowed_mentions": {"parse": []}});
        assert_eq!(scene.bot.send("POST", &path, body).await.status, 200);
    }
    scene.discord.expect_error(40094);
    let body = json!({"content": "6", "allowed_mentions": {"parse": []}});
    assert_eq!(scene.bot.send("POST", &path, body).await.code(), 40094);
    scene.ana.reads_up_to("\n5").await;
    scene.discord.finish();
}
