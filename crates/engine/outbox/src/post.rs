//! Letters of changes as messages.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Letter, Result, SpaceId};
use kontor_records::{Post, Posted};
use kontor_store::Write;

use crate::message::{Body, Message, State};
use crate::outbox::Outbox;
use crate::{address, files, row};

/// Headers that a letter does not set: they are the message's own.
const OWN: &[&str] = &[
    "from",
    "to",
    "cc",
    "bcc",
    "sender",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "return-path",
    "mime-version",
    "dkim-signature",
];

/// Receivers that a mail names.
const NAMED: usize = 50;

impl Post for Outbox {
    fn compose<'a>(&'a self, space: SpaceId, posted: &'a Posted) -> BoxFuture<'a, Result<Vec<Write>>> {
        async move {
            let letter = &posted.letter;
            let fault = fault(letter);
            let fits = fault.is_none();
            let (state, reason) = match fault {
                Some(fault) => (State::Failed, Some(fault)),
                None => match self.closed(space).await? {
                    Some(why) => (State::Held, Some(why.to_owned())),
                    None => (State::Queued, None),
                },
            };
            let now = self.parts.clock.now_ms();
            let (attachments, kept) = files::keep(&self.parts.ids, now, &letter.attachments, fits);
            let message = Message {
                purpose: letter.purpose.to_owned(),
                state,
                to: letter.to.trim().to_lowercase(),
                subject: letter.subject.clone(),
                bulk: letter.bulk,
                about: Some((posted.object.clone(), posted.id)),
                attachments,
                next_at: (state == State::Queued).then(|| letter.not_before.unwrap_or(now).max(now)),
                reason,
                ..self.blank()
            };
            let mut writes = vec![row::insert(&message, Body::of(letter).stored())];
            writes.extend(kept);
            Ok(writes)
        }
        .boxed()
    }

    fn wake(&self) {
        Outbox::wake(self);
    }
}

/// Why a letter cannot be sent as it is.
fn fault(letter: &Letter) -> Option<String> {
    let detail = |outcome: Result<()>| outcome.err().map(|error| error.detail().to_owned());
    let one = |address: &str| detail(address::address(address).map(|_| ()));
    let line = |what: &str, text: &str| detail(address::line(what, text));
    let bytes: usize = letter.attachments.iter().map(|a| a.bytes.len()).sum();
    one(letter.to.trim())
        .or_else(|| line("subject", &letter.subject))
        .or_else(|| letter.from_name.as_ref().and_then(|name| line("sender's name", name)))
        .or_else(|| letter.reply_to.as_ref().and_then(|address| one(address)))
        .or_else(|| letter.addressed.iter().chain(&letter.cc).find_map(|address| one(address.trim())))
        .or_else(|| {
            let names = letter.addressed.len() + letter.cc.len();
            (names > NAMED).then(|| format!("it names {names} receivers; a mail names at most {NAMED}"))
        })
        .or_else(|| letter.headers.iter().find_map(|(name, value)| header(name, value)))
        .or_else(|| letter.attachments.iter().find_map(|a| line("name of an attachment", &a.name)))
        .or_else(|| {
            (bytes > files::MOST)
                .then(|| format!("its attachments have {bytes} bytes; a mail takes at most {}", files::MOST))
        })
}

fn header(name: &str, value: &str) -> Option<String> {
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b':');
    let lower = name.to_ascii_lowercase();
    if !is_name || OWN.contains(&lower.as_str()) || lower.starts_with("content-") {
        return Some(format!("{} is no header that a mail may set", name.escape_debug()));
    }
    address::line(&format!("header {name}"), value).err().map(|error| error.detail().to_owned())
}

#[cfg(test)]
mod tests {
    use kontor_model::Attachment;

    use super::*;

    fn letter() -> Letter {
        Letter { purpose: "test", to: "Ada@example.com".into(), subject: "Hello".into(), ..Letter::default() }
    }

    #[test]
    fn a_letter_says_nothing_that_breaks_its_head() {
        let header = |name: &str, value: &str| Letter { headers: vec![(name.into(), value.into())], ..letter() };
        assert_eq!(fault(&letter()), None);
        assert_eq!(fault(&header("List-Unsubscribe", "<https://a.example/u>")), None);
        for bad in [
            header("Bcc", "a@b.example"),
            header("content-type", "text/html"),
            header("X: y\r\nBcc", "a@b.example"),
            header("X-Note", "a\r\nBcc: a@b.example"),
            header("", "x"),
            Letter { to: "nobody".into(), ..letter() },
            Letter { subject: "a\nb".into(), ..letter() },
            Letter { from_name: Some("a\nb".into()), ..letter() },
            Letter { reply_to: Some("a b".into()), ..letter() },
            Letter { cc: vec!["a@b.example, c@d.example".into()], ..letter() },
            Letter { cc: vec!["a@b.example\r\nBcc: c@d.example".into()], ..letter() },
            Letter { addressed: vec!["nobody".into()], ..letter() },
            Letter { cc: vec!["a@b.example".into(); NAMED + 1], ..letter() },
        ] {
            assert!(fault(&bad).is_some(), "{bad:?}");
        }
        let file =
            |size: usize| Attachment { name: "a.pdf".into(), media: "application/pdf".into(), bytes: vec![0; size] };
        let with = |size: usize| Letter { attachments: vec![file(size), file(1)], ..letter() };
        assert_eq!(fault(&with(files::MOST - 1)), None);
        assert!(fault(&with(files::MOST)).is_some_and(|why| why.contains("10485761")));
    }
}
