//! The certificate by ACME, from a small authority within the story: it speaks RFC 8555 as far as a client can tell,
//! and looks at the challenge as RFC 8737 has it. It does not check signatures of requests.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use kontor_testkit::Server;
use rcgen::{KeyPair, PublicKeyData, SignatureAlgorithm};
use rustls::ServerConfig;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use x509_cert::der::Decode;
use x509_cert::request::CertReq;

use super::{Authority, NAME, connect, folder, get, shown};

const TOKEN: &str = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
/// The member `id-pe-acmeIdentifier` (1.3.6.1.5.5.7.1.31), and the head of its 32 bytes.
const IDENTIFIER: &[u8] = &[6, 8, 43, 6, 1, 5, 5, 7, 1, 31];

/// What an authority remembers.
#[derive(Default)]
struct Books {
    /// Where the names that it certifies are reached.
    target: Option<String>,
    thumbprint: String,
    proven: bool,
    certificate: Option<String>,
    calls: HashMap<String, usize>,
}

/// The key of a certificate signing request (RFC 2986): what the certificate is made for.
struct Asked(Vec<u8>);

impl Asked {
    /// Of a request for [`NAME`].
    fn of(csr: &[u8]) -> Self {
        let request = CertReq::from_der(csr).unwrap();
        assert!(csr.windows(NAME.len()).any(|part| part == NAME.as_bytes()), "the request is for another name");
        Self(request.info.public_key.subject_public_key.raw_bytes().to_vec())
    }
}

impl PublicKeyData for Asked {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

struct Acme {
    url: String,
    authority: Authority,
    books: Mutex<Books>,
}

impl Acme {
    /// Serves over TLS with a certificate of its own authority.
    async fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = Authority::new();
        let key = KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let cert = params.signed_by(&key, &authority.0).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let url = format!("https://{}", listener.local_addr().unwrap());
        let acme = Arc::new(Self { url, authority, books: Mutex::default() });
        let serving = acme.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (acme, acceptor) = (serving.clone(), acceptor.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(socket).await {
                        acme.serve(stream).await;
                    }
                });
            }
        });
        acme
    }

    async fn serve(&self, stream: tokio_rustls::server::TlsStream<TcpStream>) {
        let mut stream = BufReader::new(stream);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
            let mut length = 0;
            loop {
                let mut header = String::new();
                stream.read_line(&mut header).await.unwrap();
                if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if header.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.unwrap();
            let (status, location, answer) = self.answer(&path, &body).await;
            let head = format!(
                "HTTP/1.1 {status} OK\r\nreplay-nonce: n{status}\r\ncontent-type: application/json\r\nlocation: {}{location}\r\ncontent-length: {}\r\n\r\n",
                self.url,
                answer.len()
            );
            let answer = if line.starts_with("HEAD") { String::new() } else { answer };
            stream.write_all(format!("{head}{answer}").as_bytes()).await.unwrap();
            stream.flush().await.unwrap();
        }
    }

    async fn answer(&self, path: &str, body: &[u8]) -> (u16, &'static str, String) {
        *self.books.lock().unwrap().calls.entry(path.to_owned()).or_default() += 1;
        let decoded = |member: &str| -> Value {
            let jose: Value = serde_json::from_slice(body).unwrap_or_default();
            let text = jose[member].as_str().unwrap_or_default();
            serde_json::from_slice(&BASE64URL_NOPAD.decode(text.as_bytes()).unwrap()).unwrap_or_default()
        };
        let at = |path: &str| format!("{}{path}", self.url);
        let (status, location, answer) = match path {
            "/directory" => (
                200,
                "",
                json!({"newNonce": at("/nonce"), "newAccount": at("/account"), "newOrder": at("/order"),
                    "revokeCert": at("/revoke"), "keyChange": at("/key")}),
            ),
            "/account" => {
                let jwk = &decoded("protected")["jwk"];
                // RFC 7638: the members in order, without white space.
                let canonical =
                    format!("{{\"crv\":{},\"kty\":{},\"x\":{},\"y\":{}}}", jwk["crv"], jwk["kty"], jwk["x"], jwk["y"]);
                let thumbprint = BASE64URL_NOPAD.encode(digest(&SHA256, canonical.as_bytes()).as_ref());
                self.books.lock().unwrap().thumbprint = thumbprint;
                (201, "/accounts/1", json!({"status": "valid"}))
            }
            "/order" => {
                assert_eq!(decoded("payload")["identifiers"], json!([{"type": "dns", "value": NAME}]));
                (201, "/orders/1", self.order())
            }
            "/orders/1" => (200, "/orders/1", self.order()),
            "/authorization" => {
                let status = if self.books.lock().unwrap().proven { "valid" } else { "pending" };
                let challenge =
                    json!({"type": "tls-alpn-01", "url": at("/challenge"), "token": TOKEN, "status": "pending"});
                let identifier = json!({"type": "dns", "value": NAME});
                (200, "", json!({"status": status, "identifier": identifier, "challenges": [challenge]}))
            }
            "/challenge" => {
                self.look().await;
                (200, "", json!({"type": "tls-alpn-01", "url": at("/challenge"), "token": TOKEN, "status": "valid"}))
            }
            "/finalize" => {
                let csr = BASE64URL_NOPAD.decode(decoded("payload")["csr"].as_str().unwrap().as_bytes()).unwrap();
                let key = Asked::of(&csr);
                let mut params = rcgen::CertificateParams::new(vec![NAME.to_owned()]).unwrap();
                params.not_after = rcgen::date_time_ymd(2090, 1, 1);
                let certificate = params.signed_by(&key, &self.authority.0).unwrap();
                self.books.lock().unwrap().certificate = Some(certificate.pem());
                (200, "/orders/1", self.order())
            }
            "/certificate" => {
                let certificate = self.books.lock().unwrap().certificate.clone().unwrap();
                return (200, "", format!("{certificate}{}", self.authority.0.pem()));
            }
            _ => (200, "", Value::Null),
        };
        (status, location, answer.to_string())
    }

    fn order(&self) -> Value {
        let books = self.books.lock().unwrap();
        let status = match (&books.certificate, books.proven) {
            (Some(_), _) => "valid",
            (None, true) => "ready",
            (None, false) => "pending",
        };
        json!({"status": status, "identifiers": [{"type": "dns", "value": NAME}],
            "authorizations": [format!("{}/authorization", self.url)], "finalize": format!("{}/finalize", self.url),
            "certificate": books.certificate.as_ref().map(|_| format!("{}/certificate", self.url))})
    }

    /// Looks at the certificate of the challenge.
    async fn look(&self) {
        let target = loop {
            if let Some(target) = self.books.lock().unwrap().target.clone() {
                break target;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.dangerous().with_custom_certificate_verifier(Arc::new(Anyone));
        let mut config = config.with_no_client_auth();
        config.alpn_protocols = vec![b"acme-tls/1".to_vec()];
        let socket = TcpStream::connect(target).await.unwrap();
        let name = ServerName::try_from(NAME).unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"acme-tls/1"[..]));
        let certificate = shown(&stream);
        let mut books = self.books.lock().unwrap();
        let wanted = digest(&SHA256, format!("{TOKEN}.{}", books.thumbprint).as_bytes());
        let has = |part: &[u8]| certificate.windows(part.len()).any(|window| window == part);
        books.proven = has(IDENTIFIER) && has(&[&[4, 32], wanted.as_ref()].concat());
    }
}

/// Trusts anyone: the certificate of a challenge is signed by nobody (RFC 8737, 3).
#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}

#[tokio::test]
async fn a_certificate_is_got_kept_and_not_asked_for_again() {
    let acme = Acme::start().await;
    let ca = folder().join("ca.pem");
    fs::write(&ca, acme.authority.0.pem()).unwrap();
    let server = Server::builder()
        .env("KONTOR_ACME_DOMAINS", NAME)
        .env("KONTOR_ACME_CONTACT", "ops@crm.test")
        .env("KONTOR_ACME_DIRECTORY", &format!("{}/directory", acme.url))
        .env("KONTOR_ACME_CA", ca.to_str().unwrap());
    let server = server.start().await;
    acme.books.lock().unwrap().target = Some(super::address(&server).to_owned());
    let client = acme.authority.client(&["http/1.1"]);
    let mut tries = 0;
    let first = loop {
        match connect(&server, &client).await {
            Ok(stream) => break shown(&stream),
            Err(_) if tries < 1_200 => tries += 1,
            Err(error) => panic!("{error}\n{}", server.log()),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(get(&server, &client, "/v1/customers?limit=1").await.status, 200);
    let folder = server.place().data().join("acme");
    for file in ["account.json", "key.pem", "certificate.pem"] {
        let mode = fs::metadata(folder.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    // It is kept: after a restart it is there at once, and nobody is asked.
    let asked = acme.books.lock().unwrap().calls.get("/order").copied();
    assert_eq!(asked, Some(1));
    let server = server.restart().await;
    let again = shown(&connect(&server, &client).await.unwrap());
    assert_eq!(again, first);
    assert_eq!(acme.books.lock().unwrap().calls.get("/order").copied(), asked);
}
