//! What ends somebody's way before its last step: they left, answered, became something else, or nobody was there.

use kontor_model::{Op, Result, Step, Value};
use kontor_records::{Found, Sight};

use crate::letters::NOTHING;

/// The most sequences that a person is in.
const MOST: u64 = 200;

/// Ends a way.
///
/// # Errors
/// None that a caller could cause.
pub(super) fn stop(sight: &Sight<'_>, enrolment: &Found, reason: &str) -> Result<Step> {
    let fields = [
        ("status", "stopped".into()),
        ("stop_reason", reason.into()),
        ("next_step_at", NOTHING),
        ("ended_at", sight.now().into()),
        ("place", NOTHING),
    ];
    Ok(sight.update(enrolment, &fields)?.told("stop", "stopped"))
}

/// Ends all ways of a person that go on; `status` of ways that wait counts, too.
///
/// # Errors
/// The database's.
pub(crate) async fn stopped(sight: &Sight<'_>, person: &Found, reason: &str) -> Result<Vec<Step>> {
    let reference = if person.object() == "contact" { "contact_id" } else { "lead_id" };
    let going = [
        (reference, Op::Eq, Value::Int(person.id.0)),
        ("status", Op::In, Value::Texts(vec!["active".into(), "paused".into()])),
    ];
    let found = sight.find("enrolment", &going, MOST).await?;
    found.iter().map(|enrolment| stop(sight, enrolment, reason)).collect()
}
