//! What holds whenever a territory changes, or what territories have.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Id, Op, Result, Value};
use kontor_records::{Hook, Sight, Touched, Verdict};

use super::map::{Fields, Map, OBJECTS, covers};

/// The most territories above another.
const DEEPEST: usize = 20;
/// Every move takes a number of it: of two at once one is planned anew, and sees the other.
const MOVES: &str = "territory_hierarchy";

/// A territory covers what can be asked, is no part of itself, and does not go while there is something in it.
pub(crate) struct Definitions;

impl Hook for Definitions {
    fn objects(&self) -> &'static [&'static str] {
        &["territory"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut out = Vec::new();
            for territory in touched {
                if territory.is_gone() {
                    out.extend(in_use(sight, territory).await?);
                    continue;
                }
                if let Err(faults) = covers(sight, territory.value("covers").as_str().unwrap_or_default()) {
                    out.push(Verdict::Refuse { step: territory.step, error: Error::from_faults(faults) });
                    continue;
                }
                let parent = territory.value("parent_id").as_i64().filter(|_| territory.changes("parent_id"));
                if let Some(parent) = parent {
                    sight.number(MOVES).await?;
                    if let Some(detail) = stands_below(sight, territory.id, Id(parent)).await? {
                        out.push(Verdict::refuse(territory.step, "territory_hierarchy", detail));
                    }
                }
                let differs = ["covers", "position", "active"].iter().any(|field| territory.changes(field));
                if differs && !territory.field("assigned_at").1.is_null() {
                    out.push(Verdict::Amend { id: territory.id, field: "assigned_at", value: Value::Null });
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

async fn in_use(sight: &Sight<'_>, territory: &Touched<'_>) -> Result<Option<Verdict>> {
    for (object, by) in
        [("company", "territory_id"), ("lead", "territory_id"), ("deal", "territory_id"), ("territory", "parent_id")]
    {
        if !sight.find(object, &[(by, Op::Eq, Value::Int(territory.id.0))], 1).await?.is_empty() {
            let plural = &sight.ctx().whole.require(object)?.plural;
            let detail =
                format!("there are {plural} in this territory; set active to false and wait until they are elsewhere");
            return Ok(Some(Verdict::refuse(territory.step, "in_use", detail)));
        }
    }
    Ok(None)
}

/// Why a territory cannot be below this parent.
async fn stands_below(sight: &Sight<'_>, territory: Id, parent: Id) -> Result<Option<String>> {
    let mut above = parent;
    for _ in 0..DEEPEST {
        if above == territory {
            return Ok(Some(
                "a territory is no part of itself, directly or through others; name another parent".to_owned(),
            ));
        }
        match sight.record("territory", above).await?.and_then(|found| found.reference("parent_id")) {
            None => return Ok(None),
            Some(next) => above = next,
        }
    }
    Ok(Some(format!("more than {DEEPEST} territories would stand above this one")))
}

/// A record goes to the first territory that covers it, unless somebody has put it into one by hand.
pub(crate) struct Assignment;

impl Hook for Assignment {
    fn objects(&self) -> &'static [&'static str] {
        OBJECTS
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut out = Vec::new();
            let mut open = Vec::new();
            for record in touched.iter().filter(|t| !t.is_gone() && !is_restored(t)) {
                let is_fixed = by_hand(record);
                if let Some(fixed) = is_fixed.filter(|fixed| record.value("territory_fixed").as_bool() != Some(*fixed))
                {
                    out.push(Verdict::Amend { id: record.id, field: "territory_fixed", value: fixed.into() });
                }
                let is_fixed = is_fixed.unwrap_or(record.value("territory_fixed").as_bool() == Some(true));
                if !is_fixed && (record.is_new() || !is_closed(&record.def.name, record)) {
                    open.push(record);
                }
            }
            if open.is_empty() {
                return Ok(out);
            }
            let map = Map::load(sight).await?;
            if map.is_empty() {
                return Ok(out);
            }
            for object in OBJECTS {
                let own = || open.iter().filter(|t| t.def.name == **object);
                if own().next().is_none() {
                    continue;
                }
                let fields = own().map(fields);
                let neighbours = map.neighbours(sight, object, fields).await?;
                for record in own() {
                    let territory: Value = map.of(object, *record, &neighbours).into();
                    if *record.field("territory_id").1 != territory {
                        out.push(Verdict::Amend { id: record.id, field: "territory_id", value: territory });
                    }
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

fn fields<'t>(record: &&'t Touched<'t>) -> &'t dyn Fields {
    *record
}

/// What comes out of the bin is as it was.
fn is_restored(record: &Touched<'_>) -> bool {
    record.is_new() && record.field("version").1.as_i64() != Some(1)
}

/// Whether a caller puts the record into a territory, or takes it out of one; none when neither.
fn by_hand(record: &Touched<'_>) -> Option<bool> {
    let (before, after) = record.field("territory_id");
    let sets = !record.is_by_service() && before != after && (!record.is_new() || !after.is_null());
    let says = !record.is_new() && record.changes("territory_fixed");
    (sets && !says).then(|| !after.is_null())
}

/// A deal that is won or lost stays where it was then.
pub(super) fn is_closed(object: &str, record: &dyn Fields) -> bool {
    let certain = || matches!(record.value("probability").as_i64(), Some(0 | 100));
    object == "deal" && !record.value("close_date").is_null() && certain()
}
