//! Conditions, and what null means in them.

use kontor_model::{Op, Value};

use super::Outcome;
use super::fixture::{COUNTER, Ctx, RECORD, col, row, test};
use crate::Cond;

pub async fn comparisons(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, (1..=5).map(|id| row(id).with("amount", id * 10).with("flag", id > 3))).await?;
    ctx.put(RECORD, [row(6)]).await?;
    for (op, expected) in [
        (Op::Eq, vec![3]),
        (Op::Ne, vec![1, 2, 4, 5, 6]),
        (Op::Lt, vec![1, 2]),
        (Op::Lte, vec![1, 2, 3]),
        (Op::Gt, vec![4, 5]),
        (Op::Gte, vec![3, 4, 5]),
    ] {
        same!(ctx.matching(test(col("amount"), op, 30)).await?, expected, "{op:?}");
    }
    same!(ctx.matching(test(col("flag"), Op::Eq, true)).await?, vec![4, 5]);
    same!(ctx.matching(test(col("flag"), Op::Eq, false)).await?, vec![1, 2, 3]);
    same!(ctx.matching(test(col("flag"), Op::Ne, true)).await?, vec![1, 2, 3, 6]);
    Ok(())
}

pub async fn negations_keep_nulls(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, [row(1).with("city", "Berlin"), row(2).with("city", "Paris"), row(3)]).await?;
    let berlin = || test(col("city"), Op::Eq, "Berlin");
    let not = |cond| Cond::Not(Box::new(cond));
    same!(ctx.matching(test(col("city"), Op::Ne, "Berlin")).await?, vec![2, 3]);
    same!(
        ctx.matching(test(col("city"), Op::Nin, Value::Texts(vec!["Berlin".into(), "Rome".into()]))).await?,
        vec![2, 3]
    );
    same!(ctx.matching(not(berlin())).await?, vec![2, 3]);
    same!(ctx.matching(not(not(berlin()))).await?, vec![1]);
    same!(ctx.matching(not(test(col("city"), Op::Contains, "ber"))).await?, vec![2, 3]);
    same!(ctx.matching(not(test(col("city"), Op::Gt, "C"))).await?, vec![1, 3]);
    same!(ctx.matching(not(Cond::And(vec![berlin(), test(col("id"), Op::Eq, 1)]))).await?, vec![2, 3]);
    same!(ctx.matching(not(Cond::Or(vec![berlin(), test(col("city"), Op::Eq, "Paris")]))).await?, vec![3]);
    same!(ctx.matching(not(Cond::Between { left: col("city"), low: "A".into(), high: "C".into() })).await?, vec![2, 3]);
    same!(ctx.matching(not(test(col("city"), Op::IsNull, true))).await?, vec![1, 2]);
    Ok(())
}

pub async fn lists(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, [row(1).with("city", "a"), row(2).with("city", "b"), row(3)]).await?;
    same!(ctx.matching(test(col("id"), Op::In, Value::Ints(vec![1, 3, 3, 99]))).await?, vec![1, 3]);
    same!(ctx.matching(test(col("id"), Op::Nin, Value::Ints(vec![1, 99]))).await?, vec![2, 3]);
    same!(ctx.matching(test(col("city"), Op::In, Value::Texts(vec!["b".into()]))).await?, vec![2]);
    same!(ctx.matching(test(col("id"), Op::In, Value::Ints(vec![]))).await?, Vec::<i64>::new());
    same!(ctx.matching(test(col("city"), Op::In, Value::Texts(vec![]))).await?, Vec::<i64>::new());
    same!(ctx.matching(test(col("id"), Op::Nin, Value::Ints(vec![]))).await?, vec![1, 2, 3]);
    same!(ctx.matching(test(col("city"), Op::Nin, Value::Texts(vec![]))).await?, vec![1, 2, 3]);
    Ok(())
}

pub async fn long_lists(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, (1..=300).map(|id| row(id).with("city", format!("c\"{id},")))).await?;
    let ints: Vec<i64> = (100..10_100).collect();
    let texts: Vec<String> = ints.iter().map(|id| format!("c\"{id},")).collect();
    same!(ctx.matching(test(col("id"), Op::In, Value::Ints(ints.clone()))).await?, (100..=300).collect::<Vec<i64>>());
    same!(
        ctx.matching(test(col("city"), Op::In, Value::Texts(texts.clone()))).await?,
        (100..=300).collect::<Vec<i64>>()
    );
    same!(ctx.matching(test(col("id"), Op::Nin, Value::Ints(ints))).await?, (1..100).collect::<Vec<i64>>());
    same!(ctx.matching(test(col("city"), Op::Nin, Value::Texts(texts))).await?, (1..100).collect::<Vec<i64>>());
    Ok(())
}

pub async fn between_and_never(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, (1..=9).map(|id| row(id).with("amount", id).with("city", format!("{id}")))).await?;
    ctx.put(RECORD, [row(10)]).await?;
    same!(ctx.matching(Cond::Between { left: col("amount"), low: 3.into(), high: 5.into() }).await?, vec![3, 4, 5]);
    same!(ctx.matching(Cond::Between { left: col("city"), low: "7".into(), high: "8".into() }).await?, vec![7, 8]);
    same!(ctx.matching(Cond::Between { left: col("amount"), low: 5.into(), high: 3.into() }).await?, Vec::<i64>::new());
    same!(ctx.matching(Cond::Never).await?, Vec::<i64>::new());
    same!(ctx.matching(Cond::Not(Box::new(Cond::Never))).await?.len(), 10);
    Ok(())
}

pub async fn and_or_not(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, (1..=8).map(|id| row(id).with("amount", id % 4).with("flag", id % 2 == 0))).await?;
    let amount = |n: i64| test(col("amount"), Op::Eq, n);
    let even = || test(col("flag"), Op::Eq, true);
    same!(ctx.matching(Cond::Or(vec![amount(1), Cond::And(vec![amount(2), even()])])).await?, vec![1, 2, 5, 6]);
    same!(ctx.matching(Cond::And(vec![Cond::Or(vec![amount(1), amount(2)]), even()])).await?, vec![2, 6]);
    same!(ctx.matching(Cond::And(vec![])).await?.len(), 8);
    same!(ctx.matching(Cond::Or(vec![])).await?, Vec::<i64>::new());
    let mut deep = even();
    for _ in 0..40 {
        deep = Cond::And(vec![Cond::Or(vec![deep, Cond::Never]), Cond::Not(Box::new(Cond::Never))]);
    }
    same!(ctx.matching(deep).await?, vec![2, 4, 6, 8]);
    same!(ctx.rows(ctx.select(COUNTER, &["name"]).equals("name", kontor_model::Kind::Text, "x")).await?.len(), 0);
    Ok(())
}

pub async fn json_lists_contain(ctx: Ctx) -> Outcome {
    ctx.put(
        RECORD,
        [
            row(1).json("tags", r#"["vip","Berlin"]"#),
            row(2).json("tags", r#"["vip2"]"#),
            row(3),
            row(4).json("tags", "[]"),
        ],
    )
    .await?;
    same!(ctx.matching(test(col("tags"), Op::Contains, "vip")).await?, vec![1]);
    same!(ctx.matching(test(col("tags"), Op::Contains, "vi")).await?, Vec::<i64>::new());
    same!(ctx.matching(test(col("tags"), Op::Contains, "Berlin")).await?, vec![1]);
    same!(ctx.matching(Cond::Not(Box::new(test(col("tags"), Op::Contains, "vip")))).await?, vec![2, 3, 4]);
    Ok(())
}
