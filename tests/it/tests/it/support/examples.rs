//! Records of any object, made from its metadata alone.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};

use kontor_testkit::{Api, serial};
use serde_json::{Map, Value, json};

/// Values that an object's own rules ask for, beyond what its metadata say.
fn rules(object: &str) -> Value {
    match object {
        "customer" => json!({"mobile": "13800138000"}),
        "role" => json!({"built_in": false}),
        "legal_entity" => json!({"vat_id": "DE123456789", "iban": "DE75512108001245126199", "bic": "HAFEDE2HXXX",
            "electronic_address": "0088:4012345000009", "logo": null}),
        // A number is that of a product.
        "order_line" | "invoice_line" => json!({"sku": "-"}),
        "permission" => json!({"target_object": "deal", "action": "read", "field_mask": {"hidden": ["amount"]}}),
        "stage" => json!({"entry_rules": {"required": ["name"]}}),
        "deal_line" | "quote_line" => json!({"sku": "-"}),
        "assignment_rule" => json!({"active": false, "conditions": [{"field": "city", "op": "eq", "value": "Rome"}]}),
        "order" | "invoice" => json!({"expected_total": null}),
        "duplicate_rule" => json!({"active": false, "threshold_show": "0.7", "threshold_refuse": "0.98"}),
        "report" => json!({"target_object": "deal", "chart": "bar",
            "definition": {"group_by": ["stage_id"], "measures": [{"fn": "count", "as": "n"}]}}),
        "saved_view" => {
            json!({"target_object": "deal", "kind": "list", "shared": true, "definition": {"columns": [{"field": "name"}]}})
        }
        "workflow" => {
            json!({"active": false, "event_type": "kontor.deal.won", "fields": ["name"], "condition": "record.name",
            "filter": {"field": "name", "value": "x"}, "schedule": null, "time_zone": "Europe/Berlin",
            "target_object": "deal", "steps": [{"kind": "notify", "title": "{{ record.name }}"}]})
        }
        "function_credential" => json!({"provider": "aws", "region": "eu-central-1", "access_key_id": "AKIDEXAMPLE",
            "audience": "https://functions.example"}),
        "channel_preference" => json!({"event_type": "kontor.deal.won", "quiet_from": "20:00", "quiet_until": "07:00"}),
        "territory" => json!({"active": false, "covers": {"company": {"field": "city", "op": "eq", "value": "Rome"}}}),
        "form" => json!({"inputs": [{"field": "email", "required": true}]}),
        "segment" => json!({"target_object": "contact", "conditions": {"field": "city", "op": "eq", "value": "Rome"}}),
        "sequence_step" => json!({"position": 1, "else_position": 2, "condition": "person.country == \"DE\""}),
        "dashboard" => json!({"layout": [], "shared": true}),
        // An address that is never called.
        "webhook_endpoint" => json!({"enabled": false, "event_types": ["kontor.deal.*"], "fields": ["stage"],
            "filter": {"field": "city", "op": "eq", "value": "Rome"}}),
        "score_rule" => json!({"active": false, "conditions": [{"field": "city", "op": "eq", "value": "Rome"}]}),
        "business_hours" => json!({"time_zone": "Europe/Berlin", "holidays": ["2026-12-25"],
            "hours": {"monday": [["09:00", "17:30"]]}}),
        _ => json!({}),
    }
}

/// Standard objects and how to make records of them.
pub struct Examples {
    objects: HashMap<String, Value>,
    routed: Vec<String>,
    marker: String,
    next: AtomicU32,
}

impl Examples {
    /// Reads the standard objects that have routes.
    pub async fn of(api: &Api) -> Self {
        let document = api.get("/openapi/v1.json").await.expect(200).json;
        let objects = api.get("/v1/metadata/objects?custom=false").await.expect(200).rows().to_vec();
        let has_route = |object: &Value| {
            document["paths"].get(format!("/v1/{}/batch", object["plural"].as_str().unwrap())).is_some()
        };
        let routed = objects.iter().filter(|o| has_route(o)).map(|o| o["name"].as_str().unwrap().to_owned()).collect();
        let objects = objects.into_iter().map(|o| (o["name"].as_str().unwrap().to_owned(), o)).collect();
        Self { objects, routed, marker: serial(), next: AtomicU32::new(1) }
    }

    /// Names of the objects that callers reach.
    pub fn routed(&self) -> impl Iterator<Item = &str> {
        self.routed.iter().map(String::as_str)
    }

    /// Objects that have `actions`, or `views`, with their names.
    pub fn doing(&self, what: &'static str) -> impl Iterator<Item = (&str, Vec<String>)> {
        let names = move |object: &Value| {
            let actions = object[what].as_array().into_iter().flatten();
            actions.map(|action| action["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let all = self.routed().map(move |name| (name, names(&self.objects[name])));
        all.filter(|(_, actions)| !actions.is_empty())
    }

    /// What an object's action or view takes: names and definitions.
    pub fn inputs(&self, object: &str, what: &str, action: &str) -> Vec<(String, Value)> {
        let actions = self.objects[object][what].as_array().into_iter().flatten();
        let inputs = actions.filter(|a| a["name"] == action).flat_map(|a| a["input"].as_array().into_iter().flatten());
        inputs.map(|field| (field["path"].as_str().unwrap().to_owned(), field.clone())).collect()
    }

    /// `/v1/{collection}`
    pub fn path(&self, object: &str) -> String {
        format!("/v1/{}", self.objects[object]["plural"].as_str().unwrap())
    }

    /// What the `external_id` of every record begins with.
    pub fn marker(&self) -> &str {
        &self.marker
    }

    /// A value that a field takes; another `which` gives another value where the type has many.
    pub fn value(&self, field: &Value, which: u32) -> Value {
        let text = |wanted: String| {
            let max = field["schema"]["maxLength"].as_u64().unwrap_or(40).min(40) as usize;
            let min = field["schema"]["minLength"].as_u64().unwrap_or(0) as usize;
            let wanted = if wanted.chars().count() < min { format!("{wanted}{}", "x".repeat(min)) } else { wanted };
            json!(wanted.chars().rev().take(max).collect::<Vec<_>>().into_iter().rev().collect::<String>())
        };
        let words = |n: usize| {
            field["values"]
                .as_array()
                .and_then(|values| values.get(n % values.len().max(1)))
                .cloned()
                .unwrap_or_default()
        };
        let name = field["name"].as_str().unwrap_or_default();
        match field["type"].as_str().unwrap_or_default() {
            "text" => text(format!("{name} {}{which}", self.marker)),
            "long_text" => json!(format!("{name}\n{which}")),
            "integer" => {
                let min = field["schema"]["minimum"].as_i64().unwrap_or(0);
                let max = field["schema"]["maximum"].as_i64().unwrap_or(1_000);
                json!((min + i64::from(which)).min(max))
            }
            "decimal" => json!(format!("0.{}", 1 + which % 9)),
            "money" => json!(format!("{which}.25")),
            "bool" => json!(which.is_multiple_of(2)),
            "date" => json!(format!("2026-03-{:02}", 1 + which % 28)),
            "datetime" => json!(format!("2026-03-{:02}T09:30:00.000Z", 1 + which % 28)),
            "enum" => words(0),
            "multi_enum" => json!([words(which as usize)]),
            "email" => json!(format!("{}{which}@example.com", self.marker)),
            "phone" => json!(format!("+49309018{:04}", which % 10_000)),
            "mobile" => json!(format!("138{:08}", which % 100_000_000)),
            "url" => json!(format!("https://example.com/{}/{which}", self.marker)),
            "currency" => json!("EUR"),
            "country" => json!("DE"),
            "tags" => json!([format!("tag-{which}")]),
            "json" => json!({"n": which}),
            "reference" | "any_reference" => json!("104512398120374272"),
            other => panic!("{name} is of the unknown type {other}"),
        }
    }

    /// A body with every field that may be sent; references that are required lead to new records.
    pub async fn body(&self, api: &Api, object: &str) -> Value {
        let which = self.next.fetch_add(1, Ordering::Relaxed);
        let mut body = Map::new();
        let declared = rules(object);
        for field in self.objects[object]["fields"].as_array().unwrap() {
            let flag = |name: &str| field[name] == true;
            if flag("read_only") || flag("retired") || flag("custom") {
                continue;
            }
            let path = field["path"].as_str().unwrap().to_owned();
            let kind = field["type"].as_str().unwrap();
            let reference = matches!(kind, "reference" | "any_reference");
            if reference && !flag("required") {
                continue;
            }
            let value = match field["object"].as_str() {
                Some(target) if reference => json!(Box::pin(self.create(api, target)).await),
                _ => self.value(field, which),
            };
            body.insert(path, value);
        }
        body.insert("external_id".to_owned(), json!(format!("{}-{which}", self.marker)));
        for (name, value) in declared.as_object().unwrap() {
            if value == "-" {
                body.remove(name)
            } else {
                body.insert(name.clone(), value.clone())
            };
        }
        if object == "consent" {
            body.insert("contact_id".to_owned(), json!(Box::pin(self.create(api, "contact")).await));
        }
        // A user has one for each object, and stories stand beside each other.
        if object == "default_view" {
            body.insert("owner_id".to_owned(), json!(Box::pin(self.create(api, "user")).await));
        }
        if object == "assignment_rule" {
            body.insert("users".to_owned(), json!([Box::pin(self.create(api, "user")).await]));
        }
        Value::Object(body)
    }

    /// Makes a record; its id.
    pub async fn create(&self, api: &Api, object: &str) -> String {
        let body = self.body(api, object).await;
        let reply = api.post(&format!("{}?allow_duplicates=true", self.path(object)), body.clone()).await;
        assert_eq!(reply.status, 201, "{object} {body}: {reply}");
        reply.id()
    }
}
