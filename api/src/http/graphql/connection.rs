//! What a WebSocket's connection needs besides the decoder and the encoder: a bound, and a calm end.

use std::{
    io,
    pin::Pin,
    str::Utf8Error,
    task::{Context, Poll},
};

use actix_web::{
    body::{BodySize, BoxBody, MessageBody},
    dev,
    error::PayloadError,
};
use actix_ws::ProtocolError;
use bytes::Bytes;
use futures_util::{FutureExt, Stream};
use tokio::sync::oneshot;

use super::message::Closing;

/// Two bytes, up to eight of length, four of mask.
const HEADER_BYTES: usize = 14;

/// Bytes of a connection, ended by an error at the first frame that announces more than allowed.
///
/// The decoder would look at the length only once it holds the whole frame.
pub(super) struct Guarded {
    payload: dev::Payload,
    limit_bytes: u64,
    /// What is still to come of the frame that is being read.
    body_bytes: u64,
    header: [u8; HEADER_BYTES],
    header_bytes: usize,
}

impl Guarded {
    pub(super) fn new(payload: dev::Payload, limit_bytes: usize) -> Self {
        let limit_bytes = u64::try_from(limit_bytes).unwrap_or(u64::MAX);
        Self {
            payload,
            limit_bytes,
            body_bytes: 0,
            header: [0; HEADER_BYTES],
            header_bytes: 0,
        }
    }

    /// Follows the frames through a chunk; false when one is too long.
    fn admits(&mut self, mut chunk: &[u8]) -> bool {
        while !chunk.is_empty() {
            if self.body_bytes > 0 {
                let skipped = usize::try_from(self.body_bytes).unwrap_or(usize::MAX).min(chunk.len());
                self.body_bytes -= skipped as u64;
                chunk = &chunk[skipped..];
                continue;
            }
            self.header[self.header_bytes] = chunk[0];
            self.header_bytes += 1;
            chunk = &chunk[1..];
            if let Some(length) = self.frame_length() {
                if length > self.limit_bytes {
                    return false;
                }
                self.body_bytes = length;
                self.header_bytes = 0;
            }
        }
        true
    }

    /// The length of the frame's content, once its header is whole.
    fn frame_length(&self) -> Option<u64> {
        let header = &self.header[..self.header_bytes];
        let second = *header.get(1)?;
        let mask_bytes = if second & 0x80 == 0 { 0 } else { 4 };
        let (length, length_bytes) = match second & 0x7f {
            126 => (u64::from(u16::from_be_bytes(header.get(2..4)?.try_into().ok()?)), 2),
            127 => (u64::from_be_bytes(header.get(2..10)?.try_into().ok()?), 8),
            short => (u64::from(short), 0),
        };
        (header.len() == 2 + length_bytes + mask_bytes).then_some(length)
    }
}

impl Stream for Guarded {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut self.payload).poll_next(context);
        match &polled {
            Poll::Ready(Some(Ok(chunk))) if !self.admits(chunk) => Poll::Ready(Some(Err(PayloadError::Overflow))),
            _ => polled,
        }
    }
}

/// What an error of the decoder means for the connection.
pub(super) fn broken(error: &ProtocolError) -> Closing {
    let error = match error {
        ProtocolError::Io(error) => error,
        ProtocolError::Overflow => return Closing::TooBig,
        _ => return Closing::ProtocolError,
    };
    let cause = error.get_ref();
    match cause.and_then(|cause| cause.downcast_ref::<PayloadError>()) {
        Some(PayloadError::Overflow) => Closing::TooBig,
        Some(_) => Closing::Gone,
        None if cause.is_some_and(|cause| cause.is::<Utf8Error>()) => Closing::NotText,
        None if error.kind() == io::ErrorKind::InvalidData => Closing::ProtocolError,
        // Many parts that are too much together are told by text alone.
        None => Closing::TooBig,
    }
}

/// A response body that stays open after its last byte, until it is released.
///
/// The encoder ends the connection with the close frame. Were there bytes of the client's still unread, the system would
/// reset the connection, and the client would never see why it was closed.
pub(super) struct Lingering {
    body: BoxBody,
    released: oneshot::Receiver<()>,
}

impl Lingering {
    /// The body, and what releases it when dropped.
    pub(super) fn new(body: BoxBody) -> (Self, oneshot::Sender<()>) {
        let (release, released) = oneshot::channel();
        (Self { body, released }, release)
    }
}

impl MessageBody for Lingering {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        match Pin::new(&mut self.body).poll_next(context) {
            Poll::Ready(None) => self.released.poll_unpin(context).map(|_| None),
            polled => polled,
        }
    }
}
