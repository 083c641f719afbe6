//! What single writes do.

use kontor_model::{Kind, Value};

use super::Outcome;
use super::fixture::{COUNTER, Ctx, RECORD, Row, col, delete, key, row, sorted, to, update};
use crate::{CommitError, OnConflict, Set, Write};

fn counter(name: &str, count: i64) -> Row {
    Row { values: vec![("name", Value::text(name)), ("count", Value::Int(count))], search: None }
}

pub async fn on_conflict(ctx: Ctx) -> Outcome {
    let value = || ctx.select(COUNTER, &["count", "note"]).equals("name", Kind::Text, "a");
    ctx.commit(vec![counter("a", 1).with("note", "first").insert(COUNTER, OnConflict::Keep)]).await?;
    ctx.commit(vec![counter("a", 2).insert(COUNTER, OnConflict::Keep)]).await?;
    same!(ctx.rows(value()).await?, vec![vec![Value::Int(1), Value::text("first")]]);
    ctx.commit(vec![counter("a", 3).insert(COUNTER, OnConflict::Replace)]).await?;
    same!(ctx.one(value()).await?, Value::Int(3));
    let failed = ctx
        .commit(vec![
            counter("b", 1).insert(COUNTER, OnConflict::Fail),
            counter("a", 4).insert(COUNTER, OnConflict::Fail),
        ])
        .await;
    holds!(matches!(failed, Err(CommitError::Unique { write: 1, .. })), "{failed:?}");
    same!(ctx.rows(ctx.select(COUNTER, &["count"])).await?, vec![vec![Value::Int(3)]]);
    // Keep and Replace speak of the primary key only.
    ctx.put(RECORD, [row(1).with("email", "x@y")]).await?;
    let taken = ctx.commit(vec![row(2).with("email", "x@y").insert(RECORD, OnConflict::Replace)]).await;
    holds!(matches!(taken, Err(CommitError::Unique { write: 0, .. })), "{taken:?}");
    ctx.commit(vec![row(1).with("email", "z@y").text("replaced").insert(RECORD, OnConflict::Replace)]).await?;
    same!(ctx.rows(ctx.select(RECORD, &["id", "email"])).await?, vec![vec![Value::Int(1), Value::text("z@y")]]);
    Ok(())
}

pub async fn add(ctx: Ctx) -> Outcome {
    ctx.put(COUNTER, [counter("n", 40), counter("other", 1)]).await?;
    let raise =
        |by| update(COUNTER, vec![key("name", "n")], vec![(crate::ColumnRef::new("count", Kind::Int), Set::Add(by))]);
    ctx.commit(vec![raise(5), raise(-3)]).await?;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (ctx, write) = (ctx.clone(), raise(2));
            tokio::spawn(async move { ctx.commit(vec![write]).await })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    let rows = ctx.rows(ctx.select(COUNTER, &["name", "count"]).order(col("name"), false)).await?;
    same!(rows, vec![vec![Value::text("n"), Value::Int(142)], vec![Value::text("other"), Value::Int(1)]]);
    Ok(())
}

pub async fn updates_and_deletes(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, (1..=6).map(|id| row(id).with("city", if id < 4 { "a" } else { "b" }))).await?;
    // One statement may touch several rows; a missing row without `must` is no failure.
    ctx.commit(vec![
        update(RECORD, vec![key("city", "a")], vec![to("amount", 1)]),
        Write::Update {
            table: RECORD.into(),
            keys: vec![key("id", 99)],
            set: vec![to("amount", 1)],
            must: false,
            search: None,
        },
        Write::Delete { table: RECORD.into(), keys: vec![key("id", 99)], must: false, search: true },
        delete(RECORD, vec![key("city", "b"), key("id", 6)]),
    ])
    .await?;
    let rows = ctx.rows(ctx.select(RECORD, &["id", "amount"]).order(col("id"), false)).await?;
    let expected: Vec<_> =
        (1..=5).map(|id| vec![Value::Int(id), if id < 4 { Value::Int(1) } else { Value::Null }]).collect();
    same!(rows, expected);
    // Later writes of a batch see earlier ones.
    ctx.commit(vec![
        row(7).insert(RECORD, OnConflict::Fail),
        update(RECORD, vec![key("id", 7), key("version", 1)], vec![to("version", 2), to("name", "seven")]),
        update(RECORD, vec![key("id", 7), key("version", 2)], vec![to("version", 3)]),
        delete(RECORD, vec![key("city", "a")]),
    ])
    .await?;
    same!(sorted(ctx.ids(ctx.select(RECORD, &["id"])).await?), vec![4, 5, 7]);
    same!(ctx.one(ctx.select(RECORD, &["version"]).equals("id", Kind::Int, 7)).await?, Value::Int(3));
    Ok(())
}

pub async fn many_rows_in_one_batch(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, (1..=2_000).map(|id| row(id).with("name", format!("n{id}")).text("word"))).await?;
    same!(ctx.ids(ctx.select(RECORD, &["id"]).order(col("id"), false)).await?, (1..=2_000).collect::<Vec<i64>>());
    Ok(())
}

pub async fn empty_batch(ctx: Ctx) -> Outcome {
    ctx.commit(Vec::new()).await?;
    Ok(())
}
