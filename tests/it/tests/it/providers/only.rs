//! A provider that is the only way in.

use kontor_testkit::{Backend, both_alone, serial};
use serde_json::json;

use super::{Door, ada, me, server};
use crate::accounts::person::{self, PASSWORD, Person, cookie};
use crate::oauth::browser::Browser;

both_alone!(passwords_of_its_domains_do_not_count, a_provider_is_of_its_own_space);

async fn passwords_of_its_domains_do_not_count(backend: Backend) {
    let server = server(backend).await;
    let api = server.api();
    let email = format!("{}@acme.example", serial());
    let id = person::user(&api, &email).await;
    let token = person::invite(&api, &id, "admin").await;
    let _ = person::redeem(&api, &token, PASSWORD).await.expect(200);
    let outside = Person::new(&api, "member").await;
    let open = person::user(&api, &format!("x{email}")).await;
    let open = person::invite(&api, &open, "member").await;
    let door = Door::new(&api, json!({"only": true})).await;
    // The right password is refused with the way to go, a wrong one as ever.
    let reply = person::sign_in(&api, &email, PASSWORD).await.refused(403_000);
    assert!(reply.detail().contains("sign in with Acme"), "{reply}");
    let _ = person::sign_in(&api, &email, "wrong").await.refused(401_001);
    let mut browser = Browser::new(&api);
    let page = browser.get("/sign-in").await.expect(200);
    let page = browser.submit("/sign-in", &page, &[("email", &email), ("password", PASSWORD)]).await.expect(400);
    assert!(browser.cookie("kontor_session").is_none() && page.text().contains(&door.id), "{page}");
    // Nor does a link set one.
    let _ = person::redeem(&api, &open, PASSWORD).await.refused(403_000);
    let _ = api.post(&format!("/v1/users/{id}/invite"), json!({})).await.refused(422_000);
    let _ = door.enter(ada(email.split('@').next().unwrap())).await;
    // Other domains are not concerned, and owners get in when the provider is away.
    let _ = outside.again().await;
    let owner_role = api.get("/v1/roles?filter[name]=owner").await.expect(200).ids()[0].clone();
    let _ = api.patch(&format!("/v1/users/{id}"), json!({"role_id": owner_role})).await.expect(200);
    let _ = cookie(&person::sign_in(&api, &email, PASSWORD).await.expect(200));
    let _ = api.patch(&format!("/v1/users/{id}"), json!({"role_id": null})).await.expect(200);
    let _ = api.patch(&door.path(), json!({"only": false})).await.expect(200);
    let _ = person::sign_in(&api, &email, PASSWORD).await.expect(200);
}

/// Another space's administrator declares a provider of their own, and so can be anybody there: never here.
async fn a_provider_is_of_its_own_space(backend: Backend) {
    let server = server(backend).await;
    let live = server.api();
    crate::support::add_space(&server, "sandbox");
    let sandbox = live.as_role("admin", &["--space", "sandbox"]);
    // Ada has one login for both spaces.
    let ada_here = Person::new(&live, "admin").await;
    let twin = person::user(&sandbox, &ada_here.email).await;
    let token = person::invite(&sandbox, &twin, "member").await;
    let _ = person::redeem(&live, &token, PASSWORD).await.expect(200);
    let evil = Door::new(&sandbox, json!({"domains": ["example.com", "acme.example"], "only": true})).await;
    let name = ada_here.email.split('@').next().unwrap();
    let claims = super::with(ada(name), json!({"email": ada_here.email}));
    let browser = evil.enter(claims).await;
    let who = me(&sandbox, &browser).await.expect(200);
    assert_eq!((&who.data()["space"]["id"], &who.data()["user"]["id"]), (&json!("7"), &json!(twin)));
    assert_eq!(who.data()["spaces"].as_array().unwrap().len(), 1, "{who}");
    let session = format!("kontor_session={}", browser.cookie("kontor_session").unwrap());
    let home = ada_here.get("/v1/me").await.expect(200).data()["space"]["id"].as_str().unwrap().to_owned();
    let switch =
        |cookie: &str, id: &str| ada_here.with(cookie, "POST", "/v1/me/space").json(&json!({"space_id": id})).send();
    let _ = switch(&session, &home).await.refused(404_001);
    // Nor is Ada's password refused here; only the sandbox is closed to it.
    let here = ada_here.again().await;
    assert_eq!(ada_here.with(&here, "GET", "/v1/me").send().await.data()["space"]["id"], json!(home));
    let _ = switch(&here, "7").await.refused(403_000);
    // A new person of that provider has a login of their own, whatever their address.
    let bob = Person::new(&live, "admin").await;
    let subject = serial();
    let browser = evil.enter(super::with(ada(&subject), json!({"email": bob.email}))).await;
    assert_eq!(me(&sandbox, &browser).await.data()["spaces"].as_array().unwrap().len(), 1);
    assert_eq!(me(&sandbox, &browser).await.data()["space"]["id"], json!("7"));
    assert_eq!(bob.get("/v1/me").await.expect(200).data()["spaces"].as_array().unwrap().len(), 1);
    // What is another space's is not there; a domain is one workspace's.
    for reply in [
        live.get(&evil.path()).await,
        live.patch(&evil.path(), json!({"name": "x"})).await,
        live.delete(&evil.path()).await,
        live.post(&format!("{}/test", evil.path()), json!({})).await,
        live.get(&format!("/v1/users/{twin}/identities")).await,
        live.delete(&format!("/v1/users/{twin}/identities")).await,
    ] {
        let _ = reply.refused(404_001);
    }
    assert!(live.get("/v1/identity_providers").await.expect(200).rows().is_empty());
    let reply = super::declare(&live, &evil.fake, json!({})).await.refused(422_000);
    assert!(reply.detail().contains("acme.example"), "{reply}");
    let _ = super::declare(&live, &evil.fake, json!({"domains": ["own.example"]})).await.expect(201);
}
