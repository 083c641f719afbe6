//! Addresses that nothing is sent to any more, whoever has them: it outlives the records that had the address.

use kontor_model::{Field, FieldType, Object, Result, Step};
use kontor_model::{Op, Value};
use kontor_records::{Found, Sight};

const REASONS: &[&str] = &["unsubscribed", "bounced", "complained"];

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "suppression", "suppressions")
        .doc("An address that no campaign and no sequence is sent to: it was unsubscribed, or nobody is there.")
        .named_by("address_digest")
        .read_only()
        .field(
            Field::new("address_digest", FieldType::text(43))
                .technical()
                .required()
                .unique()
                .doc("SHA-256 of the address in lower case, base64url; the address itself is not kept."),
        )
        .field(Field::new("reason", FieldType::enumeration(REASONS.iter().copied())).indexed())
        .field(Field::new("since", FieldType::datetime()))
}

/// The suppressions of these addresses.
///
/// # Errors
/// The database's.
pub(crate) async fn of(sight: &Sight<'_>, digests: Vec<String>) -> Result<Vec<Found>> {
    if digests.is_empty() {
        return Ok(Vec::new());
    }
    let count = digests.len() as u64;
    sight.find("suppression", &[("address_digest", Op::In, Value::Texts(digests))], count).await
}

/// Makes one, unless there is one.
///
/// # Errors
/// The database's.
pub(crate) async fn put(sight: &Sight<'_>, digest: &str, reason: &str) -> Result<Option<Step>> {
    if !of(sight, vec![digest.to_owned()]).await?.is_empty() {
        return Ok(None);
    }
    let fields = [("address_digest", Value::text(digest)), ("reason", reason.into()), ("since", sight.now().into())];
    Ok(Some(sight.create("suppression", &fields)?.told("create", "created")))
}
