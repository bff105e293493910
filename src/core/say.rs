//! Every sentence that Riposte says to a candidate, so that one person can read them all.
//!
//! Short, kind, second person, one idea a message, the next action last. No blame, no exclamation
//! marks, and no praise for what is not there.

use jiff::SignedDuration;

use crate::core::bank::{Lack, Level, Part, Question, Recovery, StatementId, speech};
use crate::core::card::{Button, Card, CardKind, Mark};
use crate::core::chart::Bars;
use crate::core::grading::policy::{Choice, Why};
use crate::core::grading::{Kind, SAID_FROM, Verdict};
use crate::core::interview::{
    ANSWER_CHARS_MAX, Attempt, Exchange, STALL_SECONDS, Standing, StatementView, TARGET_SECONDS,
};
use crate::core::round::{Note, Reveal};

/// Characters of a quotation at the most: enough to recognise one's own sentence.
const QUOTE_CHARS_MAX: usize = 240;
/// Characters of an alternative text at the most: Discord's limit for the description of a file.
const ALT_CHARS_MAX: usize = 1_024;
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

/// A private word about a round.
pub fn round_note(note: Note) -> &'static str {
    match note {
        Note::Over => "This round is over. Answer the question once more for yourself, or wait for the next.",
        Note::TooLate => "Your answer came after the close, so it does not count. It stays between us.",
        Note::Full => "This round is full. You can still answer the question once more after the reveal.",
        Note::Left => "Your answer is taken back. You can answer again until the close.",
        Note::NotYet => "That comes after the reveal. Until then you can change your answer.",
        Note::NothingToShow => "I have no answer of yours in this round.",
        Note::ShownEnough => "Enough answers are shown here already. Post yours in the thread if you like.",
        Note::NotHost => "That is for whoever started the round, or who manages this server.",
        Note::Extended => "The round stays open for longer.",
        Note::OpenEnough => "A round is open for seven days at most. Choose an earlier time.",
        Note::SomebodyAnswered => "Somebody has answered, so I keep the round. You can close it instead.",
    }
}

/// How many said each point of a question, to draw and to read.
pub fn round_bars(question: &Question, reveal: &Reveal) -> Bars {
    let counts = reveal.points.iter().filter_map(|(id, count)| {
        let idea = &question.point(id)?.idea;
        Some((idea.clone(), *count))
    });
    Bars { of: reveal.answered, bars: counts.collect() }
}

/// Bars as text, for those who do not see the picture: the same numbers in the same order.
pub fn bars_text(bars: &Bars) -> String {
    let line = |(place, (label, count)): (usize, &(String, usize))| {
        format!("{}. {count} of {}: {label}", place + 1, bars.of)
    };
    bars.bars.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

/// What the picture of bars shows, in one short text: as much of it as an alternative text may hold.
pub fn bars_alt(bars: &Bars) -> String {
    let text = format!("How many said each point. {}", bars_text(bars).replace('\n', " "));
    shortened(&text, ALT_CHARS_MAX)
}

/// The misconception of the room with its correction; nobody's name. `None` if there was none.
pub fn room_misconception(question: &Question, reveal: &Reveal) -> Option<String> {
    let (id, count) = reveal.misconception.as_ref()?;
    let misconception = question.misconception(id)?;
    let people = format!("{count} of {} of you said: {}", reveal.answered, misconception.belief);
    Some(match misconception.correction.as_str() {
        "" => format!("{people} It is not so."),
        correction => format!("{people} {correction}"),
    })
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
        | CardKind::Farewell => None,
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
