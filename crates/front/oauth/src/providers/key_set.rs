//! A provider's public keys (RFC 7517).

use std::sync::Arc;

use kontor_identity::providers::Provider;
use serde_json::Value as J;

use super::discovery::Discovered;
use super::{Broken, Federation, KEYS_MS};
use crate::jose::{Alg, Jwk, Jws};

/// More are not read.
const MOST: usize = 50;

struct Key {
    kid: Option<String>,
    /// The only algorithm that it is for, where the set says so.
    alg: Option<String>,
    key: Jwk,
}

/// Keys that verify signatures.
pub struct KeySet(Vec<Key>);

impl KeySet {
    /// Keys of other kinds, and for encryption, are left out.
    pub fn read(set: &J) -> Self {
        let text = |key: &J, name: &str| key.get(name).and_then(J::as_str).map(str::to_owned);
        let keys = set.get("keys").and_then(J::as_array).into_iter().flatten().take(MOST);
        let signing = keys.filter(|key| text(key, "use").is_none_or(|usage| usage == "sig"));
        Self(
            signing
                .filter_map(|key| Some(Key { kid: text(key, "kid"), alg: text(key, "alg"), key: Jwk::parse(key)? }))
                .collect(),
        )
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The key of a token: the one that it names, or without a name the only one that fits.
    pub fn key(&self, token: &Jws<'_>) -> Option<&Jwk> {
        let alg = token.alg();
        let fits =
            |key: &&Key| key.key.fits(alg) && key.alg.as_deref().is_none_or(|name| Alg::from_name(name) == Some(alg));
        let mut found = self.0.iter().filter(fits).filter(|key| match token.kid() {
            Some(kid) => key.kid.as_deref() == Some(kid),
            None => true,
        });
        let first = found.next()?;
        found.next().is_none().then_some(&first.key)
    }
}

impl Federation {
    /// Keys as of the last minutes; or of now, because a token names one that is not among them.
    ///
    /// # Errors
    /// The provider does not answer, or was asked too often.
    pub async fn keys(&self, provider: &Provider, of: &Discovered, anew: bool) -> Result<Arc<KeySet>, Broken> {
        let now = self.clock.now_ms();
        let name = format!("{} {}", provider.id, of.jwks_uri);
        if !anew
            && let Some((at, known)) = self.keys.get(&name)
            && (0..KEYS_MS).contains(&(now - at))
        {
            return Ok(known);
        }
        if anew && !self.strange_keys.count(&name, now) {
            return Err("its token is signed with a key that it does not publish".into());
        }
        let set = self.document(provider, of.jwks_uri.as_str()).await.map_err(|why| format!("its keys: {why}"))?;
        let read = Arc::new(KeySet::read(&set));
        self.keys.insert(name, (now, read.clone()));
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::{Signer, base64};
    use serde_json::json;

    fn token(header: &J) -> String {
        format!("{}.e30.AAAA", base64::encode(header.to_string().as_bytes()))
    }

    #[test]
    fn a_token_finds_its_own_key_only() {
        let signer = |alg| Signer::read(alg, &Signer::make(alg).unwrap()).unwrap().public();
        let with = |key: &Jwk, more: J| {
            let mut all = key.to_json();
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            all
        };
        let (one, other) = (signer(Alg::Es256), signer(Alg::Es256));
        let set = KeySet::read(&json!({"keys": [
            with(&one, json!({"kid": "1"})), with(&other, json!({"kid": "2", "alg": "ES256"})),
            with(&signer(Alg::EdDsa), json!({"kid": "3", "use": "enc"})), {"kty": "oct", "k": "AAAA", "kid": "4"}, 7]}));
        assert_eq!(set.len(), 2);
        let find = |header: J| set.key(&Jws::parse(&token(&header)).unwrap()).cloned();
        assert_eq!(find(json!({"alg": "ES256", "kid": "1"})), Some(one));
        assert_eq!(find(json!({"alg": "ES256", "kid": "2"})), Some(other));
        for none in [
            json!({"alg": "ES256", "kid": "9"}),
            json!({"alg": "EdDSA", "kid": "1"}),
            json!({"alg": "EdDSA", "kid": "3"}),
            json!({"alg": "ES256"}),
        ] {
            assert_eq!(find(none.clone()), None, "{none}");
        }
        let single = KeySet::read(&json!({"keys": [signer(Alg::EdDsa).to_json()]}));
        assert!(single.key(&Jws::parse(&token(&json!({"alg": "EdDSA"}))).unwrap()).is_some());
    }
}
