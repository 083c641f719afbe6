//! `send`: a draft leaves as mail, to each receiver a letter of their own.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_mailbox::copies;
use kontor_model::{Error, Fault, Id, Letter, Result, Value};
use kontor_records::{Act, Asked, Found, Plan, Sight, refusal};
use serde_json::{Value as J, json};

use crate::activity::is_ahead;

/// Receivers of one e-mail.
const MOST: usize = 20;

pub(crate) struct Send;

impl Act for Send {
    fn object(&self) -> &'static str {
        "email"
    }

    fn name(&self) -> &'static str {
        "send"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let email = &asked.record;
            if email.text("direction") == "inbound" {
                return Err(refusal("email_state", "the e-mail came in; write a new one to answer it"));
            }
            if email.text("mail_status") == "queued" {
                return Err(refusal("email_state", "the e-mail is on its way already"));
            }
            if !is_ahead(email.text("status")) {
                let detail = format!("the e-mail is {}; only one that is open is sent", email.text("status"));
                return Err(refusal("email_state", detail));
            }
            let Receivers { to, cc, noted } = receivers(sight, asked).await?;
            copies::wanted(sight, &cc).await?;
            let letter = letter(sight, email).await?;
            let mut fields = vec![
                ("status", Value::from("in_progress")),
                ("direction", "outbound".into()),
                ("mail_status", "queued".into()),
                ("mail_reason", Value::Null),
            ];
            fields.extend(noted.map(|list| ("participants", list)));
            let mut step = sight.update(email, &fields)?.told("send", "queued");
            step.letters = letter.for_all(&to, &cc);
            Ok(Plan::one(step))
        }
        .boxed()
    }
}

/// What every receiver gets.
async fn letter(sight: &Sight<'_>, email: &Found) -> Result<Letter> {
    let user = match sight.ctx().caller.user_id {
        Some(id) => sight.record("user", id).await?,
        None => None,
    };
    let known = |field: &str| user.as_ref().map(|user| user.text(field).to_owned()).filter(|text| !text.is_empty());
    let root = kontor_mailbox::thread(sight.records(), sight.ctx().space(), "email", email.id)?;
    let line = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    Ok(Letter {
        purpose: "email",
        from_name: known("name").map(|name| line(&name)),
        reply_to: known("email"),
        subject: line(email.text("subject")),
        text: email.text("body").to_owned(),
        headers: vec![("References".to_owned(), format!("<{root}>"))],
        ..Letter::default()
    })
}

/// Whom it goes to.
#[derive(Default)]
struct Receivers {
    to: Vec<String>,
    cc: Vec<String>,
    /// The participants with those who were named for a copy just now.
    noted: Option<Value>,
}

/// Whom it goes to: who is named, else who takes part, else whom it is about; and who gets a copy.
async fn receivers(sight: &Sight<'_>, asked: &Asked) -> Result<Receivers> {
    let mut out = Receivers { cc: copies::read(asked.input.json("cc"))?, ..Receivers::default() };
    let email = &asked.record;
    let mut list: Vec<J> = serde_json::from_str(email.text("participants")).unwrap_or_default();
    let is_known = |list: &[J], address: &str| list.iter().any(|one| address_of(one).as_deref() == Some(address));
    let named: Vec<J> =
        out.cc.iter().filter(|cc| !is_known(&list, cc)).map(|cc| json!({"email": cc, "role": "cc"})).collect();
    if let Some(to) = asked.input.text("to") {
        out.to.push(to.to_owned());
    } else {
        if list.len() > MOST {
            let message = format!("has more than {MOST} receivers; a campaign writes to many");
            return Err(Error::from(Fault::new("participants", "too_many", message)));
        }
        for participant in &list {
            let copied = participant.get("role").and_then(J::as_str) == Some("cc");
            if copied && asked.input.json("cc").is_some() {
                continue;
            }
            let place = if copied { &mut out.cc } else { &mut out.to };
            if let Some(address) = address_of(participant) {
                place.push(address);
            } else if let Some(id) =
                participant.get("contact_id").and_then(J::as_str).and_then(|id| id.parse::<Id>().ok())
            {
                place.extend(address(sight, "contact", id).await?);
            }
        }
    }
    if !named.is_empty() {
        list.extend(named);
        out.noted = Some(Value::Json(J::from(list).to_string()));
    }
    let about = email.text("related_to_object");
    if out.to.is_empty()
        && matches!(about, "contact" | "lead" | "customer")
        && let Some(id) = email.reference("related_to_id")
    {
        out.to.extend(address(sight, about, id).await?);
    }
    for list in [&mut out.to, &mut out.cc] {
        list.sort_unstable();
        list.dedup();
    }
    if out.to.is_empty() {
        let detail = "nobody with an e-mail address takes part in it; name one with to, or in participants";
        return Err(refusal("no_receiver", detail));
    }
    Ok(out)
}

/// The address that a participant is named by.
fn address_of(participant: &J) -> Option<String> {
    participant.get("email").and_then(J::as_str).map(|address| address.trim().to_lowercase())
}

/// The address of a record that the caller may see.
async fn address(sight: &Sight<'_>, object: &str, id: Id) -> Result<Option<String>> {
    let found = match sight.visible(object, id).await {
        Ok(found) => found,
        Err(error) if error.code().status() < 500 => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(Some(found.text("email").to_owned()).filter(|address| !address.is_empty()))
}
