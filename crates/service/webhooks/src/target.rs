//! An endpoint as events are held against it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kontor_catalog::Catalog;
use kontor_events::{Event, Types};
use kontor_model::field::Context;
use kontor_model::{ApiVersion, Id, Json, Kind, Op, Result, SpaceId, Value};
use kontor_questions::Conditions;
use kontor_records::{Caller, Ctx, Working};
use kontor_store::{Expr, Which};
use serde_json::Value as J;

use crate::rule::{filter, list};
use crate::state::State;
use crate::{ENDPOINT, Rights, Webhooks};

/// How old rights may be.
const REBUILT: Duration = Duration::from_secs(3);

/// An enabled endpoint.
pub(crate) struct Target {
    pub id: Id,
    pub space: SpaceId,
    pub version: i64,
    pub url: String,
    pub ordered: bool,
    pub types: Types,
    pub updated_at: i64,
    /// When its rights were last asked for.
    built: Instant,
    fields: HashSet<String>,
    filter: Option<kontor_model::Filter>,
    /// Who is told, in version 1's words.
    pub native: Ctx,
    /// The same in the endpoint's.
    pub ctx: Ctx,
}

impl Webhooks {
    /// The program itself, at work in a space.
    pub(crate) async fn own(&self, space: SpaceId) -> Result<Ctx> {
        let caller = (self.parts.enter)(space, None, Id(0)).await?;
        Ok(Ctx::new(caller, self.parts.catalogs.get(space).await?, "webhooks"))
    }

    /// Enabled endpoints of a space that have a secret, by id. Those of `known` that have not changed are asked for their rights anew now
    /// and then.
    pub(crate) async fn targets(&self, space: SpaceId, known: &[Arc<Target>]) -> Result<Vec<Arc<Target>>> {
        let ctx = self.own(space).await?;
        let def = ctx.whole.require(ENDPOINT)?.clone();
        let select = ctx
            .records_of(&def, Which::Live, def.exprs.clone())
            .equals("enabled", Kind::Bool, true)
            .order(Expr::column("id", Kind::Int), false);
        let secrets = State::with_secrets(self.store(), space).await?;
        let rows = self.store().rows(select).await?;
        let catalog = self.parts.catalogs.get(space).await?;
        let mut callers = Vec::new();
        let mut targets = Vec::new();
        for row in rows {
            let Some(id) = row.first().and_then(Value::as_i64).filter(|id| secrets.contains(id)) else { continue };
            let values = def.fields_of_row(&row);
            let version = row.get(1).and_then(Value::as_i64).unwrap_or_default();
            let same = known.iter().find(|target| target.id.0 == id && target.version == version);
            let fresh =
                same.filter(|target| target.built.elapsed() < REBUILT && Arc::ptr_eq(&target.native.whole, &catalog));
            if let Some(target) = fresh {
                targets.push(target.clone());
                continue;
            }
            let work = Working { def: def.clone(), values, version, deleted: false };
            match self.target(space, Id(id), &work, &catalog, &mut callers).await {
                Ok(target) => targets.push(Arc::new(target)),
                // Its user is gone, or its role: nobody is there who may be told.
                Err(error) if error.code().status() < 500 => {
                    tracing::debug!(endpoint = id, %error, "an endpoint has nobody's rights");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(targets)
    }

    async fn target(
        &self,
        space: SpaceId,
        id: Id,
        work: &Working,
        catalog: &Arc<Catalog>,
        callers: &mut Vec<(Rights, Arc<Caller>)>,
    ) -> Result<Target> {
        let value = |name: &str| {
            let index = work.def.field(name).map(|(index, _)| index);
            index.and_then(|index| work.values.get(index)).unwrap_or(&Value::Null)
        };
        let words = list(value("event_types")).unwrap_or_default();
        let types = Types::of(words.iter().map(String::as_str)).unwrap_or_default();
        let rights = rights(value("rights")).ok_or_else(kontor_model::Error::not_found)?;
        let caller = match callers.iter().find(|(known, _)| *known == rights) {
            Some((_, caller)) => caller.clone(),
            None => {
                let caller = (self.parts.enter)(space, Some(rights.clone()), id).await?;
                callers.push((rights, caller.clone()));
                caller
            }
        };
        let api = if value("api_version").as_str() == Some("v2") { ApiVersion::V2 } else { ApiVersion::V1 };
        let request: Arc<str> = format!("webhook-{id}").into();
        Ok(Target {
            id,
            space,
            version: work.version,
            url: value("url").as_str().unwrap_or_default().to_owned(),
            ordered: value("ordered").as_bool() == Some(true),
            types,
            updated_at: value("updated_at").as_i64().unwrap_or_default(),
            fields: list(value("fields")).unwrap_or_default().into_iter().collect(),
            filter: filter(value("filter")).unwrap_or_default(),
            built: Instant::now(),
            ctx: Ctx::new(caller.clone(), catalog.seen(api)?, request.clone()),
            native: Ctx::new(caller, catalog.clone(), request),
        })
    }
}

fn rights(value: &Value) -> Option<Rights> {
    let json: J = serde_json::from_str(value.as_str()?).ok()?;
    Some(Rights {
        user: json.get("user_id")?.as_str().and_then(|id| id.parse().ok()),
        role: json.get("role")?.as_str()?.to_owned(),
        scopes: json.get("scopes")?.as_array()?.iter().filter_map(J::as_str).map(str::to_owned).collect(),
    })
}

impl Target {
    /// Whether it depends on more of an event than its type.
    pub fn is_choosy(&self) -> bool {
        !self.fields.is_empty() || self.filter.is_some()
    }

    /// Whether an event of its types, as version 1 shows it to the endpoint, is one for it.
    pub fn wants(&self, event: &Event) -> bool {
        self.concerns(event) && self.fits(event)
    }

    /// A change of fields counts when one of those that matter is among them; what is no change of fields always does.
    fn concerns(&self, event: &Event) -> bool {
        if self.fields.is_empty() {
            return true;
        }
        match event.data.get("changed").and_then(J::as_object).filter(|changed| !changed.is_empty()) {
            Some(changed) => changed.keys().any(|path| {
                self.fields.contains(path) || path.strip_suffix("_id").is_some_and(|name| self.fields.contains(name))
            }),
            None => !event.kind.ends_with(".updated"),
        }
    }

    /// Whether the record is as the filter wants it. A field that the object does not have is none that fits.
    fn fits(&self, event: &Event) -> bool {
        let Some(filter) = &self.filter else { return true };
        let object = event.kind.split('.').nth(1).unwrap_or_default();
        let Some(def) = self.native.catalog.object(object) else { return false };
        let mut filter = filter.clone();
        kontor_questions::filters::paths(def, &mut filter);
        let settings = self.native.settings();
        let cx = Context { settings, country: None };
        let field = |path: &str| def.field(path).map(|(_, field)| field);
        let Ok(conditions) = Conditions::of(&filter, &field, &cx) else { return false };
        let mut paths = std::collections::BTreeSet::new();
        conditions.paths(&mut paths);
        let record = event.data.get("record").unwrap_or(&J::Null);
        let values: Vec<(String, Value)> = paths
            .into_iter()
            .map(|path| {
                let at = match path.strip_prefix("custom.") {
                    Some(name) => record.get("custom").and_then(|custom| custom.get(name)),
                    None => record.get(path.as_str()),
                };
                let at = at.unwrap_or(&J::Null);
                let value = field(&path).map_or(Value::Null, |field| stored(field, at, &cx));
                (path, value)
            })
            .collect();
        let null = Value::Null;
        conditions.holds(&|path| values.iter().find(|(known, _)| known == path).map_or(&null, |(_, value)| value))
    }
}

/// A value of an answer as it is stored.
fn stored(field: &kontor_model::Field, shown: &J, cx: &Context<'_>) -> Value {
    match shown {
        J::Null => Value::Null,
        J::Array(_) | J::Object(_) => Value::Json(shown.to_string()),
        other => {
            let json = Json::parse_str(&other.to_string()).unwrap_or(Json::Null);
            field.operand(Op::Eq, &json, cx).unwrap_or(Value::Null)
        }
    }
}
