//! What is asked of endpoints and deliveries besides reading and changing records. Who asks has been let in.

use std::sync::Arc;

use kontor_events::{Cursor, by_ids, head, shown, since};
use kontor_model::{Error, ErrorCode, Id, Kind, Op, Result, SpaceId, Value};
use kontor_records::Ctx;
use kontor_store::{Batch, Cond, Expr, Select, Write, system};
use serde_json::{Value as J, json};

use crate::row::{Attempt, Delivery, attempt_columns, columns, parse_id, whole};
use crate::ship::TEST;
use crate::state::{State, set};
use crate::{DUE, ENDPOINT, Secret, Webhooks, cursor_name};

/// Attempts of one delivery that are shown.
const ATTEMPTS: u64 = 100;

/// Which deliveries are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    pub endpoint: Option<Id>,
    pub event: Option<Id>,
    /// One of [`crate::STATES`].
    pub state: Option<String>,
    /// Only of events older than this one.
    pub before: Option<(i64, i64)>,
}

/// Some deliveries.
#[derive(Debug)]
pub struct Page {
    pub rows: Vec<Delivery>,
    pub has_more: bool,
}

/// What callers ask of webhooks.
pub type Desk = Webhooks;

impl Webhooks {
    /// Deliveries, those of the newest events first.
    ///
    /// # Errors
    /// The database's.
    pub async fn list(&self, space: SpaceId, wanted: &Wanted, limit: u32) -> Result<Page> {
        let int = |name: &str| Expr::column(name, Kind::Int);
        let test = |name: &str, op: Op, right: i64| Cond::Test { left: int(name), op, right: right.into() };
        let mut select = Select::new(space, system::WEBHOOK_DELIVERY, columns())
            .order(int("event_id"), true)
            .order(int("endpoint_id"), true)
            .limit(u64::from(limit) + 1);
        if let Some(endpoint) = wanted.endpoint {
            select = select.equals("endpoint_id", Kind::Int, endpoint.0);
        }
        if let Some(event) = wanted.event {
            select = select.equals("event_id", Kind::Int, event.0);
        }
        if let Some(state) = &wanted.state {
            select = select.equals("state", Kind::Text, state.as_str());
        }
        if let Some((event, endpoint)) = wanted.before {
            let same = Cond::And(vec![test("event_id", Op::Eq, event), test("endpoint_id", Op::Lt, endpoint)]);
            select = select.filter(Cond::Or(vec![test("event_id", Op::Lt, event), same]));
        }
        let mut rows: Vec<Delivery> = self.store().rows(select).await?.into_iter().filter_map(Delivery::of).collect();
        let has_more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        Ok(Page { rows, has_more })
    }

    /// One delivery by its message's id.
    ///
    /// # Errors
    /// 404001; the database's.
    pub async fn delivery(&self, space: SpaceId, id: &str) -> Result<Delivery> {
        let (endpoint, event) = parse_id(id).ok_or_else(Error::not_found)?;
        let select = Select::new(space, system::WEBHOOK_DELIVERY, whole())
            .equals("endpoint_id", Kind::Int, endpoint.0)
            .equals("event_id", Kind::Int, event.0)
            .limit(1);
        self.store().rows(select).await?.pop().and_then(Delivery::of).ok_or_else(Error::not_found)
    }

    /// A delivery with what was sent, as the log shows it to the endpoint now, and what came back.
    ///
    /// # Errors
    /// 404001; the database's.
    pub async fn with_attempts(&self, space: SpaceId, id: &str) -> Result<J> {
        let delivery = self.delivery(space, id).await?;
        let select = Select::new(space, system::WEBHOOK_ATTEMPT, attempt_columns())
            .equals("endpoint_id", Kind::Int, delivery.endpoint.0)
            .equals("event_id", Kind::Int, delivery.event.0)
            .order(Expr::column("id", Kind::Int), true)
            .limit(ATTEMPTS);
        let before = self.store().rows(select).await?.into_iter().filter_map(Attempt::of);
        let attempts: Vec<J> = delivery.last.clone().into_iter().chain(before).map(|attempt| attempt.json()).collect();
        let mut shown_as = delivery.json();
        if let Some(members) = shown_as.as_object_mut() {
            members.insert("request".to_owned(), self.request(space, &delivery).await?);
            members.insert("attempt_log".to_owned(), J::Array(attempts));
        }
        Ok(shown_as)
    }

    async fn request(&self, space: SpaceId, delivery: &Delivery) -> Result<J> {
        if delivery.kind == TEST {
            return Ok(J::Null);
        }
        let targets = self.targets(space, &[], &Arc::default()).await?;
        let Some(target) = targets.iter().find(|target| target.id == delivery.endpoint) else { return Ok(J::Null) };
        let rows = by_ids(self.store(), space, vec![delivery.event.0]).await?;
        let events = shown(&self.parts.records, &target.view.ctx, rows).await?;
        Ok(events.first().map(|event| event.json(space)).unwrap_or_default())
    }

    /// Sends a message once more, with all its attempts before it. `also` makes further writes of the same commit.
    ///
    /// # Errors
    /// 404001; the database's.
    pub async fn redeliver(
        &self,
        space: SpaceId,
        id: &str,
        also: impl FnOnce(&Delivery) -> Result<Vec<Write>>,
    ) -> Result<()> {
        let mut delivery = self.delivery(space, id).await?;
        delivery.again(self.now());
        let mut writes = vec![delivery.save()];
        writes.extend(also(&delivery)?);
        self.put(space, writes).await
    }

    /// Puts a message without a record on its way, to see whether it arrives.
    ///
    /// # Errors
    /// 404001; 422000 for a disabled endpoint; the database's.
    pub async fn test(
        &self,
        ctx: &Ctx,
        endpoint: Id,
        also: impl FnOnce(&Delivery) -> Result<Vec<Write>>,
    ) -> Result<()> {
        self.enabled(ctx, endpoint).await?;
        let id = self.parts.records.ids().next();
        let subject = format!("webhook_endpoints/{endpoint}");
        let delivery = Delivery::new(endpoint, id, 0, TEST, &subject, self.now());
        let mut writes = vec![delivery.save()];
        writes.extend(also(&delivery)?);
        self.put(ctx.space(), writes).await
    }

    /// Sends again what failed of events made since `ms` (Unix milliseconds), and what came while the endpoint was
    /// disabled. How many events are looked at.
    ///
    /// # Errors
    /// 404001; 422000 for a disabled endpoint; the database's.
    pub async fn recover_since(
        &self,
        ctx: &Ctx,
        endpoint: Id,
        ms: i64,
        also: impl FnOnce(i64) -> Result<Vec<Write>>,
    ) -> Result<()> {
        self.enabled(ctx, endpoint).await?;
        let space = ctx.space();
        let from = since(self.store(), space, ms).await?;
        let to = head(self.store(), space).await?.last;
        let values = vec![("recover_from", Kind::Int, Value::Int(from)), ("recover_to", Kind::Int, Value::Int(to))];
        let mut writes = vec![set(endpoint, values)];
        writes.extend(also(to - from)?);
        self.put(space, writes).await
    }

    /// Another secret, shown only now; the one before signs beside it until the moment that is said.
    ///
    /// # Errors
    /// 404001; the master key is not at hand; the database's.
    pub async fn rotate(
        &self,
        ctx: &Ctx,
        endpoint: Id,
        also: impl FnOnce(&Secret, i64) -> Result<Vec<Write>>,
    ) -> Result<()> {
        self.parts.records.read(ctx, ENDPOINT, endpoint, None, &[]).await?;
        let secret = Secret::random()?;
        let (mut writes, until) = match State::of(self.store(), ctx.space(), endpoint).await? {
            Some(state) => {
                let (write, until) = state.rotate(&*self.parts.sealing, endpoint, &secret, self.now())?;
                (vec![write], until)
            }
            // It was sent nothing so far, and begins with what happens from now on.
            None => {
                let sequence = head(self.store(), ctx.space()).await?.last;
                let place = Cursor { space: ctx.space(), name: cursor_name(endpoint), sequence };
                let first = State::first(&*self.parts.sealing, endpoint, &secret)?;
                (vec![first, place.begin(self.now())], self.now())
            }
        };
        writes.extend(also(&secret, until)?);
        self.put(ctx.space(), writes).await
    }

    /// The row of a new endpoint's secret.
    ///
    /// # Errors
    /// The master key is not at hand.
    pub fn secret_write(&self, endpoint: Id, secret: &Secret) -> Result<Write> {
        State::first(&*self.parts.sealing, endpoint, secret)
    }

    /// Commits, and tells whoever delivers to look.
    async fn put(&self, space: SpaceId, writes: Vec<Write>) -> Result<()> {
        self.store().commit(Batch { space, writes }).await?;
        self.commits.ring(space, DUE);
        Ok(())
    }

    async fn enabled(&self, ctx: &Ctx, endpoint: Id) -> Result<()> {
        let record = self.parts.records.read(ctx, ENDPOINT, endpoint, None, &[]).await?;
        let record: J = serde_json::from_slice(&record.data).unwrap_or_else(|_| json!({}));
        if record.get("enabled") != Some(&json!(true)) {
            let why = "disabled: this endpoint is sent nothing; set enabled to true first";
            return Err(Error::new(ErrorCode::RuleRefused, why));
        }
        if State::of(self.store(), ctx.space(), endpoint).await?.is_none() {
            let why = "no_secret: nobody has this endpoint's secret; rotate_secret gives one";
            return Err(Error::new(ErrorCode::RuleRefused, why));
        }
        Ok(())
    }
}
