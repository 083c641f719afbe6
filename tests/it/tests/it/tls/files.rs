//! The certificate from files.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use kontor_testkit::{Builder, Server};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Authority, address, connect, folder, get, shown};

struct Files {
    cert: PathBuf,
    key: PathBuf,
}

impl Files {
    fn write(&self, (cert, key): &(String, String)) {
        fs::write(&self.cert, cert).unwrap();
        fs::write(&self.key, key).unwrap();
    }
}

/// A server with these files.
fn with_files(pair: &(String, String)) -> (Files, Builder) {
    let folder = folder();
    let files = Files { cert: folder.join("cert.pem"), key: folder.join("key.pem") };
    files.write(pair);
    let server = Server::builder()
        .env("KONTOR_TLS_CERT", files.cert.to_str().unwrap())
        .env("KONTOR_TLS_KEY", files.key.to_str().unwrap());
    (files, server)
}

fn der((cert, _): &(String, String)) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(cert.as_bytes()).unwrap()
}

#[tokio::test]
async fn answers_come_over_tls_and_say_so() {
    let authority = Authority::new();
    let pair = authority.issue(2090);
    let (_files, server) = with_files(&pair);
    let server = server.start().await;
    assert!(server.url().starts_with("https://127.0.0.1:"), "{}", server.url());
    let client = authority.client(&["http/1.1"]);
    let reply = get(&server, &client, "/v1/customers?limit=1").await;
    assert_eq!(reply.status, 200, "{}", reply.head);
    assert!(reply.head.contains("strict-transport-security: max-age=63072000"), "{}", reply.head);
    let metadata = get(&server, &client, "/.well-known/openid-configuration").await;
    assert_eq!(metadata.json()["issuer"], server.url());
    let ready = get(&server, &client, "/readyz").await.json();
    assert_eq!((&ready["status"], &ready["checks"]["tls_certificate"]["status"]), (&"ok".into(), &"ok".into()));
    let metrics = String::from_utf8(get(&server, &client, "/metrics").await.body).unwrap();
    let days = metrics.lines().find_map(|line| line.strip_prefix("tls_certificate_expires_days "));
    assert!(days.unwrap().parse::<i64>().unwrap() > 20_000, "{days:?}");
    // The commands beside it come by TLS too, and know the certificate by its file.
    let file = server.place().root().join("customers.csv");
    fs::write(&file, "name,mobile,customer_type\n张三,13800138000,standard\n").unwrap();
    let output = server.place().output(&["import", "customer", file.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    let doctor = server.place().output(&["doctor"]);
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(doctor.status.success() && said.contains("ok     certificate:") && said.contains("days"), "{said}");
}

#[tokio::test]
async fn both_protocols_are_spoken_and_old_versions_are_not() {
    let authority = Authority::new();
    let (_files, server) = with_files(&authority.issue(2090));
    let server = server.start().await;
    for (offered, taken) in [(&["h2", "http/1.1"][..], "h2"), (&["http/1.1"], "http/1.1")] {
        let stream = connect(&server, &authority.client(offered)).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(taken.as_bytes()));
    }
    let mut two = connect(&server, &authority.client(&["h2"])).await.unwrap();
    two.write_all(&[crate::bad_input::http2::BEGIN, &crate::bad_input::http2::get(1, "/healthz")].concat())
        .await
        .unwrap();
    let mut answer = vec![0; 4_096];
    let mut got = Vec::new();
    while !String::from_utf8_lossy(&got).contains("{\"status\":\"ok\"}") {
        let n = two.read(&mut answer).await.unwrap();
        assert!(n > 0, "closed: {got:?}");
        got.extend_from_slice(&answer[..n]);
    }
    // Plain HTTP, TLS 1.1, and a challenge that nobody set.
    let mut plain = TcpStream::connect(address(&server)).await.unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut text = Vec::new();
    plain.read_to_end(&mut text).await.ok();
    assert!(!String::from_utf8_lossy(&text).contains("HTTP/1.1"), "{text:?}");
    let mut old = TcpStream::connect(address(&server)).await.unwrap();
    // A hello of TLS 1.1 with one cipher suite.
    let hello = [&[1, 0, 0, 43, 3, 2][..], &[7; 32], &[0, 0, 2, 0, 0x2f, 1, 0, 0, 0]].concat();
    old.write_all(&[&[22, 3, 1, 0, u8::try_from(hello.len()).unwrap()][..], &hello].concat()).await.unwrap();
    let mut alert = Vec::new();
    old.read_to_end(&mut alert).await.ok();
    assert_eq!(alert.first(), Some(&21), "an alert: {alert:?}");
    assert!(connect(&server, &authority.client(&["acme-tls/1"])).await.is_err());
}

/// What `/readyz` says of the renewal.
async fn renewal(server: &Server, authority: &Authority) -> String {
    let ready = get(server, &authority.client(&["http/1.1"]), "/readyz").await;
    assert_eq!(ready.status, 200, "{}", ready.head);
    ready.json()["checks"]["tls_renewal"]["status"].as_str().unwrap().to_owned()
}

/// Waits until handshakes are answered with this certificate.
async fn until_shown(server: &Server, authority: &Authority, pair: &(String, String)) {
    let client = authority.client(&["http/1.1"]);
    for _ in 0..1_200 {
        if shown(&connect(server, &client).await.unwrap()) == der(pair) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the new certificate is never in use:\n{}", server.log());
}

#[tokio::test]
async fn new_files_are_taken_and_broken_ones_are_not() {
    let authority = Authority::new();
    let (first, second, third) = (authority.issue(2090), authority.issue(2091), authority.issue(2092));
    let (files, server) = with_files(&first);
    let server = server.start().await;
    until_shown(&server, &authority, &first).await;
    // A connection that is open goes on with what it began with.
    let client = authority.client(&["http/1.1"]);
    let mut open = connect(&server, &client).await.unwrap();
    files.write(&second);
    until_shown(&server, &authority, &second).await;
    open.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut text = Vec::new();
    open.read_to_end(&mut text).await.unwrap();
    assert!(text.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&text));
    // The key of another: refused at once when the process is told to look.
    files.write(&(third.0.clone(), first.1.clone()));
    server.signal("HUP");
    for _ in 0..1_200 {
        if renewal(&server, &authority).await == "degraded" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(renewal(&server, &authority).await, "degraded", "{}", server.log());
    // A client that was here before would resume what it began with.
    let new = authority.client(&["http/1.1"]);
    assert_eq!(shown(&connect(&server, &new).await.unwrap()), der(&second));
    assert!(server.log().contains("the key is not that of the certificate"));
    let doctor = server.place().output(&["doctor"]);
    assert!(!doctor.status.success() && String::from_utf8_lossy(&doctor.stdout).contains("wrong  certificate"));
    files.write(&third);
    until_shown(&server, &authority, &third).await;
    assert_eq!(renewal(&server, &authority).await, "ok");
    // A key is never in the log.
    let line = third.1.lines().nth(1).unwrap();
    assert!(!server.log().contains(line));
}

#[tokio::test]
async fn what_does_not_fit_ends_the_start() {
    let mut server = Server::builder().start().await;
    server.kill();
    let place = server.place();
    let folder = folder();
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let (good, other) = (Authority::new().issue(2090), Authority::new().issue(2090));
    fs::write(&cert, &good.0).unwrap();
    fs::write(&key, &other.1).unwrap();
    for (settings, said) in [
        (vec![("KONTOR_TLS_CERT", cert.to_str().unwrap())], "tls.cert is set without tls.key"),
        (vec![("KONTOR_TLS_KEY", key.to_str().unwrap())], "tls.key is set without tls.cert"),
        (
            vec![("KONTOR_TLS_CERT", cert.to_str().unwrap()), ("KONTOR_TLS_KEY", key.to_str().unwrap())],
            "the key is not that of the certificate",
        ),
        (
            vec![("KONTOR_TLS_CERT", "/nowhere/cert.pem"), ("KONTOR_TLS_KEY", key.to_str().unwrap())],
            "/nowhere/cert.pem",
        ),
        (
            vec![
                ("KONTOR_TLS_CERT", cert.to_str().unwrap()),
                ("KONTOR_TLS_KEY", key.to_str().unwrap()),
                ("KONTOR_ACME_DOMAINS", "crm.test"),
            ],
            "not both",
        ),
    ] {
        let mut command = place.command(&["up", "--listen", "127.0.0.1:0"]);
        let output = command.envs(settings).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && text.contains(said), "{said}: {text}");
    }
}
