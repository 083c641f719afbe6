//! One customer from first word to last: what each service does, seen from outside, with the figures of a dashboard right
//! at every step.

use std::time::{Duration, Instant};

use kontor_testkit::{Api, Backend, Server, both_alone};
use serde_json::{Value, json};

use crate::forms;
use crate::imports::import;

both_alone!(from_a_lead_to_a_paid_invoice_and_a_solved_ticket);

/// Does an action and gives what it answers with.
async fn done(api: &Api, path: &str, body: Value, status: u16) -> Value {
    api.post(path, body).await.expect(status).data().clone()
}

fn at(collection: &str, record: &Value) -> String {
    format!("/v1/{collection}/{}", record["id"].as_str().unwrap())
}

/// The tiles of a dashboard: deals closed, money owed, promises kept.
struct Dashboard {
    api: Api,
    path: String,
}

impl Dashboard {
    async fn of(api: &Api) -> Self {
        let mut layout = Vec::new();
        for (place, kind) in ["win_rate", "receivables_ageing", "sla_attainment"].into_iter().enumerate() {
            let report = api.create("/v1/reports", json!({"name": kind, "kind": kind})).await;
            layout.push(json!({"report_id": report, "x": place, "y": 0, "width": 1, "height": 1}));
        }
        let id = api.create("/v1/dashboards", json!({"name": "How we do", "layout": layout})).await;
        Self { api: api.clone(), path: format!("/v1/dashboards/{id}/data") }
    }

    /// Deals won and what they brought, what is owed, tickets that kept and broke what was promised.
    async fn figures(&self) -> (i64, String, String, i64, i64) {
        let data = self.api.get(&self.path).await.expect(200).data()["tiles"].clone();
        let row = |tile: usize| data[tile]["result"]["rows"].get(0).cloned().unwrap_or_default();
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or("0").to_owned();
        let number = |row: &Value, name: &str| row[name].as_i64().unwrap_or(0);
        let (deals, owed, promises) = (row(0), row(1), row(2));
        (
            number(&deals, "won"),
            text(&deals, "won_amount"),
            text(&owed, "total"),
            number(&promises, "met"),
            number(&promises, "breached"),
        )
    }
}

async fn from_a_lead_to_a_paid_invoice_and_a_solved_ticket(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let board = Dashboard::of(&api).await;
    let seller = api.create("/v1/users", json!({"name": "Sam Seller", "email": "sam@house.example"})).await;
    let conditions = json!([{"field": "country", "op": "eq", "value": "DE"}]);
    let rule = json!({"name": "Germany", "position": 1, "users": [seller], "conditions": conditions});
    api.create("/v1/assignment_rules", rule).await;
    api.create("/v1/score_rules", json!({"name": "Germany", "points": 40, "conditions": conditions})).await;
    api.create("/v1/products", json!({"sku": "DESK-1", "name": "Desk", "price": "200", "currency": "EUR"})).await;
    api.create("/v1/tax_rates", json!({"name": "VAT", "rate": "0.19", "tax_class": "standard"})).await;

    forms::open(&server);
    let (company, contact, deal) = Box::pin(lead(&api, &seller)).await;
    let order = Box::pin(sale(&api, &board, &company, &contact, &deal)).await;
    let invoice = Box::pin(money(&api, &board, &order)).await;
    Box::pin(help(&api, &board, &contact)).await;
    Box::pin(forgotten(&api, &board, &contact, &invoice)).await;
}

/// A visitor fills in a form: a lead that is assigned and scored when it comes, qualified by hand, and becomes a company,
/// a person and a deal. What the visitor agreed to is agreed to by the person.
async fn lead(api: &Api, seller: &str) -> (Value, Value, Value) {
    let asks = ["first_name", "last_name", "company_name", "email", "country", "estimated_value"];
    let inputs: Vec<Value> = asks.iter().map(|field| json!({"field": field})).collect();
    let form = forms::form(api, json!({"inputs": inputs, "consent_text": "You may write to me."})).await;
    let visitor = json!({"first_name": "Maria", "last_name": "Anders", "company_name": "Futterkiste", "email": "maria@futterkiste.example",
        "country": "DE", "estimated_value": "1000", "consent": "yes"});
    let _ = api.anonymous().post(&form, visitor).await.expect(200);
    let lead = api.get("/v1/leads").await.expect(200).rows()[0].clone();
    assert_eq!(
        (&lead["source"], &lead["estimated_value"], &lead["currency"]),
        (&json!("web"), &json!("1000"), &json!("EUR"))
    );
    assert_eq!((&lead["owner_id"], &lead["score"]), (&json!(seller), &json!(40)));
    assert_eq!(lead["score_reasons"][0]["rule"], "Germany");
    assert_eq!(done(api, &format!("{}/qualify", at("leads", &lead)), json!({}), 200).await["status"], "qualified");
    let made = done(api, &format!("{}/convert", at("leads", &lead)), json!({"deal": {}}), 200).await;
    let (company, contact, deal) = (made["company"].clone(), made["contact"].clone(), made["deal"].clone());
    assert_eq!((&company["name"], &contact["email"]), (&json!("Futterkiste"), &json!("maria@futterkiste.example")));
    assert_eq!((&deal["company_id"], &deal["amount"]), (&company["id"], &json!("1000")));
    let _ = api.post(&format!("{}/convert", at("leads", &lead)), json!({})).await.refused(422_000);
    let consents =
        api.get(&format!("/v1/consents?filter[contact_id]={}", contact["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(consents.texts("purpose"), ["marketing"]);
    (company, contact, deal)
}

/// The deal moves, a quote is accepted and becomes an order, the deal is won.
async fn sale(api: &Api, board: &Dashboard, company: &Value, contact: &Value, deal: &Value) -> Value {
    let stages = api.get("/v1/stages?limit=100&sort=position").await.expect(200);
    let proposal = stages.rows().iter().find(|stage| stage["name"] == "Proposal").unwrap()["id"].clone();
    let moved = done(api, &format!("{}/move", at("deals", deal)), json!({"stage_id": proposal}), 200).await;
    assert_eq!(moved["probability"], 50);
    let customer = json!({"name": "Futterkiste", "mobile": "13800138000", "customer_type": "standard", "company_id": company["id"], "contact_id": contact["id"]});
    let customer = api.post("/v1/customers", customer).await.expect(201).data().clone();
    let tax = api.get("/v1/tax_rates").await.expect(200).ids().remove(0);
    let quote = json!({"deal_id": deal["id"], "company_id": company["id"], "customer_id": customer["id"], "valid_until": "2199-12-31",
        "lines": [{"sku": "DESK-1", "quantity": "5", "discount": "0.1", "tax_rate_id": tax}]});
    let quote = api.post("/v1/quotes", quote).await.expect(201).data().clone();
    assert_eq!(
        (&quote["subtotal"], &quote["tax_total"], &quote["total"]),
        (&json!("900"), &json!("171"), &json!("1071"))
    );
    let _ = done(api, &format!("{}/send", at("quotes", &quote)), json!({}), 200).await;
    let order = done(api, &format!("{}/accept", at("quotes", &quote)), json!({}), 201).await;
    assert_eq!((&order["object"], &order["total"]), (&json!("order"), &json!("1071")));
    assert_eq!(board.figures().await, (0, "0".into(), "0".into(), 0, 0));
    let won = done(api, &format!("{}/win", at("deals", deal)), json!({}), 200).await;
    assert_eq!((&won["probability"], &won["forecast_category"]), (&json!(100), &json!("closed")));
    assert_eq!(board.figures().await, (1, "1000".into(), "0".into(), 0, 0));
    order
}

/// The order is invoiced, the invoice finalized and paid in two parts.
async fn money(api: &Api, board: &Dashboard, order: &Value) -> String {
    let draft = done(api, &format!("{}/invoice", at("orders", order)), json!({}), 201).await;
    let invoice = at("invoices", &draft);
    let open = done(api, &format!("{invoice}/finalize"), json!({}), 200).await;
    assert!(open["number"].as_str().unwrap().ends_with("-00001"), "{open}");
    assert_eq!((&open["status"], &open["amount_due"]), (&json!("open"), &json!("1071")));
    assert_eq!(board.figures().await.2, "1071");
    let _ = done(api, &format!("{invoice}/pay"), json!({"amount": "1000", "method": "bank_transfer"}), 201).await;
    assert_eq!(board.figures().await.2, "71");
    let _ = api.post(&format!("{invoice}/pay"), json!({"amount": "71.01", "method": "cash"})).await.refused(422_000);
    let _ = done(api, &format!("{invoice}/pay"), json!({"amount": "71", "method": "cash"}), 201).await;
    assert_eq!(api.get(&invoice).await.expect(200).data()["status"], "paid");
    assert_eq!(api.get(&at("orders", order)).await.expect(200).data()["status"], "paid");
    assert_eq!(board.figures().await, (1, "1000".into(), "0".into(), 0, 0));
    invoice
}

/// A ticket that nobody answered breaks what was promised, and is solved all the same.
async fn help(api: &Api, board: &Dashboard, contact: &Value) {
    api.create(
        "/v1/sla_policies",
        json!({"name": "All", "priority": "normal", "first_response_minutes": 30, "resolution_minutes": 60}),
    )
    .await;
    let mapping = json!({"object": "ticket", "format": "csv", "key": "external_id",
        "fields": {"external_id": "id", "subject": "subject", "contact_id": {"const": contact["id"]}}, "history": {"created_at": "at"}});
    let file = "id,subject,at\nT,The desk wobbles,2026-01-05T09:00:00Z\n";
    let job = import(api, &json!({"object": "ticket", "mapping": mapping}), "tickets.csv", file).await;
    assert_eq!(job["report"]["created"], 1, "{job}");
    let begun = Instant::now();
    let ticket = loop {
        let ticket = api.get("/v1/tickets/by/external_id/T").await.expect(200).data().clone();
        if ticket["sla_status"] == "breached" {
            break ticket;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{ticket}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    assert_eq!(board.figures().await.4, 1);
    let _ = done(api, &format!("{}/reply", at("tickets", &ticket)), json!({"body": "We send new feet."}), 201).await;
    let solved =
        done(api, &format!("{}/resolve", at("tickets", &ticket)), json!({"resolution": "New feet."}), 200).await;
    assert_eq!((&solved["status"], &solved["sla_status"]), (&json!("solved"), &json!("breached")));
    assert_eq!(done(api, &format!("{}/rate", at("tickets", &ticket)), json!({"csat": 4}), 200).await["csat"], 4);
}

/// The person asks to be forgotten: the books stay.
async fn forgotten(api: &Api, board: &Dashboard, contact: &Value, invoice: &str) {
    let request = json!({"kind": "erasure", "subject": {"object": "contact", "id": contact["id"]}});
    let location = api.post("/v1/privacy/requests", request).await.expect(202).header("location").to_owned();
    let begun = Instant::now();
    while api.get(&location).await.expect(200).data()["state"] != "completed" {
        assert!(begun.elapsed() < Duration::from_secs(60));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let found = api.get("/v1/contacts?filter[email]=maria@futterkiste.example&count=exact").await.expect(200);
    assert_eq!(found.page()["total"], 0);
    let kept = api.get(invoice).await.expect(200);
    assert_eq!((&kept.data()["total"], &kept.data()["status"]), (&json!("1071"), &json!("paid")));
    assert_eq!(board.figures().await, (1, "1000".into(), "0".into(), 0, 1));
}
