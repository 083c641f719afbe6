//! vCard 4.0 (RFC 6350) and 3.0 (RFC 2426) as rows of contact columns.

mod card;
mod property;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::open;
pub use write::VcardWriter;

/// The columns of a card but [`CATEGORIES`]. Further values of the same kind are numbered:
/// `email_2`, `street_2`.
pub const COLUMNS: [&str; 23] = [
    "uid",
    "full_name",
    "first_name",
    "last_name",
    "additional_names",
    "prefix",
    "suffix",
    "email",
    "phone",
    "phone_mobile",
    "phone_home",
    "phone_fax",
    "company",
    "department",
    "title",
    "street",
    "city",
    "region",
    "postal_code",
    "country",
    "birthday",
    "website",
    "note",
];

/// The column of categories, joined by `;`.
pub const CATEGORIES: &str = "categories";
