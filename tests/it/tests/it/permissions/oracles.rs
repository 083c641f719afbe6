//! A hidden value is not to be found out either: not from files, messages, counts, conflicts or what is new.

use std::time::Duration;

use kontor_testkit::{Api, Part, Reply, both, serial};
use serde_json::{Value, json};

use super::{acting, reads_all, role, user, word};

both!(a_hidden_value_is_not_found_out, a_locked_value_is_not_changed_by_any_way);

/// What stands in the hidden field; nothing else has it.
fn canary() -> String {
    format!("c{}@hidden.example", serial())
}

async fn ended(api: &Api, location: &str) -> Value {
    for _ in 0..600 {
        let job = api.get(location).await.expect(200).data().clone();
        if !["queued", "running"].contains(&job["state"].as_str().unwrap()) {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the job does not end");
}

async fn export(api: &Api, body: Value) -> String {
    let started = api.post("/v1/exports", body).await.expect(202);
    let job = ended(api, started.header("location")).await;
    assert_eq!(job["state"], "succeeded", "{job}");
    api.get(&format!("/v1/jobs/{}/result", started.id())).await.expect(200).text()
}

fn says_nothing(reply: &Reply, canary: &str) {
    assert!(!reply.text().contains(canary), "{reply}");
}

async fn a_hidden_value_is_not_found_out(api: Api) {
    let hidden = canary();
    let (name, mark) = (word("Cu"), word("mark"));
    let body =
        json!({"name": name, "mobile": "13800138000", "customer_type": "vip", "email": hidden, "external_id": mark});
    let id = api.post("/v1/customers", body).await.expect(201).id();
    let at = format!("/v1/customers/{id}");
    let me = user(&api, None).await;
    let mask = json!({"hidden": ["email"]});
    let seller = role(&api, &[reads_all(), ("customer", "*", "all", mask)]).await;
    let seller = acting(&api, &me, &seller);
    let before = api.get(&at).await.expect(200);

    // Files.
    let here = json!({"field": "external_id", "value": mark});
    for format in ["csv", "ndjson"] {
        let all = json!({"object": "customer", "format": format, "filter": here});
        let file = export(&seller, all.clone()).await;
        assert!(file.contains(&name) && !file.contains(&hidden), "{file}");
        assert!(!file.lines().next().unwrap_or_default().contains("email"), "{file}");
        assert!(export(&api, all).await.contains(&hidden), "who sees it has it in the file");
    }
    for asked in [
        json!({"object": "customer", "format": "csv", "fields": ["name", "email"]}),
        json!({"object": "customer", "format": "csv", "filter": {"field": "email", "value": hidden}}),
        json!({"object": "customer", "format": "csv", "filter": {"not": {"or": [{"field": "email", "op": "starts_with", "value": "c"}]}}}),
    ] {
        let refused = seller.post("/v1/exports", asked).await;
        assert_eq!(refused.status, 400, "{refused}");
    }
    for (options, file) in [
        (json!({"object": "customer", "format": "csv", "key": "email"}), format!("email\n{hidden}\n")),
        (
            json!({"object": "customer", "format": "csv", "key": "external_id"}),
            format!("external_id,email\n{mark},x@y.example\n"),
        ),
    ] {
        let form = [Part::json("options", &options), Part::file("file", "rows.csv", file)];
        let started = seller.request("POST", "/v1/imports").form(&form).send().await;
        if started.status == 202 {
            let job = ended(&seller, started.header("location")).await;
            // A column that is no field here is left out, as one of any other name.
            assert_eq!((&job["report"]["updated"], &job["report"]["created"]), (&json!(0), &json!(0)), "{job}");
        } else {
            assert_eq!(started.status, 400, "{started}");
        }
    }

    // Questions, conflicts, messages.
    for path in [
        format!("/v1/customers/by/email/{hidden}"),
        format!("/v1/customers?filter[email]={hidden}&count=exact"),
        "/v1/customers?filter[email][is_null]=false&count=exact".to_owned(),
        "/v1/customers?filter[email][starts_with]=c&count=estimate".to_owned(),
        "/v1/customers?sort=email,name".to_owned(),
        "/v1/customers?fields=email".to_owned(),
        format!("/v1/deals?filter[customer.email]={hidden}"),
    ] {
        let refused = seller.get(&path).await;
        assert_eq!(refused.status, 400, "{refused}");
        // What the caller has sent itself may come back; where it is a guess that is right no more than where it is not.
        let guess = seller.get(&path.replace(&hidden, &canary())).await;
        assert_eq!((refused.error_code(), refused.fault_codes()), (guess.error_code(), guess.fault_codes()), "{path}");
    }
    let taken = |email: &str, name: String| {
        seller.post(
            "/v1/customers",
            json!({"name": name, "mobile": "13800138000", "customer_type": "vip", "email": email}),
        )
    };
    let (right, wrong) = (taken(&hidden, word("Cu")).await, taken(&canary(), word("Cu")).await);
    assert_eq!((right.error_code(), right.fault_codes()), (wrong.error_code(), wrong.fault_codes()), "{right} {wrong}");
    assert_eq!(right.error_code(), 400_002, "{right}");
    let conflict =
        seller.post("/v1/customers", json!({"name": name, "mobile": "13800138000", "customer_type": "vip"})).await;
    assert_eq!(conflict.error_code(), 400_101, "{conflict}");
    says_nothing(&conflict, &hidden);
    let batch = json!({"operations": [{"op": "upsert", "by": "email", "value": hidden, "data": {"customer_type": "standard"}}]});
    let refused = seller.post("/v1/customers/batch", batch).await;
    let row = refused.data().as_array().and_then(|rows| rows.first()?.get("status")?.as_u64());
    assert_eq!(row.unwrap_or(u64::from(refused.status)), 400, "{refused}");

    // Whatever is answered of the record.
    let etag = seller.get(&at).await.expect(200).header("etag").to_owned();
    for (path, header) in [
        (at.clone(), ""),
        (at.clone(), "\"0\""),
        (format!("{at}/history"), ""),
        (format!("{at}/timeline"), ""),
        (format!("/v1/customers?filter[external_id]={mark}"), ""),
        ("/v1/metadata/objects/customer".to_owned(), ""),
    ] {
        let request = seller.request("GET", &path);
        let reply = if header.is_empty() { request } else { request.header("if-none-match", header) }.send().await;
        says_nothing(&reply.expect(200), &hidden);
    }
    let same = seller.request("GET", &at).header("if-none-match", &etag).send().await;
    assert_eq!(same.status, 304, "{same}");
    let put = json!({"name": name, "mobile": "13800138000", "customer_type": "vip", "external_id": mark});
    says_nothing(&seller.put(&at, put).await.expect(200), &hidden);
    says_nothing(&seller.delete(&at).await.expect(200), &hidden);
    says_nothing(&seller.post(&format!("{at}/restore"), json!({})).await.expect(200), &hidden);
    let after = api.get(&at).await.expect(200);
    assert_eq!(after.data()["email"], before.data()["email"], "nobody who cannot see it has changed it");
}

async fn a_locked_value_is_not_changed_by_any_way(api: Api) {
    let me = user(&api, None).await;
    let mask = json!({"read_only": ["annual_revenue"]});
    let name = role(&api, &[reads_all(), ("company", "*", "all", mask)]).await;
    let seller = acting(&api, &me, &name);
    let mark = word("mark");
    let company = json!({"name": word("Acme"), "annual_revenue": "777", "external_id": mark});
    let id = api.post("/v1/companies?allow_duplicates=true", company).await.expect(201).id();
    let at = format!("/v1/companies/{id}");
    let before = api.get(&at).await.expect(200);
    let change = json!({"annual_revenue": "778"});
    let operation = |op: Value| json!({"operations": [op]});
    for (method, path, body) in [
        ("PATCH", at.clone(), change.clone()),
        ("PUT", at.clone(), json!({"name": "x", "annual_revenue": "778"})),
        ("PUT", format!("/v1/companies/by/external_id/{mark}"), change.clone()),
        ("POST", "/v1/companies/batch".to_owned(), operation(json!({"op": "update", "id": id, "data": change}))),
        (
            "POST",
            "/v1/companies/batch".to_owned(),
            operation(json!({"op": "upsert", "by": "external_id", "value": mark, "data": change})),
        ),
        (
            "POST",
            "/v1/composite".to_owned(),
            operation(json!({"op": "update", "object": "company", "id": id, "data": change})),
        ),
        ("PATCH", at.replace("/v1/", "/v2/"), change.clone()),
    ] {
        let reply = seller.request(method, &path).json(&body).send().await;
        let row = reply.data().as_array().and_then(|rows| rows.first()?.get("error_code")?.as_u64());
        assert_eq!(row.unwrap_or(reply.error_code()), 403_000, "{reply}");
    }
    let options = json!({"object": "company", "format": "csv", "key": "external_id"});
    let form = [
        Part::json("options", &options),
        Part::file("file", "c.csv", format!("external_id,annual_revenue\n{mark},778\n")),
    ];
    let started = seller.request("POST", "/v1/imports").form(&form).send().await;
    if started.status == 202 {
        let _ = ended(&seller, started.header("location")).await;
    }
    assert_eq!(api.get(&at).await.expect(200).data(), before.data());
}
