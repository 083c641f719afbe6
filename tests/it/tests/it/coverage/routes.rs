//! Every route of the table asks for a credential, and answers with one.

use kontor_oauth::routes::{MANAGEMENT, PROTOCOL};
use kontor_rest::routes::{Access, Gives, ROUTES, Route, Takes};
use kontor_testkit::{Api, Reply, both};
use serde_json::json;

use crate::support::filled;

both!(
    no_route_is_open_by_mistake,
    every_route_is_there,
    reads_need_a_scope_and_writes_more,
    every_route_refuses_other_methods,
    the_authorization_server_refuses_in_its_own_words
);

async fn call(api: &Api, route: &Route) -> Reply {
    let request = api.request(route.method, &filled(route));
    match (route.method, route.takes) {
        ("GET" | "DELETE", _) => request.send().await,
        (_, Takes::Stream) => request.form(&[]).send().await,
        _ => request.json(&json!({})).send().await,
    }
}

/// Routes that answer as api.md says.
fn usual() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().chain(MANAGEMENT)
}

/// Those of the authorization server speak as their standards do (RFC 6749, 5.2), and to people in pages.
async fn the_authorization_server_refuses_in_its_own_words(api: Api) {
    for route in PROTOCOL {
        let reply = call(&api.anonymous(), route).await;
        assert!(reply.error_code() != 404_000 && reply.status != 405 && reply.status < 500, "{reply}");
        let media = reply.header("content-type");
        if route.access != Access::Open {
            let _ = reply.refused(401_000);
        } else if reply.status >= 400 && !media.starts_with("text/html") {
            assert!(media == "application/json" && reply.json["error"].is_string(), "{reply}");
            assert_eq!(reply.header("cache-control"), "no-store", "{reply}");
        }
    }
}

async fn no_route_is_open_by_mistake(api: Api) {
    for route in usual() {
        let reply = call(&api.anonymous(), route).await;
        if route.access == Access::Open {
            // What is sent to an open route may still be wrong, and a page needs a link that was made for it.
            let is_wrong = route.method == "POST" && reply.status == 400;
            let is_no_link = route.path.starts_with("/public/") && reply.error_code() == 404_001;
            assert!(reply.status < 400 || is_wrong || is_no_link, "{reply}");
        } else {
            let _ = reply.refused(401_000);
        }
    }
}

async fn every_route_is_there(api: Api) {
    for route in usual() {
        let reply = call(&api, route).await;
        assert!(reply.error_code() != 404_000 && reply.status != 405 && reply.status < 500, "{reply}");
        if reply.status >= 400 {
            reply.is_problem();
        } else if route.gives == Gives::Json {
            assert!(reply.header("content-type").starts_with("application/json"), "{reply}");
        }
    }
}

async fn reads_need_a_scope_and_writes_more(api: Api) {
    let nothing = api.as_role("admin", &["--scopes", "openid"]);
    let reader = api.as_role("admin", &["--scopes", "crm:read"]);
    let writer = api.as_role("admin", &["--scopes", "crm:read,crm:write"]);
    for route in usual() {
        let wanted = |access: &[Access]| access.contains(&route.access);
        let cases = [
            (&nothing, wanted(&[Access::Open, Access::Signed])),
            (&reader, wanted(&[Access::Open, Access::Signed, Access::Read])),
            (&writer, wanted(&[Access::Open, Access::Signed, Access::Read, Access::Write])),
        ];
        for (caller, may) in cases {
            let reply = call(caller, route).await;
            let refused = reply.error_code() == 403_001;
            // What is asked for may not be there, or the body be wrong, before a scope is looked for; nothing is done.
            let never_got_there = route.path == "/v1/composite"
                || route.operation == "batchRecords"
                || route.path == "/v1/imports"
                || route.path == "/v1/exports"
                || route.path.starts_with("/v1/jobs");
            assert!(
                refused != may || (never_got_there && reply.status >= 400),
                "{}: {reply}",
                caller.key().unwrap_or_default().get(..4).unwrap_or_default()
            );
        }
    }
}

async fn every_route_refuses_other_methods(api: Api) {
    for route in usual().chain(PROTOCOL) {
        let allowed: Vec<&str> =
            usual().chain(PROTOCOL).filter(|other| other.path == route.path).map(|other| other.method).collect();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"] {
            if allowed.contains(&method) {
                continue;
            }
            let reply = api.request(method, &filled(route)).send().await;
            // There is an action of this name, and nothing else.
            if route.of_object {
                let _ = reply.refused(404_000);
                continue;
            }
            let reply = reply.refused(405_000);
            for allowed in &allowed {
                assert!(reply.header("allow").contains(allowed), "{reply}: {}", reply.header("allow"));
            }
        }
    }
}
