//! Where stored logins lie, and who may read them.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};

use super::{Sessions, VERSION};
use crate::failure::{Failure, Outcome};

/// Largest file of stored logins, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// How long to wait for another process that writes or refreshes; a refresh is one call, which takes 10 s at most.
const LONGEST_WAIT: Duration = Duration::from_secs(15);
/// How often to look whether it is done.
const LOOK: Duration = Duration::from_millis(25);

/// The folder of the stored logins.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    folder: PathBuf,
}

/// Held while the file is written or a login is refreshed; dropped, it lets others in.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Place {
    /// The folder of this process: `VOUCHSAFE_CONFIG_DIR`, `$XDG_CONFIG_HOME/vouchsafe`, `~/.config/vouchsafe`.
    pub(crate) fn of_this_process() -> Outcome<Self> {
        Self::chosen(|name| std::env::var_os(name)).ok_or_else(|| {
            Failure::usage("there is no folder for stored logins")
                .hint("name one in VOUCHSAFE_CONFIG_DIR, or set HOME")
        })
    }

    fn chosen(variable: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let set = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        // The XDG base directory specification has relative paths ignored.
        let base = |name| set(name).filter(|path| path.is_absolute());
        let folder = set("VOUCHSAFE_CONFIG_DIR")
            .or_else(|| Some(base("XDG_CONFIG_HOME")?.join("vouchsafe")))
            .or_else(|| Some(base("HOME")?.join(".config").join("vouchsafe")))
            .or_else(|| Some(base("APPDATA")?.join("vouchsafe")))?;
        Some(Self { folder })
    }

    /// This folder.
    #[cfg(test)]
    pub(super) fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The file.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join("sessions.json")
    }

    /// Reads the stored logins; none if there is no file. A file that others can read or change is refused.
    pub(crate) fn read(&self) -> Outcome<Sessions> {
        let path = self.path();
        let file = match File::open(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Sessions::default()),
            opened => {
                opened.with_context(|| format!("cannot read the stored logins in {}", path.display()))?
            }
        };
        self.guard_folder()?;
        guard_file(&file, &path)?;
        parse(file).map_err(|error| {
            Failure::from(error.context(format!("cannot read the stored logins in {}", path.display())))
                .hint("if nothing else helps, remove the file and log in again")
        })
    }

    /// Changes the stored logins; nobody else does at the same time.
    pub(crate) async fn change(&self, change: impl FnOnce(&mut Sessions)) -> Outcome {
        let lock = self.lock().await?;
        let mut all = self.read()?;
        change(&mut all);
        self.write(&lock, &all)
    }

    /// Waits until nobody else writes or refreshes, at most 15 s.
    pub(super) async fn lock(&self) -> Outcome<Lock> {
        self.make_folder()?;
        let path = self.folder.join("sessions.lock");
        let locking = || format!("cannot lock the stored logins with {}", path.display());
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        let file = private(&mut options).open(&path).with_context(locking)?;
        let mut waited = Duration::ZERO;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { _file: file }),
                Err(TryLockError::Error(error)) => {
                    return Err(anyhow::Error::new(error).context(locking()).into());
                }
                Err(TryLockError::WouldBlock) if waited >= LONGEST_WAIT => {
                    return Err(Failure::message(format!("{}: another process holds it", locking())));
                }
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOOK).await,
            }
            waited += LOOK;
        }
    }

    /// Replaces the file in one step; the lock is the proof that nobody else does.
    pub(super) fn write(&self, _: &Lock, all: &Sessions) -> Outcome {
        let (path, new) = (self.path(), self.folder.join("sessions.json.new"));
        let writing = || format!("cannot store the login in {}", path.display());
        let text = serde_json::to_vec_pretty(&Sessions { version: VERSION, ..all.clone() })?;
        let put = || {
            // What a process left that ended while it wrote.
            match std::fs::remove_file(&new) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut options = OpenOptions::new();
            let mut file = private(options.create_new(true).write(true)).open(&new)?;
            file.write_all(&text)?;
            file.sync_all()?;
            std::fs::rename(&new, &path)?;
            #[cfg(unix)]
            File::open(&self.folder)?.sync_all()?;
            Ok(())
        };
        put()
            .inspect_err(|_| {
                let _ = std::fs::remove_file(&new);
            })
            .with_context(writing)
            .map_err(Failure::from)
    }

    fn make_folder(&self) -> Outcome {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&self.folder)
            .with_context(|| format!("cannot make the folder {} for stored logins", self.folder.display()))?;
        self.guard_folder()
    }

    /// Whoever can write to the folder could put another file there.
    #[cfg(unix)]
    fn guard_folder(&self) -> Outcome {
        let metadata = std::fs::metadata(&self.folder)
            .with_context(|| format!("cannot look at the folder {}", self.folder.display()))?;
        guard(&metadata, 0o022, "written to", &self.folder, "700")
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "there are no modes here")]
    fn guard_folder(&self) -> Outcome {
        Ok(())
    }
}

fn parse(file: File) -> anyhow::Result<Sessions> {
    let mut text = String::new();
    file.take(LARGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST {
        bail!("the file is larger than 1 MiB");
    }
    // The text of a serde error may quote a token, so only the place is told.
    let all: Sessions = serde_json::from_str(&text)
        .map_err(|error| anyhow::anyhow!("line {} is not as this program writes it", error.line()))?;
    if all.version != VERSION {
        bail!("the file has version {}, but this program knows only version {VERSION}", all.version);
    }
    Ok(all)
}

/// Files that are made so can be read and written by their owner only.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(unix)]
fn guard_file(file: &File, path: &Path) -> Outcome {
    guard(&file.metadata()?, 0o077, "read or changed", path, "600")
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "there are no modes here")]
fn guard_file(_: &File, _: &Path) -> Outcome {
    Ok(())
}

/// Refuses what has one of these bits in its mode.
#[cfg(unix)]
fn guard(metadata: &std::fs::Metadata, bits: u32, how: &str, path: &Path, mode: &str) -> Outcome {
    use std::os::unix::fs::MetadataExt;
    let (found, path) = (metadata.mode() & 0o7777, path.display());
    if found & bits == 0 {
        return Ok(());
    }
    Err(Failure::message(format!("{path} can be {how} by others (mode {found:04o}), so it is not used"))
        .hint(format!("`chmod {mode} {path}`; if others may have read it, also log out and in again")))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::super::tests::session;
    use super::*;

    fn place() -> (tempfile::TempDir, Place) {
        let folder = tempfile::TempDir::new().unwrap();
        let place = Place::in_folder(folder.path().join("a").join("b"));
        (folder, place)
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn the_folder_is_the_first_that_is_named() {
        let chosen = |set: &[(&str, &str)]| {
            let variable = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, value)| value.into());
            Place::chosen(variable).map(|place| place.folder.display().to_string())
        };
        let (home, xdg) = (("HOME", "/h"), ("XDG_CONFIG_HOME", "/x"));
        assert_eq!(chosen(&[home, xdg, ("VOUCHSAFE_CONFIG_DIR", "rel")]).as_deref(), Some("rel"));
        assert_eq!(chosen(&[home, xdg]).as_deref(), Some("/x/vouchsafe"));
        assert_eq!(chosen(&[home, ("XDG_CONFIG_HOME", "rel")]).as_deref(), Some("/h/.config/vouchsafe"));
        assert_eq!(chosen(&[("HOME", "")]), None);
    }

    #[tokio::test]
    async fn what_is_stored_is_for_its_owner_only_and_comes_back() {
        let (_folder, place) = place();
        assert!(place.read().unwrap().all().is_empty(), "no file is no login");
        place.change(|all| all.add(session("http://a", "canary"))).await.unwrap();
        assert_eq!((mode(&place.folder), mode(&place.path())), (0o700, 0o600));
        std::fs::write(place.folder.join("sessions.json.new"), "left behind").unwrap();
        place.change(|all| all.add(session("http://b", "other"))).await.unwrap();
        assert_eq!(mode(&place.path()), 0o600);
        let all = place.read().unwrap();
        assert_eq!(all.of("http://a").map(|one| one.token.reveal()), Some("canary"));
        assert_eq!(all.newest().map(|one| one.address.as_str()), Some("http://b"));
        let names: Vec<_> =
            std::fs::read_dir(&place.folder).unwrap().map(|one| one.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
    }

    #[tokio::test]
    async fn what_others_can_reach_is_refused() {
        let (_folder, place) = place();
        place.change(|all| all.add(session("http://a", "canary"))).await.unwrap();
        let set = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        for open in [0o640, 0o604, 0o620, 0o602] {
            set(&place.path(), open);
            let refused = place.read().unwrap_err();
            assert!(refused.error.to_string().contains("by others"), "{:o}: {}", open, refused.error);
            assert!(refused.hint.is_some_and(|hint| hint.contains("chmod 600")));
            assert!(place.change(|all| all.remove("http://a")).await.is_err());
        }
        set(&place.path(), 0o600);
        for open in [0o770, 0o702] {
            set(&place.folder, open);
            assert!(place.read().unwrap_err().hint.is_some_and(|hint| hint.contains("chmod 700")));
        }
        set(&place.folder, 0o755);
        assert_eq!(place.read().unwrap().all().len(), 1);
    }

    #[tokio::test]
    async fn a_broken_file_is_refused_without_quoting_it() {
        let (_folder, place) = place();
        place.change(|_| {}).await.unwrap();
        for (text, why) in [
            ("{\"version\":1,\"sessions\":[{\"token\":\"canary\"}]}", "line 1"),
            ("{\"version\":1,\n\"sessions\":\"canary\"}", "line 2"),
            ("{\"version\":2,\"sessions\":[]}", "version 2"),
            ("", "line 1"),
        ] {
            // Written in place: the mode stays.
            std::fs::write(place.path(), text).unwrap();
            let refused = place.read().unwrap_err();
            let said = format!("{:#}", refused.error);
            assert!((said.contains(why) || text.is_empty()) && !said.contains("canary"), "{said}");
        }
        std::fs::write(place.path(), " ".repeat(1024 * 1024 + 1)).unwrap();
        assert!(format!("{:#}", place.read().unwrap_err().error).contains("larger than 1 MiB"));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn changes_at_the_same_time_all_count() {
        let (_folder, place) = place();
        let tasks: Vec<_> = (0..20)
            .map(|number| {
                let place = place.clone();
                tokio::spawn(async move {
                    place.change(|all| all.add(session(&format!("http://{number}"), "x"))).await.unwrap();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(place.read().unwrap().all().len(), 20);
    }
}
