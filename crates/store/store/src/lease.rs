//! What only one process need do at a time. A lease saves work; whoever needs more than that guards its writes.

use std::sync::Arc;

use kontor_model::{Clock, Kind, Result, Value};

use crate::system::{self, INSTALLATION};
use crate::{Batch, ColumnRef, CommitError, Expr, Select, Set, Store, Write};

/// A named lease of the installation.
pub struct Lease {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    name: &'static str,
    holder: String,
    /// How long a process that died keeps others waiting, in milliseconds.
    lasts: i64,
    /// No other process shares this database: what another holds is left from one that died.
    alone: bool,
    /// Until when it is ours, as it is stored.
    until: Option<i64>,
}

impl Lease {
    /// `holder` is who this process is; no other that runs may have the same. `alone`: no other process shares this
    /// database. One that died keeps others waiting for five seconds.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, name: &'static str, holder: String, alone: bool) -> Self {
        Self { store, clock, name, holder, lasts: 5_000, alone, until: None }
    }

    /// One that died keeps others waiting for this many milliseconds.
    #[must_use]
    pub fn lasting(self, ms: i64) -> Self {
        Self { lasts: ms, ..self }
    }

    /// Whether this process has it, taken or renewed when that is due.
    ///
    /// # Errors
    /// The database's.
    pub async fn hold(&mut self) -> Result<bool> {
        let now = self.clock.now_ms();
        if self.until.is_some_and(|until| until - now > self.lasts / 2 && until - now <= self.lasts) {
            return Ok(true);
        }
        self.until = None;
        let columns = vec![Expr::column("holder", Kind::Text), Expr::column("expires_at", Kind::Int)];
        let select = Select::new(INSTALLATION, system::LEASE, columns).equals("name", Kind::Text, self.name).limit(1);
        let rows = self.store.rows(select).await?;
        let until = now + self.lasts;
        let mut batch = Batch::new(INSTALLATION);
        match rows.first().map(Vec::as_slice) {
            // One that ends too far in the future was made by a clock that has been set back since.
            Some([Value::Text(holder), Value::Int(expires)])
                if !self.alone && *holder != self.holder && *expires > now && *expires - now <= 2 * self.lasts =>
            {
                return Ok(false);
            }
            Some([_, Value::Int(expires)]) => batch.writes.push(Write::Update {
                table: system::LEASE.into(),
                keys: vec![system::key("name", Kind::Text, self.name), system::key("expires_at", Kind::Int, *expires)],
                set: vec![
                    (ColumnRef::new("holder", Kind::Text), Set::To(self.holder.as_str().into())),
                    (ColumnRef::new("expires_at", Kind::Int), Set::To(until.into())),
                ],
                must: true,
                search: None,
            }),
            _ => batch.insert(
                system::LEASE,
                vec![
                    ("name", Kind::Text, self.name.into()),
                    ("holder", Kind::Text, self.holder.as_str().into()),
                    ("expires_at", Kind::Int, until.into()),
                ],
            ),
        }
        match self.store.commit(batch).await {
            Ok(()) => {
                self.until = Some(until);
                Ok(true)
            }
            Err(CommitError::Guard { .. } | CommitError::Unique { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Lets another process have it at once.
    pub async fn release(&mut self) {
        let Some(until) = self.until.take() else { return };
        let mut batch = Batch::new(INSTALLATION);
        batch.writes.push(Write::Delete {
            table: system::LEASE.into(),
            keys: vec![
                system::key("name", Kind::Text, self.name),
                system::key("holder", Kind::Text, self.holder.as_str()),
                system::key("expires_at", Kind::Int, until),
            ],
            must: false,
            search: false,
        });
        self.store.commit(batch).await.ok();
    }
}
