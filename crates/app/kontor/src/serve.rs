//! The life of a server: start, background tasks, graceful end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures::future::BoxFuture;
use kontor_config::Config;
use kontor_http::{Authenticate, Check, Door, DoorParts, Presented, Ready, Server, ServerLimits};
use kontor_identity::keys::Keys;
use kontor_jobs::{Jobs, Runner};
use kontor_records::{Caller, Role};
use kontor_store::Store;
use kontor_telemetry::access::AccessLog;
use kontor_transfer::Transfer;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::client::Client;
use crate::commands::keys;
use crate::house::{self, House, Use};
use crate::lock::{self, DataLock, Taken};
use crate::node::{self, NodeLease};
use crate::{demo, sealing, services};

/// How often other processes' changes of metadata are looked for.
const REFRESH: Duration = Duration::from_secs(1);
/// How often expired answers and files are swept.
const SWEEP: Duration = Duration::from_secs(600);

/// A server that runs in this process.
pub struct Running {
    pub house: House,
    /// `http://127.0.0.1:8080`
    pub url: String,
    stop: watch::Sender<bool>,
    server: Option<JoinHandle<()>>,
    worker: Option<kontor_jobs::Running>,
    background: JoinHandle<()>,
    _lock: Option<DataLock>,
}

struct ByKey(Arc<Keys>);

impl Authenticate for ByKey {
    fn authenticate<'a>(&'a self, presented: Presented<'a>) -> BoxFuture<'a, kontor_model::Result<Arc<Caller>>> {
        Box::pin(self.0.authenticate(presented.token))
    }
}

/// Starts the roles of a process.
///
/// # Errors
/// The data directory is in use, the database cannot be used, the address is taken.
pub async fn start(config: Config, roles: &[&str]) -> Result<Running> {
    start_with(config, roles, AccessLog::off()).await
}

async fn start_with(config: Config, roles: &[&str], access: AccessLog) -> Result<Running> {
    let mut lock = match lock::take(&config.data)? {
        Taken::Ours(lock) => Some(lock),
        // With PostgreSQL the directory holds nothing that two processes could harm.
        Taken::Theirs(_) if config.database_url.is_some() => None,
        Taken::Theirs(holder) => {
            let place = holder.url.map(|u| format!(" and answers at {u}")).unwrap_or_default();
            bail!(
                "the data directory {} is in use by process {}{place}; stop it, or choose another with --data",
                config.data.display(),
                holder.pid
            );
        }
    };
    let house = House::open(&config, Use::Serve).await?;
    if !house.migrated.is_empty() {
        tracing::info!(changes = house.migrated.len(), "migrated");
        house.migrated.iter().for_each(|line| tracing::debug!(change = %line, "migrated"));
    }
    let own = || format!("{}-{}", std::process::id(), house.ids.next());
    let holder = match &lock {
        Some(lock) => lock.identity(&config.data, own)?,
        None => own(),
    };
    let lease = NodeLease::take(house.store.clone(), house.clock.clone(), house.ids.clone(), holder).await?;
    let jobs = Arc::new(Jobs::new(house.store.clone(), house.clock.clone(), house.ids.clone()));
    let transfer = Arc::new(Transfer::new(house.records.clone(), house.catalogs.clone(), jobs.clone()));
    let (stop, stopped) = watch::channel(false);
    let process = format!("{}-{}", std::process::id(), house.ids.next());
    let options = kontor_jobs::Options { process, slots: 2, alone: config.database_url.is_none() };

    let privacy = kontor_privacy::Privacy::new(
        house.records.clone(),
        house.catalogs.clone(),
        transfer.clone(),
        house.audit.clone(),
    );
    let privacy = Arc::new(privacy);
    let handlers: Vec<_> = transfer.handlers().into_iter().chain(privacy.handlers()).collect();
    let worker = roles.contains(&"worker").then(|| Runner::new(jobs.clone(), handlers, options).start());
    let mut url = String::new();
    let mut server = None;
    if roles.contains(&"api") {
        let api = Arc::new(kontor_rest::Api {
            records: house.records.clone(),
            catalogs: house.catalogs.clone(),
            metadata: house.metadata.clone(),
        });
        let bulk = Arc::new(kontor_rest::jobs::Bulk {
            transfer: Transfer::new(house.records.clone(), house.catalogs.clone(), jobs.clone()),
            catalogs: house.catalogs.clone(),
        });
        let router = kontor_rest::router(&api)
            .merge(kontor_rest::jobs::router(&bulk))
            .merge(kontor_rest::privacy::router(&api, &privacy));
        let parts = DoorParts {
            router,
            routes: kontor_rest::routes::ROUTES.to_vec(),
            authenticate: Arc::new(ByKey(house.keys.clone())),
            replays: house.records.clone(),
            ready: Arc::new(Ready::new(vec![database_check(house.store.clone())])),
            access,
            clock: house.clock.clone(),
        };
        let door = Arc::new(Door::new(&config, parts).map_err(|e| anyhow::anyhow!(e))?);
        let listener = Server::bind(config.listen, ServerLimits::from(&config))
            .await
            .with_context(|| format!("{} cannot be listened on; choose another with --listen", config.listen))?;
        url = format!("http://{}", listener.local_addr()?);
        if let Some(lock) = &mut lock {
            lock.announce(&url)?;
        }
        let mut stopped = stopped.clone();
        server = Some(tokio::spawn(async move {
            listener.serve(door, async move { stopped.wait_for(|stop| *stop).await.map(|_| ()).unwrap_or(()) }).await;
        }));
    }
    let sealing =
        sealing::run(house.clone(), privacy, format!("{}-{}", std::process::id(), house.ids.next()), stopped.clone());
    let background = background(house.clone(), transfer, lease, stopped);
    let background = tokio::spawn(async move {
        tokio::join!(background, sealing);
    });
    Ok(Running { house, url, stop, server, worker, background, _lock: lock })
}

impl Running {
    /// Takes no more work, finishes what was admitted, closes the database.
    pub async fn stop(self) {
        self.stop.send(true).ok();
        if let Some(server) = self.server {
            server.await.ok();
        }
        if let Some(worker) = self.worker {
            worker.stop().await;
        }
        self.background.await.ok();
        self.house.store.close().await;
    }
}

fn database_check(store: Arc<dyn Store>) -> Check {
    Check {
        name: "database",
        ask: Box::new(move || {
            let store = store.clone();
            Box::pin(async move { store.ping().await.map_err(|e| e.to_string()) })
        }),
    }
}

/// Catalogs, the node's lease, what has expired: until the process stops.
async fn background(house: House, transfer: Arc<Transfer>, mut lease: NodeLease, mut stopped: watch::Receiver<bool>) {
    let mut renewed = Instant::now();
    let mut swept = Instant::now();
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => break,
            () = tokio::time::sleep(REFRESH) => {}
        }
        if let Err(error) = house.catalogs.refresh().await {
            tracing::warn!(error = error.internal_text().unwrap_or(error.detail()), "catalogs were not refreshed");
        }
        if renewed.elapsed() >= node::RENEW {
            renewed = Instant::now();
            if let Err(error) = lease.renew().await {
                tracing::warn!(
                    error = error.internal_text().unwrap_or(error.detail()),
                    "the node's lease was not renewed"
                );
            }
        }
        if swept.elapsed() >= SWEEP {
            swept = Instant::now();
            sweep(&house, &transfer).await;
        }
    }
    lease.release().await;
}

async fn sweep(house: &House, transfer: &Transfer) {
    let Ok(spaces) = kontor_identity::spaces::spaces(&*house.store).await else { return };
    for space in spaces {
        while let Ok(1_000) = house.records.sweep_idempotency(space.id).await {}
        if let Err(error) = transfer.sweep(space.id).await {
            tracing::warn!(error = error.internal_text().unwrap_or(error.detail()), "old files were not swept");
        }
    }
}

/// `kontor up` and `kontor serve`: until a signal says stop.
///
/// # Errors
/// As [`start`].
pub async fn run(config: Config, roles: &[&str], load_demo: bool, guard: &kontor_telemetry::Guard) -> Result<()> {
    let begun = Instant::now();
    let grace = config.shutdown.grace();
    // A phone number's metadata take a moment to load: not at the first request.
    std::thread::spawn(kontor_model::field::warm);
    let running = start_with(config, roles, guard.access()).await?;
    tracing::info!(url = %running.url, services = services::SERVICES.len(), start_ms = begun.elapsed().as_millis() as u64, "ready");
    if roles.contains(&"api") {
        greet(&running).await?;
    }
    if load_demo {
        let (info, key) = keys::make(&running.house, "demo", Role::Admin, None, Vec::new(), Some(1)).await?;
        let outcome = demo::load(&Client::new(&running.url, &key)?).await;
        running.house.keys.revoke(info.id).await.ok();
        outcome.context("the demo data could not be loaded")?;
    }
    wait_for_signal().await?;
    tracing::info!("stopping");
    if tokio::time::timeout(grace + Duration::from_secs(5), running.stop()).await.is_err() {
        tracing::warn!("stopped without waiting any longer");
    }
    Ok(())
}

/// The address, and once the first key.
async fn greet(running: &Running) -> Result<()> {
    eprintln!("Kontor is at {0}   docs {0}/docs   errors {0}/docs/errors", running.url);
    if running.house.first {
        let (_, key) = keys::make(&running.house, "first", Role::Admin, None, Vec::new(), None).await?;
        eprintln!(
            "The owner's first API key, shown only now:\n\n    export KEY={key}\n\nMore with: kontor keys create --name NAME --role admin"
        );
    }
    Ok(())
}

async fn wait_for_signal() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// `kontor migrate`: brings the database up and says what was done.
///
/// # Errors
/// The database cannot be used, or is of another version.
pub async fn migrate(config: &Config) -> Result<()> {
    let store = house::open_store(config, Use::Beside).await?;
    let outcome = store.migrate(Arc::new(kontor_catalog::schema(&services::objects()))).await;
    store.close().await;
    match outcome {
        Ok(done) if done.is_empty() => eprintln!("nothing to do: the database is of this version"),
        Ok(done) => done.iter().for_each(|line| eprintln!("{line}")),
        Err(error) => bail!("{error}"),
    }
    Ok(())
}
