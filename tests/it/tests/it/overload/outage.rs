//! PostgreSQL goes away: what was read a moment ago is still answered, to those who might read it, and says how old it
//! is; everything else is 503 with `Retry-After`.

use kontor_testkit::{Api, Reply, Server, serial};
use serde_json::json;

use crate::faults::cluster::Cluster;
use crate::support::space_row;

const STALE: &str = "110 - \"Response is Stale\"";

fn is_stale(reply: &Reply) -> bool {
    reply.status == 200 && reply.header("warning") == STALE && reply.header("age").parse::<u64>().is_ok_and(|s| s < 60)
}

fn is_away(reply: &Reply) -> bool {
    matches!(reply.error_code(), 503_000 | 500_301) && !reply.header("retry-after").is_empty()
}

async fn deal(api: &Api, owner: Option<&str>) -> String {
    api.post("/v1/deals", json!({"name": serial(), "owner_id": owner})).await.expect(201).id()
}

#[tokio::test]
async fn hot_reads_are_answered_while_the_database_is_away() {
    let Some(cluster) = Cluster::start("hot reads while PostgreSQL is away", None) else { return };
    let server = Server::builder().env("KONTOR_DATABASE_URL", &cluster.url()).start().await;
    let api = server.api();
    let role = serial();
    let id = api.post("/v1/roles", json!({"name": role})).await.expect(201).id();
    let permission = json!({"role_id": id, "target_object": "deal", "action": "*", "reach": "own"});
    let _ = api.post("/v1/permissions", permission).await.expect(201);
    let mut users = Vec::new();
    for _ in 0..2 {
        users.push(api.post("/v1/users", json!({"name": serial()})).await.expect(201).id());
    }
    let seller = api.as_role(&role, &["--user", &users[0]]);
    let colleague = api.as_role(&role, &["--user", &users[1]]);
    assert!(cluster.sql(&space_row("sandbox")));
    let elsewhere = api.as_role("admin", &["--space", "sandbox"]);
    let revoked = api.as_role("read-only", &[]);
    let path = format!("/v1/deals/{}", deal(&api, Some(&users[0])).await);
    let other = format!("/v1/deals/{}", deal(&api, None).await);
    for one in [&api, &seller, &revoked] {
        let _ = one.get(&path).await.expect(200);
    }
    let _ = colleague.get(&path).await.refused(404_001);
    let _ = elsewhere.get("/v1/deals").await.expect(200);
    let tag = api.get(&path).await.header("etag").to_owned();
    // A key that was revoked before is not brought back by what follows.
    let keys = api.get("/v1/api_keys").await.expect(200);
    let hint = revoked.key().unwrap().chars().take(7).collect::<String>();
    let key = keys.rows().iter().find(|row| row.to_string().contains(&hint)).expect("the key").clone();
    let _ = api.delete(&format!("/v1/api_keys/{}", key["id"].as_str().unwrap())).await;
    let _ = revoked.get(&path).await.refused(401_001);
    // A change to keys makes this process check all of them anew.
    for one in [&api, &seller, &colleague, &elsewhere] {
        let _ = one.get("/v1/deals?limit=1").await.expect(200);
    }

    assert!(cluster.crash());
    // Longer than a caller is believed without being checked.
    let start = std::time::Instant::now();
    let mut asked = 0;
    while start.elapsed().as_secs() < 4 {
        for one in [&api, &seller] {
            let reply = one.get(&path).await;
            assert!(is_stale(&reply), "{reply}\n{}", server.log());
            assert_eq!(reply.json["meta"]["request_id"], reply.header("x-request-id"));
            asked += 1;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(asked > 10);
    let known = api.request("GET", &path).header("if-none-match", &tag).send().await.expect(304);
    assert_eq!((known.header("etag"), known.header("warning")), (tag.as_str(), STALE));
    // Nobody else's view, nothing that was not asked before, no change.
    for (one, path) in [(&colleague, &path), (&elsewhere, &path), (&seller, &other), (&api, &other)] {
        let reply = one.get(path).await;
        assert!(is_away(&reply), "{reply}");
    }
    let reply = revoked.get(&path).await;
    assert!(is_away(&reply), "it cannot be checked, and is not believed: {reply}");
    let reply = api.patch(&path, json!({"amount": "1"})).await;
    assert!(is_away(&reply), "{reply}");
    let reply = api.with_key("ak_00000000000000000000000000000000").get(&path).await;
    assert!(reply.status == 401 || is_away(&reply), "{reply}");

    assert!(cluster.up(), "{}", cluster.log());
    loop {
        let reply = api.get(&path).await.expect(200);
        if reply.header("warning").is_empty() {
            assert_eq!(reply.header("age"), "");
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    while api.patch(&path, json!({"next_step": "back again"})).await.status != 200 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let reply = api.get(&path).await.expect(200);
    assert!(reply.text().contains("back again") && reply.header("warning").is_empty(), "{reply}");
    let _ = revoked.get(&path).await.refused(401_001);
}

/// The server of the database is there and says nothing: that is as good as away.
#[tokio::test]
async fn a_database_that_says_nothing_is_away() {
    let Some(cluster) = Cluster::start("PostgreSQL says nothing", None) else { return };
    let server = Server::builder().env("KONTOR_DATABASE_URL", &cluster.url()).start().await;
    let api = server.api();
    let path = format!("/v1/deals/{}", deal(&api, None).await);
    let _ = api.get(&path).await.expect(200);
    cluster.signal("STOP");
    let reply = api.get(&path).await;
    let again = api.get(&path).await;
    cluster.signal("CONT");
    assert!(is_stale(&reply) && is_stale(&again), "{reply} {again}\n{}", server.log());
}

#[tokio::test]
async fn an_answer_that_is_too_old_is_not_given() {
    let Some(cluster) = Cluster::start("answers grow too old", None) else { return };
    let server =
        Server::builder().env("KONTOR_DATABASE_URL", &cluster.url()).env("KONTOR_CACHE_STALE_MS", "1500").start().await;
    let api = server.api();
    let path = format!("/v1/deals/{}", deal(&api, None).await);
    let _ = api.get(&path).await.expect(200);
    assert!(cluster.crash());
    loop {
        let reply = api.get(&path).await;
        if reply.status != 200 {
            assert!(is_away(&reply), "{reply}");
            break;
        }
        assert!(is_stale(&reply) && reply.header("age").parse::<u64>().unwrap() <= 1, "{reply}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
