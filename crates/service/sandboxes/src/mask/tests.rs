use kontor_catalog::{Catalog, ObjectDef};
use kontor_model::field::Context;
use kontor_model::{Field, FieldType, Json, Object, Settings, SpaceId, Value};
use serde_json::{Value as J, json};

use super::*;

fn objects() -> Vec<Object> {
    let contact = Object::new("test", "contact", "contacts")
        .field(Field::new("first_name", FieldType::text(100)).personal())
        .field(Field::new("last_name", FieldType::text_between(1, 100)).personal().required())
        .field(Field::new("name", FieldType::text(255)).personal().read_only())
        .field(Field::new("email", FieldType::email()).personal())
        .field(Field::new("phone", FieldType::phone()).personal())
        .field(Field::new("birthday", FieldType::date()).personal())
        .field(Field::new("tags", FieldType::tags()))
        .field(Field::new("website", FieldType::url()))
        .field(Field::new("note", FieldType::long_text()))
        .field(Field::new("participants", FieldType::json()).personal())
        .field(Field::new("city", FieldType::text(4)))
        .derive(Derived::Joined { target: "name".into(), parts: vec!["first_name".into(), "last_name".into()] });
    let customer = Object::new("test", "customer", "customers")
        .field(Field::new("name", FieldType::text_between(2, 50)).personal().required().unique())
        .field(Field::new("mobile", FieldType::mobile()).personal())
        .field(Field::new("stage", FieldType::enumeration(["open", "won"])))
        .field(Field::new("sku", FieldType::text(20)).technical());
    let user = Object::new("test", "user", "users")
        .field(Field::new("name", FieldType::text(100)).personal())
        .field(Field::new("email", FieldType::email()).personal());
    vec![contact, customer, user]
}

use kontor_model::object::Derived;

fn catalog() -> Catalog {
    Catalog::resolve(SpaceId(1), 0, &objects(), Default::default()).unwrap()
}

fn masker(catalog: &Catalog, key: u8) -> Masker {
    Masker::new([key; 32], catalog, "CN")
}

fn values(def: &ObjectDef, given: &J) -> Vec<Value> {
    let value = |field: &Field| match given.get(&field.name) {
        None => Value::Null,
        Some(J::Number(n)) => Value::Int(n.as_i64().unwrap()),
        Some(J::String(text)) => Value::Text(text.clone()),
        Some(document) => Value::Json(document.to_string()),
    };
    def.fields.iter().map(value).collect()
}

fn masked(object: &str, key: u8, given: &J) -> J {
    let catalog = catalog();
    let def = catalog.object(object).unwrap();
    let mut all = values(def, given);
    masker(&catalog, key).record(def, &mut all, 0).unwrap();
    let shown = def.fields.iter().zip(&all).filter(|(_, value)| !value.is_null());
    shown
        .map(|(field, value)| match value {
            Value::Int(n) => (field.name.clone(), json!(n)),
            Value::Json(text) => (field.name.clone(), serde_json::from_str(text).unwrap()),
            other => (field.name.clone(), json!(other.as_str().unwrap())),
        })
        .collect()
}

fn ada() -> J {
    json!({"first_name": "Ada", "last_name": "Lovelace", "name": "Ada Lovelace", "email": "ada@lovelace.example",
        "phone": "+442071838750", "phone_original": "020 7183 8750", "birthday": 1_000, "tags": ["vip", "Lovelace"],
        "website": "https://lovelace.example/ada", "note": "Ada called; call back on 020 7183 8750.",
        "participants": [{"email": "ada@lovelace.example", "role": "Lovelace's friend", "contact_id": "104512398120374272"}],
        "external_id": "ada@lovelace.example", "city": "Rome"})
}

#[test]
fn nothing_of_a_person_is_left() {
    let new = masked("contact", 1, &ada());
    let text = new.to_string().to_lowercase();
    for canary in ["ada\"", "lovelace", "7183", "vip", "rome", "friend"] {
        assert!(!text.contains(canary), "{canary} in {text}");
    }
    assert_eq!(
        new["name"],
        json!(format!("{} {}", new["first_name"].as_str().unwrap(), new["last_name"].as_str().unwrap()))
    );
    assert!(new["email"].as_str().unwrap().ends_with("_test@masked.invalid"));
    assert_eq!(new["participants"][0]["contact_id"], "104512398120374272", "ids stay");
    assert_ne!(new["birthday"], 1_000);
    assert!(new["city"].as_str().unwrap().len() <= 4);
}

#[test]
fn the_same_value_becomes_the_same_and_another_key_another() {
    let (one, two) = (masked("contact", 1, &ada()), masked("contact", 1, &ada()));
    assert_eq!(one, two);
    assert_ne!(one["email"], masked("contact", 2, &ada())["email"]);
    // A person's parts are the same wherever they stand.
    let user = masked("user", 1, &json!({"name": "Ada Lovelace"}));
    assert_eq!(
        user["name"],
        json!(format!("{} {}", one["first_name"].as_str().unwrap(), one["last_name"].as_str().unwrap()))
    );
    // Case and space around it make no other person.
    let loud = masked("contact", 1, &json!({"last_name": " LOVELACE"}));
    assert_eq!(loud["last_name"], one["last_name"]);
}

#[test]
fn what_is_masked_is_still_valid() {
    let settings = Settings { mobile_region: "CN".into(), ..Settings::default() };
    let cx = Context { settings: &settings, country: None };
    for n in 0..500 {
        let contact = masked(
            "contact",
            1,
            &json!({"phone": format!("+4930901820{n}"), "email": format!("p{n}@a.example"),
            "website": format!("https://a.example/{n}"), "last_name": format!("x{n}")}),
        );
        let check = |ty: FieldType, value: &J| {
            let checked = ty.spec().check(&Json::from(value), &cx);
            assert!(checked.is_ok(), "{value}: {checked:?}");
        };
        check(FieldType::phone(), &contact["phone"]);
        check(FieldType::email(), &contact["email"]);
        check(FieldType::url(), &contact["website"]);
        let customer = masked("customer", 1, &json!({"name": format!("张晓{n}"), "mobile": format!("1380013{n:04}")}));
        check(FieldType::mobile(), &customer["mobile"]);
        check(FieldType::text_between(2, 50), &customer["name"]);
    }
}

#[test]
fn unique_values_stay_apart_and_marks_are_kept() {
    let names: std::collections::HashSet<String> =
        (0..5_000).map(|n| masked_name(n).as_str().unwrap().to_owned()).collect();
    assert_eq!(names.len(), 5_000);
    let customer = masked("customer", 1, &json!({"name": "Acme", "stage": "won", "sku": "GTX-1"}));
    assert_eq!((customer["stage"].as_str(), customer["sku"].as_str()), (Some("won"), Some("GTX-1")));
    let owner = masked("user", 1, &json!({"name": "Owner", "external_id": "owner"}));
    assert_eq!(owner["external_id"], "owner");
    assert_ne!(masked("contact", 1, &json!({"external_id": "owner"}))["external_id"], "owner");
}

fn masked_name(n: usize) -> J {
    thread_local! { static CATALOG: Catalog = catalog(); }
    CATALOG.with(|catalog| {
        let def = catalog.object("customer").unwrap();
        let mut all = values(def, &json!({"name": format!("Acme {n}")}));
        masker(catalog, 1).record(def, &mut all, 0).unwrap();
        let (at, _) = def.field("name").unwrap();
        json!(all[at].as_str().unwrap())
    })
}

#[test]
fn a_document_keeps_its_form() {
    let known = json::known(&catalog());
    let filter = json!({"and": [{"field": "customer.name", "op": "eq", "value": "Acme"}, {"field": "stage", "op": "in", "value": ["won"]}],
        "Ada": 13_800_138_000_i64, "limit": 50});
    let new = json::walk(&filter, &known, &|_| "masked".to_owned(), 0);
    assert_eq!(
        new,
        json!({"and": [{"field": "customer.name", "op": "eq", "value": "masked"}, {"field": "stage", "op": "in", "value": ["won"]}],
            "masked": 0, "limit": 50})
    );
}
