//! What a cohort report asks: `{"member", "date", "since", "filter", "measure": {"fn", "field"}, "figures", "periods",
//! "bucket", "from", "to"}`.

use kontor_model::time::{date_text, datetime_text, start_of_day};
use kontor_model::{Bucket, Json, Result};
use kontor_questions::{Members, filters};
use serde_json::{Value as J, json};

use crate::definition::{self, Definition};

const OWN: &[&str] = &["from", "to", "bucket", "member", "date", "since", "filter", "measure", "figures", "periods"];
/// Periods where none are said, and the most.
const USUAL: usize = 12;
const MOST: u64 = 60;

/// What is counted in each period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// How many of the cohort had an event.
    Members,
    /// How many events there were.
    Count,
    /// What a field of the events adds up to.
    Sum(String),
}

impl What {
    pub fn field(&self) -> Option<&str> {
        if let What::Sum(field) = self { Some(field) } else { None }
    }

    /// The measure of the aggregate, called `figure`.
    pub fn measure(&self) -> Option<J> {
        match self {
            What::Members => None,
            What::Count => Some(json!({"fn": "count", "as": "figure"})),
            What::Sum(field) => Some(json!({"fn": "sum", "field": field, "as": "figure"})),
        }
    }
}

/// How figures are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figures {
    Whole,
    /// In per cent of the cohort's members.
    Share,
}

/// See the module.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Who is followed: a reference of the events, or their own id.
    pub member: String,
    /// When an event happened.
    pub date: String,
    /// When a member began; with its first event when nothing is said.
    pub since: Option<String>,
    /// Which events count.
    pub filter: Option<J>,
    pub what: What,
    pub figures: Figures,
    pub periods: usize,
    pub bucket: Bucket,
    /// First and last day on which cohorts begin.
    pub bounds: [Option<i64>; 2],
}

impl Question {
    /// # Errors
    /// 400001 with all faults, under `definition`.
    pub fn of(json: Option<&Json>) -> Result<Self> {
        let mut members = definition::members(json, OWN)?;
        let common = Definition::read(&mut members);
        let mut path = |name: &str, usual: &str| members.string(name).unwrap_or(usual).to_owned();
        let (member, date) = (path("member", "id"), path("date", "created_at"));
        let since = members.string("since").map(str::to_owned);
        if since.as_ref() == Some(&date) {
            members.fault("since", "not_allowed", "is the date of the events; leave it out, or name another");
        }
        if since.is_none() && member == "id" {
            let message = "is required where each record is a member: when it began";
            members.fault("since", "required", message);
        }
        let filter = filter(&mut members);
        let what = measure(&mut members);
        let figures = match members.string("figures") {
            None | Some("whole") => Figures::Whole,
            Some("share") if what == What::Members => Figures::Share,
            Some("share") => {
                members.fault("figures", "not_allowed", "share goes without a measure: it is of the members");
                Figures::Share
            }
            Some(_) => {
                members.fault("figures", "not_allowed", "must be whole or share");
                Figures::Whole
            }
        };
        let periods = match members.whole("periods") {
            None => USUAL,
            Some(n) if (1..=MOST).contains(&n) => usize::try_from(n).unwrap_or(USUAL),
            Some(_) => {
                members.fault("periods", "range", format!("must be between 1 and {MOST}"));
                USUAL
            }
        };
        members.done()?;
        let bucket = common.bucket.unwrap_or(Bucket::Month);
        Ok(Self { member, date, since, filter, what, figures, periods, bucket, bounds: [common.from, common.to] })
    }

    /// With other bounds, where there are some.
    ///
    /// # Errors
    /// 400001 for bounds that exclude each other.
    pub fn between(mut self, (from, to): (Option<i64>, Option<i64>)) -> Result<Self> {
        let [own_from, own_to] = self.bounds;
        let common = Definition { from: own_from, to: own_to, ..Definition::default() }.between(from, to)?;
        self.bounds = [common.from, common.to];
        Ok(self)
    }

    /// Conditions that an event happened and counts.
    pub fn events(&self) -> Vec<J> {
        let happened = json!({"field": self.date, "op": "is_null", "value": false});
        self.filter.iter().cloned().chain([happened]).collect()
    }

    /// Conditions that members began within the bounds; a moment is compared in the zone.
    pub fn within(&self, path: &str, zone: Option<&str>) -> Vec<J> {
        let [from, to] = self.bounds;
        let test = |op: &str, value: String| json!({"field": path, "op": op, "value": value});
        let bounds = match zone {
            Some(zone) => {
                let moment = |day: i64| datetime_text(start_of_day(day, zone));
                [from.map(|day| test("gte", moment(day))), to.map(|day| test("lt", moment(day + 1)))]
            }
            None => [from.map(|day| test("gte", date_text(day))), to.map(|day| test("lte", date_text(day)))],
        };
        bounds.into_iter().flatten().collect()
    }
}

fn filter(members: &mut Members<'_>) -> Option<J> {
    let json = members.get("filter")?;
    let checked = filters::filter(json, &members.at("filter"));
    members.keep("filter", checked)?;
    let mut text = Vec::new();
    json.write(&mut text);
    serde_json::from_slice(&text).ok()
}

fn measure(members: &mut Members<'_>) -> What {
    let Some(json) = members.get("measure") else { return What::Members };
    let at = members.at("measure");
    let read = Members::of(json, &at, &["fn", "field"]).and_then(|mut own| {
        let (function, field) = (own.string("fn").unwrap_or_default(), own.string("field"));
        let what = match (function, field) {
            ("count", None) => What::Count,
            ("sum", Some(field)) => What::Sum(field.to_owned()),
            ("sum", None) => {
                own.fault("field", "required", "is required: what is added up");
                What::Members
            }
            ("count", Some(_)) => {
                own.fault("field", "not_allowed", "goes with sum; count counts the events");
                What::Members
            }
            _ => {
                own.fault("fn", "not_allowed", "must be count or sum; without a measure members are counted");
                What::Members
            }
        };
        own.done().map(|()| what)
    });
    members.keep("measure", read).unwrap_or(What::Members)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Question> {
        Question::of(Some(&Json::parse_str(text).unwrap()))
    }

    #[test]
    fn what_is_left_out_is_usual() {
        let question = read(r#"{"member": "customer_id", "date": "order_date"}"#).unwrap();
        assert_eq!((question.periods, question.bucket, &question.what), (12, Bucket::Month, &What::Members));
        let sum =
            read(r#"{"member": "customer_id", "measure": {"fn": "sum", "field": "total"}, "periods": 3}"#).unwrap();
        assert_eq!((sum.what, sum.date.as_str(), sum.periods), (What::Sum("total".into()), "created_at", 3));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (bad, field) in [
            ("{}", "definition.since"),
            (r#"{"since": "created_at"}"#, "definition.since"),
            (r#"{"member": "a", "periods": 0}"#, "definition.periods"),
            (r#"{"member": "a", "periods": 61}"#, "definition.periods"),
            (r#"{"member": "a", "measure": {"fn": "avg"}}"#, "definition.measure.fn"),
            (r#"{"member": "a", "measure": {"fn": "sum"}}"#, "definition.measure.field"),
            (r#"{"member": "a", "figures": "half"}"#, "definition.figures"),
            (r#"{"member": "a", "figures": "share", "measure": {"fn": "count"}}"#, "definition.figures"),
            (r#"{"member": "a", "group_by": "b"}"#, "definition.group_by"),
            (r#"{"member": "a", "filter": {"field": "b", "op": "like"}}"#, "definition.filter.op"),
        ] {
            let error = read(bad).unwrap_err();
            assert_eq!(error.faults().first().map(|fault| fault.field.as_str()), Some(field), "{bad}: {error}");
        }
    }
}
