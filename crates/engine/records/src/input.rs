//! The body of an action, checked against what it declares.

use kontor_model::field::Context;
use kontor_model::{Action, Error, ErrorCode, Fault, Field, Id, Json, Result, Settings, Value};

/// What was sent to an action: every declared member, null where it was left out.
#[derive(Debug, Clone, Default)]
pub struct Input(Vec<(String, Value, Json)>);

impl Input {
    /// Checks a body; all faults at once.
    ///
    /// # Errors
    /// 400001, 400002 and the codes of values.
    pub fn check(action: &Action, body: &Json, settings: &Settings) -> Result<Self> {
        Self::of(&action.name, &action.input, body, settings)
    }

    /// As [`Input::check`], for what is called `name` and takes these members.
    ///
    /// # Errors
    /// As there.
    pub fn of(name: &str, input: &[Field], body: &Json, settings: &Settings) -> Result<Self> {
        let Some(members) = body.as_object() else {
            return Err(Error::new(ErrorCode::Malformed, format!("the body must be an object, not {}", body.kind())));
        };
        let mut faults = Vec::new();
        for (key, value) in members {
            if !input.iter().any(|field| field.name == *key) {
                let hint = kontor_model::name::hint(key, input.iter().map(|f| f.name.as_str()));
                let message = format!("is no member of {}{hint}", name);
                faults.push(Fault::coded(key, ErrorCode::UnknownField, message).value(value.excerpt()));
            }
        }
        let cx = Context { settings, country: None };
        let mut all = Vec::with_capacity(input.len());
        for field in input {
            match one(field, body.get(&field.name), &cx) {
                Ok((value, json)) => all.push((field.name.clone(), value, json)),
                Err(mut fault) => {
                    fault.field.clone_from(&field.name);
                    faults.push(fault);
                }
            }
        }
        if faults.is_empty() { Ok(Self(all)) } else { Err(Error::from_faults(faults)) }
    }

    pub fn value(&self, name: &str) -> &Value {
        self.0.iter().find(|(own, _, _)| own == name).map_or(&Value::Null, |(_, value, _)| value)
    }

    pub fn int(&self, name: &str) -> Option<i64> {
        self.value(name).as_i64()
    }

    /// A text that is not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.value(name).as_str().filter(|text| !text.is_empty())
    }

    pub fn flag(&self, name: &str) -> bool {
        self.value(name).as_bool() == Some(true)
    }

    pub fn reference(&self, name: &str) -> Option<Id> {
        self.int(name).map(Id)
    }

    /// A member of JSON, as it was sent.
    pub fn json(&self, name: &str) -> Option<&Json> {
        self.0.iter().find(|(own, _, _)| own == name).map(|(_, _, json)| json).filter(|json| !json.is_null())
    }
}

fn one(field: &Field, sent: Option<&Json>, cx: &Context<'_>) -> Result<(Value, Json), Fault> {
    let sent = sent.filter(|json| !json.is_null());
    match sent {
        None if field.required => Err(Fault::new("", "required", "is required")),
        None => Ok((field.default.clone().unwrap_or_default(), Json::Null)),
        Some(json) => {
            let checked = field.spec().check(json, cx)?;
            if field.required && checked.value.as_str() == Some("") {
                return Err(Fault::new("", "required", "is required"));
            }
            Ok((checked.value, json.clone()))
        }
    }
}

#[cfg(test)]
mod tests {
    use kontor_model::FieldType;

    use super::*;

    fn action() -> Action {
        Action::new("lose", "Loses.")
            .takes(Field::new("reason", FieldType::text_between(1, 10)).required())
            .takes(Field::new("close_date", FieldType::date()))
            .takes(Field::new("public", FieldType::boolean()).default(true))
    }

    fn check(body: &str) -> Result<Input> {
        Input::check(&action(), &Json::parse_str(body).unwrap(), &Settings::default())
    }

    #[test]
    fn members_are_checked_as_fields_are() {
        let input = check(r#"{"reason": "price", "close_date": "1970-01-03"}"#).unwrap();
        assert_eq!(
            (input.text("reason"), input.int("close_date"), input.flag("public")),
            (Some("price"), Some(2), true)
        );
        assert!(input.json("public").is_none() && input.json("reason").is_some());
        assert!(input.value("nothing").is_null());
    }

    #[test]
    fn all_faults_come_at_once() {
        let error = check(r#"{"reasn": "price", "close_date": "soon"}"#).unwrap_err();
        let mut fields: Vec<&str> = error.faults().iter().map(|fault| fault.field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["close_date", "reasn", "reason"]);
        assert_eq!(check(r#"{"reason": null}"#).unwrap_err().faults()[0].code, "required");
        assert_eq!(check("[]").unwrap_err().code(), ErrorCode::Malformed);
    }
}
