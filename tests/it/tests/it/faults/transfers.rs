//! Files made to break an import: each is refused or ends as a failed job; the process lives and stays small.

use std::io::Write;
use std::time::{Duration, Instant};

use kontor_testkit::{Api, Backend, Part, Server, both_alone};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use zip::write::SimpleFileOptions;

use super::payloads::Watch;
use super::rounds;

/// The same for a line of 64 MB and of 2 GB: what uploads and the database keep while they write.
const MOST_OF_A_LINE_KIB: u64 = 160 << 10;

both_alone!(files_that_are_nothing, a_bomb_is_not_unpacked, a_line_without_an_end);

/// How much memory the process may take on for one file.
const MOST_KIB: u64 = 64 << 10;

const FORMATS: [&str; 4] = ["csv", "ndjson", "xlsx", "vcard"];

fn options(format: &str) -> Value {
    json!({"object": "customer", "format": format})
}

/// What became of a file: how the upload was answered and, when it was taken, the job at its end.
async fn fate(api: &Api, format: &str, content: Vec<u8>) -> (u16, Value) {
    let form = [Part::json("options", &options(format)), Part::file("file", &format!("a.{format}"), content)];
    let reply = api.request("POST", "/v1/imports").form(&form).send().await;
    if reply.status != 202 {
        assert!((400..500).contains(&reply.status), "{format}: {reply}");
        return (reply.status, Value::Null);
    }
    (202, ended(api, reply.header("location")).await)
}

async fn ended(api: &Api, location: &str) -> Value {
    let start = Instant::now();
    loop {
        let job = api.get(location).await.expect(200).data().clone();
        if !["queued", "running"].contains(&job["state"].as_str().unwrap()) {
            return job;
        }
        assert!(start.elapsed() < Duration::from_secs(120), "{job}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn customers(api: &Api) -> Value {
    api.get("/v1/customers?count=exact&limit=1").await.expect(200).page()["total"].clone()
}

/// Bytes that look like noise, always the same.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_u32;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    (0..length).map(|_| byte()).collect()
}

fn sheet(rows: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut part = |name: &str, content: &[u8]| {
        zip.start_file(name, SimpleFileOptions::default()).expect("a part");
        zip.write_all(content).expect("its content");
    };
    part("[Content_Types].xml", br#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"#);
    part("xl/workbook.xml", br#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>"#);
    part("xl/_rels/workbook.xml.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#);
    part("xl/worksheets/sheet1.xml", rows);
    zip.finish().expect("a file").into_inner()
}

async fn files_that_are_nothing(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let (api, pid) = (server.api(), server.pid().expect("it runs"));
    let sound = sheet(br#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c></row></sheetData></worksheet>"#);
    let files = [
        ("nothing", Vec::new()),
        ("noise", noise(1 << 20)),
        ("zeros", vec![0; 1 << 20]),
        ("half a sheet", sound[..sound.len() / 2].to_vec()),
        ("a sheet without its last byte", sound[..sound.len() - 1].to_vec()),
        ("half a character", "name,mobile\n张".as_bytes()[..13].to_vec()),
        ("an open quotation", b"name,mobile,customer_type\n\"never closed".to_vec()),
        ("half an object", b"{\"name\": \"a".to_vec()),
        ("half a card", b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A".to_vec()),
        ("200,000 arrays", b"[".repeat(200_000)),
        ("a hundred thousand columns", b"a,".repeat(100_000)),
        ("a hundred thousand quotations", b"\"".repeat(100_001)),
        ("entities", sheet(br#"<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]><worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&c;</t></is></c></row></sheetData></worksheet>"#)),
    ];
    for (what, content) in files {
        for format in FORMATS {
            let watch = Watch::start(pid);
            let (status, job) = fate(&api, format, content.clone()).await;
            let state = job["state"].as_str().unwrap_or_default();
            assert!(status != 202 || ["failed", "succeeded"].contains(&state), "{what} as {format}: {job}");
            assert!(job["report"]["created"].as_u64().unwrap_or(0) == 0, "{what} as {format}: {job}");
            let grown = watch.grown();
            assert!(grown <= MOST_KIB, "{what} as {format} took {grown} KiB");
        }
    }
    assert_eq!(customers(&api).await, 0);
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

/// 192 MB of one cell, of many cells and of shared strings, each in a file of some 200 kB.
async fn a_bomb_is_not_unpacked(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let (api, pid) = (server.api(), server.pid().expect("it runs"));
    let begin = br#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>"#;
    let cells = b"</t></is></c><c t=\"inlineStr\"><is><t>x";
    let mebibytes = rounds(96, 192);
    for (what, filling) in [
        ("one cell", b"x".repeat(mebibytes << 20)),
        ("a row of cells", cells.repeat((mebibytes << 20) / cells.len())),
        ("one tag", [b"<a ".to_vec(), b"b".repeat(mebibytes << 20)].concat()),
    ] {
        let rows = [&begin[..], &filling, b"</t></is></c></row></sheetData></worksheet>"].concat();
        let bomb = tokio::task::spawn_blocking(move || sheet(&rows)).await.unwrap();
        let (size, watch) = (bomb.len(), Watch::start(pid));
        let (status, job) = fate(&api, "xlsx", bomb).await;
        let grown = watch.grown();
        eprintln!("{mebibytes} MiB as {what} in {size} bytes: {status} {} {grown} KiB more memory", job["state"]);
        assert!(status != 202 || job["state"] == "failed" || job["report"]["created"] == 0, "{what}: {job}");
        assert!(grown <= MOST_KIB, "{what} took {grown} KiB");
    }
    assert_eq!(customers(&api).await, 0);
}

/// A line that never ends, streamed: 64 MB by default, beyond the limit of 1 GiB in full.
async fn a_line_without_an_end(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let (api, pid) = (server.api(), server.pid().expect("it runs"));
    let mebibytes = rounds(64, 1_000);
    let sizes = if mebibytes > 64 { vec![900, 2_048] } else { vec![64] };
    for format in ["csv", "ndjson", "vcard"] {
        for size in &sizes {
            let watch = Watch::start(pid);
            let (status, head) = stream(&api, format, *size).await;
            assert!(status == 202 || status == 413 || status == 400, "{format}, {size} MB: {head}");
            assert!(*size < 1_024 || status != 202, "{format}: {size} MB were taken");
            if status == 202 {
                let location = head.lines().find_map(|line| line.strip_prefix("location: ")).expect("a job");
                let job = ended(&api, location.trim()).await;
                assert!(job["report"]["created"].as_u64().unwrap_or(0) == 0, "{job}");
            }
            let grown = watch.grown();
            eprintln!("a line of {size} MB as {format}: {status}, {grown} KiB more memory");
            assert!(grown <= MOST_OF_A_LINE_KIB, "{format} of {size} MB took {grown} KiB");
        }
    }
    assert_eq!(customers(&api).await, 0);
}

/// Uploads one line in chunks, until it is answered.
async fn stream(api: &Api, format: &str, mebibytes: usize) -> (u16, String) {
    let socket = TcpStream::connect(api.address()).await.expect("a connection");
    let (mut from, mut to) = socket.into_split();
    let key = api.key().unwrap_or_default();
    let head = format!(
        "POST /v1/imports HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\
         transfer-encoding: chunked\r\ncontent-type: multipart/form-data; boundary=b\r\n\r\n"
    );
    let begin = format!(
        "--b\r\ncontent-disposition: form-data; name=\"options\"\r\n\r\n{}\r\n--b\r\n\
         content-disposition: form-data; name=\"file\"; filename=\"a.{format}\"\r\n\r\n",
        options(format)
    );
    let writing = tokio::spawn(async move {
        let chunk = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
        let block = chunk(&b"a".repeat(1 << 20));
        to.write_all(&[head.into_bytes(), chunk(begin.as_bytes())].concat()).await?;
        for _ in 0..mebibytes {
            to.write_all(&block).await?;
        }
        to.write_all(&chunk(b"\r\n--b--\r\n")).await?;
        to.write_all(b"0\r\n\r\n").await?;
        // Kept open until the answer has been read.
        Ok::<_, std::io::Error>(to)
    });
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(180), from.read_to_end(&mut answer)).await.expect("an answer");
    let head = String::from_utf8_lossy(&answer).into_owned();
    writing.abort();
    (head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0), head)
}
