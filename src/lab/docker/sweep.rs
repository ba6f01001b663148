//! Cleaning up after runners that could not: for the reaper and for `lifeboat clean`.

use std::{fmt, time::Duration};

use bollard::{
    models::ImageSummary,
    query_parameters::{ListImagesOptions, RemoveImageOptions},
};

use super::{
    engine::{Engine, call, in_one_line},
    names::{CACHE, OURS, OWNER, RUN, labels},
    owner::{Life, Owner},
    scan::{Found, clear, scan},
};
use crate::lab::LabError;

const WITHIN: Duration = Duration::from_secs(20);

/// What to remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which<'a> {
    /// Everything of a run, whether its runner lives or not.
    Run(&'a str),
    /// Everything whose runner is proven to be dead.
    Everything {
        /// Prepared clusters and images that Lifeboat built as well.
        cache: bool,
    },
}

/// A kind of resource, in the order of removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A container.
    Container,
    /// A volume.
    Volume,
    /// A network.
    Network,
    /// An image.
    Image,
}

/// What became of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is gone.
    Removed,
    /// It would be removed, but this was only a rehearsal.
    WouldRemove,
    /// It stays, for this reason.
    Kept(String),
    /// It could not be removed, for this reason.
    Failed(String),
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// The run that made it; `None` for a cache.
    pub run: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Container => "container",
            Self::Volume => "volume",
            Self::Network => "network",
            Self::Image => "image",
        })
    }
}

/// Removes what dead runners left, by label; what was found, and what became of it.
///
/// # Errors
/// Returns an error if the engine does not answer; a resource that can't be removed is no error but an
/// [`Outcome::Failed`].
pub async fn sweep(engine: &Engine, which: Which<'_>, dry_run: bool) -> Result<Vec<Resource>, LabError> {
    match which {
        Which::Run("") => Err(LabError::state("clean up after a run", "it has no name")),
        Which::Run(run) => {
            let wanted = labels([(OURS, "1"), (RUN, run)]);
            if dry_run {
                return Ok(scan(engine, &wanted)
                    .await?
                    .into_iter()
                    .map(|found| found.becomes(Outcome::WouldRemove))
                    .collect());
            }
            clear(engine, &wanted, |_| true, true, WITHIN).await
        }
        Which::Everything { cache } => everything(engine, cache, dry_run).await,
    }
}

async fn everything(engine: &Engine, cache: bool, dry_run: bool) -> Result<Vec<Resource>, LabError> {
    let wanted = labels([(OURS, "1")]);
    let mut resources = Vec::new();
    for found in scan(engine, &wanted).await? {
        match stays(&found, cache) {
            Some(reason) => resources.push(found.becomes(Outcome::Kept(reason))),
            None if dry_run => resources.push(found.becomes(Outcome::WouldRemove)),
            None => {}
        }
    }
    if !dry_run {
        resources.extend(clear(engine, &wanted, |found| stays(found, cache).is_none(), false, WITHIN).await?);
    }
    resources.extend(images(engine, cache, dry_run).await?);
    Ok(resources)
}

/// Why a resource must not be removed.
fn stays(found: &Found, cache: bool) -> Option<String> {
    // A container that somebody starts from an image of ours inherits its labels, and is no cache for it.
    if found.kind == Kind::Volume && found.labels.contains_key(CACHE) && !found.labels.contains_key(RUN) {
        return (!cache).then(|| "a cache".to_owned());
    }
    match found.labels.get(OWNER).and_then(|owner| owner.parse::<Owner>().ok()).map(|owner| owner.life()) {
        Some(Life::Dead) => None,
        Some(Life::Alive) => Some("its run is in progress".to_owned()),
        Some(Life::Unknown(why)) => Some(why.to_owned()),
        None => Some("it does not say who made it".to_owned()),
    }
}

/// Images that Lifeboat built. One on which another rests goes after that other, hence the rounds.
async fn images(engine: &Engine, cache: bool, dry_run: bool) -> Result<Vec<Resource>, LabError> {
    let filters = Some([("label".to_owned(), vec![format!("{CACHE}=image")])].into());
    let options = ListImagesOptions { filters, ..ListImagesOptions::default() };
    let listed = call("list images", engine.docker().list_images(Some(options))).await?;
    let built =
        listed.into_iter().filter(|image| image.labels.get(CACHE).is_some_and(|cache| cache == "image"));
    let mut left: Vec<String> = built.flat_map(names).collect();
    let resource = |name, outcome| Resource { kind: Kind::Image, name, run: None, outcome };
    if !cache {
        return Ok(left
            .into_iter()
            .map(|name| resource(name, Outcome::Kept("a cache".to_owned())))
            .collect());
    }
    if dry_run {
        return Ok(left.into_iter().map(|name| resource(name, Outcome::WouldRemove)).collect());
    }
    let mut resources = Vec::new();
    loop {
        let mut failed = Vec::new();
        let before = left.len();
        for name in left {
            let removal = engine.docker().remove_image(&name, None::<RemoveImageOptions>, None);
            match call(format!("remove the image {name}"), removal).await {
                Ok(_) => resources.push(resource(name, Outcome::Removed)),
                Err(error) => failed.push((name, in_one_line(&error))),
            }
        }
        if failed.is_empty() || failed.len() == before {
            resources.extend(failed.into_iter().map(|(name, why)| resource(name, Outcome::Failed(why))));
            return Ok(resources);
        }
        left = failed.into_iter().map(|(name, _)| name).collect();
    }
}

/// The tags of an image, or its id where it has none.
fn names(image: ImageSummary) -> Vec<String> {
    let tags: Vec<String> = image.repo_tags.into_iter().filter(|tag| !tag.contains("<none>")).collect();
    if tags.is_empty() { vec![image.id] } else { tags }
}
