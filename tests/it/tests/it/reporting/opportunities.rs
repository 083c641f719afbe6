//! Real run: 8,800 opportunities. What reports say is what plain SQL over the file says.

use std::collections::BTreeMap;

use kontor_testkit::{Api, Backend, Server, both_alone};
use serde_json::{Value, json};

use super::rows;
use crate::imports::{opportunities, samples};

both_alone!(reports_of_the_opportunities_are_exact);

/// The file in a database of its own.
fn plain() -> rusqlite::Connection {
    let db = rusqlite::Connection::open_in_memory().unwrap();
    for (table, file) in [("deal", "sales_pipeline.csv"), ("team", "sales_teams.csv"), ("product", "products.csv")] {
        let mut reader = csv::Reader::from_path(samples().join("sales-opportunities").join(file)).unwrap();
        let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        db.execute_batch(&format!("CREATE TABLE {table} ({})", names.join(", "))).unwrap();
        let places = vec!["?"; names.len()].join(", ");
        let mut insert = db.prepare(&format!("INSERT INTO {table} VALUES ({places})")).unwrap();
        for record in reader.records() {
            insert.execute(rusqlite::params_from_iter(record.unwrap().iter())).unwrap();
        }
    }
    // 3/11/2017 → 2017-03-11
    db.create_scalar_function("iso", 1, rusqlite::functions::FunctionFlags::SQLITE_UTF8, |context| {
        let text: String = context.get(0)?;
        let parts: Vec<&str> = text.split('/').collect();
        Ok(match parts.as_slice() {
            [month, day, year] => format!("{year}-{month:0>2}-{day:0>2}"),
            _ => String::new(),
        })
    })
    .unwrap();
    // A product is called in two ways.
    db.execute_batch("UPDATE deal SET product = 'GTX Pro' WHERE product = 'GTXPro';").unwrap();
    db
}

/// Key → figures of a question in SQL.
fn asked(db: &rusqlite::Connection, sql: &str) -> BTreeMap<String, Vec<i64>> {
    let mut statement = db.prepare(sql).unwrap();
    let columns = statement.column_count();
    let read = |row: &rusqlite::Row<'_>| {
        let figures: Vec<i64> = (1..columns).map(|column| row.get(column).unwrap()).collect();
        Ok((row.get::<_, String>(0)?, figures))
    };
    statement.query_map([], read).unwrap().map(Result::unwrap).collect()
}

fn whole(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| value.as_str().unwrap_or("0").parse().unwrap())
}

fn told(rows: &[Value], key: &str, figures: &[&str]) -> BTreeMap<String, Vec<i64>> {
    let one = |row: &Value| {
        let figures = figures.iter().map(|name| whole(&row[*name])).collect();
        (row[key].as_str().unwrap_or_default().to_owned(), figures)
    };
    rows.iter().map(one).collect()
}

const CLOSED: &str = "sum(deal_stage = 'Won'), sum(deal_stage = 'Lost'), sum(CASE deal_stage WHEN 'Won' THEN CAST(close_value AS INTEGER) ELSE 0 END)";

async fn reports_of_the_opportunities_are_exact(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    opportunities(&api).await;
    let db = plain();

    let all = rows(&api, json!({"kind": "win_rate"})).await;
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(
        (&all[0]["won"], &all[0]["lost"], &all[0]["win_rate"], &all[0]["won_amount"]),
        (&json!(4_238), &json!(2_473), &json!("63.15"), &json!("10005534"))
    );

    let figures = ["won", "lost", "won_amount"];
    let agents = rows(&api, json!({"kind": "win_rate", "definition": {"group_by": "owner.name"}})).await;
    let wanted =
        asked(&db, &format!("SELECT sales_agent, {CLOSED} FROM deal WHERE deal_stage IN ('Won', 'Lost') GROUP BY 1"));
    assert_eq!(told(&agents, "owner.name", &figures), wanted);
    assert_eq!(wanted.len(), 30);

    let managers = rows(&api, json!({"kind": "win_rate", "definition": {"group_by": "owner.manager_id"}})).await;
    let names = names(&api).await;
    let by_name: Vec<Value> = managers
        .iter()
        .map(|row| {
            let mut row = row.clone();
            row["manager"] = json!(names[row["owner.manager_id"].as_str().unwrap()]);
            row
        })
        .collect();
    let wanted = asked(
        &db,
        &format!(
            "SELECT manager, {CLOSED} FROM deal JOIN team USING (sales_agent) WHERE deal_stage IN ('Won', 'Lost') GROUP BY 1"
        ),
    );
    assert_eq!(told(&by_name, "manager", &figures), wanted);
    assert_eq!(wanted.len(), 6);

    quarters(&api, &db).await;
    products(&api, &db).await;
    cycles(&api, &db).await;
}

async fn names(api: &Api) -> BTreeMap<String, String> {
    let users = api.get("/v1/users?limit=500&fields=name").await.expect(200);
    users
        .rows()
        .iter()
        .map(|u| (u["id"].as_str().unwrap().to_owned(), u["name"].as_str().unwrap().to_owned()))
        .collect()
}

async fn quarters(api: &Api, db: &rusqlite::Connection) {
    let definition = json!({"filter": {"field": "stage.kind", "value": "won"}, "group_by": [{"field": "close_date", "bucket": "quarter"}],
        "measures": [{"fn": "count", "as": "n"}, {"fn": "sum", "field": "amount", "as": "total"}]});
    let quarters = rows(api, json!({"target_object": "deal", "definition": definition})).await;
    let sql = "SELECT substr(iso(close_date), 1, 5) || printf('%02d', (CAST(substr(iso(close_date), 6, 2) AS INTEGER) - 1) / 3 * 3 + 1) || '-01',
        count(*), sum(CAST(close_value AS INTEGER)) FROM deal WHERE deal_stage = 'Won' GROUP BY 1";
    let wanted = asked(db, sql);
    assert_eq!(told(&quarters, "close_date", &["n", "total"]), wanted);
    assert_eq!(wanted["2017-01-01"], [531, 1_134_672], "the example of the contract");
}

async fn products(api: &Api, db: &rusqlite::Connection) {
    let won = api.get("/v1/stages?filter[kind]=won&limit=1").await.expect(200).ids().remove(0);
    let definition = json!({"filter": {"field": "deal.stage_id", "value": won}, "group_by": ["product.name"],
        "measures": [{"fn": "count", "as": "n"}, {"fn": "sum", "field": "total", "as": "total"}]});
    let products = rows(api, json!({"target_object": "deal_line", "definition": definition})).await;
    let sql =
        "SELECT product, count(*), sum(CAST(close_value AS INTEGER)) FROM deal WHERE deal_stage = 'Won' GROUP BY 1";
    assert_eq!(told(&products, "product.name", &["n", "total"]), asked(db, sql));
}

async fn cycles(api: &Api, db: &rusqlite::Connection) {
    let all = rows(api, json!({"kind": "sales_cycle"})).await;
    let days: (i64, i64, i64, i64) = db
        .query_row(
            "SELECT count(*), sum(days), min(days), max(days) FROM
             (SELECT julianday(iso(close_date)) - julianday(iso(engage_date)) AS days FROM deal WHERE deal_stage = 'Won')",
            [],
            |row| Ok((row.get(0)?, row.get::<_, f64>(1)? as i64, row.get::<_, f64>(2)? as i64, row.get::<_, f64>(3)? as i64)),
        )
        .unwrap();
    assert_eq!(
        (whole(&all[0]["won"]), whole(&all[0]["least_days"]), whole(&all[0]["most_days"])),
        (days.0, days.2, days.3)
    );
    let average: f64 = all[0]["average_days"].as_str().unwrap().parse().unwrap();
    assert!((average - days.1 as f64 / days.0 as f64).abs() < 0.000_001, "{average}");
}
