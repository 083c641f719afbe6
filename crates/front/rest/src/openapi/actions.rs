//! The operations that an object has besides those of every object: its actions.

use std::collections::HashMap;

use kontor_catalog::ObjectDef;
use kontor_model::{Action, Answers, Field, View, view};
use serde_json::{Map, Value as J, json};

use super::names::{Names, pascal};
use super::object::{Schemas, envelope};
use super::operation::{self, Answer, Detail, ETAG, MADE, json_answer};
use super::{reference, samples, set, values};
use crate::routes::{ACTION, VIEW};

/// What the schemas of each object are called.
pub type Known = HashMap<String, Schemas>;

/// Adds the paths of an object's actions.
pub fn add(def: &ObjectDef, known: &Known, operations: &mut Names, paths: &mut Map<String, J>) {
    for action in &def.actions {
        let path = ACTION.path.replace("{collection}", &def.plural).replace("{action}", &action.name);
        operation::add(&ACTION, &path, detail(def, action, known), operations, paths);
    }
    for view in &def.views {
        let path = VIEW.path.replace("{collection}", &def.plural).replace("{action}", &view.name);
        operation::add(&VIEW, &path, shown(def, view), operations, paths);
    }
}

fn detail(def: &ObjectDef, action: &Action, known: &Known) -> Detail {
    let part = |object: &str, part: &str| known.get(object).map_or_else(|| json!({}), |names| names.part(part));
    let answer = match &action.answer {
        Answers::Record => json_answer(200, "The record as it is now.", part(&def.name, "Answer")).with(ETAG),
        Answers::Made(object) => json_answer(201, "The new record.", part(object, "Answer")).with(MADE),
        Answers::Named(named) => {
            let members: Map<String, J> =
                named.iter().map(|(name, object)| (name.clone(), values::nullable(part(object, "")))).collect();
            let required: Vec<&String> = named.iter().map(|(name, _)| name).collect();
            let data = json!({"type": "object", "required": required, "properties": members});
            json_answer(200, "What came of it; null where there is none.", envelope(data))
        }
    };
    let label = def.label.to_lowercase();
    Detail {
        tag: def.service.clone(),
        id: format!("{}{}", lower(&pascal(&action.name)), pascal(&def.name)),
        summary: format!("{} a {label}", action.name.replace('_', " ")),
        description: action.doc.clone(),
        body: Some(body(action)),
        answers: vec![answer],
        conditional: true,
        collection: Some(def.plural.clone()),
        refusals: action.refusals.clone(),
        ..Detail::default()
    }
}

fn shown(def: &ObjectDef, view: &View) -> Detail {
    let parameter = |field: &Field| {
        json!({"name": field.name, "in": "query", "required": values::must_send(field), "description": field.doc,
            "schema": values::operand(field)})
    };
    let content = view.media.iter().map(|media| match media.as_str() {
        view::JSON => (view::JSON, envelope(json!({}))),
        other => (known_media(other), json!({"type": "string", "contentMediaType": other})),
    });
    let label = def.label.to_lowercase();
    Detail {
        tag: def.service.clone(),
        id: format!("{}{}", lower(&pascal(&def.name)), pascal(&view.name)),
        summary: format!("The {} of a {label}", view.name.replace('_', " ")),
        description: view.doc.clone(),
        parameters: view.input.iter().map(parameter).collect(),
        answers: vec![Answer { status: 200, about: "The view.", content: content.collect(), headers: &[] }],
        collection: Some(def.plural.clone()),
        refusals: super::rules::of_view(&def.name, &view.name),
        ..Detail::default()
    }
}

/// The media types that views have, as the document names them.
fn known_media(media: &str) -> &'static str {
    const KNOWN: &[&str] = &[
        "application/pdf",
        "application/xml",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "image/svg+xml",
        "text/calendar",
        "text/csv",
    ];
    KNOWN.iter().copied().find(|known| *known == media).unwrap_or("*/*")
}

fn lower(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

fn body(action: &Action) -> J {
    let members: Map<String, J> =
        action.input.iter().map(|field| (field.name.clone(), values::request(field))).collect();
    let required: Vec<&str> = action.input.iter().filter(|f| values::must_send(f)).map(|f| f.name.as_str()).collect();
    let mut schema = json!({"type": "object", "additionalProperties": false, "properties": members});
    if !required.is_empty() {
        set(&mut schema, "required", json!(required));
    }
    let example = samples::action(action);
    json!({"required": !required.is_empty(), "content": {"application/json": {"schema": schema, "example": example}}})
}

/// The lines of a document, in an answer or a request.
pub fn lines(def: &ObjectDef, known: &Known, is_request: bool) -> Option<J> {
    let names = known.get(def.lines.as_deref()?)?;
    let item = if is_request { reference("schemas", &format!("{}Line", names.record)) } else { names.part("") };
    Some(json!({"type": "array", "maxItems": 1000, "items": item,
        "description": "Its lines, in order. Sent anew they replace those that are there: a line with its id stays, one without is new."}))
}
