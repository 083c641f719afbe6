//! The internal listener: what is private is there, and nowhere else.

use std::net::TcpListener;

use kontor_http::HEALTH_ROUTES;
use kontor_rest::routes::{Mark, ROUTES, Route};
use kontor_testkit::{Api, Backend, Reply, Server, both_alone};
use serde_json::{Value, json};

use crate::support::{customer, filled};

both_alone!(private_routes_are_on_the_internal_listener_only, the_documents_of_the_public_side_do_not_name_them);

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port()
}

/// A server with two listeners: a client of the public one, and one of the internal one.
async fn both_sides(backend: Backend) -> (Server, Api, Api) {
    let port = free_port();
    let server = Server::builder().backend(backend).env("KONTOR_INTERNAL_LISTEN", &format!("127.0.0.1:{port}"));
    let server = server.start().await;
    let public = server.api();
    let internal = public.at(&format!("http://127.0.0.1:{port}"));
    (server, public, internal)
}

fn every_route() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().chain(kontor_oauth::ROUTES).chain(HEALTH_ROUTES)
}

async fn call(api: &Api, route: &Route, version: &str) -> Reply {
    let path = filled(route).replacen("/v1/", &format!("/{version}/"), 1);
    let request = api.request(route.method, &path);
    if route.method == "GET" || route.method == "DELETE" {
        request.send().await
    } else {
        request.json(&json!({})).send().await
    }
}

/// Everything of a refusal but what differs from request to request.
fn shape(reply: &Reply) -> Value {
    let mut shape = reply.json.clone();
    shape["meta"] = Value::Null;
    shape
}

async fn private_routes_are_on_the_internal_listener_only(backend: Backend) {
    let (_server, public, internal) = both_sides(backend).await;
    let absent = shape(&public.get("/v1/there/is/no/such/route").await.refused(404_000));
    let mut private = 0;
    for route in every_route() {
        for version in ["v1", "v2"] {
            let (out, inside) = (call(&public, route, version).await, call(&internal, route, version).await);
            assert!(
                inside.error_code() != 404_000 && inside.status != 405,
                "{} {}: {inside}",
                route.method,
                route.path
            );
            if route.mark != Mark::Private {
                assert!(out.error_code() != 404_000 && out.status != 405, "{} {}: {out}", route.method, route.path);
                continue;
            }
            private += 1;
            // Where other methods of the path are open to the world, it is one that is not there.
            let has_others = every_route().any(|other| other.path == route.path && other.mark != Mark::Private);
            if has_others {
                let refused = out.refused(405_000);
                assert!(!refused.header("allow").split(", ").any(|method| method == route.method), "{refused}");
            } else {
                assert_eq!(shape(&out.refused(404_000)), absent, "as if it were not there");
                let unsigned = call(&public.anonymous(), route, version).await.refused(404_000);
                assert_eq!(shape(&unsigned), absent, "also for nobody");
            }
        }
    }
    assert!(private >= 4, "{private}");
    // Both sides are one installation.
    let made = public.post("/v1/customers", customer()).await.expect(201);
    let _ = internal.delete(&format!("/v1/customers/{}", made.id())).await.expect(200);
    let purged = internal.post(&format!("/v1/customers/{}/purge", made.id()), json!({})).await;
    assert_eq!(purged.status, 200, "{purged}");
    for path in ["/healthz", "/readyz"] {
        let _ = public.anonymous().get(path).await.expect(200);
        let _ = internal.anonymous().get(path).await.expect(200);
    }
    assert!(internal.anonymous().get("/metrics").await.expect(200).text().contains("http_requests_total"));
}

fn visibilities(document: &Value) -> Vec<&str> {
    let paths = document["paths"].as_object().unwrap().values();
    paths.flat_map(|path| path.as_object().unwrap().values()).filter_map(|op| op["x-visibility"].as_str()).collect()
}

async fn the_documents_of_the_public_side_do_not_name_them(backend: Backend) {
    let (_server, public, internal) = both_sides(backend).await;
    for (public, internal) in [(&public, &internal), (&public.anonymous(), &internal.anonymous())] {
        for path in ["/openapi/v1.json", "/openapi/v2.json"] {
            let (out, inside) = (public.get(path).await.expect(200), internal.get(path).await.expect(200));
            let (shown, whole) = (visibilities(&out.json), visibilities(&inside.json));
            assert!(shown.len() > 200 && !shown.contains(&"private"), "{path}");
            assert!(whole.contains(&"private") && whole.len() > shown.len(), "{path}");
            assert!(out.json["paths"].get("/metrics").is_none());
            assert_ne!(out.header("etag"), inside.header("etag"));
        }
    }
}
