//! The store: one process a file, private, and everything or nothing.

use std::path::Path;

use jiff::Timestamp;
use riposte::chat::{Outcome, What};
use riposte::clock::Clock;
use riposte::core::card::Way;
use riposte::core::interview::{InterviewId, Seq};
use riposte::store::{Begin, Change, Committed, NewPost, Save, Sent, Sort, Store, StoreError, Written};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};

use crate::support::fixtures;
use crate::support::play::Play;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn written(state: &str, cards: &[u32]) -> Written {
    Written {
        state: state.to_owned(),
        open: true,
        wake_at: None,
        holds: false,
        drops_queued: false,
        posts: cards
            .iter()
            .map(|seq| NewPost { seq: Seq(*seq), card: "{}".to_owned(), way: Way::Post, person: None })
            .collect(),
        records: Vec::new(),
        traps: Vec::new(),
    }
}

fn begin(key: &str, person: &str) -> Change {
    let begin = Begin {
        place: "place".into(),
        origin: "place".into(),
        person: person.into(),
        sort: Sort::Interview,
        round: None,
        daily: None,
        holder: person.into(),
        plan: "{}".to_owned(),
        questions: vec!["question".into()],
        put_back: Vec::new(),
        written: written("first", &[1]),
    };
    Change { key: key.to_owned(), at: at(0), save: None, begin: Some(begin), handled: None }
}

fn save(key: &str, id: riposte::core::interview::InterviewId, version: i64, cards: &[u32]) -> Change {
    let save = Save { id, version, person: "somebody".into(), sent: None, written: written("second", cards) };
    Change { key: key.to_owned(), at: at(1), save: Some(save), begin: None, handled: None }
}

fn sent(seq: u32) -> Sent {
    Sent { seq: Seq(seq), receipt: None, moved: None }
}

async fn count_open(store: &Store) -> usize {
    store.count_open(&"somebody".into(), &"place".into()).await.unwrap().channel
}

async fn open(folder: &tempfile::TempDir) -> Store {
    Store::open(&folder.path().join("data").join("riposte.db")).await.unwrap()
}

#[tokio::test]
async fn second_process_on_the_same_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let path = folder.path().join("data").join("riposte.db");
    let second = Store::open(&path).await.unwrap_err();
    assert!(matches!(second, StoreError::Locked(_)), "{second}");
    store.close().await;
    Store::open(&path).await.expect("a closed database can be opened again");
}

#[tokio::test]
async fn database_of_a_newer_version_is_refused_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    open(&folder).await.close().await;
    let path = folder.path().join("data").join("riposte.db");
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'from the future', 1, x'00', 0)",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    drop(connection);
    let error = Store::open(&path).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer(_)), "{error}");
    assert!(!error.to_string().contains('\n'), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn files_are_private_to_their_owner() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    store.commit(begin("a", "somebody")).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let data = folder.path().join("data");
    assert_eq!(mode(&data), 0o700);
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn same_key_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let Committed::Done(Some(id)) = store.commit(begin("a", "somebody")).await.unwrap() else { panic!() };
    assert_eq!(store.commit(begin("a", "somebody")).await.unwrap(), Committed::Duplicate(Some(id)));
    assert_eq!(count_open(&store).await, 1);
}

#[tokio::test]
async fn change_based_on_an_older_version_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let Committed::Done(Some(id)) = store.commit(begin("a", "somebody")).await.unwrap() else { panic!() };
    assert_eq!(store.commit(save("b", id, 1, &[2])).await.unwrap(), Committed::Done(None));
    assert_eq!(store.commit(save("c", id, 1, &[3])).await.unwrap(), Committed::Conflict);
    assert_eq!(store.posts_of(id).await.unwrap().len(), 2);
    assert_eq!(
        store.commit(save("c", id, 2, &[3])).await.unwrap(),
        Committed::Done(None),
        "its key is still free"
    );
}

#[tokio::test]
async fn failing_change_takes_none_of_its_group_down() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let Committed::Done(Some(id)) = store.commit(begin("a", "somebody")).await.unwrap() else { panic!() };
    // The second change posts a card at a place that is taken, which the table refuses.
    let (first, second, third) = tokio::join!(
        store.commit(begin("b", "one")),
        store.commit(save("c", id, 1, &[1])),
        store.commit(begin("d", "two")),
    );
    assert!(matches!(first, Ok(Committed::Done(Some(_)))), "{first:?}");
    assert!(second.is_err());
    assert!(matches!(third, Ok(Committed::Done(Some(_)))), "{third:?}");
    let stored = store.interview(id).await.unwrap().unwrap();
    assert_eq!((stored.version, stored.state.as_str()), (1, "first"));
}

/// F50: `database is locked` under concurrent writes.
#[tokio::test(flavor = "multi_thread")]
async fn f50_two_hundred_writers_and_a_checkpoint_never_see_a_lock() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..200 {
        let store = store.clone();
        tasks.spawn(async move { store.commit(begin(&format!("key-{number}"), "somebody")).await });
    }
    let path = folder.path().join("data").join("riposte.db");
    let mut other = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut other).await.unwrap();
    while let Some(result) = tasks.join_next().await {
        assert!(matches!(result.unwrap(), Ok(Committed::Done(Some(_)))));
    }
    assert_eq!(count_open(&store).await, 200);
}

#[tokio::test]
async fn finished_interview_is_forgotten_once_its_last_card_is_out() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let Committed::Done(Some(id)) = store.commit(begin("a", "somebody")).await.unwrap() else { panic!() };
    let mut last = save("b", id, 1, &[2]);
    let saved = last.save.as_mut().unwrap();
    saved.written.open = false;
    saved.sent = Some(sent(1));
    store.commit(last).await.unwrap();
    assert!(store.interview(id).await.unwrap().is_some(), "a card is still to be sent");
    assert!(store.mark_sending(id, Seq(2), at(2)).await.unwrap());
    let mut arrived = save("c", id, 2, &[]);
    arrived.save.as_mut().unwrap().sent = Some(sent(2));
    store.commit(arrived).await.unwrap();
    assert!(store.interview(id).await.unwrap().is_none());
    assert!(store.posts_of(id).await.unwrap().is_empty());
}

/// What a program with migration 0001 alone left behind is found again, and goes on.
#[tokio::test]
async fn database_of_migration_0001_goes_on() {
    goes_on_from(1).await;
}

/// The same rows, brought as far as a program with migration 0002 does at its start.
#[tokio::test]
async fn database_of_migration_0002_goes_on() {
    goes_on_from(2).await;
}

async fn goes_on_from(version: i64) {
    let mut play = Play::not_started();
    left_by(&play.database(), version).await;
    let later: Timestamp = "2026-11-28T05:20:00Z".parse().unwrap();
    play.clock.advance(later.duration_since(play.clock.now()));
    play.start().await;
    let other = play.store().interview(InterviewId(2)).await.unwrap();
    assert!(other.is_some(), "its place belongs to a front end that is not here, so its farewell waits");
    let stored = play.store().interview(InterviewId(1)).await.unwrap().unwrap();
    assert_eq!((stored.place, stored.origin), ("terminal".into(), "terminal".into()));
    assert_eq!(play.store().alive_at().await.unwrap(), Some(play.clock.now()));
    let seen = play.store().seen(&"terminal:me".into()).await.unwrap();
    assert_eq!((seen.questions.len(), seen.traps.len()), (1, 1));
    let everything = play.store().everything(&"terminal:me".into()).await.unwrap();
    assert_eq!(everything.records.len(), 1);
    let kinds: Vec<String> = everything.interviews[0].1.iter().map(|post| kind(&post.card)).collect();
    assert_eq!(kinds, ["ask", "trap", "note"], "it was away for more than ten minutes");
    let reply = What::Said { to: None, text: "a tuple, since it is hashable [held]".to_owned() };
    let taken = play.by("terminal:me", "terminal", reply).await.unwrap();
    assert_eq!((taken.outcome, taken.last), (Outcome::Done, Seq(4)));
}

fn kind(card: &str) -> String {
    let card: serde_json::Value = serde_json::from_str(card).unwrap();
    card["kind"].as_str().unwrap().to_owned()
}

/// Makes a database with the first migration alone, puts the rows of the fixture into it, and brings it up to
/// that migration.
async fn left_by(path: &Path, version: i64) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    for last in 1..=version {
        let mut some = sqlx::migrate!();
        some.migrations = some.migrations.iter().filter(|one| one.version <= last).cloned().collect();
        some.run(&mut connection).await.unwrap();
        if last == 1 {
            let rows = std::fs::read_to_string(fixtures().join("0001.sql")).unwrap();
            connection.execute(sqlx::AssertSqlSafe(rows)).await.unwrap();
        }
    }
    connection.close().await.unwrap();
}
