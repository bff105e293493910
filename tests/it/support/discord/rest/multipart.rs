//! The one shape of multipart bodies that a bot sends: `payload_json` and `files[n]`.

use super::Upload;

/// The boundary, if the content type is multipart.
pub(super) fn boundary(content_type: &str) -> Option<String> {
    let parameters = content_type.strip_prefix("multipart/form-data")?;
    let boundary = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("boundary="))?;
    Some(boundary.trim_matches('"').to_owned())
}

/// The JSON of the request, if there is any, and its files.
pub(super) fn read(body: &[u8], boundary: &str) -> (Option<Vec<u8>>, Vec<Upload>) {
    let mark = format!("--{boundary}");
    let mut payload = None;
    let mut files = Vec::new();
    for part in split(body, mark.as_bytes()) {
        let Some(blank) = find(part, b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&part[..blank]).into_owned();
        let bytes = part[blank + 4..].strip_suffix(b"\r\n").unwrap_or(&part[blank + 4..]);
        match parameter(&head, "name").as_deref() {
            Some("payload_json") => payload = Some(bytes.to_vec()),
            Some(name) => {
                let number = name.trim_start_matches("files[").trim_end_matches(']').parse();
                files.push(Upload {
                    number: number.unwrap_or(files.len() as u64),
                    name: parameter(&head, "filename").unwrap_or_default(),
                    content_type: line(&head, "content-type").unwrap_or_default(),
                    bytes: bytes.to_vec(),
                });
            }
            None => {}
        }
    }
    (payload, files)
}

fn split<'a>(mut body: &'a [u8], mark: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    while let Some(place) = find(body, mark) {
        parts.push(&body[..place]);
        body = &body[place + mark.len()..];
    }
    parts
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// `name="value"` of the content disposition.
fn parameter(head: &str, name: &str) -> Option<String> {
    let disposition = line(head, "content-disposition")?;
    let start = disposition.find(&format!(" {name}=\""))? + name.len() + 3;
    disposition[start..].split('"').next().map(str::to_owned)
}

fn line(head: &str, name: &str) -> Option<String> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.map(|(key, value)| (key.trim(), value)).find_map(|(key, value)| {
        // The space in front keeps `filename="` from being taken for `name="`.
        key.eq_ignore_ascii_case(name).then(|| format!(" {}", value.trim()))
    })
}
