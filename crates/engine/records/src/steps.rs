//! Every step of a set of changes, checked against the records as the earlier steps leave them, and planned as writes.

mod guards;
mod reach;
mod update;

use std::collections::HashMap;
use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_model::{Change, Changes, Error, ErrorCode, Fault, Id, Json, Kind, Mode, Op, Result, SpaceId, Value};
use kontor_store::{Batch, OnConflict, Write, system};

use self::update::{full_text, update};
use crate::audit::{Entry, difference};
use crate::change::{Done, Outcome};
use crate::draft::Base;
use crate::fetch::{Working, substitute};
use crate::{Ctx, Records, purge, references, unique};

/// A set of changes that is ready to be committed.
pub struct Prepared {
    /// By step; none for those that were refused.
    pub outcomes: Vec<Option<Outcome>>,
    pub batch: Batch,
    /// The step that each write of the batch belongs to.
    pub owners: Vec<usize>,
}

impl Prepared {
    pub fn empty(space: SpaceId) -> Self {
        Self { outcomes: Vec::new(), batch: Batch::new(space), owners: Vec::new() }
    }
}

/// What one step does to one record.
struct Effect {
    step: usize,
    id: Id,
    done: Done,
    /// The record before, none when it is new.
    before: Option<Working>,
    after: Working,
}

/// The records of a set of changes while it is worked through.
struct Workshop<'a> {
    records: &'a Records,
    ctx: &'a Ctx,
    history: bool,
    now: i64,
    work: HashMap<Id, Working>,
    /// (object, field, value) → ids, for upserts.
    keys: HashMap<(String, usize, String), Vec<Id>>,
    names: HashMap<String, Id>,
}

impl Records {
    /// Checks and plans; refusals go to `refused`, whose steps are skipped.
    pub(crate) async fn prepare(
        &self,
        ctx: &Ctx,
        changes: &Changes,
        refused: &mut [Option<Error>],
    ) -> Result<Prepared> {
        let mut shop = Workshop {
            records: self,
            ctx,
            history: changes.history,
            now: self.clock().now_ms(),
            work: HashMap::new(),
            keys: HashMap::new(),
            names: HashMap::new(),
        };
        shop.read(changes, refused).await?;
        let untouched = (shop.work.clone(), shop.keys.clone());
        loop {
            let mut effects: Vec<Effect> = Vec::with_capacity(changes.steps.len());
            let mut faults: Vec<Vec<Fault>> = vec![Vec::new(); changes.steps.len()];
            for (i, step) in changes.steps.iter().enumerate() {
                if refused.get(i).is_some_and(Option::is_some) {
                    continue;
                }
                match shop.step(i, &step.change) {
                    Ok(effect) => {
                        if let Some(name) = &step.name {
                            shop.names.insert(name.clone(), effect.id);
                        }
                        effects.push(effect);
                    }
                    Err(Refusal::Faults(found)) => {
                        if let Some(slot) = faults.get_mut(i) {
                            *slot = found;
                        }
                    }
                    Err(Refusal::Error(error)) => {
                        if let Some(slot) = refused.get_mut(i) {
                            *slot = Some(error);
                        }
                    }
                }
            }
            self.look_up(ctx, &effects, &shop.work, &mut faults).await?;
            let mut late = self.ask_guards(ctx, &effects, refused).await?;
            for (i, found) in faults.into_iter().enumerate().filter(|(_, f)| !f.is_empty()) {
                late |= effects.iter().any(|e| e.step == i);
                if let Some(slot) = refused.get_mut(i) {
                    *slot = Some(Error::from_faults(found));
                }
            }
            let shared = effects.len() != effects.iter().map(|e| e.id).collect::<std::collections::HashSet<_>>().len();
            if late && (shared || !shop.names.is_empty()) {
                // A later step stands on one that was refused: work through the rest again without it.
                (shop.work, shop.keys) = untouched.clone();
                shop.names.clear();
                continue;
            }
            effects.retain(|e| refused.get(e.step).is_some_and(Option::is_none));
            let purged = effects.iter().filter(|e| e.done == Done::Purged).map(|e| e.id.0).collect();
            let emptied = self.events_of(ctx, purged).await?;
            return self.write(ctx, changes.steps.len(), effects, &emptied, shop.now);
        }
    }

    /// References and unique values of all effects at once.
    async fn look_up(
        &self,
        ctx: &Ctx,
        effects: &[Effect],
        work: &HashMap<Id, Working>,
        faults: &mut [Vec<Fault>],
    ) -> Result<()> {
        let writing = |e: &&Effect| matches!(e.done, Done::Created | Done::Updated | Done::Restored);
        let before = |e: &Effect| e.before.as_ref().filter(|_| e.done == Done::Updated).map(|w| w.values.clone());
        let mut asked = Vec::new();
        let mut claims = Vec::new();
        for effect in effects.iter().filter(writing) {
            let before = before(effect);
            asked.extend(references::asked(effect.step, &effect.after, before.as_deref(), ctx.caller.user_id));
            // A single create or update leaves the last word to the index: one look-up less.
            if effects.len() > 1 || effect.done == Done::Restored {
                claims.extend(unique::claims(effect.step, effect.id, &effect.after, before.as_deref()));
            }
        }
        let dangling = if asked.is_empty() { Vec::new() } else { self.dangling(ctx, &asked, work).await? };
        let clashes = if claims.is_empty() { Vec::new() } else { self.clashes(ctx, &claims, work).await? };
        for (step, fault) in dangling.into_iter().chain(clashes) {
            if let Some(slot) = faults.get_mut(step) {
                slot.push(fault);
            }
        }
        Ok(())
    }

    /// The writes of all effects, each with its audit entry and event.
    fn write(
        &self,
        ctx: &Ctx,
        steps: usize,
        effects: Vec<Effect>,
        emptied: &HashMap<Id, Vec<i64>>,
        now: i64,
    ) -> Result<Prepared> {
        let mut prepared = Prepared { outcomes: vec![None; steps], batch: Batch::new(ctx.space()), owners: Vec::new() };
        for effect in effects {
            let def = effect.after.def.clone();
            let row = def.row_of_fields(&effect.after.values);
            let mut data = Vec::with_capacity(512);
            if matches!(effect.done, Done::Deleted | Done::Purged) {
                data.extend_from_slice(format!("{{\"id\":\"{}\",\"deleted\":true}}", effect.id).as_bytes());
            } else {
                def.shape.write(&row, &mut data);
            }
            let events = emptied.get(&effect.id).into_iter().flatten();
            prepared
                .batch
                .writes
                .extend(events.filter(|_| effect.done == Done::Purged).map(|id| purge::empty_event(*id)));
            let shown = ctx.catalog.object(&def.name).filter(|view| !Arc::ptr_eq(view, &def));
            let shown = shown.filter(|_| !matches!(effect.done, Done::Deleted | Done::Purged)).map(|view| {
                let mut shown = Vec::with_capacity(data.len());
                view.shape.write(&row, &mut shown);
                shown
            });
            let native = def.native();
            if std::ptr::eq(native, &*def) || matches!(effect.done, Done::Deleted | Done::Purged) {
                self.effect_writes(ctx, &effect, row, &data, now, &mut prepared.batch.writes)?;
            } else {
                // Audit entries and events speak version 1's words, whoever made the change.
                let mut stored = Vec::with_capacity(data.len());
                native.shape.write(&row, &mut stored);
                self.effect_writes(ctx, &effect, row, &stored, now, &mut prepared.batch.writes)?;
            }
            let data = shown.unwrap_or(data);
            prepared.owners.resize(prepared.batch.writes.len(), effect.step);
            if let Some(slot) = prepared.outcomes.get_mut(effect.step) {
                *slot = Some(Outcome { done: effect.done, id: effect.id, version: effect.after.version, def, data });
            }
        }
        Ok(prepared)
    }

    fn effect_writes(
        &self,
        ctx: &Ctx,
        effect: &Effect,
        row: Vec<Value>,
        data: &[u8],
        now: i64,
        writes: &mut Vec<Write>,
    ) -> Result<()> {
        let def = &effect.after.def;
        let text = || String::from_utf8_lossy(data).into_owned();
        let (changes, record) = match (effect.done, &effect.before) {
            (Done::Unchanged, _) => return Ok(()),
            (Done::Created, _) => {
                let mut values = row;
                if def.custom {
                    values.push(Value::Text(def.key.clone()));
                }
                writes.push(Write::Insert {
                    table: def.table_name().clone(),
                    columns: def.insert_columns.clone(),
                    values,
                    on_conflict: OnConflict::Fail,
                    search: def.is_searched().then(|| full_text(def, &effect.after.values)),
                });
                (text(), None)
            }
            (Done::Purged, _) => {
                let key = |name: &str| system::key(name, Kind::Int, effect.id.0);
                writes.push(Write::Delete {
                    table: def.table_name().clone(),
                    // Guarded by the version: a change in between would leave an event that was not emptied.
                    keys: vec![key("id"), system::key("version", Kind::Int, effect.after.version)],
                    must: true,
                    search: def.is_searched(),
                });
                // The entries stay, without what they say of the record; the purge's own follows them.
                writes.push(kontor_audit::redact::record(effect.id.0, now));
                ("{}".to_owned(), None)
            }
            (_, Some(before)) => {
                writes.push(update(effect, before, row, now));
                let changes =
                    difference(def.native(), &before.values, &effect.after.values).unwrap_or_else(|| "{}".to_owned());
                (changes, Some(text()))
            }
            (_, None) => return Ok(()),
        };
        let entry = Entry { def, id: effect.id, version: effect.after.version, done: effect.done, changes, record };
        self.entry_writes(ctx, entry, now, writes)
    }
}

enum Refusal {
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
    async fn read(&mut self, changes: &Changes, refused: &mut [Option<Error>]) -> Result<()> {
        let mut by_id: HashMap<String, Vec<i64>> = HashMap::new();
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
                    by_id.entry(object.clone()).or_default().push(id.0);
                }
            }
        }
        for (object, mut ids) in by_id {
            ids.sort_unstable();
            ids.dedup();
            let def = self.ctx.whole.require(&object)?.clone();
            self.work.extend(self.records.fetch(self.ctx, &def, ids).await?);
        }
        for ((object, index), values) in by_key {
            let def = self.ctx.whole.require(&object)?.clone();
            for (id, found) in self.records.fetch_by(self.ctx, &def, index, &values).await? {
                let value = found.values.get(index).map(|v| format!("{v:?}")).unwrap_or_default();
                self.keys.entry((object.clone(), index, value)).or_default().push(id);
                self.work.insert(id, found);
            }
        }
        self.reach(changes, refused).await
    }

    /// The unique field of an upsert and its value.
    fn key(&self, object: &str, by: &str, value: &Json) -> Result<(usize, Value)> {
        let def = self.ctx.catalog.require(object)?;
        let condition = crate::read::unique_condition(self.ctx, def, by, value)?;
        let index = def.field(by).map(|(i, _)| i).unwrap_or_default();
        match condition {
            kontor_store::Cond::Test { op: Op::Eq, right, .. } if !right.is_null() => Ok((index, right)),
            _ => Err(Error::new(ErrorCode::BadQuery, format!("\"{by}\" needs a value"))),
        }
    }

    fn step(&mut self, step: usize, change: &Change) -> Result<Effect, Refusal> {
        let def = self.ctx.whole.require(change.object())?.clone();
        match change {
            Change::Create { data, .. } => self.create(step, &def, data),
            Change::Update { id, if_match, mode, data, .. } => self.update(step, &def, *id, *if_match, *mode, data),
            Change::Upsert { by, value, if_match, data, object } => {
                let (index, key) = self.key(object, by, value)?;
                let slot = (object.clone(), index, format!("{key:?}"));
                match self.keys.get(&slot).map(Vec::as_slice) {
                    None | Some([]) => {}
                    Some([id]) => return self.update(step, &def, *id, *if_match, Mode::Merge, data),
                    Some(ids) => return Err(crate::read::several().with_ids(ids.iter().copied()).into()),
                }
                if by == "id" {
                    return Err(Error::not_found().into());
                }
                self.create(step, &def, &with_key(data, by, value))
            }
            Change::Delete { id, if_match, .. } => {
                let mut after = self.existing(&def, *id, *if_match, false)?;
                let before = after.clone();
                self.touch(&mut after);
                after.deleted = true;
                Ok(self.effect(step, *id, Done::Deleted, Some(before), after))
            }
            Change::Restore { id, if_match, .. } => {
                let mut after = self.existing(&def, *id, *if_match, true)?;
                let before = after.clone();
                if !after.deleted {
                    return Ok(self.effect(step, *id, Done::Unchanged, Some(before), after));
                }
                self.touch(&mut after);
                after.deleted = false;
                Ok(self.effect(step, *id, Done::Restored, Some(before), after))
            }
            Change::Purge { id, .. } => {
                let before = self.existing(&def, *id, None, true)?;
                let mut after = before.clone();
                after.deleted = true;
                Ok(self.effect(step, *id, Done::Purged, Some(before), after))
            }
        }
    }

    fn effect(&mut self, step: usize, id: Id, done: Done, before: Option<Working>, after: Working) -> Effect {
        self.work.insert(id, after.clone());
        Effect { step, id, done, before, after }
    }

    /// The record, when it is there and of the version that was asked for.
    fn existing(&self, def: &ObjectDef, id: Id, if_match: Option<i64>, bin: bool) -> Result<Working, Refusal> {
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

    fn create(&mut self, step: usize, def: &Arc<ObjectDef>, data: &Json) -> Result<Effect, Refusal> {
        let data = self.substituted(data)?;
        let owner = self.ctx.caller.user_id.map(|id| id.0);
        let view = self.ctx.catalog.require(&def.name)?;
        let base = Base {
            def,
            view,
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

    fn update(
        &mut self,
        step: usize,
        def: &Arc<ObjectDef>,
        id: Id,
        if_match: Option<i64>,
        mode: Mode,
        data: &Json,
    ) -> Result<Effect, Refusal> {
        let before = self.existing(def, id, if_match, false)?;
        let data = self.substituted(data)?;
        let view = self.ctx.catalog.require(&def.name)?;
        let base = Base {
            def,
            view,
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

    /// Raises the version and says who and when.
    fn touch(&self, record: &mut Working) {
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
