//! The table of routes against what is asked.

use std::collections::BTreeSet;

use kontor_http::HEALTH_ROUTES;
use kontor_rest::routes::ROUTES;

use super::cases::NOTHING;
use super::probe::Probe;

/// Fails when a route has no case, or a case no route.
pub fn complete(probes: &[Probe]) {
    let routes: BTreeSet<(&str, &str)> = ROUTES
        .iter()
        .chain(kontor_oauth::ROUTES)
        .chain(kontor_scim::ROUTES)
        .chain(kontor_ui::ROUTES)
        .chain(HEALTH_ROUTES)
        .map(|route| (route.method, route.path))
        .collect();
    let asked: BTreeSet<(&str, &str)> = probes.iter().map(|probe| probe.route).collect();
    let nothing: BTreeSet<(&str, &str)> = NOTHING.iter().map(|(method, path, _)| (*method, *path)).collect();
    let missing: Vec<_> = routes.iter().filter(|route| !asked.contains(route) && !nothing.contains(route)).collect();
    assert!(missing.is_empty(), "routes without a case: {missing:?}");
    let gone: Vec<_> = asked.union(&nothing).filter(|route| !routes.contains(route)).collect();
    assert!(gone.is_empty(), "cases without a route: {gone:?}");
    let both: Vec<_> = asked.intersection(&nothing).collect();
    assert!(both.is_empty(), "routes that take nothing and are asked: {both:?}");
}
