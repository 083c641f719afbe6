//! Many callers at once.

use kontor_model::Kind;

use super::Outcome;
use super::fixture::{Ctx, RECORD, col, row};
use crate::{OnConflict, Write};

fn audit(id: i64) -> Write {
    let mut batch = crate::Batch::new(kontor_model::SpaceId(0));
    let number = |name, n: i64| (name, Kind::Int, n.into());
    let text = |name| (name, Kind::Text, "x".into());
    batch.insert(
        crate::system::AUDIT,
        vec![
            number("id", id),
            number("at", 1),
            text("object"),
            number("record_id", id),
            number("version", 1),
            text("action"),
        ],
    );
    batch.writes.swap_remove(0)
}

pub async fn a_thousand_commits(ctx: Ctx) -> Outcome {
    let tasks: Vec<_> = (1..=1_000i64)
        .map(|id| {
            let ctx = ctx.clone();
            tokio::spawn(async move {
                ctx.commit(vec![row(id).with("name", "n").text("word").insert(RECORD, OnConflict::Fail), audit(id)])
                    .await
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    let all: Vec<i64> = (1..=1_000).collect();
    same!(ctx.ids(ctx.select(RECORD, &["id"]).order(col("id"), false)).await?, all);
    same!(ctx.ids(ctx.select(crate::system::AUDIT, &["id"]).order(col("id"), false)).await?, all);
    Ok(())
}

pub async fn reads_see_what_was_committed(ctx: Ctx) -> Outcome {
    let tasks: Vec<_> = (1..=50i64)
        .map(|id| {
            let ctx = ctx.clone();
            tokio::spawn(async move {
                for n in 0..10 {
                    let id = id * 100 + n;
                    ctx.put(RECORD, [row(id)]).await?;
                    for lane in [crate::Lane::Quick, crate::Lane::Slow] {
                        let select = crate::Select { lane, ..ctx.select(RECORD, &["id"]).equals("id", Kind::Int, id) };
                        same!(ctx.ids(select).await?, vec![id]);
                    }
                }
                Outcome::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}
