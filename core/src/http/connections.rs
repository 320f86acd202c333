//! The connections that there are. When they are too many, whoever has said nothing for longest makes room: those who
//! keep connections open and ask for nothing keep nobody else out.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

pub(super) struct Connections {
    free: Arc<Semaphore>,
    silent: Mutex<Silent>,
    one_more_is_silent: Notify,
}

/// Those between two requests, by since when: what is cancelled closes one.
#[derive(Default)]
struct Silent {
    next: u64,
    closes: BTreeMap<u64, CancellationToken>,
}

/// One connection.
pub(super) struct Connection {
    all: Arc<Connections>,
    /// Cancelled when it is to make room.
    pub(super) dismissed: CancellationToken,
    /// Its place among the silent; none while something is asked.
    silent_as: Mutex<Option<u64>>,
    /// The last of an answer was given out, and may not be sent yet.
    is_answered: AtomicBool,
    _place: OwnedSemaphorePermit,
}

impl Connections {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            free: Arc::new(Semaphore::new(most)),
            silent: Mutex::default(),
            one_more_is_silent: Notify::new(),
        })
    }

    /// One more, for which a silent one is closed where there are too many. Where all are being answered it waits: that
    /// ends by itself.
    pub(super) async fn admit(self: &Arc<Self>) -> Option<Arc<Connection>> {
        let place = match Arc::clone(&self.free).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => self.make_room().await?,
        };
        let connection = Arc::new(Connection {
            all: Arc::clone(self),
            dismissed: CancellationToken::new(),
            silent_as: Mutex::new(None),
            is_answered: AtomicBool::new(false),
            _place: place,
        });
        connection.falls_silent();
        Some(connection)
    }

    /// `None`: nobody closes the semaphore, so never.
    async fn make_room(&self) -> Option<OwnedSemaphorePermit> {
        let mut place = std::pin::pin!(Arc::clone(&self.free).acquire_owned());
        loop {
            let one_more = self.one_more_is_silent.notified();
            let is_dismissed = self.dismiss_longest();
            tokio::select! {
                place = &mut place => return place.ok(),
                () = one_more, if !is_dismissed => {}
            }
        }
    }

    /// Closes the one that is silent for longest, if any is.
    pub(super) fn dismiss_longest(&self) -> bool {
        let longest = self.silent().closes.pop_first();
        longest.is_some_and(|(_, longest)| {
            longest.cancel();
            true
        })
    }

    fn silent(&self) -> MutexGuard<'_, Silent> {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// Something is asked; until what is returned goes, nobody closes it.
    pub(super) fn asks(self: &Arc<Self>) -> Asking {
        self.is_answered.store(false, Ordering::Relaxed);
        if let Some(silent_as) = self.place().take() {
            self.all.silent().closes.remove(&silent_as);
        }
        Asking(Arc::clone(self))
    }

    /// All that was given out has left.
    fn is_sent(&self) {
        if self.is_answered.swap(false, Ordering::Relaxed) {
            self.falls_silent();
        }
    }

    fn falls_silent(&self) {
        let mut silent = self.all.silent();
        let at = silent.next;
        silent.next += 1;
        silent.closes.insert(at, self.dismissed.clone());
        drop(silent);
        *self.place() = Some(at);
        self.all.one_more_is_silent.notify_one();
    }

    fn place(&self) -> MutexGuard<'_, Option<u64>> {
        self.silent_as.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let silent_as = self.place().take();
        if let Some(silent_as) = silent_as {
            self.all.silent().closes.remove(&silent_as);
        }
    }
}

/// A request that is not answered to its end.
pub(super) struct Asking(Arc<Connection>);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.is_answered.store(true, Ordering::Relaxed);
    }
}

/// A client's socket, which sees when an answer has left.
pub(super) struct Socket<S> {
    stream: Pin<Box<S>>,
    connection: Arc<Connection>,
}

impl<S> Socket<S> {
    pub(super) fn new(stream: S, connection: Arc<Connection>) -> Self {
        let stream = Box::pin(stream);
        Self { stream, connection }
    }
}

impl<S: AsyncRead> AsyncRead for Socket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_read(cx, into)
    }
}

impl<S: AsyncWrite> AsyncWrite for Socket<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Called when nothing of an answer waits in front of the socket any more.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(self.stream.as_mut().poll_flush(cx));
        self.connection.is_sent();
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_shutdown(cx)
    }
}

/// An answer, whose connection falls silent when the last of it has left.
pub(super) fn answering(asking: Asking, answer: Response) -> Response<Answering> {
    answer.map(|body| Answering {
        body,
        _asking: asking,
    })
}

pub(super) struct Answering {
    body: Body,
    _asking: Asking,
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
