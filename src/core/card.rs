//! A message to a candidate, free of any platform: what it says and what can be pressed under it.
//!
//! A front end turns a card into its own format. People's words stand only in [`Block::Quote`] and in
//! the `quote` of [`Block::Item`]; a front end renders those as plain text and never as mark-up.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::core::bank::StatementId;
use crate::core::chart::Bars;
use crate::core::interview::Seq;
use crate::core::round::Control;
use crate::core::whereabouts::Place;

/// What a card is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardKind {
    /// A question.
    Ask,
    /// The way out of a blank.
    Recover,
    /// The answer was none; it is asked for again.
    Reask,
    /// A follow-up.
    Trap,
    /// The clock speaks.
    Mark,
    /// The model answer beside the candidate's own.
    Reveal,
    /// A choice of statements that were misunderstood.
    Dispute,
    /// The result of a screen.
    Scorecard,
    /// A sentence in between, after which the candidate is to move as before.
    Note,
    /// The last card of an interview.
    Farewell,
    /// The public question of a round.
    Round,
    /// What a round added up to, for everybody: all of it gives the answer away.
    Result,
    /// Somebody's answer in a round, which they chose to show.
    Shown,
    /// An answer in a round is in; the reveal comes with everybody's.
    Noted,
    /// What the host of a round can do, for them alone.
    Host,
    /// The dailies of a server, for whoever looks after them.
    Dailies,
    /// No message of its own: what its [`Way`] does to another one.
    Step,
}

/// How a card comes to where people see it. Each card is sent, and sent again, by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// As a message.
    #[default]
    Post,
    /// In place of what the message of that card says. May be done twice.
    Edit(Seq),
    /// As a thread under the message of that card; its heading is the name. Doing it twice leaves one thread.
    Thread(Seq),
    /// By pinning the message of that card. May be done twice.
    Pin(Seq),
    /// As a message in the thread under that card's, or in the channel where there is none.
    Under(Seq),
}

/// A message, as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// What it is for.
    pub kind: CardKind,
    /// What it says, in order.
    pub blocks: Vec<Block>,
    /// What can be pressed under it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Button>,
    /// How it comes to where people see it.
    #[serde(default, skip_serializing_if = "Way::is_post")]
    pub way: Way,
}

/// A piece of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "block")]
pub enum Block {
    /// A short heading.
    Heading {
        /// Plain text.
        text: String,
    },
    /// Authored text: may hold `code` in backticks and fenced blocks, and no other mark-up.
    Text {
        /// Markdown of that small kind.
        text: String,
    },
    /// A smaller line: time, place, state of things.
    Small {
        /// Plain text.
        text: String,
    },
    /// Somebody's own words.
    Quote {
        /// What stands before them, for instance `You wrote`.
        lead: String,
        /// The words: plain text, whatever they hold.
        words: String,
    },
    /// One line of a list with a verdict.
    Item {
        /// The verdict.
        mark: Mark,
        /// Authored text.
        text: String,
        /// The candidate's own words that show it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quote: Option<String>,
    },
    /// A smaller line that ends with an instant, which the front end shows in its reader's own zone where the
    /// platform can.
    When {
        /// Plain text before it, for instance `Closes`.
        lead: String,
        /// The instant.
        at: Timestamp,
    },
    /// A smaller line that ends with a channel, which the front end names as the platform does.
    Where {
        /// Plain text before it, for instance `In`.
        lead: String,
        /// The channel.
        place: Place,
    },
    /// Counts, as a picture with `say::bars_alt` as its alternative text, and as `say::bars_text`.
    Bars {
        /// The counts.
        bars: Bars,
    },
    /// Mentions one role. Nothing else on any card may mention anybody.
    Ping {
        /// The platform's id of the role.
        role: String,
    },
}

/// The verdict of a list line. Front ends show a sign and a word; colour is never the only sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// It was said.
    Said,
    /// It may have been said.
    Unsure,
    /// It was not said.
    Missing,
    /// A misconception was voiced.
    Believed,
    /// A follow-up was answered.
    Held,
    /// A follow-up was answered in part.
    Partly,
    /// The candidate walked into a follow-up.
    Fell,
    /// A follow-up was left open.
    Open,
}

/// Everything that can be pressed. The text on it is the front end's to choose from `say::label`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Button {
    /// "I'm blank."
    Blank,
    /// Give up this question and see its model answer.
    Skip,
    /// Answer the same question again.
    OnceMore,
    /// Something was misunderstood.
    NotWhatIMeant,
    /// This statement was misunderstood: what counted as said was not, or the other way round.
    Correct(StatementId),
    /// Another question.
    Next,
    /// End.
    Stop,
    /// In a round: answer its question, or answer it anew. Front ends open a form where they have one; the text
    /// of it goes to the round.
    Answer,
    /// In a round, on one's own card: the answer is to count no more.
    TakeBack,
    /// After a round: my own reveal.
    HowDidIDo,
    /// After a round: show my answer to everybody, with my name.
    ShowAnswer,
    /// What only the host of a round, or who manages the place, may do.
    Host(Control),
}

impl Way {
    /// Whether it is an ordinary message.
    pub fn is_post(&self) -> bool {
        *self == Way::Post
    }

    /// The card that it is about.
    pub fn about(self) -> Option<Seq> {
        match self {
            Way::Post => None,
            Way::Edit(seq) | Way::Thread(seq) | Way::Pin(seq) | Way::Under(seq) => Some(seq),
        }
    }
}

impl Card {
    /// A card of this kind that says nothing yet.
    pub fn new(kind: CardKind) -> Self {
        Self { kind, blocks: Vec::new(), buttons: Vec::new(), way: Way::Post }
    }

    /// With a heading added.
    pub fn heading(mut self, text: impl Into<String>) -> Self {
        self.blocks.push(Block::Heading { text: text.into() });
        self
    }

    /// With authored text added; empty text adds nothing.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.blocks.push(Block::Text { text });
        }
        self
    }

    /// With a smaller line added.
    pub fn small(mut self, text: impl Into<String>) -> Self {
        self.blocks.push(Block::Small { text: text.into() });
        self
    }

    /// With somebody's words added.
    pub fn quote(mut self, lead: impl Into<String>, words: impl Into<String>) -> Self {
        self.blocks.push(Block::Quote { lead: lead.into(), words: words.into() });
        self
    }

    /// With a list line added.
    pub fn item(mut self, mark: Mark, text: impl Into<String>, quote: Option<String>) -> Self {
        self.blocks.push(Block::Item { mark, text: text.into(), quote });
        self
    }

    /// With a smaller line that ends with an instant.
    pub fn when(mut self, lead: impl Into<String>, at: Timestamp) -> Self {
        self.blocks.push(Block::When { lead: lead.into(), at });
        self
    }

    /// With a smaller line that ends with a channel.
    pub fn at(mut self, lead: impl Into<String>, place: &Place) -> Self {
        self.blocks.push(Block::Where { lead: lead.into(), place: place.clone() });
        self
    }

    /// Coming this way.
    pub fn by(mut self, way: Way) -> Self {
        self.way = way;
        self
    }

    /// With these buttons.
    pub fn buttons(mut self, buttons: impl IntoIterator<Item = Button>) -> Self {
        self.buttons.extend(buttons);
        self
    }

    /// Whether the conversation goes on without it, should it not arrive.
    pub fn is_optional(&self) -> bool {
        match self.way {
            Way::Post | Way::Under(_) => self.kind == CardKind::Shown,
            Way::Edit(_) | Way::Thread(_) | Way::Pin(_) => true,
        }
    }

    /// Whether everything before it has been left behind, buttons and all.
    pub fn opens_a_turn(&self) -> bool {
        match self.kind {
            CardKind::Ask
            | CardKind::Recover
            | CardKind::Trap
            | CardKind::Reveal
            | CardKind::Scorecard
            | CardKind::Farewell
            | CardKind::Round
            | CardKind::Result
            | CardKind::Noted => true,
            CardKind::Reask
            | CardKind::Mark
            | CardKind::Dispute
            | CardKind::Note
            | CardKind::Shown
            | CardKind::Host
            | CardKind::Dailies
            | CardKind::Step => false,
        }
    }

    /// Whether it holds what others still want to find out by themselves.
    pub fn gives_away(&self) -> bool {
        match self.kind {
            CardKind::Reveal
            | CardKind::Dispute
            | CardKind::Scorecard
            | CardKind::Note
            | CardKind::Result
            | CardKind::Shown => true,
            CardKind::Ask
            | CardKind::Recover
            | CardKind::Reask
            | CardKind::Trap
            | CardKind::Mark
            | CardKind::Farewell
            | CardKind::Round
            | CardKind::Noted
            | CardKind::Host
            | CardKind::Dailies
            | CardKind::Step => false,
        }
    }

    /// Whether it is about what one person said.
    pub fn is_personal(&self) -> bool {
        match self.kind {
            CardKind::Ask
            | CardKind::Mark
            | CardKind::Farewell
            | CardKind::Round
            | CardKind::Result
            | CardKind::Shown
            | CardKind::Step => false,
            CardKind::Recover
            | CardKind::Reask
            | CardKind::Trap
            | CardKind::Reveal
            | CardKind::Dispute
            | CardKind::Scorecard
            | CardKind::Noted
            | CardKind::Host
            | CardKind::Dailies
            | CardKind::Note => true,
        }
    }

    /// Whether it is the candidate's move after this card. The clock's remarks change nothing about
    /// whose move it is, and after the farewell there is none.
    pub fn invites_reply(&self) -> bool {
        match self.kind {
            CardKind::Mark
            | CardKind::Farewell
            | CardKind::Scorecard
            | CardKind::Shown
            | CardKind::Host
            | CardKind::Dailies
            | CardKind::Step => false,
            CardKind::Round
            | CardKind::Result
            | CardKind::Noted
            | CardKind::Ask
            | CardKind::Recover
            | CardKind::Reask
            | CardKind::Trap
            | CardKind::Reveal
            | CardKind::Dispute
            | CardKind::Note => true,
        }
    }
}
