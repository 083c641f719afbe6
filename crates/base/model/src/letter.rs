//! Letters: mail that goes out with a change, in the same commit.

/// A file that goes with a letter.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// `INV-2026-0001.pdf`
    pub name: String,
    /// `application/pdf`
    pub media: String,
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}, {} bytes)", self.name, self.media, self.bytes.len())
    }
}

/// A mail to one receiver, about the record of the step that it goes with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Letter {
    /// What it is about, such as `invoice`.
    pub purpose: &'static str,
    /// One address (RFC 5322, 3.4.1).
    pub to: String,
    /// The name beside the installation's sender address.
    pub from_name: Option<String>,
    /// Where answers go, when not to the sender.
    pub reply_to: Option<String>,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    /// Further headers, such as `List-Unsubscribe` (RFC 8058), each a single line.
    pub headers: Vec<(String, String)>,
    pub attachments: Vec<Attachment>,
    /// Unix milliseconds before which it stays.
    pub not_before: Option<i64>,
    /// One of many: others go first, and it keeps to the rate of mass mail.
    pub bulk: bool,
}
