//! Looking at what there is, for front ends: a card again, and what they may have missed.

use super::Engine;
use super::intake::delivery;
use crate::chat::{Did, Incoming, Look, Open, Outcome, Person, Refusal};
use crate::core::card::Button;
use crate::core::interview::{InterviewId, Seq};
use crate::store::{Post, StoreError};

impl Engine {
    /// A card for the one whom it is for, and whether it still can be answered: only the newest card that an
    /// answer can follow can.
    pub(super) async fn look(
        &self,
        interview: InterviewId,
        on: Seq,
        person: &Person,
    ) -> Result<Result<Look, Refusal>, StoreError> {
        let Some(stored) = self.store.interview(interview).await? else {
            return Ok(Err(Refusal::NothingOpen));
        };
        if stored.person != *person {
            return Ok(Err(Refusal::NotYours));
        }
        let posts: Vec<Post> = self.store.posts_in(&stored.place).await?;
        let posts = posts.into_iter().filter(|post| post.interview == interview);
        let cards: Vec<_> = posts.filter_map(|post| delivery(&post)).collect();
        let answered_last =
            cards.iter().filter(|card| card.card.buttons.contains(&Button::Skip)).map(|card| card.seq);
        let newest = answered_last.max();
        let outcome = match newest {
            _ if !stored.open => Outcome::Over,
            Some(newest) if newest == on => Outcome::Done,
            Some(_) | None => Outcome::Stale,
        };
        let card = cards.into_iter().find(|card| card.seq == on);
        Ok(card.map(|card| Look { card, outcome }).ok_or(Refusal::NothingOpen))
    }

    /// Asks front ends for what people did while nobody listened, and takes it in the order in which it
    /// happened. `None` asks all of them.
    pub(super) async fn catch_up(&self, front: Option<&str>) -> Result<(), StoreError> {
        let mut open: Vec<Open> = Vec::new();
        for id in self.store.open_interviews().await? {
            let Some(stored) = self.store.interview(id).await? else { continue };
            let since = self.store.receipts(id).await?.into_iter().next();
            open.push(Open { place: stored.place, person: stored.person, since: since.map(|(_, id)| id) });
        }
        for asked in self.fronts.iter().filter(|asked| front.is_none_or(|name| name == asked.name())) {
            let here: Vec<Open> =
                open.iter().filter(|open| open.place.front() == asked.name()).cloned().collect();
            for missed in asked.missed(&here).await {
                let (done, _) = tokio::sync::oneshot::channel();
                let did = Did {
                    key: missed.key,
                    at: missed.at,
                    person: missed.person,
                    place: missed.place,
                    what: missed.what,
                    done,
                };
                self.take_incoming(Incoming::Did(did)).await;
            }
        }
        Ok(())
    }
}
