use serde_json::json;

use super::reference::id;
use super::spec::{Checked, Context, ORDERED, Spec};
use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::value::{Kind, Value};

/// The id of a record of any object in the same space: ids are unique over all objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnyReference;

impl Spec for AnyReference {
    fn name(&self) -> &'static str {
        "any_reference"
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
        json!({"type": "string", "pattern": "^[1-9][0-9]{0,18}$"})
    }

    fn example(&self) -> serde_json::Value {
        json!("104512398120374272")
    }
}
