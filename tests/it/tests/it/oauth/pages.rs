//! The pages themselves: forms that are one's own, no script, no way out.

use kontor_testkit::authenticator::{Algorithm, Authenticator};
use kontor_testkit::{Api, both};
use serde_json::json;

use super::browser::{Browser, Human, hidden, human, parameters};
use super::party::{App, REDIRECT, sha256, verifier};
use crate::accounts::passkeys::site;
use crate::accounts::person::{PASSWORD, Person};

both!(
    pages_have_no_script_but_our_own,
    a_passkey_signs_in_on_the_page,
    strange_forms_are_refused,
    nobody_is_led_away,
    a_wrong_password_says_nothing_more,
    a_person_signs_out
);

async fn pages_have_no_script_but_our_own(api: Api) {
    for path in ["/sign-in", "/sign-in?token=x%22%3E%3Cscript%3E", "/oauth/authorize?client_id=%3Cscript%3E"] {
        let page = Browser::new(&api).get(path).await;
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'")
                && policy.contains("frame-ancestors 'none'")
                && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!((page.header("cache-control"), page.header("x-frame-options")), ("no-store", "DENY"));
        let text = page.text();
        assert!(
            text.matches("<script").count() == usize::from(path == "/sign-in")
                && text.contains("lang=\"en\"")
                && text.contains("name=\"viewport\""),
            "{text}"
        );
        for input in text.split("<input ").skip(1).filter(|input| !input.starts_with("type=\"hidden\"")) {
            let id = input.split("id=\"").nth(1).unwrap().split('"').next().unwrap();
            assert!(text.contains(&format!("<label for=\"{id}\">")), "{id} has no label");
        }
    }
}

/// The page's script, as far as the server sees it.
async fn a_passkey_signs_in_on_the_page(api: Api) {
    let script = api.anonymous().get("/sign-in/passkey.js").await.expect(200);
    assert!(script.header("content-type").starts_with("text/javascript"), "{script}");
    let page = Browser::new(&api).get("/sign-in").await.expect(200);
    assert!(page.text().contains("<script src=\"/sign-in/passkey.js\" defer></script>"), "{page}");
    assert!(page.header("content-security-policy").contains("script-src 'self'; connect-src 'self';"));
    assert_eq!(Browser::new(&api).get("/sign-in/passkeys").await.expect(303).header("location"), "/sign-in");

    let who = Person::new(&api, "member").await;
    let ada = Human { id: who.user, name: "Ada".into(), email: who.email, password: PASSWORD.into() };
    let mut browser = Browser::new(&api);
    let _ = browser.sign_in(&ada, "/sign-in").await;
    let page = browser.get("/sign-in/passkeys").await.expect(200);
    let wrong = browser.submit("/sign-in/passkeys/begin", &page, &[("password", "x")]).await.expect(400);
    assert!(wrong.json["error_description"].as_str().unwrap().contains("password"), "{wrong}");
    let options = browser.submit("/sign-in/passkeys/begin", &page, &[("password", &ada.password)]).await.expect(200);
    let mut device = Authenticator::new(Algorithm::Es256, &site(&api));
    let made = device.create(&options.json).to_string();
    let strange = [("name", "<b>Key</b>"), ("credential", made.as_str())];
    let _ = browser.post("/sign-in/passkeys", &strange).await.expect(400);
    let csrf = hidden(&page)["csrf"].clone();
    let fields = [("csrf", csrf.as_str()), strange[0], strange[1]];
    let codes = browser.post("/sign-in/passkeys", &fields).await.expect(200);
    assert_eq!(codes.text().matches("<code>").count(), 10, "{codes}");
    let page = browser.get("/sign-in/passkeys").await.expect(200);
    assert!(page.text().contains("&lt;b&gt;Key&lt;/b&gt;") && !page.text().contains("<b>Key"), "{page}");

    // Alone, on the way to an application.
    let app = App::public(&api).await;
    let mut other = Browser::new(&api);
    let reply = other.get(&app.ask(&sha256(&verifier()), &[])).await.expect(303);
    let page = other.get(reply.header("location")).await.expect(200);
    let csrf = hidden(&page)["csrf"].clone();
    let handle = hidden(&page)["interaction"].clone();
    let asked = other.post("/sign-in/passkey/begin", &[("csrf", &csrf)]).await.expect(200);
    let used = device.get(&asked.json).to_string();
    let fields = [("csrf", csrf.as_str()), ("interaction", &handle), ("credential", &used)];
    let mut stranger = Browser::new(&api);
    let _ = stranger.post("/sign-in/passkey", &fields).await.expect(400);
    let reply = other.post("/sign-in/passkey", &fields).await.expect(303);
    assert!(reply.header("location").starts_with("/oauth/authorize?interaction="), "{reply}");
    let _ = other.get(reply.header("location")).await.expect(200);
    let page = other.post("/sign-in/passkey", &fields).await.expect(400);
    assert!(page.text().contains("role=\"alert\""), "{page}");

    // Behind the password.
    let mut third = Browser::new(&api);
    let page = third.get("/sign-in").await.expect(200);
    let filled = [("email", ada.email.as_str()), ("password", &ada.password)];
    let page = third.submit("/sign-in", &page, &filled).await.expect(200);
    let fields = hidden(&page);
    assert!(page.text().contains("data-passkey-button") && fields["methods"] == "passkey recovery_code", "{page}");
    let (csrf, ticket) = (fields["csrf"].clone(), fields["ticket"].clone());
    let page = third.submit("/sign-in/second-factor", &page, &[("code", "1")]).await.expect(400);
    assert!(page.text().contains("data-passkey-button"), "the other way stays open: {page}");
    let asked = third.post("/sign-in/passkey/begin", &[("csrf", &csrf), ("ticket", &ticket)]).await.expect(200);
    let used = device.get(&asked.json).to_string();
    let fields = [("csrf", csrf.as_str()), ("ticket", &ticket), ("credential", &used)];
    let _ = third.post("/sign-in/passkey", &fields).await.expect(303);
    assert!(third.cookie("kontor_session").is_some());

    let page = browser.get("/sign-in/passkeys").await.expect(200);
    let fields = hidden(&page);
    let remove = [("csrf", fields["csrf"].as_str()), ("id", &fields["id"]), ("password", &ada.password)];
    let _ = browser.post("/sign-in/passkeys/remove", &remove).await.expect(303);
    assert!(browser.get("/sign-in/passkeys").await.expect(200).text().contains("You have none yet"));
}

async fn strange_forms_are_refused(api: Api) {
    let app = App::public(&api).await;
    let mut browser = Browser::new(&api);
    let reply = browser.get(&app.ask(&sha256(&verifier()), &[])).await.expect(303);
    let location = reply.header("location").to_owned();
    let handle = parameters(&location)["interaction"].clone();
    // Without the page's own token a password is not even looked at.
    let who = human(&api).await;
    let blind = [("email", who.email.as_str()), ("password", &who.password), ("interaction", handle.as_str())];
    let reply = browser.post("/sign-in", &blind).await.expect(400);
    assert!(browser.cookie("kontor_session").is_none(), "{reply}");
    let next = browser.sign_in(&who, &location).await;
    let _ = browser.get(&next).await.expect(200);
    for csrf in ["", "x"] {
        let _ = browser
            .post("/oauth/authorize", &[("interaction", &handle), ("decision", "allow"), ("csrf", csrf)])
            .await
            .expect(400);
    }
    // Another person's page is not one's own.
    let mut other = Browser::new(&api);
    let page = other.get("/sign-in").await;
    let theirs = super::browser::hidden(&page)["csrf"].clone();
    let _ = browser
        .post("/oauth/authorize", &[("interaction", &handle), ("decision", "allow"), ("csrf", &theirs)])
        .await
        .expect(400);
}

async fn nobody_is_led_away(api: Api) {
    for path in [
        "/sign-in?next=https://evil.example/",
        "/sign-in?interaction=https://evil.example/",
        "/sign-in?user_code=//evil.example",
    ] {
        let mut browser = Browser::new(&api);
        let location = browser.sign_in(&human(&api).await, path).await;
        assert!(location.starts_with('/') && !location.starts_with("//"), "{location}");
    }
    let app = App::confidential(&api).await;
    let reply = Browser::new(&api)
        .get(&kontor_testkit::query(
            "/oauth/end_session",
            &[("client_id", &app.client_id), ("post_logout_redirect_uri", "https://evil.example/")],
        ))
        .await;
    assert_eq!((reply.status, reply.header("location")), (200, ""));
}

async fn a_wrong_password_says_nothing_more(api: Api) {
    let who = human(&api).await;
    let mut browser = Browser::new(&api);
    let page = browser.get("/sign-in").await.expect(200);
    let mut said = Vec::new();
    for (email, password) in
        [(who.email.as_str(), "wrong"), ("nobody@kontor.example", "wrong"), ("nobody@kontor.example", &who.password)]
    {
        let reply = browser.submit("/sign-in", &page, &[("email", email), ("password", password)]).await.expect(400);
        assert!(browser.cookie("kontor_session").is_none());
        said.push(reply.text().split("role=\"alert\">").nth(1).unwrap().split('<').next().unwrap().to_owned());
    }
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
}

async fn a_person_signs_out(api: Api) {
    let metadata = json!({"client_name": "Leaver", "redirect_uris": [REDIRECT], "post_logout_redirect_uris": ["https://client.example/bye"]});
    let app = App::managed(&api, metadata).await;
    let verifier = verifier();
    let mut browser = Browser::new(&api);
    let back = app.agreed(&api, &mut browser, &app.ask(&sha256(&verifier), &[("scope", "openid")])).await;
    let tokens = app.redeem(&api, &back["code"], &verifier).await.expect(200).json;
    let stolen = browser.cookie("kontor_session").unwrap().to_owned();
    // Without an ID token the person is asked.
    let page = browser.get("/oauth/end_session").await.expect(200);
    assert!(page.text().contains("Sign out?") && browser.cookie("kontor_session").is_some());
    let pairs = [
        ("id_token_hint", tokens["id_token"].as_str().unwrap()),
        ("post_logout_redirect_uri", "https://client.example/bye"),
        ("state", "s 2"),
    ];
    let reply = browser.get(&kontor_testkit::query("/oauth/end_session", &pairs)).await.expect(303);
    assert_eq!(reply.header("location"), "https://client.example/bye?state=s+2");
    assert!(browser.cookie("kontor_session").is_none());
    // The cookie is dead, not only forgotten.
    let reply = api
        .anonymous()
        .request("GET", &app.ask(&sha256(&verifier), &[]))
        .header("cookie", &format!("kontor_session={stolen}"))
        .send()
        .await;
    assert!(reply.header("location").starts_with("/sign-in?"), "{reply}");
}
