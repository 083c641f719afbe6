//! One record's life.

use crate::house::House;

#[tokio::test]
async fn a_life_of_a_record() {
    let house = House::build().await;
    let made = house.post("/v1/contacts", r#"{"last_name": "张晓明", "email": "a@b.example"}"#).await;
    assert_eq!((made.status, made.header("etag")), (201, "\"1\""), "{}", made.text);
    let id = made.id().to_owned();
    let uri = format!("/v1/contacts/{id}");
    assert_eq!((made.header("location"), made.header("cache-control")), (uri.as_str(), "private, no-cache"));
    assert_eq!((&made.json["status"], &made.json["data"]["object"]), (&201.into(), &"contact".into()));
    assert_eq!(made.json["meta"]["request_id"], made.header("x-request-id"));

    let read = house.get(&uri).await;
    assert_eq!(read.json["data"], made.json["data"]);
    assert_eq!(house.send(&format!("GET {uri}"), &[("if-none-match", "\"1\"")], "").await.status, 304);
    let head = house.send(&format!("HEAD {uri}"), &[], "").await;
    assert_eq!(
        (head.status, head.text.as_str(), head.header("content-length")),
        (200, "", read.text.len().to_string().as_str())
    );

    let patched = house
        .send(
            &format!("PATCH {uri}"),
            &[("if-match", "\"1\""), ("content-type", "application/merge-patch+json")],
            r#"{"score": 5}"#,
        )
        .await;
    assert_eq!((patched.status, patched.header("etag")), (200, "\"2\""), "{}", patched.text);
    let stale = house.send(&format!("PATCH {uri}"), &[("if-match", "\"1\"")], r#"{"score": 6}"#).await;
    assert_eq!((stale.code(), &stale.json["current_version"]), (412_000, &2.into()));
    for (tags, status) in [("W/\"2\"", 412), ("\"1\", \"2\"", 200), ("*", 200), ("2", 400)] {
        assert_eq!(
            house.send(&format!("PATCH {uri}"), &[("if-match", tags)], r#"{"score": 5}"#).await.status,
            status,
            "{tags}"
        );
    }

    let replaced = house.send(&format!("PUT {uri}"), &[], r#"{"last_name": "Roe"}"#).await;
    assert!(replaced.status == 200 && replaced.json["data"]["email"].is_null(), "{}", replaced.text);

    let deleted = house.send(&format!("DELETE {uri}"), &[], "").await;
    assert_eq!(deleted.json["data"], serde_json::json!({"id": id, "deleted": true}));
    assert_eq!(house.get(&uri).await.code(), 404_001);
    assert_eq!(house.get("/v1/contacts?deleted=true").await.json["data"].as_array().unwrap().len(), 1);
    assert_eq!(house.post(&format!("{uri}/restore"), "").await.status, 200);
    assert_eq!(
        house.send(&format!("POST {uri}/purge"), &[("authorization", "Bearer reader")], "").await.code(),
        403_001
    );
    let purged = house.post(&format!("{uri}/purge"), "{}").await;
    assert_eq!(purged.status, 200, "{}", purged.text);
    assert_eq!(house.get(&uri).await.code(), 404_001);
}

#[tokio::test]
async fn upserts_make_once_and_merge_after() {
    let house = House::build().await;
    let uri = "/v1/contacts/by/email/a%40b.example";
    let first = house.send(&format!("PUT {uri}"), &[], r#"{"last_name": "Roe"}"#).await;
    assert_eq!((first.status, &first.json["data"]["email"]), (201, &"a@b.example".into()), "{}", first.text);
    let second = house.send(&format!("PUT {uri}"), &[], r#"{"score": 1}"#).await;
    assert_eq!((second.status, second.id()), (200, first.id()));
    assert_eq!(house.get(uri).await.json["data"], second.json["data"]);
    assert_eq!(house.get("/v1/contacts/by/score/1").await.code(), 400_003);
}

#[tokio::test]
async fn a_key_does_its_work_once() {
    let house = House::build().await;
    let key = [("idempotency-key", "k-1")];
    let first = house.send("POST /v1/contacts", &key, r#"{"last_name": "Roe"}"#).await;
    let again = house.send("POST /v1/contacts", &key, r#"{"last_name": "Roe"}"#).await;
    assert_eq!((again.status, &again.text), (first.status, &first.text), "{}", first.text);
    assert_eq!((again.header("idempotent-replayed"), again.header("location")), ("true", first.header("location")));
    assert_eq!(house.send("POST /v1/contacts", &key, r#"{"last_name": "Doe"}"#).await.code(), 422_001);
    let refused = house.send("POST /v1/contacts", &[("idempotency-key", "k-2")], "{}").await;
    assert_eq!(refused.code(), 400_001);
    assert_eq!(
        house.send("POST /v1/contacts", &[("idempotency-key", "k-2")], r#"{"last_name": "Poe"}"#).await.status,
        201
    );
    assert_eq!(house.send("POST /v1/contacts", &[("idempotency-key", "a b")], "{}").await.code(), 400_000);
    assert_eq!(house.get("/v1/contacts?count=exact").await.json["meta"]["page"]["total"], 2);
}

#[tokio::test]
async fn racers_with_one_key_make_one_record() {
    let house = House::build().await;
    let racers =
        (0..32).map(|_| house.send("POST /v1/contacts", &[("idempotency-key", "race")], r#"{"last_name": "Roe"}"#));
    let replies = futures::future::join_all(racers).await;
    let made: std::collections::HashSet<&str> = replies.iter().filter(|r| r.status == 201).map(|r| r.id()).collect();
    assert_eq!(made.len(), 1);
    assert!(replies.iter().all(|r| r.status == 201 || r.code() == 409_003));
    assert_eq!(house.get("/v1/contacts?count=exact").await.json["meta"]["page"]["total"], 1);
}

#[tokio::test]
async fn another_space_sees_nothing() {
    let house = House::build().await;
    let made = house.post("/v1/contacts", r#"{"last_name": "Roe"}"#).await;
    let uri = format!("/v1/contacts/{}", made.id());
    let stranger = [("authorization", "Bearer stranger")];
    let theirs = house.send(&format!("GET {uri}"), &stranger, "").await;
    let unknown = house.send("GET /v1/contacts/104512398120374272", &stranger, "").await;
    assert_eq!((theirs.code(), &theirs.json["detail"]), (unknown.code(), &unknown.json["detail"]));
    for (method, body) in [("PATCH", "{}"), ("PUT", r#"{"last_name": "x"}"#), ("DELETE", "")] {
        assert_eq!(house.send(&format!("{method} {uri}"), &stranger, body).await.code(), 404_001);
    }
    assert_eq!(house.get(&uri).await.header("etag"), "\"1\"");
}

#[tokio::test]
async fn history_is_answered() {
    let house = House::build().await;
    let made = house.post("/v1/contacts", r#"{"last_name": "Roe"}"#).await;
    for part in ["history", "timeline"] {
        let reply = house.get(&format!("/v1/contacts/{}/{part}?limit=10", made.id())).await;
        assert!(reply.status == 200 && reply.json["data"].is_array(), "{}", reply.text);
    }
    assert_eq!(house.get("/v1/contacts/x/history").await.code(), 404_001);
}
