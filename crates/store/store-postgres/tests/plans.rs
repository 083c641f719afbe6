//! Which way the server takes to a page.

mod common;

use std::sync::Arc;

use common::Database;
use kontor_model::Kind;
use kontor_store::{Column, Index, Schema, Store, Table, system};

/// Nearly all records are one owner's, and the question was prepared before anybody knew whose page is asked for.
#[tokio::test]
async fn the_page_of_an_owner_of_few_is_found_by_its_index() {
    let Some(database) = Database::make().await else { return };
    let store = database.open(database.options()).await;
    let int = |name: &str| Column::new(name, Kind::Int);
    let columns = vec![int("id"), int("owner_id"), int("created_at"), int("deleted_at")];
    let deals = Table::new("r_deals", &["id"], columns)
        .index(Index::on("ix_r_deals_created", &["space", "created_at", "id"]).live_only())
        .index(Index::on("ix_r_deals_owner_id", &["space", "owner_id", "created_at", "id"]).live_only());
    let mut tables = system::tables();
    tables.push(deals);
    store.migrate(Arc::new(Schema { version: 1, oldest: 1, tables })).await.unwrap();

    let url = database.options().url;
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let fill = "INSERT INTO r_deals (space, id, owner_id, created_at)
        SELECT 1, n, CASE n % 1000 WHEN 0 THEN 2 ELSE 1 END, n FROM generate_series(1, 50000) n";
    client.batch_execute(fill).await.unwrap();
    client.batch_execute("ANALYZE r_deals; SET plan_cache_mode = force_generic_plan").await.unwrap();
    let page = "PREPARE page (bigint, bigint) AS SELECT id FROM r_deals WHERE space = $1 AND owner_id = $2
        AND deleted_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 51";
    client.batch_execute(page).await.unwrap();
    let plan = client.simple_query("EXPLAIN EXECUTE page (1, 2)").await.unwrap();
    let lines: Vec<&str> = plan
        .iter()
        .filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        })
        .collect();
    assert!(lines.iter().any(|line| line.contains("ix_r_deals_owner_id")), "{lines:#?}");
    drop((client, store));
    database.drop().await;
}
