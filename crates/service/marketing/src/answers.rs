//! What people do after they were written to: they answer, or a lead becomes a customer to be.

use std::collections::HashMap;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Op, Result, Value};
use kontor_records::{Found, Hook, Sight, Touched, Verdict};

use crate::sequence::stopped;

/// The most memberships of one person that are looked at.
const MOST: u64 = 100;

/// An inbound e-mail about a contact or a lead ends their sequences and is a response to the campaign that wrote last.
pub(crate) struct Replies;

impl Hook for Replies {
    fn objects(&self) -> &'static [&'static str] {
        &["email"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut out = Vec::new();
            for email in touched.iter().filter(|t| t.is_new()) {
                let text = |path: &str| email.field(path).1.as_str().unwrap_or_default();
                if text("direction") != "inbound" {
                    continue;
                }
                for person in people(sight, email).await? {
                    out.extend(answered(sight, email.step, &person).await?);
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

/// Who an e-mail is from, as far as it is filed: what it relates to, and the contacts that take part.
async fn people(sight: &Sight<'_>, email: &Touched<'_>) -> Result<Vec<Found>> {
    let mut ids: HashMap<&'static str, Vec<i64>> = HashMap::new();
    let related = email.field("related_to_id").1.as_i64();
    match email.field("related_to_object").1.as_str() {
        Some("contact") => ids.entry("contact").or_default().extend(related),
        Some("lead") => ids.entry("lead").or_default().extend(related),
        _ => {}
    }
    let participants = email.field("participants").1.as_str().unwrap_or_default();
    let participants: serde_json::Value = serde_json::from_str(participants).unwrap_or_default();
    for one in participants.as_array().into_iter().flatten() {
        let is_sender = one.get("role").and_then(|role| role.as_str()) == Some("from");
        let id = |name: &str| one.get(name).and_then(|id| id.as_str()).and_then(|id| id.parse::<i64>().ok());
        if is_sender {
            ids.entry("contact").or_default().extend(id("contact_id"));
            ids.entry("lead").or_default().extend(id("lead_id"));
        }
    }
    let mut found = Vec::new();
    for (object, mut ids) in ids {
        ids.sort_unstable();
        ids.dedup();
        found.extend(sight.find(object, &[("id", Op::In, Value::Ints(ids))], MOST).await?);
    }
    Ok(found)
}

async fn answered(sight: &Sight<'_>, step: usize, person: &Found) -> Result<Vec<Verdict>> {
    let mut out: Vec<Verdict> =
        stopped(sight, person, "replied").await?.into_iter().map(|then| Verdict::Follow { step, then }).collect();
    let reference = if person.object() == "contact" { "contact_id" } else { "lead_id" };
    let sent = [(reference, Op::Eq, Value::Int(person.id.0)), ("status", Op::Eq, "sent".into())];
    let members = sight.find("campaign_member", &sent, MOST).await?;
    if let Some(member) = members.iter().max_by_key(|member| member.int("sent_at")) {
        let fields = [("status", "responded".into()), ("responded_at", sight.now().into())];
        let then = sight.update(member, &fields)?.told("respond", "responded");
        out.push(Verdict::Follow { step, then });
    }
    Ok(out)
}

/// A lead that is converted was won by the campaigns that it is in, and its sequences are over.
pub(crate) struct Conversions;

impl Hook for Conversions {
    fn objects(&self) -> &'static [&'static str] {
        &["lead"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut out = Vec::new();
            for lead in touched.iter().filter(|t| !t.is_gone() && t.before.is_some()) {
                let (was, is) = lead.field("status");
                let (no_contact, contact) = lead.field("contact_id");
                let is_converted = is.as_str() == Some("converted") && was.as_str() != Some("converted");
                let has_contact = no_contact.is_null() && !contact.is_null();
                if !is_converted && !has_contact {
                    continue;
                }
                let of = [("lead_id", Op::Eq, Value::Int(lead.id.0))];
                for member in sight.find("campaign_member", &of, MOST).await? {
                    let mut fields = Vec::new();
                    if is_converted {
                        fields.push(("converted_at", Value::Int(sight.now())));
                        if !matches!(member.text("status"), "unsubscribed" | "added") {
                            fields.push(("status", "converted".into()));
                        }
                    }
                    if has_contact {
                        fields.push(("contact_id", contact.clone()));
                    }
                    let then = sight.update(&member, &fields)?.told("convert", "converted");
                    out.push(Verdict::Follow { step: lead.step, then });
                }
                let found = if is_converted { sight.record("lead", lead.id).await? } else { None };
                if let Some(found) = found {
                    let stops = stopped(sight, &found, "converted").await?;
                    out.extend(stops.into_iter().map(|then| Verdict::Follow { step: lead.step, then }));
                }
            }
            Ok(out)
        }
        .boxed()
    }
}
