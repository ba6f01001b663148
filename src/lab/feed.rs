//! What a program reads from standard input as it comes: more than memory holds.

use std::{
    fmt, io,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// So much is read before it is written.
const PIECE: usize = 256 << 10;

type Reader = Box<dyn AsyncRead + Send + Unpin>;

/// A stream that one program reads; clones are the same stream.
#[derive(Clone)]
pub struct Feed(Arc<Mutex<State>>);

struct State {
    reader: Option<Reader>,
    error: Option<io::Error>,
}

impl Feed {
    /// The stream of a reader.
    #[must_use]
    pub fn new(reader: impl AsyncRead + Send + Unpin + 'static) -> Self {
        Self(Arc::new(Mutex::new(State { reader: Some(Box::new(reader)), error: None })))
    }

    /// Why the stream broke off, where it did: the program that read it took that for its end.
    #[must_use]
    pub fn error(&self) -> Option<io::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).error.take()
    }

    /// Writes all of it. A program that ends without reading to the end is not to blame for it: its exit code
    /// says what it thinks.
    pub(super) async fn write_to(&self, mut input: impl AsyncWrite + Unpin) {
        let reader = self.0.lock().unwrap_or_else(PoisonError::into_inner).reader.take();
        let Some(mut reader) = reader else { return };
        let mut piece = vec![0; PIECE];
        loop {
            match reader.read(&mut piece).await {
                Ok(0) => break,
                Ok(read) => {
                    let read = piece.get(..read).unwrap_or_default();
                    if input.write_all(read).await.is_err() {
                        return;
                    }
                }
                Err(error) => {
                    self.0.lock().unwrap_or_else(PoisonError::into_inner).error = Some(error);
                    break;
                }
            }
        }
        let _ = input.shutdown().await;
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Feed")
    }
}

impl PartialEq for Feed {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Feed {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_of_a_stream_is_written_and_why_it_broke_off_is_known() {
        let feed = Feed::new(&b"abc"[..]);
        let mut written = Vec::new();
        feed.clone().write_to(&mut written).await;
        assert_eq!((written.as_slice(), feed.error().is_none()), (&b"abc"[..], true));
        let broken = tokio_util::io::StreamReader::new(futures_util::stream::iter([
            Ok(bytes::Bytes::from_static(b"ab")),
            Err(io::Error::other("cut short")),
        ]));
        let feed = Feed::new(broken);
        let mut written = Vec::new();
        feed.write_to(&mut written).await;
        assert_eq!(
            (written.as_slice(), feed.error().expect("an error").to_string()),
            (&b"ab"[..], "cut short".into())
        );
    }
}
