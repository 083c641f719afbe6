use std::sync::Arc;

use kontor_model::field::Context;
use kontor_model::time::{DAY_MS, date_text, datetime_text};
use kontor_model::{ApiVersion, Field, FieldType, Json, Object, Settings, SpaceId};
use proptest::prelude::*;
use serde_json::{Value as J, json};

use super::*;
use crate::{Catalog, ObjectDef};

fn catalog() -> Arc<Catalog> {
    let customer = Object::new("contacts", "customer", "customers")
        .field(Field::new("name", FieldType::text(20)).required())
        .field(Field::new("customer_type", FieldType::enumeration(["standard", "vip"])).required())
        .field(Field::new("born_on", FieldType::date()))
        .field(Field::new("met_at", FieldType::datetime()));
    let user = Object::new("identity", "user", "users").field(Field::new("name", FieldType::text(20)));
    let deal = Object::new("sales", "deal", "deals")
        .named_by("customer_type")
        .field(Field::new("customer_type", FieldType::text(20)));
    Arc::new(Catalog::resolve(SpaceId(1), 3, &[customer, user, deal], Default::default()).unwrap())
}

fn customer(version: ApiVersion) -> Arc<ObjectDef> {
    catalog().seen(version).unwrap().object("customer").unwrap().clone()
}

#[test]
fn every_change_has_a_name_of_its_own() {
    let mut names: Vec<&str> = changes(ApiVersion::NEWEST).map(VersionChange::name).collect();
    let count = names.len();
    assert!(changes(ApiVersion::NEWEST).all(|change| change.about().ends_with('.')));
    names.sort_unstable();
    names.dedup();
    assert_eq!((names.len(), changes(ApiVersion::V1).count()), (count, 0));
    let versions: Vec<ApiVersion> = CHANGES.iter().map(|(version, _)| *version).collect();
    assert_eq!(versions, ApiVersion::ALL);
}

#[test]
fn a_view_has_the_same_fields_in_the_same_places() {
    let (v1, v2) = (customer(ApiVersion::V1), customer(ApiVersion::V2));
    assert!(v2.field("customer_type").is_none() && v1.field("tier").is_none());
    assert_eq!(v2.field("tier").unwrap().0, v1.field("customer_type").unwrap().0);
    assert_eq!(v2.columns, v1.columns);
    assert_eq!(v2.native().path(&v2.native().fields[v2.field("tier").unwrap().0]), "customer_type");
    assert_eq!((v1.api(), v2.api(), v1.native().api()), (ApiVersion::V1, ApiVersion::V2, ApiVersion::V1));
    let deal = catalog().seen(ApiVersion::V2).unwrap().object("deal").unwrap().clone();
    assert!(deal.field("customer_type").is_some(), "only a customer's is renamed");
}

#[test]
fn a_view_is_made_once() {
    let catalog = catalog();
    assert!(Arc::ptr_eq(&catalog.seen(ApiVersion::V2).unwrap(), &catalog.seen(ApiVersion::V2).unwrap()));
    assert!(Arc::ptr_eq(&catalog.seen(ApiVersion::V1).unwrap(), &catalog));
    assert_eq!(catalog.seen(ApiVersion::V2).unwrap().version, 3);
}

#[test]
fn stored_entries_are_seen_in_the_words_of_the_version() {
    let def = customer(ApiVersion::V2);
    let mut record = json!({"object": "customer", "customer_type": "vip", "born_on": "1970-01-02", "met_at": null, "created_at": "1970-01-01T00:00:01.000Z", "name": "1970-01-02"});
    record_down(&def, &mut record);
    let expected = json!({"object": "customer", "tier": "vip", "born_on": 86_400_000, "met_at": null, "created_at": 1_000, "name": "1970-01-02"});
    assert_eq!(record, expected);
    let mut stored = json!({"customer_type": ["vip", "standard"], "born_on": [null, "1969-12-31"]});
    changes_down(&def, &mut stored);
    assert_eq!(stored, json!({"tier": ["vip", "standard"], "born_on": [null, -86_400_000]}));
    let mut same = json!({"customer_type": ["vip", "standard"]});
    changes_down(&customer(ApiVersion::V1), &mut same);
    assert_eq!(same, json!({"customer_type": ["vip", "standard"]}));
}

#[test]
fn documents_that_no_field_describes_go_down() {
    let mut job = json!({"created_at": "2025-02-28T13:00:00.000Z", "finished_at": null, "result_url": "/v1/jobs/7/result",
        "file_url": "https://example.com/v1/x", "report": [{"at": "1970-01-01T00:00:00.000Z", "detail": "1970-01-01T00:00:00.000Z"}]});
    down(ApiVersion::V2, &mut job);
    assert_eq!(
        job,
        json!({"created_at": 1_740_747_600_000_i64, "finished_at": null, "result_url": "/v2/jobs/7/result",
            "file_url": "https://example.com/v1/x", "report": [{"at": 0, "detail": "1970-01-01T00:00:00.000Z"}]})
    );
    let mut record = json!({"record": {"object": "customer", "customer_type": "vip"}, "customer_type": "x"});
    down(ApiVersion::V2, &mut record);
    assert_eq!(record, json!({"record": {"object": "customer", "tier": "vip"}, "customer_type": "x"}));
}

#[test]
fn an_offset_is_refused_from_version_2_on() {
    assert!(refused_parameter(ApiVersion::V2, "offset").unwrap().contains("cursor"));
    assert_eq!(refused_parameter(ApiVersion::V2, "limit"), None);
    assert_eq!(refused_parameter(ApiVersion::V1, "offset"), None);
}

fn checked(version: ApiVersion, field: &str, value: &J) -> Option<kontor_model::Value> {
    let def = customer(version);
    let settings = Settings::default();
    let cx = Context { settings: &settings, country: None };
    def.field(field).unwrap().1.spec().check(&Json::from(value), &cx).ok().map(|c| c.value)
}

#[test]
fn a_date_is_its_midnight() {
    assert_eq!(checked(ApiVersion::V2, "born_on", &json!(1)), None);
    assert_eq!(checked(ApiVersion::V2, "born_on", &json!(true)), None);
    assert_eq!(checked(ApiVersion::V2, "met_at", &json!("soon")), None);
    assert_eq!(checked(ApiVersion::V2, "met_at", &json!(i64::MAX)), None);
    assert_eq!(checked(ApiVersion::V1, "met_at", &json!(1)), None);
}

fn down_and_up(document: &J) -> J {
    let mut there = document.clone();
    down(ApiVersion::V2, &mut there);
    assert_ne!(there, *document, "nothing was changed");
    up(ApiVersion::V2, &mut there);
    there
}

proptest! {
    #[test]
    fn up_undoes_down(ms in -62_135_596_800_000_i64..253_402_300_800_000, day in -719_162_i64..2_932_896) {
        let document = json!({"at": datetime_text(ms), "list": [{"expires_at": datetime_text(ms), "close_date": date_text(day), "born_on": date_text(day)}]});
        prop_assert_eq!(down_and_up(&document), document);
    }

    #[test]
    fn both_versions_mean_the_same(ms in -62_135_596_800_000_i64..253_402_300_800_000, day in -25_567_i64..84_371) {
        let v2 = customer(ApiVersion::V2);
        for (field, text, number) in [("met_at", datetime_text(ms), ms), ("born_on", date_text(day), day * DAY_MS)] {
            let older = checked(ApiVersion::V1, field, &json!(text));
            prop_assert!(older.is_some());
            prop_assert_eq!(&checked(ApiVersion::V2, field, &json!(number)), &older);
            // As it is written in an answer, and as a stored entry is shown.
            let shown = v2.show(v2.field(field).unwrap().0).text(&older.unwrap());
            prop_assert_eq!(&shown, &number.to_string());
            let mut stored = json!({field: text});
            record_down(&v2, &mut stored);
            prop_assert_eq!(&stored[field], &json!(number));
        }
    }
}
