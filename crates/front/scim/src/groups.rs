//! `/scim/v2/Groups`: teams of the space, with those who were made members. A user may be a member of many; the team that
//! stands in the user's own record is another matter, and stays as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use kontor_model::changes::Mode;
use kontor_model::{Change, Error, ErrorCode, Filter as Records, Id, Json, Op};
use kontor_records::{Ctx, MAX_OPERATIONS};
use serde_json::{Value as J, json};

use crate::call::Call;
use crate::error::{Kind, Refused, absent, answer, refused};
use crate::listing::{Asked, equal, required};
use crate::schema::{GROUP, GROUPS};
use crate::users::{place, projection, record_id, version, without_nulls};
use crate::{Scim, patch};

type Answered = Result<Response<Body>, Refused>;

const MEMBER: &str = "team_member";

pub async fn list(scim: Arc<Scim>, call: Call) -> Answered {
    let ctx = scim.ctx(&call).await?;
    scim.groups(&ctx, &Asked::of(&GROUPS, &call.query())?).await
}

pub async fn search(scim: Arc<Scim>, call: Call) -> Answered {
    let ctx = scim.ctx(&call).await?;
    scim.groups(&ctx, &Asked::searched(&GROUPS, &call.object()?)?).await
}

pub async fn read(scim: Arc<Scim>, call: Call) -> Answered {
    let ctx = scim.ctx(&call).await?;
    let projection = projection(&call)?;
    let (group, _) = scim.group(&ctx, call.id()?).await?;
    let version = version(&group);
    let tag = format!("W/\"{version}\"");
    if call.has(&version)? {
        return Ok(answer(StatusCode::NOT_MODIFIED, &J::Null, Some(&tag)).map(|_| Body::empty()));
    }
    Ok(answer(StatusCode::OK, &projection.of(group), Some(&tag)))
}

pub async fn create(scim: Arc<Scim>, call: Call) -> Answered {
    let ctx = scim.ctx(&call).await?;
    let projection = projection(&call)?;
    let body = call.object()?;
    let (mut data, members) = (data(&body)?, members(&body)?);
    if let Some(data) = data.as_object_mut() {
        data.retain(|_, value| !value.is_null());
    }
    let made = Change::Create { object: "team".to_owned(), data: Json::from(&data) };
    let id = scim.change(&ctx, vec![made], Vec::new()).await?.first().copied().ok_or_else(absent)?;
    if let Err(refusal) = scim.set_members(&ctx, id, Vec::new(), &BTreeMap::new(), &members).await {
        // A team without the members that it was to have is not what was asked for.
        scim.change(&ctx, vec![Change::Delete { object: "team".to_owned(), id, if_match: None }], Vec::new()).await?;
        return Err(refusal);
    }
    let (group, _) = scim.group(&ctx, id).await?;
    let tag = format!("W/\"{}\"", version(&group));
    let mut response = answer(StatusCode::CREATED, &projection.of(group), Some(&tag));
    place(&mut response, &scim.place("Groups", id));
    Ok(response)
}

pub async fn replace(scim: Arc<Scim>, call: Call) -> Answered {
    let ctx = scim.ctx(&call).await?;
    let body = call.object()?;
    let (before, known) = scim.group(&ctx, call.id()?).await?;
    call.meant(&version(&before))?;
    let projection = projection(&call)?;
    let group = scim.become_(&ctx, call.id()?, &known, &body).await?;
    let tag = format!("W/\"{}\"", version(&group));
    Ok(answer(StatusCode::OK, &projection.of(group), Some(&tag)))
}

pub async fn patch(scim: Arc<Scim>, call: Call) -> Answered {
    let ctx = scim.ctx(&call).await?;
    let body = call.object()?;
    let (mut group, known) = scim.group(&ctx, call.id()?).await?;
    call.meant(&version(&group))?;
    let projection = projection(&call)?;
    patch::apply(&GROUPS, &body, &mut group)?;
    let group = scim.become_(&ctx, call.id()?, &known, &group).await?;
    let tag = format!("W/\"{}\"", version(&group));
    Ok(answer(StatusCode::OK, &projection.of(group), Some(&tag)))
}

/// The team goes into the bin, with its memberships.
pub async fn delete(scim: Arc<Scim>, call: Call) -> Answered {
    let ctx = scim.ctx(&call).await?;
    let id = call.id()?;
    let (group, known) = scim.group(&ctx, id).await?;
    call.meant(&version(&group))?;
    let gone = Change::Delete { object: "team".to_owned(), id, if_match: None };
    scim.set_members(&ctx, id, vec![gone], &known, &BTreeSet::new()).await?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// The members of a team: the user's id, and the membership's.
type Known = BTreeMap<Id, Id>;

fn named<'a>(body: &'a J, name: &str) -> Option<&'a J> {
    let members = body.as_object()?;
    members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn data(body: &J) -> Result<J, Refused> {
    let text = |name: &str| match named(body, name) {
        None | Some(J::Null) => Ok(None),
        Some(J::String(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
        Some(_) => Err(refused(Kind::InvalidValue, format!("{name} is a string"))),
    };
    let name = text("displayName")?.ok_or_else(|| refused(Kind::InvalidValue, "displayName is required"))?;
    Ok(json!({"name": name, "external_id": text("externalId")?}))
}

fn members(body: &J) -> Result<BTreeSet<Id>, Refused> {
    let all = match named(body, "members") {
        None | Some(J::Null) => return Ok(BTreeSet::new()),
        Some(J::Array(all)) => all,
        Some(_) => return Err(refused(Kind::InvalidValue, "members is a list")),
    };
    let one = |member: &J| {
        let value = member.as_str().or_else(|| named(member, "value")?.as_str());
        let id = value.and_then(|value| value.parse().ok());
        id.ok_or_else(|| refused(Kind::InvalidValue, "members: value is the id of a user"))
    };
    all.iter().map(one).collect()
}

fn reference(record: &J, name: &str) -> Option<Id> {
    record.get(name)?.as_str()?.parse().ok()
}

fn any_of(path: &str, ids: &[Id]) -> Records {
    let value = Json::Array(ids.iter().map(|id| Json::String(id.to_string())).collect());
    Records::Test { path: path.to_owned(), op: Op::In, value }
}

impl Scim {
    async fn group(&self, ctx: &Ctx, id: Id) -> Result<(J, Known), Refused> {
        let record = match self.records.read(ctx, "team", id, None, &[]).await {
            Err(error) if error.code() == ErrorCode::NotFound => return Err(absent()),
            other => other?,
        };
        let record: J = serde_json::from_slice(&record.data).map_err(Error::internal)?;
        let mut known = Known::new();
        for member in self.all(ctx, MEMBER, Some(equal("team_id", id.to_string().as_str()))).await? {
            if let (Some(id), Some(user)) = (record_id(&member), reference(&member, "user_id")) {
                known.insert(user, id);
            }
        }
        let users: Vec<Id> = known.keys().copied().collect();
        Ok((self.resource_of(&record, id, Some(&users)), known))
    }

    fn resource_of(&self, record: &J, id: Id, users: Option<&[Id]>) -> J {
        let text = |name: &str| record.get(name).and_then(J::as_str);
        let member = |user: &Id| json!({"value": user.to_string(), "type": "User", "$ref": self.place("Users", *user)});
        let version = record.get("version").and_then(J::as_i64).unwrap_or_default();
        // Members are records of their own: the tag is of both.
        let tag = users.map(|users| {
            let mut hasher = DefaultHasher::new();
            (version, users.iter().map(|user| user.0).collect::<Vec<_>>()).hash(&mut hasher);
            format!("W/\"{version}.{:016x}\"", hasher.finish())
        });
        let meta = json!({"resourceType": "Group", "created": text("created_at"), "lastModified": text("updated_at"),
            "location": self.place("Groups", id), "version": tag});
        without_nulls(json!({
            "schemas": [GROUP], "id": id.to_string(), "externalId": text("external_id"), "displayName": text("name"),
            "members": users.map(|users| users.iter().map(member).collect::<Vec<J>>()), "meta": without_nulls(meta),
        }))
    }

    async fn groups(&self, ctx: &Ctx, asked: &Asked) -> Answered {
        let (records, total) = if asked.is_plain() {
            let (records, total) = self.page(ctx, &GROUPS, asked).await?;
            (records, Some(total))
        } else {
            let narrowed = asked.filter.as_ref().and_then(|filter| {
                let eq = |name: &str| required(filter, name);
                let by_id = eq("id").map(|id| equal("id", id.parse::<Id>().unwrap_or(Id(1)).to_string().as_str()));
                by_id.or_else(|| eq("externalId").map(|id| equal("external_id", id)))
            });
            (self.all(ctx, "team", narrowed).await?, None)
        };
        let filtered = |f: &crate::filter::Filter| {
            f.attributes().iter().any(|(around, a)| around.unwrap_or(a).name.eq_ignore_ascii_case("members"))
        };
        let with_members = asked.projection.has("members") || asked.filter.as_ref().is_some_and(filtered);
        let mut users: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
        if with_members {
            let ids: Vec<Id> = records.iter().filter_map(record_id).collect();
            for ids in ids.chunks(1_000) {
                for member in self.all(ctx, MEMBER, Some(any_of("team_id", ids))).await? {
                    if let (Some(team), Some(user)) = (reference(&member, "team_id"), reference(&member, "user_id")) {
                        users.entry(team).or_default().push(user);
                    }
                }
            }
        }
        let resources = records.iter().filter_map(|record| {
            let id = record_id(record)?;
            let mut own = users.remove(&id).unwrap_or_default();
            own.sort_unstable();
            Some(self.resource_of(record, id, with_members.then_some(own.as_slice())))
        });
        let resources = resources.collect();
        let (resources, total) = match total {
            Some(total) => (resources, total),
            None => asked.chosen(resources),
        };
        Ok(asked.answer(resources, total))
    }

    /// The teams that list users as members, for `groups` of a user.
    pub async fn teams_of(&self, ctx: &Ctx, users: &[J]) -> Result<BTreeMap<Id, Vec<J>>, Refused> {
        let ids: Vec<Id> = users.iter().filter_map(record_id).collect();
        let mut of: Vec<(Id, Id)> = Vec::new();
        for ids in ids.chunks(1_000) {
            for member in self.all(ctx, MEMBER, Some(any_of("user_id", ids))).await? {
                of.extend(reference(&member, "user_id").zip(reference(&member, "team_id")));
            }
        }
        let teams: BTreeSet<Id> = of.iter().map(|(_, team)| *team).collect();
        let mut names = BTreeMap::new();
        for ids in teams.into_iter().collect::<Vec<_>>().chunks(1_000) {
            for team in self.all(ctx, "team", Some(any_of("id", ids))).await? {
                if let (Some(id), Some(name)) = (record_id(&team), team.get("name").and_then(J::as_str)) {
                    names.insert(id, name.to_owned());
                }
            }
        }
        let mut out: BTreeMap<Id, Vec<J>> = BTreeMap::new();
        for (user, team) in of {
            if let Some(name) = names.get(&team) {
                let group = json!({"value": team.to_string(), "display": name, "type": "direct", "$ref": self.place("Groups", team)});
                out.entry(user).or_default().push(group);
            }
        }
        Ok(out)
    }

    /// Makes a team what a resource says; the resource as it is then.
    async fn become_(&self, ctx: &Ctx, id: Id, known: &Known, body: &J) -> Result<J, Refused> {
        let (data, wanted) = (data(body)?, members(body)?);
        let change = Change::Update {
            object: "team".to_owned(),
            id,
            if_match: None,
            mode: Mode::Merge,
            data: Json::from(&data),
        };
        self.set_members(ctx, id, vec![change], known, &wanted).await?;
        Ok(self.group(ctx, id).await?.0)
    }

    /// Changes, with the members that a team has from now on. More than a thousand are several commits: asking again does
    /// the rest.
    async fn set_members(
        &self,
        ctx: &Ctx,
        team: Id,
        mut steps: Vec<Change>,
        known: &Known,
        wanted: &BTreeSet<Id>,
    ) -> Result<(), Refused> {
        for (user, membership) in known {
            if !wanted.contains(user) {
                steps.push(Change::Delete { object: MEMBER.to_owned(), id: *membership, if_match: None });
            }
        }
        for user in wanted.iter().filter(|user| !known.contains_key(user)) {
            let data =
                json!({"team_id": team.to_string(), "user_id": user.to_string(), "pair": format!("{team}.{user}")});
            steps.push(Change::Create { object: MEMBER.to_owned(), data: Json::from(&data) });
        }
        let mut steps = steps.into_iter();
        loop {
            let some: Vec<Change> = steps.by_ref().take(MAX_OPERATIONS).collect();
            if some.is_empty() {
                return Ok(());
            }
            match self.change(ctx, some, Vec::new()).await {
                Err(Refused::Scim(status, _, detail)) if detail.contains("user_id") && status < 500 => {
                    return Err(refused(Kind::InvalidValue, "members: there is no such user"));
                }
                other => other?,
            };
        }
    }
}
