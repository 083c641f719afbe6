//! What is written down in the audit of a space.

use std::sync::Arc;

use kontor_model::{Error, Result};
use kontor_records::{Caller, Ctx};
use kontor_store::Batch;
use serde_json::Value as J;

use crate::OAuth;
use crate::call::Call;
use crate::db::{self, Committed};

impl OAuth {
    /// An entry of the caller's space. It is a commit of its own, made before what it speaks of is given: the tables
    /// of this server lie in the installation's space.
    ///
    /// # Errors
    /// The database's; then nothing is to be given.
    pub async fn write_down(
        &self,
        call: &Call,
        caller: Arc<Caller>,
        object: &str,
        action: &str,
        what: &J,
    ) -> Result<()> {
        let space = caller.space;
        let catalog = self.catalogs.get(space).await?;
        let ctx = Ctx { origin: call.admitted.origin(), ..Ctx::new(caller, catalog, call.admitted.request_id.clone()) };
        let mut batch = Batch::new(space);
        batch.writes.push(self.records.audit_write(&ctx, object, action, what)?);
        match db::commit(&*self.store, batch).await? {
            Committed::Done => Ok(()),
            _ => Err(Error::internal("an entry of the audit could not be written")),
        }
    }
}
