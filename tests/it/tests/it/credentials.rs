//! Who may do what (api.md 2).

use kontor_testkit::{Api, Backend, Server, both, both_alone, serial};
use serde_json::json;

use crate::support::{customer, notes};

both!(
    without_a_credential_401000,
    a_wrong_credential_is_401001,
    an_expired_key_is_401002,
    a_revoked_key_is_401001,
    both_headers_are_read,
    credentials_in_the_url_are_refused,
    a_reader_cannot_write,
    scopes_open_their_collection,
    a_member_is_no_admin,
    refusals_change_nothing,
    secrets_are_not_logged
);
both_alone!(another_space_is_another_world);

async fn without_a_credential_401000(api: Api) {
    let reply = api.anonymous().get("/v1/customers").await.refused(401_000);
    assert!(reply.header("www-authenticate").starts_with("Bearer"));
    let _ = api.anonymous().post("/v1/customers", customer()).await.refused(401_000);
    let _ = api.anonymous().get("/healthz").await.expect(200);
}

async fn a_wrong_credential_is_401001(api: Api) {
    let key = api.key().unwrap().to_owned();
    let mut typo = key.clone();
    typo.replace_range(10..11, if &key[10..11] == "a" { "b" } else { "a" });
    for wrong in [
        "",
        "x",
        "ak_",
        &stranger(&"0".repeat(26)),
        &typo,
        &key[1..],
        &format!("{key}0"),
        "eyJhbGciOiJub25lIn0.e30.",
        "ak_' OR 1=1 --",
    ] {
        let reply = api.with_key(wrong).get("/v1/customers").await.refused(401_001);
        assert!(reply.header("www-authenticate").contains("invalid_token"), "{wrong}");
    }
    for scheme in [format!("Basic {key}"), key.clone(), format!("Bearer {key} {key}"), "Bearer".to_owned()] {
        let _ = api
            .anonymous()
            .request("GET", "/v1/customers")
            .header("authorization", &scheme)
            .send()
            .await
            .refused(401_001);
    }
}

/// A key whose checksum is right, and that nobody has.
pub fn stranger(body: &str) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut crc = u32::MAX;
    for byte in body.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    let mut rest = !crc;
    let mut check = String::new();
    for _ in 0..6 {
        check.insert(0, char::from(ALPHABET[(rest % 62) as usize]));
        rest /= 62;
    }
    format!("ak_{body}{check}")
}

async fn an_expired_key_is_401002(api: Api) {
    let expired = api.as_role("admin", &["--days", "0"]);
    let _ = expired.get("/v1/customers").await.refused(401_002);
}

async fn a_revoked_key_is_401001(api: Api) {
    let name = serial();
    let output = api.place().output(&["keys", "create", "--name", &name, "--role", "member"]);
    let key = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    let caller = api.with_key(&key);
    let _ = caller.get("/v1/customers?limit=1").await.expect(200);
    let list = String::from_utf8(api.place().output(&["keys", "list"]).stdout).unwrap();
    assert!(!list.contains(&key), "a key is shown once");
    let line = list.lines().find(|line| line.contains(&name)).unwrap();
    let id = line.split_whitespace().next().unwrap();
    assert!(api.place().output(&["keys", "revoke", id]).status.success());
    // Another process learns of it within two seconds: ask until it has.
    let mut asked = 0;
    while caller.get("/v1/customers?limit=1").await.status == 200 {
        asked += 1;
        assert!(asked < 1_200, "the key still opens");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let _ = caller.get("/v1/customers?limit=1").await.refused(401_001);
}

async fn both_headers_are_read(api: Api) {
    let key = api.key().unwrap();
    let request = || api.anonymous().request("GET", "/v1/customers?limit=1");
    let _ = request().header("x-api-key", key).send().await.expect(200);
    let _ = request().header("authorization", &format!("bearer {key}")).send().await.expect(200);
    let _ =
        request().header("x-api-key", key).header("authorization", &format!("Bearer {key}")).send().await.expect(200);
    let _ = request()
        .header("x-api-key", "ak_other")
        .header("authorization", &format!("Bearer {key}"))
        .send()
        .await
        .refused(400_000);
    let _ = request()
        .header("authorization", &format!("Bearer {key}"))
        .header("authorization", "Bearer x")
        .send()
        .await
        .refused(400_000);
}

async fn credentials_in_the_url_are_refused(api: Api) {
    let key = api.key().unwrap();
    for name in ["access_token", "api_key", "token"] {
        let reply = api.anonymous().get(&format!("/v1/customers?{name}={key}")).await.refused(401_001);
        assert!(!reply.text().contains(key), "{reply}");
        let reply = api.get(&format!("/v1/customers?{name}={key}")).await.refused(400_000);
        assert!(!reply.text().contains(key), "{reply}");
    }
}

async fn a_reader_cannot_write(api: Api) {
    let id = api.create("/v1/customers", customer()).await;
    let path = format!("/v1/customers/{id}");
    let reader = api.as_role("read-only", &[]);
    let _ = reader.get(&path).await.expect(200);
    // The scope is missing; with it the role still says no.
    let widened = api.as_role("read-only", &["--scopes", "crm:read,crm:write"]);
    for (caller, code) in [(&reader, 403_001), (&widened, 403_000)] {
        let _ = caller.post("/v1/customers", customer()).await.refused(code);
        let _ = caller.patch(&path, json!({"customer_type": "vip"})).await.refused(code);
        let _ = caller.put(&path, customer()).await.refused(code);
        let _ = caller.delete(&path).await.refused(code);
        let _ = caller.put("/v1/customers/by/external_id/x", customer()).await.refused(code);
        let _ = caller
            .post("/v1/customers/batch", json!({"operations": [{"op": "delete", "id": id}], "atomic": true}))
            .await
            .refused(code);
        let _ = caller
            .post("/v1/composite", json!({"operations": [{"op": "delete", "object": "customer", "id": id}]}))
            .await
            .refused(code);
        // Searching is reading.
        let _ = caller.post("/v1/customers/search", json!({"limit": 1})).await.expect(200);
        let _ =
            caller.post("/v1/customers/aggregate", json!({"measures": [{"fn": "count", "as": "n"}]})).await.expect(200);
    }
    assert_eq!(api.get(&path).await.expect(200).data()["version"], 1);
}

async fn scopes_open_their_collection(api: Api) {
    let caller = api.as_role("member", &["--scopes", "customers:write,contacts:read"]);
    let _ = caller.create("/v1/customers", customer()).await;
    let _ = caller.get("/v1/customers?limit=1").await.expect(200);
    let _ = caller.get("/v1/contacts?limit=1").await.expect(200);
    let reply = caller.post("/v1/contacts", json!({"last_name": "x"})).await.refused(403_001);
    assert!(
        reply.detail().contains("contacts:write") && reply.header("www-authenticate").contains("insufficient_scope"),
        "{reply}"
    );
    let _ = caller.get("/v1/deals").await.refused(403_001);
    // What may not be read may not be filtered, sorted or expanded by either.
    for question in ["filter[company.name]=x", "sort=company.name", "expand=company"] {
        let reply = caller.get(&format!("/v1/contacts?{question}")).await.refused(403_001);
        assert!(reply.detail().contains("companies:read"), "{}", reply.detail());
    }
    let by_body = json!({"filter": {"field": "company.name", "op": "starts_with", "value": "A"}});
    let _ = caller.post("/v1/contacts/search", by_body.clone()).await.refused(403_001);
    let grouped = json!({"group_by": ["company.name"], "measures": [{"fn": "count", "as": "n"}]});
    let _ = caller.post("/v1/contacts/aggregate", grouped).await.refused(403_001);
}

async fn a_member_is_no_admin(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "a"})).await;
    let member = api.as_role("member", &["--scopes", "admin"]);
    let _ = member.post(&papers.at(&format!("{id}/purge")), json!({})).await.refused(403_000);
    let _ = member.patch(&papers.metadata(), json!({"label": "x"})).await.refused(403_000);
    let _ = member.patch(&papers.at(&id), json!({"title": "b"})).await.expect(200);
}

async fn refusals_change_nothing(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "a"})).await;
    let before = api.get(&papers.at(&format!("{id}/history"))).await.expect(200).data().clone();
    let reader = api.as_role("read-only", &[]);
    let key = serial();
    let write = |caller: &Api| {
        caller.request("PATCH", &papers.at(&id)).header("idempotency-key", &key).json(&json!({"title": "b"})).send()
    };
    let _ = write(&reader).await.refused(403_001);
    let _ = write(&api.anonymous()).await.refused(401_000);
    assert_eq!(api.get(&papers.at(&format!("{id}/history"))).await.expect(200).data(), &before);
    assert_eq!(write(&api).await.expect(200).header("idempotent-replayed"), "");
}

async fn secrets_are_not_logged(api: Api) {
    let _ = api.get("/v1/customers?limit=1").await.expect(200);
    let key = api.key().unwrap();
    let _ = api.get(&format!("/v1/customers?api_key={key}")).await;
    assert!(!api.place().log().contains(key));
}

async fn another_space_is_another_world(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let live = server.api();
    crate::support::add_space(&server, "sandbox");
    let sandbox = live.as_role("admin", &["--space", "sandbox"]);
    let papers = notes(&live).await;
    let body = customer();
    let id = live.create("/v1/customers", body.clone()).await;
    let paper = live.create(&papers.path, json!({"title": "a"})).await;
    let path = format!("/v1/customers/{id}");
    // The answer is that of an id that nobody has, to the letter.
    let strip = |reply: kontor_testkit::Reply| {
        let mut json = reply.refused(404_001).json;
        json.as_object_mut().unwrap().remove("meta");
        json
    };
    assert_eq!(strip(sandbox.get(&path).await), strip(sandbox.get("/v1/customers/4242").await));
    assert_eq!(
        strip(sandbox.patch(&path, json!({"email": null})).await),
        strip(sandbox.patch("/v1/customers/4242", json!({"email": null})).await)
    );
    let _ = sandbox.delete(&path).await.refused(404_001);
    let _ = sandbox.post(&format!("{path}/restore"), json!({})).await.refused(404_001);
    let _ = sandbox.post(&format!("{path}/purge"), json!({})).await.refused(404_001);
    let _ = sandbox.get(&format!("{path}/history")).await.refused(404_001);
    let _ = sandbox.get(&format!("{path}/timeline")).await.refused(404_001);
    assert!(sandbox.get("/v1/customers").await.expect(200).rows().is_empty());
    let _ = sandbox.get(&papers.path).await.refused(404_000);
    let _ = sandbox.get(&papers.metadata()).await.refused(404_001);
    let by_id = json!({"filter": {"field": "id", "op": "in", "value": [id, paper]}});
    assert!(sandbox.post("/v1/customers/search", by_id).await.expect(200).rows().is_empty());
    let counted =
        sandbox.post("/v1/customers/aggregate", json!({"measures": [{"fn": "count", "as": "n"}]})).await.expect(200);
    assert_eq!(counted.rows()[0]["n"], 0);
    let reply = sandbox
        .post(
            "/v1/customers/batch",
            json!({"operations": [{"op": "delete", "id": id}, {"op": "update", "id": id, "data": {}}]}),
        )
        .await
        .expect(207);
    assert!(reply.rows().iter().all(|row| row["error_code"] == 404_001), "{reply}");
    // The same name, the same key: neither is taken here.
    let contact = live.create("/v1/contacts", json!({"last_name": "x"})).await;
    let mut wrong = body.clone();
    wrong["contact_id"] = json!(contact);
    let reply = sandbox.post("/v1/customers", wrong).await.refused(400_001);
    assert_eq!(reply.faults()[0]["code"], "not_found");
    let copy = sandbox.create("/v1/customers", body.clone()).await;
    let _ = live.get(&format!("/v1/customers/{copy}")).await.refused(404_001);
    let _ = live.post("/v1/customers", body).await.refused(400_101);
    // A cursor of one space says nothing in another.
    let _ = live.create("/v1/customers", customer()).await;
    let page = live.get("/v1/customers?limit=1").await.expect(200);
    let _ = sandbox
        .get(&format!("/v1/customers?limit=1&cursor={}", page.page()["next_cursor"].as_str().unwrap()))
        .await
        .refused(400_005);
    assert_eq!(live.get(&path).await.expect(200).data()["version"], 1);
}
