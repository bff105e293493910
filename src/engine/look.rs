//! Looking at what there is, for front ends: a card again, and what somebody has going.

use super::Engine;
use super::intake::delivery;
use crate::chat::{Look, Outcome, Overview, Person, Refusal};
use crate::core::card::Button;
use crate::core::interview::{InterviewId, Record, Seq};
use crate::core::progress::Progress;
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

    /// What a person has going, and what came of what they had.
    pub(super) async fn overview(&self, person: &Person) -> Result<Overview, StoreError> {
        let everything = self.store.everything(person).await?;
        let mut open = Vec::new();
        for (stored, _) in everything.interviews.iter().filter(|(stored, _)| stored.open) {
            open.extend(self.where_it_stands(stored.id, Outcome::Done).await?.shown.pop());
        }
        // A record of a later program is left out rather than everything.
        let records = everything.records.iter().filter_map(|(_, record)| serde_json::from_str(record).ok());
        let records: Vec<Record> = records.collect();
        Ok(Overview { open, progress: Progress::of(&records) })
    }
}
