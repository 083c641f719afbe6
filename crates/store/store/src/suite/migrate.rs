//! Migration is additive, repeatable and knows which versions it may touch.

use std::sync::Arc;

use kontor_model::{Kind, Value};

use super::Outcome;
use super::fixture::{Ctx, schema};
use crate::{Column, Expr, Index, Schema, Select, StoreError, Table};

pub async fn twice_does_nothing(ctx: Ctx) -> Outcome {
    same!(ctx.store.migrate(Arc::new(schema())).await?, Vec::<String>::new());
    let both = (ctx.store.migrate(Arc::new(schema())), ctx.store.migrate(Arc::new(schema())));
    let (first, second) = futures::join!(both.0, both.1);
    same!((first?, second?), (Vec::new(), Vec::new()));
    Ok(())
}

fn growing(columns: &[&str]) -> Table {
    let columns = columns
        .iter()
        .map(|name| Column::new(name, Kind::Text))
        .chain([Column::new("id", Kind::Int), Column::new("custom", Kind::Json)])
        .collect();
    Table::new("suite_grow", &["id"], columns)
}

fn with(table: Table) -> Arc<Schema> {
    let mut all = schema();
    all.tables.push(table);
    Arc::new(all)
}

pub async fn adds_a_column_and_keeps_rows(ctx: Ctx) -> Outcome {
    let made = ctx.store.migrate(with(growing(&["a"]))).await?;
    holds!(!made.is_empty(), "a table was made, but nothing is said of it");
    let mut batch = ctx.batch(Vec::new());
    batch.insert("suite_grow", vec![("id", Kind::Int, 1.into()), ("a", Kind::Text, "kept".into())]);
    ctx.store.commit(batch).await?;
    let wider =
        || with(growing(&["a", "order"]).index(Index::on("ux_suite_grow", &["space", "order"]).unique()).searched());
    let made = ctx.store.migrate(wider()).await?;
    holds!(made.len() >= 2, "{made:?}");
    same!(ctx.store.migrate(wider()).await?, Vec::<String>::new());
    let select = || {
        Select::new(ctx.space, "suite_grow", vec![Expr::column("a", Kind::Text), Expr::column("order", Kind::Text)])
            .order(Expr::column("id", Kind::Int), false)
    };
    same!(ctx.rows(select()).await?, vec![vec![Value::text("kept"), Value::Null]]);
    let next = |id: i64| {
        let mut batch = ctx.batch(Vec::new());
        batch.insert("suite_grow", vec![("id", Kind::Int, id.into()), ("order", Kind::Text, "b".into())]);
        ctx.store.commit(batch)
    };
    next(2).await?;
    same!(next(3).await, Err(crate::CommitError::Unique { write: 0, index: "ux_suite_grow".into() }));
    same!(ctx.rows(select()).await?.len(), 2);
    // An older binary, which does not know the column, still works.
    same!(ctx.store.migrate(with(growing(&["a"]))).await?, Vec::<String>::new());
    Ok(())
}

pub async fn ping_and_status(ctx: Ctx) -> Outcome {
    ctx.store.ping().await?;
    let status = ctx.store.status().await?;
    holds!(["sqlite", "postgres"].contains(&status.backend), "{status:?}");
    holds!(!status.version.is_empty(), "{status:?}");
    Ok(())
}

pub async fn versions_are_checked(ctx: Ctx) -> Outcome {
    let at = |version, oldest| ctx.store.migrate(Arc::new(Schema { version, oldest, tables: Vec::new() }));
    at(5, 1).await?;
    for (version, oldest) in [(4, 1), (1, 1), (9, 6)] {
        let refused = at(version, oldest).await;
        holds!(matches!(refused, Err(StoreError::Schema(_))), "{version} from {oldest}: {refused:?}");
    }
    same!(at(5, 1).await?, Vec::<String>::new());
    at(6, 5).await?;
    ctx.store.ping().await?;
    Ok(())
}
