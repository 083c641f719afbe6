//! Lists: filters, pages, order, attributes.

use kontor_testkit::{Api, both, encode, serial};
use serde_json::json;

use super::{GROUP, USER, directory, get, id, refused, send};

both!(filters, pages_and_order, a_search_is_a_list, what_there_is);

async fn some(okta: &Api, mark: &str) -> Vec<String> {
    let mut ids = Vec::new();
    for (n, title) in [(1, Some("Baker")), (2, None), (3, Some("Clerk"))] {
        let body = json!({"schemas": [USER], "userName": format!("{mark}-{n}"), "title": title, "active": n != 3,
            "externalId": format!("X{mark}{n}"), "name": {"familyName": format!("{mark} {n}")},
            "emails": [{"value": format!("{mark}.{n}@example.com"), "type": "work"}]});
        ids.push(id(&send(okta, "POST", "Users", &body).await.expect(201).json).to_owned());
    }
    ids
}

async fn filters(api: Api) {
    let okta = directory(&api);
    let mark = serial().to_lowercase();
    let ids = some(&okta, &mark).await;
    for (filter, wanted) in [
        (format!("userName eq \"{mark}-2\""), vec![1]),
        (format!("userName eq \"{}-2\"", mark.to_uppercase()), vec![1]),
        (format!("userName sw \"{mark}-\""), vec![0, 1, 2]),
        (format!("userName ew \"{mark}-3\""), vec![2]),
        (format!("name.familyName co \"{mark}\" and active eq false"), vec![2]),
        (format!("name.familyName co \"{mark}\" and not (title pr)"), vec![1]),
        (format!("userName sw \"{mark}\" and (title eq \"baker\" or title eq \"clerk\")"), vec![0, 2]),
        (format!("userName sw \"{mark}\" and title gt \"Baker\""), vec![2]),
        (format!("userName sw \"{mark}\" and title ne \"Baker\""), vec![1, 2]),
        (format!("emails[type eq \"work\" and value eq \"{mark}.1@example.com\"]"), vec![0]),
        (format!("emails.value eq \"{mark}.3@example.com\""), vec![2]),
        (format!("emails eq \"{mark}.3@example.com\""), vec![2]),
        (format!("externalId eq \"X{mark}1\""), vec![0]),
        (format!("externalId eq \"x{mark}1\""), vec![]),
        (format!("id eq \"{}\"", ids[1]), vec![1]),
        ("id eq \"nobody\"".to_owned(), vec![]),
        (format!("{USER}:userName eq \"{mark}-1\""), vec![0]),
        (format!("userName sw \"{mark}\" and meta.created lt \"2020-01-01T00:00:00Z\""), vec![]),
        (format!("userName sw \"{mark}\" and meta.created ge \"2020-01-01T00:00:00Z\""), vec![0, 1, 2]),
    ] {
        let reply = get(&okta, &format!("Users?filter={}", encode(&filter))).await.expect(200);
        let found: Vec<&str> = reply.json["Resources"].as_array().unwrap().iter().map(id).collect();
        let wanted: Vec<&str> = wanted.iter().map(|at: &usize| ids[*at].as_str()).collect();
        assert_eq!(found, wanted, "{filter}");
        assert_eq!(reply.json["totalResults"], json!(wanted.len()), "{filter}");
    }
    let deep = format!("{}title pr{}", "(".repeat(60), ")".repeat(60));
    for bad in [
        "userName",
        "userName eq",
        "userName like \"x\"",
        "shoeSize eq 1",
        "emails[shoe eq 1]",
        "name.nick pr",
        "title co 5",
        &deep,
    ] {
        refused(&get(&okta, &format!("Users?filter={}", encode(bad))).await, 400, Some("invalidFilter"));
    }
}

async fn pages_and_order(api: Api) {
    let okta = directory(&api);
    let mark = serial().to_lowercase();
    let ids = some(&okta, &mark).await;
    let filter = encode(&format!("userName sw \"{mark}\""));
    let page = async |more: &str| {
        let reply = get(&okta, &format!("Users?filter={filter}{more}")).await.expect(200).json;
        let found: Vec<String> = reply["Resources"].as_array().unwrap().iter().map(|r| id(r).to_owned()).collect();
        assert_eq!(reply["totalResults"], 3);
        assert_eq!(reply["itemsPerPage"], json!(found.len()));
        (found, reply["startIndex"].clone())
    };
    assert_eq!(page("&startIndex=2&count=1").await, (vec![ids[1].clone()], json!(2)));
    assert_eq!(page("&startIndex=-5&count=1").await, (vec![ids[0].clone()], json!(1)));
    assert_eq!(page("&count=0").await.0, Vec::<String>::new());
    assert_eq!(page("&count=-1").await.0, Vec::<String>::new());
    assert_eq!(page("&startIndex=9").await.0, Vec::<String>::new());
    assert_eq!(page("&sortBy=title").await.0, [ids[0].clone(), ids[2].clone(), ids[1].clone()]);
    assert_eq!(page("&sortBy=title&sortOrder=descending").await.0, [ids[1].clone(), ids[2].clone(), ids[0].clone()]);
    assert_eq!(page("&sortBy=userName&sortOrder=descending&count=1").await.0, [ids[2].clone()]);
    // Without a filter pages are the engine's own, and never longer than 200.
    let first = get(&okta, "Users?count=2").await.expect(200).json;
    let second = get(&okta, "Users?count=2&startIndex=3").await.expect(200).json;
    assert_eq!((first["itemsPerPage"].as_u64(), second["startIndex"].as_u64()), (Some(2), Some(3)));
    assert_ne!(first["Resources"], second["Resources"]);
    assert!(get(&okta, "Users?count=100000").await.expect(200).json["itemsPerPage"].as_u64().unwrap() <= 200);
    assert_eq!(get(&okta, "Groups?count=0").await.expect(200).json["Resources"], json!([]));
    for (bad, kind) in [
        ("count=x", "invalidValue"),
        ("startIndex=1.5", "invalidValue"),
        ("sortBy=shoeSize", "invalidPath"),
        ("sortBy=userName&sortOrder=up", "invalidValue"),
        ("attributes=a%20b", "invalidValue"),
        ("attributes=title&excludedAttributes=name", "invalidValue"),
    ] {
        refused(&get(&okta, &format!("Users?{bad}")).await, 400, Some(kind));
    }
}

async fn a_search_is_a_list(api: Api) {
    let okta = directory(&api);
    let mark = serial().to_lowercase();
    let ids = some(&okta, &mark).await;
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "attributes": ["userName"],
        "filter": format!("userName sw \"{mark}\""), "sortBy": "userName", "sortOrder": "descending", "startIndex": 1, "count": 1});
    let found = send(&okta, "POST", "Users/.search", &body).await.expect(200).json;
    assert_eq!(found["Resources"], json!([{"schemas": [USER], "id": ids[2], "userName": format!("{mark}-3")}]));
    assert_eq!(found["totalResults"], 3);
    let team = send(
        &okta,
        "POST",
        "Groups",
        &json!({"schemas": [GROUP], "displayName": mark, "members": [{"value": ids[0]}]}),
    )
    .await
    .expect(201)
    .json;
    let body = json!({"filter": format!("members[value eq \"{}\"]", ids[0]), "excludedAttributes": ["members"]});
    let found = send(&okta, "POST", "Groups/.search", &body).await.expect(200).json;
    assert_eq!((&found["totalResults"], id(&found["Resources"][0])), (&json!(1), id(&team)));
}

async fn what_there_is(api: Api) {
    let okta = directory(&api);
    let config = get(&okta, "ServiceProviderConfig").await.expect(200);
    assert_eq!(config.header("content-type"), "application/scim+json");
    assert_eq!((&config.json["bulk"]["supported"], &config.json["patch"]["supported"]), (&json!(false), &json!(true)));
    assert_eq!(config.json["filter"]["maxResults"], 200);
    let types = get(&okta, "ResourceTypes").await.expect(200).json;
    assert_eq!(types["totalResults"], 2);
    for kind in types["Resources"].as_array().unwrap() {
        assert_eq!(get(&okta, &format!("ResourceTypes/{}", id(kind))).await.expect(200).json, *kind);
        let schema = get(&okta, &format!("Schemas/{}", kind["schema"].as_str().unwrap())).await.expect(200).json;
        assert_eq!(schema["id"], kind["schema"]);
    }
    assert_eq!(get(&okta, "Schemas").await.expect(200).json["totalResults"], 2);
    refused(&get(&okta, "Schemas/urn:x").await, 404, None);
    refused(&get(&okta, "ResourceTypes/Device").await, 404, None);
}
