//! A page is its rows as JSON.

use std::sync::Arc;

use kontor_model::{Kind, Show};

use super::Outcome;
use super::fixture::{Ctx, RECORD, col, row};
use crate::{CustomShape, Page, Shape, ShapeField};

/// The page of a select must be what its rows give through the same shape.
async fn equal(ctx: &Ctx, select: crate::Select, shape: Shape) -> Result<Page, super::Fail> {
    let shape = Arc::new(shape);
    let page = ctx.store.page(select.clone(), shape.clone()).await?;
    let mut expected = Page::default();
    for row in ctx.rows(select).await? {
        expected.push(&shape, &row);
    }
    same!(String::from_utf8_lossy(&page.bytes), String::from_utf8_lossy(&expected.bytes));
    same!(page, expected);
    let all = format!("[{}]", String::from_utf8_lossy(&page.bytes));
    let parsed: Vec<serde_json::Value> = serde_json::from_str(&all)?;
    same!(parsed.len(), page.rows.len());
    Ok(page)
}

pub async fn page_equals_rows(ctx: Ctx) -> Outcome {
    let full = |id: i64| {
        row(id)
            .with("name", format!("n\"{id}\\\n😀"))
            .with("amount", id * 12_345)
            .with("flag", id % 2 == 0)
            .with("day", id * 1_000)
            .with("at", id * 1_000_000_007)
            .json("tags", r#"["a","b"]"#)
            .with("raw", kontor_model::Value::Bytes(vec![1, 2]))
    };
    ctx.put(RECORD, (1..=60).map(|id| if id % 4 == 0 { row(id) } else { full(id) })).await?;
    let names = ["id", "name", "amount", "flag", "day", "at", "tags", "raw", "version"];
    let shows = [
        Show::Id,
        Show::Text,
        Show::Decimal(4),
        Show::Bool,
        Show::Date,
        Show::DateTime,
        Show::Json,
        Show::Text,
        Show::Int,
    ];
    let shape = Shape {
        head: b"\"object\":\"record\"".to_vec().into(),
        fields: names
            .iter()
            .zip(shows)
            .zip(0..)
            .map(|((name, show), column)| ShapeField::new(column, name, show))
            .collect(),
        custom: None,
        keep: vec![(0, Kind::Int), (8, Kind::Int), (1, Kind::Text), (3, Kind::Bool), (6, Kind::Json), (7, Kind::Bytes)],
    };
    let select = ctx.select(RECORD, &names).order(col("id"), false);
    let page = equal(&ctx, select.clone(), shape.clone()).await?;
    same!(page.rows.len(), 60);
    let first: serde_json::Value = serde_json::from_slice(page.row(0))?;
    let expected = serde_json::json!({"object": "record", "id": "1", "name": "n\"1\\\n😀", "amount": "1.2345", "flag": false, "day": "1972-09-27",
        "at": "1970-01-12T13:46:40.007Z", "tags": ["a", "b"], "raw": null, "version": 1});
    same!(first, expected);
    same!(equal(&ctx, select.equals("id", Kind::Int, 99), shape).await?.bytes, Vec::<u8>::new());
    Ok(())
}

pub async fn custom_fields(ctx: Ctx) -> Outcome {
    let customs = [
        r#"{"k1":25000,"k2":"die\"sel","gone":1,"k3":[1,{"a":null}]}"#,
        "{}",
        r#"{"k1":9223372036854775807}"#,
        r#"{"k2":"😀 \\ \n"}"#,
    ];
    ctx.put(RECORD, (1i64..).zip(customs).map(|(id, text)| row(id).json("custom", text))).await?;
    let field = |key: &str, name: &str, show| (key.to_owned(), format!("\"{name}\":").into_bytes().into(), show);
    for nested in [true, false] {
        let shape = Shape {
            head: Box::default(),
            fields: vec![ShapeField::new(0, "id", Show::Id)],
            custom: Some(CustomShape {
                column: 1,
                fields: vec![
                    field("k1", "price", Show::Decimal(4)),
                    field("k2", "fuel", Show::Text),
                    field("k3", "list", Show::Json),
                ],
                nested,
            }),
            keep: vec![(0, Kind::Int)],
        };
        let page = equal(&ctx, ctx.select(RECORD, &["id", "custom"]).order(col("id"), false), shape).await?;
        let row: serde_json::Value = serde_json::from_slice(page.row(0))?;
        let custom = if nested { row.get("custom").cloned().unwrap_or_default() } else { row };
        same!(custom.get("price"), Some(&serde_json::json!("2.5")));
        same!(custom.get("fuel"), Some(&serde_json::json!("die\"sel")));
        same!(custom.get("list"), Some(&serde_json::json!([1, {"a": null}])));
    }
    Ok(())
}
