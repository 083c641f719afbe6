//! `POST …/{id}/unmerge`.

use std::time::{Duration, Instant};

use kontor_testkit::{Api, Backend, Server, both, both_alone};
use serde_json::{Value, json};

use super::{make, person, read, with, word};

both!(
    a_merge_is_taken_back,
    what_was_changed_since_stays,
    what_cannot_be_taken_back_is_refused,
    of_many_who_take_it_back_one_does,
);
both_alone!(what_is_too_late_is_refused, old_merges_are_forgotten);

/// Without what every write moves.
fn still(record: &Value) -> Value {
    let mut record = record.clone();
    for name in ["version", "updated_at", "phone_original"] {
        record.as_object_mut().unwrap().remove(name);
    }
    record
}

async fn merge(api: &Api, collection: &str, own: &str, body: Value) -> String {
    let merged = api.post(&format!("/v1/{collection}/{own}/merge"), body).await.expect(200);
    merged.data()["merge"]["id"].as_str().unwrap().to_owned()
}

async fn a_merge_is_taken_back(api: Api) {
    let domain = format!("{}.example", word("d").to_lowercase());
    let own = make(&api, "companies", json!({"name": word("Own"), "city": "Berlin"})).await;
    let body =
        json!({"name": word("Other"), "domain": domain, "city": "Bonn", "phone": "+4930901820", "parent_id": own});
    let other = make(&api, "companies", body).await;
    let contact = make(&api, "contacts", with(person(), json!({"company_id": other}))).await;
    let child = make(&api, "companies", json!({"name": word("Child"), "parent_id": other})).await;
    let paths = [("companies", &own), ("companies", &other), ("contacts", &contact), ("companies", &child)];
    let paths = paths.map(|(collection, id)| format!("/v1/{collection}/{id}"));
    let mut before = Vec::new();
    for path in &paths {
        before.push(still(&read(&api, path).await));
    }
    let id = merge(&api, "companies", &own, json!({"with_id": other, "fields": {"city": "with"}})).await;
    assert_eq!(read(&api, &paths[0]).await["domain"], domain);
    assert_eq!(read(&api, &paths[3]).await["parent_id"], own);
    let undone = api.post(&format!("{}/unmerge", paths[0]), json!({"merge_id": id})).await.expect(200);
    assert_eq!((&undone.data()["company"]["id"], &undone.data()["restored"]["id"]), (&json!(own), &json!(other)));
    for (path, before) in paths.iter().zip(before) {
        assert_eq!(still(&read(&api, path).await), before, "{path}");
    }
    assert!(!read(&api, &format!("/v1/merges/{id}")).await["undone_at"].is_null());
    // And again.
    let _ = merge(&api, "companies", &own, json!({"with_id": other})).await;
}

async fn what_was_changed_since_stays(api: Api) {
    let own = make(&api, "contacts", json!({"last_name": word("own")})).await;
    let theirs = with(person(), json!({"city": "Bonn", "title": "CFO"}));
    let other = make(&api, "contacts", theirs.clone()).await;
    let third = make(&api, "contacts", person()).await;
    let customer =
        |name: String| json!({"name": name, "mobile": "13800138000", "customer_type": "vip", "contact_id": other});
    let first = make(&api, "customers", customer(kontor_testkit::unique("A"))).await;
    let second = make(&api, "customers", customer(kontor_testkit::unique("B"))).await;
    let purged = make(&api, "customers", customer(kontor_testkit::unique("C"))).await;
    let id = merge(&api, "contacts", &own, json!({"with_id": other})).await;
    let at = format!("/v1/contacts/{own}");
    let _ = api.patch(&at, json!({"city": "Ulm"})).await.expect(200);
    let _ = api.patch(&format!("/v1/customers/{first}"), json!({"contact_id": third})).await.expect(200);
    let _ = api.delete(&format!("/v1/customers/{purged}")).await.expect(200);
    let _ = api.post(&format!("/v1/customers/{purged}/purge"), json!({})).await.expect(200);
    let undone = api.post(&format!("{at}/unmerge"), json!({"merge_id": id})).await.expect(200);
    let contact = &undone.data()["contact"];
    assert_eq!((&contact["city"], &contact["title"], &contact["email"]), (&json!("Ulm"), &Value::Null, &Value::Null));
    assert_eq!(undone.data()["restored"]["email"], theirs["email"]);
    assert_eq!(read(&api, &format!("/v1/customers/{first}")).await["contact_id"], third);
    assert_eq!(read(&api, &format!("/v1/customers/{second}")).await["contact_id"], other);
}

async fn what_cannot_be_taken_back_is_refused(api: Api) {
    let own = make(&api, "contacts", person()).await;
    let other = make(&api, "contacts", person()).await;
    let id = merge(&api, "contacts", &own, json!({"with_id": other})).await;
    let at = format!("/v1/contacts/{own}/unmerge");
    let refused = async |rule: &str| {
        let reply = api.post(&at, json!({"merge_id": id})).await.refused(422_000);
        assert!(reply.detail().starts_with(rule), "{reply}");
    };
    let stranger = make(&api, "contacts", person()).await;
    let reply = api.post(&format!("/v1/contacts/{stranger}/unmerge"), json!({"merge_id": id})).await.refused(422_000);
    assert!(reply.detail().starts_with("not_this_merge"), "{reply}");
    let _ = api.post(&at, json!({"merge_id": crate::support::NO_ID})).await.refused(404_001);
    let _ = api.post(&at, json!({})).await.refused(400_001);
    let restored = format!("/v1/contacts/{other}");
    let _ = api.post(&format!("{restored}/restore"), json!({})).await.expect(200);
    refused("not_in_bin").await;
    let _ = api.delete(&restored).await.expect(200);
    let _ = api.post(&at, json!({"merge_id": id})).await.expect(200);
    refused("already_undone").await;
    let id = merge(&api, "contacts", &own, json!({"with_id": other})).await;
    let _ = api.post(&format!("{restored}/purge"), json!({})).await.expect(200);
    let reply = api.post(&at, json!({"merge_id": id})).await.refused(422_000);
    assert!(reply.detail().starts_with("purged"), "{reply}");
}

async fn of_many_who_take_it_back_one_does(api: Api) {
    let (own, other) = (make(&api, "contacts", person()).await, make(&api, "contacts", person()).await);
    let id = merge(&api, "contacts", &own, json!({"with_id": other})).await;
    let at = format!("/v1/contacts/{own}/unmerge");
    let all = futures::future::join_all((0..4).map(|_| api.post(&at, json!({"merge_id": id})))).await;
    let mut statuses: Vec<u16> = all.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422, 422, 422]);
    let history = api.get(&format!("/v1/contacts/{own}/history")).await.expect(200).texts("action");
    assert_eq!(history, ["unmerge", "merge", "create"]);
}

/// Before the sweep has found it.
async fn what_is_too_late_is_refused(backend: Backend) {
    let server = Server::builder().backend(backend).env("KONTOR_SWEEPS_EVERY_SECONDS", "3600").start().await;
    let api = server.api();
    let (own, other) = (make(&api, "contacts", person()).await, make(&api, "contacts", person()).await);
    let id = merge(&api, "contacts", &own, json!({"with_id": other})).await;
    api.place().sql(&format!("UPDATE r_merges SET expires_at = 1 WHERE id = {id}"));
    let reply = api.post(&format!("/v1/contacts/{own}/unmerge"), json!({"merge_id": id})).await.refused(422_000);
    assert!(reply.detail().starts_with("too_late"), "{reply}");
}

async fn old_merges_are_forgotten(backend: Backend) {
    let server = Server::builder().backend(backend).env("KONTOR_SWEEPS_EVERY_SECONDS", "1").start().await;
    let api = server.api();
    let (own, other) = (make(&api, "contacts", person()).await, make(&api, "contacts", person()).await);
    let old = merge(&api, "contacts", &own, json!({"with_id": other})).await;
    let third = make(&api, "contacts", person()).await;
    let young = merge(&api, "contacts", &own, json!({"with_id": third})).await;
    api.place().sql(&format!("UPDATE r_merges SET expires_at = 1 WHERE id = {old}"));
    let begun = Instant::now();
    while !api.place().texts(&format!("SELECT id FROM r_merges WHERE id = {old}")).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it is still there");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(read(&api, &format!("/v1/merges/{young}")).await["undone_at"].is_null());
}
