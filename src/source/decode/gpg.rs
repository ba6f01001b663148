//! OpenPGP, decrypted by GnuPG's own program.
//!
//! With a key it works in a home of its own, which is removed with its agent; without one, in the user's. The
//! passphrase goes in by standard input, before what is decrypted: never in argv, the environment or a file.

use std::{
    io::{self, Read, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use tempfile::TempDir;

use crate::source::{
    Keys, Layer, Secret, SourceError,
    pass::{Input, Pass, end},
};

/// What it says is kept so far.
const SAID: u64 = 64 * 1024;

/// A running `gpg --decrypt`.
pub(super) struct Gpg {
    child: Arc<Mutex<Child>>,
    stdout: ChildStdout,
    feeder: Option<JoinHandle<()>>,
    said: Option<JoinHandle<String>>,
    has_ended: bool,
    _home: Option<Home>,
}

impl Gpg {
    pub(super) fn start(input: Input, keys: &Keys, pass: &Arc<Pass>) -> Result<Self, SourceError> {
        let home = keys.gpg_key.as_ref().map(Home::with_key).transpose()?;
        let mut command = gpg(home.as_ref());
        command.args(["--status-fd", "2", "--skip-verify", "--pinentry-mode"]);
        // Nobody can be asked: an agent that has no passphrase refuses.
        match &keys.passphrase {
            Some(_) => command.args(["loopback", "--passphrase-fd", "0"]),
            None => command.arg("error"),
        };
        let mut child = command
            .arg("--decrypt")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| not_started(&error))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let child = pass.adopt(child);
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            end(&child);
            return Err(refused("gpg has no pipes"));
        };
        let feeder = thread::spawn({
            let (pass, passphrase) = (Arc::clone(pass), keys.passphrase.clone());
            move || feed(stdin, passphrase.as_ref(), input, &pass)
        });
        let said = thread::spawn(move || words(stderr));
        Ok(Self { child, stdout, feeder: Some(feeder), said: Some(said), has_ended: false, _home: home })
    }

    /// Its end: its exit code and its words say whether all was decrypted.
    fn finish(&mut self) -> io::Result<()> {
        let status = self.child.lock().unwrap_or_else(PoisonError::into_inner).wait()?;
        let said = self.said.take().and_then(|said| said.join().ok()).unwrap_or_default();
        self.feeder.take().map(JoinHandle::join);
        if status.success() && said.contains("[GNUPG:] DECRYPTION_OKAY") {
            return Ok(());
        }
        Err(judge(&said, &status.to_string()))
    }
}

impl Read for Gpg {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.has_ended || buffer.is_empty() {
            return Ok(0);
        }
        let read = self.stdout.read(buffer)?;
        if read == 0 {
            self.has_ended = true;
            self.finish()?;
        }
        Ok(read)
    }
}

impl Drop for Gpg {
    fn drop(&mut self) {
        end(&self.child);
    }
}

/// Gives gpg the passphrase and then what it decrypts. A gpg that ends early says why itself.
fn feed(mut stdin: ChildStdin, passphrase: Option<&Secret>, mut input: Input, pass: &Pass) {
    if let Some(passphrase) = passphrase {
        let given = stdin.write_all(passphrase.line()).and_then(|()| stdin.write_all(b"\n"));
        if given.is_err() {
            return;
        }
    }
    let mut buffer = vec![0; super::BUFFER];
    loop {
        let read = match input.read(&mut buffer) {
            Ok(0) => return,
            Ok(read) => read,
            Err(error) => {
                let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<SourceError>());
                pass.note(inner.cloned().unwrap_or_else(|| refused(&error.to_string())));
                return;
            }
        };
        if stdin.write_all(buffer.get(..read).unwrap_or_default()).is_err() {
            return;
        }
    }
}

/// The first words of a program; the rest is read and forgotten, so that it never waits.
fn words(mut from: impl Read) -> String {
    let mut said = Vec::new();
    let _ = from.by_ref().take(SAID).read_to_end(&mut said);
    let _ = io::copy(&mut from, &mut io::sink());
    String::from_utf8_lossy(&said).into_owned()
}

/// Why it did not decrypt, by its status lines: they are not translated.
fn judge(said: &str, status: &str) -> io::Error {
    let says = |status: &str| said.lines().any(|line| line.starts_with(&format!("[GNUPG:] {status}")));
    let last = said.lines().rfind(|line| !line.starts_with("[GNUPG:]") && !line.is_empty());
    let words = last.unwrap_or(status);
    let has_no_key = said.contains("No secret key") && !says("DECRYPTION_INFO");
    let why = if said.contains("Bad session key") {
        "its passphrase is wrong"
    } else if has_no_key && (says("KEY_CONSIDERED") || says("NEED_PASSPHRASE_SYM")) {
        "its passphrase is missing or wrong: `decrypt = { passphrase = \"file:…\" }`"
    } else if has_no_key {
        "the private key that it is encrypted for is not at hand: `decrypt = { gpg-key = \"file:…\" }`"
    } else {
        return io::Error::other(words.to_owned());
    };
    SourceError::Key { layer: Layer::Gpg, why: why.into() }.into()
}

/// A home of GnuPG that holds one key. Dropped, its agent is ended and it is removed.
struct Home(TempDir);

impl Home {
    fn with_key(key: &Secret) -> Result<Self, SourceError> {
        let folder = tempfile::Builder::new().prefix("lifeboat-gpg-").tempdir();
        let home = Self(folder.map_err(|error| refused(&format!("no folder for its home: {error}")))?);
        let mut child = gpg(Some(&home))
            .arg("--import")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| not_started(&error))?;
        let given = child.stdin.take().map(|mut stdin| stdin.write_all(key.expose()));
        let said = child.stderr.take().map(words).unwrap_or_default();
        let status = child.wait().map_err(|error| refused(&error.to_string()))?;
        if status.success() && matches!(given, Some(Ok(()))) {
            return Ok(home);
        }
        let last = said.lines().last().unwrap_or_default();
        Err(refused(&format!("its key can't be imported ({status}): {last}")))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let mut command = Command::new("gpgconf");
        command.arg("--homedir").arg(self.0.path()).args(["--kill", "all"]);
        let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

fn gpg(home: Option<&Home>) -> Command {
    let mut command = Command::new("gpg");
    command.env("LC_ALL", "C").args(["--batch", "--no-tty", "--quiet", "--no-auto-check-trustdb"]);
    if let Some(home) = home {
        command.arg("--homedir").arg(home.0.path());
    }
    command
}

fn not_started(error: &io::Error) -> SourceError {
    if error.kind() == io::ErrorKind::NotFound {
        refused("the program gpg is not installed: install gnupg")
    } else {
        refused(&format!("gpg can't be started: {error}"))
    }
}

fn refused(why: &str) -> SourceError {
    SourceError::Key { layer: Layer::Gpg, why: why.into() }
}
