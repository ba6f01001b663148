//! Damaged layers are errors that say where.

use std::io::Write;

use proptest::prelude::*;

use super::*;

/// A layer around bytes, made without a tool.
fn wrap(layer: Layer, bytes: &[u8]) -> Option<Vec<u8>> {
    let done = match layer {
        Layer::Gzip => {
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            writer.write_all(bytes).expect("memory");
            writer.finish()
        }
        Layer::Bzip2 => {
            let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            writer.write_all(bytes).expect("memory");
            writer.finish()
        }
        Layer::Xz => {
            let mut writer = liblzma::write::XzEncoder::new(Vec::new(), 0);
            writer.write_all(bytes).expect("memory");
            writer.finish()
        }
        Layer::Zstd => {
            let mut writer = zstd::stream::write::Encoder::new(Vec::new(), 1).expect("memory");
            writer.include_checksum(true).expect("a flag");
            writer.write_all(bytes).expect("memory");
            writer.finish()
        }
        Layer::Lz4 => {
            let info = lz4_flex::frame::FrameInfo::new().content_checksum(true);
            let mut writer = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
            writer.write_all(bytes).expect("memory");
            Ok(writer.finish().expect("memory"))
        }
        Layer::Age => {
            let encryptor = age::Encryptor::with_recipients(std::iter::once(&identity().to_public() as _));
            let mut writer = encryptor.expect("one").wrap_output(Vec::new()).expect("memory");
            writer.write_all(bytes).expect("memory");
            writer.finish()
        }
        Layer::OpenSsl | Layer::Gpg => return None,
    };
    Some(done.expect("memory"))
}

fn identity() -> age::x25519::Identity {
    "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33".parse().expect("a key")
}

/// Reads bytes as a file of this name.
fn unwrap(bytes: &[u8]) -> Result<(Vec<u8>, Vec<Layer>), SourceError> {
    use age::secrecy::ExposeSecret;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x");
    std::fs::write(&path, bytes).expect("a file");
    let secret = identity().to_string();
    let age_identity = Some(Secret::new(secret.expose_secret().as_bytes().to_vec()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (bytes, layers, _) =
        runtime.block_on(read(&path, unwrapping(Keys { age_identity, ..Keys::default() })))?;
    Ok((bytes, layers))
}

const WRAPS: [Layer; 6] = [Layer::Gzip, Layer::Bzip2, Layer::Xz, Layer::Zstd, Layer::Lz4, Layer::Age];

#[test]
fn every_truncation_of_every_layer_is_an_error() {
    let text = script(600);
    for layer in WRAPS {
        let whole = wrap(layer, &text).expect("a layer");
        assert_eq!(unwrap(&whole).expect("whole"), (text.clone(), vec![layer]));
        for cut in 24..whole.len() {
            let read = unwrap(&whole[..cut]);
            assert!(read.is_err(), "{layer}: {cut} of {} bytes were taken for all", whole.len());
        }
    }
}

#[test]
fn bytes_after_the_end_are_an_error() {
    for layer in WRAPS {
        let mut bytes = wrap(layer, &script(600)).expect("a layer");
        bytes.extend(b"trailing garbage");
        let error = unwrap(&bytes).expect_err(layer.word());
        assert!(matches!(error, SourceError::Damaged { .. }), "{layer}: {error:?}");
    }
}

#[test]
fn a_flipped_byte_is_an_error_that_names_the_layer_and_the_place() {
    let text = script(300_000);
    for layer in WRAPS {
        let mut bytes = wrap(layer, &text).expect("a layer");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x40;
        let error = unwrap(&bytes).expect_err(layer.word());
        let SourceError::Damaged { layer: named, at, .. } = error else { panic!("{layer}: {error:?}") };
        assert_eq!(named, layer);
        assert!(at >= middle as u64, "{layer}: {at} before {middle}");
    }
}

#[test]
fn too_many_layers_are_an_error() {
    let bytes = (0..=MAX_LAYERS).fold(script(100), |bytes, _| wrap(Layer::Gzip, &bytes).expect("gzip"));
    assert!(unwrap(&bytes).expect_err("too many").to_string().contains("more than 8 layers"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_chain_of_layers_around_any_bytes_is_taken_off(
        bytes in prop::collection::vec(any::<u8>(), 0..5_000),
        chain in prop::collection::vec(prop::sample::select(WRAPS.to_vec()), 0..5),
    ) {
        prop_assume!(Layer::of_bytes(&bytes).is_none());
        let wrapped = chain.iter().fold(bytes.clone(), |bytes, layer| wrap(*layer, &bytes).expect("a layer"));
        let outermost: Vec<Layer> = chain.iter().rev().copied().collect();
        prop_assert_eq!(unwrap(&wrapped).expect("whole"), (bytes, outermost));
    }
}
