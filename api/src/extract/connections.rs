//! How many connections are open, in all and from one network.

use std::{
    collections::HashMap,
    io::{self, Write},
    net::{IpAddr, Shutdown, TcpStream},
    os::fd::AsFd,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix_web::rt::net::TcpStream as Accepted;

use crate::{config, domain::forwarded::Proxies, service::rate::network};

/// What somebody is told for whom there is no place.
const FULL: &str =
    r#"{"error":{"code":"OVERLOADED","message":"Too many connections are open; try again.","retryAfter":1}}"#;

/// The connections that are open.
#[derive(Debug)]
pub struct Connections {
    most: usize,
    most_of_network: usize,
    answer_timeout: Duration,
    proxies: Proxies,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    /// Those of each network that has some.
    of: HashMap<IpAddr, usize>,
}

/// The place of one connection; free again once it is dropped, with the connection.
#[derive(Debug)]
pub struct Place {
    connections: Arc<Connections>,
    network: Option<IpAddr>,
}

impl Connections {
    /// With the settings' bounds.
    #[must_use]
    pub fn new(config: &config::Http) -> Arc<Self> {
        Arc::new(Self {
            most: config.max_connections,
            most_of_network: config.max_connections_per_address,
            answer_timeout: config.answer_timeout,
            proxies: Proxies::new(config.trusted_proxies.clone()),
            open: Mutex::default(),
        })
    }

    /// Gives a connection its place, or closes it.
    #[must_use]
    pub fn admit(self: &Arc<Self>, connection: &Accepted) -> Option<Place> {
        let peer = connection.peer_addr().ok()?.ip();
        // A proxy's connections are those of all its clients.
        let network = (!self.proxies.trust(peer)).then(|| network(Some(peer)));
        if self.take(network) {
            self.bound_answers(connection);
            return Some(Place {
                connections: self.clone(),
                network,
            });
        }
        // Whether it hears why makes no difference to us.
        let _ = refuse(connection);
        None
    }

    /// Has the system hang up on a client that reads nothing of what it is sent: while an answer waits to be read, the
    /// server itself waits without an end.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn bound_answers(&self, connection: &Accepted) {
        if let Err(error) = socket2::SockRef::from(connection).set_tcp_user_timeout(Some(self.answer_timeout)) {
            tracing::debug!(%error, "a connection has no time-out for its answers");
        }
    }

    /// Elsewhere only their number is bounded.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn bound_answers(&self, _connection: &Accepted) {}

    fn take(&self, network: Option<IpAddr>) -> bool {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.all >= self.most {
            return false;
        }
        if let Some(network) = network {
            let of_network = open.of.entry(network).or_default();
            if *of_network >= self.most_of_network {
                return false;
            }
            *of_network += 1;
        }
        open.all += 1;
        true
    }

    fn give_back(&self, network: Option<IpAddr>) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all -= 1;
        if let Some(network) = network
            && let Some(of_network) = open.of.get_mut(&network)
        {
            *of_network -= 1;
            if *of_network == 0 {
                open.of.remove(&network);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.give_back(self.network);
    }
}

/// Says why, and closes the connection under the server that has just accepted it.
fn refuse(connection: &Accepted) -> io::Result<()> {
    let mut own = TcpStream::from(connection.as_fd().try_clone_to_owned()?);
    // So little goes out at once, or not at all.
    own.write_all(
        format!(
            "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n\
             Retry-After: 1\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{FULL}",
            FULL.len()
        )
        .as_bytes(),
    )?;
    own.shutdown(Shutdown::Both)
}
