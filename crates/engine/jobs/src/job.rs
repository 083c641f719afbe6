//! A job as its row has it, and as callers see it.

use kontor_model::time::datetime_text;
use kontor_model::{Error, ErrorCode, Id, Kind, SpaceId, Value};
use kontor_store::Expr;
use serde_json::{Value as J, json};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

impl State {
    pub const ALL: &'static [State] =
        &[State::Queued, State::Running, State::Succeeded, State::Failed, State::Cancelled];

    pub const fn name(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Running => "running",
            State::Succeeded => "succeeded",
            State::Failed => "failed",
            State::Cancelled => "cancelled",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|s| s.name() == name)
    }

    /// Whether nothing more will happen to it.
    pub const fn is_over(self) -> bool {
        matches!(self, State::Succeeded | State::Failed | State::Cancelled)
    }
}

/// Why a job failed, in words for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub code: u32,
    pub detail: String,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let faults: Vec<String> = error.faults().iter().map(|f| format!("{} {}", f.field, f.message)).collect();
        let detail = if faults.len() > 1 {
            format!("{}: {}", error.detail(), faults.join("; "))
        } else {
            error.detail().to_owned()
        };
        Self { code: error.code().number(), detail }
    }
}

impl Failure {
    pub(crate) fn stored(&self) -> String {
        json!({"code": self.code, "detail": self.detail}).to_string()
    }

    fn read(text: &str) -> Self {
        let json: J = serde_json::from_str(text).unwrap_or_default();
        let code = json.get("code").and_then(J::as_u64).and_then(|n| u32::try_from(n).ok());
        Self {
            code: code.unwrap_or(ErrorCode::Unexpected.number()),
            detail: json.get("detail").and_then(J::as_str).unwrap_or(text).to_owned(),
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    pub space: SpaceId,
    pub id: Id,
    pub kind: String,
    pub state: State,
    /// Raised by every claim and every change of state from outside.
    pub version: i64,
    /// Unix milliseconds, as all times here.
    pub created_at: i64,
    pub created_by: Option<Id>,
    pub key_id: Option<Id>,
    pub run_at: i64,
    /// When `run_at` was decided.
    pub planned_at: Option<i64>,
    /// Greater goes first within a workspace.
    pub priority: i64,
    /// The object that it is about, for who may know of it.
    pub object: Option<String>,
    pub lease_until: Option<i64>,
    pub holder: Option<String>,
    /// Claims since it last got on; of one that failed, those that were in vain.
    pub tries: i64,
    pub done: i64,
    pub total: Option<i64>,
    pub failed: i64,
    pub cancel_at: Option<i64>,
    pub finished_at: Option<i64>,
    pub input: J,
    pub checkpoint: J,
    /// `report`, `detected` and `result` are shown; anything else is the handler's own.
    pub output: J,
    pub error: Option<Failure>,
}

const COLUMNS: [(&str, Kind); 23] = [
    ("id", Kind::Int),
    ("kind", Kind::Text),
    ("state", Kind::Text),
    ("version", Kind::Int),
    ("created_at", Kind::Int),
    ("created_by", Kind::Int),
    ("key_id", Kind::Int),
    ("run_at", Kind::Int),
    ("lease_until", Kind::Int),
    ("holder", Kind::Text),
    ("tries", Kind::Int),
    ("done", Kind::Int),
    ("total", Kind::Int),
    ("failed", Kind::Int),
    ("cancel_at", Kind::Int),
    ("finished_at", Kind::Int),
    ("input", Kind::Json),
    ("checkpoint", Kind::Json),
    ("output", Kind::Json),
    ("error", Kind::Text),
    ("priority", Kind::Int),
    ("object", Kind::Text),
    ("planned_at", Kind::Int),
];

pub(crate) fn columns() -> Vec<Expr> {
    COLUMNS.iter().map(|(name, kind)| Expr::column(name, *kind)).collect()
}

impl Job {
    pub(crate) fn from_row(space: SpaceId, row: &[Value]) -> Option<Self> {
        let value =
            |name: &str| COLUMNS.iter().position(|(n, _)| *n == name).and_then(|i| row.get(i)).unwrap_or(&Value::Null);
        let int = |name: &str| value(name).as_i64();
        let json =
            |name: &str| value(name).as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        Some(Self {
            space,
            id: Id(int("id")?),
            kind: value("kind").as_str()?.to_owned(),
            state: State::from_name(value("state").as_str()?)?,
            version: int("version")?,
            created_at: int("created_at")?,
            created_by: int("created_by").map(Id),
            key_id: int("key_id").map(Id),
            run_at: int("run_at")?,
            planned_at: int("planned_at"),
            priority: int("priority").unwrap_or(0),
            object: value("object").as_str().map(str::to_owned),
            lease_until: int("lease_until"),
            holder: value("holder").as_str().map(str::to_owned),
            tries: int("tries")?,
            done: int("done")?,
            total: int("total"),
            failed: int("failed")?,
            cancel_at: int("cancel_at"),
            finished_at: int("finished_at"),
            input: json("input"),
            checkpoint: json("checkpoint"),
            output: json("output"),
            error: value("error").as_str().map(Failure::read),
        })
    }
}

/// A job as it is shown (api.md 6): nothing of its input.
pub fn job_json(job: &Job) -> J {
    let shown = |key: &str| job.output.get(key).cloned().unwrap_or_default();
    json!({
        "id": job.id.to_string(),
        "kind": job.kind,
        "state": job.state.name(),
        "object": job.object,
        "priority": job.priority,
        "tries": job.tries,
        "run_at": datetime_text(job.run_at),
        "progress": {"done": job.done, "total": job.total, "failed": job.failed},
        "created_at": datetime_text(job.created_at),
        "created_by": job.created_by.map(|id| id.to_string()),
        "finished_at": job.finished_at.map(datetime_text),
        "cancelling": !job.state.is_over() && job.cancel_at.is_some(),
        "result_url": job.output.get("result").filter(|r| !r.is_null()).map(|_| format!("/v1/jobs/{}/result", job.id)),
        "report": shown("report"),
        "detected": shown("detected"),
        "error": job.error.as_ref().map(|e| e.detail.clone()),
        "error_code": job.error.as_ref().map(|e| e.code),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Vec<Value> {
        let mut row = vec![Value::Null; COLUMNS.len()];
        for (name, value) in [
            ("id", Value::Int(7)),
            ("kind", "import".into()),
            ("state", "running".into()),
            ("version", Value::Int(2)),
            ("created_at", Value::Int(0)),
            ("run_at", Value::Int(0)),
            ("tries", Value::Int(1)),
            ("done", Value::Int(4_000)),
            ("total", Value::Int(8_800)),
            ("failed", Value::Int(3)),
            ("input", Value::Json("{\"secret\":1}".into())),
            ("output", Value::Json("{\"report\":{\"created\":1},\"result\":{\"blob\":\"9\"}}".into())),
        ] {
            let at = COLUMNS.iter().position(|(n, _)| *n == name).unwrap();
            row[at] = value;
        }
        row
    }

    #[test]
    fn a_job_is_shown_without_its_input() {
        let job = Job::from_row(SpaceId(1), &row()).unwrap();
        let shown = job_json(&job);
        assert_eq!(shown["progress"], json!({"done": 4_000, "total": 8_800, "failed": 3}));
        assert_eq!(shown["result_url"], json!("/v1/jobs/7/result"));
        assert_eq!((shown["state"].as_str(), shown["report"]["created"].as_i64()), (Some("running"), Some(1)));
        assert!(!shown.to_string().contains("secret"));
    }

    #[test]
    fn a_failure_survives_its_row() {
        let failure = Failure { code: 400_001, detail: "a \"b\"".into() };
        assert_eq!(Failure::read(&failure.stored()), failure);
        assert_eq!(Failure::read("plain").detail, "plain");
    }
}
