//! The tricks by which a guard is tried.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

/// Names with what they lead to.
fn names(of: &[(&str, &[&str])]) -> Lookup {
    let known: HashMap<String, Vec<SocketAddr>> = of
        .iter()
        .map(|(name, all)| ((*name).to_owned(), all.iter().map(|a| SocketAddr::new(a.parse().unwrap(), 0)).collect()))
        .collect();
    Arc::new(move |name| {
        let found = known.get(&name).cloned();
        Box::pin(async move { found.ok_or_else(|| std::io::Error::other("no such name")) })
    })
}

/// A server that answers every connection with this; its port, what it was sent, and how often it was called.
async fn serve(answer: impl Into<Vec<u8>>) -> (u16, Arc<std::sync::Mutex<Vec<String>>>, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (heard, called) = (Arc::new(std::sync::Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
    let (keep, count, answer) = (heard.clone(), called.clone(), answer.into());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut text = Vec::new();
            let mut part = [0; 4_096];
            while !ended(&text) {
                match stream.read(&mut part).await {
                    Ok(read) if read > 0 => text.extend_from_slice(&part[..read]),
                    _ => break,
                }
            }
            keep.lock().unwrap().push(String::from_utf8_lossy(&text).into_owned());
            stream.write_all(&answer).await.ok();
        }
    });
    (port, heard, called)
}

fn ended(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn open() -> Egress {
    Egress::new(&["127.0.0.1/32".parse().unwrap()])
}

#[tokio::test]
async fn every_way_to_write_an_inner_address_is_refused() {
    let egress = Egress::new(&[]);
    for text in [
        "http://127.0.0.1:1/",
        "http://1.1.1.1/",
        "http://public.example/",
        "https://127.0.0.1:1/",
        "https://0177.0.0.1:1/",
        "https://0x7f000001:1/",
        "https://0x7f.1:1/",
        "https://2130706433:1/",
        "https://017700000001:1/",
        "https://127.1:1/",
        "https://0/",
        "https://１２７.0.0.1:1/",
        "https://[::ffff:7f00:1]:1/",
        "https://[::ffff:127.0.0.1]:1/",
        "https://[64:ff9b::7f00:1]:1/",
        "https://[2002:7f00:1::]:1/",
        "https://[::1]:1/",
        "https://[::]:1/",
        "https://user@1.1.1.1/",
        "https://user:password@1.1.1.1/",
        "https://:password@1.1.1.1/",
        "https://169.254.169.254/latest/meta-data/",
        "ftp://1.1.1.1/",
        "file:///etc/passwd",
        "gopher://1.1.1.1/",
        "data:text/plain,x",
    ] {
        assert_eq!(egress.json(&url(text)).await, Err(Failure::Refused), "{text}");
    }
    for text in ["https://localhost:1/", "https://localhost.:1/"] {
        assert_eq!(egress.json(&url(text)).await, Err(Failure::Away), "{text}");
    }
}

#[tokio::test]
async fn a_name_leads_nowhere_inside() {
    let lookup = names(&[
        ("inner.example", &["10.0.0.1"]),
        ("mapped.example", &["::ffff:127.0.0.1"]),
        ("mixed.example", &["1.1.1.1", "127.0.0.1"]),
        ("mixed6.example", &["2606:4700::1111", "64:ff9b::7f00:1"]),
        ("metadata.example", &["169.254.169.254"]),
        ("nothing.example", &[]),
    ]);
    let egress = Egress::with_lookup(&[], lookup);
    for name in ["inner", "mapped", "mixed", "mixed6", "metadata", "nothing", "unknown"] {
        assert_eq!(egress.json(&url(&format!("https://{name}.example/"))).await, Err(Failure::Away), "{name}");
    }
}

#[tokio::test]
async fn without_tls_only_what_is_allowed() {
    let (port, _, called) = serve(answer("200 OK", "{}")).await;
    let lookup = names(&[
        ("own.example", &["127.0.0.1"]),
        ("half.example", &["127.0.0.1", "1.1.1.1"]),
        ("public.example", &["1.1.1.1"]),
        ("other.example", &["127.0.0.2"]),
    ]);
    let allow = ["127.0.0.1/32".parse().unwrap()];
    let egress = Egress::with_lookup(&allow, lookup);
    assert!(egress.json(&url(&format!("http://own.example:{port}/"))).await.is_ok());
    assert!(egress.json(&url(&format!("http://127.0.0.1:{port}/"))).await.is_ok());
    assert!(egress.json(&url(&format!("http://2130706433:{port}/"))).await.is_ok());
    for name in ["half", "public", "other"] {
        assert_eq!(egress.json(&url(&format!("http://{name}.example:{port}/"))).await, Err(Failure::Away), "{name}");
    }
    assert_eq!(egress.json(&url(&format!("http://127.0.0.2:{port}/"))).await, Err(Failure::Refused));
    assert_eq!(called.load(Ordering::SeqCst), 3);
    assert!(egress.is_own(&url("http://127.0.0.1:1/")) && !egress.is_own(&url("http://127.0.0.2:1/")));
    // The public internet is nobody's own, whatever was allowed.
    let wide = Egress::new(&["0.0.0.0/0".parse().unwrap()]);
    assert!(!wide.is_own(&url("http://1.1.1.1/")) && wide.is_own(&url("http://10.0.0.1/")));
}

#[tokio::test]
async fn nothing_is_followed() {
    let (inner, _, called) = serve(answer("200 OK", "{}")).await;
    let moved = format!(
        "HTTP/1.1 307 x\r\nlocation: http://127.0.0.1:{inner}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    let (port, _, _) = serve(moved).await;
    assert_eq!(open().json(&url(&format!("http://127.0.0.1:{port}/"))).await, Err(Failure::Status(307)));
    assert_eq!(called.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_answer_has_an_end() {
    let large = answer("200 OK", &"x".repeat(70_000));
    let (port, _, _) = serve(large).await;
    let at = url(&format!("http://127.0.0.1:{port}/"));
    assert_eq!(open().json(&at).await, Err(Failure::TooLarge(65_536)));
    let roomy = open().send(Call::get(at.clone()).largest(70_000)).await.unwrap();
    assert_eq!((roomy.status, roomy.body.len()), (200, 70_000));
    // One byte and then nothing: the time is for the whole call.
    let (port, _, _) = serve("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx").await;
    let at = url(&format!("http://127.0.0.1:{port}/"));
    let cut = open().send(Call::get(at)).await.unwrap_err();
    assert_eq!(cut, Failure::Away, "it broke off");
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = url(&format!("http://{}/", silent.local_addr().unwrap()));
    let late = open().send(Call::get(at).timeout(Duration::from_millis(50))).await.unwrap_err();
    assert_eq!(late, Failure::TimedOut);
}

#[tokio::test]
async fn forms_json_and_headers_are_sent() {
    let (port, heard, _) = serve(answer("201 Created", r#"{"made": true}"#)).await;
    let at = url(&format!("http://127.0.0.1:{port}/x"));
    let header = (reqwest::header::AUTHORIZATION, reqwest::header::HeaderValue::from_static("Bearer secret"));
    let call = Call::post(at.clone()).form(&[("a b", "c&d=é")]).header(header.0, header.1);
    assert!(!format!("{call:?}").contains("secret"), "a header's value is kept out of logs");
    let made = open().send(call).await.unwrap();
    assert_eq!((made.status, made.json().unwrap()), (201, serde_json::json!({"made": true})));
    let _ = open().send(Call::post(at).json(&serde_json::json!({"x": 1}))).await.unwrap();
    let heard = heard.lock().unwrap();
    assert!(heard[0].starts_with("POST /x ") && heard[0].ends_with("\r\n\r\na+b=c%26d%3D%C3%A9"), "{}", heard[0]);
    assert!(heard[0].contains("authorization: Bearer secret"), "{}", heard[0]);
    assert!(heard[1].contains("content-type: application/json") && heard[1].ends_with("{\"x\":1}"), "{}", heard[1]);
}
