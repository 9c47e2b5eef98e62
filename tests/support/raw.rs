//! A bare connection, for what no HTTP client would send.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::server::Address;

/// No answer and no end of a connection is waited for longer.
const LIMIT: Duration = Duration::from_secs(30);

/// A connection on which bytes are sent as they are.
#[derive(Debug)]
pub struct Raw(TcpStream);

impl Raw {
    /// Connects.
    ///
    /// # Panics
    /// When nobody listens.
    pub async fn connect(address: &Address) -> Self {
        let url = address.url("");
        let host = url.trim_start_matches("http://");
        Self(TcpStream::connect(host).await.expect("somebody listens"))
    }

    /// Connects, and has room for a few bytes of answers that are not read.
    ///
    /// # Panics
    /// When nobody listens.
    pub async fn connect_narrowly(address: &Address) -> Self {
        let url = address.url("");
        let host = url
            .trim_start_matches("http://")
            .parse()
            .expect("an address and a port");
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4 << 10).expect("a small buffer");
        Self(socket.connect(host).await.expect("somebody listens"))
    }

    /// Sends bytes; false where the server has hung up.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).await.is_ok()
    }

    /// All that comes until the server hangs up, and how long that took.
    ///
    /// # Panics
    /// When it does not.
    pub async fn until_end(&mut self) -> (String, Duration) {
        let (begin, mut read) = (Instant::now(), Vec::new());
        // A connection that was reset has ended, too.
        let _ = timeout(LIMIT, self.0.read_to_end(&mut read))
            .await
            .expect("the server hangs up");
        (String::from_utf8_lossy(&read).into_owned(), begin.elapsed())
    }

    /// What comes next, within the time; nothing where nothing does.
    pub async fn next(&mut self, within: Duration) -> String {
        let mut read = vec![0; 64 << 10];
        match timeout(within, self.0.read(&mut read)).await {
            Ok(Ok(length)) => String::from_utf8_lossy(&read[..length]).into_owned(),
            _ => String::new(),
        }
    }
}
