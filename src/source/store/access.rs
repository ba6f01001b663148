//! How an object store is reached.

use std::{path::Path, path::PathBuf, sync::Arc, time::Duration};

use object_store::{
    Certificate, ClientOptions, ObjectStore, RetryConfig, aws::AmazonS3Builder, azure::MicrosoftAzureBuilder,
    gcp::GoogleCloudStorageBuilder,
};

use crate::{
    drill::{Location, LocationKind},
    source::SourceError,
};

/// How an object store is reached. What is not set here comes from the usual environment: `AWS_ENDPOINT_URL`,
/// `AWS_REGION`, `AWS_ACCESS_KEY_ID` and its like, `GOOGLE_APPLICATION_CREDENTIALS`, `AZURE_STORAGE_…`.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The URL of a service that speaks the protocol of S3.
    pub endpoint: Option<String>,
    /// The region of S3; many services take any.
    pub region: Option<String>,
    /// The bucket stands in the path, not in the name of the host.
    pub path_style: bool,
    /// Requests are not signed: the bucket is open to all.
    pub anonymous: bool,
    /// Certificates that are trusted beside those of the system, in PEM; relative to the drill's folder.
    pub ca_file: Option<PathBuf>,
    /// How long it is waited, and how often tried again.
    pub patience: Patience,
}

/// How long a store is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// The longest silence: until an answer begins, and between two pieces of it.
    pub silence: Duration,
    /// How often in a row it is taken up again where nothing came.
    pub attempts: u32,
    /// The wait before the first of them; it doubles each time.
    pub wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { silence: Duration::from_secs(30), attempts: 6, wait: Duration::from_millis(250) }
    }
}

impl Access {
    /// A client of the store that keeps a location.
    pub(super) fn client(
        &self,
        location: &Location,
        folder: Option<&Path>,
    ) -> Result<Arc<dyn ObjectStore>, SourceError> {
        // TLS has one provider in this program; who installs it first does it for all.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let failed = |error: object_store::Error| refused(location, &error.to_string());
        let (bucket, _) = location.bucket_and_key();
        let options = self.options(location, folder)?;
        // What breaks off is taken up again here, where it is counted.
        let retry =
            RetryConfig { max_retries: 2, retry_timeout: self.patience.silence, ..RetryConfig::default() };
        Ok(match location.kind() {
            LocationKind::S3 => {
                let mut builder = AmazonS3Builder::from_env()
                    .with_bucket_name(bucket)
                    .with_client_options(options)
                    .with_retry(retry);
                if self.path_style {
                    builder = builder.with_virtual_hosted_style_request(false);
                }
                if self.anonymous {
                    builder = builder.with_skip_signature(true);
                }
                if let Some(endpoint) = &self.endpoint {
                    builder = builder.with_endpoint(endpoint);
                }
                if let Some(region) = &self.region {
                    builder = builder.with_region(region);
                }
                Arc::new(builder.build().map_err(failed)?)
            }
            LocationKind::Gcs => {
                let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(bucket);
                Arc::new(builder.with_client_options(options).with_retry(retry).build().map_err(failed)?)
            }
            LocationKind::Azure => {
                let builder = MicrosoftAzureBuilder::from_env().with_container_name(bucket);
                Arc::new(builder.with_client_options(options).with_retry(retry).build().map_err(failed)?)
            }
            LocationKind::Path => return Err(refused(location, "it is a path")),
        })
    }

    fn options(&self, location: &Location, folder: Option<&Path>) -> Result<ClientOptions, SourceError> {
        let is_plain = self.endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http://"));
        let mut options = ClientOptions::new()
            .with_allow_http(is_plain)
            .with_timeout_disabled()
            .with_connect_timeout(self.patience.silence)
            .with_read_timeout(self.patience.silence);
        if let Some(file) = &self.ca_file {
            let file = folder.unwrap_or_else(|| Path::new("")).join(file);
            let place = file.display().to_string();
            let pem =
                std::fs::read(&file).map_err(|error| SourceError::of_file("read", place.as_str(), &error))?;
            let certificates =
                Certificate::from_pem_bundle(&pem).map_err(|error| refused(location, &error.to_string()))?;
            if certificates.is_empty() {
                return Err(refused(location, &format!("there is no certificate in {place}")));
            }
            for certificate in certificates {
                options = options.with_root_certificate(certificate);
            }
        }
        Ok(options)
    }
}

fn refused(location: &Location, error: &str) -> SourceError {
    SourceError::Refused { verb: "open", place: location.to_string(), error: error.into() }
}
