//! What Slack sends → the words that somebody wrote. Pure.
//!
//! Slack escapes three characters and writes names and links between angles. Both are undone, so that a word
//! reads the same whether it came by a form or as a message.

/// The words of a message.
pub(super) fn heard(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, angled, after)) = next_angled(rest) {
        out.push_str(&unescaped(before));
        out.push_str(&unescaped(&said_of(angled)));
        rest = after;
    }
    out.push_str(&unescaped(rest));
    out.trim().to_owned()
}

/// The first `<…>`, with what stands before and after it. A real angle is escaped, so this is Slack's own.
fn next_angled(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('<')?;
    let (angled, after) = rest.split_once('>')?;
    Some((before, angled, after))
}

/// What a person sees of it.
fn said_of(angled: &str) -> String {
    let (address, label) =
        angled.split_once('|').map_or((angled, None), |(address, label)| (address, Some(label)));
    match (address.chars().next(), label) {
        (Some('@'), None) => address.to_owned(),
        (Some('@'), Some(name)) => format!("@{name}"),
        (Some('#'), None) => address.to_owned(),
        (Some('#'), Some(name)) => format!("#{name}"),
        (Some('!'), None) => format!("@{}", &address[1..]),
        (Some('!'), Some(label)) => label.to_owned(),
        (_, Some(label)) => label.to_owned(),
        (_, None) => address.to_owned(),
    }
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_as_they_were_written() {
        for (sent, expected) in [
            ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
            ("&amp;lt;", "&lt;"),
            ("see <https://python.org|python.org> or <https://x.y>", "see python.org or https://x.y"),
            ("<@U123> and <@U123|ana> in <#C1|general> <!here>", "@U123 and @ana in #general @here"),
            ("`x = &lt;y&gt;`", "`x = <y>`"),
            ("a < b", "a < b"),
            ("", ""),
        ] {
            assert_eq!(heard(sent), expected, "{sent}");
        }
    }
}
