//! Delivers cards: persist the intention, then send, then persist the outcome.
//!
//! Only the head of an interview's queue is ever on its way, so cards arrive in order; those of different
//! people, and of different front ends, are on their way side by side. A card whose outcome is unknown is
//! never sent again blindly: its front end looks for it first, with patience, and nobody else waits for that.

use std::collections::BTreeSet;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};

use super::intake::By;
use super::round::later;
use super::{Engine, intake, round};
use crate::chat::{Delivery, DeliveryError, Front, Obstacle, Person, Receipt, Sighting};
use crate::core::card::{CardKind, Way};
use crate::core::interview::Input;
use crate::core::say;
use crate::store::{Delay, Post, PostStatus, Sent, Sort, StoreError};

/// What was put off comes this soon after its platform is back. Not at once: a platform may not show yet what a try
/// just before has posted there.
const BACK_SOON: SignedDuration = SignedDuration::from_secs(10);
/// How often it is looked whether a front end that is away is back.
const AWAY_LOOK_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// Between the first two looks for a card of unknown outcome, and doubled from then on: a late message beats a
/// doubled one.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(5);
/// Between two tries, or two looks, at the most, unless the platform asked for longer.
const AGAIN_MAX: SignedDuration = SignedDuration::from_mins(10);
/// Tries, or looks, in vain; then the card is given up. They take about 26 hours, by when a drill is abandoned.
const TRIES_MAX: u32 = 160;
/// Until a card is tried again that only a person can help, doubled from try to try.
const BLOCKED_FOR: SignedDuration = SignedDuration::from_mins(30);
/// Between two such tries at the most.
const BLOCKED_FOR_MAX: SignedDuration = SignedDuration::from_hours(8);
/// A step that the rest goes on without is tried, or looked for, this often: about a minute.
const STEP_TRIES_MAX: u32 = 10;
/// Such tries without a sign of the person; then the card is given up. They take about two days.
const BLOCKED_MAX: u32 = 9;

impl Engine {
    /// Delivers for one front end until nothing is due and `closing`.
    pub(super) async fn carry(
        &self,
        front: &dyn Front,
        closing: impl Fn() -> bool,
    ) -> Result<(), StoreError> {
        let mut bell = self.bell.subscribe();
        let mut flying = FuturesUnordered::new();
        let mut landed = Vec::new();
        let mut busy = BTreeSet::new();
        loop {
            bell.mark_unchanged();
            let last = closing();
            let now = self.clock.now();
            let looked = async {
                if !front.is_here() {
                    let again = later(now, AWAY_LOOK_EVERY);
                    return Ok::<_, StoreError>((Vec::new(), Some(again)));
                }
                let due = self.store.due_posts(front.name(), now).await?;
                Ok((due, self.store.next_post(front.name(), now).await?))
            };
            let (due, wake) = meanwhile(looked, &mut flying, &mut landed).await?;
            for post in due {
                // One interview ends and the next begins: what one person sees in one place stays in order.
                let whose = match post.sort {
                    Sort::Interview => (post.place.clone(), post.person.clone()),
                    // A round is for everybody in its channel, and so is what one of them shows there.
                    Sort::Round => (post.place.clone(), Person(String::new())),
                };
                if busy.len() < front.at_once() && busy.insert(whose.clone()) {
                    flying.push(async move { (whose, self.hand_over(front, &post).await) });
                }
            }
            // What landed during the look may have been seen as it was before, so it frees its place only now.
            if !landed.is_empty() {
                for (whose, handed_over) in landed.drain(..) {
                    busy.remove(&whose);
                    handed_over?;
                }
                continue;
            }
            if flying.is_empty() && last {
                return Ok(());
            }
            tokio::select! {
                Some((whose, handed_over)) = flying.next() => {
                    busy.remove(&whose);
                    handed_over?;
                }
                // The bell is the engine's own, so it is there.
                _ = bell.changed() => {}
                () = self.nap_until(wake) => {}
            }
        }
    }

    /// What was put off comes soon instead.
    pub(super) async fn look_again(&self) -> Result<(), StoreError> {
        self.store.look_again(self.clock.after(BACK_SOON)).await
    }

    async fn nap_until(&self, wake: Option<Timestamp>) {
        match wake {
            Some(at) => self.clock.sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    async fn hand_over(&self, front: &dyn Front, post: &Post) -> Result<(), StoreError> {
        let receipts = self.store.receipts(post.interview).await?;
        let thread = match post.sort {
            Sort::Round => self.store.thread_of(post.interview).await?,
            Sort::Interview => None,
        };
        let Some(delivery) = intake::delivery(post, receipts, thread) else {
            return self.give_up(front, post, "its card cannot be read").await;
        };
        match post.status {
            PostStatus::Sending => {
                let before = Post { attempts: post.attempts.saturating_sub(1), ..post.clone() };
                self.look_for(front, &before, &delivery).await
            }
            PostStatus::Queued => {
                let now = self.clock.now();
                if self.store.mark_sending(post.interview, post.seq, now).await? {
                    self.deliver(front, post, &delivery).await?;
                }
                Ok(())
            }
            PostStatus::Sent | PostStatus::Failed => Ok(()),
        }
    }

    async fn deliver(&self, front: &dyn Front, post: &Post, delivery: &Delivery) -> Result<(), StoreError> {
        let way = delivery.card.way;
        match front.deliver(delivery).await {
            Ok(receipt) => self.mark_sent(post, way, receipt).await,
            Err(DeliveryError::Blocked(_) | DeliveryError::Gone | DeliveryError::Refused(_))
                if delivery.card.is_optional() =>
            {
                self.leave_out(front, post, way).await
            }
            Err(DeliveryError::Later(_))
                if delivery.card.is_optional() && post.attempts >= STEP_TRIES_MAX =>
            {
                self.leave_out(front, post, way).await
            }
            Err(DeliveryError::Later(_)) if post.attempts >= TRIES_MAX => {
                self.give_up(front, post, "it was tried too often").await
            }
            Err(DeliveryError::Later(after)) => {
                let after = SignedDuration::try_from(after).unwrap_or(SignedDuration::MAX);
                // A platform that cannot be reached for hours says so at each try; a step is left out before.
                let tries = if delivery.card.is_optional() { 0 } else { post.attempts };
                self.put_off(post, doubled(after, tries, AGAIN_MAX).max(after), Delay::Asked).await
            }
            Err(DeliveryError::Unknown) => {
                // Part of it may have been posted at the very end of a try that took long.
                let now = self.clock.now();
                self.store.mark_tried(post.interview, post.seq, now).await?;
                let delivery = Delivery { tried_at: Some(now), ..delivery.clone() };
                let post = Post { looks: 0, ..post.clone() };
                self.look_for(front, &post, &delivery).await
            }
            // Nobody waits for a farewell that can only be said to whoever does something.
            Err(DeliveryError::Blocked(Obstacle::OnlyAnswers))
                if delivery.card.kind == CardKind::Farewell =>
            {
                self.store.give_up(post.interview, post.seq).await
            }
            Err(DeliveryError::Blocked(obstacle)) => self.hold_up(front, post, obstacle).await,
            Err(DeliveryError::Gone) => {
                tracing::info!(interview = post.interview.0, "a place is gone, and its interview with it");
                self.store.give_up(post.interview, post.seq).await?;
                self.daily_refused(front, post).await
            }
            Err(DeliveryError::Refused(reason)) => self.give_up(front, post, &reason).await,
        }
    }

    /// Looks for what may have arrived. `post` has the tries before the one that is looked for.
    async fn look_for(&self, front: &dyn Front, post: &Post, delivery: &Delivery) -> Result<(), StoreError> {
        let way = delivery.card.way;
        match front.find(delivery).await {
            Sighting::Found(receipt) => self.mark_sent(post, way, receipt).await,
            Sighting::Unclear if delivery.card.is_optional() && post.looks >= STEP_TRIES_MAX => {
                self.leave_out(front, post, way).await
            }
            Sighting::Absent if delivery.card.is_optional() && post.attempts >= STEP_TRIES_MAX => {
                self.leave_out(front, post, way).await
            }
            Sighting::Absent if post.attempts >= TRIES_MAX => {
                self.give_up(front, post, "it was tried too often").await
            }
            // At once only the first time: a platform that is ill would be asked without end.
            Sighting::Absent => {
                let wait = match post.attempts {
                    0 => SignedDuration::ZERO,
                    tries => doubled(LOOK_AGAIN_AFTER, tries - 1, AGAIN_MAX),
                };
                self.put_off(post, wait, Delay::Asked).await
            }
            Sighting::Unclear if post.looks >= TRIES_MAX => {
                self.give_up(front, post, "it cannot be told whether it arrived").await
            }
            Sighting::Unclear => {
                let wait = doubled(LOOK_AGAIN_AFTER, post.looks, AGAIN_MAX);
                self.put_off(post, wait, Delay::Unclear).await
            }
        }
    }

    /// The interview pauses: nothing is lost, and it goes on when its person is heard from, or by itself.
    async fn hold_up(&self, front: &dyn Front, post: &Post, obstacle: Obstacle) -> Result<(), StoreError> {
        if post.blocked >= BLOCKED_MAX {
            return self.give_up(front, post, "nobody made way for it").await;
        }
        let wait = doubled(BLOCKED_FOR, post.blocked, BLOCKED_FOR_MAX);
        self.put_off(post, wait, Delay::Blocked).await?;
        match (post.blocked, post.daily.filter(|_| post.seq == round::POST)) {
            (0, Some(_)) => self.daily_refused(front, post).await,
            (0, None) => self.tell(front, post, say::blocked(obstacle)).await,
            (_, _) => Ok(()),
        }
    }

    async fn put_off(&self, post: &Post, wait: SignedDuration, delay: Delay) -> Result<(), StoreError> {
        self.store.put_off(post.interview, post.seq, self.clock.after(wait), delay).await
    }

    /// The clock of an answer starts here, at the platform's own time.
    async fn mark_sent(&self, post: &Post, way: Way, receipt: Receipt) -> Result<(), StoreError> {
        let is_round = post.sort == Sort::Round;
        if is_round && post.seq == round::POST {
            let sent = Sent { seq: post.seq, receipt: receipt.id, moved: None };
            self.daily_posted(post).await?;
            return self.round_posted(post.interview, receipt.at, sent).await;
        }
        if is_round || !way.is_post() {
            return self.store.mark_sent(post.interview, post.seq, receipt.id).await;
        }
        let key = format!("posted:{}-{}", post.interview.0, post.seq.0);
        let sent = Sent { seq: post.seq, receipt: receipt.id, moved: receipt.moved };
        let input = Input::Posted { seq: post.seq };
        self.take(post.interview, key, input, receipt.at, &By::Courier(sent)).await.map(drop)
    }

    /// What comes after it goes on. Whoever looks after it is told, but for an edit, which the next one mends.
    async fn leave_out(&self, front: &dyn Front, post: &Post, way: Way) -> Result<(), StoreError> {
        tracing::warn!(interview = post.interview.0, seq = post.seq.0, "a step could not be done");
        self.store.leave_out(post.interview, post.seq).await?;
        match way {
            Way::Edit(_) => Ok(()),
            Way::Thread(_) | Way::Pin(_) | Way::Post | Way::Under(_) => {
                self.tell(front, post, say::step_failed(way)).await
            }
        }
    }

    /// Tells whoever a post is for; of a daily, which is for nobody, whoever made it.
    async fn tell(&self, front: &dyn Front, post: &Post, sentence: &str) -> Result<(), StoreError> {
        let person = match post.daily.filter(|_| post.person.0.is_empty()) {
            Some(daily) => self.store.daily(daily).await?.map(|daily| daily.creator),
            None => Some(post.person.clone()),
        };
        if let Some(person) = person.filter(|person| !person.0.is_empty()) {
            front.tell(&person, &post.place, sentence).await;
        }
        Ok(())
    }

    async fn give_up(&self, front: &dyn Front, post: &Post, reason: &str) -> Result<(), StoreError> {
        tracing::error!(
            interview = post.interview.0,
            seq = post.seq.0,
            reason,
            "a card could not be delivered"
        );
        self.store.give_up(post.interview, post.seq).await?;
        if post.sort == Sort::Round && post.daily.is_none() {
            self.tell(front, post, say::ROUND_LOST).await?;
        }
        self.daily_refused(front, post).await
    }
}

/// Waits for something while what is on its way goes on, since one of those may hold the very connection that
/// is waited for.
async fn meanwhile<T, F: Future>(
    wanted: impl Future<Output = T>,
    flying: &mut FuturesUnordered<F>,
    landed: &mut Vec<F::Output>,
) -> T {
    tokio::pin!(wanted);
    loop {
        tokio::select! {
            Some(one) = flying.next() => landed.push(one),
            value = &mut wanted => return value,
        }
    }
}

/// `first`, twice that, four times that, but never more than `max`.
fn doubled(first: SignedDuration, times: u32, max: SignedDuration) -> SignedDuration {
    let factor = 2_i32.checked_pow(times).unwrap_or(i32::MAX);
    first.checked_mul(factor).map_or(max, |wait| wait.min(max))
}
