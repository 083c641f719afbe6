//! `reply`: a comment of the team. What it does to the ticket is the rule of comments.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_mailbox::copies;
use kontor_model::{Error, Fault, Result, Value};
use kontor_records::{Act, Asked, Gives, Plan, Sight, refusal};

use super::in_state;
use crate::ticket::{OPEN, PENDING, SOLVED};
use crate::{canned, mail};

pub(super) struct Reply;

impl Act for Reply {
    fn object(&self) -> &'static str {
        "ticket"
    }

    fn name(&self) -> &'static str {
        "reply"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let (ticket, input) = (&asked.record, &asked.input);
            let public = input.value("public").as_bool() != Some(false);
            in_state(ticket, &[OPEN, PENDING, SOLVED], "one that is not closed is replied to")?;
            let body = body(sight, asked).await?;
            let cc = copies::read(input.json("cc"))?;
            if !public && !cc.is_empty() {
                let message = "needs a public reply: a note is for colleagues";
                return Err(Fault::new("cc", "not_allowed", message).into());
            }
            copies::wanted(sight, &cc).await?;
            let written = if public { mail::answer(sight, ticket, &body).await? } else { None };
            if written.is_none() && !cc.is_empty() {
                let detail = "copies go with the answer to the asker, who has no address, or whose queue mails none";
                return Err(refusal("no_receiver", detail));
            }
            let mut fields =
                vec![("ticket_id", Value::Int(ticket.id.0)), ("body", body.into()), ("public", public.into())];
            fields.extend(written.as_ref().map(|_| ("mail_status", "queued".into())));
            fields.push(("cc", copies::value(&cc)));
            let mut plan = Plan { steps: Vec::new(), gives: Gives::First };
            let mut comment = sight.create("ticket_comment", &fields)?;
            comment.letters.extend(written.into_iter().flat_map(|letter| {
                let to = [letter.to.clone()];
                letter.for_all(&to, &cc)
            }));
            plan.push(comment);
            if input.flag("pending") {
                if !public {
                    let message = "needs a public reply: a ticket waits for an answer that the asker was asked for";
                    return Err(Fault::new("pending", "not_allowed", message).into());
                }
                in_state(ticket, &[OPEN, PENDING], "an open one becomes pending")?;
                if ticket.text("status") == OPEN {
                    plan.push(sight.update(ticket, &[("status", PENDING.into())])?);
                }
            }
            Ok(plan)
        }
        .boxed()
    }
}

/// What was written, or the canned reply filled in.
async fn body(sight: &Sight<'_>, asked: &Asked) -> Result<String> {
    let fault = |code, message: &str| Err(Error::from(Fault::new("body", code, message)));
    match (asked.input.text("body"), asked.input.reference("canned_reply_id")) {
        (Some(_), Some(_)) => fault("not_allowed", "and canned_reply_id are two texts; send one of them"),
        (None, None) => fault("required", "is required; or send canned_reply_id"),
        (Some(body), None) => Ok(body.to_owned()),
        (None, Some(id)) => {
            let canned = sight.visible("canned_reply", id).await?;
            let queue = canned.reference("queue_id");
            if queue.is_some() && queue != asked.record.reference("queue_id") {
                return Err(refusal("canned_reply_queue", "the canned reply is for another queue"));
            }
            if canned.value("active").as_bool() == Some(false) {
                return Err(refusal("canned_reply_inactive", "the canned reply is not in use any more"));
            }
            canned::text(sight, &canned, &asked.record).await
        }
    }
}
