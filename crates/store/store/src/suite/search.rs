//! Full text: words, beginnings and phrases, per space, following every change.

use kontor_model::{Op, SpaceId, Value};

use super::fixture::{Ctx, RECORD, col, delete, key, row, sorted, test, to};
use super::{Fail, Outcome};
use crate::{Expr, OnConflict, Search, Select, Term, Which, Write};

/// `"red car" ber*` as terms.
fn terms(text: &str) -> Search {
    let phrase = |(number, part): (usize, &str)| -> Vec<Term> {
        if number % 2 == 1 {
            return vec![Term { tokens: part.split(' ').map(str::to_owned).collect(), prefix: false }];
        }
        let word =
            |word: &str| Term { tokens: vec![word.trim_end_matches('*').to_owned()], prefix: word.ends_with('*') };
        part.split_whitespace().map(word).collect()
    };
    Search { terms: text.split('"').enumerate().flat_map(phrase).collect() }
}

fn searching(ctx: &Ctx, text: &str) -> Select {
    Select { search: Some(terms(text)), ..ctx.select(RECORD, &["id"]) }
}

async fn found(ctx: &Ctx, text: &str) -> Result<Vec<i64>, Fail> {
    ctx.ids(searching(ctx, text)).await.map(sorted)
}

async fn put(ctx: &Ctx) -> Outcome {
    let texts = [
        "anna muller berlin gmbh",
        "hans muller hamburg",
        "anna annabel schmidt",
        "müller straße 42",
        "red car fast",
        "car red fast red",
    ];
    ctx.put(RECORD, (1i64..).zip(texts).map(|(id, text)| row(id).text(text))).await
}

pub async fn words_and_prefixes(ctx: Ctx) -> Outcome {
    put(&ctx).await?;
    for (text, expected) in [
        ("anna", vec![1, 3]),
        ("muller", vec![1, 2]),
        ("anna muller", vec![1]),
        ("muller anna", vec![1]),
        ("ann", vec![]),
        ("ann*", vec![1, 3]),
        ("h*", vec![2]),
        ("anna ber*", vec![1]),
        ("42", vec![4]),
        ("müller", vec![4]),
        ("straße", vec![4]),
        ("nobody", vec![]),
        ("anna nobody", vec![]),
        // Function words are words.
        ("the", vec![]),
    ] {
        same!(found(&ctx, text).await?, expected, "{text}");
    }
    ctx.put(RECORD, [row(20).text("the who and not or near")]).await?;
    for text in ["the", "and", "not", "or", "near", "who", "the who", "no*"] {
        same!(found(&ctx, text).await?, vec![20], "{text}");
    }
    Ok(())
}

pub async fn phrases(ctx: Ctx) -> Outcome {
    put(&ctx).await?;
    same!(found(&ctx, "\"red car\"").await?, vec![5]);
    same!(found(&ctx, "\"car red\"").await?, vec![6]);
    same!(found(&ctx, "\"fast red\"").await?, vec![6]);
    same!(found(&ctx, "\"red fast\"").await?, vec![6]);
    same!(found(&ctx, "\"car red fast\"").await?, vec![6]);
    same!(found(&ctx, "\"red car\" fast").await?, vec![5]);
    let begun = Search { terms: vec![Term { tokens: vec!["red".into(), "ca".into()], prefix: true }] };
    let select = Select { search: Some(begun), ..ctx.select(RECORD, &["id"]) };
    same!(ctx.ids(select).await?, vec![5]);
    Ok(())
}

pub async fn cjk(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, [row(1).text("東 京 都 渋 谷"), row(2).text("京 都 市"), row(3).text("김 치 kimchi")]).await?;
    same!(found(&ctx, "京").await?, vec![1, 2]);
    same!(found(&ctx, "\"京 都\"").await?, vec![1, 2]);
    same!(found(&ctx, "\"東 京\"").await?, vec![1]);
    same!(found(&ctx, "\"都 京\"").await?, Vec::<i64>::new());
    same!(found(&ctx, "\"김 치\"").await?, vec![3]);
    same!(found(&ctx, "kim*").await?, vec![3]);
    Ok(())
}

pub async fn follows_updates_and_deletes(ctx: Ctx) -> Outcome {
    put(&ctx).await?;
    let change = |id: i64, search: Option<&str>| Write::Update {
        table: RECORD.into(),
        keys: vec![key("id", id), key("version", 1)],
        set: vec![to("name", "changed")],
        must: true,
        search: search.map(str::to_owned),
    };
    ctx.commit(vec![change(1, Some("otto berlin")), change(2, None)]).await?;
    same!(found(&ctx, "anna").await?, vec![3]);
    same!(found(&ctx, "otto").await?, vec![1]);
    same!(found(&ctx, "muller").await?, vec![2]);
    ctx.commit(vec![delete(RECORD, vec![key("id", 2)])]).await?;
    same!(found(&ctx, "muller").await?, Vec::<i64>::new());
    // A batch that fails leaves the text as it was.
    let failed = ctx.commit(vec![change(3, Some("gone")), change(99, None)]).await;
    holds!(failed.is_err(), "the guard held");
    same!(found(&ctx, "gone").await?, Vec::<i64>::new());
    same!(found(&ctx, "annabel").await?, vec![3]);
    // The same id again, with another text; and a row replaced.
    ctx.put(RECORD, [row(2).text("new words")]).await?;
    same!(found(&ctx, "muller").await?, Vec::<i64>::new());
    same!(found(&ctx, "words").await?, vec![2]);
    ctx.commit(vec![row(2).text("other text").insert(RECORD, OnConflict::Replace)]).await?;
    same!(found(&ctx, "words").await?, Vec::<i64>::new());
    same!(found(&ctx, "other").await?, vec![2]);
    ctx.commit(vec![row(2).text("kept out").insert(RECORD, OnConflict::Keep)]).await?;
    same!(found(&ctx, "kept").await?, Vec::<i64>::new());
    same!(found(&ctx, "other").await?, vec![2]);
    Ok(())
}

pub async fn with_filters_and_rank(ctx: Ctx) -> Outcome {
    let one = |id: i64| row(id).with("amount", id % 2).with("deleted_at", (id > 8).then_some(1)).text("common word");
    ctx.put(RECORD, (1..=10).map(one)).await?;
    ctx.put(RECORD, [row(11).text("other")]).await?;
    let mut select = searching(&ctx, "common").filter(test(col("amount"), Op::Eq, 1)).order(col("id"), true).limit(3);
    select.from.which = Which::Live;
    same!(ctx.ids(select.clone()).await?, vec![7, 5, 3]);
    let mut count = searching(&ctx, "comm*");
    count.columns = vec![Expr::Count].into();
    same!(ctx.one(count).await?, Value::Int(10));
    let mut ranked = searching(&ctx, "common word").order(Expr::Rank, false).order(col("id"), false);
    ranked.columns.push(Expr::Rank);
    let rows = ctx.rows(ranked.clone()).await?;
    same!(rows.len(), 10);
    let ranks: Vec<i64> = rows.iter().filter_map(|row| row.get(1).and_then(Value::as_i64)).collect();
    holds!(ranks.len() == 10 && ranks.is_sorted(), "{ranks:?}");
    // Pages by rank go on where they stopped.
    let mut seen = Vec::new();
    ranked = ranked.limit(3);
    while seen.len() <= 10 {
        let rows = ctx.rows(ranked.clone()).await?;
        let Some(last) = rows.last() else { break };
        ranked.after = Some(last.iter().rev().cloned().collect());
        seen.extend(rows.iter().filter_map(|row| row.first().and_then(Value::as_i64)));
    }
    same!(sorted(seen), (1..=10).collect::<Vec<i64>>());
    Ok(())
}

pub async fn only_this_space(ctx: Ctx) -> Outcome {
    let other = Ctx { space: ctx.other, ..ctx.clone() };
    put(&ctx).await?;
    other.put(RECORD, [row(1).text("secret anna"), row(77).text("anna")]).await?;
    same!(found(&ctx, "anna").await?, vec![1, 3]);
    same!(found(&ctx, "secret").await?, Vec::<i64>::new());
    same!(found(&other, "anna").await?, vec![1, 77]);
    other.commit(vec![delete(RECORD, vec![key("id", 1)])]).await?;
    same!(found(&ctx, "anna").await?, vec![1, 3]);
    same!(found(&Ctx { space: SpaceId(-1), ..ctx.clone() }, "anna").await?, Vec::<i64>::new());
    Ok(())
}
