//! Fifty people do what they like, in every order, and the round adds up to what a simple model says.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use riposte::core::interview::InterviewId;
use riposte::core::round::{
    ANONYMOUS_FROM, Answer, Button, Control, Due, Effect, Input, OPEN_MAX, Phase, Reveal, Round, Started,
    start,
};
use riposte::core::whereabouts::Person;

use super::{MINUTE, person, plan, question};

const HOST: &str = "p0";

/// What a round must add up to: found anew each time from the list of everything that was delivered.
struct Model {
    opened_at: Timestamp,
    heard: Vec<(Timestamp, Input)>,
}

impl Model {
    /// What came in time, everything once; how the round stands; when it closes.
    fn in_time(&self) -> (Vec<&Input>, Phase, Timestamp) {
        let mut closes_at = self.opened_at + MINUTE * 10;
        let mut heard: Vec<&Input> = Vec::new();
        for (at, input) in &self.heard {
            if closes_at <= *at {
                return (heard, Phase::Revealed, closes_at);
            }
            let Input::Controlled { by, manages, control } = input else {
                if !heard.contains(&input) {
                    heard.push(input);
                }
                continue;
            };
            match control {
                _ if !manages && by.0 != HOST => {}
                Control::Close => return (heard, Phase::Revealed, closes_at),
                Control::Cancel if counted(&heard).is_empty() => return (heard, Phase::Cancelled, closes_at),
                Control::Cancel => {}
                Control::Extend { until } if *until > self.opened_at + OPEN_MAX => {}
                Control::Extend { until } => closes_at = closes_at.max(*until),
            }
        }
        (heard, Phase::Open, closes_at)
    }
}

/// Everybody's answer that counts.
fn counted(heard: &[&Input]) -> BTreeMap<Person, Answer> {
    let mut counted = BTreeMap::new();
    // The interview that somebody is in.
    let mut at: BTreeMap<&Person, InterviewId> = BTreeMap::new();
    for input in heard {
        if let Input::Joined { person, interview } = input {
            at.insert(person, *interview);
        } else if let Input::Answered { person, answer, .. } = input
            && at.get(person) == Some(&answer.interview)
        {
            counted.insert(person.clone(), answer.clone());
        } else if let Input::Pressed { person, button: Button::Leave(interview) } = input {
            let is_latest = at.get(person) == Some(interview);
            if is_latest {
                at.remove(person);
            }
            if is_latest || counted.get(person).is_some_and(|answer| answer.interview == *interview) {
                counted.remove(person);
            }
        }
    }
    counted
}

#[derive(Clone, Debug)]
enum Deed {
    Press(u8),
    /// Two presses, both taken before either interview began.
    PressTwice(u8),
    Answer(u8, u8),
    /// More is understood of the interview before the last one.
    AnswerOld(u8, u8),
    Leave(u8),
    Show(u8),
    /// Something that was delivered before is delivered again.
    Again(prop::sample::Index),
    Close(u8),
    Extend(u8, i64),
    Cancel(u8),
    Restart,
    Wait(i64),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let who = || prop_oneof![2 => 0..5u8, 3 => 0..50u8];
    let deed = prop_oneof![
        12 => who().prop_map(Deed::Press),
        3 => who().prop_map(Deed::PressTwice),
        16 => (who(), 0..16u8).prop_map(|(who, said)| Deed::Answer(who, said)),
        3 => (who(), 0..16u8).prop_map(|(who, said)| Deed::AnswerOld(who, said)),
        4 => who().prop_map(Deed::Leave),
        1 => who().prop_map(Deed::Show),
        12 => any::<prop::sample::Index>().prop_map(Deed::Again),
        1 => (1..200u8).prop_map(Deed::Close),
        1 => (0..8u8, 1..20i64).prop_map(|(who, minutes)| Deed::Extend(who, minutes)),
        1 => (0..8u8).prop_map(Deed::Cancel),
        6 => Just(Deed::Restart),
        10 => (0..20i64).prop_map(Deed::Wait),
    ];
    prop::collection::vec(deed, 1..220)
}

/// The round, the model, and what an engine keeps: which interviews everybody has had, and their revisions.
struct World {
    round: Round,
    model: Model,
    now: Timestamp,
    interviews: BTreeMap<Person, Vec<InterviewId>>,
    revisions: BTreeMap<InterviewId, u64>,
    last_edit: Option<Timestamp>,
    said: usize,
    reveals: Vec<Reveal>,
}

impl World {
    fn new() -> Self {
        let now: Timestamp = "2026-06-01T18:00:00Z".parse().unwrap();
        let Started::Opened(round, _) = start(None, plan(Some(HOST)), now) else { unreachable!() };
        let mut world = Self {
            round,
            model: Model { opened_at: now, heard: Vec::new() },
            now,
            interviews: BTreeMap::new(),
            revisions: BTreeMap::new(),
            last_edit: None,
            said: 0,
            reveals: Vec::new(),
        };
        world.deliver(Input::Posted);
        world
    }

    /// Delivers one input to both and compares everything that can be compared.
    fn deliver(&mut self, input: Input) -> Vec<Effect> {
        self.model.heard.push((self.now, input.clone()));
        let effects = self.round.apply(input, self.now);
        for effect in &effects {
            match effect {
                Effect::Edit(notice) => {
                    let early =
                        self.last_edit.is_some_and(|last| self.now < last + SignedDuration::from_secs(10));
                    assert!(!early || notice.phase != Phase::Open, "edited again too early");
                    (self.last_edit, self.said) = (Some(self.now), notice.answered);
                }
                Effect::Reveal(reveal) => self.reveals.push(reveal.clone()),
                Effect::Post(_) => panic!("posted again"),
                Effect::Begin { .. }
                | Effect::Resume { .. }
                | Effect::Show { .. }
                | Effect::OnceMore { .. }
                | Effect::Tell { .. } => {}
            }
        }
        let (heard, phase, closes_at) = self.model.in_time();
        let answers = counted(&heard);
        let state = self.round.state();
        assert_eq!((state.phase, state.closes_at), (phase, closes_at));
        let people =
            state.people.iter().filter_map(|(who, found)| Some((who.clone(), found.answer.clone()?)));
        assert_eq!(people.collect::<BTreeMap<_, _>>(), answers);
        assert_eq!(self.reveals.len(), usize::from(phase == Phase::Revealed), "revealed once");
        effects
    }

    fn begin(&mut self, who: &Person) {
        let interview = InterviewId(self.revisions.len() as i64 + 1);
        self.revisions.insert(interview, 0);
        self.interviews.entry(who.clone()).or_default().push(interview);
        self.deliver(Input::Joined { person: who.clone(), interview });
    }

    fn press(&mut self, who: &Person, times: usize) {
        let button = Button::Answer;
        let presses = (0..times)
            .flat_map(|_| self.deliver(Input::Pressed { person: who.clone(), button: button.clone() }));
        let begin = presses.filter(|effect| matches!(effect, Effect::Begin { .. })).count();
        for _ in 0..begin {
            self.begin(who);
        }
    }

    fn answer(&mut self, who: Person, said: u8, back: usize) {
        let interviews = self.interviews.get(&who).map_or(&[][..], Vec::as_slice);
        let Some(&interview) = interviews.iter().rev().nth(back) else { return };
        let revision = self.revisions.get_mut(&interview).unwrap();
        *revision += 1;
        let (question, revision) = (question(), *revision);
        let bits = |from: usize| move |place: &usize| said >> (from + place) & 1 == 1;
        let points =
            (0..question.points.len()).filter(bits(0)).map(|place| question.points[place].id.clone());
        let beliefs = question.misconceptions.iter().take(1).map(|belief| belief.id.clone());
        let answer = Answer {
            interview,
            said: points.collect(),
            believed: beliefs.filter(|_| said & 8 == 8).collect(),
        };
        self.deliver(Input::Answered { person: who, revision, answer });
    }

    fn control(&mut self, who: u8, control: Control) {
        self.deliver(Input::Controlled { by: name(who), manages: who == 1, control });
    }

    fn wait(&mut self, seconds: i64) {
        let end = self.now + SignedDuration::from_secs(seconds);
        while let Some((at, _)) = self.round.deadline().filter(|(at, _)| *at <= end) {
            self.now = self.now.max(at);
            self.deliver(Input::Tick);
        }
        self.now = end;
    }

    fn live(&mut self, deed: Deed) {
        match deed {
            Deed::Press(who) => self.press(&name(who), 1),
            Deed::PressTwice(who) => self.press(&name(who), 2),
            Deed::Answer(who, said) => self.answer(name(who), said, 0),
            Deed::AnswerOld(who, said) => self.answer(name(who), said, 1),
            Deed::Leave(who) => {
                let some = self
                    .interviews
                    .get(&name(who))
                    .and_then(|interviews| interviews.iter().rev().nth(self.revisions.len() % 2).copied());
                let Some(button) = some.map(Button::Leave) else { return };
                self.deliver(Input::Pressed { person: name(who), button });
            }
            Deed::Show(who) => {
                self.deliver(Input::Pressed { person: name(who), button: Button::Show });
            }
            Deed::Again(which) => {
                let input = which.get(&self.model.heard).1.clone();
                self.deliver(input);
            }
            Deed::Close(who) => self.control(who % 50, Control::Close),
            Deed::Extend(who, minutes) => {
                self.control(who, Control::Extend { until: self.now + MINUTE * minutes as i32 })
            }
            Deed::Cancel(who) => self.control(who, Control::Cancel),
            Deed::Restart => {
                let stored = serde_json::to_string(self.round.state()).unwrap();
                let restored =
                    Round::restore(self.round.plan().clone(), serde_json::from_str(&stored).unwrap());
                assert_eq!(restored, self.round);
                self.round = restored;
            }
            Deed::Wait(seconds) => self.wait(seconds),
        }
    }

    /// Time goes on to the end of the longest round: what was revealed is what the model counts.
    fn finish(mut self) {
        self.wait(OPEN_MAX.as_secs());
        assert!(self.round.is_over() && self.round.deadline().is_none());
        let (heard, ..) = self.model.in_time();
        let answers = counted(&heard);
        assert_eq!(self.said, answers.len(), "the post says how many answered");
        let believed = answers.values().filter(|answer| !answer.believed.is_empty()).count();
        for reveal in &self.reveals {
            assert_eq!(reveal.answered, answers.len());
            let named = reveal.misconception.as_ref().map_or(0, |(_, count)| *count);
            let is_rooms = answers.len() >= ANONYMOUS_FROM && (2..answers.len()).contains(&believed);
            assert_eq!(named, if is_rooms { believed } else { 0 });
            assert_eq!(reveal.points.is_empty(), answers.len() < ANONYMOUS_FROM);
            for (point, count) in &reveal.points {
                assert_eq!(*count, answers.values().filter(|answer| answer.said.contains(point)).count());
            }
        }
    }
}

fn name(number: u8) -> Person {
    person(&format!("p{number}"))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(50),
        ..ProptestConfig::default()
    })]

    #[test]
    fn f7_f8_fifty_people_in_any_order_are_counted_as_the_model_counts(deeds in deeds()) {
        let mut world = World::new();
        for deed in deeds {
            world.live(deed);
        }
        prop_assert!(world.round.deadline().is_none_or(|(_, due)| due == Due::Close || due == Due::Count));
        world.finish();
    }
}
