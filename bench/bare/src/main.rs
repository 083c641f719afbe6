//! The engine and the routes of the product with no door in front: no credential, no limits, no request log, nothing of
//! what every request of the product passes. The caller is an administrator, known from the start.
//!
//! `kontor-bench-bare --sqlite FILE --space ID --listen ADDRESS` serves a database that the product has made.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::serve::ListenerExt;
use clap::Parser;
use kontor_catalog::{Catalogs, Metadata};
use kontor_http::Admitted;
use kontor_model::{Clock, Id, IdGenerator, Object, Settings, SpaceId, SystemClock};
use kontor_records::{Caller, Policy, Records, Scopes};
use kontor_rest::Api;
use kontor_store::{Store, Watched};
use kontor_store_postgres::{PostgresOptions, PostgresStore};
use kontor_store_sqlite::{SqliteOptions, SqliteStore};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(about, version)]
struct Options {
    /// The product's SQLite file.
    #[arg(long, conflicts_with = "postgres")]
    sqlite: Option<PathBuf>,
    /// The product's PostgreSQL database.
    #[arg(long)]
    postgres: Option<String>,
    /// The space that everyone is taken to be in.
    #[arg(long)]
    space: i64,
    #[arg(long, default_value = "127.0.0.1:8091")]
    listen: String,
}

/// What the services declare, in the product's order.
fn objects() -> Vec<Object> {
    let services = [
        kontor_identity::objects,
        kontor_contacts::objects,
        kontor_activities::objects,
        kontor_leads::objects,
        kontor_sales::objects,
        kontor_invoicing::objects,
        kontor_support::objects,
        kontor_marketing::objects,
        kontor_reporting::objects,
        kontor_automation::objects,
        kontor_notifications::objects,
        kontor_integrations::objects,
        kontor_webhooks::objects,
    ];
    services.into_iter().flat_map(|objects| objects()).collect()
}

async fn store(options: &Options) -> Result<Arc<dyn Store>> {
    let inner: Arc<dyn Store> = match (&options.sqlite, &options.postgres) {
        (Some(file), _) => {
            let mut options = SqliteOptions::new(file);
            options.readers = 4;
            Arc::new(SqliteStore::open(options)?)
        }
        (None, Some(url)) => Arc::new(PostgresStore::connect(PostgresOptions::new(url)).await?),
        (None, None) => bail!("say --sqlite FILE or --postgres URL"),
    };
    Ok(Arc::new(Watched::new(inner)))
}

fn admitted(space: SpaceId) -> Admitted {
    let caller = Caller {
        space,
        key_id: Id(1),
        via: Default::default(),
        user_id: None,
        policy: Arc::new(Policy::admin()),
        standing: Arc::default(),
        scopes: Scopes::new(["admin"]),
        settings: Arc::new(Settings::default()),
        limits: Default::default(),
    };
    Admitted {
        request_id: "bare".into(),
        caller: Some(Arc::new(caller)),
        trace: Arc::default(),
        idempotency: None,
        peer: None,
        client: None,
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let store = store(&options).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids = Arc::new(IdGenerator::new(clock.clone(), kontor_model::id::NODES - 2));
    let catalogs = Arc::new(Catalogs::new(store.clone(), objects()));
    let records = Arc::new(Records::new(store.clone(), clock, ids.clone(), &[7; 32]));
    let metadata = Arc::new(Metadata::new(catalogs.clone(), store, ids));
    let api = Arc::new(Api { records, catalogs, metadata });
    let admitted = admitted(SpaceId(options.space));
    let let_in = move |mut request: Request<Body>| {
        request.extensions_mut().insert(Admitted { trace: Arc::default(), ..admitted.clone() });
        request
    };
    let router: Router = kontor_rest::router(&api).layer(axum::middleware::map_request(move |request| {
        let request = let_in(request);
        async move { request }
    }));
    let listener = tokio::net::TcpListener::bind(&options.listen).await.with_context(|| options.listen.clone())?;
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await?;
    Ok(())
}
