//! What each input does. One function an input, in the order in which an interview meets them.

use jiff::{SignedDuration, Timestamp};

use super::exchange::words;
use super::{
    ANSWER_CHARS_MAX, ATTEMPTS_MAX, AWAY_FROM, Asked, Correction, Due, Exchange, Interview, Item,
    MARK_LATE_MAX, Mode, Outgoing, Phase, REASKS_MAX, Read, Record, STALL_SECONDS, Seq, Standing, Step,
    TARGET_SECONDS, To, Utterance,
};
use crate::core::bank::{StatementId, When};
use crate::core::card::{Button, Card, CardKind};
use crate::core::grading::policy::{self, Choice, History, Move, Why};
use crate::core::grading::{Assessment, Kind, Verdict};
use crate::core::say;

impl Interview {
    pub(super) fn start(&mut self, now: Timestamp, step: &mut Step) {
        if self.state.seq != Seq(0) || self.state.exchange.attempt != 0 {
            return;
        }
        match self.plan.mode {
            Mode::Drill | Mode::Screen => self.ask(now, step),
            // Everybody can read the question above, and nobody's time is taken.
            Mode::Round => self.state.exchange.attempt = 1,
        }
    }

    pub(super) fn posted(&mut self, seq: Seq, now: Timestamp) {
        // The answer may be here already: who is quick is faster than the platform's confirmation.
        let exchange = &mut self.state.exchange;
        if exchange.clock_seq == seq && exchange.clock_at.is_none() {
            exchange.clock_at = Some(now);
        }
        self.state.active_at = self.state.active_at.max(now);
    }

    pub(super) fn said(&mut self, text: String, now: Timestamp, read: &dyn Read, step: &mut Step) {
        self.state.active_at = self.state.active_at.max(now);
        let too_long = text.chars().nth(ANSWER_CHARS_MAX).is_some();
        match self.state.phase {
            Phase::Waiting if self.state.exchange.answer().is_some() => {
                self.post(say::round_already(), step);
            }
            Phase::Answering | Phase::Trapped | Phase::Waiting if too_long => {
                self.post(say::too_long(), step);
            }
            // Whoever had nothing to say may find something until the close.
            Phase::Answering | Phase::Waiting => {
                self.state.phase = Phase::Answering;
                self.answered(text, now, read, step);
            }
            Phase::Trapped => self.replied(text, read, step),
            Phase::Revealed => self.post(say::already_revealed(), step),
            Phase::Over => {}
        }
    }

    /// Until their question is closed, the words after an edit take the place of those before it. The follow-up
    /// that those led to stands as it was asked. What is no answer after the edit counts as it was sent.
    pub(super) fn edited(&mut self, before: &str, after: String, now: Timestamp, read: &dyn Read) {
        self.state.active_at = self.state.active_at.max(now);
        let revealed = matches!(self.state.phase, Phase::Revealed | Phase::Over);
        if revealed || after.chars().nth(ANSWER_CHARS_MAX).is_some() {
            return;
        }
        let said = self.state.exchange.utterances.iter().rposition(|utterance| utterance.text == before);
        let Some(place) = said else { return };
        let assessment = match self.state.exchange.utterances[place].to {
            To::Question => read.answer(self.item(), &after),
            To::Trap(number) => {
                let reply = read.reply(self.item(), &self.state.exchange.asked[number].trap, &after);
                if reply.assessment.kind == Kind::Answer {
                    self.state.exchange.asked[number].verdict = Some(reply.verdict);
                    self.state.exchange.asked[number].confidence = reply.confidence;
                }
                reply.assessment
            }
        };
        if assessment.kind == Kind::Answer {
            let utterance = &mut self.state.exchange.utterances[place];
            utterance.text = after;
            utterance.assessment = assessment;
        }
    }

    pub(super) fn pressed(&mut self, button: Button, now: Timestamp, step: &mut Step) {
        self.state.active_at = self.state.active_at.max(now);
        match (button, self.state.phase) {
            (Button::Blank, Phase::Answering) => self.went_blank(step),
            (Button::Blank, Phase::Waiting) if self.state.exchange.answer().is_none() => {
                self.post(say::round_noted(false), step);
            }
            (Button::Blank, Phase::Trapped) => {
                self.settle(Verdict::Open, 1.0);
                self.trap_or_reveal(now, step);
            }
            (Button::Skip, Phase::Answering | Phase::Trapped) => self.close_question(now, step),
            (Button::OnceMore, Phase::Revealed) => self.once_more(now, step),
            (Button::NotWhatIMeant, Phase::Revealed) if self.state.exchange.answer().is_some() => {
                self.state.exchange.settled.clear();
                let card = say::dispute(&self.item().question, &self.state.exchange);
                self.post(card, step);
            }
            (Button::Correct(statement), Phase::Revealed) => self.correct(&statement, step),
            (Button::Next | Button::Skip, Phase::Revealed) => {
                step.next = true;
                self.state.phase = Phase::Over;
            }
            (Button::TakeBack, Phase::Answering | Phase::Trapped | Phase::Waiting) => {
                self.state.phase = Phase::Over;
            }
            (Button::Stop, _) => self.conclude(say::stopped(), step),
            (Button::OnceMore | Button::NotWhatIMeant | Button::Next, Phase::Answering | Phase::Trapped) => {
                self.post(say::not_yet(), step);
            }
            // Stale: the button of a card that the interview has left behind.
            (
                Button::Blank
                | Button::Skip
                | Button::OnceMore
                | Button::NotWhatIMeant
                | Button::Correct(_)
                | Button::Next
                | Button::TakeBack,
                _,
            ) => {}
            // These are the round's to hear.
            (Button::Answer | Button::HowDidIDo | Button::ShowAnswer | Button::Host(_), _) => {}
        }
    }

    pub(super) fn tick(&mut self, now: Timestamp, step: &mut Step) {
        let abandoned = self
            .state
            .active_at
            .saturating_add(self.plan.abandon_after)
            .is_ok_and(|deadline| deadline <= now);
        if abandoned && self.waits_for_round() {
            // The round is over long since, and there is nobody to say it to.
            self.state.phase = Phase::Over;
            return;
        }
        if abandoned {
            self.conclude(say::abandoned(self.plan.abandon_after), step);
            return;
        }
        let mut due = None;
        while let Some((deadline, mark)) = self.state.exchange.next_mark() {
            if self.state.phase != Phase::Answering || deadline > now {
                break;
            }
            self.state.exchange.called = Some(mark);
            due = (now - deadline <= MARK_LATE_MAX).then_some(mark);
        }
        match due {
            Some(Due::Target) => self.post(say::target_reached(), step),
            Some(Due::Stall) => self.post(say::stall_reached(), step),
            Some(Due::Abandon) | None => {}
        }
    }

    /// The own reveal, as after a drill. A follow-up that was not answered stays open.
    pub(super) fn closed(&mut self, now: Timestamp, step: &mut Step) {
        self.state.active_at = self.state.active_at.max(now);
        if !self.waits_for_round() {
            return;
        }
        if self.state.phase == Phase::Trapped {
            self.settle(Verdict::Open, 1.0);
        }
        if self.state.phase != Phase::Waiting && self.state.exchange.answer().is_some() {
            step.records.push(self.record());
        }
        self.reveal(step);
    }

    /// Whether the reveal is still to come with everybody's.
    fn waits_for_round(&self) -> bool {
        let waits = match self.state.phase {
            Phase::Answering | Phase::Trapped | Phase::Waiting => true,
            Phase::Revealed | Phase::Over => false,
        };
        self.plan.mode == Mode::Round && self.state.exchange.attempt == 1 && waits
    }

    /// Time away is no time to answer, so the clock starts again.
    pub(super) fn returned(&mut self, now: Timestamp) {
        self.state.active_at = self.state.active_at.max(now);
        let exchange = &mut self.state.exchange;
        if self.state.phase == Phase::Answering && exchange.clock_at.is_some() {
            exchange.clock_at = Some(now);
            exchange.called = None;
        }
    }

    /// Several overdue remarks of the clock become one sentence, and the clock starts again.
    pub(super) fn resumed(&mut self, away: SignedDuration, step: &mut Step) {
        if away < AWAY_FROM || self.waits_for_round() {
            return;
        }
        match self.state.phase {
            Phase::Answering => {
                self.state.exchange.called = None;
                self.post_clocked(say::welcome_back(away, &self.item().question.ask), step);
            }
            Phase::Trapped => {
                let Some(asked) = self.state.exchange.asked.last() else { return };
                self.post(say::welcome_back(away, &asked.trap.ask), step);
            }
            Phase::Waiting | Phase::Revealed | Phase::Over => {}
        }
    }

    fn item(&self) -> &Item {
        &self.plan.items[self.state.item]
    }

    fn post(&mut self, card: Card, step: &mut Step) {
        let card = if self.waits_for_round() { for_round(card) } else { card };
        self.state.seq = Seq(self.state.seq.0 + 1);
        step.cards.push(Outgoing { seq: self.state.seq, card });
    }

    /// Posts a card that starts the clock once it is where the candidate can see it.
    fn post_clocked(&mut self, card: Card, step: &mut Step) {
        self.post(card, step);
        self.state.exchange.clock_seq = self.state.seq;
        self.state.exchange.clock_at = None;
    }

    fn ask(&mut self, now: Timestamp, step: &mut Step) {
        self.state.phase = Phase::Answering;
        self.state.exchange.attempt += 1;
        self.state.active_at = self.state.active_at.max(now);
        let place = (self.plan.mode == Mode::Screen).then_some((self.state.item + 1, self.plan.items.len()));
        self.post_clocked(say::ask(&self.item().question, place), step);
    }

    fn answered(&mut self, text: String, now: Timestamp, read: &dyn Read, step: &mut Step) {
        let assessment = read.answer(self.item(), &text);
        match assessment.kind {
            Kind::Answer => {
                self.state.exchange.answered_at = Some(now);
                self.state.exchange.utterances.push(Utterance { to: To::Question, text, assessment });
                self.trap_or_reveal(now, step);
            }
            Kind::Blank => self.went_blank(step),
            Kind::OffTopic | Kind::Keywords | Kind::Gibberish | Kind::Instructions | Kind::Echo => {
                self.ask_again(assessment.kind, now, step);
            }
        }
    }

    fn replied(&mut self, text: String, read: &dyn Read, step: &mut Step) {
        let Some(asked) = self.state.exchange.asked.last() else { return };
        let place = self.state.exchange.asked.len() - 1;
        let reply = read.reply(self.item(), &asked.trap, &text);
        let now = self.state.active_at;
        match reply.assessment.kind {
            Kind::Answer | Kind::Keywords | Kind::OffTopic | Kind::Echo => {
                self.settle(reply.verdict, reply.confidence);
                let utterance = Utterance { to: To::Trap(place), text, assessment: reply.assessment };
                self.state.exchange.utterances.push(utterance);
                self.trap_or_reveal(now, step);
            }
            Kind::Blank => {
                self.settle(Verdict::Open, 1.0);
                self.trap_or_reveal(now, step);
            }
            Kind::Gibberish | Kind::Instructions => self.ask_again(reply.assessment.kind, now, step),
        }
    }

    fn went_blank(&mut self, step: &mut Step) {
        if self.state.exchange.recovered {
            let now = self.state.active_at;
            self.close_question(now, step);
            return;
        }
        self.state.exchange.recovered = true;
        self.state.exchange.called = None;
        let card = say::recover(&self.plan.general.recovery);
        self.post_clocked(card, step);
    }

    fn ask_again(&mut self, kind: Kind, now: Timestamp, step: &mut Step) {
        if self.state.exchange.reasks == REASKS_MAX {
            self.close_question(now, step);
            return;
        }
        self.state.exchange.reasks += 1;
        self.post(say::ask_again(kind), step);
    }

    /// The heart: the follow-up that this person deserves, or the end of the question.
    fn trap_or_reveal(&mut self, now: Timestamp, step: &mut Step) {
        self.state.exchange.reasks = 0;
        let choice = match self.state.exchange.understood() {
            Some(understood) if self.state.exchange.asked.len() < usize::from(self.plan.traps) => {
                self.choose_trap(&understood)
            }
            Some(_) | None => None,
        };
        match choice {
            Some(choice) => self.spring(choice, step),
            None => self.close_question(now, step),
        }
    }

    fn choose_trap(&self, understood: &Assessment) -> Option<Choice> {
        let exchange = &self.state.exchange;
        let item = self.item();
        let asked = exchange.asked.iter().map(|asked| asked.trap.id.clone());
        let history = History {
            asked: asked.chain(exchange.asked_before.iter().cloned()).collect(),
            seen_solid: item.seen_solid.clone(),
            pick: self.plan.seed.wrapping_add(u64::from(self.state.seq.0)),
        };
        match policy::next_move(&item.question, &self.plan.general, understood, &history) {
            Move::Ask(choice) => Some(choice),
            Move::Recover | Move::Reask | Move::Reveal => None,
        }
    }

    fn spring(&mut self, choice: Choice, step: &mut Step) {
        let quote = match &choice.why {
            Why::Believes { id, .. } => self.evidence_of(id),
            Why::Missing(_) | Why::Lacks(_) | Why::Solid => None,
        };
        let card = say::trap(&self.item().question, &choice, quote);
        if choice.trap.when == When::Solid {
            let record =
                Record::SolidTrap { question: self.item().question.id.clone(), trap: choice.trap.id.clone() };
            step.records.push(record);
        }
        self.state.exchange.asked.push(Asked {
            trap: choice.trap,
            why: choice.why,
            verdict: None,
            confidence: 0.0,
        });
        self.state.phase = Phase::Trapped;
        self.post(card, step);
    }

    /// The candidate's words that voice a misconception.
    fn evidence_of(&self, id: &StatementId) -> Option<String> {
        let found = self.state.exchange.utterances.iter().filter_map(|utterance| {
            let finding = utterance.assessment.misconceptions.iter().find(|finding| finding.id == *id)?;
            Some((finding.confidence, words(&utterance.text, finding.evidence.as_ref())))
        });
        found.max_by(|a, b| a.0.total_cmp(&b.0)).and_then(|(_, words)| words)
    }

    fn settle(&mut self, verdict: Verdict, confidence: f32) {
        if let Some(asked) = self.state.exchange.asked.last_mut() {
            asked.verdict = Some(verdict);
            asked.confidence = confidence;
        }
    }

    /// Ends the question at hand: the reveal in a drill, the next question or the scorecard in a screen.
    fn close_question(&mut self, now: Timestamp, step: &mut Step) {
        step.records.push(self.record());
        match self.plan.mode {
            Mode::Round if self.waits_for_round() => {
                let card = say::round_noted(self.state.exchange.answer().is_some());
                self.post(card, step);
                self.state.phase = Phase::Waiting;
            }
            Mode::Drill | Mode::Round => self.reveal(step),
            Mode::Screen => self.next_of_screen(now, step),
        }
    }

    fn reveal(&mut self, step: &mut Step) {
        self.state.phase = Phase::Revealed;
        let card = say::reveal(&self.item().question, &self.state.exchange);
        self.post(card.buttons(say::after_reveal()), step);
    }

    fn next_of_screen(&mut self, now: Timestamp, step: &mut Step) {
        self.state.done.push(std::mem::take(&mut self.state.exchange));
        if self.state.item + 1 < self.plan.items.len() {
            self.state.item += 1;
            self.ask(now, step);
            return;
        }
        self.show_results(step);
        self.end(say::screen_over(), step);
    }

    /// All reveals of a screen, and its scorecard.
    fn show_results(&mut self, step: &mut Step) {
        let plan = self.plan.clone();
        for (item, exchange) in plan.items.iter().zip(self.state.done.clone()) {
            self.post(say::reveal(&item.question, &exchange), step);
        }
        let results = plan.items.iter().map(|item| &*item.question).zip(&self.state.done).collect::<Vec<_>>();
        let card = say::scorecard(&results);
        self.post(card, step);
    }

    /// Ends before the end. What was answered is kept; a screen shows what was done.
    pub(super) fn conclude(&mut self, farewell: Card, step: &mut Step) {
        if self.state.exchange.answer().is_some() && self.state.phase != Phase::Revealed {
            step.records.push(self.record());
            if self.plan.mode == Mode::Screen {
                self.state.done.push(std::mem::take(&mut self.state.exchange));
            }
        }
        if self.plan.mode == Mode::Screen && !self.state.done.is_empty() {
            self.show_results(step);
        }
        self.end(farewell, step);
    }

    fn record(&self) -> Record {
        let item = self.item();
        let exchange = &self.state.exchange;
        let points = exchange.points(&item.question);
        let believed = exchange.believed(&item.question);
        Record::Answered {
            question: item.question.id.clone(),
            hash: item.hash.clone(),
            seconds: exchange.seconds(),
            points: points.into_iter().map(|view| (view.id, view.standing)).collect(),
            believed: believed.into_iter().map(|view| view.id).collect(),
            traps: exchange.asked.iter().map(|asked| (asked.trap.id.clone(), asked.verdict)).collect(),
        }
    }

    fn once_more(&mut self, now: Timestamp, step: &mut Step) {
        if self.state.exchange.attempt >= ATTEMPTS_MAX {
            self.post(say::enough_attempts(), step);
            return;
        }
        let last = std::mem::take(&mut self.state.exchange);
        if self.plan.mode == Mode::Round && last.attempt == 1 {
            self.state.done.push(last.clone());
        }
        let mut asked_before = last.asked_before.clone();
        asked_before.extend(last.asked.iter().map(|asked| asked.trap.id.clone()));
        self.state.exchange = Exchange {
            before: Some(last.attempt(&self.item().question)),
            attempt: last.attempt,
            asked_before,
            ..Exchange::default()
        };
        self.ask(now, step);
    }

    /// The candidate's own word turns a statement round, as it was shown: said becomes missing, anything else
    /// said. To turn it back they ask for the list again.
    fn correct(&mut self, statement: &StatementId, step: &mut Step) {
        if self.state.exchange.settled.contains(statement) {
            return;
        }
        let item = self.item();
        let exchange = &self.state.exchange;
        let views = exchange.points(&item.question).into_iter().chain(exchange.believed(&item.question));
        let Some(view) = views.into_iter().find(|view| view.id == *statement) else { return };
        let meant = view.standing != Standing::Said;
        step.records.push(Record::Corrected {
            question: item.question.id.clone(),
            hash: item.hash.clone(),
            statement: statement.clone(),
            understood: view.confidence,
            meant,
        });
        self.state.exchange.settled.push(statement.clone());
        self.state.exchange.corrections.retain(|correction| correction.statement != *statement);
        self.state.exchange.corrections.push(Correction { statement: statement.clone(), meant });
        let card = say::corrected(&self.item().question, &self.state.exchange, statement);
        self.post(card, step);
    }

    fn end(&mut self, card: Card, step: &mut Step) {
        debug_assert_eq!(card.kind, CardKind::Farewell, "an interview ends with a farewell");
        self.post(card, step);
        self.state.phase = Phase::Over;
    }
}

/// In a round nobody skips a question or stops a drill: they take their answer back, or give none. Whatever
/// asks for words has a button for the form, since the place has no line to write on.
fn for_round(card: Card) -> Card {
    let asks = card.buttons.contains(&Button::Blank) || card.buttons.contains(&Button::Skip);
    let mut buttons: Vec<Button> = card
        .buttons
        .iter()
        .filter(|button| !matches!(button, Button::Skip | Button::Stop))
        .cloned()
        .collect();
    if asks {
        buttons.insert(0, Button::Answer);
        buttons.push(Button::TakeBack);
    }
    Card { buttons, ..card }
}

/// How an answer's time stands against the clock.
pub(crate) fn is_stalled(seconds: i64) -> bool {
    seconds >= STALL_SECONDS
}

/// Whether an answer kept to the target.
pub(crate) fn is_on_target(seconds: i64) -> bool {
    seconds <= TARGET_SECONDS
}
