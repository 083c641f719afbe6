//! A certificate with its key, read and checked.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_cert::Certificate;
use x509_cert::der::Decode;

/// What can be served.
#[derive(Clone)]
pub struct Pair {
    pub key: Arc<CertifiedKey>,
    /// Unix milliseconds.
    pub begins_at: i64,
    /// Unix milliseconds.
    pub expires_at: i64,
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pair").field("begins_at", &self.begins_at).field("expires_at", &self.expires_at).finish()
    }
}

impl Pair {
    /// # Errors
    /// What is wrong with which of the two; never what is in them.
    pub fn read(cert: &Path, key: &Path) -> Result<Self, String> {
        let read = |path: &Path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
        Self::parse(&read(cert)?, &read(key)?).map_err(|why| format!("{} and {}: {why}", cert.display(), key.display()))
    }

    /// Both as PEM, the leaf first.
    ///
    /// # Errors
    /// What is wrong with which of the two.
    pub fn parse(cert: &[u8], key: &[u8]) -> Result<Self, String> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(cert)
            .collect::<Result<_, _>>()
            .map_err(|error| format!("the certificate is not PEM: {error}"))?;
        let leaf = chain.first().ok_or("there is no certificate in the file")?;
        let read = Certificate::from_der(leaf).map_err(|error| format!("the certificate cannot be read: {error}"))?;
        let validity = read.tbs_certificate.validity;
        let ms = |time: x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_millis()).unwrap_or(i64::MAX);
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| format!("the key is not PEM: {error}"))?;
        let key = CertifiedKey::from_der(chain, key, &super::provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => "the key is not that of the certificate".to_owned(),
            error => format!("the key cannot be used: {error}"),
        })?;
        Ok(Self { key: Arc::new(key), begins_at: ms(validity.not_before), expires_at: ms(validity.not_after) })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A certificate and its key in PEM, good from 2020 to `until` (a year).
    pub fn made(name: &str, until: i32) -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    #[test]
    fn a_pair_says_how_long_it_is_good() {
        let (cert, key) = made("a.example", 2050);
        let pair = Pair::parse(cert.as_bytes(), key.as_bytes()).unwrap();
        assert_eq!((pair.begins_at, pair.expires_at), (1_577_836_800_000, 2_524_608_000_000));
    }

    #[test]
    fn what_does_not_fit_together_is_refused_without_showing_it() {
        let ((cert, key), (_, other)) = (made("a.example", 2050), made("b.example", 2050));
        let refused = |cert: &str, key: &str| Pair::parse(cert.as_bytes(), key.as_bytes()).unwrap_err();
        assert_eq!(refused(&cert, &other), "the key is not that of the certificate");
        assert!(refused("", &key).contains("no certificate"));
        for (cert, broken) in [(&cert, ""), (&cert, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")] {
            assert!(refused(cert, broken).contains("key"), "{broken}");
        }
        let half = &cert[..cert.len() / 2];
        assert!(refused(half, &key).contains("certificate"), "{}", refused(half, &key));
        let shown = refused(&cert, &other);
        assert!(!shown.contains(key.lines().nth(1).unwrap()));
    }
}
