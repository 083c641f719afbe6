//! What `/readyz` says of the certificate.

use std::sync::Arc;

use super::Tls;
use crate::health::{Ask, Check};

/// Fewer days than that, and whoever renews it has not.
const SOON_MS: i64 = 7 * super::DAY_MS;

impl Tls {
    /// Whether a new certificate was refused, and whether the one in use is about to expire: the process works on with
    /// what it has.
    pub fn checks(self: &Arc<Self>) -> [Check; 2] {
        let (renewal, expiry) = (self.clone(), self.clone());
        let renewal: Ask = Box::new(move || {
            let refused = renewal.refused();
            Box::pin(async move { refused.map_or(Ok(()), Err) })
        });
        let expiry: Ask = Box::new(move || {
            let left = expiry.left_ms();
            Box::pin(async move {
                match left {
                    Some(left) if left >= SOON_MS => Ok(()),
                    Some(left) => Err(format!("{} days are left", left.div_euclid(super::DAY_MS))),
                    None => Err("there is none yet".to_owned()),
                }
            })
        });
        [Check { name: "tls_renewal", ask: renewal }, Check { name: "tls_certificate", ask: expiry }]
    }
}

#[cfg(test)]
mod tests {
    use super::super::pair::tests::made;
    use super::super::{Pair, Tls};
    use kontor_model::FixedClock;
    use std::sync::Arc;

    /// 2050-01-01.
    const END_MS: i64 = 2_524_608_000_000;

    async fn said(tls: &Arc<Tls>) -> [bool; 2] {
        let [renewal, expiry] = tls.checks();
        [(renewal.ask)().await.is_ok(), (expiry.ask)().await.is_ok()]
    }

    #[tokio::test]
    async fn a_week_before_the_end_somebody_should_know() {
        let (cert, key) = made("a.example", 2050);
        for (days, is_well) in [(8, true), (6, false), (-1, false)] {
            let tls = Tls::new(Arc::new(FixedClock::at(END_MS - days * 86_400_000))).unwrap();
            assert_eq!(said(&tls).await, [true, false], "there is none yet");
            tls.install(Pair::parse(cert.as_bytes(), key.as_bytes()).unwrap());
            assert_eq!(said(&tls).await, [true, is_well], "{days}");
        }
    }

    #[tokio::test]
    async fn what_was_refused_is_said_until_there_is_a_good_one() {
        let (cert, key) = made("a.example", 2050);
        let tls = Tls::new(Arc::new(FixedClock::at(0))).unwrap();
        tls.install(Pair::parse(cert.as_bytes(), key.as_bytes()).unwrap());
        tls.refuse("it is broken");
        assert_eq!(said(&tls).await, [false, true]);
        tls.install(Pair::parse(cert.as_bytes(), key.as_bytes()).unwrap());
        assert_eq!(said(&tls).await, [true, true]);
    }
}
