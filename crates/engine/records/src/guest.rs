//! Pages for guests: whoever has a link reads and answers them without a credential, in the service's right.

use std::net::IpAddr;

use futures::future::BoxFuture;
use kontor_model::{Changes, Error, ErrorCode, Id, Json, Result, SpaceId};

use crate::act::{ATTEMPTS, overtaken};
use crate::change::Answer;
use crate::counters::Counters;
use crate::link::Ticket;
use crate::{Ctx, Found, Plan, Records, Sight};

/// Who came, by which link, with what.
#[derive(Debug)]
pub struct Visit {
    /// The record that the link is about.
    pub record: Found,
    /// What the link was told when it was made.
    pub mark: String,
    /// The parameters of a GET, or what was sent: JSON, or a form's fields as texts.
    pub input: Json,
    /// The guest's address.
    pub ip: Option<IpAddr>,
    /// `Accept-Language`, as it was sent; empty when it was not.
    pub language: String,
}

/// What a guest sees.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown {
    /// The `data` of an answer, for programs.
    pub data: Vec<u8>,
    /// The body of a page, for people: HTML without scripts, inside `<main>`. Empty where the answer is a file.
    pub html: String,
    /// Of the page.
    pub title: String,
    /// BCP 47.
    pub language: String,
    /// Where a person's browser goes instead.
    pub redirect: Option<String>,
    /// Origins besides our own that the page's form may lead to: browsers ask before they follow a redirect.
    pub targets: Vec<String>,
    /// A file in place of both.
    pub file: Option<(String, Vec<u8>)>,
}

/// What follows from what a guest sent.
#[derive(Debug, Default)]
pub struct Taken {
    /// Nothing where only an answer is given.
    pub plan: Plan,
    pub shown: Shown,
}

/// A page for guests: `/public/{page}/{token}`. Its links are made by [`Sight::link`].
pub trait Guest: Send + Sync {
    /// `quotes`
    fn page(&self) -> &'static str;

    /// The object of the records that its links are about.
    fn object(&self) -> &'static str;

    /// What the link shows. Nothing is changed: programs follow links before people do.
    ///
    /// # Errors
    /// 404001 for a link that opens nothing any more; the database's.
    fn show<'a>(&'a self, sight: &'a Sight<'a>, visit: &'a Visit) -> BoxFuture<'a, Result<Shown>>;

    /// What follows from what was sent.
    ///
    /// # Errors
    /// 404001, 422000, what is wrong with the input; the database's.
    fn take<'a>(&'a self, sight: &'a Sight<'a>, visit: &'a Visit) -> BoxFuture<'a, Result<Taken>>;
}

/// What a guest asks, before the record is known.
pub struct Knock<'a> {
    pub page: &'a str,
    pub ticket: &'a Ticket,
    pub input: Json,
    pub ip: Option<IpAddr>,
    pub language: String,
}

impl Records {
    /// The pages that there are.
    pub fn pages(&self) -> impl Iterator<Item = &'static str> {
        self.guests.iter().map(|guest| guest.page())
    }

    /// What a link of a page says.
    ///
    /// # Errors
    /// 404001 for a link that was not made here, or a page that there is none.
    pub fn ticket(&self, page: &str, token: &str) -> Result<Ticket> {
        self.guest(page)?;
        self.links.read(page, token).ok_or_else(Error::not_found)
    }

    /// What a token says that was made under a name which opens no page.
    pub fn read_token(&self, name: &str, token: &str) -> Option<Ticket> {
        self.links.read(name, token)
    }

    /// The token of a link to a page about a record.
    ///
    /// # Errors
    /// A mark that is too long.
    pub fn token(&self, page: &str, space: SpaceId, id: Id, mark: &str) -> Result<String> {
        self.links.write(page, &Ticket { space, id, mark: mark.to_owned() })
    }

    /// A key of this installation for one purpose and one record (HMAC-SHA-256 of both under its secret).
    pub fn key(&self, purpose: &str, space: SpaceId, id: Id) -> [u8; 32] {
        self.links.key(purpose, space, id)
    }

    fn guest(&self, page: &str) -> Result<&dyn Guest> {
        let found = self.guests.iter().find(|guest| guest.page() == page).map(|guest| &**guest);
        found.ok_or_else(Error::not_found)
    }

    async fn visit(&self, ctx: &Ctx, guest: &dyn Guest, knock: &Knock<'_>) -> Result<Visit> {
        let counters = Counters::default();
        let sight = Sight::new(self, ctx, self.clock().now_ms(), None, &counters);
        let record = sight.record(guest.object(), knock.ticket.id).await?.ok_or_else(Error::not_found)?;
        let mark = knock.ticket.mark.clone();
        Ok(Visit { record, mark, input: knock.input.clone(), ip: knock.ip, language: knock.language.clone() })
    }

    /// Shows a page. `ctx` is the program's own in the link's space.
    ///
    /// # Errors
    /// 404001 for a page that there is none; those of the page.
    pub async fn welcome(&self, ctx: &Ctx, knock: &Knock<'_>) -> Result<Shown> {
        let guest = self.guest(knock.page)?;
        let visit = self.visit(ctx, guest, knock).await?;
        let counters = Counters::default();
        let sight = Sight::new(self, ctx, self.clock().now_ms(), None, &counters);
        guest.show(&sight, &visit).await
    }

    /// Takes what a guest sent, all that follows from it or nothing. `ctx` as in [`Records::welcome`].
    ///
    /// # Errors
    /// As [`Records::welcome`]; 409000 after too many lost races; those of the changes.
    pub async fn take(&self, ctx: &Ctx, knock: &Knock<'_>) -> Result<Shown> {
        let guest = self.guest(knock.page)?;
        let mut turn = None;
        for attempt in 1..=ATTEMPTS {
            let visit = self.visit(ctx, guest, knock).await?;
            let counters = Counters::default();
            let Taken { plan, shown } = {
                let sight = Sight::new(self, ctx, self.clock().now_ms(), None, &counters);
                guest.take(&sight, &visit).await?
            };
            if plan.steps.is_empty() {
                return Ok(shown);
            }
            let changes = Changes { steps: plan.steps, whole: true, allow_duplicates: true, ..Changes::default() };
            let numbers = counters.writes();
            let nothing = |_: &[Result<crate::Outcome>]| Answer { status: 200, headers: Vec::new(), body: Vec::new() };
            match self.change_and(ctx, changes, true, &nothing, &|_| numbers.clone()).await {
                Err(error) if attempt < ATTEMPTS && overtaken(&error, attempt, !numbers.is_empty()) => {
                    ctx.trace.add_retry();
                    if turn.is_none() {
                        turn = Some(self.act_turn(knock.ticket.id).await);
                    }
                }
                outcome => return outcome.map(|_| shown),
            }
        }
        Err(Error::new(ErrorCode::Conflict, "others change the record at the same time, again and again; repeat"))
    }
}
