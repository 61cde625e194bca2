//! Bodies on their way through: measured, cut short, spoilt, or without end.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::log::Entry;

pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub(super) type Body = UnsyncBoxBody<Bytes, BoxError>;

/// How long the part of a body that does arrive gets to leave before the connection is closed.
const FLUSH: Duration = Duration::from_millis(50);
/// What an endless body consists of.
const ENDLESS_PIECE: [u8; 16 << 10] = [b' '; 16 << 10];

pub(super) fn full(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// A body that never ends; it is made only as fast as it is read.
pub(super) fn endless() -> Body {
    let pieces = stream::repeat_with(|| Ok(Frame::data(Bytes::from_static(&ENDLESS_PIECE))));
    BodyExt::boxed_unsync(StreamBody::new(pieces))
}

/// The first `length` bytes of `body`, and then an error, which closes the connection.
pub(super) fn truncated(body: Body, length: u64) -> Body {
    let frames = stream::unfold(Some((body, length)), |state| async {
        let (mut body, left) = state?;
        if left > 0
            && let Some(frame) = body.frame().await
        {
            let data = match frame.map(Frame::into_data) {
                Ok(Ok(data)) => data,
                Ok(Err(_)) => Bytes::new(),
                Err(error) => return Some((Err(error), None)),
            };
            let keep = usize::try_from(left).unwrap_or(usize::MAX).min(data.len());
            let next = (body, left - keep as u64);
            return Some((Ok(Frame::data(data.slice(..keep))), Some(next)));
        }
        tokio::time::sleep(FLUSH).await;
        Some((Err(BoxError::from("cut short")), None))
    });
    BodyExt::boxed_unsync(StreamBody::new(frames))
}

/// `body` with the lowest bit of the byte at `offset` turned over.
pub(super) fn flipped(body: Body, offset: u64) -> Body {
    let mut passed = 0_u64;
    body.map_frame(move |frame| {
        frame.map_data(|data| {
            let here = offset.checked_sub(passed).and_then(|here| usize::try_from(here).ok());
            passed += data.len() as u64;
            match here.filter(|here| *here < data.len()) {
                None => data,
                Some(here) => {
                    let mut spoilt = BytesMut::from(&data[..]);
                    spoilt[here] ^= 1;
                    spoilt.freeze()
                }
            }
        })
    })
    .boxed_unsync()
}

/// A body that notes in the log when its last byte has been taken.
pub(super) struct Measured {
    body: Body,
    entry: Entry,
}

impl Measured {
    pub(super) fn new(body: Body, entry: Entry) -> Self {
        let measured = Self { body, entry };
        measured.note_end();
        measured
    }

    fn note_end(&self) {
        if self.body.is_end_stream() {
            self.entry.ended();
        }
    }
}

impl HttpBody for Measured {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(cx));
        match frame {
            Some(Ok(_)) => self.note_end(),
            Some(Err(_)) | None => self.entry.ended(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
