//! A disk that can be full.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A folder on a disk of its own if this machine lets us mount one; otherwise one that can be taken away.
pub(crate) struct Disk {
    root: TempDir,
    is_mounted: bool,
}

impl Disk {
    pub(crate) fn new() -> Self {
        let root = TempDir::new().unwrap();
        std::fs::create_dir(root.path().join("disk")).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"]).arg(root.path().join("disk"));
        let is_mounted = mount.output().is_ok_and(|output| output.status.success());
        Self { root, is_mounted }
    }

    /// Whether it is a real disk that really runs full.
    pub(crate) fn is_real(&self) -> bool {
        self.is_mounted
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.root.path().join("disk")
    }

    fn away(&self) -> PathBuf {
        self.root.path().join("away")
    }

    /// From now on nothing can be written.
    pub(crate) fn fill(&self) {
        if self.is_mounted {
            let ballast = vec![0_u8; 4096];
            let mut file = std::fs::File::create(self.path().join("ballast")).unwrap();
            while std::io::Write::write_all(&mut file, &ballast).is_ok() {}
        } else {
            std::fs::rename(self.path(), self.away()).unwrap();
        }
    }

    /// There is space again.
    pub(crate) fn clear(&self) {
        if self.is_mounted {
            let _ = std::fs::remove_file(self.path().join("ballast"));
        } else if self.away().exists() {
            std::fs::rename(self.away(), self.path()).unwrap();
        }
    }

    /// The files on it, but for what fills it.
    pub(crate) fn names(&self) -> Vec<String> {
        let folder = if self.away().exists() { self.away() } else { self.path() };
        let names = std::fs::read_dir(folder).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name != "ballast").collect()
    }

    /// What a file holds, wherever the folder is now.
    pub(crate) fn read(&self, name: &str) -> Option<String> {
        let read = |folder: &Path| std::fs::read_to_string(folder.join(name)).ok();
        read(&self.path()).or_else(|| read(&self.away()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.is_mounted {
            let _ = Command::new("umount").arg(self.path()).output();
        }
    }
}
