use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kontor_testkit::{Api, both, serial, unique};
use serde_json::{Value, json};

use super::ask;
use crate::mail::files::letter;
use crate::mail::inbound::{address, hand_over};
use crate::support::{plate, vehicles};

both!(an_archive_has_everything_that_is_known);

async fn an_archive_has_everything_that_is_known(api: Api) {
    let cars = vehicles(&api).await;
    let name = unique("Roe");
    let email = format!("{}@example.org", plate().to_lowercase());
    let contact = api.create("/v1/contacts", json!({"last_name": name, "email": email})).await;
    let other = api.create("/v1/contacts", json!({"last_name": unique("Doe")})).await;
    let _ = api.patch(&format!("/v1/contacts/{contact}"), json!({"title": "Buyer"})).await.expect(200);
    let about = |id: &str| json!({"subject": unique("Word"), "related_to_object": "contact", "related_to_id": id});
    let mut known = BTreeSet::from([contact.clone()]);
    let note = api.create("/v1/notes", about(&contact)).await;
    let ticket = api.create("/v1/tickets", json!({"subject": unique("Help"), "contact_id": contact})).await;
    let comment = api.create("/v1/ticket_comments", json!({"ticket_id": ticket, "body": "so it is"})).await;
    let car = api.create(&cars.path, json!({"plate": plate(), "keeper_id": contact})).await;
    let meeting =
        json!({"subject": unique("Meeting"), "participants": [{"contact_id": contact}, {"contact_id": other}]});
    let meeting = api.create("/v1/meetings", meeting).await;
    let consent = api.create("/v1/consents", json!({"contact_id": contact, "purpose": "newsletter"})).await;
    let customer =
        json!({"name": unique("客户"), "mobile": "13800138000", "customer_type": "vip", "contact_id": contact});
    let customer = api.create("/v1/customers", customer).await;
    let order = api.create("/v1/orders", json!({"customer_id": customer})).await;
    let lost = api.create("/v1/calls", about(&contact)).await;
    let _ = api.delete(&format!("/v1/calls/{lost}")).await.expect(200);
    // A letter with a file of two parts.
    let content = "0123456789abcdef".repeat(100_000);
    let text = letter(&email, &address("ada"), &format!("{}@x", serial()), "Subject: x\n", &[("l.bin", &content)]);
    let mail = hand_over(&api, &text).await.expect(201).data()["record_id"].as_str().unwrap().to_owned();
    let sent = api.get(&format!("/v1/email_files?filter[email_id]={mail}")).await.expect(200).rows()[0]["id"].clone();
    let sent = sent.as_str().unwrap().to_owned();
    known.extend([mail, sent.clone()]);
    known.extend([note, ticket, comment, car, meeting, consent, customer, order, lost]);
    let strange = api.create("/v1/notes", about(&other)).await;

    let request = ask(&api, "access", "contact", &contact).await;
    let archive = api.get(request["archive_url"].as_str().unwrap()).await.expect(200);
    assert_eq!(archive.header("content-type"), "application/x-ndjson");
    let lines: Vec<Value> = archive.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &'static str| lines.iter().filter(move |line| line["kind"] == kind);
    let found: BTreeSet<String> = of("record").map(|line| line["record"]["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(found, known);
    assert!(!found.contains(&strange) && !found.contains(&other));
    let subject = of("record").find(|line| line["relation"] == "subject").unwrap();
    assert_eq!((&subject["record"]["email"], &subject["record"]["title"]), (&json!(email), &json!("Buyer")));
    assert!(of("record").any(|line| line["record"]["id"] == json!(lost_id(&lines)) && line["deleted"] == true));
    let entries = of("audit").filter(|line| line["entry"]["record_id"] == json!(contact));
    assert!(entries.count() >= 3, "made, changed, asked for");
    assert!(of("event").any(|line| line["event"]["subject"] == json!(format!("contacts/{contact}"))));
    let counts = &request["certificate"]["statement"]["outcome"]["counts"];
    assert_eq!(counts["records"], json!(known.len()));
    assert_eq!(lines.last().unwrap()["counts"], *counts);
    let parts: Vec<Vec<u8>> =
        of("file").map(|line| STANDARD.decode(line["base64"].as_str().unwrap()).unwrap()).collect();
    assert!(
        parts.len() == 2 && parts.concat() == content.as_bytes() && of("file").all(|line| line["id"] == json!(sent))
    );
    assert_eq!(counts["files"], 1);
    // Handing it out is written down.
    let entries = api.get(&format!("/v1/audit?record_id={contact}&action=download")).await.expect(200);
    assert_eq!(entries.rows().len(), 1);
}

/// The call that was in the bin.
fn lost_id(lines: &[Value]) -> String {
    let call = lines.iter().find(|line| line["record"]["object"] == "call").unwrap();
    call["record"]["id"].as_str().unwrap().to_owned()
}
