//! Someone who signs in.

use aws_lc_rs::hmac;
use data_encoding::BASE32_NOPAD;
use kontor_model::{Clock, SystemClock};
use kontor_testkit::{Api, Reply, Request, serial};
use serde_json::{Value, json};

/// Fits the rules.
pub const PASSWORD: &str = "Trompete-Regen-Ziegel-42";

/// A person with a login and a session.
pub struct Person {
    pub api: Api,
    pub user: String,
    pub email: String,
    /// `kontor_session=ks_…`
    pub cookie: String,
}

/// An address that nobody else has.
pub fn address() -> String {
    format!("p{}@example.com", serial())
}

/// The cookie that an answer sets.
#[track_caller]
pub fn cookie(reply: &Reply) -> String {
    let set = reply.header("set-cookie");
    assert!(set.starts_with("kontor_session=ks_"), "{reply}: {set}");
    set.split(';').next().unwrap().to_owned()
}

/// A new user without a login; its id.
pub async fn user(api: &Api, email: &str) -> String {
    api.create("/v1/users", json!({"name": "Ada Lovelace", "email": email})).await
}

/// The link of an invitation.
pub async fn invite(api: &Api, user: &str, role: &str) -> String {
    let reply = api.post(&format!("/v1/users/{user}/invite"), json!({"role": role})).await.expect(201);
    let token = reply.data()["token"].as_str().unwrap().to_owned();
    assert!(reply.data()["url"].as_str().unwrap().ends_with(&format!("/sign-in?token={token}")));
    token
}

pub async fn redeem(api: &Api, token: &str, password: &str) -> Reply {
    api.anonymous().post("/v1/auth/redeem", json!({"token": token, "password": password})).await
}

pub async fn sign_in(api: &Api, email: &str, password: &str) -> Reply {
    api.anonymous().post("/v1/auth/sign_in", json!({"email": email, "password": password})).await
}

impl Person {
    /// Makes a user with a login, signed in.
    pub async fn new(api: &Api, role: &str) -> Self {
        let email = address();
        let user = user(api, &email).await;
        let token = invite(api, &user, role).await;
        let reply = redeem(api, &token, PASSWORD).await.expect(200);
        Self { api: api.clone(), user, email, cookie: cookie(&reply) }
    }

    /// A request with the session, from a page of the server itself.
    pub fn request(&self, method: &str, path: &str) -> Request {
        self.with(&self.cookie, method, path)
    }

    /// As [`Person::request`], with another session.
    pub fn with(&self, cookie: &str, method: &str, path: &str) -> Request {
        let own = format!("http://{}", self.api.address());
        self.api.anonymous().request(method, path).header("cookie", cookie).header("origin", &own)
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.request("GET", path).send().await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.request("POST", path).json(&body).send().await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.request("DELETE", path).send().await
    }

    /// Signs in once more; the cookie.
    pub async fn again(&self) -> String {
        cookie(&sign_in(&self.api, &self.email, PASSWORD).await.expect(200))
    }

    /// Waits until a session is refused: another process, or another cache, learns of its end within five seconds.
    #[track_caller]
    pub fn dies(&self, cookie: &str) -> impl Future<Output = ()> {
        let api = self.api.anonymous();
        let cookie = cookie.to_owned();
        async move {
            until(|| async {
                let reply = api.request("GET", "/v1/me").header("cookie", &cookie).send().await;
                (reply.status != 200).then(|| assert_eq!(reply.error_code(), 401_001, "{reply}"))
            })
            .await;
        }
    }
}

/// Waits until something has come about; at most a minute.
pub async fn until<T, F: Future<Output = Option<T>>>(mut ask: impl FnMut() -> F) -> T {
    for _ in 0..1_200 {
        if let Some(found) = ask().await {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it does not come about");
}

/// The code that an app with this secret shows, some steps of 30 seconds from now.
pub fn code(secret: &str, ahead: u64) -> String {
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let seconds = SystemClock.now_ms() as u64 / 1_000;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret);
    let tag = hmac::sign(&key, &(seconds / 30 + ahead).to_be_bytes());
    let tag = tag.as_ref();
    let at = usize::from(tag[19] & 15);
    let word = u32::from_be_bytes(tag[at..at + 4].try_into().unwrap()) & 0x7FFF_FFFF;
    format!("{:06}", word % 1_000_000)
}
