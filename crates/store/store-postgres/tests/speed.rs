//! Figures, not a test: `cargo test --release -p kontor-store-postgres --test speed -- --ignored --nocapture`.
#![expect(clippy::unwrap_used, reason = "test code")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use common::Database;
use kontor_model::{Kind, Show, SpaceId};
use kontor_store::{
    Batch, Column, ColumnRef, Expr, Index, OnConflict, Schema, Select, Shape, ShapeField, Store, Table, Which, Write,
};
use kontor_store_postgres::{PostgresStore, RowSecurity};

const SPACE: SpaceId = SpaceId(1);
const TEXTS: [&str; 8] = ["first_name", "last_name", "email", "phone", "city", "country", "title", "status"];
const INTS: [&str; 6] = ["id", "version", "created_at", "updated_at", "owner_id", "company_id"];
const ROWS: i64 = 20_000;

fn columns() -> Vec<ColumnRef> {
    let ints = INTS.iter().map(|n| ColumnRef::new(n, Kind::Int));
    let texts = TEXTS.iter().map(|n| ColumnRef::new(n, Kind::Text));
    let rest = [ColumnRef::new("deleted_at", Kind::Int), ColumnRef::new("custom", Kind::Json)];
    ints.chain(texts).chain(rest).collect()
}

fn schema() -> Arc<Schema> {
    let columns = columns().iter().map(|c| Column::new(&c.name, c.kind)).collect();
    let contact = Table::new("contact", &["id"], columns)
        .index(Index::on("ux_contact_email", &["space", "email"]).unique().live_only())
        .index(Index::on("ix_contact_created", &["space", "created_at", "id"]).live_only())
        .index(Index::on("ix_contact_name", &["space", "last_name", "id"]))
        .index(Index::on("ix_contact_owner", &["space", "owner_id", "id"]))
        .searched();
    let mut tables = kontor_store::system::tables();
    tables.push(contact);
    Arc::new(Schema { version: 1, oldest: 1, tables })
}

fn contact(columns: &Arc<[ColumnRef]>, id: i64) -> Write {
    let value = |column: &ColumnRef| match &*column.name {
        "deleted_at" => kontor_model::Value::Null,
        "custom" => kontor_model::Value::Json(format!(r#"{{"k1":{id},"k2":"diesel","k3":true}}"#)),
        "email" => format!("person{id}@example.com").into(),
        _ if column.kind == Kind::Int => id.into(),
        name => format!("{name} {}", id % 1_000).into(),
    };
    let values = columns.iter().map(value).collect();
    let search = Some(format!("anna{} muller{} person{id} example com", id % 1_000, id % 777));
    Write::Insert { table: "contact".into(), columns: columns.clone(), values, on_conflict: OnConflict::Fail, search }
}

fn batch(columns: &Arc<[ColumnRef]>, id: i64) -> Batch {
    let mut batch = Batch::new(SPACE);
    batch.writes.push(contact(columns, id));
    let int = |name, n: i64| (name, Kind::Int, n.into());
    let text = |name| (name, Kind::Text, "contact".into());
    let rest = [text("type"), text("subject")];
    batch.insert("event", [int("id", id), int("at", id), int("record_id", id)].into_iter().chain(rest).collect());
    batch
}

/// Processor time of this process so far, in µs (Linux; else 0).
fn cpu() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let rest = stat.rsplit(')').next().unwrap_or_default();
    rest.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10_000
}

/// Calls a second of 64 callers within two seconds, with the median and the 99th hundredth in µs.
async fn rate<F: Future<Output = ()> + Send>(name: &str, call: impl Fn() -> F + Clone + Send + Sync + 'static) {
    let count = Arc::new(AtomicU64::new(0));
    let (started, cpu_before) = (Instant::now(), cpu());
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let (call, count) = (call.clone(), count.clone());
            tokio::spawn(async move {
                let mut times = Vec::new();
                while started.elapsed() < Duration::from_secs(2) {
                    let began = Instant::now();
                    call().await;
                    times.push(began.elapsed().as_micros());
                    count.fetch_add(1, Ordering::Relaxed);
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    times.sort_unstable();
    let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default();
    let rate = count.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64();
    let own = (cpu() - cpu_before) / count.load(Ordering::Relaxed).max(1);
    println!("{name}: {rate:.0}/s, p50 {} µs, p99 {} µs, {own} µs of this process each", at(50), at(99));
}

fn reading(id: i64) -> Select {
    let all = columns().iter().map(|c| Expr::column(&c.name, c.kind)).collect::<Vec<_>>();
    let mut select = Select::new(SPACE, "contact", all).equals("id", Kind::Int, id);
    select.from.which = Which::Live;
    select
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a quiet machine"]
async fn figures() {
    let Some(database) = Database::make().await else { return };
    for (writers, prepare) in [(2, true), (1, true), (2, false)] {
        let mut options = database.options();
        (options.writers, options.prepare) = (writers, prepare);
        let store: Arc<PostgresStore> = database.open(options).await;
        store.migrate(schema()).await.unwrap();
        println!("writers {writers}, prepared {prepare}");
        let columns: Arc<[ColumnRef]> = columns().into();
        if writers == 2 && prepare {
            for part in 0..ROWS / 500 {
                let writes = (1..=500).map(|n| contact(&columns, part * 500 + n)).collect();
                store.commit(Batch { space: SPACE, writes }).await.unwrap();
            }
            database.admin.batch_execute("CHECKPOINT").await.unwrap();
        }
        let fields = columns
            .iter()
            .enumerate()
            .map(|(n, c)| ShapeField::new(n, &c.name, if c.kind == Kind::Json { Show::Json } else { Show::Text }));
        let shape = Arc::new(Shape { fields: fields.collect(), keep: vec![(0, Kind::Int)], ..Shape::default() });
        let next = Arc::new(AtomicI64::new(7));
        let (of, shape, id) = (store.clone(), shape.clone(), next.clone());
        rate("point page", move || {
            let (store, shape) = (of.clone(), shape.clone());
            let id = id.fetch_add(7_919, Ordering::Relaxed) % ROWS + 1;
            async move { assert_eq!(store.page(reading(id), shape).await.unwrap().rows.len(), 1) }
        })
        .await;
        let base = 1_000_000 * (writers as i64 * 2 + i64::from(prepare));
        let (of, id) = (store.clone(), Arc::new(AtomicI64::new(base)));
        rate("commit contact + event", move || {
            let (store, columns) = (of.clone(), columns.clone());
            let id = id.fetch_add(1, Ordering::Relaxed);
            async move { store.commit(batch(&columns, id)).await.unwrap() }
        })
        .await;
        store.close().await;
    }
    database.drop().await;
}

/// What row security costs: one space, and eight whose questions share connections.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a quiet machine"]
async fn row_security() {
    let Some(database) = Database::make().await else { return };
    let columns: Arc<[ColumnRef]> = columns().into();
    let mut next = 1_000_000;
    for round in 0..6 {
        let mut options = database.options();
        options.row_security = if round % 2 == 0 { RowSecurity::Off } else { RowSecurity::Require };
        println!("row security {:?}", options.row_security);
        let store: Arc<PostgresStore> = database.open(options).await;
        store.migrate(schema()).await.unwrap();
        for part in (0..ROWS / 500).filter(|_| round == 0) {
            for space in 1..=8 {
                let writes = (1..=500).map(|n| contact(&columns, part * 500 + n)).collect();
                store.commit(Batch { space: SpaceId(space), writes }).await.unwrap();
            }
        }
        if round == 0 {
            database.admin.batch_execute("CHECKPOINT").await.unwrap();
        }
        for spaces in [1, 8] {
            next += 1_000_000;
            println!("spaces {spaces}");
            compare(&store, &columns, spaces, next).await;
        }
        store.close().await;
    }
    database.drop().await;
}

async fn compare(store: &Arc<PostgresStore>, columns: &Arc<[ColumnRef]>, spaces: i64, base: i64) {
    let turn = Arc::new(AtomicI64::new(0));
    let (of, n) = (store.clone(), turn.clone());
    rate("read", move || {
        let (store, n) = (of.clone(), n.fetch_add(1, Ordering::Relaxed));
        let select = Select { space: SpaceId(n % spaces + 1), ..reading(n * 7_919 % ROWS + 1) };
        async move { assert_eq!(store.rows(select).await.unwrap().len(), 1) }
    })
    .await;
    let (of, n) = (store.clone(), turn.clone());
    rate("page of 50", move || {
        let (store, n) = (of.clone(), n.fetch_add(1, Ordering::Relaxed));
        let mut select = Select { space: SpaceId(n % spaces + 1), ..reading(1) };
        select.filter = None;
        select.after = Some(vec![(n * 7_919 % ROWS / 2).into(), 0.into()]);
        let by = ["created_at", "id"].map(|name| Expr::column(name, Kind::Int));
        let select = by.into_iter().fold(select, |select, by| select.order(by, false)).limit(50);
        async move { assert_eq!(store.rows(select).await.unwrap().len(), 50) }
    })
    .await;
    let (of, n) = (store.clone(), turn.clone());
    rate("search", move || {
        let (store, n) = (of.clone(), n.fetch_add(1, Ordering::Relaxed));
        let tokens = vec![format!("person{}", n * 7_919 % ROWS + 1)];
        let mut select = Select { space: SpaceId(n % spaces + 1), ..reading(1) };
        select.filter = None;
        select.search = Some(kontor_store::Search { terms: vec![kontor_store::Term { tokens, prefix: false }] });
        async move { assert_eq!(store.rows(select).await.unwrap().len(), 1) }
    })
    .await;
    let (of, n) = (store.clone(), turn.clone());
    rate("aggregate", move || {
        let (store, n) = (of.clone(), n.fetch_add(1, Ordering::Relaxed));
        let by = Expr::column("last_name", Kind::Text);
        let mut select = Select::new(SpaceId(n % spaces + 1), "contact", vec![by.clone(), Expr::Count]);
        (select.group, select.lane) = (vec![by], kontor_store::Lane::Slow);
        async move { assert!(!store.rows(select).await.unwrap().is_empty()) }
    })
    .await;
    let (of, columns, n) = (store.clone(), columns.clone(), Arc::new(AtomicI64::new(base)));
    rate("create", move || {
        let (store, columns, n) = (of.clone(), columns.clone(), n.fetch_add(1, Ordering::Relaxed));
        let batch = Batch { space: SpaceId(n % spaces + 1), ..batch(&columns, n) };
        async move { store.commit(batch).await.unwrap() }
    })
    .await;
}
