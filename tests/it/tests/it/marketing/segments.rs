//! Segments: who is in them, and what they may not be.

use kontor_testkit::{Api, Backend, Server, both, both_alone, serial, unique};
use serde_json::{Value, json};

use super::{becomes, contact};

both!(
    a_segment_follows_its_filter,
    conditions_are_counted_before_they_are_saved,
    a_segment_is_no_part_of_itself,
    what_cannot_be_asked_is_not_saved
);
both_alone!(a_frozen_segment_keeps_whom_it_found, a_tracked_segment_knows_who_came_and_went);

async fn segment(api: &Api, conditions: Value, more: Value) -> String {
    let mut body = json!({"name": unique("Segment"), "conditions": conditions});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    api.create("/v1/segments", body).await
}

async fn members(api: &Api, segment: &str) -> Vec<String> {
    let (mut out, mut after) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("/v1/segments/{segment}/members?limit=2{after}")).await.expect(200).data().clone();
        out.extend(page["members"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        match page["next_after"].as_str() {
            Some(id) => after = format!("&after={id}"),
            None => return out,
        }
    }
}

async fn count(api: &Api, segment: &str) -> i64 {
    api.get(&format!("/v1/segments/{segment}/count")).await.expect(200).data()["count"].as_i64().unwrap()
}

async fn conditions_are_counted_before_they_are_saved(api: Api) {
    let city = format!("City{}", serial());
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(contact(&api, json!({"city": city})).await);
    }
    let at = "/v1/segments/preview";
    let here = json!({"field": "city", "op": "eq", "value": city});
    let seen = api.post(at, json!({"conditions": here, "limit": 2})).await.expect(200);
    let data = seen.data();
    assert_eq!(
        (&data["object"], &data["count"], &data["count_is_minimum"]),
        (&json!("contact"), &json!(3), &json!(false))
    );
    let shown: Vec<&str> = data["members"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(shown, ids[..2]);
    assert!(data["members"][0]["name"].is_string(), "{seen}");
    let kept = segment(&api, here.clone(), json!({})).await;
    let not = json!({"conditions": {"and": [{"segment": kept}, {"not": {"field": "id", "value": ids[0]}}]}});
    assert_eq!(api.post(at, not).await.expect(200).data()["count"], 2);
    // Of what the caller may read.
    let me = crate::permissions::user(&api, None).await;
    let name = crate::permissions::role(
        &api,
        &[("contact", "read", "own", json!(null)), ("segment", "read", "own", json!(null))],
    )
    .await;
    let seller = crate::permissions::acting(&api, &me, &name);
    assert_eq!(seller.post(at, json!({"conditions": here})).await.expect(200).data()["count"], 0);
    let _ = seller.post(at, json!({"conditions": {"segment": kept}})).await.refused(404_001);
    let _ = seller.post(at, json!({"target_object": "deal"})).await.refused(403_000);
    // What cannot be asked is named.
    for (body, code) in [
        (json!({"conditions": {"field": "citty", "value": "x"}}), 400_003),
        (json!({"conditions": {"field": "city", "op": "like", "value": "x"}}), 400_003),
        (json!({"target_object": "contcat"}), 400_001),
        (json!({"conditions": {"segment": "x"}}), 400_001),
        (json!({"limit": 51}), 400_001),
        (json!({"name": "x"}), 400_002),
    ] {
        let _ = api.post(at, body).await.refused(code);
    }
    let _ = api.post(at, json!({"conditions": {"segment": crate::support::NO_ID}})).await.refused(404_001);
}

async fn a_segment_follows_its_filter(api: Api) {
    let city = format!("City{}", serial());
    let company =
        api.create("/v1/companies?allow_duplicates=true", json!({"name": unique("Acme"), "industry": city})).await;
    let mut ids = Vec::new();
    for n in 0..5 {
        let more = if n == 4 { json!({"company_id": company}) } else { json!({"city": city}) };
        ids.push(contact(&api, more).await);
    }
    let own = segment(&api, json!({"field": "city", "op": "eq", "value": city}), json!({})).await;
    let further = segment(&api, json!({"field": "company.industry", "op": "eq", "value": city}), json!({})).await;
    let both = segment(&api, json!({"or": [{"segment": own}, {"segment": further}]}), json!({})).await;
    let not = segment(&api, json!({"and": [{"segment": both}, {"not": {"segment": own}}]}), json!({})).await;
    assert_eq!(members(&api, &own).await, ids[..4]);
    assert_eq!((members(&api, &both).await, count(&api, &both).await), (ids.clone(), 5));
    assert_eq!(members(&api, &not).await, ids[4..]);
    let page = api.get(&format!("/v1/segments/{own}/members?limit=1")).await.expect(200).data().clone();
    assert_eq!((&page["object"], &page["has_more"]), (&json!("contact"), &json!(true)));
    assert!(page["members"][0]["name"].as_str().unwrap().starts_with("Zoé Roe"), "{page}");
    let _ = api.patch(&format!("/v1/contacts/{}", ids[0]), json!({"city": "Elsewhere"})).await.expect(200);
    assert_eq!(members(&api, &own).await, ids[1..4]);
    let _ = api.delete(&format!("/v1/contacts/{}", ids[1])).await.expect(200);
    assert_eq!(count(&api, &own).await, 2);
}

async fn a_segment_is_no_part_of_itself(api: Api) {
    let city = json!({"field": "city", "op": "eq", "value": "Rome"});
    let first = segment(&api, city.clone(), json!({})).await;
    let second = segment(&api, json!({"not": {"segment": first}}), json!({})).await;
    let third = segment(&api, json!({"and": [city, {"segment": second}]}), json!({})).await;
    for (of, names) in [(&first, &first), (&first, &second), (&first, &third), (&second, &third)] {
        let conditions = json!({"or": [{"field": "city", "op": "eq", "value": "Oslo"}, {"segment": names}]});
        let refused =
            api.patch(&format!("/v1/segments/{of}"), json!({"conditions": conditions})).await.refused(422_000);
        assert!(refused.detail().starts_with("segment_ring"), "{refused}");
    }
    let _ = api.get(&format!("/v1/segments/{third}/count")).await.expect(200);
    // And not of others without end.
    let mut last = third;
    let refused = loop {
        let body = json!({"name": unique("Segment"), "conditions": {"segment": last}});
        let made = api.post("/v1/segments", body).await;
        if made.status != 201 {
            break made.refused(422_000);
        }
        last = made.id();
    };
    assert!(refused.detail().starts_with("segment_depth"), "{refused}");
}

async fn what_cannot_be_asked_is_not_saved(api: Api) {
    let leads =
        segment(&api, json!({"field": "status", "op": "eq", "value": "new"}), json!({"target_object": "lead"})).await;
    for conditions in [
        json!({"field": "town", "op": "eq", "value": "Rome"}),
        json!({"field": "city", "op": "like", "value": "Rome"}),
        json!({"field": "company.industri", "op": "eq", "value": "x"}),
        json!({"field": "do_not_email", "op": "gt", "value": true}),
        json!({"and": []}),
        json!({"segment": "x"}),
        json!({"segment": crate::support::NO_ID}),
        json!({"segment": leads}),
        json!("city"),
    ] {
        let body = json!({"name": unique("S"), "conditions": conditions});
        let reply = api.post("/v1/segments", body).await;
        assert!(reply.status == 400, "{conditions}: {reply}");
    }
    let refused =
        api.post("/v1/segments", json!({"name": unique("S"), "target_object": "contct"})).await.refused(400_001);
    assert!(refused.detail().contains("did you mean \"contact\""), "{refused}");
    let refused = api.post("/v1/segments", json!({"name": unique("S"), "kind": "frozen"})).await.refused(422_000);
    assert!(refused.detail().starts_with("segment_kind"), "{refused}");
}

async fn a_frozen_segment_keeps_whom_it_found(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(contact(&api, json!({"city": "Rome"})).await);
    }
    let id = segment(&api, json!({"field": "city", "op": "eq", "value": "Rome"}), json!({})).await;
    let at = format!("/v1/segments/{id}");
    let frozen = api.post(&format!("{at}/freeze"), json!({})).await.expect(200).data().clone();
    assert_eq!((&frozen["kind"], &frozen["drawing"]), (&json!("frozen"), &json!(true)));
    let _ = api.post(&format!("{at}/freeze"), json!({})).await.refused(422_000);
    let drawn = || async { api.get(&at).await.expect(200).data()["drawing"] == false };
    for _ in 0..400 {
        if drawn().await {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(drawn().await);
    let _ = api.patch(&format!("/v1/contacts/{}", ids[0]), json!({"city": "Oslo"})).await.expect(200);
    let _ = contact(&api, json!({"city": "Rome"})).await;
    assert_eq!(members(&api, &id).await, ids);
    // Who is in the bin is in no segment.
    let _ = api.delete(&format!("/v1/contacts/{}", ids[2])).await.expect(200);
    assert_eq!(members(&api, &id).await, ids[..2]);
    let refused =
        api.patch(&at, json!({"conditions": {"field": "city", "op": "eq", "value": "Oslo"}})).await.refused(422_000);
    assert!(refused.detail().starts_with("segment_frozen"), "{refused}");
}

async fn a_tracked_segment_knows_who_came_and_went(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let here = contact(&api, json!({"city": "Rome"})).await;
    let id = segment(&api, json!({"field": "city", "op": "eq", "value": "Rome"}), json!({"tracked": true})).await;
    let rows = async |left: bool, count: usize| {
        for _ in 0..400 {
            let filter = format!("filter[segment_id]={id}&filter[left_at][is_null]={}", !left);
            let list = api.get(&format!("/v1/segment_members?{filter}")).await.expect(200);
            if list.rows().len() == count {
                return list.rows().to_vec();
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("there are never {count} rows with left = {left}");
    };
    assert_eq!(rows(false, 1).await[0]["record_id"], json!(here));
    let _ = api.patch(&format!("/v1/contacts/{here}"), json!({"city": "Oslo"})).await.expect(200);
    assert_eq!(rows(true, 1).await[0]["record_id"], json!(here));
    let _ = api.patch(&format!("/v1/contacts/{here}"), json!({"city": "Rome"})).await.expect(200);
    assert_eq!(rows(false, 1).await.len(), 1, "who comes back has another row");
    let _ = rows(true, 1).await;
    let _ = api.post("/v1/segment_members", json!({"segment_id": id, "record_id": here})).await.refused(403_000);
    let _ = becomes(&api, &format!("/v1/segments/{id}"), "kind", "live").await;
}
