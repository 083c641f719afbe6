//! Rules: whose news is whose, what a preference may say, and by which channels something goes out when it is new.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_events::Types;
use kontor_model::{Error, ErrorCode, Fault, Op, Result, Value};
use kontor_records::{Hook, Sight, Touched, Verdict};

use crate::hours::time;
use crate::wishes::{Wish, closest};
use crate::{NOTIFICATION, PREFERENCE};

/// Preferences of all receivers of a set of news.
const MOST: u64 = 5_000;

/// Callers write what is their own; only who manages the space writes to others.
pub(crate) struct OwnOnly;

impl Hook for OwnOnly {
    fn objects(&self) -> &'static [&'static str] {
        &[NOTIFICATION, PREFERENCE]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let caller = &sight.ctx().caller;
            if caller.policy.manages {
                return Ok(Vec::new());
            }
            let own = caller.user_id.map(|id| id.0);
            let sent = touched.iter().filter(|one| !one.is_by_service() && !one.is_gone());
            let foreign = sent.filter(|one| own.is_none() || one.value("owner_id").as_i64() != own);
            let detail = "what is told to others is made by who manages the space; leave owner_id out";
            Ok(foreign.map(|one| Verdict::refuse(one.step, "own_only", detail)).collect())
        }
        .boxed()
    }
}

/// A preference can be read.
pub(crate) struct SoundPreferences;

impl Hook for SoundPreferences {
    fn objects(&self) -> &'static [&'static str] {
        &[PREFERENCE]
    }

    fn meet<'a>(&'a self, _: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        let sent = touched.iter().filter(|one| !one.is_by_service() && !one.is_gone());
        let faulty = sent.filter_map(|one| {
            let faults = faults(one);
            (!faults.is_empty()).then(|| Verdict::Refuse { step: one.step, error: Error::from_faults(faults) })
        });
        std::future::ready(Ok(faulty.collect())).boxed()
    }
}

fn faults(one: &Touched<'_>) -> Vec<Fault> {
    let text = |path: &str| one.value(path).as_str().filter(|text| !text.is_empty());
    let fault = |path: &str, why: String| Fault::coded(path, ErrorCode::Invalid, why);
    let mut faults = Vec::new();
    if let Some(Err(error)) = text("event_type").map(Types::parse) {
        faults.push(fault("event_type", error.detail().to_owned()));
    }
    for (path, other) in [("quiet_from", "quiet_until"), ("quiet_until", "quiet_from")] {
        match text(path) {
            Some(text) if time(text).is_none() => {
                faults.push(fault(path, format!("must be a time such as 20:00, not \"{text}\"")));
            }
            None if text(other).is_some() => faults.push(fault(path, format!("is needed beside {other}"))),
            _ => {}
        }
    }
    let is_chat = one.value("channel").as_str() == Some("chat");
    let enabled = one.value("enabled").as_bool() != Some(false);
    match text("address") {
        None if is_chat && enabled => {
            faults.push(fault("address", "is needed: where the chat takes messages".to_owned()))
        }
        Some(address) if is_chat && !address.starts_with("https://") && !address.starts_with("http://") => {
            faults.push(fault("address", "must begin with https://".to_owned()));
        }
        _ => {}
    }
    faults
}

/// By which channels news goes out, and when: said when it is new, so that it holds whoever makes it.
pub(crate) struct Channels;

impl Hook for Channels {
    fn objects(&self) -> &'static [&'static str] {
        &[NOTIFICATION]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let new: Vec<&Touched<'_>> = touched.iter().filter(|one| one.is_new() && !sight.is_history()).collect();
            let mut owners: Vec<i64> = new.iter().filter_map(|one| one.value("owner_id").as_i64()).collect();
            owners.sort_unstable();
            owners.dedup();
            if owners.is_empty() {
                return Ok(Vec::new());
            }
            let theirs = [("owner_id", Op::In, Value::Ints(owners.clone()))];
            let wishes: Vec<Wish> = sight.find(PREFERENCE, &theirs, MOST).await?.iter().filter_map(Wish::of).collect();
            if wishes.is_empty() {
                return Ok(Vec::new());
            }
            let users = sight.find("user", &[("id", Op::In, Value::Ints(owners))], MOST).await?;
            let zone = |owner: i64| {
                let own = users.iter().find(|user| user.id.0 == owner).map(|user| user.text("time_zone").to_owned());
                own.filter(|zone| !zone.is_empty()).unwrap_or_else(|| sight.settings().time_zone.clone())
            };
            let mut verdicts = Vec::new();
            for one in new {
                let Some(owner) = one.value("owner_id").as_i64() else { continue };
                let wish = |channel: &str| closest(&wishes, owner, channel, one.value("event_type"));
                let mut amend = |field: &'static str, value: Value| {
                    verdicts.push(Verdict::Amend { id: one.id, field, value });
                };
                for (channel, field) in [("email", "email_due_at"), ("chat", "chat_due_at")] {
                    match wish(channel) {
                        Some(wish) if wish.enabled => amend(field, wish.timing.due(sight.now(), &zone(owner)).into()),
                        Some(_) if !one.value(field).is_null() => amend(field, Value::Null),
                        _ => {}
                    }
                }
                // It is kept for the other channels, and asks for no attention here.
                if wish("in_app").is_some_and(|wish| !wish.enabled) {
                    amend("read_at", sight.now().into());
                }
            }
            Ok(verdicts)
        }
        .boxed()
    }
}
