//! Whether a workflow is for an event.

use std::collections::BTreeSet;

use kontor_events::{Event, Types};
use kontor_model::field::Context;
use kontor_model::{Field, Filter, Id, Json, Op, Result, Value};
use kontor_questions::Conditions;
use kontor_records::{Ctx, Found};
use serde_json::{Value as J, json};

use crate::values::{holds, moment};

/// What happens inside of this service starts nothing.
const OWN: &[&str] = &["workflow", "workflow_run", "workflow_step", "notification", "channel_preference"];

/// A workflow that waits for events.
#[derive(Debug, Clone)]
pub(crate) struct Trigger {
    pub workflow: Found,
    types: Types,
    fields: BTreeSet<String>,
    filter: Option<Filter>,
    condition: Option<String>,
    since: i64,
}

impl Trigger {
    pub fn of(workflow: Found) -> Option<Self> {
        let text = |path: &str| workflow.value(path).as_str().filter(|text| !text.is_empty());
        let types = Types::parse(text("event_type")?).ok()?;
        let fields = text("fields").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let filter = match text("filter") {
            None => None,
            Some(text) => Some(kontor_questions::filters::filter(&Json::parse_str(text).ok()?, "filter").ok()?),
        };
        let condition = text("condition").map(str::to_owned);
        let since = workflow.int("active_since").unwrap_or_default();
        Some(Self { types, fields, filter, condition, since, workflow })
    }

    /// Why an event does not start it; none when it does.
    ///
    /// # Errors
    /// 422000 for a condition that cannot be asked of this event.
    pub fn refuses(&self, ctx: &Ctx, event: &Event, past: bool) -> Result<Option<&'static str>> {
        let object = event.kind.split('.').nth(1).unwrap_or_default();
        if OWN.contains(&object) || !self.types.has(&event.kind) {
            return Ok(Some("it is for other events"));
        }
        if !past && event.at < self.since {
            return Ok(Some("it was not active then"));
        }
        if !self.concerns(event) {
            return Ok(Some("none of its fields changed"));
        }
        if !self.fits(ctx, object, &event.data["record"]) {
            return Ok(Some("the record does not pass its filter"));
        }
        if let Some(condition) = &self.condition
            && !holds(condition, &values(ctx, event, event.at))?
        {
            return Ok(Some("its condition does not hold"));
        }
        Ok(None)
    }

    /// A change of fields counts when one of those that matter is among them; what is no change of fields always does.
    fn concerns(&self, event: &Event) -> bool {
        if self.fields.is_empty() {
            return true;
        }
        match event.data["changed"].as_object().filter(|changed| !changed.is_empty()) {
            Some(changed) => changed.keys().any(|path| {
                self.fields.contains(path) || path.strip_suffix("_id").is_some_and(|name| self.fields.contains(name))
            }),
            None => !event.kind.ends_with(".updated"),
        }
    }

    /// A field that the object does not have is none that fits.
    fn fits(&self, ctx: &Ctx, object: &str, record: &J) -> bool {
        let Some(filter) = &self.filter else { return true };
        let Some(def) = ctx.whole.object(object) else { return false };
        let mut filter = filter.clone();
        kontor_questions::filters::paths(def, &mut filter);
        let cx = Context { settings: ctx.settings(), country: None };
        let field = |path: &str| def.field(path).map(|(_, field)| field);
        let Ok(conditions) = Conditions::of(&filter, &field, &cx) else { return false };
        let mut paths = BTreeSet::new();
        conditions.paths(&mut paths);
        let of = |path: String| {
            let at = match path.strip_prefix("custom.") {
                Some(name) => &record["custom"][name],
                None => &record[path.as_str()],
            };
            let value = field(&path).map_or(Value::Null, |field| stored(field, at, &cx));
            (path, value)
        };
        let values: Vec<(String, Value)> = paths.into_iter().map(of).collect();
        let null = Value::Null;
        conditions.holds(&|path| values.iter().find(|(known, _)| known == path).map_or(&null, |(_, value)| value))
    }
}

/// A value of an answer as it is stored.
fn stored(field: &Field, shown: &J, cx: &Context<'_>) -> Value {
    match shown {
        J::Null => Value::Null,
        J::Array(_) | J::Object(_) => Value::Json(shown.to_string()),
        other => {
            let json = Json::parse_str(&other.to_string()).unwrap_or(Json::Null);
            field.operand(Op::Eq, &json, cx).unwrap_or(Value::Null)
        }
    }
}

/// What the condition of a trigger knows.
pub(crate) fn values(ctx: &Ctx, event: &Event, at: i64) -> J {
    let (now, today) = moment(at, &ctx.settings().time_zone);
    let about = json!({"type": event.kind, "subject": event.subject, "sequence": event.sequence.to_string(),
        "time": kontor_model::time::datetime_text(event.at), "actor": event.data["actor"]});
    json!({"record": event.data["record"], "changed": event.data["changed"], "event": about, "input": null, "steps": {},
        "item": null, "index": null, "now": now, "today": today, "workflow": null, "run": null})
}

/// The record that an event is about.
pub(crate) fn about(event: &Event) -> (&str, Id) {
    (event.kind.split('.').nth(1).unwrap_or_default(), Id(event.record_id))
}
