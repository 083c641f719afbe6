//! Entity tags: 304 for readers, 412 for writers (RFC 9110, 13.1).

use kontor_testkit::{Api, both};
use serde_json::{Value, json};

use crate::support::notes;

both!(
    a_tag_that_holds_is_304,
    a_list_has_a_weak_tag,
    a_version_that_moved_on_is_412,
    one_of_many_writers_wins,
    a_malformed_tag_is_400
);

async fn a_tag_that_holds_is_304(api: Api) {
    let papers = notes(&api).await;
    let path = papers.at(&api.create(&papers.path, json!({"title": "a"})).await);
    let get = |tag: &str| api.request("GET", &path).header("if-none-match", tag).send();
    for tag in ["\"1\"", "W/\"1\"", "\"7\", \"1\"", "*"] {
        let reply = get(tag).await;
        assert_eq!((reply.status, reply.body.len(), reply.header("etag")), (304, 0, "\"1\""), "{tag}");
    }
    let _ = api.patch(&path, json!({"title": "b"})).await.expect(200);
    assert_eq!(get("\"1\"").await.expect(200).header("etag"), "\"2\"");
    let _ = api.delete(&path).await.expect(200);
    let _ = get("*").await.refused(404_001);
}

async fn a_list_has_a_weak_tag(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "a"})).await;
    let tag = api.get(&papers.path).await.expect(200).header("etag").to_owned();
    let get = || api.request("GET", &papers.path).header("if-none-match", &tag).send();
    assert_eq!(get().await.status, 304);
    let _ = api.patch(&papers.at(&id), json!({"title": "b"})).await.expect(200);
    let _ = get().await.expect(200);
}

async fn a_version_that_moved_on_is_412(api: Api) {
    let papers = notes(&api).await;
    let path = papers.at(&api.create(&papers.path, json!({"title": "a"})).await);
    let send = |method: &str, path: &str, tag: &str, body: Value| {
        api.request(method, path).header("if-match", tag).json(&body).send()
    };
    let _ = send("PATCH", &path, "\"1\"", json!({"title": "b"})).await.expect(200);
    for (method, path, body) in [
        ("PATCH", path.clone(), json!({"title": "c"})),
        ("PUT", path.clone(), json!({"title": "c"})),
        ("DELETE", path.clone(), json!({})),
    ] {
        for tag in ["\"1\"", "\"9\"", "W/\"2\"", "\"abc\""] {
            let reply = send(method, &path, tag, body.clone()).await.refused(412_000);
            assert_eq!((&reply.json["current_version"], reply.header("etag")), (&json!(2), "\"2\""), "{method} {tag}");
        }
    }
    assert_eq!(api.get(&path).await.expect(200).data()["title"], "b");
    let _ = send("PATCH", &path, "*", json!({"title": "c"})).await.expect(200);
    let _ = api.request("DELETE", &path).header("if-match", "\"3\"").send().await.expect(200);
    let _ = send("POST", &format!("{path}/restore"), "\"3\"", json!({})).await.refused(412_000);
    let _ = send("POST", &format!("{path}/restore"), "\"4\"", json!({})).await.expect(200);
}

async fn one_of_many_writers_wins(api: Api) {
    let papers = notes(&api).await;
    let path = papers.at(&api.create(&papers.path, json!({"title": "a", "rank": 0})).await);
    let mut writers = tokio::task::JoinSet::new();
    for rank in 1..=32 {
        let request = api.request("PATCH", &path).header("if-match", "\"1\"").json(&json!({"rank": rank}));
        writers.spawn(request.send());
    }
    let (mut won, mut lost) = (0, 0);
    while let Some(reply) = writers.join_next().await {
        match reply.unwrap() {
            reply if reply.status == 200 => won += 1,
            reply => lost += usize::from(reply.refused(412_000).json["current_version"] == 2),
        }
    }
    assert_eq!((won, lost), (1, 31));
    assert_eq!(api.get(&path).await.expect(200).data()["version"], 2);
}

async fn a_malformed_tag_is_400(api: Api) {
    let papers = notes(&api).await;
    let path = papers.at(&api.create(&papers.path, json!({"title": "a"})).await);
    for tag in ["1", "\"1", "W/1", "\"1\" \"2\"", ""] {
        let _ = api
            .request("PATCH", &path)
            .header("if-match", tag)
            .json(&json!({"title": "b"}))
            .send()
            .await
            .refused(400_000);
        let _ = api.request("GET", &path).header("if-none-match", tag).send().await.refused(400_000);
    }
}
