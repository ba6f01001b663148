//! Which layers a backup is wrapped in: by its bytes, with its name as a witness.

use std::fmt;

use super::SourceError;

/// One wrapping: a compression or an encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layer {
    /// gzip, of several members too.
    Gzip,
    /// Zstandard, of several frames too.
    Zstd,
    /// xz, of several streams too.
    Xz,
    /// bzip2, of several streams too.
    Bzip2,
    /// The frame format of LZ4.
    Lz4,
    /// age, in binary or in ASCII armour.
    Age,
    /// `openssl enc -aes-256-cbc`.
    OpenSsl,
    /// OpenPGP, in binary or in ASCII armour.
    Gpg,
}

/// What is under the last layer, as far as its first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Content {
    /// The custom form of `pg_dump`.
    PgDump,
    /// A tar file.
    Tar,
    /// Text.
    Text,
    /// Bytes of no known beginning.
    Binary,
    /// Nothing.
    Empty,
}

/// What a level of a backup begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// One more layer.
    Layer(Layer),
    /// The backup itself.
    Content(Content),
}

/// How many bytes of a level are looked at.
pub const HEAD: usize = 512;

/// More layers than anybody wraps a backup in.
pub const MAX_LAYERS: usize = 8;

/// The magic bytes of a tar file stand here.
const USTAR_AT: usize = 257;

impl Layer {
    /// Every layer.
    pub const ALL: [Self; 8] =
        [Self::Gzip, Self::Zstd, Self::Xz, Self::Bzip2, Self::Lz4, Self::Age, Self::OpenSsl, Self::Gpg];

    /// What it is called.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
            Self::Bzip2 => "bzip2",
            Self::Lz4 => "lz4",
            Self::Age => "age",
            Self::OpenSsl => "openssl enc",
            Self::Gpg => "OpenPGP",
        }
    }

    /// The endings of names that speak of it.
    #[must_use]
    pub const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Gzip => &["gz", "gzip", "tgz"],
            Self::Zstd => &["zst", "zstd", "tzst"],
            Self::Xz => &["xz", "txz"],
            Self::Bzip2 => &["bz2", "bzip2", "tbz2", "tbz"],
            Self::Lz4 => &["lz4"],
            Self::Age => &["age"],
            Self::OpenSsl => &["enc", "openssl", "aes", "aes256"],
            Self::Gpg => &["gpg", "pgp", "asc"],
        }
    }

    /// Whether it needs a key.
    #[must_use]
    pub const fn is_encryption(self) -> bool {
        match self {
            Self::Gzip | Self::Zstd | Self::Xz | Self::Bzip2 | Self::Lz4 => false,
            Self::Age | Self::OpenSsl | Self::Gpg => true,
        }
    }

    /// Whether it notices by itself that a byte of it was changed. `openssl enc` has no MAC: what it decrypts
    /// to has to be checked by other means. A frame of lz4 or zstd may have no checksum.
    #[must_use]
    pub const fn has_integrity(self) -> bool {
        match self {
            Self::Gzip | Self::Xz | Self::Bzip2 | Self::Age | Self::Gpg => true,
            Self::Zstd | Self::Lz4 | Self::OpenSsl => false,
        }
    }

    /// The layer that a level with this beginning is.
    #[must_use]
    pub fn of_bytes(head: &[u8]) -> Option<Self> {
        let begins = |magic: &[u8]| head.starts_with(magic);
        if begins(b"\x1f\x8b") {
            Some(Self::Gzip)
        } else if begins(b"\x28\xb5\x2f\xfd") {
            Some(Self::Zstd)
        } else if begins(b"\xfd7zXZ\0") {
            Some(Self::Xz)
        } else if begins(b"BZh") && matches!(head.get(3), Some(b'1'..=b'9')) && is_bzip2_block(head) {
            Some(Self::Bzip2)
        } else if begins(b"\x04\x22\x4d\x18") {
            Some(Self::Lz4)
        } else if begins(b"age-encryption.org/v1\n") || begins(b"-----BEGIN AGE ENCRYPTED FILE-----") {
            Some(Self::Age)
        } else if begins(b"Salted__") {
            Some(Self::OpenSsl)
        } else if begins(b"-----BEGIN PGP MESSAGE-----") || is_openpgp(head) {
            Some(Self::Gpg)
        } else {
            None
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A block follows, or the end of an empty stream.
fn is_bzip2_block(head: &[u8]) -> bool {
    head.get(4..10).is_some_and(|block| block == b"1AY&SY" || block == b"\x17\x72\x45\x38\x50\x90")
}

/// Whether a first packet of OpenPGP says for whom, or by what passphrase, the next is encrypted.
///
/// RFC 9580, sections 4.2, 5.1 and 5.3: tags 1 and 3, with a version byte of 3 or 6, and of 4 to 6.
fn is_openpgp(head: &[u8]) -> bool {
    let Some((&first, rest)) = head.split_first() else { return false };
    if first & 0x80 == 0 {
        return false;
    }
    let (tag, length_bytes) = if first & 0x40 == 0 {
        let length_bytes = match first & 3 {
            0 => 1,
            1 => 2,
            2 => 4,
            _ => return false,
        };
        ((first >> 2) & 0x0f, length_bytes)
    } else {
        let length_bytes = match rest.first() {
            Some(0..=191) => 1,
            Some(192..=223) => 2,
            Some(255) => 5,
            _ => return false,
        };
        (first & 0x3f, length_bytes)
    };
    match (tag, rest.get(length_bytes)) {
        (1, Some(version)) => matches!(version, 3 | 6),
        (3, Some(version)) => matches!(version, 4..=6),
        _ => false,
    }
}

/// The layers that a name speaks of, outermost first.
#[must_use]
pub fn layers_of_name(name: &str) -> Vec<Layer> {
    name.rsplit('.')
        .map_while(|ending| Layer::ALL.into_iter().find(|layer| layer.endings().contains(&ending)))
        .take(name.matches('.').count())
        .collect()
}

/// What a level begins with. Of the layers that the name speaks of, those that were not opened yet are given:
/// bytes win over names, and bytes that say nothing don't refute them.
///
/// # Errors
/// Returns an error if the bytes are of no known beginning although the name, or a layer without integrity
/// above, promises one; or if there are none, or other text than a script's, under a name that promises a
/// layer.
pub fn beginning(head: &[u8], opened: &[Layer], named: &[Layer]) -> Result<Beginning, SourceError> {
    if let Some(layer) = Layer::of_bytes(head) {
        return Ok(Beginning::Layer(layer));
    }
    let content = content_of(head);
    let open_name = named.iter().find(|layer| !opened.contains(layer));
    match content {
        Content::PgDump | Content::Tar => {}
        // A script; other text may be the page with which a server refused the download.
        Content::Text if head.starts_with(b"--") => {}
        Content::Binary if opened.last() == Some(&Layer::OpenSsl) => {
            return Err(SourceError::Key {
                layer: Layer::OpenSsl,
                why: "it decrypts to nothing known: the passphrase is wrong, or its derivation is another \
                      (`openssl = { pbkdf2 = ITERATIONS }`, `\"sha256\"` or `\"md5\"`)"
                    .into(),
            });
        }
        Content::Text | Content::Binary | Content::Empty => {
            if let Some(layer) = open_name {
                return Err(SourceError::cannot_tell(format!(
                    "the name says {layer}, but {}: looked for {}, PGDMP, a tar header and \
                     the comments of a script; rename it by what it is, or fetch it again",
                    begin(head),
                    Layer::ALL.map(Layer::word).join(", "),
                )));
            }
        }
    }
    Ok(Beginning::Content(content))
}

/// What the bytes of the backup itself look like.
fn content_of(head: &[u8]) -> Content {
    if head.is_empty() {
        Content::Empty
    } else if head.starts_with(b"PGDMP") {
        Content::PgDump
    } else if head.get(USTAR_AT..USTAR_AT + 5) == Some(b"ustar") {
        Content::Tar
    } else if head.iter().all(|byte| *byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c)) {
        Content::Text
    } else {
        Content::Binary
    }
}

fn begin(head: &[u8]) -> String {
    let first = head.get(..head.len().min(16)).unwrap_or_default();
    match content_of(head) {
        Content::Empty => "there are no bytes".to_owned(),
        Content::Text => format!("the bytes are text, {:?}", String::from_utf8_lossy(first)),
        Content::PgDump | Content::Tar | Content::Binary => {
            let hex: Vec<_> = first.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("the bytes begin with {}", hex.join(" "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_its_layers_from_the_outermost() {
        for (name, layers) in [
            ("shop.sql.gz.gpg", vec![Layer::Gpg, Layer::Gzip]),
            ("shop.dump.zst.enc", vec![Layer::OpenSsl, Layer::Zstd]),
            ("base.tar.lz4", vec![Layer::Lz4]),
            ("base.tgz.age", vec![Layer::Age, Layer::Gzip]),
            ("shop.dump", vec![]),
            ("gz", vec![]),
        ] {
            assert_eq!(layers_of_name(name), layers, "{name}");
        }
    }

    #[test]
    fn bytes_win_over_names_and_what_contradicts_says_what_was_looked_for() {
        let gzip = Beginning::Layer(Layer::Gzip);
        assert_eq!(beginning(b"\x1f\x8b\x08", &[], &[Layer::Zstd]).expect("gzip"), gzip);
        let text = Beginning::Content(Content::Text);
        assert_eq!(beginning("--\n-- Füße".as_bytes(), &[], &[Layer::Gzip]).expect("text"), text);
        let error = beginning(b"\0\x01\x02", &[], &[Layer::Gzip]).expect_err("no gzip").to_string();
        assert!(error.contains("the name says gzip") && error.contains("00 01 02"), "{error}");
        for (head, why) in [(&b"<?xml AccessDenied"[..], "text, \"<?xml AccessDeni\""), (b"", "no bytes")] {
            let error = beginning(head, &[], &[Layer::Gzip]).expect_err(why).to_string();
            assert!(error.contains(why), "{error}");
        }
        let error = beginning(b"\0\x01", &[Layer::OpenSsl], &[]).expect_err("a wrong key").to_string();
        assert!(error.contains("pbkdf2"), "{error}");
        assert_eq!(beginning(b"\0\x01", &[], &[]).expect("binary"), Beginning::Content(Content::Binary));
    }

    #[test]
    fn openpgp_is_told_by_its_first_packet_and_nothing_else_is() {
        for head in [&b"\x85\x01\x0c\x03abc"[..], b"\x8c\x0d\x04\x09", b"\xc3\x0d\x04\x09", b"\x84\x5e\x03x"]
        {
            assert_eq!(Layer::of_bytes(head), Some(Layer::Gpg), "{head:?}");
        }
        for head in [&b"\x85"[..], b"\x85\x01\x0c\x07", b"\x8c\x0d\x09\x09", "é".as_bytes(), b"PGDMP"] {
            assert_eq!(Layer::of_bytes(head), None, "{head:?}");
        }
    }
}
