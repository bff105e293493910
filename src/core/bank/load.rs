//! TOML files → `(Bank, problems)`. A file with an error is no part of a bank that runs.

use super::check::{self, GeneralTraps};
use super::{Bank, Entry, General, Model, Part, Point, Question, Recovery, StatementId, Topic, speech};
use crate::core::reading::{NOT_TOML, Problem, parse, utf8};

/// The name of the file with what fits any question.
pub const GENERAL_FILE: &str = "general.toml";

/// Points drafted from a model answer at the most: more than a candidate can say in a minute.
const DRAFTED_POINTS_MAX: usize = 8;

/// One file to read.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its path, as shown in problems.
    pub path: String,
    /// The subject that its questions belong to; empty for the shipped `general.toml`.
    pub track: String,
    /// Its content. Bytes, because a file that is no UTF-8 is a problem to report like any other.
    pub bytes: Vec<u8>,
}

/// Reads a whole bank. The bank is fit for use only if no problem is an error.
///
/// Of several `general.toml` the last one that can be read counts; samples may name the traps of any, since
/// the tracks kept beside a replaced one still do. A question's id counts for the first file that has it.
pub fn load(sources: &[Source]) -> (Bank, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut files = Vec::new();
    let mut general = None;
    let mut general_traps = GeneralTraps::default();
    let mut of_a_folder = None;
    for source in sources {
        let Some(text) = utf8(&source.path, &source.bytes, &mut problems) else {
            general_traps.incomplete |= is_general(source);
            continue;
        };
        if is_general(source) {
            let mut parsed = parse::<General>(&source.path, text);
            // The shipped one belongs to no track and gives way; a folder has but one.
            if !source.track.is_empty()
                && let Some(other) = of_a_folder.replace(&source.path)
            {
                let told = format!("the general traps are in {other} too; keep one of the two files");
                parsed.notes.error(0, told);
            }
            if let Some((general, root)) = &parsed.value {
                check::general(general, root, &mut parsed.notes);
            }
            general_traps.add(parsed.value.as_ref().map(|(general, root)| (general, root)));
            problems.append(&mut parsed.notes.problems);
            general = parsed.value.map(|(general, _)| general).or(general);
        } else {
            let mut parsed = parse::<Topic>(&source.path, text);
            for problem in parsed.notes.problems.iter_mut().filter(|problem| problem.message == NOT_TOML) {
                problem.message.push_str(", or turn a list into it with `riposte bank import`");
            }
            files.push((source, parsed));
        }
    }
    check::topics(&mut files, &general_traps);
    let mut questions = Vec::new();
    for (source, mut parsed) in files {
        problems.append(&mut parsed.notes.problems);
        let Some((topic, _)) = parsed.value else { continue };
        let name = topic.topic;
        questions.extend(
            topic.questions.into_iter().map(|entry| entry.into_question(&source.track, name.clone())),
        );
    }
    questions.sort_by(|a: &Question, b| a.track.cmp(&b.track));
    problems.sort_by(|a, b| (&a.path, a.line, a.column).cmp(&(&b.path, b.line, b.column)));
    (Bank::new(questions, general.unwrap_or_else(no_general)), problems)
}

impl Entry {
    /// The complete question: with points drafted from the model answer where the author gave none.
    pub fn into_question(self, track: &str, topic: String) -> Question {
        let points = if self.points.is_empty() { drafted(&self.model) } else { self.points };
        Question {
            id: self.id,
            track: track.to_owned(),
            topic,
            level: self.level,
            ask: self.ask,
            model: self.model,
            points,
            misconceptions: self.misconceptions,
            traps: self.traps,
            samples: self.samples,
        }
    }
}

fn is_general(source: &Source) -> bool {
    source.path.rsplit(['/', '\\']).next() == Some(GENERAL_FILE)
}

fn no_general() -> General {
    let recovery = Recovery { restate: String::new(), core: String::new(), example: String::new() };
    General { traps: Vec::new(), recovery }
}

/// One point a sentence of the model answer; the first sentence of the claim is the key point.
fn drafted(model: &Model) -> Vec<Point> {
    let parts = [
        (Part::Claim, &model.claim),
        (Part::Explanation, &model.explanation),
        (Part::Example, &model.example),
    ];
    let sentences = parts
        .into_iter()
        .flat_map(|(part, text)| speech::sentences(text).into_iter().map(move |sentence| (part, sentence)));
    sentences
        .take(DRAFTED_POINTS_MAX)
        .enumerate()
        .map(|(index, (part, idea))| Point {
            id: StatementId(format!("sentence-{}", index + 1)),
            part,
            key: index == 0,
            idea,
            also: Vec::new(),
            unlike: Vec::new(),
        })
        .collect()
}
