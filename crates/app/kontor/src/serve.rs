//! The life of a server: start, background tasks, graceful end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures::future::OptionFuture;
use kontor_config::{Config, RowSecurity, SecretUrl};
use kontor_http::ratelimit::RateLimits;
use kontor_http::request_log::{self, RequestLog};
use kontor_http::tls::Tls;
use kontor_http::{Cache, CacheSource, Check, Door, DoorParts, Ready, Server, ServerLimits, Side};
use kontor_identity::accounts::Passkeys;
use kontor_identity::origins::Origins;
use kontor_jobs::Runner;
use kontor_oauth::OAuth;
use kontor_sandboxes::Sandboxes;
use kontor_scim::Scim;
use kontor_store::{Guard, Store, StoreStatus};
use kontor_telemetry::access::AccessLog;
use kontor_transfer::Transfer;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::authorization;
use crate::client::Client;
use crate::commands::keys;
use crate::consuming::Consuming;
use crate::credentials::Credentials;
use crate::house::{self, House, Use};
use crate::lock::{self, DataLock, Taken};
use crate::loops::{self, Loops};
use crate::news::News;
use crate::node::{self, NodeLease};
use crate::people::Logins;
use crate::sandboxes::Spaces;
use crate::watching::Watching;
use crate::{carrying, demo, greeting, limits, mailing, sealing, secure, services, sweeping, telling, working};

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
    let named = || format!("{}-{}", std::process::id(), house.ids.next());
    let holder = match &lock {
        Some(lock) => lock.identity(&config.data, named)?,
        None => named(),
    };
    let (stop, stopped) = watch::channel(false);
    house::hear(&config, &house.commits, stopped.clone())?;
    let lease = NodeLease::take(house.store.clone(), house.clock.clone(), house.ids.clone(), holder).await?;
    let jobs = house.jobs.clone();
    let transfer = Arc::new(Transfer::new(house.records.clone(), house.catalogs.clone(), jobs.clone()));
    let options = kontor_jobs::Options {
        process: named(),
        slots: config.jobs.slots,
        per_workspace: config.jobs.per_workspace(),
        alone: config.database_url.is_none(),
    };

    let privacy = Arc::new(kontor_privacy::Privacy::new(kontor_privacy::Parts {
        records: house.records.clone(),
        catalogs: house.catalogs.clone(),
        transfer: transfer.clone(),
        outbox: house.outbox.clone(),
        logins: Arc::new(Logins(house.accounts.clone())),
        signer: house.audit.clone(),
    }));
    let sandboxes = Arc::new(Sandboxes::new(kontor_sandboxes::Parts {
        records: house.records.clone(),
        catalogs: house.catalogs.clone(),
        metadata: house.metadata.clone(),
        jobs: jobs.clone(),
        furnisher: Arc::new(Spaces { house: house.clone(), transfer: transfer.clone() }),
    }));
    let handlers = transfer.handlers().into_iter().chain(privacy.handlers());
    let handlers: Vec<_> = handlers.chain(sandboxes.handlers()).collect();
    let kinds: Vec<&'static str> = handlers.iter().map(|handler| handler.kind()).collect();
    let limits = limits::open(&config, &house).await?;

    let webhooks = telling::open(&config, &house);
    let carrying = carrying::open(&config, &house)?;
    let feed = Arc::new(kontor_events::Feed::new(house.store.clone(), &house.commits));
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
        let within = house.clone();
        let public = Arc::new(kontor_rest::public::Public {
            api: api.clone(),
            enter: Box::new(move |space, request_id| {
                let house = within.clone();
                Box::pin(async move { sweeping::enter(&house, space, request_id).await })
            }),
        });
        let bulk = Arc::new(kontor_rest::jobs::Bulk {
            transfer: Transfer::new(house.records.clone(), house.catalogs.clone(), jobs.clone()),
            catalogs: house.catalogs.clone(),
            kinds,
        });
        let server_limits = ServerLimits::from(&config);
        let mut listener = Server::bind(config.listen, server_limits.clone())
            .await
            .with_context(|| format!("{} cannot be listened on; choose another with --listen", config.listen))?
            .with_tls(secure::open(&config, house.clock.clone(), stopped.clone())?);
        let mut internal = None;
        if let Some(address) = config.internal_listen {
            let bound = Server::bind(address, server_limits).await;
            let bound = bound.with_context(|| format!("internal_listen: {address} cannot be listened on"))?;
            internal = Some(bound.on(Side::Internal));
            listener = listener.on(Side::Public);
        }
        url = format!("{}://{}", if config.is_tls() { "https" } else { "http" }, listener.local_addr()?);
        let internal_url = internal.as_ref().map(Server::local_addr).transpose()?.map(|at| format!("http://{at}"));
        let address = config.public_url.as_ref().map_or(url.as_str(), |address| address.expose());
        let passkeys = Arc::new(Passkeys::new(house.accounts.clone(), address));
        let oauth = authorization::open(&config, &url, &house, passkeys.clone()).await?;
        house.outbox.set_address(oauth.issuer());
        house.records.set_address(oauth.issuer());
        let identity = Arc::new(kontor_rest::identity::Desk {
            api: api.clone(),
            accounts: house.accounts.clone(),
            passkeys,
            keys: house.keys.clone(),
            founding: house.founding.clone(),
            roles: house.roles.clone(),
            oauth: oauth.clone(),
        });
        let authenticate = Arc::new(Credentials {
            keys: house.keys.clone(),
            accounts: house.accounts.clone(),
            tokens: Some(oauth.tokens().clone()),
            commits: house.commits.clone(),
        });
        let config = Config { public_url: SecretUrl::parse(oauth.issuer()).ok(), ..config.clone() };
        let router = kontor_rest::router(&api)
            .merge(kontor_rest::jobs::router(&bulk))
            .merge(kontor_rest::privacy::router(&api, &privacy))
            .merge(kontor_rest::sandboxes::router(&api, &identity, &sandboxes))
            .merge(kontor_rest::outbox::router(&api, &house.outbox))
            .merge(kontor_rest::inbound::router(&mailing::inbound(&house, &api)))
            .merge(kontor_rest::public::router(&public))
            .merge(kontor_rest::webhooks::router(&api, &webhooks))
            .merge(kontor_rest::functions::router(&api, &working::credentials(&house)))
            .merge(kontor_rest::events::router(&kontor_rest::events::News::new(
                api.clone(),
                feed.clone(),
                house.commits.clone(),
                authenticate.clone(),
                stopped.clone(),
            )))
            .merge(kontor_rest::identity::router(&identity))
            .merge(oauth.router())
            .merge(kontor_scim::router(&directory(&house, &oauth)))
            .merge(kontor_ui::router());
        let ready = Arc::new(
            Ready::new(vec![database_check(house.store.clone())])
                .with_own(loops::check(house.commits.pulses().clone()))
                .helped_by(limits.check())
                .helped_by(guard_check(&config, &*house.store).await)
                .helped_by(listener.tls().into_iter().flat_map(Tls::checks)),
        );
        let source = CacheSource {
            catalogs: house.catalogs.clone(),
            commits: house.commits.clone(),
            // The data directory is locked; a PostgreSQL is anybody's.
            is_alone: config.database_url.is_none(),
        };
        let cache = Cache::new(&config, source, ready.clone());
        let parts = DoorParts {
            router,
            routes: [kontor_rest::routes::ROUTES, kontor_oauth::ROUTES, kontor_scim::ROUTES, kontor_ui::ROUTES]
                .concat(),
            authenticate,
            replays: house.records.clone(),
            ready,
            limits: limits.clone(),
            origins: Arc::new(limits::ListedOrigins(Origins::new(house.store.clone()))),
            access,
            clock: house.clock.clone(),
        };
        let mut door = Door::new(&config, parts).map_err(|e| anyhow::anyhow!(e))?.with_cache(cache);
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
        if let Some(url) = internal_url {
            tracing::info!(url, "private routes and metrics are on the internal listener");
        }
        let ended = |mut stopped: watch::Receiver<bool>| async move {
            stopped.wait_for(|stop| *stop).await.map(|_| ()).unwrap_or(())
        };
        let (public, inner) = (ended(stopped.clone()), ended(stopped.clone()));
        server = Some(tokio::spawn(async move {
            let internal = internal.map(|internal| internal.serve(door.clone(), inner));
            tokio::join!(listener.serve(door, public), OptionFuture::from(internal));
        }));
    }
    let (alone, pace, carries) = (config.database_url.is_none(), config.sweeps.pace(), carrying.is_some());
    let works = roles.contains(&"worker");
    let mut loops = Loops::new(&house.commits);
    loops.add("seals", sealing::run(house.clone(), privacy, named(), stopped.clone()));
    let news = News { house: house.clone(), holder: named(), alone, days: config.events.days, pace };
    loops.watch("log", news.run(stopped.clone()));
    let ended = stopped.clone();
    loops.add("streams", async move { feed.run(ended).await });
    if works {
        loops.watch("webhooks", webhooks.run(named(), alone, stopped.clone()));
        let consuming =
            Consuming { house: house.clone(), consumers: services::consumers(), holder: named(), alone, pace };
        loops.watch("consumers", consuming.run(stopped.clone()));
        loops.watch("workflows", working::open(&config, &house).run(named(), alone, stopped.clone()));
        loops.watch("mail", mailing::delivery(&house, &config).run(stopped.clone()));
        if let Some(publisher) = carrying {
            loops.watch("bus", publisher.run(stopped.clone()));
        }
    }
    let rules = kontor_alerts::rules(config.alerts.queue_stale_seconds);
    let watching = Watching { house: house.clone(), holder: named(), alone, pace, carries, url: url.clone(), rules };
    loops.add("watching", watching.run(works, stopped.clone()));
    let sweeps =
        [services::sweeps(), mailing::sweeps(&house, &config.mail), kontor_notifications::sweeps(&house.egress)]
            .concat();
    loops.watch_within("sweeps", loops::SWEEPS, sweeping::run(house.clone(), sweeps, pace, stopped.clone()));
    let keeper = tokio::spawn(limits::keep(limits.clone(), house.clone(), stopped.clone()));
    let days = config.request_log.days;
    loops.add("housekeeping", background(house.clone(), transfer, authorization, lease, stopped, days));
    let background = tokio::spawn(loops.ended());
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

/// What a company's directory reaches.
fn directory(house: &House, oauth: &Arc<OAuth>) -> Arc<Scim> {
    let (accounts, keys, tokens) = (house.accounts.clone(), house.keys.clone(), oauth.tokens().clone());
    Arc::new(Scim {
        records: house.records.clone(),
        catalogs: house.catalogs.clone(),
        roles: house.roles.clone(),
        accounts: house.accounts.clone(),
        ended: Box::new(move || {
            accounts.forget();
            keys.forget();
            tokens.forget();
        }),
        base: oauth.issuer().to_owned(),
    })
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

/// Row security, where it should hold: how that stands is found out when the store is opened.
async fn guard_check(config: &Config, store: &dyn Store) -> Option<Check> {
    if config.database_url.is_none() || config.database.row_security == RowSecurity::Off {
        return None;
    }
    let open = match store.status().await {
        Ok(StoreStatus { guard: Guard::Open(why), .. }) => Err(why),
        _ => Ok(()),
    };
    Some(Check { name: "row_security", ask: Box::new(move || Box::pin(std::future::ready(open.clone()))) })
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
    let certificate = secure::files(&config)?.map(|(cert, _)| cert);
    // A phone number's metadata take a moment to load: not at the first request.
    std::thread::spawn(kontor_model::field::warm);
    let running = start_with(config, roles, guard.access()).await?;
    tracing::info!(url = %running.url, services = services::SERVICES.len(), start_ms = begun.elapsed().as_millis() as u64, "ready");
    if roles.contains(&"api") {
        greeting::greet(&running).await?;
    }
    if load_demo {
        let (info, key) = keys::borrow(&running.house, "demo").await?;
        let own = certificate.filter(|path| path.exists());
        let outcome = demo::load(&Client::new(&running.url, &key, own.as_deref())?).await;
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
