//! What of a report is counted: one aggregate of its own, or those that a ready-made kind is made of.

use kontor_catalog::Catalog;
use kontor_model::{Aggregate, Error, Json, Result};
use kontor_questions::{filters, questions};
use kontor_records::untallied;
use serde_json::{Value as J, json};

use crate::definition::Definition;

/// An aggregate that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub object: String,
    /// The body of the aggregate, written as this program writes JSON.
    pub question: String,
}

impl Part {
    fn new(object: &str, question: &J) -> Self {
        Self { object: object.to_owned(), question: question.to_string() }
    }

    /// # Errors
    /// 400003 and 400001 for a question that does not fit the catalog.
    pub fn aggregate(&self, catalog: &Catalog) -> Result<Aggregate> {
        let def = catalog.require(&self.object)?;
        let body = Json::parse_str(&self.question).map_err(Error::internal)?;
        let mut aggregate = questions::aggregate(&def.name, &body)?;
        if let Some(filter) = &mut aggregate.filter {
            filters::paths(def, filter);
        }
        Ok(aggregate)
    }
}

/// The parts of a report, or why it cannot be kept.
pub(crate) fn parts(
    catalog: &Catalog,
    kind: &str,
    object: &str,
    definition: Option<&Json>,
) -> Result<Vec<Part>, String> {
    let parts = match kind {
        "aggregate" => {
            let Some(definition) = definition.filter(|_| !object.is_empty()) else {
                return Err("it has no definition yet".to_owned());
            };
            let question: J = serde_json::from_str(&definition.to_string()).map_err(|why| why.to_string())?;
            vec![Part::new(object, &question)]
        }
        "funnel" => {
            let definition = Definition::of(definition).map_err(|error| error.detail().to_owned())?;
            if definition.from.is_some() || definition.to.is_some() {
                return Err("a funnel between days is cut in its reader's time zone".to_owned());
            }
            let by_stage = |conditions: Vec<J>| {
                json!({"filter": crate::kind::all(conditions), "limit": 10_000, "group_by": ["stage_id"],
                    "measures": [{"fn": "count", "as": "n"}]})
            };
            vec![
                Part::new("stage_visit", &by_stage(Vec::new())),
                Part::new("deal", &by_stage(definition.of_pipeline("pipeline_id"))),
            ]
        }
        other => return Err(format!("reports of the kind {other} are made of more than records of one object")),
    };
    for part in &parts {
        let aggregate = part.aggregate(catalog).map_err(|error| error.detail().to_owned())?;
        let def = catalog.require(&part.object).map_err(|error| error.detail().to_owned())?;
        if let Some(why) = untallied(def, &aggregate) {
            return Err(why);
        }
    }
    Ok(parts)
}
