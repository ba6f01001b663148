//! A command that runs.

use std::{
    io::Read,
    process::{Child, Command},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::Told;

/// What comes out of a pipe, once it has come to its end.
type Pipe = JoinHandle<Vec<u8>>;

/// A command that was started; it is killed when the test ends before it.
pub(crate) struct Running {
    child: Child,
    began: Instant,
    pipes: Option<(Pipe, Pipe)>,
}

impl Running {
    /// Starts it and reads what it says.
    #[must_use]
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::of(command.spawn().expect("lifeboat starts"))
    }

    /// Reads what a command says that was started by other means.
    #[must_use]
    pub(crate) fn of(mut child: Child) -> Self {
        let pipes = (drain(child.stdout.take()), drain(child.stderr.take()));
        Self { child, began: Instant::now(), pipes: Some(pipes) }
    }

    /// When it was started.
    #[must_use]
    pub(crate) fn began(&self) -> Instant {
        self.began
    }

    /// Whether it still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().expect("its state").is_none()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("a process number"));
        kill(pid, signal).expect("the signal is taken");
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn wait(mut self, within: Duration) -> Told {
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("its state") {
                break status;
            }
            if self.began.elapsed() > within {
                self.child.kill().expect("it can be killed");
                self.child.wait().expect("its end");
                let (_, stderr) = self.pipes.take().expect("its pipes");
                panic!(
                    "it did not end within {within:?}; it said:\n{}",
                    String::from_utf8_lossy(&stderr.join().expect("read"))
                );
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let (stdout, stderr) = self.pipes.take().expect("its pipes");
        let output = std::process::Output {
            status,
            stdout: stdout.join().expect("read"),
            stderr: stderr.join().expect("read"),
        };
        Told::of(&output, self.began)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The reaper cleans up after it.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> Pipe {
    std::thread::spawn(move || {
        let mut all = Vec::new();
        if let Some(mut pipe) = pipe {
            drop(pipe.read_to_end(&mut all));
        }
        all
    })
}
