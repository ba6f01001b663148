//! Images of PostgreSQL: which there are, which one to take, what it holds.

use std::collections::BTreeSet;

use bollard::query_parameters::ListImagesOptions;

use super::{
    engine::{Engine, call, call_unless},
    image_probe::image_probe,
    pull::pull,
};
use crate::{
    journal::Software,
    lab::{Installation, LabError},
    pg::Major,
};

/// Where to fill in the version in a user's reference.
pub const VERSION: &str = "{version}";
/// What `ci/image/build` makes, and the official image, in the order in which they are taken.
const REPOSITORIES: [&str; 2] = ["lifeboat-postgres", "postgres"];

/// An image of PostgreSQL that the engine has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalImage {
    /// Its name and tag.
    pub reference: String,
    /// The version that its tag names.
    pub major: Major,
}

/// An image that was looked into.
#[derive(Clone, Debug)]
pub struct Image {
    /// Its content's identity.
    pub id: String,
    /// The name under which it was found.
    pub reference: String,
    /// The server in it.
    pub installation: Installation,
    /// The user as whom everything is run: `uid:gid`.
    pub user: String,
    /// Those of `timeout` (GNU's), `zstd`, `lz4`, `gzip`, `pgbackrest` and `barman` that are there.
    pub tools: BTreeSet<String>,
    /// The volumes that it declares.
    pub(super) volumes: Vec<String>,
    /// Variables that it sets and that would steer the programs of PostgreSQL.
    pub(super) steering: Vec<String>,
}

impl Engine {
    /// The images of PostgreSQL that need no pull: `lifeboat-postgres:17`, `postgres:17-alpine` and the like,
    /// best first.
    ///
    /// # Errors
    /// Returns an error if the engine does not answer.
    pub async fn images(&self) -> Result<Vec<LocalImage>, LabError> {
        let listed = call("list images", self.docker().list_images(None::<ListImagesOptions>)).await?;
        let mut found: Vec<LocalImage> =
            listed.into_iter().flat_map(|image| image.repo_tags).filter_map(|tag| local(&tag)).collect();
        found.sort_by_cached_key(|image| {
            let (repository, tag) = split(&image.reference);
            let rank = REPOSITORIES.iter().position(|&name| name == repository);
            (rank, std::cmp::Reverse(image.major), tag.len(), tag.to_owned())
        });
        Ok(found)
    }

    /// The image to take: the user's, else a local one of the version, else the official one, which is
    /// pulled; `{version}` in a user's reference stands for the version. Without a version the newest local
    /// one is taken.
    ///
    /// # Errors
    /// Returns an error if there is none, or none with a server of that version.
    pub async fn resolve(
        &self,
        reference: Option<&str>,
        major: Option<Major>,
        progress: &(dyn Fn(String) + Send + Sync),
    ) -> Result<Image, LabError> {
        let reference = match reference {
            Some(reference) => filled(reference, major)?,
            None => self.preferred(major).await?,
        };
        let what = format!("inspect the image {reference}");
        let inspected =
            match call_unless(&[404], what.as_str(), self.docker().inspect_image(&reference)).await? {
                Some(inspected) => inspected,
                None => {
                    pull(self, &reference, major, progress).await?;
                    call(what.as_str(), self.docker().inspect_image(&reference)).await?
                }
            };
        let id = inspected.id.ok_or_else(|| LabError::state(what, "the engine gives it no id"))?;
        let config = inspected.config.unwrap_or_default();
        let volumes = config.volumes.unwrap_or_default();
        let image_probe = {
            let mut surveys = self.surveys().lock().await;
            match surveys.get(&id) {
                Some(image_probe) => image_probe.clone(),
                None => {
                    let found = image_probe(self, &reference, &id, &volumes).await?;
                    surveys.entry(id.clone()).or_insert(found).clone()
                }
            }
        };
        let Some((bin, version)) = image_probe.server(major).cloned() else {
            let versions: Vec<String> =
                image_probe.servers.iter().map(|(_, version)| version.to_string()).collect();
            let held = if versions.is_empty() {
                "no server".to_owned()
            } else {
                format!("only {}", versions.join(", "))
            };
            let wanted = major.map_or_else(|| "PostgreSQL".to_owned(), |major| format!("PostgreSQL {major}"));
            return Err(LabError::missing(
                format!("find {wanted} in the image {reference}"),
                format!("it holds {held}"),
            ));
        };
        let installation = Installation {
            version,
            bin,
            identity: id.clone(),
            listen: "0.0.0.0",
            clients: "0.0.0.0/0",
            tools: image_probe.tools.clone(),
            software: Software { image: Some(reference.clone()), digest: Some(id.clone()), programs: None },
        };
        let steering =
            config.env.unwrap_or_default().iter().filter_map(|variable| steers(variable)).collect();
        Ok(Image {
            id,
            reference,
            installation,
            user: image_probe.user,
            tools: image_probe.tools,
            volumes,
            steering,
        })
    }

    async fn preferred(&self, major: Option<Major>) -> Result<String, LabError> {
        let local =
            self.images().await?.into_iter().find(|image| major.is_none_or(|major| image.major == major));
        Ok(local
            .map_or_else(|| format!("postgres:{}", major.unwrap_or(Major::NEWEST)), |image| image.reference))
    }
}

fn filled(reference: &str, major: Option<Major>) -> Result<String, LabError> {
    match major {
        Some(major) => Ok(reference.replace(VERSION, &major.to_string())),
        None if reference.contains(VERSION) => Err(LabError::refused(
            format!("fill in {VERSION} of the image {reference}"),
            "no version of PostgreSQL was asked for",
        )),
        None => Ok(reference.to_owned()),
    }
}

fn local(reference: &str) -> Option<LocalImage> {
    let (repository, tag) = split(reference);
    let digits: String = tag.chars().take_while(char::is_ascii_digit).collect();
    let major = Major(digits.parse().ok()?);
    REPOSITORIES.contains(&repository).then(|| LocalImage { reference: reference.to_owned(), major })
}

/// Name and tag (or digest) of a reference. A colon before a slash belongs to a port.
pub(super) fn split(reference: &str) -> (&str, &str) {
    if let Some((name, digest)) = reference.split_once('@') {
        return (name, digest);
    }
    match reference.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (reference, "latest"),
    }
}

/// `PGDATA` of the official image, for one, would be the data directory of every command that names none.
fn steers(variable: &str) -> Option<String> {
    let (name, _) = variable.split_once('=')?;
    (name.starts_with("PG") || name.starts_with("POSTGRES")).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_not_a_port() {
        assert_eq!(split("127.0.0.1:5000/postgres"), ("127.0.0.1:5000/postgres", "latest"));
        assert_eq!(split("127.0.0.1:5000/postgres:15"), ("127.0.0.1:5000/postgres", "15"));
        assert_eq!(split("postgres@sha256:ab"), ("postgres", "sha256:ab"));
    }

    #[test]
    fn only_tags_that_begin_with_a_version_count() {
        assert_eq!(local("postgres:17-alpine").map(|image| image.major), Some(Major(17)));
        assert_eq!(local("postgres:latest"), None);
        assert_eq!(local("mine/postgres:17"), None);
    }

    #[test]
    fn a_reference_is_filled_in_or_refused() {
        assert_eq!(filled("r/pg:{version}-x", Some(Major(17))).expect("filled"), "r/pg:17-x");
        assert_eq!(filled("r/pg:9", None).expect("nothing to fill in"), "r/pg:9");
        assert!(filled("r/pg:{version}", None).is_err());
    }

    #[test]
    fn variables_of_postgresql_are_told_from_others() {
        assert_eq!(steers("PGDATA=/var/lib/postgresql/data"), Some("PGDATA".to_owned()));
        assert_eq!(steers("PATH=/usr/bin"), None);
    }
}
