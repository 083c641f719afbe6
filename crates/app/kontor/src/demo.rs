//! `kontor up --demo`: the sample company, imported through the API like any other data.

use anyhow::Result;
use serde_json::{Value, json};

use crate::client::{Client, Content};
use crate::commands::import::watch;

/// One file of the sample, in the order they refer to each other.
pub struct File {
    pub object: &'static str,
    pub name: &'static str,
    pub map: &'static str,
    pub content: &'static [u8],
}

macro_rules! file {
    ($object:literal, $name:literal, $map:literal) => {
        File {
            object: $object,
            name: $name,
            map: include_str!(concat!("../../../../samples/sales-opportunities/", $map)),
            content: include_bytes!(concat!("../../../../samples/sales-opportunities/", $name)),
        }
    };
}

/// The sample company.
pub const FILES: &[File] = &[
    file!("company", "accounts.csv", "companies.map.json"),
    file!("product", "products.csv", "products.map.json"),
    file!("user", "sales_teams.csv", "managers.map.json"),
    file!("user", "sales_teams.csv", "users.map.json"),
    file!("deal", "sales_pipeline.csv", "deals.map.json"),
    file!("deal_line", "sales_pipeline.csv", "deal_lines.map.json"),
];

/// Loads the sample into a space that has no companies yet; says what it did on standard error.
///
/// # Errors
/// The server's own words.
pub async fn load(client: &Client) -> Result<()> {
    let companies = client.get("/v1/companies?limit=1").await?;
    if companies.as_array().is_some_and(|rows| !rows.is_empty()) {
        eprintln!("demo: the workspace has companies already; nothing was loaded");
        return Ok(());
    }
    for file in FILES {
        let mapping: Value = serde_json::from_str(file.map)?;
        let job = client
            .upload(&json!({"object": file.object, "mapping": mapping}), file.name, Content::Bytes(file.content))
            .await?;
        let job = watch(client, &job, "rows").await?;
        let count = |key: &str| job.pointer(&format!("/report/{key}")).and_then(Value::as_u64).unwrap_or(0);
        eprintln!(
            "demo: {:<12} {:>5} created, {:>4} updated, {:>4} corrected, {:>3} refused",
            file.object,
            count("created"),
            count("updated"),
            count("corrected"),
            count("refused")
        );
    }
    Ok(())
}
