//! Looking at a card again, for front ends.

use super::Engine;
use super::intake::delivery;
use crate::chat::{Look, Outcome, Person, Refusal};
use crate::core::card::Button;
use crate::core::interview::{InterviewId, Seq};
use crate::store::{Sort, StoreError};

impl Engine {
    /// A card for the one whom it is for, and whether it still can be answered: only the newest card that can
    /// be skipped can.
    pub(super) async fn look(
        &self,
        interview: InterviewId,
        on: Seq,
        person: &Person,
    ) -> Result<Result<Look, Refusal>, StoreError> {
        let Some(stored) = self.store.interview(interview).await? else {
            return Ok(Err(Refusal::NothingOpen));
        };
        // The question of a round is everybody's.
        if stored.person != *person && stored.sort != Sort::Round {
            return Ok(Err(Refusal::NotYours));
        }
        let post = self.store.posts_of(interview).await?.into_iter().find(|post| post.seq == on);
        let receipts = self.store.receipts(interview).await?;
        let Some(card) = post.and_then(|post| delivery(&post, receipts, None)) else {
            return Ok(Err(Refusal::NothingOpen));
        };
        let outcome = if !stored.open {
            Outcome::Over
        } else if stored.sort == Sort::Round {
            self.entrance(interview, person).await?
        } else if self.still_counts(interview, on, &Button::Skip).await?
            || self.still_counts(interview, on, &Button::Answer).await?
        {
            Outcome::Done
        } else {
            Outcome::Stale
        };
        Ok(Ok(Look { card, outcome }))
    }
}
