//! What a command says, as it comes.

use std::path::Path;

use tokio::{fs::File, io::AsyncWriteExt};

use super::{Command, LabError, Output};

/// More output than this, held in memory, is a mistake; what is larger goes to a file ([`Command::save`]).
const HELD_AT_MOST: usize = 256 << 20;

/// Takes a command's output: into memory, up to a limit that is the same on every runtime, or into a file.
pub(super) struct Collector<'a> {
    command: &'a Command,
    output: Output,
    file: Option<(File, &'a Path)>,
}

impl<'a> Collector<'a> {
    /// # Errors
    /// Returns an error if the command's file can't be created.
    pub(super) async fn begin(command: &'a Command) -> Result<Self, LabError> {
        let file = match command.save.as_deref() {
            Some(path) => Some((File::create(path).await.map_err(cant_write(path))?, path)),
            None => None,
        };
        Ok(Self { command, output: Output::default(), file })
    }

    /// Takes a piece of standard output.
    ///
    /// # Errors
    /// Returns an error if it can't be written to its file, or is more than may be held.
    pub(super) async fn stdout(&mut self, piece: &[u8]) -> Result<(), LabError> {
        let Some((file, path)) = &mut self.file else {
            self.output.stdout.extend_from_slice(piece);
            return self.within_limit();
        };
        file.write_all(piece).await.map_err(cant_write(path))?;
        self.output.saved += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        Ok(())
    }

    /// Takes a piece of standard error.
    ///
    /// # Errors
    /// Returns an error if it is more than may be held.
    pub(super) fn stderr(&mut self, piece: &[u8]) -> Result<(), LabError> {
        self.output.stderr.extend_from_slice(piece);
        self.within_limit()
    }

    fn within_limit(&self) -> Result<(), LabError> {
        if self.output.stdout.len() + self.output.stderr.len() <= HELD_AT_MOST {
            return Ok(());
        }
        Err(LabError::state(self.command.what.as_str(), format!("it said more than {HELD_AT_MOST} bytes")))
    }

    /// All of it; the exit code is for the runtime to add.
    ///
    /// # Errors
    /// Returns an error if the file can't be written to its end.
    pub(super) async fn end(self) -> Result<Output, LabError> {
        if let Some((mut file, path)) = self.file {
            file.flush().await.map_err(cant_write(path))?;
        }
        Ok(self.output)
    }
}

fn cant_write(path: &Path) -> impl FnOnce(std::io::Error) -> LabError {
    LabError::io(format!("write {}", path.display()))
}
