//! What is measured, and how each request looks at the reference and at the product.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use kontor_bench_reference::rows::{self, Mix};

use crate::load::Caller;
use crate::target::{Side, Target};
use crate::wire;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    Hello,
    Read,
    PageFirst,
    PageMiddle,
    Search,
    Aggregate,
    Create,
    Mix,
    Batch,
}

/// Reads come first: they are asked of the database as it was seeded.
pub const ALL: [Scenario; 9] = [
    Scenario::Hello,
    Scenario::Read,
    Scenario::PageFirst,
    Scenario::PageMiddle,
    Scenario::Search,
    Scenario::Aggregate,
    Scenario::Create,
    Scenario::Mix,
    Scenario::Batch,
];

/// Creates in one batch.
const BATCH: u32 = 500;

impl Scenario {
    pub fn name(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Read => "read",
            Self::PageFirst => "page-first",
            Self::PageMiddle => "page-middle",
            Self::Search => "search",
            Self::Aggregate => "aggregate",
            Self::Create => "create",
            Self::Mix => "mix",
            Self::Batch => "batch",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Hello => "fixed answer",
            Self::Read => "read by id",
            Self::PageFirst => "page of 50 by city, newest first",
            Self::PageMiddle => "the same, behind a cursor in the middle",
            Self::Search => "word search, 50",
            Self::Aggregate => "count by stage over all rows",
            Self::Create => "durable create",
            Self::Mix => "mix 65 GET, 20 POST, 10 PUT, 5 DELETE",
            Self::Batch => "batch of 500 creates, rows/s",
        }
    }

    /// Least ratio that the project has promised itself.
    pub fn aim(self) -> Option<f64> {
        match self {
            Self::Hello => None,
            Self::Read | Self::PageFirst | Self::PageMiddle | Self::Search => Some(0.7),
            Self::Aggregate => Some(0.8),
            Self::Create | Self::Mix => Some(0.6),
            Self::Batch => Some(0.4),
        }
    }

    /// Requests that take tens of milliseconds saturate the machine at eight; at 64 a measurement would be one turn of the queue.
    pub fn connections(self, usual: usize) -> usize {
        match self {
            Self::Aggregate | Self::Batch => usual.min(8),
            _ => usual,
        }
    }

    /// What one request counts for.
    pub fn weight(self) -> f64 {
        if self == Self::Batch { f64::from(BATCH) } else { 1.0 }
    }
}

/// The requests of one connection.
pub struct Calls {
    target: Arc<Target>,
    scenario: Scenario,
    mix: Mix,
    path: String,
    body: Vec<u8>,
    /// Records that this connection has made and may delete.
    made: Vec<String>,
    made_next: bool,
}

impl Calls {
    pub fn new(target: Arc<Target>, scenario: Scenario, connection: usize) -> Self {
        let seed = u64::try_from(connection).unwrap_or(0) ^ target.fresh.load(Ordering::Relaxed);
        let mix = Mix(seed.wrapping_mul(0x2545_F491_4F6C_DD1D));
        Self { target, scenario, mix, path: String::new(), body: Vec::new(), made: Vec::new(), made_next: false }
    }

    fn page(&mut self, middle: bool) -> &'static str {
        let (city, after) = self.mix.pick(&self.target.middles, &self.target.no_middle);
        self.path = self.target.page_path(city, middle.then_some(after.as_str()));
        "GET"
    }

    fn read(&mut self) -> &'static str {
        let id = self.mix.pick(&self.target.ids, &self.target.no_id);
        let _ = write!(self.path, "{}/{id}", self.target.collection());
        "GET"
    }

    fn create(&mut self) -> &'static str {
        self.path.push_str(self.target.collection());
        self.fresh_body();
        self.made_next = true;
        "POST"
    }

    fn fresh_body(&mut self) {
        let n = self.target.fresh.fetch_add(1, Ordering::Relaxed);
        self.target.shape.write(&mut self.body, &rows::contact(n));
    }

    fn mixed(&mut self) -> &'static str {
        match self.mix.below(100) {
            0..65 => self.read(),
            65..75 => {
                self.read();
                self.fresh_body();
                "PUT"
            }
            75..80 if !self.made.is_empty() => {
                let id = self.made.pop().unwrap_or_default();
                let _ = write!(self.path, "{}/{id}", self.target.collection());
                "DELETE"
            }
            _ => self.create(),
        }
    }

    fn batch(&mut self) -> &'static str {
        let _ = write!(self.path, "{}/batch", self.target.collection());
        self.body.extend_from_slice(b"{\"atomic\":true,\"operations\":[");
        for at in 0..BATCH {
            self.body.extend_from_slice(if at == 0 {
                b"{\"op\":\"create\",\"data\":"
            } else {
                b",{\"op\":\"create\",\"data\":"
            });
            self.fresh_body();
            self.body.push(b'}');
        }
        self.body.extend_from_slice(b"]}");
        "POST"
    }

    fn search(&mut self) -> &'static str {
        let word = rows::last_name(&mut self.mix);
        match self.target.side {
            Side::Reference => self.path.push_str("/search?q="),
            Side::Kontor => self.path.push_str("/v1/contacts?limit=50&q=%22"),
        }
        self.path.push_str(&word);
        // In quotes Kontor asks for the whole word, as the reference does; without them for words that begin so.
        if self.target.side == Side::Kontor {
            self.path.push_str("%22");
        }
        "GET"
    }

    fn aggregate(&mut self) -> &'static str {
        match self.target.side {
            Side::Reference => {
                self.path.push_str("/aggregate");
                "GET"
            }
            Side::Kontor => {
                self.path.push_str("/v1/contacts/aggregate");
                self.body
                    .extend_from_slice(br#"{"group_by":["lifecycle_stage"],"measures":[{"fn":"count","as":"n"}]}"#);
                "POST"
            }
        }
    }
}

impl Caller for Calls {
    fn next(&mut self, out: &mut Vec<u8>) {
        self.path.clear();
        self.body.clear();
        self.made_next = false;
        let method = match self.scenario {
            Scenario::Hello => {
                self.path.push_str("/hello");
                "GET"
            }
            Scenario::Read => self.read(),
            Scenario::PageFirst => self.page(false),
            Scenario::PageMiddle => self.page(true),
            Scenario::Search => self.search(),
            Scenario::Aggregate => self.aggregate(),
            Scenario::Create => self.create(),
            Scenario::Mix => self.mixed(),
            Scenario::Batch => self.batch(),
        };
        wire::request(out, method, &self.path, &self.target.headers, &self.body);
    }

    fn heard(&mut self, status: u16, body: &[u8]) {
        if self.scenario == Scenario::Mix && self.made_next && status == 201 {
            self.made.extend(wire::id(body).map(str::to_owned));
        }
    }
}
