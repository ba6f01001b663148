//! `lifeboat doctor`: what is here, and how to get what is missing.

use super::{arguments::Doctor, exit::Exit, print};
use crate::{
    journal::ErrorChain,
    lab::{TOOLS, docker, local},
    report::human,
};

pub(super) async fn doctor(arguments: &Doctor) -> Exit {
    let mut lines = Vec::new();
    let docker = docker_lines(&mut lines).await;
    let local = local_lines(&mut lines);
    disk_lines(&mut lines, arguments);
    if !docker && !local {
        lines.push("no runtime can be used: get one of the two above".to_owned());
    }
    let printed = print(&(lines.join("\n") + "\n"));
    if docker || local { printed } else { Exit::Inconclusive }
}

async fn docker_lines(lines: &mut Vec<String>) -> bool {
    let engine = match docker::Engine::connect().await {
        Ok(engine) => engine,
        Err(error) => {
            lines.push(format!("docker  missing   {}", ErrorChain::of(&error)));
            lines.push("                  get it:  apt-get install docker.io, and add yourself to the group docker".to_owned());
            return false;
        }
    };
    lines.push(format!("docker  ok        engine {}", engine.version()));
    match engine.images().await {
        Ok(images) if images.is_empty() => {
            lines.push("                  no image of PostgreSQL is here: it is pulled where a registry answers".to_owned());
            lines.push("                  without one:  ci/image/build 17".to_owned());
        }
        Ok(images) => {
            lines.extend(images.into_iter().map(|image| format!("                  PostgreSQL {}  {}", image.major, image.reference)))
        }
        Err(error) => lines.push(format!("                  failed to {}", ErrorChain::of(&error))),
    }
    true
}

fn local_lines(lines: &mut Vec<String>) -> bool {
    let user = local::ServerUser::choose();
    let installations = local::find();
    if installations.is_empty() {
        lines.push("local   missing   no PostgreSQL on this machine".to_owned());
        lines.push(
            "                  get it:  apt-get install postgresql, or set LIFEBOAT_PG_BIN to the directory of its programs".to_owned(),
        );
        return false;
    }
    match &user {
        Ok(user) => lines.push(format!("local   ok        servers run as {}", user.name)),
        Err(error) => lines.push(format!("local   missing   {}", ErrorChain::of(error))),
    }
    lines.extend(installations.values().map(|found| format!("                  PostgreSQL {}  {}", found.version, found.bin)));
    for tool in TOOLS {
        if installations.values().any(|found| found.tools.contains(tool)) {
            lines.push(format!("                  {tool}"));
        } else {
            lines.push(format!("                  {tool} is missing; get it:  apt-get install {tool}"));
        }
    }
    user.is_ok()
}

fn disk_lines(lines: &mut Vec<String>, arguments: &Doctor) {
    let work = arguments.work.directory();
    let there = work.ancestors().find(|path| path.exists()).unwrap_or(&work);
    match nix::sys::statvfs::statvfs(there) {
        Ok(disk) => {
            let free = disk.blocks_available().saturating_mul(disk.fragment_size());
            let enough = free >= 2 << 30;
            let (word, hint) =
                if enough { ("ok", "") } else { ("little", "; a drill at scale 1 needs about 2 GiB: choose another with --work-dir") };
            lines.push(format!("disk    {word:9} {} free in {}{hint}", human::bytes(free), work.display()));
        }
        Err(errno) => lines.push(format!("disk    unknown   {}: {errno}", work.display())),
    }
}
