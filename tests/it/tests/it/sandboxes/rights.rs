//! Who may make sandboxes, and of what.

use kontor_testkit::{Backend, Server, both_alone};
use serde_json::json;

use super::{done, enter, id, make, path};

both_alone!(only_administrators_of_live_make_sandboxes);

async fn only_administrators_of_live_make_sandboxes(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let live = server.api();
    let body = json!({"name": "one", "from": "empty"});
    let _ = live.as_role("sales", &["--scopes", "admin"]).post("/v1/sandboxes", body.clone()).await.refused(403_000);
    let _ = live.as_role("sales", &[]).get("/v1/sandboxes").await.refused(403_001);

    for (body, code) in [
        (json!({"name": "one", "from": "dead"}), 400_006),
        (json!({"name": "one", "from": "empty", "form": 1}), 400_002),
        (json!({"name": " ", "from": "empty"}), 400_001),
        (json!({"name": "12", "from": "empty"}), 400_001),
        (json!({"name": "a\nb", "from": "empty"}), 400_001),
        (json!({"name": "x".repeat(61), "from": "empty"}), 400_001),
        (json!({"name": "live", "from": "empty"}), 409_001),
    ] {
        let reply = live.post("/v1/sandboxes", body.clone()).await;
        assert_eq!(reply.error_code(), code, "{body}: {reply}");
    }
    assert_eq!(live.get("/v1/sandboxes").await.expect(200).rows().len(), 0);

    // The same request with one key makes one sandbox.
    let request = || live.request("POST", "/v1/sandboxes").header("idempotency-key", "once").json(&body);
    let first = request().send().await.expect(202);
    let second = request().send().await.expect(202);
    assert_eq!(
        (first.data()["id"].as_str(), second.header("idempotent-replayed")),
        (second.data()["id"].as_str(), "true")
    );
    done(&live, first.data()).await;
    let _ = live.post("/v1/sandboxes", body).await.refused(409_001);
    assert_eq!(live.get("/v1/sandboxes").await.expect(200).rows().len(), 1);

    // A sandbox has none of its own, and does not see its sisters.
    let other = make(&live, "two", "empty").await;
    done(&live, &other).await;
    let inside = enter(&live, &other).await;
    let _ = inside.get("/v1/sandboxes").await.refused(422_000);
    let _ = inside.post(&format!("{}/keys", path(first.data())), json!({"name": "x"})).await.refused(422_000);
    let _ = live.get("/v1/sandboxes/4242").await.refused(404_001);
    let _ = live.delete("/v1/sandboxes/4242").await.refused(404_001);
    let space = server.place().texts("SELECT id FROM space WHERE kind = 'live'").remove(0);
    assert_ne!(space, id(&other));
    let _ = live.delete(&format!("/v1/sandboxes/{space}")).await.refused(404_001);

    // A key that is limited makes none that reaches further.
    let short = live.as_role("admin", &["--days", "1"]);
    let reply = short.post(&format!("{}/keys", path(&other)), json!({"name": "x"})).await.expect(201);
    assert!(reply.data()["expires_at"].is_string(), "{reply}");
}
