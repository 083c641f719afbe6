//! Signing keys and their rotation: a key is shown in the JWKS two days before it signs, signs for thirty days, and is
//! shown until the last token that it signed has expired. All processes read them from the store.

pub mod seal;

use std::sync::{Arc, PoisonError, RwLock};

use kontor_model::{Clock, Error, Kind, Result, Value};
use kontor_store::Store;
use kontor_store::system::oauth::OAUTH_KEY;
use serde_json::json;

use crate::ACCESS_TOKEN_S;
use crate::db::{self, Row};
use crate::jose::{Alg, Jwk, Signer};
use seal::Vault;

const PURPOSE: &str = "oauth/signing-key/1";
const DAY: i64 = 86_400_000;
const SIGNS: i64 = 30 * DAY;
const SHOWN_BEFORE: i64 = 2 * DAY;
/// After the last signature: the life of a token and what clocks may differ.
const SHOWN_AFTER: i64 = (ACCESS_TOKEN_S + 120) * 1_000;
/// A rotation by hand waits until caches of the JWKS (5 minutes) have met the new key.
const HEED: i64 = 600_000;
/// How old the list may be for signing, and for a key that is not known.
const FRESH: i64 = 2_000;
const LEAST: i64 = 1_000;
/// What is signed with.
pub const ALGS: [Alg; 2] = [Alg::EdDsa, Alg::Es256];

/// One key.
pub struct Key {
    pub kid: String,
    pub alg: Alg,
    pub public: Jwk,
    /// None when it was sealed under another master key: then it only verifies.
    signer: Option<Signer>,
    /// Unix milliseconds, as all times here.
    signs_from: i64,
    signs_until: i64,
    shown_until: i64,
}

impl Key {
    /// A signed token (RFC 7515).
    ///
    /// # Errors
    /// The library's.
    pub fn sign(&self, typ: &str, claims: &serde_json::Value) -> Result<String> {
        let signer = self.signer.as_ref().ok_or_else(|| Error::internal("a key that only verifies was to sign"))?;
        signer.sign(typ, Some(&self.kid), claims)
    }
}

struct Known {
    keys: Vec<Arc<Key>>,
    at: i64,
}

/// All keys of the installation.
pub struct Ring {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    vault: Arc<Vault>,
    known: RwLock<Arc<Known>>,
}

const COLUMNS: &[(&str, Kind)] = &[
    ("kid", Kind::Text),
    ("alg", Kind::Text),
    ("public", Kind::Json),
    ("sealed", Kind::Bytes),
    ("signs_from", Kind::Int),
    ("signs_until", Kind::Int),
    ("shown_until", Kind::Int),
];

impl Ring {
    /// Reads the keys and makes those that are missing.
    ///
    /// # Errors
    /// The database's.
    pub async fn open(store: Arc<dyn Store>, clock: Arc<dyn Clock>, vault: Arc<Vault>) -> Result<Self> {
        let known = RwLock::new(Arc::new(Known { keys: Vec::new(), at: i64::MIN }));
        let ring = Self { store, clock, vault, known };
        for alg in ALGS {
            ring.signer(alg).await?;
        }
        Ok(ring)
    }

    /// The key that signs now.
    ///
    /// # Errors
    /// As [`Ring::open`].
    pub async fn signer(&self, alg: Alg) -> Result<Arc<Key>> {
        let now = self.clock.now_ms();
        let known = self.read(FRESH).await?;
        let able = |key: &Key| key.alg == alg && key.signer.is_some();
        let last = known.keys.iter().filter(|k| able(k)).map(|k| k.signs_until).max();
        let current = |known: &Known| {
            let ours = known.keys.iter().filter(|k| able(k) && k.signs_from <= now && now < k.signs_until);
            ours.max_by(|a, b| (a.signs_from, &a.kid).cmp(&(b.signs_from, &b.kid))).cloned()
        };
        if let Some(key) = current(&known) {
            if last.is_some_and(|last| last - now < SHOWN_BEFORE) {
                self.make(alg, key.signs_until).await?;
            }
            return Ok(key);
        }
        self.make(alg, now).await?;
        current(&*self.read(i64::MIN).await?).ok_or_else(|| Error::internal("there is no signing key"))
    }

    /// The key of a token.
    ///
    /// # Errors
    /// The database's.
    pub async fn find(&self, kid: &str) -> Result<Option<Arc<Key>>> {
        let now = self.clock.now_ms();
        let pick = |known: &Known| known.keys.iter().find(|k| k.kid == kid && now < k.shown_until).cloned();
        let known = self.known();
        match pick(&known) {
            Some(key) => Ok(Some(key)),
            None => Ok(pick(&*self.read(LEAST).await?)),
        }
    }

    /// The public keys (RFC 7517, 5).
    ///
    /// # Errors
    /// The database's.
    pub async fn jwks(&self) -> Result<serde_json::Value> {
        let now = self.clock.now_ms();
        let known = self.read(LEAST).await?;
        let keys = known.keys.iter().filter(|k| now < k.shown_until).map(|key| {
            let mut jwk = key.public.to_json();
            if let Some(members) = jwk.as_object_mut() {
                members.insert("kid".into(), json!(key.kid));
                members.insert("alg".into(), json!(key.alg.name()));
                members.insert("use".into(), json!("sig"));
            }
            jwk
        });
        Ok(json!({"keys": keys.collect::<Vec<_>>()}))
    }

    /// New keys that sign in ten minutes; the old ones are believed until their last token has expired. Their ids.
    ///
    /// # Errors
    /// The database's.
    pub async fn rotate(&self) -> Result<Vec<String>> {
        let mut made = Vec::new();
        for alg in ALGS {
            made.push(self.make(alg, self.clock.now_ms() + HEED).await?);
        }
        Ok(made)
    }

    /// Forgets keys that are shown no more.
    ///
    /// # Errors
    /// The database's.
    pub async fn sweep(&self) -> Result<()> {
        let now = self.clock.now_ms();
        let known = self.read(FRESH).await?;
        let mut batch = db::batch();
        for key in known.keys.iter().filter(|k| k.shown_until + DAY < now) {
            batch.writes.push(db::delete(OAUTH_KEY, vec![db::text("kid", &key.kid)]));
        }
        if batch.writes.is_empty() { Ok(()) } else { db::commit(&*self.store, batch).await.map(drop) }
    }

    async fn make(&self, alg: Alg, signs_from: i64) -> Result<String> {
        let bytes = Signer::make(alg)?;
        let public = Signer::read(alg, &bytes)?.public();
        let kid = public.thumbprint();
        let signs_until = signs_from + SIGNS;
        let mut batch = db::batch();
        batch.writes.push(db::insert(
            OAUTH_KEY,
            vec![
                db::text("kid", &kid),
                db::text("alg", alg.name()),
                db::json("public", &public.to_json()),
                ("sealed", Kind::Bytes, Value::Bytes(self.vault.seal(PURPOSE, &kid, &bytes)?)),
                db::int("signs_from", signs_from),
                db::int("signs_until", signs_until),
                db::int("shown_until", signs_until + SHOWN_AFTER),
            ],
        ));
        db::commit(&*self.store, batch).await?;
        self.read(i64::MIN).await?;
        tracing::info!(kid, alg = alg.name(), "a signing key was made");
        Ok(kid)
    }

    fn known(&self) -> Arc<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The keys as they were at most `age` milliseconds ago.
    async fn read(&self, age: i64) -> Result<Arc<Known>> {
        let now = self.clock.now_ms();
        let known = self.known();
        // A clock that was put back makes the list old, not young for ever.
        if (0..age).contains(&now.saturating_sub(known.at)) {
            return Ok(known);
        }
        let rows = db::rows(&*self.store, OAUTH_KEY, COLUMNS, vec![]).await?;
        let keys = rows.iter().map(|row| self.key(row, &known)).collect::<Result<Vec<_>>>()?;
        let new = Arc::new(Known { keys, at: now });
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = new.clone();
        Ok(new)
    }

    fn key(&self, row: &Row, known: &Known) -> Result<Arc<Key>> {
        let kid = row.text("kid");
        if let Some(key) = known.keys.iter().find(|k| k.kid == kid) {
            return Ok(key.clone());
        }
        let alg = Alg::from_name(&row.text("alg")).ok_or_else(|| Error::internal("a stored key has no algorithm"))?;
        let public = Jwk::parse(&row.json("public")).filter(|public| public.alg() == alg);
        let public = public.ok_or_else(|| Error::internal("a stored key is no public key"))?;
        // A backup may come back without its master key: what was signed stays good, new keys sign.
        let signer = match self.vault.open(PURPOSE, &kid, &row.bytes("sealed")) {
            Ok(bytes) => Some(Signer::read(alg, &bytes)?).filter(|signer| signer.public() == public),
            Err(_) => None,
        };
        if signer.is_none() {
            tracing::warn!(kid, "a signing key was sealed under another master key; it only verifies");
        }
        let (signs_from, signs_until) = (row.int("signs_from"), row.int("signs_until"));
        Ok(Arc::new(Key { kid, alg, public, signer, signs_from, signs_until, shown_until: row.int("shown_until") }))
    }
}
