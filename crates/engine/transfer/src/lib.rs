//! Bulk in and out: files become records and records become files, as jobs with progress and a report of every row.

mod blob;
mod caller;
mod convert;
mod country;
mod export;
mod file;
mod forget;
mod import;
mod lookup;
mod mapping;
mod moment;
mod number;
#[cfg(test)]
mod tests;
mod transfer;

pub use blob::{Blob, BlobWriter, Blobs};
pub use export::ExportOptions;
pub use forget::Forgotten;
pub use import::{ImportOptions, OnError, Status, Tally};
pub use mapping::Mapping;
pub use transfer::{Download, KINDS, Transfer};

/// An object that callers may reach by themselves.
///
/// # Errors
/// 400002 for one that does not exist or has rules of its own.
fn object_of<'a>(
    catalog: &'a kontor_catalog::Catalog,
    name: &str,
) -> kontor_model::Result<&'a std::sync::Arc<kontor_catalog::ObjectDef>> {
    catalog.object(name).or_else(|| catalog.collection(name)).filter(|def| def.routed).ok_or_else(|| {
        let routed = catalog.objects().filter(|def| def.routed).map(|def| def.name.as_str());
        let hint = kontor_model::name::hint(name, routed);
        kontor_model::Error::new(kontor_model::ErrorCode::UnknownField, format!("there is no object \"{name}\"{hint}"))
    })
}
