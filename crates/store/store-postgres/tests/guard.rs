//! Row security behind the statements: what the role of the application may see and write, whatever it asks.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test code")]

mod common;

use std::sync::Arc;

use common::Database;
use kontor_model::{Kind, Op, SpaceId};
use kontor_store::{
    Batch, Column, Cond, Expr, Guard, Index, Lane, Schema, Search, Select, Store, StoreError, Table, Term,
};
use kontor_store_postgres::{PostgresOptions, PostgresStore, RowSecurity};
use kontor_store_sql::{Dialect, Hints};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// The system's own tables and one of records.
fn schema() -> Arc<Schema> {
    let columns = vec![
        Column::new("id", Kind::Int),
        Column::new("name", Kind::Text),
        Column::new("deleted_at", Kind::Int),
        Column::new("custom", Kind::Json),
    ];
    let mut by_key = Index::on("ix_t_key", &[]);
    by_key.parts = vec![kontor_store::IndexPart::Json { key: "k1".into(), kind: Kind::Text }];
    let table = Table::new("t", &["id"], columns).index(Index::on("ix_t_name", &["space", "name"])).index(by_key);
    let mut tables = kontor_store::system::tables();
    tables.push(table.searched());
    Arc::new(Schema { version: 1, oldest: 1, tables })
}

fn row(space: i64, id: i64) -> Batch {
    let mut batch = Batch::new(SpaceId(space));
    batch.insert("t", vec![("id", Kind::Int, id.into()), ("name", Kind::Text, format!("of {space}").into())]);
    batch
}

/// The server's own database, from which others can be dropped.
fn server(database: &Database) -> PostgresOptions {
    PostgresOptions::new(database.options().url.replace(&format!("/{}", database.name), "/postgres"))
}

/// A connection beside the store, as somebody else.
async fn client(options: &PostgresOptions) -> Client {
    let (client, connection) = tokio_postgres::connect(&options.url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A row in every table for each of two spaces, whatever its columns are.
const FILL: &str = r#"DO $$ DECLARE t record; s int; BEGIN
    FOR t IN SELECT c.table_name AS name, string_agg(quote_ident(c.column_name), ', ') AS names, string_agg(CASE
        WHEN c.column_name = 'space' THEN '%1$s' WHEN c.data_type IN ('bigint', 'boolean') THEN '0'
        WHEN c.data_type = 'jsonb' THEN '''{}''' ELSE '''''' END || '::' || c.data_type, ', ') AS row
        FROM information_schema.columns c JOIN information_schema.tables b USING (table_schema, table_name)
        WHERE c.table_schema = current_schema() AND b.table_type = 'BASE TABLE' AND c.table_name <> 'kontor_schema'
        GROUP BY 1
    LOOP FOR s IN 1..2 LOOP
        EXECUTE format('INSERT INTO %I (%s) VALUES (' || replace(t.row, '%1$s', s::text) || ')', t.name, t.names);
    END LOOP; END LOOP; END $$"#;

async fn tables(client: &Client) -> Vec<String> {
    let text = "SELECT table_name::text FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name) WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND column_name = 'space' ORDER BY 1";
    client.query(text, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

async fn number(client: &Client, text: &str) -> i64 {
    match client.query_one(text, &[]).await {
        Ok(row) => row.get(0),
        Err(error) => panic!("{text}: {error}"),
    }
}

/// Rows that a statement touches, or the code of its error.
async fn touched(client: &Client, text: &str) -> Result<u64, SqlState> {
    client.execute(text, &[]).await.map_err(|error| error.code().cloned().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_role_sees_and_writes_the_space_that_is_set_and_no_other() {
    let Some(database) = Database::make().await else { return };
    let store = database.open(database.options()).await;
    store.migrate(schema()).await.unwrap();
    assert!(store.migrate(schema()).await.unwrap().is_empty(), "a second start finds nothing to do");
    let owner = client(&database.options()).await;
    owner.batch_execute(FILL).await.unwrap();
    let app = client(&database.options()).await;
    app.batch_execute("SET ROLE kontor_app").await.unwrap();
    let tables = tables(&owner).await;
    assert_eq!(tables.len(), schema().tables.len());
    for table in &tables {
        assert_eq!(number(&owner, &format!("SELECT count(*) FROM {table}")).await, 2, "{table}");
        for space in ["", "0", "1", "2"] {
            app.batch_execute(&format!("SET kontor.space = '{space}'")).await.unwrap();
            let own = i64::from(space == "1" || space == "2");
            for seen in [table.clone(), format!("own_{table}")] {
                assert_eq!(number(&app, &format!("SELECT count(*) FROM {seen}")).await, own, "{seen} in {space:?}");
                let all = format!("SELECT count(*) FROM {seen} WHERE space IN (1, 2)");
                assert_eq!(number(&app, &all).await, own, "{seen} in {space:?}");
            }
        }
        app.batch_execute("SET kontor.space = '1'").await.unwrap();
        let denied = Err(SqlState::INSUFFICIENT_PRIVILEGE);
        assert_eq!(touched(&app, &format!("UPDATE {table} SET space = space WHERE space = 2")).await, Ok(0), "{table}");
        assert_eq!(touched(&app, &format!("DELETE FROM {table} WHERE space = 2")).await, Ok(0), "{table}");
        assert_eq!(touched(&app, &format!("UPDATE {table} SET space = 2")).await, denied, "{table}");
        assert_eq!(touched(&app, &format!("UPDATE {table} SET space = 3")).await, denied, "{table}");
        assert!(touched(&app, &format!("DELETE FROM own_{table}")).await.is_err(), "{table}: views are for reading");
        let insert = format!(
            "INSERT INTO {table} SELECT (x.r).* FROM (SELECT jsonb_populate_record(w, '{{\"space\": 2}}') r FROM {table} w) x"
        );
        assert_eq!(touched(&app, &insert).await, denied, "{table}");
        assert_eq!(touched(&app, &format!("DELETE FROM {table}")).await, Ok(1), "{table}");
        assert_eq!(number(&owner, &format!("SELECT max(space) FROM {table}")).await, 2, "{table}");
    }
    app.batch_execute("RESET kontor.space").await.unwrap();
    assert_eq!(touched(&app, "INSERT INTO t (space, id) VALUES (1, 9)").await, Err(SqlState::INSUFFICIENT_PRIVILEGE));
    app.batch_execute("SET kontor.space = 'all'").await.unwrap();
    assert!(app.query("SELECT count(*) FROM t", &[]).await.is_err(), "there is no word for all spaces");
    for forbidden in
        ["CREATE TABLE x (a int)", "ALTER TABLE t DISABLE ROW LEVEL SECURITY", "DROP TABLE t", "TRUNCATE t"]
    {
        assert_eq!(touched(&app, forbidden).await, Err(SqlState::INSUFFICIENT_PRIVILEGE), "{forbidden}");
    }
    store.close().await;
    database.drop().await;
}

async fn plan(app: &Client, select: &Select) -> String {
    let hints = Hints { views: true, ..Hints::default() };
    let sql = kontor_store_sql::select_with(select, Dialect::Postgres, hints);
    let mut text = sql.text;
    for (n, (value, _)) in sql.params.iter().enumerate().rev() {
        let literal = value
            .as_str()
            .map_or_else(|| value.as_i64().unwrap().to_string(), |text| format!("'{}'", text.replace('\'', "''")));
        text = text.replace(&format!("${}", n + 1), &literal);
    }
    let lines = app.simple_query(&format!("EXPLAIN (COSTS off) {text}")).await.unwrap();
    let line = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => row.get(0).unwrap().to_owned() + "\n",
        _ => String::new(),
    };
    lines.iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn indexes_serve_under_row_security() {
    let Some(database) = Database::make().await else { return };
    let store = database.open(database.options()).await;
    store.migrate(schema()).await.unwrap();
    let owner = client(&database.options()).await;
    let rows = "INSERT INTO t (space, id, name, custom, search) SELECT n % 3, n, 'n' || n % 97, jsonb_build_object('k1', n::text), to_tsvector('simple', 'w' || n) FROM generate_series(1, 6000) n; VACUUM ANALYZE t";
    for text in rows.split("; ") {
        owner.batch_execute(text).await.unwrap();
    }
    let app = client(&database.options()).await;
    app.batch_execute("SET ROLE kontor_app; SET kontor.space = '1'").await.unwrap();
    let columns = || vec![Expr::column("id", Kind::Int), Expr::column("name", Kind::Text)];
    let by_id = Select::new(SpaceId(1), "t", columns()).equals("id", Kind::Int, 7);
    let shown = plan(&app, &by_id).await;
    assert!(shown.contains("Index Scan using pk_t") && shown.contains("One-Time Filter"), "{shown}");
    let mut groups = Select::new(SpaceId(1), "t", vec![Expr::column("name", Kind::Text), Expr::Count]);
    groups.group = vec![Expr::column("name", Kind::Text)];
    let shown = plan(&app, &groups).await;
    assert!(shown.contains("Index Only Scan using ix_t_name"), "{shown}");
    let mut search = Select::new(SpaceId(1), "t", columns());
    search.search = Some(Search { terms: vec![Term { tokens: vec!["w7".into()], prefix: false }] });
    let shown = plan(&app, &search).await;
    assert!(shown.contains("Bitmap Index Scan on fts_t") && shown.contains("One-Time Filter"), "{shown}");
    let left = Expr::Json { relation: 0, key: "k1".into(), kind: Kind::Text };
    let by_key = Select::new(SpaceId(1), "t", columns()).filter(Cond::Test { left, op: Op::Eq, right: "7".into() });
    let shown = plan(&app, &by_key).await;
    assert!(shown.contains("ix_t_key") && shown.contains("One-Time Filter"), "{shown}");
    for select in [by_id, search, by_key] {
        assert_eq!(store.rows(select.clone()).await.unwrap().len(), 1);
        assert_eq!(store.rows(Select { space: SpaceId(2), lane: Lane::Slow, ..select }).await.unwrap().len(), 0);
    }
    store.close().await;
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_start_together_make_one_role() {
    let Some(first) = Database::make().await else { return };
    let role = format!("{}_app", first.name);
    let mut databases = vec![first];
    for _ in 0..3 {
        databases.push(Database::make().await.unwrap());
    }
    let opened = databases.iter().flat_map(|database| [database, database]).map(|database| {
        let options = PostgresOptions { role: role.clone(), row_security: RowSecurity::Require, ..database.options() };
        tokio::spawn(async move {
            let store = PostgresStore::connect(options).await.unwrap();
            store.migrate(schema()).await.unwrap();
            store
        })
    });
    for task in opened.collect::<Vec<_>>() {
        let store = task.await.unwrap();
        assert!(matches!(store.status().await.unwrap().guard, Guard::Weak(why) if why.contains(&role)));
        let _ = store.commit(row(1, 1)).await;
        assert_eq!(store.rows(Select::new(SpaceId(1), "t", vec![Expr::Count])).await.unwrap().len(), 1);
        store.close().await;
    }
    let admin = client(&server(databases.first().unwrap())).await;
    for database in databases {
        database.drop().await;
    }
    admin.batch_execute(&format!("DROP ROLE {role}")).await.unwrap();
}

/// A login of its own that owns the database.
async fn owned(database: &Database, rights: &str) -> PostgresOptions {
    let login = format!("{}_owner", database.name);
    let text = format!("CREATE ROLE {login} LOGIN {rights} PASSWORD 'owner'");
    database.admin.batch_execute(&text).await.unwrap();
    database.admin.batch_execute(&format!("ALTER DATABASE {} OWNER TO {login}", database.name)).await.unwrap();
    let url = database.options().url.replace("//postgres@", &format!("//{login}:owner@"));
    let text = "ALTER SCHEMA public OWNER TO pg_database_owner; GRANT USAGE ON SCHEMA public TO PUBLIC";
    client(&database.options()).await.batch_execute(text).await.unwrap();
    PostgresOptions { role: format!("{}_app", database.name), ..PostgresOptions::new(url) }
}

async fn drop_owned(database: Database) {
    let name = database.name.clone();
    let admin = client(&server(&database)).await;
    database.drop().await;
    for role in ["app", "owner"] {
        admin.batch_execute(&format!("DROP ROLE IF EXISTS {name}_{role}")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_that_may_make_roles_is_enough_and_an_older_program_goes_on() {
    let Some(database) = Database::make().await else { return };
    let options = owned(&database, "CREATEROLE").await;
    let older = database.open(PostgresOptions { row_security: RowSecurity::Off, ..options.clone() }).await;
    older.migrate(schema()).await.unwrap();
    older.commit(row(1, 1)).await.unwrap();
    let store = database.open(options.clone()).await;
    store.migrate(schema()).await.unwrap();
    assert!(matches!(store.status().await.unwrap().guard, Guard::Holds(_)));
    // The older program sets no space and is the owner.
    older.commit(row(2, 2)).await.unwrap();
    let count = |space| Select::new(SpaceId(space), "t", vec![Expr::Count]);
    for store in [&older, &store] {
        assert_eq!(store.rows(count(1)).await.unwrap(), store.rows(count(2)).await.unwrap());
    }
    store.commit(row(2, 3)).await.unwrap();
    let app = client(&options).await;
    app.batch_execute(&format!("SET ROLE {}", options.role)).await.unwrap();
    assert_eq!(number(&app, "SELECT count(*) FROM t").await, 0);
    older.close().await;
    store.close().await;
    drop_owned(database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_without_a_role_is_told_or_has_policies_forced_on_it() {
    let Some(database) = Database::make().await else { return };
    let options = owned(&database, "").await;
    let store = database.open(options.clone()).await;
    store.migrate(schema()).await.unwrap();
    assert!(matches!(store.status().await.unwrap().guard, Guard::Open(why) if why.contains("may not make it")));
    store.commit(row(1, 1)).await.unwrap();
    let owner = client(&options).await;
    assert_eq!(number(&owner, "SELECT count(*) FROM t").await, 1);
    let strict = database.open(PostgresOptions { row_security: RowSecurity::Require, ..options.clone() }).await;
    strict.migrate(schema()).await.unwrap();
    assert!(matches!(strict.status().await.unwrap().guard, Guard::Holds(_)));
    assert_eq!(number(&owner, "SELECT count(*) FROM t").await, 0);
    // A process that is not strict yet sets spaces all the same.
    for store in [&store, &strict] {
        assert_eq!(
            store.rows(Select::new(SpaceId(1), "t", vec![Expr::column("id", Kind::Int)])).await.unwrap().len(),
            1
        );
    }
    strict.commit(row(2, 2)).await.unwrap();
    let off = database.open(PostgresOptions { row_security: RowSecurity::Off, ..options.clone() }).await;
    off.migrate(schema()).await.unwrap();
    assert_eq!(number(&owner, "SELECT count(*) FROM t").await, 2);
    for store in [store, strict, off] {
        store.close().await;
    }
    drop_owned(database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_with_rights_of_its_own_is_not_taken() {
    let Some(database) = Database::make().await else { return };
    let options = PostgresOptions { role: format!("{}_app", database.name), ..database.options() };
    database.admin.batch_execute(&format!("CREATE ROLE {} BYPASSRLS", options.role)).await.unwrap();
    let store = database.open(options.clone()).await;
    assert!(matches!(store.status().await.unwrap().guard, Guard::Open(why) if why.contains("BYPASSRLS")));
    store.close().await;
    let strict = PostgresOptions { row_security: RowSecurity::Require, ..options };
    let refused = PostgresStore::connect(strict).await.map(|_| ());
    assert!(matches!(&refused, Err(StoreError::Internal(why)) if why.contains("required")), "{refused:?}");
    drop_owned(database).await;
}
