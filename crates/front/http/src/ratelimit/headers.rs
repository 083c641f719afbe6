//! `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11): lists of structured fields (RFC 9651),
//! a member for each limit that the request fell under.

use std::fmt::Write;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::gcra::Level;
use super::policy::Bucket;

pub const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
pub const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Seconds, rounded up: who waits that long has waited long enough.
pub fn seconds(us: u64) -> u64 {
    us.div_ceil(1_000_000)
}

/// Adds both fields; nothing where no limit applied.
pub fn write<'a>(limits: impl Iterator<Item = (&'a Bucket, &'a Level)>, headers: &mut HeaderMap) {
    let (mut policy, mut limit) = (String::new(), String::new());
    for (bucket, level) in limits {
        let comma = if policy.is_empty() { "" } else { ", " };
        let name = bucket.subject.policy();
        let (quota, window) = bucket.quota;
        // A refused request finds nothing left for it, whatever its cost.
        let remaining = if level.wait_us > 0 { 0 } else { level.remaining };
        let reset = seconds(level.reset_us.max(level.wait_us));
        // Writing to a string does not fail.
        let _ = write!(policy, "{comma}\"{name}\";q={quota};w={window}");
        let _ = write!(limit, "{comma}\"{name}\";r={remaining};t={reset}");
    }
    if let (false, Ok(policy), Ok(limit)) =
        (policy.is_empty(), HeaderValue::try_from(policy.as_str()), HeaderValue::try_from(limit))
    {
        headers.insert(POLICY, policy);
        headers.insert(LIMIT, limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ratelimit::gcra::Rule;
    use crate::ratelimit::policy::Subject;

    #[test]
    fn as_in_the_draft() {
        let bucket = |subject, quota| Bucket { subject, rule: Rule::rate(10, 100).unwrap(), cost: 1, quota };
        let buckets = [bucket(Subject::Key(1), (100, 10)), bucket(Subject::Day(1, 20_000), (50_000, 86_400))];
        let levels = [
            Level { wait_us: 0, remaining: 99, reset_us: 100_000 },
            Level { wait_us: 0, remaining: 49_999, reset_us: 3_600_000_000 },
        ];
        let mut headers = HeaderMap::new();
        write(buckets.iter().zip(&levels), &mut headers);
        assert_eq!(headers[POLICY], "\"key\";q=100;w=10, \"day\";q=50000;w=86400");
        assert_eq!(headers[LIMIT], "\"key\";r=99;t=1, \"day\";r=49999;t=3600");
        let mut none = HeaderMap::new();
        write(std::iter::empty(), &mut none);
        assert!(none.is_empty());
    }
}
