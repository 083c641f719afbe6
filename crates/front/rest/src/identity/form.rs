//! Bodies of a few members, read strictly: all faults at once.

use std::collections::BTreeMap;

use kontor_http::body;
use kontor_model::{Error, ErrorCode, Fault, Json, Result, name, time};

use crate::Call;

const LONGEST_TEXT: usize = 1_000;

/// A body under reading.
pub struct Form {
    body: Json,
    faults: Vec<Fault>,
}

impl Form {
    /// A body that has to be there.
    ///
    /// # Errors
    /// 400000 for what is no JSON object.
    pub fn of(call: &Call, known: &[&str]) -> Result<Self> {
        Ok(Self::new(body::object(&call.body)?, known))
    }

    /// A body that may be left out.
    ///
    /// # Errors
    /// As [`Form::of`].
    pub fn optional(call: &Call, known: &[&str]) -> Result<Self> {
        Ok(Self::new(body::object_or_empty(&call.body)?, known))
    }

    fn new(body: Json, known: &[&str]) -> Self {
        let members = body.as_object().unwrap_or_default().iter();
        let unknown = members.filter(|(member, _)| !known.contains(&member.as_str())).map(|(member, _)| {
            let hint = name::hint(member, known.iter().copied());
            Fault::coded(member.clone(), ErrorCode::UnknownField, format!("is unknown{hint}"))
        });
        let faults = unknown.collect();
        Self { body, faults }
    }

    /// Whether the member was sent, be it null.
    pub fn has(&self, member: &str) -> bool {
        self.body.get(member).is_some()
    }

    pub fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    fn value(&self, member: &str) -> Option<&Json> {
        self.body.get(member).filter(|value| !value.is_null())
    }

    /// A text; its value never goes into a fault: it may be a secret.
    pub fn text(&mut self, member: &str) -> Option<String> {
        match self.value(member) {
            None => None,
            Some(Json::String(text)) if text.chars().count() <= LONGEST_TEXT => Some(text.clone()),
            Some(_) => {
                self.faults.push(Fault::new(
                    member,
                    "type",
                    format!("must be a text of at most {LONGEST_TEXT} characters"),
                ));
                None
            }
        }
    }

    /// A text that has to be there.
    pub fn required(&mut self, member: &str) -> String {
        let sent = self.value(member).is_some();
        let text = self.text(member).unwrap_or_default();
        if text.is_empty() && (!sent || self.faults.iter().all(|fault| fault.field != member)) {
            self.faults.push(Fault::new(member, "required", "is required"));
        }
        text
    }

    /// An object that has to be there, as it was sent.
    pub fn object(&mut self, member: &str) -> Json {
        match self.value(member) {
            Some(object @ Json::Object(_)) => return object.clone(),
            Some(_) => self.faults.push(Fault::new(member, "type", "must be an object")),
            None => self.faults.push(Fault::new(member, "required", "is required")),
        }
        Json::Null
    }

    /// A list of texts.
    pub fn texts(&mut self, member: &str) -> Option<Vec<String>> {
        let value = self.value(member)?;
        let texts = value.as_array().map(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect());
        if let Some(Some(texts)) = texts {
            return Some(texts);
        }
        self.faults.push(Fault::new(member, "type", "must be a list of texts"));
        None
    }

    /// A truth.
    pub fn flag(&mut self, member: &str) -> Option<bool> {
        let value = self.value(member)?;
        if let Json::Bool(flag) = value {
            return Some(*flag);
        }
        self.faults.push(Fault::new(member, "type", "must be true or false"));
        None
    }

    /// Texts by name.
    pub fn text_map(&mut self, member: &str) -> Option<BTreeMap<String, String>> {
        let value = self.value(member)?;
        let pairs = value.as_object().map(|members| {
            members.iter().map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
        });
        if let Some(Some(pairs)) = pairs {
            return Some(pairs);
        }
        self.faults.push(Fault::new(member, "type", "must be an object of texts"));
        None
    }

    /// A fault, unless the field has one already.
    pub fn fault_once(&mut self, fault: Fault) {
        if self.faults.iter().all(|known| known.field != fault.field) {
            self.faults.push(fault);
        }
    }

    /// A whole number between these bounds.
    pub fn number(&mut self, member: &str, least: i64, most: i64) -> Option<i64> {
        let value = self.value(member)?;
        if let Some(number) = value.as_i64().filter(|number| (least..=most).contains(number)) {
            return Some(number);
        }
        self.faults.push(Fault::new(member, "range", format!("must be a whole number from {least} to {most}")));
        None
    }

    /// A time, in Unix milliseconds.
    pub fn time(&mut self, member: &str) -> Option<i64> {
        let value = self.value(member)?;
        if let Some(ms) = value.as_str().and_then(|text| time::parse_datetime(text).ok()) {
            return Some(ms);
        }
        self.faults.push(Fault::new(member, "format", "must be a time such as 2027-01-01T00:00:00Z"));
        None
    }

    /// # Errors
    /// Everything that was wrong.
    pub fn finish(self) -> Result<()> {
        if self.faults.is_empty() { Ok(()) } else { Err(Error::from_faults(self.faults)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Form {
        Form::new(Json::parse_str(text).unwrap(), &["name", "count", "at", "list", "flag", "map"])
    }

    #[test]
    fn all_faults_come_at_once_and_tell_no_values() {
        let mut form = form(r#"{"name": 5, "count": 8, "at": "today", "list": ["a", 1], "nmae": "secret"}"#);
        assert_eq!((form.required("name"), form.number("count", 0, 7)), (String::new(), None));
        assert_eq!((form.time("at"), form.texts("list")), (None, None));
        let error = form.finish().unwrap_err();
        let fields: Vec<&str> = error.faults().iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["nmae", "name", "count", "at", "list"]);
        assert!(error.faults().iter().all(|fault| fault.value.is_none()));
    }

    #[test]
    fn truths_and_maps_are_strict() {
        let mut right = form(r#"{"flag": true, "map": {"a": "b"}}"#);
        assert_eq!((right.flag("flag"), right.text_map("map").unwrap()["a"].as_str()), (Some(true), "b"));
        assert!(right.finish().is_ok());
        let mut wrong = form(r#"{"flag": "true", "map": {"a": 1}}"#);
        assert_eq!((wrong.flag("flag"), wrong.text_map("map")), (None, None));
        wrong.fault_once(Fault::new("map", "x", "x"));
        assert_eq!(wrong.finish().unwrap_err().faults().len(), 2);
    }

    #[test]
    fn what_is_right_is_read() {
        let mut form = form(r#"{"name": "x", "count": 7, "at": "1970-01-01T00:00:01Z", "list": [], "nothing": 1}"#);
        assert_eq!((form.required("name").as_str(), form.number("count", 0, 7)), ("x", Some(7)));
        assert_eq!((form.time("at"), form.texts("list")), (Some(1_000), Some(Vec::new())));
        assert!(form.finish().is_err(), "an unknown member");
    }
}
