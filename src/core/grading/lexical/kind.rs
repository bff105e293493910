//! What sort of text an answer is, before anything of it is judged.
//!
//! By meaning, never by a substring: "I don't know" in front of a real attempt does not make it blank.
//! The guards speak only where they are sure; in doubt they say that it is an answer, and the head decides.

use std::collections::BTreeSet;

use crate::core::grading::Kind;
use crate::core::grading::lexical::cues;
use crate::core::grading::lexical::features::Compared;
use crate::core::grading::lexical::question::Ready;
use crate::core::grading::text::{Clause, Text, Token, TokenKind};

/// Longer texts are no blanks, whatever they say in passing.
const BLANK_WORDS_MAX: usize = 60;
/// So are texts with more words of the question's subject than this beside the words that give up.
const BLANK_KNOWN_MAX: usize = 6;
/// With a clause of this score (see `Lines::score`) a text says something in spite of giving up.
const BLANK_SUBSTANCE_MAX: f32 = 0.35;
/// A clause as short as this that names nothing of the subject is about oneself.
const BARE_WORDS_MAX: usize = 4;
/// An "I" so many words before makes a cue one's own.
const OWN_WITHIN: usize = 6;
/// A list has at least this many entries,
const LIST_ENTRIES_MIN: usize = 3;
/// with at most this many words each on average,
const LIST_ENTRY_WORDS_MAX: f32 = 3.0;
/// and at most this share of words of the grammar; sentences have about a half.
const LIST_GRAMMAR_MAX: f32 = 0.17;
/// An echo has at least this many content words, so that a short answer is none.
const ECHO_WORDS_MIN: usize = 4;
/// This share of an echo's words is the question's,
const ECHO_OWN_MIN: f32 = 0.9;
/// and this share of the question's words is in the echo.
const ECHO_COVERED_MIN: f32 = 0.6;
/// As many words can be a list as well as a sentence,
const SHORT_WORDS_MAX: usize = 7;
/// and this few hardly hold a sentence.
const SCRAP_WORDS_MAX: usize = 4;
/// From this length on, one word more says nothing about how much grammar there should be.
const LONG_FROM: usize = 12;
/// From this share of impossible words on it is no language.
const WEIRD_MIN: f32 = 0.5;
/// Shorter words may look like anything.
const WEIRD_CHARS_MIN: usize = 4;

/// The kind as far as the text and the question tell; [`Kind::OffTopic`] is decided by the caller,
/// who knows the other questions.
pub(crate) fn guard(raw: &str, text: &Text, ready: &Ready, compared: &Compared, form: &Form) -> Kind {
    if raw.trim().is_empty() {
        return Kind::Blank;
    }
    if !raw.chars().any(char::is_alphanumeric) {
        return without_letters(raw, text, ready);
    }
    if is_instruction(raw, text) {
        return Kind::Instructions;
    }
    if is_blank(raw, text, ready, compared) {
        return Kind::Blank;
    }
    if is_gibberish(text, form.weird) {
        return Kind::Gibberish;
    }
    if form.is_list() && !is_code(raw, text) {
        return Kind::Keywords;
    }
    if form.is_echo() {
        return Kind::Echo;
    }
    Kind::Answer
}

/// Signs alone: an operator can be the answer; dots and question marks say "I have nothing".
fn without_letters(raw: &str, text: &Text, ready: &Ready) -> Kind {
    if text.tokens.iter().any(|token| ready.space.knows(&token.stem)) {
        Kind::Answer
    } else if raw.chars().all(|c| c.is_whitespace() || matches!(c, '.' | '?' | '…' | '-')) {
        Kind::Blank
    } else {
        Kind::Gibberish
    }
}

fn plain_words(tokens: &[Token]) -> Vec<&str> {
    tokens.iter().filter(|token| token.kind != TokenKind::Part).map(|token| token.word.as_str()).collect()
}

fn has(words: &[&str], cues: &[&str]) -> bool {
    (0..words.len()).any(|place| cues.iter().any(|cue| cues::begins(&words[place..], cue)))
}

fn is_instruction(raw: &str, text: &Text) -> bool {
    let words = plain_words(&text.tokens);
    let start = raw.trim_start().trim_start_matches(['[', '(', '<', '#', '*', ' ']).to_lowercase();
    let addressed = [
        "system:",
        "system]",
        "system note",
        "system>",
        "system message",
        "assistant:",
        "note to",
        "note for",
    ]
    .iter()
    .any(|cue| start.starts_with(cue));
    let score = [
        addressed,
        has(&words, ORDERS) && has(&words, ORDERED),
        has(&words, MARKS),
        has(&words, GRADERS),
        has(&words, THIRD_PERSON),
    ];
    let count = score.iter().filter(|&&found| found).count();
    count >= 2 || (has(&words, ORDERS) && has(&words, ORDERED)) || has(&words, TAKE_OVERS)
}

fn is_blank(raw: &str, text: &Text, ready: &Ready, compared: &Compared) -> bool {
    let all = plain_words(&text.tokens);
    if all.len() > BLANK_WORDS_MAX {
        return false;
    }
    let short = all.len() <= 5 && all.iter().all(|word| ALONE.contains(word) || GIVE_UP_WORDS.contains(word));
    let gives_up = |clause: &Clause| clause_gives_up(&text.tokens[clause.tokens.clone()], ready);
    if !(short || stands_alone(raw, text) || text.clauses.iter().any(gives_up)) {
        return false;
    }
    let rest = || text.clauses.iter().filter(|clause| !gives_up(clause));
    let known: BTreeSet<&str> = rest()
        .flat_map(|clause| &text.tokens[clause.tokens.clone()])
        .filter(|token| token.kind == TokenKind::Content && ready.space.knows(&token.stem))
        .map(|token| token.stem.as_ref())
        .collect();
    let speaks = |clause: usize| text.clauses.get(clause).is_some_and(|clause| !gives_up(clause));
    let substance = compared
        .stretches
        .iter()
        .filter(|stretch| speaks(stretch.clause) && (stretch.single || speaks(stretch.clause + 1)))
        .flat_map(|stretch| stretch.matched.lines.iter().copied())
        .fold(0.0, f32::max);
    short || (substance < BLANK_SUBSTANCE_MAX && known.len() <= BLANK_KNOWN_MAX)
}

/// Whether a clause gives up: in so many words, or in words that do when one speaks of oneself.
fn clause_gives_up(tokens: &[Token], ready: &Ready) -> bool {
    let words = plain_words(tokens);
    let about = |token: &Token| token.kind == TokenKind::Content && ready.space.knows(&token.stem);
    let bare = words.len() <= BARE_WORDS_MAX && !tokens.iter().any(about);
    let own = |place: usize| bare || words[place.saturating_sub(OWN_WITHIN)..place].contains(&"i");
    let gives_up =
        |place: usize| OWN_BLANKS.iter().any(|cue| cues::begins(&words[place..], cue)) && own(place);
    has(&words, BLANKS) || lost(&words) || (0..words.len()).any(gives_up)
}

/// "Pass." or "no clue, skip": the word that gives up as a sentence of its own, first or last.
fn stands_alone(raw: &str, text: &Text) -> bool {
    let gives_up = |token: &&Token| !token.in_code && GIVE_UP_WORDS.contains(&token.word.as_str());
    let first = text.tokens.first().filter(gives_up).is_some_and(|token| {
        let after = raw[token.range.end..].trim_start_matches(' ');
        after.is_empty() || after.starts_with(['.', ',', '!', ';', '\n', '…'])
    });
    let last = text.tokens.last().filter(gives_up).is_some_and(|token| {
        let before = raw[..token.range.start].trim_end_matches(' ');
        before.is_empty() || before.ends_with(['.', ',', '!', ';', '\n', '…', '?'])
    });
    first || last
}

/// "My mind went completely empty", "my head's gone blank", "it's gone".
fn lost(words: &[&str]) -> bool {
    let head = words.iter().any(|word| matches!(*word, "mind" | "head" | "brain"));
    head && words.iter().any(|word| matches!(*word, "empty" | "blank" | "gone" | "black"))
}

fn is_gibberish(text: &Text, weird: usize) -> bool {
    let words: Vec<&Token> = text.words().filter(|token| token.kind != TokenKind::Code).collect();
    let distinct: BTreeSet<&str> = words.iter().map(|token| token.word.as_str()).collect();
    if words.len() >= 6 && distinct.len() <= 2 {
        return true;
    }
    let content = words.iter().filter(|token| token.kind == TokenKind::Content).count();
    let grammar = words.len() - content;
    weird > 0 && weird as f32 >= WEIRD_MIN * content as f32 && grammar < weird * 2
}

/// Letters that make no word: no vowel, long runs of consonants or of one letter, few letters used.
fn is_weird(word: &str) -> bool {
    let count = word.chars().count();
    if count < WEIRD_CHARS_MIN || !word.chars().all(|c| c.is_ascii_alphabetic()) {
        return is_one_character(word, count);
    }
    let vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
    let (mut run, mut longest) = (0, 0);
    for c in word.chars() {
        run = if vowel(c) { 0 } else { run + 1 };
        longest = longest.max(run);
    }
    let vowels = word.chars().filter(|&c| vowel(c)).count();
    vowels == 0 || longest >= 5 || vowels == count || is_one_character(word, count)
}

fn is_one_character(word: &str, count: usize) -> bool {
    let distinct: BTreeSet<char> = word.chars().collect();
    count >= WEIRD_CHARS_MIN && distinct.len() * 4 <= count && !word.starts_with(|c: char| c.is_ascii_digit())
}

/// How many numbers say how a text is written.
pub(crate) const FORM_FEATURES: usize = 18;

/// How a text is written, whatever it says.
pub(crate) struct Form {
    words: usize,
    /// Words that hold sentences together.
    grammar: usize,
    /// Words that make a statement of a list of names: verbs, and what denies.
    verbs: usize,
    /// Signs that stand between entries of a list.
    separators: usize,
    /// What stands between signs.
    entries: usize,
    /// Words that cannot be any.
    weird: usize,
    /// Different words that are not grammar: how many, how many the question has, how many of these are the same.
    own: usize,
    asked: usize,
    shared: usize,
}

impl Form {
    pub(crate) fn new(raw: &str, text: &Text, ready: &Ready) -> Self {
        let count = |holds: &dyn Fn(&Token) -> bool| text.words().filter(|token| holds(token)).count();
        let entries = raw.split(SEPARATORS).flat_map(|entry| entry.split('.'));
        let (own, asked) = (stems(text), stems(&ready.ask));
        Self {
            words: text.words().count(),
            grammar: count(&|token| {
                token.kind == TokenKind::Function && token.word != "vs" && !is_compound(raw, token)
            }),
            verbs: count(&|token| !token.in_code && is_verb(token)),
            separators: raw.matches(SEPARATORS).count(),
            entries: entries.filter(|entry| entry.chars().any(char::is_alphanumeric)).count(),
            weird: count(&|token| {
                token.kind == TokenKind::Content && !token.in_code && is_weird(&token.word)
            }),
            own: own.len(),
            asked: asked.len(),
            shared: own.intersection(&asked).count(),
        }
    }

    /// The share of grammar, the words an entry, the share of impossible words, the share of its words that are
    /// the question's, and the share of the question's words that it has; its length, the share of verbs, whether
    /// there is none, and the signs between entries a word. Then what tells more together than apart: a short text
    /// without a verb is a list, a long one may be notes.
    pub(crate) fn features(&self) -> [f32; FORM_FEATURES] {
        let flag = |holds: bool| f32::from(u8::from(holds));
        let grammar = share(self.grammar, self.words);
        let (own, asked) = (share(self.shared, self.own), share(self.shared, self.asked));
        let separators = share(self.separators, self.words);
        let bare = flag(self.verbs == 0);
        [
            grammar,
            share(self.words.max(1), self.entries).ln_1p(),
            share(self.weird, self.words),
            own,
            asked,
            (self.words as f32).ln_1p(),
            share(self.verbs, self.words),
            bare,
            separators,
            bare * flag(self.words <= SHORT_WORDS_MAX),
            bare * grammar,
            bare * separators,
            flag(self.grammar == 0),
            bare * flag(self.grammar == 0),
            flag(self.words <= SCRAP_WORDS_MAX),
            (self.words + 1).min(LONG_FROM) as f32 * grammar,
            own * asked,
            own * bare,
        ]
    }

    fn is_list(&self) -> bool {
        self.entries >= LIST_ENTRIES_MIN
            && self.words as f32 <= LIST_ENTRY_WORDS_MAX * self.entries as f32
            && self.grammar as f32 <= LIST_GRAMMAR_MAX * self.words as f32
    }

    fn is_echo(&self) -> bool {
        self.own >= ECHO_WORDS_MIN
            && share(self.shared, self.own) >= ECHO_OWN_MIN
            && share(self.shared, self.asked) >= ECHO_COVERED_MIN
    }
}

fn share(part: usize, whole: usize) -> f32 {
    part as f32 / whole.max(1) as f32
}

fn stems(text: &Text) -> BTreeSet<&str> {
    text.words().filter(|token| token.kind != TokenKind::Function).map(|token| token.stem.as_ref()).collect()
}

/// Whether a word states something, as far as that can be told from the word alone.
fn is_verb(token: &Token) -> bool {
    match token.kind {
        TokenKind::Negation => true,
        TokenKind::Function => AUXILIARIES.contains(&token.word.as_str()),
        TokenKind::Content => VERBS.contains(&token.stem.as_ref()),
        TokenKind::Code => token.word == "=",
        TokenKind::Part => false,
    }
}

fn is_code(raw: &str, text: &Text) -> bool {
    raw.contains("```") || text.tokens.iter().any(|token| token.word == "=")
}

/// Whether a word is half of a compound with a hyphen, such as *is-a*.
fn is_compound(raw: &str, token: &Token) -> bool {
    raw[..token.range.start].ends_with('-') || raw[token.range.end..].starts_with('-')
}

/// Signs that stand between the entries of a list.
const SEPARATORS: [char; 6] = [',', ';', '/', '\n', '•', '|'];

/// Words of the grammar that are verbs.
const AUXILIARIES: &[&str] = &[
    "am", "are", "be", "been", "being", "can", "could", "did", "do", "does", "goes", "had", "has", "have",
    "is", "its", "lets", "may", "might", "must", "seem", "seems", "should", "thats", "was", "were", "will",
    "would",
];

/// Stems of verbs that answers of any field are made of, and that seldom stand in a list of names.
const VERBS: &[&str] = &[
    "add", "affect", "allow", "appear", "ask", "avoid", "becom", "behav", "belong", "break", "bring",
    "built", "care", "carri", "caus", "chang", "check", "choos", "come", "contain", "cost", "decid", "die",
    "done", "end", "exist", "expect", "fail", "fill", "find", "finish", "fit", "follow", "forget", "found",
    "gave", "get", "give", "given", "got", "grow", "guess", "happen", "help", "hold", "jump", "keep", "kept",
    "know", "known", "lack", "leav", "live", "look", "lose", "made", "make", "mean", "move", "need", "occur",
    "pick", "point", "prefer", "prevent", "produc", "put", "reach", "remain", "remov", "replac", "run",
    "save", "see", "send", "serv", "share", "show", "skip", "sit", "speed", "stand", "start", "stay", "stop",
    "suit", "take", "tell", "think", "touch", "turn", "use", "wait", "want", "work", "write", "wrote",
];

/// Said in a clause, these give up, whoever is spoken of.
const BLANKS: &[&str] = &[
    "no idea",
    "no clue",
    "not a clue",
    "next one please",
    "next question",
    "next please",
    "another one please",
    "come back to it",
    "come back to this",
    "come back to that",
    "drawing a blank",
    "total blank",
    "ask me something else",
    "give me a hint",
    "a hint or",
    "the right answer is",
    "only be guessing",
    "just be guessing",
    "can we move on",
    "could we move on",
    "take another one",
    "no answer from me",
    "not get to",
    "give up",
    "can we skip",
    "could we skip",
    "skip please",
    "skip this one",
    "skip pls",
    "please skip",
    "pass please",
    "what exactly do you mean",
    "repeat the question",
    "repeat that",
    "rephrase",
    "beats me",
    "not a single idea",
    "help me out",
    "help please",
];

/// These do where the candidate speaks of nobody else.
const OWN_BLANKS: &[&str] = &[
    "do not know",
    "dont know",
    "do not really know",
    "dunno",
    "idk",
    "not explain",
    "not tell you",
    "not really say",
    "not say",
    "never used",
    "only ever",
    "never seen",
    "never heard",
    "never thought",
    "something else",
    "rather not",
    "forgot",
    "gone",
    "not sure i can",
    "not sure how to",
    "not sure what to say",
    "lost it",
    "not remember",
    "not recall",
    "not have one",
    "not have an answer",
    "confuse",
    "next one",
    "blank",
    "hint",
    "really do not know",
    "not know",
    "nothing comes",
];

/// The first or the last word of somebody who gives up.
const GIVE_UP_WORDS: &[&str] = &["pass", "skip", "next", "help", "idk", "dunno", "hint", "blank"];

/// Alone, these are nothing yet.
const ALONE: &[&str] = &[
    "sorry", "um", "uh", "uhh", "hmm", "er", "erm", "well", "please", "pls", "no", "i", "am", "it", "this",
    "one", "the", "question", "nothing", "tbh", "a", "me", "nope",
];

const ORDERS: &[&str] = &["ignore", "disregard", "forget", "override", "bypass", "no longer apply"];
const ORDERED: &[&str] = &[
    "instructions",
    "instruction",
    "rules",
    "your prompt",
    "the prompt",
    "system prompt",
    "previous rules",
    "above rules",
];
const MARKS: &[&str] = &[
    "full marks",
    "full score",
    "full points",
    "every point",
    "all points",
    "all criteria",
    "as correct",
    "as complete",
    "as passed",
    "as met",
    "as covered",
    "as held",
    "to covered",
    "next topic",
    "next question",
    "next one",
    "the offer",
    "perfect score",
    "highest score",
    "maximum score",
    "mark this",
    "mark it",
    "mark me",
    "tick every",
];
const GRADERS: &[&str] = &[
    "interviewer bot",
    "this bot",
    "the bot",
    "grader",
    "evaluator",
    "interviewer software",
    "whoever grades",
    "the grading",
    "evaluation",
    "ai model",
    "language model",
];
const THIRD_PERSON: &[&str] = &[
    "the candidate has",
    "the candidate as",
    "candidate s answer",
    "this candidate",
    "the candidate answer",
    "the candidate was",
    "the candidate is",
    "the candidate",
    "hiring manager",
];
const TAKE_OVERS: &[&str] =
    &["you are now", "act as a", "pretend you are", "developer mode", "new instructions"];
