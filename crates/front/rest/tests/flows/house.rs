//! A whole API over a database of its own.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request};
use futures::FutureExt;
use futures::future::BoxFuture;
use http_body_util::BodyExt;
use kontor_catalog::{Catalogs, Metadata, schema};
use kontor_config::Config;
use kontor_http::cors::NoOrigins;
use kontor_http::ratelimit::RateLimits;
use kontor_http::{Authenticate, Check, Door, DoorParts, Presented, Ready};
use kontor_model::{
    Error, ErrorCode, Field, FieldType, Id, IdGenerator, Object, Result, Settings, SpaceId, SystemClock,
};
use kontor_records::{Caller, Policy, Records, Scopes};
use kontor_rest::{Api, routes};
use kontor_store::Store;
use kontor_store_sqlite::{SqliteOptions, SqliteStore};
use kontor_telemetry::access::AccessLog;
use serde_json::Value;

struct Keys;

impl Authenticate for Keys {
    fn authenticate<'a>(&'a self, presented: Presented<'a>) -> BoxFuture<'a, Result<Arc<Caller>>> {
        let (key, space, role, scopes) = match presented.token {
            "admin" => (1, 1, Policy::admin(), "admin"),
            "reader" => (2, 1, Policy::member(), "crm:read"),
            "stranger" => (3, 2, Policy::admin(), "admin"),
            _ => return async { Err(Error::new(ErrorCode::BadCredential, "the key is not known")) }.boxed(),
        };
        let caller = Caller {
            space: SpaceId(space),
            key_id: Id(key),
            via: Default::default(),
            user_id: None,
            policy: Arc::new(role),
            standing: Arc::default(),
            scopes: Scopes::new([scopes]),
            settings: Arc::new(Settings::default()),
            limits: kontor_model::Limits::default(),
        };
        async { Ok(Arc::new(caller)) }.boxed()
    }

    fn remembered(&self, _: Presented<'_>, _: Duration) -> Option<(Arc<Caller>, Duration)> {
        None
    }
}

pub struct House {
    pub door: Arc<Door>,
    pub ready: Arc<Ready>,
    _folder: tempfile::TempDir,
}

pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub json: Value,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    pub fn id(&self) -> &str {
        self.json["data"]["id"].as_str().unwrap_or_else(|| panic!("{}", self.text))
    }

    /// Checks that it is a whole problem.
    pub fn code(&self) -> u64 {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        assert_eq!(self.json["status"], self.status, "{}", self.text);
        for member in ["type", "title", "error_type", "detail", "retry"] {
            assert!(!self.json[member].is_null(), "{member}: {}", self.text);
        }
        assert_eq!(self.json["meta"]["request_id"], self.header("x-request-id"));
        self.json["error_code"].as_u64().unwrap()
    }
}

fn objects() -> Vec<Object> {
    let email = || Field::new("email", FieldType::email()).unique();
    vec![
        Object::new("identity", "user", "users").field(Field::new("name", FieldType::text(100))).unrouted(),
        Object::new("contacts", "company", "companies")
            .field(Field::new("name", FieldType::text(100)).required().searched())
            .field(Field::new("city", FieldType::text(100)).indexed()),
        Object::new("contacts", "contact", "contacts")
            .named_by("last_name")
            .field(Field::new("last_name", FieldType::text(100)).required().searched())
            .field(email())
            .field(Field::new("score", FieldType::integer()))
            .field(Field::reference("company", "company").indexed()),
    ]
}

impl House {
    pub async fn build() -> Self {
        Self::with(Config::default()).await
    }

    pub async fn with(config: Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> =
            Arc::new(SqliteStore::open(SqliteOptions::new(folder.path().join("kontor.db"))).unwrap());
        store.migrate(Arc::new(schema(&objects()))).await.unwrap();
        let clock = Arc::new(SystemClock);
        let ids = Arc::new(IdGenerator::new(clock.clone(), 0));
        let records = Arc::new(Records::new(store.clone(), clock.clone(), ids.clone(), &[7; 32]));
        let catalogs = Arc::new(Catalogs::new(store.clone(), objects()));
        let metadata = Arc::new(Metadata::new(catalogs.clone(), store.clone(), ids));
        let api = Arc::new(Api { records: records.clone(), catalogs, metadata });
        let ask: kontor_http::Ask = Box::new(move || {
            let store = store.clone();
            async move { store.ping().await.map_err(|e| e.to_string()) }.boxed()
        });
        let ready = Arc::new(Ready::new(vec![Check { name: "database", ask }]));
        let broken = axum::Router::new()
            .route("/broken/panic", axum::routing::get(async || -> String { panic!("secret") }))
            .route("/broken/text", axum::routing::get(async || (axum::http::StatusCode::BAD_REQUEST, "plain")))
            .route(
                "/broken/slow",
                axum::routing::get(async || tokio::time::sleep(std::time::Duration::from_secs(60)).await),
            );
        let row =
            |path| kontor_http::route::Route::new("GET", path, "x", routes::Access::Open, routes::Mark::Private, "x");
        let parts = DoorParts {
            router: kontor_rest::router(&api).merge(broken),
            routes: routes::ROUTES
                .iter()
                .copied()
                .chain(["/broken/panic", "/broken/text", "/broken/slow"].map(row))
                .collect(),
            authenticate: Arc::new(Keys),
            replays: records,
            ready: ready.clone(),
            access: AccessLog::off(),
            limits: Arc::new(RateLimits::off(clock.clone())),
            origins: Arc::new(NoOrigins),
            clock,
        };
        Self { door: Arc::new(Door::new(&config, parts).unwrap()), ready, _folder: folder }
    }

    /// `request("GET /v1/contacts", &[("If-Match", "…")], "")`, signed as admin unless the headers say who.
    pub async fn send(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let (method, uri) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(uri);
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.header("authorization", "Bearer admin");
        }
        if !body.is_empty() && !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        let response = self.door.handle(request.body(Body::from(body.to_owned())).unwrap(), None).await;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&text).unwrap_or_default();
        Reply { status: parts.status.as_u16(), headers: parts.headers, text, json }
    }

    pub async fn get(&self, uri: &str) -> Reply {
        self.send(&format!("GET {uri}"), &[], "").await
    }

    pub async fn post(&self, uri: &str, body: &str) -> Reply {
        self.send(&format!("POST {uri}"), &[], body).await
    }
}
