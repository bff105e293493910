//! What only rounds ask of the tables.

use jiff::Timestamp;

use super::statements::{Rewritten, Write};
use super::{Store, StoreError, StoredInterview, rows};
use crate::core::interview::{InterviewId, Seq};
use crate::core::whereabouts::{Person, Place};

impl Store {
    /// The open round of a channel.
    pub async fn round_in(&self, channel: &Place) -> Result<Option<StoredInterview>, StoreError> {
        let row = sqlx::query_as("SELECT * FROM interviews WHERE holds = ?").bind(&channel.0);
        Ok(row.fetch_optional(&self.reads).await?)
    }

    /// All rounds that are kept, the oldest first.
    pub async fn rounds(&self) -> Result<Vec<StoredInterview>, StoreError> {
        let rows = sqlx::query_as("SELECT * FROM interviews WHERE sort = 'round' ORDER BY id");
        Ok(rows.fetch_all(&self.reads).await?)
    }

    /// The interviews that are parts in a round.
    pub async fn parts(&self, round: InterviewId) -> Result<Vec<StoredInterview>, StoreError> {
        let rows = sqlx::query_as("SELECT * FROM interviews WHERE round = ? ORDER BY id").bind(round.0);
        Ok(rows.fetch_all(&self.reads).await?)
    }

    /// The ids of all rounds and of all parts in them.
    pub async fn ids_in_rounds(&self) -> Result<Vec<InterviewId>, StoreError> {
        let ids: Vec<i64> =
            sqlx::query_scalar("SELECT id FROM interviews WHERE sort = 'round' OR round IS NOT NULL")
                .fetch_all(&self.reads)
                .await?;
        Ok(ids.into_iter().map(InterviewId).collect())
    }

    /// The platform's id of the thread under a message of an interview, if one was made.
    pub async fn thread_of(&self, interview: InterviewId) -> Result<Option<String>, StoreError> {
        let id = sqlx::query_scalar(
            "SELECT receipt FROM outbox WHERE interview = ? AND way = 'thread' AND status = 'sent'",
        );
        let id: Option<Option<String>> = id.bind(interview.0).fetch_optional(&self.reads).await?;
        Ok(id.flatten())
    }

    /// Marks a card as out that nothing else hangs on.
    pub async fn mark_sent(
        &self,
        interview: InterviewId,
        seq: Seq,
        receipt: Option<String>,
    ) -> Result<(), StoreError> {
        self.writer.write(Write::Sent(interview, seq, receipt)).await.map(drop)
    }

    /// Gives one step up; what comes after it goes on.
    pub async fn leave_out(&self, interview: InterviewId, seq: Seq) -> Result<(), StoreError> {
        self.writer.write(Write::LeaveOut(interview, seq)).await.map(drop)
    }

    /// Removes a part in a round, or a round with all parts in it; words and all.
    pub async fn remove(&self, id: InterviewId) -> Result<(), StoreError> {
        self.writer.write(Write::Remove(id)).await.map(drop)
    }

    /// Lets an interview or a round be looked at again at `wake_at`. Its next input writes its own.
    pub async fn wake(&self, id: InterviewId, wake_at: Timestamp) -> Result<(), StoreError> {
        self.writer.write(Write::Wake(id, wake_at)).await.map(drop)
    }

    /// Whether something is still to be shown under the post of a round.
    pub async fn has_reveal_waiting(&self, round: InterviewId) -> Result<bool, StoreError> {
        let waiting = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM outbox WHERE interview = ? AND way = 'under' \
             AND status IN ('queued', 'sending'))",
        );
        Ok(waiting.bind(round.0).fetch_one(&self.reads).await?)
    }

    /// Removes what somebody said in a round before this part of theirs.
    pub async fn remove_earlier(
        &self,
        round: InterviewId,
        person: &Person,
        part: InterviewId,
    ) -> Result<(), StoreError> {
        self.writer.write(Write::RemoveEarlier(round, person.clone(), part)).await.map(drop)
    }

    /// Writes a round of which somebody was forgotten. False if it took an input in the meantime.
    pub async fn rewrite_round(
        &self,
        id: InterviewId,
        version: i64,
        plan: String,
        state: String,
        wake_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let rewritten = Rewritten { id, version, plan, state, wake_at };
        Ok(self.writer.write(Write::Rewrite(Box::new(rewritten))).await? == 1)
    }

    pub(super) async fn hosted(
        &self,
        person: &Person,
    ) -> Result<Vec<(InterviewId, Place, Timestamp)>, StoreError> {
        let rows: Vec<(i64, String, i64)> = sqlx::query_as(
            "SELECT id, place, active_at FROM interviews WHERE person = ? AND sort = 'round' ORDER BY id",
        )
        .bind(&person.0)
        .fetch_all(&self.reads)
        .await?;
        let hosted =
            rows.into_iter().map(|(id, place, at)| (InterviewId(id), Place(place), rows::timestamp(at)));
        Ok(hosted.collect())
    }
}
