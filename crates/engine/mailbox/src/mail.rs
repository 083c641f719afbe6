//! A mail as it was read: RFC 5322 with MIME (RFC 2045 to 2047), whatever its charset. What is malformed is read as far
//! as it goes.

use std::sync::Arc;

use kontor_model::{Error, ErrorCode, Result};
use mail_parser::{Address, Encoding, HeaderName, HeaderValue, Message, MessageParser, MimeHeaders, PartType};
use sha2::{Digest, Sha256};

use crate::bounce::{self, Bounce};
use crate::flat;

/// Characters of a text that are kept.
const TEXT: usize = 100_000;
const SUBJECT: usize = 255;
/// Names of messages that it answers, addresses, files: at most so many of each.
const MANY: usize = 50;
/// Files of a mail that are kept, and the bytes that they may have together.
const KEPT: usize = 20;
const KEPT_BYTES: usize = 20 << 20;
/// Characters of a file's name.
const FILE_NAME: usize = 150;
/// Characters of a `Message-ID`.
const NAME: usize = 250;

/// Who is in a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub name: Option<String>,
    /// In lower case.
    pub address: String,
}

/// A file that came along.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// A name that leads out of no folder and looks like no other.
    pub name: String,
    /// What it says it is, `application/pdf`; not believed.
    pub media: String,
    pub bytes: u64,
    /// None past the bounds of what is kept, and of what is only noted.
    pub content: Option<Arc<[u8]>>,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("File").field("name", &self.name).field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its `Message-ID` without brackets; one made of its bytes where it has none.
    pub message_id: String,
    pub from: Option<Person>,
    /// Everyone whom it was sent to, and the address that it came in by.
    pub to: Vec<Person>,
    /// Those of them who got a copy, and were not written to.
    pub cc: Vec<Person>,
    pub subject: String,
    /// Its text, that of its HTML where there is none.
    pub text: String,
    /// Unix milliseconds.
    pub sent_at: Option<i64>,
    /// The messages that it answers, nearest first, without brackets.
    pub answers: Vec<String>,
    /// Nobody wrote it (RFC 3834, and lists).
    pub automatic: bool,
    /// It answers by itself: an out-of-office note.
    pub auto_reply: bool,
    pub files: Vec<File>,
    /// It says what became of a mail of ours.
    pub bounce: Option<Bounce>,
}

impl Mail {
    /// Reads a message.
    ///
    /// # Errors
    /// 400000 for bytes that are no message.
    pub fn read(raw: &[u8]) -> Result<Self> {
        let none = || Error::new(ErrorCode::Malformed, "the body is no e-mail message (RFC 5322)");
        let closed = flat::closed(raw);
        let message = MessageParser::default().parse(&*closed).filter(|message| !message.headers().is_empty());
        let message = message.ok_or_else(none)?;
        let message = Whole(message);
        let from = message.from().and_then(|from| people(from).into_iter().next());
        let own = message.message_id().map(tidy_id).filter(|id| !id.is_empty());
        if from.is_none() && own.is_none() && message.subject().is_none() {
            return Err(none());
        }
        let submitted = word(&message, "Auto-Submitted");
        let precedence = word(&message, "Precedence");
        let auto_reply = submitted == "auto-replied"
            || !word(&message, "X-Autoreply").is_empty()
            || !word(&message, "X-Autorespond").is_empty();
        let automatic = auto_reply
            || !matches!(submitted.as_str(), "" | "no")
            || matches!(precedence.as_str(), "bulk" | "junk" | "list" | "auto_reply")
            || message.header(HeaderName::ListId).is_some();
        Ok(Self {
            message_id: own.unwrap_or_else(|| format!("sha256.{:x}@none", Sha256::digest(raw))),
            from,
            to: receivers(&message),
            cc: copied(&message),
            subject: line(message.subject().unwrap_or_default(), SUBJECT),
            text: text(&message),
            sent_at: message
                .date()
                .filter(|date| date.is_valid())
                .map(|date| date.to_timestamp().saturating_mul(1_000)),
            answers: answers(&message),
            automatic,
            auto_reply,
            files: files(&message, raw),
            bounce: bounce::read(&message),
        })
    }

    /// The address of whom it is from; empty where it does not say.
    pub fn sender(&self) -> &str {
        self.from.as_ref().map_or("", |from| from.address.as_str())
    }

    /// The name of whom it is from, or the part of the address before the `@`.
    pub fn sender_name(&self) -> &str {
        let before = self.sender().split('@').next().unwrap_or_default();
        self.from.as_ref().and_then(|from| from.name.as_deref()).unwrap_or(before)
    }

    /// What its files are, as lines for people.
    pub fn listed_files(&self) -> String {
        self.files.iter().map(|file| format!("\n[{}, {} bytes]", file.name, file.bytes)).collect()
    }
}

/// A message that is taken apart level by level: should there be others in it after all, as deep as they are.
struct Whole<'x>(Message<'x>);

impl<'x> std::ops::Deref for Whole<'x> {
    type Target = Message<'x>;

    fn deref(&self) -> &Message<'x> {
        &self.0
    }
}

impl Drop for Whole<'_> {
    fn drop(&mut self) {
        let mut parts = std::mem::take(&mut self.0.parts);
        while let Some(mut part) = parts.pop() {
            if let PartType::Message(inner) = &mut part.body {
                parts.append(&mut inner.parts);
            }
        }
    }
}

/// A header's first word in small letters.
fn word(message: &Message<'_>, name: &'static str) -> String {
    let text = message.header_raw(name).unwrap_or_default();
    text.trim().split([';', ' ', '\r', '\n']).next().unwrap_or_default().to_ascii_lowercase()
}

/// One line without control characters, at most so many characters.
pub(crate) fn line(text: &str, most: usize) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(most).collect()
}

pub(crate) fn tidy_id(id: &str) -> String {
    let id = id.trim().trim_start_matches('<').trim_end_matches('>');
    id.chars().filter(|c| !c.is_control() && !c.is_whitespace()).take(NAME).collect()
}

fn people(address: &Address<'_>) -> Vec<Person> {
    let person = |addr: &mail_parser::Addr<'_>| {
        let address = addr.address()?.trim().to_lowercase();
        let fits = address.len() <= 254 && address.contains('@') && !address.contains(|c: char| c.is_control());
        let name = addr.name().map(|name| line(name, 200)).filter(|name| !name.is_empty());
        fits.then_some(Person { name, address })
    };
    address.iter().filter_map(person).take(MANY).collect()
}

fn receivers(message: &Message<'_>) -> Vec<Person> {
    let mut out: Vec<Person> = [message.to(), message.cc()].into_iter().flatten().flat_map(people).collect();
    for name in ["Delivered-To", "X-Original-To", "Envelope-To"] {
        let address = message.header_raw(name).unwrap_or_default().trim().trim_matches(['<', '>']).to_lowercase();
        if address.contains('@') && address.len() <= 254 && !address.contains(char::is_whitespace) {
            out.push(Person { name: None, address });
        }
    }
    let mut seen = std::collections::HashSet::new();
    out.retain(|person| seen.insert(person.address.clone()));
    out.truncate(MANY);
    out
}

/// Who is in `Cc` and not in `To` as well.
fn copied(message: &Message<'_>) -> Vec<Person> {
    let to = message.to().map(people).unwrap_or_default();
    let mut seen: std::collections::HashSet<String> = to.into_iter().map(|person| person.address).collect();
    let mut out = message.cc().map(people).unwrap_or_default();
    out.retain(|person| seen.insert(person.address.clone()));
    out
}

fn ids(value: &HeaderValue<'_>) -> Vec<String> {
    match value {
        HeaderValue::Text(id) => vec![tidy_id(id)],
        HeaderValue::TextList(ids) => ids.iter().map(|id| tidy_id(id)).collect(),
        _ => Vec::new(),
    }
}

/// What it answers, nearest first: `In-Reply-To`, then `References` from its end.
fn answers(message: &Message<'_>) -> Vec<String> {
    let mut out = ids(message.in_reply_to());
    let mut references = ids(message.references());
    references.reverse();
    out.extend(references);
    let mut seen = std::collections::HashSet::new();
    out.retain(|id| !id.is_empty() && seen.insert(id.clone()));
    out.truncate(MANY);
    out
}

/// Its first text, HTML as text, without what no text holds.
fn text(message: &Message<'_>) -> String {
    let body = message.body_text(0).unwrap_or_default();
    clean(&body)
}

pub(crate) fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept = text.chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control());
    kept.take(TEXT).collect::<String>().trim().to_owned()
}

/// The last part of a name, without what leads elsewhere, hides its ending, or means something to a system of files;
/// its ending is kept when it is too long.
fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    // Marks that turn the direction of writing, and characters that are not seen.
    let hidden =
        |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let kept = last.chars().filter(|c| !hidden(*c)).map(|c| if "<>:\"|?*".contains(c) { '_' } else { c });
    let clean = line(&kept.collect::<String>(), usize::MAX);
    let clean = clean.trim_matches(['.', ' ']);
    let ending = clean.rsplit_once('.').map_or(0, |(_, ending)| ending.chars().count() + 1);
    let count = clean.chars().count();
    if count <= FILE_NAME || ending >= 20 {
        return clean.chars().take(FILE_NAME).collect();
    }
    let stem = FILE_NAME - ending;
    clean.chars().take(stem).chain(clean.chars().skip(count - ending)).collect()
}

/// The bytes of a part; those that came where they are not encoded, whatever charset they are in.
fn sent<'m>(part: &'m mail_parser::MessagePart<'_>, raw: &'m [u8]) -> &'m [u8] {
    let own = (part.encoding == Encoding::None)
        .then(|| raw.get(part.offset_body as usize..part.offset_end as usize))
        .flatten()
        .filter(|bytes| !bytes.is_empty());
    own.unwrap_or_else(|| part.contents())
}

fn files(message: &Message<'_>, raw: &[u8]) -> Vec<File> {
    let (mut kept, mut left) = (0, KEPT_BYTES);
    let file = |part: &mail_parser::MessagePart<'_>| {
        let media = part.content_type().map(|media| {
            let (kind, sub) = (flat::opened(media.ctype()), media.subtype().unwrap_or("octet-stream"));
            line(&format!("{kind}/{sub}"), 100).to_ascii_lowercase()
        });
        let media = media.unwrap_or_else(|| "application/octet-stream".to_owned());
        let name = part.attachment_name().map(safe_name).filter(|name| !name.is_empty());
        let content = sent(part, raw);
        let fits = kept < KEPT && content.len() <= left;
        if fits {
            kept += 1;
            left -= content.len();
        }
        File {
            name: name.unwrap_or_else(|| if media.starts_with("message/") { "message.eml" } else { "file" }.to_owned()),
            media,
            bytes: u64::try_from(content.len()).unwrap_or(u64::MAX),
            content: fits.then(|| content.into()),
        }
    };
    message.attachments().take(MANY).map(file).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: &str = "From: =?utf-8?q?J=C3=BCrgen_Gr=C3=BCn?= <Juergen@Example.com>\r\n\
        To: Support <support+q7@crm.example>, b@c.example\r\nCc: d@e.example\r\n\
        Subject: =?iso-8859-1?q?Dr=FCcker?=\r\n  kaputt\r\n\
        Message-ID: <abc@example.com>\r\nIn-Reply-To: <two@x>\r\nReferences: <one@x>\r\n <two@x>\r\n\
        Date: Fri, 20 Nov 2026 10:00:00 +0100\r\nDelivered-To: support@crm.example\r\n\
        Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
        Gr=FC=DFe\r\n";

    #[test]
    fn a_mail_is_read() {
        let mail = Mail::read(PLAIN.as_bytes()).unwrap();
        assert_eq!((mail.sender(), mail.sender_name()), ("juergen@example.com", "Jürgen Grün"));
        let to: Vec<&str> = mail.to.iter().map(|p| p.address.as_str()).collect();
        assert_eq!(to, ["support+q7@crm.example", "b@c.example", "d@e.example", "support@crm.example"]);
        assert_eq!(mail.cc.iter().map(|p| p.address.as_str()).collect::<Vec<_>>(), ["d@e.example"]);
        assert_eq!((mail.subject.as_str(), mail.text.as_str()), ("Drücker kaputt", "Grüße"));
        assert_eq!(mail.message_id, "abc@example.com");
        assert_eq!(mail.answers, ["two@x", "one@x"]);
        assert_eq!(mail.sent_at, Some(1_795_165_200_000));
        assert!(!mail.automatic && mail.bounce.is_none() && mail.files.is_empty());
    }

    #[test]
    fn parts_and_charsets() {
        let raw = "From: a@b.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n\
            Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\
            Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\n\
            Content-Type: text/html; charset=gb18030\r\nContent-Transfer-Encoding: base64\r\n\r\n\
            PHA+xOO6w6OsPGI+yvTHpTwvYj48L3A+\r\n--a--\r\n--m\r\n\
            Content-Type: application/pdf; name=\"r.pdf\"\r\n\
            Content-Disposition: attachment; filename*=utf-8''Rechnung%20%C3%BC.pdf\r\n\
            Content-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n--m--\r\n";
        let mail = Mail::read(raw.as_bytes()).unwrap();
        assert!(mail.text.contains("你好"), "{}", mail.text);
        assert!(!mail.text.contains('<'));
        let content = Some(Arc::from(&b"%PDF"[..]));
        let file = File { name: "Rechnung ü.pdf".into(), media: "application/pdf".into(), bytes: 4, content };
        assert_eq!(mail.files, [file]);
        assert!(mail.message_id.starts_with("sha256."), "made of its bytes, and the same again");
        assert_eq!(Mail::read(raw.as_bytes()).unwrap().message_id, mail.message_id);
    }

    #[test]
    fn names_of_files_lead_nowhere() {
        for (name, safe) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\system32\\evil.dll", "evil.dll"),
            ("a\r\nContent-Type: text/html.pdf", "html.pdf"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("..", ""),
            (".htaccess", "htaccess"),
            ("a<b>:\"|?*.txt", "a_b______.txt"),
            ("Rechnung ü.pdf", "Rechnung ü.pdf"),
        ] {
            assert_eq!(safe_name(name), safe, "{name:?}");
        }
        let long = safe_name(&format!("{}.pdf", "ä".repeat(300)));
        assert!(long.ends_with("ä.pdf") && long.chars().count() == FILE_NAME, "{long}");
        assert_eq!(safe_name(&format!("a.{}", "b".repeat(300))).chars().count(), FILE_NAME);
    }

    #[test]
    fn of_many_files_some_are_kept() {
        let part = "--m\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nhello\r\n";
        let raw = format!(
            "From: a@b.example\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n{}--m--\r\n",
            part.repeat(200)
        );
        let mail = Mail::read(raw.as_bytes()).unwrap();
        assert_eq!(mail.files.len(), MANY);
        assert_eq!(mail.files.iter().filter(|file| file.content.is_some()).count(), KEPT);
    }

    /// A message whose parts, or messages, are nested as deep as a body of 25 MiB allows: read or refused, and no stack
    /// runs out.
    #[test]
    fn depth_ends() {
        for (head, deep) in [
            ("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", 100_000),
            ("Content-Type: message/rfc822\r\n\r\n", 100_000),
            ("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n", 1_000),
        ] {
            let raw = format!("From: a@b.example\r\nSubject: x\r\n{}hello\r\n", head.repeat(deep));
            let read = std::thread::Builder::new().stack_size(2 << 20).spawn(move || sound(raw.as_bytes())).unwrap();
            read.join().unwrap();
        }
    }

    #[test]
    fn nobody_wrote_it() {
        let with = |header: &str| Mail::read(format!("{header}\r\n{PLAIN}").as_bytes()).unwrap();
        assert!(with("Auto-Submitted: auto-replied (vacation)").auto_reply);
        for header in ["Auto-Submitted: auto-generated", "Precedence: bulk", "List-Id: <a.b.example>"] {
            let mail = with(header);
            assert!(mail.automatic && !mail.auto_reply, "{header}");
        }
        assert!(!with("Auto-Submitted: no").automatic);
    }

    #[test]
    fn what_is_no_mail_is_refused() {
        for raw in ["", "\r\n\r\n", "{\"a\": 1}", "just a text without any header at all"] {
            assert!(Mail::read(raw.as_bytes()).is_err(), "{raw:?}");
        }
    }

    proptest! {
        /// Whatever comes in, something is read within bounds or it is refused.
        #[test]
        fn anything_is_read_or_refused(raw in proptest::collection::vec(any::<u8>(), 0..2_000)) {
            sound(&raw);
        }

        #[test]
        fn anything_like_a_mail_is_read(
            headers in proptest::collection::vec("(From|To|Subject|Date|References|Content-Type|Message-ID|Auto-Submitted): [ -~é\\\\r\\\\n\\\\t<>@;=\"]{0,80}", 0..8),
            body in "[ -~\\\\r\\\\n=éü-]{0,400}",
        ) {
            sound(format!("{}\r\n\r\n{body}", headers.join("\r\n")).as_bytes());
        }

        #[test]
        fn deep_parts_end(depth in 0_usize..300) {
            let mut raw = "From: a@b.example\r\nSubject: x\r\n".to_owned();
            for level in 0..depth {
                raw.push_str(&format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"));
            }
            raw.push_str("Content-Type: message/rfc822\r\n\r\nFrom: c@d.example\r\n\r\nhello\r\n");
            sound(raw.as_bytes());
        }
    }

    fn sound(raw: &[u8]) {
        let Ok(mail) = Mail::read(raw) else { return };
        assert!(!mail.message_id.is_empty() && mail.message_id.chars().count() <= NAME);
        assert!(mail.subject.chars().count() <= SUBJECT && !mail.subject.chars().any(char::is_control));
        assert!(mail.text.chars().count() <= TEXT && !mail.text.contains('\0'));
        assert!(mail.answers.len() <= MANY && mail.to.len() <= MANY && mail.files.len() <= MANY);
        assert!(mail.to.iter().all(|p| p.address.contains('@') && !p.address.chars().any(char::is_control)));
    }
}
