//! What lines take from elsewhere: products, rates of tax, the countries that documents go to. Each is asked for once
//! for a whole set of changes.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use kontor_model::{Error, ErrorCode, Id, Op, Result, Value};
use kontor_records::{Found, Sight, Touched};

use super::kind::{All, Kind, Record, by_ids, map_of};

/// Rates of tax that are looked through; a workspace has dozens.
const RATES: u64 = 10_000;

/// See the module.
pub(crate) struct Lookups {
    products: BTreeMap<i64, Found>,
    by_sku: BTreeMap<String, i64>,
    rates: Vec<Found>,
    /// Of documents that are taxed by a product's class.
    countries: BTreeMap<i64, String>,
}

/// Whether a line names its product by number: it has none, or a new number and the old product.
pub(crate) fn is_by_sku(line: &Touched<'_>) -> bool {
    let (product, sku) = (line.field("product_id").1, line.field("sku").1);
    let (new_sku, new_product) = (line.changes("sku"), line.changes("product_id"));
    let alone = if product.is_null() { new_sku || new_product } else { new_sku && !new_product };
    alone && sku.as_str().is_some_and(|sku| !sku.is_empty())
}

/// Whether anything that follows from the product may be missing.
fn asks_product(line: &Touched<'_>) -> bool {
    let missing = |path: &str| line.field(path).1.is_null();
    is_by_sku(line)
        || line.changes("product_id")
        || line.changes("tax_rate_id")
        || ["unit_price", "description", "sku"].into_iter().any(missing)
}

impl Lookups {
    /// What these lines ask for.
    ///
    /// # Errors
    /// The database's.
    pub async fn read(sight: &Sight<'_>, kind: &Kind, lines: &[&Touched<'_>], documents: &All<'_, '_>) -> Result<Self> {
        let asking: Vec<&&Touched<'_>> = lines.iter().filter(|line| asks_product(line)).collect();
        let skus: Vec<String> = (asking.iter().filter(|line| is_by_sku(line)))
            .filter_map(|line| line.field("sku").1.as_str().map(str::to_owned))
            .collect();
        let ids = asking.iter().filter_map(|line| line.field("product_id").1.as_i64()).collect();
        let mut products = map_of(sight, "product", ids).await?;
        if !skus.is_empty() {
            let most = skus.len() as u64;
            let found = sight.find("product", &[("sku", Op::In, Value::Texts(skus))], most).await?;
            products.extend(found.into_iter().map(|product| (product.id.0, product)));
        }
        let by_sku = products.iter().map(|(id, product)| (product.text("sku").to_owned(), *id)).collect();
        let taxed = |line: &&&Touched<'_>| !line.is_by_service() && line.field("tax_rate_id").1.is_null();
        let mut out = Self { products, by_sku, rates: Vec::new(), countries: BTreeMap::new() };
        if asking.iter().any(taxed) && !out.products.is_empty() {
            out.rates = sight.find("tax_rate", &[("active", Op::Eq, Value::Bool(true))], RATES).await?;
            if out.rates.iter().any(|rate| !rate.value("country").is_null()) {
                out.countries = countries(sight, kind, documents).await?;
            }
        }
        Ok(out)
    }

    /// The product of a line: none when it has none.
    ///
    /// # Errors
    /// 422000 `unknown_sku` for a number that no product has that the caller sees; the database's.
    pub async fn product(&self, sight: &Sight<'_>, line: &Touched<'_>, name: &str) -> Result<Option<&Found>> {
        let sku = line.field("sku").1.as_str().unwrap_or_default();
        if is_by_sku(line) {
            let found = self.by_sku.get(sku).and_then(|id| self.products.get(id));
            if let Some(found) = found
                && (line.is_by_service() || sees(sight, found.id).await?)
            {
                return Ok(Some(found));
            }
            // What services copy and what history brings may be of products that are gone.
            if line.is_by_service() || sight.is_history() {
                return Ok(None);
            }
            return Err(kontor_records::refusal(
                "unknown_sku",
                format!("{name}: no product has the sku \"{sku}\"; make the product first, or leave the sku out"),
            ));
        }
        let found = line.field("product_id").1.as_i64().and_then(|id| self.products.get(&id));
        let Some(found) = found else { return Ok(None) };
        let own = found.text("sku");
        let sent = line.changes("sku") && !line.is_by_service() && !sight.is_history();
        if sent && !sku.is_empty() && !own.is_empty() && own != sku {
            let detail =
                format!("{name}: the product's sku is \"{own}\", not \"{sku}\"; send one of product_id and sku");
            return Err(kontor_records::refusal("sku_mismatch", detail));
        }
        Ok(Some(found))
    }

    /// The rate of a class of products that holds in the document's country on a day: one of that country before one
    /// of none, of several the one that began last. Rates of regions are chosen by hand only.
    pub fn rate(&self, class: &str, document: i64, day: i64) -> Option<i64> {
        let country = self.countries.get(&document).map_or("", String::as_str);
        let holds = |rate: &&Found| {
            rate.text("tax_class") == class
                && rate.text("region").is_empty()
                && rate.int("valid_from").is_none_or(|from| from <= day)
                && rate.int("valid_until").is_none_or(|until| day <= until)
        };
        let of = |wanted: &str| {
            let found = self.rates.iter().filter(holds).filter(|rate| rate.text("country") == wanted);
            let key = |rate: &&Found| (rate.int("valid_from"), rate.int("valid_until").is_some(), Reverse(rate.id.0));
            found.max_by_key(key).map(|rate| rate.id.0)
        };
        of(country).or_else(|| of(""))
    }
}

/// Whether the caller's role sees a product.
async fn sees(sight: &Sight<'_>, product: Id) -> Result<bool> {
    if sight.ctx().caller.sees_all(sight.ctx().whole.require("product")?) {
        return Ok(true);
    }
    match sight.visible("product", product).await {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::Forbidden) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Where documents go: their own country, else that of the customer's company, else of their own company.
async fn countries(sight: &Sight<'_>, kind: &Kind, documents: &All<'_, '_>) -> Result<BTreeMap<i64, String>, Error> {
    let open = |record: &Record<'_, '_>| record.text(kind.country).is_empty();
    let asking: Vec<(&i64, &Record<'_, '_>)> =
        documents.iter().map(|(id, d)| (id, &d.record)).filter(|(_, record)| open(record)).collect();
    let customers = asking.iter().filter_map(|(_, record)| record.int("customer_id")).collect();
    let customers = map_of(sight, "customer", customers).await?;
    let company = |record: &Record<'_, '_>| {
        let of_customer = record.int("customer_id").and_then(|id| customers.get(&id)?.int("company_id"));
        of_customer.or_else(|| record.int("company_id"))
    };
    let companies = by_ids(sight, "company", asking.iter().filter_map(|(_, record)| company(record)).collect()).await?;
    let companies: BTreeMap<i64, String> = companies
        .iter()
        .map(|c| (c.id.0, [c.text("billing_country"), c.text("country")]))
        .filter_map(|(id, texts)| Some((id, texts.into_iter().find(|text| !text.is_empty())?.to_owned())))
        .collect();
    let of = |record: &Record<'_, '_>| match record.text(kind.country) {
        "" => companies.get(&company(record)?).cloned(),
        own => Some(own.to_owned()),
    };
    Ok(documents.iter().filter_map(|(id, document)| Some((*id, of(&document.record)?))).collect())
}
