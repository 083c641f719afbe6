//! Lines that are sent with their document: `lines` of a draft become creates, updates and deletes of its parts.

use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_model::{By, Change, Changes, Fault, Id, Json, Mode, Op, Result, Value};
use kontor_store::{Cond, Which};

use super::workshop::{Refusal, Workshop};
use super::{Done, Effect};

/// The member of a document's draft and of its answer.
pub const LINES: &str = "lines";
/// The most lines of a document.
const MOST: usize = 1_000;

/// The lines of a draft; none when it does not speak of them.
pub struct Lines(Option<Vec<Json>>);

impl Lines {
    /// Takes the lines out of a draft.
    pub fn split(def: &ObjectDef, data: &Json) -> Result<(Json, Self), Refusal> {
        let (Some(_), Some(members)) = (&def.lines, data.as_object()) else { return Ok((data.clone(), Self(None))) };
        let fault = |code, message: String| Refusal::Faults(vec![Fault::new(LINES, code, message)]);
        let lines = match data.get(LINES) {
            None => None,
            Some(Json::Array(items)) if items.len() > MOST => {
                return Err(fault("length", format!("has {} lines; at most {MOST} are allowed", items.len())));
            }
            Some(Json::Array(items)) => Some(items.clone()),
            Some(Json::Null) => Some(Vec::new()),
            Some(other) => return Err(fault("type", format!("must be an array of lines, not {}", other.kind()))),
        };
        let rest = members.iter().filter(|(key, _)| key != LINES).cloned().collect();
        Ok((Json::Object(rest), Self(lines)))
    }
}

impl Workshop<'_> {
    /// The object and the field by which records of `def` are lines of another.
    pub(super) fn parent_of(&self, def: &ObjectDef) -> Option<(String, usize)> {
        let (index, field) = def.relation(def.part_of.as_deref()?)?;
        let parent = self.ctx.whole.object(&field.ty.as_reference()?.object)?;
        (parent.lines.as_deref() == Some(def.name.as_str())).then(|| (parent.name.clone(), index))
    }

    /// The lines of the documents whose lines are sent anew.
    pub(super) async fn read_lines(&mut self, changes: &Changes) -> Result<()> {
        for step in &changes.steps {
            let (Change::Update { object, data, .. } | Change::Upsert { object, data, .. }) = &step.change else {
                continue;
            };
            let def = self.ctx.whole.require(object)?.clone();
            if def.lines.is_none() || data.get(LINES).is_none() {
                continue;
            }
            let ids: Vec<i64> = match &step.change {
                Change::Update { id, .. } => vec![id.0],
                _ => self.work.iter().filter(|(_, w)| w.def.name == def.name).map(|(id, _)| id.0).collect(),
            };
            self.read_lines_of(&def, ids).await?;
        }
        Ok(())
    }

    async fn read_lines_of(&mut self, def: &ObjectDef, ids: Vec<i64>) -> Result<()> {
        let Some(line) = def.lines.as_deref() else { return Ok(()) };
        let line = self.ctx.whole.require(line)?.clone();
        let Some(left) = self.parent_of(&line).and_then(|(_, index)| line.expr(index, 0)) else { return Ok(()) };
        let select = self.ctx.all_of(&line, Which::Live, line.exprs.clone());
        let select = select.filter(Cond::Test { left, op: Op::In, right: Value::Ints(ids) });
        for (id, found) in self.records.working(self.ctx, &line, select).await? {
            self.work.entry(id).or_insert(found);
        }
        Ok(())
    }

    /// A document's effect with those of its lines. A line with an `id` stays, as it is sent; one without is new; the
    /// others go to the bin.
    pub(super) fn with_lines(&mut self, mut document: Effect, lines: Lines, by: By) -> Result<Vec<Effect>, Refusal> {
        let (Some(items), Some(object)) = (lines.0, document.after.def.lines.clone()) else {
            return Ok(vec![document]);
        };
        let def = self.ctx.whole.require(&object)?.clone();
        let Some((_, parent)) = self.parent_of(&def) else { return Ok(vec![document]) };
        let of_document = |w: &crate::fetch::Working| {
            !w.deleted && w.def.name == def.name && w.values.get(parent).and_then(Value::as_i64) == Some(document.id.0)
        };
        let mut old: Vec<Id> = self.work.iter().filter(|(_, w)| of_document(w)).map(|(id, _)| *id).collect();
        old.sort_unstable();
        let parent = def.fields.get(parent).map(|f| f.name.clone()).unwrap_or_default();
        let mut effects = Vec::with_capacity(items.len() + old.len());
        let mut faults = Vec::new();
        for (place, item) in items.iter().enumerate() {
            match self.line(&def, &document, &parent, place, item, &mut old, by) {
                Ok(effect) => effects.push(effect),
                Err(Refusal::Faults(found)) => {
                    faults.extend(found.into_iter().map(|fault| fault.under(&format!("{LINES}.{place}"))));
                }
                Err(Refusal::Error(error)) => return Err(Refusal::Error(error.under(&format!("{LINES}.{place}")))),
            }
        }
        if !faults.is_empty() {
            return Err(Refusal::Faults(faults));
        }
        for id in old {
            let mut after = self.existing(&def, id, None, false)?;
            let before = after.clone();
            self.touch(&mut after);
            after.deleted = true;
            effects.push(self.effect(document.step, id, Done::Deleted, Some(before), after));
        }
        if document.done == Done::Unchanged && effects.iter().any(|e| e.done != Done::Unchanged) {
            self.touch(&mut document.after);
            document = self.effect(document.step, document.id, Done::Updated, document.before, document.after);
        }
        effects.insert(0, document);
        Ok(effects)
    }

    #[expect(clippy::too_many_arguments, reason = "a line stands in its document, at its place, among its older ones")]
    fn line(
        &mut self,
        def: &Arc<ObjectDef>,
        document: &Effect,
        parent: &str,
        place: usize,
        item: &Json,
        old: &mut Vec<Id>,
        by: By,
    ) -> Result<Effect, Refusal> {
        let fault = |field: &str, code, message: String| Err(Refusal::Faults(vec![Fault::new(field, code, message)]));
        let Some(members) = item.as_object() else {
            return fault("", "type", format!("a line must be an object, not {}", item.kind()));
        };
        let id = match item.get("id") {
            None | Some(Json::Null) => None,
            Some(id) => match id.as_str().and_then(|text| text.parse::<Id>().ok()).filter(|id| old.contains(id)) {
                Some(id) => Some(id),
                None => {
                    return fault("id", "not_found", "is no line of this document; leave it out for a new one".into());
                }
            },
        };
        if let Some(other) = item.get(parent)
            && other.as_str() != Some(document.id.to_string().as_str())
            && !other.is_null()
        {
            return fault(parent, "not_found", "is the document itself; leave it out".to_owned());
        }
        let mut own: Vec<(String, Json)> =
            members.iter().filter(|(key, _)| key != "id" && key != parent).cloned().collect();
        own.push((parent.to_owned(), Json::String(document.id.to_string())));
        if !own.iter().any(|(key, _)| key == "position") && def.field("position").is_some() {
            own.push(("position".to_owned(), Json::Number((place + 1).to_string())));
        }
        let data = Json::Object(own);
        match id {
            None => self.create(document.step, def, &data, by),
            Some(id) => {
                old.retain(|one| *one != id);
                self.update(document.step, def, id, None, Mode::Replace, &data, by)
            }
        }
    }
}
