//! The terminal: shows cards, reads entries, and leaves the rest to the engine.
//!
//! Three looks: line editing and colours on a terminal, plain text in a pipe, one JSON object an event for
//! scripts. A terminal cannot be asked what it has shown, so a card of unknown outcome is shown again,
//! marked as such.

mod draw;
mod entry;
mod input;

use std::collections::BTreeSet;
use std::io::{BufReader, IsTerminal, Write};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use super::{
    Delivery, DeliveryError, Front, Inbox, Missed, Open, Person, Place, Receipt, Refusal, Request, Sighting,
    Taken, What,
};
use crate::clock::Clock;
use crate::core::card::{Button, Card, CardKind};
use crate::core::interview::{InterviewId, Seq};
use crate::core::say;
use draw::Look;
use entry::Entry;
use input::{Input, Printer, Raw};

/// The place that all cards of a terminal go to, and the front end's own name.
const PLACE: &str = "terminal";
/// Whose drills they are: a terminal's database is private to one person.
const PERSON: &str = "terminal:me";
/// Cards that may wait to be drawn.
const CARDS_MAX: usize = 64;
/// Columns where the window does not tell.
const COLUMNS_DEFAULT: usize = 80;

/// How to show things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Line editing and colours.
    Rich,
    /// Text, for pipes.
    Plain,
    /// One JSON object a line.
    Json,
}

impl Style {
    /// JSON if asked for, rich if a person sits there, else plain.
    pub fn fitting(json: bool) -> Self {
        match (json, std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
            (true, _) => Style::Json,
            (false, true) => Style::Rich,
            (false, false) => Style::Plain,
        }
    }
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The interview is over.
    Over,
    /// The candidate left; the interview waits for them.
    Kept,
}

/// The terminal as the engine sees it.
pub struct Terminal {
    cards: mpsc::Sender<Show>,
}

/// The terminal as the candidate sees it.
pub struct Session {
    cards: mpsc::Receiver<Show>,
    inbox: Inbox,
    clock: Arc<dyn Clock>,
    style: Style,
    /// Tells the keys of this run's inputs from those of every other.
    run: u64,
    sent: u64,
    interview: InterviewId,
    printed: BTreeSet<(InterviewId, Seq)>,
    revealed: bool,
    disputed: Vec<Button>,
    printer: Option<Printer>,
}

/// A card to show, and where to say that it was.
struct Show {
    delivery: Delivery,
    again: bool,
    shown: oneshot::Sender<Timestamp>,
}

/// Both ends of a terminal. `run` is any number that no other run has.
pub fn open(inbox: Inbox, clock: Arc<dyn Clock>, style: Style, run: u64) -> (Terminal, Session) {
    let (sender, cards) = mpsc::channel(CARDS_MAX);
    let session = Session {
        cards,
        inbox,
        clock,
        style,
        run,
        sent: 0,
        interview: InterviewId(0),
        printed: BTreeSet::new(),
        revealed: false,
        disputed: Vec::new(),
        printer: None,
    };
    (Terminal { cards: sender }, session)
}

impl Terminal {
    async fn show(&self, delivery: &Delivery, again: bool) -> Option<Receipt> {
        let (shown, at) = oneshot::channel();
        self.cards.send(Show { delivery: delivery.clone(), again, shown }).await.ok()?;
        Some(Receipt { id: None, at: at.await.ok()?, moved: None })
    }
}

#[async_trait::async_trait]
impl Front for Terminal {
    fn name(&self) -> &'static str {
        PLACE
    }

    /// One reader, one card after the other.
    fn at_once(&self) -> usize {
        1
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<Receipt, DeliveryError> {
        self.show(delivery, false).await.ok_or(DeliveryError::Unknown)
    }

    async fn find(&self, delivery: &Delivery) -> Sighting {
        match self.show(delivery, true).await {
            Some(receipt) => Sighting::Found(receipt),
            None => Sighting::Unclear,
        }
    }

    /// Nothing ever stands between a terminal and its person.
    async fn tell(&self, _person: &Person, _place: &Place, _sentence: &str) {}

    async fn missed(&self, _open: &[Open]) -> Vec<Missed> {
        Vec::new()
    }

    async fn lacks(&self, _channel: &Place, _role: Option<&str>) -> Vec<String> {
        Vec::new()
    }
}

impl Session {
    /// Begins or resumes an interview and talks until it is over or the candidate leaves.
    pub async fn talk(mut self, request: Request) -> Result<Ending, Refusal> {
        let mut input = self.open_input();
        let mut taken = self.send(What::Begin(request)).await?;
        self.interview = taken.interview;
        // What is on its way says where it stands better than what was there before.
        if self.show_until(taken.last).await {
            return Ok(Ending::Over);
        }
        self.redraw(&taken.shown);
        loop {
            self.interview = taken.interview;
            let over = self.show_until(taken.last).await;
            if over || taken.over {
                return Ok(Ending::Over);
            }
            taken = match self.turn(&mut input).await? {
                Turn::Taken(taken) => taken,
                Turn::Over => return Ok(Ending::Over),
                Turn::Left => {
                    self.say_kept();
                    return Ok(Ending::Kept);
                }
            };
        }
    }

    /// The candidate's turn: reads until an entry was taken.
    async fn turn(&mut self, input: &mut Input) -> Result<Turn, Refusal> {
        loop {
            let Some(raw) = self.read(input).await else { return Ok(Turn::Over) };
            let text = match raw {
                Raw::Text(text) => text,
                Raw::End if self.revealed => {
                    let stop = self.pressed(Button::Stop);
                    return Ok(Turn::Taken(self.send(stop).await?));
                }
                Raw::End | Raw::Interrupted => return Ok(Turn::Left),
            };
            let what = match entry::read(&text, self.revealed, &self.disputed) {
                Entry::Say(text) => {
                    self.echo(&text);
                    What::Said { to: Some(self.interview), text }
                }
                Entry::Press(button) => {
                    self.echo(text.trim());
                    self.pressed(button)
                }
                Entry::Help => {
                    self.hint(say::COMMANDS);
                    continue;
                }
                Entry::Unknown(problem) => {
                    self.hint(&problem);
                    continue;
                }
                Entry::Nothing => continue,
            };
            let taken = self.send(what).await?;
            return Ok(Turn::Taken(taken));
        }
    }

    /// Commands are typed, so they are meant for where the interview stands.
    fn pressed(&self, button: Button) -> What {
        What::Pressed { to: Some(self.interview), on: None, button }
    }

    /// Waits for an entry, showing what comes meanwhile; `None` if the interview ended over it.
    async fn read(&mut self, input: &mut Input) -> Option<Raw> {
        if self.style == Style::Rich {
            write("\n");
        }
        input.want();
        loop {
            tokio::select! {
                raw = input.next() => return Some(raw),
                show = self.cards.recv() => {
                    let show = show?;
                    let farewell = self.is_farewell(&show.delivery);
                    self.show(show, true);
                    if farewell {
                        return None;
                    }
                }
            }
        }
    }

    /// Shows what comes until the card at `last` is there, and says whether one of them ended the interview.
    async fn show_until(&mut self, last: Seq) -> bool {
        while last > Seq(0) && !self.printed.contains(&(self.interview, last)) {
            let Some(show) = self.cards.recv().await else { return true };
            let farewell = self.is_farewell(&show.delivery);
            self.show(show, false);
            if farewell {
                return true;
            }
        }
        false
    }

    /// Sends one event, showing the cards that a start-up brings meanwhile.
    async fn send(&mut self, what: What) -> Result<Taken, Refusal> {
        self.sent += 1;
        let key = format!("terminal:{:016x}:{}", self.run, self.sent);
        let at = self.clock.now();
        let inbox = self.inbox.clone();
        let taken = inbox.send(key, at, PERSON.into(), PLACE.into(), what);
        tokio::pin!(taken);
        loop {
            tokio::select! {
                biased;
                taken = &mut taken => return taken,
                Some(show) = self.cards.recv() => self.show(show, false),
            }
        }
    }

    /// Whether a card ends the interview at hand, and not one that was given up for it.
    fn is_farewell(&self, delivery: &Delivery) -> bool {
        delivery.card.kind == CardKind::Farewell && delivery.interview == self.interview
    }

    /// What was shown before the program was left.
    fn redraw(&mut self, shown: &[Delivery]) {
        // What start-up showed of this interview says where it stands.
        if shown.iter().any(|delivery| self.printed.contains(&(delivery.interview, delivery.seq))) {
            self.printed.extend(shown.iter().map(|delivery| (delivery.interview, delivery.seq)));
            return;
        }
        let (past, missing): (Vec<&Delivery>, Vec<&Delivery>) =
            shown.iter().partition(|delivery| delivery.card.kind == CardKind::Mark);
        self.printed.extend(past.iter().map(|delivery| (delivery.interview, delivery.seq)));
        if !missing.is_empty() && self.style != Style::Json {
            self.hint(&format!("\n{}", say::WHERE_WE_WERE));
        }
        for delivery in missing {
            self.print(delivery, true, false);
        }
    }

    fn show(&mut self, show: Show, typing: bool) {
        if show.again && self.style != Style::Json {
            self.hint(&format!("\n{}", say::SEEN_BEFORE));
        }
        self.print(&show.delivery, show.again, typing);
        // An engine that has given up waiting finds out at the next start.
        let _ = show.shown.send(self.clock.now());
    }

    fn print(&mut self, delivery: &Delivery, again: bool, typing: bool) {
        self.printed.insert((delivery.interview, delivery.seq));
        let card = &delivery.card;
        match card.kind {
            CardKind::Reveal => {
                self.revealed = true;
                self.disputed.clear();
            }
            CardKind::Ask | CardKind::Trap | CardKind::Recover => {
                self.revealed = false;
                self.disputed.clear();
            }
            CardKind::Dispute => {
                self.revealed = true;
                self.disputed = card.buttons.clone();
            }
            CardKind::Note => self.revealed = card.buttons.contains(&Button::Next),
            // Rounds are for channels with people in them; a terminal shows one as any other card.
            CardKind::Reask
            | CardKind::Mark
            | CardKind::Scorecard
            | CardKind::Farewell
            | CardKind::Round
            | CardKind::Result
            | CardKind::Shown
            | CardKind::Noted
            | CardKind::Host
            | CardKind::Dailies
            | CardKind::Step => {}
        }
        let mut text = match self.style {
            Style::Json => event(delivery, again),
            Style::Rich | Style::Plain => draw::card(card, self.look()),
        };
        if self.style == Style::Rich {
            text.push_str(&self.menu(card));
        }
        match &mut self.printer {
            Some(printer) if typing => {
                // A line editor that is gone leaves the plain way.
                if printer.print(text.clone()).is_err() {
                    write(&text);
                }
            }
            Some(_) | None => write(&text),
        }
    }

    /// What can be typed under a card.
    fn menu(&self, card: &Card) -> String {
        match say::typed_menu(card) {
            Some(menu) => draw::hint(&format!("\n{menu}"), self.look()),
            None => String::new(),
        }
    }

    fn echo(&self, text: &str) {
        match self.style {
            Style::Rich => {}
            Style::Plain => write(&draw::echo(text, self.look())),
            Style::Json => write(&format!("{}\n", json!({"event": "said", "text": text}))),
        }
    }

    fn hint(&self, text: &str) {
        match self.style {
            Style::Rich | Style::Plain => {
                for line in text.lines() {
                    write(&draw::hint(line, self.look()));
                }
            }
            Style::Json => write(&format!("{}\n", json!({"event": "hint", "text": text}))),
        }
    }

    fn say_kept(&self) {
        match self.style {
            Style::Rich | Style::Plain => self.hint(&format!("\n{}", say::KEPT)),
            Style::Json => write(&format!("{}\n", json!({"event": "kept", "interview": self.interview.0}))),
        }
    }

    fn open_input(&mut self) -> Input {
        if self.style == Style::Rich
            && let Ok((input, printer)) = Input::keyboard()
        {
            self.printer = printer;
            return input;
        }
        Input::pipe(BufReader::new(std::io::stdin()))
    }

    fn look(&self) -> Look {
        let rich = self.style == Style::Rich;
        let columns = if rich { window_columns() } else { COLUMNS_DEFAULT };
        // NO_COLOR, CLICOLOR and TERM are anstream's to read; the line editor's printer bypasses its stream.
        let wanted = anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
        Look { columns, colour: rich && wanted }
    }
}

/// What a turn led to.
#[derive(Debug)]
enum Turn {
    /// An entry was taken.
    Taken(Taken),
    /// The interview is over.
    Over,
    /// The candidate left.
    Left,
}

/// A card as one line of JSON.
fn event(delivery: &Delivery, again: bool) -> String {
    let card = &delivery.card;
    let text = draw::card(card, Look { columns: draw::UNWRAPPED, colour: false });
    let event = json!({
        "event": card.kind,
        "interview": delivery.interview.0,
        "seq": delivery.seq.0,
        "again": again,
        "text": text.trim(),
        "blocks": card.blocks,
        "buttons": card.buttons,
    });
    format!("{event}\n")
}

/// Writes to the screen. A reader that is gone (a closed pipe) ends nothing: what counts is on disk.
fn write(text: &str) {
    let mut out = anstream::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn window_columns() -> usize {
    #[cfg(unix)]
    if let Ok(size) = rustix::termios::tcgetwinsize(std::io::stdout())
        && size.ws_col > 0
    {
        return usize::from(size.ws_col);
    }
    COLUMNS_DEFAULT
}
