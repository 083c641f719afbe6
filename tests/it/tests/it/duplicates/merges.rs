//! `POST …/{id}/merge`.

use kontor_testkit::{Api, both, serial, unique};
use serde_json::{Value, json};

use super::{make, person, read, with, word};

both!(
    a_merge_takes_fields_and_links,
    the_caller_says_whose_value_stays,
    an_objection_stays,
    unique_values_are_taken_over,
    a_parent_that_is_merged_is_no_parent_of_itself,
    links_by_own_fields_are_moved,
    many_links_are_moved_at_once,
    what_cannot_be_merged_is_refused,
    of_two_merges_against_each_other_one_is_done,
    a_merge_honours_if_match_and_its_key,
);

async fn a_merge_takes_fields_and_links(api: Api) {
    let own = make(&api, "contacts", json!({"last_name": word("own"), "city": "Berlin", "tags": ["a"]})).await;
    let body = with(person(), json!({"city": "Bonn", "phone": "+49 30 901820", "tags": ["b"]}));
    let other = make(&api, "contacts", body.clone()).await;
    let customer = json!({"name": unique("C"), "mobile": "13800138000", "customer_type": "vip", "contact_id": other});
    let customer = make(&api, "customers", customer).await;
    let task = json!({"subject": "Call back", "related_to_object": "contact", "related_to_id": other});
    let task = make(&api, "tasks", task).await;
    let consent =
        make(&api, "consents", json!({"contact_id": other, "purpose": "marketing", "channel": "email"})).await;

    let at = format!("/v1/contacts/{own}");
    let merged = api.post(&format!("{at}/merge"), json!({"with_id": other})).await.expect(200);
    let contact = &merged.data()["contact"];
    assert_eq!((&contact["id"], &contact["city"], &contact["tags"]), (&json!(own), &json!("Berlin"), &json!(["a"])));
    assert_eq!(
        (&contact["email"], &contact["phone"], &contact["first_name"]),
        (&body["email"], &json!("+4930901820"), &json!("Ann"))
    );
    assert_eq!(contact["phone_original"], "+49 30 901820");
    assert_eq!(read(&api, &at).await, *contact);
    let _ = api.get(&format!("/v1/contacts/{other}")).await.refused(404_001);
    assert_eq!(read(&api, &format!("/v1/customers/{customer}")).await["contact_id"], own);
    assert_eq!(read(&api, &format!("/v1/tasks/{task}")).await["related_to_id"], own);
    assert_eq!(read(&api, &format!("/v1/consents/{consent}")).await["contact_id"], own);

    let merge = &merged.data()["merge"];
    assert_eq!(
        (&merge["merged_id"], &merge["merged_into_id"], &merge["undone_at"]),
        (&json!(other), &json!(own), &Value::Null)
    );
    let moved: Vec<&str> = merge["moved"].as_array().unwrap().iter().map(|m| m["object"].as_str().unwrap()).collect();
    assert_eq!(moved, ["consent", "customer", "task"]);
    assert_eq!(merge["before"]["email"], Value::Null);
    assert_eq!(read(&api, &format!("/v1/merges/{}", merge["id"].as_str().unwrap())).await, *merge);
    let history = api.get(&format!("{at}/history")).await.expect(200).texts("action");
    assert_eq!(history, ["merge", "create"]);
    // Only the program writes down what merges did.
    let _ = api.patch(&format!("/v1/merges/{}", merge["id"].as_str().unwrap()), json!({})).await.expect(403);
}

async fn the_caller_says_whose_value_stays(api: Api) {
    let own = make(&api, "contacts", with(person(), json!({"city": "Berlin", "title": "CEO"}))).await;
    let theirs = with(person(), json!({"city": "Bonn", "title": "CFO", "country": "DE"}));
    let other = make(&api, "contacts", theirs.clone()).await;
    let body = json!({"with_id": other, "fields": {"city": "with", "title": "own", "email": "with", "country": "own"}});
    let merged = api.post(&format!("/v1/contacts/{own}/merge"), body).await.expect(200);
    let contact = &merged.data()["contact"];
    assert_eq!(
        (&contact["city"], &contact["title"], &contact["email"], &contact["country"]),
        (&json!("Bonn"), &json!("CEO"), &theirs["email"], &Value::Null)
    );
    assert_eq!(merged.data()["merge"]["before"]["city"], "Berlin");
}

async fn an_objection_stays(api: Api) {
    let own = make(&api, "contacts", person()).await;
    let other = make(&api, "contacts", with(person(), json!({"do_not_call": true}))).await;
    let merged = api.post(&format!("/v1/contacts/{own}/merge"), json!({"with_id": other})).await.expect(200);
    let contact = &merged.data()["contact"];
    assert_eq!((&contact["do_not_call"], &contact["do_not_email"]), (&json!(true), &json!(false)));
}

async fn unique_values_are_taken_over(api: Api) {
    let (domain, key) = (format!("{}.example", word("d").to_lowercase()), format!("x-{}", serial()));
    let own = make(&api, "companies", json!({"name": word("Own")})).await;
    let other = make(&api, "companies", json!({"name": word("Other"), "domain": domain, "external_id": key})).await;
    let merged = api.post(&format!("/v1/companies/{own}/merge"), json!({"with_id": other})).await.expect(200);
    let company = &merged.data()["company"];
    assert_eq!((&company["domain"], &company["external_id"]), (&json!(domain), &json!(key)));
    // The name of a customer is unique and required: it stays.
    let customer = |name: String| json!({"name": name, "mobile": "13800138000", "customer_type": "vip"});
    let (a, b) = (unique("A"), unique("B"));
    let first = make(&api, "customers", customer(a)).await;
    let second = make(&api, "customers", customer(b.clone())).await;
    let body = json!({"with_id": second, "fields": {"name": "with"}});
    let merged = api.post(&format!("/v1/customers/{first}/merge"), body).await.expect(200);
    assert_eq!(merged.data()["customer"]["name"], b);
}

async fn a_parent_that_is_merged_is_no_parent_of_itself(api: Api) {
    let top = make(&api, "companies", json!({"name": word("Top")})).await;
    let parent = make(&api, "companies", json!({"name": word("Parent"), "parent_id": top})).await;
    let own = make(&api, "companies", json!({"name": word("Own"), "parent_id": parent})).await;
    let child = make(&api, "companies", json!({"name": word("Child"), "parent_id": parent})).await;
    let merged = api.post(&format!("/v1/companies/{own}/merge"), json!({"with_id": parent})).await.expect(200);
    assert_eq!(merged.data()["company"]["parent_id"], top);
    assert_eq!(read(&api, &format!("/v1/companies/{child}")).await["parent_id"], own);
    let merged = api.post(&format!("/v1/companies/{own}/merge"), json!({"with_id": child})).await.expect(200);
    assert_eq!(merged.data()["company"]["parent_id"], top);
}

async fn links_by_own_fields_are_moved(api: Api) {
    let vehicles = crate::support::vehicles(&api).await;
    let own = make(&api, "contacts", person()).await;
    let other = make(&api, "contacts", person()).await;
    let car = api
        .create(vehicles.at("").trim_end_matches('/'), json!({"plate": crate::support::plate(), "keeper_id": other}))
        .await;
    let merged = api.post(&format!("/v1/contacts/{own}/merge"), json!({"with_id": other})).await.expect(200);
    assert_eq!(merged.data()["merge"]["moved"][0]["fields"], json!(["keeper_id"]));
    assert_eq!(read(&api, &vehicles.at(&car)).await["keeper_id"], own);
}

async fn many_links_are_moved_at_once(api: Api) {
    let own = make(&api, "companies", json!({"name": word("Own")})).await;
    let other = make(&api, "companies", json!({"name": word("Other")})).await;
    for count in [1_000, 150, 1_000, 351] {
        let people = (0..count).map(|n| json!({"last_name": format!("Roe {n}"), "company_id": other}));
        let _ = crate::support::batch(&api, "/v1/contacts", people).await;
    }
    let merged = api.post(&format!("/v1/companies/{own}/merge"), json!({"with_id": other})).await.refused(422_000);
    assert!(merged.detail().starts_with("too_many_links"), "{merged}");
    let one = api.get(&format!("/v1/contacts?filter[company_id]={other}&limit=1")).await.expect(200).ids().remove(0);
    let _ = api.delete(&format!("/v1/contacts/{one}")).await.expect(200);
    let merged = api.post(&format!("/v1/companies/{own}/merge"), json!({"with_id": other})).await.expect(200);
    assert_eq!(merged.data()["merge"]["moved"][0]["ids"].as_array().unwrap().len(), 2_500);
    let count = async |id: &str| {
        let path = format!("/v1/contacts?filter[company_id]={id}&limit=1&count=exact");
        api.get(&path).await.expect(200).page()["total"].clone()
    };
    assert_eq!((count(&own).await, count(&other).await), (json!(2_500), json!(0)));
    let undo = json!({"merge_id": merged.data()["merge"]["id"]});
    let _ = api.post(&format!("/v1/companies/{own}/unmerge"), undo).await.expect(200);
    assert_eq!((count(&own).await, count(&other).await), (json!(0), json!(2_500)));
}

async fn what_cannot_be_merged_is_refused(api: Api) {
    let own = make(&api, "contacts", person()).await;
    let at = format!("/v1/contacts/{own}/merge");
    let refused = async |body: Value, rule: &str| {
        let reply = api.post(&at, body).await.refused(422_000);
        assert!(reply.detail().starts_with(rule), "{reply}");
    };
    refused(json!({"with_id": own}), "merge_with_itself").await;
    let company = make(&api, "companies", json!({"name": word("Acme")})).await;
    refused(json!({"with_id": company}), "merge_across_objects").await;
    let _ = api.post(&at, json!({"with_id": crate::support::NO_ID})).await.refused(404_001);
    let gone = make(&api, "contacts", person()).await;
    let _ = api.delete(&format!("/v1/contacts/{gone}")).await.expect(200);
    let _ = api.post(&at, json!({"with_id": gone})).await.refused(404_001);
    let _ = api.post(&format!("/v1/contacts/{gone}/merge"), json!({"with_id": own})).await.refused(404_001);
    let _ = api.post(&at, json!({})).await.refused(400_001);
    let other = make(&api, "contacts", person()).await;
    for (fields, code, field) in [
        (json!({"phone": "theirs"}), 400_001, "fields.phone"),
        (json!({"phon": "with"}), 400_002, "fields.phon"),
        (json!({"name": "with"}), 400_001, "fields.name"),
        (json!({"id": "with"}), 400_001, "fields.id"),
        (json!(["phone"]), 400_001, "fields"),
    ] {
        let reply = api.post(&at, json!({"with_id": other, "fields": fields})).await.refused(code);
        assert_eq!(reply.faults()[0]["field"], field, "{reply}");
    }
    assert_eq!(read(&api, &format!("/v1/contacts/{other}")).await["version"], 1, "nothing was done");
}

async fn of_two_merges_against_each_other_one_is_done(api: Api) {
    for _ in 0..5 {
        let (a, b) = (make(&api, "contacts", person()).await, make(&api, "contacts", person()).await);
        let (into_a, into_b) = (format!("/v1/contacts/{a}/merge"), format!("/v1/contacts/{b}/merge"));
        let (first, second) =
            tokio::join!(api.post(&into_a, json!({"with_id": b})), api.post(&into_b, json!({"with_id": a})),);
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 404], "{first} {second}");
        let there = async |id: &str| api.get(&format!("/v1/contacts/{id}")).await.status == 200;
        assert!(there(&a).await != there(&b).await);
    }
}

async fn a_merge_honours_if_match_and_its_key(api: Api) {
    let (own, other) = (make(&api, "contacts", person()).await, make(&api, "contacts", person()).await);
    let path = format!("/v1/contacts/{own}/merge");
    let body = json!({"with_id": other});
    let stale = api.request("POST", &path).header("if-match", "\"7\"").json(&body).send().await;
    let _ = stale.refused(412_000);
    let key = format!("merge-{}", serial());
    let post =
        || api.request("POST", &path).header("idempotency-key", &key).header("if-match", "\"1\"").json(&body).send();
    let first = post().await.expect(200);
    let again = post().await.expect(200);
    assert_eq!((again.header("idempotent-replayed"), again.data()), ("true", first.data()));
}
