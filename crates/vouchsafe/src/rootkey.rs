//! The root key: where it is read from, and how it is made.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;
use vouchsafe_keys::RootKey;
use vouchsafe_store::Database;

use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::settings::server::RootKeySource;

/// A key file holds 44 characters; anything much longer is something else.
const LARGEST_FILE: u64 = 4096;

/// An open root key, and whether it was made just now.
pub(crate) struct Opened {
    pub(crate) key: RootKey,
    pub(crate) is_new: bool,
}

/// Opens the root key, making one where that is safe: for a new `SQLite` database.
pub(crate) fn open(source: &RootKeySource, database: &Database, printer: &Printer) -> Outcome<Opened> {
    let known = |key| Opened { key, is_new: false };
    match source {
        RootKeySource::Variable(text) => RootKey::from_base64(text)
            .map(known)
            .map_err(|error| Failure::usage(format!("VOUCHSAFE_ROOT_KEY: {error}")).hint(HOW_TO_MAKE)),
        RootKeySource::File(path) => read(path, printer).map(known),
        RootKeySource::Default(path) if path.exists() => read(path, printer).map(known),
        RootKeySource::Default(path) => match database {
            Database::Sqlite(file) if file.exists() => Err(Failure::message(format!(
                "the root key file {} is missing, but the database {} exists and cannot be opened without it",
                path.display(),
                file.display()
            ))
            .hint("restore the file from a backup, or name it with --root-key-file")),
            _ => make(path, printer),
        },
        RootKeySource::Missing => {
            Err(Failure::usage("PostgreSQL needs a root key, given by --root-key-file or VOUCHSAFE_ROOT_KEY")
                .hint(HOW_TO_MAKE))
        }
    }
}

const HOW_TO_MAKE: &str = "make one with `vouchsafe root-key generate`, keep a copy in a safe place, and give \
                           the same one to every replica";

fn read(path: &Path, printer: &Printer) -> Outcome<RootKey> {
    let name = path.display();
    let unreadable = || format!("cannot read the root key file {name}");
    let about = fs::metadata(path).with_context(unreadable)?;
    if about.len() > LARGEST_FILE {
        return Err(Failure::message(format!("the root key file {name} is too large to hold a key")));
    }
    if is_readable_by_all(&about) {
        printer.warning(format!("{name} can be read by every user of this machine; set its mode to 0600"));
    }
    let text = fs::read_to_string(path).with_context(unreadable)?;
    RootKey::from_base64(&text)
        .map_err(|error| Failure::message(format!("the root key file {name}: {error}")).hint(HOW_TO_MAKE))
}

#[cfg(unix)]
fn is_readable_by_all(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    about.permissions().mode() & 0o004 != 0
}

#[cfg(not(unix))]
fn is_readable_by_all(_: &fs::Metadata) -> bool {
    false
}

fn make(path: &Path, printer: &Printer) -> Outcome<Opened> {
    let key = RootKey::generate();
    match write_new(path, format!("{}\n", *key.to_base64()).as_bytes()) {
        Ok(()) => Ok(Opened { key, is_new: true }),
        // Another process that starts at the same time was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Ok(Opened { key: read(path, printer)?, is_new: false })
        }
        Err(error) => Err(anyhow::Error::from(error)
            .context(format!("cannot write the root key file {}", path.display()))
            .into()),
    }
}

/// Writes a file that only its owner can read, whole or not at all; it must not exist yet.
pub(crate) fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = draft(path, content)?;
    let linked = fs::hard_link(&draft, path);
    let _ = fs::remove_file(&draft);
    linked?;
    sync_folder(path)
}

/// Writes a file that only its owner can read, whole or not at all, in place of an older one.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = draft(path, content)?;
    if let Err(error) = fs::rename(&draft, path) {
        let _ = fs::remove_file(&draft);
        return Err(error);
    }
    sync_folder(path)
}

fn draft(path: &Path, content: &[u8]) -> io::Result<std::path::PathBuf> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let draft = std::path::PathBuf::from(name);
    // One that an earlier process of the same id left behind, or that somebody else put there to be written through.
    let _ = fs::remove_file(&draft);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    if let Err(error) = file.write_all(content).and_then(|()| file.sync_all()) {
        let _ = fs::remove_file(&draft);
        return Err(error);
    }
    Ok(draft)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) if cfg!(unix) => fs::File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}
