//! Two tickets about one thing.

use kontor_testkit::{Api, both};
use serde_json::json;

use super::{act, asker, asks, read, ticket, told};
use crate::support::NO_ID;

both!(
    comments_move_and_the_ticket_closes,
    both_tickets_are_the_callers_to_change,
    a_ticket_is_merged_with_another_open_one,
    two_merges_at_once_make_no_ring
);

async fn comments_move_and_the_ticket_closes(api: Api) {
    let contact = asker(&api).await;
    let (from, into) = (ticket(&api, json!({})).await, ticket(&api, json!({})).await);
    let said = act(&api, &from, "reply", json!({"body": "Yes?"})).await.expect(201).id();
    let asked = asks(&api, &from, &contact).await.expect(201).id();
    let merged = act(&api, &from, "merge", json!({"into_id": into})).await.expect(200);
    assert_eq!((&merged.data()["status"], &merged.data()["merged_into_id"]), (&json!("closed"), &json!(into)));
    let comments = api.get(&format!("/v1/ticket_comments?filter[ticket_id]={into}&sort=id")).await.expect(200);
    assert_eq!(comments.ids(), [said, asked]);
    assert!(api.get(&format!("/v1/ticket_comments?filter[ticket_id]={from}")).await.expect(200).rows().is_empty());
    assert_eq!(told(&api, &from).await.last().map(String::as_str), Some("merge"));
    for (action, body) in [("reopen", json!({})), ("reply", json!({"body": "x"})), ("merge", json!({"into_id": into}))]
    {
        let reply = act(&api, &from, action, body).await.refused(422_000);
        assert!(reply.detail().contains(&format!("merged into {into}")), "{action}: {reply}");
    }
    let reply = api.patch(&format!("/v1/tickets/{from}"), json!({"status": "open"})).await.refused(422_000);
    assert!(reply.detail().contains("ticket_merged"), "{reply}");
    let _ = asks(&api, &from, &contact).await.refused(422_000);
    assert_eq!(
        (&read(&api, &into).await["status"], &read(&api, &into).await["merged_tickets"]),
        (&json!("open"), &json!(1))
    );
}

/// Who may change one ticket and not the other does not merge them.
async fn both_tickets_are_the_callers_to_change(api: Api) {
    let (from, into) = (ticket(&api, json!({})).await, ticket(&api, json!({})).await);
    let finance = api.as_role("finance", &[]);
    let _ = act(&finance, &from, "merge", json!({"into_id": into})).await.refused(403_000);
    assert_eq!((&read(&api, &from).await["version"], &read(&api, &into).await["version"]), (&json!(1), &json!(1)));
}

async fn a_ticket_is_merged_with_another_open_one(api: Api) {
    let id = ticket(&api, json!({})).await;
    let itself = act(&api, &id, "merge", json!({"into_id": id})).await.refused(422_000);
    assert!(itself.detail().contains("merge_itself"), "{itself}");
    let closed = ticket(&api, json!({"status": "closed"})).await;
    let _ = act(&api, &id, "merge", json!({"into_id": closed})).await.refused(422_000);
    // A record of another object is no ticket.
    for other in [NO_ID.to_owned(), asker(&api).await] {
        let _ = act(&api, &id, "merge", json!({"into_id": other})).await.refused(404_001);
    }
    let missing = act(&api, &id, "merge", json!({})).await.refused(400_001);
    assert_eq!(missing.faults()[0]["field"], "into_id");
    assert_eq!(read(&api, &id).await["version"], 1);
}

/// Each into the other: one of them stays open.
async fn two_merges_at_once_make_no_ring(api: Api) {
    for _ in 0..20 {
        let (a, b) = (ticket(&api, json!({})).await, ticket(&api, json!({})).await);
        let (first, second) =
            tokio::join!(act(&api, &a, "merge", json!({"into_id": b})), act(&api, &b, "merge", json!({"into_id": a})));
        let mut states = [first.status, second.status];
        states.sort_unstable();
        assert_eq!(states, [200, 422], "{first} {second}");
        let mut open = [read(&api, &a).await["status"].clone(), read(&api, &b).await["status"].clone()];
        open.sort_by_key(ToString::to_string);
        assert_eq!(open, [json!("closed"), json!("open")]);
    }
}
