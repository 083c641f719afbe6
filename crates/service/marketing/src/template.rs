//! Templates: checked when they are saved, shown filled, sent to oneself.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Action, Fault, Field, FieldType, Json, Letter, Object, Result, View};
use kontor_records::{
    Access, Act, Asked, Ctx, Found, Hook, Input, Look, Plan, Records, Sheet, Sight, Touched, Verdict, Viewed, refusal,
};
use kontor_templates::{Limits, check};
use serde_json::json;

use crate::letters::{Rendered, Text, owner};
use crate::person::Person;
use crate::values::{self, Saying};

/// The fields that are templates.
const PARTS: [&str; 3] = ["subject", "body_text", "body_html"];

pub(crate) fn object() -> Object {
    let person = |field: &str, object: &str| Field::reference(field, object).doc("For whom it is filled.");
    Object::new(crate::SERVICE, "template", "templates")
        .doc("A text to send, with places for the receiver's own data: {{ person.first_name }}.")
        .owned()
        .field(Field::new("name", FieldType::text_between(1, 255)).required().searched())
        .field(Field::new("channel", FieldType::enumeration(["email", "sms", "chat"])).default("email"))
        .field(Field::new("language", FieldType::text(35)).technical().doc("BCP 47, such as de-AT."))
        .field(Field::new("subject", FieldType::text(255)))
        .field(Field::new("body_text", FieldType::long_text()))
        .field(Field::new("body_html", FieldType::long_text()).doc("Values are escaped in it."))
        .field(Field::new("active", FieldType::boolean()).default(true))
        .view(
            View::new("preview", "The template filled for a contact or a lead: subject, text and HTML.")
                .takes(person("contact", "contact"))
                .takes(person("lead", "lead")),
        )
        .action(
            Action::new(
                "test_send",
                "Sends the template, filled for a contact or a lead, to the caller's own address.",
            )
            .takes(person("contact", "contact"))
            .takes(person("lead", "lead"))
            .refuses(&[
                ("no_person", "neither or both of contact_id and lead_id are named"),
                ("no_address", "the caller has no address"),
                ("template_incomplete", "it has no subject or no body"),
                ("template_name", "it names what this person does not have"),
            ]),
        )
}

/// A template that cannot be filled is not saved.
pub(crate) struct Sound;

impl Hook for Sound {
    fn objects(&self) -> &'static [&'static str] {
        &["template"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut known = None;
            let mut out = Vec::new();
            for template in touched.iter().filter(|t| !t.is_gone() && PARTS.iter().any(|part| t.changes(part))) {
                let faults = faults(sight, &mut known, |part| template.field(part).1.as_str().unwrap_or_default())?;
                if !faults.is_empty() {
                    out.push(Verdict::Refuse { step: template.step, error: kontor_model::Error::from_faults(faults) });
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

/// What is wrong with the parts of a template; `known` are the names that it may use, found out when there are any.
fn faults<'s>(
    sight: &Sight<'_>,
    known: &mut Option<serde_json::Value>,
    source: impl Fn(&str) -> &'s str,
) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for part in PARTS {
        let source = source(part);
        if !source.contains('{') {
            continue;
        }
        if known.is_none() {
            *known = Some(values::known(sight)?);
        }
        let names = known.as_ref().unwrap_or(&serde_json::Value::Null);
        faults.extend(check(source, names, &Limits::default()).err().map(|wrong| wrong.fault(part)));
    }
    Ok(faults)
}

/// The person that the caller names, among those that it sees.
async fn named(sight: &Sight<'_>, contact: Option<kontor_model::Id>, lead: Option<kontor_model::Id>) -> Result<Person> {
    let record = match (contact, lead) {
        (Some(id), None) => sight.visible("contact", id).await?,
        (None, Some(id)) => sight.visible("lead", id).await?,
        _ => return Err(refusal("no_person", "name a contact_id or a lead_id, and only one of them")),
    };
    Ok(Person { record })
}

async fn filled(sight: &Sight<'_>, template: &Found, person: &Person) -> Result<Rendered> {
    let sender = owner(sight, template).await?;
    fill(sight, &Text::of(template), sender.as_ref(), person).await
}

async fn fill(sight: &Sight<'_>, text: &Text, sender: Option<&Found>, person: &Person) -> Result<Rendered> {
    let company = match person.record.reference("company_id").filter(|_| text.names_company()) {
        Some(id) => match sight.visible("company", id).await {
            Ok(company) => Some(company),
            Err(error) if error.code() == kontor_model::ErrorCode::NotFound => None,
            Err(error) => return Err(error),
        },
        None => None,
    };
    let unsubscribe_url = Some("https://example.com/public/unsubscribe/example".to_owned());
    let saying = Saying { person, company: company.as_ref(), campaign: None, sender, unsubscribe_url };
    text.render(sight, &saying)
}

/// What `POST /v1/templates/preview` takes.
fn unsaved() -> Vec<Field> {
    let mut all: Vec<Field> = object().fields.into_iter().filter(|field| PARTS.contains(&field.name.as_str())).collect();
    all.extend([Field::reference("contact", "contact"), Field::reference("lead", "lead")]);
    all
}

/// `POST /v1/templates/preview`: a text that is not saved, filled for a contact or a lead, by the rules and limits that
/// templates have: subject, text and HTML. The sender is the caller.
///
/// # Errors
/// 403 for who may not write templates; 400001 for a text that could not be saved; 404001 for a person that the caller
/// does not see; 422000 without one, and for what cannot be filled; the database's.
pub async fn preview(records: &Records, ctx: &Ctx, body: &Json) -> Result<serde_json::Value> {
    ctx.caller.may(Access::Write, ctx.catalog.require("template")?)?;
    let input = Input::of("preview", &unsaved(), body, ctx.settings())?;
    records.ask(ctx, move |sight| async move { previewed(sight, &input).await }.boxed()).await
}

async fn previewed(sight: &Sight<'_>, input: &Input) -> Result<serde_json::Value> {
    let part = |name: &str| input.text(name).unwrap_or_default();
    let faults = faults(sight, &mut None, part)?;
    if !faults.is_empty() {
        return Err(kontor_model::Error::from_faults(faults));
    }
    let person = named(sight, input.reference("contact_id"), input.reference("lead_id")).await?;
    let sender = match sight.ctx().caller.user_id {
        Some(id) => sight.record("user", id).await?,
        None => None,
    };
    let text = Text::unsaved(part("subject"), part("body_text"), part("body_html"));
    let Rendered { subject, text, html } = fill(sight, &text, sender.as_ref(), &person).await?;
    Ok(json!({"subject": subject, "text": text, "html": html}))
}

/// `GET /v1/templates/{id}/preview`
pub(crate) struct Preview;

impl Look for Preview {
    fn object(&self) -> &'static str {
        "template"
    }

    fn name(&self) -> &'static str {
        "preview"
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, viewed: &'a Viewed) -> BoxFuture<'a, Result<Sheet>> {
        async move {
            let input = &viewed.input;
            let person = named(sight, input.reference("contact_id"), input.reference("lead_id")).await?;
            let Rendered { subject, text, html } = filled(sight, &viewed.record, &person).await?;
            let shown = json!({"subject": subject, "text": text, "html": html});
            Ok(Sheet::Json(shown.to_string().into_bytes()))
        }
        .boxed()
    }
}

/// `POST /v1/templates/{id}/test_send`
pub(crate) struct TestSend;

impl Act for TestSend {
    fn object(&self) -> &'static str {
        "template"
    }

    fn name(&self) -> &'static str {
        "test_send"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let input = &asked.input;
            let person = named(sight, input.reference("contact_id"), input.reference("lead_id")).await?;
            let user = match sight.ctx().caller.user_id {
                Some(id) => sight.record("user", id).await?,
                None => None,
            };
            let address = user.map(|user| user.text("email").to_owned()).filter(|address| !address.is_empty());
            let none = || refusal("no_address", "a test goes to the caller's own address, and the caller has none");
            let to = address.ok_or_else(none)?;
            let Rendered { subject, text, html } = filled(sight, &asked.record, &person).await?;
            if subject.is_empty() || (text.is_empty() && html.is_none()) {
                return Err(refusal("template_incomplete", "it needs a subject and a body to be sent"));
            }
            let letter = Letter { purpose: "template_test", to, subject, text, html, ..Letter::default() };
            let step = sight.update(&asked.record, &[])?.touching().told("test_send", "tested");
            Ok(Plan::one(step.with_letter(letter)))
        }
        .boxed()
    }
}
