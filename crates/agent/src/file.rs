//! Files that others read while we write them: whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The end of the names of our temporary files, which stand beside the file that they become.
const TEMPORARY: &str = ".vouchsafe-tmp";
/// Where the system's names of users and groups are.
const USERS: &str = "/etc/passwd";
const GROUPS: &str = "/etc/group";
/// More of these files is not read.
const LARGEST_LIST: u64 = 4 * 1024 * 1024;

/// Who may read and write a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Access {
    /// Permission bits, such as `0o600`.
    pub mode: u32,
    /// Numeric user id of the owner; ours if none.
    pub owner: Option<u32>,
    /// Numeric group id; ours if none.
    pub group: Option<u32>,
}

impl Access {
    /// For us alone.
    pub(crate) const PRIVATE: Self = Self { mode: 0o600, owner: None, group: None };
}

/// What became of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Put {
    /// It was written.
    Written,
    /// It was as it should be.
    Same,
}

/// Makes the file hold this. It is not touched if it does already. Otherwise a temporary file in the same folder is
/// written, synced and renamed, so that a reader sees the old content or the new one; after an error (such as a full
/// disk) the old file is whole and nothing is left behind.
pub(crate) fn put(path: &Path, content: &[u8], access: Access) -> io::Result<Put> {
    match fs::symlink_metadata(path) {
        Ok(old) if old.is_file() => {
            if is_as_wanted(&old, access) && holds(path, &old, content)? {
                return Ok(Put::Same);
            }
        }
        Ok(old) if old.is_symlink() => {}
        Ok(_) => return Err(io::Error::other("it is no regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let (folder, name) = parts(path)?;
    let temporary = tempfile::Builder::new()
        .prefix(&prefix(&name))
        .suffix(TEMPORARY)
        .rand_bytes(8)
        .tempfile_in(&folder)?;
    let mut file = temporary.as_file();
    give(file, access)?;
    file.write_all(content)?;
    file.sync_all()?;
    // Dropping the temporary file, also within the error, removes it.
    temporary.persist(path).map_err(|error| error.error)?;
    sync_folder(&folder)?;
    Ok(Put::Written)
}

/// Removes temporary files that a process which was killed left beside this file.
pub(crate) fn sweep(path: &Path) {
    let Ok((folder, name)) = parts(path) else { return };
    let prefix = prefix(&name);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let bytes = name.as_encoded_bytes();
        if bytes.starts_with(prefix.as_encoded_bytes()) && bytes.ends_with(TEMPORARY.as_bytes()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn parts(path: &Path) -> io::Result<(PathBuf, OsString)> {
    let name = path.file_name().ok_or_else(|| io::Error::other("it does not name a file"))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    Ok((folder.unwrap_or(Path::new(".")).to_owned(), name.to_owned()))
}

fn prefix(name: &OsString) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    prefix
}

fn holds(path: &Path, old: &Metadata, content: &[u8]) -> io::Result<bool> {
    if old.len() != content.len() as u64 {
        return Ok(false);
    }
    let mut found = Vec::with_capacity(content.len());
    File::open(path)?.take(content.len() as u64 + 1).read_to_end(&mut found)?;
    Ok(found == content)
}

#[cfg(unix)]
fn is_as_wanted(old: &Metadata, access: Access) -> bool {
    use std::os::unix::fs::MetadataExt;
    old.mode() & 0o7777 == access.mode
        && access.owner.is_none_or(|owner| owner == old.uid())
        && access.group.is_none_or(|group| group == old.gid())
}

#[cfg(not(unix))]
fn is_as_wanted(_: &Metadata, _: Access) -> bool {
    true
}

#[cfg(unix)]
fn give(file: &File, access: Access) -> io::Result<()> {
    use std::os::unix::fs::{PermissionsExt, fchown};
    if access.owner.is_some() || access.group.is_some() {
        fchown(file, access.owner, access.group)?;
    }
    // After the owner, since giving a file away clears bits.
    file.set_permissions(fs::Permissions::from_mode(access.mode))
}

#[cfg(not(unix))]
fn give(_: &File, _: Access) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// The numeric id of a user by name or number.
pub(crate) fn user_id(name: &str) -> Option<u32> {
    id_in(Path::new(USERS), name)
}

/// The numeric id of a group by name or number.
pub(crate) fn group_id(name: &str) -> Option<u32> {
    id_in(Path::new(GROUPS), name)
}

/// Lines are `name:password:id:…` (passwd(5), group(5)).
fn id_in(list: &Path, name: &str) -> Option<u32> {
    if let Ok(id) = name.parse() {
        return Some(id);
    }
    let mut text = String::new();
    File::open(list).ok()?.take(LARGEST_LIST).read_to_string(&mut text).ok()?;
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok())?
    })
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use tempfile::TempDir;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_whole_and_only_if_it_differs() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("token");
        assert_eq!(put(&path, b"one", Access::PRIVATE).unwrap(), Put::Written);
        let first = fs::metadata(&path).unwrap();
        assert_eq!(first.mode() & 0o7777, 0o600);
        assert_eq!(put(&path, b"one", Access::PRIVATE).unwrap(), Put::Same);
        assert_eq!(fs::metadata(&path).unwrap().ino(), first.ino(), "not rewritten");

        let mut reader = File::open(&path).unwrap();
        assert_eq!(put(&path, b"two", Access { mode: 0o640, ..Access::PRIVATE }).unwrap(), Put::Written);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o640);
        let mut seen = String::new();
        reader.read_to_string(&mut seen).unwrap();
        assert_eq!(seen, "one", "who has it open keeps the old content");
        assert_eq!(names(folder.path()), ["token"]);
    }

    #[test]
    fn a_mode_that_others_changed_is_put_right() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("token");
        put(&path, b"one", Access::PRIVATE).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(put(&path, b"one", Access::PRIVATE).unwrap(), Put::Written);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
    }

    #[test]
    fn a_link_is_replaced_and_what_it_points_to_is_not_written() {
        let folder = TempDir::new().unwrap();
        let (target, path) = (folder.path().join("target"), folder.path().join("token"));
        fs::write(&target, "mine").unwrap();
        symlink(&target, &path).unwrap();
        put(&path, b"secret", Access::PRIVATE).unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "mine");
        assert!(fs::symlink_metadata(&path).unwrap().is_file());
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing_behind() {
        let folder = TempDir::new().unwrap();
        assert!(put(folder.path(), b"x", Access::PRIVATE).is_err(), "a folder");
        assert!(put(&folder.path().join("none/token"), b"x", Access::PRIVATE).is_err(), "no folder");
        assert!(put(Path::new("/"), b"x", Access::PRIVATE).is_err());
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn leftovers_of_a_killed_process_are_swept() {
        let folder = TempDir::new().unwrap();
        for name in [".token.abcd1234.vouchsafe-tmp", ".other.abcd.vouchsafe-tmp", "token"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        sweep(&folder.path().join("token"));
        assert_eq!(names(folder.path()), [".other.abcd.vouchsafe-tmp", "token"]);
    }

    #[test]
    fn owners_have_names_or_numbers() {
        assert_eq!((user_id("root"), group_id("root"), user_id("1234")), (Some(0), Some(0), Some(1234)));
        assert_eq!(user_id("nobody-of-this-name"), None);
    }
}
