//! What holds of campaigns and their members whoever changes them.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Op, Result, Value};
use kontor_records::{Hook, Sight, Touched, Verdict};

/// A campaign's state is what its actions made it; one whose mail is out stays, for its links lead to it.
pub(crate) struct Campaigns;

/// Statuses that a campaign without mail is given by hand.
const BY_HAND: [&str; 3] = ["draft", "completed", "cancelled"];

impl Hook for Campaigns {
    fn objects(&self) -> &'static [&'static str] {
        &["campaign"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut out = Vec::new();
            for campaign in touched.iter().filter(|t| !t.is_by_service()) {
                if campaign.is_gone() {
                    out.extend(gone(sight, campaign).await?);
                } else if campaign.before.is_some() {
                    out.extend(changed(campaign));
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

fn changed(campaign: &Touched<'_>) -> Option<Verdict> {
    let (was, is) = campaign.field("status");
    let (was, is) = (was.as_str().unwrap_or("draft"), is.as_str().unwrap_or("draft"));
    let mails = !campaign.field("template_id").0.is_null() || !campaign.field("template_id").1.is_null();
    if was != is && mails && !(BY_HAND.contains(&was) && BY_HAND.contains(&is)) {
        let detail =
            format!("the campaign is {was}, and not made {is} by hand: use launch, pause, resume, complete or cancel");
        return Some(Verdict::refuse(campaign.step, "campaign_state", detail));
    }
    let settled = matches!(was, "running" | "scheduled" | "paused");
    if settled && campaign.changes("segment_id") {
        let detail = format!("the campaign is {was}; its segment stays what it is");
        return Some(Verdict::refuse(campaign.step, "campaign_state", detail));
    }
    None
}

async fn gone(sight: &Sight<'_>, campaign: &Touched<'_>) -> Result<Option<Verdict>> {
    let status = campaign.value("status").as_str().unwrap_or_default();
    if matches!(status, "running" | "scheduled" | "paused") {
        let detail = format!("the campaign is {status}; cancel it first");
        return Ok(Some(Verdict::refuse(campaign.step, "campaign_state", detail)));
    }
    let sent = [("campaign_id", Op::Eq, Value::Int(campaign.id.0)), ("sent_at", Op::IsNull, Value::Bool(false))];
    let out = !sight.find("campaign_member", &sent, 1).await?.is_empty();
    let detail = "its mail is out, and the links to unsubscribe lead to it; it stays";
    Ok(out.then(|| Verdict::refuse(campaign.step, "campaign_sent", detail)))
}

/// A member has a person, once; of a campaign that sends it waits for its turn.
pub(crate) struct Members;

impl Hook for Members {
    fn objects(&self) -> &'static [&'static str] {
        &["campaign_member"]
    }

    fn meet<'a>(&'a self, _sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut out = Vec::new();
            for member in touched.iter().filter(|t| !t.is_gone()) {
                let int = |path: &str| member.field(path).1.as_i64();
                let person = int("contact_id").map(|id| format!("c{id}"));
                let person = person.or_else(|| int("lead_id").map(|id| format!("l{id}")));
                let key = int("campaign_id").zip(person).map(|(campaign, person)| format!("{campaign}/{person}"));
                // A lead that became a contact stays the member that it was.
                if member.is_new() || !member.is_by_service() {
                    out.push(Verdict::Amend { id: member.id, field: "person_key", value: key.into() });
                }
                let status = member.field("status").1.as_str().unwrap_or("added");
                let waits = status == "added" && member.field("sent_at").1.is_null();
                let waiting = if waits { member.field("campaign_id").1.clone() } else { Value::Null };
                out.push(Verdict::Amend { id: member.id, field: "waiting_id", value: waiting });
            }
            Ok(out)
        }
        .boxed()
    }
}
