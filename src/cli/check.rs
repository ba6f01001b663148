//! `lifeboat check`.

use super::{arguments::Select, exit::Exit, print, select};

pub(super) fn check(select: &Select) -> Exit {
    match select::drills(select) {
        Ok(drills) => print(&drills.iter().map(|drill| format!("ok  {}\n", drill.name)).collect::<String>()),
        Err(exit) => exit,
    }
}
