//! What is done to campaigns.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Fault, Id, Json, Op, Result, Value};
use kontor_records::{Act, Asked, Found, Plan, Reach, Sight, refusal};

use super::PAGE;
use crate::letters::{NOTHING, Text};

/// The most people that are added at once.
const MOST: usize = 1_000;

/// Begins it.
pub(crate) struct Launch;
/// Stops it for a while.
pub(crate) struct Pause;
/// Goes on.
pub(crate) struct Resume;
/// Ends it.
pub(crate) struct Complete;
/// Gives it up.
pub(crate) struct Cancel;
/// Adds people.
pub(crate) struct Enrol;

/// Refuses what is not done in the campaign's state.
fn only(campaign: &Found, states: &[&str], what: &str) -> Result<()> {
    let status = campaign.text("status");
    if states.contains(&status) || (status.is_empty() && states.contains(&"draft")) {
        return Ok(());
    }
    let detail = format!("the campaign is {status}; only one that is {} is {what}", states.join(" or "));
    Err(refusal("campaign_state", detail))
}

/// What a campaign's mail needs before it begins.
async fn ready(sight: &Sight<'_>, campaign: &Found) -> Result<()> {
    let mails = matches!(campaign.text("channel"), "email" | "");
    let template = sight.referred("template", campaign.value("template_id")).await?;
    match template {
        None if mails => return Err(refusal("no_template", "a campaign by e-mail needs template_id: what is sent")),
        Some(template) if mails => {
            if template.value("active").as_bool() == Some(false) {
                return Err(refusal("template_inactive", "the template is not active"));
            }
            Text::of(&template).is_mail()?;
            // Said now, and not when the first letter is due.
            sight.link(PAGE, campaign.id, "")?;
        }
        _ => {}
    }
    if let Some(segment) = sight.referred("segment", campaign.value("segment_id")).await? {
        let object = match segment.text("target_object") {
            "" => "contact",
            other => other,
        };
        if !["contact", "lead"].contains(&object) {
            let detail = format!("a campaign is for contacts or leads, and its segment holds {object}");
            return Err(refusal("segment_object", detail));
        }
        // It goes to all of them: who sees only some may not write to the rest.
        if sight.ctx().caller.policy.rule(object).read != Reach::All {
            let detail = format!(
                "the role {} does not see every {object}; enrol those that it sees",
                sight.ctx().caller.policy.role
            );
            return Err(refusal("segment_reach", detail));
        }
        if segment.flag("drawing") {
            return Err(refusal(
                "segment_drawing",
                "the segment's members are being written down; try again in a moment",
            ));
        }
        return Ok(());
    }
    let waiting = [("waiting_id", Op::Eq, Value::Int(campaign.id.0))];
    if sight.find("campaign_member", &waiting, 1).await?.is_empty() {
        return Err(refusal("no_members", "it has nobody to reach: set segment_id, or enrol people"));
    }
    Ok(())
}

impl Act for Launch {
    fn object(&self) -> &'static str {
        "campaign"
    }

    fn name(&self) -> &'static str {
        "launch"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let campaign = &asked.record;
            only(campaign, &["draft", "scheduled"], "launched")?;
            ready(sight, campaign).await?;
            let drawn = campaign.value("segment_id").is_null();
            let step = match asked.input.int("at").filter(|at| *at > sight.now()) {
                Some(at) => {
                    let fields = [("status", "scheduled".into()), ("scheduled_at", at.into()), ("drawn", drawn.into())];
                    sight.update(campaign, &fields)?.told("schedule", "scheduled")
                }
                None => sight.update(campaign, &begun(sight.now(), drawn))?.told("launch", "launched"),
            };
            Ok(Plan::one(step))
        }
        .boxed()
    }
}

/// The fields of a campaign that begins.
pub(super) fn begun(now: i64, drawn: bool) -> [(&'static str, Value); 4] {
    [("status", "running".into()), ("launched_at", now.into()), ("scheduled_at", NOTHING), ("drawn", drawn.into())]
}

/// An action that only moves the campaign's state.
macro_rules! moves {
    ($act:ident, $name:literal, $event:literal, $from:expr, $what:literal, $fields:expr) => {
        impl Act for $act {
            fn object(&self) -> &'static str {
                "campaign"
            }

            fn name(&self) -> &'static str {
                $name
            }

            fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
                async move {
                    only(&asked.record, $from, $what)?;
                    let fields: fn(i64) -> Vec<(&'static str, Value)> = $fields;
                    Ok(Plan::one(sight.update(&asked.record, &fields(sight.now()))?.told($name, $event)))
                }
                .boxed()
            }
        }
    };
}

moves!(Pause, "pause", "paused", &["running"], "paused", |_| vec![("status", "paused".into())]);
moves!(Resume, "resume", "resumed", &["paused"], "resumed", |_| vec![("status", "running".into())]);
moves!(Complete, "complete", "completed", &["running", "paused"], "completed", |now| vec![
    ("status", "completed".into()),
    ("completed_at", now.into())
]);
moves!(Cancel, "cancel", "cancelled", &["draft", "scheduled", "running", "paused"], "cancelled", |_| vec![
    ("status", "cancelled".into()),
    ("scheduled_at", NOTHING)
]);

/// The ids of a list.
fn ids(json: Option<&Json>, name: &str) -> Result<Vec<Id>> {
    let Some(json) = json else { return Ok(Vec::new()) };
    let wrong = |message: &str| Fault::new(name, "format", message.to_owned());
    let items = json.as_array().ok_or_else(|| wrong("must be a list of ids"))?;
    if items.len() > MOST {
        return Err(wrong(&format!("has {} ids; at most {MOST} are added at once", items.len())).into());
    }
    let id = |item: &Json| item.as_str().and_then(|text| text.parse().ok());
    let ids = items.iter().map(|item| id(item).ok_or_else(|| wrong("must be a list of ids").into()));
    ids.collect()
}

impl Act for Enrol {
    fn object(&self) -> &'static str {
        "campaign"
    }

    fn name(&self) -> &'static str {
        "enrol"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let campaign = &asked.record;
            only(campaign, &["draft", "scheduled", "running", "paused"], "added to")?;
            let mut plan = Plan::one(sight.update(campaign, &[])?.touching().told("enrol", "enrolled"));
            let mut found = 0;
            for (list, object, reference) in [("contact_ids", "contact", "contact_id"), ("lead_ids", "lead", "lead_id")]
            {
                let mut wanted = ids(asked.input.json(list), list)?;
                wanted.sort_unstable();
                wanted.dedup();
                let key = |id: &Id| format!("{}/{}{id}", campaign.id, &object[..1]);
                let keys = Value::Texts(wanted.iter().map(key).collect());
                let there = sight.find("campaign_member", &[("person_key", Op::In, keys)], MOST as u64).await?;
                if let Some(member) = there.first() {
                    let id = member.reference(reference).unwrap_or(member.id);
                    let detail = format!("{object} {id} is in the campaign already; nobody is twice");
                    return Err(refusal("already_enrolled", detail));
                }
                for id in wanted {
                    found += 1;
                    sight.visible(object, id).await?;
                    let fields = [
                        ("campaign_id", Value::Int(campaign.id.0)),
                        (reference, id.0.into()),
                        ("status", "added".into()),
                    ];
                    plan.push(sight.create("campaign_member", &fields)?.told("enrol", "enrolled"));
                }
            }
            if found == 0 {
                return Err(refusal("no_person", "name whom to add: contact_ids or lead_ids"));
            }
            Ok(plan)
        }
        .boxed()
    }
}
