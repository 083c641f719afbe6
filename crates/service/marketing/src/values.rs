//! What templates and conditions can say: the values by their names.

use kontor_model::{Error, Result, time};
use kontor_records::{Found, Sight};
use serde_json::{Map, Value as J, json};

use crate::person::Person;

/// What a person has, whether contact or lead.
const PERSON: &[&str] = &["first_name", "last_name", "name", "title", "email", "phone", "city", "country"];

/// What there is to say to a person.
pub(crate) struct Saying<'a> {
    pub person: &'a Person,
    pub company: Option<&'a Found>,
    pub campaign: Option<&'a Found>,
    pub sender: Option<&'a Found>,
    pub unsubscribe_url: Option<String>,
}

/// A record by the names of its fields, without those that the caller does not see; nulls where there is none.
fn record(sight: &Sight<'_>, object: &str, found: Option<&Found>) -> Result<J> {
    let def = sight.ctx().catalog.require(object)?;
    let native = def.native();
    let (mut out, mut custom) = (Map::new(), Map::new());
    for (index, field) in native.shown().filter(|(index, _)| !def.is_hidden(*index)) {
        let value = match found {
            Some(found) => {
                let text = native.show(index).text(found.value(&native.path(field)));
                serde_json::from_str(&text).map_err(Error::internal)?
            }
            None => J::Null,
        };
        let place = if field.custom { &mut custom } else { &mut out };
        place.insert(field.name.clone(), value);
    }
    if !custom.is_empty() {
        out.insert("custom".to_owned(), J::Object(custom));
    }
    Ok(J::Object(out))
}

/// All names that a template can use, with nothing behind them.
///
/// # Errors
/// An object that is not there.
pub(crate) fn known(sight: &Sight<'_>) -> Result<J> {
    let person: Map<String, J> =
        ["id", "object", "company_name"].iter().chain(PERSON).map(|name| ((*name).to_owned(), J::Null)).collect();
    Ok(json!({
        "person": person,
        "contact": record(sight, "contact", None)?,
        "lead": record(sight, "lead", None)?,
        "company": record(sight, "company", None)?,
        "campaign": {"name": null, "description": null},
        "sender": {"name": null, "email": null},
        "today": null,
        "unsubscribe_url": null,
    }))
}

/// The values of a template for one person.
///
/// # Errors
/// An object that is not there.
pub(crate) fn of(sight: &Sight<'_>, saying: &Saying<'_>) -> Result<J> {
    let own = &saying.person.record;
    let text = |found: Option<&Found>, name: &str| {
        found.map(|found| found.text(name)).filter(|text| !text.is_empty()).map_or(J::Null, |text| json!(text))
    };
    let mut person: Map<String, J> = PERSON.iter().map(|name| ((*name).to_owned(), text(Some(own), name))).collect();
    person.insert("id".to_owned(), json!(own.id.to_string()));
    person.insert("object".to_owned(), json!(own.object()));
    let company_name =
        if saying.person.is_contact() { text(saying.company, "name") } else { text(Some(own), "company_name") };
    person.insert("company_name".to_owned(), company_name);
    let only = |object: &str| -> Result<J> {
        if own.object() == object { record(sight, object, Some(own)) } else { Ok(J::Null) }
    };
    Ok(json!({
        "person": person,
        "contact": only("contact")?,
        "lead": only("lead")?,
        "company": match saying.company { Some(found) => record(sight, "company", Some(found))?, None => J::Null },
        "campaign": {"name": text(saying.campaign, "name"), "description": text(saying.campaign, "description")},
        "sender": {"name": text(saying.sender, "name"), "email": text(saying.sender, "email")},
        "today": time::date_text(sight.today()),
        "unsubscribe_url": saying.unsubscribe_url,
    }))
}
