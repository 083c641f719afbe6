//! One consent is in force for a person, a purpose and a channel; what was withdrawn stays so.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Fault, Op, Result, Value};
use kontor_records::{Found, Hook, Sight, Touched, Verdict};

use super::is_made;

/// See the module.
pub(crate) struct OneInForce;

/// What a consent is for: person, purpose, channel. A person is a contact, or a lead that is none yet.
type Scope<'a> = (Option<(bool, i64)>, Option<&'a str>, Option<&'a str>);

impl Hook for OneInForce {
    fn objects(&self) -> &'static [&'static str] {
        &["consent"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let moves = |t: &&Touched<'_>| {
                let alive = t.after.is_some() && (t.before.is_some() || is_made(t));
                alive
                    && ["contact_id", "lead_id", "purpose", "channel", "given_at", "withdrawn_at"]
                        .iter()
                        .any(|path| t.changes(path))
            };
            let moved: Vec<&Touched<'_>> = touched.iter().filter(moves).collect();
            let mut out: Vec<Verdict> = moved.iter().filter_map(|consent| nobodys(consent)).collect();
            let mut in_force = Vec::new();
            for reference in ["contact_id", "lead_id"] {
                let people: Vec<i64> = moved.iter().filter_map(|t| t.value(reference).as_i64()).collect();
                if people.is_empty() {
                    continue;
                }
                let of_these =
                    [(reference, Op::In, Value::Ints(people)), ("withdrawn_at", Op::IsNull, Value::Bool(true))];
                let found: Vec<Found> = sight.find("consent", &of_these, u64::from(u32::MAX)).await?;
                in_force.extend(
                    found
                        .into_iter()
                        .filter(|one| !in_force.iter().any(|o: &Found| o.id == one.id))
                        .collect::<Vec<_>>(),
                );
            }
            for (place, consent) in moved.iter().enumerate() {
                let later = moved.get(place..).unwrap_or_default();
                let same: Vec<&Found> = in_force.iter().filter(|other| same(consent, other, later)).collect();
                if let Some(error) = refused(consent, same.first().copied()) {
                    out.push(Verdict::Refuse { step: consent.step, error });
                    continue;
                }
                let key = if same.is_empty() { key(consent) } else { Value::Null };
                out.push(Verdict::Amend { id: consent.id, field: "in_force_for", value: key });
                let (was, is) = consent.field("withdrawn_at");
                if consent.before.is_some() && was.is_null() && !is.is_null() {
                    for other in same {
                        let then = sight.update(other, &[("withdrawn_at", is.clone())])?.told("withdraw", "withdrawn");
                        out.push(Verdict::Follow { step: consent.step, then });
                    }
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

/// Whether another consent in force is for the same. Of those that come together the first one stays.
fn same(consent: &Touched<'_>, other: &Found, later: &[&Touched<'_>]) -> bool {
    other.id != consent.id && scope_of(other) == scope(consent) && !later.iter().any(|one| one.id == other.id)
}

/// Two persons who turn out to be one may have agreed to the same twice: what a service moves is let in beside the
/// other, and is withdrawn with it.
fn refused(consent: &Touched<'_>, other: Option<&Found>) -> Option<Error> {
    let (was, is) = consent.field("withdrawn_at");
    match (was.as_i64(), is.as_i64()) {
        (Some(_), None) if consent.before.is_some() => {
            let detail = "a consent that was withdrawn stays so; make a new one with its own given_at";
            return Some(kontor_records::refusal("consent_withdrawn", detail));
        }
        (_, Some(withdrawn)) => {
            let before = consent.value("given_at").as_i64().is_some_and(|given| withdrawn < given);
            let fault = || Error::from(Fault::new("withdrawn_at", "range", "must not be before given_at"));
            return (before && !consent.is_by_service()).then(fault);
        }
        _ => {}
    }
    let other = other.filter(|_| !consent.is_by_service())?;
    let word = |path: &str, none: &str| consent.value(path).as_str().unwrap_or(none).to_owned();
    let (purpose, channel) = (word("purpose", "no purpose"), word("channel", "any channel"));
    let detail = format!("consent {} is in force for this contact, {purpose}, {channel}; withdraw it first", other.id);
    Some(kontor_records::refusal("one_consent_in_force", detail))
}

/// The refusal of a consent that is nobody's.
fn nobodys(consent: &Touched<'_>) -> Option<Verdict> {
    let is_somebodys = ["contact_id", "lead_id"].iter().any(|path| !consent.value(path).is_null());
    let error = || Fault::new("contact_id", "required", "is required, or lead_id: a consent is somebody's").into();
    (!is_somebodys && !consent.is_by_service()).then(|| Verdict::Refuse { step: consent.step, error: error() })
}

fn whose(contact: Option<i64>, lead: Option<i64>) -> Option<(bool, i64)> {
    contact.map(|id| (true, id)).or_else(|| lead.map(|id| (false, id)))
}

fn scope<'a>(consent: &'a Touched<'_>) -> Scope<'a> {
    (
        whose(consent.value("contact_id").as_i64(), consent.value("lead_id").as_i64()),
        consent.value("purpose").as_str(),
        consent.value("channel").as_str(),
    )
}

fn scope_of(consent: &Found) -> Scope<'_> {
    (
        whose(consent.int("contact_id"), consent.int("lead_id")),
        consent.value("purpose").as_str(),
        consent.value("channel").as_str(),
    )
}

/// The value that no two consents in force share; the database's index has the last word on it.
fn key(consent: &Touched<'_>) -> Value {
    if !consent.value("withdrawn_at").is_null() {
        return Value::Null;
    }
    let (person, purpose, channel) = scope(consent);
    let person = match person {
        Some((true, contact)) => contact.to_string(),
        Some((false, lead)) => format!("lead {lead}"),
        None => String::new(),
    };
    Value::Text(format!("{person}/{}/{}", purpose.unwrap_or("-"), channel.unwrap_or("-")))
}
