//! What is done to logins and credentials is in the audit of the space that it is done in. Their rows are the
//! installation's, the entry is the space's: both are written in one commit.

use std::net::IpAddr;

use kontor_audit::{NewEntry, Who};
use kontor_model::{Clock, Id, IdGenerator, Result, SpaceId};
use kontor_records::Ctx;
use kontor_store::Write;
use serde_json::Value as J;

/// By whom, from where and by which request something is done.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    /// Whose audit tells of it.
    pub space: SpaceId,
    pub who: Who,
    pub request_id: &'a str,
}

impl<'a> By<'a> {
    /// A request's caller.
    pub fn of(ctx: &'a Ctx) -> Self {
        Self { space: ctx.space(), who: ctx.who(), request_id: &ctx.request_id }
    }

    /// The operator at the machine.
    pub fn command_line(space: SpaceId) -> By<'static> {
        By { space, who: Who::default(), request_id: "command line" }
    }

    /// A person without a session yet, who has used a link.
    pub fn link(space: SpaceId, user: Id, ip: Option<IpAddr>) -> By<'static> {
        By { space, who: Who { user_id: Some(user), ip, ..Who::default() }, request_id: "link" }
    }

    /// The entry, for the batch that does it.
    ///
    /// # Errors
    /// The machine gives no randomness.
    pub fn entry(
        &self,
        clock: &dyn Clock,
        ids: &IdGenerator,
        object: &str,
        record: Id,
        action: &str,
        changes: &J,
    ) -> Result<Write> {
        let entry = NewEntry {
            id: ids.next(),
            at: clock.now_ms(),
            object,
            record_id: record.0,
            version: 0,
            action,
            who: self.who,
            request_id: self.request_id,
            changes: changes.to_string(),
        };
        Ok(entry.write()?.of(self.space))
    }
}
