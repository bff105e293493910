//! The round: what each input leads to, and what it all adds up to.

mod people;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use riposte::core::bank::{Question, QuestionId, StatementId};
use riposte::core::card::Block;
use riposte::core::grading::{Assessment, Finding, Kind};
use riposte::core::interview::{Exchange, InterviewId, Seq, To, Utterance};
use riposte::core::round::{
    ANONYMOUS_FROM, Answer, Button, Control, Due, Effect, Input, Note, PEOPLE_MAX, Phase, Plan, Reveal,
    Round, SHOWN_MAX, Started, State, start,
};
use riposte::core::say;
use riposte::core::whereabouts::Person;

use crate::support::play::small_bank;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

fn question() -> Arc<Question> {
    small_bank().question(&QuestionId::from("list-vs-tuple")).unwrap().clone()
}

fn person(name: &str) -> Person {
    Person(name.to_owned())
}

fn plan(host: Option<&str>) -> Arc<Plan> {
    Arc::new(Plan {
        question: question(),
        hash: "hash".to_owned(),
        host: host.map(person),
        open_for: MINUTE * 10,
        role: None,
        pin: false,
    })
}

/// A round at a table: what people do and what follows, with the time that it took.
struct Table {
    round: Round,
    now: Timestamp,
    interviews: i64,
    transcript: String,
}

impl Table {
    /// Ten minutes, started by Ada, and the post is up.
    fn new() -> Self {
        let mut table = Self::unposted(Some("ada"));
        table.now += SignedDuration::from_millis(300);
        table.apply(Input::Posted);
        table
    }

    fn unposted(host: Option<&str>) -> Self {
        let now = "2026-06-01T18:00:00Z".parse().unwrap();
        let Started::Opened(round, effects) = start(None, plan(host), now) else { panic!("none is open") };
        let mut table = Self { round, now, interviews: 0, transcript: String::new() };
        table.note(&effects);
        table
    }

    fn note(&mut self, effects: &[Effect]) {
        for effect in effects {
            let line = match effect {
                Effect::Post(notice) => format!("posts the question, until {}", notice.closes_at),
                Effect::Edit(notice) => {
                    format!(
                        "edits: {:?}, {} answered, until {}",
                        notice.phase, notice.answered, notice.closes_at
                    )
                }
                Effect::Reveal(reveal) => format!("reveals\n{}", shown(reveal)),
                Effect::Begin { person } => format!("begins an interview with {}", person.0),
                Effect::Resume { person, interview } => {
                    format!("shows {} interview {}", person.0, interview.0)
                }
                Effect::Show { person, interview } => {
                    format!("posts {}'s interview {}", person.0, interview.0)
                }
                Effect::OnceMore { person } => format!("begins a drill with {}", person.0),
                Effect::Tell { person, note } => format!("tells {}: {}", person.0, say::round_note(*note)),
            };
            self.transcript.push_str(&format!("< {line}\n"));
        }
    }

    fn apply(&mut self, input: Input) -> Vec<Effect> {
        let effects = self.round.apply(input, self.now);
        self.note(&effects);
        effects
    }

    fn wait(&mut self, seconds: i64) -> Vec<Effect> {
        self.transcript.push_str(&format!("@ +{seconds}s\n"));
        self.now += SignedDuration::from_secs(seconds);
        self.apply(Input::Tick)
    }

    /// As the engine does it: an interview that is to begin begins in the same transaction.
    fn press(&mut self, name: &str, button: Button) -> Vec<Effect> {
        self.transcript.push_str(&format!("> {name} presses {button:?}\n"));
        let effects = self.apply(Input::Pressed { person: person(name), button });
        if effects.iter().any(|effect| matches!(effect, Effect::Begin { .. })) {
            self.interviews += 1;
            let interview = InterviewId(self.interviews);
            self.apply(Input::Joined { person: person(name), interview });
        }
        effects
    }

    fn answer(&mut self, name: &str, revision: u64, said: &[&str], believed: &[&str]) -> Vec<Effect> {
        self.transcript.push_str(&format!("> {name} says {said:?} {believed:?}\n"));
        let interview = self.round.state().people[&person(name)].interview;
        let ids = |ids: &[&str]| ids.iter().copied().map(StatementId::from).collect();
        let answer = Answer { interview, said: ids(said), believed: ids(believed) };
        self.apply(Input::Answered { person: person(name), revision, answer })
    }

    /// Presses *Answer* and answers.
    fn join(&mut self, name: &str, said: &[&str], believed: &[&str]) {
        self.press(name, Button::Answer);
        self.answer(name, 1, said, believed);
    }

    fn control(&mut self, name: &str, manages: bool, control: Control) -> Vec<Effect> {
        self.transcript.push_str(&format!("> {name} wants {control:?}\n"));
        self.apply(Input::Controlled { by: person(name), manages, control })
    }
}

fn shown(reveal: &Reveal) -> String {
    let question = question();
    let bars = say::bars_text(&say::round_bars(&question, reveal));
    let misconception = say::room_misconception(&question, reveal).unwrap_or("no misconception".to_owned());
    format!("  {}\n  {misconception}", bars.replace('\n', "\n  "))
}

fn told(name: &str, note: Note) -> Vec<Effect> {
    vec![Effect::Tell { person: person(name), note }]
}

#[test]
fn round_with_three_people() {
    let mut table = Table::new();
    table.join("ada", &["mutability", "hashable"], &[]);
    table.wait(5);
    table.press("bob", Button::Answer);
    table.press("cem", Button::Answer);
    table.press("bob", Button::Answer);
    table.answer("cem", 1, &[], &["only-syntax"]);
    table.answer("bob", 1, &["mutability"], &["only-syntax"]);
    table.wait(5);
    table.press("bob", Button::Answer);
    table.answer("bob", 1, &["mutability", "record"], &[]);
    table.answer("cem", 2, &["hashable"], &["only-syntax"]);
    table.join("eve", &[], &["only-syntax"]);
    table.wait(590);
    table.press("bob", Button::Show);
    table.press("dora", Button::Answer);
    table.press("dora", Button::OnceMore);
    insta::assert_snapshot!(table.transcript);
}

#[test]
fn f11_fifty_starts_in_one_channel_open_one_round() {
    let table = Table::new();
    for _ in 0..50 {
        let started = start(Some((InterviewId(7), &table.round)), plan(Some("bob")), table.now);
        assert_eq!(started, Started::Linked(InterviewId(7)));
    }
    let mut over = table;
    over.wait(600);
    let started = start(Some((InterviewId(7), &over.round)), plan(Some("bob")), over.now);
    assert!(matches!(started, Started::Opened(..)));
}

#[test]
fn f68_two_hundred_answers_in_a_minute_are_a_handful_of_edits() {
    let mut table = Table::new();
    let mut edits = 0;
    for number in 0..200 {
        table.now += SignedDuration::from_millis(300);
        table.join(&format!("p{number}"), &["mutability"], &[]);
        edits = table.transcript.matches("< edits").count();
        assert!(table.round.deadline().unwrap().0 > table.now - SignedDuration::from_secs(10));
    }
    assert!((5..=6).contains(&edits), "{edits}");
    assert_eq!(table.round.deadline().unwrap().1, Due::Count);
    let last = table.wait(10);
    assert!(matches!(last[..], [Effect::Edit(notice)] if notice.answered == 200), "{last:?}");
    assert_eq!(table.wait(10), []);
    assert_eq!(table.round.deadline().unwrap().1, Due::Close);
}

#[test]
fn f6_late_post_closes_later() {
    let mut table = Table::unposted(Some("ada"));
    table.now += MINUTE * 11;
    assert_eq!(table.apply(Input::Tick), []);
    table.apply(Input::Posted);
    assert_eq!(table.round.deadline(), Some((table.now + SignedDuration::from_secs(10), Due::Count)));
    table.wait(10);
    assert_eq!(table.round.state().said.closes_at, table.now - SignedDuration::from_secs(10) + MINUTE * 10);
    // A second report of the same post changes nothing.
    let before = table.round.clone();
    table.now += MINUTE;
    assert_eq!(table.apply(Input::Posted), []);
    assert_eq!(table.round, before);
}

#[test]
fn f3_f5_post_that_never_appears_holds_up_no_channel() {
    let mut refused = Table::unposted(None);
    assert_eq!(refused.apply(Input::Refused), []);
    assert!(refused.round.is_over());
    let mut lost = Table::unposted(None);
    let (at, due) = lost.round.deadline().unwrap();
    assert_eq!((at - lost.now, due), (SignedDuration::from_hours(2), Due::Close));
    lost.now = at;
    assert_eq!(lost.apply(Input::Tick), []);
    assert_eq!(lost.round.state().phase, Phase::Cancelled);
    // It appears after all: then it says that it is called off.
    let late = lost.apply(Input::Posted);
    assert!(matches!(late[..], [Effect::Edit(notice)] if notice.phase == Phase::Cancelled));
}

#[test]
fn f12_time_closes_the_round_and_no_tick_has_to_come() {
    let mut table = Table::new();
    table.press("bob", Button::Answer);
    table.now += MINUTE * 10;
    let late = table.answer("bob", 1, &["mutability"], &[]);
    assert!(
        matches!(&late[..], [Effect::Edit(_), Effect::Reveal(reveal), Effect::Tell { note: Note::TooLate, .. }]
        if reveal.answered == 0)
    );
    assert_eq!(table.answer("bob", 2, &["mutability"], &[]), [], "told once");
    assert_eq!(table.wait(0), []);
    assert_eq!(table.press("bob", Button::Show), told("bob", Note::NothingToShow));
}

/// F12: their text was being read when the round closed.
#[test]
fn f12_who_joins_while_the_round_closes_is_told_and_counts_nowhere() {
    let mut table = Table::new();
    table.join("bob", &["mutability"], &[]);
    table.press("bob", Button::Answer);
    table.control("ada", false, Control::Close);
    for (name, interview) in [("cem", InterviewId(7)), ("bob", InterviewId(8))] {
        let joined = Input::Joined { person: person(name), interview };
        assert_eq!(table.apply(joined.clone()), told(name, Note::TooLate));
        assert_eq!(table.apply(joined), []);
        assert_eq!(table.answer(name, 1, &["mutability"], &[]), [], "told once");
        assert_eq!(table.round.state().people[&person(name)].interview, interview);
    }
    assert_eq!(table.round.answered(), 1, "what bob said before still counts");
    assert_eq!(table.press("cem", Button::Show), told("cem", Note::NothingToShow));
}

#[test]
fn f53_answer_is_replaced_until_the_close_and_taken_back_for_good() {
    let mut table = Table::new();
    table.join("bob", &["mutability"], &[]);
    table.answer("bob", 2, &["mutability", "hashable"], &[]);
    table.answer("bob", 1, &["mutability"], &[]);
    table.press("bob", Button::Answer);
    assert_eq!(table.round.answered(), 1, "the first answer counts until there is another one");
    let (first, second) = (InterviewId(1), InterviewId(2));
    assert_eq!(
        table.press("bob", Button::Leave(first)),
        told("bob", Note::Left),
        "it is the one that counts"
    );
    assert_eq!(table.press("bob", Button::Leave(first)), []);
    assert_eq!(table.round.answered(), 0);
    table.answer("bob", 1, &["record"], &[]);
    assert_eq!(table.press("bob", Button::Leave(first)), [], "that is the one before");
    assert_eq!(table.press("bob", Button::Leave(second)), told("bob", Note::Left));
    assert_eq!(table.round.answered(), 0);
    assert_eq!(table.answer("bob", 5, &["record"], &[]), []);
    assert_eq!(table.round.answered(), 0, "nothing of that interview counts any more");
    table.join("bob", &["record"], &[]);
    assert_eq!(table.press("bob", Button::Leave(second)), [], "a press that comes again");
    assert_eq!(table.round.answered(), 1);
    table.join("cem", &[], &[]);
    table.join("dora", &[], &[]);
    let closed = table.control("ada", false, Control::Close);
    assert!(
        matches!(&closed[1], Effect::Reveal(reveal) if reveal.points[2].1 == 1 && reveal.points[0].1 == 0)
    );
    assert_eq!(table.press("bob", Button::Leave(InterviewId(3))), told("bob", Note::Over));
}

#[test]
fn f10_nobody_answers_for_somebody_else() {
    let mut table = Table::new();
    table.press("bob", Button::Answer);
    let answer = Answer { interview: InterviewId(1), said: Vec::new(), believed: Vec::new() };
    table.press("cem", Button::Answer);
    for name in ["cem", "dora"] {
        let input = Input::Answered { person: person(name), revision: 1, answer: answer.clone() };
        assert_eq!(table.apply(input), []);
    }
    assert_eq!(table.round.answered(), 0);
}

#[test]
fn host_and_managers_control_the_round_and_nobody_else() {
    let mut table = Table::new();
    let until = table.round.state().closes_at + MINUTE * 5;
    let extend = Control::Extend { until };
    assert_eq!(table.control("bob", false, extend), told("bob", Note::NotHost));
    assert_eq!(table.control("ada", false, extend), told("ada", Note::Extended));
    assert_eq!(table.control("ada", false, extend), [], "the same button again adds nothing");
    assert_eq!(table.round.state().closes_at, until);
    let too_long = Control::Extend { until: until + SignedDuration::from_hours(7 * 24) };
    assert_eq!(table.control("ada", false, too_long), told("ada", Note::OpenEnough));
    table.join("bob", &[], &[]);
    assert_eq!(table.control("ada", false, Control::Cancel), told("ada", Note::SomebodyAnswered));
    assert!(matches!(table.control("mod", true, Control::Close)[..], [Effect::Edit(_), Effect::Reveal(_)]));
    assert_eq!(table.control("mod", true, Control::Close), told("mod", Note::Over));
}

#[test]
fn round_that_nobody_answered_can_be_called_off() {
    let mut table = Table::new();
    table.press("bob", Button::Answer);
    let cancelled = table.control("ada", false, Control::Cancel);
    assert!(matches!(cancelled[..], [Effect::Edit(notice)] if notice.phase == Phase::Cancelled));
    assert_eq!(table.press("cem", Button::Answer), told("cem", Note::Over));
    assert_eq!(table.round.deadline(), None);
    assert_eq!(table.wait(600), []);
}

/// Who knows what they said themselves learns nothing about any other one.
#[test]
fn nothing_is_told_of_few_and_a_misconception_is_the_rooms_and_nobodys() {
    for (believing, others, expected) in [
        (1, 0, None),
        (2, 0, None),
        (1, 2, None),
        (ANONYMOUS_FROM, 0, None),
        (2, 1, Some(2)),
        (3, 2, Some(3)),
    ] {
        let mut table = Table::new();
        for number in 0..believing + others {
            let believed: &[&str] = if number < believing { &["only-syntax"] } else { &[] };
            table.join(&format!("p{number}"), &["mutability"], believed);
        }
        let Effect::Reveal(reveal) = table.control("ada", false, Control::Close).remove(1) else { panic!() };
        assert_eq!(reveal.misconception.clone().map(|(_, count)| count), expected);
        assert_eq!(reveal.points.is_empty(), believing + others < ANONYMOUS_FROM);
        let card = say::round_result(&question(), &reveal, Seq(1));
        let has_bars = card.blocks.iter().any(|block| matches!(block, Block::Bars { .. }));
        assert_eq!(has_bars, believing + others >= ANONYMOUS_FROM);
    }
}

#[test]
fn limits_hold_and_are_told() {
    let mut table = Table::new();
    for number in 0..PEOPLE_MAX {
        table.join(&format!("p{number}"), &[], &[]);
    }
    assert_eq!(table.press("late", Button::Answer), told("late", Note::Full));
    assert_eq!(table.press("p0", Button::Show), told("p0", Note::NotYet));
    assert_eq!(table.press("p0", Button::OnceMore), told("p0", Note::NotYet));
    table.control("ada", false, Control::Close);
    for number in 0..SHOWN_MAX {
        let name = format!("p{number}");
        assert!(matches!(table.press(&name, Button::Show)[..], [Effect::Show { .. }]));
        assert_eq!(table.press(&name, Button::Show), [], "shown once");
    }
    assert_eq!(table.press("p99", Button::Show), told("p99", Note::ShownEnough));
}

#[test]
fn state_of_another_version_is_refused() {
    let stored = serde_json::to_string(Table::new().round.state()).unwrap();
    assert!(serde_json::from_str::<State>(&stored).is_ok());
    let error = serde_json::from_str::<State>(&stored.replace("\"version\":1", "\"version\":2")).unwrap_err();
    assert!(error.to_string().starts_with("a round of version 2; this program knows version 1"), "{error}");
}

#[test]
fn answer_is_what_the_interview_understood_for_sure() {
    let question = question();
    let finding = |id: &StatementId, confidence| Finding { id: id.clone(), confidence, evidence: None };
    let [first, second, ..] = &question.points[..] else { panic!("it has two points") };
    let mut exchange = Exchange::default();
    assert_eq!(Answer::of(InterviewId(1), &question, &exchange), None);
    exchange.utterances.push(Utterance {
        to: To::Question,
        text: "words".to_owned(),
        assessment: Assessment {
            kind: Kind::Answer,
            points: vec![finding(&first.id, 0.95), finding(&second.id, 0.5)],
            misconceptions: vec![finding(&question.misconceptions[0].id, 0.95)],
            example: 0.0,
            reason: 0.0,
        },
    });
    let expected = Answer {
        interview: InterviewId(1),
        said: vec![first.id.clone()],
        believed: vec![question.misconceptions[0].id.clone()],
    };
    assert_eq!(Answer::of(InterviewId(1), &question, &exchange), Some(expected));
}
