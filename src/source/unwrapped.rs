//! One pass over a part: fetched, decrypted and decompressed as it is read, timed and hashed.

use std::{
    io::{self, Cursor, Read},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Buf, Bytes};
use tokio::{
    io::{AsyncRead, ReadBuf},
    sync::{mpsc, oneshot, watch},
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    Beginning, Content, HEAD, Keys, Layer, MAX_LAYERS, SourceError, Times, beginning,
    decode::decode,
    layers_of_name,
    pass::{Input, Metered, Pass},
    stopwatch::Doing,
    store::Fetch,
};

/// How many bytes are handed over at once, and how many such pieces may wait to be taken.
const PIECE: usize = 256 * 1024;
const WAITING: usize = 4;

/// What a pass may cost, and what it needs.
#[derive(Clone, Debug)]
pub struct Unwrapping {
    /// The keys.
    pub keys: Keys,
    /// How many bytes may come out: the bound of a decompression bomb.
    pub limit: u64,
    /// Whether it is left as it lies there: a file of a folder, which its own tool unwraps.
    pub as_it_lies: bool,
}

/// How far a pass is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many bytes were fetched.
    pub fetched: u64,
    /// How many bytes there are to fetch.
    pub bytes: u64,
    /// How many bytes came out.
    pub unwrapped: u64,
    /// Since the start.
    pub elapsed: Duration,
}

impl Progress {
    /// Bytes fetched in a second, on average.
    #[must_use]
    pub fn rate(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.fetched as f64 / seconds } else { 0.0 }
    }

    /// How long the rest takes at that rate; `None` where there is none yet.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        let seconds = self.bytes.saturating_sub(self.fetched) as f64 / self.rate();
        Duration::try_from_secs_f64(seconds).ok()
    }
}

/// What is known of a part once its last byte was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// How many bytes came in at each level: those of the store first, those of the backup itself last.
    pub bytes: Vec<u64>,
    /// BLAKE3 of the bytes as they lie in the store.
    pub hash: blake3::Hash,
    /// Where the time went.
    pub times: Times,
}

/// The bytes of a backup without their layers. Dropped before its end, all that it started is ended.
///
/// An error of [`AsyncRead`] holds a [`SourceError`]; the end comes only after size, checksums and trailers
/// were found to be right.
#[derive(Debug)]
pub struct Unwrapped {
    layers: Vec<Layer>,
    content: Content,
    head: Bytes,
    piece: Bytes,
    is_at_end: bool,
    pieces: mpsc::Receiver<Result<Bytes, SourceError>>,
    progress: watch::Receiver<Progress>,
    fetched: oneshot::Receiver<Fetched>,
    pass: Arc<Pass>,
    _fetching: Option<AbortOnDropHandle<()>>,
}

/// What the outermost bytes were found to be wrapped in.
struct Opened {
    layers: Vec<Layer>,
    content: Content,
    head: Bytes,
    pass: Arc<Pass>,
}

impl Unwrapped {
    /// Opens the layers, which takes as long as their first bytes need to come.
    ///
    /// # Errors
    /// Returns an error if the first bytes can't be fetched, or a layer can't be opened or told.
    pub(super) async fn open(mut fetch: Fetch, unwrapping: Unwrapping) -> Result<Self, SourceError> {
        let fetching = fetch.task.take();
        let (opened, when_opened) = oneshot::channel();
        let (pieces, received) = mpsc::channel(WAITING);
        let (watched, progress) = watch::channel(Progress { bytes: fetch.bytes, ..Progress::default() });
        let (done, fetched) = oneshot::channel();
        tokio::task::spawn_blocking(move || {
            let worker = Worker { pass: Pass::new(), progress: watched, bytes: fetch.bytes };
            worker.run(fetch, &unwrapping, opened, &pieces, done);
        });
        let Opened { layers, content, head, pass } =
            when_opened.await.map_err(|_| SourceError::GivenUp)??;
        Ok(Self {
            layers,
            content,
            head,
            piece: Bytes::new(),
            is_at_end: false,
            pieces: received,
            progress,
            fetched,
            pass,
            _fetching: fetching,
        })
    }

    /// The layers that were found, outermost first.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// What is under them, by its first bytes.
    #[must_use]
    pub const fn content(&self) -> Content {
        self.content
    }

    /// The first bytes under the layers, at most [`HEAD`].
    #[must_use]
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// How far it is, and a way to be told of each step.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }

    /// Where the time went so far.
    #[must_use]
    pub fn times(&self) -> Times {
        self.pass.stopwatch.times()
    }

    /// What is known after the end; `None` before it.
    pub fn fetched(&mut self) -> Option<Fetched> {
        self.fetched.try_recv().ok()
    }
}

impl Drop for Unwrapped {
    fn drop(&mut self) {
        self.pass.give_up();
    }
}

impl AsyncRead for Unwrapped {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.piece.is_empty() && !self.is_at_end {
            match self.pieces.poll_recv(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => {
                    // The thread sends the end as an empty piece: without one it died.
                    return Poll::Ready(Err(SourceError::GivenUp.into()));
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error.into())),
                Poll::Ready(Some(Ok(piece))) if piece.is_empty() => {
                    self.is_at_end = true;
                    return Poll::Ready(Ok(()));
                }
                Poll::Ready(Some(Ok(piece))) => self.piece = piece,
            }
        }
        let count = self.piece.len().min(buffer.remaining());
        buffer.put_slice(self.piece.get(..count).unwrap_or_default());
        self.piece.advance(count);
        Poll::Ready(Ok(()))
    }
}

/// The thread of a pass.
struct Worker {
    pass: Arc<Pass>,
    progress: watch::Sender<Progress>,
    bytes: u64,
}

impl Worker {
    fn run(
        &self,
        fetch: Fetch,
        unwrapping: &Unwrapping,
        opened: oneshot::Sender<Result<Opened, SourceError>>,
        pieces: &mpsc::Sender<Result<Bytes, SourceError>>,
        done: oneshot::Sender<Fetched>,
    ) {
        let hash = Arc::new(std::sync::Mutex::new(blake3::Hasher::new()));
        let (name, place) = (fetch.name.clone(), fetch.place.clone());
        let raw: Input = Box::new(Hashed { input: fetch.input, hash: Arc::clone(&hash) });
        let peeled = match self.peel(raw, &name, unwrapping) {
            Ok(peeled) => peeled,
            Err(error) => {
                let _ = opened.send(Err(self.pass.note(error)));
                return;
            }
        };
        let Peeled { mut input, layers, content, head, counts } = peeled;
        let news = Opened { layers, content, head, pass: Arc::clone(&self.pass) };
        if opened.send(Ok(news)).is_err() {
            self.pass.give_up();
            return;
        }
        let count = |count: Option<&Arc<AtomicU64>>| count.map_or(0, |count| count.load(Ordering::Relaxed));
        let mut unwrapped = 0;
        loop {
            let piece = self.piece(&mut input);
            let fetched = count(counts.first());
            let piece = piece.and_then(|piece| {
                unwrapped += piece.len() as u64;
                if unwrapped > unwrapping.limit {
                    Err(SourceError::TooLarge { limit: unwrapping.limit })
                } else if piece.is_empty() && fetched != self.bytes {
                    Err(SourceError::WrongSize { place: place.clone(), read: fetched, bytes: self.bytes })
                } else {
                    Ok(piece)
                }
            });
            let elapsed = self.pass.stopwatch.times().total();
            self.progress.send_replace(Progress { fetched, bytes: self.bytes, unwrapped, elapsed });
            let is_last = piece.as_ref().map_or(true, Bytes::is_empty);
            if piece.as_ref().is_ok_and(Bytes::is_empty) {
                self.pass.stopwatch.stop();
                let hash =
                    hash.lock().map_or_else(|lock| lock.into_inner().finalize(), |hash| hash.finalize());
                let bytes = counts.iter().map(|level| count(Some(level))).collect();
                let _ = done.send(Fetched { bytes, hash, times: self.pass.stopwatch.times() });
                let _ = pieces.blocking_send(piece);
                return;
            }
            if pieces.blocking_send(piece).is_err() || is_last {
                return;
            }
        }
    }

    /// The next bytes of the backup itself; none at its end.
    fn piece(&self, input: &mut Input) -> Result<Bytes, SourceError> {
        let mut piece = Vec::with_capacity(PIECE);
        input.by_ref().take(PIECE as u64).read_to_end(&mut piece).map_err(|error| self.of(&error))?;
        match self.pass.trouble() {
            Some(trouble) => Err(trouble),
            None => Ok(piece.into()),
        }
    }

    /// Takes off layer by layer.
    fn peel(&self, raw: Input, name: &str, unwrapping: &Unwrapping) -> Result<Peeled, SourceError> {
        let keys = &unwrapping.keys;
        let named = layers_of_name(name);
        let mut layers: Vec<Layer> = Vec::new();
        let mut counts = Vec::new();
        let mut input = raw;
        loop {
            let doing = layers.last().map_or(Doing::Fetch, |layer| Doing::of(*layer));
            let count = Arc::new(AtomicU64::new(0));
            counts.push(Arc::clone(&count));
            let (pass, counted) = (Arc::clone(&self.pass), Arc::clone(&count));
            let mut metered = Metered { input, doing, count: counted, pass };
            let mut head = Vec::with_capacity(HEAD);
            metered.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(|error| self.of(&error))?;
            if let Some(trouble) = self.pass.trouble() {
                return Err(trouble);
            }
            let begins = if unwrapping.as_it_lies {
                Beginning::Content(Content::Binary)
            } else {
                beginning(&head, &layers, &named)?
            };
            let head = Bytes::from(head);
            input = Box::new(Read::chain(Cursor::new(head.clone()), metered));
            match begins {
                Beginning::Content(content) => return Ok(Peeled { input, layers, content, head, counts }),
                Beginning::Layer(_) if layers.len() == MAX_LAYERS => {
                    let why = format!("{name}: more than {MAX_LAYERS} layers are wrapped around it");
                    return Err(SourceError::cannot_tell(why));
                }
                Beginning::Layer(layer) => {
                    input = self
                        .pass
                        .stopwatch
                        .within(Doing::of(layer), || decode(layer, input, &count, keys, &self.pass))?;
                    layers.push(layer);
                }
            }
        }
    }

    fn of(&self, error: &io::Error) -> SourceError {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<SourceError>());
        let error = inner.cloned().unwrap_or_else(|| SourceError::Refused {
            verb: "read",
            place: "it".to_owned(),
            error: error.to_string().into(),
        });
        self.pass.note(error)
    }
}

struct Peeled {
    input: Input,
    layers: Vec<Layer>,
    content: Content,
    head: Bytes,
    counts: Vec<Arc<AtomicU64>>,
}

/// Hashes what is read.
struct Hashed {
    input: Input,
    hash: Arc<std::sync::Mutex<blake3::Hasher>>,
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        if let Ok(mut hash) = self.hash.lock() {
            hash.update(buffer.get(..read).unwrap_or_default());
        }
        Ok(read)
    }
}
