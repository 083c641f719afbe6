//! What a purge leaves of a record: that there was one.

use std::collections::HashMap;

use kontor_model::{Id, Kind, Op, Result, Value};
use kontor_store::{ColumnRef, Cond, Expr, Select, Set, Write, system};

use crate::{Ctx, Records};

impl Records {
    /// The events of records that are purged: they hold what the records held, and share their ids with the entries.
    pub(crate) async fn events_of(&self, ctx: &Ctx, purged: Vec<i64>) -> Result<HashMap<Id, Vec<i64>>> {
        let mut found: HashMap<Id, Vec<i64>> = HashMap::new();
        if purged.is_empty() {
            return Ok(found);
        }
        let columns = ["id", "record_id"].map(|name| Expr::column(name, Kind::Int)).to_vec();
        let select = Select::new(ctx.space(), system::AUDIT, columns).filter(Cond::Test {
            left: Expr::column("record_id", Kind::Int),
            op: Op::In,
            right: Value::Ints(purged),
        });
        for row in self.rows(ctx, select).await? {
            if let [Value::Int(id), Value::Int(record)] = row.as_slice() {
                found.entry(Id(*record)).or_default().push(*id);
            }
        }
        Ok(found)
    }
}

/// Takes the record out of an event; that it happened stays.
pub(crate) fn empty_event(id: i64) -> Write {
    Write::Update {
        table: system::EVENT.into(),
        keys: vec![system::key("id", Kind::Int, id)],
        set: vec![(ColumnRef::new("data", Kind::Text), Set::To(Value::Null))],
        must: false,
        search: None,
    }
}
