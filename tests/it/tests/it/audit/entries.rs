//! What is written down, and who may read it.

use std::time::{Duration, Instant};

use kontor_testkit::{Api, both, serial, unique};
use serde_json::{Value, json};

both!(
    a_change_says_who_where_and_what,
    reading_it_is_a_permission,
    reading_it_is_written_down,
    an_export_is_written_down_and_so_is_its_download,
    credentials_are_written_down,
    filters_and_pages,
    it_is_exported_as_lines,
    a_purge_takes_the_values_and_leaves_the_entries
);

async fn contact(api: &Api) -> (String, String) {
    let name = unique("Roe");
    (api.create("/v1/contacts", json!({"last_name": name})).await, name)
}

async fn entries(api: &Api, query: &str) -> Vec<Value> {
    api.get(&format!("/v1/audit?{query}")).await.expect(200).rows().to_vec()
}

async fn a_change_says_who_where_and_what(api: Api) {
    let (id, name) = contact(&api).await;
    let request = format!("audit-{}", serial());
    let renamed = api.request("PATCH", &format!("/v1/contacts/{id}")).header("x-request-id", &request);
    let _ = renamed.json(&json!({"last_name": format!("{name}x")})).send().await.expect(200);
    let found = entries(&api, &format!("record_id={id}")).await;
    assert_eq!(found.len(), 2);
    let entry = &found[0];
    assert_eq!(
        (&entry["action"], &entry["object"], &entry["version"], &entry["request_id"]),
        (&json!("update"), &json!("contact"), &json!(2), &json!(request))
    );
    assert_eq!(entry["changes"]["last_name"], json!([name, format!("{name}x")]));
    assert_eq!((&entry["credential"], &entry["ip"]), (&json!("api_key"), &json!("127.0.0.1")));
    assert!(entry["key_id"].is_string() && entry["user_id"].is_string() && entry["redacted_at"].is_null());
    assert_eq!(found[1]["changes"]["last_name"], json!(name));
    let one = api.get(&format!("/v1/audit/{}", entry["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(one.data(), entry);
    let _ = api.get("/v1/audit/4242").await.refused(404_001);
}

async fn reading_it_is_a_permission(api: Api) {
    let member = api.as_role("member", &[]);
    let auditor = api.as_role("read-only", &["--scopes", "audit:read"]);
    // The scope of an administrator does not make one.
    let pretender = api.as_role("member", &["--scopes", "admin"]);
    for path in ["/v1/audit", "/v1/audit/4242", "/v1/audit/verify"] {
        let _ = member.get(path).await.refused(403_001);
        let _ = pretender.get(path).await.refused(403_000);
        assert!([200, 404].contains(&auditor.get(path).await.status), "{path}");
    }
    let _ = member.post("/v1/audit/export", json!({})).await.refused(403_001);
    let _ = auditor.get("/v1/contacts").await.refused(403_001);
}

async fn reading_it_is_written_down(api: Api) {
    let auditor = api.as_role("admin", &["--scopes", "audit:read"]);
    let (id, _) = contact(&api).await;
    for _ in 0..3 {
        let _ = entries(&auditor, &format!("record_id={id}")).await;
    }
    let read: Vec<Value> = entries(&api, "object=audit&action=read&limit=500").await;
    let ours: Vec<&Value> = read.iter().filter(|entry| entry["changes"]["record_id"] == json!(id)).collect();
    assert_eq!(ours.len(), 1, "once a minute for each caller");
}

async fn an_export_is_written_down_and_so_is_its_download(api: Api) {
    let name = unique("Roe");
    let filter = json!({"field": "last_name", "op": "eq", "value": name});
    let started = api.post("/v1/exports", json!({"object": "contact", "format": "csv", "filter": filter})).await;
    let location = started.expect(202).header("location").to_owned();
    let begun = Instant::now();
    let job = loop {
        let job = api.get(&location).await.expect(200).data().clone();
        if job["state"] == "succeeded" {
            break job;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{job}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let found = entries(&api, "object=contact&action=export&limit=500").await;
    assert!(found.iter().any(|entry| entry["changes"]["filter"]["value"] == json!(name)));
    let id = job["id"].as_str().unwrap();
    assert!(entries(&api, &format!("record_id={id}&action=download")).await.is_empty());
    let _ = api.get(job["result_url"].as_str().unwrap()).await.expect(200);
    assert_eq!(entries(&api, &format!("record_id={id}&action=download")).await.len(), 1);
}

async fn credentials_are_written_down(api: Api) {
    let name = serial();
    let made = api.place().output(&["keys", "create", "--name", &name, "--role", "member"]);
    assert!(made.status.success());
    let key = String::from_utf8(made.stdout).unwrap();
    let found = entries(&api, "object=api_key&action=create&limit=500").await;
    let entry = found.iter().find(|entry| entry["changes"]["name"] == json!(name)).unwrap();
    assert_eq!((&entry["changes"]["role"], &entry["credential"]), (&json!("member"), &json!("system")));
    assert!(!json!(found).to_string().contains(key.trim()));
    let id = entry["record_id"].as_str().unwrap();
    assert!(api.place().output(&["keys", "revoke", id]).status.success());
    assert_eq!(entries(&api, &format!("record_id={id}")).await[0]["action"], "revoke");
}

async fn filters_and_pages(api: Api) {
    let (id, _) = contact(&api).await;
    for n in 0..4 {
        let _ = api.patch(&format!("/v1/contacts/{id}"), json!({"title": format!("t{n}")})).await.expect(200);
    }
    let mut versions = Vec::new();
    let mut next = format!("/v1/audit?record_id={id}&limit=2");
    loop {
        let page = api.get(&next).await.expect(200);
        versions.extend(page.column("version"));
        match page.page()["next_cursor"].as_str() {
            Some(cursor) => next = format!("/v1/audit?record_id={id}&limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(versions, (1..=5).rev().map(|v| json!(v)).collect::<Vec<_>>());
    let all = entries(&api, &format!("record_id={id}")).await;
    let (user, key) = (all[0]["user_id"].as_str().unwrap(), all[0]["key_id"].as_str().unwrap());
    assert_eq!(entries(&api, &format!("record_id={id}&action=create&user_id={user}&key_id={key}")).await.len(), 1);
    assert!(entries(&api, &format!("record_id={id}&user_id=4242")).await.is_empty());
    let at = all[2]["at"].as_str().unwrap();
    let early = entries(&api, &format!("record_id={id}&until={at}")).await.len();
    let late = entries(&api, &format!("record_id={id}&since={at}")).await.len();
    assert_eq!(early + late, 5);
    for (bad, code) in [
        ("recordid=1", 400_000),
        ("record_id=x", 400_000),
        ("since=now", 400_000),
        ("limit=501", 400_004),
        ("cursor=x", 400_005),
    ] {
        let _ = api.get(&format!("/v1/audit?{bad}")).await.refused(code);
    }
}

async fn it_is_exported_as_lines(api: Api) {
    let (id, name) = contact(&api).await;
    let _ = api.patch(&format!("/v1/contacts/{id}"), json!({"title": "t"})).await.expect(200);
    let reply = api.post("/v1/audit/export", json!({"record_id": id})).await.expect(200);
    assert_eq!(reply.header("content-type"), "application/x-ndjson");
    let lines: Vec<Value> = reply.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|l| l["action"].as_str().unwrap()).collect::<Vec<_>>(), ["create", "update"]);
    assert_eq!(lines[0]["changes"]["last_name"], json!(name));
    let noted = entries(&api, "object=audit&action=export&limit=500").await;
    assert!(noted.iter().any(|entry| entry["changes"]["record_id"] == json!(id)));
    let _ = api.post("/v1/audit/export", json!({"recordid": id})).await.refused(400_002);
    let _ = api.post("/v1/audit/export", json!({"record_id": 7})).await.refused(400_000);
    let output = api.place().output(&["audit", "export", "--since", "2020-01-01"]);
    assert!(output.status.success() && String::from_utf8(output.stdout).unwrap().contains(&name));
}

async fn a_purge_takes_the_values_and_leaves_the_entries(api: Api) {
    let (id, name) = contact(&api).await;
    let path = format!("/v1/contacts/{id}");
    let _ = api.patch(&path, json!({"title": "t"})).await.expect(200);
    let _ = api.delete(&path).await.expect(200);
    let _ = api.post(&format!("{path}/purge"), json!({})).await.expect(200);
    let found = entries(&api, &format!("record_id={id}")).await;
    let actions: Vec<&str> = found.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["purge", "delete", "update", "create"]);
    assert!(found[0]["redacted_at"].is_null());
    assert!(found[1..].iter().all(|e| e["redacted_at"].is_string() && e["changes"].is_null() && e["ip"].is_null()));
    let all = api.post("/v1/audit/export", json!({})).await.expect(200).text();
    assert!(!all.contains(&name), "nothing is left of it");
}
