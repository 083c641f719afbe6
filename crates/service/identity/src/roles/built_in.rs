//! The roles that every space has. They cannot be changed; a space makes roles of its own beside them.

use std::collections::BTreeMap;

use kontor_catalog::Catalog;
use kontor_records::{Policy, Reach, Rule};

/// Name and what it is for.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("owner", "Everything. A space always has one."),
    ("admin", "Everything: records, users, roles, keys, objects and fields."),
    ("manager", "Reads and changes all records, and deletes those of the teams."),
    ("member", "Reads, changes and deletes all records."),
    ("sales", "Sees all; works on leads, contacts, deals and quotes of the team, and deletes its own."),
    ("support", "Sees all; works on tickets, contacts and activities."),
    ("finance", "Sees all; works on customers, orders, invoices and payments, and deletes nothing."),
    ("marketing", "Sees all; works on campaigns, segments, leads and contacts."),
    ("read-only", "Sees all and changes nothing."),
    ("integration", "Another system: reads, changes and deletes all records."),
];

/// What a role works on: services and single objects, whether it makes new ones, whose it changes, whose it deletes.
struct Work(&'static [&'static str], bool, Reach, Reach);

const ACTIVITIES: Work = Work(&["activities"], true, Reach::Team, Reach::Own);

fn works(role: &str) -> Option<&'static [Work]> {
    const SALES: &[Work] = &[
        Work(&["leads", "contacts", "deal", "deal_line", "quote", "quote_line"], true, Reach::Team, Reach::Own),
        Work(&["order", "order_line"], true, Reach::Own, Reach::None),
        ACTIVITIES,
    ];
    const SUPPORT: &[Work] = &[
        Work(&["ticket", "ticket_comment"], true, Reach::All, Reach::Own),
        Work(&["contact", "company"], true, Reach::All, Reach::None),
        ACTIVITIES,
    ];
    const FINANCE: &[Work] = &[
        Work(&["invoicing", "customer"], true, Reach::All, Reach::None),
        Work(&["activities"], true, Reach::Own, Reach::None),
    ];
    const MARKETING: &[Work] = &[
        Work(&["marketing"], true, Reach::All, Reach::All),
        Work(&["lead", "contact", "company", "consent"], true, Reach::All, Reach::Own),
        ACTIVITIES,
    ];
    Some(match role {
        "sales" => SALES,
        "support" => SUPPORT,
        "finance" => FINANCE,
        "marketing" => MARKETING,
        _ => return None,
    })
}

/// The rules of a shipped role over the objects of a catalog.
pub fn built_in(name: &str, catalog: &Catalog) -> Option<Policy> {
    let all = |delete| Rule { delete, ..Rule::new(true, Reach::All, Reach::All) };
    Some(match name {
        "owner" | "admin" => Policy::uniform(name, true, all(Reach::All)),
        "manager" => Policy::uniform(name, false, all(Reach::Team)),
        "member" | "integration" => Policy::uniform(name, false, all(Reach::All)),
        "read-only" => Policy::read_only(),
        _ => {
            let works = works(name)?;
            let mut objects = BTreeMap::new();
            for def in catalog.objects() {
                let mine = |w: &&Work| w.0.contains(&def.service.as_str()) || w.0.contains(&def.name.as_str());
                if let Some(Work(_, create, update, delete)) = works.iter().find(mine) {
                    let rule =
                        Rule { create: *create, read: Reach::All, update: *update, delete: *delete, ..Rule::default() };
                    objects.insert(def.name.clone(), rule);
                }
            }
            Policy::new(name, false, objects, Rule::new(false, Reach::All, Reach::None))
        }
    })
}
