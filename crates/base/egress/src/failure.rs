//! Why a call gave nothing.

/// What went wrong, without a word about the network behind this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Not an address that may be called; also where its name leads to one that may not.
    #[error("the address cannot be reached")]
    Refused,
    /// No connection, no TLS, or it broke off.
    #[error("the address cannot be reached")]
    Away,
    #[error("the address does not answer in time")]
    TimedOut,
    /// More bytes than are read.
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
    #[error("the address answers {0}, not 200")]
    Status(u16),
    #[error("the answer is not JSON")]
    NotJson,
}

impl Failure {
    pub(crate) fn of(error: reqwest::Error) -> Self {
        let timed_out = error.is_timeout();
        tracing::debug!(error = %error.without_url(), "an outbound call failed");
        if timed_out { Self::TimedOut } else { Self::Away }
    }
}
