//! Copies: who gets one, what the letters say of it, and who asked for none.

use kontor_testkit::{Api, Backend, both, both_alone, serial};
use serde_json::{Value, json};

use super::inbound::{address, hand_over, queue};
use super::start;

both!(
    a_letter_that_is_taken_out_is_told_of,
    copies_of_mail_that_came_in_are_kept,
    copies_are_checked,
    who_wants_no_mail_gets_no_copy
);
both_alone!(copies_leave);

async fn outbox(api: &Api, about: &str) -> Vec<Value> {
    let mut out = Vec::new();
    for row in api.get("/v1/outbox?limit=500").await.expect(200).rows().iter().filter(|row| row["about_id"] == about) {
        let path = format!("/v1/outbox/{}", row["id"].as_str().unwrap());
        out.push(api.get(&path).await.expect(200).data().clone());
    }
    out.sort_by_key(|letter| letter["to"].as_str().unwrap().to_owned());
    out
}

async fn copies_of_mail_that_came_in_are_kept(api: Api) {
    let (_, to) = queue(&api, json!({})).await;
    let from = address("maria");
    let first = format!("{}@x", serial());
    let raw = |to: &str, id: &str, more: &str| {
        format!(
            "From: {from}\nTo: {to}\nCc: Bob <Bob@b.example>, {to}, c@b.example\nMessage-ID: <{id}>\n{more}Subject: x\n\nHello"
        )
    };
    let entry = hand_over(&api, &raw(&to, &first, "")).await.expect(201);
    let ticket = format!("/v1/tickets/{}", entry.data()["record_id"].as_str().unwrap());
    assert_eq!(api.get(&ticket).await.expect(200).data()["cc"], json!(["bob@b.example", "c@b.example"]));
    let more = format!("In-Reply-To: <{first}>\n");
    let entry = hand_over(&api, &raw(&to, &format!("{}@x", serial()), &more)).await.expect(201);
    let comment = format!("/v1/ticket_comments/{}", entry.data()["record_id"].as_str().unwrap());
    assert_eq!(api.get(&comment).await.expect(200).data()["cc"], json!(["bob@b.example", "c@b.example"]));
    // Nobody gets a copy of an answer because a stranger wrote their address into a letter.
    let reply = api.post(&format!("{ticket}/reply"), json!({"body": "Yes"})).await.expect(201);
    assert_eq!(outbox(&api, &reply.id()).await.iter().map(|l| l["to"].clone()).collect::<Vec<_>>(), [json!(from)]);
    let user = address("ada");
    let entry = hand_over(&api, &raw(&user, &format!("{}@x", serial()), "")).await.expect(201);
    let email = api.get(&format!("/v1/emails/{}", entry.data()["record_id"].as_str().unwrap())).await.expect(200);
    let named = email.data()["participants"].as_array().unwrap().iter().filter(|one| one["email"].is_string());
    let roles: Vec<(&Value, &Value)> = named.map(|one| (&one["email"], &one["role"])).collect();
    let expected = [(from.as_str(), "from"), (&user, "to"), ("bob@b.example", "cc"), ("c@b.example", "cc")];
    assert_eq!(roles, expected.map(|(address, role)| (json!(address), json!(role))).each_ref().map(|(a, r)| (a, r)));
}

async fn a_letter_that_is_taken_out_is_told_of(api: Api) {
    let to = address("maria");
    let draft = json!({"subject": "Offer", "body": "See", "status": "open", "participants": [{"email": to}]});
    let email = api.create("/v1/emails", draft).await;
    let at = format!("/v1/emails/{email}");
    let before = api.get(&at).await.expect(200).data()["status"].clone();
    let sent = api.post(&format!("{at}/send"), json!({})).await.expect(200);
    assert_eq!(sent.data()["mail_status"], "queued");
    let letter = outbox(&api, &email).await.remove(0);
    let key = serial();
    for _ in 0..2 {
        let path = format!("/v1/outbox/{}", letter["id"].as_str().unwrap());
        let gone = api.request("DELETE", &path).header("idempotency-key", &key).send().await.expect(200);
        assert_eq!(gone.data()["deleted"], true);
    }
    assert!(outbox(&api, &email).await.is_empty());
    let after = api.get(&at).await.expect(200);
    assert_eq!((&after.data()["mail_status"], &after.data()["status"]), (&json!("failed"), &before), "{after}");
    assert_eq!(after.data()["mail_reason"], "it was taken out of the outbox");
    let again = api.post(&format!("{at}/send"), json!({})).await.expect(200);
    assert_eq!(again.data()["mail_status"], "queued");
}

async fn asked(api: &Api) -> (String, String) {
    let from = address("maria");
    let contact = api.create("/v1/contacts", json!({"last_name": "Roe", "email": from})).await;
    let ticket = api.create("/v1/tickets", json!({"subject": "Printer", "contact_id": contact})).await;
    (format!("/v1/tickets/{ticket}"), from)
}

async fn copies_are_checked(api: Api) {
    let (ticket, _) = asked(&api).await;
    let email = json!({"subject": "x", "status": "open", "participants": [{"email": "a@b.example"}]});
    let email = format!("/v1/emails/{}", api.create("/v1/emails", email).await);
    for (cc, code) in [
        (json!("a@b.example"), "type"),
        (json!({"email": "a@b.example"}), "type"),
        (json!(["nobody"]), "format"),
        (json!([7]), "format"),
        (json!(["a@b.example, c@d.example"]), "format"),
        (json!(["a@b.example\r\nBcc: c@d.example"]), "format"),
        (json!([format!("{}@b.example", "a".repeat(260))]), "format"),
        (json!((0..21).map(|n| format!("a{n}@b.example")).collect::<Vec<_>>()), "too_many"),
    ] {
        let refused = api.post(&format!("{ticket}/reply"), json!({"body": "x", "cc": cc})).await.refused(400_001);
        assert_eq!((&refused.faults()[0]["field"], &refused.faults()[0]["code"]), (&json!("cc"), &json!(code)), "{cc}");
        let refused = api.post(&format!("{email}/send"), json!({"cc": cc})).await.refused(400_001);
        assert_eq!((&refused.faults()[0]["field"], &refused.faults()[0]["code"]), (&json!("cc"), &json!(code)), "{cc}");
    }
    let note = json!({"body": "x", "public": false, "cc": ["a@b.example"]});
    let _ = api.post(&format!("{ticket}/reply"), note).await.refused(400_001);
    // Nobody is written to, so that there is nothing to be copied.
    let silent = format!("/v1/tickets/{}", api.create("/v1/tickets", json!({"subject": "Printer"})).await);
    let refused =
        api.post(&format!("{silent}/reply"), json!({"body": "x", "cc": ["a@b.example"]})).await.refused(422_000);
    assert!(refused.detail().starts_with("no_receiver: "), "{refused}");
    assert!(api.get(&ticket).await.expect(200).data()["replied_at"].is_null());
}

async fn who_wants_no_mail_gets_no_copy(api: Api) {
    let (ticket, _) = asked(&api).await;
    let quiet = address("quiet");
    let person = json!({"last_name": "Quiet", "email": quiet, "do_not_email": true});
    let _ = api.create("/v1/contacts", person).await;
    let cc = json!(["a@b.example", quiet.to_uppercase()]);
    let refused = api.post(&format!("{ticket}/reply"), json!({"body": "x", "cc": cc})).await.refused(422_000);
    assert!(refused.detail().starts_with("copy_unwanted: ") && refused.detail().contains(&quiet), "{refused}");
    let email = json!({"subject": "x", "status": "open",
        "participants": [{"email": "a@b.example"}, {"email": quiet, "role": "cc"}]});
    let email = format!("/v1/emails/{}", api.create("/v1/emails", email).await);
    let refused = api.post(&format!("{email}/send"), json!({})).await.refused(422_000);
    assert!(refused.detail().starts_with("copy_unwanted: "), "{refused}");
    let _ = api.post(&format!("{email}/send"), json!({"cc": []})).await.expect(200);
}

async fn copies_leave(backend: Backend) {
    let (server, inbox) = start(backend, &[]).await;
    let api = server.api();
    let (ticket, from) = asked(&api).await;
    let cc = json!(["Boss@b.example", "c@d.example", from]);
    let reply = api.post(&format!("{ticket}/reply"), json!({"body": "Pull the plug.", "cc": cc})).await.expect(201);
    assert_eq!(reply.data()["cc"], json!(["boss@b.example", "c@d.example", from]));
    let letters = outbox(&api, &reply.id()).await;
    let to: Vec<&str> = letters.iter().map(|letter| letter["to"].as_str().unwrap()).collect();
    let mut expected = ["boss@b.example", "c@d.example", from.as_str()];
    expected.sort_unstable();
    assert_eq!(to, expected, "to each their own");
    for letter in &letters {
        assert_eq!((&letter["addressed"], &letter["cc"]), (&json!([from]), &json!(["boss@b.example", "c@d.example"])));
    }
    let email = json!({"subject": "Offer", "body": "Hello", "status": "open",
        "participants": [{"email": "x@b.example"}, {"email": "y@b.example", "role": "cc"}]});
    let email = format!("/v1/emails/{}", api.create("/v1/emails", email).await);
    let sent = api.post(&format!("{email}/send"), json!({"cc": ["z@b.example"]})).await.expect(200);
    let roles = sent.data()["participants"].as_array().unwrap().clone();
    assert_eq!(roles.last().unwrap(), &json!({"email": "z@b.example", "role": "cc"}));
    for _ in 0..200 {
        if inbox.lock().unwrap().len() >= 5 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let taken = inbox.lock().unwrap().clone();
    let mut receivers: Vec<&str> = taken.iter().map(|(to, _)| to.as_str()).collect();
    receivers.sort_unstable();
    let mut expected = ["boss@b.example", "c@d.example", from.as_str(), "x@b.example", "z@b.example"];
    expected.sort_unstable();
    assert_eq!(receivers, expected, "whoever was named with cc, and not the participant of that role");
    let head = |to: &str| taken.iter().find(|(receiver, _)| receiver == to).unwrap().1.clone();
    for to in ["boss@b.example", "c@d.example", &from] {
        let text = head(to);
        assert!(
            text.contains(&format!("To: {from}\n")) && text.contains("Cc: boss@b.example, c@d.example\n"),
            "{text}"
        );
        assert!(!text.contains("Bcc"), "{text}");
    }
    assert!(head("z@b.example").contains("To: x@b.example\n") && head("z@b.example").contains("Cc: z@b.example\n"));
}
