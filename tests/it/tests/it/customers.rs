//! `/v1/customers`: the calls that the product was asked for first.

use kontor_testkit::{Api, both, encode, query, unique};
use serde_json::json;

use crate::support::customer;

both!(
    a_customer_is_made,
    a_wrong_mobile_is_400100,
    a_taken_name_is_400101,
    an_unknown_type_is_400006_with_what_is_allowed,
    a_name_has_2_to_50_characters,
    the_limit_ends_at_500,
    plain_text_is_415,
    put_on_the_collection_is_405,
    pages_by_offset,
    the_same_post_twice_makes_one_customer,
    several_faults_come_together,
    an_address_is_checked_by_rfc_5322,
);

async fn a_customer_is_made(api: Api) {
    let name = unique("张晓明");
    let made = api
        .post("/v1/customers", json!({"name": name, "mobile": "13800138000", "customer_type": "vip"}))
        .await
        .expect(201);
    let id = made.id();
    assert!(id.len() == 18 && id.bytes().all(|b| b.is_ascii_digit()), "{id}");
    assert_eq!(made.header("location"), format!("/v1/customers/{id}"));
    assert_eq!(made.header("etag"), "\"1\"");
    let data = made.data();
    assert_eq!(
        (&data["object"], &data["name"], &data["mobile"], &data["customer_type"]),
        (&json!("customer"), &json!(name), &json!("13800138000"), &json!("vip"))
    );
    assert_eq!(api.get(&format!("/v1/customers/{id}")).await.expect(200).data(), data);
}

async fn a_wrong_mobile_is_400100(api: Api) {
    for mobile in [
        "0912-345-678",
        "12800138000",
        "1380013800",
        "138001380000",
        "+8613800138000",
        "１３８００１３８０００",
        "",
        "13800138000 ",
    ] {
        let reply = api
            .post("/v1/customers", json!({"name": unique("a"), "mobile": mobile, "customer_type": "vip"}))
            .await
            .refused(400_100);
        assert_eq!(reply.fault_codes(), [("mobile".to_owned(), 400_100)], "{mobile}");
    }
    for prefix in 13..=19 {
        let mobile = format!("{prefix}912345678");
        let _ = api
            .post("/v1/customers", json!({"name": unique("a"), "mobile": mobile, "customer_type": "vip"}))
            .await
            .expect(201);
    }
}

async fn a_taken_name_is_400101(api: Api) {
    let body = customer();
    let first = api.create("/v1/customers", body.clone()).await;
    let second = api.post("/v1/customers", body.clone()).await.refused(400_101);
    assert_eq!(second.json["existing_ids"], json!([first]));
    assert_eq!(second.json["error_type"], "business");
    // In the bin it is in nobody's way, and may not come back while the name is taken.
    let _ = api.delete(&format!("/v1/customers/{first}")).await.expect(200);
    let third = api.create("/v1/customers", body).await;
    let _ = api.post(&format!("/v1/customers/{first}/restore"), json!({})).await.refused(400_101);
    let _ = api.delete(&format!("/v1/customers/{third}")).await.expect(200);
    let _ = api.post(&format!("/v1/customers/{first}/restore"), json!({})).await.expect(200);
}

async fn an_unknown_type_is_400006_with_what_is_allowed(api: Api) {
    let reply = api
        .post("/v1/customers", json!({"name": unique("a"), "mobile": "13800138000", "customer_type": "gold"}))
        .await
        .refused(400_006);
    assert_eq!(reply.faults()[0]["allowed"], json!(["standard", "vip", "premium"]));
    assert_eq!(reply.faults()[0]["value"], "gold");
}

async fn a_name_has_2_to_50_characters(api: Api) {
    let with = |name: String| json!({"name": name, "mobile": "13800138000", "customer_type": "vip"});
    for bad in ["", "明", &"名".repeat(51)] {
        let reply = api.post("/v1/customers", with(bad.to_owned())).await.refused(400_001);
        assert_eq!(reply.faults()[0]["field"], "name", "{bad}");
    }
    let stem = unique("名");
    let longest = format!("{stem}{}", "北".repeat(50 - stem.chars().count()));
    let _ = api.post("/v1/customers", with(longest)).await.expect(201);
}

async fn the_limit_ends_at_500(api: Api) {
    let _ = api.get("/v1/customers?limit=500").await.expect(200);
    for bad in ["501", "0", "-1", "1.5", "x", "", "99999999999999999999"] {
        let _ = api.get(&format!("/v1/customers?limit={bad}")).await.refused(400_004);
    }
}

async fn plain_text_is_415(api: Api) {
    let body = customer().to_string();
    for media in
        ["text/plain", "application/x-www-form-urlencoded", "application/xml", "", "application/json; charset=latin1"]
    {
        let reply = api.request("POST", "/v1/customers").body(media, body.clone()).send().await;
        let _ = reply.refused(415_000);
    }
    let _ = api.request("POST", "/v1/customers").body("application/json; charset=utf-8", body).send().await.expect(201);
}

async fn put_on_the_collection_is_405(api: Api) {
    for method in ["PUT", "PATCH", "DELETE"] {
        let reply = api.request(method, "/v1/customers").json(&json!({})).send().await.refused(405_000);
        let allow: Vec<&str> = reply.header("allow").split(',').map(str::trim).collect();
        assert!(allow.contains(&"GET") && allow.contains(&"POST") && !allow.contains(&method), "{allow:?}");
    }
}

async fn pages_by_offset(api: Api) {
    for _ in 0..3 {
        let _ = api.create("/v1/customers", customer()).await;
    }
    let page = api.get("/v1/customers?limit=100&offset=0").await.expect(200);
    assert_eq!((&page.page()["limit"], &page.page()["offset"]), (&json!(100), &json!(0)));
    assert!(page.page().get("total").is_none(), "total only when it is asked for");
    let ids = page.ids();
    assert!(ids.len() >= 3);
    // By id the order is that of making, whatever other stories add meanwhile.
    let first = api.get("/v1/customers?limit=2&offset=0&sort=id").await.expect(200).ids();
    let second = api.get("/v1/customers?limit=1&offset=1&sort=id").await.expect(200).ids();
    assert_eq!(first[1], second[0]);
    let beyond = api.get("/v1/customers?offset=99999").await.expect(200);
    assert_eq!((beyond.rows().len(), &beyond.page()["has_more"]), (0, &json!(false)));
}

async fn the_same_post_twice_makes_one_customer(api: Api) {
    let (body, key) = (customer(), unique("key").replace(' ', "-"));
    let post = |body: serde_json::Value| {
        api.request("POST", "/v1/customers").header("idempotency-key", &key).json(&body).send()
    };
    let first = post(body.clone()).await.expect(201);
    assert_eq!(first.header("idempotent-replayed"), "");
    let second = post(body.clone()).await;
    assert_eq!((second.status, second.header("idempotent-replayed")), (201, "true"));
    assert_eq!(second.data(), first.data());
    for name in ["location", "etag", "content-type"] {
        assert_eq!(second.header(name), first.header(name), "{name}");
    }
    let _ = post(customer()).await.refused(422_001);
    let name = body["name"].as_str().unwrap();
    let found = api.get(&query("/v1/customers", &[("filter[name]", name), ("count", "exact")])).await.expect(200);
    assert_eq!(found.page()["total"], 1);
}

async fn several_faults_come_together(api: Api) {
    let body = json!({"mobile": "1", "customer_type": "gold", "nmae": "x", "email": "no"});
    let reply = api.post("/v1/customers", body).await.refused(400_001);
    let mut codes = reply.fault_codes();
    codes.sort();
    let expected =
        [("customer_type", 400_006), ("email", 400_001), ("mobile", 400_100), ("name", 400_001), ("nmae", 400_002)];
    assert_eq!(codes, expected.map(|(field, code)| (field.to_owned(), code)));
    let hint = reply.faults().into_iter().find(|fault| fault["field"] == "nmae").unwrap();
    assert!(hint["message"].as_str().unwrap().contains("did you mean \"name\""), "{hint}");
}

async fn an_address_is_checked_by_rfc_5322(api: Api) {
    let with =
        |email: &str| json!({"name": unique("a"), "mobile": "13800138000", "customer_type": "vip", "email": email});
    for bad in ["no", "a@", "@b.example", "a b@c.example", "a@b..example", "a@@b.example", "a@b.example,c@d.example"] {
        let reply = api.post("/v1/customers", with(bad)).await.refused(400_001);
        assert_eq!(reply.faults()[0]["field"], "email", "{bad}");
    }
    for good in ["maria@example.com", "maria+crm@example.co.uk", "用户@例子.广告"] {
        let made = api.post("/v1/customers", with(good)).await.expect(201);
        let found = api
            .get(&format!("/v1/customers?filter[email]={}", encode(made.data()["email"].as_str().unwrap())))
            .await
            .expect(200);
        assert!(found.ids().contains(&made.id()), "{good}");
    }
}
