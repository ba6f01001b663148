//! S3 over TLS, by a server that refuses and records what writes, behind a wire that breaks.

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{Arc, Mutex},
};

use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
};

use super::*;

/// A server of a folder whose subfolders are buckets.
struct S3 {
    endpoint: String,
    ca: std::path::PathBuf,
    /// Methods that would have written.
    refused: Arc<Mutex<Vec<String>>>,
    /// After how many bytes of answers the next connections break.
    breaks: Arc<Mutex<VecDeque<u64>>>,
}

impl S3 {
    async fn serve(folder: &Path) -> Self {
        let mut params = CertificateParams::new(vec![]).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a CA");
        let key = KeyPair::generate().expect("a key");
        let leaf = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        let leaf = leaf.signed_by(&key, &ca).expect("a certificate");
        let ca_file = folder.join("ca.pem");
        std::fs::write(&ca_file, ca.pem()).expect("a file");
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(ring)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .expect("a certificate");
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let files = s3s_fs::FileSystem::new(folder.join("buckets")).expect("a folder");
        let service = s3s::service::S3ServiceBuilder::new(files).build();
        let refused = Arc::new(Mutex::new(Vec::new()));
        let server = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let behind = server.local_addr().expect("an address");
        let record = Arc::clone(&refused);
        tokio::spawn(async move {
            while let Ok((stream, _)) = server.accept().await {
                let (acceptor, service, record) = (acceptor.clone(), service.clone(), Arc::clone(&record));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let answer = hyper::service::service_fn(move |request: http::Request<_>| {
                        let (service, record) = (service.clone(), Arc::clone(&record));
                        async move {
                            if !matches!(request.method().as_str(), "GET" | "HEAD") {
                                record.lock().expect("a lock").push(request.method().to_string());
                                let mut refusal = http::Response::new(s3s::Body::empty());
                                *refusal.status_mut() = http::StatusCode::FORBIDDEN;
                                return Ok::<_, Infallible>(refusal);
                            }
                            Ok(hyper::service::Service::call(&service, request).await.expect("an answer"))
                        }
                    });
                    let http = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                    let _ = http.serve_connection(TokioIo::new(stream), answer).await;
                });
            }
        });
        let breaks = Arc::new(Mutex::new(VecDeque::new()));
        let wire = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("https://localhost:{}", wire.local_addr().expect("an address").port());
        let wanted = Arc::clone(&breaks);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = wire.accept().await {
                let after = wanted.lock().expect("a lock").pop_front().unwrap_or(u64::MAX);
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(behind).await.expect("the server");
                    let (mut from_server, mut to_server) = server.split();
                    let (mut from_client, mut to_client) = client.split();
                    let mut answers = (&mut from_server).take(after);
                    tokio::select! {
                        _ = tokio::io::copy(&mut answers, &mut to_client) => {}
                        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
                    }
                    let _ = to_client.shutdown().await;
                });
            }
        });
        Self { endpoint, ca: ca_file, refused, breaks }
    }

    fn open(&self, location: &str) -> Store {
        let access = Access {
            endpoint: Some(self.endpoint.clone()),
            region: Some("here".to_owned()),
            path_style: true,
            anonymous: true,
            ca_file: Some(self.ca.clone()),
            patience: Patience { wait: std::time::Duration::from_millis(1), ..Patience::default() },
        };
        Store::open(&location.parse().expect(location), None, &access).expect("a store")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_listed_and_read_over_a_wire_that_breaks_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = script(6_000_000);
    std::fs::create_dir_all(folder.path().join("buckets/backups/pg")).expect("a folder");
    let at = folder.path().join("buckets/backups/pg");
    std::fs::write(at.join("shop-2026-11-27.sql"), &text).expect("a file");
    std::fs::write(at.join("other.sql"), b"x").expect("a file");
    sh(&at, "gzip shop-2026-11-27.sql");
    let packed = std::fs::metadata(at.join("shop-2026-11-27.sql.gz")).expect("a file").len();
    let s3 = S3::serve(folder.path()).await;
    let listed = s3.open("s3://backups/pg/shop-*").list().await.expect("a listing");
    let names: Vec<_> = listed.iter().map(|found| (found.name.as_str(), found.bytes)).collect();
    assert_eq!(names, [("shop-2026-11-27.sql.gz", packed)]);
    assert_eq!(listed[0].dated.expect("a date").basis, DateBasis::NameDate);

    // A store of its own, so that its first connections are the ones that break.
    s3.breaks.lock().expect("a lock").extend([packed / 2, packed / 3, 100_000]);
    let store = s3.open("s3://backups/pg/shop-*");
    let mut reading = store.read(&listed[0].parts[0], unwrapping(Keys::default())).await.expect("opened");
    let mut bytes = Vec::new();
    reading.read_to_end(&mut bytes).await.expect("read");
    assert!(bytes == text);
    assert!(s3.breaks.lock().expect("a lock").is_empty(), "the wire did not break");
    assert!(s3.refused.lock().expect("a lock").is_empty());

    for (location, why) in
        [("s3://backups/pg/none-*", "looked at 2 entries"), ("s3://backups/none.sql", "there is nothing")]
    {
        let error = s3.open(location).list().await.expect_err(location).to_string();
        assert!(error.contains(why), "{error}");
    }
}
