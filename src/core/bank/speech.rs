//! Text as speech: sentences, and how long they take to say.

/// Spoken words a minute; the usual figure for English in conversation is 140 to 160.
const WORDS_PER_MINUTE: u64 = 150;

/// The seconds it takes to say `text`, at 150 words a minute. Code in fenced blocks is shown, not said.
pub fn spoken_seconds(text: &str) -> u64 {
    let mut fenced = false;
    let mut words = 0;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            words += line.split_whitespace().count() as u64;
        }
    }
    (words * 60).div_ceil(WORDS_PER_MINUTE)
}

/// The sentences of a text, without its fenced blocks. A full stop inside `code` or a word ends nothing.
pub fn sentences(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (index, passage) in text.split("```").enumerate() {
        if index % 2 == 0 {
            split_passage(passage, &mut found);
        }
    }
    found
}

fn split_passage(passage: &str, found: &mut Vec<String>) {
    let mut sentence = String::new();
    let mut in_code = false;
    let mut characters = passage.chars().peekable();
    while let Some(character) = characters.next() {
        sentence.push(character);
        if character == '`' {
            in_code = !in_code;
        }
        let at_end = characters.peek().is_none_or(|next| next.is_whitespace());
        if !in_code && at_end && matches!(character, '.' | '?' | '!' | '…') {
            push_sentence(&mut sentence, found);
        }
    }
    push_sentence(&mut sentence, found);
}

fn push_sentence(sentence: &mut String, found: &mut Vec<String>) {
    let text = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().any(char::is_alphanumeric) {
        found.push(text);
    }
    sentence.clear();
}
