//! Choosing a runtime, and making a lab of it for each exercise.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    drill::{Capability, Deadlines, Drill, RuntimeKind},
    journal::ErrorChain,
    journal::Exercise,
    lab::{Installation, LabError, Runtime, docker, local},
    pg::Major,
};

/// Which runtime the user asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Docker where an engine answers, else local.
    Auto,
    /// This one.
    Only(RuntimeKind),
}

/// A runtime that answers, and the versions of PostgreSQL that it was asked for so far.
pub enum Provider {
    /// Containers.
    Docker {
        /// The engine.
        engine: docker::Engine,
        /// The image that the user asked for, with `{version}` in it where there are several.
        reference: Option<String>,
        /// Images by their reference in a drill, where it has one, and by version, once they were looked for.
        images: Mutex<BTreeMap<(Option<String>, Major), docker::Image>>,
    },
    /// Processes of this machine.
    Local {
        /// What is installed.
        installations: BTreeMap<Major, Installation>,
        /// Where nodes live.
        work: local::WorkDir,
    },
}

impl Provider {
    /// The runtime that was asked for.
    ///
    /// # Errors
    /// Returns an error if it does not answer; [`LabError::Missing`] if the engine or PostgreSQL is not
    /// installed.
    pub async fn choose(
        wanted: Wanted,
        work: &local::WorkDir,
        reference: Option<String>,
    ) -> Result<Self, LabError> {
        let given = reference.clone();
        let local = || {
            if let Some(image) = given {
                let why = "the runtime local runs the programs that are installed on this machine; leave out \
                           the image (--image, LIFEBOAT_IMAGE), or run with --runtime docker";
                return Err(LabError::refused(format!("run the image {image}"), why));
            }
            let installations = local::find();
            if installations.is_empty() {
                let why = format!(
                    "there is none of version {} or later; {}",
                    Major::OLDEST,
                    local::how_to_get(None)
                );
                return Err(LabError::missing("find PostgreSQL on this machine", why));
            }
            local::ServerUser::choose()?.enter(work)?;
            Ok(Self::Local { installations, work: work.clone() })
        };
        let docker = |engine| Self::Docker { engine, reference, images: Mutex::default() };
        match wanted {
            Wanted::Only(RuntimeKind::Docker) => {
                docker::Engine::connect().await.map(docker).map_err(|error| {
                    LabError::missing("use the runtime docker", ErrorChain::of(&error).to_string())
                })
            }
            Wanted::Only(RuntimeKind::Local | RuntimeKind::Fake) => local(),
            Wanted::Auto => match docker::Engine::connect().await {
                Ok(engine) => Ok(docker(engine)),
                Err(error) => {
                    tracing::debug!(%error, "no container engine");
                    local()
                }
            },
        }
    }

    /// Which it is.
    #[must_use]
    pub const fn kind(&self) -> RuntimeKind {
        match self {
            Self::Docker { .. } => RuntimeKind::Docker,
            Self::Local { .. } => RuntimeKind::Local,
        }
    }

    /// What its runtimes can do to nodes.
    #[must_use]
    pub const fn capabilities(&self) -> &'static [Capability] {
        match self {
            Self::Docker { .. } => docker::CAPABILITIES,
            Self::Local { .. } => local::CAPABILITIES,
        }
    }

    /// The image of a drill's own; `None` where it has none, or the command line has one, which goes before
    /// it.
    #[must_use]
    pub fn image_of<'a>(&self, drill: &'a Drill) -> Option<&'a str> {
        match self {
            Self::Docker { reference: Some(_), .. } => None,
            Self::Docker { .. } | Self::Local { .. } => drill.server.image.as_deref(),
        }
    }

    /// The version to run on where none was asked for. That is what the user's image holds, of the command
    /// line or of a drill, where it is one for all versions; else the newest that is here without fetching
    /// anything; for containers, the newest that Lifeboat was tried on where there is no image at all.
    ///
    /// # Errors
    /// Returns an error if the engine can't be asked; [`LabError::Missing`] where the user's image can't be
    /// had or holds no version that Lifeboat drives.
    pub async fn newest(
        &self,
        image: Option<&str>,
        progress: &(dyn Fn(String) + Send + Sync),
    ) -> Result<Major, LabError> {
        match self {
            Self::Docker { engine, reference, .. }
                if let Some(reference) = image.or(reference.as_deref())
                    && !reference.contains(docker::VERSION) =>
            {
                let held = engine.resolve(Some(reference), None, progress).await?.installation.version;
                if (Major::OLDEST..=Major::NEWEST).contains(&held.major) {
                    return Ok(held.major);
                }
                let why = format!(
                    "it holds {held}, and lifeboat drives versions {} to {}",
                    Major::OLDEST,
                    Major::NEWEST
                );
                Err(LabError::missing(format!("run the image {reference}"), why))
            }
            Self::Docker { engine, .. } => {
                let here = engine
                    .images()
                    .await?
                    .into_iter()
                    .map(|image| image.major)
                    .filter(|major| *major <= Major::NEWEST)
                    .max();
                Ok(here.unwrap_or(Major(17)))
            }
            Self::Local { installations, .. } => {
                Ok(installations.keys().copied().max().unwrap_or(Major::OLDEST))
            }
        }
    }

    /// Makes sure that a version is here, in the image of a drill's own where it has one; an image is pulled
    /// where a registry answers.
    ///
    /// # Errors
    /// Returns an error if it can't be had ([`LabError::Missing`]): with the versions that can, and what
    /// would get it.
    pub async fn provide(
        &self,
        own: Option<&str>,
        major: Major,
        progress: &(dyn Fn(String) + Send + Sync),
    ) -> Result<Installation, LabError> {
        match self {
            Self::Docker { engine, reference, images } => {
                let image = engine.resolve(own.or(reference.as_deref()), Some(major), progress).await?;
                let installation = image.installation.clone();
                let key = (own.map(str::to_owned), major);
                images.lock().unwrap_or_else(PoisonError::into_inner).insert(key, image);
                Ok(installation)
            }
            Self::Local { .. } if let Some(image) = own => {
                let why = "the runtime local runs the programs that are installed on this machine: run it \
                    with \
                           --runtime docker";
                Err(LabError::missing(format!("run the drill's image {image}"), why))
            }
            Self::Local { installations, .. } => installations.get(&major).cloned().ok_or_else(|| {
                let there: Vec<_> = installations.keys().map(Major::to_string).collect();
                let why = format!("installed here: {}; {}", there.join(", "), local::how_to_get(Some(major)));
                LabError::missing(format!("find PostgreSQL {major} on this machine"), why)
            }),
        }
    }

    /// A lab for an exercise whose version was provided.
    ///
    /// # Errors
    /// Returns an error if it can't be created.
    pub fn lab(&self, run: &str, exercise: &Exercise, drill: &Drill) -> Result<Arc<dyn Runtime>, LabError> {
        let what = || format!("make a lab for {exercise}");
        match self {
            Self::Docker { engine, images, .. } => {
                let key = (self.image_of(drill).map(str::to_owned), exercise.postgres);
                let image = images.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
                let image = image.ok_or_else(|| LabError::state(what(), "its image was not provided"))?;
                Ok(Arc::new(
                    docker::Lab::new(engine.clone(), image, run, &exercise.to_string())
                        .removal_within(Deadlines::of(drill).volume)
                        .bounded(drill.needs(Capability::BoundedVolumes)),
                ))
            }
            Self::Local { installations, work } => {
                let installation = installations.get(&exercise.postgres).cloned();
                let installation =
                    installation.ok_or_else(|| LabError::state(what(), "its version is not installed"))?;
                Ok(Arc::new(local::LocalLab::new(installation, work, run, &exercise.folder())?))
            }
        }
    }
}
