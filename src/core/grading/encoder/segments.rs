//! Which pieces of an answer are read together: clauses with what stands between them, packed into
//! segments that the network can take, neighbours in one segment wherever they fit.

use std::ops::Range;

use super::wordpiece::{Piece, Tokeniser};
use super::{CLAUSE_PIECES_MAX, GAP_PIECES_MAX, SEGMENT_PIECES_MAX};

/// Tokens that the network reads at once, and where the clauses stand in them.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// `[CLS]`, pieces, `[SEP]`.
    pub(super) tokens: Vec<Piece>,
    /// The first clause in it.
    first: usize,
    /// The tokens of each clause, from the first one on.
    clauses: Vec<Range<usize>>,
}

impl Segment {
    /// The tokens of a clause; `None` if it does not stand here.
    pub(super) fn clause(&self, clause: usize) -> Option<Range<usize>> {
        self.clauses.get(clause.checked_sub(self.first)?).cloned()
    }

    /// The tokens from the start of a clause to the end of the next one.
    pub(super) fn pair(&self, clause: usize) -> Option<Range<usize>> {
        Some(self.clause(clause)?.start..self.clause(clause + 1)?.end)
    }
}

/// A clause ready to be packed: the pieces between the clause before and it, and its own.
struct Part {
    gap: Vec<Piece>,
    own: Vec<Piece>,
}

/// The segments of an answer with these clauses, which stand in its order. Every clause is in one or more.
pub(super) fn segments(tokeniser: &Tokeniser, text: &str, clauses: &[Range<usize>]) -> Vec<Segment> {
    let parts = parts(tokeniser, text, clauses);
    let mut found = Vec::new();
    let mut first = 0;
    while first < parts.len() {
        let segment = pack(tokeniser, &parts, first);
        let next = first + segment.clauses.len();
        let again = parts.get(next).is_some_and(|part| {
            parts[next - 1].own.len() + part.gap.len() + part.own.len() <= SEGMENT_PIECES_MAX
        });
        // A clause is read again only where the next one then fits beside it, so this always gets on.
        first = if again { next - 1 } else { next };
        found.push(segment);
    }
    found
}

fn parts(tokeniser: &Tokeniser, text: &str, clauses: &[Range<usize>]) -> Vec<Part> {
    let pieces = |range: Range<usize>, max| tokeniser.pieces(text.get(range).unwrap_or_default(), max);
    let mut end = None;
    let part = |clause: &Range<usize>| {
        let gap = end.map_or(Vec::new(), |end| pieces(end..clause.start, GAP_PIECES_MAX));
        end = Some(clause.end);
        Part { gap, own: pieces(clause.clone(), CLAUSE_PIECES_MAX) }
    };
    clauses.iter().map(part).collect()
}

/// The segment that begins with a clause: it and those after it, as long as they fit.
fn pack(tokeniser: &Tokeniser, parts: &[Part], first: usize) -> Segment {
    let mut segment = Segment { tokens: vec![tokeniser.cls], first, clauses: Vec::new() };
    for part in &parts[first..] {
        let gap: &[Piece] = if segment.clauses.is_empty() { &[] } else { &part.gap };
        if segment.tokens.len() - 1 + gap.len() + part.own.len() > SEGMENT_PIECES_MAX {
            break;
        }
        segment.tokens.extend(gap);
        let start = segment.tokens.len();
        segment.tokens.extend(&part.own);
        segment.clauses.push(start..segment.tokens.len());
    }
    segment.tokens.push(tokeniser.sep);
    segment
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::{Segment, segments};
    use crate::core::grading::encoder::wordpiece::Tokeniser;

    /// Clauses of so many words, a comma between them, and how they were packed.
    fn packed(words: &[usize]) -> Vec<Segment> {
        let tokeniser = Tokeniser::new(["[CLS]", "[SEP]", "[UNK]", "a", ","].into_iter()).unwrap();
        let mut text = String::new();
        let mut clauses: Vec<Range<usize>> = Vec::new();
        for &count in words {
            text.push_str(if clauses.is_empty() { "" } else { ", " });
            let start = text.len();
            text.push_str(&"a ".repeat(count));
            clauses.push(start..text.len());
        }
        segments(&tokeniser, &text, &clauses)
    }

    #[track_caller]
    fn check(words: &[usize], expected: &[(&[usize], usize)]) {
        let found: Vec<(Vec<usize>, usize)> = packed(words)
            .iter()
            .map(|segment| {
                let clauses = (0..words.len()).filter(|&clause| segment.clause(clause).is_some());
                (clauses.collect(), segment.tokens.len())
            })
            .collect();
        let expected: Vec<(Vec<usize>, usize)> =
            expected.iter().map(|(clauses, tokens)| (clauses.to_vec(), *tokens)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn clauses_that_fit_are_one_segment_with_their_gaps() {
        check(&[3, 4, 5], &[(&[0, 1, 2], 2 + 12 + 2)]);
    }

    #[test]
    fn a_further_segment_begins_with_the_last_clause_of_the_one_before() {
        check(&[60, 60, 10, 50], &[(&[0, 1], 123), (&[1, 2, 3], 124)]);
    }

    #[test]
    fn a_further_segment_begins_with_the_next_clause_where_both_do_not_fit() {
        check(&[62, 64, 62], &[(&[0, 1], 127), (&[1, 2], 127)]);
        let pair = "a ".repeat(62);
        let tokeniser = Tokeniser::new(["[CLS]", "[SEP]", "[UNK]", "a", ","].into_iter()).unwrap();
        let text = format!("{pair},,,,,,,,,, {pair}");
        let clauses = [0..pair.len(), text.len() - pair.len()..text.len()];
        let found = segments(&tokeniser, &text, &clauses);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].clause(0), found[1].clause(1)), (Some(1..63), Some(1..63)));
        assert_eq!((found[0].pair(0), found[1].pair(0)), (None, None));
    }

    #[test]
    fn no_segment_is_longer_than_the_network_takes() {
        for longest in 1..=70 {
            let words: Vec<usize> = (0..200).map(|place| place * 7 % (longest + 1)).collect();
            let found = packed(&words);
            assert!(found.iter().all(|segment| segment.tokens.len() <= 128));
            assert!((0..200).all(|clause| found.iter().any(|segment| segment.clause(clause).is_some())));
        }
    }

    #[test]
    fn a_pair_holds_what_stands_between_its_clauses() {
        assert_eq!(packed(&[3, 4])[0].pair(0), Some(1..9));
        assert_eq!(packed(&[3, 0])[0].clause(1), Some(5..5));
    }
}
