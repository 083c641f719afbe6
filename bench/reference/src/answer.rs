//! The answers, written by hand into one buffer: the same envelope and fields as the product's, at the least possible cost.

use axum::body::Bytes;
use kontor_bench_reference::rows::Contact;

/// A record as either back end lends it.
#[derive(Default)]
pub struct Record<'a> {
    pub id: i64,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub created_by: i64,
    pub updated_by: i64,
    pub owner_id: i64,
    /// first_name … external_id in the order of `TEXTS`, without `tags`.
    pub texts: [&'a str; 12],
    pub do_not_call: bool,
    pub do_not_email: bool,
    /// A JSON array already.
    pub tags: &'a str,
}

/// The text fields in the order in which both back ends store and lend them.
pub const TEXTS: [&str; 12] = [
    "first_name",
    "last_name",
    "email",
    "phone",
    "title",
    "company_name",
    "department",
    "city",
    "country",
    "lifecycle_stage",
    "birthday",
    "external_id",
];

/// The texts of a contact in that order.
pub fn texts(contact: &Contact) -> [&str; 12] {
    [
        &contact.first_name,
        &contact.last_name,
        &contact.email,
        &contact.phone,
        &contact.title,
        &contact.company_name,
        &contact.department,
        &contact.city,
        &contact.country,
        &contact.lifecycle_stage,
        &contact.birthday,
        &contact.external_id,
    ]
}

pub fn tags(contact: &Contact) -> String {
    serde_json::to_string(&contact.tags).unwrap_or_default()
}

/// `{"status":…,"data":{…},"meta":{…}}`.
pub fn one(status: u16, record: &Record<'_>) -> Bytes {
    let mut out = Vec::with_capacity(1_024);
    head(&mut out, status);
    write(&mut out, record);
    out.extend_from_slice(META);
    out.into()
}

/// A list of records; `more` becomes the cursor `created_at,id` of the last one.
#[derive(Default)]
pub struct List {
    out: Vec<u8>,
    rows: usize,
    last: (i64, i64),
    more: bool,
}

/// Rows in a page. One more is read, to know whether there is a next page.
pub const PAGE: usize = 50;

impl List {
    pub fn push(&mut self, record: &Record<'_>) {
        if self.rows == PAGE {
            self.more = true;
            return;
        }
        if self.rows == 0 {
            self.out.reserve(40_000);
            self.out.extend_from_slice(b"{\"status\":200,\"data\":[");
        } else {
            self.out.push(b',');
        }
        write(&mut self.out, record);
        self.rows += 1;
        self.last = (record.created_at, record.id);
    }

    pub fn finish(mut self) -> Bytes {
        if self.rows == 0 {
            self.out.extend_from_slice(b"{\"status\":200,\"data\":[");
        }
        self.out.extend_from_slice(
            b"],\"meta\":{\"request_id\":\"0190c0de00007000800000000000beef\",\"page\":{\"limit\":50,\"has_more\":",
        );
        self.out.extend_from_slice(if self.more { b"true" } else { b"false" });
        if self.more {
            let (at, id) = self.last;
            self.out.extend_from_slice(format!(",\"next_cursor\":\"{at},{id}\"").as_bytes());
        }
        self.out.extend_from_slice(b"}}}");
        self.out.into()
    }
}

/// The groups of the aggregate.
pub fn groups(groups: &[(String, i64)]) -> Bytes {
    let data: Vec<_> = groups.iter().map(|(stage, n)| serde_json::json!({"lifecycle_stage": stage, "n": n})).collect();
    serde_json::to_vec(&serde_json::json!({"status": 200, "data": data})).unwrap_or_default().into()
}

pub fn deleted(id: i64) -> Bytes {
    format!("{{\"status\":200,\"data\":{{\"id\":\"{id}\",\"deleted\":true}},\"meta\":{{}}}}").into()
}

/// The answer to a batch: status and id of each row.
pub fn created(ids: &[i64]) -> Bytes {
    let mut out = Vec::with_capacity(ids.len() * 64);
    out.extend_from_slice(b"{\"status\":200,\"data\":[");
    for (at, id) in ids.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"status\":201,\"data\":{\"id\":\"");
        integer(&mut out, *id);
        out.extend_from_slice(b"\"}}");
    }
    out.extend_from_slice(META);
    out.into()
}

const META: &[u8] = b",\"meta\":{\"request_id\":\"0190c0de00007000800000000000beef\"}}";

fn head(out: &mut Vec<u8>, status: u16) {
    out.extend_from_slice(b"{\"status\":");
    integer(out, i64::from(status));
    out.extend_from_slice(b",\"data\":");
}

fn write(out: &mut Vec<u8>, record: &Record<'_>) {
    out.extend_from_slice(b"{\"id\":\"");
    integer(out, record.id);
    out.extend_from_slice(b"\",\"object\":\"contact\",\"version\":");
    integer(out, record.version);
    for (name, at) in [("created_at", record.created_at), ("updated_at", record.updated_at)] {
        key(out, name);
        time(out, at);
    }
    for (name, id) in
        [("created_by", record.created_by), ("updated_by", record.updated_by), ("owner_id", record.owner_id)]
    {
        key(out, name);
        out.push(b'"');
        integer(out, id);
        out.push(b'"');
    }
    for (name, value) in TEXTS.iter().zip(record.texts) {
        key(out, name);
        text(out, value);
    }
    for (name, value) in [("do_not_call", record.do_not_call), ("do_not_email", record.do_not_email)] {
        key(out, name);
        out.extend_from_slice(if value { b"true" } else { b"false" });
    }
    key(out, "tags");
    out.extend_from_slice(record.tags.as_bytes());
    out.push(b'}');
}

fn key(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn text(out: &mut Vec<u8>, value: &str) {
    if value.bytes().all(|b| b >= 0x20 && b != b'"' && b != b'\\') {
        out.push(b'"');
        out.extend_from_slice(value.as_bytes());
        out.push(b'"');
    } else if let Ok(escaped) = serde_json::to_vec(value) {
        out.extend_from_slice(&escaped);
    }
}

fn integer(out: &mut Vec<u8>, value: i64) {
    let mut digits = [0u8; 20];
    let mut left = value.unsigned_abs();
    let mut used = 0;
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + u8::try_from(left % 10).unwrap_or(0);
        used += 1;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
}

/// RFC 3339 with milliseconds; the calendar is Hinnant's `civil_from_days`.
fn time(out: &mut Vec<u8>, at: i64) {
    let (days, ms) = (at.div_euclid(86_400_000), at.rem_euclid(86_400_000));
    let z = days + 719_468;
    let (era, doe) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    out.push(b'"');
    padded(out, year, 4);
    for (before, value, width) in [
        (b'-', month, 2),
        (b'-', doy - (153 * mp + 2) / 5 + 1, 2),
        (b'T', ms / 3_600_000, 2),
        (b':', ms / 60_000 % 60, 2),
        (b':', ms / 1_000 % 60, 2),
        (b'.', ms % 1_000, 3),
    ] {
        out.push(before);
        padded(out, value, width);
    }
    out.extend_from_slice(b"Z\"");
}

fn padded(out: &mut Vec<u8>, value: i64, width: u32) {
    for place in (0..width).rev() {
        out.push(b'0' + u8::try_from(value / 10_i64.pow(place) % 10).unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_json_with_its_time_in_rfc_3339() {
        let record =
            Record { id: 445_644_800_000_000_000, created_at: 1_700_000_000_123, tags: "[]", ..Record::default() };
        let value: serde_json::Value = serde_json::from_slice(&one(200, &record)).unwrap();
        assert_eq!(value["data"]["id"], "445644800000000000");
        assert_eq!(value["data"]["created_at"], "2023-11-14T22:13:20.123Z");
    }

    #[test]
    fn a_full_page_names_its_cursor() {
        let mut list = List::default();
        for id in 0..=50 {
            list.push(&Record { id, created_at: 9, tags: "[]", ..Record::default() });
        }
        let value: serde_json::Value = serde_json::from_slice(&list.finish()).unwrap();
        assert_eq!(value["data"].as_array().unwrap().len(), 50);
        assert_eq!(value["meta"]["page"]["next_cursor"], "9,49");
    }
}
