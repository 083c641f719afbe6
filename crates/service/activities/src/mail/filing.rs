//! Mail that comes in and is nobody's ticket: filed as an e-mail to the contact or lead that it is from or to, and to the
//! deal that is open with them.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_mailbox::{Arrived, Mail, Outcome, Person, Receive, Taken, Where, files};
use kontor_model::{Id, Json, Op, Result, Value};
use kontor_records::{Found, Plan, Sight};
use serde_json::json;

use crate::activity::DONE;

/// Characters of a text, below what a field takes.
const TEXT: usize = 90_000;

/// The name of the step that files the e-mail.
const STEP: &str = "email";

/// See the module.
pub(crate) struct Filing;

/// The record that an e-mail is about, and the contact in it.
#[derive(Default)]
struct About {
    record: Option<(String, Id)>,
    contact: Option<Id>,
}

impl Receive for Filing {
    fn receive<'a>(&'a self, sight: &'a Sight<'a>, arrived: &'a Arrived) -> BoxFuture<'a, Result<Option<Taken>>> {
        async move {
            let mail = &arrived.mail;
            let ignored = |reason: &str| {
                let reason = Some(reason.to_owned());
                Some(Taken { plan: Plan::default(), outcome: Outcome::Ignored, filed: Where::Nowhere, reason })
            };
            if mail.sender().is_empty() {
                return Ok(ignored("it does not say whom it is from"));
            }
            if mail.automatic && arrived.about.is_empty() {
                return Ok(ignored("nobody wrote it, and it answers nothing"));
            }
            // Copied to here by who works with the system: it went out.
            let writer = user(sight, mail.sender()).await?;
            let outbound = writer.is_some();
            let mut others: Vec<&str> = vec![mail.sender()];
            if outbound {
                others = mail.to.iter().map(|person| person.address.as_str()).collect();
            }
            let mut about = conversation(sight, arrived).await?;
            if about.contact.is_none() {
                for address in others {
                    let found = of_address(sight, address).await?;
                    if found.record.is_some() {
                        about.contact = found.contact;
                        about.record = about.record.or(found.record);
                        break;
                    }
                }
            }
            let mut owner = writer;
            for person in mail.to.iter().filter(|_| !outbound) {
                if owner.is_none() {
                    owner = user(sight, &person.address).await?;
                }
            }
            let email = sight.create("email", &fields(sight, mail, outbound, &about, owner))?;
            let mut plan = Plan::one(email.named(STEP));
            let mut whole = vec![("email_id", Json::String(format!("${STEP}.id")))];
            whole.extend(about.contact.filter(|_| !outbound).map(|id| ("contact_id", files::known(id))));
            plan.steps.extend(files::steps(sight, "email_file", &whole, mail)?);
            let reason = about.record.is_none().then(|| "nobody with this address is known".to_owned());
            Ok(Some(Taken { plan, outcome: Outcome::Email, filed: Where::Step(0), reason }))
        }
        .boxed()
    }
}

fn fields(
    sight: &Sight<'_>,
    mail: &Mail,
    outbound: bool,
    about: &About,
    owner: Option<Id>,
) -> Vec<(&'static str, Value)> {
    let at = mail.sent_at.filter(|at| *at <= sight.now() && *at > 0).unwrap_or(sight.now());
    let subject = if mail.subject.is_empty() { "(no subject)" } else { mail.subject.as_str() };
    let text: String = mail.text.chars().take(TEXT).collect();
    let mut participants = vec![json!({"email": mail.sender(), "role": "from"})];
    let role = |person: &Person| if mail.cc.contains(person) { "cc" } else { "to" };
    participants.extend(mail.to.iter().take(20).map(|one| json!({"email": one.address, "role": role(one)})));
    participants.extend(about.contact.map(|id| json!({"contact_id": id.to_string()})));
    let (object, id) = about.record.as_ref().map(|(object, id)| (object.as_str(), id.0)).unzip();
    let owner: Value = owner.map(|id| id.0).into();
    vec![
        ("subject", Value::Text(subject.chars().take(255).collect())),
        ("body", Value::Text(format!("{text}{}", mail.listed_files()))),
        ("status", DONE.into()),
        ("due_at", Value::Int(at)),
        ("direction", if outbound { "outbound".into() } else { "inbound".into() }),
        ("participants", Value::Json(json!(participants).to_string())),
        ("related_to_object", object.into()),
        ("related_to_id", id.into()),
        ("message_id", mail.message_id.as_str().into()),
        ("owner_id", owner.clone()),
        ("assignee_id", owner),
    ]
}

/// What the e-mail that is answered is about.
async fn conversation(sight: &Sight<'_>, arrived: &Arrived) -> Result<About> {
    for (object, id) in &arrived.about {
        if object == "email"
            && let Some(email) = sight.record("email", *id).await?
        {
            let about = email.reference("related_to_id").map(|id| (email.text("related_to_object").to_owned(), id));
            return Ok(About { record: about, contact: None });
        }
        if matches!(object.as_str(), "deal" | "contact" | "lead" | "quote" | "invoice" | "customer" | "company") {
            return Ok(About { record: Some((object.clone(), *id)), contact: None });
        }
    }
    Ok(About::default())
}

/// The user who works with the system under an address.
async fn user(sight: &Sight<'_>, address: &str) -> Result<Option<Id>> {
    let found = sight.find("user", &[("email", Op::Eq, Value::text(address))], 1).await?;
    Ok(found.first().map(|user| user.id))
}

/// Whom an address belongs to, and the deal that is open with them.
async fn of_address(sight: &Sight<'_>, address: &str) -> Result<About> {
    let theirs = [("email", Op::Eq, Value::text(address))];
    if let Some(contact) = sight.find("contact", &theirs, 1).await?.pop() {
        return of_contact(sight, &contact).await;
    }
    let Some(lead) = sight.find("lead", &theirs, 1).await?.pop() else { return Ok(About::default()) };
    // What came of a lead goes on with its contact.
    match sight.referred("contact", lead.value("contact_id")).await? {
        Some(contact) => of_contact(sight, &contact).await,
        None => Ok(About { record: Some(("lead".to_owned(), lead.id)), contact: None }),
    }
}

async fn of_contact(sight: &Sight<'_>, contact: &Found) -> Result<About> {
    let open = ("close_date", Op::IsNull, Value::Bool(true));
    let own = [("contact_id", Op::Eq, Value::Int(contact.id.0)), open.clone()];
    let mut deal = sight.sorted("deal", &own, &["-updated_at"], 1).await?.pop();
    if let Some(company) = contact.reference("company_id").filter(|_| deal.is_none()) {
        let theirs = [("company_id", Op::Eq, Value::Int(company.0)), open];
        let mut deals = sight.find("deal", &theirs, 2).await?;
        // Which of several is meant nobody knows.
        deal = deals.pop().filter(|_| deals.is_empty());
    }
    let record = deal.map_or(("contact".to_owned(), contact.id), |deal| ("deal".to_owned(), deal.id));
    Ok(About { record: Some(record), contact: Some(contact.id) })
}
