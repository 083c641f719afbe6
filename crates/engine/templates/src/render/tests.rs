use proptest::prelude::*;
use serde_json::json;

use super::*;

fn text(source: &str, values: &J) -> Result<String, Wrong> {
    render(source, values, Escape::None, &Limits::default())
}

#[test]
fn places_are_filled() {
    let values = json!({"contact": {"first_name": "Zoé", "last_name": null, "tags": ["a", "b"]}, "amount": "1234567.891",
        "due": "2026-03-01", "at": "2026-03-01T09:05:00.000Z"});
    for (source, expected) in [
        ("Dear {{ contact.first_name }}{{ contact.last_name }}!", "Dear Zoé!"),
        ("{{ contact.last_name | default(\"customer\") | upper }}", "CUSTOMER"),
        ("{% for tag in contact.tags %}{{ loop.index }}{{ tag }} {% endfor %}", "1a 2b "),
        ("{% if contact.last_name %}x{% elif contact.first_name == \"Zoé\" %}y{% else %}z{% endif %}", "y"),
        (
            "{{ amount | money(\"EUR\") }} {{ amount | money(mark=\",\", group=\".\") }}",
            "1,234,567.89 EUR 1.234.567,89",
        ),
        ("{{ amount | number }} {{ amount | round(1) }} {{ \"-0.5\" | number(0) }}", "1,234,567.891 1234567.9 0"),
        (
            "{{ due | date(\"%e %B %Y, %A\") }} {{ at | time }} {{ contact.last_name | date }}",
            "1 March 2026, Sunday 09:05 ",
        ),
        ("{{ contact.tags | join(\", \") }} {{ contact.tags | length }} {{ contact.tags | first }}", "a, b 2 a"),
        ("{{ \"o'neill smith\" | title }} {{ \"abcdef\" | truncate(4) }}", "O'neill Smith abc…"),
        ("a {# {{ nothing }} #}b", "a b"),
    ] {
        assert_eq!(text(source, &values).as_deref(), Ok(expected), "{source}");
    }
}

#[test]
fn html_is_escaped_and_text_is_not() {
    let values = json!({"name": "<b>\"&'"});
    assert_eq!(text("<i>{{ name }}", &values).unwrap(), "<i><b>\"&'");
    let html = render("<i>{{ name }}{{ name | upper }}", &values, Escape::Html, &Limits::default()).unwrap();
    assert!(!html.contains("<b>") && !html.contains("<B>") && html.starts_with("<i>&lt;b&gt;&quot;&amp;"), "{html}");
}

#[test]
fn a_name_that_is_not_there_is_named() {
    let values = json!({"contact": {"first_name": "Zoé"}});
    let wrong = text("Hi\n{{ contact.first_nme }}", &values).unwrap_err();
    assert_eq!((wrong.kind, wrong.line), (Kind::Name, Some(2)));
    assert!(wrong.message.contains("first_nme") && wrong.message.contains("did you mean \"first_name\""), "{wrong:?}");
    assert_eq!(text("{{ contct.first_name }}", &values).unwrap_err().kind, Kind::Name);
    assert_eq!(text("{% if nothing %}{% endif %}", &values).unwrap_err().kind, Kind::Name);
    assert_eq!(text("{% for a in [{\"b\": 1}] %}{{ a.c }}{% endfor %}", &values).unwrap_err().kind, Kind::Name);
}

#[test]
fn faults_are_found_when_it_is_written() {
    let known = json!({"contact": {"first_name": null}});
    let limits = Limits::default();
    assert_eq!(check("{{ contact.first_name | default(\"a|b\") | upper }}", &known, &limits), Ok(()));
    for bad in [
        "{{ contact.first_name | uper }}",
        "{% if contact.first_name %}",
        "{{ }}",
        "{{ contact.first_name ! }}",
        "{% set a = 1 %}",
        "{{ contact.name }}",
        "{% endif %}",
    ] {
        assert!(check(&format!("\n{bad}"), &known, &limits).is_err_and(|wrong| wrong.line.is_some()), "{bad}");
    }
    assert!(check("{{ contact.first_name | uper }}", &known, &limits).unwrap_err().message.contains("\"upper\""));
    assert_eq!(check(&"x".repeat(64 * 1024 + 1), &known, &limits).unwrap_err().kind, Kind::Work);
}

#[test]
fn work_is_limited() {
    let values = json!({"long": "x".repeat(10_000), "list": (0..1_000).collect::<Vec<_>>()});
    let endless = "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}.{% endfor %}{% endfor %}{% endfor %}";
    assert_eq!(text(endless, &values).unwrap_err().kind, Kind::Work);
    let silent = "{% for a in list %}{% for b in list %}{% if a == b %}{% endif %}{% endfor %}{% endfor %}";
    assert_eq!(text(silent, &values).unwrap_err().kind, Kind::Work);
    assert_eq!(text("{% for a in range(1000) %}{{ long }}{% endfor %}", &values).unwrap_err().kind, Kind::Work);
    let slow = "{% for a in range(1000) %}{% if long | upper | lower | upper == long %}{% endif %}{% endfor %}";
    let limits = Limits { time: Duration::ZERO, ..Limits::default() };
    assert!(render(slow, &values, Escape::None, &limits).is_ok_and(|out| out.is_empty()), "it wrote nothing");
    assert_eq!(render("x{{ long }}", &values, Escape::None, &limits).unwrap_err().kind, Kind::Work);
    let big = json!({"long": "x".repeat(300_000)});
    assert_eq!(text("{{ long }}", &big).unwrap_err().kind, Kind::Work);
    assert_eq!(text("{{ range(1000000000) }}", &values).unwrap_err().kind, Kind::Value);
}

#[test]
fn strange_sources_take_no_stack() {
    let values = json!({"a": 1});
    for (open, middle, close) in [
        ("(", "a", ")"),
        ("[", "a", "]"),
        ("not ", "a", ""),
        ("-", "a", ""),
        ("", "a", ".a"),
        ("", "a", "+a"),
        ("", "a", "|upper"),
        ("", "a", " if a else a"),
        ("{\"a\":", "a", "}"),
        ("", "a", "[0]"),
        ("", "a", " and a"),
        ("", "a", "==a"),
    ] {
        for count in [10, 100, 1_000, 10_000] {
            let source = format!("{{{{ {}{middle}{} }}}}", open.repeat(count), close.repeat(count));
            let _ = text(&source, &values);
        }
    }
    for count in [10, 100, 1_000] {
        let _ = text(&format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(count)), &values);
        let _ = text(&format!("{}{}", "{% for b in [1] %}".repeat(count), "{% endfor %}".repeat(count)), &values);
    }
}

proptest! {
    #[test]
    fn never_panics(source in r#"(\{\{|\}\}|\{%|%\}|\{#|#\}|if |endif|for |in |endfor|a|\.|\||upper|"|'|\\|\(|\)|\[|\]| |1|-|~|\n|é){0,24}"#) {
        let values = json!({"a": {"a": ["x", null, 1]}});
        for escape in [Escape::None, Escape::Html] {
            let _ = render(&source, &values, escape, &Limits::default());
        }
        let _ = check(&source, &values, &Limits::default());
        let _ = crate::holds(&source, &values, &Limits::default());
    }
}
