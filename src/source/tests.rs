//! What the parts of a source do together, on local files and with the real tools.

mod damage;
mod s3;
mod tools;

use std::{io::Write, path::Path, process::Command};

use tokio::io::AsyncReadExt;

use super::*;

/// Passphrase of the tests; it is looked for where it must not be.
const PASSPHRASE: &str = "correct horse battery";

fn keys() -> Keys {
    Keys { passphrase: Some(Secret::new(PASSPHRASE.into())), ..Keys::default() }
}

fn unwrapping(keys: Keys) -> Unwrapping {
    Unwrapping { keys, limit: 1 << 30, as_it_lies: false }
}

fn open(path: &str, folder: &Path) -> Store {
    Store::open(&path.parse().expect(path), Some(folder), &Access::default()).expect("a store")
}

/// Reads all of the one part of what lies at a path.
async fn read(path: &Path, unwrapping: Unwrapping) -> Result<(Vec<u8>, Vec<Layer>, Fetched), SourceError> {
    let store = open(path.to_str().expect("UTF-8"), Path::new(""));
    let found = store.list().await?;
    let mut unwrapped = store.read(&found[0].parts[0], unwrapping).await?;
    let mut bytes = Vec::new();
    unwrapped.read_to_end(&mut bytes).await.map_err(|error| source_error(&error))?;
    let fetched = unwrapped.fetched().expect("the end was reached");
    Ok((bytes, unwrapped.layers().to_vec(), fetched))
}

fn source_error(error: &std::io::Error) -> SourceError {
    error.get_ref().and_then(|inner| inner.downcast_ref::<SourceError>()).expect("a source's error").clone()
}

/// Runs a line of shell in a folder.
fn sh(folder: &Path, line: &str) {
    let output = Command::new("sh").args(["-ec", line]).current_dir(folder).output().expect("sh");
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A script like one of pg_dump, of about so many bytes, that compresses but not to nothing.
fn script(bytes: usize) -> Vec<u8> {
    let mut text = b"--\n-- PostgreSQL database dump\n--\n".to_vec();
    let mut row = 1_u64;
    while text.len() < bytes {
        row = row.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        writeln!(text, "{row}\tsome text of a row").expect("a vector");
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_read_with_its_times_hash_and_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = script(3_000_000);
    std::fs::write(folder.path().join("shop.sql"), &text).expect("a file");
    sh(folder.path(), "gzip -k shop.sql");
    let packed = std::fs::read(folder.path().join("shop.sql.gz")).expect("the file");
    let (read, layers, fetched) =
        read(&folder.path().join("shop.sql.gz"), unwrapping(Keys::default())).await.expect("read");
    assert!(read == text);
    assert_eq!(layers, [Layer::Gzip]);
    assert_eq!(fetched.bytes, [packed.len() as u64, text.len() as u64]);
    assert_eq!(fetched.hash, blake3::hash(&packed));
    assert!(fetched.times.decompress > fetched.times.decrypt && fetched.times.decrypt.is_zero());
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_comes_to_its_end_and_a_limit_stops_a_bomb() {
    let folder = tempfile::tempdir().expect("a folder");
    sh(folder.path(), "head -c 50000000 /dev/zero | tr '\\0' a | gzip | gzip > bomb.gz");
    let store = open("bomb.gz", folder.path());
    let found = store.list().await.expect("a file");
    let part = &found[0].parts[0];
    let mut whole = store.read(part, unwrapping(Keys::default())).await.expect("opened");
    let progress = whole.progress();
    tokio::io::copy(&mut whole, &mut tokio::io::sink()).await.expect("read");
    let last = *progress.borrow();
    assert_eq!((last.fetched, last.unwrapped), (last.bytes, 50_000_000));
    assert!(last.rate() > 0.0 && last.remaining().is_some_and(|rest| rest.is_zero()), "{last:?}");

    let small = Unwrapping { limit: 1_000_000, ..unwrapping(Keys::default()) };
    let mut bomb = store.read(part, small).await.expect("opened");
    let error = tokio::io::copy(&mut bomb, &mut tokio::io::sink()).await.expect_err("a bomb");
    assert!(matches!(source_error(&error), SourceError::TooLarge { limit: 1_000_000 }), "{error}");
}

#[tokio::test]
async fn a_pattern_lists_files_and_folders_and_dates_them() {
    let folder = tempfile::tempdir().expect("a folder");
    sh(
        folder.path(),
        "mkdir -p shop-2026-11-26/base/1 && echo 15 > shop-2026-11-26/PG_VERSION && echo x > \
         shop-2026-11-26/base/1/2; echo a > shop-2026-11-27; echo b > other; echo c > .shop-2026-11-28",
    );
    let found = open("shop-*", folder.path()).list().await.expect("two");
    let names: Vec<_> =
        found.iter().map(|found| (found.name.as_str(), found.is_folder, found.bytes)).collect();
    assert_eq!(names, [("shop-2026-11-26", true, 5), ("shop-2026-11-27", false, 2)]);
    let paths: Vec<_> = found[0].parts.iter().map(|part| part.path.as_str()).collect();
    assert_eq!(paths, ["PG_VERSION", "base/1/2"]);
    assert_eq!(found[1].dated.expect("a date").basis, DateBasis::NameDate);
}

#[tokio::test]
async fn what_is_no_file_is_refused_and_nothing_hangs() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    sh(at, "mkfifo fifo; ln -s loop loop; mkdir empty round; ln -s .. round/up; echo x > x; mkdir many");
    let _socket = std::os::unix::net::UnixListener::bind(at.join("socket")).expect("a socket");
    for (path, why) in [
        ("fifo", "is a FIFO, not a file"),
        ("socket", "is a socket, not a file"),
        ("/dev/null", "is a device, not a file"),
        ("loop", "symbolic link"),
        ("round", "is a FIFO, not a file"),
        ("empty", "no backup is there"),
        ("none", "there is nothing"),
        ("none-*", "no backup is there; looked at"),
        ("none/*", "there is nothing"),
    ] {
        let error = open(path, at).list().await.expect_err(path).to_string();
        assert!(error.contains(why), "{path}: {error}");
    }
    sh(at, "rm fifo socket loop");
    let error = open("round", at).list().await.expect_err("a loop").to_string();
    assert!(error.contains("a link to a folder above it"), "{error}");
    for number in 0..5_000 {
        std::fs::write(at.join(format!("many/{number}")), b"").expect("a file");
    }
    assert_eq!(open("many", at).list().await.expect("many")[0].parts.len(), 5_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_after_it_was_listed_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("shop.sql");
    std::fs::write(&path, script(9_000_000)).expect("a file");
    let store = open("shop.sql", folder.path());
    let found = store.list().await.expect("a file");
    let part = &found[0].parts[0];
    let mut reading = store.read(part, unwrapping(Keys::default())).await.expect("opened");
    std::fs::File::options().write(true).open(&path).expect("it").set_len(8_000_000).expect("shorter");
    let error = tokio::io::copy(&mut reading, &mut tokio::io::sink()).await.expect_err("cut short");
    let error = source_error(&error);
    assert!(matches!(error, SourceError::WrongSize { read: 8_000_000, bytes: 9_000_000.., .. }), "{error}");
    let error = store.read(part, unwrapping(Keys::default())).await.expect_err("another file");
    assert!(matches!(error, SourceError::Changed { .. }), "{error}");
}

#[tokio::test]
async fn a_part_is_read_from_a_byte_on() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("x"), "0123456789").expect("a file");
    let store = open("x", folder.path());
    let found = store.list().await.expect("a file");
    let raw = store.read_raw(&found[0].parts[0], 7).await.expect("opened");
    assert_eq!(std::io::read_to_string(raw).expect("text"), "789");
}
