//! Keyset paging: every row that was there all the time is seen exactly once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kontor_model::Value;

use super::fixture::{Ctx, RECORD, Row, col, delete, key, row};
use super::{Fail, Outcome};
use crate::{OnConflict, Select};

/// Reads pages until one is empty; gives the ids in the order seen.
async fn walk(ctx: &Ctx, by: &[&str], descending: bool, size: u64) -> Result<Vec<i64>, Fail> {
    let names: Vec<&str> = by.iter().copied().chain(["id"]).collect();
    let mut seen = Vec::new();
    let mut after: Option<Vec<Value>> = None;
    for _ in 0..10_000 {
        let mut select: Select = ctx.select(RECORD, &names).limit(size);
        for name in &names {
            select = select.order(col(name), descending);
        }
        select.after = after.take();
        let rows = ctx.rows(select).await?;
        let Some(last) = rows.last() else { return Ok(seen) };
        after = Some(last.clone());
        seen.extend(rows.iter().filter_map(|row| row.last().and_then(Value::as_i64)));
    }
    Err(Fail::new("the pages never end"))
}

/// 200 rows, some with equal values and some with none.
fn stable() -> Vec<Row> {
    let one = |id: i64| {
        let row = row(id).with("created_at", id % 20);
        let row = if id % 3 == 0 { row } else { row.with("amount", id % 7) };
        if id % 5 == 0 { row } else { row.with("city", format!("c{}", id % 11)) }
    };
    (1..=200).map(|n| one(n * 2)).collect()
}

fn expected(descending: bool, sort: impl Fn(i64) -> i64) -> Vec<i64> {
    let mut ids: Vec<i64> = (1..=200).map(|n| n * 2).collect();
    ids.sort_by_key(|id| (sort(*id), *id));
    if descending {
        ids.reverse();
    }
    ids
}

pub async fn every_row_once_up(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, stable()).await?;
    for size in [1, 7, 200, 500] {
        same!(walk(&ctx, &["created_at"], false, size).await?, expected(false, |id| id % 20), "pages of {size}");
    }
    same!(walk(&ctx, &[], false, 9).await?, expected(false, |id| id));
    Ok(())
}

pub async fn every_row_once_down(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, stable()).await?;
    for size in [1, 7, 200, 500] {
        same!(walk(&ctx, &["created_at"], true, size).await?, expected(true, |id| id % 20), "pages of {size}");
    }
    same!(walk(&ctx, &[], true, 9).await?, expected(true, |id| id));
    Ok(())
}

pub async fn nulls_in_the_key(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, stable()).await?;
    let amount = |id: i64| if id % 3 == 0 { -1 } else { id % 7 };
    for descending in [false, true] {
        for size in [1, 13] {
            same!(
                walk(&ctx, &["amount"], descending, size).await?,
                expected(descending, amount),
                "descending {descending}, pages of {size}"
            );
            let mut two = walk(&ctx, &["city", "amount"], descending, size).await?;
            two.sort_unstable();
            same!(two, expected(false, |id| id), "two keys, descending {descending}, pages of {size}");
        }
    }
    mixed(&ctx).await
}

/// Up in one key, down in the other.
async fn mixed(ctx: &Ctx) -> Outcome {
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let mut select =
            ctx.select(RECORD, &["amount", "id"]).limit(11).order(col("amount"), true).order(col("id"), false);
        select.after = after.take();
        let rows = ctx.rows(select).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.clone());
        seen.extend(rows.iter().filter_map(|row| row.last().and_then(Value::as_i64)));
        holds!(seen.len() <= 200, "rows are seen twice");
    }
    let mut right = expected(false, |id| id);
    right.sort_by_key(|id| (if id % 3 == 0 { 1 } else { -(id % 7) }, *id));
    same!(seen, right);
    Ok(())
}

pub async fn while_rows_come_and_go(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, stable()).await?;
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4i64)
        .map(|writer| {
            let (ctx, stop) = (ctx.clone(), stop.clone());
            tokio::spawn(async move {
                let mut n = 0;
                while !stop.load(Ordering::Relaxed) {
                    // Odd ids only; they sort between the stable ones.
                    let id = (n % 50) * 8 + writer * 2 + 1;
                    let guest = row(id).with("created_at", id % 20);
                    let guest = if id % 3 == 0 { guest } else { guest.with("amount", id % 7) };
                    ctx.commit(vec![guest.insert(RECORD, OnConflict::Keep)]).await?;
                    if n % 2 == 1 {
                        ctx.commit(vec![delete(RECORD, vec![key("id", id)])]).await?;
                    }
                    n += 1;
                }
                Outcome::Ok(())
            })
        })
        .collect();
    let mut outcome = Ok(());
    for round in 0..8 {
        let (descending, by) = (round % 2 == 1, if round % 4 < 2 { "amount" } else { "created_at" });
        outcome = walked(&ctx, by, descending).await;
        if outcome.is_err() {
            break;
        }
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await??;
    }
    outcome
}

async fn walked(ctx: &Ctx, by: &str, descending: bool) -> Outcome {
    let seen = walk(ctx, &[by], descending, 7).await?;
    let stable: Vec<i64> = seen.into_iter().filter(|id| id % 2 == 0).collect();
    let right = match by {
        "amount" => expected(descending, |id| if id % 3 == 0 { -1 } else { id % 7 }),
        _ => expected(descending, |id| id % 20),
    };
    same!(stable, right, "by {by}, descending {descending}");
    Ok(())
}
