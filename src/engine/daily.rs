//! Dailies: rounds that come by themselves, and what those who look after them want.
//!
//! What is due is the calendar's to say, and asked anew each time; that a date is handled once is the table's
//! to say, in the transaction that begins its round.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::intake::{failed, to_json};
use super::round::{Opened, Opening, POST, bag, later};
use super::{Engine, locked};
use crate::chat::{AboutDaily, Dailies, DailyWanted, Front, Place, Refusal};
use crate::core::calendar::{Due, Post as Coming};
use crate::core::card::{Card, CardKind};
use crate::core::choose::Filter;
use crate::core::daily::{Daily, DailyId, NEXT_SHOWN, Trouble, UNSEEN_FEW};
use crate::core::say::{self, DailyDone, DailyState};
use crate::entropy;
use crate::store::{Change, Handled, Post, SaveDaily, SavedDaily, StoreError, StoredDaily};

/// A daily that meets an open round in its channel is tried again this often.
const TRY_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(1);
/// Answers of the calendar in a row: what was missed, and what is due.
const ANSWERS_MAX: usize = 4;
/// That a date was handled is remembered this long beside the daily itself: longer than any clock is wrong.
const DATES_KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Sentences that wait to be said at the most. They are about what also stands in the list of dailies.
const WORDS_MAX: usize = 1_000;

/// A daily as somebody wants it.
struct Changed {
    id: Option<DailyId>,
    channel: Place,
    daily: Daily,
    paused: bool,
    /// The last date that counted as handled before.
    handled: Option<Date>,
    done: DailyDone,
}

impl Engine {
    /// Does what somebody wants of the dailies of a server, and tells their front end.
    pub(super) async fn take_daily(&self, about: AboutDaily) {
        let AboutDaily { key, at, person: _, place, manages, .. } = &about;
        let done = match place.server().filter(|_| *manages) {
            Some(server) => {
                let server = Place(server.to_owned());
                let done = self.change_dailies(key, *at, &about, &server).await;
                done.unwrap_or_else(|error| Err(failed(error)))
            }
            None => Err(Refusal::NotManager),
        };
        // A front end that has given up waiting has lost nothing: what counts is on disk.
        let _ = about.done.send(done);
    }

    async fn change_dailies(
        &self,
        key: &str,
        at: Timestamp,
        about: &AboutDaily,
        server: &Place,
    ) -> Result<Result<Dailies, Refusal>, StoreError> {
        let changed = match &about.wanted {
            DailyWanted::List => return self.list(server, None).await.map(Ok),
            DailyWanted::Choose => {
                return self.list(server, Some(Card::new(CardKind::Dailies))).await.map(Ok);
            }
            DailyWanted::Add { channel, wish } => {
                let channel = Place(channel.channel().to_owned());
                match wish.settle(None) {
                    Ok(daily) => Ok(Changed {
                        id: None,
                        channel,
                        daily,
                        paused: false,
                        handled: None,
                        done: DailyDone::Saved,
                    }),
                    Err(unclear) => Err(unclear.into()),
                }
            }
            DailyWanted::Edit { daily: id, .. }
            | DailyWanted::Pause(id)
            | DailyWanted::Resume(id)
            | DailyWanted::Skip(id)
            | DailyWanted::Remove(id) => match self.find_daily(server, *id).await? {
                Some((stored, daily)) => changed(&about.wanted, &stored, daily),
                None => Err(Refusal::NoSuchDaily),
            },
        };
        let Changed { id, channel, daily, paused, handled, done } = match changed {
            Ok(changed) => changed,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if channel.server() != Some(server.0.as_str()) {
            return Ok(Err(Refusal::NotManager));
        }
        if done == DailyDone::Removed {
            if let Some(id) = id {
                self.store.remove_daily(id).await?;
            }
            let card = say::daily_done(done, &daily, &channel, &DailyState::default());
            return self.list(server, Some(card)).await.map(Ok);
        }
        if !self.bank.questions.iter().any(|question| daily.filter.fits(question)) {
            return Ok(Err(Refusal::NothingFits(self.what_there_is(&daily.filter))));
        }
        let now = self.clock.now();
        let handled = match done {
            DailyDone::Skipped => {
                let handled = handled.unwrap_or(Date::MIN);
                daily.schedule.upcoming(handled, now).next().map_or(handled, |next| next.date)
            }
            // A date that only counted as handled, since it was past when the daily was saved, may come yet.
            DailyDone::Saved | DailyDone::Paused | DailyDone::Resumed | DailyDone::Removed => {
                let last = match id.zip(handled) {
                    Some((id, handled)) => self.store.last_date(id, handled).await?,
                    None => None,
                };
                daily.schedule.handled_from(now, last)
            }
        };
        let next: Vec<Coming> = daily.schedule.upcoming(handled, now).take(NEXT_SHOWN).collect();
        let save = SaveDaily {
            id,
            server: server.clone(),
            channel: channel.clone(),
            creator: about.person.clone(),
            daily: to_json(&daily),
            paused,
            handled,
            skipped: (done == DailyDone::Skipped).then_some(handled),
            wake_at: next.first().map(|next| next.at).filter(|_| !paused),
        };
        let saved = self.store.save_daily(key.to_owned(), at, save).await?;
        self.ring();
        match saved {
            SavedDaily::Saved(_) => {}
            SavedDaily::Before => return self.list(server, None).await.map(Ok),
            SavedDaily::Full => return Ok(Err(Refusal::EnoughDailies)),
        }
        let lacking = self.lacks(&channel, &daily).await;
        let state = DailyState { lacking, ..self.state_of(&channel, &daily, handled, paused).await? };
        self.list(server, Some(say::daily_done(done, &daily, &channel, &state))).await.map(Ok)
    }

    async fn find_daily(
        &self,
        server: &Place,
        id: DailyId,
    ) -> Result<Option<(StoredDaily, Daily)>, StoreError> {
        let stored = self.store.daily(id).await?;
        let stored = stored.filter(|stored| stored.channel.server() == Some(server.0.as_str()));
        Ok(stored.and_then(|stored| Some((parsed(&stored)?, stored))).map(|(daily, stored)| (stored, daily)))
    }

    /// All dailies of a server in short; with a card for all of them, if there is no other to show.
    async fn list(&self, server: &Place, card: Option<Card>) -> Result<Dailies, StoreError> {
        let mut all = Vec::new();
        let mut states = Vec::new();
        // Many of them are in one channel, which is looked at once.
        let mut lacking = BTreeMap::new();
        for stored in self.store.dailies_of(server).await? {
            let Some(daily) = parsed(&stored) else { continue };
            all.push((stored.id, say::daily_line(&daily)));
            if card.is_none() {
                let look = (stored.channel.clone(), daily.role.clone());
                let lacks = match lacking.get(&look) {
                    Some(known) => Vec::clone(known),
                    None => self.lacks(&stored.channel, &daily).await,
                };
                lacking.insert(look, lacks.clone());
                let state = DailyState {
                    trouble: trouble_of(&stored),
                    lacking: lacks,
                    ..self.state_of(&stored.channel, &daily, stored.handled, stored.paused).await?
                };
                states.push((daily, stored.channel, state));
            }
        }
        Ok(Dailies { card: card.unwrap_or_else(|| say::daily_list(&states)), all })
    }

    /// The permissions that are missing for a daily.
    async fn lacks(&self, channel: &Place, daily: &Daily) -> Vec<String> {
        match self.fronts.iter().find(|front| front.name() == channel.front()) {
            Some(front) => front.lacks(channel, daily.role.as_deref()).await,
            None => Vec::new(),
        }
    }

    /// What the calendar and the bank say of a daily.
    async fn state_of(
        &self,
        channel: &Place,
        daily: &Daily,
        handled: Date,
        paused: bool,
    ) -> Result<DailyState, StoreError> {
        let now = self.clock.now();
        let next = daily.schedule.upcoming(handled, now).take(NEXT_SHOWN).filter(|_| !paused).collect();
        let unseen = self.unseen(channel, &daily.filter).await?;
        Ok(DailyState { next, unseen, paused, ..DailyState::default() })
    }

    /// Questions that fit and were not asked in a channel.
    async fn unseen(&self, channel: &Place, filter: &Filter) -> Result<usize, StoreError> {
        let seen = self.store.seen(&bag(channel)).await?.questions;
        let fitting = self.bank.questions.iter().filter(|question| filter.fits(question));
        Ok(fitting.filter(|question| !seen.contains(&question.id)).count())
    }

    /// Posts what is due. All of them are looked at where the clock went back, since what they wait for may
    /// stand in a future that the clock was wrong about.
    pub(super) async fn keep_dailies(&self, now: Timestamp, went_back: bool) -> Result<(), StoreError> {
        let due = match went_back {
            true => self.store.live_dailies().await?,
            false => self.store.due_dailies(now).await?,
        };
        for stored in due {
            self.keep_daily(stored, now).await?;
        }
        Ok(())
    }

    async fn keep_daily(&self, stored: StoredDaily, now: Timestamp) -> Result<(), StoreError> {
        let Some(daily) = parsed(&stored) else {
            tracing::error!(daily = stored.id.0, "a daily cannot be read, so it rests");
            return self.store.wake_daily(stored.id, Timestamp::MAX).await;
        };
        let mut handled = stored.handled;
        for _ in 0..ANSWERS_MAX {
            let due = daily.schedule.due(handled, now);
            let date = match due {
                Due::Wait { until } if handled == stored.handled && stored.wake_at == Some(until) => {
                    return Ok(());
                }
                Due::Wait { until } => return self.store.wake_daily(stored.id, until).await,
                Due::Post(post) => post.date,
                Due::Missed { last, .. } => last,
            };
            let again = self.store.was_handled(stored.id, date).await?;
            let settled = match due {
                Due::Post(_) if !again => self.post_daily(&stored, &daily, date, now).await?,
                Due::Missed { first, last } if !again => {
                    let busy = Trouble::Busy { date: last };
                    let was_busy = first == last && trouble_of(&stored) == Some(busy);
                    let trouble = if was_busy { busy } else { Trouble::Missed { first, last } };
                    self.note(&stored, date, now, Some(trouble)).await?;
                    true
                }
                Due::Post(_) | Due::Missed { .. } | Due::Wait { .. } => {
                    self.note(&stored, date, now, None).await?;
                    true
                }
            };
            if !settled {
                return self.store.wake_daily(stored.id, later(now, TRY_AGAIN_AFTER)).await;
            }
            handled = date;
        }
        Ok(())
    }

    /// Begins the round of a date. False if another one is open in the channel, for which it waits.
    async fn post_daily(
        &self,
        stored: &StoredDaily,
        daily: &Daily,
        date: Date,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let opening = Opening {
            key: key(stored.id, date, now),
            at: now,
            channel: stored.channel.clone(),
            filter: daily.filter.clone(),
            seed: entropy::seed(),
            host: None,
            open_for: daily.open_for,
            role: daily.role.clone(),
            pin: daily.pin,
            handled: Some(Handled {
                daily: stored.id,
                date,
                wake_at: Some(now),
                trouble: stored.trouble.clone(),
            }),
        };
        match self.open_round(opening).await? {
            Opened::Open(_) => {
                // Said once, when it becomes true.
                if self.unseen(&stored.channel, &daily.filter).await? + 1 == UNSEEN_FEW {
                    self.tell_creator(stored, say::unseen_few(UNSEEN_FEW - 1));
                }
                Ok(true)
            }
            Opened::Before(_) => Ok(true),
            Opened::Taken(_) => {
                // Nobody is told before it is too late; then this is why.
                let busy = to_json(&Trouble::Busy { date });
                if stored.trouble.as_ref() != Some(&busy) {
                    self.store.daily_trouble(stored.id, Some(busy)).await?;
                }
                Ok(false)
            }
            Opened::NothingFits => {
                self.note(stored, date, now, Some(Trouble::NothingFits { date })).await?;
                Ok(true)
            }
        }
    }

    /// Handles a date without a post. Whoever made the daily is told the first time that something goes wrong.
    async fn note(
        &self,
        stored: &StoredDaily,
        date: Date,
        now: Timestamp,
        trouble: Option<Trouble>,
    ) -> Result<(), StoreError> {
        let noted = trouble.as_ref().map(to_json).or_else(|| stored.trouble.clone());
        let handled = Handled { daily: stored.id, date, wake_at: Some(now), trouble: noted };
        let key = key(stored.id, date, now);
        self.commit(Change { key, at: now, save: None, begin: None, handled: Some(handled) }).await?;
        let is_news = |trouble: &Trouble| {
            stored.trouble.is_none() || matches!(trouble, Trouble::Missed { .. } | Trouble::Busy { .. })
        };
        if let Some(trouble) = trouble.filter(is_news) {
            self.tell_creator(stored, say::daily_trouble(&trouble));
        }
        Ok(())
    }

    /// Says something to whoever made a daily, when their front end comes to it: the alarm waits for nobody.
    fn tell_creator(&self, stored: &StoredDaily, sentence: String) {
        let mut words = locked(&self.words);
        if !stored.creator.0.is_empty() && words.len() < WORDS_MAX {
            words.push_back((stored.creator.clone(), stored.channel.clone(), sentence));
        }
    }

    /// The post of a daily is out, so whatever went wrong is mended.
    pub(super) async fn daily_posted(&self, post: &Post) -> Result<(), StoreError> {
        match post.daily {
            Some(daily) => self.store.daily_trouble(daily, None).await,
            None => Ok(()),
        }
    }

    /// The post of a daily will not be out. The daily stays, and its next post is another try.
    pub(super) async fn daily_refused(&self, front: &dyn Front, post: &Post) -> Result<(), StoreError> {
        let Some(daily) = post.daily.filter(|_| post.seq == POST) else { return Ok(()) };
        let Some(stored) = self.store.daily(daily).await? else { return Ok(()) };
        let trouble = Trouble::Refused { date: stored.handled };
        self.store.daily_trouble(daily, Some(to_json(&trouble))).await?;
        if stored.trouble.is_none() && !stored.creator.0.is_empty() {
            front.tell(&stored.creator, &stored.channel, &say::daily_trouble(&trouble)).await;
        }
        Ok(())
    }

    /// A round was called off because its post did not appear; the courier has told why.
    pub(super) async fn daily_unseen(&self, daily: DailyId) -> Result<(), StoreError> {
        let Some(stored) = self.store.daily(daily).await? else { return Ok(()) };
        let trouble = Trouble::Refused { date: stored.handled };
        self.store.daily_trouble(daily, Some(to_json(&trouble))).await
    }

    pub(super) async fn prune_dates(&self, now: Timestamp) -> Result<(), StoreError> {
        let before = now.saturating_sub(DATES_KEPT).unwrap_or(now);
        self.store.prune_dates(jiff::tz::TimeZone::UTC.to_datetime(before).date()).await
    }

    /// Whether the clock stands before the last look at what is due.
    pub(super) fn went_back(&self, now: Timestamp) -> bool {
        locked(&self.pulse).turned_at.is_none_or(|last| now < last)
    }
}

/// What somebody wants of a daily that is there.
fn changed(wanted: &DailyWanted, stored: &StoredDaily, daily: Daily) -> Result<Changed, Refusal> {
    let same = Changed {
        id: Some(stored.id),
        channel: stored.channel.clone(),
        daily,
        paused: stored.paused,
        handled: Some(stored.handled),
        done: DailyDone::Saved,
    };
    Ok(match wanted {
        DailyWanted::Edit { channel, wish, .. } => Changed {
            channel: channel.as_ref().map_or(same.channel, |channel| Place(channel.channel().to_owned())),
            daily: wish.settle(Some(&same.daily))?,
            ..same
        },
        DailyWanted::Pause(_) => Changed { paused: true, done: DailyDone::Paused, ..same },
        DailyWanted::Resume(_) => Changed { paused: false, done: DailyDone::Resumed, ..same },
        DailyWanted::Skip(_) => Changed { done: DailyDone::Skipped, ..same },
        DailyWanted::Remove(_) => Changed { done: DailyDone::Removed, ..same },
        DailyWanted::Add { .. } | DailyWanted::List | DailyWanted::Choose => {
            return Err(Refusal::NoSuchDaily);
        }
    })
}

/// A key for the journal. It is the table of dates that keeps a date from being handled twice, however often
/// the clock comes by.
fn key(daily: DailyId, date: Date, now: Timestamp) -> String {
    format!("daily:{}:{date}:{}", daily.0, now.as_millisecond())
}

fn trouble_of(stored: &StoredDaily) -> Option<Trouble> {
    serde_json::from_str(stored.trouble.as_deref()?).ok()
}

fn parsed(stored: &StoredDaily) -> Option<Daily> {
    serde_json::from_str(&stored.daily).ok()
}
