//! What each input does. One function an input, in the order in which a round meets them.

use jiff::Timestamp;

use super::{
    Answer, Button, COUNT_EVERY, Control, Effect, Note, OPEN_MAX, OPEN_MIN, PEOPLE_MAX, POST_SOON,
    Participant, Phase, Reveal, Round, SHOWN_MAX, Stage, later,
};
use crate::core::interview::InterviewId;
use crate::core::whereabouts::Person;

impl Round {
    /// Nobody loses time to a slow platform: a late post closes later.
    pub(super) fn posted(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        if self.state.posted {
            return;
        }
        self.state.posted = true;
        self.state.said_at = now;
        if self.is_over() {
            self.edit(effects);
        } else if now > later(self.state.opened_at, POST_SOON) {
            self.state.opened_at = now;
            let closes_at = later(now, self.plan.open_for.clamp(OPEN_MIN, OPEN_MAX));
            self.state.closes_at = self.state.closes_at.max(closes_at);
        }
    }

    /// Without a post there is no round, and the channel is free for another one.
    pub(super) fn refused(&mut self, now: Timestamp) {
        if !self.state.posted && !self.is_over() {
            self.end(Phase::Cancelled, now);
        }
    }

    /// A press that comes twice is answered twice and counts once.
    pub(super) fn pressed(&mut self, person: Person, button: Button, effects: &mut Vec<Effect>) {
        let effect = match button {
            Button::Answer => self.entrance(person),
            Button::Leave(interview) => match self.left(&person, interview) {
                Some(note) => Effect::Tell { person, note },
                None => return,
            },
            Button::Show => match self.shown(&person) {
                Ok(Some(interview)) => Effect::Show { person, interview },
                Ok(None) => return,
                Err(note) => Effect::Tell { person, note },
            },
            Button::OnceMore if self.state.phase == Phase::Open => {
                Effect::Tell { person, note: Note::NotYet }
            }
            Button::OnceMore => Effect::OnceMore { person },
        };
        effects.push(effect);
    }

    fn entrance(&self, person: Person) -> Effect {
        if self.is_over() {
            return Effect::Tell { person, note: Note::Over };
        }
        match self.state.people.get(&person).map(|found| (found.stage, found.interview)) {
            Some((Stage::Answering, interview)) => Effect::Resume { person, interview },
            Some((Stage::Answered | Stage::Left | Stage::Late, _)) => Effect::Begin { person },
            None if self.state.people.len() >= PEOPLE_MAX => Effect::Tell { person, note: Note::Full },
            None => Effect::Begin { person },
        }
    }

    fn left(&mut self, person: &Person, interview: InterviewId) -> Option<Note> {
        if self.is_over() {
            return Some(Note::Over);
        }
        let participant = self.state.people.get_mut(person)?;
        let is_latest = participant.interview == interview && participant.stage != Stage::Left;
        let counts = participant.answer.as_ref().is_some_and(|answer| answer.interview == interview);
        if is_latest {
            participant.stage = Stage::Left;
        } else if !counts {
            return None;
        }
        participant.answer = None;
        Some(Note::Left)
    }

    fn shown(&mut self, person: &Person) -> Result<Option<InterviewId>, Note> {
        if self.state.phase == Phase::Open {
            return Err(Note::NotYet);
        }
        let shown = self.state.people.values().filter(|participant| participant.shown).count();
        let participant = self.state.people.get_mut(person).ok_or(Note::NothingToShow)?;
        let answer = participant.answer.as_ref().ok_or(Note::NothingToShow)?;
        if participant.shown {
            return Ok(None);
        }
        if shown >= SHOWN_MAX {
            return Err(Note::ShownEnough);
        }
        participant.shown = true;
        Ok(Some(answer.interview))
    }

    /// Who joins while the round closes is kept as late, so that they hear of it and find their own reveal.
    pub(super) fn joined(&mut self, person: Person, interview: InterviewId, effects: &mut Vec<Effect>) {
        let late = self.is_over();
        let stage = if late { Stage::Late } else { Stage::Answering };
        let joined = Participant { interview, revision: 0, stage, answer: None, shown: false };
        let full = self.state.people.len() >= PEOPLE_MAX;
        match self.state.people.get_mut(&person) {
            None if full => {
                effects.push(Effect::Tell { person, note: Note::Full });
                return;
            }
            None => {
                self.state.people.insert(person.clone(), joined);
            }
            Some(known) if interview <= known.interview => return,
            Some(known) => {
                *known = Participant { answer: known.answer.take(), shown: known.shown, ..joined };
            }
        }
        if late {
            effects.push(Effect::Tell { person, note: Note::TooLate });
        }
    }

    pub(super) fn answer(
        &mut self,
        person: Person,
        revision: u64,
        answer: Answer,
        effects: &mut Vec<Effect>,
    ) {
        let over = self.is_over();
        let Some(participant) = self.state.people.get_mut(&person) else { return };
        let stale = participant.interview != answer.interview || revision <= participant.revision;
        if stale || participant.stage == Stage::Left {
            return;
        }
        participant.revision = revision;
        if !over {
            participant.stage = Stage::Answered;
            participant.answer = Some(answer);
        } else if participant.stage == Stage::Answering {
            participant.stage = Stage::Late;
            effects.push(Effect::Tell { person, note: Note::TooLate });
        }
    }

    /// Does what the host wants, and says what they are told.
    pub(super) fn controlled(
        &mut self,
        by: &Person,
        manages: bool,
        control: Control,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) -> Option<Note> {
        if !manages && self.plan.host.as_ref() != Some(by) {
            return Some(Note::NotHost);
        }
        if self.is_over() {
            return Some(Note::Over);
        }
        match control {
            Control::Close => self.reveal(now, effects),
            Control::Extend { until } if until > later(self.state.opened_at, OPEN_MAX) => {
                return Some(Note::OpenEnough);
            }
            Control::Extend { until } if until > self.state.closes_at => {
                self.state.closes_at = until;
                return Some(Note::Extended);
            }
            Control::Extend { .. } => {}
            Control::Cancel if self.answered() > 0 => return Some(Note::SomebodyAnswered),
            Control::Cancel => self.cancel(now, effects),
        }
        None
    }

    pub(super) fn time_is_over(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        match self.state.posted || self.answered() > 0 {
            true => self.reveal(now, effects),
            false => self.cancel(now, effects),
        }
    }

    /// The count goes up with every answer; the post follows at its own pace.
    pub(super) fn bring_up_to_date(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let old = self.state.posted && self.notice() != self.state.said;
        if !self.is_over() && old && later(self.state.said_at, COUNT_EVERY) <= now {
            self.state.said_at = now;
            self.edit(effects);
        }
    }

    fn reveal(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        self.end(Phase::Revealed, now);
        self.edit(effects);
        effects.push(Effect::Reveal(Reveal::of(&self.plan.question, self.answers())));
    }

    fn cancel(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        self.end(Phase::Cancelled, now);
        self.edit(effects);
    }

    fn end(&mut self, phase: Phase, now: Timestamp) {
        self.state.phase = phase;
        self.state.closed_at = Some(now);
    }

    /// A post that is not there yet is edited once it is.
    fn edit(&mut self, effects: &mut Vec<Effect>) {
        if self.state.posted {
            self.state.said = self.notice();
            effects.push(Effect::Edit(self.state.said));
        }
    }
}
