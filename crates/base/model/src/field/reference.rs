use serde_json::json;

use super::spec::{Checked, Context, ORDERED, Spec, not_a};
use crate::error::Fault;
use crate::id::Id;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::value::{Kind, Value};

/// The id of a record of one object in the same space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The name it is declared and expanded under: `company` of `company_id`.
    pub relation: String,
    /// The object it points to.
    pub object: String,
}

pub(super) fn id(input: &Json) -> Result<i64, Fault> {
    let text = match input {
        Json::String(s) => s,
        Json::Number(n) => n,
        other => return Err(not_a("an id such as \"104512398120374272\"", other)),
    };
    let id: Id = text
        .trim()
        .parse()
        .map_err(|_| Fault::new("", "format", "must be an id such as \"104512398120374272\"").value(input.excerpt()))?;
    Ok(id.0)
}

impl Spec for Reference {
    fn name(&self) -> &'static str {
        "reference"
    }

    fn kind(&self) -> Kind {
        Kind::Int
    }

    fn show(&self) -> Show {
        Show::Id
    }

    fn check(&self, input: &Json, _cx: &Context<'_>) -> Result<Checked, Fault> {
        id(input).map(|id| Value::Int(id).into())
    }

    fn operators(&self) -> &'static [Op] {
        ORDERED
    }

    fn schema(&self) -> serde_json::Value {
        json!({"type": "string", "pattern": "^[1-9][0-9]{0,18}$", "x-references": self.object})
    }

    fn example(&self) -> serde_json::Value {
        json!("104512398120374272")
    }
}
