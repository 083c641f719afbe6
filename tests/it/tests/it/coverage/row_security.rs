//! Every table that has a space is behind row security, and what runs statements is above nothing (PostgreSQL).

use kontor_testkit::{Api, Backend, Server};
use serde_json::json;

use crate::support::{notes, vehicles};

/// Tables with a space.
const TABLES: &str = "SELECT c.table_name FROM information_schema.columns c JOIN information_schema.tables t \
    USING (table_schema, table_name) WHERE c.table_schema = current_schema() AND c.column_name = 'space' \
    AND t.table_type = 'BASE TABLE' ORDER BY 1";

/// Tables with a space that lack row security or the one policy that lets rows of the space set pass.
const OPEN: &str = "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'space' \
    WHERE c.relkind IN ('r', 'p', 'm') AND c.relnamespace = current_schema()::regnamespace AND NOT (c.relrowsecurity \
    AND (SELECT count(*) = 1 AND bool_and(p.polname = 'kontor_space' AND p.polcmd = '*' AND p.polroles = '{0}' \
    AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL) FROM pg_policy p WHERE p.polrelid = c.oid))";

async fn story(server: &Server) -> Api {
    let api = server.api();
    let notes = notes(&api).await;
    for rank in 1..=3 {
        let _ = api.post(&notes.path, json!({"title": format!("paper {rank}"), "rank": rank})).await.expect(201);
    }
    let found = api.get(&format!("{}?q=paper&filter[rank][gt]=1&sort=-rank", notes.path)).await.expect(200);
    assert_eq!(found.texts("title"), ["paper 3", "paper 2"]);
    let body = json!({"measures": [{"fn": "sum", "field": "rank", "as": "n"}]});
    assert_eq!(api.post(&notes.at("aggregate"), body).await.expect(200).rows()[0]["n"], 6);
    api
}

#[tokio::test]
async fn every_table_is_behind_it() {
    if !Backend::Postgres.is_reachable() {
        return;
    }
    let server = Server::builder().backend(Backend::Postgres).start().await;
    let api = story(&server).await;
    let _ = vehicles(&api).await;
    let place = server.place();
    let tables = place.ask(TABLES);
    assert!(tables.len() > 30, "{tables:?}");
    assert_eq!(place.ask(OPEN), Vec::<String>::new(), "tables without row security");
    let counts: Vec<String> = tables.iter().map(|table| format!("SELECT count(*) FROM {table}")).collect();
    let counts = counts.join(" UNION ALL ");
    let filled = place.ask(&counts).iter().filter(|count| *count != "0").count();
    assert!(filled > 10, "the story has left its traces in {filled} tables");
    for who in ["SET ROLE kontor_app;", "SET ROLE kontor_app; SET kontor.space = '-1';"] {
        assert!(place.ask(&format!("{who} {counts}")).iter().all(|count| count == "0"), "{who}");
    }
    let above = "SELECT relname FROM pg_class WHERE relkind IN ('r', 'v') AND relnamespace = \
        current_schema()::regnamespace AND has_table_privilege('kontor_app', oid, 'TRUNCATE, REFERENCES, TRIGGER')";
    assert_eq!(place.ask(above), Vec::<String>::new());
    // What has no space is not the role's to see.
    let others = "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p', 'm', 'f') AND relnamespace = \
        current_schema()::regnamespace AND has_table_privilege('kontor_app', oid, 'SELECT') AND NOT relrowsecurity";
    assert_eq!(place.ask(others), ["0"]);
    let ready = api.anonymous().get("/readyz").await.expect(200);
    assert_eq!(ready.json["checks"]["row_security"]["status"], "ok");
}

#[tokio::test]
async fn the_role_has_no_rights_of_its_own() {
    if !Backend::Postgres.is_reachable() {
        return;
    }
    let server = Server::builder().backend(Backend::Postgres).start().await;
    let place = server.place();
    let rights = "SELECT count(*) FROM pg_roles WHERE rolname = 'kontor_app' AND NOT (rolsuper OR rolbypassrls OR \
        rolcreatedb OR rolcreaterole OR rolreplication OR rolcanlogin)";
    assert_eq!(place.ask(rights), ["1"]);
    let owned = "SELECT relname FROM pg_class WHERE relowner = 'kontor_app'::regrole UNION ALL SELECT proname FROM \
        pg_proc WHERE proowner = 'kontor_app'::regrole UNION ALL SELECT nspname FROM pg_namespace WHERE nspowner = \
        'kontor_app'::regrole UNION ALL SELECT datname FROM pg_database WHERE datdba = 'kontor_app'::regrole";
    assert_eq!(place.ask(owned), Vec::<String>::new());
    let member = "SELECT count(*) FROM pg_auth_members WHERE member = 'kontor_app'::regrole";
    assert_eq!(place.ask(member), ["0"]);
    let create = "SELECT has_schema_privilege('kontor_app', current_schema(), 'CREATE')";
    assert_eq!(place.ask(create), ["f"]);
    let doctor = place.output(&["doctor"]);
    let said = String::from_utf8_lossy(&doctor.stdout);
    assert!(doctor.status.success() && said.contains("run as kontor_app"), "{said}");
}

#[tokio::test]
async fn nothing_changes_behind_a_pooler_or_without_it() {
    if !Backend::Postgres.is_reachable() {
        return;
    }
    let pooled = Server::builder().backend(Backend::Postgres).env("KONTOR_DATABASE_PREPARE", "off").start().await;
    let _ = story(&pooled).await;
    assert_eq!(pooled.place().ask(OPEN), Vec::<String>::new());
    let off = Server::builder().backend(Backend::Postgres).env("KONTOR_DATABASE_ROW_SECURITY", "off").start().await;
    let api = story(&off).await;
    assert_eq!(off.place().ask(OPEN).len(), off.place().ask(TABLES).len());
    let ready = api.anonymous().get("/readyz").await.expect(200);
    assert!(ready.json["checks"]["row_security"].is_null());
}
