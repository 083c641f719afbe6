//! A user goes: with the record the mails, the lines of the request log, and the way in.

use kontor_testkit::{Backend, Server, both_alone, query, serial};
use serde_json::{Value, json};

use super::{ask, holding, left_behind};
use crate::accounts::person::{PASSWORD, Person, cookie, invite, redeem, sign_in, until, user};
use crate::support::add_space;

both_alone!(
    an_erased_user_leaves_no_byte,
    a_login_that_another_space_knows_stays_there,
    a_mail_to_another_that_is_on_its_way_arrives
);

async fn an_erased_user_leaves_no_byte(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    add_space(&server, "sandbox");
    let api = server.api().as_role("admin", &["--space", "sandbox"]);
    let canary = format!("zqcanary{}", serial().to_lowercase().replace('-', ""));
    let email = format!("{canary}@example.com");
    let body = json!({
        "name": format!("Jo {canary}"), "given_name": "Jo", "family_name": canary, "user_name": format!("{canary}.login"),
        "email": email, "external_id": format!("directory-{canary}"),
    });
    let gone = api.create("/v1/users", body).await;
    let path = format!("/v1/users/{gone}");
    let token = invite(&api, &gone, "member").await;
    // Somebody else's mail, in the same outbox.
    let other = user(&api, &format!("other{}@example.com", serial())).await;
    let _ = invite(&api, &other, "member").await;
    let mails = api.get("/v1/outbox").await.expect(200);
    let to = |mail: &&Value| mail["to"] == json!(email);
    let mail = mails.rows().iter().find(to).expect("the invitation is held")["id"].as_str().unwrap().to_owned();
    let redeemed = json!({"token": token, "password": PASSWORD});
    let anonymous = api.anonymous();
    let redeem = anonymous.request("POST", "/v1/auth/redeem").header("user-agent", &format!("browser of {canary}"));
    let session = cookie(&redeem.json(&redeemed).send().await.expect(200));
    let request = format!("it-{}", serial());
    let asked = query("/v1/users", &[("filter[email]", &email)]);
    let _ = api.request("GET", &asked).header("x-request-id", &request).send().await.expect(200);
    let line = format!("/v1/request_logs?request_id={request}");
    let body = until(|| async {
        let lines = api.get(&line).await.expect(200);
        lines.rows().first().map(|line| line["response_body"].as_str().unwrap_or_default().to_owned())
    })
    .await;
    assert!(body.contains(&canary), "a sandbox keeps bodies: {body}");

    let erasure = json!({"kind": "erasure", "subject": {"object": "user", "id": gone}});
    let refused = api.post("/v1/privacy/requests", erasure).await.refused(422_000);
    assert!(refused.detail().contains("active"), "{refused}");
    let _ = api.patch(&path, json!({"active": false})).await.expect(200);
    if backend == Backend::Sqlite {
        assert!(!holding(&server.place().data(), &canary).is_empty(), "the test can find it");
    }
    let request = ask(&api, "erasure", "user", &gone).await;
    let counts = request["certificate"]["statement"]["outcome"]["counts"].clone();
    left_behind(&server, backend, &canary);
    assert_eq!((&counts["messages"], &counts["logins"]), (&json!(1), &json!(1)), "{counts}");
    assert!(counts["log_lines"].as_u64().unwrap() > 0, "{counts}");
    assert_eq!(api.get(&line).await.expect(200).rows()[0]["response_body"], "[erased]");
    let _ = api.get(&format!("/v1/outbox/{mail}")).await.refused(404_001);
    assert_eq!(api.get("/v1/outbox").await.expect(200).rows().len(), mails.rows().len() - 1);
    let person = api.get(&path).await.expect(200).data().clone();
    assert_eq!(person["name"], json!(format!("erased {gone}")));
    assert!(["family_name", "user_name", "email", "external_id"].iter().all(|f| person[*f].is_null()), "{person}");

    let _ = api.patch(&path, json!({"active": true})).await.expect(200);
    let _ = sign_in(&api, &email, PASSWORD).await.refused(401_001);
    let _ = anonymous.request("GET", "/v1/me").header("cookie", &session).send().await.refused(401_001);
}

async fn a_login_that_another_space_knows_stays_there(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let live = server.api();
    add_space(&server, "sandbox");
    let sandbox = live.as_role("admin", &["--space", "sandbox"]);
    let ada = Person::new(&live, "admin").await;
    let twin = user(&sandbox, &ada.email).await;
    let token = invite(&sandbox, &twin, "member").await;
    let there = cookie(&redeem(&live, &token, PASSWORD).await.expect(200));
    assert_eq!(ada.get("/v1/me").await.expect(200).data()["spaces"].as_array().unwrap().len(), 2);
    // A mail to another that names the person, and is held.
    let body = json!({"name": format!("Friend of {}", ada.email), "email": format!("friend{}@example.com", serial())});
    let friend = sandbox.create("/v1/users", body).await;
    let _ = invite(&sandbox, &friend, "member").await;
    let mails = live.get("/v1/outbox").await.expect(200).rows().len();

    let _ = sandbox.patch(&format!("/v1/users/{twin}"), json!({"active": false})).await.expect(200);
    let request = ask(&sandbox, "erasure", "user", &twin).await;
    let counts = &request["certificate"]["statement"]["outcome"]["counts"];
    assert_eq!((&counts["messages"], &counts["logins"]), (&json!(2), &json!(1)), "{counts}");

    ada.dies(&there).await;
    let me = ada.get("/v1/me").await.expect(200);
    assert_eq!(me.data()["spaces"].as_array().unwrap().len(), 1, "{me}");
    let reply = sign_in(&live, &ada.email, PASSWORD).await.expect(200);
    assert_eq!(reply.data()["session"]["user_id"], json!(ada.user), "{reply}");
    assert_eq!(live.get(&format!("/v1/users/{}", ada.user)).await.expect(200).data()["email"], json!(ada.email));
    assert_eq!(live.get("/v1/outbox").await.expect(200).rows().len(), mails, "another space's mail is its own");
}

async fn a_mail_to_another_that_is_on_its_way_arrives(backend: Backend) {
    // Nobody listens there, so mails stay on their way.
    let server = Server::builder().backend(backend).env("KONTOR_MAIL_SMTP_URL", "smtp://127.0.0.1:1").start().await;
    let api = server.api();
    let email = format!("jo{}@example.com", serial().to_lowercase());
    let contact = api.create("/v1/contacts", json!({"last_name": "Smith", "email": email})).await;
    let same = user(&api, &email).await;
    let namesake = api.create("/v1/users", json!({"name": "Bo Smith", "email": format!("big{email}")})).await;
    let body = json!({"name": format!("Friend of {email}"), "email": format!("friend.of.{email}")});
    let friend = api.create("/v1/users", body).await;
    for one in [&same, &namesake, &friend] {
        let _ = invite(&api, one, "member").await;
    }
    let request = ask(&api, "erasure", "contact", &contact).await;
    let counts = &request["certificate"]["statement"]["outcome"]["counts"];
    let said = ["messages", "messages_under_way", "log_lines", "logins"].map(|name| counts[name].clone());
    assert_eq!(said, [json!(1), json!(1), json!(0), json!(0)], "{counts}");
    let left = api.get("/v1/outbox").await.expect(200).texts("to");
    assert!(left.contains(&format!("big{email}")) && left.contains(&format!("friend.of.{email}")), "{left:?}");
    assert!(!left.contains(&email), "{left:?}");
}
