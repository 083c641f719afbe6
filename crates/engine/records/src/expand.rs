//! References answered as records: one look-up per relation, whatever the page's size.

use std::collections::HashMap;
use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_model::{Error, ErrorCode, Kind, Op, Result, Value, name};
use kontor_store::{Cond, Expr, Page, Which};

use crate::{Access, Ctx, Records};

/// The most relations of one question.
const MAX_EXPAND: usize = 10;

/// A relation to answer with.
pub struct Expansion {
    /// `"company":`
    key: Vec<u8>,
    target: Arc<ObjectDef>,
    /// The reference.
    pub expr: Expr,
}

impl Records {
    /// Resolves the names of relations.
    ///
    /// # Errors
    /// 400003 naming the nearest relation.
    pub(crate) fn expansions(&self, ctx: &Ctx, def: &ObjectDef, names: &[String]) -> Result<Vec<Expansion>> {
        if names.len() > MAX_EXPAND {
            return Err(Error::new(ErrorCode::BadQuery, format!("expand takes at most {MAX_EXPAND} references")));
        }
        names
            .iter()
            .map(|name| {
                let Some((index, field)) = def.relation(name) else {
                    let hint = name::hint(name, def.relations());
                    return Err(Error::new(
                        ErrorCode::BadQuery,
                        format!("expand: {} has no reference \"{name}\"{hint}", def.name),
                    ));
                };
                let object = field.ty.as_reference().map(|r| r.object.as_str()).unwrap_or_default();
                let target = ctx.catalog.require(object)?.clone();
                ctx.caller.may(Access::Read, &target)?;
                let expr = def.expr(index, 0).ok_or_else(|| Error::internal("a field without a place"))?;
                let mut key = Vec::new();
                kontor_model::show::write_string(name, &mut key);
                key.push(b':');
                Ok(Expansion { key, target, expr })
            })
            .collect()
    }

    /// The page's rows with their references as records; null where there is none or it may not be seen.
    pub(crate) async fn expanded(&self, ctx: &Ctx, page: Page, expand: &[Expansion], first: usize) -> Result<Vec<u8>> {
        let mut related: Vec<HashMap<i64, Vec<u8>>> = Vec::with_capacity(expand.len());
        for (i, expansion) in expand.iter().enumerate() {
            let mut ids: Vec<i64> = page.rows.iter().filter_map(|r| r.kept.get(first + i)?.as_i64()).collect();
            ids.sort_unstable();
            ids.dedup();
            related.push(self.by_ids(ctx, &expansion.target, ids).await?);
        }
        let mut out = Vec::with_capacity(page.bytes.len() * 2);
        for (index, row) in page.rows.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            let text = page.row(index);
            out.extend_from_slice(text.get(..text.len().saturating_sub(1)).unwrap_or_default());
            for (i, (expansion, found)) in expand.iter().zip(&related).enumerate() {
                out.push(b',');
                out.extend_from_slice(&expansion.key);
                let record = row.kept.get(first + i).and_then(Value::as_i64).and_then(|id| found.get(&id));
                out.extend_from_slice(record.map_or(b"null".as_slice(), Vec::as_slice));
            }
            out.push(b'}');
        }
        Ok(out)
    }

    /// Whole records by their ids, as JSON.
    async fn by_ids(&self, ctx: &Ctx, def: &Arc<ObjectDef>, ids: Vec<i64>) -> Result<HashMap<i64, Vec<u8>>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let select = ctx.records_of(def, Which::Live, def.exprs.clone()).filter(Cond::Test {
            left: Expr::column("id", Kind::Int),
            op: Op::In,
            right: Value::Ints(ids),
        });
        let page = self.page(ctx, select, def.shape.clone()).await?;
        Ok((0..page.rows.len())
            .filter_map(|i| Some((page.rows.get(i)?.kept.first()?.as_i64()?, page.row(i).to_vec())))
            .collect())
    }
}
