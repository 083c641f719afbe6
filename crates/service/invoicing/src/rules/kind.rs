//! The kinds of documents that have lines.

use std::collections::{BTreeMap, BTreeSet};

use kontor_model::{Op, Result, Value};
use kontor_records::{Found, Sight, Touched};

/// Objects and fields of a kind of document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub document: &'static str,
    pub line: &'static str,
    /// The line's field that leads to the document.
    pub parent: &'static str,
    /// Document and line.
    pub objects: &'static [&'static str],
    /// The document's field that says where the goods go.
    pub country: &'static str,
    /// The document's field that its tax goes by; else today.
    pub date: &'static str,
}

pub(crate) const ORDER: Kind = Kind {
    document: "order",
    line: "order_line",
    parent: "order_id",
    objects: &["order", "order_line"],
    country: "shipping_country",
    date: "order_date",
};

pub(crate) const INVOICE: Kind = Kind {
    document: "invoice",
    line: "invoice_line",
    parent: "invoice_id",
    objects: &["invoice", "invoice_line"],
    country: "billing_country",
    date: "issue_date",
};

/// A document as the changes so far leave it.
pub(crate) enum Record<'t, 'a> {
    Touched(&'t Touched<'a>),
    Found(Found),
}

impl Record<'_, '_> {
    pub fn value(&self, path: &str) -> &Value {
        match self {
            Record::Touched(touched) => touched.field(path).1,
            Record::Found(found) => found.value(path),
        }
    }

    pub fn text(&self, path: &str) -> &str {
        self.value(path).as_str().unwrap_or_default()
    }

    pub fn int(&self, path: &str) -> Option<i64> {
        self.value(path).as_i64()
    }
}

/// A document whose totals may change.
pub(crate) struct Document<'t, 'a> {
    /// The step that touches it or its lines.
    pub step: usize,
    pub record: Record<'t, 'a>,
    /// What its amounts are in; empty until it is known.
    pub currency: String,
}

/// Documents by id.
pub(crate) type All<'t, 'a> = BTreeMap<i64, Document<'t, 'a>>;

impl Kind {
    /// Whether a document's lines and totals do not follow its changes any more: they are confirmed or finalized.
    pub fn is_fixed(&self, document: &Touched<'_>) -> bool {
        let before = |path: &str| document.field(path).0;
        let status = before("status").as_str().unwrap_or_default();
        document.before.is_some()
            && match self.document {
                "order" => status != "unpaid" || !before("confirmed_at").is_null(),
                _ => status != "draft",
            }
    }

    /// The documents that are touched, and those of touched lines, when their totals may change.
    ///
    /// # Errors
    /// The database's.
    pub async fn documents<'t, 'a>(&self, sight: &Sight<'_>, touched: &'t [Touched<'a>]) -> Result<All<'t, 'a>> {
        let mut lines: BTreeMap<i64, usize> = BTreeMap::new();
        for line in touched.iter().filter(|t| t.def.name == self.line) {
            let (before, after) = line.field(self.parent);
            lines.extend([before, after].into_iter().filter_map(Value::as_i64).map(|id| (id, line.step)));
        }
        let mut out = All::new();
        let mut own = BTreeSet::new();
        for document in super::last(touched.iter().filter(|t| t.def.name == self.document)) {
            own.insert(document.id.0);
            if document.is_gone() || (self.is_fixed(document) && !lines.contains_key(&document.id.0)) {
                continue;
            }
            let currency = document.field("currency").1.as_str().unwrap_or_default().to_owned();
            let record = Record::Touched(document);
            out.insert(document.id.0, Document { step: document.step, record, currency });
        }
        let others: Vec<i64> = lines.keys().copied().filter(|id| !own.contains(id)).collect();
        for found in by_ids(sight, self.document, others).await? {
            let step = lines.get(&found.id.0).copied().unwrap_or(0);
            let currency = found.text("currency").to_owned();
            out.insert(found.id.0, Document { step, record: Record::Found(found), currency });
        }
        Ok(out)
    }
}

/// Records by id, all at once.
///
/// # Errors
/// The database's.
pub(crate) async fn by_ids(sight: &Sight<'_>, object: &str, mut ids: Vec<i64>) -> Result<Vec<Found>> {
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let most = ids.len() as u64;
    sight.find(object, &[("id", Op::In, Value::Ints(ids))], most).await
}

/// Records by id, for look-ups.
///
/// # Errors
/// The database's.
pub(crate) async fn map_of(sight: &Sight<'_>, object: &str, ids: Vec<i64>) -> Result<BTreeMap<i64, Found>> {
    Ok(by_ids(sight, object, ids).await?.into_iter().map(|found| (found.id.0, found)).collect())
}

/// The lines of documents: more than any document may have.
pub(crate) const MANY: u64 = 1_000_000;
