//! `Idempotency-Key`: the same request twice is done once (api.md 6).

use kontor_testkit::{Api, both, serial};
use serde_json::{Value, json};

use crate::support::notes;

both!(
    every_writing_method_replays,
    another_caller_has_keys_of_its_own,
    a_refusal_does_not_use_up_the_key,
    keys_are_checked,
    racers_with_one_key_make_one_record,
    a_key_goes_with_its_path_and_method
);

async fn every_writing_method_replays(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "a"})).await;
    let calls = [
        ("POST", papers.path.clone(), json!({"title": "b"})),
        ("PATCH", papers.at(&id), json!({"title": "c"})),
        ("PUT", papers.at(&id), json!({"title": "d"})),
        (
            "POST",
            papers.at("batch"),
            json!({"operations": [{"op": "create", "data": {"title": "e"}}, {"op": "create", "data": {}}]}),
        ),
        ("PUT", papers.at("by/external_id/x"), json!({"title": "f"})),
        ("DELETE", papers.at(&id), Value::Null),
    ];
    for (method, path, body) in calls {
        let key = serial();
        let send = || {
            let request = api.request(method, &path).header("idempotency-key", &key);
            if body.is_null() { request.send() } else { request.json(&body).send() }
        };
        let first = send().await;
        assert!(first.status < 300, "{first}");
        let second = send().await;
        assert_eq!((second.status, second.header("idempotent-replayed")), (first.status, "true"), "{method} {path}");
        assert_eq!((second.data(), second.header("etag")), (first.data(), first.header("etag")), "{method} {path}");
    }
    let titles = api.get(&format!("{}?sort=id", papers.path)).await.expect(200).texts("title");
    assert_eq!(titles, ["b", "e", "f"]);
}

async fn another_caller_has_keys_of_its_own(api: Api) {
    let papers = notes(&api).await;
    let key = serial();
    let other = api.as_role("member", &[]);
    for caller in [&api, &other] {
        let reply = caller
            .request("POST", &papers.path)
            .header("idempotency-key", &key)
            .json(&json!({"title": "a"}))
            .send()
            .await
            .expect(201);
        assert_eq!(reply.header("idempotent-replayed"), "");
    }
    assert_eq!(api.get(&papers.path).await.expect(200).rows().len(), 2);
}

async fn a_refusal_does_not_use_up_the_key(api: Api) {
    let papers = notes(&api).await;
    let key = serial();
    let post = |body: Value| api.request("POST", &papers.path).header("idempotency-key", &key).json(&body).send();
    let _ = post(json!({"titel": "a"})).await.refused(400_001);
    let made = post(json!({"title": "a"})).await.expect(201);
    assert_eq!(made.header("idempotent-replayed"), "");
}

async fn keys_are_checked(api: Api) {
    let papers = notes(&api).await;
    let longest = format!("{}{}", serial(), "k".repeat(200));
    for (key, status) in [("", 400), ("a b", 400), (&"k".repeat(256)[..], 400), (&longest[..], 201)] {
        let reply =
            api.request("POST", &papers.path).header("idempotency-key", key).json(&json!({"title": "a"})).send().await;
        assert_eq!(reply.status, status, "{key}: {reply}");
    }
    let twice = api.request("POST", &papers.path).header("idempotency-key", "one").header("idempotency-key", "two");
    let _ = twice.json(&json!({"title": "a"})).send().await.refused(400_000);
}

async fn racers_with_one_key_make_one_record(api: Api) {
    let papers = notes(&api).await;
    let key = serial();
    let mut racers = tokio::task::JoinSet::new();
    for _ in 0..32 {
        racers.spawn(
            api.request("POST", &papers.path).header("idempotency-key", &key).json(&json!({"title": "a"})).send(),
        );
    }
    let mut answers = Vec::new();
    while let Some(reply) = racers.join_next().await {
        match reply.unwrap() {
            reply if reply.status == 201 => answers.push(reply.id()),
            reply => assert_eq!(reply.refused(409_003).header("retry-after"), "1"),
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "one record, the same answer: {answers:?}");
    assert_eq!(api.get(&papers.path).await.expect(200).ids(), answers);
}

async fn a_key_goes_with_its_path_and_method(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "a"})).await;
    let key = serial();
    let send = |method: &str, path: &str| {
        api.request(method, path).header("idempotency-key", &key).json(&json!({"title": "b"})).send()
    };
    let _ = send("PATCH", &papers.at(&id)).await.expect(200);
    let _ = send("PUT", &papers.at(&id)).await.refused(422_001);
    let _ = send("POST", &papers.path).await.refused(422_001);
}
