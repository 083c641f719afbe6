//! Every back end sorts alike.

use super::Outcome;
use super::fixture::{Ctx, RECORD, col, row};
use kontor_model::Value;

pub async fn null_is_smallest(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, [row(1).with("amount", 5), row(2), row(3).with("amount", i64::MIN), row(4).with("city", "")])
        .await?;
    let by = |name: &str, descending: bool| {
        ctx.select(RECORD, &["id"]).order(col(name), descending).order(col("id"), descending)
    };
    same!(ctx.ids(by("amount", false)).await?, vec![2, 4, 3, 1]);
    same!(ctx.ids(by("amount", true)).await?, vec![1, 3, 4, 2]);
    same!(ctx.ids(by("city", false)).await?, vec![1, 2, 3, 4]);
    same!(ctx.ids(by("city", true)).await?, vec![4, 3, 2, 1]);
    Ok(())
}

pub async fn text_sorts_by_code_point(ctx: Ctx) -> Outcome {
    let texts = [
        "",
        " ",
        "!",
        "-a",
        "0",
        "10",
        "9",
        "A",
        "Z",
        "_",
        "a",
        "a ",
        "a-b",
        "aa",
        "ab",
        "b",
        "z",
        "é",
        "ü",
        "Ω",
        "中",
        "\u{FFFD}",
        "😀",
        "\u{10FFFF}",
    ];
    let mut expected = texts.to_vec();
    expected.sort_unstable();
    let rows = (1i64..).zip(texts.iter().rev()).map(|(id, text)| row(id).with("city", *text));
    ctx.put(RECORD, rows).await?;
    let up = ctx.rows(ctx.select(RECORD, &["city"]).order(col("city"), false)).await?;
    same!(up.iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>(), expected);
    let above = super::fixture::test(col("city"), kontor_model::Op::Gt, "Z");
    same!(ctx.matching(above).await?.len(), expected.iter().filter(|t| **t > "Z").count());
    Ok(())
}

pub async fn bools_sort(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, [row(1).with("flag", true), row(2), row(3).with("flag", false)]).await?;
    same!(ctx.ids(ctx.select(RECORD, &["id"]).order(col("flag"), false)).await?, vec![2, 3, 1]);
    same!(ctx.ids(ctx.select(RECORD, &["id"]).order(col("flag"), true)).await?, vec![1, 3, 2]);
    Ok(())
}

pub async fn several_keys(ctx: Ctx) -> Outcome {
    let rows = [(1, "a", 2), (2, "b", 1), (3, "a", 1), (4, "b", 2)]
        .map(|(id, city, n)| row(id).with("city", city).with("amount", n));
    ctx.put(RECORD, rows).await?;
    same!(
        ctx.ids(ctx.select(RECORD, &["id"]).order(col("city"), false).order(col("amount"), true)).await?,
        vec![1, 3, 4, 2]
    );
    same!(
        ctx.ids(ctx.select(RECORD, &["id"]).order(col("city"), true).order(col("amount"), false)).await?,
        vec![2, 4, 3, 1]
    );
    Ok(())
}

pub async fn offset_and_limit(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, (1..=20).map(row)).await?;
    let mut select = ctx.select(RECORD, &["id"]).order(col("id"), false).limit(3);
    same!(ctx.ids(select.clone()).await?, vec![1, 2, 3]);
    select.offset = 18;
    same!(ctx.ids(select.clone()).await?, vec![19, 20]);
    select.limit = None;
    same!(ctx.ids(select.clone()).await?, vec![19, 20]);
    select.offset = 20;
    same!(ctx.ids(select.clone()).await?, Vec::<i64>::new());
    select.offset = 0;
    same!(ctx.ids(select.limit(0)).await?, Vec::<i64>::new());
    Ok(())
}
