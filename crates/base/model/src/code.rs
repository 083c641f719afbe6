//! The closed catalogue of errors: one table, from which the HTTP status, the answer, the docs page and the tests come
//! (api.md 7).

use serde::Serialize;

/// Which side has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorType {
    /// Something between the two sides failed: try again.
    Network,
    /// The request is not as the contract has it: change it.
    Protocol,
    /// A rule of the business refused it: decide.
    Business,
    /// This side failed.
    System,
}

macro_rules! catalogue {
    ($($name:ident = $number:literal, $kind:ident, $retry:literal, $title:literal, $advice:literal;)*) => {
        /// An error's code: the HTTP status × 1000 + n.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($name),* }

        impl ErrorCode {
            /// Every code, in order of its number.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$name),*];

            /// The number that callers see.
            pub const fn number(self) -> u32 { match self { $(ErrorCode::$name => $number),* } }

            /// Which side has to act.
            pub const fn error_type(self) -> ErrorType { match self { $(ErrorCode::$name => ErrorType::$kind),* } }

            /// Whether the same request may succeed later, unchanged.
            pub const fn retryable(self) -> bool { match self { $(ErrorCode::$name => $retry),* } }

            /// A short, constant name of the error.
            pub const fn title(self) -> &'static str { match self { $(ErrorCode::$name => $title),* } }

            /// What the caller can do about it.
            pub const fn advice(self) -> &'static str { match self { $(ErrorCode::$name => $advice),* } }
        }
    };
}

catalogue! {
    Malformed = 400_000, Protocol, false, "Malformed request", "Send well-formed JSON (RFC 8259): no duplicate keys, at most 32 levels deep, UTF-8. The detail says where reading stopped.";
    Invalid = 400_001, Protocol, false, "Validation failed", "Each entry of errors names a field, what is wrong with it and what would be right. All faults are reported at once.";
    UnknownField = 400_002, Protocol, false, "Unknown field", "The object has no such field; the nearest right name is given. GET /v1/metadata/objects/{object} lists them all.";
    BadQuery = 400_003, Protocol, false, "Bad filter, sort or expand", "The field cannot be queried like this. The detail names the nearest right field, operator or parameter.";
    LimitOutOfRange = 400_004, Protocol, false, "Limit out of range", "Ask for 1 to 500 records and follow next_cursor for more.";
    BadCursor = 400_005, Protocol, false, "Bad or expired cursor", "A cursor belongs to the query, space and version that it came from. Start again without one.";
    EnumNotAllowed = 400_006, Protocol, false, "Value not allowed", "Send one of the values in allowed.";
    BadMobile = 400_100, Protocol, false, "Incorrect mobile number", "Send a mobile number of the workspace's region; for China mainland 11 digits, the first two 13 to 19 (^1[3-9]\\d{9}$).";
    DuplicateName = 400_101, Business, false, "Duplicate customer name", "A customer of this name exists; its id is in the answer. Use it, or choose another name.";
    NoCredential = 401_000, Protocol, false, "No credential", "Send Authorization: Bearer with an API key or access token.";
    BadCredential = 401_001, Protocol, false, "Invalid credential", "The key or token is unknown, malformed or revoked. Create one with kontor keys create.";
    ExpiredCredential = 401_002, Protocol, false, "Expired credential", "Refresh the token, or create a new key.";
    Forbidden = 403_000, Business, false, "Not permitted", "The role behind this credential does not allow it. Ask an administrator of the workspace.";
    ScopeMissing = 403_001, Protocol, false, "Scope missing", "The credential lacks the scope that the detail names. Create one that has it.";
    NoRoute = 404_000, Protocol, false, "No such route", "Check the path against /openapi/v1.json.";
    NotFound = 404_001, Protocol, false, "No such record", "The record does not exist in this space, or this caller may not see it.";
    MethodNotAllowed = 405_000, Protocol, false, "Method not allowed", "Use one of the methods in the Allow header.";
    NotAcceptable = 406_000, Protocol, false, "Not acceptable", "The answer is application/json; accept it, or send no Accept header.";
    TooSlow = 408_000, Network, true, "Request too slow", "The body came at less than half a kilobyte a second. Send it faster, or in smaller parts.";
    Conflict = 409_000, Business, true, "Conflict", "Another change got in between several times. Read again and repeat the request.";
    NotUnique = 409_001, Business, false, "Value taken", "Another record has this value in a field that must be unique. Its id is in the answer.";
    LikelyDuplicate = 409_002, Business, false, "Likely duplicate", "Records that look like this one exist; their ids are in the answer. Send allow_duplicates=true to go on.";
    StillRunning = 409_003, Protocol, true, "Still running", "The first request with this Idempotency-Key has not finished. Try again in a moment.";
    VersionMoved = 412_000, Business, false, "Version has moved on", "The record was changed since it was read. Read it again, merge, and send the new version in If-Match.";
    TooLarge = 413_000, Protocol, false, "Too large", "Send less at once; the detail names the limit. Imports take up to 1 GiB.";
    UriTooLong = 414_000, Protocol, false, "URL too long", "Send the query as a body: POST /v1/{collection}/search.";
    UnsupportedMediaType = 415_000, Protocol, false, "Unsupported media type", "Send Content-Type: application/json.";
    RuleRefused = 422_000, Business, false, "Refused by a rule", "The rule is named in the detail.";
    IdempotencyReused = 422_001, Protocol, false, "Idempotency-Key reused", "This key came with another body before. Use a new key for a new request.";
    PreconditionRequired = 428_000, Protocol, false, "Precondition required", "Send If-Match with the version that was read.";
    RateLimited = 429_000, Protocol, true, "Rate limit reached", "Wait as long as Retry-After says.";
    QuotaUsedUp = 429_001, Business, true, "Daily quota used up", "Wait until the quota renews, or ask for a larger one.";
    HeadersTooLarge = 431_000, Protocol, false, "Headers too large", "Send at most 32 KiB of headers.";
    Unexpected = 500_000, System, true, "Unexpected error", "Try again; if it persists, report the request_id.";
    DatabaseTimeout = 500_301, System, true, "Database timeout", "The database did not answer in time. Try again after Retry-After; narrow the query if it persists.";
    Upstream = 502_000, Network, true, "Upstream failed", "A service behind this one failed. Try again.";
    Unavailable = 503_000, System, true, "Not available now", "Overloaded, starting, or a dependency is away. Try again after Retry-After.";
    UpstreamTimeout = 504_000, Network, true, "Upstream timed out", "A service behind this one, or the request as a whole, took too long. Try again.";
    StorageFull = 507_000, System, true, "Storage full", "The disk is full or the database is read-only. Nothing was changed; an operator has to make room.";
}

impl ErrorCode {
    /// The HTTP status.
    pub const fn status(self) -> u16 {
        (self.number() / 1000) as u16
    }

    /// The code with this number.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.number() == number)
    }

    /// A word for the fault in `errors[].code`.
    pub const fn word(self) -> &'static str {
        match self {
            ErrorCode::UnknownField => "unknown",
            ErrorCode::EnumNotAllowed => "not_allowed",
            ErrorCode::BadMobile => "format",
            ErrorCode::DuplicateName | ErrorCode::NotUnique => "taken",
            ErrorCode::LikelyDuplicate => "duplicate",
            ErrorCode::NotFound => "not_found",
            _ => "invalid",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_distinct_ordered_and_carry_their_status() {
        let numbers: Vec<u32> = ErrorCode::ALL.iter().map(|c| c.number()).collect();
        assert!(numbers.windows(2).all(|w| w[0] < w[1]));
        assert!(
            ErrorCode::ALL
                .iter()
                .all(|c| (400..600).contains(&c.status()) && ErrorCode::from_number(c.number()) == Some(*c))
        );
    }
}
