//! *Ask me the follow-up*: a drill on something that one wrote anyway, in one's own direct messages.

use std::sync::Arc;

use super::Slack;
use super::intake::Asker;
use super::talk::{NotTaken, drill};
use super::wire::{Block, Choice, Element, Message, Text};
use crate::chat::{Request, What};
use crate::core::bank::QuestionId;
use crate::core::choose::Filter;
use crate::core::say;
use crate::entropy;

/// What the list of questions gives back, before the trigger of the shortcut that it belongs to.
const LIST: &str = "follow_up.question:";
/// Questions offered at the most: as many as anybody reads. Slack allows a hundred.
const OFFERED_MAX: usize = 25;

/// The trigger of the shortcut that a list of questions belongs to; `None` for what is no such list.
pub(super) fn list(action: &str) -> Option<&str> {
    action.strip_prefix(LIST)
}

impl Slack {
    /// Somebody wants a follow-up on a message.
    pub(super) async fn on_follow_up(
        self: &Arc<Self>,
        asker: Asker,
        author: Option<String>,
        words: String,
    ) -> Result<(), NotTaken> {
        if author.as_ref() != Some(&asker.user) {
            self.reply(&asker, say::OWN_MESSAGES_ONLY.to_owned());
            return Ok(());
        }
        if words.is_empty() {
            self.reply(&asker, say::NOTHING_TO_ASK_ABOUT.to_owned());
            return Ok(());
        }
        let candidates = self.recall.candidates(&words, OFFERED_MAX);
        match candidates.first() {
            Some(best) if best.sure => self.ask_about(asker, best.id.clone(), words).await,
            Some(_) => {
                self.memory().remember_words(asker.person(), asker.trigger.clone(), words);
                let choices = candidates.iter().map(|one| Choice::new(&one.ask, one.id.as_str())).collect();
                let list = Element::StaticSelect {
                    action_id: format!("{LIST}{}", asker.trigger),
                    placeholder: Text::plain(say::CHOOSE_A_QUESTION),
                    options: choices,
                };
                let message = Message::sentence(say::WHICH_QUESTION);
                let message = message.with([Block::actions(vec![list])]);
                let slack = self.clone();
                self.beside(async move { slack.reply_with(&asker, message).await });
                Ok(())
            }
            None => {
                self.reply(&asker, say::slack::NO_QUESTION_FITS.to_owned());
                Ok(())
            }
        }
    }

    /// Somebody chose the question that their message answers.
    pub(super) async fn on_choice(
        self: &Arc<Self>,
        asker: Asker,
        list: &str,
        chosen: Option<String>,
    ) -> Result<(), NotTaken> {
        let words = self.memory().take_words(asker.person(), list.to_owned());
        match (words, chosen) {
            (Some(words), Some(id)) => self.ask_about(asker, QuestionId(id), words).await,
            (Some(_) | None, _) => {
                self.reply(&asker, say::slack::UNKNOWN_BUTTON.to_owned());
                Ok(())
            }
        }
    }

    /// Begins a drill on that question and takes the words as the answer.
    async fn ask_about(
        self: &Arc<Self>,
        asker: Asker,
        question: QuestionId,
        words: String,
    ) -> Result<(), NotTaken> {
        let filter = Filter { question: Some(question), ..Filter::default() };
        // By its seed it is no other one on the same question, whose follow-up these words would answer.
        let request = Request { seed: Some(entropy::seed()), ..drill(filter, None) };
        let began = self.begin(&asker, asker.direct(), request).await?;
        let taken = match began {
            Ok(taken) => {
                let said = What::Said { to: Some(taken.interview), text: words };
                self.send(&asker, format!("{}:words", asker.key()), asker.direct(), said).await?
            }
            Err(refusal) => Err(refusal),
        };
        let sentence = match taken {
            Ok(_) => say::IN_DIRECT.to_owned(),
            Err(refusal) => refusal.sentence(),
        };
        self.reply(&asker, sentence);
        Ok(())
    }
}
