//! The sentences of ARCHITECTURE.md about who may know whom, held against the source.

use std::path::{Path, PathBuf};

/// A part of the source, and what its files must not mention.
const FORBIDDEN: [(&str, &[&str]); 9] = [
    (
        "src/core",
        &[
            "crate::store",
            "crate::engine",
            "crate::chat",
            "crate::cli",
            "crate::config",
            "crate::clock",
            "crate::entropy",
            "crate::library",
            "tokio::",
            "sqlx::",
            "reqwest::",
            "serenity::",
            "slack_morphism::",
            "tracing::",
            "std::fs",
            "std::net",
            "std::env",
            "std::thread",
            "async fn",
        ],
    ),
    ("src/store", &["crate::engine", "crate::chat", "crate::cli", "crate::config", "crate::core::say"]),
    (
        "src/engine",
        &[
            "crate::cli",
            "crate::config",
            "crate::chat::terminal",
            "crate::chat::discord",
            "crate::chat::slack",
            "sqlx::",
            "serenity::",
            "slack_morphism::",
        ],
    ),
    (
        "src/chat",
        &["crate::store", "crate::engine", "crate::cli", "crate::config", "crate::library", "sqlx::"],
    ),
    ("src/chat/terminal", &["chat::discord", "chat::slack", "serenity::", "slack_morphism::"]),
    ("src/chat/discord", &["chat::terminal", "chat::slack", "slack_morphism::"]),
    ("src/chat/slack", &["chat::terminal", "chat::discord", "serenity::"]),
    ("src/config.rs", &["crate::store", "crate::engine", "crate::chat", "crate::cli"]),
    ("src/library.rs", &["crate::store", "crate::engine", "crate::chat", "crate::cli"]),
];

/// Lines of a source file at the most; beyond it, it wants to be two.
const FILE_LINES_MAX: usize = 800;

/// Words of comments that age: they say when something was written instead of why it is so.
const AGEING: [&str; 4] = ["no longer", "used to be", "currently", "for now"];

fn sources(under: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut waiting = vec![root.join(under)];
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path.strip_prefix(root).unwrap().to_owned(), text));
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{under} holds no source");
    found
}

fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(place, line)| (place + 1, line));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn nobody_knows_whom_they_must_not_know() {
    let mut faults = Vec::new();
    for (part, forbidden) in FORBIDDEN {
        for (path, text) in sources(part) {
            for (number, line) in code_lines(&text) {
                for word in forbidden.iter().filter(|word| line.contains(*word)) {
                    faults.push(format!("{}:{number}: mentions {word}", path.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn sentences_for_candidates_stand_in_one_file() {
    let mut faults = Vec::new();
    for (path, text) in
        ["src/core/interview", "src/core/round", "src/engine", "src/chat"].into_iter().flat_map(sources)
    {
        let program = text.split("#[cfg(test)]").next().unwrap();
        for (number, line) in code_lines(program) {
            if [".text(\"", ".small(\"", ".heading(\"", "hint(\""].iter().any(|call| line.contains(call)) {
                faults.push(format!("{}:{number}: a sentence outside core/say.rs", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn files_stay_readable() {
    let mut faults = Vec::new();
    for (path, text) in sources("src").into_iter().chain(sources("tests")) {
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX {
            faults.push(format!("{}: {lines} lines, at most {FILE_LINES_MAX}", path.display()));
        }
        if !text.starts_with("//!") {
            faults.push(format!("{}: says not why it exists; begin with `//!`", path.display()));
        }
    }
    for (path, text) in sources("src") {
        for (place, line) in text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("//"))
        {
            for word in AGEING.iter().filter(|word| line.contains(*word)) {
                faults.push(format!(
                    "{}:{}: `{word}` will not read the same in a year",
                    path.display(),
                    place + 1
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn example_configuration_is_the_default_and_names_every_key() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config.example.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let parsed = riposte::config::parse("config.example.toml", text.as_bytes()).unwrap();
    assert_eq!(parsed, riposte::config::Config::default());
    let uncommented: String = text.lines().map(uncommented_key).collect::<Vec<_>>().join("\n");
    let parsed = riposte::config::parse("config.example.toml", uncommented.as_bytes()).unwrap();
    assert_eq!(parsed, riposte::config::Config::default(), "the values shown are the defaults");
    let shown: toml::Table = uncommented.parse().unwrap();
    let every_key = toml::Table::try_from(riposte::config::Config::default()).unwrap();
    for (section, keys) in &every_key {
        for key in keys.as_table().unwrap().keys() {
            assert!(shown[section].get(key).is_some(), "{section}.{key} is not shown");
        }
    }
}

/// `# key = value` → `key = value`; prose stays a comment.
fn uncommented_key(line: &str) -> &str {
    match line.strip_prefix("# ") {
        Some(rest) if rest.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ')) => rest,
        _ => line,
    }
}
