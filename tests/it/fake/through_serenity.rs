//! The library that the bot uses understands everything that the fake says, with and without its own
//! rate limiter.

#![allow(clippy::disallowed_methods, reason = "the parrot is no part of the program, and pings nobody")]

use std::sync::Arc;
use std::time::Duration;

use serenity::all::{
    ButtonStyle, Client, Command, CommandOptionType, Context, CreateActionRow, CreateAllowedMentions,
    CreateButton, CreateCommand, CreateCommandOption, CreateInteractionResponse,
    CreateInteractionResponseMessage, CreateMessage, EventHandler, GatewayIntents, Http, HttpBuilder,
    Interaction, Message, Ready,
};
use serenity::async_trait;

use crate::support::discord::Discord;
use crate::support::discord::faults::routes;

struct Parrot;

fn quiet() -> CreateAllowedMentions {
    CreateAllowedMentions::new()
}

#[async_trait]
impl EventHandler for Parrot {
    async fn ready(&self, ctx: Context, _: Ready) {
        let words =
            CreateCommandOption::new(CommandOptionType::String, "words", "What to say").required(true);
        let command = CreateCommand::new("echo").description("Say it again").add_option(words);
        Command::set_global_commands(&ctx.http, vec![command]).await.unwrap();
    }

    async fn message(&self, ctx: Context, message: Message) {
        if message.author.bot {
            return;
        }
        let answer = CreateMessage::new().content(&message.content).allowed_mentions(quiet());
        let answer =
            answer.reference_message(&message).nonce(serenity::all::Nonce::String(message.id.to_string()));
        message.channel_id.send_message(&ctx.http, answer.enforce_nonce(true)).await.unwrap();
    }

    async fn interaction_create(&self, ctx: Context, interaction: Interaction) {
        let answer = CreateInteractionResponseMessage::new().allowed_mentions(quiet()).ephemeral(true);
        match interaction {
            Interaction::Command(command) => {
                let button = CreateButton::new("1:again").label("Again").style(ButtonStyle::Primary);
                let row = CreateActionRow::Buttons(vec![button]);
                let answer = answer.content("heard").components(vec![row]);
                command.create_response(&ctx.http, CreateInteractionResponse::Message(answer)).await.unwrap();
            }
            Interaction::Component(press) => {
                let answer = answer.content("pressed").components(Vec::new());
                let answer = CreateInteractionResponse::UpdateMessage(answer);
                press.create_response(&ctx.http, answer).await.unwrap();
            }
            other @ (Interaction::Ping(_) | Interaction::Autocomplete(_) | Interaction::Modal(_) | _) => {
                panic!("{other:?}")
            }
        }
    }
}

async fn talk(discord: Discord, http: Http) {
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    http.set_application_id(discord.application_id().into());
    let intents = GatewayIntents::non_privileged() | GatewayIntents::MESSAGE_CONTENT;
    let builder = serenity::client::ClientBuilder::new_with_http(http, intents);
    let mut client: Client = builder.event_handler(Parrot).await.unwrap();
    let shards = client.shard_manager.clone();
    let running = tokio::spawn(async move { client.start().await });

    assert_eq!(discord.commands().await, ["echo"]);
    ana.slash("echo", [("words", "hello")]).in_channel(&general).await;
    ana.sees("heard\n[Again]").await;
    ana.press("Again").await;
    ana.sees("riposte in #general, only ana sees it, edited:\npressed").await;
    ana.says(&general, "polly");
    ana.sees("riposte in #general, to ana:\npolly").await;

    discord.gateway(|gateway| gateway.close_all(Some(4000)));
    ana.tells_bot("while you were away");
    discord
        .until_gateway("the bot to resume", |gateway| gateway.resumes > 0 && gateway.connected() > 0)
        .await;
    ana.sees("riposte").await;

    shards.shutdown_all().await;
    running.await.unwrap().unwrap();
    discord.finish();
}

#[tokio::test]
async fn through_the_proxy_setting() {
    let discord = Discord::start().await;
    let http = HttpBuilder::new(discord.token()).proxy(discord.url()).ratelimiter_disabled(true).build();
    talk(discord, http).await;
}

#[tokio::test]
async fn with_its_rate_limiter_over_tls() {
    let discord = Discord::start().await;
    let tls = discord.open_tls().await;
    discord.limit_rates(Duration::from_millis(300));
    let authority = reqwest::Certificate::from_der(&tls.authority).unwrap();
    let client = reqwest::Client::builder()
        .no_proxy()
        .resolve("discord.com", tls.address)
        .add_root_certificate(authority)
        .build()
        .unwrap();
    let http = Arc::new(HttpBuilder::new(discord.token()).client(client).build());
    let general = discord.guild("Study group").channel("general");
    let channel = serenity::all::ChannelId::new(general.id.0);
    for number in 1..=6 {
        let message = CreateMessage::new().content(number.to_string()).allowed_mentions(quiet());
        channel.send_message(&http, message).await.unwrap();
    }
    assert_eq!(discord.exceeded(), 0, "it waits by itself");
    assert_eq!(discord.requests(routes::POST_MESSAGE).len(), 6);
    discord.owner().reads_up_to("\n6").await;
    discord.finish();
}
