//! What an image holds, found by looking into it once.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use bollard::{
    models::{ContainerCreateBody, HostConfig, Mount, MountType},
    query_parameters::{AttachContainerOptions, CreateContainerOptions, RemoveContainerOptions},
};
use futures_util::StreamExt;
use tokio::time::{Instant, sleep, timeout};

use super::{
    engine::{ANSWER, Engine, call, call_unless, refusal},
    names::{OURS, OWNER, RUN, container_labels, labels, short_hash},
    owner::Owner,
};
use crate::{
    lab::LabError,
    pg::{Major, Version},
};

const SCRIPT: &str = include_str!("image_probe.sh");
/// `nobody`, where an image has no user `postgres`: any user will do that is not root.
const NOBODY: &str = "65534:65534";

/// What was found in an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ImageProbe {
    /// `uid:gid`.
    pub(super) user: String,
    /// Directories with a server, and its version.
    pub(super) servers: Vec<(String, Version)>,
    /// Programs of interest that are there: by name, and PostgreSQL's own by path.
    pub(super) tools: BTreeSet<String>,
}

impl ImageProbe {
    /// The server of a major version; the newest where none is asked for.
    pub(super) fn server(&self, major: Option<Major>) -> Option<&(String, Version)> {
        match major {
            Some(major) => self.servers.iter().find(|(_, version)| version.major == major),
            None => self.servers.iter().fold(None, |best, server| match best {
                Some((_, version)) if *version >= server.1 => best,
                _ => Some(server),
            }),
        }
    }

    /// `None` where the script did not come to its end.
    fn parse(said: &str) -> Option<Self> {
        let mut image_probe = Self { user: NOBODY.to_owned(), servers: Vec::new(), tools: BTreeSet::new() };
        for line in said.lines() {
            let mut fields = line.split('\t');
            let (kind, first, second) =
                (fields.next()?, fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
            match kind {
                "user" => first.clone_into(&mut image_probe.user),
                "tool" => image_probe.tools.extend([first.to_owned()]),
                "bin" => image_probe
                    .servers
                    .extend(Version::from_banner(second).ok().map(|version| (first.to_owned(), version))),
                "end" => return Some(image_probe),
                _ => {}
            }
        }
        None
    }
}

/// Looks into an image, by one container that is gone afterwards.
pub(super) async fn image_probe(
    engine: &Engine,
    reference: &str,
    id: &str,
    volumes: &[String],
) -> Result<ImageProbe, LabError> {
    let name = name(id);
    let what = format!("look into the image {reference}");
    let looked = timeout(ANSWER, look(engine, &what, &name, id, volumes)).await;
    remove(engine, &name).await?;
    let said = looked.map_err(|_| LabError::Deadline { what: what.clone(), within: ANSWER })??;
    ImageProbe::parse(&said).ok_or_else(|| LabError::state(what, format!("its shell said: {}", said.trim())))
}

/// A name that no other image_probe has, in this process or another.
fn name(id: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let unique = format!("{} {} {id}", Owner::current(), COUNT.fetch_add(1, Ordering::Relaxed));
    format!("lb-image_probe-{}", short_hash(&unique, 12))
}

async fn look(
    engine: &Engine,
    what: &str,
    name: &str,
    id: &str,
    volumes: &[String],
) -> Result<String, LabError> {
    let docker = engine.docker();
    let owner = Owner::current().to_string();
    let body = ContainerCreateBody {
        image: Some(id.to_owned()),
        user: Some("0:0".to_owned()),
        labels: Some(container_labels(labels([(OURS, "1"), (RUN, "image_probe"), (OWNER, &owner)]))),
        entrypoint: Some(vec!["/bin/sh".to_owned(), "-c".to_owned(), SCRIPT.to_owned()]),
        working_dir: Some("/".to_owned()),
        host_config: Some(HostConfig {
            auto_remove: Some(true),
            cap_drop: Some(vec!["ALL".to_owned()]),
            mounts: Some(volumes.iter().map(|path| masked(path)).collect()),
            network_mode: Some("none".to_owned()),
            security_opt: Some(vec!["no-new-privileges".to_owned()]),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    };
    let options = CreateContainerOptions { name: Some(name.to_owned()), ..CreateContainerOptions::default() };
    call(what, docker.create_container(Some(options), body)).await?;
    let options = AttachContainerOptions {
        stream: true,
        stdout: true,
        stderr: true,
        ..AttachContainerOptions::default()
    };
    let mut attached = call(what, docker.attach_container(name, Some(options))).await?;
    call(what, docker.start_container(name, None)).await?;
    let mut said = Vec::new();
    while let Some(piece) = attached.output.next().await {
        said.extend_from_slice(piece.map_err(|error| refusal(what, error))?.as_ref());
    }
    Ok(String::from_utf8_lossy(&said).into_owned())
}

/// The engine removes the container when its script ends; this makes sure, and waits until it is gone.
async fn remove(engine: &Engine, name: &str) -> Result<(), LabError> {
    let what = format!("remove the container {name}");
    let patience = Instant::now() + Duration::from_secs(10);
    loop {
        let options = RemoveContainerOptions { force: true, v: true, ..RemoveContainerOptions::default() };
        call_unless(&[404, 409], what.as_str(), engine.docker().remove_container(name, Some(options)))
            .await?;
        if call_unless(&[404], what.as_str(), engine.docker().inspect_container(name, None)).await?.is_none()
        {
            return Ok(());
        }
        if Instant::now() > patience {
            return Err(LabError::state(what, "it is still there"));
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// A mount that takes the place of a volume that the image declares: without it the engine would make an
/// anonymous one.
pub(super) fn masked(path: &str) -> Mount {
    Mount { target: Some(path.to_owned()), typ: Some(MountType::TMPFS), ..Mount::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_survey_that_was_cut_off_is_none() {
        let whole = "user\t999:998\t\nbin\t/usr/lib/postgresql/15/bin\tpostgres (PostgreSQL) 15.18\n\
                     bin\t/usr/lib/postgresql/17/bin\tpostgres (PostgreSQL) 17.6\ntool\tzstd\t\nend\t\t\n";
        let image_probe = ImageProbe::parse(whole).expect("it came to its end");
        assert_eq!(image_probe.user, "999:998");
        assert!(image_probe.tools.contains("zstd"));
        assert_eq!(image_probe.server(None).map(|(bin, _)| bin.as_str()), Some("/usr/lib/postgresql/17/bin"));
        assert_eq!(
            image_probe.server(Some(Major(15))).map(|(bin, _)| bin.as_str()),
            Some("/usr/lib/postgresql/15/bin")
        );
        assert_eq!(image_probe.server(Some(Major(16))), None);
        assert_eq!(ImageProbe::parse("user\t1:1\t\nbin\t/usr/bin\tpostg"), None);
    }
}
