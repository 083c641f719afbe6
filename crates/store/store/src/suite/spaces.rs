//! A space never sees another.

use kontor_model::{Kind, Op, Value};

use super::Outcome;
use super::fixture::{COMPANY, Ctx, RECORD, bare, col, delete, key, row, test, to, update};
use crate::{CommitError, Expr, Join, Source, Which, Write};

pub async fn every_verb(ctx: Ctx) -> Outcome {
    let other = Ctx { space: ctx.other, ..ctx.clone() };
    ctx.put(RECORD, [row(1).with("name", "mine").with("email", "a@b").with("company_id", 5)]).await?;
    ctx.put(COMPANY, [bare(6).with("name", "my company")]).await?;
    other.put(COMPANY, [bare(5).with("name", "their company")]).await?;

    same!(other.ids(other.select(RECORD, &["id"])).await?, Vec::<i64>::new());
    same!(other.matching(test(col("name"), Op::Eq, "mine")).await?, Vec::<i64>::new());
    same!(
        other.matching(crate::Cond::Or(vec![test(col("id"), Op::Eq, 1), test(col("id"), Op::Gt, 0)])).await?,
        Vec::<i64>::new()
    );
    let mut count = other.select(RECORD, &[]);
    count.columns = vec![Expr::Count].into();
    same!(other.one(count).await?, Value::Int(0));

    same!(
        other.commit(vec![update(RECORD, vec![key("id", 1)], vec![to("name", "theirs")])]).await,
        Err(CommitError::Guard { write: 0 })
    );
    same!(other.commit(vec![delete(RECORD, vec![key("id", 1)])]).await, Err(CommitError::Guard { write: 0 }));
    let mild = Write::Update {
        table: RECORD.into(),
        keys: vec![key("name", "mine")],
        set: vec![to("name", "theirs")],
        must: false,
        search: None,
    };
    let gone = Write::Delete { table: RECORD.into(), keys: vec![key("email", "a@b")], must: false, search: true };
    other.commit(vec![mild, gone]).await?;
    same!(ctx.rows(ctx.select(RECORD, &["id", "name"])).await?, vec![vec![Value::Int(1), Value::text("mine")]]);

    // A reference into another space joins nothing.
    let mut select = ctx.select(RECORD, &["id"]);
    select.joins.push(Join {
        source: Source { table: COMPANY.into(), object: None, which: Which::Live },
        on: col("company_id"),
        filter: None,
    });
    select.columns.push(Expr::Column { relation: 1, name: "name".into(), kind: Kind::Text });
    same!(ctx.rows(select).await?, vec![vec![Value::Int(1), Value::Null]]);
    // Unique within a space only.
    other.put(RECORD, [row(2).with("email", "a@b")]).await?;
    Ok(())
}

pub async fn same_ids(ctx: Ctx) -> Outcome {
    let other = Ctx { space: ctx.other, ..ctx.clone() };
    for (one, name) in [(&ctx, "mine"), (&other, "theirs")] {
        one.put(RECORD, [row(1).with("name", name).text(name)]).await?;
    }
    ctx.commit(vec![update(RECORD, vec![key("id", 1)], vec![to("version", 2)])]).await?;
    same!(
        other.rows(other.select(RECORD, &["version", "name"])).await?,
        vec![vec![Value::Int(1), Value::text("theirs")]]
    );
    ctx.commit(vec![delete(RECORD, vec![key("id", 1)])]).await?;
    same!(ctx.rows(ctx.select(RECORD, &["id"])).await?, Vec::<Vec<Value>>::new());
    same!(other.ids(other.select(RECORD, &["id"])).await?, vec![1]);
    Ok(())
}

/// A statement that names another space is done there, and undone with its batch.
pub async fn beside(ctx: Ctx) -> Outcome {
    let other = Ctx { space: ctx.other, ..ctx.clone() };
    ctx.put(RECORD, [row(1).with("name", "mine")]).await?;
    other.put(RECORD, [row(1).with("name", "theirs")]).await?;
    let theirs = |name: &str| update(RECORD, vec![key("id", 1)], vec![to("name", name)]).of(ctx.other);
    let mine = |id: i64| update(RECORD, vec![key("id", id)], vec![to("name", "changed")]);
    same!(ctx.commit(vec![theirs("lost"), mine(2)]).await, Err(CommitError::Guard { write: 1 }));
    ctx.commit(vec![mine(1), theirs("kept")]).await?;
    for (one, name) in [(&ctx, "changed"), (&other, "kept")] {
        same!(one.rows(one.select(RECORD, &["name"])).await?, vec![vec![Value::text(name)]]);
    }
    let gone = delete(RECORD, vec![key("id", 1)]).of(ctx.other);
    ctx.commit(vec![gone]).await?;
    same!(other.ids(other.select(RECORD, &["id"])).await?, Vec::<i64>::new());
    same!(ctx.ids(ctx.select(RECORD, &["id"])).await?, vec![1]);
    Ok(())
}
