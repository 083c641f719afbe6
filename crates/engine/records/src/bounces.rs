//! Addresses that mail comes back from for good: the record is marked, until it has another address. For objects with a
//! field `email` and the [`field`] of this module.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Field, FieldType, Result, Step, Value};

use crate::{Fate, Found, Hear, Hook, News, Sight, Touched, Verdict};

const MARK: &str = "email_bounced_at";

/// The field that says since when.
pub fn field() -> Field {
    Field::new(MARK, FieldType::datetime())
        .read_only()
        .doc("Since when mail to the address comes back for good; null again with another address.")
}

/// Marks the records of an object, whatever the mail was about.
pub struct Mark(pub &'static str);

impl Hear for Mark {
    fn object(&self) -> &'static str {
        self.0
    }

    fn by_address(&self) -> Option<&'static str> {
        Some("email")
    }

    fn hear<'a>(&'a self, sight: &'a Sight<'a>, record: &'a Found, fate: &'a Fate) -> BoxFuture<'a, Result<Vec<Step>>> {
        async move {
            let hard = matches!(fate.news, News::Bounced { hard: true, .. });
            if !hard || record.text("email") != fate.to || !record.value(MARK).is_null() {
                return Ok(Vec::new());
            }
            Ok(vec![sight.update(record, &[(MARK, Value::Int(fate.at))])?.told("bounce", "email_bounced")])
        }
        .boxed()
    }
}

/// Takes the mark away with the address.
pub struct Unmark(pub &'static [&'static str]);

impl Hook for Unmark {
    fn objects(&self) -> &'static [&'static str] {
        self.0
    }

    fn meet<'a>(&'a self, _: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let other = touched
                .iter()
                .filter(|t| t.before.is_some() && t.after.is_some() && t.changes("email") && !t.value(MARK).is_null());
            Ok(other.map(|t| Verdict::Amend { id: t.id, field: MARK, value: Value::Null }).collect())
        }
        .boxed()
    }
}
