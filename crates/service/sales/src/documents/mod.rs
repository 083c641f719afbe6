//! What the lines of deals and quotes become: products, prices and currencies filled in, sums for their documents.

pub(crate) mod line;
mod price;
mod prices;
mod products;
pub(crate) mod totals;

use std::collections::{BTreeMap, HashMap};

use kontor_model::{By, Id, Op, Result, Value};
use kontor_records::{Sight, Touched, Verdict};

use self::line::Line;
use self::prices::Prices;
use self::products::Products;
use self::totals::{Rate, Sums};

/// The most lines of a document that are read.
const MOST_LINES: u64 = 100_000;

/// A document and its lines.
pub(crate) struct Family {
    pub document: &'static str,
    pub line: &'static str,
    /// The line's field that leads to the document.
    pub parent: &'static str,
}

pub(crate) const DEALS: Family = Family { document: "deal", line: "deal_line", parent: "deal_id" };
pub(crate) const QUOTES: Family = Family { document: "quote", line: "quote_line", parent: "quote_id" };

/// What became of the lines of a set of changes.
#[derive(Default)]
pub(crate) struct Worked {
    pub verdicts: Vec<Verdict>,
    /// Of documents whose sums may have changed.
    pub sums: HashMap<Id, Sums>,
}

/// A document whose lines are worked on.
struct Document {
    /// The step that touches it or its lines.
    step: usize,
    /// None where nothing has said it yet.
    currency: Option<String>,
    price_book: Option<i64>,
    /// Whether there can be lines of it that are not touched.
    old: bool,
    /// Whether its sums may change.
    summed: bool,
}

/// Each record once, from what it was before the set to what the set makes of it: rules look at what comes of a record
/// that is changed twice, and what they say is done last.
pub(crate) fn merged<'a>(touched: &[Touched<'a>]) -> Vec<Touched<'a>> {
    let mut out: Vec<Touched<'a>> = Vec::with_capacity(touched.len());
    let mut places: HashMap<Id, usize> = HashMap::with_capacity(touched.len());
    for one in touched {
        if let Some(known) = places.get(&one.id).and_then(|place| out.get_mut(*place)) {
            (known.step, known.after) = (one.step, one.after);
            if one.by == By::Caller {
                known.by = By::Caller;
            }
            continue;
        }
        places.insert(one.id, out.len());
        let Touched { step, id, def, before, after, by, purged } = *one;
        out.push(Touched { step, id, def, before, after, by, purged });
    }
    out
}

/// Works on the lines that are touched, and sums the documents that they belong to.
///
/// # Errors
/// The database's.
pub(crate) async fn work(sight: &Sight<'_>, touched: &[Touched<'_>], family: &Family) -> Result<Worked> {
    let lines: Vec<&Touched<'_>> = touched.iter().filter(|t| t.def.name == family.line).collect();
    let mut documents = documents(sight, touched, &lines, family).await?;
    let mut out = Worked::default();
    let sent: Vec<(&Touched<'_>, Line)> =
        lines.iter().filter(|t| !t.is_gone()).map(|t| (*t, Line::touched(t, family.parent))).collect();
    name_currencies(sight, &mut documents, &sent, &mut out);
    let products = Products::load(sight, &sent).await?;
    let mut prices =
        Prices::load(sight, &documents.values().filter_map(|d| d.price_book).collect::<Vec<_>>(), &products).await?;
    let mut all: BTreeMap<Id, Line> = old_lines(sight, &documents, family).await?;
    for (touched, sent) in &sent {
        let Some(document) = sent.document.and_then(|id| documents.get(&id)) else { continue };
        match completed(sight, touched, sent, document, &products, &mut prices).await? {
            Ok(line) => {
                out.verdicts.extend(line.amendments(sent));
                all.insert(line.id, line);
            }
            Err(refusal) => out.verdicts.push(refusal),
        }
    }
    sum(sight, &documents, &all, family, &mut out).await?;
    Ok(out)
}

/// The documents that are touched, and those of touched lines.
async fn documents(
    sight: &Sight<'_>,
    touched: &[Touched<'_>],
    lines: &[&Touched<'_>],
    family: &Family,
) -> Result<HashMap<Id, Document>> {
    let mut out: HashMap<Id, Document> = HashMap::new();
    for document in touched.iter().filter(|t| t.def.name == family.document && !t.is_gone()) {
        let text = |path: &str| document.value(path).as_str().map(str::to_owned);
        let summed = !document.is_new() && (document.changes("currency") || document.changes("amount"));
        out.insert(
            document.id,
            Document {
                step: document.step,
                currency: text("currency"),
                price_book: document.value("price_book_id").as_i64(),
                old: !document.is_new(),
                summed,
            },
        );
    }
    for line in lines {
        let (before, after) = line.field(family.parent);
        for id in [before, after].into_iter().filter_map(Value::as_i64).map(Id) {
            if let Some(document) = out.get_mut(&id) {
                document.summed = true;
            } else if let Some(found) = sight.record(family.document, id).await? {
                let currency = Some(found.text("currency").to_owned()).filter(|text| !text.is_empty());
                let price_book = found.int("price_book_id");
                out.insert(id, Document { step: line.step, currency, price_book, old: true, summed: true });
            }
        }
    }
    Ok(out)
}

/// A document that has lines and no currency takes that of its first line that names one, else the workspace's.
fn name_currencies(
    sight: &Sight<'_>,
    documents: &mut HashMap<Id, Document>,
    lines: &[(&Touched<'_>, Line)],
    out: &mut Worked,
) {
    for (id, document) in documents.iter_mut().filter(|(_, d)| d.summed && d.currency.is_none()) {
        let own = lines.iter().filter(|(_, line)| line.document == Some(*id));
        let named = own.filter_map(|(_, line)| line.currency.clone()).next();
        let currency = named.unwrap_or_else(|| sight.settings().currency.clone());
        out.verdicts.push(Verdict::Amend { id: *id, field: "currency", value: currency.as_str().into() });
        document.currency = Some(currency);
    }
}

/// The lines that documents had before, as the changes so far leave them.
async fn old_lines(
    sight: &Sight<'_>,
    documents: &HashMap<Id, Document>,
    family: &Family,
) -> Result<BTreeMap<Id, Line>> {
    let ids: Vec<i64> = documents.iter().filter(|(_, d)| d.old && d.summed).map(|(id, _)| id.0).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found = sight.find(family.line, &[(family.parent, Op::In, Value::Ints(ids))], MOST_LINES).await?;
    Ok(found.iter().map(|line| (line.id, Line::found(line, family.parent))).collect())
}

/// A line with what was left out, or why it cannot be.
async fn completed(
    sight: &Sight<'_>,
    touched: &Touched<'_>,
    sent: &Line,
    document: &Document,
    products: &Products,
    prices: &mut Prices,
) -> Result<Result<Line, Verdict>> {
    let refuse = |rule: &str, detail: String| Ok(Err(Verdict::refuse(touched.step, rule, detail)));
    let mut line = sent.clone();
    let currency = document.currency.clone().unwrap_or_else(|| sight.settings().currency.clone());
    if let Some(own) = sent.currency.as_ref().filter(|own| **own != currency) {
        let detail = format!("{} is in {own}, its document in {currency}; a document has one currency", sent.name());
        return refuse("currency_mismatch", detail);
    }
    line.currency = Some(currency.clone());
    let chosen = match products.chosen(sight, touched, sent) {
        Ok(chosen) => chosen,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some((product, new)) = chosen else { return Ok(Ok(line)) };
    line.product = Some(product.id.0);
    let keeps = |path: &str| touched.is_new() || touched.changes(path);
    if line.sku.is_none() || (new && !keeps("sku")) {
        line.sku = product.sku.clone().or(line.sku);
    }
    if line.description.is_none() || (new && !keeps("description")) {
        line.description = Some(product.name.chars().take(500).collect());
    }
    if line.unit.is_none() || (new && !keeps("unit")) {
        line.unit = product.unit.clone().or(line.unit);
    }
    if line.price.is_none() || (new && !keeps("unit_price")) {
        line.price = match prices.of(sight, product, document.price_book, line.quantity, &currency).await? {
            Ok(price) => price,
            Err((rule, detail)) => return refuse(rule, format!("{}: {detail}", sent.name())),
        };
    }
    Ok(Ok(line))
}

async fn sum(
    sight: &Sight<'_>,
    documents: &HashMap<Id, Document>,
    lines: &BTreeMap<Id, Line>,
    family: &Family,
    out: &mut Worked,
) -> Result<()> {
    let taxed = family.document == QUOTES.document;
    let mut wanted: Vec<i64> = lines.values().filter(|_| taxed).filter_map(|line| line.tax_rate).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut rates: HashMap<i64, Rate> = HashMap::new();
    if !wanted.is_empty() {
        let most = wanted.len() as u64;
        for rate in sight.find("tax_rate", &[("id", Op::In, Value::Ints(wanted))], most).await? {
            rates.insert(rate.id.0, Rate { rate: rate.int("rate").unwrap_or(0), id: rate.id.0 });
        }
    }
    for (id, document) in documents.iter().filter(|(_, d)| d.summed) {
        let currency = document.currency.as_deref().unwrap_or_default();
        let own: Vec<&Line> = lines.values().filter(|line| line.document == Some(*id)).collect();
        let other = own.iter().find_map(|line| line.currency.as_deref().filter(|own| *own != currency));
        if let Some(other) = other {
            let detail = format!("the document is in {currency}, lines of it in {other}; send the lines anew with it");
            out.verdicts.push(Verdict::refuse(document.step, "currency_mismatch", detail));
            continue;
        }
        let rate = |line: &Line| line.tax_rate.and_then(|id| rates.get(&id)).copied();
        match totals::sums(own.iter().map(|line| line.amounts(rate(line))), currency) {
            Some(sums) => {
                out.sums.insert(*id, sums);
            }
            None => out.verdicts.push(Verdict::Refuse {
                step: document.step,
                error: kontor_model::Fault::new("lines", "range", "sum up to more than money can hold").into(),
            }),
        }
    }
    Ok(())
}
