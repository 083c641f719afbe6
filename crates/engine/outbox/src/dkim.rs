//! Signatures of the sending domain (DKIM, RFC 6376; Ed25519 by RFC 8463), relaxed in head and body.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Headers that are signed where they are there (RFC 6376, 5.4.1).
const SIGNED: &[&str] = &[
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "auto-submitted",
    "list-unsubscribe",
    "list-unsubscribe-post",
];
/// The least that receivers take (RFC 8301, 3.2).
const RSA_BYTES: usize = 128;
/// Characters of a line of the signature.
const LINE: usize = 72;

enum Key {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// Signs mail for a domain.
pub struct Dkim {
    domain: String,
    selector: String,
    key: Key,
}

impl std::fmt::Debug for Dkim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}._domainkey.{}", self.selector, self.domain)
    }
}

impl Dkim {
    /// `pem` is a private key, RSA (PKCS #8 or PKCS #1) or Ed25519 (PKCS #8); its public part is in the DNS at
    /// `{selector}._domainkey.{domain}`.
    ///
    /// # Errors
    /// What is wrong with any of them, without the key.
    pub fn new(domain: &str, selector: &str, pem: &str) -> Result<Self, String> {
        let is_name = |name: &str| {
            !name.is_empty()
                && name.len() <= 253
                && name.split('.').all(|label| {
                    !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
                })
        };
        if !is_name(domain) {
            return Err("mail.dkim_domain must be a domain such as example.com".to_owned());
        }
        if !is_name(selector) {
            return Err("mail.dkim_selector must be a name such as kontor1".to_owned());
        }
        let key = key(pem)
            .ok_or("mail.dkim_key_file must hold a private key in PEM: RSA of 1024 bits or more, or Ed25519")?;
        Ok(Self { domain: domain.to_lowercase(), selector: selector.to_owned(), key })
    }

    /// The `DKIM-Signature` of a mail (lines end in CRLF), with the end of its last line; `at` is Unix seconds.
    ///
    /// # Errors
    /// The mail has no end of its head, or the key fails.
    pub fn sign(&self, mail: &[u8], at: i64) -> Result<String, String> {
        let cut = find(mail, b"\r\n\r\n").ok_or("the mail has no body")?;
        let (head, body) = mail.split_at(cut);
        let head = String::from_utf8_lossy(head);
        let fields = fields(&head);
        let mut names: Vec<&str> = Vec::new();
        let mut signed = String::new();
        for wanted in SIGNED {
            for (name, value) in fields.iter().rev().filter(|(name, _)| name == wanted) {
                names.push(name);
                signed.push_str(&format!("{name}:{value}\r\n"));
            }
        }
        // A second sender that somebody adds breaks the signature (RFC 6376, 8.15).
        names.push("from");
        let hash = STANDARD.encode(digest(&SHA256, &relaxed(body.get(4..).unwrap_or_default())));
        let algorithm = if matches!(self.key, Key::Rsa(_)) { "rsa-sha256" } else { "ed25519-sha256" };
        let (domain, selector) = (&self.domain, &self.selector);
        let list = names.join(":\r\n ");
        let unsigned = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={domain}; s={selector};\r\n t={at}; h={list};\r\n bh={hash};\r\n b="
        );
        signed.push_str(&format!("dkim-signature:{}", tidy(&unsigned)));
        let signature = STANDARD.encode(self.seal(signed.as_bytes())?);
        let lines: Vec<&str> =
            signature.as_bytes().chunks(LINE).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        Ok(format!("DKIM-Signature: {unsigned}{}\r\n", lines.join("\r\n ")))
    }

    fn seal(&self, text: &[u8]) -> Result<Vec<u8>, String> {
        match &self.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature)
                    .map_err(|_| "the mail could not be signed".to_owned())?;
                Ok(signature)
            }
            // What is signed is the hash of the text (RFC 8463, 3).
            Key::Ed25519(key) => Ok(key.sign(digest(&SHA256, text).as_ref()).as_ref().to_vec()),
        }
    }
}

fn key(pem: &str) -> Option<Key> {
    let inner: String = pem.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
    let der = STANDARD.decode(inner).ok()?;
    if let Ok(key) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der) {
        return Some(Key::Ed25519(key));
    }
    let rsa = RsaKeyPair::from_pkcs8(&der).or_else(|_| RsaKeyPair::from_der(&der)).ok()?;
    (rsa.public_modulus_len() >= RSA_BYTES).then_some(Key::Rsa(rsa))
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|part| part == wanted)
}

/// Headers in order: names in small letters, values unfolded and tidied (RFC 6376, 3.4.2).
fn fields(head: &str) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for line in head.split("\r\n") {
        match (line.starts_with([' ', '\t']), out.last_mut()) {
            (true, Some((_, value))) => value.push_str(line),
            _ => {
                if let Some((name, value)) = line.split_once(':') {
                    out.push((name.trim_end().to_ascii_lowercase(), value.to_owned()));
                }
            }
        }
    }
    out.into_iter().map(|(name, value)| (name, tidy(&value))).collect()
}

/// Unfolded, white space of any length one blank, none at the ends.
fn tidy(value: &str) -> String {
    let value = value.replace("\r\n", "");
    value.split([' ', '\t']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A body in its relaxed form (RFC 6376, 3.4.4).
fn relaxed(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut empty = 0_usize;
    let mut rest = body;
    while !rest.is_empty() {
        let (line, next) = match find(rest, b"\r\n") {
            Some(end) => (rest.get(..end).unwrap_or_default(), rest.get(end + 2..).unwrap_or_default()),
            None => (rest, Default::default()),
        };
        rest = next;
        let words: Vec<&[u8]> = line.split(|b| matches!(b, b' ' | b'\t')).collect();
        let leads = line.first().is_some_and(|b| matches!(b, b' ' | b'\t'));
        let full: Vec<&[u8]> = words.into_iter().filter(|word| !word.is_empty()).collect();
        if full.is_empty() {
            empty += 1;
            continue;
        }
        for _ in 0..std::mem::take(&mut empty) {
            out.extend_from_slice(b"\r\n");
        }
        if leads {
            out.push(b' ');
        }
        out.extend(full.join(&b' '));
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{ED25519, KeyPair, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    use super::*;

    /// RFC 6376, 3.4.5: the example of relaxed canonicalization.
    #[test]
    fn the_example_of_the_standard() {
        let head = "A: X\r\nB : Y\t\r\n\tZ  ";
        assert_eq!(fields(head), [("a".to_owned(), "X".to_owned()), ("b".to_owned(), "Y Z".to_owned())]);
        assert_eq!(relaxed(b" C \r\nD \t E\r\n\r\n\r\n"), b" C\r\nD E\r\n");
        assert_eq!(relaxed(b""), b"");
        assert_eq!(relaxed(b"\r\n\r\n"), b"");
        assert_eq!(relaxed(b"a\r\n\r\nb"), b"a\r\n\r\nb\r\n");
        // RFC 6376, 3.4.4: the hash of an empty body.
        assert_eq!(STANDARD.encode(digest(&SHA256, b"")), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }

    fn pem(der: &[u8]) -> String {
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der))
    }

    const MAIL: &str = "From: CRM <crm@example.com>\r\nTo: a@b.example\r\nSubject: Hello\r\n  there\r\n\
                        Message-ID: <7@example.com>\r\nX-Own: not signed\r\n\r\nGood  day \r\n\r\n";

    /// Verifies as a receiver does, from what is in the mail alone: tags, the body's hash, the signed headers bottom up.
    fn verifies(mail: &str, verify: &dyn Fn(&[u8], &[u8]) -> bool) -> bool {
        let unfolded = mail.replace("\r\n ", " ").replace("\r\n\t", " ");
        let (head, body) = unfolded.split_once("\r\n\r\n").unwrap();
        let raw_body = mail.split_once("\r\n\r\n").unwrap().1;
        assert!(!body.is_empty());
        let mut headers: Vec<(String, String)> = head
            .split("\r\n")
            .map(|line| line.split_once(':').unwrap())
            .map(|(n, v)| (n.trim().to_lowercase(), v.split_whitespace().collect::<Vec<_>>().join(" ")))
            .collect();
        let (_, signature) = headers.remove(0);
        let tag = |name: &str| {
            let found =
                signature.split(';').find_map(|part| part.trim().strip_prefix(&format!("{name}=")).map(str::to_owned));
            found.unwrap().replace(' ', "")
        };
        let mut lines: Vec<String> = raw_body
            .split("\r\n")
            .map(|line| {
                let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
                if line.starts_with(' ') && !words.is_empty() { format!(" {words}") } else { words }
            })
            .collect();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        let canonical: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        if STANDARD.encode(digest(&SHA256, canonical.as_bytes())) != tag("bh") {
            return false;
        }
        let mut text = String::new();
        for name in tag("h").split(':') {
            if let Some(at) = headers.iter().rposition(|(n, _)| n == name) {
                let (name, value) = headers.remove(at);
                text.push_str(&format!("{name}:{value}\r\n"));
            }
        }
        let emptied = signature.rsplit_once("b=").map(|(before, _)| format!("{before}b=")).unwrap();
        text.push_str(&format!("dkim-signature:{emptied}"));
        verify(text.as_bytes(), &STANDARD.decode(tag("b")).unwrap())
    }

    #[test]
    fn a_receiver_verifies_what_was_signed() {
        let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let public = rsa.public_key().as_ref().to_vec();
        let der: Pkcs8V1Der<'_> = rsa.as_der().unwrap();
        let dkim = Dkim::new("Example.com", "k1", &pem(der.as_ref())).unwrap();
        let by_rsa = move |text: &[u8], signature: &[u8]| {
            UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &public).verify(text, signature).is_ok()
        };
        holds(&dkim, "rsa-sha256", &by_rsa);
        let edwards = Ed25519KeyPair::generate().unwrap();
        let public = edwards.public_key().as_ref().to_vec();
        let dkim = Dkim::new("example.com", "k2", &pem(edwards.to_pkcs8v1().unwrap().as_ref())).unwrap();
        let by_edwards = move |text: &[u8], signature: &[u8]| {
            UnparsedPublicKey::new(&ED25519, &public).verify(digest(&SHA256, text).as_ref(), signature).is_ok()
        };
        holds(&dkim, "ed25519-sha256", &by_edwards);
    }

    fn holds(dkim: &Dkim, algorithm: &str, verify: &dyn Fn(&[u8], &[u8]) -> bool) {
        let signature = dkim.sign(MAIL.as_bytes(), 1_700_000_000).unwrap();
        assert!(signature.contains(&format!("a={algorithm}")) && signature.contains("d=example.com"), "{signature}");
        assert!(signature.split("\r\n").all(|line| line.len() <= 78 + 20), "{signature}");
        let mail = format!("{signature}{MAIL}");
        assert!(verifies(&mail, verify), "{mail}");
        // Folding and blanks may change on the way, nothing else.
        assert!(verifies(&mail.replace("Hello\r\n  there", "Hello there"), verify));
        for (from, to) in [("Good", "Bad"), ("a@b.example", "c@b.example"), ("Hello", "Hullo")] {
            assert!(!verifies(&mail.replace(from, to), verify), "{from}");
        }
        assert!(verifies(&mail.replace("X-Own: not", "X-Own: was not"), verify));
        let second = mail.replace("To: a@", "From: Eve <eve@example.com>\r\nTo: a@");
        assert!(!verifies(&second, verify), "a second sender");
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        for (domain, selector, pem) in [
            ("example.com", "k1", "nothing"),
            ("example.com", "", "x"),
            ("a b", "k1", "x"),
            ("example.com", "k;1", "x"),
        ] {
            let said = Dkim::new(domain, selector, pem).unwrap_err();
            assert!(said.contains("mail.dkim_"), "{said}");
        }
    }
}
