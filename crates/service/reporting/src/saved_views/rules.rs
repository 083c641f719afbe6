//! What views and choices must be to be saved, and whose they are.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Fault, Json, Op, Result, Value, name};
use kontor_records::{Hook, Sight, Touched, Verdict, refusal};

use super::definition::{self, LONGEST};
use super::{CHOICE, VIEW, place};

/// Choices that go with a view that is deleted; of more the rest leads nowhere, and lists begin as they do without one.
const MOST_CHOICES: u64 = 1_000;

fn fault(field: &str, code: &'static str, message: impl Into<String>) -> Error {
    Fault::new(field, code, message).into()
}

/// A view shows an object that there is by fields that it has, and belongs to who made it.
pub(crate) struct Views;

impl Hook for Views {
    fn objects(&self) -> &'static [&'static str] {
        &[VIEW]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut out = Vec::new();
            for view in touched {
                if view.is_gone() {
                    let chosen = [("saved_view_id", Op::Eq, Value::Int(view.id.0))];
                    let choices = sight.find(CHOICE, &chosen, MOST_CHOICES).await?;
                    let follow = |choice| Verdict::Follow { step: view.step, then: sight.delete(choice) };
                    out.extend(choices.iter().map(follow));
                } else if let Err(error) = check(sight, view) {
                    out.push(Verdict::Refuse { step: view.step, error });
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

/// What is unchanged is not looked at again: a field that has gone since leaves the view as it is.
fn check(sight: &Sight<'_>, view: &Touched<'_>) -> Result<()> {
    own(sight, view)?;
    let object = view.value("target_object").as_str().unwrap_or_default();
    if !view.is_new() && view.changes("target_object") {
        return Err(refusal("view_object", "a view stays one of its object; save another for that object"));
    }
    if !["definition", "kind"].iter().any(|path| view.changes(path)) {
        return Ok(());
    }
    let catalog = &sight.ctx().catalog;
    let Some(def) = catalog.object(object).filter(|def| def.routed) else {
        let routed = catalog.objects().filter(|def| def.routed).map(|def| def.name.as_str());
        let message = format!("there is no object \"{object}\"{}", name::hint(object, routed));
        return Err(refusal("unknown_object", &message).with_faults(vec![Fault::new(
            "target_object",
            "unknown",
            message,
        )]));
    };
    let text = view.value("definition").as_str().unwrap_or("{}");
    if text.len() > LONGEST {
        let message = format!("must be at most {LONGEST} bytes of JSON, not {}", text.len());
        return Err(fault("definition", "too_long", message));
    }
    let json = Json::parse_str(text).map_err(Error::internal)?;
    let kind = view.value("kind").as_str().unwrap_or("list");
    let query = definition::check(catalog, def, kind, &json)?;
    let asked = sight.records().check(sight.ctx(), &query);
    asked.map_err(|error| match error.faults() {
        [] if error.code().status() < 500 && error.code().status() != 403 => {
            Fault::coded("definition", error.code(), error.detail()).into()
        }
        [] => error,
        _ => error.under("definition"),
    })
}

/// Nobody puts what is private among what is another's.
pub(crate) fn own(sight: &Sight<'_>, one: &Touched<'_>) -> Result<()> {
    let caller = &sight.ctx().caller;
    if caller.policy.manages || one.is_by_service() || !one.changes("owner_id") {
        return Ok(());
    }
    if caller.user_id.is_some_and(|user| one.value("owner_id").as_i64() == Some(user.0)) {
        return Ok(());
    }
    Err(refusal("own_only", "it is made for oneself; leave owner_id out"))
}

/// A choice is one of the views that its owner sees, and the only one of its object.
pub(crate) struct Choices;

impl Hook for Choices {
    fn objects(&self) -> &'static [&'static str] {
        &[CHOICE]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut out = Vec::new();
            for choice in touched.iter().filter(|one| !one.is_gone()) {
                let (step, id) = (choice.step, choice.id);
                match self::choice(sight, choice).await? {
                    Ok(object) => {
                        let owner = choice.value("owner_id").as_i64().unwrap_or_default();
                        let amend = |field, value: String| Verdict::Amend { id, field, value: value.into() };
                        out.extend([amend("place", place(owner, &object)), amend("target_object", object)]);
                    }
                    Err(error) => out.push(Verdict::Refuse { step, error }),
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

/// The object that a choice is for.
async fn choice(sight: &Sight<'_>, choice: &Touched<'_>) -> Result<Result<String>> {
    if let Err(error) = own(sight, choice) {
        return Ok(Err(error));
    }
    let unknown = || fault("saved_view_id", "not_found", "refers to a saved_view that its owner does not see");
    let Some(view) = sight.referred(VIEW, choice.value("saved_view_id")).await? else { return Ok(Err(unknown())) };
    let owner = choice.value("owner_id").as_i64();
    // What callers choose for themselves was held against what they read.
    let theirs = owner == sight.ctx().caller.user_id.map(|id| id.0);
    let open = theirs || view.flag("shared") || view.int("owner_id") == owner;
    Ok(if open { Ok(view.text("target_object").to_owned()) } else { Err(unknown()) })
}
