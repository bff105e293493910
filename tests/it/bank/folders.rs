//! A folder adds to the shipped bank: tracks, other tracks of the same name, and other general traps.

use std::path::Path;

use riposte::core::bank::Bank;
use riposte::core::bank::load;
use riposte::core::grading::Grader;
use riposte::library;

use super::{errors, topic};
use crate::support::fixtures;

/// A file as authors write it in five minutes.
fn minimal(id: &str) -> String {
    format!(
        "topic = \"Basics\"\n\n[[questions]]\nid = \"{id}\"\nask = \"What is ownership?\"\n\n[questions.model]\n\
         claim = \"Every value has one owner. It is dropped with its owner.\"\n\
         explanation = \"So no garbage collector is needed.\"\nexample = \"A vector moved into a function.\"\n"
    )
}

/// The shipped bank with a folder of these files.
fn check(name: &str, files: &[(&str, &str)]) -> Bank {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join(name);
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let (bank, problems) = load::load(&library::shipped_with(library::folder(&root).unwrap()));
    assert!(errors(&problems).is_empty(), "{problems:?}");
    bank
}

fn questions(bank: &Bank, track: &str) -> Vec<String> {
    let of_track = bank.questions.iter().filter(|question| question.track == track);
    of_track.map(|question| question.id.to_string()).collect()
}

fn general() -> String {
    std::fs::read_to_string(fixtures().join("bank/general.toml")).unwrap()
}

#[test]
fn question_with_id_ask_and_model_alone_works() {
    let (bank, problems) = topic(&minimal("ownership"));
    assert_eq!(
        problems,
        ["track/topic.toml:3:1: warning: question `ownership` is untrapped, so it gets the general traps; \
         add `[[questions.traps]]`",]
    );
    let question = &bank.questions[0];
    let points: Vec<_> =
        question.points.iter().map(|point| (point.id.as_str(), point.key, point.idea.as_str())).collect();
    assert_eq!(
        points,
        [
            ("sentence-1", true, "Every value has one owner."),
            ("sentence-2", false, "It is dropped with its owner."),
            ("sentence-3", false, "So no garbage collector is needed."),
            ("sentence-4", false, "A vector moved into a function."),
        ]
    );
    let assessment =
        crate::support::grader::of(&bank).prepare(question).answer("every value has exactly one owner");
    assert_eq!(assessment.points.len(), 4);
}

#[test]
fn folder_adds_a_track() {
    let bank = check("mine", &[("rust/basics.toml", &minimal("ownership"))]);
    assert_eq!(questions(&bank, "rust"), ["ownership"]);
    assert_eq!(questions(&bank, "python").len(), 28);
}

#[test]
fn folder_replaces_a_track_of_the_same_name() {
    let bank = check("mine", &[("python/basics.toml", &minimal("dunder-init"))]);
    assert_eq!(questions(&bank, "python"), ["dunder-init"]);
    assert_eq!(bank.questions.len(), 1);
}

#[test]
fn folder_replaces_the_general_traps() {
    let bank = check("mine", &[("general.toml", &general()), ("rust/basics.toml", &minimal("ownership"))]);
    let traps: Vec<_> = bank.general.traps.iter().map(|trap| trap.id.as_str()).collect();
    assert_eq!(traps, ["production", "show-me", "why-so"]);
    assert_eq!(bank.general.recovery.restate, "Say the question back.");
    assert_eq!(bank.questions.len(), 29);
}

#[test]
fn files_beside_each_other_make_a_track_named_like_their_folder() {
    let bank = check("golang", &[("a.toml", &minimal("goroutine")), ("b.toml", &minimal("channel"))]);
    assert_eq!(questions(&bank, "golang"), ["goroutine", "channel"]);
    assert_eq!(bank.questions.len(), 30);
}

#[test]
fn questions_stand_in_the_order_of_their_tracks() {
    let bank = check("mine", &[("ada/a.toml", &minimal("task")), ("zig/a.toml", &minimal("comptime"))]);
    let tracks: Vec<_> = bank.questions.iter().map(|question| question.track.as_str()).collect();
    assert!(tracks.is_sorted(), "{tracks:?}");
}

#[test]
fn author_and_not_the_shipped_bank_is_blamed_for_a_doubled_id() {
    let sources = [("a-mine/rust/basics.toml", minimal("dunder-init"))];
    let added = sources.iter().map(|(path, text)| super::source(path, text.as_str())).collect();
    let (_, problems) = load::load(&library::shipped_with(added));
    let blamed: Vec<_> = errors(&problems).iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(blamed, ["a-mine/rust/basics.toml"]);
}

#[test]
fn other_files_and_deeper_folders_are_left_alone() {
    let bank = check(
        "mine",
        &[
            ("rust/basics.toml", &minimal("ownership")),
            ("rust/notes.md", "# To do"),
            ("rust/drafts/later.toml", "no TOML at all"),
            ("schema.json", "{}"),
        ],
    );
    assert_eq!(questions(&bank, "rust"), ["ownership"]);
    assert!(library::folder(Path::new("no/such/folder")).is_err());
}
