//! What the candidate typed → what they mean. Pure.

use crate::core::card::Button;
use crate::core::say;

/// What an entry means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// An answer or a reply.
    Say(String),
    /// A button.
    Press(Button),
    /// The list of commands.
    Help,
    /// A command that does not exist, or not here.
    Unknown(String),
    /// Nothing.
    Nothing,
}

/// Reads an entry. `revealed`: whether the reveal is out, where an empty entry means the next question.
/// `disputed`: the buttons of the list that `/wrong` shows, in order.
pub(super) fn read(text: &str, revealed: bool, disputed: &[Button]) -> Entry {
    let trimmed = text.trim();
    let Some(command) = trimmed.strip_prefix('/') else {
        return match (trimmed.is_empty(), revealed) {
            (true, true) => Entry::Press(Button::Next),
            (true, false) => Entry::Nothing,
            (false, _) => Entry::Say(trimmed.to_owned()),
        };
    };
    let mut words = command.split_whitespace();
    let (name, rest) = (words.next().unwrap_or_default(), words.next());
    match (name.to_lowercase().as_str(), rest) {
        ("blank", None) => Entry::Press(Button::Blank),
        ("skip", None) => Entry::Press(Button::Skip),
        ("again", None) => Entry::Press(Button::OnceMore),
        ("next", None) => Entry::Press(Button::Next),
        ("stop" | "quit" | "exit", None) => Entry::Press(Button::Stop),
        ("help", None) => Entry::Help,
        ("wrong", None) => Entry::Press(Button::NotWhatIMeant),
        ("wrong", Some(number)) => {
            let place = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            match place.and_then(|place| disputed.get(place)) {
                Some(button) => Entry::Press(button.clone()),
                None => Entry::Unknown(say::no_such_number(number)),
            }
        }
        // "/ is true division" is an answer, "/hlep" a slip.
        (_, Some(_)) => Entry::Say(trimmed.to_owned()),
        (_, None) => Entry::Unknown(say::no_such_command(name)),
    }
}

/// Whether a line is a command, which needs no empty line after it.
pub(super) fn is_command(line: &str) -> bool {
    !matches!(read(line, false, &[]), Entry::Say(_) | Entry::Nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, revealed: bool, meant: Entry) {
        let disputed = [Button::Correct("a".into()), Button::Correct("b".into())];
        assert_eq!(read(text, revealed, &disputed), meant, "{text:?}");
    }

    #[test]
    fn entries_mean_what_they_say() {
        check("a list can change", false, Entry::Say("a list can change".into()));
        check("  ", false, Entry::Nothing);
        check("  ", true, Entry::Press(Button::Next));
        check("/ is true division", false, Entry::Say("/ is true division".into()));
        check("/blank", false, Entry::Press(Button::Blank));
        check(" /STOP ", true, Entry::Press(Button::Stop));
        check("/wrong 2", true, Entry::Press(Button::Correct("b".into())));
        check("/wrong 3", true, Entry::Unknown("/wrong 3: type /wrong to see the numbers".into()));
        check("/wrong 0", true, Entry::Unknown("/wrong 0: type /wrong to see the numbers".into()));
        check(
            "/dance",
            false,
            Entry::Unknown("/dance: there is no such command; type /help for the list".into()),
        );
    }
}
