//! Files as authors really break them: every mistake is reported once, at its place, with its cure.

use riposte::core::bank::load;

use super::{riposte, source, topic};

/// A topic that needs nothing else.
const PLAIN: &str = "topic = \"Loops\"\n\n[[questions]]\nid = \"loop-else\"\nask = \"What is `else` for?\"\n\n\
                     [questions.model]\nclaim = \"It runs if there was no `break`.\"\n";

#[test]
fn every_mistake_of_a_folder_is_reported_at_once() {
    let (code, report, complaints) = riposte(&["bank", "check", "tests/fixtures/broken"]);
    assert_eq!((code, complaints.as_str()), (1, ""));
    insta::assert_snapshot!(report.replace("tests/fixtures/broken/", ""));
}

#[test]
fn warnings_alone_are_no_failure() {
    let (code, report, _) = riposte(&["bank", "check", "tests/fixtures/warned"]);
    assert_eq!(code, 0, "{report}");
    insta::assert_snapshot!(report.replace("tests/fixtures/warned/", ""));
}

#[test]
fn broken_bank_is_refused_with_its_errors_and_without_its_warnings() {
    let (code, told, complaints) = riposte(&["bank", "test", "tests/fixtures/broken"]);
    assert_eq!((code, told.as_str()), (1, ""));
    assert!(complaints.contains("types/types.toml:5:9: "), "{complaints}");
    assert!(!complaints.contains("warning: "), "{complaints}");
}

/// What is said of one mistake in a plain topic: `from` is replaced by `to`.
fn check(from: &str, to: &str, expected: &[&str]) {
    assert!(PLAIN.contains(from), "{from}");
    let (_, problems) = topic(&PLAIN.replace(from, to));
    let told: Vec<_> = problems.iter().filter(|problem| !problem.contains("is untrapped")).collect();
    assert_eq!(told, expected);
}

#[test]
fn places_count_characters_and_lines_whatever_ends_them() {
    let before = "questions = [{ id = \"日本\", ask = \"é\", model = { claim = \"ß\" }, level = ";
    for end in ["\n", "\r\n"] {
        let (_, problems) = topic(&format!("topic = \"ü\"{end}# ö{end}{end}{before}\"top\" }}]{end}"));
        let place = format!("track/topic.toml:4:{}: `level` of", before.chars().count() + 1);
        assert!(problems.iter().any(|problem| problem.starts_with(&place)), "{place}: {problems:#?}");
    }
}

#[test]
fn likely_misspelling_is_read_as_what_was_meant() {
    check(
        "claim",
        "clam",
        &["track/topic.toml:8:1: the model answer of question `loop-else` has an unknown key `clam`; \
         did you mean `claim`?"],
    );
    check(
        "ask = \"What is `else` for?\"",
        "asks = \"\"",
        &[
            "track/topic.toml:5:1: question `loop-else` has an unknown key `asks`; did you mean `ask`?",
            "track/topic.toml:5:8: `ask` of question `loop-else` is empty; fill it in",
        ],
    );
}

#[test]
fn list_that_is_never_closed_is_reported_where_it_opens() {
    check(
        "ask = ",
        "points = [\nask = ",
        &["track/topic.toml:5:10: this list is never closed; end it with `]`"],
    );
    check(
        "claim = ",
        "also = [\n  \"one\",\n  \"two\",\n\n[[questions]]\nclaim = ",
        &["track/topic.toml:8:8: this list is never closed; end it with `]`"],
    );
}

#[test]
fn mistake_in_a_text_does_not_hide_the_next_one() {
    check(
        "What is `else` for?\"",
        "What is `else` for?\nlevel = mid",
        &[
            "track/topic.toml:5:27: this text is not closed; end it with `\"`",
            "track/topic.toml:6:9: a text needs quotation marks; write `\"…\"` around it",
        ],
    );
}

#[test]
fn samples_are_not_blamed_for_general_traps_that_cannot_be_read() {
    let sample = "\n[[questions.samples]]\nanswer = \"it runs\"\ntrap = \"in-production\"\n";
    let labelled = source("track/topic.toml", format!("{PLAIN}{sample}"));
    for general in ["[[traps]]\nid = 1\n", "not TOML", "\u{0}[[traps", "[[traps]\nid = \"a\"\n"] {
        let (_, problems) = load::load(&[source("general.toml", general), labelled.clone()]);
        assert!(problems.iter().any(|problem| problem.path == "general.toml"), "{general}");
        let blamed: Vec<_> = problems.iter().filter(|problem| problem.message.contains("trap of")).collect();
        assert!(blamed.is_empty(), "{blamed:?}");
    }
}

#[test]
fn points_that_cannot_be_read_are_not_missed_elsewhere() {
    let rest = "\n[[questions.traps]]\nid = \"t\"\nwhen = { missing = \"p\" }\nask = \"And?\"\ngood = \"So.\"\n\
                \n[[questions.traps]]\nid = \"s\"\nwhen = \"solid\"\nask = \"And?\"\ngood = \"So.\"\n\
                \n[[questions.samples]]\nanswer = \"a\"\nsays = [\"p\"]\ntrap = \"t\"\n";
    let (_, problems) =
        topic(&format!("{PLAIN}{rest}").replace("[questions.model]", "points = \"p\"\n[questions.model]"));
    assert_eq!(
        problems,
        ["track/topic.toml:7:10: `points` of question `loop-else` cannot be a text; begin each point with \
         `[[questions.points]]`, in two brackets",]
    );
}

#[test]
fn flood_of_problems_is_cut_short() {
    let text = (0..1_000).map(|number| format!("key-{number} = 1\n")).collect::<String>();
    let (_, problems) = topic(&format!("{text}{PLAIN}"));
    let shown = problems.iter().filter(|problem| problem.contains("unknown key")).count();
    assert_eq!(shown, 200);
    assert!(problems.iter().any(|problem| problem.contains("there are more errors than the 200 shown")));
}
