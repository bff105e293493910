//! Text as the lexical reader sees it: tokens with their stems, and clauses with their bytes.
//!
//! Exists so that a statement can be looked for clause by clause and shown with the candidate's own
//! words. It never panics, whatever the text, never cuts inside a character, and looks at no more
//! than [`TEXT_CHARS_MAX`] characters.

use std::ops::Range;
use std::sync::Arc;

use rust_stemmers::{Algorithm, Stemmer};

/// How many characters of a text are read: the longest message of any platform. What follows is not
/// assessed, which bounds time and memory for any input.
pub(crate) const TEXT_CHARS_MAX: usize = 4_000;

/// Pieces of fewer words than this say too little alone and join the piece before.
const CLAUSE_WORDS_MIN: usize = 4;

/// Longer words are cut: no word of any language needs more, and stems stay cheap.
const WORD_CHARS_MAX: usize = 64;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A word with a meaning of its own.
    Content,
    /// A word of the grammar: *the*, *of*, *which*.
    Function,
    /// *not*, *never*, *no*: turns round what follows in its clause.
    Negation,
    /// An operator, or a word of the grammar written as code (`` `is` ``).
    Code,
    /// A part of the identifier before it (`total` in `total_price`).
    Part,
}

/// One word or operator.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// Its bytes in the text.
    pub(crate) range: Range<usize>,
    /// Lower case, straight apostrophes.
    pub(crate) word: String,
    /// The form that is compared.
    pub(crate) stem: Arc<str>,
    /// What it is.
    pub(crate) kind: TokenKind,
    /// Whether it stands between backticks.
    pub(crate) in_code: bool,
    /// Whether an odd number of negations stands before it in its clause.
    pub(crate) negated: bool,
}

/// A stretch of text that makes one statement, more or less.
#[derive(Clone, Debug)]
pub(crate) struct Clause {
    /// Its bytes in the text, trimmed.
    pub(crate) range: Range<usize>,
    /// Its tokens.
    pub(crate) tokens: Range<usize>,
}

/// A text taken apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text {
    /// All tokens in order.
    pub(crate) tokens: Vec<Token>,
    /// All clauses in order; every token is in exactly one.
    pub(crate) clauses: Vec<Clause>,
}

/// Words looked up before, with their stems: a bank says the same words over and over. Only for
/// speed; what is not here is worked out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    known: Table<String, (TokenKind, Arc<str>)>,
}

/// A table that things are looked up in, quickly.
#[expect(clippy::disallowed_types, reason = "it is never iterated, so its order cannot show")]
pub(crate) type Table<K, V> = std::collections::HashMap<K, V>;

impl Words {
    /// Takes up the words of a text.
    pub(crate) fn learn(&mut self, text: &str) {
        for word in text.split(|c: char| !is_word_char(c)).filter(|word| !word.is_empty()) {
            let word = word.to_lowercase();
            self.known.entry(word).or_insert_with_key(|word| classify(word));
        }
    }

    fn find(&self, word: &str) -> (TokenKind, Arc<str>) {
        self.known.get(word).cloned().unwrap_or_else(|| classify(word))
    }
}

impl Text {
    /// Takes a text apart.
    pub(crate) fn new(text: &str, words: &Words) -> Self {
        let text = beginning(text);
        let mut tokens = tokens(text, words);
        let clauses = clauses(text, &tokens);
        for clause in &clauses {
            mark_negated(&mut tokens[clause.tokens.clone()]);
        }
        Self { tokens, clauses }
    }

    /// The words that were written, without the parts of identifiers.
    pub(crate) fn words(&self) -> impl Iterator<Item = &Token> {
        self.tokens.iter().filter(|token| token.kind != TokenKind::Part)
    }
}

/// The part of a text that is read.
pub(crate) fn beginning(text: &str) -> &str {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// Whether a word belongs to the grammar rather than to a subject.
pub(crate) fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.binary_search(&word).is_ok()
}

/// The form in which a word is compared: its Snowball stem.
pub(crate) fn stem(word: &str) -> String {
    if !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return word.to_owned();
    }
    Stemmer::create(Algorithm::English).stem(word).into_owned()
}

/// Cuts a text into tokens.
fn tokens(text: &str, words: &Words) -> Vec<Token> {
    let mut found = Vec::with_capacity(text.len() / 4);
    let mut in_code = false;
    let mut rest = text.char_indices().peekable();
    while let Some((start, first)) = rest.next() {
        if first == '`' {
            // A fence is three backticks: it toggles three times, which is once.
            in_code = !in_code;
        } else if is_word_char(first) {
            let mut end = start + first.len_utf8();
            while let Some(&(at, next)) = rest.peek() {
                if !continues_word(text, at, next) {
                    break;
                }
                end = at + next.len_utf8();
                rest.next();
            }
            push_word(&mut found, text, start..end, in_code, words);
        } else if is_operator_char(first) {
            let mut end = start + first.len_utf8();
            while let Some(&(at, next)) = rest.peek() {
                if !is_operator_char(next) {
                    break;
                }
                end = at + next.len_utf8();
                rest.next();
            }
            push_operator(&mut found, text, start..end, in_code);
        }
    }
    found
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

fn is_operator_char(c: char) -> bool {
    matches!(c, '=' | '+' | '*' | '<' | '>' | '!' | '%' | '@' | '→' | '-' | '/' | '≠' | '[' | '{' | '&')
}

/// Whether the character at `at` goes on with the word before it: apostrophes and decimal points do
/// between two word characters.
fn continues_word(text: &str, at: usize, c: char) -> bool {
    if is_word_char(c) || is_combining(c) {
        return true;
    }
    let after = text[at + c.len_utf8()..].chars().next();
    match c {
        '\'' | '’' => after.is_some_and(char::is_alphabetic),
        '.' => {
            after.is_some_and(|c| c.is_ascii_digit()) && text[..at].ends_with(|c: char| c.is_ascii_digit())
        }
        _ => false,
    }
}

fn push_word(found: &mut Vec<Token>, text: &str, range: Range<usize>, in_code: bool, words: &Words) {
    let surface = &text[range.clone()];
    let end = surface.char_indices().nth(WORD_CHARS_MAX).map_or(surface.len(), |(at, _)| at);
    let surface = &surface[..end];
    let mut word = surface.to_lowercase();
    if let Some(apostrophe) = word.find(['\'', '’']) {
        let is_not = word.ends_with("n't") || word.ends_with("n’t");
        // "it's", "they're": what stands before the apostrophe is the word; "don't" is two words.
        word.truncate(apostrophe - usize::from(is_not));
        if is_not {
            let verb = if matches!(word.as_str(), "ca" | "wo") { "can".to_owned() } else { word };
            push(found, range.clone(), verb, in_code, words);
            push(found, range, "not".to_owned(), in_code, words);
        } else {
            push(found, range, word, in_code, words);
        }
        return;
    }
    push(found, range.clone(), word, in_code, words);
    for part in identifier_parts(surface) {
        let stem = stem(&part).into();
        let kind = TokenKind::Part;
        found.push(Token { range: range.clone(), word: part, stem, kind, in_code, negated: false });
    }
}

fn push(found: &mut Vec<Token>, range: Range<usize>, word: String, in_code: bool, words: &Words) {
    if word.is_empty() {
        return;
    }
    let (kind, stem) = words.find(&word);
    let (kind, stem) = match kind {
        TokenKind::Function | TokenKind::Negation if in_code => (TokenKind::Code, format!("`{word}").into()),
        TokenKind::Function
        | TokenKind::Negation
        | TokenKind::Content
        | TokenKind::Code
        | TokenKind::Part => (kind, stem),
    };
    found.push(Token { range, word, stem, kind, in_code, negated: false });
}

/// The kind and the stem of a word outside of code.
fn classify(word: &str) -> (TokenKind, Arc<str>) {
    if NEGATIONS.binary_search(&word).is_ok() {
        (TokenKind::Negation, "not".into())
    } else if is_function_word(word) {
        (TokenKind::Function, word.into())
    } else {
        (TokenKind::Content, stem(word.trim_matches('_')).into())
    }
}

fn push_operator(found: &mut Vec<Token>, text: &str, range: Range<usize>, in_code: bool) {
    let operator = &text[range.clone()];
    let known = OPERATORS.contains(&operator) || (in_code && CODE_OPERATORS.contains(&operator));
    if known {
        let word = operator.to_owned();
        found.push(Token {
            range,
            stem: operator.into(),
            word,
            kind: TokenKind::Code,
            in_code,
            negated: false,
        });
    }
}

/// The parts of `snake_case` and `camelCase`, in lower case; nothing for a plain word.
fn identifier_parts(surface: &str) -> Vec<String> {
    let joined = surface.trim_matches('_').contains('_');
    let camel = surface.chars().skip(1).any(char::is_uppercase) && surface.chars().any(char::is_lowercase);
    if !joined && !camel {
        return Vec::new();
    }
    let mut parts = vec![String::new()];
    let mut before_lower = false;
    for c in surface.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && before_lower) {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut().filter(|_| c.is_alphanumeric()) {
            part.extend(c.to_lowercase());
        }
        before_lower = c.is_lowercase();
    }
    parts.retain(|part| part.chars().count() > 1);
    if parts.len() < 2 { Vec::new() } else { parts }
}

/// Cuts at the ends of sentences and at connectives; short pieces join the piece before.
fn clauses(text: &str, tokens: &[Token]) -> Vec<Clause> {
    let mut starts = Vec::new();
    let mut words = 0;
    for (index, token) in tokens.iter().enumerate() {
        let before = match index {
            0 => 0..token.range.start,
            _ => tokens[index - 1].range.end.min(token.range.start)..token.range.start,
        };
        let gap = &text[before];
        let cut = starts.is_empty()
            || ends_sentence(gap)
            || (words >= CLAUSE_WORDS_MIN
                && rest_is_long(tokens, index)
                && (gap.contains([',', ';', ':', '(', ')', '—', '–'])
                    || CONNECTIVES.contains(&token.word.as_str()))
                && !token.in_code);
        if cut && (starts.is_empty() || words >= CLAUSE_WORDS_MIN) {
            starts.push(index);
            words = 0;
        }
        words += usize::from(token.kind != TokenKind::Part);
    }
    let ends = starts.iter().skip(1).copied().chain([tokens.len()]);
    let mut found: Vec<Clause> = starts
        .iter()
        .zip(ends)
        .filter(|(start, end)| *start < end)
        .map(|(&start, end)| Clause {
            range: tokens[start].range.start..tokens[end - 1].range.end,
            tokens: start..end,
        })
        .collect();
    join_short_last(&mut found, tokens);
    found
}

fn ends_sentence(gap: &str) -> bool {
    gap.contains(['!', '?', '\n', '…']) || gap.contains(". ") || gap.contains(".\"") || gap.contains(".)")
}

/// Whether at least [`CLAUSE_WORDS_MIN`] words follow, counting this one.
fn rest_is_long(tokens: &[Token], index: usize) -> bool {
    tokens[index..].iter().filter(|token| token.kind != TokenKind::Part).nth(CLAUSE_WORDS_MIN - 1).is_some()
}

fn join_short_last(clauses: &mut Vec<Clause>, tokens: &[Token]) {
    let [.., before, last] = clauses.as_mut_slice() else { return };
    let words = tokens[last.tokens.clone()].iter().filter(|token| token.kind != TokenKind::Part).count();
    if words < CLAUSE_WORDS_MIN {
        before.range.end = last.range.end;
        before.tokens.end = last.tokens.end;
        clauses.pop();
    }
}

fn mark_negated(tokens: &mut [Token]) {
    let mut negated = false;
    for token in tokens {
        token.negated = negated;
        if token.kind == TokenKind::Negation {
            negated = !negated;
        }
    }
}

/// Words that turn round what they stand before, sorted.
const NEGATIONS: &[&str] = &[
    "arent", "cannot", "cant", "didnt", "doesnt", "dont", "hardly", "instead", "isnt", "neither", "never",
    "no", "nobody", "none", "nope", "nor", "not", "nothing", "nowhere", "rather", "wasnt", "without", "wont",
];

/// A clause may begin at one of these.
const CONNECTIVES: &[&str] = &[
    "but",
    "so",
    "because",
    "while",
    "whereas",
    "which",
    "although",
    "though",
    "and",
    "since",
    "therefore",
    "however",
    "then",
    "if",
    "when",
    "unless",
    "until",
    "whenever",
    "bcs",
    "cause",
    "or",
    "as",
    "otherwise",
];

/// Operators that are one outside of code too.
const OPERATORS: &[&str] =
    &["==", "!=", "+=", "===", "=", "*", "**", "//", "<=", ">=", "->", "→", ":=", "≠", "@"];

/// Operators that are punctuation outside of code.
const CODE_OPERATORS: &[&str] = &["+", "-", "/", "%", "<", ">", "[", "{", "&", "-="];

/// Words of the grammar and fillers, sorted.
const FUNCTION_WORDS: &[&str] = &[
    "a",
    "about",
    "above",
    "after",
    "again",
    "ah",
    "almost",
    "already",
    "also",
    "although",
    "am",
    "an",
    "and",
    "another",
    "any",
    "anyone",
    "anything",
    "are",
    "around",
    "as",
    "at",
    "away",
    "back",
    "basically",
    "bcs",
    "be",
    "because",
    "been",
    "before",
    "being",
    "below",
    "between",
    "both",
    "but",
    "by",
    "can",
    "cause",
    "could",
    "cuz",
    "did",
    "do",
    "does",
    "doing",
    "down",
    "each",
    "either",
    "else",
    "enough",
    "er",
    "even",
    "ever",
    "everything",
    "few",
    "for",
    "from",
    "getting",
    "go",
    "goes",
    "going",
    "gonna",
    "had",
    "has",
    "have",
    "having",
    "he",
    "hence",
    "her",
    "here",
    "hers",
    "him",
    "his",
    "hmm",
    "how",
    "however",
    "i",
    "id",
    "if",
    "ill",
    "im",
    "in",
    "indeed",
    "into",
    "is",
    "it",
    "its",
    "itself",
    "ive",
    "just",
    "kind",
    "kinda",
    "know",
    "least",
    "less",
    "let",
    "lets",
    "like",
    "likely",
    "lol",
    "lot",
    "lots",
    "many",
    "may",
    "maybe",
    "me",
    "might",
    "mine",
    "more",
    "most",
    "mostly",
    "much",
    "must",
    "my",
    "myself",
    "of",
    "off",
    "often",
    "oh",
    "ok",
    "okay",
    "on",
    "ones",
    "onto",
    "or",
    "other",
    "others",
    "otherwise",
    "our",
    "ours",
    "out",
    "over",
    "per",
    "perhaps",
    "pretty",
    "probably",
    "quite",
    "really",
    "right",
    "said",
    "say",
    "says",
    "seem",
    "seems",
    "she",
    "should",
    "since",
    "so",
    "some",
    "somebody",
    "someone",
    "something",
    "sometimes",
    "somewhat",
    "sort",
    "still",
    "stuff",
    "such",
    "tbh",
    "than",
    "that",
    "thats",
    "the",
    "their",
    "theirs",
    "them",
    "themselves",
    "then",
    "there",
    "therefore",
    "theres",
    "these",
    "they",
    "thing",
    "things",
    "think",
    "this",
    "those",
    "though",
    "through",
    "thus",
    "till",
    "to",
    "together",
    "too",
    "toward",
    "towards",
    "u",
    "uh",
    "um",
    "under",
    "unless",
    "until",
    "up",
    "upon",
    "us",
    "usually",
    "very",
    "via",
    "was",
    "way",
    "we",
    "well",
    "were",
    "what",
    "whatever",
    "when",
    "whenever",
    "where",
    "whereas",
    "whether",
    "which",
    "while",
    "who",
    "whoever",
    "whole",
    "whom",
    "whose",
    "why",
    "will",
    "with",
    "within",
    "would",
    "yeah",
    "yep",
    "yes",
    "yet",
    "you",
    "your",
    "youre",
    "yours",
    "yourself",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_clauses(text: &str, expected: &[&str]) {
        let read = Text::new(text, &Words::default());
        let found: Vec<&str> = read.clauses.iter().map(|clause| &text[clause.range.clone()]).collect();
        assert_eq!(found, expected);
    }

    #[track_caller]
    fn check_stems(text: &str, expected: &str) {
        let read = Text::new(text, &Words::default());
        let stems: Vec<&str> = read.tokens.iter().map(|token| token.stem.as_ref()).collect();
        assert_eq!(stems.join(" "), expected);
    }

    #[test]
    fn clauses_end_at_sentences_and_connectives_and_are_never_scraps() {
        check_clauses(
            "Lists can be changed later, but a tuple stays fixed for good. Done.",
            &["Lists can be changed later", "but a tuple stays fixed for good. Done"],
        );
        check_clauses(
            "Version 2.5 of requirements.txt pins everything",
            &["Version 2.5 of requirements.txt pins everything"],
        );
        check_clauses("", &[]);
    }

    #[test]
    fn code_keeps_its_words_and_operators() {
        check_stems("`x is y` uses `==`, not +=", "x `is y use == not +=");
        check_stems("__init__ sets total_price", "init set total_price total price");
    }

    #[test]
    fn negation_marks_the_rest_of_its_clause() {
        let read = Text::new("a tuple isn't mutable", &Words::default());
        let marked: Vec<&str> =
            read.tokens.iter().filter(|token| token.negated).map(|token| token.word.as_str()).collect();
        assert_eq!(marked, ["mutable"]);
    }

    #[test]
    fn word_lists_are_sorted_for_the_binary_search() {
        assert!(FUNCTION_WORDS.is_sorted() && NEGATIONS.is_sorted());
    }

    #[test]
    fn no_more_than_the_beginning_of_a_huge_text_is_read() {
        let huge = "é".repeat(5_000_000);
        assert_eq!(beginning(&huge).chars().count(), TEXT_CHARS_MAX);
        assert_eq!(Text::new(&huge, &Words::default()).tokens.len(), 1);
    }
}
