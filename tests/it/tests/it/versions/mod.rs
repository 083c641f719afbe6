//! Version 2 beside version 1 (api.md 9).

mod documents;
mod notices;
mod questions;
mod records;
mod walk;

use kontor_testkit::{Api, unique};
use serde_json::{Value, json};

/// 2025-02-28T13:00:00.000Z
const MOMENT: i64 = 1_740_747_600_000;
const MOMENT_TEXT: &str = "2025-02-28T13:00:00.000Z";
/// 2025-02-28
const DAY: i64 = 1_740_700_800_000;
const DAY_TEXT: &str = "2025-02-28";

/// A customer in version 2's words.
fn customer() -> Value {
    json!({"name": unique("客户"), "mobile": "13800138000", "tier": "vip"})
}

/// An object with a date and a time; its path in version 2.
async fn visits(api: &Api) -> (kontor_testkit::Definition, String) {
    let fields = json!([
        {"name": "title", "type": "text", "required": true},
        {"name": "held_on", "type": "date", "indexed": true},
        {"name": "begins", "type": "datetime", "indexed": true},
    ]);
    let object = api.object("visit", fields).await;
    let path = object.path.replacen("/v1/", "/v2/", 1);
    (object, path)
}
