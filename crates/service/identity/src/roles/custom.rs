//! A space's own role: its permissions added up.

use std::collections::{BTreeMap, BTreeSet};

use kontor_catalog::Catalog;
use kontor_model::{Id, Kind, Result};
use kontor_records::{Policy, Reach, Rule};
use kontor_store::{Expr, Select, Store, Which};
use serde_json::Value as J;

/// More permissions than that no role has.
const MOST: u64 = 10_000;

/// One permission: what may be done with the records of an object.
struct Permission {
    object: String,
    action: String,
    reach: Reach,
    hidden: BTreeSet<String>,
    locked: BTreeSet<String>,
}

/// The rules of a role.
///
/// # Errors
/// The database's.
pub async fn compile(store: &dyn Store, catalog: &Catalog, role: Id, name: &str) -> Result<Policy> {
    let def = catalog.require("permission")?;
    let columns =
        [("target_object", Kind::Text), ("action", Kind::Text), ("reach", Kind::Text), ("field_mask", Kind::Json)];
    let columns = columns.map(|(name, kind)| Expr::column(name, kind)).to_vec();
    let mut select = Select::new(catalog.space, def.table_name().clone(), columns).limit(MOST);
    select.from = def.source(Which::Live);
    let rows = store.rows(select.equals("role_id", Kind::Int, role.0)).await?;
    let permissions = rows.iter().filter_map(|row| {
        let text = |i: usize| row.get(i).and_then(|v| v.as_str());
        let mask: J = text(3).and_then(|mask| serde_json::from_str(mask).ok()).unwrap_or_default();
        let paths = |key: &str| {
            mask.get(key).and_then(J::as_array).into_iter().flatten().filter_map(J::as_str).map(str::to_owned).collect()
        };
        Some(Permission {
            object: text(0)?.to_owned(),
            action: text(1)?.to_owned(),
            reach: text(2).and_then(Reach::from_name).unwrap_or(Reach::Own),
            hidden: paths("hidden"),
            locked: paths("read_only"),
        })
    });
    Ok(policy(name, permissions.collect()))
}

fn policy(name: &str, permissions: Vec<Permission>) -> Policy {
    let mut others = Rule::default();
    permissions.iter().filter(|p| p.object == "*").for_each(|p| add(&mut others, p));
    let mut objects: BTreeMap<String, Rule> = BTreeMap::new();
    for permission in permissions.iter().filter(|p| p.object != "*") {
        add(objects.entry(permission.object.clone()).or_insert_with(|| others.clone()), permission);
    }
    Policy::new(name, false, objects, others)
}

fn add(rule: &mut Rule, permission: &Permission) {
    let raise = |reach: &mut Reach| *reach = (*reach).max(permission.reach);
    match permission.action.as_str() {
        "create" => rule.create |= permission.reach != Reach::None,
        "read" => raise(&mut rule.read),
        "update" => raise(&mut rule.update),
        "delete" => raise(&mut rule.delete),
        "*" => {
            rule.create |= permission.reach != Reach::None;
            raise(&mut rule.read);
            raise(&mut rule.update);
            raise(&mut rule.delete);
        }
        _ => {}
    }
    rule.hidden.extend(permission.hidden.iter().cloned());
    rule.locked.extend(permission.locked.iter().cloned());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(object: &str, action: &str, reach: Reach, hidden: &[&str]) -> Permission {
        Permission {
            object: object.to_owned(),
            action: action.to_owned(),
            reach,
            hidden: hidden.iter().map(|s| (*s).to_owned()).collect(),
            locked: BTreeSet::new(),
        }
    }

    #[test]
    fn permissions_add_up() {
        let policy = policy(
            "auditor",
            vec![
                permission("*", "read", Reach::Team, &[]),
                permission("deal", "read", Reach::All, &["amount"]),
                permission("deal", "update", Reach::Own, &[]),
                permission("deal", "nonsense", Reach::All, &[]),
                permission("note", "*", Reach::Own, &[]),
            ],
        );
        assert_eq!(policy.others, Rule { read: Reach::Team, ..Rule::default() });
        let deal = policy.rule("deal");
        assert_eq!((deal.create, deal.read, deal.update, deal.delete), (false, Reach::All, Reach::Own, Reach::None));
        assert!(deal.hidden.contains("amount"));
        let note = policy.rule("note");
        assert_eq!((note.create, note.read, note.update, note.delete), (true, Reach::Team, Reach::Own, Reach::Own));
    }
}
