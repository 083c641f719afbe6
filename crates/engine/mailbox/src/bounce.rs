//! Mails that came back: delivery status notifications (RFC 3464), and the forms that older servers send.

use mail_parser::{HeaderName, Message, MimeHeaders};

use crate::mail::{clean, line, tidy_id};

/// Characters of a reason that are kept.
const REASON: usize = 300;

/// What a notification says of a mail of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounce {
    /// The `Message-ID` of the mail, without brackets, where the notification has it.
    pub message_id: Option<String>,
    /// Whom it did not get to, in lower case.
    pub recipient: Option<String>,
    /// The server's words, or the status (RFC 3463).
    pub reason: String,
    /// Nobody is there, for good; otherwise it is about that mail (a full mailbox, a refused text) or may be over.
    pub hard: bool,
}

/// What a message says of a mail that came back; none where it is no such notification, or one of success or delay.
pub fn read(message: &Message<'_>) -> Option<Bounce> {
    let is_report = message.content_type().is_some_and(|media| {
        media.ctype().eq_ignore_ascii_case("multipart")
            && media.subtype().is_some_and(|sub| sub.eq_ignore_ascii_case("report"))
            && media.attribute("report-type").is_none_or(|kind| kind.eq_ignore_ascii_case("delivery-status"))
    });
    if is_report {
        return report(message);
    }
    let failed = message.header_raw("X-Failed-Recipients")?;
    let recipient = failed.split(',').next().unwrap_or_default().trim().to_lowercase();
    let text = clean(&message.body_text(0).unwrap_or_default());
    // The original follows in the text.
    let message_id = text.lines().find_map(|line| {
        let line = line.trim();
        let is_id = line.get(..11).is_some_and(|name| name.eq_ignore_ascii_case("message-id:"));
        is_id.then(|| tidy_id(line.get(11..).unwrap_or_default()))
    });
    let reason = text.lines().map(str::trim).find(|line| has_code(line)).unwrap_or("the mail came back");
    let hard = status_in(reason).is_none_or(|status| is_hard(&status));
    Some(Bounce { message_id, recipient: Some(recipient), reason: line(reason, REASON), hard })
}

fn report(message: &Message<'_>) -> Option<Bounce> {
    let mut status = None;
    let mut original = None;
    for part in &message.parts {
        let (kind, sub) = part.content_type().map_or(("", ""), |m| (m.ctype(), m.subtype().unwrap_or_default()));
        match sub.to_ascii_lowercase().as_str() {
            "delivery-status" | "global-delivery-status" if kind.eq_ignore_ascii_case("message") => {
                status = Some(String::from_utf8_lossy(part.contents()).into_owned());
            }
            "rfc822" | "global" | "rfc822-headers" | "global-headers" => {
                let text = String::from_utf8_lossy(part.contents()).replace("\r\n", "\n");
                let head = text.split("\n\n").next().unwrap_or_default();
                original = field(head, "message-id").map(|id| tidy_id(&id));
            }
            _ => {}
        }
    }
    let status = status?;
    let action = field(&status, "action").unwrap_or_default().to_ascii_lowercase();
    if action != "failed" {
        return None;
    }
    let code = field(&status, "status").unwrap_or_default();
    let address = |text: String| text.rsplit(';').next().map(|a| a.trim().trim_matches(['<', '>']).to_lowercase());
    let said =
        field(&status, "diagnostic-code").map(|text| text.split_once(';').map_or(text.clone(), |(_, t)| t.to_owned()));
    let reason = line(&said.unwrap_or_else(|| format!("the mail came back with {code}")), REASON);
    Some(Bounce {
        message_id: original.or_else(|| message.header(HeaderName::InReplyTo).and_then(|v| v.as_text()).map(tidy_id)),
        recipient: field(&status, "final-recipient").or_else(|| field(&status, "original-recipient")).and_then(address),
        reason,
        hard: is_hard(&code),
    })
}

/// A field of a group of them, unfolded; names in any case.
fn field(text: &str, wanted: &str) -> Option<String> {
    let mut found: Option<String> = None;
    for line in text.lines() {
        match (&mut found, line.starts_with([' ', '\t'])) {
            (Some(value), true) => {
                value.push(' ');
                value.push_str(line.trim());
            }
            (Some(_), false) => break,
            (None, _) => {
                if let Some((name, value)) = line.split_once(':') {
                    found = name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned());
                }
            }
        }
    }
    found
}

fn has_code(line: &str) -> bool {
    line.starts_with('5') || status_in(line).is_some()
}

/// A status such as `5.1.1` in a text (RFC 3463).
fn status_in(text: &str) -> Option<String> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .find(|word| {
            let parts: Vec<&str> = word.split('.').collect();
            matches!(parts.as_slice(), ["2" | "4" | "5", subject, detail]
                if (1..=3).contains(&subject.len()) && (1..=3).contains(&detail.len()))
        })
        .map(str::to_owned)
}

/// Whether a status says that nobody is there: a permanent one about the address or its system, not about a mailbox that
/// is full, a message that is too long, or its contents (RFC 3463, 3).
fn is_hard(status: &str) -> bool {
    let mut parts = status.trim().split('.');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("5"), Some("0" | "1"), _) => true,
        (Some("5"), Some("2"), Some(detail)) => detail == "1",
        (Some("5"), Some("4"), Some(detail)) => detail == "4",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::Mail;

    fn report(action: &str, status: &str) -> Option<super::Bounce> {
        let raw = format!(
            "From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered\r\nAuto-Submitted: auto-replied\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=r\r\n\r\n--r\r\n\
             Content-Type: text/plain\r\n\r\nSorry.\r\n--r\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; Ada@B.example\r\nAction: {action}\r\n\
             Status: {status}\r\nDiagnostic-Code: smtp; 550 {status} no\r\n such user\r\n--r\r\n\
             Content-Type: message/rfc822\r\n\r\nMessage-ID: <7.abc@crm.example>\r\nSubject: Hello\r\n\r\nx\r\n--r--\r\n"
        );
        Mail::read(raw.as_bytes()).unwrap().bounce
    }

    #[test]
    fn a_report_names_the_mail_and_the_reason() {
        let bounce = report("failed", "5.1.1").unwrap();
        assert_eq!(bounce.message_id.as_deref(), Some("7.abc@crm.example"));
        assert_eq!(bounce.recipient.as_deref(), Some("ada@b.example"));
        assert_eq!((bounce.reason.as_str(), bounce.hard), ("550 5.1.1 no such user", true));
        for (status, hard) in
            [("5.2.1", true), ("5.2.2", false), ("5.7.1", false), ("4.4.7", false), ("5.4.4", true), ("5.0.0", true)]
        {
            assert_eq!(report("failed", status).unwrap().hard, hard, "{status}");
        }
        assert_eq!(report("delayed", "4.4.1"), None);
        assert_eq!(report("delivered", "2.0.0"), None);
    }

    #[test]
    fn headers_of_the_original_are_enough() {
        let raw = "From: <>\r\nSubject: x\r\nContent-Type: multipart/report; boundary=r\r\n\r\n--r\r\n\
            Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\
            --r\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: Hi\r\nMessage-Id: <9.q@crm.example>\r\n--r--\r\n";
        let bounce = Mail::read(raw.as_bytes()).unwrap().bounce.unwrap();
        assert_eq!(bounce.message_id.as_deref(), Some("9.q@crm.example"));
        assert!(bounce.reason.contains("5.1.1"));
    }

    #[test]
    fn older_servers_say_it_in_text() {
        let raw = "From: Mail Delivery System <mailer-daemon@mx.example>\r\nX-Failed-Recipients: ada@b.example\r\n\
            Subject: Mail delivery failed\r\n\r\nIt could not be delivered:\r\n\r\n  ada@b.example\r\n\
            550 5.1.1 User unknown\r\n\r\n------ This is a copy of the message ------\r\n\r\n\
            Message-ID: <7.abc@crm.example>\r\nSubject: Hello\r\n";
        let bounce = Mail::read(raw.as_bytes()).unwrap().bounce.unwrap();
        assert_eq!(bounce.message_id.as_deref(), Some("7.abc@crm.example"));
        assert!(bounce.hard && bounce.reason.contains("User unknown"), "{bounce:?}");
    }
}
