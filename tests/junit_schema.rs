//! The JUnit snapshots validate against Jenkins' schema (fixtures/schemas, MIT licence), where `xmllint` is
//! installed to tell.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::{fs, path::Path, process::Command};

#[test]
fn every_junit_snapshot_validates_against_the_schema_of_jenkins() {
    if Command::new("xmllint").arg("--version").output().is_err() {
        eprintln!("skipped: xmllint is not installed (apt-get install libxml2-utils)");
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scratch = tempfile::tempdir().expect("a folder");
    let mut validated = 0;
    for entry in fs::read_dir(root.join("src/report/snapshots")).expect("the snapshots") {
        let path = entry.expect("an entry").path();
        if !path.to_string_lossy().ends_with(".xml.snap") {
            continue;
        }
        let snapshot = fs::read_to_string(&path).expect("a snapshot");
        let (_, xml) = snapshot.split_once("<?xml").expect("a document");
        let file = scratch.path().join("junit.xml");
        fs::write(&file, format!("<?xml{xml}")).expect("a copy");
        let schema = root.join("fixtures/schemas/jenkins-junit-10.xsd");
        let told = Command::new("xmllint")
            .args(["--noout", "--nonet", "--schema"])
            .arg(schema)
            .arg(&file)
            .output()
            .expect("xmllint");
        assert!(told.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&told.stderr));
        validated += 1;
    }
    assert!(validated > 0, "no snapshot was found");
}
