//! Companies that own companies.

use kontor_testkit::{Api, Reply, both, unique};
use serde_json::json;

both!(
    a_company_is_not_its_own_parent,
    a_ring_is_refused,
    two_moves_at_once_make_no_ring,
    a_ring_is_not_closed_from_the_bin,
    a_batch_makes_no_ring
);

async fn company(api: &Api, parent: Option<&str>) -> String {
    api.create("/v1/companies", json!({"name": unique("Acme"), "parent_id": parent})).await
}

async fn moved(api: &Api, company: &str, parent: &str) -> Reply {
    api.patch(&format!("/v1/companies/{company}"), json!({"parent_id": parent})).await
}

async fn a_company_is_not_its_own_parent(api: Api) {
    let a = company(&api, None).await;
    let reply = moved(&api, &a, &a).await.refused(422_000);
    assert!(reply.detail().contains("company_hierarchy"), "{reply}");
    assert!(api.get(&format!("/v1/companies/{a}")).await.expect(200).data()["parent_id"].is_null());
}

async fn a_ring_is_refused(api: Api) {
    let a = company(&api, None).await;
    let b = company(&api, Some(&a)).await;
    let c = company(&api, Some(&b)).await;
    for below in [&b, &c] {
        let reply = moved(&api, &a, below).await.refused(422_000);
        assert!(reply.detail().contains("company_hierarchy") && reply.detail().contains(below.as_str()), "{reply}");
    }
    let _ = moved(&api, &c, &a).await.expect(200);
    let _ = moved(&api, &b, &c).await.expect(200);
}

/// Each below the other: one of them moves.
async fn two_moves_at_once_make_no_ring(api: Api) {
    for _ in 0..10 {
        let (a, b) = (company(&api, None).await, company(&api, None).await);
        let (first, second) = tokio::join!(moved(&api, &a, &b), moved(&api, &b, &a));
        let mut states = [first.status, second.status];
        states.sort_unstable();
        assert_eq!(states, [200, 422], "{first} {second}");
    }
}

async fn a_ring_is_not_closed_from_the_bin(api: Api) {
    let c = company(&api, None).await;
    let b = company(&api, Some(&c)).await;
    let a = company(&api, Some(&b)).await;
    let _ = api.delete(&format!("/v1/companies/{b}")).await.expect(200);
    let _ = moved(&api, &c, &a).await.expect(200);
    let reply = api.post(&format!("/v1/companies/{b}/restore"), json!({})).await.refused(422_000);
    assert!(reply.detail().contains("company_hierarchy"), "{reply}");
}

async fn a_batch_makes_no_ring(api: Api) {
    let (a, b) = (company(&api, None).await, company(&api, None).await);
    let below = |id: &str, parent: &str| json!({"op": "update", "id": id, "data": {"parent_id": parent}});
    let body = json!({"atomic": true, "operations": [below(&a, &b), below(&b, &a)]});
    let _ = api.post("/v1/companies/batch", body).await.refused(422_000);
    assert!(api.get(&format!("/v1/companies/{a}")).await.expect(200).data()["parent_id"].is_null());
}
