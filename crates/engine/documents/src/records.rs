//! What documents take from records: who issues them, whom they are for, what tax is on them.

use std::collections::BTreeMap;

use kontor_model::{Error, ErrorCode, Op, Result, Value};
use kontor_records::{Found, Sight, refusal};

use crate::document::{Address, Buyer, Issued, Language, Line, ONE, Seller, TaxKind};

/// The address of a record whose fields begin with `prefix`.
pub fn address(record: &Found, prefix: &str) -> Address {
    let part = |name: &str| record.text(&format!("{prefix}_{name}")).to_owned();
    Address {
        street: part("street"),
        city: part("city"),
        region: part("region"),
        postal_code: part("postal_code"),
        country: part("country"),
    }
}

/// Refuses who may not see all that is printed: a document has no holes.
///
/// # Errors
/// 403000 naming the object.
pub fn sees_whole(sight: &Sight<'_>, objects: &[&str]) -> Result<()> {
    let policy = &sight.ctx().caller.policy;
    match objects.iter().find(|object| !policy.rule(object).hidden.is_empty()) {
        None => Ok(()),
        Some(object) => {
            let detail = format!("the role {} does not see all fields of a {object}, which are printed", policy.role);
            Err(Error::new(ErrorCode::Forbidden, detail))
        }
    }
}

fn seller_of(entity: &Found) -> Seller {
    let text = |name: &str| entity.text(name).to_owned();
    Seller {
        name: text("name"),
        trading_name: text("trading_name"),
        address: address(entity, "address"),
        vat_id: text("vat_id"),
        tax_number: text("tax_number"),
        registration_number: text("registration_number"),
        legal_notice: text("legal_notice"),
        electronic_address: text("electronic_address"),
        contact_name: text("contact_name"),
        email: text("email"),
        phone: text("phone"),
        website: text("website"),
        bank_name: text("bank_name"),
        account_holder: text("account_holder"),
        iban: text("iban"),
        bic: text("bic"),
        payment_note: text("payment_note"),
        language: text("language"),
        logo: text("logo"),
    }
}

/// The legal entity that issues a document: the one that it names, else the default one, else the first.
///
/// # Errors
/// The database's.
pub async fn legal_entity(sight: &Sight<'_>, named: &Value) -> Result<Option<Found>> {
    if let Some(found) = sight.referred("legal_entity", named).await? {
        return Ok(Some(found));
    }
    let default = [("is_default", Op::Eq, Value::Bool(true))];
    match sight.find("legal_entity", &default, 1).await?.pop() {
        Some(found) => Ok(Some(found)),
        None => Ok(sight.find("legal_entity", &[], 1).await?.pop()),
    }
}

/// The seller of a document.
///
/// # Errors
/// 422000 `legal_entity_missing`; the database's.
pub async fn seller(sight: &Sight<'_>, named: &Value) -> Result<Seller> {
    let found = legal_entity(sight, named).await?;
    found.as_ref().map(seller_of).ok_or_else(|| {
        let detail =
            "the workspace has no legal_entity that documents are issued by; make one: POST /v1/legal_entities";
        refusal("legal_entity_missing", detail)
    })
}

fn tax_kind(rate: &Found) -> TaxKind {
    let units = rate.int("rate").unwrap_or(0);
    let category = match (rate.text("category"), rate.text("tax_class"), units) {
        ("", "exempt", 0) => "exempt",
        ("", _, 0) => "zero",
        ("", _, _) => "standard",
        (named, ..) => named,
    };
    TaxKind { category: category.to_owned(), rate: units, reason: rate.text("exemption_reason").to_owned() }
}

/// Tax rates by id.
///
/// # Errors
/// The database's.
pub async fn taxes(sight: &Sight<'_>, ids: impl IntoIterator<Item = i64>) -> Result<BTreeMap<i64, TaxKind>> {
    let mut ids: Vec<i64> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let most = ids.len() as u64;
    let found = sight.find("tax_rate", &[("id", Op::In, Value::Ints(ids))], most).await?;
    Ok(found.iter().map(|rate| (rate.id.0, tax_kind(rate))).collect())
}

/// What a document with these lines keeps when it is issued: the seller, empty where there is no legal entity yet, and
/// the kinds of tax.
///
/// # Errors
/// The database's.
pub async fn issued(sight: &Sight<'_>, named: &Value, lines: &[Found]) -> Result<Issued> {
    let seller = legal_entity(sight, named).await?.as_ref().map(seller_of).unwrap_or_default();
    let taxes = taxes(sight, lines.iter().filter_map(|line| line.int("tax_rate_id"))).await?;
    let taxes = taxes.into_iter().map(|(id, kind)| (id.to_string(), kind)).collect();
    Ok(Issued { seller, taxes, buyer: None })
}

/// Who issued a document, or would; with the logo of today.
///
/// # Errors
/// 422000 `legal_entity_missing`; the database's.
pub async fn seller_as(sight: &Sight<'_>, named: &Value, issued: Option<&Issued>) -> Result<Seller> {
    let Some(issued) = issued.filter(|issued| !issued.seller.name.is_empty()) else {
        return seller(sight, named).await;
    };
    let entity = legal_entity(sight, named).await?;
    let logo = entity.map(|entity| entity.text("logo").to_owned()).unwrap_or_default();
    Ok(Seller { logo, ..issued.seller.clone() })
}

/// The kinds of tax of these rates, as they were where the document was issued.
///
/// # Errors
/// The database's.
pub async fn taxes_as(
    sight: &Sight<'_>,
    ids: impl IntoIterator<Item = i64>,
    issued: Option<&Issued>,
) -> Result<BTreeMap<i64, TaxKind>> {
    let kept =
        |issued: &Issued| issued.taxes.iter().filter_map(|(id, kind)| Some((id.parse().ok()?, kind.clone()))).collect();
    match issued {
        Some(issued) => Ok(kept(issued)),
        None => taxes(sight, ids).await,
    }
}

/// The language that a document is in: the first that is said, else the seller's.
pub fn language<'a>(said: impl IntoIterator<Item = &'a str>, seller: &Seller) -> Language {
    let said = said.into_iter().find(|code| !code.is_empty());
    Language::of(said.unwrap_or(&seller.language))
}

/// A line of a document; `net` and `unit` where its object has them.
pub fn line(found: &Found, net: i64, tax: Option<TaxKind>) -> Line {
    Line {
        sku: found.text("sku").to_owned(),
        description: found.text("description").to_owned(),
        quantity: found.int("quantity").unwrap_or(ONE),
        unit: found.text("unit").to_owned(),
        price: found.int("unit_price").unwrap_or(0),
        discount: found.int("discount").unwrap_or(0),
        net,
        tax,
    }
}

/// Whom a document is for: its own `billing_…` fields, else what is known of the customer, the company and the person.
///
/// # Errors
/// The database's.
pub async fn buyer(sight: &Sight<'_>, document: &Found) -> Result<Buyer> {
    let customer = sight.referred("customer", document.value("customer_id")).await?;
    let of_customer = |name: &str| customer.as_ref().map(|found| found.value(name).clone()).unwrap_or_default();
    let or = |own: &Value, other: Value| if own.is_null() { other } else { own.clone() };
    let company = or(document.value("company_id"), of_customer("company_id"));
    let company = sight.referred("company", &company).await?;
    let contact = or(document.value("contact_id"), of_customer("contact_id"));
    let contact = sight.referred("contact", &contact).await?;
    let own = address(document, "billing");
    let address = match &company {
        Some(company) if own == Address::default() => address(company, "billing"),
        _ => own,
    };
    let text =
        |record: &Option<Found>, name: &str| record.as_ref().map(|r| r.text(name)).unwrap_or_default().to_owned();
    let first = |all: [String; 3]| all.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    let person = crate::sheet::filled([text(&contact, "first_name").as_str(), &text(&contact, "last_name")]).join(" ");
    let name = first([document.text("billing_name").to_owned(), text(&customer, "name"), text(&company, "name")]);
    let (name, person) = if name.is_empty() { (person, String::new()) } else { (name, person) };
    Ok(Buyer {
        contact: if person == name { String::new() } else { person },
        name,
        address,
        vat_id: first([document.text("billing_tax_id").to_owned(), text(&customer, "tax_id"), String::new()]),
        email: first([document.text("billing_email").to_owned(), text(&customer, "email"), text(&contact, "email")]),
        electronic_address: first([
            document.text("billing_electronic_address").to_owned(),
            text(&customer, "electronic_address"),
            String::new(),
        ]),
        reference: first([
            document.text("buyer_reference").to_owned(),
            text(&customer, "buyer_reference"),
            String::new(),
        ]),
        purchase_order: document.text("purchase_order").to_owned(),
        language: text(&customer, "language"),
    })
}
