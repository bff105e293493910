//! Every sentence that Riposte says to a candidate, so that one person can read them all.
//!
//! Short, kind, second person, one idea a message, the next action last. No blame, no exclamation
//! marks, and no praise for what is not there.

pub mod command;
mod round;
pub mod slack;

pub use round::*;

use jiff::SignedDuration;

use crate::core::bank::{Lack, Level, Part, Question, Recovery, StatementId, speech};
use crate::core::card::{Button, Card, CardKind, Mark};
use crate::core::grading::policy::{Choice, Why};
use crate::core::grading::{Kind, SAID_FROM, Verdict};
use crate::core::interview::{
    ANSWER_CHARS_MAX, Attempt, Exchange, STALL_SECONDS, Standing, StatementView, TARGET_SECONDS,
};
use crate::core::quota::{self, Excess, Measure, Scope};
use crate::core::round::Control;
use crate::core::whereabouts::Obstacle;

/// Characters of a quotation at the most: enough to recognise one's own sentence.
const QUOTE_CHARS_MAX: usize = 240;
/// Statements offered for correction at the most: Discord allows 25 buttons a message.
const DISPUTED_MAX: usize = 20;
/// Points that a scorecard names: more is no advice.
const WEAKEST_MAX: usize = 3;

/// The question. `place` is its place in a screen and the number of questions there.
pub fn ask(question: &Question, place: Option<(usize, usize)>) -> Card {
    let level = question.level.map_or(String::new(), |level| format!(" · {}", level_name(level)));
    let heading = match place {
        Some((place, of)) => format!("Question {place} of {of} · {}{level}", question.topic),
        None => format!("{}{level}", question.topic),
    };
    Card::new(CardKind::Ask)
        .small(heading)
        .text(&question.ask)
        .small(format!("Aim for {TARGET_SECONDS} seconds: the point, why it is so, one example."))
        .buttons([Button::Blank, Button::Skip, Button::Stop])
}

/// The way out of a blank.
pub fn recover(recovery: &Recovery) -> Card {
    Card::new(CardKind::Recover)
        .text("No problem, that happens to everybody. Three small steps:")
        .text(&recovery.restate)
        .text(&recovery.core)
        .text(&recovery.example)
        .text("Your next message is the answer.")
        .buttons([Button::Skip, Button::Stop])
}

/// The answer was none: what was seen, and a request for a sentence.
pub fn ask_again(kind: Kind) -> Card {
    let text = match kind {
        Kind::Keywords => "I read a list of words. Say in a sentence how they belong together.",
        Kind::Gibberish => "I could not read that as a sentence. Say your answer in one or two sentences.",
        Kind::OffTopic => {
            "That seems to be about something else. Say your answer to the question in a sentence."
        }
        Kind::Instructions => "I only go by what you say about the question. Say your answer in a sentence.",
        Kind::Echo => "That is the question itself. Say your own answer in a sentence.",
        Kind::Blank | Kind::Answer => "Say your answer in a sentence.",
    };
    Card::new(CardKind::Reask).text(text).buttons([Button::Blank, Button::Skip, Button::Stop])
}

/// A follow-up: first why it is asked, in the candidate's own words or by the gap, then the question.
pub fn trap(question: &Question, choice: &Choice, quote: Option<String>) -> Card {
    let card = Card::new(CardKind::Trap);
    let card = match (&choice.why, quote) {
        (Why::Believes { .. }, Some(words)) => card.quote("You wrote", shortened(&words, QUOTE_CHARS_MAX)),
        (Why::Believes { .. }, None) => card.text("One thing in what you said I want to test."),
        (Why::Missing(id), _) => card.text(gap(question, id)),
        (Why::Lacks(Lack::Example), _) => card.text("You told me what; you did not give a case."),
        (Why::Lacks(Lack::Reason), _) => card.text("You told me what; you did not say why."),
        (Why::Solid, _) => card.text("I found no gap in that, so one step further."),
    };
    card.text(&choice.trap.ask).buttons([Button::Blank, Button::Skip, Button::Stop])
}

/// Names a missing point without giving it away.
fn gap(question: &Question, id: &StatementId) -> &'static str {
    match question.point(id).map(|point| point.part) {
        Some(Part::Claim) | None => "One piece of the core did not come up yet.",
        Some(Part::Explanation) => "You told me what; one step of the explanation did not come up yet.",
        Some(Part::Example) => "The case that shows it did not come up yet.",
    }
}

/// The clock at 60 seconds.
pub fn target_reached() -> Card {
    Card::new(CardKind::Mark).small(format!("{TARGET_SECONDS} seconds: time for the example."))
}

/// The clock at 90 seconds.
pub fn stall_reached() -> Card {
    Card::new(CardKind::Mark)
        .small(format!("{STALL_SECONDS} seconds: an interviewer would cut in here. Take the time you need."))
}

/// A text that is longer than what is assessed.
pub fn too_long() -> Card {
    Card::new(CardKind::Note).text(format!(
        "That is longer than {ANSWER_CHARS_MAX} characters, more than I read. Shorten it and send it again."
    ))
}

/// Something was written after the reveal.
pub fn already_revealed() -> Card {
    Card::new(CardKind::Note)
        .text("This question is done. Answer it once more, go to the next one, or stop.")
        .buttons(after_reveal())
}

/// Too many attempts at one question.
pub fn enough_attempts() -> Card {
    Card::new(CardKind::Note)
        .text("You know this one inside out by now. Take the next question.")
        .buttons([Button::Next, Button::Stop])
}

/// Back after an absence: where the interview stands, in one sentence.
pub fn welcome_back(away: SignedDuration, ask: &str) -> Card {
    Card::new(CardKind::Note)
        .text(format!("Welcome back after {}. The clock starts again; we were at this question:", span(away)))
        .text(ask)
        .buttons([Button::Blank, Button::Skip, Button::Stop])
}

/// Nothing was heard for too long.
pub fn abandoned(after: SignedDuration) -> Card {
    Card::new(CardKind::Farewell).text(format!(
        "Nothing came for {}, so I closed this question. Start another one whenever you like.",
        span(after)
    ))
}

/// The interview has grown beyond all measure.
pub fn enough_cards() -> Card {
    Card::new(CardKind::Farewell).text("This has become very long, so I close it here. Start a fresh one.")
}

/// The candidate ended the interview.
pub fn stopped() -> Card {
    Card::new(CardKind::Farewell).text("Stopped here. Come back whenever you like.")
}

/// The interview broke and was set aside.
pub fn set_aside() -> Card {
    Card::new(CardKind::Farewell)
        .text("Something went wrong on my side and I had to close this question. Start another one whenever you like.")
}

/// A screen came to its end.
pub fn screen_over() -> Card {
    Card::new(CardKind::Farewell)
        .text("That was the screen. Drill the points above one by one, and take another screen next week.")
}

/// What can be pressed under a reveal.
pub fn after_reveal() -> [Button; 4] {
    [Button::OnceMore, Button::NotWhatIMeant, Button::Next, Button::Stop]
}

/// The model answer beside the candidate's own.
pub fn reveal(question: &Question, exchange: &Exchange) -> Card {
    let model = &question.model;
    let mut card = Card::new(CardKind::Reveal).heading("Model answer").small(&question.ask);
    card = card.heading("Claim").text(&model.claim);
    if !model.explanation.is_empty() {
        card = card.heading("Explanation").text(&model.explanation);
    }
    if !model.example.is_empty() {
        card = card.heading("Example").text(&model.example);
    }
    if exchange.answer().is_none() {
        return card;
    }
    card = points(card, question, exchange);
    card = believed(card, question, exchange);
    card = traps(card, exchange);
    card = time(card, exchange);
    match exchange.before {
        Some(before) => card.small(before_and_after(before, exchange.attempt(question))),
        None => card,
    }
}

fn points(card: Card, question: &Question, exchange: &Exchange) -> Card {
    let mut card = card.heading("What you said");
    for view in exchange.points(question) {
        let Some(point) = question.point(&view.id) else { continue };
        let key = if point.key { "" } else { " (bonus)" };
        let note = if view.corrected { " (by your own word)" } else { "" };
        card = card.item(standing_mark(view.standing), format!("{}{key}{note}", point.idea), quoted(&view));
    }
    card
}

fn believed(card: Card, question: &Question, exchange: &Exchange) -> Card {
    let mut card = card;
    for view in exchange.believed(question) {
        let Some(misconception) = question.misconception(&view.id) else { continue };
        let correction = match misconception.correction.as_str() {
            "" => format!("It is not so that: {}", misconception.belief),
            correction => correction.to_owned(),
        };
        card = card.item(believed_mark(&view), correction, quoted(&view));
    }
    card
}

fn believed_mark(view: &StatementView) -> Mark {
    match view.standing {
        Standing::Said => Mark::Believed,
        Standing::Unsure | Standing::Missing => Mark::Unsure,
    }
}

fn traps(card: Card, exchange: &Exchange) -> Card {
    if exchange.asked.is_empty() {
        return card;
    }
    let mut card = card.heading("Follow-up");
    for asked in &exchange.asked {
        let (mark, text) = match asked.verdict {
            Some(Verdict::Held) => (Mark::Held, "Your reply held."),
            Some(Verdict::Partly) if asked.confidence < SAID_FROM => {
                (Mark::Unsure, "I cannot tell whether your reply held. Compare it with a strong one.")
            }
            Some(Verdict::Partly) => (Mark::Partly, "Part of it is there."),
            Some(Verdict::Fell) => (Mark::Fell, "This one caught you."),
            Some(Verdict::Open) | None => (Mark::Open, "You left this one open."),
        };
        card = card.small(&asked.trap.ask).item(mark, text, None);
        if !asked.trap.good.is_empty() {
            card = card.text(format!("A strong reply: {}", asked.trap.good));
        }
    }
    card
}

fn time(card: Card, exchange: &Exchange) -> Card {
    let Some(answer) = exchange.answer() else { return card };
    let spoken = speech::spoken_seconds(&answer.text);
    let Some(seconds) = exchange.seconds() else {
        return card.small(format!("Spoken, your answer takes about {spoken} s of {TARGET_SECONDS}."));
    };
    let verdict = if crate::core::interview::is_stalled(seconds) {
        format!("past {STALL_SECONDS} s, which counts as stalled")
    } else if crate::core::interview::is_on_target(seconds) {
        format!("within {TARGET_SECONDS} s")
    } else {
        format!("past {TARGET_SECONDS} s, short of {STALL_SECONDS}")
    };
    card.small(format!("Time: {}, {verdict}. Spoken, your answer takes about {spoken} s.", clock(seconds)))
}

fn before_and_after(before: Attempt, now: Attempt) -> String {
    let line = |attempt: Attempt| {
        let time = attempt.seconds.map_or(String::new(), |seconds| format!(", {}", clock(seconds)));
        format!(
            "{} of {} points, {} of {} follow-ups held{time}",
            attempt.said, attempt.points, attempt.held, attempt.traps
        )
    };
    format!("Before: {}. This time: {}.", line(before), line(now))
}

/// The statements that may have been misunderstood, to pick one.
pub fn dispute(question: &Question, exchange: &Exchange) -> Card {
    let mut card = Card::new(CardKind::Dispute).text("Which of these did I get wrong?");
    let views = exchange.points(question).into_iter().chain(exchange.believed(question));
    for view in views.take(DISPUTED_MAX) {
        let (mark, text) = match (question.point(&view.id), question.misconception(&view.id)) {
            (Some(point), _) => (standing_mark(view.standing), &point.idea),
            (None, Some(misconception)) => (believed_mark(&view), &misconception.belief),
            (None, None) => continue,
        };
        card = card.item(mark, text, None).buttons([Button::Correct(view.id)]);
    }
    card
}

/// A correction was noted: how the statement stands by the candidate's own word.
pub fn corrected(question: &Question, exchange: &Exchange, statement: &StatementId) -> Card {
    let card = Card::new(CardKind::Note).text("Noted, by your own word:");
    let point = exchange.points(question).into_iter().find(|view| view.id == *statement);
    let belief = exchange.believed(question).into_iter().find(|view| view.id == *statement);
    let card = match (point, belief) {
        (Some(view), _) => {
            let idea = question.point(statement).map_or("", |point| point.idea.as_str());
            card.item(standing_mark(view.standing), idea, None)
        }
        (None, Some(view)) if view.standing == Standing::Missing => card.text("That is not your view."),
        (None, Some(_)) => card.text("That is your view."),
        (None, None) => card,
    };
    card.small("The correction is kept, without your answer, for whoever looks after these questions.")
        .buttons(after_reveal())
}

/// Something was pressed that has its time after the reveal.
pub fn not_yet() -> Card {
    Card::new(CardKind::Note)
        .text("That comes after the model answer. We are still at this question: answer it, or skip it.")
        .buttons([Button::Blank, Button::Skip, Button::Stop])
}

/// The result of a screen.
pub fn scorecard(results: &[(&Question, &Exchange)]) -> Card {
    let mut card = Card::new(CardKind::Scorecard).heading("Scorecard");
    for (number, (question, exchange)) in results.iter().enumerate() {
        let attempt = exchange.attempt(question);
        let time = match attempt.seconds {
            _ if exchange.answer().is_none() => "no answer".to_owned(),
            Some(seconds) if crate::core::interview::is_stalled(seconds) => {
                format!("{} (stalled)", clock(seconds))
            }
            Some(seconds) => clock(seconds),
            None => "time unknown".to_owned(),
        };
        card = card.small(format!("{}. {}", number + 1, question.ask)).text(format!(
            "{} of {} points, {} of {} follow-ups held, {time}",
            attempt.said, attempt.points, attempt.held, attempt.traps
        ));
    }
    let weakest = weakest(results);
    if weakest.is_empty() {
        return card;
    }
    card = card.heading("To tighten");
    for (mark, idea) in weakest {
        card = card.item(mark, idea, None);
    }
    card
}

/// The points most worth a second look: key points before others, missing before unsure.
fn weakest(results: &[(&Question, &Exchange)]) -> Vec<(Mark, String)> {
    let mut gaps = Vec::new();
    for (question, exchange) in results {
        for view in exchange.points(question) {
            let Some(point) = question.point(&view.id) else { continue };
            if view.standing != Standing::Said {
                gaps.push((
                    (!point.key, view.standing != Standing::Missing),
                    standing_mark(view.standing),
                    &point.idea,
                ));
            }
        }
    }
    gaps.sort_by_key(|(weight, _, _)| *weight);
    gaps.into_iter().take(WEAKEST_MAX).map(|(_, mark, idea)| (mark, idea.clone())).collect()
}

/// The commands, as a terminal shows them.
pub const COMMANDS: &str = "\
/blank      three small steps out of a blank
/skip       the model answer, without answering
/again      after the reveal: answer the same question once more
/wrong      after the reveal: something was not what you meant; then /wrong and its number
/next       after the reveal: another question (or an empty line)
/stop       end here
/help       this list
A command stands at the beginning of an entry. An answer may have several lines; an empty line or Ctrl-D
sends it. Ctrl-C leaves and keeps the drill.";

/// The candidate left, and the interview waits for them.
pub const KEPT: &str = "Your drill is kept. Start riposte again to go on.";

/// Before what was shown when the candidate left.
pub const WHERE_WE_WERE: &str = "Where we left off:";

/// Before a card that may have been shown already.
pub const SEEN_BEFORE: &str = "Perhaps you have seen this:";

/// A button was pressed on a card that the interview has left behind.
pub const STALE: &str = "That button belongs to an earlier message. Use the ones under the latest one.";

/// Something was said or pressed in an interview that is over.
pub const OVER: &str = "That one is over. Start another one whenever you like.";

/// Something was pressed in somebody else's interview.
pub const NOT_YOURS: &str = "This is somebody else's question. Start one of your own.";

/// Something was said or pressed where no interview is open.
pub const NOTHING_OPEN: &str = "Nothing is open here. Start a drill first.";

/// Everything about a person was removed.
pub const FORGOTTEN: &str =
    "Everything about you is deleted: open questions, results, and what you have seen.";

/// More than is allowed, and when to try again.
pub fn too_much(excess: &Excess) -> String {
    let again = match excess.wait {
        // Rounded up, since whoever comes too early is told this once more.
        Some(wait) if wait < SignedDuration::from_secs(59) => {
            format!("Try again in {}.", span(wait + SignedDuration::from_millis(999)))
        }
        Some(wait) => format!("Try again in {}.", span(wait + SignedDuration::from_secs(59))),
        None if excess.scope == Scope::Person => "Finish or stop one of them first.".to_owned(),
        None => "Try again when one of them is over, or somewhere else.".to_owned(),
    };
    let max = quota::max(excess.scope, excess.measure);
    let said = match (excess.measure, excess.scope) {
        (Measure::Open, Scope::Person) => format!("You have {max} open questions, which is the most."),
        (Measure::Open, Scope::Channel) => format!("There are {max} open questions here, which is the most."),
        (Measure::Open, Scope::Server) => {
            format!("There are {max} open questions on this server, which is the most.")
        }
        (Measure::Begins, Scope::Person) => format!("You have asked for {max} within an hour."),
        (Measure::Begins, Scope::Channel) => format!("{max} were asked for here within an hour."),
        (Measure::Begins, Scope::Server) => format!("{max} were asked for on this server within an hour."),
        (Measure::Inputs, Scope::Person) => "That was faster than I read.".to_owned(),
        (Measure::Inputs, Scope::Channel) => "There is more going on here than I can follow.".to_owned(),
        (Measure::Inputs, Scope::Server) => {
            "There is more going on on this server than I can follow.".to_owned()
        }
    };
    format!("{said} {again}")
}

/// What was written in a form and does not count, to copy it from, under the sentence that says why.
pub fn words_back(words: &str) -> String {
    format!("\n\nYou wrote:\n{words}")
}

/// The message that a list of questions was for is not known any more.
pub const WORDS_GONE: &str =
    "I no longer have the message that this list was for. Use the command on it again.";

/// A sentence that is about a place, where it stands elsewhere.
pub fn about(place: &str, sentence: &str) -> String {
    format!("In {place}: {sentence}")
}

/// A card waits until somebody acts: what they can do.
pub fn blocked(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::NoPermission => {
            "I may not post where your question is. Nothing is lost: once somebody lets me post there again, \
             write or press anything, and it goes on."
        }
        Obstacle::PrivateMessagesClosed => {
            "I cannot send you private messages. Nothing is lost: allow messages from this server in its \
             privacy settings, then write or press anything, and it goes on."
        }
        Obstacle::ThreadLocked => {
            "The thread of your question is locked. Nothing is lost: once a moderator unlocks it, write or \
             press anything, and it goes on."
        }
        Obstacle::OnlyAnswers => {
            "Where your question is I can only answer what you do, and only for a quarter of an hour. Nothing is \
             lost: press a button there or use a command of mine, and it goes on."
        }
    }
}

/// What can be typed under a card, where there are no buttons.
pub fn typed_menu(card: &Card) -> Option<&'static str> {
    match card.kind {
        CardKind::Ask => Some("An empty line sends your answer · /blank · /skip · /help"),
        CardKind::Dispute => Some("/wrong and a number, or Enter for the next question"),
        CardKind::Reveal | CardKind::Note if card.buttons.contains(&Button::Next) => {
            Some("Enter: next question · /again · /wrong · /stop")
        }
        CardKind::Recover
        | CardKind::Reask
        | CardKind::Trap
        | CardKind::Mark
        | CardKind::Reveal
        | CardKind::Note
        | CardKind::Scorecard
        | CardKind::Farewell
        | CardKind::Round
        | CardKind::Result
        | CardKind::Shown
        | CardKind::Noted
        | CardKind::Host
        | CardKind::Dailies
        | CardKind::Step => None,
    }
}

/// A command that does not exist.
pub fn no_such_command(name: &str) -> String {
    format!("/{name}: there is no such command; type /help for the list")
}

/// A number that the list of statements does not have.
pub fn no_such_number(number: &str) -> String {
    format!("/wrong {number}: type /wrong to see the numbers")
}

/// The button that opens the form for an answer.
pub const ANSWER: &str = "Answer";
/// The button that shows a card to its owner alone.
pub const SHOW_ME: &str = "Show me";
/// What stands above the field of the form.
pub const YOUR_ANSWER: &str = "Your answer, as you would say it";
/// Before the question in the title of a form where there is no better one.
pub const FORM_TITLE: &str = "Your turn";

/// When a question was asked; `when` is the platform's own relative time.
pub fn asked(when: &str) -> String {
    format!("Asked {when}.")
}

/// In a thread: something is there that only its owner is to see. `person` is how the platform names them.
pub fn something_for(person: &str) -> String {
    format!("The next step for {person} is ready. Press the button to see it; nobody else does.")
}

/// The message that a drill's thread hangs from. `person` is how the platform names them.
pub fn drill_in_thread(person: &str) -> String {
    format!("{person} is being drilled. The question is in the thread below.")
}

/// The message that a screen's thread hangs from. `person` is how the platform names them.
pub fn screen_in_thread(person: &str) -> String {
    format!("{person} takes a screen. The questions are in the thread below.")
}

/// The name of a drill's thread.
pub fn thread_name(person: &str) -> String {
    format!("Drill with {person}")
}

/// The name of a drill's thread where the person's is not known or not wanted.
pub const THREAD_NAME: &str = "Drill";

/// The question is on its way to somebody's direct messages.
pub const IN_DIRECT: &str = "The question is in your direct messages.";

/// A question is on its way to where it was asked for.
pub const HERE_IT_COMES: &str = "Here it comes.";

/// A drill that a person asked for goes on where it was.
pub const GOES_ON: &str = "Your drill goes on where it was.";

/// A button that this program did not make, or a much older one did.
pub const UNKNOWN_BUTTON: &str = "I cannot tell what that button is for. Start a drill with /drill.";

/// It cannot be told in time whether a card still can be answered.
pub const SLOW: &str = "That took me too long. Press the button again.";

/// It could not be saved.
pub const NOT_SAVED: &str = "I could not save that, so it does not count. Try again in a moment.";

/// Something was written where no drill is open.
pub const NO_DRILL_HERE: &str = "No drill is open here. Start one with /drill.";

/// A message arrived without its text, because the bot may not read it.
pub const UNREADABLE: &str = "I cannot read plain messages here. Press Answer under the question, or write @ and my name before your answer.";

/// A message had no text: a picture, a sticker, a file.
pub const NO_TEXT: &str = "I can only read text. Write your answer as a message.";

/// Direct messages are closed.
pub const DIRECT_CLOSED: &str = "I cannot write to you directly. Allow direct messages from members of this \
server in its privacy settings, or use /drill in a channel.";

/// A person's data is attached.
pub const EXPORTED: &str = "Everything that I keep about you, as one JSON file.";

/// The export does not fit into a message.
pub const EXPORT_TOO_LARGE: &str =
    "Your data is larger than a message can carry. Ask whoever runs this bot for the file.";

/// What the bot does and how, for whoever asks.
pub const HELP: &str = "\
**Riposte** asks an interview question, reads what you said, asks the follow-up that it deserves, and shows \
the model answer beside your own.
`/drill` one question; choose a track, topic or level if you like
`/screen` several questions in a row, with a scorecard
`/round` one question for everybody in the channel, answered privately, revealed together
`/daily` a round at a time of the day, for those who manage the server
`/export` everything that is kept about you · `/forget-me` delete it
`/setup` what this server still has to allow
In direct messages you answer by writing. In a thread you press **Answer**; only you see what comes back.
For practice only: not for an interview in progress, and no hiring screen.";
/// The answer of the message command to somebody else's message.
pub const OWN_MESSAGES_ONLY: &str = "I ask follow-ups on your own messages only. Choose one that you wrote.";

/// The message command on a message without text.
pub const NOTHING_TO_ASK_ABOUT: &str = "There is no text in that message to ask about.";

/// The message command cannot tell what was answered.
pub const WHICH_QUESTION: &str = "Which question did that message answer?";

/// The message command: no question of the bank is like the message.
pub const NO_QUESTION_FITS: &str = "I have no question that this answers. Start a drill with /drill.";

/// The message command: what the follow-up is about.
pub fn on_your_words(words: &str) -> String {
    format!("You wrote: {words}")
}

/// What stands in the list of questions before a choice.
pub const CHOOSE_A_QUESTION: &str = "Choose a question";

/// A phrase, and how it reads in other languages, by Discord's names of them (`de`, `pt-BR`).
#[derive(Clone, Copy, Debug)]
pub struct Phrase {
    /// In English.
    pub text: &'static str,
    /// Elsewhere.
    pub elsewhere: &'static [(&'static str, &'static str)],
}

/// What `/setup` and `riposte doctor` find.
pub mod setup {
    /// Nothing is missing in this channel.
    pub const PERMITTED: &str = "I have every permission that I need in this channel.";
    /// In direct messages nothing can be missing.
    pub const DIRECT: &str = "Direct messages work. Use /setup in a channel of your server to check it too.";
    /// The bot is no member of the server.
    pub const FOREIGN: &str =
        "I am no member of this server, so I only answer you, for you alone. Add me with the button below.";
    /// Direct messages can be sent.
    pub const DIRECT_OPEN: &str = "I can write to you directly.";
    /// What is written there to find out.
    pub const DIRECT_TRIED: &str = "You asked with /setup whether I can write to you here. I can.";
    /// Plain messages are read.
    pub const CONTENT_ON: &str = "I read your plain messages in your drill's thread.";
    /// Plain messages are not read, as it was set.
    pub const CONTENT_OFF: &str =
        "Answers in threads come by the Answer button; plain messages there are not read.";
    /// Plain messages cannot be read although that was set.
    pub const CONTENT_REFUSED: &str = "Reading plain messages is set, but the message-content intent is not granted: \
    switch it on at discord.com/developers under Bot.";
    /// The button that adds the bot anew.
    pub const INVITE_AGAIN: &str = "Add me again with these permissions";

    /// Permissions are missing.
    pub fn lacking(names: &str) -> String {
        format!("I need these permissions in this channel: {names}.")
    }

    /// Permissions are missing on a server as a whole.
    pub fn lacking_on(server: &str, names: &str) -> String {
        format!("On {server} I need these permissions: {names}. The link below asks for them.")
    }

    /// How many servers the bot is on.
    pub fn servers(count: usize) -> String {
        match count {
            0 => "I am on no server yet.".to_owned(),
            1 => "I am on one server. What a channel allows, /setup says there.".to_owned(),
            many => format!("I am on {many} servers. What a channel allows, /setup says there."),
        }
    }

    /// The address that adds the bot.
    pub fn invite(address: &str) -> String {
        format!("Add the bot to a server with {address}")
    }
}

/// What stands on a button.
pub fn label(button: &Button) -> &'static str {
    match button {
        Button::Blank => "I'm blank",
        Button::Skip => "Skip",
        Button::OnceMore => "Once more",
        Button::NotWhatIMeant => "Not what I meant",
        Button::Correct(_) => "This one",
        Button::Next => "Next question",
        Button::Stop => "Stop",
        Button::Answer => ANSWER,
        Button::TakeBack => "Take it back",
        Button::HowDidIDo => "How did I do?",
        Button::ShowAnswer => "Show my answer",
        Button::Host(Control::Close) => "Close now",
        Button::Host(Control::Extend { .. }) => "Keep it open",
        Button::Host(Control::Cancel) => "Call it off",
    }
}

/// The sign and the word of a verdict, so that colour is never the only sign.
pub fn mark(mark: Mark) -> (&'static str, &'static str) {
    match mark {
        Mark::Said => ("✓", "said"),
        Mark::Unsure => ("?", "unsure"),
        Mark::Missing => ("✗", "missing"),
        Mark::Believed => ("!", "look again"),
        Mark::Held => ("✓", "held"),
        Mark::Partly => ("~", "partly"),
        Mark::Fell => ("✗", "fell for it"),
        Mark::Open => ("–", "open"),
    }
}

/// Seconds as people say them.
pub fn clock(seconds: i64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

/// A longer time, in its largest unit.
fn span(span: SignedDuration) -> String {
    let counted = |count: i64, unit: &str| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
    match (span.as_hours(), span.as_mins()) {
        (0, 0) => counted(span.as_secs(), "second"),
        (0, minutes) => counted(minutes, "minute"),
        (hours, _) if hours < 48 => counted(hours, "hour"),
        (hours, _) => counted(hours / 24, "day"),
    }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Junior => "junior",
        Level::Mid => "mid",
        Level::Senior => "senior",
    }
}

fn standing_mark(standing: Standing) -> Mark {
    match standing {
        Standing::Said => Mark::Said,
        Standing::Unsure => Mark::Unsure,
        Standing::Missing => Mark::Missing,
    }
}

fn quoted(view: &StatementView) -> Option<String> {
    view.quote.as_deref().map(|words| shortened(words, QUOTE_CHARS_MAX))
}

/// A text of `chars_max` characters at the most, cut between words of the reader's eye (graphemes), never
/// inside one.
fn shortened(words: &str, chars_max: usize) -> String {
    use unicode_segmentation::UnicodeSegmentation;
    if words.chars().nth(chars_max).is_none() {
        return words.to_owned();
    }
    let mut cut = String::new();
    let mut chars = 0;
    for grapheme in words.graphemes(true) {
        chars += grapheme.chars().count();
        if chars >= chars_max {
            break;
        }
        cut.push_str(grapheme);
    }
    cut.truncate(cut.trim_end().len());
    cut.push('…');
    cut
}
