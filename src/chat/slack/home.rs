//! The app's home: what somebody has going, how they are doing, and what is kept about them.

use std::sync::Arc;

use super::Slack;
use super::draw;
use super::intake::Asker;
use super::talk::{self, NotTaken};
use super::wire::{Block, Element, Inline, Rich, Text, View};
use crate::chat::Overview;
use crate::chat::press::{Action, Press};
use crate::core::card::{Button, CardKind};
use crate::core::choose::Filter;
use crate::core::say;
use crate::core::say::slack::{CANCEL, home as text};

/// Open questions shown at the most: more than a person may have open.
const OPEN_MAX: usize = 10;
/// Blocks of one of them at the most, so that all of them fit into a page.
const OPEN_BLOCKS_MAX: usize = 6;

/// What a button of the home is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A drill.
    Drill,
    /// A screen.
    Screen,
    /// Everything about them as a file.
    Export,
    /// Everything about them removed.
    Forget,
}

impl Wanted {
    const ALL: [Wanted; 4] = [Wanted::Drill, Wanted::Screen, Wanted::Export, Wanted::Forget];

    fn id(self) -> &'static str {
        match self {
            Wanted::Drill => "home.drill",
            Wanted::Screen => "home.screen",
            Wanted::Export => "home.export",
            Wanted::Forget => "home.forget",
        }
    }
}

/// Reads what stands behind a button; `None` if it is none of the home's.
pub(super) fn read(action: &str) -> Option<Wanted> {
    Wanted::ALL.into_iter().find(|wanted| wanted.id() == action)
}

/// The page.
pub(super) fn view(overview: &Overview) -> View {
    let mut blocks = vec![
        Block::Header { text: Text::plain(text::TITLE) },
        paragraph(text::ABOUT),
        Block::actions(vec![
            Element::button(text::DRILL_ME, Wanted::Drill.id(), true),
            Element::button(text::SCREEN, Wanted::Screen.id(), false),
        ]),
        Block::Divider,
        Block::Header { text: Text::plain(text::OPEN) },
    ];
    if overview.open.is_empty() {
        blocks.push(paragraph(text::NOTHING_OPEN));
    }
    for card in overview.open.iter().take(OPEN_MAX) {
        if card.card.kind == CardKind::Noted {
            blocks.push(paragraph(text::NOTED));
            continue;
        }
        let in_round = card.card.buttons.contains(&Button::Answer);
        if !in_round && !card.card.buttons.contains(&Button::Skip) {
            blocks.push(paragraph(text::CHOOSE));
            continue;
        }
        blocks.extend(draw::above_field(&card.card).into_iter().take(OPEN_BLOCKS_MAX));
        let action = if in_round { Action::Press(Button::Answer) } else { Action::Answer };
        let answer = Press { interview: card.interview, seq: card.seq, action };
        let button = answer.to_id().map(|id| Element::button(say::ANSWER, id, true));
        blocks.extend(draw::rows(button.into_iter().collect()));
    }
    blocks.extend([
        Block::Divider,
        Block::Header { text: Text::plain(text::PROGRESS) },
        paragraph(&text::progress(&overview.progress)),
        Block::Divider,
        Block::Header { text: Text::plain(text::STORED) },
        paragraph(text::STORED_ABOUT),
        Block::actions(vec![
            Element::button(text::EXPORT, Wanted::Export.id(), false),
            Element::sure(text::FORGET, Wanted::Forget.id(), text::FORGET_SURE, text::FORGET_YES, CANCEL),
        ]),
    ]);
    View::Home { blocks }
}

fn paragraph(line: &str) -> Block {
    Block::RichText { elements: vec![Rich::Section { elements: Inline::authored(line) }] }
}

impl Slack {
    /// Shows somebody their page.
    pub(super) fn show_home(self: &Arc<Self>, asker: Asker) {
        let slack = self.clone();
        self.beside(async move {
            let Ok(overview) = slack.inbox.overview(asker.person()).await else { return };
            if let Err(trouble) = slack.publish(&asker.team, &asker.user, &view(&overview)).await {
                tracing::warn!(?trouble, "the home of somebody could not be shown");
            }
        });
    }

    /// Somebody pressed a button of their page, which then shows what came of it.
    pub(super) async fn on_home(self: &Arc<Self>, asker: Asker, wanted: Wanted) -> Result<(), NotTaken> {
        let sentence = match wanted {
            Wanted::Drill => self.begin_at_home(&asker, talk::drill(Filter::default(), None)).await?,
            Wanted::Screen => self.begin_at_home(&asker, talk::usual_screen()).await?,
            Wanted::Export => {
                self.export(&asker);
                None
            }
            Wanted::Forget => {
                self.forget(asker);
                return Ok(());
            }
        };
        if let Some(sentence) = sentence {
            self.tell_directly(&asker, sentence);
        }
        self.show_home(asker);
        Ok(())
    }

    async fn begin_at_home(
        self: &Arc<Self>,
        asker: &Asker,
        request: crate::chat::Request,
    ) -> Result<Option<String>, NotTaken> {
        let began = self.begin(asker, asker.direct(), request).await?;
        Ok(began.err().map(|refusal| refusal.sentence()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::Delivery;
    use crate::core::card::Card;
    use crate::core::interview::{InterviewId, Seq};
    use crate::core::progress::Progress;

    #[test]
    fn home_shows_what_is_open_and_how_it_goes() {
        let card = Card::new(CardKind::Ask).text("Why `x`?").buttons([Button::Skip]);
        let delivery = |seq| Delivery {
            interview: InterviewId(7),
            seq: Seq(seq),
            place: "slack:dm-T1-U1".into(),
            person: "slack:T1:U1".into(),
            card: card.clone(),
            about: None,
            thread: None,
            earlier: Vec::new(),
            tried_at: None,
        };
        let progress = Progress { questions: 2, said: 3, points: 7, held: 1, traps: 2 };
        let many = Overview { open: (1..200).map(delivery).collect(), progress };
        let View::Home { blocks } = view(&many) else { panic!("it is a home") };
        assert!(blocks.len() <= 100, "Slack's limit for a page, {}", blocks.len());
        let shown = serde_json::to_string(&view(&Overview { open: vec![delivery(1)], progress })).unwrap();
        assert!(shown.contains("3 of 7 points said, 1 of 2 follow-ups held"), "{shown}");
        assert!(shown.contains("r1:7:1:answer"), "{shown}");
        let nothing = serde_json::to_string(&view(&Overview::default())).unwrap();
        assert!(nothing.contains("No question is open."), "{nothing}");
    }

    #[test]
    fn buttons_are_read_back() {
        for wanted in Wanted::ALL {
            assert_eq!(read(wanted.id()), Some(wanted));
        }
        assert_eq!(read("r1:1:1:stop"), None);
    }
}
