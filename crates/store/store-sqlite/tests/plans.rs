//! The texts of selects meet the indexes that are made for them.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use kontor_model::{Kind, Op, SpaceId, Value};
use kontor_store::{Column, Cond, Expr, Index, IndexPart, Search, Select, Table, Term, Which};
use kontor_store_sql::{Dialect, ddl, select};
use rusqlite::Connection;

fn col(name: &str) -> Expr {
    Expr::column(name, if name == "stage" { Kind::Text } else { Kind::Int })
}

fn database() -> Connection {
    let columns = ["id", "created_at", "deleted_at", "amount"].map(|name| Column::new(name, Kind::Int));
    let mut columns = columns.to_vec();
    columns.extend([
        Column::new("stage", Kind::Text),
        Column::new("custom", Kind::Json),
        Column::new("email", Kind::Text),
    ]);
    let custom = |name: &str, key: &str, kind| {
        let mut index = Index::on(name, &["space"]).live_only();
        index.parts.push(IndexPart::Json { key: key.into(), kind });
        index.space = Some(SpaceId(7));
        index
    };
    let table = Table::new("deal", &["id"], columns)
        .index(Index::on("ix_created", &["space", "created_at", "id"]).live_only())
        .index(Index::on("ix_stage", &["space", "stage", "created_at", "id"]).live_only())
        .index(Index::on("ix_amount", &["space", "amount", "id"]).live_only())
        .index(Index::on("ux_email", &["space", "email"]).unique().live_only())
        .index(custom("ix_text", "k1", Kind::Text))
        .index(custom("ix_int", "k2", Kind::Int))
        .searched();
    let db = Connection::open_in_memory().unwrap();
    for text in ddl::create_table(&table, Dialect::Sqlite) {
        db.execute_batch(&text).unwrap();
    }
    for index in &table.indexes {
        db.execute_batch(&ddl::create_index("deal", index, Dialect::Sqlite)).unwrap();
    }
    db.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
    db
}

fn live() -> Select {
    let mut s = Select::new(SpaceId(7), "deal", vec![col("id"), col("amount")]);
    s.from.which = Which::Live;
    s
}

fn plan(db: &Connection, s: &Select) -> String {
    explain(db, &select(s, Dialect::Sqlite).text).join("; ")
}

/// Parameters stay unbound: plans must not depend on them.
fn explain(db: &Connection, text: &str) -> Vec<String> {
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        steps.push(row.get(3).unwrap());
    }
    steps
}

#[test]
fn selects_use_their_indexes() {
    let db = database();
    let newest = live().order(col("created_at"), true).order(col("id"), true).limit(50);
    assert_eq!(plan(&db, &newest), "SEARCH t0 USING INDEX ix_created (space=?)");
    let mut next = newest.clone();
    next.after = Some(vec![Value::Int(5), Value::Int(6)]);
    assert_eq!(plan(&db, &next), "SEARCH t0 USING INDEX ix_created (space=? AND (created_at,id)<(?,?))");

    let mut pinned = live().equals("stage", Kind::Text, "won").order(col("stage"), true);
    pinned = pinned.order(col("created_at"), true).order(col("id"), true);
    assert_eq!(plan(&db, &pinned), "SEARCH t0 USING INDEX ix_stage (space=? AND stage=?)");
    pinned.after = Some(vec!["won".into(), Value::Int(5), Value::Int(6)]);
    assert_eq!(plan(&db, &pinned), "SEARCH t0 USING INDEX ix_stage (space=? AND stage=? AND (created_at,id)<(?,?))");

    let mut up = live().order(col("amount"), false).order(col("id"), false);
    up.after = Some(vec![Value::Int(5), Value::Int(6)]);
    assert_eq!(plan(&db, &up), "SEARCH t0 USING INDEX ix_amount (space=? AND amount>?)");
    let down = live().order(col("amount"), true).order(col("id"), true);
    assert_eq!(plan(&db, &down), "SEARCH t0 USING INDEX ix_amount (space=?)");

    let by_id = live().equals("id", Kind::Int, 5);
    assert_eq!(plan(&db, &by_id), "SEARCH t0 USING INDEX sqlite_autoindex_deal_1 (space=? AND id=?)");
    let unique = live().equals("email", Kind::Text, "a@b");
    assert_eq!(plan(&db, &unique), "SEARCH t0 USING INDEX ux_email (space=? AND email=?)");
    let many = live().filter(Cond::Test { left: col("id"), op: Op::In, right: Value::Ints(vec![1, 2, 3]) });
    assert!(
        plan(&db, &many).starts_with("SEARCH t0 USING INDEX sqlite_autoindex_deal_1 (space=? AND id=?)"),
        "{}",
        plan(&db, &many)
    );
}

#[test]
fn custom_fields_use_the_index_of_their_space() {
    let db = database();
    let key = |key: &str, kind| Expr::Json { relation: 0, key: key.into(), kind };
    let is = |left, right: Value| live().filter(Cond::Test { left, op: Op::Eq, right });
    let text = is(key("k1", Kind::Text), "x".into());
    assert_eq!(plan(&db, &text), "SEARCH t0 USING INDEX ix_text (space=? AND <expr>=?)");
    let int = is(key("k2", Kind::Int), Value::Int(1));
    assert_eq!(plan(&db, &int), "SEARCH t0 USING INDEX ix_int (space=? AND <expr>=?)");
    let sorted = live().order(key("k2", Kind::Int), true).limit(5);
    assert_eq!(plan(&db, &sorted), "SEARCH t0 USING INDEX ix_int (space=?)");
    let mut elsewhere = int;
    elsewhere.space = SpaceId(8);
    assert!(!plan(&db, &elsewhere).contains("ix_int"));
}

#[test]
fn searches_begin_at_the_words() {
    let db = database();
    let mut s = live().order(col("created_at"), true).order(col("id"), true).limit(20);
    s.search = Some(Search { terms: vec![Term { tokens: vec!["anna".into()], prefix: false }] });
    let text = plan(&db, &s);
    assert!(text.starts_with("SCAN deal_fts VIRTUAL TABLE INDEX"), "{text}");
    assert!(text.contains("SEARCH t0 USING INTEGER PRIMARY KEY (rowid=?)"), "{text}");
    let walked = kontor_store_sql::select_with(
        &s,
        Dialect::Sqlite,
        kontor_store_sql::Hints { walk_order: true, ..Default::default() },
    );
    let rows = explain(&db, &walked.text);
    assert_eq!(rows[0], "SEARCH t0 USING INDEX ix_created (space=?)", "{rows:?}");
    assert!(!rows.iter().any(|row| row.contains("TEMP B-TREE")), "{rows:?}");
}
