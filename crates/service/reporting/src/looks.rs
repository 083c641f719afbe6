//! What reports and dashboards show.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_formats::Format;
use kontor_model::{Error, Id, Json, Op, Result, Value, view};
use kontor_records::{Found, Look, Sheet, Sight, Viewed, refusal};
use serde_json::{Value as J, json};

use crate::chart;
use crate::kind::{Wanted, table};
use crate::live::Live;
use crate::table::Table;

/// The most reports of a dashboard.
const MOST_TILES: usize = 40;

/// `GET /v1/reports/{id}/result`
pub(crate) struct ResultOf;

impl Look for ResultOf {
    fn object(&self) -> &'static str {
        "report"
    }

    fn name(&self) -> &'static str {
        "result"
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, viewed: &'a Viewed) -> BoxFuture<'a, Result<Sheet>> {
        async move {
            let input = &viewed.input;
            let zone = zone(sight, input.text("time_zone")).await?;
            let table = made(sight, &viewed.record, &zone, (input.int("from"), input.int("to"))).await?;
            let name = viewed.record.text("name");
            let file = |ending: &str, bytes| Sheet::File {
                media: viewed.media.clone(),
                name: format!("{name}.{ending}"),
                bytes,
            };
            Ok(match viewed.media.as_str() {
                "text/csv" => file("csv", table.file(Format::Csv)?),
                "image/svg+xml" => file("svg", chart::svg(&table, viewed.record.text("chart"), name).into_bytes()),
                view::JSON => Sheet::Json(table.json().to_string().into_bytes()),
                _ => file("xlsx", table.file(Format::Xlsx)?),
            })
        }
        .boxed()
    }
}

/// The zone that buckets are cut by: the one that is asked for, the caller's own, the workspace's.
async fn zone(sight: &Sight<'_>, asked: Option<&str>) -> Result<String> {
    match asked {
        Some(zone) if kontor_model::time::is_zone(zone) => return Ok(zone.to_owned()),
        Some(_) => {
            let message = "is no time zone; use a name such as Europe/Berlin";
            return Err(kontor_model::Fault::new("time_zone", "format", message).into());
        }
        None => {}
    }
    let caller = match sight.ctx().caller.user_id {
        Some(user) => sight.record("user", user).await?,
        None => None,
    };
    let own = caller.map(|user| user.text("time_zone").to_owned()).filter(|zone| kontor_model::time::is_zone(zone));
    Ok(own.unwrap_or_else(|| sight.settings().time_zone.clone()))
}

async fn made(sight: &Sight<'_>, report: &Found, zone: &str, (from, to): (Option<i64>, Option<i64>)) -> Result<Table> {
    let definition = match report.value("definition").as_str() {
        Some(text) => Some(Json::parse_str(text).map_err(Error::internal)?),
        None => None,
    };
    let kind = if report.text("kind").is_empty() { "aggregate" } else { report.text("kind") };
    let asked_at = report.int("rebuild_requested_at").unwrap_or(0);
    let is_live = report.flag("live") && from.is_none() && to.is_none();
    let live = is_live.then_some(Live { report: report.id, asked_at });
    let object = report.text("target_object");
    let wanted = Wanted { kind, object, definition: definition.as_ref(), zone, from, to, live };
    table(sight, &wanted).await
}

/// `GET /v1/dashboards/{id}/data`
pub(crate) struct DataOf;

impl Look for DataOf {
    fn object(&self) -> &'static str {
        "dashboard"
    }

    fn name(&self) -> &'static str {
        "data"
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, viewed: &'a Viewed) -> BoxFuture<'a, Result<Sheet>> {
        async move {
            let layout: J = match viewed.record.value("layout").as_str() {
                Some(text) => serde_json::from_str(text).map_err(Error::internal)?,
                None => J::Array(Vec::new()),
            };
            let mut ids: Vec<Option<Id>> = layout.as_array().into_iter().flatten().map(report_id).collect();
            if ids.len() > MOST_TILES {
                let detail = format!("it has {} reports; at most {MOST_TILES} are shown at once", ids.len());
                return Err(refusal("dashboard_size", detail));
            }
            let count = ids.len();
            if let Some(place) = viewed.input.int("tile") {
                let place = usize::try_from(place).unwrap_or(usize::MAX);
                ids = ids.get(place).copied().into_iter().collect();
            }
            let zone = zone(sight, None).await?;
            let mut tiles = Vec::with_capacity(ids.len());
            for id in ids {
                tiles.push(tile(sight, id, &zone).await?);
            }
            Ok(Sheet::Json(json!({"tiles": tiles, "tile_count": count}).to_string().into_bytes()))
        }
        .boxed()
    }
}

pub(crate) fn report_id(tile: &J) -> Option<Id> {
    tile.get("report_id")?.as_str()?.parse().ok()
}

/// A report that the reader may not see, or that cannot be made, leaves its place empty and says why.
async fn tile(sight: &Sight<'_>, id: Option<Id>, zone: &str) -> Result<J> {
    let shown = async {
        let report = sight.visible("report", id.ok_or_else(Error::not_found)?).await?;
        let table = made(sight, &report, zone, (None, None)).await?;
        Ok::<_, Error>(json!({"name": report.text("name"), "chart": report.text("chart"), "result": table.json()}))
    };
    let mut tile = match shown.await {
        Ok(tile) => tile,
        Err(error) if error.code().status() >= 500 => return Err(error),
        Err(error) => json!({"error": {"error_code": error.code().number(), "detail": error.detail()}}),
    };
    if let (Some(members), Some(id)) = (tile.as_object_mut(), id) {
        members.insert("report_id".to_owned(), json!(id.to_string()));
    }
    Ok(tile)
}

/// The reports of a layout that there are.
pub(crate) async fn known(sight: &Sight<'_>, ids: &[Id]) -> Result<Vec<Id>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = Value::Ints(ids.iter().map(|id| id.0).collect());
    let found = sight.find("report", &[("id", Op::In, wanted)], 1_000).await?;
    Ok(found.into_iter().map(|report| report.id).collect())
}
