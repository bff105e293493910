//! What is kept of a person can be had, and can be removed so that nobody finds it in the files.

use std::path::Path;

use jiff::SignedDuration;
use riposte::chat::{Incoming, What};
use riposte::core::card::Button;
use serde_json::Value;

use crate::support::play::{Play, a_drill};

const ME: &str = "channel:80351110224678912";
const OTHER: &str = "channel:155101607195836416";
/// Drills that each of them finished, enough for SQLite to move rows about.
const FINISHED: usize = 12;
const WORDS: &str = "xylophones change like a list does. [says mutability; reason]";

/// How often words stand in the database and everything beside it.
fn found(database: &Path, words: &str) -> usize {
    let folder = std::fs::read_dir(database.parent().unwrap()).unwrap();
    folder
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .map(|bytes| bytes.windows(words.len()).filter(|window| *window == words.as_bytes()).count())
        .sum()
}

/// Drills of two people, finished, running and waiting, over many pages of the file.
async fn lived_in() -> Play {
    let mut play = Play::new().await;
    for number in 0..FINISHED {
        for (person, place) in [(ME, "channel:1:mine"), (OTHER, "channel:1:other")] {
            play.by(person, place, a_drill()).await.unwrap();
            let answer = What::Said { to: None, text: format!("{WORDS} {number}") };
            play.by(person, place, answer).await.unwrap();
            for button in [Button::Skip, Button::Stop] {
                play.by(person, place, What::Pressed { to: None, on: None, button }).await.unwrap();
            }
        }
    }
    for (person, place) in [(ME, "channel:1:mine"), (ME, "channel:2:mine"), (OTHER, "channel:1:other")] {
        play.by(person, place, a_drill()).await.unwrap();
        play.by(person, place, What::Said { to: None, text: WORDS.to_owned() }).await.unwrap();
    }
    // A front end that breaks the rule about keys.
    play.delivered(format!("1:2:{ME}"), ME, "channel:1:mine", What::Said { to: None, text: "so".into() })
        .await
        .unwrap();
    play
}

/// S11: deleted is deleted, in the database and in its log.
#[tokio::test]
async fn s11_forgotten_person_cannot_be_found_in_the_files() {
    let mut play = lived_in().await;
    assert!(found(&play.database(), ME) > 0 && found(&play.database(), "xylophones") > 0);
    play.incoming(|done| Incoming::Forget { person: ME.into(), done }).await.unwrap();
    for words in [ME, "80351110224678912", "channel:1:mine", "channel:2:mine"] {
        assert_eq!(found(&play.database(), words), 0, "{words}");
    }
    assert!(found(&play.database(), OTHER) > 0, "others keep what is theirs");
    play.incoming(|done| Incoming::Forget { person: OTHER.into(), done }).await.unwrap();
    assert_eq!(found(&play.database(), "xylophones"), 0);
    play.restart_after(SignedDuration::from_secs(1)).await;
    assert_eq!(found(&play.database(), "xylophones"), 0);
    let begun = play.by(ME, "channel:1:mine", a_drill()).await.unwrap();
    assert_eq!(begun.last.0, 1, "they can begin anew");
}

#[tokio::test]
async fn s11_export_holds_everything_of_one_person_and_nothing_of_another() {
    let mut play = lived_in().await;
    let export = play.incoming(|done| Incoming::Export { person: ME.into(), done }).await.unwrap();
    assert!(!export.contains(OTHER));
    let export: Value = serde_json::from_str(&export).unwrap();
    assert_eq!(export["person"], ME);
    let interviews = export["interviews"].as_array().unwrap();
    assert_eq!(interviews.len(), 2);
    assert_eq!(interviews[0]["place"], "channel:1:mine");
    assert_eq!(interviews[0]["open"], true);
    assert_eq!(interviews[0]["state"]["exchange"]["utterances"][0]["text"], WORDS);
    assert_eq!(interviews[0]["plan"]["items"][0]["question"]["id"], "list-vs-tuple");
    assert_eq!(interviews[0]["cards"][0]["card"]["kind"], "ask");
    assert_eq!(interviews[0]["cards"][0]["status"], "sent");
    assert!(interviews[0]["cards"][0]["message"].is_string());
    assert_eq!(export["results"].as_array().unwrap().len(), FINISHED + 1);
    assert_eq!(export["results"][0]["result"]["record"], "answered");
    assert_eq!(export["seen"][0]["question"], "list-vs-tuple");
    play.incoming(|done| Incoming::Forget { person: ME.into(), done }).await.unwrap();
    let export = play.incoming(|done| Incoming::Export { person: ME.into(), done }).await.unwrap();
    let nothing = serde_json::json!({
        "person": ME, "rounds": [], "took_part": [], "dailies": [], "interviews": [], "results": [], "seen": []
    });
    assert_eq!(serde_json::from_str::<Value>(&export).unwrap(), nothing);
}
