//! Pages of other origins (the Fetch standard).

use kontor_testkit::{Api, Backend, Reply, Server, both_alone};

use crate::support::add_space;

both_alone!(a_listed_origin_may_call, a_space_speaks_for_itself, settings_are_a_closed_list);

const PAGE: &str = "https://app.example.com";

fn set(server: &Server, key: &str, value: &str, space: &str) {
    let output = server.place().output(&["settings", "set", key, value, "--space", space]);
    assert!(output.status.success(), "{output:?}");
}

async fn preflight(api: &Api, origin: &str) -> Reply {
    api.request("OPTIONS", "/v1/customers")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type")
        .send()
        .await
        .expect(204)
}

async fn read(api: &Api, origin: &str) -> Reply {
    api.request("GET", "/v1/customers?limit=1").header("origin", origin).send().await
}

async fn a_listed_origin_may_call(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    set(&server, "cors_origins", PAGE, "live");
    let (api, anonymous) = (server.api().as_role("admin", &[]), server.api().anonymous());
    let reply = preflight(&anonymous, PAGE).await;
    assert_eq!(reply.header("access-control-allow-origin"), PAGE);
    assert_eq!(reply.header("access-control-allow-methods"), "GET, HEAD, POST, OPTIONS");
    assert!(reply.header("access-control-allow-headers").contains("Idempotency-Key"));
    assert_eq!((reply.header("access-control-max-age"), reply.header("vary")), ("600", "Origin"));
    let reply = read(&api, PAGE).await.expect(200);
    assert_eq!((reply.header("access-control-allow-origin"), reply.header("vary")), (PAGE, "Origin"));
    for exposed in
        ["ETag", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id", "Idempotent-Replayed"]
    {
        let list = reply.header("access-control-expose-headers");
        assert!(list.split(", ").any(|name| name == exposed), "{exposed}: {list}");
    }
    assert_eq!(reply.header("access-control-allow-credentials"), "");
    // A page has to be able to read that its key is gone.
    let refused = read(&anonymous, PAGE).await.refused(401_000);
    assert_eq!(refused.header("access-control-allow-origin"), PAGE);
    for other in ["https://evil.example", "https://app.example.com.evil.example", "http://app.example.com", "null"] {
        for reply in
            [preflight(&anonymous, other).await, read(&api, other).await.expect(200), read(&anonymous, other).await]
        {
            assert_eq!(reply.header("access-control-allow-origin"), "", "{other}");
            assert_eq!(reply.header("vary"), "Origin");
        }
    }
    let plain = api.get("/v1/customers?limit=1").await.expect(200);
    assert_eq!((plain.header("access-control-allow-origin"), plain.header("vary")), ("", ""));
}

async fn a_space_speaks_for_itself(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    add_space(&server, "sandbox");
    set(&server, "cors_origins", PAGE, "live");
    let live = server.api().as_role("admin", &[]);
    let sandbox = server.api().as_role("admin", &["--space", "sandbox"]);
    // A preflight names no space; the answer does.
    assert_eq!(preflight(&server.api().anonymous(), PAGE).await.header("access-control-allow-origin"), PAGE);
    assert_eq!(read(&live, PAGE).await.expect(200).header("access-control-allow-origin"), PAGE);
    assert_eq!(read(&sandbox, PAGE).await.expect(200).header("access-control-allow-origin"), "");
    set(&server, "cors_origins", "*", "sandbox");
    let sandbox = server.api().as_role("admin", &["--space", "sandbox"]);
    let reply = read(&sandbox, "https://anyone.example").await.expect(200);
    assert_eq!(reply.header("access-control-allow-origin"), "https://anyone.example");
    assert_eq!(read(&live, "https://anyone.example").await.expect(200).header("access-control-allow-origin"), "");
}

async fn settings_are_a_closed_list(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let run = |arguments: &[&str]| server.place().output(&[&["settings"], arguments].concat());
    set(&server, "currency", "CHF", "live");
    assert_eq!(String::from_utf8_lossy(&run(&["get", "currency"]).stdout), "CHF\n");
    set(&server, "currency", "", "live");
    assert_eq!(String::from_utf8_lossy(&run(&["get", "currency"]).stdout), "\n");
    assert!(String::from_utf8_lossy(&run(&["get"]).stdout).contains("cors_origins"));
    for wrong in [
        &["set", "colour", "red"][..],
        &["set", "currency", "XXY"],
        &["set", "cors_origins", "https://app.example.com/path"],
        &["set", "key_per_second", "-1"],
        &["set", "currency", "EUR", "--space", "nowhere"],
        &["get", "colour"],
    ] {
        let output = run(wrong);
        assert!(!output.status.success() && !output.stderr.is_empty(), "{wrong:?}: {output:?}");
    }
}
