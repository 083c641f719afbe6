//! What is in the log, and how it is asked.

use kontor_testkit::{Api, both, serial, unique};
use serde_json::json;

use super::{about, sequence, types};

both!(
    a_change_is_an_event,
    an_action_has_a_word_of_its_own,
    it_is_read_a_page_at_a_time,
    the_newest_come_first,
    types_and_times_are_asked_for,
    what_cannot_be_asked_is_refused,
    version_2_has_its_own_words,
    a_purge_takes_the_values_and_leaves_the_events,
    it_is_described
);

async fn contact(api: &Api) -> (String, String) {
    let name = unique("Roe");
    (api.create("/v1/contacts", json!({"last_name": name})).await, name)
}

async fn a_change_is_an_event(api: Api) {
    let (id, name) = contact(&api).await;
    let path = format!("/v1/contacts/{id}");
    let request = format!("events-{}", serial());
    let patch = api.request("PATCH", &path).header("x-request-id", &request).json(&json!({"title": "Dr"}));
    let _ = patch.send().await.expect(200);
    let _ = api.delete(&path).await.expect(200);
    let _ = api.post(&format!("{path}/restore"), json!({})).await.expect(200);
    let subject = format!("contacts/{id}");
    let events = about(&api, &subject, 4).await;
    let words = ["created", "updated", "deleted", "restored"].map(|word| format!("kontor.contact.{word}"));
    assert_eq!(types(&events), words);
    assert!(events.windows(2).all(|two| sequence(&two[0]) < sequence(&two[1])));
    let (made, changed, gone) = (&events[0], &events[1], &events[2]);
    assert_eq!(
        (&made["specversion"], &made["datacontenttype"], &made["subject"]),
        (&json!("1.0"), &json!("application/json"), &json!(subject))
    );
    assert!(made["source"].as_str().unwrap().starts_with("urn:kontor:space:"), "{made}");
    assert!(made["time"].as_str().unwrap().ends_with('Z') && made["id"].as_str().unwrap().len() == 18);
    assert_eq!(made["data"]["record"]["last_name"], json!(name));
    assert_eq!((&made["data"]["record"]["version"], &made["data"]["changed"]), (&json!(1), &json!({})));
    assert_eq!(changed["data"]["changed"], json!({"title": [null, "Dr"]}));
    assert_eq!((&changed["data"]["record"]["title"], &changed["data"]["record"]["version"]), (&json!("Dr"), &json!(2)));
    assert_eq!(changed["data"]["request_id"], json!(request));
    let actor = &changed["data"]["actor"];
    assert_eq!((&actor["type"], &actor["impersonator_id"]), (&json!("api_key"), &json!(null)));
    assert!(actor["user_id"].is_string() && actor["credential_id"].is_string(), "{actor}");
    assert_eq!(gone["data"]["record"], json!({"id": id, "deleted": true}));
}

async fn an_action_has_a_word_of_its_own(api: Api) {
    let deal = json!({"name": unique("Big"), "amount": "10.00", "currency": "EUR"});
    let deal = api.create("/v1/deals", deal).await;
    let _ = api.post(&format!("/v1/deals/{deal}/win"), json!({})).await.expect(200);
    let events = about(&api, &format!("deals/{deal}"), 2).await;
    assert_eq!(types(&events), ["kontor.deal.created", "kontor.deal.won"]);
    assert!(events[1]["data"]["changed"]["status"].is_array() || events[1]["data"]["changed"]["stage_id"].is_array());
}

async fn it_is_read_a_page_at_a_time(api: Api) {
    let (id, _) = contact(&api).await;
    for n in 0..4 {
        let _ = api.patch(&format!("/v1/contacts/{id}"), json!({"title": format!("t{n}")})).await.expect(200);
    }
    let subject = format!("contacts/{id}");
    let all = about(&api, &subject, 5).await;
    let mut found = Vec::new();
    let mut after = "0".to_owned();
    loop {
        let page = api.get(&format!("/v1/events?subject={subject}&limit=2&after={after}")).await.expect(200);
        found.extend(page.rows().to_vec());
        page.page()["next_cursor"].as_str().expect("always a cursor").clone_into(&mut after);
        if page.page()["has_more"] == false {
            break;
        }
    }
    assert_eq!(found, all);
    // At its end the log has a cursor too, and goes on behind it.
    let _ = api.patch(&format!("/v1/contacts/{id}"), json!({"title": "last"})).await.expect(200);
    let _ = about(&api, &subject, 6).await;
    let page = api.get(&format!("/v1/events?subject={subject}&after={after}")).await.expect(200);
    assert_eq!(page.rows().len(), 1);
    let again = api.get(&format!("/v1/events?subject={subject}&after={}", sequence(&all[2]))).await.expect(200);
    assert_eq!(again.rows()[..2], all[3..]);
}

async fn the_newest_come_first(api: Api) {
    let (id, _) = contact(&api).await;
    for n in 0..4 {
        let _ = api.patch(&format!("/v1/contacts/{id}"), json!({"title": format!("t{n}")})).await.expect(200);
    }
    let subject = format!("contacts/{id}");
    let mut all = about(&api, &subject, 5).await;
    all.reverse();
    let back = format!("/v1/events?subject={subject}&sort=-sequence");
    assert_eq!(api.get(&back).await.expect(200).rows(), all);
    assert_eq!(api.get(&format!("/v1/events?subject={subject}&sort=sequence")).await.expect(200).rows().len(), 5);
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("{back}&limit=2{cursor}")).await.expect(200);
        assert!(page.rows().len() <= 2);
        found.extend(page.rows().to_vec());
        match page.page()["next_cursor"].as_str() {
            Some(next) => cursor = format!("&after={next}"),
            None => break,
        }
        assert_eq!(page.page()["has_more"], true);
    }
    assert_eq!(found, all);
    // Behind an event there are older ones; since a time there are none that are older.
    let older = api.get(&format!("{back}&after={}", sequence(&all[2]))).await.expect(200);
    assert_eq!(older.rows(), &all[3..]);
    let now = all[0]["time"].as_str().unwrap();
    let since = api.get(&format!("{back}&since={now}&after={}", sequence(&all[0]) )).await.expect(200);
    assert!(since.rows().len() < 4, "{since}");
    assert!(api.get(&format!("{back}&since=2100-01-01T00:00:00Z")).await.expect(200).rows().is_empty());
    let _ = api.get("/v1/events?sort=-time").await.refused(400_003);
    let _ = api.get("/v1/events?sort=-sequence&after=999999999999999999").await.refused(400_005);
}

async fn types_and_times_are_asked_for(api: Api) {
    let (id, _) = contact(&api).await;
    let path = format!("/v1/contacts/{id}");
    let _ = api.patch(&path, json!({"title": "t"})).await.expect(200);
    let company = api.create("/v1/companies", json!({"name": unique("Acme")})).await;
    let both = format!("contacts/{id},companies/{company}");
    let all = about(&api, &both, 3).await;
    let asked = async |query: &str| {
        let page = api.get(&format!("/v1/events?subject={both}&{query}")).await.expect(200);
        types(page.rows()).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(asked("type=kontor.contact.*").await, ["kontor.contact.created", "kontor.contact.updated"]);
    assert_eq!(asked("type=kontor.company.created,kontor.contact.updated").await.len(), 2);
    assert_eq!(asked("type=*").await.len(), 3);
    assert!(asked("type=kontor.deal.*").await.is_empty());
    assert_eq!(asked(&format!("since={}", all[0]["time"].as_str().unwrap())).await.len(), 3);
    assert!(asked("since=2100-01-01T00:00:00Z").await.is_empty());
}

async fn what_cannot_be_asked_is_refused(api: Api) {
    let (id, _) = contact(&api).await;
    let _ = about(&api, &format!("contacts/{id}"), 1).await;
    for (query, code) in [
        ("typ=x", 400_000),
        ("type=Kontor.deal.won", 400_003),
        ("type=kontor.*.won", 400_003),
        ("type=", 400_003),
        ("subject=deals", 400_003),
        ("limit=0", 400_004),
        ("limit=501", 400_004),
        ("after=x", 400_005),
        ("after=-1", 400_005),
        ("after=999999999999999999", 400_005),
        ("since=yesterday", 400_000),
        ("since=2026-01-01T00:00:00Z&after=1", 400_003),
    ] {
        for path in ["/v1/events", "/v1/events/stream"] {
            if query.starts_with("limit") && path.ends_with("stream") {
                continue;
            }
            let _ = api.get(&format!("{path}?{query}")).await.refused(code);
        }
    }
    let _ = api.post("/v1/events", json!({})).await.refused(405_000);
}

async fn version_2_has_its_own_words(api: Api) {
    let customer = json!({"name": unique("客户"), "mobile": "13800138000", "customer_type": "standard"});
    let id = api.create("/v1/customers", customer).await;
    let _ = api.patch(&format!("/v1/customers/{id}"), json!({"customer_type": "vip"})).await.expect(200);
    let subject = format!("customers/{id}");
    let events = about(&api, &subject, 2).await;
    assert_eq!(events[1]["data"]["changed"]["customer_type"], json!(["standard", "vip"]));
    let page = api.get(&format!("/v2/events?subject={subject}")).await.expect(200);
    let (made, changed) = (&page.rows()[0]["data"], &page.rows()[1]["data"]);
    assert_eq!(changed["changed"]["tier"], json!(["standard", "vip"]));
    assert_eq!((&made["record"]["tier"], &made["record"]["customer_type"]), (&json!("standard"), &json!(null)));
    assert!(made["record"]["created_at"].is_i64(), "{made}");
    assert_eq!(page.rows()[0]["time"], events[0]["time"], "CloudEvents has times of RFC 3339");
}

async fn a_purge_takes_the_values_and_leaves_the_events(api: Api) {
    let (id, name) = contact(&api).await;
    let path = format!("/v1/contacts/{id}");
    let _ = api.patch(&path, json!({"title": "t"})).await.expect(200);
    let _ = about(&api, &format!("contacts/{id}"), 2).await;
    let _ = api.delete(&path).await.expect(200);
    let _ = api.post(&format!("{path}/purge"), json!({})).await.expect(200);
    let events = about(&api, &format!("contacts/{id}"), 4).await;
    assert!(events[..3].iter().all(|event| event["data"]["record"].is_null() && event["data"]["changed"] == json!({})));
    assert!(!json!(events).to_string().contains(&name));
}

async fn it_is_described(api: Api) {
    let document = api.anonymous().get("/asyncapi.json").await;
    assert_eq!((document.status, &document.json["asyncapi"]), (200, &json!("3.0.0")));
    let message = &document.json["components"]["messages"]["deal"];
    assert_eq!(message["payload"]["allOf"][1]["properties"]["type"]["pattern"], "^kontor\\.deal\\.[a-z0-9_]+$");
    let object = crate::support::notes(&api).await;
    let own = api.get("/asyncapi.json").await;
    assert!(own.json["components"]["messages"][&object.name].is_object(), "objects of the space are in its document");
    assert!(document.json["components"]["messages"][&object.name].is_null());
    let text = own.json.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(own.json.pointer(reference).is_some(), "{reference} leads nowhere");
    }
}
