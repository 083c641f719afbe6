//! Somebody comes in.

use kontor_testkit::{Backend, both_alone, serial};
use serde_json::json;

use super::fake::Fake;
use super::keys::Key;
use super::{Door, ada, me, server, user, with};
use crate::accounts::person::{self, Person, until};
use crate::oauth::browser::{Browser, parameters};
use crate::oauth::party::{App, REDIRECT, sha256, verifier};

both_alone!(
    a_stranger_becomes_a_user,
    a_user_is_found_once_by_address_and_then_by_subject,
    every_algorithm_is_believed,
    an_application_goes_on,
    the_page_offers_what_there_is,
    who_is_out_stays_out,
    a_new_key_is_fetched_once
);

async fn a_stranger_becomes_a_user(backend: Backend) {
    let server = server(backend).await;
    let api = server.api();
    let door = Door::new(&api, json!({"default_role": "sales"})).await;
    let subject = serial();
    let browser = door.enter(with(ada(&subject), json!({"amr": ["pwd", "mfa"]}))).await;
    let who = me(&api, &browser).await.expect(200);
    assert_eq!((&who.data()["user"]["name"], &who.data()["role"]), (&json!("Ada Lovelace"), &json!("sales")));
    let made = user(&api, &format!("{subject}@acme.example")).await.unwrap();
    assert_eq!(made["id"], who.data()["user"]["id"]);
    // The session says by whom and how; the second factor is the provider's own business.
    let cookie = format!("kontor_session={}", browser.cookie("kontor_session").unwrap());
    let sessions = api.anonymous().request("GET", "/v1/me/sessions").header("cookie", &cookie).send().await.expect(200);
    let session = &sessions.rows()[0];
    assert_eq!((&session["identity_provider_id"], &session["amr"]), (&json!(door.id), &json!(["pwd", "mfa"])));
    // The same person again is the same user, and what was done is in the audit.
    let again = door.enter(ada(&subject)).await;
    assert_eq!(me(&api, &again).await.data()["user"]["id"], made["id"]);
    let entries = |action: &str| {
        let api = api.clone();
        let path = format!("/v1/audit?action={action}");
        async move { api.get(&path).await.expect(200).rows().to_vec() }
    };
    let (made_now, linked) = (entries("just_in_time").await, entries("provider_link").await);
    assert_eq!((made_now.len(), linked.len()), (1, 1));
    assert_eq!(linked[0]["changes"]["subject"], json!(subject));
    assert_eq!((&linked[0]["ip"], made_now[0]["changes"]["role"].as_str()), (&json!("127.0.0.1"), Some("sales")));
}

async fn a_user_is_found_once_by_address_and_then_by_subject(backend: Backend) {
    let server = server(backend).await;
    let api = server.api();
    let door = Door::new(&api, json!({"just_in_time": false})).await;
    let subject = serial();
    let said = door.refuse(ada(&subject)).await;
    assert!(said.contains("no user here yet"), "{said}");
    let email = format!("{subject}@acme.example");
    let id = person::user(&api, &email).await;
    // Capitals do not matter in an address.
    let browser = door.enter(with(ada(&subject), json!({"email": email.to_uppercase()}))).await;
    assert_eq!(me(&api, &browser).await.data()["user"]["id"], json!(id));
    let identities = api.get(&format!("/v1/users/{id}/identities")).await.expect(200);
    assert_eq!(identities.column("subject"), [json!(subject)]);
    // From now on the address says nothing: neither a new one here, nor somebody else with the old one there.
    let browser =
        door.enter(with(ada(&subject), json!({"email": "other@elsewhere.example", "email_verified": false}))).await;
    assert_eq!(me(&api, &browser).await.data()["user"]["id"], json!(id));
    let said = door.refuse(with(ada("somebody-else"), json!({"email": email}))).await;
    assert!(said.contains("signs in as somebody else"), "{said}");
    // There is no password to set, until the identity is parted from the user.
    let _ = api.post(&format!("/v1/users/{id}/invite"), json!({})).await.refused(422_000);
    let _ = api.delete(&format!("/v1/users/{id}/identities")).await.expect(200);
    until(|| async { (me(&api, &browser).await.status == 401).then_some(()) }).await;
    let token = person::invite(&api, &id, "member").await;
    let _ = person::redeem(&api, &token, person::PASSWORD).await.expect(200);
    // Somebody with a password is found by address, too, and keeps it.
    let bob = Person::new(&api, "member").await;
    let _ = api
        .patch(&format!("/v1/users/{}", bob.user), json!({"email": format!("b{subject}@acme.example")}))
        .await
        .expect(200);
    let browser = door.enter(ada(&format!("b{subject}"))).await;
    assert_eq!(me(&api, &browser).await.data()["user"]["id"], json!(bob.user));
    let _ = bob.again().await;
}

async fn every_algorithm_is_believed(backend: Backend) {
    let server = server(backend).await;
    let api = server.api();
    for alg in ["EdDSA", "ES256", "RS256", "PS256"] {
        let fake = Fake::signing(alg).await;
        fake.will(|will| will.metadata = json!({"token_endpoint_auth_methods_supported": ["client_secret_post"]}));
        let door = Door::to(&api, fake, json!({})).await;
        let _ = door.enter(ada(&serial())).await;
    }
}

async fn an_application_goes_on(backend: Backend) {
    let server = server(backend).await;
    let api = server.api();
    let door = Door::new(&api, json!({})).await;
    let app = App::public(&api).await;
    let mut browser = Browser::new(&api);
    let verifier = verifier();
    let reply = browser.get(&app.ask(&sha256(&verifier), &[("prompt", "login")])).await.expect(303);
    let interaction = parameters(reply.header("location"))["interaction"].clone();
    let page = browser.get(reply.header("location")).await.expect(200);
    assert!(page.text().contains(&format!("/oauth/providers/{}/start?interaction={interaction}", door.id)), "{page}");
    let asked =
        door.leave(&mut browser, &[("interaction", &interaction), ("return_to", "https://evil.example/")]).await;
    assert_eq!(asked["prompt"], "login", "the application wants a new proof");
    let code = door.fake.approve(&asked, ada(&serial()));
    let back = [("code", code.as_str()), ("state", asked["state"].as_str()), ("iss", &door.fake.issuer())];
    let reply = door.come_back(&mut browser, &back).await.expect(303);
    assert_eq!(reply.header("location"), format!("/oauth/authorize?interaction={interaction}"));
    let location = reply.header("location").to_owned();
    let consent = browser.get(&location).await.expect(200);
    let reply = browser.submit("/oauth/authorize", &consent, &[("decision", "allow")]).await.expect(303);
    assert!(reply.header("location").starts_with(REDIRECT));
    let code = parameters(reply.header("location"))["code"].clone();
    let tokens = app.redeem(&api, &code, &verifier).await.expect(200).json;
    let _ = api.with_key(tokens["access_token"].as_str().unwrap()).get("/v1/contacts?limit=1").await.expect(200);
    // Nobody is led away by what an address says.
    let mut browser = Browser::new(&api);
    let asked = door.leave(&mut browser, &[("return_to", "https://evil.example/"), ("next", "//evil.example")]).await;
    let code = door.fake.approve(&asked, ada(&serial()));
    let back = [
        ("code", code.as_str()),
        ("state", &asked["state"]),
        ("iss", &door.fake.issuer()),
        ("return_to", "//evil.example"),
    ];
    assert_eq!(door.come_back(&mut browser, &back).await.expect(303).header("location"), "/app");
}

async fn the_page_offers_what_there_is(backend: Backend) {
    let server = server(backend).await;
    let api = server.api();
    let plain = Browser::new(&api).get("/sign-in").await.expect(200).text();
    assert!(
        !plain.contains("/oauth/providers/")
            && plain.contains("type=\"password\" autocomplete=\"current-password\" required")
    );
    let door = Door::new(&api, json!({"name": "<b>Acme</b>"})).await;
    let other = Door::new(&api, json!({"name": "Other", "domains": ["other.example"]})).await;
    let off = Door::new(&api, json!({"name": "Off", "is_enabled": false})).await;
    let mut browser = Browser::new(&api);
    let page = browser.get("/sign-in").await.expect(200);
    let text = page.text();
    assert!(text.contains("Sign in with &lt;b&gt;Acme&lt;/b&gt;</a>") && !text.contains("<b>"), "{text}");
    let own = "<script src=\"/sign-in/passkey.js\" defer></script>";
    assert!(!text.replace(own, "").contains("<script"), "{text}");
    assert!(text.contains(&other.id) && !text.contains(&off.id), "{text}");
    // An address leads to its provider, and only there.
    let go_on = browser.submit("/sign-in", &page, &[("email", "ada@Acme.Example")]).await.expect(200);
    assert!(go_on.text().contains(&door.id) && !go_on.text().contains(&other.id), "{go_on}");
    let href = format!("/oauth/providers/{}/start?login_hint=ada%40Acme.Example", door.id);
    assert!(go_on.text().contains(&href), "{go_on}");
    assert_eq!(door.leave(&mut browser, &[("login_hint", "ada@acme.example")]).await["login_hint"], "ada@acme.example");
    let nobody = browser.submit("/sign-in", &page, &[("email", "ada@nowhere.example")]).await.expect(400);
    assert!(nobody.text().contains("Please type your password"), "{nobody}");
    let _ = browser.get(&format!("/oauth/providers/{}/start", off.id)).await.expect(400);
    let _ = browser.get("/oauth/providers/4242/start").await.expect(400);
    let _ = browser.get("/oauth/providers/x/callback?state=x").await.expect(400);
}

async fn who_is_out_stays_out(backend: Backend) {
    let server = server(backend).await;
    let api = server.api();
    let door = Door::new(&api, json!({})).await;
    let subject = serial();
    let browser = door.enter(ada(&subject)).await;
    let id = me(&api, &browser).await.data()["user"]["id"].as_str().unwrap().to_owned();
    let at = format!("/v1/users/{id}");
    let _ = api.patch(&at, json!({"active": false})).await.expect(200);
    until(|| async { (me(&api, &browser).await.status == 401).then_some(()) }).await;
    assert!(door.refuse(ada(&subject)).await.contains("not active"));
    let _ = api.patch(&at, json!({"active": true})).await.expect(200);
    let _ = door.enter(ada(&subject)).await;
    // Nor does somebody in the bin become a new user.
    let _ = api.delete(&at).await.expect(200);
    assert!(door.refuse(ada(&subject)).await.contains("not active"));
    assert!(
        door.refuse(with(ada("new-subject"), json!({"email": format!("{subject}@acme.example")})))
            .await
            .contains("not active")
    );
    // A provider that is switched off ends what it began.
    let browser = door.enter(ada(&serial())).await;
    let _ = api.patch(&door.path(), json!({"is_enabled": false})).await.expect(200);
    until(|| async { (me(&api, &browser).await.status == 401).then_some(()) }).await;
    let reply = Browser::new(&api).get(&format!("/oauth/providers/{}/callback?code=x&state=x", door.id)).await;
    assert_eq!(reply.status, 400, "{reply}");
}

async fn a_new_key_is_fetched_once(backend: Backend) {
    let server = server(backend).await;
    let api = server.api();
    let door = Door::new(&api, json!({})).await;
    let _ = door.enter(ada(&serial())).await;
    let _ = door.enter(ada(&serial())).await;
    assert_eq!((door.fake.asked("/jwks"), door.fake.asked("/.well-known/openid-configuration")), (1, 1));
    door.fake.will(|will| (will.key, will.kid) = (Key::of("EdDSA"), "k2".into()));
    let _ = door.enter(ada(&serial())).await;
    assert_eq!(door.fake.asked("/jwks"), 2);
    // Whoever names keys that nobody has does not make this server call again and again.
    door.fake.tamper(|header, _| header["kid"] = json!("nobody's"));
    for _ in 0..10 {
        assert!(door.refuse(ada(&serial())).await.contains("does not publish"));
    }
    assert!((3..=7).contains(&door.fake.asked("/jwks")), "{}", door.fake.asked("/jwks"));
}
