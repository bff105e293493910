//! The mark-up of exported lists → plain text.

/// Bytes of an entity before its semicolon at the most: the longest one read is `&#x10ffff;`.
const ENTITY_BYTES_MAX: usize = 9;

/// A field without the mark-up that exports carry: line breaks and the entities of HTML; in a list that says
/// it is HTML, its tags as well.
pub(super) fn plain(field: &str, html: bool) -> String {
    let mut text = field.replace("\r\n", "\n");
    for line_break in ["<br>", "<br/>", "<br />"] {
        text = text.replace(line_break, "\n");
    }
    if html {
        text = untagged(&text);
    }
    unescaped(&text).trim().to_owned()
}

/// Text without tags; a block that ends, ends a line.
fn untagged(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        plain.push_str(before);
        let named = tag[1..].starts_with(|first: char| first.is_ascii_alphabetic() || first == '/');
        // Without another `>` there is no other tag.
        let Some(end) = tag.find('>') else {
            rest = tag;
            break;
        };
        if !named {
            plain.push('<');
            rest = &tag[1..];
            continue;
        }
        if matches!(&tag[..=end], "</div>" | "</p>" | "</li>" | "</pre>" | "</tr>") {
            plain.push('\n');
        }
        rest = &tag[end + 1..];
    }
    plain.push_str(rest);
    plain
}

/// Text with the entities of HTML as the characters they stand for. Each is read once: `&amp;lt;` is `&lt;`.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        let (before, entity) = rest.split_at(start);
        plain.push_str(before);
        let end = entity.bytes().take(ENTITY_BYTES_MAX + 1).position(|byte| byte == b';');
        let name = end.map(|end| &entity[1..end]);
        match name.and_then(|name| Some((name, character(name)?))) {
            Some((name, character)) => {
                plain.push(character);
                rest = &entity[name.len() + 2..];
            }
            None => {
                plain.push('&');
                rest = &entity[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn character(entity: &str) -> Option<char> {
    Some(match entity {
        "nbsp" => ' ',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "amp" => '&',
        "hellip" => '…',
        "ndash" => '–',
        "mdash" => '—',
        "rarr" => '→',
        number => {
            let number = number.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            return char::from_u32(code);
        }
    })
}
