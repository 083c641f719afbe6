use std::sync::Arc;

use kontor_catalog::Catalog;
use kontor_formats::{Cell, Row};
use kontor_model::{Field, FieldType, Json, Object, Settings, SpaceId};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::convert::{Converted, Draft, Plan, line_of};

fn catalog() -> Catalog {
    let contact = Object::new("t", "contact", "contacts")
        .named_by("last_name")
        .field(Field::new("first_name", FieldType::text(80)))
        .field(Field::new("last_name", FieldType::text(80)).required())
        .field(Field::new("email", FieldType::email()).unique())
        .field(Field::new("age", FieldType::integer()))
        .field(Field::new("score", FieldType::decimal(2)))
        .field(Field::new("born", FieldType::date()))
        .field(Field::new("seen_at", FieldType::datetime()))
        .field(Field::new("active", FieldType::boolean()))
        .field(Field::new("tags", FieldType::tags()))
        .field(Field::new("country", FieldType::country()))
        .field(Field::reference("manager", "contact"));
    Catalog::resolve(
        SpaceId(1),
        1,
        &[contact, Object::new("t", "user", "users").field(Field::new("name", FieldType::text(9)))],
        Default::default(),
    )
    .unwrap()
}

fn parse(json: serde_json::Value) -> Result<Mapping> {
    Mapping::parse(&Json::from(&json), Some("contact"), &catalog())
}

fn draft(fields: serde_json::Value, cells: &[(&str, &str)]) -> Draft {
    let plan = Plan::new(&catalog(), parse(fields).unwrap(), Arc::new(Settings::default())).unwrap();
    let cells = cells
        .iter()
        .map(|(c, t)| ((*c).into(), if t.is_empty() { Cell::Empty } else { Cell::Text((*t).to_owned()) }))
        .collect();
    match plan.convert(&Row { number: 1, line: 2, cells }) {
        Converted::Draft(draft) => draft,
        Converted::Skip(reason) => panic!("{reason}"),
    }
}

fn value(rule: serde_json::Value, field: &str, text: &str) -> Option<String> {
    let draft = draft(json!({ field: rule }), &[("c", text)]);
    assert!(draft.faults.is_empty(), "{:?}", draft.faults);
    draft.values.first().map(|(_, v)| v.to_string())
}

#[test]
fn every_fault_is_named_with_the_nearest_right_word() {
    let error = parse(json!({
        "object": "contact", "kye": "email", "key": "age", "repeat": "maybe", "options": {"delimiter": ";;", "sheat": "x"},
        "fields": {"frist_name": "a", "last_name": {"from": "b", "const": 1}, "born": {"form": "c"}, "created_at": "d",
            "age": {"from": "e", "multiply": "many", "date": "%H"}, "manager": {"from": "f", "lookup": {"by": "emial"}},
            "email": {"from": "g", "lookup": {"object": "user", "by": "name"}}},
        "history": {"updated": "x"}
    }))
    .unwrap_err();
    let faults: Vec<&str> = error.faults().iter().map(|f| f.field.as_str()).collect();
    for wanted in [
        "mapping.kye",
        "mapping.key",
        "mapping.repeat",
        "mapping.options.delimiter",
        "mapping.options.sheat",
        "mapping.fields.frist_name",
        "mapping.fields.last_name",
        "mapping.fields.born.form",
        "mapping.fields.born",
        "mapping.fields.created_at",
        "mapping.fields.age.multiply",
        "mapping.fields.age.date",
        "mapping.fields.manager.lookup.by",
        "mapping.fields.email.lookup",
        "mapping.history.updated",
    ] {
        assert!(faults.contains(&wanted), "{wanted} is not among {faults:?}");
    }
    assert!(error.faults().iter().any(|f| f.message.contains("did you mean \"first_name\"")));
    assert!(parse(json!([])).is_err());
    assert!(parse(json!({})).is_err());
}

#[test]
fn values_follow_their_rules() {
    assert_eq!(value(json!("c"), "last_name", "  Roe "), Some("\"Roe\"".into()));
    assert_eq!(value(json!("c"), "last_name", "  "), None);
    assert_eq!(value(json!({"from": "c", "default": "none"}), "last_name", ""), Some("\"none\"".into()));
    assert_eq!(value(json!({"from": "c", "empty": ["NULL", "\\x"]}), "last_name", "NULL"), None);
    assert_eq!(
        value(json!({"from": "c", "split": "first"}), "first_name", "Ana María Lopez"),
        Some("\"Ana María\"".into())
    );
    assert_eq!(value(json!({"from": "c", "split": "last"}), "last_name", "Ana María Lopez"), Some("\"Lopez\"".into()));
    assert_eq!(value(json!({"from": "c", "split": "first"}), "first_name", "Cher"), None);
    assert_eq!(value(json!({"from": "c", "map": {"m": "Mr", "x": null}}), "last_name", "m"), Some("\"Mr\"".into()));
    assert_eq!(value(json!({"from": "c", "map": {"m": "Mr", "x": null}}), "last_name", "x"), None);
    assert_eq!(value(json!({"from": "c", "map": {"yes": true}}), "active", "yes"), Some("true".into()));
    assert_eq!(value(json!("c"), "active", "NO"), Some("false".into()));
    assert_eq!(value(json!("c"), "age", "42.0"), Some("42".into()));
    assert_eq!(value(json!({"from": "c", "multiply": 1000}), "score", "1.25"), Some("\"1250\"".into()));
    assert_eq!(value(json!({"from": "c", "date": "%d.%m.%Y"}), "born", "28.02.2001"), Some("\"2001-02-28\"".into()));
    assert_eq!(value(json!({"from": "c", "country": true}), "country", "Deutschland"), Some("\"DE\"".into()));
    assert_eq!(value(json!("c"), "tags", "a; b;;c"), Some("[\"a\",\"b\",\"c\"]".into()));
    assert_eq!(value(json!({"template": "{c}/{d}"}), "last_name", "x"), Some("\"x/\"".into()));
    assert_eq!(value(json!({"template": "{c}/{d}"}), "last_name", ""), None);
    assert_eq!(value(json!({"const": 7}), "age", ""), Some("7".into()));
}

#[test]
fn what_cannot_be_converted_is_refused_mended_or_dropped() {
    let refused =
        draft(json!({"born": "c", "active": "c", "country": {"from": "c", "country": true}}), &[("c", "soon")]);
    assert_eq!(refused.faults.iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), ["active", "born", "country"]);
    let dropped = draft(
        json!({"born": {"from": "c", "on_invalid": "null"}, "email": {"from": "c", "on_invalid": "null"}, "last_name": {"from": "c", "map": {"x": "y"}, "map_else": "null"}}),
        &[("c", "soon")],
    );
    assert!(dropped.values.is_empty() && dropped.faults.is_empty());
    assert_eq!(dropped.corrections.len(), 3);
    let mended =
        draft(json!({"last_name": {"from": "c", "map": {"soon": "later"}, "map_else": "keep"}}), &[("c", "soon")]);
    assert_eq!((mended.corrections.len(), mended.corrections[0].to.as_deref()), (1, Some("later")));
    let strict = draft(json!({"last_name": {"from": "c", "map": {"x": "y"}, "map_else": "refuse"}}), &[("c", "soon")]);
    assert_eq!(strict.faults[0].allowed, ["x"]);
}

#[test]
fn columns_are_guessed_by_name_and_label() {
    let catalog = catalog();
    let columns = ["First Name", "LAST-NAME", "e mail", "Manager ID", "junk", "id", "E-Mail"].map(str::to_owned);
    let guessed = guess(catalog.object("contact").unwrap(), &columns);
    let targets: Vec<&str> = guessed.fields.iter().map(|r| r.target.as_str()).collect();
    assert_eq!(targets, ["first_name", "last_name", "email", "manager_id"]);
    assert_eq!(guessed.ignored(&columns), ["junk", "id", "E-Mail"]);
}

#[test]
fn columns_that_are_not_there_are_named() {
    let mapping =
        parse(json!({"fields": {"last_name": "sirname", "email": "mail"}, "skip_when": {"kind": "x"}})).unwrap();
    let error = mapping.fits(&["surname".to_owned(), "mail".to_owned()]).unwrap_err();
    assert_eq!(error.faults().len(), 2);
    assert!(error.faults().iter().any(|f| f.message.contains("did you mean \"surname\"")));
}

proptest! {
    #[test]
    fn any_json_is_a_mapping_or_refused(text in "[\\[\\]{}\":,a-z0-9 .%]{0,120}|\\PC{0,60}") {
        if let Ok(json) = Json::parse_str(&text) {
            Mapping::parse(&json, Some("contact"), &catalog()).ok();
        }
    }

    #[test]
    fn any_cell_is_converted_or_refused(text in "\\PC{0,40}|[0-9./:T+-]{0,24}") {
        let rules = json!({"first_name": {"from": "c", "split": "first"}, "born": {"from": "c", "date": "%m/%d/%Y"}, "seen_at": "c", "age": "c",
            "score": {"from": "c", "multiply": "0.001"}, "active": "c", "tags": "c", "country": {"from": "c", "country": true, "on_invalid": "null"}});
        let draft = draft(rules, &[("c", &text)]);
        line_of(&Row { number: 1, line: 1, cells: vec![("c".into(), Cell::Json(text))] }, false);
        prop_assert!(draft.values.len() + draft.faults.len() + draft.corrections.len() <= 9);
    }
}
