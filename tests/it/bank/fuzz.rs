//! Whatever the bytes: reading ends, never panics, and only reports places that exist.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use riposte::core::bank::import::{self, Separator};
use riposte::core::bank::load;

use super::{errors, source};

const TOPIC: &str = include_str!("../../fixtures/bank/lists.toml");
const GENERAL: &str = include_str!("../../fixtures/bank/general.toml");
const BROKEN: &str = include_str!("../../fixtures/broken/types/values.toml");
const CARDS: &str = include_str!("../../fixtures/lists/anki-cards.txt");

/// The same cases every time, few enough for a build without optimisation.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 300,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(28),
        ..ProptestConfig::default()
    }
}

/// Loads bytes as a topic and as the general traps.
fn check(bytes: &[u8]) {
    let lines = bytes.iter().filter(|&&byte| byte == b'\n').count() + 1;
    for path in ["track/topic.toml", "general.toml"] {
        let (bank, problems) = load::load(&[source(path, bytes)]);
        for problem in &problems {
            assert!((1..=lines).contains(&problem.line) && problem.column >= 1, "{problem}");
            assert!(!problem.message.is_empty() && problem.path == path, "{problem}");
        }
        if errors(&problems).is_empty() {
            assert!(bank.questions.iter().all(|question| bank.question(&question.id).is_some()));
        }
    }
}

fn check_import(bytes: &[u8]) {
    let lines = bytes.iter().filter(|&&byte| byte == b'\n').count() as u64 + 1;
    for separator in [Separator::Comma, Separator::Tab] {
        let (topic, problems) = import::read(bytes, separator, "Cards");
        for problem in &problems {
            assert!((1..=lines).contains(&problem.line), "{problem:?}");
        }
        let text = toml::to_string_pretty(&topic).unwrap();
        let (_, problems) = load::load(&[source("track/topic.toml", text)]);
        assert!(errors(&problems).is_empty(), "{problems:?}");
    }
}

/// One change to a text: a slice of it is removed, doubled, or replaced.
#[derive(Clone, Debug)]
enum Change {
    Remove,
    Double,
    Replace(Vec<u8>),
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, usize, Change)>> {
    let scrap = prop_oneof![
        Just("\"".to_owned()),
        Just("\"\"\"".to_owned()),
        Just("[[questions.points]]\n".to_owned()),
        Just("[questions]\n".to_owned()),
        Just("questions = 1\n".to_owned()),
        Just("when = { lacks = \"reason\" }\n".to_owned()),
        "[\\[\\]{}=\"'#.,\\n\\\\a-z0-9 é]{0,12}",
    ];
    let change = prop_oneof![
        Just(Change::Remove),
        Just(Change::Double),
        scrap.prop_map(|scrap| Change::Replace(scrap.into_bytes())),
        prop::collection::vec(any::<u8>(), 0..4).prop_map(Change::Replace),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), 0_usize..80, change), 1..6)
}

fn changed(text: &str, changes: &[(prop::sample::Index, usize, Change)]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for (start, length, change) in changes {
        let start = start.index(bytes.len() + 1);
        let end = (start + length).min(bytes.len());
        let slice = match change {
            Change::Remove => Vec::new(),
            Change::Double => bytes[start..end].repeat(2),
            Change::Replace(scrap) => scrap.clone(),
        };
        bytes.splice(start..end, slice);
    }
    bytes
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes_are_read_to_the_end(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&bytes);
        check_import(&bytes);
    }

    #[test]
    fn any_text_is_read_to_the_end(text in "[\\[\\]{}=\"'#.,;\t\\n\r\\\\a-z0-9é ]{0,200}") {
        check(text.as_bytes());
        check_import(text.as_bytes());
    }

    #[test]
    fn damaged_topic_is_read_to_the_end(changes in changes()) {
        check(&changed(TOPIC, &changes));
    }

    #[test]
    fn damaged_files_with_mistakes_are_read_to_the_end(changes in changes()) {
        check(&changed(BROKEN, &changes));
        check(&changed(GENERAL, &changes));
    }

    #[test]
    fn damaged_list_is_imported_to_the_end(changes in changes()) {
        check_import(&changed(CARDS, &changes));
    }
}

/// Each of these takes minutes where reading is quadratic or worse, and is through in no time where not.
#[test]
fn large_files_take_no_longer_than_they_have_to() {
    for scrap in [
        "[",
        "{a=",
        "a=[",
        "\"",
        "a.",
        "[[a]]\n",
        "a = 1\n",
        "[[questions]]\n",
        "\n",
        "é\u{0}",
        "x",
        "[[questions]]\nid = \"a\"\nask = \"\"\nmodel = 1\n",
        "&",
        "<a",
        "\"\"\"",
        "a = [\n",
        "\"a\",\"b\"\n",
        "\"a,b\n",
    ] {
        let text = scrap.repeat(50_000 / scrap.len());
        check(text.as_bytes());
        check(format!("topic = \"\"\n{text}").as_bytes());
        check_import(text.as_bytes());
        check_import(format!("#html:true\na\t{text}").as_bytes());
    }
}

#[test]
fn values_inside_values_are_no_way_to_exhaust_the_stack() {
    let keys = format!("{}a", "a.".repeat(70));
    for depth in [1, 15, 16, 17, 70, 1_000] {
        let deep = format!("{}1{}\n", format!("{{ {keys} = ").repeat(depth), "}".repeat(depth));
        check(format!("{keys} = {deep}").as_bytes());
        check(format!("topic = {deep}").as_bytes());
        check(format!("topic = {}", deep.replace('{', "{\n")).as_bytes());
        check(format!("x = {}{}\n", "[".repeat(depth), "]".repeat(depth)).as_bytes());
        check(format!("[{}a]\n", "a.".repeat(depth)).as_bytes());
    }
}
