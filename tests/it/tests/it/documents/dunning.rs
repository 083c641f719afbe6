//! Steps of dunning that are mailed.

use kontor_testkit::{Backend, Server, both_alone};
use serde_json::json;

use super::sending::letters;
use super::{customer, draft, firm};

both_alone!(who_is_late_is_reminded_by_mail);

async fn who_is_late_is_reminded_by_mail(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let _ = firm(&api).await;
    let step = |more: serde_json::Value| {
        let mut body = json!({"name": "First", "level": 1, "days_after_due": 7, "send_mail": true});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let _ = api.post("/v1/dunning_steps", step(json!({"subject": "Late"}))).await.refused(400_001);
    let wrong = json!({"subject": "{{ invoice.nummer }}", "body": "{% for %}"});
    let refused = api.post("/v1/dunning_steps", step(wrong)).await.refused(400_001);
    assert_eq!(refused.faults().len(), 2, "{refused}");
    let reached = draft(&api, &customer(&api, json!({"language": "en"})).await).await;
    let silent = draft(&api, &customer(&api, json!({"email": null})).await).await;
    for invoice in [&reached, &silent] {
        let _ = api.post(&format!("{invoice}/finalize"), json!({"issue_date": "2020-01-01"})).await.expect(200);
    }
    let words = json!({
        "subject": "Reminder of {{ invoice.number }}",
        "body": "Dear {{ customer.name }},\n{{ invoice.amount_due }} was due on {{ invoice.due_date }}.\n{{ seller.name }}",
    });
    let _ = api.post("/v1/dunning_steps", step(words)).await.expect(201);
    let all = letters(&api, "dunning", 1).await;
    assert_eq!(all.len(), 1, "{all:?}");
    let letter = api.get(&format!("/v1/outbox/{}", all[0]["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(letter.data()["to"], "einkauf@sued.example");
    assert!(letter.data()["subject"].as_str().unwrap().starts_with("Reminder of 2020-0000"), "{letter}");
    let text = letter.data()["text"].as_str().unwrap();
    assert!(text.contains("EUR 963.87 was due on 31 Jan 2020.\nNord GmbH"), "{text}");
    // Who cannot be reached is dunned without, and nobody twice.
    for invoice in [&reached, &silent] {
        for _ in 0..200 {
            if api.get(invoice).await.expect(200).data()["dunning_level"] == json!(1) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!(api.get(invoice).await.expect(200).data()["dunning_level"], json!(1));
    }
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(letters(&api, "dunning", 1).await.len(), 1);
}
