//! How much of somebody's own words is quoted: enough to be understood without the rest.
//!
//! What shows a statement is found clause by clause, and a clause often ends before what matters ("If I am not
//! sure what is inside now"). People recognise sentences. So the sentence around it is quoted, and of a long one
//! as many of its parts as are read at a glance.

use std::ops::Range;

/// Characters of a quotation at the most, unless the clause alone is longer: about two lines on a phone.
const CHARS_MAX: usize = 140;

/// The range to quote for what was found at `found`.
pub fn around(text: &str, found: &Range<usize>) -> Range<usize> {
    let Some((before, words)) = text.get(..found.end).and_then(|text| text.split_at_checked(found.start))
    else {
        return found.clone();
    };
    // What is found may bring the end of its sentence along.
    let last = words.trim_end().char_indices().next_back().map_or(found.end, |(at, _)| found.start + at);
    let start = ends(before, ends_sentence).last().unwrap_or(0);
    let end = ends(&text[last..], ends_sentence).next().map_or(text.len(), |end| last + end);
    if fits(text, start, end) {
        return trimmed(text, start..end);
    }
    let part = |at: &usize| (start..=end).contains(at);
    let mut left = ends(before, ends_part).chain([start]).filter(part).collect::<Vec<_>>();
    left.sort_unstable();
    let mut right = ends(&text[last..], ends_part).map(|at| last + at).chain([end]).filter(part);
    let mut quoted = left.pop().unwrap_or(found.start)..right.next().unwrap_or(found.end);
    if !fits(text, quoted.start, quoted.end) {
        return trimmed(text, found.clone());
    }
    // What follows a clause tells more of it than what went before.
    while let Some(end) = right.next().filter(|end| fits(text, quoted.start, *end)) {
        quoted.end = end;
    }
    while let Some(start) = left.pop().filter(|start| fits(text, *start, quoted.end)) {
        quoted.start = start;
    }
    trimmed(text, quoted)
}

/// The places right behind each end of something.
fn ends(text: &str, ends: fn(char, Option<char>) -> bool) -> impl Iterator<Item = usize> {
    let next = |at: usize| text[at..].chars().next();
    let found = text.char_indices().map(|(at, char)| (at + char.len_utf8(), char));
    found.filter(move |(behind, char)| ends(*char, next(*behind))).map(|(behind, _)| behind)
}

/// A full stop within a number, a name or code ends nothing.
fn ends_sentence(char: char, next: Option<char>) -> bool {
    let at_end = next.is_none_or(char::is_whitespace);
    char == '\n' || (matches!(char, '.' | '!' | '?' | ';' | '…') && at_end)
}

fn ends_part(char: char, next: Option<char>) -> bool {
    matches!(char, ',' | ':' | '—' | '–') && next.is_none_or(char::is_whitespace)
}

fn fits(text: &str, start: usize, end: usize) -> bool {
    text[start..end].chars().count() <= CHARS_MAX
}

/// Without what stands between it and the rest.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let is_outside = |char: char| char.is_whitespace() || matches!(char, '.' | ',' | ';' | ':' | '—' | '–');
    let words = text[range.clone()].trim_end_matches(is_outside);
    let inner = words.trim_start_matches(is_outside);
    let start = range.start + words.len() - inner.len();
    if inner.is_empty() { range } else { start..start + inner.len() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, found: &str, quoted: &str) {
        let start = text.find(found).unwrap();
        assert_eq!(&text[around(text, &(start..start + found.len()))], quoted);
    }

    #[test]
    fn sentence_around_a_clause_is_quoted() {
        let text = "Variables are names. If I am not sure what is in there now, I ask isinstance(v, list).";
        check(text, "If I am not sure", "If I am not sure what is in there now, I ask isinstance(v, list)");
        check(text, "Variables", "Variables are names");
        check("One list. And so on", "One list.", "One list");
        check("its the same\nonly brackets differ", "only brackets", "only brackets differ");
    }

    #[test]
    fn full_stop_in_a_number_or_in_code_ends_no_sentence() {
        check(
            "so 7 / 2 was 3.5, and d.copy() is shallow",
            "is shallow",
            "so 7 / 2 was 3.5, and d.copy() is shallow",
        );
    }

    #[test]
    fn of_a_long_sentence_its_parts_are_quoted_as_far_as_they_are_read_at_a_glance() {
        let text = "I would say a list is for things that come and go over time, a tuple is for a record whose \
                    places have a meaning, and a set is there to throw away whatever comes twice, which is why \
                    I like it";
        let quoted = "a tuple is for a record whose places have a meaning, and a set is there to throw away \
                      whatever comes twice, which is why I like it";
        check(text, "a tuple is for a record", quoted);
        check(&"word ".repeat(100), "word", "word");
    }

    proptest! {
        #[test]
        fn whatever_is_found_stands_in_what_is_quoted(
            text in "([a-zé]{1,9}[ ,.:;!?\\n—]{1,2}){1,80}",
            at in 0.0..1.0f64,
        ) {
            let words: Vec<&str> = text.split([' ', ',', '.', ':', ';', '!', '?', '\n', '—']).filter(|word| !word.is_empty()).collect();
            let word = words[(at * words.len() as f64) as usize];
            let start = word.as_ptr() as usize - text.as_ptr() as usize;
            let found = start..start + word.len();
            let quoted = around(&text, &found);
            prop_assert!(quoted.start <= found.start && found.end <= quoted.end);
            prop_assert!(text[quoted].chars().count() <= CHARS_MAX);
        }
    }
}
