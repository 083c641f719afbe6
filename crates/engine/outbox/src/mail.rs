//! A message as it goes over the wire (RFC 5322, RFC 2045).

use lettre::Message as Mail;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};

use crate::address;
use crate::message::Message;

/// The mail of a message; `attached` is what its attachments hold.
pub fn build(from: &Mailbox, message: &Message, attached: Vec<Vec<u8>>) -> Result<Mail, String> {
    let said = |error: kontor_model::Error| error.detail().to_owned();
    let to = address::address(&message.to).map_err(said)?;
    address::line("subject", &message.subject).map_err(said)?;
    let body = message.body.as_ref().ok_or("its body is not kept any more")?;
    let name = body.from_name.clone().or_else(|| from.name.clone());
    // Who gets it is one of those whom it names.
    let envelope = Envelope::new(Some(from.email.clone()), vec![to.clone()]).map_err(|e| e.to_string())?;
    let mut mail = Mail::builder()
        .from(Mailbox::new(name, from.email.clone()))
        .envelope(envelope)
        .subject(message.subject.as_str())
        .message_id(Some(format!("<{}>", message.message_id(from.email.domain()))));
    if body.addressed.is_empty() {
        mail = mail.to(Mailbox::new(None, to));
    }
    for one in &body.addressed {
        mail = mail.to(Mailbox::new(None, address::address(one).map_err(said)?));
    }
    for one in &body.cc {
        mail = mail.cc(Mailbox::new(None, address::address(one).map_err(said)?));
    }
    if let Some(reply_to) = &body.reply_to {
        mail = mail.reply_to(Mailbox::new(None, address::address(reply_to).map_err(said)?));
    }
    for (name, value) in &body.headers {
        address::line("header", value).map_err(said)?;
        let name = HeaderName::new_from_ascii(name.clone()).map_err(|_| "a header has no valid name".to_owned())?;
        mail = mail.raw_header(HeaderValue::new(name, value.clone()));
    }
    let text = body.text.clone();
    if message.attachments.is_empty() {
        let mail = match &body.html {
            Some(html) => mail.multipart(MultiPart::alternative_plain_html(text, html.clone())),
            None => mail.singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(text)),
        };
        return mail.map_err(|e| e.to_string());
    }
    let mut parts = match &body.html {
        Some(html) => MultiPart::mixed().multipart(MultiPart::alternative_plain_html(text, html.clone())),
        None => MultiPart::mixed().singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(text)),
    };
    for (file, bytes) in message.attachments.iter().zip(attached) {
        address::line("name of an attachment", &file.name).map_err(said)?;
        let plain = || ContentType::parse("application/octet-stream").map_err(|e| e.to_string());
        let media = ContentType::parse(&file.media).or_else(|_| plain())?;
        parts = parts.singlepart(Attachment::new(file.name.clone()).body(bytes, media));
    }
    mail.multipart(parts).map_err(|e| e.to_string())
}

#[cfg(test)]
pub(crate) mod tests {
    use kontor_model::Id;

    use super::*;
    use crate::files::File;
    use crate::message::{Body, State};

    pub(crate) fn message(to: &str, subject: &str) -> Message {
        let body = Body { text: "Grüße".into(), html: Some("<p>Grüße</p>".into()), ..Body::default() };
        Message {
            id: Id(7),
            kind: "email".into(),
            purpose: "test".into(),
            state: State::Queued,
            to: to.into(),
            subject: subject.into(),
            body: Some(body),
            one_time: false,
            hidden: false,
            bulk: false,
            about: None,
            attachments: Vec::new(),
            token: "abc".into(),
            tries: 0,
            next_at: None,
            created_at: 0,
            sent_at: None,
            expires_at: None,
            reason: None,
            hard: false,
        }
    }

    fn from() -> Mailbox {
        "Kontor <crm@example.com>".parse().unwrap()
    }

    fn text(message: &Message, attached: Vec<Vec<u8>>) -> String {
        String::from_utf8(build(&from(), message, attached).unwrap().formatted()).unwrap()
    }

    #[test]
    fn a_mail_has_only_its_own_headers() {
        let text = text(&message("a@b.example", "Grüße, 你好"), Vec::new());
        let head = text.split("\r\n\r\n").next().unwrap();
        assert!(head.contains("Message-ID: <7.abc@example.com>") && head.contains("To: a@b.example"), "{head}");
        assert!(head.is_ascii());
        for (to, subject) in [("a@b.example\r\nBcc: c@d.example", "x"), ("a@b.example", "x\r\nBcc: c@d.example")] {
            assert!(build(&from(), &message(to, subject), Vec::new()).is_err());
        }
    }

    #[test]
    fn a_mail_carries_what_its_letter_says() {
        let body = Body {
            text: "Hello".into(),
            html: None,
            from_name: Some("Jürgen, Support".into()),
            reply_to: Some("support@example.com".into()),
            addressed: vec!["b@c.example".into(), "a@b.example".into()],
            cc: vec!["d@e.example".into(), "f@e.example".into()],
            headers: vec![
                ("In-Reply-To".into(), "<q@a.example>".into()),
                ("List-Unsubscribe".into(), "<https://crm.example.com/public/unsubscribe/x>".into()),
                ("List-Unsubscribe-Post".into(), "List-Unsubscribe=One-Click".into()),
            ],
        };
        let file =
            File { name: "Rechnung ü.pdf".into(), media: "application/pdf".into(), bytes: 5, blob: Some(Id(1)) };
        let message = Message { body: Some(body), attachments: vec![file], ..message("a@b.example", "x") };
        let text = text(&message, vec![b"%PDF\xff".to_vec()]);
        for part in [
            "Reply-To: support@example.com",
            "To: b@c.example, a@b.example",
            "Cc: d@e.example, f@e.example",
            "In-Reply-To: <q@a.example>",
            "List-Unsubscribe: <https://crm.example.com/public/unsubscribe/x>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "multipart/mixed",
            "application/pdf",
            "JVBERv8=",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        let sent = build(&from(), &message, Vec::new()).unwrap();
        assert_eq!(sent.envelope().to().iter().map(ToString::to_string).collect::<Vec<_>>(), ["a@b.example"]);
        assert!(text.contains("<crm@example.com>") && !text.contains("From: Kontor"), "{text}");
    }
}
