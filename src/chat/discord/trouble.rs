//! What a failed call to Discord means. Pure.
//!
//! Every answer has one class, and each class a bounded way on: wait and try again (the courier counts),
//! look first, wait until somebody acts, or give up.

use std::time::Duration;

use serenity::http::HttpError;

use crate::chat::Obstacle;

/// What a failed call means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Certainly not done; worth another try after this long.
    Later(Duration),
    /// Perhaps done.
    Unknown,
    /// Not before somebody does something.
    Blocked(Obstacle),
    /// The answer to an interaction came too late or twice; there are other ways to say it.
    Expired,
    /// It is done already.
    Already,
    /// Never.
    Refused(String),
}

/// Nothing was sent because Discord could not be reached.
const UNREACHABLE_AGAIN_AFTER: Duration = Duration::from_secs(5);
/// Too many calls, and the library's limiter (which reads the exact time) is not there.
const LIMITED_AGAIN_AFTER: Duration = Duration::from_secs(2);
/// A slow mode, or a limit that somebody set by hand.
const SLOWED_AGAIN_AFTER: Duration = Duration::from_secs(30);
/// The token is refused: the gateway will say so too, and the process end.
const REFUSED_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// What an error of the library means.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library may add errors; what is not known may be done"
)]
pub(super) fn of(error: &serenity::Error) -> Trouble {
    match error {
        serenity::Error::Http(HttpError::UnsuccessfulRequest(answer)) => {
            of_answer(answer.status_code.as_u16(), answer.error.code, &answer.error.message)
        }
        serenity::Error::Http(HttpError::Request(error)) if error.is_connect() || error.is_builder() => {
            Trouble::Later(UNREACHABLE_AGAIN_AFTER)
        }
        _ => Trouble::Unknown,
    }
}

/// What an answer of Discord means: its status, and the code in its body.
fn of_answer(status: u16, code: isize, message: &str) -> Trouble {
    match code {
        50_007 | 50_278 => return Trouble::Blocked(Obstacle::PrivateMessagesClosed),
        // The last: a server has as many threads as it may.
        50_001 | 50_013 | 40_333 | 160_006 => return Trouble::Blocked(Obstacle::NoPermission),
        50_083 | 160_005 => return Trouble::Blocked(Obstacle::ThreadLocked),
        // Not to be seen: an outage as likely as a deletion, which the gateway tells by an event of its own.
        10_003 | 10_004 => return Trouble::Blocked(Obstacle::NoPermission),
        10_062 | 10_015 | 50_027 | 40_060 | 40_094 => return Trouble::Expired,
        160_004 => return Trouble::Already,
        20_016 | 20_022 | 20_028 | 40_062 | 30_046 => return Trouble::Later(SLOWED_AGAIN_AFTER),
        _ => {}
    }
    match status {
        429 => Trouble::Later(LIMITED_AGAIN_AFTER),
        401 => Trouble::Later(REFUSED_AGAIN_AFTER),
        403 => Trouble::Blocked(Obstacle::NoPermission),
        404 => Trouble::Blocked(Obstacle::NoPermission),
        400..=499 => Trouble::Refused(format!("Discord answered {status}, code {code}: {message}")),
        _ => Trouble::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f35_every_answer_has_a_class() {
        for (status, code, expected) in [
            (403, 50_007, Trouble::Blocked(Obstacle::PrivateMessagesClosed)),
            (400, 50_278, Trouble::Blocked(Obstacle::PrivateMessagesClosed)),
            (403, 50_013, Trouble::Blocked(Obstacle::NoPermission)),
            (403, 50_001, Trouble::Blocked(Obstacle::NoPermission)),
            (400, 50_083, Trouble::Blocked(Obstacle::ThreadLocked)),
            (403, 160_005, Trouble::Blocked(Obstacle::ThreadLocked)),
            (404, 10_003, Trouble::Blocked(Obstacle::NoPermission)),
            (404, 10_004, Trouble::Blocked(Obstacle::NoPermission)),
            (404, 10_062, Trouble::Expired),
            (400, 40_060, Trouble::Expired),
            (401, 50_027, Trouble::Expired),
            (400, 160_004, Trouble::Already),
            (429, 0, Trouble::Later(LIMITED_AGAIN_AFTER)),
            (401, 0, Trouble::Later(REFUSED_AGAIN_AFTER)),
            (500, 0, Trouble::Unknown),
            (502, -1, Trouble::Unknown),
            (504, 0, Trouble::Unknown),
        ] {
            assert_eq!(of_answer(status, code, ""), expected, "{status} {code}");
        }
        assert!(matches!(of_answer(400, 50_035, "Invalid Form Body"), Trouble::Refused(_)));
    }
}
