//! A file system of its own somewhere in the tree.

use std::{fs, path::Path, process::Command};

/// A file system of a few pages, taken away with the value.
pub(crate) struct Small<'a>(&'a Path);

impl<'a> Small<'a> {
    /// Mounts one at a path; `None`, after saying so, where this user can't.
    pub(crate) fn mount(at: &'a Path, size: &str) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let option = format!("size={size}");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &option, "lifeboat-test"]).arg(at).output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(at)),
            other => {
                eprintln!("skipped: no small file system can be mounted: {other:?}");
                None
            }
        }
    }
}

impl Drop for Small<'_> {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(self.0).status());
    }
}
