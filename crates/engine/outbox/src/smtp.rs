//! The mail server (RFC 5321).

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::Error as SmtpError;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use url::{Host, Url};

use crate::dkim::Dkim;
use crate::mail;
use crate::message::Message;
use crate::outbox::REASON;

const PATIENCE: Duration = Duration::from_secs(30);

/// Why a mail did not leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undelivered {
    /// It may leave later: the server is away, or said so.
    Later(String),
    /// It will never leave.
    Refused(String),
}

/// Hands mails to a server.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    dkim: Option<Dkim>,
}

/// The URL with what it leaves open: a password is never sent in the clear to another machine, and other mail is
/// encrypted where the server offers it.
fn complete(url: &str) -> Result<Url, String> {
    let mut url = Url::parse(url).map_err(|e| format!("is no URL: {e}"))?;
    let loopback = match url.host() {
        // In URLs of this scheme addresses are names, too.
        Some(Host::Domain(name)) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => return Err("names no host".to_owned()),
    };
    let chosen = url.query_pairs().any(|(key, _)| key == "tls");
    if url.scheme() == "smtp" && !loopback && !chosen {
        let tls = if url.password().is_some() { "required" } else { "opportunistic" };
        url.query_pairs_mut().append_pair("tls", tls);
    }
    Ok(url)
}

impl Mailer {
    /// `url` is `smtp://host:port` or `smtps://user:password@host`; `from` is the sender, as `CRM <crm@example.com>`;
    /// mail is signed by `dkim` where there is one.
    ///
    /// # Errors
    /// What is wrong with either, without the password.
    pub fn new(url: &str, from: &str, dkim: Option<Dkim>) -> Result<Self, String> {
        let from = from.parse().map_err(|_| "mail.from must be an address such as CRM <crm@example.com>".to_owned())?;
        let url = complete(url).map_err(|why| format!("mail.smtp_url {why}"))?;
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
            .map_err(|_| "mail.smtp_url must be smtp:// or smtps:// with a host".to_owned())?;
        Ok(Self { transport: builder.timeout(Some(PATIENCE)).build(), from, dkim })
    }

    /// The domain of the sender, which its `Message-ID`s end in.
    pub fn domain(&self) -> &str {
        self.from.email.domain()
    }

    /// Hands a mail over; `attached` is what its attachments hold.
    ///
    /// # Errors
    /// The server's words, or what is wrong with the message.
    pub async fn send(&self, message: &Message, attached: Vec<Vec<u8>>) -> Result<(), Undelivered> {
        let mail = mail::build(&self.from, message, attached).map_err(Undelivered::Refused)?;
        let mut raw = mail.formatted();
        if let Some(dkim) = &self.dkim {
            let signature = dkim.sign(&raw, message.created_at / 1_000).map_err(Undelivered::Later)?;
            raw.splice(0..0, signature.into_bytes());
        }
        match tokio::time::timeout(PATIENCE, self.transport.send_raw(mail.envelope(), &raw)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_permanent() => Err(Undelivered::Refused(reason(&error))),
            Ok(Err(error)) => Err(Undelivered::Later(reason(&error))),
            Err(_) => Err(Undelivered::Later("the mail server did not answer in time".to_owned())),
        }
    }
}

fn reason(error: &SmtpError) -> String {
    let mut text = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        text = format!("{text}: {source}");
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(REASON).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::tests::message;

    #[test]
    fn a_password_is_not_sent_in_the_clear() {
        let query = |url: &str| complete(url).unwrap().query().map(str::to_owned);
        assert_eq!(query("smtp://user:secret@mail.example.com:587").as_deref(), Some("tls=required"));
        assert_eq!(query("smtp://mail.example.com").as_deref(), Some("tls=opportunistic"));
        assert_eq!(query("smtp://127.0.0.1:2525"), None);
        assert_eq!(query("smtps://user:secret@mail.example.com"), None);
        assert!(complete("smtp:nothing").is_err());
        let said = Mailer::new("http://user:secret@mail.example.com", "a@b.example", None).err().unwrap();
        assert!(!said.contains("secret"), "{said}");
        assert!(Mailer::new("smtp://127.0.0.1", "nobody", None).is_err());
    }

    #[tokio::test]
    async fn nothing_answers_there() {
        let mailer = Mailer::new("smtp://127.0.0.1:1", "Kontor <crm@example.com>", None).unwrap();
        let sent = mailer.send(&message("a@b.example", "x"), Vec::new()).await;
        assert!(matches!(sent, Err(Undelivered::Later(_))));
    }
}
