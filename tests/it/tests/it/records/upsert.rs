//! `/v1/{collection}/by/{field}/{value}`.

use kontor_testkit::{Api, both, encode, serial};
use serde_json::json;

use crate::support::{notes, plate, vehicles};

both!(
    the_first_makes_and_the_second_merges,
    only_unique_fields,
    values_are_percent_encoded,
    the_body_may_repeat_the_key,
    many_upserts_make_one_record,
    an_id_is_not_made_up
);

async fn the_first_makes_and_the_second_merges(api: Api) {
    let vehicles = vehicles(&api).await;
    let plate = plate();
    let path = vehicles.at(&format!("by/plate/{plate}"));
    let _ = api.get(&path).await.refused(404_001);
    let made = api.put(&path, json!({"doors": 3, "price": "100"})).await.expect(201);
    assert_eq!((&made.data()["plate"], made.header("location")), (&json!(plate), vehicles.at(&made.id()).as_str()));
    let merged = api.put(&path, json!({"doors": 5})).await.expect(200);
    assert_eq!((merged.id(), &merged.data()["doors"], &merged.data()["price"]), (made.id(), &json!(5), &json!("100")));
    let read = api.get(&format!("{path}?fields=doors")).await.expect(200);
    assert_eq!((read.id(), read.header("etag")), (made.id(), "\"2\""));
    let _ =
        api.request("PUT", &path).header("if-match", "\"1\"").json(&json!({"doors": 7})).send().await.refused(412_000);
    let by_external = vehicles.at("by/external_id/erp%2F1");
    let _ = api.put(&by_external, json!({"plate": crate::support::plate()})).await.expect(201);
    assert_eq!(api.get(&by_external).await.expect(200).data()["external_id"], "erp/1");
}

async fn only_unique_fields(api: Api) {
    let papers = notes(&api).await;
    for field in ["title", "nothing", "created_at"] {
        let reply = api.put(&papers.at(&format!("by/{field}/x")), json!({"title": "a"})).await.refused(400_003);
        assert!(reply.detail().contains("external_id"), "{}", reply.detail());
        let _ = api.get(&papers.at(&format!("by/{field}/x"))).await.refused(400_003);
    }
}

async fn values_are_percent_encoded(api: Api) {
    let papers = notes(&api).await;
    for value in ["a b", "a/b", "a?b", "a%b", "北京", "a&b=c", "a+b", "..", "'; --"] {
        let external = format!("{value}{}", serial());
        let path = papers.at(&format!("by/external_id/{}", encode(&external)));
        let made = api.put(&path, json!({"title": "a"})).await.expect(201);
        assert_eq!(made.data()["external_id"], external);
        assert_eq!(api.get(&path).await.expect(200).id(), made.id());
    }
    for rubbish in ["%", "%zz", "%ff", "%00"] {
        let _ = api.get(&papers.at(&format!("by/external_id/{rubbish}"))).await.refused(400_000);
    }
}

async fn the_body_may_repeat_the_key(api: Api) {
    let vehicles = vehicles(&api).await;
    let (one, two) = (plate(), plate());
    let path = vehicles.at(&format!("by/plate/{one}"));
    let id = api.put(&path, json!({"plate": one})).await.expect(201).id();
    let moved = api.put(&path, json!({"plate": two})).await.expect(200);
    assert_eq!((moved.id(), &moved.data()["plate"]), (id, &json!(two)));
}

async fn many_upserts_make_one_record(api: Api) {
    let vehicles = vehicles(&api).await;
    let path = vehicles.at(&format!("by/plate/{}", plate()));
    let mut callers = tokio::task::JoinSet::new();
    for doors in 0..32 {
        callers.spawn(api.request("PUT", &path).json(&json!({"doors": doors})).send());
    }
    let mut made = 0;
    while let Some(reply) = callers.join_next().await {
        let reply = reply.unwrap();
        // Whoever came too late at every try is told to repeat; the value is never taken by two.
        assert!(matches!(reply.status, 200 | 201 | 409), "{reply}");
        made += usize::from(reply.status == 201);
    }
    assert_eq!(made, 1);
    assert_eq!(api.get(&format!("{}?count=exact", vehicles.path)).await.expect(200).page()["total"], 1);
}

async fn an_id_is_not_made_up(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "a"})).await;
    assert_eq!(api.get(&papers.at(&format!("by/id/{id}"))).await.expect(200).id(), id);
    let _ = api.put(&papers.at("by/id/104512398120374272"), json!({"title": "b"})).await.refused(404_001);
}
