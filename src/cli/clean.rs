//! `lifeboat clean`: what dead runs have left, and the cache where that is asked for.

use super::{arguments::Clean, exit::Exit, print, terminal};
use crate::{
    journal::ErrorChain,
    lab::{docker, local},
};

pub(super) async fn clean(arguments: &Clean) -> Exit {
    let mut lines = Vec::new();
    let mut failed = false;
    let work = arguments.work.directory();
    let mut directories: Vec<_> = local::stale_runs(&work).into_iter().map(|(path, _)| path).collect();
    if arguments.cache {
        directories.extend(local::prepared(&work));
    }
    for directory in directories {
        let name = directory.display().to_string();
        if arguments.dry_run {
            lines.push(format!("would remove  directory  {name}"));
            continue;
        }
        let left = local::remove_run(&directory).await;
        failed |= !left.is_empty();
        lines.push(if left.is_empty() { format!("removed       directory  {name}") } else { format!("failed        {}", left.join("; ")) });
    }
    match docker::Engine::connect().await {
        Ok(engine) => match docker::sweep(&engine, docker::Which::Everything { cache: arguments.cache }, arguments.dry_run).await {
            Ok(resources) => {
                for docker::Resource { kind, name, outcome } in resources {
                    let (did, why) = match outcome {
                        docker::Outcome::Removed => ("removed", String::new()),
                        docker::Outcome::WouldRemove => ("would remove", String::new()),
                        docker::Outcome::Kept(why) => ("kept", format!(": {why}")),
                        docker::Outcome::Failed(why) => {
                            failed = true;
                            ("failed", format!(": {why}"))
                        }
                    };
                    lines.push(format!("{did:12}  {:9}  {name}{why}", kind.to_string()));
                }
            }
            Err(error) => {
                failed = true;
                terminal::error(&format!("failed to {}", ErrorChain::of(&error)));
            }
        },
        Err(error) => tracing::debug!(%error, "no container engine to clean"),
    }
    if lines.is_empty() {
        lines.push("nothing to clean".to_owned());
    }
    let printed = print(&(lines.join("\n") + "\n"));
    if failed { Exit::LeftBehind } else { printed }
}
