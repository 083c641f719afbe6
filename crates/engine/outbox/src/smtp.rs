//! The mail server (RFC 5321).

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message as Mail, Tokio1Executor};
use url::{Host, Url};

use crate::address;
use crate::message::Message;

const PATIENCE: Duration = Duration::from_secs(30);
/// Of a reason that is kept, in characters.
const REASON: usize = 300;

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
    /// `url` is `smtp://host:port` or `smtps://user:password@host`; `from` is the sender, as `CRM <crm@example.com>`.
    ///
    /// # Errors
    /// What is wrong with either, without the password.
    pub fn new(url: &str, from: &str) -> Result<Self, String> {
        let from = from.parse().map_err(|_| "mail.from must be an address such as CRM <crm@example.com>".to_owned())?;
        let url = complete(url).map_err(|why| format!("mail.smtp_url {why}"))?;
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
            .map_err(|_| "mail.smtp_url must be smtp:// or smtps:// with a host".to_owned())?;
        Ok(Self { transport: builder.timeout(Some(PATIENCE)).build(), from })
    }

    fn mail(&self, message: &Message) -> Result<Mail, String> {
        let to = address::address(&message.to).map_err(|e| e.detail().to_owned())?;
        address::line("subject", &message.subject).map_err(|e| e.detail().to_owned())?;
        let text = message.text.clone().ok_or("its body is not kept any more")?;
        let domain = self.from.email.domain();
        let mail = Mail::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(message.subject.as_str())
            // The same at every attempt, so that a mail that arrives twice can be told.
            .message_id(Some(format!("<{}@{domain}>", message.id)));
        let mail = match &message.html {
            Some(html) => mail.multipart(MultiPart::alternative_plain_html(text, html.clone())),
            None => mail.singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(text)),
        };
        mail.map_err(|e| e.to_string())
    }

    /// Hands a mail over.
    ///
    /// # Errors
    /// The server's words, or what is wrong with the message.
    pub async fn send(&self, message: &Message) -> Result<(), Undelivered> {
        let mail = self.mail(message).map_err(Undelivered::Refused)?;
        match tokio::time::timeout(PATIENCE, self.transport.send(mail)).await {
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
    use kontor_model::Id;

    use super::*;
    use crate::message::State;

    fn message(to: &str, subject: &str) -> Message {
        Message {
            id: Id(7),
            kind: "email".into(),
            purpose: "test".into(),
            state: State::Queued,
            to: to.into(),
            subject: subject.into(),
            text: Some("Grüße".into()),
            html: Some("<p>Grüße</p>".into()),
            one_time: false,
            hidden: false,
            tries: 0,
            next_at: None,
            created_at: 0,
            sent_at: None,
            expires_at: None,
            reason: None,
        }
    }

    #[test]
    fn a_password_is_not_sent_in_the_clear() {
        let query = |url: &str| complete(url).unwrap().query().map(str::to_owned);
        assert_eq!(query("smtp://user:secret@mail.example.com:587").as_deref(), Some("tls=required"));
        assert_eq!(query("smtp://mail.example.com").as_deref(), Some("tls=opportunistic"));
        assert_eq!(query("smtp://127.0.0.1:2525"), None);
        assert_eq!(query("smtps://user:secret@mail.example.com"), None);
        assert!(complete("smtp:nothing").is_err());
        let said = Mailer::new("http://user:secret@mail.example.com", "a@b.example").err().unwrap();
        assert!(!said.contains("secret"), "{said}");
        assert!(Mailer::new("smtp://127.0.0.1", "nobody").is_err());
    }

    #[tokio::test]
    async fn a_mail_has_only_its_own_headers() {
        let mailer = Mailer::new("smtp://127.0.0.1:1", "Kontor <crm@example.com>").unwrap();
        let mail = mailer.mail(&message("a@b.example", "Grüße, 你好")).unwrap();
        let text = String::from_utf8(mail.formatted()).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap();
        assert!(head.contains("Message-ID: <7@example.com>") && head.contains("To: a@b.example"), "{head}");
        assert!(head.is_ascii());
        for (to, subject) in [("a@b.example\r\nBcc: c@d.example", "x"), ("a@b.example", "x\r\nBcc: c@d.example")] {
            assert!(mailer.mail(&message(to, subject)).is_err());
        }
        // Nothing answers there.
        assert!(matches!(mailer.send(&message("a@b.example", "x")).await, Err(Undelivered::Later(_))));
    }
}
