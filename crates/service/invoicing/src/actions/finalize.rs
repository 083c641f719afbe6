//! `POST /v1/invoices/{id}/finalize`

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_documents::{Issued, records};
use kontor_model::field::ADDRESS_PARTS;
use kontor_model::{Error, Fault, Result, Value, time};
use kontor_records::{Act, Asked, Found, Plan, Sight, refusal};

use crate::terms;
use crate::words;

/// Years in which invoices are dated.
const YEARS: std::ops::RangeInclusive<i64> = 1900..=2200;

pub(super) struct Finalize;

impl Act for Finalize {
    fn object(&self) -> &'static str {
        "invoice"
    }

    fn name(&self) -> &'static str {
        "finalize"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let invoice = &asked.record;
            if invoice.text("status") != "draft" {
                return Err(super::wrong_state(invoice, "only a draft is finalized"));
            }
            let customer = super::customer(sight, invoice).await?;
            let lines = super::priced_lines(sight, invoice, "invoice_line").await?;
            let total = invoice.int("total").unwrap_or(0);
            if total < 0 {
                let detail = format!(
                    "the invoice comes to {}; what goes back to the customer is a credit note",
                    words::money(total, invoice.text("currency"))
                );
                return Err(refusal("negative_total", detail));
            }
            let (issued, due) = dates(sight, asked, &customer)?;
            let mut fields = vec![
                ("issue_date", issued.into()),
                ("due_date", due.into()),
                ("finalized_at", sight.now().into()),
                ("status", if total == 0 { "paid" } else { "open" }.into()),
                ("paid_at", if total == 0 { sight.now().into() } else { Value::Null }),
            ];
            let billing = billing(sight, invoice, &customer).await?;
            fields.extend(billing.iter().map(|(name, value)| (name.as_str(), value.clone())));
            let issued = records::issued(sight, invoice.value("legal_entity_id"), &lines).await?;
            if !issued.seller.name.is_empty() {
                let buyer = Some(records::buyer(sight, invoice).await?);
                fields.push(("as_issued", Issued { buyer, ..issued }.value()));
            }
            // The rules give it its number.
            Ok(Plan::one(sight.update(invoice, &fields)?.told("finalize", "finalized")))
        }
        .boxed()
    }
}

/// The day that it is of, and the day that it falls due.
fn dates(sight: &Sight<'_>, asked: &Asked, customer: &Found) -> Result<(i64, i64)> {
    let invoice = &asked.record;
    let issued = asked.input.int("issue_date").or_else(|| invoice.int("issue_date")).unwrap_or_else(|| sight.today());
    if !YEARS.contains(&time::civil_from_days(issued).0) {
        let message = format!("must be in the years {} to {}", YEARS.start(), YEARS.end());
        return Err(Error::from(Fault::new("issue_date", "range", message).value(time::date_text(issued))));
    }
    let due = invoice.int("due_date").unwrap_or_else(|| issued + terms::days(customer.text("payment_terms")));
    if due < issued {
        let (due, issued) = (time::date_text(due), time::date_text(issued));
        let detail = format!("due_date {due} is before issue_date {issued}; change one of them");
        return Err(refusal("due_before_issue", detail));
    }
    Ok((issued, due))
}

/// Who is invoiced, as it stands on this day: what the draft says, else what is known of the customer.
async fn billing(sight: &Sight<'_>, invoice: &Found, customer: &Found) -> Result<Vec<(String, Value)>> {
    let mut out = Vec::new();
    let mut open = |name: String, value: &Value| {
        if invoice.value(&name).is_null() && !value.is_null() {
            out.push((name, value.clone()));
        }
    };
    open("billing_name".to_owned(), customer.value("name"));
    let taken = [
        ("billing_tax_id", "tax_id"),
        ("billing_email", "email"),
        ("billing_electronic_address", "electronic_address"),
        ("buyer_reference", "buyer_reference"),
        ("language", "language"),
    ];
    for (own, of_customer) in taken {
        open(own.to_owned(), customer.value(of_customer));
    }
    // An address is taken whole or not at all.
    let parts = || ADDRESS_PARTS.iter().map(|(part, _)| format!("billing_{part}"));
    if parts().all(|name| invoice.value(&name).is_null())
        && let Some(company) = sight.referred("company", customer.value("company_id")).await?
    {
        for name in parts() {
            open(name.clone(), company.value(&name));
        }
    }
    Ok(out)
}
