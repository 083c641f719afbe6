//! Brings news out of the house when it is due: one letter or message for each user, however much there is to tell.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_egress::{Call, Egress};
use kontor_model::clock::NOTICED_MS;
use kontor_model::{ErrorCode, Id, Letter, Op, Result, Value};
use kontor_records::{Ctx, Found, Mends, Plan, Planner, Records, Sight, Sweep};
use serde_json::json;
use url::Url;

use crate::wishes::{Wish, closest};
use crate::{NOTIFICATION, PREFERENCE};

/// News of one look.
const MOST: u64 = 500;
/// What a letter or message tells; the rest is to be read inside.
const TOLD: usize = 50;
/// Attempts to reach a chat; the pause before the next is doubled each time.
const TRIES: i64 = 6;
const PAUSE_MS: i64 = 15_000;
/// How long a message that is on its way is left alone.
const UNDER_WAY_MS: i64 = 60_000;

pub(crate) struct Courier {
    pub egress: Arc<Egress>,
    pub mends: Mends,
}

impl Sweep for Courier {
    fn name(&self) -> &'static str {
        "notifications"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(5)
    }

    fn run<'a>(&'a self, records: &'a Records, ctx: &'a Ctx) -> BoxFuture<'a, Result<usize>> {
        async move {
            let mut done = 0;
            if self.mends.is_due(records, ctx) {
                done += lost(records.carry(ctx, Id(0), &Mended, &|_| Vec::new()).await)?.len();
            }
            for owner in owners(records, ctx, "email_due_at").await? {
                let plan = Mail { owner };
                done += lost(records.carry(ctx, owner, &plan, &|_| Vec::new()).await)?.len();
            }
            for owner in owners(records, ctx, "chat_due_at").await? {
                done += self.chat(records, ctx, owner).await?;
            }
            Ok(done)
        }
        .boxed()
    }
}

/// What was to leave at once, or is tried again, by a clock that has been set back since. What waits for the morning or
/// for a digest keeps its time.
struct Mended;

impl Planner for Mended {
    fn plan<'a>(&'a self, sight: &'a Sight<'a>) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let mut plan = Plan::default();
            let mut known: BTreeMap<Id, (Found, Vec<(&'static str, Value)>)> = BTreeMap::new();
            for (field, tries) in [("email_due_at", None), ("chat_due_at", Some("chat_tries"))] {
                for (record, at) in sight.ahead(NOTIFICATION, field, MOST).await? {
                    let is_again = tries.and_then(|tries| record.int(tries)).unwrap_or_default() > 0;
                    // Made and due within one change.
                    let is_prompt = record.int(field) <= record.int("created_at").map(|at| at + NOTICED_MS);
                    if is_again || is_prompt {
                        let at = (field, Value::Int(at));
                        known.entry(record.id).or_insert_with(|| (record, Vec::new())).1.push(at);
                    }
                }
            }
            for (record, fields) in known.values() {
                plan.push(sight.update(record, fields)?);
            }
            Ok(plan)
        }
        .boxed()
    }
}

/// What another process has done meanwhile is done.
fn lost<T: Default>(outcome: Result<T>) -> Result<T> {
    outcome.or_else(|error| match error.code() {
        ErrorCode::Conflict | ErrorCode::VersionMoved => Ok(T::default()),
        _ => Err(error),
    })
}

/// Who has something due by a channel.
async fn owners(records: &Records, ctx: &Ctx, due: &'static str) -> Result<Vec<Id>> {
    let mut all: Vec<Id> =
        look(records, ctx, due, None).await?.iter().filter_map(|record| record.reference("owner_id")).collect();
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

async fn look(records: &Records, ctx: &Ctx, due: &'static str, owner: Option<Id>) -> Result<Vec<Found>> {
    records.glimpse(ctx, async |sight| find(sight, due, owner).await).await
}

async fn find(sight: &Sight<'_>, due: &str, owner: Option<Id>) -> Result<Vec<Found>> {
    let mut conditions = vec![(due, Op::Lte, Value::Int(sight.now()))];
    conditions.extend(owner.map(|owner| ("owner_id", Op::Eq, Value::Int(owner.0))));
    sight.sorted(NOTIFICATION, &conditions, &[due], MOST).await
}

/// What is due to one user by e-mail.
struct Mail {
    owner: Id,
}

impl Planner for Mail {
    fn plan<'a>(&'a self, sight: &'a Sight<'a>) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let due = find(sight, "email_due_at", Some(self.owner)).await?;
            let user = sight.record("user", self.owner).await?;
            let address = user.as_ref().filter(|user| user.value("active").as_bool() != Some(false));
            let address = address.map(|user| user.text("email")).filter(|address| !address.is_empty());
            let mut plan = Plan::default();
            for (place, record) in due.iter().enumerate() {
                let mut fields = vec![("email_due_at", Value::Null)];
                match address {
                    Some(_) => fields.extend(sent(record, "email", sight.now())),
                    None => fields.push(("problem", "the user has no e-mail address".into())),
                }
                let step = sight.update(record, &fields)?.told("send", "sent");
                let letter =
                    address.filter(|_| place == 0).map(|address| letter(address, &due, sight.records().address()));
                plan.push(match letter {
                    Some(letter) => step.with_letter(letter),
                    None => step,
                });
            }
            Ok(plan)
        }
        .boxed()
    }
}

fn sent(record: &Found, channel: &str, now: i64) -> Vec<(&'static str, Value)> {
    let known: Vec<String> = serde_json::from_str(record.text("channels")).unwrap_or_default();
    let mut channels: Vec<&str> = known.iter().map(String::as_str).filter(|one| *one != channel).collect();
    channels.push(channel);
    vec![("channels", Value::Json(json!(channels).to_string())), ("sent_at", Value::Int(now))]
}

fn subject(due: &[Found]) -> String {
    match due {
        [one] => one.text("title").to_owned(),
        all => format!("{} notifications", all.len()),
    }
}

fn text(due: &[Found], address: Option<&str>) -> String {
    let mut out = String::new();
    for record in due.iter().take(TOLD) {
        out.push_str(record.text("title"));
        out.push('\n');
        let body = record.text("body");
        if !body.is_empty() {
            let _ = writeln!(out, "{}", body.chars().take(1_000).collect::<String>());
        }
        out.push('\n');
    }
    if due.len() > TOLD {
        let _ = writeln!(out, "and {} more", due.len() - TOLD);
    }
    if let Some(address) = address {
        let _ = writeln!(out, "{address}");
    }
    out
}

fn letter(to: &str, due: &[Found], address: Option<&str>) -> Letter {
    Letter {
        purpose: "notification",
        to: to.to_owned(),
        subject: subject(due),
        text: text(due, address),
        headers: vec![("Auto-Submitted".to_owned(), "auto-generated".to_owned())],
        ..Letter::default()
    }
}

/// Changes of what is due to one user by chat.
struct Chat<'a> {
    due: &'a [Found],
    step: &'a (dyn Fn(&Found, i64) -> Vec<(&'static str, Value)> + Send + Sync),
}

impl Planner for Chat<'_> {
    fn plan<'a>(&'a self, sight: &'a Sight<'a>) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let mut plan = Plan::default();
            for known in self.due {
                let Some(record) = sight.record(NOTIFICATION, known.id).await? else { continue };
                // Somebody else has taken it.
                if record.int("chat_due_at") == known.int("chat_due_at") {
                    plan.push(sight.update(&record, &(self.step)(&record, sight.now()))?);
                }
            }
            Ok(plan)
        }
        .boxed()
    }
}

impl Courier {
    /// Tells a user by chat what is due: claimed first, so that two processes do not tell it twice.
    async fn chat(&self, records: &Records, ctx: &Ctx, owner: Id) -> Result<usize> {
        let due = look(records, ctx, "chat_due_at", Some(owner)).await?;
        let now = records.clock().now_ms();
        let until = now + UNDER_WAY_MS;
        let claim = |record: &Found, _: i64| {
            let tries = record.int("chat_tries").unwrap_or_default() + 1;
            vec![("chat_due_at", Value::Int(until)), ("chat_tries", Value::Int(tries))]
        };
        let claimed = records.carry(ctx, owner, &Chat { due: &due, step: &claim }, &|_| Vec::new()).await;
        let claimed: Vec<Id> = lost(claimed)?.into_iter().map(|one| one.id).collect();
        let wishes: Vec<Wish> = records
            .glimpse(ctx, async |sight| {
                sight.find(PREFERENCE, &[("owner_id", Op::Eq, Value::Int(owner.0))], MOST).await
            })
            .await?
            .iter()
            .filter_map(Wish::of)
            .collect();
        let mut by_address: BTreeMap<Option<String>, Vec<Found>> = BTreeMap::new();
        for record in look_at(records, ctx, &claimed).await? {
            let wish = closest(&wishes, owner.0, "chat", record.value("event_type")).filter(|wish| wish.enabled);
            by_address.entry(wish.and_then(|wish| wish.address.clone())).or_default().push(record);
        }
        let mut done = 0;
        for (address, due) in by_address {
            let problem = match &address {
                Some(address) => self.post(address, &due, records.address()).await.err(),
                None => Some("there is no address for the chat any more".to_owned()),
            };
            let is_gone = address.is_none();
            let outcome = |record: &Found, now: i64| {
                let tries = record.int("chat_tries").unwrap_or_default();
                let Some(problem) = &problem else {
                    let mut fields = sent(record, "chat", now);
                    fields.extend([("chat_due_at", Value::Null), ("problem", Value::Null)]);
                    return fields;
                };
                let again = (tries < TRIES && !is_gone).then(|| now + (PAUSE_MS << tries.clamp(0, 16)));
                vec![("chat_due_at", Value::from(again)), ("problem", Value::text(problem.as_str()))]
            };
            let told = records.carry(ctx, owner, &Chat { due: &due, step: &outcome }, &|_| Vec::new()).await;
            done += lost(told)?.len();
        }
        Ok(done)
    }

    async fn post(&self, address: &str, due: &[Found], own: Option<&str>) -> Result<(), String> {
        let url = Url::parse(address).map_err(|error| format!("the chat's address is none: {error}"))?;
        let text = match due {
            [one] if one.text("body").is_empty() => one.text("title").to_owned(),
            _ => text(due, own),
        };
        let answer = self.egress.send(Call::post(url).json(&json!({"text": text.trim_end()}))).await;
        match answer {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
            Ok(answer) => Err(format!("the chat answered {}", answer.status)),
            Err(failure) => Err(failure.to_string()),
        }
    }
}

async fn look_at(records: &Records, ctx: &Ctx, ids: &[Id]) -> Result<Vec<Found>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    records
        .glimpse(ctx, async |sight| sight.find(NOTIFICATION, &[("id", Op::In, Value::Ints(ids.clone()))], MOST).await)
        .await
}
