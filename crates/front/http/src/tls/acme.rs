//! The certificate from an authority that speaks ACME (RFC 8555), proven by tls-alpn-01 (RFC 8737) on the listener
//! itself: no other port, and no file that a web server would have to show.
//!
//! Account, key and certificate are kept in a folder of the data directory, readable to its owner only.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, ChallengeType, Identifier, NewAccount, NewOrder, OrderStatus,
    RetryPolicy,
};
use kontor_config::Config;
use rcgen::{CertificateParams, CustomExtension, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::CertifiedKey;
use tokio::sync::watch;

use super::{Pair, Tls};

/// How often the days that are left are looked at.
const LOOK: Duration = Duration::from_secs(3_600);
/// Between two attempts, doubled after each that failed: authorities count failures by the hour.
const FIRST_PAUSE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(6 * 3_600);

/// What an attempt fails with.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Who gets certificates, for which names.
#[derive(Debug, Clone)]
pub struct Acme {
    domains: Vec<String>,
    contact: Option<String>,
    directory: String,
    ca: Option<PathBuf>,
    folder: PathBuf,
}

impl Acme {
    /// None where no names are configured.
    pub fn of(config: &Config) -> Option<Self> {
        let mut domains: Vec<String> = config.acme.domains.iter().map(|name| name.to_ascii_lowercase()).collect();
        domains.sort_unstable();
        domains.dedup();
        (!domains.is_empty()).then(|| Self {
            domains,
            contact: config.acme.contact.clone(),
            directory: config.acme.directory.clone(),
            ca: config.acme.ca.clone(),
            folder: config.data.join("acme"),
        })
    }

    /// Where the certificate is kept, and its key.
    pub fn files(&self) -> (PathBuf, PathBuf) {
        (self.folder.join("certificate.pem"), self.folder.join("key.pem"))
    }

    /// Takes the kept certificate into use, when there is one for these names.
    pub fn begin(&self, tls: &Tls) {
        let kept = fs::read_to_string(self.folder.join("domains")).unwrap_or_default();
        let (cert, key) = self.files();
        if kept.lines().ne(self.domains.iter().map(String::as_str)) {
            return;
        }
        match Pair::read(&cert, &key) {
            Ok(pair) => tls.install(pair),
            Err(why) => tracing::warn!(why, "the kept certificate cannot be used; a new one is asked for"),
        }
    }

    /// Gets a certificate when there is none, and a new one when two thirds of its time are over. Ends when the sender
    /// of `stopped` is gone or says so.
    pub async fn keep(self, tls: Arc<Tls>, mut stopped: watch::Receiver<bool>) {
        let mut pause = FIRST_PAUSE;
        loop {
            let mut wait = LOOK;
            tls.look();
            if self.is_due(&tls) {
                let outcome = tokio::select! {
                    outcome = self.renew(&tls) => outcome,
                    _ = stopped.wait_for(|stop| *stop) => return,
                };
                tls.clear_challenges();
                match outcome {
                    Ok(()) => pause = FIRST_PAUSE,
                    Err(error) => {
                        tls.refuse(&format!("the authority at {} gives none: {error}", self.directory));
                        wait = pause;
                        pause = (pause * 2).min(LONGEST_PAUSE);
                    }
                }
            }
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    fn is_due(&self, tls: &Tls) -> bool {
        let Some(left) = tls.left_ms() else { return true };
        let (cert, key) = self.files();
        let lifetime = Pair::read(&cert, &key).map_or(0, |pair| pair.expires_at - pair.begins_at);
        left <= lifetime / 3
    }

    async fn renew(&self, tls: &Tls) -> Result<(), Failure> {
        let account = self.account().await?;
        let names: Vec<Identifier> = self.domains.iter().cloned().map(Identifier::Dns).collect();
        let mut order = account.new_order(&NewOrder::new(&names)).await?;
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            match authorization.status {
                AuthorizationStatus::Valid => continue,
                AuthorizationStatus::Pending => {}
                status => return Err(format!("an authorization is {status:?}").into()),
            }
            let mut challenge =
                authorization.challenge(ChallengeType::TlsAlpn01).ok_or("it does not offer tls-alpn-01")?;
            let name = challenge.identifier().to_string();
            tls.set_challenge(&name, challenge_certificate(&name, challenge.key_authorization().digest().as_ref())?);
            challenge.set_ready().await?;
        }
        match order.poll_ready(&RetryPolicy::default()).await? {
            OrderStatus::Ready => {}
            status => return Err(format!("the order is {status:?}: it could not reach this server").into()),
        }
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(self.domains.clone())?;
        params.distinguished_name.remove(DnType::CommonName);
        order.finalize_csr(params.serialize_request(&key)?.der()).await?;
        let chain = order.poll_certificate(&RetryPolicy::default()).await?;
        let key = key.serialize_pem();
        let pair = Pair::parse(chain.as_bytes(), key.as_bytes())?;
        let (cert_file, key_file) = self.files();
        self.write(&key_file, key.as_bytes())?;
        self.write(&cert_file, chain.as_bytes())?;
        self.write(&self.folder.join("domains"), format!("{}\n", self.domains.join("\n")).as_bytes())?;
        tls.install(pair);
        Ok(())
    }

    /// The account at this directory; made when there is none.
    async fn account(&self) -> Result<Account, Failure> {
        let builder = || match &self.ca {
            Some(ca) => Account::builder_with_root(ca),
            None => Account::builder(),
        };
        let file = self.folder.join("account.json");
        let kept =
            fs::read(&file).ok().and_then(|bytes| serde_json::from_slice::<(String, AccountCredentials)>(&bytes).ok());
        if let Some((_, credentials)) = kept.filter(|(directory, _)| *directory == self.directory) {
            return Ok(builder()?.from_credentials(credentials).await?);
        }
        let contact: Vec<String> = self.contact.iter().map(|address| format!("mailto:{address}")).collect();
        let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
        let new = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
        let (account, credentials) = builder()?.create(&new, self.directory.clone(), None).await?;
        self.write(&file, &serde_json::to_vec(&(&self.directory, &credentials))?)?;
        Ok(account)
    }

    /// Writes a file that only its owner reads, whole or not at all.
    fn write(&self, to: &Path, bytes: &[u8]) -> std::io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let beside = to.with_extension("new");
        fs::remove_file(&beside).or_else(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })?;
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, to)
    }
}

/// The certificate that proves a name (RFC 8737, 3): for nobody but the authority, and signed by nobody.
fn challenge_certificate(name: &str, digest: &[u8]) -> Result<Arc<CertifiedKey>, Failure> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::new(vec![name.to_owned()])?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let cert = params.self_signed(&key)?;
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    // Not by from_der: that reads the certificate, and the extension is critical and unknown to it.
    let key = super::provider().key_provider.load_private_key(key)?;
    Ok(Arc::new(CertifiedKey::new(vec![cert.der().clone()], key)))
}
