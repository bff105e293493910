//! Reads entries from the keyboard or a pipe, on a thread of its own, one at a time and only when asked.

use std::io::{BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc as std_mpsc;

use rustyline::error::ReadlineError;
use rustyline::{
    Cmd, ConditionalEventHandler, Config, DefaultEditor, Event, EventContext, EventHandler, ExternalPrinter,
    KeyEvent, RepeatCount,
};
use tokio::sync::mpsc;

use super::entry;

/// Bytes of one entry that are kept; the rest is read and dropped. Far more than the longest answer, so
/// that a longer one is still recognised as too long.
const ENTRY_BYTES_MAX: usize = 64 << 10;

/// What came in.
#[derive(Debug)]
pub(super) enum Raw {
    /// An entry, of one or several lines.
    Text(String),
    /// The end of the input.
    End,
    /// Ctrl-C.
    Interrupted,
}

/// Prints while somebody is typing, without tearing their line.
pub(super) type Printer = Box<dyn ExternalPrinter + Send>;

/// The thread that reads.
pub(super) struct Input {
    wanted: std_mpsc::Sender<()>,
    entries: mpsc::Receiver<Raw>,
}

impl Input {
    /// Reads from a keyboard, with line editing. History stays in memory: answers are personal.
    pub(super) fn keyboard() -> rustyline::Result<(Self, Option<Printer>)> {
        let mut editor = DefaultEditor::with_config(Config::builder().auto_add_history(true).build())?;
        let printer = editor.create_external_printer().ok().map(|printer| Box::new(printer) as Printer);
        let sends = Arc::new(AtomicBool::new(false));
        let send_line = EventHandler::Conditional(Box::new(SendLine(sends.clone())));
        editor.bind_sequence(KeyEvent::ctrl('D'), send_line);
        Ok((Self::start(move || typed(&mut editor, &sends)), printer))
    }

    /// Reads paragraphs from a pipe or a file.
    pub(super) fn pipe(mut reader: impl BufRead + Send + 'static) -> Self {
        Self::start(move || paragraph(&mut reader))
    }

    fn start(mut read: impl FnMut() -> Raw + Send + 'static) -> Self {
        let (wanted, wants) = std_mpsc::channel();
        let (entry, entries) = mpsc::channel(1);
        std::thread::spawn(move || {
            while wants.recv().is_ok() {
                if entry.blocking_send(read()).is_err() {
                    return;
                }
            }
        });
        Self { wanted, entries }
    }

    /// Asks for the next entry.
    pub(super) fn want(&self) {
        // A thread that is gone shows in `next`, as the end of the input.
        let _ = self.wanted.send(());
    }

    /// The entry that was asked for. Safe to be cancelled: nothing is lost.
    pub(super) async fn next(&mut self) -> Raw {
        self.entries.recv().await.unwrap_or(Raw::End)
    }
}

/// Ctrl-D on a line with text sends it, as an empty line would; on an empty line it is the end of input.
struct SendLine(Arc<AtomicBool>);

impl ConditionalEventHandler for SendLine {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        if context.line().is_empty() {
            return Some(Cmd::EndOfFile);
        }
        self.0.store(true, Ordering::Relaxed);
        Some(Cmd::AcceptLine)
    }
}

fn typed(editor: &mut DefaultEditor, sends: &AtomicBool) -> Raw {
    let mut text = String::new();
    loop {
        let prompt = if text.is_empty() { "> " } else { "  " };
        match editor.readline(prompt) {
            Ok(line) if text.is_empty() && (line.trim().is_empty() || entry::is_command(&line)) => {
                return Raw::Text(line);
            }
            Ok(line) if line.trim().is_empty() => return Raw::Text(text),
            Ok(line) => {
                push_line(&mut text, &line);
                if sends.swap(false, Ordering::Relaxed) {
                    return Raw::Text(text);
                }
            }
            Err(ReadlineError::Eof) if !text.is_empty() => return Raw::Text(text),
            Err(ReadlineError::Interrupted) => return Raw::Interrupted,
            Err(_) => return Raw::End,
        }
    }
}

fn paragraph(reader: &mut impl BufRead) -> Raw {
    let mut text = String::new();
    loop {
        let Some(line) = line(reader) else {
            return if text.is_empty() { Raw::End } else { Raw::Text(text) };
        };
        match (text.is_empty(), line.trim().is_empty()) {
            (true, true) => {}
            (true, false) if entry::is_command(&line) => return Raw::Text(line),
            (_, false) => push_line(&mut text, &line),
            (false, true) => return Raw::Text(text),
        }
    }
}

/// One line without its end; `None` at the end of the input. Bytes that are no UTF-8 become U+FFFD.
fn line(reader: &mut impl BufRead) -> Option<String> {
    let mut bytes = Vec::new();
    let read = reader.take(ENTRY_BYTES_MAX as u64).read_until(b'\n', &mut bytes).ok()?;
    if read == 0 {
        return None;
    }
    if bytes.last() != Some(&b'\n') && bytes.len() == ENTRY_BYTES_MAX {
        skip_line(reader);
    }
    Some(String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).to_owned())
}

/// Drops the rest of a line, however long it is, without keeping it.
fn skip_line(reader: &mut impl BufRead) {
    while let Ok(buffer) = reader.fill_buf() {
        let (length, found) = match buffer.iter().position(|&byte| byte == b'\n') {
            Some(place) => (place + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        reader.consume(length);
        if found {
            return;
        }
    }
}

fn push_line(text: &mut String, line: &str) {
    if text.len() + line.len() <= ENTRY_BYTES_MAX {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &[u8], entries: &[&str]) {
        let mut reader = std::io::BufReader::new(input);
        let mut read = Vec::new();
        while let Raw::Text(text) = paragraph(&mut reader) {
            read.push(text);
        }
        assert_eq!(read, entries);
    }

    #[test]
    fn one_answer_a_paragraph() {
        check(b"one\ntwo\n\n\n\nthree\n", &["one\ntwo", "three"]);
        check(b"one\r\n\r\ntwo", &["one", "two"]);
        check(b"/blank\nanswer\n/stop\n", &["/blank", "answer\n/stop"]);
        check(b"", &[]);
        check(b"\n\n\n", &[]);
        check(b"caf\xe9\n", &["caf\u{fffd}"]);
    }

    #[test]
    fn endless_lines_are_cut_and_what_follows_is_read() {
        let mut input = vec![b'x'; 10 << 20];
        input.extend(b"\n\nnext\n");
        let mut reader = std::io::BufReader::new(input.as_slice());
        let Raw::Text(first) = paragraph(&mut reader) else { panic!("the first paragraph is there") };
        assert_eq!(first.len(), ENTRY_BYTES_MAX);
        let Raw::Text(second) = paragraph(&mut reader) else { panic!("the second paragraph is there") };
        assert_eq!(second, "next");
    }
}
