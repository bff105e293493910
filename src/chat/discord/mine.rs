//! *Ask me the follow-up*: a drill on something that one wrote anyway, for oneself alone.

use serenity::model::id::UserId;

use super::Discord;
use super::intake::{self, Asker};
use super::place::Place;
use super::post::name;
use super::text;
use super::wire::{Choice, Component, Message, Response};
use crate::chat::{Request, What};
use crate::core::bank::QuestionId;
use crate::core::choose::Filter;
use crate::core::interview::Mode;
use crate::core::say;

/// What the list of questions gives back.
pub(super) const LIST: &str = "r1:which";
/// Questions offered at the most; Discord's limit.
const OFFERED_MAX: usize = 25;
/// Characters of a choice at the most; Discord's limit.
const CHOICE_CHARS_MAX: usize = 100;

impl Discord {
    /// Somebody wants a follow-up on a message.
    pub(super) async fn follow_up_on(&self, asker: &Asker, author: UserId, words: String) {
        if author != asker.user {
            return self.reply(asker, say::OWN_MESSAGES_ONLY).await;
        }
        if words.is_empty() {
            return self.reply(asker, say::NOTHING_TO_ASK_ABOUT).await;
        }
        self.answer_now(asker, &Response::defer(true)).await;
        let candidates = self.recall.candidates(&words, OFFERED_MAX);
        match candidates.first() {
            Some(best) if best.sure => self.ask_about(asker, best.id.clone(), words).await,
            Some(_) => {
                self.memory().remember_words(asker.user, words);
                let shortened = |ask: &str| ask.chars().take(CHOICE_CHARS_MAX).collect();
                let options = candidates.iter().map(|candidate| Choice {
                    label: shortened(&candidate.ask),
                    value: candidate.id.as_str().to_owned(),
                });
                let list = Component::select(LIST.to_owned(), say::CHOOSE_A_QUESTION, options.collect());
                self.amend_or_log(asker, &Message::sentence(say::WHICH_QUESTION).buttons(vec![list])).await;
            }
            None => self.amend_or_log(asker, &Message::sentence(say::NO_QUESTION_FITS)).await,
        }
    }

    /// Somebody chose the question that their message answers.
    pub(super) async fn on_choice(&self, asker: &Asker, chosen: Option<&str>) {
        self.answer_now(asker, &Response::defer(true)).await;
        let words = self.memory().take_words(asker.user);
        match (words, chosen) {
            (Some(words), Some(id)) => self.ask_about(asker, QuestionId(id.to_owned()), words).await,
            _ => self.amend_or_log(asker, &Message::sentence(say::UNKNOWN_BUTTON)).await,
        }
    }

    /// Begins a drill on that question and takes the words as the answer.
    async fn ask_about(&self, asker: &Asker, question: QuestionId, words: String) {
        self.memory().acted(asker, self.clock.now());
        let at = name(Place::Alone(asker.channel));
        let key = intake::interaction_key(asker.id);
        let filter = Filter { question: Some(question), ..Filter::default() };
        let request = Request { mode: Mode::Drill, filter, count: 1, traps: None, seed: None };
        let begin = What::Begin(request);
        let began =
            self.inbox.send(key.clone(), self.fresh(asker.id.get()), asker.person(), at.clone(), begin).await;
        let taken = match began {
            Ok(taken) => {
                let said = What::Said { to: Some(taken.interview), text: words.clone() };
                let key = format!("{key}:words");
                self.inbox.send(key, self.fresh(asker.id.get()), asker.person(), at, said).await
            }
            Err(refusal) => Err(refusal),
        };
        let message = match taken {
            Ok(_) => {
                say::on_your_words(&text::plain(&words.chars().take(CHOICE_CHARS_MAX).collect::<String>()))
            }
            Err(refusal) => refusal.sentence(),
        };
        self.amend_or_log(asker, &Message::sentence(message)).await;
    }
}
