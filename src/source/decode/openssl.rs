//! What `openssl enc -aes-256-cbc` wrote: "Salted__", eight bytes of salt, blocks, and padding at the end.
//!
//! It has no MAC. A wrong passphrase is noticed by the padding, in 255 of 256 cases, and by what the bytes
//! begin with.

use std::io::{self, Read};

use aes::{
    Aes256,
    cipher::{Block, BlockModeDecrypt, KeyIvInit},
};
use zeroize::Zeroizing;

use crate::{
    drill::KeyDerivation,
    source::{Keys, Layer, SourceError},
};

const BLOCK: usize = 16;
const MAGIC: &[u8] = b"Salted__";

type Key = Zeroizing<[u8; 48]>;

/// Decrypts as it is read; the last block is held back until the end is known.
pub(super) struct OpenSsl<R> {
    input: R,
    passphrase: crate::source::Secret,
    derivation: KeyDerivation,
    cipher: Option<cbc::Decryptor<Aes256>>,
    /// Bytes that came in, decrypted from the front on.
    pending: Vec<u8>,
    plain: Zeroizing<Vec<u8>>,
    given: usize,
    is_at_end: bool,
}

impl<R: Read> OpenSsl<R> {
    pub(super) fn open(input: R, keys: &Keys) -> Result<Self, SourceError> {
        let passphrase = keys.passphrase.clone().ok_or(SourceError::Key {
            layer: Layer::OpenSsl,
            why: "it needs its passphrase: `decrypt = { passphrase = \"file:…\" }`".into(),
        })?;
        Ok(Self {
            input,
            passphrase,
            derivation: keys.openssl,
            cipher: None,
            pending: Vec::new(),
            plain: Zeroizing::default(),
            given: 0,
            is_at_end: false,
        })
    }

    /// Decrypts the next blocks. A whole block stays behind while more may follow: the last has the padding.
    fn advance(&mut self) -> io::Result<()> {
        let had = self.pending.len();
        self.pending.resize(had + super::BUFFER, 0);
        let read = match self.input.read(self.pending.get_mut(had..).unwrap_or_default()) {
            Ok(read) => read,
            Err(error) => {
                self.pending.truncate(had);
                return Err(error);
            }
        };
        self.pending.truncate(had + read);
        self.is_at_end = read == 0;
        if self.cipher.is_none() {
            match self.pending.get(..BLOCK) {
                Some(header) if header.starts_with(MAGIC) => {
                    let salt = header.get(MAGIC.len()..).unwrap_or_default();
                    let key = derive(self.passphrase.line(), salt, self.derivation);
                    let (key, iv) = key.split_at(32);
                    self.cipher = cbc::Decryptor::new_from_slices(key, iv).ok();
                    self.pending.drain(..BLOCK);
                }
                Some(_) => return Err(io::Error::other("it doesn't begin with Salted__")),
                None if self.is_at_end => return Err(io::ErrorKind::UnexpectedEof.into()),
                None => return Ok(()),
            }
        }
        let Some(cipher) = &mut self.cipher else { return Ok(()) };
        if self.is_at_end && (self.pending.is_empty() || !self.pending.len().is_multiple_of(BLOCK)) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let keep = usize::from(!self.is_at_end);
        let ready = self.pending.len().saturating_sub(keep) / BLOCK * BLOCK;
        self.plain.clear();
        self.given = 0;
        let mut blocks: Vec<Block<Aes256>> = self
            .pending
            .get(..ready)
            .unwrap_or_default()
            .chunks_exact(BLOCK)
            .filter_map(|block| Block::<Aes256>::try_from(block).ok())
            .collect();
        cipher.decrypt_blocks(&mut blocks);
        self.plain.extend(blocks.iter().flat_map(|block| block.iter().copied()));
        self.pending.drain(..ready);
        if self.is_at_end {
            let padding = padding(&self.plain).ok_or_else(|| {
                io::Error::other(
                    "its padding is wrong: the passphrase or its derivation is another, or its end is \
                     damaged or cut off",
                )
            })?;
            let whole = self.plain.len();
            self.plain.truncate(whole - padding);
        }
        Ok(())
    }
}

/// How many bytes of padding stand at the end (PKCS #7); `None` where they are none.
fn padding(plain: &[u8]) -> Option<usize> {
    let last = usize::from(*plain.last()?);
    let padding = plain.get(plain.len().checked_sub(last)?..)?;
    ((1..=BLOCK).contains(&last) && padding.iter().all(|byte| usize::from(*byte) == last)).then_some(last)
}

impl<R: Read> Read for OpenSsl<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.plain.len() && !self.is_at_end {
            self.advance()?;
        }
        let ready = self.plain.get(self.given..).unwrap_or_default();
        let count = ready.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), ready.get(..count)) {
            to.copy_from_slice(from);
        }
        self.given += count;
        Ok(count)
    }
}

/// A key of 32 bytes and an IV of 16.
fn derive(passphrase: &[u8], salt: &[u8], derivation: KeyDerivation) -> Key {
    match derivation {
        KeyDerivation::Pbkdf2(iterations) => {
            let mut key: Key = Zeroizing::new([0; 48]);
            pbkdf2::pbkdf2_hmac::<sha2::Sha256>(passphrase, salt, iterations, key.as_mut_slice());
            key
        }
        KeyDerivation::Sha256 => bytes_to_key::<sha2::Sha256>(passphrase, salt),
        KeyDerivation::Md5 => bytes_to_key::<md5::Md5>(passphrase, salt),
    }
}

/// `EVP_BytesToKey` of one round: each digest is that of the one before, the passphrase and the salt.
fn bytes_to_key<D: sha2::Digest>(passphrase: &[u8], salt: &[u8]) -> Key {
    let mut key: Key = Zeroizing::new([0; 48]);
    let mut digest: Zeroizing<Vec<u8>> = Zeroizing::default();
    let mut filled = 0;
    while filled < key.len() {
        let next = D::new().chain_update(&*digest).chain_update(passphrase).chain_update(salt).finalize();
        *digest = next.to_vec();
        for (to, from) in key.iter_mut().skip(filled).zip(digest.iter()) {
            *to = *from;
        }
        filled += digest.len();
    }
    key
}
