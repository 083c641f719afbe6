//! Pipelines and their stages.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Fault, Field, FieldType, Json, Object, Op, Result, Value};
use kontor_records::{Hook, Sight, Touched, Verdict};

/// How surely deals are counted in the forecast.
pub(crate) const FORECAST: &[&str] = &["pipeline", "best_case", "commit", "closed", "omitted"];

pub(crate) fn pipeline() -> Object {
    Object::new(crate::SERVICE, "pipeline", "pipelines")
        .doc("A way of selling: an ordered list of stages.")
        .field(Field::new("name", FieldType::text_between(1, 120)).technical().required())
        .field(
            Field::new("position", FieldType::integer_between(0, 10_000))
                .doc("Its place among the pipelines; new deals go to the first."),
        )
        .field(Field::new("active", FieldType::boolean()).default(true))
}

pub(crate) fn stage() -> Object {
    Object::new(crate::SERVICE, "stage", "stages")
        .doc("A step of a pipeline.")
        .field(Field::reference("pipeline", "pipeline").indexed())
        .field(Field::new("name", FieldType::text_between(1, 120)).technical().required())
        .field(
            Field::new("position", FieldType::integer_between(0, 10_000))
                .doc("Its place in the pipeline; the first is 1."),
        )
        .field(
            Field::new("probability", FieldType::integer_between(0, 100))
                .doc("Chance, in per cent, that a deal in it is won."),
        )
        .field(
            Field::new("forecast_category", FieldType::enumeration(FORECAST.iter().copied()))
                .doc("How surely a deal in it is counted in the forecast; an open stage without counts as pipeline."),
        )
        .field(
            Field::new("rotting_days", FieldType::integer_between(1, 3_650))
                .doc("Days without news after which a deal in it counts as stale."),
        )
        .field(
            Field::new("entry_rules", FieldType::json())
                .technical()
                .doc("Fields that a deal must have to enter it: {\"required\": [\"amount\", \"close_date\"]}."),
        )
        .field(Field::new("kind", FieldType::enumeration(["open", "won", "lost"])).default("open").indexed())
}

/// Stages ask for fields that deals have, and neither stages nor pipelines go while deals are in them.
pub(crate) struct Stages;

impl Hook for Stages {
    fn objects(&self) -> &'static [&'static str] {
        &["stage", "pipeline"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let deal = sight.ctx().whole.require("deal")?;
            let is_field = |path: &str| deal.native().field(path).is_some();
            let mut out = Vec::new();
            for stage in touched.iter().filter(|t| !t.is_gone() && t.def.name == "stage" && t.changes("entry_rules")) {
                if let Some(message) = stage.field("entry_rules").1.as_str().and_then(|rules| wrong(rules, is_field)) {
                    let error = Fault::new("entry_rules", "format", message).into();
                    out.push(Verdict::Refuse { step: stage.step, error });
                }
            }
            for gone in touched.iter().filter(|t| t.is_gone()) {
                let by = if gone.def.name == "stage" { "stage_id" } else { "pipeline_id" };
                if !sight.find("deal", &[(by, Op::Eq, Value::Int(gone.id.0))], 1).await?.is_empty() {
                    let detail = format!("there are deals in this {}; move them first", gone.def.name);
                    out.push(Verdict::refuse(gone.step, "in_use", detail));
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

/// What is wrong with entry rules.
fn wrong(rules: &str, is_field: impl Fn(&str) -> bool) -> Option<String> {
    const FORM: &str = "must be {\"required\": [names of fields of deal]}";
    let rules = Json::parse_str(rules).ok()?;
    let Some(members) = rules.as_object() else { return Some(FORM.to_owned()) };
    if let Some((other, _)) = members.iter().find(|(name, _)| name != "required") {
        return Some(format!("has the unknown member \"{other}\"; {FORM}"));
    }
    let listed = rules.get("required")?;
    let Some(items) = listed.as_array() else { return Some(FORM.to_owned()) };
    items.iter().find_map(|item| match item.as_str() {
        None => Some(FORM.to_owned()),
        Some(path) => (!is_field(path)).then(|| format!("requires \"{path}\", which is no field of deal")),
    })
}

#[cfg(test)]
mod tests {
    use super::wrong;

    #[test]
    fn entry_rules_name_fields() {
        let check = |rules: &str| wrong(rules, |path| path == "amount");
        for good in [r#"{"required": ["amount"]}"#, r#"{"required": []}"#, "{}"] {
            assert_eq!(check(good), None, "{good}");
        }
        for bad in [r#"["amount"]"#, r#"{"require": []}"#, r#"{"required": "amount"}"#, r#"{"required": [1]}"#] {
            assert!(check(bad).is_some(), "{bad}");
        }
        assert!(check(r#"{"required": ["amuont"]}"#).unwrap().contains("amuont"));
    }
}
