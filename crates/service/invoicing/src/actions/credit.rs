//! `POST /v1/invoices/{id}/credit`

use std::collections::BTreeMap;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_documents::{Issued, records};
use kontor_model::decimal::{MONEY_SCALE, parse_scaled};
use kontor_model::field::ADDRESS_PARTS;
use kontor_model::{Change, Error, Fault, Id, Json, Op, Result, Step, Value};
use kontor_records::{Act, Asked, Found, Plan, Sight, refusal};

use super::invoice::{copied, push};
use crate::credits::{Charged, totals};
use crate::totals::{Group, ONE, Rate, Totals, minor_digits};
use crate::words;

const OF_LINES: &[&str] =
    &["position", "product_id", "sku", "description", "unit", "unit_price", "discount", "tax_rate_id", "currency"];

/// What a credit note takes from its invoice, beside the address.
const TAKEN: &[&str] = &[
    "customer_id",
    "currency",
    "owner_id",
    "billing_name",
    "billing_tax_id",
    "billing_email",
    "billing_electronic_address",
    "buyer_reference",
    "purchase_order",
    "legal_entity_id",
    "language",
];

pub(super) struct Credit;

impl Act for Credit {
    fn object(&self) -> &'static str {
        "invoice"
    }

    fn name(&self) -> &'static str {
        "credit"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let invoice = &asked.record;
            if !matches!(invoice.text("status"), "open" | "paid" | "uncollectible") {
                return Err(super::wrong_state(invoice, "only one that was finalized, and not voided, is credited"));
            }
            let digits = minor_digits(invoice.text("currency"));
            let lines = super::priced_lines(sight, invoice, "invoice_line").await?;
            let (before, credited) = earlier(sight, invoice).await?;
            let rates = words::read_tax_lines(invoice.value("tax_lines"));
            let charged: BTreeMap<Id, Charged> =
                lines.iter().map(|line| (line.id, charged(line, &rates, &credited))).collect();
            let wanted = wanted(asked.input.json("lines"), &lines, &charged)?;
            let (mut nets, mut rows) = (Vec::new(), Vec::new());
            for (line, quantity) in wanted {
                let Some(of) = charged.get(&line.id) else { continue };
                let net = of.credit(quantity, digits).ok_or_else(|| refusal("amount_too_large", "the credit"))?;
                nets.push((net, of.rate));
                let more =
                    [("invoice_line_id", Value::Int(line.id.0)), ("quantity", quantity.into()), ("net", net.into())];
                rows.push(copied(sight, "credit_note_line", line, OF_LINES, &more)?);
            }
            let note = totals(&nets, &before, digits).ok_or_else(|| refusal("amount_too_large", "the credit"))?;
            let issued = records::issued(sight, invoice.value("legal_entity_id"), &lines).await?;
            let buyer = Issued::read(invoice.value("as_issued")).and_then(|issued| issued.buyer);
            let issued = if issued.seller.name.is_empty() { Value::Null } else { Issued { buyer, ..issued }.value() };
            planned(sight, asked, &note, rows, issued)
        }
        .boxed()
    }
}

/// The credit note, and what it makes of its invoice.
fn planned(sight: &Sight<'_>, asked: &Asked, note: &Totals, rows: Vec<Json>, issued: Value) -> Result<Plan> {
    let invoice = &asked.record;
    let int = |path: &str| invoice.int(path).unwrap_or(0);
    let (total, credited) = (int("total"), int("amount_credited"));
    if note.total > total - credited {
        let currency = invoice.text("currency");
        let detail = format!(
            "{} is more than the {} that are left of the invoice",
            words::money(note.total, currency),
            words::money(total - credited, currency)
        );
        return Err(refusal("credit_too_large", detail));
    }
    let mut fields: Vec<(String, Value)> = TAKEN
        .iter()
        .map(|name| (*name).to_owned())
        .chain(ADDRESS_PARTS.iter().map(|(part, _)| format!("billing_{part}")))
        .map(|name| (name.clone(), invoice.value(&name).clone()))
        .collect();
    let own = [
        ("invoice_id", Value::Int(invoice.id.0)),
        ("issue_date", sight.today().into()),
        ("reason", asked.input.value("reason").clone()),
        ("subtotal", note.subtotal.into()),
        ("tax_total", note.tax.into()),
        ("total", note.total.into()),
        ("tax_lines", words::tax_lines(&note.groups)),
        ("as_issued", issued),
    ];
    fields.extend(own.map(|(name, value)| (name.to_owned(), value)));
    let fields: Vec<(&str, Value)> = fields.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let mut data = sight.data("credit_note", &fields)?;
    push(&mut data, "lines", Json::Array(rows));
    let made = Step::of_service(Change::Create { object: "credit_note".to_owned(), data });
    let credited = credited + note.total;
    let due = total - credited - int("amount_paid");
    let mut fields = vec![("amount_credited", credited.into()), ("amount_due", due.into())];
    if due <= 0 {
        let at = if invoice.text("status") == "paid" { invoice.value("paid_at").clone() } else { sight.now().into() };
        fields.extend([("status", "paid".into()), ("paid_at", at), ("overdue_since", Value::Null)]);
    }
    Ok(Plan::one(made).and(sight.update(invoice, &fields)?.told("credit", "credited")))
}

/// Quantity and net of what was taken back, by line of the invoice.
type Credited = BTreeMap<i64, (i64, i64)>;

/// What earlier credit notes have taken back.
async fn earlier(sight: &Sight<'_>, invoice: &Found) -> Result<(Vec<Group>, Credited)> {
    let own = [("invoice_id", Op::Eq, Value::Int(invoice.id.0))];
    let notes = sight.find("credit_note", &own, super::MANY).await?;
    let groups = notes.iter().flat_map(|note| words::read_tax_lines(note.value("tax_lines"))).collect();
    let mut credited = Credited::new();
    if !notes.is_empty() {
        let ids = Value::Ints(notes.iter().map(|note| note.id.0).collect());
        for line in sight.find("credit_note_line", &[("credit_note_id", Op::In, ids)], super::MANY).await? {
            let sum = credited.entry(line.int("invoice_line_id").unwrap_or(0)).or_default();
            sum.0 += line.int("quantity").unwrap_or(0);
            sum.1 += line.int("net").unwrap_or(0);
        }
    }
    Ok((groups, credited))
}

fn charged(line: &Found, rates: &[Group], credited: &Credited) -> Charged {
    // The rate is what it was when the invoice was finalized.
    let rate = |id: i64| rates.iter().filter_map(|group| group.rate).find(|rate| rate.id == id);
    let (quantity, net) = credited.get(&line.id.0).copied().unwrap_or((0, 0));
    Charged {
        price: line.int("unit_price").unwrap_or(0),
        quantity: line.int("quantity").unwrap_or(ONE),
        discount: line.int("discount").unwrap_or(0),
        net: line.int("net").unwrap_or(0),
        rate: line.int("tax_rate_id").and_then(|id| rate(id).or(Some(Rate { rate: 0, id }))),
        credited_quantity: quantity,
        credited_net: net,
    }
}

/// The lines that are to be taken back, each with its quantity: those that were sent, or all that is left.
fn wanted<'l>(
    sent: Option<&Json>,
    lines: &'l [Found],
    charged: &BTreeMap<Id, Charged>,
) -> Result<Vec<(&'l Found, i64)>> {
    let rest = |line: &Found| charged.get(&line.id).map_or(0, Charged::rest);
    let Some(sent) = sent else {
        let all: Vec<(&Found, i64)> = lines.iter().map(|line| (line, rest(line))).filter(|(_, n)| *n > 0).collect();
        if all.is_empty() {
            return Err(refusal("invoice_credited", "all of the invoice has been credited already"));
        }
        return Ok(all);
    };
    let fault = |path: String, code, message: &str| Error::from(Fault::new(path, code, message));
    let Some(items) = sent.as_array().filter(|items| !items.is_empty()) else {
        return Err(fault("lines".to_owned(), "type", "must be an array of {\"line_id\", \"quantity\"}, not empty"));
    };
    let mut out: Vec<(&Found, i64)> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let at = |name: &str| format!("lines.{index}.{name}");
        let members = item.as_object().unwrap_or_default();
        if item.as_object().is_none() || members.iter().any(|(key, _)| key != "line_id" && key != "quantity") {
            let path = format!("lines.{index}");
            return Err(fault(path, "type", "must be an object of line_id and, if not all of it, quantity"));
        }
        let id = item.get("line_id").and_then(Json::as_str).and_then(|text| text.parse::<Id>().ok());
        let Some(line) = id.and_then(|id| lines.iter().find(|line| line.id == id)) else {
            return Err(fault(at("line_id"), "not_found", "is no line of this invoice"));
        };
        if out.iter().any(|(other, _)| other.id == line.id) {
            return Err(fault(at("line_id"), "taken", "names the line a second time"));
        }
        let quantity = match item.get("quantity") {
            None | Some(Json::Null) => Some(rest(line)),
            Some(Json::String(text) | Json::Number(text)) => parse_scaled(text, MONEY_SCALE).ok().filter(|n| *n > 0),
            Some(_) => None,
        };
        let Some(quantity) = quantity else {
            return Err(fault(at("quantity"), "range", "must be a decimal above zero, of at most four digits"));
        };
        if quantity > rest(line) || quantity == 0 {
            let name = words::line(line.value("position"), line.text("description"));
            let (wanted, left) = (words::decimal(quantity), words::decimal(rest(line)));
            let detail = format!("{name}: {wanted} cannot be credited, {left} are left of it");
            return Err(refusal("credit_too_large", detail));
        }
        out.push((line, quantity));
    }
    Ok(out)
}
