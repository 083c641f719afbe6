use proptest::prelude::*;
use serde_json::{Value as J, json};

use super::*;

fn ada() -> J {
    json!({"userName": "ada@example.com", "externalId": "Abc", "active": true, "name": {"familyName": "Lovelace"},
        "emails": [{"type": "work", "value": "ada@example.com"}, {"type": "home", "value": "a@home.example"}],
        "meta": {"created": "2026-05-13T04:42:34.000Z"}})
}

#[test]
fn what_holds() {
    for (text, wanted) in [
        (r#"userName eq "ADA@example.com""#, true),
        (r#"USERNAME Eq "ada@example.com""#, true),
        (r#"externalId eq "abc""#, false),
        (r#"externalId eq "Abc""#, true),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ada""#, true),
        (r#"name.familyName co "LACE" and active eq true"#, true),
        (r#"active eq "True""#, true),
        (r#"active ne true or userName ew ".com""#, true),
        (r#"not (userName pr)"#, false),
        (r#"title pr"#, false),
        (r#"title ne "x""#, true),
        (r#"title eq null"#, true),
        (r#"emails[type eq "work" and value co "@home"]"#, false),
        (r#"emails[type eq "home" and value co "@home"]"#, true),
        (r#"emails co "home""#, true),
        (r#"emails.type eq "home""#, true),
        (r#"meta.created ge "2026-05-13T06:42:34+02:00""#, true),
        (r#"meta.created lt "2026-05-13T04:42:34Z""#, false),
        // and binds closer than or.
        (r#"active eq false and title pr or userName pr"#, true),
        (r#"active eq false and (title pr or userName pr)"#, false),
        (r#"userName eq "a\"b""#, false),
    ] {
        let filter = filter(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert_eq!(holds(&filter, &ada()), wanted, "{text}");
    }
}

#[test]
fn what_is_no_filter() {
    let deep = format!("{}userName pr{}", "(".repeat(DEEPEST + 2), ")".repeat(DEEPEST + 2));
    let many = vec!["userName pr"; MOST + 1].join(" and ");
    let long = format!("userName eq \"{}\"", "a".repeat(LONGEST));
    for text in [
        "",
        "userName",
        "userName eq",
        "userName eq ada",
        "eq \"ada\"",
        "userName like \"a\"",
        "(userName pr",
        "userName pr)",
        "userName pr userName pr",
        "userName eq \"a",
        "not userName pr",
        "active gt true",
        "userName co 5",
        "emails[type eq \"work\"",
        "emails[]",
        "a.b.c eq 1",
        "userName;DROP",
        "http:x eq 1",
        &deep,
        &many,
        &long,
    ] {
        assert!(filter(text).is_err(), "{text}");
    }
}

#[test]
fn paths() {
    let of = |text: &str| path(text).unwrap_or_else(|why| panic!("{text}: {why}"));
    assert_eq!(of("name.familyName").attribute.sub.as_deref(), Some("familyName"));
    let email = of("emails[type eq \"work\"].value");
    assert!(email.filter.is_some() && email.attribute.sub.as_deref() == Some("value"));
    assert!(of("members[value eq \"7\"]").filter.is_some());
    let enterprise = of("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department").attribute;
    assert_eq!(enterprise.schema.as_deref(), Some("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"));
    for bad in ["", "emails[", "emails[type eq \"work\"]x", "emails[type eq \"work\"].a.b c", "a b"] {
        assert!(path(bad).is_err(), "{bad}");
    }
}

fn texts() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "(", ")", "[", "]", "not", "and", "or", "eq", "pr", "userName", "emails", ".value", "\"a\"", "true", "1", " ",
    ]);
    prop_oneof![any::<String>(), prop::collection::vec(words, 0..60).prop_map(|words| words.join(" "))]
}

proptest! {
    #[test]
    fn nothing_breaks_it(text in texts()) {
        if let Ok(filter) = filter(&text) {
            let _ = holds(&filter, &ada());
            prop_assert!(!filter.attributes().is_empty());
        }
        let _ = path(&text);
    }

    #[test]
    fn a_filter_and_its_negation_disagree(text in texts()) {
        if let (Ok(plain), Ok(negated)) = (filter(&text), filter(&format!("not ({text})"))) {
            prop_assert_ne!(holds(&plain, &ada()), holds(&negated, &ada()));
        }
    }
}
