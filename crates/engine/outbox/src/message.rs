//! A message, new and as it is kept.

use kontor_model::Id;
use kontor_model::time::datetime_text;
use serde_json::{Value as J, json};

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It stays in the house; `reason` says why.
    Held,
    Queued,
    Sent,
    /// Given up; `reason` says why.
    Failed,
}

impl State {
    pub const ALL: &'static [State] = &[State::Held, State::Queued, State::Sent, State::Failed];

    pub const fn name(self) -> &'static str {
        match self {
            State::Held => "held",
            State::Queued => "queued",
            State::Sent => "sent",
            State::Failed => "failed",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.name() == name)
    }
}

/// A mail to be.
#[derive(Clone)]
pub struct NewMessage {
    /// What it is about, such as `invitation`.
    pub purpose: &'static str,
    /// One address (RFC 5322, 3.4.1).
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    /// Whether it carries a link that lets someone in once: its body is sealed, and not kept once it is sent.
    pub one_time: bool,
    /// Whether nobody is to see it in the outbox (a password's link is for its reader alone).
    pub hidden: bool,
    /// Unix milliseconds after which it is of no use.
    pub expires_at: Option<i64>,
}

/// One row.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    pub id: Id,
    /// `email`
    pub kind: String,
    pub purpose: String,
    pub state: State,
    pub to: String,
    pub subject: String,
    /// None when it is not kept any more, or was not asked for.
    pub text: Option<String>,
    pub html: Option<String>,
    pub one_time: bool,
    pub hidden: bool,
    /// Attempts that failed.
    pub tries: i64,
    /// Unix milliseconds, as all times here.
    pub next_at: Option<i64>,
    pub created_at: i64,
    pub sent_at: Option<i64>,
    pub expires_at: Option<i64>,
    pub reason: Option<String>,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}

impl Message {
    /// As administrators see it; the body only when `whole`.
    pub fn json(&self, whole: bool) -> J {
        let time = |ms: Option<i64>| ms.map(datetime_text);
        let mut shown = json!({
            "id": self.id.to_string(), "kind": self.kind, "purpose": self.purpose, "state": self.state.name(),
            "to": self.to, "subject": self.subject, "reason": self.reason, "tries": self.tries,
            "created_at": datetime_text(self.created_at), "next_try_at": time(self.next_at),
            "sent_at": time(self.sent_at), "expires_at": time(self.expires_at),
        });
        if let Some(members) = shown.as_object_mut().filter(|_| whole) {
            members.insert("text".to_owned(), json!(self.text));
            members.insert("html".to_owned(), json!(self.html));
        }
        shown
    }
}
