use serde_json::json;

use super::spec::{Checked, Context, EQUAL, Spec, string};
use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::value::{Kind, Value};

/// An ISO 4217 code in upper case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Currency;

/// Every code that there is.
pub fn codes() -> impl Iterator<Item = String> {
    let letters = || 'A'..='Z';
    letters()
        .flat_map(move |a| letters().flat_map(move |b| letters().map(move |c| String::from_iter([a, b, c]))))
        .filter(|code| iso_currency::Currency::from_code(code).is_some())
}

impl Spec for Currency {
    fn name(&self) -> &'static str {
        "currency"
    }

    fn kind(&self) -> Kind {
        Kind::Text
    }

    fn show(&self) -> Show {
        Show::Text
    }

    fn check(&self, input: &Json, _cx: &Context<'_>) -> Result<Checked, Fault> {
        let code = string(input)?.trim().to_ascii_uppercase();
        if iso_currency::Currency::from_code(&code).is_none() {
            return Err(Fault::new("", "format", "must be an ISO 4217 code such as EUR").value(input.excerpt()));
        }
        Ok(Value::Text(code).into())
    }

    fn operators(&self) -> &'static [Op] {
        EQUAL
    }

    fn schema(&self) -> serde_json::Value {
        json!({"type": "string", "pattern": "^[A-Z]{3}$"})
    }

    fn example(&self) -> serde_json::Value {
        json!("EUR")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_that_pass() {
        let all: Vec<String> = codes().collect();
        assert!(all.len() > 150 && all.iter().any(|code| code == "EUR") && !all.iter().any(|code| code == "AAA"));
    }
}
