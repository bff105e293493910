//! The front end without an engine: each step of a round by itself, when Discord does not do as it should.

use riposte::chat::{
    Dailies, DailyWanted, Delivery, DeliveryError, Finding, Front, Incoming, Outcome, Refusal, Sighting,
    Taken, What,
};
use riposte::core::bank::Question;
use riposte::core::card::{Block, Button, Card, CardKind, Way};
use riposte::core::choose::Filter;
use riposte::core::daily::DailyId;
use riposte::core::interview::{InterviewId, Seq};
use riposte::core::round::{Control, Notice, Phase, Reveal};
use riposte::core::say;

use super::front::{again, delivery, is_found, taken};
use crate::support::bot::Alone;
use crate::support::discord::Discord;
use crate::support::discord::driver::person::Person;
use crate::support::discord::driver::place::Place;
use crate::support::discord::faults::Fault;
use crate::support::discord::faults::routes::{EDIT_MESSAGE, PIN, POST_MESSAGE, THREAD_FROM_MESSAGE};
use crate::support::discord::permissions::{
    ATTACH_FILES, CREATE_PUBLIC_THREADS, EMBED_LINKS, MENTION_EVERYONE, PIN_MESSAGES, VIEW_CHANNEL,
};
use crate::support::discord::state::Id;
use crate::support::play::small_bank;

const POST: Seq = Seq(1);
const JOIN_BUTTON: &str = "r1:1:1:join";

fn question() -> Question {
    let bank = small_bank();
    let found = bank.questions.iter().find(|question| question.id.as_str() == "list-vs-tuple");
    (**found.unwrap()).clone()
}

fn notice(phase: Phase, answered: usize) -> Notice {
    Notice { phase, answered, closes_at: "2026-06-01T18:10:00Z".parse().unwrap() }
}

/// A step of the round in a channel, with what is known of its post and thread.
struct Steps {
    place: String,
    about: Option<String>,
    thread: Option<String>,
    earlier: Vec<(Seq, String)>,
}

impl Steps {
    fn of(channel: &Place) -> Self {
        let guild = channel.shared.with(|world| world.channels[&channel.id].guild.unwrap());
        let place = format!("discord:{guild}:{}", channel.id);
        Self { place, about: None, thread: None, earlier: Vec::new() }
    }

    fn step(&self, seq: u32, card: Card) -> Delivery {
        Delivery {
            interview: InterviewId(1),
            seq: Seq(seq),
            place: self.place.as_str().into(),
            person: "".into(),
            card,
            about: self.about.clone(),
            thread: self.thread.clone(),
            earlier: self.earlier.clone(),
            tried_at: None,
        }
    }

    /// The post, which stands there from here on.
    async fn post(&mut self, bot: &Alone, role: Option<&str>) {
        let card = say::round(&question(), &notice(Phase::Open, 0), role);
        let receipt = bot.front.deliver(&self.step(1, card)).await.unwrap();
        self.about.clone_from(&receipt.id);
        self.earlier.push((POST, receipt.id.unwrap()));
    }
}

fn result(answered: usize) -> Card {
    let question = question();
    let points = question.points.iter().map(|point| (point.id.clone(), answered / 2)).collect();
    let misconception = question.misconceptions.first().map(|belief| (belief.id.clone(), 2));
    say::round_result(&question, &Reveal { answered, points, misconception }, POST)
}

#[tokio::test(flavor = "multi_thread")]
async fn f18_each_step_of_a_daily_is_done_once_whatever_gets_lost() {
    let discord = Discord::start().await;
    let server = discord.guild("Study group");
    let general = server.channel("general");
    let role = server.role("python");
    let ana = discord.user("ana");
    let bot = Alone::start(&discord).await;
    let mut steps = Steps::of(&general);
    let post = steps.step(1, say::round(&question(), &notice(Phase::Open, 0), Some(&role.to_string())));
    discord.on(POST_MESSAGE).meets(Fault::LoseAnswer);
    assert_eq!(bot.front.deliver(&post).await, Err(DeliveryError::Unknown));
    let Sighting::Found(receipt) = bot.front.find(&again(&post)).await else { panic!("it stands there") };
    steps.about.clone_from(&receipt.id);
    steps.earlier.push((POST, receipt.id.unwrap()));

    let thread = steps.step(2, say::round_thread(&question(), POST));
    discord.on(THREAD_FROM_MESSAGE).meets(Fault::LoseAnswer);
    let made = bot.front.deliver(&thread).await.unwrap();
    assert_eq!(made.id, steps.about, "a thread has the id of its message");
    let again_made = bot.front.deliver(&again(&thread)).await.unwrap();
    discord.expect_error(160_004);
    assert_eq!(again_made.id, made.id, "one that is there counts as made");
    steps.thread = made.id;

    let pin = steps.step(3, say::round_pin(POST));
    discord.expect_error(50_013);
    let refused = bot.front.deliver(&pin).await;
    assert!(
        matches!(refused, Err(DeliveryError::Refused(_))),
        "nobody waits for a right to pin: {refused:?}"
    );
    general.allow(PIN_MESSAGES);
    discord.on(PIN).meets(Fault::LoseAnswer);
    assert_eq!(bot.front.deliver(&pin).await, Err(DeliveryError::Unknown));
    assert_eq!(bot.front.find(&again(&pin)).await, Sighting::Absent, "it may be done twice");
    bot.front.deliver(&again(&pin)).await.unwrap();
    discord.on(PIN).meets(Fault::Refuse { status: 400, code: 30_003 });
    let full = bot.front.deliver(&pin).await;
    assert!(matches!(full, Err(DeliveryError::Refused(_))), "so is a full list: {full:?}");

    let edit = say::round(&question(), &notice(Phase::Open, 3), Some(&role.to_string())).by(Way::Edit(POST));
    let edit = steps.step(4, edit);
    discord.on(EDIT_MESSAGE).meets(Fault::ErrorAfter(502));
    assert_eq!(bot.front.deliver(&edit).await, Err(DeliveryError::Unknown));
    assert_eq!(bot.front.find(&again(&edit)).await, Sighting::Absent);
    bot.front.deliver(&again(&edit)).await.unwrap();

    let end = steps.step(5, result(6));
    discord.on(POST_MESSAGE).meets(Fault::LoseAnswer);
    assert_eq!(bot.front.deliver(&end).await, Err(DeliveryError::Unknown));
    assert!(is_found(&bot.front.find(&again(&end)).await, None));
    ana.reads_up_to("How many said each point").await;
    insta::assert_snapshot!("daily_as_it_stands_in_the_channel", general.as_seen_by(&ana));
    insta::assert_snapshot!("result_as_it_stands_in_the_thread", general.thread().await.as_seen_by(&ana));
    assert_eq!(discord.pings(), ["role python in #general"]);
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn s1_hostile_text_beside_a_role_mentions_that_role_alone() {
    let discord = Discord::start().await;
    let server = discord.guild("Study group");
    let general = server.channel("general");
    let (wanted, other) = (server.role("python"), server.role("staff"));
    let ana = discord.user("ana");
    let bot = Alone::start(&discord).await;
    let words = format!("@everyone @here <@{}> <@&{other}> <@&{wanted}>", ana.id);
    let mut card = Card::new(CardKind::Round).text(&words).quote(&words, &words).heading(&words);
    card.blocks.push(Block::Ping { role: wanted.to_string() });
    bot.front.deliver(&Steps::of(&general).step(1, card)).await.unwrap();
    let mut card = Card::new(CardKind::Round).text("Why?");
    for role in ["0", "everyone", "1 2", "18446744073709551615"] {
        card.blocks = vec![Block::Ping { role: role.to_owned() }];
        bot.front.deliver(&Steps::of(&general).step(2, card.clone().text("Why?"))).await.unwrap();
    }
    ana.reads_up_to("Why?").await;
    assert_eq!(discord.pings(), ["role python in #general"]);
    for sent in discord.requests(POST_MESSAGE) {
        let allowed = &sent.body.unwrap()["allowed_mentions"];
        assert!(allowed["parse"].as_array().unwrap().is_empty() && allowed["users"].is_null(), "{allowed}");
    }
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn result_finds_a_way_where_thread_or_files_are_not_allowed() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let bot = Alone::start(&discord).await;
    let mut steps = Steps::of(&general);
    steps.post(&bot, None).await;
    general.deny(CREATE_PUBLIC_THREADS | ATTACH_FILES);
    discord.expect_error(50_013);
    let refused = bot.front.deliver(&steps.step(2, say::round_thread(&question(), POST))).await;
    assert!(matches!(refused, Err(DeliveryError::Refused(_))), "{refused:?}");
    discord.expect_error(50_013);
    bot.front.deliver(&steps.step(3, result(2))).await.unwrap();
    ana.sees("Answer").await;
    let seen = ana.reads().await;
    assert!(seen.contains("to riposte") && seen.contains("1 of 2") && !seen.contains(".png"), "{seen}");
    // A thread that is gone, and a name that Discord rejects.
    general.allow(CREATE_PUBLIC_THREADS | ATTACH_FILES);
    discord.on(THREAD_FROM_MESSAGE).meets(Fault::Refuse { status: 400, code: 50_035 });
    let made = bot.front.deliver(&steps.step(4, say::round_thread(&question(), POST))).await.unwrap();
    general.thread().await.remove();
    steps.thread = made.id;
    // It is tried without the file too, before it is given up.
    discord.expect_error(10_003);
    discord.expect_error(10_003);
    bot.front.deliver(&steps.step(5, result(2))).await.unwrap();
    let seen = ana.reads().await;
    assert!(seen.contains("to riposte") && seen.contains(".png"), "{seen}");
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_round_would_lack_is_named() {
    let discord = Discord::start().await;
    let server = discord.guild("Study group");
    let (general, other, third) =
        (server.channel("general"), server.channel("other"), server.channel("third"));
    let bot = Alone::start(&discord).await;
    let lacks = async |place: String| bot.front.lacks(&place.as_str().into(), None).await;
    assert_eq!(lacks(Steps::of(&general).place).await, Vec::<String>::new());
    general.deny(ATTACH_FILES | EMBED_LINKS);
    assert_eq!(lacks(Steps::of(&general).place).await, ["Embed Links", "Attach Files"]);
    other.deny(VIEW_CHANNEL);
    discord.expect_error(50_001);
    assert_eq!(lacks(Steps::of(&other).place).await.first().unwrap(), "View Channel");
    assert_eq!(lacks("discord:dm-1".to_owned()).await, Vec::<String>::new());
    let (open, closed) = (server.role("python"), server.role("staff"));
    server.closes_role(closed);
    let mention = async |role: Id| {
        let place = Steps::of(&third).place;
        bot.front.lacks(&place.as_str().into(), Some(&Id::to_string(&role))).await
    };
    assert_eq!(mention(open).await, Vec::<String>::new());
    assert_eq!(mention(closed).await, ["Mention @everyone, @here and All Roles"]);
    third.allow(MENTION_EVERYONE);
    assert_eq!(mention(closed).await, Vec::<String>::new());
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn shell_names_what_is_missing_on_each_server() {
    let discord = Discord::start().await;
    discord.guild("Study group");
    discord.guild("Book club").takes_away(ATTACH_FILES | EMBED_LINKS);
    let bot = Alone::start(&discord).await;
    let found = bot.front.inspect().await.unwrap();
    let lines: Vec<String> = found.iter().map(Finding::line).collect();
    assert!(
        lines.contains(&"✓ I am on 2 servers. What a channel allows, /setup says there.".to_owned()),
        "{lines:?}"
    );
    let lacking: Vec<&String> = lines.iter().filter(|line| line.contains("I need")).collect();
    let expected =
        "✗ On Book club I need these permissions: Embed Links, Attach Files. The link below asks for them.";
    assert_eq!(lacking, [expected]);
    bot.stop().await;
    discord.finish();
}

impl Alone {
    /// What somebody did next; it is answered with this.
    async fn takes(&mut self, answer: Result<Taken, Refusal>) -> (String, What) {
        let Some(Incoming::Did(did)) = self.inbox.recv().await else { panic!("nobody did anything") };
        did.done.send(answer).unwrap();
        (did.place.0, did.what)
    }

    /// What somebody wanted of the dailies next, and whether they may; it is answered with this.
    async fn is_asked(&mut self, answer: Result<Dailies, Refusal>) -> (String, bool, DailyWanted) {
        let Some(Incoming::Daily(about)) = self.inbox.recv().await else { panic!("nobody asked") };
        about.done.send(answer).unwrap();
        (about.place.0, about.manages, about.wanted)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answer_in_a_round_is_for_one_person_alone() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    let mut bot = Alone::start(&discord).await;
    let mut steps = Steps::of(&general);
    steps.post(&bot, None).await;
    ana.sees("Answer").await;
    let post = ana.last();
    ana.press_on(post, "Answer").await;
    let sending = ana.fill_and_leave([("Your answer, as you would say it", "brackets")]);
    let (place, what) = bot.takes(Ok(Taken { interview: InterviewId(2), ..taken() })).await;
    ana.answered(sending).await;
    assert_eq!(place, format!("{}:aside", steps.place));
    assert_eq!(what, What::Said { to: Some(InterviewId(1)), text: "brackets".to_owned() });
    let follow_up = Card::new(CardKind::Trap).text("And then?").buttons([Button::Answer, Button::Blank]);
    let card = Delivery { interview: InterviewId(2), ..delivery(follow_up, place.clone(), &ana) };
    bot.front.deliver(&card).await.unwrap();
    let seen = ana.reads().await;
    assert!(seen.contains("only ana sees it") && seen.contains("[Answer] [I'm blank]"), "{seen}");
    // Somebody forges a press on a card that is not theirs, and one on a round that is none.
    for custom_id in [JOIN_BUTTON, "r1:zz:1:blank"] {
        let pressing = ben.forge_and_leave(post, custom_id);
        if custom_id == JOIN_BUTTON {
            ben.answered(pressing).await;
            ben.dismisses_form();
            continue;
        }
        bot.takes(Err(Refusal::NothingOpen)).await;
        ben.answered(pressing).await;
        ben.sees("Nothing is open here").await;
    }
    // Nothing of it is public, even when it can be told to nobody.
    discord.advance(jiff::SignedDuration::from_mins(16));
    let late = bot.front.deliver(&Delivery { seq: Seq(2), ..card.clone() }).await;
    assert!(matches!(late, Err(DeliveryError::Blocked(_))), "{late:?}");
    assert_eq!(discord.requests(POST_MESSAGE).len(), 1, "the post of the round");
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pressed_in_the_thread_is_answered_there() {
    let discord = Discord::start().await;
    let general = discord.guild("Study group").channel("general");
    let ana = discord.user("ana");
    let mut bot = Alone::start(&discord).await;
    let mut steps = Steps::of(&general);
    steps.post(&bot, None).await;
    ana.sees("Answer").await;
    let made = bot.front.deliver(&steps.step(2, say::round_thread(&question(), POST))).await.unwrap();
    steps.thread = made.id;
    bot.front.deliver(&steps.step(3, result(2))).await.unwrap();
    ana.sees("How many said each point").await;
    let pressing = ana.press_and_leave("How did I do?");
    let (place, what) = bot.takes(Ok(taken())).await;
    let to = Some(InterviewId(1));
    assert_eq!(what, What::Pressed { to, on: Some(Seq(3)), button: Button::HowDidIDo });
    let reveal = Card::new(CardKind::Reveal).text("Because.");
    bot.front
        .deliver(&Delivery { interview: InterviewId(2), ..delivery(reveal, place, &ana) })
        .await
        .unwrap();
    ana.answered(pressing).await;
    let seen = ana.reads().await;
    assert!(seen.contains("in #general > ") && seen.contains("only ana sees it"), "{seen}");
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn s8_right_to_steer_a_round_is_read_from_every_press() {
    let discord = Discord::start().await;
    let server = discord.guild("Study group");
    let general = server.channel("general");
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    server.lets_manage(&ben);
    let mut bot = Alone::start(&discord).await;
    let host = Delivery {
        interview: InterviewId(1),
        ..delivery(
            say::round_host(
                &Steps::of(&general).place.as_str().into(),
                "2026-06-01T18:10:00Z".parse().unwrap(),
                0,
            ),
            Steps::of(&general).place,
            &ana,
        )
    };
    let asking = ana.slash("round", [("minutes", "15"), ("track", "small")]).send(&general);
    let (place, what) = bot.takes(Ok(Taken { shown: vec![host], ..taken() })).await;
    ana.answered(asking).await;
    assert_eq!(place, Steps::of(&general).place);
    let What::Round(request) = what else { panic!("{what:?}") };
    assert_eq!(request.filter, Filter { track: Some("small".to_owned()), ..Filter::default() });
    assert_eq!((request.open_for, request.manages), (Some(jiff::SignedDuration::from_mins(15)), false));
    insta::assert_snapshot!("host_card", ana.reads().await);
    let card = ana.last();
    for (who, manages) in [(&ana, false), (&ben, true)] {
        let pressing = who.forge_and_leave(card, "r1:1:1:close");
        let (_, what) = bot.takes(Ok(taken())).await;
        who.answered(pressing).await;
        assert_eq!(what, What::Controlled { round: InterviewId(1), manages, control: Control::Close });
    }
    let until = jiff::Timestamp::from_second(1_780_337_400 + 600).unwrap();
    let pressing = ana.press_and_leave("Keep it open 10 minutes more");
    let (_, what) = bot.takes(Ok(taken())).await;
    ana.answered(pressing).await;
    let control = Control::Extend { until };
    assert_eq!(what, What::Controlled { round: InterviewId(1), manages: false, control });
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_second_round_gets_a_link_to_the_first() {
    let discord = Discord::start().await;
    let server = discord.guild("Study group");
    let general = server.channel("general");
    let ben = discord.user("ben");
    let mut bot = Alone::start(&discord).await;
    let asking = ben.slash("round", []).send(&general);
    let open = Taken { outcome: Outcome::RoundOpen, post: Some("77".to_owned()), ..taken() };
    bot.takes(Ok(open)).await;
    ben.answered(asking).await;
    let seen = ben.reads().await;
    assert!(seen.contains("A round is open in this channel already") && seen.contains("[Go to the round ↗]"));
    let answer = ben.last().id;
    let rows = ben.shared.with(|world| world.messages[&answer].components.clone());
    let address = format!("https://discord.com/channels/{}/{}/77", server.id, general.id);
    assert_eq!(rows[0]["components"][0]["url"], address);
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn s8_right_to_dailies_is_read_from_every_call() {
    let discord = Discord::start().await;
    let server = discord.guild("Study group");
    let general = server.channel("general");
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    let owner = discord.owner();
    server.lets_manage(&ben);
    // A server may show the command to anybody.
    server.shows_to_all("daily");
    let mut bot = Alone::start(&discord).await;
    let one = DailyId(1);
    let which = ("daily", "1");
    let calls: [(&str, Vec<(&str, &str)>); 7] = [
        ("daily add", vec![("time", "9:30"), ("zone", "Europe/Berlin")]),
        ("daily list", vec![]),
        ("daily edit", vec![which, ("time", "10")]),
        ("daily pause", vec![which]),
        ("daily resume", vec![which]),
        ("daily skip", vec![which]),
        ("daily remove", vec![which]),
    ];
    for (who, may) in [(&ana, false), (&ben, true), (&owner, true)] {
        for (name, options) in &calls {
            let asking = send(who, name, options, &general);
            let card = Card::new(CardKind::Dailies).text("Done.");
            let answer = if may { Ok(Dailies { card, all: Vec::new() }) } else { Err(Refusal::NotManager) };
            let (place, manages, wanted) = bot.is_asked(answer).await;
            who.answered(asking).await;
            assert_eq!((place, manages), (Steps::of(&general).place, may), "{name}");
            let ids = [DailyWanted::Pause(one), DailyWanted::Resume(one), DailyWanted::Skip(one)];
            let named = matches!(&wanted, DailyWanted::Remove(id) if *id == one) || ids.contains(&wanted);
            assert_eq!(named, options == &vec![which], "{wanted:?}");
            let seen = who.reads().await;
            assert!(seen.contains(if may { "Done." } else { "those who may manage" }), "{seen}");
            assert!(seen.contains("sees it"), "for nobody else: {seen}");
        }
    }
    bot.stop().await;
    discord.finish();
}

fn send(
    who: &Person,
    name: &str,
    options: &[(&str, &str)],
    place: &Place,
) -> crate::support::discord::state::Id {
    match *options {
        [] => who.slash(name, []).send(place),
        [a] => who.slash(name, [a]).send(place),
        [a, b] => who.slash(name, [a, b]).send(place),
        _ => panic!("more options than this test needs"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wishes_for_a_daily_are_read_as_they_were_chosen() {
    let discord = Discord::start().await;
    let server = discord.guild("Study group");
    let (general, other) = (server.channel("general"), server.channel("other"));
    let role = server.role("python").to_string();
    let owner = discord.owner();
    let mut bot = Alone::start(&discord).await;
    let done = || Ok(Dailies { card: Card::new(CardKind::Dailies).text("Done."), all: Vec::new() });
    let wish = async |bot: &mut Alone, asking| {
        let (_, _, wanted) = bot.is_asked(done()).await;
        owner.answered(asking).await;
        owner.sees("Done.").await;
        match wanted {
            DailyWanted::Add { channel, wish } => (Some(channel.0), wish),
            DailyWanted::Edit { channel, wish, .. } => (channel.map(|channel| channel.0), wish),
            other @ (DailyWanted::List
            | DailyWanted::Choose
            | DailyWanted::Pause(_)
            | DailyWanted::Resume(_)
            | DailyWanted::Skip(_)
            | DailyWanted::Remove(_)) => panic!("{other:?}"),
        }
    };
    let channel = other.id.to_string();
    let options = [
        ("time", "9:30"),
        ("zone", "Europe/Berlin"),
        ("days", "mon-fri"),
        ("track", "small"),
        ("level", "junior"),
        ("hours", "8"),
        ("role", role.as_str()),
        ("pin", "true"),
        ("channel", channel.as_str()),
    ];
    let asking = owner.slash("daily add", options).send(&general);
    let (there, asked) = wish(&mut bot, asking).await;
    assert_eq!(there, Some(Steps::of(&other).place));
    insta::assert_debug_snapshot!(
        "wish_with_everything",
        (asked.role == Some(role), riposte::core::daily::Wish { role: None, ..asked })
    );
    let asking = owner.slash("daily edit", [("daily", "4"), ("quiet", "true")]).send(&general);
    let (there, asked) = wish(&mut bot, asking).await;
    assert_eq!((there, asked.role.as_deref(), asked.filter), (None, Some(""), None));
    let everyone = server.id.to_string();
    let asking = owner
        .slash("daily add", [("time", "9"), ("zone", "UTC"), ("role", everyone.as_str())])
        .send(&general);
    let (there, asked) = wish(&mut bot, asking).await;
    assert_eq!(there, Some(Steps::of(&general).place));
    assert!(asked.settle(None).is_err(), "everybody is no role");
    bot.stop().await;
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn zones_and_dailies_are_suggested() {
    let discord = Discord::start().await;
    let server = discord.guild("Study group");
    let general = server.channel("general");
    let (ana, owner) = (discord.user("ana"), discord.owner());
    server.shows_to_all("daily");
    let mut bot = Alone::start(&discord).await;
    assert_eq!(owner.completes("daily add", "zone", "berl", &general).await, ["Europe/Berlin"]);
    assert_eq!(owner.completes("daily edit", "topic", "tup", &general).await, ["Lists and tuples"]);
    for (who, may) in [(&owner, true), (&ana, false)] {
        let offering = who.offers("daily skip", "daily", "BER", &general);
        let all = vec![
            (DailyId(4), "09:30 Europe/Berlin · mon, tue".to_owned()),
            (DailyId(5), "18:00 America/New_York · sat".to_owned()),
        ];
        let card = Card::new(CardKind::Dailies);
        let answer = if may { Ok(Dailies { card, all }) } else { Err(Refusal::NotManager) };
        let (offered, (_, manages, wanted)) = tokio::join!(offering, bot.is_asked(answer));
        assert_eq!((manages, wanted), (may, DailyWanted::Choose));
        let expected = [("09:30 Europe/Berlin · mon, tue".to_owned(), "4".to_owned())];
        assert_eq!(offered, if may { expected.to_vec() } else { Vec::new() });
    }
    bot.stop().await;
    discord.finish();
}
