//! Single records opened to a user or a team, beyond what roles reach. They are read and written by the rules of the
//! object; nobody gains an object that its role does not have at all.

use kontor_model::time::datetime_text;
use kontor_model::{Error, ErrorCode, Fault, Id, Kind, Op, Result, Value};
use kontor_store::{Batch, CommitError, Cond, Expr, Select, Write, system};
use serde_json::{Value as J, json};

use crate::rights::Action;
use crate::{Access, Answer, Ctx, Records};

/// The most shares of one record.
const MOST: u64 = 1_000;

/// Whom a record is opened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grantee {
    User(Id),
    Team(Id),
}

impl Grantee {
    const fn object(self) -> &'static str {
        match self {
            Grantee::User(_) => "user",
            Grantee::Team(_) => "team",
        }
    }

    const fn id(self) -> Id {
        match self {
            Grantee::User(id) | Grantee::Team(id) => id,
        }
    }
}

const COLUMNS: [(&str, Kind); 7] = [
    ("id", Kind::Int),
    ("grantee", Kind::Text),
    ("grantee_id", Kind::Int),
    ("level", Kind::Text),
    ("created_at", Kind::Int),
    ("created_by", Kind::Int),
    ("record_id", Kind::Int),
];

impl Records {
    /// `{id, user_id or team_id, level, created_at, created_by}` of all shares of a record.
    ///
    /// # Errors
    /// 404001, 403; the database's.
    pub async fn shares(&self, ctx: &Ctx, object: &str, record: Id) -> Result<Vec<J>> {
        let def = ctx.catalog.require(object)?;
        ctx.caller.may(Access::Read, def)?;
        if self.fetch(ctx, def, vec![record.0]).await?.is_empty() {
            return Err(Error::not_found());
        }
        let rows = self.rows(ctx, of_record(ctx, &def.key, record)).await?;
        Ok(rows.iter().filter_map(|row| shown(row)).collect())
    }

    /// Opens a record; a grantee who had a share has this one instead. The answer is 201 with the share.
    ///
    /// # Errors
    /// 404001; 403 unless the caller may change the record; 400001 for a grantee that does not exist; the database's.
    pub async fn share(
        &self,
        ctx: &Ctx,
        object: &str,
        record: Id,
        to: Grantee,
        write: bool,
        render: &(dyn Fn(&J) -> Answer + Send + Sync),
    ) -> Result<Answer> {
        let key = self.shareable(ctx, object, record).await?;
        let target = ctx.whole.require(to.object())?.clone();
        if self.fetch(ctx, &target, vec![to.id().0]).await?.values().all(|found| found.deleted) {
            let path = format!("{}_id", to.object());
            return Err(Fault::new(path, "not_found", format!("there is no such {}", to.object())).into());
        }
        let (id, now) = (self.ids().next(), self.clock().now_ms());
        let level = if write { "write" } else { "read" };
        let by = ctx.caller.user_id.map(|id| id.0);
        let mut batch = Batch::new(ctx.space());
        batch.writes.push(drop_share(&key, record, ("grantee_id", to.id())));
        batch.insert(
            system::SHARE,
            vec![
                ("id", Kind::Int, id.0.into()),
                ("object", Kind::Text, key.as_str().into()),
                ("record_id", Kind::Int, record.0.into()),
                ("grantee", Kind::Text, to.object().into()),
                ("grantee_id", Kind::Int, to.id().0.into()),
                ("level", Kind::Text, level.into()),
                ("created_at", Kind::Int, now.into()),
                ("created_by", Kind::Int, by.into()),
            ],
        );
        let row = [
            Value::Int(id.0),
            to.object().into(),
            Value::Int(to.id().0),
            level.into(),
            Value::Int(now),
            by.into(),
            Value::Int(record.0),
        ];
        let share = shown(&row).ok_or_else(|| Error::internal("a share without its parts"))?;
        let answer = render(&share);
        batch.writes.push(self.audit_write(
            ctx,
            object,
            "share",
            &json!({"record_id": record.to_string(), "share": share}),
        )?);
        batch.writes.extend(self.idempotency_writes(ctx, &answer));
        self.commit(ctx, batch).await.map_err(failed)?;
        Ok(answer)
    }

    /// Takes a share back.
    ///
    /// # Errors
    /// 404001; 403 unless the caller may change the record; the database's.
    pub async fn unshare(&self, ctx: &Ctx, object: &str, record: Id, share: Id, answer: Answer) -> Result<Answer> {
        let key = self.shareable(ctx, object, record).await?;
        let there = self.rows(ctx, of_record(ctx, &key, record).equals("id", Kind::Int, share.0)).await?;
        let share_json = there.first().and_then(|row| shown(row)).ok_or_else(Error::not_found)?;
        let mut batch = Batch::new(ctx.space());
        batch.writes.push(drop_share(&key, record, ("id", share)));
        let changes = json!({"record_id": record.to_string(), "share": share_json});
        batch.writes.push(self.audit_write(ctx, object, "unshare", &changes)?);
        batch.writes.extend(self.idempotency_writes(ctx, &answer));
        self.commit(ctx, batch).await.map_err(failed)?;
        Ok(answer)
    }

    /// The key of the object, when the caller may change the record and so open it to others.
    async fn shareable(&self, ctx: &Ctx, object: &str, record: Id) -> Result<String> {
        let def = ctx.catalog.require(object)?;
        ctx.caller.may(Access::Write, def)?;
        if self.fetch(ctx, def, vec![record.0]).await?.values().all(|found| found.deleted) {
            return Err(Error::not_found());
        }
        if !self.reachable(ctx, Action::Update, def, vec![record.0]).await?.contains(&record.0) {
            return Err(Error::new(ErrorCode::Forbidden, "only who may change a record may share it"));
        }
        Ok(def.key.clone())
    }
}

fn of_record(ctx: &Ctx, key: &str, record: Id) -> Select {
    let columns = COLUMNS.map(|(name, kind)| Expr::column(name, kind)).to_vec();
    Select::new(ctx.space(), system::SHARE, columns)
        .equals("object", Kind::Text, key)
        .filter(Cond::Test { left: Expr::column("record_id", Kind::Int), op: Op::Eq, right: Value::Int(record.0) })
        .order(Expr::column("id", Kind::Int), false)
        .limit(MOST)
}

fn drop_share(key: &str, record: Id, which: (&str, Id)) -> Write {
    Write::Delete {
        table: system::SHARE.into(),
        keys: vec![
            system::key("object", Kind::Text, key),
            system::key("record_id", Kind::Int, record.0),
            system::key(which.0, Kind::Int, which.1.0),
        ],
        must: false,
        search: false,
    }
}

fn shown(row: &[Value]) -> Option<J> {
    let [Value::Int(id), Value::Text(grantee), Value::Int(grantee_id), Value::Text(level), Value::Int(at), by, _] = row
    else {
        return None;
    };
    let mut share = json!({"object": "share", "id": id.to_string(), "level": level, "created_at": datetime_text(*at),
        "created_by": by.as_i64().map(|id| id.to_string())});
    share.as_object_mut()?.insert(format!("{grantee}_id"), grantee_id.to_string().into());
    Some(share)
}

fn failed(error: CommitError) -> Error {
    match error {
        CommitError::Store(error) => error.into(),
        CommitError::Unique { .. } | CommitError::Guard { .. } => {
            Error::new(ErrorCode::Conflict, "the record was shared with the same grantee just now; repeat")
        }
    }
}
