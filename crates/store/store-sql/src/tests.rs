use kontor_model::{Bucket, Kind, Op, SpaceId, Value};
use kontor_store::{
    ColumnRef, Cond, Expr, Index, IndexPart, Join, Members, OnConflict, Search, Select, Set, Source, Table, Term, Which,
};
use proptest::prelude::*;

use crate::{Dialect, Hints, Sql, ddl, delete, insert, select, select_with, update};

fn col(name: &str, kind: Kind) -> Expr {
    Expr::column(name, kind)
}

fn test(left: Expr, op: Op, right: impl Into<Value>) -> Cond {
    Cond::Test { left, op, right: right.into() }
}

fn live(columns: Vec<Expr>) -> Select {
    let mut s = Select::new(SpaceId(7), "contact", columns);
    s.from.which = Which::Live;
    s
}

fn sqlite(s: &Select) -> String {
    select(s, Dialect::Sqlite).text
}

fn postgres(s: &Select) -> String {
    select(s, Dialect::Postgres).text
}

fn values(sql: &Sql) -> Vec<Value> {
    sql.params.iter().map(|(value, _)| value.clone()).collect()
}

#[test]
fn a_page_in_the_middle_of_a_pinned_list_is_a_row_value() {
    let mut s = live(vec![col("id", Kind::Int)])
        .equals("stage", Kind::Text, "won")
        .order(col("stage", Kind::Text), true)
        .order(col("created_at", Kind::Int), true)
        .order(col("id", Kind::Int), true)
        .limit(50);
    s.after = Some(vec!["won".into(), Value::Int(1), Value::Int(2)]);
    assert_eq!(
        sqlite(&s),
        "SELECT t0.\"id\" FROM \"contact\" AS t0 WHERE t0.\"space\" = ?1 AND t0.\"deleted_at\" IS NULL AND t0.\"stage\" = ?2 \
         AND (t0.\"created_at\", t0.\"id\") < (?3, ?4) ORDER BY t0.\"stage\" DESC, t0.\"created_at\" DESC, t0.\"id\" DESC LIMIT 50"
    );
    assert_eq!(
        postgres(&s),
        "SELECT t0.\"id\" FROM \"contact\" AS t0 WHERE t0.\"space\" = $1::bigint AND t0.\"deleted_at\" IS NULL AND t0.\"stage\" = $2::text \
         AND (t0.\"created_at\", t0.\"id\") < ($3::bigint, $4::bigint) ORDER BY t0.\"stage\" DESC NULLS LAST, t0.\"created_at\" DESC, \
         t0.\"id\" DESC LIMIT 50"
    );
}

#[test]
fn a_page_after_null_and_mixed_directions() {
    let mut s = live(vec![col("id", Kind::Int)])
        .order(col("city", Kind::Text), true)
        .order(col("age", Kind::Int), false)
        .order(col("id", Kind::Int), true);
    s.after = Some(vec!["Bonn".into(), Value::Null, Value::Int(2)]);
    assert!(sqlite(&s).contains(
        " AND (t0.\"city\" IS NULL OR (t0.\"city\" <= ?2 AND (t0.\"city\" < ?2 OR (t0.\"age\" IS NOT NULL OR t0.\"id\" < ?3)))) ORDER BY"
    ), "{}", sqlite(&s));
    s.after = Some(vec![Value::Null, Value::Int(4), Value::Int(2)]);
    assert!(
        postgres(&s).contains(
            " AND (t0.\"city\" IS NULL AND (t0.\"age\" >= $2::bigint AND (t0.\"age\" > $2 OR t0.\"id\" < $3::bigint))) \
         ORDER BY t0.\"city\" DESC NULLS LAST, t0.\"age\" ASC NULLS FIRST, t0.\"id\" DESC"
        ),
        "{}",
        postgres(&s)
    );
}

#[test]
fn conditions() {
    let filter = Cond::And(vec![
        test(col("city", Kind::Text), Op::Ne, "Berlin"),
        Cond::Not(Box::new(Cond::Or(vec![test(col("age", Kind::Int), Op::Gte, 3), Cond::Never]))),
        test(col("n", Kind::Int), Op::In, Value::Ints(vec![1, i64::MAX])),
        test(col("s", Kind::Text), Op::Nin, Value::Texts(vec!["a".into(), "b\"".into()])),
        test(col("name", Kind::Text), Op::Contains, "50%_Ä"),
        test(Expr::Json { relation: 0, key: "k1".into(), kind: Kind::Json }, Op::Contains, "red"),
        test(Expr::Json { relation: 0, key: "k2".into(), kind: Kind::Text }, Op::StartsWith, "Re"),
        Cond::Between {
            left: Expr::Json { relation: 0, key: "k3".into(), kind: Kind::Int },
            low: 1.into(),
            high: 2.into(),
        },
        test(col("age", Kind::Int), Op::IsNull, false),
    ]);
    let s = Select::new(SpaceId(7), "contact", vec![Expr::Count]).filter(filter);
    let lite = select(&s, Dialect::Sqlite);
    assert_eq!(
        lite.text,
        "SELECT COUNT(*) FROM \"contact\" AS t0 WHERE t0.\"space\" = 7 AND (t0.\"city\" IS NOT ?1 AND NOT COALESCE((t0.\"age\" >= ?2 OR FALSE), FALSE) \
         AND t0.\"n\" IN (SELECT value FROM json_each(?3)) AND NOT COALESCE(t0.\"s\" IN (SELECT value FROM json_each(?4)), FALSE) \
         AND kontor_contains(t0.\"name\", ?5) AND EXISTS (SELECT 1 FROM json_each(NULLIF(t0.\"custom\" -> 'k1', 'null')) AS j WHERE j.value = ?6) \
         AND kontor_starts((t0.\"custom\" ->> 'k2'), ?7) AND (CASE json_type(t0.\"custom\", '$.k3') WHEN 'integer' THEN t0.\"custom\" ->> 'k3' END) BETWEEN ?8 AND ?9 AND t0.\"age\" IS NOT NULL)"
    );
    assert_eq!(values(&lite)[2], Value::text("[1,9223372036854775807]"));
    assert_eq!(values(&lite)[3], Value::text("[\"a\",\"b\\\"\"]"));
    assert_eq!(values(&lite)[4], Value::text("50%_ä"));
    let pg = select(&s, Dialect::Postgres);
    assert_eq!(
        pg.text,
        "SELECT COUNT(*) FROM \"contact\" AS t0 WHERE t0.\"space\" = 7 AND (t0.\"city\" IS DISTINCT FROM $1::text \
         AND NOT COALESCE((t0.\"age\" >= $2::bigint OR FALSE), FALSE) AND t0.\"n\" = ANY($3::bigint[]) AND NOT COALESCE(t0.\"s\" = ANY($4::text[]), FALSE) \
         AND lower(t0.\"name\" COLLATE \"und-x-icu\") LIKE lower($5::text COLLATE \"und-x-icu\") ESCAPE '\\' \
         AND NULLIF(t0.\"custom\" -> 'k1', 'null'::jsonb) @> to_jsonb($6::text) \
         AND lower(((t0.\"custom\" ->> 'k2') COLLATE \"C\") COLLATE \"und-x-icu\") LIKE lower($7::text COLLATE \"und-x-icu\") ESCAPE '\\' \
         AND kontor_int(t0.\"custom\" -> 'k3') BETWEEN $8::bigint AND $9::bigint AND t0.\"age\" IS NOT NULL)"
    );
    assert_eq!(values(&pg)[4], Value::text("%50\\%\\_Ä%"));
}

#[test]
fn a_join_reads_live_rows_of_the_same_space() {
    let mut s = live(vec![Expr::Column { relation: 1, name: "name".into(), kind: Kind::Text }]);
    s.from.object = Some("vehicle".into());
    s.joins.push(Join {
        source: Source { table: "company".into(), object: None, which: Which::Live },
        on: Expr::Json { relation: 0, key: "k1".into(), kind: Kind::Int },
        filter: None,
    });
    assert_eq!(
        sqlite(&s),
        "SELECT t1.\"name\" FROM \"contact\" AS t0 LEFT JOIN \"company\" AS t1 ON t1.\"space\" = t0.\"space\" AND t1.\"id\" = (CASE json_type(t0.\"custom\", '$.k1') WHEN 'integer' THEN t0.\"custom\" ->> 'k1' END) \
         AND t1.\"deleted_at\" IS NULL WHERE t0.\"space\" = 7 AND t0.\"object\" = 'vehicle' AND t0.\"deleted_at\" IS NULL"
    );
}

#[test]
fn groups_have_one_parameter_for_one_zone() {
    let month = Expr::Bucket {
        of: Box::new(col("created_at", Kind::Int)),
        bucket: Bucket::Month,
        zone: Some("Europe/Berlin".into()),
    };
    let sum = Expr::Sum(Box::new(col("amount", Kind::Int)));
    let mut s = live(vec![month.clone(), sum.clone()]).order(month.clone(), false);
    s.group = vec![month];
    s.having = Some(test(sum, Op::Gt, 10));
    assert_eq!(
        postgres(&s),
        "SELECT (date_trunc('month', to_timestamp(t0.\"created_at\" / 1000.0) AT TIME ZONE $2::text)::date - date '1970-01-01')::bigint, \
         SUM(t0.\"amount\")::text FROM \"contact\" AS t0 WHERE t0.\"space\" = $1::bigint AND t0.\"deleted_at\" IS NULL \
         GROUP BY (date_trunc('month', to_timestamp(t0.\"created_at\" / 1000.0) AT TIME ZONE $2::text)::date - date '1970-01-01')::bigint \
         HAVING SUM(t0.\"amount\") > $3::bigint \
         ORDER BY (date_trunc('month', to_timestamp(t0.\"created_at\" / 1000.0) AT TIME ZONE $2::text)::date - date '1970-01-01')::bigint ASC"
    );
    let exact = select_with(&s, Dialect::Sqlite, Hints { exact_sums: true, ..Hints::default() });
    assert_eq!(
        exact.text,
        "SELECT kontor_bucket_time(t0.\"created_at\", 'month', ?2), kontor_sum(t0.\"amount\") FROM \"contact\" AS t0 WHERE t0.\"space\" = ?1 \
         AND t0.\"deleted_at\" IS NULL GROUP BY kontor_bucket_time(t0.\"created_at\", 'month', ?2) HAVING kontor_sum_key(t0.\"amount\") > ?3 \
         ORDER BY kontor_bucket_time(t0.\"created_at\", 'month', ?2) ASC"
    );
}

#[test]
fn searches() {
    let terms = vec![
        Term { tokens: vec!["anna".into(), "lena".into()], prefix: false },
        Term { tokens: vec!["mü'\"l".into()], prefix: true },
    ];
    let mut s = live(vec![col("id", Kind::Int), Expr::Rank])
        .order(Expr::Rank, false)
        .order(col("id", Kind::Int), true)
        .limit(20);
    s.search = Some(Search { terms });
    s.after = Some(vec![Value::Int(-5), Value::Int(9)]);
    let lite = select(&s, Dialect::Sqlite);
    assert_eq!(
        lite.text,
        "SELECT t0.\"id\", c.\"k0\" FROM (SELECT * FROM (SELECT t0.\"row\" AS \"r\", CAST(bm25(\"contact_fts\") * 1000000 AS INTEGER) AS \"k0\", \
         t0.\"id\" AS \"k1\" FROM \"contact_fts\" CROSS JOIN \"contact\" AS t0 WHERE t0.\"space\" = ?1 AND t0.\"deleted_at\" IS NULL \
         AND \"contact_fts\".rowid = t0.\"row\" AND \"contact_fts\" MATCH ?2 LIMIT 10000) AS c \
         WHERE (c.\"k0\" >= ?3 AND (c.\"k0\" > ?3 OR c.\"k1\" < ?4)) ORDER BY c.\"k0\" ASC, c.\"k1\" DESC LIMIT 20) AS c \
         CROSS JOIN \"contact\" AS t0 WHERE t0.\"row\" = c.\"r\" ORDER BY c.\"k0\" ASC, c.\"k1\" DESC"
    );
    assert_eq!(values(&lite)[1], Value::text("\"anna lena\" AND \"mül\"*"));
    let pg = select(&s, Dialect::Postgres);
    assert_eq!(
        pg.text,
        "SELECT t0.\"id\", c.\"k0\" FROM (SELECT * FROM (SELECT t0.\"id\" AS \"r\", (ts_rank(t0.\"search\", to_tsquery('simple', $2::text)) * -1000000)::bigint AS \"k0\", \
         t0.\"id\" AS \"k1\" FROM \"contact\" AS t0 WHERE t0.\"space\" = $1::bigint AND t0.\"deleted_at\" IS NULL \
         AND t0.\"search\" @@ to_tsquery('simple', $2::text) LIMIT 10000) AS c \
         WHERE (c.\"k0\" >= $3::bigint AND (c.\"k0\" > $3 OR c.\"k1\" < $4::bigint)) ORDER BY c.\"k0\" ASC, c.\"k1\" DESC LIMIT 20) AS c \
         CROSS JOIN \"contact\" AS t0 WHERE t0.\"id\" = c.\"r\" AND t0.\"space\" = $5::bigint ORDER BY c.\"k0\" ASC, c.\"k1\" DESC"
    );
    assert_eq!(values(&pg)[1], Value::text("('anna' <-> 'lena') & 'mül':*"));
}

#[test]
fn writes() {
    let columns = [ColumnRef::new("id", Kind::Int), ColumnRef::new("name", Kind::Text)];
    assert_eq!(
        insert("contact", &["id"], &columns, OnConflict::Replace, true, Dialect::Sqlite),
        "INSERT INTO \"contact\" (\"space\", \"id\", \"name\") VALUES (?1, ?2, ?3) ON CONFLICT (\"space\", \"id\") DO UPDATE SET \
         \"name\" = excluded.\"name\" RETURNING \"row\""
    );
    assert_eq!(
        insert("contact", &["id"], &columns, OnConflict::Keep, true, Dialect::Postgres),
        "INSERT INTO \"contact\" (\"space\", \"id\", \"name\", \"search\") VALUES ($1, $2, $3, to_tsvector('simple', $4::text)) \
         ON CONFLICT ON CONSTRAINT \"pk_contact\" DO NOTHING"
    );
    let keys = [(columns[0].clone(), Value::Int(1)), (columns[1].clone(), Value::Null)];
    let set = [(ColumnRef::new("version", Kind::Int), Set::Add(1)), (columns[1].clone(), Set::To("x".into()))];
    assert_eq!(
        update("contact", &keys, &set, true, Dialect::Postgres),
        "UPDATE \"contact\" SET \"version\" = COALESCE(\"version\", 0) + $2::bigint, \"name\" = $3, \"search\" = to_tsvector('simple', $5::text) \
         WHERE \"space\" = $1 AND \"id\" = $4 AND \"name\" IS NULL"
    );
    assert_eq!(
        delete("contact", &keys, true, Dialect::Sqlite),
        "DELETE FROM \"contact\" WHERE \"space\" = ?1 AND \"id\" = ?2 AND \"name\" IS NULL RETURNING \"row\""
    );
}

#[test]
fn tables_and_indexes() {
    let table = Table::new(
        "contact",
        &["id"],
        vec![kontor_store::Column::new("id", Kind::Int), kontor_store::Column::new("name", Kind::Text).not_null()],
    )
    .searched();
    assert_eq!(
        ddl::create_table(&table, Dialect::Postgres)[0],
        "CREATE TABLE IF NOT EXISTS \"contact\" (\"space\" BIGINT NOT NULL, \"id\" BIGINT, \"name\" TEXT COLLATE \"C\" NOT NULL, \"search\" TSVECTOR, \
         CONSTRAINT \"pk_contact\" PRIMARY KEY (\"space\", \"id\"))"
    );
    assert_eq!(
        ddl::create_table(&table, Dialect::Sqlite)[0],
        "CREATE TABLE IF NOT EXISTS \"contact\" (\"row\" INTEGER PRIMARY KEY, \"space\" INTEGER NOT NULL, \"id\" INTEGER, \"name\" TEXT NOT NULL, \
         UNIQUE (\"space\", \"id\")) STRICT"
    );
    let mut index = Index::on("ix_a", &["space"]).live_only();
    index.parts.push(IndexPart::Json { key: "k1".into(), kind: Kind::Text });
    index.parts.push(IndexPart::Column("id".into()));
    index.space = Some(SpaceId(3));
    index.object = Some("vehicle".into());
    assert_eq!(
        ddl::create_index("contact", &index, Dialect::Postgres),
        "CREATE INDEX IF NOT EXISTS \"ix_a\" ON \"contact\" (\"space\", (((\"custom\" ->> 'k1') COLLATE \"C\")) ASC NULLS FIRST, \"id\") \
         WHERE \"space\" = 3 AND \"object\" = 'vehicle' AND \"deleted_at\" IS NULL"
    );
    assert_eq!(
        ddl::create_index("contact", &index, Dialect::Sqlite),
        "CREATE INDEX IF NOT EXISTS \"ix_a\" ON \"contact\" (\"space\", (\"custom\" ->> 'k1'), \"id\") \
         WHERE \"space\" = 3 AND \"object\" = 'vehicle' AND \"deleted_at\" IS NULL"
    );
}

#[test]
fn sums_beyond_64_bits_sort() {
    let keys: Vec<_> = [i128::MIN, -(1 << 70), -1, 0, 1, 1 << 70].into_iter().map(crate::sum_key).collect();
    assert!(keys.is_sorted());
}

proptest! {
    #[test]
    fn no_value_is_ever_text(value in "[^a-zA-Z0-9_ ]{3,12}|zq[a-z]{4,9}zq", op in 0..Op::ALL.len(), json in any::<bool>()) {
        let left = if json { Expr::Json { relation: 0, key: "k1".into(), kind: Kind::Text } } else { col("city", Kind::Text) };
        let list = Value::Texts(vec![value.clone(), value.clone()]);
        let op = Op::ALL[op];
        let right = if matches!(op, Op::In | Op::Nin) { list } else { Value::Text(value.clone()) };
        let mut s = live(vec![col("id", Kind::Int), Expr::Bucket { of: Box::new(col("at", Kind::Int)), bucket: Bucket::Day, zone: Some(value.clone()) }])
            .filter(Cond::Not(Box::new(test(left.clone(), op, right))))
            .filter(Cond::Between { left: left.clone(), low: value.as_str().into(), high: value.as_str().into() })
            .order(left, true)
            .order(Expr::Rank, false);
        s.after = Some(vec![value.as_str().into(), 3.into()]);
        s.search = Some(Search { terms: vec![Term { tokens: vec![value.clone()], prefix: true }] });
        let plain = {
            let mut empty = s.clone();
            empty.after = None;
            empty
        };
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            for select_of in [&s, &plain] {
                let sql = select(select_of, dialect);
                prop_assert!(!sql.text.contains(&value), "{}", sql.text);
                for n in 1..=sql.params.len() {
                    let mark = if dialect == Dialect::Sqlite { '?' } else { '$' };
                    prop_assert!(sql.text.contains(&format!("{mark}{n}")), "{n} in {}", sql.text);
                }
            }
        }
    }
}

#[test]
fn only_what_row_security_keeps_from_indexes_is_read_through_views() {
    let hints = Hints { views: true, ..Hints::default() };
    let base = || Select::new(SpaceId(1), "a", vec![Expr::column("id", Kind::Int)]);
    let plain = base().equals("id", Kind::Int, 1).filter(Cond::Among {
        left: Expr::column("id", Kind::Int),
        rows: Box::new(Members {
            space: SpaceId(1),
            from: Source { table: "b".into(), object: None, which: Which::All },
            column: "id".into(),
            filter: Cond::Never,
        }),
    });
    assert!(!select_with(&plain, Dialect::Postgres, hints).text.contains("own_"));
    let text = Cond::Test { left: Expr::column("name", Kind::Text), op: Op::Contains, right: "x".into() };
    let through = plain.filter(text);
    let shown = select_with(&through, Dialect::Postgres, hints).text;
    assert!(shown.contains("FROM \"own_a\" AS t0") && shown.contains("FROM \"own_b\" AS u0"), "{shown}");
    assert!(!select_with(&through, Dialect::Sqlite, hints).text.contains("own_"));
    assert!(!select(&through, Dialect::Postgres).text.contains("own_"));
}
