//! Numbers beyond 2⁵³, no numbers at all, and days that never were.

use kontor_testkit::{Api, Definition, both};
use serde_json::{Value, json};

both!(
    whole_numbers_keep_every_digit,
    what_is_no_whole_number,
    decimals_are_exact,
    what_is_no_decimal,
    days_that_do_not_exist,
    days_beyond_business,
    times_that_do_not_exist,
    filters_take_the_same
);

async fn things(api: &Api) -> Definition {
    let fields = json!([
        {"name": "whole", "type": "integer"},
        {"name": "small", "type": "integer", "min": -5, "max": 5},
        {"name": "rate", "type": "decimal", "scale": 4},
        {"name": "price", "type": "money"},
        {"name": "day", "type": "date"},
        {"name": "moment", "type": "datetime"},
    ]);
    api.object("thing", fields).await
}

/// A body whose value is exactly this text.
async fn send(api: &Api, path: &str, field: &str, text: &str) -> kontor_testkit::Reply {
    api.request("POST", path).body("application/json", format!("{{\"{field}\":{text}}}")).send().await
}

async fn whole_numbers_keep_every_digit(api: Api) {
    let things = things(&api).await;
    for text in ["9007199254740993", "9223372036854775807", "-9223372036854775808", "-0", "0"] {
        let made = send(&api, &things.path, "whole", text).await.expect(201);
        let shown = if text == "-0" { "0" } else { text };
        assert!(
            made.text().contains(&format!("\"whole\":{shown},"))
                || made.text().contains(&format!("\"whole\":{shown}}}")),
            "{made}"
        );
    }
    for (text, value) in [("\"42\"", 42), ("3.0", 3), ("3e2", 300)] {
        assert_eq!(send(&api, &things.path, "whole", text).await.expect(201).data()["whole"], value);
    }
}

async fn what_is_no_whole_number(api: Api) {
    let things = things(&api).await;
    for text in [
        "9223372036854775808",
        "-9223372036854775809",
        "1.5",
        "1e400",
        "1e-400",
        "\"\"",
        "\"x\"",
        "\"0x10\"",
        "\"1_000\"",
        "\"٣\"",
        "true",
        "[]",
        "{}",
        "99999999999999999999999999999999",
        "1e999999999",
    ] {
        let reply = send(&api, &things.path, "whole", text).await.refused(400_001);
        assert_eq!(reply.faults()[0]["field"], "whole", "{text}");
    }
    for text in ["NaN", "Infinity", "-Infinity", "0x10", "1_000"] {
        let _ = send(&api, &things.path, "whole", text).await.refused(400_000);
    }
    for text in ["6", "-6"] {
        let reply = send(&api, &things.path, "small", text).await.refused(400_001);
        assert_eq!(reply.faults()[0]["code"], "range");
    }
}

async fn decimals_are_exact(api: Api) {
    let things = things(&api).await;
    for (text, rate) in [
        ("0.1", "0.1"),
        ("\"0.1000\"", "0.1"),
        ("199.9900", "199.99"),
        ("-0.0001", "-0.0001"),
        ("1e2", "100"),
        ("922337203685477.5807", "922337203685477.5807"),
    ] {
        let made = send(&api, &things.path, "rate", text).await.expect(201);
        assert_eq!(made.data()["rate"], rate, "{text}");
        assert_eq!(send(&api, &things.path, "price", text).await.expect(201).data()["price"], rate, "{text}");
    }
}

async fn what_is_no_decimal(api: Api) {
    let things = things(&api).await;
    for text in [
        "0.00001",
        "922337203685477.5808",
        "1e30",
        "\"NaN\"",
        "\"inf\"",
        "\"1,5\"",
        "\"\"",
        "\"$5\"",
        "true",
        "[1]",
        "1e-9",
    ] {
        for field in ["rate", "price"] {
            let reply = send(&api, &things.path, field, text).await.refused(400_001);
            assert_eq!(reply.faults()[0]["field"], field, "{text}");
        }
    }
}

async fn days_that_do_not_exist(api: Api) {
    let things = things(&api).await;
    for day in [
        "2025-02-30",
        "2025-02-29",
        "2100-02-29",
        "2025-13-01",
        "2025-00-10",
        "2025-01-32",
        "2025-1-1",
        "25-01-01",
        "0000-01-01",
        "10000-01-01",
        "2025-01-01T00:00:00Z",
        "20250101",
        "2025/01/01",
        "01.01.2025",
        "today",
        "",
        " 2025-01-01",
        "2025-W01-1",
        "２０２５-01-01",
    ] {
        let reply = send(&api, &things.path, "day", &json!(day).to_string()).await.refused(400_001);
        assert_eq!(reply.faults()[0]["value"], day);
    }
    let _ = send(&api, &things.path, "day", "20250101").await.refused(400_001);
    for day in ["2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"] {
        assert_eq!(send(&api, &things.path, "day", &json!(day).to_string()).await.expect(201).data()["day"], day);
    }
}

/// Fields of business objects take the years 1900 to 2200; who makes a field of their own may mean any.
async fn days_beyond_business(api: Api) {
    for (path, field, required) in [
        ("/v1/contacts", "birthday", json!({"last_name": "Roe"})),
        ("/v1/deals", "expected_close_date", json!({"name": "D"})),
        ("/v1/orders", "order_date", json!({})),
    ] {
        for (day, taken) in [
            ("1899-12-31", false),
            ("2201-01-01", false),
            ("9999-12-31", false),
            ("1900-01-01", true),
            ("2200-12-31", true),
        ] {
            let mut body = required.clone();
            body[field] = json!(day);
            let reply = api.post(&format!("{path}?allow_duplicates=true"), body).await;
            if taken {
                assert_eq!(reply.expect(201).data()[field], day);
            } else {
                let reply = reply.refused(400_001);
                assert_eq!(
                    (&reply.faults()[0]["field"], &reply.faults()[0]["code"]),
                    (&json!(field), &json!("range")),
                    "{reply}"
                );
            }
        }
        let _ = api.get(&format!("{path}?filter[{field}][gte]=0001-01-01&limit=1")).await.expect(200);
    }
}

async fn times_that_do_not_exist(api: Api) {
    let things = things(&api).await;
    for time in [
        "2025-02-30T00:00:00Z",
        "2025-01-01T24:00:01Z",
        "2025-01-01T25:00:00Z",
        "2025-01-01T00:60:00Z",
        "2025-01-01T00:00:00",
        "2025-01-01T00:00:00+25:00",
        "2025-01-01 00:00",
        "now",
        "1735689600000",
        "",
    ] {
        let reply = send(&api, &things.path, "moment", &json!(time).to_string()).await.refused(400_001);
        assert_eq!(reply.faults()[0]["field"], "moment", "{time}");
    }
    for (time, shown) in [
        ("2025-01-01T00:00:00Z", "2025-01-01T00:00:00.000Z"),
        ("2025-01-01T01:00:00.1239+01:00", "2025-01-01T00:00:00.123Z"),
        ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
        ("2025-01-01", "2025-01-01T00:00:00.000Z"),
    ] {
        assert_eq!(
            send(&api, &things.path, "moment", &json!(time).to_string()).await.expect(201).data()["moment"],
            shown
        );
    }
}

async fn filters_take_the_same(api: Api) {
    let things = things(&api).await;
    let _ = send(&api, &things.path, "whole", "9007199254740993").await.expect(201);
    let count =
        async |filter: Value| api.post(&things.at("search"), json!({"filter": filter})).await.expect(200).rows().len();
    assert_eq!(count(json!({"field": "whole", "value": 9_007_199_254_740_993_i64})).await, 1);
    assert_eq!(count(json!({"field": "whole", "value": 9_007_199_254_740_992_i64})).await, 0);
    for parameter in [
        "filter[whole]=NaN",
        "filter[whole]=9223372036854775808",
        "filter[price]=1e999",
        "filter[day]=2025-02-30",
        "filter[moment][gt]=yesterday",
        "filter[day][between]=2025-01-01,x",
        "filter[whole][in]=1,,2",
    ] {
        let _ = api.get(&format!("{}?{parameter}", things.path)).await.refused(400_001);
    }
    for limit in ["NaN", "1e2", "0x10", "٣", "+5", "5 "] {
        let _ = api.get(&kontor_testkit::query(&things.path, &[("limit", limit)])).await.refused(400_004);
    }
}
