//! Who works on a ticket.

use std::collections::HashMap;

use kontor_testkit::{Api, both, unique};
use serde_json::{Value, json};

use super::{act, read, ticket, told};
use crate::support::NO_ID;

both!(a_ticket_is_given_to_someone, a_team_takes_turns, twenty_at_once_go_round, without_a_team_somebody_is_named);

async fn team(api: &Api, members: usize) -> (String, Vec<String>) {
    let team = api.create("/v1/teams", json!({"name": unique("Team")})).await;
    let mut users = Vec::new();
    for _ in 0..members {
        users.push(api.create("/v1/users", json!({"name": unique("User"), "team_id": team})).await);
    }
    let queue = api.create("/v1/queues", json!({"name": unique("Queue"), "team_id": team})).await;
    (queue, users)
}

async fn a_ticket_is_given_to_someone(api: Api) {
    let (queue, users) = team(&api, 1).await;
    let id = ticket(&api, json!({"queue_id": queue})).await;
    assert!(read(&api, &id).await["team_id"].is_string(), "the queue's team");
    let given = act(&api, &id, "assign", json!({"assignee_id": users[0]})).await.expect(200);
    assert_eq!(given.data()["assignee_id"], users[0]);
    assert_eq!(told(&api, &id).await, ["create", "assign"]);
    let _ = act(&api, &id, "assign", json!({"assignee_id": NO_ID})).await.refused(404_001);
    let _ = api.patch(&format!("/v1/users/{}", users[0]), json!({"active": false})).await.expect(200);
    let reply = act(&api, &id, "assign", json!({"assignee_id": users[0]})).await.refused(400_001);
    assert_eq!(reply.faults()[0]["field"], "assignee_id");
}

async fn a_team_takes_turns(api: Api) {
    let (queue, users) = team(&api, 3).await;
    let _ = api.patch(&format!("/v1/users/{}", users[1]), json!({"active": false})).await.expect(200);
    let mut given = Vec::new();
    for _ in 0..4 {
        let id = ticket(&api, json!({"queue_id": queue})).await;
        let reply = act(&api, &id, "assign", json!({})).await.expect(200);
        given.push(reply.data()["assignee_id"].as_str().unwrap().to_owned());
    }
    assert_eq!(
        given,
        [&users[0], &users[2], &users[0], &users[2]].map(String::clone),
        "who may not sign in is left out"
    );
}

async fn twenty_at_once_go_round(api: Api) {
    let (queue, users) = team(&api, 4).await;
    let tickets = (0..20).map(|n| json!({"subject": format!("{n}"), "queue_id": queue}));
    let tickets = crate::support::batch(&api, "/v1/tickets", tickets).await;
    let mut callers = tokio::task::JoinSet::new();
    for id in tickets {
        let api = api.clone();
        callers.spawn(async move { act(&api, &id, "assign", json!({})).await });
    }
    let mut counts: HashMap<String, usize> = HashMap::new();
    for reply in callers.join_all().await {
        let user: Value = reply.expect(200).data()["assignee_id"].clone();
        *counts.entry(user.as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(counts.len(), users.len());
    assert!(counts.values().all(|count| *count == 5), "{counts:?}");
}

async fn without_a_team_somebody_is_named(api: Api) {
    let bare = api.create("/v1/queues", json!({"name": unique("Queue")})).await;
    let (empty, _) = team(&api, 0).await;
    for (fields, word) in [
        (json!({}), "in no queue"),
        (json!({"queue_id": bare}), "has no team"),
        (json!({"queue_id": empty}), "no active member"),
    ] {
        let id = ticket(&api, fields).await;
        let reply = act(&api, &id, "assign", json!({})).await.refused(422_000);
        assert!(reply.detail().contains(word) && reply.detail().contains("send assignee_id"), "{reply}");
    }
}
