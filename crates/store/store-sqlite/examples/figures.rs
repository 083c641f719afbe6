//! Figures of the store on this machine: `cargo run --release -p kontor-store-sqlite --example figures [rows]`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kontor_model::{Kind, Show, SpaceId, Value};
use kontor_store::{
    Batch, Column, ColumnRef, Expr, Index, OnConflict, Schema, Search, Select, Shape, ShapeField, Store, Table, Term,
    Which, Write,
};
use kontor_store_sqlite::{SqliteOptions, SqliteStore};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const SPACE: SpaceId = SpaceId(1);
const NAMES: [&str; 12] = [
    "id",
    "version",
    "created_at",
    "deleted_at",
    "owner_id",
    "amount",
    "first_name",
    "last_name",
    "email",
    "city",
    "stage",
    "custom",
];
const CITIES: [&str; 8] = ["Berlin", "Paris", "Rome", "Madrid", "Oslo", "Wien", "Prag", "Bern"];

fn kind(name: &str) -> Kind {
    match name {
        "custom" => Kind::Json,
        "first_name" | "last_name" | "email" | "city" | "stage" => Kind::Text,
        _ => Kind::Int,
    }
}

fn col(name: &str) -> Expr {
    Expr::column(name, kind(name))
}

fn schema() -> Schema {
    let columns = NAMES.iter().map(|name| Column::new(name, kind(name))).collect();
    let contact = Table::new("contact", &["id"], columns)
        .index(Index::on("ix_contact_created", &["space", "created_at", "id"]).live_only())
        .index(Index::on("ix_contact_stage", &["space", "stage", "created_at", "id"]).live_only())
        .index(Index::on("ix_contact_email", &["space", "email"]).live_only())
        .index(Index::on("ix_contact_city", &["space", "city", "created_at", "id"]).live_only())
        .searched();
    let mut tables = kontor_store::system::tables();
    tables.push(contact);
    Schema { version: 1, oldest: 1, tables }
}

/// A pseudo-random number that depends on `n` only.
fn mix(n: i64) -> i64 {
    let n = n.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((n ^ (n >> 29)) >> 2).cast_signed()
}

fn contact(columns: &Arc<[ColumnRef]>, id: i64) -> Write {
    let random = mix(id);
    let city = CITIES.get(usize::try_from(random % 8).unwrap_or(0)).copied().unwrap_or_default();
    let (first, last) = (format!("first{}", random % 2_000), format!("last{}", mix(random) % 20_000));
    let email = format!("{first}.{last}.{id}@example.com");
    let text = format!("{first} {last} {}", city.to_lowercase());
    let values = vec![
        id.into(),
        1.into(),
        (1_700_000_000_000 + id).into(),
        Value::Null,
        (random % 50).into(),
        (random % 1_000_000).into(),
        first.into(),
        last.into(),
        email.into(),
        city.into(),
        format!("stage{}", random % 5).into(),
        Value::Json(r#"{"k1":"diesel","k2":12500,"k3":true}"#.into()),
    ];
    Write::Insert {
        table: "contact".into(),
        columns: columns.clone(),
        values,
        on_conflict: OnConflict::Fail,
        search: Some(text),
    }
}

fn outbox(id: i64) -> Vec<Write> {
    let mut batch = Batch::new(SPACE);
    let number = |name, n: i64| (name, Kind::Int, n.into());
    let text = |name| (name, Kind::Text, "contact.created".into());
    batch.insert(
        "event",
        vec![number("id", id), number("at", id), text("type"), text("subject"), number("record_id", id)],
    );
    batch.writes
}

/// Processor time of this process so far, in seconds (Linux: ticks of 10 ms).
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    after_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Runs `work` from `clients` tasks for some seconds and says how often it was done.
async fn measure<F, R>(name: &str, clients: i64, work: F) -> Result<(), Failure>
where
    F: Fn(i64) -> R + Send + Sync + Clone + 'static,
    R: Future<Output = Result<(), Failure>> + Send,
{
    let number = Arc::new(AtomicU64::new(0));
    let (started, before) = (Instant::now(), processor());
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (work, number) = (work.clone(), number.clone());
            tokio::spawn(async move {
                let mut times = Vec::new();
                while started.elapsed() < Duration::from_secs(4) {
                    let n = i64::try_from(number.fetch_add(1, Ordering::Relaxed))?;
                    let at = Instant::now();
                    work(n).await?;
                    times.push(at.elapsed());
                }
                Ok::<_, Failure>(times)
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await??);
    }
    let seconds = started.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default();
    let each = (processor() - before) * 1e6 / times.len() as f64;
    let rate = times.len() as f64 / seconds;
    let (p50, p99) = (at(50), at(99));
    println!("{name:42} {clients:3} clients {rate:8.0}/s  {each:6.1} µs CPU  p50 {p50:>9.1?}  p99 {p99:>9.1?}");
    Ok(())
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let rows: i64 = std::env::args().nth(1).map_or(Ok(200_000), |rows| rows.parse())?;
    let folder = tempfile::tempdir_in(".")?;
    let store = Arc::new(SqliteStore::open(SqliteOptions::new(folder.path().join("figures.db")))?);
    store.migrate(Arc::new(schema())).await?;
    let columns: Arc<[ColumnRef]> = NAMES.iter().map(|name| ColumnRef::new(name, kind(name))).collect();
    let started = Instant::now();
    for chunk in 0..rows / 1_000 {
        let writes = (1..=1_000).map(|n| contact(&columns, chunk * 1_000 + n)).collect();
        store.commit(Batch { space: SPACE, writes }).await?;
    }
    println!("{rows} rows loaded in {:.1?}", started.elapsed());

    let all: Vec<Expr> = NAMES.iter().map(|name| col(name)).collect();
    let show = |name: &str| match kind(name) {
        Kind::Json => Show::Json,
        Kind::Text => Show::Text,
        _ => Show::Id,
    };
    let fields = NAMES.iter().enumerate().map(|(at, name)| ShapeField::new(at, name, show(name))).collect();
    let shape = Arc::new(Shape { fields, keep: vec![(0, Kind::Int), (1, Kind::Int)], ..Shape::default() });
    let mut live = Select::new(SPACE, "contact", all);
    live.from.which = Which::Live;
    let live = Arc::new(live);

    let page = |select: fn(&Select, i64, i64) -> Select| {
        let (store, live, shape) = (store.clone(), live.clone(), shape.clone());
        move |n: i64| {
            let (store, shape, select) = (store.clone(), shape.clone(), select(&live, mix(n), rows));
            async move {
                std::hint::black_box(store.page(select, shape).await?);
                Ok(())
            }
        }
    };
    let by_id = |live: &Select, n: i64, rows: i64| live.clone().equals("id", Kind::Int, 1 + n % rows);
    let newest =
        |live: &Select, _: i64, _: i64| live.clone().order(col("created_at"), true).order(col("id"), true).limit(50);
    let middle = |live: &Select, n: i64, rows: i64| {
        let mut s = live
            .clone()
            .equals("stage", Kind::Text, "stage3")
            .order(col("created_at"), true)
            .order(col("id"), true)
            .limit(50);
        s.after = Some(vec![(1_700_000_000_000 + n % rows).into(), (n % rows).into()]);
        s
    };
    fn search(live: &Select, word: &str, prefix: bool) -> Select {
        let mut s = live.clone().limit(20);
        s.search = Some(Search { terms: vec![Term { tokens: vec![word.to_owned()], prefix }] });
        s
    }
    measure("point read", 64, page(by_id)).await?;
    measure("point read", 1, page(by_id)).await?;
    measure("first page of 50", 1, page(newest)).await?;
    measure("page of 50 in the middle, one filter", 1, page(middle)).await?;
    measure(
        "search of a last name, ranked",
        1,
        page(|live, n, _| search(live, &format!("last{}", n % 20_000), false).order(Expr::Rank, false)),
    )
    .await?;
    measure(
        "search of a frequent word, ranked",
        1,
        page(|live, _, _| search(live, "berlin", false).order(Expr::Rank, false)),
    )
    .await?;
    measure(
        "search of a frequent word, newest",
        1,
        page(|live, _, _| search(live, "berlin", false).order(col("created_at"), true).order(col("id"), true)),
    )
    .await?;
    measure("search of a beginning, any order", 1, page(|live, _, _| search(live, "las", true))).await?;

    let insert = |base: i64| {
        let (store, columns) = (store.clone(), columns.clone());
        move |n: i64| {
            let (store, columns) = (store.clone(), columns.clone());
            async move {
                let mut writes = outbox(base + n);
                writes.push(contact(&columns, base + n));
                store.commit(Batch { space: SPACE, writes }).await?;
                Ok(())
            }
        }
    };
    measure("commit (contact, 4 indexes, text, event)", 64, insert(10_000_000)).await?;
    measure("commit (contact, 4 indexes, text, event)", 1, insert(20_000_000)).await?;
    let event = |base: i64| {
        let store = store.clone();
        move |n: i64| {
            let store = store.clone();
            async move {
                store.commit(Batch { space: SPACE, writes: outbox(base + n) }).await?;
                Ok(())
            }
        }
    };
    measure("commit (event)", 64, event(30_000_000)).await?;
    println!("{:?}", store.status().await?);
    store.close().await;
    Ok(())
}
