//! The document as a whole.

use std::collections::HashSet;

use kontor_model::{Field, FieldType};

use super::*;
use crate::routes::{OTHERS, RECORDS};

/// Objects with every field type, and one that no generic route reaches.
pub fn standard() -> Vec<Object> {
    vec![
        Object::new("identity", "user", "users").unrouted().field(Field::new("name", FieldType::text(120)).required()),
        Object::new("contacts", "company", "companies")
            .owned()
            .doc("An organisation.")
            .field(Field::new("name", FieldType::text(200)).required().searched()),
        Object::new("contacts", "customer", "customers")
            .owned()
            .field(Field::new("name", FieldType::text_between(2, 50)).required().unique().searched())
            .field(Field::new("mobile", FieldType::mobile()).required())
            .field(Field::new("email", FieldType::email()).unique())
            .field(Field::new("phone", FieldType::phone()))
            .field(Field::reference("company", "company").indexed())
            .field(Field::new("about_id", FieldType::any_reference()))
            .field(
                Field::new("customer_type", FieldType::enumeration(["standard", "vip"])).required().default("standard"),
            )
            .field(Field::new("channels", FieldType::multi_enum(["mail", "phone"])))
            .field(Field::new("credit_limit", FieldType::price()))
            .field(Field::new("discount", FieldType::decimal(4)))
            .field(Field::new("score", FieldType::integer_between(0, 100)))
            .field(Field::new("active", FieldType::boolean()))
            .field(Field::new("since", FieldType::date()))
            .field(Field::new("seen_at", FieldType::datetime()))
            .field(Field::new("notes", FieldType::long_text()))
            .field(Field::new("website", FieldType::url()))
            .field(Field::new("tags", FieldType::tags()))
            .field(Field::new("extra", FieldType::json()))
            .fields(Field::address("billing")),
        Object::new("sales", "problem", "problems").field(Field::new("name", FieldType::text(20)).required()),
    ]
}

pub fn catalog() -> Catalog {
    Catalog::resolve(SpaceId(0), 1, &standard(), Default::default()).unwrap()
}

fn walk(value: &J, visit: &mut dyn FnMut(&str, &J)) {
    match value {
        J::Object(map) => map.iter().for_each(|(key, inner)| {
            visit(key, inner);
            walk(inner, visit);
        }),
        J::Array(items) => items.iter().for_each(|inner| walk(inner, visit)),
        _ => {}
    }
}

#[test]
fn every_routed_object_has_its_paths_and_no_other() {
    let document = document(&catalog());
    for route in RECORDS {
        let operation = |plural: &str| {
            document["paths"][route.path.replace("{collection}", plural)][route.method.to_lowercase()].clone()
        };
        assert!(operation("customers").is_object(), "{route:?}");
        assert!(operation("users").is_null(), "{route:?}");
    }
    for route in OTHERS {
        assert!(document["paths"][route.path][route.method.to_lowercase()].is_object(), "{route:?}");
    }
}

#[test]
fn every_reference_resolves_and_every_component_is_used() {
    let document = document(&catalog());
    let mut used = HashSet::new();
    walk(&document, &mut |key, value| {
        if key == "$ref" {
            let pointer = value.as_str().unwrap().strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
            used.insert(pointer.to_owned());
        }
    });
    for kind in ["schemas", "parameters", "headers", "responses"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            assert!(used.contains(&format!("/components/{kind}/{name}")), "{kind}/{name} is used nowhere");
        }
    }
}

#[test]
fn operations_are_told_apart_and_say_whom_they_are_for() {
    let document = document(&catalog());
    let mut ids = HashSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{method} {path}");
            assert!(["public", "partner", "private"].contains(&operation["x-visibility"].as_str().unwrap()));
            assert!(operation["responses"]["default"].is_object());
            assert_eq!(operation["security"].is_array(), operation["x-scopes"].is_null(), "{method} {path}");
            let declared: HashSet<String> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|p| {
                    let p = p["$ref"].as_str().map_or(p, |r| document.pointer(r.trim_start_matches('#')).unwrap());
                    format!("{}:{}", p["in"].as_str().unwrap(), p["name"].as_str().unwrap())
                })
                .collect();
            for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                assert!(declared.contains(&format!("path:{name}")), "{method} {path} does not declare {name}");
            }
        }
    }
    assert!(ids.contains("listCustomers") && ids.contains("createCustomer") && ids.contains("customerHistory"));
}

#[test]
fn every_error_code_is_documented() {
    let document = document(&catalog());
    let mut documented = HashSet::new();
    for part in ["responses", "schemas"] {
        walk(&document["components"][part], &mut |key, value| {
            if key == "error_code" {
                documented.extend(value["enum"].as_array().into_iter().flatten().filter_map(J::as_u64));
            }
        });
    }
    assert!(ErrorCode::ALL.iter().all(|code| documented.contains(&u64::from(code.number()))));
    assert_eq!(catalogue().as_array().unwrap().len(), ErrorCode::ALL.len());
}

#[test]
fn codes_are_listed_and_a_record_may_take_the_place_of_an_id() {
    let document = document(&catalog());
    let schemas = &document["components"]["schemas"];
    let codes = |name: &str| schemas[name]["enum"].as_array().unwrap().len();
    assert!(codes("Currency") > 150 && codes("Country") == 249);
    assert_eq!(schemas["Customer"]["properties"]["created_by"]["type"], json!(["string", "object", "null"]));
}

#[test]
fn a_name_that_is_taken_gets_another() {
    let document = document(&catalog());
    assert!(document["components"]["schemas"]["Problem"]["properties"]["error_code"].is_object());
    assert!(document["components"]["schemas"]["Problem_2"]["properties"]["name"].is_object());
}

#[test]
fn examples_hold_and_unique_values_differ() {
    let catalog = catalog();
    let customer = catalog.object("customer").unwrap();
    let (first, second) = (samples::create(customer, 1), samples::create(customer, 2));
    assert_ne!(first["name"], second["name"]);
    for (name, value) in first.as_object().unwrap() {
        let (_, field) = customer.field(name).unwrap();
        let settings = kontor_model::Settings::default();
        let context = kontor_model::field::Context { settings: &settings, country: None };
        assert!(field.spec().check(&kontor_model::Json::from(value), &context).is_ok(), "{name}: {value}");
    }
    assert!(first["mobile"].is_string());
}

#[test]
fn the_contract_is_the_same_each_time() {
    let text = contract(&standard(), ApiVersion::V1).unwrap();
    assert_eq!(text, contract(&standard(), ApiVersion::V1).unwrap());
    assert!(text.ends_with("}\n"));
    if let Ok(path) = std::env::var("KONTOR_WRITE_OPENAPI") {
        std::fs::write(path, text).unwrap();
    }
}

#[test]
fn the_contract_is_the_document() {
    let document = document(&catalog());
    assert_eq!(serde_json::from_str::<J>(&pretty(&document)).unwrap(), document);
    assert!(errors_contract().starts_with("[\n {"));
}

#[test]
fn version_2_is_in_its_own_words() {
    let catalog = Arc::new(catalog()).seen(ApiVersion::V2).unwrap();
    let document = document(&catalog);
    let text = document.to_string();
    assert!(!text.contains("customer_type") || text.matches("customer_type").count() == 2, "only the list of changes");
    assert!(!text.contains("\"/v1/") && !text.contains("date-time") && !text.contains("00.000Z"));
    for (pointer, wanted) in [
        ("/info/version", json!("2")),
        ("/components/schemas/Customer/properties/created_at/type", json!("integer")),
        ("/components/schemas/CustomerCreate/properties/since/type", json!(["integer", "null"])),
        ("/components/schemas/CustomerCreate/properties/tier/enum", json!(["standard", "vip"])),
        ("/components/schemas/CustomerFilter/properties/tier/anyOf/0/type", json!("string")),
        ("/components/schemas/Job/properties/finished_at/type", json!(["integer", "null"])),
        ("/components/schemas/History/properties/status/type", json!("integer")),
    ] {
        assert_eq!(document.pointer(pointer).cloned().unwrap_or_default(), wanted, "{pointer}");
    }
    assert!(document.pointer("/components/schemas/CustomerSearch/properties/offset").is_none());
    assert!(document.pointer("/components/parameters/Offset").is_none());
    assert!(document.pointer("/paths/~1v2~1customers~1{id}/get").is_some());
    assert!(document.pointer("/paths/~1openapi~1v1.json/get").is_some());
    walk(&document, &mut |key, inner| {
        if key == "$ref" {
            let pointer = inner.as_str().unwrap().trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    });
}
