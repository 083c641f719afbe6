//! What holds for an endpoint, whoever changes it: its lists can be read, and it is told of nothing that who changed it
//! last may not read.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_events::Types;
use kontor_model::{Error, ErrorCode, Fault, Json, Result, Value};
use kontor_records::{Ctx, Hook, Sight, Touched, Verdict};
use serde_json::json;
use url::Url;

const LONGEST_LIST: usize = 100;

pub(crate) struct Rule;

impl Hook for Rule {
    fn objects(&self) -> &'static [&'static str] {
        &[crate::ENDPOINT]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut verdicts = Vec::new();
            for one in touched.iter().filter(|one| !one.is_gone() && !one.is_by_service()) {
                let faults = faults(one);
                if !faults.is_empty() {
                    verdicts.push(Verdict::Refuse { step: one.step, error: Error::from_faults(faults) });
                    continue;
                }
                let amend = |field, value| Verdict::Amend { id: one.id, field, value };
                verdicts.push(amend("rights", Value::Json(rights(sight.ctx()))));
                let (before, after) = one.field("enabled");
                if after.as_bool() != Some(true) {
                    continue;
                }
                if !one.value("disabled_reason").is_null() {
                    verdicts.push(amend("disabled_reason", Value::Null));
                }
                if before.as_bool() != Some(true) {
                    verdicts.push(amend("enabled_since", sight.now().into()));
                }
            }
            Ok(verdicts)
        }
        .boxed()
    }
}

/// Who changes it, as its deliveries will be made.
fn rights(ctx: &Ctx) -> String {
    let caller = &ctx.caller;
    let user = caller.user_id.map(|id| id.to_string());
    json!({"user_id": user, "role": caller.policy.role, "scopes": caller.scopes.names()}).to_string()
}

fn invalid(field: &str, why: impl Into<String>) -> Fault {
    Fault::coded(field, ErrorCode::Invalid, why)
}

fn faults(one: &Touched<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let Some(url) = one.value("url").as_str()
        && let Err(why) = address(url)
    {
        faults.push(invalid("url", why));
    }
    match list(one.value("event_types")) {
        Ok(words) => {
            if let Err(error) = Types::of(words.iter().map(String::as_str)) {
                faults.push(invalid("event_types", error.detail()));
            }
        }
        Err(why) => faults.push(invalid("event_types", why)),
    }
    if let Err(why) = list(one.value("fields")) {
        faults.push(invalid("fields", why));
    }
    if let Err(why) = filter(one.value("filter")) {
        faults.push(invalid("filter", why));
    }
    faults
}

/// Whether an address may be one; where it leads is asked when it is called.
fn address(text: &str) -> Result<(), String> {
    let url = Url::parse(text).map_err(|error| format!("is no address: {error}"))?;
    if !["https", "http"].contains(&url.scheme()) {
        return Err("must begin with https://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must have no user name and password in it; messages are signed".to_owned());
    }
    Ok(())
}

/// A list of texts; empty where there is nothing.
pub(crate) fn list(value: &Value) -> Result<Vec<String>, String> {
    let Some(text) = value.as_str() else { return Ok(Vec::new()) };
    let json = Json::parse_str(text).map_err(|error| error.to_string())?;
    let items = json.as_array().ok_or("must be a list of texts")?;
    if items.len() > LONGEST_LIST {
        return Err(format!("takes at most {LONGEST_LIST} texts"));
    }
    let text = |item: &Json| item.as_str().filter(|text| !text.is_empty() && text.len() <= 255).map(str::to_owned);
    items.iter().map(text).collect::<Option<_>>().ok_or_else(|| "must be a list of texts".to_owned())
}

/// A filter, read; none where there is nothing.
pub(crate) fn filter(value: &Value) -> Result<Option<kontor_model::Filter>, String> {
    let Some(text) = value.as_str() else { return Ok(None) };
    let json = Json::parse_str(text).map_err(|error| error.to_string())?;
    kontor_questions::filters::filter(&json, "filter").map(Some).map_err(|error| error.detail().to_owned())
}
