//! `lifeboat doctor`: what is here, and how to get what is missing.

use super::{
    arguments::{Doctor, Runtime},
    exit::Exit,
    print, select,
};
use crate::{
    human,
    journal::ErrorChain,
    lab::{
        TOOLS, docker,
        local::{self, WorkDir},
    },
};

/// What a drill at scale 1 needs, with some room.
const ENOUGH: u64 = 2 << 30;

pub(super) async fn doctor(arguments: &Doctor) -> Exit {
    let mut lines = Vec::new();
    let docker = docker_lines(&mut lines).await;
    let work = arguments.work.directory();
    let local = local_lines(&mut lines, work.as_ref().ok());
    match &work {
        Ok(work) => lines.push(disk_line(work)),
        Err(error) => lines.push(format!("disk    unfit     can't {}", ErrorChain::of(error))),
    }
    let (usable, otherwise) = match arguments.runtime {
        Runtime::Auto => (docker || local, "no runtime is usable: install one of the two above"),
        Runtime::Docker => (docker, "the runtime docker is not usable: see above how to get it"),
        Runtime::Local => (local, "the runtime local is not usable: see above how to get it"),
    };
    if !usable {
        lines.push(otherwise.to_owned());
    }
    let printed = print(&(lines.join("\n") + "\n"));
    match work {
        Err(error) => Exit::from(&error),
        Ok(_) if usable => printed,
        Ok(_) => Exit::NotInstalled,
    }
}

async fn docker_lines(lines: &mut Vec<String>) -> bool {
    let engine = match docker::Engine::connect().await {
        Ok(engine) => engine,
        Err(error) => {
            lines.push(format!("docker  missing   can't {}", ErrorChain::of(&error)));
            return false;
        }
    };
    lines.push(format!("docker  ok        engine {}", engine.version()));
    match engine.images().await {
        Ok(images) if images.is_empty() => {
            lines.push(
                "                  no image of PostgreSQL is here: it is pulled where a registry answers"
                    .to_owned(),
            );
            lines.push("                  without one:  ci/image/build 17".to_owned());
        }
        Ok(images) => lines.extend(
            images
                .into_iter()
                .map(|image| format!("                  PostgreSQL {}  {}", image.major, image.reference)),
        ),
        Err(error) => lines.push(format!("                  failed to {}", ErrorChain::of(&error))),
    }
    true
}

fn local_lines(lines: &mut Vec<String>, work: Option<&WorkDir>) -> bool {
    let installations = local::find();
    let in_vain: Vec<_> = local::named_in_vain()
        .iter()
        .map(|bin| format!("                  LIFEBOAT_PG_BIN names {}, which holds none", bin.display()))
        .collect();
    if installations.is_empty() {
        lines.push(format!("local   missing   no PostgreSQL on this machine; {}", local::how_to_get(None)));
        lines.extend(in_vain);
        return false;
    }
    let user = local::ServerUser::choose()
        .and_then(|user| work.map_or(Ok(()), |work| user.enter(work)).map(|()| user));
    match &user {
        Ok(user) => lines.push(format!("local   ok        servers run as {}", user.name)),
        Err(error) => lines.push(format!("local   unfit     can't {}", ErrorChain::of(error))),
    }
    lines.extend(
        installations
            .values()
            .map(|found| format!("                  PostgreSQL {}  {}", found.version, found.bin)),
    );
    lines.extend(in_vain);
    let needed = select::tools_of_shipped_drills();
    for tool in TOOLS {
        if installations.values().any(|found| found.tools.contains(tool)) {
            lines.push(format!("                  {tool}"));
        } else if needed.contains(tool) {
            lines.push(format!(
                "                  {tool} is missing, and a shipped drill needs it: apt-get install {tool}"
            ));
        }
    }
    user.is_ok()
}

fn disk_line(work: &WorkDir) -> String {
    match nix::sys::statvfs::statvfs(work.nearest()) {
        Ok(disk) => {
            let free = disk.blocks_available().saturating_mul(disk.fragment_size());
            let (word, hint) = match free {
                ENOUGH.. => ("ok", String::new()),
                _ => (
                    "little",
                    format!(
                        "; a drill at scale 1 needs about {}: give --work-dir another",
                        human::bytes(ENOUGH)
                    ),
                ),
            };
            format!("disk    {word:9} {} free in {work}{hint}", human::bytes(free))
        }
        Err(errno) => format!("disk    unknown   {work}: {errno}"),
    }
}
