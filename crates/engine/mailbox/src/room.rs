//! Where mail comes in: matched, handed to the service that takes it, filed once.

use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, ErrorCode, Id, Result, SpaceId};
use kontor_outbox::Outbox;
use kontor_records::{Carried, Ctx, Plan, Planner, Records, Sight};

use crate::journal::{self, Entry, Outcome};
use crate::mail::Mail;
use crate::thread::PAGE;

/// Names of messages that are looked up.
const LOOKED_UP: usize = 20;

/// A mail on its way to a service.
#[derive(Debug)]
pub struct Arrived {
    pub mail: Mail,
    /// The records of the conversation, nearest first: object and id. Each was found by a name that only who got mail of
    /// this space can know.
    pub about: Vec<(String, Id)>,
}

impl Arrived {
    /// The nearest record of an object.
    pub fn about(&self, object: &str) -> Option<Id> {
        self.about.iter().find(|(of, _)| of == object).map(|(_, id)| *id)
    }
}

/// Where a mail was filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Where {
    /// What this step of the plan made.
    Step(usize),
    Record(String, Id),
    Nowhere,
}

/// What a service makes of a mail.
#[derive(Debug)]
pub struct Taken {
    pub plan: Plan,
    pub outcome: Outcome,
    pub filed: Where,
    pub reason: Option<String>,
}

/// A service that takes mail. Listed in `services.rs`; the first that takes a mail has it.
pub trait Receive: Send + Sync {
    /// What it makes of a mail; none where it is not its own. In the service's right: who sent it may do nothing.
    ///
    /// # Errors
    /// The database's.
    fn receive<'a>(&'a self, sight: &'a Sight<'a>, arrived: &'a Arrived) -> BoxFuture<'a, Result<Option<Taken>>>;
}

/// See the module.
pub struct Mailroom {
    pub records: Arc<Records>,
    pub outbox: Arc<Outbox>,
    pub services: Vec<Arc<dyn Receive>>,
}

struct Asking<'a> {
    room: &'a Mailroom,
    arrived: &'a Arrived,
    taken: Mutex<(Outcome, Where, Option<String>)>,
}

impl Planner for Asking<'_> {
    fn plan<'a>(&'a self, sight: &'a Sight<'a>) -> BoxFuture<'a, Result<Plan>> {
        async move {
            for service in &self.room.services {
                if let Some(taken) = service.receive(sight, self.arrived).await? {
                    *self.taken() = (taken.outcome, taken.filed, taken.reason);
                    return Ok(taken.plan);
                }
            }
            *self.taken() = (Outcome::Ignored, Where::Nowhere, Some("no service takes it".to_owned()));
            Ok(Plan::default())
        }
        .boxed()
    }
}

impl Asking<'_> {
    fn taken(&self) -> std::sync::MutexGuard<'_, (Outcome, Where, Option<String>)> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mailroom {
    /// Takes a message (RFC 5322); what was made of it, and whether that was done just now: the same message again
    /// changes nothing. `ctx` is the program's own in the space that it came in for.
    ///
    /// # Errors
    /// 400000 for bytes that are no message; those of the changes; the database's.
    pub async fn receive(&self, ctx: &Ctx, raw: &[u8]) -> Result<(Entry, bool)> {
        let store = &**self.records.store();
        let mail = Mail::read(raw)?;
        if let Some(entry) = journal::by_message_id(store, ctx.space(), &mail.message_id).await? {
            return Ok((entry, false));
        }
        let mut entry = Entry {
            id: self.records.ids().next(),
            message_id: mail.message_id.clone(),
            sender: mail.sender().to_owned(),
            subject: mail.subject.clone(),
            received_at: self.records.clock().now_ms(),
            outcome: Outcome::Ignored,
            reason: None,
            record: None,
            bytes: i64::try_from(raw.len()).unwrap_or(i64::MAX),
            files: mail.files.iter().map(|file| crate::File { content: None, ..file.clone() }).collect(),
        };
        let about = self.about(ctx.space(), &mail).await?;
        let own = self.outbox.by_message_id(ctx.space(), &mail.message_id).await?;
        let arrived = Arrived { mail, about };
        if own.is_some() {
            entry.reason = Some("it is a mail of this space that came back to it".to_owned());
            return self.note(ctx, entry).await;
        }
        if let Some(bounce) = &arrived.mail.bounce {
            let message = match &bounce.message_id {
                Some(id) => self.outbox.by_message_id(ctx.space(), id).await?,
                None => None,
            };
            match message {
                Some(message) => {
                    self.outbox.bounced(ctx.space(), &message, &bounce.reason, bounce.hard).await?;
                    entry.outcome = Outcome::Bounce;
                    entry.record.clone_from(&message.about);
                    entry.reason = Some(bounce.reason.clone());
                }
                None => entry.reason = Some("it tells of a mail that is not in the outbox".to_owned()),
            }
            return self.note(ctx, entry).await;
        }
        self.hand_over(ctx, entry, &arrived).await
    }

    /// Asks the services, and files what they make of it together with the entry.
    async fn hand_over(&self, ctx: &Ctx, entry: Entry, arrived: &Arrived) -> Result<(Entry, bool)> {
        let asking = Asking { room: self, arrived, taken: Mutex::new((Outcome::Ignored, Where::Nowhere, None)) };
        let filed = Mutex::new(entry.clone());
        let also = |carried: &[Carried]| {
            let (outcome, place, reason) = asking.taken().clone();
            let record = match place {
                Where::Step(step) => carried.get(step).map(|done| (done.object.clone(), done.id)),
                Where::Record(object, id) => Some((object, id)),
                Where::Nowhere => None,
            };
            let entry = Entry { outcome, record, reason, ..entry.clone() };
            let write = entry.write();
            *filed.lock().unwrap_or_else(PoisonError::into_inner) = entry;
            vec![write]
        };
        let turn = arrived.about.first().map_or(entry.id, |(_, id)| *id);
        match self.records.carry(ctx, turn, &asking, &also).await {
            Ok(_) => Ok((filed.into_inner().unwrap_or_else(PoisonError::into_inner), true)),
            Err(error) => self.known(ctx, &entry.message_id, error).await,
        }
    }

    /// Files an entry alone.
    async fn note(&self, ctx: &Ctx, entry: Entry) -> Result<(Entry, bool)> {
        let batch = kontor_store::Batch { space: ctx.space(), writes: vec![entry.write()] };
        match self.records.store().commit(batch).await {
            Ok(()) => Ok((entry, true)),
            Err(kontor_store::CommitError::Store(error)) => Err(error.into()),
            Err(other) => self.known(ctx, &entry.message_id, Error::internal(other)).await,
        }
    }

    /// The entry of a message that came in twice at once.
    async fn known(&self, ctx: &Ctx, message_id: &str, error: Error) -> Result<(Entry, bool)> {
        let twice = matches!(error.code(), ErrorCode::Conflict | ErrorCode::Unexpected | ErrorCode::NotUnique);
        let found = match twice {
            true => journal::by_message_id(&**self.records.store(), ctx.space(), message_id).await?,
            false => None,
        };
        found.map(|entry| (entry, false)).ok_or(error)
    }

    /// The records of the conversation that a mail is in.
    async fn about(&self, space: SpaceId, mail: &Mail) -> Result<Vec<(String, Id)>> {
        let mut out = Vec::new();
        for id in mail.answers.iter().take(LOOKED_UP) {
            let local = id.split('@').next().unwrap_or_default();
            if let Some(ticket) = self.records.read_token(PAGE, local) {
                out.extend((ticket.space == space).then_some((ticket.mark, ticket.id)));
            } else if let Some(message) = self.outbox.by_message_id(space, id).await? {
                out.extend(message.about);
            } else if let Some(entry) = journal::by_message_id(&**self.records.store(), space, id).await? {
                // What they answer is known by a name of their own: a guess must not lead to what others wrote.
                let known = entry.sender == mail.sender() || mail.to.iter().any(|to| to.address == entry.sender);
                out.extend(entry.record.filter(|_| known));
            }
        }
        let mut seen = std::collections::HashSet::new();
        out.retain(|record| seen.insert(record.clone()));
        Ok(out)
    }

    /// What came in, newest first, and whether there is more.
    ///
    /// # Errors
    /// The database's.
    pub async fn list(&self, space: SpaceId, before: Option<Id>, limit: u32) -> Result<(Vec<Entry>, bool)> {
        journal::list(&**self.records.store(), space, before, limit).await
    }

    /// One mail that came in.
    ///
    /// # Errors
    /// 404001; the database's.
    pub async fn get(&self, space: SpaceId, id: Id) -> Result<Entry> {
        journal::get(&**self.records.store(), space, id).await?.ok_or_else(Error::not_found)
    }
}
