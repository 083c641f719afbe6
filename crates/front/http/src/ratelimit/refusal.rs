//! What a refused request is told.

use kontor_model::{Error, ErrorCode};

use super::gcra::Rule;
use super::policy::Subject;
use super::{Pass, RateLimits, headers};

impl RateLimits {
    /// The limit that takes longest to wait for.
    pub(super) fn refusal(&self, pass: &Pass) -> Error {
        let Some((bucket, level)) = pass.applied.iter().max_by_key(|(_, level)| level.wait_us) else {
            return Error::new(ErrorCode::RateLimited, "too many requests");
        };
        let name = bucket.subject.policy();
        self.refusals.iter().filter(|(limit, _)| *limit == name).for_each(|(_, counter)| counter.increment());
        let seconds = headers::seconds(level.wait_us).max(1);
        let (quota, window) = bucket.quota;
        let (code, detail) = match bucket.subject {
            Subject::Day(..) => (
                ErrorCode::QuotaUsedUp,
                format!(
                    "this credential has used its {quota} requests of the day; a new day begins at 00:00 UTC, in {seconds} s"
                ),
            ),
            Subject::Failures(_) => (
                ErrorCode::RateLimited,
                format!(
                    "more than {quota} bad credentials came from this address within {window} s; try again in {seconds} s"
                ),
            ),
            Subject::Key(_) | Subject::Space(_) | Subject::Ip(_) | Subject::Route(..) | Subject::Gate(..) => {
                let whose = match name {
                    "key" => "this credential",
                    "space" => "all credentials of this space together",
                    "ip" => "this address",
                    "sign_in" => "this address, at the sign-in pages,",
                    "token" => "this address, at the token endpoints,",
                    "search" => "this credential, searching and aggregating,",
                    "bulk" => "this credential, with batches, composites, imports and exports,",
                    _ => "this credential, changing metadata,",
                };
                let rate = match bucket.rule {
                    Rule::Rate { interval_us, .. } => 1_000_000 / interval_us.max(1),
                    Rule::Window { .. } => 0,
                };
                (
                    ErrorCode::RateLimited,
                    format!("{whose} may send {rate} requests a second and {quota} at once; try again in {seconds} s"),
                )
            }
        };
        Error::new(code, detail).with_retry_after(u32::try_from(seconds).unwrap_or(u32::MAX))
    }
}
