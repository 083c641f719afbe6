//! The second factor.

use kontor_testkit::{Api, Reply, both};
use serde_json::{Value, json};

use super::person::{PASSWORD, Person, code, cookie, sign_in, until};

both!(
    an_authenticator_app_is_set_up_and_asked_for,
    a_recovery_code_works_once,
    wrong_codes_are_throttled,
    a_reset_does_not_go_around_the_second_factor,
    setting_up_asks_for_the_password
);

async fn set_up(ada: &Person) -> (String, Vec<Value>) {
    let begun = ada.post("/v1/me/totp", json!({"password": PASSWORD})).await.expect(200);
    let secret = begun.data()["secret"].as_str().unwrap().to_owned();
    assert!(begun.data()["uri"].as_str().unwrap().contains(&format!("secret={secret}")));
    // Nothing is asked for before it is confirmed.
    assert_eq!(sign_in(&ada.api, &ada.email, PASSWORD).await.expect(200).data()["state"], "signed_in");
    let _ = ada.post("/v1/me/totp/confirm", json!({"code": "000000"})).await.refused(401_001);
    let done = ada.post("/v1/me/totp/confirm", json!({"code": code(&secret, 0)})).await.expect(200);
    (secret, done.data()["recovery_codes"].as_array().unwrap().clone())
}

async fn ticket(ada: &Person) -> String {
    let reply = sign_in(&ada.api, &ada.email, PASSWORD).await.expect(200);
    assert_eq!((&reply.data()["state"], reply.header("set-cookie")), (&json!("second_factor"), ""), "{reply}");
    reply.data()["ticket"].as_str().unwrap().to_owned()
}

async fn second(ada: &Person, ticket: &str, code: &str) -> Reply {
    ada.api.anonymous().post("/v1/auth/second_factor", json!({"ticket": ticket, "code": code})).await
}

async fn an_authenticator_app_is_set_up_and_asked_for(api: Api) {
    let ada = Person::new(&api, "member").await;
    let (secret, codes) = set_up(&ada).await;
    assert_eq!(codes.len(), 10);
    let who = ada.get("/v1/me").await.expect(200);
    assert_eq!(who.data()["second_factor"], json!({"totp": true, "passkeys": 0, "recovery_codes_left": 10}));
    assert!(!who.text().contains(&secret), "{who}");
    let one = ticket(&ada).await;
    let _ = second(&ada, &one, "000000").await.refused(401_001);
    let next = code(&secret, 1);
    let reply = second(&ada, &one, &next).await.expect(200);
    assert_eq!(reply.data()["session"]["amr"], json!(["pwd", "otp", "mfa"]));
    let _ = ada.with(&cookie(&reply), "GET", "/v1/me").send().await.expect(200);
    // Neither the ticket nor the code works again.
    let _ = second(&ada, &one, &next).await.refused(401_001);
    let other = ticket(&ada).await;
    let _ = second(&ada, &other, &next).await.refused(401_001);
    // A ticket is no link, a link no ticket.
    let body = json!({"token": other, "password": PASSWORD});
    let _ = api.anonymous().post("/v1/auth/redeem", body).await.refused(401_001);
    let _ = ada
        .request("DELETE", "/v1/me/totp")
        .json(&json!({"password": "Falsches-1234-xyz"}))
        .send()
        .await
        .refused(401_001);
    let _ = ada.request("DELETE", "/v1/me/totp").json(&json!({"password": PASSWORD})).send().await.expect(200);
    assert_eq!(sign_in(&api, &ada.email, PASSWORD).await.expect(200).data()["state"], "signed_in");
}

async fn a_recovery_code_works_once(api: Api) {
    let ada = Person::new(&api, "member").await;
    let (_, codes) = set_up(&ada).await;
    let spare = codes[3].as_str().unwrap();
    let reply = second(&ada, &ticket(&ada).await, &spare.to_uppercase()).await.expect(200);
    assert_eq!(reply.data()["session"]["amr"], json!(["pwd", "mfa"]));
    let _ = second(&ada, &ticket(&ada).await, spare).await.refused(401_001);
    let new = ada.post("/v1/me/totp/recovery_codes", json!({"password": PASSWORD})).await.expect(200);
    let _ = second(&ada, &ticket(&ada).await, codes[4].as_str().unwrap()).await.refused(401_001);
    let fresh = new.data()["recovery_codes"][0].as_str().unwrap();
    let _ = second(&ada, &ticket(&ada).await, fresh).await.expect(200);
}

async fn wrong_codes_are_throttled(api: Api) {
    let ada = Person::new(&api, "member").await;
    let (secret, _) = set_up(&ada).await;
    let one = ticket(&ada).await;
    for _ in 0..5 {
        let _ = second(&ada, &one, "000000").await.refused(401_001);
    }
    // The ticket is used up, and a new one has to wait.
    let _ = second(&ada, &one, &code(&secret, 1)).await.refused(401_001);
    until(|| async {
        let reply = second(&ada, &ticket(&ada).await, "000000").await;
        (reply.error_code() == 429_000).then_some(())
    })
    .await;
}

async fn a_reset_does_not_go_around_the_second_factor(api: Api) {
    let ada = Person::new(&api, "member").await;
    let (secret, _) = set_up(&ada).await;
    let token = super::person::invite(&api, &ada.user, "member").await;
    let new = "Anderes-Passwort-4711-Ufer";
    let reply = super::person::redeem(&api, &token, new).await.expect(200);
    assert_eq!((&reply.data()["state"], reply.header("set-cookie")), (&json!("second_factor"), ""), "{reply}");
    ada.dies(&ada.cookie).await;
    let ticket = reply.data()["ticket"].as_str().unwrap();
    let _ = second(&ada, ticket, &code(&secret, 1)).await.expect(200);
}

async fn setting_up_asks_for_the_password(api: Api) {
    let ada = Person::new(&api, "member").await;
    let _ = ada.post("/v1/me/totp", json!({})).await.refused(400_001);
    let _ = ada.post("/v1/me/totp", json!({"password": "Falsches-Passwort-1234"})).await.refused(401_001);
    let _ = ada.post("/v1/me/totp/confirm", json!({"code": "123456"})).await.refused(422_000);
    let _ = ada.post("/v1/me/totp/recovery_codes", json!({"password": PASSWORD})).await.refused(422_000);
    let _ = set_up(&ada).await;
    let _ = ada.post("/v1/me/totp", json!({"password": PASSWORD})).await.refused(422_000);
}
