//! An application that uses the authorization server.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use kontor_testkit::{Api, Reply, query, serial};
use serde_json::{Value, json};

use super::browser::{Browser, form, human, parameters};

pub const REDIRECT: &str = "https://client.example/callback";

/// A registered client.
#[derive(Clone)]
pub struct App {
    pub client_id: String,
    pub secret: Option<String>,
    /// The id under `/v1/oauth_clients`, of a managed one.
    pub id: String,
}

pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn sha256(text: &str) -> String {
    base64url(digest(&SHA256, text.as_bytes()).as_ref())
}

/// A verifier that nobody else has.
pub fn verifier() -> String {
    format!("{}-{}", "v".repeat(43), serial())
}

/// The claims of a token, unverified.
pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// The address that tokens name.
pub fn issuer(api: &Api) -> String {
    format!("http://{}", api.address())
}

impl App {
    /// Registers itself (RFC 7591).
    pub async fn registered(api: &Api, metadata: Value) -> Self {
        let made = api.anonymous().post("/oauth/register", metadata).await.expect(201);
        Self {
            client_id: made.json["client_id"].as_str().unwrap().to_owned(),
            secret: made.json["client_secret"].as_str().map(str::to_owned),
            id: String::new(),
        }
    }

    /// A public client with code, refresh and device.
    pub async fn public(api: &Api) -> Self {
        let grants = ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"];
        Self::registered(
            api,
            json!({"client_name": "Public", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none", "grant_types": grants}),
        )
        .await
    }

    /// A client that an administrator makes.
    pub async fn managed(api: &Api, metadata: Value) -> Self {
        let made = api.post("/v1/oauth_clients", metadata).await.expect(201);
        Self {
            client_id: made.data()["client_id"].as_str().unwrap().to_owned(),
            secret: made.data()["client_secret"].as_str().map(str::to_owned),
            id: made.id(),
        }
    }

    /// A managed, confidential client with every grant.
    pub async fn confidential(api: &Api) -> Self {
        let metadata = json!({"client_name": "Confidential", "redirect_uris": [REDIRECT], "role": "member",
            "scope": "openid profile email offline_access crm:read crm:write admin",
            "grant_types": ["authorization_code", "refresh_token", "client_credentials",
                "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:token-exchange"]});
        Self::managed(api, metadata).await
    }

    /// A form to an endpoint, with the client's own word of who it is.
    pub async fn send(&self, api: &Api, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.send_with(api, path, fields, &[]).await
    }

    pub async fn send_with(&self, api: &Api, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Reply {
        let mut request = api.anonymous().request("POST", path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut fields = fields.to_vec();
        match &self.secret {
            Some(secret) => {
                let basic = STANDARD.encode(format!("{}:{secret}", self.client_id));
                request = request.header("authorization", &format!("Basic {basic}"));
            }
            None => fields.push(("client_id", &self.client_id)),
        }
        request.body("application/x-www-form-urlencoded", form(&fields)).send().await
    }

    pub async fn token(&self, api: &Api, fields: &[(&str, &str)]) -> Reply {
        self.send(api, "/oauth/token", fields).await
    }

    /// The address of an authorization request; `more` replaces or adds.
    pub fn ask(&self, challenge: &str, more: &[(&str, &str)]) -> String {
        let mut all: BTreeMap<&str, &str> = BTreeMap::from([
            ("response_type", "code"),
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", REDIRECT),
            ("scope", "openid crm:read crm:write"),
            ("state", "s-1"),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ]);
        all.extend(more.iter().copied());
        let pairs: Vec<(&str, &str)> = all.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        query("/oauth/authorize", &pairs)
    }

    /// Lets a person sign in and agree; the parameters that come back.
    pub async fn agreed(&self, api: &Api, browser: &mut Browser, ask: &str) -> BTreeMap<String, String> {
        let mut reply = browser.get(ask).await;
        if reply.status == 303 && reply.header("location").starts_with("/sign-in?") {
            let location = reply.header("location").to_owned();
            let next = browser.sign_in(&human(api).await, &location).await;
            reply = browser.get(&next).await;
        }
        if reply.status == 200 {
            reply = browser.submit("/oauth/authorize", &reply, &[("decision", "allow")]).await;
        }
        let location = reply.expect(303).header("location").to_owned();
        assert!(location.starts_with(REDIRECT), "{location}");
        parameters(&location)
    }

    /// A code for this verifier.
    pub async fn code(&self, api: &Api, verifier: &str, more: &[(&str, &str)]) -> String {
        let ask = self.ask(&sha256(verifier), more);
        self.agreed(api, &mut Browser::new(api), &ask).await["code"].clone()
    }

    /// What a code is exchanged for.
    pub async fn redeem(&self, api: &Api, code: &str, verifier: &str) -> Reply {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", verifier),
        ];
        self.token(api, &fields).await
    }

    /// Tokens of a person.
    pub async fn tokens(&self, api: &Api, more: &[(&str, &str)]) -> Value {
        let verifier = verifier();
        let code = self.code(api, &verifier, more).await;
        self.redeem(api, &code, &verifier).await.expect(200).json
    }

    pub async fn refresh(&self, api: &Api, token: &str, more: &[(&str, &str)]) -> Reply {
        self.token(api, &[&[("grant_type", "refresh_token"), ("refresh_token", token)][..], more].concat()).await
    }
}

/// A refusal of RFC 6749, 5.2.
#[track_caller]
pub fn refused(reply: &Reply, error: &str) {
    assert_eq!(reply.json["error"], error, "{reply}");
    let status = if error == "invalid_client" { 401 } else { 400 };
    assert_eq!(reply.status, status, "{reply}");
    assert_eq!(reply.header("cache-control"), "no-store", "{reply}");
    assert!(reply.json["error_description"].is_string(), "{reply}");
}

/// Waits until a token opens nothing any more: two seconds are promised, and the test is patient.
pub async fn dies(api: &Api, token: &str) {
    for _ in 0..600 {
        if api.with_key(token).get("/v1/customers?limit=1").await.status == 401 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the token still opens");
}
