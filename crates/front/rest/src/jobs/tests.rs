use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use kontor_catalog::{Catalogs, schema};
use kontor_http::Admitted;
use kontor_jobs::{Jobs, Options, Runner, Running};
use kontor_model::{Clock, Field, FieldType, Id, IdGenerator, Kind, Object, Settings, SpaceId, SystemClock};
use kontor_records::{Caller, Policy, Records, Scopes};
use kontor_store::system::{self, INSTALLATION};
use kontor_store::{Batch, Store};
use kontor_store_sqlite::{SqliteOptions, SqliteStore};
use serde_json::Value;
use tower::ServiceExt;

use super::*;

struct House {
    router: Router,
    running: Running,
    _folder: tempfile::TempDir,
}

struct Reply {
    status: u16,
    location: String,
    media: String,
    text: String,
    json: Value,
}

impl House {
    async fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> =
            Arc::new(SqliteStore::open(SqliteOptions::new(folder.path().join("t.db"))).unwrap());
        let objects = [("user", "users"), ("company", "companies")]
            .map(|(name, plural)| {
                Object::new("t", name, plural).field(Field::new("name", FieldType::text(20)).required())
            })
            .to_vec();
        store.migrate(Arc::new(schema(&objects))).await.unwrap();
        let mut batch = Batch::new(INSTALLATION);
        let row = [("id", 1), ("workspace_id", 1), ("created_at", 0)].map(|(name, n)| (name, Kind::Int, n.into()));
        let mut row = row.to_vec();
        row.extend([("kind", Kind::Text, "live".into()), ("name", Kind::Text, "live".into())]);
        batch.insert(system::SPACE, row);
        store.commit(batch).await.unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids = Arc::new(IdGenerator::new(clock.clone(), 1));
        let catalogs = Arc::new(Catalogs::new(store.clone(), objects));
        let records = Arc::new(Records::new(store.clone(), clock.clone(), ids.clone(), &[7; 32]));
        let jobs = Arc::new(Jobs::new(store, clock, ids, &Arc::default()));
        let transfer = Transfer::new(records, catalogs.clone(), jobs.clone());
        let options = Options { process: "t".into(), slots: 1, per_workspace: None, alone: true };
        let running = Runner::new(jobs, transfer.handlers(), options).start();
        let kinds = kontor_transfer::KINDS.to_vec();
        let router = router(&Arc::new(Bulk { transfer, catalogs, kinds }));
        Self { router, running, _folder: folder }
    }

    async fn send(&self, method: &str, path: &str, media: &str, body: String, key: i64) -> Reply {
        let scope = if key == 1 { "crm:write" } else { "contacts:read" };
        let caller = Caller {
            space: SpaceId(1),
            key_id: Id(key),
            via: Default::default(),
            user_id: None,
            policy: Arc::new(Policy::member()),
            standing: Arc::default(),
            scopes: Scopes::new([scope]),
            settings: Arc::new(Settings::default()),
            limits: kontor_model::Limits::default(),
        };
        let admitted = Admitted {
            request_id: "r".into(),
            caller: Some(Arc::new(caller)),
            trace: Arc::default(),
            idempotency: None,
            peer: None,
            client: None,
        };
        let request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, media).extension(admitted);
        let response = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let header =
            |name: &str| response.headers().get(name).map_or(String::new(), |v| v.to_str().unwrap().to_owned());
        let (status, location, media) = (response.status().as_u16(), header("location"), header("content-type"));
        let text = String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Reply { status, location, media, json: serde_json::from_str(&text).unwrap_or_default(), text }
    }

    async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, "", String::new(), 1).await
    }

    async fn import(&self, parts: &[(&str, &str)]) -> Reply {
        let mut body = String::new();
        for (name, content) in parts {
            let file = if *name == "file" { "; filename=\"c.csv\"" } else { "" };
            body.push_str(&format!(
                "--b\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n"
            ));
        }
        body.push_str("--b--\r\n");
        self.send("POST", "/v1/imports", "multipart/form-data; boundary=b", body, 1).await
    }

    async fn over(&self, location: &str) -> Value {
        for _ in 0..400 {
            let reply = self.get(location).await;
            if matches!(reply.json["data"]["state"].as_str(), Some("succeeded" | "failed" | "cancelled")) {
                return reply.json["data"].clone();
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("the job does not end");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_in_and_comes_out() {
    let house = House::build().await;
    let started = house.import(&[("options", r#"{"object": "company"}"#), ("file", "name\nAcme\n\"\"\nBeta\n")]).await;
    assert_eq!((started.status, started.json["status"].as_u64()), (202, Some(202)), "{}", started.text);
    let job = house.over(&started.location).await;
    assert_eq!((job["report"]["created"].as_u64(), job["progress"]["failed"].as_u64()), (Some(2), Some(1)), "{job}");
    let refused = house.get(&format!("{}?status=refused", job["result_url"].as_str().unwrap())).await;
    assert_eq!((refused.media.as_str(), refused.text.lines().count()), ("application/x-ndjson", 1));
    let id = job["id"].as_str().unwrap();
    assert_eq!(house.get(&format!("/v1/jobs/{id}/result")).await.text.lines().count(), 3);
    let export = house
        .send("POST", "/v1/exports", "application/json", r#"{"object": "company", "fields": ["name"]}"#.into(), 1)
        .await;
    assert_eq!(export.status, 202, "{}", export.text);
    let job = house.over(&export.location).await;
    let file = house.get(&format!("/v1/jobs/{}/result", job["id"].as_str().unwrap())).await;
    assert_eq!((file.media.as_str(), file.text.as_str()), ("text/csv; charset=utf-8", "name\r\nAcme\r\nBeta\r\n"));
    let jobs = house.get("/v1/jobs?limit=1").await;
    assert_eq!(
        (jobs.json["data"].as_array().map(Vec::len), jobs.json["meta"]["page"]["has_more"].as_bool()),
        (Some(1), Some(true))
    );
    let cursor = jobs.json["meta"]["page"]["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(house.get(&format!("/v1/jobs?cursor={cursor}")).await.json["data"][0]["id"], id);
    assert_eq!(house.send("POST", &format!("/v1/jobs/{id}/cancel"), "", String::new(), 1).await.status, 422);
    // Another's job about an object that the caller may not read does not exist.
    assert_eq!(house.send("GET", &format!("/v1/jobs/{id}"), "", String::new(), 2).await.status, 404);
    assert_eq!(
        house.send("GET", "/v1/jobs", "", String::new(), 2).await.json["data"].as_array().map(Vec::len),
        Some(0)
    );
    house.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_import_is_refused_at_once() {
    let house = House::build().await;
    let options = ("options", r#"{"object": "company"}"#);
    for (parts, status) in [
        (vec![options], 400),
        (vec![("file", "name\nA\n"), options], 400),
        (vec![options, ("other", "x")], 400),
        (vec![("options", "{"), ("file", "x")], 400),
        (vec![("options", r#"{"object": "nothing"}"#), ("file", "x")], 400),
        (vec![options, ("file", "city\nRome\n")], 400),
        (vec![], 400),
    ] {
        assert_eq!(house.import(&parts).await.status, status, "{parts:?}");
    }
    assert_eq!(house.send("POST", "/v1/imports", "text/csv", "name\nA\n".into(), 1).await.status, 415);
    assert_eq!(house.send("POST", "/v1/imports", "multipart/form-data", String::new(), 1).await.status, 400);
    let cut = "--b\r\nContent-Disposition: form-data; name=\"options\"\r\n\r\n{\"object\":".to_owned();
    assert_eq!(house.send("POST", "/v1/imports", "multipart/form-data; boundary=b", cut, 1).await.status, 400);
    assert_eq!(house.get("/v1/jobs?limit=501").await.status, 400);
    assert_eq!(house.get("/v1/jobs?state=done").await.status, 400);
    assert_eq!(house.get("/v1/jobs/x").await.status, 404);
    assert_eq!(house.get("/v1/jobs").await.json["data"].as_array().map(Vec::len), Some(0));
    house.running.stop().await;
}
