//! Unique indexes.

use super::Outcome;
use super::fixture::{Ctx, RECORD, UX_EMAIL, delete, key, row, to, update};
use crate::{CommitError, OnConflict};

fn taken(write: usize) -> Result<(), CommitError> {
    Err(CommitError::Unique { write, index: UX_EMAIL.into() })
}

pub async fn names_the_index(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, [row(1).with("email", "a@b"), row(2).with("email", "c@d"), row(3), row(4)]).await?;
    let add = |id: i64, email: &str| row(id).with("email", email).insert(RECORD, OnConflict::Fail);
    same!(ctx.commit(vec![add(5, "a@b")]).await, taken(0));
    same!(ctx.commit(vec![add(5, "x@b"), add(6, "y@b"), add(7, "a@b"), add(8, "z@b")]).await, taken(2));
    same!(ctx.commit(vec![add(5, "x@b"), add(6, "x@b")]).await, taken(1));
    same!(ctx.commit(vec![update(RECORD, vec![key("id", 3)], vec![to("email", "c@d")])]).await, taken(0));
    ctx.commit(vec![add(5, "A@B"), add(6, "")]).await?;
    same!(ctx.commit(vec![add(7, "")]).await, taken(0));
    same!(ctx.ids(ctx.select(RECORD, &["id"])).await?.len(), 6);
    Ok(())
}

pub async fn one_of_a_hundred_wins(ctx: Ctx) -> Outcome {
    let tasks: Vec<_> = (1..=100i64)
        .map(|id| {
            let ctx = ctx.clone();
            tokio::spawn(async move {
                ctx.commit(vec![row(id).with("email", "one@only").insert(RECORD, OnConflict::Fail)]).await
            })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        let outcome = task.await?;
        match outcome {
            Ok(()) => won += 1,
            failed => same!(failed, taken(0)),
        }
    }
    same!((won, ctx.ids(ctx.select(RECORD, &["id"])).await?.len()), (1, 1));
    Ok(())
}

pub async fn only_live_rows(ctx: Ctx) -> Outcome {
    ctx.put(
        RECORD,
        [
            row(1).with("email", "a@b").with("deleted_at", 5),
            row(2).with("email", "a@b").with("deleted_at", 6),
            row(3).with("email", "a@b"),
        ],
    )
    .await?;
    let back = update(RECORD, vec![key("id", 1)], vec![to("deleted_at", kontor_model::Value::Null)]);
    same!(ctx.commit(vec![back.clone()]).await, taken(0));
    ctx.commit(vec![update(RECORD, vec![key("id", 3)], vec![to("deleted_at", 7)]), back]).await?;
    Ok(())
}

pub async fn primary_key(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, [row(1)]).await?;
    let outcome =
        ctx.commit(vec![row(2).insert(RECORD, OnConflict::Fail), row(1).insert(RECORD, OnConflict::Fail)]).await;
    holds!(matches!(outcome, Err(CommitError::Unique { write: 1, .. })), "{outcome:?}");
    same!(ctx.ids(ctx.select(RECORD, &["id"])).await?, vec![1]);
    Ok(())
}

pub async fn moves_within_a_batch(ctx: Ctx) -> Outcome {
    ctx.put(RECORD, [row(1).with("email", "a@b")]).await?;
    ctx.commit(vec![delete(RECORD, vec![key("id", 1)]), row(2).with("email", "a@b").insert(RECORD, OnConflict::Fail)])
        .await?;
    ctx.commit(vec![
        update(RECORD, vec![key("id", 2)], vec![to("email", "c@d")]),
        row(3).with("email", "a@b").insert(RECORD, OnConflict::Fail),
    ])
    .await?;
    same!(ctx.ids(ctx.select(RECORD, &["id"])).await?.len(), 2);
    Ok(())
}
