//! The products that lines name, by id or by their number (SKU).

use std::collections::HashMap;

use kontor_model::{Id, Op, Result, Value};
use kontor_records::{Found, Sight, Touched, Verdict};

use super::line::Line;

/// What a line takes from its product.
#[derive(Debug, Clone)]
pub(crate) struct Product {
    pub id: Id,
    pub sku: Option<String>,
    pub name: String,
    pub unit: Option<String>,
    pub price: Option<i64>,
    pub currency: String,
    pub active: bool,
}

impl Product {
    fn read(found: &Found) -> Self {
        let text = |path: &str| Some(found.text(path).to_owned()).filter(|text| !text.is_empty());
        Self {
            id: found.id,
            sku: text("sku"),
            name: found.text("name").to_owned(),
            unit: text("unit"),
            price: found.int("price"),
            currency: found.text("currency").to_owned(),
            active: found.value("active").as_bool() != Some(false),
        }
    }
}

/// The products of a set of lines.
pub(crate) struct Products {
    by_id: HashMap<i64, Product>,
    by_sku: HashMap<String, i64>,
}

impl Products {
    /// # Errors
    /// The database's.
    pub async fn load(sight: &Sight<'_>, lines: &[(&Touched<'_>, Line)]) -> Result<Self> {
        let mut out = Self { by_id: HashMap::new(), by_sku: HashMap::new() };
        let asked = lines.iter().filter(|(touched, line)| matters(touched, line));
        let (mut ids, mut skus) = (Vec::new(), Vec::new());
        for (touched, line) in asked {
            match (line.product, &line.sku) {
                (_, Some(sku)) if by_number(touched, line) => skus.push(sku.clone()),
                (Some(id), _) => ids.push(id),
                _ => {}
            }
        }
        ids.sort_unstable();
        ids.dedup();
        skus.sort_unstable();
        skus.dedup();
        let most = (ids.len() + skus.len()) as u64;
        let mut found = Vec::new();
        if !ids.is_empty() {
            found.extend(sight.find("product", &[("id", Op::In, Value::Ints(ids))], most).await?);
        }
        if !skus.is_empty() {
            found.extend(sight.find("product", &[("sku", Op::In, Value::Texts(skus))], most).await?);
        }
        for product in found.iter().map(Product::read) {
            if let Some(sku) = &product.sku {
                out.by_sku.insert(sku.clone(), product.id.0);
            }
            out.by_id.insert(product.id.0, product);
        }
        Ok(out)
    }

    pub fn all(&self) -> impl Iterator<Item = &Product> {
        self.by_id.values()
    }

    /// The product of a line, and whether the line had another or none; none when nothing of it is asked for.
    ///
    /// # Errors
    /// The refusal of a number that no product has, and of a product that is no longer sold.
    pub fn chosen(
        &self,
        sight: &Sight<'_>,
        touched: &Touched<'_>,
        line: &Line,
    ) -> Result<Option<(&Product, bool)>, Verdict> {
        let id = match (line.product, &line.sku) {
            (_, Some(sku)) if by_number(touched, line) => match self.by_sku.get(sku) {
                Some(id) => Some(*id),
                None => {
                    let detail = format!("{}: no product has the sku \"{sku}\"", line.name());
                    return Err(Verdict::refuse(touched.step, "unknown_sku", detail));
                }
            },
            (id, _) => id,
        };
        let Some(product) = id.and_then(|id| self.by_id.get(&id)) else { return Ok(None) };
        let before = touched.field("product_id").0.as_i64();
        let new = touched.before.is_none() || before != Some(product.id.0);
        if new && !product.active && !sight.is_history() {
            let name = product.sku.as_ref().unwrap_or(&product.name);
            let detail = format!("{}: {name} is no longer sold; its active is false", line.name());
            return Err(Verdict::refuse(touched.step, "inactive_product", detail));
        }
        Ok(Some((product, new)))
    }
}

/// Whether the number says which product it is.
fn by_number(touched: &Touched<'_>, line: &Line) -> bool {
    let alone = line.product.is_none() || (!touched.is_new() && !touched.changes("product_id"));
    line.sku.is_some() && alone && touched.changes("sku")
}

/// Whether something of the product is asked for.
fn matters(touched: &Touched<'_>, line: &Line) -> bool {
    touched.changes("product_id") || touched.changes("sku") || line.price.is_none() || line.description.is_none()
}
