//! Who is told of what: a consumer of the event log. Nobody is told of what they did themselves.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_events::{Consumer, Effects, Event};
use kontor_model::{Id, Op, Result, Value};
use kontor_records::Sight;
use serde_json::Value as J;

use crate::NOTIFICATION;

/// The shipped roles that manage a space.
const MANAGERS: &[&str] = &["owner", "admin"];
/// Managers that are told.
const MOST: u64 = 200;

pub(crate) struct Told;

/// One piece of news.
struct News {
    to: Id,
    title: String,
    body: Option<String>,
}

impl Consumer for Told {
    fn name(&self) -> &'static str {
        "notifications"
    }

    fn types(&self) -> &'static [&'static str] {
        &[
            "kontor.lead.assigned",
            "kontor.lead.updated",
            "kontor.task.*",
            "kontor.call.*",
            "kontor.meeting.*",
            "kontor.ticket.*",
            "kontor.ticket_comment.created",
            "kontor.deal.won",
            "kontor.deal.lost",
            "kontor.invoice.overdue",
            "kontor.webhook_endpoint.disabled",
            "kontor.system_alert.created",
        ]
    }

    fn handle<'a>(&'a self, sight: &'a Sight<'a>, event: &'a Event) -> BoxFuture<'a, Result<Effects>> {
        async move {
            let about = about(event);
            let mut steps = Vec::new();
            for news in news(sight, event, &about).await? {
                if Some(news.to) == actor(event) || !is_active(sight, news.to).await? {
                    continue;
                }
                let (object, id) = about;
                let mut fields = vec![
                    ("owner_id", Value::Int(news.to.0)),
                    ("title", Value::text(news.title.chars().take(255).collect::<String>())),
                    ("event_type", Value::text(event.kind.as_str())),
                    ("related_to_object", Value::text(object)),
                    ("related_to_id", Value::Int(id.0)),
                ];
                if matches!(object, "webhook_endpoint" | "system_alert") {
                    // What nobody looks for inside goes out by mail, unless that is not wanted.
                    fields.push(("email_due_at", Value::Int(sight.now())));
                }
                if let Some(body) = news.body {
                    fields.push(("body", Value::text(body.chars().take(2_000).collect::<String>())));
                }
                steps.push(sight.create(NOTIFICATION, &fields)?);
            }
            Ok(steps.into())
        }
        .boxed()
    }
}

fn object(event: &Event) -> &str {
    event.kind.split('.').nth(1).unwrap_or_default()
}

/// The record that the news is about: of a comment its ticket.
fn about(event: &Event) -> (&str, Id) {
    match id(&event.data["record"]["ticket_id"]) {
        Some(ticket) if object(event) == "ticket_comment" => ("ticket", ticket),
        _ => (object(event), Id(event.record_id)),
    }
}

fn id(value: &J) -> Option<Id> {
    value.as_str().and_then(|text| text.parse().ok())
}

fn actor(event: &Event) -> Option<Id> {
    id(&event.data["actor"]["user_id"])
}

fn text<'e>(event: &'e Event, path: &str) -> &'e str {
    event.data["record"][path].as_str().unwrap_or_default()
}

/// Whom a reference leads to where it has just been set.
fn newly(event: &Event, path: &str) -> Option<Id> {
    let now = id(&event.data["record"][path])?;
    let is_new = event.kind.ends_with(".created") && event.data["changed"].as_object().is_none_or(|c| c.is_empty());
    let changed = event.data["changed"].get(path).or_else(|| event.data["changed"].get(path.trim_end_matches("_id")));
    (is_new || changed.is_some()).then_some(now)
}

async fn is_active(sight: &Sight<'_>, user: Id) -> Result<bool> {
    let user = sight.record("user", user).await?;
    Ok(user.is_some_and(|user| user.value("active").as_bool() != Some(false)))
}

async fn news(sight: &Sight<'_>, event: &Event, about: &(&str, Id)) -> Result<Vec<News>> {
    let what = event.kind.rsplit('.').next().unwrap_or_default();
    let one = |to: Option<Id>, title: String| to.map(|to| News { to, title, body: None }).into_iter().collect();
    Ok(match (object(event), what) {
        ("lead", _) => one(newly(event, "owner_id"), format!("You have the lead {}", text(event, "name"))),
        (kind @ ("task" | "call" | "meeting"), "reminded") => {
            let to = id(&event.data["record"]["assignee_id"]).or_else(|| id(&event.data["record"]["owner_id"]));
            one(to, format!("Reminder: {} {}", kind, text(event, "subject")))
        }
        (kind @ ("task" | "call" | "meeting"), _) => {
            one(newly(event, "assignee_id"), format!("You have the {kind} {}", text(event, "subject")))
        }
        ("ticket", "sla_breached" | "sla_warned" | "sla_warning") => {
            let to = id(&event.data["record"]["assignee_id"]).or_else(|| id(&event.data["record"]["owner_id"]));
            let word = if what == "sla_breached" { "is late" } else { "will soon be late" };
            one(to, format!("Ticket {} {word}: {}", text(event, "number"), text(event, "subject")))
        }
        ("ticket", _) => {
            let title = format!("You have ticket {}: {}", text(event, "number"), text(event, "subject"));
            one(newly(event, "assignee_id"), title)
        }
        ("ticket_comment", "created") => {
            let Some(ticket) = sight.record("ticket", about.1).await? else { return Ok(Vec::new()) };
            // What the asker says; what colleagues say to the asker is theirs.
            if id(&event.data["record"]["contact_id"]).is_none() {
                return Ok(Vec::new());
            }
            let title = format!("Reply in ticket {}: {}", ticket.text("number"), ticket.text("subject"));
            let body = Some(text(event, "body").to_owned());
            let to = ticket.reference("assignee_id");
            to.map(|to| News { to, title, body }).into_iter().collect()
        }
        ("deal", won) => {
            let Some(owner) = id(&event.data["record"]["owner_id"]) else { return Ok(Vec::new()) };
            let title = format!("{} {won}: {}", "Deal", text(event, "name"));
            one(lead_of(sight, owner).await?, title)
        }
        ("invoice", "overdue") => {
            one(id(&event.data["record"]["owner_id"]), format!("Invoice {} is overdue", text(event, "number")))
        }
        ("webhook_endpoint", _) => {
            let maker = id(&event.data["record"]["created_by"]);
            let mut all: Vec<Id> = maker.into_iter().chain(managers(sight).await?).collect();
            all.sort_unstable();
            all.dedup();
            let body = format!(
                "It is sent nothing more: {}. Mend the receiver, set enabled to true again, and recover what was missed.",
                text(event, "disabled_reason")
            );
            let title = format!("A webhook was switched off: {}", text(event, "url"));
            all.into_iter().map(|to| News { to, title: title.clone(), body: Some(body.clone()) }).collect()
        }
        ("system_alert", _) => {
            let (title, body) = (text(event, "title").to_owned(), Some(text(event, "remedy").to_owned()));
            let all = managers(sight).await?.into_iter();
            all.map(|to| News { to, title: title.clone(), body: body.clone() }).collect()
        }
        _ => Vec::new(),
    })
}

/// Who manages the space: users of the shipped roles that do.
async fn managers(sight: &Sight<'_>) -> Result<Vec<Id>> {
    let shipped = Value::Texts(MANAGERS.iter().map(|name| (*name).to_owned()).collect());
    let roles = sight.find("role", &[("name", Op::In, shipped)], MOST).await?;
    let roles: Vec<i64> = roles.iter().map(|role| role.id.0).collect();
    let users = sight.find("user", &[("role_id", Op::In, Value::Ints(roles))], MOST).await?;
    Ok(users.iter().map(|user| user.id).collect())
}

/// Who leads a user: the manager of its team, else its own.
async fn lead_of(sight: &Sight<'_>, owner: Id) -> Result<Option<Id>> {
    let Some(user) = sight.record("user", owner).await? else { return Ok(None) };
    let team = sight.referred("team", user.value("team_id")).await?;
    let lead = team.and_then(|team| team.reference("manager_id")).or_else(|| user.reference("manager_id"));
    Ok(lead.filter(|lead| *lead != owner))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(kind: &str, record: J, changed: J) -> Event {
        let data = json!({"record": record, "changed": changed, "actor": {"user_id": "7"}});
        let subject = "x/1".to_owned();
        Event { sequence: 1, id: 1, at: 0, kind: kind.to_owned(), subject, record_id: 1, data }
    }

    #[test]
    fn a_reference_is_new_when_the_record_is_or_when_it_changed() {
        let record = json!({"assignee_id": "9"});
        assert_eq!(newly(&event("kontor.task.created", record.clone(), json!({})), "assignee_id"), Some(Id(9)));
        assert_eq!(newly(&event("kontor.task.updated", record.clone(), json!({"body": [1, 2]})), "assignee_id"), None);
        let changed = json!({"assignee_id": [null, "9"]});
        assert_eq!(newly(&event("kontor.task.updated", record, changed), "assignee_id"), Some(Id(9)));
        let left = event("kontor.task.updated", json!({"assignee_id": null}), json!({"assignee_id": ["9", null]}));
        assert_eq!(newly(&left, "assignee_id"), None);
        assert_eq!(actor(&left), Some(Id(7)));
    }
}
