//! Vectors that were computed before, so that a question is ready at once: those of the shipped bank in
//! the binary, and others in a cache file.
//!
//! A vector is found by the model and the text alone, so a changed text or model finds nothing old, and
//! nothing ever has to be deleted. Losing the cache loses time and nothing else: whatever is wrong with the
//! file, the vectors are computed anew.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use crate::core::bank::{Bank, Question, Statement};
use crate::core::grading::encoder::{Embed, Vector};
use crate::core::grading::trained::Model;

/// What a file of vectors begins with, before the checksum of its model.
const MAGIC: &[u8; 8] = b"riposte1";
/// Bytes of a checksum in the file: enough that two texts never meet by chance.
const KEY_BYTES: usize = 16;
/// Bytes at the end of a record that tell whether it is whole.
const CHECK_BYTES: usize = 4;
/// The largest cache file that is read or written: the vectors of about 3,000 questions with 60 texts each.
const FILE_BYTES_MAX: u64 = 72 << 20;

type Key = [u8; KEY_BYTES];

/// An encoder that remembers.
pub struct Vectors {
    model: Arc<Model>,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    known: BTreeMap<Key, Vector>,
    /// Where vectors are added; `None` without a cache, or once it is full or failed.
    file: Option<File>,
    bytes: u64,
}

impl Vectors {
    /// With the vectors of the shipped bank, and those of the cache file if one is named. A second process
    /// reads the cache and adds nothing to it; so does one that may not write there.
    pub fn open(model: Arc<Model>, shipped: &[u8], cache: Option<&Path>) -> Self {
        let mut memory = Memory::default();
        read(&model, shipped, &mut memory.known);
        if let Some(path) = cache
            && let Err(error) = memory.open(&model, path)
        {
            tracing::warn!(path = %path.display(), %error, "vectors are not kept; new questions start slower");
        }
        Self { model, memory: Mutex::new(memory) }
    }

    /// Computes what is not known of a bank, question by question, so that each is ready when it is asked.
    pub fn warm(&self, bank: &Bank) {
        for question in &bank.questions {
            drop(self.learn(texts(question).map(|text| (key(text), text))));
        }
    }

    /// Computes what is not known of these texts; returns the memory, which knows them all.
    fn learn<'a>(&self, texts: impl Iterator<Item = (Key, &'a str)>) -> MutexGuard<'_, Memory> {
        let memory = self.memory();
        let missing: BTreeMap<Key, &str> = texts.filter(|(key, _)| !memory.known.contains_key(key)).collect();
        if missing.is_empty() {
            return memory;
        }
        // Computed without the lock: others may go on with what is known.
        drop(memory);
        let fresh = self.model.embed(&missing.values().copied().collect::<Vec<_>>());
        let mut memory = self.memory();
        memory.add(missing.into_keys().zip(fresh).collect());
        memory
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Embed for Vectors {
    fn embed(&self, texts: &[&str]) -> Vec<Vector> {
        let keys: Vec<Key> = texts.iter().map(|text| key(text)).collect();
        let memory = self.learn(keys.iter().copied().zip(texts.iter().copied()));
        keys.iter().map(|key| memory.known[key].clone()).collect()
    }
}

impl Memory {
    fn open(&mut self, model: &Model, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let writes = file.try_lock().is_ok();
        let mut bytes = Vec::new();
        Read::by_ref(&mut file).take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
        let mut whole = read(model, &bytes, &mut self.known) as u64;
        if !writes {
            return Ok(());
        }
        // What stands behind the last whole record was torn by a crash, or is of another model.
        file.set_len(whole)?;
        file.seek(SeekFrom::Start(whole))?;
        if whole == 0 {
            let header = header(model);
            file.write_all(&header)?;
            whole = header.len() as u64;
        }
        (self.file, self.bytes) = (Some(file), whole);
        Ok(())
    }

    fn add(&mut self, fresh: Vec<(Key, Vector)>) {
        let records: Vec<u8> = fresh.iter().flat_map(|(key, vector)| record(key, vector)).collect();
        if let Some(file) = &mut self.file
            && !records.is_empty()
        {
            self.bytes += records.len() as u64;
            if self.bytes > FILE_BYTES_MAX {
                tracing::warn!("the cache of vectors is full; delete it to begin anew");
                self.file = None;
            } else if let Err(error) = file.write_all(&records) {
                tracing::warn!(%error, "vectors are no longer kept");
                self.file = None;
            }
        }
        self.known.extend(fresh);
    }
}

/// A file with the vectors of all texts of a bank, as it is shipped in the binary.
pub fn of_bank(model: &Model, bank: &Bank) -> Vec<u8> {
    let texts: BTreeMap<Key, &str> =
        bank.questions.iter().flat_map(|question| texts(question)).map(|text| (key(text), text)).collect();
    let vectors = model.embed(&texts.values().copied().collect::<Vec<_>>());
    let records = texts.keys().zip(&vectors).flat_map(|(key, vector)| record(key, vector));
    header(model).into_iter().chain(records).collect()
}

/// Every text of a question that the grader compares answers with.
fn texts(question: &Question) -> impl Iterator<Item = &str> {
    let whole = [question.ask.as_str(), question.model.claim.as_str()];
    whole.into_iter().chain(question.statements().flat_map(Statement::texts))
}

fn key(text: &str) -> Key {
    shortened(Sha256::digest(text))
}

fn header(model: &Model) -> Vec<u8> {
    [&MAGIC[..], &model.encoder().checksum().0].concat()
}

fn record(key: &Key, vector: &Vector) -> Vec<u8> {
    let whole = vector.whole().iter().map(|component| component.cast_unsigned());
    let mut record: Vec<u8> = key.iter().copied().chain(whole).collect();
    let check: [u8; CHECK_BYTES] = shortened(Sha256::digest(&record));
    record.extend(check);
    record
}

/// Takes up the whole records of a file; returns where they end, 0 if it is no file of this model.
fn read(model: &Model, bytes: &[u8], known: &mut BTreeMap<Key, Vector>) -> usize {
    let header = header(model);
    let Some(records) = bytes.strip_prefix(header.as_slice()) else { return 0 };
    let size = KEY_BYTES + model.encoder().width() + CHECK_BYTES;
    let mut end = header.len();
    for record in records.chunks_exact(size) {
        let (content, check) = record.split_at(size - CHECK_BYTES);
        if check != shortened::<CHECK_BYTES>(Sha256::digest(content)) {
            break;
        }
        let (key, whole) = content.split_at(KEY_BYTES);
        let key = key.try_into().expect("a record begins with a key");
        known.insert(key, Vector::from_whole(whole.iter().map(|byte| byte.cast_signed()).collect()));
        end += size;
    }
    end
}

fn shortened<const N: usize>(digest: impl AsRef<[u8]>) -> [u8; N] {
    digest.as_ref()[..N].try_into().expect("a digest is longer")
}
