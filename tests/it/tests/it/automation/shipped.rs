//! What a workspace has from the beginning.

use kontor_testkit::{Backend, Server, both_alone, unique};
use serde_json::json;

use super::{over, runs, until};
use crate::permissions::user;

both_alone!(what_is_shipped_is_there_and_works);

async fn what_is_shipped_is_there_and_works(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let shipped = until("the workflows", async || {
        let rows = api.get("/v1/workflows?sort=id").await.expect(200).rows().to_vec();
        (!rows.is_empty()).then_some(rows)
    })
    .await;
    let id = |key: &str| {
        let found = shipped.iter().find(|row| row["external_id"] == key).unwrap_or_else(|| panic!("{key}"));
        found["id"].as_str().unwrap().to_owned()
    };
    let owner = user(&api, None).await;
    let lead = json!({"last_name": unique("Roe"), "owner_id": owner, "interest": "lamps"});
    let lead = api.create("/v1/leads", lead).await;
    let news = crate::notifications::of(&api, &owner, 1).await;
    assert!(news[0]["title"].as_str().unwrap().starts_with("New lead: Roe"), "{news:?}");
    assert_eq!((&news[0]["body"], &news[0]["related_to_id"]), (&json!("lamps"), &json!(lead)));

    let company = api.create("/v1/companies", json!({"name": unique("Acme"), "phone": "+8613800138000"})).await;
    let deal = json!({"name": unique("Lamps"), "company_id": company, "amount": "1200.50", "owner_id": owner});
    let deal = api.create("/v1/deals", deal).await;
    let _ = api.post(&format!("/v1/deals/{deal}/win"), json!({})).await.expect(200);
    let won = id("shipped-deal-won");
    let all = runs(&api, &won, 1).await;
    let run = over(&api, all[0]["id"].as_str().unwrap()).await;
    assert_eq!(run["status"], "succeeded", "{run} {:?}", super::history(&api, &run).await);
    let invoices = api.get(&format!("/v1/invoices?filter[deal_id]={deal}&expand=customer")).await.expect(200);
    let [invoice] = invoices.rows() else { panic!("{invoices}") };
    assert_eq!((&invoice["status"], &invoice["subtotal"]), (&json!("draft"), &json!("1200.5")));
    assert_eq!(invoice["customer"]["company_id"], json!(company));

    // Taken up and won again, it is drafted once; another deal finds the customer.
    let _ = api.post(&format!("/v1/deals/{deal}/reopen"), json!({})).await.expect(200);
    let _ = api.post(&format!("/v1/deals/{deal}/win"), json!({})).await.expect(200);
    let second = json!({"name": unique("Lamps"), "company_id": company, "amount": "10", "owner_id": owner});
    let second = api.create("/v1/deals", second).await;
    let _ = api.post(&format!("/v1/deals/{second}/win"), json!({})).await.expect(200);
    let all = runs(&api, &won, 3).await;
    for run in &all {
        let _ = over(&api, run["id"].as_str().unwrap()).await;
    }
    let count =
        async |deal: &str| api.get(&format!("/v1/invoices?filter[deal_id]={deal}")).await.expect(200).rows().len();
    assert_eq!((count(&deal).await, count(&second).await), (1, 1));
    let customers = api.get(&format!("/v1/customers?filter[company_id]={company}")).await.expect(200);
    assert_eq!(customers.rows().len(), 1);

    // A company without what a customer needs: its owner is told.
    let bare = api.create("/v1/companies", json!({"name": unique("Bare")})).await;
    let third = json!({"name": unique("Lamps"), "company_id": bare, "amount": "10", "owner_id": owner});
    let third = api.create("/v1/deals", third).await;
    let _ = api.post(&format!("/v1/deals/{third}/win"), json!({})).await.expect(200);
    let told = until("the owner is told", async || {
        let path = format!("/v1/notifications?filter[owner_id]={owner}&filter[title][starts_with]=No%20customer");
        api.get(&path).await.expect(200).rows().first().cloned()
    })
    .await;
    assert_eq!(told["related_to_id"], json!(third));

    // What somebody has deleted stays away.
    let gone = id("shipped-lead-created");
    let _ = api.delete(&format!("/v1/workflows/{gone}")).await.expect(200);
    let server = server.restart().await;
    let api = server.api();
    let _ = api.create("/v1/leads", json!({"last_name": unique("Roe"), "owner_id": owner})).await;
    let _ = api.post(&format!("/v1/deals/{third}/reopen"), json!({})).await.expect(200);
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let left = api.get("/v1/workflows?filter[external_id]=shipped-lead-created").await.expect(200);
    assert!(left.rows().is_empty());
}
