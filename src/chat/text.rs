//! What every front end does to texts before it marks them up. Pure.

use unicode_segmentation::UnicodeSegmentation;

/// How platforms count at the most: in UTF-16 units, to be on the safe side.
pub(super) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The first `code` of a line, with what stands before and after it.
pub(super) fn next_code(line: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = line.split_once('`')?;
    let (code, after) = rest.split_once('`')?;
    (!code.is_empty()).then_some((before, code, after))
}

/// Not a control character, and none that turns the direction of what follows.
pub(super) fn is_shown(character: char) -> bool {
    !character.is_control() && !matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A line in pieces of `max` UTF-16 units at the most, cut between graphemes; one at least. A grapheme that is
/// longer than that is nothing that anybody reads, and is cut between characters.
pub(super) fn pieces(line: &str, max: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut used = 0;
    let long = |grapheme: &str| length(grapheme) > max;
    let units = line.graphemes(true).flat_map(|grapheme| {
        if long(grapheme) { grapheme.chars().map(String::from).collect() } else { vec![grapheme.to_owned()] }
    });
    for unit in units {
        let wants = length(&unit);
        if used + wants > max {
            pieces.push(std::mem::take(&mut piece));
            used = 0;
        }
        used += wants;
        piece.push_str(&unit);
    }
    if !piece.is_empty() || pieces.is_empty() {
        pieces.push(piece);
    }
    pieces
}
