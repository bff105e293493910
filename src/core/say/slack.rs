//! What is said in Slack alone: its commands have other names, and its Home is a page.

use std::borrow::Cow;

use crate::core::progress::Progress;

/// Before the channel that something is about which is said elsewhere.
pub const ABOUT: &str = "In";
/// The word that all commands begin with.
pub const COMMAND: &str = "/riposte";

/// Something was written where no drill is open.
pub const NO_DRILL_HERE: &str = "No drill is open here. Start one with /riposte drill.";

/// A button that this program did not make, or a much older one did.
pub const UNKNOWN_BUTTON: &str = "I cannot tell what that button is for. Start a drill with /riposte drill.";

/// The message shortcut: no question of the bank is like the message.
pub const NO_QUESTION_FITS: &str = "I have no question that this answers. Start a drill with /riposte drill.";

/// What the bot does and how, for whoever asks.
pub const HELP: &str = "\
Riposte asks an interview question, reads what you said, asks the follow-up that it deserves, and shows the \
model answer beside your own.
`/riposte drill` one question; add a track, a topic, a level or a number of follow-ups if you like: \
`/riposte drill python junior 2`; add `dm` to have it in your direct messages
`/riposte screen 5` several questions in a row, with a scorecard
`/riposte round` one question for everybody in the channel, answered privately, revealed together: \
`/riposte round python 30` is open for 30 minutes
`/riposte daily add 9:30 mon-fri` a round at a time of the day, for admins of the workspace; add a zone, a track, a \
topic, a level, `8h` until the reveal, a user group to mention, `pin`
`/riposte daily list` all of them with their numbers · `/riposte daily edit|pause|resume|skip|remove 2`
`/riposte export` everything that is kept about you · `/riposte forget-me` delete it
`/riposte setup` what this channel still has to allow
In direct messages you answer by writing. In a channel you press Answer, and only you see what comes back; or you \
write in the thread, where others read along.
For practice only: not for an interview in progress, and no hiring screen.";

/// What other platforms call by another name, and how it is called in Slack. The longer ones come first.
const OTHERWISE: [(&str, &str); 7] = [
    ("/setup", "/riposte setup"),
    ("/daily", "/riposte daily"),
    ("/drill", "/riposte drill"),
    ("/round", "/riposte round"),
    ("on this server", "in this workspace"),
    ("this server", "this workspace"),
    ("A server has", "A workspace has"),
];

/// A sentence that is said everywhere, in the words of Slack. Only for sentences of ours.
pub fn adapted(sentence: &str) -> Cow<'_, str> {
    if !OTHERWISE.iter().any(|(word, _)| sentence.contains(word)) {
        return Cow::Borrowed(sentence);
    }
    Cow::Owned(OTHERWISE.iter().fold(sentence.to_owned(), |said, (word, here)| said.replace(word, here)))
}

/// Rounds and dailies are for channels that the app is in.
pub const CHANNELS_ONLY: &str = "That needs a channel. Use it in one that I am a member of.";

/// Slack did not say whether somebody may look after the dailies.
pub const RIGHTS_UNCLEAR: &str =
    "Slack did not tell me whether you look after this workspace. Try again in a moment.";

/// A user group that Slack did not replace by its id.
pub const NO_SUCH_GROUP: &str =
    "I can only mention a user group. Choose it from what Slack suggests after the @.";

/// A channel that Slack did not replace by its id.
pub const NO_SUCH_CHANNEL: &str =
    "I do not know that channel. Choose it from what Slack suggests after the #.";

/// The only one was meant, and there are several.
pub const WHICH_DAILY: &str = "Which one? Say its number, for instance /riposte daily pause 2.";

/// A daily in the list, with the number that it is named by.
pub fn numbered(number: i64, line: &str) -> String {
    format!("{number} · {line}")
}

/// What a round lacks in a channel that the app is not in.
pub const MEMBERSHIP: &str = "to be a member (/invite @riposte)";

/// The button under the result of a round that shows the model answer to whoever presses it.
pub const MODEL_ANSWER: &str = "Show me the model answer";

/// A command that does not exist, and the one that is most like it.
pub fn no_such_command(word: &str, near: Option<&str>) -> String {
    match near {
        Some(near) => format!("There is no “{word}”. Did you mean /riposte {near}?"),
        None => format!("There is no “{word}”. /riposte help names everything that there is."),
    }
}

/// The question on its way belongs to a channel.
pub const IN_CHANNEL: &str = "Here it comes, in this channel. Press Answer under it, or write in its thread.";

/// Above a question in direct messages that could not be posted in the channel.
pub const MOVED_TO_DIRECT: &str = "I cannot post in that channel, so your question is here. To have it there, invite me with /invite @riposte.";

/// Nothing can be posted in this workspace.
pub const NO_TOKEN: &str = "I cannot post in this workspace: my token for it is missing or refused. Ask whoever runs \
this bot to set it anew.";

/// A drill that a person asked for goes on where it was, in their direct messages.
pub const GOES_ON_IN_DIRECT: &str = "Your drill goes on where it was, in our direct messages.";

/// Above a question in a channel. `person` is how the platform names them.
pub fn question_for(person: &str) -> String {
    format!("A question for {person}. Everybody else can ask for their own with /riposte drill.")
}

/// Above a card that its person shows to everybody. `person` is how the platform names them.
pub fn shown_by(person: &str) -> String {
    format!("{person} shows how it went. Below, “you” is them.")
}

/// A person's data is on its way.
pub const EXPORT_COMES: &str = "Everything that I keep about you comes as a file in our direct messages.";

/// A file could not be sent.
pub const EXPORT_FAILED: &str =
    "I could not send the file. Try again in a moment, or ask whoever runs this bot for it.";

/// The button that shows a card to everybody.
pub const SHOW_ALL: &str = "Show all";

/// It was pressed.
pub const SHOWN_ALL: &str = "It is in the thread for everybody to read.";

/// The button that sends a form.
pub const SEND: &str = "Send";
/// The button that closes a form.
pub const CANCEL: &str = "Cancel";

/// A form was opened too late or too often; the button is still there.
pub const NO_FORM: &str = "The form could not be opened. Press the button once more.";

/// The page of the app.
pub mod home {
    use super::Progress;

    /// Above everything.
    pub const TITLE: &str = "Riposte";
    /// What it is for.
    pub const ABOUT: &str = "An interview question, and the follow-up that your answer deserves.";
    /// Above what is open.
    pub const OPEN: &str = "Open questions";
    /// Nothing is open.
    pub const NOTHING_OPEN: &str = "No question is open.";
    /// Above what came of it.
    pub const PROGRESS: &str = "So far";
    /// A button.
    pub const DRILL_ME: &str = "Drill me";
    /// A button.
    pub const SCREEN: &str = "Take a screen";
    /// A button.
    pub const EXPORT: &str = "Export my data";
    /// A button.
    pub const FORGET: &str = "Delete my data";
    /// Asked before.
    pub const FORGET_SURE: &str =
        "This deletes your open questions, your results and what you have seen, at once and for good.";
    /// Confirms it.
    pub const FORGET_YES: &str = "Delete";
    /// Above what is stored.
    pub const STORED: &str = "What I keep";
    /// What is stored.
    pub const STORED_ABOUT: &str = "While a question is open: the question and what you said to it. After that: which \
points you said, how long you took, which questions you have seen; none of your words. Nobody else sees it.";
    /// It is a part in a round, and nothing is to be said there.
    pub const NOTED: &str = "You have answered in a round. Its channel shows what came of it once it closes.";
    /// It waits for a choice and not for an answer.
    pub const CHOOSE: &str = "The model answer is out; choose what comes next under it.";

    /// What came of what was answered.
    pub fn progress(progress: &Progress) -> String {
        let Progress { questions, said, points, held, traps } = progress;
        if *questions == 0 {
            return "Nothing answered yet.".to_owned();
        }
        let s = if *questions == 1 { "" } else { "s" };
        format!(
            "{questions} question{s} answered: {said} of {points} points said, {held} of {traps} follow-ups held."
        )
    }
}

/// What `/riposte setup` and `riposte doctor` find.
pub mod setup {
    /// Nothing is missing in this channel.
    pub const CHANNEL: &str = "I am in this channel and can ask questions here.";
    /// The app is no member of the channel.
    pub const NO_MEMBER: &str =
        "I am not in this channel. Invite me with /invite @riposte, or drill in direct messages.";
    /// Direct messages can be sent.
    pub const DIRECT_OPEN: &str = "I can write to you directly.";
    /// Direct messages cannot be sent.
    pub const DIRECT_CLOSED: &str = "I cannot write to you directly. Ask whoever looks after this workspace to allow the app's messages tab.";
    /// Who looks after the workspace can be told.
    pub const RIGHTS: &str = "I can tell who looks after this workspace, for its dailies.";
    /// It cannot.
    pub const NO_RIGHTS: &str = "I cannot tell who looks after this workspace, so nobody can set up dailies.";
    /// Events come in.
    pub const SOCKET: &str = "Slack: Socket Mode is on";

    /// One of several tokens is refused.
    pub const REFUSED: &str = "Slack: one of the bot tokens is refused; copy it anew, or leave it out";

    /// A scope is missing.
    pub fn lacking(scope: &str) -> String {
        format!("I lack the scope {scope}. Install the app again from slack-manifest.yaml.")
    }

    /// A workspace has let us in.
    pub fn workspace(name: &str) -> String {
        format!("Slack: the token for the workspace {name} is good")
    }

    /// It could not be found out.
    pub const UNCLEAR: &str = "Slack did not answer, so I cannot tell. Try again in a moment.";
}
