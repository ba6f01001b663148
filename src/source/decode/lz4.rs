//! LZ4 frames, one after another.
//!
//! The decoder takes an input that ends between two blocks for one that ends well. So the way through the
//! frame is followed beside it: an end is one only where the end mark, and the checksum after it, were read.

use std::io::{self, BufRead, Read};

use lz4_flex::frame::FrameDecoder;

/// Frames to their very end.
pub(super) struct Lz4<R: BufRead>(FrameDecoder<Followed<R>>);

impl<R: BufRead> Lz4<R> {
    pub(super) fn new(input: R) -> Self {
        Self(FrameDecoder::new(Followed { input, way: Way::default() }))
    }
}

impl<R: BufRead> Read for Lz4<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.0.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            // 0 is said at the end of each frame.
            let input = self.0.get_mut();
            if input.input.fill_buf()?.is_empty() {
                return if input.way.is_at_end() { Ok(0) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        }
    }
}

/// An input and how far its frames have come.
struct Followed<R> {
    input: R,
    way: Way,
}

impl<R: Read> Read for Followed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.way.advance(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// What is read next of a frame (LZ4 Frame Format 1.6.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Next {
    /// The magic number and the flags: five bytes.
    #[default]
    Magic,
    /// The rest of the header.
    Header,
    /// The size of a block, or the end mark: four bytes.
    Size,
    /// A block with its checksum.
    Block,
    /// The checksum of the content.
    Checksum,
}

#[derive(Debug, Default)]
struct Way {
    next: Next,
    /// What was read of it.
    had: usize,
    /// How many bytes of a header, a block or a checksum are wanted.
    wanted: usize,
    flags: u8,
    size: [u8; 4],
}

const BLOCK_CHECKSUM: u8 = 0x10;
const CONTENT_SIZE: u8 = 0x08;
const CONTENT_CHECKSUM: u8 = 0x04;
const DICTIONARY: u8 = 0x01;

impl Way {
    fn is_at_end(&self) -> bool {
        self.next == Next::Magic && self.had == 0
    }

    fn advance(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let wanted = match self.next {
                Next::Magic => 5,
                Next::Size => 4,
                Next::Header | Next::Block | Next::Checksum => self.wanted,
            };
            let (now, later) = bytes.split_at(bytes.len().min(wanted - self.had));
            for (at, byte) in (self.had..).zip(now).take(5) {
                match (self.next, self.size.get_mut(at)) {
                    (Next::Size, Some(place)) => *place = *byte,
                    (Next::Magic, None) => self.flags = *byte,
                    _ => {}
                }
            }
            (self.had, bytes) = (self.had + now.len(), later);
            if self.had == wanted {
                self.had = 0;
                self.turn();
            }
        }
    }

    /// What was read is whole: what comes next.
    fn turn(&mut self) {
        let flag = |flag, bytes| if self.flags & flag == 0 { 0 } else { bytes };
        (self.next, self.wanted) = match self.next {
            // The block descriptor and the header's checksum, and between them what the flags announce.
            Next::Magic => (Next::Header, 2 + flag(CONTENT_SIZE, 8) + flag(DICTIONARY, 4)),
            Next::Header | Next::Block => (Next::Size, 0),
            Next::Size => match u32::from_le_bytes(self.size) {
                0 if flag(CONTENT_CHECKSUM, 4) > 0 => (Next::Checksum, 4),
                0 => (Next::Magic, 0),
                // The highest bit says that the block is not compressed.
                size => (Next::Block, (size & 0x7fff_ffff) as usize + flag(BLOCK_CHECKSUM, 4)),
            },
            Next::Checksum => (Next::Magic, 0),
        };
    }
}
