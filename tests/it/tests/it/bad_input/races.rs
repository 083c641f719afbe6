//! Many callers for one thing.

use kontor_testkit::{Api, both};
use serde_json::{Value, json};

use crate::support::{customer, notes, plate, vehicles};

both!(
    a_thousand_callers_for_one_name,
    a_thousand_callers_for_one_plate,
    counters_lose_nothing,
    changes_of_one_object_at_once
);

async fn all_at_once(api: &Api, path: &str, bodies: impl Iterator<Item = Value>) -> Vec<kontor_testkit::Reply> {
    let mut callers = tokio::task::JoinSet::new();
    for body in bodies {
        callers.spawn(api.request("POST", path).json(&body).send());
    }
    callers.join_all().await
}

async fn a_thousand_callers_for_one_name(api: Api) {
    let body = customer();
    let replies = all_at_once(&api, "/v1/customers", std::iter::repeat_n(body.clone(), 1_000)).await;
    let made: Vec<String> = replies.iter().filter(|reply| reply.status == 201).map(kontor_testkit::Reply::id).collect();
    assert_eq!(made.len(), 1);
    for reply in replies.into_iter().filter(|reply| reply.status != 201) {
        assert_eq!(reply.refused(400_101).json["existing_ids"], json!(made));
    }
    let name = body["name"].as_str().unwrap();
    let found = api
        .get(&kontor_testkit::query("/v1/customers", &[("filter[name]", name), ("count", "exact")]))
        .await
        .expect(200);
    assert_eq!(found.page()["total"], 1);
}

async fn a_thousand_callers_for_one_plate(api: Api) {
    let vehicles = vehicles(&api).await;
    let body = json!({"plate": plate()});
    let replies = all_at_once(&api, &vehicles.path, std::iter::repeat_n(body, 1_000)).await;
    let mut made = 0;
    for reply in replies {
        if reply.status == 201 {
            made += 1;
        } else {
            let _ = reply.refused(409_001);
        }
    }
    assert_eq!(made, 1);
    assert_eq!(api.get(&format!("{}?count=exact&limit=1", vehicles.path)).await.expect(200).page()["total"], 1);
}

/// Read, add one, write with If-Match, again until it holds: every addition is there in the end.
async fn counters_lose_nothing(api: Api) {
    let papers = notes(&api).await;
    let path = papers.at(&api.create(&papers.path, json!({"title": "a", "rank": 0})).await);
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (api, path) = (api.clone(), path.clone());
        callers.spawn(async move {
            for _ in 0..5 {
                loop {
                    let read = api.get(&path).await.expect(200);
                    let rank = read.data()["rank"].as_i64().unwrap() + 1;
                    let write = api
                        .request("PATCH", &path)
                        .header("if-match", read.header("etag"))
                        .json(&json!({"rank": rank}))
                        .send()
                        .await;
                    if write.status == 200 {
                        break;
                    }
                    let _ = write.refused(412_000);
                }
            }
        });
    }
    let _ = callers.join_all().await;
    let data = api.get(&path).await.expect(200).data().clone();
    assert_eq!((&data["rank"], &data["version"]), (&json!(80), &json!(81)));
}

async fn changes_of_one_object_at_once(api: Api) {
    let papers = notes(&api).await;
    let path = format!("{}/fields", papers.metadata());
    let replies = all_at_once(&api, &path, (0..8).map(|_| json!({"name": "colour", "type": "text"}))).await;
    let made = replies.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(made, 1, "{:?}", replies.iter().map(kontor_testkit::Reply::error_code).collect::<Vec<_>>());
    assert!(
        replies.iter().filter(|reply| reply.status != 201).all(|reply| matches!(reply.error_code(), 409_000 | 409_001))
    );
    let _ = api.post(&papers.path, json!({"title": "a", "colour": "red"})).await.expect(201);
}
