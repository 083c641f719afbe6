//! A provider on this machine, with keys of its own and a will to do wrong.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use kontor_testkit::{encode, serial};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::keys::Key;
use crate::oauth::browser::parameters;
use crate::oauth::party::sha256;
use crate::oauth::signed::now;

pub const CLIENT: &str = "kontor at acme";
/// What must not be seen anywhere but here; with characters that are encoded on the way.
pub const SECRET: &str = "canary:s3cret+of/acme %";

type Tamper = Box<dyn Fn(&mut Value, &mut Value) + Send>;

/// What it does.
pub struct Will {
    pub alg: String,
    pub kid: String,
    pub key: Key,
    /// Signs in its place, under the same `kid`.
    pub stranger: Option<Key>,
    /// Changes header and claims of an ID token before it is signed.
    pub tamper: Option<Tamper>,
    /// Changes its metadata.
    pub metadata: Value,
    /// What the userinfo endpoint adds.
    pub userinfo: Value,
    /// An answer in place of any other, after so long.
    pub instead: Option<(Duration, String)>,
    /// Code → challenge and claims.
    codes: BTreeMap<String, (String, String, Value)>,
    /// Lines of requests.
    pub heard: Vec<String>,
}

#[derive(Clone)]
pub struct Fake {
    url: String,
    will: Arc<Mutex<Will>>,
}

impl Fake {
    pub async fn new() -> Self {
        Self::signing("EdDSA").await
    }

    pub async fn signing(alg: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let will = Will {
            alg: alg.to_owned(),
            kid: "k1".to_owned(),
            key: Key::of(alg),
            stranger: None,
            tamper: None,
            metadata: json!({}),
            userinfo: json!({}),
            instead: None,
            codes: BTreeMap::new(),
            heard: Vec::new(),
        };
        let fake = Self { url, will: Arc::new(Mutex::new(will)) };
        let own = fake.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let own = own.clone();
                tokio::spawn(async move {
                    let Some(request) = read(&mut stream).await else { return };
                    let instead = own.will.lock().unwrap().instead.clone();
                    let answer = match instead {
                        Some((wait, answer)) => {
                            tokio::time::sleep(wait).await;
                            answer
                        }
                        None => own.answer(&request),
                    };
                    stream.write_all(answer.as_bytes()).await.ok();
                });
            }
        });
        fake
    }

    pub fn issuer(&self) -> String {
        self.url.clone()
    }

    pub fn will(&self, change: impl FnOnce(&mut Will)) {
        change(&mut self.will.lock().unwrap());
    }

    pub fn tamper(&self, change: impl Fn(&mut Value, &mut Value) + Send + 'static) {
        self.will(|will| will.tamper = Some(Box::new(change)));
    }

    /// Lets somebody with these claims pass; the code.
    pub fn approve(&self, asked: &BTreeMap<String, String>, claims: Value) -> String {
        assert_eq!((asked["response_type"].as_str(), asked["client_id"].as_str()), ("code", CLIENT));
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(asked["scope"].split(' ').any(|scope| scope == "openid"), "{asked:?}");
        let code = format!("code-{}", serial());
        let kept =
            (asked["code_challenge"].clone(), asked["redirect_uri"].clone(), with_nonce(claims, &asked["nonce"]));
        self.will(|will| drop(will.codes.insert(code.clone(), kept)));
        code
    }

    /// How often a path was asked for.
    pub fn asked(&self, path: &str) -> usize {
        self.will.lock().unwrap().heard.iter().filter(|line| line.split(' ').nth(1) == Some(path)).count()
    }

    fn answer(&self, request: &str) -> String {
        let mut will = self.will.lock().unwrap();
        let line = request.lines().next().unwrap_or_default().to_owned();
        will.heard.push(line.clone());
        let (status, body) = match line.split(' ').nth(1).unwrap_or_default() {
            "/.well-known/openid-configuration" => ("200 OK", self.metadata(&will)),
            "/jwks" => ("200 OK", json!({"keys": [will.key.jwk(&will.kid)]})),
            "/token" => self.token(&mut will, request),
            "/userinfo" if request.contains("authorization: Bearer at-") => ("200 OK", will.userinfo.clone()),
            _ => ("404 Not Found", json!({})),
        };
        let body = body.to_string();
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
    }

    fn metadata(&self, will: &Will) -> Value {
        let url = &self.url;
        let mut metadata = json!({"issuer": url, "authorization_endpoint": format!("{url}/authorize"), "token_endpoint": format!("{url}/token"),
            "jwks_uri": format!("{url}/jwks"), "userinfo_endpoint": format!("{url}/userinfo"), "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": [will.alg], "authorization_response_iss_parameter_supported": true});
        metadata.as_object_mut().unwrap().extend(will.metadata.as_object().unwrap().clone());
        metadata
    }

    fn token(&self, will: &mut Will, request: &str) -> (&'static str, Value) {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let form = parameters(&format!("?{body}"));
        let joined = format!("{}:{}", encode(CLIENT).replace("%20", "+"), encode(SECRET).replace("%20", "+"));
        let basic = format!("authorization: Basic {}", base64::engine::general_purpose::STANDARD.encode(joined));
        let posted = form.get("client_id").is_some_and(|id| id == CLIENT)
            && form.get("client_secret").is_some_and(|secret| secret == SECRET);
        let wants_post = will.metadata["token_endpoint_auth_methods_supported"] == json!(["client_secret_post"]);
        let known = if wants_post { posted } else { head.lines().any(|line| line == basic) };
        if !known {
            return ("401 Unauthorized", json!({"error": "invalid_client"}));
        }
        let fits = |(challenge, redirect_uri, _): &(String, String, Value)| {
            form["grant_type"] == "authorization_code"
                && form["redirect_uri"] == *redirect_uri
                && sha256(&form["code_verifier"]) == *challenge
        };
        let Some((_, _, claims)) = will.codes.remove(&form["code"]).filter(fits) else {
            return ("400 Bad Request", json!({"error": "invalid_grant"}));
        };
        let mut header = json!({"alg": will.alg, "kid": will.kid, "typ": "JWT"});
        let mut all = json!({"iss": self.url, "aud": CLIENT, "iat": now(), "exp": now() + 300});
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        if let Some(tamper) = &will.tamper {
            tamper(&mut header, &mut all);
        }
        let token = will.stranger.as_ref().unwrap_or(&will.key).sign(&header, &all);
        let access = format!("at-{}", serial());
        ("200 OK", json!({"access_token": access, "token_type": "Bearer", "id_token": token}))
    }
}

fn with_nonce(mut claims: Value, nonce: &str) -> Value {
    claims["nonce"] = json!(nonce);
    claims
}

/// A request, whole.
pub async fn read(stream: &mut tokio::net::TcpStream) -> Option<String> {
    let mut text = Vec::new();
    let mut part = [0; 8_192];
    loop {
        let read = stream.read(&mut part).await.ok().filter(|read| *read > 0)?;
        text.extend_from_slice(&part[..read]);
        let so_far = String::from_utf8_lossy(&text);
        if let Some((head, body)) = so_far.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(so_far.into_owned());
            }
        }
    }
}
