//! What lines come to, and the totals of their documents.

use std::collections::{BTreeMap, BTreeSet};

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Id, Op, Result, Value};
use kontor_records::{Hook, Sight, Touched, Verdict, refusal};

use super::kind::{All, Document, Kind, MANY, map_of};
use super::line::{Amounts, brought, completed, too_large};
use super::lookups::Lookups;
use crate::totals::{Rate, Totals, minor_digits};
use crate::words;

/// More than this, in units of 1/10,000, is no rounding.
const TOLERANCE: i64 = 100;

/// The rule of one kind of document.
pub(super) struct Documents(pub Kind);

impl Hook for Documents {
    fn objects(&self) -> &'static [&'static str] {
        self.0.objects
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let kind = &self.0;
            let mut documents = kind.documents(sight, touched).await?;
            let lines = super::last(touched.iter().filter(|t| t.def.name == kind.line && !t.is_gone()));
            let lookups = Lookups::read(sight, kind, &lines, &documents).await?;
            let ids: Vec<i64> = documents.keys().copied().collect();
            let known = match ids.is_empty() {
                true => Vec::new(),
                false => sight.find(kind.line, &[(kind.parent, Op::In, Value::Ints(ids))], MANY).await?,
            };
            let mut all: BTreeMap<Id, Amounts> = known.iter().map(|f| (f.id, Amounts::found(f, kind))).collect();
            let mut out = Vec::new();
            name_currencies(sight, kind, &lookups, &lines, &all, &mut documents).await?;
            for line in lines {
                let document = line.field(kind.parent).1.as_i64().and_then(|id| documents.get(&id));
                // Of a document in the bin: its lines have gone with it.
                let Some(document) = document else { continue };
                let day = document.record.int(kind.date).unwrap_or_else(|| sight.today());
                match completed(sight, kind, &lookups, document, line, day).await {
                    Ok((amounts, amendments)) => {
                        out.extend(amendments);
                        all.insert(line.id, amounts);
                    }
                    Err(error) if error.code().status() < 500 => {
                        // It will not be there, and is in nobody's way.
                        all.remove(&line.id);
                        out.push(Verdict::Refuse { step: line.step, error });
                    }
                    Err(error) => return Err(error),
                }
            }
            let rates = map_of(sight, "tax_rate", all.values().filter_map(|line| line.tax_rate).collect()).await?;
            let rates: BTreeMap<i64, i64> = rates.iter().map(|(id, r)| (*id, r.int("rate").unwrap_or(0))).collect();
            let mut by_document: BTreeMap<i64, Vec<&Amounts>> = BTreeMap::new();
            for line in all.values() {
                by_document.entry(line.document).or_default().push(line);
            }
            for (id, document) in &documents {
                let own = by_document.remove(id).unwrap_or_default();
                match summed(document, &own, &rates) {
                    Ok(totals) => out.extend(amended(sight, kind, Id(*id), document, &totals, own.is_empty())),
                    Err(error) => out.push(Verdict::Refuse { step: document.step, error }),
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

/// A document that names no currency has that of its first line that brings one, else the workspace's.
async fn name_currencies(
    sight: &Sight<'_>,
    kind: &Kind,
    lookups: &Lookups,
    lines: &[&Touched<'_>],
    known: &BTreeMap<Id, Amounts>,
    documents: &mut All<'_, '_>,
) -> Result<()> {
    let touched: BTreeSet<Id> = lines.iter().map(|line| line.id).collect();
    let mut old: BTreeMap<i64, &str> = BTreeMap::new();
    for (_, line) in known.iter().filter(|(id, line)| !touched.contains(id) && !line.currency.is_empty()) {
        old.entry(line.document).or_insert(&line.currency);
    }
    for (id, document) in documents.iter_mut().filter(|(_, document)| document.currency.is_empty()) {
        let mut found = old.get(id).map(|currency| (*currency).to_owned());
        for line in lines.iter().filter(|line| line.field(kind.parent).1.as_i64() == Some(*id)) {
            if found.is_none() {
                // A product that is not there is refused with its line.
                found = brought(sight, lookups, line).await.ok().flatten();
            }
        }
        document.currency = found.unwrap_or_else(|| sight.settings().currency.clone());
    }
    Ok(())
}

/// The totals of a document.
fn summed(document: &Document<'_, '_>, lines: &[&Amounts], rates: &BTreeMap<i64, i64>) -> Result<Totals> {
    let mut all = Vec::with_capacity(lines.len());
    for line in lines {
        if !line.currency.is_empty() && line.currency != document.currency {
            let detail = format!(
                "the document is in {}, {} in {}; send the lines anew with it",
                document.currency, line.name, line.currency
            );
            return Err(refusal("currency_mismatch", detail));
        }
        let rate = match line.tax_rate {
            None => None,
            Some(id) => match rates.get(&id) {
                Some(rate) => Some(Rate { rate: *rate, id }),
                None => {
                    let detail = format!("the tax rate of {} is in the bin; choose another", line.name);
                    return Err(refusal("unknown_tax_rate", detail));
                }
            },
        };
        all.push((line.net().ok_or_else(|| too_large(&line.name))?, rate));
    }
    Totals::of(all, minor_digits(&document.currency)).ok_or_else(|| too_large("the document"))
}

/// Sets what a document comes to, or refuses what its sender makes of it.
fn amended(
    sight: &Sight<'_>,
    kind: &Kind,
    id: Id,
    document: &Document<'_, '_>,
    totals: &Totals,
    is_empty: bool,
) -> Vec<Verdict> {
    let mut out = Vec::new();
    let mut set = |field, value: Value| out.push(Verdict::Amend { id, field, value });
    set("currency", document.currency.as_str().into());
    set("subtotal", totals.subtotal.into());
    set("tax_total", totals.tax.into());
    set("total", totals.total.into());
    set("tax_lines", words::tax_lines(&totals.groups));
    if kind.document == "invoice" {
        let int = |path: &str| document.record.int(path).unwrap_or(0);
        let credited = int("amount_credited");
        let (paid, due) = match document.record.text("status") {
            // Brought along by an import: what was paid is not said otherwise.
            "paid" => (totals.total - credited, 0),
            "void" => (int("amount_paid"), 0),
            _ => (int("amount_paid"), totals.total - credited - int("amount_paid")),
        };
        set("amount_paid", paid.into());
        set("amount_credited", credited.into());
        set("amount_due", due.into());
    }
    let expected = document.record.int("expected_total").filter(|_| !is_empty);
    let (difference, review) = match expected.map(|expected| compared(expected, totals.total)) {
        Some(Compared::Differs(_)) if !sight.is_history() => {
            let expected = words::money(expected.unwrap_or(0), &document.currency);
            let detail = format!(
                "the lines come to {}, expected_total is {expected}; correct the lines, or leave expected_total out",
                words::money(totals.total, &document.currency)
            );
            return vec![Verdict::refuse(document.step, "total_mismatch", detail)];
        }
        Some(Compared::Differs(review)) => (expected.and_then(|e| e.checked_sub(totals.total)), review),
        _ => (None, false),
    };
    set("total_difference", difference.into());
    set("needs_review", if review { Value::Bool(true) } else { Value::Null });
    out
}

#[derive(Debug, PartialEq, Eq)]
enum Compared {
    Equal,
    /// And whether by more than 5 per cent.
    Differs(bool),
}

/// What a sender makes the total, held against what the lines come to.
fn compared(expected: i64, total: i64) -> Compared {
    let off = (i128::from(expected) - i128::from(total)).abs();
    if off <= i128::from(TOLERANCE) {
        return Compared::Equal;
    }
    Compared::Differs(off * 20 > i128::from(total).abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::totals::ONE;

    #[test]
    fn totals_of_senders_are_held_against_the_lines() {
        assert_eq!(compared(1_190_000, 1_190_000), Compared::Equal);
        assert_eq!(
            (compared(1_190_100, 1_190_000), compared(1_189_900, 1_190_000)),
            (Compared::Equal, Compared::Equal)
        );
        assert_eq!(compared(1_190_101, 1_190_000), Compared::Differs(false));
        assert_eq!(compared(105 * ONE, 100 * ONE), Compared::Differs(false));
        assert_eq!(compared(105 * ONE + 1, 100 * ONE), Compared::Differs(true));
        assert_eq!(compared(i64::MIN, i64::MAX), Compared::Differs(true));
    }
}
