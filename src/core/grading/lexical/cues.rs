//! Words by which a candidate quotes or denies, gives a case, or gives a reason.
//!
//! Exists because these are the same in every field. It never looks at the question.

use crate::core::grading::text::{Text, Token, TokenKind};

/// How many numbers are measured about the example.
pub(crate) const EXAMPLE_FEATURES: usize = 14;
/// How many numbers are measured about the reason.
pub(crate) const REASON_FEATURES: usize = 16;

/// How many cues of denial or quotation these tokens have.
pub(crate) fn denial(tokens: &[Token]) -> f32 {
    count(tokens, DENIALS)
}

/// How often these tokens speak of the interview, the day and the job instead of a subject.
pub(crate) fn small_talk(tokens: &[Token]) -> f32 {
    count(tokens, SMALL_TALK)
}

/// What speaks for a concrete case. `best` is how well a point that is an example is met.
pub(crate) fn example(text: &Text, raw: &str, best: f32) -> [f32; EXAMPLE_FEATURES] {
    let tokens = &text.tokens;
    let code = tokens.iter().filter(|token| token.in_code).count() as f32;
    let signs = tokens.iter().filter(|token| token.in_code && token.kind == TokenKind::Code).count() as f32;
    let digits =
        tokens.iter().filter(|token| token.word.starts_with(|c: char| c.is_ascii_digit())).count() as f32;
    let in_code_call = raw.matches('(').count().min(6) as f32;
    let quotes = raw.matches(['"', '\'']).count().min(8) as f32;
    let names = text.words().skip(1).filter(|token| is_name(raw, token)).count() as f32;
    [
        best,
        (1.0 + code).ln(),
        (1.0 + signs).ln(),
        (1.0 + digits).ln(),
        in_code_call,
        quotes,
        (1.0 + names).ln(),
        count(tokens, EXAMPLES).min(3.0),
        count(tokens, PICTURES).min(3.0),
        count(tokens, OWN_STORIES).min(4.0),
        (1.0 + text.words().count() as f32).ln(),
        f32::from(u8::from(raw.contains("```"))),
        count(tokens, LIKES).min(3.0),
        f32::from(u8::from(raw.contains(['[', '{']))),
    ]
}

/// What speaks for a reason. `best` is how well a point that explains is met, `second` the next one.
pub(crate) fn reason(text: &Text, best: f32, second: f32) -> [f32; REASON_FEATURES] {
    let tokens = &text.tokens;
    let has = |cues: &[&str]| count(tokens, cues).min(3.0);
    [
        best,
        second,
        has(&["because", "bcs", "cuz", "cause", "since", "as it", "as they", "as the"]),
        has(&["so"]),
        has(&[
            "so that",
            "that way",
            "this way",
            "that is why",
            "that why",
            "is why",
            "the reason",
            "reason",
        ]),
        has(&[
            "which means",
            "means",
            "mean",
            "meaning",
            "therefore",
            "hence",
            "thus",
            "otherwise",
            "or else",
        ]),
        has(&["if", "when", "once", "as soon"]),
        has(&["without", "instead", "rather", "unless"]),
        has(&["would", "could", "will", "can"]),
        has(&["why", "due to", "thanks to", "matters", "matter", "point is", "the point"]),
        has(&["then", "after", "and then"]),
        has(&["not"]),
        has(&["to", "for"]),
        has(&["which", "that"]),
        has(&["no", "never", "nothing"]),
        (1.0 + text.words().count() as f32).ln(),
    ]
}

/// A word written with a capital inside a sentence: *Django*, *Black Friday*.
fn is_name(raw: &str, token: &Token) -> bool {
    let surface = &raw[token.range.clone()];
    let capital = surface.starts_with(|c: char| c.is_uppercase()) && surface.chars().count() > 2;
    let before = raw[..token.range.start].trim_end_matches(['"', '(', '`', ' ', '*']);
    capital && !token.in_code && !before.is_empty() && !before.ends_with(['.', '!', '?', ':', '\n', '-', '…'])
}

/// How often the cues occur; a cue of several words is written with single spaces.
fn count(tokens: &[Token], cues: &[&str]) -> f32 {
    let words: Vec<&str> = tokens
        .iter()
        .filter(|token| token.kind != TokenKind::Part)
        .map(|token| token.word.as_str())
        .collect();
    let at = |place: usize| cues.iter().filter(|cue| begins(&words[place..], cue)).count();
    (0..words.len()).map(at).sum::<usize>() as f32
}

/// Whether these words begin with the words of the cue.
pub(crate) fn begins(words: &[&str], cue: &str) -> bool {
    let mut rest = words.iter();
    cue.split(' ').all(|part| rest.next() == Some(&part))
}

const DENIALS: &[&str] = &[
    "myth",
    "wrong",
    "false",
    "nope",
    "untrue",
    "misconception",
    "mistake",
    "people",
    "folks",
    "claim",
    "claims",
    "supposedly",
    "believe",
    "believes",
    "expect",
    "rumour",
    "rumor",
    "heard",
    "beginners",
    "tempting",
    "incorrect",
    "misleading",
    "nonsense",
    "mistaken",
    "wrongly",
    "contrary",
    "colleague",
    "somebody",
    "someone",
    "everyone",
    "not true",
    "not so",
    "not really",
    "not quite",
    "used to",
    "not because",
    "not mean",
    "often hear",
    "some say",
    "they say",
    "many think",
];

const EXAMPLES: &[&str] = &[
    "for example",
    "e g",
    "for instance",
    "example",
    "imagine",
    "suppose",
    "say",
    "picture",
    "classic",
    "case in point",
    "eg",
    "take",
    "consider",
    "try",
];

const LIKES: &[&str] = &["like", "such as", "think of", "whether"];

const PICTURES: &[&str] =
    &["like a", "like an", "think of", "as if", "it is like", "kind of like", "same as"];

const OWN_STORIES: &[&str] =
    &["we", "our", "my", "last", "once", "team", "project", "job", "production", "had", "wrote", "got"];

const SMALL_TALK: &[&str] = &[
    "remote",
    "hybrid",
    "office",
    "salary",
    "hr",
    "interview",
    "interviewer",
    "recruiter",
    "position",
    "feedback",
    "team size",
    "next round",
    "good question",
    "good one",
    "great question",
    "interesting one",
    "questions are left",
    "by the way",
    "btw",
    "the weather",
    "lunch",
    "coffee",
    "your day",
    "weekend",
    "conference",
    "conferences",
    "benefits",
    "vacation",
    "holiday",
    "how long is this",
    "a call at",
    "what would you say",
    "you people",
    "the role",
    "this role",
    "the team",
    "the company",
    "your company",
    "before we go on",
    "before i answer",
    "before that",
];
