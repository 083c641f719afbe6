//! What is written down in the audit of a space.

use std::sync::Arc;

use kontor_http::Admitted;
use kontor_model::{Error, Result};
use kontor_records::{Caller, Ctx, Origin};
use kontor_store::Write;
use serde_json::Value as J;

use crate::OAuth;
use crate::call::Call;
use crate::db::{self, Committed};

impl OAuth {
    /// An entry of the caller's space, for the commit that does what it speaks of.
    ///
    /// # Errors
    /// The database's; the machine gives no randomness.
    pub async fn entry(&self, call: &Call, caller: Arc<Caller>, object: &str, action: &str, what: &J) -> Result<Write> {
        self.noted(&call.admitted, caller, object, action, what).await
    }

    /// As [`OAuth::entry`], of a request to another part of the server.
    ///
    /// # Errors
    /// As there.
    pub(crate) async fn noted(
        &self,
        admitted: &Admitted,
        caller: Arc<Caller>,
        object: &str,
        action: &str,
        what: &J,
    ) -> Result<Write> {
        let space = caller.space;
        let catalog = self.catalogs.get(space).await?;
        let via = caller.via;
        let origin = Origin { credential: via.credential, impersonator: via.impersonator, ..admitted.origin() };
        let ctx = Ctx { origin, ..Ctx::new(caller, catalog, admitted.request_id.clone()) };
        Ok(self.records.audit_write(&ctx, object, action, what)?.of(space))
    }

    /// As [`OAuth::entry`], in a commit of its own before what it speaks of is done, where that takes several.
    ///
    /// # Errors
    /// The database's; then nothing is to be done.
    pub async fn write_down(
        &self,
        call: &Call,
        caller: Arc<Caller>,
        object: &str,
        action: &str,
        what: &J,
    ) -> Result<()> {
        let mut batch = db::batch();
        batch.writes.push(self.entry(call, caller, object, action, what).await?);
        match db::commit(&*self.store, batch).await? {
            Committed::Done => Ok(()),
            _ => Err(Error::internal("an entry of the audit could not be written")),
        }
    }
}
