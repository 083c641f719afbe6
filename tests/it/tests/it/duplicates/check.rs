//! A record that is likely there already is not made a second time.

use std::time::{Duration, Instant};

use kontor_testkit::{Api, Backend, Part, Server, both, both_alone, serial};
use serde_json::{Value, json};

use super::{person, with, word};

both!(
    a_likely_duplicate_is_refused_with_its_reasons,
    a_shared_address_is_no_duplicate,
    a_name_alone_refuses_nothing,
    an_upsert_that_makes_is_checked,
    every_row_of_a_batch_is_checked,
    imports_are_checked_when_they_say_so,
    what_is_gone_is_in_nobodys_way,
    companies_are_told_by_domain_and_telephone,
    customers_are_told_by_tax_number,
    leads_are_checked_among_leads,
    fifty_who_share_a_number_stop_nobody,
);
both_alone!(a_workspace_tunes_the_check);

async fn a_likely_duplicate_is_refused_with_its_reasons(api: Api) {
    let first = person();
    let id = api.create("/v1/contacts", first.clone()).await;
    let again =
        with(first.clone(), json!({"email": first["email"].as_str().unwrap().to_uppercase(), "first_name": "Anne"}));
    let reply = api.post("/v1/contacts", again.clone()).await.refused(409_002);
    assert_eq!(reply.json["existing_ids"], json!([id]));
    let reasons: Vec<(String, String)> = reply
        .faults()
        .iter()
        .map(|f| (f["field"].as_str().unwrap().to_owned(), f["code"].as_str().unwrap().to_owned()))
        .collect();
    let said = |field: &str, level: &str| reasons.contains(&(field.to_owned(), level.to_owned()));
    assert!(said("email", "exact") && said("last_name", "exact") && said("first_name", "close"), "{reply}");
    assert!(reply.detail().contains("allow_duplicates=true") && reply.detail().contains(&id), "{reply}");
    let _ = api.post("/v1/contacts?allow_duplicates=true", again).await.expect(201);
    // Nothing was made of the refused one.
    let last_name = first["last_name"].as_str().unwrap();
    let all = api.get(&format!("/v1/contacts?filter[last_name]={last_name}&count=exact")).await.expect(200);
    assert_eq!(all.page()["total"], 2);
}

async fn a_shared_address_is_no_duplicate(api: Api) {
    let first = person();
    let _ = api.create("/v1/contacts", first.clone()).await;
    for (name, surname) in [("Bob", "Quartz"), ("Cleo", "Pemberton")] {
        let colleague = with(first.clone(), json!({"first_name": name, "last_name": word(surname)}));
        let _ = api.create("/v1/contacts", colleague).await;
    }
    // A family: one telephone, one surname.
    let phone = format!("+4930{}", 2_000_000 + std::process::id() % 900_000);
    let (name, other) = (word("Vol"), json!({"phone": phone}));
    let _ = api.create("/v1/contacts", with(json!({"first_name": "Ann", "last_name": name}), other.clone())).await;
    let _ = api.create("/v1/contacts", with(json!({"first_name": "Robert", "last_name": name}), other.clone())).await;
    let same = with(json!({"first_name": "Ann", "last_name": name}), json!({"mobile_phone": phone}));
    let reply = api.post("/v1/contacts", same).await.refused(409_002);
    assert_eq!(reply.json["existing_ids"].as_array().unwrap().len(), 1, "only Ann: {reply}");
}

async fn a_name_alone_refuses_nothing(api: Api) {
    let name = word("Mor");
    for _ in 0..2 {
        let body = json!({"first_name": "Ann", "last_name": name, "birthday": "1980-03-04", "city": "Berlin", "country": "DE"});
        let _ = api.create("/v1/contacts", body).await;
    }
}

async fn an_upsert_that_makes_is_checked(api: Api) {
    let (first, key) = (person(), format!("x-{}", serial()));
    let id = api.create("/v1/contacts", first.clone()).await;
    let path = format!("/v1/contacts/by/external_id/{key}");
    let reply = api.put(&path, first.clone()).await.refused(409_002);
    assert_eq!(reply.json["existing_ids"], json!([id]));
    let _ = api.put(&format!("{path}?allow_duplicates=true"), first.clone()).await.expect(201);
    let _ = api.put(&path, with(first, json!({"first_name": "Anna"}))).await.expect(200);
}

async fn every_row_of_a_batch_is_checked(api: Api) {
    let (known, new) = (person(), person());
    let id = api.create("/v1/contacts", known.clone()).await;
    let create = |data: &Value| json!({"op": "create", "data": data});
    let operations = [create(&new), create(&known), create(&new), create(&person())];
    let body = |atomic: bool| json!({"atomic": atomic, "operations": operations.clone()});
    let whole = api.post("/v1/contacts/batch", body(true)).await.refused(409_002);
    assert!(whole.detail().starts_with("operations.1"), "{whole}");
    let parts = api.post("/v1/contacts/batch", body(false)).await.expect(207);
    let statuses: Vec<u64> = parts.rows().iter().map(|row| row["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 409, 409, 201], "{parts}");
    assert_eq!(parts.rows()[1]["existing_ids"], json!([id]), "{parts}");
    assert!(parts.rows()[2]["detail"].as_str().unwrap().contains("operation 0"), "{parts}");
    let allowed = api.post("/v1/contacts/batch?allow_duplicates=true", body(true)).await.expect(200);
    assert_eq!(allowed.rows().len(), 4);
}

async fn imports_are_checked_when_they_say_so(api: Api) {
    let known = person();
    let _ = api.create("/v1/contacts", known.clone()).await;
    let line =
        |p: &Value| format!("{}\n", ["first_name", "last_name", "email"].map(|f| p[f].as_str().unwrap()).join(","));
    let file = format!("first_name,last_name,email\n{}{}", line(&known), line(&person()));
    let import = async |more: Value| {
        let options = with(json!({"object": "contact"}), more);
        let form = [Part::json("options", &options), Part::file("file", "people.csv", file.clone())];
        let started = api.request("POST", "/v1/imports").form(&form).send().await.expect(202);
        let begun = Instant::now();
        loop {
            let job = api.get(started.header("location")).await.expect(200).data().clone();
            if !["queued", "running"].contains(&job["state"].as_str().unwrap()) {
                return job;
            }
            assert!(begun.elapsed() < Duration::from_secs(120), "{job}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let checked = import(json!({"allow_duplicates": false})).await;
    assert_eq!((&checked["state"], &checked["report"]["refused"]), (&json!("succeeded"), &json!(1)), "{checked}");
    let taken = import(json!({"repeat": "update"})).await;
    assert_eq!((&taken["state"], &taken["report"]["refused"]), (&json!("succeeded"), &json!(0)), "{taken}");
}

async fn what_is_gone_is_in_nobodys_way(api: Api) {
    let first = person();
    let id = api.create("/v1/contacts", first.clone()).await;
    let at = format!("/v1/contacts/{id}");
    // Another address: the old one is free.
    let _ = api.patch(&at, json!({"email": person()["email"]})).await.expect(200);
    let second = api.create("/v1/contacts", first.clone()).await;
    let _ = api.patch(&at, json!({"email": first["email"]})).await.expect(200);
    let at_second = format!("/v1/contacts/{second}");
    for (path, times) in [(&at, 2), (&at_second, 1)] {
        let reply = api.post("/v1/contacts", first.clone()).await.refused(409_002);
        assert_eq!(reply.json["existing_ids"].as_array().unwrap().len(), times, "{reply}");
        let _ = api.delete(path).await.expect(200);
    }
    let third = api.create("/v1/contacts", first.clone()).await;
    let _ = api.delete(&format!("/v1/contacts/{third}")).await.expect(200);
    let _ = api.post(&format!("{at}/restore"), json!({})).await.expect(200);
    let reply = api.post("/v1/contacts", first.clone()).await.refused(409_002);
    assert_eq!(reply.json["existing_ids"], json!([id]));
    let keys = || {
        let ids = [&id, &second, &third].map(String::as_str).join(", ");
        api.place().texts(&format!("SELECT record_id FROM match_key WHERE record_id IN ({ids})"))
    };
    assert!(!keys().is_empty() && keys().iter().all(|found| *found == id), "only what is there has keys: {:?}", keys());
    let _ = api.delete(&at).await.expect(200);
    let _ = api.post(&format!("{at}/purge"), json!({})).await.expect(200);
    assert_eq!(keys(), Vec::<String>::new());
}

async fn companies_are_told_by_domain_and_telephone(api: Api) {
    let name = word("Zebu");
    let domain = format!("{}.example", name.to_lowercase());
    let body = json!({"name": format!("{name} GmbH"), "domain": domain});
    let id = api.create("/v1/companies", body.clone()).await;
    let other =
        json!({"name": format!("{} Inc.", name.to_uppercase()), "website": format!("https://www.{domain}/about")});
    let reply = api.post("/v1/companies", other).await.refused(409_002);
    assert_eq!(reply.json["existing_ids"], json!([id]));
    // The very same domain is a unique value, and is said to be taken.
    let _ = api.post("/v1/companies", body).await.refused(409_001);
    let _ = api.create("/v1/companies", json!({"name": format!("{name} Ltd")})).await;
}

async fn customers_are_told_by_tax_number(api: Api) {
    let name = word("Kobalt");
    let tax = format!("DE{}", std::process::id());
    let body = |name: &str, tax: &str| {
        let mobile =
            format!("138{:08}", name.bytes().fold(std::process::id(), |n, b| n * 31 % 99_999_989 + u32::from(b)));
        json!({"name": name, "mobile": mobile, "customer_type": "vip", "tax_id": tax})
    };
    let id = api.create("/v1/customers", body(&format!("{name} GmbH"), &tax)).await;
    let spaced = tax.chars().map(|c| format!("{c} ")).collect::<String>();
    let reply = api.post("/v1/customers", body(&name, spaced.trim())).await.refused(409_002);
    assert_eq!(reply.json["existing_ids"], json!([id]));
    let _ = api.create("/v1/customers", body(&word("Wolfram"), &tax)).await;
}

async fn leads_are_checked_among_leads(api: Api) {
    let body = person();
    let _ = api.create("/v1/contacts", body.clone()).await;
    let id = api.create("/v1/leads", body.clone()).await;
    let reply = api.post("/v1/leads", body).await.refused(409_002);
    assert_eq!(reply.json["existing_ids"], json!([id]));
}

async fn fifty_who_share_a_number_stop_nobody(api: Api) {
    let (name, phone) = (word("Hall"), format!("+4930{}", 3_000_000 + std::process::id() % 900_000));
    let body = json!({"first_name": "Ann", "last_name": name, "phone": phone});
    let operations = vec![json!({"op": "create", "data": body}); 51];
    let made = json!({"atomic": true, "operations": operations});
    let _ = api.post("/v1/contacts/batch?allow_duplicates=true", made).await.expect(200);
    let _ = api.create("/v1/contacts", body).await;
}

async fn a_workspace_tunes_the_check(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let first = person();
    let _ = api.create("/v1/contacts", first.clone()).await;
    // The same address, and a surname that only looks alike.
    let alike = with(
        first.clone(),
        json!({"first_name": "Bob", "last_name": format!("{}x", first["last_name"].as_str().unwrap())}),
    );
    let _ = api.post("/v1/contacts", first.clone()).await.refused(409_002);
    let off = api.create("/v1/duplicate_rules", json!({"target_object": "contact", "active": false})).await;
    let made = api.create("/v1/contacts", first.clone()).await;
    let _ = api
        .patch(&format!("/v1/duplicate_rules/{off}"), json!({"active": true, "threshold_refuse": "1"}))
        .await
        .expect(200);
    let _ = api.create("/v1/contacts", alike.clone()).await;
    let _ = api
        .patch(&format!("/v1/duplicate_rules/{off}"), json!({"threshold_refuse": "0.5", "threshold_show": "1"}))
        .await
        .expect(200);
    let _ = api.post("/v1/contacts", alike).await.refused(409_002);
    assert!(super::shown(&api, &format!("/v1/contacts/{made}")).await.is_empty());
    for (field, value) in [("threshold_refuse", "0.4"), ("threshold_refuse", "1.1"), ("threshold_show", "-0.1")] {
        let reply =
            api.post("/v1/duplicate_rules", json!({"target_object": "contact", field: value})).await.refused(400_001);
        assert_eq!(reply.faults()[0]["field"], field);
    }
    let _ = api.post("/v1/duplicate_rules", json!({"target_object": "deal"})).await.refused(400_006);
    let seller = api.as_role("sales", &[]);
    let _ =
        seller.post("/v1/duplicate_rules", json!({"target_object": "contact", "active": false})).await.refused(403_000);
}
