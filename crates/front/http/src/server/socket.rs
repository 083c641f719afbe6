//! What is asked of the system: how sockets are set, and how many there may be.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::SockRef;
use tokio::net::TcpStream;

/// Bytes that the system takes of an answer before they can be sent: it would take megabytes for a reader that does not
/// read, and this side would not notice.
const UNSENT: u32 = 128 << 10;
/// File descriptors for other things than connections: the database, files, outbound calls.
const RESERVED: u64 = 256;

/// Sets a new connection up.
pub fn prepare(socket: &TcpStream) {
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was not set");
    }
    #[cfg(target_os = "linux")]
    if let Err(error) = SockRef::from(socket).set_tcp_notsent_lowat(UNSENT) {
        tracing::debug!(%error, "TCP_NOTSENT_LOWAT was not set");
    }
}

/// Connections that there can be by the process's limit of open files, which is raised as far as it may be.
pub fn most_connections() -> usize {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|now| limit.maximum.is_none_or(|most| now < most)) {
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        // Where that is forbidden, the smaller limit holds.
        setrlimit(Resource::Nofile, raised).ok();
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(files.saturating_sub(RESERVED).max(RESERVED)).unwrap_or(usize::MAX)
}
