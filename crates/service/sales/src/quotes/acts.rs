//! What is done to quotes.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_documents::records;
use kontor_model::{Change, Json, Op, Result, Step, Value};
use kontor_records::{Act, Asked, Found, Plan, Sight, refusal};

use super::paper;

/// Says that it has been sent.
pub(crate) struct Send;
/// Makes the order.
pub(crate) struct Accept;
/// Says that the customer does not want it.
pub(crate) struct Reject;
/// Makes the next version.
pub(crate) struct Revise;

/// The most lines of a quote: as many as can be sent with it.
const MOST_LINES: u64 = 1_000;

/// Refuses what is not done to a quote in its state.
fn only(quote: &Found, allowed: &[&str], what: &str) -> Result<()> {
    let status = quote.text("status");
    if allowed.contains(&status) {
        return Ok(());
    }
    Err(refusal("quote_state", format!("the quote is {status}; only one that is {} is {what}", allowed.join(" or "))))
}

/// Refuses an offer that no longer holds.
fn in_time(sight: &Sight<'_>, quote: &Found) -> Result<()> {
    match quote.int("valid_until").filter(|last| *last < sight.today()) {
        Some(last) => {
            let last = kontor_model::time::date_text(last);
            Err(refusal("quote_expired", format!("the quote was valid until {last}; revise it for a new version")))
        }
        None => Ok(()),
    }
}

pub(super) async fn lines(sight: &Sight<'_>, quote: &Found) -> Result<Vec<Found>> {
    let of = [("quote_id", Op::Eq, Value::Int(quote.id.0))];
    sight.sorted("quote_line", &of, &["position"], MOST_LINES).await
}

/// A new document with the lines of a quote, in the service's right.
fn copied(sight: &Sight<'_>, object: &str, line: &str, fields: &[(&str, Value)], lines: &[Found]) -> Result<Step> {
    const TAKEN: &[&str] = &[
        "position",
        "product_id",
        "sku",
        "description",
        "quantity",
        "unit",
        "unit_price",
        "discount",
        "tax_rate_id",
        "currency",
    ];
    let Json::Object(mut data) = sight.data(object, fields)? else { return sight.create(object, fields) };
    let all = lines.iter().map(|from| {
        let fields: Vec<(&str, Value)> =
            TAKEN.iter().map(|path| (*path, from.value(path).clone())).filter(|(_, value)| !value.is_null()).collect();
        sight.data(line, &fields)
    });
    data.push(("lines".to_owned(), Json::Array(all.collect::<Result<_>>()?)));
    Ok(Step::of_service(Change::Create { object: object.to_owned(), data: Json::Object(data) }))
}

impl Act for Send {
    fn object(&self) -> &'static str {
        "quote"
    }

    fn name(&self) -> &'static str {
        "send"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let quote = &asked.record;
            only(quote, &["draft"], "sent")?;
            in_time(sight, quote)?;
            let lines = lines(sight, quote).await?;
            if lines.is_empty() {
                return Err(refusal("quote_empty", "the quote has no lines; add some before it is sent"));
            }
            let fields = [
                ("status", "sent".into()),
                ("sent_at", sight.now().into()),
                ("as_sent", records::issued(sight, quote.value("legal_entity_id"), &lines).await?.value()),
                ("sent_to", records::buyer(sight, quote).await?.value()),
            ];
            let step = sight.update(quote, &fields)?.told("send", "sent");
            Ok(Plan::one(match paper::letter(sight, quote, &asked.input).await? {
                Some(letter) => step.with_letter(letter),
                None => step,
            }))
        }
        .boxed()
    }
}

impl Act for Accept {
    fn object(&self) -> &'static str {
        "quote"
    }

    fn name(&self) -> &'static str {
        "accept"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move { accepted(sight, &asked.record, &[]).await }.boxed()
    }
}

/// The order that a quote offers, and its answer; `more` of it.
///
/// # Errors
/// 422000 `quote_state`, `quote_expired`; the database's.
pub(super) async fn accepted(sight: &Sight<'_>, quote: &Found, more: &[(&str, Value)]) -> Result<Plan> {
    only(quote, &["sent"], "accepted")?;
    in_time(sight, quote)?;
    let taken = ["deal_id", "company_id", "customer_id", "notes", "currency", "owner_id"];
    let mut order: Vec<(&str, Value)> = taken.iter().map(|path| (*path, quote.value(path).clone())).collect();
    order.retain(|(_, value)| !value.is_null());
    order.push(("quote_id", quote.id.0.into()));
    order.push(("order_date", sight.today().into()));
    let order = copied(sight, "order", "order_line", &order, &lines(sight, quote).await?)?;
    let mut fields = vec![("status", "accepted".into()), ("answered_at", sight.now().into())];
    fields.extend(more.iter().cloned());
    Ok(Plan::one(order).and(sight.update(quote, &fields)?.told("accept", "accepted")))
}

impl Act for Reject {
    fn object(&self) -> &'static str {
        "quote"
    }

    fn name(&self) -> &'static str {
        "reject"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move { rejected(sight, &asked.record, asked.input.text("reason"), &[]) }.boxed()
    }
}

/// The answer that a quote is not wanted; `more` of it.
///
/// # Errors
/// 422000 `quote_state`.
pub(super) fn rejected(sight: &Sight<'_>, quote: &Found, reason: Option<&str>, more: &[(&str, Value)]) -> Result<Plan> {
    only(quote, &["sent"], "rejected")?;
    let mut fields =
        vec![("status", "rejected".into()), ("answered_at", sight.now().into()), ("reject_reason", reason.into())];
    fields.extend(more.iter().cloned());
    Ok(Plan::one(sight.update(quote, &fields)?.told("reject", "rejected")))
}

impl Act for Revise {
    fn object(&self) -> &'static str {
        "quote"
    }

    fn name(&self) -> &'static str {
        "revise"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let quote = &asked.record;
            only(quote, &["sent", "rejected", "expired"], "revised")?;
            if let Some(next) = sight.find("quote", &[("revises_id", Op::Eq, quote.id.0.into())], 1).await?.first() {
                let detail = format!("there is a newer version, {}; revise that one", next.text("number"));
                return Err(refusal("quote_revised", detail));
            }
            let revision = quote.int("revision").unwrap_or(1) + 1;
            let taken = [
                "deal_id",
                "company_id",
                "contact_id",
                "customer_id",
                "price_book_id",
                "notes",
                "currency",
                "owner_id",
                "legal_entity_id",
                "language",
            ];
            let mut next: Vec<(&str, Value)> = taken.iter().map(|path| (*path, quote.value(path).clone())).collect();
            next.push(("number", revised(quote.text("number"), revision).into()));
            next.push(("revision", revision.into()));
            next.push(("revises_id", quote.id.0.into()));
            let still = quote.int("valid_until").filter(|last| *last >= sight.today());
            next.push(("valid_until", still.into()));
            next.retain(|(_, value)| !value.is_null());
            let mut plan = Plan::one(copied(sight, "quote", "quote_line", &next, &lines(sight, quote).await?)?);
            // What has been replaced can no longer be accepted.
            if quote.text("status") == "sent" {
                plan.push(sight.update(quote, &[("status", "expired".into())])?.told("expire", "expired"));
            }
            Ok(plan)
        }
        .boxed()
    }
}

/// The number of a version: `Q-2026-00001-R2` of `Q-2026-00001`.
fn revised(number: &str, revision: i64) -> String {
    let first = number.strip_suffix(&format!("-R{}", revision - 1)).unwrap_or(number);
    let first: String = first.chars().take(32).collect();
    format!("{first}-R{revision}")
}

#[cfg(test)]
mod tests {
    use super::revised;

    #[test]
    fn versions_share_a_number() {
        assert_eq!(revised("Q-2026-00001", 2), "Q-2026-00001-R2");
        assert_eq!(revised("Q-2026-00001-R2", 3), "Q-2026-00001-R3");
        assert_eq!(revised(&"x".repeat(40), 10_000).len(), 39);
    }
}
