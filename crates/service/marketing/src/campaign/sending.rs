//! What campaigns do by the clock: begin, write down whom they reach, and send, some members in each commit.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Id, Json, Op, Result, Step, Value};
use kontor_records::{Ctx, Found, Plan, Planner, Records, Sight, Sweep};

use super::PAGE;
use super::acts::begun;
use crate::letters::{NOTHING, Sender, Text, filled, owner};
use crate::permission::Permissions;
use crate::person::Person;
use crate::segment;

/// Members that are written down in one commit.
const DRAWN_AT_ONCE: u32 = 200;
/// Letters of one commit.
const SENT_AT_ONCE: u64 = 50;
/// Commits of one campaign before others have their turn.
const TURNS: usize = 40;
/// The most campaigns that run at once.
const MOST: u64 = 500;

/// See the module.
pub(crate) struct Sending;

impl Sweep for Sending {
    fn name(&self) -> &'static str {
        "campaigns"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(5)
    }

    fn wakes(&self) -> &'static [&'static str] {
        &["r_campaigns"]
    }

    fn run<'a>(&'a self, records: &'a Records, ctx: &'a Ctx) -> BoxFuture<'a, Result<usize>> {
        async move {
            let due = Due(Mutex::default());
            let mut done = records.carry(ctx, Id(0), &due, &|_| Vec::new()).await?.len();
            for campaign in due.0.into_inner().unwrap_or_else(PoisonError::into_inner) {
                for _ in 0..TURNS {
                    match records.carry(ctx, campaign, &Next(campaign), &|_| Vec::new()).await {
                        Ok(carried) if carried.is_empty() => break,
                        Ok(carried) => done += carried.len(),
                        Err(error) if error.code().status() >= 500 => return Err(error),
                        Err(error) => {
                            tracing::warn!(campaign = campaign.0, %error, "a campaign cannot go on");
                            break;
                        }
                    }
                }
            }
            Ok(done)
        }
        .boxed()
    }
}

/// Begins campaigns whose time has come, and finds those that run.
struct Due(Mutex<Vec<Id>>);

impl Planner for Due {
    fn plan<'a>(&'a self, sight: &'a Sight<'a>) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let of = |status: &str| [("status", Op::Eq, Value::text(status))];
            let running = sight.find("campaign", &of("running"), MOST).await?;
            let mut ids: Vec<Id> = running.iter().map(|campaign| campaign.id).collect();
            let mut plan = Plan::default();
            for campaign in sight.find("campaign", &of("scheduled"), MOST).await? {
                if campaign.int("scheduled_at").is_some_and(|at| at <= sight.now()) {
                    let fields = begun(sight.now(), campaign.flag("drawn"));
                    plan.push(sight.update(&campaign, &fields)?.told("launch", "launched"));
                    ids.push(campaign.id);
                }
            }
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = ids;
            Ok(plan)
        }
        .boxed()
    }
}

/// The next commit of a campaign.
struct Next(Id);

impl Planner for Next {
    fn plan<'a>(&'a self, sight: &'a Sight<'a>) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let campaign = sight.record("campaign", self.0).await?;
            let Some(campaign) = campaign.filter(|campaign| campaign.text("status") == "running") else {
                return Ok(Plan::default());
            };
            if !campaign.flag("drawn") {
                return draw(sight, &campaign).await;
            }
            let template = sight.referred("template", campaign.value("template_id")).await?;
            let mails = matches!(campaign.text("channel"), "email" | "");
            let Some(template) = template.filter(|_| mails) else { return Ok(Plan::default()) };
            send(sight, &campaign, &template).await
        }
        .boxed()
    }
}

/// Makes members of the next people of its segment.
async fn draw(sight: &Sight<'_>, campaign: &Found) -> Result<Plan> {
    let Some(of) = sight.referred("segment", campaign.value("segment_id")).await? else {
        return Ok(Plan::one(sight.update(campaign, &[("drawn", true.into())])?));
    };
    let members = segment::Members::of(sight, &of).await?;
    let reference = if members.object == "lead" { "lead_id" } else { "contact_id" };
    let kind = if members.object == "lead" { 'l' } else { 'c' };
    let query = members.after(campaign.reference("drawn_to"), DRAWN_AT_ONCE);
    let (listing, rows) = segment::page(sight, sight.ctx(), query, false).await?;
    let ids: Vec<Id> = rows.iter().filter_map(|row| row.get("id").and_then(Json::as_str)?.parse().ok()).collect();
    let keys = Value::Texts(ids.iter().map(|id| format!("{}/{kind}{id}", campaign.id)).collect());
    let there = sight.find("campaign_member", &[("person_key", Op::In, keys)], u64::from(DRAWN_AT_ONCE)).await?;
    let there: HashSet<Id> = there.iter().filter_map(|member| member.reference(reference)).collect();
    let last = ids.last().map(|id| id.0);
    let fields = [("drawn", (!listing.has_more).into()), ("drawn_to", last.into())];
    let mut plan = Plan::one(sight.update(campaign, &fields)?.told("draw", "drawn"));
    for id in ids.iter().filter(|id| !there.contains(id)) {
        let fields = [("campaign_id", Value::Int(campaign.id.0)), (reference, id.0.into()), ("status", "added".into())];
        plan.push(sight.create("campaign_member", &fields)?.told("enrol", "enrolled"));
    }
    Ok(plan)
}

/// Sends to the next members; when there are none any more, the campaign is complete.
async fn send(sight: &Sight<'_>, campaign: &Found, template: &Found) -> Result<Plan> {
    let waiting = [("waiting_id", Op::Eq, Value::Int(campaign.id.0))];
    let members = sight.find("campaign_member", &waiting, SENT_AT_ONCE).await?;
    if members.is_empty() {
        let fields = [("status", "completed".into()), ("completed_at", sight.now().into())];
        return Ok(Plan::one(sight.update(campaign, &fields)?.told("complete", "completed")));
    }
    let people = Person::of_all(sight, &members).await?;
    let known: Vec<&Person> = people.iter().flatten().collect();
    let permissions = Permissions::load(sight, &known).await?;
    let key = |person: &Person| format!("{}/{}", campaign.id, person.digest());
    let keys = Value::Texts(known.iter().map(|person| key(person)).collect());
    let taken = sight.find("campaign_member", &[("address_key", Op::In, keys)], SENT_AT_ONCE * 2).await?;
    let mut taken: HashSet<String> = taken.iter().map(|member| member.text("address_key").to_owned()).collect();
    let text = Text::of(template);
    let sender = Sender {
        page: PAGE,
        about: campaign.id,
        campaign: Some(campaign.clone()),
        user: owner(sight, campaign).await?,
        from_name: filled(campaign, "from_name"),
        reply_to: filled(campaign, "reply_to"),
        purpose: "campaign",
    };
    let asked = campaign.value("consent_required").as_bool() != Some(false);
    let mut plan = Plan::default();
    for (member, person) in members.iter().zip(&people) {
        let step = match person {
            None => left_out(sight, member, "skipped", "gone")?,
            Some(person) => match permissions.barrier(person, asked) {
                Some(barrier) => left_out(sight, member, "skipped", barrier)?,
                None if !taken.insert(key(person)) => left_out(sight, member, "skipped", "same_address")?,
                None => match sender.letter(sight, &text, person).await {
                    Ok(letter) => {
                        let fields = [
                            ("status", "sent".into()),
                            ("sent_at", sight.now().into()),
                            ("address_key", key(person).into()),
                        ];
                        sight.update(member, &fields)?.told("send", "sent").with_letter(letter)
                    }
                    // What is wrong with one person's values does not keep the others' letters back.
                    Err(error) if error.code().status() < 500 => left_out(sight, member, "failed", error.detail())?,
                    Err(error) => return Err(error),
                },
            },
        };
        plan.push(step);
    }
    Ok(plan)
}

fn left_out(sight: &Sight<'_>, member: &Found, status: &'static str, reason: &str) -> Result<Step> {
    let reason: String = reason.chars().take(255).collect();
    let fields = [("status", status.into()), ("reason", reason.into()), ("waiting_id", NOTHING)];
    Ok(sight.update(member, &fields)?.told("skip", "skipped"))
}
