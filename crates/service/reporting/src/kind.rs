//! The kinds of reports: which question each asks, and the table that it makes of the answer.

mod ageing;
mod campaign_roi;
mod cohort;
mod cycle;
mod forecast;
mod forecast_accuracy;
mod funnel;
mod own;
mod pages;
mod period;
mod service_level;
mod touches;
mod win_rate;

use kontor_model::{Error, Fault, Json, Result};
use kontor_questions::{filters, questions};
use kontor_records::{Ctx, Records, Sight};
use serde_json::{Map, Value as J};

use crate::definition::Definition;
use crate::live::Live;
use crate::table::Table;

/// Names of all kinds.
pub(crate) const KINDS: &[&str] = &[
    "aggregate",
    "funnel",
    "win_rate",
    "sales_cycle",
    "forecast",
    "receivables_ageing",
    "sla_attainment",
    "cohort",
    "forecast_accuracy",
    "campaign_roi",
];

/// A report that is to be made.
pub(crate) struct Wanted<'a> {
    pub kind: &'a str,
    pub object: &'a str,
    pub definition: Option<&'a Json>,
    pub zone: &'a str,
    pub from: Option<i64>,
    pub to: Option<i64>,
    /// Where what its result is made of is kept.
    pub live: Option<Live>,
}

/// Makes it, of the records that the caller may read.
///
/// # Errors
/// 400003 and 400001 for a question that does not fit; 403; the database's.
pub(crate) async fn table(sight: &Sight<'_>, wanted: &Wanted<'_>) -> Result<Table> {
    let bounds = (wanted.from, wanted.to);
    match wanted.kind {
        "aggregate" => return own::table(sight, wanted).await,
        "cohort" => {
            let question = cohort::Question::of(wanted.definition)?.between(bounds)?;
            return cohort::table(sight, &question, wanted.object, wanted.zone).await;
        }
        "forecast_accuracy" => {
            let question = forecast_accuracy::Question::of(wanted.definition)?.between(bounds)?;
            return forecast_accuracy::table(sight, &question).await;
        }
        "campaign_roi" => {
            let question = campaign_roi::Question::of(wanted.definition)?.between(bounds)?;
            return campaign_roi::table(sight, &question).await;
        }
        _ => {}
    }
    let definition = Definition::of(wanted.definition)?.between(wanted.from, wanted.to)?;
    match wanted.kind {
        "funnel" => funnel::table(sight, &definition, wanted).await,
        "win_rate" => win_rate::table(sight, &definition).await,
        "sales_cycle" => cycle::table(sight, &definition).await,
        "forecast" => forecast::table(sight, &definition).await,
        "receivables_ageing" => ageing::table(sight, &definition).await,
        "sla_attainment" => service_level::table(sight, &definition, wanted.zone).await,
        other => Err(Error::internal(format!("no report of kind {other}"))),
    }
}

/// Checks what a report would ask, without asking it.
///
/// # Errors
/// 400001 naming the member.
pub(crate) fn check(kind: &str, object: &str, definition: Option<&Json>) -> Result<()> {
    match kind {
        "aggregate" => {}
        "cohort" if object.is_empty() => return Err(no_object()),
        "cohort" => return cohort::Question::of(definition).map(|_| ()),
        "forecast" => return forecast::keys(&Definition::of(definition)?).map(|_| ()),
        "forecast_accuracy" => return forecast_accuracy::Question::of(definition).map(|_| ()),
        "campaign_roi" => return campaign_roi::Question::of(definition).map(|_| ()),
        _ => return Definition::of(definition).map(|_| ()),
    }
    match definition {
        None => Ok(()),
        Some(_) if object.is_empty() => Err(no_object()),
        Some(definition) => {
            questions::aggregate(object, definition).map(|_| ()).map_err(|error| error.under("definition"))
        }
    }
}

fn no_object() -> Error {
    Fault::new("target_object", "required", "is required: the object whose records are measured").into()
}

/// Asks an aggregate and gives its rows as objects.
///
/// # Errors
/// As [`table`].
pub(crate) async fn ask(sight: &Sight<'_>, object: &str, question: &J) -> Result<Vec<Map<String, J>>> {
    asked(sight.records(), sight.ctx(), object, question).await
}

/// As [`ask`], of whoever `ctx` stands for.
///
/// # Errors
/// As [`table`].
pub(crate) async fn asked(records: &Records, ctx: &Ctx, object: &str, question: &J) -> Result<Vec<Map<String, J>>> {
    let question = Json::parse_str(&question.to_string()).map_err(Error::internal)?;
    answered(records, ctx, object, &question).await
}

async fn answered(records: &Records, ctx: &Ctx, object: &str, question: &Json) -> Result<Vec<Map<String, J>>> {
    let def = ctx.catalog.require(object)?;
    let mut aggregate = questions::aggregate(&def.name, question)?;
    if let Some(filter) = &mut aggregate.filter {
        filters::paths(def, filter);
    }
    let rows = records.aggregate(ctx, &aggregate).await?;
    let text = format!("[{}]", String::from_utf8_lossy(&rows));
    serde_json::from_str(&text).map_err(Error::internal)
}

/// All of these conditions.
pub(crate) fn all(conditions: Vec<J>) -> J {
    if conditions.is_empty() { J::Null } else { serde_json::json!({ "and": conditions }) }
}

/// A whole number of a row.
pub(crate) fn count(row: &Map<String, J>, name: &str) -> i64 {
    row.get(name).and_then(J::as_i64).unwrap_or(0)
}

/// An amount of a row in ten-thousandths.
pub(crate) fn amount(row: &Map<String, J>, name: &str) -> i64 {
    let text = row.get(name).and_then(J::as_str).unwrap_or_default();
    kontor_model::decimal::parse_scaled(text, 4).unwrap_or(0)
}

/// The texts of some members of a row, as one key.
pub(crate) fn key(row: &Map<String, J>, names: &[&str]) -> (Vec<J>, String) {
    let values: Vec<J> = names.iter().map(|name| row.get(*name).cloned().unwrap_or_default()).collect();
    let words: Vec<String> = values.iter().map(crate::table::plain).collect();
    (values, words.join("\u{1f}"))
}

/// An amount as a text of a decimal.
pub(crate) fn money(units: i64) -> J {
    J::String(kontor_model::decimal::to_decimal(units, 4).normalize().to_string())
}

/// `part / whole` in per cent, half-even to two digits; null of nothing.
pub(crate) fn per_cent(part: i64, whole: i64) -> J {
    if whole == 0 {
        return J::Null;
    }
    let (part, whole) = (i128::from(part) * 10_000, i128::from(whole));
    let (down, rest) = (part.div_euclid(whole), part.rem_euclid(whole));
    let up = match (rest * 2).cmp(&whole) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Greater => 1,
        std::cmp::Ordering::Equal => down & 1,
    };
    let hundredths = i64::try_from(down + up).unwrap_or(i64::MAX);
    J::String(kontor_model::decimal::to_decimal(hundredths, 2).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn shares_are_half_even() {
        assert_eq!(per_cent(4_238, 6_711), json!("63.15"));
        assert_eq!(per_cent(1, 3), json!("33.33"));
        assert_eq!(per_cent(1, 1), json!("100.00"));
        assert_eq!(per_cent(1, 0), J::Null);
        assert_eq!(per_cent(1, 80_000), json!("0.00"));
        assert_eq!(per_cent(3, 80_000), json!("0.00"));
    }

    #[test]
    fn definitions_are_checked_by_kind() {
        let json = |text: &str| Json::parse_str(text).unwrap();
        let good = json(r#"{"group_by": ["stage.kind"], "measures": [{"fn": "count", "as": "n"}]}"#);
        assert!(check("aggregate", "deal", Some(&good)).is_ok());
        assert!(check("aggregate", "", Some(&good)).is_err());
        let bad = json(r#"{"measures": [{"fn": "summ"}]}"#);
        assert_eq!(check("aggregate", "deal", Some(&bad)).unwrap_err().faults()[0].field, "definition.measures.0.fn");
        assert!(check("win_rate", "", Some(&json(r#"{"group_by": "owner_id"}"#))).is_ok());
        assert!(check("win_rate", "", Some(&good)).is_err());
    }
}
