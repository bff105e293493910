//! The front end without an engine: what it does with a card or an event when Discord, or the engine, does not
//! do as it should.

use jiff::SignedDuration;
use riposte::chat::{
    Delivery, DeliveryError, Front, Incoming, Look, Obstacle, Outcome, Receipt, Refusal, Sighting, Taken,
};
use riposte::core::card::{Button, Card, CardKind};
use riposte::core::interview::{InterviewId, Seq};

use crate::support::bot::Alone;
use crate::support::discord::Discord;
use crate::support::discord::driver::person::Person;
use crate::support::discord::driver::place::Place;
use crate::support::discord::faults::Fault;
use crate::support::discord::faults::routes::{FOLLOW_UP, POST_MESSAGE, RESPOND, THREAD_FROM_MESSAGE};
use crate::support::discord::permissions::CREATE_PUBLIC_THREADS;

const ANSWER_BUTTON: &str = "r1:1:1:answer";
const SHOW_BUTTON: &str = "r1:1:1:show";
const STOP_BUTTON: &str = "r1:1:1:stop";

fn question() -> Card {
    Card::new(CardKind::Ask).text("Why?").buttons([Button::Skip, Button::Stop])
}

fn answer_to(who: &Person) -> Card {
    let name = who.id.to_string();
    Card::new(CardKind::Reveal).text(format!("Because, {name}.")).buttons([Button::Next])
}

pub(super) fn delivery(card: Card, place: String, who: &Person) -> Delivery {
    Delivery {
        interview: InterviewId(1),
        seq: Seq(1),
        place: place.as_str().into(),
        person: format!("discord:{}", who.id).as_str().into(),
        card,
        about: None,
        thread: None,
        earlier: Vec::new(),
        tried_at: None,
    }
}

pub(super) fn again(delivery: &Delivery) -> Delivery {
    Delivery { tried_at: Some("2026-01-05T09:00:00Z".parse().unwrap()), ..delivery.clone() }
}

/// Where a drill is that was begun by a command in a channel.
fn starting(channel: &Place, command: u64) -> String {
    let guild = channel.shared.with(|world| world.channels[&channel.id].guild.unwrap());
    format!("discord:{guild}:{}:new:{command}", channel.id)
}

pub(super) fn taken() -> Taken {
    let interview = InterviewId(1);
    Taken { outcome: Outcome::Done, interview, last: Seq(1), over: false, shown: Vec::new(), post: None }
}

fn look(who: &Person) -> Look {
    Look { card: delivery(question(), "discord:dm-1".to_owned(), who), outcome: Outcome::Done }
}

impl Alone {
    /// The next thing that somebody did, with what it is told.
    pub(super) async fn did(&mut self) -> (String, String, riposte::chat::Reply<Taken>) {
        let Some(Incoming::Did(did)) = self.inbox.recv().await else { panic!("nobody did anything") };
        (did.key, did.place.0, did.done)
    }

    /// The next look at a card.
    async fn looked(&mut self) -> riposte::chat::Reply<Look> {
        let Some(Incoming::Look { done, .. }) = self.inbox.recv().await else { panic!("nobody looks") };
        done
    }
}

pub(super) fn is_found(sighting: &Sighting, place: Option<&str>) -> bool {
    let Sighting::Found(Receipt { id: Some(_), moved, .. }) = sighting else { return false };
    moved.as_ref().map(|moved| moved.0.as_str()) == place
}

#[tokio::test(flavor = "multi_thread")]
async fn form_is_acknowledged_when_it_is_on_disk() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let mut bot = Alone::start(&discord).await;
    let dm = format!("discord:dm-{}", ana.dm().id);
    bot.front.deliver(&delivery(question(), dm, &ana)).await.unwrap();
    ana.sees("Why?").await;
    let opening = ana.forge_and_leave(ana.last(), ANSWER_BUTTON);
    bot.looked().await.send(Ok(look(&ana))).unwrap();
    ana.answered(opening).await;
    discord.requested(RESPOND, 1).await;
    let sending = ana.fill_and_leave([("Your answer, as you would say it", "because")]);
    bot.looked().await.send(Ok(look(&ana))).unwrap();
    let (_, _, done) = bot.did().await;
    assert_eq!(discord.requests(RESPOND).len(), 1, "only the form was answered");
    done.send(Ok(taken())).unwrap();
    ana.answered(sending).await;
    discord.requested(RESPOND, 2).await;
    let pressing = ana.forge_and_leave(ana.last(), STOP_BUTTON);
    let (_, _, done) = bot.did().await;
    assert_eq!(discord.requests(RESPOND).len(), 2);
    // It takes longer than Discord waits.
    ana.answered(pressing).await;
    done.send(Err(Refusal::Failed)).unwrap();
    ana.sees("could not save").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn card_waits_until_what_its_person_did_is_answered() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let mut bot = Alone::start(&discord).await;
    let dm = ana.dm();
    let beginning = ana.slash("drill", []).send(&dm);
    let (_, place, done) = bot.did().await;
    let front = bot.front.clone();
    let card = delivery(question(), place, &ana);
    let delivering = tokio::spawn(async move { front.deliver(&card).await });
    discord.on(RESPOND).meets(Fault::Hold);
    done.send(Ok(taken())).unwrap();
    discord.held(1).await;
    assert_eq!(discord.requests(POST_MESSAGE).len(), 0);
    discord.release();
    ana.answered(beginning).await;
    delivering.await.unwrap().unwrap();
    ana.sees("Here it comes").await;
    ana.sees("Why?").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn engine_that_is_slow_is_waited_for_no_longer_than_discord_waits() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let mut bot = Alone::start(&discord).await;
    let dm = format!("discord:dm-{}", ana.dm().id);
    bot.front.deliver(&delivery(question(), dm, &ana)).await.unwrap();
    ana.sees("Why?").await;
    let question = ana.last();
    let opening = ana.forge_and_leave(question, ANSWER_BUTTON);
    let late = bot.looked().await;
    ana.answered(opening).await;
    ana.sees("Press the button again").await;
    drop(late);
    let showing = ana.forge_and_leave(question, SHOW_BUTTON);
    let late = bot.looked().await;
    ana.answered(showing).await;
    late.send(Ok(look(&ana))).unwrap();
    ana.sees("Why?").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f29_card_of_several_messages_counts_when_all_of_it_stands() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let bot = Alone::start(&discord).await;
    let long = Card::new(CardKind::Reveal).text("word ".repeat(2_000)).buttons([Button::Next]);
    let card = delivery(long, format!("discord:dm-{}", ana.dm().id), &ana);
    discord.on(POST_MESSAGE).after(1).meets(Fault::LoseRequest);
    assert_eq!(bot.front.deliver(&card).await, Err(DeliveryError::Unknown));
    assert_eq!(bot.front.find(&again(&card)).await, Sighting::Absent, "the rest of it is not there");
    bot.front.deliver(&again(&card)).await.unwrap();
    assert!(is_found(&bot.front.find(&again(&card)).await, None));
    ana.reads().await;
    ana.reads().await;
    assert!(ana.reads().await.contains("[Next question]"));
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f30_drill_without_the_answer_to_its_command_has_one_opening_and_one_thread() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let bot = Alone::start(&discord).await;
    let command = general.shared.with(|world| world.new_id().0);
    let card = delivery(question(), starting(&general, command), &ana);
    discord.on(POST_MESSAGE).meets(Fault::LoseAnswer);
    assert_eq!(bot.front.deliver(&card).await, Err(DeliveryError::Unknown));
    discord.expect_error(10_003);
    assert_eq!(bot.front.find(&again(&card)).await, Sighting::Absent);
    discord.on(POST_MESSAGE).meets(Fault::LoseAnswer);
    assert_eq!(bot.front.deliver(&again(&card)).await, Err(DeliveryError::Unknown));
    let thread = general.thread().await;
    let guild = general.shared.with(|world| world.channels[&general.id].guild.unwrap());
    let moved = format!("discord:{guild}:{}:{}", general.id, thread.id);
    assert!(is_found(&bot.front.find(&again(&card)).await, Some(&moved)));
    assert_eq!(discord.requests(THREAD_FROM_MESSAGE).len(), 1);
    ana.sees("is being drilled").await;
    ana.sees("in #general > Drill:").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f29_card_that_moved_to_direct_messages_is_found_there() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let bot = Alone::start(&discord).await;
    general.deny(CREATE_PUBLIC_THREADS);
    discord.expect_error(50_013);
    discord.expect_error(10_003);
    let command = general.shared.with(|world| world.new_id().0);
    let card = delivery(question(), starting(&general, command), &ana);
    discord.on(POST_MESSAGE).after(1).meets(Fault::LoseAnswer);
    assert_eq!(bot.front.deliver(&card).await, Err(DeliveryError::Unknown));
    let moved = format!("discord:dm-{}", ana.dm().id);
    assert!(is_found(&bot.front.find(&again(&card)).await, Some(&moved)));
    ana.sees("is being drilled").await;
    ana.sees("Why?").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f29_private_answer_of_unknown_outcome_is_not_repeated() {
    let discord = Discord::start().await;
    let elsewhere = discord.guild_without_bot("Elsewhere").channel("general");
    let ana = discord.user("ana");
    let bot = Alone::start(&discord).await;
    ana.slash("help", []).in_channel(&elsewhere).await;
    ana.sees("Riposte").await;
    let card = delivery(question(), format!("discord:alone-{}", elsewhere.id), &ana);
    discord.on(FOLLOW_UP).meets(Fault::LoseAnswer);
    assert_eq!(bot.front.deliver(&card).await, Err(DeliveryError::Unknown));
    assert_eq!(bot.front.find(&again(&card)).await, Sighting::Absent);
    bot.front.deliver(&again(&card)).await.unwrap();
    ana.sees("Why?").await;
    ana.sees("[Show me]").await;
    discord.advance(SignedDuration::from_mins(16));
    let late = bot.front.deliver(&again(&card)).await;
    assert_eq!(late, Err(DeliveryError::Blocked(Obstacle::OnlyAnswers)));
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn name_that_discord_rejects_does_not_end_the_drill() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let mut bot = Alone::start(&discord).await;
    let beginning = ana.slash("drill", []).send(&general);
    let (_, place, done) = bot.did().await;
    done.send(Ok(taken())).unwrap();
    ana.answered(beginning).await;
    discord.on(THREAD_FROM_MESSAGE).meets(Fault::Refuse { status: 400, code: 50_035 });
    bot.front.deliver(&delivery(question(), place, &ana)).await.unwrap();
    ana.sees("is being drilled").await;
    ana.sees("in #general > Drill:").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_that_could_not_be_saved_is_told_and_other_hints_come_once() {
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let mut bot = Alone::start(&discord).await;
    for (refusal, hint) in [
        (Refusal::NothingOpen, Some("No drill is open here")),
        (Refusal::NothingOpen, None),
        (Refusal::Failed, Some("could not save")),
        (Refusal::Failed, Some("could not save")),
        (Refusal::NothingOpen, None),
    ] {
        ana.tells_bot("because");
        let (_, _, done) = bot.did().await;
        done.send(Err(refusal)).unwrap();
        if let Some(hint) = hint {
            ana.sees(hint).await;
        }
    }
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f09_messages_are_taken_in_the_order_in_which_they_were_sent() {
    const COUNT: usize = 200;
    let discord = Discord::start().await;
    let ana = discord.user("ana");
    let mut bot = Alone::start(&discord).await;
    discord.gateway(|gateway| gateway.hold());
    let sent: Vec<String> = (0..COUNT)
        .map(|number| format!("discord:message:{}", ana.tells_bot(&number.to_string()).id))
        .collect();
    discord.gateway(|gateway| gateway.release(false));
    let mut heard = Vec::new();
    for _ in 0..COUNT {
        let (key, _, done) = bot.did().await;
        done.send(Ok(taken())).unwrap();
        heard.push(key);
    }
    assert_eq!(heard, sent);
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f60_message_that_did_not_count_leaves_the_answer_private() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let mut bot = Alone::start(&discord).await;
    let command = general.shared.with(|world| world.new_id().0);
    let moved = bot.front.deliver(&delivery(question(), starting(&general, command), &ana)).await.unwrap();
    let place = moved.moved.unwrap().0;
    ana.sees("is being drilled").await;
    ana.sees("Why?").await;
    let thread = general.thread().await;
    let pressing = ana.forge_and_leave(ana.last(), STOP_BUTTON);
    let (_, _, done) = bot.did().await;
    done.send(Ok(taken())).unwrap();
    ana.answered(pressing).await;
    ana.says(&thread, "because");
    let (_, _, done) = bot.did().await;
    done.send(Err(Refusal::Failed)).unwrap();
    ana.sees("could not save").await;
    let card = Delivery { seq: Seq(2), ..delivery(answer_to(&ana), place, &ana) };
    bot.front.deliver(&card).await.unwrap();
    ana.sees("only ana sees it").await;
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn talk_in_a_channel_is_no_reply_to_a_drill_for_oneself_alone() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let mut bot = Alone::start(&discord).await;
    ana.slash("help", []).in_channel(&general).await;
    ana.sees("Riposte").await;
    let alone = format!("discord:alone-{}", general.id);
    bot.front.deliver(&delivery(question(), alone.clone(), &ana)).await.unwrap();
    ana.sees("Why?").await;
    ana.says(&general, "lunch?");
    let meant = ana.says(&general, "@riposte because");
    let (key, place, done) = bot.did().await;
    assert_eq!((key, place), (format!("discord:message:{}", meant.id), alone.clone()));
    done.send(Ok(taken())).unwrap();
    bot.front.deliver(&Delivery { seq: Seq(2), ..delivery(answer_to(&ana), alone, &ana) }).await.unwrap();
    ana.sees("only ana sees it").await;
    bot.stop().await;
    discord.finish();
}
