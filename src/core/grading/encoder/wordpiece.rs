//! Text to word pieces, exactly as BERT's uncased tokeniser cuts it: lower case, no accents, punctuation
//! and CJK characters alone, then the longest pieces of the vocabulary from left to right.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Longer words are unknown as a whole, in characters; BERT's own bound, and what keeps cutting linear.
const WORD_CHARS_MAX: usize = 100;

/// A word piece: its place in the vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece(pub(super) u32);

/// Cuts texts into word pieces.
#[derive(Clone, Debug)]
pub(super) struct Tokeniser {
    pieces: BTreeMap<Box<str>, Piece>,
    /// Stands before every text.
    pub(super) cls: Piece,
    /// Stands after every text.
    pub(super) sep: Piece,
    unknown: Piece,
}

impl Tokeniser {
    /// A tokeniser of a vocabulary, its pieces in order; the name of what it lacks if it is no use.
    pub(super) fn new<'a>(vocabulary: impl Iterator<Item = &'a str>) -> Result<Self, &'static str> {
        let pieces: BTreeMap<Box<str>, Piece> =
            vocabulary.zip(0..).map(|(piece, place)| (piece.into(), Piece(place))).collect();
        let special = |name: &'static str| pieces.get(name).copied().ok_or(name);
        let (cls, sep, unknown) = (special("[CLS]")?, special("[SEP]")?, special("[UNK]")?);
        Ok(Self { pieces, cls, sep, unknown })
    }

    /// How many pieces there are.
    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// The first pieces of a text, `max` at the most, without `[CLS]` and `[SEP]`.
    pub(super) fn pieces(&self, text: &str, max: usize) -> Vec<Piece> {
        let mut found = Vec::new();
        for word in spaced(text).split_whitespace() {
            self.cut(word, &mut found);
            if found.len() >= max {
                found.truncate(max);
                break;
            }
        }
        found
    }

    /// The longest pieces of a word from left to right; the unknown piece if a part of it has none.
    fn cut(&self, word: &str, found: &mut Vec<Piece>) {
        let before = found.len();
        let ends: Vec<usize> = word.char_indices().map(|(start, c)| start + c.len_utf8()).collect();
        let mut start = 0;
        // A piece inside a word is written with two signs before it.
        let mut key = String::with_capacity(2 + word.len());
        while start < word.len() && ends.len() <= WORD_CHARS_MAX {
            let marked = if start == 0 { "" } else { "##" };
            let longest = ends.iter().rev().take_while(|&&end| end > start).find_map(|&end| {
                key.clear();
                key.push_str(marked);
                key.push_str(&word[start..end]);
                Some((end, *self.pieces.get(key.as_str())?))
            });
            let Some((end, piece)) = longest else { break };
            found.push(piece);
            start = end;
        }
        if start < word.len() {
            found.truncate(before);
            found.push(self.unknown);
        }
    }
}

/// A text in lower case without accents and control characters, with spaces around everything that is
/// a word of its own.
fn spaced(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for c in text.chars() {
        let space =
            c.general_category() == GeneralCategory::SpaceSeparator || matches!(c, '\t' | '\n' | '\r');
        if space {
            kept.push(' ');
        } else if is_cjk(c) {
            kept.extend([' ', c, ' ']);
        } else if c != '\u{fffd}' && c.general_category_group() != GeneralCategoryGroup::Other {
            kept.push(c);
        }
    }
    let mut found = String::with_capacity(kept.len());
    for c in kept.to_lowercase().nfd() {
        if c.general_category() == GeneralCategory::NonspacingMark {
            continue;
        }
        if is_punctuation(c) {
            found.extend([' ', c, ' ']);
        } else {
            found.push(c);
        }
    }
    found
}

/// What BERT calls punctuation: all signs of ASCII as well, so that `$` and `+` stand alone.
fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation() || c.general_category_group() == GeneralCategoryGroup::Punctuation
}

/// The blocks of Chinese characters, which are written without spaces between words.
fn is_cjk(c: char) -> bool {
    matches!(u32::from(c), 0x4e00..=0x9fff | 0x3400..=0x4dbf | 0x2_0000..=0x2_a6df | 0x2_a700..=0x2_b73f
        | 0x2_b740..=0x2_b81f | 0x2_b820..=0x2_ceaf | 0xf900..=0xfaff | 0x2_f800..=0x2_fa1f)
}

#[cfg(test)]
mod tests {
    use super::{Piece, Tokeniser};

    const VOCABULARY: [&str; 12] =
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "tup", "##le", "##les", "cafe", "`", "is", "日", "not"];

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let tokeniser = Tokeniser::new(VOCABULARY.into_iter()).unwrap();
        let found: Vec<&str> =
            tokeniser.pieces(text, 62).into_iter().map(|Piece(place)| VOCABULARY[place as usize]).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_word_is_cut_into_the_longest_pieces() {
        check("Tuples", &["tup", "##les"]);
    }

    #[test]
    fn a_word_with_a_part_that_has_no_piece_is_unknown_as_a_whole() {
        check("tuplex is", &["[UNK]", "is"]);
    }

    #[test]
    fn accents_and_invisible_characters_do_not_count() {
        check("CAFÉ ca\u{200b}fe\u{301}", &["cafe", "cafe"]);
    }

    #[test]
    fn punctuation_and_chinese_characters_stand_alone() {
        check("`is`日日", &["`", "is", "`", "日", "日"]);
    }

    #[test]
    fn every_kind_of_space_parts_words() {
        check("is\u{a0}is\u{2028}is\tis", &["is"; 4]);
    }

    #[test]
    fn a_word_of_more_than_100_characters_is_unknown() {
        check(&format!("tup{}", "le".repeat(49)), &["[UNK]"]);
        check(&"is".repeat(51), &["[UNK]"]);
    }

    #[test]
    fn a_long_text_is_cut_off() {
        check(&"is ".repeat(100), &["is"; 62]);
    }
}
