//! What the tools themselves wrote is read.

use super::*;
use crate::drill::KeyDerivation;

/// Each layer, and the line by which its own tool makes `b` of `a`.
const TOOLS: [(Layer, &str); 8] = [
    (Layer::Gzip, "gzip -c a > b"),
    (Layer::Zstd, "zstd -q -c a > b"),
    (Layer::Xz, "xz -1 -c a > b"),
    (Layer::Bzip2, "bzip2 -c a > b"),
    (Layer::Lz4, "lz4 -q -c a > b"),
    (Layer::OpenSsl, "openssl enc -aes-256-cbc -pbkdf2 -pass file:pass -in a -out b"),
    (Layer::Age, "age -r $(grep -o 'age1[a-z0-9]*' identity) -o b a"),
    (Layer::Gpg, "gpg --homedir home --batch --quiet --trust-model always -z 0 -r backup -o b --encrypt a"),
];

/// A folder with the keys of every tool, and the keys as they are read.
fn workshop() -> (tempfile::TempDir, Keys) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("pass"), format!("{PASSPHRASE}\n")).expect("a file");
    sh(
        folder.path(),
        "age-keygen -o identity 2>/dev/null; mkdir -m 700 home; \
         gpg --homedir home --batch --quiet --pinentry-mode loopback --passphrase-file pass \
           --quick-gen-key backup rsa2048 encr never; \
         gpg --homedir home --batch --quiet --pinentry-mode loopback --passphrase-file pass \
           --export-secret-keys --armor > key; \
         gpgconf --homedir home --kill all",
    );
    let file = |name| Some(Secret::new(std::fs::read(folder.path().join(name)).expect(name)));
    let keys = Keys { gpg_key: file("key"), age_identity: file("identity"), ..keys() };
    (folder, keys)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_pair_of_layers_that_the_tools_wrote_is_read() {
    let (folder, keys) = workshop();
    let at = folder.path();
    let text = script(400_000);
    for (inner, make_inner) in TOOLS {
        std::fs::write(at.join("a"), &text).expect("a file");
        sh(at, &format!("rm -f b; {make_inner}; mv b inner"));
        for (outer, make_outer) in TOOLS {
            sh(at, &format!("cp inner a; rm -f b; {make_outer}"));
            let (bytes, layers, fetched) = read(&at.join("b"), unwrapping(keys.clone())).await.expect("read");
            assert!(bytes == text, "{inner} in {outer}");
            assert_eq!(layers, [outer, inner]);
            let times = fetched.times;
            assert_eq!(times.decrypt.is_zero(), !inner.is_encryption() && !outer.is_encryption());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_frames_and_streams_one_after_another_are_read_as_one() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a"), script(100_000)).expect("a file");
    let twice = script(100_000).repeat(2);
    for (layer, make) in TOOLS.into_iter().filter(|(layer, _)| !layer.is_encryption()) {
        sh(folder.path(), &format!("{make}; cat b b > c"));
        let (bytes, ..) = read(&folder.path().join("c"), unwrapping(Keys::default())).await.expect("read");
        assert!(bytes == twice, "{layer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_derivation_of_openssl_is_read_and_another_says_what_to_say() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("pass"), PASSPHRASE).expect("a file");
    std::fs::write(folder.path().join("a"), script(70_000)).expect("a file");
    let path = folder.path().join("b");
    for (derivation, flags) in [
        (KeyDerivation::Pbkdf2(10_000), "-pbkdf2"),
        (KeyDerivation::Pbkdf2(77), "-iter 77"),
        (KeyDerivation::Sha256, "-md sha256"),
        (KeyDerivation::Md5, "-md md5"),
    ] {
        let line = format!("openssl enc -aes-256-cbc {flags} -pass file:pass -in a -out b 2>/dev/null");
        sh(folder.path(), &line);
        let with = |openssl| unwrapping(Keys { openssl, ..keys() });
        assert!(read(&path, with(derivation)).await.expect(flags).0 == script(70_000), "{flags}");
        let error = read(&path, with(KeyDerivation::Pbkdf2(5))).await.expect_err("wrong").to_string();
        assert!(error.contains("derivation"), "{error}");
    }
    let error = read(&path, unwrapping(Keys::default())).await.expect_err("no passphrase").to_string();
    assert!(error.contains("passphrase = "), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn passphrases_of_gpg_and_age_open_and_wrong_keys_say_so() {
    let (folder, good) = workshop();
    let at = folder.path();
    std::fs::write(at.join("a"), script(70_000)).expect("a file");
    let (_other, other) = workshop();
    let wrong_passphrase = Secret::new(b"wrong".to_vec());
    sh(
        at,
        "gpg --homedir home --batch --quiet --pinentry-mode loopback --passphrase-file pass \
           -o symmetric -c a; \
         gpg --homedir home --batch --quiet --trust-model always --armor -r backup -o armoured --encrypt a; \
         age -a -r $(grep -o 'age1[a-z0-9]*' identity) -o age a; gpgconf --homedir home --kill all",
    );
    for name in ["symmetric", "armoured", "age"] {
        let path = at.join(name);
        assert!(read(&path, unwrapping(good.clone())).await.expect(name).0 == script(70_000), "{name}");
    }
    let no_passphrase = Keys { passphrase: None, ..good.clone() };
    let wrong_passphrase = Keys { passphrase: Some(wrong_passphrase), ..good.clone() };
    for (name, keys, why) in [
        ("symmetric", &wrong_passphrase, "passphrase"),
        ("armoured", &wrong_passphrase, "passphrase"),
        ("armoured", &no_passphrase, "passphrase"),
        ("armoured", &other, "the private key that it is encrypted for is not at hand"),
        ("age", &other, "No matching keys found"),
        ("age", &keys(), "age-identity"),
    ] {
        let error = read(&at.join(name), unwrapping(keys.clone())).await.expect_err(name);
        assert!(matches!(error, SourceError::Key { .. }), "{name}: {error:?}");
        assert!(error.to_string().contains(why), "{name}: {error}");
    }
}
