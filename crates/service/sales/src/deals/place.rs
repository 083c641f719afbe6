//! Where deals stand: their pipelines and stages.

use std::collections::HashMap;

use kontor_model::{Error, Fault, Id, Json, Op, Result, Value};
use kontor_records::{Found, Sight, Touched, refusal};

use super::standing::{Kind, Terms};

/// The most pipelines, and the most stages, that a first one is looked for in.
const MOST: u64 = 1_000;

/// A stage of a pipeline.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    pub id: Id,
    pub name: String,
    pub pipeline: Option<i64>,
    pub position: i64,
    pub terms: Terms,
    /// Fields that a deal must have to enter it.
    pub required: Vec<String>,
}

impl Stage {
    pub fn read(found: &Found) -> Self {
        let forecast = Some(found.text("forecast_category").to_owned()).filter(|text| !text.is_empty());
        Self {
            id: found.id,
            name: found.text("name").to_owned(),
            pipeline: found.int("pipeline_id"),
            position: found.int("position").unwrap_or(0),
            terms: Terms {
                kind: Kind::of(found.text("kind")),
                probability: found.int("probability"),
                forecast,
                rotting_days: found.int("rotting_days"),
            },
            required: required(found.value("entry_rules")),
        }
    }

    /// Whether a deal may enter: 422000 naming what it lacks.
    pub fn admits(&self, deal: &Touched<'_>, amount: &Value) -> Result<()> {
        let empty = |value: &Value| value.is_null() || value.as_str() == Some("");
        let value = |path: &str| if path == "amount" { amount } else { deal.field(path).1 };
        let missing: Vec<&str> = self.required.iter().map(String::as_str).filter(|path| empty(value(path))).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let detail = format!("a deal enters the stage {} only with {}", self.name, missing.join(", "));
        Err(refusal("stage_entry", detail))
    }
}

/// The fields of `{"required": […]}`.
pub(crate) fn required(rules: &Value) -> Vec<String> {
    let rules = rules.as_str().and_then(|text| Json::parse_str(text).ok());
    let listed = rules.as_ref().and_then(|rules| rules.get("required")).and_then(Json::as_array).unwrap_or_default();
    listed.iter().filter_map(Json::as_str).map(str::to_owned).collect()
}

/// The stages of a set of deals.
#[derive(Default)]
pub(crate) struct Stages {
    by_id: HashMap<i64, Stage>,
    /// First stages, by pipeline; that of no pipeline is the workspace's own.
    first: HashMap<Option<i64>, Stage>,
}

/// The first stage of a kind: of a pipeline, or of the first active pipeline that has one.
///
/// # Errors
/// The database's.
pub(crate) async fn first(sight: &Sight<'_>, pipeline: Option<i64>, kind: Kind) -> Result<Option<Stage>> {
    let pipelines = match pipeline {
        Some(id) => vec![id],
        None => {
            let mut found = sight.find("pipeline", &[("active", Op::Ne, Value::Bool(false))], MOST).await?;
            found.sort_by_key(|pipeline| (pipeline.int("position").unwrap_or(0), pipeline.id));
            found.iter().map(|pipeline| pipeline.id.0).collect()
        }
    };
    let of = [("pipeline_id", Op::In, Value::Ints(pipelines.clone())), ("kind", Op::Eq, Value::text(kind.name()))];
    let stages: Vec<Stage> = sight.find("stage", &of, MOST).await?.iter().map(Stage::read).collect();
    let place = |stage: &Stage| pipelines.iter().position(|id| Some(*id) == stage.pipeline);
    Ok(stages.into_iter().min_by_key(|stage| (place(stage), stage.position, stage.id)))
}

impl Stages {
    /// # Errors
    /// The database's.
    pub async fn load(sight: &Sight<'_>, deals: &[&Touched<'_>]) -> Result<Self> {
        let mut out = Self::default();
        let both = deals.iter().flat_map(|deal| [deal.field("stage_id").0, deal.field("stage_id").1]);
        let mut ids: Vec<i64> = both.filter_map(Value::as_i64).collect();
        ids.sort_unstable();
        ids.dedup();
        if !ids.is_empty() {
            let most = ids.len() as u64;
            for stage in sight.find("stage", &[("id", Op::In, Value::Ints(ids))], most).await? {
                out.by_id.insert(stage.id.0, Stage::read(&stage));
            }
        }
        let placeless = deals.iter().filter(|deal| deal.field("stage_id").1.is_null());
        let wanted = placeless.filter(|deal| deal.is_new() || deal.changes("pipeline_id"));
        let mut pipelines: Vec<Option<i64>> = wanted.map(|deal| deal.field("pipeline_id").1.as_i64()).collect();
        pipelines.sort_unstable();
        pipelines.dedup();
        for pipeline in pipelines {
            if let Some(stage) = first(sight, pipeline, Kind::Open).await? {
                out.first.insert(pipeline, stage);
            }
        }
        Ok(out)
    }

    pub fn get(&self, id: &Value) -> Option<&Stage> {
        self.by_id.get(&id.as_i64()?)
    }

    /// The stage that a deal would stand in; none where the workspace has no pipeline.
    ///
    /// # Errors
    /// 400001 for a stage of another pipeline.
    pub fn of(&self, deal: &Touched<'_>) -> Result<Option<&Stage>, Error> {
        let pipeline = deal.field("pipeline_id").1.as_i64();
        let (before, after) = deal.field("stage_id");
        if after.is_null() {
            let elsewhere = pipeline.is_some() && deal.changes("pipeline_id");
            // A deal that has a place keeps it: what is left out of a replacement is no wish to go back. One from before
            // there were stages stays without.
            return Ok(if deal.is_new() || elsewhere { self.first.get(&pipeline) } else { self.get(before) });
        }
        let Some(stage) = self.get(after) else { return Ok(None) };
        if pipeline.is_some() && stage.pipeline != pipeline && (deal.changes("stage_id") || deal.changes("pipeline_id"))
        {
            let message = format!("is the stage {} of another pipeline; name one of the deal's own", stage.name);
            return Err(Fault::new("stage_id", "not_allowed", message).value(stage.id.to_string()).into());
        }
        Ok(Some(stage))
    }
}
