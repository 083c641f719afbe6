//! How the owner of a new installation gets in.

use kontor_testkit::{Api, Backend, Server, both_alone};
use serde_json::json;

use super::person::{PASSWORD, cookie, sign_in};

both_alone!(the_owner_signs_in_once_and_stays, an_operator_lets_the_owner_in_again);

/// The token of the link that the last start printed.
fn link(server: &Server) -> String {
    let log = server.log();
    let line = log.lines().rev().find(|line| line.contains("/sign-in?token=")).expect("the link was printed");
    line.split("token=").nth(1).unwrap().trim().to_owned()
}

async fn redeem(api: &Api, token: &str, email: Option<&str>, password: &str) -> kontor_testkit::Reply {
    let mut body = json!({"token": token, "password": password});
    if let Some(email) = email {
        body["email"] = json!(email);
    }
    api.anonymous().post("/v1/auth/redeem", body).await
}

async fn me(api: &Api, cookie: &str) -> kontor_testkit::Reply {
    api.anonymous().request("GET", "/v1/me").header("cookie", cookie).send().await
}

async fn the_owner_signs_in_once_and_stays(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let (api, token) = (server.api(), link(&server));
    // What is wrong with the rest does not use the link up.
    let reply = redeem(&api, &token, None, PASSWORD).await.refused(400_001);
    assert_eq!(reply.faults()[0]["field"], "email");
    for weak in ["kurz", "passwordpassword", "owner@example.com", "123456789012"] {
        let reply = redeem(&api, &token, Some("owner@example.com"), weak).await.refused(400_001);
        assert_eq!(reply.faults()[0]["field"], "password", "{weak}");
        assert!(!reply.text().contains(weak) || weak.contains('@'), "{reply}");
    }
    let _ = redeem(&api, &token, Some("nobody"), PASSWORD).await.refused(400_001);
    let _ = redeem(&api, &format!("{token}x"), Some("owner@example.com"), PASSWORD).await.refused(401_001);

    let reply = redeem(&api, &token, Some(" Owner@Example.com "), PASSWORD).await.expect(200);
    assert_eq!(reply.data()["state"], "signed_in");
    assert_eq!(reply.data()["session"]["amr"], json!(["pwd"]));
    let flags = reply.header("set-cookie").to_owned();
    for flag in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Max-Age=2592000"] {
        assert!(flags.contains(flag), "{flags}");
    }
    assert!(!flags.contains("Secure"), "{flags}");
    assert!(!reply.text().contains("ks_"), "{reply}");
    let session = cookie(&reply);
    let who = me(&api, &session).await.expect(200);
    assert_eq!((&who.data()["role"], &who.data()["credential"]["kind"]), (&json!("owner"), &json!("session")));
    assert_eq!(who.data()["user"]["email"], "owner@example.com");
    let _ = redeem(&api, &token, Some("owner@example.com"), PASSWORD).await.refused(401_001);
    // Behind a proxy that speaks https the cookie says so.
    let reply = api
        .anonymous()
        .request("POST", "/v1/auth/sign_in")
        .header("x-forwarded-proto", "https")
        .json(&json!({"email": "OWNER@example.com", "password": PASSWORD}))
        .send()
        .await
        .expect(200);
    assert!(reply.header("set-cookie").contains("; Secure"), "{}", reply.header("set-cookie"));
    let other = cookie(&reply);
    let own = format!("http://{}", api.address());
    let out = api.anonymous().request("POST", "/v1/auth/sign_out").header("cookie", &other).header("origin", &own);
    let reply = out.send().await.expect(200);
    assert!(reply.header("set-cookie").starts_with("kontor_session=; Path=/; Max-Age=0"), "{reply}");
    let _ = me(&api, &other).await.refused(401_001);

    let server = server.restart().await;
    let api = server.api();
    let _ = me(&api, &session).await.expect(200);
    let _ = me(&api, &other).await.refused(401_001);
    let _ = redeem(&api, &token, Some("owner@example.com"), PASSWORD).await.refused(401_001);
    let printed = server.log().matches("/sign-in?token=").count();
    assert_eq!(printed, 1, "an owner who has signed in needs no link");
}

async fn an_operator_lets_the_owner_in_again(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let reply = redeem(&api, &link(&server), Some("owner@example.com"), PASSWORD).await.expect(200);
    let session = cookie(&reply);
    let output = server.place().output(&["users", "reset", "Owner@example.com"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let token = text.trim().strip_prefix(&format!("{}/sign-in?token=", server.url())).unwrap();
    let new = "Anderes-Passwort-4711-Ufer";
    let reply = redeem(&api, token, None, new).await.expect(200);
    let _ = me(&api, &cookie(&reply)).await.expect(200);
    let _ = redeem(&api, token, None, new).await.refused(401_001);
    let _ = sign_in(&api, "owner@example.com", PASSWORD).await.refused(401_001);
    let _ = sign_in(&api, "owner@example.com", new).await.expect(200);
    let _ = me(&api, &session).await.refused(401_001);
    let output = server.place().output(&["users", "reset", "nobody@example.com"]);
    assert!(!output.status.success() && output.stdout.is_empty());
}
