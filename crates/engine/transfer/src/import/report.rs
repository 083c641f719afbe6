//! What became of each row: lines of a file beside the job, and their sums.

use kontor_jobs::Failure;
use kontor_model::show::write_string;
use kontor_model::{Error, Fault, Id};
use serde_json::{Value as J, json};

use crate::convert::Correction;

/// What became of a row. Every row has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Created,
    Updated,
    Unchanged,
    Skipped,
    /// Taken in, after something of it was changed; `action` says how.
    Corrected,
    Refused,
}

impl Status {
    pub const ALL: &'static [Status] =
        &[Status::Created, Status::Updated, Status::Unchanged, Status::Skipped, Status::Corrected, Status::Refused];

    pub const fn name(self) -> &'static str {
        match self {
            Status::Created => "created",
            Status::Updated => "updated",
            Status::Unchanged => "unchanged",
            Status::Skipped => "skipped",
            Status::Corrected => "corrected",
            Status::Refused => "refused",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|s| s.name() == name)
    }
}

/// How many rows had which status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally([i64; 6]);

impl Tally {
    pub fn add(&mut self, status: Status) {
        if let Some(n) = self.0.get_mut(status as usize) {
            *n += 1;
        }
    }

    pub fn get(&self, status: Status) -> i64 {
        self.0.get(status as usize).copied().unwrap_or(0)
    }

    pub fn rows(&self) -> i64 {
        self.0.iter().sum()
    }

    pub fn json(&self) -> J {
        let mut json = json!({"rows": self.rows()});
        for status in Status::ALL {
            if let Some(map) = json.as_object_mut() {
                map.insert(status.name().to_owned(), self.get(*status).into());
            }
        }
        json
    }

    pub fn read(json: &J) -> Self {
        let mut tally = Self::default();
        for (slot, status) in tally.0.iter_mut().zip(Status::ALL) {
            *slot = json.get(status.name()).and_then(J::as_i64).unwrap_or(0);
        }
        tally
    }
}

/// Why a row was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub failure: Failure,
    pub faults: Vec<Fault>,
}

impl From<&Error> for Refusal {
    fn from(error: &Error) -> Self {
        let faults = error.faults().to_vec();
        let detail = match faults.as_slice() {
            [] | [_] => error.detail().to_owned(),
            several => several.iter().map(|f| format!("{} {}", f.field, f.message)).collect::<Vec<_>>().join("; "),
        };
        Self { failure: Failure { code: error.code().number(), detail }, faults }
    }
}

/// One line of the report.
pub struct Line<'a> {
    pub row: u64,
    /// The line or sheet row that it starts on.
    pub line: u64,
    pub status: Status,
    /// Of a corrected row.
    pub action: Option<Status>,
    pub id: Option<Id>,
    pub reason: Option<&'a str>,
    pub refusal: Option<&'a Refusal>,
    pub corrections: &'a [Correction],
    /// The row's own text.
    pub text: Option<&'a str>,
}

fn member(name: &str, value: &str, out: &mut Vec<u8>) {
    out.push(b',');
    write_string(name, out);
    out.push(b':');
    write_string(value, out);
}

impl Line<'_> {
    /// Appends it as a line of JSON.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(
            format!("{{\"row\":{},\"line\":{},\"status\":\"{}\"", self.row, self.line, self.status.name()).as_bytes(),
        );
        if let Some(action) = self.action {
            member("action", action.name(), out);
        }
        if let Some(id) = self.id {
            member("id", &id.to_string(), out);
        }
        if let Some(refusal) = self.refusal {
            out.extend_from_slice(format!(",\"error_code\":{}", refusal.failure.code).as_bytes());
            member("reason", &refusal.failure.detail, out);
            if !refusal.faults.is_empty() {
                let errors: Vec<J> = refusal.faults.iter().map(fault).collect();
                out.extend_from_slice(b",\"errors\":");
                out.extend_from_slice(J::Array(errors).to_string().as_bytes());
            }
        }
        if let Some(reason) = self.reason {
            member("reason", reason, out);
        }
        if !self.corrections.is_empty() {
            out.extend_from_slice(b",\"corrections\":");
            out.extend_from_slice(corrections(self.corrections).to_string().as_bytes());
        }
        if let Some(text) = self.text {
            member("text", text, out);
        }
        out.extend_from_slice(b"}\n");
    }
}

fn fault(fault: &Fault) -> J {
    let mut json = json!({
        "field": fault.field,
        "code": fault.code,
        "error_code": fault.error_code.number(),
        "message": fault.message,
        "value": fault.value,
    });
    if let (Some(id), Some(map)) = (fault.existing, json.as_object_mut()) {
        map.insert("existing_id".to_owned(), id.to_string().into());
    }
    json
}

pub fn corrections(corrections: &[Correction]) -> J {
    corrections.iter().map(|c| json!({"field": c.field, "from": c.from, "to": c.to, "reason": c.reason})).collect()
}

pub fn read_corrections(json: &J) -> Vec<Correction> {
    let text = |j: &J, key: &str| j.get(key).and_then(J::as_str).map(str::to_owned);
    let read = |j: &J| {
        Some(Correction {
            field: text(j, "field")?,
            from: text(j, "from")?,
            to: text(j, "to"),
            reason: text(j, "reason")?,
        })
    };
    json.as_array().map(|items| items.iter().filter_map(read).collect()).unwrap_or_default()
}

/// The lines of a part that have a status.
pub fn only(part: &[u8], status: Status) -> Vec<u8> {
    let wanted = format!(",\"status\":\"{}\"", status.name());
    let fits = |line: &&[u8]| {
        // Before the first text of the row there are only numbers.
        let head = line.get(..line.len().min(96)).unwrap_or_default();
        head.windows(wanted.len()).any(|w| w == wanted.as_bytes())
    };
    part.split_inclusive(|b| *b == b'\n').filter(fits).flatten().copied().collect()
}

/// Where an import stands: kept with each chunk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mark {
    /// Number of the last row that was worked through.
    pub row: u64,
    pub done: i64,
    pub total: Option<i64>,
    /// The report, its parts and bytes.
    pub result: Option<Id>,
    pub parts: i64,
    pub bytes: i64,
    /// Rows that wait for a record of the same file.
    pub waiting: Option<Id>,
    pub waiting_parts: i64,
    pub waiting_done: i64,
}

impl Mark {
    pub fn json(&self) -> J {
        json!({
            "row": self.row,
            "done": self.done,
            "total": self.total,
            "result": self.result.map(|id| id.0),
            "parts": self.parts,
            "bytes": self.bytes,
            "waiting": self.waiting.map(|id| id.0),
            "waiting_parts": self.waiting_parts,
            "waiting_done": self.waiting_done,
        })
    }

    pub fn read(json: &J) -> Option<Self> {
        let int = |key: &str| json.get(key).and_then(J::as_i64);
        Some(Self {
            row: json.get("row")?.as_u64()?,
            done: int("done")?,
            total: int("total"),
            result: int("result").map(Id),
            parts: int("parts")?,
            bytes: int("bytes")?,
            waiting: int("waiting").map(Id),
            waiting_parts: int("waiting_parts")?,
            waiting_done: int("waiting_done")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_json_and_can_be_chosen_by_status() {
        let refusal = Refusal {
            failure: Failure { code: 400_001, detail: "name is \"required\"".into() },
            faults: vec![Fault::new("name", "required", "is required")],
        };
        let base = Line {
            row: 1,
            line: 2,
            status: Status::Refused,
            action: None,
            id: None,
            reason: None,
            refusal: Some(&refusal),
            corrections: &[],
            text: Some("a,\"status\":\"created\",c\n"),
        };
        let mut out = Vec::new();
        base.write(&mut out);
        Line { status: Status::Created, id: Some(Id(7)), refusal: None, text: None, ..base }.write(&mut out);
        let lines: Vec<J> =
            String::from_utf8(out.clone()).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!((lines[0]["error_code"].as_i64(), lines[1]["id"].as_str()), (Some(400_001), Some("7")));
        assert_eq!(lines[0]["errors"][0]["field"], "name");
        assert_eq!(only(&out, Status::Created).iter().filter(|b| **b == b'\n').count(), 1);
        assert_eq!(only(&out, Status::Skipped), b"");
    }

    #[test]
    fn marks_and_tallies_survive() {
        let mark = Mark { row: 5, done: 5, total: Some(9), result: Some(Id(3)), parts: 1, ..Mark::default() };
        assert_eq!(Mark::read(&mark.json()), Some(mark));
        assert_eq!(Mark::read(&J::Null), None);
        let mut tally = Tally::default();
        tally.add(Status::Refused);
        assert_eq!((Tally::read(&tally.json()), tally.rows()), (tally, 1));
    }
}
