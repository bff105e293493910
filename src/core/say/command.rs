//! The commands of Discord and their options.

use super::Phrase;

/// A phrase that has no translation yet.
const fn plain(text: &'static str) -> Phrase {
    Phrase { text, elsewhere: &[] }
}

/// Name.
pub const DRILL: Phrase = plain("drill");
/// Description.
pub const DRILL_ABOUT: Phrase = plain("One interview question, and the follow-up that your answer deserves");
/// Name.
pub const SCREEN: Phrase = plain("screen");
/// Description.
pub const SCREEN_ABOUT: Phrase = plain("Several questions in a row, with a scorecard at the end");
/// Name.
pub const SETUP: Phrase = plain("setup");
/// Description.
pub const SETUP_ABOUT: Phrase = plain("Check what the bot may do here, and what is missing");
/// Name.
pub const HELP: Phrase = plain("help");
/// Description.
pub const HELP_ABOUT: Phrase = plain("What this is and how it works");
/// Name.
pub const FORGET_ME: Phrase = plain("forget-me");
/// Description.
pub const FORGET_ME_ABOUT: Phrase = plain("Delete everything that is kept about you, at once");
/// Name.
pub const EXPORT: Phrase = plain("export");
/// Description.
pub const EXPORT_ABOUT: Phrase = plain("Everything that is kept about you, as a file");
/// Name of the command on a message.
pub const FOLLOW_UP: Phrase = plain("Ask me the follow-up");
/// Name.
pub const ROUND: Phrase = plain("round");
/// Description.
pub const ROUND_ABOUT: Phrase =
    plain("One question for everybody here, answered privately and revealed together");
/// Name.
pub const DAILY: Phrase = plain("daily");
/// Description.
pub const DAILY_ABOUT: Phrase = plain("A round that comes by itself at a time of the day");
/// Name of a command within that.
pub const ADD: Phrase = plain("add");
/// Description.
pub const ADD_ABOUT: Phrase = plain("One more daily");
/// Name of a command within that.
pub const LIST: Phrase = plain("list");
/// Description.
pub const LIST_ABOUT: Phrase = plain("All dailies of this server, and when they come next");
/// Name of a command within that.
pub const EDIT: Phrase = plain("edit");
/// Description.
pub const EDIT_ABOUT: Phrase = plain("Change one; what you leave out stays as it is");
/// Name of a command within that.
pub const PAUSE: Phrase = plain("pause");
/// Description.
pub const PAUSE_ABOUT: Phrase = plain("No questions until you resume it");
/// Name of a command within that.
pub const RESUME: Phrase = plain("resume");
/// Description.
pub const RESUME_ABOUT: Phrase = plain("Let a paused one go on");
/// Name of a command within that.
pub const SKIP: Phrase = plain("skip");
/// Description.
pub const SKIP_ABOUT: Phrase = plain("Leave out the next question");
/// Name of a command within that.
pub const REMOVE: Phrase = plain("remove");
/// Description.
pub const REMOVE_ABOUT: Phrase = plain("Have it no more");
/// Option.
pub const WHICH: Phrase = plain("daily");
/// Description.
pub const WHICH_ABOUT: Phrase = plain("Which one");
/// Option.
pub const TIME: Phrase = plain("time");
/// Description.
pub const TIME_ABOUT: Phrase = plain("The time of the day, such as 9:30");
/// Option.
pub const ZONE: Phrase = plain("zone");
/// Description.
pub const ZONE_ABOUT: Phrase = plain("The time zone, such as Europe/Berlin");
/// Option.
pub const DAYS: Phrase = plain("days");
/// Description.
pub const DAYS_ABOUT: Phrase = plain("The weekdays, such as mon-fri; all of them unless you say so");
/// Option.
pub const HOURS: Phrase = plain("hours");
/// Description.
pub const HOURS_ABOUT: Phrase = plain("Hours until the reveal; 20 unless you say so");
/// Option.
pub const ROLE: Phrase = plain("role");
/// Description.
pub const ROLE_ABOUT: Phrase = plain("A role to mention with the question; it has to allow mentions");
/// Option.
pub const QUIET: Phrase = plain("quiet");
/// Description.
pub const QUIET_ABOUT: Phrase = plain("Mention no role any more");
/// Option.
pub const PIN: Phrase = plain("pin");
/// Description.
pub const PIN_ABOUT: Phrase = plain("Pin the question; I need the permission Pin Messages for it");
/// Option.
pub const CHANNEL: Phrase = plain("channel");
/// Description.
pub const CHANNEL_ABOUT: Phrase = plain("Where it is posted; in this channel unless you say so");
/// Option.
pub const MINUTES: Phrase = plain("minutes");
/// Description.
pub const MINUTES_ABOUT: Phrase = plain("How long it is open, in minutes; 10 unless you say so");
/// Option.
pub const TRACK: Phrase = plain("track");
/// Description.
pub const TRACK_ABOUT: Phrase = plain("The subject, such as python");
/// Option.
pub const TOPIC: Phrase = plain("topic");
/// Description.
pub const TOPIC_ABOUT: Phrase = plain("A chapter of it");
/// Option.
pub const LEVEL: Phrase = plain("level");
/// Description.
pub const LEVEL_ABOUT: Phrase = plain("junior, mid or senior");
/// Option.
pub const TRAPS: Phrase = plain("traps");
/// Description.
pub const TRAPS_ABOUT: Phrase = plain("Follow-ups a question, 1 to 3");
/// Option.
pub const WHERE: Phrase = plain("where");
/// Description.
pub const WHERE_ABOUT: Phrase = plain("Where the drill runs");
/// Choice.
pub const HERE: Phrase = plain("In a thread here");
/// Choice.
pub const DIRECT: Phrase = plain("In my direct messages");
/// Option.
pub const COUNT: Phrase = plain("count");
/// Description.
pub const COUNT_ABOUT: Phrase = plain("How many questions");
