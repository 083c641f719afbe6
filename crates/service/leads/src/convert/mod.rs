//! A lead becomes a company, a contact and a deal: those that are there already, else new ones, all in one commit and in
//! the caller's right.

mod find;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Change, Fault, Id, Json, Mode, Result, Step, Value};
use kontor_records::{Act, Asked, Found, Gives, Plan, Sight};

use self::find::{business_domain, company_like, contact_like, has_domain};
use crate::acts::only_open;

/// See the module.
pub(crate) struct Convert;

/// How far a company or a person has come.
const STAGE: &str = "lifecycle_stage";

/// A record of the conversion.
enum Part {
    /// It was there before, and gets these fields.
    Old(Found, Vec<(String, Json)>),
    /// These are its fields.
    New(Json),
}

impl Part {
    fn old(found: Found) -> Self {
        Self::Old(found, Vec::new())
    }
}

impl Act for Convert {
    fn object(&self) -> &'static str {
        "lead"
    }

    fn name(&self) -> &'static str {
        "convert"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let lead = &asked.record;
            only_open(lead, "converted")?;
            let deal = asked.input.json("deal");
            if let Some(other) = deal.filter(|deal| deal.as_object().is_none()) {
                let message = format!("must be an object of the deal's fields or null, not {}", other.kind());
                return Err(Fault::new("deal", "type", message).into());
            }
            let contact = contact(sight, lead, asked.input.reference("contact_id")).await?;
            let company = company(sight, lead, asked.input.reference("company_id"), &contact).await?;
            // First of all the lead, by the version that was seen: of two at once the second plans anew and finds it
            // converted, before it meets the first one's company.
            let closed = [("status", "converted".into()), ("converted_at", sight.now().into())];
            let mut plan = Plan::one(sight.update(lead, &closed)?.named("lead"));
            let stage = if deal.is_some() { "opportunity" } else { "qualified" };
            let company = company.map(|part| add(&mut plan, "company", staged(sight, "company", part, stage), &[]));
            let of_company: &[_] = if company.is_some() { &[("company_id", "$company.id")] } else { &[] };
            let contact = add(&mut plan, "contact", staged(sight, "contact", contact, stage), of_company);
            let deal = match deal {
                Some(deal) => {
                    let links = [of_company, &[("contact_id", "$contact.id")]].concat();
                    Some(add(&mut plan, "deal", Part::New(opened(sight, lead, deal)?), &links))
                }
                None => None,
            };
            plan.push(linked(lead, company.is_some(), deal.is_some()));
            plan.gives = Gives::Named(vec![("company", company), ("contact", Some(contact)), ("deal", deal)]);
            Ok(plan)
        }
        .boxed()
    }
}

/// What became of a lead has come that far on its way; nobody is sent back. A role that does not set the stage makes
/// records without one.
fn staged(sight: &Sight<'_>, object: &str, part: Part, stage: &str) -> Part {
    let rule = sight.ctx().caller.policy.rule(object);
    let said = (STAGE.to_owned(), Json::from(stage));
    match part {
        Part::Old(found, mut data) => {
            data.push(said);
            Part::Old(found, data)
        }
        Part::New(Json::Object(mut data)) if !rule.hidden.contains(STAGE) && !rule.locked.contains(STAGE) => {
            data.push(said);
            Part::New(Json::Object(data))
        }
        other => other,
    }
}

/// Adds a record; fields that are not said get these.
fn add(plan: &mut Plan, object: &str, part: Part, links: &[(&str, &str)]) -> usize {
    let step = match part {
        Part::Old(found, data) => {
            // Where nothing is changed, it belongs to the answer all the same.
            let data = Json::Object(data);
            Step::of_service(Change::Update {
                object: object.to_owned(),
                id: found.id,
                if_match: None,
                mode: Mode::Merge,
                data,
            })
        }
        Part::New(data) => {
            let mut members = literal(&data).as_object().unwrap_or_default().to_vec();
            for (name, value) in links {
                if !members.iter().any(|(key, _)| key == name) {
                    members.push(((*name).to_owned(), Json::from(*value)));
                }
            }
            Step::from(Change::Create { object: object.to_owned(), data: Json::Object(members) })
        }
    };
    plan.push(step.named(object))
}

/// Data that mean what they say: texts that begin with a dollar refer to no earlier step.
fn literal(data: &Json) -> Json {
    match data {
        Json::String(text) if text.starts_with('$') => Json::String(format!("${text}")),
        Json::Array(items) => Json::Array(items.iter().map(literal).collect()),
        Json::Object(members) => {
            Json::Object(members.iter().map(|(key, value)| (key.clone(), literal(value))).collect())
        }
        other => other.clone(),
    }
}

/// The contact: the one that is named, the one with the lead's e-mail address, or a new one.
async fn contact(sight: &Sight<'_>, lead: &Found, named: Option<Id>) -> Result<Part> {
    if let Some(id) = named {
        return Ok(Part::old(sight.visible("contact", id).await?));
    }
    if let Some(found) = contact_like(sight, lead.text("email")).await? {
        return Ok(Part::old(found));
    }
    const SAME: &[&str] =
        &["first_name", "last_name", "email", "phone", "title", "city", "country", "do_not_sell", "tags", "owner_id"];
    taken(sight, "contact", lead, SAME).map(Part::New)
}

/// The company: the one that is named, that of the contact who is there, the one of the same name or domain, a new one
/// when the lead has a name for it; else none.
async fn company(sight: &Sight<'_>, lead: &Found, named: Option<Id>, contact: &Part) -> Result<Option<Part>> {
    if let Some(id) = named {
        return Ok(Some(Part::old(sight.visible("company", id).await?)));
    }
    let (name, domain) = (lead.text("company_name").trim(), business_domain(lead.text("email")));
    if let Some(found) = company_like(sight, name, domain.as_deref()).await? {
        return Ok(Some(Part::old(found)));
    }
    if name.is_empty() {
        let of_contact = match contact {
            Part::Old(contact, _) => contact.reference("company_id"),
            Part::New(_) => None,
        };
        return match of_contact {
            Some(id) => Ok(find::seen(sight, "company", id).await?.map(Part::old)),
            None => Ok(None),
        };
    }
    let Json::Object(mut data) = taken(sight, "company", lead, &["city", "country", "owner_id"])? else {
        return Ok(None);
    };
    data.push(("name".to_owned(), Json::from(name)));
    // A domain belongs to one company; it may be one that the caller does not see.
    if let Some(domain) = domain
        && !has_domain(sight, &domain).await?
    {
        data.push(("domain".to_owned(), Json::String(domain)));
    }
    Ok(Some(Part::New(Json::Object(data))))
}

/// What the caller says of the deal, with what the lead knows besides.
fn opened(sight: &Sight<'_>, lead: &Found, sent: &Json) -> Result<Json> {
    let mut members = sent.as_object().unwrap_or_default().to_vec();
    let said = |members: &[(String, Json)], name: &str| members.iter().any(|(key, _)| key == name);
    if !said(&members, "name") {
        let company = lead.text("company_name");
        let name = if company.is_empty() { lead.text("name") } else { company };
        members.push(("name".to_owned(), Json::from(name)));
    }
    let mut more: Vec<(&str, Value)> = Vec::new();
    if !said(&members, "owner_id") {
        more.push(("owner_id", lead.value("owner_id").clone()));
    }
    if !["amount", "currency", "lines"].iter().any(|name| said(&members, name)) && lead.int("estimated_value").is_some()
    {
        more.push(("amount", lead.value("estimated_value").clone()));
        more.push(("currency", lead.value("currency").clone()));
    }
    more.retain(|(_, value)| !value.is_null());
    members.extend(sight.data("deal", &more)?.as_object().unwrap_or_default().iter().cloned());
    Ok(Json::Object(members))
}

/// Fields of the lead that another object has, too.
fn taken(sight: &Sight<'_>, object: &str, lead: &Found, same: &[&str]) -> Result<Json> {
    let fields: Vec<(&str, Value)> = same
        .iter()
        .map(|path| (*path, lead.written(sight.ctx().settings(), path).clone()))
        .filter(|(_, value)| !value.is_null())
        .collect();
    sight.data(object, &fields)
}

/// The lead with what came of it.
fn linked(lead: &Found, company: bool, deal: bool) -> Step {
    let parts = [("company", company), ("contact", true), ("deal", deal)];
    let data = parts.into_iter().filter(|(_, there)| *there);
    let data = data.map(|(name, _)| (format!("{name}_id"), Json::String(format!("${name}.id"))));
    let (object, data) = (lead.object().to_owned(), Json::Object(data.collect()));
    let change = Change::Update { object, id: lead.id, if_match: None, mode: Mode::Merge, data };
    Step::of_service(change).told("convert", "converted")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dollar_is_a_dollar() {
        let data = Json::parse_str(r#"{"a": "$5k", "b": ["$$", "x$"], "c": 1}"#).unwrap();
        assert_eq!(literal(&data).to_string(), r#"{"a":"$$5k","b":["$$$","x$"],"c":1}"#);
    }
}
