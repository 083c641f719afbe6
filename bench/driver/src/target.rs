//! What the scenarios need to know of a server: its side, its credential, the ids and cursors to ask for.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyhow::{Context, Result};
use kontor_bench_reference::rows::{self, CITIES};

use crate::client::Client;
use crate::shape::Shape;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Reference,
    Kontor,
}

pub struct Target {
    pub side: Side,
    pub headers: String,
    pub shape: Shape,
    /// Ids for reads and replacements, evenly spread over the table.
    pub ids: Vec<String>,
    pub no_id: String,
    /// A city and the cursor in the middle of its contacts.
    pub middles: Vec<(String, String)>,
    pub no_middle: (String, String),
    /// Number of the next row that nobody has yet; one counter for both sides.
    pub fresh: Arc<AtomicU64>,
}

/// Ids kept for reads: many enough that a server does not answer all of them from its nearest cache.
pub const IDS: u64 = 20_000;
/// Cities whose pages are asked for.
const PAGED: usize = 8;
const PAGE: u64 = 50;

impl Target {
    pub fn new(side: Side, headers: String, shape: Shape, ids: Vec<String>, fresh: Arc<AtomicU64>) -> Self {
        let (no_id, no_middle) = (String::from("0"), (String::from("Berlin"), String::new()));
        Self { side, headers, shape, ids, no_id, middles: Vec::new(), no_middle, fresh }
    }

    pub fn collection(&self) -> &'static str {
        match self.side {
            Side::Reference => "/contacts",
            Side::Kontor => "/v1/contacts",
        }
    }

    pub fn page_path(&self, city: &str, after: Option<&str>) -> String {
        match (self.side, after) {
            (Side::Reference, None) => format!("/contacts?city={city}"),
            (Side::Reference, Some(after)) => format!("/contacts?city={city}&after={after}"),
            (Side::Kontor, None) => format!("/v1/contacts?filter[city]={city}&sort=-created_at&limit=50"),
            (Side::Kontor, Some(after)) => {
                format!("/v1/contacts?filter[city]={city}&sort=-created_at&limit=50&cursor={after}")
            }
        }
    }

    /// Follows the cursors of a few cities to the middle of their contacts, as a caller would.
    pub fn find_middles(&mut self, address: &str, rows: u64) -> Result<()> {
        let cities = u64::try_from(CITIES.len()).unwrap_or(1);
        let pages = (rows / cities / PAGE / 2).max(1);
        let mut client = Client::connect(address, &self.headers)?;
        let mut middles = Vec::with_capacity(PAGED);
        for (city, _) in CITIES.iter().take(PAGED) {
            let mut after: Option<String> = None;
            for _ in 0..pages {
                let answer = client.json("GET", &self.page_path(city, after.as_deref()), b"")?;
                let Some(next) = next_cursor(&answer) else { break };
                after = Some(next);
            }
            middles.push((
                (*city).to_owned(),
                after.with_context(|| format!("{city} has a single page; use more --rows"))?,
            ));
        }
        self.middles = middles;
        Ok(())
    }
}

/// The cursor of a list's answer, ready for an address.
pub fn next_cursor(answer: &serde_json::Value) -> Option<String> {
    let cursor = answer.pointer("/meta/page/next_cursor")?.as_str()?;
    Some(cursor.replace('%', "%25").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"))
}

/// Every how many rows an id is kept.
pub fn stride(rows: u64) -> u64 {
    (rows / IDS).max(1)
}

pub fn reference_ids(rows: u64) -> Vec<String> {
    (0..rows / stride(rows)).map(|n| rows::seeded_id(n * stride(rows)).to_string()).collect()
}
