//! What holds for a workflow, whoever changes it: it can be read, it runs in the right of who said what it does, and its
//! schedule strikes when it should.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_events::Types;
use kontor_jobs::cron;
use kontor_model::{Error, ErrorCode, Fault, Json, Op, Result, Value};
use kontor_records::{Hook, Sight, Touched, Verdict};
use serde_json::Value as J;

use crate::rights::Rights;
use crate::{CREDENTIAL, WORKFLOW, program};

pub(crate) struct Sound;

/// What says what a workflow does, and when.
const MEANING: &[&str] =
    &["trigger_kind", "event_type", "fields", "filter", "condition", "schedule", "time_zone", "target_object", "steps"];

impl Hook for Sound {
    fn objects(&self) -> &'static [&'static str] {
        &[WORKFLOW]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut verdicts = Vec::new();
            for one in touched.iter().filter(|one| !one.is_gone()) {
                if !one.is_by_service() {
                    let mut faults = faults(sight, one);
                    if faults.is_empty() && one.changes("steps") {
                        faults = unknown_credentials(sight, one).await?;
                    }
                    if !faults.is_empty() {
                        verdicts.push(Verdict::Refuse { step: one.step, error: Error::from_faults(faults) });
                        continue;
                    }
                }
                verdicts.extend(amended(sight, one));
            }
            Ok(verdicts)
        }
        .boxed()
    }
}

/// Credentials that steps name and that are not there.
async fn unknown_credentials(sight: &Sight<'_>, one: &Touched<'_>) -> Result<Vec<Fault>> {
    let steps: J = one.value("steps").as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let mut faults = Vec::new();
    for (place, name) in program::credentials(&steps, "steps") {
        let named = [("name", Op::Eq, Value::text(name.as_str()))];
        if sight.find(CREDENTIAL, &named, 1).await?.is_empty() {
            faults.push(fault(&place, format!("there is no function credential \"{name}\"; make it first")));
        }
    }
    Ok(faults)
}

fn amended(sight: &Sight<'_>, one: &Touched<'_>) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let mut amend = |field: &'static str, value: Value| verdicts.push(Verdict::Amend { id: one.id, field, value });
    let active = one.value("active").as_bool() == Some(true);
    let is_woken = active && one.changes("active");
    let has_meaning = MEANING.iter().any(|field| one.changes(field));
    if !one.is_by_service() && (has_meaning || is_woken) {
        amend("rights", Value::Json(Rights::of(sight.ctx()).json().to_string()));
    }
    if has_meaning && one.before.is_some() {
        amend("revision", Value::Int(one.value("revision").as_i64().unwrap_or(1) + 1));
    }
    if is_woken {
        amend("active_since", Value::Int(sight.now()));
    }
    let scheduled = active && one.value("trigger_kind").as_str() == Some("schedule");
    let retimed = is_woken || ["trigger_kind", "schedule", "time_zone"].iter().any(|field| one.changes(field));
    if !scheduled && !one.value("next_at").is_null() {
        amend("next_at", Value::Null);
    } else if scheduled && retimed {
        let next = cron::next(one.value("schedule").as_str().unwrap_or_default(), &zone(sight, one), sight.now());
        amend("next_at", next.map_or(Value::Null, Value::Int));
    }
    verdicts
}

fn zone(sight: &Sight<'_>, one: &Touched<'_>) -> String {
    let own = one.value("time_zone").as_str().filter(|zone| !zone.is_empty());
    own.map_or_else(|| sight.settings().time_zone.clone(), str::to_owned)
}

fn fault(field: &str, why: impl Into<String>) -> Fault {
    Fault::coded(field, ErrorCode::Invalid, why)
}

fn faults(sight: &Sight<'_>, one: &Touched<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let catalog = &sight.ctx().whole;
    let text = |field: &str| one.value(field).as_str().filter(|text| !text.is_empty());
    let json = |field: &str| text(field).map(|text| serde_json::from_str::<J>(text).unwrap_or_default());
    if let Some(steps) = json("steps") {
        faults.extend(program::check(&steps, catalog));
    }
    let active = one.value("active").as_bool() == Some(true);
    if active && json("steps").is_none_or(|steps| steps.as_array().is_none_or(Vec::is_empty)) {
        faults.push(fault("steps", "must have a step before it is active"));
    }
    if let Some(zone) = text("time_zone").filter(|zone| !kontor_model::time::is_zone(zone)) {
        faults
            .push(fault("time_zone", format!("must be the name of a time zone such as Europe/Berlin, not \"{zone}\"")));
    }
    match text("trigger_kind").unwrap_or("event") {
        "event" => match text("event_type").map(Types::parse) {
            None if active => faults.push(fault("event_type", "is needed: kontor.deal.won, or kontor.lead.*")),
            Some(Err(error)) => faults.push(fault("event_type", error.detail().to_owned())),
            _ => {}
        },
        "schedule" => match text("schedule") {
            None if active => {
                faults.push(fault("schedule", "is needed: 0 9 * * 1-5 is nine in the morning on weekdays"))
            }
            None => {}
            Some(text) => {
                if let Err(why) = cron::check(text, &zone(sight, one), sight.now()) {
                    faults.push(fault("schedule", format!("is no schedule of minute hour day month weekday: {why}")));
                }
            }
        },
        _ => {}
    }
    if let Some(object) = text("target_object")
        && catalog.object(object).is_none()
    {
        let hint = kontor_model::name::hint(object, catalog.objects().map(|o| o.name.as_str()));
        faults.push(fault("target_object", format!("there is no object \"{object}\"{hint}")));
    }
    if let Some(condition) = text("condition") {
        faults.extend(program::expression(condition, "condition"));
    }
    if let Some(filter) = text("filter")
        && let Err(error) = Json::parse_str(filter)
            .map_err(Error::internal)
            .and_then(|json| kontor_questions::filters::filter(&json, "filter"))
    {
        faults.push(fault("filter", error.detail().to_owned()));
    }
    if let Some(fields) = json("fields") {
        let names = fields.as_array().is_some_and(|all| all.len() <= 100 && all.iter().all(J::is_string));
        if !names {
            faults.push(fault("fields", "must be a list of at most 100 names of fields"));
        }
    }
    faults
}
