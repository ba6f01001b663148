//! What there is by label, and its removal.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use bollard::{
    models::ContainerSummaryStateEnum,
    query_parameters::{
        ListContainersOptions, ListNetworksOptions, ListVolumesOptions, RemoveContainerOptions,
        RemoveVolumeOptions,
    },
};
use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

use super::{
    engine::{ANSWER, Engine, call, call_unless, call_unless_within, in_one_line},
    names::{Labels, RUN},
    sweep::{Kind, Outcome, Resource},
};
use crate::lab::LabError;

/// Between two empty scans that prove that nothing is still being made.
const QUIET: Duration = Duration::from_millis(300);
const RETRY: Duration = Duration::from_millis(100);

/// A resource that carries the labels that were looked for.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) kind: Kind,
    /// Its name, for people.
    pub(super) name: String,
    /// What the engine takes: names of networks may be there twice.
    id: String,
    pub(super) labels: Labels,
    frozen: bool,
}

impl Found {
    /// What became of it.
    pub(super) fn becomes(mut self, outcome: Outcome) -> Resource {
        Resource { kind: self.kind, name: self.name, run: self.labels.remove(RUN), outcome }
    }
}

/// Everything with all of these labels, in the order in which it can be removed.
pub(super) async fn scan(engine: &Engine, wanted: &Labels) -> Result<Vec<Found>, LabError> {
    let docker = engine.docker();
    let terms = wanted.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let filters = Some(HashMap::from([("label".to_owned(), terms)]));
    let containers =
        ListContainersOptions { all: true, filters: filters.clone(), ..ListContainersOptions::default() };
    let (containers, volumes, networks) = tokio::join!(
        call("list containers", docker.list_containers(Some(containers))),
        call("list volumes", docker.list_volumes(Some(ListVolumesOptions { filters: filters.clone() }))),
        call("list networks", docker.list_networks(Some(ListNetworksOptions { filters }))),
    );
    let containers = containers?.into_iter().map(|container| {
        let id = container.id.unwrap_or_default();
        let name = container
            .names
            .unwrap_or_default()
            .first()
            .map_or_else(|| id.clone(), |name| name.trim_start_matches('/').to_owned());
        let frozen = container.state == Some(ContainerSummaryStateEnum::PAUSED);
        Found { kind: Kind::Container, name, id, labels: container.labels.unwrap_or_default(), frozen }
    });
    let volumes = volumes?.volumes.unwrap_or_default().into_iter().map(|volume| Found {
        kind: Kind::Volume,
        id: volume.name.clone(),
        name: volume.name,
        labels: volume.labels,
        frozen: false,
    });
    let networks = networks?.into_iter().map(|network| {
        let id = network.id.unwrap_or_default();
        let name = network.name.unwrap_or_else(|| id.clone());
        Found { kind: Kind::Network, name, id, labels: network.labels.unwrap_or_default(), frozen: false }
    });
    // The engine was asked for these labels; a removal does not rely on its answer.
    let has_labels = |found: &Found| wanted.iter().all(|(key, value)| found.labels.get(key) == Some(value));
    Ok(containers.chain(volumes).chain(networks).filter(has_labels).collect())
}

/// Removes whatever has these labels and is chosen, until nothing of it is there any more or the time is up.
///
/// With `thorough`, until two scans with a pause between them found nothing: a request that was under way
/// when the runner died may still make something.
pub(super) async fn clear(
    engine: &Engine,
    wanted: &Labels,
    chosen: impl Fn(&Found) -> bool,
    thorough: bool,
    within: Duration,
) -> Result<Vec<Resource>, LabError> {
    let end = Instant::now() + within;
    let mut outcomes = BTreeMap::new();
    let mut quiet = !thorough;
    loop {
        let found: Vec<Found> = scan(engine, wanted).await?.into_iter().filter(&chosen).collect();
        match (found.is_empty(), quiet) {
            (true, true) => break,
            (true, false) => {
                quiet = true;
                sleep(QUIET).await;
                continue;
            }
            (false, _) => quiet = !thorough,
        }
        let mut failed = false;
        // What containers use can only go after them, and then jobs.
        for containers in [true, false] {
            let some = found.iter().filter(|found| (found.kind == Kind::Container) == containers);
            for (found, removed) in
                join_all(some.map(|found| async move { (found, remove(engine, found, within).await) })).await
            {
                failed |= removed.is_err();
                let outcome =
                    removed.map_or_else(|error| Outcome::Failed(in_one_line(&error)), |()| Outcome::Removed);
                outcomes.insert((found.kind, found.name.clone()), found.clone().becomes(outcome));
            }
        }
        if Instant::now() >= end {
            break;
        }
        if failed {
            sleep(RETRY).await;
        }
    }
    Ok(outcomes.into_values().collect())
}

async fn remove(engine: &Engine, found: &Found, within: Duration) -> Result<(), LabError> {
    let docker = engine.docker();
    let what = format!("remove the {} {}", found.kind, found.name);
    match found.kind {
        Kind::Container => {
            if found.frozen {
                call_unless(&[404, 409, 500], what.as_str(), docker.unpause_container(&found.id)).await?;
            }
            let options =
                RemoveContainerOptions { force: true, v: true, ..RemoveContainerOptions::default() };
            call_unless(&[404], what, docker.remove_container(&found.id, Some(options))).await?;
        }
        Kind::Volume => {
            let removal = docker.remove_volume(&found.id, None::<RemoveVolumeOptions>);
            call_unless_within(within.max(ANSWER), &[404], what, removal).await?;
        }
        Kind::Network => {
            call_unless(&[404], what, docker.remove_network(&found.id)).await?;
        }
        Kind::Image => {}
    }
    Ok(())
}
