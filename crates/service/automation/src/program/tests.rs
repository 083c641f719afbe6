use kontor_model::{Field, FieldType, Object, SpaceId};
use proptest::prelude::*;

use super::*;

fn catalog() -> Catalog {
    let deal = Object::new("sales", "deal", "deals")
        .field(Field::new("name", FieldType::text(80)))
        .action(kontor_model::Action::new("win", "Wins."));
    let user = Object::new("identity", "user", "users").field(Field::new("name", FieldType::text(80)));
    Catalog::resolve(SpaceId(1), 0, &[deal, user], Default::default()).unwrap()
}

fn faults(steps: J) -> Vec<String> {
    check(&steps, &catalog()).into_iter().map(|fault| fault.field).collect()
}

#[test]
fn sound_steps_have_no_faults() {
    let steps = json!([
        {"kind": "create", "name": "made", "object": "deal", "data": {"name": "For {{ record.name }}"}},
        {"kind": "branch", "if": "record.amount | at_least(\"100\")", "then": [
            {"kind": "action", "object": "deal", "id": "{{ steps.made.id }}", "action": "win", "body": {}}], "else": []},
        {"kind": "wait", "days": 3},
        {"kind": "wait", "for": "kontor.deal.won", "days": 3},
        {"kind": "loop", "over": "record.tags", "do": [{"kind": "notify", "title": "{{ item }} {{ index }}"}]},
        {"kind": "webhook", "url": "https://example.com", "body": {"id": "{{ record.id }}"},
         "retry": {"tries": 5, "seconds": 10}, "on_error": [{"kind": "stop"}]},
        {"kind": "function", "credential": "aws", "function": "score", "qualifier": "live", "timeout": 60,
         "result": {"score": "{{ response.body.score }}", "of": "{{ record.id }}"}},
        {"kind": "find", "object": "deal", "filter": {"field": "name", "value": "x"}, "limit": 10},
    ]);
    assert_eq!(faults(steps), Vec::<String>::new());
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (steps, place) in [
        (json!({}), "steps"),
        (json!(["notify"]), "steps.0"),
        (json!([{"kind": "notfiy", "title": "x"}]), "steps.0.kind"),
        (json!([{"kind": "notify"}]), "steps.0.title"),
        (json!([{"kind": "notify", "title": "{{ recrod.name }}"}]), "steps.0.title"),
        (json!([{"kind": "notify", "title": "x", "colour": 1}]), "steps.0.colour"),
        (json!([{"kind": "create", "object": "dael", "data": {}}]), "steps.0.object"),
        (json!([{"kind": "create", "object": "deal", "data": {"nme": 1}}]), "steps.0.data.nme"),
        (json!([{"kind": "create", "object": "deal", "data": []}]), "steps.0.data"),
        (json!([{"kind": "action", "object": "deal", "action": "wni"}]), "steps.0.action"),
        (json!([{"kind": "wait"}]), "steps.0"),
        (json!([{"kind": "wait", "days": "three"}]), "steps.0.days"),
        (json!([{"kind": "branch", "if": "record.", "then": []}]), "steps.0.if"),
        (json!([{"kind": "branch", "if": "record", "then": [{"kind": "x"}]}]), "steps.0.then.0.kind"),
        (json!([{"kind": "stop", "on_error": "retry"}]), "steps.0.on_error"),
        (json!([{"kind": "stop", "retry": {"tries": 99}}]), "steps.0.retry"),
        (json!([{"kind": "stop", "name": "a"}, {"kind": "stop", "name": "a"}]), "steps.1.name"),
        (json!([{"kind": "webhook", "url": "x", "headers": {"Authorization": "y"}}]), "steps.0.headers.Authorization"),
        (json!([{"kind": "function"}]), "steps.0.url"),
        (json!([{"kind": "function", "url": "x", "credential": "a", "function": "y"}]), "steps.0.url"),
        (json!([{"kind": "function", "function": "y"}]), "steps.0.credential"),
        (json!([{"kind": "function", "url": "x", "timeout": 61}]), "steps.0.timeout"),
        (json!([{"kind": "function", "url": "x", "qualifier": "live"}]), "steps.0.qualifier"),
        (json!([{"kind": "function", "url": "x", "result": {"a": "{{ respnse.body }}"}}]), "steps.0.result.a"),
        (json!([{"kind": "function", "url": "x", "result": []}]), "steps.0.result"),
        (json!([{"kind": "function", "url": "x", "body": {"a": "{{ response.body }}"}}]), "steps.0.body.a"),
    ] {
        assert_eq!(faults(steps.clone()), [place], "{steps}");
    }
    let many: Vec<J> = (0..=MOST).map(|_| json!({"kind": "stop"})).collect();
    assert_eq!(faults(J::Array(many)), ["steps"]);
    let deep = (0..12).fold(json!([{"kind": "stop"}]), |inner, _| json!([{"kind": "loop", "over": [], "do": inner}]));
    assert_eq!(faults(deep).len(), 1);
}

#[test]
fn places_lead_to_steps() {
    let steps = json!([{"kind": "stop"}, {"kind": "branch", "then": [{"kind": "notify"}]}]);
    assert_eq!(at(&steps, "1.then.0").unwrap()["kind"], "notify");
    assert_eq!(at(&steps, "1.else.0"), None);
    assert_eq!(places(&steps, ""), ["0", "1"]);
    assert_eq!(places(&steps[1]["then"], "1.then"), ["1.then.0"]);
}

proptest! {
    #[test]
    fn any_text_is_checked(kind in "[a-z]{0,8}", text in ".{0,60}") {
        let _ = faults(json!([{"kind": kind, "title": text, "if": text, "over": text, "data": {"name": text}}]));
        let _ = at(&json!([]), &text);
    }
}

#[test]
fn credentials_are_found_wherever_they_are_named() {
    let inner = json!([{"kind": "function", "credential": "b", "function": "x"}]);
    let steps = json!([{"kind": "function", "credential": "a", "url": "x", "on_error": inner},
        {"kind": "branch", "if": "true", "then": [{"kind": "loop", "over": [], "do": inner}]}]);
    let found = credentials(&steps, "steps");
    let places: Vec<&str> = found.iter().map(|(place, _)| place.as_str()).collect();
    let expected = ["steps.0.credential", "steps.0.on_error.0.credential", "steps.1.then.0.do.0.credential"];
    assert_eq!(places, expected);
}
