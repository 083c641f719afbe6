use kontor_model::ErrorCode;
use kontor_records::Policy;
use serde_json::{Value as J, json};

use super::house::{House, SPACE, companies, deals, sample};
use crate::ImportOptions;

async fn furnished() -> House {
    let house = House::new().await;
    for (name, kind) in [("Prospecting", "open"), ("Engaging", "open"), ("Won", "won"), ("Lost", "lost")] {
        house.create("stage", json!({"name": name, "kind": kind})).await;
    }
    let products = json!({"object": "product"});
    let mut products = products;
    products["mapping"] = json!({"name": "product"});
    house.import(products, "products.csv", &sample("sales-opportunities/products.csv")).await;
    house
}

async fn assert_sales(house: &House) {
    let won = house.all("stage").await.iter().find(|s| s["name"] == "Won").unwrap()["id"].clone();
    let deals = house.all("deal").await;
    assert_eq!(deals.len(), 8_800);
    let won: Vec<&J> = deals.iter().filter(|d| d["stage_id"] == won).collect();
    assert_eq!(won.len(), 4_238);
    let sum: i64 = won.iter().map(|d| d["amount"].as_str().unwrap().parse::<i64>().unwrap()).sum();
    assert_eq!(sum, 10_005_534);
    assert!(won.iter().all(|d| !d["company_id"].is_null() && !d["owner_id"].is_null() && !d["product_id"].is_null()));
    let first = deals.iter().find(|d| d["external_id"] == "1C1I7A6R").unwrap();
    assert_eq!(
        (first["close_date"].as_str(), first["created_at"].as_str()),
        (Some("2017-03-01"), Some("2016-10-20T00:00:00.000Z"))
    );
    assert_eq!(first["name"], "Cancity – GTX Plus Basic");
    assert_eq!(house.count("user").await, 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_company_comes_in_exactly() {
    let house = furnished().await;
    let (report, lines) = house
        .import(json!({"mapping": companies()}), "accounts.csv", &sample("sales-opportunities/accounts.csv"))
        .await;
    assert_eq!((report["rows"].as_i64(), report["refused"].as_i64()), (Some(85), Some(0)), "{report} {lines:?}");
    assert!(report["corrected"].as_i64().unwrap() > 10);
    let companies_now = house.all("company").await;
    assert_eq!(companies_now.len(), 85);
    assert_eq!(companies_now.iter().filter(|c| !c["parent_id"].is_null()).count(), 15);
    let acme = companies_now.iter().find(|c| c["name"] == "Acme Corporation").unwrap();
    assert_eq!(
        (acme["annual_revenue"].as_str(), acme["industry"].as_str(), acme["country"].as_str()),
        (Some("1100040000"), Some("technology"), Some("US"))
    );
    let corrected = lines.iter().find(|l| l["row"] == 1).unwrap();
    assert_eq!((corrected["status"].as_str(), corrected["action"].as_str()), (Some("corrected"), Some("created")));
    assert_eq!(corrected["corrections"][0]["from"], "technolgy");

    let (report, _) = house
        .import(
            json!({"object": "deal", "mapping": deals()}),
            "p.csv",
            &sample("sales-opportunities/sales_pipeline.csv"),
        )
        .await;
    assert_eq!((report["rows"].as_i64(), report["refused"].as_i64()), (Some(8_800), Some(0)), "{report}");
    assert_eq!(house.count("deal").await, 8_800);
    // Again: nothing changes.
    let (report, _) = house
        .import(json!({"mapping": companies()}), "accounts.csv", &sample("sales-opportunities/accounts.csv"))
        .await;
    assert_eq!(report["created"].as_i64().unwrap() + report["updated"].as_i64().unwrap(), 0);
    assert_eq!(house.count("company").await, 85);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_interrupted_goes_on_where_it_was() {
    let house = furnished().await;
    house.import(json!({"mapping": companies()}), "accounts.csv", &sample("sales-opportunities/accounts.csv")).await;
    let job = house
        .start(json!({"mapping": deals()}), "p.csv", &sample("sales-opportunities/sales_pipeline.csv"))
        .await
        .unwrap();
    let mut interruptions = 0;
    for process in 0..40 {
        let runner = house.runner(&format!("p{process}"));
        let before = house.transfer.jobs().get(SPACE, job.id).await.unwrap().done;
        loop {
            let now = house.transfer.jobs().get(SPACE, job.id).await.unwrap();
            if now.state.is_over() || now.done > before {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        if process % 2 == 0 {
            runner.stop().await;
        } else {
            // It goes on beside the next one, which takes its job away.
            std::mem::forget(runner);
        }
        interruptions += 1;
        if house.transfer.jobs().get(SPACE, job.id).await.unwrap().state.is_over() {
            break;
        }
    }
    assert!(interruptions > 2);
    let runner = house.runner("last");
    let job = house.done(&job).await;
    runner.stop().await;
    assert_eq!(job.state.name(), "succeeded", "{:?}", job.error);
    assert_eq!(job.output["report"]["rows"], 8_800);
    let mut rows: Vec<u64> = house.lines(&job).await.iter().map(|l| l["row"].as_u64().unwrap()).collect();
    rows.sort_unstable();
    assert_eq!(rows, (1..=8_800).collect::<Vec<_>>());
    assert_sales(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_everything_and_leaves_nothing() {
    let house = furnished().await;
    let options = json!({"mapping": companies(), "dry_run": true});
    let (report, lines) = house.import(options, "accounts.csv", &sample("sales-opportunities/accounts.csv")).await;
    assert_eq!(
        (report["rows"].as_i64(), report["refused"].as_i64(), report["dry_run"].as_bool()),
        (Some(85), Some(0), Some(true))
    );
    assert!(lines.iter().all(|l| l["id"].is_null()));
    assert_eq!(house.count("company").await, 0);
    let (report, lines) = house
        .import(
            json!({"mapping": deals(), "dry_run": true}),
            "p.csv",
            &sample("sales-opportunities/sales_pipeline.csv"),
        )
        .await;
    // There are no companies: every row that names one is refused.
    assert_eq!(
        report["created"].as_i64().unwrap()
            + report["refused"].as_i64().unwrap()
            + report["corrected"].as_i64().unwrap(),
        8_800
    );
    let refused = lines.iter().find(|l| l["status"] == "refused").unwrap();
    assert_eq!(refused["errors"][0]["field"], "company_id");
    assert_eq!((house.count("deal").await, house.count("user").await), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_rows_come_back_with_reason_and_text() {
    let house = House::new().await;
    let file = b"Name,Size,Country,Junk\nGood,5,de,x\n,6,DE,x\n\"B, ad\",many,DE,x\nOther,7,Nowhere,x\nLong,1,2,3,4\nLast,8,FR,x\n";
    let (report, lines) = house.import(json!({"object": "company"}), "c.csv", file).await;
    assert_eq!(
        report,
        json!({"rows": 6, "created": 2, "updated": 0, "unchanged": 0, "skipped": 0, "corrected": 0, "refused": 4, "dry_run": false})
    );
    let refused: Vec<&J> = lines.iter().filter(|l| l["status"] == "refused").collect();
    assert_eq!(
        (refused[0]["row"].as_i64(), refused[0]["line"].as_i64(), refused[0]["text"].as_str()),
        (Some(2), Some(3), Some(",6,DE,x"))
    );
    assert_eq!(refused[0]["error_code"], 400_001);
    assert_eq!(refused[1]["text"], "\"B, ad\",many,DE,x");
    assert_eq!(refused[1]["errors"][0]["field"], "size");
    assert_eq!(refused[2]["errors"][0]["field"], "country");
    assert_eq!(refused[3]["text"], "Long,1,2,3,4");
    assert_eq!(house.count("company").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn abort_ends_behind_the_rows_before_the_first_refused() {
    let house = House::new().await;
    let file = b"name,size\nA,1\nB,x\nC,3\n";
    let runner = house.runner("p");
    let job = house.start(json!({"object": "company", "on_error": "abort"}), "c.csv", file).await.unwrap();
    let job = house.done(&job).await;
    runner.stop().await;
    assert_eq!((job.state.name(), house.count("company").await), ("failed", 1));
    assert!(job.error.as_ref().unwrap().detail.contains("row 2"));
    assert_eq!(
        (job.output["report"]["created"].as_i64(), job.output["report"]["refused"].as_i64()),
        (Some(1), Some(1))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_repeats_and_choices() {
    let house = House::new().await;
    let file = "external_id;name;phone;parent\n1;A;nonsense;Z\n1;A2;;\n2;drop me;;\n;nokey;;\n3;C;+49 30 901820;A2\n";
    let mapping = |repeat: &str| {
        json!({"object": "company", "key": "external_id", "repeat": repeat, "skip_when": {"name": "drop me"}, "fields": {
            "external_id": "external_id", "name": "name",
            "phone": {"from": "phone", "on_invalid": "null"},
            "parent": {"from": "parent", "lookup": {"by": "name"}, "missing": "null"}}})
    };
    let (report, lines) = house.import(json!({"mapping": mapping("update")}), "c.csv", file.as_bytes()).await;
    let counts = |r: &J| ["created", "updated", "skipped", "corrected", "refused"].map(|k| r[k].as_i64().unwrap());
    assert_eq!(counts(&report), [1, 1, 1, 1, 1], "{lines:?}");
    let c = house.all("company").await.into_iter().find(|c| c["name"] == "C").unwrap();
    assert_eq!(c["phone"], "+4930901820");
    assert!(!c["parent_id"].is_null());
    let first = lines.iter().find(|l| l["row"] == 1).unwrap();
    let fields: Vec<&str> =
        first["corrections"].as_array().unwrap().iter().map(|c| c["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["phone", "parent_id"]);
    let (report, _) = house.import(json!({"mapping": mapping("skip")}), "c.csv", file.as_bytes()).await;
    assert_eq!((report["skipped"].as_i64(), house.count("company").await), (Some(2), 2));
    let (report, _) = house.import(json!({"mapping": mapping("refuse")}), "c.csv", file.as_bytes()).await;
    assert_eq!(report["refused"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ambiguous_reference_names_the_records() {
    let house = House::new().await;
    house.create("company", json!({"name": "Twin"})).await;
    house.create("company", json!({"name": "Twin"})).await;
    let mapping = json!({"name": "n", "company_id": {"from": "c", "lookup": {"by": "name"}}});
    let (report, lines) =
        house.import(json!({"object": "deal", "mapping": mapping}), "d.csv", b"n,c\nx,Twin\ny,\n").await;
    assert_eq!((report["refused"].as_i64(), report["created"].as_i64()), (Some(1), Some(1)));
    assert!(lines[0]["reason"].as_str().unwrap().contains("fits several"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_before_the_job() {
    let house = House::new().await;
    let cases = [
        (json!({"object": "compny"}), ErrorCode::UnknownField),
        (json!({"object": "vault"}), ErrorCode::UnknownField),
        (json!({"object": "company", "dryrun": true}), ErrorCode::UnknownField),
        (json!({"object": "company", "mapping": {"nme": "name"}}), ErrorCode::UnknownField),
        (json!({"object": "company", "mapping": {"name": "titel"}}), ErrorCode::Invalid),
        (
            json!({"object": "company", "mapping": {"name": {"from": "name", "date": "%Q"}}, "key": "size"}),
            ErrorCode::Invalid,
        ),
        (
            json!({"object": "deal", "mapping": {"name": "name", "product": {"from": "name", "lookup": {"object": "vault", "by": "name"}}}}),
            ErrorCode::Invalid,
        ),
        (json!({"object": "stage"}), ErrorCode::Invalid),
    ];
    let ctx = house.ctx().await;
    for (options, code) in cases {
        let file: &[u8] = if options["object"] == "stage" { b"x,y\n1,2\n" } else { b"name,size\nA,1\n" };
        let error = house.start(options.clone(), "c.csv", file).await.unwrap_err();
        assert_eq!(error.code(), code, "{options}: {error}");
    }
    let (jobs, _) = house.transfer.jobs().list(SPACE, &Default::default()).await.unwrap();
    assert!(jobs.is_empty());
    let reader = house.ctx_of(Policy::member(), &["companies:read"]).await;
    let parsed = ImportOptions::parse(&kontor_model::Json::from(&json!({"object": "company"})), &ctx.catalog).unwrap();
    assert_eq!(house.transfer.authorise_import(&reader, &parsed).unwrap_err().code(), ErrorCode::ScopeMissing);
    let member = house.ctx_of(Policy::member(), &["crm:write"]).await;
    let parsed = ImportOptions::parse(&kontor_model::Json::from(&json!({"mapping": deals()})), &ctx.catalog).unwrap();
    assert_eq!(house.transfer.authorise_import(&member, &parsed).unwrap_err().code(), ErrorCode::Forbidden);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_out_comes_in_again() {
    let house = House::new().await;
    house.create("company", json!({"name": "=cmd|' /C calc'!A0", "annual_revenue": "-12.5", "country": "DE"})).await;
    house.create("company", json!({"name": "Zwei, \"quoted\"\nlines", "size": 3})).await;
    for format in ["csv", "ndjson", "xlsx"] {
        let fields = json!(["name", "size", "annual_revenue", "country"]);
        let filter = json!({"field": "external_id", "op": "is_null", "value": true});
        let file =
            house.export(json!({"object": "company", "format": format, "fields": fields, "filter": filter})).await;
        if format == "csv" {
            assert!(String::from_utf8_lossy(&file).contains("'=cmd"));
        }
        let target = House::new().await;
        let (report, lines) = target.import(json!({"object": "company"}), &format!("c.{format}"), &file).await;
        assert_eq!(report["created"], 2, "{format} {lines:?}");
        let mut names: Vec<String> =
            target.all("company").await.iter().map(|c| c["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        assert_eq!(names, ["=cmd|' /C calc'!A0", "Zwei, \"quoted\"\nlines"], "{format}");
        assert!(target.all("company").await.iter().any(|c| c["annual_revenue"] == "-12.5"), "{format}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_can_be_called_off_and_is_swept_with_its_files() {
    let house = House::new().await;
    let job = house.start(json!({"object": "company"}), "c.csv", b"name\nA\n").await.unwrap();
    let job = house.transfer.jobs().cancel(SPACE, job.id).await.unwrap();
    assert_eq!(job.state.name(), "cancelled");
    assert_eq!(house.transfer.jobs().cancel(SPACE, job.id).await.unwrap_err().code(), ErrorCode::RuleRefused);
    assert_eq!(house.transfer.sweep(SPACE).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_bytes_are_a_file_or_refused() {
    let house = House::new().await;
    let runner = house.runner("p");
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..60_usize {
        let mut bytes: Vec<u8> = (0..round * 7)
            .map(|_| {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                if round % 2 == 0 { (seed % 96 + 32) as u8 } else { seed as u8 }
            })
            .collect();
        if round % 3 == 0 {
            bytes.splice(0..0, b"name,size\n".iter().copied());
        }
        for name in ["x.csv", "x.ndjson", "x.xlsx", "x.vcf"] {
            if let Ok(job) = house.start(json!({"object": "company", "mapping": {"name": "name"}}), name, &bytes).await
            {
                let job = house.done(&job).await;
                assert_eq!(job.output["report"]["rows"].as_i64().unwrap_or(0), job.done, "{name}");
            }
        }
    }
    runner.stop().await;
}
