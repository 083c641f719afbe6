//! Companies and contacts that a lead may be about, among those that the caller sees.

use kontor_model::{ErrorCode, Id, Kind, Op, Result, Value};
use kontor_records::{Found, Sight};
use kontor_store::{Expr, Order, Select, Which};

/// How many companies with the words of a name are looked at.
const MOST_ALIKE: u64 = 500;
/// How many contacts with one e-mail address are looked at.
const MOST_CONTACTS: u64 = 20;

/// Domains at which anybody gets an address: they say nothing about a company.
const PRIVATE: &[&str] = &[
    "126.com",
    "163.com",
    "aol.com",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "outlook.com",
    "pm.me",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "sina.com",
    "t-online.de",
    "web.de",
    "yahoo.com",
    "yandex.com",
    "yandex.ru",
    "zoho.com",
];

/// The domain of an address at a company.
pub(super) fn business_domain(email: &str) -> Option<String> {
    let (_, domain) = email.rsplit_once('@')?;
    let domain = domain.trim_end_matches('.').to_lowercase();
    (domain.contains('.') && !PRIVATE.contains(&domain.as_str())).then_some(domain)
}

/// Whether two names of companies are the same, case and space aside.
fn same_name(one: &str, other: &str) -> bool {
    let folded = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    folded(one) == folded(other)
}

/// A record, when the caller sees it.
///
/// # Errors
/// 403 when the caller reads none; the database's.
pub(super) async fn seen(sight: &Sight<'_>, object: &str, id: Id) -> Result<Option<Found>> {
    match sight.visible(object, id).await {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The oldest contact with this address.
///
/// # Errors
/// As [`seen`].
pub(super) async fn contact_like(sight: &Sight<'_>, email: &str) -> Result<Option<Found>> {
    if email.is_empty() {
        return Ok(None);
    }
    for contact in sight.find("contact", &[("email", Op::Eq, email.into())], MOST_CONTACTS).await? {
        if let Some(contact) = seen(sight, "contact", contact.id).await? {
            return Ok(Some(contact));
        }
    }
    Ok(None)
}

/// The company of this name, else the one of this domain.
///
/// # Errors
/// As [`seen`].
pub(super) async fn company_like(sight: &Sight<'_>, name: &str, domain: Option<&str>) -> Result<Option<Found>> {
    if let Some(id) = named(sight, name).await?
        && let Some(company) = seen(sight, "company", id).await?
    {
        return Ok(Some(company));
    }
    let Some(domain) = domain else { return Ok(None) };
    match sight.find("company", &[("domain", Op::Eq, domain.into())], 1).await?.pop() {
        Some(company) => seen(sight, "company", company.id).await,
        None => Ok(None),
    }
}

/// Whether any company has this domain, seen or not.
///
/// # Errors
/// The database's.
pub(super) async fn has_domain(sight: &Sight<'_>, domain: &str) -> Result<bool> {
    Ok(!sight.find("company", &[("domain", Op::Eq, domain.into())], 1).await?.is_empty())
}

/// The oldest company that the caller sees with this very name, else with this name in other case: the first has an
/// index, the second the full text.
async fn named(sight: &Sight<'_>, name: &str) -> Result<Option<Id>> {
    if name.is_empty() {
        return Ok(None);
    }
    let (records, ctx) = (sight.records(), sight.ctx());
    let def = ctx.whole.require("company")?;
    let select = || -> Select {
        let columns = vec![Expr::column("id", Kind::Int), Expr::column("name", Kind::Text)];
        let mut select = ctx.records_of(def, Which::Live, columns);
        select.order = vec![Order { by: Expr::column("id", Kind::Int), descending: false }];
        select
    };
    let first = |row: &Vec<Value>| row.first().and_then(Value::as_i64).map(Id);
    let exact = records.store().rows(select().equals("name", Kind::Text, name).limit(1)).await?;
    if let Some(id) = exact.first().and_then(first) {
        return Ok(Some(id));
    }
    let Some(words) = kontor_records::terms(&format!("\"{}\"", name.replace('"', " "))) else { return Ok(None) };
    let mut alike = select().limit(MOST_ALIKE);
    alike.search = Some(words);
    let alike = records.store().rows(alike).await?;
    let same = |row: &&Vec<Value>| row.get(1).and_then(Value::as_str).is_some_and(|other| same_name(name, other));
    Ok(alike.iter().find(same).and_then(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_name_no_company() {
        assert_eq!(business_domain("a@Acme.Example").as_deref(), Some("acme.example"));
        for none in ["", "a", "a@gmail.com", "a@GMX.de", "a@localhost"] {
            assert_eq!(business_domain(none), None, "{none}");
        }
    }

    #[test]
    fn names_are_the_same_but_for_case_and_space() {
        assert!(same_name("ACME  works", " Acme Works") && same_name("Größe", "GRÖßE"));
        assert!(!same_name("Acme", "Acme Works"));
    }
}
