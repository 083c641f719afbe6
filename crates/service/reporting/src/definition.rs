//! The definition of a ready-made report: which time, which groups.

use kontor_model::time::{date_text, parse_date};
use kontor_model::{Bucket, Fault, Id, Json, Result};
use kontor_questions::Members;
use serde_json::{Value as J, json};

/// What the definition of every ready-made kind may have, unless it says otherwise.
pub const MEMBERS: &[&str] = &["from", "to", "group_by", "bucket", "pipeline_id"];

static NOTHING: Json = Json::Object(Vec::new());

/// The members of a definition; nothing at all is a definition too.
///
/// # Errors
/// 400001 when it is no object.
pub fn members<'a>(json: Option<&'a Json>, known: &[&str]) -> Result<Members<'a>> {
    Members::of(json.unwrap_or(&NOTHING), "definition", known)
}

/// What a ready-made report is asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Definition {
    /// First and last day.
    pub from: Option<i64>,
    pub to: Option<i64>,
    /// A path that results are grouped by.
    pub group_by: Option<String>,
    pub bucket: Option<Bucket>,
    pub pipeline: Option<Id>,
}

impl Definition {
    /// Reads it.
    ///
    /// # Errors
    /// 400001 with all faults, under `definition`.
    pub fn of(json: Option<&Json>) -> Result<Self> {
        let mut members = members(json, MEMBERS)?;
        let definition = Self::read(&mut members);
        members.done().map(|()| definition)
    }

    /// The members that kinds have in common; what is wrong with them is kept with the members.
    pub fn read(members: &mut Members<'_>) -> Self {
        let mut day = |name: &str| {
            let text = members.string(name)?;
            let day = parse_date(text).ok();
            if day.is_none() {
                members.fault(name, "format", "must be a date, as 2026-03-01");
            }
            day
        };
        let (from, to) = (day("from"), day("to"));
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            members.fault("to", "range", "lies before from");
        }
        let group_by = members.string("group_by").map(str::to_owned);
        let bucket = members.string("bucket").and_then(|text| {
            let found = Bucket::from_name(text);
            if found.is_none() {
                let names: Vec<&str> = Bucket::ALL.iter().map(|bucket| bucket.name()).collect();
                members.fault("bucket", "not_allowed", format!("must be one of {}", names.join(", ")));
            }
            found
        });
        let pipeline = members.string("pipeline_id").and_then(|text| {
            let id = text.parse().ok();
            if id.is_none() {
                members.fault("pipeline_id", "format", "must be the id of a pipeline");
            }
            id
        });
        Self { from, to, group_by, bucket, pipeline }
    }

    /// With other bounds, where there are some.
    ///
    /// # Errors
    /// 400001 for bounds that exclude each other.
    pub fn between(mut self, from: Option<i64>, to: Option<i64>) -> Result<Self> {
        self.from = from.or(self.from);
        self.to = to.or(self.to);
        if self.from.zip(self.to).is_some_and(|(from, to)| from > to) {
            return Err(Fault::new("to", "range", "lies before from").into());
        }
        Ok(self)
    }

    /// Conditions that a date lies within the bounds.
    pub fn within(&self, field: &str) -> Vec<J> {
        let test = |op: &str, day: i64| json!({"field": field, "op": op, "value": date_text(day)});
        let bounds = [self.from.map(|day| test("gte", day)), self.to.map(|day| test("lte", day))];
        bounds.into_iter().flatten().collect()
    }

    /// As [`Definition::within`], for a moment; the days are the zone's in which the caller reads.
    pub fn during(&self, field: &str, zone: &str) -> Vec<J> {
        let moment = |day: i64| kontor_model::time::datetime_text(kontor_model::time::start_of_day(day, zone));
        let test = |op: &str, day: i64| json!({"field": field, "op": op, "value": moment(day)});
        let bounds = [self.from.map(|day| test("gte", day)), self.to.map(|day| test("lt", day + 1))];
        bounds.into_iter().flatten().collect()
    }

    /// The pipeline as a condition on `field`.
    pub fn of_pipeline(&self, field: &str) -> Vec<J> {
        self.pipeline.iter().map(|id| json!({"field": field, "op": "eq", "value": id.to_string()})).collect()
    }

    /// The bucket's name; a month where none is said.
    pub fn bucket_name(&self) -> &'static str {
        self.bucket.map_or("month", Bucket::name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Definition> {
        Definition::of(Some(&Json::parse_str(text).unwrap()))
    }

    #[test]
    fn bounds_and_groups() {
        let read =
            read(r#"{"from": "2017-01-01", "to": "2017-03-31", "group_by": "owner_id", "bucket": "quarter"}"#).unwrap();
        assert_eq!((read.bucket_name(), read.group_by.as_deref()), ("quarter", Some("owner_id")));
        assert_eq!(read.within("close_date").len(), 2);
        assert_eq!(read.within("close_date")[1]["value"], "2017-03-31");
        let summer = Definition { from: Some(17_347), to: Some(17_347), ..Definition::default() };
        assert_eq!(summer.during("entered_at", "Europe/Berlin")[0]["value"], "2017-06-29T22:00:00.000Z");
        assert_eq!(Definition::of(None).unwrap(), Definition::default());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = read(r#"{"from": "soon", "bucket": "fortnight", "pipeline_id": "x", "since": 1}"#).unwrap_err();
        let mut fields: Vec<&str> = error.faults().iter().map(|fault| fault.field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["definition.bucket", "definition.from", "definition.pipeline_id", "definition.since"]);
        assert!(read(r#"{"from": "2017-02-01", "to": "2017-01-01"}"#).is_err());
        assert!(Definition { to: Some(1), ..Definition::default() }.between(Some(2), None).is_err());
    }
}
