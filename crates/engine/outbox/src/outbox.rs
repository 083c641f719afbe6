//! The outbox: messages put in, listed, sent by hand, removed.

use std::sync::{Arc, OnceLock};

use kontor_jobs::{Handler, Job, Jobs, NewJob};
use kontor_model::{Clock, Error, ErrorCode, Id, IdGenerator, Kind, Op, Result, SpaceId, Value};
use kontor_store::{Batch, CommitError, Cond, Expr, Store, Write, system};
use serde_json::{Value as J, json};

use crate::deliver::{Deliver, KIND};
use crate::message::{Message, NewMessage, State};
use crate::smtp::Mailer;
use crate::{address, gate, row};

const NO_SERVER: &str = "no mail server is configured (mail.smtp_url)";

/// Keeps bodies that carry a link from whoever reads the database.
pub trait Sealing: Send + Sync {
    /// # Errors
    /// The key is not at hand.
    fn seal(&self, owner: i64, plain: &str) -> Result<String>;

    /// # Errors
    /// The key is not at hand, or is another.
    fn unseal(&self, owner: i64, sealed: &str) -> Result<String>;
}

/// What an [`Outbox`] is made of.
pub struct Parts {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<IdGenerator>,
    pub jobs: Arc<Jobs>,
    pub sealing: Arc<dyn Sealing>,
    /// None where no mail server is configured.
    pub mailer: Option<Mailer>,
}

/// Messages of all spaces.
pub struct Outbox {
    pub(crate) parts: Parts,
    /// `https://crm.example.com`: where links lead.
    address: OnceLock<String>,
}

/// Which messages are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<State>,
    /// Only messages older than this one.
    pub before: Option<Id>,
    pub limit: u32,
}

/// A message as writes of a batch of its space; call [`Outbox::wake`] after the commit.
pub struct Composed {
    pub id: Id,
    pub state: State,
    pub writes: Vec<Write>,
}

pub(crate) fn failed(error: CommitError) -> Error {
    match error {
        CommitError::Store(error) => error.into(),
        CommitError::Guard { .. } => Error::new(ErrorCode::Conflict, "the message was changed at the same time"),
        other @ CommitError::Unique { .. } => Error::internal(other),
    }
}

impl Outbox {
    pub fn new(parts: Parts) -> Self {
        Self { parts, address: OnceLock::new() }
    }

    /// Says where links of mails lead; known when the server listens. Never taken from a request: who asks for a
    /// password must not choose where its link leads.
    pub fn set_address(&self, url: &str) {
        self.address.set(url.trim_end_matches('/').to_owned()).ok();
    }

    /// Where links lead, in a process that serves.
    pub fn address(&self) -> Option<&str> {
        self.address.get().map(String::as_str)
    }

    /// What a [`kontor_jobs::Runner`] needs to deliver.
    pub fn handlers(self: &Arc<Self>) -> Vec<Arc<dyn Handler>> {
        vec![Arc::new(Deliver(self.clone()))]
    }

    /// Why a message of this space would be held; None when it would leave.
    ///
    /// # Errors
    /// The database's.
    pub async fn closed(&self, space: SpaceId) -> Result<Option<&'static str>> {
        if self.parts.mailer.is_none() {
            return Ok(Some(NO_SERVER));
        }
        gate::closed(&*self.parts.store, space).await
    }

    pub(crate) fn job(&self, message: Id, tries: i64, run_at: Option<i64>) -> (Job, Write) {
        let input = json!({"message": message.0, "tries": tries});
        let new = NewJob { kind: KIND.to_owned(), input, created_by: None, key_id: None, run_at };
        self.parts.jobs.enqueue_job(SpaceId(0), new)
    }

    /// A message and, where it may leave, the job that delivers it.
    ///
    /// # Errors
    /// 422000 for a receiver or a subject that is no single line; 500000 when a link cannot be sealed; the database's.
    pub async fn compose(&self, space: SpaceId, new: NewMessage) -> Result<Composed> {
        address::address(&new.to)?;
        address::line("subject", &new.subject)?;
        let reason = self.closed(space).await?;
        let message = Message {
            id: self.parts.ids.next(),
            kind: "email".to_owned(),
            purpose: new.purpose.to_owned(),
            state: if reason.is_some() { State::Held } else { State::Queued },
            to: new.to,
            subject: new.subject,
            text: None,
            html: None,
            one_time: new.one_time,
            hidden: new.hidden,
            tries: 0,
            next_at: None,
            created_at: self.parts.clock.now_ms(),
            sent_at: None,
            expires_at: new.expires_at,
            reason: reason.map(str::to_owned),
        };
        let body = json!({"text": new.text, "html": new.html}).to_string();
        let body = if message.one_time { self.parts.sealing.seal(message.id.0, &body)? } else { body };
        let mut writes = vec![row::insert(&message, body)];
        if message.state == State::Queued {
            writes.push(self.job(message.id, 0, None).1);
        }
        Ok(Composed { id: message.id, state: message.state, writes })
    }

    /// Lets a runner of this process look at once.
    pub fn wake(&self) {
        self.parts.jobs.wake();
    }

    /// Messages of a space, newest first and without bodies, and whether there are more.
    ///
    /// # Errors
    /// The database's.
    pub async fn list(&self, space: SpaceId, filter: &Filter) -> Result<(Vec<Message>, bool)> {
        let mut select = row::select(space)
            .equals("hidden", Kind::Int, 0)
            .order(Expr::column("id", Kind::Int), true)
            .limit(u64::from(filter.limit) + 1);
        if let Some(state) = filter.state {
            select = select.equals("state", Kind::Text, state.name());
        }
        if let Some(before) = filter.before {
            let left = Expr::column("id", Kind::Int);
            select = select.filter(Cond::Test { left, op: Op::Lt, right: before.0.into() });
        }
        let rows = self.parts.store.rows(select).await?;
        let mut messages: Vec<Message> = rows.iter().filter_map(|row| Some(row::read(row)?.0)).collect();
        let more = messages.len() > filter.limit as usize;
        messages.truncate(filter.limit as usize);
        Ok((messages, more))
    }

    /// One message with its body.
    ///
    /// # Errors
    /// 404001, also for one that nobody is to see; the database's.
    pub async fn get(&self, space: SpaceId, id: Id) -> Result<Message> {
        self.find(space, id).await?.filter(|message| !message.hidden).ok_or_else(Error::not_found)
    }

    pub(crate) async fn find(&self, space: SpaceId, id: Id) -> Result<Option<Message>> {
        let rows = self.parts.store.rows(row::select(space).equals("id", Kind::Int, id.0).limit(1)).await?;
        let Some((mut message, body)) = rows.first().and_then(|row| row::read(row)) else { return Ok(None) };
        if let Some(body) = body {
            let body = if message.one_time { self.parts.sealing.unseal(id.0, &body)? } else { body };
            let body: J = serde_json::from_str(&body).unwrap_or_default();
            let part = |name: &str| body.get(name).and_then(J::as_str).map(str::to_owned);
            (message.text, message.html) = (part("text"), part("html"));
        }
        Ok(Some(message))
    }

    /// Lets a held or failed message out; `also` is committed with it (audit, idempotency).
    ///
    /// # Errors
    /// 404001; 422000 where the space lets nothing out, for one that is under way or has left, and for one whose link
    /// has expired; 409000; the database's.
    pub async fn send(&self, space: SpaceId, id: Id, also: impl FnOnce(&Message) -> Vec<Write> + Send) -> Result<()> {
        let before = self.get(space, id).await?;
        let refused = |why: &str| Err(Error::new(ErrorCode::RuleRefused, why));
        match before.state {
            State::Queued => return refused("the message is on its way already"),
            State::Sent => return refused("the message was sent already"),
            State::Held | State::Failed => {}
        }
        if before.expires_at.is_some_and(|at| at <= self.parts.clock.now_ms()) {
            return refused("its link has expired: make a new one");
        }
        if let Some(why) = self.closed(space).await? {
            return refused(why);
        }
        let after = Message { state: State::Queued, tries: 0, reason: None, next_at: None, ..before.clone() };
        let set = vec![
            ("state", Kind::Text, after.state.name().into()),
            ("tries", Kind::Int, 0.into()),
            ("next_at", Kind::Int, Value::Null),
            ("reason", Kind::Text, Value::Null),
        ];
        let mut writes = vec![row::change(&before, set), self.job(id, 0, None).1];
        writes.extend(also(&after));
        self.parts.store.commit(Batch { space, writes }).await.map_err(failed)?;
        self.wake();
        Ok(())
    }

    /// Removes a message, whatever its state; one that is on its way may still arrive.
    ///
    /// # Errors
    /// 404001; the database's.
    pub async fn delete(&self, space: SpaceId, id: Id, also: Vec<Write>) -> Result<()> {
        self.get(space, id).await?;
        let keys = vec![system::key("id", Kind::Int, id.0)];
        let mut writes = vec![Write::Delete { table: system::OUTBOX.into(), keys, must: false, search: false }];
        writes.extend(also);
        self.parts.store.commit(Batch { space, writes }).await.map_err(failed)
    }
}
