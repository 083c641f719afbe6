//! Mail that comes in: an answer goes to its ticket, a new mail to a queue's address begins one.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_mailbox::{Arrived, Mail, Outcome, Receive, Taken, Where, copies, files, fresh};
use kontor_model::{Change, Error, Json, Op, Result, Step, Value};
use kontor_records::{Found, Gives, Plan, Sight};

use super::asker::Asker;
use super::files::NAME;
use crate::ticket::CLOSED;

/// The name of the step that makes the ticket, or the comment.
const STEP: &str = "said";
/// How many tickets a merged one is followed through.
const MERGES: usize = 8;
/// Queues that are looked through for an address.
const QUEUES: u64 = 500;
/// Characters of a text, below what a field takes.
const TEXT: usize = 90_000;

/// See the module.
pub(crate) struct Incoming;

impl Receive for Incoming {
    fn receive<'a>(&'a self, sight: &'a Sight<'a>, arrived: &'a Arrived) -> BoxFuture<'a, Result<Option<Taken>>> {
        async move {
            let mail = &arrived.mail;
            if let Some(ticket) = answered(sight, arrived).await? {
                if ticket.text("status") != CLOSED {
                    return reply(sight, mail, &ticket).await.map(Some);
                }
                if mail.automatic {
                    return Ok(Some(ignored("an automatic answer to a closed ticket")));
                }
                // Nothing is said in a closed ticket any more: a new one begins where it was.
                let queue = sight.referred("queue", ticket.value("queue_id")).await?;
                return begin(sight, mail, queue.as_ref()).await.map(Some);
            }
            let Some(queue) = queue(sight, mail).await? else { return Ok(None) };
            if mail.auto_reply {
                return Ok(Some(ignored("it answers by itself")));
            }
            if mail.sender().is_empty() {
                return Ok(Some(ignored("it does not say whom it is from")));
            }
            begin(sight, mail, Some(&queue)).await.map(Some)
        }
        .boxed()
    }
}

fn ignored(reason: &str) -> Taken {
    Taken { plan: Plan::default(), outcome: Outcome::Ignored, filed: Where::Nowhere, reason: Some(reason.to_owned()) }
}

/// The ticket that a mail answers, the one that goes on with it when it was merged.
async fn answered(sight: &Sight<'_>, arrived: &Arrived) -> Result<Option<Found>> {
    let mut found = None;
    for (object, id) in &arrived.about {
        found = match object.as_str() {
            "ticket" => sight.record("ticket", *id).await?,
            "ticket_comment" => match sight.record("ticket_comment", *id).await? {
                Some(comment) => sight.referred("ticket", comment.value("ticket_id")).await?,
                None => None,
            },
            _ => None,
        };
        if found.is_some() {
            break;
        }
    }
    if found.is_none() {
        found = named(sight, &arrived.mail).await?;
    }
    for _ in 0..MERGES {
        let Some(into) = found.as_ref().and_then(|ticket| ticket.reference("merged_into_id")) else { break };
        found = sight.record("ticket", into).await?;
    }
    Ok(found)
}

/// The ticket whose number is in the subject, `[T-00012]`, where the mail is its asker's.
async fn named(sight: &Sight<'_>, mail: &Mail) -> Result<Option<Found>> {
    let inside = mail.subject.split('[').skip(1).filter_map(|rest| rest.split_once(']'));
    let Some((number, _)) = inside.last().filter(|(number, _)| !number.is_empty() && number.len() <= 40) else {
        return Ok(None);
    };
    let Some(ticket) = sight.find("ticket", &[("number", Op::Eq, Value::text(number))], 1).await?.pop() else {
        return Ok(None);
    };
    let asker = sight.referred("contact", ticket.value("contact_id")).await?;
    let theirs = !mail.sender().is_empty() && asker.is_some_and(|contact| contact.text("email") == mail.sender());
    Ok(theirs.then_some(ticket))
}

/// The queue that a mail was sent to: by its address, with or without a tag (`support+q7@…`).
async fn queue(sight: &Sight<'_>, mail: &Mail) -> Result<Option<Found>> {
    let with_address = [("email", Op::IsNull, Value::Bool(false)), ("active", Op::Eq, Value::Bool(true))];
    let queues = sight.find("queue", &with_address, QUEUES).await?;
    let to = |address: &str| queues.iter().find(|queue| queue.text("email") == address).cloned();
    let exact = mail.to.iter().find_map(|person| to(&person.address));
    Ok(exact.or_else(|| mail.to.iter().find_map(|person| to(&untagged(&person.address)?))))
}

/// `support@crm.example` of `support+q7@crm.example`.
fn untagged(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    let (local, _) = local.split_once('+')?;
    Some(format!("{local}@{domain}"))
}

/// What a mail says, with its files' names.
fn said(text: &str, mail: &Mail) -> String {
    let text: String = text.chars().take(TEXT).collect();
    let said = format!("{text}{}", mail.listed_files());
    if said.trim().is_empty() { "(no text)".to_owned() } else { said.trim().to_owned() }
}

/// A step's data with a field that names another step's record.
fn with(step: Step, field: &str, value: Json) -> Step {
    let Step { change: Change::Create { object, data: Json::Object(mut data) }, .. } = step else { return step };
    data.push((field.to_owned(), value));
    Step::of_service(Change::Create { object, data: Json::Object(data) })
}

/// A comment of the asker; of what nobody wrote a note, so that it opens nothing again.
async fn reply(sight: &Sight<'_>, mail: &Mail, ticket: &Found) -> Result<Taken> {
    let body = said(fresh(&mail.text), mail);
    let mut plan = Plan { steps: Vec::new(), gives: Gives::First };
    let fields = |body: Value, id: Value| {
        let public = Value::Bool(!mail.automatic);
        let cc = ("cc", copies::kept(mail));
        [("ticket_id", Value::Int(ticket.id.0)), ("body", body), ("message_id", id), ("public", public), cc]
    };
    let with_files = |plan: &mut Plan, contact: Option<Json>| {
        let mut whole =
            vec![("ticket_id", files::known(ticket.id)), ("ticket_comment_id", Json::String(format!("${STEP}.id")))];
        whole.extend(contact.map(|contact| ("contact_id", contact)));
        plan.steps.extend(files::steps(sight, NAME, &whole, mail)?);
        Ok::<_, Error>(())
    };
    if mail.automatic || mail.sender().is_empty() {
        let note = fields(Value::text(body.as_str()), Value::text(mail.message_id.as_str()));
        let filed = Where::Step(plan.push(sight.create("ticket_comment", &note)?.named(STEP)));
        with_files(&mut plan, None)?;
        return Ok(Taken { plan, outcome: Outcome::Reply, filed, reason: Some("noted; nobody wrote it".to_owned()) });
    }
    let asker = Asker::of(sight, mail).await?;
    let fields = fields(asker.literal(&body), asker.literal(&mail.message_id));
    let comment = with(sight.create("ticket_comment", &fields)?, "contact_id", asker.reference()).named(STEP);
    let contact = asker.reference();
    if let Asker::New(contact) = asker {
        plan.push(*contact);
    }
    let filed = Where::Step(plan.push(comment));
    with_files(&mut plan, Some(contact))?;
    Ok(Taken { plan, outcome: Outcome::Reply, filed, reason: None })
}

/// A new ticket.
async fn begin(sight: &Sight<'_>, mail: &Mail, queue: Option<&Found>) -> Result<Taken> {
    let subject = if mail.subject.is_empty() { "(no subject)" } else { mail.subject.as_str() };
    let asker = Asker::of(sight, mail).await?;
    let mut fields = vec![
        ("subject", asker.literal(&subject.chars().take(250).collect::<String>())),
        ("description", asker.literal(&said(&mail.text, mail))),
        ("channel", "email".into()),
        ("message_id", asker.literal(&mail.message_id)),
        ("queue_id", queue.map(|queue| queue.id.0).into()),
        ("cc", copies::kept(mail)),
    ];
    if let Asker::Known(contact) = &asker {
        fields.push(("company_id", contact.value("company_id").clone()));
    }
    let contact = asker.reference();
    let ticket = with(sight.create("ticket", &fields)?, "contact_id", contact.clone()).named(STEP);
    let mut plan = Plan { steps: Vec::new(), gives: Gives::First };
    if let Asker::New(contact) = asker {
        plan.push(*contact);
    }
    let filed = Where::Step(plan.push(ticket));
    let whole = [("ticket_id", Json::String(format!("${STEP}.id"))), ("contact_id", contact)];
    plan.steps.extend(files::steps(sight, NAME, &whole, mail)?);
    Ok(Taken { plan, outcome: Outcome::Ticket, filed, reason: None })
}

#[cfg(test)]
mod tests {
    use super::untagged;

    #[test]
    fn tags_are_left_out() {
        assert_eq!(untagged("support+q7@crm.example").as_deref(), Some("support@crm.example"));
        assert_eq!(untagged("support+a+b@crm.example").as_deref(), Some("support@crm.example"));
        assert_eq!(untagged("support@crm.example"), None);
        assert_eq!(untagged("nobody"), None);
    }
}
