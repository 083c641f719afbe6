//! Everything in a space that refers to a record.

use std::collections::BTreeMap;

use kontor_catalog::ObjectDef;
use kontor_model::{FieldType, Id, Op, Result, Value};

use super::MERGE;
use crate::draft::is_common;
use crate::{Found, Sight, refusal};

/// The most records that a merge moves: their ids fit into the field that keeps them (64 KiB of JSON).
const MOST: u64 = 2_500;

/// A record with the fields by which it refers.
pub struct Link {
    pub record: Found,
    pub fields: Vec<String>,
}

/// Records that are not in the bin and refer to one of `object`, by fields for its object and for any object. What
/// earlier merges say stays as it was.
///
/// # Errors
/// 422000 when there are too many; the database's.
pub async fn to(sight: &Sight<'_>, object: &str, id: Id) -> Result<Vec<Link>> {
    let mut links: BTreeMap<Id, Link> = BTreeMap::new();
    for def in sight.ctx().whole.objects().filter(|def| def.name != MERGE) {
        for field in references(def, object) {
            let conditions = [(field.as_str(), Op::Eq, Value::Int(id.0))];
            for record in sight.find(&def.name, &conditions, MOST + 1).await? {
                links
                    .entry(record.id)
                    .or_insert_with(|| Link { record, fields: Vec::new() })
                    .fields
                    .push(field.clone());
            }
            if links.len() as u64 > MOST {
                let detail = format!("more than {MOST} records refer to {id}; move some of them first");
                return Err(refusal("too_many_links", detail));
            }
        }
    }
    Ok(links.into_values().collect())
}

/// The fields of `def` that can refer to a record of `object`, by version 1's paths.
fn references(def: &ObjectDef, object: &str) -> Vec<String> {
    let native = def.native();
    let refers = |ty: &FieldType| match ty {
        FieldType::Reference(reference) => reference.object == object,
        FieldType::AnyReference(_) => true,
        _ => false,
    };
    let fields = native.shown().filter(|(_, field)| !is_common(field) && refers(&field.ty));
    fields.map(|(_, field)| native.path(field)).collect()
}
