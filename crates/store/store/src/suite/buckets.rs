//! Calendar buckets of dates, and of times in a zone.

use kontor_model::time::{date_text, parse_date, parse_datetime};
use kontor_model::{Bucket, Value};

use super::fixture::{Ctx, RECORD, col, row};
use super::{Fail, Outcome};
use crate::Expr;

const ALL: [Bucket; 5] = [Bucket::Day, Bucket::Week, Bucket::Month, Bucket::Quarter, Bucket::Year];

fn bucket(of: &str, bucket: Bucket, zone: Option<&str>) -> Expr {
    Expr::Bucket { of: Box::new(col(of)), bucket, zone: zone.map(str::to_owned) }
}

/// The five buckets of one row's column, as dates.
async fn five(ctx: &Ctx, id: i64, of: &str, zone: Option<&str>) -> Result<Vec<String>, Fail> {
    let mut select = ctx.select(RECORD, &[]).equals("id", kontor_model::Kind::Int, id);
    select.columns = ALL.iter().map(|b| bucket(of, *b, zone)).collect();
    let rows = ctx.rows(select).await?;
    let row = rows.first().ok_or_else(|| Fail::new("no row"))?;
    row.iter().map(|v| v.as_i64().map(date_text).ok_or_else(|| Fail::new(format!("{v:?} is no day")))).collect()
}

pub async fn of_dates(ctx: Ctx) -> Outcome {
    let cases = [
        ("2025-08-17", ["2025-08-17", "2025-08-11", "2025-08-01", "2025-07-01", "2025-01-01"]),
        ("2025-08-18", ["2025-08-18", "2025-08-18", "2025-08-01", "2025-07-01", "2025-01-01"]),
        ("2024-12-31", ["2024-12-31", "2024-12-30", "2024-12-01", "2024-10-01", "2024-01-01"]),
        ("2024-02-29", ["2024-02-29", "2024-02-26", "2024-02-01", "2024-01-01", "2024-01-01"]),
        ("1969-12-31", ["1969-12-31", "1969-12-29", "1969-12-01", "1969-10-01", "1969-01-01"]),
        ("1970-01-01", ["1970-01-01", "1969-12-29", "1970-01-01", "1970-01-01", "1970-01-01"]),
        ("1900-03-01", ["1900-03-01", "1900-02-26", "1900-03-01", "1900-01-01", "1900-01-01"]),
        ("0001-01-01", ["0001-01-01", "0001-01-01", "0001-01-01", "0001-01-01", "0001-01-01"]),
        ("9999-12-31", ["9999-12-31", "9999-12-27", "9999-12-01", "9999-10-01", "9999-01-01"]),
    ];
    for (id, (date, expected)) in (1..).zip(cases) {
        ctx.put(RECORD, [row(id).with("day", parse_date(date)?)]).await?;
        same!(five(&ctx, id, "day", None).await?, expected.to_vec(), "{date}");
    }
    ctx.put(RECORD, [row(99)]).await?;
    let mut select = ctx.select(RECORD, &[]).equals("id", kontor_model::Kind::Int, 99);
    select.columns = vec![bucket("day", Bucket::Week, None), bucket("at", Bucket::Day, Some("Europe/Berlin"))].into();
    same!(ctx.rows(select).await?, vec![vec![Value::Null, Value::Null]]);
    Ok(())
}

pub async fn of_times_in_zones(ctx: Ctx) -> Outcome {
    let cases = [
        (
            "2025-12-31T22:59:59.999Z",
            "Europe/Berlin",
            ["2025-12-31", "2025-12-29", "2025-12-01", "2025-10-01", "2025-01-01"],
        ),
        (
            "2025-12-31T23:00:00Z",
            "Europe/Berlin",
            ["2026-01-01", "2025-12-29", "2026-01-01", "2026-01-01", "2026-01-01"],
        ),
        (
            "2026-01-01T04:59:59.999Z",
            "America/New_York",
            ["2025-12-31", "2025-12-29", "2025-12-01", "2025-10-01", "2025-01-01"],
        ),
        (
            "2026-01-01T05:00:00Z",
            "America/New_York",
            ["2026-01-01", "2025-12-29", "2026-01-01", "2026-01-01", "2026-01-01"],
        ),
        ("2026-01-01T00:00:00Z", "UTC", ["2026-01-01", "2025-12-29", "2026-01-01", "2026-01-01", "2026-01-01"]),
        ("1969-12-31T23:59:59.999Z", "UTC", ["1969-12-31", "1969-12-29", "1969-12-01", "1969-10-01", "1969-01-01"]),
        (
            "2025-06-30T18:29:59.999Z",
            "Asia/Kolkata",
            ["2025-06-30", "2025-06-30", "2025-06-01", "2025-04-01", "2025-01-01"],
        ),
        (
            "2025-06-30T18:30:00Z",
            "Asia/Kolkata",
            ["2025-07-01", "2025-06-30", "2025-07-01", "2025-07-01", "2025-01-01"],
        ),
        (
            "2025-06-30T10:00:00Z",
            "Pacific/Kiritimati",
            ["2025-07-01", "2025-06-30", "2025-07-01", "2025-07-01", "2025-01-01"],
        ),
    ];
    for (id, (at, zone, expected)) in (1..).zip(cases) {
        ctx.put(RECORD, [row(id).with("at", parse_datetime(at)?)]).await?;
        same!(five(&ctx, id, "at", Some(zone)).await?, expected.to_vec(), "{at} in {zone}");
    }
    Ok(())
}

pub async fn of_days_when_clocks_change(ctx: Ctx) -> Outcome {
    let cases = [
        ("Europe/Berlin", "2025-03-29T22:59:59.999Z", "2025-03-29"),
        ("Europe/Berlin", "2025-03-29T23:00:00Z", "2025-03-30"),
        ("Europe/Berlin", "2025-03-30T21:59:59.999Z", "2025-03-30"),
        ("Europe/Berlin", "2025-03-30T22:00:00Z", "2025-03-31"),
        ("Europe/Berlin", "2025-10-25T22:00:00Z", "2025-10-26"),
        ("Europe/Berlin", "2025-10-26T22:59:59.999Z", "2025-10-26"),
        ("Europe/Berlin", "2025-10-26T23:00:00Z", "2025-10-27"),
        ("America/New_York", "2025-03-09T04:59:59Z", "2025-03-08"),
        ("America/New_York", "2025-03-09T05:00:00Z", "2025-03-09"),
        ("America/New_York", "2025-03-10T03:59:59Z", "2025-03-09"),
        ("America/New_York", "2025-03-10T04:00:00Z", "2025-03-10"),
        ("America/New_York", "2025-11-02T04:00:00Z", "2025-11-02"),
        ("America/New_York", "2025-11-03T04:59:59Z", "2025-11-02"),
        ("America/New_York", "2025-11-03T05:00:00Z", "2025-11-03"),
    ];
    for (id, (zone, at, day)) in (1..).zip(cases) {
        ctx.put(RECORD, [row(id).with("at", parse_datetime(at)?)]).await?;
        let days = five(&ctx, id, "at", Some(zone)).await?;
        same!(days.first().map(String::as_str), Some(day), "{at} in {zone}");
    }
    Ok(())
}

pub async fn as_groups(ctx: Ctx) -> Outcome {
    let times = ["2025-01-31T22:00:00Z", "2025-01-31T23:30:00Z", "2025-02-28T22:59:00Z", "2025-03-01T00:00:00Z"];
    let mut rows = vec![row(9).with("amount", 100)];
    for (id, at) in (1..).zip(times) {
        rows.push(row(id).with("at", parse_datetime(at)?).with("amount", id));
    }
    ctx.put(RECORD, rows).await?;
    for (zone, expected) in [("Europe/Berlin", [1, 5, 4]), ("UTC", [3, 3, 4])] {
        let month = bucket("at", Bucket::Month, Some(zone));
        let mut select = ctx.select(RECORD, &[]).order(month.clone(), false);
        select.columns = vec![month.clone(), Expr::Sum(Box::new(col("amount")))].into();
        select.group = vec![month];
        let mut right = vec![vec![Value::Null, Value::Int(100)]];
        for (month, sum) in ["2025-01-01", "2025-02-01", "2025-03-01"].into_iter().zip(expected) {
            right.push(vec![Value::Int(parse_date(month)?), Value::Int(sum)]);
        }
        same!(ctx.rows(select).await?, right, "{zone}");
    }
    Ok(())
}
