//! Members of segments as rows: of frozen ones written down once, of tracked ones kept up with.
//!
//! A segment is looked through in the order of its members' ids, some at a time: those that it finds are held against the
//! rows of the same stretch of ids. What was done already is not done again, so a go that is broken off does no harm.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Id, Json, Op, Result, Value};
use kontor_records::{Ctx, Plan, Planner, Records, Sight, Sweep, Where};

use super::conditions::{Definition, Members, page};
use crate::letters::NOTHING;

/// Members that are looked at in one commit.
const AT_ONCE: u32 = 200;
/// Stretches of one segment in one go: of those that it leaves out the next go takes care.
const MOST_STRETCHES: usize = 50_000;
/// The most segments that keep their members.
const MOST: u64 = 1_000;
/// The most rows of one stretch; more are left for the same stretch again.
const MOST_ROWS: u64 = 2_000;

/// See the module.
pub(crate) struct Tracking;

impl Sweep for Tracking {
    fn name(&self) -> &'static str {
        "segments"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn wakes(&self) -> &'static [&'static str] {
        &["r_segments"]
    }

    fn run<'a>(&'a self, records: &'a Records, ctx: &'a Ctx) -> BoxFuture<'a, Result<usize>> {
        async move {
            let mut done = 0;
            for segment in due(records, ctx).await? {
                let mut from = None;
                for _ in 0..MOST_STRETCHES {
                    let stretch = Stretch { segment, from, next: Mutex::new(None) };
                    match records.carry(ctx, segment, &stretch, &|_| Vec::new()).await {
                        Ok(carried) => done += carried.len(),
                        Err(error) if error.code().status() >= 500 => return Err(error),
                        Err(error) => {
                            tracing::warn!(segment = segment.0, %error, "a segment's members cannot be kept");
                            break;
                        }
                    }
                    match stretch.next.into_inner().unwrap_or_else(PoisonError::into_inner) {
                        Some(next) => from = next,
                        None => break,
                    }
                }
            }
            Ok(done)
        }
        .boxed()
    }
}

/// Segments that keep their members, or are about to.
async fn due(records: &Records, ctx: &Ctx) -> Result<Vec<Id>> {
    struct Due(Mutex<Vec<Id>>);
    impl Planner for Due {
        fn plan<'a>(&'a self, sight: &'a Sight<'a>) -> BoxFuture<'a, Result<Plan>> {
            async move {
                let mut ids = Vec::new();
                for flag in ["drawing", "tracked"] {
                    let found = sight.find("segment", &[(flag, Op::Eq, Value::Bool(true))], MOST).await?;
                    ids.extend(found.into_iter().map(|segment| segment.id));
                }
                ids.sort_unstable();
                ids.dedup();
                *self.0.lock().unwrap_or_else(PoisonError::into_inner) = ids;
                Ok(Plan::default())
            }
            .boxed()
        }
    }
    let due = Due(Mutex::default());
    records.carry(ctx, Id(0), &due, &|_| Vec::new()).await?;
    Ok(due.0.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Some members of a segment, in the order of their ids.
struct Stretch {
    segment: Id,
    /// Behind this id; from the first one when there is none.
    from: Option<Id>,
    /// Where the next stretch begins; nothing when this was the last.
    next: Mutex<Option<Option<Id>>>,
}

impl Planner for Stretch {
    fn plan<'a>(&'a self, sight: &'a Sight<'a>) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let go_on = |next| *self.next.lock().unwrap_or_else(PoisonError::into_inner) = next;
            go_on(None);
            let Some(segment) = sight.record("segment", self.segment).await? else { return Ok(Plan::default()) };
            let drawing = segment.flag("drawing");
            if !drawing && !segment.flag("tracked") {
                return Ok(Plan::default());
            }
            let members = Members::defined(sight, &Definition::of(&segment)?).await?;
            let (listing, rows) = page(sight, sight.ctx(), members.after(self.from, AT_ONCE), false).await?;
            let ids: Vec<Id> =
                rows.iter().filter_map(|row| row.get("id").and_then(Json::as_str)?.parse().ok()).collect();
            let to = ids.last().copied().filter(|_| listing.has_more);
            let mut plan = Plan::default();
            self.enter(sight, &ids, &mut plan).await?;
            // A frozen segment keeps whom it found first.
            let complete = drawing || self.leave(sight, &ids, to, &mut plan).await?;
            match to {
                Some(to) if complete => go_on(Some(Some(to))),
                _ if !complete => go_on(Some(self.from)),
                _ if drawing => {
                    plan.push(sight.update(&segment, &[("drawing", false.into())])?.told("draw", "drawn"));
                }
                _ => {}
            }
            Ok(plan)
        }
        .boxed()
    }
}

impl Stretch {
    fn rows(&self) -> Vec<Where<'static>> {
        vec![("segment_id", Op::Eq, Value::Int(self.segment.0)), ("left_at", Op::IsNull, Value::Bool(true))]
    }

    /// Those who are in and have no row.
    async fn enter(&self, sight: &Sight<'_>, ids: &[Id], plan: &mut Plan) -> Result<()> {
        let mut of_these = self.rows();
        of_these.push(("record_id", Op::In, Value::Ints(ids.iter().map(|id| id.0).collect())));
        let rows = sight.find("segment_member", &of_these, u64::from(AT_ONCE)).await?;
        let known: HashSet<i64> = rows.iter().filter_map(|row| row.int("record_id")).collect();
        for id in ids.iter().filter(|id| !known.contains(&id.0)) {
            let fields = [
                ("segment_id", Value::Int(self.segment.0)),
                ("record_id", id.0.into()),
                ("entered_at", sight.now().into()),
                ("place", format!("{}/{id}", self.segment).into()),
            ];
            plan.push(sight.create("segment_member", &fields)?.told("enter", "entered"));
        }
        Ok(())
    }

    /// Those who have a row in this stretch of ids and are not in; whether these are all.
    async fn leave(&self, sight: &Sight<'_>, ids: &[Id], to: Option<Id>, plan: &mut Plan) -> Result<bool> {
        let mut within = self.rows();
        within.extend(self.from.map(|id| ("record_id", Op::Gt, Value::Int(id.0))));
        within.extend(to.map(|id| ("record_id", Op::Lte, Value::Int(id.0))));
        let rows = sight.find("segment_member", &within, MOST_ROWS).await?;
        let wanted: HashSet<i64> = ids.iter().map(|id| id.0).collect();
        for row in rows.iter().filter(|row| row.int("record_id").is_some_and(|id| !wanted.contains(&id))) {
            let fields = [("left_at", sight.now().into()), ("place", NOTHING)];
            plan.push(sight.update(row, &fields)?.told("leave", "left"));
        }
        Ok((rows.len() as u64) < MOST_ROWS)
    }
}
