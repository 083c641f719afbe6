//! The device grant (RFC 8628).

use kontor_testkit::{Api, Reply, both};
use serde_json::json;

use super::browser::{Browser, human};
use super::party::{App, issuer, refused};

both!(a_device_is_connected, a_device_that_hurries_is_slowed, a_person_may_decline_a_device, codes_cannot_be_guessed);

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

async fn begin(api: &Api, app: &App) -> serde_json::Value {
    app.send(api, "/oauth/device_authorization", &[("scope", "crm:read")]).await.expect(200).json
}

async fn poll(api: &Api, app: &App, codes: &serde_json::Value) -> Reply {
    app.token(api, &[("grant_type", GRANT), ("device_code", codes["device_code"].as_str().unwrap())]).await
}

/// Somebody, signed in and at the page where the code is typed.
async fn at_the_page(api: &Api, path: &str) -> (Browser, Reply) {
    let mut browser = Browser::new(api);
    let reply = browser.get(path).await.expect(303);
    let location = reply.header("location").to_owned();
    let next = browser.sign_in(&human(api).await, &location).await;
    let page = browser.get(&next).await.expect(200);
    (browser, page)
}

async fn a_device_is_connected(api: Api) {
    let app = App::public(&api).await;
    let codes = begin(&api, &app).await;
    let code = codes["user_code"].as_str().unwrap();
    assert!(code.len() == 9 && codes["device_code"].as_str().unwrap().len() >= 43, "{codes}");
    assert_eq!(
        (&codes["verification_uri"], &codes["interval"], &codes["expires_in"]),
        (&json!(format!("{}/oauth/device", issuer(&api))), &json!(5), &json!(600))
    );
    refused(&poll(&api, &app, &codes).await, "authorization_pending");
    let (mut browser, page) = at_the_page(&api, "/oauth/device").await;
    // As people type: small letters, a space for the dash.
    let page = browser
        .submit("/oauth/device", &page, &[("user_code", &code.to_lowercase().replace('-', " "))])
        .await
        .expect(200);
    assert!(page.text().contains("Read all records"), "{page}");
    let done = browser.submit("/oauth/device", &page, &[("decision", "allow")]).await.expect(200);
    assert!(done.text().contains("connected"), "{done}");
    let tokens = poll(&api, &app, &codes).await.expect(200).json;
    let _ = api.with_key(tokens["access_token"].as_str().unwrap()).get("/v1/customers?limit=1").await.expect(200);
    refused(&poll(&api, &app, &codes).await, "invalid_grant");
    super::party::dies(&api, tokens["access_token"].as_str().unwrap()).await;
    let other = App::public(&api).await;
    refused(&poll(&api, &other, &codes).await, "invalid_grant");
}

async fn a_device_that_hurries_is_slowed(api: Api) {
    let app = App::public(&api).await;
    let codes = begin(&api, &app).await;
    refused(&poll(&api, &app, &codes).await, "authorization_pending");
    refused(&poll(&api, &app, &codes).await, "slow_down");
    refused(&poll(&api, &app, &codes).await, "slow_down");
}

async fn a_person_may_decline_a_device(api: Api) {
    let app = App::public(&api).await;
    let codes = begin(&api, &app).await;
    let complete = codes["verification_uri_complete"].as_str().unwrap().trim_start_matches(&issuer(&api)).to_owned();
    let (mut browser, page) = at_the_page(&api, &complete).await;
    let code = codes["user_code"].as_str().unwrap();
    assert!(page.text().contains(&format!("value=\"{code}\"")), "{page}");
    let page = browser.submit("/oauth/device", &page, &[("user_code", code)]).await.expect(200);
    let _ = browser.submit("/oauth/device", &page, &[("decision", "deny")]).await.expect(200);
    refused(&poll(&api, &app, &codes).await, "access_denied");
}

async fn codes_cannot_be_guessed(api: Api) {
    let app = App::public(&api).await;
    let codes = begin(&api, &app).await;
    let (mut browser, page) = at_the_page(&api, "/oauth/device").await;
    for _ in 0..10 {
        let reply = browser.submit("/oauth/device", &page, &[("user_code", "BBBB-BBBB")]).await.expect(400);
        assert!(reply.text().contains("unknown"), "{reply}");
    }
    let right = codes["user_code"].as_str().unwrap();
    let reply = browser.submit("/oauth/device", &page, &[("user_code", right)]).await.expect(400);
    assert!(reply.text().contains("Too many"), "{reply}");
}
