//! `/scim/v2/Users`: users of the space.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, Response, StatusCode};
use kontor_identity::audit::By;
use kontor_model::changes::Mode;
use kontor_model::{Change, Changes, Error, ErrorCode, Filter as Records, Id, Json, Op};
use kontor_records::{Answer, Ctx, Outcome};
use kontor_store::Write;
use serde_json::{Map, Value as J, json};

use crate::call::Call;
use crate::error::{Kind, Refused, absent, answer, refused};
use crate::listing::{Asked, equal, required};
use crate::project::Projection;
use crate::schema::{USER, USERS};
use crate::{Scim, patch};

type Answered = Result<Response<Body>, Refused>;

pub async fn list(scim: Arc<Scim>, call: Call) -> Answered {
    let ctx = scim.ctx(&call).await?;
    scim.users(&ctx, &Asked::of(&USERS, &call.query())?).await
}

pub async fn search(scim: Arc<Scim>, call: Call) -> Answered {
    let ctx = scim.ctx(&call).await?;
    scim.users(&ctx, &Asked::searched(&USERS, &call.object()?)?).await
}

pub async fn read(scim: Arc<Scim>, call: Call) -> Answered {
    let ctx = scim.ctx(&call).await?;
    let projection = projection(&call)?;
    let user = scim.user(&ctx, call.id()?).await?;
    let version = version(&user);
    if call.has(&version)? {
        return Ok(answer(StatusCode::NOT_MODIFIED, &J::Null, Some(&format!("W/\"{version}\""))).map(|_| Body::empty()));
    }
    Ok(answer(StatusCode::OK, &projection.of(user), Some(&format!("W/\"{version}\""))))
}

pub async fn create(scim: Arc<Scim>, call: Call) -> Answered {
    let ctx = scim.ctx(&call).await?;
    let projection = projection(&call)?;
    let mut data = scim.data(&ctx, &call.object()?).await?;
    data.retain(|_, value| !value.is_null());
    let name = data.get("user_name").and_then(J::as_str).unwrap_or_default();
    if !scim.all(&ctx, "user", Some(named(name))).await?.is_empty() {
        return Err(refused(Kind::Uniqueness, format!("there is a user {name} already")));
    }
    let data = Json::from(&J::Object(data));
    let id = scim.change(&ctx, vec![Change::Create { object: "user".to_owned(), data }], Vec::new()).await?;
    let id = id.first().copied().ok_or_else(absent)?;
    let user = scim.user(&ctx, id).await?;
    let tag = format!("W/\"{}\"", version(&user));
    let mut response = answer(StatusCode::CREATED, &projection.of(user), Some(&tag));
    place(&mut response, &scim.place("Users", id));
    Ok(response)
}

/// `Location`.
pub fn place(response: &mut Response<Body>, place: &str) {
    if let Ok(place) = HeaderValue::from_str(place) {
        response.headers_mut().insert(LOCATION, place);
    }
}

pub async fn replace(scim: Arc<Scim>, call: Call) -> Answered {
    let ctx = scim.ctx(&call).await?;
    let body = call.object()?;
    let before = scim.user(&ctx, call.id()?).await?;
    scim.update(&ctx, &call, &before, &body).await
}

pub async fn patch(scim: Arc<Scim>, call: Call) -> Answered {
    let ctx = scim.ctx(&call).await?;
    let body = call.object()?;
    let before = scim.user(&ctx, call.id()?).await?;
    let mut after = before.clone();
    patch::apply(&USERS, &body, &mut after)?;
    // A name that was made from the parts follows them.
    let made = |of: &J| of.get("displayName").and_then(J::as_str) == Some(joined(of).as_str());
    let same = |name: &str| before.get(name) == after.get(name);
    if made(&before)
        && same("displayName")
        && !same("name")
        && let Some(members) = after.as_object_mut()
    {
        members.remove("displayName");
    }
    scim.update(&ctx, &call, &before, &after).await
}

/// The user is deactivated and goes into the bin: not in the directory any more, out of every session, and still the owner
/// of what they own.
pub async fn delete(scim: Arc<Scim>, call: Call) -> Answered {
    let ctx = scim.ctx(&call).await?;
    let id = call.id()?;
    let user = scim.user(&ctx, id).await?;
    call.meant(&version(&user))?;
    let mut steps = vec![
        Change::Update {
            object: "user".to_owned(),
            id,
            if_match: None,
            mode: Mode::Merge,
            data: Json::from(&json!({"active": false})),
        },
        Change::Delete { object: "user".to_owned(), id, if_match: None },
    ];
    for member in scim.all(&ctx, "team_member", Some(equal("user_id", id.to_string().as_str()))).await? {
        if let Some(id) = record_id(&member) {
            steps.push(Change::Delete { object: "team_member".to_owned(), id, if_match: None });
        }
    }
    scim.change(&ctx, steps, scim.accounts.leaving(ctx.space(), id, By::of(&ctx))?).await?;
    (scim.ended)();
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// `attributes` and `excludedAttributes` of the query.
pub fn projection(call: &Call) -> Result<Projection, Refused> {
    let query = call.query();
    let text = |name: &str| query.get(name).map(String::as_str);
    Projection::new(text("attributes"), text("excludedAttributes"))
}

/// The parts of a name together.
fn joined(resource: &J) -> String {
    let part = |pointer: &str| resource.pointer(pointer).and_then(J::as_str);
    ["/name/givenName", "/name/familyName"].into_iter().filter_map(part).collect::<Vec<_>>().join(" ")
}

/// The version of a resource, without its quotes.
pub fn version(resource: &J) -> String {
    let tag = resource.pointer("/meta/version").and_then(J::as_str).unwrap_or_default();
    tag.trim_start_matches("W/").trim_matches('"').to_owned()
}

/// The id of a record as JSON.
pub fn record_id(record: &J) -> Option<Id> {
    record.get("id")?.as_str()?.parse().ok()
}

/// Who is called this; users that no directory has named are called by their address.
fn named(name: &str) -> Records {
    let name = name.trim().to_lowercase();
    let unnamed = Records::Test { path: "user_name".to_owned(), op: Op::IsNull, value: Json::Bool(true) };
    let by_address = Records::And(vec![unnamed.clone(), equal("email", name.as_str())]);
    let mut any = vec![equal("user_name", name.as_str()), by_address];
    if let Ok(id) = name.parse::<Id>() {
        any.push(Records::And(vec![unnamed, equal("id", id.to_string().as_str())]));
    }
    Records::Or(any)
}

/// Of several values the primary one, else that of work, else the first.
fn chosen(resource: &J, name: &str) -> Option<String> {
    let all = match resource.get(name)? {
        J::Array(all) => all.as_slice(),
        one => std::slice::from_ref(one),
    };
    let value = |element: &J| element.as_str().or_else(|| element.get("value")?.as_str()).map(str::to_owned);
    let is = |element: &&J, member: &str, wanted: &str| match element.get(member) {
        Some(J::Bool(flag)) => flag.to_string() == wanted,
        Some(J::String(text)) => text.eq_ignore_ascii_case(wanted),
        _ => false,
    };
    let with_value: Vec<&J> =
        all.iter().filter(|element| value(element).is_some_and(|v| !v.trim().is_empty())).collect();
    let primary = with_value.iter().find(|element| is(element, "primary", "true"));
    let work = with_value.iter().find(|element| is(element, "type", "work"));
    primary.or(work).or(with_value.first()).and_then(|element| value(element))
}

fn text(resource: &J, pointer: &str) -> Result<Option<String>, Refused> {
    match resource.pointer(pointer) {
        None | Some(J::Null) => Ok(None),
        Some(J::String(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Some(_) => {
            let name = pointer.trim_start_matches('/').replace('/', ".");
            Err(refused(Kind::InvalidValue, format!("{name} is a string")))
        }
    }
}

/// Attribute names as they are declared; the rest is left out.
fn canonical(body: &J) -> J {
    let mut out = Map::new();
    for (name, value) in body.as_object().into_iter().flatten() {
        let Some(attr) = USERS.attr(name) else { continue };
        let sub = |name: &str| {
            attr.subs.iter().find(|s| s.name.eq_ignore_ascii_case(name)).map_or(name.to_owned(), |s| s.name.to_owned())
        };
        let parts = |element: &J| match element {
            J::Object(parts) => J::Object(parts.iter().map(|(name, part)| (sub(name), part.clone())).collect()),
            plain => plain.clone(),
        };
        let value = match value {
            J::Array(all) => all.iter().map(parts).collect(),
            one => parts(one),
        };
        out.insert(attr.name.to_owned(), value);
    }
    J::Object(out)
}

impl Scim {
    /// The address of a resource.
    pub fn place(&self, kind: &str, id: Id) -> String {
        format!("{}/scim/v2/{kind}/{id}", self.base)
    }

    /// Carries out changes with other writes of the same commit; the ids of the records.
    ///
    /// # Errors
    /// The engine's.
    pub async fn change(&self, ctx: &Ctx, steps: Vec<Change>, also: Vec<Write>) -> Result<Vec<Id>, Refused> {
        let steps: Vec<_> = steps.into_iter().map(Into::into).collect();
        let changes = Changes { steps, allow_duplicates: true, ..Changes::default() };
        let render = |results: &[kontor_model::Result<Outcome>]| {
            let ids: Vec<String> = results.iter().flatten().map(|outcome| outcome.id.to_string()).collect();
            Answer { status: 200, headers: Vec::new(), body: ids.join(" ").into_bytes() }
        };
        let answer = self.records.change_with(ctx, changes, true, &render, also).await?;
        Ok(String::from_utf8_lossy(&answer.body).split(' ').filter_map(|id| id.parse().ok()).collect())
    }

    async fn user(&self, ctx: &Ctx, id: Id) -> Result<J, Refused> {
        let record = match self.records.read(ctx, "user", id, None, &[]).await {
            Err(error) if error.code() == ErrorCode::NotFound => return Err(absent()),
            other => other?,
        };
        let record: J = serde_json::from_slice(&record.data).map_err(Error::internal)?;
        self.shown(ctx, vec![record], true).await?.pop().ok_or_else(absent)
    }

    async fn users(&self, ctx: &Ctx, asked: &Asked) -> Answered {
        let (records, total) = if asked.is_plain() {
            let (records, total) = self.page(ctx, &USERS, asked).await?;
            (records, Some(total))
        } else {
            let narrowed = asked.filter.as_ref().and_then(|filter| {
                let eq = |name: &str| required(filter, name);
                let by_name = eq("userName").map(named);
                let by_id = eq("id").map(|id| equal("id", id.parse::<Id>().unwrap_or(Id(1)).to_string().as_str()));
                let by_address = || eq("emails").map(|address| equal("email", address.trim().to_lowercase().as_str()));
                by_id.or(by_name).or_else(|| eq("externalId").map(|id| equal("external_id", id))).or_else(by_address)
            });
            (self.all(ctx, "user", narrowed).await?, None)
        };
        let in_filter = |name: &str| {
            asked.filter.as_ref().is_some_and(|f| {
                f.attributes().iter().any(|(around, a)| around.unwrap_or(a).name.eq_ignore_ascii_case(name))
            })
        };
        let groups = asked.projection.has("groups") || in_filter("groups");
        let resources = self.shown(ctx, records, groups).await?;
        let (resources, total) = match total {
            Some(total) => (resources, total),
            None => asked.chosen(resources),
        };
        Ok(asked.answer(resources, total))
    }

    /// Records as resources.
    async fn shown(&self, ctx: &Ctx, records: Vec<J>, groups: bool) -> Result<Vec<J>, Refused> {
        let mut roles: HashMap<Id, Option<String>> = HashMap::new();
        for id in records.iter().filter_map(|record| record.get("role_id")?.as_str()?.parse::<Id>().ok()) {
            if let Entry::Vacant(role) = roles.entry(id) {
                role.insert(self.roles.name_of(ctx.space(), id).await?);
            }
        }
        let mut teams = if groups { self.teams_of(ctx, &records).await? } else { BTreeMap::new() };
        let one = |record: J| {
            let id = record_id(&record)?;
            let role = record.get("role_id").and_then(J::as_str).and_then(|id| id.parse::<Id>().ok());
            let role = role.and_then(|role| roles.get(&role).cloned().flatten());
            Some(self.resource(&record, id, role, teams.remove(&id).filter(|_| groups)))
        };
        Ok(records.into_iter().filter_map(one).collect())
    }

    fn resource(&self, record: &J, id: Id, role: Option<String>, groups: Option<Vec<J>>) -> J {
        let text = |name: &str| record.get(name).and_then(J::as_str);
        let name = json!({"givenName": text("given_name"), "familyName": text("family_name")});
        let several =
            |value: Option<&str>| value.map(|value| json!([{"value": value, "type": "work", "primary": true}]));
        let own = id.to_string();
        let mut out = json!({
            "schemas": [USER], "id": own, "externalId": text("external_id"),
            "userName": text("user_name").or(text("email")).unwrap_or(&own), "name": without_nulls(name),
            "displayName": text("name"), "title": text("title"), "locale": text("locale"), "timezone": text("time_zone"),
            "active": record.get("active").and_then(J::as_bool).unwrap_or(true),
            "emails": several(text("email")), "phoneNumbers": several(text("phone")),
            "roles": role.map(|role| json!([{"value": role}])), "groups": groups,
            "meta": {"resourceType": "User", "created": text("created_at"), "lastModified": text("updated_at"),
                "location": self.place("Users", id), "version": format!("W/\"{}\"", record.get("version").and_then(J::as_i64).unwrap_or_default())},
        });
        if out.get("name").and_then(J::as_object).is_some_and(Map::is_empty) {
            out.as_object_mut().and_then(|members| members.remove("name"));
        }
        without_nulls(out)
    }

    /// What a resource says of a user's record; what it does not say is null, but for the rights.
    async fn data(&self, ctx: &Ctx, body: &J) -> Result<Map<String, J>, Refused> {
        let body = &canonical(body);
        let name = text(body, "/userName")?.ok_or_else(|| refused(Kind::InvalidValue, "userName is required"))?;
        let (given, family) = (text(body, "/name/givenName")?, text(body, "/name/familyName")?);
        let parts: Vec<&str> = [&given, &family].into_iter().filter_map(|part| part.as_deref()).collect();
        let shown = text(body, "/displayName")?.or_else(|| Some(parts.join(" ")).filter(|parts| !parts.is_empty()));
        let phone = chosen(body, "phoneNumbers").map(|phone| phone.trim_start_matches("tel:").to_owned());
        let mut data = json!({
            "user_name": name.to_lowercase(), "external_id": text(body, "/externalId")?,
            "given_name": given, "family_name": family, "name": shown.unwrap_or(name),
            "title": text(body, "/title")?, "locale": text(body, "/locale")?, "time_zone": text(body, "/timezone")?,
            "email": chosen(body, "emails"), "phone": phone,
        });
        let members = data.as_object_mut().ok_or_else(absent)?;
        match body.get("active") {
            None | Some(J::Null) => {}
            Some(J::Bool(active)) => drop(members.insert("active".to_owned(), json!(active))),
            // Entra ID writes booleans as strings.
            Some(J::String(text)) if ["true", "false"].contains(&text.to_lowercase().as_str()) => {
                members.insert("active".to_owned(), json!(text.eq_ignore_ascii_case("true")));
            }
            Some(_) => return Err(refused(Kind::InvalidValue, "active is true or false")),
        }
        if let Some(role) = chosen(body, "roles") {
            members.insert("role_id".to_owned(), json!(self.role(ctx, &role).await?.to_string()));
        }
        Ok(members.clone())
    }

    /// A role of the space that allows nothing which the caller's own does not.
    async fn role(&self, ctx: &Ctx, name: &str) -> Result<Id, Refused> {
        let unknown = || refused(Kind::InvalidValue, format!("roles: there is no role \"{name}\""));
        let policy = match self.roles.get(ctx.space(), name).await {
            Err(error) if error.code() == ErrorCode::EnumNotAllowed => return Err(unknown()),
            other => other?,
        };
        if !policy.is_within(&ctx.caller.policy) {
            return Err(Refused::Scim(403, None, format!("the role {name} allows more than the credential's own")));
        }
        self.roles.id_of(ctx.space(), name).await?.ok_or_else(unknown)
    }

    async fn update(&self, ctx: &Ctx, call: &Call, before: &J, after: &J) -> Answered {
        let projection = projection(call)?;
        let id = call.id()?;
        let known = version(before);
        let if_match = call.meant(&known)?.then(|| known.parse().ok()).flatten();
        let mut data = self.data(ctx, after).await?;
        if after.get("roles").is_some() && !data.contains_key("role_id") && after.get("roles") != before.get("roles") {
            data.insert("role_id".to_owned(), J::Null);
        }
        let ends = data.get("active") == Some(&J::Bool(false));
        let also = if ends { self.accounts.leaving(ctx.space(), id, By::of(ctx))? } else { Vec::new() };
        let data = Json::from(&J::Object(data));
        let change = Change::Update { object: "user".to_owned(), id, if_match, mode: Mode::Merge, data };
        self.change(ctx, vec![change], also).await?;
        if ends {
            (self.ended)();
        }
        let user = self.user(ctx, id).await?;
        let tag = format!("W/\"{}\"", version(&user));
        Ok(answer(StatusCode::OK, &projection.of(user), Some(&tag)))
    }
}

/// An attribute without a value is left out (RFC 7643, 2.5).
pub fn without_nulls(value: J) -> J {
    match value {
        J::Object(members) => J::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        other => other,
    }
}
