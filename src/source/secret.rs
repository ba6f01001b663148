//! Secrets, read from where a drill says they are.
//!
//! **Invariant:** no error, debug form or log line holds what was read.

use std::{fmt, path::Path, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Command,
    time::timeout,
};
use zeroize::Zeroizing;

use super::SourceError;
use crate::drill::SecretRef;

/// A secret has so many bytes at most: a private key of GnuPG with many subkeys has a few thousand.
const LIMIT: u64 = 1 << 20;

/// A value that is never shown, and that is overwritten before its memory is given back.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// A secret from bytes at hand.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The secret without the line end that editors and `echo` add: a passphrase has none.
    #[must_use]
    pub fn line(&self) -> &[u8] {
        let bytes = self.expose();
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        bytes.strip_suffix(b"\r").unwrap_or(bytes)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Reads a secret; a file's path is relative to the folder, which a command runs in as well.
///
/// # Errors
/// Returns an error if it is not there, empty, over 1 MiB, or not read within the deadline.
pub async fn read_secret(
    reference: &SecretRef,
    folder: &Path,
    deadline: Duration,
) -> Result<Secret, SourceError> {
    let read = async {
        match reference {
            SecretRef::Env(name) => std::env::var_os(name)
                .map(|value| Secret::new(std::os::unix::ffi::OsStringExt::into_vec(value)))
                .ok_or_else(|| "the variable is not set".to_owned()),
            SecretRef::File(path) => {
                let path = folder.join(path);
                // A FIFO would wait for its writer.
                let about = tokio::fs::metadata(&path).await.map_err(|error| error.to_string())?;
                if !about.is_file() {
                    return Err("it is not a file".to_owned());
                }
                let file = tokio::fs::File::open(&path).await.map_err(|error| error.to_string())?;
                bounded(file).await
            }
            SecretRef::Command(command) => of_command(command, folder).await,
        }
    };
    let failed = |why: &str| SourceError::Secret { reference: reference.to_string(), why: why.into() };
    let secret = timeout(deadline, read)
        .await
        .map_err(|_| failed(&format!("nothing came within {} s", deadline.as_secs_f64())))?
        .map_err(|why| failed(&why))?;
    if secret.line().is_empty() { Err(failed("it is empty")) } else { Ok(secret) }
}

/// What a command prints. It is killed where the deadline ends the waiting.
async fn of_command(command: &str, folder: &Path) -> Result<Secret, String> {
    let mut child = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| error.to_string())?;
    let stdout = child.stdout.take().ok_or("it has no output")?;
    let secret = bounded(stdout).await?;
    let status = child.wait().await.map_err(|error| error.to_string())?;
    if status.success() { Ok(secret) } else { Err(format!("the command ended with {status}")) }
}

async fn bounded(from: impl AsyncRead + Unpin) -> Result<Secret, String> {
    // Room for all of it from the start: a vector that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 * 1024));
    from.take(LIMIT + 1).read_to_end(&mut bytes).await.map_err(|error| error.to_string())?;
    if bytes.len() as u64 > LIMIT {
        return Err(format!("it has more than {LIMIT} bytes"));
    }
    Ok(Secret(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(reference: &str, folder: &Path) -> Result<Secret, SourceError> {
        let reference: SecretRef = reference.parse().expect(reference);
        read_secret(&reference, folder, Duration::from_millis(700)).await
    }

    #[tokio::test]
    async fn a_secret_is_read_from_each_way_and_is_never_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("key"), "hunter2\r\n").expect("a file");
        for reference in ["file:key", "command:cat key"] {
            let secret = read(reference, folder.path()).await.expect(reference);
            assert_eq!(secret.line(), b"hunter2");
            assert_eq!(format!("{secret:?}"), "Secret(…)");
        }
        assert!(read("env:PATH", folder.path()).await.is_ok());
    }

    #[tokio::test]
    async fn what_is_no_secret_says_why_within_the_deadline() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("empty"), "\n").expect("a file");
        nix::unistd::mkfifo(&folder.path().join("fifo"), nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
        for (reference, why) in [
            ("env:LIFEBOAT_NO_SUCH", "not set"),
            ("file:empty", "empty"),
            ("file:fifo", "not a file"),
            ("file:none", "No such file"),
            ("command:echo hunter2; exit 3", "ended with exit status: 3"),
            ("command:sleep 600", "nothing came"),
            ("command:yes hunter2", "more than 1048576 bytes"),
        ] {
            let error = read(reference, folder.path()).await.expect_err(reference).to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
