//! What happened to one record: its audit entries, and on the timeline the activities about it.

use kontor_catalog::ObjectDef;
use kontor_catalog::versions::changes_down;
use kontor_model::{Error, Id, Kind, Op, Result, Value};
use kontor_store::{Cond, Expr, Select, Which, system};
use serde_json::{Value as J, json};

use crate::cursor::{Position, fingerprint};
use crate::{Access, Ctx, Listing, Records, plan};

/// One line of a history or timeline: when, id for ties, JSON.
type Line = (i64, i64, J);

impl Records {
    /// The audit entries of a record, newest first: `{id, at, action, version, user_id, key_id, request_id, changes}`.
    ///
    /// # Errors
    /// 404001, 400004, 400005, the database's.
    pub async fn history(
        &self,
        ctx: &Ctx,
        object: &str,
        id: Id,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Listing> {
        self.lines(ctx, object, id, limit, cursor, false).await
    }

    /// The audit entries of a record and the activities related to it, newest first, each with its `kind`.
    ///
    /// # Errors
    /// As [`Records::history`].
    pub async fn timeline(
        &self,
        ctx: &Ctx,
        object: &str,
        id: Id,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Listing> {
        self.lines(ctx, object, id, limit, cursor, true).await
    }

    async fn lines(
        &self,
        ctx: &Ctx,
        object: &str,
        id: Id,
        limit: Option<u32>,
        cursor: Option<&str>,
        activities: bool,
    ) -> Result<Listing> {
        let def = ctx.catalog.require(object)?.clone();
        ctx.caller.may(Access::Read, &def)?;
        if self.fetch(ctx, &def, vec![id.0]).await?.is_empty() {
            return Err(Error::not_found());
        }
        let limit = plan::limit(limit)?;
        let kind = if activities { "timeline" } else { "history" };
        let print = fingerprint(&[ctx.catalog.api().name(), &ctx.space().to_string(), kind, &id.to_string()]);
        let after = match cursor.map(|c| self.signer.read(&print, c, &[Kind::Int, Kind::Int])).transpose()? {
            Some(Position::After(values)) => Some(values),
            _ => None,
        };
        let mut lines = self.entries(ctx, &def, id, limit, after.clone()).await?;
        if activities {
            let related: Vec<_> = ctx
                .catalog
                .objects()
                .filter(|o| o.service == "activities" && o.field("related_to_id").is_some())
                .cloned()
                .collect();
            for activity in related.iter().filter(|a| ctx.caller.may(Access::Read, a).is_ok()) {
                lines.extend(self.activities(ctx, activity, id, limit, after.clone()).await?);
            }
        }
        lines.sort_by_key(|(at, id, _)| std::cmp::Reverse((*at, *id)));
        let has_more = lines.len() > limit as usize;
        lines.truncate(limit as usize);
        let next_cursor = lines
            .last()
            .filter(|_| has_more)
            .map(|(at, id, _)| self.signer.write(&print, &Position::After(vec![Value::Int(*at), Value::Int(*id)])));
        let data = lines.iter().map(|(_, _, line)| line.to_string()).collect::<Vec<_>>().join(",").into_bytes();
        Ok(Listing {
            data,
            rows: lines.len(),
            limit,
            offset: None,
            has_more,
            next_cursor,
            total: None,
            total_is_minimum: false,
        })
    }

    async fn entries(
        &self,
        ctx: &Ctx,
        def: &ObjectDef,
        id: Id,
        limit: u32,
        after: Option<Vec<Value>>,
    ) -> Result<Vec<Line>> {
        let names = [
            ("at", Kind::Int),
            ("id", Kind::Int),
            ("action", Kind::Text),
            ("version", Kind::Int),
            ("user_id", Kind::Int),
            ("key_id", Kind::Int),
            ("request_id", Kind::Text),
            ("changes", Kind::Text),
            ("redacted_at", Kind::Int),
        ];
        let columns = names.map(|(name, kind)| Expr::column(name, kind)).to_vec();
        let mut select = Select::new(ctx.space(), system::AUDIT, columns)
            .equals("record_id", Kind::Int, id.0)
            .order(Expr::column("id", Kind::Int), true)
            .limit(u64::from(limit) + 1);
        if let Some(values) = after {
            let at = values.first().cloned().unwrap_or_default();
            let last = values.get(1).cloned().unwrap_or_default();
            select = select.filter(before(Expr::column("at", Kind::Int), at, last));
        }
        let rows = self.rows(ctx, select).await?;
        Ok(rows.iter().filter_map(|row| entry(def, row, &|path| is_open(ctx, def, path))).collect())
    }

    async fn activities(
        &self,
        ctx: &Ctx,
        def: &std::sync::Arc<ObjectDef>,
        id: Id,
        limit: u32,
        after: Option<Vec<Value>>,
    ) -> Result<Vec<Line>> {
        let Some((related, _)) = def.field("related_to_id") else { return Ok(Vec::new()) };
        let Some(left) = def.expr(related, 0) else { return Ok(Vec::new()) };
        let mut select = ctx
            .records_of(def, Which::Live, def.exprs.clone())
            .order(Expr::column("created_at", Kind::Int), true)
            .order(Expr::column("id", Kind::Int), true)
            .limit(u64::from(limit) + 1);
        select.after = after;
        let select = select.filter(Cond::Test { left, op: Op::Eq, right: Value::Int(id.0) });
        let mut shape = (*def.shape).clone();
        let created = def.column_of("created_at").unwrap_or_default();
        shape.keep = vec![(created, Kind::Int), (0, Kind::Int)];
        let page = self.page(ctx, select, std::sync::Arc::new(shape)).await?;
        Ok((0..page.rows.len())
            .filter_map(|i| {
                let kept = &page.rows.get(i)?.kept;
                let record: J = serde_json::from_slice(page.row(i)).ok()?;
                let at = kept.first()?.as_i64()?;
                Some((at, kept.get(1)?.as_i64()?, json!({"kind": "activity", "at": moment(def, at), "record": record})))
            })
            .collect())
    }
}

/// Rows that come after (at, id) in descending order.
fn before(at: Expr, moment: Value, id: Value) -> Cond {
    let test = |left: Expr, op: Op, right: Value| Cond::Test { left, op, right };
    Cond::Or(vec![
        test(at.clone(), Op::Lt, moment.clone()),
        Cond::And(vec![test(at, Op::Eq, moment), test(Expr::column("id", Kind::Int), Op::Lt, id)]),
    ])
}

/// Whether the caller sees a field, named in version 1's words; what is no field any more is shown to those who see all.
fn is_open(ctx: &Ctx, def: &ObjectDef, path: &str) -> bool {
    match def.native().field(path) {
        Some((index, _)) => !def.is_hidden(index),
        None => ctx.caller.policy.rule(&def.name).hidden.is_empty(),
    }
}

/// A moment as the version writes it.
fn moment(def: &ObjectDef, at: i64) -> J {
    let created = def.field("created_at");
    let show = created.map_or(kontor_model::Show::DateTime, |(_, field)| field.spec().show());
    serde_json::from_str(&show.text(&Value::Int(at))).unwrap_or_default()
}

fn entry(def: &ObjectDef, row: &[Value], open: &dyn Fn(&str) -> bool) -> Option<Line> {
    let [
        Value::Int(at),
        Value::Int(id),
        Value::Text(action),
        Value::Int(version),
        user,
        key,
        request,
        changes,
        redacted,
    ] = row
    else {
        return None;
    };
    let id_text = |value: &Value| value.as_i64().map(|n| n.to_string());
    let stored: J = changes.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let mut changes = if action == "create" { created(&stored) } else { stored };
    if let Some(changes) = changes.as_object_mut() {
        changes.retain(|path, _| open(path));
    }
    changes_down(def, &mut changes);
    let line = json!({
        "kind": "change", "id": id.to_string(), "at": moment(def, *at), "action": action, "version": version,
        "user_id": id_text(user), "key_id": id_text(key), "request_id": request.as_str(), "changes": changes,
        "redacted": !redacted.is_null(),
    });
    Some((*at, *id, line))
}

/// A new record's values as changes from nothing.
fn created(record: &J) -> J {
    let system = ["id", "object", "version", "created_at", "updated_at", "created_by", "updated_by"];
    let members =
        record.as_object().into_iter().flatten().filter(|(k, v)| !v.is_null() && !system.contains(&k.as_str()));
    let mut changes = serde_json::Map::new();
    for (key, value) in members {
        match (key.as_str(), value) {
            ("custom", J::Object(custom)) => {
                changes.extend(
                    custom.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (format!("custom.{k}"), json!([null, v]))),
                );
            }
            _ => {
                changes.insert(key.clone(), json!([null, value]));
            }
        }
    }
    J::Object(changes)
}
