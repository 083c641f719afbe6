//! A message, new and as it is kept.

use kontor_model::time::datetime_text;
use kontor_model::{Id, Letter};
use serde_json::{Value as J, json};

use crate::files::File;

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It stays in the house; `reason` says why.
    Held,
    Queued,
    Sent,
    /// Given up; `reason` says why.
    Failed,
    /// It left and came back; `reason` says why.
    Bounced,
}

impl State {
    pub const ALL: &'static [State] = &[State::Held, State::Queued, State::Sent, State::Failed, State::Bounced];

    pub const fn name(self) -> &'static str {
        match self {
            State::Held => "held",
            State::Queued => "queued",
            State::Sent => "sent",
            State::Failed => "failed",
            State::Bounced => "bounced",
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

/// What a message says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body {
    pub text: String,
    pub html: Option<String>,
    /// The name beside the sender's address.
    pub from_name: Option<String>,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// Whom `To` and `Cc` name; empty where that is the receiver alone.
    pub addressed: Vec<String>,
    pub cc: Vec<String>,
    /// Further headers, each a single line.
    pub headers: Vec<(String, String)>,
}

impl Body {
    pub(crate) fn of(letter: &Letter) -> Self {
        Self {
            text: letter.text.clone(),
            html: letter.html.clone(),
            from_name: letter.from_name.clone(),
            reply_to: letter.reply_to.clone(),
            addressed: letter.addressed.iter().map(|one| one.trim().to_lowercase()).collect(),
            cc: letter.cc.iter().map(|one| one.trim().to_lowercase()).collect(),
            headers: letter.headers.clone(),
        }
    }

    /// As it is kept.
    pub(crate) fn stored(&self) -> String {
        json!({
            "text": self.text, "html": self.html, "from_name": self.from_name, "reply_to": self.reply_to,
            "addressed": self.addressed, "cc": self.cc, "headers": self.headers,
        })
        .to_string()
    }

    pub(crate) fn read(stored: &str) -> Self {
        let body: J = serde_json::from_str(stored).unwrap_or_default();
        let part = |name: &str| body.get(name).and_then(J::as_str).map(str::to_owned);
        let headers = body.get("headers").cloned().and_then(|list| serde_json::from_value(list).ok());
        let list = |name: &str| body.get(name).cloned().and_then(|list| serde_json::from_value(list).ok());
        Self {
            text: part("text").unwrap_or_default(),
            html: part("html"),
            from_name: part("from_name"),
            reply_to: part("reply_to"),
            addressed: list("addressed").unwrap_or_default(),
            cc: list("cc").unwrap_or_default(),
            headers: headers.unwrap_or_default(),
        }
    }
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
    pub body: Option<Body>,
    pub one_time: bool,
    pub hidden: bool,
    /// One of many: others go first.
    pub bulk: bool,
    /// The record that it is about: object and id.
    pub about: Option<(String, Id)>,
    pub attachments: Vec<File>,
    /// Makes its `Message-ID` one that nobody guesses.
    pub token: String,
    /// Attempts that failed.
    pub tries: i64,
    /// Unix milliseconds, as all times here; of one that is on its way.
    pub next_at: Option<i64>,
    pub created_at: i64,
    pub sent_at: Option<i64>,
    pub expires_at: Option<i64>,
    pub reason: Option<String>,
    /// Of one that came back: nobody is there.
    pub hard: bool,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}

impl Message {
    /// Its `Message-ID` without the brackets, the same at every attempt, so that one that arrives twice can be told.
    pub fn message_id(&self, domain: &str) -> String {
        format!("{}.{}@{domain}", self.id, self.token)
    }

    /// The part of the receiver's address behind the `@`, in lower case: who shares it waits in one lane.
    pub fn lane(&self) -> String {
        lane(&self.to)
    }

    /// As administrators see it; the body only when `whole`.
    pub fn json(&self, whole: bool) -> J {
        let time = |ms: Option<i64>| ms.map(datetime_text);
        let (object, id) = self.about.as_ref().map(|(object, id)| (object, id.to_string())).unzip();
        let mut shown = json!({
            "id": self.id.to_string(), "kind": self.kind, "purpose": self.purpose, "state": self.state.name(),
            "to": self.to, "subject": self.subject, "reason": self.reason, "tries": self.tries,
            "created_at": datetime_text(self.created_at), "next_try_at": time(self.next_at),
            "sent_at": time(self.sent_at), "expires_at": time(self.expires_at), "bulk": self.bulk,
            "about_object": object, "about_id": id,
            "attachments": self.attachments.iter().map(File::shown).collect::<Vec<_>>(),
        });
        if let Some(members) = shown.as_object_mut().filter(|_| whole) {
            let body = self.body.as_ref();
            members.insert("text".to_owned(), json!(body.map(|b| &b.text)));
            members.insert("html".to_owned(), json!(body.and_then(|b| b.html.as_ref())));
            members.insert("reply_to".to_owned(), json!(body.and_then(|b| b.reply_to.as_ref())));
            members.insert("addressed".to_owned(), json!(body.map(|b| b.addressed.as_slice()).unwrap_or_default()));
            members.insert("cc".to_owned(), json!(body.map(|b| b.cc.as_slice()).unwrap_or_default()));
            let headers =
                body.map(|b| b.headers.iter().map(|(n, v)| json!({"name": n, "value": v})).collect::<Vec<_>>());
            members.insert("headers".to_owned(), json!(headers.unwrap_or_default()));
        }
        shown
    }
}

pub(crate) fn lane(address: &str) -> String {
    address.rsplit('@').next().unwrap_or_default().to_lowercase()
}
