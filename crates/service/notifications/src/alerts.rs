//! Alerts: something that somebody should look at, from when it began to when it was over. Made and ended by the
//! program, which watches itself.

use kontor_model::time::datetime_text;
use kontor_model::{
    Change, Changes, ErrorCode, Field, FieldType, Id, Json, Kind, Mode, Object, Op, Result, Step, Value,
};
use kontor_records::{Answer, Ctx, Outcome, Records};
use kontor_store::{Cond, Expr, Which};

use crate::ALERT;

const SEVERITIES: &[&str] = &["critical", "warning"];
const STATUSES: &[&str] = &["firing", "resolved"];
/// Alerts of a space that fire at a time.
const MOST: u64 = 1_000;

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, ALERT, "system_alerts")
        .doc("Something that an administrator should look at; it resolves by itself.")
        .named_by("title")
        .owned()
        .private()
        .read_only()
        .field(Field::new("title", FieldType::text_between(1, 255)).required().searched())
        .field(
            Field::new("rule", FieldType::text(40))
                .required()
                .indexed()
                .doc("The rule that holds, such as error_rate."),
        )
        .field(
            Field::new("subject", FieldType::text(255))
                .doc("What it is about: a kind of job, the id of a webhook endpoint, a queue."),
        )
        .field(Field::new("severity", FieldType::enumeration(SEVERITIES.iter().copied())).required())
        .field(Field::new("status", FieldType::enumeration(STATUSES.iter().copied())).default("firing").indexed())
        .field(Field::new("remedy", FieldType::text(500)).doc("What to do."))
        .field(Field::new("fired_at", FieldType::datetime()).required().indexed())
        .field(Field::new("resolved_at", FieldType::datetime()).indexed().doc("None while it fires."))
}

/// An alert that fires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firing {
    pub id: Id,
    pub version: i64,
    pub rule: String,
    pub subject: String,
}

/// A new alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm<'a> {
    pub rule: &'a str,
    pub subject: &'a str,
    pub severity: &'a str,
    pub title: &'a str,
    pub remedy: &'a str,
}

/// What fires in a space.
///
/// # Errors
/// The database's.
pub async fn firing(records: &Records, ctx: &Ctx) -> Result<Vec<Firing>> {
    let column = Expr::column;
    let columns = vec![
        column("id", Kind::Int),
        column("version", Kind::Int),
        column("rule", Kind::Text),
        column("subject", Kind::Text),
    ];
    let open = Cond::Test { left: column("resolved_at", Kind::Int), op: Op::IsNull, right: Value::Bool(true) };
    let select = ctx.records_of(ctx.whole.require(ALERT)?, Which::Live, columns).filter(open).limit(MOST);
    let rows = records.store().rows(select).await?;
    let one = |row: &Vec<Value>| match row.as_slice() {
        [Value::Int(id), Value::Int(version), Value::Text(rule), subject] => Some(Firing {
            id: Id(*id),
            version: *version,
            rule: rule.clone(),
            subject: subject.as_str().unwrap_or_default().to_owned(),
        }),
        _ => None,
    };
    Ok(rows.iter().filter_map(one).collect())
}

/// Makes an alert, unless one of its rule and subject fires; `kontor.system_alert.created` says so.
///
/// # Errors
/// The database's.
pub async fn fire(records: &Records, ctx: &Ctx, alarm: &Alarm<'_>) -> Result<()> {
    let is_same = |one: &Firing| one.rule == alarm.rule && one.subject == alarm.subject;
    if firing(records, ctx).await?.iter().any(is_same) {
        return Ok(());
    }
    let cut = |text: &str| Json::String(text.chars().take(255).collect());
    let mut data = vec![
        ("title".to_owned(), cut(alarm.title)),
        ("rule".to_owned(), cut(alarm.rule)),
        ("severity".to_owned(), cut(alarm.severity)),
        ("remedy".to_owned(), cut(alarm.remedy)),
        ("fired_at".to_owned(), Json::String(datetime_text(records.clock().now_ms()))),
    ];
    if !alarm.subject.is_empty() {
        data.push(("subject".to_owned(), cut(alarm.subject)));
    }
    let change = Change::Create { object: ALERT.to_owned(), data: Json::Object(data) };
    carry_out(records, ctx, Step::of_service(change)).await
}

/// Ends what fires of a rule and subject; `kontor.system_alert.resolved` says so.
///
/// # Errors
/// The database's.
pub async fn resolve(records: &Records, ctx: &Ctx, rule: &str, subject: &str) -> Result<()> {
    for one in firing(records, ctx).await?.into_iter().filter(|one| one.rule == rule && one.subject == subject) {
        let data = Json::Object(vec![
            ("status".to_owned(), Json::String("resolved".to_owned())),
            ("resolved_at".to_owned(), Json::String(datetime_text(records.clock().now_ms()))),
        ]);
        let (object, if_match) = (ALERT.to_owned(), Some(one.version));
        let change = Change::Update { object, id: one.id, if_match, mode: Mode::Merge, data };
        carry_out(records, ctx, Step::of_service(change).told("resolve", "resolved")).await?;
    }
    Ok(())
}

async fn carry_out(records: &Records, ctx: &Ctx, step: Step) -> Result<()> {
    let nothing = |_: &[Result<Outcome>]| Answer { status: 200, headers: Vec::new(), body: Vec::new() };
    let changes = Changes { steps: vec![step], ..Changes::default() };
    match records.change(ctx, changes, true, &nothing).await {
        Ok(_) => Ok(()),
        // Another was quicker.
        Err(error) if matches!(error.code(), ErrorCode::VersionMoved | ErrorCode::NotFound) => Ok(()),
        Err(error) => Err(error),
    }
}
