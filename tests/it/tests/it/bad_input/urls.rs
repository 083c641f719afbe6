//! Paths and query strings.

use kontor_testkit::{Api, both, encode};

use crate::support::notes;

both!(
    percent_rubbish,
    unknown_parameters_are_named,
    parameters_that_come_twice,
    a_url_that_is_too_long,
    strange_paths,
    every_call_knows_its_parameters
);

async fn percent_rubbish(api: Api) {
    let papers = notes(&api).await;
    for rubbish in ["%", "%2", "%zz", "%ff", "%c0%80", "%ed%a0%80", "a%", "%%41", "%u0041"] {
        for target in [
            format!("{}?q={rubbish}", papers.path),
            format!("{}?filter[title]={rubbish}", papers.path),
            format!("{}?{rubbish}=1", papers.path),
            format!("{}?sort={rubbish}", papers.path),
            format!("/v1/{rubbish}"),
            papers.at(rubbish),
            papers.at(&format!("by/{rubbish}/x")),
            format!("/v1/metadata/objects/{rubbish}"),
        ] {
            let reply = api.raw_get(&target).await;
            assert!(matches!(reply.status, 400 | 404), "{target}: {} {}", reply.status, reply.head);
            assert_eq!(reply.error_code() / 1000, u64::from(reply.status), "{target}");
        }
    }
}

async fn unknown_parameters_are_named(api: Api) {
    for (parameter, hint) in [
        ("limt=5", "limit"),
        ("ofset=5", "offset"),
        ("srot=name", "sort"),
        ("feilds=name", "fields"),
        ("exapnd=company", "expand"),
        ("curser=x", "cursor"),
        ("cuont=exact", "count"),
    ] {
        let reply = api.get(&format!("/v1/contacts?{parameter}")).await.refused(400_000);
        assert!(reply.detail().contains(&format!("did you mean \"{hint}\"")), "{}", reply.detail());
    }
    let reply = api.get("/v1/contacts?page=2").await.refused(400_000);
    assert!(reply.detail().contains("limit") && reply.detail().contains("offset"), "{}", reply.detail());
}

async fn parameters_that_come_twice(api: Api) {
    for twice in ["limit=1&limit=1", "sort=name&sort=id", "filter[city]=a&filter[city]=b", "limit=1&%6cimit=2"] {
        let reply = api.get(&format!("/v1/contacts?{twice}")).await.refused(400_000);
        assert!(reply.detail().contains("more than once"), "{}", reply.detail());
    }
    let _ = api.get("/v1/contacts?&&limit=1&").await.expect(200);
}

async fn a_url_that_is_too_long(api: Api) {
    let longest = format!("/v1/contacts?q={}", "x".repeat(2_048 - "/v1/contacts?q=".len()));
    let _ = api.get(&longest).await.expect(200);
    let reply = api.get(&format!("{longest}x")).await.refused(414_000);
    assert!(reply.detail().contains("POST /v1/contacts/search"), "{}", reply.detail());
    // Whatever it is that makes it long.
    for bytes in [10_000, 30_000] {
        let _ = api.get(&format!("/v1/contacts?sort={}", "a".repeat(bytes))).await.refused(414_000);
        let _ = api.get(&format!("/v1/contacts/{}", "1".repeat(bytes))).await.refused(414_000);
    }
    // Longer than any buffer: answered, or cut off, and the server goes on.
    let reply = api.raw_get(&format!("/v1/contacts?sort={}", "a".repeat(1 << 20))).await;
    assert!(matches!(reply.status, 0 | 400 | 414 | 431), "{} {}", reply.status, reply.head);
    let _ = api.get("/v1/contacts?limit=1").await.expect(200);
}

async fn strange_paths(api: Api) {
    let strange = [
        "/",
        "//",
        "/v1",
        "/v1/",
        "/v0/customers",
        "/v1//customers",
        "/v1/customers//",
        "/v1/customers/1/2/3",
        "/v1/Customers",
        "/V1/customers",
        "/v1/customers;x=1",
        "/v1/%63ustomers/../..",
        "/.git/config",
        "/v1/./customers",
        "/v1/customers/..",
        "/v1/metadata",
        "/v1/r_customers",
        "/v1/customer",
    ];
    for path in strange {
        let reply = api.raw_get(path).await;
        assert!(reply.status != 0 && reply.status < 500, "{path}: {}", reply.head);
        if path != "/" {
            assert!((400..500).contains(&reply.status), "{path}: {}", reply.head);
        }
    }
    for path in ["/v1/customers", "http://other.example/v1/customers"] {
        let reply = api.raw_get(path).await;
        assert!(reply.status < 500, "{path}: {}", reply.head);
    }
}

async fn every_call_knows_its_parameters(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, serde_json::json!({"title": "a"})).await;
    for (method, path) in [
        ("GET", papers.path.clone()),
        ("GET", papers.at(&id)),
        ("POST", papers.path.clone()),
        ("PATCH", papers.at(&id)),
        ("PUT", papers.at(&id)),
        ("DELETE", papers.at(&id)),
        ("POST", papers.at("search")),
        ("POST", papers.at("batch")),
        ("POST", papers.at("aggregate")),
        ("POST", papers.at(&format!("{id}/restore"))),
        ("GET", papers.at(&format!("{id}/history"))),
        ("GET", "/v1/metadata/objects".to_owned()),
        ("POST", "/v1/composite".to_owned()),
        ("GET", "/v1/jobs".to_owned()),
    ] {
        let request = api.request(method, &format!("{path}?{}=1", encode("no such parameter")));
        let request = if method == "POST" || method == "PUT" || method == "PATCH" {
            request.json(&serde_json::json!({"title": "b"}))
        } else {
            request
        };
        let reply = request.send().await;
        assert_eq!(reply.error_code(), 400_000, "{reply}");
    }
    assert_eq!(api.get(&papers.at(&id)).await.expect(200).data()["version"], 1);
}
