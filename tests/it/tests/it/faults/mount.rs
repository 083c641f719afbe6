//! A small disk in memory.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cluster::is_root;
use super::skipped;

/// A mounted file system; dropping it unmounts it.
#[derive(Debug)]
pub struct Disk(PathBuf);

impl Disk {
    /// None, named as skipped, where it may not be mounted.
    pub fn mount(story: &str, at: &Path, mebibytes: u32) -> Option<Self> {
        std::fs::create_dir_all(at).expect("a folder");
        if !is_root() {
            skipped(story, "only root may mount a tmpfs");
            return None;
        }
        let size = format!("size={mebibytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).status();
        if !mounted.is_ok_and(|status| status.success()) {
            skipped(story, "a tmpfs cannot be mounted");
            return None;
        }
        Some(Self(at.to_owned()))
    }

    /// Mounts it over a folder, with what is in the folder.
    pub fn over(story: &str, folder: &Path, mebibytes: u32) -> Option<Self> {
        let aside = folder.with_extension("aside");
        std::fs::rename(folder, &aside).expect("a rename");
        let disk = Self::mount(story, folder, mebibytes);
        let source = aside.join(".");
        assert!(Command::new("cp").arg("-a").arg(source).arg(folder).status().is_ok_and(|status| status.success()));
        disk
    }

    /// Takes all the space that is left.
    pub fn fill(&self) {
        let mut file = File::options().create(true).append(true).open(self.filler()).expect("a file");
        let block = vec![0_u8; 64 << 10];
        for size in [64 << 10, 4 << 10, 512] {
            while file.write_all(&block[..size]).is_ok() {}
        }
    }

    pub fn free(&self) {
        std::fs::remove_file(self.filler()).ok();
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(&self.0).status().ok();
    }
}
