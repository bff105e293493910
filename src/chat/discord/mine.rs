//! *Ask me the follow-up*: a drill on something that one wrote anyway, for oneself alone.

use serenity::model::id::{InteractionId, UserId};

use super::Discord;
use super::intake::{self, Asker, Spot};
use super::place::{self, Place};
use super::post::name;
use super::talk::Meanwhile;
use super::text;
use super::wire::{Choice, Component, Message, Response};
use crate::chat::{Request, What};
use crate::core::bank::QuestionId;
use crate::core::choose::Filter;
use crate::core::interview::Mode;
use crate::core::say;

/// What the list of questions gives back, before the id of the command that it came of.
const LIST: &str = "r1:which:";
/// Questions offered at the most; Discord's limit.
const OFFERED_MAX: usize = 25;
/// UTF-16 units of a choice at the most; Discord's limit.
const CHOICE_MAX: usize = 100;

/// The command that a list of questions came of, if it is one.
pub(super) fn list(custom_id: &str) -> Option<InteractionId> {
    place::id(custom_id.strip_prefix(LIST)?).map(InteractionId::new)
}

impl Discord {
    /// Somebody wants a follow-up on a message.
    pub(super) async fn follow_up_on(&self, asker: &Asker, author: UserId, words: String) {
        if author != asker.user {
            return self.reply(asker, say::OWN_MESSAGES_ONLY).await;
        }
        if words.is_empty() {
            return self.reply(asker, say::NOTHING_TO_ASK_ABOUT).await;
        }
        let candidates = self.recall.candidates(&words, OFFERED_MAX);
        match candidates.first() {
            Some(best) if best.sure => self.ask_about(asker, best.id.clone(), words).await,
            Some(_) => {
                self.memory().remember_words(asker.user, asker.id, words);
                let options = candidates.iter().map(|candidate| Choice {
                    label: text::beginning(&candidate.ask, CHOICE_MAX),
                    value: candidate.id.as_str().to_owned(),
                });
                let list = Component::select(
                    format!("{LIST}{}", asker.id),
                    say::CHOOSE_A_QUESTION,
                    options.collect(),
                );
                let message = Message::sentence(say::WHICH_QUESTION).buttons(vec![list]).private();
                self.first(asker, &Response::message(message)).await;
            }
            None => self.reply(asker, say::NO_QUESTION_FITS).await,
        }
    }

    /// Somebody chose the question that their message answers.
    pub(super) async fn on_choice(&self, asker: &Asker, list: InteractionId, chosen: Option<&str>) {
        let words = self.memory().take_words(asker.user, list);
        match (words, chosen) {
            (Some(words), Some(id)) => self.ask_about(asker, QuestionId(id.to_owned()), words).await,
            _ => self.reply(asker, say::WORDS_GONE).await,
        }
    }

    /// Begins a drill on that question and takes the words as the answer.
    async fn ask_about(&self, asker: &Asker, question: QuestionId, words: String) {
        let at = name(match asker.spot {
            Spot::Direct => Place::Direct(asker.channel),
            Spot::Channel(_) | Spot::Thread(..) | Spot::Foreign => Place::Alone(asker.channel),
        });
        let filter = Filter { question: Some(question), ..Filter::default() };
        // By its seed it is no other one on the same question, whose follow-up these words would answer.
        let seed = Some(asker.id.get());
        let request = Request { mode: Mode::Drill, filter, count: 1, traps: None, seed };
        let deed = async {
            let key = intake::interaction_key(asker.id);
            let begin = What::Begin(request);
            let sent = self.fresh(asker.id.get());
            let began = self.inbox.send(key.clone(), sent, asker.person(), at.clone(), begin).await?;
            let said = What::Said { to: Some(began.interview), text: words.clone() };
            self.inbox.send(format!("{key}:words"), sent, asker.person(), at, said).await
        };
        let (taken, so_far) = self.in_time(asker, Meanwhile::PRIVATE, deed).await;
        let message = match taken {
            Ok(_) => say::on_your_words(&text::plain(&text::beginning(&words, CHOICE_MAX))),
            Err(refusal) => refusal.sentence(),
        };
        self.finish(asker, so_far, &Message::sentence(message).private()).await;
    }
}
