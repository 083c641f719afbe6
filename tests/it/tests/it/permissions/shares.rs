//! One record opened to a user or a team.

use kontor_testkit::{Api, both};
use serde_json::json;

use super::{acting, deal, role, team, user, word};

both!(a_share_opens_one_record, only_who_may_change_may_share, bad_shares_are_refused);

/// Rights follow within moments; a request asks again until they do.
async fn soon(api: &Api, path: &str, status: u16) {
    for _ in 0..300 {
        if api.get(path).await.status == status {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{path} never answered {status}");
}

async fn a_share_opens_one_record(api: Api) {
    let mark = word("mark");
    let squad = team(&api).await;
    let (me, mate, other) = (user(&api, None).await, user(&api, Some(&squad)).await, user(&api, None).await);
    let name = role(&api, &[("deal", "*", "own", json!(null))]).await;
    let (seller, colleague) = (acting(&api, &me, &name), acting(&api, &mate, &name));
    let id = deal(&api, &other, json!({"next_step": mark})).await;
    let _ = deal(&api, &other, json!({"next_step": mark})).await;
    let at = format!("/v1/deals/{id}");
    let _ = seller.get(&at).await.refused(404_001);

    let made = api.post(&format!("{at}/shares"), json!({"user_id": me})).await.expect(201);
    assert_eq!((&made.data()["user_id"], &made.data()["level"]), (&json!(me), &json!("read")));
    soon(&seller, &at, 200).await;
    assert_eq!(seller.get(&format!("/v1/deals?filter[next_step]={mark}")).await.expect(200).ids(), [id.clone()]);
    let _ = seller.patch(&at, json!({"amount": "1"})).await.refused(403_000);
    let _ = seller.delete(&at).await.refused(403_000);
    let _ = colleague.get(&at).await.refused(404_001);

    let again = api.post(&format!("{at}/shares"), json!({"team_id": squad, "level": "write"})).await.expect(201);
    soon(&colleague, &at, 200).await;
    let _ = colleague.patch(&at, json!({"amount": "2"})).await.expect(200);
    let listed = seller.get(&format!("{at}/shares")).await.expect(200);
    assert_eq!(listed.ids(), [made.id(), again.id()]);
    assert_eq!(made.header("location"), format!("{at}/shares/{}", made.id()));

    let _ = api.delete(&format!("{at}/shares/{}", made.id())).await.expect(200);
    let _ = api.delete(&format!("{at}/shares/{}", made.id())).await.refused(404_001);
    soon(&seller, &at, 404).await;
}

async fn only_who_may_change_may_share(api: Api) {
    let (me, other) = (user(&api, None).await, user(&api, None).await);
    let name = role(
        &api,
        &[
            ("deal", "read", "all", json!(null)),
            ("deal", "update", "own", json!(null)),
            ("user", "read", "all", json!(null)),
        ],
    )
    .await;
    let seller = acting(&api, &me, &name);
    let (mine, theirs) = (deal(&api, &me, json!({})).await, deal(&api, &other, json!({})).await);
    let _ = seller
        .post(&format!("/v1/deals/{theirs}/shares"), json!({"user_id": me, "level": "write"}))
        .await
        .refused(403_000);
    let _ = seller.post(&format!("/v1/deals/{mine}/shares"), json!({"user_id": other})).await.expect(201);
    let reader = api.as_role("read-only", &[]);
    let _ = reader.post(&format!("/v1/deals/{mine}/shares"), json!({"user_id": me})).await.refused(403_001);
}

async fn bad_shares_are_refused(api: Api) {
    let me = user(&api, None).await;
    let id = deal(&api, &me, json!({})).await;
    let at = format!("/v1/deals/{id}/shares");
    for body in [
        json!({}),
        json!({"user_id": me, "team_id": me}),
        json!({"user_id": 7}),
        json!({"user_id": "x"}),
        json!({"user_id": "104512398120374272"}),
        json!({"team_id": me}),
        json!({"user_id": me, "level": "all"}),
    ] {
        let _ = api.post(&at, body).await.refused(400_001);
    }
    let _ = api.post(&at, json!({"user_id": me, "days": 3})).await.refused(400_002);
    let _ = api.post("/v1/deals/104512398120374272/shares", json!({"user_id": me})).await.refused(404_001);
}
