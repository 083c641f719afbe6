//! What a user wants by which channel.

use kontor_events::Types;
use kontor_model::Value;
use kontor_records::Found;

use crate::hours::{Digest, Timing, time};

/// A preference, read.
#[derive(Debug, Clone)]
pub struct Wish {
    pub owner: i64,
    pub channel: String,
    kind: Option<String>,
    pub enabled: bool,
    pub timing: Timing,
    pub address: Option<String>,
}

impl Wish {
    pub fn of(record: &Found) -> Option<Self> {
        let text = |path: &str| record.value(path).as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let quiet = text("quiet_from").and_then(|t| time(&t)).zip(text("quiet_until").and_then(|t| time(&t)));
        Some(Self {
            owner: record.int("owner_id")?,
            channel: text("channel")?,
            kind: text("event_type"),
            enabled: record.value("enabled").as_bool() != Some(false),
            timing: Timing { digest: Digest::of(record.text("digest")), quiet },
            address: text("address"),
        })
    }

    /// How closely it is about news of this kind; none when it is not.
    fn closeness(&self, kind: &str) -> Option<usize> {
        match self.kind.as_deref() {
            None => Some(0),
            Some(own) if own == kind => Some(usize::MAX),
            Some(own) => Types::parse(own).ok()?.has(kind).then_some(own.len()),
        }
    }
}

/// What one user wants of one channel for news of one kind.
pub fn closest<'w>(wishes: &'w [Wish], owner: i64, channel: &str, kind: &Value) -> Option<&'w Wish> {
    let kind = kind.as_str().unwrap_or_default();
    let own = wishes.iter().filter(|wish| wish.owner == owner && wish.channel == channel);
    own.filter_map(|wish| Some((wish.closeness(kind)?, wish))).max_by_key(|(closeness, _)| *closeness).map(|(_, w)| w)
}
