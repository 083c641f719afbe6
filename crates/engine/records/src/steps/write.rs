//! The writes of all effects, each with its audit entry and event.

use std::collections::HashMap;
use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_model::{Id, Kind, Result, Value};
use kontor_store::{OnConflict, Write, system};

use super::update::{full_text, update};
use super::workshop::Workshop;
use super::{Effect, LINES, NO_STEP, Prepared};
use crate::audit::{Entry, difference};
use crate::bytes::{self, NewFile};
use crate::change::{Done, Outcome};
use crate::fetch::Working;
use crate::likeness::key_writes;
use crate::{Ctx, Records, purge};

impl Records {
    /// The lines, as JSON, of the documents that the steps answer with.
    pub(super) async fn lines_after(&self, shop: &Workshop<'_>, effects: &[Effect]) -> Result<HashMap<Id, Vec<u8>>> {
        let mut out = HashMap::new();
        let answers = effects.iter().filter(|e| !e.is_gone() && e.after.def.lines.is_some());
        let mut by_object: HashMap<&str, (&Arc<ObjectDef>, Vec<i64>)> = HashMap::new();
        for effect in answers.filter(|e| effects.iter().find(|f| f.step == e.step).is_some_and(|f| f.id == e.id)) {
            by_object.entry(&effect.after.def.name).or_insert((&effect.after.def, Vec::new())).1.push(effect.id.0);
        }
        for (def, ids) in by_object.into_values() {
            out.extend(self.lines_of(shop.ctx, def, ids, Some(&shop.work)).await?);
        }
        Ok(out)
    }

    /// See the module.
    pub(super) fn write(
        &self,
        shop: &Workshop<'_>,
        steps: usize,
        effects: Vec<Effect>,
        emptied: &HashMap<Id, Vec<i64>>,
        lines: &HashMap<Id, Vec<u8>>,
    ) -> Result<Prepared> {
        let (ctx, now) = (shop.ctx, shop.now);
        // What a step answers with: its own record, the first that it touched.
        let mut answers: Vec<Option<Id>> = vec![None; steps];
        let mut prepared = Prepared { outcomes: vec![None; steps], ..Prepared::empty(ctx.space()) };
        // Numbers first: who lost the race for one is planned anew, and not told that the number is taken.
        prepared.batch.writes.extend(shop.counters.writes());
        prepared.owners.resize(prepared.batch.writes.len(), NO_STEP);
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
            key_writes(effect.id.0, effect.was(), effect.is(), &mut prepared.batch.writes);
            let mut data = shown.unwrap_or(data);
            prepared.owners.resize(prepared.batch.writes.len(), effect.step);
            let answer = answers.get_mut(effect.step).map(|id| *id.get_or_insert(effect.id));
            if let Some(slot) = prepared.outcomes.get_mut(effect.step).filter(|_| answer == Some(effect.id)) {
                if let Some(lines) = lines.get(&effect.id).filter(|_| !effect.is_gone()) {
                    with_member(&mut data, LINES, lines);
                }
                // The first thing that a step does to its record is what it did; what follows is part of it.
                let done = slot.as_ref().map_or(effect.done, |first| first.done);
                *slot = Some(Outcome { done, id: effect.id, version: effect.after.version, def, data });
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
                if let Some(content) = effect.bytes.as_deref().filter(|_| def.holds_bytes) {
                    let name = format!("{}/{}", def.plural, effect.id);
                    let media = "application/octet-stream";
                    writes.extend(bytes::keep(NewFile {
                        blob: effect.id,
                        name: &name,
                        media,
                        bytes: content,
                        at: now,
                    }));
                }
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
                if def.holds_bytes {
                    writes.extend(bytes::remove(effect.id));
                }
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
        let words = effect.told.map_or(effect.done.words(), |told| (told.action, told.event));
        let entry = Entry { def, id: effect.id, version: effect.after.version, words, changes, record };
        self.entry_writes(ctx, entry, now, writes)
    }
}

impl Effect {
    fn is_gone(&self) -> bool {
        matches!(self.done, Done::Deleted | Done::Purged)
    }

    /// The record as it was, out of the bin or in it.
    fn was(&self) -> Option<&Working> {
        self.before.as_ref()
    }

    /// The record as it is, when it is there.
    fn is(&self) -> Option<&Working> {
        (self.done != Done::Purged).then_some(&self.after)
    }
}

/// Adds a member to a JSON object.
pub(crate) fn with_member(object: &mut Vec<u8>, name: &str, json: &[u8]) {
    if object.pop() != Some(b'}') {
        return;
    }
    if object.last() != Some(&b'{') {
        object.push(b',');
    }
    kontor_model::show::write_string(name, object);
    object.push(b':');
    object.extend_from_slice(json);
    object.push(b'}');
}
