//! Refresh tokens: rotation, reuse, scope.

use kontor_testkit::{Api, Backend, Server, both, both_alone};
use serde_json::{Value, json};

use super::party::{App, dies, refused};

both!(
    a_token_rotates,
    a_token_used_twice_ends_its_family,
    scope_only_narrows,
    a_token_is_its_clients_own,
    a_revoked_family_is_dead
);
both_alone!(a_used_token_ends_its_family_after_a_restart);

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().unwrap()
}

async fn a_token_rotates(api: Api) {
    let app = App::public(&api).await;
    let first = app.tokens(&api, &[]).await;
    let second = app.refresh(&api, text(&first, "refresh_token"), &[]).await.expect(200).json;
    assert_ne!(text(&first, "refresh_token"), text(&second, "refresh_token"));
    assert_ne!(text(&first, "access_token"), text(&second, "access_token"));
    assert_eq!((&second["scope"], &second["expires_in"]), (&first["scope"], &json!(3600)));
    let third = app.refresh(&api, text(&second, "refresh_token"), &[]).await.expect(200).json;
    let _ = api.with_key(text(&third, "access_token")).get("/v1/customers?limit=1").await.expect(200);
}

async fn a_token_used_twice_ends_its_family(api: Api) {
    let app = App::public(&api).await;
    let first = app.tokens(&api, &[]).await;
    let second = app.refresh(&api, text(&first, "refresh_token"), &[]).await.expect(200).json;
    refused(&app.refresh(&api, text(&first, "refresh_token"), &[]).await, "invalid_grant");
    refused(&app.refresh(&api, text(&second, "refresh_token"), &[]).await, "invalid_grant");
    dies(&api, text(&second, "access_token")).await;
    dies(&api, text(&first, "access_token")).await;
}

async fn scope_only_narrows(api: Api) {
    let app = App::public(&api).await;
    let first = app.tokens(&api, &[("scope", "openid crm:read")]).await;
    let token = text(&first, "refresh_token");
    for wider in
        ["crm:write", "crm:read crm:write", "openid crm:read admin", "profile", "metadata:write", "deals:write"]
    {
        refused(&app.refresh(&api, token, &[("scope", wider)]).await, "invalid_scope");
    }
    let narrow = app.refresh(&api, token, &[("scope", "deals:read")]).await.expect(200).json;
    assert_eq!(narrow["scope"], "deals:read");
    let caller = api.with_key(text(&narrow, "access_token"));
    let _ = caller.get("/v1/deals?limit=1").await.expect(200);
    let _ = caller.get("/v1/customers?limit=1").await.refused(403_001);
    // Narrowing one access token does not narrow what was agreed to.
    let whole = app.refresh(&api, text(&narrow, "refresh_token"), &[]).await.expect(200).json;
    assert_eq!(whole["scope"], "crm:read openid");
}

async fn a_token_is_its_clients_own(api: Api) {
    let (app, other) = (App::public(&api).await, App::public(&api).await);
    let tokens = app.tokens(&api, &[]).await;
    let token = text(&tokens, "refresh_token");
    refused(&other.refresh(&api, token, &[]).await, "invalid_grant");
    // Nor can the other give it back, and the answer does not say so.
    let _ = other.send(&api, "/oauth/revoke", &[("token", token)]).await.expect(200);
    let _ = app.refresh(&api, token, &[]).await.expect(200);
    refused(&app.refresh(&api, "kr_unknown", &[]).await, "invalid_grant");
    refused(&app.refresh(&api, text(&tokens, "access_token"), &[]).await, "invalid_grant");
}

async fn a_revoked_family_is_dead(api: Api) {
    let app = App::public(&api).await;
    let tokens = app.tokens(&api, &[]).await;
    for unknown in ["x", "kr_x", "a.b.c"] {
        let _ = app.send(&api, "/oauth/revoke", &[("token", unknown)]).await.expect(200);
    }
    let _ = api.with_key(text(&tokens, "access_token")).get("/v1/customers?limit=1").await.expect(200);
    let _ = app.send(&api, "/oauth/revoke", &[("token", text(&tokens, "refresh_token"))]).await.expect(200);
    dies(&api, text(&tokens, "access_token")).await;
    refused(&app.refresh(&api, text(&tokens, "refresh_token"), &[]).await, "invalid_grant");
}

async fn a_used_token_ends_its_family_after_a_restart(backend: Backend) {
    // The address changes with the restart, the issuer does not.
    let server = Server::builder().backend(backend).env("KONTOR_PUBLIC_URL", "http://crm.example").start().await;
    let app = App::public(&server.api()).await;
    let first = app.tokens(&server.api(), &[]).await;
    let second = app.refresh(&server.api(), text(&first, "refresh_token"), &[]).await.expect(200).json;
    let revoked = app.tokens(&server.api(), &[]).await;
    let _ = app.send(&server.api(), "/oauth/revoke", &[("token", text(&revoked, "refresh_token"))]).await.expect(200);
    let server = server.restart().await;
    let api = server.api();
    let _ = api.with_key(text(&revoked, "access_token")).get("/v1/customers?limit=1").await.refused(401_001);
    let _ = api.with_key(text(&second, "access_token")).get("/v1/customers?limit=1").await.expect(200);
    refused(&app.refresh(&api, text(&first, "refresh_token"), &[]).await, "invalid_grant");
    refused(&app.refresh(&api, text(&second, "refresh_token"), &[]).await, "invalid_grant");
    let _ = api.with_key(text(&second, "access_token")).get("/v1/customers?limit=1").await.refused(401_001);
}
