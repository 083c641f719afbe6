//! One question, asked with what another space has and with what nobody ever had.

use std::collections::{BTreeMap, BTreeSet};

use kontor_testkit::Reply;

use super::probe::{Caller, Probe};
use super::world::World;

/// Names of the other space, and a twin of each that nobody has.
pub struct Pair {
    /// Name, value, and twin of the same form.
    holes: Vec<(String, String, String)>,
    /// Values that may be seen only where they were sent.
    canaries: BTreeSet<String>,
}

/// Not secret: names that every space has, or that are known to all.
const COMMON: [&str; 3] = ["pipeline.name", "stage.name", "request"];

impl Pair {
    pub fn new(other: &World, asking: &World, known: &str) -> Self {
        let all: BTreeMap<&String, &String> = other.names.iter().collect();
        let holes: Vec<(String, String, String)> =
            all.into_iter().map(|(name, value)| (name.clone(), value.clone(), twin(value, known))).collect();
        let own: BTreeSet<&String> = asking.names.values().collect();
        let canaries = other
            .names
            .iter()
            .filter(|(name, value)| value.len() >= 8 && !own.contains(value) && !COMMON.contains(&name.as_str()))
            .map(|(_, value)| value.clone())
            .collect();
        Self { holes, canaries }
    }

    fn fill(&self, text: &str, value: impl Fn(&(String, String, String)) -> &str) -> String {
        let mut text = text.to_owned();
        for hole in &self.holes {
            text = text.replace(&format!("{{{{{}}}}}", hole.0), value(hole));
        }
        text = text.replace("{{fresh}}", "fresh");
        // What a template fills itself is written with a space: `{{ record.name }}`.
        assert!(!text.replace("{{ ", "").contains("{{"), "a hole without a name: {text}");
        text
    }

    /// With what the other space has.
    pub fn theirs(&self, text: &str) -> String {
        self.fill(text, |(_, value, _)| value)
    }

    /// With what nobody has.
    pub fn nobodys(&self, text: &str) -> String {
        self.fill(text, |(_, _, twin)| twin)
    }

    /// An answer without what differs between any two requests: the request's id, times, new ids and secrets.
    pub fn plain(&self, reply: &Reply) -> String {
        let mut text = format!("{}\n", reply.status);
        let mut headers: Vec<String> = reply
            .headers
            .iter()
            .filter(|(name, _)| {
                !["date", "x-request-id", "content-length", "etag", "set-cookie"].contains(&name.as_str())
            })
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default()))
            .collect();
        headers.sort();
        text.push_str(&headers.join("\n"));
        text.push('\n');
        text.push_str(&reply.text());
        // Longest first: a name may be part of another.
        let mut words: Vec<(&str, &str)> = Vec::new();
        for (name, value, twin) in self.holes.iter().filter(|(_, value, _)| value.len() >= 3) {
            words.extend([(value.as_str(), name.as_str()), (twin.as_str(), name.as_str())]);
        }
        words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        words.dedup_by_key(|(word, _)| *word);
        let request = reply.header("x-request-id");
        if !request.is_empty() {
            text = text.replace(request, "<request>");
        }
        for (word, name) in words {
            if text.contains(word) {
                text = text.replace(word, &format!("<{name}>"));
            }
        }
        settle(&versionless(&text))
    }

    /// What the answer says of the other space although it was not asked with it.
    pub fn leak(&self, sent: &str, reply: &Reply) -> Option<String> {
        let (sent, text) = (self.theirs(sent), reply.text());
        self.canaries.iter().find(|canary| text.contains(*canary) && !sent.contains(*canary)).cloned()
    }

    /// Asks both ways; what differs, if it does so each time.
    ///
    /// # Errors
    /// The answers differ, or say something of the other space.
    pub async fn ask(&self, caller: &Caller, probe: &Probe) -> Result<Answers, String> {
        let mut said = String::new();
        for _ in 0..3 {
            let theirs = probe.send(caller, |text| self.theirs(text)).await;
            let nobodys = probe.send(caller, |text| self.nobodys(text)).await;
            if let Some(canary) = self.leak(&probe.text(), &theirs) {
                return Err(format!("LEAK of {canary}: {}: {theirs}", probe.text()));
            }
            if theirs.status >= 500 {
                return Err(format!("{}: {theirs}", probe.text()));
            }
            if theirs.header("idempotent-replayed") == "true" {
                return Err(format!("REPLAYED: {}: {theirs}", probe.text()));
            }
            let (one, other) = (self.plain(&theirs), self.plain(&nobodys));
            if one == other {
                return Ok(Answers::Same);
            }
            said = format!("{}\n  theirs:  {one}\n  nobodys: {other}", probe.text());
        }
        // An answer that never is the same twice tells nothing by not being the same.
        let again = self.plain(&probe.send(caller, |text| self.nobodys(text)).await);
        let once_more = self.plain(&probe.send(caller, |text| self.nobodys(text)).await);
        if again == once_more { Err(said) } else { Ok(Answers::Restless) }
    }
}

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    Same,
    /// The same question is answered in another way each time: the list of what was asked, say.
    Restless,
}

/// The same form, and nobody's: another number, or the last letters moved on.
fn twin(value: &str, known: &str) -> String {
    if let Ok(number) = value.parse::<i64>() {
        let near = (1..).map(|step| number + step * 3_001).find(|other| !known.contains(&other.to_string()));
        return near.unwrap_or_default().to_string();
    }
    // What stands before an @ or behind a dot is the form of an address or a token; a domain stays what it is.
    let end = value.find('@').unwrap_or(value.len());
    let (head, tail) = value.split_at(end);
    let mut moved = 0;
    let mut letters: Vec<char> = head.chars().collect();
    for letter in letters.iter_mut().rev().filter(|letter| letter.is_ascii_alphanumeric()) {
        *letter = match *letter {
            'z' => 'a',
            'Z' => 'A',
            '9' => '0',
            other => char::from(u8::try_from(u32::from(other)).unwrap_or(b'a') + 1),
        };
        moved += 1;
        if moved == 3 {
            break;
        }
    }
    format!("{}{tail}", letters.into_iter().collect::<String>())
}

/// Replaces numbers of twelve digits and more, times, and secrets by what they are.
fn settle(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_-.:+".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if is_word(c) {
            word.push(c);
            continue;
        }
        let core = word.trim_matches([':', '.', '-', '+', '_']);
        let digits = core.bytes().filter(u8::is_ascii_digit).count();
        let shown = if digits == core.len() && digits >= 12 {
            "<n>"
        } else if digits >= 14 && word.contains('T') && word.contains(':') {
            "<time>"
        } else if ["ak_", "ks_", "ko_", "kr_", "kc_", "kd_", "kx_"].iter().any(|begin| word.starts_with(begin))
            || word.len() >= 40
        {
            "<secret>"
        } else {
            &word
        };
        out.push_str(shown);
        out.push(c);
        word.clear();
    }
    out
}

/// Without the numbers of versions, which every change raises.
fn versionless(text: &str) -> String {
    let mut parts = text.split("\"version\":");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("\"version\":");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    out
}
