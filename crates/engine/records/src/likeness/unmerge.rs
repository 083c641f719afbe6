//! `POST …/{id}/unmerge`: a merge is taken back; and merges that can no longer be are forgotten.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::BoxFuture;
use kontor_model::{Change, Changes, Error, ErrorCode, Id, Json, Op, Result, Step, Value};

use super::{MERGE, UNDO_DAYS};
use crate::act::Gives;
use crate::fetch::Working;
use crate::rights::Action as Right;
use crate::{Act, Answer, Asked, Ctx, Found, Plan, Records, Sight, Sweep, refusal};

/// See the module.
pub struct Unmerge(pub &'static str);

impl Act for Unmerge {
    fn object(&self) -> &'static str {
        self.0
    }

    fn name(&self) -> &'static str {
        "unmerge"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        Box::pin(plan(sight, self.0, asked))
    }
}

async fn plan(sight: &Sight<'_>, object: &'static str, asked: &Asked) -> Result<Plan> {
    let own = &asked.record;
    let id = asked.input.reference("merge_id").ok_or_else(Error::not_found)?;
    // Who may change what stayed may know what was merged into it.
    let found = sight.record(MERGE, id).await?.filter(|merge| merge.reference("merged_into_id") == Some(own.id));
    let Some(merge) = found else {
        let _ = sight.visible(MERGE, id).await?;
        return Err(refusal("not_this_merge", format!("merge {id} was not into {}; name one that was", own.id)));
    };
    if !merge.value("undone_at").is_null() {
        return Err(refusal("already_undone", format!("merge {id} has been taken back already")));
    }
    if merge.int("expires_at").is_some_and(|end| end < sight.now()) {
        return Err(refusal("too_late", format!("a merge can be taken back within {UNDO_DAYS} days")));
    }
    let other = binned(sight, object, &merge).await?;

    // This one first: unique values that it took are free when the other comes back.
    let mut plan = Plan::one(given_back(sight, own, &other, &merge)?.told("unmerge", "unmerged").touching());
    let restored = plan.push(Step::of_service(Change::Restore {
        object: object.to_owned(),
        id: other.id,
        if_match: Some(other.version()),
    }));
    for (link, fields) in moved(sight, &merge).await? {
        let back: Vec<(&str, Value)> = fields
            .iter()
            .filter(|field| link.reference(field) == Some(own.id))
            .map(|field| (field.as_str(), Value::Int(other.id.0)))
            .collect();
        if !back.is_empty() {
            plan.push(sight.update(&link, &back)?);
        }
    }
    plan.push(sight.update(&merge, &[("undone_at", Value::Int(sight.now()))])?);
    plan.gives = Gives::Named(vec![(object, Some(0)), ("restored", Some(restored))]);
    Ok(plan)
}

/// The record that was taken in, where it still is in the bin and the caller may take it out.
async fn binned(sight: &Sight<'_>, object: &str, merge: &Found) -> Result<Found> {
    let (records, ctx) = (sight.records(), sight.ctx());
    let id = merge.reference("merged_id").ok_or_else(Error::not_found)?;
    let def = ctx.whole.require(object)?.clone();
    let work: Option<Working> = records.fetch_any(ctx, &def, vec![id.0]).await?.remove(&id);
    let Some(work) = work else {
        return Err(refusal("purged", format!("{id} is gone for good; the merge cannot be taken back")));
    };
    if !work.deleted {
        return Err(refusal("not_in_bin", format!("{id} has been restored already; the merge cannot be taken back")));
    }
    if !records.reachable(ctx, Right::Delete, &def, vec![id.0]).await?.contains(&id.0) {
        let detail = format!("the role {} may not restore {id}", ctx.caller.policy.role);
        return Err(Error::new(ErrorCode::Forbidden, detail));
    }
    Ok(Found { id, work })
}

/// The fields as they were, where they still have what the merge put there: the other record's.
fn given_back(sight: &Sight<'_>, own: &Found, other: &Found, merge: &Found) -> Result<Step> {
    let def = own.work.def.native();
    let before = Json::parse_str(merge.text("before")).unwrap_or(Json::Null);
    let kept = before.as_object().unwrap_or_default().iter().filter(|(path, _)| {
        let given = other.value(path);
        let cleared = given.as_i64() == Some(own.id.0) && own.value(path).is_null();
        def.field(path).is_some() && (own.value(path) == given || cleared)
    });
    let data = Json::Object(kept.cloned().collect());
    let step = sight.update(own, &[])?;
    Ok(match step.change {
        Change::Update { object, id, if_match, mode, .. } => {
            Step { change: Change::Update { object, id, if_match, mode, data }, ..step }
        }
        change => Step { change, ..step },
    })
}

/// What the merge moved and is still there, with the fields that it set.
async fn moved(sight: &Sight<'_>, merge: &Found) -> Result<Vec<(Found, Vec<String>)>> {
    let list = Json::parse_str(merge.text("moved")).unwrap_or(Json::Null);
    let mut by_object: BTreeMap<String, Vec<(Id, Vec<String>)>> = BTreeMap::new();
    for group in list.as_array().unwrap_or_default() {
        let texts =
            |name: &str| group.get(name).and_then(Json::as_array).unwrap_or_default().iter().filter_map(Json::as_str);
        let fields: Vec<String> = texts("fields").map(str::to_owned).collect();
        let object = group.get("object").and_then(Json::as_str).unwrap_or_default();
        let links = texts("ids").filter_map(|id| Some((id.parse::<Id>().ok()?, fields.clone())));
        by_object.entry(object.to_owned()).or_default().extend(links);
    }
    let mut all = Vec::new();
    for (object, links) in by_object {
        // An object that was retired since keeps its records, and nobody sees them.
        let Some(def) = sight.ctx().whole.object(&object).cloned() else { continue };
        let ids = links.iter().map(|(id, _)| id.0).collect();
        let found = sight.find(&object, &[("id", Op::In, Value::Ints(ids))], links.len() as u64).await?;
        let links: BTreeMap<Id, Vec<String>> = links.into_iter().collect();
        all.extend(found.into_iter().filter_map(|record| {
            let fields = links.get(&record.id)?;
            let known = fields.iter().filter(|field| def.native().field(field).is_some()).cloned().collect();
            Some((record, known))
        }));
    }
    Ok(all)
}

/// Forgets merges that can no longer be taken back, with the values that they kept.
pub struct Forget;

/// Merges of one commit.
const PORTION: u64 = 200;

impl Sweep for Forget {
    fn name(&self) -> &'static str {
        "merges"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(3_600)
    }

    fn run<'a>(&'a self, records: &'a Records, ctx: &'a Ctx) -> BoxFuture<'a, Result<usize>> {
        Box::pin(async move {
            if ctx.whole.object(MERGE).is_none() {
                return Ok(0);
            }
            let now = records.clock().now_ms();
            let counters = crate::counters::Counters::default();
            let sight = Sight::new(records, ctx, now, None, &counters);
            let old = sight.find(MERGE, &[("expires_at", Op::Lt, Value::Int(now))], PORTION).await?;
            if old.is_empty() {
                return Ok(0);
            }
            let purge = |merge: &Found| Step::of_service(Change::Purge { object: MERGE.to_owned(), id: merge.id });
            let changes = Changes { steps: old.iter().map(purge).collect(), whole: true, ..Changes::default() };
            let nothing = |_: &[Result<crate::Outcome>]| Answer { status: 200, headers: Vec::new(), body: Vec::new() };
            records.change(ctx, changes, false, &nothing).await?;
            Ok(old.len())
        })
    }
}
