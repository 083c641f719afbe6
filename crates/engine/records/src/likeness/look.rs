//! `GET …/{id}/duplicates`.

use std::collections::HashMap;
use std::sync::Arc;

use futures::future::BoxFuture;
use kontor_catalog::ObjectDef;
use kontor_linkage::Likeness;
use kontor_model::show::write_string;
use kontor_model::{Id, Kind, Op, Result, Value};
use kontor_store::{Cond, Expr, Which};

use super::keys::keys;
use super::profile;
use super::rule::{Rule, probability};
use super::score::{Scale, Why, path};
use crate::{Found, Look, Records, Sheet, Sight, Viewed};

/// A key that more than this number of records have is not followed.
const MOST_HOLDERS: u64 = 200;
/// The most records of an answer, and how many where nothing is said.
pub(super) const MOST: i64 = 50;
pub(super) const USUAL: i64 = 10;

/// See the module.
pub struct Duplicates(pub &'static str);

impl Look for Duplicates {
    fn object(&self) -> &'static str {
        self.0
    }

    fn name(&self) -> &'static str {
        "duplicates"
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, viewed: &'a Viewed) -> BoxFuture<'a, Result<Sheet>> {
        Box::pin(async move {
            let usual = Rule::of(sight, self.0).await?;
            let threshold = probability(viewed.input.value("threshold")).unwrap_or(usual.show);
            let limit = viewed.input.int("limit").and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
            let mut alike = alike(sight, self.0, &viewed.record).await?;
            alike.retain(|(_, likeness)| likeness.probability >= threshold);
            alike.truncate(limit);
            answer(sight, self.0, &alike).await.map(Sheet::Json)
        })
    }
}

/// Records that share a key with this one and that the caller sees, the likeliest first.
async fn alike(sight: &Sight<'_>, object: &str, record: &Found) -> Result<Vec<(Id, Likeness<Why>)>> {
    let (records, ctx) = (sight.records(), sight.ctx());
    let def = ctx.whole.require(object)?.clone();
    let Some(profile) = profile::of(object) else { return Ok(Vec::new()) };
    let values = &record.work.values;
    let holders = records.holders_of(ctx, &keys(profile, &def, values, false), MOST_HOLDERS).await?;
    let ids: Vec<i64> = holders.ids().into_iter().filter(|id| *id != record.id.0).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let view = ctx.catalog.require(object)?;
    let scale = Scale { profile, view, id: record.id.0, values, holders: &holders };
    let found = records.fetch(ctx, &def, ids).await?.into_iter().filter(|(_, other)| !other.deleted);
    let mut alike: Vec<(Id, Likeness<Why>)> = found.map(|(id, other)| (id, scale.weigh(&other.values))).collect();
    alike.sort_by(|a, b| b.1.probability.total_cmp(&a.1.probability).then(a.0.cmp(&b.0)));
    Ok(alike)
}

async fn answer(sight: &Sight<'_>, object: &str, alike: &[(Id, Likeness<Why>)]) -> Result<Vec<u8>> {
    let view = sight.ctx().catalog.require(object)?.clone();
    let mut shown = shown(sight.records(), sight, &view, alike.iter().map(|(id, _)| id.0).collect()).await?;
    let mut out = b"[".to_vec();
    for (id, likeness) in alike {
        let Some(record) = shown.remove(id) else { continue };
        if out.len() > 1 {
            out.push(b',');
        }
        out.extend_from_slice(
            format!("{{\"id\":\"{id}\",\"score\":{:.4},\"reasons\":[", likeness.probability).as_bytes(),
        );
        for (i, reason) in likeness.reasons.iter().enumerate() {
            out.extend_from_slice(if i > 0 { b",{\"field\":" } else { b"{\"field\":" });
            write_string(&path(&view, reason.field.field), &mut out);
            let rest = format!(",\"level\":\"{}\",\"weight\":{:.2}}}", reason.level.name(), reason.weight);
            out.extend_from_slice(rest.as_bytes());
        }
        out.extend_from_slice(b"],\"record\":");
        out.extend_from_slice(&record);
        out.push(b'}');
    }
    out.push(b']');
    Ok(out)
}

/// Records as the caller reads them.
async fn shown(
    records: &Records,
    sight: &Sight<'_>,
    view: &Arc<ObjectDef>,
    ids: Vec<i64>,
) -> Result<HashMap<Id, Vec<u8>>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let by_id = Cond::Test { left: Expr::column("id", Kind::Int), op: Op::In, right: Value::Ints(ids) };
    let select = sight.ctx().records_of(view, Which::Live, view.exprs.clone()).filter(by_id);
    let page = records.page(sight.ctx(), select, view.shape.clone()).await?;
    let id = |row: &kontor_store::PageRow| row.kept.first().and_then(Value::as_i64).map(Id);
    let rows = page.rows.iter().enumerate();
    Ok(rows.filter_map(|(i, row)| Some((id(row)?, page.row(i).to_vec()))).collect())
}
