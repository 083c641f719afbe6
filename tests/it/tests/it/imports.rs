//! `/v1/imports`, `/v1/exports` and `/v1/jobs`: real data in and out, through the API and from the command line.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kontor_testkit::{Api, Backend, Part, Server, both, both_alone, serial, unique};
use serde_json::{Value, json};

both!(
    a_dry_run_changes_nothing,
    every_row_has_its_result,
    the_same_file_twice_changes_nothing,
    rubbish_is_refused,
    a_job_of_another_is_unseen
);
both_alone!(the_opportunities_come_in_exactly, the_trader_comes_in_through_the_command_line);

pub fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples")
}

/// Uploads; the job once it has ended.
pub async fn import(api: &Api, options: &Value, name: &str, content: impl Into<Vec<u8>>) -> Value {
    let form = [Part::json("options", options), Part::file("file", name, content)];
    let started = api.request("POST", "/v1/imports").form(&form).send().await.expect(202);
    ended(api, started.header("location")).await
}

async fn ended(api: &Api, location: &str) -> Value {
    let begun = Instant::now();
    loop {
        let job = api.get(location).await.expect(200).data().clone();
        if !["queued", "running"].contains(&job["state"].as_str().unwrap()) {
            return job;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "{job}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn sample(api: &Api, folder: &str, object: &str, file: &str, map: &str) -> Value {
    let folder = samples().join(folder);
    let mapping: Value =
        serde_json::from_slice(&std::fs::read(folder.join(format!("{map}.map.json"))).unwrap()).unwrap();
    let job =
        import(api, &json!({"object": object, "mapping": mapping}), file, std::fs::read(folder.join(file)).unwrap())
            .await;
    assert_eq!(
        (job["state"].as_str(), job["report"]["refused"].as_u64()),
        (Some("succeeded"), Some(0)),
        "{map}: {job}"
    );
    job
}

/// Accounts, agents, products and 8,800 opportunities, as the samples map them.
pub async fn opportunities(api: &Api) {
    let folder = "sales-opportunities";
    for (object, file, map) in [
        ("company", "accounts.csv", "companies"),
        ("product", "products.csv", "products"),
        ("user", "sales_teams.csv", "managers"),
        ("user", "sales_teams.csv", "users"),
        ("deal", "sales_pipeline.csv", "deals"),
    ] {
        sample(api, folder, object, file, map).await;
    }
    let lines = sample(api, folder, "deal_line", "sales_pipeline.csv", "deal_lines").await;
    assert_eq!(lines["report"]["corrected"], 1_480, "GTXPro is a name of GTX Pro");
}

async fn the_opportunities_come_in_exactly(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    opportunities(&api).await;
    let stages = api
        .post(
            "/v1/deals/aggregate",
            json!({"group_by": ["stage.name"], "measures": [{"fn": "count", "as": "n"}, {"fn": "sum", "field": "amount", "as": "total"}], "sort": ["-n"]}),
        )
        .await
        .expect(200);
    let figures: Vec<(String, u64)> = stages
        .rows()
        .iter()
        .map(|r| (r["stage.name"].as_str().unwrap().to_owned(), r["n"].as_u64().unwrap()))
        .collect();
    let expected = [("Won", 4_238), ("Lost", 2_473), ("Engaging", 1_589), ("Prospecting", 500)];
    assert_eq!(figures, expected.map(|(name, n)| (name.to_owned(), n)));
    assert_eq!(stages.rows()[0]["total"], "10005534");
    let without = api.get("/v1/deals?filter[company_id][is_null]=true&limit=1&count=exact").await.expect(200);
    assert_eq!(without.page()["total"], 1_425);
    let oldest = api.get("/v1/deals?sort=created_at&limit=1").await.expect(200);
    assert_eq!(oldest.rows()[0]["created_at"], "2016-10-20T00:00:00.000Z", "history keeps its own dates");
}

async fn the_trader_comes_in_through_the_command_line(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let folder = samples().join("northwind");
    for (object, file, map) in [
        ("companies", "suppliers.csv", "suppliers"),
        ("companies", "customers.csv", "customers"),
        ("contacts", "customers.csv", "contacts"),
        ("users", "employees.csv", "employees"),
        ("products", "products.csv", "products"),
        ("orders", "orders.csv", "orders"),
        ("order_lines", "orders.csv", "order_lines"),
        ("customers", "customers.csv", "accounts"),
        ("invoices", "orders.csv", "invoices"),
        ("invoice_lines", "orders.csv", "invoice_lines"),
    ] {
        let (file, map) = (folder.join(file), folder.join(format!("{map}.map.json")));
        let output = server.place().output(&["import", object, file.to_str().unwrap(), "--map", map.to_str().unwrap()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let api = server.api();
    let sum = json!({"measures": [{"fn": "count", "as": "n"}, {"fn": "sum", "field": "total", "as": "total"}]});
    let lines = api.post("/v1/order_lines/aggregate", sum).await.expect(200);
    assert_eq!(lines.rows(), [json!({"n": 2_155, "total": "1265793.0395"})], "1,265,793.04 to the cent");
    let customers = api.get("/v1/orders?limit=1&count=exact").await.expect(200);
    assert_eq!(customers.page()["total"], 830);
    assert_eq!(api.get("/v1/customers?limit=1&count=exact").await.expect(200).page()["total"], 91);
    // An invoice is in cents, line by line, half to even: 1.95 cents less than the exact sum of the 2,155 lines.
    let sums =
        |field: &str| json!({"measures": [{"fn": "count", "as": "n"}, {"fn": "sum", "field": field, "as": "total"}]});
    for (path, field, n) in
        [("invoice_lines", "net", 2_155), ("invoices", "total", 830), ("invoices", "amount_due", 830)]
    {
        let sum = api.post(&format!("/v1/{path}/aggregate"), sums(field)).await.expect(200);
        assert_eq!(sum.rows(), [json!({"n": n, "total": "1265793.02"})], "{path}.{field}");
    }
    let one = api.get("/v1/invoices/by/external_id/10248?expand=customer,order").await.expect(200);
    assert_eq!(
        (&one.data()["number"], &one.data()["total"], &one.data()["issue_date"], &one.data()["customer"]["name"]),
        (&json!("NW-10248"), &json!("440"), &json!("1996-07-04"), &json!("Vins et alcools Chevalier"))
    );
    let file = server.place().root().join("orders.csv");
    let output = server.place().output(&["export", "orders", file.to_str().unwrap(), "--fields", "number,order_date"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(std::fs::read_to_string(file).unwrap().lines().count(), 831);
}

fn people(word: &str) -> String {
    format!(
        "last_name,email,city\nRoe{word},roe.{word}@example.com,Berlin\nDoe{word},no address,Paris\n,x.{word}@example.com,Rome\n"
    )
}

async fn a_dry_run_changes_nothing(api: Api) {
    let word = serial();
    let job = import(&api, &json!({"object": "contact", "dry_run": true}), "people.csv", people(&word)).await;
    assert_eq!(
        (job["state"].as_str(), job["report"]["created"].as_u64(), job["report"]["refused"].as_u64()),
        (Some("succeeded"), Some(1), Some(2)),
        "{job}"
    );
    assert!(api.get(&format!("/v1/contacts?filter[last_name]=Roe{word}")).await.expect(200).rows().is_empty());
}

async fn every_row_has_its_result(api: Api) {
    let word = serial();
    let job = import(&api, &json!({"object": "contact"}), "people.csv", people(&word)).await;
    assert_eq!((job["report"]["created"].as_u64(), job["report"]["refused"].as_u64()), (Some(1), Some(2)), "{job}");
    let results = api.get(job["result_url"].as_str().unwrap()).await;
    let lines: Vec<Value> = results.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let states: Vec<&str> = lines.iter().map(|line| line["status"].as_str().unwrap()).collect();
    assert_eq!(states, ["created", "refused", "refused"]);
    assert_eq!(lines[1]["errors"][0]["field"], "email");
    assert!(lines[1]["text"].as_str().unwrap().contains("no address"), "a refused row comes back with its own text");
    assert_eq!(lines[2]["errors"][0]["field"], "last_name");
}

async fn the_same_file_twice_changes_nothing(api: Api) {
    let word = serial();
    let options = json!({"object": "contact", "key": "email"});
    let file = format!("last_name,email\nA{word},a.{word}@example.com\nB{word},b.{word}@example.com\n");
    let first = import(&api, &options, "people.csv", file.clone()).await;
    let again = import(&api, &options, "people.csv", file).await;
    assert_eq!((first["report"]["created"].as_u64(), again["report"]["created"].as_u64()), (Some(2), Some(0)));
    assert_eq!(again["report"]["unchanged"], 2);
}

async fn rubbish_is_refused(api: Api) {
    let bytes: Vec<u8> = (0..20_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for (format, name) in [("csv", "a.csv"), ("ndjson", "a.ndjson"), ("xlsx", "a.xlsx"), ("vcard", "a.vcf")] {
        let options = json!({"object": "contact", "format": format});
        let form = [Part::json("options", &options), Part::file("file", name, bytes.clone())];
        let reply = api.request("POST", "/v1/imports").form(&form).send().await;
        if reply.status == 202 {
            let job = ended(&api, reply.header("location")).await;
            assert_eq!(job["report"]["created"].as_u64().unwrap_or(0), 0, "{format}: {job}");
        } else {
            assert!((400..500).contains(&reply.status), "{format}: {}", reply.text());
        }
    }
}

async fn a_job_of_another_is_unseen(api: Api) {
    let name = unique("Vehicle");
    let job = import(&api, &json!({"object": "company"}), "c.csv", format!("name\n{name}\n")).await;
    let other = api.as_role("member", &["--scopes", "contacts:read"]);
    let _ = other.get(&format!("/v1/jobs/{}", job["id"].as_str().unwrap())).await.refused(404_001);
}
