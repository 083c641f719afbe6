//! Everything of a space goes, table by table as the schema lists them: one that is added later is not forgotten.

use kontor_jobs::Run;
use kontor_model::{Kind, Result, Value};
use kontor_store::system::{self, INSTALLATION};
use kontor_store::{Batch, ColumnRef, Expr, Lane, Select, Table, Write};

use crate::handler::At;
use crate::sandbox::Sandbox;
use crate::service::{Sandboxes, failed};

/// Rows of a chunk.
const CHUNK: u64 = 200;
/// Rows of the installation that belong to one space, by the column that says so: its credentials.
const CREDENTIALS: &[(&str, &str)] = &[
    (system::API_KEY, "key_space"),
    (system::SESSION, "session_space"),
    (system::ONE_TIME, "member_space"),
    (system::MEMBERSHIP, "member_space"),
    (system::oauth::OAUTH_CLIENT, "of_space"),
    (system::oauth::OAUTH_GRANT, "of_space"),
];
/// What a refresh leaves: the space's audit goes on, and its catalog's version only grows.
const KEPT: &[&str] = &[system::AUDIT, system::AUDIT_SEAL, system::AUDIT_STATE, system::CATALOG_VERSION];

impl Sandbox {
    /// Takes the space itself away.
    pub(crate) fn remove(&self) -> Write {
        let keys = vec![system::key("id", Kind::Int, self.id.0), system::key("job_id", Kind::Int, self.job.0)];
        Write::Delete { table: system::SPACE.into(), keys, must: true, search: false }
    }
}

impl Sandboxes {
    /// Deletes rows until there are none; false when it was told to stop. For a refresh its credentials and its audit
    /// stay.
    pub(crate) async fn wipe(&self, run: &Run, sandbox: &Sandbox, at: &mut At, refresh: bool) -> Result<bool> {
        self.parts.metadata.drop_indexes(sandbox.id).await?;
        if !refresh {
            let mut credentials = Batch::new(INSTALLATION);
            credentials.writes = CREDENTIALS
                .iter()
                .map(|(table, column)| {
                    let keys = vec![system::key(column, Kind::Int, sandbox.id.0)];
                    Write::Delete { table: (*table).into(), keys, must: false, search: false }
                })
                .collect();
            self.store().commit(credentials).await.map_err(failed)?;
        }
        let schema = kontor_catalog::schema(self.parts.catalogs.standard());
        let tables = || schema.tables.iter().filter(|table| !refresh || !KEPT.contains(&table.name.as_str()));
        // What others were writing meanwhile (a seal of the audit, the log of a last request) goes in another round.
        loop {
            let mut found = 0;
            for table in tables() {
                match self.empty(run, sandbox, at, table).await? {
                    Some(rows) => found += rows,
                    None => return Ok(false),
                }
            }
            if found == 0 {
                return Ok(true);
            }
        }
    }

    /// How many rows a table had; none when it was told to stop.
    async fn empty(&self, run: &Run, sandbox: &Sandbox, at: &mut At, table: &Table) -> Result<Option<i64>> {
        let kind = |name: &str| table.columns.iter().find(|column| column.name == name).map(|column| column.kind);
        let key: Vec<ColumnRef> =
            table.key.iter().map(|name| ColumnRef::new(name, kind(name).unwrap_or(Kind::Int))).collect();
        let exprs: Vec<Expr> = key.iter().map(|column| Expr::column(&column.name, column.kind)).collect();
        let mut found = 0;
        loop {
            if run.should_stop() {
                return Ok(None);
            }
            let mut select = Select::new(sandbox.id, table.name.as_str(), exprs.clone()).limit(CHUNK);
            select.lane = Lane::Slow;
            let rows: Vec<Vec<Value>> = self.store().rows(select).await?;
            if rows.is_empty() {
                return Ok(Some(found));
            }
            let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
            let delete = |row: Vec<Value>| Write::Delete {
                table: table.name.as_str().into(),
                keys: key.iter().cloned().zip(row).collect(),
                must: false,
                search: table.search,
            };
            let writes = rows.into_iter().map(delete).collect();
            self.store().commit(Batch { space: sandbox.id, writes }).await.map_err(failed)?;
            found += count;
            at.progress.done += count;
            at.save(run).await?;
        }
    }
}
