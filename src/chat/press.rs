//! What stands behind a button or a form: which card it belongs to and what it does. Pure.
//!
//! A platform gives such an id back as it was sent, months later and through restarts, and anybody can send
//! any: it is input like any other. Whose interview it is, the engine checks.

use jiff::Timestamp;

use crate::core::bank::StatementId;
use crate::core::card::Button;
use crate::core::interview::{InterviewId, Seq};
use crate::core::round::Control;

/// The first part of every id; another one is from a later program, or forged.
const VERSION: &str = "r1";
/// Characters of an id at the most: Discord's limit for a `custom_id`. Slack allows 255 for an `action_id`.
pub(super) const ID_MAX: usize = 100;
/// Characters of a message's nonce at the most; Discord's limit.
#[cfg(test)]
const NONCE_MAX: usize = 25;

/// A card, and what is wanted of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Press {
    /// The interview.
    pub(super) interview: InterviewId,
    /// The card that it stood on.
    pub(super) seq: Seq,
    /// What is wanted.
    pub(super) action: Action,
}

/// What a button or a form is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// A button of the interview.
    Press(Button),
    /// The button that opens the form, and the form itself.
    Answer,
    /// Show the card to its owner alone.
    Show,
    /// Show the card to everybody who reads along.
    ShowAll,
}

impl Press {
    /// As an id; `None` if it does not fit, which no checked bank causes.
    pub(super) fn to_id(&self) -> Option<String> {
        let action = match &self.action {
            Action::Answer => "answer",
            Action::Show => "show",
            Action::ShowAll => "all",
            Action::Press(Button::Blank) => "blank",
            Action::Press(Button::Skip) => "skip",
            Action::Press(Button::OnceMore) => "again",
            Action::Press(Button::NotWhatIMeant) => "wrong",
            Action::Press(Button::Next) => "next",
            Action::Press(Button::Stop) => "stop",
            Action::Press(Button::Answer) => "join",
            Action::Press(Button::TakeBack) => "back",
            Action::Press(Button::HowDidIDo) => "mine",
            Action::Press(Button::ShowAnswer) => "share",
            Action::Press(Button::Host(Control::Close)) => "close",
            Action::Press(Button::Host(Control::Cancel)) => "cancel",
            Action::Press(Button::Host(Control::Extend { until })) => {
                &format!("until.{}", base36(until.as_second().unsigned_abs()))
            }
            Action::Press(Button::Correct(statement)) => &format!("is.{}", statement.as_str()),
        };
        let (interview, seq) = (base36(self.interview.0.unsigned_abs()), base36(self.seq.0.into()));
        let id = format!("{VERSION}:{interview}:{seq}:{action}");
        (id.chars().count() <= ID_MAX).then_some(id)
    }

    /// Reads an id; `None` for what this program did not write.
    pub(super) fn from_id(id: &str) -> Option<Self> {
        if id.chars().nth(ID_MAX).is_some() {
            return None;
        }
        let mut parts = id.splitn(4, ':');
        if parts.next() != Some(VERSION) {
            return None;
        }
        let interview = i64::try_from(from_base36(parts.next()?)?).ok()?;
        let seq = u32::try_from(from_base36(parts.next()?)?).ok()?;
        let action = match parts.next()? {
            "answer" => Action::Answer,
            "show" => Action::Show,
            "all" => Action::ShowAll,
            "blank" => Action::Press(Button::Blank),
            "skip" => Action::Press(Button::Skip),
            "again" => Action::Press(Button::OnceMore),
            "wrong" => Action::Press(Button::NotWhatIMeant),
            "next" => Action::Press(Button::Next),
            "stop" => Action::Press(Button::Stop),
            "join" => Action::Press(Button::Answer),
            "back" => Action::Press(Button::TakeBack),
            "mine" => Action::Press(Button::HowDidIDo),
            "share" => Action::Press(Button::ShowAnswer),
            "close" => Action::Press(Button::Host(Control::Close)),
            "cancel" => Action::Press(Button::Host(Control::Cancel)),
            other if other.starts_with("until.") => {
                let second = i64::try_from(from_base36(other.strip_prefix("until.")?)?).ok()?;
                let until = Timestamp::from_second(second).ok()?;
                Action::Press(Button::Host(Control::Extend { until }))
            }
            other => Action::Press(Button::Correct(StatementId(statement(other)?.to_owned()))),
        };
        Some(Self { interview: InterviewId(interview), seq: Seq(seq), action })
    }
}

/// The key of one message of a card: Discord refuses a second one like it for some minutes, and in Slack it is
/// looked for.
pub(super) fn nonce(interview: InterviewId, seq: Seq, part: usize) -> String {
    format!("{}-{}-{}", base36(interview.0.unsigned_abs()), base36(seq.0.into()), base36(part as u64))
}

fn statement(action: &str) -> Option<&str> {
    let id = action.strip_prefix("is.")?;
    let fits = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    (!id.is_empty() && id.chars().all(fits)).then_some(id)
}

fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(b"0123456789abcdefghijklmnopqrstuvwxyz"[(number % 36) as usize]);
        number /= 36;
        if number == 0 {
            break;
        }
    }
    digits.into_iter().rev().map(char::from).collect()
}

/// Only the way in which [`base36`] writes: no sign, no capitals, no leading zeros.
fn from_base36(text: &str) -> Option<u64> {
    let number = u64::from_str_radix(text, 36).ok()?;
    (base36(number) == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn buttons() -> Vec<Button> {
        let longest = StatementId("x".repeat(crate::core::bank::check::ID_CHARS_MAX));
        vec![
            Button::Blank,
            Button::Skip,
            Button::OnceMore,
            Button::NotWhatIMeant,
            Button::Next,
            Button::Stop,
            Button::Answer,
            Button::TakeBack,
            Button::HowDidIDo,
            Button::ShowAnswer,
            Button::Host(Control::Close),
            Button::Host(Control::Cancel),
            Button::Host(Control::Extend { until: "2026-06-01T18:10:00Z".parse().unwrap() }),
            Button::Correct(StatementId("runs-what".to_owned())),
            Button::Correct(longest),
        ]
    }

    #[test]
    fn every_button_of_every_card_is_read_back() {
        let actions =
            buttons().into_iter().map(Action::Press).chain([Action::Answer, Action::Show, Action::ShowAll]);
        for action in actions {
            for (interview, seq) in [(0, 0), (1, 36), (i64::MAX, u32::MAX)] {
                let press =
                    Press { interview: InterviewId(interview), seq: Seq(seq), action: action.clone() };
                let id = press.to_id().unwrap();
                assert!(id.len() <= ID_MAX, "{id}");
                assert_eq!(Press::from_id(&id), Some(press));
            }
        }
    }

    #[test]
    fn s9_forged_ids_mean_nothing() {
        for forged in [
            "",
            "r1",
            "r1:1",
            "r1:1:1",
            "r1:1:1:",
            "r1:1:1:is.",
            "r1:1:1:is.a b",
            "r1:1:1:win",
            "r2:1:1:stop",
            "r1:-1:1:stop",
            "r1:+1:1:stop",
            "r1:01:1:stop",
            "r1:A:1:stop",
            "r1:1:zzzzzzz0:stop",
            "r1:zzzzzzzzzzzzzzzz:1:stop",
            "r1:1:1:stop:more",
            " r1:1:1:stop",
        ] {
            assert_eq!(Press::from_id(forged), None, "{forged}");
        }
    }

    #[test]
    fn nonce_fits_for_every_interview() {
        assert!(nonce(InterviewId(i64::MAX), Seq(u32::MAX), 9).len() <= NONCE_MAX);
        assert_ne!(nonce(InterviewId(1), Seq(11), 0), nonce(InterviewId(11), Seq(1), 0));
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_the_same(id in "\\PC{0,110}|r1:[0-9a-z]{1,4}:[0-9a-z]{1,3}:[a-z.]{1,8}") {
            if let Some(press) = Press::from_id(&id) {
                prop_assert_eq!(press.to_id(), Some(id));
            }
        }
    }
}
