//! Keys of the JSON column `custom`.

use kontor_model::{Kind, Op, Value};

use super::Outcome;
use super::fixture::{Ctx, RECORD, col, row, test};
use crate::{CommitError, Cond, Expr, Index, IndexPart, OnConflict};

fn custom(key: &str, kind: Kind) -> Expr {
    Expr::Json { relation: 0, key: key.into(), kind }
}

async fn put(ctx: &Ctx) -> Outcome {
    let rows = [
        r#"{"n":5,"t":"Diesel","b":true,"l":["x","y"]}"#,
        r#"{"n":-7,"t":"","b":false,"l":[]}"#,
        r#"{"n":null,"t":null,"b":null}"#,
        "{}",
        r#"{"n":40,"t":"it's"}"#,
    ];
    ctx.put(RECORD, (1i64..).zip(rows).map(|(id, text)| row(id).json("custom", text))).await
}

pub async fn filters(ctx: Ctx) -> Outcome {
    put(&ctx).await?;
    let (n, t, b) = (|| custom("n", Kind::Int), || custom("t", Kind::Text), || custom("b", Kind::Bool));
    for (cond, expected) in [
        (test(n(), Op::Eq, 5), vec![1]),
        (test(n(), Op::Gt, 5), vec![5]),
        (test(n(), Op::Lt, 10), vec![1, 2]),
        (test(n(), Op::Ne, 5), vec![2, 3, 4, 5]),
        (test(n(), Op::In, Value::Ints(vec![5, 40])), vec![1, 5]),
        (test(n(), Op::IsNull, true), vec![3, 4]),
        (test(n(), Op::IsNull, false), vec![1, 2, 5]),
        (Cond::Between { left: n(), low: (-7).into(), high: 5.into() }, vec![1, 2]),
        (test(t(), Op::Eq, "Diesel"), vec![1]),
        (test(t(), Op::Eq, ""), vec![2]),
        (test(t(), Op::Contains, "dies"), vec![1]),
        (test(t(), Op::StartsWith, "IT'"), vec![5]),
        (test(t(), Op::In, Value::Texts(vec!["it's".into(), "".into()])), vec![2, 5]),
        (test(t(), Op::IsNull, true), vec![3, 4]),
        (test(b(), Op::Eq, true), vec![1]),
        (test(b(), Op::Eq, false), vec![2]),
        (test(b(), Op::Ne, true), vec![2, 3, 4, 5]),
        (test(custom("l", Kind::Json), Op::Contains, "x"), vec![1]),
        (test(custom("none", Kind::Int), Op::IsNull, true), vec![1, 2, 3, 4, 5]),
    ] {
        same!(ctx.matching(cond.clone()).await?, expected, "{cond:?}");
    }
    let mut select = ctx.select(RECORD, &[]).equals("id", Kind::Int, 1);
    select.columns = vec![n(), t(), b(), custom("none", Kind::Int)].into();
    same!(ctx.rows(select).await?, vec![vec![Value::Int(5), Value::text("Diesel"), Value::Bool(true), Value::Null]]);
    Ok(())
}

pub async fn sorts_and_groups(ctx: Ctx) -> Outcome {
    put(&ctx).await?;
    same!(
        ctx.ids(ctx.select(RECORD, &["id"]).order(custom("n", Kind::Int), false).order(col("id"), false)).await?,
        vec![3, 4, 2, 1, 5]
    );
    same!(
        ctx.ids(ctx.select(RECORD, &["id"]).order(custom("t", Kind::Text), true).order(col("id"), true)).await?,
        vec![5, 1, 2, 4, 3]
    );
    let mut select = ctx.select(RECORD, &[]).order(custom("b", Kind::Bool), false);
    select.group = vec![custom("b", Kind::Bool)];
    select.columns = vec![custom("b", Kind::Bool), Expr::Count, Expr::Sum(Box::new(custom("n", Kind::Int)))].into();
    let int = Value::Int;
    same!(
        ctx.rows(select).await?,
        vec![
            vec![Value::Null, int(3), int(40)],
            vec![Value::Bool(false), int(1), int(-7)],
            vec![Value::Bool(true), int(1), int(5)]
        ]
    );
    Ok(())
}

/// A unique index over a key of live rows of the check's space.
fn unique(ctx: &Ctx, name: &str, key: &str, kind: Kind) -> Index {
    let mut index = Index::on(name, &["space"]).unique().live_only();
    index.parts.push(IndexPart::Json { key: key.into(), kind });
    index.space = Some(ctx.space);
    index
}

pub async fn unique_per_space(ctx: Ctx) -> Outcome {
    let name = "ux_suite_json_vin";
    ctx.store.create_index(RECORD.into(), unique(&ctx, name, "vin", Kind::Text)).await?;
    // Made once; again is nothing.
    ctx.store.create_index(RECORD.into(), unique(&ctx, name, "vin", Kind::Text)).await?;
    let car = |id: i64, vin: &str| row(id).json("custom", &serde_json::json!({"vin": vin}).to_string());
    ctx.put(RECORD, [car(1, "a"), car(2, "b"), row(3), row(4), car(5, "a").with("deleted_at", 1)]).await?;
    let outcome =
        ctx.commit(vec![row(6).insert(RECORD, OnConflict::Fail), car(7, "b").insert(RECORD, OnConflict::Fail)]).await;
    same!(outcome, Err(CommitError::Unique { write: 1, index: name.into() }));
    Ctx { space: ctx.other, ..ctx.clone() }.put(RECORD, [car(1, "a"), car(2, "a")]).await?;
    same!(ctx.matching(test(custom("vin", Kind::Text), Op::Eq, "a")).await?, vec![1]);
    ctx.store.drop_index(name.to_owned()).await?;
    ctx.store.drop_index(name.to_owned()).await?;
    ctx.put(RECORD, [car(7, "b")]).await?;
    Ok(())
}

pub async fn duplicates_refuse_the_index(ctx: Ctx) -> Outcome {
    let name = "ux_suite_json_number";
    let one = |id: i64, n: i64| row(id).json("custom", &format!(r#"{{"number":{n}}}"#));
    ctx.put(RECORD, [one(1, 5), one(2, 5)]).await?;
    let outcome = ctx.store.create_index(RECORD.into(), unique(&ctx, name, "number", Kind::Int)).await;
    holds!(matches!(&outcome, Err(CommitError::Unique { index, .. }) if index == name), "{outcome:?}");
    // Nothing is left of it.
    ctx.put(RECORD, [one(3, 5)]).await?;
    let plain = Index { unique: false, ..unique(&ctx, "ix_suite_json_number", "number", Kind::Int) };
    ctx.store.create_index(RECORD.into(), plain).await?;
    same!(ctx.matching(test(custom("number", Kind::Int), Op::Eq, 5)).await?, vec![1, 2, 3]);
    ctx.store.drop_index("ix_suite_json_number".to_owned()).await?;
    Ok(())
}

pub async fn big_numbers(ctx: Ctx) -> Outcome {
    let numbers = [i64::MAX, i64::MAX - 1, i64::MIN, i64::MIN + 1, (1 << 53) + 1, 1 << 53];
    ctx.put(RECORD, (1i64..).zip(numbers).map(|(id, n)| row(id).json("custom", &format!(r#"{{"big":{n}}}"#)))).await?;
    for (id, n) in (1i64..).zip(numbers) {
        same!(ctx.matching(test(custom("big", Kind::Int), Op::Eq, n)).await?, vec![id], "{n}");
        let mut select = ctx.select(RECORD, &["custom"]).equals("id", Kind::Int, id);
        select.columns.push(custom("big", Kind::Int));
        let rows = ctx.rows(select).await?;
        let row = rows.first().ok_or_else(|| super::Fail::new("no row"))?;
        same!(row.get(1), Some(&Value::Int(n)));
        let text = row.first().and_then(Value::as_str).unwrap_or_default();
        holds!(text.contains(&n.to_string()), "{text} has lost {n}");
    }
    let mut sum = ctx.select(RECORD, &[]);
    sum.columns =
        vec![Expr::Sum(Box::new(custom("big", Kind::Int))), Expr::Max(Box::new(custom("big", Kind::Int)))].into();
    let total: i128 = numbers.iter().map(|n| i128::from(*n)).sum();
    let total = i64::try_from(total).map_or_else(|_| Value::Text(total.to_string()), Value::Int);
    same!(ctx.rows(sum).await?, vec![vec![total, Value::Int(i64::MAX)]]);
    // Values of another type under the key are no value, and no failure.
    ctx.put(
        RECORD,
        [
            row(20).json("custom", r#"{"big":"text"}"#),
            row(21).json("custom", r#"{"big":true}"#),
            row(22).json("custom", r#"{"big":[1]}"#),
        ],
    )
    .await?;
    same!(ctx.matching(test(custom("big", Kind::Int), Op::Gt, 1 << 53)).await?, vec![1, 2, 5]);
    Ok(())
}
