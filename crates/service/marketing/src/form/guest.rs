//! `/public/forms/{token}`: a form's page and description, and what becomes of what is sent.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Change, Error, Json, Op, Result, Step, Value, time::datetime_text};
use kontor_records::{Found, Guest, Plan, Shown, Sight, Taken, Visit, refusal};
use serde_json::{Value as J, json};

use super::input::{self, Input};
use super::pace::Pace;
use super::page::{Hidden, page, thanks};
use super::sent::{self, Sent};
use super::{CONSENT, PAGE, TIME, TRAP, UTM};

/// What people need at least to fill in a form.
const LEAST_MS: i64 = 2_000;
/// How long a page may lie open.
const MOST_MS: i64 = 7 * 24 * 3_600_000;
/// The same person's second press of the button.
const TWICE_MS: i64 = 10 * 60_000;
/// The mark of a link that is no link: it says when a page was fetched.
const FETCHED: &str = "fetched ";

/// See the module.
#[derive(Default)]
pub(crate) struct Forms {
    pace: Pace,
}

impl Guest for Forms {
    fn page(&self) -> &'static str {
        PAGE
    }

    fn object(&self) -> &'static str {
        "form"
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, visit: &'a Visit) -> BoxFuture<'a, Result<Shown>> {
        async move {
            let form = &visit.record;
            let inputs = open(sight, visit)?;
            let time =
                sight.records().token(PAGE, sight.ctx().space(), form.id, &format!("{FETCHED}{}", sight.now()))?;
            let utm = UTM.iter().filter_map(|name| {
                let value = visit.input.get(name).and_then(Json::as_str)?;
                Some(((*name).to_owned(), value.chars().take(255).collect()))
            });
            let hidden = Hidden { time: Some(&time), utm: utm.collect() };
            Ok(Shown {
                data: described(form, &inputs, &time).to_string().into_bytes(),
                html: page(form, &inputs, &hidden),
                title: form.text("name").to_owned(),
                language: form.text("language").to_owned(),
                targets: target(form),
                ..Shown::default()
            })
        }
        .boxed()
    }

    fn take<'a>(&'a self, sight: &'a Sight<'a>, visit: &'a Visit) -> BoxFuture<'a, Result<Taken>> {
        async move {
            let form = &visit.record;
            let inputs = open(sight, visit)?;
            let shown = done(form);
            let consents = (!form.text("consent_text").is_empty(), form.flag("consent_required"));
            let lead = sight.ctx().whole.require("lead")?;
            let read = sent::read(&visit.input, &inputs, consents, lead.native(), sight.settings())?;
            self.pace.take(form.id, visit.ip, sight.now())?;
            if sent::is_trapped(&visit.input) || !in_time(sight, form, &visit.input)? {
                return Ok(Taken { plan: Plan::default(), shown });
            }
            if twice(sight, form, &read).await? {
                return Ok(Taken { plan: Plan::default(), shown });
            }
            Ok(Taken { plan: made(sight, form, read)?, shown })
        }
        .boxed()
    }
}

/// The questions of a form that may be filled in.
fn open(sight: &Sight<'_>, visit: &Visit) -> Result<Vec<Input>> {
    let form = &visit.record;
    if !sight.settings().public_forms || !form.flag("active") || !visit.mark.is_empty() {
        return Err(Error::not_found());
    }
    let json = Json::parse_str(form.value("inputs").as_str().ok_or_else(Error::not_found)?).map_err(Error::internal)?;
    let lead = sight.ctx().whole.require("lead")?;
    // A field that was taken away since is not asked for any more.
    let items = json.as_array().unwrap_or_default().iter();
    let known = items.filter(|item| {
        let path = item.get("field").and_then(Json::as_str).unwrap_or_default();
        lead.native().field(path).is_some_and(|(_, field)| !field.retired)
    });
    input::read(&Json::Array(known.cloned().collect()), lead.native()).map_err(|_| Error::not_found())
}

/// The form for programs.
fn described(form: &Found, inputs: &[Input], time: &str) -> J {
    let input = |input: &Input| {
        let mut shown =
            json!({"field": input.field, "label": input.label, "type": input.kind, "required": input.required});
        if let Some(members) = shown.as_object_mut() {
            if !input.values.is_empty() {
                members.insert("values".to_owned(), json!(input.values));
            }
            for (name, text) in [("placeholder", &input.placeholder), ("help", &input.help)] {
                if !text.is_empty() {
                    members.insert(name.to_owned(), json!(text));
                }
            }
        }
        shown
    };
    let consent = match form.text("consent_text") {
        "" => J::Null,
        text => json!({"field": CONSENT, "text": text, "required": form.flag("consent_required")}),
    };
    json!({
        "name": form.text("name"),
        "inputs": inputs.iter().map(input).collect::<Vec<_>>(),
        "consent": consent,
        "leave_empty": TRAP,
        "send_along": {(TIME): time},
        "accepts": UTM,
    })
}

/// What everybody is answered, whatever became of it.
fn done(form: &Found) -> Shown {
    let target = form.text("redirect_url");
    let redirect = (!target.is_empty()).then(|| target.to_owned());
    Shown {
        data: json!({"received": true, "redirect_url": redirect}).to_string().into_bytes(),
        html: thanks(form),
        title: form.text("name").to_owned(),
        language: form.text("language").to_owned(),
        redirect,
        ..Shown::default()
    }
}

/// Where the page sends people on: browsers ask for it beforehand.
fn target(form: &Found) -> Vec<String> {
    let url = form.text("redirect_url");
    let Some((scheme, rest)) = url.split_once("://") else { return Vec::new() };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    if host.is_empty() || !host.chars().all(is_plain) { Vec::new() } else { vec![format!("{scheme}://{host}")] }
}

/// Whether it came neither too soon for a person nor with a time that we did not write.
///
/// # Errors
/// 422000 for a page that lay open too long, and for what says no time where one is needed.
fn in_time(sight: &Sight<'_>, form: &Found, input: &Json) -> Result<bool> {
    let Some(token) = sent::time(input) else {
        if form.flag("time_required") {
            return Err(refusal("form_time", "fetch the form first, and send what it says under send_along"));
        }
        return Ok(true);
    };
    let Ok(ticket) = sight.records().ticket(PAGE, token) else { return Ok(false) };
    let at = ticket.mark.strip_prefix(FETCHED).and_then(|at| at.parse::<i64>().ok());
    let Some(at) = at.filter(|_| ticket.id == form.id && ticket.space == sight.ctx().space()) else { return Ok(false) };
    let took = sight.now() - at;
    if took > MOST_MS {
        return Err(refusal("form_time", "the page was open for too long; load it again, and send it"));
    }
    Ok(took >= LEAST_MS)
}

/// Whether the same person has just sent the form.
async fn twice(sight: &Sight<'_>, form: &Found, read: &Sent) -> Result<bool> {
    let email = read.text("email");
    if email.is_empty() {
        return Ok(false);
    }
    let same = [
        ("email", Op::Eq, Value::text(email)),
        ("form_id", Op::Eq, Value::Int(form.id.0)),
        ("created_at", Op::Gte, Value::Int(sight.now() - TWICE_MS)),
    ];
    let found = sight.find("lead", &same, 20).await?;
    Ok(found.iter().any(|lead| read.text("interest") == lead.text("interest")))
}

/// A lead, its consent, and its place in the form's campaign.
fn made(sight: &Sight<'_>, form: &Found, read: Sent) -> Result<Plan> {
    let id = |value: &Value| value.as_i64().map_or(Json::Null, |id| Json::String(id.to_string()));
    let mut data = read.fields;
    if !data.iter().any(|(name, _)| name == "last_name") {
        let email = data.iter().find(|(name, _)| name == "email").and_then(|(_, value)| value.as_str());
        let name = email.and_then(|email| email.split('@').next()).filter(|name| !name.is_empty());
        let name: String = name.unwrap_or("unknown").chars().take(100).collect();
        data.push(("last_name".to_owned(), Json::String(name)));
    }
    let campaign = form.value("campaign_id");
    data.push(("source".to_owned(), Json::String("web".to_owned())));
    data.push(("form_id".to_owned(), Json::String(form.id.to_string())));
    data.push(("campaign_id".to_owned(), id(campaign)));
    let create = |object: &str, data: Vec<(String, Json)>| {
        Step::of_service(Change::Create { object: object.to_owned(), data: Json::Object(data) })
    };
    let text = |name: &str, text: &str| (name.to_owned(), Json::String(text.to_owned()));
    let mut plan = Plan::one(create("lead", data).named("lead").told("submit", "submitted"));
    let now = datetime_text(sight.now());
    if read.consent {
        let source: String = format!("form {}: {}", form.id, form.text("consent_text")).chars().take(255).collect();
        plan.push(create(
            "consent",
            vec![
                text("lead_id", "$lead.id"),
                text("purpose", "marketing"),
                text("channel", "email"),
                text("legal_basis", "consent"),
                text("given_at", &now),
                text("source", &source),
            ],
        ));
    }
    if !campaign.is_null() {
        plan.push(create(
            "campaign_member",
            vec![
                ("campaign_id".to_owned(), id(campaign)),
                text("lead_id", "$lead.id"),
                text("status", "responded"),
                text("responded_at", &now),
            ],
        ));
    }
    Ok(plan)
}
