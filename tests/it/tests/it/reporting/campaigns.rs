//! What campaigns brought.

use kontor_testkit::{Api, Backend, Server, both_alone};
use serde_json::{Value, json};

use super::rows;

both_alone!(won_deals_are_shared_among_campaigns);

async fn contact(api: &Api, name: &str) -> String {
    api.create("/v1/contacts", json!({"last_name": name})).await
}

/// A deal that was won on a day.
async fn won(api: &Api, data: Value, day: &str) -> String {
    let mut whole = json!({"name": "D", "currency": "EUR"});
    whole.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
    let id = api.create("/v1/deals", whole).await;
    let _ = api.post(&format!("/v1/deals/{id}/win"), json!({"close_date": day})).await.expect(200);
    id
}

async fn won_deals_are_shared_among_campaigns(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let campaign = async |name: &str, cost: &str| {
        let body = json!({"name": name, "currency": "EUR", "budget": "80", "cost": cost, "starts_on": "2026-01-01"});
        api.create("/v1/campaigns", body).await
    };
    let (fair, mail) = (campaign("Fair", "50").await, campaign("Mail", "30").await);
    let old = json!({"name": "Old", "starts_on": "2020-01-01", "ends_on": "2020-12-31"});
    let old = api.create("/v1/campaigns", old).await;
    let maria = contact(&api, "Maria").await;
    for (campaign, responded, status) in [
        (&fair, "2026-01-05T09:00:00Z", "responded"),
        (&mail, "2026-01-20T09:00:00Z", "clicked"),
        (&old, "2026-03-20T09:00:00Z", "responded"),
    ] {
        let member = json!({"campaign_id": campaign, "contact_id": maria, "responded_at": responded, "status": status});
        api.create("/v1/campaign_members", member).await;
    }
    let bounced = contact(&api, "Bounced").await;
    let member = json!({"campaign_id": fair, "contact_id": bounced, "responded_at": "2026-01-02T09:00:00Z", "status": "bounced"});
    api.create("/v1/campaign_members", member).await;
    won(&api, json!({"amount": "100", "contact_id": maria}), "2026-02-01").await;
    won(&api, json!({"amount": "40", "campaign_id": mail}), "2026-02-02").await;
    won(&api, json!({"amount": "7", "contact_id": bounced}), "2026-02-03").await;
    won(&api, json!({"amount": "5", "currency": "USD", "contact_id": maria}), "2026-02-03").await;
    // A lead that a campaign brought in becomes a deal.
    let lead = api.create("/v1/leads", json!({"last_name": "Lead", "campaign_id": fair})).await;
    let converted = api
        .post(&format!("/v1/leads/{lead}/convert"), json!({"deal": {"name": "L", "amount": "11", "currency": "EUR"}}))
        .await;
    let deal = converted.expect(200).data()["deal"]["id"].as_str().unwrap().to_owned();
    let _ = api.post(&format!("/v1/deals/{deal}/win"), json!({"close_date": "2026-02-20"})).await.expect(200);

    let asked = async |model: &str| {
        let definition = json!({"from": "2026-02-01", "to": "2026-02-28", "model": model});
        let rows = rows(&api, json!({"kind": "campaign_roi", "definition": definition})).await;
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or("-").to_owned();
        let mut all: Vec<_> = rows
            .iter()
            .map(|row| {
                (["campaign", "currency", "won_amount", "net_amount", "roi"].map(|name| text(row, name)), row.clone())
            })
            .collect();
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        all
    };
    let own = |texts: [&str; 5]| texts.map(str::to_owned);
    let of = |all: &[([String; 5], Value)]| all.iter().map(|(texts, _)| texts.clone()).collect::<Vec<_>>();
    let linear = asked("linear").await;
    assert_eq!(
        of(&linear),
        [
            own(["Fair", "EUR", "61", "11", "22.00"]),
            own(["Fair", "USD", "2.5", "2.5", "-"]),
            own(["Mail", "EUR", "90", "60", "200.00"]),
            own(["Mail", "USD", "2.5", "2.5", "-"]),
        ]
    );
    let fair = &linear[0].1;
    assert_eq!([&fair["deals"], &fair["members"], &fair["responses"]], [&json!(2), &json!(2), &json!(2)]);
    assert_eq!((&fair["cost"], &fair["budget"]), (&json!("50"), &json!("80")));
    let first = asked("first").await;
    assert_eq!(of(&first)[0], own(["Fair", "EUR", "111", "61", "122.00"]));
    assert_eq!(of(&first)[2], own(["Mail", "EUR", "40", "10", "33.33"]));
    let last = asked("last").await;
    assert_eq!(of(&last)[0], own(["Fair", "EUR", "11", "-39", "-78.00"]));
    assert_eq!(of(&last)[1], own(["Mail", "EUR", "140", "110", "366.67"]));
    assert_eq!(last.len(), 3, "one that brought nothing shows its own currency alone: {last:?}");
}
