//! What is said in rounds and about dailies.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{level_name, shortened, span};
use crate::core::bank::Question;
use crate::core::calendar::Post;
use crate::core::card::{Block, Button, Card, CardKind, Way};
use crate::core::chart::Bars;
use crate::core::choose::Filter;
use crate::core::daily::{DAILIES_MAX, Daily, NEXT_SHOWN, Trouble, UNSEEN_FEW};
use crate::core::interview::{Exchange, Seq, To};
use crate::core::round::{ANONYMOUS_FROM, Control, Note, Notice, Phase, Reveal};
use crate::core::whereabouts::Place;

/// Characters of an alternative text at the most: Discord's limit for the description of a file.
const ALT_CHARS_MAX: usize = 1_024;
/// Characters of a thread's name at the most; Discord's limit is 100.
const THREAD_NAME_CHARS_MAX: usize = 90;

/// A round is open in the channel; a link to it stands below.
pub const ROUND_OPEN: &str = "A round is open in this channel already. Answer that one.";
/// The post or the reveal of a round could not be shown.
pub const ROUND_LOST: &str = "I could not post your round in its channel, so it is over. Check with /setup there \
what I lack.";
/// Dailies are for those who look after a server.
pub const NOT_MANAGER: &str = "Dailies are for those who may manage this server. Ask one of them.";
/// A daily that is not there.
pub const NO_SUCH_DAILY: &str = "There is no such daily on this server. Choose one from the list.";

/// Rounds and dailies are for servers that the bot is in.
pub const SERVERS_ONLY: &str = "That needs a channel of a server that I am a member of.";
/// The button that leads to the open round.
pub const TO_THE_ROUND: &str = "Go to the round";
/// The name of a round's thread where the platform refuses its own.
pub const ROUND_THREAD: &str = "Round";

/// The public question of a round: what it says beside the question changes until the close.
pub fn round(question: &Question, notice: &Notice, role: Option<&str>) -> Card {
    let level = question.level.map_or(String::new(), |level| format!(" · {}", level_name(level)));
    let mut card = Card::new(CardKind::Round);
    if let Some(role) = role {
        card.blocks.push(Block::Ping { role: role.to_owned() });
    }
    let card = card.small(format!("{}{level}", question.topic)).text(&question.ask);
    let answered = match notice.answered {
        0 if notice.phase == Phase::Open => "Nobody has answered yet".to_owned(),
        0 => "Nobody answered".to_owned(),
        1 => "1 has answered".to_owned(),
        many => format!("{many} have answered"),
    };
    match notice.phase {
        Phase::Open => card
            .small(format!("{answered}. Only you see your answer and the follow-up to it."))
            .when("Revealed together", notice.closes_at)
            .buttons([Button::Answer, Button::Blank]),
        Phase::Revealed => card.small(format!("{answered}. It is closed, and the model answer is out.")),
        Phase::Cancelled => card.small("It was called off."),
    }
}

/// The thread of a round.
pub fn round_thread(question: &Question, post: Seq) -> Card {
    let name = shortened(&format!("{}: {}", question.topic, question.ask), THREAD_NAME_CHARS_MAX);
    Card::new(CardKind::Step).heading(name.replace('\n', " ")).by(Way::Thread(post))
}

/// The post of a round is to be pinned.
pub fn round_pin(post: Seq) -> Card {
    Card::new(CardKind::Step).by(Way::Pin(post))
}

/// What the host can do. `closes_at` is when the round closes as it stands.
pub fn round_host(channel: &Place, closes_at: Timestamp, answered: usize) -> Card {
    let later = |by: SignedDuration| {
        let until = closes_at.saturating_add(by).unwrap_or(closes_at);
        Button::Host(Control::Extend { until })
    };
    let card = Card::new(CardKind::Host)
        .text("Your round is on. These are for you alone:")
        .at("In", channel)
        .when("It closes", closes_at)
        .buttons([
            Button::Host(Control::Close),
            later(SignedDuration::from_mins(10)),
            later(SignedDuration::from_hours(1)),
        ]);
    if answered == 0 { card.buttons([Button::Host(Control::Cancel)]) } else { card }
}

/// What stands on the button that keeps a round open until then.
pub fn extend_label(closes_at: Timestamp, until: Timestamp) -> String {
    format!("Keep it open {} more", span(until.duration_since(closes_at)))
}

/// What a round added up to.
pub fn round_result(question: &Question, reveal: &Reveal, post: Seq) -> Card {
    let model = &question.model;
    let mut card = Card::new(CardKind::Result).heading("Model answer").text(&model.claim);
    card = card.text(&model.explanation).text(&model.example);
    if reveal.answered == 0 {
        return card.small("Nobody answered this time.").by(Way::Under(post)).buttons([Button::OnceMore]);
    }
    if reveal.points.is_empty() {
        card = card.small(format!(
            "How many said each point is shown from {ANONYMOUS_FROM} answers on, so that it is nobody's in particular."
        ));
    } else {
        card = card.heading("How many said each point");
        card.blocks.push(Block::Bars { bars: round_bars(question, reveal) });
    }
    if let Some(misconception) = room_misconception(question, reveal) {
        card = card.heading("What to look at again").text(misconception);
    }
    card.by(Way::Under(post)).buttons([Button::HowDidIDo, Button::ShowAnswer, Button::OnceMore])
}

/// Somebody's own answer and what they replied, which they chose to show. The front end says whose it is.
pub fn shown_answer(exchange: &Exchange, post: Seq) -> Card {
    let mut card = Card::new(CardKind::Shown);
    for utterance in &exchange.utterances {
        let trap = match utterance.to {
            To::Question => None,
            To::Trap(place) => exchange.asked.get(place),
        };
        card = match trap {
            Some(asked) => card.small(&asked.trap.ask).quote("Their reply", &utterance.text),
            None => card.quote("Their answer", &utterance.text),
        };
    }
    card.by(Way::Under(post))
}

/// Whose answer is shown. `person` is how the platform shows a name.
pub fn shown_by(person: &str) -> String {
    format!("{person} shows what they answered:")
}

/// An answer in a round is in, or none came.
pub fn round_noted(is_answered: bool) -> Card {
    let card = Card::new(CardKind::Noted);
    match is_answered {
        true => card
            .text("Your answer is in. The model answer comes for everybody when the round closes.")
            .small("To change it until then, press Answer again under the question.")
            .buttons([Button::TakeBack]),
        false => card
            .text("That is fine. The model answer comes for everybody when the round closes.")
            .small("Should an answer come to you until then, press Answer again under the question."),
    }
}

/// Something was written in a round where an answer is in already.
pub fn round_already() -> Card {
    Card::new(CardKind::Note)
        .text("Your answer is in already. To change it, press Answer again under the question.")
}

/// An instant as text, for those whose platform does not show it in their own zone.
pub fn when_text(lead: &str, at: Timestamp) -> String {
    let text = format!("{lead} {}", TimeZone::UTC.to_datetime(at).strftime("%Y-%m-%d %H:%M UTC"));
    text.trim_start().to_owned()
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

/// As many dailies as a server may have.
pub fn enough_dailies() -> String {
    format!("A server has {DAILIES_MAX} dailies at the most. Remove one that nobody misses first.")
}

/// A daily in a line.
pub fn daily_line(daily: &Daily) -> String {
    let schedule = &daily.schedule;
    let time = schedule.time.strftime("%H:%M");
    let what = filter_name(&daily.filter);
    format!("{time} {} · {} · {what}", schedule.zone.name(), schedule.weekdays)
}

/// What is known of a daily beside what was settled.
#[derive(Clone, Debug, Default)]
pub struct DailyState {
    /// What comes next; empty while it is paused.
    pub next: Vec<Post>,
    /// Questions that fit and were not asked in its channel.
    pub unseen: usize,
    /// Whether it is paused.
    pub paused: bool,
    /// What went wrong last.
    pub trouble: Option<Trouble>,
    /// Permissions that are missing for it, by the platform's names.
    pub lacking: Vec<String>,
}

/// What was done about a daily.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DailyDone {
    /// It was saved.
    Saved,
    /// It rests.
    Paused,
    /// It goes on.
    Resumed,
    /// Its next post is left out.
    Skipped,
    /// It is gone.
    Removed,
}

/// One daily after something was done about it.
pub fn daily_done(done: DailyDone, daily: &Daily, channel: &Place, state: &DailyState) -> Card {
    let said = match done {
        DailyDone::Saved => "Saved. The next questions come:",
        DailyDone::Paused => "Paused. Nothing comes until you resume it.",
        DailyDone::Resumed => "Resumed. The next questions come:",
        DailyDone::Skipped => "The next one is left out. After it they come:",
        DailyDone::Removed => "Removed. A round of it that is open goes on to its close.",
    };
    let card = Card::new(CardKind::Dailies).heading(daily_line(daily)).at("In", channel).text(said);
    if done == DailyDone::Removed { card } else { daily_state(card, state) }
}

/// All dailies of a server.
pub fn daily_list(all: &[(Daily, Place, DailyState)]) -> Card {
    let card = Card::new(CardKind::Dailies);
    if all.is_empty() {
        return card.text("No daily is set up on this server. Add one with /daily add.");
    }
    all.iter().fold(card, |card, (daily, channel, state)| {
        daily_state(card.heading(daily_line(daily)).at("In", channel), state)
    })
}

fn daily_state(card: Card, state: &DailyState) -> Card {
    let mut card = card;
    if state.paused {
        card = card.small("It is paused.");
    }
    for post in state.next.iter().take(NEXT_SHOWN) {
        card = card.when("", post.at);
    }
    if state.unseen < UNSEEN_FEW {
        card = card.small(unseen_few(state.unseen));
    }
    if !state.lacking.is_empty() {
        let names = state.lacking.join(", ");
        card = card.small(format!("For this I need these permissions there: {names}."));
    }
    if let Some(trouble) = &state.trouble {
        card = card.small(daily_trouble(trouble));
    }
    card
}

/// Few questions are left that were not asked.
pub fn unseen_few(unseen: usize) -> String {
    match unseen {
        0 => "All questions that fit were asked here; they begin again in another order.".to_owned(),
        1 => "One question that fits was not asked here yet; after it they begin again.".to_owned(),
        some => format!("{some} questions that fit were not asked here yet; after them they begin again."),
    }
}

/// What went wrong with a daily, for those who look after it.
pub fn daily_trouble(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Missed { first, last } if first == last => {
            format!(
                "The daily of {first} was missed: two hours after its time it was not out. The next one comes as planned."
            )
        }
        Trouble::Missed { first, last } => {
            format!(
                "The dailies from {first} to {last} were missed: I was away. The next one comes as planned."
            )
        }
        Trouble::Refused { date } => {
            format!(
                "I could not post the daily of {date} in its channel. Check with /setup there what I lack."
            )
        }
        Trouble::Busy { date } => {
            format!(
                "The daily of {date} met another round in its channel, for which it waits two hours at the most. \
                 Give one of them fewer hours, or another time, with /daily edit."
            )
        }
        Trouble::NothingFits { date } => {
            format!(
                "No question fits the daily of {date}. Choose another track, topic or level with /daily edit."
            )
        }
    }
}

/// A thread that could not be opened, or a post that could not be pinned.
pub fn step_failed(way: Way) -> &'static str {
    match way {
        Way::Thread(_) => {
            "I could not open a thread under the question; the reveal comes in the channel instead."
        }
        Way::Pin(_) => "I could not pin the question. All else goes on.",
        Way::Edit(_) => "I could not bring the question up to date. All else goes on.",
        Way::Post | Way::Under(_) => "I could not post that.",
    }
}

fn filter_name(filter: &Filter) -> String {
    let level = filter.level.map(|level| level_name(level).to_owned());
    let question = filter.question.as_ref().map(|question| question.as_str().to_owned());
    let parts = [filter.track.clone(), filter.topic.clone(), level, question];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "any question".to_owned() } else { parts.join(", ") }
}
