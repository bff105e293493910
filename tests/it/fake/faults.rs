//! What breaks by plan: once, at the right request, and in the right way.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;

use super::client::Bot;
use crate::support::discord::Discord;
use crate::support::discord::driver::place::Place;
use crate::support::discord::faults::{Fault, routes};

async fn start() -> (Discord, Bot, Place) {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let bot = Bot::of(&discord);
    (discord, bot, general)
}

#[tokio::test]
async fn lost_answer_and_lost_request() {
    let (discord, bot, general) = start().await;
    let path = super::client::messages(general.id);
    let body = super::client::quiet(json!({"content": "x", "nonce": "1", "enforce_nonce": true}));
    discord.on(routes::POST_MESSAGE).meets(Fault::LoseRequest);
    discord.on(routes::POST_MESSAGE).after(1).meets(Fault::LoseAnswer);
    assert!(bot.try_send("POST", &path, Some(body.clone())).await.is_err());
    assert_eq!(general.as_seen_by(&discord.owner()), "", "nothing was done");
    assert_eq!(bot.send("POST", &path, body.clone()).await.status, 200);
    assert!(
        bot.try_send("POST", &path, Some(json!({"content": "y", "allowed_mentions": {"parse": []}})))
            .await
            .is_err()
    );
    let owner = discord.owner();
    owner.sees("x").await;
    owner.sees("y").await;
    assert_eq!(discord.requests(routes::POST_MESSAGE).len(), 2, "one request never arrived");
    discord.finish();
}

#[tokio::test]
async fn errors_before_and_after() {
    let (discord, bot, general) = start().await;
    discord.on(routes::POST_MESSAGE).meets(Fault::ErrorBefore(503));
    discord.on(routes::POST_MESSAGE).meets(Fault::ErrorAfter(502));
    discord.on(routes::POST_MESSAGE).meets(Fault::Refuse { status: 403, code: 50278 });
    let statuses = [503, 502, 403, 200];
    for status in statuses {
        assert_eq!(bot.post(&general, json!({"content": format!("meets {status}")})).await.status, status);
    }
    let owner = discord.owner();
    owner.sees("meets 502").await;
    owner.sees("meets 200").await;
    discord.requested(routes::POST_MESSAGE, 4).await;
    discord.finish();
}

#[tokio::test]
async fn too_many_requests_by_plan() {
    let (discord, bot, general) = start().await;
    discord.on(routes::TYPING).times(2).meets(Fault::TooMany { retry_after_ms: 1_500, global: true });
    let typing = format!("/channels/{}/typing", general.id);
    for _ in 0..2 {
        let got = bot.try_send("POST", &typing, None).await.unwrap();
        assert_eq!(
            (got.status, &got.body["retry_after"], &got.body["global"]),
            (429, &json!(1.5), &json!(true))
        );
        assert_eq!((got.header("Retry-After"), got.header("X-RateLimit-Global")), ("1.500", "true"));
        assert_eq!(got.header("X-RateLimit-Scope"), "global");
    }
    assert_eq!(bot.try_send("POST", &typing, None).await.unwrap().status, 204);
    discord.finish();
}

#[tokio::test]
async fn slow_request_moves_the_clock_and_held_one_waits() {
    let (discord, bot, general) = start().await;
    discord.on(routes::POST_MESSAGE).meets(Fault::Slow(SignedDuration::from_secs(30)));
    let slow = bot.post(&general, json!({"content": "slow"})).await.body;
    assert!(slow["timestamp"].as_str().unwrap().starts_with("2026-01-05T09:00:30"));
    discord.on(routes::POST_MESSAGE).meets(Fault::Hold);
    let (held, ()) = tokio::join!(bot.post(&general, json!({"content": "held"})), async {
        discord.held(1).await;
        assert!(!general.as_seen_by(&discord.owner()).contains("held"));
        discord.release();
    });
    assert_eq!(held.status, 200);
    let owner = discord.owner();
    owner.sees("slow").await;
    owner.sees("held").await;
    discord.finish();
}

#[tokio::test]
async fn rate_limits_are_announced_and_enforced() {
    let (discord, bot, general) = start().await;
    discord.limit_rates(Duration::from_hours(1));
    for used in 1..=5 {
        let got = bot.post(&general, json!({"content": used.to_string()})).await;
        assert_eq!((got.status, got.header("X-RateLimit-Limit")), (200, "5"));
        assert_eq!(got.header("X-RateLimit-Remaining"), (5 - used).to_string());
        discord.owner().sees(&used.to_string()).await;
    }
    let over = bot.post(&general, json!({"content": "6"})).await;
    assert_eq!((over.status, over.header("X-RateLimit-Scope")), (429, "user"));
    assert!(over.header("Retry-After").parse::<f64>().unwrap() > 3_000.0);
    let typing = format!("/channels/{}/typing", general.id);
    let mut statuses = Vec::new();
    for _ in 0..45 {
        statuses.push(bot.try_send("POST", &typing, None).await.unwrap().status);
    }
    assert_eq!((statuses[43], statuses[44]), (204, 429), "fifty of all kinds, six were posts");
    assert_eq!(discord.exceeded(), 2);
    discord.finish();
}

#[tokio::test]
async fn every_named_request_exists() {
    let discord = Discord::start().await;
    let named = [
        routes::POST_MESSAGE,
        routes::EDIT_MESSAGE,
        routes::LIST_MESSAGES,
        routes::TYPING,
        routes::OPEN_DM,
        routes::THREAD_FROM_MESSAGE,
        routes::THREAD,
        routes::RESPOND,
        routes::FOLLOW_UP,
        routes::EDIT_ORIGINAL,
        routes::REGISTER,
        routes::GATEWAY,
    ];
    for route in named {
        assert!(discord.requests(route).is_empty(), "{route}");
    }
    discord.finish();
}
