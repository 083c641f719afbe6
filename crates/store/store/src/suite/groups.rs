//! Groups and figures.

use kontor_model::{Op, Value};

use super::Outcome;
use super::fixture::{Ctx, RECORD, col, row, test};
use crate::{Expr, Select};

fn of(name: &str) -> Box<Expr> {
    Box::new(col(name))
}

fn grouped(ctx: &Ctx, by: &str, figures: Vec<Expr>) -> Select {
    let mut select = ctx.select(RECORD, &[by]).order(col(by), false);
    select.columns.extend(figures);
    select.group = vec![col(by)];
    select
}

async fn put(ctx: &Ctx) -> Outcome {
    let rows = [
        (1, Some("a"), Some(10)),
        (2, Some("a"), Some(20)),
        (3, Some("a"), None),
        (4, Some("b"), Some(5)),
        (5, None, Some(7)),
        (6, Some("c"), None),
    ];
    let one = |(id, city, amount): (i64, Option<&str>, Option<i64>)| row(id).with("city", city).with("amount", amount);
    ctx.put(RECORD, rows.map(one)).await
}

pub async fn measures(ctx: Ctx) -> Outcome {
    put(&ctx).await?;
    let figures = vec![
        Expr::Count,
        Expr::CountOf(of("amount")),
        Expr::Sum(of("amount")),
        Expr::Min(of("amount")),
        Expr::Max(of("amount")),
        Expr::Max(of("city")),
    ];
    let int = Value::Int;
    let rows = ctx.rows(grouped(&ctx, "city", figures.clone())).await?;
    same!(
        rows,
        vec![
            vec![Value::Null, int(1), int(1), int(7), int(7), int(7), Value::Null],
            vec![Value::text("a"), int(3), int(2), int(30), int(10), int(20), Value::text("a")],
            vec![Value::text("b"), int(1), int(1), int(5), int(5), int(5), Value::text("b")],
            vec![Value::text("c"), int(1), int(0), Value::Null, Value::Null, Value::Null, Value::text("c")],
        ]
    );
    let mut all = ctx.select(RECORD, &[]);
    all.columns = figures.into();
    same!(ctx.rows(all.clone()).await?, vec![vec![int(6), int(4), int(42), int(5), int(20), Value::text("c")]]);
    let none = all.filter(test(col("id"), Op::Eq, 99));
    same!(ctx.one(none).await?, int(0));
    Ok(())
}

pub async fn sums_beyond_64_bits(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, (1..=3).map(|id| row(id).with("city", "max").with("amount", i64::MAX))).await?;
    ctx.put(RECORD, (4..=5).map(|id| row(id).with("city", "min").with("amount", i64::MIN))).await?;
    ctx.put(
        RECORD,
        [row(6).with("city", "edge").with("amount", i64::MAX), row(7).with("city", "edge").with("amount", -1)],
    )
    .await?;
    ctx.put(RECORD, (10..=13).map(|id| row(id).with("city", "odd").with("amount", 9_007_199_254_740_993i64))).await?;
    let rows = ctx.rows(grouped(&ctx, "city", vec![Expr::Sum(of("amount"))])).await?;
    same!(
        rows,
        vec![
            vec![Value::text("edge"), Value::Int(i64::MAX - 1)],
            vec![Value::text("max"), Value::text("27670116110564327421")],
            vec![Value::text("min"), Value::text("-18446744073709551616")],
            vec![Value::text("odd"), Value::Int(36_028_797_018_963_972)],
        ]
    );
    let mut select = grouped(&ctx, "city", vec![Expr::Sum(of("amount"))]);
    select.having = Some(test(Expr::Sum(of("amount")), Op::Gt, i64::MAX - 1));
    same!(ctx.one(select).await?, Value::text("max"));
    let mut ordered = grouped(&ctx, "city", vec![]);
    ordered.order.clear();
    let rows = ctx.rows(ordered.order(Expr::Sum(of("amount")), false)).await?;
    same!(rows.iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>(), vec!["min", "odd", "edge", "max"]);
    Ok(())
}

pub async fn having_and_order(ctx: Ctx) -> Outcome {
    put(&ctx).await?;
    let mut select = grouped(&ctx, "city", vec![Expr::Count]);
    select.having = Some(test(Expr::Count, Op::Gt, 1));
    same!(ctx.rows(select.clone()).await?, vec![vec![Value::text("a"), Value::Int(3)]]);
    select.having = Some(test(Expr::Sum(of("amount")), Op::Lt, 8));
    same!(ctx.rows(select).await?.len(), 2);
    let mut ordered = grouped(&ctx, "city", vec![]);
    ordered.order.clear();
    let ordered = ordered.order(Expr::Sum(of("amount")), true).order(col("city"), false).limit(2);
    same!(ctx.rows(ordered).await?, vec![vec![Value::text("a")], vec![Value::Null]]);
    Ok(())
}

pub async fn distinct(ctx: Ctx) -> Outcome {
    put(&ctx).await?;
    let mut select = ctx.select(RECORD, &[]);
    select.columns =
        vec![Expr::CountDistinct(of("city")), Expr::CountDistinct(of("id")), Expr::CountOf(of("city"))].into();
    same!(ctx.rows(select).await?, vec![vec![Value::Int(3), Value::Int(6), Value::Int(5)]]);
    Ok(())
}
