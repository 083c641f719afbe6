//! What a process is built of: the store behind its trait, and the engine on it. Back ends are named here only.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use kontor_catalog::{Catalogs, Metadata};
use kontor_config::{Config, RowSecurity as Wanted, SecretUrl};
use kontor_egress::Egress;
use kontor_identity::accounts::{self, Accounts};
use kontor_identity::callers::Callers;
use kontor_identity::keys::Keys;
use kontor_identity::providers::Providers;
use kontor_identity::roles::Roles;
use kontor_identity::spaces::{self, Founding};
use kontor_identity::vault::Vault;
use kontor_jobs::Jobs;
use kontor_model::{Clock, IdGenerator, Settings, SystemClock};
use kontor_outbox::{Dkim, Mailer, Outbox};
use kontor_records::Records;
use kontor_store::{Commits, Store, Watched};
use kontor_store_postgres::{PostgresOptions, PostgresStore, RowSecurity};
use kontor_store_sqlite::{SqliteOptions, SqliteStore};
use tokio::sync::watch;

use crate::services;

/// How a process uses the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// As its server: migrates, founds the first workspace.
    Serve,
    /// Beside a server that may be running: few connections; founds when there is nothing yet.
    Beside,
}

/// The engine, wired. Cloning is cheap.
#[derive(Clone)]
pub struct House {
    pub store: Arc<dyn Store>,
    /// What this process has changed in it.
    pub commits: Arc<Commits>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<IdGenerator>,
    pub catalogs: Arc<Catalogs>,
    pub metadata: Arc<Metadata>,
    pub records: Arc<Records>,
    pub callers: Arc<Callers>,
    pub roles: Arc<Roles>,
    pub keys: Arc<Keys>,
    pub accounts: Arc<Accounts>,
    pub founding: Arc<Founding>,
    pub providers: Arc<Providers>,
    /// The way out of this house.
    pub egress: Arc<Egress>,
    pub jobs: Arc<Jobs>,
    pub outbox: Arc<Outbox>,
    pub vault: Arc<Vault>,
    /// Signs the seals of the audit.
    pub audit: kontor_audit::Signer,
    /// What the migration did.
    pub migrated: Arc<[String]>,
    /// Whether this start made the first workspace.
    pub first: bool,
}

/// The SQLite file of a data directory.
pub fn database_file(data: &Path) -> std::path::PathBuf {
    data.join("kontor.db")
}

/// The PostgreSQL database that the configuration names, if it does.
fn postgres(config: &Config) -> Option<(&SecretUrl, PostgresOptions)> {
    let url = config.database_url.as_ref()?;
    let mut options = PostgresOptions::new(url.expose());
    options.prepare = config.database.prepare;
    options.role.clone_from(&config.database.role);
    options.row_security = match config.database.row_security {
        Wanted::Auto => RowSecurity::Auto,
        Wanted::Require => RowSecurity::Require,
        Wanted::Off => RowSecurity::Off,
    };
    Some((url, options))
}

/// Hears what other servers change, until the process stops. Where there are none, everything is told already; a pooler
/// in transaction mode lets nobody listen.
///
/// # Errors
/// The database's address cannot be read.
pub fn hear(config: &Config, commits: &Arc<Commits>, mut stopped: watch::Receiver<bool>) -> Result<()> {
    let Some((_, options)) = postgres(config) else {
        commits.set_told(true);
        return Ok(());
    };
    if options.prepare {
        let herald = kontor_store_postgres::herald(&options, commits.clone())?;
        tokio::spawn(async move {
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => {}
                () = herald => {}
            }
        });
    }
    Ok(())
}

/// Opens the store that the configuration names.
///
/// # Errors
/// It cannot be opened or reached.
pub async fn open_store(config: &Config, usage: Use) -> Result<Arc<dyn Store>> {
    let timeout = config.database.statement_timeout().unwrap_or(std::time::Duration::from_secs(3_600));
    if let Some((url, mut options)) = postgres(config) {
        options.statement_timeout = timeout;
        options.pool_size = if usage == Use::Beside { 2 } else { config.database.pool_size as usize };
        let store =
            PostgresStore::connect(options).await.with_context(|| format!("the database {url} cannot be used"))?;
        return Ok(Arc::new(store));
    }
    std::fs::create_dir_all(&config.data)
        .with_context(|| format!("the data directory {} cannot be made", config.data.display()))?;
    let path = database_file(&config.data);
    let mut options = SqliteOptions::new(&path);
    options.readers = if usage == Use::Beside { 1 } else { (config.database.reader_count() * 2).max(2) };
    options.cache_bytes = config.sqlite.cache_bytes;
    options.mmap_bytes = config.sqlite.mmap_bytes;
    options.statement_timeout = timeout;
    let store =
        SqliteStore::open(options).with_context(|| format!("the database {} cannot be opened", path.display()))?;
    Ok(Arc::new(store))
}

/// The secrets that have to be read again, under the installation's master key.
async fn vault(config: &Config, usage: Use, store: &dyn Store) -> Result<Vault> {
    let given = config.master_key.as_ref().map(kontor_config::SecretText::expose);
    let vault = Vault::open(&config.data, given, usage == Use::Serve).map_err(|error| anyhow::anyhow!(error))?;
    if vault.agrees(store).await? {
        return Ok(vault);
    }
    tracing::warn!(
        "the secrets in this database were sealed under another master key: set KONTOR_MASTER_KEY, or bring back master.key; until then nobody with a second factor can sign in"
    );
    Ok(Vault::closed())
}

/// The mail server that the configuration names.
fn mailer(config: &Config) -> Result<Option<Mailer>> {
    let Some(url) = &config.mail.smtp_url else { return Ok(None) };
    let said = |why: String| anyhow::anyhow!(why);
    let mail = &config.mail;
    let dkim = match (&mail.dkim_domain, &mail.dkim_selector, &mail.dkim_key_file) {
        (Some(domain), Some(selector), Some(file)) => {
            let pem = std::fs::read_to_string(file)
                .with_context(|| format!("mail.dkim_key_file {} cannot be read", file.display()))?;
            Some(Dkim::new(domain, selector, &pem).map_err(said)?)
        }
        (None, None, None) => None,
        _ => bail!(
            "mail is signed by mail.dkim_domain, mail.dkim_selector and mail.dkim_key_file together: set all three"
        ),
    };
    Mailer::new(url.expose(), &mail.from, dkim).map(Some).map_err(said)
}

impl House {
    /// Opens, migrates and wires.
    ///
    /// # Errors
    /// The database cannot be used, or is of another version.
    pub async fn open(config: &Config, usage: Use) -> Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = Watched::new(open_store(config, usage).await?);
        let commits = store.commits().clone();
        let store: Arc<dyn Store> = Arc::new(store);
        let standard = services::objects();
        let migrated = match store.migrate(Arc::new(kontor_catalog::schema(&standard))).await {
            Ok(done) => done,
            Err(error) => bail!("{error}"),
        };
        // Until a node number is leased: a number that leases give last.
        let ids = Arc::new(IdGenerator::new(clock.clone(), kontor_model::id::NODES - 1));
        let catalogs = Arc::new(Catalogs::new(store.clone(), standard));
        let defaults = Settings {
            mobile_region: config.workspace.mobile_region.clone(),
            phone_region: Some(config.workspace.phone_region.clone()).filter(|r| !r.is_empty()),
            currency: config.workspace.currency.clone(),
            time_zone: config.workspace.time_zone.clone(),
            cors_origins: Vec::new(),
            public_forms: false,
        };
        let vault = Arc::new(vault(config, usage, &*store).await?);
        let audit = match vault.derive("kontor audit 1") {
            Ok(key) => kontor_audit::Signer::new(key),
            Err(_) => kontor_audit::Signer::closed(),
        };
        let secret = spaces::secret(&*store).await?;
        let jobs = Arc::new(Jobs::new(store.clone(), clock.clone(), ids.clone(), &commits));
        let outbox = Arc::new(Outbox::new(kontor_outbox::Parts {
            store: store.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            sealing: vault.clone(),
            mailer: mailer(config)?,
        }));
        let records = Records::new(store.clone(), clock.clone(), ids.clone(), &secret)
            .ruled(services::hooks())
            .acting(services::acts())
            .shown(services::looks())
            .hosting(services::guests())
            .hearing(services::hears())
            .posting(outbox.clone());
        let records = Arc::new(records);
        if let Some(url) = &config.public_url {
            records.set_address(url.expose());
        }
        let metadata = Arc::new(Metadata::new(catalogs.clone(), store.clone(), ids.clone()));
        let roles = Arc::new(Roles::new(store.clone(), catalogs.clone()));
        let callers = Callers::new(store.clone(), catalogs.clone(), roles.clone(), defaults.clone());
        let callers = Arc::new(callers);
        let keys = Arc::new(Keys::new(store.clone(), catalogs.clone(), clock.clone(), ids.clone(), callers.clone()));
        let accounts = Arc::new(Accounts::new(accounts::Parts {
            store: store.clone(),
            catalogs: catalogs.clone(),
            records: records.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            callers: callers.clone(),
            roles: roles.clone(),
            vault: vault.clone(),
            outbox: outbox.clone(),
            limits: config.limits,
        }));
        let providers = Providers::new(store.clone(), clock.clone(), ids.clone(), vault.clone());
        let founding = Arc::new(Founding {
            store: store.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            catalogs: catalogs.clone(),
            records: records.clone(),
            defaults,
        });
        let first = founding.ensure().await?;
        Ok(Self {
            store,
            commits,
            clock,
            ids,
            catalogs,
            metadata,
            records,
            callers,
            roles,
            keys,
            accounts,
            founding,
            providers: Arc::new(providers),
            egress: Arc::new(Egress::new(&config.egress_allow)),
            jobs,
            outbox,
            vault,
            audit,
            migrated: migrated.into(),
            first,
        })
    }
}
