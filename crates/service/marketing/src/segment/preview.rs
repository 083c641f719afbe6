//! `POST /v1/segments/preview`: how many records conditions would select that are not saved, and some of them.

use futures::FutureExt;
use kontor_model::{Count, Error, Fault, Field, FieldType, Id, Json, Result, name};
use kontor_records::{Access, Ctx, Input, Records, Sight};
use serde_json::{Value as J, json};

use super::conditions::{Definition, Members, is_about_question, page, target};

/// Members that are shown when nothing is said.
const SHOWN: i64 = 10;
/// The most that are shown.
const MOST_SHOWN: i64 = 50;

fn taken() -> Vec<Field> {
    vec![
        Field::new("target_object", FieldType::text(40)).default("contact"),
        Field::new("conditions", FieldType::json()),
        Field::new("limit", FieldType::integer_between(1, MOST_SHOWN)).default(SHOWN),
    ]
}

/// `{object, count, count_is_minimum, members}` of what the caller may read. Up to ten thousand are counted; more are
/// said to be at least as many.
///
/// # Errors
/// 403 for who may not read segments or the object; 400001 and 400003 for conditions that cannot be asked; 404001 for a
/// segment in them that the caller does not see; 422000 for one that is too large or too deep; the database's.
pub async fn preview(records: &Records, ctx: &Ctx, body: &Json) -> Result<J> {
    ctx.caller.may(Access::Read, ctx.catalog.require("segment")?)?;
    let input = Input::of("preview", &taken(), body, ctx.settings())?;
    records.ask(ctx, move |sight| async move { counted(sight, &input).await }.boxed()).await
}

async fn counted(sight: &Sight<'_>, input: &Input) -> Result<J> {
    let object = target(input.text("target_object").unwrap_or_default());
    let catalog = &sight.ctx().catalog;
    if catalog.object(object).is_none_or(|def| !def.routed) {
        let hint = name::hint(object, catalog.objects().filter(|def| def.routed).map(|def| def.name.as_str()));
        return Err(Fault::new("target_object", "unknown", format!("there is no object \"{object}\"{hint}")).into());
    }
    let conditions = input.json("conditions").cloned();
    let mut named = Vec::new();
    conditions.iter().for_each(|json| segments(json, &mut named));
    for id in named {
        sight.visible("segment", id).await?;
    }
    let limit = input.int("limit").and_then(|limit| u32::try_from(limit).ok()).unwrap_or(1);
    let asked = async {
        let members = Members::defined(sight, &Definition { id: Id(0), object, conditions }).await?;
        let mut query = members.after(None, limit);
        query.count = Count::Estimate;
        page(sight, sight.ctx(), query, true).await
    };
    let (listing, rows) = asked.await.map_err(|error| {
        let bare = is_about_question(&error) && error.faults().is_empty();
        if bare { Error::from(Fault::coded("conditions", error.code(), error.detail())) } else { error }
    })?;
    let rows: Vec<J> = rows.iter().filter_map(|row| serde_json::from_str(&row.to_string()).ok()).collect();
    Ok(json!({"object": object, "count": listing.total.unwrap_or(0), "count_is_minimum": listing.total_is_minimum,
        "members": rows}))
}

/// The segments that conditions name.
fn segments(json: &Json, out: &mut Vec<Id>) {
    for item in json.as_array().unwrap_or_default() {
        segments(item, out);
    }
    for (key, value) in json.as_object().unwrap_or_default() {
        match key.as_str() {
            "segment" => out.extend(value.as_str().and_then(|text| text.parse::<Id>().ok())),
            "and" | "or" | "not" => segments(value, out),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_found_wherever_they_are_named() {
        let json = r#"[{"or": [{"segment": "7"}, {"not": {"and": [{"segment": "8"}, {"field": "a", "value": "segment"}]}}]}]"#;
        let mut ids = Vec::new();
        segments(&Json::parse_str(json).unwrap(), &mut ids);
        assert_eq!(ids, [Id(7), Id(8)]);
    }
}
