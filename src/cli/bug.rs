//! A crash of Lifeboat itself: it is said as one, and has an exit code of its own.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    panic::{self, AssertUnwindSafe, PanicHookInfo},
};

use super::{exit::Exit, terminal};

/// Does something; a crash is [`Exit::Bug`].
pub(super) fn guarded(work: impl FnOnce() -> Exit) -> Exit {
    panic::set_hook(Box::new(tell));
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or(Exit::Bug)
}

fn tell(crash: &PanicHookInfo<'_>) {
    let words = crash.payload_as_str().unwrap_or("it crashed without a message");
    let place = crash.location().map(|place| format!(" at {place}")).unwrap_or_default();
    let version = env!("CARGO_PKG_VERSION");
    terminal::error(&format!(
        "a bug in lifeboat {version}: {words}{place}\nhint: report it with these lines; RUST_BACKTRACE=1 \
         adds a backtrace"
    ));
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        terminal::say(&trace.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_is_a_bug_and_ends_with_its_exit_code() {
        let before = panic::take_hook();
        let exit = guarded(|| panic!("the keel broke"));
        panic::set_hook(before);
        assert_eq!(exit, Exit::Bug);
        assert_eq!(guarded(|| Exit::Passed), Exit::Passed);
    }
}
