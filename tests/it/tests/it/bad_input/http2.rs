//! HTTP/2 that is made to exhaust, frame by frame (RFC 9113, 10.5): the connection ends, and neighbours notice nothing.

use std::time::Duration;

use kontor_testkit::{Api, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::faults::{Neighbour, Watch, rounds};

/// The preface and empty settings.
pub const BEGIN: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const PRIORITY: u8 = 2;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// How much memory the process may take on.
const MOST_KIB: u64 = 32 << 10;
/// The slowest machine closes a flood within that.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[a, b, c, kind, flags][..], &stream.to_be_bytes(), payload].concat()
}

/// Header fields of a GET, without a table (RFC 7541, 6.2.2 and A).
fn fields(path: &str) -> Vec<u8> {
    let length = u8::try_from(path.len()).unwrap();
    [&[0x82, 0x86, 0x04, length][..], path.as_bytes(), &[0x01, 1, b'a']].concat()
}

/// A GET as one frame.
pub fn get(stream: u32, path: &str) -> Vec<u8> {
    frame(HEADERS, END_STREAM | END_HEADERS, stream, &fields(path))
}

/// What came of a flood.
struct End {
    /// Bytes that were taken of it.
    taken: usize,
    /// The code of the GOAWAY, when there was one.
    code: Option<u32>,
}

/// Sends parts until the connection is closed, reading what comes.
async fn flood(api: &Api, mut part: impl FnMut(u32) -> Vec<u8> + Send + 'static) -> End {
    let (mut from, mut to) = TcpStream::connect(api.address()).await.unwrap().into_split();
    let sending = tokio::spawn(async move {
        let mut taken = 0;
        to.write_all(BEGIN).await.ok();
        for number in 0..u32::MAX {
            let bytes = part(number);
            if to.write_all(&bytes).await.is_err() {
                break;
            }
            taken += bytes.len();
        }
        taken
    });
    let mut all = Vec::new();
    let read = tokio::time::timeout(PATIENCE, async {
        let mut bytes = [0; 16 << 10];
        while let Ok(n @ 1..) = from.read(&mut bytes).await {
            // The end is looked for, not what was said before.
            all.extend_from_slice(&bytes[..n]);
            let old = all.len().saturating_sub(64 << 10);
            all.drain(..old);
        }
    });
    assert!(read.await.is_ok(), "the connection is not closed");
    drop(from);
    let taken = tokio::time::timeout(PATIENCE, sending).await.expect("the sender ends").unwrap();
    let goaway = all.windows(9).rposition(|head| head[3] == GOAWAY && head[5..9] == [0; 4] && head[0] == 0);
    let code = goaway.and_then(|at| all.get(at + 13..at + 17)).map(|code| u32::from_be_bytes(code.try_into().unwrap()));
    End { taken, code }
}

/// Streams of a client: odd numbers.
const fn stream(number: u32) -> u32 {
    number * 2 + 1
}

#[tokio::test]
async fn floods_end_the_connection_and_hurt_nobody() {
    let server = Server::builder().start().await;
    let (api, pid) = (server.api(), server.pid().expect("it runs"));
    let key = api.key().unwrap().to_owned();
    let long = {
        // The credential makes the request worth something: `authorization` is 23 of the static table.
        let value = format!("Bearer {key}");
        let mut block = fields("/v1/customers?limit=500");
        block.extend([0x0f, 8, u8::try_from(value.len()).unwrap()]);
        block.extend(value.as_bytes());
        block
    };
    let many = |one: Vec<u8>| move |_: u32| one.repeat(64);
    let times = rounds(1, 10);
    for round in 0..times {
        let neighbour = Neighbour::of(&api);
        let watch = Watch::start(pid);
        let mut ends = Vec::new();
        ends.push(("pings", flood(&api, many(frame(PING, 0, 0, &[0; 8]))).await));
        ends.push(("settings", flood(&api, many(frame(SETTINGS, 0, 0, &[0, 4, 0, 1, 0, 0]))).await));
        ends.push(("empty settings", flood(&api, many(frame(SETTINGS, 0, 0, &[]))).await));
        ends.push(("priorities", flood(&api, many(frame(PRIORITY, 0, 1, &[0, 0, 0, 3, 1]))).await));
        ends.push(("unknown frames", flood(&api, many(frame(0xfa, 0, 0, b"x"))).await));
        let block = long.clone();
        let resets = move |number: u32| {
            let open = frame(HEADERS, END_STREAM | END_HEADERS, stream(number), &block);
            [open, frame(RST_STREAM, 0, stream(number), &[0, 0, 0, 8])].concat()
        };
        ends.push(("rapid reset", flood(&api, resets).await));
        // Each overflows a window, so that the server resets the stream.
        let made_reset = |number: u32| {
            let open = get(stream(number), "/v1/customers");
            [open, frame(WINDOW_UPDATE, 0, stream(number), &[0x7f, 0xff, 0xff, 0xff])].concat()
        };
        ends.push(("made you reset", flood(&api, made_reset).await));
        let continued = |number: u32| match number {
            0 => frame(HEADERS, 0, 1, &fields("/")),
            _ => frame(CONTINUATION, 0, 1, &[b"\0\x01x\x7f\x01".as_slice(), &[b'y'; 128]].concat()),
        };
        ends.push(("continuations", flood(&api, continued).await));
        let empty = |number: u32| match number {
            0 => frame(HEADERS, 0, 1, &fields("/")),
            _ => frame(CONTINUATION, 0, 1, &[]).repeat(64),
        };
        ends.push(("empty continuations", flood(&api, empty).await));
        let nothing = |number: u32| match number {
            0 => frame(
                HEADERS,
                END_HEADERS,
                1,
                &[&[0x83, 0x86, 0x04, 13][..], b"/v1/customers", &[0x01, 1, b'a']].concat(),
            ),
            _ => frame(DATA, 0, 1, &[]).repeat(64),
        };
        ends.push(("empty data", flood(&api, nothing).await));
        let bomb = |number: u32| match number {
            // Four kilobytes are kept in the table and then named again and again.
            0 => {
                let value = [b'v'; 126];
                let block = [&fields("/")[..], &[0x40, 1, b'n', 126], &value].concat();
                frame(HEADERS, END_STREAM | END_HEADERS, 1, &block)
            }
            _ => {
                frame(HEADERS, END_STREAM | END_HEADERS, stream(number), &[&fields("/")[..], &[0xbe; 16_000]].concat())
            }
        };
        let bombs = tokio::time::timeout(Duration::from_secs(3), flood(&api, bomb)).await;
        let grown = watch.grown();
        for (what, end) in &ends {
            eprintln!("{what}: closed after {} bytes, GOAWAY {:?}", end.taken, end.code);
        }
        eprintln!("header bombs: {:?}; {grown} KiB more memory", bombs.map(|end| (end.taken, end.code)).ok());
        assert!(grown <= MOST_KIB, "round {round}: {grown} KiB");
        let times = neighbour.polite().await;
        eprintln!("round {round}: the neighbour: {times}");
    }
}

#[tokio::test]
async fn headers_that_are_too_large_are_refused_there_too() {
    let server = Server::builder().start().await;
    let api = server.api();
    // 100 KiB in one request; a literal of 16,000 bytes has its length as 127 and two more bytes (RFC 7541, 5.1).
    let field = [&[0x00, 1, b'x', 0x7f, 0x81, 0x7c][..], &[b'y'; 16_000]].concat();
    let (mut from, mut to) = TcpStream::connect(api.address()).await.unwrap().into_split();
    to.write_all(BEGIN).await.unwrap();
    to.write_all(&frame(HEADERS, END_STREAM, 1, &fields("/healthz"))).await.unwrap();
    for n in 0..7 {
        let flags = if n == 6 { END_HEADERS } else { 0 };
        if to.write_all(&frame(CONTINUATION, flags, 1, &field)).await.is_err() {
            break;
        }
    }
    let mut all = Vec::new();
    let mut bytes = [0; 4_096];
    // Status 431 as a literal, a reset of the stream or the end of the connection: not an answer with 200 (0x88).
    let answered = |all: &[u8]| {
        let said_so = all.windows(3).any(|three| three == b"431");
        let was_reset = all.windows(9).any(|head| head[3] == RST_STREAM && head[..3] == [0, 0, 4]);
        said_so || was_reset || all.windows(9).any(|head| head[3] == GOAWAY && head[5..9] == [0; 4])
    };
    let reading = tokio::time::timeout(PATIENCE, async {
        while !answered(&all) {
            match from.read(&mut bytes).await {
                Ok(n @ 1..) => all.extend_from_slice(&bytes[..n]),
                _ => return,
            }
        }
    });
    assert!(reading.await.is_ok(), "no answer: {all:?}");
    assert!(!all.windows(15).any(|text| text == b"{\"status\":\"ok\"}"));
    let _ = api.get("/v1/customers?limit=1").await.expect(200);
}
