//! One process a database: a lock beside the file, and files that only their owner can read.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::StoreError;

/// Held as long as the database is open; the system releases it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct FileLock {
    file: File,
}

impl FileLock {
    pub(super) fn acquire(database: &Path) -> Result<Self, StoreError> {
        let path = lock_path(database);
        let io = |error| StoreError::Io(path.clone(), error);
        private_file(&path).map_err(io)?;
        let file = OpenOptions::new().write(true).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked(database.to_owned())),
            Err(TryLockError::Error(error)) => Err(io(error)),
        }
    }
}

/// Closing the file would not do: a child of this process has a copy of its descriptor until it runs its own
/// program, and the lock lives as long as the last copy.
impl Drop for FileLock {
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            tracing::warn!(%error, "the database stays locked until this process ends");
        }
    }
}

/// `riposte.db` → `riposte.db.lock`. Beside the database and not on it, since SQLite's own locks live there.
fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// Makes a folder that only its owner can enter; one that is there already stays as it is.
pub(super) fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes a file that only its owner can read; one that is there already stays as it is.
pub(super) fn private_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_that_is_dropped_is_free_though_a_child_that_starts_still_has_its_descriptor() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("riposte.db");
        let lock = FileLock::acquire(&database).expect("nobody has it");
        let copy = lock.file.try_clone().expect("a copy");
        assert!(matches!(FileLock::acquire(&database), Err(StoreError::Locked(_))));
        drop(lock);
        FileLock::acquire(&database).expect("it is free");
        drop(copy);
    }
}
