//! Readers that take one layer off, with constant memory. An end that is too early, and bytes after the end,
//! are errors.

mod age;
mod gpg;
mod lz4;
mod openssl;

use std::{
    io::{self, BufReader, Read},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    Keys, Layer, SourceError,
    pass::{Input, Pass},
};

/// How much of its input a decoder takes at once.
const BUFFER: usize = 128 * 1024;

/// xz may ask for 4 GiB: what `xz -9` needs is 65 MiB.
const XZ_MEMORY: u64 = 256 << 20;

/// A window of zstd as `zstd --ultra --long=27` makes it at most, which `zstd -d` takes without being asked.
const ZSTD_WINDOW_LOG: u32 = 27;

/// Takes a layer off its input. Errors name the layer and the place in its input.
pub(super) fn decode(
    layer: Layer,
    input: Input,
    count: &Arc<AtomicU64>,
    keys: &Keys,
    pass: &Arc<Pass>,
) -> Result<Input, SourceError> {
    let input = Shared(Arc::new(Mutex::new(input)));
    let rest = input.clone();
    let damaged = |error: io::Error| damaged(layer, count.load(Ordering::Relaxed), &error);
    let decoder: Input = match layer {
        Layer::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(buffered(input))),
        Layer::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(buffered(input))),
        Layer::Xz => {
            let stream =
                liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, liblzma::stream::CONCATENATED)
                    .map_err(|error| damaged(error.into()))?;
            Box::new(liblzma::bufread::XzDecoder::new_stream(buffered(input), stream))
        }
        Layer::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(buffered(input)).map_err(&damaged)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(&damaged)?;
            Box::new(decoder)
        }
        Layer::Lz4 => Box::new(lz4::Lz4::new(buffered(input))),
        Layer::OpenSsl => Box::new(openssl::OpenSsl::open(buffered(input), keys)?),
        Layer::Age => age::open(buffered(input), keys).map_err(|error| pass.note(error))?,
        Layer::Gpg => Box::new(gpg::Gpg::start(Box::new(input), keys, pass)?),
    };
    Ok(Box::new(Decoder { layer, decoder, rest, count: Arc::clone(count), pass: Arc::clone(pass) }))
}

fn damaged(layer: Layer, at: u64, error: &io::Error) -> SourceError {
    if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<SourceError>()) {
        return error.clone();
    }
    let is_cut = error.kind() == io::ErrorKind::UnexpectedEof;
    let why = if is_cut { "it ends too early: it was cut short".into() } else { error.to_string().into() };
    SourceError::Damaged { layer, at, why }
}

fn buffered(input: Shared) -> BufReader<Shared> {
    BufReader::with_capacity(BUFFER, input)
}

/// A decoder with the name of its layer; it knows whether its input came to an end.
struct Decoder {
    layer: Layer,
    decoder: Input,
    rest: Shared,
    count: Arc<AtomicU64>,
    pass: Arc<Pass>,
}

impl Read for Decoder {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let error = match self.decoder.read(buffer) {
            Ok(0) if !buffer.is_empty() => match self.rest.read(&mut [0]) {
                Ok(0) => return Ok(0),
                Ok(_) => io::Error::other("more bytes follow after its end"),
                Err(error) => error,
            },
            Ok(read) => return Ok(read),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => error,
        };
        Err(self.pass.note(damaged(self.layer, self.count.load(Ordering::Relaxed), &error)).into())
    }
}

/// An input that the decoder reads, and after it the question whether anything is left.
#[derive(Clone)]
struct Shared(Arc<Mutex<Input>>);

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read(buffer)
    }
}
