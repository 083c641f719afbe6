//! As much of HTTP/1.1 as an answer needs: status, length or chunks. Cheap, because the driver shares its cores with the server.

use anyhow::{Context, Result, bail};

/// Where an answer ends, and what it says.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    pub status: u16,
    pub body: std::ops::Range<usize>,
    /// Bytes of the whole answer.
    pub end: usize,
}

/// The answer at the start of `bytes`; `None` while it is incomplete.
pub fn frame(bytes: &[u8]) -> Result<Option<Frame>> {
    let Some(head) = find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let text = bytes.get(..head).unwrap_or_default();
    let status = text.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()).context("no HTTP answer")?;
    let status = status.parse().context("no HTTP status")?;
    let (mut length, mut chunked) = (None, false);
    for line in text.split(|byte| *byte == b'\n').skip(1) {
        // content-length and transfer-encoding are the only two names of interest, and no other has their lengths and first letters
        match line.get(..15).unwrap_or_default().to_ascii_lowercase().as_slice() {
            b"content-length:" => {
                let value = std::str::from_utf8(line.get(15..).unwrap_or_default()).unwrap_or_default();
                length = Some(value.trim().parse::<usize>().context("content-length")?);
            }
            b"transfer-encodi" => chunked = true,
            _ => {}
        }
    }
    let start = head + 4;
    if chunked {
        return Ok(chunks_end(bytes, start)?.map(|end| Frame { status, body: start..end, end }));
    }
    let end = start + length.unwrap_or(0);
    Ok((bytes.len() >= end).then_some(Frame { status, body: start..end, end }))
}

/// The end of the last chunk. The body keeps its chunk sizes: nothing here reads chunked bodies but the id in them.
fn chunks_end(bytes: &[u8], mut at: usize) -> Result<Option<usize>> {
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(line) = find(rest, b"\r\n") else { return Ok(None) };
        let size = std::str::from_utf8(rest.get(..line).unwrap_or_default()).unwrap_or_default();
        let Ok(size) = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16) else {
            bail!("bad chunk")
        };
        at += line + 2 + size + 2;
        if bytes.len() < at {
            return Ok(None);
        }
        if size == 0 {
            return Ok(Some(at));
        }
    }
}

pub fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// The first `"id":"…"` of a body.
pub fn id(body: &[u8]) -> Option<&str> {
    let start = find(body, b"\"id\":\"")? + 6;
    let rest = body.get(start..)?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    std::str::from_utf8(rest.get(..end)?).ok()
}

/// A request's bytes. `headers` are complete lines that all requests of a target share; a body is JSON.
pub fn request(out: &mut Vec<u8>, method: &str, path: &str, headers: &str, body: &[u8]) {
    request_of(out, (method, path), headers, ("application/json", body));
}

/// As [`request`], with the body's type.
pub fn request_of(out: &mut Vec<u8>, (method, path): (&str, &str), headers: &str, (media, body): (&str, &[u8])) {
    out.clear();
    for part in [method, " ", path, " HTTP/1.1\r\nhost: bench\r\n", headers] {
        out.extend_from_slice(part.as_bytes());
    }
    if !body.is_empty() {
        for part in ["content-type: ", media, "\r\ncontent-length: ", &body.len().to_string(), "\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_and_chunks_both_end_an_answer() {
        let plain = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP";
        assert_eq!(frame(plain).unwrap().unwrap(), Frame { status: 200, body: 38..40, end: 40 });
        assert_eq!(frame(&plain[..39]).unwrap(), None);
        let chunked = b"HTTP/1.1 404 X\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
        let whole = frame(chunked).unwrap().unwrap();
        assert_eq!((whole.status, whole.end), (404, chunked.len()));
        assert_eq!(frame(&chunked[..chunked.len() - 2]).unwrap(), None);
    }

    #[test]
    fn the_id_is_the_records_own() {
        assert_eq!(id(br#"{"data":{"company_id":"1","id":"2"}}"#), Some("2"));
    }
}
