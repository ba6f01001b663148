//! Fetching an image.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use bollard::{models::CreateImageInfo, query_parameters::CreateImageOptions};
use futures_util::StreamExt;
use tokio::time::timeout;

use super::{
    engine::{Engine, in_one_line, refusal},
    image::{LocalImage, split},
};
use crate::{lab::LabError, pg::Major};

/// A registry that says nothing for so long is not there.
const SILENCE: Duration = Duration::from_secs(90);
const ALTOGETHER: Duration = Duration::from_mins(30);
/// How often progress is told.
const REPORT: Duration = Duration::from_millis(500);
const MB: i64 = 1_000_000;

/// Pulls an image, as anybody may: with no credentials.
pub(super) async fn pull(
    engine: &Engine,
    reference: &str,
    major: Option<Major>,
    progress: &(dyn Fn(String) + Send + Sync),
) -> Result<(), LabError> {
    progress(format!("pulling {reference}"));
    let late = |_| LabError::Deadline { what: format!("pull {reference}"), within: ALTOGETHER };
    let pulled = timeout(ALTOGETHER, layers(engine, reference, progress)).await.map_err(late).flatten();
    if let Err(error) = pulled {
        return Err(LabError::missing(
            format!("find the image {reference}"),
            reason(&error, major, &engine.images().await?),
        ));
    }
    progress(format!("pulled {reference}"));
    Ok(())
}

async fn layers(
    engine: &Engine,
    reference: &str,
    progress: &(dyn Fn(String) + Send + Sync),
) -> Result<(), LabError> {
    let (name, tag) = split(reference);
    let options = CreateImageOptions {
        from_image: Some(name.to_owned()),
        tag: Some(tag.to_owned()),
        ..CreateImageOptions::default()
    };
    let what = || format!("pull {reference}");
    let mut events = engine.docker().create_image(Some(options), None, None);
    let mut layers = BTreeMap::new();
    let mut told = Instant::now();
    loop {
        let event = timeout(SILENCE, events.next())
            .await
            .map_err(|_| LabError::Deadline { what: what(), within: SILENCE })?;
        let Some(event) = event else { return Ok(()) };
        note(&mut layers, event.map_err(|error| refusal(what(), error))?);
        if told.elapsed() >= REPORT {
            told = Instant::now();
            let (there, total) =
                layers.values().fold((0, 0), |(there, total), (a, b)| (there + a, total + b));
            progress(format!("pulling {reference}: {} of {} MB", there / MB, total / MB));
        }
    }
}

/// How much of each layer is there; its size is known once its download begins.
fn note(layers: &mut BTreeMap<String, (i64, i64)>, event: CreateImageInfo) {
    let (Some(id), Some(status)) = (event.id, event.status) else { return };
    let detail = event.progress_detail.unwrap_or_default();
    match (status.as_str(), detail.current, detail.total) {
        ("Downloading", Some(current), Some(total)) => {
            layers.insert(id, (current, total));
        }
        ("Download complete" | "Pull complete", _, _) => {
            layers.entry(id).and_modify(|(current, total)| *current = *total);
        }
        _ => {}
    }
}

/// The whole chain in one line, what there is instead, and the way out.
fn reason(error: &LabError, major: Option<Major>, images: &[LocalImage]) -> String {
    let reason = in_one_line(error);
    let here: BTreeSet<Major> = images.iter().map(|image| image.major).collect();
    let here: Vec<String> = here.iter().map(Major::to_string).collect();
    let here = if here.is_empty() { "none".to_owned() } else { here.join(", ") };
    let major = major.unwrap_or(Major::NEWEST);
    format!(
        "the engine does not have it and could not {reason}; versions with an image here: {here}; get it: \
         `ci/image/build {major}` \
         builds lifeboat-postgres:{major} without a registry, and an image that needs a login can be pulled \
         beforehand"
    )
}
