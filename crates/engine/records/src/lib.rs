//! The pipeline, the only way to a record: authorise → check → plan → commit; and the questions about records.
//!
//! Every door hands in a [`Query`](kontor_model::Query), an [`Aggregate`](kontor_model::Aggregate) or
//! [`Changes`](kontor_model::Changes) together with a [`Ctx`] that says who asks.

mod act;
mod aggregate;
mod allows;
mod audit;
mod authorise;
pub mod bounces;
pub mod bytes;
mod caller;
mod carry;
mod change;
mod counters;
mod cursor;
mod derive;
mod draft;
mod erase;
mod expand;
mod fetch;
mod filter;
mod guest;
mod hear;
mod history;
mod hook;
mod idempotency;
mod input;
pub mod likeness;
mod lines;
mod link;
mod list;
mod outlook;
mod plan;
mod post;
mod purge;
mod read;
mod references;
pub mod rights;
mod sealing;
mod search;
mod set_back;
mod shares;
mod sight;
mod steps;
mod sweep;
mod tally;
mod under_way;
mod unique;
mod view;

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use kontor_model::{Clock, Error, ErrorCode, IdGenerator};
use kontor_store::{Batch, CommitError, Page, Rows, Select, Shape, Store, StoreError};

pub use act::{Act, Asked, Call, Given, Gives, Input, Plan};
pub use authorise::Access;
pub use caller::{Caller, Ctx, Idempotency, Origin, Scopes, Trace, Via};
pub use carry::{Carried, Planner};
pub use change::{Also, Answer, Done, Outcome, Render};
pub use derive::derive;
pub use fetch::{Working, literal};
pub use guest::{Guest, Knock, Shown, Taken, Visit};
pub use hear::{Fate, Hear, News};
pub use hook::{Hook, Touched, Verdict};
pub use idempotency::Replay;
pub use kontor_audit::Credential;
pub use link::Ticket;
pub use list::Listing;
pub use outlook::Outlook;
pub use post::{Post, Posted};
pub use read::Record;
pub use rights::{Policy, Reach, Rule, Standing};
pub use sealing::Sealing;
pub use search::{document, full_text, terms};
pub use set_back::Mends;
pub use shares::Grantee;
pub use sight::{Found, Sight, Where};
pub use sweep::Sweep;
pub use tally::{Share, Slice, Tally, sees_tallies, untallied};
pub use under_way::Load;
pub use view::{Glance, Look, Sheet, Viewed};

/// The most records of a page (api.md 6).
pub const MAX_LIMIT: u32 = 500;
/// Records of a page when nothing is said.
pub const DEFAULT_LIMIT: u32 = 50;
/// The most operations of a batch or composite (api.md 6).
pub const MAX_OPERATIONS: usize = 1_000;

/// The engine's door to records.
pub struct Records {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<IdGenerator>,
    signer: cursor::Signer,
    under_way: under_way::UnderWay,
    turns: Vec<tokio::sync::Mutex<()>>,
    /// Those of actions, held while their changes take turns of the others.
    act_turns: Vec<tokio::sync::Mutex<()>>,
    any_turn: tokio::sync::Mutex<()>,
    hooks: Vec<Arc<dyn Hook>>,
    acts: Vec<Arc<dyn Act>>,
    looks: Vec<Arc<dyn Look>>,
    guests: Vec<Arc<dyn Guest>>,
    hears: Vec<Arc<dyn Hear>>,
    links: link::Links,
    post: Option<Arc<dyn Post>>,
    /// `https://crm.example.com`: where links lead.
    address: OnceLock<String>,
}

/// 422000 with the name of the rule.
pub fn refusal(rule: &str, detail: impl AsRef<str>) -> Error {
    Error::new(ErrorCode::RuleRefused, format!("{rule}: {}", detail.as_ref()))
}

impl Records {
    /// `secret` signs cursors; the same in every process of an installation, at least 32 bytes.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, ids: Arc<IdGenerator>, secret: &[u8]) -> Self {
        let turns = || (0..change::TURNS).map(|_| tokio::sync::Mutex::default()).collect();
        Self {
            store,
            under_way: under_way::UnderWay::default(),
            clock,
            ids,
            signer: cursor::Signer::new(secret),
            turns: turns(),
            act_turns: turns(),
            any_turn: tokio::sync::Mutex::default(),
            hooks: Vec::new(),
            acts: Vec::new(),
            looks: Vec::new(),
            guests: Vec::new(),
            hears: Vec::new(),
            links: link::Links::new(secret),
            post: None,
            address: OnceLock::new(),
        }
    }

    /// With the services' rules about changes.
    #[must_use]
    pub fn ruled(mut self, hooks: Vec<Arc<dyn Hook>>) -> Self {
        self.hooks = hooks;
        self
    }

    /// With what can be done to records besides changing their fields.
    #[must_use]
    pub fn acting(mut self, acts: Vec<Arc<dyn Act>>) -> Self {
        self.acts = acts;
        self
    }

    /// With what can be read of records besides their fields.
    #[must_use]
    pub fn shown(mut self, looks: Vec<Arc<dyn Look>>) -> Self {
        self.looks = looks;
        self
    }

    /// With the pages that are open to who has their link.
    #[must_use]
    pub fn hosting(mut self, guests: Vec<Arc<dyn Guest>>) -> Self {
        self.guests = guests;
        self
    }

    /// With who is told what became of letters.
    #[must_use]
    pub fn hearing(mut self, hears: Vec<Arc<dyn Hear>>) -> Self {
        self.hears = hears;
        self
    }

    /// Says where links lead; known when the server listens, and never taken from a request.
    pub fn set_address(&self, url: &str) {
        self.address.set(url.trim_end_matches('/').to_owned()).ok();
    }

    /// Where links lead, in a process that serves or was told.
    pub fn address(&self) -> Option<&str> {
        self.address.get().map(String::as_str)
    }

    /// With where letters go; without it they are dropped.
    #[must_use]
    pub fn posting(mut self, post: Arc<dyn Post>) -> Self {
        self.post = Some(post);
        self
    }

    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    pub fn ids(&self) -> &Arc<IdGenerator> {
        &self.ids
    }

    async fn rows(&self, ctx: &Ctx, select: Select) -> Result<Rows, StoreError> {
        let start = Instant::now();
        let rows = self.store.rows(select).await;
        ctx.trace.add_db(start.elapsed());
        rows
    }

    async fn page(&self, ctx: &Ctx, select: Select, shape: Arc<Shape>) -> Result<Page, StoreError> {
        let start = Instant::now();
        let page = self.store.page(select, shape).await;
        ctx.trace.add_db(start.elapsed());
        page
    }

    async fn commit(&self, ctx: &Ctx, batch: Batch) -> Result<(), CommitError> {
        let start = Instant::now();
        let outcome = self.store.commit(batch).await;
        ctx.trace.add_db(start.elapsed());
        outcome
    }
}
