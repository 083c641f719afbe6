//! The records of a set of changes while it is worked through, one step after another.

use std::collections::HashMap;
use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_model::{By, Change, Changes, Error, ErrorCode, Fault, Id, Json, Mode, Op, Result, Step, Value};

use super::Effect;
use super::lines::Lines;
use crate::audit::difference;
use crate::change::Done;
use crate::counters::Counters;
use crate::draft::Base;
use crate::fetch::{Working, substitute};
use crate::{Ctx, Records};

/// See the module.
pub(super) struct Workshop<'a> {
    pub(super) records: &'a Records,
    pub(super) ctx: &'a Ctx,
    pub(super) history: bool,
    pub(super) now: i64,
    pub(super) work: HashMap<Id, Working>,
    /// (object, field, value) → ids, for upserts.
    pub(super) keys: HashMap<(String, usize, String), Vec<Id>>,
    pub(super) names: HashMap<String, Id>,
    pub(super) counters: Counters,
}

/// Why a step is not done.
pub(super) enum Refusal {
    Faults(Vec<Fault>),
    Error(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal::Error(error)
    }
}

impl Workshop<'_> {
    /// Reads what the steps are about, once for each object.
    pub(super) async fn read(&mut self, changes: &Changes, refused: &mut [Option<Error>]) -> Result<()> {
        let mut by_id: HashMap<(String, By), Vec<i64>> = HashMap::new();
        let mut by_key: HashMap<(String, usize), Vec<Value>> = HashMap::new();
        for (step, slot) in changes.steps.iter().zip(refused.iter_mut()).filter(|(_, slot)| slot.is_none()) {
            match &step.change {
                Change::Create { .. } => {}
                Change::Upsert { object, by, value, .. } => match self.key(object, by, value) {
                    Ok((index, value)) => by_key.entry((object.clone(), index)).or_default().push(value),
                    Err(error) => *slot = Some(error),
                },
                Change::Update { object, id, .. }
                | Change::Delete { object, id, .. }
                | Change::Restore { object, id, .. }
                | Change::Purge { object, id } => {
                    by_id.entry((object.clone(), step.by)).or_default().push(id.0);
                }
            }
        }
        for ((object, by), mut ids) in by_id {
            ids.sort_unstable();
            ids.dedup();
            let def = self.ctx.whole.require(&object)?.clone();
            let found = match by {
                By::Caller => self.records.fetch(self.ctx, &def, ids).await?,
                By::Service => self.records.fetch_any(self.ctx, &def, ids).await?,
            };
            self.work.extend(found);
        }
        for ((object, index), values) in by_key {
            let def = self.ctx.whole.require(&object)?.clone();
            for (id, found) in self.records.fetch_by(self.ctx, &def, index, &values).await? {
                let value = found.values.get(index).map(|v| format!("{v:?}")).unwrap_or_default();
                self.keys.entry((object.clone(), index, value)).or_default().push(id);
                self.work.insert(id, found);
            }
        }
        self.read_lines(changes).await?;
        self.reach(changes, refused).await
    }

    /// The unique field of an upsert and its value.
    pub(super) fn key(&self, object: &str, by: &str, value: &Json) -> Result<(usize, Value)> {
        let def = self.ctx.catalog.require(object)?;
        let condition = crate::read::unique_condition(self.ctx, def, by, value)?;
        let index = def.field(by).map(|(i, _)| i).unwrap_or_default();
        match condition {
            kontor_store::Cond::Test { op: Op::Eq, right, .. } if !right.is_null() => Ok((index, right)),
            _ => Err(Error::new(ErrorCode::BadQuery, format!("\"{by}\" needs a value"))),
        }
    }

    /// What a step does: to its record first, then to the lines that were sent with it.
    pub(super) fn step(&mut self, number: usize, step: &Step) -> Result<Vec<Effect>, Refusal> {
        let mut effects = self.carried_out(number, step)?;
        effects.iter_mut().for_each(|effect| effect.by = step.by);
        if let Some(own) = effects.first_mut() {
            own.told = step.told;
            own.letters.clone_from(&step.letters);
            own.bytes.clone_from(&step.bytes);
            if step.touches && own.done == Done::Unchanged {
                let (mut after, before) = (own.after.clone(), own.before.take());
                self.touch(&mut after);
                let (told, letters) = (own.told, std::mem::take(&mut own.letters));
                *own =
                    Effect { by: step.by, told, letters, ..self.effect(number, own.id, Done::Updated, before, after) };
            }
        }
        Ok(effects)
    }

    /// The record of a change that was not among the steps, whoever asks.
    pub(super) async fn read_one(&mut self, step: &Step) -> Result<()> {
        let changes = Changes { steps: vec![step.clone()], ..Changes::default() };
        if let Change::Update { id, .. } | Change::Delete { id, .. } | Change::Restore { id, .. } = &step.change
            && self.work.contains_key(id)
        {
            return self.read_lines(&changes).await;
        }
        let mut refused = [None];
        self.read(&changes, &mut refused).await?;
        let [refusal] = refused;
        refusal.map_or(Ok(()), Err)
    }

    fn carried_out(&mut self, number: usize, step: &Step) -> Result<Vec<Effect>, Refusal> {
        let def = self.ctx.whole.require(step.change.object())?.clone();
        let draft = |data: &Json| Lines::split(&def, data);
        match &step.change {
            Change::Create { data, .. } => {
                let (data, lines) = draft(data)?;
                let effect = self.create(number, &def, &data, step.by)?;
                self.with_lines(effect, lines, step.by)
            }
            Change::Update { id, if_match, mode, data, .. } => {
                let (data, lines) = draft(data)?;
                let effect = self.update(number, &def, *id, *if_match, *mode, &data, step.by)?;
                self.with_lines(effect, lines, step.by)
            }
            Change::Upsert { by, value, if_match, data, object } => {
                let (index, key) = self.key(object, by, value)?;
                let slot = (object.clone(), index, format!("{key:?}"));
                let (data, lines) = draft(data)?;
                let effect = match self.keys.get(&slot).map(Vec::as_slice) {
                    Some([id]) => self.update(number, &def, *id, *if_match, Mode::Merge, &data, step.by)?,
                    Some([_, _, ..]) => {
                        let ids = self.keys.get(&slot).into_iter().flatten().copied();
                        return Err(crate::read::several().with_ids(ids).into());
                    }
                    _ if by == "id" => return Err(Error::not_found().into()),
                    _ => self.create(number, &def, &with_key(&data, by, value), step.by)?,
                };
                self.with_lines(effect, lines, step.by)
            }
            other => self.moved(number, &def, other).map(|effect| vec![effect]),
        }
    }

    /// To the bin, out of it, or gone.
    fn moved(&mut self, step: usize, def: &Arc<ObjectDef>, change: &Change) -> Result<Effect, Refusal> {
        match change {
            Change::Delete { id, if_match, .. } => {
                let mut after = self.existing(def, *id, *if_match, false)?;
                let before = after.clone();
                self.touch(&mut after);
                after.deleted = true;
                Ok(self.effect(step, *id, Done::Deleted, Some(before), after))
            }
            Change::Restore { id, if_match, .. } => {
                let mut after = self.existing(def, *id, *if_match, true)?;
                let before = after.clone();
                if !after.deleted {
                    return Ok(self.effect(step, *id, Done::Unchanged, Some(before), after));
                }
                self.touch(&mut after);
                after.deleted = false;
                Ok(self.effect(step, *id, Done::Restored, Some(before), after))
            }
            Change::Purge { id, .. } => {
                let before = self.existing(def, *id, None, true)?;
                let mut after = before.clone();
                after.deleted = true;
                Ok(self.effect(step, *id, Done::Purged, Some(before), after))
            }
            Change::Create { .. } | Change::Update { .. } | Change::Upsert { .. } => {
                Err(Error::internal("a change of fields is no move").into())
            }
        }
    }

    pub(super) fn effect(
        &mut self,
        step: usize,
        id: Id,
        done: Done,
        before: Option<Working>,
        after: Working,
    ) -> Effect {
        self.work.insert(id, after.clone());
        Effect { step, id, done, before, after, by: By::Caller, told: None, letters: Vec::new(), bytes: None }
    }

    /// The record, when it is there and of the version that was asked for.
    pub(super) fn existing(
        &self,
        def: &ObjectDef,
        id: Id,
        if_match: Option<i64>,
        bin: bool,
    ) -> Result<Working, Refusal> {
        let found = self
            .work
            .get(&id)
            .filter(|w| w.def.name == def.name && (bin || !w.deleted))
            .ok_or_else(Error::not_found)?;
        if let Some(version) = if_match.filter(|v| *v != found.version) {
            let detail = format!("the record is at version {}, not {version}; read it again and merge", found.version);
            return Err(Error::new(ErrorCode::VersionMoved, detail).with_version(found.version).into());
        }
        Ok(found.clone())
    }

    pub(super) fn create(&mut self, step: usize, def: &Arc<ObjectDef>, data: &Json, by: By) -> Result<Effect, Refusal> {
        let data = self.substituted(data)?;
        let owner = self.ctx.caller.user_id.map(|id| id.0);
        let (checked, view) = self.words(def, by)?;
        let base = Base {
            def: checked,
            view,
            by,
            rule: self.ctx.caller.policy.rule(&def.name),
            settings: self.ctx.settings(),
            current: None,
            mode: Mode::Replace,
            history: self.history,
            owner,
        };
        let mut values = base.check(&data).map_err(Refusal::Faults)?.values;
        let id = self.records.ids().next();
        let by = self.ctx.caller.user_id.map_or(Value::Null, |id| Value::Int(id.0));
        put(def, &mut values, "id", Value::Int(id.0));
        put(def, &mut values, "version", Value::Int(1));
        for name in ["created_at", "updated_at"] {
            if def.field(name).and_then(|(i, _)| values.get(i)).is_some_and(Value::is_null) {
                put(def, &mut values, name, Value::Int(self.now));
            }
        }
        if def.field("created_by").and_then(|(i, _)| values.get(i)).is_some_and(Value::is_null) {
            put(def, &mut values, "created_by", by.clone());
        }
        put(def, &mut values, "updated_by", by);
        // A later upsert of the set may mean this very record.
        for (index, value) in def
            .shown()
            .filter(|(_, f)| ObjectDef::is_key(f))
            .filter_map(|(i, _)| Some((i, values.get(i)?)))
            .filter(|(_, v)| !v.is_null())
        {
            self.keys.entry((def.name.clone(), index, format!("{value:?}"))).or_default().push(id);
        }
        let after = Working { def: def.clone(), values, version: 1, deleted: false };
        Ok(self.effect(step, id, Done::Created, None, after))
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of an update, and whose it is")]
    pub(super) fn update(
        &mut self,
        step: usize,
        def: &Arc<ObjectDef>,
        id: Id,
        if_match: Option<i64>,
        mode: Mode,
        data: &Json,
        by: By,
    ) -> Result<Effect, Refusal> {
        let before = self.existing(def, id, if_match, false)?;
        let data = self.substituted(data)?;
        let (checked, view) = self.words(def, by)?;
        let base = Base {
            def: checked,
            view,
            by,
            rule: self.ctx.caller.policy.rule(&def.name),
            settings: self.ctx.settings(),
            current: Some(&before.values),
            mode,
            history: self.history,
            owner: None,
        };
        let values = base.check(&data).map_err(Refusal::Faults)?.values;
        if difference(def, &before.values, &values).is_none() {
            return Ok(self.effect(step, id, Done::Unchanged, Some(before.clone()), before));
        }
        let mut after = Working { values, ..before.clone() };
        self.touch(&mut after);
        Ok(self.effect(step, id, Done::Updated, Some(before), after))
    }

    /// What a draft is checked by, and as whom: a service speaks version 1's words and sees every field.
    fn words<'d>(&'d self, def: &'d ObjectDef, by: By) -> Result<(&'d ObjectDef, &'d ObjectDef), Error> {
        Ok(match by {
            By::Caller => (def, self.ctx.catalog.require(&def.name)?),
            By::Service => (def.native(), def.native()),
        })
    }

    /// Raises the version and says who and when.
    pub(super) fn touch(&self, record: &mut Working) {
        record.version += 1;
        let def = record.def.clone();
        put(&def, &mut record.values, "version", Value::Int(record.version));
        put(&def, &mut record.values, "updated_at", Value::Int(self.now));
        put(&def, &mut record.values, "updated_by", self.ctx.caller.user_id.map_or(Value::Null, |id| Value::Int(id.0)));
    }

    fn substituted(&self, data: &Json) -> Result<Json> {
        if self.names.is_empty() {
            return Ok(data.clone());
        }
        substitute(data, &|name, field| {
            let record = self.work.get(self.names.get(name)?)?;
            let (index, _) = self.ctx.catalog.object(&record.def.name)?.field(field)?;
            Json::parse_str(&record.def.show(index).text(record.values.get(index)?)).ok()
        })
    }
}

pub(crate) fn put(def: &ObjectDef, values: &mut [Value], name: &str, value: Value) {
    if let Some(slot) = def.field(name).and_then(|(i, _)| values.get_mut(i)) {
        *slot = value;
    }
}

/// The data of an upsert that creates, with the key it was asked by.
fn with_key(data: &Json, by: &str, value: &Json) -> Json {
    let mut members: Vec<(String, Json)> = data.as_object().unwrap_or_default().to_vec();
    match by.strip_prefix("custom.") {
        None if !members.iter().any(|(k, _)| k == by) => members.push((by.to_owned(), value.clone())),
        Some(key) => {
            let mut custom: Vec<(String, Json)> =
                data.get("custom").and_then(Json::as_object).unwrap_or_default().to_vec();
            if !custom.iter().any(|(k, _)| k == key) {
                custom.push((key.to_owned(), value.clone()));
            }
            members.retain(|(k, _)| k != "custom");
            members.push(("custom".to_owned(), Json::Object(custom)));
        }
        None => {}
    }
    Json::Object(members)
}
