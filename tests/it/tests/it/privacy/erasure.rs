//! A person goes: not a byte of them is left, the books stay, the chain holds.

use std::time::{Duration, Instant};

use kontor_testkit::{Api, Backend, Part, Server, both_alone, serial};
use serde_json::{Value, json};

use super::{ask, holding, left_behind};

both_alone!(an_erased_person_leaves_no_byte);

/// Waits for a job.
async fn done(api: &Api, location: &str) {
    let begun = Instant::now();
    while api.get(location).await.expect(200).data()["state"] != "succeeded" {
        assert!(begun.elapsed() < Duration::from_secs(60));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn an_erased_person_leaves_no_byte(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let canary = format!("zqcanary{}", serial().to_lowercase().replace('-', ""));
    let sql = |server: &Server| left_behind(server, backend, &canary);
    // Custom fields of people are personal, too.
    let field = json!({"name": "nickname", "type": "text", "max": 80, "indexed": true});
    let _ = api.post("/v1/metadata/objects/contact/fields", field).await.expect(201);
    let body = json!({
        "first_name": "Jo", "last_name": format!("{canary}son"), "email": format!("{canary}@example.org"),
        "city": format!("{canary}ville"), "external_id": format!("x-{canary}"), "custom": {"nickname": format!("{canary}y")},
    });
    let key = serial();
    let create = async || api.request("POST", "/v1/contacts").header("idempotency-key", &key).json(&body).send().await;
    let made = create().await.expect(201);
    let contact = made.id();
    let path = format!("/v1/contacts/{contact}");
    // What it was before is in the audit and in the events.
    let _ = api.patch(&path, json!({"email": format!("new.{canary}@example.org")})).await.expect(200);
    let about = |text: String| json!({"subject": text, "body": format!("about {canary}"), "related_to_object": "contact", "related_to_id": contact});
    let note = api.create("/v1/notes", about(format!("Call {canary}"))).await;
    let meeting = json!({"subject": "Round table", "participants": [{"email": format!("new.{canary}@example.org")}]});
    let meeting = api.create("/v1/meetings", meeting).await;
    let ticket =
        api.create("/v1/tickets", json!({"subject": "Help", "description": canary, "contact_id": contact})).await;
    let comment =
        api.create("/v1/ticket_comments", json!({"ticket_id": ticket, "body": format!("{canary} says")})).await;
    let customer = json!({"name": "Acme", "mobile": "13800138000", "customer_type": "vip", "contact_id": contact,
        "email": format!("new.{canary}@example.org")});
    let customer = api.create("/v1/customers", customer).await;
    let invoice = json!({"customer_id": customer, "number": serial(), "billing_street": "Kept Street 1"});
    let invoice = api.create("/v1/invoices", invoice).await;
    let _ = api.post("/v1/contacts/search", json!({"q": canary})).await.expect(200);
    // The same person once more, taken in and in the bin since.
    let twin = json!({"last_name": format!("{canary}sohn"), "email": format!("twin.{canary}@example.org")});
    let twin = api.post("/v1/contacts?allow_duplicates=true", twin).await.expect(201).id();
    let _ = api.post(&format!("{path}/merge"), json!({"with_id": twin})).await.expect(200);
    // Copies: a file that came in, one that went out, a question that named the person, an archive.
    let csv = format!("last_name,email\n{canary}daughter,other.{canary}@example.org\n");
    let form =
        [Part::json("options", &json!({"object": "contact", "dry_run": true})), Part::file("file", "c.csv", csv)];
    let started = api.request("POST", "/v1/imports").form(&form).send().await.expect(202);
    done(&api, started.header("location")).await;
    let filter = json!({"field": "email", "op": "eq", "value": format!("new.{canary}@example.org")});
    let started = api.post("/v1/exports", json!({"object": "contact", "filter": filter})).await.expect(202);
    done(&api, started.header("location")).await;
    let _ = ask(&api, "access", "contact", &contact).await;
    if backend == Backend::Sqlite {
        assert!(!holding(&server.place().data(), &canary).is_empty(), "the test can find it");
    }

    let begun = Instant::now();
    let request = ask(&api, "erasure", "contact", &contact).await;
    let outcome = request["certificate"]["statement"]["outcome"].clone();
    sql(&server);
    assert!(begun.elapsed() < Duration::from_secs(60), "figure 34");

    let person = api.get(&path).await.expect(200).data().clone();
    assert_eq!(person["last_name"], json!(format!("erased {contact}")));
    assert!(["first_name", "email", "city", "external_id"].iter().all(|f| person[*f].is_null()), "{person}");
    assert!(person["custom"]["nickname"].is_null(), "{person}");
    let note = api.get(&format!("/v1/notes/{note}")).await.expect(200);
    assert!(note.data()["body"].is_null() && note.data()["related_to_id"] == json!(contact));
    assert!(api.get(&format!("/v1/tickets/{ticket}")).await.expect(200).data()["description"].is_null());
    let _ = api.get(&format!("/v1/ticket_comments/{comment}")).await.expect(200);
    let meeting = api.get(&format!("/v1/meetings/{meeting}")).await.expect(200);
    assert!(meeting.data()["participants"].is_null() && meeting.data()["subject"] == "Round table");
    // Another party keeps what is its own.
    let customer = api.get(&format!("/v1/customers/{customer}")).await.expect(200);
    assert!(customer.data()["email"].is_null() && customer.data()["name"] == "Acme");
    let invoice = api.get(&format!("/v1/invoices/{invoice}")).await.expect(200);
    assert_eq!(invoice.data()["billing_street"], "Kept Street 1");
    assert_eq!(outcome["kept_by_law"], json!([{"object": "invoice", "id": invoice.id()}]));
    assert!(outcome["counts"]["fields"].as_u64().unwrap() > 8, "{outcome}");
    let found = api.get(&format!("/v1/contacts?q={canary}")).await.expect(200);
    assert!(found.rows().is_empty());
    let history = api.get(&format!("{path}/history")).await.expect(200);
    assert_eq!(history.rows().iter().filter(|row| row["redacted"] == json!(true)).count(), history.rows().len() - 1);

    // The same request again is not done again, though its answer is gone.
    let replayed = create().await.expect(201);
    assert_eq!((replayed.header("idempotent-replayed"), replayed.data()), ("true", &json!(null)), "{replayed}");

    // The chain holds, and holds again once everything is sealed.
    let verify = || server.place().output(&["audit", "verify"]);
    let said = verify();
    assert!(said.status.success(), "{said:?}");
    let state: Value = api.get("/v1/audit/verify").await.expect(200).data().clone();
    assert_eq!(state["last_verification"]["ok"], true);
    // Asking again finds nothing more to do.
    let again = ask(&api, "erasure", "contact", &contact).await;
    assert_eq!(again["certificate"]["statement"]["outcome"]["counts"]["fields"], 0, "{again}");
    sql(&server);
    assert!(verify().status.success());
}
