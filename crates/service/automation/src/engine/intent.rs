//! What a step would do, with everything filled in: found out the same way for a run and for a dry run.

use kontor_model::{Change, Error, ErrorCode, Id, Json, Mode, Result};
use kontor_records::{Ctx, Records};
use serde_json::{Map, Value as J, json};

use crate::program;
use crate::state::{Scope, Task, Waiting};
use crate::values::{filled, holds, refused, text};

/// Items of a loop, and bytes of them.
const MOST_ITEMS: usize = 1_000;
const LARGEST: usize = 256 << 10;
/// Records of a `find` when nothing is said.
const FOUND: u64 = 50;
/// The longest wait.
const LONGEST_MS: i64 = 400 * 86_400_000;

/// What is asked of an address.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Outbound {
    pub url: String,
    /// The name of the credential to call with; none when it is empty.
    pub credential: String,
    /// Of AWS Lambda: the function's name or ARN, and its version or alias.
    pub function: String,
    pub qualifier: String,
    pub headers: Vec<(String, String)>,
    pub body: J,
    pub seconds: u64,
    /// The answer has to be JSON, and is what the step gives.
    pub function_step: bool,
    /// What the step gives instead, and what its expressions know besides the answer.
    pub result: Option<(J, J)>,
}

impl Outbound {
    /// What the step would give, as far as it can be said without calling.
    pub fn without_answer(&self) -> J {
        match &self.result {
            Some((J::Object(members), _)) => J::Object(members.keys().map(|name| (name.clone(), J::Null)).collect()),
            _ => json!({"status": 200, "body": null}),
        }
    }
}

/// A letter to be sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub reply_to: Option<String>,
}

/// See the module.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Intent {
    Change(Change),
    Act {
        object: String,
        id: Id,
        action: String,
        body: J,
    },
    Notify {
        to: Id,
        title: String,
        body: String,
    },
    Mail(Mail),
    Call(Outbound),
    Wait(Waiting),
    /// Goes on with other steps; what the step gave.
    Go {
        tasks: Vec<Task>,
        output: J,
    },
    Stop {
        reason: String,
    },
}

/// What a step is asked about besides its own members.
pub(crate) struct Asked<'a> {
    pub records: &'a Records,
    pub ctx: &'a Ctx,
    pub steps: &'a J,
    pub at: &'a str,
    pub scope: Option<&'a Scope>,
    pub values: &'a J,
    /// The record that the run is about.
    pub related: (&'a str, Option<Id>),
    /// Whom to tell when the record has no owner.
    pub owner: Option<Id>,
    pub now: i64,
}

/// A step and what it comes to; the second value is what it was asked to do, for the history.
///
/// # Errors
/// 422000 for what cannot be filled in; the database's.
pub(crate) async fn intent(asked: &Asked<'_>) -> Result<(Intent, J)> {
    let step = program::at(asked.steps, asked.at).and_then(J::as_object);
    let step = step.ok_or_else(|| Error::internal(format!("a workflow has no step {}", asked.at)))?;
    let kind = step.get("kind").and_then(J::as_str).unwrap_or_default();
    if let Some(when) = step.get("when").and_then(J::as_str)
        && !holds(when, asked.values)?
    {
        return Ok((Intent::Go { tasks: Vec::new(), output: json!({"skipped": true}) }, J::Null));
    }
    Ok(match kind {
        "create" | "update" | "delete" => change(asked, kind, step)?,
        "action" => {
            let (object, id) = target(asked, step)?;
            let body = filled(step.get("body").unwrap_or(&json!({})), asked.values)?;
            let action = text(step.get("action"), asked.values)?;
            let input = json!({"object": object, "id": id.to_string(), "action": action, "body": body});
            (Intent::Act { object, id, action, body }, input)
        }
        "find" => find(asked, step).await?,
        "wait" => wait(asked, step)?,
        "branch" => {
            let condition = step.get("if").and_then(J::as_str).unwrap_or_default();
            let is = holds(condition, asked.values)?;
            let way = if is { "then" } else { "else" };
            let places = program::places(step.get(way).unwrap_or(&J::Null), &format!("{}.{way}", asked.at));
            let tasks = Task::steps(places, asked.scope);
            (Intent::Go { tasks, output: json!({"took": way}) }, json!({"if": condition}))
        }
        "loop" => each(asked, step)?,
        "notify" => {
            let to = text(step.get("to"), asked.values)?;
            let owner = || asked.values["record"]["owner_id"].as_str().and_then(|id| id.parse().ok()).or(asked.owner);
            let to = if to.is_empty() || to == "owner" { owner() } else { to.parse().ok() };
            let to = to.ok_or_else(|| refused("notify: \"to\" comes to no user's id, and the record has no owner"))?;
            let (title, body) = (text(step.get("title"), asked.values)?, text(step.get("body"), asked.values)?);
            let input = json!({"to": to.to_string(), "title": title, "body": body});
            (Intent::Notify { to, title, body }, input)
        }
        "email" => mail(asked, step)?,
        "webhook" | "function" => outbound(asked, kind, step)?,
        "stop" => {
            let reason = text(step.get("reason"), asked.values)?;
            (Intent::Stop { reason: reason.clone() }, json!({"reason": reason}))
        }
        other => return Err(refused(format!("there are no steps of the kind \"{other}\""))),
    })
}

/// The record that a step is about: the named one, else the run's.
fn target(asked: &Asked<'_>, step: &Map<String, J>) -> Result<(String, Id)> {
    let object = text(step.get("object"), asked.values)?;
    let named = step.get("id").filter(|id| !id.is_null());
    let (own, related) = asked.related;
    let id = match named {
        Some(id) => {
            let id = text(Some(id), asked.values)?;
            id.parse().map_err(|_| refused(format!("id comes to \"{id}\", which is no id")))?
        }
        None if object.is_empty() || object == own => {
            related.ok_or_else(|| refused("the run is about no record; say object and id"))?
        }
        None => return Err(refused(format!("the run is about a record of {own}; say the id of the {object}"))),
    };
    Ok((if object.is_empty() { own.to_owned() } else { object }, id))
}

fn change(asked: &Asked<'_>, kind: &str, step: &Map<String, J>) -> Result<(Intent, J)> {
    let mut data = filled(step.get("data").unwrap_or(&json!({})), asked.values)?;
    let named = step.get("object").and_then(J::as_str).filter(|name| !name.is_empty());
    texts(asked, named.unwrap_or(asked.related.0), &mut data);
    let json = Json::from(&data);
    if kind == "create" {
        let object = text(step.get("object"), asked.values)?;
        let input = json!({"object": object, "data": data});
        return Ok((Intent::Change(Change::Create { object, data: json }), input));
    }
    let (object, id) = target(asked, step)?;
    let input = json!({"object": object, "id": id.to_string(), "data": data});
    Ok(match kind {
        "update" => {
            (Intent::Change(Change::Update { object, id, if_match: None, mode: Mode::Merge, data: json }), input)
        }
        _ => (Intent::Change(Change::Delete { object, id, if_match: None }), input),
    })
}

/// What an expression came to is a text where the field is one.
fn texts(asked: &Asked<'_>, object: &str, data: &mut J) {
    let (Some(def), Some(members)) = (asked.ctx.catalog.object(object), data.as_object_mut()) else { return };
    for (path, value) in members {
        let text = def.field(path).is_some_and(|(_, field)| matches!(field.spec().name(), "text" | "long_text"));
        if text && (value.is_number() || value.is_boolean()) {
            *value = J::String(value.to_string());
        }
    }
}

async fn find(asked: &Asked<'_>, step: &Map<String, J>) -> Result<(Intent, J)> {
    let object = text(step.get("object"), asked.values)?;
    let mut body = Map::new();
    for member in ["filter", "sort"] {
        if let Some(value) = step.get(member).filter(|value| !value.is_null()) {
            body.insert(member.to_owned(), filled(value, asked.values)?);
        }
    }
    body.insert("limit".to_owned(), json!(step.get("limit").and_then(J::as_u64).unwrap_or(FOUND)));
    let input = json!({"object": object, "search": body});
    let def = asked.ctx.catalog.require(&object)?.clone();
    let query = kontor_questions::questions::search(&object, &Json::from(&J::Object(body)))?;
    let query = kontor_questions::filters::resolved(&def, query);
    let found = asked.records.list(asked.ctx, &query).await?;
    let list: J = serde_json::from_slice(&[b"[", found.data.as_slice(), b"]"].concat()).map_err(Error::internal)?;
    if found.data.len() > LARGEST {
        return Err(refused(format!("find: the records are more than {LARGEST} bytes; ask for fewer")));
    }
    let output = json!({"records": list, "count": found.rows, "has_more": found.has_more});
    Ok((Intent::Go { tasks: Vec::new(), output }, input))
}

fn wait(asked: &Asked<'_>, step: &Map<String, J>) -> Result<(Intent, J)> {
    let number = |name: &str| step.get(name).and_then(J::as_i64).unwrap_or_default();
    let span = [("seconds", 1_000), ("minutes", 60_000), ("hours", 3_600_000), ("days", 86_400_000)]
        .iter()
        .fold(0_i64, |sum, (name, ms)| sum.saturating_add(number(name).saturating_mul(*ms)));
    let mut until = (span > 0).then(|| asked.now.saturating_add(span.min(LONGEST_MS)));
    if let Some(expression) = step.get("until").and_then(J::as_str) {
        let at = text(Some(&json!(format!("{{{{ {expression} }}}}"))), asked.values)?;
        let ms = match kontor_model::time::parse_date(&at) {
            Ok(day) => Some(kontor_model::time::start_of_day(day, &asked.ctx.settings().time_zone)),
            Err(_) => kontor_model::time::parse_datetime(&at).ok(),
        };
        let ms = ms.ok_or_else(|| refused(format!("wait: until comes to \"{at}\", which is no time")))?;
        until = Some(ms.min(asked.now.saturating_add(LONGEST_MS)));
    }
    let named = step.get("until").and_then(J::as_str).is_some();
    let event = match step.get("for").and_then(J::as_str) {
        None => None,
        Some(types) => {
            let about = match step.get("about").filter(|about| !about.is_null()) {
                Some(about) => text(Some(about), asked.values)?.parse::<Id>().ok(),
                None => asked.related.1,
            };
            let about = about.ok_or_else(|| refused("wait: for needs a record; say about"))?;
            // It does not wait for ever.
            until = until.or(Some(asked.now + LONGEST_MS));
            Some((types.to_owned(), about.0))
        }
    };
    let until_text = until.map(kontor_model::time::datetime_text);
    let input = json!({"until": until_text, "for": event.as_ref().map(|(types, _)| types)});
    Ok((Intent::Wait(Waiting { until: until.or(Some(asked.now)), named, event }), input))
}

fn each(asked: &Asked<'_>, step: &Map<String, J>) -> Result<(Intent, J)> {
    let over = match step.get("over") {
        Some(J::String(expression)) => filled(&json!(format!("{{{{ {expression} }}}}")), asked.values)?,
        other => filled(other.unwrap_or(&J::Null), asked.values)?,
    };
    let items = match over {
        J::Null => Vec::new(),
        J::Array(items) => items,
        other => return Err(refused(format!("loop: over comes to no list but to {}", excerpt(&other)))),
    };
    let bytes = J::Array(items.clone()).to_string().len();
    if items.len() > MOST_ITEMS || bytes > LARGEST {
        return Err(refused(format!("loop: at most {MOST_ITEMS} items of {LARGEST} bytes together")));
    }
    let output = json!({"items": items.len()});
    let tasks = vec![Task::Loop { at: asked.at.to_owned(), items, n: 0, scope: asked.scope.cloned() }];
    Ok((Intent::Go { tasks, output: output.clone() }, output))
}

fn mail(asked: &Asked<'_>, step: &Map<String, J>) -> Result<(Intent, J)> {
    let filled = |name: &str| text(step.get(name), asked.values);
    let (to, subject) = (filled("to")?, filled("subject")?);
    if !to.contains('@') || to.contains([',', '\n', '\r']) {
        return Err(refused(format!("email: to comes to \"{}\", which is no address", excerpt(&json!(to)))));
    }
    let subject: String = subject.chars().map(|c| if c.is_control() { ' ' } else { c }).take(255).collect();
    let reply_to = Some(filled("reply_to")?).filter(|address| address.contains('@') && !address.contains(['\n', '\r']));
    let mail = Mail { to, subject, text: filled("text")?, reply_to };
    let input = json!({"to": mail.to, "subject": mail.subject, "text": mail.text});
    Ok((Intent::Mail(mail), input))
}

fn outbound(asked: &Asked<'_>, kind: &str, step: &Map<String, J>) -> Result<(Intent, J)> {
    let url = text(step.get("url"), asked.values)?;
    let mut headers = Vec::new();
    for (name, value) in step.get("headers").and_then(J::as_object).into_iter().flatten() {
        headers.push((name.clone(), text(Some(value), asked.values)?));
    }
    let body = match step.get("body").filter(|body| !body.is_null()) {
        Some(body) => filled(body, asked.values)?,
        None => {
            json!({"workflow": asked.values["workflow"], "run": asked.values["run"], "event": asked.values["event"],
            "record": asked.values["record"], "input": asked.values["input"]})
        }
    };
    if body.to_string().len() > LARGEST {
        return Err(refused(format!("{kind}: the body is more than {LARGEST} bytes")));
    }
    let (credential, function) =
        (text(step.get("credential"), asked.values)?, text(step.get("function"), asked.values)?);
    let qualifier = text(step.get("qualifier"), asked.values)?;
    if url.is_empty() && function.is_empty() {
        return Err(refused(format!("{kind}: url comes to nothing")));
    }
    let given = [("url", &url), ("credential", &credential), ("function", &function), ("qualifier", &qualifier)];
    let said =
        given.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name.to_owned(), json!(text)));
    let input: Map<String, J> = said.chain([("body".to_owned(), body.clone())]).collect();
    let result = step.get("result").filter(|result| !result.is_null());
    let call = Outbound {
        url,
        credential,
        function,
        qualifier,
        headers,
        body,
        seconds: step.get("timeout").and_then(J::as_u64).unwrap_or(10).clamp(1, program::timeout(kind)),
        function_step: kind == "function",
        result: result.map(|result| (result.clone(), asked.values.clone())),
    };
    Ok((Intent::Call(call), J::Object(input)))
}

fn excerpt(value: &J) -> String {
    value.to_string().chars().take(80).collect()
}

/// Whether trying again may help.
pub(crate) fn is_passing(error: &Error) -> bool {
    error.code().status() >= 500 || matches!(error.code(), ErrorCode::Conflict | ErrorCode::VersionMoved)
}

/// What is kept in the history of a step, no larger than a history should be.
pub(crate) fn kept(value: J) -> J {
    const MOST: usize = 16 << 10;
    let text = value.to_string();
    if text.len() <= MOST {
        return value;
    }
    let beginning: String = text.chars().take(2_000).collect();
    json!({"shortened": true, "bytes": text.len(), "beginning": beginning})
}
