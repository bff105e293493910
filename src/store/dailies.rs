//! The tables of dailies.

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::sqlite::SqliteConnection;

use super::statements::Write;
use super::{SaveDaily, SavedDaily, Store, StoreError, StoredDaily};
use crate::core::daily::{DAILIES_MAX, DailyId};
use crate::core::whereabouts::{Person, Place};

/// Dailies looked at in one turn at the most; what is left is looked at in the next.
const DUE_MAX: i64 = 100;
/// No id: the writer counts in numbers, and this one says that the key was there.
const BEFORE: u64 = u64::MAX;

impl Store {
    /// Stores a daily, once for each key.
    pub async fn save_daily(
        &self,
        key: String,
        at: Timestamp,
        save: SaveDaily,
    ) -> Result<SavedDaily, StoreError> {
        let id = self.writer.write(Write::SaveDaily(key, at, Box::new(save))).await?;
        Ok(match i64::try_from(id) {
            Ok(0) => SavedDaily::Full,
            Ok(id) => SavedDaily::Saved(DailyId(id)),
            Err(_) => SavedDaily::Before,
        })
    }

    /// Whether a date of a daily was handled.
    pub async fn was_handled(&self, id: DailyId, date: Date) -> Result<bool, StoreError> {
        let handled = "SELECT EXISTS (SELECT 1 FROM daily_dates WHERE daily = ? AND date = ?)";
        let handled = sqlx::query_scalar(handled).bind(id.0).bind(date.to_string());
        Ok(handled.fetch_one(&self.reads).await?)
    }

    /// Removes a daily. False if it was gone.
    pub async fn remove_daily(&self, id: DailyId) -> Result<bool, StoreError> {
        Ok(self.writer.write(Write::RemoveDaily(id)).await? == 1)
    }

    /// Writes what went wrong with a daily, as JSON.
    pub async fn daily_trouble(&self, id: DailyId, trouble: Option<String>) -> Result<(), StoreError> {
        self.writer.write(Write::DailyTrouble(id, trouble)).await.map(drop)
    }

    /// Lets a daily be looked at again at `wake_at`.
    pub async fn wake_daily(&self, id: DailyId, wake_at: Timestamp) -> Result<(), StoreError> {
        self.writer.write(Write::WakeDaily(id, wake_at)).await.map(drop)
    }

    /// Forgets that dates before this one were handled: the dailies themselves know.
    pub async fn prune_dates(&self, before: Date) -> Result<(), StoreError> {
        self.writer.write(Write::PruneDates(before)).await.map(drop)
    }

    /// The last date up to this one that was posted, missed or left out.
    pub async fn last_date(&self, id: DailyId, until: Date) -> Result<Option<Date>, StoreError> {
        let last = sqlx::query_scalar("SELECT max(date) FROM daily_dates WHERE daily = ? AND date <= ?");
        let last: Option<String> = last.bind(id.0).bind(until.to_string()).fetch_one(&self.reads).await?;
        Ok(last.and_then(|date| date.parse().ok()))
    }

    /// A daily.
    pub async fn daily(&self, id: DailyId) -> Result<Option<StoredDaily>, StoreError> {
        let row = sqlx::query_as("SELECT * FROM dailies WHERE id = ?").bind(id.0);
        Ok(row.fetch_optional(&self.reads).await?)
    }

    /// The dailies of a server.
    pub async fn dailies_of(&self, server: &Place) -> Result<Vec<StoredDaily>, StoreError> {
        let rows = sqlx::query_as("SELECT * FROM dailies WHERE server = ? ORDER BY id").bind(&server.0);
        Ok(rows.fetch_all(&self.reads).await?)
    }

    /// The dailies that are to be looked at.
    pub async fn due_dailies(&self, now: Timestamp) -> Result<Vec<StoredDaily>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT * FROM dailies WHERE wake_at <= ? AND paused = 0 ORDER BY wake_at, id LIMIT ?",
        );
        Ok(rows.bind(now.as_millisecond()).bind(DUE_MAX).fetch_all(&self.reads).await?)
    }

    /// All dailies that do not rest.
    pub async fn live_dailies(&self) -> Result<Vec<StoredDaily>, StoreError> {
        let rows = sqlx::query_as("SELECT * FROM dailies WHERE paused = 0 ORDER BY id");
        Ok(rows.fetch_all(&self.reads).await?)
    }

    pub(super) async fn dailies_by(&self, person: &Person) -> Result<Vec<StoredDaily>, StoreError> {
        let rows = sqlx::query_as("SELECT * FROM dailies WHERE creator = ? ORDER BY id").bind(&person.0);
        Ok(rows.fetch_all(&self.reads).await?)
    }
}

/// The id of what was saved; 0 if there is no room for it, and [`BEFORE`] if the key was there.
pub(super) async fn save(
    connection: &mut SqliteConnection,
    key: &str,
    at: Timestamp,
    save: &SaveDaily,
) -> Result<u64, sqlx::Error> {
    let journal = sqlx::query("INSERT INTO journal (key, at) VALUES (?, ?) ON CONFLICT DO NOTHING");
    let journal = journal.bind(key).bind(at.as_millisecond()).execute(&mut *connection).await?;
    if journal.rows_affected() == 0 {
        return Ok(BEFORE);
    }
    let wake_at = save.wake_at.map(Timestamp::as_millisecond);
    let saved = match save.id {
        None => sqlx::query_scalar(
            "INSERT INTO dailies (server, channel, creator, daily, paused, handled, wake_at) \
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 \
             WHERE (SELECT count(*) FROM dailies WHERE server = ?1) < ?8 RETURNING id",
        )
        .bind(&save.server.0),
        Some(_) => sqlx::query_scalar(
            "UPDATE dailies SET channel = ?2, creator = ?3, daily = ?4, paused = ?5, handled = ?6, \
             wake_at = ?7, trouble = NULL WHERE id = ?8 AND server = ?1 RETURNING id",
        )
        .bind(&save.server.0),
    };
    let max = i64::try_from(DAILIES_MAX).unwrap_or(i64::MAX);
    let saved = saved.bind(&save.channel.0).bind(&save.creator.0).bind(&save.daily).bind(save.paused);
    let saved = saved.bind(save.handled.to_string()).bind(wake_at);
    let saved: Option<i64> =
        saved.bind(save.id.map_or(max, |id| id.0)).fetch_optional(&mut *connection).await?;
    if let (Some(id), Some(date)) = (saved, save.skipped) {
        let skip = "INSERT INTO daily_dates (daily, date) VALUES (?, ?) ON CONFLICT DO NOTHING";
        sqlx::query(skip).bind(id).bind(date.to_string()).execute(connection).await?;
    }
    Ok(saved.and_then(|id| u64::try_from(id).ok()).unwrap_or(0))
}
