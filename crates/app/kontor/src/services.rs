//! The services of this binary, as a table: what they declare is what every space has.

use kontor_model::Object;

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
