//! Signature Version 4, with which AWS knows who calls (AWS General Reference, "Create a signed AWS API request").

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};
use url::Url;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// What stays as it is: RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same in a path.
const ENCODED_PATH: &AsciiSet = &ENCODED.remove(b'/');

/// Who signs, and for what.
pub(crate) struct Signer<'a> {
    pub access_key_id: &'a str,
    pub secret: &'a str,
    pub region: &'a str,
    pub service: &'a str,
}

/// A part of a URL, encoded as the signature has it.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hashed(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// The query in its canonical order and form.
fn query(url: &Url) -> String {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let raw = url.query().unwrap_or_default();
    let mut pairs: Vec<(String, String)> = raw
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encoded(&decoded(name)), encoded(&decoded(value))))
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

impl Signer<'_> {
    /// The headers that a request is sent with: `x-amz-date` and `authorization`. `headers` are further ones that are
    /// signed, names in small letters; `now` is in Unix milliseconds.
    pub fn sign(
        &self,
        method: &str,
        url: &Url,
        headers: &[(&str, &str)],
        body: &[u8],
        now: i64,
    ) -> [(&'static str, String); 2] {
        let moment = Timestamp::from_millisecond(now).unwrap_or_default().strftime("%Y%m%dT%H%M%SZ").to_string();
        let day = moment.get(..8).unwrap_or_default();
        let host = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let mut signed: Vec<(&str, &str)> = [("host", host.as_str()), ("x-amz-date", moment.as_str())].to_vec();
        signed.extend(headers);
        signed.sort_unstable();
        let names = signed.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let lines: String = signed.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        // The path is encoded twice, but for S3.
        let path = utf8_percent_encode(url.path(), ENCODED_PATH);
        let request = format!("{method}\n{path}\n{}\n{lines}\n{names}\n{}", query(url), hashed(body));
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let text = format!("{ALGORITHM}\n{moment}\n{scope}\n{}", hashed(request.as_bytes()));
        let first = mac(format!("AWS4{}", self.secret).as_bytes(), day);
        let key = [self.region, self.service, "aws4_request"].iter().fold(first, |key, part| mac(&key, part));
        let signature = hex(&mac(&key, &text));
        let credential = format!("{}/{scope}", self.access_key_id);
        let authorization =
            format!("{ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}");
        [("x-amz-date", moment), ("authorization", authorization)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2015-08-30T12:36:00Z, the moment of AWS' test suite.
    const THEN: i64 = 1_440_938_160_000;

    fn signer<'a>(region: &'a str, service: &'a str) -> Signer<'a> {
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        Signer { access_key_id: "AKIDEXAMPLE", secret, region, service }
    }

    /// AWS' test suite for Signature Version 4: get-vanilla, post-vanilla, get-vanilla-query-order-key-case.
    #[test]
    fn the_vectors_of_the_test_suite() {
        for (method, url, expected) in [
            (
                "GET",
                "https://example.amazonaws.com/",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "POST",
                "https://example.amazonaws.com/",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                "GET",
                "https://example.amazonaws.com/?Param2=value2&Param1=value1",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
        ] {
            let url = Url::parse(url).unwrap();
            let [(_, date), (_, signed)] = signer("us-east-1", "service").sign(method, &url, &[], b"", THEN);
            assert_eq!(date, "20150830T123600Z");
            let expected = format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                 SignedHeaders=host;x-amz-date, Signature={expected}"
            );
            assert_eq!(signed, expected, "{method} {url}");
        }
    }

    /// The example of the IAM guide, with a header more.
    #[test]
    fn the_example_of_the_guide() {
        let url = Url::parse("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08").unwrap();
        let headers = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        let [_, (_, signed)] = signer("us-east-1", "iam").sign("GET", &url, &headers, b"", THEN);
        assert!(signed.ends_with("=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"), "{signed}");
    }

    /// As botocore 1.44.5 signs them.
    #[test]
    fn invocations_and_addresses_of_functions() {
        let now = "2026-11-22T01:02:03Z".parse::<Timestamp>().unwrap().as_millisecond();
        for (url, expected) in [
            (
                "https://lambda.eu-central-1.amazonaws.com/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-central-1%3A123456789012%3Afunction%3Ascore/invocations?Qualifier=live",
                "78c13887d127a051426b2fb5ff614ff1ea75bebf02844a6d714605b977b0630c",
            ),
            (
                "https://abc.lambda-url.eu-central-1.on.aws/a%20b/c?z=1&a=x%2Fy&a=b%20c&q",
                "35e7a4083654d124c17171adfe40d88846c40af42c5c9362351cfca7df4060eb",
            ),
        ] {
            let url = Url::parse(url).unwrap();
            let headers = [("content-type", "application/json")];
            let [_, (_, signed)] = signer("eu-central-1", "lambda").sign("POST", &url, &headers, br#"{"n":7}"#, now);
            assert!(signed.ends_with(&format!("=content-type;host;x-amz-date, Signature={expected}")), "{signed}");
        }
    }
}
