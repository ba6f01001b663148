//! The container of a node.

use std::{collections::HashMap, net::Ipv4Addr};

use super::{
    engine::{Engine, call, call_unless},
    first_process::{self, FirstProcess},
    image::Image,
    image_probe::masked,
    names::{Labels, container_labels},
};
use crate::lab::LabError;
use bollard::{
    models::{
        ContainerCreateBody, EndpointIpamConfig, EndpointSettings, HealthConfig, HostConfig,
        HostConfigLogConfig, Mount, MountType, MountVolumeOptions, MountVolumeOptionsDriverConfig,
        NetworkingConfig,
    },
    query_parameters::{CreateContainerOptions, RemoveContainerOptions},
};

/// Where what a server needs to run stands.
pub(super) const RUN: &str = "/lifeboat/run";
const RUN_SIZE: &str = "256m";
/// Parallel queries and big shared buffers ask for more than the engine's 64 MB.
const SHARED_MEMORY: i64 = 1 << 30;

/// A volume and where it stands.
pub(super) struct Volume {
    pub(super) name: String,
    pub(super) path: &'static str,
    pub(super) labels: Labels,
    /// Whether it stands in memory, and is full at [`BOUND`].
    pub(super) is_bounded: bool,
}

/// The size of a data volume that is bounded: a small cluster with its WAL.
const BOUND: &str = "768m";

/// Everything about a node's container.
pub(super) struct Node<'a> {
    pub(super) name: &'a str,
    pub(super) container: &'a str,
    pub(super) network: &'a str,
    /// In the subnet of the network.
    pub(super) address: Ipv4Addr,
    pub(super) labels: Labels,
    pub(super) image: &'a Image,
    pub(super) volumes: Vec<Volume>,
}

/// Makes and starts a container; when this returns, its volumes belong to the server's user.
///
/// The first process says so itself, heard over an attached stream: that takes 2 ms, where an `exec` takes 50
/// and an uploaded archive with the owners 110. The engine makes the volumes with the container, and their
/// names and labels come with it.
pub(super) async fn start(engine: &Engine, node: Node<'_>) -> Result<FirstProcess, LabError> {
    let container = node.container;
    let options =
        CreateContainerOptions { name: Some(container.to_owned()), ..CreateContainerOptions::default() };
    call(
        format!("create the container {container}"),
        engine.docker().create_container(Some(options), body(node)),
    )
    .await?;
    let begun = begin(engine, container).await;
    if begun.is_err() {
        // What can't be removed now is removed when the lab is cleaned_up.
        let _ = remove(engine, container).await;
    }
    begun
}

/// Kills and removes a container, if it is there.
pub(super) async fn remove(engine: &Engine, container: &str) -> Result<(), LabError> {
    let options = RemoveContainerOptions { force: true, v: true, ..RemoveContainerOptions::default() };
    let removal = engine.docker().remove_container(container, Some(options));
    call_unless(&[404], format!("remove the container {container}"), removal).await.map(drop)
}

async fn begin(engine: &Engine, container: &str) -> Result<FirstProcess, LabError> {
    let docker = engine.docker();
    let mut first = FirstProcess::attach(docker, container).await?;
    call(format!("start the container {container}"), docker.start_container(container, None)).await?;
    first.ready().await?;
    Ok(first)
}

fn body(node: Node<'_>) -> ContainerCreateBody {
    let Image { id, user, volumes: declared, steering, .. } = node.image;
    let (uid, gid) = user.split_once(':').unwrap_or((user, user));
    let entrypoint = first_process::command(user, node.volumes.iter().map(|volume| volume.path));
    let mounts =
        declared.iter().map(|path| masked(path)).chain(node.volumes.into_iter().map(mount)).collect();
    let address =
        EndpointIpamConfig { ipv4_address: Some(node.address.to_string()), ..EndpointIpamConfig::default() };
    let endpoint = EndpointSettings {
        aliases: Some(vec![node.name.to_owned()]),
        ipam_config: Some(address),
        ..EndpointSettings::default()
    };
    let run = format!("rw,exec,nosuid,nodev,uid={uid},gid={gid},size={RUN_SIZE}");
    ContainerCreateBody {
        image: Some(id.clone()),
        user: Some("0:0".to_owned()),
        hostname: Some(node.name.to_owned()),
        labels: Some(container_labels(node.labels)),
        // A name without a value takes the image's away.
        env: Some(steering.clone()),
        entrypoint: Some(entrypoint),
        open_stdin: Some(true),
        working_dir: Some(RUN.to_owned()),
        healthcheck: Some(HealthConfig { test: Some(vec!["NONE".to_owned()]), ..HealthConfig::default() }),
        host_config: Some(HostConfig {
            cap_add: Some(vec!["CHOWN".to_owned(), "KILL".to_owned()]),
            cap_drop: Some(vec!["ALL".to_owned()]),
            log_config: Some(HostConfigLogConfig { typ: Some("none".to_owned()), config: None }),
            mounts: Some(mounts),
            network_mode: Some(node.network.to_owned()),
            security_opt: Some(vec!["no-new-privileges".to_owned()]),
            shm_size: Some(SHARED_MEMORY),
            tmpfs: Some(HashMap::from([(RUN.to_owned(), run)])),
            ..HostConfig::default()
        }),
        networking_config: Some(NetworkingConfig {
            endpoints_config: Some(HashMap::from([(node.network.to_owned(), endpoint)])),
        }),
        ..ContainerCreateBody::default()
    }
}

fn mount(volume: Volume) -> Mount {
    let bounded = volume.is_bounded.then(|| MountVolumeOptionsDriverConfig {
        name: Some("local".to_owned()),
        options: Some(
            [("type", "tmpfs".to_owned()), ("device", "tmpfs".to_owned()), ("o", format!("size={BOUND}"))]
                .map(|(name, value)| (name.to_owned(), value))
                .into(),
        ),
    });
    Mount {
        source: Some(volume.name),
        target: Some(volume.path.to_owned()),
        typ: Some(MountType::VOLUME),
        volume_options: Some(MountVolumeOptions {
            driver_config: bounded,
            labels: Some(volume.labels),
            no_copy: Some(true),
            ..MountVolumeOptions::default()
        }),
        ..Mount::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bounded_volume_says_its_size_to_the_engine_and_another_none() {
        let volume =
            |is_bounded| Volume { name: "x".into(), path: "/data", labels: Labels::new(), is_bounded };
        let options = |is_bounded| mount(volume(is_bounded)).volume_options.and_then(|it| it.driver_config);
        assert_eq!(options(false), None);
        let options = options(true).and_then(|driver| driver.options).expect("options");
        assert_eq!(options.get("o").map(String::as_str), Some("size=768m"));
        assert_eq!(options.get("type").map(String::as_str), Some("tmpfs"));
    }
}
