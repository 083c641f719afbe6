//! Indexes of custom fields, and the records that stand in the way of a unique one.

use kontor_model::{Error, ErrorCode, Fault, Field, Id, Kind, Op, Result, SpaceId, Value};
use kontor_store::{CommitError, Cond, Expr, Select, Which};

use super::Metadata;
use crate::{ObjectDef, tables};

impl Metadata {
    pub(super) async fn ensure_indexes(&self, space: SpaceId, def: &ObjectDef, field: &Field) -> Result<()> {
        if field.unique
            && let Some(index) = tables::custom_unique_index(def, field, space)
        {
            self.store.create_index(def.table_name().clone(), index).await?;
        }
        if (field.indexed || field.unique)
            && let Some(index) = tables::custom_index(def, field)
        {
            self.store.create_index(def.table_name().clone(), index).await?;
        }
        Ok(())
    }

    pub(super) async fn make_unique(&self, space: SpaceId, def: &ObjectDef, field: &Field) -> Result<()> {
        let Some(index) = tables::custom_unique_index(def, field, space) else { return Ok(()) };
        match self.store.create_index(def.table_name().clone(), index).await {
            Ok(()) => Ok(()),
            Err(CommitError::Unique { .. }) => Err(self.offenders(space, def, field).await?),
            Err(error) => Err(error.into()),
        }
    }

    /// Which records share a value, at most 20 values and 100 records.
    pub(super) async fn offenders(&self, space: SpaceId, def: &ObjectDef, field: &Field) -> Result<Error> {
        let Some((index, _)) = def.field(&def.path(field)) else { return Ok(Error::internal("no such field")) };
        let Some(expr) = def.expr(index, 0) else { return Ok(Error::internal("no such field")) };
        let mut select = Select::new(space, def.table_name().clone(), vec![expr.clone(), Expr::Count]).limit(20);
        select.from = def.source(Which::Live);
        select.group = vec![expr.clone()];
        select.having = Some(Cond::And(vec![
            Cond::Test { left: Expr::Count, op: Op::Gt, right: Value::Int(1) },
            Cond::Test { left: expr.clone(), op: Op::IsNull, right: Value::Bool(false) },
        ]));
        let (mut faults, mut all) = (Vec::new(), Vec::new());
        for row in self.store.rows(select).await? {
            let value = row.into_iter().next().unwrap_or_default();
            let mut ids = Select::new(space, def.table_name().clone(), vec![Expr::column("id", Kind::Int)]).limit(5);
            ids.from = def.source(Which::Live);
            let shown = field.spec().show().plain(&value);
            let ids = ids.filter(Cond::Test { left: expr.clone(), op: Op::Eq, right: value });
            let ids: Vec<Id> = self.store.rows(ids).await?.iter().filter_map(|r| r.first()?.as_i64().map(Id)).collect();
            let list = ids.iter().map(Id::to_string).collect::<Vec<_>>().join(", ");
            faults.push(
                Fault::coded(
                    &field.name,
                    ErrorCode::NotUnique,
                    format!("the value is in more than one record: {list}"),
                )
                .value(shown),
            );
            all.extend(ids);
        }
        let detail = format!("{} cannot be unique: {} values are in more than one record", field.name, faults.len());
        Ok(Error::new(ErrorCode::NotUnique, detail).with_faults(faults).with_ids(all))
    }
}
