//! Lists of questions and answers, as other programs export them.

use riposte::core::bank::import::{self, PROBLEMS_MAX, ROWS_MAX, RowProblem, Separator};
use riposte::core::bank::{Topic, load};

use super::{errors, riposte, source};

/// Imports a list through the program, whose output has to load; gives everything that the person sees.
fn check(list: &str) -> String {
    let path = format!("tests/fixtures/lists/{list}");
    let (code, toml, complaints) = riposte(&["bank", "import", &path, "--topic", "Imported cards"]);
    let (bank, problems) = load::load(&[source("cards/imported.toml", toml.as_str())]);
    if !toml.is_empty() {
        assert!(errors(&problems).is_empty(), "{problems:?}");
        assert!(bank.questions.iter().all(|question| question.topic == "Imported cards"));
    }
    format!("exit {code}\n{}\n{toml}", complaints.replace("tests/fixtures/lists/", ""))
}

fn read(list: &str) -> (Topic, Vec<RowProblem>) {
    let (topic, problems) = import::read(list.as_bytes(), Separator::Tab, "Cards");
    let text = toml::to_string_pretty(&topic).unwrap();
    assert_eq!(toml::from_str::<Topic>(&text).unwrap(), topic);
    (topic, problems)
}

#[test]
fn anki_cards_lose_their_mark_up_and_keep_their_lines() {
    insta::assert_snapshot!(check("anki-cards.txt"));
}

#[test]
fn anki_notes_lose_the_columns_that_are_neither_question_nor_answer() {
    insta::assert_snapshot!(check("anki-notes.txt"));
}

#[test]
fn quizlet_terms_keep_their_quotation_marks() {
    insta::assert_snapshot!(check("quizlet.txt"));
}

#[test]
fn kotoba_deck_is_read_without_its_heading_and_settings() {
    insta::assert_snapshot!(check("kotoba.csv"));
}

#[test]
fn semicolons_of_excel_are_recognised() {
    insta::assert_snapshot!(check("excel.csv"));
}

#[test]
fn every_bad_row_is_reported_and_the_good_ones_are_imported() {
    insta::assert_snapshot!(check("bad.csv"));
}

#[test]
fn list_in_another_encoding_says_so() {
    insta::assert_snapshot!(check("utf16.csv"));
}

#[test]
fn list_of_unknown_kind_is_refused() {
    let (code, told, complaints) = riposte(&["bank", "import", "README.md"]);
    assert_eq!((code, told.as_str()), (1, ""));
    assert_eq!(complaints, "README.md: only .csv, .tsv and .txt lists can be read; rename it\n");
}

#[test]
fn quotation_mark_left_open_costs_one_row() {
    let (topic, problems) =
        read("\"open\tone\nsecond\ttwo\n\"third\"\tthree\n\"open again\tfour\nlast\tfive\n");
    let asked: Vec<_> = topic.questions.iter().map(|question| question.ask.as_str()).collect();
    assert_eq!(asked, ["second", "third", "last"]);
    assert_eq!(problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [1, 4]);
}

#[test]
fn ids_are_unique_whatever_the_questions_are() {
    let asked = ["a", "a!", "a 2", "a?", "日", "本", "question", "question 2", "A b", "a-b"];
    let list: String = asked.iter().map(|ask| format!("{ask}\tanswer\n")).collect();
    let (topic, problems) = read(&list);
    assert!(problems.is_empty(), "{problems:?}");
    let ids: Vec<_> = topic.questions.iter().map(|question| question.id.as_str()).collect();
    assert_eq!(
        ids,
        ["a", "a-2", "a-2-2", "a-3", "question", "question-2", "question-3", "question-2-2", "a-b", "a-b-2"]
    );
}

#[test]
fn empty_list_gives_no_question() {
    for list in ["", "\n\n", "\u{feff}", "#separator:tab\n"] {
        let (topic, problems) = read(list);
        assert!(topic.questions.is_empty() && problems.is_empty(), "{list:?}");
    }
}

#[test]
fn more_rows_than_can_be_edited_are_left_out() {
    let list: String = (0..ROWS_MAX + 5).map(|number| format!("日 {number}\tanswer\n")).collect();
    let (topic, problems) = import::read(list.as_bytes(), Separator::Tab, "");
    assert_eq!((topic.questions.len(), topic.topic.as_str()), (ROWS_MAX, "Imported"));
    let told: Vec<_> = problems.iter().map(|problem| (problem.line, problem.message.as_str())).collect();
    assert_eq!(told, [(ROWS_MAX as u64 + 1, "only the first 20000 rows are read; split the list")]);
}

#[test]
fn flood_of_bad_rows_is_cut_short() {
    let (_, problems) = read(&"question without an answer\n".repeat(1_000));
    assert_eq!(problems.len(), PROBLEMS_MAX + 1);
    assert_eq!(problems[PROBLEMS_MAX].message, "800 more rows cannot be used; mend those above first");
}
