//! What a failed call to Slack means. Pure.
//!
//! Every answer has one class, and each class a bounded way on: wait and try again (the courier counts), look
//! first, wait until somebody acts, or give up.

use std::time::Duration;

use slack_morphism::errors::SlackClientError;

use crate::chat::{DeliveryError, Obstacle};

/// What a failed call means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Certainly not done; worth another try after this long.
    Later(Duration),
    /// Perhaps done.
    Unknown,
    /// Not before somebody does something.
    Blocked(Obstacle),
    /// What it was to answer is too old or was answered already.
    Expired,
    /// The token is refused.
    NoToken,
    /// A right is missing; its name, where Slack says it.
    NoScope(String),
    /// Never.
    Refused(String),
}

/// Too many calls, and Slack did not say for how long.
const LIMITED_AGAIN_AFTER: Duration = Duration::from_secs(30);
/// Something is on its way at Slack or before it, and ends by itself: a workspace that moves, a proxy that is wrong.
const IN_BETWEEN_AGAIN_AFTER: Duration = Duration::from_mins(10);

/// What an error of the library means. What it says is not passed on: it may hold what was sent.
pub(super) fn of(error: &SlackClientError) -> Trouble {
    match error {
        SlackClientError::RateLimitError(error) => {
            Trouble::Later(error.retry_after.unwrap_or(LIMITED_AGAIN_AFTER))
        }
        SlackClientError::ApiError(error) => {
            of_answer(&error.code, error.http_response_body.as_deref().unwrap_or_default())
        }
        // Only these are about what was sent; others may be a proxy's.
        SlackClientError::HttpError(error) if matches!(error.status_code.as_u16(), 400 | 404 | 413) => {
            Trouble::Refused(format!("Slack answered {}", error.status_code))
        }
        SlackClientError::HttpError(error) if error.status_code.is_client_error() => {
            Trouble::Later(IN_BETWEEN_AGAIN_AFTER)
        }
        SlackClientError::HttpError(_)
        | SlackClientError::HttpProtocolError(_)
        | SlackClientError::EndOfStream(_)
        | SlackClientError::SystemError(_)
        | SlackClientError::ProtocolError(_)
        | SlackClientError::SocketModeProtocolError(_) => Trouble::Unknown,
    }
}

/// What an answer of Slack means: its code, and for a missing right the body, which names it.
fn of_answer(code: &str, body: &str) -> Trouble {
    match code {
        "ratelimited" | "rate_limited" | "message_limit_exceeded" => Trouble::Later(LIMITED_AGAIN_AFTER),
        "team_added_to_org" | "external_channel_migrating" | "accesslimited" => {
            Trouble::Later(IN_BETWEEN_AGAIN_AFTER)
        }
        // Slack says of these that it may have been done all the same.
        "internal_error" | "fatal_error" | "service_unavailable" | "request_timeout" => Trouble::Unknown,
        "not_in_channel"
        | "channel_not_found"
        | "is_archived"
        | "thread_not_found"
        | "user_not_in_channel"
        | "user_not_found"
        | "users_not_found"
        | "restricted_action"
        | "restricted_action_read_only_channel"
        | "restricted_action_thread_only_channel"
        | "restricted_action_non_threadable_channel"
        | "restricted_action_thread_locked"
        | "ekm_access_denied"
        | "access_denied"
        | "no_permission" => Trouble::Blocked(Obstacle::NoPermission),
        "cannot_dm_bot" | "messages_tab_disabled" | "user_disabled" | "cannot_find_channel" => {
            Trouble::Blocked(Obstacle::PrivateMessagesClosed)
        }
        "expired_trigger_id"
        | "trigger_expired"
        | "exchanged_trigger_id"
        | "trigger_exchanged"
        | "expired_url"
        | "used_url"
        | "invalid_trigger_id" => Trouble::Expired,
        "missing_scope" => Trouble::NoScope(needed(body)),
        "invalid_auth"
        | "not_authed"
        | "account_inactive"
        | "token_revoked"
        | "token_expired"
        | "org_login_required"
        | "team_access_not_granted"
        | "not_allowed_token_type" => Trouble::NoToken,
        other => Trouble::Refused(format!("Slack answered {other}")),
    }
}

fn needed(body: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Missing {
        needed: String,
    }
    serde_json::from_str(body).map_or_else(|_| String::new(), |missing: Missing| missing.needed)
}

impl From<Trouble> for DeliveryError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Later(after) => Self::Later(after),
            Trouble::Unknown => Self::Unknown,
            Trouble::Blocked(obstacle) => Self::Blocked(obstacle),
            // An owner can mend it, and then the interview goes on.
            Trouble::NoToken | Trouble::NoScope(_) | Trouble::Expired => {
                Self::Blocked(Obstacle::NoPermission)
            }
            Trouble::Refused(reason) => Self::Refused(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slack_morphism::errors::{SlackClientApiError, SlackRateLimitError};

    #[test]
    fn f35_every_answer_has_a_class() {
        let check = |code: &str, expected: Trouble| assert_eq!(of_answer(code, ""), expected, "{code}");
        check("internal_error", Trouble::Unknown);
        check("team_added_to_org", Trouble::Later(IN_BETWEEN_AGAIN_AFTER));
        check("not_in_channel", Trouble::Blocked(Obstacle::NoPermission));
        check("messages_tab_disabled", Trouble::Blocked(Obstacle::PrivateMessagesClosed));
        check("expired_trigger_id", Trouble::Expired);
        check("token_revoked", Trouble::NoToken);
        check("invalid_blocks", Trouble::Refused("Slack answered invalid_blocks".to_owned()));
    }

    #[test]
    fn wait_is_the_one_that_slack_names() {
        let limit = |limit| of(&SlackClientError::RateLimitError(limit));
        let seven = Duration::from_secs(7);
        assert_eq!(limit(SlackRateLimitError::new().with_retry_after(seven)), Trouble::Later(seven));
        assert_eq!(limit(SlackRateLimitError::new()), Trouble::Later(LIMITED_AGAIN_AFTER));
    }

    #[test]
    fn scope_that_is_missing_is_named() {
        let body = r#"{"ok":false,"error":"missing_scope","needed":"im:history","provided":"chat:write"}"#;
        let error =
            SlackClientApiError::new("missing_scope".to_owned()).with_http_response_body(body.to_owned());
        assert_eq!(of(&SlackClientError::ApiError(error)), Trouble::NoScope("im:history".to_owned()));
    }
}
