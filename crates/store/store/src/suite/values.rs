//! Values come back as they went in.

use kontor_model::{Op, Value};

use super::Outcome;
use super::fixture::{COUNTER, Ctx, RECORD, col, key, row, test, to, update};
use crate::Cond;

pub async fn every_kind_at_its_limits(ctx: Ctx) -> Outcome {
    for (id, n) in [(1, i64::MIN), (2, i64::MAX), (3, 0), (4, -1), (5, (1 << 53) + 1)] {
        ctx.put(RECORD, [row(id).with("amount", n).with("flag", n > 0)]).await?;
        let rows = ctx.rows(ctx.select(RECORD, &["amount", "flag"]).equals("id", kontor_model::Kind::Int, id)).await?;
        same!(rows, vec![vec![Value::Int(n), Value::Bool(n > 0)]]);
        same!(ctx.matching(test(col("amount"), Op::Eq, n)).await?, vec![id]);
    }
    for id in [i64::MAX, i64::MIN] {
        ctx.put(RECORD, [row(0).with("id", id)]).await?;
        same!(ctx.ids(ctx.select(RECORD, &["id"]).equals("id", kontor_model::Kind::Int, id)).await?, vec![id]);
    }
    Ok(())
}

pub async fn text_of_every_sort(ctx: Ctx) -> Outcome {
    let long = "ä€😀".repeat(33_334);
    let texts = [
        "",
        " ",
        "a",
        "😀🏳️‍🌈",
        "\u{10FFFF}",
        "e\u{301}",
        "\u{FEFF}x",
        "Ω≈ç√",
        "line\nline\r\n\t",
        "\u{1}\u{1f}\u{7f}",
        "שלום",
        "'\"\\`",
        long.as_str(),
    ];
    for (id, text) in (1..).zip(texts) {
        ctx.put(RECORD, [row(id).with("name", text)]).await?;
        same!(
            ctx.one(ctx.select(RECORD, &["name"]).equals("id", kontor_model::Kind::Int, id)).await?,
            Value::text(text)
        );
        same!(ctx.matching(test(col("name"), Op::Eq, text)).await?, vec![id], "{text:.20}");
    }
    Ok(())
}

pub async fn json_keeps_its_values(ctx: Ctx) -> Outcome {
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    let wide = format!("{{\"list\":[{}]}}", vec!["\"é😀\""; 10_000].join(","));
    let texts = [
        "null",
        "true",
        "0",
        "\"\"",
        "[]",
        "{}",
        "[1,-1,9223372036854775807,-9223372036854775808,1.5]",
        r#"{"b":1,"a":{"c":[null,false,"x\"\\\n\u0001😀"]},"":2,"long key with 'quotes'":3}"#,
        deep.as_str(),
        wide.as_str(),
    ];
    for (id, text) in (1..).zip(texts) {
        ctx.put(RECORD, [row(id).json("tags", text)]).await?;
        let back = ctx.one(ctx.select(RECORD, &["tags"]).equals("id", kontor_model::Kind::Int, id)).await?;
        let Value::Json(back) = back else {
            same!(back, Value::Json(text.to_owned()));
            continue;
        };
        let (back, text): (serde_json::Value, serde_json::Value) =
            (serde_json::from_str(&back)?, serde_json::from_str(text)?);
        same!(back, text);
    }
    Ok(())
}

pub async fn bytes_and_blobs(ctx: Ctx) -> Outcome {
    let all: Vec<u8> = (0..=255u8).collect();
    let large: Vec<u8> = all.iter().copied().cycle().take(1 << 20).collect();
    for (id, bytes) in (1..).zip([Vec::new(), vec![0], all, large]) {
        ctx.put(RECORD, [row(id).with("raw", Value::Bytes(bytes.clone()))]).await?;
        let back = ctx.one(ctx.select(RECORD, &["raw"]).equals("id", kontor_model::Kind::Int, id)).await?;
        holds!(back == Value::Bytes(bytes), "the bytes of row {id} changed");
    }
    let chunk = |part: i64, data: &[u8]| {
        let columns = [("blob_id", Value::Int(1)), ("part", Value::Int(part)), ("data", Value::Bytes(data.to_vec()))];
        columns
            .into_iter()
            .map(|(n, v)| (n, if n == "data" { kontor_model::Kind::Bytes } else { kontor_model::Kind::Int }, v))
            .collect()
    };
    let mut batch = ctx.batch(Vec::new());
    batch.insert(crate::system::BLOB_CHUNK, chunk(1, b"world"));
    batch.insert(crate::system::BLOB_CHUNK, chunk(0, b"hello "));
    ctx.store.commit(batch).await?;
    let select = crate::Select::new(
        ctx.space,
        crate::system::BLOB_CHUNK,
        vec![crate::Expr::column("data", kontor_model::Kind::Bytes)],
    )
    .order(crate::Expr::column("part", kontor_model::Kind::Int), false);
    let parts: Vec<u8> =
        ctx.rows(select).await?.iter().flatten().filter_map(Value::as_bytes).flatten().copied().collect();
    same!(parts, b"hello world".to_vec());
    Ok(())
}

pub async fn nulls_of_every_kind(ctx: Ctx) -> Outcome {
    let names = ["deleted_at", "name", "flag", "amount", "tags", "raw"];
    let mut null = row(1);
    for name in names {
        null = null.with(name, Value::Null);
    }
    // Left out, and written as null.
    ctx.put(RECORD, [null, row(2)]).await?;
    let rows = ctx.rows(ctx.select(RECORD, &names).order(col("id"), false)).await?;
    same!(rows, vec![vec![Value::Null; names.len()]; 2]);
    let full = vec![
        to("name", "x"),
        to("flag", true),
        to("amount", 5),
        to("tags", Value::Json("[]".into())),
        to("raw", Value::Bytes(vec![1])),
    ];
    ctx.commit(vec![update(RECORD, vec![key("id", 1)], full)]).await?;
    same!(ctx.matching(test(col("raw"), Op::IsNull, false)).await?, vec![1]);
    let empty = names.iter().map(|n| to(n, Value::Null)).collect();
    ctx.commit(vec![update(RECORD, vec![key("id", 1)], empty)]).await?;
    for name in names {
        same!(ctx.matching(test(col(name), Op::IsNull, true)).await?, vec![1, 2], "{name}");
        same!(ctx.matching(test(col(name), Op::IsNull, false)).await?, Vec::<i64>::new(), "{name}");
    }
    Ok(())
}

pub async fn sql_in_every_text(ctx: Ctx) -> Outcome {
    let texts = [
        "'; DROP TABLE suite_record; --",
        "\" OR 1=1 --",
        "') OR ('1'='1",
        "$1 $2 ?1 ? :a @b",
        "\\'; SELECT pg_sleep(10); --",
        "/* */ UNION SELECT 1",
        "%s %d {}",
        "E'\\x27'",
        "x\" NEAR y* AND (z",
    ];
    for (id, text) in (1..).zip(texts) {
        let json = serde_json::json!({"k": text, text: 1}).to_string();
        ctx.put(
            RECORD,
            [row(id).with("name", text).with("email", text).with("city", text).json("custom", &json).text(text)],
        )
        .await?;
        let keyed = crate::Expr::Json { relation: 0, key: "k".into(), kind: kontor_model::Kind::Text };
        for cond in [
            test(col("name"), Op::Eq, text),
            test(col("name"), Op::Contains, text),
            test(col("name"), Op::StartsWith, text),
            test(col("name"), Op::In, Value::Texts(vec![text.to_owned()])),
            Cond::Between { left: col("name"), low: text.into(), high: text.into() },
            test(keyed, Op::Eq, text),
        ] {
            same!(ctx.matching(cond.clone()).await?, vec![id], "{cond:?}");
        }
        ctx.commit(vec![update(RECORD, vec![key("name", text)], vec![to("city", format!("{text}!"))])]).await?;
        same!(ctx.matching(test(col("city"), Op::Eq, format!("{text}!"))).await?, vec![id]);
        let counter = crate::Write::Insert {
            table: COUNTER.into(),
            columns: [
                crate::ColumnRef::new("name", kontor_model::Kind::Text),
                crate::ColumnRef::new("count", kontor_model::Kind::Int),
            ]
            .into(),
            values: vec![text.into(), Value::Int(id)],
            on_conflict: crate::OnConflict::Replace,
            search: None,
        };
        ctx.commit(vec![counter]).await?;
        let found = crate::Search { terms: vec![crate::Term { tokens: vec![text.to_owned()], prefix: true }] };
        let select = crate::Select { search: Some(found), ..ctx.select(RECORD, &["id"]) };
        // Not a token: nothing may be found, but nothing may break either.
        ctx.rows(select).await?;
    }
    same!(ctx.ids(ctx.select(RECORD, &["id"])).await?.len(), texts.len());
    Ok(())
}
