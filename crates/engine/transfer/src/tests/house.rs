//! A small workspace for tests.

use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use kontor_catalog::Catalogs;
use kontor_jobs::{Job, Jobs, Options, Runner, Running};
use kontor_model::{
    Change, Changes, Clock, Field, FieldType, Id, IdGenerator, Json, Kind, Object, Query, Settings, SpaceId,
    SystemClock,
};
use kontor_records::{Answer, Caller, Ctx, Policy, Records, Scopes};
use kontor_store::system::{self, INSTALLATION};
use kontor_store::{Batch, Store};
use kontor_store_sqlite::{SqliteOptions, SqliteStore};
use serde_json::{Value as J, json};

use crate::{ExportOptions, ImportOptions, Transfer};

pub const SPACE: SpaceId = SpaceId(7);

pub struct House {
    pub transfer: Transfer,
    pub records: Arc<Records>,
    pub catalogs: Arc<Catalogs>,
    _directory: tempfile::TempDir,
}

fn objects() -> Vec<Object> {
    vec![
        Object::new("t", "user", "users").field(Field::new("name", FieldType::text(120)).required().searched()),
        Object::new("t", "company", "companies")
            .field(Field::new("name", FieldType::text(200)).required().indexed().searched())
            .field(Field::new("industry", FieldType::text(80)))
            .field(Field::new("size", FieldType::integer()))
            .field(Field::new("annual_revenue", FieldType::money()))
            .field(Field::new("country", FieldType::country()))
            .field(Field::new("phone", FieldType::phone()))
            .field(Field::reference("parent", "company").indexed()),
        Object::new("t", "product", "products").field(Field::new("name", FieldType::text(80)).required().unique()),
        Object::new("t", "stage", "stages")
            .field(Field::new("name", FieldType::text(80)).required())
            .field(Field::new("kind", FieldType::enumeration(["open", "won", "lost"]))),
        Object::new("t", "deal", "deals")
            .owned()
            .field(Field::new("name", FieldType::text(200)).required().searched())
            .field(Field::reference("company", "company").indexed())
            .field(Field::reference("product", "product"))
            .field(Field::reference("stage", "stage").indexed())
            .field(Field::new("amount", FieldType::money()).indexed())
            .field(Field::new("close_date", FieldType::date()))
            .field(Field::new("tags", FieldType::tags())),
        Object::new("t", "vault", "vaults").field(Field::new("name", FieldType::text(20))).unrouted(),
    ]
}

impl House {
    pub async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let options = SqliteOptions::new(directory.path().join("test.db"));
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(options).unwrap());
        store.migrate(Arc::new(kontor_catalog::schema(&objects()))).await.unwrap();
        let ids = Arc::new(IdGenerator::new(clock.clone(), 1));
        let catalogs = Arc::new(Catalogs::new(store.clone(), objects()));
        let records = Arc::new(Records::new(store.clone(), clock.clone(), ids.clone(), &[7; 32]));
        let jobs = Arc::new(Jobs::new(store.clone(), clock, ids, &Arc::default()));
        let mut batch = Batch::new(INSTALLATION);
        batch.insert(
            system::SPACE,
            vec![
                ("id", Kind::Int, SPACE.0.into()),
                ("workspace_id", Kind::Int, 1.into()),
                ("kind", Kind::Text, "live".into()),
                ("name", Kind::Text, "live".into()),
                ("created_at", Kind::Int, 0.into()),
            ],
        );
        store.commit(batch).await.unwrap();
        let transfer = Transfer::new(records.clone(), catalogs.clone(), jobs);
        Self { transfer, records, catalogs, _directory: directory }
    }

    pub fn runner(&self, process: &str) -> Running {
        let options = Options { process: process.to_owned(), slots: 2, per_workspace: None, alone: true };
        Runner::new(self.transfer.jobs().clone(), self.transfer.handlers(), options).start()
    }

    pub async fn ctx_of(&self, role: Policy, scopes: &[&str]) -> Ctx {
        let caller = Caller {
            space: SPACE,
            key_id: Id(5),
            via: Default::default(),
            user_id: None,
            policy: Arc::new(role),
            standing: Arc::default(),
            scopes: Scopes::new(scopes.iter().copied()),
            settings: Arc::new(Settings::default()),
            limits: kontor_model::Limits::default(),
        };
        Ctx::new(Arc::new(caller), self.catalogs.get(SPACE).await.unwrap(), "test")
    }

    pub async fn ctx(&self) -> Ctx {
        self.ctx_of(Policy::admin(), &["admin"]).await
    }

    pub async fn create(&self, object: &str, data: J) {
        let change = Change::Create { object: object.to_owned(), data: Json::from(&data) };
        let render =
            |_: &[kontor_model::Result<kontor_records::Outcome>]| Answer { status: 200, headers: vec![], body: vec![] };
        self.records.change(&self.ctx().await, Changes::from(change), true, &render).await.unwrap();
    }

    pub async fn start(&self, options: J, name: &str, content: &[u8]) -> kontor_model::Result<Job> {
        let ctx = self.ctx().await;
        let options = ImportOptions::parse(&Json::from(&options), &ctx.catalog)?;
        let pieces = futures::stream::iter(content.chunks(70_000).map(|c| Ok(c.to_vec())).collect::<Vec<_>>());
        self.transfer.import(&ctx, &options, name, pieces).await
    }

    pub async fn done(&self, job: &Job) -> Job {
        let wait = self.transfer.wait(SPACE, job.id, |_| ());
        tokio::time::timeout(Duration::from_secs(120), wait).await.unwrap().unwrap()
    }

    /// Imports to the end; the report and the lines.
    pub async fn import(&self, options: J, name: &str, content: &[u8]) -> (J, Vec<J>) {
        let runner = self.runner("p");
        let job = self.start(options, name, content).await.unwrap();
        let job = self.done(&job).await;
        runner.stop().await;
        assert_eq!(job.state.name(), "succeeded", "{:?}", job.error);
        (job.output["report"].clone(), self.lines(&job).await)
    }

    pub async fn bytes(&self, job: &Job) -> Vec<u8> {
        let download = self.transfer.result(&self.ctx().await, job, None).await.unwrap();
        let parts: Vec<bytes::Bytes> = download.content.try_collect().await.unwrap();
        let all = parts.concat();
        assert!(download.bytes.is_none_or(|n| n == i64::try_from(all.len()).unwrap()));
        all
    }

    pub async fn lines(&self, job: &Job) -> Vec<J> {
        let text = String::from_utf8(self.bytes(job).await).unwrap();
        text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    pub async fn export(&self, options: J) -> Vec<u8> {
        let runner = self.runner("p");
        let ctx = self.ctx().await;
        let options = ExportOptions::parse(&Json::from(&options), &ctx.catalog).unwrap();
        let render = |_: &Job| Answer { status: 202, headers: vec![], body: vec![] };
        let (job, _) = self.transfer.start_export(&ctx, &options, &render).await.unwrap();
        let job = self.done(&job).await;
        runner.stop().await;
        assert_eq!(job.state.name(), "succeeded", "{:?}", job.error);
        self.bytes(&job).await
    }

    /// Every record of an object.
    pub async fn all(&self, object: &str) -> Vec<J> {
        let ctx = self.ctx().await;
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let query = Query { object: object.to_owned(), limit: Some(500), cursor, ..Query::default() };
            let page = self.records.list(&ctx, &query).await.unwrap();
            let text = format!("[{}]", String::from_utf8(page.data).unwrap());
            all.extend(serde_json::from_str::<Vec<J>>(&text).unwrap());
            cursor = page.next_cursor;
            if cursor.is_none() {
                return all;
            }
        }
    }

    pub async fn count(&self, object: &str) -> usize {
        self.all(object).await.len()
    }
}

/// The mapping of the sample's accounts.
pub fn companies() -> J {
    json!({"object": "company", "key": "external_id", "fields": {
        "external_id": "account",
        "name": "account",
        "industry": {"from": "sector", "map": {"technolgy": "technology"}, "map_else": "keep"},
        "size": "employees",
        "annual_revenue": {"from": "revenue", "multiply": "1000000"},
        "country": {"from": "office_location", "map": {"Philipines": "Philippines"}, "map_else": "keep", "country": true},
        "parent_id": {"from": "subsidiary_of", "lookup": {"object": "company", "by": "name"}}
    }})
}

/// The mapping of the sample's opportunities.
pub fn deals() -> J {
    json!({"object": "deal", "key": "external_id", "fields": {
        "external_id": "opportunity_id",
        "name": {"template": "{account} – {product}"},
        "company_id": {"from": "account", "lookup": {"object": "company", "by": "name"}},
        "product": {"from": "product", "map": {"GTXPro": "GTX Pro"}, "map_else": "keep", "lookup": {"object": "product", "by": "name"}},
        "owner_id": {"from": "sales_agent", "lookup": {"by": "name"}, "missing": "create"},
        "stage_id": {"from": "deal_stage", "lookup": {"object": "stage", "by": "name"}},
        "amount": "close_value",
        "close_date": {"from": "close_date", "date": "%m/%d/%Y"}
    }, "history": {"created_at": {"from": "engage_date", "date": "%m/%d/%Y"}}})
}

pub fn sample(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../../../samples/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}
