//! Commercial documents: quotes, invoices, credit notes and statements as PDF, and as electronic invoices by
//! EN 16931 in UBL 2.1.
//!
//! A service makes a [`Document`] of its records; [`Document::sheet`] says what is where on the paper, [`pdf`] sets it,
//! [`ubl::write`] writes it for machines.

pub mod document;
pub mod format;
mod layout;
pub mod letter;
pub mod logo;
#[cfg(feature = "pdf")]
mod pdf;
pub mod records;
pub mod sheet;
pub mod statement;
#[cfg(test)]
mod testing;
pub mod ubl;
pub mod unit;
pub mod words;

pub use document::{Address, Buyer, Category, Document, Issued, Kind, Language, Line, Seller, Stamp, TaxKind, TaxLine};
#[cfg(feature = "pdf")]
pub use pdf::pdf;
pub use sheet::Sheet;
pub use statement::Statement;

/// Whether this build sets documents as PDF.
pub const SETS_PDF: bool = cfg!(feature = "pdf");
/// The media type of what [`pdf`] gives.
pub const PDF: &str = "application/pdf";
/// The media type of what [`ubl::write`] gives.
pub const XML: &str = "application/xml";

/// This build sets no documents.
///
/// # Errors
/// 404000: the view is not there.
#[cfg(not(feature = "pdf"))]
pub async fn pdf(_sheet: Sheet, _logo: &str) -> kontor_model::Result<Vec<u8>> {
    let detail = "this build of Kontor sets no PDF; build it with the feature pdf";
    Err(kontor_model::Error::new(kontor_model::ErrorCode::NoRoute, detail))
}
