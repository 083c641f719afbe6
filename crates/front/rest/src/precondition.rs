//! `If-Match` on changes: the version that the engine's guard holds the record to.

use kontor_catalog::ObjectDef;
use kontor_http::etag::{self, Expected};
use kontor_model::{Id, Result};
use kontor_records::{Ctx, Record, Records};

use crate::call::Call;

const ID: [&str; 1] = ["id"];

/// The version for a change of the record `id`. Of several tags the one that the record has now is taken; the guard of
/// the commit still holds the record to it.
///
/// # Errors
/// 400000 for a malformed header; those of a read.
pub async fn of_id(records: &Records, ctx: &Ctx, def: &ObjectDef, call: &Call, id: Id) -> Result<Option<i64>> {
    let expected = etag::if_match(&call.headers)?;
    let Some(versions) = several(&expected) else { return Ok(expected.single()) };
    let fields = ID.map(str::to_owned);
    let record = records.read(ctx, &def.name, id, Some(&fields), &[]).await?;
    Ok(settled(versions, &record, &expected))
}

/// As [`of_id`], for the record whose unique field `by` has `value`.
///
/// # Errors
/// As [`of_id`].
pub async fn of_key(
    records: &Records,
    ctx: &Ctx,
    def: &ObjectDef,
    call: &Call,
    by: &str,
    value: &str,
) -> Result<Option<i64>> {
    let expected = etag::if_match(&call.headers)?;
    let Some(versions) = several(&expected) else { return Ok(expected.single()) };
    let fields = ID.map(str::to_owned);
    let record = records.read_by(ctx, &def.name, by, value, Some(&fields), &[]).await?;
    Ok(settled(versions, &record, &expected))
}

fn several(expected: &Expected) -> Option<&[i64]> {
    match expected {
        Expected::OneOf(versions) if versions.len() > 1 => Some(versions),
        _ => None,
    }
}

fn settled(versions: &[i64], record: &Record, expected: &Expected) -> Option<i64> {
    versions.iter().copied().find(|v| *v == record.version).or(expected.single())
}
