//! A cloud on this machine: functions of three providers, each of which lets in who proves who it is.

use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use data_encoding::HEXLOWER;
use kontor_testkit::serial;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::oauth::browser::parameters;
use crate::oauth::party::base64url;
use crate::oauth::signed::now;
use crate::providers::fake::read;

pub const ACCESS_KEY: &str = "AKIDEXAMPLE";
pub const AWS_SECRET: &str = "canary-aws/K7MDENG+bPxRfiCYEXAMPLEKEY";
pub const AZURE_KEY: &str = "canary-azure-k3y==";
pub const ACCOUNT: &str = "crm@quilt.iam.gserviceaccount.example";
pub const FUNCTION: &str = "arn:aws:lambda:eu-central-1:123456789012:function:score";

pub struct Cloud {
    pub url: String,
    key: RsaKeyPair,
    /// Requests: method and path with query, and the body.
    heard: Mutex<Vec<(String, String)>>,
    /// ID tokens that are good.
    tokens: Mutex<Vec<String>>,
}

impl Cloud {
    pub async fn new() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let cloud = Arc::new(Self { url, key, heard: Mutex::default(), tokens: Mutex::default() });
        let own = cloud.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let own = own.clone();
                tokio::spawn(async move {
                    let Some(request) = read(&mut stream).await else { return };
                    let (status, more, body) = own.answer(&request);
                    let body = body.to_string();
                    let answer = format!(
                        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n{more}content-length: {}\r\nconnection: close\r\n\r\n{body}",
                        body.len()
                    );
                    stream.write_all(answer.as_bytes()).await.ok();
                });
            }
        });
        cloud
    }

    /// The JSON key of the service account.
    pub fn service_account(&self) -> Value {
        let der: Pkcs8V1Der<'_> = self.key.as_der().unwrap();
        let pem =
            format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()));
        json!({"type": "service_account", "client_email": ACCOUNT, "private_key_id": "k1", "private_key": pem,
            "token_uri": format!("{}/token", self.url)})
    }

    /// No token is good any more.
    pub fn revoke(&self) {
        self.tokens.lock().unwrap().clear();
    }

    /// How often something was asked for under a path.
    pub fn asked(&self, path: &str) -> usize {
        self.heard.lock().unwrap().iter().filter(|(line, _)| line.contains(path)).count()
    }

    fn answer(&self, request: &str) -> (u16, &'static str, Value) {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let mut line = head.lines().next().unwrap().split(' ');
        let (method, target) = (line.next().unwrap(), line.next().unwrap());
        self.heard.lock().unwrap().push((format!("{method} {target}"), body.to_owned()));
        let header = |name: &str| {
            let of = |line: &str| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned);
            head.lines().find_map(of).unwrap_or_default()
        };
        let sent: Value = serde_json::from_str(body).unwrap_or_default();
        let scored = || json!({"score": sent["n"].as_i64().unwrap_or_default() + 1, "key": header("idempotency-key")});
        match target {
            "/token" => self.token(body),
            "/api/score" if header("x-functions-key") == AZURE_KEY => (200, "", scored()),
            "/api/large" => (200, "", json!({"score": 9, "rest": "x".repeat(100_000)})),
            "/run/score" => {
                let token = header("authorization");
                let known = self.tokens.lock().unwrap().iter().any(|known| token == format!("Bearer {known}"));
                if known { (200, "", scored()) } else { (401, "", json!({})) }
            }
            path if path.starts_with("/2015-03-31/functions/") && signed(method, target, &header, body) => {
                let scores = target
                    == format!("/2015-03-31/functions/{}/invocations?Qualifier=live", FUNCTION.replace(':', "%3A"));
                match scores {
                    true => (200, "", scored()),
                    false => (200, "x-amz-function-error: Unhandled\r\n", json!({"errorMessage": "boom"})),
                }
            }
            _ => (403, "", json!({"message": "who are you?"})),
        }
    }

    fn token(&self, body: &str) -> (u16, &'static str, Value) {
        let form = parameters(&format!("?{body}"));
        let assertion = &form["assertion"];
        let (text, signature) = assertion.rsplit_once('.').unwrap();
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.key.public_key().as_ref());
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let genuine = public.verify(text.as_bytes(), &signature).is_ok();
        let part = |n: usize| -> Value {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text.split('.').nth(n).unwrap()).unwrap()).unwrap()
        };
        let (head, claims) = (part(0), part(1));
        let timely = claims["iat"].as_i64().unwrap() <= now() + 1
            && claims["exp"].as_i64().unwrap() > now()
            && claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap() <= 3_600;
        let named = (head["alg"].as_str(), head["kid"].as_str()) == (Some("RS256"), Some("k1"))
            && form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
            && claims["iss"] == ACCOUNT
            && claims["aud"] == format!("{}/token", self.url)
            && claims["target_audience"] == format!("{}/run", self.url);
        if !(genuine && timely && named) {
            return (400, "", json!({"error": "invalid_grant"}));
        }
        let claims = json!({"aud": claims["target_audience"], "exp": now() + 3_600, "jti": serial()});
        let token = format!("e30.{}.x", base64url(claims.to_string().as_bytes()));
        self.tokens.lock().unwrap().push(token.clone());
        (200, "", json!({"id_token": token}))
    }
}

/// Whether a request is signed as AWS asks for (Signature Version 4), worked out from what came in.
fn signed(method: &str, target: &str, header: &dyn Fn(&str) -> String, body: &str) -> bool {
    let mac =
        |key: &[u8], text: &str| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec();
    let hash = |text: &str| HEXLOWER.encode(digest(&SHA256, text.as_bytes()).as_ref());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let date = header("x-amz-date");
    let lines = format!("content-type:{}\nhost:{}\nx-amz-date:{date}\n", header("content-type"), header("host"));
    let names = "content-type;host;x-amz-date";
    let canonical = format!("{method}\n{}\n{query}\n{lines}\n{names}\n{}", path.replace('%', "%25"), hash(body));
    let scope = format!("{}/eu-central-1/lambda/aws4_request", &date[..8.min(date.len())]);
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hash(&canonical));
    let key = scope.split('/').fold(format!("AWS4{AWS_SECRET}").into_bytes(), |key, part| mac(&key, part));
    let signature = HEXLOWER.encode(&mac(&key, &text));
    header("authorization")
        == format!("AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{scope}, SignedHeaders={names}, Signature={signature}")
}
