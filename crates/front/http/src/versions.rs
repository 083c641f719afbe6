//! Step 8: the version of the API (api.md 9). Handlers are those of version 1: the path of another version is theirs,
//! the version stands beside it, and what no catalog reads or writes is translated here.

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, LINK, LOCATION};
use axum::http::{Extensions, HeaderName, HeaderValue, Response, Uri};
use bytes::Bytes;
use kontor_catalog::versions;
use kontor_config::Config;
use kontor_model::time::{DAY_MS, civil_from_days, parse_datetime};
use kontor_model::{ApiVersion, Error, Json, Result};
use serde_json::Value as J;

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// The version that a request is of; version 1 for a path that has none.
pub fn of(extensions: &Extensions) -> ApiVersion {
    extensions.get().copied().unwrap_or_default()
}

/// The path that the handlers know.
///
/// # Errors
/// 500000, for an address that was one a moment ago.
pub fn handlers_uri(uri: &Uri, version: ApiVersion) -> Result<Uri> {
    let Some(rest) = uri.path().strip_prefix(version.prefix()) else { return Ok(uri.clone()) };
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}{rest}{query}", ApiVersion::V1.prefix()).parse().map_err(Error::internal)
}

/// A body in version 1's words. What is no JSON, or says nothing that differs, stays as it was sent.
pub fn up(version: ApiVersion, body: Bytes) -> Bytes {
    if version == ApiVersion::V1 || Json::parse(&body).is_err() {
        return body;
    }
    let Ok(sent) = serde_json::from_slice::<J>(&body) else { return body };
    let mut document = sent.clone();
    versions::up(version, &mut document);
    if document == sent { body } else { document.to_string().into() }
}

/// An answer in the version's words: its `Location`, and its body when `translate` says so.
pub async fn down(version: ApiVersion, translate: bool, mut response: Response<Body>) -> Response<Body> {
    if version == ApiVersion::V1 {
        return response;
    }
    let place = response.headers().get(LOCATION).and_then(|place| place.to_str().ok()).map(|path| version.path(path));
    if let Some(Ok(place)) = place.map(HeaderValue::try_from) {
        response.headers_mut().insert(LOCATION, place);
    }
    let json = |value: &HeaderValue| value.as_bytes().starts_with(b"application/json");
    if !translate || !response.headers().get(CONTENT_TYPE).is_some_and(json) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        return crate::problem(&Error::internal("an answer broke off before its end"), "");
    };
    let Ok(mut document) = serde_json::from_slice::<J>(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    versions::down(version, &mut document);
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(document.to_string()))
}

/// What the answers of a version on its way out say.
#[derive(Debug, Default)]
pub struct Notices {
    v1: Option<Notice>,
}

#[derive(Debug)]
struct Notice {
    /// RFC 9745: `@1688169599`
    deprecation: Option<HeaderValue>,
    /// RFC 8594: an HTTP date.
    sunset: Option<HeaderValue>,
}

impl Notices {
    pub fn new(config: &Config) -> Self {
        let moment = |text: &Option<String>| text.as_deref().and_then(|text| parse_datetime(text).ok());
        let deprecated = moment(&config.versions.v1_deprecated_at);
        let sunset = moment(&config.versions.v1_sunset_at);
        let notice = Notice {
            deprecation: deprecated.and_then(|ms| format!("@{}", ms.div_euclid(1_000)).try_into().ok()),
            sunset: sunset.and_then(|ms| http_date(ms).try_into().ok()),
        };
        Self { v1: (deprecated.is_some() || sunset.is_some()).then_some(notice) }
    }

    /// Adds the headers to an answer to `path`.
    pub fn add(&self, version: ApiVersion, path: &str, headers: &mut HeaderMap) {
        let (Some(notice), ApiVersion::V1, Some(successor)) = (&self.v1, version, version.successor()) else { return };
        for (name, value) in [(DEPRECATION, &notice.deprecation), (SUNSET, &notice.sunset)] {
            if let Some(value) = value {
                headers.insert(name, value.clone());
            }
        }
        if let Ok(link) = HeaderValue::try_from(format!("<{}>; rel=\"successor-version\"", successor.path(path))) {
            headers.append(LINK, link);
        }
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
fn http_date(ms: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (days, seconds) = (ms.div_euclid(DAY_MS), ms.rem_euclid(DAY_MS) / 1_000);
    let (year, month, day) = civil_from_days(days);
    let named = |names: &[&'static str], at: i64| {
        usize::try_from(at).ok().and_then(|at| names.get(at)).copied().unwrap_or_default()
    };
    format!(
        "{}, {day:02} {} {year:04} {:02}:{:02}:{:02} GMT",
        named(&DAYS, days.rem_euclid(7)),
        named(&MONTHS, month - 1),
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handlers_see_version_1() {
        let uri = |text: &'static str| Uri::from_static(text);
        let rewritten = handlers_uri(&uri("/v2/deals/7?limit=1&q=/v2/"), ApiVersion::V2).unwrap();
        assert_eq!(rewritten, uri("/v1/deals/7?limit=1&q=/v2/"));
        assert_eq!(handlers_uri(&uri("/v1/deals"), ApiVersion::V1).unwrap(), uri("/v1/deals"));
    }

    #[test]
    fn bodies_without_times_are_left_alone() {
        let same = |text: &'static str| up(ApiVersion::V2, Bytes::from_static(text.as_bytes())) == text;
        assert!(same("{\"amount\": 199.990, \"n\": 1}") && same("{\"a\":1,\"a\":2}") && same("{") && same(""));
        let body = up(ApiVersion::V2, Bytes::from_static(b"{\"expires_at\": 1740747600000}"));
        assert_eq!(body, "{\"expires_at\":\"2025-02-28T13:00:00.000Z\"}");
    }

    #[tokio::test]
    async fn answers_are_translated_where_no_catalog_wrote_them() {
        let answer = || {
            let body = Body::from("{\"data\":{\"created_at\":\"2025-02-28T13:00:00.000Z\"}}");
            Response::builder()
                .header(CONTENT_TYPE, "application/json")
                .header(LOCATION, "/v1/jobs/7")
                .body(body)
                .unwrap()
        };
        for (version, translate, body, place) in [
            (ApiVersion::V1, true, "\"2025-02-28T13:00:00.000Z\"", "/v1/jobs/7"),
            (ApiVersion::V2, true, "1740747600000", "/v2/jobs/7"),
            (ApiVersion::V2, false, "\"2025-02-28T13:00:00.000Z\"", "/v2/jobs/7"),
        ] {
            let response = down(version, translate, answer()).await;
            assert_eq!(response.headers()[LOCATION], place);
            let bytes = axum::body::to_bytes(response.into_body(), 1_000).await.unwrap();
            assert_eq!(bytes, format!("{{\"data\":{{\"created_at\":{body}}}}}"));
        }
    }

    #[test]
    fn a_version_on_its_way_out_says_so() {
        let mut config = Config::default();
        let headers = |config: &Config, version| {
            let mut headers = HeaderMap::new();
            Notices::new(config).add(version, "/v1/deals/7", &mut headers);
            headers
        };
        assert!(headers(&config, ApiVersion::V1).is_empty());
        config.versions.v1_deprecated_at = Some("1994-11-06T08:49:37Z".to_owned());
        config.versions.v1_sunset_at = Some("2028-02-29T00:00:00Z".to_owned());
        let there = headers(&config, ApiVersion::V1);
        assert_eq!(
            (&there[DEPRECATION], &there[SUNSET]),
            (&HeaderValue::from_static("@784111777"), &HeaderValue::from_static("Tue, 29 Feb 2028 00:00:00 GMT"))
        );
        assert_eq!(there[LINK], "</v2/deals/7>; rel=\"successor-version\"");
        assert!(headers(&config, ApiVersion::V2).is_empty());
        assert_eq!(http_date(784_111_777_000), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
