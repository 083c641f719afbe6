//! TLS, the internal listener, and what connections may do. Connections know nothing of databases: SQLite is enough.

mod acme;
mod files;
mod internal;

use std::path::PathBuf;
use std::sync::Arc;

use kontor_testkit::{RawReply, Server, serial};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The name that certificates are for.
const NAME: &str = "crm.test";

/// An authority of a story's own.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate for [`NAME`] that is good to the end of a year, and its key, in PEM.
    fn issue(&self, until: i32) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![NAME.to_owned(), "127.0.0.1".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(until, 12, 31);
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }

    /// A client that trusts nobody else.
    fn client(&self, protocols: &[&str]) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        TlsConnector::from(Arc::new(config))
    }
}

/// A folder for files of a story; the system cleans up.
fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("kontor-it-{}-tls", serial()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn address(server: &Server) -> &str {
    server.url().split_once("://").unwrap().1
}

/// A connection to a server under [`NAME`].
async fn connect(server: &Server, client: &TlsConnector) -> std::io::Result<TlsStream<TcpStream>> {
    let socket = TcpStream::connect(address(server)).await?;
    client.connect(ServerName::try_from(NAME).unwrap(), socket).await
}

/// The certificate that a connection was answered with.
fn shown(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
}

/// Asks over TLS with HTTP/1.1.
async fn get(server: &Server, client: &TlsConnector, path: &str) -> RawReply {
    let mut stream = connect(server, client).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {NAME}\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
        server.key()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    RawReply { status, head: head.to_owned(), body: body.as_bytes().to_vec() }
}
