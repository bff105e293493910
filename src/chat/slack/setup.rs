//! Finds what is missing: membership here, scopes, direct messages.

use super::intake::Asker;
use super::trouble::Trouble;
use super::wire::Message;
use super::{Slack, StartError};
use crate::chat::Finding;
use crate::core::say::slack::setup as text;

impl Slack {
    /// What the shell can find out: the workspaces and the socket.
    pub async fn inspect(&self) -> Result<Vec<Finding>, StartError> {
        self.check_socket().await?;
        let workspaces = self.workspaces.values().map(|of| Finding::good(text::workspace(&of.name)));
        let refused = (0..self.refused).map(|_| Finding::bad(text::REFUSED));
        Ok(workspaces.chain(refused).chain([Finding::good(text::SOCKET)]).collect())
    }

    /// Answers `/riposte setup`.
    pub(super) async fn set_up(&self, asker: &Asker) {
        let mut findings = Vec::new();
        if let (Some(channel), super::place::Place::Starting { .. }) = (&asker.channel, asker.place()) {
            let read = self.read_page(&asker.team, channel, None, None, None).await.map(drop);
            findings.push(finding(read, text::CHANNEL, text::NO_MEMBER));
        }
        let direct = self.direct_channel(&asker.team, &asker.user).await.map(drop);
        findings.push(finding(direct, text::DIRECT_OPEN, text::DIRECT_CLOSED));
        let rights = self.about(&asker.team, &asker.user).await.map(drop);
        findings.push(finding(rights, text::RIGHTS, text::NO_RIGHTS));
        let lines: Vec<String> = findings.iter().map(Finding::line).collect();
        self.reply_with(asker, Message::sentence(&lines.join("\n"))).await;
    }
}

fn finding(tried: Result<(), Trouble>, good: &str, blocked: &str) -> Finding {
    match tried {
        Ok(()) => Finding::good(good),
        Err(Trouble::Blocked(_)) => Finding::bad(blocked),
        Err(Trouble::NoScope(scope)) => Finding::bad(text::lacking(&scope)),
        Err(
            Trouble::NoToken | Trouble::Later(_) | Trouble::Unknown | Trouble::Expired | Trouble::Refused(_),
        ) => Finding::bad(text::UNCLEAR),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::Obstacle;

    #[test]
    fn what_is_missing_is_named() {
        let found = |tried| finding(tried, "all is well", "invite me");
        assert_eq!(found(Ok(())).line(), "✓ all is well");
        assert_eq!(found(Err(Trouble::Blocked(Obstacle::NoPermission))).line(), "✗ invite me");
        let scope = found(Err(Trouble::NoScope("im:history".to_owned()))).line();
        assert!(scope.contains("im:history"), "{scope}");
    }
}
