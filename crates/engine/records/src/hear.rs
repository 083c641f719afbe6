//! What became of letters, told to the services whose records they were about.
//!
//! A letter leaves with a step ([`kontor_model::Step::with_letter`]) and is about that step's record. When it was sent,
//! was given up or came back, the service that made it is told, exactly once: the changes that it makes of the news are
//! of the same commit as the note that it was told.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Id, Op, Result, Step, Value};
use kontor_store::Write;

use crate::carry::{Carried, Planner};
use crate::{Ctx, Found, Plan, Records, Sight};

/// The most records of one address that are told of it.
const MOST: u64 = 50;

/// What became of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The mail server has taken it. Left out where it came back before this could be told.
    Sent,
    /// It never left: refused for good, or given up after many attempts.
    Failed { reason: String },
    /// It left and came back (RFC 3464). A bounce that is not `hard` may be about that one mail (a full mailbox); a hard
    /// one says that nobody is there.
    Bounced { reason: String, hard: bool },
}

/// A letter and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// The message in the outbox (`GET /v1/outbox/{id}`).
    pub message: Id,
    /// [`kontor_model::Letter::purpose`]
    pub purpose: String,
    /// The receiver's address, in lower case.
    pub to: String,
    /// The record that it was about: object and id.
    pub about: Option<(String, Id)>,
    pub news: News,
    /// Unix milliseconds.
    pub at: i64,
}

/// A service that wants to know what becomes of letters. Listed in `services.rs`, as rules and actions are.
pub trait Hear: Send + Sync {
    /// The object whose records it is told about.
    fn object(&self) -> &'static str;

    /// The field with an e-mail address by which records are told of bounces, too, whatever the letter was about:
    /// `email` for contacts. None asks only for letters about the record itself.
    fn by_address(&self) -> Option<&'static str> {
        None
    }

    /// What follows for a record; nothing is a good answer. The steps are done in one commit, and not again once they are.
    ///
    /// # Errors
    /// The database's: it is told again later. A refusal (4xx) is logged, and it is not told again.
    fn hear<'a>(&'a self, sight: &'a Sight<'a>, record: &'a Found, fate: &'a Fate) -> BoxFuture<'a, Result<Vec<Step>>>;
}

/// One piece of news on its way to the services.
struct Telling<'a> {
    hears: &'a [Arc<dyn Hear>],
    fate: &'a Fate,
}

impl Planner for Telling<'_> {
    fn plan<'a>(&'a self, sight: &'a Sight<'a>) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let mut plan = Plan::default();
            for hear in self.hears {
                for record in self.records(sight, &**hear).await? {
                    plan.steps.extend(hear.hear(sight, &record, self.fate).await?);
                }
            }
            Ok(plan)
        }
        .boxed()
    }
}

impl Telling<'_> {
    /// The records of a service that are to be told.
    async fn records(&self, sight: &Sight<'_>, hear: &dyn Hear) -> Result<Vec<Found>> {
        let mut found = Vec::new();
        if let Some((_, id)) = self.fate.about.as_ref().filter(|(object, _)| object == hear.object()) {
            found.extend(sight.record(hear.object(), *id).await?);
        }
        if let (Some(field), News::Bounced { .. }) = (hear.by_address(), &self.fate.news) {
            let theirs = [(field, Op::Eq, Value::text(self.fate.to.as_str()))];
            let more = sight.find(hear.object(), &theirs, MOST).await?;
            found.extend(
                more.into_iter().filter(|record| found.iter().all(|f: &Found| f.id != record.id)).collect::<Vec<_>>(),
            );
        }
        Ok(found)
    }
}

impl Records {
    /// Tells the services what became of a letter; `also` says, in the same commit, that they were told.
    ///
    /// # Errors
    /// 409000 when `also` did not hold: another process has told them; those of the changes; the database's.
    pub async fn tell(&self, ctx: &Ctx, fate: &Fate, also: &[Write]) -> Result<Vec<Carried>> {
        let telling = Telling { hears: &self.hears, fate };
        let turn = fate.about.as_ref().map_or(fate.message, |(_, id)| *id);
        self.carry(ctx, turn, &telling, &|_| also.to_vec()).await
    }
}
