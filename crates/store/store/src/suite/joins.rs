//! One hop over a reference.

use kontor_model::{Kind, Op, Value};

use super::Outcome;
use super::fixture::{COMPANY, Ctx, RECORD, THING, bare, col, kind, row, test};
use crate::{Cond, Expr, Join, Select, Source, Which};

/// A column of the first join.
fn joined(name: &str) -> Expr {
    Expr::Column { relation: 1, name: name.into(), kind: kind(name) }
}

fn with_company(mut select: Select) -> Select {
    select.joins.push(Join {
        source: Source { table: COMPANY.into(), object: None, which: Which::Live },
        on: col("company_id"),
        filter: None,
    });
    select
}

async fn put(ctx: &Ctx) -> Outcome {
    let company = |id: i64, city: &str, size: i64| {
        bare(id)
            .with("name", format!("C{id}"))
            .with("city", city)
            .with("size", size)
            .json("custom", &format!(r#"{{"tier":{size}}}"#))
    };
    ctx.put(COMPANY, [company(1, "Berlin", 3), company(2, "Paris", 1), company(3, "Berlin", 2).with("deleted_at", 9)])
        .await?;
    let record =
        |id: i64, company: i64| row(id).with("company_id", company).with("amount", id * 10).with("city", "Rome");
    ctx.put(RECORD, [record(11, 1), record(12, 1), record(13, 2), record(14, 3), row(15), record(16, 99)]).await
}

pub async fn filter_sort_and_read(ctx: Ctx) -> Outcome {
    put(&ctx).await?;
    let select = || with_company(ctx.select(RECORD, &["id"]));
    same!(
        ctx.ids(select().filter(test(joined("city"), Op::Eq, "Berlin")).order(col("id"), false)).await?,
        vec![11, 12]
    );
    same!(
        ctx.ids(select().filter(test(joined("city"), Op::Ne, "Berlin")).order(col("id"), false)).await?,
        vec![13, 14, 15, 16]
    );
    same!(ctx.ids(select().order(joined("size"), true).order(col("id"), false)).await?, vec![11, 12, 13, 14, 15, 16]);
    same!(ctx.ids(select().order(joined("size"), false).order(col("id"), false)).await?, vec![14, 15, 16, 13, 11, 12]);
    let tier = Expr::Json { relation: 1, key: "tier".into(), kind: Kind::Int };
    same!(ctx.ids(select().filter(test(tier, Op::Lt, 3))).await?, vec![13]);
    let mut read = select()
        .filter(Cond::Or(vec![test(col("id"), Op::Eq, 13), test(col("id"), Op::Eq, 15)]))
        .order(col("id"), false);
    read.columns = vec![col("id"), joined("name"), joined("id"), col("city"), joined("city")].into();
    let rows = ctx.rows(read).await?;
    same!(
        rows,
        vec![
            vec![Value::Int(13), Value::text("C2"), Value::Int(2), Value::text("Rome"), Value::text("Paris")],
            vec![Value::Int(15), Value::Null, Value::Null, Value::Null, Value::Null],
        ]
    );
    let mut paged = select().order(joined("size"), false).order(col("id"), false).limit(10);
    paged.after = Some(vec![Value::Null, Value::Int(15)]);
    same!(ctx.ids(paged.clone()).await?, vec![16, 13, 11, 12]);
    paged.after = Some(vec![Value::Int(1), Value::Int(13)]);
    same!(ctx.ids(paged).await?, vec![11, 12]);
    Ok(())
}

pub async fn bin_rows_do_not_join(ctx: Ctx) -> Outcome {
    put(&ctx).await?;
    let mut read = with_company(ctx.select(RECORD, &["id"])).filter(test(col("id"), Op::Eq, 14));
    read.columns.push(joined("name"));
    same!(ctx.rows(read).await?, vec![vec![Value::Int(14), Value::Null]]);
    Ok(())
}

pub async fn group_by_joined(ctx: Ctx) -> Outcome {
    put(&ctx).await?;
    let mut select = with_company(ctx.select(RECORD, &[])).order(joined("city"), false);
    select.columns = vec![joined("city"), Expr::Count, Expr::Sum(Box::new(col("amount")))].into();
    select.group = vec![joined("city")];
    same!(
        ctx.rows(select).await?,
        vec![
            vec![Value::Null, Value::Int(3), Value::Int(300)],
            vec![Value::text("Berlin"), Value::Int(2), Value::Int(230)],
            vec![Value::text("Paris"), Value::Int(1), Value::Int(130)],
        ]
    );
    Ok(())
}

pub async fn custom_objects(ctx: Ctx) -> Outcome {
    let thing = |id: i64, object: &str| {
        bare(id).with("object", object).with("name", format!("{object}{id}")).json("custom", "{}")
    };
    ctx.put(
        THING,
        [thing(1, "vehicle"), thing(2, "vehicle").with("deleted_at", 1), thing(3, "house"), thing(4, "vehicle")],
    )
    .await?;
    let mut select = ctx.select(THING, &["id"]).order(col("id"), false);
    select.from.object = Some("vehicle".into());
    same!(ctx.ids(select.clone()).await?, vec![1, 2, 4]);
    select.from.which = Which::Live;
    same!(ctx.ids(select.clone()).await?, vec![1, 4]);
    select.from.which = Which::Bin;
    same!(ctx.ids(select).await?, vec![2]);
    // A reference to an object of another kind finds nothing.
    ctx.put(RECORD, [row(11).with("company_id", 1), row(12).with("company_id", 3)]).await?;
    let mut read = ctx.select(RECORD, &["id"]).order(col("id"), false);
    read.joins.push(Join {
        source: Source { table: THING.into(), object: Some("vehicle".into()), which: Which::Live },
        on: col("company_id"),
        filter: None,
    });
    read.columns.push(joined("name"));
    same!(
        ctx.rows(read).await?,
        vec![vec![Value::Int(11), Value::text("vehicle1")], vec![Value::Int(12), Value::Null]]
    );
    Ok(())
}
