//! The three layers of an answer (api.md 5), written as bytes.

use kontor_model::show::{write_int, write_string};

/// `meta.page`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Page<'a> {
    pub limit: u32,
    /// Absent behind a cursor.
    pub offset: Option<u64>,
    pub has_more: bool,
    pub next_cursor: Option<&'a str>,
    pub total: Option<u64>,
    pub total_is_minimum: bool,
}

const ROOM: usize = 256;

/// `{"status":…,"data":DATA,"meta":{"request_id":…}}`; `data` is JSON.
pub fn single(status: u16, data: &[u8], request_id: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() + ROOM);
    head(status, &mut out);
    out.extend_from_slice(data);
    meta(request_id, &mut out);
    out.extend_from_slice(b"}}");
    out
}

/// `{"status":200,"data":[DATA],"meta":{"request_id":…,"page":{…}}}`; `data` are JSON values separated by commas.
pub fn list(data: &[u8], page: Option<&Page<'_>>, request_id: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() + ROOM);
    head(200, &mut out);
    out.push(b'[');
    out.extend_from_slice(data);
    out.push(b']');
    meta(request_id, &mut out);
    if let Some(page) = page {
        out.extend_from_slice(b",\"page\":");
        write_page(page, &mut out);
    }
    out.extend_from_slice(b"}}");
    out
}

/// The page as an object.
pub fn write_page(page: &Page<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"limit\":");
    write_int(i64::from(page.limit), out);
    if let Some(offset) = page.offset {
        out.extend_from_slice(b",\"offset\":");
        write_int(i64::try_from(offset).unwrap_or(i64::MAX), out);
    }
    out.extend_from_slice(if page.has_more { b",\"has_more\":true" } else { b",\"has_more\":false" });
    out.extend_from_slice(b",\"next_cursor\":");
    match page.next_cursor {
        Some(cursor) => write_string(cursor, out),
        None => out.extend_from_slice(b"null"),
    }
    if let Some(total) = page.total {
        out.extend_from_slice(b",\"total\":");
        write_int(i64::try_from(total).unwrap_or(i64::MAX), out);
        if page.total_is_minimum {
            out.extend_from_slice(b",\"total_is_minimum\":true");
        }
    }
    out.push(b'}');
}

fn head(status: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"status\":");
    write_int(i64::from(status), out);
    out.extend_from_slice(b",\"data\":");
}

fn meta(request_id: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"meta\":{\"request_id\":");
    write_string(request_id, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layers_are_json() {
        assert_eq!(
            single(201, b"{\"id\":\"1\"}", "r\"1"),
            br#"{"status":201,"data":{"id":"1"},"meta":{"request_id":"r\"1"}}"#
        );
        let page = Page {
            limit: 50,
            offset: Some(0),
            has_more: true,
            next_cursor: Some("abc"),
            total: Some(9),
            total_is_minimum: false,
        };
        assert_eq!(
            String::from_utf8(list(b"1,2", Some(&page), "r")).unwrap(),
            r#"{"status":200,"data":[1,2],"meta":{"request_id":"r","page":{"limit":50,"offset":0,"has_more":true,"next_cursor":"abc","total":9}}}"#
        );
        assert_eq!(list(b"", None, "r"), br#"{"status":200,"data":[],"meta":{"request_id":"r"}}"#);
    }
}
