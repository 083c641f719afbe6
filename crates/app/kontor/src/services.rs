//! The services of this binary, as a table: what they declare is what every space has.

use std::sync::Arc;

use kontor_events::Consumer;
use kontor_mailbox::Receive;
use kontor_model::Object;
use kontor_records::{Act, Guest, Hear, Hook, Look, Sweep};

/// A service and what it declares.
pub struct Service {
    #[cfg_attr(not(test), expect(dead_code, reason = "names the row; the tests hold the declarations against it"))]
    pub name: &'static str,
    pub objects: fn() -> Vec<Object>,
}

/// Every service, in the order of its objects in the catalog.
pub const SERVICES: &[Service] = &[
    Service { name: "identity", objects: kontor_identity::objects },
    Service { name: "contacts", objects: kontor_contacts::objects },
    Service { name: "activities", objects: kontor_activities::objects },
    Service { name: "leads", objects: kontor_leads::objects },
    Service { name: "sales", objects: kontor_sales::objects },
    Service { name: "invoicing", objects: kontor_invoicing::objects },
    Service { name: "support", objects: kontor_support::objects },
    Service { name: "marketing", objects: kontor_marketing::objects },
    Service { name: "reporting", objects: kontor_reporting::objects },
    Service { name: "automation", objects: kontor_automation::objects },
    Service { name: "notifications", objects: kontor_notifications::objects },
    Service { name: "integrations", objects: kontor_integrations::objects },
    Service { name: "webhooks", objects: kontor_webhooks::objects },
];

/// The services' rules about changes.
pub fn hooks() -> Vec<Arc<dyn Hook>> {
    let services = [
        kontor_identity::roles::guard::all(),
        kontor_contacts::hooks(),
        kontor_activities::hooks(),
        kontor_leads::hooks(),
        kontor_sales::hooks(),
        kontor_invoicing::hooks(),
        kontor_support::hooks(),
        kontor_webhooks::hooks(),
        kontor_reporting::hooks(),
        kontor_automation::hooks(),
        kontor_notifications::hooks(),
        kontor_marketing::hooks(),
    ];
    services.into_iter().flatten().collect()
}

/// The services' actions.
pub fn acts() -> Vec<Arc<dyn Act>> {
    let services = [
        kontor_records::likeness::acts(),
        kontor_contacts::acts(),
        kontor_activities::acts(),
        kontor_leads::acts(),
        kontor_sales::acts(),
        kontor_invoicing::acts(),
        kontor_support::acts(),
        kontor_marketing::acts(),
        kontor_reporting::acts(),
        kontor_automation::acts(),
        kontor_notifications::acts(),
    ];
    services.into_iter().flatten().collect()
}

/// What the services show of records besides their fields.
pub fn looks() -> Vec<Arc<dyn Look>> {
    let services = [
        kontor_records::likeness::looks(),
        kontor_activities::looks(),
        kontor_sales::looks(),
        kontor_invoicing::looks(),
        kontor_support::looks(),
        kontor_reporting::looks(),
        kontor_marketing::looks(),
        kontor_automation::looks(),
    ];
    services.into_iter().flatten().collect()
}

/// The services' pages for who has a link.
pub fn guests() -> Vec<Arc<dyn Guest>> {
    let services = [
        kontor_activities::guests(),
        kontor_sales::guests(),
        kontor_support::guests(),
        kontor_marketing::guests(),
        kontor_automation::guests(),
    ];
    services.into_iter().flatten().collect()
}

/// The services that do something when something happens.
pub fn consumers() -> Vec<Arc<dyn Consumer>> {
    let services = [kontor_notifications::consumers(), kontor_automation::consumers(), kontor_reporting::consumers()];
    services.into_iter().flatten().collect()
}

/// The services that are told what became of their letters.
pub fn hears() -> Vec<Arc<dyn Hear>> {
    let services = [
        kontor_contacts::hears(),
        kontor_activities::hears(),
        kontor_leads::hears(),
        kontor_support::hears(),
        kontor_marketing::hears(),
    ];
    services.into_iter().flatten().collect()
}

/// The services that take mail that comes in, in the order in which they are asked.
pub fn receives() -> Vec<Arc<dyn Receive>> {
    let services = [kontor_support::receives(), kontor_activities::receives()];
    services.into_iter().flatten().collect()
}

/// What the services do when time has come.
pub fn sweeps() -> Vec<Arc<dyn Sweep>> {
    let services = [
        kontor_records::likeness::sweeps(),
        kontor_contacts::sweeps(),
        kontor_activities::sweeps(),
        kontor_leads::sweeps(),
        kontor_sales::sweeps(),
        kontor_invoicing::sweeps(),
        kontor_support::sweeps(),
        kontor_reporting::sweeps(),
        kontor_marketing::sweeps(),
        kontor_automation::sweeps(),
    ];
    services.into_iter().flatten().collect()
}

/// All standard objects.
pub fn objects() -> Vec<Object> {
    SERVICES.iter().flat_map(|s| (s.objects)()).collect()
}

#[cfg(test)]
mod tests {
    use kontor_catalog::Catalog;
    use kontor_model::SpaceId;

    #[test]
    fn the_declarations_of_all_services_resolve() {
        let catalog = Catalog::resolve(SpaceId(1), 0, &super::objects(), Default::default()).unwrap();
        for service in super::SERVICES {
            let declared: Vec<_> = (service.objects)();
            assert!(
                declared.iter().all(|o| o.service == service.name),
                "{} declares objects of another service",
                service.name
            );
        }
        assert!(catalog.object("deal").is_some_and(|d| d.field("currency").is_some()));
    }

    #[test]
    fn every_action_that_is_declared_is_done_and_the_other_way_round() {
        let objects = super::objects();
        let mut declared: Vec<(&str, &str)> = objects
            .iter()
            .flat_map(|o| o.actions.iter().map(|action| (o.name.as_str(), action.name.as_str())))
            .collect();
        let acts = super::acts();
        let mut done: Vec<(&str, &str)> = acts.iter().map(|act| (act.object(), act.name())).collect();
        declared.sort_unstable();
        done.sort_unstable();
        assert_eq!(declared, done);
        let mut declared: Vec<(&str, &str)> =
            objects.iter().flat_map(|o| o.views.iter().map(|view| (o.name.as_str(), view.name.as_str()))).collect();
        let looks = super::looks();
        let mut shown: Vec<(&str, &str)> = looks.iter().map(|look| (look.object(), look.name())).collect();
        declared.sort_unstable();
        shown.sort_unstable();
        assert_eq!(declared, shown);
        // The generic routes of a record have these names already.
        const TAKEN: &[&str] = &["restore", "purge", "history", "timeline", "shares", "search", "batch", "aggregate"];
        assert!(done.iter().chain(&shown).all(|(_, name)| !TAKEN.contains(name)));
    }

    #[test]
    fn workflows_that_are_shipped_can_be_read() {
        let catalog = Catalog::resolve(SpaceId(1), 0, &super::objects(), Default::default()).unwrap();
        for workflow in kontor_automation::shipped() {
            let faults = kontor_automation::check(&workflow["steps"], &catalog);
            assert!(faults.is_empty(), "{}: {faults:?}", workflow["name"]);
        }
    }

    #[test]
    fn tables_and_indexes_have_names_of_their_own() {
        let schema = kontor_catalog::schema(&super::objects());
        let mut names: Vec<&str> = schema
            .tables
            .iter()
            .flat_map(|t| std::iter::once(t.name.as_str()).chain(t.indexes.iter().map(|i| i.name.as_str())))
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(names.iter().all(|n| n.len() <= 60));
    }
}
