//! Letters: mail that goes out with a change, in the same commit.

/// A file that goes with a letter.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// `INV-2026-0001.pdf`
    pub name: String,
    /// `application/pdf`
    pub media: String,
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}, {} bytes)", self.name, self.media, self.bytes.len())
    }
}

/// A mail to one receiver, about the record of the step that it goes with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Letter {
    /// What it is about, such as `invoice`.
    pub purpose: &'static str,
    /// One address (RFC 5322, 3.4.1).
    pub to: String,
    /// Whom `To` names, of one of several; empty where that is `to` alone.
    pub addressed: Vec<String>,
    /// Whom `Cc` names. Each of them gets a letter of their own: one that nobody takes holds up no other.
    pub cc: Vec<String>,
    /// The name beside the installation's sender address.
    pub from_name: Option<String>,
    /// Where answers go, when not to the sender.
    pub reply_to: Option<String>,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    /// Further headers, such as `List-Unsubscribe` (RFC 8058), each a single line.
    pub headers: Vec<(String, String)>,
    pub attachments: Vec<Attachment>,
    /// Unix milliseconds before which it stays.
    pub not_before: Option<i64>,
    /// One of many: others go first, and it keeps to the rate of mass mail.
    pub bulk: bool,
}

impl Letter {
    /// The letters of one that goes to several, with copies: each receiver gets one, and all say whom it went to.
    /// Without copies each names its own receiver alone.
    pub fn for_all(self, to: &[String], cc: &[String]) -> Vec<Letter> {
        let (mut rest, names) = (cc.to_vec(), if cc.is_empty() { Vec::new() } else { to.to_vec() });
        rest.retain(|address| !to.contains(address));
        let each = to.iter().chain(&rest);
        each.map(|one| Letter { to: one.clone(), addressed: names.clone(), cc: rest.clone(), ..self.clone() }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_name_everybody_and_others_nobody() {
        let all = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let made = Letter::default().for_all(&all(&["a@x", "b@x"]), &all(&["c@x", "a@x"]));
        assert_eq!(made.iter().map(|l| l.to.as_str()).collect::<Vec<_>>(), ["a@x", "b@x", "c@x"]);
        assert!(made.iter().all(|l| l.addressed == ["a@x", "b@x"] && l.cc == ["c@x"]));
        let made = Letter::default().for_all(&all(&["a@x", "b@x"]), &[]);
        assert!(made.len() == 2 && made.iter().all(|l| l.addressed.is_empty() && l.cc.is_empty()));
    }
}
