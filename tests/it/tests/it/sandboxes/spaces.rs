//! Sandboxes that begin empty or with samples; the mail of a sandbox.

use kontor_testkit::{Backend, Server, both_alone};
use serde_json::json;

use super::{done, enter, make};

both_alone!(an_empty_one_is_a_new_workspace, one_with_samples_is_a_company, no_mail_leaves_a_sandbox);

async fn an_empty_one_is_a_new_workspace(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let live = server.api();
    let contact = live.create("/v1/contacts", json!({"last_name": "Roe"})).await;
    let sandbox = make(&live, "empty", "empty").await;
    done(&live, &sandbox).await;
    let inside = enter(&live, &sandbox).await;
    assert_eq!(inside.get("/v1/contacts").await.expect(200).rows().len(), 0);
    assert_eq!(inside.get("/v1/pipelines").await.expect(200).rows().len(), 1);
    let _ = inside.get(&format!("/v1/contacts/{contact}")).await.refused(404_001);
    // Neither key opens the other's.
    let own = inside.create("/v1/contacts", json!({"last_name": "Inside"})).await;
    let _ = live.get(&format!("/v1/contacts/{own}")).await.refused(404_001);
    // The command line knows it by its name.
    let key = server.place().key("member", &["--space", "empty"]);
    let _ = live.with_key(&key).get(&format!("/v1/contacts/{own}")).await.expect(200);
}

async fn one_with_samples_is_a_company(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let live = server.api();
    let sandbox = make(&live, "samples", "samples").await;
    done(&live, &sandbox).await;
    let inside = enter(&live, &sandbox).await;
    let mut counts = Vec::new();
    for collection in ["companies", "deals"] {
        let page = inside.get(&format!("/v1/{collection}?limit=1&count=exact")).await.expect(200);
        counts.push(page.page()["total"].as_u64().unwrap());
    }
    assert_eq!(counts, [85, 8_800]);
    assert_eq!(live.get("/v1/companies").await.expect(200).rows().len(), 0);
    // That it was being made is nothing to complain of.
    assert!(!server.place().complaints().contains("the sandbox is being made"), "{}", server.place().complaints());
}

async fn no_mail_leaves_a_sandbox(backend: Backend) {
    let (address, _inbox) = crate::mail::server(&[]).await;
    let server =
        Server::builder().backend(backend).env("KONTOR_MAIL_SMTP_URL", &format!("smtp://{address}")).start().await;
    let live = server.api();
    let sandbox = make(&live, "quiet", "empty").await;
    done(&live, &sandbox).await;
    let inside = enter(&live, &sandbox).await;
    let user = inside.create("/v1/users", json!({"name": "Ada", "email": "ada@example.com"})).await;
    let invited = inside.post(&format!("/v1/users/{user}/invite"), json!({})).await.expect(201);
    assert_eq!(invited.data()["mail"]["state"], "held", "{invited}");
    let message = format!("/v1/outbox/{}", invited.data()["mail"]["message_id"].as_str().unwrap());
    let held = inside.get(&message).await.expect(200);
    assert!(held.data()["reason"].as_str().unwrap().contains("outbound_mail"), "{held}");
    assert!(held.data()["text"].as_str().unwrap().contains(invited.data()["token"].as_str().unwrap()), "{held}");
    let refused = inside.post(&format!("{message}/send"), json!({})).await.refused(422_000);
    assert!(refused.detail().contains("outbound_mail"), "{refused}");
    // It is not another space's to see.
    let _ = live.get(&message).await.refused(404_001);
}
