//! A space with one of everything.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kontor_testkit::{Api, Part, serial};
use serde_json::{Value, json};

use super::probe::Caller;
use crate::accounts::person::{Person, address, until};
use crate::oauth::party::{App, verifier};
use crate::support::examples::Examples;

/// What is there, by the name that probes call it.
pub struct World {
    pub caller: Caller,
    /// The space's id.
    pub space: String,
    /// `deal` → its id, `deal.ext` → its external_id, `job` → an export's id, …
    pub names: BTreeMap<String, String>,
    pub examples: Examples,
}

/// The type that each thing's id has in a token exchange and the like.
const CODE: &str = "authorization_code";

impl World {
    /// Fills a space; `word` begins the names of its own objects, so that those of two spaces are nothing like.
    pub async fn fill(api: &Api, word: &str) -> Self {
        let examples = Examples::of(api).await;
        let mut names = BTreeMap::new();
        let objects: Vec<String> = examples.routed().map(str::to_owned).collect();
        for object in &objects {
            let body = examples.body(api, object).await;
            let path = examples.path(object);
            let made = api.post(&format!("{path}?allow_duplicates=true"), body).await.expect(201);
            names.insert(object.clone(), made.id());
            names.insert(format!("{object}.ext"), made.data()["external_id"].as_str().unwrap().to_owned());
            if let Some(name) = made.data()["name"].as_str() {
                names.insert(format!("{object}.name"), name.to_owned());
            }
        }
        let mut world =
            Self { caller: Caller { api: api.clone(), cookie: String::new() }, space: String::new(), names, examples };
        world.relations(&objects).await;
        world.own_objects(word).await;
        world.people().await;
        world.desk().await;
        world.surroundings().await;
        world.applications().await;
        world
    }

    fn name(&mut self, name: &str, value: impl Into<String>) {
        self.names.insert(name.to_owned(), value.into());
    }

    /// `names[name]`
    pub fn of(&self, name: &str) -> &str {
        &self.names[name]
    }

    /// Lets every record refer to the others, where it may.
    async fn relations(&self, objects: &[String]) {
        let mut led = 0;
        for object in objects {
            let at = format!("{}/{}", self.examples.path(object), self.of(object));
            for (field, target) in self.references(object).await {
                let id = self.of(target.as_deref().unwrap_or("contact"));
                led += usize::from(self.caller.api.patch(&at, json!({field: id})).await.status == 200);
            }
        }
        assert!(led > 60, "only {led} references");
    }

    /// A custom object with a record, and a custom field.
    async fn own_objects(&mut self, word: &str) {
        let api = self.caller.api.clone();
        let fields = json!([{"name": "plate", "type": "text", "max": 40, "required": true, "unique": true, "searched": true},
            {"name": "keeper", "type": "reference", "object": "contact", "indexed": true}]);
        let own = api.object(word, fields).await;
        let plate = format!("{word}{}", serial());
        let record = json!({"plate": plate, "keeper_id": self.of("contact"), "external_id": format!("x-{plate}")});
        self.name("own.id", api.create(&own.path, record).await);
        self.name("own.plate", plate.clone());
        self.name("own.ext", format!("x-{plate}"));
        self.name("own", own.name.clone());
        self.name("owns", own.path.trim_start_matches("/v1/"));
        let field = format!("{word}{}", serial());
        let body = json!({"name": field, "type": "text", "max": 40, "indexed": true});
        until(|| async {
            (api.post("/v1/metadata/objects/contact/fields", body.clone()).await.status == 201).then_some(())
        })
        .await;
        self.name("field", field);
    }

    /// A person with a session, an invitation, a role, a team with a share.
    async fn people(&mut self) {
        let api = self.caller.api.clone();
        let person = Person::new(&api, "admin").await;
        let me = person.get("/v1/me").await.expect(200);
        self.space = me.data()["space"]["id"].as_str().unwrap().to_owned();
        self.name("space", self.space.clone());
        self.name("session", me.data()["credential"]["id"].as_str().unwrap());
        self.name("person", person.user.clone());
        self.name("address", person.email.clone());
        self.caller.cookie = person.cookie.clone();
        let role = format!("role{}", serial());
        let id = api.create("/v1/roles", json!({"name": role})).await;
        let grant = json!({"role_id": id, "target_object": "*", "action": "read", "reach": "all"});
        let _ = api.post("/v1/permissions", grant).await.expect(201);
        self.name("role_name", role);
        let deal = self.of("deal").to_owned();
        let share = json!({"user_id": person.user});
        self.name("share", api.post(&format!("/v1/deals/{deal}/shares"), share).await.expect(201).id());
        let page = api.get("/v1/roles?limit=1").await.expect(200);
        self.name("cursor", page.page()["next_cursor"].as_str().unwrap());
        let asked = json!({"limit": 1, "sort": ["name"]});
        let page = api.post("/v1/roles/search", asked).await.expect(200);
        self.name("cursor.search", page.page()["next_cursor"].as_str().unwrap());
    }

    /// A job with its file, a request of a person, a key, an entry of the audit, a line of the request log, an
    /// Idempotency-Key.
    async fn desk(&mut self) {
        let api = self.caller.api.clone();
        let export = json!({"object": "company", "format": "ndjson"});
        let job = api.post("/v1/exports", export).await.expect(202).id();
        until(|| async { (api.get(&format!("/v1/jobs/{job}")).await.data()["state"] == "succeeded").then_some(()) })
            .await;
        self.name("job", job);
        let rows = [
            Part::json("options", &json!({"object": "company", "format": "csv"})),
            Part::file("file", "companies.csv", format!("name\n{}\n", serial())),
        ];
        let import = api.request("POST", "/v1/imports").form(&rows).send().await.expect(202).id();
        until(|| async { (api.get(&format!("/v1/jobs/{import}")).await.data()["state"] == "succeeded").then_some(()) })
            .await;
        self.name("import", import);
        let subject = json!({"kind": "access", "subject": {"object": "lead", "id": self.of("lead")}});
        let asked = api.post("/v1/privacy/requests", subject).await.expect(202).id();
        until(|| async {
            let request = api.get(&format!("/v1/privacy/requests/{asked}")).await;
            (request.data()["state"] == "completed").then_some(())
        })
        .await;
        self.name("privacy", asked);
        let _ = api.put("/v1/privacy/retention/lead", json!({"days": 3_650, "action": "delete"})).await;
        let key = api.post("/v1/api_keys", json!({"name": "walked"})).await.expect(201);
        self.name("key", key.id());
        self.name("key.secret", key.data()["key"].as_str().unwrap());
        let entries = api.get("/v1/audit?object=deal&limit=1").await.expect(200);
        self.name("audit", entries.rows()[0]["id"].as_str().unwrap());
        let known = format!("known-{}", serial());
        let request = api.request("POST", "/v1/companies?allow_duplicates=true").header("idempotency-key", &known);
        let kept = request.json(&json!({"name": "Kept"})).send().await.expect(201);
        self.name("idempotency", known);
        self.name("idempotency.id", kept.id());
        self.name("request", kept.header("x-request-id"));
    }

    /// A mail that is held, an identity provider, a sandbox where there may be one.
    async fn surroundings(&mut self) {
        let api = self.caller.api.clone();
        let user = api.create("/v1/users", json!({"name": "Held", "email": address()})).await;
        let _ = api.post(&format!("/v1/users/{user}/invite"), json!({"role": "member"})).await.expect(201);
        let held = api.get("/v1/outbox").await.expect(200);
        self.name("mail", held.rows()[0]["id"].as_str().unwrap());
        let message =
            format!("From: {}\r\nSubject: Walked\r\nMessage-ID: <{}@x>\r\n\r\nHello\r\n", address(), serial());
        let entry = api.request("POST", "/v1/inbound_emails").body("message/rfc822", message).send().await.expect(201);
        self.name("inbound", entry.id());
        // An address that the guard lets nobody call.
        let hook = json!({"url": "https://127.0.0.1/walked", "event_types": ["kontor.none"]});
        let hook = api.create("/v1/webhook_endpoints", hook).await;
        self.name("message", api.post(&format!("/v1/webhook_endpoints/{hook}/test"), json!({})).await.expect(202).id());
        self.name("hook", hook);
        let credential = json!({"name": format!("c{}", serial()), "provider": "azure", "url": "https://a.example/api"});
        self.name("credential", api.create("/v1/function_credentials", credential).await);
        let provider = json!({"name": "Acme", "kind": "oidc", "issuer": format!("https://id{}.example", serial()),
            "client_id": "kontor", "client_secret": format!("secret-{}", serial())});
        self.name("provider", api.post("/v1/identity_providers", provider).await.expect(201).id());
        let made = api.post("/v1/sandboxes", json!({"name": format!("s{}", serial()), "from": "empty"})).await;
        if made.status == 202 {
            let id = made.id();
            let path = format!("/v1/sandboxes/{id}");
            until(|| async { (api.get(&path).await.data()["state"] == "ready").then_some(()) }).await;
            self.name("sandbox", id);
        }
    }

    /// An OAuth client with what it holds.
    async fn applications(&mut self) {
        let api = self.caller.api.clone();
        let app = App::confidential(&api).await;
        let secret = app.secret.clone().unwrap();
        self.name("client", app.id.clone());
        self.name("client_id", app.client_id.clone());
        self.name("basic", STANDARD.encode(format!("{}:{secret}", app.client_id)));
        let (right, asked) = (verifier(), [("scope", "openid crm:read offline_access admin")]);
        let tokens = app.tokens(&api, &asked).await;
        for (name, member) in [("access", "access_token"), ("refresh", "refresh_token")] {
            self.name(name, tokens[member].as_str().unwrap());
        }
        self.name(CODE, app.code(&api, &right, &asked).await);
        self.name("verifier", right);
        let device = app.send(&api, "/oauth/device_authorization", &[("scope", "crm:read")]).await.expect(200).json;
        self.name("device_code", device["device_code"].as_str().unwrap());
        self.name("user_code", device["user_code"].as_str().unwrap());
    }

    /// The fields of an object that refer to records: path and target; any record where there is none.
    pub async fn references(&self, object: &str) -> Vec<(String, Option<String>)> {
        let fields = self.caller.api.get(&format!("/v1/metadata/objects/{object}/fields")).await.expect(200);
        let refers = |field: &&Value| {
            matches!(field["type"].as_str(), Some("reference" | "any_reference"))
                && field["read_only"] != true
                && field["retired"] != true
        };
        let of =
            |field: &Value| (field["path"].as_str().unwrap().to_owned(), field["object"].as_str().map(str::to_owned));
        fields.rows().iter().filter(refers).map(of).collect()
    }
}
