//! Signing in through a company's own provider.

mod admin;
pub mod fake;
mod keys;
mod only;
mod outages;
mod refusals;
mod roles;
mod secrets;
mod sign_in;

use kontor_testkit::{Api, Backend, Reply, Server, query, serial};
use serde_json::{Value, json};
use std::collections::BTreeMap;

use crate::oauth::browser::{Browser, parameters};
use fake::Fake;

/// A server that may reach providers on this machine.
pub async fn server(backend: Backend) -> Server {
    Server::builder().backend(backend).env("KONTOR_EGRESS_ALLOW", "127.0.0.1/32").start().await
}

/// A provider as an administrator declares it; `more` replaces or adds.
pub async fn declare(api: &Api, fake: &Fake, more: Value) -> Reply {
    let mut body = json!({"name": format!("Acme {}", serial()), "issuer": fake.issuer(), "client_id": fake::CLIENT, "client_secret": fake::SECRET,
        "domains": ["acme.example"], "just_in_time": true});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    api.post("/v1/identity_providers", body).await
}

/// A declared provider with the browser of somebody who goes there.
pub struct Door {
    pub api: Api,
    pub fake: Fake,
    pub id: String,
}

impl Door {
    pub async fn new(api: &Api, more: Value) -> Self {
        Self::to(api, Fake::new().await, more).await
    }

    pub async fn to(api: &Api, fake: Fake, more: Value) -> Self {
        let id = declare(api, &fake, more).await.expect(201).id();
        Self { api: api.clone(), fake, id }
    }

    pub fn path(&self) -> String {
        format!("/v1/identity_providers/{}", self.id)
    }

    /// Sends a browser to the provider; what it is told.
    pub async fn leave(&self, browser: &mut Browser, carried: &[(&str, &str)]) -> BTreeMap<String, String> {
        let path = format!("/oauth/providers/{}/start", self.id);
        let reply = browser.get(&query(&path, carried)).await.expect(303);
        let location = reply.header("location").to_owned();
        assert!(location.starts_with(&format!("{}/authorize?", self.fake.issuer())), "{location}");
        parameters(&location)
    }

    /// Comes back with these parameters.
    pub async fn come_back(&self, browser: &mut Browser, answer: &[(&str, &str)]) -> Reply {
        browser.get(&query(&format!("/oauth/providers/{}/callback", self.id), answer)).await
    }

    /// There and back as somebody with these claims.
    pub async fn pass(&self, browser: &mut Browser, claims: Value) -> Reply {
        let asked = self.leave(browser, &[]).await;
        let code = self.fake.approve(&asked, claims);
        self.come_back(browser, &[("code", &code), ("state", &asked["state"]), ("iss", &self.fake.issuer())]).await
    }

    /// As [`Door::pass`], in a new browser that comes in.
    pub async fn enter(&self, claims: Value) -> Browser {
        let mut browser = Browser::new(&self.api);
        let reply = self.pass(&mut browser, claims).await.expect(303);
        assert_eq!(reply.header("location"), "/app", "{reply}");
        browser
    }

    /// As [`Door::pass`], of somebody who does not come in; what the page says.
    pub async fn refuse(&self, claims: Value) -> String {
        let mut browser = Browser::new(&self.api);
        let reply = self.pass(&mut browser, claims).await;
        refused(&browser, &reply)
    }
}

/// What the page says to somebody who did not come in.
#[track_caller]
pub fn refused(browser: &Browser, reply: &Reply) -> String {
    assert!(matches!(reply.status, 400 | 403), "{reply}");
    assert!(browser.cookie("kontor_session").is_none() && reply.header("location").is_empty(), "{reply}");
    assert!(reply.header("content-type").starts_with("text/html"), "{reply}");
    let text = reply.text();
    text.split("role=\"alert\">").nth(1).unwrap_or_default().split("</p>").next().unwrap_or_default().to_owned()
}

/// Claims of somebody at acme.example.
pub fn ada(subject: &str) -> Value {
    json!({"sub": subject, "email": format!("{subject}@acme.example"), "email_verified": true, "name": "Ada Lovelace"})
}

/// Claims with others added or replaced.
pub fn with(mut claims: Value, more: Value) -> Value {
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

/// Who the session of a browser stands for.
pub async fn me(api: &Api, browser: &Browser) -> Reply {
    let cookie = format!("kontor_session={}", browser.cookie("kontor_session").unwrap());
    api.anonymous().request("GET", "/v1/me").header("cookie", &cookie).send().await
}

/// The user with this address.
pub async fn user(api: &Api, email: &str) -> Option<Value> {
    api.get(&query("/v1/users", &[("filter[email]", email)])).await.expect(200).rows().first().cloned()
}
