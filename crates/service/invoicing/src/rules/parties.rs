//! Who has ordered or been invoiced stays.

use std::collections::{BTreeMap, BTreeSet};

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Op, Result, Value};
use kontor_records::{Hook, Sight, Touched, Verdict};

/// More than this is "1000 or more".
const MOST: u64 = 1_000;

/// Refuses the deletion of companies and customers with invoices or orders.
pub(super) struct Parties;

impl Hook for Parties {
    fn objects(&self) -> &'static [&'static str] {
        &["company", "customer"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let gone: Vec<&Touched<'_>> = touched.iter().filter(|t| t.is_gone()).collect();
            if gone.is_empty() {
                return Ok(Vec::new());
            }
            let of = |object: &str| gone.iter().filter(|t| t.def.name == object).map(|t| t.id.0).collect::<Vec<_>>();
            let (companies, customers) = (of("company"), of("customer"));
            // A company orders and is invoiced through its customers, too.
            let mut parties: BTreeMap<i64, Vec<i64>> = customers.iter().map(|id| (*id, vec![*id])).collect();
            for customer in found(sight, "customer", "company_id", companies.clone()).await? {
                parties.entry(customer.id.0).or_default().extend(customer.int("company_id"));
            }
            let mut counts: BTreeMap<(i64, &str), BTreeSet<i64>> = BTreeMap::new();
            let asking: Vec<i64> = parties.keys().copied().collect();
            for (object, field, ids) in [
                ("invoice", "customer_id", asking.clone()),
                ("order", "customer_id", asking),
                ("order", "company_id", companies),
            ] {
                for document in found(sight, object, field, ids).await? {
                    let named: Vec<i64> = document.int(field).into_iter().collect();
                    let through = document.int("customer_id").filter(|_| field == "customer_id");
                    let concerned = through.and_then(|customer| parties.get(&customer)).unwrap_or(&named);
                    for party in concerned {
                        counts.entry((*party, object)).or_default().insert(document.id.0);
                    }
                }
            }
            let count = |id: i64, object| counts.get(&(id, object)).map_or(0, |all| all.len() as u64);
            let mut out = Vec::new();
            for party in gone {
                let (invoices, orders) = (count(party.id.0, "invoice"), count(party.id.0, "order"));
                if invoices + orders > 0 {
                    out.push(Verdict::refuse(
                        party.step,
                        &rule(&party.def.name),
                        said(&party.def.name, invoices, orders),
                    ));
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

async fn found(sight: &Sight<'_>, object: &str, field: &str, ids: Vec<i64>) -> Result<Vec<kontor_records::Found>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    sight.find(object, &[(field, Op::In, Value::Ints(ids))], MOST).await
}

fn rule(object: &str) -> String {
    format!("{object}_has_documents")
}

fn said(object: &str, invoices: u64, orders: u64) -> String {
    let of = |count: u64, one: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        MOST.. => Some(format!("{MOST} or more {one}s")),
        _ => Some(format!("{count} {one}s")),
    };
    let all: Vec<String> = [of(invoices, "invoice"), of(orders, "order")].into_iter().flatten().collect();
    let stands = if invoices + orders == 1 { "stands" } else { "stand" };
    format!("{} of the {object} {stands} in the way; documents keep who they are for", all.join(" and "))
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_stands_in_the_way_is_counted() {
        assert!(super::said("company", 1, 0).starts_with("1 invoice of the company stands in the way"));
        assert!(
            super::said("customer", 2, 1_000).starts_with("2 invoices and 1000 or more orders of the customer stand")
        );
    }
}
