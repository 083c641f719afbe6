//! Token exchange (RFC 8693): an administrator acts in a user's name, and the audit says so.

use kontor_testkit::{Api, both, serial, unique};
use serde_json::json;

use super::browser::human;
use super::party::{App, claims, dies, refused};
use crate::support::customer;

both!(
    an_administrator_acts_for_a_user,
    only_an_administrator_acts_for_others,
    a_token_is_narrowed,
    a_user_who_may_not_sign_in_has_no_tokens
);

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";
const USER: &str = "urn:kontor:params:oauth:token-type:user_id";

async fn user(api: &Api) -> String {
    api.create("/v1/users", json!({"name": unique("User"), "email": format!("u{}@kontor.example", serial())})).await
}

fn ask<'a>(subject: &'a str, actor: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("grant_type", GRANT),
        ("subject_token", subject),
        ("subject_token_type", USER),
        ("actor_token", actor),
        ("actor_token_type", ACCESS),
    ]
}

async fn admin_token(api: &Api, app: &App) -> String {
    app.tokens(api, &[("scope", "openid admin")]).await["access_token"].as_str().unwrap().to_owned()
}

async fn an_administrator_acts_for_a_user(api: Api) {
    let app = App::confidential(&api).await;
    let (admin, subject) = (human(&api).await.id, user(&api).await);
    let actor = admin_token(&api, &app).await;
    let reply = app.token(&api, &ask(&subject, &actor)).await.expect(200);
    assert_eq!((&reply.json["issued_token_type"], &reply.json["token_type"]), (&json!(ACCESS), &json!("Bearer")));
    assert!(reply.json.get("refresh_token").is_none() && reply.json.get("id_token").is_none(), "{reply}");
    let token = reply.json["access_token"].as_str().unwrap();
    let said = claims(token);
    assert_eq!((&said["sub"], &said["act"]), (&json!(subject), &json!({"sub": admin})));
    let caller = api.with_key(token);
    let id = caller.create("/v1/customers", customer()).await;
    let made = api.get(&format!("/v1/customers/{id}")).await.expect(200);
    assert_eq!(made.data()["created_by"], json!(subject));
    // What was done names the client and the administrator; the token names the agreement of the audit's entry.
    let entries = api.get(&format!("/v1/audit?record_id={id}")).await.expect(200);
    let entry = &entries.rows()[0];
    assert_eq!((&entry["credential"], &entry["impersonator_id"]), (&json!("token"), &json!(admin)), "{entry}");
    assert_eq!(entry["user_id"], json!(subject), "{entry}");
    let client = api.get(&format!("/v1/oauth_clients/{}", entry["key_id"].as_str().unwrap())).await.expect(200);
    assert_eq!(client.data()["client_id"], said["client_id"]);
    let grant = said["grant_id"].as_str().unwrap();
    let probe = format!("probe_{}", serial());
    api.place().sql(&format!(
        "CREATE TABLE {probe} (n INTEGER CHECK (n = 1)); INSERT INTO {probe} SELECT count(*) FROM audit WHERE action = 'impersonate' \
         AND user_id = {admin} AND changes LIKE '%\"{grant}\"%' AND changes LIKE '%\"{subject}\"%'; DROP TABLE {probe};"
    ));
    // The user's rights, not the administrator's.
    let _ = caller.get("/v1/oauth_clients").await.refused(403_001);
    let wide = app.token(&api, &[&ask(&subject, &actor)[..], &[("scope", "admin")]].concat()).await.expect(200);
    let _ = api.with_key(wide.json["access_token"].as_str().unwrap()).get("/v1/oauth_clients").await.refused(403_000);
    let known = app.send(&api, "/oauth/introspect", &[("token", token)]).await.expect(200);
    assert_eq!(known.json["act"], json!({"sub": admin}));
    // Acting for one does not lead on to others, nor does it sign in.
    let wide = wide.json["access_token"].as_str().unwrap();
    refused(&app.token(&api, &ask(&user(&api).await, wide)).await, "invalid_request");
    refused(&app.token(&api, &[&ask(&subject, &actor)[..], &[("scope", "openid")]].concat()).await, "invalid_scope");
    let _ = app.send(&api, "/oauth/revoke", &[("token", token)]).await.expect(200);
    dies(&api, token).await;
}

async fn only_an_administrator_acts_for_others(api: Api) {
    let app = App::confidential(&api).await;
    let subject = user(&api).await;
    let weak = app.tokens(&api, &[("scope", "crm:read crm:write")]).await;
    refused(&app.token(&api, &ask(&subject, weak["access_token"].as_str().unwrap())).await, "unauthorized_client");
    let own = app.token(&api, &[("grant_type", "client_credentials"), ("scope", "admin")]).await.expect(200).json;
    refused(&app.token(&api, &ask(&subject, own["access_token"].as_str().unwrap())).await, "invalid_request");
    refused(&app.token(&api, &ask(&subject, "a.b.c")).await, "invalid_grant");
    let actor = admin_token(&api, &app).await;
    for wrong in ["4242", "x", ""] {
        refused(&app.token(&api, &ask(wrong, &actor)).await, "invalid_request");
    }
    let public = App::public(&api).await;
    refused(&public.token(&api, &ask(&subject, &actor)).await, "unauthorized_client");
}

async fn a_token_is_narrowed(api: Api) {
    let app = App::confidential(&api).await;
    let tokens = app.tokens(&api, &[]).await;
    let token = tokens["access_token"].as_str().unwrap();
    let ask = [("grant_type", GRANT), ("subject_token", token), ("subject_token_type", ACCESS)];
    let narrow = app.token(&api, &[&ask[..], &[("scope", "deals:read")]].concat()).await.expect(200).json;
    let narrow = narrow["access_token"].as_str().unwrap();
    let _ = api.with_key(narrow).get("/v1/deals?limit=1").await.expect(200);
    let _ = api.with_key(narrow).get("/v1/customers").await.refused(403_001);
    assert!(claims(narrow)["exp"].as_i64() <= claims(token)["exp"].as_i64());
    refused(&app.token(&api, &[&ask[..], &[("scope", "admin")]].concat()).await, "invalid_scope");
    let back =
        [("grant_type", GRANT), ("subject_token", narrow), ("subject_token_type", ACCESS), ("scope", "crm:read")];
    refused(&app.token(&api, &back).await, "invalid_scope");
    refused(&App::confidential(&api).await.token(&api, &ask).await, "invalid_grant");
    refused(&app.token(&api, &[&ask[..], &[("audience", "https://other.example")]].concat()).await, "invalid_target");
}

async fn a_user_who_may_not_sign_in_has_no_tokens(api: Api) {
    let app = App::confidential(&api).await;
    let subject = user(&api).await;
    let actor = admin_token(&api, &app).await;
    let token =
        app.token(&api, &ask(&subject, &actor)).await.expect(200).json["access_token"].as_str().unwrap().to_owned();
    let _ = api.with_key(&token).get("/v1/customers?limit=1").await.expect(200);
    let _ = api.patch(&format!("/v1/users/{subject}"), json!({"active": false})).await.expect(200);
    dies(&api, &token).await;
    refused(&app.token(&api, &ask(&subject, &actor)).await, "invalid_request");
}
