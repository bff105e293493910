//! What is shipped in the binary, the bank and the model that reads answers, and banks in a folder, which
//! add or replace tracks.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use include_dir::{Dir, include_dir};

use crate::core::bank::load::{GENERAL_FILE, Source};

static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/bank");

/// The model: weights, vocabulary and heads in one file.
static MODEL: &[u8] = include_bytes!("../model/riposte-1.safetensors");

/// The vectors of the shipped bank; see `examples/bank_vectors.rs`.
static VECTORS: &[u8] = include_bytes!("../model/bank.vectors");

/// The SHA-256 of the model file.
pub const MODEL_SHA256: &str = "4704b82e5429d7b7a571c26bb290bbb8d5a6a0c903857ecaca88e89dbdefecca";

/// The largest file of a bank that is read, in bytes; the largest shipped one has a fiftieth of that.
const FILE_BYTES_MAX: u64 = 8 << 20;

/// The shipped model.
pub fn model() -> &'static [u8] {
    MODEL
}

/// The vectors of the shipped bank, computed with the shipped model.
pub fn bank_vectors() -> &'static [u8] {
    VECTORS
}

/// The shipped bank.
pub fn shipped() -> Vec<Source> {
    let mut sources = Vec::new();
    let folders = std::iter::once(&SHIPPED).chain(SHIPPED.dirs());
    for folder in folders {
        for file in folder.files().filter(|file| is_toml(file.path())) {
            let track =
                folder.path().file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned());
            let path = Path::new("bank").join(file.path()).to_string_lossy().replace('\\', "/");
            sources.push(Source { path, track, bytes: file.contents().to_vec() });
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

/// A bank in a folder: `<track>/<topic>.toml`, and files beside the tracks, whose track is the folder's name.
pub fn folder(root: &Path) -> io::Result<Vec<Source>> {
    let mut sources = Vec::new();
    read_folder(root, root, &mut sources)?;
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

/// The shipped bank with the tracks of a folder added or put in place of its own. The folder's
/// `general.toml`, if there is one, replaces the shipped one by standing after it.
pub fn shipped_with(added: Vec<Source>) -> Vec<Source> {
    let tracks: BTreeSet<&str> =
        added.iter().filter(|source| !is_general(source)).map(|source| source.track.as_str()).collect();
    let mut sources = shipped();
    sources.retain(|source| is_general(source) || !tracks.contains(source.track.as_str()));
    sources.extend(added);
    sources
}

fn is_general(source: &Source) -> bool {
    Path::new(&source.path).file_name().is_some_and(|name| name == GENERAL_FILE)
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "toml")
}

fn read_folder(root: &Path, folder: &Path, sources: &mut Vec<Source>) -> io::Result<()> {
    let absolute = std::path::absolute(folder)?;
    let track = absolute.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned());
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && folder == root {
            read_folder(root, &path, sources)?;
        } else if is_toml(&path) {
            let size = std::fs::metadata(&path)?.len();
            if size > FILE_BYTES_MAX {
                let message =
                    format!("{} has {size} bytes, at most {FILE_BYTES_MAX} are read", path.display());
                return Err(io::Error::other(message));
            }
            let bytes = std::fs::read(&path)?;
            sources.push(Source { path: path.to_string_lossy().into_owned(), track: track.clone(), bytes });
        }
    }
    Ok(())
}
