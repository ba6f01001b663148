//! age: by identities, or by a passphrase.

use std::io::{BufRead, Read};

use age::{DecryptError, Decryptor, Identity, armor::ArmoredReader, secrecy::SecretString};

use crate::source::{Keys, Layer, SourceError, pass::Input};

/// A passphrase of age costs at most 2^20 rounds of scrypt, which takes some seconds and 1 GiB.
const MAX_WORK_FACTOR: u8 = 20;

pub(super) fn open(input: impl BufRead + Send + 'static, keys: &Keys) -> Result<Input, SourceError> {
    let no_key = |why: &str| SourceError::Key { layer: Layer::Age, why: why.into() };
    let explained = |error: DecryptError| {
        if let DecryptError::Io(error) = error {
            super::damaged(Layer::Age, 0, &error)
        } else {
            no_key(&error.to_string())
        }
    };
    let decryptor = Decryptor::new_buffered(ArmoredReader::new(input)).map_err(explained)?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| no_key("the key is no text"));
    let identities: Vec<Box<dyn Identity>> = if decryptor.is_scrypt() {
        let passphrase = keys.passphrase.as_ref().ok_or_else(|| {
            no_key("it is encrypted by a passphrase: `decrypt = { passphrase = \"file:…\" }`")
        })?;
        let mut identity = age::scrypt::Identity::new(SecretString::from(text(passphrase.line())?));
        identity.set_max_work_factor(MAX_WORK_FACTOR);
        vec![Box::new(identity)]
    } else {
        let identity = keys
            .age_identity
            .as_ref()
            .ok_or_else(|| no_key("it needs an identity: `decrypt = { age-identity = \"file:…\" }`"))?;
        age::IdentityFile::from_buffer(identity.expose())
            .map_err(|_| no_key("the identity is none of age: a line AGE-SECRET-KEY-1… is expected"))?
            .into_identities()
            .map_err(|error| no_key(&error.to_string()))?
            .into_iter()
            .map(|identity| identity as Box<dyn Identity>)
            .collect()
    };
    let reader = decryptor.decrypt(identities.iter().map(|identity| &**identity)).map_err(explained)?;
    Ok(Box::new(reader) as Box<dyn Read + Send>)
}
