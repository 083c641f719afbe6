//! The life of a server: start, background tasks, graceful end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use kontor_config::{Config, SecretUrl};
use kontor_http::ratelimit::RateLimits;
use kontor_http::request_log::{self, RequestLog};
use kontor_http::{Check, Door, DoorParts, Ready, Server, ServerLimits};
use kontor_identity::origins::Origins;
use kontor_jobs::{Jobs, Runner};
use kontor_oauth::OAuth;
use kontor_store::Store;
use kontor_telemetry::access::AccessLog;
use kontor_transfer::Transfer;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::authorization;
use crate::client::Client;
use crate::commands::{keys, users};
use crate::credentials::Credentials;
use crate::house::{self, House, Use};
use crate::lock::{self, DataLock, Taken};
use crate::node::{self, NodeLease};
use crate::{demo, limits, sealing, services};

/// How often other processes' changes of metadata are looked for.
const REFRESH: Duration = Duration::from_secs(1);
/// How often expired answers and files are swept.
const SWEEP: Duration = Duration::from_secs(600);
/// How often the use of API keys is written.
const COUNT: Duration = Duration::from_secs(3);
/// How long the end waits for the last lines of the request log.
const LAST_LINES: Duration = Duration::from_secs(5);

/// A server that runs in this process.
pub struct Running {
    pub house: House,
    /// `http://127.0.0.1:8080`
    pub url: String,
    stop: watch::Sender<bool>,
    server: Option<JoinHandle<()>>,
    /// Ends when the door is gone.
    request_log: Option<JoinHandle<()>>,
    worker: Option<kontor_jobs::Running>,
    limits: (Arc<RateLimits>, JoinHandle<()>),
    background: JoinHandle<()>,
    _lock: Option<DataLock>,
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
    let limits = limits::open(&config, &house).await?;

    let worker = roles.contains(&"worker").then(|| Runner::new(jobs.clone(), handlers, options).start());
    let mut url = String::new();
    let mut server = None;
    let mut authorization = None;
    let mut request_log = None;
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
        let identity = Arc::new(kontor_rest::identity::Desk {
            api: api.clone(),
            accounts: house.accounts.clone(),
            keys: house.keys.clone(),
            founding: house.founding.clone(),
            roles: house.roles.clone(),
        });
        let listener = Server::bind(config.listen, ServerLimits::from(&config))
            .await
            .with_context(|| format!("{} cannot be listened on; choose another with --listen", config.listen))?;
        url = format!("http://{}", listener.local_addr()?);
        let oauth = authorization::open(&config, &url, &house).await?;
        let config = Config { public_url: SecretUrl::parse(oauth.issuer()).ok(), ..config.clone() };
        let router = kontor_rest::router(&api)
            .merge(kontor_rest::jobs::router(&bulk))
            .merge(kontor_rest::privacy::router(&api, &privacy))
            .merge(kontor_rest::identity::router(&identity))
            .merge(oauth.router());
        let parts = DoorParts {
            router,
            routes: [kontor_rest::routes::ROUTES, kontor_oauth::ROUTES].concat(),
            authenticate: Arc::new(Credentials {
                keys: house.keys.clone(),
                accounts: house.accounts.clone(),
                tokens: Some(oauth.tokens().clone()),
            }),
            replays: house.records.clone(),
            ready: Arc::new(Ready::new(vec![database_check(house.store.clone())]).helped_by(limits.check())),
            limits: limits.clone(),
            origins: Arc::new(limits::ListedOrigins(Origins::new(house.store.clone()))),
            access,
            clock: house.clock.clone(),
        };
        let mut door = Door::new(&config, parts).map_err(|e| anyhow::anyhow!(e))?;
        if config.request_log.enabled {
            let (log, writer) = RequestLog::new(house.store.clone(), house.ids.clone());
            door = door.with_request_log(log);
            request_log = Some(tokio::spawn(writer.run()));
        }
        let door = Arc::new(door);
        authorization = Some(oauth);
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
    let keeper = tokio::spawn(limits::keep(limits.clone(), house.clone(), stopped.clone()));
    let days = config.request_log.days;
    let background = background(house.clone(), transfer, authorization, lease, stopped, days);
    let background = tokio::spawn(async move {
        tokio::join!(background, sealing);
    });
    Ok(Running { house, url, stop, server, request_log, worker, limits: (limits, keeper), background, _lock: lock })
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
        if let Some(writing) = self.request_log {
            // A connection that does not end keeps the door, and the log open.
            tokio::time::timeout(LAST_LINES, writing).await.ok();
        }
        let (limits, keeper) = self.limits;
        keeper.await.ok();
        limits::write_down(&limits).await;
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
async fn background(
    house: House,
    transfer: Arc<Transfer>,
    authorization: Option<Arc<OAuth>>,
    mut lease: NodeLease,
    mut stopped: watch::Receiver<bool>,
    log_days: u32,
) {
    let mut renewed = Instant::now();
    let mut swept = Instant::now();
    let mut counted = Instant::now();
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
        if counted.elapsed() >= COUNT {
            counted = Instant::now();
            count(&house).await;
        }
        if swept.elapsed() >= SWEEP {
            swept = Instant::now();
            sweep(&house, &transfer, log_days).await;
            authorization::sweep(authorization.as_deref()).await;
        }
    }
    count(&house).await;
    lease.release().await;
}

async fn count(house: &House) {
    if let Err(error) = house.keys.flush().await {
        tracing::warn!(error = error.internal_text().unwrap_or(error.detail()), "the use of keys was not written");
    }
}

async fn sweep(house: &House, transfer: &Transfer, log_days: u32) {
    if let Err(error) = house.accounts.sweep().await {
        tracing::warn!(error = error.internal_text().unwrap_or(error.detail()), "old sessions were not swept");
    }
    let Ok(spaces) = kontor_identity::spaces::spaces(&*house.store).await else { return };
    for space in spaces {
        while let Ok(1_000) = house.records.sweep_idempotency(space.id).await {}
        if let Err(error) = transfer.sweep(space.id).await {
            tracing::warn!(error = error.internal_text().unwrap_or(error.detail()), "old files were not swept");
        }
        if let Err(error) = request_log::sweep(&*house.store, space.id, house.clock.now_ms(), log_days).await {
            tracing::warn!(error = error.internal_text().unwrap_or(error.detail()), "the request log was not swept");
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
        let (info, key) = keys::borrow(&running.house, "demo").await?;
        let outcome = demo::load(&Client::new(&running.url, &key)?).await;
        keys::end(&running.house, info.id).await.ok();
        outcome.context("the demo data could not be loaded")?;
    }
    wait_for_signal().await?;
    tracing::info!("stopping");
    if tokio::time::timeout(grace + Duration::from_secs(5), running.stop()).await.is_err() {
        tracing::warn!("stopped without waiting any longer");
    }
    Ok(())
}

/// The address; the owner's sign-in until it was used; once the first key.
async fn greet(running: &Running) -> Result<()> {
    eprintln!("Kontor is at {0}   docs {0}/docs   errors {0}/docs/errors", running.url);
    let house = &running.house;
    let space = keys::find(house, None).await?;
    if let Some(owner) = house.founding.owner(space.id).await?
        && !house.accounts.has_login(space.id, owner).await?
    {
        let first = house.accounts.first_link(space.id, owner).await?;
        let link = users::link(&running.url, &first.token);
        eprintln!("The owner's sign-in, good once and for 24 hours:\n\n    {link}\n");
    }
    if running.house.first {
        let (_, key) = keys::make(&running.house, "first", keys::Holder::OWNER, Vec::new(), None).await?;
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
