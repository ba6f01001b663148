//! `lifeboat new`.

use std::{fs, io::Write};

use super::{arguments::New, exit::Exit, terminal};
use crate::{drill::DrillName, syntax};

pub(super) fn new(arguments: &New) -> Exit {
    let name: DrillName = match arguments.name.trim_end_matches(".toml").parse() {
        Ok(name) => name,
        Err(error) => {
            let error: crate::drill::NotAName = error;
            terminal::error(&error.to_string());
            return Exit::Usage;
        }
    };
    let path = arguments.drills.join(format!("{name}.toml"));
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| {
        let mut file = fs::File::options().write(true).create_new(true).open(&path)?;
        file.write_all(syntax::template(name.as_str()).as_bytes())
    });
    match written {
        Ok(()) => {
            terminal::say(&format!("wrote {0}; run it with: lifeboat run {0}", path.display()));
            Exit::Passed
        }
        Err(error) => {
            let mend =
                if error.kind() == std::io::ErrorKind::AlreadyExists { "; choose another name" } else { "" };
            terminal::error(&format!("failed to write {}: {error}{mend}", path.display()));
            Exit::Usage
        }
    }
}
