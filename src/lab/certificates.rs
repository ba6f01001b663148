//! The certificates of a drill's servers: an authority that lives as long as its exercise, and a certificate
//! for the address of each server.

use std::{fmt, net::IpAddr, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::LabError;

/// What makes and knows the certificates of an exercise's servers. Its key never leaves the runner.
#[derive(Clone)]
pub struct Authority(Arc<Parts>);

struct Parts {
    issuer: CertifiedIssuer<'static, KeyPair>,
    connector: MakeRustlsConnect,
}

/// What a server proves itself with, in PEM.
pub(super) struct ServerCertificate {
    pub(super) certificate: String,
    pub(super) key: String,
}

impl Authority {
    /// A new one.
    ///
    /// # Errors
    /// Returns an error if no key can be made.
    pub fn new() -> Result<Self, LabError> {
        let what = "make a certificate authority";
        let mut params = CertificateParams::new(Vec::new()).map_err(refused(what))?;
        params.distinguished_name.push(DnType::CommonName, "Lifeboat drill");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().map_err(refused(what))?;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(refused(what))?;
        let mut roots = RootCertStore::empty();
        roots.add(issuer.der().clone()).map_err(refused(what))?;
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(refused(what))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(Parts { issuer, connector: MakeRustlsConnect::new(config) })))
    }

    /// Its own certificate, in PEM: what clients verify a server's by.
    #[must_use]
    pub fn certificate(&self) -> String {
        self.0.issuer.pem()
    }

    /// What connects to the servers that it knows, and to no other.
    pub(super) fn connector(&self) -> MakeRustlsConnect {
        self.0.connector.clone()
    }

    /// A certificate for the server at an address.
    ///
    /// # Errors
    /// Returns an error if no key can be made.
    pub(super) fn issue(&self, host: IpAddr) -> Result<ServerCertificate, LabError> {
        let what = "make a server's certificate";
        let mut params = CertificateParams::new(vec![host.to_string()]).map_err(refused(what))?;
        // libpq before 15 looks for an address here.
        params.distinguished_name.push(DnType::CommonName, host.to_string());
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().map_err(refused(what))?;
        let certificate = params.signed_by(&key, &self.0.issuer).map_err(refused(what))?;
        Ok(ServerCertificate { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority")
    }
}

fn refused<E: fmt::Display>(what: &str) -> impl Fn(E) -> LabError {
    move |error| LabError::state(what, error.to_string())
}
