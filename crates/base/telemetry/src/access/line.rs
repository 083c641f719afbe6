//! A request as a line of bytes.

use std::io::Write;
use std::time::Duration;

use jiff::Timestamp;

use super::Entry;
use crate::escape;

const LONGEST: usize = 256;

pub(super) fn push_json_line(line: &mut Vec<u8>, entry: &Entry<'_>) {
    line.extend_from_slice(b"{\"time\":\"");
    push_time(line, entry.time_ms);
    line.extend_from_slice(b"\",\"log\":\"request\"");
    push_string(line, "request_id", Some(entry.request_id));
    push_string(line, "trace_id", entry.trace_id);
    push_string(line, "method", Some(entry.method));
    push_string(line, "route", Some(entry.route));
    push_number(line, "status", u64::from(entry.status));
    push_string(line, "error_type", entry.error_type);
    if let Some(code) = entry.error_code {
        push_number(line, "error_code", u64::from(code));
    }
    push_name(line, "duration_ms");
    push_ms(line, entry.duration);
    push_name(line, "db_ms");
    push_ms(line, entry.db);
    push_number(line, "retry_count", u64::from(entry.retry_count));
    push_string(line, "downstream_service", entry.downstream_service);
    push_string(line, "space", entry.space);
    push_string(line, "key_id", entry.key_id);
    push_string(line, "client_ip", entry.client_ip);
    line.extend_from_slice(b"}\n");
}

pub(super) fn push_text_line(line: &mut Vec<u8>, entry: &Entry<'_>) {
    push_time(line, entry.time_ms);
    for word in [entry.method, entry.route] {
        line.push(b' ');
        escape::push_text(line, cut(word));
    }
    line.push(b' ');
    push_digits(line, u64::from(entry.status), 1);
    line.push(b' ');
    push_ms(line, entry.duration);
    line.extend_from_slice(b" ms (db ");
    push_ms(line, entry.db);
    line.push(b')');
    for (name, value) in [
        ("error", entry.error_type),
        ("downstream", entry.downstream_service),
        ("space", entry.space),
        ("key", entry.key_id),
        ("client", entry.client_ip),
        ("request", Some(entry.request_id)),
    ] {
        if let Some(value) = value {
            line.push(b' ');
            line.extend_from_slice(name.as_bytes());
            line.push(b'=');
            escape::push_text(line, cut(value));
            if let (Some(code), "error") = (entry.error_code, name) {
                line.push(b'/');
                push_digits(line, u64::from(code), 1);
            }
        }
    }
    if entry.retry_count > 0 {
        line.extend_from_slice(b" retries=");
        push_digits(line, u64::from(entry.retry_count), 1);
    }
    line.push(b'\n');
}

fn push_name(line: &mut Vec<u8>, name: &str) {
    line.extend_from_slice(b",\"");
    line.extend_from_slice(name.as_bytes());
    line.extend_from_slice(b"\":");
}

fn push_string(line: &mut Vec<u8>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        push_name(line, name);
        line.push(b'"');
        escape::push_json(line, cut(value));
        line.push(b'"');
    }
}

fn push_number(line: &mut Vec<u8>, name: &str, value: u64) {
    push_name(line, name);
    push_digits(line, value, 1);
}

fn push_ms(line: &mut Vec<u8>, duration: Duration) {
    let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    push_digits(line, micros / 1_000, 1);
    line.push(b'.');
    push_digits(line, micros % 1_000, 3);
}

/// The number in decimal, with leading zeros up to `width`.
fn push_digits(line: &mut Vec<u8>, mut number: u64, width: usize) {
    let start = line.len();
    while number > 0 || line.len() < start + width {
        line.push(b'0' + (number % 10) as u8);
        number /= 10;
    }
    if let Some(digits) = line.get_mut(start..) {
        digits.reverse();
    }
}

fn push_time(line: &mut Vec<u8>, time_ms: i64) {
    let time = Timestamp::from_millisecond(time_ms).unwrap_or_default();
    // Writing to memory does not fail.
    let _ = write!(line, "{time:.3}");
}

fn cut(text: &str) -> &str {
    if text.len() <= LONGEST { text } else { text.split_at(text.floor_char_boundary(LONGEST)).0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry<'static> {
        Entry {
            time_ms: 1_700_000_000_123,
            request_id: "0192f1",
            method: "POST",
            route: "/v1/deals/{id}/win",
            status: 422,
            error_type: Some("business"),
            error_code: Some(422_000),
            duration: Duration::from_micros(12_034),
            db: Duration::from_micros(7),
            retry_count: 1,
            space: Some("104512398120374272"),
            key_id: Some("9"),
            ..Entry::default()
        }
    }

    fn json(entry: &Entry<'_>) -> String {
        let mut line = Vec::new();
        push_json_line(&mut line, entry);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn a_request_as_json() {
        assert_eq!(
            json(&entry()),
            concat!(
                r#"{"time":"2023-11-14T22:13:20.123Z","log":"request","request_id":"0192f1","method":"POST","#,
                r#""route":"/v1/deals/{id}/win","status":422,"error_type":"business","error_code":422000,"#,
                r#""duration_ms":12.034,"db_ms":0.007,"retry_count":1,"space":"104512398120374272","key_id":"9"}"#,
                "\n"
            )
        );
    }

    #[test]
    fn a_request_as_text() {
        let mut line = Vec::new();
        push_text_line(&mut line, &entry());
        assert_eq!(
            String::from_utf8(line).unwrap(),
            "2023-11-14T22:13:20.123Z POST /v1/deals/{id}/win 422 12.034 ms (db 0.007) error=business/422000 \
             space=104512398120374272 key=9 request=0192f1 retries=1\n"
        );
    }

    #[test]
    fn values_can_forge_nothing() {
        let long = "é".repeat(1_000);
        let evil = Entry { request_id: "a\",\"status\":200,\"x\":\"\n\u{1b}[2J", route: &long, ..entry() };
        let text = json(&evil);
        assert_eq!(text.matches('\n').count(), 1);
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["request_id"], evil.request_id);
        assert_eq!(read["status"], 422);
        assert_eq!(read["route"], "é".repeat(128));
    }
}
