//! The outbox: messages put in, listed, sent by hand, removed.

use std::sync::{Arc, OnceLock};

use kontor_model::{Clock, Error, ErrorCode, Id, IdGenerator, Kind, Op, Result, SpaceId, Value};
use kontor_store::{Batch, CommitError, Cond, Expr, Select, Store, Write, system};
use tokio::sync::Notify;

use crate::message::{Body, Message, NewMessage, State};
use crate::smtp::Mailer;
use crate::{address, files, gate, row};

/// Of a reason that is kept, in characters.
pub(crate) const REASON: usize = 300;
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
    pub sealing: Arc<dyn Sealing>,
    /// None where no mail server is configured.
    pub mailer: Option<Mailer>,
}

/// Messages of all spaces.
pub struct Outbox {
    pub(crate) parts: Parts,
    /// `https://crm.example.com`: where links lead.
    address: OnceLock<String>,
    /// Told when this process has put something in.
    pub(crate) news: Notify,
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
        Self { parts, address: OnceLock::new(), news: Notify::new() }
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

    /// A message that says nothing yet.
    pub(crate) fn blank(&self) -> Message {
        Message {
            id: self.parts.ids.next(),
            kind: "email".to_owned(),
            purpose: String::new(),
            state: State::Held,
            to: String::new(),
            subject: String::new(),
            body: None,
            one_time: false,
            hidden: false,
            bulk: false,
            about: None,
            attachments: Vec::new(),
            token: token(),
            tries: 0,
            next_at: None,
            created_at: self.parts.clock.now_ms(),
            sent_at: None,
            expires_at: None,
            reason: None,
            hard: false,
        }
    }

    /// A message as writes.
    ///
    /// # Errors
    /// 422000 for a receiver or a subject that is no single line; 500000 when a link cannot be sealed; the database's.
    pub async fn compose(&self, space: SpaceId, new: NewMessage) -> Result<Composed> {
        address::address(&new.to)?;
        address::line("subject", &new.subject)?;
        let reason = self.closed(space).await?;
        let now = self.parts.clock.now_ms();
        let message = Message {
            purpose: new.purpose.to_owned(),
            state: if reason.is_some() { State::Held } else { State::Queued },
            to: new.to,
            subject: new.subject,
            one_time: new.one_time,
            hidden: new.hidden,
            next_at: reason.is_none().then_some(now),
            expires_at: new.expires_at,
            reason: reason.map(str::to_owned),
            ..self.blank()
        };
        // Nobody's machine is to answer it (RFC 3834, 5).
        let headers = vec![("Auto-Submitted".to_owned(), "auto-generated".to_owned())];
        let body = Body { text: new.text, html: new.html, headers, ..Body::default() }.stored();
        let body = if message.one_time { self.parts.sealing.seal(message.id.0, &body)? } else { body };
        let writes = vec![row::insert(&message, body)];
        Ok(Composed { id: message.id, state: message.state, writes })
    }

    /// Lets the delivery of this process look at once.
    pub fn wake(&self) {
        self.news.notify_one();
    }

    pub(crate) async fn spaces(&self) -> Result<Vec<SpaceId>> {
        let select = Select::new(system::INSTALLATION, system::SPACE, vec![Expr::column("id", Kind::Int)])
            .order(Expr::column("id", Kind::Int), false);
        let rows = self.parts.store.rows(select).await?;
        Ok(rows.iter().filter_map(|row| Some(SpaceId(row.first()?.as_i64()?))).collect())
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
            message.body = Some(Body::read(&body));
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
            State::Held | State::Failed | State::Bounced => {}
        }
        if before.expires_at.is_some_and(|at| at <= self.parts.clock.now_ms()) {
            return refused("its link has expired: make a new one");
        }
        if let Some(why) = self.closed(space).await? {
            return refused(why);
        }
        if before.attachments.iter().any(|file| file.blob.is_none()) {
            return refused("its attachments are not kept: make it anew");
        }
        let next_at = Some(self.parts.clock.now_ms());
        let after = Message { state: State::Queued, tries: 0, reason: None, next_at, ..before.clone() };
        let set = vec![
            ("state", Kind::Text, after.state.name().into()),
            ("tries", Kind::Int, 0.into()),
            ("next_at", Kind::Int, next_at.into()),
            ("planned_at", Kind::Int, next_at.into()),
            ("reason", Kind::Text, Value::Null),
            ("untold", Kind::Int, Value::Null),
            ("bulk", Kind::Int, i64::from(before.bulk).into()),
            ("lane", Kind::Text, before.lane().into()),
        ];
        let mut writes = vec![row::change(&before, set)];
        writes.extend(also(&after));
        self.parts.store.commit(Batch { space, writes }).await.map_err(failed)?;
        self.wake();
        Ok(())
    }

    /// Removes a message that nothing is to be told of.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete(&self, space: SpaceId, message: &Message, also: Vec<Write>) -> Result<()> {
        let mut writes = removed(message);
        writes.extend(also);
        self.parts.store.commit(Batch { space, writes }).await.map_err(failed)
    }

    /// The message that a `Message-ID` (without its brackets) is of; none when it is not one of this space's, or not
    /// there any more.
    ///
    /// # Errors
    /// The database's.
    pub async fn by_message_id(&self, space: SpaceId, message_id: &str) -> Result<Option<Message>> {
        let local = message_id.split('@').next().unwrap_or_default();
        let Some((id, token)) = local.split_once('.') else { return Ok(None) };
        let Ok(id) = id.parse::<Id>() else { return Ok(None) };
        let rows = self.parts.store.rows(row::select(space).equals("id", Kind::Int, id.0).limit(1)).await?;
        let found = rows.first().and_then(|row| row::read(row)).map(|(message, _)| message);
        Ok(found.filter(|message| !message.token.is_empty() && message.token == token))
    }

    /// Notes that a message came back; nothing where it was noted already.
    ///
    /// # Errors
    /// The database's.
    pub async fn bounced(&self, space: SpaceId, message: &Message, reason: &str, hard: bool) -> Result<()> {
        if message.state == State::Bounced {
            return Ok(());
        }
        let reason = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).take(REASON).collect::<String>();
        let set = vec![
            ("state", Kind::Text, State::Bounced.name().into()),
            ("next_at", Kind::Int, Value::Null),
            ("reason", Kind::Text, reason.into()),
            ("untold", Kind::Int, 1.into()),
            ("hard", Kind::Int, i64::from(hard).into()),
        ];
        match self.parts.store.commit(Batch { space, writes: vec![row::change(message, set)] }).await {
            Ok(()) | Err(CommitError::Guard { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }
}

/// Writes that remove a message with its files, whatever its state; one that is on its way may still arrive.
pub fn removed(message: &Message) -> Vec<Write> {
    let keys = vec![system::key("id", Kind::Int, message.id.0)];
    let mut writes = vec![Write::Delete { table: system::OUTBOX.into(), keys, must: false, search: false }];
    writes.extend(files::remove(&message.attachments));
    writes
}

/// 60 bits that nobody guesses, in small letters and digits.
fn token() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut bytes = [0_u8; 12];
    if getrandom::fill(&mut bytes).is_err() {
        // Without it nothing is matched by it.
        return String::new();
    }
    bytes.iter().filter_map(|byte| LETTERS.get(usize::from(byte % 32))).map(|byte| char::from(*byte)).collect()
}
