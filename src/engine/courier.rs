//! Delivers cards: persist the intention, then send, then persist the outcome.
//!
//! Only the head of an interview's queue is ever on its way, so cards arrive in order. A card whose outcome
//! is unknown is never sent again blindly: its front end looks for it first.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Engine;
use super::intake::delivery;
use crate::chat::{DeliveryError, Receipt, Sighting};
use crate::core::interview::Input;
use crate::store::{Post, StoreError};

/// Between two looks for a card of unknown outcome: a late message beats a doubled one.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(5);
/// A card that could not be delivered is tried this often; then its interview is set aside.
const ATTEMPTS_MAX: u32 = 50;

impl Engine {
    /// Delivers everything that waits and may be sent now.
    pub(super) async fn deliver_all(&self) -> Result<(), StoreError> {
        loop {
            let heads = self.store.heads(self.clock.now()).await?;
            if heads.is_empty() {
                return Ok(());
            }
            for post in heads {
                if self.store.mark_sending(post.interview, post.seq).await? {
                    self.deliver(&post).await?;
                }
            }
        }
    }

    /// After a crash: finds out what became of the cards that were on their way.
    pub(super) async fn settle_unknown(&self) -> Result<(), StoreError> {
        loop {
            let unknown = self.store.sending().await?;
            if unknown.is_empty() {
                return Ok(());
            }
            let mut unclear = false;
            for post in unknown {
                unclear |= !self.settle(&post).await?;
            }
            if unclear {
                let later = self.clock.now().saturating_add(LOOK_AGAIN_AFTER);
                self.clock.sleep_until(later.unwrap_or(Timestamp::MAX)).await;
            }
        }
    }

    async fn deliver(&self, post: &Post) -> Result<(), StoreError> {
        let Some(delivery) = delivery(post) else {
            return self.give_up(post, "its card cannot be read").await;
        };
        match self.front.deliver(&delivery).await {
            Ok(receipt) => self.mark_sent(post, receipt).await,
            Err(DeliveryError::Later(_)) if post.attempts >= ATTEMPTS_MAX => {
                self.give_up(post, "it was tried too often").await
            }
            Err(DeliveryError::Later(after)) => {
                let after = SignedDuration::try_from(after).unwrap_or(SignedDuration::MAX);
                let not_before = self.clock.now().saturating_add(after).unwrap_or(Timestamp::MAX);
                self.store.mark_queued(post.interview, post.seq, not_before).await
            }
            Err(DeliveryError::Unknown) => self.settle(post).await.map(drop),
            Err(DeliveryError::Blocked(_) | DeliveryError::Gone) => {
                self.give_up(post, "its place cannot be reached").await
            }
            Err(DeliveryError::Refused(reason)) => self.give_up(post, &reason).await,
        }
    }

    /// Looks for a card of unknown outcome; false if it cannot be told yet.
    async fn settle(&self, post: &Post) -> Result<bool, StoreError> {
        let Some(delivery) = delivery(post) else {
            self.give_up(post, "its card cannot be read").await?;
            return Ok(true);
        };
        match self.front.find(&delivery).await {
            Sighting::Found(receipt) => self.mark_sent(post, receipt).await?,
            Sighting::Absent => {
                self.store.mark_queued(post.interview, post.seq, Timestamp::UNIX_EPOCH).await?
            }
            Sighting::Unclear => return Ok(false),
        }
        Ok(true)
    }

    /// The clock of an answer starts here, at the platform's own time.
    async fn mark_sent(&self, post: &Post, receipt: Receipt) -> Result<(), StoreError> {
        let key = format!("posted:{}-{}", post.interview.0, post.seq.0);
        let input = Input::Posted { seq: post.seq };
        self.take(post.interview, key, input, receipt.at, Some((post.seq, receipt.id))).await.map(drop)
    }

    async fn give_up(&self, post: &Post, reason: &str) -> Result<(), StoreError> {
        tracing::error!(
            interview = post.interview.0,
            seq = post.seq.0,
            reason,
            "a card could not be delivered"
        );
        self.store.give_up(post.interview, post.seq).await
    }
}
