//! An endpoint as events are held against it.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use kontor_catalog::Catalog;
use kontor_events::{Event, Types};
use kontor_model::field::Context;
use kontor_model::{ApiVersion, Id, Json, Kind, Op, Result, SpaceId, Value};
use kontor_questions::Conditions;
use kontor_records::{Ctx, Working};
use kontor_store::{Expr, Which};
use serde_json::Value as J;

use crate::rule::{filter, list};
use crate::state::State;
use crate::view::{Shown, View, Wishes};
use crate::{ENDPOINT, Rights, Webhooks};

/// An enabled endpoint.
pub(crate) struct Target {
    pub id: Id,
    pub space: SpaceId,
    pub view: Arc<View>,
    spec: Spec,
}

/// What its record says.
pub(crate) struct Spec {
    pub version: i64,
    pub url: String,
    pub ordered: bool,
    pub types: Types,
    pub updated_at: i64,
    /// Since when it is told of things, in Unix milliseconds.
    pub enabled_since: i64,
    fields: HashSet<String>,
    filter: Option<kontor_model::Filter>,
    rights: Rights,
    api: ApiVersion,
}

impl Spec {
    /// None where it is not said in whose right the endpoint is told of things.
    fn of(work: &Working) -> Option<Self> {
        let value = |name: &str| {
            let index = work.def.field(name).map(|(index, _)| index);
            index.and_then(|index| work.values.get(index)).unwrap_or(&Value::Null)
        };
        let words = list(value("event_types")).unwrap_or_default();
        let ms = |name: &str| value(name).as_i64();
        Some(Self {
            version: work.version,
            url: value("url").as_str().unwrap_or_default().to_owned(),
            ordered: value("ordered").as_bool() == Some(true),
            types: Types::of(words.iter().map(String::as_str)).unwrap_or_default(),
            updated_at: ms("updated_at").unwrap_or_default(),
            enabled_since: ms("enabled_since").or_else(|| ms("created_at")).unwrap_or_default(),
            fields: list(value("fields")).unwrap_or_default().into_iter().collect(),
            filter: filter(value("filter")).unwrap_or_default(),
            rights: rights(value("rights"))?,
            api: if value("api_version").as_str() == Some("v2") { ApiVersion::V2 } else { ApiVersion::V1 },
        })
    }

    /// Whether it depends on more of an event than its type.
    pub fn is_choosy(&self) -> bool {
        !self.fields.is_empty() || self.filter.is_some()
    }
}

/// What endpoints want together that have the same rights and words.
fn wishes(specs: &[(Id, Spec)]) -> Vec<Wishes> {
    let mut all: Vec<Wishes> = Vec::new();
    for (_, spec) in specs {
        let at = all.iter().position(|known| known.rights == spec.rights && known.api == spec.api);
        let at = at.unwrap_or_else(|| {
            all.push(Wishes { rights: spec.rights.clone(), api: spec.api, kinds: Vec::new(), choosy: false });
            all.len() - 1
        });
        let Some(wishes) = all.get_mut(at) else { continue };
        wishes.choosy |= spec.is_choosy();
        if !wishes.kinds.contains(&spec.types) {
            wishes.kinds.push(spec.types.clone());
        }
    }
    all
}

impl Webhooks {
    /// The program itself, at work in a space.
    pub(crate) async fn own(&self, space: SpaceId) -> Result<Ctx> {
        let caller = (self.parts.enter)(space, None, Id(0)).await?;
        Ok(Ctx::new(caller, self.parts.catalogs.get(space).await?, "webhooks"))
    }

    /// Enabled endpoints of a space that have a secret, by id. Those of `known` that have not changed are asked for
    /// their rights anew now and then. `last` is kept at the log's last number by whoever lets them work.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn targets(
        &self,
        space: SpaceId,
        known: &[Arc<Target>],
        last: &Arc<AtomicI64>,
    ) -> Result<Vec<Arc<Target>>> {
        let ctx = self.own(space).await?;
        let def = ctx.whole.require(ENDPOINT)?.clone();
        let select = ctx
            .records_of(&def, Which::Live, def.exprs.clone())
            .equals("enabled", Kind::Bool, true)
            .order(Expr::column("id", Kind::Int), false);
        let secrets = State::with_secrets(self.store(), space).await?;
        let rows = self.store().rows(select).await?;
        let spec = |row: Vec<Value>| {
            let id = row.first().and_then(Value::as_i64).filter(|id| secrets.contains(id))?;
            let version = row.get(1).and_then(Value::as_i64).unwrap_or_default();
            let work = Working { def: def.clone(), values: def.fields_of_row(&row), version, deleted: false };
            Some((Id(id), Spec::of(&work)?))
        };
        let specs: Vec<(Id, Spec)> = rows.into_iter().filter_map(spec).collect();
        let views = self.views(space, wishes(&specs), known, last).await?;
        let one = |(id, spec): (Id, Spec)| {
            let (_, view) = views.iter().find(|(wishes, _)| wishes.rights == spec.rights && wishes.api == spec.api)?;
            let same = |target: &&Arc<Target>| {
                target.id == id && target.version == spec.version && Arc::ptr_eq(&target.view, view)
            };
            let target = known.iter().find(same).cloned();
            Some(target.unwrap_or_else(|| Arc::new(Target { id, space, view: view.clone(), spec })))
        };
        Ok(specs.into_iter().filter_map(one).collect())
    }

    /// A view for each set of wishes, where there is still somebody who may be told.
    async fn views(
        &self,
        space: SpaceId,
        wishes: Vec<Wishes>,
        known: &[Arc<Target>],
        last: &Arc<AtomicI64>,
    ) -> Result<Vec<(Wishes, Arc<View>)>> {
        let catalog: Arc<Catalog> = self.parts.catalogs.get(space).await?;
        let mut views = Vec::with_capacity(wishes.len());
        for one in wishes {
            if let Some(target) = known.iter().find(|target| target.view.serves(&one, &catalog)) {
                views.push((one, target.view.clone()));
                continue;
            }
            match (self.parts.enter)(space, Some(one.rights.clone()), Id(0)).await {
                Ok(caller) => {
                    let ctx = Ctx::new(caller.clone(), catalog.seen(one.api)?, "webhooks");
                    let native = Ctx::new(caller, catalog.clone(), "webhooks");
                    views.push((one.clone(), Arc::new(View::new(native, ctx, one, last.clone()))));
                }
                // Its user is gone, or its role: nobody is there who may be told.
                Err(error) if error.code().status() < 500 => {
                    tracing::debug!(space = space.0, %error, "endpoints have nobody's rights");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(views)
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

impl std::ops::Deref for Target {
    type Target = Spec;

    fn deref(&self) -> &Spec {
        &self.spec
    }
}

impl Target {
    /// Whether an event is one for it.
    pub fn wants(&self, event: &Shown) -> bool {
        let is_chosen = || event.native.as_ref().is_some_and(|event| self.concerns(event) && self.fits(event));
        self.types.has(&event.kind) && (!self.is_choosy() || is_chosen())
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
        let Some(def) = self.view.native.catalog.object(object) else { return false };
        let mut filter = filter.clone();
        kontor_questions::filters::paths(def, &mut filter);
        let settings = self.view.native.settings();
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
