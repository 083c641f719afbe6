//! Row security on tables: what is missing is put there, one table at a time, so that a server that is running waits
//! for one table at most. Nothing is touched that is as it should be.

use std::collections::HashSet;
use std::time::Duration;

use kontor_store::{Schema, StoreError};
use kontor_store_sql::{ddl, ident};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, Row};

use crate::connect::aside;
use crate::ddl::LOCK;
use crate::error::store_error;
use crate::options::Target;
use crate::role::Standing;

/// How long a change to a table may hold up those who use it, while it waits for one that uses it for long.
const PATIENCE: &str = "SET LOCAL lock_timeout = '2s'";
const PAUSE: Duration = Duration::from_secs(1);
/// How often it is tried.
const TRIES: usize = 30;

/// A table, its guard, and the view of it. `$1` are the names of tables, `$2` the role or ''.
const STATE: &str = "SELECT c.relname::text, c.relrowsecurity, c.relforcerowsecurity, \
    EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'kontor_space'), \
    r.oid IS NOT NULL AND has_table_privilege(r.oid, c.oid, 'SELECT') AND has_table_privilege(r.oid, c.oid, 'INSERT') \
    AND has_table_privilege(r.oid, c.oid, 'UPDATE') AND has_table_privilege(r.oid, c.oid, 'DELETE'), \
    v.oid IS NOT NULL AND r.oid IS NOT NULL AND has_table_privilege(r.oid, v.oid, 'SELECT') AND v.relnatts = \
    (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) \
    FROM pg_class c LEFT JOIN pg_class v ON v.relname = 'own_' || c.relname AND v.relkind = 'v' \
    AND v.relnamespace = c.relnamespace LEFT JOIN pg_roles r ON r.rolname = $2 \
    WHERE c.relkind = 'r' AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) \
    AND c.relname = ANY($1)";

/// What a table has.
struct State {
    table: String,
    enabled: bool,
    forced: bool,
    policy: bool,
    rights: bool,
    view: bool,
}

impl State {
    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            table: row.try_get(0)?,
            enabled: row.try_get(1)?,
            forced: row.try_get(2)?,
            policy: row.try_get(3)?,
            rights: row.try_get(4)?,
            view: row.try_get(5)?,
        })
    }

    /// The statements that bring it to where `standing` wants it; none when it is there.
    fn missing(&self, standing: &Standing) -> Vec<String> {
        let mut table = String::new();
        ident(&self.table, &mut table);
        let (mut alter, mut out) = (Vec::new(), Vec::new());
        let (enabled, forced) = match standing {
            Standing::Above(_) => return out,
            Standing::Off => (false, false),
            Standing::Role(_) => (true, false),
            Standing::Forced => (true, true),
        };
        if self.forced != forced {
            alter.push(if forced { "FORCE ROW LEVEL SECURITY" } else { "NO FORCE ROW LEVEL SECURITY" });
        }
        if self.enabled != enabled {
            alter.push(if enabled { "ENABLE ROW LEVEL SECURITY" } else { "DISABLE ROW LEVEL SECURITY" });
        }
        if enabled && !self.policy {
            out.push(ddl::policy(&self.table));
        }
        if !alter.is_empty() {
            out.push(format!("ALTER TABLE {table} {}", alter.join(", ")));
        }
        if let Standing::Role(role) = standing {
            let mut name = String::new();
            ident(&role.name, &mut name);
            if !self.rights {
                out.push(format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {name}"));
            }
            if !self.view {
                let mut view = String::new();
                ident(&ddl::view_name(&self.table), &mut view);
                out.push(ddl::view(&self.table));
                out.push(format!("GRANT SELECT ON {view} TO {name}"));
            }
        }
        out
    }
}

/// Brings the guard of all tables to where `standing` wants it; says what was done.
pub async fn guard(target: &Target, schema: &Schema, standing: &Standing) -> Result<Vec<String>, StoreError> {
    if matches!(standing, Standing::Above(_)) {
        return Ok(Vec::new());
    }
    let done = aside(target, async |client| guard_with(client, schema, standing).await).await;
    done.map_err(|error| store_error(&error))
}

async fn guard_with(client: &Client, schema: &Schema, standing: &Standing) -> Result<Vec<String>, Error> {
    let names: Vec<String> = schema.tables.iter().map(|table| table.name.clone()).collect();
    let role = match standing {
        Standing::Role(role) => role.name.as_str(),
        _ => "",
    };
    usage(client, role).await?;
    let mut done = Vec::new();
    let wanting: HashSet<String> = states(client, &names, role)
        .await?
        .into_iter()
        .filter(|state| !state.missing(standing).is_empty())
        .map(|state| state.table)
        .collect();
    for name in names.into_iter().filter(|name| wanting.contains(name)) {
        let mut tried = 0;
        loop {
            tried += 1;
            match one(client, &name, role, standing).await {
                Ok(()) => break,
                Err(error) if tried < TRIES && is_busy(&error) => {
                    client.batch_execute("ROLLBACK").await?;
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        }
        done.push(format!("row security of {name}"));
    }
    Ok(done)
}

/// Another process may have been at it meanwhile: what is missing is looked up again under the lock.
async fn one(client: &Client, table: &str, role: &str, standing: &Standing) -> Result<(), Error> {
    client.batch_execute(&format!("BEGIN; {LOCK}; {PATIENCE}")).await?;
    for state in states(client, &[table.to_owned()], role).await? {
        client.batch_execute(&state.missing(standing).join("; ")).await?;
    }
    client.batch_execute("COMMIT").await
}

async fn states(client: &Client, names: &[String], role: &str) -> Result<Vec<State>, Error> {
    let rows = client.query_typed(STATE, &[(&names, Type::TEXT_ARRAY), (&role, Type::TEXT)]).await?;
    rows.iter().map(State::read).collect()
}

/// The role must be let into the schema before it can be let at tables.
async fn usage(client: &Client, role: &str) -> Result<(), Error> {
    if role.is_empty() {
        return Ok(());
    }
    let text = "SELECT quote_ident(current_schema()), has_schema_privilege($1, current_schema(), 'USAGE')";
    let row = client.query_typed_one(text, &[(&role, Type::TEXT)]).await?;
    let (schema, has): (String, bool) = (row.try_get(0)?, row.try_get(1)?);
    if has {
        return Ok(());
    }
    let mut name = String::new();
    ident(role, &mut name);
    client.batch_execute(&format!("BEGIN; {LOCK}; GRANT USAGE ON SCHEMA {schema} TO {name}; COMMIT")).await
}

fn is_busy(error: &Error) -> bool {
    error.code().is_some_and(|code| [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED].contains(code))
}
