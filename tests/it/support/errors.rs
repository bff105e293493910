//! What a bot logs as its own fault: a test that does not name it fails.

use std::sync::{Arc, Mutex};

/// What is logged as errors.
#[derive(Clone, Default)]
pub(crate) struct Errors(Arc<Mutex<Vec<u8>>>);

impl Errors {
    /// Takes down what is logged while a future runs with it.
    pub(crate) fn subscriber(&self) -> impl tracing::Subscriber + Send + Sync + use<> {
        let errors = self.clone();
        let log = tracing_subscriber::fmt().with_max_level(tracing::Level::ERROR).with_ansi(false);
        log.with_writer(move || errors.clone()).finish()
    }

    /// Fails if there are any.
    pub(crate) fn none(&self) {
        let errors = self.take();
        assert!(errors.is_empty(), "it logged errors:\n{errors}");
    }

    /// Those until here.
    pub(crate) fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

impl std::io::Write for Errors {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
