//! What several stories need.

pub mod examples;

use kontor_rest::routes::Route;
use kontor_testkit::{Api, Definition, serial, unique};
use serde_json::{Value, json};

/// A route's path with names in its places: collections, actions and fields that there are, ids that there are not.
pub fn filled(route: &Route) -> String {
    let (collection, action) = match (route.of_object, route.method) {
        (true, "GET") => ("contacts", "duplicates"),
        (true, _) => ("deals", "win"),
        _ => ("customers", ""),
    };
    let path = route.path.replace("{collection}", collection).replace("{action}", action);
    let path = path.replace("{id}", NO_ID).replace("{share}", NO_ID).replace("{value}", "nobody");
    let path = path.replace("{object}", "customer").replace("{*file}", "index.html");
    let path = path.replace("{page}", "forms").replace("{token}", "none");
    // A stream goes on until one side ends it: one that is refused ends.
    let path = if route.operation == "streamEvents" { format!("{path}?after=999999999999999999") } else { path };
    path.replace("{field}", if route.path.contains("/by/") { "external_id" } else { "name" })
}

/// A customer that nobody else has.
pub fn customer() -> Value {
    json!({"name": unique("客户"), "mobile": "13800138000", "customer_type": "standard"})
}

/// The object of the contract's example (api.md 6, Bodies), with a short name field and some more types.
pub async fn vehicles(api: &Api) -> Definition {
    let fields = json!([
        {"name": "plate", "type": "text", "max": 16, "required": true, "unique": true, "searched": true},
        {"name": "keeper", "type": "reference", "object": "contact", "indexed": true},
        {"name": "bought_on", "type": "date"},
        {"name": "price", "type": "money"},
        {"name": "doors", "type": "integer"},
        {"name": "fuel", "type": "enum", "values": ["petrol", "diesel", "electric"]},
    ]);
    api.object("vehicle", fields).await
}

/// An object with one text and one number.
pub async fn notes(api: &Api) -> Definition {
    let fields = json!([
        {"name": "title", "type": "text", "max": 40, "required": true, "searched": true},
        {"name": "rank", "type": "integer", "default": 5},
        {"name": "remark", "type": "text", "max": 4000},
    ]);
    api.object("paper", fields).await
}

/// An id that no record has: the time part is of 1970.
pub const NO_ID: &str = "4242";

/// A plate that nobody else has, at most 16 characters.
pub fn plate() -> String {
    format!("P-{}", serial())
}

/// Makes `count` records with one batch; their ids in order.
pub async fn batch(api: &Api, path: &str, records: impl IntoIterator<Item = Value>) -> Vec<String> {
    let operations: Vec<Value> = records.into_iter().map(|data| json!({"op": "create", "data": data})).collect();
    let reply = api.post(&format!("{path}/batch"), json!({"atomic": true, "operations": operations})).await.expect(200);
    reply.rows().iter().map(|result| result["data"]["id"].as_str().unwrap().to_owned()).collect()
}

/// A second space beside the live one. There is no call for it yet, so it is put into the database; the next command
/// furnishes it.
pub fn add_space(server: &kontor_testkit::Server, name: &str) {
    server.place().sql(&space_row(name));
}

/// The statement that puts a space into the database.
pub fn space_row(name: &str) -> String {
    format!(
        "INSERT INTO {} (space, id, workspace_id, kind, name, settings, created_at) VALUES (0, 7, 7, 'sandbox', '{name}', '{{}}', 0)",
        kontor_store::system::SPACE
    )
}
