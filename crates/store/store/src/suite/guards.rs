//! A batch is done whole or not at all.

use super::Outcome;
use super::fixture::{Ctx, RECORD, UX_EMAIL, delete, key, row, sorted, to, update};
use crate::{CommitError, OnConflict};

pub async fn a_lost_guard_undoes_all(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, [row(1), row(2)]).await?;
    let lost = ctx
        .commit(vec![
            row(3).insert(RECORD, OnConflict::Fail),
            update(RECORD, vec![key("id", 1), key("version", 1)], vec![to("version", 2), to("name", "changed")]),
            update(RECORD, vec![key("id", 2), key("version", 7)], vec![to("version", 8)]),
            row(4).insert(RECORD, OnConflict::Fail),
        ])
        .await;
    same!(lost, Err(CommitError::Guard { write: 2 }));
    same!(sorted(ctx.ids(ctx.select(RECORD, &["id"])).await?), vec![1, 2]);
    same!(ctx.ids(ctx.select(RECORD, &["version"])).await?, vec![1, 1]);
    // The first that fails is named, also before a violation.
    let lost = ctx
        .commit(vec![
            update(RECORD, vec![key("id", 9)], vec![to("version", 8)]),
            row(1).insert(RECORD, OnConflict::Fail),
        ])
        .await;
    same!(lost, Err(CommitError::Guard { write: 0 }));
    // A null key finds nothing.
    let lost = ctx
        .commit(vec![update(
            RECORD,
            vec![key("id", 1), key("city", kontor_model::Value::Null)],
            vec![to("version", 8)],
        )])
        .await;
    holds!(matches!(lost, Ok(()) | Err(CommitError::Guard { write: 0 })), "{lost:?}");
    Ok(())
}

pub async fn deletes_guard(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, [row(1)]).await?;
    same!(
        ctx.commit(vec![
            row(2).insert(RECORD, OnConflict::Fail),
            delete(RECORD, vec![key("id", 1), key("version", 2)])
        ])
        .await,
        Err(CommitError::Guard { write: 1 })
    );
    same!(ctx.ids(ctx.select(RECORD, &["id"])).await?, vec![1]);
    ctx.commit(vec![delete(RECORD, vec![key("id", 1), key("version", 1)])]).await?;
    same!(ctx.commit(vec![delete(RECORD, vec![key("id", 1)])]).await, Err(CommitError::Guard { write: 0 }));
    Ok(())
}

pub async fn failing_batches_harm_no_other(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, [row(0).with("email", "taken")]).await?;
    let tasks: Vec<_> = (1..=300i64)
        .map(|id| {
            let ctx = ctx.clone();
            tokio::spawn(async move {
                let mut writes = vec![row(id).insert(RECORD, OnConflict::Fail)];
                match id % 10 {
                    3 => writes.push(update(RECORD, vec![key("id", 0), key("version", 99)], vec![to("name", "x")])),
                    7 => writes.push(row(1_000 + id).with("email", "taken").insert(RECORD, OnConflict::Fail)),
                    _ => {}
                }
                (id, ctx.commit(writes).await)
            })
        })
        .collect();
    let mut expected = vec![0];
    for task in tasks {
        let (id, outcome) = task.await?;
        let right = match id % 10 {
            3 => Err(CommitError::Guard { write: 1 }),
            7 => Err(CommitError::Unique { write: 1, index: UX_EMAIL.into() }),
            _ => Ok(()),
        };
        same!(outcome, right, "batch {id}");
        if right.is_ok() {
            expected.push(id);
        }
    }
    same!(sorted(ctx.ids(ctx.select(RECORD, &["id"])).await?), sorted(expected));
    Ok(())
}

pub async fn one_version_wins(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, [row(1)]).await?;
    let tasks: Vec<_> = (0..100i64)
        .map(|n| {
            let ctx = ctx.clone();
            tokio::spawn(async move {
                ctx.commit(vec![update(
                    RECORD,
                    vec![key("id", 1), key("version", 1)],
                    vec![to("version", 2), to("amount", n)],
                )])
                .await
            })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        match task.await? {
            Ok(()) => won += 1,
            Err(error) => same!(error, CommitError::Guard { write: 0 }),
        }
    }
    same!(won, 1);
    Ok(())
}
