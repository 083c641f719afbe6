//! The answer to a request with an `Idempotency-Key`, kept in the same commit as what it did.

use kontor_model::{Error, ErrorCode, Kind, Result, Value};
use kontor_store::{OnConflict, Select, Write, system};

use crate::{Answer, Caller, Ctx, Idempotency, Records};

/// How long an answer is kept (api.md 6).
pub const KEPT_MS: i64 = 24 * 3_600_000;
/// The index that two commits with one key meet in.
pub const INDEX: &str = "pk_idempotency";

/// A stored answer.
pub type Replay = Answer;

impl Records {
    /// The first answer to this key, when there is one.
    ///
    /// # Errors
    /// 422001 when the key came with another request; the database's.
    pub async fn replay(&self, caller: &Caller, idempotency: &Idempotency) -> Result<Option<Replay>> {
        let columns = [
            ("fingerprint", Kind::Text),
            ("status", Kind::Int),
            ("headers", Kind::Json),
            ("body", Kind::Bytes),
            ("expires_at", Kind::Int),
        ];
        let columns = columns.map(|(name, kind)| kontor_store::Expr::column(name, kind)).to_vec();
        let select = Select::new(caller.space, system::IDEMPOTENCY, columns)
            .equals("caller", Kind::Int, caller.key_id.0)
            .equals("key", Kind::Text, idempotency.key.as_str())
            .limit(1);
        let rows = self.store().rows(select).await?;
        let Some([Value::Text(fingerprint), Value::Int(status), headers, body, Value::Int(expires)]) =
            rows.first().map(Vec::as_slice)
        else {
            return Ok(None);
        };
        if *expires < self.clock().now_ms() {
            let mut batch = kontor_store::Batch::new(caller.space);
            batch.writes.push(Write::Delete {
                table: system::IDEMPOTENCY.into(),
                keys: vec![
                    system::key("caller", Kind::Int, caller.key_id.0),
                    system::key("key", Kind::Text, idempotency.key.as_str()),
                ],
                must: false,
                search: false,
            });
            self.store().commit(batch).await.map_err(Error::internal)?;
            return Ok(None);
        }
        if *fingerprint != idempotency.fingerprint {
            return Err(Error::new(
                ErrorCode::IdempotencyReused,
                "this Idempotency-Key came with another request before; use a new key for a new request",
            ));
        }
        Ok(Some(Answer {
            status: u16::try_from(*status).unwrap_or(200),
            headers: headers.as_str().and_then(|h| serde_json::from_str(h).ok()).unwrap_or_default(),
            body: body.as_bytes().unwrap_or_default().to_vec(),
        }))
    }

    /// The row that keeps an answer; an expired one of the same key gives way.
    pub fn idempotency_writes(&self, ctx: &Ctx, answer: &Answer) -> Vec<Write> {
        let Some(idempotency) = &ctx.idempotency else { return Vec::new() };
        let now = self.clock().now_ms();
        let columns = [
            ("caller", Kind::Int),
            ("key", Kind::Text),
            ("fingerprint", Kind::Text),
            ("status", Kind::Int),
            ("headers", Kind::Json),
            ("body", Kind::Bytes),
            ("expires_at", Kind::Int),
        ]
        .map(|(name, kind)| kontor_store::ColumnRef::new(name, kind));
        vec![Write::Insert {
            table: system::IDEMPOTENCY.into(),
            columns: columns.into(),
            values: vec![
                Value::Int(ctx.caller.key_id.0),
                Value::Text(idempotency.key.clone()),
                Value::Text(idempotency.fingerprint.clone()),
                Value::Int(i64::from(answer.status)),
                Value::Json(serde_json::to_string(&answer.headers).unwrap_or_default()),
                Value::Bytes(answer.body.clone()),
                Value::Int(now + KEPT_MS),
            ],
            on_conflict: OnConflict::Fail,
            search: None,
        }]
    }

    /// Removes expired answers, at most a thousand; says how many.
    ///
    /// # Errors
    /// The database's.
    pub async fn sweep_idempotency(&self, space: kontor_model::SpaceId) -> Result<usize> {
        let columns =
            vec![kontor_store::Expr::column("caller", Kind::Int), kontor_store::Expr::column("key", Kind::Text)];
        let select = Select::new(space, system::IDEMPOTENCY, columns)
            .filter(kontor_store::Cond::Test {
                left: kontor_store::Expr::column("expires_at", Kind::Int),
                op: kontor_model::Op::Lt,
                right: Value::Int(self.clock().now_ms()),
            })
            .limit(1_000);
        let rows = self.store().rows(select).await?;
        let mut batch = kontor_store::Batch::new(space);
        for row in &rows {
            let [Value::Int(caller), Value::Text(key)] = row.as_slice() else { continue };
            batch.writes.push(Write::Delete {
                table: system::IDEMPOTENCY.into(),
                keys: vec![system::key("caller", Kind::Int, *caller), system::key("key", Kind::Text, key.as_str())],
                must: false,
                search: false,
            });
        }
        if !batch.writes.is_empty() {
            self.store().commit(batch).await.map_err(Error::internal)?;
        }
        Ok(rows.len())
    }
}
